//! Every page in every state, in both languages, with words in it that try to become markup.

use askama::Template;

use super::assets;
use super::badge;
use super::charts::{Bars, DayChart, DayCount, Week};
use super::entrance::{Choice as Place, ChooseOfficer};
use super::forms::Fresh;
use super::lang::{Lang, Words};
use super::menu::Menu;
use super::page::{AskPurpose, Banner, Frame, Message, Who};
use super::pages::disclosure::{
    Acts, Disclosure, Evidence, Facts, Links, Nearby, Proof, ProofState, Receipt, Surroundings,
    Tested, TheirEntry, Usual, Witnessed,
};
use super::pages::disclosures::{
    Charts, Chip, Choices, Disclosures, Filters, Found, Quick, Rows, Saved,
};
use super::rows::{Row, Tag};
use super::sentence::Piece;
use super::settings::Settings;
use crate::domain::event::Disposition;
use crate::domain::question::QuestionState;
use crate::gateway::around::Lately;
use crate::gateway::written::Written;

mod breaches;
mod consents;
mod integrity;
mod login;
mod organisations;
mod overview;
mod own_pages;
mod questions;
mod refusals;
mod requests;
mod reviews;
mod sample;
mod signals;
mod statistics;

/// What somebody could write into a field, to come out of it.
const EVIL: &str = "\"'><script>alert(1)</script>";

fn evil() -> String {
    EVIL.to_owned()
}

/// What stands in place of words whose row was changed.
const CHANGED: Words = Words(
    "Gewijzigd in de database: wat hier staat is niet wat is vastgelegd.",
    "Changed in the database: what stands here is not what was recorded.",
);

fn written(words: &str) -> Written {
    Written::Words(words.to_owned().into())
}

fn frame(lang: Lang, menu: Menu) -> Frame {
    Frame {
        lang,
        files: assets::Files::new(),
        t: lang.texts(),
        address: format!("/nl/verstrekkingen?zaak={EVIL}"),
        signed: Some((
            "1.204.318".to_owned(),
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned(),
        )),
        other: lang.other().of_page(&format!("/nl/verstrekkingen?zaak={EVIL}")),
        menu,
        who: Some(Who { user: evil(), organisation: evil() }),
        stated: Some("Klacht"),
        invented: true,
        settings: Settings::default(),
        banner: Banner::Quiet,
        may_switch: true,
        leave: None,
        ends: None,
    }
}

fn row(lang: Lang, outcome: Disposition) -> Row {
    let denied = outcome == Disposition::Refused;
    Row {
        day: Some("zaterdag 14 november 2026".to_owned()),
        class: badge::row(outcome),
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
        age: denied.then_some("16 of 17 jaar"),
        purpose: denied.then_some("Veiligheid"),
        basis: denied.then_some("Toestemming"),
        tags: vec![
            Tag { word: "Identiteit", sensitive: false },
            Tag { word: "Incident", sensitive: true },
        ],
        badge: badge::badge(lang, outcome),
        why: denied.then_some("er is geen toestemming"),
        is_unreadable: outcome == Disposition::Failed,
    }
}

fn rows(lang: Lang) -> Vec<Row> {
    Disposition::ALL.iter().map(|outcome| row(lang, *outcome)).collect()
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
        let stranger =
            Frame { who: None, stated: None, signed: None, ..frame(lang, Menu::Nowhere) };
        let message =
            Message { frame: stranger, title: t.no_certificate, text: t.no_certificate_text };
        let html = check(lang, &message);
        assert!(html.contains(t.no_certificate_text));
        assert!(!html.contains(t.disclosures), "who is not let in has no menu");
        assert!(!html.contains("print-only"), "nor anything of the ledger");
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
            is_other: lang == Lang::En,
        };
        let html = check(lang, &template);
        assert!(html.contains("name=\"token\" value=\"1.abc\"") && html.contains("&#60;script"));
        assert_eq!(html.matches("type=\"radio\"").count(), 2);
        assert_eq!(html.contains("does not go with this page"), lang == Lang::En);
    }
}

#[test]
fn a_demo_offers_the_places_of_its_officers_in_a_form_with_a_token() {
    for lang in Lang::ALL {
        let place = |number, present| Place { number, user: evil(), organisation: evil(), present };
        let template = ChooseOfficer {
            frame: frame(lang, Menu::Nowhere),
            officers: vec![place(0, true), place(1, false)],
            token: "1.abc".to_owned(),
        };
        let html = check(lang, &template);
        assert!(html.contains("name=\"token\" value=\"1.abc\"") && html.contains("&#60;script"));
        assert_eq!(html.matches("type=\"radio\"").count(), 2);
        assert_eq!(html.matches(" checked").count(), 1);
        assert!(html.contains(&format!("<a href=\"/{}/demo\">", lang.tag())));
    }
}

fn search(lang: Lang, found: Found) -> Disclosures {
    let chip = Chip { word: evil(), without: "/nl/verstrekkingen".to_owned() };
    let quick =
        |is_chosen| Quick { word: "7 dagen", href: "/nl/verstrekkingen".to_owned(), is_chosen };
    Disclosures {
        frame: frame(lang, Menu::Disclosures),
        filters: Filters {
            zaak: evil(),
            betrokkene: evil(),
            medewerker: evil(),
            ..Filters::default()
        },
        choices: Choices {
            chips: vec![chip],
            quick: vec![quick(true), quick(false)],
            ..Choices::default()
        },
        found,
        action: "/nl/verstrekkingen".to_owned(),
        fresh: Fresh { token: "1.abc".to_owned(), request_id: "id".to_owned() },
        saved: saved_searches(),
    }
}

fn saved_searches() -> Vec<Saved> {
    let href = "/nl/verstrekkingen?uitkomst=noodtoegang".to_owned();
    let delete = Some("/nl/verstrekkingen/bewaard/1/verwijderen".to_owned());
    let name = evil();
    let (owner, is_shared, is_weekly) = (None, true, true);
    let weekly = Some("/nl/verstrekkingen/bewaard/1/wekelijks".to_owned());
    let own = Saved { name, href: href.clone(), owner, is_shared, is_weekly, delete, weekly };
    let (name, owner, is_weekly, delete, weekly) = (evil(), Some(evil()), false, None, None);
    let shared = Saved { name, href, owner, is_shared, is_weekly, delete, weekly };
    vec![own, shared]
}

#[test]
fn the_search_offers_what_was_kept_and_to_delete_the_own() {
    for lang in Lang::ALL {
        let html = check(lang, &search(lang, Found::Wrong));
        assert_eq!(html.matches("?uitkomst=noodtoegang\"").count(), 2);
        assert_eq!(html.matches("/verwijderen\"").count(), 1);
        let weekly = lang.pick(Words("elke week geteld per mail", "counted weekly by mail"));
        assert_eq!(html.matches(weekly).count(), 1);
        assert!(html.contains("name=\"wekelijks\"") && !html.contains(" checked"));
        let (on, off) = (
            lang.pick(Words("Elke week per mail tellen:", "Count weekly by mail:")),
            lang.pick(Words("Niet meer per mail tellen:", "Stop counting by mail:")),
        );
        assert_eq!(html.matches("/wekelijks\"").count(), 1, "of the own one");
        assert!(html.contains(off) && !html.contains(on));
        let mut silent = search(lang, Found::Wrong);
        silent.saved.iter_mut().for_each(|one| one.is_weekly = false);
        let html = check(lang, &silent);
        assert!(html.contains(on) && !html.contains(off) && !html.contains(weekly));
        assert!(!html.contains("name=\"vraag\" value=\"\""));
    }
}

fn charts(lang: Lang) -> Charts {
    let day = |counts: [u64; 2]| DayCount {
        href: "/nl/verstrekkingen".to_owned(),
        short: evil(),
        long: evil(),
        counts: counts.into(),
    };
    let legend = vec![("s-allow", "Toegestaan"), ("s-deny", "Geweigerd")];
    let bars = vec![(evil(), "/nl/verstrekkingen".to_owned(), 4160)];
    Charts {
        days: DayChart::new(lang, legend, vec![day([4, 1]), day([0, 0])]),
        bars: vec![("Per ontvanger", Bars::new(lang, bars)), ("Leeg", Bars::new(lang, Vec::new()))],
        week: Week::new(lang, ["ma", "di", "wo", "do", "vr", "za", "zo"], &[[1; 24]; 7]),
        busiest: evil(),
    }
}

fn found(lang: Lang, rows: Vec<Row>, next: Option<&str>) -> Found {
    Found::Rows(Box::new(Rows {
        shown: rows,
        first: "1".to_owned(),
        last: "4".to_owned(),
        total: "11.558".to_owned(),
        period: "1 t/m 4 november 2026".to_owned(),
        size: "42".to_owned(),
        is_whole: next.is_none(),
        is_first_use: false,
        charts: charts(lang),
        downloads: vec![("CSV", format!("/nl/verstrekkingen/uitvoer?vorm=csv&zaak={EVIL}"))],
        newest: next.map(str::to_owned),
        next: next.map(str::to_owned),
    }))
}

#[test]
fn a_search_shows_rows_by_day_with_charts_or_says_why_there_are_none() {
    for lang in Lang::ALL {
        let t = lang.texts();
        let next = Some("/nl/verstrekkingen?na=7");
        let html = check(lang, &search(lang, found(lang, rows(lang), next)));
        for part in [
            "class=\"day\"",
            "rel=\"next\"",
            "11.558",
            &lang.number(4160),
            "&#60;script",
            t.as_table,
        ] {
            assert!(html.contains(part), "{part}");
        }
        let (_, foot) = html.split_once("<footer>").unwrap();
        let printed = foot.split_once("class=\"print-only").unwrap().1;
        for part in ["zaak=%22", "%3Cscript", "1.204.318", "47DEQpj8HBSa", " 42 "] {
            assert!(printed.contains(part), "{part}: {printed}");
        }
        assert!(html.contains("1.5") || html.contains("height="), "bars have heights");
        let changed = lang.pick(Words("Niet leesbaar: gewijzigd", "Not readable: changed"));
        assert_eq!(html.matches(changed).count(), 1, "the one that cannot be opened");
        let html = check(lang, &search(lang, found(lang, rows(lang), None)));
        assert!(!html.contains("rel=\"next\"") && !html.contains("note--amber"));
        let html = check(lang, &search(lang, found(lang, Vec::new(), None)));
        let nothing = Words("Geen verstrekkingen gevonden.", "No disclosures found.");
        assert!(html.contains(lang.pick(nothing)) && !html.contains("<figure"));
        let Found::Rows(none) = found(lang, Vec::new(), None) else { panic!() };
        let first_use = Rows { is_first_use: true, ..*none };
        let html = check(lang, &search(lang, Found::Rows(Box::new(first_use))));
        assert!(
            html.contains("<code>ketenpoort demo</code>") && !html.contains(lang.pick(nothing))
        );
        let yet = Words("Er is nog niets verstrekt.", "Nothing was disclosed yet.");
        assert!(html.contains(lang.pick(yet)));
        let many = vec![("/nl/verstrekkingen?bron=1".to_owned(), evil())];
        let html = check(lang, &search(lang, Found::TooWide(many)));
        assert!(html.contains("?bron=1") && html.contains("&#60;script"));
        let wrong = check(lang, &search(lang, Found::Wrong));
        assert!(wrong.contains(lang.pick(Words("niet te lezen", "cannot be read"))));
    }
}

fn nearby(lang: Lang, is_this: bool) -> Nearby {
    Nearby {
        href: "/nl/verstrekkingen/6".to_owned(),
        moment: "14 nov 23:41".to_owned(),
        what: evil(),
        badge: badge::badge(lang, Disposition::Narrowed),
        is_this,
    }
}

/// The word of the other side, with an entry or without.
fn received(has_entry: bool) -> Receipt {
    Receipt {
        class: " is-ok",
        state: evil(),
        recipient: evil(),
        team: Some(evil()),
        entry: has_entry.then(|| TheirEntry {
            label: "Bevestigd in regel",
            index: 8,
            href: "/nl/verstrekkingen/8".to_owned(),
            moment: "14 nov 2026, 23:41".to_owned(),
            user: evil(),
            agrees: Some(false),
        }),
        remark: "Zolang de ontvanger niet bevestigt, blijft de verzender verantwoordelijk.",
    }
}

fn detail(lang: Lang, outcome: Disposition, facts: Option<Facts>, state: ProofState) -> Disclosure {
    let path = || "/nl/verstrekkingen/8?zaak=1".to_owned();
    let has_more = facts.is_some();
    Disclosure {
        frame: frame(lang, Menu::Disclosures),
        row: row(lang, outcome),
        sentence: vec![
            Piece { text: "Op ".to_owned(), strong: false },
            Piece { text: evil(), strong: true },
        ],
        facts,
        proof: Proof {
            entry: "AAAA".to_owned(),
            leaf: "00ff".to_owned(),
            text: if state == ProofState::NotYet { String::new() } else { evil() },
            key: "AAAA".to_owned(),
            origin: evil(),
            state,
            size: "9".to_owned(),
            index: "7".to_owned(),
            changed: None,
            download: "/nl/verstrekkingen/7/bewijs.txt".to_owned(),
            witnessed: None,
        },
        consents: None,
        receipt: has_more.then(|| received(state == ProofState::Holds)),
        around: Surroundings {
            case: if has_more { vec![nearby(lang, true), nearby(lang, false)] } else { Vec::new() },
            act: if has_more { vec![nearby(lang, false)] } else { Vec::new() },
            employee: Lately { disclosures: 61, emergencies: 2, refusals: 1, cases: 9 },
            usual: Some(Usual {
                role: "hulpverlener",
                count: if has_more { 7 } else { 4 },
                median: has_more.then(|| "18".to_owned()),
            }),
            review: has_more.then(|| "/nl/noodtoegang/1".to_owned()),
            newer: has_more.then(path),
            older: has_more.then(path),
            search: path(),
        },
        links: Links {
            act: "/nl/verstrekkingen?handeling=1".to_owned(),
            case: Some("/nl/verstrekkingen?zaak=1".to_owned()),
            consents: Some("/nl/toestemmingen?zaak=1".to_owned()),
            subject: Some("/nl/verstrekkingen?betrokkene=7".to_owned()),
            user: "/nl/verstrekkingen?medewerker=1".to_owned(),
        },
        acts: has_more.then(|| Acts {
            fresh: Fresh { token: "1.abc".to_owned(), request_id: "id".to_owned() },
            path: "/nl/verstrekkingen/7".to_owned(),
            parties: vec![("00000099000000002000".to_owned(), evil())],
            questions: vec![
                questions::question(lang, QuestionState::Open, true),
                questions::question(lang, QuestionState::Answered, true),
            ],
        }),
    }
}

fn facts(conditions: Vec<Tested>) -> Facts {
    Facts {
        conditions,
        verdict: evil(),
        object: Some(evil()),
        age_band: Some("18 jaar of ouder"),
        policy: evil(),
        articles: vec![evil(), evil()],
        on_behalf_of: Some(evil()),
        consents: vec![evil()],
    }
}

#[test]
fn one_disclosure_says_why_and_what_the_proof_came_to() {
    for lang in Lang::ALL {
        let condition = |met| Tested {
            met,
            text: "De grondslag is in gebruik.",
            needed: evil(),
            found: evil(),
            evidence: Some(Evidence {
                words: evil(),
                href: met.then(|| "/nl/toestemmingen?zaak=1".to_owned()),
            }),
        };
        let tested = facts(vec![condition(true), condition(false)]);
        let html =
            check(lang, &detail(lang, Disposition::Refused, Some(tested), ProofState::Holds));
        for text in [
            lang.pick(Words("Waarom mocht dit niet?", "Why was this not allowed?")),
            lang.pick(Words("voldaan", "met")),
            lang.pick(Words("niet voldaan", "not met")),
            lang.pick(Words(
                "De poort zelf vond: klopt. Nog niet in deze browser gecontroleerd.",
                "The gateway itself found: right. Not checked in this browser yet.",
            )),
            lang.pick(Words("Controleer in deze browser", "Verify in this browser")),
        ] {
            assert!(html.contains(text), "{text}");
        }
        for part in [
            "action=\"/nl/verstrekkingen/7/signaal\"",
            "action=\"/nl/verstrekkingen/7/vraag\"",
            "id=\"aan-00000099000000002000\"",
            "action=\"/nl/vragen/1/antwoord\"",
            "Waarom om drie uur?",
            "Nachtdienst",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert_eq!(html.matches("/antwoord\"").count(), 1, "what was answered is answered");
        for text in [
            lang.pick(Words("Ontvangst door de andere kant", "Receipt by the other side")),
            "Bevestigd in regel",
            lang.pick(Words("<b>nee</b>", "<b>no</b>")),
            lang.pick(Words("7 anderen met dezelfde rol", "7 others in the same role")),
        ] {
            assert!(html.contains(text), "{text}");
        }
        assert!(!html.contains(lang.pick(Words(
            "Het bewijs van deze regel klopt niet.",
            "The proof of this entry is wrong."
        ))));
        assert!(
            html.contains(lang.pick(Words("geen getuigen ingesteld", "No witnesses are set up")))
        );
        assert!(html.contains("href=\"/nl/verstrekkingen/7/bewijs.txt\" download"));
        assert!(!html.contains("data-changed"));
        let untested = facts(Vec::new());
        let html =
            check(lang, &detail(lang, Disposition::Allowed, Some(untested), ProofState::Fails));
        for text in [
            lang.pick(Words("Waarom mocht dit?", "Why was this allowed?")),
            lang.pick(Words(
                "Hierover is geen besluit genomen: er was niets te toetsen.",
                "Nothing was decided here: there was nothing to test.",
            )),
            lang.pick(Words(
                "Het bewijs van deze regel klopt niet.",
                "The proof of this entry is wrong.",
            )),
            lang.pick(Words("De poort zelf vond: klopt niet.", "The gateway itself found: wrong.")),
        ] {
            assert!(html.contains(text), "{text}");
        }
        assert!(html.contains("Zolang de ontvanger") && !html.contains("Bevestigd in regel"));
        let mut unreadable = detail(lang, Disposition::Failed, None, ProofState::Fails);
        unreadable.proof.changed = Some(evil());
        let html = check(lang, &unreadable);
        assert!(
            html.contains(lang.pick(Words("Niet leesbaar: gewijzigd", "Not readable: changed")))
        );
        assert!(html.contains("data-changed=") && !html.contains("vergeten"));
        let html = check(lang, &detail(lang, Disposition::Emergency, None, ProofState::NotYet));
        assert!(!html.contains("<form"), "for another purpose nothing is done");
        assert!(!html.contains("h-receipt"), "there is no other side");
        let few = Words("Te weinig anderen met dezelfde rol", "Too few others in the same role");
        assert!(html.contains(lang.pick(few)) && html.contains(" 4 ("));
        assert!(html.contains(lang.pick(Words("Deze persoon is vergeten: wat hier stond, is niet meer te lezen. Het bewijs blijft.", "This person was forgotten: what stood here cannot be read any more. The proof remains."))) && html.contains(lang.pick(Words("Nog niet in een controlepunt opgenomen. Laad de pagina straks opnieuw.", "Not under a checkpoint yet. Reload the page later."))));
        assert!(
            !html
                .contains(lang.pick(Words("Controleer in deze browser", "Verify in this browser"))),
            "there is nothing to check yet"
        );
    }
}

#[test]
fn every_class_and_id_that_the_script_looks_for_is_in_the_page() {
    let mut page = detail(Lang::Nl, Disposition::Allowed, None, ProofState::Holds);
    let (keys, by) = (evil(), vec![evil()]);
    page.proof.witnessed = Some(Witnessed { keys, needed: 2, known: 3, by });
    let page = check(Lang::Nl, &page);
    assert!(
        page.contains("1 van de 3 (2 nodig)") && page.contains("nog niet door genoeg getuigen")
    );
    let script = &assets::SCRIPT.content;
    for id in ["proof", "verify", "verify-state"] {
        assert!(script.contains(&format!("(\"#{id}\")")), "{id}");
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    for (step, named) in [
        ("leaf", "leaf: ["),
        ("path", "path: ["),
        ("log", "log: ["),
        ("witnesses", "steps.witnesses"),
    ] {
        assert!(script.contains(named) && page.contains(&format!("id=\"step-{step}\"")), "{step}");
    }
    for (data, attribute) in [
        ("words.ok", "data-ok="),
        ("words.bad", "data-bad="),
        ("words.wait", "data-wait="),
        ("unable }", "data-unable="),
    ] {
        assert!(script.contains(data) && page.contains(attribute), "{data}");
    }
}
