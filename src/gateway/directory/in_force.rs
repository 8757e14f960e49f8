//! One directory for all gateways of a database.
//!
//! Invariant: a ledger entry that rests on a decision is committed only while the directory of that
//! decision is in force: the commit compares versions under the lock of the log. What leaves no entry
//! (who is admitted, where a message would go) follows within [`LOOK_INTERVAL`] at the latest, and by a
//! hint as a rule at once.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::gateway::error::{Error, Result, Unreadable};
use crate::gateway::{Gateway, Inner};
use crate::store::DirectoryRow;

use super::{Directory, DirectoryFile, canonical, sha256};

/// How often a gateway looks by itself whether another directory is in force.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

impl Gateway {
    /// Puts the directory file in force at the start, unless it is an old one: when another gateway
    /// has put a later one in force, that one counts. To go back on purpose, reload the file while the
    /// gateway runs.
    pub(in crate::gateway) async fn adopt_directory(&self, file: DirectoryFile) -> Result<()> {
        let digest = sha256(&canonical(&file)?);
        let mut tx = self.db().read().await?;
        let newest = tx.newest_directory().await?;
        let known = tx.version_of_directory(&digest).await?;
        drop(tx);
        match (newest, known) {
            (Some(newest), Some(known)) if known < newest.version => {
                tracing::warn!(
                    event = "directory.file_outdated",
                    file = known,
                    in_force = newest.version,
                    fix = "copy the directory file of the gateway that was reloaded last"
                );
                self.put_in_force(&newest)
            }
            _ => self.activate_directory(file).await,
        }
    }

    /// Takes over the directory that is in force, when it is not ours.
    async fn refresh_directory(&self) -> Result<()> {
        let mut tx = self.db().read().await?;
        if tx.directory_version().await? <= self.directory().version {
            return Ok(());
        }
        let newest = tx.newest_directory().await?;
        drop(tx);
        let Some(newest) = newest else { return Ok(()) };
        self.put_in_force(&newest)?;
        tracing::info!(event = "directory.taken_over", version = newest.version);
        Ok(())
    }

    fn put_in_force(&self, row: &DirectoryRow) -> Result<()> {
        let unreadable = |_error| Error::internal(Unreadable { table: "directories" });
        let file: DirectoryFile = serde_json::from_str(&row.content).map_err(unreadable)?;
        self.set_directory(Directory::of(file)?.in_version(row.version));
        Ok(())
    }

    /// Follows what the other gateways put in force, as long as the gateway exists.
    pub(in crate::gateway) fn follow_directory(&self) {
        let mut hint = self.wake().listen_directory();
        let gateway = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                // A lost hint, and an end of hints, only make it slower.
                let look = tokio::time::sleep(LOOK_INTERVAL);
                tokio::select! {
                    Ok(()) = hint.changed() => {}
                    () = look => {}
                }
                let Some(gateway) = Weak::<Inner>::upgrade(&gateway).map(Gateway) else { return };
                if let Err(error) = gateway.refresh_directory().await {
                    let cause: &(dyn std::error::Error + Sync) = &error;
                    tracing::debug!(event = "directory.not_looked_at", error = %cause);
                }
            }
        });
    }
}
