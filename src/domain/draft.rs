//! The way in: raw fields of a message become parsed values, and every wrong field is noted.
//!
//! A [`Fields`] knows the path at which it reads, so a rule names a field once. Reading never
//! stops at the first mistake: a reader that has no value answers [`Noted`], and has noted why.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::time::Timestamp;
use super::violation::{Rule, Violations};

/// A length of time as a protobuf message carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DurationDraft {
    /// Whole seconds; may be negative in a message.
    pub seconds: i64,
    /// Nanoseconds on top of the seconds.
    pub nanos: i32,
}

/// There is no value, and the violations say why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted;

/// A value, or a noted violation.
pub(super) type Reading<T> = Result<T, Noted>;

/// Reads the fields of one (nested) message.
pub(super) struct Fields<'v> {
    path: String,
    violations: &'v mut Violations,
}

impl<'v> Fields<'v> {
    /// Reads the fields of the message at `path`.
    pub(super) fn new(path: impl Into<String>, violations: &'v mut Violations) -> Self {
        Self { path: path.into(), violations }
    }

    /// Reads the fields of the message in field `name`.
    pub(super) fn message(&mut self, name: &str) -> Fields<'_> {
        Fields { path: self.path_of(name), violations: self.violations }
    }

    /// Reads the fields of message `index` in the repeated field `name`.
    pub(super) fn item(&mut self, name: &str, index: usize) -> Fields<'_> {
        self.message(&format!("{name}[{index}]"))
    }

    /// Notes that field `name` breaks `rule`.
    pub(super) fn wrong(
        &mut self,
        name: &str,
        rule: &'static str,
        description: impl Into<String>,
    ) -> Noted {
        self.violations.add(self.path_of(name), rule, description);
        Noted
    }

    /// Notes a violation unless `holds`.
    pub(super) fn require(
        &mut self,
        holds: bool,
        name: &str,
        rule: &'static str,
        description: impl Into<String>,
    ) {
        if !holds {
            self.wrong(name, rule, description);
        }
    }

    /// Notes when a field is given that has no meaning here. Silently dropping it would hide a
    /// misunderstanding.
    pub(super) fn absent(&mut self, is_absent: bool, name: &str, description: &'static str) {
        self.require(is_absent, name, "NOT_APPLICABLE", description);
    }

    /// Notes when a repeated field has more than `max` values.
    pub(super) fn at_most(&mut self, name: &str, count: usize, max: usize) {
        self.require(count <= max, name, "TOO_MANY", format!("must be at most {max}"));
    }

    /// A field that must be given.
    pub(super) fn given<T>(&mut self, name: &str, value: Option<T>) -> Reading<T> {
        value.ok_or_else(|| self.wrong(name, "REQUIRED", "must be given"))
    }

    /// A moment that must be given and lie behind us.
    pub(super) fn past(
        &mut self,
        name: &str,
        moment: Option<Timestamp>,
        now: Timestamp,
    ) -> Reading<Timestamp> {
        let moment = self.given(name, moment)?;
        if moment <= now {
            Ok(moment)
        } else {
            Err(self.wrong(name, "IN_FUTURE", "must not be later than now"))
        }
    }

    /// A text that must be given.
    pub(super) fn text<T>(&mut self, name: &str, text: &str) -> Reading<T>
    where
        T: FromStr<Err: Rule>,
    {
        let text = self.given(name, Some(text).filter(|text| !text.is_empty()))?;
        text.parse().map_err(|error: T::Err| self.wrong(name, error.rule(), error.to_string()))
    }

    /// A text that may be empty: `None`.
    pub(super) fn optional_text<T>(&mut self, name: &str, text: &str) -> Reading<Option<T>>
    where
        T: FromStr<Err: Rule>,
    {
        if text.is_empty() { Ok(None) } else { self.text(name, text).map(Some) }
    }

    /// A code that must be given; 0 is protobuf's "not given".
    pub(super) fn code<T>(
        &mut self,
        name: &str,
        number: i32,
        from_number: fn(u16) -> Option<T>,
    ) -> Reading<T> {
        let number = self.given(name, Some(number).filter(|number| *number != 0))?;
        u16::try_from(number).ok().and_then(from_number).ok_or_else(|| {
            self.wrong(name, "UNKNOWN_CODE", "is not one of the codes of this field")
        })
    }

    /// A repeated field without duplicates, of at most `max` values. `read` reads one of them.
    ///
    /// Values past the limit are not read: what is wrong with them is that they are there.
    pub(super) fn set<R, T: Ord>(
        &mut self,
        name: &str,
        raw: &[R],
        max: usize,
        mut read: impl FnMut(&mut Self, &str, &R) -> Reading<T>,
    ) -> Reading<BTreeSet<T>> {
        self.at_most(name, raw.len(), max);
        let mut set = BTreeSet::new();
        for (index, value) in raw.iter().take(max).enumerate() {
            let name = format!("{name}[{index}]");
            if let Ok(value) = read(self, &name, value) {
                self.require(set.insert(value), &name, "DUPLICATE", "is given twice");
            }
        }
        // Shorter than what was sent: something above was noted.
        if set.len() == raw.len() { Ok(set) } else { Err(Noted) }
    }

    /// A length of time that must be given and lie within `range`.
    pub(super) fn duration(
        &mut self,
        name: &str,
        draft: Option<DurationDraft>,
        range: RangeInclusive<Duration>,
    ) -> Reading<Duration> {
        let draft = self.given(name, draft)?;
        match (u64::try_from(draft.seconds), u32::try_from(draft.nanos)) {
            (Ok(seconds), Ok(nanos @ 0..=999_999_999))
                if range.contains(&Duration::new(seconds, nanos)) =>
            {
                Ok(Duration::new(seconds, nanos))
            }
            _ => {
                let (min, max) = (range.start().as_secs(), range.end().as_secs());
                let description = format!("must be {min} to {max} seconds");
                Err(self.wrong(name, "OUT_OF_RANGE", description))
            }
        }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::TeamId;
    use crate::domain::organisation::Role;

    fn found(read: impl FnOnce(&mut Fields<'_>)) -> Vec<(String, &'static str)> {
        let mut violations = Violations::new();
        read(&mut Fields::new("order", &mut violations));
        violations.iter().map(|v| (v.field.clone(), v.rule)).collect()
    }

    #[test]
    fn a_path_names_message_item_and_field() {
        let violations = found(|fields| {
            assert_eq!(
                fields.message("to").item("teams", 2).text::<TeamId>("team", ""),
                Err(Noted)
            );
            assert_eq!(fields.text::<TeamId>("team", "a b"), Err(Noted));
        });
        assert_eq!(
            violations,
            [
                ("order.to.teams[2].team".to_owned(), "REQUIRED"),
                ("order.team".to_owned(), "TEAM_ID")
            ]
        );
    }

    #[test]
    fn zero_is_missing_and_any_other_foreign_number_is_unknown() {
        for (number, rule) in
            [(0, "REQUIRED"), (-1, "UNKNOWN_CODE"), (99, "UNKNOWN_CODE"), (65_537, "UNKNOWN_CODE")]
        {
            let violations = found(|fields| {
                assert_eq!(fields.code("role", number, Role::from_number), Err(Noted));
            });
            assert_eq!(violations, [("order.role".to_owned(), rule)]);
        }
    }

    #[test]
    fn an_optional_text_is_absent_given_or_wrong() {
        let violations = found(|fields| {
            assert_eq!(fields.optional_text::<TeamId>("team", ""), Ok(None));
            let team = "team-3".parse().unwrap();
            assert_eq!(fields.optional_text::<TeamId>("team", "team-3"), Ok(Some(team)));
            assert_eq!(fields.optional_text::<TeamId>("team", "team 3"), Err(Noted));
        });
        assert_eq!(violations, [("order.team".to_owned(), "TEAM_ID")]);
    }

    #[test]
    fn a_set_refuses_duplicates_and_more_than_fit() {
        let read = |raw: &[i32]| {
            found(|fields| {
                let set = fields.set("roles", raw, 2, |fields, name, number| {
                    fields.code(name, *number, Role::from_number)
                });
                assert_eq!(set.map(|set| set.len()).ok(), (raw == [1, 2]).then_some(2));
            })
        };
        assert_eq!(read(&[1, 2]), []);
        assert_eq!(read(&[1, 1]), [("order.roles[1]".to_owned(), "DUPLICATE")]);
        assert_eq!(read(&[1, 0]), [("order.roles[1]".to_owned(), "REQUIRED")]);
        assert_eq!(read(&[1, 2, 99]), [("order.roles".to_owned(), "TOO_MANY")]);
    }

    #[test]
    fn a_length_of_time_is_whole_and_within_its_range() {
        let range = Duration::from_secs(10)..=Duration::from_mins(10);
        let draft = |seconds, nanos| Some(DurationDraft { seconds, nanos });
        for bad in [draft(9, 0), draft(600, 1), draft(-10, 0), draft(20, -1), draft(i64::MAX, 0)] {
            let violations = found(|fields| {
                assert_eq!(fields.duration("lease", bad, range.clone()), Err(Noted));
            });
            assert_eq!(violations, [("order.lease".to_owned(), "OUT_OF_RANGE")]);
        }
        let violations = found(|fields| {
            assert_eq!(fields.duration("lease", draft(600, 0), range.clone()), Ok(*range.end()));
        });
        assert_eq!(violations, []);
    }
}
