//! Looking at the ledger: who saw what about whom, why, and was that allowed.
//!
//! Every look is itself an entry, written before the answer is given (DOMAIN §5.1). An officer sees
//! the entries of which the own organisation is a party; the office of the region sees all.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::basis::Basis;
use crate::domain::category::Category;
use crate::domain::disclosure::DisclosureRecord;
use crate::domain::event::Disposition;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{Oin, Pseudonym, UserId};
use crate::domain::lines::{Filter, Tally};
use crate::domain::look::Look;
use crate::domain::organisation::{Role, UserRole};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
pub use crate::store::DisclosureRow;
use crate::store::{self, Command, Flow, LineKey, NewEntry, Placed, QuestionRow, Search, Tx};
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::beside::as_the_entry_says;
use super::call::Call;
use super::error::{Error, Result};
use super::journal::{Administered, EntryReceipt, Scope};
use super::keys::open_cell;
use super::proofs::Proven;
use super::search::{Found, Sought};

/// Entries in one page.
pub const PAGE_MAX: u32 = 500;
/// Longest period of one search (DOMAIN §5.5).
pub(super) const PERIOD_MAX: Duration = Duration::from_hours(92 * 24);

/// What one entry says.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The row beside the leaf.
    pub row: DisclosureRow,
    /// The whole record; none when the person was forgotten, or when it cannot be opened.
    pub record: Option<DisclosureRecord>,
    /// The columns of the row that were changed after it was written. One entry is held against its
    /// leaf, and so are those of exports, reports and breaches; of an entry of a list only [`SEALED`]
    /// and what is no value of its column are known.
    pub changed: Vec<&'static str>,
}

/// The column of the sealed record: it was changed when it cannot be opened although the key is there.
pub const SEALED: &str = "sealed";
/// In place of a column: the leaf itself is gone, or is none that the gateway writes.
pub const ENTRY: &str = "entry";

impl Looked {
    /// Whether the record is there, and its key too, and it can still not be opened.
    pub fn is_unreadable(&self) -> bool {
        self.record.is_none() && self.changed.contains(&SEALED)
    }
}

/// A search, as a message carries it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct SearchDraft {
    pub purpose: i32,
    pub subject_pseudonym: String,
    pub case_ref: String,
    pub actor_user_id: String,
    pub oin: String,
    pub group_id: String,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub event_codes: Vec<i32>,
    pub denied_only: bool,
    pub sender_oin: String,
    pub recipient_oin: String,
    pub for_purpose: i32,
    pub basis: i32,
    pub categories: Vec<i32>,
    pub dispositions: Vec<i32>,
    pub newest_first: bool,
    /// The person of this entry: for those who must not write a pseudonym down, such as an address
    /// of a page (promise 7).
    pub subject_of: Option<i64>,
}

/// A page of a search.
#[derive(Debug)]
pub struct Page {
    /// In the order of the ledger, or against it.
    pub entries: Vec<Looked>,
    /// Last entry of the page, when there may be more.
    pub next_after: Option<i64>,
    /// Size of the ledger that the pages are taken from.
    pub tree_size: i64,
    /// How many entries match, on all pages, and how they are spread.
    pub tally: Tally,
    /// How many of them stand before this page.
    pub before: u64,
    /// Whether all entries were compared; of a person, case, act or employee with more than 10 000,
    /// the newest were.
    pub is_whole: bool,
}

/// Where a page begins: after which entry, in a ledger of which size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageStart {
    /// Behind this entry, in the order of the search.
    pub after: i64,
    /// Pages agree with each other.
    pub tree_size: i64,
}

impl PageStart {
    /// The first page of a search, in a ledger of this size.
    pub const fn first(tree_size: i64, newest_first: bool) -> Self {
        Self { after: if newest_first { i64::MAX } else { -1 }, tree_size }
    }

    const fn is_first(self, newest_first: bool) -> bool {
        self.after == Self::first(self.tree_size, newest_first).after
    }
}

impl SearchDraft {
    /// Whether it names a person, a case or somebody who acted. Without, all entries of a period would
    /// have to be read.
    pub fn has_key(&self) -> bool {
        let keys = [
            &self.subject_pseudonym,
            &self.case_ref,
            &self.actor_user_id,
            &self.oin,
            &self.group_id,
            &self.sender_oin,
            &self.recipient_oin,
        ];
        self.subject_of.is_some() || keys.iter().any(|text| !text.is_empty())
    }

    pub(super) fn parse(
        &self,
        party: Option<Oin>,
        subject: Option<Pseudonym>,
    ) -> Result<(Sought, Purpose)> {
        let mut violations = Violations::new();
        let words = "must name a subject, case, user, organisation or act";
        violations.require(self.has_key(), "filter", "KEY_REQUIRED", words);
        self.read((party, subject), Some(PERIOD_MAX), violations)
    }

    /// The same for an export, which is complete: it is read page by page, so it needs neither a key nor
    /// a short period (CONSOLE §1.4 P2).
    pub(super) fn parse_for_export(
        &self,
        party: Option<Oin>,
        subject: Option<Pseudonym>,
    ) -> Result<(Sought, Purpose)> {
        self.read((party, subject), None, Violations::new())
    }

    fn read(
        &self,
        (party, subject): (Option<Oin>, Option<Pseudonym>),
        period_max: Option<Duration>,
        mut violations: Violations,
    ) -> Result<(Sought, Purpose)> {
        let v = &mut violations;
        let purpose = may_look(self.purpose, v);
        let mut filter = Filter { party, from: self.from, until: self.until, ..Filter::default() };
        filter.oin = optional("filter.oin", &self.oin, v);
        filter.sender = optional("filter.sender_oin", &self.sender_oin, v);
        filter.recipient = optional("filter.recipient_oin", &self.recipient_oin, v);
        filter.purpose = known("filter.purpose", self.for_purpose, Purpose::from_number, v);
        filter.basis = known("filter.basis", self.basis, Basis::from_number, v);
        filter.events = bits("filter.event_codes", &self.event_codes, EventCode::from_number, v);
        filter.categories = self.category_bits(v);
        filter.dispositions = self.disposition_bits(v);
        let keys = self.keys(&mut filter, subject, v);
        self.check_period(period_max, v);
        violations.into_result(())?;
        let sought = Sought { filter, keys, newest_first: self.newest_first };
        Ok((sought, purpose.ok_or_else(Error::hidden)?))
    }

    /// What is looked up by an index, that which finds the fewest first.
    fn keys(
        &self,
        filter: &mut Filter,
        subject: Option<Pseudonym>,
        violations: &mut Violations,
    ) -> Vec<LineKey> {
        let v = violations;
        let group = optional("filter.group_id", &self.group_id, v).map(LineKey::Group);
        let named = optional("filter.subject_pseudonym", &self.subject_pseudonym, v);
        let case_ref = optional("filter.case_ref", &self.case_ref, v).map(LineKey::Case);
        let user: Option<UserId> = optional("filter.actor_user_id", &self.actor_user_id, v);
        // The office of the region says with `oin` whose employee it means. A refused look was neither
        // sent nor received, so that is no further condition.
        let named_employer =
            if user.is_some() && filter.party.is_none() { filter.oin.take() } else { None };
        let employer = filter.party.as_ref().or(named_employer.as_ref());
        let knows_employer = user.is_none() || employer.is_some();
        let words = "must come with the organisation of the employee";
        v.require(knows_employer, "filter.actor_user_id", "ORGANISATION_REQUIRED", words);
        let actor = user.zip(employer).map(|(user, oin)| LineKey::Actor(oin.clone(), user));
        let subjects = [subject, named].into_iter().flatten().map(LineKey::Subject);
        group.into_iter().chain(subjects).chain(case_ref).chain(actor).collect()
    }

    fn check_period(&self, period_max: Option<Duration>, violations: &mut Violations) {
        let fits = match (self.from, self.until) {
            (Some(from), Some(until)) => {
                from < until && period_max.is_none_or(|longest| until <= from.plus(longest))
            }
            _ => false,
        };
        let words = match period_max {
            Some(_) => "must have a start and an end, at most 92 days apart",
            None => "must have a start and an end",
        };
        violations.require(fits, "filter.period", "PERIOD", words);
    }

    fn category_bits(&self, violations: &mut Violations) -> u16 {
        // Category n is bit n-1, everywhere.
        let field = "filter.categories";
        let bits = bits(field, &self.categories, Category::from_number, violations) >> 1;
        u16::try_from(bits).unwrap_or(u16::MAX)
    }

    fn disposition_bits(&self, violations: &mut Violations) -> u8 {
        let field = "filter.dispositions";
        let bits = bits(field, &self.dispositions, Disposition::from_number, violations);
        let refused = if self.denied_only { Filter::bits([Disposition::Refused]) } else { 0 };
        u8::try_from(bits).unwrap_or(u8::MAX) | refused
    }
}

/// Bit n set: code n.
fn bits<T>(
    field: &str,
    numbers: &[i32],
    read: impl Fn(u16) -> Option<T>,
    violations: &mut Violations,
) -> u64 {
    let mut bits = 0;
    for (index, number) in numbers.iter().take(64).enumerate() {
        match u16::try_from(*number).ok().filter(|number| read(*number).is_some()) {
            Some(number) => bits |= 1_u64.checked_shl(number.into()).unwrap_or(0),
            None => violations.add(
                format!("{field}[{index}]"),
                "UNKNOWN_CODE",
                "must be one of the codes of this field",
            ),
        }
    }
    bits
}

pub(super) fn optional<T>(field: &str, text: &str, violations: &mut Violations) -> Option<T>
where
    T: std::str::FromStr<Err: crate::domain::violation::Rule>,
{
    if text.is_empty() { None } else { violations.take(field, text.parse()) }
}

/// The number of a code; 0 for none.
fn known<T>(
    field: &str,
    number: i32,
    read: impl Fn(u16) -> Option<T>,
    violations: &mut Violations,
) -> u8 {
    let is_code = number == 0 || u16::try_from(number).is_ok_and(|number| read(number).is_some());
    violations.require(is_code, field, "UNKNOWN_CODE", "must be one of the codes of this field");
    u8::try_from(number).unwrap_or(0)
}

/// The purpose of a look, which its entry tells (DOMAIN §5.5, §8 row 13).
pub(super) fn may_look(number: i32, violations: &mut Violations) -> Option<Purpose> {
    let purpose = u16::try_from(number).ok().and_then(Purpose::from_number);
    let allowed = [Purpose::PrivacyReview, Purpose::DataSubjectRequest];
    let purpose = purpose.filter(|purpose| allowed.contains(purpose));
    let words = "must be PRIVACY_REVIEW or DATA_SUBJECT_REQUEST";
    violations.require(purpose.is_some(), "purpose", "PURPOSE_NOT_ALLOWED", words);
    purpose
}

/// The purpose of a look that asks for nothing else.
pub(super) fn may_look_now(number: i32) -> Result<Purpose> {
    let mut violations = Violations::new();
    let purpose = may_look(number, &mut violations);
    violations.into_result(())?;
    purpose.ok_or_else(Error::hidden)
}

/// Reviews are looked at for reviewing, and for nothing else.
pub(super) fn check_purpose(call: &Call, number: i32) -> Result<()> {
    let purpose = u16::try_from(number).ok().and_then(Purpose::from_number);
    let mut violations = Violations::new();
    let fits = purpose == Some(Purpose::PrivacyReview);
    violations.require(fits, "purpose", "PURPOSE_NOT_ALLOWED", "must be PRIVACY_REVIEW");
    violations.into_result(())?;
    call.check_occasion(Purpose::PrivacyReview)
}

impl Gateway {
    /// Searches the entries that the officer may see. The search is in the ledger first.
    pub async fn search_disclosures(
        &self,
        call: &Call,
        draft: SearchDraft,
        start: Option<PageStart>,
        limit: u32,
    ) -> Result<Page> {
        self.require_officer(call).await?;
        let subject = match draft.subject_of {
            None => None,
            Some(index) => Some(self.subject_of(call, index).await?),
        };
        let (sought, purpose) = draft.parse(visible_to(call), subject)?;
        // The query may name a person, so only its digest is written down (DOMAIN §8 row 11).
        let names = (draft.subject_pseudonym, subject.map(Pseudonym::to_hex));
        let query = format!("{sought:?} {names:?}");
        let looked = self.looked(call, (Look::Search, purpose), query.as_bytes())?;
        // A further page is not another question; the first one is, of whatever size of the ledger.
        let is_first = start.is_none_or(|start| start.is_first(sought.newest_first));
        let asked = sought.person().filter(|_| is_first);
        let question = asked.map(|subject| question(call, subject));
        self.writer().commit(Asking { looked, question }).await?;
        let state = self.db().read().await?.log_state().await?;
        let present = state.map_or(0, |state| state.size);
        let size = start.map_or(present, |start| start.tree_size.min(present));
        let limit = usize::try_from(limit.clamp(1, PAGE_MAX)).unwrap_or(1);
        let found = self.find_entries(&sought, size, (start, limit)).await?;
        let mut entries = Vec::with_capacity(found.page.len());
        for row in self.db().read().await?.disclosures(&found.page).await? {
            entries.push(self.look_at(row).await?);
        }
        if sought.newest_first {
            entries.reverse();
        }
        let next_after = found.page.last().copied().filter(|_| found.has_more);
        let Found { tally, is_whole, before, .. } = found;
        Ok(Page { entries, next_after, tree_size: size, tally, before, is_whole })
    }

    /// Whom an entry is about, as far as the caller may see it.
    pub(super) async fn subject_of(&self, call: &Call, index: i64) -> Result<Pseudonym> {
        let mut tx = self.db().read().await?;
        let row = tx.disclosure(index).await?.ok_or_else(Error::hidden)?;
        let leaf = tx.leaf(index).await?;
        drop(tx);
        let leaf = leaf.as_ref().map(|leaf| leaf.entry.as_slice());
        let is_changed = match leaf {
            _ if !may_see(call, &row, leaf) => true,
            // About whom it is, was changed: it would be a look at somebody else.
            Some(leaf) => {
                self.look_beside(row.clone(), Some(leaf)).await?.changed.contains(&"subject")
            }
            None => false,
        };
        row.subject.filter(|_| !is_changed).ok_or_else(Error::hidden)
    }

    /// An entry that something is done about; none when the caller may not see it, or there is none.
    pub(super) async fn entry_seen_by(
        &self,
        call: &Call,
        index: i64,
    ) -> Result<Option<DisclosureRow>> {
        let mut tx = self.db().read().await?;
        let Some(row) = tx.disclosure(index).await? else { return Ok(None) };
        let leaf = tx.leaf(index).await?;
        drop(tx);
        let leaf = leaf.as_ref().map(|leaf| leaf.entry.as_slice());
        let said = leaf.and_then(|leaf| as_the_entry_says(&row, leaf));
        let row = said.unwrap_or(row);
        Ok(Some(row).filter(|row| sees(call, row)))
    }

    /// One entry, with its leaf and proof.
    pub async fn disclosure(
        &self,
        call: &Call,
        purpose: i32,
        index: i64,
    ) -> Result<(Looked, EntryReceipt)> {
        self.require_officer(call).await?;
        let mut violations = Violations::new();
        let purpose = may_look(purpose, &mut violations);
        violations.require(index >= 0, "index", "NEGATIVE", "must not be negative");
        violations.into_result(())?;
        let purpose = purpose.ok_or_else(Error::hidden)?;
        self.log_look(call, &index.to_be_bytes(), (Look::Entry, purpose)).await?;
        let row = self.db().read().await?.disclosure(index).await?.ok_or_else(Error::hidden)?;
        let position = u64::try_from(index).map_err(Error::internal)?;
        let Proven { entry, tlog_proof, .. } = self.proven_to_others(position).await?;
        let entry = entry.ok_or_else(Error::hidden)?;
        if !may_see(call, &row, Some(&entry)) {
            return Err(Error::hidden());
        }
        let mut looked = self.look_at(row).await?;
        looked.changed = self.changed(&looked, &entry).await?;
        let receipt = EntryReceipt {
            index: position,
            entry,
            tlog_proof: tlog_proof.unwrap_or_default(),
            person_key: None,
            payload_opening: None,
        };
        Ok((looked, receipt))
    }

    pub(super) async fn require_officer(&self, call: &Call) -> Result<()> {
        if call.actor.role == UserRole::PrivacyOfficer {
            return Ok(());
        }
        self.refuse(call, DenialReason::RoleNotAllowed).await
    }

    /// An officer looks at something that is not an entry: who may do so, and for which purpose, is
    /// the same, and so is that it is in the ledger first.
    pub(super) async fn officer_looks(
        &self,
        call: &Call,
        number: i32,
        (what, question): (Look, &[u8]),
    ) -> Result<()> {
        self.require_officer(call).await?;
        let mut violations = Violations::new();
        let purpose = may_look(number, &mut violations);
        violations.into_result(())?;
        let purpose = purpose.ok_or_else(Error::hidden)?;
        self.log_look(call, question, (what, purpose)).await
    }

    /// The digest of the question is keyed: who guesses a person cannot test the guess.
    pub(super) async fn log_look(
        &self,
        call: &Call,
        question: &[u8],
        what: (Look, Purpose),
    ) -> Result<()> {
        let entry = self.looked(call, what, question)?;
        self.append(vec![entry]).await
    }

    /// The entry of a look at the ledger.
    pub(super) fn looked(
        &self,
        call: &Call,
        what: (Look, Purpose),
        question: &[u8],
    ) -> Result<NewEntry> {
        self.noted(call, call.look_note(what, "")?, question)
    }

    /// The same, with a note that says more.
    pub(super) fn noted(&self, call: &Call, note: String, question: &[u8]) -> Result<NewEntry> {
        let digest = self.keys().keyring().idempotency_key().body_digest("log", question);
        self.administered(
            call,
            &Administered {
                event: EventCode::LogQueried,
                scope: Scope::Ledger,
                count: 1,
                digest,
                note,
            },
        )
    }

    /// What an entry says. A record that was changed is told as such, so that it hides nothing that
    /// stands beside it.
    pub(super) async fn look_at(&self, row: DisclosureRow) -> Result<Looked> {
        let key = self.key_of(&row).await?;
        let mut changed = row.unread.clone();
        if row.subject.is_some() && key.is_none() {
            return Ok(Looked { row, record: None, changed });
        }
        let bytes = opened(&row, key.as_deref());
        let record = bytes.and_then(|bytes| DisclosureRecord::from_bytes(&bytes).ok());
        changed.extend(record.is_none().then_some(SEALED));
        Ok(Looked { row, record, changed })
    }

    /// The same for what must be complete and right: held against the leaf. A record that is not what
    /// the leaf commits to is none.
    pub(super) async fn look_beside(
        &self,
        row: DisclosureRow,
        leaf: Option<&[u8]>,
    ) -> Result<Looked> {
        let mut looked = self.look_at(row).await?;
        match leaf {
            Some(leaf) => looked.changed = self.changed(&looked, leaf).await?,
            None => looked.changed.push(ENTRY),
        }
        looked.record = looked.record.filter(|_| !looked.changed.contains(&SEALED));
        Ok(looked)
    }

    /// The key of whom an entry is about; none when it is about nobody, or the person was forgotten.
    pub(super) async fn key_of(&self, row: &DisclosureRow) -> Result<Option<Arc<SubjectKey>>> {
        match row.subject {
            Some(subject) => self.keys().subject(subject).await,
            None => Ok(None),
        }
    }
}

/// The bytes of the record of a row; none when they cannot be opened.
pub(super) fn opened(row: &DisclosureRow, key: Option<&SubjectKey>) -> Option<Vec<u8>> {
    let Some(key) = key else { return Some(row.sealed.clone()) };
    let name = row.event_id.as_bytes();
    let bytes = open_cell(&row.sealed, &key.wrapping_key(), "disclosures", name).ok()?;
    Some(bytes.to_vec())
}

/// A search about one person, for who watches over those who search.
fn question(call: &Call, subject: Pseudonym) -> QuestionRow {
    let (oin, user_id) = (call.oin().clone(), call.actor.user_id.clone());
    QuestionRow { idx: 0, oin, user_id, subject, asked_at: call.now() }
}

impl Gateway {
    /// Whether no data went to anybody since the ledger began, and none was denied. Says nothing of any
    /// entry, so it is no look.
    pub async fn is_nothing_disclosed(&self) -> Result<bool> {
        let mut tx = self.db().read().await?;
        let search = Search {
            event_codes: i64::try_from(EventCode::disclosing()).unwrap_or(i64::MAX),
            size: tx.log_state().await?.map_or(0, |state| state.size),
            ..Search::default()
        };
        Ok(tx.search(&search, 1).await?.is_empty())
    }
}

/// The entry of a search, and about whom it was: the entry names nobody.
struct Asking {
    looked: NewEntry,
    question: Option<QuestionRow>,
}

impl Command for Asking {
    type Outcome = ();

    async fn apply(&self, _tx: &mut Tx) -> store::Result<Flow<()>> {
        Ok(Flow::Append(vec![self.looked.clone()]))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<()> {
        let Some(question) = &self.question else { return Ok(()) };
        let corrupt = store::Error::Corrupt { table: "log_state", column: "size" };
        let Ok(idx) = i64::try_from(placed.first()) else { return Err(corrupt) };
        tx.insert_log_question(&QuestionRow { idx, ..question.clone() }).await
    }
}

/// Whose entries the caller sees; none means all.
pub(super) fn visible_to(call: &Call) -> Option<Oin> {
    if call.role() == Role::Oversight { None } else { Some(call.oin().clone()) }
}

/// Whether an entry is the caller's, as its leaf has it: whoever writes the database can make any
/// organisation a party of a row, or none. The row decides where no leaf can be read.
pub(super) fn may_see(call: &Call, row: &DisclosureRow, leaf: Option<&[u8]>) -> bool {
    let said = leaf.and_then(|leaf| as_the_entry_says(row, leaf));
    sees(call, said.as_ref().unwrap_or(row))
}

pub(super) fn sees(call: &Call, row: &DisclosureRow) -> bool {
    let own = call.oin();
    call.role() == Role::Oversight
        || row.actor_oin == *own
        || row.sender_oin.as_ref() == Some(own)
        || row.recipient_oin.as_ref() == Some(own)
}
