//! The key store: a database of its own, so that a key destroyed here is gone from every backup
//! of the data.
//!
//! A key is made durable before anything sealed under it is committed. A key that is never used
//! because that commit failed does no harm.

use std::collections::BTreeMap;

use crate::domain::time::Timestamp;

use super::columns::{code_columns, record};
use super::db::{Db, Schema, Sql, Tx};
use super::error::Result;
use super::sets;

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
pub struct KeyDb(Db);

impl KeyDb {
    /// Wraps a database that was opened with [`SCHEMA`].
    pub const fn new(db: Db) -> Self {
        Self(db)
    }

    /// The wrapped key of an owner.
    pub async fn key(&self, owner: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut tx = self.0.read().await?;
        let row: Option<KeyRow> = tx
            .query("-- keys.by_owner\nSELECT owner, wrapped FROM owner_keys WHERE owner = $1")
            .bind(owner.to_vec())
            .fetch_optional()
            .await?;
        Ok(row.map(|row| row.wrapped))
    }

    /// The wrapped keys of some owners; those without one are left out.
    pub async fn keys_of(&self, owners: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut tx = self.0.read().await?;
        tx.query(Sql {
            sqlite: "-- keys.of_owners
             SELECT owner, wrapped FROM owner_keys
              WHERE owner IN (SELECT unhex(value) FROM json_each($1))",
            postgres: "-- keys.of_owners
             SELECT owner, wrapped FROM owner_keys
              WHERE owner = ANY (ARRAY(
                        SELECT decode(value, 'hex')
                          FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS s (value)))",
        })
        .bind(sets::rows(owners.iter().map(|owner| hex::encode(owner).into())))
        .fetch_all()
        .await
    }

    /// Keeps new keys in one commit and returns, for each owner, the key that counts: the new one,
    /// or the one that was there first.
    pub async fn record(
        &self,
        kind: OwnerKind,
        keys: &[(Vec<u8>, Vec<u8>)],
        now: Timestamp,
    ) -> Result<Vec<Vec<u8>>> {
        // In the order of the owners: processes that wait for each other's rows in opposite orders
        // would wait for ever.
        let mut ordered: Vec<_> = keys.iter().collect();
        ordered.sort();
        let mut counting = BTreeMap::new();
        let mut tx = self.0.write().await?;
        for (owner, wrapped) in ordered {
            counting.insert(owner, insert_or_find(&mut tx, kind, (owner, wrapped), now).await?);
        }
        tx.commit().await?;
        Ok(keys.iter().filter_map(|(owner, _)| counting.get(owner).cloned()).collect())
    }

    /// Closes all connections after their work is done.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Destroys a key: what was sealed under it can never be read again. False when there was none.
    /// On SQLite its bytes are overwritten; where a reader is in the way that is an error, and the
    /// call is to be repeated. PostgreSQL overwrites them when it cleans the page: until then, and in
    /// backups, they are readable only under the keyring's key of that time.
    pub async fn destroy(&self, owner: &[u8]) -> Result<bool> {
        let mut tx = self.0.write().await?;
        let destroyed = tx
            .query("-- keys.destroy\nDELETE FROM owner_keys WHERE owner = $1")
            .bind(owner.to_vec())
            .execute()
            .await?;
        tx.commit().await?;
        self.0.forget_deleted().await?;
        Ok(destroyed == 1)
    }
}

/// The key that counts for an owner, which is the given one when there is none yet.
async fn insert_or_find(
    tx: &mut Tx,
    kind: OwnerKind,
    (owner, wrapped): (&[u8], &[u8]),
    now: Timestamp,
) -> Result<Vec<u8>> {
    tx.query(
        "-- keys.record
         INSERT INTO owner_keys (owner, kind, wrapped, created_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (owner) DO NOTHING",
    )
    .bind(owner.to_vec())
    .bind(kind)
    .bind(wrapped.to_vec())
    .bind(now)
    .execute()
    .await?;
    let row: KeyRow = tx
        .query("-- keys.recorded\nSELECT owner, wrapped FROM owner_keys WHERE owner = $1")
        .bind(owner.to_vec())
        .fetch_one()
        .await?;
    Ok(row.wrapped)
}
