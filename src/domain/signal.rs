//! Signals: what in the ledger deserves a look by a privacy officer, with what speaks for it and what
//! against (DOMAIN §5.5, A1 to A14).
//!
//! The rules are pure: they get numbers and say whether there is a signal. The words are those of the
//! pages.

use serde::{Deserialize, Serialize};

use super::code::codes;

pub mod rules;
pub mod suppression;

#[cfg(test)]
mod tests;

codes! {
    /// What was seen. The numbers are those of DOMAIN §5.5.
    pub enum SignalRule {
        /// A1: many emergencies declared by one user.
        BreakGlassRate = 1, "BREAK_GLASS_RATE";
        /// A2: data went although the consent it rests on was withdrawn. Must never be.
        AfterWithdrawal = 2, "AFTER_WITHDRAWAL";
        /// A3: the recipient was not in the case team, and the basis asks for that.
        OutsideTeam = 3, "OUTSIDE_TEAM";
        /// A4: one user looked at many different people in a day.
        ManySubjects = 4, "MANY_SUBJECTS";
        /// A5: somebody without duty at night acted in the night.
        NightActivity = 5, "NIGHT_ACTIVITY";
        /// A6: many denials in little time.
        Denials = 6, "DENIALS";
        /// A7: data of a category that the consent does not name.
        OutsideConsent = 7, "OUTSIDE_CONSENT";
        /// A8: the organisation of the certificate is none of those that the entry names.
        CertificateMismatch = 8, "CERTIFICATE_MISMATCH";
        /// A9: an entry of the ledger is gone, or is not what was hashed.
        LedgerMismatch = 9, "LEDGER_MISMATCH";
        /// A10: somebody looked at data of a person of the own family name. An own case is found by that, too,
        /// and by nothing else.
        OwnFamily = 10, "OWN_FAMILY";
        /// A11: somebody used a consent just after recording it.
        OwnConsent = 11, "OWN_CONSENT";
        /// A12: the review of an emergency is late.
        ReviewOverdue = 12, "REVIEW_OVERDUE";
        /// A13: far more disclosures than on other days like it.
        Volume = 13, "VOLUME";
        /// A14: one officer asked often about one person.
        Questions = 14, "QUESTIONS";
        /// Data went on another basis just after a refusal.
        BasisShopping = 15, "BASIS_SHOPPING";
        /// A certificate was used from a network where it was not seen before.
        NewNetwork = 17, "NEW_NETWORK";
        /// No rule saw anything: a privacy officer raised it by hand. The number lies far from those of
        /// detectors, which may become more.
        RaisedByOfficer = 100, "RAISED_BY_OFFICER";
    }
}

impl SignalRule {
    /// Whether it may be silenced for a user or case for a time. Never emergencies, and never what must
    /// not be at all.
    pub const fn is_suppressible(self) -> bool {
        !matches!(self, Self::BreakGlassRate | Self::AfterWithdrawal | Self::LedgerMismatch)
            && self.is_detector()
    }

    /// Whether the gateway itself looks for it. What an officer raised has no score, and says nothing of
    /// what a detector is worth.
    pub const fn is_detector(self) -> bool {
        !matches!(self, Self::RaisedByOfficer)
    }
}

codes! {
    /// Where a signal stands.
    pub enum SignalState {
        /// Nobody has judged it.
        Open = 1, "OPEN";
        /// An officer explained it, with grounds.
        Explained = 2, "EXPLAINED";
        /// It was an incident, which has a clock of its own.
        Incident = 3, "INCIDENT";
        /// It was silenced, and others like it, for a time.
        Suppressed = 4, "SUPPRESSED";
    }
}

codes! {
    /// What a factor counts.
    pub enum FactorCode {
        /// Emergencies declared by the user.
        Emergencies = 1, "EMERGENCIES";
        /// Those of them that reviewers found justified.
        FoundJustified = 2, "FOUND_JUSTIFIED";
        /// Those of them that reviewers found not justified.
        FoundNotJustified = 3, "FOUND_NOT_JUSTIFIED";
        /// Different people looked at.
        Subjects = 4, "SUBJECTS";
        /// Acts in the night.
        NightActs = 5, "NIGHT_ACTS";
        /// Denials.
        Denials = 6, "DENIALS";
        /// Different users behind them.
        Users = 7, "USERS";
        /// Minutes between two acts.
        Minutes = 8, "MINUTES";
        /// Both acts were of the same user.
        SameUser = 9, "SAME_USER";
        /// An emergency was declared.
        EmergencyDeclared = 10, "EMERGENCY_DECLARED";
        /// Days late.
        DaysLate = 11, "DAYS_LATE";
        /// Disclosures of the organisation.
        Disclosures = 12, "DISCLOSURES";
        /// Questions about the same person.
        Questions = 13, "QUESTIONS";
        /// Something that must never be, and how often.
        Forbidden = 14, "FORBIDDEN";
        /// The recipient was in the team at another time.
        OnceInTeam = 15, "ONCE_IN_TEAM";
        /// Days since the certificate was first seen.
        DaysKnown = 17, "DAYS_KNOWN";
        /// Networks that the certificate came from before.
        NetworksKnown = 18, "NETWORKS_KNOWN";
        /// Other certificates of the organisation that were seen on the network before.
        KnownThere = 19, "KNOWN_THERE";
        /// The user has the family name of the person, or half of it.
        SameFamilyName = 20, "SAME_FAMILY_NAME";
    }
}

codes! {
    /// What a number is compared with.
    pub enum Norm {
        /// The number of the policy pack from which on there is a signal.
        Limit = 1, "LIMIT";
        /// Median of the user's own days of 90 days.
        OwnMedian = 2, "OWN_MEDIAN";
        /// Median of the days of colleagues in the organisation, of 90 days.
        ColleaguesMedian = 3, "COLLEAGUES_MEDIAN";
        /// Mean of the same weekday over the weeks of the policy pack.
        WeekdayMean = 4, "WEEKDAY_MEAN";
        /// All of them.
        Total = 5, "TOTAL";
    }
}

/// Days over which a median is taken.
pub const USUAL_DAYS: u16 = 90;

/// The most ledger entries that one signal keeps. What comes later is counted in its numbers.
pub const ENTRIES_MAX: u32 = 500;

/// Something that speaks for a signal, or against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// What was counted.
    pub code: FactorCode,
    /// How many were seen.
    pub seen: u64,
    /// What that is compared with.
    pub norm: Option<Norm>,
    /// Its number; 0 where nothing is compared.
    pub usual: u64,
    /// Points of the score that it gives; negative where it speaks against.
    pub weight: i16,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// 0 to 100: the points of all factors together.
    pub score: u8,
    /// What speaks for it and what against, in the order of the rule.
    pub factors: Vec<Factor>,
}

impl Finding {
    /// The factors and the points that they give together.
    fn of(factors: Vec<Factor>) -> Self {
        let points: i32 = factors.iter().map(|factor| i32::from(factor.weight)).sum();
        Self { score: u8::try_from(points.clamp(0, 100)).unwrap_or(100), factors }
    }
}
