//! Looking at the ledger: who saw what about whom, why, and was that allowed.
//!
//! Every look is itself an entry, written before the answer is given (DOMAIN §5.1). An officer sees
//! the entries of which the own organisation is a party; the office of the region sees all.

use std::time::Duration;

use crate::domain::basis::Basis;
use crate::domain::disclosure::DisclosureRecord;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{CaseRef, GroupId, Oin, Pseudonym, UserId};
use crate::domain::organisation::{Role, UserRole};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::store::{DisclosureRow, NewEntry, Search};

use super::Gateway;
use super::call::Call;
use super::error::{Error, Result};
use super::journal::{Administered, EntryReceipt, Scope};
use super::keys::open_cell;
use super::proofs::Proven;

/// Entries in one page.
pub const PAGE_MAX: u32 = 500;
/// Longest period of one search (DOMAIN §5.5).
const PERIOD_MAX: Duration = Duration::from_hours(92 * 24);

/// What one entry says.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The row beside the leaf.
    pub row: DisclosureRow,
    /// The whole record; none when the person was forgotten.
    pub record: Option<DisclosureRecord>,
}

/// A search, as a message carries it.
#[derive(Debug, Clone, Default)]
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
}

/// Where a page begins: after which entry, in a ledger of which size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageStart {
    /// Behind this entry, in the order of the search.
    pub after: i64,
    /// Pages agree with each other.
    pub tree_size: i64,
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

    fn parse(&self, party: Option<Oin>) -> Result<(Search, Purpose)> {
        let mut violations = Violations::new();
        let purpose = may_look(self.purpose, &mut violations);
        let mut search = Search { party, denied_only: self.denied_only, ..Search::default() };
        let v = &mut violations;
        search.subject = optional("filter.subject_pseudonym", &self.subject_pseudonym, v);
        search.case_ref = optional::<CaseRef>("filter.case_ref", &self.case_ref, v);
        search.actor_user_id = optional::<UserId>("filter.actor_user_id", &self.actor_user_id, v);
        search.oin = optional::<Oin>("filter.oin", &self.oin, v);
        search.group_id = optional::<GroupId>("filter.group_id", &self.group_id, v);
        search.sender = optional::<Oin>("filter.sender_oin", &self.sender_oin, v);
        search.recipient = optional::<Oin>("filter.recipient_oin", &self.recipient_oin, v);
        search.purpose = known("filter.purpose", self.for_purpose, Purpose::from_number, v);
        search.basis = known("filter.basis", self.basis, Basis::from_number, v);
        search.newest_first = self.newest_first;
        let words = "must name a subject, case, user, organisation or act";
        violations.require(self.has_key(), "filter", "KEY_REQUIRED", words);
        self.period(&mut search, &mut violations);
        self.events(&mut search, &mut violations);
        violations.into_result(())?;
        Ok((search, purpose.ok_or_else(Error::hidden)?))
    }

    fn period(&self, search: &mut Search, violations: &mut Violations) {
        search.from = self.from;
        search.until = self.until;
        let fits = match (self.from, self.until) {
            (Some(from), Some(until)) => from < until && until <= from.plus(PERIOD_MAX),
            _ => false,
        };
        let words = "must have a start and an end, at most 92 days apart";
        violations.require(fits, "filter.period", "PERIOD", words);
    }

    fn events(&self, search: &mut Search, violations: &mut Violations) {
        for (index, number) in self.event_codes.iter().take(64).enumerate() {
            match u16::try_from(*number).ok().and_then(EventCode::from_number) {
                Some(event) => search.event_codes |= 1 << event.number(),
                None => violations.add(
                    format!("filter.event_codes[{index}]"),
                    "UNKNOWN_CODE",
                    "must be one of the codes of this field",
                ),
            }
        }
    }
}

fn optional<T>(field: &str, text: &str, violations: &mut Violations) -> Option<T>
where
    T: std::str::FromStr<Err: crate::domain::violation::Rule>,
{
    if text.is_empty() { None } else { violations.take(field, text.parse()) }
}

/// The number of a code, for the store; 0 for none.
fn known<T>(
    field: &str,
    number: i32,
    read: impl Fn(u16) -> Option<T>,
    violations: &mut Violations,
) -> i64 {
    let is_code = number == 0 || u16::try_from(number).is_ok_and(|number| read(number).is_some());
    violations.require(is_code, field, "UNKNOWN_CODE", "must be one of the codes of this field");
    number.into()
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

/// Reviews are looked at for reviewing, and for nothing else.
pub(super) fn check_purpose(number: i32) -> Result<()> {
    let purpose = u16::try_from(number).ok().and_then(Purpose::from_number);
    let mut violations = Violations::new();
    let fits = purpose == Some(Purpose::PrivacyReview);
    violations.require(fits, "purpose", "PURPOSE_NOT_ALLOWED", "must be PRIVACY_REVIEW");
    Ok(violations.into_result(())?)
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
        let (mut search, purpose) = draft.parse(visible_to(call))?;
        if let Some(index) = draft.subject_of {
            search.subject = Some(self.subject_of(call, index).await?);
        }
        // The query names a person, so only its digest is written down (DOMAIN §8 row 11).
        let query = format!("{search:?} {:?}", search.subject.map(Pseudonym::to_hex));
        self.log_look(call, query.as_bytes(), ("SEARCH", purpose)).await?;
        let mut tx = self.db().read().await?;
        let size = tx.log_state().await?.map_or(0, |state| state.size);
        search.size = start.map_or(size, |start| start.tree_size.min(size));
        search.after = start.map(|start| start.after);
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = tx.search(&search, limit).await?;
        drop(tx);
        let full = u32::try_from(rows.len()).is_ok_and(|len| len == limit);
        let next_after = rows.last().filter(|_| full).map(|row| row.idx);
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            entries.push(self.look(row).await?);
        }
        Ok(Page { entries, next_after, tree_size: search.size })
    }

    /// Whom an entry is about, as far as the caller may see it.
    async fn subject_of(&self, call: &Call, index: i64) -> Result<Pseudonym> {
        let row = self.db().read().await?.disclosure(index).await?;
        let row = row.filter(|row| sees(call, row));
        row.and_then(|row| row.subject).ok_or_else(Error::hidden)
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
        self.log_look(call, &index.to_be_bytes(), ("ENTRY", purpose)).await?;
        let row = self.db().read().await?.disclosure(index).await?;
        let row = row.filter(|row| sees(call, row)).ok_or_else(Error::hidden)?;
        let position = u64::try_from(index).map_err(Error::internal)?;
        let Proven { entry, tlog_proof, .. } = self.proven(position, None).await?;
        let looked = self.look(row).await?;
        let receipt = EntryReceipt {
            index: position,
            entry: entry.ok_or_else(Error::hidden)?,
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
        (what, question): (&str, &[u8]),
    ) -> Result<()> {
        self.require_officer(call).await?;
        let mut violations = Violations::new();
        let purpose = may_look(number, &mut violations);
        violations.into_result(())?;
        let purpose = purpose.ok_or_else(Error::hidden)?;
        self.log_look(call, question, (what, purpose)).await
    }

    /// The digest of the question is keyed: who guesses a person cannot test the guess.
    async fn log_look(
        &self,
        call: &Call,
        question: &[u8],
        (what, purpose): (&str, Purpose),
    ) -> Result<()> {
        let entry = self.looked(call, &format!("{what} {purpose}"), question)?;
        self.append(vec![entry]).await
    }

    /// The entry of a look at the ledger.
    pub(super) fn looked(&self, call: &Call, what: &str, question: &[u8]) -> Result<NewEntry> {
        let digest = self.keys().keyring().idempotency_key().body_digest("log", question);
        self.administered(
            call,
            &Administered {
                event: EventCode::LogQueried,
                scope: Scope::Ledger,
                count: 1,
                digest,
                note: call.look_note(what),
            },
        )
    }

    pub(super) async fn look(&self, row: DisclosureRow) -> Result<Looked> {
        let bytes = match row.subject {
            None => Some(row.sealed.clone()),
            Some(subject) => self.open_record(&row, subject).await?,
        };
        let record = bytes
            .map(|bytes| DisclosureRecord::from_bytes(&bytes))
            .transpose()
            .map_err(Error::internal)?;
        Ok(Looked { row, record })
    }

    async fn open_record(
        &self,
        row: &DisclosureRow,
        subject: Pseudonym,
    ) -> Result<Option<Vec<u8>>> {
        let Some(key) = self.keys().subject(subject).await? else { return Ok(None) };
        let name = row.event_id.as_bytes();
        let bytes = open_cell(&row.sealed, &key.wrapping_key(), "disclosures", name)?;
        Ok(Some(bytes.to_vec()))
    }
}

/// Whose entries the caller sees; none means all.
pub(super) fn visible_to(call: &Call) -> Option<Oin> {
    if call.role() == Role::Oversight { None } else { Some(call.oin().clone()) }
}

fn sees(call: &Call, row: &DisclosureRow) -> bool {
    let own = call.oin();
    call.role() == Role::Oversight
        || row.actor_oin == *own
        || row.sender_oin.as_ref() == Some(own)
        || row.recipient_oin.as_ref() == Some(own)
}
