//! Referrals and what links them.

use crate::domain::id::{Gemeentecode, Oin, Pseudonym, ReferralId, TeamId, Version};
use crate::domain::referral::{SendBackReason, State, TriageOutcome, Urgency};
use crate::domain::time::Timestamp;

use super::columns::{code_columns, record};
use super::db::Tx;
use super::error::Result;

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
        /// Keyed digest of the referral as sent.
        pub body_digest: Vec<u8>,
        /// When it was stored.
        pub submitted_at: Timestamp,
        /// When it must have been acknowledged.
        pub ack_due_at: Timestamp,
        /// When the safety assessment must be done.
        pub safety_assessment_due_at: Option<Timestamp>,
        /// When the people must have been informed.
        pub inform_subject_due_at: Timestamp,
        /// When the sender must have had feedback.
        pub feedback_due_at: Option<Timestamp>,
        /// When responsibility passed.
        pub acknowledged_at: Option<Timestamp>,
        /// The recipient's own file number.
        pub local_reference: Option<String>,
        /// When it was triaged.
        pub triaged_at: Option<Timestamp>,
        /// With what outcome.
        pub triage_outcome: Option<TriageOutcome>,
        /// When the sender was told.
        pub feedback_sent_at: Option<Timestamp>,
        /// Why it was sent back.
        pub send_back_reason: Option<SendBackReason>,
        /// 1 + number of earlier referrals.
        pub repeat_index: i64,
        /// Pseudonym of the address.
        pub address: Pseudonym,
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
    /// Why it was sent back.
    pub send_back_reason: Option<SendBackReason>,
}

macro_rules! select {
    ($label:literal, $rest:literal) => {
        concat!(
            "-- ",
            $label,
            "
             SELECT referral_id, sender_oin, recipient_oin, team_id, routing_version, state, urgency,
                    effective_urgency, gemeentecode, body_digest, submitted_at, ack_due_at,
                    safety_assessment_due_at, inform_subject_due_at, feedback_due_at,
                    acknowledged_at, local_reference, triaged_at, triage_outcome, feedback_sent_at,
                    send_back_reason, repeat_index, address, receipt, content
               FROM referrals ",
            $rest
        )
    };
}

mod many;

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

    /// Keeps a new referral; false when its id is in use.
    pub async fn record_referral(&mut self, row: &ReferralRow) -> Result<bool> {
        let inserted = self
            .query(
                "-- referrals.record
                 INSERT INTO referrals (referral_id, sender_oin, recipient_oin, team_id,
                        routing_version, state, urgency, effective_urgency, gemeentecode,
                        body_digest, submitted_at, ack_due_at, safety_assessment_due_at,
                        inform_subject_due_at, repeat_index, address, receipt, content)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                         $17, $18)
                 ON CONFLICT (referral_id) DO NOTHING",
            )
            .bind(row.referral_id)
            .bind(row.sender_oin.clone())
            .bind(row.recipient_oin.clone())
            .bind(row.team_id.clone())
            .bind(row.routing_version.clone())
            .bind(row.state)
            .bind(row.urgency)
            .bind(row.effective_urgency)
            .bind(row.gemeentecode.clone())
            .bind(row.body_digest.clone())
            .bind(row.submitted_at)
            .bind(row.ack_due_at)
            .bind(row.safety_assessment_due_at)
            .bind(row.inform_subject_due_at)
            .bind(row.repeat_index)
            .bind(row.address)
            .bind(row.receipt.clone())
            .bind(row.content.clone())
            .execute()
            .await?;
        Ok(inserted == 1)
    }

    /// Keeps the signed receipt of a referral stored in this transaction.
    pub async fn update_receipt(&mut self, referral_id: ReferralId, receipt: &str) -> Result<()> {
        self.query(
            "-- referrals.update_receipt
             UPDATE referrals SET receipt = $2 WHERE referral_id = $1",
        )
        .bind(referral_id)
        .bind(receipt.to_owned())
        .execute_one()
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
                    send_back_reason = COALESCE($10, send_back_reason)
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
        .execute_one()
        .await
    }

    /// Adds a person of a referral.
    pub async fn insert_referral_person(
        &mut self,
        referral_id: ReferralId,
        position: i64,
        subject: Pseudonym,
    ) -> Result<()> {
        self.query(
            "-- referrals.insert_person
             INSERT INTO referral_persons (referral_id, position, subject) VALUES ($1, $2, $3)",
        )
        .bind(referral_id)
        .bind(position)
        .bind(subject)
        .execute_one()
        .await
    }

    /// People of a referral, in the order of the message.
    pub async fn referral_subjects(
        &mut self,
        referral_id: ReferralId,
    ) -> Result<Vec<(Pseudonym,)>> {
        self.query(
            "-- referrals.subjects
             SELECT subject FROM referral_persons WHERE referral_id = $1 ORDER BY position",
        )
        .bind(referral_id)
        .fetch_all()
        .await
    }

    /// Earlier referrals about a person, from a moment on, newest first, at most `limit`.
    pub async fn earlier_about(
        &mut self,
        subject: Pseudonym,
        from: Timestamp,
        limit: u32,
    ) -> Result<Vec<EarlierRow>> {
        self.query(
            "-- referrals.earlier_about
             SELECT r.referral_id, r.submitted_at, CAST(1 AS BIGINT) AS kind
               FROM referral_persons AS p
               JOIN referrals AS r ON r.referral_id = p.referral_id
              WHERE p.subject = $1 AND r.submitted_at >= $2
              ORDER BY r.submitted_at DESC, r.referral_id
              LIMIT $3",
        )
        .bind(subject)
        .bind(from)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Earlier referrals at an address, from a moment on, newest first, at most `limit`.
    pub async fn earlier_at(
        &mut self,
        address: Pseudonym,
        from: Timestamp,
        limit: u32,
    ) -> Result<Vec<EarlierRow>> {
        self.query(
            "-- referrals.earlier_at
             SELECT referral_id, submitted_at, CAST(2 AS BIGINT) AS kind
               FROM referrals
              WHERE address = $1 AND submitted_at >= $2
              ORDER BY submitted_at DESC, referral_id
              LIMIT $3",
        )
        .bind(address)
        .bind(from)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Links a referral to an earlier one.
    pub async fn insert_referral_link(
        &mut self,
        referral_id: ReferralId,
        earlier: ReferralId,
        kind: LinkKind,
    ) -> Result<()> {
        self.query(
            "-- referrals.insert_link
             INSERT INTO referral_links (referral_id, earlier_id, kind) VALUES ($1, $2, $3)
             ON CONFLICT (referral_id, earlier_id) DO NOTHING",
        )
        .bind(referral_id)
        .bind(earlier)
        .bind(kind)
        .execute()
        .await?;
        Ok(())
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
