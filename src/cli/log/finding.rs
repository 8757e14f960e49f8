//! What is wrong with a ledger and the rows beside it, in words for people and in codes for programs.

use serde::Serialize;

use crate::ledger::verify::{FINDINGS_MAX, Finding};

/// One thing that is wrong, as it is shown. The codes keep their meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Shown {
    pub code: &'static str,
    /// The entry that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    pub text: String,
}

/// Something wrong around the ledger: in the columns and rows that stand beside its entries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RowFinding {
    #[error("the database says that it holds the ledger {stated}, not the one of the key")]
    OtherLedger { stated: String },
    #[error("a row of {table} has a negative number: it was never logged")]
    NegativeNumber { table: &'static str },
    #[error("{count} tiles stand at levels that no ledger has")]
    TilesOutside { count: i64 },
    #[error("the event id that is stored with entry {index} is not the one in the entry")]
    EventId { index: u64 },
    #[error("entry {index} has no row beside it: whoever searches does not find it")]
    RowMissing { index: u64 },
    #[error(
        "the row beside entry {index} was changed: {columns} say something else than the entry"
    )]
    RowChanged { index: u64, columns: String },
    #[error("a row stands beside entry {index}, which does not exist: it was never logged")]
    RowUnexpected { index: u64 },
    #[error(
        "the ledger is shorter than the checkpoint at {size} that was kept: it was rolled back"
    )]
    KeptBeyondEnd { size: u64 },
    #[error("the ledger is not the one that the checkpoint at {size} that was kept speaks of")]
    KeptMismatch { size: u64 },
    #[error(
        "what is stored as the cosignature of the checkpoint at {size} by {witness} is not by it"
    )]
    FalseCosignature { witness: String, size: i64 },
    #[error("no checkpoint has the cosignatures of {needed} of these witnesses")]
    NotWitnessed { needed: usize },
}

impl From<&Finding> for Shown {
    fn from(finding: &Finding) -> Self {
        let (code, index) = code(finding);
        Self { code, index, text: finding.to_string() }
    }
}

impl From<&RowFinding> for Shown {
    fn from(finding: &RowFinding) -> Self {
        let (code, index) = match finding {
            RowFinding::OtherLedger { .. } => ("OTHER_LEDGER", None),
            RowFinding::NegativeNumber { .. } => ("NEGATIVE_NUMBER", None),
            RowFinding::TilesOutside { .. } => ("UNEXPECTED_TILE", None),
            RowFinding::EventId { index } => ("EVENT_ID_CHANGED", Some(*index)),
            RowFinding::RowMissing { index } => ("ROW_MISSING", Some(*index)),
            RowFinding::RowChanged { index, .. } => ("ROW_CHANGED", Some(*index)),
            RowFinding::RowUnexpected { index } => ("ROW_UNEXPECTED", Some(*index)),
            RowFinding::KeptBeyondEnd { .. } => ("KEPT_CHECKPOINT_BEYOND_END", None),
            RowFinding::KeptMismatch { .. } => ("KEPT_CHECKPOINT_MISMATCH", None),
            RowFinding::FalseCosignature { .. } => ("FALSE_COSIGNATURE", None),
            RowFinding::NotWitnessed { .. } => ("NOT_WITNESSED", None),
        };
        Self { code, index, text: finding.to_string() }
    }
}

const fn code(finding: &Finding) -> (&'static str, Option<u64>) {
    match *finding {
        Finding::MissingEntries { first, .. } => ("MISSING_ENTRIES", Some(first)),
        Finding::UnaccountedPurge { first, .. } => ("UNACCOUNTED_PURGE", Some(first)),
        Finding::PurgeMismatch { index } => ("PURGE_MISMATCH", Some(index)),
        Finding::Abandoned { index } => ("ABANDONED", Some(index)),
        Finding::ChangedEntry { index } => ("CHANGED_ENTRY", Some(index)),
        Finding::MovedEntry { index, .. } => ("MOVED_ENTRY", Some(index)),
        Finding::RepeatedEntry { index } => ("REPEATED_ENTRY", Some(index)),
        Finding::UnexpectedEntry { index } => ("UNEXPECTED_ENTRY", Some(index)),
        Finding::UndecodableEntry { index } => ("UNDECODABLE_ENTRY", Some(index)),
        Finding::DuplicateEvent { index } => ("DUPLICATE_EVENT", Some(index)),
        Finding::TileMismatch { .. } => ("TILE_MISMATCH", None),
        Finding::TileMissing { .. } => ("TILE_MISSING", None),
        Finding::UnexpectedTile { .. } => ("UNEXPECTED_TILE", None),
        Finding::CheckpointMismatch { .. } => ("CHECKPOINT_MISMATCH", None),
        Finding::CheckpointBeyondLog { .. } => ("CHECKPOINT_BEYOND_LOG", None),
        Finding::CheckpointSignature { .. } => ("CHECKPOINT_SIGNATURE", None),
        Finding::CheckpointOrigin { .. } => ("CHECKPOINT_ORIGIN", None),
        Finding::CheckpointMalformed { .. } => ("CHECKPOINT_MALFORMED", None),
        Finding::RepeatedCheckpoint { .. } => ("REPEATED_CHECKPOINT", None),
        Finding::CheckpointMissing { .. } => ("CHECKPOINT_MISSING", None),
        Finding::StateMismatch { .. } => ("STATE_MISMATCH", None),
    }
}

/// Findings around the ledger: the first [`FINDINGS_MAX`] are kept, all are counted.
#[derive(Debug, Default)]
pub(super) struct RowFindings {
    pub kept: Vec<RowFinding>,
    pub total: u64,
}

impl RowFindings {
    pub(super) fn add(&mut self, finding: RowFinding) {
        self.total += 1;
        if self.kept.len() < FINDINGS_MAX {
            self.kept.push(finding);
        }
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = RowFinding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_has_a_sentence_for_people_and_a_code_for_programs() {
        let shown = Shown::from(&Finding::ChangedEntry { index: 5 });
        assert_eq!((shown.code, shown.index), ("CHANGED_ENTRY", Some(5)));
        assert!(shown.text.starts_with("entry 5 was changed"));
        let shown =
            Shown::from(&RowFinding::RowChanged { index: 2, columns: "outcome".to_owned() });
        assert_eq!((shown.code, shown.index), ("ROW_CHANGED", Some(2)));
    }

    #[test]
    fn findings_are_capped_and_counted() {
        let mut findings = RowFindings::default();
        for index in 0..2_000 {
            findings.add(RowFinding::RowMissing { index });
        }
        assert_eq!((findings.kept.len(), findings.total), (FINDINGS_MAX, 2_000));
    }
}
