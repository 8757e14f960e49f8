//! What the other side of a disclosure left in the ledger: that it took in what was sent, and whether
//! its entry is about the same. Part of the look at the entry, which is in the ledger before.
//!
//! Both entries of a referral commit to its content. Its receipt holds the digest of that content, so
//! the two can be compared long after the content itself was purged. What is read of a summary is
//! judged anew at every reading, so a reading is compared by version, people and parties.

use crate::domain::event::EventCode;
use crate::domain::id::{Oin, Pseudonym, ReferralId, TeamId};
use crate::domain::referral::State;
use crate::domain::time::Timestamp;
use crate::ledger::commitment::{Field, Opening};
use crate::ledger::entry::{Body, Disclosure, Entry};
use crate::store::{DisclosureRow, ReferralRow, Search};
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::Call;
use super::disclosures::{Looked, sees};
use super::error::Result;
use super::receipt;

/// Most entries of one person that are looked through for the one of the other side.
const LOOKED_MAX: u32 = 50;

/// What the other side said.
#[derive(Debug)]
pub struct OtherSide {
    /// The organisation that received, or is to receive.
    pub recipient: Oin,
    /// Its team, where the message went to one.
    pub team: Option<TeamId>,
    /// What is in the ledger of it.
    pub word: Word,
}

/// What is in the ledger of the other side.
#[derive(Debug)]
pub enum Word {
    /// It took in what was sent, by this entry.
    Received(DisclosureRow, Agreement),
    /// The entry that is looked at is itself the word of the recipient, about this one.
    About(DisclosureRow, Agreement),
    /// It has not answered yet, and must before a moment.
    Awaited {
        /// When it must have been acknowledged.
        until: Timestamp,
        /// Whether that has passed.
        is_late: bool,
    },
    /// It was given a summary and has not read it yet; it may until a moment.
    Unread {
        /// First moment at which it cannot be read any more.
        until: Timestamp,
        /// Whether that has passed.
        is_over: bool,
    },
    /// The sender took it back before it was taken in.
    TakenBack,
    /// The recipient sent it back.
    SentBack,
    /// The gateway offered it in vain; somebody has to look.
    Stuck,
    /// The recipient asked for it and got it in this very act.
    Fetched,
    /// The recipient is told, and is not asked to confirm it.
    NotAsked,
}

/// Whether the entries of both sides are about the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// Same message with the same content, same person, same parties.
    SameContent,
    /// Same version of the summary, same person, same parties.
    SameVersion,
    /// They are not about the same.
    Differs,
    /// It cannot be told any more: the person was forgotten, or the message is gone.
    Unknown,
}

impl Gateway {
    /// The other side of an entry that the caller was shown; none where there is none.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "nobody receives what other events are about"
    )]
    pub async fn other_side(&self, call: &Call, looked: &Looked) -> Result<Option<OtherSide>> {
        let row = &looked.row;
        let event = u16::try_from(row.event_code).ok().and_then(EventCode::from_number);
        let (Some(event), Some(recipient), 0) = (event, &row.recipient_oin, row.denial) else {
            return Ok(None);
        };
        let plain = |word| OtherSide { recipient: recipient.clone(), team: None, word };
        let found = match event {
            EventCode::ReferralSubmitted
            | EventCode::ReferralRouted
            | EventCode::ReferralDelivered
            | EventCode::ReferralAcknowledged => self.of_referral(call, looked, event).await?,
            EventCode::SummaryShared => self.of_share(call, looked).await?.map(plain),
            EventCode::SummaryRead => self.of_reading(looked).await?.map(plain),
            EventCode::SummaryDelivered => Some(plain(Word::Fetched)),
            EventCode::ReferralFeedbackSent => Some(plain(Word::NotAsked)),
            _ => None,
        };
        Ok(found.filter(|found| match &found.word {
            Word::Received(row, _) | Word::About(row, _) => sees(call, row),
            Word::Awaited { .. }
            | Word::Unread { .. }
            | Word::TakenBack
            | Word::SentBack
            | Word::Stuck
            | Word::Fetched
            | Word::NotAsked => true,
        }))
    }

    async fn of_referral(
        &self,
        call: &Call,
        looked: &Looked,
        event: EventCode,
    ) -> Result<Option<OtherSide>> {
        let id = looked.row.message_id.as_deref().and_then(|id| <[u8; 16]>::try_from(id).ok());
        let (Some(id), Some(person)) = (id, looked.row.subject) else { return Ok(None) };
        let referral = ReferralId::from_bytes(id);
        let referral = self.db().read().await?.referral(referral).await?;
        let Some(referral) = referral else { return Ok(None) };
        let is_word = event == EventCode::ReferralAcknowledged;
        let other = if is_word {
            self.entry_of(looked, person, EventCode::ReferralSubmitted).await?
        } else if referral.acknowledged_at.is_some() {
            self.entry_of(looked, person, EventCode::ReferralAcknowledged).await?
        } else {
            None
        };
        let word = match other {
            Some(other) => {
                let agreement = self.same_content(&referral, person, [&looked.row, &other]).await?;
                if is_word {
                    Word::About(other, agreement)
                } else {
                    Word::Received(other, agreement)
                }
            }
            None if is_word || referral.acknowledged_at.is_some() => return Ok(None),
            None => awaited(&referral, call.now()),
        };
        let (recipient, team) = (referral.recipient_oin, Some(referral.team_id));
        Ok(Some(OtherSide { recipient, team, word }))
    }

    /// Whether the recipient read what was given: the first time.
    async fn of_share(&self, call: &Call, looked: &Looked) -> Result<Option<Word>> {
        let row = &looked.row;
        let (Some(person), Some(case_ref), Some(author)) =
            (row.subject, &row.case_ref, &row.sender_oin)
        else {
            return Ok(None);
        };
        if let Some((read, agreement)) =
            self.same_version(looked, person, EventCode::SummaryRead).await?
        {
            return Ok(Some(Word::Received(read, agreement)));
        }
        let Some(revision) = version(looked) else { return Ok(None) };
        let of = (case_ref, author, i64::from(revision));
        let share = self.db().read().await?.share_of_act(of, row.group_id).await?;
        Ok(share.map(|share| Word::Unread {
            until: share.expires_at,
            is_over: share.expires_at <= call.now(),
        }))
    }

    /// What was given that is read here.
    async fn of_reading(&self, looked: &Looked) -> Result<Option<Word>> {
        let Some(person) = looked.row.subject else { return Ok(None) };
        let given = self.same_version(looked, person, EventCode::SummaryShared).await?;
        Ok(given.map(|(row, agreement)| Word::About(row, agreement)))
    }

    /// The entry of an event about the same person and message.
    async fn entry_of(
        &self,
        looked: &Looked,
        person: Pseudonym,
        event: EventCode,
    ) -> Result<Option<DisclosureRow>> {
        let rows = self.entries_near(looked, person, event).await?;
        Ok(rows.into_iter().find(|other| other.message_id == looked.row.message_id))
    }

    /// The entry of an event about the same person, case and parties, in the same version of the
    /// summary; one whose record cannot be read any more says nothing of its version.
    async fn same_version(
        &self,
        looked: &Looked,
        person: Pseudonym,
        event: EventCode,
    ) -> Result<Option<(DisclosureRow, Agreement)>> {
        let row = &looked.row;
        for other in self.entries_near(looked, person, event).await? {
            let is_same = other.case_ref == row.case_ref
                && other.sender_oin == row.sender_oin
                && other.recipient_oin == row.recipient_oin;
            if !is_same {
                continue;
            }
            let other = self.look_at(other).await?;
            match (version(looked), version(&other)) {
                (Some(one), Some(two)) if one == two => {
                    return Ok(Some((other.row, Agreement::SameVersion)));
                }
                (None, _) | (_, None) => return Ok(Some((other.row, Agreement::Unknown))),
                (Some(_), Some(_)) => {}
            }
        }
        Ok(None)
    }

    /// Entries of one event about a person: after this one what answers it, before it what it answers,
    /// the nearest first.
    async fn entries_near(
        &self,
        looked: &Looked,
        person: Pseudonym,
        event: EventCode,
    ) -> Result<Vec<DisclosureRow>> {
        let answers = matches!(event, EventCode::ReferralAcknowledged | EventCode::SummaryRead);
        let mut tx = self.db().read().await?;
        let size = tx.log_state().await?.map_or(0, |state| state.size);
        let search = Search {
            subject: Some(person),
            event_codes: 1 << event.number(),
            recipient: looked.row.recipient_oin.clone(),
            newest_first: !answers,
            after: Some(looked.row.idx),
            size,
            ..Search::default()
        };
        Ok(tx.search(&search, LOOKED_MAX).await?)
    }

    /// Whether two entries commit to the content that the receipt of a referral names.
    async fn same_content(
        &self,
        referral: &ReferralRow,
        person: Pseudonym,
        rows: [&DisclosureRow; 2],
    ) -> Result<Agreement> {
        let digest = receipt::fact(&referral.receipt, "content-sha256");
        let digest = digest.and_then(|hex| hex::decode(hex).ok());
        let (Some(digest), Some(key)) = (digest, self.keys().subject(person).await?) else {
            return Ok(Agreement::Unknown);
        };
        let mut parties = None;
        for row in rows {
            let Some(leaf) = self.db().read().await?.leaf(row.idx).await? else {
                return Ok(Agreement::Unknown);
            };
            let Some(said) = committed(&leaf.entry, (row, &key), &digest) else {
                return Ok(Agreement::Differs);
            };
            let said = (said.sender, said.recipient);
            if parties.get_or_insert_with(|| said.clone()) != &said {
                return Ok(Agreement::Differs);
            }
        }
        Ok(Agreement::SameContent)
    }
}

/// The disclosure in the bytes of an entry, when it is the entry of the row and commits to a content.
fn committed(
    bytes: &[u8],
    (row, key): (&DisclosureRow, &SubjectKey),
    digest: &[u8],
) -> Option<Disclosure> {
    let entry = Entry::decode(bytes).ok().filter(|entry| entry.event_id == row.event_id)?;
    let Body::Disclosure(disclosure) = entry.body else { return None };
    let opening = Opening::new(*key.opening(entry.event_id, "payload").as_bytes());
    disclosure.payload.opens(Field::Payload, digest, &opening).then_some(disclosure)
}

fn awaited(referral: &ReferralRow, now: Timestamp) -> Word {
    match referral.state {
        State::Withdrawn => Word::TakenBack,
        State::Returned | State::Rejected => Word::SentBack,
        State::Undeliverable => Word::Stuck,
        State::Submitted
        | State::Routed
        | State::Delivered
        | State::Acknowledged
        | State::InTriage
        | State::Triaged
        | State::Closed => {
            Word::Awaited { until: referral.ack_due_at, is_late: referral.ack_due_at < now }
        }
    }
}

fn version(looked: &Looked) -> Option<u32> {
    looked.record.as_ref().and_then(|record| record.object_version)
}
