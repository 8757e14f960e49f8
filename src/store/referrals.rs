//! Referrals and what links them.

use crate::domain::id::{Gemeentecode, Oin, Pseudonym, ReferralId, RequestId, TeamId, Version};
use crate::domain::referral::{SendBackReason, State, TriageOutcome, Urgency};
use crate::domain::time::Timestamp;

use super::batch::{Ahead, EARLIER_MAX};
use super::columns::{code_columns, record};
use super::db::Tx;
use super::db::table::{Kind, Table};
use super::error::{Error, Result};

code_columns!(SendBackReason, State, TriageOutcome, Urgency, LinkKind);

crate::domain::code::codes! {
    /// What two referrals have in common.
    pub enum LinkKind {
        /// A person.
        Person = 1, "PERSON";
        /// Only the address: somebody must judge whether they belong together.
        Address = 2, "ADDRESS";
    }
}

record! {
    /// A referral.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ReferralRow {
        /// Chosen by the sender.
        pub referral_id: ReferralId,
        /// Sender.
        pub sender_oin: Oin,
        /// Request that stored it.
        pub request_id: RequestId,
        /// Recipient.
        pub recipient_oin: Oin,
        /// Team of the recipient.
        pub team_id: TeamId,
        /// Routing table that chose them.
        pub routing_version: Version,
        /// Where it is in its life.
        pub state: State,
        /// As the sender stated.
        pub urgency: Urgency,
        /// After the rule for repeats.
        pub effective_urgency: Urgency,
        /// Municipality of residence.
        pub gemeentecode: Gemeentecode,
        /// Bits of the kinds of violence.
        pub violence_kinds: i64,
        /// 1 when somebody under 18 lives there.
        pub with_children: i64,
        /// Keyed digest of the referral as sent.
        pub body_digest: Vec<u8>,
        /// When it was stored.
        pub submitted_at: Timestamp,
        /// When it must have been acknowledged.
        pub ack_due_at: Timestamp,
        /// When the family must have been spoken with.
        pub first_contact_due_at: Option<Timestamp>,
        /// When the safety assessment must be done.
        pub safety_assessment_due_at: Option<Timestamp>,
        /// When the people must have been informed.
        pub inform_subject_due_at: Timestamp,
        /// When the sender must have had feedback.
        pub feedback_due_at: Option<Timestamp>,
        /// When its investigation must be finished.
        pub investigation_due_at: Option<Timestamp>,
        /// When one of these moments may be missed next, as far as it was looked at.
        pub next_due_at: Option<Timestamp>,
        /// Which of them were missed and told of: bit n - 1 for kind n.
        pub deadlines_told: i64,
        /// When responsibility passed.
        pub acknowledged_at: Option<Timestamp>,
        /// When the family was first spoken with.
        pub first_contact_at: Option<Timestamp>,
        /// The recipient's own file number.
        pub local_reference: Option<String>,
        /// When it was triaged.
        pub triaged_at: Option<Timestamp>,
        /// With what outcome.
        pub triage_outcome: Option<TriageOutcome>,
        /// When the sender was told.
        pub feedback_sent_at: Option<Timestamp>,
        /// When its investigation was finished.
        pub investigation_closed_at: Option<Timestamp>,
        /// Why it was sent back.
        pub send_back_reason: Option<SendBackReason>,
        /// 1 + number of earlier referrals.
        pub repeat_index: i64,
        /// Pseudonym of the address.
        pub address: Pseudonym,
        /// Pseudonyms of its people, one after the other, in the order of the message.
        pub subjects: Vec<u8>,
        /// Signed receipt.
        pub receipt: String,
        /// The referral, sealed under the keys of all its people.
        pub content: Vec<u8>,
    }
}

record! {
    /// An earlier referral that shares a person or the address.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct EarlierRow {
        /// Earlier referral.
        pub referral_id: ReferralId,
        /// When it was stored.
        pub submitted_at: Timestamp,
        /// What is shared.
        pub kind: LinkKind,
    }
}

record! {
    /// Who stored a referral, and by which request.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ReferralName {
        /// Sender.
        pub sender_oin: Oin,
        /// Request that stored it.
        pub request_id: RequestId,
        /// Keyed digest of the referral as sent.
        pub body_digest: Vec<u8>,
    }
}

impl ReferralRow {
    /// Pseudonyms of its people, in the order of the message.
    pub fn people(&self) -> Result<Vec<Pseudonym>> {
        let (people, []) = self.subjects.as_chunks() else {
            return Err(Error::Corrupt { table: "referrals", column: "subjects" });
        };
        Ok(people.iter().copied().map(Pseudonym::new).collect())
    }
}

/// A change of a referral's state, with what goes with it. Fields that are `None` stay as they are.
#[derive(Debug, Clone, Default)]
pub struct Transition {
    /// Took responsibility, and when.
    pub acknowledged_at: Option<Timestamp>,
    /// The recipient's own file number.
    pub local_reference: Option<String>,
    /// When it was triaged.
    pub triaged_at: Option<Timestamp>,
    /// With what outcome.
    pub triage_outcome: Option<TriageOutcome>,
    /// When the sender must have had feedback.
    pub feedback_due_at: Option<Timestamp>,
    /// When the sender was told.
    pub feedback_sent_at: Option<Timestamp>,
    /// When the investigation must be finished that starts.
    pub investigation_due_at: Option<Timestamp>,
    /// Why it was sent back.
    pub send_back_reason: Option<SendBackReason>,
    /// When it ended without anybody taking it over.
    pub ended_at: Option<Timestamp>,
}

impl Transition {
    /// The first end of a clock that starts with it.
    fn starts_clock_until(&self) -> Option<Timestamp> {
        [self.feedback_due_at, self.investigation_due_at].into_iter().flatten().min()
    }
}

macro_rules! select {
    ($label:literal, $rest:literal) => {
        concat!(
            "-- ",
            $label,
            "
             SELECT referral_id, sender_oin, request_id, recipient_oin, team_id, routing_version,
                    state, urgency, effective_urgency, gemeentecode, violence_kinds, with_children,
                    body_digest, submitted_at, ack_due_at,
                    first_contact_due_at, safety_assessment_due_at, inform_subject_due_at,
                    feedback_due_at, investigation_due_at, next_due_at, deadlines_told,
                    acknowledged_at, first_contact_at, local_reference, triaged_at, triage_outcome,
                    feedback_sent_at, investigation_closed_at, send_back_reason, repeat_index,
                    address, subjects, receipt, content
               FROM referrals ",
            $rest
        )
    };
}

static REFERRALS: Table = Table::new(
    "referrals",
    &[
        ("referral_id", Kind::Blob),
        ("sender_oin", Kind::Text),
        ("request_id", Kind::Blob),
        ("recipient_oin", Kind::Text),
        ("team_id", Kind::Text),
        ("routing_version", Kind::Text),
        ("state", Kind::Integer),
        ("urgency", Kind::Integer),
        ("effective_urgency", Kind::Integer),
        ("gemeentecode", Kind::Text),
        ("violence_kinds", Kind::Integer),
        ("with_children", Kind::Integer),
        ("body_digest", Kind::Blob),
        ("submitted_at", Kind::Integer),
        ("ack_due_at", Kind::Integer),
        ("first_contact_due_at", Kind::Integer),
        ("safety_assessment_due_at", Kind::Integer),
        ("inform_subject_due_at", Kind::Integer),
        ("next_due_at", Kind::Integer),
        ("repeat_index", Kind::Integer),
        ("address", Kind::Blob),
        ("subjects", Kind::Blob),
        ("receipt", Kind::Text),
        ("content", Kind::Blob),
    ],
);

const EARLIER_ABOUT: &str = "-- referrals.earlier_about
    SELECT message_id AS referral_id, recorded_at AS submitted_at, CAST(1 AS BIGINT) AS kind
      FROM disclosures
     WHERE subject = $1 AND event_code = 1 AND recorded_at >= $2
     ORDER BY idx DESC
     LIMIT $3";

const EARLIER_AT: &str = "-- referrals.earlier_at
    SELECT referral_id, submitted_at, CAST(2 AS BIGINT) AS kind
      FROM referrals
     WHERE address = $1 AND submitted_at >= $2
     ORDER BY submitted_at DESC, referral_id
     LIMIT $3";

static LINKS: Table = Table::keeping_the_first(
    "referral_links",
    &[("referral_id", Kind::Blob), ("earlier_id", Kind::Blob), ("kind", Kind::Integer)],
);
pub(in crate::store) mod clocks;
mod many;

pub use clocks::ClocksLookedAt;
pub use many::Moved;

impl Tx {
    /// A referral.
    pub async fn referral(&mut self, referral_id: ReferralId) -> Result<Option<ReferralRow>> {
        self.query(select!("referrals.by_id", "WHERE referral_id = $1"))
            .bind(referral_id)
            .fetch_optional()
            .await
    }

    /// Referrals of a sender, newest first, below a place in the list, at most `limit`.
    pub async fn referrals_of(
        &mut self,
        sender: &Oin,
        below: Option<(Timestamp, ReferralId)>,
        limit: u32,
    ) -> Result<Vec<ReferralRow>> {
        let (at, id) = below.unzip();
        self.query(select!(
            "referrals.of_sender",
            "WHERE sender_oin = $1
                AND ($2 IS NULL OR submitted_at < $2 OR (submitted_at = $2 AND referral_id < $3))
              ORDER BY submitted_at DESC, referral_id DESC
              LIMIT $4"
        ))
        .bind(sender.clone())
        .bind(at)
        .bind(id)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Who stored a referral, and by which request. One that a command of the same commit stores is
    /// [`Error::InFlight`]: the writer applies the command again in the next commit.
    pub async fn referral_name(&mut self, id: ReferralId) -> Result<Option<ReferralName>> {
        if let Ahead::Read(known) = self.batch.referral(id)? {
            return Ok(known);
        }
        self.query(
            "-- referrals.name
             SELECT sender_oin, request_id, body_digest FROM referrals WHERE referral_id = $1",
        )
        .bind(id)
        .fetch_optional()
        .await
    }

    /// Keeps a new referral. One whose id is in use is a conflict.
    pub async fn insert_referral(&mut self, row: &ReferralRow) -> Result<()> {
        self.insert(&REFERRALS)
            .set(row.referral_id)
            .set(row.sender_oin.clone())
            .set(row.request_id)
            .set(row.recipient_oin.clone())
            .set(row.team_id.clone())
            .set(row.routing_version.clone())
            .set(row.state)
            .set(row.urgency)
            .set(row.effective_urgency)
            .set(row.gemeentecode.clone())
            .set(row.violence_kinds)
            .set(row.with_children)
            .set(row.body_digest.clone())
            .set(row.submitted_at)
            .set(row.ack_due_at)
            .set(row.first_contact_due_at)
            .set(row.safety_assessment_due_at)
            .set(row.inform_subject_due_at)
            .set(row.next_due_at)
            .set(row.repeat_index)
            .set(row.address)
            .set(row.subjects.clone())
            .set(row.receipt.clone())
            .set(row.content.clone())
            .keep()
            .await
    }

    /// Moves a referral on from a state; when it is in another state by now, that is a conflict.
    pub async fn update_referral(
        &mut self,
        referral_id: ReferralId,
        from: State,
        to: State,
        with: &Transition,
    ) -> Result<()> {
        self.query(
            "-- referrals.update
             UPDATE referrals
                SET state = $3,
                    acknowledged_at = COALESCE($4, acknowledged_at),
                    local_reference = COALESCE($5, local_reference),
                    triaged_at = COALESCE($6, triaged_at),
                    triage_outcome = COALESCE($7, triage_outcome),
                    feedback_due_at = COALESCE($8, feedback_due_at),
                    feedback_sent_at = COALESCE($9, feedback_sent_at),
                    send_back_reason = COALESCE($10, send_back_reason),
                    investigation_due_at = COALESCE($11, investigation_due_at),
                    ended_at = COALESCE($13, ended_at),
                    next_due_at = CASE WHEN $12 < COALESCE(next_due_at, $12 + 1) THEN $12
                                       ELSE next_due_at END
              WHERE referral_id = $1 AND state = $2",
        )
        .bind(referral_id)
        .bind(from)
        .bind(to)
        .bind(with.acknowledged_at)
        .bind(with.local_reference.clone())
        .bind(with.triaged_at)
        .bind(with.triage_outcome)
        .bind(with.feedback_due_at)
        .bind(with.feedback_sent_at)
        .bind(with.send_back_reason)
        .bind(with.investigation_due_at)
        .bind(with.starts_clock_until())
        .bind(with.ended_at)
        .execute_one()
        .await
    }

    /// Earlier referrals that share a person or an address, from a moment on, newest first. Those that
    /// the same commit stores are among them. Who was in a referral, the log says.
    pub async fn earlier(
        &mut self,
        kind: LinkKind,
        shared: Pseudonym,
        from: Timestamp,
    ) -> Result<Vec<EarlierRow>> {
        let mut found: Vec<_> = self.batch.incoming(kind, shared).collect();
        if let Some(known) = self.batch.earlier(kind, shared) {
            found.extend(known.into_iter().filter(|row| row.submitted_at >= from));
            return Ok(found);
        }
        let stored: Vec<EarlierRow> = self
            .query(match kind {
                LinkKind::Person => EARLIER_ABOUT,
                LinkKind::Address => EARLIER_AT,
            })
            .bind(shared)
            .bind(from)
            .bind(i64::from(EARLIER_MAX))
            .fetch_all()
            .await?;
        found.extend(stored);
        Ok(found)
    }

    /// Links a referral to an earlier one.
    pub async fn insert_referral_link(
        &mut self,
        referral_id: ReferralId,
        earlier: ReferralId,
        kind: LinkKind,
    ) -> Result<()> {
        self.insert(&LINKS).set(referral_id).set(earlier).set(kind).keep().await
    }

    /// Earlier referrals that a referral was linked to.
    pub async fn referral_links(
        &mut self,
        referral_id: ReferralId,
    ) -> Result<Vec<(ReferralId, LinkKind)>> {
        self.query(
            "-- referrals.links
             SELECT earlier_id, kind FROM referral_links WHERE referral_id = $1 ORDER BY earlier_id",
        )
        .bind(referral_id)
        .fetch_all()
        .await
    }
}
