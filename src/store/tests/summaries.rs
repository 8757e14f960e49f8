//! Versions of summaries and their parts.

use crate::store::error::Error;
use crate::store::{PartRow, RevisionRow};

use super::samples::{case_ref, oin, user};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    the_newest_version_of_a_summary_is_found,
    versions_of_a_case_come_newest_first_and_in_pages,
    parts_come_in_order,
    a_version_is_never_replaced,
);

fn revision(author: u64, revision: i64, published: u64) -> RevisionRow {
    RevisionRow {
        case_ref: case_ref(1),
        author_oin: oin(author),
        revision,
        categories: 0b101,
        published_at: at(published),
        published_by: user("u.bakker"),
        retracted_at: None,
        content_purged_at: None,
    }
}

fn part(position: i64) -> PartRow {
    PartRow { position, category: 3, subjects: vec![7; 64], content: vec![0, 128, 255] }
}

async fn the_newest_version_of_a_summary_is_found(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.latest_revision(&case_ref(1), &oin(1)).await.unwrap(), None);
    for row in [revision(1, 1, 10), revision(1, 2, 20), revision(2, 7, 5)] {
        tx.insert_revision(&row, &[]).await.unwrap();
    }
    let latest = tx.latest_revision(&case_ref(1), &oin(1)).await.unwrap();
    assert_eq!(latest, Some(revision(1, 2, 20)));
    let first = tx.revision(&case_ref(1), &oin(1), 1).await.unwrap();
    assert_eq!(first, Some(revision(1, 1, 10)));
    assert_eq!(tx.revision(&case_ref(1), &oin(1), 3).await.unwrap(), None);
    assert_eq!(tx.latest_revision(&case_ref(2), &oin(1)).await.unwrap(), None);
}

async fn versions_of_a_case_come_newest_first_and_in_pages(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for row in [revision(1, 1, 10), revision(1, 2, 20), revision(2, 1, 20)] {
        tx.insert_revision(&row, &[]).await.unwrap();
    }
    let expected = [revision(1, 2, 20), revision(2, 1, 20), revision(1, 1, 10)];
    assert_eq!(tx.revisions(&case_ref(1), 0, 10).await.unwrap(), expected);
    assert_eq!(tx.revisions(&case_ref(1), 0, 2).await.unwrap(), expected[..2]);
    assert_eq!(tx.revisions(&case_ref(1), 2, 2).await.unwrap(), expected[2..]);
    assert_eq!(tx.revisions(&case_ref(2), 0, 10).await.unwrap(), []);
}

async fn parts_come_in_order(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.insert_revision(&revision(1, 1, 10), &[part(2), part(1)]).await.unwrap();
    tx.insert_revision(&revision(1, 2, 20), &[part(9)]).await.unwrap();
    assert_eq!(tx.parts(&revision(1, 1, 10)).await.unwrap(), [part(1), part(2)]);
    assert_eq!(tx.parts(&revision(1, 3, 10)).await.unwrap(), []);
}

async fn a_version_is_never_replaced(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.insert_revision(&revision(1, 1, 10), &[part(1)]).await.unwrap();
    let again = tx.insert_revision(&revision(1, 1, 11), &[part(2)]).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    assert_eq!(tx.parts(&revision(1, 1, 10)).await.unwrap(), [part(1)]);
}
