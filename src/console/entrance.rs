//! A way in without a certificate, for the demo: a link that works once and puts whoever opens it in
//! the place of an invented officer, and a page to take the place of another one, so that one person
//! can try what takes two.
//!
//! Invariants:
//! - There is none for an organisation that exists: every officer's number is a test number.
//! - It opens for connections from this machine only, and what it gives is a signed cookie. Without an
//!   entrance, its pages do not exist and its cookie says nothing.
//! - Only the hash of the link's secret is kept here, and nothing of it is logged.
//! - An officer's certificate counts as if it had been shown: who loses it, loses the place.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use askama::Template;
use aws_lc_rs::{constant_time, digest, rand};
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::app::{App, see_other};
use super::door::Ask;
use super::lang::Lang;
use super::menu::Menu;
use super::page::{self, Frame, Message, not_ours, page};
use crate::tls::PeerIdentity;

/// Bytes of the link's secret: nobody guesses it while the demo runs.
const SECRET_BYTES: usize = 16;

/// A way in without a certificate. Clones are the same.
#[derive(Clone)]
pub struct Entrance(Arc<Inner>);

struct Inner {
    secret_hash: digest::Digest,
    used: AtomicBool,
    officers: Vec<Arc<PeerIdentity>>,
}

/// Why there is no entrance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntranceError {
    /// It leads to nobody.
    #[error("an entrance without officers")]
    Nobody,
    /// An officer's organisation has no test number.
    #[error("an entrance is for invented organisations only")]
    NotInvented,
    /// The random source of the system failed.
    #[error("no random numbers for an entrance")]
    NoRandomness,
}

impl Entrance {
    /// An entrance to the places of these officers, and the secret that opens it. The first is the
    /// one whom the link stands for.
    pub fn new(officers: Vec<PeerIdentity>) -> Result<(Self, String), EntranceError> {
        if officers.is_empty() {
            return Err(EntranceError::Nobody);
        }
        if !officers.iter().all(|officer| officer.oin().is_test()) {
            return Err(EntranceError::NotInvented);
        }
        let mut secret = [0; SECRET_BYTES];
        rand::fill(&mut secret).or(Err(EntranceError::NoRandomness))?;
        let secret = hex::encode(secret);
        let officers = officers.into_iter().map(Arc::new).collect();
        let used = AtomicBool::new(false);
        Ok((Self(Arc::new(Inner { secret_hash: hash(&secret), used, officers })), secret))
    }

    /// An officer, by number.
    pub(super) fn officer(&self, number: usize) -> Option<&Arc<PeerIdentity>> {
        self.0.officers.get(number)
    }

    fn opens(&self, secret: &str) -> bool {
        let (given, kept) = (hash(secret), &self.0.secret_hash);
        constant_time::verify_slices_are_equal(given.as_ref(), kept.as_ref()).is_ok()
    }

    /// Whether this is the first time.
    fn is_first_use(&self) -> bool {
        !self.0.used.swap(true, Ordering::AcqRel)
    }
}

impl fmt::Debug for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entrance").field("used", &self.0.used).finish_non_exhaustive()
    }
}

fn hash(secret: &str) -> digest::Digest {
    digest::digest(&digest::SHA256, secret.as_bytes())
}

/// The pages of an entrance.
pub(super) fn add_to(router: Router<App>) -> Router<App> {
    let mut router = router.route("/demo/{secret}", get(come_in));
    for lang in Lang::ALL.map(Lang::tag) {
        router = router.route(&format!("/{lang}/demo"), get(choose).post(take));
    }
    router
}

/// Somebody opens the link.
async fn come_in(ask: Ask, Path(secret): Path<String>) -> Response {
    let Some(entrance) = ask.app.entrance() else { return page::not_found(ask).await };
    if !ask.is_from_here() || !entrance.opens(&secret) {
        return page::not_found(ask).await;
    }
    // Who is in already only comes back.
    if ask.admit().is_ok() {
        return see_other("/nl/");
    }
    if !entrance.is_first_use() {
        return used(&ask);
    }
    in_place_of(&ask, entrance, 0)
}

fn used(ask: &Ask) -> Response {
    let t = ask.lang.texts();
    let frame = ask.frame(Menu::Nowhere, None);
    page(StatusCode::GONE, &Message { frame, title: t.link_used, text: t.link_used_text })
}

/// An officer whose place can be taken.
pub(super) struct Choice {
    pub(super) number: usize,
    pub(super) user: String,
    pub(super) organisation: String,
    /// Whether it is the present one.
    pub(super) present: bool,
}

/// Whose place?
#[derive(Template)]
#[template(path = "officer.html", config = "src/console/askama.toml")]
pub(super) struct ChooseOfficer {
    pub(super) frame: Frame,
    pub(super) officers: Vec<Choice>,
    pub(super) token: String,
}

/// The page with the officers.
async fn choose(ask: Ask) -> Response {
    let officer = match ask.admit() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Some(entrance) = ask.app.entrance() else { return page::not_found(ask).await };
    let choices = entrance.0.officers.iter().enumerate().map(|(number, one)| Choice {
        number,
        user: one.person().map_or_else(String::new, |person| person.user_id.to_string()),
        organisation: one.organisation_name().to_owned(),
        present: officer.is(one),
    });
    let template = ChooseOfficer {
        officers: choices.collect(),
        token: officer.token(&ask.app),
        frame: ask.frame(Menu::Nowhere, Some(&officer)),
    };
    page(StatusCode::OK, &template)
}

/// A place, as the form has it.
#[derive(Debug, Deserialize)]
struct PlaceForm {
    functionaris: usize,
    token: String,
}

/// Somebody who is in takes another place.
async fn take(ask: Ask, form: Result<Form<PlaceForm>, FormRejection>) -> Response {
    let officer = match ask.admit() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Some(entrance) = ask.app.entrance() else { return page::not_found(ask).await };
    let Ok(Form(form)) = form else { return not_ours(&ask, &officer) };
    if !officer.may_switch() || !ask.is_same_origin() || !officer.sent(&ask.app, &form.token) {
        return not_ours(&ask, &officer);
    }
    in_place_of(&ask, entrance, form.functionaris)
}

/// To the overview, in the place of an officer.
fn in_place_of(ask: &Ask, entrance: &Entrance, number: usize) -> Response {
    let mut response = see_other(&format!("/{}/", ask.lang.tag()));
    let officer = entrance.officer(number);
    let cookie =
        officer.map(|officer| ask.app.sessions().place_cookie(number, officer.fingerprint()));
    if let Some(Ok(cookie)) = cookie.map(|cookie| HeaderValue::from_str(&cookie)) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
