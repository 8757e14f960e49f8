//! What an officer asks a party of a disclosure about it, and the term in which that party answers.

use super::calendar::add_working_days;
use super::code::codes;
use super::time::Timestamp;

/// The term, as a question in the review of an emergency has it (CONSOLE §1.4 P3, P4).
const WORKING_DAYS: u16 = 5;

codes! {
    /// Where a question stands.
    pub enum QuestionState {
        /// It waits, and its term is not over.
        Open = 1, "OPEN";
        /// It waits, and its term is over.
        Late = 2, "LATE";
        /// It was answered.
        Answered = 3, "ANSWERED";
        /// Nobody answered it, and nobody can read or answer it any more: the person was forgotten.
        Forgotten = 4, "FORGOTTEN";
    }
}

impl QuestionState {
    /// Where a question stands at a moment.
    pub fn at(now: Timestamp, due_at: Timestamp, answered_at: Option<Timestamp>) -> Self {
        match answered_at {
            Some(_) => Self::Answered,
            None if now > due_at => Self::Late,
            None => Self::Open,
        }
    }

    /// The same, of one whose words can be read or not any more. It waits for nothing then, and is not late.
    #[must_use]
    pub fn readable(self, is_readable: bool) -> Self {
        match self {
            Self::Open | Self::Late if !is_readable => Self::Forgotten,
            Self::Open | Self::Late | Self::Answered | Self::Forgotten => self,
        }
    }
}

/// The last moment at which the answer is in time.
pub fn answer_due_at(asked_at: Timestamp) -> Timestamp {
    add_working_days(asked_at.date(), WORKING_DAYS).end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_due_after_five_working_days_and_late_the_moment_after() {
        // A Thursday; the weekend does not count.
        let asked: Timestamp = "2026-03-12T11:00:00Z".parse().unwrap();
        let due = answer_due_at(asked);
        assert_eq!(due.date().to_string(), "2026-03-19");
        let after = due.plus(std::time::Duration::from_secs(1));
        assert_eq!(QuestionState::at(due, due, None), QuestionState::Open);
        assert_eq!(QuestionState::at(after, due, None), QuestionState::Late);
        assert_eq!(QuestionState::at(after, due, Some(after)), QuestionState::Answered);
    }

    #[test]
    fn what_nobody_can_read_any_more_neither_waits_nor_is_late() {
        for state in QuestionState::ALL.iter().copied() {
            assert_eq!(state.readable(true), state);
        }
        for state in [QuestionState::Open, QuestionState::Late, QuestionState::Forgotten] {
            assert_eq!(state.readable(false), QuestionState::Forgotten);
        }
        assert_eq!(QuestionState::Answered.readable(false), QuestionState::Answered);
    }
}
