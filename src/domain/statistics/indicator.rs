//! The indicators of the region (DOMAIN §7) and the columns that each has.
//!
//! What the chain learns from (`LearningReport`, DOMAIN §1.2) is three of them: overridden consents, reviews
//! that found an emergency not justified, terms missed by kind. A report of its own about the same acts
//! would be a second table to subtract from the first, with a history of its own to hold it against; so it is
//! part of the one report, hidden, frozen and logged with it.

use crate::domain::basis::Basis;
use crate::domain::case::SafetyPhase;
use crate::domain::code::codes;
use crate::domain::deadline::DeadlineKind;
use crate::domain::referral::{TriageOutcome, Urgency, ViolenceKind};

codes! {
    /// What is told to the region, by municipality and by quarter or year.
    pub enum Indicator {
        /// Referrals acknowledged in the period, by municipality of residence.
        ReferralsTotal = 1, "REFERRALS_TOTAL";
        /// The same, by urgency after the rule for repeats.
        ReferralsByUrgency = 2, "REFERRALS_BY_URGENCY";
        /// The same, by kind of violence. A referral may have several.
        ReferralsByViolenceKind = 3, "REFERRALS_BY_VIOLENCE_KIND";
        /// Referrals with somebody under 18 in the household.
        WithChildren = 4, "WITH_CHILDREN";
        /// Referrals about people who were reported before, out of all.
        RepeatRate = 5, "REPEAT_RATE";
        /// Triaged within five working days, out of those triaged in the period. A supplement to an open
        /// case has no such term and does not count.
        TriageInTime = 6, "TRIAGE_IN_TIME";
        /// Acknowledged within the clock of the urgency, out of those acknowledged.
        AckInTime = 7, "ACK_IN_TIME";
        /// Working days from the receipt of a referral to the first contact with the family, of the first
        /// contacts in the period.
        TimeToFirstContact = 8, "TIME_TO_FIRST_CONTACT";
        /// Referrals triaged in the period, by outcome.
        TriageOutcomes = 9, "TRIAGE_OUTCOMES";
        /// Cases opened in the period, by the highest phase they came to before its end.
        PhaseReached = 10, "PHASE_REACHED";
        /// Days in each phase, of the times in a phase that ended in the period: with another phase, or with
        /// the case.
        PhaseDuration = 11, "PHASE_DURATION";
        /// Cases opened in the period and released before its end, whatever came after, out of those opened
        /// in it.
        ReleaseRate = 12, "RELEASE_RATE";
        /// Cases released with the violence stopped, out of those released in the period; the last release
        /// of a case counts.
        ReleasedSafely = 13, "RELEASED_SAFELY";
        /// Cases reopened within twelve months (365 days) of their release, out of those released in the same
        /// period of the year before: of all of them the twelve months are over.
        ReopenedWithin12m = 14, "REOPENED_WITHIN_12M";
        /// Points from the first to the last rating of safety by professionals, of the cases released in the
        /// period; less than 0 when it became less safe.
        SafetyScaleChange = 15, "SAFETY_SCALE_CHANGE";
        /// People with a consent in force at the end of the period, out of those asked in it.
        ConsentRate = 16, "CONSENT_RATE";
        /// People of whom a consent was withdrawn in the period.
        Withdrawals = 17, "WITHDRAWALS";
        /// Records of data that went to another organisation, by ground in law.
        DisclosuresByBasis = 18, "DISCLOSURES_BY_BASIS";
        /// Emergency disclosures declared in the period.
        BreakGlassTotal = 19, "BREAK_GLASS_TOTAL";
        /// Reviews closed in the period, by whether the emergency disclosure was not justified.
        BreakGlassNotJustified = 20, "BREAK_GLASS_NOT_JUSTIFIED";
        /// Reviews decided in time, out of those that were due in the period.
        ReviewsInTime = 21, "REVIEWS_IN_TIME";
        /// Children spoken with apart or observed before the end of the period, out of the children in cases
        /// opened in it.
        ChildrenSpoken = 22, "CHILDREN_SPOKEN";
        /// Requests of data subjects received in the period.
        DsarTotal = 23, "DSAR_TOTAL";
        /// Requests of data subjects answered in time, or refused in time with the reason told, out of those
        /// that were due in the period and not taken back.
        DsarInTime = 24, "DSAR_IN_TIME";
        /// Police told of the outcome within the term, out of the feedback that was due in the period.
        FeedbackInTime = 25, "FEEDBACK_IN_TIME";
        /// Emergency disclosures declared in the period of somebody who had refused or withdrawn consent for the
        /// recipient, on a ground in law that overrides that.
        OverriddenConsents = 26, "OVERRIDDEN_CONSENTS";
        /// Terms that were due in the period and missed, by what was not done. That of a breach that is about
        /// no case is of no municipality, and not among them.
        LateDeadlines = 27, "LATE_DEADLINES";
    }
}

codes! {
    /// What the figures of a table are.
    pub enum Unit {
        /// People, cases or referrals.
        Count = 1, "COUNT";
        /// Whole percent.
        Percent = 2, "PERCENT";
        /// Whole days; working days for [`Indicator::TimeToFirstContact`].
        Days = 3, "DAYS";
        /// Points of the scale of safety, 0 to 10.
        Points = 4, "POINTS";
    }
}

/// Column of a table of counts that holds the whole of a row.
pub(super) const TOTAL: &str = "TOTAL";

impl Indicator {
    /// What its figures are: one table for each.
    pub const fn units(self) -> &'static [Unit] {
        match self {
            Self::WithChildren => &[Unit::Count, Unit::Percent],
            Self::ReferralsTotal
            | Self::ReferralsByUrgency
            | Self::ReferralsByViolenceKind
            | Self::TriageOutcomes
            | Self::PhaseReached
            | Self::Withdrawals
            | Self::DisclosuresByBasis
            | Self::BreakGlassTotal
            | Self::BreakGlassNotJustified
            | Self::DsarTotal
            | Self::OverriddenConsents
            | Self::LateDeadlines => &[Unit::Count],
            Self::RepeatRate
            | Self::TriageInTime
            | Self::AckInTime
            | Self::ReleaseRate
            | Self::ReleasedSafely
            | Self::ReopenedWithin12m
            | Self::ConsentRate
            | Self::ReviewsInTime
            | Self::ChildrenSpoken
            | Self::DsarInTime
            | Self::FeedbackInTime => &[Unit::Percent],
            Self::TimeToFirstContact | Self::PhaseDuration => &[Unit::Days],
            Self::SafetyScaleChange => &[Unit::Points],
        }
    }

    /// The columns of its table of counts besides the total; none when it is not split.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most are not split")]
    pub fn split(self) -> Vec<&'static str> {
        match self {
            Self::ReferralsByUrgency => words(Urgency::ALL, Urgency::as_str),
            Self::ReferralsByViolenceKind => words(ViolenceKind::ALL, ViolenceKind::as_str),
            Self::TriageOutcomes => words(TriageOutcome::ALL, TriageOutcome::as_str),
            Self::DisclosuresByBasis => words(Basis::ALL, Basis::as_str),
            Self::WithChildren | Self::BreakGlassNotJustified => vec!["YES", "NO"],
            Self::LateDeadlines => words(DeadlineKind::ALL, DeadlineKind::as_str),
            Self::PhaseReached => words(SafetyPhase::ALL, SafetyPhase::as_str),
            _ => Vec::new(),
        }
    }

    /// The columns of its table in this unit.
    pub fn columns(self, unit: Unit) -> Vec<&'static str> {
        match (unit, self) {
            (Unit::Count, _) => self.split().into_iter().chain([TOTAL]).collect(),
            (Unit::Percent, _) => vec!["PERCENT"],
            (Unit::Days | Unit::Points, Self::TimeToFirstContact) => vec!["MEDIAN", "P90"],
            (Unit::Days | Unit::Points, Self::PhaseDuration) => {
                vec!["MEDIAN_PHASE_1", "MEDIAN_PHASE_2", "MEDIAN_PHASE_3"]
            }
            (Unit::Days | Unit::Points, _) => vec!["MEDIAN"],
        }
    }

    /// How many spreads of values it is taken of: one for each median.
    pub fn spreads(self) -> usize {
        let columns = self.units().iter().flat_map(|unit| self.columns(*unit));
        columns.filter(|column| column.starts_with("MEDIAN")).count()
    }

    /// The table of counts that its percentage is taken from: where a count there is not shown, the
    /// percentage would tell it.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the others rest on counts that are not shown"
    )]
    pub(super) const fn rests_on(self) -> Option<(Self, &'static str)> {
        match self {
            Self::WithChildren => Some((Self::WithChildren, "YES")),
            Self::RepeatRate | Self::AckInTime => Some((Self::ReferralsTotal, TOTAL)),
            Self::TriageInTime => Some((Self::TriageOutcomes, TOTAL)),
            Self::ReleaseRate => Some((Self::PhaseReached, TOTAL)),
            Self::DsarInTime => Some((Self::DsarTotal, TOTAL)),
            Self::ReviewsInTime => Some((Self::BreakGlassTotal, TOTAL)),
            _ => None,
        }
    }
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().copied().map(word).collect()
}

codes! {
    /// For whom a report is made.
    pub enum View {
        /// For the work of the Steunpunt: every figure as it is. Never leaves it.
        Work = 1, "WORK";
        /// To be published: what could tell of a family is left out.
        Publication = 2, "PUBLICATION";
    }
}

codes! {
    /// Why another version of a published report was made.
    pub enum RevisionReason {
        /// Figures were wrong.
        DataCorrected = 1, "DATA_CORRECTED";
        /// Figures came in later.
        LateData = 2, "LATE_DATA";
        /// Another policy pack is in force, or an indicator was added.
        RulesChanged = 3, "RULES_CHANGED";
    }
}
