//! Lines and blocks: what is read is what stands in the rows, and what was purged is told.

use crate::domain::time::Timestamp;
use crate::store::blocks::{BlockRow, LineKey};
use crate::store::{DisclosureRow, Tx};

use super::samples::{case_ref, entry, oin, subject, user};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    lines_are_those_of_the_rows,
    a_key_finds_the_newest_of_its_lines,
    blocks_are_kept_once_and_found_by_their_period,
    a_purge_tells_the_blocks_that_it_changes,
);

fn row(number: i64) -> DisclosureRow {
    DisclosureRow {
        idx: number,
        recorded_at: at(u64::try_from(number).unwrap()),
        disposition: number % 5 + 1,
        actor_oin: oin(1),
        actor_user_id: user(["a", "b"][usize::try_from(number % 2).unwrap()]),
        case_ref: Some(case_ref(u64::try_from(number % 3).unwrap())),
        subject: Some(subject(u8::try_from(number % 4).unwrap())),
        ..entry(u64::try_from(number).unwrap()).row
    }
}

async fn rows(fixture: &Fixture, count: i64) -> Tx {
    let mut tx = fixture.write().await;
    for number in 0..count {
        tx.insert_disclosure(row(number)).await.unwrap();
    }
    tx
}

async fn lines_are_those_of_the_rows(fixture: Fixture) {
    let mut tx = rows(&fixture, 20).await;
    let lines = tx.lines(5, 8).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.idx).collect::<Vec<_>>(), [5, 6, 7]);
    let (line, expected) = (&lines[0], row(5));
    assert_eq!(line.recorded_at, expected.recorded_at);
    assert_eq!(line.disposition, expected.disposition);
    assert_eq!((line.event_code, line.denial), (expected.event_code, expected.denial));
    assert_eq!((line.purpose, line.basis), (expected.purpose, expected.basis));
    assert_eq!(line.categories, expected.categories);
    assert_eq!(line.actor_oin, expected.actor_oin);
    assert_eq!(
        (&line.sender_oin, &line.recipient_oin),
        (&expected.sender_oin, &expected.recipient_oin)
    );
    assert!(tx.lines(20, 30).await.unwrap().is_empty());
    let some = tx.disclosures(&[7, 3, 99]).await.unwrap();
    assert_eq!(some, [row(3), row(7)]);
}

async fn a_key_finds_the_newest_of_its_lines(fixture: Fixture) {
    let mut tx = rows(&fixture, 40).await;
    let group = row(7).group_id;
    for (key, expected) in [
        (LineKey::Subject(subject(1)), vec![37, 33, 29]),
        (LineKey::Case(case_ref(2)), vec![38, 35, 32]),
        (LineKey::Actor(oin(1), user("b")), vec![39, 37, 35]),
        (LineKey::Actor(oin(2), user("b")), vec![]),
        (LineKey::Group(group), vec![7]),
    ] {
        let found = tx.lines_of(&key, 40, 3).await.unwrap();
        let found: Vec<i64> = found.iter().map(|line| line.idx).collect();
        assert_eq!(found, expected, "{key:?}");
    }
    let below = tx.lines_of(&LineKey::Subject(subject(1)), 33, 9).await.unwrap();
    assert_eq!(below.first().map(|line| line.idx), Some(29), "pages agree with each other");
}

fn block(block: i64, lines: i64) -> BlockRow {
    let first = u64::try_from(block * 100).unwrap();
    BlockRow { block, lines, first_at: at(first), last_at: at(first + 99) }
}

async fn blocks_are_kept_once_and_found_by_their_period(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.block_count().await.unwrap(), 0);
    for number in 0..3 {
        tx.keep_block(block(number, 4096), vec![u8::try_from(number).unwrap()]).await.unwrap();
    }
    tx.keep_block(block(1, 7), vec![9]).await.unwrap();
    assert_eq!(tx.block_count().await.unwrap(), 3);
    assert_eq!(tx.block_content(1).await.unwrap(), Some(vec![1]), "the first stays");
    assert_eq!(tx.block_content(3).await.unwrap(), None);
    for (from, until, expected) in [
        (0, 1, vec![0]),
        (99, 101, vec![0, 1]),
        (100, 200, vec![1]),
        (299, 900, vec![2]),
        (300, 900, vec![]),
    ] {
        let found = tx.blocks(at(from), at(until)).await.unwrap();
        let numbers: Vec<i64> = found.iter().map(|row| row.block).collect();
        assert_eq!(numbers, expected, "{from} {until}");
    }
    assert_eq!(tx.blocks(Timestamp::EPOCH, Timestamp::LAST).await.unwrap().len(), 3);
}

async fn a_purge_tells_the_blocks_that_it_changes(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in 0..4 {
        tx.keep_block(block(number, 4096), vec![1]).await.unwrap();
    }
    assert_eq!(tx.stale_block().await.unwrap(), None);
    tx.outdate_blocks(4096, 8192).await.unwrap();
    assert_eq!(tx.stale_block().await.unwrap(), Some(1));
    tx.keep_block(block(1, 4000), vec![2]).await.unwrap();
    assert_eq!(tx.block_content(1).await.unwrap(), Some(vec![2]), "it is made again");
    assert_eq!(tx.stale_block().await.unwrap(), Some(2));
    assert_eq!(tx.block_count().await.unwrap(), 4);
}
