//! A member of a case gives its own summary to one organisation, on its own initiative: a report, a
//! notice, an emergency (DOMAIN §4.2, §4.4).
//!
//! The recipient need not be in the case team, and gets no content with the act: a notice tells that there
//! is something to read. Whether it may be read is decided anew by every look, so that what rests on a
//! consent stops with it. A declared emergency is in the ledger and on the queue of the privacy officers in
//! the commit of the giving; nobody waits for them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::decision::Decision;
use crate::domain::disclosure::ObjectType;
use crate::domain::emergency::{Cause, Emergency};
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::domain::id::{EventId, Oin, PersonKey, ReviewId, ShareId};
use crate::domain::notice::NoticeContent;
use crate::domain::policy::{self, Initiative};
use crate::domain::review::{ReviewState, review_due_at, takes_two};
use crate::domain::summary::View;
use crate::domain::time::Timestamp;
use crate::ledger::entry::Administration;
use crate::store::{ReviewRow, ShareRow};
use crate::vault::random;

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, CasePersonFile};
use super::error::{Error, Result};
use super::journal::{
    EntryReceipt, Happening, Matter, Scope, Sharing as Shared, Subject, Written, new_group,
};
use super::keys::combined;
use super::once::{DECISIONS_MAX, Done, Encode, Keep};
use super::request_summary::{Content, Stored, Wanted, Writing, released};
use super::retention::content_purged;
use super::reviews::declared::Declared;

mod draft;
mod end;
mod ground;
mod read;
mod work;

pub use draft::ShareDraft;

use draft::Sharing;
use ground::{Ground, declared_emergency};
use work::Give;

/// How long a share that is no emergency can be read: payload does not stay for ever (DOMAIN §8 row 10).
const READABLE: Duration = Duration::from_hours(30 * 24);

/// What the giver is told.
#[derive(Debug)]
pub struct Given {
    /// Names the share; the recipient reads it by this.
    pub share_id: ShareId,
    /// First moment at which it cannot be read any more.
    pub expires_at: Timestamp,
    /// Why.
    pub decision: Arc<Decision>,
    /// One per person of the summary, and one more per person for a declared emergency.
    pub entries: Vec<EntryReceipt>,
    /// The review of the emergency.
    pub review: Option<(ReviewId, Timestamp)>,
}

impl Gateway {
    /// Gives the caller's own summary of a case to one organisation, as far as the decision allows.
    pub async fn share_summary(
        &self,
        call: &Call,
        request: &Request,
        draft: ShareDraft,
        encode: Encode<Given>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let policy = Arc::clone(&self.directory().policy);
        let sharing = match draft.parse(&policy, &call.actor, call.oin(), call.now()) {
            Ok(sharing) => sharing,
            // Whoever takes vital interest for a refusal is told which basis fits.
            Err(found) if draft::took_vital_interest_for_a_refusal(&found) => {
                let reason = DenialReason::VitalInterestNeedsIncapacity;
                return self.refuse_about(call, &draft, reason).await;
            }
            Err(found) => return Err(found.into()),
        };
        for _ in 0..DECISIONS_MAX {
            let stored = self.own_summary(call, &sharing).await?;
            let decision = self.decide_sharing(call, &sharing, &stored).await?;
            if let Some(reason) = decision.denial() {
                let wanted = &sharing.wanted;
                return self.deny_summary(call, wanted, &stored, &decision, reason).await;
            }
            let (work, keep) = self.giving(call, &sharing, &stored, decision)?;
            match self.once(call, request, work, keep, encode).await? {
                Done::Answered(bytes) => {
                    self.ring_about(call, &sharing);
                    return Ok(bytes);
                }
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// Logs a refusal for everybody it is about, and says no; about nobody where the caller has no such
    /// case. The answer is the same.
    async fn refuse_about<T>(
        &self,
        call: &Call,
        draft: &ShareDraft,
        reason: DenialReason,
    ) -> Result<T> {
        let file = match draft.case_ref.parse() {
            Ok(case_ref) => match self.case_file(&case_ref).await {
                Ok(file) => file,
                Err(Error::Denied { .. }) => None,
                Err(error) => return Err(error),
            },
            Err(_) => None,
        };
        let file = file.filter(|file| file.is_member(call.oin(), call.now()));
        let named = |person: &&CasePersonFile| {
            let key = person.record.key.as_str();
            draft.person_keys.is_empty() || draft.person_keys.iter().any(|one| one == key)
        };
        let group = new_group(call)?;
        let mut entries = Vec::new();
        for person in file.iter().flat_map(|file| file.people.iter().filter(named)) {
            let scope = Scope::Access.number();
            let happening = Happening {
                subject: Some(subject_of(person, call.now())),
                case_ref: file.as_ref().map(CaseFile::case_ref),
                outcome: Outcome::SeriousFailure,
                denial: Some(reason),
                detail: reason.as_str().to_owned(),
                ..Happening::new(
                    EventCode::AccessDenied,
                    group,
                    ObjectType::EmergencyDisclosure,
                    Matter::Administration(Administration { scope, count: 1, digest: [0; 32] }),
                )
            };
            entries.push(self.write_down(call, happening)?.entry);
        }
        if entries.is_empty() {
            return self.refuse(call, reason).await;
        }
        self.append(entries).await?;
        Err(Error::denied(reason))
    }

    /// Wakes the recipient, and who reviews an emergency.
    fn ring_about(&self, call: &Call, sharing: &Sharing) {
        self.wake().ring(&sharing.recipient);
        if sharing.emergency.is_some() {
            self.ring_reviewers(call.oin(), &sharing.recipient);
        }
    }

    /// The caller's own summary, and the people it is given about.
    async fn own_summary(&self, call: &Call, sharing: &Sharing) -> Result<Stored> {
        let wanted = &sharing.wanted;
        let file = self.case_for(call, &wanted.case_ref).await?;
        let about = sharing.people_of(&file)?;
        let known = self.directory().organisation(&sharing.recipient).is_some();
        if !known {
            return Err(draft::unknown_recipient().into());
        }
        let mut tx = self.db().read().await?;
        let revision = match wanted.revision {
            Some(revision) => tx.revision(&wanted.case_ref, &wanted.author, revision).await?,
            None => tx.latest_revision(&wanted.case_ref, &wanted.author).await?,
        };
        let Some(revision) = revision.filter(|revision| revision.retracted_at.is_none()) else {
            let sentence = "there is no such version of the own summary, or it was retracted";
            return Err(Error::unmet("SUMMARY_PUBLISHED", sentence));
        };
        if revision.content_purged_at.is_some() {
            return Err(content_purged());
        }
        let parts = tx.parts(&revision).await?;
        let consents = self.words_in(&mut tx, &file).await?;
        Ok(Stored { file, revision, parts, consents, about })
    }

    async fn decide_sharing(
        &self,
        call: &Call,
        sharing: &Sharing,
        stored: &Stored,
    ) -> Result<Decision> {
        let wanted = &sharing.wanted;
        let directory = self.directory();
        let asked = policy::Request {
            decision_id: new_group(call)?,
            case_ref: Some(wanted.case_ref.clone()),
            sender: directory.party(&wanted.author).ok_or_else(Error::hidden)?,
            recipient: directory.party(&sharing.recipient).ok_or_else(Error::hidden)?,
            initiative: Initiative::Give,
            actor: sharing.giver.clone(),
            purpose: wanted.purpose,
            basis: wanted.basis,
            evidence: wanted.evidence.clone(),
            emergency: sharing.emergency.as_ref().map(declared_emergency),
            relied_on: Vec::new(),
            asked: wanted.asked,
            involvement: Some(wanted.involvement.clone()),
        };
        let mut facts = self.summary_facts(stored, call.now())?;
        facts.reporter = self.reporter(wanted, stored).await?;
        let between = (&wanted.author, &sharing.recipient);
        facts.address_releases =
            self.address_releases(&wanted.case_ref, between, call.now()).await?;
        for subject in &mut facts.subjects {
            subject.present = sharing.given_of(&subject.person, subject.present);
        }
        Ok(policy::decide(asked, facts, call.now()))
    }

    /// Who made the referral that feedback names, when the case came from it.
    async fn reporter(&self, wanted: &Wanted, stored: &Stored) -> Result<Option<Oin>> {
        let named = wanted.evidence.referral_id.filter(|id| *id == stored.file.row.referral_id);
        let Some(referral_id) = named else { return Ok(None) };
        let referral = self.db().read().await?.referral(referral_id).await?;
        Ok(referral.map(|referral| referral.sender_oin))
    }

    /// Writes everything down and prepares the commit.
    fn giving(
        &self,
        call: &Call,
        sharing: &Sharing,
        stored: &Stored,
        decision: Decision,
    ) -> Result<(Give, Keep)> {
        let released = released(stored, &decision)?;
        let declared = self.declarations(call, sharing, stored, (&decision, &released))?;
        let mut wanted = sharing.wanted.clone();
        wanted.break_glass =
            declared.iter().map(|(key, one)| (key.clone(), event_of(one))).collect();
        let mut writing = Writing::default();
        for person in stored.people() {
            let content = Content::about(person, &released);
            let written =
                self.summary_entry(call, (&wanted, stored), &decision, person, &content)?;
            writing.add(person, decision.permit(person.subject), written, &content.payload);
        }
        let key = combined(&writing.keys)?;
        let share_id = ShareId::new(random::uuid_v4().map_err(Error::internal)?);
        let expires_at = match &sharing.emergency {
            Some(emergency) => emergency.expires_at,
            None => call.now().plus(READABLE),
        };
        let granted = decision.persons.iter().filter(|person| !person.permitted.is_empty());
        let ground = Ground {
            giver: call.actor.clone(),
            purpose: wanted.purpose,
            basis: wanted.basis,
            evidence: wanted.evidence.clone(),
            emergency: sharing.emergency.clone(),
            involvement: wanted.involvement.clone(),
            granted: granted.map(|one| (one.person.clone(), one.permitted)).collect(),
            declared: wanted.break_glass.clone(),
        };
        let subjects: Vec<u8> = writing.permitted.iter().flat_map(|one| *one.as_bytes()).collect();
        let share = ShareRow {
            share_id,
            case_ref: wanted.case_ref.clone(),
            author_oin: wanted.author.clone(),
            revision: stored.revision.revision,
            recipient_oin: sharing.recipient.clone(),
            group_id: decision.id,
            shared_at: call.now(),
            expires_at,
            is_emergency: i64::from(sharing.emergency.is_some()),
            ended_at: None,
            subjects,
            content: ground.seal(&key, share_id)?,
        };
        let is_override = decision.overrides_a_no();
        let review = match &sharing.emergency {
            Some(emergency) => {
                let evidence = ground.evidence;
                let declared = Declared { emergency: emergency.clone(), evidence };
                let about = (&share, &wanted);
                Some(self.review_of(call, about, (&declared, is_override), &writing)?)
            }
            None => None,
        };
        let notice = NoticeContent::SummaryShared {
            share_id,
            sender_oin: wanted.author,
            is_emergency: sharing.emergency.is_some(),
            expires_at,
        };
        let keep = Keep::Sealed { people: writing.permitted.clone(), key };
        let mut entries = Vec::new();
        let mut opens = Vec::new();
        for (_, one) in declared {
            entries.push(one.entry);
            opens.push(None);
        }
        let offset = entries.len();
        entries.extend(writing.entries);
        opens.extend(writing.opens);
        opens.extend(writing.left_out.iter().map(|_denied| None));
        entries.extend(writing.left_out);
        let work = Give {
            now: call.now(),
            facts_version: stored.file.row.facts_version,
            tell_by: sharing.emergency.as_ref().and_then(Emergency::last_day_to_inform),
            share,
            review,
            notice,
            entries,
            opens,
            offset,
            uses: writing.uses,
            decision: Arc::new(decision),
        };
        Ok((work, keep))
    }

    /// One entry per person that something is shared of: the emergency was declared.
    fn declarations(
        &self,
        call: &Call,
        sharing: &Sharing,
        stored: &Stored,
        (decision, released): (&Decision, &View),
    ) -> Result<BTreeMap<PersonKey, Written>> {
        let mut declared = BTreeMap::new();
        let Some(emergency) = &sharing.emergency else { return Ok(declared) };
        for person in stored.people() {
            if decision.permit(person.subject).is_none() {
                continue;
            }
            let wanted = &sharing.wanted;
            let matter = Matter::Sharing(Shared {
                sender: &wanted.author,
                recipient: &sharing.recipient,
                custodian: &wanted.author,
                purpose: wanted.purpose,
                basis: wanted.basis,
                categories: released.released_about(&person.record.key),
                consents: &[],
                payload: &[],
            });
            let happening = Happening {
                subject: Some(subject_of(person, call.now())),
                case_ref: Some(&wanted.case_ref),
                detail: emergency.reason_code.as_str().to_owned(),
                conditions: decision.conditions_about(person.subject),
                involvement: Some(wanted.involvement.clone()),
                ..Happening::new(
                    EventCode::BreakGlassDeclared,
                    decision.id,
                    ObjectType::EmergencyDisclosure,
                    matter,
                )
            };
            declared.insert(person.record.key.clone(), self.write_down(call, happening)?);
        }
        Ok(declared)
    }

    /// The review of an emergency; it is due when its cause says, and delays nothing.
    fn review_of(
        &self,
        call: &Call,
        (share, wanted): (&ShareRow, &Wanted),
        (declared, is_override): (&Declared, bool),
        writing: &Writing,
    ) -> Result<ReviewRow> {
        let emergency = &declared.emergency;
        let directory = self.directory();
        let role = |oin: &Oin| {
            let known = directory.organisation(oin);
            known.map_or(0, |known| i64::from(known.role().number()))
        };
        let cause = Cause::of(wanted.basis, true).ok_or_else(Error::hidden)?;
        let review_id = ReviewId::new(random::uuid_v4().map_err(Error::internal)?);
        let key = combined(&writing.keys)?;
        Ok(ReviewRow {
            review_id,
            version: 1,
            state: i64::from(ReviewState::Open.number()),
            cause: i64::from(cause.number()),
            case_ref: share.case_ref.clone(),
            group_id: share.group_id,
            idx: 0,
            discloser_oin: share.author_oin.clone(),
            discloser_role: role(&share.author_oin),
            recipient_oin: share.recipient_oin.clone(),
            recipient_role: role(&share.recipient_oin),
            purpose: i64::from(wanted.purpose.number()),
            basis: i64::from(wanted.basis.number()),
            categories: i64::from(emergency.categories.bits()),
            is_override: i64::from(is_override),
            takes_two: i64::from(takes_two(cause, &directory.policy.break_glass)),
            declared_by: emergency.declared_by.clone(),
            declared_for: emergency.declared_for.clone(),
            consulted: emergency.consulted().cloned(),
            declared_at: call.now(),
            expires_at: emergency.expires_at,
            due_at: review_due_at(cause, call.now(), &directory.policy.break_glass),
            closed_at: None,
            subjects: share.subjects.clone(),
            content: declared.seal(&key, review_id)?,
        })
    }
}

fn event_of(written: &Written) -> EventId {
    written.entry.entry.event_id
}

fn subject_of(person: &CasePersonFile, now: Timestamp) -> Subject<'_> {
    Subject { key: &person.key, age_band: person.record.age_band(now) }
}
