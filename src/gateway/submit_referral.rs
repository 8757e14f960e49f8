//! A referral comes in: parsed, routed, compared with earlier ones, decided, sealed, committed with
//! one ledger entry per person, receipted, and put before the Steunpunt.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::basis::Basis;
use crate::domain::category::Categories;
use crate::domain::consent::LegalPosition;
use crate::domain::deadline::Deadlines;
use crate::domain::decision::Decision;
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::domain::id::{DeliveryId, PersonKey, Pseudonym, ReferralId, RequestId, TeamId};
use crate::domain::organisation::Role;
use crate::domain::person::AgeBand;
use crate::domain::policy::{self, Asked, Facts, Initiative, SubjectFacts};
use crate::domain::purpose::Purpose;
use crate::domain::referral::{
    Event, Referral, ReferralDraft, ReferralPerson, State, Urgency, WpgArticle, WpgBasis,
    transition,
};
use crate::domain::repeat::{AddressPseudonym, Earlier, Repeat, Signature, detect, raised_urgency};
use crate::domain::routing::Route;
use crate::store::{
    self, DeliveryRow, DeliveryState, EarlierRow, LinkKind, NewEntry, Placed, ReferralRow,
    RequestRow, Tx,
};
use crate::vault::envelope::WrappingKey;
use crate::vault::pseudonym::{AddressIdentity, Demographics, PersonIdentity};
use crate::vault::random;
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::{Call, Request};
use super::directory::{Directory, party, sha256};
use super::error::{Error, Result, Reused};
use super::journal::{EntryReceipt, Happening, Matter, Sharing, Subject, new_group};
use super::keys::{combined, seal_cell};
use super::once::{Encode, Keep, Refusal, Work};
use super::receipt::Receipt;
use super::referral_status::ReferralStatus;

/// Earlier referrals looked at per person or address: far more than any family has in a year.
const EARLIER_MAX: u32 = 100;
/// What opens the payload commitments of some entries, in their order.
type Openings = Vec<[u8; 32]>;

/// What a referral of the police holds (DOMAIN §4.2).
pub(super) const REFERRAL_CATEGORIES: Categories = Basis::Wpg18.cap();
const DAY: Duration = Duration::from_hours(24);

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
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        if call.role() != Role::Police {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        let referral = draft.parse(call.oin(), call.now())?;
        let directory = self.directory();
        let Ok(route) = directory.routing.route(&referral.residence_gemeentecode) else {
            return self.refuse_region(call).await;
        };
        let content = serde_json::to_vec(&referral).map_err(Error::internal)?;
        let itself = self.name_of_referral(call, &referral, &content);
        if let Some(answer) = self.answer_to(&itself, Reused::ReferralId).await? {
            return Ok(answer);
        }
        let people = self.pseudonyms(&referral);
        distinct(&people)?;
        let keys = self.keys().subjects(&people, call.now()).await?;
        let decision = decide(call, &directory, &referral, &route, &people)?;
        if let Some(reason) = decision.denial() {
            return self.refuse(call, reason).await;
        }
        let incoming = Incoming { referral, content, route, people, keys, decision };
        let work = self.prepare(call, request, incoming)?;
        let recipient = work.row.recipient_oin.clone();
        let keep = Keep::Sealed { people: work.people.clone(), key: work.key()? };
        let names = vec![self.request_row(call, request), itself];
        let answer = self.once_named(call, names, work, keep, encode).await?.bytes()?;
        self.wake().ring(&recipient);
        Ok(answer)
    }

    /// The referral's own id is a name of the request too: a police system that lost its request id
    /// still cannot submit the same referral twice (DOMAIN §2.3).
    fn name_of_referral(&self, call: &Call, referral: &Referral, content: &[u8]) -> RequestRow {
        const METHOD: &str = "referral";
        let key = self.keys().keyring().idempotency_key();
        let [name @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            key.body_digest(METHOD, referral.referral_id.as_bytes());
        RequestRow {
            caller: call.oin().clone(),
            request_id: RequestId::from_bytes(name),
            method: METHOD,
            body_digest: key.body_digest(METHOD, content),
        }
    }

    /// Everything that can be done before the commit is done before the commit.
    fn prepare(&self, call: &Call, request: &Request, incoming: Incoming) -> Result<Submit> {
        let digest = sha256(&incoming.content);
        let (entries, openings) = self.submission_entries(call, &incoming, &digest)?;
        let row = self.row_of(call, &incoming)?;
        let Incoming { referral, people, keys, decision, .. } = incoming;
        Ok(Submit {
            gateway: self.clone(),
            delivery_id: DeliveryId::new(random::uuid_v4().map_err(Error::internal)?),
            request_id: request.id,
            row,
            digest,
            people,
            person_keys: referral.persons.into_iter().map(|person| person.person_key).collect(),
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
        incoming: &Incoming,
        digest: &[u8; 32],
    ) -> Result<(Vec<NewEntry>, Openings)> {
        let group = incoming.decision.id;
        let mut entries = Vec::with_capacity(incoming.keys.len());
        let mut openings = Vec::with_capacity(incoming.keys.len());
        for (key, person) in incoming.keys.iter().zip(&incoming.referral.persons) {
            let permit = incoming.decision.permit(key.pseudonym()).ok_or_else(Error::hidden)?;
            let conditions = incoming.decision.conditions_about(key.pseudonym());
            let age_band = AgeBand::on(person.birth_date, call.now());
            let written = self.write_down(
                call,
                &Happening {
                    event: EventCode::ReferralSubmitted,
                    group,
                    subject: Some(Subject { key, age_band }),
                    case_ref: None,
                    outcome: Outcome::Success,
                    denial: None,
                    detail: String::new(),
                    object: ObjectType::Referral,
                    object_version: Some(1),
                    message_id: Some(incoming.referral.referral_id.into()),
                    conditions: &conditions,
                    matter: Matter::Sharing(Sharing {
                        sender: call.oin(),
                        recipient: permit.recipient(),
                        custodian: call.oin(),
                        purpose: permit.purpose(),
                        basis: permit.basis(),
                        categories: permit.categories(),
                        consents: &[],
                        payload: digest,
                    }),
                },
            )?;
            entries.push(written.entry);
            openings.push(written.payload_opening);
        }
        Ok((entries, openings))
    }

    /// The row as it is before the commit; what depends on earlier referrals is filled in there.
    fn row_of(&self, call: &Call, incoming: &Incoming) -> Result<ReferralRow> {
        let referral = &incoming.referral;
        let id = referral.referral_id;
        Ok(ReferralRow {
            referral_id: id,
            sender_oin: call.oin().clone(),
            recipient_oin: incoming.route.recipient.clone(),
            team_id: incoming.route.team.clone(),
            routing_version: incoming.route.version.clone(),
            state: transition(State::Submitted, Event::Route).map_err(Error::internal)?,
            urgency: referral.urgency,
            effective_urgency: referral.urgency,
            gemeentecode: referral.residence_gemeentecode.clone(),
            body_digest: self
                .name_of_referral(call, referral, &incoming.content)
                .body_digest
                .to_vec(),
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
            address: self.address_pseudonym(referral),
            receipt: String::new(),
            content: seal_cell(
                &incoming.content,
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
struct Incoming {
    referral: Referral,
    content: Vec<u8>,
    route: Route,
    people: Vec<Pseudonym>,
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

/// The basis that stands in the message.
pub(super) fn basis_of(referral: &Referral) -> Basis {
    match referral.wpg_basis.article() {
        WpgArticle::Wpg18 => Basis::Wpg18,
        WpgArticle::Wpg19 => Basis::Wpg19,
        WpgArticle::Wpg20 => Basis::Wpg20,
    }
}

fn decide(
    call: &Call,
    directory: &Directory,
    referral: &Referral,
    route: &Route,
    people: &[Pseudonym],
) -> Result<Decision> {
    let request = policy::Request {
        decision_id: new_group()?,
        case_ref: None,
        sender: party(call.caller.organisation()),
        recipient: directory.party(&route.recipient).ok_or_else(Error::hidden)?,
        initiative: Initiative::Give,
        actor: call.actor.clone(),
        purpose: Purpose::ReferralHandling,
        basis: basis_of(referral),
        basis_reference: reference_of(&referral.wpg_basis),
        relied_on: Vec::new(),
        asked: Asked::Exactly(REFERRAL_CATEGORIES),
        // Recorded person by person in the referral itself.
        involvement: None,
    };
    let facts = Facts {
        pack: directory.pack(),
        rules: directory.policy.consent.clone(),
        members: Vec::new(),
        reporter: None,
        subjects: people.iter().zip(&referral.persons).map(facts_about).collect(),
    };
    Ok(policy::evaluate(&request, &facts, call.now()))
}

fn facts_about((subject, person): (&Pseudonym, &ReferralPerson)) -> SubjectFacts {
    SubjectFacts {
        person: person.person_key.clone(),
        position: LegalPosition {
            subject: *subject,
            birth_date: person.birth_date,
            is_capable: true,
            representatives: Vec::new(),
        },
        consents: Vec::new(),
        present: REFERRAL_CATEGORIES,
        is_processing_restricted: false,
    }
}

/// The document that articles 19 and 20 demand.
fn reference_of(basis: &WpgBasis) -> Option<String> {
    match basis {
        WpgBasis::Structural => None,
        WpgBasis::Incidental { authority_agreement_ref, .. } => {
            Some(authority_agreement_ref.as_str().to_owned())
        }
        WpgBasis::Partnership { partnership_decision_ref } => {
            Some(partnership_decision_ref.as_str().to_owned())
        }
    }
}

/// What the commit found out.
#[derive(Debug, Clone)]
struct Found {
    repeat: Repeat,
    urgency: Urgency,
    deadlines: Deadlines,
}

struct Submit {
    gateway: Gateway,
    delivery_id: DeliveryId,
    request_id: RequestId,
    row: ReferralRow,
    digest: [u8; 32],
    people: Vec<Pseudonym>,
    person_keys: Vec<PersonKey>,
    keys: Vec<Arc<SubjectKey>>,
    entries: Vec<NewEntry>,
    openings: Openings,
    decision: Arc<Decision>,
    /// Set anew each time the work is applied.
    found: Mutex<Option<Found>>,
}

impl Submit {
    fn key(&self) -> Result<WrappingKey> {
        combined(&self.keys)
    }

    /// Looks for earlier referrals inside the commit: two that come in at once see each other.
    async fn find(&self, tx: &mut Tx) -> store::Result<Found> {
        let policy = &self.gateway.directory().policy;
        let window = DAY * u32::from(policy.repeat.window_days.get());
        let from = self.row.submitted_at.minus(window);
        let mut earlier: BTreeMap<ReferralId, Earlier> = BTreeMap::new();
        for person in &self.people {
            for row in tx.earlier_about(*person, from, EARLIER_MAX).await? {
                let known = earlier.entry(row.referral_id).or_insert_with(|| blank(&row));
                known.signature.persons.insert(*person);
            }
        }
        let address = AddressPseudonym::new(*self.row.address.as_bytes());
        for row in tx.earlier_at(self.row.address, from, EARLIER_MAX).await? {
            earlier.entry(row.referral_id).or_insert_with(|| blank(&row)).signature.address =
                address;
        }
        let current = Signature {
            received_at: self.row.submitted_at,
            persons: self.people.iter().copied().collect(),
            address,
        };
        let earlier: Vec<Earlier> = earlier.into_values().collect();
        let repeat = detect(&current, &earlier, policy.repeat.window_days);
        let urgency =
            raised_urgency(self.row.urgency, repeat.index, policy.repeat.urgent_from_index);
        let deadlines = policy.clocks.deadlines(urgency, self.row.submitted_at);
        Ok(Found { repeat, urgency, deadlines })
    }

    fn found(&self) -> store::Result<Found> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        found.ok_or(store::Error::Corrupt { table: "referrals", column: "repeat_index" })
    }

    fn row(&self, found: &Found) -> ReferralRow {
        ReferralRow {
            effective_urgency: found.urgency,
            ack_due_at: found.deadlines.ack_due_at,
            safety_assessment_due_at: found.deadlines.safety_assessment_due_at,
            inform_subject_due_at: found.deadlines.inform_subject_due_at,
            repeat_index: i64::from(found.repeat.index),
            ..self.row.clone()
        }
    }

    async fn insert_links(&self, tx: &mut Tx, repeat: &Repeat) -> store::Result<()> {
        let id = self.row.referral_id;
        for earlier in &repeat.linked {
            tx.insert_referral_link(id, *earlier, LinkKind::Person).await?;
        }
        for earlier in &repeat.address_candidates {
            tx.insert_referral_link(id, *earlier, LinkKind::Address).await?;
        }
        Ok(())
    }

    fn delivery(&self) -> DeliveryRow {
        DeliveryRow {
            delivery_id: self.delivery_id,
            referral_id: self.row.referral_id,
            recipient_oin: self.row.recipient_oin.clone(),
            team_id: self.row.team_id.clone(),
            state: DeliveryState::Waiting,
            available_at: self.row.submitted_at,
            attempts: 0,
            lease_token: None,
            client_id: None,
        }
    }

    /// The receipt: stored, logged here, routed there, by this table (promise 9).
    fn receipt(&self, placed: &Placed) -> Result<String> {
        let indexes: Vec<String> =
            (placed.first()..).take(self.entries.len()).map(|index| index.to_string()).collect();
        Receipt::new("referral")
            .line("referral", self.row.referral_id)
            .line("request", self.request_id)
            .line("sender", &self.row.sender_oin)
            .line("recipient", &self.row.recipient_oin)
            .line("team", &self.row.team_id)
            .line("routing", &self.row.routing_version)
            .line("stored", self.row.submitted_at)
            .line("content-sha256", hex::encode(self.digest))
            .line("ledger", self.gateway.origin())
            .line("entries", indexes.join(" "))
            .sign(self.gateway.receipt_signer())
    }
}

/// An earlier referral of which nothing is compared yet.
fn blank(row: &EarlierRow) -> Earlier {
    Earlier {
        referral_id: row.referral_id,
        signature: Signature {
            received_at: row.submitted_at,
            persons: BTreeSet::new(),
            address: AddressPseudonym::new([0; 32]),
        },
    }
}

impl Work for Submit {
    type Answer = Submitted;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let found = self.find(tx).await?;
        if !tx.record_referral(&self.row(&found)).await? {
            return Ok(Err(Error::Reused(Reused::ReferralId).into()));
        }
        let id = self.row.referral_id;
        for (position, person) in (0_i64..).zip(&self.people) {
            tx.insert_referral_person(id, position, *person).await?;
        }
        self.insert_links(tx, &found.repeat).await?;
        tx.insert_delivery(&self.delivery(), priority(found.urgency), self.row.submitted_at)
            .await?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Submitted> {
        let found = self.found()?;
        let receipt = self
            .receipt(placed)
            .or(Err(store::Error::Corrupt { table: "referrals", column: "receipt" }))?;
        tx.update_receipt(self.row.referral_id, &receipt).await?;
        let mut entries = Vec::with_capacity(self.entries.len());
        for (offset, (key, opening)) in self.person_keys.iter().zip(&self.openings).enumerate() {
            let opens = Some((key.clone(), *opening));
            entries.push(Gateway::entry_receipt(tx, placed, offset, opens).await?);
        }
        Ok(Submitted {
            status: ReferralStatus::of(&self.row(&found), 0, self.row.submitted_at),
            receipt,
            entries,
            team_id: self.row.team_id.clone(),
            deadlines: found.deadlines,
            repeat_index: found.repeat.index,
            effective_urgency: found.urgency,
            decision: Arc::clone(&self.decision),
        })
    }
}

/// Lower goes first. Numbers of urgency rise with the danger.
fn priority(urgency: Urgency) -> i64 {
    -i64::from(urgency.number())
}
