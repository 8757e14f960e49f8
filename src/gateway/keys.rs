//! Keys of persons: made when first needed, durable before anything is sealed under
//! them, kept in memory for a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::id::Pseudonym;
use crate::domain::time::Timestamp;
use crate::store::{KeyDb, NewKey, OwnerKind};
use crate::vault::envelope::{Aad, WrappingKey};
use crate::vault::keyring::Keyring;
use crate::vault::packed;
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
        let mut found = self.found(people).await?;
        let mut new = Vec::new();
        for person in people {
            if !found.contains_key(person) {
                new.push(self.new_key(*person, now)?);
            }
        }
        if !new.is_empty() {
            self.unwrap_all(people, &self.db.record(new).await?, &mut found)?;
        }
        in_order(people, &found).ok_or_else(|| Error::internal(Unreadable { table: "owner_keys" }))
    }

    /// The key of a person; `None` when there never was one or it was destroyed.
    pub(super) async fn subject(&self, person: Pseudonym) -> Result<Option<Arc<SubjectKey>>> {
        Ok(self.found(&[person]).await?.remove(&person))
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
        for (owner, wrapped) in self.db.keys(owners).await? {
            if let Some(person) = missing.get(&owner) {
                drop(self.unwrap_subject(&wrapped, *person));
            }
        }
        Ok(())
    }

    /// The keys of people who all have one. When one was destroyed there is nothing to be read.
    pub(super) async fn existing(&self, people: &[Pseudonym]) -> Result<Vec<Arc<SubjectKey>>> {
        let found = self.found(people).await?;
        in_order(people, &found).ok_or_else(Error::hidden)
    }

    /// The keys that there are, from memory and in one look at the store.
    async fn found(&self, people: &[Pseudonym]) -> Result<Found> {
        let mut found = Found::new();
        let mut unknown = Vec::new();
        {
            let cache = self.cache();
            for person in people {
                match cache.get(person) {
                    Some(key) => drop(found.insert(*person, Arc::clone(key))),
                    None => unknown.push(person.as_bytes().to_vec()),
                }
            }
        }
        self.unwrap_all(people, &self.db.keys(unknown).await?, &mut found)?;
        Ok(found)
    }

    fn unwrap_all(
        &self,
        people: &[Pseudonym],
        stored: &BTreeMap<Vec<u8>, Vec<u8>>,
        found: &mut Found,
    ) -> Result<()> {
        for person in people {
            if let Some(wrapped) = stored.get(person.as_bytes().as_slice()) {
                found.insert(*person, self.unwrap_subject(wrapped, *person)?);
            }
        }
        Ok(())
    }

    fn new_key(&self, person: Pseudonym, now: Timestamp) -> Result<NewKey> {
        let key = SubjectKey::generate(person).map_err(Error::internal)?;
        Ok(NewKey {
            owner: person.as_bytes().to_vec(),
            kind: OwnerKind::Person,
            wrapped: key.wrap(&self.keyring).map_err(Error::internal)?.to_bytes(),
            created_at: now,
        })
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

type Found = BTreeMap<Pseudonym, Arc<SubjectKey>>;

fn in_order(people: &[Pseudonym], found: &Found) -> Option<Vec<Arc<SubjectKey>>> {
    people.iter().map(|person| found.get(person).cloned()).collect()
}

/// The key of content about several people: gone as soon as the key of one of them is.
pub(super) fn combined(keys: &[Arc<SubjectKey>]) -> Result<WrappingKey> {
    let keys: Vec<&SubjectKey> = keys.iter().map(AsRef::as_ref).collect();
    CombinedKey::of(&keys)
        .map(CombinedKey::into_wrapping_key)
        .ok_or_else(|| Error::internal(Unreadable { table: "owner_keys" }))
}

/// Names a key of something that is nobody's, among those of people: no pseudonym begins like this.
pub(super) fn own_name(kind: [u8; 6], id: &[u8; 16]) -> Pseudonym {
    let mut name = *b"......\0\0\0\0\0\0\0\0\0\0................";
    name[..6].copy_from_slice(&kind);
    name[16..].copy_from_slice(id);
    Pseudonym::new(name)
}

/// Seals a value into a cell of a table.
pub(super) fn seal_cell(
    value: &[u8],
    key: &WrappingKey,
    table: &'static str,
    row: &[u8],
) -> Result<Vec<u8>> {
    packed::seal(value, key, &Aad { table, column: "content", row }).map_err(Error::internal)
}

/// Opens the value of a cell.
pub(super) fn open_cell(
    sealed: &[u8],
    key: &WrappingKey,
    table: &'static str,
    row: &[u8],
) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    packed::open(sealed, key, &Aad { table, column: "content", row })
        .map_err(|_opaque| Error::internal(Unreadable { table }))
}
