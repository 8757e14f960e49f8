//! What officers found of samples, and which entries anybody looked into.

use crate::domain::id::{GroupId, SignalId};
use crate::domain::sample::SampleVerdict;
use crate::domain::signal::SignalState;
use crate::store::judgements::{LOOKED_INTO, LOOKED_INTO_OF_PARTY};
use crate::store::{SampleJudgementRow, SignalRow};

use super::samples::{oin, subject, user, uuid};
use super::signals::signal;
use super::{Fixture, at, explained, on_both_databases, plan_of};

on_both_databases!(
    what_was_found_is_kept_beside_what_was_found_before,
    an_entry_that_was_looked_into_is_told_once_to_those_whom_it_concerns,
    the_newest_judgement_of_each_organisation_decides,
    what_was_found_ends_with_the_entry,
    what_was_looked_into_is_found_by_index,
);

fn judgement(number: u64, (organisation, judged_idx): (u64, i64)) -> SampleJudgementRow {
    SampleJudgementRow {
        group_id: GroupId::from_bytes(uuid(number)),
        judged_idx,
        oin: oin(organisation),
        user_id: user("fg-1"),
        verdict: SampleVerdict::InOrder,
        judged_at: at(number),
        idx: i64::try_from(number).unwrap(),
        subject: (number == 1).then(|| subject(1)),
        content: vec![1, 2, 3],
        unread: Vec::new(),
    }
}

async fn what_was_found_is_kept_beside_what_was_found_before(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let (first, later) = (judgement(21, (1, 9)), judgement(22, (1, 9)));
    let (elsewhere, other) = (judgement(23, (2, 9)), judgement(1, (1, 8)));
    for row in [&later, &first, &elsewhere, &other] {
        tx.insert_sample_judgement(row).await.unwrap();
    }
    assert_eq!(tx.sample_judgements(&oin(1), 9).await.unwrap(), [first, later]);
    assert_eq!(tx.sample_judgements(&oin(1), 8).await.unwrap(), [other]);
    assert_eq!(tx.sample_judgements(&oin(2), 8).await.unwrap(), []);
}

async fn an_entry_that_was_looked_into_is_told_once_to_those_whom_it_concerns(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (number, of) in [(1, (1, 3)), (2, (1, 3)), (3, (2, 4)), (4, (1, 5))] {
        tx.insert_sample_judgement(&judgement(number, of)).await.unwrap();
    }
    let states = [SignalState::Explained, SignalState::Incident, SignalState::Suppressed];
    for (number, state) in (1..).zip(states.into_iter().chain([SignalState::Open])) {
        let other_oin = (number == 1).then(|| oin(3));
        let row = SignalRow { state, other_oin, ..signal(number) };
        tx.insert_signal(&row).await.unwrap();
        let idx = 4 + i64::try_from(number).unwrap();
        for idx in [idx, 20 + idx] {
            tx.add_signal_entry(SignalId::from_bytes(uuid(number)), idx).await.unwrap();
        }
    }
    let range = (0, 20);
    let own = tx.entries_looked_into(Some(&oin(1)), range, 9).await.unwrap();
    assert_eq!(own, [6, 5, 3], "judged twice, or judged and of a signal, counts once");
    assert_eq!(tx.entries_looked_into(Some(&oin(2)), range, 9).await.unwrap(), [4]);
    assert_eq!(tx.entries_looked_into(Some(&oin(3)), range, 9).await.unwrap(), [5]);
    assert_eq!(tx.entries_looked_into(None, range, 9).await.unwrap(), [6, 5, 4, 3]);
    assert_eq!(tx.entries_looked_into(None, range, 2).await.unwrap(), [6, 5]);
    assert_eq!(tx.entries_looked_into(None, (4, 6), 9).await.unwrap(), [5, 4]);
    assert_eq!(tx.entries_looked_into(None, (4, 40), 9).await.unwrap(), [26, 25, 6, 5, 4]);
}

async fn the_newest_judgement_of_each_organisation_decides(fixture: Fixture) {
    let (asks, wrong) = (SampleVerdict::InquiryNeeded, SampleVerdict::NotInOrder);
    let mut tx = fixture.write().await;
    for (number, of, verdict) in [
        (1, (1, 3), asks),
        (2, (1, 4), SampleVerdict::InOrder),
        (3, (1, 4), asks),
        (4, (1, 5), asks),
        (5, (1, 5), wrong),
        (6, (2, 3), SampleVerdict::InOrder),
        (7, (2, 4), asks),
    ] {
        let row = SampleJudgementRow { verdict, ..judgement(number, of) };
        tx.insert_sample_judgement(&row).await.unwrap();
    }
    for (party, expected) in [(Some(1), vec![5]), (Some(2), vec![3]), (None, vec![5, 3])] {
        let party = party.map(oin);
        let found = tx.entries_looked_into(party.as_ref(), (0, 20), 9).await.unwrap();
        assert_eq!(found, expected, "{party:?}");
    }
}

async fn what_was_found_ends_with_the_entry(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in [1, 2] {
        tx.insert_sample_judgement(&judgement(number, (1, 9))).await.unwrap();
    }
    assert_eq!(tx.purge_signals((at(2), at(2).date()), 10).await.unwrap(), 1);
    let left = tx.sample_judgements(&oin(1), 9).await.unwrap();
    assert_eq!(left, [judgement(2, (1, 9))], "not past its term");
}

async fn what_was_looked_into_is_found_by_index(fixture: Fixture) {
    let mut tx = fixture.write().await;
    if matches!(fixture.place, super::Place::Postgres { .. }) {
        // Small tables are read whole there; this asks what could be used.
        tx.query("SET LOCAL enable_seqscan = off").execute().await.unwrap();
    }
    let all = tx.query(explained(LOOKED_INTO.into())).bind(1_i64).bind(9_i64).bind(5_i64);
    let plan = plan_of(all, &fixture.place).await;
    let asked = tx.query(explained(LOOKED_INTO_OF_PARTY.into())).bind(oin(1));
    let own = plan_of(asked.bind(1_i64).bind(9_i64).bind(5_i64), &fixture.place).await;
    for (plan, judged) in [(plan, "sample_judgements_by_entry"), (own, "sample_judgements_of")] {
        assert!(plan.contains(judged), "{judged}: {plan}");
        // PostgreSQL may begin with the signals that are closed where these are fewer.
        if matches!(fixture.place, super::Place::Sqlite(_)) {
            assert!(plan.contains("signal_entries_of_entry"), "{plan}");
        }
    }
}
