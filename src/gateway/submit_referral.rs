//! A referral comes in: parsed, routed, compared with earlier ones, decided, sealed, committed with
//! one ledger entry per person, receipted, and put before the Steunpunt.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::domain::deadline::Deadlines;
use crate::domain::decision::Decision;
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{DeliveryId, Pseudonym, TeamId};
use crate::domain::organisation::Role;
use crate::domain::person::AgeBand;
use crate::domain::referral::{
    Event, Referral, ReferralDraft, ReferralPerson, State, Urgency, transition,
};
use crate::domain::routing::Route;
use crate::store::{NewEntry, ReferralName, ReferralRow};
use crate::vault::pseudonym::{AddressIdentity, Demographics, PersonIdentity};
use crate::vault::random;
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::{Call, Request};
use super::directory::sha256;
use super::error::{Error, Result, Reused, Unreadable};
use super::journal::{EntryReceipt, Happening, Matter, Sharing, Subject};
use super::keys::{combined, seal_cell};
use super::once::{About, Before, DECISIONS_MAX, Done, Encode, Keep};
use super::referral_status::ReferralStatus;

mod decision;
mod work;

pub(super) use decision::{REFERRAL_CATEGORIES, basis_of};

use decision::decide;
use work::Submit;

/// What opens the payload commitments of some entries, in their order.
type Openings = Vec<[u8; 32]>;

/// What the sender of a referral is told.
#[derive(Debug)]
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
    pub decision: Arc<Decision>,
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
        let about = About { referral: draft.referral_id.parse().ok(), ..About::default() };
        let mut stored = match self.look_before(call, request, about).await? {
            Before::Answered(answer) => return Ok(answer),
            Before::New(found) => found.referral,
        };
        if call.role() != Role::Police {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        let referral = draft.parse(call.oin(), call.now())?;
        let directory = self.directory();
        let Ok(route) = directory.routing.route(&referral.residence_gemeentecode) else {
            return self.refuse_region(call).await;
        };
        let content = serde_json::to_vec(&referral).map_err(Error::internal)?;
        for _ in 0..DECISIONS_MAX {
            if let Some(name) = stored {
                return self.submitted_before(call, &name, &content).await;
            }
            let people = self.pseudonyms(&referral);
            distinct(&people)?;
            let restricted = self.restricted_among(basis_of(&referral), &people).await?;
            let decision = decide(call, &directory, (&referral, &route), (&people, &restricted))?;
            let keys = self.keys().subjects(&people, call.now()).await?;
            if let Some(reason) = decision.denial() {
                // Nothing of it is stored but that it was refused, about everybody in it.
                return self.deny_referral(call, (&referral, &keys[..]), &decision, reason).await;
            }
            let incoming =
                Incoming { referral: &referral, content: &content, route: &route, keys, decision };
            let work = self.prepare(call, request, people, incoming)?;
            let recipient = work.row.recipient_oin.clone();
            let keep = Keep::Sealed { people: work.people.clone(), key: work.key()? };
            if let Done::Answered(answer) = self.once(call, request, work, keep, encode).await? {
                self.wake().ring(&recipient);
                return Ok(answer);
            }
            stored = self.db().read().await?.referral_name(referral.referral_id).await?;
        }
        Err(Error::Busy)
    }

    /// The answer to a referral that was submitted before, under whatever request id: a police system
    /// that lost its request id still cannot submit the same referral twice (DOMAIN §2.3).
    async fn submitted_before(
        &self,
        call: &Call,
        name: &ReferralName,
        content: &[u8],
    ) -> Result<Vec<u8>> {
        let same = name.body_digest == self.digest_of_referral(content);
        if name.sender_oin != *call.oin() || !same {
            return Err(Error::Reused(Reused::ReferralId));
        }
        let stored = self.db().read().await?.answer(call.oin(), name.request_id).await?;
        let stored = stored.ok_or_else(|| Error::internal(Unreadable { table: "requests" }))?;
        self.open_answer(name.request_id, stored).await
    }

    /// Keyed, because a digest of a referral could be tried against guesses.
    fn digest_of_referral(&self, content: &[u8]) -> [u8; 32] {
        self.keys().keyring().idempotency_key().body_digest("referral", content)
    }

    /// Everything that can be done before the commit is done before the commit.
    fn prepare(
        &self,
        call: &Call,
        request: &Request,
        people: Vec<Pseudonym>,
        incoming: Incoming<'_>,
    ) -> Result<Submit> {
        let digest = sha256(incoming.content);
        let (entries, openings) = self.submission_entries(call, &incoming, &digest)?;
        let row = self.row_of(call, request, &people, &incoming)?;
        let Incoming { referral, keys, decision, .. } = incoming;
        Ok(Submit {
            gateway: self.clone(),
            delivery_id: DeliveryId::new(random::uuid_v7(call.now()).map_err(Error::internal)?),
            row,
            digest,
            people,
            person_keys: referral.persons.iter().map(|person| person.person_key.clone()).collect(),
            keys,
            entries,
            openings,
            decision: Arc::new(decision),
            found: Mutex::default(),
        })
    }

    /// One entry per person, and what opens each payload commitment.
    fn submission_entries(
        &self,
        call: &Call,
        incoming: &Incoming<'_>,
        digest: &[u8; 32],
    ) -> Result<(Vec<NewEntry>, Openings)> {
        let group = incoming.decision.id;
        let mut entries = Vec::with_capacity(incoming.keys.len());
        let mut openings = Vec::with_capacity(incoming.keys.len());
        for (key, person) in incoming.keys.iter().zip(&incoming.referral.persons) {
            let permit = incoming.decision.permit(key.pseudonym()).ok_or_else(Error::hidden)?;
            let conditions = incoming.decision.conditions_about(key.pseudonym());
            let age_band = AgeBand::on(person.birth_date, call.now());
            let sharing = Sharing {
                sender: call.oin(),
                recipient: permit.recipient(),
                custodian: call.oin(),
                purpose: permit.purpose(),
                basis: permit.basis(),
                categories: permit.categories(),
                consents: &[],
                payload: digest,
            };
            let happening = Happening {
                subject: Some(Subject { key, age_band }),
                object_version: Some(1),
                message_id: Some(incoming.referral.referral_id.into()),
                conditions,
                decided_on: incoming.decision.decided_on(key.pseudonym()),
                ..Happening::new(
                    EventCode::ReferralSubmitted,
                    group,
                    ObjectType::Referral,
                    Matter::Sharing(sharing),
                )
            };
            let written = self.write_down(call, happening)?;
            entries.push(written.entry);
            openings.push(written.payload_opening);
        }
        Ok((entries, openings))
    }

    /// The row as it is before the commit; what depends on earlier referrals is filled in there.
    fn row_of(
        &self,
        call: &Call,
        request: &Request,
        people: &[Pseudonym],
        incoming: &Incoming<'_>,
    ) -> Result<ReferralRow> {
        let referral = incoming.referral;
        let id = referral.referral_id;
        Ok(ReferralRow {
            referral_id: id,
            sender_oin: call.oin().clone(),
            request_id: request.id,
            recipient_oin: incoming.route.recipient.clone(),
            team_id: incoming.route.team.clone(),
            routing_version: incoming.route.version.clone(),
            state: transition(State::Submitted, Event::Route).map_err(Error::internal)?,
            urgency: referral.urgency,
            effective_urgency: referral.urgency,
            gemeentecode: referral.residence_gemeentecode.clone(),
            violence_kinds: referral.violence_bits(),
            with_children: i64::from(referral.has_child_in_household(call.now())),
            body_digest: self.digest_of_referral(incoming.content).to_vec(),
            submitted_at: call.now(),
            ack_due_at: call.now(),
            first_contact_due_at: None,
            safety_assessment_due_at: None,
            inform_subject_due_at: call.now(),
            feedback_due_at: None,
            investigation_due_at: None,
            next_due_at: None,
            deadlines_told: 0,
            acknowledged_at: None,
            first_contact_at: None,
            local_reference: None,
            triaged_at: None,
            triage_outcome: None,
            feedback_sent_at: None,
            investigation_closed_at: None,
            send_back_reason: None,
            repeat_index: 1,
            address: self.address_pseudonym(referral),
            subjects: people.iter().flat_map(|person| *person.as_bytes()).collect(),
            receipt: String::new(),
            content: seal_cell(
                incoming.content,
                &combined(&incoming.keys)?,
                "referrals",
                id.as_bytes(),
            )?,
        })
    }

    fn pseudonyms(&self, referral: &Referral) -> Vec<Pseudonym> {
        let key = self.keys().keyring().pseudonym_key();
        let of = |person: &ReferralPerson| match &person.bsn {
            Some(grounded) => key.person(PersonIdentity::Bsn(&grounded.bsn)),
            None => key.person(PersonIdentity::Demographics(Demographics {
                family_name: person.name.family.as_str(),
                given_names: person.name.given.as_str(),
                birth_date: person.birth_date,
                postcode: &referral.address.postcode,
                house_number: referral.address.house_number.number(),
            })),
        };
        referral.persons.iter().map(of).collect()
    }

    fn address_pseudonym(&self, referral: &Referral) -> Pseudonym {
        let address = &referral.address;
        self.keys().keyring().pseudonym_key().address(AddressIdentity {
            postcode: &address.postcode,
            house_number: address.house_number.number(),
            suffix: address.suffix.as_ref().map_or("", |suffix| suffix.as_str()),
        })
    }
}

/// A parsed referral with what was found out about it.
struct Incoming<'a> {
    referral: &'a Referral,
    content: &'a [u8],
    route: &'a Route,
    keys: Vec<Arc<SubjectKey>>,
    decision: Decision,
}

/// Two people of one message who cannot be told apart would share entries and keys.
fn distinct(people: &[Pseudonym]) -> Result<()> {
    let mut violations = crate::domain::violation::Violations::new();
    let mut seen = BTreeSet::new();
    for (position, person) in people.iter().enumerate() {
        violations.require(
            seen.insert(*person),
            format!("referral.persons[{position}]"),
            "DUPLICATE",
            "must be another person than those before",
        );
    }
    Ok(violations.into_result(())?)
}
