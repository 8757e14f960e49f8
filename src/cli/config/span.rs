//! Lengths of time, written as a whole number with its unit.

use std::time::Duration;

use serde::{Deserialize as _, Deserializer, Serializer};

/// Shorter, and nothing under way could end; longer, and whoever stops the gateway kills it first.
const MIN: Duration = Duration::from_secs(1);
const MAX: Duration = Duration::from_mins(10);

const RULE: &str = "must be a whole number with its unit between 1s and 10m, for example 15s";

pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&text(*value))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    parse(&text).ok_or_else(|| serde::de::Error::custom(RULE))
}

fn parse(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        _ => return None,
    };
    let span = Duration::from_secs(number.parse::<u64>().ok()?.checked_mul(seconds)?);
    (MIN..=MAX).contains(&span).then_some(span)
}

fn text(span: Duration) -> String {
    format!("{}s", span.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_a_number_and_its_unit() {
        for (text, seconds) in [("1s", 1), ("15s", 15), ("2m", 120), ("10m", 600)] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for bad in
            ["", "15", "s", "0s", "11m", "601s", "1h", "-1s", "1.5s", "99999999999999999999s"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(parse(&text(Duration::from_mins(2))), Some(Duration::from_mins(2)));
    }
}
