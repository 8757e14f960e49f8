//! What is kept for signals ends with the entries that it is about: a signal, how it ended, what silenced
//! others like it, who asked about whom, what was counted on a day, what was found of a
//! sample, and what an organisation was asked and answered.

use crate::domain::id::SignalId;
use crate::domain::time::{Date, Timestamp};

use super::db::Tx;
use super::error::Result;

/// Signals that were closed before a moment, and of whose entries none is left: a hold on one of them
/// keeps the signal. Nor does one end that an officer's silence still refers to for its grounds.
const AGED: &str = "-- signal_retention.aged
     SELECT s.signal_id FROM signals AS s
      WHERE s.state <> 1 AND s.closed_at < $1 AND s.last_at < $1
        AND NOT EXISTS (SELECT 1 FROM signal_entries AS e JOIN leaves AS l ON l.idx = e.idx
                         WHERE e.signal_id = s.signal_id)
        AND NOT EXISTS (SELECT 1 FROM signal_suppressions AS p WHERE p.signal_id = s.signal_id)
      ORDER BY s.signal_id LIMIT $2";

/// What ends by itself at a moment, at most so many rows.
const ENDED: [&str; 4] = [
    "-- signal_retention.questions
     DELETE FROM log_questions
      WHERE idx IN (SELECT q.idx FROM log_questions AS q
                     WHERE q.asked_at < $1
                       AND NOT EXISTS (SELECT 1 FROM leaves AS l WHERE l.idx = q.idx)
                     ORDER BY q.idx LIMIT $2)",
    "-- signal_retention.suppressions
     DELETE FROM signal_suppressions
      WHERE suppression_id IN (SELECT suppression_id FROM signal_suppressions
                                WHERE until_at < $1
                                ORDER BY suppression_id LIMIT $2)",
    "-- signal_retention.judgements
     DELETE FROM sample_judgements
      WHERE group_id IN (SELECT j.group_id FROM sample_judgements AS j
                          WHERE j.judged_at < $1
                            AND NOT EXISTS (SELECT 1 FROM leaves AS l WHERE l.idx = j.judged_idx)
                          ORDER BY j.group_id LIMIT $2)",
    "-- signal_retention.questions_to_parties
     DELETE FROM questions
      WHERE question_id IN (SELECT q.question_id FROM questions AS q
                             WHERE COALESCE(q.answered_at, q.due_at) < $1
                               AND NOT EXISTS (SELECT 1 FROM leaves AS l WHERE l.idx = q.entry_idx)
                             ORDER BY q.question_id LIMIT $2)",
];

/// The same of what was counted on a day.
const COUNTED: &str = "-- signal_retention.activity
     DELETE FROM activity_days
      WHERE (measure, oin, user_id, day) IN
            (SELECT measure, oin, user_id, day FROM activity_days
              WHERE day < $1 ORDER BY measure, oin, user_id, day LIMIT $2)";

/// All of a signal, the signal last.
const OF_A_SIGNAL: [&str; 4] = [
    "-- signal_retention.entries
     DELETE FROM signal_entries WHERE signal_id = $1",
    "-- signal_retention.endings
     DELETE FROM signal_endings WHERE signal_id = $1",
    "-- signal_retention.raised
     DELETE FROM raised_signals WHERE signal_id = $1",
    "-- signal_retention.signals
     DELETE FROM signals WHERE signal_id = $1",
];

impl Tx {
    /// Deletes what is past its term, at most `limit` of each kind; tells how much.
    pub async fn purge_signals(
        &mut self,
        (before, day): (Timestamp, Date),
        limit: u32,
    ) -> Result<u64> {
        let limit = i64::from(limit);
        let mut purged = self.query(COUNTED).bind(day).bind(limit).execute().await?;
        for statement in ENDED {
            purged += self.query(statement).bind(before).bind(limit).execute().await?;
        }
        let aged: Vec<(SignalId,)> = self.query(AGED).bind(before).bind(limit).fetch_all().await?;
        for (signal,) in &aged {
            for statement in OF_A_SIGNAL {
                purged += self.query(statement).bind(*signal).execute().await?;
            }
        }
        Ok(purged)
    }
}
