//! Which signals an officer raised by hand, and why.

use crate::domain::id::{Oin, SignalId, UserId};

use super::columns::lenient_record;
use super::db::Tx;
use super::error::Result;

lenient_record! {
    /// That an officer raised a signal.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RaisedSignalRow {
        /// Signal.
        pub signal_id: SignalId,
        /// Organisation of the officer.
        pub oin: Oin,
        /// Officer.
        pub user_id: UserId,
        /// Grounds, sealed.
        pub content: Vec<u8>,
    }
}

impl Tx {
    /// Keeps who raised a signal, and why.
    pub async fn insert_raised_signal(&mut self, row: &RaisedSignalRow) -> Result<()> {
        self.query(
            "-- raised_signals.insert
             INSERT INTO raised_signals (signal_id, oin, user_id, content) VALUES ($1, $2, $3, $4)",
        )
        .bind(row.signal_id)
        .bind(row.oin.clone())
        .bind(row.user_id.clone())
        .bind(row.content.clone())
        .execute_one()
        .await
    }

    /// Who raised a signal, and why; none when no officer did.
    pub async fn raised_signal(&mut self, id: SignalId) -> Result<Option<RaisedSignalRow>> {
        self.query(
            "-- raised_signals.by_id
             SELECT signal_id, oin, user_id, content FROM raised_signals WHERE signal_id = $1",
        )
        .bind(id)
        .fetch_optional()
        .await
    }
}
