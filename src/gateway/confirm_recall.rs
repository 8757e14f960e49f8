//! A recipient says that it erased a summary which its author took back: one entry per person about whom it
//! received any, so that it learns of nobody whom it never knew of, and who was forgotten stops nobody.
//! Whether that is so, the gateway cannot see; that it was said, it can prove.

use crate::domain::disclosure::ObjectType;
use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, Oin};
use crate::domain::time::Timestamp;
use crate::ledger::entry::Administration;
use crate::store::{self, DisclosureRow, NewEntry, Placed, RecallConfirmationRow, Tx};

use super::Gateway;
use super::call::{Call, Request};
use super::error::{Error, Result};
use super::journal::{Happening, Matter, Scope, Subject, new_group};
use super::once::{Encode, Keep, Refusal, Work};

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// Case.
    pub case_ref: CaseRef,
    /// Author of the summary.
    pub author: Oin,
    /// The newest version that was taken back: it and all before it.
    pub revision: u32,
}

/// What the recipient is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecallConfirmed {
    /// What it erased.
    pub recalled: Recalled,
    /// When it said so.
    pub at: Timestamp,
    /// First ledger entry of it.
    pub idx: i64,
}

impl Gateway {
    /// Takes it from an organisation that received the summary. For every other there is none.
    pub async fn confirm_recall(
        &self,
        call: &Call,
        request: &Request,
        recalled: Recalled,
        encode: Encode<RecallConfirmed>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let Recalled { case_ref, author, .. } = &recalled;
        let mut tx = self.db().read().await?;
        let places = tx.received_from(case_ref, (author, call.oin())).await?;
        let rows = tx.disclosures(&places).await?;
        drop(tx);
        if rows.is_empty() {
            return self.refuse_hidden(call).await;
        }
        let work = Confirm {
            entries: self.erased(call, case_ref, rows).await?,
            recipient: call.oin().clone(),
            at: call.now(),
            recalled,
        };
        self.once(call, request, work, Keep::Plain, encode).await?.bytes()
    }

    /// One entry for each of those about whom something was received; about nobody when all were forgotten.
    async fn erased(
        &self,
        call: &Call,
        case_ref: &CaseRef,
        received: Vec<DisclosureRow>,
    ) -> Result<Vec<NewEntry>> {
        let mut people = Vec::with_capacity(received.len());
        for row in received {
            let looked = self.look_at(row).await?;
            let person = looked.record.and_then(|record| record.data_subject);
            people.extend(self.key_of(&looked.row).await?.zip(person));
        }
        let group = new_group(call)?;
        let count = u64::try_from(people.len()).map_err(Error::internal)?;
        let entry = |subject| {
            let administration =
                Administration { scope: Scope::Case.number(), count, digest: [0; 32] };
            let happening = Happening {
                subject,
                case_ref: Some(case_ref),
                detail: "ERASED".to_owned(),
                ..Happening::new(
                    EventCode::RecallConfirmed,
                    group,
                    ObjectType::Case,
                    Matter::Administration(administration),
                )
            };
            Ok(self.write_down(call, happening)?.entry)
        };
        if people.is_empty() {
            return Ok(vec![entry(None)?]);
        }
        people
            .iter()
            .map(|(key, person)| entry(Some(Subject { key, age_band: person.age_band })))
            .collect()
    }
}

struct Confirm {
    recalled: Recalled,
    recipient: Oin,
    at: Timestamp,
    entries: Vec<NewEntry>,
}

impl Confirm {
    fn row(&self, idx: i64) -> RecallConfirmationRow {
        let Recalled { case_ref, author, revision } = self.recalled.clone();
        RecallConfirmationRow {
            case_ref,
            author_oin: author,
            recipient_oin: self.recipient.clone(),
            revision: i64::from(revision),
            confirmed_at: self.at,
            idx,
        }
    }
}

impl Work for Confirm {
    type Answer = RecallConfirmed;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let Recalled { case_ref, author, revision } = &self.recalled;
        let latest = tx.latest_revision_taken_back(case_ref, author).await?;
        if latest != Some(i64::from(*revision)) {
            return Ok(Err(Error::RevisionMismatch.into()));
        }
        // Before the lock of the ledger: another gateway that is told the same finds it taken.
        match tx.insert_recall_confirmation(&self.row(0)).await {
            Ok(()) => Ok(Ok(self.entries.clone())),
            Err(store::Error::Conflict) => {
                let sentence = "that it was erased was said before";
                Ok(Err(Error::unmet("RECALL_OPEN", sentence).into()))
            }
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<RecallConfirmed> {
        let corrupt = store::Error::Corrupt { table: "recall_confirmations", column: "idx" };
        let Ok(idx) = i64::try_from(placed.first()) else { return Err(corrupt) };
        tx.place_recall_confirmation(&self.row(idx)).await?;
        Ok(RecallConfirmed { recalled: self.recalled.clone(), at: self.at, idx })
    }
}
