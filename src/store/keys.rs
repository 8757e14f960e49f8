//! The key store: a database of its own, so that a key destroyed here is gone from every backup
//! of the data.
//!
//! A key is made durable before anything sealed under it is committed. A key that is never used
//! because that commit failed does no harm.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Mutex as Turn, oneshot};

use crate::domain::time::Timestamp;

use super::columns::{code_columns, record};
use super::db::table::{Kind, Table};
use super::db::{Db, Schema, Tx};
use super::error::{Error, Result};

code_columns!(OwnerKind);

crate::domain::code::codes! {
    /// Whose key it is.
    pub enum OwnerKind {
        /// A person: the owner is the pseudonym.
        Person = 1, "PERSON";
        /// A case: the owner is the case reference.
        Case = 2, "CASE";
    }
}

record! {
    /// A stored key.
    #[derive(Clone, PartialEq, Eq)]
    pub struct KeyRow {
        /// Whose it is.
        pub owner: Vec<u8>,
        /// Wrapped by a key of the keyring.
        pub wrapped: Vec<u8>,
    }
}

/// Migrations of the key store.
pub const SCHEMA: Schema = Schema {
    name: "ketenpoort_keys",
    migrations: &[(
        1,
        "keys",
        include_str!("../../migrations/sqlite/keys/0001_keys.sql"),
        include_str!("../../migrations/postgres/keys/0001_keys.sql"),
    )],
};

/// The key store.
#[derive(Debug, Clone)]
pub struct KeyDb {
    db: Db,
    /// New keys that wait for the one who writes for all.
    waiting: Arc<Mutex<Vec<Waiting>>>,
    turn: Arc<Turn<()>>,
}

/// Keys that wait to be written, and where the answer goes.
#[derive(Debug)]
struct Waiting {
    keys: Vec<NewKey>,
    answer: oneshot::Sender<Result<Vec<Vec<u8>>>>,
}

/// A key to be kept, unless its owner has one.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Whose.
    pub owner: Vec<u8>,
    /// What kind of owner.
    pub kind: OwnerKind,
    /// Wrapped by a key of the keyring.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

static OWNER_KEYS: Table = Table::keeping_the_first(
    "owner_keys",
    &[
        ("owner", Kind::Blob),
        ("kind", Kind::Integer),
        ("wrapped", Kind::Blob),
        ("created_at", Kind::Integer),
    ],
);

impl KeyDb {
    /// Wraps a database that was opened with [`SCHEMA`].
    pub fn new(db: Db) -> Self {
        Self { db, waiting: Arc::default(), turn: Arc::default() }
    }

    /// The wrapped keys of owners, as far as they have one, from one snapshot.
    pub async fn keys(&self, owners: &[Vec<u8>]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
        if owners.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut tx = self.db.read().await?;
        tx.keys_of(owners).await
    }

    /// Keeps new keys and returns, for each, the key of its owner that counts: the new one, or the
    /// one that was there first. Durable when it returns. Calls that come at the same time share a
    /// commit: the first whose turn it is writes for all that wait.
    pub async fn record(&self, keys: Vec<NewKey>) -> Result<Vec<Vec<u8>>> {
        let (answer, mut answered) = oneshot::channel();
        self.waiting().push(Waiting { keys, answer });
        // Held until everybody has been told, so that whoever is next knows whether he was written for.
        let _turn = self.turn.lock().await;
        match answered.try_recv() {
            Ok(counting) => return counting,
            // The one who wrote for us was stopped half-way.
            Err(TryRecvError::Closed) => return Err(Error::OutcomeUnknown),
            Err(TryRecvError::Empty) => {}
        }
        let all = std::mem::take(&mut *self.waiting());
        let counting = self.write(all.iter().flat_map(|one| &one.keys)).await;
        for Waiting { keys, answer } in all {
            let of = |counting: &BTreeMap<Vec<u8>, Vec<u8>>| {
                keys.iter().filter_map(|key| counting.get(&key.owner).cloned()).collect()
            };
            // Who does not wait any more needs no answer: a key that is not used does no harm.
            drop(answer.send(counting.as_ref().map(of).map_err(Clone::clone)));
        }
        answered.try_recv().unwrap_or(Err(Error::OutcomeUnknown))
    }

    async fn write<'k>(
        &self,
        keys: impl Iterator<Item = &'k NewKey> + Send,
    ) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
        // In the order of the owners: processes that wait for each other's rows in opposite orders
        // would wait for ever. The first of several keys of one owner counts.
        let mut ordered = BTreeMap::new();
        for key in keys {
            ordered.entry(&key.owner).or_insert(key);
        }
        let owners: Vec<Vec<u8>> = ordered.keys().map(|owner| (*owner).clone()).collect();
        let mut tx = self.db.write().await?;
        tx.gather();
        for key in ordered.into_values() {
            tx.insert(&OWNER_KEYS)
                .set(key.owner.clone())
                .set(key.kind)
                .set(key.wrapped.clone())
                .set(key.created_at)
                .keep()
                .await?;
        }
        let counting = tx.keys_of(&owners).await?;
        tx.commit().await?;
        Ok(counting)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes all connections after their work is done.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Destroys a key: what was sealed under it can never be read again. False when there was none.
    /// On SQLite its bytes are overwritten; where a reader is in the way that is an error, and the
    /// call is to be repeated. PostgreSQL overwrites them when it cleans the page: until then, and in
    /// backups, they are readable only under the keyring's key of that time.
    pub async fn destroy(&self, owner: &[u8]) -> Result<bool> {
        let mut tx = self.db.write().await?;
        let destroyed = tx
            .query("-- keys.destroy\nDELETE FROM owner_keys WHERE owner = $1")
            .bind(owner.to_vec())
            .execute()
            .await?;
        tx.commit().await?;
        self.db.forget_deleted().await?;
        Ok(destroyed == 1)
    }
}

impl Tx {
    async fn keys_of(&mut self, owners: &[Vec<u8>]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
        let mut rows: Vec<KeyRow> = Vec::with_capacity(owners.len());
        if self.is_sqlite() {
            for owner in owners {
                let one =
                    "-- keys.by_owner\nSELECT owner, wrapped FROM owner_keys WHERE owner = $1";
                rows.extend(self.query(one).bind(owner.clone()).fetch_optional().await?);
            }
        } else {
            let set = "-- keys.by_owners
                 SELECT owner, wrapped FROM owner_keys WHERE owner = ANY($1)";
            rows = self.query(set).bind_set(owners.to_vec()).fetch_all().await?;
        }
        Ok(rows.into_iter().map(|row| (row.owner, row.wrapped)).collect())
    }
}
