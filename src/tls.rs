//! The TLS edge: who may connect, how we know who it is, and how long that stays true.
//!
//! Invariant: a stream of this module belongs to one organisation, whose OIN stands in a client
//! certificate that was verified against the trust anchors and their revocation lists. The stream
//! ends when that certificate stops being valid, not only when the peer hangs up.
//!
//! - [`authority`] and [`development`]: certificates shaped like those of PKIoverheid, for tests,
//!   demos and `ketenpoort pki`;
//! - [`identity`]: the organisation behind a verified certificate, and the person where it is one's;
//! - [`trust`]: anchors, revocation lists and our own certificate, reloaded while serving;
//! - [`listener`]: the accept loop with its limits;
//! - [`client`]: the other side, for tests, demos and the command line;
//! - [`https`]: asking a service of others.
//!
//! This module knows no requests, no use cases and no storage.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

use crate::domain::time::Timestamp;

pub mod authority;
pub mod client;
pub mod development;
mod files;
pub mod https;
pub mod identity;
pub mod listener;
mod open_server;
mod own_certificate;
mod provider;
mod seen;
pub mod trust;

#[cfg(test)]
mod tests;

pub use client::ClientMaterial;
pub use development::DevelopmentPki;
pub use identity::{IdentityError, IdentityPolicy, PeerIdentity, Person, TestOins};
pub use listener::{ConnectInfo, Limits, PeerStream, VisitorStream, incoming, visitors};
pub use open_server::{OpenServer, OpenServerError};
pub use own_certificate::OwnCertificate;
pub use seen::SeenCertificate;
pub use trust::{LiveTrust, Rejection, StaleCrl, TrustFiles, TrustOptions};

/// Where this edge takes the time from, so that validity is judged by the clock that the rest of
/// the gateway uses, and tests can move it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that reads `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let micros = u64::try_from(self.now().as_micros()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_micros(micros)))
    }
}
