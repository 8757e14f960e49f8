//! What the police hear of a referral: one of three values, decided like any other disclosure
//! (Wmo 2015 art. 4.1.1 lid 2 onder g).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::consent::LegalPosition;
use crate::domain::decision::Decision;
use crate::domain::disclosure::ObjectType;
use crate::domain::event::EventCode;
use crate::domain::id::{Pseudonym, ReferralId};
use crate::domain::person::AgeBand;
use crate::domain::policy::{self, Asked, BasisEvidence, Facts, Initiative, SubjectFacts};
use crate::domain::purpose::Purpose;
use crate::domain::referral::Event;
use crate::store::{self, NewEntry, Placed, ReferralRow, Transition, Tx};

use super::Gateway;
use super::call::{Call, Request};
use super::directory::party;
use super::error::{Error, Result};
use super::journal::{Happening, Matter, Sharing, Subject, new_group};
use super::once::{Encode, Keep, Refusal, Work};
use super::referral_content::OpenReferral;
use super::referral_status::{Feedback, feedback_of};
use super::triage::{Step, next_state};

const PROGRESS: Categories = Categories::of(&[Category::ProgressStatus]);

impl Gateway {
    /// Tells the police what became of a triaged referral, in one of three values.
    pub async fn send_feedback(
        &self,
        call: &Call,
        request: &Request,
        referral_id: ReferralId,
        encode: Encode<Feedback>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let row = self.received_referral(call, referral_id).await?;
        next_state(row.state, &[Event::Close]).ok_or_else(not_triaged)?;
        let opened = self.open_referral(&row).await?;
        let people: Vec<Pseudonym> = opened.keys.iter().map(|key| key.pseudonym()).collect();
        let restricted = self.restricted_among(Basis::Wmo4112G, &people).await?;
        let decision = self.decide_feedback(call, &row, (&opened, &restricted))?;
        if let Some(reason) = decision.denial() {
            let about = (&opened.referral, &opened.keys[..]);
            return self.deny_referral(call, about, &decision, reason).await;
        }
        let step = Step {
            referral_id,
            sender: row.sender_oin.clone(),
            events: &[Event::Close],
            with: Transition { feedback_sent_at: Some(call.now()), ..Transition::default() },
            refusal: not_triaged,
            entries: self.feedback_entries(call, &row, &opened, &decision)?,
        };
        let work = SendFeedback { step };
        let answer = self.once(call, request, work, Keep::Plain, encode).await?.bytes()?;
        self.wake().ring(&row.sender_oin);
        Ok(answer)
    }

    fn decide_feedback(
        &self,
        call: &Call,
        row: &ReferralRow,
        (opened, restricted): (&OpenReferral, &BTreeSet<Pseudonym>),
    ) -> Result<Decision> {
        let directory = self.directory();
        let request = policy::Request {
            decision_id: new_group(call)?,
            case_ref: None,
            sender: party(call.caller.organisation()),
            recipient: directory.party(&row.sender_oin).ok_or_else(Error::hidden)?,
            initiative: Initiative::Give,
            actor: call.actor.clone(),
            purpose: Purpose::ReferralHandling,
            basis: Basis::Wmo4112G,
            evidence: BasisEvidence { referral_id: Some(row.referral_id), ..Default::default() },
            emergency: None,
            relied_on: Vec::new(),
            asked: Asked::Exactly(PROGRESS),
            involvement: None,
        };
        let subjects = opened.keys.iter().zip(&opened.referral.persons);
        let facts = Facts {
            pack: directory.pack(),
            rules: Arc::clone(&directory.policy),
            members: Vec::new(),
            reporter: Some(row.sender_oin.clone()),
            address_releases: Vec::new(),
            subjects: subjects
                .map(|(key, person)| SubjectFacts {
                    person: person.person_key.clone(),
                    position: LegalPosition {
                        subject: key.pseudonym(),
                        birth_date: person.birth_date,
                        incapable: Vec::new(),
                        representatives: Vec::new(),
                    },
                    consents: Vec::new(),
                    present: PROGRESS,
                    is_processing_restricted: restricted.contains(&key.pseudonym()),
                })
                .collect(),
        };
        Ok(policy::decide(request, facts, call.now()))
    }

    fn feedback_entries(
        &self,
        call: &Call,
        row: &ReferralRow,
        opened: &OpenReferral,
        decision: &Decision,
    ) -> Result<Vec<NewEntry>> {
        let mut entries = Vec::with_capacity(opened.keys.len());
        for (key, person) in opened.keys.iter().zip(&opened.referral.persons) {
            let permit = decision.permit(key.pseudonym()).ok_or_else(Error::hidden)?;
            let conditions = decision.conditions_about(key.pseudonym());
            let age_band = AgeBand::on(person.birth_date, call.now());
            let sharing = Sharing {
                sender: call.oin(),
                recipient: permit.recipient(),
                custodian: call.oin(),
                purpose: permit.purpose(),
                basis: permit.basis(),
                categories: permit.categories(),
                consents: &[],
                payload: &opened.digest,
            };
            let happening = Happening {
                subject: Some(Subject { key, age_band }),
                object_version: Some(1),
                message_id: Some(row.referral_id.into()),
                conditions,
                decided_on: decision.decided_on(key.pseudonym()),
                ..Happening::new(
                    EventCode::ReferralFeedbackSent,
                    decision.id,
                    ObjectType::Referral,
                    Matter::Sharing(sharing),
                )
            };
            entries.push(self.write_down(call, happening)?.entry);
        }
        Ok(entries)
    }
}

fn not_triaged() -> Error {
    Error::unmet("TRIAGED", "the referral must be triaged and feedback not be sent yet")
}

struct SendFeedback {
    step: Step,
}

impl Work for SendFeedback {
    type Answer = Feedback;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        self.step.take(tx).await
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Feedback> {
        self.step.tell(tx, placed).await?;
        let row = tx.referral(self.step.referral_id).await?;
        row.as_ref()
            .and_then(feedback_of)
            .ok_or(store::Error::Corrupt { table: "referrals", column: "feedback_sent_at" })
    }
}
