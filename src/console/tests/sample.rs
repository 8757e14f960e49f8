//! The sample of disclosures: before and after it is drawn.

use super::{check, evil, frame};
use crate::console::forms::Fresh;
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::pages::sample::{Page, Shown};

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
    }
}
