//! What a region may decide about consent. The defaults are the cautious choices of DOMAIN §3.1.

use serde::{Deserialize, Serialize};

/// Whose signature is needed for a child under 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GuardianRule {
    /// Every representative with authority.
    #[default]
    AllWithAuthority,
    /// One of them.
    Any,
}

/// The region's choices. Part of the policy pack, so a change is a new version of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Choices")]
pub struct ConsentRules {
    /// Whether a representative signs as well for somebody of 12 to 15. The law asks this for help;
    /// for giving information it asks the child alone. Practice often asks both.
    pub dual_consent_12_15: bool,
    /// Whose signature is needed for a child under 12.
    pub guardian_rule: GuardianRule,
    /// How long a consent lasts when nobody says.
    pub valid_months_default: u8,
    /// How long a consent can last at most.
    pub valid_months_max: u8,
}

impl Default for ConsentRules {
    fn default() -> Self {
        Self {
            dual_consent_12_15: true,
            guardian_rule: GuardianRule::AllWithAuthority,
            valid_months_default: 6,
            valid_months_max: MONTHS_MAX,
        }
    }
}

/// No region lets a consent last longer than a year (DOMAIN §3.2).
const MONTHS_MAX: u8 = 12;

/// Choices that do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a consent must last 1 to {MONTHS_MAX} months, and by default no longer than at most")]
pub struct InvalidConsentRules;

/// [`ConsentRules`] as they are read, before they are checked.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Choices {
    dual_consent_12_15: bool,
    guardian_rule: GuardianRule,
    valid_months_default: u8,
    valid_months_max: u8,
}

impl Default for Choices {
    fn default() -> Self {
        let ConsentRules {
            dual_consent_12_15,
            guardian_rule,
            valid_months_default,
            valid_months_max,
        } = ConsentRules::default();
        Self { dual_consent_12_15, guardian_rule, valid_months_default, valid_months_max }
    }
}

impl TryFrom<Choices> for ConsentRules {
    type Error = InvalidConsentRules;
    fn try_from(choices: Choices) -> Result<Self, InvalidConsentRules> {
        let Choices { dual_consent_12_15, guardian_rule, valid_months_default, valid_months_max } =
            choices;
        let fits = (1..=MONTHS_MAX).contains(&valid_months_max)
            && (1..=valid_months_max).contains(&valid_months_default);
        if fits {
            Ok(Self { dual_consent_12_15, guardian_rule, valid_months_default, valid_months_max })
        } else {
            Err(InvalidConsentRules)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_chosen_is_the_cautious_choice() {
        let rules: ConsentRules = serde_json::from_str("{}").unwrap();
        assert_eq!(rules, ConsentRules::default());
        let rules: ConsentRules = serde_json::from_str(r#"{"guardian_rule":"ANY"}"#).unwrap();
        assert_eq!(rules.guardian_rule, GuardianRule::Any);
    }

    #[test]
    fn choices_that_do_not_fit_or_do_not_exist_are_refused() {
        for bad in [
            r#"{"valid_months_max":13}"#,
            r#"{"valid_months_max":0}"#,
            r#"{"valid_months_max":3}"#,
            r#"{"valid_months_default":0}"#,
            r#"{"dual_consent":true}"#,
            r#"{"guardian_rule":"NONE"}"#,
        ] {
            assert!(serde_json::from_str::<ConsentRules>(bad).is_err(), "{bad}");
        }
    }
}
