//! Looking without touching: databases opened only to read, and their rows exactly as they stand.
//!
//! Invariants: nothing here writes, locks or migrates, so it is safe beside a running gateway; and
//! nothing here refuses a value, because whoever checks a database must be able to read what does
//! not make sense.

use std::path::Path;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgPoolOptions;

use super::columns::record;
use super::db::page::{Columns, Page, PageRow, Span};
use super::db::sqlite::{Access, Pool};
use super::db::{Db, Schema, Sql, Tx, WAIT_MAX};
use super::error::Result;
use super::primary::Servers;

/// Connections of one who looks: one for a long read, one beside it.
const INSPECTORS_MAX: u32 = 2;

impl Schema {
    /// Version of the schema after all migrations.
    pub fn version(self) -> i64 {
        self.migrations.iter().map(|migration| migration.0).max().unwrap_or(0)
    }
}

impl Db {
    /// Opens an existing SQLite file to read it. A gateway may be using it at the same time.
    pub async fn open_sqlite_read_only(path: &Path) -> Result<Self> {
        let readers = Pool::open(path, Access::Inspect, INSPECTORS_MAX).await?;
        Ok(Self::Sqlite { writer: readers.clone(), readers })
    }

    /// Connects to PostgreSQL to read: to the primary, or to a standby where there is none.
    pub async fn open_postgres_read_only(url: &str, schema: Schema) -> Result<Self> {
        let servers = Servers::of(url)?.with(|server| {
            server
                .options([("search_path", schema.name), ("default_transaction_read_only", "on")])
                .application_name("ketenpoort-inspect")
                .disable_statement_logging()
        });
        // The pool would try again until its time is over, and then say only that.
        let options = servers.readable().await?;
        let pool = PgPoolOptions::new()
            .max_connections(INSPECTORS_MAX)
            .acquire_timeout(WAIT_MAX)
            .connect_with(options)
            .await?;
        Ok(Self::Postgres(pool))
    }
}

/// A leaf, unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawLeaf<'p> {
    /// Position.
    pub idx: i64,
    /// Should be the event id in the entry.
    pub event_id: &'p [u8],
    /// Bytes as hashed.
    pub entry: &'p [u8],
}

/// Where a leaf stands in its page.
#[derive(Debug)]
pub struct LeafAt {
    idx: i64,
    event_id: Span,
    entry: Span,
}

impl PageRow for LeafAt {
    type View<'p> = RawLeaf<'p>;

    fn read(columns: &mut Columns<'_>) -> Result<Self> {
        Ok(Self { idx: columns.integer()?, event_id: columns.blob()?, entry: columns.blob()? })
    }

    fn view<'p>(&self, bytes: &'p [u8]) -> RawLeaf<'p> {
        let (event_id, entry) = (self.event_id.of(bytes), self.entry.of(bytes));
        RawLeaf { idx: self.idx, event_id, entry }
    }
}

/// What is left of a purged leaf, unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawPurged<'p> {
    /// Position.
    pub idx: i64,
    /// Should be its hash.
    pub hash: &'p [u8],
    /// Position of the entry that says so.
    pub purged_by: i64,
}

/// Where what is left of a purged leaf stands in its page.
#[derive(Debug)]
pub struct PurgedAt {
    idx: i64,
    hash: Span,
    purged_by: i64,
}

impl PageRow for PurgedAt {
    type View<'p> = RawPurged<'p>;

    fn read(columns: &mut Columns<'_>) -> Result<Self> {
        Ok(Self { idx: columns.integer()?, hash: columns.blob()?, purged_by: columns.integer()? })
    }

    fn view<'p>(&self, bytes: &'p [u8]) -> RawPurged<'p> {
        RawPurged { idx: self.idx, hash: self.hash.of(bytes), purged_by: self.purged_by }
    }
}

record! {
    /// A checkpoint, unread.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RawCheckpoint {
        /// Number of leaves.
        pub size: i64,
        /// Should be a signed note.
        pub note: String,
    }
}

/// The row beside a leaf, unread. Personal columns are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawDisclosure<'p> {
    /// Leaf.
    pub idx: i64,
    /// Event.
    pub event_id: &'p [u8],
    /// Act.
    pub group_id: &'p [u8],
    /// Number of the event code.
    pub event_code: i64,
    /// Number of the outcome.
    pub outcome: i64,
    /// Number of the reason.
    pub denial: i64,
    /// Number of the disposition.
    pub disposition: i64,
    /// Microseconds since 1970.
    pub recorded_at: i64,
    /// Organisation that acted, as text.
    pub actor_oin: &'p [u8],
    /// Whose data, as text.
    pub sender_oin: Option<&'p [u8]>,
    /// Who received, as text.
    pub recipient_oin: Option<&'p [u8]>,
    /// Number of the purpose.
    pub purpose: i64,
    /// Number of the basis.
    pub basis: i64,
    /// Bits of the categories.
    pub categories: i64,
}

/// Where the row beside a leaf stands in its page.
#[derive(Debug)]
pub struct DisclosureAt {
    idx: i64,
    event_id: Span,
    group_id: Span,
    event_code: i64,
    outcome: i64,
    denial: i64,
    disposition: i64,
    recorded_at: i64,
    actor_oin: Span,
    sender_oin: Option<Span>,
    recipient_oin: Option<Span>,
    purpose: i64,
    basis: i64,
    categories: i64,
}

impl PageRow for DisclosureAt {
    type View<'p> = RawDisclosure<'p>;

    // Fields of a struct expression are read in the order in which they are written here.
    fn read(columns: &mut Columns<'_>) -> Result<Self> {
        Ok(Self {
            idx: columns.integer()?,
            event_id: columns.blob()?,
            group_id: columns.blob()?,
            event_code: columns.integer()?,
            outcome: columns.integer()?,
            denial: columns.integer()?,
            disposition: columns.integer()?,
            recorded_at: columns.integer()?,
            actor_oin: columns.text()?,
            sender_oin: columns.text_if_any()?,
            recipient_oin: columns.text_if_any()?,
            purpose: columns.integer()?,
            basis: columns.integer()?,
            categories: columns.integer()?,
        })
    }

    fn view<'p>(&self, bytes: &'p [u8]) -> RawDisclosure<'p> {
        RawDisclosure {
            idx: self.idx,
            event_id: self.event_id.of(bytes),
            group_id: self.group_id.of(bytes),
            event_code: self.event_code,
            outcome: self.outcome,
            denial: self.denial,
            disposition: self.disposition,
            recorded_at: self.recorded_at,
            actor_oin: self.actor_oin.of(bytes),
            sender_oin: self.sender_oin.as_ref().map(|span| span.of(bytes)),
            recipient_oin: self.recipient_oin.as_ref().map(|span| span.of(bytes)),
            purpose: self.purpose,
            basis: self.basis,
            categories: self.categories,
        }
    }
}

/// A row of `_sqlx_migrations` is written when its migration succeeded.
const SCHEMA_TABLES: Sql = Sql {
    sqlite: "-- inspect.schema_tables
             SELECT COUNT(*) FROM sqlite_schema
              WHERE type = 'table' AND name = '_sqlx_migrations'",
    postgres: "-- inspect.schema_tables
               SELECT COUNT(*) FROM information_schema.tables
                WHERE table_schema = current_schema() AND table_name = '_sqlx_migrations'",
};

/// What decides whether an answered commit survives a power cut, as far as one who looks can see it:
/// SQLite keeps only the journal mode in the file.
const JOURNAL: Sql = Sql {
    sqlite: "-- inspect.journal
             SELECT journal_mode FROM pragma_journal_mode",
    postgres: "-- inspect.journal
               SELECT current_setting('fsync') || ' ' || current_setting('full_page_writes')",
};

/// Whether the database is set up so that commits last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    /// The settings, for people.
    pub settings: String,
    /// Whether they are safe.
    pub is_safe: bool,
}

impl Tx {
    /// Version of the schema in the database; `None` when there is none.
    pub async fn schema_version(&mut self) -> Result<Option<i64>> {
        let (tables,): (i64,) = self.query(SCHEMA_TABLES).fetch_one().await?;
        if tables == 0 {
            return Ok(None);
        }
        let newest: Option<(i64,)> = self
            .query(
                "-- inspect.schema_version
                 SELECT version FROM _sqlx_migrations
                  WHERE success ORDER BY version DESC LIMIT 1",
            )
            .fetch_optional()
            .await?;
        Ok(newest.map(|(version,)| version))
    }

    /// Whether commits of this database survive a power cut.
    pub async fn durability(&mut self) -> Result<Durability> {
        let (found,): (String,) = self.query(JOURNAL).fetch_one().await?;
        Ok(if self.is_sqlite() {
            Durability {
                is_safe: found == "wal",
                settings: format!("SQLite, journal_mode = {found}"),
            }
        } else {
            Durability {
                is_safe: found == "on on",
                settings: format!("PostgreSQL, fsync and full_page_writes = {found}"),
            }
        })
    }

    /// Leaves from a position on, in order, at most `limit`, in place of what the page held.
    pub async fn raw_leaves(
        &mut self,
        from: i64,
        limit: u32,
        page: &mut Page<LeafAt>,
    ) -> Result<()> {
        self.query(
            "-- inspect.leaves
             SELECT idx, event_id, entry FROM leaves WHERE idx >= $1 ORDER BY idx LIMIT $2",
        )
        .bind(from)
        .bind(i64::from(limit))
        .fetch_page(page)
        .await
    }

    /// What is left of purged leaves from a position on, in order, at most `limit`, in place of what
    /// the page held.
    pub async fn raw_purged(
        &mut self,
        from: i64,
        limit: u32,
        page: &mut Page<PurgedAt>,
    ) -> Result<()> {
        self.query(
            "-- inspect.purged
             SELECT idx, hash, purged_by FROM purged_leaves WHERE idx >= $1 ORDER BY idx LIMIT $2",
        )
        .bind(from)
        .bind(i64::from(limit))
        .fetch_page(page)
        .await
    }

    /// Checkpoints from a size on, in order, at most `limit`.
    pub async fn raw_checkpoints(&mut self, from: i64, limit: u32) -> Result<Vec<RawCheckpoint>> {
        self.query(
            "-- inspect.checkpoints
             SELECT size, note FROM checkpoints WHERE size >= $1 ORDER BY size LIMIT $2",
        )
        .bind(from)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Rows beside leaves from a position on, in order, at most `limit`, in place of what the page held.
    pub async fn raw_disclosures(
        &mut self,
        from: i64,
        limit: u32,
        page: &mut Page<DisclosureAt>,
    ) -> Result<()> {
        self.query(
            "-- inspect.disclosures
             SELECT idx, event_id, group_id, event_code, outcome, denial, disposition, recorded_at,
                    actor_oin,
                    sender_oin, recipient_oin, purpose, basis, categories
               FROM disclosures
              WHERE idx >= $1 ORDER BY idx LIMIT $2",
        )
        .bind(from)
        .bind(i64::from(limit))
        .fetch_page(page)
        .await
    }

    /// How many tiles stand at levels outside these two.
    pub async fn tiles_outside(&mut self, lowest: i64, highest: i64) -> Result<i64> {
        let (tiles,): (i64,) = self
            .query(
                "-- inspect.tiles_outside
                 SELECT COUNT(*) FROM tiles WHERE level < $1 OR level > $2",
            )
            .bind(lowest)
            .bind(highest)
            .fetch_one()
            .await?;
        Ok(tiles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{keys, ledger};

    #[tokio::test]
    async fn looking_changes_nothing_and_needs_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kp.sqlite");
        assert!(Db::open_sqlite_read_only(&path).await.is_err());
        assert!(!path.exists());

        let db = Db::open_sqlite(&path, ledger::SCHEMA).await.unwrap();
        let inspected = Db::open_sqlite_read_only(&path).await.unwrap();
        let mut tx = inspected.read().await.unwrap();
        assert_eq!(tx.schema_version().await.unwrap(), Some(ledger::SCHEMA.version()));
        assert!(tx.durability().await.unwrap().is_safe);
        let (mut leaves, mut rows) = (Page::default(), Page::default());
        tx.raw_leaves(i64::MIN, 10, &mut leaves).await.unwrap();
        tx.raw_disclosures(i64::MIN, 10, &mut rows).await.unwrap();
        assert!(leaves.is_empty() && rows.is_empty());
        assert_eq!(tx.raw_checkpoints(i64::MIN, 10).await.unwrap(), []);
        assert_eq!(tx.tiles_outside(0, 5).await.unwrap(), 0);
        drop(tx);
        let mut write = inspected.read().await.unwrap();
        let refused = write.query("DELETE FROM log_state").execute().await;
        assert!(refused.is_err());
        drop(write);
        inspected.close().await;
        db.close().await;
    }

    #[tokio::test]
    async fn a_file_that_a_gateway_never_used_has_no_schema_and_no_safe_journal() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("other.sqlite");
        std::fs::write(&path, b"").unwrap();
        let inspected = Db::open_sqlite_read_only(&path).await.unwrap();
        let mut tx = inspected.read().await.unwrap();
        assert_eq!(tx.schema_version().await.unwrap(), None);
        assert!(!tx.durability().await.unwrap().is_safe);
    }

    #[test]
    fn a_schema_knows_its_newest_version() {
        assert!(ledger::SCHEMA.version() >= 1);
        assert_eq!(keys::SCHEMA.version(), 1);
    }
}
