//! What a request looks up before anything is decided, for all requests that come at the same time in
//! one read: whether it was answered before, and whether what it is about is still as it was.

use std::collections::BTreeSet;

use crate::domain::id::{CaseRef, Oin, ReferralId, RequestId};

use super::cases::CaseVersion;
use super::db::{Db, Tx};
use super::error::{Error, Result};
use super::referrals::ReferralName;
use super::requests::StoredAnswer;
use super::summaries::RevisionRow;
use super::together::Together;

/// Asks for all who come at the same time.
#[derive(Debug, Clone)]
pub struct Lookups {
    db: Db,
    together: Together<Before, Result<Found>>,
}

/// What a request wants to know.
#[derive(Debug, Clone)]
pub struct Before {
    /// Who asks.
    pub caller: Oin,
    /// Chosen by the client.
    pub request_id: RequestId,
    /// A referral that may have been stored.
    pub referral: Option<ReferralId>,
    /// A summary that is asked for.
    pub summary: Option<SummaryName>,
}

/// Names a summary, or the latest one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SummaryName {
    /// Case.
    pub case_ref: CaseRef,
    /// Organisation that wrote it.
    pub author: Oin,
    /// None: the latest.
    pub revision: Option<i64>,
}

/// What there is, in one snapshot.
#[derive(Debug)]
pub struct Found {
    /// The answer to the request.
    pub answer: Option<StoredAnswer>,
    /// Who stored the referral, and by which request.
    pub referral: Option<ReferralName>,
    /// How often the case of the summary was changed.
    pub case: Option<CaseVersion>,
    /// The version of the summary, also one that was taken back.
    pub revision: Option<RevisionRow>,
}

impl Lookups {
    /// Looks things up in a database.
    pub fn new(db: Db) -> Self {
        Self { db, together: Together::default() }
    }

    /// What there is now.
    pub async fn look(&self, before: Before) -> Result<Found> {
        let db = self.db.clone();
        self.together.ask(before, |all| look(db, all)).await?
    }
}

/// Looks things up for all who ask. A row that cannot be read is the trouble of those who ask for it: then
/// each is looked up alone.
async fn look(db: Db, all: Vec<Before>) -> Result<Vec<Result<Found>>> {
    match db.read().await?.look(all.clone()).await {
        Ok(found) => return Ok(found.into_iter().map(Ok).collect()),
        Err(error) if error.is_outage() => return Err(error),
        Err(_) => {}
    }
    let mut found = Vec::with_capacity(all.len());
    for one in all {
        let alone = db.read().await?.look(vec![one]).await;
        found.push(alone.and_then(|found| found.into_iter().next().ok_or(Error::Stopped)));
    }
    Ok(found)
}

impl Tx {
    async fn look(&mut self, all: Vec<Before>) -> Result<Vec<Found>> {
        let requests = all.iter().map(|one| (one.caller.clone(), one.request_id)).collect();
        let answers = self.answers_to(requests).await?;
        let referrals = self.names_of(all.iter().filter_map(|one| one.referral).collect()).await?;
        let summaries: BTreeSet<_> = all.iter().filter_map(|one| one.summary.as_ref()).collect();
        let cases = self.case_versions(summaries.iter().map(|one| &one.case_ref).collect()).await?;
        let revisions = self.named_revisions(&summaries).await?;
        let found = |one: Before| Found {
            answer: answers.get(&(one.caller, one.request_id)).cloned().flatten(),
            referral: one.referral.and_then(|id| referrals.get(&id).cloned().flatten()),
            case: one.summary.as_ref().and_then(|name| cases.get(&name.case_ref).copied()),
            revision: one.summary.and_then(|name| revisions.get(&name).cloned()),
        };
        Ok(all.into_iter().map(found).collect())
    }
}
