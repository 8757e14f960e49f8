//! What a page says in the place of what was asked for, in both languages: each has words of its own.

use std::collections::BTreeSet;

use super::*;
use crate::console::forms::Refused;

#[test]
fn every_way_in_which_there_is_nothing_to_see_has_words_of_its_own() {
    for lang in Lang::ALL {
        let t = lang.texts();
        let states = [
            (t.no_certificate, t.no_certificate_text),
            (t.system_certificate, t.system_certificate_text),
            (t.not_an_officer, t.not_an_officer_text),
            (t.form_refused, t.form_refused_text),
            (t.no_page, t.no_page_text),
            (t.hidden, t.hidden_text),
            (t.not_writable, t.not_writable_text),
            (t.busy, t.busy_text),
            (t.wrong, t.wrong_text),
            (t.failed, t.failed_text),
            (t.link_used, t.link_used_text),
            (t.left, t.left_text),
        ];
        let mut seen = BTreeSet::new();
        for (title, text) in states {
            let html = check(lang, &Message { frame: frame(lang, Menu::Nowhere), title, text });
            let title = title.replace('\'', "&#39;");
            assert!(html.contains(&format!("<h1>{title}</h1>")), "{title}");
            assert!(seen.insert(text), "said twice: {text}");
        }
    }
}

#[test]
fn a_form_that_was_refused_names_each_field_with_its_rule() {
    for lang in Lang::ALL {
        let reasons = vec![("nature".to_owned(), evil()), (String::new(), evil())];
        let html = check(lang, &Refused { frame: frame(lang, Menu::Nowhere), reasons });
        assert!(html.contains("nature") && html.contains("&#60;script"));
    }
}
