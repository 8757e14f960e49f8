//! Signals, what is counted for them, and what keeps them back.

use crate::domain::id::{IncidentId, SignalId, SuppressionId};
use crate::domain::signal::{SignalRule, SignalState};
use crate::store::error::Error;
use crate::store::{
    Counted, Measure, OpenSignal, QuestionRow, SignalEndingRow, SignalQuery, SignalRow,
    SuppressionRow, TallyOfRule,
};

use super::samples::{case_ref, oin, subject, user, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    progress_moves_on_for_one_of_two,
    a_signal_is_kept_joined_and_changed_by_one_writer_at_a_time,
    signals_come_newest_first_to_both_parties,
    an_ending_and_its_tallies_are_kept,
    a_suppression_is_in_force_until_it_ends,
    what_is_counted_is_counted_once_and_forgotten_later,
    people_are_compared_with_those_of_their_role_and_organisation,
    questions_about_one_person_are_found,
    entries_of_a_rule_are_found_whatever_became_of_their_signals,
);

pub(super) fn signal(number: u64) -> SignalRow {
    SignalRow {
        signal_id: SignalId::from_bytes(uuid(number)),
        rule: SignalRule::Denials,
        pack: "2026-1".parse().unwrap(),
        version: 1,
        state: SignalState::Open,
        oin: oin(1),
        other_oin: None,
        about: vec![0, u8::try_from(number).unwrap()],
        user_id: Some(user("u-1")),
        case_ref: Some(case_ref(1)),
        subject: Some(subject(1)),
        score: i64::try_from(number).unwrap(),
        factors: "[]".to_owned(),
        entry_count: 1,
        first_at: at(1),
        last_at: at(1),
        found_at: at(number),
        idx: 7,
        closed_at: None,
        incident_id: None,
    }
}

async fn progress_moves_on_for_one_of_two(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.signal_progress().await.unwrap(), None);
    assert!(!tx.move_signal_progress(3, 5).await.unwrap(), "nobody came to 3");
    assert!(tx.move_signal_progress(0, 5).await.unwrap());
    assert!(!tx.move_signal_progress(0, 6).await.unwrap());
    assert_eq!(tx.signal_progress().await.unwrap(), Some(5));
    assert!(tx.move_signal_progress(5, 5).await.unwrap(), "found again, nothing moved");
    assert!(tx.move_signal_progress(5, 9).await.unwrap());
    assert!(!tx.move_signal_progress(5, 9).await.unwrap());
    assert_eq!(tx.signal_progress().await.unwrap(), Some(9));
}

async fn a_signal_is_kept_joined_and_changed_by_one_writer_at_a_time(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = signal(1);
    tx.insert_signal(&row).await.unwrap();
    for idx in [9, 4, 9] {
        tx.add_signal_entry(row.signal_id, idx).await.unwrap();
    }
    assert_eq!(tx.signal(row.signal_id).await.unwrap(), Some(row.clone()));
    assert_eq!(tx.signal_entries(row.signal_id, 10).await.unwrap(), [4, 9]);
    assert_eq!(tx.signal_entries(row.signal_id, 1).await.unwrap(), [4]);
    let about = OpenSignal { rule: row.rule, oin: row.oin.clone(), about: row.about.clone() };
    let closed = SignalRow {
        version: 2,
        state: SignalState::Incident,
        score: 99,
        factors: "[1]".to_owned(),
        entry_count: 2,
        first_at: at(0),
        last_at: at(5),
        closed_at: Some(at(9)),
        incident_id: Some(IncidentId::from_bytes(uuid(5))),
        ..row.clone()
    };
    tx.update_signal(&closed).await.unwrap();
    let stale = tx.update_signal(&closed).await;
    assert!(matches!(stale, Err(Error::Conflict)), "{stale:?}");
    assert_eq!(tx.newest_signal(&about).await.unwrap(), Some(closed));
    let again = SignalRow { signal_id: SignalId::from_bytes(uuid(2)), found_at: at(10), ..row };
    tx.insert_signal(&again).await.unwrap();
    assert_eq!(tx.newest_signal(&about).await.unwrap(), Some(again.clone()));
    let double = SignalRow { signal_id: SignalId::from_bytes(uuid(3)), ..again };
    let double = tx.insert_signal(&double).await;
    assert!(matches!(double, Err(Error::Conflict)), "two open about one thing: {double:?}");
}

async fn signals_come_newest_first_to_both_parties(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (number, own, other) in [(1, 1, None), (2, 2, Some(1)), (3, 2, None), (4, 1, Some(2))] {
        let row = SignalRow { oin: oin(own), other_oin: other.map(oin), ..signal(number) };
        tx.insert_signal(&row).await.unwrap();
    }
    let row = SignalRow { state: SignalState::Explained, rule: SignalRule::Volume, ..signal(5) };
    tx.insert_signal(&row).await.unwrap();
    let all = SignalQuery {
        party: None,
        state: SignalState::Open,
        rule: None,
        score_min: 0,
        before: None,
    };
    let own = SignalQuery { party: Some(oin(1)), ..all.clone() };
    let before = Some((at(4), SignalId::from_bytes(uuid(4))));
    let (rule, state) = (Some(SignalRule::Volume), SignalState::Explained);
    for (query, limit, expected) in [
        (all.clone(), 10, vec![4, 3, 2, 1]),
        (all.clone(), 2, vec![4, 3]),
        (SignalQuery { before, ..all.clone() }, 2, vec![3, 2]),
        (SignalQuery { score_min: 3, ..all.clone() }, 10, vec![4, 3]),
        (SignalQuery { rule, ..all.clone() }, 10, vec![]),
        (SignalQuery { state, rule, ..all.clone() }, 10, vec![5]),
        (own.clone(), 10, vec![4, 2, 1]),
        (own.clone(), 2, vec![4, 2]),
        (SignalQuery { before, ..own }, 10, vec![2, 1]),
        (SignalQuery { party: Some(oin(3)), ..all }, 10, vec![]),
    ] {
        let found = tx.signals(&query, limit).await.unwrap();
        let found: Vec<_> = found.iter().map(|row| row.score).collect();
        assert_eq!(found, expected, "{query:?}");
    }
}

async fn an_ending_and_its_tallies_are_kept(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = SignalEndingRow {
        signal_id: SignalId::from_bytes(uuid(1)),
        state: SignalState::Explained,
        oin: oin(1),
        user_id: user("fg-1"),
        ended_at: at(3),
        idx: 12,
        content: vec![1, 2],
        unread: Vec::new(),
    };
    tx.insert_signal_ending(&row).await.unwrap();
    assert_eq!(tx.signal_ending(row.signal_id).await.unwrap(), Some(row));
    let of = |state| (SignalRule::Volume, state);
    tx.tally_signal(&oin(1), of(SignalState::Open), 1).await.unwrap();
    tx.tally_signal(&oin(1), of(SignalState::Open), 1).await.unwrap();
    tx.tally_signal(&oin(1), of(SignalState::Open), -1).await.unwrap();
    tx.tally_signal(&oin(1), of(SignalState::Incident), 1).await.unwrap();
    tx.tally_signal(&oin(2), of(SignalState::Open), 1).await.unwrap();
    let tally = |state, number| TallyOfRule { rule: SignalRule::Volume, state, number };
    let (open, incident) = (SignalState::Open, SignalState::Incident);
    let own = tx.signal_tallies(Some(&oin(1))).await.unwrap();
    assert_eq!(own, [tally(open, 1), tally(incident, 1)]);
    let all = tx.signal_tallies(None).await.unwrap();
    assert_eq!(all, [tally(open, 2), tally(incident, 1)]);
}

pub(super) fn suppression(number: u64) -> SuppressionRow {
    SuppressionRow {
        suppression_id: SuppressionId::from_bytes(uuid(number)),
        signal_id: SignalId::from_bytes(uuid(1)),
        rule: SignalRule::Denials,
        oin: oin(number),
        user_id: Some(user("u-1")),
        case_ref: None,
        owner_oin: oin(1),
        owner_user_id: user("fg-1"),
        from_at: at(1),
        until_at: at(10),
        ended_at: None,
        ended_by: None,
        hits: 0,
    }
}

async fn a_suppression_is_in_force_until_it_ends(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in [1, 2] {
        tx.insert_suppression(&suppression(number)).await.unwrap();
    }
    let of = (SignalRule::Denials, &oin(1));
    assert_eq!(tx.suppressions_in_force(of, at(9)).await.unwrap(), [suppression(1)]);
    assert_eq!(tx.suppressions_in_force(of, at(10)).await.unwrap(), []);
    let other = (SignalRule::Volume, &oin(1));
    assert_eq!(tx.suppressions_in_force(other, at(9)).await.unwrap(), []);
    let id = suppression(1).suppression_id;
    tx.hit_suppression(id).await.unwrap();
    tx.end_suppression(id, (&user("fg-2"), at(5))).await.unwrap();
    let ended = tx.end_suppression(id, (&user("fg-2"), at(6))).await;
    assert!(matches!(ended, Err(Error::Conflict)), "{ended:?}");
    let ended = SuppressionRow {
        hits: 1,
        ended_at: Some(at(5)),
        ended_by: Some(user("fg-2")),
        ..suppression(1)
    };
    assert_eq!(tx.suppression(id).await.unwrap(), Some(ended.clone()));
    assert_eq!(tx.suppressions_in_force(of, at(9)).await.unwrap(), []);
    assert_eq!(tx.suppressions(None, None, 10).await.unwrap(), [ended.clone(), suppression(2)]);
    assert_eq!(tx.suppressions(None, Some(id), 10).await.unwrap(), [suppression(2)]);
    assert_eq!(tx.suppressions(Some(&oin(1)), None, 10).await.unwrap(), [ended]);
}

async fn what_is_counted_is_counted_once_and_forgotten_later(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let day = |text: &str| text.parse().unwrap();
    let of = |name: &str, on: &str| Counted {
        measure: Measure::Subjects,
        oin: oin(1),
        user: Some(user(name)),
        day: day(on),
    };
    let (monday, tuesday) = (of("u-1", "2026-03-09"), of("u-1", "2026-03-10"));
    assert_eq!(tx.activity(&monday).await.unwrap(), 0);
    assert_eq!(tx.first_activity(&monday).await.unwrap(), None);
    for (of, number) in [(&monday, 3), (&tuesday, 4), (&of("u-2", "2026-03-09"), 8), (&monday, 5)] {
        tx.set_activity(of, number, None).await.unwrap();
    }
    assert_eq!(tx.activity(&monday).await.unwrap(), 5);
    assert_eq!(tx.first_activity(&tuesday).await.unwrap(), Some(monday.day));
    let own = tx.activity_since(&tuesday, monday.day).await.unwrap();
    assert_eq!(own.iter().map(|row| row.number).collect::<Vec<_>>(), [5], "the day itself not");
    assert_eq!(tx.activity_of_colleagues(&tuesday, monday.day).await.unwrap(), [8]);
    tx.note_counted(&monday, (&[1; 32], 17)).await.unwrap();
    tx.note_counted(&tuesday, (&[2; 32], 18)).await.unwrap();
    assert!(tx.was_counted(&monday, &[1; 32]).await.unwrap());
    assert!(!tx.was_counted(&monday, &[2; 32]).await.unwrap());
    assert_eq!(tx.counted_entries(&monday, 10).await.unwrap(), [17]);
    assert_eq!(tx.forget_counted(monday.day, 10).await.unwrap(), 0);
    assert_eq!(tx.forget_counted(tuesday.day, 10).await.unwrap(), 1);
    assert!(!tx.was_counted(&monday, &[1; 32]).await.unwrap());
    assert!(tx.was_counted(&tuesday, &[2; 32]).await.unwrap());
    assert_eq!(tx.activity(&monday).await.unwrap(), 5, "the number stays");
}

async fn people_are_compared_with_those_of_their_role_and_organisation(fixture: Fixture) {
    use crate::domain::organisation::UserRole::{CaseWorker, CrisisWorker};
    let mut tx = fixture.write().await;
    let of = |organisation: u64, name: &str, on: &str| Counted {
        measure: Measure::UserDisclosures,
        oin: oin(organisation),
        user: Some(user(name)),
        day: on.parse().unwrap(),
    };
    for (of, number, role) in [
        (of(1, "u-1", "2026-03-10"), 90, Some(CaseWorker)),
        (of(1, "u-2", "2026-03-09"), 3, Some(CaseWorker)),
        (of(1, "u-2", "2026-03-10"), 4, Some(CaseWorker)),
        // What was not looked at again stays as it was known.
        (of(1, "u-2", "2026-03-10"), 5, None),
        (of(1, "u-3", "2026-03-10"), 2, Some(CaseWorker)),
        (of(1, "u-4", "2026-03-10"), 70, Some(CrisisWorker)),
        (of(1, "u-5", "2026-03-10"), 60, None),
        (of(1, "u-6", "2026-03-08"), 50, Some(CaseWorker)),
        (of(1, "u-7", "2026-03-11"), 40, Some(CaseWorker)),
        (of(2, "u-8", "2026-03-10"), 30, Some(CaseWorker)),
        (
            Counted { measure: Measure::Subjects, ..of(1, "u-3", "2026-03-10") },
            20,
            Some(CaseWorker),
        ),
    ] {
        tx.set_activity(&of, number, role).await.unwrap();
    }
    let (own, since) = (of(1, "u-1", "2026-03-10"), "2026-03-09".parse().unwrap());
    let mut others = tx.activity_in_role(&own, CaseWorker, since).await.unwrap();
    others.sort_unstable();
    assert_eq!(others, [2, 8]);
    assert_eq!(tx.activity_in_role(&own, CrisisWorker, since).await.unwrap(), [70]);
}

async fn questions_about_one_person_are_found(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let question = |idx: i64, about: u8, second: u64| QuestionRow {
        idx,
        oin: oin(1),
        user_id: user("fg-1"),
        subject: subject(about),
        asked_at: at(second),
    };
    for row in [question(1, 1, 1), question(2, 1, 2), question(3, 2, 3), question(4, 1, 4)] {
        tx.insert_log_question(&row).await.unwrap();
    }
    let last = tx.log_question(4).await.unwrap().unwrap();
    assert_eq!(last, question(4, 1, 4));
    assert_eq!(tx.log_questions_like(&last, at(0)).await.unwrap(), [1, 2, 4]);
    assert_eq!(tx.log_questions_like(&last, at(2)).await.unwrap(), [2, 4]);
    assert_eq!(tx.log_question(5).await.unwrap(), None);
}

async fn entries_of_a_rule_are_found_whatever_became_of_their_signals(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let rule = SignalRule::LedgerMismatch;
    let closed = SignalState::Explained;
    for (number, rule, state, entries) in [
        (1, rule, SignalState::Open, vec![4, 9]),
        (2, rule, closed, vec![2, 9, 30]),
        (3, SignalRule::Denials, SignalState::Open, vec![2, 5]),
    ] {
        let row = SignalRow { rule, state, ..signal(number) };
        tx.insert_signal(&row).await.unwrap();
        for idx in entries {
            tx.add_signal_entry(row.signal_id, idx).await.unwrap();
        }
    }
    let all = [(2, false), (4, true), (9, true), (30, false)];
    assert_eq!(tx.entries_of_rule(rule, -1, 10).await.unwrap(), all);
    assert_eq!(tx.entries_of_rule(rule, 2, 2).await.unwrap(), all[1..3]);
    assert_eq!(tx.entries_of_rule(rule, 30, 10).await.unwrap(), []);
}
