//! Logging in: before it, when it failed, and after it.

use super::*;
use crate::console::login::{LoggedIn, Login};
use crate::console::second_factor::NoLogin;

fn stranger(lang: Lang) -> Frame {
    Frame { who: None, stated: None, ..frame(lang, Menu::Nowhere) }
}

#[test]
fn the_page_before_the_login_leads_to_it_and_shows_nothing_else() {
    for lang in Lang::ALL {
        let begin = format!("/{}/inloggen?verder=%2Fnl%2F", lang.tag());
        let html = check(lang, &Login { frame: stranger(lang), failed: None, begin });
        assert!(html.contains("/inloggen?verder=%2Fnl%2F\""));
        assert!(!html.contains("role=\"alert\"") && !html.contains(lang.texts().disclosures));
        assert!(!html.contains("/uitloggen") && !html.contains("session-end"));
    }
}

#[test]
fn every_way_in_which_a_login_fails_has_words_of_its_own() {
    use NoLogin::{AnotherPerson, Method, NotBelieved, Refused, Unreachable};
    for lang in Lang::ALL {
        let mut seen = std::collections::BTreeSet::new();
        for why in [Unreachable, Refused, NotBelieved, Method, AnotherPerson] {
            let failed = Some(why.words(lang));
            let begin = "/nl/inloggen".to_owned();
            let html = check(lang, &Login { frame: stranger(lang), failed, begin });
            assert!(html.contains("role=\"alert\""));
            assert!(seen.insert(why.words(lang)), "{why:?}");
        }
    }
}

#[test]
fn the_page_after_the_login_goes_on_by_itself_and_by_a_link() {
    for lang in Lang::ALL {
        let next = format!("/{}/verstrekkingen?zaak={EVIL}", lang.tag());
        let html = check(lang, &LoggedIn { frame: stranger(lang), next });
        assert!(html.contains("<meta http-equiv=\"refresh\" content=\"0;url=/"));
        assert!(html.contains("btn--primary\" href=\"/"));
    }
}

#[test]
fn every_page_of_a_session_can_end_it_and_says_when_it_ends() {
    for lang in Lang::ALL {
        let ends = Some((28_800, format!("/{}/doel", lang.tag())));
        let t = lang.texts();
        let frame = Frame { leave: Some(evil()), ends, ..frame(lang, Menu::Nowhere) };
        let html = check(lang, &Message { frame, title: t.no_page, text: t.no_page_text });
        assert!(html.contains("data-left=\"28800\"") && html.contains("id=\"session-end\""));
        assert!(html.contains(&format!("action=\"/{}/uitloggen\"", lang.tag())));
    }
}
