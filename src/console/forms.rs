//! Forms that change something. A form is believed when the browser says that it came from a page of
//! ours, when it carries a token that was made for this officer, and when a purpose was stated. It
//! carries the id of its request as well, so that sending it twice does it once.

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::app::see_other;
use super::door::{Ask, Officer};
use super::menu::Menu;
use super::page::{self, Frame, page};
use super::words;
use crate::domain::id::RequestId;
use crate::gateway::{Error, Request};

/// What a page puts into a form of its own.
pub(super) struct Fresh {
    pub(super) token: String,
    pub(super) request_id: String,
}

/// A form that was believed.
pub(super) struct Sent<T> {
    pub(super) officer: Officer,
    pub(super) form: T,
    request_id: RequestId,
    body: Vec<u8>,
}

/// What every form carries.
#[derive(Deserialize)]
struct Carried {
    token: String,
    #[serde(rename = "verzoek")]
    request_id: RequestId,
}

/// What stood in the way of a form.
#[derive(askama::Template)]
#[template(path = "refused.html", config = "src/console/askama.toml")]
pub(super) struct Refused {
    pub(super) frame: Frame,
    /// Field and rule, in words.
    pub(super) reasons: Vec<(String, String)>,
}

impl Ask {
    /// Reads a form, when it is ours.
    pub(super) fn sent<T: DeserializeOwned>(&self, body: &Bytes) -> Result<Sent<T>, Box<Response>> {
        let officer = self.enter()?;
        let not_ours = || Box::new(page::not_ours(self, &officer));
        let Ok(carried) = serde_urlencoded::from_bytes::<Carried>(body) else {
            return Err(not_ours());
        };
        if !self.is_same_origin() || !officer.sent(&self.app, &carried.token) {
            return Err(not_ours());
        }
        let Ok(form) = serde_urlencoded::from_bytes(body) else { return Err(not_ours()) };
        let body = asked(self.path(), body);
        Ok(Sent { officer, form, request_id: carried.request_id, body })
    }

    /// What a form of this officer must carry.
    pub(super) fn fresh(&self, officer: &Officer) -> Fresh {
        let request_id = self.app.gateway().new_request_id();
        Fresh {
            token: officer.token(&self.app),
            request_id: request_id.map_or_else(|_| String::new(), |id| id.to_string()),
        }
    }

    /// To a page of this console, after something was done.
    pub(super) fn go(&self, path: &str) -> Response {
        see_other(&format!("/{}/{path}", self.lang.tag()))
    }
}

impl<T> Sent<T> {
    /// The request, for a use case. `method` names what is done, as the API calls it.
    pub(super) fn request(&self, method: &'static str) -> Request {
        Request::new(self.request_id, method, self.body.clone())
    }
}

/// The page for an act that was not done: what was wrong with the form, or what stood in the way.
pub(super) fn refused(ask: &Ask, officer: &Officer, error: &Error) -> Response {
    let said = |code: &str, description: &str| words::rule(ask.lang, code, description);
    let reasons = if let Error::Invalid(violations) = error {
        let wrong = violations.iter();
        wrong.map(|one| (one.field.clone(), said(one.rule, &one.description))).collect()
    } else if let Error::Precondition(unmet) = error {
        unmet.iter().map(|one| (String::new(), said(one.code, &one.description))).collect()
    } else {
        return page::failed(ask, officer, error);
    };
    let frame = ask.frame(Menu::Nowhere, Some(officer));
    page(StatusCode::BAD_REQUEST, &Refused { frame, reasons })
}

/// What is asked: of what, which the path says, and with which fields. All forms of a page carry the
/// same id, so without the path one could be answered for another. The token changes with the minute;
/// what is asked does not.
fn asked(path: &str, body: &[u8]) -> Vec<u8> {
    [path.as_bytes(), b"\n", &without_token(body)].concat()
}

fn without_token(body: &[u8]) -> Vec<u8> {
    let fields = body.split(|byte| *byte == b'&').filter(|field| !field.starts_with(b"token="));
    fields.collect::<Vec<_>>().join(&b'&')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_no_part_of_what_is_asked() {
        assert_eq!(without_token(b"a=1&token=2.x&b=3"), b"a=1&b=3");
        assert_eq!(without_token(b"token=2.x"), b"");
    }

    #[test]
    fn what_is_asked_of_one_thing_is_not_what_is_asked_of_another() {
        let body = b"token=2.x&verzoek=1";
        assert_eq!(asked("/nl/a/verwijderen", body), b"/nl/a/verwijderen\nverzoek=1");
        assert_ne!(asked("/nl/a/verwijderen", body), asked("/nl/b/verwijderen", body));
    }
}
