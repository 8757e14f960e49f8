//! The routes, and what every page needs.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use super::door::{Ask, Live};
use super::entrance::{self, Entrance};
use super::lang::Lang;
use super::pages::{disclosure, disclosures, overview, signal, signals, suppressions};
use super::serve::Options;
use super::session::Sessions;
use super::{assets, headers, page};
use crate::gateway::Gateway;
use crate::tls::PeerIdentity;

/// A form holds a purpose, a token and a path.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// What all requests share. Clones are the same.
#[derive(Clone)]
pub(super) struct App(Arc<Shared>);

struct Shared {
    gateway: Gateway,
    sessions: Sessions,
    live: Live,
    invented: bool,
    entrance: Option<Entrance>,
}

impl App {
    pub(super) fn new(gateway: Gateway, sessions: Sessions, options: Options) -> Self {
        let Options { live, invented, entrance } = options;
        Self(Arc::new(Shared { gateway, sessions, live, invented, entrance }))
    }

    pub(super) fn gateway(&self) -> &Gateway {
        &self.0.gateway
    }

    pub(super) fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    pub(super) fn is_live(&self, peer: &PeerIdentity) -> bool {
        (self.0.live)(peer)
    }

    pub(super) fn is_invented(&self) -> bool {
        self.0.invented
    }

    /// The way in without a certificate; only a demo has one.
    pub(super) fn entrance(&self) -> Option<&Entrance> {
        self.0.entrance.as_ref()
    }
}

pub(super) fn router(app: App) -> Router {
    let mut router = Router::new()
        .route("/", get(to_the_overview))
        .route("/s/{name}", get(assets::asset))
        .fallback(page::not_found);
    if app.entrance().is_some() {
        router = entrance::add_to(router);
    }
    for lang in Lang::ALL.map(Lang::tag) {
        router = router
            .route(&format!("/{lang}"), get(to_the_overview))
            .route(&format!("/{lang}/"), get(overview::overview))
            .route(&format!("/{lang}/doel"), post(page::state_purpose))
            .route(&format!("/{lang}/verstrekkingen"), get(disclosures::disclosures))
            .route(&format!("/{lang}/verstrekkingen/{{index}}"), get(disclosure::disclosure));
        router = with_signals(router, lang);
    }
    router
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn(headers::on_everything))
        .with_state(app)
}

fn with_signals(router: Router<App>, lang: &str) -> Router<App> {
    let one = format!("/{lang}/signalen/{{signal_id}}");
    let silent = format!("/{lang}/signalen/stil");
    router
        .route(&format!("/{lang}/signalen"), get(signals::signals))
        .route(&silent, get(suppressions::suppressions))
        .route(&format!("{silent}/{{suppression_id}}/einde"), post(suppressions::end))
        .route(&one, get(signal::signal))
        .route(&format!("{one}/sluiten"), post(signal::close))
        .route(&format!("{one}/onderdrukken"), post(signal::suppress))
}

async fn to_the_overview(ask: Ask) -> Response {
    see_other(&format!("/{}/", ask.lang.tag()))
}

/// To a path of this site.
pub(super) fn see_other(path: &str) -> Response {
    match HeaderValue::from_str(path) {
        Ok(path) => (StatusCode::SEE_OTHER, [(LOCATION, path)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
