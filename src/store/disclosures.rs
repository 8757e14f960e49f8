//! What the entries of the ledger say, for those who may read it.

use crate::domain::id::{CaseRef, EventId, GroupId, Oin, Pseudonym, UserId};
use crate::domain::time::Timestamp;

use super::columns::lenient_record;
use super::db::table::{Kind, Table};
use super::db::{Query, Sql, Tx};
use super::error::Result;
use super::sets;

lenient_record! {
    /// One row beside one leaf.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DisclosureRow {
        /// Leaf.
        pub idx: i64,
        /// Event.
        pub event_id: EventId,
        /// Act.
        pub group_id: GroupId,
        /// Number of the event code.
        pub event_code: i64,
        /// 0, 4, 8 or 12.
        pub outcome: i64,
        /// Number of the reason; 0 when not denied.
        pub denial: i64,
        /// Number of the disposition.
        pub disposition: i64,
        /// When.
        pub recorded_at: Timestamp,
        /// Organisation that acted.
        pub actor_oin: Oin,
        /// Employee.
        pub actor_user_id: UserId,
        /// Whose data.
        pub sender_oin: Option<Oin>,
        /// Who received.
        pub recipient_oin: Option<Oin>,
        /// Number of the purpose; 0 for none.
        pub purpose: i64,
        /// Number of the basis; 0 for none.
        pub basis: i64,
        /// Bits of the categories.
        pub categories: i64,
        /// Case.
        pub case_ref: Option<CaseRef>,
        /// Message that it was about: the id of a referral or consent.
        pub message_id: Option<Vec<u8>>,
        /// Data subject.
        pub subject: Option<Pseudonym>,
        /// The whole record, sealed.
        pub sealed: Vec<u8>,
    }
}

/// A search; every condition that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Only entries of which this organisation is a party. None: all, for the region's officer.
    pub party: Option<Oin>,
    /// Data subject.
    pub subject: Option<Pseudonym>,
    /// Case.
    pub case_ref: Option<CaseRef>,
    /// Employee of `party`.
    pub actor_user_id: Option<UserId>,
    /// Organisation that sent or received.
    pub oin: Option<Oin>,
    /// Act.
    pub group_id: Option<GroupId>,
    /// First moment.
    pub from: Option<Timestamp>,
    /// First moment after.
    pub until: Option<Timestamp>,
    /// Bit n set: events with code n, for n up to 62. 0: all events.
    pub event_codes: i64,
    /// Only denials.
    pub denied_only: bool,
    /// Number of the purpose; 0: all.
    pub purpose: i64,
    /// Number of the basis; 0: all.
    pub basis: i64,
    /// Organisation that sent.
    pub sender: Option<Oin>,
    /// Organisation that received.
    pub recipient: Option<Oin>,
    /// From the newest to the oldest.
    pub newest_first: bool,
    /// Only entries behind this leaf, in the order of the search.
    pub after: Option<i64>,
    /// Only entries below this leaf: pages agree with each other.
    pub size: i64,
    /// What `from` and `until` mean is already in `after` and `size` ([`Tx::leaves_between`]): page after
    /// page is read on, instead of looking for the moments again every time.
    pub is_bounded: bool,
}

macro_rules! columns {
    () => {
        "SELECT idx, event_id, group_id, event_code, outcome, denial, disposition, recorded_at,
                actor_oin, actor_user_id, sender_oin, recipient_oin, purpose, basis, categories, case_ref,
                message_id, subject, sealed
           FROM disclosures"
    };
}

/// One search in both orders.
struct Ordered {
    oldest_first: Sql,
    newest_first: Sql,
}

/// Conditions that are not given are true. Written so, no index can serve them: `$by` is the
/// condition that one serves, and the rest is checked on the rows it finds.
macro_rules! search {
    ($by:literal, $bit:literal, $behind:literal, $order:literal) => {
        concat!(
            "-- disclosures.search\n",
            columns!(),
            " WHERE ",
            $by,
            "   AND ($1 IS NULL OR actor_oin = $1 OR sender_oin = $1 OR recipient_oin = $1)
                AND ($2 IS NULL OR subject = $2)
                AND ($3 IS NULL OR case_ref = $3)
                AND ($4 IS NULL OR (actor_user_id = $4 AND ($1 IS NULL OR actor_oin = $1)))
                AND ($5 IS NULL OR sender_oin = $5 OR recipient_oin = $5)
                AND ($6 IS NULL OR group_id = $6)
                AND ($7 IS NULL OR recorded_at >= $7)
                AND ($8 IS NULL OR recorded_at < $8)
                AND ($9 = 0 OR (event_code BETWEEN 0 AND 62 AND ($9 & (",
            $bit,
            ")) <> 0))
                AND ($10 = 0 OR denial <> 0)
                AND ",
            $behind,
            "
                AND idx < $12
                AND ($14 = 0 OR purpose = $14)
                AND ($15 = 0 OR basis = $15)
                AND ($16 IS NULL OR sender_oin = $16)
                AND ($17 IS NULL OR recipient_oin = $17)
              ORDER BY ",
            $order,
            "
              LIMIT $13"
        )
    };
}

macro_rules! search_by {
    ($name:ident, $by:literal) => {
        const $name: Ordered = Ordered {
    oldest_first: search_by!(sql $by, "idx > $11", "idx"),
    newest_first: search_by!(sql $by, "idx < $11", "idx DESC"),
        };
    };
    (sql $by:literal, $behind:literal, $order:literal) => {
        Sql {
            sqlite: search!($by, "1 << event_code", $behind, $order),
            postgres: search!(
                $by,
                "CAST(1 AS BIGINT) << CAST(event_code AS INTEGER)",
                $behind,
                $order
            ),
        }
    };
}
search_by!(BY_GROUP, "group_id = $6");
search_by!(BY_SUBJECT, "subject = $2");
search_by!(BY_CASE, "case_ref = $3");
search_by!(BY_ACTOR, "actor_oin = $1 AND actor_user_id = $4");
// Replicas write at the same time, so the order of the moments is only nearly that of the ledger:
// the index on the moments tells between which leaves to look.
search_by!(
    BY_TIME,
    "idx BETWEEN (SELECT MIN(idx) FROM disclosures
                   WHERE recorded_at >= COALESCE($7, 0)
                     AND recorded_at < COALESCE($8, 9223372036854775807))
             AND (SELECT MAX(idx) FROM disclosures
                   WHERE recorded_at >= COALESCE($7, 0)
                     AND recorded_at < COALESCE($8, 9223372036854775807))"
);
search_by!(IN_ORDER, "0 = 0");

/// The statement for a search: by the condition that leaves the fewest rows to look at.
pub(super) const fn statement(search: &Search) -> Sql {
    let ordered = by(search);
    if search.newest_first { ordered.newest_first } else { ordered.oldest_first }
}

const fn by(search: &Search) -> Ordered {
    match search {
        Search { group_id: Some(_), .. } => BY_GROUP,
        Search { subject: Some(_), .. } => BY_SUBJECT,
        Search { case_ref: Some(_), .. } => BY_CASE,
        Search { party: Some(_), actor_user_id: Some(_), .. } => BY_ACTOR,
        Search { from: Some(_), is_bounded: false, .. }
        | Search { until: Some(_), is_bounded: false, .. } => BY_TIME,
        _ => IN_ORDER,
    }
}

impl Search {
    pub(super) fn bind<'t>(&self, query: Query<'t>, limit: u32) -> Query<'t> {
        query
            .bind(self.party.clone())
            .bind(self.subject)
            .bind(self.case_ref.clone())
            .bind(self.actor_user_id.clone())
            .bind(self.oin.clone())
            .bind(self.group_id)
            .bind(self.from)
            .bind(self.until)
            .bind(self.event_codes)
            .bind(i64::from(self.denied_only))
            .bind(self.after.unwrap_or(if self.newest_first { i64::MAX } else { -1 }))
            .bind(self.size)
            .bind(i64::from(limit))
            .bind(self.purpose)
            .bind(self.basis)
            .bind(self.sender.clone())
            .bind(self.recipient.clone())
    }
}

impl Tx {
    /// The row beside a leaf.
    pub async fn disclosure(&mut self, idx: i64) -> Result<Option<DisclosureRow>> {
        self.query(concat!("-- disclosures.by_index\n", columns!(), " WHERE idx = $1"))
            .bind(idx)
            .fetch_optional()
            .await
    }

    /// The first row from a moment on; none when there is nothing since.
    pub async fn first_since(&mut self, moment: Timestamp) -> Result<Option<i64>> {
        let first: Option<(i64,)> = self
            .query(
                "-- disclosures.first_since
                 SELECT idx FROM disclosures WHERE recorded_at >= $1
                  ORDER BY recorded_at, idx LIMIT 1",
            )
            .bind(moment)
            .fetch_optional()
            .await?;
        Ok(first.map(|(idx,)| idx))
    }

    /// The rows beside some leaves, in the order of the ledger.
    pub async fn disclosures(&mut self, places: &[i64]) -> Result<Vec<DisclosureRow>> {
        let places = sets::rows(places.iter().map(|idx| (*idx).into()));
        self.query(Sql {
            sqlite: concat!(
                "-- disclosures.some\n",
                columns!(),
                " WHERE idx IN (SELECT value FROM json_each($1)) ORDER BY idx"
            ),
            postgres: concat!(
                "-- disclosures.some\n",
                columns!(),
                " WHERE idx = ANY(ARRAY(SELECT CAST(value AS BIGINT)
                                         FROM json_array_elements_text(CAST($1 AS JSON)) AS value))
                  ORDER BY idx"
            ),
        })
        .bind(places)
        .fetch_all()
        .await
    }

    /// Rows that match, in the order of the ledger or against it, at most `limit`.
    pub async fn search(&mut self, search: &Search, limit: u32) -> Result<Vec<DisclosureRow>> {
        search.bind(self.query(statement(search)), limit).fetch_all().await
    }

    /// The first and the last leaf that was recorded in a period. There may be others between them.
    pub async fn leaves_between(
        &mut self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Option<(i64, i64)>> {
        let (first, last): (Option<i64>, Option<i64>) = self
            .query(
                "-- disclosures.leaves_between
                 SELECT MIN(idx), MAX(idx) FROM disclosures
                  WHERE recorded_at >= $1 AND recorded_at < $2",
            )
            .bind(from)
            .bind(until)
            .fetch_one()
            .await?;
        Ok(first.zip(last))
    }

    pub(super) async fn insert_disclosure(&mut self, row: DisclosureRow) -> Result<()> {
        self.insert(&DISCLOSURES)
            .set(row.idx)
            .set(row.event_id)
            .set(row.group_id)
            .set(row.event_code)
            .set(row.outcome)
            .set(row.denial)
            .set(row.disposition)
            .set(row.recorded_at)
            .set(row.actor_oin)
            .set(row.actor_user_id)
            .set(row.sender_oin)
            .set(row.recipient_oin)
            .set(row.purpose)
            .set(row.basis)
            .set(row.categories)
            .set(row.case_ref)
            .set(row.message_id)
            .set(row.subject)
            .set(row.sealed)
            .keep()
            .await
    }
}

static DISCLOSURES: Table = Table::new(
    "disclosures",
    &[
        ("idx", Kind::Integer),
        ("event_id", Kind::Blob),
        ("group_id", Kind::Blob),
        ("event_code", Kind::Integer),
        ("outcome", Kind::Integer),
        ("denial", Kind::Integer),
        ("disposition", Kind::Integer),
        ("recorded_at", Kind::Integer),
        ("actor_oin", Kind::Text),
        ("actor_user_id", Kind::Text),
        ("sender_oin", Kind::Text),
        ("recipient_oin", Kind::Text),
        ("purpose", Kind::Integer),
        ("basis", Kind::Integer),
        ("categories", Kind::Integer),
        ("case_ref", Kind::Text),
        ("message_id", Kind::Blob),
        ("subject", Kind::Blob),
        ("sealed", Kind::Blob),
    ],
);
