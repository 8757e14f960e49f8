//! What officers found of entries that were drawn in a sample, and which entries anybody looked into.

use crate::domain::id::{GroupId, Oin, Pseudonym, UserId};
use crate::domain::sample::SampleVerdict;
use crate::domain::time::Timestamp;

use super::columns::{code_columns, lenient_record};
use super::db::Tx;
use super::error::Result;

code_columns!(SampleVerdict);

/// What officers of one organisation can find of one entry.
pub const JUDGEMENTS_MAX: usize = 50;

lenient_record! {
    /// What one officer found of one entry.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SampleJudgementRow {
        /// The act of judging.
        pub group_id: GroupId,
        /// Ledger entry that was judged.
        pub judged_idx: i64,
        /// Organisation of the officer.
        pub oin: Oin,
        /// Officer.
        pub user_id: UserId,
        /// What was found.
        pub verdict: SampleVerdict,
        /// When.
        pub judged_at: Timestamp,
        /// Ledger entry of the judgement.
        pub idx: i64,
        /// Person of the judged entry, under whose key the grounds are; none: a key of their own.
        pub subject: Option<Pseudonym>,
        /// Grounds, sealed.
        pub content: Vec<u8>,
    }
}

/// Entries between two places that were judged or stood in a signal that was closed.
macro_rules! looked_into {
    ($name:literal, $judged:literal, $signalled:literal, $from:literal, $before:literal, $limit:literal) => {
        concat!(
            "-- ",
            $name,
            "\nSELECT idx FROM (
                SELECT j.judged_idx AS idx FROM sample_judgements AS j
                 WHERE j.judged_idx >= ",
            $from,
            " AND j.judged_idx < ",
            $before,
            " AND j.verdict IN (1, 3)",
            $judged,
            " AND NOT EXISTS (SELECT 1 FROM sample_judgements AS n
                               WHERE n.oin = j.oin AND n.judged_idx = j.judged_idx AND n.idx > j.idx)
                UNION
                SELECT e.idx FROM signal_entries AS e
                 WHERE e.idx >= ",
            $from,
            " AND e.idx < ",
            $before,
            " AND EXISTS (SELECT 1 FROM signals AS s
                           WHERE s.signal_id = e.signal_id AND s.state IN (2, 3)",
            $signalled,
            ")) AS looked_into ORDER BY idx DESC LIMIT ",
            $limit
        )
    };
}

pub(in crate::store) const LOOKED_INTO: &str =
    looked_into!("sample_judgements.looked_into", "", "", "$1", "$2", "$3");
pub(in crate::store) const LOOKED_INTO_OF_PARTY: &str = looked_into!(
    "sample_judgements.looked_into_of_party",
    " AND j.oin = $1",
    " AND (s.oin = $1 OR s.other_oin = $1)",
    "$2",
    "$3",
    "$4"
);

impl Tx {
    /// Keeps what was found.
    pub async fn insert_sample_judgement(&mut self, row: &SampleJudgementRow) -> Result<()> {
        self.query(
            "-- sample_judgements.insert
             INSERT INTO sample_judgements (group_id, judged_idx, oin, user_id, verdict, judged_at,
                    idx, subject, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(row.group_id)
        .bind(row.judged_idx)
        .bind(row.oin.clone())
        .bind(row.user_id.clone())
        .bind(row.verdict)
        .bind(row.judged_at)
        .bind(row.idx)
        .bind(row.subject)
        .bind(row.content.clone())
        .execute_one()
        .await
    }

    /// What officers of an organisation found of an entry, the oldest first, at most
    /// [`JUDGEMENTS_MAX`]: there are no more.
    pub async fn sample_judgements(
        &mut self,
        oin: &Oin,
        judged_idx: i64,
    ) -> Result<Vec<SampleJudgementRow>> {
        self.query(
            "-- sample_judgements.of_entry
             SELECT group_id, judged_idx, oin, user_id, verdict, judged_at, idx, subject, content
               FROM sample_judgements WHERE oin = $1 AND judged_idx = $2 ORDER BY idx LIMIT $3",
        )
        .bind(oin.clone())
        .bind(judged_idx)
        .bind(i64::try_from(JUDGEMENTS_MAX).unwrap_or(i64::MAX))
        .fetch_all()
        .await
    }

    /// Entries from one on and before another that somebody looked into, each once, the newest first, at
    /// most `limit`: those of which the organisation last found in a sample that they are in order or not, and
    /// those of signals about it that were closed as explained or as an incident. Of none: of all
    /// organisations. Where somebody has to be asked first, nothing was found yet.
    pub async fn entries_looked_into(
        &mut self,
        party: Option<&Oin>,
        (first, before): (i64, i64),
        limit: usize,
    ) -> Result<Vec<i64>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = match party {
            None => self.query(LOOKED_INTO),
            Some(party) => self.query(LOOKED_INTO_OF_PARTY).bind(party.clone()),
        };
        let found: Vec<(i64,)> = query.bind(first).bind(before).bind(limit).fetch_all().await?;
        Ok(found.into_iter().map(|(idx,)| idx).collect())
    }
}
