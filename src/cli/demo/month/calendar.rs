//! The calendar of the month: when which household is referred, and how it goes on from there.

use jiff::civil::Weekday;

use super::chance::Chance;
use super::days::{self, DAYS, after, at, minutes_after, working};
use super::deed::{Act, Deed};
use super::household::Household;
use super::{care, oversight};
use crate::domain::calendar::add_working_days;
use crate::domain::time::{Date, Timestamp};
use crate::grpc::pb::{TriageOutcome, Urgency};

/// So the month is the same at every run.
const SEED: u64 = 0x6b65_7465_6e70_6f6f;

/// A month.
#[derive(Debug)]
pub(super) struct Month {
    pub(super) households: Vec<Household>,
    /// In the order of their moments.
    pub(super) acts: Vec<Act>,
}

/// A household's case: which household, and when it was opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opened {
    pub(super) household: usize,
    pub(super) at: Timestamp,
}

impl Month {
    /// The thirty days that end at `present`.
    pub(super) fn before(present: Timestamp) -> Self {
        let mut chance = Chance::new(SEED);
        let mut month = Self { households: Vec::new(), acts: Vec::new() };
        let mut opened = Vec::new();
        for day in (1..=DAYS).rev() {
            let date = days::before(present, day);
            for _ in 0..referrals_on(date, &mut chance) {
                opened.extend(month.refer(date, &mut chance));
            }
        }
        for case in &opened {
            if let Some(household) = month.households.get(case.household) {
                care::plan(*case, household, present, &mut chance, &mut month.acts);
            }
        }
        oversight::plan(&month.households, &opened, present, &mut month.acts);
        month.acts.retain(|act| act.at < present);
        month.acts.sort_by_key(|act| act.at);
        month
    }

    /// A referral on a day, until the police know how it went on. Its case, where one is opened.
    fn refer(&mut self, date: Date, chance: &mut Chance) -> Option<Opened> {
        let number = self.households.len();
        let (hour, urgency) = (hour(date, chance), urgency(chance));
        let incident_at = at(date, hour, chance.between(0, 60));
        let household = Household::make(number, incident_at, urgency, chance);
        self.households.push(household);
        let mut add = |at, deed| self.acts.push(Act { at, household: number, deed });
        let referred = minutes_after(incident_at, chance.between(25, 95));
        add(referred, Deed::Refer);
        let taken = minutes_after(referred, minutes_until_taken(number, urgency, chance));
        add(taken, Deed::TakeIn);
        if matches!(urgency, Urgency::Acute | Urgency::Urgent) {
            add(minutes_after(taken, chance.between(10, 50)), Deed::FirstContact);
        }
        // One in eleven takes longer than the five working days that there are.
        let wait = if number % 11 == 7 { 6 } else { chance.between(1, 4) };
        let wait = u16::try_from(wait).unwrap_or(1);
        let day = add_working_days(taken.date(), wait);
        let decided = at(day, chance.between(9, 16), chance.between(0, 60));
        let outcome = outcome(number, chance);
        add(decided, Deed::Triage(outcome));
        let heard = at(working(after(day, 1)), chance.between(9, 17), chance.between(0, 60));
        add(heard, Deed::Feedback);
        // Everybody is told within days, except in households that nobody reaches.
        if number % 7 != 3 {
            add(minutes_after(heard, 60), Deed::Inform);
        }
        let at = minutes_after(decided, 12);
        (outcome == TriageOutcome::VvtTeam).then(|| {
            add(at, Deed::OpenCase);
            Opened { household: number, at }
        })
    }
}

/// How many referrals a day has: nights out and weekends have more.
fn referrals_on(date: Date, chance: &mut Chance) -> u64 {
    match days::weekday(date) {
        Weekday::Saturday | Weekday::Sunday => chance.between(1, 4),
        Weekday::Friday => chance.between(1, 3),
        Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday => {
            chance.between(0, 2)
        }
    }
}

/// When it happens: mostly in the evening; in weekends also deep in the night.
fn hour(date: Date, chance: &mut Chance) -> u64 {
    let weekend = matches!(days::weekday(date), Weekday::Saturday | Weekday::Sunday);
    match chance.between(0, 100) {
        0..45 => chance.between(17, 23),
        45..70 if weekend => chance.between(0, 4),
        45..60 => chance.between(0, 3),
        _ => chance.between(8, 18),
    }
}

fn urgency(chance: &mut Chance) -> Urgency {
    match chance.between(0, 100) {
        0..9 => Urgency::Acute,
        9..42 => Urgency::Urgent,
        42..90 => Urgency::Standard,
        _ => Urgency::Information,
    }
}

/// One household is taken in too late.
fn minutes_until_taken(number: usize, urgency: Urgency, chance: &mut Chance) -> u64 {
    if number == 8 {
        return 2_900;
    }
    match urgency {
        Urgency::Acute => chance.between(6, 40),
        Urgency::Urgent => chance.between(20, 180),
        Urgency::Standard | Urgency::Information | Urgency::Unspecified => chance.between(40, 400),
    }
}

/// What the Steunpunt decides. The first households get a team, so that the month has cases early.
fn outcome(number: usize, chance: &mut Chance) -> TriageOutcome {
    if number < 4 {
        return TriageOutcome::VvtTeam;
    }
    match chance.between(0, 100) {
        0..48 => TriageOutcome::VvtTeam,
        48..66 => TriageOutcome::LocalTeam,
        66..80 => TriageOutcome::RunningCare,
        80..92 => TriageOutcome::NoFurtherAction,
        _ => TriageOutcome::Investigate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn present() -> Timestamp {
        "2026-11-22T17:00:00+01:00".parse().unwrap()
    }

    #[test]
    fn a_month_is_the_same_at_every_run_and_ends_before_its_present() {
        let (one, other) = (Month::before(present()), Month::before(present()));
        assert_eq!(format!("{:?}", one.acts), format!("{:?}", other.acts));
        assert!((25..=45).contains(&one.households.len()), "{}", one.households.len());
        assert!(one.acts.is_sorted_by_key(|act| act.at));
        let first = one.acts.first().unwrap().at;
        assert!(first >= days::before(present(), DAYS).start());
        assert!(one.acts.last().unwrap().at < present());
    }

    #[test]
    fn a_month_has_something_of_everything_whatever_the_day() {
        for day in 0..7 {
            let month = Month::before(at(after(present().date(), day), 9, 0));
            let count = |wanted: fn(&Deed) -> bool| {
                month.acts.iter().filter(|act| wanted(&act.deed)).count()
            };
            assert!(count(|deed| matches!(deed, Deed::OpenCase)) >= 8);
            assert!(count(|deed| matches!(deed, Deed::Ask(_))) >= 90);
            assert!(count(|deed| matches!(deed, Deed::Withdraw { .. })) >= 2);
            assert!(count(|deed| matches!(deed, Deed::Review { .. })) >= 5);
            assert_eq!(count(|deed| matches!(deed, Deed::OpenRequest { .. })), 3);
            assert_eq!(count(|deed| matches!(deed, Deed::OpenRequest { person: "daughter" })), 1);
            assert_eq!(count(|deed| matches!(deed, Deed::Breach)), 1);
            assert_eq!(count(|deed| matches!(deed, Deed::Theft)), 1);
            assert_eq!(count(|deed| matches!(deed, Deed::Inquire)), 2);
            assert_eq!(count(|deed| matches!(deed, Deed::Explain)), 1);
        }
    }
}
