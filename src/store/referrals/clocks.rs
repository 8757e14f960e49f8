//! The clocks of referrals: looked at when the next of them ends, and moved on.
//!
//! A referral has up to six clocks, and the police hand over thousands of referrals in an hour of
//! peak. So its clocks are not rows of their own: `next_due_at` is the first moment at which one of
//! them may be missed, in one index, written with the referral itself. Meeting a clock writes nothing
//! for it. Whoever looks at that moment finds what became of it in the row, and moves the moment on.

use crate::domain::deadline::{ReferralMoments, Told};
use crate::domain::id::ReferralId;
use crate::domain::referral::State;
use crate::domain::time::Timestamp;
use crate::store::db::{Sql, Tx};
use crate::store::error::{Error, Result};
use crate::store::sets;

use super::ReferralRow;

/// A referral whose clocks were looked at. Nothing is moved on when any of what was looked at is
/// otherwise by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClocksLookedAt {
    /// Referral.
    pub referral_id: ReferralId,
    /// As it was.
    pub state: State,
    /// As it was.
    pub first_contact_at: Option<Timestamp>,
    /// As it was.
    pub investigation_closed_at: Option<Timestamp>,
    /// The moment that brought it up.
    pub due_at: Timestamp,
    /// When to look again.
    pub next_due_at: Option<Timestamp>,
    /// What is told of from now on.
    pub told: Told,
}

impl ReferralRow {
    /// What its clocks depend on.
    pub const fn moments(&self) -> ReferralMoments {
        ReferralMoments {
            state: self.state,
            ack_due_at: self.ack_due_at,
            acknowledged_at: self.acknowledged_at,
            first_contact_due_at: self.first_contact_due_at,
            first_contact_at: self.first_contact_at,
            safety_assessment_due_at: self.safety_assessment_due_at,
            triaged_at: self.triaged_at,
            triage_outcome: self.triage_outcome,
            feedback_due_at: self.feedback_due_at,
            feedback_sent_at: self.feedback_sent_at,
            inform_subject_due_at: self.inform_subject_due_at,
            investigation_due_at: self.investigation_due_at,
            investigation_closed_at: self.investigation_closed_at,
        }
    }

    /// The clocks of which a miss was told.
    pub fn told(&self) -> Result<Told> {
        Told::from_bits(self.deadlines_told)
            .ok_or(Error::Corrupt { table: "referrals", column: "deadlines_told" })
    }
}

pub(in crate::store) const DUE: &str =
    select!("referrals.due", "WHERE next_due_at < $1 ORDER BY next_due_at, referral_id LIMIT $2");

pub(in crate::store) const NEXT: &str =
    "-- referrals.next_due\nSELECT MIN(next_due_at) FROM referrals WHERE next_due_at IS NOT NULL";

impl ClocksLookedAt {
    fn to_json(&self) -> serde_json::Value {
        serde_json::json!([
            sets::id(self.referral_id.as_bytes()),
            self.state.number(),
            self.first_contact_at.map(Timestamp::as_micros),
            self.investigation_closed_at.map(Timestamp::as_micros),
            self.due_at.as_micros(),
            self.next_due_at.map(Timestamp::as_micros),
            self.told.bits(),
        ])
    }
}

pub(in crate::store) const MOVE_ON: Sql = Sql {
    sqlite: "-- referrals.move_clocks_on
             UPDATE referrals
                SET next_due_at = c.next_due_at, deadlines_told = c.told
               FROM (SELECT unhex(json_extract(value, '$[0]')) AS referral_id,
                            json_extract(value, '$[1]') AS state,
                            json_extract(value, '$[2]') AS first_contact_at,
                            json_extract(value, '$[3]') AS investigation_closed_at,
                            json_extract(value, '$[4]') AS due_at,
                            json_extract(value, '$[5]') AS next_due_at,
                            json_extract(value, '$[6]') AS told
                       FROM json_each($1)) AS c
              WHERE referrals.referral_id = c.referral_id
                AND +referrals.next_due_at = c.due_at
                AND referrals.state = c.state
                AND referrals.first_contact_at IS c.first_contact_at
                AND referrals.investigation_closed_at IS c.investigation_closed_at
             RETURNING referral_id",
    postgres: "-- referrals.move_clocks_on
             UPDATE referrals
                SET next_due_at = c.next_due_at, deadlines_told = c.told
               FROM (SELECT decode(value->>0, 'hex') AS referral_id,
                            CAST(value->>1 AS BIGINT) AS state,
                            CAST(value->>2 AS BIGINT) AS first_contact_at,
                            CAST(value->>3 AS BIGINT) AS investigation_closed_at,
                            CAST(value->>4 AS BIGINT) AS due_at,
                            CAST(value->>5 AS BIGINT) AS next_due_at,
                            CAST(value->>6 AS BIGINT) AS told
                       FROM jsonb_array_elements(CAST($1 AS JSONB)) AS s (value)) AS c
              WHERE referrals.referral_id = c.referral_id
                AND referrals.next_due_at = c.due_at
                AND referrals.state = c.state
                AND referrals.first_contact_at IS NOT DISTINCT FROM c.first_contact_at
                AND referrals.investigation_closed_at
                    IS NOT DISTINCT FROM c.investigation_closed_at
             RETURNING referrals.referral_id",
};

impl Tx {
    /// Referrals one of whose clocks may have been missed before `now`, the oldest first, at most
    /// `limit`.
    pub async fn referrals_due(&mut self, now: Timestamp, limit: u32) -> Result<Vec<ReferralRow>> {
        self.query(DUE).bind(now).bind(i64::from(limit)).fetch_all().await
    }

    /// The next moment at which a clock of a referral may be missed.
    pub async fn next_referral_due(&mut self) -> Result<Option<Timestamp>> {
        let (next,): (Option<Timestamp>,) = self.query(NEXT).fetch_one().await?;
        Ok(next)
    }

    /// Moves the clocks of referrals on. Says of which: of several gateways that looked at one, one
    /// gets it, and nobody one that changed meanwhile.
    pub async fn move_clocks_on(&mut self, looked: &[ClocksLookedAt]) -> Result<Vec<ReferralId>> {
        if looked.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sets::rows(looked.iter().map(ClocksLookedAt::to_json));
        let moved: Vec<(ReferralId,)> = self.query(MOVE_ON).bind(rows).fetch_all().await?;
        Ok(moved.into_iter().map(|(referral_id,)| referral_id).collect())
    }

    /// Records the first contact with the family; false when there was one before, or there is no such
    /// referral.
    pub async fn record_first_contact(&mut self, id: ReferralId, at: Timestamp) -> Result<bool> {
        let recorded = self
            .query(
                "-- referrals.record_first_contact
                 UPDATE referrals SET first_contact_at = $2
                  WHERE referral_id = $1 AND first_contact_at IS NULL",
            )
            .bind(id)
            .bind(at)
            .execute()
            .await?;
        Ok(recorded == 1)
    }

    /// Records that an investigation is finished; false when none runs.
    pub async fn close_investigation(&mut self, id: ReferralId, at: Timestamp) -> Result<bool> {
        let closed = self
            .query(
                "-- referrals.close_investigation
                 UPDATE referrals SET investigation_closed_at = $2
                  WHERE referral_id = $1 AND investigation_due_at IS NOT NULL
                    AND investigation_closed_at IS NULL",
            )
            .bind(id)
            .bind(at)
            .execute()
            .await?;
        Ok(closed == 1)
    }
}
