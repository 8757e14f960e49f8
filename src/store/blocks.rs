//! What a search compares: lines of entries, in blocks that are kept and as they stand in the rows.

use crate::domain::id::{CaseRef, GroupId, Oin, Pseudonym, UserId};
use crate::domain::time::Timestamp;

use super::columns::{lenient_record, record};
use super::db::Tx;
use super::db::table::{Kind, Table};
use super::error::Result;

lenient_record! {
    /// What a search compares of one entry, from its row.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LineRow {
        /// Leaf.
        pub idx: i64,
        /// When.
        pub recorded_at: Timestamp,
        /// Number of the event code.
        pub event_code: i64,
        /// Number of the disposition.
        pub disposition: i64,
        /// Number of the reason; 0 when not denied.
        pub denial: i64,
        /// Number of the purpose; 0 for none.
        pub purpose: i64,
        /// Number of the basis; 0 for none.
        pub basis: i64,
        /// Bits of the categories.
        pub categories: i64,
        /// Organisation that acted.
        pub actor_oin: Oin,
        /// Whose data.
        pub sender_oin: Option<Oin>,
        /// Who received.
        pub recipient_oin: Option<Oin>,
        /// Employee.
        pub actor_user_id: UserId,
        /// Act.
        pub group_id: GroupId,
        /// Case.
        pub case_ref: Option<CaseRef>,
        /// Data subject.
        pub subject: Option<Pseudonym>,
    }
}

record! {
    /// A block that is kept, without its content.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct BlockRow {
        /// Which: entries from `block * 4096` on.
        pub block: i64,
        /// How many lines it has; negative when entries of it were purged since.
        pub lines: i64,
        /// Earliest moment.
        pub first_at: Timestamp,
        /// Latest moment.
        pub last_at: Timestamp,
    }
}

/// By what entries are looked up that are not many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineKey {
    /// Data subject.
    Subject(Pseudonym),
    /// Case.
    Case(CaseRef),
    /// Act.
    Group(GroupId),
    /// Employee of an organisation.
    Actor(Oin, UserId),
}

macro_rules! lines {
    ($name:literal, $where:literal) => {
        concat!(
            "-- ",
            $name,
            "\nSELECT idx, recorded_at, event_code, disposition, denial, purpose, basis, categories,
                    actor_oin, sender_oin, recipient_oin, actor_user_id, group_id, case_ref, subject
               FROM disclosures WHERE ",
            $where
        )
    };
}

impl Tx {
    /// Lines of the entries from `first` on and before `end`, in the order of the ledger.
    pub async fn lines(&mut self, first: i64, end: i64) -> Result<Vec<LineRow>> {
        self.query(lines!("blocks.lines", "idx >= $1 AND idx < $2 ORDER BY idx"))
            .bind(first)
            .bind(end)
            .fetch_all()
            .await
    }

    /// Lines below `size` that a key finds, newest first, at most `limit`.
    pub async fn lines_of(&mut self, key: &LineKey, size: i64, limit: u32) -> Result<Vec<LineRow>> {
        let query = match key {
            LineKey::Subject(subject) => self
                .query(lines!(
                    "blocks.lines_of_subject",
                    "subject = $1 AND idx < $2 ORDER BY idx DESC LIMIT $3"
                ))
                .bind(*subject),
            LineKey::Case(case_ref) => self
                .query(lines!(
                    "blocks.lines_of_case",
                    "case_ref = $1 AND idx < $2 ORDER BY idx DESC LIMIT $3"
                ))
                .bind(case_ref.clone()),
            LineKey::Group(group_id) => self
                .query(lines!(
                    "blocks.lines_of_group",
                    "group_id = $1 AND idx < $2 ORDER BY idx DESC LIMIT $3"
                ))
                .bind(*group_id),
            LineKey::Actor(oin, user) => {
                return self
                    .query(lines!(
                        "blocks.lines_of_actor",
                        "actor_oin = $1 AND actor_user_id = $2 AND idx < $3
                          ORDER BY idx DESC LIMIT $4"
                    ))
                    .bind(oin.clone())
                    .bind(user.clone())
                    .bind(size)
                    .bind(i64::from(limit))
                    .fetch_all()
                    .await;
            }
        };
        query.bind(size).bind(i64::from(limit)).fetch_all().await
    }

    /// Leaves of the entries of a case in a period, in the order of the ledger, at most `limit`.
    pub async fn case_places(
        &mut self,
        case_ref: &CaseRef,
        (from, until): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<i64>> {
        let rows: Vec<(i64,)> = self
            .query(
                "-- blocks.case_places
                 SELECT idx FROM disclosures
                  WHERE case_ref = $1 AND recorded_at >= $2 AND recorded_at < $3
                  ORDER BY idx LIMIT $4",
            )
            .bind(case_ref.clone())
            .bind(from)
            .bind(until)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        Ok(rows.into_iter().map(|(idx,)| idx).collect())
    }

    /// Blocks that are kept and have to do with a period, oldest first.
    pub async fn blocks(&mut self, from: Timestamp, until: Timestamp) -> Result<Vec<BlockRow>> {
        self.query(
            "-- blocks.between
             SELECT block, lines, first_at, last_at FROM search_blocks
              WHERE last_at >= $1 AND first_at < $2 ORDER BY block",
        )
        .bind(from)
        .bind(until)
        .fetch_all()
        .await
    }

    /// How many blocks are kept; they are the first ones, without a gap.
    pub async fn block_count(&mut self) -> Result<i64> {
        let last: Option<(i64,)> = self
            .query("-- blocks.last\nSELECT block FROM search_blocks ORDER BY block DESC LIMIT 1")
            .fetch_optional()
            .await?;
        Ok(last.map_or(0, |(block,)| block + 1))
    }

    /// A block of which entries were purged since it was made.
    pub async fn stale_block(&mut self) -> Result<Option<i64>> {
        let found: Option<(i64,)> = self
            .query("-- blocks.stale\nSELECT block FROM search_blocks WHERE lines < 0 ORDER BY block LIMIT 1")
            .fetch_optional()
            .await?;
        Ok(found.map(|(block,)| block))
    }

    /// The content of a block.
    pub async fn block_content(&mut self, block: i64) -> Result<Option<Vec<u8>>> {
        let found: Option<(Vec<u8>,)> = self
            .query("-- blocks.content\nSELECT content FROM search_blocks WHERE block = $1")
            .bind(block)
            .fetch_optional()
            .await?;
        Ok(found.map(|(content,)| content))
    }

    /// Keeps a block; one that another gateway kept first stays.
    pub async fn keep_block(&mut self, row: BlockRow, content: Vec<u8>) -> Result<()> {
        self.query(
            "-- blocks.forget_stale\nDELETE FROM search_blocks WHERE block = $1 AND lines < 0",
        )
        .bind(row.block)
        .execute()
        .await?;
        self.insert(&BLOCKS)
            .set(row.block)
            .set(row.lines)
            .set(row.first_at)
            .set(row.last_at)
            .set(content)
            .keep()
            .await
    }

    /// Tells that entries from `first` to `last` are no longer as the blocks have them.
    pub async fn outdate_blocks(&mut self, first: i64, last: i64) -> Result<u64> {
        self.query(
            "-- blocks.outdate
             UPDATE search_blocks SET lines = -1 WHERE block BETWEEN $1 / 4096 AND $2 / 4096",
        )
        .bind(first)
        .bind(last)
        .execute()
        .await
    }
}

static BLOCKS: Table = Table::keeping_the_first(
    "search_blocks",
    &[
        ("block", Kind::Integer),
        ("lines", Kind::Integer),
        ("first_at", Kind::Integer),
        ("last_at", Kind::Integer),
        ("content", Kind::Blob),
    ],
);
