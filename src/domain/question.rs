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
}
