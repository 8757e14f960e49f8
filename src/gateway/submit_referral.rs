//! A referral comes in: parsed, routed, compared with earlier ones, decided, sealed, committed with
//! one ledger entry per person, receipted, and put before the Steunpunt.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::deadline::Deadlines;
use crate::domain::decision::Decision;
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::domain::id::{DeliveryId, GroupId, PersonKey, Pseudonym, ReferralId, TeamId};
use crate::domain::organisation::Role;
use crate::domain::policy;
use crate::domain::purpose::Purpose;
use crate::domain::referral::{
    Event, Referral, ReferralDraft, ReferralPerson, State, Urgency, WpgArticle, transition,
};
use crate::domain::repeat::{
    AddressPseudonym, Earlier, Repeat, RepeatRule, Signature, detect, raised_urgency,
};
use crate::domain::routing::Route;
use crate::domain::time::Timestamp;
use crate::store::{
    self, DeliveryRow, DeliveryState, EarlierRow, LinkKind, NewEntry, Placed, ReferralRow, Tx,
};
use crate::vault::pseudonym::{AddressIdentity, Demographics, PersonIdentity};
use crate::vault::random;

use super::Gateway;
use super::call::{Call, Request};
use super::directory::sha256;
use super::error::{Error, Result, Reused};
use super::journal::{EntryReceipt, Happening, Matter, Object, Sharing, new_group};
use super::keys::{combined, seal_cell};
use super::once::{Encode, Keep, Refusal, Work};
use super::receipt::Receipt;
use super::referral_status::ReferralStatus;

/// Earlier referrals looked at per person or address: far more than any family has in a year.
const EARLIER_MAX: u32 = 100;

/// What the sender of a referral is told.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// Where it is.
    pub status: ReferralStatus,
    /// Signed receipt.
    pub receipt: String,
    /// One per person, in the order of the message.
    pub entries: Vec<EntryReceipt>,
    /// Team of the recipient.
    pub team_id: TeamId,
    /// Terms that run from now.
    pub deadlines: Deadlines,
    /// 1 + number of earlier referrals.
    pub repeat_index: u32,
    /// After the rule for repeats.
    pub effective_urgency: Urgency,
    /// Why it was allowed.
    pub decision: Decision,
    /// People of the message by pseudonym, for naming them in the decision.
    pub keys: BTreeMap<Pseudonym, PersonKey>,
}

impl Gateway {
    /// Takes a referral of the police.
    pub async fn submit_referral(
        &self,
        call: &Call,
        request: &Request,
        draft: ReferralDraft,
        encode: Encode<Submitted>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        if call.role() != Role::Police {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        let referral = draft.parse(call.oin(), call.now())?;
        let route = match self.directory().routing.route(&referral.residence_gemeentecode) {
            Ok(route) => route,
            Err(_outside) => return self.refuse_region(call).await,
        };
        let work = self.prepare(call, request, referral, route).await?;
        let recipient = work.row.recipient_oin.clone();
        let keep = Keep::Sealed { people: work.people.clone(), key: work.key()? };
        let answer = self.once(call, request, work, keep, encode).await?.bytes()?;
        self.wake().ring(&recipient);
        Ok(answer)
    }

    /// Everything that can be done before the commit is done before the commit.
    async fn prepare(
        &self,
        call: &Call,
        request: &Request,
        referral: Referral,
        route: Route,
    ) -> Result<Submit> {
        let people = self.pseudonyms(&referral)?;
        let keys = self.keys().subjects(&people, call.now()).await?;
        let content = serde_json::to_vec(&referral).map_err(Error::internal)?;
        let digest = sha256(&content);
        let group = new_group()?;
        let decision = self.decide_referral(call, &referral, &route, &people)?;
        let mut entries = Vec::new();
        let mut openings = Vec::new();
        for (key, person) in keys.iter().zip(&referral.persons) {
            let permitted = decision.permit(key.pseudonym()).ok_or_else(Error::hidden)?;
            let written = self.write_down(
                call,
                &Happening {
                    event: EventCode::ReferralSubmitted,
                    group,
                    subject: Some(key),
                    case_ref: None,
                    outcome: Outcome::Success,
                    denial: None,
                    object: object(&referral),
                    conditions: decision.conditions_about(key.pseudonym()),
                    matter: Matter::Sharing(Sharing {
                        sender: call.oin(),
                        recipient: &route.recipient,
                        custodian: call.oin(),
                        purpose: permitted.purpose(),
                        basis: permitted.basis(),
                        categories: permitted.categories(),
                        consents: &[],
                        payload: &digest,
                    }),
                },
            )?;
            entries.push(written.entry);
            openings.push((person.person_key.clone(), written.payload_opening));
        }
        let address = self.address_pseudonym(&referral);
        let row = ReferralRow {
            referral_id: referral.referral_id,
            sender_oin: call.oin().clone(),
            recipient_oin: route.recipient,
            team_id: route.team,
            routing_version: route.version,
            state: transition(State::Submitted, Event::Route).map_err(Error::internal)?,
            urgency: referral.urgency,
            effective_urgency: referral.urgency,
            gemeentecode: referral.residence_gemeentecode.clone(),
            body_digest: self.request_row(call, request).body_digest.to_vec(),
            submitted_at: call.now(),
            ack_due_at: call.now(),
            safety_assessment_due_at: None,
            inform_subject_due_at: call.now(),
            feedback_due_at: None,
            acknowledged_at: None,
            local_reference: None,
            triaged_at: None,
            triage_outcome: None,
            feedback_sent_at: None,
            send_back_reason: None,
            repeat_index: 1,
            address,
            receipt: String::new(),
            content: seal_cell(
                &content,
                &combined(&keys)?,
                "referrals",
                referral.referral_id.as_bytes(),
            )?,
        };
        Ok(Submit {
            gateway: self.clone(),
            delivery_id: DeliveryId::new(random::uuid_v4().map_err(Error::internal)?),
            group,
            request_id: request.request_id,
            row,
            digest,
            people,
            keys,
            entries,
            openings,
            decision,
            settled: Mutex::default(),
        })
    }

    fn decide_referral(
        &self,
        call: &Call,
        referral: &Referral,
        route: &Route,
        people: &[Pseudonym],
    ) -> Result<Decision> {
        let _ = (call, referral, route, people, policy::evaluate);
        Err(Error::hidden())
    }

    fn pseudonyms(&self, referral: &Referral) -> Result<Vec<Pseudonym>> {
        let key = self.keys().keyring().pseudonym_key();
        let of = |person: &ReferralPerson| match &person.bsn {
            Some(grounded) => key.person(PersonIdentity::Bsn(&grounded.bsn)),
            None => key.person(PersonIdentity::Demographics(Demographics {
                family_name: person.name.family_name(),
                given_names: person.name.given_names(),
                birth_date: person.birth_date,
                postcode: &referral.address.postcode,
                house_number: referral.address.house_number.get(),
            })),
        };
        let people: Vec<Pseudonym> = referral.persons.iter().map(of).collect();
        Ok(people)
    }

    fn address_pseudonym(&self, referral: &Referral) -> Pseudonym {
        let address = &referral.address;
        self.keys().keyring().pseudonym_key().address(AddressIdentity {
            postcode: &address.postcode,
            house_number: address.house_number.get(),
            suffix: address.suffix.as_ref().map_or("", |suffix| suffix.as_str()),
        })
    }
}
