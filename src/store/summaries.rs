//! Versions of summaries and their sealed parts.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, Oin, UserId};
use crate::domain::time::Timestamp;

use super::before::SummaryName;
use super::columns::record;
use super::db::{Sql, Tx};
use super::error::Result;
use super::sets;

record! {
    /// One version, without content.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RevisionRow {
        /// Case.
        pub case_ref: CaseRef,
        /// Organisation that wrote it.
        pub author_oin: Oin,
        /// 1, 2, 3, ...
        pub revision: i64,
        /// Bits of its categories.
        pub categories: i64,
        /// When.
        pub published_at: Timestamp,
        /// User who published it.
        pub published_by: UserId,
        /// When its author took it back.
        pub retracted_at: Option<Timestamp>,
        /// When its parts were emptied.
        pub content_purged_at: Option<Timestamp>,
    }
}

record! {
    /// One sealed part.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PartRow {
        /// Place in the summary.
        pub position: i64,
        /// Number of its category.
        pub category: i64,
        /// Pseudonyms of the people it is about, 32 bytes each.
        pub subjects: Vec<u8>,
        /// Sealed under the keys of all of them.
        pub content: Vec<u8>,
    }
}

/// Each asked for by case, author and version, or without a version for the latest.
pub(in crate::store) const NAMED: Sql = Sql {
    sqlite: "-- summaries.named
             SELECT s.case_ref, s.author_oin, s.revision, s.categories, s.published_at,
                    s.published_by, s.retracted_at, s.content_purged_at
               FROM json_each($1) AS asked
               JOIN summaries AS s
                 ON s.case_ref = asked.value ->> 0 AND s.author_oin = asked.value ->> 1
                AND s.revision = COALESCE(asked.value ->> 2,
                        (SELECT MAX(l.revision) FROM summaries AS l
                          WHERE l.case_ref = asked.value ->> 0
                            AND l.author_oin = asked.value ->> 1))",
    postgres: "-- summaries.named
             SELECT s.case_ref, s.author_oin, s.revision, s.categories, s.published_at,
                    s.published_by, s.retracted_at, s.content_purged_at
               FROM json_array_elements(CAST($1 AS JSON)) AS asked (value)
               JOIN summaries AS s
                 ON s.case_ref = asked.value ->> 0 AND s.author_oin = asked.value ->> 1
                AND s.revision = COALESCE(CAST(asked.value ->> 2 AS BIGINT),
                        (SELECT MAX(l.revision) FROM summaries AS l
                          WHERE l.case_ref = asked.value ->> 0
                            AND l.author_oin = asked.value ->> 1))",
};

impl Tx {
    /// The newest version of an organisation's summary.
    pub async fn latest_revision(
        &mut self,
        case_ref: &CaseRef,
        author: &Oin,
    ) -> Result<Option<RevisionRow>> {
        self.query(
            "-- summaries.latest
             SELECT case_ref, author_oin, revision, categories, published_at, published_by,
                    retracted_at, content_purged_at
               FROM summaries
              WHERE case_ref = $1 AND author_oin = $2
              ORDER BY revision DESC
              LIMIT 1",
        )
        .bind(case_ref.clone())
        .bind(author.clone())
        .fetch_optional()
        .await
    }

    /// One version of an organisation's summary.
    pub async fn revision(
        &mut self,
        case_ref: &CaseRef,
        author: &Oin,
        revision: i64,
    ) -> Result<Option<RevisionRow>> {
        self.query(
            "-- summaries.revision
             SELECT case_ref, author_oin, revision, categories, published_at, published_by,
                    retracted_at, content_purged_at
               FROM summaries
              WHERE case_ref = $1 AND author_oin = $2 AND revision = $3",
        )
        .bind(case_ref.clone())
        .bind(author.clone())
        .bind(revision)
        .fetch_optional()
        .await
    }

    /// The versions of summaries that were asked for, as far as they are there, also those that were
    /// taken back.
    pub(super) async fn named_revisions(
        &mut self,
        asked: &BTreeSet<&SummaryName>,
    ) -> Result<BTreeMap<SummaryName, RevisionRow>> {
        if asked.is_empty() {
            return Ok(BTreeMap::new());
        }
        let names = sets::rows(asked.iter().map(|name| {
            serde_json::json!([name.case_ref.as_str(), name.author.as_str(), name.revision])
        }));
        let rows: Vec<RevisionRow> = self.query(NAMED).bind(names).fetch_all().await?;
        let place =
            |row: &RevisionRow| (row.case_ref.clone(), row.author_oin.clone(), row.revision);
        let rows: BTreeMap<_, _> = rows.into_iter().map(|row| (place(&row), row)).collect();
        // Of one summary a certain version may be asked for, and the latest too.
        let found = |name: &SummaryName| {
            let version = |revision| (name.case_ref.clone(), name.author.clone(), revision);
            let row = match name.revision {
                Some(revision) => rows.get(&version(revision)),
                None => rows.range(version(0)..=version(i64::MAX)).next_back().map(|(_, row)| row),
            };
            Some((name.clone(), row?.clone()))
        };
        Ok(asked.iter().filter_map(|name| found(name)).collect())
    }

    /// Versions of all summaries of a case, newest first, after the first `skip`.
    pub async fn revisions(
        &mut self,
        case_ref: &CaseRef,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<RevisionRow>> {
        self.query(
            "-- summaries.revisions
             SELECT case_ref, author_oin, revision, categories, published_at, published_by,
                    retracted_at, content_purged_at
               FROM summaries
              WHERE case_ref = $1
              ORDER BY published_at DESC, author_oin, revision DESC
              LIMIT $2 OFFSET $3",
        )
        .bind(case_ref.clone())
        .bind(i64::from(limit))
        .bind(i64::from(skip))
        .fetch_all()
        .await
    }

    /// Keeps a version; a revision that exists is a conflict.
    pub async fn insert_revision(&mut self, row: &RevisionRow, parts: &[PartRow]) -> Result<()> {
        self.query(
            "-- summaries.insert
             INSERT INTO summaries (case_ref, author_oin, revision, categories, published_at,
                    published_by)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (case_ref, author_oin, revision) DO NOTHING",
        )
        .bind(row.case_ref.clone())
        .bind(row.author_oin.clone())
        .bind(row.revision)
        .bind(row.categories)
        .bind(row.published_at)
        .bind(row.published_by.clone())
        .execute_one()
        .await?;
        for part in parts {
            self.insert_part(row, part).await?;
        }
        Ok(())
    }

    /// Takes back all versions of an organisation's summary that are not taken back.
    pub async fn retract_revisions(
        &mut self,
        case_ref: &CaseRef,
        author: &Oin,
        now: Timestamp,
    ) -> Result<u64> {
        self.query(
            "-- summaries.retract
             UPDATE summaries
                SET retracted_at = $3
              WHERE case_ref = $1 AND author_oin = $2 AND retracted_at IS NULL",
        )
        .bind(case_ref.clone())
        .bind(author.clone())
        .bind(now)
        .execute()
        .await
    }

    /// Who asked for or was given data out of an organisation's summary of a case, as the ledger's rows tell.
    pub async fn summary_recipients(
        &mut self,
        case_ref: &CaseRef,
        author: &Oin,
    ) -> Result<Vec<(Oin,)>> {
        // A case is small, an author may have written for many: the `+` says so to SQLite.
        self.query(Sql {
            sqlite: "-- summaries.recipients
             SELECT DISTINCT recipient_oin
               FROM disclosures
              WHERE case_ref = $1 AND +sender_oin = $2 AND event_code IN ($3, $4) AND outcome = 0
                AND recipient_oin <> $2
              ORDER BY recipient_oin",
            postgres: "-- summaries.recipients
             SELECT DISTINCT recipient_oin
               FROM disclosures
              WHERE case_ref = $1 AND sender_oin = $2 AND event_code IN ($3, $4) AND outcome = 0
                AND recipient_oin <> $2
              ORDER BY recipient_oin",
        })
        .bind(case_ref.clone())
        .bind(author.clone())
        .bind(i64::from(EventCode::SummaryDelivered.number()))
        .bind(i64::from(EventCode::SummaryShared.number()))
        .fetch_all()
        .await
    }

    async fn insert_part(&mut self, of: &RevisionRow, part: &PartRow) -> Result<()> {
        self.query(
            "-- summaries.insert_part
             INSERT INTO summary_parts (case_ref, author_oin, revision, position, category,
                    subjects, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(of.case_ref.clone())
        .bind(of.author_oin.clone())
        .bind(of.revision)
        .bind(part.position)
        .bind(part.category)
        .bind(part.subjects.clone())
        .bind(part.content.clone())
        .execute_one()
        .await
    }

    /// The sealed parts of a version, in order.
    pub async fn parts(&mut self, of: &RevisionRow) -> Result<Vec<PartRow>> {
        self.query(
            "-- summaries.parts
             SELECT position, category, subjects, content
               FROM summary_parts
              WHERE case_ref = $1 AND author_oin = $2 AND revision = $3
              ORDER BY position",
        )
        .bind(of.case_ref.clone())
        .bind(of.author_oin.clone())
        .bind(of.revision)
        .fetch_all()
        .await
    }
}
