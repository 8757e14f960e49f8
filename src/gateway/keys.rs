//! Keys of persons: made when first needed, durable before anything is sealed under
//! them, kept in memory for a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::id::Pseudonym;
use crate::domain::time::Timestamp;
use crate::store::{KeyDb, OwnerKind};
use crate::vault::envelope::{Aad, WrappingKey, open, seal};
use crate::vault::keyring::Keyring;
use crate::vault::subject::{CombinedKey, SubjectKey};
use crate::vault::wrapped::WrappedKey;

use super::error::{Error, Result, Unreadable};

/// Keys kept in memory: at about 200 bytes each this is 2 MB.
const CACHED_MAX: usize = 10_000;

/// Finds and makes keys.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    db: KeyDb,
    keyring: Arc<Keyring>,
    cached: Arc<Mutex<BTreeMap<Pseudonym, Arc<SubjectKey>>>>,
}

impl Keys {
    /// Keys of a store, wrapped by a keyring.
    pub(super) fn new(db: KeyDb, keyring: Arc<Keyring>) -> Self {
        Self { db, keyring, cached: Arc::default() }
    }

    /// The keyring.
    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The keys of people, in the order asked. A person without a key gets one; all new keys are
    /// durable when this returns.
    pub(super) async fn subjects(
        &self,
        people: &[Pseudonym],
        now: Timestamp,
    ) -> Result<Vec<Arc<SubjectKey>>> {
        let mut keys = Vec::with_capacity(people.len());
        for person in people {
            keys.push(match self.subject(*person).await? {
                Some(key) => key,
                None => self.make_subject(*person, now).await?,
            });
        }
        Ok(keys)
    }

    /// The key of a person; `None` when there never was one or it was destroyed.
    pub(super) async fn subject(&self, person: Pseudonym) -> Result<Option<Arc<SubjectKey>>> {
        if let Some(key) = self.cache().get(&person) {
            return Ok(Some(Arc::clone(key)));
        }
        let Some(wrapped) = self.db.key(person.as_bytes()).await? else { return Ok(None) };
        Ok(Some(self.unwrap_subject(&wrapped, person)?))
    }

    /// Reads the keys of people who are about to be asked for, so that a batch costs one read. A key
    /// that cannot be unwrapped is left to whoever asks for it.
    pub(super) async fn expect(&self, people: impl Iterator<Item = Pseudonym>) -> Result<()> {
        let missing: BTreeMap<Vec<u8>, Pseudonym> = {
            let cached = self.cache();
            let missing = people.filter(|person| !cached.contains_key(person));
            missing.map(|person| (person.as_bytes().to_vec(), person)).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let owners: Vec<Vec<u8>> = missing.keys().cloned().collect();
        for (owner, wrapped) in self.db.keys_of(&owners).await? {
            if let Some(person) = missing.get(&owner) {
                drop(self.unwrap_subject(&wrapped, *person));
            }
        }
        Ok(())
    }

    /// The keys of people who all have one. When one was destroyed there is nothing to be read.
    pub(super) async fn existing(&self, people: &[Pseudonym]) -> Result<Vec<Arc<SubjectKey>>> {
        let mut keys = Vec::with_capacity(people.len());
        for person in people {
            keys.push(self.subject(*person).await?.ok_or_else(Error::hidden)?);
        }
        Ok(keys)
    }

    async fn make_subject(&self, person: Pseudonym, now: Timestamp) -> Result<Arc<SubjectKey>> {
        let key = SubjectKey::generate(person).map_err(Error::internal)?;
        let wrapped = key.wrap(&self.keyring).map_err(Error::internal)?.to_bytes();
        let keys = [(person.as_bytes().to_vec(), wrapped)];
        let counting = self.db.record(OwnerKind::Person, &keys, now).await?;
        let first =
            counting.first().ok_or_else(|| Error::internal(Unreadable { table: "owner_keys" }))?;
        self.unwrap_subject(first, person)
    }

    fn unwrap_subject(&self, wrapped: &[u8], person: Pseudonym) -> Result<Arc<SubjectKey>> {
        let wrapped = WrappedKey::from_bytes(wrapped).map_err(Error::internal)?;
        let key = SubjectKey::unwrap(&wrapped, person, &self.keyring).map_err(Error::internal)?;
        let key = Arc::new(key);
        let mut cached = self.cache();
        if cached.len() >= CACHED_MAX {
            cached.clear();
        }
        cached.insert(person, Arc::clone(&key));
        Ok(key)
    }

    /// Closes the key store.
    pub(super) async fn close(&self) {
        self.db.close().await;
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, BTreeMap<Pseudonym, Arc<SubjectKey>>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of content about several people: gone as soon as the key of one of them is.
pub(super) fn combined(keys: &[Arc<SubjectKey>]) -> Result<WrappingKey> {
    let keys: Vec<&SubjectKey> = keys.iter().map(AsRef::as_ref).collect();
    CombinedKey::of(&keys)
        .map(CombinedKey::into_wrapping_key)
        .ok_or_else(|| Error::internal(Unreadable { table: "owner_keys" }))
}

/// Seals a value into a cell of a table.
pub(super) fn seal_cell(
    value: &[u8],
    key: &WrappingKey,
    table: &'static str,
    row: &[u8],
) -> Result<Vec<u8>> {
    seal(value, key, &Aad { table, column: "content", row }).map_err(Error::internal)
}

/// Opens the value of a cell.
pub(super) fn open_cell(
    sealed: &[u8],
    key: &WrappingKey,
    table: &'static str,
    row: &[u8],
) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    open(sealed, key, &Aad { table, column: "content", row })
        .map_err(|_opaque| Error::internal(Unreadable { table }))
}
