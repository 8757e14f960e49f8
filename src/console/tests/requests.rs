//! Requests of data subjects: the list, one of them, the preview and the letter.

use super::{check, evil, frame};
use crate::console::forms::Fresh;
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::pages::request::report::{Letter, Line, Preview, Step};
use crate::console::pages::request::{Head, Page, Prepared, Steps, Weighed};
use crate::console::pages::requests::{Choices, Opening, Person, Requests, Row, badge};
use crate::console::words::requests as words;
use crate::domain::subject_request::{RequestState, Verdict};

fn fresh() -> Fresh {
    Fresh { token: "1.abc".to_owned(), request_id: "id".to_owned() }
}

fn list(lang: Lang, rows: Vec<Row>, opening: Opening) -> Requests {
    Requests {
        frame: frame(lang, Menu::Requests),
        fresh: fresh(),
        next: (!rows.is_empty()).then(|| "/nl/inzage?na=1".to_owned()),
        is_closed: rows.len() == 1,
        rows,
        case_ref: evil(),
        opening,
    }
}

fn waiting(lang: Lang, state: RequestState, days_left: i64) -> Row {
    Row {
        href: (days_left > 0).then(|| "/nl/inzage/1".to_owned()),
        received: evil(),
        due: evil(),
        days_left,
        case_ref: evil(),
        capacity: "Ouder met gezag",
        organisation: evil(),
        badge: badge(lang, state),
        is_owed: state != RequestState::Closed,
        waits: state == RequestState::Open,
    }
}

#[test]
fn the_list_counts_down_and_a_request_is_opened_in_steps() {
    for lang in Lang::ALL {
        let rows = RequestState::ALL.iter().map(|state| waiting(lang, *state, 12)).collect();
        let html = check(lang, &list(lang, rows, Opening::Case));
        for state in RequestState::ALL {
            assert!(html.contains(lang.pick(words::state(*state))), "{state}");
        }
        assert!(
            html.contains(lang.pick(Words("12 dagen", "12 days"))) && html.contains("rel=\"next\"")
        );
        assert!(!html.contains("name=\"persoon\""), "first the case");
        let waits = lang.pick(Words("wacht op een tweede", "waits for a second"));
        assert_eq!(html.matches(waits).count(), 1);
        let late = vec![waiting(lang, RequestState::Open, -1)];
        let html = check(lang, &list(lang, late, Opening::Hidden));
        assert!(html.contains(lang.pick(Words("te laat", "overdue"))));
        assert!(
            html.contains(lang.pick(Words("Deze zaak bestaat niet", "This case does not exist")))
        );
        let people =
            vec![Person { key: evil(), pseudonym: "5d05c72d".to_owned(), age: "16 of 17" }];
        let choices = Choices {
            people,
            capacities: vec![(1, "De persoon zelf")],
            checks: vec![(1, "Identiteitsbewijs gezien")],
            objections: vec![(2, "Het stoppen van geweld")],
            now: "2026-06-22T10:00".to_owned(),
        };
        let html = check(lang, &list(lang, Vec::new(), Opening::People(choices)));
        assert!(
            html.contains(lang.pick(Words("Er loopt geen verzoek.", "No request is running.")))
        );
        assert!(html.contains("5d05c72d") && html.contains("name=\"bsn\""));
        assert!(html.contains("<form method=\"post\""), "a number stands in no address");
    }
}

fn one(lang: Lang, state: RequestState, verdict: Verdict) -> Page {
    let is_closed = state == RequestState::Closed;
    Page {
        frame: frame(lang, Menu::Requests),
        fresh: fresh(),
        path: "/nl/inzage/1".to_owned(),
        head: Head {
            badge: badge(lang, state),
            case_ref: evil(),
            pseudonym: "5d05c72d".to_owned(),
            capacity: "Ouder met gezag",
            is_mandated: true,
            received: evil(),
            due: evil(),
            days_left: if verdict.is_given() { 12 } else { -1 },
            is_owed: !is_closed,
            reported: verdict.is_given().then(evil),
            closed: is_closed.then(evil),
            ending: is_closed.then_some("Beantwoord"),
            verdict: lang.pick(words::verdict(verdict)),
            is_given: verdict.is_given(),
            was: (!verdict.is_given()).then_some("Wie vraagt, krijgt het rapport."),
        },
        weighed: verdict.is_given().then(|| Weighed {
            identity: "DigiD of gelijkwaardig",
            mandate: Some(evil()),
            objection: Some(("Het stoppen van geweld", evil())),
            reporter: Some(evil()),
            extension: Some(evil()),
        }),
        steps: Steps {
            may_extend: state == RequestState::Open,
            may_report: verdict.is_given() && !is_closed,
            report: (state == RequestState::Reported).then(|| prepared(Some(evil()))),
            needs_second: true,
            endings: if is_closed { Vec::new() } else { vec![(3, "Ingetrokken")] },
        },
    }
}

fn prepared(approved: Option<String>) -> Prepared {
    Prepared {
        by: evil(),
        at: evil(),
        is_own: false,
        told: "2".to_owned(),
        withheld: "1".to_owned(),
        changed: 0,
        size: "1.204.318".to_owned(),
        approved: approved.map(|by| (by, evil())),
    }
}

#[test]
fn a_report_waits_for_another_officer_before_there_is_a_letter() {
    for lang in Lang::ALL {
        let with = |report| {
            let mut page = one(lang, RequestState::Open, Verdict::Give);
            page.steps.report = report;
            check(lang, &page)
        };
        let letter = "href=\"/nl/inzage/1/brief\"";
        let (yours, others) = (
            lang.pick(Words("mag het niet goedkeuren", "cannot approve it")),
            lang.pick(Words("Lezen en goedkeuren", "Read and approve")),
        );
        let none = with(None);
        assert!(none.contains(lang.pick(Words("Rapport voorbereiden", "Prepare report"))));
        assert!(!none.contains(letter) && !none.contains("opnieuw=1"));
        let own = with(Some(Prepared { is_own: true, ..prepared(None) }));
        assert!(own.contains(yours) && !own.contains(others) && !own.contains(letter));
        let other = with(Some(prepared(None)));
        assert!(other.contains(others) && !other.contains(yours) && !other.contains(letter));
        let approved = with(Some(prepared(Some(evil()))));
        assert!(approved.contains(letter) && !approved.contains(others));
        assert!(approved.contains(lang.pick(Words("Goedgekeurd door", "Approved by"))));
    }
}

#[test]
fn a_request_says_what_was_decided_and_offers_its_steps() {
    for lang in Lang::ALL {
        for state in RequestState::ALL {
            for verdict in Verdict::ALL {
                let html = check(lang, &one(lang, *state, *verdict));
                assert!(html.contains(lang.pick(words::verdict(*verdict))), "{verdict}");
                let is_closed = *state == RequestState::Closed;
                assert_eq!(html.contains("/sluiten\""), !is_closed, "{state}");
                assert_eq!(html.contains("/verlengen\""), *state == RequestState::Open);
                let may_report = verdict.is_given() && !is_closed;
                assert_eq!(html.contains("href=\"/nl/inzage/1/rapport"), may_report);
                let told = lang.pick(Words("dat het wordt geweigerd", "that it is refused"));
                assert_eq!(html.contains(told), !verdict.is_given());
            }
        }
    }
}

fn line(is_emergency: bool) -> Line {
    Line {
        day: evil(),
        what: "Samenvatting verstrekt",
        from: evil(),
        to: evil(),
        data: evil(),
        purpose: is_emergency.then_some("Acute veiligheid"),
        ground: is_emergency.then_some("Met toestemming."),
        rests_on: is_emergency.then(evil),
        is_emergency,
        review: is_emergency.then_some("was terecht"),
        choice: None,
        withheld: is_emergency.then_some("Privacy van iemand anders"),
    }
}

#[test]
fn the_preview_shows_what_would_be_told_and_the_letter_tells_it_in_dutch() {
    for lang in Lang::ALL {
        let preview = |lines: Vec<Line>, step: Step| Preview {
            frame: frame(lang, Menu::Requests),
            fresh: fresh(),
            path: "/nl/inzage/1".to_owned(),
            stand: 9,
            lines,
            changed: Vec::new(),
            is_incomplete: false,
            size: "9".to_owned(),
            step,
            grounds: vec![(1, "Privacy van iemand anders")],
            needs_second: true,
            is_long: true,
        };
        let choosing = || vec![Line { choice: Some(7), ..line(true) }, line(false)];
        let html = check(lang, &preview(choosing(), Step::Prepare));
        assert!(html.contains("name=\"weg-7\"") && html.contains("&#60;script"));
        assert!(html.contains("name=\"stand\" value=\"9\""));
        let nothing = lang.pick(Words("Er is nog niets gegeven.", "Nothing was given yet."));
        let draft = lang.pick(Words("Concept van het rapport", "Draft of the report"));
        assert!(html.contains(nothing) && html.contains(draft));
        let withheld = lang.pick(Words(">weggehouden<", ">withheld<"));
        for (step, approves) in [(Step::Approve("ab".to_owned()), true), (Step::Wait, false)] {
            let html = check(lang, &preview(vec![line(true), line(false)], step));
            assert!(html.contains(draft) && html.contains(nothing) && html.contains(withheld));
            assert_eq!(html.contains("name=\"kenmerk\" value=\"ab\""), approves);
            assert!(!html.contains("name=\"weg-"));
        }
        let html = check(lang, &preview(vec![line(false)], Step::Done));
        assert!(!html.contains(draft) && !html.contains("<form method=\"post\" action=\"/nl/inz"));
        let html = check(lang, &preview(Vec::new(), Step::Prepare));
        assert!(
            html.contains(lang.pick(Words("Er is niets te vertellen", "There is nothing to tell")))
        );
        let letter = |lines: Vec<Line>, is_itself| Letter {
            frame: frame(lang, Menu::Requests),
            path: "/nl/inzage/1".to_owned(),
            json: "/nl/inzage/1/rapport.json".to_owned(),
            organisation: evil(),
            today: evil(),
            received: evil(),
            is_itself,
            count: lines.len().to_string(),
            lines,
            size: "1.204.318".to_owned(),
            is_incomplete: false,
        };
        let html = check(lang, &letter(vec![line(true), line(false)], true));
        assert!(html.contains("lang=\"nl\"") && html.contains("deelde over u."));
        assert!(
            html.contains("Alle 2 regels die u mag zien, tot stand 1.204.318 van het logboek.")
        );
        assert!(html.contains("Dit was terecht."));
        let html = check(lang, &letter(Vec::new(), false));
        assert!(html.contains("de persoon voor wie u vraagt"));
        assert!(html.contains("Er zijn geen verstrekkingen die u mag zien."));
        // What nobody can read any more is named to the officer, and the letter does not say it is whole.
        let missing = Preview {
            changed: vec![("/nl/verstrekkingen/7".to_owned(), 7)],
            ..preview(Vec::new(), Step::Prepare)
        };
        let html = check(lang, &missing);
        let words = Words("Dit rapport mist regels.", "This report misses lines.");
        assert!(html.contains(lang.pick(words)) && html.contains("href=\"/nl/verstrekkingen/7\""));
        // Of what was changed nobody knows whether it is about this person.
        let unknown = Preview { is_incomplete: true, ..preview(Vec::new(), Step::Prepare) };
        let words = Words("Dit rapport mist misschien regels.", "This report may miss lines.");
        assert!(check(lang, &unknown).contains(lang.pick(words)));
        for lines in [Vec::new(), vec![line(false)]] {
            let html = check(lang, &Letter { is_incomplete: true, ..letter(lines, true) });
            assert!(
                html.contains("misschien niet compleet")
                    && !html.contains("regels die u mag zien, tot")
            );
            assert!(!html.contains("Er zijn geen verstrekkingen") && !html.contains(">7<"));
        }
        let report = Some(Prepared { changed: 2, ..prepared(None) });
        let mut request = one(lang, RequestState::Open, Verdict::Give);
        request.steps.report = report;
        let words = Words("staan niet in het rapport", "are not in the report");
        assert!(check(lang, &request).contains(lang.pick(words)));
    }
}
