//! Each rule just below and at its threshold, and what its factors give together.

use std::time::Duration;

use proptest::prelude::*;

use super::rules::{
    Arrival, Emergencies, Night, OtherBasis, Usual, basis_shopping, break_glass_rate, denials,
    forbidden, many_subjects, median, new_network, night_activity, night_of, outside_team,
    own_consent, own_family, questions, review_overdue, volume,
};
use super::suppression::{NotSuppressible, SUPPRESSION_MAX, check};
use super::{Factor, FactorCode, Norm, SignalRule};
use crate::domain::anomaly::AnomalyRules;
use crate::domain::organisation::UserRole;
use crate::domain::time::Timestamp;

fn rules() -> AnomalyRules {
    AnomalyRules::default()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const MINUTE: Duration = Duration::from_mins(1);
const MICRO: Duration = Duration::from_micros(1);

#[test]
fn counted_rules_are_silent_just_below_and_speak_at_their_limit() {
    let rules = rules();
    let declared = |declared| Emergencies { declared, ..Emergencies::default() };
    assert_eq!(break_glass_rate(&rules, declared(2)), None);
    assert_eq!(break_glass_rate(&rules, declared(3)).unwrap().score, 40);
    assert_eq!(many_subjects(&rules, 25, Usual::default()), None);
    assert_eq!(many_subjects(&rules, 26, Usual::default()).unwrap().score, 40);
    assert_eq!(denials(&rules, 4, 1), None);
    assert_eq!(denials(&rules, 5, 1).unwrap().score, 40);
    assert_eq!(denials(&rules, 5, 2).unwrap().score, 60);
    assert_eq!(questions(&rules, 10), None);
    assert_eq!(questions(&rules, 11).unwrap().score, 40);
    assert_eq!(questions(&rules, 22).unwrap().score, 60);
}

#[test]
fn an_own_name_always_speaks_and_softer_in_an_emergency() {
    assert_eq!(own_family(false).score, 60);
    assert_eq!(own_family(true).score, 40);
}

#[test]
fn a_new_network_speaks_once_the_certificate_is_known_and_softer_where_others_are() {
    let arrival =
        |known_days, networks, others_there| Arrival { known_days, networks, others_there };
    let score = |of| new_network(&rules(), of).map(|finding| finding.score);
    assert_eq!(score(arrival(6, 1, 0)), None);
    assert_eq!(score(arrival(7, 1, 0)), Some(60));
    assert_eq!(score(arrival(14, 1, 0)), Some(80));
    assert_eq!(score(arrival(7, 2, 0)), Some(40));
    assert_eq!(score(arrival(7, 3, 0)), Some(20));
    assert_eq!(score(arrival(7, 1, 4)), Some(40));
    let found = new_network(&rules(), arrival(9, 2, 1)).unwrap();
    let codes: Vec<_> = found.factors.iter().map(|factor| (factor.code, factor.seen)).collect();
    let expected =
        [(FactorCode::DaysKnown, 9), (FactorCode::NetworksKnown, 2), (FactorCode::KnownThere, 1)];
    assert_eq!(codes, expected);
}

#[test]
fn being_unlike_others_weighs_for_and_being_like_them_against() {
    let usual = Usual { own: Some(18), colleagues: Some(60) };
    let found = many_subjects(&rules(), 61, usual).unwrap();
    let own = Factor {
        code: FactorCode::Subjects,
        seen: 61,
        norm: Some(Norm::OwnMedian),
        usual: 18,
        weight: 20,
    };
    assert_eq!(found.factors[1], own);
    assert_eq!(found.factors[2].weight, -20);
    assert_eq!(found.score, 60);
}

#[test]
fn what_reviewers_found_weighs_in_the_rate_of_emergencies() {
    let of = Emergencies { declared: 4, justified: 4, not_justified: 0 };
    let justified = break_glass_rate(&rules(), of).unwrap();
    let of = Emergencies { declared: 4, justified: 0, not_justified: 2 };
    let not = break_glass_rate(&rules(), of).unwrap();
    assert_eq!((justified.score, not.score), (26, 66));
}

#[test]
fn the_night_begins_and_ends_at_its_hours_in_the_netherlands() {
    let rules = rules();
    // Winter time is one hour before UTC, summer time two.
    for (moment, night) in [
        ("2026-01-10T20:59:59Z", None),
        ("2026-01-10T21:00:00Z", Some("2026-01-10")),
        ("2026-01-11T04:59:59Z", Some("2026-01-10")),
        ("2026-01-11T05:00:00Z", None),
        ("2026-07-10T19:59:59Z", None),
        ("2026-07-10T20:00:00Z", Some("2026-07-10")),
    ] {
        let found = night_of(&rules, at(moment)).map(|date| date.to_string());
        assert_eq!(found.as_deref(), night, "{moment}");
    }
    let by_day = AnomalyRules { night_from_hour: 1, night_until_hour: 5, ..rules };
    assert_eq!(night_of(&by_day, at("2026-01-10T23:59:59Z")), None);
    assert!(night_of(&by_day, at("2026-01-11T00:00:00Z")).is_some());
}

#[test]
fn only_roles_without_duty_are_seen_at_night() {
    let of = |role, at| Night { at, role, acts: 1, emergency: false, usual: Usual::default() };
    let night = at("2026-01-10T23:00:00Z");
    for role in UserRole::ALL.iter().copied() {
        let duty = [UserRole::CrisisWorker, UserRole::PoliceOfficer, UserRole::System];
        let found = night_activity(&rules(), &of(role, night));
        assert_eq!(found.is_none(), duty.contains(&role), "{role}");
    }
    let worker = of(UserRole::CaseWorker, at("2026-01-10T12:00:00Z"));
    assert_eq!(night_activity(&rules(), &worker), None);
    let declared = Night { emergency: true, ..of(UserRole::CaseWorker, night) };
    assert_eq!(night_activity(&rules(), &declared).unwrap().score, 20);
}

#[test]
fn what_follows_soon_is_a_signal_and_what_follows_later_is_not() {
    let rules = rules();
    assert_eq!(own_consent(&rules, MINUTE * 5 + MICRO), None);
    assert_eq!(own_consent(&rules, MINUTE * 5).unwrap().score, 60);
    assert_eq!(own_consent(&rules, Duration::ZERO).unwrap().score, 80);
    let of = |after| OtherBasis { after, same_user: false, emergency: false };
    assert_eq!(basis_shopping(&rules, of(MINUTE * 60 + MICRO)), None);
    assert_eq!(basis_shopping(&rules, of(MINUTE * 60)).unwrap().score, 40);
    let same = OtherBasis { same_user: true, ..of(MINUTE) };
    assert_eq!(basis_shopping(&rules, same).unwrap().score, 79);
    let declared = OtherBasis { emergency: true, ..same };
    assert_eq!(basis_shopping(&rules, declared).unwrap().score, 59);
}

#[test]
fn volume_is_seen_above_mean_and_deviations_and_never_without_the_weeks() {
    let rules = rules();
    let weeks = [30, 34, 30, 34, 30, 34, 30, 34];
    // Mean 32, deviation 2: from 39 on.
    assert_eq!(volume(&rules, 38, &weeks), None);
    assert_eq!(volume(&rules, 39, &weeks).unwrap().factors[0].usual, 32);
    assert_eq!(volume(&rules, 1000, &weeks[..7]), None);
    assert_eq!(volume(&rules, 19, &[0; 8]), None);
    assert_eq!(volume(&rules, 20, &[0; 8]).unwrap().score, 60);
}

#[test]
fn what_must_never_be_weighs_everything() {
    assert_eq!(forbidden(1).score, 100);
    assert_eq!((outside_team(false).score, outside_team(true).score), (80, 60));
    assert_eq!(review_overdue(Duration::ZERO).score, 50);
    assert_eq!(review_overdue(Duration::from_hours(24 * 3)).score, 65);
    assert_eq!(review_overdue(Duration::from_hours(24 * 400)).score, 100);
}

#[test]
fn a_median_is_a_number_that_was_there() {
    assert_eq!(median(vec![]), None);
    assert_eq!(median(vec![7]), Some(7));
    assert_eq!(median(vec![9, 1, 5]), Some(5));
    assert_eq!(median(vec![9, 1, 5, 7]), Some(5));
}

#[test]
fn nobody_silences_emergencies_or_what_must_never_be_or_for_more_than_a_year() {
    let now = at("2026-03-01T12:00:00Z");
    let year = now.plus(SUPPRESSION_MAX);
    for rule in SignalRule::ALL.iter().copied() {
        let never = [1, 2, 9, 100].contains(&rule.number());
        let expected = if never { Err(NotSuppressible::Rule) } else { Ok(()) };
        assert_eq!(check(rule, true, (now, year)), expected, "{rule}");
    }
    let rule = SignalRule::Denials;
    assert_eq!(check(rule, false, (now, year)), Err(NotSuppressible::NothingNamed));
    for until in [now, year.plus(MICRO)] {
        assert_eq!(check(rule, true, (now, until)), Err(NotSuppressible::Term));
    }
}

proptest! {
    #[test]
    fn a_score_is_the_points_of_its_factors(
        seen in 0..10_000u64,
        own in proptest::option::of(0..10_000u64),
        colleagues in proptest::option::of(0..10_000u64),
    ) {
        let found = many_subjects(&rules(), seen, Usual { own, colleagues });
        prop_assert_eq!(found.is_some(), seen > 25);
        if let Some(found) = found {
            let points: i16 = found.factors.iter().map(|factor| factor.weight).sum();
            prop_assert_eq!(i16::from(found.score), points.clamp(0, 100));
        }
    }

    #[test]
    fn more_is_never_lighter(seen in 3..1000u64, more in 0..1000u64) {
        let of = |declared| Emergencies { declared, ..Emergencies::default() };
        let light = break_glass_rate(&rules(), of(seen)).unwrap();
        let heavy = break_glass_rate(&rules(), of(seen + more)).unwrap();
        prop_assert!(light.score <= heavy.score);
    }
}
