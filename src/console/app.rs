//! The routes, and what every page needs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::door::{Ask, Live};
use super::entrance::{self, Entrance};
use super::lang::Lang;
use super::login;
use super::pages::{
    breach, breaches, consents, disclosure, disclosures, download, integrity, organisations,
    overview, own_log, questions, request, requests, review, reviews, sample, settings, signal,
    signals, statistics, suppressions,
};
use super::second_factor::SecondFactor;
use super::serve::{Certificates, Options};
use super::session::Sessions;
use super::{assets, headers, page};
use crate::gateway::Gateway;
use crate::gateway::integrity::LedgerState;
use crate::tls::{PeerIdentity, SeenCertificate};

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
    certificates: Certificates,
    /// What was found about the ledger, and when.
    ledger: Mutex<Option<Known>>,
    entrance: Option<Entrance>,
    second_factor: Option<SecondFactor>,
}

/// What was found about the ledger.
#[derive(Debug, Clone)]
struct Known {
    at: Instant,
    state: LedgerState,
    signed: Option<SignedState>,
}

/// The newest checkpoint.
#[derive(Debug, Clone)]
pub(super) struct SignedState {
    /// How many entries it is over.
    pub(super) size: u64,
    /// The root over them, in base64.
    pub(super) root: String,
}

/// How long what was found about the ledger counts for every page.
const LEDGER_KEPT: Duration = Duration::from_secs(5);

impl App {
    pub(super) fn new(gateway: Gateway, options: Options) -> Self {
        let Options { live, invented, entrance, certificates, second_factor } = options;
        Self(Arc::new(Shared {
            sessions: Sessions::new(gateway.session_key()),
            gateway,
            live,
            invented,
            certificates,
            ledger: Mutex::default(),
            entrance,
            second_factor,
        }))
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

    /// The certificates that were shown since the gateway began.
    pub(super) fn certificates(&self) -> Vec<SeenCertificate> {
        (self.0.certificates)()
    }

    /// What is known about the ledger.
    pub(super) fn ledger(&self) -> LedgerState {
        self.known().map(|known| known.state).unwrap_or_default()
    }

    /// What was signed last, for who prints a page; none before the first checkpoint.
    pub(super) fn signed(&self) -> Option<SignedState> {
        self.known().and_then(|known| known.signed)
    }

    fn known(&self) -> Option<Known> {
        self.0.ledger.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the ledger again, when that is some seconds ago.
    async fn look_at_ledger(&self) {
        if self.known().is_some_and(|known| known.at.elapsed() < LEDGER_KEPT) {
            return;
        }
        // When the database does not answer, the page itself says so.
        if let Ok(state) = self.0.gateway.ledger_state().await {
            let signed = self.0.gateway.latest_checkpoint().await.ok().map(|signed| SignedState {
                size: signed.size,
                root: STANDARD.encode(signed.root.as_bytes()),
            });
            *self.0.ledger.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Known { at: Instant::now(), state, signed });
        }
    }

    /// The login that a certificate must be followed by; none: a certificate is enough.
    pub(super) fn second_factor(&self) -> Option<&SecondFactor> {
        self.0.second_factor.as_ref()
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
    router = login::add_to(router);
    for lang in Lang::ALL.map(Lang::tag) {
        router = router
            .route(&format!("/{lang}"), get(to_the_overview))
            .route(&format!("/{lang}/"), get(overview::overview))
            .route(&format!("/{lang}/doel"), get(page::offer_purpose).post(page::state_purpose))
            .route(&format!("/{lang}/toestemmingen"), get(consents::consents))
            .route(&format!("/{lang}/statistiek"), get(statistics::statistics))
            .route(&format!("/{lang}/statistiek/csv"), get(statistics::download))
            .route(&format!("/{lang}/instellingen"), get(settings::settings).post(settings::keep))
            .route(&format!("/{lang}/steekproef"), get(sample::sample).post(sample::draw))
            .route(&format!("/{lang}/steekproef/oordeel"), post(sample::judge))
            .route(&format!("/{lang}/mijn-logboek"), get(own_log::own_log))
            .route(&format!("/{lang}/organisaties"), get(organisations::organisations))
            .route(&format!("/{lang}/organisaties/{{oin}}"), get(organisations::organisation))
            .route(&format!("/{lang}/integriteit"), get(integrity::integrity))
            .route(&format!("/{lang}/integriteit/vergelijken"), post(integrity::compare))
            .route(&format!("/{lang}/integriteit/steekproef"), post(integrity::sample))
            .route(&format!("/{lang}/integriteit/samenhang"), get(integrity::given::continuation))
            .route(&format!("/{lang}/integriteit/regels"), get(integrity::given::entries))
            .route(&format!("/{lang}/verstrekkingen"), get(disclosures::disclosures))
            .route(&format!("/{lang}/verstrekkingen/uitvoer"), get(download::download))
            .route(&format!("/{lang}/verstrekkingen/bewaard"), post(disclosures::saved::keep))
            .route(
                &format!("/{lang}/verstrekkingen/bewaard/{{saved_search_id}}"),
                get(disclosures::saved::open),
            )
            .route(
                &format!("/{lang}/verstrekkingen/bewaard/{{saved_search_id}}/verwijderen"),
                post(disclosures::saved::delete),
            )
            .route(
                &format!("/{lang}/verstrekkingen/bewaard/{{saved_search_id}}/wekelijks"),
                post(disclosures::saved::count_weekly),
            )
            .route(&format!("/{lang}/verstrekkingen/{{index}}"), get(disclosure::disclosure))
            .route(
                &format!("/{lang}/verstrekkingen/{{index}}/bewijs.txt"),
                get(disclosure::download),
            )
            .route(
                &format!("/{lang}/verstrekkingen/{{index}}/signaal"),
                post(disclosure::acts::signal),
            )
            .route(
                &format!("/{lang}/verstrekkingen/{{index}}/vraag"),
                post(disclosure::acts::question),
            )
            .route(&format!("/{lang}/vragen"), get(questions::questions))
            .route(&format!("/{lang}/vragen/{{question_id}}/antwoord"), post(questions::answer));
        router = emergencies(router, lang);
        router = subject_requests(router, lang);
        router = incidents(router, lang);
        router = with_signals(router, lang);
    }
    router
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn_with_state(app.clone(), with_the_ledger))
        .layer(from_fn(headers::on_everything))
        .with_state(app)
}

fn emergencies(router: Router<App>, lang: &str) -> Router<App> {
    let one = format!("/{lang}/noodtoegang/{{review_id}}");
    router
        .route(&format!("/{lang}/noodtoegang"), get(reviews::reviews))
        .route(&one, get(review::review))
        .route(&format!("{one}/plaats"), post(review::take))
        .route(&format!("{one}/oordeel"), post(review::decide))
        .route(&format!("{one}/antwoord"), post(review::inform))
}

fn subject_requests(router: Router<App>, lang: &str) -> Router<App> {
    let one = format!("/{lang}/inzage/{{id}}");
    router
        .route(&format!("/{lang}/inzage"), get(requests::requests).post(requests::open))
        .route(&one, get(request::request))
        .route(&format!("{one}/verlengen"), post(request::extend))
        .route(&format!("{one}/sluiten"), post(request::close))
        .route(
            &format!("{one}/rapport"),
            get(request::report::preview).post(request::report::prepare),
        )
        .route(&format!("{one}/goedkeuren"), post(request::report::approve))
        .route(&format!("{one}/rapport.json"), get(request::report::json))
        .route(&format!("{one}/brief"), get(request::report::letter))
}

fn incidents(router: Router<App>, lang: &str) -> Router<App> {
    let one = format!("/{lang}/datalek/{{incident_id}}");
    router
        .route(&format!("/{lang}/datalek"), get(breaches::breaches).post(breaches::open))
        .route(&one, get(breach::breach))
        .route(&format!("{one}/bewijs.txt"), get(breach::completeness))
        .route(&format!("{one}/melding.txt"), get(breach::notification))
        .route(&format!("{one}/omvang"), post(breach::report))
        .route(&format!("{one}/melding"), post(breach::settle))
        .route(&format!("{one}/sluiten"), post(breach::close))
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

/// Before a page is made: what it says about the ledger.
async fn with_the_ledger(State(app): State<App>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/s/") {
        app.look_at_ledger().await;
    }
    next.run(request).await
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
