//! Purges content that nobody needs any more (DOMAIN §5.1, §8 row 10): the gateway is no dossier.
//!
//! What was fetched stays for some days and is then emptied: referrals of which nothing is owed any more
//! or that nobody took over before they were withdrawn or sent back, versions of summaries that do not count any more, answers that disclosed, and shares that are over.
//! Rows, digests and the ledger stay, and an entry of the ledger says how much was purged. Notices hold
//! no content.

use std::sync::{Mutex, PoisonError};

use crate::domain::disclosure::ObjectType;
use crate::domain::event::EventCode;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{Happening, Matter, Scope, new_group};
use crate::ledger::entry::Administration;
use crate::store::{self, Command, EmptiedContent, Flow, NewEntry, Placed, Tx};

/// Things of one kind that one commit empties.
const CONTENT_BATCH_MAX: u32 = 200;

impl Gateway {
    /// Purges content that nobody has needed since a moment, batch by batch.
    pub async fn purge_content(&self, before: Timestamp) -> Result<EmptiedContent> {
        let mut all = EmptiedContent::default();
        loop {
            let emptying = Emptying {
                gateway: self.clone(),
                call: self.acting_itself()?,
                before,
                emptied: Mutex::default(),
            };
            let emptied = self.writer().commit(emptying).await?;
            if emptied.total() == 0 {
                return Ok(all);
            }
            all.referrals += emptied.referrals;
            all.summaries += emptied.summaries;
            all.answers += emptied.answers;
            all.shares += emptied.shares;
        }
    }

    fn content_entry(&self, call: &Call, emptied: &EmptiedContent) -> Result<NewEntry> {
        let EmptiedContent { referrals, summaries, answers, shares } = emptied;
        let administration = Administration {
            scope: Scope::Content.number(),
            count: emptied.total(),
            digest: [0; 32],
        };
        let happening = Happening {
            detail: format!(
                "{referrals} referrals, {summaries} summaries, {answers} answers, {shares} shares"
            ),
            ..Happening::new(
                EventCode::ContentPurged,
                new_group(call)?,
                ObjectType::Case,
                Matter::Administration(administration),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }
}

/// Who asks for content that was purged is told so.
pub(in crate::gateway) fn content_purged() -> Error {
    Error::unmet("CONTENT_PURGED", "the content was purged; who fetched it has it in its own file")
}

struct Emptying {
    gateway: Gateway,
    call: Call,
    before: Timestamp,
    /// Set anew each time the command is applied.
    emptied: Mutex<EmptiedContent>,
}

impl Command for Emptying {
    type Outcome = EmptiedContent;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<EmptiedContent>> {
        let now = self.call.now();
        let emptied = tx.empty_content(self.before, now, CONTENT_BATCH_MAX).await?;
        if emptied.total() == 0 {
            return Ok(Flow::Stop(emptied));
        }
        let entry = self.gateway.content_entry(&self.call, &emptied);
        let unwritten = store::Error::Corrupt { table: "disclosures", column: "sealed" };
        let entry = entry.or(Err(unwritten))?;
        *self.emptied.lock().unwrap_or_else(PoisonError::into_inner) = emptied;
        Ok(Flow::Append(vec![entry]))
    }

    async fn complete(&self, _: &mut Tx, _: &mut Placed) -> store::Result<EmptiedContent> {
        Ok(*self.emptied.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
