//! Whom we trust right now: anchors, revocation lists and our own certificate, in one value that is
//! replaced as a whole.
//!
//! Invariant: there is always one complete state. A reload that fails changes nothing, and every
//! connection, new or old, is judged by the newest state.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use aws_lc_rs::digest;
use rustls::ServerConfig;
use tokio::sync::watch;
use tokio_stream::Stream as _;
use tokio_stream::wrappers::WatchStream;

use super::Clock;
use super::identity::PeerIdentity;
use super::seen::{Seen, SeenCertificate, Sight};
use crate::domain::time::Timestamp;

mod authorities;
mod config;
mod error;
mod material;
mod options;
mod revocation;

pub use super::files::FileError;
use authorities::Authorities;
pub use error::{Rejection, TrustError};
use material::Material;
pub use options::{Clients, Protocol, StaleCrl, TrustFiles, TrustOptions, Versions};
use revocation::RevocationLists;

/// What a reload did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// The files held something new, which now counts.
    Replaced,
    /// The files hold what is already in use; no connection was disturbed.
    Unchanged,
}

/// What `doctor` and the metrics want to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustStatus {
    /// When the first revocation list goes past its date.
    pub next_update: Option<Timestamp>,
    /// How many certificates are revoked, over all lists.
    pub revoked: usize,
    /// When our own certificate ends.
    pub server_not_after: Timestamp,
}

/// One complete state.
#[derive(Debug)]
pub(super) struct Trust {
    server_config: Arc<ServerConfig>,
    authorities: Authorities,
    lists: RevocationLists,
    server_not_after: Timestamp,
    /// Digest of the files that this state was read from.
    digest: digest::Digest,
}

/// The current state, shared by everything that decides about connections. Clones are the same.
#[derive(Debug, Clone)]
pub struct LiveTrust(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    files: TrustFiles,
    options: TrustOptions,
    clock: Clock,
    current: watch::Sender<Arc<Trust>>,
    seen: Seen,
    /// Held while files are read, so that the state read last is also the one installed last.
    reloading: Mutex<()>,
}

impl LiveTrust {
    /// Reads all files. Blocks on the disk. A revocation list past its date is no error here:
    /// [`StaleCrl`] says what it means, and a fresh one can still come.
    pub fn load(
        files: TrustFiles,
        options: TrustOptions,
        clock: Clock,
    ) -> Result<Self, TrustError> {
        let trust = Trust::build(&Material::read(&files)?, options, &clock)?;
        let current = watch::Sender::new(Arc::new(trust));
        let (seen, reloading) = (Seen::new(clock.clone()), Mutex::default());
        Ok(Self(Arc::new(Shared { files, options, clock, current, seen, reloading })))
    }

    /// The certificates that were shown to listeners with this trust, and counted.
    pub fn seen(&self) -> Vec<SeenCertificate> {
        self.0.seen.all()
    }

    /// A connection was opened with a certificate that counts.
    pub(super) fn opened(&self, peer: &PeerIdentity) -> Sight {
        self.0.seen.opened(peer)
    }

    /// Reads all files again. On an error everything stays as it was. Blocks on the disk.
    ///
    /// Connections whose certificate no longer counts are cut; the others notice nothing.
    pub fn reload(&self) -> Result<Reload, TrustError> {
        let _turn = self.0.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.current();
        let material = Material::read(&self.0.files)?;
        if material.digest().as_ref() == old.digest.as_ref() {
            return Ok(Reload::Unchanged);
        }
        let new = Trust::build(&material, self.0.options, &self.0.clock)?;
        if new.lists.any_older_than(&old.lists) {
            return Err(TrustError::OlderRevocationList);
        }
        self.0.current.send_replace(Arc::new(new));
        Ok(Reload::Replaced)
    }

    /// The configuration for the next handshake.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current().server_config)
    }

    /// Whether the certificate is on a revocation list.
    pub fn is_revoked(&self, peer: &PeerIdentity) -> bool {
        self.current().lists.revokes(peer.issuer(), peer.serial())
    }

    /// Whether a certificate that was accepted still counts at `now`: neither it nor an authority
    /// above it has been revoked, has ended or has been taken out of the files since.
    ///
    /// Cheap enough for every request: a few look-ups, no signatures.
    pub fn check_live(&self, peer: &PeerIdentity, now: Timestamp) -> Result<(), Rejection> {
        let current = self.current();
        peer.validity().require(now).map_err(Rejection::NotInForce)?;
        current.authorities.vouch_for(peer, &current.lists, self.0.options.stale_crl, now)
    }

    /// Becomes ready whenever a reload has replaced the state. Whoever holds a stream open waits
    /// for this and then calls [`LiveTrust::check_live`].
    pub fn changes(&self) -> TrustChanges {
        TrustChanges(WatchStream::from_changes(self.0.current.subscribe()))
    }

    /// Dates and counts for people.
    pub fn status(&self) -> TrustStatus {
        let current = self.current();
        TrustStatus {
            next_update: current.lists.next_update(),
            revoked: current.lists.len(),
            server_not_after: current.server_not_after,
        }
    }

    /// The present moment of the clock that handshakes are judged by.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn current(&self) -> Arc<Trust> {
        Arc::clone(&self.0.current.borrow())
    }
}

/// Tells when the state has been replaced.
#[derive(Debug)]
pub struct TrustChanges(WatchStream<Arc<Trust>>);

impl TrustChanges {
    /// Waits for the next replacement; for ever, if none will come any more.
    pub async fn changed(&mut self) {
        std::future::poll_fn(|cx| self.poll_changed(cx)).await;
    }

    /// The same for code that is polled.
    pub(super) fn poll_changed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match Pin::new(&mut self.0).poll_next(cx) {
            Poll::Ready(Some(_)) => Poll::Ready(()),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Trust {
    fn build(
        material: &Material,
        options: TrustOptions,
        clock: &Clock,
    ) -> Result<Self, TrustError> {
        let authorities = Authorities::from_material(material)?;
        let lists = RevocationLists::from_material(material, &authorities, clock.now())?;
        let config = config::server_config(material, &authorities, &lists, options, clock)?;
        Ok(Self {
            server_config: config,
            authorities,
            lists,
            server_not_after: material.server_not_after()?,
            digest: material.digest(),
        })
    }
}
