//! Wakes the readers of an inbox when something came in. A wake-up is a hint: readers also look by
//! themselves after a while, so a lost one costs time, never a referral.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::id::Oin;

/// Hands out and rings one bell per organisation of the directory.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Mutex<BTreeMap<Oin, watch::Sender<u64>>>>);

impl Wake {
    /// A receiver that changes whenever something comes in for the organisation.
    pub fn listen(&self, oin: &Oin) -> watch::Receiver<u64> {
        self.with(oin, watch::Sender::subscribe)
    }

    /// Wakes every reader of the organisation.
    pub fn ring(&self, oin: &Oin) {
        self.with(oin, |bell| bell.send_modify(|rings| *rings = rings.wrapping_add(1)));
    }

    fn with<T>(&self, oin: &Oin, f: impl FnOnce(&watch::Sender<u64>) -> T) -> T {
        let mut bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f(bells.entry(oin.clone()).or_default())
    }
}
