//! Phases of *gefaseerd samenwerken aan veiligheid* (DOMAIN §1.2): forward one step at a time after
//! looking at the agreements, back to the first at any time.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::code::codes;
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::summary::{AGREEMENTS_MAX, PartId};
use crate::domain::text::Prose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;

codes! {
    /// Phase of *gefaseerd samenwerken aan veiligheid*. Independent of the state.
    pub enum SafetyPhase {
        /// Direct safety.
        DirectSafety = 1, "PHASE_1_DIRECT_SAFETY";
        /// Risk-driven care.
        RiskDrivenCare = 2, "PHASE_2_RISK_DRIVEN_CARE";
        /// Recovery-oriented care.
        RecoveryCare = 3, "PHASE_3_RECOVERY_CARE";
    }
}

impl SafetyPhase {
    /// Whether the phase may change to `to`: one step forward, or back to the first at any time,
    /// which is what new violence asks for.
    pub fn can_change_to(self, to: Self) -> bool {
        to == Self::DirectSafety || to.number() == self.number() + 1
    }
}

/// A change of phase.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseChange {
    /// The phase before.
    pub from: SafetyPhase,
    /// The phase after.
    pub to: SafetyPhase,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: PhaseCause,
}

/// Why the phase changed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum PhaseCause {
    /// The Steunpunt decided it.
    Decided {
        /// Why.
        reason: Prose<2000>,
        /// The agreements that were looked at.
        evaluated: BTreeSet<PartId>,
    },
    /// An agreement was broken with new violence.
    NewViolence,
    /// The case was taken up again.
    Reopened,
}

/// A change of phase that the Steunpunt decides.
#[derive(Clone, PartialEq, Eq)]
pub struct PhaseDecision {
    /// To which phase.
    pub to: SafetyPhase,
    /// Why.
    pub reason: Prose<2000>,
    /// The agreements that were looked at.
    pub evaluated: BTreeSet<PartId>,
}

/// A [`PhaseDecision`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct PhaseDecisionDraft {
    pub to: i32,
    pub reason: String,
    pub evaluated_agreement_ids: Vec<String>,
}

macro_rules! hidden {
    ($($name:ident),+) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+ };
}

hidden!(PhaseChange, PhaseCause, PhaseDecision, PhaseDecisionDraft);

impl PhaseDecisionDraft {
    /// The decision, or everything that is wrong with it.
    pub fn parse(self) -> Result<PhaseDecision, Violations> {
        let mut violations = Violations::new();
        match self.read(&mut Fields::new("", &mut violations)) {
            Ok(decision) => violations.into_result(decision),
            Err(Noted) => Err(violations),
        }
    }

    fn read(&self, fields: &mut Fields<'_>) -> Reading<PhaseDecision> {
        let to = fields.code("to", self.to, SafetyPhase::from_number);
        let reason = fields.text("reason", &self.reason);
        let ids = &self.evaluated_agreement_ids;
        let name = "evaluated_agreement_ids";
        let evaluated = fields
            .set(name, ids, AGREEMENTS_MAX, |fields, name, id: &String| fields.text(name, id));
        Ok(PhaseDecision { to: to?, reason: reason?, evaluated: evaluated? })
    }
}
