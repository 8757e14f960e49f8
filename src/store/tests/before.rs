//! What requests look up before anything is decided.

use crate::domain::id::RequestId;
use crate::store::cases::VERSIONS;
use crate::store::summaries::NAMED;
use crate::store::{
    Before, CaseVersion, Lookups, RequestRow, RevisionRow, SealedAnswer, SummaryName,
};

use super::samples::{case, case_ref, oin, referral, user, uuid};
use super::{Fixture, at, explained, on_both_databases, plan_of};

on_both_databases!(
    what_there_is_is_found_for_each_who_asks,
    what_is_asked_together_is_answered_apart,
    what_was_committed_is_found_by_the_next_question,
    what_is_asked_about_is_found_by_its_key,
    a_row_that_cannot_be_read_is_the_trouble_of_whoever_asks_for_it,
);

fn nothing(request: u64) -> Before {
    Before {
        caller: oin(1),
        request_id: RequestId::from_bytes(uuid(request)),
        referral: None,
        summary: None,
    }
}

fn about(author: u64, revision: Option<i64>) -> Before {
    let summary = SummaryName { case_ref: case_ref(1), author: oin(author), revision };
    Before { summary: Some(summary), ..nothing(9) }
}

fn version(revision: i64) -> RevisionRow {
    RevisionRow {
        case_ref: case_ref(1),
        author_oin: oin(1),
        revision,
        categories: 1,
        published_at: at(5),
        published_by: user("u.bakker"),
        retracted_at: None,
        content_purged_at: None,
    }
}

/// An answered request, a referral, a case and two versions of a summary.
async fn filled(fixture: &Fixture) -> Lookups {
    let mut tx = fixture.write().await;
    let Before { caller, request_id, .. } = nothing(1);
    let row = RequestRow { caller, request_id, method: "SubmitReferral", body_digest: [7; 32] };
    let answer = SealedAnswer { response: vec![1, 2], owners: Vec::new(), rests_on: None };
    tx.insert_answer(&row, answer, at(1)).await.unwrap();
    tx.insert_referral(&referral(3)).await.unwrap();
    tx.record_case(&case(1)).await.unwrap();
    for revision in [1, 2] {
        tx.insert_revision(&version(revision), &[]).await.unwrap();
    }
    tx.commit().await.unwrap();
    Lookups::new(fixture.db.clone())
}

async fn what_there_is_is_found_for_each_who_asks(fixture: Fixture) {
    let lookups = filled(&fixture).await;
    let found = lookups.look(nothing(1)).await.unwrap();
    assert_eq!(found.answer.unwrap().response, [1, 2]);
    assert_eq!((found.referral, found.case, found.revision), (None, None, None));

    let stored = referral(3);
    let asked = Before { referral: Some(stored.referral_id), ..nothing(2) };
    let found = lookups.look(asked).await.unwrap();
    assert_eq!(found.answer, None);
    assert_eq!(found.referral.unwrap().sender_oin, stored.sender_oin);

    for (author, asked, expected) in [
        (1, None, Some(version(2))),
        (1, Some(1), Some(version(1))),
        (1, Some(3), None),
        (2, None, None),
    ] {
        let found = lookups.look(about(author, asked)).await.unwrap();
        assert_eq!(found.case, Some(CaseVersion { version: 1, facts_version: 1 }));
        assert_eq!(found.revision, expected, "{author} {asked:?}");
    }
    let elsewhere = SummaryName { case_ref: case_ref(2), author: oin(1), revision: None };
    let found = lookups.look(Before { summary: Some(elsewhere), ..nothing(9) }).await.unwrap();
    assert_eq!((found.case, found.revision), (None, None));
}

async fn what_is_asked_together_is_answered_apart(fixture: Fixture) {
    let lookups = filled(&fixture).await;
    let stored = Before { referral: Some(referral(3).referral_id), ..nothing(2) };
    let asked = [nothing(1), stored, nothing(4), about(1, None), about(1, Some(1)), about(2, None)];
    let found = futures_util::future::join_all(asked.map(|one| lookups.look(one))).await;
    let found: Vec<_> = found
        .into_iter()
        .map(|found| {
            let found = found.unwrap();
            let revision = found.revision.map(|row| row.revision);
            (found.answer.is_some(), found.referral.is_some(), found.case.is_some(), revision)
        })
        .collect();
    let expected = [
        (true, false, false, None),
        (false, true, false, None),
        (false, false, false, None),
        (false, false, true, Some(2)),
        (false, false, true, Some(1)),
        (false, false, true, None),
    ];
    assert_eq!(found, expected);
}

async fn what_was_committed_is_found_by_the_next_question(fixture: Fixture) {
    let lookups = filled(&fixture).await;
    let before = lookups.look(about(1, None)).await.unwrap();
    let mut tx = fixture.write().await;
    tx.raise_facts_version(&case_ref(1)).await.unwrap();
    tx.retract_revisions(&case_ref(1), &oin(1), at(8)).await.unwrap();
    tx.commit().await.unwrap();
    let after = lookups.look(about(1, None)).await.unwrap();
    assert_eq!(before.case.unwrap().facts_version + 1, after.case.unwrap().facts_version);
    assert_eq!(after.revision.unwrap().retracted_at, Some(at(8)));
}

/// However many cases and summaries there are.
async fn what_is_asked_about_is_found_by_its_key(fixture: Fixture) {
    let mut tx = fixture.read().await;
    for (sql, key, scan) in [
        (VERSIONS, ["cases USING INDEX", "cases_pkey"], "SCAN cases"),
        (NAMED, ["s USING INDEX", "summaries_pkey"], "SCAN s"),
    ] {
        let query = tx.query(explained(sql)).bind("[]".to_owned());
        let plan = plan_of(query, &fixture.place).await;
        assert!(key.iter().any(|key| plan.contains(key)), "{plan}");
        assert!(!plan.contains(scan) && !plan.contains("Seq Scan"), "{plan}");
    }
}

async fn a_row_that_cannot_be_read_is_the_trouble_of_whoever_asks_for_it(fixture: Fixture) {
    let lookups = filled(&fixture).await;
    let mut tx = fixture.write().await;
    tx.query("UPDATE referrals SET sender_oin = 'nobody'").execute().await.unwrap();
    tx.commit().await.unwrap();
    let damaged = Before { referral: Some(referral(3).referral_id), ..nothing(2) };
    let (sound, damaged) = tokio::join!(lookups.look(nothing(1)), lookups.look(damaged));
    assert!(sound.unwrap().answer.is_some());
    assert!(damaged.is_err());
}
