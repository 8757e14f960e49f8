//! Who raised a signal by hand.

use crate::domain::id::SignalId;
use crate::store::RaisedSignalRow;
use crate::store::error::Error;

use super::samples::{oin, user, uuid};
use super::{Fixture, on_both_databases};

on_both_databases!(who_raised_a_signal_is_kept_once,);

async fn who_raised_a_signal_is_kept_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = RaisedSignalRow {
        signal_id: SignalId::from_bytes(uuid(1)),
        oin: oin(1),
        user_id: user("fg-1"),
        content: vec![1, 2, 3],
        unread: Vec::new(),
    };
    tx.insert_raised_signal(&row).await.unwrap();
    assert_eq!(tx.raised_signal(row.signal_id).await.unwrap(), Some(row.clone()));
    assert_eq!(tx.raised_signal(SignalId::from_bytes(uuid(2))).await.unwrap(), None);
    let again = tx.insert_raised_signal(&row).await;
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
}
