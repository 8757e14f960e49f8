//! What is done inside the commit when something changes about a person.

use crate::domain::id::{CaseRef, Oin, Pseudonym};
use crate::domain::notice::NoticeContent;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::gateway::notify::leave_notices;
use crate::gateway::once::{Refusal, Work};
use crate::store::{self, NewEntry, PersonFactRow, Placed, Tx};

use super::{AffectedConsent, PersonChanged};

/// Something changes about a person, and those concerned are told.
pub(super) struct ChangePerson {
    pub(super) case_ref: CaseRef,
    pub(super) subject: Pseudonym,
    /// The facts that it was decided on.
    pub(super) facts_version: i64,
    /// Whether it changes what may be shared about the person in other cases too.
    pub(super) counts_everywhere: bool,
    pub(super) writes: Vec<Write>,
    pub(super) entry: NewEntry,
    pub(super) affected: Vec<AffectedConsent>,
    pub(super) told: Told,
    pub(super) caller: Oin,
    pub(super) now: Timestamp,
}

/// A row that is written.
pub(super) enum Write {
    /// Something begins to hold.
    Begin(PersonFactRow),
    /// Something holds no more.
    End(PersonFactRow),
    /// What is sealed of the person is another.
    Person(Vec<u8>),
}

/// Who is told what.
pub(super) enum Told {
    /// Everybody who received data about the person, the same.
    Recipients(NoticeContent),
    /// Each of these its own.
    Each(Vec<(Oin, NoticeContent)>),
}

impl ChangePerson {
    async fn write(&self, tx: &mut Tx, write: &Write) -> store::Result<()> {
        match write {
            Write::Begin(row) => tx.insert_person_fact(&self.case_ref, row).await,
            Write::End(row) => tx.end_person_fact(&self.case_ref, row).await,
            Write::Person(content) => {
                tx.update_case_person(&self.case_ref, self.subject, content.clone()).await
            }
        }
    }

    /// Who received data is read here, behind everything that was released before.
    async fn notify(&self, tx: &mut Tx, idx: i64) -> store::Result<usize> {
        let place = (idx, &self.case_ref);
        match &self.told {
            Told::Recipients(content) => {
                let recipients = tx.received_about(&self.case_ref, self.subject).await?;
                let recipients: Vec<Oin> = recipients
                    .into_iter()
                    .map(|(recipient,)| recipient)
                    .filter(|recipient| *recipient != self.caller)
                    .collect();
                leave_notices(tx, &recipients, place, content, self.now).await
            }
            Told::Each(notices) => {
                for (recipient, content) in notices {
                    let recipient = std::slice::from_ref(recipient);
                    leave_notices(tx, recipient, place, content, self.now).await?;
                }
                Ok(notices.len())
            }
        }
    }
}

impl Work for ChangePerson {
    type Answer = PersonChanged;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        tx.raise_facts_version(&self.case_ref).await?;
        // Any other change since it was decided could make it another decision.
        if tx.facts_version(&self.case_ref).await? != Some(self.facts_version + 1) {
            return Ok(Err(Refusal::Stale));
        }
        if self.counts_everywhere {
            tx.raise_facts_elsewhere(&self.case_ref, self.subject).await?;
        }
        for write in &self.writes {
            self.write(tx, write).await?;
        }
        Ok(Ok(vec![self.entry.clone()]))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<PersonChanged> {
        let idx = i64::try_from(placed.first())
            .or(Err(store::Error::Corrupt { table: "log_state", column: "size" }))?;
        let notice_count = self.notify(tx, idx).await?;
        let entry = Gateway::entry_receipt(tx, placed, 0, None).await?;
        Ok(PersonChanged { affected: self.affected.clone(), notice_count, entry })
    }
}
