//! A report that was prepared: what an officer withholds of it and why, and that a second officer of the
//! same organisation approves exactly that.
//!
//! Invariant: nobody approves what they prepared, and what is approved has the digest of what was
//! prepared. What is withheld automatically (see [`super::access_entry`]) is not in the report to begin
//! with: an officer withholds more, never less.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::code::codes;
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;

codes! {
    /// Why an officer withholds a disclosure from a report. The law names them; none is added.
    pub enum WithholdingGround {
        /// The privacy of somebody else would be harmed (Wmo 2015 art. 5.3.2 lid 4; AVG art. 15 lid 4).
        AnothersPrivacy = 1, "ANOTHERS_PRIVACY";
        /// Needed to end the violence or to investigate it (Wmo 2015 art. 5.3.1 lid 3, UAVG art. 41
        /// lid 1 onder i).
        ProtectionTask = 2, "PROTECTION_TASK";
        /// The interest of the person who is represented (Wmo 2015 art. 5.3.2 lid 3).
        PersonInterest = 3, "PERSON_INTEREST";
        /// An investigation of criminal offences runs (UAVG art. 41 lid 1 onder d).
        CriminalInvestigation = 4, "CRIMINAL_INVESTIGATION";
    }
}

/// A disclosure that is withheld, as a message carries it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct WithheldDraft {
    pub entry_index: i64,
    pub ground: i32,
}

/// What an officer withholds: place in the ledger and ground.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Withheld(BTreeMap<i64, WithholdingGround>);

impl Withheld {
    /// Reads what is withheld. Every one is a disclosure `of` the report, named once; who asks for
    /// themselves or by a mandate has no interest that opposes it (`is_represented` is false).
    pub fn parse(
        drafts: &[WithheldDraft],
        of: &[i64],
        is_represented: bool,
    ) -> Result<Self, Violations> {
        let mut violations = Violations::new();
        let mut withheld = BTreeMap::new();
        for (number, draft) in drafts.iter().enumerate() {
            let at = |field: &str| format!("withheld[{number}].{field}");
            let known = of.binary_search(&draft.entry_index).is_ok();
            let words = "must be a disclosure of the report";
            violations.require(known, at("entry_index"), "UNKNOWN_ENTRY", words);
            let ground = u16::try_from(draft.ground).ok().and_then(WithholdingGround::from_number);
            let Some(ground) = ground else {
                let words = "must be one of the codes of this field";
                violations.add(at("ground"), "UNKNOWN_CODE", words);
                continue;
            };
            let misplaced = ground == WithholdingGround::PersonInterest && !is_represented;
            let words = "the interest of the person opposes a representative, not the person";
            violations.require(!misplaced, at("ground"), "NOT_APPLICABLE", words);
            let once = withheld.insert(draft.entry_index, ground).is_none();
            let words = "is withheld more than once";
            violations.require(once, at("entry_index"), "DUPLICATE", words);
        }
        violations.into_result(Self(withheld))
    }

    /// On what ground a disclosure is withheld; none when it is told.
    pub fn ground(&self, entry_index: i64) -> Option<WithholdingGround> {
        self.0.get(&entry_index).copied()
    }

    /// How many are withheld.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is withheld.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A report as an officer prepared it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreparedReport {
    /// Size of the ledger that it is taken from.
    pub tree_size: i64,
    /// Of every line, told or withheld, with its ground.
    pub digest: [u8; 32],
    /// Disclosures that are told.
    pub told: u64,
    /// What is not.
    pub withheld: Withheld,
    /// Entries that are held back because they were changed in the database: nobody knows what they said.
    pub changed: Vec<i64>,
    /// Who prepared it.
    pub prepared_by: UserId,
    /// When.
    pub prepared_at: Timestamp,
    /// That it may be given.
    pub approval: Option<Approval>,
}

/// A report may be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The second officer; where the policy pack asks for none, the one who prepared it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// Why a report is not approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// The same person prepared it.
    #[error("who prepared the report does not approve it: another privacy officer does")]
    SameOfficer,
    /// It was approved before.
    #[error("the report was approved before")]
    Approved,
    /// It is not what was prepared.
    #[error("the report is not what was prepared any more: prepare it again")]
    Changed,
}

impl NotApproved {
    /// Its code in an answer.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SameOfficer => "SECOND_OFFICER",
            Self::Approved => "REPORT_NOT_APPROVED_BEFORE",
            Self::Changed => "REPORT_UNCHANGED",
        }
    }
}

impl PreparedReport {
    /// Approves it. `seen` is the digest of what the officer read, `now_is` that of the report as it is.
    pub fn approve(
        self,
        by: &UserId,
        (seen, now_is): ([u8; 32], [u8; 32]),
        at: Timestamp,
    ) -> Result<Self, NotApproved> {
        if self.approval.is_some() {
            return Err(NotApproved::Approved);
        }
        if self.prepared_by.is_same_employee(by.as_str()) {
            return Err(NotApproved::SameOfficer);
        }
        if self.digest != seen || self.digest != now_is {
            return Err(NotApproved::Changed);
        }
        Ok(Self { approval: Some(Approval { by: by.clone(), at }), ..self })
    }
}

/// What a region decides about answering requests. Part of the policy pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SubjectRequestRules {
    /// A report is given when another privacy officer approved it.
    pub second_approval: bool,
}

impl Default for SubjectRequestRules {
    fn default() -> Self {
        Self { second_approval: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testema::at;

    fn prepared() -> PreparedReport {
        PreparedReport {
            tree_size: 9,
            digest: [1; 32],
            told: 2,
            withheld: Withheld::default(),
            changed: Vec::new(),
            prepared_by: "fg-1".parse().unwrap(),
            prepared_at: at("2026-06-22T09:00:00Z"),
            approval: None,
        }
    }

    #[test]
    fn another_officer_approves_exactly_what_was_prepared_once() {
        let (first, second) = ("fg-1".parse().unwrap(), "fg-2".parse().unwrap());
        let now = at("2026-06-23T09:00:00Z");
        let approve = |by: &UserId, digests| prepared().approve(by, digests, now);
        assert_eq!(approve(&first, ([1; 32], [1; 32])), Err(NotApproved::SameOfficer));
        let shouted = "FG-1".parse().unwrap();
        assert_eq!(approve(&shouted, ([1; 32], [1; 32])), Err(NotApproved::SameOfficer));
        assert_eq!(approve(&second, ([2; 32], [1; 32])), Err(NotApproved::Changed));
        assert_eq!(approve(&second, ([1; 32], [2; 32])), Err(NotApproved::Changed));
        let approved = approve(&second, ([1; 32], [1; 32])).unwrap();
        assert_eq!(approved.approval, Some(Approval { by: second.clone(), at: now }));
        let again = approved.approve(&second, ([1; 32], [1; 32]), now);
        assert_eq!(again, Err(NotApproved::Approved));
    }

    fn rules(drafts: &[(i64, i32)], is_represented: bool) -> Vec<&'static str> {
        let drafts: Vec<_> = drafts
            .iter()
            .map(|(entry_index, ground)| WithheldDraft {
                entry_index: *entry_index,
                ground: *ground,
            })
            .collect();
        let parsed = Withheld::parse(&drafts, &[3, 5, 8], is_represented);
        parsed.err().map_or_else(Vec::new, |found| found.iter().map(|one| one.rule).collect())
    }

    #[test]
    fn only_a_line_of_the_report_is_withheld_once_and_on_a_ground_of_the_law() {
        assert_eq!(rules(&[(3, 1), (8, 4)], false), Vec::<&str>::new());
        assert_eq!(rules(&[(4, 1)], false), ["UNKNOWN_ENTRY"]);
        assert_eq!(rules(&[(3, 0), (5, 5)], false), ["UNKNOWN_CODE", "UNKNOWN_CODE"]);
        assert_eq!(rules(&[(3, 1), (3, 2)], false), ["DUPLICATE"]);
        assert_eq!(rules(&[(3, 3)], false), ["NOT_APPLICABLE"]);
        assert_eq!(rules(&[(3, 3)], true), Vec::<&str>::new());
    }
}
