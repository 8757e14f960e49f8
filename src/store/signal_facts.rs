//! What the rules of signals look at: new entries, and what was counted before. Every statement finds its
//! rows by an index and reads a bounded number of them.

use std::collections::BTreeSet;

use crate::domain::id::{CaseRef, ConsentId, GroupId, Oin, Pseudonym, UserId};
use crate::domain::organisation::UserRole;
use crate::domain::time::{Date, Timestamp};

use super::columns::{code_columns, lenient_record, record};
use super::db::Tx;
use super::deadlines::MissedRow;
use super::disclosures::DisclosureRow;
use super::error::Result;

code_columns!(Measure);

crate::domain::code::codes! {
    /// What is counted per day.
    pub enum Measure {
        /// Different people that a user looked at.
        Subjects = 1, "SUBJECTS";
        /// Acts of a user in the night that began on the day.
        NightActs = 2, "NIGHT_ACTS";
        /// Disclosures of an organisation.
        Disclosures = 3, "DISCLOSURES";
        /// Entries of a user in which data went or was denied.
        UserDisclosures = 4, "USER_DISCLOSURES";
    }
}

/// Who did what on which day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// What is counted.
    pub measure: Measure,
    /// Organisation.
    pub oin: Oin,
    /// User; none for the organisation as a whole.
    pub user: Option<UserId>,
    /// Day in the Netherlands.
    pub day: Date,
}

impl Counted {
    fn user_text(&self) -> String {
        self.user.as_ref().map_or_else(String::new, |user| user.as_str().to_owned())
    }
}

record! {
    /// The number of a day.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct ActivityRow {
        /// Day.
        pub day: Date,
        /// Number.
        pub number: i64,
    }
}

lenient_record! {
    /// The last word on a consent before an entry.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ConsentWordRow {
        /// Entry of the word.
        pub idx: i64,
        /// Number of the event: recorded, refused, withdrawn or expired.
        pub event_code: i64,
        /// Organisation that recorded it.
        pub actor_oin: Oin,
        /// Employee.
        pub actor_user_id: UserId,
        /// When.
        pub recorded_at: Timestamp,
        /// Categories that it names.
        pub categories: i64,
    }
}

lenient_record! {
    /// A denial.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DenialRow {
        /// Entry.
        pub idx: i64,
        /// Act.
        pub group_id: GroupId,
        /// Who was denied.
        pub actor_user_id: UserId,
        /// When.
        pub recorded_at: Timestamp,
        /// Number of the basis that was asked on; 0 for none.
        pub basis: i64,
        /// Case.
        pub case_ref: Option<CaseRef>,
        /// About whom.
        pub subject: Option<Pseudonym>,
    }
}

record! {
    /// A search of the ledger about one person.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct QuestionRow {
        /// Entry.
        pub idx: i64,
        /// Organisation of the officer.
        pub oin: Oin,
        /// Officer.
        pub user_id: UserId,
        /// About whom.
        pub subject: Pseudonym,
        /// When.
        pub asked_at: Timestamp,
    }
}

/// Rows that are looked at to count something: above this a limit of a policy pack is reached anyway.
const COUNTED_MAX: i64 = 2_000;
/// Days of users that are added up to compare one user with the others: those of more than six hundred
/// people who work every day of a month.
const COMPARED_MAX: i64 = 20_000;

impl Tx {
    /// Rows beside the leaves from one index up to another, which is not among them, at most `limit`.
    pub async fn disclosures_between(
        &mut self,
        (from, until): (i64, i64),
        limit: u32,
    ) -> Result<Vec<DisclosureRow>> {
        self.query(
            "-- signal_facts.entries
             SELECT idx, event_id, group_id, event_code, outcome, denial, disposition,
                    recorded_at, actor_oin, actor_user_id, sender_oin, recipient_oin, purpose, basis,
                    categories, case_ref, message_id, subject, sealed
               FROM disclosures WHERE idx >= $1 AND idx < $2 ORDER BY idx LIMIT $3",
        )
        .bind(from)
        .bind(until)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Which of the entries from one index up to another were purged.
    pub async fn purged_between(&mut self, from: i64, until: i64) -> Result<BTreeSet<i64>> {
        let found: Vec<(i64,)> = self
            .query(
                "-- signal_facts.purged
                 SELECT idx FROM purged_leaves WHERE idx >= $1 AND idx < $2 ORDER BY idx",
            )
            .bind(from)
            .bind(until)
            .fetch_all()
            .await?;
        Ok(found.into_iter().map(|(idx,)| idx).collect())
    }

    /// The last word on a consent before an entry.
    pub async fn consent_word_before(
        &mut self,
        consent_id: ConsentId,
        idx: i64,
    ) -> Result<Option<ConsentWordRow>> {
        self.query(
            "-- signal_facts.consent_word
             SELECT idx, event_code, actor_oin, actor_user_id, recorded_at, categories
               FROM disclosures
              WHERE message_id = $1 AND idx < $2 AND event_code IN (10, 11, 12, 13) AND outcome = 0
              ORDER BY idx DESC LIMIT 1",
        )
        .bind(consent_id)
        .bind(idx)
        .fetch_optional()
        .await
    }

    /// Denials of an organisation from a moment up to another one, which is among them.
    pub async fn denials_of(
        &mut self,
        oin: &Oin,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Vec<DenialRow>> {
        self.query(
            "-- signal_facts.denials
             SELECT idx, group_id, actor_user_id, recorded_at, basis, case_ref, subject
               FROM disclosures
              WHERE actor_oin = $1 AND recorded_at >= $2 AND recorded_at <= $3 AND denial <> 0
              ORDER BY recorded_at DESC LIMIT $4",
        )
        .bind(oin.clone())
        .bind(from)
        .bind(until)
        .bind(COUNTED_MAX)
        .fetch_all()
        .await
    }

    /// States of the reviews of emergencies that a user declared after a moment, up to another, with
    /// the entries of the declarations.
    pub async fn emergencies_of(
        &mut self,
        (oin, user): (&Oin, &UserId),
        (after, until): (Timestamp, Timestamp),
    ) -> Result<Vec<(i64, i64)>> {
        self.query(
            "-- signal_facts.emergencies
             SELECT state, idx FROM reviews
              WHERE discloser_oin = $1 AND declared_by = $2 AND declared_at > $3
                AND declared_at <= $4
              ORDER BY declared_at LIMIT $5",
        )
        .bind(oin.clone())
        .bind(user.clone())
        .bind(after)
        .bind(until)
        .bind(COUNTED_MAX)
        .fetch_all()
        .await
    }

    /// Keeps about whom the ledger was searched.
    pub async fn insert_log_question(&mut self, row: &QuestionRow) -> Result<()> {
        self.query(
            "-- signal_facts.insert_question
             INSERT INTO log_questions (idx, oin, user_id, subject, asked_at)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(row.idx)
        .bind(row.oin.clone())
        .bind(row.user_id.clone())
        .bind(row.subject)
        .bind(row.asked_at)
        .execute_one()
        .await
    }

    /// About whom the ledger was searched by an entry.
    pub async fn log_question(&mut self, idx: i64) -> Result<Option<QuestionRow>> {
        self.query(
            "-- signal_facts.question
             SELECT idx, oin, user_id, subject, asked_at FROM log_questions WHERE idx = $1",
        )
        .bind(idx)
        .fetch_optional()
        .await
    }

    /// Entries of the searches like one of them, from a moment up to that one.
    pub async fn log_questions_like(
        &mut self,
        like: &QuestionRow,
        from: Timestamp,
    ) -> Result<Vec<i64>> {
        let found: Vec<(i64,)> = self
            .query(
                "-- signal_facts.questions_like
                 SELECT idx FROM log_questions
                  WHERE oin = $1 AND user_id = $2 AND subject = $3 AND asked_at >= $4
                    AND asked_at <= $5
                  ORDER BY asked_at LIMIT $6",
            )
            .bind(like.oin.clone())
            .bind(like.user_id.clone())
            .bind(like.subject)
            .bind(from)
            .bind(like.asked_at)
            .bind(COUNTED_MAX)
            .fetch_all()
            .await?;
        Ok(found.into_iter().map(|(idx,)| idx).collect())
    }

    /// The term that an entry tells was missed.
    pub async fn missed_deadline(&mut self, idx: i64) -> Result<Option<MissedRow>> {
        self.query(
            "-- signal_facts.missed
             SELECT idx, kind, due_at, referral_id, case_ref FROM missed_deadlines WHERE idx = $1",
        )
        .bind(idx)
        .fetch_optional()
        .await
    }

    /// What was counted so far.
    pub async fn activity(&mut self, of: &Counted) -> Result<i64> {
        let found: Option<(i64,)> = self
            .query(
                "-- signal_facts.activity
                 SELECT number FROM activity_days
                  WHERE measure = $1 AND oin = $2 AND user_id = $3 AND day = $4",
            )
            .bind(of.measure)
            .bind(of.oin.clone())
            .bind(of.user_text())
            .bind(of.day)
            .fetch_optional()
            .await?;
        Ok(found.map_or(0, |(number,)| number))
    }

    /// Whether something was counted already on a day.
    pub async fn was_counted(&mut self, of: &Counted, what: &[u8]) -> Result<bool> {
        let found: Option<(i64,)> = self
            .query(
                "-- signal_facts.was_counted
                 SELECT measure FROM activity_seen
                  WHERE day = $1 AND measure = $2 AND oin = $3 AND user_id = $4 AND what = $5",
            )
            .bind(of.day)
            .bind(of.measure)
            .bind(of.oin.clone())
            .bind(of.user_text())
            .bind(what.to_vec())
            .fetch_optional()
            .await?;
        Ok(found.is_some())
    }

    /// Notes that something was counted on a day.
    pub async fn note_counted(&mut self, of: &Counted, (what, idx): (&[u8], i64)) -> Result<()> {
        self.query(
            "-- signal_facts.note_counted
             INSERT INTO activity_seen (day, measure, oin, user_id, what, idx)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(of.day)
        .bind(of.measure)
        .bind(of.oin.clone())
        .bind(of.user_text())
        .bind(what.to_vec())
        .bind(idx)
        .execute_one()
        .await
    }

    /// Entries in which something was counted on a day, at most `limit`.
    pub async fn counted_entries(&mut self, of: &Counted, limit: u32) -> Result<Vec<i64>> {
        let found: Vec<(i64,)> = self
            .query(
                "-- signal_facts.counted_entries
                 SELECT idx FROM activity_seen
                  WHERE day = $1 AND measure = $2 AND oin = $3 AND user_id = $4
                  ORDER BY what LIMIT $5",
            )
            .bind(of.day)
            .bind(of.measure)
            .bind(of.oin.clone())
            .bind(of.user_text())
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        Ok(found.into_iter().map(|(idx,)| idx).collect())
    }

    /// Sets the number of a day, and as what the user acted where that is known.
    pub async fn set_activity(
        &mut self,
        of: &Counted,
        number: i64,
        role: Option<UserRole>,
    ) -> Result<()> {
        self.query(
            "-- signal_facts.set_activity
             INSERT INTO activity_days (measure, oin, user_id, day, number, role)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (measure, oin, user_id, day) DO UPDATE
                SET number = excluded.number,
                    role = CASE excluded.role WHEN 0 THEN activity_days.role
                                              ELSE excluded.role END",
        )
        .bind(of.measure)
        .bind(of.oin.clone())
        .bind(of.user_text())
        .bind(of.day)
        .bind(number)
        .bind(role.map_or(0, |role| i64::from(role.number())))
        .execute_one()
        .await
    }

    /// Numbers of the same user or organisation from a day on, before the day itself.
    pub async fn activity_since(&mut self, of: &Counted, from: Date) -> Result<Vec<ActivityRow>> {
        self.query(
            "-- signal_facts.activity_since
             SELECT day, number FROM activity_days
              WHERE measure = $1 AND oin = $2 AND user_id = $3 AND day >= $4 AND day < $5
              ORDER BY day LIMIT $6",
        )
        .bind(of.measure)
        .bind(of.oin.clone())
        .bind(of.user_text())
        .bind(from)
        .bind(of.day)
        .bind(COUNTED_MAX)
        .fetch_all()
        .await
    }

    /// Numbers of colleagues from a day on, before the day itself: the newest of them.
    pub async fn activity_of_colleagues(&mut self, of: &Counted, from: Date) -> Result<Vec<i64>> {
        let found: Vec<(i64,)> = self
            .query(
                "-- signal_facts.activity_of_colleagues
                 SELECT number FROM activity_days
                  WHERE measure = $1 AND oin = $2 AND user_id <> $3 AND day >= $4 AND day < $5
                  ORDER BY day DESC LIMIT $6",
            )
            .bind(of.measure)
            .bind(of.oin.clone())
            .bind(of.user_text())
            .bind(from)
            .bind(of.day)
            .bind(COUNTED_MAX)
            .fetch_all()
            .await?;
        Ok(found.into_iter().map(|(number,)| number).collect())
    }

    /// What each of the others in an organisation did in one role, from a day until the day itself.
    pub async fn activity_in_role(
        &mut self,
        of: &Counted,
        role: UserRole,
        from: Date,
    ) -> Result<Vec<i64>> {
        let found: Vec<(i64,)> = self
            .query(
                "-- signal_facts.activity_in_role
                 SELECT CAST(SUM(number) AS BIGINT)
                   FROM (SELECT user_id, number FROM activity_days
                          WHERE measure = $1 AND oin = $2 AND user_id <> $3 AND day >= $4
                            AND day <= $5 AND role = $6
                          ORDER BY day DESC LIMIT $7) AS days
                  GROUP BY user_id",
            )
            .bind(of.measure)
            .bind(of.oin.clone())
            .bind(of.user_text())
            .bind(from)
            .bind(of.day)
            .bind(i64::from(role.number()))
            .bind(COMPARED_MAX)
            .fetch_all()
            .await?;
        Ok(found.into_iter().map(|(number,)| number).collect())
    }

    /// The first day of which there is a number.
    pub async fn first_activity(&mut self, of: &Counted) -> Result<Option<Date>> {
        let (first,): (Option<Date>,) = self
            .query(
                "-- signal_facts.first_activity
                 SELECT MIN(day) FROM activity_days
                  WHERE measure = $1 AND oin = $2 AND user_id = $3",
            )
            .bind(of.measure)
            .bind(of.oin.clone())
            .bind(of.user_text())
            .fetch_one()
            .await?;
        Ok(first)
    }

    /// Forgets what was counted before a day, at most `limit` of it: the numbers stay.
    pub async fn forget_counted(&mut self, before: Date, limit: u32) -> Result<u64> {
        self.query(
            "-- signal_facts.forget_counted
             DELETE FROM activity_seen
              WHERE (day, measure, oin, user_id, what) IN
                    (SELECT day, measure, oin, user_id, what FROM activity_seen
                      WHERE day < $1 ORDER BY day, measure, oin, user_id, what LIMIT $2)",
        )
        .bind(before)
        .bind(i64::from(limit))
        .execute()
        .await
    }
}
