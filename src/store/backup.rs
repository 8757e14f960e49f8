//! Copies of a SQLite database, taken while a gateway uses it.
//!
//! Invariant: a copy is one consistent snapshot. It is read in one transaction of SQLite, takes no
//! lock that a writer waits for, and holds nothing that was deleted before it was taken: only rows
//! are written to it, never the free pages of the original.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::db::WAIT_MAX;
use super::error::Result;

/// A SQLite database that is to be copied.
#[derive(Debug)]
pub struct SqliteSource(SqliteConnection);

impl SqliteSource {
    /// Opens an existing file to read it.
    pub async fn open(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .busy_timeout(WAIT_MAX)
            .disable_statement_logging();
        Ok(Self(options.connect().await?))
    }

    /// About how large the copy becomes, for progress.
    pub async fn size_bytes(&mut self) -> Result<u64> {
        let pages: i64 = self.number("PRAGMA page_count").await?;
        let free: i64 = self.number("PRAGMA freelist_count").await?;
        let page_size: i64 = self.number("PRAGMA page_size").await?;
        Ok(u64::try_from((pages - free).saturating_mul(page_size)).unwrap_or(0))
    }

    /// Writes the copy to `to`, an empty file or none. It is complete when this returns, and not
    /// yet on disk: SQLite does not sync what nobody relies on before the statement ends.
    pub async fn copy_to(mut self, to: &str) -> Result<()> {
        sqlx::query("-- backup.copy\nVACUUM INTO $1").bind(to).execute(&mut self.0).await?;
        self.0.close().await?;
        Ok(())
    }

    async fn number(&mut self, pragma: &'static str) -> Result<i64> {
        Ok(sqlx::query(pragma).fetch_one(&mut self.0).await?.try_get(0)?)
    }
}
