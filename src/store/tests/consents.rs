//! Consents, their uses, and the notices that follow.

use crate::domain::id::{ConsentId, NoticeId};
use crate::store::consents::{ConsentsOf, TO_END};
use crate::store::error::Error;
use crate::store::{ConsentRow, NoticeRow};

use super::samples::{case_ref, oin, subject, uuid};
use super::{Fixture, at, explained, on_both_databases, plan_of};

on_both_databases!(
    the_highest_version_of_a_consent_counts,
    consents_of_a_case_come_in_their_highest_version,
    every_version_of_the_consents_of_a_case_is_told_with_its_uses,
    consents_of_a_person_or_a_case_come_in_pages,
    a_version_of_a_consent_is_never_replaced,
    the_first_use_of_a_consent_is_kept,
    a_consent_whose_term_is_over_is_found_until_that_is_written_down,
    notices_come_in_the_order_of_the_ledger,
    a_notice_is_left_once,
);

fn id(number: u64) -> ConsentId {
    ConsentId::from_bytes(uuid(number))
}

fn consent(number: u64, version: i64, recorded: u64) -> ConsentRow {
    ConsentRow {
        consent_id: id(number),
        version,
        case_ref: case_ref(1),
        subject: subject(1),
        source_oin: oin(1),
        recipient_oin: oin(2),
        purpose: 1,
        categories: (1 << 40) | 1,
        valid_from: at(0),
        valid_until: at(1_000_000),
        state: version,
        recorded_at: at(recorded),
        content: vec![1, 2, 0],
    }
}

async fn the_highest_version_of_a_consent_counts(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.consent(id(1)).await.unwrap(), None);
    for version in [1, 10, 9] {
        tx.insert_consent(&consent(1, version, 5)).await.unwrap();
    }
    assert_eq!(tx.consent(id(1)).await.unwrap(), Some(consent(1, 10, 5)));
    assert_eq!(tx.consent(id(2)).await.unwrap(), None);
}

async fn every_version_of_the_consents_of_a_case_is_told_with_its_uses(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for row in [consent(2, 1, 5), consent(1, 2, 9), consent(1, 1, 1)] {
        tx.insert_consent(&row).await.unwrap();
    }
    let elsewhere = ConsentRow { case_ref: case_ref(2), ..consent(3, 1, 1) };
    tx.insert_consent(&elsewhere).await.unwrap();
    for (number, recipient, idx) in [(1, 2, 9), (2, 3, 7), (3, 2, 1), (1, 3, 8)] {
        tx.record_consent_use(id(number), &oin(recipient), idx).await.unwrap();
    }
    let expected = [consent(1, 1, 1), consent(1, 2, 9), consent(2, 1, 5)];
    assert_eq!(tx.consent_versions_of_case(&case_ref(1), 10).await.unwrap(), expected);
    assert_eq!(tx.consent_versions_of_case(&case_ref(1), 2).await.unwrap(), expected[..2]);
    let uses = tx.consent_uses_of_case(&case_ref(1)).await.unwrap();
    assert_eq!(uses, [(id(2), oin(3), 7), (id(1), oin(3), 8), (id(1), oin(2), 9)]);
}

async fn consents_of_a_case_come_in_their_highest_version(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for row in [consent(2, 1, 5), consent(1, 1, 1), consent(1, 2, 9), consent(3, 1, 5)] {
        tx.insert_consent(&row).await.unwrap();
    }
    let elsewhere = ConsentRow { case_ref: case_ref(2), ..consent(4, 1, 1) };
    tx.insert_consent(&elsewhere).await.unwrap();
    let expected = [consent(2, 1, 5), consent(3, 1, 5), consent(1, 2, 9)];
    assert_eq!(tx.consents_of_case(&case_ref(1), 10).await.unwrap(), expected);
    assert_eq!(tx.consents_of_case(&case_ref(1), 2).await.unwrap(), expected[..2]);
    assert_eq!(tx.consents_of_case(&case_ref(3), 10).await.unwrap(), []);
}

async fn consents_of_a_person_or_a_case_come_in_pages(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let elsewhere = ConsentRow { case_ref: case_ref(2), ..consent(4, 1, 1) };
    let other = ConsentRow { subject: subject(2), recipient_oin: oin(3), ..consent(3, 1, 5) };
    for row in
        [consent(2, 1, 5), consent(1, 1, 1), consent(1, 2, 9), other.clone(), elsewhere.clone()]
    {
        tx.insert_consent(&row).await.unwrap();
    }
    let none = ConsentId::from_bytes([0; 16]);
    let case = case_ref(1);
    let mut find = async |of, party: Option<u64>, after, limit| {
        let party = party.map(oin);
        tx.newest_consents_of(of, party.as_ref(), after, limit).await.unwrap()
    };
    let person = ConsentsOf::Person(subject(1));
    let of_person = [consent(1, 2, 9), consent(2, 1, 5), elsewhere];
    assert_eq!(find(person, None, none, 10).await, of_person);
    assert_eq!(find(person, None, none, 2).await, of_person[..2]);
    assert_eq!(find(person, None, id(2), 2).await, of_person[2..]);
    let of_case = [consent(1, 2, 9), consent(2, 1, 5), other.clone()];
    assert_eq!(find(ConsentsOf::Case(&case), None, none, 10).await, of_case);
    // The recipient of one and the source of none of the others; then somebody who has no part.
    assert_eq!(find(ConsentsOf::Case(&case), Some(3), none, 10).await, [other]);
    assert_eq!(find(ConsentsOf::Case(&case), Some(1), none, 10).await, of_case);
    assert_eq!(find(ConsentsOf::Case(&case), Some(9), none, 10).await, []);
}

async fn a_version_of_a_consent_is_never_replaced(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.insert_consent(&consent(1, 1, 5)).await.unwrap();
    let again = tx.insert_consent(&consent(1, 1, 6)).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    assert_eq!(tx.consent(id(1)).await.unwrap(), Some(consent(1, 1, 5)));
}

async fn a_consent_whose_term_is_over_is_found_until_that_is_written_down(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let over =
        |number, until| ConsentRow { state: 2, valid_until: at(until), ..consent(number, 1, 1) };
    for row in [over(1, 10), over(2, 5), over(3, 20), over(4, 5)] {
        tx.insert_consent(&row).await.unwrap();
    }
    // One was withdrawn before it ended, and one was never in force.
    let withdrawn = ConsentRow { version: 2, state: 4, ..over(4, 5) };
    tx.insert_consent(&withdrawn).await.unwrap();
    tx.insert_consent(&ConsentRow { state: 3, ..over(5, 5) }).await.unwrap();
    assert_eq!(tx.consents_to_end(at(20), 10).await.unwrap(), [over(2, 5), over(1, 10)]);
    assert_eq!(tx.consents_to_end(at(20), 1).await.unwrap(), [over(2, 5)]);
    assert!(tx.end_consent(id(2), 1, at(21)).await.unwrap());
    assert!(!tx.end_consent(id(2), 1, at(22)).await.unwrap(), "once");
    assert!(!tx.end_consent(id(4), 1, at(22)).await.unwrap(), "it ended before");
    assert_eq!(tx.consents_to_end(at(20), 10).await.unwrap(), [over(1, 10)]);
    if matches!(fixture.place, super::Place::Postgres { .. }) {
        // Small tables are read whole there; this asks what could be used.
        tx.query("SET LOCAL enable_seqscan = off").execute().await.unwrap();
    }
    let asked = tx.query(explained(TO_END.into())).bind(at(20)).bind(10_i64);
    let plan = plan_of(asked, &fixture.place).await;
    assert!(plan.contains("consents_to_end"), "{plan}");
}

async fn the_first_use_of_a_consent_is_kept(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for (recipient, idx) in [(3, 8), (2, 9), (3, 12)] {
        tx.record_consent_use(id(1), &oin(recipient), idx).await.unwrap();
    }
    tx.record_consent_use(id(2), &oin(4), 10).await.unwrap();
    assert_eq!(tx.consent_recipients(id(1)).await.unwrap(), [(oin(2),), (oin(3),)]);
    assert_eq!(tx.consent_recipients(id(3)).await.unwrap(), []);
    let first: (i64,) = tx
        .query("SELECT first_idx FROM consent_uses WHERE recipient_oin = $1")
        .bind(oin(3))
        .fetch_one()
        .await
        .unwrap();
    assert_eq!(first.0, 8);
}

fn notice(recipient: u64, idx: i64) -> NoticeRow {
    NoticeRow {
        recipient_oin: oin(recipient),
        idx,
        notice_id: NoticeId::from_bytes(uuid(recipient * 1000 + idx.unsigned_abs())),
        case_ref: Some(case_ref(1)),
        content: "what it says".to_owned(),
        effective_at: at(3),
    }
}

async fn notices_come_in_the_order_of_the_ledger(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for row in [notice(1, 20), notice(1, 7), notice(2, 8), notice(1, 9)] {
        tx.insert_notice(row).await.unwrap();
    }
    let all = [notice(1, 7), notice(1, 9), notice(1, 20)];
    assert_eq!(tx.notices(&oin(1), -1, 10).await.unwrap(), all);
    assert_eq!(tx.notices(&oin(1), 7, 10).await.unwrap(), all[1..]);
    assert_eq!(tx.notices(&oin(1), -1, 2).await.unwrap(), all[..2]);
    assert_eq!(tx.notices(&oin(3), -1, 10).await.unwrap(), []);
}

async fn a_notice_is_left_once(fixture: Fixture) {
    let same_id = NoticeRow { idx: 8, ..notice(1, 7) };
    for again in [notice(1, 7), same_id] {
        let mut tx = fixture.write().await;
        tx.insert_notice(notice(1, 7)).await.unwrap();
        let inserted = tx.insert_notice(again).await;
        assert!(matches!(inserted, Err(Error::Conflict)), "{inserted:?}");
    }
}
