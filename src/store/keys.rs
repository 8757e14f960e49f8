//! The key store: a database of its own, so that a key destroyed here is gone from every backup
//! of the data.
//!
//! A key is made durable before anything sealed under it is committed. A key that is never used
//! because that commit failed does no harm.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::time::Timestamp;

use super::columns::{code_columns, record};
use super::db::table::{Kind, Table};
use super::db::{Db, Schema, Tx};
use super::error::Result;
use super::together::Together;

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
    found: Together<Vec<Vec<u8>>, Wrapped>,
    recorded: Together<Vec<NewKey>, Wrapped>,
}

/// Wrapped keys by owner.
type Wrapped = BTreeMap<Vec<u8>, Vec<u8>>;

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
        Self { db, found: Together::default(), recorded: Together::default() }
    }

    /// The wrapped keys of owners, as far as they have one. Calls that come at the same time share a
    /// read.
    pub async fn keys(&self, owners: Vec<Vec<u8>>) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
        if owners.is_empty() {
            return Ok(BTreeMap::new());
        }
        let db = self.db.clone();
        let read = |all: Vec<Vec<Vec<u8>>>| async move {
            let mut tx = db.read().await?;
            let found = tx.keys_of(&distinct(all.iter().flatten())).await?;
            Ok(all.iter().map(|owners| of(owners.iter(), &found)).collect())
        };
        self.found.ask(owners, read).await
    }

    /// Keeps new keys and returns, by owner, the key that counts: the new one, or the one that was there
    /// first. Durable when it returns. Calls that come at the same time share a commit.
    pub async fn record(&self, keys: Vec<NewKey>) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let db = self.db.clone();
        let write = |all: Vec<Vec<NewKey>>| async move {
            let counting = write(&db, all.iter().flatten()).await?;
            Ok(all.iter().map(|keys| of(keys.iter().map(|key| &key.owner), &counting)).collect())
        };
        self.recorded.ask(keys, write).await
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

async fn write<'k>(db: &Db, keys: impl Iterator<Item = &'k NewKey> + Send) -> Result<Wrapped> {
    // In the order of the owners: processes that wait for each other's rows in opposite orders
    // would wait for ever. The first of several keys of one owner counts.
    let mut ordered = BTreeMap::new();
    for key in keys {
        ordered.entry(&key.owner).or_insert(key);
    }
    let owners: Vec<Vec<u8>> = ordered.keys().map(|owner| (*owner).clone()).collect();
    let mut tx = db.write().await?;
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

/// What was found of some owners.
fn of<'k>(owners: impl Iterator<Item = &'k Vec<u8>>, found: &Wrapped) -> Wrapped {
    owners.filter_map(|owner| Some((owner.clone(), found.get(owner)?.clone()))).collect()
}

fn distinct<'k>(owners: impl Iterator<Item = &'k Vec<u8>>) -> Vec<Vec<u8>> {
    owners.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

impl Tx {
    async fn keys_of(&mut self, owners: &[Vec<u8>]) -> Result<Wrapped> {
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
