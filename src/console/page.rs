//! The frame around every page, and the pages that say why there is nothing else to see.

use askama::Template;
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::header::{CONTENT_TYPE, HeaderValue, SET_COOKIE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::app::see_other;
use super::assets::Files;
use super::door::{Ask, Closed, Officer};
use super::lang::{Lang, Words};
use super::menu::{Menu, SECTIONS, Section};
use super::moments;
use super::session::Stated;
use super::settings::Settings;
use super::texts::Texts;
use crate::domain::purpose::Purpose;
use crate::gateway::Error;
use crate::gateway::integrity::{CHANGED_MAX, LedgerState};

/// What stands around every page.
pub(super) struct Frame {
    pub(super) lang: Lang,
    pub(super) files: Files,
    pub(super) t: &'static Texts,
    /// The same page in the other language.
    pub(super) other: String,
    /// The page itself, as it was asked for: the foot of a print says so.
    pub(super) address: String,
    /// What was signed of the ledger: size and root, for the foot of a print.
    pub(super) signed: Option<(String, String)>,
    pub(super) menu: Menu,
    pub(super) who: Option<Who>,
    pub(super) stated: Option<&'static str>,
    pub(super) invented: bool,
    pub(super) settings: Settings,
    pub(super) banner: Banner,
    /// Whether another officer's place can be taken, in a demo.
    pub(super) may_switch: bool,
    /// What the form to log out carries; none where nobody has logged in.
    pub(super) leave: Option<String>,
    /// Seconds until the session ends, and where it is made longer.
    pub(super) ends: Option<(u64, String)>,
}

/// What every page says about the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Banner {
    /// There is nothing to say.
    Quiet,
    /// Entries wait too long for a signature: how many, and since when.
    Stale { waiting: String, signed_at: String },
    /// Something was signed that this ledger does not hold.
    Disputed,
    /// A witness holds another ledger.
    Contradicted,
    /// Entries are known to have been changed or taken out: how many.
    Changed(String),
}

/// How many entries are known to have been changed; it is not counted on and on.
pub(super) fn changed(lang: Lang, entries: u64) -> String {
    let more = if entries < CHANGED_MAX { "" } else { "+" };
    format!("{}{more}", lang.number(entries))
}

impl Banner {
    pub(super) fn of(lang: Lang, state: LedgerState) -> Self {
        match state {
            LedgerState::Signed => Self::Quiet,
            LedgerState::Disputed => Self::Disputed,
            LedgerState::Contradicted => Self::Contradicted,
            LedgerState::Changed { entries } => Self::Changed(changed(lang, entries)),
            LedgerState::Stale { waiting, signed_at } => Self::Stale {
                waiting: lang.number(waiting),
                signed_at: moments::moment(lang, signed_at),
            },
        }
    }
}

/// Who is looking, as the page shows it.
#[derive(Clone)]
pub(super) struct Who {
    pub(super) user: String,
    pub(super) organisation: String,
}

impl Frame {
    /// A text of this page, in the language of the page.
    pub(super) const fn say(&self, nl: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(Words(nl, en))
    }

    /// Words that come from elsewhere, in the language of the page.
    pub(super) const fn word(&self, words: &Words) -> &'static str {
        self.lang.pick(*words)
    }

    /// The menu.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    pub(super) fn sections(&self) -> &'static [Section] {
        &SECTIONS
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates pass what they have by reference"
    )]
    pub(super) fn is_at(&self, item: &Menu) -> bool {
        self.menu == *item
    }

    /// A path of this console, in the language of the page.
    pub(super) fn to(&self, path: &str) -> String {
        format!("/{}/{path}", self.lang.tag())
    }

    /// How many entries wait too long for a signature, and since when.
    pub(super) const fn stale(&self) -> Option<(&String, &String)> {
        match &self.banner {
            Banner::Stale { waiting, signed_at } => Some((waiting, signed_at)),
            Banner::Quiet | Banner::Disputed | Banner::Contradicted | Banner::Changed(_) => None,
        }
    }

    pub(super) fn is_disputed(&self) -> bool {
        self.banner == Banner::Disputed
    }

    pub(super) fn is_contradicted(&self) -> bool {
        self.banner == Banner::Contradicted
    }

    /// How many entries are known to have been changed or taken out.
    pub(super) const fn changed(&self) -> Option<&String> {
        match &self.banner {
            Banner::Changed(entries) => Some(entries),
            Banner::Quiet | Banner::Stale { .. } | Banner::Disputed | Banner::Contradicted => None,
        }
    }

    pub(super) fn is_dutch(&self) -> bool {
        self.lang == Lang::Nl
    }
}

/// One thing to say.
#[derive(Template)]
#[template(path = "message.html", config = "src/console/askama.toml")]
pub(super) struct Message {
    pub(super) frame: Frame,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
}

/// Why do you look?
#[derive(Template)]
#[template(path = "purpose.html", config = "src/console/askama.toml")]
pub(super) struct AskPurpose {
    pub(super) frame: Frame,
    pub(super) choices: Vec<(&'static str, &'static str)>,
    pub(super) token: String,
    pub(super) next: String,
    /// The stated purpose does not go with the page that was asked for.
    pub(super) is_other: bool,
}

/// Writes a page out.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            (status, [(CONTENT_TYPE, html)], text).into_response()
        }
        Err(error) => {
            tracing::error!(event = "console.page_failed", %error);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The page for who is not let in.
pub(super) fn closed(ask: &Ask, closed: Closed) -> Response {
    let t = ask.lang.texts();
    let (title, text) = match closed {
        Closed::NoCertificate => (t.no_certificate, t.no_certificate_text),
        Closed::System => (t.system_certificate, t.system_certificate_text),
        Closed::NotAnOfficer => (t.not_an_officer, t.not_an_officer_text),
    };
    page(closed.status(), &Message { frame: ask.frame(Menu::Nowhere, None), title, text })
}

/// The page for who has logged out.
pub(super) fn left(ask: &Ask) -> Response {
    let t = ask.lang.texts();
    let frame = ask.frame(Menu::Nowhere, None);
    page(StatusCode::OK, &Message { frame, title: t.left, text: t.left_text })
}

/// The page that asks for the purpose, in the place of what was asked for.
pub(super) fn ask_purpose(ask: &Ask, officer: &Officer) -> Response {
    purpose_form(ask, officer, &Stated::ALL, false)
}

/// The same, where the stated purpose does not go with what was asked for.
pub(super) fn ask_other_purpose(ask: &Ask, officer: &Officer) -> Response {
    let reviewing = Stated::ALL.into_iter().filter(|one| one.purpose() == Purpose::PrivacyReview);
    purpose_form(ask, officer, &reviewing.collect::<Vec<_>>(), true)
}

fn purpose_form(ask: &Ask, officer: &Officer, offered: &[Stated], is_other: bool) -> Response {
    let choices = offered.iter().map(|one| (one.as_str(), ask.lang.pick(one.words()))).collect();
    let path = ask.path_and_query();
    let is_page = ask.method() == Method::GET && !path.ends_with("/doel");
    let next = ask.lang.of_page(if is_page { path } else { "" });
    let template = AskPurpose {
        frame: ask.frame(Menu::Nowhere, Some(officer)),
        choices,
        token: officer.token(&ask.app),
        next,
        is_other,
    };
    page(StatusCode::OK, &template)
}

/// The form on its own: a session that ends is made longer with it, in a window beside.
pub(super) async fn offer_purpose(ask: Ask) -> Response {
    match ask.admit() {
        Ok(officer) => ask_purpose(&ask, &officer),
        Err(page) => *page,
    }
}

/// A purpose, as the form has it.
#[derive(Debug, Deserialize)]
pub(super) struct PurposeForm {
    doel: String,
    token: String,
    verder: String,
}

pub(super) async fn state_purpose(
    ask: Ask,
    form: Result<Form<PurposeForm>, FormRejection>,
) -> Response {
    let officer = match ask.admit() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Ok(Form(form)) = form else { return not_ours(&ask, &officer) };
    if !ask.is_same_origin() || !officer.sent(&ask.app, &form.token) {
        return not_ours(&ask, &officer);
    }
    let Some(stated) = Stated::read(&form.doel) else { return ask_purpose(&ask, &officer) };
    let mut response = see_other(&Lang::of_path(&form.verder).of_page(&form.verder));
    if let Ok(cookie) = HeaderValue::from_str(&officer.cookie(&ask.app, stated)) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// A form that did not come from a page of ours, or long ago.
pub(super) fn not_ours(ask: &Ask, officer: &Officer) -> Response {
    let t = ask.lang.texts();
    let frame = ask.frame(Menu::Nowhere, Some(officer));
    page(
        StatusCode::FORBIDDEN,
        &Message { frame, title: t.form_refused, text: t.form_refused_text },
    )
}

pub(super) async fn not_found(ask: Ask) -> Response {
    let t = ask.lang.texts();
    let frame = ask.frame(Menu::Nowhere, None);
    page(StatusCode::NOT_FOUND, &Message { frame, title: t.no_page, text: t.no_page_text })
}

/// The page for a use case that did not give what was asked for. It says no more than its kind.
pub(super) fn failed(ask: &Ask, officer: &Officer, error: &Error) -> Response {
    let t = ask.lang.texts();
    let (status, title, text) = match error {
        Error::Denied { .. } | Error::NotInRegion => {
            (StatusCode::NOT_FOUND, t.hidden, t.hidden_text)
        }
        Error::LedgerUnavailable(_) | Error::OutcomeUnknown => {
            (StatusCode::SERVICE_UNAVAILABLE, t.not_writable, t.not_writable_text)
        }
        Error::Busy => (StatusCode::SERVICE_UNAVAILABLE, t.busy, t.busy_text),
        Error::Invalid(_)
        | Error::Reused(_)
        | Error::Precondition(_)
        | Error::RevisionMismatch
        | Error::PageToken => (StatusCode::BAD_REQUEST, t.wrong, t.wrong_text),
        Error::Internal(cause) => {
            tracing::error!(event = "console.failed", %cause);
            (StatusCode::INTERNAL_SERVER_ERROR, t.failed, t.failed_text)
        }
    };
    page(status, &Message { frame: ask.frame(Menu::Nowhere, Some(officer)), title, text })
}
