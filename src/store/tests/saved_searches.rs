//! Searches that officers keep.

use crate::domain::digest::DigestLanguage;
use crate::domain::id::SavedSearchId;
use crate::store::SavedSearchRow;
use crate::store::error::Error;

use super::samples::{oin, user, uuid};
use super::{Fixture, at, on_both_databases};

on_both_databases!(an_officer_sees_the_own_searches_and_those_that_others_share,);

async fn an_officer_sees_the_own_searches_and_those_that_others_share(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let search = |number: u64, organisation, officer, is_shared| SavedSearchRow {
        saved_search_id: SavedSearchId::from_bytes(uuid(number)),
        oin: oin(organisation),
        user_id: user(officer),
        name: "Noodtoegang".to_owned(),
        query: "uitkomst=noodtoegang".to_owned(),
        is_shared,
        saved_at: at(number),
        weekly: None,
        counted_at: at(number),
        counted_size: 0,
    };
    // What others shared before comes after the own ones, however long that list is.
    let (own, others) = (search(3, 1, "fg-1", 0), search(2, 1, "fg-2", 0));
    let (shared, elsewhere) = (search(1, 1, "fg-2", 1), search(4, 2, "fg-1", 1));
    for row in [&own, &others, &shared, &elsewhere] {
        tx.insert_saved_search(row).await.unwrap();
    }
    let (organisation, officer) = (oin(1), user("fg-1"));
    let whose = (&organisation, &officer);
    let found = tx.saved_searches(whose, 10).await.unwrap();
    assert_eq!(found, [own.clone(), shared.clone()]);
    assert_eq!(tx.saved_searches(whose, 1).await.unwrap(), std::slice::from_ref(&own));
    assert_eq!(tx.saved_search_count(whose).await.unwrap(), 1);
    assert_eq!(tx.saved_search(shared.saved_search_id).await.unwrap(), Some(shared.clone()));
    let (id, weekly) = (own.saved_search_id, Some(DigestLanguage::English));
    let counted = (at(9), 7);
    let marked = SavedSearchRow { weekly, counted_at: at(9), counted_size: 7, ..own.clone() };
    tx.mark_saved_search((id, weekly), counted).await.unwrap();
    assert_eq!(tx.saved_searches(whose, 10).await.unwrap(), [marked.clone(), shared.clone()]);
    // What is counted goes on from where it was.
    tx.mark_saved_search((id, weekly), (at(10), 8)).await.unwrap();
    assert_eq!(tx.saved_search(id).await.unwrap(), Some(marked.clone()));
    tx.mark_saved_search((id, None), (at(10), 8)).await.unwrap();
    let unmarked = SavedSearchRow { weekly: None, ..marked };
    assert_eq!(tx.saved_search(id).await.unwrap(), Some(unmarked));
    tx.delete_saved_search(id).await.unwrap();
    let gone = tx.mark_saved_search((id, weekly), counted).await;
    assert!(matches!(gone, Err(Error::Conflict)), "{gone:?}");
    let again = tx.delete_saved_search(own.saved_search_id).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    assert_eq!(tx.saved_searches(whose, 10).await.unwrap(), [shared]);
}
