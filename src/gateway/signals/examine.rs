//! Reads the next entries in one snapshot and hands each to the rules that are about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::anomaly::AnomalyRules;
use crate::domain::disclosure::DisclosureRecord;
use crate::domain::event::EventCode;
use crate::domain::id::Oin;
use crate::domain::signal::SignalRule;
use crate::domain::signal::rules::{self, night_of};
use crate::gateway::directory::Directory;
use crate::gateway::error::Result;
use crate::gateway::{Call, Gateway};
use crate::ledger::entry::{Body, Entry};
use crate::store::{Counted, DenialRow, DisclosureRow, Measure, Tx};

use super::counting::Counts;
use super::found::{Findings, Found};
use super::raise::Batch;
use super::{BATCH_MAX, TILE};

/// One batch that is being examined.
pub(super) struct Examination<'g> {
    pub(super) gateway: &'g Gateway,
    pub(super) tx: Tx,
    pub(super) directory: Arc<Directory>,
    pub(super) pack: AnomalyRules,
    pub(super) findings: Findings,
    pub(super) counts: Counts,
    /// Recent denials of the organisations that acted, as far back as a rule looks.
    pub(super) denials: BTreeMap<Oin, Vec<DenialRow>>,
}

impl Gateway {
    /// What the next entries say; none when all were examined.
    pub(super) async fn examine(&self) -> Result<Option<Batch>> {
        let call = self.acting_itself()?;
        let mut tx = self.db().read().await?;
        let size = tx.log_state().await?.map_or(0, |state| state.size);
        let from = tx.signal_progress().await?.unwrap_or(0);
        let to = size.min(from.saturating_add(i64::from(BATCH_MAX)));
        let arrivals = tx.new_networks(BATCH_MAX).await?;
        if from >= to && arrivals.is_empty() {
            return Ok(None);
        }
        let more = to < size || arrivals.len() >= usize::try_from(BATCH_MAX).unwrap_or(usize::MAX);
        let mut examination = Examination::new(self, tx);
        let last = examination.entries(from, to.max(from)).await?;
        for arrival in &arrivals {
            Box::pin(examination.arrived(arrival)).await?;
        }
        let mut batch = examination.finish(&call, (from, to.max(from)), last.as_ref()).await?;
        batch.arrivals = arrivals;
        batch.more = more;
        Ok(Some(batch))
    }
}

impl<'g> Examination<'g> {
    pub(super) fn new(gateway: &'g Gateway, tx: Tx) -> Self {
        let directory = gateway.directory();
        Self {
            gateway,
            tx,
            pack: directory.policy.anomalies.clone(),
            directory,
            findings: Findings::default(),
            counts: Counts::default(),
            denials: BTreeMap::new(),
        }
    }

    /// Examines entries; the answer is the last of them that is there.
    async fn entries(&mut self, from: i64, to: i64) -> Result<Option<DisclosureRow>> {
        if from >= to {
            return Ok(None);
        }
        let rows = self.tx.disclosures_between((from, to), BATCH_MAX).await?;
        let places: Vec<i64> = (from..to).collect();
        let leaves: BTreeMap<i64, Vec<u8>> =
            self.tx.leaves_at(&places).await?.into_iter().collect();
        let mut missing: BTreeSet<i64> = (from..to).collect();
        for idx in self.tx.purged_between(from, to).await? {
            missing.remove(&idx);
        }
        self.read_denials(&rows).await?;
        // Records that are opened below: their keys in one read.
        self.gateway.keys().expect(rows.iter().filter_map(|row| row.subject)).await?;
        for row in &rows {
            let entry = leaves.get(&row.idx).and_then(|bytes| Entry::decode(bytes).ok());
            // One that is not as it was hashed is left among the missing ones.
            if let Some(entry) = entry.filter(|entry| is_beside(row, entry)) {
                missing.remove(&row.idx);
                self.entry(row, &entry).await?;
            }
        }
        for idx in missing {
            self.broken(idx);
        }
        Ok(rows.into_iter().next_back())
    }

    /// A9: an entry is gone, or is not what was hashed. The whole ledger is concerned, so it is the
    /// gateway's own signal.
    pub(super) fn broken(&mut self, idx: i64) {
        let now = self.gateway.clock().now();
        self.findings.add(Found {
            rule: SignalRule::LedgerMismatch,
            oin: self.gateway.own_oin().clone(),
            other: None,
            user: None,
            case_ref: None,
            subject: None,
            about: (idx / TILE).to_be_bytes().to_vec(),
            finding: rules::forbidden(1),
            entries: BTreeSet::from([idx]),
            first_at: now,
            last_at: now,
        });
    }

    /// Denials of everybody who acts in the batch, once.
    async fn read_denials(&mut self, rows: &[DisclosureRow]) -> Result<()> {
        let (Some(first), Some(last)) = (
            rows.iter().map(|row| row.recorded_at).min(),
            rows.iter().map(|row| row.recorded_at).max(),
        ) else {
            return Ok(());
        };
        let minutes = self.pack.denial_minutes.max(self.pack.basis_minutes);
        let from = first.minus(Duration::from_secs(u64::from(minutes) * 60));
        let acting: BTreeSet<&Oin> = rows.iter().map(|row| &row.actor_oin).collect();
        for oin in acting {
            let denials = self.tx.denials_of(oin, (from, last)).await?;
            self.denials.insert(oin.clone(), denials);
        }
        Ok(())
    }

    async fn entry(&mut self, row: &DisclosureRow, entry: &Entry) -> Result<()> {
        let event = u16::try_from(row.event_code).ok().and_then(EventCode::from_number);
        let Some(event) = event else { return Ok(()) };
        if event == EventCode::DeadlineMissed {
            self.missed(row).await?;
        }
        // What the gateway does itself is nobody's act.
        if row.actor_oin == *self.gateway.own_oin() {
            return Ok(());
        }
        self.at_night(row, event).await?;
        if event.discloses() {
            self.acted(row).await?;
        }
        if row.denial != 0 {
            self.denied(row);
        }
        if event == EventCode::BreakGlassDeclared {
            self.emergency_declared(row).await?;
        }
        if event == EventCode::LogQueried {
            self.asked(row).await?;
        }
        if row.outcome == 0 {
            self.went(row, event, entry).await?;
        }
        Ok(())
    }

    /// Something that was allowed, and happened.
    async fn went(&mut self, row: &DisclosureRow, event: EventCode, entry: &Entry) -> Result<()> {
        if let (true, Some(subject)) = (is_look(event), row.subject) {
            let of = counted(Measure::Subjects, row);
            self.counts.once(&mut self.tx, of, (subject.as_bytes(), row)).await?;
        }
        let Body::Disclosure(disclosure) = &entry.body else { return Ok(()) };
        self.certificate(row, entry, disclosure);
        if is_read(event) {
            Box::pin(self.own_family(row)).await?;
        }
        if !is_disclosure(event) {
            return Ok(());
        }
        let of = Counted { user: None, ..counted(Measure::Disclosures, row) };
        self.counts.add(&mut self.tx, of, row).await?;
        self.consents_used(row, disclosure).await?;
        self.team(row).await?;
        self.other_basis(row, event == EventCode::BreakGlassDeclared);
        Ok(())
    }

    /// A5: as what somebody acted stands only in the sealed record, so it is opened at night.
    async fn at_night(&mut self, row: &DisclosureRow, event: EventCode) -> Result<()> {
        let Some(evening) = night_of(&self.pack, row.recorded_at) else { return Ok(()) };
        let Some(record) = self.record_of(row).await? else { return Ok(()) };
        let Some(role) = record.acting_party().user_role else { return Ok(()) };
        if rules::has_night_duty(role) {
            return Ok(());
        }
        let of = Counted { day: evening, ..counted(Measure::NightActs, row) };
        self.counts.once(&mut self.tx, of.clone(), (row.group_id.as_bytes(), row)).await?;
        let emergency = event == EventCode::BreakGlassDeclared || record.break_glass.is_some();
        self.counts.note_role(&of, role, emergency);
        Ok(())
    }

    /// What somebody did on a day, and as what: looked up once a day and batch, in the sealed record.
    async fn acted(&mut self, row: &DisclosureRow) -> Result<()> {
        let of = counted(Measure::UserDisclosures, row);
        self.counts.add(&mut self.tx, of.clone(), row).await?;
        if self.counts.wants_role(&of) {
            let record = self.record_of(row).await?;
            let role = record.and_then(|record| record.acting_party().user_role);
            if let Some(role) = role {
                self.counts.note_role(&of, role, false);
            }
        }
        Ok(())
    }

    /// The sealed record of an entry. One that was changed is a signal, and the rules step over it.
    pub(super) async fn record_of(
        &mut self,
        row: &DisclosureRow,
    ) -> Result<Option<DisclosureRecord>> {
        let looked = self.gateway.look_at(row.clone()).await?;
        if looked.is_unreadable() {
            self.broken(row.idx);
        }
        Ok(looked.record)
    }

    async fn finish(
        mut self,
        call: &Call,
        range: (i64, i64),
        last: Option<&DisclosureRow>,
    ) -> Result<Batch> {
        self.counts.judge(&mut self.tx, &self.pack, &mut self.findings).await?;
        self.raise(call, range, last).await
    }
}

/// Whether the row says what the entry says.
fn is_beside(row: &DisclosureRow, entry: &Entry) -> bool {
    let numbers = [
        (row.event_code, i64::from(entry.event)),
        (row.outcome, i64::from(entry.outcome)),
        (row.denial, i64::from(entry.reason)),
    ];
    let disclosed = match &entry.body {
        Body::Disclosure(disclosure) => {
            row.sender_oin.as_ref() == Some(&disclosure.sender)
                && row.recipient_oin.as_ref() == Some(&disclosure.recipient)
                && row.purpose == i64::from(disclosure.purpose)
                && row.basis == i64::from(disclosure.basis)
                && row.categories == i64::from(disclosure.categories)
        }
        Body::Consent(change) => row.categories == i64::from(change.categories),
        Body::Administration(_) | Body::Purge(_) => true,
    };
    disclosed
        && row.unread.is_empty()
        && numbers.iter().all(|(row, entry)| row == entry)
        && row.event_id == entry.event_id
        && row.group_id == entry.group_id
        && row.recorded_at == entry.recorded_at
        && row.actor_oin == entry.actor_organisation
}

fn counted(measure: Measure, row: &DisclosureRow) -> Counted {
    Counted {
        measure,
        oin: row.actor_oin.clone(),
        user: Some(row.actor_user_id.clone()),
        day: row.recorded_at.date(),
    }
}

/// Looking at a person. Handing over a referral is the work of the inbox, not a choice of who reads it.
const fn is_look(event: EventCode) -> bool {
    matches!(
        event,
        EventCode::SummaryDelivered | EventCode::SummaryRead | EventCode::ConsentChecked
    )
}

/// Somebody reads data about a person.
const fn is_read(event: EventCode) -> bool {
    matches!(event, EventCode::SummaryDelivered | EventCode::SummaryRead)
}

/// Data that went from one organisation to another.
const fn is_disclosure(event: EventCode) -> bool {
    matches!(
        event,
        EventCode::ReferralSubmitted
            | EventCode::ReferralFeedbackSent
            | EventCode::SummaryDelivered
            | EventCode::SummaryShared
            | EventCode::BreakGlassDeclared
    )
}
