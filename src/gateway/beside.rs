//! The rows beside the entries say what the entries say, one for each, and no more.
//!
//! Officers search and read the rows. A row that was changed, removed or added would show them
//! something that the ledger never recorded, although every proof still holds.

use crate::domain::disclosure::DisclosureRecord;
use crate::domain::event::{Disposition, EventCode};
use crate::domain::id::Oin;
use crate::ledger::commitment::{Commitment, Field};
use crate::ledger::entry::{Body, Entry};
use crate::store::DisclosureRow;
use crate::store::inspect::RawDisclosure;
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::disclosures::{ENTRY, Looked, SEALED, opened};
use super::error::Result;
use super::journal::Openings;

impl Gateway {
    /// The columns of a row that do not say what its leaf says, with the personal ones: the key that
    /// opens the record opens the commitments too. Of a person who was forgotten they cannot be told.
    pub(super) async fn changed(&self, looked: &Looked, leaf: &[u8]) -> Result<Vec<&'static str>> {
        let row = &looked.row;
        let Ok(entry) = Entry::decode(leaf) else {
            return Ok(looked.changed.iter().copied().chain([ENTRY]).collect());
        };
        let mut changed = differences(&entry, &unread(row));
        // Of what is no value of its column, whatever stands in its place.
        changed.extend(&row.unread);
        changed.sort_unstable();
        changed.dedup();
        let key = self.key_of(row).await?;
        if row.subject.is_none() || key.is_some() {
            changed.extend(self.personal_differences(&entry, looked, key.as_deref()));
            // The word for what became of it is held against both.
            changed.sort_unstable();
            changed.dedup();
        }
        Ok(changed)
    }

    fn personal_differences(
        &self,
        entry: &Entry,
        looked: &Looked,
        key: Option<&SubjectKey>,
    ) -> Vec<&'static str> {
        let row = &looked.row;
        let openings = Openings { gateway: self, subject: key, event_id: entry.event_id };
        let stands_for = |committed: Commitment, field: Field, value: Option<&[u8]>| match value {
            Some(value) => committed.opens(field, value, &openings.of(field)),
            None => committed == Commitment::NOTHING,
        };
        let (user, case) = (row.actor_user_id.as_str(), row.case_ref.as_ref());
        let person = row.subject.as_ref().map(|one| &one.as_bytes()[..]);
        let record = opened(row, key);
        let is_sealed =
            record.is_some_and(|bytes| stands_for(entry.details, Field::Details, Some(&bytes)));
        let record = looked.record.as_ref();
        let columns = [
            ("actor_user_id", stands_for(entry.actor, Field::Actor, Some(user.as_bytes()))),
            (
                "case_ref",
                stands_for(entry.case, Field::Case, case.map(|one| one.as_str().as_bytes())),
            ),
            ("subject", stands_for(entry.subject, Field::Subject, person)),
            (SEALED, is_sealed),
            ("message_id", record.is_none_or(|record| is_about(record, row))),
            ("disposition", record.is_none_or(|record| is_emergency(record, row))),
        ];
        changed_ones(&columns)
    }
}

fn is_about(record: &DisclosureRecord, row: &DisclosureRow) -> bool {
    record.message_id.as_ref().map(|id| &id.as_bytes()[..]) == row.message_id.as_deref()
}

/// Whether the row calls it an emergency when it was one, and only then.
fn is_emergency(record: &DisclosureRecord, row: &DisclosureRow) -> bool {
    let declared = record.event_code == EventCode::BreakGlassDeclared;
    let was_one = record.denial.is_none() && (declared || record.break_glass.is_some());
    was_one == (row.disposition == i64::from(Disposition::Emergency.number()))
}

fn changed_ones(columns: &[(&'static str, bool)]) -> Vec<&'static str> {
    columns.iter().filter(|(_, same)| !same).map(|(column, _)| *column).collect()
}

/// A row with the columns that the entry has, as the entry has them: of a row that was changed the entry
/// is right.
pub(super) fn as_the_entry_says(row: &DisclosureRow, leaf: &[u8]) -> Option<DisclosureRow> {
    let entry = Entry::decode(leaf).ok()?;
    let Shared { sender, recipient, purpose, basis, categories } = Shared::of(&entry.body);
    let oin = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.parse().ok();
    Some(DisclosureRow {
        event_id: entry.event_id,
        group_id: entry.group_id,
        event_code: entry.event.into(),
        outcome: entry.outcome.into(),
        denial: entry.reason.into(),
        recorded_at: entry.recorded_at,
        sender_oin: sender.and_then(oin),
        recipient_oin: recipient.and_then(oin),
        purpose,
        basis,
        categories,
        actor_oin: entry.actor_organisation.clone(),
        ..row.clone()
    })
}

/// Whether an organisation is a party of an entry.
pub(super) fn is_of(entry: &Entry, own: &Oin) -> bool {
    let Shared { sender, recipient, .. } = Shared::of(&entry.body);
    entry.actor_organisation == *own || [sender, recipient].contains(&Some(own.as_bytes()))
}

/// A row that was read, as one who looks from the outside finds it.
fn unread(row: &DisclosureRow) -> RawDisclosure<'_> {
    RawDisclosure {
        idx: row.idx,
        event_id: &row.event_id.as_bytes()[..],
        group_id: &row.group_id.as_bytes()[..],
        event_code: row.event_code,
        outcome: row.outcome,
        denial: row.denial,
        disposition: row.disposition,
        recorded_at: row.recorded_at.as_micros(),
        actor_oin: row.actor_oin.as_bytes(),
        sender_oin: row.sender_oin.as_ref().map(Oin::as_bytes),
        recipient_oin: row.recipient_oin.as_ref().map(Oin::as_bytes),
        purpose: row.purpose,
        basis: row.basis,
        categories: row.categories,
    }
}

/// The columns in which a row differs from its entry. Personal columns stand in the entry only as
/// commitments and are not compared here.
pub fn differences(entry: &Entry, row: &RawDisclosure<'_>) -> Vec<&'static str> {
    let shared = Shared::of(&entry.body);
    let columns = [
        ("event_id", row.event_id == entry.event_id.as_bytes()),
        ("group_id", row.group_id == entry.group_id.as_bytes()),
        ("event_code", row.event_code == i64::from(entry.event)),
        ("outcome", row.outcome == i64::from(entry.outcome)),
        ("denial", row.denial == i64::from(entry.reason)),
        ("disposition", is_told_by(entry, row.disposition)),
        ("recorded_at", row.recorded_at == entry.recorded_at.as_micros()),
        ("actor_oin", row.actor_oin == entry.actor_organisation.as_bytes()),
        ("sender_oin", row.sender_oin == shared.sender),
        ("recipient_oin", row.recipient_oin == shared.recipient),
        ("purpose", row.purpose == shared.purpose),
        ("basis", row.basis == shared.basis),
        ("categories", row.categories == shared.categories),
    ];
    changed_ones(&columns)
}

/// Whether the word for what became of it agrees with the entry. Whether less was given than was
/// asked, and whether an emergency was relied on, only the sealed record tells.
fn is_told_by(entry: &Entry, disposition: i64) -> bool {
    let Some(word) = u16::try_from(disposition).ok().and_then(Disposition::from_number) else {
        return false;
    };
    let denied = entry.reason != 0;
    let declared = entry.event == EventCode::BreakGlassDeclared.number();
    match word {
        Disposition::Refused => denied,
        Disposition::Emergency => !denied,
        Disposition::Allowed | Disposition::Narrowed => !denied && !declared && entry.outcome == 0,
        Disposition::Failed => !denied && !declared && entry.outcome != 0,
    }
}

/// What the body of an entry puts into its row.
struct Shared<'a> {
    sender: Option<&'a [u8]>,
    recipient: Option<&'a [u8]>,
    purpose: i64,
    basis: i64,
    categories: i64,
}

impl<'a> Shared<'a> {
    fn of(body: &'a Body) -> Self {
        match body {
            Body::Disclosure(disclosure) => Self {
                sender: Some(disclosure.sender.as_bytes()),
                recipient: Some(disclosure.recipient.as_bytes()),
                purpose: disclosure.purpose.into(),
                basis: disclosure.basis.into(),
                categories: disclosure.categories.into(),
            },
            Body::Consent(consent) => Self {
                sender: Some(consent.source.as_bytes()),
                recipient: Some(consent.recipient.as_bytes()),
                purpose: consent.purpose.into(),
                basis: 0,
                categories: consent.categories.into(),
            },
            Body::Administration(_) | Body::Purge(_) => {
                Self { sender: None, recipient: None, purpose: 0, basis: 0, categories: 0 }
            }
        }
    }
}
