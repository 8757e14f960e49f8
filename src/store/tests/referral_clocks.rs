//! The clocks of referrals: brought up by the first moment, taken once, moved on.

use crate::domain::deadline::{DeadlineKind, PostponementReason, Told};
use crate::domain::id::ReferralId;
use crate::domain::referral::State;
use crate::store::db::Sql;
use crate::store::referrals::clocks::{DUE, MOVE_ON, NEXT};
use crate::store::{ClocksLookedAt, PostponementRow, ReferralRow, Transition};

use super::samples::{referral, subject, user, uuid};
use super::{Fixture, at, explained, on_both_databases, plan_of};

on_both_databases!(
    a_referral_comes_up_when_its_first_moment_has_passed,
    clocks_are_moved_on_once_and_only_as_they_were_read,
    a_triage_brings_the_next_look_forward_and_never_back,
    what_stops_a_clock_is_recorded_once,
    postponements_are_kept_by_person,
    looking_for_due_referrals_reads_nothing_else,
);

fn id(number: u64) -> ReferralId {
    ReferralId::from_bytes(uuid(number))
}

fn looked(number: u64) -> ClocksLookedAt {
    let row = referral(number);
    ClocksLookedAt {
        referral_id: row.referral_id,
        state: row.state,
        first_contact_at: None,
        investigation_closed_at: None,
        due_at: row.ack_due_at,
        next_due_at: Some(at(500)),
        told: Told::default().with(DeadlineKind::Acknowledgement),
    }
}

async fn a_referral_comes_up_when_its_first_moment_has_passed(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.next_referral_due().await.unwrap(), None);
    for number in [2, 1] {
        tx.insert_referral(&referral(number)).await.unwrap();
    }
    tx.insert_referral(&ReferralRow { next_due_at: None, ..referral(3) }).await.unwrap();
    assert_eq!(tx.next_referral_due().await.unwrap(), Some(at(61)));
    assert_eq!(tx.referrals_due(at(61), 10).await.unwrap(), []);
    assert_eq!(tx.referrals_due(at(62), 10).await.unwrap(), [referral(1)]);
    assert_eq!(tx.referrals_due(at(99), 10).await.unwrap(), [referral(1), referral(2)]);
    assert_eq!(tx.referrals_due(at(99), 1).await.unwrap(), [referral(1)]);
}

async fn clocks_are_moved_on_once_and_only_as_they_were_read(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=4 {
        tx.insert_referral(&referral(number)).await.unwrap();
    }
    assert_eq!(tx.move_clocks_on(&[]).await.unwrap(), []);
    assert_eq!(tx.move_clocks_on(&[looked(1)]).await.unwrap(), [id(1)]);
    assert_eq!(tx.move_clocks_on(&[looked(1)]).await.unwrap(), []);
    let moved = tx.referral(id(1)).await.unwrap().unwrap();
    assert_eq!(moved.next_due_at, Some(at(500)));
    assert!(moved.told().unwrap().has(DeadlineKind::Acknowledgement));
    assert!(!moved.told().unwrap().has(DeadlineKind::Triage));
    // Acknowledged, and spoken with, since they were read.
    let to = State::Delivered;
    tx.update_referral(id(2), State::Routed, to, &Transition::default()).await.unwrap();
    assert!(tx.record_first_contact(id(3), at(9)).await.unwrap());
    assert_eq!(tx.move_clocks_on(&[looked(2), looked(3)]).await.unwrap(), []);
    let done = ClocksLookedAt { next_due_at: None, ..looked(4) };
    assert_eq!(tx.move_clocks_on(&[done]).await.unwrap(), [id(4)]);
    assert_eq!(tx.referral(id(4)).await.unwrap().unwrap().next_due_at, None);
}

async fn a_triage_brings_the_next_look_forward_and_never_back(fixture: Fixture) {
    let mut tx = fixture.write().await;
    // Kept, due before, due after.
    for (number, next, feedback, expected) in
        [(1, Some(50), 40, 40), (2, Some(30), 40, 30), (3, None, 40, 40)]
    {
        let row = ReferralRow { next_due_at: next.map(at), ..referral(number) };
        tx.insert_referral(&row).await.unwrap();
        let with = Transition {
            feedback_due_at: Some(at(feedback)),
            investigation_due_at: Some(at(700)),
            ..Transition::default()
        };
        tx.update_referral(id(number), State::Routed, State::Triaged, &with).await.unwrap();
        let row = tx.referral(id(number)).await.unwrap().unwrap();
        assert_eq!(row.next_due_at, Some(at(expected)), "{number}");
        assert_eq!(row.investigation_due_at, Some(at(700)));
        let nothing = Transition::default();
        tx.update_referral(id(number), State::Triaged, State::Closed, &nothing).await.unwrap();
        let after = tx.referral(id(number)).await.unwrap().unwrap();
        assert_eq!(after.next_due_at, Some(at(expected)), "{number}");
    }
}

async fn what_stops_a_clock_is_recorded_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.insert_referral(&referral(1)).await.unwrap();
    assert!(tx.record_first_contact(id(1), at(9)).await.unwrap());
    assert!(!tx.record_first_contact(id(1), at(10)).await.unwrap());
    assert!(!tx.record_first_contact(id(2), at(9)).await.unwrap());
    assert!(!tx.close_investigation(id(1), at(9)).await.unwrap(), "none runs");
    let with = Transition { investigation_due_at: Some(at(700)), ..Transition::default() };
    tx.update_referral(id(1), State::Routed, State::Triaged, &with).await.unwrap();
    assert!(tx.close_investigation(id(1), at(11)).await.unwrap());
    assert!(!tx.close_investigation(id(1), at(12)).await.unwrap());
    let row = tx.referral(id(1)).await.unwrap().unwrap();
    assert_eq!(row.first_contact_at, Some(at(9)));
    assert_eq!(row.investigation_closed_at, Some(at(11)));
}

async fn postponements_are_kept_by_person(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = |person, until| PostponementRow {
        referral_id: id(1),
        subject: subject(person),
        until_at: at(until),
        reason: PostponementReason::EndViolence,
        decided_at: at(1),
        decided_by: user("u-1"),
        supervisor_user_id: user("u-2"),
        content: vec![7; 9],
    };
    for (person, until) in [(2, 60), (1, 90), (1, 60)] {
        tx.insert_postponement(&row(person, until)).await.unwrap();
    }
    let all = [row(1, 60), row(1, 90), row(2, 60)];
    assert_eq!(tx.postponements(id(1), 10).await.unwrap(), all);
    assert_eq!(tx.postponements(id(1), 1).await.unwrap(), all[..1]);
    assert_eq!(tx.postponements(id(2), 10).await.unwrap(), []);
    let other = PostponementRow { referral_id: id(2), ..row(1, 60) };
    tx.insert_postponement(&other).await.unwrap();
    for (person, moment, postponed) in
        [(1, 59, vec![1, 2]), (1, 89, vec![1]), (1, 90, vec![]), (2, 89, vec![]), (3, 1, vec![])]
    {
        let found = tx.informing_postponed(subject(person), at(moment), 10).await.unwrap();
        let expected: Vec<_> = postponed.into_iter().map(|number| (id(number),)).collect();
        assert_eq!(found, expected, "{person} at {moment}");
    }
    assert_eq!(tx.informing_postponed(subject(1), at(1), 1).await.unwrap(), [(id(1),)]);
}

/// Referrals by the thousand, of which one in fifty has a clock that may still be missed.
const FILL: Sql = Sql {
    sqlite: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO referrals (referral_id, sender_oin, request_id, recipient_oin, team_id,
                    routing_version, state, urgency, effective_urgency, gemeentecode, body_digest,
                    submitted_at, ack_due_at, inform_subject_due_at, next_due_at, repeat_index,
                    violence_kinds, with_children, address, subjects, receipt, content)
             SELECT randomblob(16), 'a', randomblob(16), 'b', 'c', 'd', 7, 2, 2, '0518',
                    randomblob(32), i, i, i, CASE WHEN i % 50 = 0 THEN i END, 1, 1, 0,
                    randomblob(32), randomblob(32), 'e', randomblob(200)
               FROM n",
    postgres: "INSERT INTO referrals (referral_id, sender_oin, request_id, recipient_oin, team_id,
                    routing_version, state, urgency, effective_urgency, gemeentecode, body_digest,
                    submitted_at, ack_due_at, inform_subject_due_at, next_due_at, repeat_index,
                    violence_kinds, with_children, address, subjects, receipt, content)
             SELECT uuid_send(gen_random_uuid()), 'a', uuid_send(gen_random_uuid()), 'b', 'c', 'd',
                    7, 2, 2, '0518', uuid_send(gen_random_uuid()), i, i, i,
                    CASE WHEN i % 50 = 0 THEN i END, 1, 1, 0, uuid_send(gen_random_uuid()),
                    uuid_send(gen_random_uuid()), 'e', uuid_send(gen_random_uuid())
               FROM generate_series(1, 20000) AS n (i)",
};

async fn looking_for_due_referrals_reads_nothing_else(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.query(FILL).execute().await.unwrap();
    tx.query("ANALYZE referrals").execute().await.unwrap();
    let due = tx.query(explained(DUE.into())).bind(at(1)).bind(64_i64);
    uses(&plan_of(due, &fixture.place).await, "referrals_by_next_due");
    let next = tx.query(explained(NEXT.into()));
    uses(&plan_of(next, &fixture.place).await, "referrals_by_next_due");
    let rows = r#"[["00000000000000000000000000000001",2,null,null,1,2,1]]"#.to_owned();
    let move_on = tx.query(explained(MOVE_ON)).bind(rows);
    let plan = plan_of(move_on, &fixture.place).await;
    let by_key = ["referrals_pkey", "sqlite_autoindex_referrals_1", "referrals_by_next_due"];
    assert!(by_key.iter().any(|key| plan.contains(key)), "{plan}");
}

fn uses(plan: &str, index: &str) {
    assert!(plan.contains(index), "{index} is not used:\n{plan}");
    for scan in ["Seq Scan", "SCAN referrals\n", "TEMP B-TREE", "Sort"] {
        assert!(!plan.contains(scan), "{scan}:\n{plan}");
    }
}
