//! Figures for management reports: sums by municipality, made in the database. Nothing here is about one
//! person, and no statement reads more than what falls in the period through an index.

use crate::domain::id::Gemeentecode;
use crate::domain::referral::{TriageOutcome, Urgency};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::{Record, Tx};
use super::error::Result;

pub(super) mod cases;

pub use cases::{ContactRow, OpenedRow, ReleasedRow, StayRow};

record! {
    /// Referrals acknowledged in the period that have all of this in common.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AcknowledgedRow {
        /// Municipality of residence.
        pub gemeentecode: Gemeentecode,
        /// Urgency after the rule for repeats.
        pub urgency: Urgency,
        /// 1: somebody under 18 lives there.
        pub with_children: i64,
        /// 1: its people were reported before.
        pub repeated: i64,
        /// 1: acknowledged within the clock of the urgency.
        pub in_time: i64,
        /// How many.
        pub number: i64,
    }
}

record! {
    /// Referrals triaged in the period that have all of this in common.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct TriagedRow {
        /// Municipality of residence.
        pub gemeentecode: Gemeentecode,
        /// What came of it.
        pub triage_outcome: TriageOutcome,
        /// 1: within its term; 0: after it; none: there is no term for a supplement.
        pub in_time: Option<i64>,
        /// How many.
        pub number: i64,
    }
}

record! {
    /// How many there are of something.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct TallyRow {
        /// Municipality of residence.
        pub gemeentecode: Gemeentecode,
        /// Of what: the number of a code, bits of a set, or 1 for yes.
        pub code: i64,
        /// How many.
        pub number: i64,
        /// People or cases behind them.
        pub units: i64,
    }
}

record! {
    /// People who were asked for a consent.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AskedRow {
        /// Municipality of residence.
        pub gemeentecode: Gemeentecode,
        /// People asked.
        pub asked: i64,
        /// Those of them with a consent in force at the end of the period.
        pub active: i64,
    }
}

/// Sums of what happened from the first moment on, before the second.
type Bounds = (Timestamp, Timestamp);

pub(in crate::store) const ACKNOWLEDGED: &str = "-- statistics.acknowledged
     SELECT gemeentecode, effective_urgency AS urgency, with_children,
            CAST(CASE WHEN repeat_index >= 2 THEN 1 ELSE 0 END AS BIGINT) AS repeated,
            CAST(CASE WHEN acknowledged_at <= ack_due_at THEN 1 ELSE 0 END AS BIGINT)
              AS in_time,
            COUNT(*) AS number
       FROM referrals
      WHERE acknowledged_at >= $1 AND acknowledged_at < $2
      GROUP BY 1, 2, 3, 4, 5
      ORDER BY 1, 2, 3, 4, 5";

pub(in crate::store) const VIOLENCE: &str = "-- statistics.violence
     SELECT gemeentecode, violence_kinds AS code, COUNT(*) AS number, COUNT(*) AS units
       FROM referrals
      WHERE acknowledged_at >= $1 AND acknowledged_at < $2
      GROUP BY 1, 2
      ORDER BY 1, 2";

pub(in crate::store) const TRIAGED: &str = "-- statistics.triaged
     SELECT gemeentecode, triage_outcome,
            CAST(CASE WHEN triaged_at <= safety_assessment_due_at THEN 1
                      WHEN safety_assessment_due_at IS NOT NULL THEN 0 END AS BIGINT)
              AS in_time,
            COUNT(*) AS number
       FROM referrals
      WHERE triaged_at >= $1 AND triaged_at < $2 AND triage_outcome IS NOT NULL
      GROUP BY 1, 2, 3
      ORDER BY 1, 2, 3";

pub(in crate::store) const FEEDBACK: &str = "-- statistics.feedback
     SELECT gemeentecode,
            CAST(CASE WHEN feedback_sent_at <= feedback_due_at THEN 1 ELSE 0 END AS BIGINT)
              AS code,
            COUNT(*) AS number, COUNT(*) AS units
       FROM referrals
      WHERE feedback_due_at >= $1 AND feedback_due_at < $2
      GROUP BY 1, 2
      ORDER BY 1, 2";

pub(in crate::store) const DISCLOSURES: &str = "-- statistics.disclosures
     SELECT r.gemeentecode, d.basis AS code, COUNT(*) AS number,
            COUNT(DISTINCT d.subject) AS units
       FROM disclosures AS d
       LEFT JOIN cases AS c ON c.case_ref = d.case_ref
       JOIN referrals AS r ON r.referral_id = COALESCE(c.referral_id, d.message_id)
      WHERE d.recorded_at >= $1 AND d.recorded_at < $2 AND d.event_code IN (1, 6, 8, 39)
        AND d.outcome = 0 AND d.basis > 0
      GROUP BY 1, 2
      ORDER BY 1, 2";

pub(in crate::store) const CONSENTS: &str = "-- statistics.consents
     SELECT gemeentecode, COUNT(*) AS asked,
            COUNT(CASE WHEN is_active > 0 THEN 1 END) AS active
       FROM (SELECT r.gemeentecode AS gemeentecode, a.subject,
                    MAX(CASE WHEN EXISTS (
                          SELECT 1 FROM consents AS n
                           WHERE n.case_ref = a.case_ref AND n.subject = a.subject
                             AND n.state = 2 AND n.recorded_at < $2 AND n.valid_until >= $2
                             AND NOT EXISTS (
                               SELECT 1 FROM consents AS l
                                WHERE l.consent_id = n.consent_id AND l.version > n.version
                                  AND l.recorded_at < $2))
                        THEN 1 ELSE 0 END) AS is_active
               FROM consents AS a
               JOIN cases AS c ON c.case_ref = a.case_ref
               JOIN referrals AS r ON r.referral_id = c.referral_id
              WHERE a.recorded_at >= $1 AND a.recorded_at < $2 AND a.version = 1
                AND NOT EXISTS (
                  SELECT 1 FROM consents AS e
                   WHERE e.consent_id = a.consent_id AND e.state = 7 AND e.recorded_at < $2)
              GROUP BY r.gemeentecode, a.subject) AS people
      GROUP BY gemeentecode
      ORDER BY gemeentecode";

pub(in crate::store) const WITHDRAWALS: &str = "-- statistics.withdrawals
     SELECT r.gemeentecode, CAST(1 AS BIGINT) AS code,
            COUNT(DISTINCT w.subject) AS number, COUNT(DISTINCT w.subject) AS units
       FROM consents AS w
       JOIN cases AS c ON c.case_ref = w.case_ref
       JOIN referrals AS r ON r.referral_id = c.referral_id
      WHERE w.recorded_at >= $1 AND w.recorded_at < $2 AND w.state = 4
      GROUP BY 1
      ORDER BY 1";

pub(in crate::store) const EMERGENCIES: &str = "-- statistics.emergencies
     SELECT r.gemeentecode, CAST(1 AS BIGINT) AS code, COUNT(*) AS number,
            COUNT(DISTINCT v.case_ref) AS units
       FROM reviews AS v
       JOIN cases AS c ON c.case_ref = v.case_ref
       JOIN referrals AS r ON r.referral_id = c.referral_id
      WHERE v.declared_at >= $1 AND v.declared_at < $2
      GROUP BY 1
      ORDER BY 1";

pub(in crate::store) const REVIEWS_CLOSED: &str = "-- statistics.reviews_closed
     SELECT r.gemeentecode,
            CAST(CASE WHEN v.state = 6 THEN 1 ELSE 0 END AS BIGINT) AS code,
            COUNT(*) AS number, COUNT(DISTINCT v.case_ref) AS units
       FROM reviews AS v
       JOIN cases AS c ON c.case_ref = v.case_ref
       JOIN referrals AS r ON r.referral_id = c.referral_id
      WHERE v.closed_at >= $1 AND v.closed_at < $2
      GROUP BY 1, 2
      ORDER BY 1, 2";

pub(in crate::store) const REVIEWS_DUE: &str = "-- statistics.reviews_due
     SELECT r.gemeentecode,
            CAST(CASE WHEN v.closed_at <= v.due_at THEN 1 ELSE 0 END AS BIGINT) AS code,
            COUNT(*) AS number, COUNT(DISTINCT v.case_ref) AS units
       FROM reviews AS v
       JOIN cases AS c ON c.case_ref = v.case_ref
       JOIN referrals AS r ON r.referral_id = c.referral_id
      WHERE v.due_at >= $1 AND v.due_at < $2
      GROUP BY 1, 2
      ORDER BY 1, 2";

pub(in crate::store) const OVERRIDDEN: &str = "-- statistics.overridden
     SELECT r.gemeentecode, CAST(1 AS BIGINT) AS code, COUNT(*) AS number,
            COUNT(DISTINCT v.case_ref) AS units
       FROM reviews AS v
       JOIN cases AS c ON c.case_ref = v.case_ref
       JOIN referrals AS r ON r.referral_id = c.referral_id
      WHERE v.declared_at >= $1 AND v.declared_at < $2 AND v.is_override = 1
      GROUP BY 1, 2
      ORDER BY 1, 2";

pub(in crate::store) const LATE: &str = "-- statistics.late
     SELECT r.gemeentecode, m.kind AS code, COUNT(*) AS number,
            COUNT(DISTINCT r.referral_id) AS units
       FROM missed_deadlines AS m
       LEFT JOIN cases AS c ON c.case_ref = m.case_ref
       JOIN referrals AS r ON r.referral_id = COALESCE(c.referral_id, m.referral_id)
      WHERE m.due_at >= $1 AND m.due_at < $2
      GROUP BY 1, 2
      ORDER BY 1, 2";

impl Tx {
    /// Referrals acknowledged in the period.
    pub async fn referrals_acknowledged(&mut self, period: Bounds) -> Result<Vec<AcknowledgedRow>> {
        self.counted(ACKNOWLEDGED, period).await
    }

    /// The same, by the bits of their kinds of violence.
    pub async fn violence_acknowledged(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(VIOLENCE, period).await
    }

    /// Referrals triaged in the period.
    pub async fn referrals_triaged(&mut self, period: Bounds) -> Result<Vec<TriagedRow>> {
        self.counted(TRIAGED, period).await
    }

    /// Feedback to the police that was due in the period, by whether it was given in time.
    pub async fn feedback_due(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(FEEDBACK, period).await
    }

    /// Records of data that went to another organisation in the period, by the number of the basis. Only
    /// events that hand data over: referral 1, feedback 6, summary 8, summary that was shared 39.
    pub async fn disclosures_by_basis(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(DISCLOSURES, period).await
    }

    /// People whose consent was asked for the first time in the period, and those of them with one in
    /// force at its end. What was recorded by mistake does not count.
    pub async fn consents_asked(&mut self, period: Bounds) -> Result<Vec<AskedRow>> {
        self.counted(CONSENTS, period).await
    }

    /// People of whom a consent was withdrawn in the period.
    pub async fn people_withdrawn(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(WITHDRAWALS, period).await
    }

    /// Emergencies declared in the period.
    pub async fn emergencies_declared(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(EMERGENCIES, period).await
    }

    /// Reviews closed in the period, by whether the emergency was not justified (state 6).
    pub async fn reviews_closed(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(REVIEWS_CLOSED, period).await
    }

    /// Reviews that were due in the period, by whether they were closed in time.
    pub async fn reviews_due(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(REVIEWS_DUE, period).await
    }

    /// Emergencies declared in the period although somebody had refused or withdrawn consent.
    pub async fn consents_overridden(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(OVERRIDDEN, period).await
    }

    /// Terms that were due in the period and missed, by the number of their kind, with the referrals that
    /// they or their cases are about behind them.
    pub async fn deadlines_late(&mut self, period: Bounds) -> Result<Vec<TallyRow>> {
        self.counted(LATE, period).await
    }

    /// What a statement finds between two moments.
    async fn counted<R: Record>(
        &mut self,
        statement: &'static str,
        (from, until): Bounds,
    ) -> Result<Vec<R>> {
        self.query(statement).bind(from).bind(until).fetch_all().await
    }
}
