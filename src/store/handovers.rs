//! Handovers of a part in a case: offered, and answered once.

use crate::domain::case::HandoverState;
use crate::domain::id::{CaseRef, HandoverId, Oin, UserId};
use crate::domain::time::Timestamp;

use super::columns::{code_columns, record};
use super::db::Tx;
use super::error::Result;

code_columns!(HandoverState);

record! {
    /// A handover.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct HandoverRow {
        /// Its id.
        pub handover_id: HandoverId,
        /// Its case.
        pub case_ref: CaseRef,
        /// Who is to be released; responsible until it is accepted.
        pub from_oin: Oin,
        /// Who is to take over.
        pub to_oin: Oin,
        /// Who offered it: the sender, or the Steunpunt for the sender.
        pub offered_by_oin: Oin,
        /// Where it is.
        pub state: HandoverState,
        /// When it was offered.
        pub offered_at: Timestamp,
        /// When it was answered.
        pub answered_at: Option<Timestamp>,
        /// The user who answered.
        pub answered_by: Option<UserId>,
        /// What is handed over and why, sealed under the case's key.
        pub content: Vec<u8>,
    }
}

impl Tx {
    /// Keeps an offer.
    pub async fn insert_handover(&mut self, row: &HandoverRow) -> Result<()> {
        self.query(
            "-- handovers.insert
             INSERT INTO case_handovers (handover_id, case_ref, from_oin, to_oin, offered_by_oin,
                    state, offered_at, answered_at, answered_by, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(row.handover_id)
        .bind(row.case_ref.clone())
        .bind(row.from_oin.clone())
        .bind(row.to_oin.clone())
        .bind(row.offered_by_oin.clone())
        .bind(row.state)
        .bind(row.offered_at)
        .bind(row.answered_at)
        .bind(row.answered_by.clone())
        .bind(row.content.clone())
        .execute_one()
        .await
    }

    /// A handover.
    pub async fn handover(&mut self, handover_id: HandoverId) -> Result<Option<HandoverRow>> {
        self.query(
            "-- handovers.by_id
             SELECT handover_id, case_ref, from_oin, to_oin, offered_by_oin, state, offered_at,
                    answered_at, answered_by, content
               FROM case_handovers
              WHERE handover_id = $1",
        )
        .bind(handover_id)
        .fetch_optional()
        .await
    }

    /// Handovers of a case, newest first, at most `limit`.
    pub async fn handovers_of(
        &mut self,
        case_ref: &CaseRef,
        limit: u32,
    ) -> Result<Vec<HandoverRow>> {
        self.query(
            "-- handovers.of_case
             SELECT handover_id, case_ref, from_oin, to_oin, offered_by_oin, state, offered_at,
                    answered_at, answered_by, content
               FROM case_handovers
              WHERE case_ref = $1
              ORDER BY offered_at DESC, handover_id
              LIMIT $2",
        )
        .bind(case_ref.clone())
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Answers an offer; one that was answered before is a conflict.
    pub async fn answer_handover(&mut self, row: &HandoverRow) -> Result<()> {
        self.query(
            "-- handovers.answer
             UPDATE case_handovers
                SET state = $2, answered_at = $3, answered_by = $4
              WHERE handover_id = $1 AND state = 1",
        )
        .bind(row.handover_id)
        .bind(row.state)
        .bind(row.answered_at)
        .bind(row.answered_by.clone())
        .execute_one()
        .await
    }
}
