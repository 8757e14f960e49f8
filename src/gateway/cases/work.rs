//! What is done inside the commit when a case is opened, joined or moved on.

use crate::domain::case::{CaseState, HandoverState, Member};
use crate::domain::id::{Oin, Pseudonym, ReferralId, UserId};
use crate::domain::notice::NoticeContent;
use crate::domain::time::Timestamp;
use crate::gateway::call::Call;
use crate::gateway::case_file::{CaseFile, person_row, seal_progress};
use crate::gateway::error::{Error, Result, Reused};
use crate::gateway::keys::seal_cell;
use crate::gateway::notify::leave_notices;
use crate::gateway::once::{Refusal, Work};
use crate::store::{
    self, CaseRow, CaseVersion, HandoverRow, HistoryRow, LinkKind, MemberRow, Needs, NewEntry,
    PersonFactRow, PersonRow, Placed, Tx,
};

use super::CaseView;
use super::moving::Moved;
use super::view::{Around, view};

/// A case is opened, with its people.
pub(super) struct CreateCase {
    row: CaseRow,
    people: Vec<PersonRow>,
    facts: Vec<PersonFactRow>,
    received_at: Timestamp,
    history: HistoryRow,
    answer: CaseView,
    entries: Vec<NewEntry>,
}

impl CreateCase {
    /// Seals what is kept of a new case.
    pub(super) fn of(
        call: &Call,
        file: CaseFile,
        received_at: Timestamp,
        entries: Vec<NewEntry>,
    ) -> Result<Self> {
        let case_ref = file.case_ref();
        let content = seal_progress(case_ref, &file.case.progress, &file.common_key()?)?;
        let mut people = Vec::with_capacity(file.people.len());
        for (position, person) in (0_i64..).zip(&file.people) {
            let record = serde_json::to_vec(&person.record).map_err(Error::internal)?;
            let name = person_row(case_ref, person.subject);
            let key = person.key.wrapping_key();
            let content = seal_cell(&record, &key, "case_persons", &name)?;
            people.push(PersonRow { position, subject: person.subject, content });
        }
        let answer = view(call, &file, &Around::new_case(received_at));
        let milestone = file.case.milestone(file.row.opened_at, None);
        let moved = (&milestone, true);
        let history = HistoryRow::of(case_ref, file.row.version, file.row.opened_at, moved)?;
        let row = CaseRow { content, ..file.row };
        let facts = file.facts;
        Ok(Self { row, people, facts, received_at, history, answer, entries })
    }
}

impl CreateCase {
    /// Links the referrals about these people that came in after the one that the case is about and
    /// before it was opened. One that comes in at this moment takes turns with us.
    async fn link_referrals(&self, tx: &mut Tx) -> store::Result<()> {
        for person in &self.people {
            for row in tx.earlier(LinkKind::Person, person.subject, self.received_at).await? {
                if row.referral_id != self.row.referral_id {
                    let (case_ref, linked_at) = (&self.row.case_ref, self.row.opened_at);
                    tx.link_case_referral(case_ref, row.referral_id, linked_at).await?;
                }
            }
        }
        Ok(())
    }
}

impl Work for CreateCase {
    type Answer = CaseView;

    fn needs(&self) -> Needs {
        let subjects: Vec<Pseudonym> = self.people.iter().map(|person| person.subject).collect();
        Needs { subjects, from: Some(self.received_at), ..Needs::default() }
    }

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        if !tx.record_case(&self.row).await? {
            return Ok(Err(Error::Reused(Reused::CaseRef).into()));
        }
        let case_ref = &self.row.case_ref;
        for member in &self.answer.members {
            tx.insert_case_member(case_ref, &member_row(member)).await?;
        }
        for person in &self.people {
            tx.insert_case_person(case_ref, person).await?;
            // A no that is said about the person at this moment counts here too.
            tx.raise_facts_elsewhere(case_ref, person.subject).await?;
        }
        for fact in &self.facts {
            tx.insert_person_fact(case_ref, fact).await?;
        }
        tx.insert_history(&self.history).await?;
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, _placed: &mut Placed) -> store::Result<CaseView> {
        self.link_referrals(tx).await?;
        Ok(self.answer.clone())
    }
}

/// An organisation joins: the facts that decisions rest on change.
pub(super) struct Join {
    pub(super) answer: CaseView,
    pub(super) member: Member,
    /// The case that it was decided on.
    pub(super) read: CaseVersion,
    pub(super) entries: Vec<NewEntry>,
}

impl Work for Join {
    type Answer = CaseView;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let case_ref = &self.answer.case_ref;
        tx.raise_facts_version(case_ref).await?;
        // Somebody else may have let the same organisation join, or ended the case, since it was read.
        let now = tx.case(case_ref).await?.map(|row| (row.version, row.facts_version));
        if now != Some((self.read.version, self.read.facts_version + 1)) {
            return Ok(Err(Refusal::Stale));
        }
        tx.insert_case_member(case_ref, &member_row(&self.member)).await?;
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<CaseView> {
        Ok(self.answer.clone())
    }
}

/// Something happens to a case, unless somebody else moved it since it was read.
pub(in crate::gateway) struct Advance {
    pub(super) row: CaseRow,
    pub(super) state: i64,
    pub(super) phase: i64,
    pub(super) answer: Moved,
    pub(super) now: Timestamp,
    /// The first contact, and the referral whose clock it stops.
    pub(super) contact: Option<(ReferralId, Timestamp)>,
    pub(super) content: Vec<u8>,
    /// Where the case stands now; none when nothing in it changed.
    pub(super) history: Option<HistoryRow>,
    pub(super) entries: Vec<NewEntry>,
    pub(super) ended: Vec<Oin>,
    pub(super) joined: Vec<Member>,
    pub(super) direction: Option<(UserId, UserId)>,
    pub(super) handover: Option<HandoverRow>,
    pub(super) notices: Vec<(Vec<Oin>, NoticeContent)>,
}

impl Advance {
    async fn write(&self, tx: &mut Tx) -> store::Result<()> {
        let case_ref = &self.row.case_ref;
        // Who is in the team, and whether there is one, is a fact that decisions rest on.
        let is_same_team = self.ended.is_empty() && self.joined.is_empty();
        if !is_same_team || is_closed(self.row.state) != is_closed(self.state) {
            tx.raise_facts_version(case_ref).await?;
            // Another organisation joined since the case was read.
            if tx.facts_version(case_ref).await? != Some(self.row.facts_version + 1) {
                return Err(store::Error::Conflict);
            }
        }
        if let Some((referral_id, at)) = self.contact {
            // Stops the clock of the referral; the first time counts.
            tx.record_first_contact(referral_id, at).await?;
        }
        tx.update_case(&self.row, self.state, self.phase, self.content.clone()).await?;
        for oin in &self.ended {
            tx.end_case_member(case_ref, oin, self.now).await?;
        }
        for member in &self.joined {
            tx.insert_case_member(case_ref, &member_row(member)).await?;
        }
        if let Some((director, manager)) = &self.direction {
            tx.direct_case(case_ref, director, manager).await?;
        }
        match &self.handover {
            Some(row) if row.state == HandoverState::Offered => tx.insert_handover(row).await?,
            Some(row) => tx.answer_handover(row).await?,
            None => {}
        }
        if let Some(row) = &self.history {
            tx.insert_history(row).await?;
        }
        Ok(())
    }
}

impl Work for Advance {
    type Answer = Moved;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        match self.write(tx).await {
            Ok(()) => Ok(Ok(self.entries.clone())),
            // Somebody else moved the case, its team or the handover since it was read.
            Err(store::Error::Conflict) => Ok(Err(Refusal::Stale)),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Moved> {
        let idx = i64::try_from(placed.first())
            .or(Err(store::Error::Corrupt { table: "log_state", column: "size" }))?;
        for (recipients, content) in &self.notices {
            let about = (idx, &self.row.case_ref);
            leave_notices(tx, recipients, about, content, self.now).await?;
        }
        Ok(self.answer.clone())
    }
}

fn is_closed(state: i64) -> bool {
    let state = u16::try_from(state).ok().and_then(CaseState::from_number);
    state.is_some_and(CaseState::is_closed)
}

fn member_row(member: &Member) -> MemberRow {
    MemberRow {
        oin: member.oin.clone(),
        kind: i64::from(member.membership.kind().number()),
        reason: member.membership.reason().map_or(0, |reason| i64::from(reason.number())),
        member_from: member.member_from,
        member_until: member.member_until,
    }
}
