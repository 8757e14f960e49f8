//! The rows beside the entries say what the entries say, one for each, and no more.
//!
//! Officers search and read the rows. A row that was changed, removed or added would show them
//! something that the ledger never recorded, although every proof still holds.

use crate::domain::event::{Disposition, EventCode};
use crate::ledger::entry::{Body, Entry};
use crate::store::inspect::RawDisclosure;

/// The columns in which a row differs from its entry. Personal columns stand in the entry only as
/// commitments and are not compared here.
pub(super) fn differences(entry: &Entry, row: &RawDisclosure<'_>) -> Vec<&'static str> {
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
    columns.into_iter().filter(|(_, same)| !same).map(|(column, _)| column).collect()
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
