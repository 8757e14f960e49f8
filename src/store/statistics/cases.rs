//! Sums about the course of cases, from their history, and about requests of data subjects.

use crate::domain::case::SafetyPhase;
use crate::domain::id::{Gemeentecode, ReferralId};
use crate::domain::time::Timestamp;
use crate::store::columns::record;
use crate::store::db::Tx;
use crate::store::error::Result;

use super::{Bounds, TallyRow};

record! {
    /// Cases opened in the period that have all of this in common, as they stood before its end.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OpenedRow {
        /// Municipality of residence.
        pub gemeentecode: Gemeentecode,
        /// The highest phase they came to.
        pub phase: SafetyPhase,
        /// 1: they were let go, whatever came after.
        pub released: i64,
        /// How many.
        pub number: i64,
        /// Children in them.
        pub children: i64,
        /// Those of the children who were ever spoken with apart or observed.
        pub children_spoken: i64,
    }
}

record! {
    /// Cases let go in the period that have all of this in common, by their last release in it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ReleasedRow {
        /// Municipality of residence.
        pub gemeentecode: Gemeentecode,
        /// 1: it was confirmed that the violence had stopped.
        pub violence_stopped: i64,
        /// Points from the first to the last rating of the professionals; none without ratings.
        pub scale_change: Option<i64>,
        /// How many.
        pub number: i64,
    }
}

record! {
    /// Times in a phase that ended in the period and lasted as long.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct StayRow {
        /// Municipality of residence.
        pub gemeentecode: Gemeentecode,
        /// The phase.
        pub phase: SafetyPhase,
        /// Whole days, a half rounded up.
        pub days: i64,
        /// How many.
        pub number: i64,
    }
}

record! {
    /// The first contact with the family of a referral.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ContactRow {
        /// Municipality of residence.
        pub gemeentecode: Gemeentecode,
        /// When the referral came in.
        pub submitted_at: Timestamp,
        /// When the family was spoken with.
        pub first_contact_at: Timestamp,
        /// The referral.
        pub referral_id: ReferralId,
    }
}

/// A case that is taken up again keeps what was reached and said in it before: the highest of everything
/// counts. State 9: let go.
pub(in crate::store) const OPENED: &str = "-- statistics.opened
     SELECT r.gemeentecode, opened.phase, opened.released, COUNT(*) AS number,
            CAST(SUM(opened.children) AS BIGINT) AS children,
            CAST(SUM(opened.children_spoken) AS BIGINT) AS children_spoken
       FROM (SELECT c.case_ref, c.referral_id, MAX(h.phase) AS phase,
                    CAST(MAX(CASE WHEN h.state = 9 THEN 1 ELSE 0 END) AS BIGINT) AS released,
                    MAX(h.child_count) AS children, MAX(h.children_spoken) AS children_spoken
               FROM cases AS c
               JOIN case_history AS h ON h.case_ref = c.case_ref AND h.at < $2
              WHERE c.opened_at >= $1 AND c.opened_at < $2
              GROUP BY c.case_ref, c.referral_id) AS opened
       JOIN referrals AS r ON r.referral_id = opened.referral_id
      GROUP BY 1, 2, 3
      ORDER BY 1, 2, 3";

pub(in crate::store) const RELEASED: &str = "-- statistics.released
     SELECT r.gemeentecode, h.violence_stopped, h.last_scale - h.first_scale AS scale_change,
            COUNT(*) AS number
       FROM case_history AS h
       JOIN cases AS c ON c.case_ref = h.case_ref
       JOIN referrals AS r ON r.referral_id = c.referral_id
      WHERE h.at >= $1 AND h.at < $2 AND h.moved = 1 AND h.state = 9
        AND NOT EXISTS (
          SELECT 1 FROM case_history AS l
           WHERE l.case_ref = h.case_ref AND l.version > h.version AND l.moved = 1
             AND l.state = 9 AND l.at < $2)
      GROUP BY 1, 2, 3
      ORDER BY 1, 2, 3";

/// State 12 stands for the moment in which a case was taken up again; 365 days are so many
/// microseconds.
pub(in crate::store) const REOPENED: &str = "-- statistics.reopened
     SELECT gemeentecode, code, COUNT(*) AS number, COUNT(*) AS units
       FROM (SELECT r.gemeentecode AS gemeentecode, h.case_ref,
                    CAST(MAX(CASE WHEN EXISTS (
                          SELECT 1 FROM case_history AS o
                           WHERE o.case_ref = h.case_ref AND o.version > h.version
                             AND o.state = 12 AND o.at < h.at + 31536000000000)
                         THEN 1 ELSE 0 END) AS BIGINT) AS code
               FROM case_history AS h
               JOIN cases AS c ON c.case_ref = h.case_ref
               JOIN referrals AS r ON r.referral_id = c.referral_id
              WHERE h.at >= $1 AND h.at < $2 AND h.moved = 1 AND h.state = 9
              GROUP BY r.gemeentecode, h.case_ref) AS let_go
      GROUP BY gemeentecode, code
      ORDER BY gemeentecode, code";

/// A stay ends with a move to another phase than that of the move `b` before it, or with the end of the case
/// (states 9, 10 and 11). It began with the first move after the last one that was of another phase or had
/// ended the case. What ends in the period is found first, whatever the planner thinks of the rest. A day
/// has 86 400 000 000 microseconds.
pub(in crate::store) const STAYS: &str = "-- statistics.stays
     WITH moves AS MATERIALIZED (
       SELECT m.case_ref, m.version, m.at, m.state, m.phase,
              (SELECT MAX(p.version) FROM case_history AS p
                WHERE p.case_ref = m.case_ref AND p.moved = 1 AND p.version < m.version) AS before
         FROM case_history AS m
        WHERE m.at >= $1 AND m.at < $2 AND m.moved = 1)
     SELECT gemeentecode, phase, (ended_at - began_at + 43200000000) / 86400000000 AS days,
            COUNT(*) AS number
       FROM (SELECT r.gemeentecode AS gemeentecode, b.phase AS phase, moves.at AS ended_at,
                    (SELECT MIN(s.at) FROM case_history AS s
                      WHERE s.case_ref = b.case_ref AND s.moved = 1 AND s.version <= b.version
                        AND s.version > COALESCE(
                          (SELECT MAX(z.version) FROM case_history AS z
                            WHERE z.case_ref = b.case_ref AND z.moved = 1
                              AND z.version < b.version
                              AND (z.phase <> b.phase OR z.state IN (9, 10, 11))), 0)
                    ) AS began_at
               FROM moves
               JOIN case_history AS b ON b.case_ref = moves.case_ref AND b.version = moves.before
               JOIN cases AS c ON c.case_ref = b.case_ref
               JOIN referrals AS r ON r.referral_id = c.referral_id
              WHERE b.state NOT IN (9, 10, 11)
                AND (moves.phase <> b.phase OR moves.state IN (9, 10, 11))) AS stays
      GROUP BY 1, 2, 3
      ORDER BY 1, 2, 3";

pub(in crate::store) const FIRST_CONTACTS: &str = "-- statistics.first_contacts
     SELECT gemeentecode, submitted_at, first_contact_at, referral_id
       FROM referrals
      WHERE (first_contact_at, referral_id) > ($1, $3) AND first_contact_at < $2
      ORDER BY first_contact_at, referral_id
      LIMIT $4";

pub(in crate::store) const SUBJECT_REQUESTS: &str = "-- statistics.subject_requests
     SELECT r.gemeentecode, CAST(1 AS BIGINT) AS code, COUNT(*) AS number,
            COUNT(DISTINCT q.subject) AS units
       FROM subject_requests AS q
       JOIN cases AS c ON c.case_ref = q.case_ref
       JOIN referrals AS r ON r.referral_id = c.referral_id
      WHERE q.received_at >= $1 AND q.received_at < $2
      GROUP BY 1, 2
      ORDER BY 1, 2";

/// The first report answers a request; a refusal is told when it is closed. One that was taken back
/// (ending 3) before either was never to be answered.
pub(in crate::store) const SUBJECT_REQUESTS_DUE: &str = "-- statistics.subject_requests_due
     SELECT r.gemeentecode,
            CAST(CASE WHEN COALESCE(q.reported_at, q.closed_at) <= q.due_at THEN 1 ELSE 0 END
                 AS BIGINT) AS code,
            COUNT(*) AS number, COUNT(DISTINCT q.subject) AS units
       FROM subject_requests AS q
       JOIN cases AS c ON c.case_ref = q.case_ref
       JOIN referrals AS r ON r.referral_id = c.referral_id
      WHERE q.due_at >= $1 AND q.due_at < $2
        AND (q.reported_at IS NOT NULL OR COALESCE(q.ending, 0) <> 3)
      GROUP BY 1, 2
      ORDER BY 1, 2";

impl Tx {
    /// Cases opened in the period.
    pub async fn cases_opened(&mut self, period: Bounds) -> Result<Vec<OpenedRow>> {
        self.counted(OPENED, period).await
    }

    /// Cases let go in the period.
    pub async fn cases_released(&mut self, period: Bounds) -> Result<Vec<ReleasedRow>> {
        self.counted(RELEASED, period).await
    }

    /// Cases let go in the period, by whether they were taken up again within 365 days.
    pub async fn cases_reopened(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(REOPENED, period).await
    }

    /// Times in a phase that ended in the period.
    pub async fn phase_stays(&mut self, period: Bounds) -> Result<Vec<StayRow>> {
        self.counted(STAYS, period).await
    }

    /// First contacts of the period in the order of their moments, after one of them, at most `limit`.
    pub async fn first_contacts(
        &mut self,
        (from, until): Bounds,
        after: Option<&ContactRow>,
        limit: u32,
    ) -> Result<Vec<ContactRow>> {
        let (from, id) = after.map_or((from, Vec::new()), |row| {
            (row.first_contact_at, row.referral_id.as_bytes().to_vec())
        });
        let query = self.query(FIRST_CONTACTS).bind(from).bind(until);
        query.bind(id).bind(i64::from(limit)).fetch_all().await
    }

    /// Requests of data subjects received in the period.
    pub async fn subject_requests_received(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(SUBJECT_REQUESTS, period).await
    }

    /// Requests of data subjects that were due in the period, by whether they were answered in time.
    pub async fn subject_requests_due(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(SUBJECT_REQUESTS_DUE, period).await
    }
}
