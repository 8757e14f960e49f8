//! A9: entries that are not what was hashed.

use rusqlite::Connection;

use super::{Goes, Purpose, STEUNPUNT, SignalRule, UserRole, Watch, person};
use crate::gateway::integrity::{Kept, LedgerState};

/// Changes the database behind the gateway's back.
fn tamper(watch: &Watch, sql: &str) {
    let file = Connection::open(watch.directory.path().join("data.sqlite")).unwrap();
    let changed = file.execute(sql, []).unwrap();
    assert!(changed == 1 || sql.starts_with("CREATE"), "{sql}");
}

#[tokio::test]
async fn a_new_entry_that_was_changed_or_removed_is_seen() {
    let watch = Watch::open().await;
    for number in 0..3 {
        watch.goes(&watch.worker(), &Goes { subject: person(number), ..Goes::default() }).await;
    }
    let size = watch.gateway.db().read().await.unwrap().log_state().await.unwrap().unwrap().size;
    tamper(&watch, &format!("UPDATE disclosures SET basis = 1 WHERE idx = {}", size - 1));
    tamper(&watch, &format!("DELETE FROM disclosures WHERE idx = {}", size - 3));
    let signals = watch.open_signals().await;
    assert_eq!((signals.len(), signals[0].rule), (1, SignalRule::LedgerMismatch));
    assert_eq!(signals[0].entry_count, 2);
    assert_eq!(signals[0].oin, *watch.gateway.own_oin());
}

#[tokio::test]
async fn an_old_entry_that_was_changed_is_seen_when_it_is_read_again_and_once() {
    let watch = Watch::open().await;
    for _ in 0..260 {
        watch.goes(&watch.worker(), &Goes::default()).await;
    }
    watch.examine().await;
    let before = watch.rules().await;
    assert_eq!(watch.gateway.reread_tile(0).await.unwrap(), 1, "all is well with the first tile");
    assert_eq!(watch.gateway.reread_tile(1).await.unwrap(), 0, "the second is not full");
    assert_eq!(watch.rules().await, before);
    let whole = async || {
        let officer = watch.call(STEUNPUNT, "fg-1", UserRole::PrivacyOfficer);
        let purpose = i32::from(Purpose::PrivacyReview.number());
        watch.gateway.whole_ledger(&officer, purpose, Some(1)).await.unwrap()
    };
    let state = async || watch.gateway.ledger_state().await.unwrap();
    assert_eq!((whole().await.changed, state().await), (0, LedgerState::Signed));
    tamper(&watch, "UPDATE leaves SET entry = CAST(entry || x'00' AS BLOB) WHERE idx = 17");
    for _ in 0..2 {
        assert_eq!(watch.gateway.reread_tile(0).await.unwrap(), 1);
    }
    // The stored tree goes on as if nothing were, and still it is told.
    let found = whole().await;
    assert!(matches!(found.since, Some(Kept::Extended(_))), "{:?}", found.since);
    assert_eq!((found.changed, state().await), (1, LedgerState::Changed { entries: 1 }));
    let signals = watch.open_signals().await;
    let broken: Vec<_> =
        signals.iter().filter(|row| row.rule == SignalRule::LedgerMismatch).collect();
    assert_eq!((broken.len(), broken[0].entry_count), (1, 1));
}

fn tamper_record(watch: &Watch, idx: i64) {
    tamper(
        watch,
        &format!(
            "UPDATE disclosures
                SET sealed = CAST(sealed || x'01' AS BLOB)
              WHERE idx = {idx}"
        ),
    );
}

async fn size(watch: &Watch) -> i64 {
    watch.gateway.db().read().await.unwrap().log_state().await.unwrap().unwrap().size
}

#[tokio::test]
async fn the_rules_step_over_what_cannot_be_read_and_go_on() {
    let watch = Watch::open().await;
    watch.goes(&watch.worker(), &Goes::default()).await;
    watch.goes(&watch.worker(), &Goes::default()).await;
    let last = size(&watch).await - 1;
    tamper_record(&watch, last - 1);
    tamper(
        &watch,
        &format!(
            "UPDATE disclosures
                SET actor_oin = 'nobody', event_id = x'00', recorded_at = -5, event_code = -9
              WHERE idx = {last}"
        ),
    );
    let signals = watch.open_signals().await;
    assert_eq!(signals.len(), 1, "{signals:?}");
    assert_eq!((signals[0].rule, signals[0].entry_count), (SignalRule::LedgerMismatch, 2));
    // What comes after is examined like everything.
    for _ in 0..6 {
        watch.goes(&watch.worker(), &Goes { denied: true, ..Goes::default() }).await;
    }
    assert!(watch.rules().await.len() > 1, "{:?}", watch.rules().await);
    // That a signal was raised is an entry as well.
    watch.examine().await;
    let mut tx = watch.gateway.db().read().await.unwrap();
    assert_eq!(tx.signal_progress().await.unwrap(), Some(size(&watch).await));
}

#[tokio::test]
async fn a_row_that_was_changed_beside_a_sound_entry_is_seen_when_it_is_read_again() {
    let watch = Watch::open().await;
    for _ in 0..260 {
        watch.goes(&watch.worker(), &Goes::default()).await;
    }
    watch.examine().await;
    let broken = async || {
        let signals = watch.open_signals().await;
        let found = signals.into_iter().find(|row| row.rule == SignalRule::LedgerMismatch);
        found.map_or(0, |row| row.entry_count)
    };
    for (number, change) in
        [(1, "actor_user_id = 'another'"), (2, "subject = x'00'"), (3, "recipient_oin = 'nobody'")]
    {
        tamper(&watch, &format!("UPDATE disclosures SET {change} WHERE idx = {}", 20 + number));
        assert_eq!(watch.gateway.reread_tile(0).await.unwrap(), 1);
        assert_eq!(broken().await, number, "{change}");
    }
    tamper_record(&watch, 30);
    tamper(&watch, "DELETE FROM disclosures WHERE idx = 31");
    for _ in 0..2 {
        assert_eq!(watch.gateway.reread_tile(0).await.unwrap(), 1);
        assert_eq!(broken().await, 5);
    }
}

/// Whatever an officer said about it: an entry that was changed is right once it is put back.
#[tokio::test]
async fn a_changed_entry_stays_known_after_its_signal_ended_until_it_is_put_back() {
    let watch = Watch::open().await;
    for _ in 0..260 {
        watch.goes(&watch.worker(), &Goes::default()).await;
    }
    watch.examine().await;
    let last = size(&watch).await - 1;
    let places = [17, 20, 21, 22, last];
    tamper(&watch, "CREATE TABLE sound AS SELECT * FROM disclosures");
    tamper(&watch, "CREATE TABLE sound_leaves AS SELECT * FROM leaves");
    tamper(&watch, "UPDATE leaves SET entry = CAST(entry || x'00' AS BLOB) WHERE idx = 17");
    tamper(&watch, "UPDATE disclosures SET actor_user_id = 'another' WHERE idx = 20");
    tamper(&watch, "DELETE FROM disclosures WHERE idx = 21");
    tamper(&watch, "UPDATE disclosures SET actor_user_id = 'another' WHERE idx = 22");
    assert_eq!(watch.gateway.reread_tile(0).await.unwrap(), 1);
    let known = async || {
        let known = watch.gateway.known_to_be_changed(usize::MAX).await.unwrap();
        let entries = u64::try_from(known.len()).unwrap();
        let state = watch.gateway.ledger_state().await.unwrap();
        assert_eq!(state == LedgerState::Signed, entries == 0, "{state:?}");
        known.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(known().await, places[..4]);
    let mismatch = SignalRule::LedgerMismatch.number();
    tamper(&watch, &format!("UPDATE signals SET state = 2 WHERE rule = {mismatch}"));
    assert_eq!(known().await, places[..4]);
    assert_eq!(watch.gateway.once_found_changed().await.unwrap().len(), 4);
    // One of the tile that is not full.
    tamper(&watch, &format!("UPDATE disclosures SET actor_user_id = 'another' WHERE idx = {last}"));
    tamper(
        &watch,
        &format!(
            "INSERT INTO signal_entries SELECT signal_id, {last} FROM signals WHERE rule = {mismatch}"
        ),
    );
    assert_eq!(known().await, places);
    // Of one that is about somebody who was forgotten since nobody can tell whether it was put back.
    tamper(&watch, "UPDATE disclosures SET subject = randomblob(32) WHERE idx = 22");
    assert_eq!(known().await, places);
    for (put_back, left) in [(17, &places[1..]), (20, &places[2..]), (21, &places[3..])] {
        let (row, leaf) = ("disclosures SELECT * FROM sound", "leaves SELECT * FROM sound_leaves");
        for table in [row, leaf] {
            tamper(&watch, &format!("INSERT OR REPLACE INTO {table} WHERE idx = {put_back}"));
        }
        assert_eq!(known().await, left, "{put_back}");
    }
    assert_eq!(watch.gateway.reread_tile(0).await.unwrap(), 1);
    assert_eq!(known().await, places[3..], "all of it was shown to an officer before");
}
