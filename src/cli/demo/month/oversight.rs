//! What privacy officers have to do with: emergencies and their reviews, requests of data subjects, a
//! lost certificate, and their own looks.

use std::time::Duration;

use super::calendar::Opened;
use super::days::{self, after, at, minutes_after, working};
use super::deed::{Act, Deed, Emergency, Gift, Officer};
use super::household::{DAUGHTER, DAUGHTERS, Household};
use crate::domain::calendar::add_working_days;
use crate::domain::time::Timestamp;
use crate::grpc::pb::ReviewVerdict::{self, Justified, JustifiedWithRemark, NotJustified};

/// How long after its opening a case has its summaries, whatever weekends and holidays lie between.
const UNTIL_SUMMARIES: Duration = Duration::from_hours(7 * 24);

/// Everything of the officers in the month that ends at `present`.
pub(super) fn plan(
    households: &[Household],
    opened: &[Opened],
    present: Timestamp,
    acts: &mut Vec<Act>,
) {
    let cases = Cases { households, opened };
    emergencies(&cases, present, acts);
    requests(&cases, present, acts);
    let breach = at(working(days::before(present, 9)), 10, 15);
    acts.push(Act { at: breach, household: 0, deed: Deed::Breach });
    let theft = at(days::before(present, 1), 16, 20);
    acts.push(Act { at: theft, household: 0, deed: Deed::Theft });
    warnings(&cases, present, acts);
    looks(present, acts);
    checks(present, acts);
}

struct Cases<'a> {
    households: &'a [Household],
    opened: &'a [Opened],
}

impl Cases<'_> {
    /// A case that has its summaries by then, preferably number `nth`, with somebody of this key.
    /// Every third household or so has mental health care in its team.
    fn by(&self, moment: Timestamp, nth: usize, ggz: bool) -> Option<usize> {
        let ready: Vec<usize> = self
            .opened
            .iter()
            .filter(|case| case.at.plus(UNTIL_SUMMARIES) < moment)
            .map(|case| case.household)
            .filter(|number| !ggz || [0, 2].contains(&(number % 5)))
            .filter(|number| self.households.get(*number).is_some_and(|one| one.has("father")))
            .collect();
        ready.get(nth % ready.len().max(1)).copied()
    }
}

fn emergencies(cases: &Cases<'_>, present: Timestamp, acts: &mut Vec<Act>) {
    let nights = [
        (Emergency::Agreed, at(days::before(present, 17), 21, 52), 0),
        (Emergency::Disputed, at(days::before(present, 12), 20, 17), 1),
        (Emergency::Unconscious, at(days::before(present, 11), 3, 26), 0),
        (Emergency::SundayNight, at(days::last_sunday(present), 23, 41), 1),
        (Emergency::LastNight, at(days::before(present, 1), 22, 8), 2),
    ];
    for (emergency, night, nth) in nights {
        let by_ggz = matches!(emergency, Emergency::Unconscious | Emergency::SundayNight);
        let Some(household) = cases.by(night, nth, by_ggz) else { continue };
        let deed = Deed::Give(Gift::Emergency(emergency));
        acts.push(Act { at: night, household, deed });
        for &(days, hour, by, verdict) in verdicts(emergency) {
            let day = add_working_days(night.date(), days);
            let deed = Deed::Review { of: emergency, by, verdict };
            acts.push(Act { at: at(day, hour, 20), household, deed });
        }
    }
}

/// Who judges what, how many working days later and at what hour.
const fn verdicts(of: Emergency) -> &'static [(u16, u64, Officer, ReviewVerdict)] {
    match of {
        Emergency::Agreed => {
            &[(1, 9, Officer::Steunpunt, Justified), (2, 11, Officer::Colleague, Justified)]
        }
        Emergency::Disputed => {
            &[(1, 10, Officer::Steunpunt, Justified), (2, 14, Officer::Colleague, NotJustified)]
        }
        Emergency::Unconscious => &[(1, 11, Officer::Ggz, JustifiedWithRemark)],
        Emergency::SundayNight | Emergency::LastNight => &[],
    }
}

/// One is answered, one of a daughter was extended, and of one, nearly due, the report waits for a second
/// officer.
fn requests(cases: &Cases<'_>, present: Timestamp, acts: &mut Vec<Act>) {
    let asked = [(27, 0, "mother"), (20, DAUGHTERS, DAUGHTER), (15, 2, "mother")];
    let Some(first) = cases.opened.iter().map(|case| case.at.date()).min() else { return };
    for (nth, (days, case, person)) in asked.into_iter().enumerate() {
        let day = working(days::before(present, days).max(after(first, 1)));
        let day = at(day, 9 + days % 5, 30);
        let open = |case: &&Opened| case.at < day;
        let ready: Vec<&Opened> = cases.opened.iter().filter(open).collect();
        let Some(case) = ready.get(case % ready.len().max(1)) else { continue };
        let household = case.household;
        let mut add = |at, deed| acts.push(Act { at, household, deed });
        let here = cases.households.get(household).is_some_and(|one| one.has(person));
        let person = if here { person } else { "mother" };
        add(day, Deed::OpenRequest { person });
        let later = at(working(after(day.date(), 5)), 15, 10);
        match nth {
            1 => add(later, Deed::ExtendRequest),
            2 => add(later, Deed::AnswerRequest),
            _ => add(later, Deed::PrepareReport),
        }
    }
}

/// The Steunpunt warns the police of two households.
fn warnings(cases: &Cases<'_>, present: Timestamp, acts: &mut Vec<Act>) {
    for (days, hour, nth) in [(14, 22, 1), (4, 19, 3)] {
        let moment = at(days::before(present, days), hour, 35);
        let Some(household) = cases.by(moment, nth, false) else { continue };
        acts.push(Act { at: moment, household, deed: Deed::Give(Gift::Warning) });
    }
}

/// The Steunpunt's officer checks by hand. One question was answered, and one waits.
fn checks(present: Timestamp, acts: &mut Vec<Act>) {
    for (days, hour, deed) in [
        (10, 14, Deed::Sample),
        (8, 10, Deed::Inquire),
        (6, 11, Deed::Explain),
        (5, 15, Deed::Raise),
        (4, 10, Deed::Inquire),
    ] {
        let at = at(working(days::before(present, days)), hour, 25);
        acts.push(Act { at, household: 0, deed });
    }
}

/// Officers take samples: those of organisations every week, the office of the region now and then.
fn looks(present: Timestamp, acts: &mut Vec<Act>) {
    for (days, by) in [
        (27, Officer::Steunpunt),
        (22, Officer::Ggz),
        (20, Officer::Steunpunt),
        (16, Officer::Region),
        (13, Officer::Steunpunt),
        (9, Officer::Colleague),
        (8, Officer::Ggz),
        (6, Officer::Steunpunt),
        (2, Officer::Region),
    ] {
        let start = at(working(days::before(present, days)), 13, 5);
        for again in 0..3 {
            let at = minutes_after(start, again * 4);
            acts.push(Act { at, household: 0, deed: Deed::Look(by) });
        }
    }
}
