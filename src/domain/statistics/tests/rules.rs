//! The rules of DOMAIN §7.1 by their numbers, and the two worked vectors.

use super::*;

#[test]
fn rule_1_a_table_holds_figures_of_municipalities_and_the_region_and_nothing_else() {
    let table = published(Indicator::ReferralsTotal, totals(&[20, 30]));
    let areas: Vec<&str> = table.rows.iter().map(|row| row.area.as_str()).collect();
    assert_eq!(areas, ["0503", "0518", "REGION"]);
    let text = serde_json::to_value(&table).unwrap();
    let names: Vec<&String> = text.as_object().unwrap().keys().collect();
    assert_eq!(names, ["columns", "indicator", "rows", "target_percent", "unit"]);
    // A code of a municipality or the region: no team, no address, no case.
    for bad in ["team-3", "2500 AA", "VVT-2026-000123", "region", ""] {
        assert!(Area::try_from(bad.to_owned()).is_err(), "{bad}");
    }
}

#[test]
fn row_19_rule_2_primary_one_to_four_are_not_shown_and_nobody_is_0() {
    let numbers: Vec<u64> = (0..=6).chain([90]).collect();
    let expected = [n(0), DOT, DOT, DOT, DOT, n(5), n(5), n(90), n(110)];
    assert_eq!(shown(&numbers), expected);
}

#[test]
fn rule_2_primary_many_records_about_few_people_are_not_shown() {
    let row = |number, units| CountRow { total: Count { number, units }, cells: Vec::new() };
    let rows = vec![row(20, 4), row(20, 3), row(20, 20)];
    let table = published(Indicator::ReferralsTotal, Data::Counts(rows));
    assert_eq!(figures(&table).concat(), [DOT, DOT, n(20), n(60)]);
}

#[test]
fn rule_2_group_disclosure_hides_the_split_of_a_row_in_which_all_are_the_same() {
    let rows: [&[u64]; 3] = [&[0, 12, 0, 0], &[10, 20, 10, 15], &[10, 20, 10, 15]];
    let found = figures(&published(Indicator::ReferralsByUrgency, split(&rows)));
    assert_eq!(found[0], [DOT, DOT, DOT, DOT, n(10)]);
    // A row in which nobody has one word and some have another tells nothing of anybody.
    let rows: [&[u64]; 3] = [&[0, 12, 8, 0], &[10, 20, 10, 15], &[10, 20, 10, 15]];
    let found = figures(&published(Indicator::ReferralsByUrgency, split(&rows)));
    assert_eq!(found[0], [n(0), n(10), n(10), n(0), n(20)]);
}

#[test]
fn rule_2_group_disclosure_is_seen_where_one_referral_has_several_words() {
    let row = |total, kinds: [u64; 9]| CountRow {
        total: Count::of(total),
        cells: kinds.map(Count::of).to_vec(),
    };
    let rows = vec![row(9, [9, 6, 0, 0, 0, 0, 0, 0, 5]), row(80, [60; 9]), row(80, [60; 9])];
    let found = figures(&published(Indicator::ReferralsByViolenceKind, Data::Counts(rows)));
    assert_eq!(found[0], [[DOT; 9].as_slice(), &[n(10)]].concat());
}

#[test]
fn rule_2_a_split_does_not_tell_a_total_that_is_not_shown() {
    let rows: [&[u64]; 3] = [&[3, 1], &[6, 6], &[30, 40]];
    let found = figures(&published(Indicator::WithChildren, split(&rows)));
    assert_eq!(found[0], [DOT; 3]);
    // 12 was left out to protect the 4; 6 and 6 would tell it.
    assert_eq!(found[1], [DOT; 3]);
}

#[test]
fn rule_3_secondary_a_single_hidden_count_takes_the_next_smallest_with_it() {
    assert_eq!(shown(&[3, 0, 40, 22, 60]), [DOT, n(0), n(40), DOT, n(60), n(125)]);
    // Two hide each other.
    assert_eq!(shown(&[3, 2, 40, 22, 60]), [DOT, DOT, n(40), n(20), n(60), n(125)]);
}

#[test]
fn rule_3_secondary_works_along_rows_and_columns() {
    let rows: [&[u64]; 3] = [&[2, 30, 25, 20], &[40, 10, 25, 20], &[30, 31, 25, 20]];
    let found = figures(&published(Indicator::ReferralsByUrgency, split(&rows)));
    for line in &found {
        assert_ne!(line.iter().filter(|cell| cell.is_none()).count(), 1, "{found:?}");
    }
    for column in 0..4 {
        let hidden = found[..3].iter().filter(|row| row[column].is_none()).count();
        assert!(hidden != 1 || found[3][column].is_none(), "{found:?}");
    }
    assert_eq!(found[0][0], DOT);
    assert!(found.concat().iter().flatten().count() >= 8, "{found:?}");
}

#[test]
fn rule_3_a_whole_that_can_only_be_made_in_one_way_is_not_left_standing() {
    // Two hidden, as rule 3 asks; but both fives are 5 at least and 12 would be 10: 1 and 1.
    assert_eq!(shown(&[1, 1, 5, 5]), [DOT, DOT, DOT, n(5), n(10)]);
}

#[test]
fn rule_4_every_count_and_every_total_is_rounded_by_itself_to_5() {
    let rounded: Vec<u64> = (0..=15).map(|number| policy().round(number)).collect();
    assert_eq!(rounded, [0, 0, 0, 5, 5, 5, 5, 5, 10, 10, 10, 10, 10, 15, 15, 15]);
    // The total of the rounded figures would be 30.
    assert_eq!(shown(&[8, 8, 8]), [n(10), n(10), n(10), n(25)]);
}

fn percent(part: u64, of: u64) -> Option<i64> {
    let many = Ratio { part: 40, of: 90 };
    let ratios = vec![Ratio { part, of }, many, many, many];
    figures(&published(Indicator::FeedbackInTime, Data::Ratios(ratios)))[0][0]
}

#[test]
fn rule_5_a_percentage_is_taken_of_ten_at_least() {
    assert_eq!(percent(0, 9), DOT);
    assert_eq!(percent(5, 9), DOT);
    assert_eq!(percent(5, 10), n(50));
}

#[test]
fn rule_5_a_percentage_and_its_complement_stand_for_nobody_or_for_five() {
    for (part, shown) in
        [(0, n(0)), (1, DOT), (4, DOT), (5, n(25)), (15, n(75)), (16, DOT), (19, DOT), (20, n(100))]
    {
        assert_eq!(percent(part, 20), shown, "{part}");
    }
}

#[test]
fn rule_5_a_percentage_is_whole_and_computed_from_raw_figures() {
    // From rounded figures 38 of 142 would be 40 of 140: 29.
    assert_eq!(percent(38, 142), n(27));
    assert_eq!(percent(5, 40), n(13));
}

#[test]
fn rule_5_a_percentage_does_not_tell_a_count_that_is_not_shown() {
    // 6 of 40 is left out because of the 3: 15 percent of about 40 would tell it.
    let rows: [&[u64]; 4] = [&[3, 37], &[6, 34], &[30, 40], &[50, 30]];
    let ratios = vec![(3, 40), (6, 40), (30, 70), (50, 80)];
    let ratios = ratios.into_iter().map(|(part, of)| Ratio { part, of }).collect();
    let indicator = Indicator::WithChildren;
    let measures = [
        Measure { indicator, data: split(&rows) },
        Measure { indicator, data: Data::Ratios(ratios) },
    ];
    let tables = publish(&region(4), &measures, &policy(), &Targets::new(), &History::default());
    assert_eq!(figures(&tables[0])[1], [DOT, DOT, n(40)]);
    assert_eq!(figures(&tables[1]).concat(), [DOT, DOT, n(43), n(63), n(39)]);
}

#[test]
fn rule_3_a_single_hidden_percentage_takes_that_of_the_smallest_municipality_with_it() {
    let ratios = [(2, 30), (20, 40), (10, 35), (0, 0)].map(|(part, of)| Ratio { part, of });
    let found = figures(&published(Indicator::FeedbackInTime, Data::Ratios(ratios.to_vec())));
    // Of nobody there is no percentage, and nothing to hide.
    assert_eq!(found.concat(), [DOT, n(50), DOT, DOT, n(30)]);
}

fn days(values: &[i64]) -> Spread {
    let mut spread = Spread::default();
    for value in values {
        spread.add(*value, 1);
    }
    spread
}

#[test]
fn rule_6_a_median_and_a_ninth_decile_are_taken_of_ten_at_least() {
    let nine: Vec<i64> = (1..=9).collect();
    let ten: Vec<i64> = (1..=10).collect();
    let rows = vec![vec![days(&nine)], vec![days(&ten)]];
    let table = published(Indicator::TimeToFirstContact, Data::Days(rows));
    assert_eq!(table.columns, ["MEDIAN", "P90"]);
    assert_eq!(figures(&table), [[DOT, DOT], [n(6), n(9)], [n(5), n(9)]]);
}

#[test]
fn rule_6_days_are_whole_and_points_may_be_negative() {
    assert_eq!(days(&[1, 2]).median(), n(2));
    assert_eq!(days(&[-3, -2]).median(), n(-2));
    assert_eq!(days(&[-1, 3]).median(), n(1));
    assert_eq!(days(&[]).median(), DOT);
    assert_eq!(days(&[]).p90(), DOT);
    assert_eq!(days(&[7]).p90(), n(7));
}

#[test]
fn rule_8_the_director_sees_every_figure_for_work() {
    let measures = [
        Measure { indicator: Indicator::ReferralsTotal, data: totals(&[3, 0, 41]) },
        Measure {
            indicator: Indicator::RepeatRate,
            data: Data::Ratios(vec![
                Ratio { part: 1, of: 3 },
                Ratio::default(),
                Ratio { part: 0, of: 41 },
            ]),
        },
    ];
    let tables = for_work(&region(3), &measures, &Targets::new());
    assert_eq!(figures(&tables[0]).concat(), [n(3), n(0), n(41), n(44)]);
    assert_eq!(figures(&tables[1]).concat(), [n(33), DOT, n(0), n(2)]);
}

#[test]
fn the_worked_vector_of_one_quarter() {
    let raw = [27, 143, 14, 4, 38, 22, 3, 18, 9];
    assert_eq!(raw.iter().sum::<u64>(), 278);
    assert_eq!(shown(&raw), [n(25), n(145), n(15), DOT, n(40), n(20), DOT, n(20), n(10), n(280)]);
}

#[test]
fn the_worked_vector_with_one_small_municipality() {
    let raw = [27, 143, 14, 4, 38, 22, 6, 18, 9];
    assert_eq!(raw.iter().sum::<u64>(), 281);
    assert_eq!(shown(&raw), [n(25), n(145), n(15), DOT, n(40), n(20), DOT, n(20), n(10), n(280)]);
}

#[test]
fn a_target_stands_beside_its_percentage() {
    let indicator = Indicator::TriageInTime;
    let measures = [Measure { indicator, data: Data::Ratios(vec![Ratio { part: 45, of: 50 }]) }];
    let targets = Targets::from([(indicator, 90)]);
    let tables = publish(&region(1), &measures, &policy(), &targets, &History::default());
    assert_eq!((tables[0].target_percent, figures(&tables[0])[0][0]), (Some(90), n(90)));
}

#[test]
fn a_change_for_the_worse_is_told_as_it_is() {
    let mut spread = Spread::default();
    spread.add(-3, 6);
    spread.add(2, 5);
    let table = published(Indicator::SafetyScaleChange, Data::Points(vec![vec![spread]]));
    assert_eq!(figures(&table), [[n(-3)], [n(-3)]]);
}

#[test]
fn each_phase_has_its_own_median_and_its_own_ten() {
    let indicator = Indicator::PhaseDuration;
    let of = |number: u64| {
        let mut spread = Spread::default();
        spread.add(30, number);
        spread
    };
    let table = published(indicator, Data::Days(vec![vec![of(10), of(9), Spread::default()]]));
    assert_eq!(table.columns.len(), indicator.spreads());
    assert_eq!(figures(&table)[0], [n(30), DOT, DOT]);
}

#[test]
fn the_release_rate_is_not_told_where_the_cases_opened_are_not() {
    let rows = [12, 4, 30].map(|number| CountRow {
        total: Count::of(number),
        cells: vec![Count::of(number), Count::default(), Count::default()],
    });
    let ratios = [12, 4, 30].map(|of| Ratio { part: of / 2, of });
    let measures = [
        Measure { indicator: Indicator::PhaseReached, data: Data::Counts(rows.to_vec()) },
        Measure { indicator: Indicator::ReleaseRate, data: Data::Ratios(ratios.to_vec()) },
    ];
    let history = History::default();
    let tables = publish(&region(3), &measures, &policy(), &Targets::new(), &history);
    let of = |indicator| tables.iter().find(|table| table.indicator == indicator).unwrap();
    let totals: Vec<_> = figures(of(Indicator::PhaseReached)).iter().map(|row| row[3]).collect();
    assert_eq!(totals, [DOT, DOT, n(30), n(45)], "12 would tell the 4");
    let rates = figures(of(Indicator::ReleaseRate)).concat();
    assert_eq!(rates, [DOT, DOT, n(50), n(50)]);
}

#[test]
fn the_columns_of_every_indicator_fit_its_unit() {
    for indicator in Indicator::ALL {
        assert!(!indicator.units().is_empty());
        for unit in indicator.units() {
            assert!(!indicator.columns(*unit).is_empty());
        }
        if let Some((base, column)) = indicator.rests_on() {
            assert!(base.columns(Unit::Count).contains(&column), "{indicator}");
            assert!(base.units().contains(&Unit::Count), "{indicator}");
        }
        let is_split = !indicator.split().is_empty();
        assert!(!is_split || indicator.units().contains(&Unit::Count), "{indicator}");
    }
}
