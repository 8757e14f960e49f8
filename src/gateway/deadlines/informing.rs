//! Telling a person that another party gave data about them, or putting that off (Wmo 2015 art. 5.3.1).
//!
//! The duty runs for every person of a referral apart. It may be put off as long as that is necessary
//! to end violence or to investigate, each time by two weeks at most; then it is due again.

use crate::domain::deadline::{DeadlineKind, PostponementReason, inform_subject_extended_until};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::EventCode;
use crate::domain::id::{PersonKey, Pseudonym, ReferralId, UserId};
use crate::domain::person::AgeBand;
use crate::domain::referral::ReferralPerson;
use crate::domain::text::Prose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::call::{Call, Request};
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{Happening, Matter, Scope, Subject, new_group};
use crate::gateway::keys::seal_cell;
use crate::gateway::once::{DECISIONS_MAX, Done, Encode, Keep, Refusal, Work};
use crate::gateway::referral_content::OpenReferral;
use crate::ledger::entry::Administration;
use crate::store::{self, DeadlineRow, NewEntry, Placed, PostponementRow, ReferralRow, Tx};
use crate::vault::subject::SubjectKey;

use super::informing_of;
use super::steps::{in_time, require_taken};

/// Why informing is put off, in words.
pub type Motivation = Prose<500>;

/// A person who was informed.
#[derive(Debug, Clone)]
pub struct InformedDraft {
    /// Referral that holds the data.
    pub referral_id: ReferralId,
    /// Whom.
    pub person: PersonKey,
    /// When.
    pub informed_at: Timestamp,
}

/// A person who is to be informed later.
#[derive(Debug, Clone)]
pub struct PostponementDraft {
    /// Referral that holds the data.
    pub referral_id: ReferralId,
    /// Whom.
    pub person: PersonKey,
    /// Why.
    pub reason: PostponementReason,
    /// Why in words.
    pub motivation: Motivation,
    /// Until the end of the Dutch day of this moment.
    pub until: Timestamp,
    /// Who agreed; not the actor.
    pub supervisor: UserId,
}

/// Where the duty to inform a person stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Informing {
    /// Referral.
    pub referral_id: ReferralId,
    /// Whom.
    pub person: PersonKey,
    /// When it is due now.
    pub due_at: Timestamp,
    /// When it was done.
    pub informed_at: Option<Timestamp>,
}

impl Gateway {
    /// Records that the Steunpunt told a person of a referral that it holds data about them.
    pub async fn record_subject_informed(
        &self,
        call: &Call,
        request: &Request,
        draft: InformedDraft,
        encode: Encode<Informing>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        for _ in 0..DECISIONS_MAX {
            let duty = self.duty_to_inform(call, draft.referral_id, &draft.person).await?;
            in_time("informed_at", draft.informed_at, &duty.row, call.now())?;
            let work = Inform {
                before: duty.before.clone(),
                after: DeadlineRow { met_at: Some(draft.informed_at), ..duty.term() },
                postponement: None,
                entry: self.informing_entry(call, &duty, "INFORMED".to_owned())?,
                answer: Informing {
                    referral_id: draft.referral_id,
                    person: draft.person.clone(),
                    due_at: duty.term().due_at,
                    informed_at: Some(draft.informed_at),
                },
            };
            match self.once(call, request, work, Keep::Plain, encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// Puts off informing a person, on the word of two people of the Steunpunt.
    pub async fn postpone_informing(
        &self,
        call: &Call,
        request: &Request,
        draft: PostponementDraft,
        encode: Encode<Informing>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        for _ in 0..DECISIONS_MAX {
            let duty = self.duty_to_inform(call, draft.referral_id, &draft.person).await?;
            let until = draft.check(call, duty.term().due_at)?;
            let detail = format!(
                "POSTPONED {} until {} agreed by {}",
                draft.reason,
                until.date(),
                draft.supervisor
            );
            let work = Inform {
                before: duty.before.clone(),
                after: DeadlineRow { due_at: until, escalated_at: None, ..duty.term() },
                postponement: Some(duty.postponement(call, &draft, until)?),
                entry: self.informing_entry(call, &duty, detail)?,
                answer: Informing {
                    referral_id: draft.referral_id,
                    person: draft.person.clone(),
                    due_at: until,
                    informed_at: None,
                },
            };
            match self.once(call, request, work, Keep::Plain, encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// The duty of the caller to inform a person, unless that was done.
    async fn duty_to_inform(
        &self,
        call: &Call,
        referral_id: ReferralId,
        person: &PersonKey,
    ) -> Result<Duty> {
        let row = self.received_referral(call, referral_id).await?;
        require_taken(&row)?;
        let opened = self.open_referral(&row).await?;
        let people = &opened.referral.persons;
        let Some(position) = people.iter().position(|one| one.person_key == *person) else {
            let mut violations = Violations::new();
            violations.add("person_key", "UNKNOWN_PERSON", "must be a person of the referral");
            return Err(violations.into());
        };
        let duty = Duty { row, opened, position, before: None };
        let about = informing_of(referral_id, duty.key()?.pseudonym());
        let mut tx = self.db().read().await?;
        let before = tx.deadline(DeadlineKind::InformSubject, &about).await?;
        if before.as_ref().is_some_and(|before| before.met_at.is_some()) {
            return Err(Error::unmet("NOT_INFORMED", "the person was informed already"));
        }
        Ok(Duty { before, ..duty })
    }

    fn informing_entry(&self, call: &Call, duty: &Duty, detail: String) -> Result<NewEntry> {
        let administration =
            Administration { scope: Scope::Deadline.number(), count: 1, digest: [0; 32] };
        let age_band = AgeBand::on(duty.person()?.birth_date, call.now());
        let happening = Happening {
            subject: Some(Subject { key: duty.key()?, age_band }),
            message_id: Some(duty.row.referral_id.into()),
            detail,
            ..Happening::new(
                EventCode::InformingRecorded,
                new_group(call)?,
                ObjectType::Referral,
                Matter::Administration(administration),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }
}

impl PostponementDraft {
    /// The new end of the term, or everything that is wrong.
    fn check(&self, call: &Call, due_at: Timestamp) -> Result<Timestamp> {
        let until = self.until.date().end();
        let mut violations = Violations::new();
        let words = "must be somebody else than the actor";
        let four_eyes = self.supervisor != call.actor.user_id;
        violations.require(four_eyes, "supervisor_user_id", "FOUR_EYES", words);
        // A day within the term is a day that is kept to: the term ends then.
        let words = "must be still to come, and another day than that on which the term ends";
        violations.require(until != due_at && until > call.now(), "until", "TOO_EARLY", words);
        let words = "must be at most two weeks after the end of the term";
        let latest = inform_subject_extended_until(due_at);
        violations.require(until <= latest, "until", "TOO_LATE", words);
        Ok(violations.into_result(until)?)
    }
}

/// The duty to inform one person.
struct Duty {
    row: ReferralRow,
    opened: OpenReferral,
    /// Of the person in the referral.
    position: usize,
    /// As it is stored, if anything was recorded about it.
    before: Option<DeadlineRow>,
}

impl Duty {
    fn person(&self) -> Result<&ReferralPerson> {
        self.opened.referral.persons.get(self.position).ok_or_else(Error::hidden)
    }

    fn key(&self) -> Result<&SubjectKey> {
        let key = self.opened.keys.get(self.position).ok_or_else(Error::hidden)?;
        Ok(key.as_ref())
    }

    fn subject(&self) -> Pseudonym {
        self.key().map_or(Pseudonym::new([0; 32]), SubjectKey::pseudonym)
    }

    /// The term as it is, stored or not.
    fn term(&self) -> DeadlineRow {
        let fresh = || {
            let subject = self.subject();
            DeadlineRow {
                subjects: subject.as_bytes().to_vec(),
                ..DeadlineRow::starting(
                    DeadlineKind::InformSubject,
                    &informing_of(self.row.referral_id, subject),
                    &self.row.recipient_oin,
                    (self.row.submitted_at, self.row.inform_subject_due_at),
                )
            }
        };
        self.before.clone().unwrap_or_else(fresh)
    }

    fn postponement(
        &self,
        call: &Call,
        draft: &PostponementDraft,
        until: Timestamp,
    ) -> Result<PostponementRow> {
        let key = self.key()?;
        let name = informing_of(self.row.referral_id, key.pseudonym());
        let text = draft.motivation.as_str().as_bytes();
        let key = key.wrapping_key();
        Ok(PostponementRow {
            referral_id: self.row.referral_id,
            subject: self.subject(),
            until_at: until,
            reason: draft.reason,
            decided_at: call.now(),
            decided_by: call.actor.user_id.clone(),
            supervisor_user_id: draft.supervisor.clone(),
            content: seal_cell(text, &key, "informing_postponements", &name)?,
        })
    }
}

struct Inform {
    before: Option<DeadlineRow>,
    after: DeadlineRow,
    postponement: Option<PostponementRow>,
    entry: NewEntry,
    answer: Informing,
}

impl Inform {
    /// Whether the term was as it was read.
    async fn change(&self, tx: &mut Tx) -> store::Result<bool> {
        let DeadlineRow { kind, about, due_at, .. } = &self.after;
        match (&self.before, self.after.met_at) {
            (Some(_), Some(at)) => tx.meet_deadline(*kind, about, at).await,
            (Some(before), None) => tx.move_deadline(*kind, about, (before.due_at, *due_at)).await,
            (None, _) => match tx.open_deadline(&self.after).await {
                Ok(()) => Ok(true),
                // Somebody else recorded something about it since it was read.
                Err(store::Error::Conflict) => Ok(false),
                Err(error) => Err(error),
            },
        }
    }
}

impl Work for Inform {
    type Answer = Informing;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        if !self.change(tx).await? {
            return Ok(Err(Refusal::Stale));
        }
        if let Some(row) = &self.postponement {
            tx.insert_postponement(row).await?;
        }
        Ok(Ok(vec![self.entry.clone()]))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<Informing> {
        Ok(self.answer.clone())
    }
}
