//! The recipient of a share reads it. Every look is an entry, and is decided anew on the facts of that
//! moment: a consent that was withdrawn, a summary that was retracted, a restriction of processing and the
//! end of an emergency all close it.

use std::collections::BTreeSet;

use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{Pseudonym, ShareId};
use crate::domain::policy::{self, Asked};
use crate::gateway::Gateway;
use crate::gateway::call::{Call, Request};
use crate::gateway::error::{Error, Result};
use crate::gateway::keys::combined;
use crate::gateway::once::{DECISIONS_MAX, Done, Encode, Keep};
use crate::gateway::request_summary::{Requested, Stored, Wanted, reusable_until};
use crate::gateway::retention::content_purged;
use crate::store::{RestsOn, ShareRow};

use super::draft::Sharing;
use super::ground::Ground;

impl Gateway {
    /// Gives the recipient what the share still allows.
    pub async fn read_shared_summary(
        &self,
        call: &Call,
        request: &Request,
        share_id: ShareId,
        encode: Encode<Requested>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        if !policy::reads_files(&call.actor, call.role()) {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        for _ in 0..DECISIONS_MAX {
            let (share, sharing, stored) = self.share_for(call, share_id).await?;
            let wanted = &sharing.wanted;
            let decision = self.decide_sharing(call, &sharing, &stored).await?;
            if let Some(reason) = decision.denial() {
                return self.deny_summary(call, wanted, &stored, &decision, reason).await;
            }
            let until = reusable_until(&stored.consents, &decision).min(share.expires_at);
            let work = self.release(call, request, wanted, &stored, decision)?;
            let keep = Keep::Disclosed {
                people: work.permitted.clone(),
                key: combined(&work.keys)?,
                rests_on: RestsOn {
                    case_ref: wanted.case_ref.clone(),
                    facts_version: work.facts_version,
                    directory_version: call.caller.directory_version.unwrap_or_default(),
                    until,
                },
            };
            match self.once(call, request, work, keep, encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// A share for its recipient. For everybody else it does not exist; nor does one that is over or
    /// whose summary was taken back, except that the end of an emergency is decided, and told.
    async fn share_for(
        &self,
        call: &Call,
        share_id: ShareId,
    ) -> Result<(ShareRow, Sharing, Stored)> {
        let mut tx = self.db().read().await?;
        let share = tx.share(share_id).await?;
        drop(tx);
        let Some(share) = share.filter(|share| share.recipient_oin == *call.oin()) else {
            return self.refuse_hidden(call).await;
        };
        let is_over = share.expires_at <= call.now();
        if is_over && share.is_emergency == 0 {
            return self.refuse_hidden(call).await;
        }
        let Some(file) = self.case_file(&share.case_ref).await? else {
            return self.refuse_hidden(call).await;
        };
        if is_over {
            // The first look after it writes the end down, before it hears that there is one.
            self.end_emergency(&self.acting_itself()?, &share, &file).await?;
        }
        let mut tx = self.db().read().await?;
        let revision = tx.revision(&share.case_ref, &share.author_oin, share.revision).await?;
        let Some(revision) = revision.filter(|revision| revision.retracted_at.is_none()) else {
            drop(tx);
            return self.refuse_hidden(call).await;
        };
        if share.content.is_empty() || revision.content_purged_at.is_some() {
            return Err(content_purged());
        }
        let parts = tx.parts(&revision).await?;
        let consents = self.words_in(&mut tx, &file).await?;
        drop(tx);
        let about: BTreeSet<Pseudonym> = people_of(&share).collect();
        let mut keys = Vec::with_capacity(about.len());
        for subject in people_of(&share) {
            let person = file.person_of(subject).ok_or_else(Error::hidden)?;
            keys.push(std::sync::Arc::clone(&person.key));
        }
        let ground = Ground::open(&share, &combined(&keys)?)?;
        let sharing = given(&share, ground);
        let stored = Stored { file, revision, parts, consents, about: Some(about) };
        Ok((share, sharing, stored))
    }
}

/// Whom a share is about.
pub(super) fn people_of(share: &ShareRow) -> impl Iterator<Item = Pseudonym> {
    share.subjects.chunks(32).filter_map(|bytes| bytes.try_into().ok()).map(Pseudonym::new)
}

/// What was given, to be judged again. A category is not asked for again by name: what is not allowed any
/// more is left out, and the rest can be read.
fn given(share: &ShareRow, ground: Ground) -> Sharing {
    let wanted = Wanted {
        case_ref: share.case_ref.clone(),
        author: share.author_oin.clone(),
        recipient: Some(share.recipient_oin.clone()),
        revision: Some(share.revision),
        purpose: ground.purpose,
        basis: ground.basis,
        asked: Asked::Everything,
        involvement: ground.involvement,
        evidence: ground.evidence,
        event: EventCode::SummaryRead,
        break_glass: ground.declared,
    };
    Sharing {
        wanted,
        recipient: share.recipient_oin.clone(),
        giver: ground.giver,
        about: BTreeSet::new(),
        emergency: ground.emergency,
        granted: Some(ground.granted),
    }
}
