//! Many referrals with one statement.

use crate::domain::id::ReferralId;
use crate::domain::referral::{SendBackReason, State};
use crate::domain::time::Timestamp;
use crate::store::db::{Sql, Tx};
use crate::store::error::{Error, Result};
use crate::store::sets;

use super::{LinkKind, ReferralRow};

/// A referral that moves on to another state, with what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Referral.
    pub referral_id: ReferralId,
    /// State that it must be in.
    pub from: State,
    /// State that it comes into.
    pub to: State,
    /// When responsibility passed, if it does.
    pub acknowledged_at: Option<Timestamp>,
    /// The recipient's own file number.
    pub local_reference: Option<String>,
    /// Why it is sent back, if it is.
    pub send_back_reason: Option<SendBackReason>,
    /// When it ended without anybody taking it over, if it does.
    pub ended_at: Option<Timestamp>,
}

impl Moved {
    /// A referral that moves on and nothing else.
    pub const fn new(referral_id: ReferralId, from: State, to: State) -> Self {
        Self {
            referral_id,
            from,
            to,
            acknowledged_at: None,
            local_reference: None,
            send_back_reason: None,
            ended_at: None,
        }
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::json!([
            sets::id(self.referral_id.as_bytes()),
            self.from.number(),
            self.to.number(),
            self.acknowledged_at.map(Timestamp::as_micros),
            self.local_reference,
            self.send_back_reason.map(SendBackReason::number),
            self.ended_at.map(Timestamp::as_micros),
        ])
    }
}

impl Tx {
    /// Some referrals, in no order. Those that do not exist are left out.
    pub async fn referrals(&mut self, referrals: &[ReferralId]) -> Result<Vec<ReferralRow>> {
        self.query(Sql {
            sqlite: select!(
                "referrals.by_ids",
                "WHERE referral_id IN (SELECT unhex(value) FROM json_each($1))"
            ),
            postgres: select!(
                "referrals.by_ids",
                "WHERE referral_id = ANY (ARRAY(
                           SELECT decode(value, 'hex')
                             FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS s (value)))"
            ),
        })
        .bind(sets::ids(referrals.iter().map(ReferralId::as_bytes)))
        .fetch_all()
        .await
    }

    /// Earlier referrals that some referrals were linked to.
    pub async fn links_of_referrals(
        &mut self,
        referrals: &[ReferralId],
    ) -> Result<Vec<(ReferralId, ReferralId, LinkKind)>> {
        self.query(Sql {
            sqlite: "-- referrals.links_of_many
             SELECT referral_id, earlier_id, kind
               FROM referral_links
              WHERE referral_id IN (SELECT unhex(value) FROM json_each($1))
              ORDER BY referral_id, earlier_id",
            postgres: "-- referrals.links_of_many
             SELECT referral_id, earlier_id, kind
               FROM referral_links
              WHERE referral_id = ANY (ARRAY(
                        SELECT decode(value, 'hex')
                          FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS s (value)))
              ORDER BY referral_id, earlier_id",
        })
        .bind(sets::ids(referrals.iter().map(ReferralId::as_bytes)))
        .fetch_all()
        .await
    }

    /// Moves those of some referrals on that are in a state; says how many.
    pub async fn move_from(
        &mut self,
        referrals: &[ReferralId],
        from: State,
        to: State,
    ) -> Result<u64> {
        self.query(Sql {
            sqlite: "-- referrals.move_from
             UPDATE referrals SET state = $3
              WHERE referral_id IN (SELECT unhex(value) FROM json_each($1)) AND state = $2",
            postgres: "-- referrals.move_from
             UPDATE referrals SET state = $3
              WHERE referral_id = ANY (ARRAY(
                        SELECT decode(value, 'hex')
                          FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS s (value)))
                AND state = $2",
        })
        .bind(sets::ids(referrals.iter().map(ReferralId::as_bytes)))
        .bind(from)
        .bind(to)
        .execute()
        .await
    }

    /// Moves referrals on. When one is not in the state it must be in, that is a conflict.
    pub async fn move_referrals(&mut self, moved: &[Moved]) -> Result<()> {
        if moved.is_empty() {
            return Ok(());
        }
        let rows = sets::rows(moved.iter().map(Moved::to_json));
        let changed = self
            .query(Sql {
                sqlite: "-- referrals.move
                 UPDATE referrals
                    SET state = m.to_state,
                        acknowledged_at = COALESCE(m.acknowledged_at, referrals.acknowledged_at),
                        local_reference = COALESCE(m.local_reference, referrals.local_reference),
                        send_back_reason = COALESCE(m.send_back_reason, referrals.send_back_reason),
                        ended_at = COALESCE(m.ended_at, referrals.ended_at)
                   FROM (SELECT unhex(json_extract(value, '$[0]')) AS referral_id,
                                json_extract(value, '$[1]') AS from_state,
                                json_extract(value, '$[2]') AS to_state,
                                json_extract(value, '$[3]') AS acknowledged_at,
                                json_extract(value, '$[4]') AS local_reference,
                                json_extract(value, '$[5]') AS send_back_reason,
                                json_extract(value, '$[6]') AS ended_at
                           FROM json_each($1)) AS m
                  WHERE referrals.referral_id = m.referral_id
                    AND referrals.state = m.from_state",
                postgres: "-- referrals.move
                 UPDATE referrals
                    SET state = m.to_state,
                        acknowledged_at = COALESCE(m.acknowledged_at, referrals.acknowledged_at),
                        local_reference = COALESCE(m.local_reference, referrals.local_reference),
                        send_back_reason = COALESCE(m.send_back_reason, referrals.send_back_reason),
                        ended_at = COALESCE(m.ended_at, referrals.ended_at)
                   FROM (SELECT decode(value->>0, 'hex') AS referral_id,
                                CAST(value->>1 AS BIGINT) AS from_state,
                                CAST(value->>2 AS BIGINT) AS to_state,
                                CAST(value->>3 AS BIGINT) AS acknowledged_at,
                                value->>4 AS local_reference,
                                CAST(value->>5 AS BIGINT) AS send_back_reason,
                                CAST(value->>6 AS BIGINT) AS ended_at
                           FROM jsonb_array_elements(CAST($1 AS JSONB)) AS s (value)) AS m
                  WHERE referrals.referral_id = m.referral_id
                    AND referrals.state = m.from_state",
            })
            .bind(rows)
            .execute()
            .await?;
        if usize::try_from(changed) == Ok(moved.len()) { Ok(()) } else { Err(Error::Conflict) }
    }
}
