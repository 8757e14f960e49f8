//! What is kept of a case in plain numbers each time it moves: what management information is made
//! of (DOMAIN §7). Nothing in it tells about one person.

use super::{AgreementCounts, Case, CaseState, Progress, SafetyPhase};
use crate::domain::time::Timestamp;

/// Where a case stood at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestone {
    /// Where it was. `REOPENED` stands for the moment in which it went back to `TRIAGED`.
    pub state: CaseState,
    /// Its phase.
    pub phase: SafetyPhase,
    /// The first contact of this page of the case.
    pub first_contact_at: Option<Timestamp>,
    /// People younger than 18.
    pub children: usize,
    /// Those of them who were spoken with apart or observed.
    pub children_spoken: usize,
    /// Agreements of the newest plan, by how they stand.
    pub agreements: AgreementCounts,
    /// First and last rating of the professionals.
    pub professional_scales: Option<(u8, u8)>,
    /// Whether the last word is that the violence has stopped.
    pub violence_stopped: bool,
}

impl Case {
    /// Where the case stands. `last_referral_at` is the last referral about its people since it was
    /// opened.
    pub fn milestone(&self, at: Timestamp, last_referral_at: Option<Timestamp>) -> Milestone {
        let children = || self.people.iter().filter(|person| person.is_child(at));
        Milestone {
            state: self.state,
            phase: self.phase,
            first_contact_at: self.progress.first_contact_at,
            children: children().count(),
            children_spoken: children()
                .filter(|child| self.progress.spoken_with_or_observed(child))
                .count(),
            agreements: self.progress.plan().map(super::Plan::counts).unwrap_or_default(),
            professional_scales: self.progress.professional_scales(),
            violence_stopped: self.progress.violence_stopped(last_referral_at).is_some(),
        }
    }
}

impl Progress {
    fn spoken_with_or_observed(&self, child: &super::CasePerson) -> bool {
        let otherwise = self.child_involvements.get(&child.key).is_some_and(|list| {
            list.iter().any(|one| !matches!(one, super::ChildInvolvement::Exception { .. }))
        });
        otherwise || self.separate_conversations.contains_key(&child.key)
    }
}
