//! What witnesses outside said of checkpoints.

use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::{Db, Tx};
use super::error::Result;

record! {
    /// One cosignature.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CosignatureRow {
        /// Name and id of the key of the witness.
        pub witness: String,
        /// Size of the checkpoint.
        pub size: i64,
        /// The signature line, without its newline.
        pub line: String,
        /// When, as the witness dated it.
        pub cosigned_at: Timestamp,
    }
}

impl Db {
    /// Keeps a cosignature. It is no part of the ledger, so no entry goes with it.
    pub async fn keep_cosignature(&self, row: &CosignatureRow) -> Result<()> {
        let mut tx = self.write().await?;
        tx.insert_cosignature(row).await?;
        tx.commit().await
    }
}

impl Tx {
    /// One of the same witness over the same checkpoint is enough: the newest, which also mends what
    /// was changed here.
    pub(super) async fn insert_cosignature(&mut self, row: &CosignatureRow) -> Result<()> {
        self.query(
            "-- cosignatures.insert
             INSERT INTO cosignatures (witness, size, line, cosigned_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (witness, size)
             DO UPDATE SET line = excluded.line, cosigned_at = excluded.cosigned_at",
        )
        .bind(row.witness.clone())
        .bind(row.size)
        .bind(row.line.clone())
        .bind(row.cosigned_at)
        .execute()
        .await?;
        Ok(())
    }

    /// The cosignatures of a checkpoint, by the names of the witnesses.
    pub async fn cosignatures(&mut self, size: i64) -> Result<Vec<CosignatureRow>> {
        self.query(
            "-- cosignatures.of_checkpoint
             SELECT witness, size, line, cosigned_at FROM cosignatures
              WHERE size = $1 ORDER BY witness",
        )
        .bind(size)
        .fetch_all()
        .await
    }

    /// What is stored of a witness about the newest checkpoints, newest first, at most `limit`.
    pub async fn newest_cosignatures(
        &mut self,
        witness: &str,
        limit: u32,
    ) -> Result<Vec<CosignatureRow>> {
        self.query(
            "-- cosignatures.newest_of_witness
             SELECT witness, size, line, cosigned_at FROM cosignatures
              WHERE witness = $1 ORDER BY size DESC LIMIT $2",
        )
        .bind(witness.to_owned())
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Sizes of the newest cosigned checkpoints over an entry, newest first: those larger than
    /// `above`, at most `upto`, at most `limit` of them, each with at least `needed` cosignatures.
    pub async fn cosigned_sizes(
        &mut self,
        (above, upto): (i64, i64),
        needed: i64,
        limit: u32,
    ) -> Result<Vec<i64>> {
        let sizes: Vec<(i64,)> = self
            .query(
                "-- cosignatures.sizes
                 SELECT size FROM cosignatures WHERE size > $1 AND size <= $2
                  GROUP BY size HAVING COUNT(*) >= $3 ORDER BY size DESC LIMIT $4",
            )
            .bind(above)
            .bind(upto)
            .bind(needed)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        Ok(sizes.into_iter().map(|(size,)| size).collect())
    }

    /// Cosignatures in the order of the checkpoints, behind one of them, at most `limit`.
    pub async fn cosignatures_after(
        &mut self,
        (size, witness): (i64, &str),
        limit: u32,
    ) -> Result<Vec<CosignatureRow>> {
        self.query(
            "-- cosignatures.after
             SELECT witness, size, line, cosigned_at FROM cosignatures
              WHERE size > $1 OR (size = $1 AND witness > $2) ORDER BY size, witness LIMIT $3",
        )
        .bind(size)
        .bind(witness.to_owned())
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }
}
