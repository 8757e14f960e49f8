//! Wakes the readers of an inbox when something came in, on every gateway of the database. A wake-up is
//! a hint: readers also look by themselves after a while, so a lost one costs time, never a referral.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::domain::id::Oin;

use super::db::Db;

mod listener;

/// Hands out and rings one bell per organisation of the directory, and one for the directory.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Bells>);

#[derive(Debug, Default)]
struct Bells {
    inboxes: Mutex<BTreeMap<Oin, watch::Sender<u64>>>,
    directory: watch::Sender<u64>,
    /// What the other gateways are to be told; none while nobody would tell them.
    outgoing: Option<Outgoing>,
}

/// Hints that wait to be sent. A set: it is never larger than the directory.
#[derive(Debug, Default)]
struct Outgoing {
    hints: Mutex<BTreeSet<Hint>>,
    some: Notify,
}

/// What a gateway tells the others. It holds nothing about a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Hint {
    /// Something came in for an organisation.
    Inbox(Oin),
    /// Another directory is in force.
    Directory,
}

impl Wake {
    /// Bells that ring on every gateway of the database. On SQLite there is only this one.
    pub fn over(db: &Db) -> Self {
        match db {
            Db::Sqlite { .. } => Self::default(),
            Db::Postgres(pool) => {
                let bells = Bells { outgoing: Some(Outgoing::default()), ..Bells::default() };
                let wake = Self(Arc::new(bells));
                tokio::spawn(listener::run(pool.clone(), wake.clone()));
                wake
            }
        }
    }

    /// A receiver that changes whenever something comes in for the organisation.
    pub fn listen(&self, oin: &Oin) -> watch::Receiver<u64> {
        lock(&self.0.inboxes).entry(oin.clone()).or_default().subscribe()
    }

    /// A receiver that changes whenever another directory may be in force.
    pub fn listen_directory(&self) -> watch::Receiver<u64> {
        self.0.directory.subscribe()
    }

    /// Wakes every reader of the organisation, here at once and soon on the other gateways.
    pub fn ring(&self, oin: &Oin) {
        self.hear(&Hint::Inbox(oin.clone()));
        self.send(Hint::Inbox(oin.clone()));
    }

    /// Tells that another directory is in force.
    pub fn ring_directory(&self) {
        self.hear(&Hint::Directory);
        self.send(Hint::Directory);
    }

    fn send(&self, hint: Hint) {
        if let Some(outgoing) = &self.0.outgoing {
            lock(&outgoing.hints).insert(hint);
            outgoing.some.notify_one();
        }
    }

    fn hear(&self, hint: &Hint) {
        match hint {
            Hint::Inbox(oin) => ring(lock(&self.0.inboxes).entry(oin.clone()).or_default()),
            Hint::Directory => ring(&self.0.directory),
        }
    }

    /// Wakes everybody: nobody knows what was missed.
    fn hear_all(&self) {
        lock(&self.0.inboxes).values().for_each(ring);
        ring(&self.0.directory);
    }

    /// What waits to be sent, as soon as there is something.
    async fn outgoing(&self) -> BTreeSet<Hint> {
        let Some(outgoing) = &self.0.outgoing else { return std::future::pending().await };
        outgoing.some.notified().await;
        std::mem::take(&mut *lock(&outgoing.hints))
    }
}

fn ring(bell: &watch::Sender<u64>) {
    bell.send_modify(|rings| *rings = rings.wrapping_add(1));
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
