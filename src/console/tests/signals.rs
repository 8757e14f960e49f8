//! Signals, one signal in every state, and what is suppressed.

use askama::Template as _;

use super::{CHANGED, check, evil, frame, written};
use crate::console::badge;
use crate::console::forms::Fresh;
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::pages::signal::{EndingShown, EntryRow, FactorRow, Head, Signal, Work};
use crate::console::pages::signals::{DetectorRow, Filters, Row, Signals, badge as state_badge};
use crate::console::pages::suppressions::{Row as Silent, Suppressions};
use crate::console::words::signals as words;
use crate::domain::event::Disposition;
use crate::domain::signal::{SignalRule, SignalState};
use crate::gateway::written::Written;

fn fresh() -> Fresh {
    Fresh { token: "1.abc".to_owned(), request_id: "7".to_owned() }
}

fn row(lang: Lang, state: SignalState) -> Row {
    Row {
        class: "is-deny",
        href: "/nl/signalen/1".to_owned(),
        score: (state != SignalState::Suppressed).then_some(97),
        rule: "Veel weigeringen",
        sentence: evil(),
        organisation: evil(),
        user: (state == SignalState::Open).then(evil),
        entries: "1.204".to_owned(),
        found: "14 nov 23:41".to_owned(),
        machine: "2026-11-14T22:41:07Z".to_owned(),
        badge: state_badge(lang, state),
    }
}

fn detector(precision: Option<u64>) -> DetectorRow {
    DetectorRow {
        rule: "Veel weigeringen",
        href: "/nl/signalen?soort=DENIALS".to_owned(),
        open: "3".to_owned(),
        explained: "11".to_owned(),
        incidents: "4".to_owned(),
        suppressed: "2".to_owned(),
        precision,
    }
}

fn list(lang: Lang, rows: Option<Vec<Row>>, next: Option<&str>) -> Signals {
    let filters = Filters { min: evil(), ..Filters::default() };
    let rules = SignalRule::ALL
        .iter()
        .map(|rule| (rule.as_str(), lang.pick(words::rule(*rule)), *rule == SignalRule::Denials));
    Signals {
        frame: frame(lang, Menu::Signals),
        filters,
        states: vec![("open", "Open", false), ("incident", "Incident", true)],
        rules: rules.collect(),
        action: "/nl/signalen".to_owned(),
        rows,
        next: next.map(str::to_owned),
        detectors: vec![detector(Some(23)), detector(None)],
    }
}

#[test]
fn the_list_says_what_was_seen_and_what_each_rule_was_worth() {
    for lang in Lang::ALL {
        let rows = SignalState::ALL.iter().map(|state| row(lang, *state)).collect();
        let html = check(lang, &list(lang, Some(rows), Some("/nl/signalen?na=1.2")));
        for state in SignalState::ALL {
            assert!(html.contains(lang.pick(words::state(*state))), "{state}");
        }
        for rule in SignalRule::ALL {
            assert!(html.contains(lang.pick(words::rule(*rule))), "{rule}");
        }
        assert!(html.contains(lang.pick(Words("geen score", "no score"))));
        for part in ["<b>97</b>", "1.204", "&#60;script", "rel=\"next\"", "aria-current"] {
            assert!(html.contains(part), "{part}");
        }
        assert!(html.contains(lang.pick(Words("<td>23 %</td>", "<td>23%</td>"))));
        assert!(html.contains("<option value=\"DENIALS\" selected>"));
        assert!(html.contains(lang.pick(Words("nog niets beoordeeld", "nothing judged yet"))));
        let html = check(lang, &list(lang, Some(Vec::new()), None));
        assert!(html.contains(lang.pick(Words("Er zijn geen signalen", "No signals match"))));
        assert!(!html.contains("rel=\"next\"") && !html.contains("role=\"alert\""));
        let html = check(lang, &list(lang, None, None));
        assert!(html.contains(lang.pick(Words("niet te lezen", "cannot be read"))));
    }
}

fn work(why_not: Option<&'static str>, may_close: bool, suppressible: bool) -> Work {
    let scopes = vec![("medewerker", "Voor deze medewerker"), ("zaak", "Voor deze zaak")];
    Work {
        why_not,
        may_close,
        scopes: if suppressible { scopes } else { Vec::new() },
        owner: evil(),
        earliest: "2026-11-14".to_owned(),
        latest: "2027-11-14".to_owned(),
    }
}

fn one(lang: Lang, work: Work, ending: Option<EndingShown>) -> Signal {
    let link = || Some((evil(), "/nl/verstrekkingen?zaak=1".to_owned()));
    let is_closed = ending.is_some();
    Signal {
        frame: frame(lang, Menu::Signals),
        fresh: fresh(),
        path: "/nl/signalen/1".to_owned(),
        head: Head {
            rule: "Veel weigeringen",
            sentence: evil(),
            score: Some(97),
            badge: state_badge(lang, SignalState::Open),
            organisation: evil(),
            other: is_closed.then(evil),
            user: link().filter(|_| !is_closed),
            case: link().filter(|_| !is_closed),
            subject: is_closed.then(|| "/nl/verstrekkingen?betrokkene=7".to_owned()),
            certificate: None,
            first: evil(),
            last: evil(),
            found: evil(),
            entries: "1.204".to_owned(),
            pack: evil(),
            raised_by: "/nl/verstrekkingen/9".to_owned(),
            incident: is_closed.then(|| "/nl/datalek/1".to_owned()),
        },
        weighed: vec![(
            "Spreekt ervoor",
            vec![FactorRow { mark: "+", class: "mark--n", word: "Weigeringen", told: evil() }],
        )],
        entries: if is_closed { Vec::new() } else { vec![entry(lang)] },
        further: if is_closed {
            Vec::new()
        } else {
            vec![(61, "/nl/verstrekkingen/61".to_owned())]
        },
        unlisted: (!is_closed).then(|| "704".to_owned()),
        raised: None,
        ending,
        work,
    }
}

fn entry(lang: Lang) -> EntryRow {
    EntryRow {
        index: 7,
        href: "/nl/verstrekkingen/7".to_owned(),
        moment: "14 nov 23:41".to_owned(),
        what: evil(),
        badge: badge::badge(lang, Disposition::Refused),
    }
}

fn ended(grounds: Written) -> EndingShown {
    let href = "/nl/verstrekkingen/12".to_owned();
    let word = "Incident";
    EndingShown { word, at: evil(), user: evil(), organisation: evil(), href, grounds }
}

#[test]
fn an_open_signal_can_be_ended_in_three_ways() {
    for lang in Lang::ALL {
        let html = check(lang, &one(lang, work(None, true, true), None));
        for part in [
            "value=\"verklaard\"",
            "value=\"incident\"",
            "action=\"/nl/signalen/1/sluiten\"",
            "action=\"/nl/signalen/1/onderdrukken\"",
            "max=\"2027-11-14\"",
            "href=\"/nl/verstrekkingen/7\"",
            "href=\"/nl/verstrekkingen/61\"",
            "704",
            "&#60;script",
            lang.pick(Words("Nog niets besloten", "Nothing was decided yet")),
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert_eq!(html.matches("name=\"verzoek\" value=\"7\"").count(), 2);
        assert!(!html.contains(" checked"), "of two choices none is made");
        let cannot = lang.pick(Words("niet te onderdrukken", "cannot be suppressed"));
        assert!(!html.contains(cannot));
        let html = check(lang, &one(lang, work(None, true, false), None));
        assert!(html.contains(cannot) && !html.contains("/onderdrukken\""));
    }
}

#[test]
fn a_signal_of_an_officer_has_words_and_no_score() {
    for lang in Lang::ALL {
        let by = |grounds| Some((evil(), evil(), grounds));
        let mut page = one(lang, work(None, true, false), None);
        let scored = lang.pick(Words("van 100", "of 100"));
        let found = lang.pick(Words("Gevonden door de poort", "Found by the gateway"));
        let html = check(lang, &page);
        assert!(html.contains(scored) && html.contains(found));
        page.head.score = None;
        page.weighed = Vec::new();
        page.raised = by(written("Waarom om drie uur?"));
        let html = check(lang, &page);
        for part in [
            "Waarom om drie uur?",
            "&#60;script",
            lang.pick(Words("er is geen score", "there is no score")),
            lang.pick(Words("Gegeven door een functionaris", "Raised by an officer")),
            "action=\"/nl/signalen/1/sluiten\"",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains(scored) && !html.contains(found) && !html.contains("h-factors"));
        page.raised = by(Written::Forgotten);
        let html = check(lang, &page);
        assert!(html.contains(lang.pick(Words("Niet meer te lezen", "Cannot be read any more"))));
        assert!(!html.contains(lang.pick(CHANGED)));
        page.raised = by(Written::Changed);
        page.ending = Some(ended(Written::Changed));
        assert_eq!(check(lang, &page).matches(lang.pick(CHANGED)).count(), 2);
    }
}

#[test]
fn who_may_not_judge_reads_why_and_gets_no_form() {
    for lang in Lang::ALL {
        let html = check(lang, &one(lang, work(Some("Eigen handelen."), false, false), None));
        assert!(html.contains("Eigen handelen.") && !html.contains("<form"));
    }
}

#[test]
fn a_signal_about_a_certificate_tells_which_and_that_no_address_is_kept() {
    for lang in Lang::ALL {
        let mut signal = one(lang, work(None, true, false), None);
        signal.head.certificate = Some("ab".repeat(32));
        signal.entries.clear();
        let html = check(lang, &signal);
        assert!(html.contains(&"ab".repeat(32)));
        assert!(html.contains(lang.pick(Words("toont zij niet", "does not show"))));
    }
}

#[test]
fn a_closed_signal_says_who_decided_what_and_why() {
    for lang in Lang::ALL {
        let html = check(lang, &one(lang, work(None, false, false), Some(ended(written(&evil())))));
        assert!(html.contains("href=\"/nl/datalek/1\"") && html.contains("betrokkene=7"));
        assert!(html.contains(lang.pick(Words("is afgehandeld", "was closed"))));
        assert!(html.contains(lang.pick(Words("geen van de regels", "none of the entries"))));
        assert!(!html.contains("<form"));
        let html =
            check(lang, &one(lang, work(None, false, false), Some(ended(Written::Forgotten))));
        assert!(html.contains(lang.pick(Words("Niet meer te lezen", "Cannot be read any more"))));
    }
}

#[test]
fn what_is_suppressed_can_be_ended_while_it_is_in_force() {
    for lang in Lang::ALL {
        let silent = |end: Option<&str>| Silent {
            rule: "Veel weigeringen",
            href: "/nl/signalen/1".to_owned(),
            organisation: evil(),
            of: evil(),
            owner: evil(),
            owner_organisation: evil(),
            from: "1 november 2026".to_owned(),
            until: "30 november 2026".to_owned(),
            hits: "1.204".to_owned(),
            state: evil(),
            end: end.map(str::to_owned),
        };
        let page = |rows: Vec<Silent>, next: Option<&str>| Suppressions {
            frame: frame(lang, Menu::Signals),
            fresh: fresh(),
            rows,
            next: next.map(str::to_owned),
        };
        let end = "/nl/signalen/stil/1/einde";
        let both = page(vec![silent(Some(end)), silent(None)], Some("/nl/signalen/stil?na=1"));
        let html = check(lang, &both);
        assert_eq!(html.matches("<form").count(), 1);
        for part in [end, "1.204", "&#60;script", "rel=\"next\""] {
            assert!(html.contains(part), "{part}");
        }
        let html = page(Vec::new(), None).render().unwrap();
        assert!(html.contains(lang.pick(Words("Er is niets onderdrukt", "Nothing is suppressed"))));
    }
}
