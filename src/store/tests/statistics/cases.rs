//! Sums about the course of cases and about requests of data subjects.

use crate::domain::case::{CaseState, SafetyPhase};
use crate::domain::id::SubjectRequestId;
use crate::domain::time::Timestamp;
use crate::store::{
    CaseRow, ContactRow, HistoryRow, OpenedRow, ReferralRow, ReleasedRow, StayRow,
    SubjectRequestRow, Tx,
};

use super::super::samples::{case, case_ref, oin, referral, subject, uuid};
use super::super::{Fixture, at, on_both_databases};
use super::{FROM, UNTIL, bounds, tally};

on_both_databases!(
    cases_count_from_their_opening_on_as_they_stood_before_the_end,
    a_case_that_was_let_go_counts_once_by_its_last_release,
    a_release_is_reopened_within_365_days_and_not_at_their_end,
    a_stay_ends_with_another_phase_or_with_the_case,
    first_contacts_come_page_by_page_in_the_order_of_their_moments,
    requests_count_by_their_moments_and_not_once_taken_back,
);

use CaseState::{Monitoring, NoFurtherAction, Released, Reopened, Transferred, Triaged};
use SafetyPhase::{DirectSafety, RecoveryCare, RiskDrivenCare};

const DAY: u64 = 24 * 3600;

/// A case in a municipality, opened at a moment, with its referral.
async fn open(tx: &mut Tx, number: u64, gemeentecode: &str, opened: u64) {
    let gemeentecode = gemeentecode.parse().unwrap();
    tx.insert_referral(&ReferralRow { gemeentecode, ..referral(number) }).await.unwrap();
    let row = CaseRow { opened_at: at(opened), ..case(number) };
    assert!(tx.record_case(&row).await.unwrap());
}

/// What is kept of a case at a moment.
fn row(
    number: u64,
    version: i64,
    moment: u64,
    (state, phase): (CaseState, SafetyPhase),
) -> HistoryRow {
    HistoryRow {
        case_ref: case_ref(number),
        version,
        at: at(moment),
        moved: 1,
        state,
        phase,
        first_contact_at: None,
        child_count: 0,
        children_spoken: 0,
        agreement_count: 0,
        family_owned_count: 0,
        secured_count: 0,
        broken_count: 0,
        first_scale: None,
        last_scale: None,
        violence_stopped: 0,
    }
}

/// The course of a case: each move with its moment.
async fn course(tx: &mut Tx, number: u64, moves: &[(u64, CaseState, SafetyPhase)]) {
    for (version, (moment, state, phase)) in (1..).zip(moves) {
        tx.insert_history(&row(number, version, *moment, (*state, *phase))).await.unwrap();
    }
}

async fn cases_count_from_their_opening_on_as_they_stood_before_the_end(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (number, gemeentecode, opened) in [
        (1, "0518", FROM),
        (2, "0518", UNTIL - 1),
        (3, "0503", FROM + 1),
        (4, "0518", FROM - 1),
        (5, "0518", UNTIL),
    ] {
        open(&mut tx, number, gemeentecode, opened).await;
    }
    // Went to phase 3, was let go and taken up again: what was reached and said before is not lost.
    for (version, moment, what, children, spoken) in [
        (1, FROM, (Triaged, DirectSafety), 3, 0),
        (2, FROM + 1, (Monitoring, RecoveryCare), 3, 2),
        (3, FROM + 2, (Released, RecoveryCare), 2, 2),
        (4, FROM + 3, (Reopened, DirectSafety), 2, 0),
    ] {
        let (child_count, children_spoken) = (children, spoken);
        let kept = HistoryRow { child_count, children_spoken, ..row(1, version, moment, what) };
        tx.insert_history(&kept).await.unwrap();
    }
    // After the end it went on, and the children were spoken with.
    course(&mut tx, 2, &[(UNTIL - 1, Triaged, DirectSafety)]).await;
    let late = row(2, 2, UNTIL, (Released, RiskDrivenCare));
    tx.insert_history(&HistoryRow { child_count: 1, children_spoken: 1, ..late }).await.unwrap();
    course(
        &mut tx,
        3,
        &[(FROM + 1, Triaged, DirectSafety), (FROM + 2, Monitoring, RiskDrivenCare)],
    )
    .await;
    course(&mut tx, 4, &[(FROM - 1, Triaged, DirectSafety)]).await;
    course(&mut tx, 5, &[(UNTIL, Triaged, DirectSafety)]).await;

    let opened = |gemeentecode: &str, phase, released, children, children_spoken| OpenedRow {
        gemeentecode: gemeentecode.parse().unwrap(),
        phase,
        released,
        number: 1,
        children,
        children_spoken,
    };
    let expected = [
        opened("0503", RiskDrivenCare, 0, 0, 0),
        opened("0518", DirectSafety, 0, 0, 0),
        opened("0518", RecoveryCare, 1, 3, 2),
    ];
    assert_eq!(tx.cases_opened(bounds()).await.unwrap(), expected);
}

async fn a_case_that_was_let_go_counts_once_by_its_last_release(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 1..=5 {
        open(&mut tx, number, "0518", 0).await;
    }
    let released = |number, version, moment, scales: Option<(i64, i64)>, stopped| HistoryRow {
        first_scale: scales.map(|(first, _)| first),
        last_scale: scales.map(|(_, last)| last),
        violence_stopped: stopped,
        ..row(number, version, moment, (Released, RecoveryCare))
    };
    for row in [
        // Let go twice in the period.
        released(1, 1, FROM, Some((2, 9)), 0),
        released(1, 3, UNTIL - 1, Some((4, 8)), 1),
        // Its numbers changed after the release: that is no other release.
        released(2, 1, FROM, Some((4, 8)), 1),
        HistoryRow { moved: 0, violence_stopped: 0, ..released(2, 2, FROM + 1, None, 0) },
        // Less safe than before; never rated.
        released(3, 1, FROM, Some((5, 3)), 1),
        released(4, 1, FROM, None, 0),
        // Outside of the period.
        released(5, 1, FROM - 1, Some((1, 2)), 1),
        released(5, 2, UNTIL, Some((1, 2)), 1),
        row(5, 3, FROM, (Transferred, DirectSafety)),
    ] {
        tx.insert_history(&row).await.unwrap();
    }
    let expected = |violence_stopped, scale_change, number| ReleasedRow {
        gemeentecode: "0518".parse().unwrap(),
        violence_stopped,
        scale_change,
        number,
    };
    let expected = [expected(0, None, 1), expected(1, Some(-2), 1), expected(1, Some(4), 2)];
    assert_eq!(tx.cases_released(bounds()).await.unwrap(), expected);
}

async fn a_release_is_reopened_within_365_days_and_not_at_their_end(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let after_a_year = FROM + 365 * DAY;
    let moves: [&[(u64, CaseState, SafetyPhase)]; 6] = [
        &[(FROM, Released, RecoveryCare), (after_a_year - 1, Reopened, DirectSafety)],
        &[(FROM, Released, RecoveryCare), (after_a_year, Reopened, DirectSafety)],
        &[(FROM, Released, RecoveryCare)],
        // Twice in the period: one case.
        &[
            (FROM, Released, RecoveryCare),
            (FROM + 1, Reopened, DirectSafety),
            (FROM + 2, Released, RecoveryCare),
        ],
        // Reopened before it was let go in the period; not let go at all.
        &[
            (FROM - 2, Released, RecoveryCare),
            (FROM - 1, Reopened, DirectSafety),
            (FROM, Released, RecoveryCare),
        ],
        &[(FROM, NoFurtherAction, DirectSafety), (FROM + 1, Reopened, DirectSafety)],
    ];
    for (number, moves) in (1..).zip(moves) {
        open(&mut tx, number, "0518", 0).await;
        course(&mut tx, number, moves).await;
    }
    let expected = [tally("0518", 0, 3, 3), tally("0518", 1, 2, 2)];
    assert_eq!(tx.cases_reopened(bounds()).await.unwrap(), expected);
}

async fn a_stay_ends_with_another_phase_or_with_the_case(fixture: Fixture) {
    let mut tx = fixture.write().await;
    // A period of 100 days from the tenth on.
    let period = (at(10 * DAY), at(110 * DAY));
    let half = DAY / 2;
    let moves: [&[(u64, CaseState, SafetyPhase)]; 4] = [
        // 30 days in phase 1 through two states, 10 and a half in phase 2, back in phase 1 for 4,
        // in phase 2 again for less than half a day, let go; nothing until it is taken up again.
        &[
            (0, Triaged, DirectSafety),
            (9 * DAY, Monitoring, DirectSafety),
            (30 * DAY, Monitoring, RiskDrivenCare),
            (40 * DAY + half, Monitoring, DirectSafety),
            (44 * DAY + half, Monitoring, RiskDrivenCare),
            (45 * DAY - 1, Released, RiskDrivenCare),
            (60 * DAY, Reopened, DirectSafety),
            (63 * DAY, Monitoring, DirectSafety),
            (65 * DAY, Transferred, DirectSafety),
        ],
        // A month in phase 1 that ended before the period, 80 days in phase 2.
        &[
            (0, Triaged, DirectSafety),
            (10 * DAY - 1, Monitoring, RiskDrivenCare),
            (90 * DAY - 1, Monitoring, RecoveryCare),
            (110 * DAY, Released, RecoveryCare),
        ],
        // In phase 1 as long as the other, but elsewhere; and taken up again in the phase in which it
        // ended.
        &[
            (35 * DAY, Triaged, DirectSafety),
            (65 * DAY, NoFurtherAction, DirectSafety),
            (70 * DAY, Reopened, DirectSafety),
            (80 * DAY, Transferred, DirectSafety),
        ],
        &[(50 * DAY, Triaged, DirectSafety)],
    ];
    for (number, moves) in (1..).zip(moves) {
        open(&mut tx, number, if number == 3 { "0503" } else { "0518" }, 0).await;
        course(&mut tx, number, moves).await;
    }
    // Its numbers changed, which ends nothing.
    let numbers = HistoryRow { moved: 0, ..row(4, 2, 60 * DAY, (Triaged, RiskDrivenCare)) };
    tx.insert_history(&numbers).await.unwrap();

    let stay = |gemeentecode: &str, phase, days| StayRow {
        gemeentecode: gemeentecode.parse().unwrap(),
        phase,
        days,
        number: 1,
    };
    let expected = [
        stay("0503", DirectSafety, 10),
        stay("0503", DirectSafety, 30),
        stay("0518", DirectSafety, 4),
        stay("0518", DirectSafety, 5),
        stay("0518", DirectSafety, 30),
        stay("0518", RiskDrivenCare, 0),
        stay("0518", RiskDrivenCare, 11),
        stay("0518", RiskDrivenCare, 80),
    ];
    assert_eq!(tx.phase_stays(period).await.unwrap(), expected);
}

async fn first_contacts_come_page_by_page_in_the_order_of_their_moments(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let contacts = [None, Some(FROM - 1), Some(UNTIL - 1), Some(FROM), Some(FROM), Some(UNTIL)];
    for (number, contact) in (1..).zip(contacts) {
        tx.insert_referral(&referral(number)).await.unwrap();
        if let Some(moment) = contact {
            let id = referral(number).referral_id;
            tx.record_first_contact(id, at(moment)).await.unwrap();
        }
    }
    let expected = [(4, FROM), (5, FROM), (3, UNTIL - 1)].map(|(number, moment)| ContactRow {
        gemeentecode: "0344".parse().unwrap(),
        submitted_at: at(number),
        first_contact_at: at(moment),
        referral_id: referral(number).referral_id,
    });
    assert_eq!(tx.first_contacts(bounds(), None, 9).await.unwrap(), expected);
    let mut pages: Vec<ContactRow> = Vec::new();
    for _ in 0..4 {
        let page = tx.first_contacts(bounds(), pages.last(), 1).await.unwrap();
        assert!(page.len() <= 1);
        pages.extend(page);
    }
    assert_eq!(pages, expected);
}

async fn requests_count_by_their_moments_and_not_once_taken_back(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (number, gemeentecode) in [(1, "0518"), (2, "0503")] {
        open(&mut tx, number, gemeentecode, 0).await;
    }
    let moment = |moment: u64| Some(at(moment));
    let none: Option<Timestamp> = None;
    // Whose, received, due, reported, closed, how it ended.
    let requests = [
        (1, FROM, FROM + 9, moment(FROM + 9), none, None),
        (1, FROM + 1, FROM + 9, moment(FROM + 10), moment(FROM + 11), Some(1)),
        (2, UNTIL - 1, UNTIL - 1, none, none, None),
        // Refused and told in time; taken back; taken back after the report.
        (3, FROM, FROM + 9, none, moment(FROM + 9), Some(2)),
        (4, FROM, FROM + 9, none, moment(FROM + 1), Some(3)),
        (5, FROM, FROM + 9, moment(FROM + 1), moment(FROM + 2), Some(3)),
        // Due after the period; received and due before it.
        (6, UNTIL - 1, UNTIL, none, none, None),
        (7, FROM - 2, FROM - 1, none, none, None),
    ];
    for (number, (whose, received, due, reported_at, closed_at, ending)) in (1..).zip(requests) {
        let row = SubjectRequestRow {
            subject_request_id: SubjectRequestId::from_bytes(uuid(number)),
            oin: oin(1),
            case_ref: case_ref(1),
            subject: subject(whose),
            requester: None,
            capacity: 1,
            is_mandated: 0,
            state: 1,
            verdict: 1,
            ending,
            version: 1,
            received_at: at(received),
            due_at: at(due),
            reported_at,
            closed_at,
            content: vec![1],
        };
        let id = SubjectRequestId::from_bytes(uuid(100 + number));
        let elsewhere = number == 1;
        tx.insert_subject_request(&row).await.unwrap();
        if elsewhere {
            let other = SubjectRequestRow { subject_request_id: id, case_ref: case_ref(2), ..row };
            tx.insert_subject_request(&other).await.unwrap();
        }
    }
    let received = tx.subject_requests_received(bounds()).await.unwrap();
    assert_eq!(received, [tally("0503", 1, 1, 1), tally("0518", 1, 7, 6)]);
    let due = tx.subject_requests_due(bounds()).await.unwrap();
    let expected = [tally("0503", 1, 1, 1), tally("0518", 0, 2, 2), tally("0518", 1, 3, 3)];
    assert_eq!(due, expected);
}
