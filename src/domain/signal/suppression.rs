//! Silencing a rule for one user or one case: somebody answers for it, and it ends.

use std::time::Duration;

use super::SignalRule;
use crate::domain::code::codes;
use crate::domain::time::Timestamp;

/// A suppression lasts a year at most.
pub const SUPPRESSION_MAX: Duration = Duration::from_hours(366 * 24);

codes! {
    /// For whom or what a rule is silenced.
    pub enum SuppressionScope {
        /// For the user of the signal.
        User = 1, "USER";
        /// For the case of the signal.
        Case = 2, "CASE";
    }
}

/// Why a rule may not be silenced so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSuppressible {
    /// Emergencies, and what must never be, are never silenced.
    #[error("signals of this rule cannot be suppressed")]
    Rule,
    /// The signal is about no user, or no case.
    #[error("the signal names nothing of this scope")]
    NothingNamed,
    /// It ends before it begins, or after more than a year.
    #[error("a suppression ends after now and within a year")]
    Term,
}

/// Whether a rule may be silenced until a moment.
pub fn check(
    rule: SignalRule,
    names_something: bool,
    (now, until): (Timestamp, Timestamp),
) -> Result<(), NotSuppressible> {
    if !rule.is_suppressible() {
        return Err(NotSuppressible::Rule);
    }
    if !names_something {
        return Err(NotSuppressible::NothingNamed);
    }
    if until <= now || until > now.plus(SUPPRESSION_MAX) {
        return Err(NotSuppressible::Term);
    }
    Ok(())
}
