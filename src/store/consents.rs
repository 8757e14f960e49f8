//! Consents: every version of every consent; the highest version counts.

use crate::domain::id::{CaseRef, ConsentId, Oin, Pseudonym};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::Tx;
use super::db::table::{Kind, Table};
use super::error::Result;

record! {
    /// One version of a consent.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ConsentRow {
        /// Consent.
        pub consent_id: ConsentId,
        /// 1, 2, 3, ...
        pub version: i64,
        /// Case.
        pub case_ref: CaseRef,
        /// Person.
        pub subject: Pseudonym,
        /// Who may send.
        pub source_oin: Oin,
        /// Who may receive.
        pub recipient_oin: Oin,
        /// Number of the purpose.
        pub purpose: i64,
        /// Bits of the categories.
        pub categories: i64,
        /// First moment.
        pub valid_from: Timestamp,
        /// First moment after.
        pub valid_until: Timestamp,
        /// Number of the state.
        pub state: i64,
        /// When this version was recorded.
        pub recorded_at: Timestamp,
        /// The whole consent, sealed under the person's key.
        pub content: Vec<u8>,
    }
}

pub(in crate::store) const TO_END: &str = "-- consents.to_end
    SELECT consent_id, version, case_ref, subject, source_oin, recipient_oin, purpose, categories,
           valid_from, valid_until, state, recorded_at, content
      FROM consents
     WHERE state = 2 AND ended_at IS NULL AND valid_until < $1
     ORDER BY valid_until, consent_id
     LIMIT $2";

/// Whose consents are read.
#[derive(Debug, Clone, Copy)]
pub enum ConsentsOf<'o> {
    /// Those about a person, in every case.
    Person(Pseudonym),
    /// Those in a case.
    Case(&'o CaseRef),
}

/// A page of the newest versions, by the id of the consent.
macro_rules! newest_of {
    ($by:literal) => {
        concat!(
            "-- consents.newest_of
             SELECT consent_id, version, case_ref, subject, source_oin, recipient_oin, purpose,
                    categories, valid_from, valid_until, state, recorded_at, content
               FROM consents AS c
              WHERE ",
            $by,
            "   AND consent_id > $2
                AND ($3 IS NULL OR source_oin = $3 OR recipient_oin = $3)
                AND version = (SELECT MAX(version) FROM consents WHERE consent_id = c.consent_id)
              ORDER BY consent_id
              LIMIT $4"
        )
    };
}

static USES: Table = Table::keeping_the_first(
    "consent_uses",
    &[("consent_id", Kind::Blob), ("recipient_oin", Kind::Text), ("first_idx", Kind::Integer)],
);

impl Tx {
    /// The newest version of one consent.
    pub async fn consent(&mut self, consent_id: ConsentId) -> Result<Option<ConsentRow>> {
        self.query(
            "-- consents.latest
             SELECT consent_id, version, case_ref, subject, source_oin, recipient_oin, purpose,
                    categories, valid_from, valid_until, state, recorded_at, content
               FROM consents
              WHERE consent_id = $1
              ORDER BY version DESC
              LIMIT 1",
        )
        .bind(consent_id)
        .fetch_optional()
        .await
    }

    /// The newest version of every consent in a case, at most `limit`.
    pub async fn consents_of_case(
        &mut self,
        case_ref: &CaseRef,
        limit: u32,
    ) -> Result<Vec<ConsentRow>> {
        self.query(
            "-- consents.of_case
             SELECT consent_id, version, case_ref, subject, source_oin, recipient_oin, purpose,
                    categories, valid_from, valid_until, state, recorded_at, content
               FROM consents AS c
              WHERE case_ref = $1
                AND version = (SELECT MAX(version) FROM consents WHERE consent_id = c.consent_id)
              ORDER BY recorded_at, consent_id
              LIMIT $2",
        )
        .bind(case_ref.clone())
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Every version of every consent in a case, each consent's in their order, at most `limit`.
    pub async fn consent_versions_of_case(
        &mut self,
        case_ref: &CaseRef,
        limit: u32,
    ) -> Result<Vec<ConsentRow>> {
        self.query(
            "-- consents.versions_of_case
             SELECT consent_id, version, case_ref, subject, source_oin, recipient_oin, purpose,
                    categories, valid_from, valid_until, state, recorded_at, content
               FROM consents
              WHERE case_ref = $1
              ORDER BY consent_id, version
              LIMIT $2",
        )
        .bind(case_ref.clone())
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Who received data first under which consent of a case, with the entry that says so.
    pub async fn consent_uses_of_case(
        &mut self,
        case_ref: &CaseRef,
    ) -> Result<Vec<(ConsentId, Oin, i64)>> {
        self.query(
            "-- consents.uses_of_case
             SELECT consent_id, recipient_oin, first_idx
               FROM consent_uses
              WHERE consent_id IN (SELECT consent_id FROM consents WHERE case_ref = $1)
              ORDER BY first_idx, consent_id, recipient_oin",
        )
        .bind(case_ref.clone())
        .fetch_all()
        .await
    }

    /// The newest version of the consents of a person or case behind `after`, in the order of their ids;
    /// with a `party`, those between it and somebody else.
    pub async fn newest_consents_of(
        &mut self,
        of: ConsentsOf<'_>,
        party: Option<&Oin>,
        after: ConsentId,
        limit: u32,
    ) -> Result<Vec<ConsentRow>> {
        let query = match of {
            ConsentsOf::Person(person) => self.query(newest_of!("subject = $1")).bind(person),
            ConsentsOf::Case(case_ref) => {
                self.query(newest_of!("case_ref = $1")).bind(case_ref.clone())
            }
        };
        query.bind(after).bind(party.cloned()).bind(i64::from(limit)).fetch_all().await
    }

    /// The newest version of every consent of the people of a case in other cases, at most `limit`.
    pub async fn consents_elsewhere(
        &mut self,
        case_ref: &CaseRef,
        limit: u32,
    ) -> Result<Vec<ConsentRow>> {
        self.query(
            "-- consents.elsewhere
             SELECT c.consent_id, c.version, c.case_ref, c.subject, c.source_oin, c.recipient_oin,
                    c.purpose, c.categories, c.valid_from, c.valid_until, c.state, c.recorded_at,
                    c.content
               FROM case_persons AS p
               JOIN consents AS c ON c.subject = p.subject
              WHERE p.case_ref = $1 AND c.case_ref <> $1
                AND c.version = (SELECT MAX(version) FROM consents
                                  WHERE consent_id = c.consent_id)
              ORDER BY c.recorded_at, c.consent_id
              LIMIT $2",
        )
        .bind(case_ref.clone())
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Keeps a version; one that exists is a conflict.
    pub async fn insert_consent(&mut self, row: &ConsentRow) -> Result<()> {
        self.query(
            "-- consents.insert
             INSERT INTO consents (consent_id, version, case_ref, subject, source_oin,
                    recipient_oin, purpose, categories, valid_from, valid_until, state,
                    recorded_at, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT (consent_id, version) DO NOTHING",
        )
        .bind(row.consent_id)
        .bind(row.version)
        .bind(row.case_ref.clone())
        .bind(row.subject)
        .bind(row.source_oin.clone())
        .bind(row.recipient_oin.clone())
        .bind(row.purpose)
        .bind(row.categories)
        .bind(row.valid_from)
        .bind(row.valid_until)
        .bind(row.state)
        .bind(row.recorded_at)
        .bind(row.content.clone())
        .execute_one()
        .await?;
        if row.version > 1 {
            self.query(
                "-- consents.follow
                 UPDATE consents SET ended_at = $3
                  WHERE consent_id = $1 AND version < $2 AND ended_at IS NULL",
            )
            .bind(row.consent_id)
            .bind(row.version)
            .bind(row.recorded_at)
            .execute()
            .await?;
        }
        Ok(())
    }

    /// Consents in force (state 2) whose term was over before a moment, and of which that was not
    /// written down, at most `limit`.
    pub async fn consents_to_end(
        &mut self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<ConsentRow>> {
        self.query(TO_END).bind(before).bind(i64::from(limit)).fetch_all().await
    }

    /// Notes that it was written down that the term of a consent is over; false when somebody did so
    /// before, or said something else since.
    pub async fn end_consent(
        &mut self,
        consent_id: ConsentId,
        version: i64,
        now: Timestamp,
    ) -> Result<bool> {
        let ended = self
            .query(
                "-- consents.end
                 UPDATE consents SET ended_at = $3
                  WHERE consent_id = $1 AND version = $2 AND ended_at IS NULL",
            )
            .bind(consent_id)
            .bind(version)
            .bind(now)
            .execute()
            .await?;
        Ok(ended == 1)
    }

    /// Notes that a recipient received data under a consent; the first time counts.
    pub async fn record_consent_use(
        &mut self,
        consent_id: ConsentId,
        recipient: &Oin,
        idx: i64,
    ) -> Result<()> {
        self.insert(&USES).set(consent_id).set(recipient.clone()).set(idx).keep().await
    }

    /// Who received data under a consent.
    pub async fn consent_recipients(&mut self, consent_id: ConsentId) -> Result<Vec<(Oin,)>> {
        self.query(
            "-- consents.recipients
             SELECT recipient_oin FROM consent_uses WHERE consent_id = $1 ORDER BY recipient_oin",
        )
        .bind(consent_id)
        .fetch_all()
        .await
    }
}
