//! What a region may decide about break-glass: less than the most that DOMAIN §4.4 allows, never more.

use serde::{Deserialize, Serialize};

/// Emergency access never lasts longer than a day (DOMAIN §4.4). No pack lifts this.
const HOURS_MAX: u8 = 24;
/// No review may wait longer than this: two weeks of working days.
const REVIEW_WORKING_DAYS_MAX: u16 = 10;
/// "Fresh" is at most an hour ago, whatever a region thinks of it.
const AUTHENTICATION_MINUTES_MAX: u16 = 60;

/// The region's choices. Part of the policy pack, so a change is a new version of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Choices")]
pub struct BreakGlassRules {
    /// Hours after which access closes by itself, at most.
    pub hours_max: u8,
    /// How many minutes ago the declaring person proved who they are, at most.
    pub authentication_minutes_max: u16,
    /// Working days for the review of `VITAL_INTEREST` and `CONFLICT_OF_DUTIES`.
    pub review_working_days: u16,
    /// Working days for the review of a statute used against the will of the person.
    pub review_override_working_days: u16,
    /// Whether two officers judge every emergency, and not only one of a conflict of duties.
    pub two_reviewers_always: bool,
}

impl Default for BreakGlassRules {
    fn default() -> Self {
        Self {
            hours_max: HOURS_MAX,
            authentication_minutes_max: 15,
            review_working_days: 2,
            review_override_working_days: 5,
            two_reviewers_always: false,
        }
    }
}

/// Choices beyond what DOMAIN §4.4 allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "emergency access must end within 1 to {HOURS_MAX} hours, its user have proved who they are within 1 to \
     {AUTHENTICATION_MINUTES_MAX} minutes, and its review be due within 1 to {REVIEW_WORKING_DAYS_MAX} working days"
)]
pub struct InvalidBreakGlassRules;

/// [`BreakGlassRules`] as they are read, before they are checked.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Choices {
    hours_max: u8,
    authentication_minutes_max: u16,
    review_working_days: u16,
    review_override_working_days: u16,
    two_reviewers_always: bool,
}

impl Default for Choices {
    fn default() -> Self {
        let BreakGlassRules {
            hours_max,
            authentication_minutes_max,
            review_working_days,
            review_override_working_days,
            two_reviewers_always,
        } = BreakGlassRules::default();
        Self {
            hours_max,
            authentication_minutes_max,
            review_working_days,
            review_override_working_days,
            two_reviewers_always,
        }
    }
}

impl TryFrom<Choices> for BreakGlassRules {
    type Error = InvalidBreakGlassRules;
    fn try_from(choices: Choices) -> Result<Self, InvalidBreakGlassRules> {
        let Choices {
            hours_max,
            authentication_minutes_max,
            review_working_days,
            review_override_working_days,
            two_reviewers_always,
        } = choices;
        let days = 1..=REVIEW_WORKING_DAYS_MAX;
        let fits = (1..=HOURS_MAX).contains(&hours_max)
            && (1..=AUTHENTICATION_MINUTES_MAX).contains(&authentication_minutes_max)
            && days.contains(&review_working_days)
            && days.contains(&review_override_working_days);
        if fits {
            Ok(Self {
                hours_max,
                authentication_minutes_max,
                review_working_days,
                review_override_working_days,
                two_reviewers_always,
            })
        } else {
            Err(InvalidBreakGlassRules)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_chosen_is_the_rule_of_the_domain() {
        let rules: BreakGlassRules = serde_json::from_str("{}").unwrap();
        assert_eq!(rules, BreakGlassRules::default());
        let shorter: BreakGlassRules = serde_json::from_str(r#"{"hours_max":4}"#).unwrap();
        assert_eq!(shorter.hours_max, 4);
        let by_two: BreakGlassRules =
            serde_json::from_str(r#"{"two_reviewers_always":true}"#).unwrap();
        assert!(by_two.two_reviewers_always && !rules.two_reviewers_always);
    }

    #[test]
    fn no_pack_keeps_emergency_access_open_longer_than_a_day() {
        for bad in [
            r#"{"hours_max":25}"#,
            r#"{"hours_max":0}"#,
            r#"{"authentication_minutes_max":61}"#,
            r#"{"authentication_minutes_max":0}"#,
            r#"{"review_working_days":0}"#,
            r#"{"review_working_days":11}"#,
            r#"{"review_override_working_days":0}"#,
            r#"{"review_override_working_days":11}"#,
            r#"{"hours":24}"#,
        ] {
            assert!(serde_json::from_str::<BreakGlassRules>(bad).is_err(), "{bad}");
        }
    }
}
