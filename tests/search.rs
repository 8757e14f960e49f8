//! A search says the same whether entries stand in blocks or only in their rows, and agrees with
//! counting the rows one by one.
#![cfg(test)]

use futures_util::future::join_all;
use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::purpose::Purpose;
use ketenpoort::gateway::disclosures::{Page, PageStart, SearchDraft};

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

use house::{GGZ, House, STEUNPUNT, new_request};

/// Entries of one block.
const BLOCK: i64 = 4096;
/// Requests at once.
const TOGETHER: usize = 32;

async fn size(house: &House) -> i64 {
    let state = house.db().await.read().await.unwrap().log_state().await.unwrap();
    state.unwrap().size
}

/// A ledger of more than one block, nearly all of it summaries that were disclosed.
async fn long_ledger() -> House {
    let house = House::open().await;
    house.case_with_summary().await;
    while size(&house).await <= BLOCK + 100 {
        let requests: Vec<_> = (0..TOGETHER).map(|_| new_request("RequestSummary")).collect();
        for answer in join_all(requests.iter().map(|request| house.ask(GGZ, request))).await {
            answer.unwrap();
        }
    }
    house
}

fn question(house: &House) -> SearchDraft {
    let now = house.gateway.clock().now();
    let day = std::time::Duration::from_hours(24);
    SearchDraft {
        purpose: i32::from(Purpose::PrivacyReview.number()),
        oin: GGZ.to_owned(),
        from: Some(now.minus(day)),
        until: Some(now.plus(day)),
        event_codes: vec![EventCode::SummaryDelivered.number().into()],
        newest_first: true,
        ..SearchDraft::default()
    }
}

async fn search(house: &House, start: Option<PageStart>) -> Page {
    let call = house.call(STEUNPUNT, UserRole::PrivacyOfficer);
    house.gateway.search_disclosures(&call, question(house), start, 50).await.unwrap()
}

fn places(page: &Page) -> Vec<i64> {
    page.entries.iter().map(|entry| entry.row.idx).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_says_the_same_with_blocks_and_without() {
    let house = long_ledger().await;
    let tree_size = size(&house).await;
    let at = |after| Some(PageStart { after, tree_size });
    let delivered = i64::from(EventCode::SummaryDelivered.number());
    let db = house.db().await;
    let rows = db.read().await.unwrap().lines(0, tree_size).await.unwrap();
    let expected: Vec<i64> =
        rows.iter().rev().filter(|row| row.event_code == delivered).map(|row| row.idx).collect();
    assert!(i64::try_from(expected.len()).unwrap() > BLOCK / 2);

    let from_rows = search(&house, at(i64::MAX)).await;
    assert_eq!(places(&from_rows), expected[..50]);
    assert_eq!(usize::try_from(from_rows.tally.total), Ok(expected.len()));

    while house.gateway.fill_blocks().await.unwrap() {}
    let kept = db.read().await.unwrap().block_count().await.unwrap();
    assert_eq!(kept, size(&house).await / BLOCK, "every whole block is kept");
    // Read from the database, and then from memory.
    for _ in 0..2 {
        let from_blocks = search(&house, at(i64::MAX)).await;
        assert_eq!(places(&from_blocks), expected[..50]);
        assert_eq!(from_blocks.tally, from_rows.tally);
    }
    // A page that begins in one block and ends in the one before.
    let across = expected.iter().position(|idx| *idx < BLOCK + 20).unwrap();
    let page = search(&house, at(expected[across - 1])).await;
    assert_eq!(places(&page), expected[across..across + 50]);
    assert_eq!(usize::try_from(page.before), Ok(across));
    // Another state of the ledger holds less, on every page of it.
    let earlier = Some(PageStart { after: i64::MAX, tree_size: 1000 });
    let earlier = search(&house, earlier).await;
    let below = expected.iter().filter(|idx| **idx < 1000).count();
    assert_eq!(usize::try_from(earlier.tally.total), Ok(below));
}
