//! Reviews of emergencies, what reviewers said, and who is told of it.

use crate::domain::id::{CaseRef, GroupId, Oin, ReviewId, UserId};
use crate::domain::time::Timestamp;

use super::columns::{lenient_record, record};
use super::db::Tx;
use super::error::Result;

record! {
    /// One review.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ReviewRow {
        /// Its id.
        pub review_id: ReviewId,
        /// 1, and one more with every vote.
        pub version: i64,
        /// Number of the state.
        pub state: i64,
        /// Number of the cause.
        pub cause: i64,
        /// Case.
        pub case_ref: CaseRef,
        /// The act: all entries of the disclosure.
        pub group_id: GroupId,
        /// First ledger entry of the declaration.
        pub idx: i64,
        /// Organisation that disclosed.
        pub discloser_oin: Oin,
        /// Number of the role that organisation had.
        pub discloser_role: i64,
        /// Organisation that received.
        pub recipient_oin: Oin,
        /// Number of the role that organisation had.
        pub recipient_role: i64,
        /// Number of the purpose.
        pub purpose: i64,
        /// Number of the basis.
        pub basis: i64,
        /// Bits of the categories.
        pub categories: i64,
        /// 1: the last word of somebody of whom was shared was a no to this recipient.
        pub is_override: i64,
        /// 1: two officers judge, by the rules of the declaration.
        pub takes_two: i64,
        /// Who declared, at the discloser.
        pub declared_by: UserId,
        /// Who answers for it there, where that is somebody else.
        pub declared_for: Option<UserId>,
        /// Who was consulted, at the discloser.
        pub consulted: Option<UserId>,
        /// When it was declared.
        pub declared_at: Timestamp,
        /// When the access closed by itself.
        pub expires_at: Timestamp,
        /// When the review must be done.
        pub due_at: Timestamp,
        /// When the outcome stood.
        pub closed_at: Option<Timestamp>,
        /// Pseudonyms of the people it is about, 32 bytes each.
        pub subjects: Vec<u8>,
        /// The emergency, sealed under the keys of all of them.
        pub content: Vec<u8>,
    }
}

lenient_record! {
    /// What one reviewer said.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct VoteRow {
        /// Review.
        pub review_id: ReviewId,
        /// 1, 2, 3, ...
        pub position: i64,
        /// Number of the seat; 0 for a question.
        pub seat: i64,
        /// Organisation of the reviewer.
        pub oin: Oin,
        /// Reviewer.
        pub user_id: UserId,
        /// Number of the verdict.
        pub verdict: i64,
        /// When.
        pub voted_at: Timestamp,
        /// First ledger entry of the vote.
        pub idx: i64,
        /// Motivation, sealed.
        pub content: Vec<u8>,
    }
}

lenient_record! {
    /// What the disclosing organisation answered to a question.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct InformationRow {
        /// Review.
        pub review_id: ReviewId,
        /// 1, 2, 3, ...
        pub position: i64,
        /// How many votes had been cast.
        pub after_votes: i64,
        /// Organisation that answered.
        pub oin: Oin,
        /// Who answered.
        pub user_id: UserId,
        /// When.
        pub given_at: Timestamp,
        /// First ledger entry of the answer.
        pub idx: i64,
        /// The words, sealed.
        pub content: Vec<u8>,
    }
}

record! {
    /// Who took a seat.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AssignmentRow {
        /// Review.
        pub review_id: ReviewId,
        /// Number of the seat.
        pub seat: i64,
        /// Organisation of the officer.
        pub oin: Oin,
        /// Officer.
        pub user_id: UserId,
        /// When.
        pub assigned_at: Timestamp,
    }
}

record! {
    /// The last change of a review within a stretch of the list.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ReviewChangeRow {
        /// Place in the list.
        pub idx: i64,
        /// Review.
        pub review_id: ReviewId,
    }
}

/// Which reviews are listed, and from where on.
#[derive(Debug, Clone)]
pub struct ReviewQuery {
    /// Of which organisation, as discloser or recipient; none: of all.
    pub party: Option<Oin>,
    /// Only those that are not closed.
    pub open_only: bool,
    /// After this one, in the order in which they are due.
    pub after: Option<(Timestamp, ReviewId)>,
}

macro_rules! columns {
    () => {
        "review_id, version, state, cause, case_ref, group_id, idx, discloser_oin, discloser_role,
         recipient_oin, recipient_role, purpose, basis, categories, is_override, takes_two, declared_by,
         declared_for, consulted,
         declared_at, expires_at, due_at, closed_at, subjects, content"
    };
}

/// Reviews of everybody.
macro_rules! of_all {
    ($name:literal, $which:literal) => {
        concat!(
            "-- ",
            $name,
            "\nSELECT ",
            columns!(),
            " FROM reviews WHERE (due_at, review_id) > ($1, $2) AND ",
            $which,
            " ORDER BY due_at, review_id LIMIT $3"
        )
    };
}

/// Reviews of one party. Each half is read by its own index; one organisation is never both parties.
macro_rules! of_party {
    ($name:literal, $which:literal) => {
        concat!(
            "-- ",
            $name,
            "\nSELECT * FROM (SELECT * FROM (SELECT ",
            columns!(),
            " FROM reviews WHERE discloser_oin = $1 AND (due_at, review_id) > ($2, $3) AND ",
            $which,
            " ORDER BY due_at, review_id LIMIT $4) AS disclosed UNION ALL SELECT * FROM (SELECT ",
            columns!(),
            " FROM reviews WHERE recipient_oin = $1 AND (due_at, review_id) > ($2, $3) AND ",
            $which,
            " ORDER BY due_at, review_id LIMIT $4) AS received) AS both_sides
             ORDER BY due_at, review_id LIMIT $4"
        )
    };
}

pub(in crate::store) const STATE_OF_ACT: &str =
    "-- reviews.state_of_act\nSELECT state FROM reviews WHERE group_id = $1";
const OPEN_OF_ALL: &str = of_all!("reviews.open_of_all", "state <= 3");
const ANY_OF_ALL: &str = of_all!("reviews.of_all", "state <= 6");
pub(in crate::store) const OPEN_OF_PARTY: &str = of_party!("reviews.open_of_party", "state <= 3");
pub(in crate::store) const CLOSED: &str = concat!(
    "-- reviews.closed\nSELECT ",
    columns!(),
    " FROM reviews WHERE closed_at IS NOT NULL AND (closed_at, review_id) < ($1, $2)
        AND ($3 IS NULL OR discloser_oin = $3 OR recipient_oin = $3)
      ORDER BY closed_at DESC, review_id DESC LIMIT $4"
);
const ANY_OF_PARTY: &str = of_party!("reviews.of_party", "state <= 6");

impl Tx {
    /// Keeps a new review, and tells those who watch.
    pub async fn insert_review(&mut self, row: &ReviewRow) -> Result<()> {
        self.query(concat!(
            "-- reviews.insert\nINSERT INTO reviews (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                $18, $19, $20, $21, $22, $23, $24, $25)"
        ))
        .bind(row.review_id)
        .bind(row.version)
        .bind(row.state)
        .bind(row.cause)
        .bind(row.case_ref.clone())
        .bind(row.group_id)
        .bind(row.idx)
        .bind(row.discloser_oin.clone())
        .bind(row.discloser_role)
        .bind(row.recipient_oin.clone())
        .bind(row.recipient_role)
        .bind(row.purpose)
        .bind(row.basis)
        .bind(row.categories)
        .bind(row.is_override)
        .bind(row.takes_two)
        .bind(row.declared_by.clone())
        .bind(row.declared_for.clone())
        .bind(row.consulted.clone())
        .bind(row.declared_at)
        .bind(row.expires_at)
        .bind(row.due_at)
        .bind(row.closed_at)
        .bind(row.subjects.clone())
        .bind(row.content.clone())
        .execute_one()
        .await?;
        self.insert_review_change(row, row.idx).await
    }

    /// One review.
    pub async fn review(&mut self, review_id: ReviewId) -> Result<Option<ReviewRow>> {
        self.query(concat!(
            "-- reviews.one\nSELECT ",
            columns!(),
            " FROM reviews WHERE review_id = $1"
        ))
        .bind(review_id)
        .fetch_optional()
        .await
    }

    /// The review of an act; none where it was no emergency.
    pub async fn review_of_act(&mut self, group_id: GroupId) -> Result<Option<ReviewId>> {
        let found: Option<(ReviewId,)> = self
            .query("-- reviews.of_act\nSELECT review_id FROM reviews WHERE group_id = $1")
            .bind(group_id)
            .fetch_optional()
            .await?;
        Ok(found.map(|(review_id,)| review_id))
    }

    /// Number of the state of the review of an act; none where it was no emergency.
    pub async fn review_state_of_act(&mut self, group_id: GroupId) -> Result<Option<i64>> {
        let found: Option<(i64,)> =
            self.query(STATE_OF_ACT).bind(group_id).fetch_optional().await?;
        Ok(found.map(|(state,)| state))
    }

    /// Reviews in the order in which they are due, at most `limit`.
    pub async fn reviews(&mut self, query: &ReviewQuery, limit: u32) -> Result<Vec<ReviewRow>> {
        let first = (Timestamp::EPOCH, ReviewId::from_bytes([0; 16]));
        let (due_at, review_id) = query.after.unwrap_or(first);
        let limit = i64::from(limit);
        match &query.party {
            None => {
                let sql = if query.open_only { OPEN_OF_ALL } else { ANY_OF_ALL };
                self.query(sql).bind(due_at).bind(review_id).bind(limit).fetch_all().await
            }
            Some(party) => {
                let sql = if query.open_only { OPEN_OF_PARTY } else { ANY_OF_PARTY };
                let query = self.query(sql).bind(party.clone());
                query.bind(due_at).bind(review_id).bind(limit).fetch_all().await
            }
        }
    }

    /// Reviews of one organisation, or of all, that were closed before a moment, the last one first; at
    /// most `limit`.
    pub async fn closed_reviews(
        &mut self,
        party: Option<&Oin>,
        before: (Timestamp, ReviewId),
        limit: u32,
    ) -> Result<Vec<ReviewRow>> {
        self.query(CLOSED)
            .bind(before.0)
            .bind(before.1)
            .bind(party.cloned())
            .bind(i64::from(limit))
            .fetch_all()
            .await
    }

    /// Adds what a reviewer said and moves the review on from `row`; a conflict when somebody else did
    /// so first. `row` is the review as it becomes, with the version it was read at.
    pub async fn add_vote(&mut self, row: &ReviewRow, vote: &VoteRow) -> Result<()> {
        self.move_review(row).await?;
        self.query(
            "-- review_votes.insert
             INSERT INTO review_votes (review_id, position, seat, oin, user_id, verdict, voted_at,
                    idx, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(vote.review_id)
        .bind(vote.position)
        .bind(vote.seat)
        .bind(vote.oin.clone())
        .bind(vote.user_id.clone())
        .bind(vote.verdict)
        .bind(vote.voted_at)
        .bind(vote.idx)
        .bind(vote.content.clone())
        .execute_one()
        .await?;
        self.insert_review_change(row, vote.idx).await
    }

    async fn move_review(&mut self, row: &ReviewRow) -> Result<()> {
        self.query(
            "-- reviews.move
             UPDATE reviews SET version = version + 1, state = $3, closed_at = $4
              WHERE review_id = $1 AND version = $2",
        )
        .bind(row.review_id)
        .bind(row.version)
        .bind(row.state)
        .bind(row.closed_at)
        .execute_one()
        .await
    }

    /// Adds what was answered and moves the review on from `row`, as [`Tx::add_vote`] does.
    pub async fn add_review_information(
        &mut self,
        row: &ReviewRow,
        information: &InformationRow,
    ) -> Result<()> {
        self.move_review(row).await?;
        self.query(
            "-- review_information.insert
             INSERT INTO review_information (review_id, position, after_votes, oin, user_id,
                    given_at, idx, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(information.review_id)
        .bind(information.position)
        .bind(information.after_votes)
        .bind(information.oin.clone())
        .bind(information.user_id.clone())
        .bind(information.given_at)
        .bind(information.idx)
        .bind(information.content.clone())
        .execute_one()
        .await?;
        self.insert_review_change(row, information.idx).await
    }

    /// What was answered in a review, in order.
    pub async fn review_information(&mut self, review_id: ReviewId) -> Result<Vec<InformationRow>> {
        self.query(
            "-- review_information.list
             SELECT review_id, position, after_votes, oin, user_id, given_at, idx, content
               FROM review_information
              WHERE review_id = $1
              ORDER BY position",
        )
        .bind(review_id)
        .fetch_all()
        .await
    }

    /// What was said in a review, in order.
    pub async fn votes(&mut self, review_id: ReviewId) -> Result<Vec<VoteRow>> {
        self.query(
            "-- review_votes.list
             SELECT review_id, position, seat, oin, user_id, verdict, voted_at, idx, content
               FROM review_votes
              WHERE review_id = $1
              ORDER BY position",
        )
        .bind(review_id)
        .fetch_all()
        .await
    }

    /// Notes that an officer took a seat, in the place of whoever took it before, and tells those who
    /// watch; `idx` is the first ledger entry of it.
    pub async fn assign_review(
        &mut self,
        row: &ReviewRow,
        assignment: &AssignmentRow,
        idx: i64,
    ) -> Result<()> {
        self.query(
            "-- review_assignments.set
             INSERT INTO review_assignments (review_id, seat, oin, user_id, assigned_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (review_id, seat) DO UPDATE
                SET oin = excluded.oin, user_id = excluded.user_id,
                    assigned_at = excluded.assigned_at",
        )
        .bind(assignment.review_id)
        .bind(assignment.seat)
        .bind(assignment.oin.clone())
        .bind(assignment.user_id.clone())
        .bind(assignment.assigned_at)
        .execute_one()
        .await?;
        self.insert_review_change(row, idx).await
    }

    /// Who took which seat of a review.
    pub async fn review_assignments(&mut self, review_id: ReviewId) -> Result<Vec<AssignmentRow>> {
        self.query(
            "-- review_assignments.list
             SELECT review_id, seat, oin, user_id, assigned_at
               FROM review_assignments
              WHERE review_id = $1
              ORDER BY seat",
        )
        .bind(review_id)
        .fetch_all()
        .await
    }

    async fn insert_review_change(&mut self, row: &ReviewRow, idx: i64) -> Result<()> {
        self.query(
            "-- review_changes.insert
             INSERT INTO review_changes (idx, review_id, discloser_oin, recipient_oin)
             VALUES ($1, $2, $3, $4)",
        )
        .bind(idx)
        .bind(row.review_id)
        .bind(row.discloser_oin.clone())
        .bind(row.recipient_oin.clone())
        .execute_one()
        .await
    }

    /// The last change of each review among the next `limit` changes after a place, in their order: of
    /// one party, or of all.
    pub async fn review_changes(
        &mut self,
        party: Option<&Oin>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<ReviewChangeRow>> {
        let limit = i64::from(limit);
        match party {
            None => {
                self.query(
                    "-- review_changes.of_all
                     SELECT MAX(idx) AS idx, review_id
                       FROM (SELECT idx, review_id FROM review_changes
                              WHERE idx > $1 ORDER BY idx LIMIT $2) AS next
                      GROUP BY review_id
                      ORDER BY 1",
                )
                .bind(after)
                .bind(limit)
                .fetch_all()
                .await
            }
            Some(party) => {
                self.query(
                    "-- review_changes.of_party
                     SELECT MAX(idx) AS idx, review_id
                       FROM (SELECT idx, review_id
                               FROM (SELECT * FROM (SELECT idx, review_id FROM review_changes
                                      WHERE discloser_oin = $1 AND idx > $2
                                      ORDER BY idx LIMIT $3) AS disclosed
                                     UNION ALL
                                     SELECT * FROM (SELECT idx, review_id FROM review_changes
                                      WHERE recipient_oin = $1 AND idx > $2
                                      ORDER BY idx LIMIT $3) AS received) AS both_sides
                              ORDER BY idx LIMIT $3) AS next
                      GROUP BY review_id
                      ORDER BY 1",
                )
                .bind(party.clone())
                .bind(after)
                .bind(limit)
                .fetch_all()
                .await
            }
        }
    }

    /// The place of the last change of the reviews of one party, or of all.
    pub async fn last_review_change(&mut self, party: Option<&Oin>) -> Result<Option<i64>> {
        let (last,): (Option<i64>,) = match party {
            None => {
                self.query("-- review_changes.last\nSELECT MAX(idx) FROM review_changes")
                    .fetch_one()
                    .await?
            }
            Some(party) => {
                self.query(
                    "-- review_changes.last_of_party
                     SELECT MAX(idx)
                       FROM (SELECT MAX(idx) AS idx FROM review_changes WHERE discloser_oin = $1
                             UNION ALL
                             SELECT MAX(idx) FROM review_changes WHERE recipient_oin = $1) AS both_sides",
                )
                .bind(party.clone())
                .fetch_one()
                .await?
            }
        };
        Ok(last)
    }
}
