//! Copies of a SQLite database, taken while a gateway uses it.
//!
//! Invariant: a copy is one consistent snapshot. It is read in one transaction of SQLite, takes no
//! lock that a writer waits for, and holds nothing that was deleted before it was taken: only rows
//! are written to it, never the free pages of the original.

use std::path::{Path, PathBuf};

use super::db::sqlite::{Access, Pool};
use super::error::{Error, Result};

/// A SQLite database that is to be copied.
#[derive(Debug)]
pub struct SqliteSource(Pool);

impl SqliteSource {
    /// Opens an existing file to read it.
    pub async fn open(path: &Path) -> Result<Self> {
        Ok(Self(Pool::open(path, Access::Inspect, 1).await?))
    }

    /// About how large the copy becomes, for progress.
    pub async fn size_bytes(&self) -> Result<u64> {
        let mut lease = self.0.lease().await?;
        let pages: i64 = lease.value("PRAGMA page_count")?;
        let free: i64 = lease.value("PRAGMA freelist_count")?;
        let page_size: i64 = lease.value("PRAGMA page_size")?;
        Ok(u64::try_from((pages - free).saturating_mul(page_size)).unwrap_or(0))
    }

    /// Writes the copy to `to`, an empty file or none. It is complete when this returns, and not
    /// yet on disk: SQLite does not sync what nobody relies on before the statement ends.
    pub async fn copy_to(&self, to: PathBuf) -> Result<()> {
        let mut lease = self.0.lease().await?;
        // It takes as long as reading and writing everything does.
        let copied = tokio::task::spawn_blocking(move || lease.copy_into(&to)).await;
        copied.unwrap_or(Err(Error::OutcomeUnknown))
    }
}
