//! What is done inside the commit of a referral: earlier ones are looked for, rows are written, and
//! once its place in the ledger is known it gets its receipt.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::deadline::Deadlines;
use crate::domain::decision::Decision;
use crate::domain::id::{DeliveryId, PersonKey, Pseudonym, ReferralId};
use crate::domain::notice::NoticeContent;
use crate::domain::referral::Urgency;
use crate::domain::repeat::{AddressPseudonym, Earlier, Repeat, Signature, detect, raised_urgency};
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::error::Result;
use crate::gateway::keys::combined;
use crate::gateway::notify::leave_notices;
use crate::gateway::once::{Refusal, Work};
use crate::gateway::receipt::Receipt;
use crate::gateway::referral_status::ReferralStatus;
use crate::store::{
    self, AboutRow, DeliveryRow, DeliveryState, EarlierRow, Incoming, LinkKind, Needs, NewEntry,
    Place, Placed, ReferralRow, Tx,
};
use crate::vault::envelope::WrappingKey;
use crate::vault::subject::SubjectKey;

use super::{Openings, Submitted};

const DAY: Duration = Duration::from_hours(24);

/// What the commit found out.
#[derive(Debug, Clone)]
pub(super) struct Found {
    repeat: Repeat,
    urgency: Urgency,
    deadlines: Deadlines,
    /// Cases that some of these people are in.
    cases: Vec<AboutRow>,
}

/// A referral comes in.
pub(super) struct Submit {
    pub(super) gateway: Gateway,
    pub(super) delivery_id: DeliveryId,
    pub(super) row: ReferralRow,
    pub(super) digest: [u8; 32],
    pub(super) people: Vec<Pseudonym>,
    pub(super) person_keys: Vec<PersonKey>,
    pub(super) keys: Vec<Arc<SubjectKey>>,
    pub(super) entries: Vec<NewEntry>,
    pub(super) openings: Openings,
    pub(super) decision: Arc<Decision>,
    /// Set anew each time the work is applied.
    pub(super) found: Mutex<Option<Found>>,
}

impl Submit {
    /// The combined key of everybody in the referral.
    pub(super) fn key(&self) -> Result<WrappingKey> {
        combined(&self.keys)
    }

    /// Looks for earlier referrals inside the commit: of two about the same people that come in at the
    /// same instant, also on two gateways, the one that is committed later sees the other.
    async fn find(&self, tx: &mut Tx) -> store::Result<Found> {
        let policy = &self.gateway.directory().policy;
        let from = self.repeats_from();
        let mut earlier: BTreeMap<ReferralId, Earlier> = BTreeMap::new();
        for person in &self.people {
            for row in tx.earlier(LinkKind::Person, *person, from).await? {
                let known = earlier.entry(row.referral_id).or_insert_with(|| self.blank(&row));
                known.signature.persons.insert(*person);
            }
        }
        let address = AddressPseudonym::new(*self.row.address.as_bytes());
        for row in tx.earlier(LinkKind::Address, self.row.address, from).await? {
            let known = earlier.entry(row.referral_id).or_insert_with(|| self.blank(&row));
            known.signature.address = address;
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
        let cases = tx.cases_about(&self.people).await?;
        Ok(Found { repeat, urgency, deadlines, cases })
    }

    /// An earlier referral of which nothing is compared yet. What is committed before this one is
    /// earlier, also where the clock of another gateway says otherwise.
    fn blank(&self, row: &EarlierRow) -> Earlier {
        Earlier {
            referral_id: row.referral_id,
            signature: Signature {
                received_at: row.submitted_at.min(self.row.submitted_at),
                persons: BTreeSet::new(),
                address: AddressPseudonym::new([0; 32]),
            },
        }
    }

    /// Since when a referral counts as an earlier one.
    fn repeats_from(&self) -> Timestamp {
        let window_days = self.gateway.directory().policy.repeat.window_days;
        self.row.submitted_at.minus(DAY * u32::from(window_days.get()))
    }

    fn found(&self) -> store::Result<Found> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        found.ok_or(store::Error::Corrupt { table: "referrals", column: "repeat_index" })
    }

    fn row(&self, found: &Found) -> ReferralRow {
        ReferralRow {
            effective_urgency: found.urgency,
            ack_due_at: found.deadlines.ack_due_at,
            first_contact_due_at: found.deadlines.first_contact_due_at,
            next_due_at: Some(found.deadlines.first()),
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

    /// Links the referral to the cases of its people, and tells who directs them: how often, never
    /// what (DOMAIN §2.7). Whether a case is taken up again, a person decides after triage.
    async fn tell_cases(&self, tx: &mut Tx, placed: &Placed, found: &Found) -> store::Result<()> {
        let corrupt = || store::Error::Corrupt { table: "log_state", column: "size" };
        for case in &found.cases {
            let (id, at) = (self.row.referral_id, self.row.submitted_at);
            tx.link_case_referral(&case.case_ref, id, at).await?;
        }
        // A place in a list of notices is an entry, and there is one for every person: the newest
        // cases get theirs.
        for (case, offset) in found.cases.iter().zip(0..self.entries.len()) {
            let offset = u64::try_from(offset).or(Err(corrupt()))?;
            let idx = i64::try_from(placed.first() + offset).or(Err(corrupt()))?;
            let count = tx.case_referral_count(&case.case_ref).await?;
            let content = NoticeContent::CaseRepeatReferral {
                referral_id: self.row.referral_id,
                repeat_index: found.repeat.index,
                referral_count: u32::try_from(count).unwrap_or(u32::MAX),
            };
            let directs = std::slice::from_ref(&case.steunpunt_oin);
            let about = (idx, &case.case_ref);
            leave_notices(tx, directs, about, &content, self.row.submitted_at).await?;
        }
        Ok(())
    }

    fn delivery(&self, found: &Found) -> DeliveryRow {
        DeliveryRow {
            delivery_id: self.delivery_id,
            referral_id: self.row.referral_id,
            recipient_oin: self.row.recipient_oin.clone(),
            team_id: self.row.team_id.clone(),
            state: DeliveryState::Waiting,
            available_at: self.row.submitted_at,
            lease_until: None,
            attempts: 0,
            failures: 0,
            lease_token: None,
            client_id: None,
            quarantine_cause: None,
            ack_due_at: found.deadlines.ack_due_at,
        }
    }

    /// The receipt: stored, logged here, routed there, by this table (promise 9).
    fn receipt(&self, placed: &Placed) -> Result<String> {
        let indexes: Vec<String> =
            (placed.first()..).take(self.entries.len()).map(|index| index.to_string()).collect();
        Receipt::new("referral")
            .line("referral", self.row.referral_id)
            .line("request", self.row.request_id)
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

impl Work for Submit {
    type Answer = Submitted;

    fn needs(&self) -> Needs {
        Needs {
            referrals: vec![self.row.referral_id],
            subjects: self.people.clone(),
            addresses: vec![self.row.address],
            from: Some(self.repeats_from()),
            ..Needs::default()
        }
    }

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        // Stored meanwhile, under another request id.
        if tx.referral_name(self.row.referral_id).await?.is_some() {
            return Ok(Err(Refusal::Stale));
        }
        let found = self.find(tx).await?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        tx.take_referral(Incoming {
            referral_id: self.row.referral_id,
            subjects: self.people.clone(),
            address: self.row.address,
            submitted_at: self.row.submitted_at,
        });
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Submitted> {
        let found = self.found()?;
        let receipt = self
            .receipt(placed)
            .or(Err(store::Error::Corrupt { table: "referrals", column: "receipt" }))?;
        let row = ReferralRow { receipt: receipt.clone(), ..self.row(&found) };
        tx.insert_referral(&row).await?;
        self.insert_links(tx, &found.repeat).await?;
        self.tell_cases(tx, placed, &found).await?;
        let place = Place { urgency: found.urgency, after: &found.repeat.linked };
        tx.insert_delivery(&self.delivery(&found), place, self.row.submitted_at).await?;
        let mut entries = Vec::with_capacity(self.entries.len());
        for (offset, (key, opening)) in self.person_keys.iter().zip(&self.openings).enumerate() {
            let opens = Some((key.clone(), *opening));
            entries.push(Gateway::entry_receipt(tx, placed, offset, opens).await?);
        }
        Ok(Submitted {
            status: ReferralStatus::of(&row, Some(&self.delivery(&found)), self.row.submitted_at),
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
