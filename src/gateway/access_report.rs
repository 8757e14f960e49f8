//! The report for a data subject: who gave what about them to whom, why, and was that right
//! (AVG art. 15, DOMAIN §5.6).
//!
//! An organisation reports the disclosures of which it is a party; the office of the region all. The
//! report is read from the ledger at one size of it, page by page. That it was made, and every page
//! of it, is in the ledger before it is answered.

use std::collections::BTreeMap;

use crate::domain::basis::Basis;
use crate::domain::consent::{Capacity, Consent, Signer};
use crate::domain::deadline::DeadlineKind;
use crate::domain::disclosure::DisclosureRecord;
use crate::domain::event::EventCode;
use crate::domain::id::{ConsentId, Oin, SubjectRequestId};
use crate::domain::organisation::Role;
use crate::domain::review::ReviewState;
use crate::domain::subject_request::{
    AccessEntry, ReviewOutcome, Sight, access_entry, shown_events,
};
use crate::domain::time::{Date, Timestamp};
use crate::store::{self, Command, Flow, NewEntry, Placed, Search, SubjectRequestRow, Tx};
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::Call;
use super::case_file::code;
use super::consents::open_consent;
use super::deadlines::informing_of;
use super::disclosures::{Looked, PAGE_MAX, PageStart};
use super::error::{Error, Result};
use super::journal::{Administered, Scope};
use super::subject_requests::{self, RequestView, life_of, sealed_of};

/// Referrals about one person of which informing is put off at the same time: more than a year has days.
const POSTPONED_MAX: u32 = 500;

/// A page of a report.
#[derive(Debug)]
pub struct AccessReport {
    /// The request that it answers.
    pub request: RequestView,
    /// In the order of the ledger.
    pub entries: Vec<ReportEntry>,
    /// Where the next page begins, when there may be one.
    pub next: Option<PageStart>,
    /// Size of the ledger that the report is taken from.
    pub tree_size: i64,
}

/// One disclosure in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportEntry {
    /// What happened.
    pub entry: AccessEntry,
    /// When consent was given, where it rested on consent.
    pub consented_on: Option<Date>,
    /// What became of its review, where an emergency was declared.
    pub review: Option<ReviewOutcome>,
}

/// What a report is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Making {
    /// To be given: the request is answered with it.
    Given,
    /// To be read by the officer.
    Read,
}

impl Gateway {
    /// Makes the report for a request, or its next page.
    pub async fn build_access_report(
        &self,
        call: &Call,
        id: SubjectRequestId,
        start: Option<PageStart>,
        limit: u32,
    ) -> Result<AccessReport> {
        self.access_report(call, id, (start, limit), Making::Given).await
    }

    /// A page of the report as it would be, or was, given. It is looked at, and answers nothing.
    pub async fn read_access_report(
        &self,
        call: &Call,
        id: SubjectRequestId,
        start: Option<PageStart>,
        limit: u32,
    ) -> Result<AccessReport> {
        self.access_report(call, id, (start, limit), Making::Read).await
    }

    async fn access_report(
        &self,
        call: &Call,
        id: SubjectRequestId,
        (start, limit): (Option<PageStart>, u32),
        making: Making,
    ) -> Result<AccessReport> {
        let row = self.own_request(call, id).await?;
        let Some(file) = self.case_file(&row.case_ref).await? else {
            return self.refuse_hidden(call).await;
        };
        let verdict = subject_requests::verdict_now(&row, &file, call.now())?;
        let life = life_of(&row)?.report(verdict).map_err(subject_requests::refused)?;
        let person = file.person_of(row.subject).ok_or_else(Error::hidden)?;
        let state = self.db().read().await?.log_state().await?;
        let present = state.map_or(0, |state| state.size);
        let start = start.unwrap_or(PageStart { after: -1, tree_size: present });
        let first = start.after < 0 && making == Making::Given;
        let changed = first.then(|| SubjectRequestRow {
            reported_at: row.reported_at.or_else(|| Some(call.now())),
            ..subject_requests::moved(&row, life)
        });
        let entries = self.report_entries(call, &row, &person.key, (start, first))?;
        if !self
            .writer()
            .commit(Report { now: call.now(), changed: changed.clone(), entries })
            .await?
        {
            return Err(Error::Busy);
        }
        let sight = Sight {
            is_somebody_else: row.capacity != i64::from(Capacity::Itself.number()),
            withhold_reporter: sealed_of(&row, &person.key)?
                .particulars
                .withhold_reporter
                .is_some(),
            is_informing_postponed: self.is_informing_postponed(call, &row).await?,
        };
        let size = start.tree_size.min(present);
        let search = Search {
            party: (call.role() != Role::Oversight).then(|| call.oin().clone()),
            subject: Some(row.subject),
            event_codes: shown_events().iter().fold(0, |bits, event| bits | 1 << event.number()),
            after: Some(start.after),
            size,
            ..Search::default()
        };
        let limit = limit.clamp(1, PAGE_MAX);
        let (entries, next) = self.report_page(&search, &person.key, sight, limit).await?;
        let request = self.request_view(changed.as_ref().unwrap_or(&row)).await?;
        Ok(AccessReport { request, entries, next, tree_size: size })
    }

    /// Whether the person, or who asks for the person, is not to be informed yet. A postponement ends
    /// with the day on which they were informed after all.
    async fn is_informing_postponed(&self, call: &Call, row: &SubjectRequestRow) -> Result<bool> {
        let mut tx = self.db().read().await?;
        for person in std::iter::once(row.subject).chain(row.requester) {
            let postponed = tx.informing_postponed(person, call.now(), POSTPONED_MAX).await?;
            for (referral_id,) in postponed {
                let about = informing_of(referral_id, person);
                let term = tx.deadline(DeadlineKind::InformSubject, &about).await?;
                if term.is_none_or(|term| term.met_at.is_none()) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn report_page(
        &self,
        search: &Search,
        key: &SubjectKey,
        sight: Sight,
        limit: u32,
    ) -> Result<(Vec<ReportEntry>, Option<PageStart>)> {
        let rows = self.db().read().await?.search(search, limit).await?;
        let full = u32::try_from(rows.len()).is_ok_and(|len| len == limit);
        let next = rows
            .last()
            .filter(|_| full)
            .map(|row| PageStart { after: row.idx, tree_size: search.size });
        let mut consents = Consents::default();
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let Looked { record: Some(record), .. } = self.look(row).await? else { continue };
            let Said { consented_on, by_person } =
                consents.said(self, key, &record.consent_ids).await?;
            let own_consent = by_person && record.basis == Some(Basis::Consent);
            let Some(entry) = access_entry(&record, sight, own_consent) else { continue };
            let review = self.review_outcome(&record).await?;
            entries.push(ReportEntry { entry, consented_on, review });
        }
        Ok((entries, next))
    }

    /// What is known of the review now; who asks later may hear more.
    async fn review_outcome(&self, record: &DisclosureRecord) -> Result<Option<ReviewOutcome>> {
        if record.break_glass.is_none() {
            return Ok(None);
        }
        let mut tx = self.db().read().await?;
        let state = tx.review_state_of_act(record.disclosure_group_id).await?;
        let state = state.map(|state| code(state, ReviewState::from_number)).transpose()?;
        Ok(state.map(ReviewOutcome::from))
    }

    /// Every page is a look at the ledger; the first is the report.
    fn report_entries(
        &self,
        call: &Call,
        row: &SubjectRequestRow,
        key: &SubjectKey,
        (start, is_made): (PageStart, bool),
    ) -> Result<Vec<NewEntry>> {
        let question = [
            &row.subject_request_id.as_bytes()[..],
            &start.after.to_be_bytes(),
            &start.tree_size.to_be_bytes(),
        ]
        .concat();
        let digest = self.keys().keyring().idempotency_key().body_digest("report", &question);
        let looked = self.administered(
            call,
            &Administered {
                event: EventCode::LogQueried,
                scope: Scope::Ledger,
                count: 1,
                digest,
                note: call.look_note("DATA_SUBJECT_REQUEST"),
            },
        )?;
        let mut entries = vec![looked];
        if is_made {
            let event = (EventCode::DsarReported, "REPORTED");
            entries.push(self.request_entry(call, row, key, event)?);
        }
        Ok(entries)
    }

    /// The name of an organisation in the directory, for people.
    pub fn organisation_name(&self, oin: &Oin) -> String {
        let directory = self.directory();
        directory.organisation(oin).map_or_else(String::new, |known| known.name().to_owned())
    }
}

/// What the consents of one person say, each read once for a page.
#[derive(Default)]
struct Consents(BTreeMap<ConsentId, Said>);

/// What one or more consents say together.
#[derive(Debug, Clone, Copy, Default)]
struct Said {
    /// When the first was given.
    consented_on: Option<Date>,
    /// Whether the person signed all of them.
    by_person: bool,
}

impl Said {
    fn of(consent: &Consent) -> Self {
        let terms = &consent.terms;
        let itself = Signer { person: terms.subject, capacity: Capacity::Itself };
        Self {
            consented_on: terms.signed_at().map(Timestamp::date),
            by_person: terms.grantors.iter().any(|grantor| grantor.signer() == itself),
        }
    }
}

impl Consents {
    async fn said(
        &mut self,
        gateway: &Gateway,
        key: &SubjectKey,
        consents: &[ConsentId],
    ) -> Result<Said> {
        for id in consents {
            if !self.0.contains_key(id) {
                let row = gateway.db().read().await?.consent(*id).await?;
                let consent = row.map(|row| open_consent(&row, key)).transpose()?;
                self.0.insert(*id, consent.as_ref().map(Said::of).unwrap_or_default());
            }
        }
        let known: Vec<Said> = consents.iter().filter_map(|id| self.0.get(id).copied()).collect();
        Ok(Said {
            consented_on: known.iter().filter_map(|said| said.consented_on).min(),
            by_person: !known.is_empty() && known.iter().all(|said| said.by_person),
        })
    }
}

struct Report {
    now: Timestamp,
    changed: Option<SubjectRequestRow>,
    entries: Vec<NewEntry>,
}

impl Command for Report {
    /// Whether the request was still the one that was read.
    type Outcome = bool;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<bool>> {
        if let Some(row) = &self.changed {
            match tx.update_subject_request(row).await {
                Err(store::Error::Conflict) => return Ok(Flow::Stop(false)),
                updated => updated?,
            }
            subject_requests::answered(tx, row, self.now).await?;
        }
        Ok(Flow::Append(self.entries.clone()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<bool> {
        Ok(true)
    }
}
