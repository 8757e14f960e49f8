//! The report for a data subject: who gave what about them to whom, why, and was that right
//! (AVG art. 15, DOMAIN §5.6).
//!
//! An organisation reports the disclosures of which it is a party; the office of the region all. The
//! report is read from the ledger at one size of it. It is a draft until it was approved
//! ([`super::subject_requests::preparing`]); every look at it is in the ledger before it is answered.
//!
//! Invariant: what is read as final has the digest of what was approved. When something changed since,
//! for instance because informing was put off, nothing is read and it must be prepared again.

use std::collections::BTreeMap;

use crate::domain::basis::Basis;
use crate::domain::consent::{Capacity, Consent, Signer};
use crate::domain::deadline::DeadlineKind;
use crate::domain::disclosure::DisclosureRecord;
use crate::domain::event::EventCode;
use crate::domain::id::{ConsentId, Oin, SubjectRequestId};
use crate::domain::look::Look;
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::domain::review::ReviewState;
use crate::domain::subject_request::{
    AccessEntry, NotApproved, Organisation, PreparedReport, ReviewOutcome, Sight, Withheld,
    WithholdingGround, access_entry, shown_events,
};
use crate::domain::time::{Date, Timestamp};
use crate::store::{DisclosureRow, NewEntry, Search, SubjectRequestRow};
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::beside::{as_the_entry_says, is_of};
use super::call::Call;
use super::case_file::code;
use super::consents::open_consent;
use super::deadlines::informing_of;
use super::disclosures::{ENTRY, Looked, PAGE_MAX, PageStart, sees};
use super::error::{Error, Result};
use super::journal::{Administered, Scope};
use super::subject_requests::{self, RequestView, life_of, sealed_of};

mod dropped;

use dropped::Dropped;

/// Referrals about one person of which informing is put off at the same time: more than a year has days.
const POSTPONED_MAX: u32 = 500;

/// Lines of a report: more than anybody would read.
const LINES_MAX: usize = 10_000;

/// A report, or a page of it.
#[derive(Debug)]
pub struct AccessReport {
    /// The request that it answers.
    pub request: RequestView,
    /// In the order of the ledger. A draft holds what is withheld as well, with its ground.
    pub entries: Vec<ReportEntry>,
    /// Entries about the person that were changed in the database, so that nobody knows what they said:
    /// they are held back. For the officer only.
    pub changed: Vec<i64>,
    /// It may miss lines: those, or others of which nobody knows any more whom they are about.
    pub is_incomplete: bool,
    /// Where the next page begins, when there may be one.
    pub next: Option<PageStart>,
    /// Size of the ledger that the report is taken from.
    pub tree_size: i64,
    /// It was not approved: nothing of it is given.
    pub is_draft: bool,
}

/// One disclosure in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportEntry {
    /// Its place in the ledger.
    pub idx: i64,
    /// What happened.
    pub entry: AccessEntry,
    /// When consent was given, where it rested on consent; none where the reporter stays unnamed.
    pub consented_on: Option<Date>,
    /// What became of its review, where an emergency was declared.
    pub review: Option<ReviewOutcome>,
    /// Why an officer withholds it.
    pub withheld: Option<WithholdingGround>,
}

/// Which report is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// What was prepared; a new draft when nothing was.
    Prepared,
    /// A new draft, from a ledger of this size; its present one when none is said.
    Anew(Option<i64>),
    /// What was approved, and nothing else.
    Approved,
}

/// A report with its digest.
pub(super) struct Digested {
    pub(super) entries: Vec<ReportEntry>,
    pub(super) changed: Vec<i64>,
    pub(super) digest: [u8; 32],
}

impl Gateway {
    /// A page of the report for a request: what was approved, else what was prepared, else a new draft.
    /// A start behind what was prepared is of a new draft.
    pub async fn build_access_report(
        &self,
        call: &Call,
        id: SubjectRequestId,
        start: Option<PageStart>,
        limit: u32,
    ) -> Result<AccessReport> {
        let row = self.own_request(call, id).await?;
        let prepared = self.prepared_of(&row).await?;
        let reading = match (start, prepared) {
            (Some(start), Some(prepared)) if start.tree_size != prepared.tree_size => {
                Reading::Anew(Some(start.tree_size))
            }
            (_, Some(_)) => Reading::Prepared,
            (start, None) => Reading::Anew(start.map(|start| start.tree_size)),
        };
        let report = self.read_access_report(call, id, reading).await?;
        Ok(report.page(start.map_or(-1, |start| start.after), limit.clamp(1, PAGE_MAX)))
    }

    /// The whole report for a request. It is looked at, and answers nothing.
    pub async fn read_access_report(
        &self,
        call: &Call,
        id: SubjectRequestId,
        reading: Reading,
    ) -> Result<AccessReport> {
        let row = self.own_request(call, id).await?;
        let Some(file) = self.case_file(&row.case_ref).await? else {
            return self.refuse_hidden(call).await;
        };
        let verdict = subject_requests::verdict_now(&row, &file, call.now())?;
        life_of(&row)?.report(verdict).map_err(subject_requests::refused)?;
        let request = self.request_view(&row).await?;
        let prepared = request.report.as_ref().filter(|_| !matches!(reading, Reading::Anew(_)));
        let approved = prepared.filter(|prepared| prepared.approval.is_some());
        if reading == Reading::Approved && approved.is_none() {
            return Err(Error::unmet("REPORT_APPROVED", "the report was not approved yet"));
        }
        let present = self.present_size().await?;
        let size = match (prepared, reading) {
            (Some(prepared), _) => prepared.tree_size,
            (None, Reading::Anew(Some(size))) => size.clamp(0, present),
            (None, _) => present,
        };
        let looked = self.report_look(call, &row, size)?;
        self.append(vec![looked]).await?;
        let none = Withheld::default();
        let withheld = prepared.map_or(&none, |prepared| &prepared.withheld);
        let person = file.person_of(row.subject).ok_or_else(Error::hidden)?;
        let mut found = self.report_lines(call, &row, &person.key, size).await?;
        found.withhold(withheld);
        let is_draft = approved.is_none();
        if let Some(approved) = approved {
            if self.digested(&row, size, found.clone()).digest != approved.digest {
                let changed = NotApproved::Changed;
                return Err(Error::unmet(changed.code(), changed.to_string()));
            }
            found.entries.retain(|line| line.withheld.is_none());
        }
        let Lines { entries, changed, is_incomplete } = found;
        let is_incomplete = is_incomplete || !changed.is_empty();
        let (next, tree_size) = (None, size);
        Ok(AccessReport { request, entries, changed, is_incomplete, next, tree_size, is_draft })
    }

    /// Size of the ledger.
    pub(super) async fn present_size(&self) -> Result<i64> {
        Ok(self.db().read().await?.log_state().await?.map_or(0, |state| state.size))
    }

    /// Every line for these eyes up to a size of the ledger, none of them withheld by an officer.
    pub(super) async fn report_lines(
        &self,
        call: &Call,
        row: &SubjectRequestRow,
        key: &SubjectKey,
        size: i64,
    ) -> Result<Lines> {
        let withhold_reporter = sealed_of(row, key)?.particulars.withhold_reporter.is_some();
        let sight = Sight {
            is_somebody_else: row.capacity != i64::from(Capacity::Itself.number()),
            withhold_reporter,
            is_informing_postponed: self.is_informing_postponed(call, row).await?,
        };
        // Whose entries they are, and of what, is held against the leaves: a row that was changed would
        // silently drop out. So would one that was made to be about somebody else.
        let dropped = self.dropped_out_of_report(row, key, size).await?;
        let search = |after| Search {
            subject: Some(row.subject),
            after: Some(after),
            size,
            ..Search::default()
        };
        let mut lines = self.dropped_lines(call, dropped, (key, sight)).await?;
        let mut after = -1;
        loop {
            let (page, next) = self.report_page(call, &search(after), (key, sight)).await?;
            lines.entries.extend(page.entries);
            lines.changed.extend(page.changed);
            if lines.entries.len() > LINES_MAX {
                let sentence = format!("the report has more than {LINES_MAX} lines");
                return Err(Error::unmet("REPORT_TOO_LONG", sentence));
            }
            match next {
                Some(next) => after = next.after,
                None => break,
            }
        }
        lines.entries.sort_by_key(|line| line.idx);
        lines.changed.sort_unstable();
        Ok(lines)
    }

    /// What is told of entries that are not found by their rows.
    async fn dropped_lines(
        &self,
        call: &Call,
        Dropped { rows, leaves, without_row, is_incomplete }: Dropped,
        eyes: (&SubjectKey, Sight),
    ) -> Result<Lines> {
        let mut lines = self.lines_of(call, rows, &leaves, eyes).await?;
        let own = without_row.iter().filter(|(_, entry)| {
            let party = (call.role() != Role::Oversight).then(|| call.oin());
            is_shown(i64::from(entry.event)) && party.is_none_or(|own| is_of(entry, own))
        });
        lines.changed.extend(own.map(|(idx, _)| *idx));
        lines.is_incomplete = is_incomplete;
        Ok(lines)
    }

    /// A report with the digest of every line of it, told, withheld or held back because it was changed.
    /// It is keyed: a plain hash of what is easily guessed would confirm the guess.
    pub(super) fn digested(&self, row: &SubjectRequestRow, size: i64, lines: Lines) -> Digested {
        let Lines { entries, changed, .. } = lines;
        let mut text = format!("{} {size}", row.subject_request_id);
        for line in &entries {
            text.push_str(&line.canonical());
        }
        for idx in &changed {
            text.push_str("\nchanged ");
            text.push_str(&idx.to_string());
        }
        let key = self.keys().keyring().idempotency_key();
        let digest = key.body_digest("access report", text.as_bytes());
        Digested { entries, changed, digest }
    }

    async fn prepared_of(&self, row: &SubjectRequestRow) -> Result<Option<PreparedReport>> {
        Ok(self.request_view(row).await?.report)
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
        call: &Call,
        search: &Search,
        eyes: (&SubjectKey, Sight),
    ) -> Result<(Lines, Option<PageStart>)> {
        let mut tx = self.db().read().await?;
        let rows = tx.search(search, PAGE_MAX).await?;
        let places: Vec<i64> = rows.iter().map(|row| row.idx).collect();
        let leaves: BTreeMap<i64, Vec<u8>> = tx.leaves_at(&places).await?.into_iter().collect();
        drop(tx);
        let full = u32::try_from(rows.len()).is_ok_and(|len| len == PAGE_MAX);
        let next = rows
            .last()
            .filter(|_| full)
            .map(|row| PageStart { after: row.idx, tree_size: search.size });
        Ok((self.lines_of(call, rows, &leaves, eyes).await?, next))
    }

    async fn lines_of(
        &self,
        call: &Call,
        rows: Vec<DisclosureRow>,
        leaves: &BTreeMap<i64, Vec<u8>>,
        (key, sight): (&SubjectKey, Sight),
    ) -> Result<Lines> {
        let mut consents = Consents::default();
        let mut lines = Lines::default();
        for row in rows {
            let idx = row.idx;
            let leaf = leaves.get(&idx).map(Vec::as_slice);
            if !is_for(call, &row, leaf) {
                continue;
            }
            let looked = self.look_beside(row, leaf).await?;
            if looked.is_unreadable() || looked.changed.contains(&ENTRY) {
                lines.changed.push(idx);
                continue;
            }
            // Of what else was changed, the sealed record is right, and it is what is told.
            let Looked { record: Some(record), .. } = looked else { continue };
            let Said { consented_on, by_person } =
                consents.said(self, key, &record.consent_ids).await?;
            let own_consent = by_person && record.basis == Some(Basis::Consent);
            let Some(entry) = access_entry(&record, sight, own_consent) else { continue };
            let review = self.review_outcome(&record).await?;
            lines.entries.push(ReportEntry::new(idx, entry, (consented_on, review)));
        }
        Ok(lines)
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

    /// Reading a report is a look at the ledger.
    fn report_look(&self, call: &Call, row: &SubjectRequestRow, size: i64) -> Result<NewEntry> {
        let question = [&row.subject_request_id.as_bytes()[..], &size.to_be_bytes()].concat();
        let digest = self.keys().keyring().idempotency_key().body_digest("report", &question);
        let what = (Look::AccessReport, call.purpose_or(Purpose::DataSubjectRequest));
        self.administered(
            call,
            &Administered {
                event: EventCode::LogQueried,
                scope: Scope::Ledger,
                count: 1,
                digest,
                note: call.look_note(what, "")?,
            },
        )
    }

    /// The name of an organisation in the directory, for people.
    pub fn organisation_name(&self, oin: &Oin) -> String {
        let directory = self.directory();
        directory.organisation(oin).map_or_else(String::new, |known| known.name().to_owned())
    }
}

impl AccessReport {
    /// The lines after one of them.
    fn page(mut self, after: i64, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.entries.retain(|line| line.idx > after);
        let is_last = self.entries.len() <= limit;
        self.entries.truncate(limit);
        let last = self.entries.last().filter(|_| !is_last);
        self.next = last.map(|line| PageStart { after: line.idx, tree_size: self.tree_size });
        self
    }
}

/// The lines of a report, and the entries of which nobody knows what they said.
#[derive(Clone, Default)]
pub(super) struct Lines {
    pub(super) entries: Vec<ReportEntry>,
    pub(super) changed: Vec<i64>,
    /// There are entries of which nobody knows whether they are about the person. It is told with what was
    /// approved too, so it is no part of the digest.
    pub(super) is_incomplete: bool,
}

impl Lines {
    /// Marks what an officer withholds.
    pub(super) fn withhold(&mut self, withheld: &Withheld) {
        for line in &mut self.entries {
            line.withheld = withheld.ground(line.idx);
        }
    }
}

impl ReportEntry {
    /// A line that is told. The day of a consent would tell what the line rests on, and so who reported.
    fn new(
        idx: i64,
        entry: AccessEntry,
        (consented_on, review): (Option<Date>, Option<ReviewOutcome>),
    ) -> Self {
        let consented_on = consented_on.filter(|_| !entry.hides_reporter());
        Self { idx, entry, consented_on, review, withheld: None }
    }

    /// The line in codes, one way only.
    fn canonical(&self) -> String {
        let entry = &self.entry;
        let party = |of: &Organisation| match of {
            Organisation::Withheld => "-".to_owned(),
            Organisation::Named(oin, role) => format!("{oin} {role}"),
        };
        let (from, to) = (party(&entry.from), party(&entry.to));
        let code = |number: Option<u16>| number.unwrap_or_default();
        format!(
            "\n{} {} {} [{from}] [{to}] {} {} {} {} {} {} {}",
            self.idx,
            entry.at,
            entry.event,
            entry.categories.bits(),
            code(entry.purpose.map(Purpose::number)),
            code(entry.basis.map(Basis::number)),
            u8::from(entry.is_emergency),
            self.consented_on.map_or_else(|| "-".to_owned(), |day| day.to_string()),
            code(self.review.map(ReviewOutcome::number)),
            code(self.withheld.map(WithholdingGround::number)),
        )
    }
}

/// Whether an entry is one that a report tells of, and the caller's, as its leaf has it.
fn is_for(call: &Call, row: &DisclosureRow, leaf: Option<&[u8]>) -> bool {
    let mended = leaf.and_then(|leaf| as_the_entry_says(row, leaf));
    let row = mended.as_ref().unwrap_or(row);
    is_shown(row.event_code) && sees(call, row)
}

/// Whether a report tells of such an event.
fn is_shown(event_code: i64) -> bool {
    shown_events().iter().any(|event| i64::from(event.number()) == event_code)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::category::Categories;
    use crate::domain::testema::{at, police, steunpunt};

    #[test]
    fn the_day_of_a_consent_is_not_told_where_the_reporter_stays_unnamed() {
        let entry = |from| AccessEntry {
            at: at("2026-04-14T10:22:31.412Z"),
            event: EventCode::ReferralSubmitted,
            from,
            to: Organisation::Named(steunpunt(), Role::Steunpunt),
            categories: Categories::of(&[]),
            purpose: None,
            basis: None,
            is_emergency: false,
        };
        let day = Some(at("2026-03-12T10:00:00Z").date());
        let told = |from| ReportEntry::new(1, entry(from), (day, None)).consented_on;
        assert_eq!(told(Organisation::Named(police(), Role::Police)), day);
        assert_eq!(told(Organisation::Withheld), None);
    }
}
