//! What the recipient decided, and the little of it that the police may know.
//!
//! The police learn one of three words, two moments and whom to call: no diagnosis, plan,
//! assessment or provider (DOMAIN §2.7, §8 row 3). [`PoliceFeedback`] cannot hold more.

use serde::{Deserialize, Serialize};

use crate::domain::code::codes;
use crate::domain::id::{Oin, ReferralId};
use crate::domain::time::Timestamp;

codes! {
    /// What the triage led to.
    pub enum TriageOutcome {
        /// Own investigation.
        Investigate = 1, "INVESTIGATE";
        /// Request to the Raad voor de Kinderbescherming.
        ChildProtectionRequest = 2, "CHILD_PROTECTION_REQUEST";
        /// Conditions are set and followed up.
        ConditionsAndFollowUp = 3, "CONDITIONS_AND_FOLLOW_UP";
        /// A Veilig Verderteam takes the case.
        VvtTeam = 4, "VVT_TEAM";
        /// The local team takes it.
        LocalTeam = 5, "LOCAL_TEAM";
        /// Help that is already running takes it.
        RunningCare = 6, "RUNNING_CARE";
        /// Nothing more is needed.
        NoFurtherAction = 7, "NO_FURTHER_ACTION";
    }
}

codes! {
    /// The outcome as far as the police may know it.
    pub enum FeedbackGroup {
        /// The Steunpunt keeps the case in hand.
        TakenUp = 1, "TAKEN_UP";
        /// Others take it.
        Transferred = 2, "TRANSFERRED";
        /// Nothing more is done.
        NoFurtherAction = 3, "NO_FURTHER_ACTION";
    }
}

impl TriageOutcome {
    /// The word for the police.
    pub fn feedback_group(self) -> FeedbackGroup {
        match self {
            Self::Investigate
            | Self::ChildProtectionRequest
            | Self::ConditionsAndFollowUp
            | Self::VvtTeam => FeedbackGroup::TakenUp,
            Self::LocalTeam | Self::RunningCare => FeedbackGroup::Transferred,
            Self::NoFurtherAction => FeedbackGroup::NoFurtherAction,
        }
    }
}

/// All that the police learn (Wmo 2015 art. 4.1.1(2)(g)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoliceFeedback {
    /// Their referral.
    pub referral_id: ReferralId,
    /// When it was received.
    pub received_at: Timestamp,
    /// The outcome in one of three words.
    pub triage_outcome_group: FeedbackGroup,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// When the case was closed, if it was.
    pub closed_at: Option<Timestamp>,
    /// Whom to call: the Steunpunt, whoever helps the family.
    pub contact_org: Oin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_police_learn_one_of_three_words() {
        let outcomes = |group: FeedbackGroup| {
            let outcomes = TriageOutcome::ALL.iter().filter(|o| o.feedback_group() == group);
            outcomes.map(|outcome| outcome.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            outcomes(FeedbackGroup::TakenUp),
            "INVESTIGATE CHILD_PROTECTION_REQUEST CONDITIONS_AND_FOLLOW_UP VVT_TEAM"
        );
        assert_eq!(outcomes(FeedbackGroup::Transferred), "LOCAL_TEAM RUNNING_CARE");
        assert_eq!(outcomes(FeedbackGroup::NoFurtherAction), "NO_FURTHER_ACTION");
    }
}
