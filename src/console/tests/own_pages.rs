//! The pages of the officer: settings and the own log, in every state.

use super::*;
use crate::console::forms::Fresh;
use crate::console::pages::own_log::{Look, OwnLog, Period};
use crate::console::pages::settings::Chosen;
use crate::console::settings::DAYS;

#[test]
fn settings_show_what_was_chosen_and_every_page_carries_it() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let chosen = |settings, is_kept| {
            let frame = Frame { settings, ..frame(lang, Menu::Settings) };
            let fresh = Fresh { token: evil(), request_id: evil() };
            check(lang, &Chosen { frame, fresh, days: DAYS, is_kept })
        };
        let html = chosen(Settings::default(), false);
        assert!(html.contains("<body data-shortcuts=\"aan\" data-density=\"ruim\">"));
        assert!(html.contains("value=\"30\" checked") && html.contains("value=\"aan\" checked"));
        assert!(!html.contains(say("Bewaard.", "Kept.")));
        let other = Settings { shortcuts: false, is_compact: true, days: 7 };
        let html = chosen(other, true);
        assert!(html.contains("<body data-shortcuts=\"uit\" data-density=\"compact\">"));
        assert!(html.contains("value=\"7\" checked") && html.contains("value=\"uit\" checked"));
        assert!(html.contains(say("Bewaard.", "Kept.")));
        assert_eq!(html.matches(" checked").count(), 3);
    }
}

#[test]
fn the_own_log_shows_looks_by_day_with_their_purpose() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let page = |looks, next: Option<&str>| {
            let period = Period { van: evil(), tot: evil(), ..Period::default() };
            let frame = frame(lang, Menu::OwnLog);
            check(lang, &OwnLog { frame, period, looks, next: next.map(str::to_owned) })
        };
        let look = |purpose: Option<&'static str>| Look {
            day: purpose.map(|_| "zaterdag 14 november 2026".to_owned()),
            time: evil(),
            machine: "2026-11-14T22:41:07Z".to_owned(),
            index: 7,
            event: "Logboek geraadpleegd",
            what: evil(),
            purpose,
            occasion: purpose,
        };
        let html = page(Some(vec![look(Some("Toezicht")), look(None)]), Some("/nl/mijn-logboek"));
        assert!(html.contains("Toezicht") && html.contains("class=\"day\""));
        assert!(html.contains("rel=\"next\"") && html.contains("&#60;script"));
        let html = page(Some(Vec::new()), None);
        assert!(html.contains(say("hebt u niets bekeken", "You looked at nothing")));
        assert!(!html.contains("rel=\"next\""));
        assert!(page(None, None).contains(say("De periode is niet te lezen", "cannot be read")));
    }
}
