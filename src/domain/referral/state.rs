//! The life of a referral (DOMAIN §2.7).
//!
//! [`transition`] is the only way from one state to the next. Responsibility for keeping sight on
//! safety passes to the recipient at [`Event::Acknowledge`], so nothing after it can be undone by
//! the sender, and nothing before it may end in silence: what cannot be handed over is
//! [`State::Undeliverable`], which raises an alarm and can be offered again.

use crate::domain::code::codes;

codes! {
    /// Where a referral is in its life.
    pub enum State {
        /// Stored and logged.
        Submitted = 1, "SUBMITTED";
        /// A team is known; waits for the recipient.
        Routed = 2, "ROUTED";
        /// Leased to a reader of the recipient.
        Delivered = 3, "DELIVERED";
        /// The recipient took responsibility.
        Acknowledged = 4, "ACKNOWLEDGED";
        /// Being assessed.
        InTriage = 5, "IN_TRIAGE";
        /// Assessed; the outcome is known.
        Triaged = 6, "TRIAGED";
        /// Finished.
        Closed = 7, "CLOSED";
        /// Refused by the gateway.
        Rejected = 8, "REJECTED";
        /// Offered too often in vain; somebody has to look.
        Undeliverable = 9, "UNDELIVERABLE";
        /// Taken back by the sender.
        Withdrawn = 10, "WITHDRAWN";
        /// Sent back by the recipient; the sender has to act.
        Returned = 11, "RETURNED";
    }
}

codes! {
    /// What can happen to a referral.
    pub enum Event {
        /// The gateway found the team.
        Route = 1, "ROUTE";
        /// The gateway refuses it.
        Reject = 2, "REJECT";
        /// A reader of the recipient takes a lease.
        Deliver = 3, "DELIVER";
        /// The lease ends without an answer, or the reader gives it back.
        Release = 4, "RELEASE";
        /// The recipient takes responsibility.
        Acknowledge = 5, "ACKNOWLEDGE";
        /// The recipient is not the right one, or cannot read it.
        SendBack = 6, "SEND_BACK";
        /// The gateway stops offering it and raises an alarm.
        GiveUp = 7, "GIVE_UP";
        /// The alarm was answered: offer it again.
        Retry = 8, "RETRY";
        /// The sender takes it back.
        Withdraw = 9, "WITHDRAW";
        /// The recipient starts to assess it.
        StartTriage = 10, "START_TRIAGE";
        /// The recipient decided.
        Triage = 11, "TRIAGE";
        /// The recipient is finished.
        Close = 12, "CLOSE";
    }
}

/// An event that cannot happen in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a referral that is {from} cannot {event}")]
pub struct InvalidTransition {
    /// The state.
    pub from: State,
    /// The event.
    pub event: Event,
}

/// The state after `event`.
pub fn transition(from: State, event: Event) -> Result<State, InvalidTransition> {
    use State::{
        Acknowledged, Closed, Delivered, InTriage, Rejected, Returned, Routed, Submitted, Triaged,
        Undeliverable, Withdrawn,
    };
    match (event, from) {
        (Event::Route, Submitted) | (Event::Release, Delivered) | (Event::Retry, Undeliverable) => {
            Ok(Routed)
        }
        (Event::Reject, Submitted) => Ok(Rejected),
        (Event::Deliver, Routed) => Ok(Delivered),
        (Event::Acknowledge, Delivered) => Ok(Acknowledged),
        (Event::SendBack, Delivered) => Ok(Returned),
        // Not while it is leased: the reader may be about to acknowledge.
        (Event::GiveUp, Routed) => Ok(Undeliverable),
        (Event::Withdraw, Submitted | Routed | Delivered | Undeliverable) => Ok(Withdrawn),
        (Event::StartTriage, Acknowledged) => Ok(InTriage),
        (Event::Triage, InTriage) => Ok(Triaged),
        (Event::Close, Triaged) => Ok(Closed),
        _ => Err(InvalidTransition { from, event }),
    }
}

impl State {
    /// Whether nothing can happen any more.
    pub fn is_final(self) -> bool {
        Event::ALL.iter().all(|event| transition(self, *event).is_err())
    }

    /// Whether the recipient took responsibility.
    pub fn is_taken_over(self) -> bool {
        matches!(self, Self::Acknowledged | Self::InTriage | Self::Triaged | Self::Closed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(events: &[Event]) -> Result<State, InvalidTransition> {
        events.iter().try_fold(State::Submitted, |state, event| transition(state, *event))
    }

    #[test]
    fn a_referral_goes_from_submission_to_its_end() {
        use Event::{Acknowledge, Close, Deliver, Release, Route, StartTriage, Triage};
        let life = [Route, Deliver, Release, Deliver, Acknowledge, StartTriage, Triage, Close];
        assert_eq!(after(&life), Ok(State::Closed));
    }

    #[test]
    fn exactly_these_states_are_final() {
        let is_final: Vec<_> = State::ALL.iter().filter(|state| state.is_final()).collect();
        assert_eq!(
            is_final,
            [&State::Closed, &State::Rejected, &State::Withdrawn, &State::Returned]
        );
    }

    #[test]
    fn the_sender_can_withdraw_only_what_nobody_took_over() {
        let withdrawable: Vec<_> =
            State::ALL.iter().filter(|s| transition(**s, Event::Withdraw).is_ok()).collect();
        assert_eq!(
            withdrawable,
            [&State::Submitted, &State::Routed, &State::Delivered, &State::Undeliverable]
        );
    }

    #[test]
    fn an_undeliverable_referral_can_be_offered_again() {
        use Event::{Acknowledge, Deliver, GiveUp, Retry, Route};
        let life = [Route, GiveUp, Retry, Deliver, Acknowledge];
        assert_eq!(after(&life), Ok(State::Acknowledged));
    }

    #[test]
    fn an_impossible_event_names_state_and_event() {
        let error = transition(State::Acknowledged, Event::Withdraw).unwrap_err();
        assert_eq!(error.to_string(), "a referral that is ACKNOWLEDGED cannot WITHDRAW");
    }

    proptest! {
        /// Whatever events come in whatever order, taking over happens once, by acknowledgement,
        /// and is never undone.
        #[test]
        fn responsibility_passes_once_and_stays(
            events in proptest::collection::vec(proptest::sample::select(Event::ALL), 0..40),
        ) {
            let mut state = State::Submitted;
            let mut acknowledged = 0;
            for event in events {
                let before = state;
                state = transition(state, event).unwrap_or(state);
                acknowledged += u32::from(event == Event::Acknowledge && state != before);
                prop_assert!(!before.is_taken_over() || state.is_taken_over());
                prop_assert_eq!(state.is_taken_over(), acknowledged == 1);
            }
        }
    }
}
