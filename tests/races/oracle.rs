//! What the journal of the callers proves.

use std::collections::BTreeMap;
use std::fmt;

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A consent was given.
    Given,
    /// The consent was withdrawn.
    Withdrawn,
    /// A question was answered, with the data that rests on the consent or without.
    Released(bool),
    /// A question that came again under its id was answered.
    GivenAgain(bool),
    Refused,
    /// Neither yes nor no: facts changed too often while it was decided.
    Busy,
}

/// A call, with the numbers of the counter before it was sent and after it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) lane: usize,
    pub(crate) kind: Kind,
    pub(crate) sent: u64,
    pub(crate) answered: u64,
}

impl Event {
    /// Whether this is a question that was under way together with the withdrawal.
    pub(crate) const fn is_race_with(&self, withdrawal: &Self) -> bool {
        !matches!(self.kind, Kind::Given | Kind::Withdrawn)
            && self.sent < withdrawal.answered
            && withdrawal.sent < self.answered
    }
}

/// What a journal shows.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Questions that were under way together with a withdrawal.
    pub(crate) races: usize,
    pub(crate) requests_won: usize,
    pub(crate) withdrawals_won: usize,
    pub(crate) busy: usize,
    pub(crate) rounds: usize,
    /// Questions that were answered with data for the first time.
    pub(crate) released: usize,
    pub(crate) given_again: usize,
    /// Questions sent after an acknowledged withdrawal.
    pub(crate) asked_afterwards: usize,
    pub(crate) violations: Vec<Event>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} races in {} rounds: {} requests won, {} withdrawals won, {} busy; {} releases, {} \
             given again, {} questions after an acknowledged withdrawal, {} of them answered with data",
            self.races,
            self.rounds,
            self.requests_won,
            self.withdrawals_won,
            self.busy,
            self.released,
            self.given_again,
            self.asked_afterwards,
            self.violations.len(),
        )
    }
}

/// Looks at each case by itself; within one, consents follow each other.
pub(crate) fn judge(events: &[Event]) -> Verdict {
    let mut lanes: BTreeMap<usize, Vec<Event>> = BTreeMap::new();
    for event in events {
        lanes.entry(event.lane).or_default().push(*event);
    }
    let mut verdict = Verdict::default();
    for mut lane in lanes.into_values() {
        lane.sort_by_key(|event| event.sent);
        judge_lane(&lane, &mut verdict);
    }
    verdict
}

fn judge_lane(events: &[Event], verdict: &mut Verdict) {
    let of = |kind| events.iter().filter(move |event| event.kind == kind).copied();
    let (given, withdrawn): (Vec<Event>, Vec<Event>) =
        (of(Kind::Given).collect(), of(Kind::Withdrawn).collect());
    verdict.rounds += withdrawn.len();
    for event in events {
        let gives = match event.kind {
            Kind::Given | Kind::Withdrawn => continue,
            Kind::Released(_) => {
                verdict.released += 1;
                Some(true)
            }
            Kind::GivenAgain(_) => {
                verdict.given_again += 1;
                Some(true)
            }
            Kind::Refused => Some(false),
            Kind::Busy => None,
        };
        let last = |of: &[Event], moment: fn(&Event) -> u64, before: u64| {
            let before = of.partition_point(|event| moment(event) < before);
            before.checked_sub(1).map(|last| of[last])
        };
        // At the latest when the question was answered, at the earliest when it was sent.
        let yes = last(&given, |event| event.sent, event.answered);
        let no = last(&withdrawn, |event| event.answered, event.sent + 1);
        let is_withdrawn = match (yes, no) {
            (Some(yes), Some(no)) => yes.sent < no.answered,
            (None, _) => true,
            (Some(_), None) => false,
        };
        let race = withdrawn.iter().any(|withdrawal| event.is_race_with(withdrawal));
        let certain = last(&given, |event| event.answered, event.sent);
        let holds = !race && !is_withdrawn && certain == yes;
        if is_withdrawn {
            verdict.asked_afterwards += 1;
        }
        if race {
            verdict.races += 1;
            match gives {
                Some(true) => verdict.requests_won += 1,
                Some(false) => verdict.withdrawals_won += 1,
                None => verdict.busy += 1,
            }
        }
        let without_data = matches!(event.kind, Kind::Released(false) | Kind::GivenAgain(false));
        let is_wrong = match gives {
            Some(true) => is_withdrawn || without_data,
            Some(false) => holds,
            None => false,
        };
        if is_wrong {
            verdict.violations.push(*event);
        }
    }
}
