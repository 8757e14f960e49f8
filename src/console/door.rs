//! Who may come in: a person with a certificate, in the role of privacy officer, of an organisation
//! that takes part today.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;

use super::app::App;
use super::assets::Files;
use super::lang::Lang;
use super::login;
use super::menu::Menu;
use super::page::{self, Banner, Frame, Who};
use super::session::Stated;
use super::settings::Settings;
use crate::domain::organisation::{Actor, Role, UserRole};
use crate::domain::purpose::Purpose;
use crate::gateway::{AdmitError, Call};
use crate::tls::identity::Fingerprint;
use crate::tls::{PeerIdentity, VisitorStream};

/// Says whether a certificate still counts.
pub type Live = Arc<dyn Fn(&PeerIdentity) -> bool + Send + Sync>;

/// Who is on the other side of the connection.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    /// None: somebody without a certificate.
    pub(super) peer: Option<Arc<PeerIdentity>>,
    remote: SocketAddr,
}

impl Visit {
    pub(super) fn of(stream: &VisitorStream) -> Self {
        let peer = stream.info().map(|info| Arc::clone(&info.peer));
        Self { peer, remote: stream.remote_addr() }
    }
}

/// A request, before anybody was let in.
pub(super) struct Ask {
    pub(super) app: App,
    pub(super) lang: Lang,
    uri: Uri,
    method: Method,
    headers: HeaderMap,
    visit: Option<Visit>,
}

/// An officer who was let in, for one request.
pub(super) struct Officer {
    pub(super) call: Call,
    pub(super) role: Role,
    pub(super) oin: String,
    pub(super) stated: Option<Stated>,
    fingerprint: Fingerprint,
    who: Who,
    /// Whether another person's place may be taken: in a demo, without a certificate.
    may_switch: bool,
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// No certificate was shown.
    NoCertificate,
    /// It is the certificate of a system.
    System,
    /// It no longer counts, or the organisation does not take part, or the role is another.
    NotAnOfficer,
}

impl FromRequestParts<App> for Ask {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self {
            app: app.clone(),
            lang: Lang::of_path(parts.uri.path()),
            uri: parts.uri.clone(),
            method: parts.method.clone(),
            headers: parts.headers.clone(),
            visit: parts.extensions.get::<Visit>().cloned(),
        })
    }
}

impl Ask {
    /// The officer, with the purpose that was stated; otherwise the page that says what is missing.
    pub(super) fn enter(&self) -> Result<Officer, Box<Response>> {
        let officer = self.admit()?;
        if officer.stated.is_none() {
            return Err(Box::new(page::ask_purpose(self, &officer)));
        }
        Ok(officer)
    }

    /// The officer, with a purpose that goes with reviewing; otherwise the page that says what is missing.
    pub(super) fn enter_to_review(&self) -> Result<Officer, Box<Response>> {
        let officer = self.enter()?;
        if !officer.reviews() {
            return Err(Box::new(page::ask_other_purpose(self, &officer)));
        }
        Ok(officer)
    }

    /// The officer, whether a purpose was stated or not; otherwise the page that says what is missing.
    pub(super) fn admit(&self) -> Result<Officer, Box<Response>> {
        let officer = self.recognise()?;
        if self.app.second_factor().is_some() && !self.is_logged_in(&officer) {
            return Err(Box::new(login::ask_login(self)));
        }
        Ok(officer)
    }

    /// The officer whose certificate it is, logged in or not.
    pub(super) fn recognise(&self) -> Result<Officer, Box<Response>> {
        self.officer().map_err(|closed| Box::new(page::closed(self, closed)))
    }

    /// Who takes a place in a demo shows no certificate, and has no login either.
    fn is_logged_in(&self, officer: &Officer) -> bool {
        officer.may_switch || self.app.sessions().is_logged_in(&self.headers, officer.fingerprint)
    }

    fn officer(&self) -> Result<Officer, Closed> {
        let shown = self.visit.as_ref().and_then(|visit| visit.peer.clone());
        let may_switch = shown.is_none();
        let peer = &shown.or_else(|| self.lent_place()).ok_or(Closed::NoCertificate)?;
        let person = peer.person().ok_or(Closed::System)?;
        if !self.app.is_live(peer) || person.role != UserRole::PrivacyOfficer {
            return Err(Closed::NotAnOfficer);
        }
        let caller = match self.app.gateway().admit(peer.oin(), None) {
            Ok(caller) => caller,
            Err(error) => {
                if let AdmitError::NoRandomness = error {
                    tracing::error!(event = "console.no_randomness");
                }
                return Err(Closed::NotAnOfficer);
            }
        };
        let who = Who {
            user: person.user_id.to_string(),
            organisation: caller.organisation().name().to_owned(),
        };
        let (role, oin) = (caller.role(), caller.oin().to_string());
        let actor =
            Actor { user_id: person.user_id.clone(), role: person.role, on_behalf_of: None };
        let stated = self.app.sessions().stated(&self.headers, peer.fingerprint());
        let call = caller.on_occasion(stated.map(Stated::occasion)).act(actor);
        Ok(Officer { call, role, oin, stated, fingerprint: peer.fingerprint(), who, may_switch })
    }

    /// The officer of a demo in whose place this visitor stands.
    fn lent_place(&self) -> Option<Arc<PeerIdentity>> {
        let entrance = self.app.entrance()?;
        if !self.is_from_here() {
            return None;
        }
        self.app.sessions().place(&self.headers, |number| {
            let officer = entrance.officer(number)?;
            Some((Arc::clone(officer), officer.fingerprint()))
        })
    }

    /// Whether the visitor is on this machine.
    pub(super) fn is_from_here(&self) -> bool {
        let remote = self.visit.as_ref().map(|visit| visit.remote.ip().to_canonical());
        remote.is_some_and(|address| address.is_loopback())
    }

    /// The frame of a page.
    pub(super) fn frame(&self, menu: Menu, officer: Option<&Officer>) -> Frame {
        let path = self.path_and_query();
        Frame {
            lang: self.lang,
            files: Files::new(),
            t: self.lang.texts(),
            other: self.lang.other().of_page(path),
            address: path.to_owned(),
            signed: officer
                .and_then(|_| self.app.signed())
                .map(|signed| (self.lang.number(signed.size), signed.root)),
            menu,
            who: officer.map(|officer| officer.who.clone()),
            stated: officer
                .and_then(|officer| officer.stated)
                .map(|stated| self.lang.pick(stated.words())),
            invented: self.app.is_invented(),
            settings: officer.map(|officer| self.settings(officer)).unwrap_or_default(),
            // Who was not let in reads nothing about the ledger.
            banner: officer.map_or(Banner::Quiet, |_| Banner::of(self.lang, self.app.ledger())),
            may_switch: officer.is_some_and(|officer| officer.may_switch),
            leave: officer.map(|officer| officer.token(&self.app)),
            ends: officer.and_then(|officer| self.ends(officer)),
        }
    }

    /// When the session ends, and where it is made longer: by logging in again, where that is needed,
    /// and then by stating the purpose again.
    fn ends(&self, officer: &Officer) -> Option<(u64, String)> {
        let seconds = self.app.sessions().seconds_left(&self.headers, officer.fingerprint)?;
        let purpose = format!("/{}/doel", self.lang.tag());
        if self.app.second_factor().is_none() {
            return Some((seconds, purpose));
        }
        let next = serde_urlencoded::to_string([("verder", purpose)]).unwrap_or_default();
        Some((seconds, format!("/{}/inloggen?{next}", self.lang.tag())))
    }

    /// What this officer chose to see.
    pub(super) fn settings(&self, officer: &Officer) -> Settings {
        self.app.sessions().settings(&self.headers, officer.fingerprint)
    }

    /// What was asked for, to come back to.
    pub(super) fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("/nl/", |path| path.as_str())
    }

    /// What was asked for, without what is asked about it.
    pub(super) fn path(&self) -> &str {
        self.uri.path()
    }

    pub(super) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    /// Whether a form was sent from a page of this site, as the browser says.
    pub(super) fn is_same_origin(&self) -> bool {
        self.headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin")
    }
}

impl Officer {
    /// What a form of this officer carries.
    pub(super) fn token(&self, app: &App) -> String {
        app.sessions().token(self.fingerprint)
    }

    /// Whether a form is this officer's.
    pub(super) fn sent(&self, app: &App, token: &str) -> bool {
        app.sessions().accepts(token, self.fingerprint)
    }

    pub(super) fn cookie(&self, app: &App, stated: Stated) -> String {
        app.sessions().cookie(stated, self.fingerprint)
    }

    pub(super) fn settings_cookie(&self, app: &App, settings: Settings) -> String {
        app.sessions().settings_cookie(settings, self.fingerprint)
    }

    pub(super) const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Whether it is the officer of this certificate.
    pub(super) fn is(&self, peer: &PeerIdentity) -> bool {
        self.fingerprint == peer.fingerprint()
    }

    pub(super) const fn may_switch(&self) -> bool {
        self.may_switch
    }

    /// Who is looking, within the organisation.
    pub(super) fn user(&self) -> &str {
        &self.who.user
    }

    /// Whether the stated purpose is that of reviewing.
    pub(super) fn reviews(&self) -> bool {
        self.stated.is_some_and(|stated| stated.purpose() == Purpose::PrivacyReview)
    }

    /// The number of the purpose, as use cases take it.
    pub(super) fn purpose(&self) -> i32 {
        self.stated.map_or(0, |stated| stated.purpose().number().into())
    }
}

impl Closed {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::NoCertificate => StatusCode::UNAUTHORIZED,
            Self::System | Self::NotAnOfficer => StatusCode::FORBIDDEN,
        }
    }
}
