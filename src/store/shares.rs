//! What organisations gave each other on their own initiative, and the agreements of second persons to
//! release hidden addresses.

use crate::domain::id::{CaseRef, GroupId, Oin, Pseudonym, ShareId, UserId};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::Tx;
use super::error::Result;

record! {
    /// A version of a summary that its author gave to one organisation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ShareRow {
        /// Its id.
        pub share_id: ShareId,
        /// Case.
        pub case_ref: CaseRef,
        /// Who gave.
        pub author_oin: Oin,
        /// Which version of its summary.
        pub revision: i64,
        /// Who may read it.
        pub recipient_oin: Oin,
        /// The act: all entries of the giving.
        pub group_id: GroupId,
        /// When it was given.
        pub shared_at: Timestamp,
        /// First moment at which it cannot be read any more.
        pub expires_at: Timestamp,
        /// 1 for an emergency that was declared, 0 otherwise.
        pub is_emergency: i64,
        /// When the end of the emergency was written down.
        pub ended_at: Option<Timestamp>,
        /// Pseudonyms of the people it is about, 32 bytes each.
        pub subjects: Vec<u8>,
        /// On what ground and by whom it was given, sealed under the keys of all of them.
        pub content: Vec<u8>,
    }
}

record! {
    /// Somebody agreed to release a hidden address.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AddressReleaseRow {
        /// Who may send.
        pub sender_oin: Oin,
        /// Who may receive.
        pub recipient_oin: Oin,
        /// About whom.
        pub subject: Pseudonym,
        /// Who agreed.
        pub agreed_by: UserId,
        /// Who answered for that, where it was somebody else.
        pub agreed_for: Option<UserId>,
        /// When.
        pub agreed_at: Timestamp,
        /// First moment after.
        pub valid_until: Timestamp,
    }
}

impl Tx {
    /// Keeps a share.
    pub async fn insert_share(&mut self, row: &ShareRow) -> Result<()> {
        self.query(
            "-- shares.insert
             INSERT INTO shares (share_id, case_ref, author_oin, revision, recipient_oin, group_id,
                    shared_at, expires_at, is_emergency, subjects, content)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(row.share_id)
        .bind(row.case_ref.clone())
        .bind(row.author_oin.clone())
        .bind(row.revision)
        .bind(row.recipient_oin.clone())
        .bind(row.group_id)
        .bind(row.shared_at)
        .bind(row.expires_at)
        .bind(row.is_emergency)
        .bind(row.subjects.clone())
        .bind(row.content.clone())
        .execute_one()
        .await
    }

    /// One share.
    pub async fn share(&mut self, share_id: ShareId) -> Result<Option<ShareRow>> {
        self.query(
            "-- shares.one
             SELECT share_id, case_ref, author_oin, revision, recipient_oin, group_id, shared_at,
                    expires_at, is_emergency, ended_at, subjects, content
               FROM shares
              WHERE share_id = $1",
        )
        .bind(share_id)
        .fetch_optional()
        .await
    }

    /// What was given of a version of a summary in one act.
    pub async fn share_of_act(
        &mut self,
        (case_ref, author_oin, revision): (&CaseRef, &Oin, i64),
        group_id: GroupId,
    ) -> Result<Option<ShareRow>> {
        self.query(
            "-- shares.of_act
             SELECT share_id, case_ref, author_oin, revision, recipient_oin, group_id, shared_at,
                    expires_at, is_emergency, ended_at, subjects, content
               FROM shares
              WHERE case_ref = $1 AND author_oin = $2 AND revision = $3 AND group_id = $4
              LIMIT 1",
        )
        .bind(case_ref.clone())
        .bind(author_oin.clone())
        .bind(revision)
        .bind(group_id)
        .fetch_optional()
        .await
    }

    /// Emergencies that are over and whose end was not written down, the longest over first.
    pub async fn shares_to_end(&mut self, now: Timestamp, limit: u32) -> Result<Vec<ShareRow>> {
        self.query(
            "-- shares.to_end
             SELECT share_id, case_ref, author_oin, revision, recipient_oin, group_id, shared_at,
                    expires_at, is_emergency, ended_at, subjects, content
               FROM shares
              WHERE is_emergency = 1 AND ended_at IS NULL AND expires_at <= $1
              ORDER BY expires_at, share_id
              LIMIT $2",
        )
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Writes down that an emergency is over; false when that was done before.
    pub async fn end_share(&mut self, share_id: ShareId, now: Timestamp) -> Result<bool> {
        let ended = self
            .query(
                "-- shares.end
                 UPDATE shares SET ended_at = $2 WHERE share_id = $1 AND ended_at IS NULL",
            )
            .bind(share_id)
            .bind(now)
            .execute()
            .await?;
        Ok(ended == 1)
    }

    /// Keeps an agreement. Who agrees again about the same replaces what was agreed.
    pub async fn keep_address_release(
        &mut self,
        case_ref: &CaseRef,
        row: &AddressReleaseRow,
    ) -> Result<()> {
        self.query(
            "-- address_releases.keep
             INSERT INTO address_releases (case_ref, sender_oin, recipient_oin, subject, agreed_by,
                    agreed_for, agreed_at, valid_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (case_ref, sender_oin, recipient_oin, subject, agreed_by)
             DO UPDATE SET agreed_for = excluded.agreed_for, agreed_at = excluded.agreed_at,
                    valid_until = excluded.valid_until",
        )
        .bind(case_ref.clone())
        .bind(row.sender_oin.clone())
        .bind(row.recipient_oin.clone())
        .bind(row.subject)
        .bind(row.agreed_by.clone())
        .bind(row.agreed_for.clone())
        .bind(row.agreed_at)
        .bind(row.valid_until)
        .execute_one()
        .await
    }

    /// What was agreed in a case between two organisations, as far as it has not ended.
    pub async fn address_releases(
        &mut self,
        case_ref: &CaseRef,
        (sender, recipient): (&Oin, &Oin),
        now: Timestamp,
    ) -> Result<Vec<AddressReleaseRow>> {
        // One organisation has few people who agree, and an agreement ends in days.
        self.query(
            "-- address_releases.between
             SELECT sender_oin, recipient_oin, subject, agreed_by, agreed_for, agreed_at,
                    valid_until
               FROM address_releases
              WHERE case_ref = $1 AND sender_oin = $2 AND recipient_oin = $3 AND valid_until > $4
              ORDER BY subject, agreed_by
              LIMIT 1000",
        )
        .bind(case_ref.clone())
        .bind(sender.clone())
        .bind(recipient.clone())
        .bind(now)
        .fetch_all()
        .await
    }
}
