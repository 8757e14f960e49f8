//! Makes recorded decisions again, from the ledger's records and the policy packs (promise 4).
//!
//! Invariant: nothing is written, so it may run beside a gateway and on a copy of its databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::decision::PackId;
use crate::domain::disclosure::DisclosureRecord;
use crate::domain::id::Version;
use crate::domain::policy::{Difference, PolicyPack, answer_again, replay};
use crate::store::{Db, DisclosureRow, KeyDb, RuleSetKind, Search, Tx};
use crate::vault::keyring::Keyring;

use super::directory::{policy_hash, sha256};
use super::error::{Error, Result, Unreadable};
use super::keys::{Keys, open_cell};

/// Entries read at once.
pub const REPLAY_PAGE: u32 = 500;

/// Packs by version and SHA-256.
type Packs = BTreeMap<(Version, [u8; 32]), Arc<PolicyPack>>;

/// Reads records and decides again.
#[derive(Debug)]
pub struct Replayer {
    tx: Tx,
    keys: Keys,
    packs: Packs,
    reads_stored_packs: bool,
}

/// What became of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Position in the ledger.
    pub index: i64,
    /// The act it belongs to.
    pub verdict: Verdict,
}

/// What a replay shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The same decision in every respect.
    Same,
    /// Another decision: what differs.
    Different(Vec<Difference>),
    /// Nothing was decided by the policy: a step, a look, a refusal before any decision.
    NothingDecided,
    /// The key of the person was destroyed, and the record with it.
    Forgotten,
    /// The policy pack that decided is not there.
    PackMissing,
}

impl Replayer {
    /// Reads from these databases. `packs`, when given, are the only ones that count; otherwise those
    /// that are kept in the database.
    pub async fn open(
        db: &Db,
        keys: KeyDb,
        keyring: Keyring,
        packs: Vec<PolicyPack>,
    ) -> Result<Self> {
        let reads_stored_packs = packs.is_empty();
        let mut known = Packs::new();
        for pack in packs {
            known.insert((pack.version.clone(), policy_hash(&pack)?), Arc::new(pack));
        }
        let keys = Keys::new(keys, Arc::new(keyring));
        Ok(Self { tx: db.read().await?, keys, packs: known, reads_stored_packs })
    }

    /// How many entries there are.
    pub async fn size(&mut self) -> Result<i64> {
        Ok(self.tx.log_state().await?.map_or(0, |state| state.size))
    }

    /// One entry; none when there is no such entry.
    pub async fn one(&mut self, index: i64) -> Result<Option<Replayed>> {
        match self.tx.disclosure(index).await? {
            Some(row) => self.replayed(&row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The entries after a position, at most [`REPLAY_PAGE`], below `size`.
    pub async fn page(&mut self, after: Option<i64>, size: i64) -> Result<Vec<Replayed>> {
        let search = Search { after, size, ..Search::default() };
        let rows = self.tx.search(&search, REPLAY_PAGE).await?;
        let mut page = Vec::with_capacity(rows.len());
        for row in &rows {
            page.push(self.replayed(row).await?);
        }
        Ok(page)
    }

    async fn replayed(&mut self, row: &DisclosureRow) -> Result<Replayed> {
        let verdict = self.verdict(row).await?;
        Ok(Replayed { index: row.idx, verdict })
    }

    async fn verdict(&mut self, row: &DisclosureRow) -> Result<Verdict> {
        // Whatever is about nobody was not decided about anybody.
        let Some(subject) = row.subject else { return Ok(Verdict::NothingDecided) };
        let Some(key) = self.keys.subject(subject).await? else { return Ok(Verdict::Forgotten) };
        let name = row.event_id.as_bytes();
        let bytes = open_cell(&row.sealed, &key.wrapping_key(), "disclosures", name)?;
        let record = DisclosureRecord::from_bytes(&bytes).map_err(Error::internal)?;
        if record.decided_on.is_none() && record.closed_question.is_none() {
            return Ok(Verdict::NothingDecided);
        }
        let id = PackId { version: record.authorization_policy.clone(), hash: record.policy_hash };
        let Some(rules) = self.pack(&id).await? else { return Ok(Verdict::PackMissing) };
        let differences = match (&record.decided_on, &record.closed_question) {
            (Some(decided_on), _) => replay(&record, decided_on, (id, rules)),
            (None, Some(question)) => answer_again(&record, question, (id, rules)),
            (None, None) => Vec::new(),
        };
        Ok(if differences.is_empty() { Verdict::Same } else { Verdict::Different(differences) })
    }

    /// The pack with this version and hash. One that is kept counts only when its content has the hash.
    async fn pack(&mut self, id: &PackId) -> Result<Option<Arc<PolicyPack>>> {
        let name = (id.version.clone(), id.hash);
        if let Some(pack) = self.packs.get(&name) {
            return Ok(Some(Arc::clone(pack)));
        }
        if !self.reads_stored_packs {
            return Ok(None);
        }
        let Some(row) = self.tx.rule_set(RuleSetKind::PolicyPack, &id.version).await? else {
            return Ok(None);
        };
        if sha256(row.content.as_bytes()) != id.hash {
            return Ok(None);
        }
        let unreadable = |_error| Error::internal(Unreadable { table: "rule_sets" });
        let pack: PolicyPack = serde_json::from_str(&row.content).map_err(unreadable)?;
        let pack = Arc::new(pack);
        self.packs.insert(name, Arc::clone(&pack));
        Ok(Some(pack))
    }
}
