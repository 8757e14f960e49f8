//! A breach is opened, sized from the ledger, and ended (AVG art. 33, DOMAIN §5.7).
//!
//! What a breach touches is what the ledger says of its window: nobody has to remember. It is read in
//! pages at one size of the ledger, so a report can be made again and checked. While a breach is
//! open, nothing of its window is purged.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::breach::{Breach, BreachDraft, Compromised, Notification};
use crate::domain::category::Categories;
use crate::domain::deadline::{DeadlineKind, breach_notification_due_at as notify_due_at};
use crate::domain::event::EventCode;
use crate::domain::id::{HoldId, IncidentId, Oin, Pseudonym, UserId};
use crate::domain::incident::IncidentCause;
use crate::domain::look::Look;
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::domain::retention::HoldCause;
use crate::domain::time::Timestamp;
use crate::ledger::hash::Hash;
use crate::ledger::purge::PickedEntries;
use crate::store::{
    BreachRow, DeadlineRow, DisclosureRow, HoldRow, IncidentRow, NewEntry, Touched,
};
use crate::vault::random;

use super::Gateway;
use super::beside::as_the_entry_says;
use super::call::{Call, Request};
use super::disclosures::Looked;
use super::error::{Error, Result};
use super::journal::{Administered, Scope};
use super::once::{Encode, Keep};
use super::reviews::incidents::notification_of;

pub mod completeness;

mod dropped;
mod looking;
mod notifying;
mod work;

pub use notifying::Notified;

use work::{Ending, Opening, Reporting};

/// Entries that are read at once.
const PAGE: u32 = 500;
/// Most people in one report: more than live in the region with a case in a hundred years, and few
/// enough to be counted in memory.
const PEOPLE_MAX: usize = 200_000;
/// Most employees that a report names.
const USERS_MAX: usize = 1_000;
/// People in one page.
pub const PEOPLE_PAGE_MAX: u32 = 500;

/// What a scope is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// To be reported, where that was not done yet.
    Reports,
    /// To be looked at.
    Looks,
}

/// A breach, as those who look into it see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachView {
    /// Its incident.
    pub incident_id: IncidentId,
    /// Organisation that looks into it.
    pub oin: Oin,
    /// What was compromised, and when.
    pub breach: Breach,
    /// When the authority must know.
    pub notify_due_at: Timestamp,
    /// When its scope was first reported.
    pub reported_at: Option<Timestamp>,
    /// How the duty to notify was met.
    pub notification: Option<Notification>,
    /// When it was met.
    pub notified_at: Option<Timestamp>,
    /// Why late, or not at all.
    pub motivation: Option<String>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
}

/// Whom and what a breach touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachScope {
    /// The breach.
    pub breach: BreachView,
    /// The numbers; with the first page only.
    pub numbers: Option<Numbers>,
    /// People, in the order of their pseudonyms.
    pub people: Vec<Pseudonym>,
    /// Where the next page begins, when there may be one.
    pub next: Option<PeopleStart>,
    /// Size of the ledger that the report is taken from.
    pub tree_size: i64,
}

/// Where a page of people begins, in a ledger of which size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeopleStart {
    /// After this person.
    pub after: Pseudonym,
    /// Pages agree with each other.
    pub tree_size: i64,
}

/// What was called back of the summaries that an organisation received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recalls {
    /// Cases of those summaries.
    pub cases: u64,
    /// Of how many of them the author took its summary back since: the organisation was sent a notice.
    pub sent: u64,
    /// Of how many of them it said since that it erased what it had.
    pub confirmed: u64,
}

/// What the ledger says of the window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers {
    /// People.
    pub subjects: u64,
    /// Of whom younger than 18 at the time.
    pub minors: u64,
    /// People who were forgotten: their age is not known any more.
    pub forgotten: u64,
    /// Entries: one for every event and person.
    pub records: u64,
    /// Of which were changed in the database after they were written. What their leaves say is counted;
    /// whom one is about may be missing where nobody can read it any more. With them are those that
    /// dropped out of the window by being changed, as far as that is known (A9).
    pub changed: u64,
    /// Organisations that acted, sent or received.
    pub orgs: BTreeSet<Oin>,
    /// Employees who acted, with their organisation; the first [`USERS_MAX`].
    pub users: BTreeSet<(Oin, UserId)>,
    /// Which data.
    pub categories: Categories,
    /// Organisations that received and have no agreement in force.
    pub outside_agreement: BTreeSet<Oin>,
    /// Entries by the organisation that received.
    pub recipients: BTreeMap<Oin, u64>,
    /// By the organisation that received summaries: what can still be erased, and was.
    pub recalls: BTreeMap<Oin, Recalls>,
    /// First and last entry.
    pub range: Option<(i64, i64)>,
    /// When the first and the last entry were recorded.
    pub during: Option<(Timestamp, Timestamp)>,
    /// Root of the RFC 6962 tree over position and hash of every entry, in the order of the moments.
    pub evidence: Option<[u8; 32]>,
}

impl Gateway {
    /// Opens a breach: the 72 hours run from the moment that the organisation knew.
    pub async fn open_breach(
        &self,
        call: &Call,
        request: &Request,
        draft: BreachDraft,
        encode: Encode<BreachView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let breach = draft.parse(call.now())?;
        let incident_id = IncidentId::new(random::uuid_v7(call.now()).map_err(Error::internal)?);
        let content = serde_json::to_string(&breach).map_err(Error::internal)?;
        let due_at = notify_due_at(breach.aware_at);
        let kind = breach.compromised.kind();
        let entry = self.breach_entry(
            call,
            (EventCode::BreachOpened, kind.as_str()),
            (1, content.as_bytes()),
        )?;
        let row = BreachRow {
            incident_id,
            oin: call.oin().clone(),
            version: 1,
            reported_at: None,
            closed_at: None,
            content,
        };
        let incident = IncidentRow {
            incident_id,
            oin: call.oin().clone(),
            cause: i64::from(IncidentCause::Breach.number()),
            review_id: None,
            case_ref: None,
            idx: 0,
            aware_at: breach.aware_at,
            notify_due_at: due_at,
            subjects: Vec::new(),
            notification: None,
            notified_at: None,
            motivation: None,
        };
        let term = (breach.aware_at, due_at);
        let about = incident_id.as_bytes();
        let opening = Opening {
            hold: hold(call, &row, &breach),
            deadline: DeadlineRow::starting(
                DeadlineKind::BreachNotification,
                about,
                call.oin(),
                term,
            ),
            view: view(&row, &incident)?,
            row,
            incident,
            entry,
        };
        self.once(call, request, opening, Keep::Plain, encode).await?.bytes()
    }

    /// Whom and what a breach touches, or the next page of it. The first time the scope is reported
    /// with it; every other time it is looked at. Either is in the ledger before it is answered.
    pub async fn breach_scope(
        &self,
        call: &Call,
        id: IncidentId,
        start: Option<PeopleStart>,
        limit: u32,
    ) -> Result<BreachScope> {
        self.scope_of(call, id, (start, limit), Doing::Reports).await
    }

    /// The same. It is looked at, and reports nothing.
    pub async fn look_at_breach_scope(
        &self,
        call: &Call,
        id: IncidentId,
        (start, limit): (Option<PeopleStart>, u32),
    ) -> Result<BreachScope> {
        self.scope_of(call, id, (start, limit), Doing::Looks).await
    }

    async fn scope_of(
        &self,
        call: &Call,
        id: IncidentId,
        (start, limit): (Option<PeopleStart>, u32),
        doing: Doing,
    ) -> Result<BreachScope> {
        let (row, incident) = self.own_breach(call, id).await?;
        let view = view(&row, &incident)?;
        let state = self.db().read().await?.log_state().await?;
        let present = state.map_or(0, |state| state.size);
        let size = start.map_or(present, |start| start.tree_size.min(present));
        let touched = touched(call, &view.breach, size);
        let numbers = match start {
            None => Some(self.numbers(call, &touched).await?),
            Some(_) => None,
        };
        let first = numbers.as_ref().filter(|_| {
            doing == Doing::Reports && row.reported_at.is_none() && row.closed_at.is_none()
        });
        let reported = self.report_breach(call, &row, first).await?;
        let limit = limit.clamp(1, PEOPLE_PAGE_MAX);
        let after = start.map(|start| start.after);
        let people = self.db().read().await?.touched_people(&touched, after, limit).await?;
        let people: Vec<Pseudonym> = people.into_iter().map(|(person,)| person).collect();
        let full = u32::try_from(people.len()).is_ok_and(|len| len == limit);
        let next = people
            .last()
            .filter(|_| full)
            .map(|after| PeopleStart { after: *after, tree_size: size });
        let breach = BreachView { reported_at: reported.reported_at, ..view };
        Ok(BreachScope { breach, numbers, people, next, tree_size: size })
    }

    /// Ends a breach: nothing of its window is held any more. How the duty to notify was met is told
    /// before, in its own time ([`Self::record_breach_notification`]).
    pub async fn close_breach(
        &self,
        call: &Call,
        request: &Request,
        id: IncidentId,
        encode: Encode<BreachView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let (row, incident) = self.own_breach(call, id).await?;
        if row.closed_at.is_some() {
            return Err(Error::unmet("BREACH_OPEN", "the breach has ended"));
        }
        if row.reported_at.is_none() {
            return Err(Error::unmet("BREACH_REPORTED", "the scope was never reported"));
        }
        if incident.notified_at.is_none() {
            let sentence = "it was not told how the duty to notify was met";
            return Err(Error::unmet("NOTIFICATION", sentence));
        }
        let row = BreachRow { version: row.version + 1, closed_at: Some(call.now()), ..row };
        let entry = self.breach_entry(call, (EventCode::BreachReported, "CLOSED"), (1, &[]))?;
        let view = view(&row, &incident)?;
        let ending = Ending { row, entry, view, now: call.now() };
        self.once(call, request, ending, Keep::Plain, encode).await?.bytes()
    }

    /// Writes down that the scope was looked at, and that it was reported when `numbers` are given.
    async fn report_breach(
        &self,
        call: &Call,
        row: &BreachRow,
        numbers: Option<&Numbers>,
    ) -> Result<BreachRow> {
        let what = (Look::Breach, call.purpose_or(Purpose::PrivacyReview));
        let look = self.looked(call, what, row.incident_id.as_bytes())?;
        let Some(numbers) = numbers else {
            self.append(vec![look]).await?;
            return Ok(row.clone());
        };
        let evidence = numbers.evidence.unwrap_or_default();
        let count = usize::try_from(numbers.records).map_err(Error::internal)?;
        let entry =
            self.breach_entry(call, (EventCode::BreachReported, "SCOPE"), (count, &evidence))?;
        let row =
            BreachRow { version: row.version + 1, reported_at: Some(call.now()), ..row.clone() };
        let reporting = Reporting { row: row.clone(), entries: vec![look, entry] };
        if self.writer().commit(reporting).await? { Ok(row) } else { Err(Error::Busy) }
    }

    /// Goes through the window once, page by page.
    async fn numbers(&self, call: &Call, touched: &Touched) -> Result<Numbers> {
        let mut numbers = Numbers::default();
        let mut people: BTreeMap<Pseudonym, Age> = BTreeMap::new();
        let mut picked = PickedEntries::default();
        let mut changed = BTreeSet::new();
        let mut after = (0, -1);
        loop {
            let mut tx = self.db().read().await?;
            let rows = tx.touched(touched, after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = (last.recorded_at.as_micros(), last.idx);
            let places: Vec<i64> = rows.iter().map(|row| row.idx).collect();
            let leaves: BTreeMap<i64, Vec<u8>> = tx.leaves_at(&places).await?.into_iter().collect();
            drop(tx);
            for (idx, leaf) in &leaves {
                picked.add(u64::try_from(*idx).map_err(Error::internal)?, Hash::leaf(leaf));
            }
            self.keys().expect(rows.iter().filter_map(|row| row.subject)).await?;
            for row in rows {
                let leaf = leaves.get(&row.idx).map(Vec::as_slice);
                let looked = self.look_beside(row, leaf).await?;
                numbers.add(&looked, leaf);
                changed.extend(Some(looked.row.idx).filter(|_| !looked.changed.is_empty()));
                count_person(&looked, &mut people)?;
            }
        }
        numbers.changed += self.dropped_out(touched, &changed).await?;
        numbers.subjects = u64::try_from(people.len()).map_err(Error::internal)?;
        for age in people.values() {
            numbers.minors += u64::from(*age == Age::Minor);
            numbers.forgotten += u64::from(*age == Age::Forgotten);
        }
        let number = |count: i64| u64::try_from(count).map_err(Error::internal);
        let recalls = self.db().read().await?.touched_recalls(touched).await?;
        for (recipient, cases, sent, confirmed) in recalls {
            let (cases, sent, confirmed) = (number(cases)?, number(sent)?, number(confirmed)?);
            numbers.recalls.insert(recipient, Recalls { cases, sent, confirmed });
        }
        numbers.evidence = picked.purge().map(|all| *all.root.as_bytes());
        let directory = self.directory();
        numbers.outside_agreement.retain(|oin| {
            let known = directory.organisation(oin);
            known.is_none_or(|known| known.admit(call.now().date()).is_err())
        });
        Ok(numbers)
    }

    async fn own_breach(&self, call: &Call, id: IncidentId) -> Result<(BreachRow, IncidentRow)> {
        self.require_officer(call).await?;
        let mut tx = self.db().read().await?;
        let found = (tx.breach(id).await?, tx.incident(id).await?);
        drop(tx);
        match found {
            (Some(row), Some(incident)) if row.oin == *call.oin() => Ok((row, incident)),
            _ => self.refuse_hidden(call).await,
        }
    }

    fn breach_entry(
        &self,
        call: &Call,
        (event, note): (EventCode, &str),
        (count, document): (usize, &[u8]),
    ) -> Result<NewEntry> {
        let digest = self.keys().keyring().idempotency_key().body_digest("breach", document);
        let scope = Scope::Breach;
        let note = note.to_owned();
        self.administered(call, &Administered { event, scope, count, digest, note })
    }
}

/// What is known of the age of a person: what stands below is the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    /// The record that told it was changed.
    Unreadable,
    Forgotten,
    Adult,
    Minor,
}

impl Age {
    fn of(looked: &Looked) -> Self {
        let subject = looked.record.as_ref().and_then(|record| record.data_subject.as_ref());
        match subject.map(|subject| subject.age_band.is_minor()) {
            Some(true) => Self::Minor,
            Some(false) => Self::Adult,
            None if looked.is_unreadable() => Self::Unreadable,
            None => Self::Forgotten,
        }
    }
}

/// Counts a person once. Somebody who was a minor at one of the entries counts as one.
fn count_person(looked: &Looked, people: &mut BTreeMap<Pseudonym, Age>) -> Result<()> {
    let Some(person) = looked.row.subject else { return Ok(()) };
    if people.len() >= PEOPLE_MAX && !people.contains_key(&person) {
        let sentence = format!("the window touches more than {PEOPLE_MAX} people: narrow it");
        return Err(Error::unmet("WINDOW_NARROW", sentence));
    }
    let age = Age::of(looked);
    let counted = people.entry(person).or_insert(age);
    *counted = (*counted).max(age);
    Ok(())
}

impl Numbers {
    /// Counts an entry; one that was changed as its leaf has it.
    fn add(&mut self, looked: &Looked, leaf: Option<&[u8]>) {
        if looked.changed.is_empty() {
            return self.add_row(&looked.row);
        }
        self.changed += 1;
        let mended = leaf.and_then(|leaf| as_the_entry_says(&looked.row, leaf));
        self.add_row(mended.as_ref().unwrap_or(&looked.row));
    }

    fn add_row(&mut self, row: &DisclosureRow) {
        self.records += 1;
        self.orgs.insert(row.actor_oin.clone());
        self.orgs.extend(row.sender_oin.clone());
        self.orgs.extend(row.recipient_oin.clone());
        self.outside_agreement.extend(row.recipient_oin.clone());
        if self.users.len() < USERS_MAX {
            self.users.insert((row.actor_oin.clone(), row.actor_user_id.clone()));
        }
        let categories = u32::try_from(row.categories).ok().and_then(Categories::from_bits);
        self.categories = self.categories.union(categories.unwrap_or_default());
        if let Some(recipient) = &row.recipient_oin {
            *self.recipients.entry(recipient.clone()).or_default() += 1;
        }
        let at = row.recorded_at;
        let (start, end) = self.during.unwrap_or((at, at));
        self.during = Some((start.min(at), end.max(at)));
        let (first, last) = self.range.unwrap_or((row.idx, row.idx));
        self.range = Some((first.min(row.idx), last.max(row.idx)));
    }

    /// Whether special categories of data or criminal data are among them (AVG art. 9, UAVG art. 31).
    pub fn is_special_or_criminal(&self) -> bool {
        let sensitive = Categories::SPECIAL.union(Categories::CRIMINAL);
        !self.categories.is_subset_of(Categories::ALL.without(sensitive))
    }
}

fn touched(call: &Call, breach: &Breach, size: i64) -> Touched {
    let all = Touched {
        party: (call.role() != Role::Oversight).then(|| call.oin().clone()),
        actor: None,
        user: None,
        recipient: None,
        message: None,
        from: breach.from,
        until: breach.until,
        size,
    };
    match &breach.compromised {
        Compromised::Certificate { oin, .. } => Touched { actor: Some(oin.clone()), ..all },
        Compromised::User { oin, user_id } => {
            Touched { actor: Some(oin.clone()), user: Some(user_id.clone()), ..all }
        }
        Compromised::Recipient { oin } => Touched { recipient: Some(oin.clone()), ..all },
        Compromised::Message { message_id } => {
            Touched { message: Some(message_id.as_bytes().to_vec()), ..all }
        }
    }
}

fn hold(call: &Call, row: &BreachRow, breach: &Breach) -> HoldRow {
    HoldRow {
        hold_id: HoldId::from_bytes(*row.incident_id.as_bytes()),
        cause: i64::from(HoldCause::Breach.number()),
        oin: row.oin.clone(),
        reason: None,
        case_ref: None,
        subject: None,
        group_id: None,
        from_at: Some(breach.from),
        until_at: Some(breach.until),
        placed_at: call.now(),
        lifted_at: None,
    }
}

fn view(row: &BreachRow, incident: &IncidentRow) -> Result<BreachView> {
    Ok(BreachView {
        incident_id: row.incident_id,
        oin: row.oin.clone(),
        breach: serde_json::from_str(&row.content).map_err(Error::internal)?,
        notify_due_at: incident.notify_due_at,
        reported_at: row.reported_at,
        notification: notification_of(incident)?,
        notified_at: incident.notified_at,
        motivation: incident.motivation.clone(),
        closed_at: row.closed_at,
    })
}
