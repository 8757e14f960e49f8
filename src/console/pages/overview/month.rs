//! The last thirty days on the overview: how much was disclosed, how much of it is explained and reviewed,
//! and what is late.

use crate::console::charts::DayChart;
use crate::console::door::{Ask, Officer};
use crate::console::lang::Lang;
use crate::console::pages::disclosures::{Filters, days};
use crate::console::pages::organisations::Until;
use crate::console::{moments, rows};
use crate::domain::event::{Disposition, EventCode};
use crate::gateway::Directory;
use crate::gateway::month::{Covered, Month, UNDELIVERED_MAX, UndeliveredRow};

use super::{FIRST, counted};

/// Counts of the last thirty days.
pub(in crate::console) struct MonthShown {
    pub(in crate::console) total: String,
    pub(in crate::console) refused: String,
    pub(in crate::console) emergencies: String,
    /// None when there was nothing.
    pub(in crate::console) coverage: Option<Coverage>,
    pub(in crate::console) days: DayChart,
    /// Questions that wait in time, and those that are late.
    pub(in crate::console) questions: (String, String),
}

/// How much is explained, and how much was reviewed.
pub(in crate::console) struct Coverage {
    pub(in crate::console) whole: CoveredShown,
    pub(in crate::console) organisations: Vec<CoveredShown>,
    /// Whether more emergencies were declared than are looked up.
    pub(in crate::console) is_cut_off: bool,
}

/// The same of one organisation, or of all.
pub(in crate::console) struct CoveredShown {
    pub(in crate::console) name: String,
    /// Its disclosures; empty for all.
    pub(in crate::console) href: String,
    pub(in crate::console) total: String,
    /// Shares, in percent.
    pub(in crate::console) explained: String,
    pub(in crate::console) reviewed: String,
    /// Numbers.
    pub(in crate::console) reviews: String,
    pub(in crate::console) waiting: String,
    pub(in crate::console) waits: bool,
}

/// Referrals that nobody took over in time.
pub(in crate::console) struct Undelivered {
    pub(in crate::console) count: String,
    /// Those that are late longest: before when, between whom, and the search that finds it.
    pub(in crate::console) first: Vec<(String, String, String)>,
}

/// A certificate that ends soon.
pub(in crate::console) struct Ends {
    pub(in crate::console) until: Until,
    pub(in crate::console) fingerprint: String,
}

pub(super) fn shown(ask: &Ask, month: &Month) -> MonthShown {
    let lang = ask.lang;
    let filters = of_month(ask, month);
    let total = month.tally.total;
    MonthShown {
        total: lang.number(total),
        refused: lang.number(month.of(Disposition::Refused)),
        emergencies: lang.number(month.of(Disposition::Emergency)),
        coverage: (total > 0).then(|| coverage(ask, month)),
        days: days(ask, &filters, &month.tally),
        questions: (lang.number(month.questions.0), lang.number(month.questions.1)),
    }
}

fn of_month(ask: &Ask, month: &Month) -> Filters {
    let today = ask.app.gateway().clock().now().date();
    Filters { van: month.from.date().to_string(), tot: today.to_string(), ..Filters::default() }
}

fn coverage(ask: &Ask, month: &Month) -> Coverage {
    let lang = ask.lang;
    let directory = ask.app.gateway().directory();
    let of = &month.coverage;
    let (explained, reviewed) = (month.explained(), of.reviewed());
    let whole = (month.tally.total, explained, reviewed, of.waiting());
    let one = |one: &Covered| {
        let filters = Filters { bron: one.oin.to_string(), ..of_month(ask, month) };
        let counts = (one.total, one.explained, one.reviewed, one.waiting);
        covered(lang, (rows::name(&directory, &one.oin), filters.address(ask)), counts)
    };
    Coverage {
        whole: covered(lang, (String::new(), String::new()), whole),
        organisations: of.organisations.iter().map(one).collect(),
        is_cut_off: !of.is_whole,
    }
}

fn covered(
    lang: Lang,
    (name, href): (String, String),
    (total, explained, reviewed, waiting): (u64, u64, u64, u64),
) -> CoveredShown {
    CoveredShown {
        name,
        href,
        total: lang.number(total),
        explained: share(lang, explained, total),
        reviewed: share(lang, reviewed, total),
        reviews: lang.number(reviewed),
        waiting: lang.number(waiting),
        waits: waiting > 0,
    }
}

/// A part in percent. Rounded down: what is not whole is not called whole.
pub(in crate::console) fn share(lang: Lang, part: u64, total: u64) -> String {
    let share = (part * 1000).checked_div(total).unwrap_or_default();
    match lang {
        Lang::Nl => format!("{},{} %", share / 10, share % 10),
        Lang::En => format!("{}.{}%", share / 10, share % 10),
    }
}

pub(super) fn undelivered(ask: &Ask, month: &Month) -> Undelivered {
    let directory = ask.app.gateway().directory();
    let late = &month.undelivered;
    Undelivered {
        count: counted(ask.lang, late.len(), UNDELIVERED_MAX),
        first: late.iter().take(FIRST).map(|one| late_one(ask, &directory, one)).collect(),
    }
}

fn late_one(ask: &Ask, directory: &Directory, of: &UndeliveredRow) -> (String, String, String) {
    let day = of.submitted_at.date().to_string();
    let filters = Filters {
        van: day.clone(),
        tot: day,
        bron: of.sender_oin.to_string(),
        ontvanger: of.recipient_oin.to_string(),
        actie: EventCode::ReferralSubmitted.to_string(),
        ..Filters::default()
    };
    let (from, to) =
        (rows::name(directory, &of.sender_oin), rows::name(directory, &of.recipient_oin));
    let due = moments::short_moment(ask.lang, of.ack_due_at);
    (due, format!("{from} → {to}"), filters.address(ask))
}

/// Those that end within a month, the first first.
pub(super) fn ends(ask: &Ask, officer: &Officer) -> Vec<Ends> {
    let now = ask.app.gateway().clock().now();
    let mut seen = ask.app.certificates();
    seen.retain(|one| one.oin.as_str() == officer.oin);
    seen.sort_by_key(|one| (one.not_after, one.fingerprint));
    let ends = seen.into_iter().map(|one| Ends {
        until: Until::of(ask.lang, one.not_after, now),
        fingerprint: one.fingerprint.to_string(),
    });
    ends.filter(|one| !one.until.warning.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_whole_is_not_called_whole() {
        assert_eq!(share(Lang::Nl, 9_999, 10_000), "99,9 %");
        assert_eq!(share(Lang::En, 10_000, 10_000), "100.0%");
        assert_eq!(share(Lang::En, 0, 0), "0.0%");
    }
}
