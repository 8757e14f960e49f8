//! Entries like those of a referral, as the writer takes them.

use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::id::{EventId, GroupId};
use ketenpoort::domain::time::Timestamp;
use ketenpoort::ledger::commitment::Commitment;
use ketenpoort::ledger::entry::{Body, ConsentUses, Disclosure, Entry};
use ketenpoort::store::{self, Command, DisclosureRow, Flow, NewEntry, Placed, Tx};
use ketenpoort::vault::random::random_bytes;
use uuid::Uuid;

use crate::installation::{POLICE_OIN, STEUNPUNT_OIN};

/// The sealed record beside an entry, as long as that of a referral.
const SEALED_BYTES: usize = 256;

/// One act about some people.
pub(crate) struct Act(Vec<NewEntry>);

impl Act {
    pub(crate) fn of(people: u64, now: Timestamp) -> anyhow::Result<Self> {
        let group_id = GroupId::from_bytes(Uuid::now_v7().into_bytes());
        Ok(Self((0..people).map(|_| entry(group_id, now)).collect::<Result<_, _>>()?))
    }

    /// The same, with other rows beside the entries.
    pub(crate) fn with_rows(
        mut self,
        mut vary: impl FnMut(&mut DisclosureRow) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        for new in &mut self.0 {
            vary(&mut new.row)?;
        }
        Ok(self)
    }
}

impl Command for Act {
    type Outcome = ();

    async fn apply(&self, _: &mut Tx) -> store::Result<Flow<()>> {
        Ok(Flow::Append(self.0.clone()))
    }

    async fn complete(&self, _: &mut Tx, _: &mut Placed) -> store::Result<()> {
        Ok(())
    }
}

fn entry(group_id: GroupId, now: Timestamp) -> anyhow::Result<NewEntry> {
    let event_id = EventId::from_bytes(Uuid::now_v7().into_bytes());
    let commitment = || anyhow::Ok(Commitment::new(random_bytes()?));
    let disclosure = Disclosure {
        sender: POLICE_OIN.parse()?,
        recipient: STEUNPUNT_OIN.parse()?,
        custodian: POLICE_OIN.parse()?,
        purpose: 1,
        basis: 1,
        categories: 1,
        policy: "haaglanden-1".parse()?,
        policy_hash: [7; 32],
        payload: commitment()?,
        consents: ConsentUses::default(),
    };
    let row = DisclosureRow {
        idx: -1,
        event_id,
        group_id,
        event_code: EventCode::ReferralSubmitted.number().into(),
        outcome: 0,
        denial: 0,
        disposition: 1,
        recorded_at: now,
        actor_oin: POLICE_OIN.parse()?,
        actor_user_id: "pol-0871".parse()?,
        sender_oin: Some(disclosure.sender.clone()),
        recipient_oin: Some(disclosure.recipient.clone()),
        purpose: disclosure.purpose.into(),
        basis: disclosure.basis.into(),
        categories: disclosure.categories.into(),
        case_ref: None,
        subject: Some(ketenpoort::domain::id::Pseudonym::new(random_bytes()?)),
        message_id: Some(group_id.as_bytes().to_vec()),
        sealed: random_bytes::<SEALED_BYTES>()?.to_vec(),
        unread: Vec::new(),
    };
    let entry = Entry {
        event_id,
        group_id,
        recorded_at: now,
        event: EventCode::ReferralSubmitted.number(),
        outcome: 0,
        reason: 0,
        actor_organisation: row.actor_oin.clone(),
        subject: commitment()?,
        actor: commitment()?,
        case: commitment()?,
        details: commitment()?,
        body: Body::Disclosure(disclosure),
    };
    Ok(NewEntry { entry, row, directory_version: None })
}
