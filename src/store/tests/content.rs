//! Content that nobody needs any more: what is emptied, and what stays.

use crate::domain::deadline::DeadlineKind;
use crate::domain::id::{GroupId, ReferralId, RequestId, ShareId};
use crate::domain::referral::State;
use crate::store::content::{ANSWERS, ENDED, REFERRALS, SHARES, SUMMARIES};
use crate::store::{
    DeadlineRow, EmptiedContent, Moved, PartRow, RequestRow, RestsOn, RevisionRow, SealedAnswer,
    ShareRow, Transition, Tx,
};

use super::samples::{case, case_ref, oin, referral, subject, user, uuid};
use super::{Fixture, at, explained, leaked, on_both_databases, plan_of};

on_both_databases!(
    a_referral_is_emptied_when_nothing_is_owed_of_it_any_more,
    a_referral_stays_until_it_is_told_that_somebody_was_informed_late,
    a_referral_that_is_linked_to_a_closed_case_waits_until_that_is_taken_up,
    a_referral_that_nobody_took_over_is_emptied_after_its_end,
    a_version_of_a_summary_is_emptied_when_it_does_not_count_any_more,
    answers_that_disclosed_are_emptied_and_no_others,
    shares_that_are_over_are_emptied,
    a_batch_is_no_longer_than_its_limit,
    what_is_to_be_emptied_is_found_by_index,
);

const BEFORE: u64 = 1_000;

async fn empty(tx: &mut Tx) -> EmptiedContent {
    tx.empty_content(at(BEFORE), at(2_000), 100).await.unwrap()
}

/// A referral that was taken over, triaged to another team, answered, and of which everybody knows.
async fn done(tx: &mut Tx, number: u64) {
    tx.insert_referral(&referral(number)).await.unwrap();
    change(tx, number, "state = 7, next_due_at = NULL, triage_outcome = 5").await;
    tx.query("UPDATE referrals SET acknowledged_at = $2 WHERE referral_id = $1")
        .bind(ReferralId::from_bytes(uuid(number)))
        .bind(at(BEFORE - 1))
        .execute_one()
        .await
        .unwrap();
}

async fn change(tx: &mut Tx, number: u64, what: &str) {
    let sql = format!("UPDATE referrals SET {what} WHERE referral_id = $1");
    let id = ReferralId::from_bytes(uuid(number));
    tx.query(leaked(&sql, &sql)).bind(id).execute_one().await.unwrap();
}

async fn is_empty(tx: &mut Tx, number: u64) -> bool {
    let id = ReferralId::from_bytes(uuid(number));
    tx.referral(id).await.unwrap().unwrap().content.is_empty()
}

async fn a_referral_is_emptied_when_nothing_is_owed_of_it_any_more(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=8 {
        done(&mut tx, number).await;
    }
    for (number, owed) in [
        (1, "state = 6"),
        (2, "next_due_at = 1"),
        (3, "first_contact_due_at = 1"),
        (4, "triage_outcome = 1"),
        (5, "triage_outcome = 4"),
    ] {
        change(&mut tx, number, owed).await;
    }
    // Somebody of 6 is still to be informed; 7 was taken over later; 8 is done.
    let about = [&uuid(6)[..], subject(1).as_bytes()].concat();
    let kind = DeadlineKind::InformSubject;
    let duty = DeadlineRow::starting(kind, &about, &oin(2), (at(1), at(90)));
    tx.open_deadline(&duty).await.unwrap();
    let seventh = ReferralId::from_bytes(uuid(7));
    tx.query("UPDATE referrals SET acknowledged_at = $2 WHERE referral_id = $1")
        .bind(seventh)
        .bind(at(BEFORE))
        .execute_one()
        .await
        .unwrap();
    // One that nobody took over has no such moment at all.
    tx.insert_referral(&referral(9)).await.unwrap();
    assert_eq!(empty(&mut tx).await, EmptiedContent { referrals: 1, ..EmptiedContent::default() });
    for number in 1..=9 {
        assert_eq!(is_empty(&mut tx, number).await, number == 8, "{number}");
    }
    // What was owed is done.
    change(&mut tx, 3, "first_contact_at = 1").await;
    change(&mut tx, 4, "investigation_closed_at = 1").await;
    tx.record_case(&case(5)).await.unwrap();
    tx.meet_deadline(kind, &about, at(80)).await.unwrap();
    assert_eq!(empty(&mut tx).await.referrals, 4);
    for number in 1..=9 {
        let emptied = [3, 4, 5, 6, 8].contains(&number);
        assert_eq!(is_empty(&mut tx, number).await, emptied, "{number}");
    }
    assert_eq!(empty(&mut tx).await, EmptiedContent::default(), "once");
}

async fn a_referral_stays_until_it_is_told_that_somebody_was_informed_late(fixture: Fixture) {
    let mut tx = fixture.write().await;
    done(&mut tx, 1).await;
    let about = [&uuid(1)[..], subject(1).as_bytes()].concat();
    let kind = DeadlineKind::InformSubject;
    let duty = DeadlineRow::starting(kind, &about, &oin(2), (at(1), at(90)));
    tx.open_deadline(&duty).await.unwrap();
    tx.meet_deadline(kind, &about, at(91)).await.unwrap();
    assert_eq!(empty(&mut tx).await, EmptiedContent::default());
    let late = tx.due_deadlines(at(BEFORE), 10).await.unwrap();
    assert_eq!(tx.escalate_deadlines(&late, at(BEFORE)).await.unwrap().len(), 1);
    assert_eq!(empty(&mut tx).await.referrals, 1);
}

async fn a_referral_that_is_linked_to_a_closed_case_waits_until_that_is_taken_up(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let place = async |tx: &mut Tx, state: u64| {
        let sql = format!("UPDATE cases SET state = {state}");
        tx.query(leaked(&sql, &sql)).execute_one().await.unwrap();
    };
    tx.record_case(&case(100)).await.unwrap();
    for (number, linked, state) in [(1, 50, 8), (2, 70, 9), (3, 80, 11), (4, 90, 10)] {
        done(&mut tx, number).await;
        change(&mut tx, number, "triage_outcome = 4").await;
        let id = ReferralId::from_bytes(uuid(number));
        place(&mut tx, state).await;
        tx.link_case_referral(&case_ref(100), id, at(linked)).await.unwrap();
        let expected = u64::from(state == 8);
        assert_eq!(empty(&mut tx).await.referrals, expected, "{number}");
    }
    // The case was taken up at 75 and closed again at 85: 4 came after that.
    moved(&mut tx, (100, 1), 75).await;
    assert_eq!(empty(&mut tx).await.referrals, 1);
    moved(&mut tx, (100, 2), 85).await;
    assert_eq!(empty(&mut tx).await.referrals, 1);
    assert!(!is_empty(&mut tx, 4).await);
    place(&mut tx, 12).await;
    assert_eq!(empty(&mut tx).await.referrals, 1);
}

async fn a_referral_that_nobody_took_over_is_emptied_after_its_end(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=5 {
        tx.insert_referral(&referral(number)).await.unwrap();
        change(&mut tx, number, "state = 3").await;
    }
    let id = |number| ReferralId::from_bytes(uuid(number));
    let ended_at = |when| Some(at(when));
    let with = Transition { ended_at: ended_at(BEFORE - 1), ..Transition::default() };
    tx.update_referral(id(1), State::Delivered, State::Withdrawn, &with).await.unwrap();
    let returned = |number, when| Moved {
        ended_at: ended_at(when),
        ..Moved::new(id(number), State::Delivered, State::Returned)
    };
    tx.move_referrals(&[returned(2, BEFORE - 1), returned(3, BEFORE)]).await.unwrap();
    change(&mut tx, 4, "state = 9").await;
    for left in [1, 1, 0] {
        let emptied = tx.empty_content(at(BEFORE), at(2_000), 1).await.unwrap();
        assert_eq!(emptied, EmptiedContent { referrals: left, ..EmptiedContent::default() });
    }
    for number in 1..=5 {
        assert_eq!(is_empty(&mut tx, number).await, number <= 2, "{number}");
    }
}

fn revision(author: u64, revision: i64, published: u64) -> RevisionRow {
    RevisionRow {
        case_ref: case_ref(1),
        author_oin: oin(author),
        revision,
        categories: 1,
        published_at: at(published),
        published_by: user("u.bakker"),
        retracted_at: None,
        content_purged_at: None,
    }
}

async fn publish(tx: &mut Tx, row: &RevisionRow) {
    let part =
        PartRow { position: 0, category: 3, subjects: vec![7; 64], content: vec![0, 128, 255] };
    tx.insert_revision(row, &[part]).await.unwrap();
}

async fn left(tx: &mut Tx, rows: &[RevisionRow]) -> Vec<bool> {
    let mut left = Vec::new();
    for row in rows {
        let now = tx.revision(&row.case_ref, &row.author_oin, row.revision).await.unwrap().unwrap();
        let has_content = tx.parts(row).await.unwrap().iter().all(|part| !part.content.is_empty());
        assert_eq!(has_content, now.content_purged_at.is_none());
        left.push(has_content);
    }
    left
}

fn share(number: u64, expires: u64, is_emergency: i64) -> ShareRow {
    ShareRow {
        share_id: ShareId::from_bytes(uuid(number)),
        case_ref: case_ref(1),
        author_oin: oin(1),
        revision: 1,
        recipient_oin: oin(2),
        group_id: GroupId::from_bytes(uuid(number)),
        shared_at: at(1),
        expires_at: at(expires),
        is_emergency,
        ended_at: None,
        subjects: vec![7; 64],
        content: vec![0, 128, 255],
    }
}

async fn a_version_of_a_summary_is_emptied_when_it_does_not_count_any_more(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.record_case(&case(1)).await.unwrap();
    // The first two of author 1 were followed, the second too lately; author 2 has only one.
    let rows = [
        revision(1, 1, 10),
        revision(1, 2, 20),
        revision(1, 3, BEFORE),
        revision(2, 1, 10),
        revision(3, 1, 10),
    ];
    for row in &rows {
        publish(&mut tx, row).await;
    }
    tx.retract_revisions(&case_ref(1), &oin(3), at(BEFORE - 1)).await.unwrap();
    // Somebody may still read the first.
    tx.insert_share(&share(1, BEFORE, 0)).await.unwrap();
    assert_eq!(empty(&mut tx).await.summaries, 1);
    assert_eq!(left(&mut tx, &rows).await, [true, true, true, true, false]);
    tx.query("UPDATE shares SET expires_at = 5").execute_one().await.unwrap();
    assert_eq!(empty(&mut tx).await.summaries, 1);
    assert_eq!(left(&mut tx, &rows).await, [false, true, true, true, false]);
    // A case that was closed lately keeps what counts; one that was closed long ago does not.
    tx.query("UPDATE cases SET state = 9").execute_one().await.unwrap();
    moved(&mut tx, (1, 1), BEFORE).await;
    assert_eq!(empty(&mut tx).await.summaries, 0);
    tx.query("UPDATE case_history SET at = 1").execute_one().await.unwrap();
    assert_eq!(empty(&mut tx).await.summaries, 2);
    assert_eq!(left(&mut tx, &rows).await, [false, false, true, false, false]);
}

async fn moved(tx: &mut Tx, (case, version): (u64, i64), when: u64) {
    tx.query(
        "INSERT INTO case_history (case_ref, version, at, moved, state, phase, child_count,
                children_spoken, agreement_count, family_owned_count, secured_count, broken_count,
                violence_stopped)
         VALUES ($1, $2, $3, 1, 9, 1, 0, 0, 0, 0, 0, 0, 0)",
    )
    .bind(case_ref(case))
    .bind(version)
    .bind(at(when))
    .execute_one()
    .await
    .unwrap();
}

async fn keep(tx: &mut Tx, number: u64, until: Option<u64>) -> RequestRow {
    let row = RequestRow {
        caller: oin(1),
        request_id: RequestId::from_bytes(uuid(number)),
        method: "RequestSummary",
        body_digest: [4; 32],
    };
    let rests_on = until.map(|until| RestsOn {
        case_ref: case_ref(1),
        facts_version: 1,
        directory_version: 1,
        until: at(until),
    });
    let answer = SealedAnswer { response: vec![9; 9], owners: vec![1; 32], rests_on };
    tx.insert_answer(&row, answer, at(1)).await.unwrap();
    row
}

async fn answers_that_disclosed_are_emptied_and_no_others(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let old = keep(&mut tx, 1, Some(BEFORE - 1)).await;
    let young = keep(&mut tx, 2, Some(BEFORE)).await;
    let other = keep(&mut tx, 3, None).await;
    tx.commit().await.unwrap();
    let mut tx = fixture.write().await;
    assert_eq!(empty(&mut tx).await, EmptiedContent { answers: 1, ..EmptiedContent::default() });
    for (row, is_left) in [(&old, false), (&young, true), (&other, true)] {
        let kept = tx.answer(&row.caller, row.request_id).await.unwrap().unwrap();
        assert_eq!((kept.response.is_empty(), kept.owners.is_empty()), (!is_left, !is_left));
        assert_eq!(kept.body_digest, row.body_digest, "the request id stays taken");
    }
    assert_eq!(empty(&mut tx).await, EmptiedContent::default(), "once");
}

async fn shares_that_are_over_are_emptied(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for row in [share(1, 10, 0), share(2, 10, 1), share(3, BEFORE, 0)] {
        tx.insert_share(&row).await.unwrap();
    }
    // The end of the emergency is not written down yet.
    assert_eq!(empty(&mut tx).await, EmptiedContent { shares: 1, ..EmptiedContent::default() });
    tx.end_share(share(2, 10, 1).share_id, at(20)).await.unwrap();
    assert_eq!(empty(&mut tx).await.shares, 1);
    for (number, is_left) in [(1, false), (2, false), (3, true)] {
        let row = tx.share(share(number, 10, 0).share_id).await.unwrap().unwrap();
        assert_eq!((!row.content.is_empty(), row.subjects.len()), (is_left, 64), "{number}");
    }
}

async fn a_batch_is_no_longer_than_its_limit(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=3 {
        done(&mut tx, number).await;
        tx.insert_share(&share(number, number, 0)).await.unwrap();
    }
    for left in [2, 1] {
        let emptied = tx.empty_content(at(BEFORE), at(2_000), left).await.unwrap();
        assert_eq!((emptied.referrals, emptied.shares), (u64::from(left), u64::from(left)));
    }
}

async fn what_is_to_be_emptied_is_found_by_index(fixture: Fixture) {
    let mut tx = fixture.write().await;
    if matches!(fixture.place, super::Place::Postgres { .. }) {
        // Small tables are read whole there; this asks what could be used.
        tx.query("SET LOCAL enable_seqscan = off").execute().await.unwrap();
    }
    for (sql, indexes) in [
        (
            REFERRALS,
            &["referrals_with_content", "cases_by_referral", "case_referrals_by_referral"][..],
        ),
        (ENDED.into(), &["referrals_ended_with_content"]),
        (SUMMARIES.into(), &["summaries_with_content", "shares_of_summary"]),
        (ANSWERS.into(), &["requests_with_content"]),
        (SHARES.into(), &["shares_with_content"]),
    ] {
        let asked = tx.query(explained(sql)).bind(at(1)).bind(10_i64);
        let plan = plan_of(asked, &fixture.place).await;
        for index in indexes {
            assert!(plan.contains(index), "{index} is not used:\n{plan}");
        }
        for scan in ["Seq Scan", "SCAN d", "SCAN c", "SCAN l", "SCAN k", "SCAN h"] {
            assert!(!plan.contains(scan), "{scan}:\n{plan}");
        }
    }
}
