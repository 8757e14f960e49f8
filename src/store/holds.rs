//! What keeps entries of the ledger from being purged.

use crate::domain::id::{CaseRef, GroupId, HoldId, Oin, Pseudonym};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::Tx;
use super::error::Result;

record! {
    /// One hold. It holds what its person, its act or its period names.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct HoldRow {
        /// Its id, which is also that of the request or incident that holds.
        pub hold_id: HoldId,
        /// Number of the cause.
        pub cause: i64,
        /// Organisation that placed it.
        pub oin: Oin,
        /// Number of where the complaint lies; none for every other cause.
        pub reason: Option<i64>,
        /// Case in which an officer placed it: all entries about it, unless a person is named.
        pub case_ref: Option<CaseRef>,
        /// All entries about this person.
        pub subject: Option<Pseudonym>,
        /// All entries of this act.
        pub group_id: Option<GroupId>,
        /// All entries from this moment on,
        pub from_at: Option<Timestamp>,
        /// and before this one.
        pub until_at: Option<Timestamp>,
        /// When it was placed.
        pub placed_at: Timestamp,
        /// When it was lifted.
        pub lifted_at: Option<Timestamp>,
    }
}

macro_rules! columns {
    () => {
        "SELECT hold_id, cause, oin, reason, case_ref, subject, group_id, from_at, until_at,
                placed_at, lifted_at
           FROM legal_holds"
    };
}

impl Tx {
    /// One hold.
    pub async fn hold(&mut self, id: HoldId) -> Result<Option<HoldRow>> {
        self.query(concat!("-- holds.by_id\n", columns!(), " WHERE hold_id = $1"))
            .bind(id)
            .fetch_optional()
            .await
    }

    /// Holds in force, after one of them, at most `limit`.
    pub async fn holds_in_force(
        &mut self,
        after: Option<HoldId>,
        limit: u32,
    ) -> Result<Vec<HoldRow>> {
        self.query(concat!(
            "-- holds.in_force\n",
            columns!(),
            " WHERE lifted_at IS NULL AND hold_id > $1 ORDER BY hold_id LIMIT $2"
        ))
        .bind(after.map_or_else(Vec::new, |id| id.as_bytes().to_vec()))
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Holds in force of one cause, of one organisation or of all, after one of them, at most `limit`.
    pub async fn holds_of(
        &mut self,
        (oin, cause): (Option<&Oin>, i64),
        after: Option<HoldId>,
        limit: u32,
    ) -> Result<Vec<HoldRow>> {
        self.query(concat!(
            "-- holds.of\n",
            columns!(),
            " WHERE lifted_at IS NULL AND hold_id > $1 AND cause = $2 AND ($3 IS NULL OR oin = $3)
              ORDER BY hold_id LIMIT $4"
        ))
        .bind(after.map_or_else(Vec::new, |id| id.as_bytes().to_vec()))
        .bind(cause)
        .bind(oin.cloned())
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Places a hold; a conflict when it was placed before.
    pub async fn place_hold(&mut self, row: &HoldRow) -> Result<()> {
        self.query(
            "-- holds.place
             INSERT INTO legal_holds (hold_id, cause, oin, reason, case_ref, subject, group_id,
                    from_at, until_at, placed_at, lifted_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (hold_id) DO NOTHING",
        )
        .bind(row.hold_id)
        .bind(row.cause)
        .bind(row.oin.clone())
        .bind(row.reason)
        .bind(row.case_ref.clone())
        .bind(row.subject)
        .bind(row.group_id)
        .bind(row.from_at)
        .bind(row.until_at)
        .bind(row.placed_at)
        .bind(row.lifted_at)
        .execute_one()
        .await
    }

    /// Lifts a hold; a conflict when it is not in force.
    pub async fn lift_hold(&mut self, id: HoldId, now: Timestamp) -> Result<()> {
        self.query(
            "-- holds.lift
             UPDATE legal_holds SET lifted_at = $2 WHERE hold_id = $1 AND lifted_at IS NULL",
        )
        .bind(id)
        .bind(now)
        .execute_one()
        .await
    }
}
