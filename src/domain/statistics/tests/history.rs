//! Rule 7: what was published is frozen, and nothing is told by the difference between reports.

use super::*;

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn periods(texts: &[&str]) -> Vec<Period> {
    texts.iter().map(|text| period(text)).collect()
}

fn later() -> crate::domain::time::Timestamp {
    "2027-01-04T08:00:00Z".parse().unwrap()
}

fn report(numbers: &[u64]) -> Vec<Table> {
    vec![published(Indicator::ReferralsTotal, totals(numbers))]
}

fn shown_after(numbers: &[u64], history: &History<'_>) -> Vec<Option<i64>> {
    let measures = [Measure { indicator: Indicator::ReferralsTotal, data: totals(numbers) }];
    let tables = publish(&region(numbers.len()), &measures, &policy(), &Targets::new(), history);
    figures(&tables[0]).concat()
}

#[test]
fn rule_7_a_period_is_published_after_it_ended() {
    let quarter = period("2026-Q2");
    let before = "2026-06-30T21:59:59Z".parse().unwrap();
    let after = "2026-06-30T22:00:00Z".parse().unwrap();
    assert_eq!(may_publish(quarter, &[], before), Err(NotReported::NotEnded));
    assert_eq!(may_publish(quarter, &[], after), Ok(()));
}

#[test]
fn rule_7_a_year_with_some_of_its_quarters_would_tell_the_others() {
    let year = period("2026");
    for some in [
        vec!["2026-Q1"],
        vec!["2026-Q1", "2026-Q4"],
        vec!["2026-Q2", "2026-Q3", "2026-Q4", "2025-Q1"],
    ] {
        assert_eq!(
            may_publish(year, &periods(&some), later()),
            Err(NotReported::SomeQuarters),
            "{some:?}"
        );
    }
    let all = ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"];
    assert_eq!(may_publish(year, &periods(&all), later()), Ok(()));
    assert_eq!(may_publish(year, &periods(&["2025-Q1", "2025"]), later()), Ok(()));
}

#[test]
fn rule_7_a_quarter_of_a_year_that_was_published_without_it_is_narrower() {
    let found = may_publish(period("2026-Q1"), &periods(&["2026"]), later());
    assert_eq!(found, Err(NotReported::NarrowerThanItsYear));
    assert_eq!(found.unwrap_err().code(), "DIFFERENCING");
    assert_eq!(may_publish(period("2026-Q1"), &periods(&["2025"]), later()), Ok(()));
}

#[test]
fn rule_7_a_quarter_can_be_revised_also_after_its_year_was_published() {
    let all = periods(&["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4", "2026"]);
    assert_eq!(may_publish(period("2026-Q1"), &all, later()), Ok(()));
    assert_eq!(may_publish(period("2026-Q1"), &periods(&["2026-Q1"]), later()), Ok(()));
}

#[test]
fn rule_7_a_revision_keeps_hidden_what_a_version_hid() {
    let first = report(&[4, 6, 30, 20]);
    let versions = [first];
    let history = History { versions: &versions, ..History::default() };
    // One referral more in the first municipality: shown, it would tell the 4 by the region's total.
    assert_eq!(
        shown_after(&[5, 6, 30, 20], &History::default()),
        [n(5), n(5), n(30), n(20), n(60)]
    );
    assert_eq!(shown_after(&[5, 6, 30, 20], &history), [DOT, DOT, n(30), n(20), n(60)]);
}

#[test]
fn rule_7_a_year_shows_nothing_that_one_of_its_quarters_hid() {
    let quarters = [
        report(&[3, 2, 30, 40]),
        report(&[20, 21, 30, 40]),
        report(&[20, 21, 30, 40]),
        report(&[20, 21, 30, 40]),
    ];
    let history = History { quarters: &quarters, ..History::default() };
    let year = [63, 65, 120, 160];
    assert_eq!(shown_after(&year, &History::default())[0], n(65));
    assert_eq!(shown_after(&year, &history), [DOT, DOT, n(120), n(160), n(410)]);
}

#[test]
fn rule_7_two_hidden_quarters_hide_each_other_while_the_year_leaves_room() {
    let quarter = |number| report(&[number, 2, 2, 30, 40]);
    // 1, 1, 20 and 20: the year of 42 is shown as 40, and leaves room.
    let roomy = [1, 1, 20, 20].map(quarter);
    let history = History { quarters: &roomy, ..History::default() };
    assert_eq!(shown_after(&[42, 8, 8, 120, 160], &history)[0], n(40));
    // 1, 1, 5 and 5: the year of 12 would be shown as 10, which can only be made in one way.
    let tight = [1, 1, 5, 5].map(quarter);
    let history = History { quarters: &tight, ..History::default() };
    assert_eq!(shown_after(&[12, 8, 8, 120, 160], &history)[0], DOT);
}

#[test]
fn rule_7_a_percentage_of_a_year_does_not_tell_that_of_the_one_hidden_quarter() {
    let indicator = Indicator::FeedbackInTime;
    let ratios = |part| {
        Data::Ratios(vec![
            Ratio { part, of: 20 },
            Ratio { part: 2, of: 20 },
            Ratio { part: 40, of: 90 },
        ])
    };
    let quarter = |part| vec![published(indicator, ratios(part))];
    let quarters = [quarter(2), quarter(10), quarter(10), quarter(10)];
    let history = History { quarters: &quarters, ..History::default() };
    let measures = [Measure { indicator, data: ratios(10) }];
    let tables = publish(&region(3), &measures, &policy(), &Targets::new(), &history);
    assert_eq!(figures(&tables[0])[0], [DOT]);
}
