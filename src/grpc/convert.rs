//! Messages to drafts and answers to messages. Nothing is judged here but what protobuf itself can
//! say wrongly: a moment that is none, a message that is missing.
//!
//! Invariant: every wrong field of a request is noted by its path, and no value of one is shown.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::pb;
use crate::domain::draft::DurationDraft;
use crate::domain::id::RequestId;
use crate::domain::organisation::{Actor, ActorDraft};
use crate::domain::time::Timestamp;
use crate::domain::violation::{Rule, Violation, Violations};
use crate::gateway::Error;

pub(super) mod breach;
pub(super) mod case;
pub(super) mod case_direction;
pub(super) mod consent;
pub(super) mod consent_history;
pub(super) mod deadline;
pub(super) mod decision;
pub(super) mod disclosure;
pub(super) mod evidence;
pub(super) mod hold;
pub(super) mod inbox;
pub(super) mod officer;
pub(super) mod organisation;
pub(super) mod people;
pub(super) mod privacy;
pub(super) mod question;
pub(super) mod referral;
pub(super) mod referral_status;
pub(super) mod report;
pub(super) mod review;
pub(super) mod sharing;
pub(super) mod signal;
pub(super) mod summary;
pub(super) mod surroundings;
pub(super) mod tally;

const MICROS: i64 = 1_000_000;

/// Reads what the domain does not read itself, and collects what is wrong with a request.
#[derive(Debug, Default)]
pub(super) struct Reader {
    violations: Violations,
}

impl Reader {
    /// Notes that a field breaks a rule.
    pub(super) fn wrong(&mut self, field: &str, rule: &'static str, description: &'static str) {
        self.violations.add(field, rule, description);
    }

    /// Whether something is wrong so far.
    pub(super) fn found_wrong(&self) -> bool {
        !self.violations.is_empty()
    }

    /// A field that must be given.
    pub(super) fn given<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.wrong(field, "REQUIRED", "must be given");
        }
        value
    }

    /// A text that must be given.
    pub(super) fn text<T>(&mut self, field: &str, text: &str) -> Option<T>
    where
        T: FromStr<Err: Rule>,
    {
        let text = self.given(field, Some(text).filter(|text| !text.is_empty()))?;
        self.violations.take(field, text.parse())
    }

    /// A text that may be empty: then there is no value. The outer option is none when it is wrong.
    #[expect(clippy::option_option, reason = "wrong, absent and given are three things")]
    pub(super) fn optional_text<T>(&mut self, field: &str, text: &str) -> Option<Option<T>>
    where
        T: FromStr<Err: Rule>,
    {
        if text.is_empty() { Some(None) } else { self.text(field, text).map(Some) }
    }

    /// A code that must be given; 0 is protobuf's "not given".
    pub(super) fn code<T>(
        &mut self,
        field: &str,
        number: i32,
        from_number: fn(u16) -> Option<T>,
    ) -> Option<T> {
        let number = self.given(field, Some(number).filter(|number| *number != 0))?;
        let code = u16::try_from(number).ok().and_then(from_number);
        if code.is_none() {
            self.wrong(field, "UNKNOWN_CODE", "is not one of the codes of this field");
        }
        code
    }

    /// A moment that may be absent. One outside 1970 to 9999, or with negative or too many
    /// nanoseconds, is noted and not taken for an absent one.
    pub(super) fn moment(
        &mut self,
        field: &str,
        moment: Option<prost_types::Timestamp>,
    ) -> Option<Timestamp> {
        let moment = moment?;
        let read = read_moment(moment);
        if read.is_none() {
            self.wrong(field, "TIMESTAMP", "must be a moment between 1970 and 9999");
        }
        read
    }

    /// A length of time within a range that may be absent. The outer option is none when it is
    /// wrong.
    #[expect(clippy::option_option, reason = "wrong, absent and given are three things")]
    pub(super) fn optional_duration(
        &mut self,
        field: &str,
        duration: Option<prost_types::Duration>,
        range: RangeInclusive<Duration>,
    ) -> Option<Option<Duration>> {
        let Some(duration) = duration else { return Some(None) };
        let read = read_duration(duration).filter(|duration| range.contains(duration));
        if read.is_none() {
            let (min, max) = (range.start().as_secs(), range.end().as_secs());
            let description = format!("must be {min} to {max} seconds");
            self.violations.add(field, "OUT_OF_RANGE", description);
        }
        read.map(Some)
    }

    /// A number from 1 to `max`; 0 means `default`.
    pub(super) fn count(&mut self, field: &str, asked: i32, default: u32, max: u32) -> Option<u32> {
        match u32::try_from(asked) {
            Ok(0) => Some(default),
            Ok(asked) if asked <= max => Some(asked),
            Ok(_) | Err(_) => {
                self.violations.add(field, "OUT_OF_RANGE", format!("must be 0 to {max}"));
                None
            }
        }
    }

    /// A number that is not negative.
    pub(super) fn not_negative<F, T>(&mut self, field: &str, number: F) -> Option<T>
    where
        T: TryFrom<F>,
    {
        let number = T::try_from(number).ok();
        if number.is_none() {
            self.wrong(field, "NEGATIVE", "must not be negative");
        }
        number
    }

    /// Who acts.
    pub(super) fn actor(&mut self, field: &str, actor: Option<pb::Actor>) -> Option<Actor> {
        let actor = actor.unwrap_or_default();
        let draft = ActorDraft {
            user_id: actor.user_id,
            role: actor.role,
            on_behalf_of_user_id: actor.on_behalf_of_user_id,
            on_behalf_of_role: actor.on_behalf_of_role,
        };
        draft.parse(field, &mut self.violations)
    }

    /// What every mutating call has.
    pub(super) fn act(
        &mut self,
        request_id: &str,
        actor: Option<pb::Actor>,
    ) -> Option<(RequestId, Actor)> {
        let request_id = self.text("request_id", request_id);
        let actor = self.actor("actor", actor);
        request_id.zip(actor)
    }

    /// Where a reader of the domain may note what it finds.
    pub(super) fn violations(&mut self) -> &mut Violations {
        &mut self.violations
    }

    /// Adds what is wrong with a part that the domain parsed; a field that is noted already is not
    /// noted again as missing.
    pub(super) fn also<T>(&mut self, parsed: Result<T, Violations>) {
        self.also_where(parsed, |_| true);
    }

    /// The same for a part about people of a case that is not known: who they are is not judged.
    pub(super) fn also_but_people<T>(&mut self, parsed: Result<T, Violations>) {
        self.also_where(parsed, |violation| violation.rule != "UNKNOWN_PERSON");
    }

    fn also_where<T>(
        &mut self,
        parsed: Result<T, Violations>,
        counts: impl Fn(&Violation) -> bool,
    ) {
        let Err(found) = parsed else { return };
        let noted: BTreeSet<String> =
            self.violations.iter().map(|violation| violation.field.clone()).collect();
        for violation in &found {
            if counts(violation) && !noted.contains(&violation.field) {
                let Violation { field, rule, description } = violation.clone();
                self.violations.add(field, rule, description);
            }
        }
    }

    /// The parts, or everything that is wrong.
    pub(super) fn finish<T>(self, parts: Option<T>) -> Result<T, Error> {
        match parts {
            Some(parts) if self.violations.is_empty() => Ok(parts),
            Some(_) | None => Err(Error::Invalid(self.violations)),
        }
    }
}

fn read_moment(moment: prost_types::Timestamp) -> Option<Timestamp> {
    let nanos = u32::try_from(moment.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    let micros = moment.seconds.checked_mul(MICROS)?.checked_add(i64::from(nanos / 1000))?;
    Timestamp::from_micros(micros)
}

fn read_duration(duration: prost_types::Duration) -> Option<Duration> {
    let nanos = u32::try_from(duration.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some(Duration::new(u64::try_from(duration.seconds).ok()?, nanos))
}

/// A length of time for the domain to judge.
pub(super) fn duration_draft(duration: Option<prost_types::Duration>) -> Option<DurationDraft> {
    duration.map(|duration| DurationDraft { seconds: duration.seconds, nanos: duration.nanos })
}

/// A moment as protobuf has it.
pub(super) fn moment(moment: Timestamp) -> prost_types::Timestamp {
    let micros = moment.as_micros();
    let nanos = i32::try_from(micros.rem_euclid(MICROS) * 1000).unwrap_or(0);
    prost_types::Timestamp { seconds: micros.div_euclid(MICROS), nanos }
}

/// A length of time as protobuf has it.
pub(super) fn duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or(0),
    }
}

/// A count as protobuf has it.
pub(super) fn count(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A number of things; more than a message can carry is its most.
pub(super) fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
pub(super) mod tests;
