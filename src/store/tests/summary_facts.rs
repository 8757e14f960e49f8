//! What a decision about a summary rests on, read at once, is what is read one by one.

use crate::domain::id::ConsentId;
use crate::store::db::Sql;
use crate::store::summary_facts::{BELONGINGS, CONTENTS};
use crate::store::{
    ConsentRow, MemberRow, PartRow, PersonFactRow, PersonRow, RevisionRow, SummaryName, Tx,
};

use super::samples::{case, case_ref, oin, subject, user, uuid};
use super::{Fixture, at, explained, leaked, on_both_databases, plan_of};

on_both_databases!(
    the_facts_are_those_that_are_read_one_by_one,
    without_such_a_version_there_is_the_case_alone,
    no_more_consents_than_asked_for_are_read,
    what_counts_in_every_case_is_read_from_the_others_too,
    what_was_said_elsewhere_is_found_by_person,
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

/// A restriction and what was said of consent; who represents a person is a matter of each case.
async fn what_counts_in_every_case_is_read_from_the_others_too(fixture: Fixture) {
    let mut tx = fixture.write().await;
    fill(&mut tx).await;
    // Of the people of the first case are 5, 6 and 7; 1 is not.
    for (kind, of, from) in [(3, 6, 8), (2, 6, 8), (1, 6, 8), (3, 1, 8)] {
        tx.insert_person_fact(&case_ref(2), &fact(kind, of, from)).await.unwrap();
    }
    tx.insert_person_fact(&case_ref(1), &fact(3, 5, 9)).await.unwrap();
    let said = |number, version, of| ConsentRow {
        case_ref: case_ref(2),
        subject: subject(of),
        ..consent(number, version, 60)
    };
    for row in [said(11, 1, 7), said(11, 2, 7), said(12, 1, 1), said(13, 1, 5)] {
        tx.insert_consent(&row).await.unwrap();
    }
    let (case_facts, summary) = tx.summary_facts(&named(1, None), 10).await.unwrap().unwrap();
    let restricted: Vec<_> =
        case_facts.facts.iter().filter(|fact| fact.kind >= 3).cloned().collect();
    assert_eq!(restricted.len(), 2);
    assert!(restricted.contains(&fact(3, 5, 9)));
    assert!(restricted.contains(&fact(4, 6, 8)), "told as of another case: {restricted:?}");
    assert_eq!(case_facts.facts.len(), 5);
    let one_by_one = tx.person_facts(&case_ref(1)).await.unwrap();
    assert!(case_facts.facts.iter().all(|fact| one_by_one.contains(fact)));
    assert_eq!(one_by_one.len(), 5);
    let summary = summary.unwrap();
    assert_eq!(summary.consents, tx.consents_of_case(&case_ref(1), 10).await.unwrap());
    let elsewhere = [said(11, 2, 7), said(13, 1, 5)];
    assert_eq!(summary.elsewhere, elsewhere);
    assert_eq!(tx.consents_elsewhere(&case_ref(1), 10).await.unwrap(), elsewhere);
    assert_eq!(tx.consents_elsewhere(&case_ref(1), 1).await.unwrap(), elsewhere[..1]);
    let (_, summary) = tx.summary_facts(&named(1, None), 1).await.unwrap().unwrap();
    assert_eq!(summary.unwrap().elsewhere, elsewhere[..1]);
    assert_eq!(tx.consents_elsewhere(&case_ref(3), 10).await.unwrap(), []);
}

/// Other cases have facts and consents in numbers.
const FILL: [Sql; 3] = [
    Sql {
        sqlite: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
                 INSERT INTO case_persons (case_ref, position, subject, content)
                 SELECT 'c' || i, 0, randomblob(32), x'01' FROM n",
        postgres: "INSERT INTO case_persons (case_ref, position, subject, content)
                   SELECT 'c' || i, 0, sha256(int4send(i)), '\\x01'
                     FROM generate_series(1, 5000) AS n (i)",
    },
    Sql {
        sqlite: "INSERT INTO person_facts (case_ref, subject, kind, other, code, counts_from,
                        decided_by)
                 SELECT case_ref, subject, 3, subject, 1, 1, 'a' FROM case_persons",
        postgres: "INSERT INTO person_facts (case_ref, subject, kind, other, code, counts_from,
                          decided_by)
                   SELECT case_ref, subject, 3, subject, 1, 1, 'a' FROM case_persons",
    },
    Sql {
        sqlite: "INSERT INTO consents (consent_id, version, case_ref, subject, source_oin,
                        recipient_oin, purpose, categories, valid_from, valid_until, state,
                        recorded_at, content)
                 SELECT randomblob(16), 1, case_ref, subject, 'a', 'b', 1, 1, 1, 2, 1, 1, x'01'
                   FROM case_persons",
        postgres: "INSERT INTO consents (consent_id, version, case_ref, subject, source_oin,
                          recipient_oin, purpose, categories, valid_from, valid_until, state,
                          recorded_at, content)
                   SELECT uuid_send(gen_random_uuid()), 1, case_ref, subject, 'a', 'b', 1, 1, 1, 2,
                          1, 1, '\\x01'
                     FROM case_persons",
    },
];

async fn what_was_said_elsewhere_is_found_by_person(fixture: Fixture) {
    let mut tx = fixture.write().await;
    fill(&mut tx).await;
    for sql in FILL {
        tx.query(sql).execute().await.unwrap();
    }
    for table in ["case_persons", "person_facts", "consents"] {
        let analyze = leaked(&format!("ANALYZE {table}"), &format!("ANALYZE {table}"));
        tx.query(analyze).execute().await.unwrap();
    }
    let belongings = tx.query(explained(BELONGINGS.into())).bind(case_ref(1));
    let belongings = plan_of(belongings, &fixture.place).await;
    assert!(belongings.contains("person_facts_by_subject"), "{belongings}");
    let contents = tx.query(explained(CONTENTS.into()));
    let contents = contents.bind(case_ref(1)).bind(oin(1)).bind(1_i64).bind(10_i64);
    let contents = plan_of(contents, &fixture.place).await;
    assert!(contents.contains("consents_by_person"), "{contents}");
    for plan in [belongings, contents] {
        for scan in ["SCAN f\n", "SCAN c\n", "SCAN p\n", "Seq Scan on person_facts"] {
            assert!(!plan.contains(scan), "{scan}:\n{plan}");
        }
        assert!(!plan.contains("Seq Scan on consents"), "{plan}");
    }
}
