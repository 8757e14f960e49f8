//! What is kept of a visit: in signed cookies, that the officer has logged in and the purpose that they
//! stated, and the token that a form needs. Nothing is stored here; the certificate says who it is,
//! and no cookie is worth anything with another one.
//!
//! All gateways on one database sign with one key: a visit goes on at any of them.

use std::time::Duration;

use aws_lc_rs::{hmac, rand};
use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use super::lang::Words;
use super::settings::Settings;
use crate::domain::occasion::Occasion;
use crate::domain::purpose::Purpose;
use crate::gateway::Clock;
use crate::tls::identity::Fingerprint;

/// How long a login and a stated purpose count: a working day.
pub(super) const SESSION_MAX: Duration = Duration::from_hours(8);
/// How long a form may be filled in: nobody loses what they wrote before the session ends.
const FORM_MAX: Duration = SESSION_MAX;
/// How long somebody may take to log in.
const LOGIN_MAX: Duration = Duration::from_mins(10);
/// How far the clocks of two gateways, or of a gateway and a provider, may lie apart.
pub(super) const SKEW_MAX: Duration = Duration::from_mins(1);
/// How long settings are kept.
const SETTINGS_MAX: Duration = Duration::from_hours(365 * 24);
/// Another name than that of the purpose: what is signed for one is nothing for the other.
const SETTINGS_NAME: &str = "__Host-ketenpoort-instellingen";
/// `__Host-`: the browser takes it from this host only, over TLS, for all of it.
const COOKIE_NAME: &str = "__Host-ketenpoort";
/// That the officer has logged in at their organisation.
const LOGIN_COOKIE_NAME: &str = "__Host-ketenpoort-inlog";
/// Where an officer who logs in was going. `Lax`, because it is another site that sends them back; it
/// holds a path of ours and opens nothing.
const NEXT_COOKIE_NAME: &str = "__Host-ketenpoort-verder";
/// In a demo: in whose place the visitor stands.
const PLACE_COOKIE_NAME: &str = "__Host-ketenpoort-demo";
/// What follows the value of every cookie. `Strict`: no other site makes a browser send it.
const COOKIE_RULES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// Why the officer looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stated {
    Complaint,
    Sample,
    Incident,
    SubjectRequest,
}

impl Stated {
    pub(super) const ALL: [Self; 4] =
        [Self::Complaint, Self::Sample, Self::Incident, Self::SubjectRequest];

    /// As the form and the cookie have it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Complaint => "klacht",
            Self::Sample => "steekproef",
            Self::Incident => "incident",
            Self::SubjectRequest => "inzageverzoek",
        }
    }

    pub(super) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stated| stated.as_str() == word)
    }

    pub(super) const fn words(self) -> Words {
        match self {
            Self::Complaint => Words("Klacht", "Complaint"),
            Self::Sample => Words("Steekproef", "Sample"),
            Self::Incident => Words("Incident", "Incident"),
            Self::SubjectRequest => Words("Inzageverzoek", "Data-subject request"),
        }
    }

    /// What the ledger calls it.
    pub(super) const fn occasion(self) -> Occasion {
        match self {
            Self::Complaint => Occasion::Complaint,
            Self::Sample => Occasion::Sample,
            Self::Incident => Occasion::Incident,
            Self::SubjectRequest => Occasion::SubjectRequest,
        }
    }

    pub(super) const fn purpose(self) -> Purpose {
        self.occasion().purpose()
    }
}

/// Signs cookies and tokens.
pub(super) struct Sessions {
    key: hmac::Key,
}

/// What stays between the gateway and the provider while somebody logs in.
pub(super) struct Secrets {
    /// Stands in the answer of the provider, which is then an answer to this question.
    pub(super) nonce: String,
    /// Shows the provider that who asks for the answer is who asked the question (RFC 7636 §4.1).
    pub(super) verifier: String,
}

impl Sessions {
    /// Sessions that this key signs.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// Whether the officer has logged in, today.
    pub(super) fn is_logged_in(&self, headers: &HeaderMap, whose: Fingerprint) -> bool {
        let signed = cookie(headers, LOGIN_COOKIE_NAME);
        signed.is_some_and(|signed| self.is_signed(LOGIN, signed, whose, SESSION_MAX))
    }

    /// The cookie that says so, of a login at this second since 1970.
    pub(super) fn login_cookie(&self, whose: Fingerprint, at: u64) -> String {
        let signed = self.sign(LOGIN, whose, at);
        let seconds = SESSION_MAX.as_secs();
        format!("{LOGIN_COOKIE_NAME}={signed}; {COOKIE_RULES}; Max-Age={seconds}")
    }

    /// The `state` of a login that begins; none when the system has no random numbers.
    pub(super) fn begin_login(&self, whose: Fingerprint) -> Option<String> {
        let mut id = [0; 16];
        rand::fill(&mut id).ok()?;
        let id = hex::encode(id);
        Some(format!("{id}.{}", self.sign(&format!("{BEGUN}{id}"), whose, now())))
    }

    /// When this officer began this login, in seconds since 1970; none: not they, or too long ago.
    pub(super) fn begun_at(&self, state: &str, whose: Fingerprint) -> Option<u64> {
        let (id, signed) = state.split_once('.')?;
        self.signed_at(&format!("{BEGUN}{id}"), signed, whose, LOGIN_MAX)
    }

    /// What belongs to a login, and nobody can tell from its `state` alone.
    pub(super) fn secrets(&self, state: &str, whose: Fingerprint) -> Secrets {
        let secret = |what: &str| {
            let tag = hmac::sign(&self.key, &message(&format!("{what}{state}"), whose, 0));
            hex::encode(tag)
        };
        Secrets { nonce: secret(NONCE), verifier: secret(VERIFIER) }
    }

    /// The purpose stated in this session.
    pub(super) fn stated(&self, headers: &HeaderMap, whose: Fingerprint) -> Option<Stated> {
        let (word, signed) = cookie(headers, COOKIE_NAME)?.split_once('.')?;
        let stated = Stated::read(word)?;
        self.is_signed(stated.as_str(), signed, whose, SESSION_MAX).then_some(stated)
    }

    /// Seconds until the purpose or the login no longer counts, whichever is first; none without a
    /// purpose.
    pub(super) fn seconds_left(&self, headers: &HeaderMap, whose: Fingerprint) -> Option<u64> {
        let (word, signed) = cookie(headers, COOKIE_NAME)?.split_once('.')?;
        let stated = Stated::read(word)?;
        let purpose = self.signed_at(stated.as_str(), signed, whose, SESSION_MAX)?;
        let login = cookie(headers, LOGIN_COOKIE_NAME)
            .and_then(|signed| self.signed_at(LOGIN, signed, whose, SESSION_MAX));
        let first = login.map_or(purpose, |login| login.min(purpose));
        Some((first + SESSION_MAX.as_secs()).saturating_sub(now()))
    }

    /// What the officer chose to see; the usual where nothing was chosen.
    pub(super) fn settings(&self, headers: &HeaderMap, whose: Fingerprint) -> Settings {
        let read = || {
            let (words, signed) = cookie(headers, SETTINGS_NAME)?.split_once('.')?;
            let what = format!("{SETTINGS_NAME}{words}");
            self.is_signed(&what, signed, whose, SETTINGS_MAX).then(|| Settings::read(words))?
        };
        read().unwrap_or_default()
    }

    /// The cookie that carries what was chosen. It holds nothing about anybody.
    pub(super) fn settings_cookie(&self, settings: Settings, whose: Fingerprint) -> String {
        let words = settings.words();
        let signed = self.sign(&format!("{SETTINGS_NAME}{words}"), whose, now());
        let seconds = SETTINGS_MAX.as_secs();
        format!(
            "{SETTINGS_NAME}={words}.{signed}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}"
        )
    }

    /// The cookie that carries a purpose.
    pub(super) fn cookie(&self, stated: Stated, whose: Fingerprint) -> String {
        let word = stated.as_str();
        let signed = self.sign(word, whose, now());
        let seconds = SESSION_MAX.as_secs();
        format!("{COOKIE_NAME}={word}.{signed}; {COOKIE_RULES}; Max-Age={seconds}")
    }

    /// The number of the officer in whose place a visitor of a demo stands, as the cookie says it;
    /// `of` knows their certificates.
    pub(super) fn place<T>(
        &self,
        headers: &HeaderMap,
        of: impl FnOnce(usize) -> Option<(T, Fingerprint)>,
    ) -> Option<T> {
        let (number, signed) = cookie(headers, PLACE_COOKIE_NAME)?.split_once('.')?;
        let (officer, whose) = of(number.parse().ok()?)?;
        self.is_signed(PLACE, signed, whose, SESSION_MAX).then_some(officer)
    }

    /// The cookie that puts a visitor of a demo in the place of an officer.
    pub(super) fn place_cookie(&self, number: usize, whose: Fingerprint) -> String {
        let signed = self.sign(PLACE, whose, now());
        let seconds = SESSION_MAX.as_secs();
        format!("{PLACE_COOKIE_NAME}={number}.{signed}; {COOKIE_RULES}; Max-Age={seconds}")
    }

    /// What a form of this officer carries, so that no other site can make one.
    pub(super) fn token(&self, whose: Fingerprint) -> String {
        self.sign(FORM, whose, now())
    }

    /// Whether a form was made here, for this officer, lately.
    pub(super) fn accepts(&self, token: &str, whose: Fingerprint) -> bool {
        self.is_signed(FORM, token, whose, FORM_MAX)
    }

    fn sign(&self, what: &str, whose: Fingerprint, at: u64) -> String {
        format!("{at}.{}", hex::encode(hmac::sign(&self.key, &message(what, whose, at))))
    }

    fn is_signed(&self, what: &str, signed: &str, whose: Fingerprint, longest: Duration) -> bool {
        self.signed_at(what, signed, whose, longest).is_some()
    }

    /// When it was signed; none when it was not, or too long ago.
    fn signed_at(
        &self,
        what: &str,
        signed: &str,
        whose: Fingerprint,
        longest: Duration,
    ) -> Option<u64> {
        let (at, tag) = signed.split_once('.')?;
        let (at, tag) = (at.parse::<u64>().ok()?, hex::decode(tag).ok()?);
        let now = now();
        let is_in_time =
            at <= now + SKEW_MAX.as_secs() && now.saturating_sub(at) < longest.as_secs();
        let is_ours = hmac::verify(&self.key, &message(what, whose, at), &tag).is_ok();
        (is_in_time && is_ours).then_some(at)
    }
}

/// No purpose is called this, or as the next.
const FORM: &str = "form";
const PLACE: &str = "place";
const LOGIN: &str = "login";
const BEGUN: &str = "begun:";
const NONCE: &str = "nonce:";
const VERIFIER: &str = "verifier:";

/// The cookie that holds where an officer was going.
pub(super) fn next_cookie(path: &str) -> String {
    let seconds = LOGIN_MAX.as_secs();
    let path = hex::encode(path);
    format!("{NEXT_COOKIE_NAME}={path}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}")
}

/// Where the officer was going.
pub(super) fn next_of(headers: &HeaderMap) -> Option<String> {
    let bytes = hex::decode(cookie(headers, NEXT_COOKIE_NAME)?).ok()?;
    String::from_utf8(bytes).ok()
}

/// Forgets where the officer was going.
pub(super) fn without_next() -> String {
    forgetting(NEXT_COOKIE_NAME)
}

/// Cookies that end a visit: the login and the purpose are forgotten.
pub(super) fn ending() -> [String; 2] {
    [LOGIN_COOKIE_NAME, COOKIE_NAME].map(forgetting)
}

fn forgetting(name: &str) -> String {
    format!("{name}=; {COOKIE_RULES}; Max-Age=0")
}

/// Seconds since 1970, by the system's clock: that of the certificates.
pub(super) fn now() -> u64 {
    u64::try_from(Clock::system().now().as_micros()).unwrap_or(0) / 1_000_000
}

/// The value of a cookie that the browser sent.
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs = cookies.flat_map(|header| header.split(';')).map(str::trim);
    pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn message(what: &str, whose: Fingerprint, at: u64) -> Vec<u8> {
    [whose.as_bytes().as_slice(), &at.to_be_bytes(), what.as_bytes()].concat()
}

#[cfg(test)]
mod tests;
