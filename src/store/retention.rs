//! Entries that are past their term, and what is left of them.

use crate::domain::time::Timestamp;
use crate::ledger::hash::Hash;

use super::columns::record;
use super::db::table::{Kind, Table};
use super::db::{Sql, Tx};
use super::error::{Error, Result};
use super::ledger::hash;

record! {
    /// An entry that is past its term.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AgedRow {
        /// Its position.
        pub idx: i64,
        /// When it was recorded.
        pub recorded_at: Timestamp,
        /// Bytes as hashed.
        pub entry: Vec<u8>,
    }
}

/// What is past its term. Events are sets of bits: bit n is event n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retained {
    /// Entries recorded before this moment are, except those
    pub before: Timestamp,
    /// of these events, which are when they were recorded before
    pub later_events: i64,
    /// this moment, and those
    pub later_before: Timestamp,
    /// of these events, which never are. Nor is what a hold keeps, or an act that is reviewed.
    pub kept_events: i64,
}

macro_rules! aged {
    ($bit:literal) => {
        concat!(
            "-- retention.aged
             SELECT d.idx, d.recorded_at, l.entry
               FROM disclosures AS d JOIN leaves AS l ON l.idx = d.idx
              WHERE (d.recorded_at, d.idx) > ($1, $2)
                AND d.recorded_at < $3
                AND ($4 & (",
            $bit,
            ")) = 0
                AND (($5 & (",
            $bit,
            ")) = 0 OR d.recorded_at < $6)
                AND NOT EXISTS (SELECT 1 FROM legal_holds AS h
                                 WHERE h.lifted_at IS NULL
                                   AND (h.subject = d.subject
                                        OR (h.subject IS NULL AND h.case_ref = d.case_ref)
                                        OR h.group_id = d.group_id
                                        OR (h.from_at <= d.recorded_at
                                            AND d.recorded_at < h.until_at)))
                AND NOT EXISTS (SELECT 1 FROM reviews AS r
                                 WHERE r.state <= 3 AND r.group_id = d.group_id)
              ORDER BY d.recorded_at, d.idx
              LIMIT $7"
        )
    };
}

const AGED: Sql = Sql {
    sqlite: aged!("1 << d.event_code"),
    postgres: aged!("CAST(1 AS BIGINT) << CAST(d.event_code AS INTEGER)"),
};

static PURGED: Table = Table::new(
    "purged_leaves",
    &[("idx", Kind::Integer), ("hash", Kind::Blob), ("purged_by", Kind::Integer)],
);

impl Tx {
    /// Entries past their term, after the moment and position of one of them, oldest first, at most
    /// `limit`.
    pub async fn aged(
        &mut self,
        of: &Retained,
        after: (i64, i64),
        limit: u32,
    ) -> Result<Vec<AgedRow>> {
        self.query(AGED)
            .bind(after.0)
            .bind(after.1)
            .bind(of.before)
            .bind(of.kept_events)
            .bind(of.later_events)
            .bind(of.later_before)
            .bind(i64::from(limit))
            .fetch_all()
            .await
    }

    /// Deletes entries and the rows beside them, and keeps their hashes, in the name of the entry at
    /// `by`. A conflict when one of them is not there any more.
    pub async fn purge_leaves(&mut self, entries: &[(i64, Hash)], by: i64) -> Result<()> {
        let ends = entries.iter().map(|(idx, _)| *idx);
        let (Some(first), Some(last)) = (ends.clone().min(), ends.max()) else { return Ok(()) };
        for (idx, hash) in entries {
            let hash = hash.as_bytes().to_vec();
            self.insert(&PURGED).set(*idx).set(hash).set(by).keep().await?;
        }
        for statement in [
            "-- retention.purge_rows
             DELETE FROM disclosures
              WHERE idx IN (SELECT idx FROM purged_leaves
                             WHERE idx BETWEEN $1 AND $2 AND purged_by = $3)",
            "-- retention.purge_leaves
             DELETE FROM leaves
              WHERE idx IN (SELECT idx FROM purged_leaves
                             WHERE idx BETWEEN $1 AND $2 AND purged_by = $3)",
        ] {
            let deleted = self.query(statement).bind(first).bind(last).bind(by).execute().await?;
            if usize::try_from(deleted) != Ok(entries.len()) {
                return Err(Error::Conflict);
            }
        }
        self.outdate_blocks(first, last).await?;
        Ok(())
    }

    /// Hashes of purged entries from a position on, in order, at most `limit`.
    pub(super) async fn purged_hashes(
        &mut self,
        from: i64,
        limit: u32,
    ) -> Result<Vec<(i64, Hash)>> {
        let rows: Vec<(i64, Vec<u8>)> = self
            .query(
                "-- retention.purged_hashes
                 SELECT idx, hash FROM purged_leaves WHERE idx >= $1 ORDER BY idx LIMIT $2",
            )
            .bind(from)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        rows.into_iter().map(|(idx, bytes)| Ok((idx, hash(&bytes)?))).collect()
    }
}
