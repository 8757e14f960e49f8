//! What the officer's own organisation gave and got in a period.

use crate::console::door::{Ask, Officer};
use crate::console::lang::Words;
use crate::console::{badge, rows, words};
use crate::domain::basis::Basis;
use crate::domain::event::Disposition;
use crate::domain::lines::of_day;
use crate::domain::organisation::Role;
use crate::gateway::statistics::OwnFigures;

/// The figures, ready to be shown.
pub(in crate::console) struct Own {
    pub(in crate::console) period: String,
    pub(in crate::console) whose: String,
    pub(in crate::console) total: u64,
    /// Word and count.
    pub(in crate::console) outcomes: Vec<(&'static str, u64)>,
    /// Emergencies of a thousand; none: there is nothing to divide by.
    pub(in crate::console) emergencies: Option<String>,
    pub(in crate::console) tables: Vec<Counts>,
}

/// A table of how many there are of what.
pub(in crate::console) struct Counts {
    pub(in crate::console) head: &'static str,
    pub(in crate::console) rows: Vec<(String, u64)>,
}

pub(super) fn told(ask: &Ask, officer: &Officer, of: &OwnFigures) -> Own {
    let (lang, tally) = (ask.lang, &of.tally);
    let directory = ask.app.gateway().directory();
    let outcome = |one: &Disposition| {
        let count = tally.days.values().map(|day| of_day(day, *one)).sum();
        (badge::word(lang, *one), count)
    };
    let by_name = |counts: &std::collections::BTreeMap<_, u64>| {
        most_first(
            counts.iter().map(|(oin, count)| (rows::name(&directory, oin), *count)).collect(),
        )
    };
    let basis = |(number, count): (&u8, &u64)| {
        let basis = Basis::from_number((*number).into())?;
        Some((lang.pick(words::basis(basis)).to_owned(), *count))
    };
    let emergencies: u64 = tally.days.values().map(|day| of_day(day, Disposition::Emergency)).sum();
    Own {
        period: of.period.to_string(),
        whose: if officer.role == Role::Oversight {
            lang.pick(Words("De hele regio", "The whole region")).to_owned()
        } else {
            rows::name(&directory, officer.call.oin())
        },
        total: tally.total,
        outcomes: Disposition::ALL.iter().map(outcome).collect(),
        emergencies: per_thousand(emergencies, tally.total).map(|tenths| {
            let (whole, tenth) = (tenths / 10, tenths % 10);
            format!("{whole}{}{tenth}", lang.pick(Words(",", ".")))
        }),
        tables: vec![
            Counts { head: lang.pick(Words("Bron", "Sender")), rows: by_name(&tally.senders) },
            Counts {
                head: lang.pick(Words("Ontvanger", "Recipient")),
                rows: by_name(&tally.recipients),
            },
            Counts {
                head: lang.pick(Words("Grondslag", "Basis")),
                rows: most_first(tally.bases.iter().filter_map(basis).collect()),
            },
        ],
    }
}

/// In tenths, rounded; none of nothing.
fn per_thousand(part: u64, whole: u64) -> Option<u64> {
    part.checked_mul(10_000)?.checked_add(whole / 2)?.checked_div(whole)
}

fn most_first(mut counts: Vec<(String, u64)>) -> Vec<(String, u64)> {
    counts.sort_by(|(name, count), (other, others)| others.cmp(count).then(name.cmp(other)));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_a_thousand_is_rounded_to_a_tenth() {
        assert_eq!(per_thousand(0, 0), None);
        assert_eq!(per_thousand(3, 1_000), Some(30));
        assert_eq!(per_thousand(1, 3), Some(3_333));
        assert_eq!(per_thousand(2, 3), Some(6_667));
        assert_eq!(per_thousand(u64::MAX, 1), None, "no overflow");
    }

    #[test]
    fn the_most_come_first_and_of_as_many_by_name() {
        let counts = [("b", 1), ("c", 2), ("a", 1)].map(|(name, count)| (name.to_owned(), count));
        let names: Vec<String> = most_first(counts.into()).into_iter().map(|one| one.0).collect();
        assert_eq!(names, ["c", "a", "b"]);
    }
}
