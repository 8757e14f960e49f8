//! The page about consents in every state.

use super::*;
use crate::console::pages::consents::{Consents, Event, Found as Asked, History, Standing};
use crate::console::timeline::{Kind, Moment, Stretch, Timeline};
use crate::domain::time::Timestamp;

fn at(day: u8) -> Timestamp {
    format!("2026-11-{day:02}T12:00:00Z").parse().unwrap()
}

fn page(lang: Lang, found: Asked) -> String {
    let template =
        Consents { frame: frame(lang, Menu::Consents), case_ref: evil(), day: evil(), found };
    check(lang, &template)
}

fn timeline(lang: Lang) -> Timeline {
    let stretch = |kind, from, until| Stretch { kind, from: at(from), until };
    let lanes = [
        (evil(), vec![stretch(Kind::Given, 2, Some(at(9))), stretch(Kind::Withdrawn, 9, None)]),
        (evil(), vec![stretch(Kind::Refused, 4, None)]),
        (evil(), vec![stretch(Kind::Expired, 4, None)]),
    ];
    let mark = Moment { at: at(12), words: evil() };
    Timeline::new(lang, ("toestemming", evil()), (at(1), at(20)), &lanes, &[mark])
}

fn event(by: Option<String>) -> Event {
    Event {
        at: evil(),
        machine: "2026-11-14T22:41:07Z".to_owned(),
        person: "A".to_owned(),
        what: "Toestemming gegeven",
        about: evil(),
        by,
        how: evil(),
        recorded_by: evil(),
        information: evil(),
    }
}

fn standing(uses: Vec<(String, i64)>) -> Standing {
    Standing {
        person: "A".to_owned(),
        purpose: "Hulp afstemmen",
        flow: (evil(), evil()),
        tags: vec![Tag { word: "Identiteit", sensitive: true }],
        state: "ingetrokken",
        class: "b-deny",
        until: evil(),
        uses,
        search: "/nl/verstrekkingen?zaak=1".to_owned(),
    }
}

#[test]
fn a_case_is_asked_for_and_what_cannot_be_read_is_told() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        assert!(
            page(lang, Asked::Nothing).contains(say("Vul het nummer in", "Fill in the number"))
        );
        assert!(page(lang, Asked::Wrong).contains(say("niet te lezen", "cannot be read")));
        let empty = History {
            people: Vec::new(),
            moment: evil(),
            timeline: None,
            states: Vec::new(),
            events: Vec::new(),
            is_cut: false,
        };
        let html = page(lang, Asked::History(Box::new(empty)));
        assert!(html.contains(say("nog niemand om toestemming gevraagd", "Nobody was asked")));
    }
}

#[test]
fn a_history_shows_bars_states_and_words() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let full = History {
            people: vec![("A".to_owned(), "0011aabb".to_owned())],
            moment: evil(),
            timeline: Some(timeline(lang)),
            states: vec![standing(vec![(evil(), 12)]), standing(Vec::new())],
            events: vec![event(Some(evil())), event(None)],
            is_cut: true,
        };
        let html = page(lang, Asked::History(Box::new(full)));
        assert!(
            html.contains("<svg") && html.contains("class=\"bar\"") && html.contains("bar--no")
        );
        assert!(html.contains("class=\"now\""), "the moment is drawn");
        assert!(html.contains(say("Toon als tabel", "Show as table")));
        assert!(html.contains(&format!("/{}/verstrekkingen/12", lang.tag())));
        assert!(html.contains(say("Deze persoon is vergeten", "This person was forgotten")));
        assert!(html.contains(say("u ziet niet alles", "you do not see all")));
        assert!(html.contains("0011aabb") && html.contains("&#60;script"));
    }
}
