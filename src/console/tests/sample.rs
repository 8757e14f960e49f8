//! The sample of disclosures: before and after it is drawn.

use super::{CHANGED, check, evil, frame, rows, written};
use crate::console::forms::Fresh;
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::pages::sample::{JudgementShown, Page, Shown};
use crate::gateway::written::Written;

#[test]
fn a_sample_says_how_it_was_drawn() {
    for lang in Lang::ALL {
        let page = |drawn| Page {
            frame: frame(lang, Menu::Overview),
            fresh: Fresh { token: "1.abc".to_owned(), request_id: "id".to_owned() },
            first: evil(),
            last: evil(),
            count: 20,
            most: 50,
            drawn,
        };
        let html = check(lang, &page(None));
        let how = lang.pick(Words("Hoe is dit getrokken?", "How was this drawn?"));
        assert!(html.contains("name=\"n\"") && html.contains("max=\"50\"") && !html.contains(how));
        let shown = |is_of_all| Shown {
            seed: evil(),
            size: evil(),
            is_of_all,
            of: "1.204".to_owned(),
            rows: Vec::new(),
            address: ["zaad", "merk", "stand", "van", "tot", "n"].map(|name| (name, evil())),
            choices: vec![(7, evil())],
            verdicts: vec![(1, "In orde"), (3, "Niet in orde")],
            judged: 0,
            judgements: Vec::new(),
        };
        let yours =
            lang.pick(Words("uw organisatie in de periode", "your organisation in the period"));
        // The office of the region draws from what went between all of them.
        assert!(!check(lang, &page(Some(shown(true)))).contains(yours));
        let html = check(lang, &page(Some(shown(false))));
        assert!(html.contains(yours));
        let nothing =
            lang.pick(Words("In deze periode is niets verstrekt", "Nothing was disclosed"));
        assert!(html.contains(how) && html.contains(nothing) && html.contains("1.204"));
        assert!(!html.contains("h-judge"), "there is nothing to judge");
        let judgement = |grounds| JudgementShown {
            index: 7,
            word: "Navraag nodig",
            user: evil(),
            at: evil(),
            href: "/nl/verstrekkingen/9".to_owned(),
            grounds,
        };
        let full = |judgements| Shown { rows: rows(lang), judged: 1, judgements, ..shown(false) };
        let html = check(lang, &page(Some(full(Vec::new()))));
        assert!(html.contains("name=\"merk\" value=\"&#34;") && html.contains("value=\"7\""));
        assert_eq!(html.matches("type=\"radio\"").count(), 2);
        assert!(html.contains(lang.pick(Words("Beoordeeld: 1 van 5", "Judged: 1 of 5"))));
        let forgotten = lang.pick(Words("de persoon is vergeten", "the person was forgotten"));
        assert!(!html.contains("class=\"steps") && !html.contains(forgotten));
        let judgements = [written(&evil()), Written::Forgotten, Written::Changed].map(judgement);
        let html = check(lang, &page(Some(full(judgements.into()))));
        assert_eq!(html.matches("<b>Navraag nodig</b>").count(), 3);
        assert_eq!(html.matches(lang.pick(CHANGED)).count(), 1);
        assert!(html.contains("href=\"/nl/verstrekkingen/9\"") && html.contains(forgotten));
    }
}
