//! What is done inside the commit of a release: the facts are looked at once more, and every
//! consent that was relied on is noted.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::consent::ConsentRef;
use crate::domain::decision::Decision;
use crate::domain::id::{Oin, PersonKey, Pseudonym, RequestId};
use crate::domain::purpose::Purpose;
use crate::domain::summary::Part;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::gateway::once::{Refusal, Work};
use crate::gateway::receipt::Receipt;
use crate::store::{self, Needs, NewEntry, Placed, RevisionRow, Tx};

use super::{Requested, ViewPerson};

/// What the permits allow of a summary goes to a partner.
pub(in crate::gateway) struct Release {
    pub(in crate::gateway) gateway: Gateway,
    pub(in crate::gateway) request_id: RequestId,
    pub(in crate::gateway) caller: Oin,
    pub(in crate::gateway) now: Timestamp,
    pub(in crate::gateway) facts_version: i64,
    pub(in crate::gateway) revision: RevisionRow,
    pub(in crate::gateway) purpose: Purpose,
    pub(in crate::gateway) parts: Vec<Part>,
    pub(in crate::gateway) redacted_parts: u32,
    pub(in crate::gateway) permitted: Vec<Pseudonym>,
    pub(in crate::gateway) keys: Vec<Arc<crate::vault::subject::SubjectKey>>,
    pub(in crate::gateway) persons: Vec<ViewPerson>,
    pub(in crate::gateway) entries: Vec<NewEntry>,
    /// About those who are left out, of whom the recipient is told the number and nothing else: not
    /// even their entries, which say why and what there is.
    pub(in crate::gateway) left_out: Vec<NewEntry>,
    pub(in crate::gateway) opens: Vec<Option<(PersonKey, [u8; 32])>>,
    pub(in crate::gateway) uses: BTreeMap<ConsentRef, usize>,
    pub(in crate::gateway) digest: [u8; 32],
    pub(in crate::gateway) decision: Arc<Decision>,
}

impl Release {
    fn receipt(&self, placed: &Placed) -> Result<String> {
        let indexes: Vec<String> =
            (placed.first()..).take(self.entries.len()).map(|index| index.to_string()).collect();
        Receipt::new("summary")
            .line("request", self.request_id)
            .line("case", &self.revision.case_ref)
            .line("author", &self.revision.author_oin)
            .line("revision", self.revision.revision)
            .line("recipient", &self.caller)
            .line("purpose", self.purpose)
            .line("disclosed", self.now)
            .line("content-sha256", hex::encode(self.digest))
            .line("ledger", self.gateway.origin())
            .line("entries", indexes.join(" "))
            .sign(self.gateway.receipt_signer())
    }
}

impl Work for Release {
    type Answer = Requested;

    fn needs(&self) -> Needs {
        Needs { cases: vec![self.revision.case_ref.clone()], ..Needs::default() }
    }

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let facts = tx.facts_version(&self.revision.case_ref).await?;
        if facts != Some(self.facts_version) {
            return Ok(Err(Refusal::Stale));
        }
        Ok(Ok([self.entries.as_slice(), &self.left_out].concat()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Requested> {
        let corrupt = || store::Error::Corrupt { table: "log_state", column: "size" };
        for (consent, offset) in &self.uses {
            let index = usize::try_from(placed.first()).or(Err(corrupt()))? + offset;
            let index = i64::try_from(index).or(Err(corrupt()))?;
            tx.record_consent_use(consent.consent_id, &self.caller, index).await?;
        }
        let mut entries = Vec::with_capacity(self.entries.len());
        for (offset, opens) in self.opens.iter().enumerate() {
            entries.push(Gateway::entry_receipt(tx, placed, offset, opens.clone()).await?);
        }
        let receipt = self
            .receipt(placed)
            .or(Err(store::Error::Corrupt { table: "requests", column: "response" }))?;
        Ok(Requested {
            case_ref: self.revision.case_ref.clone(),
            author_oin: self.revision.author_oin.clone(),
            revision: u32::try_from(self.revision.revision).or(Err(corrupt()))?,
            persons: self.persons.clone(),
            parts: self.parts.clone(),
            redacted_subjects: self.left_out.len(),
            redacted_parts: self.redacted_parts,
            purpose: self.purpose,
            decision: Arc::clone(&self.decision),
            entries,
            receipt,
        })
    }
}
