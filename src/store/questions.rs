//! What officers asked a party of a disclosure, and what it answered.

use crate::domain::id::{CaseRef, Oin, Pseudonym, QuestionId, UserId};
use crate::domain::question::QuestionState;
use crate::domain::time::Timestamp;

use super::columns::lenient_record;
use super::db::Tx;
use super::error::Result;

lenient_record! {
    /// One question.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct QuestionToPartyRow {
        /// Its id.
        pub question_id: QuestionId,
        /// Ledger entry that it is about.
        pub entry_idx: i64,
        /// Case of that entry.
        pub case_ref: Option<CaseRef>,
        /// Person of that entry, under whose key the words are; none: a key of their own.
        pub subject: Option<Pseudonym>,
        /// Organisation of the officer who asks.
        pub asker_oin: Oin,
        /// Officer who asks.
        pub asker_user_id: UserId,
        /// Organisation that is asked.
        pub asked_oin: Oin,
        /// When.
        pub asked_at: Timestamp,
        /// The last moment at which the answer is in time.
        pub due_at: Timestamp,
        /// Ledger entry of the question.
        pub idx: i64,
        /// The words, sealed.
        pub content: Vec<u8>,
        /// Who answered.
        pub answer_user_id: Option<UserId>,
        /// When.
        pub answered_at: Option<Timestamp>,
        /// Ledger entry of the answer.
        pub answer_idx: Option<i64>,
        /// Its words, sealed.
        pub answer: Option<Vec<u8>>,
    }
}

/// Which questions are wanted, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionQuery {
    /// That asks or is asked; none: all.
    pub party: Option<Oin>,
    /// Only those that the party is asked.
    pub asked_only: bool,
    /// Only those that stand here, as far as their rows tell: who was forgotten, the keys know.
    pub state: Option<QuestionState>,
    /// At this moment.
    pub now: Timestamp,
    /// Before this place in the list.
    pub before: Option<(Timestamp, QuestionId)>,
}

/// Questions about one entry that are shown beside it.
const SHOWN_MAX: i64 = 200;

/// People of whom waiting questions are counted.
const WAITING_MAX: i64 = 5_000;

macro_rules! columns {
    () => {
        "SELECT question_id, entry_idx, case_ref, subject, asker_oin, asker_user_id, asked_oin,
                asked_at, due_at, idx, content, answer_user_id, answered_at, answer_idx, answer
           FROM questions"
    };
}

/// In the state and before the place that were asked for.
macro_rules! wanted {
    () => {
        "($2 = 0 OR ($2 = 1 AND answered_at IS NULL AND due_at >= $3)
                 OR ($2 = 2 AND answered_at IS NULL AND due_at < $3)
                 OR ($2 = 3 AND answered_at IS NOT NULL)
                 OR ($2 = 4 AND answered_at IS NULL))
            AND (asked_at, question_id) < ($4, $5)
          ORDER BY asked_at DESC, question_id DESC LIMIT $6"
    };
}

/// Of everybody. The first and the last value are those of a party, which nobody asked for.
pub(in crate::store) const OF_ALL: &str =
    concat!("-- questions.of_all\n", columns!(), " WHERE $1 = '' AND $7 = 0 AND ", wanted!());

/// Of one organisation. Each half is read by its own index; what an organisation asks itself stands in the
/// first.
pub(in crate::store) const OF_PARTY: &str = concat!(
    "-- questions.of_party\nSELECT * FROM (SELECT * FROM (",
    columns!(),
    " WHERE asked_oin = $1 AND ",
    wanted!(),
    ") AS asked UNION ALL SELECT * FROM (",
    columns!(),
    " WHERE asker_oin = $1 AND asked_oin <> $1 AND $7 = 0 AND ",
    wanted!(),
    ") AS asking) AS both_sides ORDER BY asked_at DESC, question_id DESC LIMIT $6"
);

pub(in crate::store) const WAITING: &str = "-- questions.waiting
     SELECT subject,
            CAST(SUM(CASE WHEN due_at >= $2 THEN 1 ELSE 0 END) AS BIGINT),
            CAST(SUM(CASE WHEN due_at < $2 THEN 1 ELSE 0 END) AS BIGINT)
       FROM questions
      WHERE answered_at IS NULL AND ($1 = '' OR asker_oin = $1 OR asked_oin = $1)
      GROUP BY subject ORDER BY (subject IS NOT NULL), subject LIMIT $3";

impl Tx {
    /// Keeps a question.
    pub async fn insert_question(&mut self, row: &QuestionToPartyRow) -> Result<()> {
        self.query(
            "-- questions.insert
             INSERT INTO questions (question_id, entry_idx, case_ref, subject, asker_oin,
                    asker_user_id, asked_oin, asked_at, due_at, idx, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(row.question_id)
        .bind(row.entry_idx)
        .bind(row.case_ref.clone())
        .bind(row.subject)
        .bind(row.asker_oin.clone())
        .bind(row.asker_user_id.clone())
        .bind(row.asked_oin.clone())
        .bind(row.asked_at)
        .bind(row.due_at)
        .bind(row.idx)
        .bind(row.content.clone())
        .execute_one()
        .await
    }

    /// Keeps the answer of a row, without its place in the ledger; a conflict when there was one.
    pub async fn answer_question(&mut self, row: &QuestionToPartyRow) -> Result<()> {
        self.query(
            "-- questions.answer
             UPDATE questions
                SET answer_user_id = $2, answered_at = $3, answer = $4
              WHERE question_id = $1 AND answered_at IS NULL",
        )
        .bind(row.question_id)
        .bind(row.answer_user_id.clone())
        .bind(row.answered_at)
        .bind(row.answer.clone())
        .execute_one()
        .await
    }

    /// Keeps where the answer of a question stands in the ledger.
    pub async fn place_answer(&mut self, id: QuestionId, idx: i64) -> Result<()> {
        self.query(
            "-- questions.place_answer
             UPDATE questions SET answer_idx = $2 WHERE question_id = $1 AND answer_idx IS NULL",
        )
        .bind(id)
        .bind(idx)
        .execute_one()
        .await
    }

    /// One question.
    pub async fn question(&mut self, id: QuestionId) -> Result<Option<QuestionToPartyRow>> {
        self.query(concat!("-- questions.by_id\n", columns!(), " WHERE question_id = $1"))
            .bind(id)
            .fetch_optional()
            .await
    }

    /// Questions of or to an organisation, or of all, about an entry, the oldest first; the newest
    /// `SHOWN_MAX` of them.
    pub async fn questions_of_entry(
        &mut self,
        idx: i64,
        party: Option<&Oin>,
    ) -> Result<Vec<QuestionToPartyRow>> {
        let mut rows: Vec<QuestionToPartyRow> = self
            .query(concat!(
                "-- questions.of_entry\n",
                columns!(),
                " WHERE entry_idx = $1 AND ($2 = '' OR asker_oin = $2 OR asked_oin = $2)
                  ORDER BY asked_at DESC, question_id DESC LIMIT $3"
            ))
            .bind(idx)
            .bind(party.map_or_else(String::new, Oin::to_string))
            .bind(SHOWN_MAX)
            .fetch_all()
            .await?;
        rows.reverse();
        Ok(rows)
    }

    /// How many questions of an organisation about an entry nobody answered yet.
    pub async fn open_questions(&mut self, idx: i64, asker: &Oin) -> Result<i64> {
        let (open,): (i64,) = self
            .query(
                "-- questions.open_of_entry
                 SELECT COUNT(*) FROM questions
                  WHERE entry_idx = $1 AND asker_oin = $2 AND answered_at IS NULL",
            )
            .bind(idx)
            .bind(asker.clone())
            .fetch_one()
            .await?;
        Ok(open)
    }

    /// Questions, the newest first, at most `limit`.
    pub async fn questions(
        &mut self,
        of: &QuestionQuery,
        limit: u32,
    ) -> Result<Vec<QuestionToPartyRow>> {
        let party = of.party.as_ref().map_or_else(String::new, Oin::to_string);
        let (at, id) =
            of.before.map_or((i64::MAX, [0xff; 16]), |(at, id)| (at.as_micros(), *id.as_bytes()));
        self.query(if of.party.is_some() { OF_PARTY } else { OF_ALL })
            .bind(party)
            .bind(of.state.map_or(0, |state| i64::from(state.number())))
            .bind(of.now)
            .bind(at)
            .bind(id.to_vec())
            .bind(i64::from(limit))
            .bind(i64::from(of.asked_only))
            .fetch_all()
            .await
    }

    /// How many questions of or to an organisation wait in time, and how many are late, by the person under
    /// whose key the words are; none: of all. Of the first `WAITING_MAX` people only.
    pub async fn waiting_questions(
        &mut self,
        party: Option<&Oin>,
        now: Timestamp,
    ) -> Result<Vec<(Option<Pseudonym>, i64, i64)>> {
        self.query(WAITING)
            .bind(party.map_or_else(String::new, Oin::to_string))
            .bind(now)
            .bind(WAITING_MAX)
            .fetch_all()
            .await
    }
}
