//! Breaches: the list, and one of them.

use super::{check, evil, frame};
use crate::console::badge::Badge;
use crate::console::forms::Fresh;
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::pages::breach::{
    Answer, Closing, End, Facts, Head, Page, Proof, Recipient, Scope, Work,
};
use crate::console::pages::breaches::{Breaches, Row};
use crate::console::rows::Tag;

fn fresh() -> Fresh {
    Fresh { token: "1.abc".to_owned(), request_id: "id".to_owned() }
}

const BADGE: Badge = Badge { class: "b-deny", sign: "M4 4l8 8", word: "Te laat" };

#[test]
fn the_list_says_by_when_the_authority_must_know() {
    for lang in Lang::ALL {
        let list = |rows: Vec<Row>| Breaches {
            frame: frame(lang, Menu::Breaches),
            fresh: fresh(),
            next: (!rows.is_empty()).then(|| "/nl/datalek?na=1".to_owned()),
            rows,
            kinds: vec![(1, "Certificaat van een organisatie")],
            organisations: vec![("00000099000000006000".to_owned(), evil())],
            certificates: vec![("ab".repeat(32), evil())],
            now: "2026-07-01T10:00".to_owned(),
        };
        let row = |is_late| Row {
            href: "/nl/datalek/1".to_owned(),
            due: evil(),
            due_machine: "2026-07-04T08:00:00Z".to_owned(),
            aware: evil(),
            cause: "Noodtoegang die niet terecht was",
            organisation: evil(),
            badge: BADGE,
            is_late,
        };
        let html = check(lang, &list(vec![row(true), row(false)]));
        assert_eq!(html.matches("class=\"is-deny\"").count(), 1);
        assert!(html.contains(&format!("<option value=\"{}\" label=\"", "ab".repeat(32))));
        assert!(html.contains("rel=\"next\"") && html.contains("type=\"datetime-local\""));
        let html = check(lang, &list(Vec::new()));
        assert!(html.contains(lang.pick(Words("geen datalek", "no breach"))));
    }
}

fn head(settled: bool, is_late: bool, review: bool) -> Head {
    Head {
        badge: BADGE,
        cause: "Datalek",
        organisation: evil(),
        aware: evil(),
        due: evil(),
        hours_left: 41,
        is_late,
        settled: settled.then(|| ("Gemeld", evil(), Some(evil()))),
        closed: settled.then(evil),
        review: review.then(|| "/nl/noodtoegang/1".to_owned()),
        people: 1,
    }
}

fn scope(is_empty: bool) -> Scope {
    let recipient = |is_outside| Recipient {
        name: evil(),
        oin: evil(),
        records: "4".to_owned(),
        is_outside,
        recalls: is_outside.then(|| ("7".to_owned(), "5".to_owned(), "3".to_owned())),
    };
    let end = || End { href: "/nl/verstrekkingen/1".to_owned(), at: evil() };
    let some = |text: String| if is_empty { Vec::new() } else { vec![text] };
    Scope {
        subjects: "1.204".to_owned(),
        minors: "2".to_owned(),
        forgotten: u64::from(!is_empty),
        records: "9".to_owned(),
        changed: (!is_empty).then(|| "3".to_owned()),
        tags: if is_empty {
            Vec::new()
        } else {
            vec![Tag { word: "Incident", sensitive: true }, Tag { word: "Adres", sensitive: false }]
        },
        is_special: !is_empty,
        recipients: if is_empty { Vec::new() } else { vec![recipient(true), recipient(false)] },
        users: some(evil()),
        ends: (!is_empty).then(|| (end(), end())),
        size: "77".to_owned(),
        evidence: (!is_empty).then(|| "00ff".to_owned()),
        people: some("5d05".to_owned()),
        has_more_people: true,
    }
}

fn proof(holds: bool) -> Proof {
    let checkpoint = || ("9".to_owned(), evil(), "abc=".to_owned());
    Proof {
        before: holds.then(checkpoint),
        now: checkpoint(),
        leaves: ("3".to_owned(), "9".to_owned()),
        hashes: if holds { vec!["abc=".to_owned()] } else { Vec::new() },
        holds,
    }
}

fn page(lang: Lang, head: Head, scope: Option<Scope>, proof: Option<Proof>) -> Page {
    let (settled, sized) = (head.settled.is_some(), scope.is_some());
    Page {
        frame: frame(lang, Menu::Breaches),
        fresh: fresh(),
        path: "/nl/datalek/1".to_owned(),
        head,
        facts: sized.then(|| Facts {
            kind: "Certificaat",
            what: evil(),
            from: evil(),
            until: evil(),
            detected: evil(),
            is_encrypted: false,
            nature: evil(),
        }),
        scope,
        answers: vec![Answer {
            question: "Feiten",
            text: vec![evil()],
            to_fill_in: Some("Vul aan."),
        }],
        proof,
        work: Work {
            reported: settled.then(evil),
            may_report: !settled && sized,
            may_settle: !settled && sized,
            must_say_why: settled,
            notifications: vec![(1, "Gemeld")],
            closing: match (sized, settled) {
                (false, _) => Closing::Never,
                (true, false) => Closing::Later,
                (true, true) => Closing::Now,
            },
        },
    }
}

#[test]
fn a_breach_shows_its_clock_its_scope_and_the_proof() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let html = check(
            lang,
            &page(lang, head(false, false, false), Some(scope(false)), Some(proof(true))),
        );
        for text in [
            say("uur om te melden", "hours left to notify"),
            say("geen geldige afspraak", "no agreement in force"),
            say("5 van 7 zaken", "5 of 7 cases"),
            say("<td>3 van 5</td>", "<td>3 of 5</td>"),
            say("Wissen bevestigd", "Erasure confirmed"),
            say("Klopt: het logboek", "Right: the ledger"),
            say("3 regels zijn gewijzigd", "3 entries were changed"),
            say("De omvang is niet volledig: 3", "The scope is not complete: 3"),
            say("Sluiten kan als", "It can be closed when"),
            "1.204",
            "action=\"/nl/datalek/1/melding\"",
            "action=\"/nl/datalek/1/omvang\"",
            "href=\"/nl/datalek/1/bewijs.txt\"",
            "href=\"/nl/datalek/1/melding.txt\"",
        ] {
            assert!(html.contains(text), "{text}");
        }
        assert!(!html.contains("action=\"/nl/datalek/1/sluiten\""));
        let html = check(
            lang,
            &page(lang, head(true, true, false), Some(scope(true)), Some(proof(false))),
        );
        for text in [
            say("Niemand ontving iets.", "Nobody received anything."),
            say("Klopt niet. Vertrouw de omvang niet", "Wrong. Do not trust the scope"),
            say("Geen: het logboek begon later.", "None: the ledger began later."),
            say("De omvang is vastgesteld op", "The scope was reported on"),
            "action=\"/nl/datalek/1/sluiten\"",
        ] {
            assert!(html.contains(text), "{text}");
        }
        assert!(!html.contains("action=\"/nl/datalek/1/omvang\""), "it is reported once");
        assert!(!html.contains("action=\"/nl/datalek/1/melding\""), "it is settled once");
    }
}

#[test]
fn an_incident_of_a_review_has_no_window_and_leads_back_to_it() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let html = check(lang, &page(lang, head(false, true, true), None, None));
        assert!(html.contains("href=\"/nl/noodtoegang/1\""));
        assert!(html.contains(say("Er is nog niets ondertekend.", "Nothing was signed yet.")));
        assert!(html.contains(say("Te laat", "Overdue")));
        let foreign = check(lang, &page(lang, head(false, false, false), None, None));
        assert!(
            foreign.contains(say("De organisatie zelf telt", "The organisation itself counts"))
        );
    }
}
