//! How a case goes on: partners join, people agree or not, summaries are published, and employees ask
//! for them.

use super::calendar::Opened;
use super::chance::Chance;
use super::days::{after, at, minutes_after, working};
use super::deed::{Act, Deed, Employee, Gift, Question, Scope, Way};
use super::household::Household;
use crate::cli::demo::party::Party;
use crate::domain::calendar::is_working_day;
use crate::domain::time::{Date, Timestamp};
use crate::grpc::pb::UserRole;

/// Who helps, by the number of the case: organisations that join its team.
const fn team(number: usize) -> [Party; 2] {
    match number % 5 {
        0 => [Party::Ggz, Party::SocialWork],
        1 => [Party::SocialWork, Party::YouthCare],
        2 => [Party::Ggz, Party::YouthCare],
        3 => [Party::Shelter, Party::SocialWork],
        _ => [Party::SocialWork, Party::Mee],
    }
}

/// Acts of a case from the day on which it was opened until the present.
pub(super) fn plan(
    case: Opened,
    household: &Household,
    present: Timestamp,
    chance: &mut Chance,
    acts: &mut Vec<Act>,
) {
    let number = case.household;
    let team = team(number);
    let [lead, _] = team;
    let mut add = |at, deed| acts.push(Act { at, household: number, deed });
    let opened = case.at.date();
    let joined = at(working(after(opened, 1)), 9, chance.between(5, 50));
    for (later, party) in team.iter().enumerate() {
        let later = u64::try_from(later).unwrap_or(0);
        add(minutes_after(joined, later * 7), Deed::Join(*party));
    }
    let agreed = at(working(after(opened, 2)), chance.between(10, 15), chance.between(0, 40));
    for (later, party) in team.iter().enumerate() {
        let later = u64::try_from(later).unwrap_or(0);
        let way = Way { from: Party::Steunpunt, to: *party };
        let refusing = refusing(number, later, household);
        add(minutes_after(agreed, later * 6), Deed::AskConsent { way, refusing });
    }
    if lead == Party::Ggz {
        let way = Way { from: Party::Ggz, to: Party::Steunpunt };
        let refusing = household.has("father").then_some("father");
        add(minutes_after(agreed, 31), Deed::AskConsent { way, refusing });
        add(minutes_after(agreed, 150), Deed::Publish(Party::Ggz));
    }
    add(minutes_after(agreed, 95), Deed::Publish(Party::Steunpunt));
    if number % 4 == 1 {
        add(minutes_after(agreed, 125), Deed::Give(Gift::Notice(lead)));
    }
    if number.is_multiple_of(3) {
        let way = Way { from: Party::Steunpunt, to: lead };
        let changed = at(working(after(agreed.date(), 6)), 11, 20);
        add(changed, Deed::Withdraw { way, person: "mother" });
    }
    let first = agreed.date();
    for date in days_until(after(first, 1), present) {
        for question in questions(date, &team, number, chance) {
            let at = moment(date, question.by, chance);
            add(at, Deed::Ask(question));
        }
    }
    add(minutes_after(agreed, 200), Deed::MayI { by: worker(lead, 1), about: "mother" });
}

/// Who says no: in some cases the father, in one case the mother.
fn refusing(number: usize, way: u64, household: &Household) -> Option<&'static str> {
    match (number % 6, way) {
        (3, _) if household.has("father") => Some("father"),
        (5, 0) => Some("mother"),
        _ => None,
    }
}

fn days_until(first: Date, present: Timestamp) -> impl Iterator<Item = Date> {
    let last = present.date();
    (0..40).map(move |days| after(first, days)).take_while(move |date| *date <= last)
}

/// Who asks on a day. Most look at what was agreed; some ask for more, or are of no team.
fn questions(date: Date, team: &[Party], number: usize, chance: &mut Chance) -> Vec<Question> {
    let busy = if is_working_day(date) { 46 } else { 12 };
    let mut questions = Vec::new();
    for party in team {
        if !chance.percent(busy) {
            continue;
        }
        let by = if is_working_day(date) {
            worker(*party, chance.between(1, 5))
        } else {
            crisis_worker(*party, chance.between(1, 3))
        };
        let scope = match chance.between(0, 100) {
            0..62 => Scope::Agreed,
            62..84 => Scope::Agreements,
            84..93 => Scope::Everything,
            _ => Scope::TooMuch,
        };
        questions.push(Question { by, author: Party::Steunpunt, scope });
    }
    if team.first() == Some(&Party::Ggz) && chance.percent(25) {
        let by = Employee {
            party: Party::Steunpunt,
            number: chance.between(140, 149),
            role: UserRole::ProcessDirector,
        };
        questions.push(Question { by, author: Party::Ggz, scope: Scope::Agreements });
    }
    if chance.percent(3) {
        // Curious: an organisation outside the team.
        let party = if number.is_multiple_of(2) { Party::YouthCare } else { Party::Ggz };
        if !team.contains(&party) {
            let by = worker(party, 5);
            questions.push(Question { by, author: Party::Steunpunt, scope: Scope::Agreed });
        }
    }
    if chance.percent(2) {
        let by = Employee { party: Party::Police, number: 871, role: UserRole::PoliceOfficer };
        questions.push(Question { by, author: Party::Steunpunt, scope: Scope::Agreed });
    }
    questions
}

/// Crisis workers look at night too; others in working hours.
fn moment(date: Date, by: Employee, chance: &mut Chance) -> Timestamp {
    let hour = if by.role == UserRole::CrisisWorker {
        chance.one_of(&[1, 11, 16, 20, 21, 22, 23])
    } else {
        chance.one_of(&[8, 9, 9, 10, 10, 11, 11, 13, 13, 14, 14, 15, 16, 17])
    };
    at(date, hour, chance.between(0, 60))
}

const fn worker(party: Party, number: u64) -> Employee {
    Employee { party, number, role: UserRole::CaseWorker }
}

const fn crisis_worker(party: Party, number: u64) -> Employee {
    Employee { party, number: 300 + number, role: UserRole::CrisisWorker }
}
