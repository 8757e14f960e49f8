//! Signals, how they ended, and what keeps them back for a time.

use crate::domain::id::{
    CaseRef, IncidentId, Oin, Pseudonym, SignalId, SuppressionId, UserId, Version,
};
use crate::domain::signal::{SignalRule, SignalState};
use crate::domain::time::Timestamp;

use super::columns::{code_columns, lenient_record, record};
use super::db::Tx;
use super::error::Result;

code_columns!(SignalRule, SignalState);

record! {
    /// One signal.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SignalRow {
        /// Its id.
        pub signal_id: SignalId,
        /// What was seen.
        pub rule: SignalRule,
        /// Policy pack whose numbers found it.
        pub pack: Version,
        /// Raised by every change.
        pub version: i64,
        /// Where it stands.
        pub state: SignalState,
        /// Organisation whose acts it is about.
        pub oin: Oin,
        /// Other party of those acts.
        pub other_oin: Option<Oin>,
        /// What it is grouped by.
        pub about: Vec<u8>,
        /// Employee of the organisation.
        pub user_id: Option<UserId>,
        /// Case.
        pub case_ref: Option<CaseRef>,
        /// Person.
        pub subject: Option<Pseudonym>,
        /// 0 to 100.
        pub score: i64,
        /// Factors, as JSON.
        pub factors: String,
        /// How many entries it is about.
        pub entry_count: i64,
        /// When the first of them was recorded.
        pub first_at: Timestamp,
        /// When the last of them was recorded.
        pub last_at: Timestamp,
        /// When it was found.
        pub found_at: Timestamp,
        /// Entry that raised it.
        pub idx: i64,
        /// When it was closed.
        pub closed_at: Option<Timestamp>,
        /// Incident that it was.
        pub incident_id: Option<IncidentId>,
    }
}

lenient_record! {
    /// How a signal ended.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SignalEndingRow {
        /// Signal.
        pub signal_id: SignalId,
        /// The state that it led to.
        pub state: SignalState,
        /// Organisation of the officer.
        pub oin: Oin,
        /// Officer.
        pub user_id: UserId,
        /// When.
        pub ended_at: Timestamp,
        /// Ledger entry.
        pub idx: i64,
        /// Grounds, sealed.
        pub content: Vec<u8>,
    }
}

record! {
    /// What keeps signals of a rule back.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SuppressionRow {
        /// Its id.
        pub suppression_id: SuppressionId,
        /// Signal that it was made from.
        pub signal_id: SignalId,
        /// Rule that is silent.
        pub rule: SignalRule,
        /// In which organisation.
        pub oin: Oin,
        /// For which employee,
        pub user_id: Option<UserId>,
        /// or for which case.
        pub case_ref: Option<CaseRef>,
        /// Organisation of who answers for it.
        pub owner_oin: Oin,
        /// Who answers for it.
        pub owner_user_id: UserId,
        /// Since when.
        pub from_at: Timestamp,
        /// First moment at which the rule speaks again.
        pub until_at: Timestamp,
        /// When it was ended before that.
        pub ended_at: Option<Timestamp>,
        /// By whom.
        pub ended_by: Option<UserId>,
        /// How often it kept a signal back.
        pub hits: i64,
    }
}

record! {
    /// How many signals of a rule are in a state.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct TallyOfRule {
        /// Rule.
        pub rule: SignalRule,
        /// State.
        pub state: SignalState,
        /// How many.
        pub number: i64,
    }
}

/// The open signal that new entries would join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSignal {
    /// What was seen.
    pub rule: SignalRule,
    /// In which organisation.
    pub oin: Oin,
    /// About what.
    pub about: Vec<u8>,
}

/// Which signals are wanted, newest first.
#[derive(Debug, Clone)]
pub struct SignalQuery {
    /// Only those that this organisation is a party of; none: all.
    pub party: Option<Oin>,
    /// In which state.
    pub state: SignalState,
    /// Only of this rule.
    pub rule: Option<SignalRule>,
    /// Only with at least this score.
    pub score_min: i64,
    /// Before this place.
    pub before: Option<(Timestamp, SignalId)>,
}

macro_rules! signal_columns {
    () => {
        "SELECT signal_id, rule, pack, version, state, oin, other_oin, about, user_id, case_ref,
                subject, score, factors, entry_count, first_at, last_at, found_at, idx, closed_at,
                incident_id
           FROM signals"
    };
}

macro_rules! page_of {
    ($party:literal) => {
        concat!(
            signal_columns!(),
            " WHERE ",
            $party,
            " state = $1 AND (found_at, signal_id) < ($2, $3)
                AND ($4 = 0 OR rule = $4) AND score >= $5
              ORDER BY found_at DESC, signal_id DESC
              LIMIT $6"
        )
    };
}

const OF_ALL: &str = concat!("-- signals.of_all\n", page_of!(""));
const OF_PARTY: &str = concat!(
    "-- signals.of_party\nSELECT * FROM (SELECT * FROM (",
    page_of!("oin = $7 AND"),
    ") AS own UNION SELECT * FROM (",
    page_of!("other_oin = $7 AND"),
    ") AS shared) AS seen ORDER BY found_at DESC, signal_id DESC LIMIT $6"
);

macro_rules! suppression_columns {
    () => {
        "SELECT suppression_id, signal_id, rule, oin, user_id, case_ref, owner_oin, owner_user_id,
                from_at, until_at, ended_at, ended_by, hits
           FROM signal_suppressions"
    };
}

/// Suppressions in force that are looked at for one rule and organisation: a rule with more of them
/// should be switched off.
const SUPPRESSIONS_MAX: i64 = 500;

impl Tx {
    /// Up to which entry the ledger was examined; none before the first time.
    pub async fn signal_progress(&mut self) -> Result<Option<i64>> {
        let found: Option<(i64,)> = self
            .query(
                "-- signals.progress\nSELECT examined FROM signal_progress WHERE progress_id = 1",
            )
            .fetch_optional()
            .await?;
        Ok(found.map(|(examined,)| examined))
    }

    /// Moves the examination on. False when somebody else did: then nothing may be kept.
    pub async fn move_signal_progress(&mut self, from: i64, to: i64) -> Result<bool> {
        let moved = self
            .query(
                "-- signals.move_progress
                 UPDATE signal_progress SET examined = $2 WHERE progress_id = 1 AND examined = $1",
            )
            .bind(from)
            .bind(to)
            .execute()
            .await?;
        if moved == 1 || from != 0 {
            return Ok(moved == 1);
        }
        let begun = self
            .query(
                "-- signals.begin_progress
                 INSERT INTO signal_progress (progress_id, examined) VALUES (1, $1)
                 ON CONFLICT (progress_id) DO NOTHING",
            )
            .bind(to)
            .execute()
            .await?;
        Ok(begun == 1)
    }

    /// Keeps a new signal. A conflict when there is an open one about the same thing.
    pub async fn insert_signal(&mut self, row: &SignalRow) -> Result<()> {
        self.query(
            "-- signals.insert
             INSERT INTO signals (signal_id, rule, pack, version, state, oin, other_oin, about,
                    user_id, case_ref, subject, score, factors, entry_count, first_at, last_at,
                    found_at, idx, closed_at, incident_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                    $19, $20)
             ON CONFLICT DO NOTHING",
        )
        .bind(row.signal_id)
        .bind(row.rule)
        .bind(row.pack.clone())
        .bind(row.version)
        .bind(row.state)
        .bind(row.oin.clone())
        .bind(row.other_oin.clone())
        .bind(row.about.clone())
        .bind(row.user_id.clone())
        .bind(row.case_ref.clone())
        .bind(row.subject)
        .bind(row.score)
        .bind(row.factors.clone())
        .bind(row.entry_count)
        .bind(row.first_at)
        .bind(row.last_at)
        .bind(row.found_at)
        .bind(row.idx)
        .bind(row.closed_at)
        .bind(row.incident_id)
        .execute_one()
        .await
    }

    /// Keeps which ledger entry raised a signal.
    pub async fn place_signal(&mut self, id: SignalId, idx: i64) -> Result<()> {
        self.query("-- signals.place\nUPDATE signals SET idx = $2 WHERE signal_id = $1")
            .bind(id)
            .bind(idx)
            .execute_one()
            .await
    }

    /// Changes a signal. A conflict when somebody else changed it since it was read: `row` has the
    /// version that it gets.
    pub async fn update_signal(&mut self, row: &SignalRow) -> Result<()> {
        self.query(
            "-- signals.update
             UPDATE signals
                SET version = $2, state = $3, score = $4, factors = $5, entry_count = $6,
                    first_at = $7, last_at = $8, closed_at = $9, incident_id = $10, other_oin = $11
              WHERE signal_id = $1 AND version = $2 - 1",
        )
        .bind(row.signal_id)
        .bind(row.version)
        .bind(row.state)
        .bind(row.score)
        .bind(row.factors.clone())
        .bind(row.entry_count)
        .bind(row.first_at)
        .bind(row.last_at)
        .bind(row.closed_at)
        .bind(row.incident_id)
        .bind(row.other_oin.clone())
        .execute_one()
        .await
    }

    /// One signal.
    pub async fn signal(&mut self, id: SignalId) -> Result<Option<SignalRow>> {
        self.query(concat!("-- signals.by_id\n", signal_columns!(), " WHERE signal_id = $1"))
            .bind(id)
            .fetch_optional()
            .await
    }

    /// The newest signal about a thing, whatever its state.
    pub async fn newest_signal(&mut self, about: &OpenSignal) -> Result<Option<SignalRow>> {
        self.query(concat!(
            "-- signals.newest_about\n",
            signal_columns!(),
            " WHERE rule = $1 AND oin = $2 AND about = $3 ORDER BY found_at DESC, state LIMIT 1"
        ))
        .bind(about.rule)
        .bind(about.oin.clone())
        .bind(about.about.clone())
        .fetch_optional()
        .await
    }

    /// Signals, the newest first, at most `limit`.
    pub async fn signals(&mut self, wanted: &SignalQuery, limit: u32) -> Result<Vec<SignalRow>> {
        let last = Timestamp::from_micros(253_402_300_799_999_999).unwrap_or(Timestamp::EPOCH);
        let (before, id) = wanted.before.unwrap_or((last, SignalId::from_bytes([0xff; 16])));
        let sql = if wanted.party.is_none() { OF_ALL } else { OF_PARTY };
        let query = self
            .query(sql)
            .bind(wanted.state)
            .bind(before)
            .bind(id)
            .bind(wanted.rule.map_or(0, |rule| i64::from(rule.number())))
            .bind(wanted.score_min)
            .bind(i64::from(limit));
        match &wanted.party {
            None => query.fetch_all().await,
            Some(party) => query.bind(party.clone()).fetch_all().await,
        }
    }

    /// Adds an entry to a signal; one that it has already is left.
    pub async fn add_signal_entry(&mut self, id: SignalId, idx: i64) -> Result<()> {
        self.query(
            "-- signals.add_entry
             INSERT INTO signal_entries (signal_id, idx) VALUES ($1, $2)
             ON CONFLICT (signal_id, idx) DO NOTHING",
        )
        .bind(id)
        .bind(idx)
        .execute()
        .await?;
        Ok(())
    }

    /// Entries of a signal in the order of the ledger, at most `limit`.
    pub async fn signal_entries(&mut self, id: SignalId, limit: u32) -> Result<Vec<i64>> {
        let found: Vec<(i64,)> = self
            .query(
                "-- signals.entries
                 SELECT idx FROM signal_entries WHERE signal_id = $1 ORDER BY idx LIMIT $2",
            )
            .bind(id)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        Ok(found.into_iter().map(|(idx,)| idx).collect())
    }

    /// Entries of all signals of a rule, whatever their state, behind an entry in the order of the ledger, at
    /// most `limit`; each with whether a signal about it is open.
    pub async fn entries_of_rule(
        &mut self,
        rule: SignalRule,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, bool)>> {
        let found: Vec<(i64, i64)> = self
            .query(
                "-- signals.entries_of_rule
                 SELECT signal_entries.idx,
                        CAST(MAX(CASE WHEN signals.state = 1 THEN 1 ELSE 0 END) AS BIGINT)
                   FROM signals
                   JOIN signal_entries ON signal_entries.signal_id = signals.signal_id
                  WHERE signals.rule = $1 AND signal_entries.idx > $2
                  GROUP BY signal_entries.idx ORDER BY signal_entries.idx LIMIT $3",
            )
            .bind(rule)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all()
            .await?;
        Ok(found.into_iter().map(|(idx, open)| (idx, open != 0)).collect())
    }

    /// Keeps how a signal ended.
    pub async fn insert_signal_ending(&mut self, row: &SignalEndingRow) -> Result<()> {
        self.query(
            "-- signals.insert_ending
             INSERT INTO signal_endings (signal_id, state, oin, user_id, ended_at, idx, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(row.signal_id)
        .bind(row.state)
        .bind(row.oin.clone())
        .bind(row.user_id.clone())
        .bind(row.ended_at)
        .bind(row.idx)
        .bind(row.content.clone())
        .execute_one()
        .await
    }

    /// How a signal ended.
    pub async fn signal_ending(&mut self, id: SignalId) -> Result<Option<SignalEndingRow>> {
        self.query(
            "-- signals.ending
             SELECT signal_id, state, oin, user_id, ended_at, idx, content
               FROM signal_endings WHERE signal_id = $1",
        )
        .bind(id)
        .fetch_optional()
        .await
    }

    /// Counts signals of a rule in a state: one more, or one less.
    pub async fn tally_signal(
        &mut self,
        oin: &Oin,
        (rule, state): (SignalRule, SignalState),
        change: i64,
    ) -> Result<()> {
        self.query(
            "-- signals.tally
             INSERT INTO signal_tallies (oin, rule, state, number) VALUES ($1, $2, $3, $4)
             ON CONFLICT (oin, rule, state)
             DO UPDATE SET number = signal_tallies.number + excluded.number",
        )
        .bind(oin.clone())
        .bind(rule)
        .bind(state)
        .bind(change)
        .execute_one()
        .await
    }

    /// How signals ended so far: in one organisation, or in all.
    pub async fn signal_tallies(&mut self, of: Option<&Oin>) -> Result<Vec<TallyOfRule>> {
        match of {
            Some(oin) => {
                self.query(
                    "-- signals.tallies_of
                     SELECT rule, state, number FROM signal_tallies WHERE oin = $1
                      ORDER BY rule, state",
                )
                .bind(oin.clone())
                .fetch_all()
                .await
            }
            None => {
                self.query(
                    "-- signals.tallies
                     SELECT rule, state, CAST(SUM(number) AS BIGINT) AS number FROM signal_tallies
                      GROUP BY rule, state ORDER BY rule, state",
                )
                .fetch_all()
                .await
            }
        }
    }

    /// Keeps what silences a rule.
    pub async fn insert_suppression(&mut self, row: &SuppressionRow) -> Result<()> {
        self.query(
            "-- suppressions.insert
             INSERT INTO signal_suppressions (suppression_id, signal_id, rule, oin, user_id, case_ref,
                    owner_oin, owner_user_id, from_at, until_at, ended_at, ended_by, hits)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(row.suppression_id)
        .bind(row.signal_id)
        .bind(row.rule)
        .bind(row.oin.clone())
        .bind(row.user_id.clone())
        .bind(row.case_ref.clone())
        .bind(row.owner_oin.clone())
        .bind(row.owner_user_id.clone())
        .bind(row.from_at)
        .bind(row.until_at)
        .bind(row.ended_at)
        .bind(row.ended_by.clone())
        .bind(row.hits)
        .execute_one()
        .await
    }

    /// One suppression.
    pub async fn suppression(&mut self, id: SuppressionId) -> Result<Option<SuppressionRow>> {
        self.query(concat!(
            "-- suppressions.by_id\n",
            suppression_columns!(),
            " WHERE suppression_id = $1"
        ))
        .bind(id)
        .fetch_optional()
        .await
    }

    /// What silences a rule in an organisation at a moment.
    pub async fn suppressions_in_force(
        &mut self,
        (rule, oin): (SignalRule, &Oin),
        now: Timestamp,
    ) -> Result<Vec<SuppressionRow>> {
        self.query(concat!(
            "-- suppressions.in_force\n",
            suppression_columns!(),
            " WHERE rule = $1 AND oin = $2 AND until_at > $3 AND ended_at IS NULL
              ORDER BY until_at LIMIT $4"
        ))
        .bind(rule)
        .bind(oin.clone())
        .bind(now)
        .bind(SUPPRESSIONS_MAX)
        .fetch_all()
        .await
    }

    /// Suppressions of one organisation, or of all, after one of them, at most `limit`.
    pub async fn suppressions(
        &mut self,
        of: Option<&Oin>,
        after: Option<SuppressionId>,
        limit: u32,
    ) -> Result<Vec<SuppressionRow>> {
        self.query(concat!(
            "-- suppressions.of\n",
            suppression_columns!(),
            " WHERE suppression_id > $1 AND ($2 IS NULL OR oin = $2)
              ORDER BY suppression_id LIMIT $3"
        ))
        .bind(after.map_or_else(Vec::new, |id| id.as_bytes().to_vec()))
        .bind(of.cloned())
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Counts that a suppression kept a signal back.
    pub async fn hit_suppression(&mut self, id: SuppressionId) -> Result<()> {
        self.query(
            "-- suppressions.hit
             UPDATE signal_suppressions SET hits = hits + 1 WHERE suppression_id = $1",
        )
        .bind(id)
        .execute_one()
        .await
    }

    /// Ends a suppression; a conflict when it was ended before.
    pub async fn end_suppression(
        &mut self,
        id: SuppressionId,
        (by, at): (&UserId, Timestamp),
    ) -> Result<()> {
        self.query(
            "-- suppressions.end
             UPDATE signal_suppressions SET ended_at = $2, ended_by = $3
              WHERE suppression_id = $1 AND ended_at IS NULL",
        )
        .bind(id)
        .bind(at)
        .bind(by.clone())
        .execute_one()
        .await
    }
}
