//! Referrals about people who are in a case already, and the cases that a referral is about.

use std::collections::BTreeMap;

use crate::domain::id::{CaseRef, Oin, Pseudonym, ReferralId};
use crate::domain::referral::{State, TriageOutcome};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::{Sql, Tx};
use super::error::Result;
use super::sets;

/// Cases of the people of one referral that are looked at: far more than any family has.
const CASES_MAX: u32 = 100;

const CASES_ABOUT: Sql = Sql {
    sqlite: "-- repeats.cases_about
             SELECT DISTINCT c.opened_at, c.case_ref, c.steunpunt_oin
               FROM case_persons AS p
               JOIN cases AS c ON c.case_ref = p.case_ref
              WHERE p.subject IN (SELECT unhex(value) FROM json_each($1))
              ORDER BY c.opened_at DESC, c.case_ref
              LIMIT $2",
    postgres: "-- repeats.cases_about
             SELECT DISTINCT c.opened_at, c.case_ref, c.steunpunt_oin
               FROM case_persons AS p
               JOIN cases AS c ON c.case_ref = p.case_ref
              WHERE p.subject = ANY (ARRAY(
                        SELECT decode(value, 'hex')
                          FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS s (value)))
              ORDER BY c.opened_at DESC, c.case_ref
              LIMIT $2",
};

record! {
    /// A case that somebody is in.
    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
    pub struct AboutRow {
        /// When it was opened.
        pub opened_at: Timestamp,
        /// Case.
        pub case_ref: CaseRef,
        /// Organisation that directs it.
        pub steunpunt_oin: Oin,
    }
}

record! {
    /// The same, with the person.
    struct PersonAboutRow {
        subject: Pseudonym,
        opened_at: Timestamp,
        case_ref: CaseRef,
        steunpunt_oin: Oin,
    }
}

record! {
    /// A referral about people of a case, later than the one it was opened from.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RepeatRow {
        /// Referral.
        pub referral_id: ReferralId,
        /// When it was stored.
        pub submitted_at: Timestamp,
        /// Where it is.
        pub state: State,
        /// What was decided about it.
        pub triage_outcome: Option<TriageOutcome>,
        /// 1 + number of earlier referrals.
        pub repeat_index: i64,
    }
}

impl Tx {
    /// The cases that people are in, newest first. One statement, or none for what was read ahead.
    pub async fn cases_about(&mut self, people: &[Pseudonym]) -> Result<Vec<AboutRow>> {
        let ahead: Option<Vec<_>> = people.iter().map(|one| self.batch.cases(*one)).collect();
        let mut found: Vec<AboutRow> = if let Some(known) = ahead {
            known.into_iter().flatten().collect()
        } else {
            let hex = |one: &Pseudonym| hex::encode(one.as_bytes()).into();
            let asked = sets::rows(people.iter().map(hex));
            self.query(CASES_ABOUT).bind(asked).bind(i64::from(CASES_MAX)).fetch_all().await?
        };
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.dedup();
        Ok(found)
    }

    /// The same for many, in one statement. PostgreSQL only.
    pub(super) async fn cases_ahead(
        &mut self,
        people: &[Pseudonym],
    ) -> Result<BTreeMap<Pseudonym, Vec<AboutRow>>> {
        if people.is_empty() {
            return Ok(BTreeMap::new());
        }
        let asked: Vec<Vec<u8>> = people.iter().map(|one| one.as_bytes().to_vec()).collect();
        let rows: Vec<PersonAboutRow> = self
            .query(
                "-- repeats.cases_ahead
                 SELECT p.subject, c.opened_at, c.case_ref, c.steunpunt_oin
                   FROM case_persons AS p
                   JOIN cases AS c ON c.case_ref = p.case_ref
                  WHERE p.subject = ANY($1)",
            )
            .bind_set(asked)
            .fetch_all()
            .await?;
        let mut found: BTreeMap<_, Vec<_>> =
            people.iter().map(|person| (*person, Vec::new())).collect();
        for PersonAboutRow { subject, opened_at, case_ref, steunpunt_oin } in rows {
            found.entry(subject).or_default().push(AboutRow { opened_at, case_ref, steunpunt_oin });
        }
        Ok(found)
    }

    /// Links a referral to a case; linked before changes nothing.
    pub async fn link_case_referral(
        &mut self,
        case_ref: &CaseRef,
        referral_id: ReferralId,
        linked_at: Timestamp,
    ) -> Result<()> {
        self.query(
            "-- repeats.link
             INSERT INTO case_referrals (case_ref, referral_id, linked_at)
             VALUES ($1, $2, $3)
             ON CONFLICT (case_ref, referral_id) DO NOTHING",
        )
        .bind(case_ref.clone())
        .bind(referral_id)
        .bind(linked_at)
        .execute()
        .await?;
        Ok(())
    }

    /// How many referrals are linked to a case.
    pub async fn case_referral_count(&mut self, case_ref: &CaseRef) -> Result<i64> {
        let (count,): (i64,) = self
            .query(
                "-- repeats.count
                 SELECT COUNT(*) FROM case_referrals WHERE case_ref = $1",
            )
            .bind(case_ref.clone())
            .fetch_one()
            .await?;
        Ok(count)
    }

    /// Referrals that are linked to a case, newest first, at most `limit`.
    pub async fn case_referrals(
        &mut self,
        case_ref: &CaseRef,
        limit: u32,
    ) -> Result<Vec<RepeatRow>> {
        self.query(
            "-- repeats.of_case
             SELECT r.referral_id, r.submitted_at, r.state, r.triage_outcome, r.repeat_index
               FROM case_referrals AS l
               JOIN referrals AS r ON r.referral_id = l.referral_id
              WHERE l.case_ref = $1
              ORDER BY r.submitted_at DESC, r.referral_id
              LIMIT $2",
        )
        .bind(case_ref.clone())
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }
}
