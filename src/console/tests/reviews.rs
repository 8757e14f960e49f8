//! The break-glass queue and one emergency.

use super::{CHANGED, check, evil, frame, rows, written};
use crate::console::forms::Fresh;
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::pages::review::{AnswerRow, Choice, Head, Page, SeatRow, Told, VoteRow, Work};
use crate::console::pages::reviews::{Reviews, Row, Tab, badge};
use crate::console::rows::Tag;
use crate::console::words::emergencies;
use crate::domain::review::{NotReviewer, ReviewState};
use crate::gateway::written::Written;

fn queue(lang: Lang, rows: Vec<Row>, is_done: bool) -> Reviews {
    let tab = |is_here| Tab { href: "/nl/noodtoegang".to_owned(), word: "Navraag", is_here };
    Reviews {
        frame: frame(lang, Menu::Emergencies),
        tabs: vec![tab(true), tab(false)],
        next: (!rows.is_empty()).then(|| "/nl/noodtoegang?na=1".to_owned()),
        rows,
        is_done,
    }
}

fn waiting(lang: Lang, state: ReviewState, readable: bool) -> Row {
    Row {
        href: "/nl/noodtoegang/1".to_owned(),
        due: "9 juni 2026 23:59".to_owned(),
        due_machine: "2026-06-09T21:59:59Z".to_owned(),
        is_overdue: state == ReviewState::Open,
        declared: "7 juni 2026 23:44".to_owned(),
        declared_machine: "2026-06-07T21:44:00Z".to_owned(),
        user: evil(),
        discloser: evil(),
        recipient: evil(),
        reason: readable.then(evil),
        harm: readable.then_some(("Dreigend geweld", "een kind")),
        judged: (1, 2),
        days: 3,
        badge: badge(lang, state),
    }
}

#[test]
fn the_queue_says_what_waits_how_long_and_how_far_it_is() {
    for lang in Lang::ALL {
        let mut rows: Vec<Row> =
            ReviewState::ALL.iter().map(|state| waiting(lang, *state, true)).collect();
        rows.push(waiting(lang, ReviewState::Open, false));
        let html = check(lang, &queue(lang, rows, false));
        for state in ReviewState::ALL {
            assert!(html.contains(lang.pick(emergencies::state(*state))), "{state}");
        }
        for words in [
            Words("1 van 2", "1 of 2"),
            Words("te laat", "overdue"),
            Words("een persoon is vergeten", "a person was forgotten"),
        ] {
            assert!(html.contains(lang.pick(words)), "{}", lang.pick(words));
        }
        assert!(html.contains("&#60;script") && html.contains("rel=\"next\""));
        let empty = check(lang, &queue(lang, Vec::new(), false));
        assert!(empty.contains(lang.pick(Words("Hier wacht niets", "Nothing waits"))));
        let none = check(lang, &queue(lang, Vec::new(), true));
        assert!(none.contains(lang.pick(Words("nog niets beoordeeld", "Nothing was judged yet"))));
    }
}

fn told() -> Told {
    Told {
        reason: "Dreigend geweld",
        danger_to: "een kind",
        situation: evil(),
        why_no_consent: "De persoon zei nee.",
        alternatives: evil(),
        minimality: evil(),
        single_handed: Some(evil()),
        informed: evil(),
        authenticated: evil(),
        evidence: vec![("Meldcode", evil())],
    }
}

fn head(lang: Lang, state: ReviewState) -> Head {
    Head {
        declared: evil(),
        due: evil(),
        closed: state.is_closed().then(evil),
        is_overdue: state == ReviewState::Open,
        badge: badge(lang, state),
        user: evil(),
        declared_for: Some(evil()),
        consulted: Some(evil()),
        discloser: evil(),
        recipient: evil(),
        case_ref: evil(),
        cause: "Vitaal belang",
        basis: "Vitaal belang",
        purpose: "Acute veiligheid",
        tags: vec![Tag { word: "Incident", sensitive: true }],
        people: 1,
        is_override: true,
        expires: evil(),
        is_disputed: state == ReviewState::Disputed,
    }
}

fn work(seat: Option<&'static str>, why_not: Option<&'static str>) -> Work {
    Work {
        seat,
        why_not,
        may_take: seat.is_some(),
        may_answer: seat.is_none(),
        choices: vec![Choice { value: 1, word: "Terecht", consequence: "Delen was nodig." }],
    }
}

fn one(lang: Lang, state: ReviewState, work: Work) -> Page {
    let vote = |is_own: bool, text: Written| VoteRow {
        user: evil(),
        organisation: evil(),
        seat: is_own.then_some("Eerste beoordelaar"),
        word: "Terecht",
        at: evil(),
        text,
        is_own,
        href: "/nl/verstrekkingen/9".to_owned(),
    };
    let seat = |taken| SeatRow { word: "Eerste beoordelaar", taken, is_judged: true };
    Page {
        frame: frame(lang, Menu::Emergencies),
        fresh: Fresh { token: "1.abc".to_owned(), request_id: "id".to_owned() },
        path: "/nl/noodtoegang/1".to_owned(),
        head: head(lang, state),
        told: Some(told()),
        rows: rows(lang),
        seats: vec![seat(Some((evil(), evil(), evil()))), seat(None)],
        votes: vec![vote(true, written(&evil())), vote(false, Written::Forgotten)],
        hidden: 2,
        answers: vec![AnswerRow {
            user: evil(),
            organisation: evil(),
            at: evil(),
            text: written(&evil()),
            href: "/nl/verstrekkingen/10".to_owned(),
        }],
        work,
        incident: Some("/nl/datalek/1".to_owned()),
    }
}

#[test]
fn an_emergency_is_shown_with_what_was_declared_and_a_form_to_judge() {
    for lang in Lang::ALL {
        for state in ReviewState::ALL {
            let html = check(lang, &one(lang, *state, work(Some("Eerste beoordelaar"), None)));
            assert!(html.contains("action=\"/nl/noodtoegang/1/oordeel\""), "{state}");
            assert!(html.contains("name=\"oordeel\"") && html.contains("name=\"motivering\""));
            assert!(html.contains("action=\"/nl/noodtoegang/1/plaats\""));
            assert!(html.contains("name=\"token\" value=\"1.abc\""));
            let passed = lang.pick(Words("De termijn is voorbij.", "The deadline has passed."));
            assert_eq!(html.contains(passed), *state == ReviewState::Open);
            let third = lang.pick(Words("Een derde persoon", "A third person"));
            assert_eq!(html.contains(third), *state == ReviewState::Disputed);
            assert!(html.contains("href=\"/nl/datalek/1\""));
        }
    }
}

#[test]
fn who_may_not_judge_reads_why_and_finds_no_form() {
    for lang in Lang::ALL {
        let own = lang.pick(emergencies::not_reviewer(NotReviewer::Declared));
        let mut page = one(lang, ReviewState::Questioned, work(None, Some(own)));
        page.told = None;
        page.rows = Vec::new();
        let html = check(lang, &page);
        assert!(html.contains(lang.pick(Words(
            "U hebt deze noodtoegang zelf gebruikt en mag haar niet beoordelen.",
            "You used this break-glass yourself and cannot review it.",
        ))));
        assert!(!html.contains("name=\"oordeel\"") && !html.contains("/plaats\""));
        assert!(html.contains("name=\"antwoord\""), "a question can be answered");
        assert!(html.contains(lang.pick(Words("is vergeten", "was forgotten"))));
        assert!(!html.contains(lang.pick(CHANGED)));
        page.votes[0].text = Written::Changed;
        page.answers[0].text = Written::Changed;
        assert_eq!(check(lang, &page).matches(lang.pick(CHANGED)).count(), 2);
        page.votes = Vec::new();
        page.answers = Vec::new();
        page.work.may_answer = false;
        let html = check(lang, &page);
        assert!(html.contains(lang.pick(Words("nog niets te lezen", "nothing for you to read"))));
    }
}
