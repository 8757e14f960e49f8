//! What a decision about a summary rests on, read at once, is what is read one by one.

use crate::domain::id::ConsentId;
use crate::store::{
    ConsentRow, MemberRow, PartRow, PersonFactRow, PersonRow, RevisionRow, SummaryName, Tx,
};

use super::samples::{case, case_ref, oin, subject, user, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    the_facts_are_those_that_are_read_one_by_one,
    without_such_a_version_there_is_the_case_alone,
    no_more_consents_than_asked_for_are_read,
);

async fn fill(tx: &mut Tx) {
    for number in [1, 2] {
        tx.record_case(&case(number)).await.unwrap();
    }
    for (number, until) in [(1, None), (2, Some(at(9))), (3, None)] {
        let member = MemberRow {
            oin: oin(number),
            kind: 1,
            reason: 0,
            member_from: at(10 - number),
            member_until: None,
        };
        tx.insert_case_member(&case_ref(1), &member).await.unwrap();
        if let Some(until) = until {
            tx.insert_case_member(&case_ref(2), &MemberRow { member_until: Some(until), ..member })
                .await
                .unwrap();
        }
    }
    for position in [2_u8, 0, 1] {
        let person = PersonRow {
            position: position.into(),
            // Not in the order of their places.
            subject: subject(7 - position),
            content: vec![position, 200],
        };
        tx.insert_case_person(&case_ref(1), &person).await.unwrap();
    }
    for (kind, of, from) in [(2, 1, 5), (1, 1, 7), (1, 0, 6)] {
        tx.insert_person_fact(&case_ref(1), &fact(kind, of, from)).await.unwrap();
    }
    for (author, number) in [(1, 1), (1, 2), (2, 1)] {
        let parts = [part(0), part(1)];
        tx.insert_revision(&revision(author, number), &parts).await.unwrap();
    }
    for (number, version, recorded) in [(1, 1, 30), (1, 2, 40), (2, 1, 20), (3, 1, 50)] {
        tx.insert_consent(&consent(number, version, recorded)).await.unwrap();
    }
}

fn fact(kind: i64, of: u8, from: u64) -> PersonFactRow {
    PersonFactRow {
        subject: subject(of),
        kind,
        other: subject(9),
        code: 2,
        counts_from: at(from),
        counts_until: None,
        decided_by: user("a"),
        supervisor_user_id: None,
        ended_by: None,
        end_supervisor_user_id: None,
    }
}

fn revision(author: u64, number: i64) -> RevisionRow {
    RevisionRow {
        case_ref: case_ref(1),
        author_oin: oin(author),
        revision: number,
        categories: 0b101,
        published_at: at(20),
        published_by: user("u.bakker"),
        retracted_at: None,
        content_purged_at: None,
    }
}

fn part(position: i64) -> PartRow {
    PartRow { position, category: 3, subjects: vec![7; 64], content: vec![0, 128, 255] }
}

fn consent(number: u64, version: i64, recorded: u64) -> ConsentRow {
    ConsentRow {
        consent_id: ConsentId::from_bytes(uuid(number)),
        version,
        case_ref: case_ref(1),
        subject: subject(1),
        source_oin: oin(1),
        recipient_oin: oin(2),
        purpose: 1,
        categories: 1 << 40,
        valid_from: at(0),
        valid_until: at(1_000_000),
        state: 2,
        recorded_at: at(recorded),
        content: vec![1, 2, 0],
    }
}

fn named(author: u64, revision: Option<i64>) -> SummaryName {
    SummaryName { case_ref: case_ref(1), author: oin(author), revision }
}

async fn the_facts_are_those_that_are_read_one_by_one(fixture: Fixture) {
    let mut tx = fixture.write().await;
    fill(&mut tx).await;
    for (asked, number) in [(None, 2), (Some(1), 1)] {
        let (case_facts, summary) = tx.summary_facts(&named(1, asked), 10).await.unwrap().unwrap();
        assert_eq!(Some(case_facts.case), tx.case(&case_ref(1)).await.unwrap());
        assert_eq!(case_facts.members, tx.case_members(&case_ref(1)).await.unwrap());
        assert_eq!(case_facts.persons, tx.case_persons(&case_ref(1)).await.unwrap());
        assert_eq!(case_facts.facts.len(), 3);
        for fact in tx.person_facts(&case_ref(1)).await.unwrap() {
            assert!(case_facts.facts.contains(&fact));
        }
        let summary = summary.unwrap();
        assert_eq!(summary.revision, revision(1, number));
        assert_eq!(summary.parts, tx.parts(&summary.revision).await.unwrap());
        assert_eq!(summary.consents, tx.consents_of_case(&case_ref(1), 10).await.unwrap());
    }
}

async fn without_such_a_version_there_is_the_case_alone(fixture: Fixture) {
    let mut tx = fixture.write().await;
    fill(&mut tx).await;
    for name in [named(1, Some(3)), named(3, None)] {
        let (case_facts, summary) = tx.summary_facts(&name, 10).await.unwrap().unwrap();
        assert_eq!((case_facts.persons.len(), summary), (3, None));
    }
    let nowhere = SummaryName { case_ref: case_ref(9), ..named(1, None) };
    assert_eq!(tx.summary_facts(&nowhere, 10).await.unwrap(), None);
}

async fn no_more_consents_than_asked_for_are_read(fixture: Fixture) {
    let mut tx = fixture.write().await;
    fill(&mut tx).await;
    let (_, summary) = tx.summary_facts(&named(1, None), 2).await.unwrap().unwrap();
    let read: Vec<ConsentRow> = summary.unwrap().consents;
    assert_eq!(read, [consent(2, 1, 20), consent(1, 2, 40)]);
}
