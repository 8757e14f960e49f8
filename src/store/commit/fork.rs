//! What a gateway does about a ledger that is not the one it signed.

use crate::ledger::note::Note;
use crate::store::anchor::Fork;
use crate::store::db::{Db, Sql, Tx};
use crate::store::error::{Error, Result};
use crate::store::ledger::LogState;

use super::append::Appender;

/// Whether the ledger continues what the anchor has. Entries without an anchor are refused: somebody
/// may have lost it together with the end of the ledger.
pub(super) async fn check_start(
    appender: &Appender,
    tx: &mut Tx,
    state: &LogState,
    anchored: Option<&Note>,
) -> Result<()> {
    let found = u64::try_from(state.size).unwrap_or(0);
    if anchored.is_none() && found > 0 {
        return Err(Error::Fork(Fork::Unanchored { found }));
    }
    appender.check(tx, state).await
}

/// The standby that should confirm commits may be gone, and this one need not survive this server.
const WITHOUT_STANDBY: Sql = Sql {
    sqlite: "-- fork.without_standby\nSELECT 1",
    postgres: "-- fork.without_standby\nSET LOCAL synchronous_commit = local",
};

/// Says what is wrong and what to do, and writes into the database that a signed checkpoint is not in
/// it: other gateways, which may not have seen what this one signed, stop too.
pub(super) async fn report(db: &Db, error: &Error, signed: Option<&Note>) {
    let Error::Fork(fork) = error else { return };
    let fix = fork.remedy();
    tracing::error!(event = "ledger.refused", fork = fork.word(), detail = %fork, fix);
    if let (Fork::Behind { .. } | Fork::Other { .. }, Some(note)) = (fork, signed)
        && let Err(error) = dispute(db, note).await
    {
        tracing::error!(event = "ledger.not_disputed", %error);
    }
}

async fn dispute(db: &Db, note: &Note) -> Result<()> {
    let mut tx = db.write().await?;
    tx.query(WITHOUT_STANDBY).execute().await?;
    tx.dispute_log(&note.to_string()).await?;
    tx.commit().await
}
