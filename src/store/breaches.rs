//! Breaches that are looked into, and the entries of the ledger that they touch.

use crate::domain::event::EventCode;
use crate::domain::id::{IncidentId, Oin, Pseudonym, UserId};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::Tx;
use super::disclosures::DisclosureRow;
use super::error::Result;

record! {
    /// One breach, beside its incident.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct BreachRow {
        /// Its incident.
        pub incident_id: IncidentId,
        /// Organisation that looks into it.
        pub oin: Oin,
        /// 1, 2, 3, ...
        pub version: i64,
        /// When its scope was first reported.
        pub reported_at: Option<Timestamp>,
        /// When it ended.
        pub closed_at: Option<Timestamp>,
        /// What was compromised, and when, as JSON; nothing about a person.
        pub content: String,
    }
}

/// Which entries a breach touches: all that are given must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Only entries of which this organisation is a party. None: all, for the region's officer.
    pub party: Option<Oin>,
    /// Organisation that acted.
    pub actor: Option<Oin>,
    /// Its employee.
    pub user: Option<UserId>,
    /// Organisation that received.
    pub recipient: Option<Oin>,
    /// Message.
    pub message: Option<Vec<u8>>,
    /// From this moment on,
    pub from: Timestamp,
    /// and before this one.
    pub until: Timestamp,
    /// Only entries below this leaf.
    pub size: i64,
}

/// What was refused, or failed, touched nothing: only what ended well counts.
macro_rules! touched {
    ($label:literal, $columns:literal, $rest:literal) => {
        concat!(
            "-- ",
            $label,
            "\nSELECT ",
            $columns,
            " FROM disclosures
              WHERE recorded_at >= $1 AND recorded_at < $2 AND idx < $3 AND outcome = 0
                AND subject IS NOT NULL
                AND ($4 IS NULL OR actor_oin = $4)
                AND ($5 IS NULL OR actor_user_id = $5)
                AND ($6 IS NULL OR recipient_oin = $6)
                AND ($7 IS NULL OR message_id = $7)
                AND ($8 IS NULL OR actor_oin = $8 OR sender_oin = $8 OR recipient_oin = $8) ",
            $rest
        )
    };
}

impl Touched {
    fn bind<'t>(&self, query: super::db::Query<'t>) -> super::db::Query<'t> {
        query
            .bind(self.from)
            .bind(self.until)
            .bind(self.size)
            .bind(self.actor.clone())
            .bind(self.user.clone())
            .bind(self.recipient.clone())
            .bind(self.message.clone())
            .bind(self.party.clone())
    }
}

impl Tx {
    /// Entries that a breach touches, after the moment and position of one of them, in the order of
    /// the moments, at most `limit`.
    pub async fn touched(
        &mut self,
        of: &Touched,
        after: (i64, i64),
        limit: u32,
    ) -> Result<Vec<DisclosureRow>> {
        let query = self.query(touched!(
            "breaches.touched",
            "idx, event_id, group_id, event_code, outcome, denial, disposition, recorded_at,
             actor_oin, actor_user_id, sender_oin, recipient_oin, purpose, basis, categories, case_ref,
             message_id, subject, sealed",
            "AND (recorded_at, idx) > ($9, $10) ORDER BY recorded_at, idx LIMIT $11"
        ));
        of.bind(query).bind(after.0).bind(after.1).bind(i64::from(limit)).fetch_all().await
    }

    /// People that a breach touches, after one of them, in the order of their pseudonyms, at most
    /// `limit`.
    pub async fn touched_people(
        &mut self,
        of: &Touched,
        after: Option<Pseudonym>,
        limit: u32,
    ) -> Result<Vec<(Pseudonym,)>> {
        // A pseudonym of another length was changed: it names nobody.
        let query = self.query(touched!(
            "breaches.touched_people",
            "DISTINCT subject",
            "AND subject > $9 AND LENGTH(subject) = 32 ORDER BY subject LIMIT $10"
        ));
        let after = after.map_or_else(Vec::new, |person| person.as_bytes().to_vec());
        of.bind(query).bind(after).bind(i64::from(limit)).fetch_all().await
    }

    /// For every organisation that received summaries among what a breach touches: their cases, of how many
    /// of these everything that it received was taken back afterwards by its author, and of how many it said
    /// after that that it erased everything: what it said of an older summary says nothing of one that it
    /// received since. What was made no organisation is left out.
    pub async fn touched_recalls(&mut self, of: &Touched) -> Result<Vec<(Oin, i64, i64, i64)>> {
        let query = self.query(touched!(
            "breaches.touched_recalls",
            "recipient_oin, COUNT(DISTINCT case_ref),
             COUNT(DISTINCT case_ref) - COUNT(DISTINCT CASE WHEN NOT EXISTS
                (SELECT 1 FROM disclosures AS r
                  WHERE r.case_ref = disclosures.case_ref AND r.event_code = $9 AND r.outcome = 0
                    AND r.actor_oin = disclosures.sender_oin AND r.idx > disclosures.idx)
             THEN case_ref END),
             COUNT(DISTINCT case_ref) - COUNT(DISTINCT CASE WHEN NOT EXISTS
                (SELECT 1 FROM recall_confirmations AS c
                  WHERE c.case_ref = disclosures.case_ref AND c.author_oin = disclosures.sender_oin
                    AND c.recipient_oin = disclosures.recipient_oin
                    AND EXISTS
                        (SELECT 1 FROM disclosures AS r
                          WHERE r.case_ref = disclosures.case_ref AND r.event_code = $9
                            AND r.outcome = 0 AND r.actor_oin = disclosures.sender_oin
                            AND r.idx > disclosures.idx AND r.idx < c.idx))
             THEN case_ref END)",
            "AND event_code IN ($10, $11) AND recipient_oin IS NOT NULL AND case_ref IS NOT NULL
             GROUP BY recipient_oin ORDER BY recipient_oin"
        ));
        let found: Vec<(String, i64, i64, i64)> = of
            .bind(query)
            .bind(i64::from(EventCode::SummaryRetracted.number()))
            .bind(i64::from(EventCode::SummaryDelivered.number()))
            .bind(i64::from(EventCode::SummaryShared.number()))
            .fetch_all()
            .await?;
        let known = |(oin, cases, recalled, confirmed): (String, i64, i64, i64)| {
            Some((oin.parse().ok()?, cases, recalled, confirmed))
        };
        Ok(found.into_iter().filter_map(known).collect())
    }

    /// One breach.
    pub async fn breach(&mut self, id: IncidentId) -> Result<Option<BreachRow>> {
        self.query(
            "-- breaches.by_id
             SELECT incident_id, oin, version, reported_at, closed_at, content
               FROM breaches WHERE incident_id = $1",
        )
        .bind(id)
        .fetch_optional()
        .await
    }

    /// Keeps a new breach.
    pub async fn insert_breach(&mut self, row: &BreachRow) -> Result<()> {
        self.query(
            "-- breaches.insert
             INSERT INTO breaches (incident_id, oin, version, reported_at, closed_at, content)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(row.incident_id)
        .bind(row.oin.clone())
        .bind(row.version)
        .bind(row.reported_at)
        .bind(row.closed_at)
        .bind(row.content.clone())
        .execute_one()
        .await
    }

    /// Replaces what changes of a breach; a conflict when `row.version` is not the next one.
    pub async fn update_breach(&mut self, row: &BreachRow) -> Result<()> {
        self.query(
            "-- breaches.update
             UPDATE breaches
                SET version = $2, reported_at = $3, closed_at = $4
              WHERE incident_id = $1 AND version = $2 - 1",
        )
        .bind(row.incident_id)
        .bind(row.version)
        .bind(row.reported_at)
        .bind(row.closed_at)
        .execute_one()
        .await
    }
}
