//! Content that nobody needs any more: found and emptied (DOMAIN §5.1, §8 row 10). What is left of it is
//! its row: who, when, which kinds of data, digests.

use crate::domain::time::Timestamp;

use super::db::{Sql, Tx};
use super::error::Result;

/// How much was emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EmptiedContent {
    /// Referrals.
    pub referrals: u64,
    /// Versions of summaries.
    pub summaries: u64,
    /// Answers that disclosed.
    pub answers: u64,
    /// Shares.
    pub shares: u64,
}

impl EmptiedContent {
    /// Everything together.
    pub const fn total(&self) -> u64 {
        self.referrals + self.summaries + self.answers + self.shares
    }
}

// A referral that was taken over before the moment, of which nothing is owed any more: closed (state 7)
// with no clock running, everybody informed (kind 5) and told of where that was late, the family spoken with where that had a term, the
// investigation (outcome 1) finished, the case of the team (outcome 4) opened. One that was linked to a
// case when it came in is in hand there, unless the case was closed (states 9 to 11) and has not moved
// since: then it waits for somebody who takes the case up again, or opens another.
macro_rules! referrals {
    ($last:literal) => {
        concat!(
            "-- content.referrals
    SELECT r.referral_id
      FROM referrals AS r
     WHERE r.acknowledged_at IS NOT NULL AND length(r.content) > 0
       AND r.acknowledged_at < $1
       AND r.state = 7
       AND r.next_due_at IS NULL
       AND (r.first_contact_due_at IS NULL OR r.first_contact_at IS NOT NULL)
       AND (r.triage_outcome <> 1 OR r.investigation_closed_at IS NOT NULL)
       AND (r.triage_outcome <> 4
            OR EXISTS (SELECT 1 FROM cases AS c WHERE c.referral_id = r.referral_id)
            OR EXISTS (SELECT 1 FROM case_referrals AS l
                         JOIN cases AS k ON k.case_ref = l.case_ref
                        WHERE l.referral_id = r.referral_id
                          AND (k.state NOT BETWEEN 9 AND 11
                               OR EXISTS (SELECT 1 FROM case_history AS h
                                           WHERE h.case_ref = l.case_ref AND h.moved = 1
                                             AND h.at > l.linked_at))))
       AND NOT EXISTS (SELECT 1 FROM deadlines AS d
                        WHERE d.kind = 5 AND d.about >= r.referral_id AND d.about <= ",
            $last,
            "
                          AND (d.met_at IS NULL
                               OR (d.met_at > d.due_at AND d.escalated_at IS NULL)))
     ORDER BY r.acknowledged_at, r.referral_id
     LIMIT $2"
        )
    };
}

/// What is about a person of a referral begins with the referral and goes on with 32 bytes: these are
/// the last that can follow.
pub(in crate::store) const REFERRALS: Sql = Sql {
    sqlite: referrals!(
        "CAST(r.referral_id || x'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff'
              AS BLOB)"
    ),
    postgres: referrals!("r.referral_id || decode(repeat('ff', 32), 'hex')"),
};

/// A referral that ended before the moment without anybody taking it over: withdrawn or sent back
/// (states 10 and 11). Nothing is owed of it. One that cannot be delivered has not ended.
pub(in crate::store) const ENDED: &str = "-- content.ended_referrals
    SELECT referral_id
      FROM referrals
     WHERE ended_at IS NOT NULL AND length(content) > 0
       AND ended_at < $1
       AND state IN (10, 11)
     ORDER BY ended_at, referral_id
     LIMIT $2";

/// A version of a summary that was published before the moment and is not the one that counts any
/// more: taken back, followed by another, or of a case that is closed (states 9 to 11), each before the
/// moment too, and that nobody may still read because it was given to them.
pub(in crate::store) const SUMMARIES: &str = "-- content.summaries
    SELECT s.case_ref, s.author_oin, s.revision
      FROM summaries AS s
     WHERE s.content_purged_at IS NULL
       AND s.published_at < $1
       AND (s.retracted_at < $1
            OR EXISTS (SELECT 1 FROM summaries AS n
                        WHERE n.case_ref = s.case_ref AND n.author_oin = s.author_oin
                          AND n.revision > s.revision AND n.published_at < $1)
            OR EXISTS (SELECT 1 FROM cases AS c
                        WHERE c.case_ref = s.case_ref AND c.state BETWEEN 9 AND 11
                          AND (SELECT MAX(h.at) FROM case_history AS h
                                WHERE h.case_ref = c.case_ref AND h.moved = 1) < $1))
       AND NOT EXISTS (SELECT 1 FROM shares AS g
                        WHERE g.case_ref = s.case_ref AND g.author_oin = s.author_oin
                          AND g.revision = s.revision AND g.expires_at >= $1)
     ORDER BY s.published_at, s.case_ref, s.author_oin, s.revision
     LIMIT $2";

macro_rules! answers {
    ($select:literal) => {
        concat!(
            $select,
            " FROM requests
               WHERE reusable_until IS NOT NULL AND length(response) > 0 AND reusable_until < $1
               ORDER BY reusable_until LIMIT $2"
        )
    };
}

macro_rules! shares {
    ($select:literal) => {
        concat!(
            $select,
            " FROM shares
               WHERE length(content) > 0 AND expires_at < $1
                 AND (is_emergency = 0 OR ended_at IS NOT NULL)
               ORDER BY expires_at, share_id LIMIT $2"
        )
    };
}

/// Answers that are given to nobody any more.
#[cfg(test)]
pub(in crate::store) const ANSWERS: &str =
    answers!("-- content.answers\nSELECT caller_oin, request_id");
/// Shares that nobody can read any more.
#[cfg(test)]
pub(in crate::store) const SHARES: &str = shares!("-- content.shares\nSELECT share_id");

impl Tx {
    /// Empties content that nobody has needed since a moment: at most `limit` of each kind.
    pub async fn empty_content(
        &mut self,
        before: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Result<EmptiedContent> {
        Ok(EmptiedContent {
            referrals: self.empty_referrals(before, limit).await?,
            summaries: self.empty_summaries(before, now, limit).await?,
            answers: self.empty_answers(before, limit).await?,
            shares: self.empty_shares(before, limit).await?,
        })
    }

    async fn empty_referrals(&mut self, before: Timestamp, limit: u32) -> Result<u64> {
        let limit = i64::from(limit);
        let mut found: Vec<(Vec<u8>,)> =
            self.query(REFERRALS).bind(before).bind(limit).fetch_all().await?;
        let left = limit - i64::try_from(found.len()).unwrap_or(limit);
        let ended: Vec<(Vec<u8>,)> = self.query(ENDED).bind(before).bind(left).fetch_all().await?;
        found.extend(ended);
        for (referral_id,) in &found {
            self.query(
                "-- content.empty_referral
                 UPDATE referrals SET content = $2 WHERE referral_id = $1",
            )
            .bind(referral_id.clone())
            .bind(Vec::<u8>::new())
            .execute_one()
            .await?;
        }
        Ok(count(found.len()))
    }

    async fn empty_summaries(
        &mut self,
        before: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        let found: Vec<(String, String, i64)> =
            self.query(SUMMARIES).bind(before).bind(i64::from(limit)).fetch_all().await?;
        for (case_ref, author, revision) in &found {
            self.query(
                "-- content.empty_parts
                 UPDATE summary_parts SET content = $4
                  WHERE case_ref = $1 AND author_oin = $2 AND revision = $3",
            )
            .bind(case_ref.clone())
            .bind(author.clone())
            .bind(*revision)
            .bind(Vec::<u8>::new())
            .execute()
            .await?;
            self.query(
                "-- content.empty_summary
                 UPDATE summaries SET content_purged_at = $4
                  WHERE case_ref = $1 AND author_oin = $2 AND revision = $3",
            )
            .bind(case_ref.clone())
            .bind(author.clone())
            .bind(*revision)
            .bind(now)
            .execute_one()
            .await?;
        }
        Ok(count(found.len()))
    }

    async fn empty_answers(&mut self, before: Timestamp, limit: u32) -> Result<u64> {
        self.query(concat!(
            "-- content.empty_answers
             UPDATE requests SET response = $3, owners = $3
              WHERE (caller_oin, request_id) IN (",
            answers!("SELECT caller_oin, request_id"),
            ")"
        ))
        .bind(before)
        .bind(i64::from(limit))
        .bind(Vec::<u8>::new())
        .execute()
        .await
    }

    async fn empty_shares(&mut self, before: Timestamp, limit: u32) -> Result<u64> {
        self.query(concat!(
            "-- content.empty_shares
             UPDATE shares SET content = $3 WHERE share_id IN (",
            shares!("SELECT share_id"),
            ")"
        ))
        .bind(before)
        .bind(i64::from(limit))
        .bind(Vec::<u8>::new())
        .execute()
        .await
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
