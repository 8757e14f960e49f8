//! Which certificates were shown since this process began: what an organisation is known by now, and
//! when that ends. Kept in memory only; who never connected is not in it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Clock;
use super::identity::{Fingerprint, PeerIdentity};
use crate::domain::id::Oin;
use crate::domain::time::Timestamp;

/// Certificates that are remembered; a region has hundreds.
const SEEN_MAX: usize = 4_096;

/// A certificate that was shown and counted at that moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCertificate {
    /// Whose.
    pub oin: Oin,
    /// Whether it is a person's; otherwise a system's.
    pub is_person: bool,
    /// Which.
    pub fingerprint: Fingerprint,
    /// Its last moment.
    pub not_after: Timestamp,
    /// When a connection was opened with it, or ended, last.
    pub last_seen: Timestamp,
    /// Connections that are open.
    pub open: usize,
}

/// All of them. Clones are the same.
#[derive(Clone)]
pub(super) struct Seen {
    clock: Clock,
    all: Arc<Mutex<BTreeMap<Fingerprint, SeenCertificate>>>,
}

/// One open connection; dropping it says that it ended.
#[derive(Debug)]
pub(super) struct Sight {
    seen: Seen,
    fingerprint: Fingerprint,
}

impl Seen {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, all: Arc::default() }
    }

    /// A connection was opened.
    pub(super) fn opened(&self, peer: &PeerIdentity) -> Sight {
        let now = self.clock.now();
        let mut all = self.lock();
        let fingerprint = peer.fingerprint();
        if all.len() >= SEEN_MAX && !all.contains_key(&fingerprint) {
            forget_oldest(&mut all);
        }
        let seen = all.entry(fingerprint).or_insert_with(|| SeenCertificate {
            oin: peer.oin().clone(),
            is_person: peer.person().is_some(),
            fingerprint,
            not_after: peer.validity().not_after,
            last_seen: now,
            open: 0,
        });
        seen.last_seen = now;
        seen.open += 1;
        Sight { seen: self.clone(), fingerprint }
    }

    /// What was seen, in the order of the fingerprint.
    pub(super) fn all(&self) -> Vec<SeenCertificate> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Fingerprint, SeenCertificate>> {
        // Whole between any two statements, so a panic elsewhere cannot break it.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("certificates", &self.lock().len()).finish_non_exhaustive()
    }
}

impl Drop for Sight {
    fn drop(&mut self) {
        let now = self.seen.clock.now();
        if let Some(seen) = self.seen.lock().get_mut(&self.fingerprint) {
            seen.open = seen.open.saturating_sub(1);
            seen.last_seen = now;
        }
    }
}

/// The one that was seen longest ago and is not connected.
fn forget_oldest(all: &mut BTreeMap<Fingerprint, SeenCertificate>) {
    let idle = all.values().filter(|seen| seen.open == 0);
    if let Some(oldest) = idle.min_by_key(|seen| seen.last_seen).map(|seen| seen.fingerprint) {
        all.remove(&oldest);
    }
}
