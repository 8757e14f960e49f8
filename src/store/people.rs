//! What holds of a person of a case for a time: representatives, exclusions, restrictions.

use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, Oin, Pseudonym, UserId};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::{Sql, Tx};
use super::error::Result;
use super::sets;

record! {
    /// Something that holds of a person for a time.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PersonFactRow {
        /// Person.
        pub subject: Pseudonym,
        /// Number of [`PersonFactKind`].
        pub kind: i64,
        /// Representative; the person for a restriction.
        pub other: Pseudonym,
        /// Number of the capacity, the reason or the ground.
        pub code: i64,
        /// First moment.
        pub counts_from: Timestamp,
        /// First moment after it.
        pub counts_until: Option<Timestamp>,
        /// User who decided.
        pub decided_by: UserId,
        /// User who agreed.
        pub supervisor_user_id: Option<UserId>,
        /// User who ended it.
        pub ended_by: Option<UserId>,
        /// User who agreed to the end.
        pub end_supervisor_user_id: Option<UserId>,
    }
}

crate::domain::code::codes! {
    /// What holds of a person.
    pub enum PersonFactKind {
        /// Somebody decides for the person.
        Represented = 1, "REPRESENTED";
        /// Somebody was excluded from deciding for the person.
        Excluded = 2, "EXCLUDED";
        /// The processing is restricted.
        Restricted = 3, "RESTRICTED";
        /// The processing was restricted in another case that the person is in. Told of every case of
        /// the person, never stored: whoever restricts, restricts everywhere (AVG art. 18).
        RestrictedElsewhere = 4, "RESTRICTED_ELSEWHERE";
    }
}

impl Tx {
    /// Everything that holds, or held, of the people of a case, and their restrictions of processing
    /// in other cases.
    pub async fn person_facts(&mut self, case_ref: &CaseRef) -> Result<Vec<PersonFactRow>> {
        self.query(
            "-- people.facts
             SELECT subject, kind, other, code, counts_from, counts_until, decided_by,
                    supervisor_user_id, ended_by, end_supervisor_user_id
               FROM person_facts
              WHERE case_ref = $1
              UNION ALL
             SELECT f.subject, 4, f.other, f.code, f.counts_from, f.counts_until, f.decided_by,
                    f.supervisor_user_id, f.ended_by, f.end_supervisor_user_id
               FROM case_persons AS p
               JOIN person_facts AS f ON f.subject = p.subject AND f.kind = 3
              WHERE p.case_ref = $1 AND f.case_ref <> $1
              ORDER BY 1, 2, 5, 3, 4",
        )
        .bind(case_ref.clone())
        .fetch_all()
        .await
    }

    /// Notes what begins to hold; the same from the same moment is a conflict.
    pub async fn insert_person_fact(
        &mut self,
        case_ref: &CaseRef,
        row: &PersonFactRow,
    ) -> Result<()> {
        self.query(
            "-- people.insert_fact
             INSERT INTO person_facts (case_ref, subject, kind, other, code, counts_from,
                    decided_by, supervisor_user_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (case_ref, subject, kind, other, code, counts_from) DO NOTHING",
        )
        .bind(case_ref.clone())
        .bind(row.subject)
        .bind(row.kind)
        .bind(row.other)
        .bind(row.code)
        .bind(row.counts_from)
        .bind(row.decided_by.clone())
        .bind(row.supervisor_user_id.clone())
        .execute_one()
        .await
    }

    /// Notes the end of what holds; an end that was noted stays, so a second one is a conflict.
    pub async fn end_person_fact(&mut self, case_ref: &CaseRef, row: &PersonFactRow) -> Result<()> {
        self.query(
            "-- people.end_fact
             UPDATE person_facts
                SET counts_until = $7, ended_by = $8, end_supervisor_user_id = $9
              WHERE case_ref = $1 AND subject = $2 AND kind = $3 AND other = $4 AND code = $5
                AND counts_from = $6 AND counts_until IS NULL",
        )
        .bind(case_ref.clone())
        .bind(row.subject)
        .bind(row.kind)
        .bind(row.other)
        .bind(row.code)
        .bind(row.counts_from)
        .bind(row.counts_until)
        .bind(row.ended_by.clone())
        .bind(row.end_supervisor_user_id.clone())
        .execute_one()
        .await
    }

    /// Who of these people has the processing restricted now, in whatever case.
    pub async fn restricted_among(&mut self, people: &[Pseudonym]) -> Result<Vec<(Pseudonym,)>> {
        let people = sets::rows(people.iter().map(|person| hex::encode(person.as_bytes()).into()));
        self.query(Sql {
            sqlite: "-- people.restricted_among
             SELECT DISTINCT subject FROM person_facts
              WHERE subject IN (SELECT unhex(value) FROM json_each($1))
                AND kind = $2 AND counts_until IS NULL
              ORDER BY subject",
            postgres: "-- people.restricted_among
             SELECT DISTINCT subject FROM person_facts
              WHERE subject IN (SELECT decode(json_array_elements_text(CAST($1 AS JSON)), 'hex'))
                AND kind = $2 AND counts_until IS NULL
              ORDER BY subject",
        })
        .bind(people)
        .bind(i64::from(PersonFactKind::Restricted.number()))
        .fetch_all()
        .await
    }

    /// Who received a summary with data about a person of a case, on whatever basis.
    pub async fn received_about(
        &mut self,
        case_ref: &CaseRef,
        subject: Pseudonym,
    ) -> Result<Vec<(Oin,)>> {
        self.query(
            "-- people.received_about
             SELECT DISTINCT recipient_oin
               FROM disclosures
              WHERE subject = $1 AND case_ref = $2 AND event_code IN ($3, $4, $5) AND outcome = 0
                AND recipient_oin IS NOT NULL
              ORDER BY recipient_oin",
        )
        .bind(subject)
        .bind(case_ref.clone())
        .bind(i64::from(EventCode::SummaryDelivered.number()))
        .bind(i64::from(EventCode::SummaryShared.number()))
        .bind(i64::from(EventCode::SummaryRead.number()))
        .fetch_all()
        .await
    }
}
