//! Every page in every state, in both languages, with words in it that try to become markup.

use askama::Template;

use super::assets;
use super::badge::Outcome;
use super::pages::disclosure::{Detail, Facts, Links, Proof, ProofState, Tested};
use super::lang::{Lang, Words};
use super::pages::overview::{Checkpoint, Overview, Reviews};
use super::menu::Menu;
use super::page::{AskPurpose, Banner, Frame, Message, Who};
use super::settings::Settings;
use super::rows::{Row, Tag};
use super::pages::disclosures::{Choice, Filters, Found, Search};

mod consents;
mod integrity;
mod organisations;
mod own_pages;
mod statistics;

/// What somebody could write into a field, to come out of it.
const EVIL: &str = "\"'><script>alert(1)</script>";

fn evil() -> String {
    EVIL.to_owned()
}

fn frame(lang: Lang, menu: Menu) -> Frame {
    Frame {
        lang,
        files: assets::Files::new(),
        t: lang.texts(),
        other: lang.other().of_page(&format!("/nl/verstrekkingen?zaak={EVIL}")),
        menu,
        who: Some(Who { user: evil(), organisation: evil() }),
        stated: Some("Klacht"),
        invented: true,
        settings: Settings::default(),
        banner: Banner::Quiet,
    }
}

fn row(lang: Lang, outcome: Outcome) -> Row {
    let denied = outcome == Outcome::Denied;
    Row {
        day: Some("zaterdag 14 november 2026".to_owned()),
        class: outcome.row(),
        index: 7,
        href: "/nl/verstrekkingen/7".to_owned(),
        time: "23:41:07".to_owned(),
        machine: "2026-11-14T22:41:07Z".to_owned(),
        event: "Samenvatting verstrekt",
        sender: evil(),
        recipient: denied.then(evil),
        user: evil(),
        role: denied.then_some("hulpverlener"),
        case_ref: denied.then(evil),
        purpose: denied.then_some("Veiligheid"),
        basis: denied.then_some("Toestemming"),
        tags: vec![
            Tag { word: "Identiteit", sensitive: false },
            Tag { word: "Incident", sensitive: true },
        ],
        badge: outcome.badge(lang),
        why: denied.then_some("er is geen toestemming"),
    }
}

const OUTCOMES: [Outcome; 4] =
    [Outcome::Allowed, Outcome::Denied, Outcome::Emergency, Outcome::Failed];

fn rows(lang: Lang) -> Vec<Row> {
    OUTCOMES.map(|outcome| row(lang, outcome)).into()
}

/// A page is whole, in its language, holds no script and style of its own, and escapes.
fn check(lang: Lang, page: &impl Template) -> String {
    let html = page.render().unwrap();
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
    assert!(html.contains(&format!("<html lang=\"{}\">", lang.tag())));
    assert!(!html.contains("<script>"), "{html}");
    assert_eq!(
        html.matches("<script").count(),
        html.matches("<script type=\"module\" src=").count()
    );
    for forbidden in [" style=", "<style", " onclick=", "javascript:", "http://", "https://"] {
        assert!(!html.contains(forbidden), "{forbidden}: {html}");
    }
    html
}

#[test]
fn a_page_without_access_says_what_is_missing() {
    for lang in Lang::ALL {
        let t = lang.texts();
        let stranger = Frame { who: None, stated: None, ..frame(lang, Menu::Nowhere) };
        let message =
            Message { frame: stranger, title: t.no_certificate, text: t.no_certificate_text };
        let html = check(lang, &message);
        assert!(html.contains(t.no_certificate_text));
        assert!(!html.contains(t.disclosures), "who is not let in has no menu");
    }
}

#[test]
fn the_purpose_is_asked_for_in_a_form_with_a_token() {
    for lang in Lang::ALL {
        let template = AskPurpose {
            frame: frame(lang, Menu::Nowhere),
            choices: vec![("klacht", "Klacht"), ("incident", "Incident")],
            token: "1.abc".to_owned(),
            next: evil(),
        };
        let html = check(lang, &template);
        assert!(html.contains("name=\"token\" value=\"1.abc\"") && html.contains("&#60;script"));
        assert_eq!(html.matches("type=\"radio\"").count(), 2);
    }
}

#[test]
fn the_overview_shows_what_there_is_and_says_what_there_is_not() {
    for lang in Lang::ALL {
        let t = lang.texts();
        let empty = Overview {
            frame: frame(lang, Menu::Overview),
            reviews: None,
            checkpoint: None,
            recent: Some(Vec::new()),
            organisations: Vec::new(),
        };
        let html = check(lang, &empty);
        for text in [lang.pick(Words("Voor een inzageverzoek worden beoordelingen niet getoond.", "Reviews are not shown for a data-subject request.")), lang.pick(Words("Er is nog niets ondertekend.", "Nothing was signed yet.")), lang.pick(Words("Er is de laatste dertig dagen niets verstrekt.", "Nothing was disclosed in the last thirty days."))] {
            assert!(html.contains(text), "{text}");
        }
        let office = Overview {
            reviews: Some(Reviews { open: "0".to_owned(), overdue: 0, first: None }),
            recent: None,
            organisations: vec![("00000099000000002000".to_owned(), evil())],
            frame: frame(lang, Menu::Overview),
            checkpoint: None,
        };
        let html = check(lang, &office);
        assert!(html.contains(lang.pick(Words("Er wacht geen beoordeling.", "No review is waiting."))) && html.contains(lang.pick(Words("Kies een organisatie om haar verstrekkingen te zien.", "Choose an organisation to see its disclosures."))));
        assert!(html.contains("&#60;script"));
        let first = Some((evil(), "Vitaal belang"));
        let full = Overview {
            reviews: Some(Reviews { open: "1.204".to_owned(), overdue: 2, first }),
            checkpoint: Some(Checkpoint {
                size: "9".to_owned(),
                at: evil(),
                root: "abc=".to_owned(),
                origin: "ledger.example".to_owned(),
            }),
            recent: Some(rows(lang)),
            organisations: Vec::new(),
            frame: frame(lang, Menu::Overview),
        };
        let html = check(lang, &full);
        assert!(html.contains("1.204") && html.contains(lang.pick(Words("te laat", "overdue"))) && html.contains("&#60;script"));
        for outcome in OUTCOMES {
            assert!(html.contains(outcome.badge(lang).word), "colour never stands alone");
        }
    }
}

fn search(lang: Lang, found: Found) -> Search {
    let choice = || vec![Choice { value: evil(), word: evil(), chosen: true }];
    Search {
        frame: frame(lang, Menu::Disclosures),
        filters: Filters {
            zaak: evil(),
            betrokkene: evil(),
            medewerker: evil(),
            ..Filters::default()
        },
        senders: choice(),
        recipients: choice(),
        purposes: choice(),
        bases: choice(),
        outcomes: choice(),
        found,
        action: "/nl/verstrekkingen".to_owned(),
    }
}

#[test]
fn a_search_shows_rows_by_day_or_says_why_there_are_none() {
    for lang in Lang::ALL {
        let t = lang.texts();
        let some = |rows, next: Option<&str>| Found::Rows {
            rows,
            size: "42".to_owned(),
            next: next.map(str::to_owned),
        };
        let html = check(lang, &search(lang, some(rows(lang), Some("/nl/verstrekkingen?na=7"))));
        assert!(
            html.contains("class=\"day\"") && html.contains("rel=\"next\"") && html.contains("42")
        );
        assert!(html.contains("&#60;script"));
        let html = check(lang, &search(lang, some(Vec::new(), None)));
        assert!(html.contains(lang.pick(Words("Geen verstrekkingen gevonden. Ruim de periode op of haal een filter weg.", "No disclosures found. Widen the period or remove a filter."))) && !html.contains("rel=\"next\""));
        assert!(check(lang, &search(lang, Found::TooWide)).contains(lang.pick(Words("Noem een organisatie, zaak, betrokkene of medewerker.", "Name an organisation, case, person or employee."))));
        assert!(check(lang, &search(lang, Found::Wrong)).contains(lang.pick(Words("Een van de velden is niet te lezen, of de periode is langer dan 92 dagen.", "One of the fields cannot be read, or the period is longer than 92 days."))));
    }
}

fn detail(lang: Lang, outcome: Outcome, facts: Option<Facts>, state: ProofState) -> Detail {
    Detail {
        frame: frame(lang, Menu::Disclosures),
        row: row(lang, outcome),
        moment: "zaterdag 14 november 2026 om 23:41".to_owned(),
        facts,
        subject: Some(evil()),
        group: evil(),
        proof: Proof {
            entry: "AAAA".to_owned(),
            leaf: "00ff".to_owned(),
            text: EVIL.to_owned(),
            key: "AAAA".to_owned(),
            origin: evil(),
            state,
            size: "9".to_owned(),
            index: "7".to_owned(),
        },
        links: Links {
            group: "/nl/verstrekkingen?handeling=1".to_owned(),
            case: Some("/nl/verstrekkingen?zaak=1".to_owned()),
            subject: Some("/nl/verstrekkingen?betrokkene=1".to_owned()),
            user: "/nl/verstrekkingen?medewerker=1".to_owned(),
        },
    }
}

fn facts(conditions: Vec<Tested>) -> Facts {
    Facts {
        conditions,
        policy: evil(),
        avg_article_6: Some(evil()),
        avg_article_9: Some(evil()),
        on_behalf_of: Some(evil()),
        consents: vec![evil()],
    }
}

#[test]
fn one_disclosure_says_why_and_what_the_proof_came_to() {
    for lang in Lang::ALL {
        let t = lang.texts();
        let condition = |met| Tested {
            met,
            text: "De grondslag is in gebruik.",
            needed: evil(),
            found: evil(),
            evidence: Some(evil()),
        };
        let tested = facts(vec![condition(true), condition(false)]);
        let html = check(lang, &detail(lang, Outcome::Denied, Some(tested), ProofState::Holds));
        for text in [lang.pick(Words("Waarom mocht dit niet?", "Why was this not allowed?")), lang.pick(Words("voldaan", "met")), lang.pick(Words("niet voldaan", "not met")), lang.pick(Words("De poort zelf vond: klopt. Nog niet in deze browser gecontroleerd.", "The gateway itself found: right. Not checked in this browser yet.")), lang.pick(Words("Controleer in deze browser", "Verify in this browser"))] {
            assert!(html.contains(text), "{text}");
        }
        assert!(!html.contains(lang.pick(Words("Het bewijs van deze regel klopt niet.", "The proof of this entry is wrong."))));
        let untested = facts(Vec::new());
        let html = check(lang, &detail(lang, Outcome::Allowed, Some(untested), ProofState::Fails));
        for text in [lang.pick(Words("Waarom mocht dit?", "Why was this allowed?")), lang.pick(Words("Hierover is geen besluit genomen: er was niets te toetsen.", "Nothing was decided here: there was nothing to test.")), lang.pick(Words("Het bewijs van deze regel klopt niet.", "The proof of this entry is wrong.")), lang.pick(Words("De poort zelf vond: klopt niet.", "The gateway itself found: wrong."))] {
            assert!(html.contains(text), "{text}");
        }
        let html = check(lang, &detail(lang, Outcome::Emergency, None, ProofState::NotYet));
        assert!(html.contains(lang.pick(Words("Deze persoon is vergeten: wat hier stond, is niet meer te lezen. Het bewijs blijft.", "This person was forgotten: what stood here cannot be read any more. The proof remains."))) && html.contains(lang.pick(Words("Nog niet in een controlepunt opgenomen. Laad de pagina straks opnieuw.", "Not under a checkpoint yet. Reload the page later."))));
        assert!(!html.contains(lang.pick(Words("Controleer in deze browser", "Verify in this browser"))), "there is nothing to check yet");
    }
}

#[test]
fn every_class_and_id_that_the_script_looks_for_is_in_the_page() {
    let page = detail(Lang::Nl, Outcome::Allowed, None, ProofState::Holds).render().unwrap();
    let script = assets::SCRIPT.content;
    for id in ["proof", "verify", "verify-state"] {
        assert!(script.contains(&format!("getElementById(\"{id}\")")), "{id}");
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    for step in ["leaf", "path", "log"] {
        assert!(
            script.contains(&format!("[\"{step}\""))
                && page.contains(&format!("id=\"step-{step}\""))
        );
    }
    for (data, attribute) in [
        ("dataset.ok", "data-ok="),
        ("dataset.bad", "data-bad="),
        ("dataset.unable", "data-unable="),
    ] {
        assert!(script.contains(data) && page.contains(attribute), "{data}");
    }
}
