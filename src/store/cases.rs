//! Cases, their members and their people.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::{CaseRef, Oin, Pseudonym, ReferralId, TeamId, UserId};
use crate::domain::time::Timestamp;

use super::batch::Ahead;
use super::columns::record;
use super::db::{Sql, Tx};
use super::error::{Error, Result};
use super::sets;

record! {
    /// A case.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CaseRow {
        /// Reference.
        pub case_ref: CaseRef,
        /// Team.
        pub team_id: TeamId,
        /// Organisation that directs the process.
        pub steunpunt_oin: Oin,
        /// Number of the state.
        pub state: i64,
        /// Number of the phase.
        pub phase: i64,
        /// User who guards the progress.
        pub process_director_user_id: UserId,
        /// Manager for overdue work.
        pub manager_user_id: UserId,
        /// Referral it came from.
        pub referral_id: ReferralId,
        /// Raised by every change.
        pub version: i64,
        /// Raised by every change of a fact that decisions rest on.
        pub facts_version: i64,
        /// When it was opened.
        pub opened_at: Timestamp,
        /// Steps, assessment and plan, sealed under the case's key.
        pub content: Vec<u8>,
    }
}

record! {
    /// An organisation in a case team.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct MemberRow {
        /// Organisation.
        pub oin: Oin,
        /// Number of the kind.
        pub kind: i64,
        /// Number of the reason; 0 unless on call.
        pub reason: i64,
        /// Since when.
        pub member_from: Timestamp,
        /// Until when.
        pub member_until: Option<Timestamp>,
    }
}

record! {
    /// A person of a case.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PersonRow {
        /// Place in the case.
        pub position: i64,
        /// Pseudonym.
        pub subject: Pseudonym,
        /// Key, names, date of birth, capacity: sealed under the person's key.
        pub content: Vec<u8>,
    }
}

record! {
    /// How often a case was changed.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct CaseVersion {
        /// Raised by every change of the case itself.
        pub version: i64,
        /// Raised by every change of a fact that decisions about it rest on.
        pub facts_version: i64,
    }
}

record! {
    /// The same with the case.
    struct CaseVersionRow {
        case_ref: CaseRef,
        version: i64,
        facts_version: i64,
    }
}

/// The row is held until the end of the transaction, so that a change of the facts on another
/// replica waits. SQLite has one writer and needs no lock.
const FACTS_VERSION: Sql = Sql {
    sqlite: "-- cases.facts_version
             SELECT facts_version FROM cases WHERE case_ref = $1",
    postgres: "-- cases.facts_version
             SELECT facts_version FROM cases WHERE case_ref = $1 FOR SHARE",
};

/// Versions of the cases of a set.
pub(in crate::store) const VERSIONS: Sql = Sql {
    sqlite: "-- cases.versions
             SELECT case_ref, version, facts_version FROM cases
              WHERE case_ref IN (SELECT value FROM json_each($1))",
    postgres: "-- cases.versions
             SELECT case_ref, version, facts_version FROM cases
              WHERE case_ref IN (SELECT json_array_elements_text(CAST($1 AS JSON)))",
};

impl Tx {
    /// A case.
    pub async fn case(&mut self, case_ref: &CaseRef) -> Result<Option<CaseRow>> {
        self.query(
            "-- cases.by_ref
             SELECT case_ref, team_id, steunpunt_oin, state, phase, process_director_user_id,
                    manager_user_id, referral_id, version, facts_version, opened_at, content
               FROM cases
              WHERE case_ref = $1",
        )
        .bind(case_ref.clone())
        .fetch_optional()
        .await
    }

    /// How often cases were changed, as far as they are there.
    pub(super) async fn case_versions(
        &mut self,
        asked: BTreeSet<&CaseRef>,
    ) -> Result<BTreeMap<CaseRef, CaseVersion>> {
        if asked.is_empty() {
            return Ok(BTreeMap::new());
        }
        let asked = sets::rows(asked.into_iter().map(|case| case.as_str().into()));
        let rows: Vec<CaseVersionRow> = self.query(VERSIONS).bind(asked).fetch_all().await?;
        let named = |row: CaseVersionRow| {
            let CaseVersionRow { case_ref, version, facts_version } = row;
            (case_ref, CaseVersion { version, facts_version })
        };
        Ok(rows.into_iter().map(named).collect())
    }

    /// Keeps a new case; false when the reference is in use.
    pub async fn record_case(&mut self, row: &CaseRow) -> Result<bool> {
        let inserted = self
            .query(
                "-- cases.record
                 INSERT INTO cases (case_ref, team_id, steunpunt_oin, state, phase,
                        process_director_user_id, manager_user_id, referral_id, version,
                        facts_version, opened_at, content)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                 ON CONFLICT (case_ref) DO NOTHING",
            )
            .bind(row.case_ref.clone())
            .bind(row.team_id.clone())
            .bind(row.steunpunt_oin.clone())
            .bind(row.state)
            .bind(row.phase)
            .bind(row.process_director_user_id.clone())
            .bind(row.manager_user_id.clone())
            .bind(row.referral_id)
            .bind(row.version)
            .bind(row.facts_version)
            .bind(row.opened_at)
            .bind(row.content.clone())
            .execute()
            .await?;
        Ok(inserted == 1)
    }

    /// Moves a case on from the version that was read; another writer in between is a conflict.
    pub async fn update_case(
        &mut self,
        row: &CaseRow,
        state: i64,
        phase: i64,
        content: Vec<u8>,
    ) -> Result<()> {
        self.query(
            "-- cases.update
             UPDATE cases
                SET state = $3, phase = $4, content = $5, version = version + 1
              WHERE case_ref = $1 AND version = $2",
        )
        .bind(row.case_ref.clone())
        .bind(row.version)
        .bind(state)
        .bind(phase)
        .bind(content)
        .execute_one()
        .await
    }

    /// The version of the facts of a case, held until the transaction ends.
    pub async fn facts_version(&mut self, case_ref: &CaseRef) -> Result<Option<i64>> {
        if let Ahead::Read(known) = self.batch.facts(case_ref) {
            return Ok(known);
        }
        let row: Option<(i64,)> =
            self.query(FACTS_VERSION).bind(case_ref.clone()).fetch_optional().await?;
        Ok(row.map(|(version,)| version))
    }

    /// Says that facts of a case change in this transaction; returns their version of before. The first
    /// statement of every such transaction: it waits for decisions in flight, and decisions made before
    /// it are made again.
    pub async fn raise_facts_version(&mut self, case_ref: &CaseRef) -> Result<i64> {
        self.batch.forget_facts(case_ref);
        let raised: Option<(i64,)> = self
            .query(
                "-- cases.raise_facts_version
                 UPDATE cases SET facts_version = facts_version + 1 WHERE case_ref = $1
                 RETURNING facts_version - 1",
            )
            .bind(case_ref.clone())
            .fetch_optional()
            .await?;
        raised.map(|(before,)| before).ok_or(Error::Conflict)
    }

    /// Says the same of a person of a case where it counts in every case that the person is in. The
    /// other cases are read when the first is held: one that is opened about the person meanwhile holds
    /// it too, so either this waits for it and finds it, or it waits and begins on the facts as they are
    /// then.
    pub async fn raise_facts_of(&mut self, case_ref: &CaseRef, subject: Pseudonym) -> Result<i64> {
        let before = self.raise_facts_version(case_ref).await?;
        self.raise_facts_elsewhere(case_ref, subject).await?;
        Ok(before)
    }

    /// Says that facts change in all other cases of a person.
    pub async fn raise_facts_elsewhere(
        &mut self,
        case_ref: &CaseRef,
        subject: Pseudonym,
    ) -> Result<()> {
        let others: Vec<(CaseRef,)> = self
            .query(
                "-- cases.elsewhere
                 SELECT DISTINCT case_ref FROM case_persons
                  WHERE subject = $1 AND case_ref <> $2
                  ORDER BY case_ref",
            )
            .bind(subject)
            .bind(case_ref.clone())
            .fetch_all()
            .await?;
        for (other,) in others {
            self.raise_facts_version(&other).await?;
        }
        Ok(())
    }

    /// Members of a case, past ones included.
    pub async fn case_members(&mut self, case_ref: &CaseRef) -> Result<Vec<MemberRow>> {
        self.query(
            "-- cases.members
             SELECT oin, kind, reason, member_from, member_until
               FROM case_members
              WHERE case_ref = $1
              ORDER BY member_from, oin",
        )
        .bind(case_ref.clone())
        .fetch_all()
        .await
    }

    /// Adds a member; one that is a member already is a conflict.
    pub async fn insert_case_member(&mut self, case_ref: &CaseRef, row: &MemberRow) -> Result<()> {
        self.query(
            "-- cases.insert_member
             INSERT INTO case_members (case_ref, oin, kind, reason, member_from, member_until)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
        )
        .bind(case_ref.clone())
        .bind(row.oin.clone())
        .bind(row.kind)
        .bind(row.reason)
        .bind(row.member_from)
        .bind(row.member_until)
        .execute_one()
        .await
    }

    /// Ends the membership of an organisation; one that is no member is a conflict.
    pub async fn end_case_member(
        &mut self,
        case_ref: &CaseRef,
        oin: &Oin,
        until: Timestamp,
    ) -> Result<()> {
        self.query(
            "-- cases.end_member
             UPDATE case_members SET member_until = $3
              WHERE case_ref = $1 AND oin = $2 AND member_until IS NULL",
        )
        .bind(case_ref.clone())
        .bind(oin.clone())
        .bind(until)
        .execute_one()
        .await
    }

    /// Gives a case another process director and manager.
    pub async fn direct_case(
        &mut self,
        case_ref: &CaseRef,
        director: &UserId,
        manager: &UserId,
    ) -> Result<()> {
        self.query(
            "-- cases.direct
             UPDATE cases SET process_director_user_id = $2, manager_user_id = $3
              WHERE case_ref = $1",
        )
        .bind(case_ref.clone())
        .bind(director.clone())
        .bind(manager.clone())
        .execute_one()
        .await
    }

    /// People of a case, in order.
    pub async fn case_persons(&mut self, case_ref: &CaseRef) -> Result<Vec<PersonRow>> {
        self.query(
            "-- cases.persons
             SELECT position, subject, content
               FROM case_persons
              WHERE case_ref = $1
              ORDER BY position",
        )
        .bind(case_ref.clone())
        .fetch_all()
        .await
    }

    /// Adds a person.
    pub async fn insert_case_person(&mut self, case_ref: &CaseRef, row: &PersonRow) -> Result<()> {
        self.query(
            "-- cases.insert_person
             INSERT INTO case_persons (case_ref, position, subject, content)
             VALUES ($1, $2, $3, $4)",
        )
        .bind(case_ref.clone())
        .bind(row.position)
        .bind(row.subject)
        .bind(row.content.clone())
        .execute_one()
        .await
    }

    /// Changes what is sealed of a person of a case.
    pub async fn update_case_person(
        &mut self,
        case_ref: &CaseRef,
        subject: Pseudonym,
        content: Vec<u8>,
    ) -> Result<()> {
        self.query(
            "-- cases.update_person
             UPDATE case_persons SET content = $3 WHERE case_ref = $1 AND subject = $2",
        )
        .bind(case_ref.clone())
        .bind(subject)
        .bind(content)
        .execute_one()
        .await
    }
}
