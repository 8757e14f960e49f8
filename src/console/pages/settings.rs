//! What the officer chose to see. The browser keeps it; the gateway does not.

use askama::Template;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::response::Response;
use serde::Deserialize;

use crate::console::door::Ask;
use crate::console::forms::Fresh;
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::settings::{DAYS, Settings};

/// The page.
#[derive(Template)]
#[template(path = "settings.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Chosen {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) days: [u16; 3],
    /// Whether the choice was just kept.
    pub(in crate::console) is_kept: bool,
}

#[derive(Debug, Deserialize)]
struct Choice {
    toetsen: String,
    dichtheid: String,
    dagen: String,
}

pub(in crate::console) async fn settings(ask: Ask) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let template = Chosen {
        frame: ask.frame(Menu::Settings, Some(&officer)),
        fresh: ask.fresh(&officer),
        days: DAYS,
        is_kept: ask.path_and_query().ends_with("?bewaard=1"),
    };
    page(StatusCode::OK, &template)
}

pub(in crate::console) async fn keep(ask: Ask, body: Bytes) -> Response {
    let sent = match ask.sent::<Choice>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let Choice { toetsen, dichtheid, dagen } = &sent.form;
    let Some(settings) = Settings::of(toetsen, dichtheid, dagen) else {
        return page::not_ours(&ask, &sent.officer);
    };
    let mut response = ask.go("instellingen?bewaard=1");
    let cookie = sent.officer.settings_cookie(&ask.app, settings);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
