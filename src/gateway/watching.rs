//! Watching: what happened since a place that the watcher knows, in the order of the ledger.
//!
//! A place is the position of a ledger entry. Entries become visible in their order, so whoever
//! resumes at a place misses nothing. What is told is read when it is told: a referral that changed
//! several times since is told of once, as it is now.

use tokio::sync::watch;

use crate::domain::id::{CaseRef, NoticeId, ReferralId};
use crate::domain::notice::NoticeContent;
use crate::domain::time::Timestamp;
use crate::store::NoticeRow;

use super::Gateway;
use super::call::Caller;
use super::error::{Error, Result, Unreadable};
use super::referral_status::{ReferralStatus, statuses};

/// A place before the first entry of the ledger.
pub const BEFORE_ALL: i64 = -1;

/// Changes read at once.
const CHANGES_MAX: u32 = 256;

/// A notice for one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id.
    pub notice_id: NoticeId,
    /// Its place in the list.
    pub place: i64,
    /// The case it is about.
    pub case_ref: Option<CaseRef>,
    /// From when on; it was made in the commit that it is about.
    pub effective_at: Timestamp,
    /// What happened.
    pub content: NoticeContent,
}

impl Notice {
    fn of(row: NoticeRow) -> Result<Self> {
        let content = NoticeContent::from_text(&row.content)
            .ok_or_else(|| Error::internal(Unreadable { table: "notices" }))?;
        Ok(Self {
            notice_id: row.notice_id,
            place: row.idx,
            case_ref: row.case_ref,
            effective_at: row.effective_at,
            content,
        })
    }
}

impl Gateway {
    /// The caller's referrals to which something happened after a place, each with the place of
    /// the last thing that did, in their order. Empty when there is nothing new.
    pub async fn referral_changes(
        &self,
        caller: &Caller,
        after: i64,
    ) -> Result<Vec<(i64, ReferralStatus)>> {
        let mut tx = self.db().read().await?;
        let changes = tx.changes(caller.oin(), after, CHANGES_MAX).await?;
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<ReferralId> = changes.iter().map(|change| change.referral_id).collect();
        let rows = tx.referrals(&ids).await?;
        let statuses = statuses(&mut tx, &rows, caller.now).await?;
        let place = |status: ReferralStatus| {
            let change = changes.iter().find(|change| change.referral_id == status.referral_id)?;
            Some((change.idx, status))
        };
        let mut told: Vec<_> = statuses.into_iter().filter_map(place).collect();
        told.sort_by_key(|(idx, _)| *idx);
        Ok(told)
    }

    /// The place of the last change of the caller's referrals.
    pub async fn last_referral_change(&self, caller: &Caller) -> Result<i64> {
        let mut tx = self.db().read().await?;
        Ok(tx.last_change(caller.oin()).await?.unwrap_or(BEFORE_ALL))
    }

    /// Notices for the caller after a place in its list.
    pub async fn notices(&self, caller: &Caller, after: i64, limit: u32) -> Result<Vec<Notice>> {
        let mut tx = self.db().read().await?;
        tx.notices(caller.oin(), after, limit).await?.into_iter().map(Notice::of).collect()
    }

    /// The place of the last notice for the caller.
    pub async fn last_notice(&self, caller: &Caller) -> Result<i64> {
        let mut tx = self.db().read().await?;
        Ok(tx.last_notice(caller.oin()).await?.unwrap_or(BEFORE_ALL))
    }

    /// Changes whenever there may be something new for the caller. A hint.
    pub fn watch_bell(&self, caller: &Caller) -> watch::Receiver<u64> {
        self.wake().listen(caller.oin())
    }
}
