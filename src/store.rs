//! The only module that speaks SQL. It knows rows and transactions; it decides nothing.
//!
//! Reads go through [`Db::read`], a snapshot that cannot write. Writes go through
//! [`commit::Writer`], which commits rows and ledger entries together: there is no other way to
//! change anything, so nothing is stored that is not logged.

pub mod anchor;
pub mod backup;
pub mod columns;
pub mod commit;
pub mod db;
pub mod error;
pub mod inspect;
pub mod keys;
pub mod ledger;
pub mod settings;
pub mod wake;

mod batch;
mod before;
mod blocks;
mod breaches;
mod cases;
mod changes;
mod consents;
mod content;
mod cosignatures;
mod deadlines;
mod deliveries;
mod digests;
mod directory;
mod disclosures;
mod handovers;
mod history;
mod holds;
mod incidents;
mod informing;
mod judgements;
mod networks;
mod notices;
mod organisation_calls;
mod people;
mod primary;
mod questions;
mod raised_signals;
mod recalls;
mod referrals;
mod repeats;
mod reports;
mod requests;
mod retention;
mod reviews;
mod saved_searches;
mod sets;
mod shares;
mod signal_facts;
mod signal_retention;
mod signals;
mod statistics;
mod subject_requests;
mod summaries;
mod summary_facts;
mod together;

#[cfg(test)]
#[path = "../tests/support/postgres.rs"]
mod postgres_for_tests;
#[cfg(test)]
mod tests;

pub use anchor::{Anchor, AnchorError, Fork};
pub use batch::{Incoming, Needs};
pub use before::{Before, Found, Lookups, SummaryName};
pub use blocks::{BlockRow, LineKey, LineRow};
pub use breaches::{BreachRow, Touched};
pub use cases::{CaseRow, CaseVersion, MemberRow, PersonRow};
pub use changes::ChangeRow;
pub use commit::{Command, Flow, NewEntry, Placed, Writer};
pub use consents::{ConsentRow, ConsentsOf};
pub use content::EmptiedContent;
pub use cosignatures::CosignatureRow;
pub use db::{Db, Tx};
pub use deadlines::{DeadlineRow, MissedRow};
pub use deliveries::{
    Backlog, Claim, ClaimedRow, DeliveryRow, DeliveryState, Ending, Lease, Place, QuarantinedRow,
    Reader, UndeliveredRow,
};
pub use digests::DigestOf;
pub use directory::{DirectoryRow, OrganisationRow, RuleSetKind, RuleSetRow};
pub use disclosures::{DisclosureRow, Search};
pub use error::{Error, Result};
pub use handovers::HandoverRow;
pub use history::HistoryRow;
pub use holds::HoldRow;
pub use incidents::IncidentRow;
pub use informing::PostponementRow;
pub use judgements::{JUDGEMENTS_MAX, SampleJudgementRow};
pub use keys::{KeyDb, NewKey, OwnerKind};
pub use ledger::LogState;
pub use networks::NetworkRow;
pub use notices::NoticeRow;
pub use organisation_calls::{CallSums, OrganisationCallsRow};
pub use people::{PersonFactKind, PersonFactRow};
pub use questions::{QuestionQuery, QuestionToPartyRow};
pub use raised_signals::RaisedSignalRow;
pub use recalls::RecallConfirmationRow;
pub use referrals::{
    ClocksLookedAt, EarlierRow, LinkKind, Moved, ReferralName, ReferralRow, Transition,
};
pub use repeats::{AboutRow, RepeatRow};
pub use reports::ReportRow;
pub use requests::{RequestRow, RestsOn, SealedAnswer, StoredAnswer};
pub use retention::{AgedRow, Retained};
pub use reviews::{
    AssignmentRow, InformationRow, ReviewChangeRow, ReviewQuery, ReviewRow, VoteRow,
};
pub use saved_searches::SavedSearchRow;
pub use shares::{AddressReleaseRow, ShareRow};
pub use signal_facts::{ActivityRow, ConsentWordRow, Counted, DenialRow, Measure, QuestionRow};
pub use signals::{
    OpenSignal, SignalEndingRow, SignalQuery, SignalRow, SuppressionRow, TallyOfRule,
};
pub use statistics::{
    AcknowledgedRow, AskedRow, ContactRow, OpenedRow, ReleasedRow, StayRow, TallyRow, TriagedRow,
};
pub use subject_requests::SubjectRequestRow;
pub use summaries::{PartRow, RevisionRow};
pub use summary_facts::{CaseFacts, SummaryFacts};
pub use wake::Wake;
