//! Searching the rows beside the ledger.

use crate::domain::id::{EventId, GroupId};
use crate::store::disclosures::statement;
use crate::store::error::Error;
use crate::store::{DisclosureRow, Search, Tx};

use super::samples::{case_ref, entry, oin, subject, user, uuid};
use super::{Fixture, at, explained, leaked, on_both_databases, plan_of};

on_both_databases!(
    a_row_is_found_by_its_leaf,
    a_leaf_has_one_row,
    a_row_with_values_of_nobody_is_read_and_says_so,
    the_first_row_from_a_moment_on_is_found,
    every_pair_of_conditions_finds_what_it_describes,
    pages_agree_with_each_other_while_the_ledger_grows,
    a_period_lies_between_two_leaves,
    every_event_code_has_its_bit,
    a_search_reads_an_index_in_its_order,
);

/// Rows that differ in everything that can be searched, in no pattern that conditions share.
fn row(number: u64) -> DisclosureRow {
    let pick = |values: u64, salt: u64| (number * 7919 + salt * 104_729) / 13 % values;
    let party = |salt| (pick(4, salt) > 0).then(|| oin(pick(4, salt)));
    DisclosureRow {
        idx: i64::try_from(number).unwrap(),
        event_id: EventId::from_bytes(uuid(number)),
        group_id: GroupId::from_bytes(uuid(number / 3)),
        event_code: i64::try_from(pick(5, 1) + 1).unwrap(),
        outcome: 4,
        denial: i64::try_from(pick(2, 2)).unwrap(),
        disposition: i64::try_from(pick(5, 11) + 1).unwrap(),
        // Not quite in the order of the ledger, as with several replicas.
        recorded_at: at(number ^ 3),
        actor_oin: oin(pick(3, 3) + 1),
        actor_user_id: user(["a", "b"][usize::try_from(pick(2, 4)).unwrap()]),
        sender_oin: party(5),
        recipient_oin: party(6),
        purpose: i64::try_from(pick(3, 9) + 1).unwrap(),
        basis: i64::try_from(pick(3, 10) + 1).unwrap(),
        categories: (1 << 62) | 1,
        case_ref: (pick(3, 7) > 0).then(|| case_ref(pick(3, 7))),
        message_id: None,
        subject: (pick(3, 8) > 0).then(|| subject(u8::try_from(pick(3, 8)).unwrap())),
        sealed: vec![0, 200, u8::try_from(number).unwrap()],
        unread: Vec::new(),
    }
}

const ROWS: u64 = 64;

async fn rows(fixture: &Fixture) -> Tx {
    let mut tx = fixture.write().await;
    for number in 0..ROWS {
        tx.insert_disclosure(row(number)).await.unwrap();
    }
    tx
}

async fn a_row_is_found_by_its_leaf(fixture: Fixture) {
    let mut tx = rows(&fixture).await;
    for number in [0, 1, 2, ROWS - 1] {
        let idx = i64::try_from(number).unwrap();
        assert_eq!(tx.disclosure(idx).await.unwrap(), Some(row(number)));
    }
    assert_eq!(tx.disclosure(i64::try_from(ROWS).unwrap()).await.unwrap(), None);
}

async fn a_leaf_has_one_row(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.insert_disclosure(row(1)).await.unwrap();
    let again = tx.insert_disclosure(DisclosureRow { idx: 1, ..row(2) }).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}

/// Whatever is done to a row, those beside it are read, and it is told which of its values are none.
async fn a_row_with_values_of_nobody_is_read_and_says_so(fixture: Fixture) {
    let mut tx = rows(&fixture).await;
    tx.query(
        "UPDATE disclosures
            SET actor_oin = 'nobody', recipient_oin = '', actor_user_id = '', case_ref = 'a case',
                recorded_at = -1
          WHERE idx = 5",
    )
    .execute_one()
    .await
    .unwrap();
    let short = "UPDATE disclosures SET event_id = $1, group_id = $1, subject = $1 WHERE idx = 5";
    tx.query(short).bind(vec![7_u8]).execute_one().await.unwrap();
    let broken = tx.disclosure(5).await.unwrap().unwrap();
    let unread = [
        "event_id",
        "group_id",
        "recorded_at",
        "actor_oin",
        "actor_user_id",
        "recipient_oin",
        "case_ref",
        "subject",
    ];
    assert_eq!(broken.unread, unread);
    assert_eq!((broken.idx, broken.event_code), (5, row(5).event_code), "the others are told");
    assert_eq!((broken.recipient_oin, broken.subject), (None, None));
    let all = Search { size: i64::MAX, ..Search::default() };
    let found = tx.search(&all, 100).await.unwrap();
    assert_eq!(found.len(), usize::try_from(ROWS).unwrap());
    assert_eq!(found.iter().filter(|row| !row.unread.is_empty()).count(), 1);
    assert_eq!(tx.disclosures(&[4, 5]).await.unwrap().len(), 2);
    assert_eq!(tx.disclosures_between((4, 7), 9).await.unwrap().len(), 3);
    let line = tx.lines(5, 6).await.unwrap().pop().unwrap();
    assert_eq!(line.unread.len(), 7, "{:?}", line.unread);
    // An event that no list has does not stop a search for those that there are.
    for event in [i64::MIN, -1, 63, i64::MAX] {
        let change = "UPDATE disclosures SET event_code = $1 WHERE idx = 6";
        tx.query(change).bind(event).execute_one().await.unwrap();
        let some = Search { event_codes: 0b111_1110, ..all.clone() };
        assert_eq!(tx.search(&some, 100).await.unwrap().len(), found.len() - 1);
    }
}

async fn the_first_row_from_a_moment_on_is_found(fixture: Fixture) {
    let mut tx = rows(&fixture).await;
    for (moment, idx) in [(0, Some(3)), (4, Some(7)), (63, Some(60)), (64, None)] {
        assert_eq!(tx.first_since(at(moment)).await.unwrap(), idx, "{moment}");
    }
}

/// What a search means, said a second time.
fn matches(search: &Search, row: &DisclosureRow) -> bool {
    let is = |oin: &Option<_>, wanted: &_| oin.as_ref() == Some(wanted);
    let bit = u32::try_from(row.event_code).ok().filter(|code| *code < 63);
    search.party.as_ref().is_none_or(|party| {
        row.actor_oin == *party || is(&row.sender_oin, party) || is(&row.recipient_oin, party)
    }) && search.subject.is_none_or(|subject| row.subject == Some(subject))
        && search.case_ref.as_ref().is_none_or(|case_ref| row.case_ref.as_ref() == Some(case_ref))
        && search.actor_user_id.as_ref().is_none_or(|actor| {
            row.actor_user_id == *actor
                && search.party.as_ref().is_none_or(|party| row.actor_oin == *party)
        })
        && search
            .oin
            .as_ref()
            .is_none_or(|oin| is(&row.sender_oin, oin) || is(&row.recipient_oin, oin))
        && search.group_id.is_none_or(|group| row.group_id == group)
        && search.from.is_none_or(|from| row.recorded_at >= from)
        && search.until.is_none_or(|until| row.recorded_at < until)
        && (search.event_codes == 0 || bit.is_some_and(|bit| search.event_codes >> bit & 1 == 1))
        && (!search.denied_only || row.denial != 0)
        && (search.purpose == 0 || row.purpose == search.purpose)
        && (search.basis == 0 || row.basis == search.basis)
        && search.sender.as_ref().is_none_or(|oin| is(&row.sender_oin, oin))
        && search.recipient.as_ref().is_none_or(|oin| is(&row.recipient_oin, oin))
        && search
            .after
            .is_none_or(|after| if search.newest_first { row.idx < after } else { row.idx > after })
        && row.idx < search.size
}

/// Each sets one condition.
const CONDITIONS: &[fn(&mut Search)] = &[
    |_| {},
    |search| search.party = Some(oin(1)),
    |search| search.party = Some(oin(9)),
    |search| search.subject = Some(subject(1)),
    |search| search.subject = Some(subject(9)),
    |search| search.case_ref = Some(case_ref(2)),
    |search| search.actor_user_id = Some(user("b")),
    |search| search.oin = Some(oin(2)),
    |search| search.group_id = Some(GroupId::from_bytes(uuid(5))),
    |search| search.from = Some(at(30)),
    |search| search.from = Some(at(1000)),
    |search| search.until = Some(at(41)),
    |search| search.until = Some(at(0)),
    |search| search.event_codes = 0b110,
    |search| search.denied_only = true,
    |search| search.purpose = 2,
    |search| search.basis = 3,
    |search| search.sender = Some(oin(2)),
    |search| search.recipient = Some(oin(3)),
    |search| search.newest_first = true,
    |search| search.after = Some(20),
    |search| search.size = 50,
    |search| search.size = 0,
    |search| search.is_bounded = true,
];

async fn every_pair_of_conditions_finds_what_it_describes(fixture: Fixture) {
    let mut tx = rows(&fixture).await;
    let all: Vec<_> = (0..ROWS).map(row).collect();
    let mut found_something = 0;
    for (number, one) in CONDITIONS.iter().enumerate() {
        for other in &CONDITIONS[number..] {
            let mut search = Search { size: 1000, ..Search::default() };
            one(&mut search);
            other(&mut search);
            let mut expected: Vec<_> =
                all.iter().filter(|row| matches(&search, row)).cloned().collect();
            if search.newest_first {
                expected.reverse();
            }
            found_something += usize::from(!expected.is_empty());
            assert_eq!(tx.search(&search, 1000).await.unwrap(), expected, "{search:?}");
        }
    }
    assert!(found_something > 80, "{found_something} searches found something");
}

async fn pages_agree_with_each_other_while_the_ledger_grows(fixture: Fixture) {
    let mut tx = rows(&fixture).await;
    let mut search = Search { size: 50, party: Some(oin(1)), ..Search::default() };
    let whole = tx.search(&search, 1000).await.unwrap();
    let mut paged = Vec::new();
    loop {
        let page = tx.search(&search, 7).await.unwrap();
        assert!(page.len() <= 7);
        let Some(last) = page.last() else { break };
        search.after = Some(last.idx);
        paged.extend(page);
    }
    assert_eq!(paged, whole);
    assert!(whole.len() > 14);
}

async fn a_period_lies_between_two_leaves(fixture: Fixture) {
    let mut tx = rows(&fixture).await;
    let (from, until) = (at(17), at(42));
    let within = |row: &DisclosureRow| row.recorded_at >= from && row.recorded_at < until;
    let expected: Vec<i64> = (0..ROWS).map(row).filter(within).map(|row| row.idx).collect();
    let ends = (*expected.iter().min().unwrap(), *expected.iter().max().unwrap());
    assert_eq!(tx.leaves_between(from, until).await.unwrap(), Some(ends));
    assert_eq!(tx.leaves_between(at(1000), at(2000)).await.unwrap(), None);
    // Others lie between, because replicas write at the same time: the moments are still looked at.
    let mut search = Search {
        from: Some(from),
        until: Some(until),
        after: Some(ends.0 - 1),
        size: ends.1 + 1,
        is_bounded: true,
        ..Search::default()
    };
    let mut paged = Vec::new();
    while let Some(last) = {
        let page = tx.search(&search, 4).await.unwrap();
        paged.extend(page.iter().map(|row| row.idx));
        page.last().map(|row| row.idx)
    } {
        search.after = Some(last);
    }
    assert_eq!(paged, expected);
    assert!(i64::try_from(expected.len()).unwrap() < ends.1 - ends.0 + 1, "some lie between");
}

async fn every_event_code_has_its_bit(fixture: Fixture) {
    let mut tx = fixture.write().await;
    // Codes beyond the bits are found without the condition only, on both databases.
    let codes: Vec<i64> = (1..=66).collect();
    for code in &codes {
        let row = DisclosureRow { idx: *code, event_code: *code, ..entry(1).row };
        tx.insert_disclosure(row).await.unwrap();
    }
    let mut found = async |event_codes| {
        let search = Search { size: 1000, event_codes, ..Search::default() };
        let rows = tx.search(&search, 1000).await.unwrap();
        rows.into_iter().map(|row| row.event_code).collect::<Vec<_>>()
    };
    for code in 1..=62 {
        assert_eq!(found(1_i64 << code).await, [code]);
    }
    assert_eq!(found(0).await, codes);
    assert_eq!(found(i64::MAX).await, (1..=62).collect::<Vec<_>>());
}

/// The conditions by which a person, a case, an act and an employee are looked up must cost as much
/// as what they find, however long the ledger is.
async fn a_search_reads_an_index_in_its_order(fixture: Fixture) {
    let mut tx = rows(&fixture).await;
    // Few rows are read faster without an index; what counts is that one can be used.
    if !tx.is_sqlite() {
        for setting in ["enable_seqscan", "enable_sort", "enable_bitmapscan"] {
            let sql = format!("SET LOCAL {setting} = off");
            tx.query(leaked(&sql, &sql)).execute().await.unwrap();
        }
    }
    let party = Some(oin(1));
    let subject = Some(subject(1));
    let case_ref = Some(case_ref(2));
    let group_id = Some(GroupId::from_bytes(uuid(5)));
    let actor_user_id = Some(user("b"));
    let base = Search { party, size: 50, after: Some(3), ..Search::default() };
    for (search, index) in [
        (Search { subject, from: Some(at(1)), ..base.clone() }, "disclosures_by_subject"),
        (Search { case_ref, ..base.clone() }, "disclosures_by_case"),
        (Search { group_id, ..base.clone() }, "disclosures_by_group"),
        (Search { actor_user_id, ..base.clone() }, "disclosures_by_actor"),
    ] {
        for newest_first in [false, true] {
            let search = Search { newest_first, ..search.clone() };
            let plan = plan(&fixture, &mut tx, &search).await;
            assert!(plan.contains(index), "{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{plan}");
        }
    }
    let plan =
        plan(&fixture, &mut tx, &Search { from: Some(at(1)), until: Some(at(9)), ..base }).await;
    assert!(plan.contains("disclosures_by_time"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{plan}");
}

async fn plan(fixture: &Fixture, tx: &mut Tx, search: &Search) -> String {
    plan_of(search.bind(tx.query(explained(statement(search))), 10), &fixture.place).await
}
