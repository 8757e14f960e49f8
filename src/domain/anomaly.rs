//! When something in the log deserves a look (DOMAIN §5.5, A1 to A14): the numbers that a region chooses.
//!
//! Seven of the fourteen rules have no number: a disclosure after a withdrawal, a recipient outside the
//! team, categories outside the consent, a certificate of somebody else, a gap in the ledger, a case of
//! one's own family and an overdue review always deserve one, and no pack switches them off.

use serde::{Deserialize, Serialize};

/// From how many on, in what time. Part of the policy pack, so a change is a new version of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Choices")]
pub struct AnomalyRules {
    /// A1: emergencies declared by one user,
    pub break_glass_count: u16,
    /// in so many days.
    pub break_glass_days: u16,
    /// A4: more different people than this looked at by one user in a day.
    pub subjects_a_day: u16,
    /// A5: hour, Europe/Amsterdam, at which the night begins for a role without duty,
    pub night_from_hour: u8,
    /// and the hour at which it ends.
    pub night_until_hour: u8,
    /// A6: denials for one user or organisation,
    pub denials: u16,
    /// in so many minutes.
    pub denial_minutes: u16,
    /// A11: a consent that its recorder uses within so many minutes.
    pub own_consent_minutes: u16,
    /// A13: standard deviations above the mean of the same weekday,
    pub volume_deviations: u8,
    /// over so many weeks.
    pub volume_weeks: u8,
    /// A day with fewer disclosures than this is never a volume.
    pub volume_min: u16,
    /// A14: more questions than this by one officer about one person in a day.
    pub questions_a_day: u16,
    /// Basis shopping: data on another basis within so many minutes of a refusal.
    pub basis_minutes: u16,
    /// A new network: from how many days on a certificate is known.
    pub network_known_days: u16,
}

impl Default for AnomalyRules {
    fn default() -> Self {
        Self {
            break_glass_count: 3,
            break_glass_days: 30,
            subjects_a_day: 25,
            night_from_hour: 22,
            night_until_hour: 6,
            denials: 5,
            denial_minutes: 10,
            own_consent_minutes: 5,
            volume_deviations: 3,
            volume_weeks: 8,
            volume_min: 20,
            questions_a_day: 10,
            basis_minutes: 60,
            network_known_days: 7,
        }
    }
}

/// Numbers that would make a rule say nothing, or everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {range}")]
pub struct InvalidAnomalyRules {
    field: &'static str,
    range: &'static str,
}

/// [`AnomalyRules`] as they are read, before they are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choices {
    break_glass_count: u16,
    break_glass_days: u16,
    subjects_a_day: u16,
    night_from_hour: u8,
    night_until_hour: u8,
    denials: u16,
    denial_minutes: u16,
    own_consent_minutes: u16,
    volume_deviations: u8,
    volume_weeks: u8,
    volume_min: u16,
    questions_a_day: u16,
    basis_minutes: u16,
    network_known_days: u16,
}

impl TryFrom<Choices> for AnomalyRules {
    type Error = InvalidAnomalyRules;
    fn try_from(of: Choices) -> Result<Self, InvalidAnomalyRules> {
        let (some, hour) = ("1 to 1000", "0 to 23");
        for (field, number) in [
            ("break_glass_count", of.break_glass_count),
            ("break_glass_days", of.break_glass_days),
            ("subjects_a_day", of.subjects_a_day),
            ("denials", of.denials),
            ("denial_minutes", of.denial_minutes),
            ("own_consent_minutes", of.own_consent_minutes),
            ("volume_deviations", of.volume_deviations.into()),
            ("volume_weeks", of.volume_weeks.into()),
            ("volume_min", of.volume_min),
            ("questions_a_day", of.questions_a_day),
            ("basis_minutes", of.basis_minutes),
            ("network_known_days", of.network_known_days),
        ] {
            if !(1..=1000).contains(&number) {
                return Err(InvalidAnomalyRules { field, range: some });
            }
        }
        for (field, number) in
            [("night_from_hour", of.night_from_hour), ("night_until_hour", of.night_until_hour)]
        {
            if number > 23 {
                return Err(InvalidAnomalyRules { field, range: hour });
            }
        }
        Ok(Self {
            break_glass_count: of.break_glass_count,
            break_glass_days: of.break_glass_days,
            subjects_a_day: of.subjects_a_day,
            night_from_hour: of.night_from_hour,
            night_until_hour: of.night_until_hour,
            denials: of.denials,
            denial_minutes: of.denial_minutes,
            own_consent_minutes: of.own_consent_minutes,
            volume_deviations: of.volume_deviations,
            volume_weeks: of.volume_weeks,
            volume_min: of.volume_min,
            questions_a_day: of.questions_a_day,
            basis_minutes: of.basis_minutes,
            network_known_days: of.network_known_days,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::shipped_pack;

    #[test]
    fn the_shipped_pack_holds_the_numbers_of_the_domain_model() {
        assert_eq!(shipped_pack().anomalies, AnomalyRules::default());
    }

    #[test]
    fn a_number_that_switches_a_rule_off_or_always_on_is_refused_by_its_name() {
        let good = serde_json::to_value(AnomalyRules::default()).unwrap();
        for field in good.as_object().unwrap().keys() {
            let of_hours = field.ends_with("_hour");
            let bad: i64 = if of_hours { 24 } else { 0 };
            let mut choices = good.clone();
            choices[field] = bad.into();
            let refused = serde_json::from_value::<AnomalyRules>(choices).unwrap_err();
            assert!(refused.to_string().starts_with(field.as_str()), "{refused}");
        }
        let mut unknown = good;
        unknown["threshold"] = 1.into();
        assert!(serde_json::from_value::<AnomalyRules>(unknown).is_err());
    }
}
