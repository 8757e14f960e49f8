//! The rules. Each gets what was counted and says whether that is a signal, and how heavy.
//!
//! Weights are points of 100. Reaching a limit gives 40, twice the limit 60; being unlike oneself or one's
//! colleagues adds 20, being like them takes 20 off.

use std::time::Duration;

use super::{Factor, FactorCode, Finding, Norm};
use crate::domain::anomaly::AnomalyRules;
use crate::domain::calendar::days_before;
use crate::domain::organisation::UserRole;
use crate::domain::time::{Date, Timestamp};

/// Points for reaching a limit, and how many more for reaching it twice.
const AT_LIMIT: u64 = 40;
const TWICE_LIMIT: u64 = 20;
/// Points for or against.
const CIRCUMSTANCE: i16 = 20;

/// What is usual, as far as there were days to tell it from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usual {
    /// Median of the user's own days.
    pub own: Option<u64>,
    /// Median of the days of colleagues.
    pub colleagues: Option<u64>,
}

/// Emergencies of one user in the days of the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Emergencies {
    /// Declared.
    pub declared: u64,
    /// Of which reviewers found so many justified,
    pub justified: u64,
    /// and so many not.
    pub not_justified: u64,
}

/// A1.
pub fn break_glass_rate(rules: &AnomalyRules, of: Emergencies) -> Option<Finding> {
    let mut factors = vec![limit(FactorCode::Emergencies, of.declared, rules.break_glass_count)?];
    if of.not_justified > 0 {
        let share = part(FactorCode::FoundNotJustified, of.not_justified, of.declared, 2);
        factors.push(share);
    }
    if of.justified > 0 {
        factors.push(part(FactorCode::FoundJustified, of.justified, of.declared, -1));
    }
    Some(Finding::of(factors))
}

/// A4.
pub fn many_subjects(rules: &AnomalyRules, seen: u64, usual: Usual) -> Option<Finding> {
    let least = rules.subjects_a_day.saturating_add(1);
    let mut factors = vec![limit(FactorCode::Subjects, seen, least)?];
    factors.extend(compared(FactorCode::Subjects, seen, usual));
    Some(Finding::of(factors))
}

/// One user's acts in one night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Night {
    /// When the last of them was.
    pub at: Timestamp,
    /// As what.
    pub role: UserRole,
    /// How many.
    pub acts: u64,
    /// Whether one of them was in a declared emergency.
    pub emergency: bool,
    /// How many acts a night are usual.
    pub usual: Usual,
}

/// A5.
pub fn night_activity(rules: &AnomalyRules, of: &Night) -> Option<Finding> {
    if has_night_duty(of.role) || night_of(rules, of.at).is_none() {
        return None;
    }
    let mut factors = vec![limit(FactorCode::NightActs, of.acts, 1)?];
    factors.extend(compared(FactorCode::NightActs, of.acts, of.usual));
    if of.emergency {
        let weight = -CIRCUMSTANCE;
        factors.push(plain(FactorCode::EmergencyDeclared, 1, weight));
    }
    Some(Finding::of(factors))
}

/// Roles that work at night: those on call, the police, and programs, which do not sleep.
pub const fn has_night_duty(role: UserRole) -> bool {
    matches!(role, UserRole::CrisisWorker | UserRole::PoliceOfficer | UserRole::System)
}

/// The evening of the night that a moment is in; none by day.
pub fn night_of(rules: &AnomalyRules, at: Timestamp) -> Option<Date> {
    let zoned = at.zoned();
    let hour = u8::try_from(zoned.hour()).unwrap_or(0);
    let (from, until) = (rules.night_from_hour, rules.night_until_hour);
    if from <= until {
        return (from <= hour && hour < until).then(|| at.date());
    }
    if hour >= from {
        return Some(at.date());
    }
    (hour < until).then(|| days_before(at.date(), 1))
}

/// A6: denials within the minutes of the pack, of so many different users.
pub fn denials(rules: &AnomalyRules, seen: u64, users: u64) -> Option<Finding> {
    let mut factors = vec![limit(FactorCode::Denials, seen, rules.denials)?];
    if users > 1 {
        factors.push(plain(FactorCode::Users, users, CIRCUMSTANCE));
    }
    Some(Finding::of(factors))
}

/// A10. How common the name is weighs nothing: nobody here keeps names, so nobody knows.
pub fn own_family(emergency: bool) -> Finding {
    let mut factors = vec![plain(FactorCode::SameFamilyName, 1, 60)];
    if emergency {
        factors.push(plain(FactorCode::EmergencyDeclared, 1, -CIRCUMSTANCE));
    }
    Finding::of(factors)
}

/// A11: so long after recording a consent its recorder used it.
pub fn own_consent(rules: &AnomalyRules, after: Duration) -> Option<Finding> {
    let minutes = soon(after, rules.own_consent_minutes)?;
    Some(Finding::of(vec![minutes, plain(FactorCode::SameUser, 1, CIRCUMSTANCE)]))
}

/// A12: so long after the review was due.
pub fn review_overdue(late: Duration) -> Finding {
    let days = late.as_secs() / 86_400;
    let weight = 50 + i16::try_from(days.saturating_mul(5).min(50)).unwrap_or(50);
    Finding::of(vec![plain(FactorCode::DaysLate, days, weight)])
}

/// A13: a day's disclosures of an organisation, and those of the same weekday before, one number for each
/// week. Silent while there are fewer weeks than the pack wants.
pub fn volume(rules: &AnomalyRules, seen: u64, weeks: &[u64]) -> Option<Finding> {
    let wanted = u64::from(rules.volume_weeks);
    let count = u64::try_from(weeks.len()).unwrap_or(u64::MAX);
    if count < wanted || seen < u64::from(rules.volume_min) {
        return None;
    }
    let sum: u64 = weeks.iter().sum();
    // (seen - mean)² > (deviations · σ)², times count²: whole numbers all the way.
    let above = (seen.saturating_mul(count)).checked_sub(sum).filter(|above| *above > 0)?;
    let squares: u128 = weeks.iter().map(|week| u128::from(*week).pow(2)).sum();
    let variance = u128::from(count) * squares - u128::from(sum).pow(2);
    let deviations = u128::from(rules.volume_deviations);
    if u128::from(above).pow(2) <= deviations.pow(2) * variance {
        return None;
    }
    let mean = sum / count.max(1);
    let weight = if seen >= mean.saturating_mul(2) { 60 } else { 40 };
    let code = FactorCode::Disclosures;
    let norm = Some(Norm::WeekdayMean);
    Some(Finding::of(vec![Factor { code, seen, norm, usual: mean, weight }]))
}

/// A14.
pub fn questions(rules: &AnomalyRules, seen: u64) -> Option<Finding> {
    let least = rules.questions_a_day.saturating_add(1);
    Some(Finding::of(vec![limit(FactorCode::Questions, seen, least)?]))
}

/// Data went on another basis so long after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherBasis {
    /// Since the refusal.
    pub after: Duration,
    /// Whether the same user was refused.
    pub same_user: bool,
    /// Whether an emergency was declared for it.
    pub emergency: bool,
}

/// Basis shopping (CONSOLE P5).
pub fn basis_shopping(rules: &AnomalyRules, of: OtherBasis) -> Option<Finding> {
    let mut factors = vec![soon(of.after, rules.basis_minutes)?];
    if of.same_user {
        factors.push(plain(FactorCode::SameUser, 1, CIRCUMSTANCE));
    }
    if of.emergency {
        factors.push(plain(FactorCode::EmergencyDeclared, 1, -CIRCUMSTANCE));
    }
    Some(Finding::of(factors))
}

/// A certificate on a network that is new to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Days since the certificate was first seen.
    pub known_days: u64,
    /// Networks that it came from before.
    pub networks: u64,
    /// Other certificates of the organisation that were seen on this network before.
    pub others_there: u64,
}

/// Certificate used from a new network (CONSOLE P5). Silent while the certificate itself is new: where it
/// belongs is not known then.
pub fn new_network(rules: &AnomalyRules, of: Arrival) -> Option<Finding> {
    let days = limit(FactorCode::DaysKnown, of.known_days, rules.network_known_days)?;
    // One that never moved speaks for a signal, one that moves about against.
    let moves = match of.networks {
        0 | 1 => CIRCUMSTANCE,
        2 => 0,
        _ => -CIRCUMSTANCE,
    };
    let mut factors = vec![days, plain(FactorCode::NetworksKnown, of.networks, moves)];
    if of.others_there > 0 {
        factors.push(plain(FactorCode::KnownThere, of.others_there, -CIRCUMSTANCE));
    }
    Some(Finding::of(factors))
}

/// A3: whether the recipient was in the team at another time speaks against a leak.
pub fn outside_team(was_member: bool) -> Finding {
    let mut factors = vec![plain(FactorCode::Forbidden, 1, 80)];
    if was_member {
        factors.push(plain(FactorCode::OnceInTeam, 1, -CIRCUMSTANCE));
    }
    Finding::of(factors)
}

/// A2, A7, A8 and A9: what must never be has no threshold.
pub fn forbidden(times: u64) -> Finding {
    Finding::of(vec![plain(FactorCode::Forbidden, times, 100)])
}

/// The middle of some numbers; the lower one of two.
pub fn median(mut numbers: Vec<u64>) -> Option<u64> {
    numbers.sort_unstable();
    let middle = numbers.len().checked_sub(1)? / 2;
    numbers.get(middle).copied()
}

const fn plain(code: FactorCode, seen: u64, weight: i16) -> Factor {
    Factor { code, seen, norm: None, usual: 0, weight }
}

/// A number that reached its limit.
fn limit(code: FactorCode, seen: u64, least: u16) -> Option<Factor> {
    let usual = u64::from(least);
    let above = seen.checked_sub(usual)?.min(usual);
    let weight = AT_LIMIT + TWICE_LIMIT * above / usual.max(1);
    let weight = i16::try_from(weight).unwrap_or(0);
    Some(Factor { code, seen, norm: Some(Norm::Limit), usual, weight })
}

/// The sooner, the heavier: 60 at once, 40 at the limit.
fn soon(after: Duration, within_minutes: u16) -> Option<Factor> {
    let most = Duration::from_secs(u64::from(within_minutes) * 60);
    let left = most.checked_sub(after)?.as_secs();
    let weight = AT_LIMIT + TWICE_LIMIT * left / most.as_secs().max(1);
    Some(Factor {
        code: FactorCode::Minutes,
        seen: after.as_secs() / 60,
        norm: Some(Norm::Limit),
        usual: u64::from(within_minutes),
        weight: i16::try_from(weight).unwrap_or(0),
    })
}

/// So many of all.
fn part(code: FactorCode, seen: u64, of: u64, times: i16) -> Factor {
    let points = u64::from(CIRCUMSTANCE.unsigned_abs()) * seen.min(of) / of.max(1);
    let weight = i16::try_from(points).unwrap_or(0) * times;
    Factor { code, seen, norm: Some(Norm::Total), usual: of, weight }
}

/// More than twice what is usual speaks for a signal, at most a quarter more than usual against.
fn compared(code: FactorCode, seen: u64, usual: Usual) -> impl Iterator<Item = Factor> {
    let norms = [(Norm::OwnMedian, usual.own), (Norm::ColleaguesMedian, usual.colleagues)];
    norms.into_iter().filter_map(move |(norm, usual)| {
        let usual = usual?;
        let weight = if seen > usual.saturating_mul(2) {
            CIRCUMSTANCE
        } else if seen.saturating_mul(4) <= usual.saturating_mul(5) {
            -CIRCUMSTANCE
        } else {
            0
        };
        Some(Factor { code, seen, norm: Some(norm), usual, weight })
    })
}
