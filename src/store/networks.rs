//! From which networks certificates came.

use crate::domain::id::{Oin, Pseudonym, UserId};
use crate::domain::time::Date;

use super::columns::record;
use super::db::Tx;
use super::error::Result;

record! {
    /// A certificate on a network.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct NetworkRow {
        /// SHA-256 of the certificate.
        pub fingerprint: Vec<u8>,
        /// Pseudonym of the network.
        pub network: Pseudonym,
        /// Organisation of the certificate.
        pub oin: Oin,
        /// Its person; none: a system.
        pub user_id: Option<UserId>,
        /// When it was there first,
        pub first_day: Date,
        /// and last.
        pub last_day: Date,
    }
}

impl Tx {
    /// Keeps that a certificate was on a network. One that was there before was there again.
    pub async fn note_network(&mut self, row: &NetworkRow) -> Result<()> {
        self.query(
            "-- networks.note
             INSERT INTO certificate_networks (fingerprint, network, oin, user_id, first_day,
                    last_day, is_new)
             VALUES ($1, $2, $3, $4, $5, $6, 1)
             ON CONFLICT (fingerprint, network) DO UPDATE SET last_day = excluded.last_day
              WHERE certificate_networks.last_day < excluded.last_day",
        )
        .bind(row.fingerprint.clone())
        .bind(row.network)
        .bind(row.oin.clone())
        .bind(row.user_id.clone())
        .bind(row.first_day)
        .bind(row.last_day)
        .execute()
        .await?;
        Ok(())
    }

    /// Those that no detector looked at yet, at most `limit`.
    pub async fn new_networks(&mut self, limit: u32) -> Result<Vec<NetworkRow>> {
        self.query(
            "-- networks.new
             SELECT fingerprint, network, oin, user_id, first_day, last_day
               FROM certificate_networks WHERE is_new = 1
              ORDER BY fingerprint, network LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Says that a detector looked at it. False when another one did before.
    pub async fn end_new_network(&mut self, row: &NetworkRow) -> Result<bool> {
        let ended = self
            .query(
                "-- networks.end_new
                 UPDATE certificate_networks SET is_new = 0
                  WHERE fingerprint = $1 AND network = $2 AND is_new = 1",
            )
            .bind(row.fingerprint.clone())
            .bind(row.network)
            .execute()
            .await?;
        Ok(ended == 1)
    }

    /// On how many networks a certificate was before a day, and since when.
    pub async fn networks_before(
        &mut self,
        fingerprint: &[u8],
        day: Date,
    ) -> Result<(i64, Option<Date>)> {
        self.query(
            "-- networks.before
             SELECT COUNT(*), MIN(first_day) FROM certificate_networks
              WHERE fingerprint = $1 AND first_day < $2",
        )
        .bind(fingerprint.to_vec())
        .bind(day)
        .fetch_one()
        .await
    }

    /// How many other certificates of the organisation were on the same network before.
    pub async fn others_on_network(&mut self, row: &NetworkRow) -> Result<i64> {
        let (count,): (i64,) = self
            .query(
                "-- networks.others
                 SELECT COUNT(*) FROM certificate_networks
                  WHERE oin = $1 AND network = $2 AND first_day < $3 AND fingerprint <> $4",
            )
            .bind(row.oin.clone())
            .bind(row.network)
            .bind(row.first_day)
            .bind(row.fingerprint.clone())
            .fetch_one()
            .await?;
        Ok(count)
    }

    /// Deletes what was last seen before a day, at most `limit` of it; tells how much.
    pub async fn purge_networks(&mut self, before: Date, limit: u32) -> Result<u64> {
        self.query(
            "-- networks.purge
             DELETE FROM certificate_networks
              WHERE (fingerprint, network) IN
                    (SELECT fingerprint, network FROM certificate_networks
                      WHERE last_day < $1 ORDER BY last_day, fingerprint, network LIMIT $2)",
        )
        .bind(before)
        .bind(i64::from(limit))
        .execute()
        .await
    }
}
