//! The only module that speaks SQL. It knows rows and transactions; it decides nothing.
//!
//! Reads go through [`Db::read`], a snapshot that cannot write. Writes go through
//! [`commit::Writer`], which commits rows and ledger entries together: there is no other way to
//! change anything, so nothing is stored that is not logged.

pub mod anchor;
pub mod columns;
pub mod commit;
pub mod db;
pub mod error;
pub mod inspect;
pub mod keys;
pub mod ledger;
pub mod wake;

mod batch;
mod cases;
mod consents;
mod deliveries;
mod directory;
mod disclosures;
mod notices;
mod primary;
mod referrals;
mod requests;
mod summaries;

#[cfg(test)]
#[path = "../tests/support/postgres.rs"]
mod postgres_for_tests;
#[cfg(test)]
mod tests;

pub use anchor::{Anchor, AnchorError, Fork};
pub use batch::{Incoming, Needs};
pub use cases::{CaseRow, MemberRow, PersonRow, RepresentationRow};
pub use commit::{Command, Flow, NewEntry, Placed, Writer};
pub use consents::ConsentRow;
pub use db::{Db, Tx};
pub use deliveries::{Backlog, ClaimedRow, DeliveryRow, DeliveryState, Lease, Reader};
pub use directory::{DirectoryRow, OrganisationRow, RuleSetKind, RuleSetRow};
pub use disclosures::{DisclosureRow, Search};
pub use error::{Error, Result};
pub use keys::{KeyDb, NewKey, OwnerKind};
pub use ledger::LogState;
pub use notices::NoticeRow;
pub use referrals::{EarlierRow, LinkKind, ReferralName, ReferralRow, Transition};
pub use requests::{RequestRow, RestsOn, SealedAnswer, StoredAnswer};
pub use summaries::{PartRow, RevisionRow};
pub use wake::Wake;
