//! Sums for management reports, and the reports that were published.

use crate::domain::deadline::DeadlineKind;
use crate::domain::id::{ConsentId, GroupId, ReviewId};
use crate::domain::referral::{TriageOutcome, Urgency};
use crate::domain::time::Timestamp;
use crate::store::error::Error;
use crate::store::{
    ConsentRow, DisclosureRow, MissedRow, ReferralRow, ReportRow, ReviewRow, TallyRow, Tx,
};

use super::samples::{case, case_ref, entry, oin, referral, subject, user, uuid};
use super::{Fixture, at, on_both_databases};

mod cases;
mod plans;

on_both_databases!(
    referrals_count_from_their_acknowledgement_on,
    kinds_of_violence_come_as_their_bits,
    a_supplement_is_triaged_without_a_term,
    feedback_counts_in_the_period_in_which_it_was_due,
    disclosures_count_by_basis_with_the_people_behind_them,
    people_are_asked_once_and_active_at_the_end_of_the_period,
    withdrawals_count_people_and_not_consents,
    emergencies_and_their_reviews_count_by_their_moments,
    missed_terms_count_by_kind_with_the_families_behind_them,
    versions_of_reports_are_kept_and_never_replaced,
    reports_are_listed_newest_period_first,
);

const FROM: u64 = 1_000;
const UNTIL: u64 = 2_000;

fn bounds() -> (Timestamp, Timestamp) {
    (at(FROM), at(UNTIL))
}

fn tally(gemeentecode: &str, code: i64, number: i64, units: i64) -> TallyRow {
    TallyRow { gemeentecode: gemeentecode.parse().unwrap(), code, number, units }
}

/// A referral whose later life is set by hand.
async fn keep(tx: &mut Tx, number: u64, gemeentecode: &str, change: impl FnOnce(&mut ReferralRow)) {
    let gemeentecode = gemeentecode.parse().unwrap();
    let mut row = ReferralRow { gemeentecode, ..referral(number) };
    change(&mut row);
    tx.insert_referral(&row).await.unwrap();
    tx.query(
        "UPDATE referrals SET acknowledged_at = $1, triaged_at = $2, triage_outcome = $3,
                feedback_due_at = $4, feedback_sent_at = $5 WHERE referral_id = $6",
    )
    .bind(row.acknowledged_at)
    .bind(row.triaged_at)
    .bind(row.triage_outcome)
    .bind(row.feedback_due_at)
    .bind(row.feedback_sent_at)
    .bind(row.referral_id)
    .execute_one()
    .await
    .unwrap();
}

async fn referrals_count_from_their_acknowledgement_on(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let moments = [FROM - 1, FROM, UNTIL - 1, UNTIL, FROM + 5, FROM + 6];
    for (number, moment) in (0..).zip(moments) {
        keep(&mut tx, number, "0518", |row| {
            row.acknowledged_at = Some(at(moment));
            row.ack_due_at = at(FROM + 5);
            row.with_children = 1;
            row.repeat_index = if number == 4 { 2 } else { 1 };
        })
        .await;
    }
    keep(&mut tx, 7, "0518", |_| ()).await;
    let rows = tx.referrals_acknowledged(bounds()).await.unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.urgency, row.with_children, row.repeated, row.in_time, row.number))
        .collect();
    // The one at the very moment that it was due is in time; the two after it are not.
    let urgent = Urgency::Urgent;
    assert_eq!(found, [(urgent, 1, 0, 0, 2), (urgent, 1, 0, 1, 1), (urgent, 1, 1, 1, 1)]);
}

async fn kinds_of_violence_come_as_their_bits(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (number, kinds) in (0..).zip([0b11, 0b100, 0b11]) {
        keep(&mut tx, number, "0503", |row| {
            row.acknowledged_at = Some(at(FROM));
            row.violence_kinds = kinds;
        })
        .await;
    }
    let found = tx.violence_acknowledged(bounds()).await.unwrap();
    assert_eq!(found, [tally("0503", 0b11, 2, 2), tally("0503", 0b100, 1, 1)]);
}

async fn a_supplement_is_triaged_without_a_term(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let due = [None, Some(at(FROM + 1)), Some(at(FROM + 2)), Some(at(FROM + 3))];
    for (number, due) in (0..).zip(due) {
        keep(&mut tx, number, "0518", |row| {
            row.triaged_at = Some(at(FROM + 2));
            row.triage_outcome = Some(TriageOutcome::VvtTeam);
            row.safety_assessment_due_at = due;
        })
        .await;
    }
    let rows = tx.referrals_triaged(bounds()).await.unwrap();
    let mut found: Vec<_> = rows.iter().map(|row| (row.in_time, row.number)).collect();
    found.sort_unstable();
    assert_eq!(found, [(None, 1), (Some(0), 1), (Some(1), 2)]);
}

async fn feedback_counts_in_the_period_in_which_it_was_due(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let feedback = [
        (FROM, Some(FROM)),
        (FROM + 1, Some(FROM + 2)),
        (FROM + 1, None),
        (UNTIL, Some(FROM)),
        (FROM - 1, Some(FROM - 2)),
    ];
    for (number, (due, sent)) in (0..).zip(feedback) {
        keep(&mut tx, number, "0518", |row| {
            row.feedback_due_at = Some(at(due));
            row.feedback_sent_at = sent.map(at);
        })
        .await;
    }
    let found = tx.feedback_due(bounds()).await.unwrap();
    assert_eq!(found, [tally("0518", 0, 2, 2), tally("0518", 1, 1, 1)]);
}

/// Case 1 in The Hague, case 2 in Delft.
async fn two_cases(tx: &mut Tx) {
    for (number, gemeentecode) in [(1, "0518"), (2, "0503")] {
        keep(tx, number, gemeentecode, |_| ()).await;
        assert!(tx.record_case(&case(number)).await.unwrap());
    }
}

async fn disclosures_count_by_basis_with_the_people_behind_them(fixture: Fixture) {
    let mut tx = fixture.write().await;
    two_cases(&mut tx).await;
    let row = |idx: u64, change: fn(&mut DisclosureRow)| {
        let mut row = DisclosureRow {
            idx: i64::try_from(idx).unwrap(),
            recorded_at: at(FROM),
            event_code: 8,
            basis: 1,
            case_ref: Some(case_ref(1)),
            subject: Some(subject(1)),
            ..entry(idx).row
        };
        change(&mut row);
        row
    };
    for row in [
        row(1, |_| ()),
        row(2, |_| ()),
        row(3, |row| row.subject = Some(subject(2))),
        row(4, |row| row.basis = 2),
        row(5, |row| row.case_ref = Some(case_ref(2))),
        // A referral has no case: it is found by its own id.
        row(6, |row| {
            row.event_code = 1;
            row.basis = 6;
            row.case_ref = None;
            row.message_id = Some(uuid(2).to_vec());
        }),
        // Denied, no disclosure, of nobody, and outside the period.
        row(7, |row| row.outcome = 8),
        row(8, |row| row.event_code = 14),
        row(9, |row| row.basis = 0),
        row(10, |row| row.recorded_at = at(UNTIL)),
    ] {
        tx.insert_disclosure(row).await.unwrap();
    }
    let found = tx.disclosures_by_basis(bounds()).await.unwrap();
    let expected = [
        tally("0503", 1, 1, 1),
        tally("0503", 6, 1, 1),
        tally("0518", 1, 3, 2),
        tally("0518", 2, 1, 1),
    ];
    assert_eq!(found, expected);
}

fn consent(number: u64, version: i64, state: i64, recorded: u64) -> ConsentRow {
    ConsentRow {
        consent_id: ConsentId::from_bytes(uuid(number)),
        version,
        case_ref: case_ref(1),
        subject: subject(1),
        source_oin: oin(1),
        recipient_oin: oin(2),
        purpose: 1,
        categories: 1,
        valid_from: at(0),
        valid_until: at(1_000_000),
        state,
        recorded_at: at(recorded),
        content: vec![1],
    }
}

async fn people_are_asked_once_and_active_at_the_end_of_the_period(fixture: Fixture) {
    let mut tx = fixture.write().await;
    two_cases(&mut tx).await;
    let about = |person: u8, row: ConsentRow| ConsentRow { subject: subject(person), ..row };
    for row in [
        // One person with two consents, one of them withdrawn.
        about(1, consent(1, 1, 2, FROM)),
        about(1, consent(2, 1, 2, FROM)),
        about(1, consent(2, 2, 4, FROM + 5)),
        // One whose only consent was withdrawn, one withdrawn after the period, one refused.
        about(2, consent(3, 1, 2, FROM)),
        about(2, consent(3, 2, 4, FROM + 5)),
        about(3, consent(4, 1, 2, FROM)),
        about(3, consent(4, 2, 4, UNTIL)),
        about(4, consent(5, 1, 3, FROM)),
        // Past its end, asked before, and recorded by mistake.
        ConsentRow { valid_until: at(UNTIL - 1), ..about(5, consent(6, 1, 2, FROM)) },
        about(6, consent(7, 1, 2, FROM - 1)),
        about(7, consent(8, 1, 2, FROM)),
        about(7, consent(8, 2, 7, FROM + 1)),
    ] {
        tx.insert_consent(&row).await.unwrap();
    }
    let found = tx.consents_asked(bounds()).await.unwrap();
    assert_eq!(found.iter().map(|row| (row.asked, row.active)).collect::<Vec<_>>(), [(5, 2)]);
    assert_eq!(found[0].gemeentecode.as_str(), "0518");
}

async fn withdrawals_count_people_and_not_consents(fixture: Fixture) {
    let mut tx = fixture.write().await;
    two_cases(&mut tx).await;
    for row in [consent(1, 2, 4, FROM), consent(2, 2, 4, FROM + 1), consent(3, 2, 4, UNTIL)] {
        tx.insert_consent(&row).await.unwrap();
    }
    let other = ConsentRow { subject: subject(2), ..consent(4, 2, 4, FROM) };
    tx.insert_consent(&other).await.unwrap();
    tx.insert_consent(&consent(5, 2, 5, FROM)).await.unwrap();
    assert_eq!(tx.people_withdrawn(bounds()).await.unwrap(), [tally("0518", 1, 2, 2)]);
}

async fn emergencies_and_their_reviews_count_by_their_moments(fixture: Fixture) {
    let mut tx = fixture.write().await;
    two_cases(&mut tx).await;
    let review = |number: u64, state: i64, declared: u64, closed: Option<u64>| ReviewRow {
        review_id: ReviewId::from_bytes(uuid(number)),
        version: 1,
        state,
        cause: 3,
        case_ref: case_ref(1),
        group_id: GroupId::from_bytes(uuid(number)),
        idx: i64::try_from(number).unwrap(),
        discloser_oin: oin(1),
        discloser_role: 5,
        recipient_oin: oin(2),
        recipient_role: 2,
        purpose: 2,
        basis: 2,
        categories: 1,
        is_override: i64::from(number > 2),
        takes_two: 1,
        declared_by: user("ggz-0207"),
        declared_for: None,
        consulted: None,
        declared_at: at(declared),
        expires_at: at(declared + 100),
        due_at: at(declared + 50),
        closed_at: closed.map(at),
        subjects: subject(1).as_bytes().to_vec(),
        content: vec![1],
    };
    for row in [
        review(1, 4, FROM, Some(FROM + 50)),
        review(2, 6, FROM + 1, Some(FROM + 52)),
        review(3, 1, FROM + 2, None),
        review(4, 6, FROM - 60, Some(FROM + 1)),
        review(5, 4, UNTIL - 10, Some(UNTIL)),
    ] {
        tx.insert_review(&row).await.unwrap();
    }
    assert_eq!(tx.emergencies_declared(bounds()).await.unwrap(), [tally("0518", 1, 4, 1)]);
    assert_eq!(tx.consents_overridden(bounds()).await.unwrap(), [tally("0518", 1, 2, 1)]);
    let closed = tx.reviews_closed(bounds()).await.unwrap();
    assert_eq!(closed, [tally("0518", 0, 1, 1), tally("0518", 1, 2, 1)]);
    // At the moment that it is due a review is in time; an open one is not.
    let due = tx.reviews_due(bounds()).await.unwrap();
    assert_eq!(due, [tally("0518", 0, 2, 1), tally("0518", 1, 1, 1)]);
}

async fn missed_terms_count_by_kind_with_the_families_behind_them(fixture: Fixture) {
    use DeadlineKind::{BreachNotification, Feedback, InformSubject, Review, Triage};
    let mut tx = fixture.write().await;
    two_cases(&mut tx).await;
    let missed = |idx: i64, kind: DeadlineKind, due: u64| MissedRow {
        idx,
        kind,
        due_at: at(due),
        referral_id: None,
        case_ref: None,
    };
    let of = |number: u64, row: MissedRow| MissedRow {
        referral_id: Some(referral(number).referral_id),
        ..row
    };
    for row in [
        of(1, missed(1, Triage, FROM)),
        of(2, missed(2, Triage, UNTIL - 1)),
        // Two people of one referral; and the case of that referral.
        of(1, missed(3, InformSubject, FROM)),
        of(1, missed(4, InformSubject, FROM + 1)),
        MissedRow { case_ref: Some(case_ref(1)), ..missed(5, Review, FROM) },
        // Outside of the period, and of no municipality.
        of(1, missed(6, Feedback, FROM - 1)),
        of(1, missed(7, Feedback, UNTIL)),
        missed(8, BreachNotification, FROM),
    ] {
        tx.insert_missed_deadline(&row).await.unwrap();
    }
    let kind = |kind: DeadlineKind| i64::from(kind.number());
    let expected = [
        tally("0503", kind(Triage), 1, 1),
        tally("0518", kind(Triage), 1, 1),
        tally("0518", kind(InformSubject), 2, 1),
        tally("0518", kind(Review), 1, 1),
    ];
    assert_eq!(tx.deadlines_late(bounds()).await.unwrap(), expected);
    let again = tx.insert_missed_deadline(&missed(8, Triage, FROM)).await;
    assert!(again.is_err(), "an entry tells of one miss");
}

fn report(period: &str, version: i64) -> ReportRow {
    ReportRow {
        period: period.to_owned(),
        version,
        revision_reason: version - 1,
        policy_version: "haaglanden-1".parse().unwrap(),
        published_at: at(5),
        published_by: user("sp-0147"),
        digest: vec![7; 32],
        content: format!("{{\"period\":\"{period}\"}}"),
    }
}

async fn versions_of_reports_are_kept_and_never_replaced(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for row in [report("2026-Q2", 1), report("2026-Q2", 2), report("2025-Q2", 1), report("2026", 1)]
    {
        tx.insert_report(&row).await.unwrap();
    }
    let again = tx.insert_report(&ReportRow { content: String::new(), ..report("2026", 1) }).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    assert_eq!(tx.report("2026-Q2", None).await.unwrap(), Some(report("2026-Q2", 2)));
    assert_eq!(tx.report("2026-Q2", Some(1)).await.unwrap(), Some(report("2026-Q2", 1)));
    assert_eq!(tx.report("2026-Q3", None).await.unwrap(), None);
    assert_eq!(tx.report("2026-Q2", Some(3)).await.unwrap(), None);
    let year = ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4", "2026"].map(str::to_owned);
    let expected = [report("2026", 1), report("2026-Q2", 1), report("2026-Q2", 2)];
    assert_eq!(tx.reports_of(&year).await.unwrap(), expected);
}

async fn reports_are_listed_newest_period_first(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let all = [report("2026-Q2", 2), report("2026-Q2", 1), report("2026", 1), report("2025-Q4", 1)];
    for row in all.iter().rev() {
        tx.insert_report(row).await.unwrap();
    }
    assert_eq!(tx.reports(None, 10).await.unwrap(), all);
    assert_eq!(tx.reports(None, 2).await.unwrap(), all[..2]);
    let after = Some(("2026-Q2".to_owned(), 2));
    assert_eq!(tx.reports(after, 10).await.unwrap(), all[1..]);
    let after = Some(("2026".to_owned(), 1));
    assert_eq!(tx.reports(after, 10).await.unwrap(), all[3..]);
}
