//! Writes down what happens: one entry per event and data subject (promise 4).
//!
//! An entry has two halves. The leaf is hashed and proves; what is personal stands in it only as
//! commitments. The row beside it is what an officer searches, with the whole record sealed under
//! the subject's key.

use std::sync::Arc;

use uuid::Uuid;

use crate::domain::basis::Basis;
use crate::domain::case::Involvement;
use crate::domain::category::Categories;
use crate::domain::consent::ConsentRef;
use crate::domain::decision::Condition;
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, Disposition, EventCode, Outcome};
use crate::domain::id::{CaseRef, EventId, GroupId, Oin, PersonKey};
use crate::domain::person::AgeBand;
use crate::domain::policy::{ClosedQuestion, DecidedOn};
use crate::domain::purpose::Purpose;
use crate::ledger::commitment::{Commitment, Field, Opening, commit};
use crate::ledger::entry::{
    Administration, Body, ConsentChange, ConsentUse, ConsentUses, Disclosure, Entry,
};
use crate::ledger::purge::Purge;
use crate::store::{self, DisclosureRow, NewEntry, Placed, Tx};
use crate::vault::random;
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::Call;
use super::error::{Error, Result};
use super::keys::seal_cell;

mod denials;
mod record;

pub(super) use record::{SOURCE_SYSTEM, activity};

/// Something that happened, about one data subject or about nobody.
pub(super) struct Happening<'a> {
    /// What.
    pub event: EventCode,
    /// The act it belongs to.
    pub group: GroupId,
    /// About whom.
    pub subject: Option<Subject<'a>>,
    /// In which case.
    pub case_ref: Option<&'a CaseRef>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was denied.
    pub denial: Option<DenialReason>,
    /// What is to be said about that; a code, never anything about a person.
    pub detail: String,
    /// What it was about, besides the person.
    pub object: ObjectType,
    /// Which version of that.
    pub object_version: Option<u32>,
    /// The message that it was about.
    pub message_id: Option<Uuid>,
    /// Everything that was looked at.
    pub conditions: Vec<Condition>,
    /// What the decision allowed, where that may be more than went.
    pub permitted: Option<Categories>,
    /// What was decided on, where something was decided.
    pub decided_on: Option<Arc<DecidedOn>>,
    /// The closed question that was answered.
    pub closed_question: Option<Box<ClosedQuestion>>,
    /// The entry that declared the emergency, when there is one.
    pub break_glass: Option<EventId>,
    /// Whether less was allowed than was asked.
    pub narrowed: bool,
    /// How the people concerned were involved. Only sealed, never in a detail: a reason is about somebody.
    pub involvement: Option<Involvement>,
    /// Whether the user who looked has the family name of the person. Only sealed.
    pub same_family_name: bool,
    /// What is particular to the kind of event.
    pub matter: Matter<'a>,
}

impl<'a> Happening<'a> {
    /// Something that ended well, about nobody and in no case. What else is to be said of it is set
    /// by name.
    pub(super) const fn new(
        event: EventCode,
        group: GroupId,
        object: ObjectType,
        matter: Matter<'a>,
    ) -> Self {
        Self {
            event,
            group,
            subject: None,
            case_ref: None,
            outcome: Outcome::Success,
            denial: None,
            detail: String::new(),
            object,
            object_version: None,
            message_id: None,
            conditions: Vec::new(),
            permitted: None,
            decided_on: None,
            closed_question: None,
            break_glass: None,
            narrowed: false,
            involvement: None,
            same_family_name: false,
            matter,
        }
    }

    /// What became of it, in a word.
    fn disposition(&self) -> Disposition {
        if self.denial.is_some() {
            Disposition::Refused
        } else if self.break_glass.is_some() || self.event == EventCode::BreakGlassDeclared {
            Disposition::Emergency
        } else if self.outcome != Outcome::Success {
            Disposition::Failed
        } else if self.narrowed {
            Disposition::Narrowed
        } else {
            Disposition::Allowed
        }
    }
}

/// Whom an event is about.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    /// The person's key.
    pub key: &'a SubjectKey,
    /// The person's age at the event, as far as consent depends on it.
    pub age_band: AgeBand,
}

/// What is particular to the kind of event.
pub(super) enum Matter<'a> {
    /// Data went, or would have gone, from one organisation to another.
    Sharing(Sharing<'a>),
    /// A consent came into another state.
    Consent(ConsentChange),
    /// Something about the gateway or the ledger itself.
    Administration(Administration),
    /// Entries were purged.
    Purge(Purge),
}

/// Data that went, or would have gone, from one organisation to another.
pub(super) struct Sharing<'a> {
    /// Who sends.
    pub sender: &'a Oin,
    /// Who receives.
    pub recipient: &'a Oin,
    /// Who is responsible for the data.
    pub custodian: &'a Oin,
    /// For what.
    pub purpose: Purpose,
    /// On which ground.
    pub basis: Basis,
    /// Which data went; which was asked for, when none did.
    pub categories: Categories,
    /// Relying on which consents.
    pub consents: &'a [ConsentRef],
    /// The bytes that the payload commitment stands for.
    pub payload: &'a [u8],
}

/// An entry that is ready to be appended, with what its receiver gets to open it.
pub(super) struct Written {
    /// The entry.
    pub entry: NewEntry,
    /// Opens the payload commitment.
    pub payload_opening: [u8; 32],
}

/// What the receiver of an answer needs to check one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryReceipt {
    /// Position in the ledger.
    pub index: u64,
    /// Leaf bytes.
    pub entry: Vec<u8>,
    /// C2SP tlog-proof.
    pub tlog_proof: String,
    /// Whom it is about, where the receiver may know it.
    pub person_key: Option<PersonKey>,
    /// Opens the payload commitment, where the receiver may.
    pub payload_opening: Option<[u8; 32]>,
}

/// An event about the gateway itself.
pub(super) struct Administered {
    /// What.
    pub event: EventCode,
    /// About which part.
    pub scope: Scope,
    /// How many things it touched.
    pub count: usize,
    /// SHA-256 of the document that describes it.
    pub digest: [u8; 32],
    /// For the record: a version, a filter; never a personal value.
    pub note: String,
}

crate::domain::code::codes! {
    /// The part of the gateway that an administrative event is about.
    pub enum Scope {
        /// Organisations.
        Directory = 1, "DIRECTORY";
        /// Municipality to team.
        RoutingTable = 2, "ROUTING_TABLE";
        /// Rules.
        PolicyPack = 3, "POLICY_PACK";
        /// The ledger: searched or looked at.
        Ledger = 4, "LEDGER";
        /// A case: opened, joined or moved on.
        Case = 5, "CASE";
        /// A call that was refused.
        Access = 6, "ACCESS";
        /// A referral whose people cannot be named any more.
        Delivery = 7, "DELIVERY";
        /// The review of an emergency.
        Review = 8, "REVIEW";
        /// Something that was not done in time.
        Deadline = 9, "DEADLINE";
        /// A management report.
        Report = 10, "REPORT";
        /// A request of a data subject.
        SubjectRequest = 11, "SUBJECT_REQUEST";
        /// A breach.
        Breach = 12, "BREACH";
        /// What keeps entries from being purged.
        Hold = 13, "HOLD";
        /// What messages held.
        Content = 14, "CONTENT";
        /// A signal, or what silences signals.
        Signal = 15, "SIGNAL";
    }
}

impl Scope {
    pub(super) const fn object(self) -> ObjectType {
        match self {
            Self::Directory => ObjectType::Directory,
            Self::RoutingTable | Self::PolicyPack => ObjectType::Policy,
            Self::Ledger | Self::Access | Self::Hold | Self::Signal => ObjectType::DisclosureLog,
            Self::Case | Self::Content => ObjectType::Case,
            Self::Delivery | Self::Deadline => ObjectType::Referral,
            Self::Review => ObjectType::Review,
            Self::Report => ObjectType::Report,
            Self::SubjectRequest => ObjectType::SubjectRequest,
            Self::Breach => ObjectType::Breach,
        }
    }
}

/// The id of a new act.
pub(super) fn new_group(call: &Call) -> Result<GroupId> {
    Ok(GroupId::new(random::uuid_v7(call.now()).map_err(Error::internal)?))
}

impl Gateway {
    /// Writes down what happened.
    pub(super) fn write_down(&self, call: &Call, mut happening: Happening<'_>) -> Result<Written> {
        let event_id = EventId::new(random::uuid_v7(call.now()).map_err(Error::internal)?);
        let key = happening.subject.map(|subject| subject.key);
        let openings = Openings { gateway: self, subject: key, event_id };
        let conditions = std::mem::take(&mut happening.conditions);
        let details = self.record_of(call, &happening, conditions, event_id)?.to_bytes();
        let payload_opening = openings.of(Field::Payload);
        let sealed = seal_details(key, event_id, &details)?;
        let entry = Entry {
            event_id,
            group_id: happening.group,
            recorded_at: call.now(),
            event: happening.event.number(),
            outcome: happening.outcome.severity(),
            reason: happening.denial.map_or(0, DenialReason::number),
            actor_organisation: call.oin().clone(),
            subject: match key {
                Some(key) => openings.commit(Field::Subject, key.pseudonym().as_bytes()),
                None => Commitment::NOTHING,
            },
            actor: openings.commit(Field::Actor, call.actor.user_id.as_str().as_bytes()),
            case: match happening.case_ref {
                Some(case_ref) => openings.commit(Field::Case, case_ref.as_str().as_bytes()),
                None => Commitment::NOTHING,
            },
            details: openings.commit(Field::Details, &details),
            body: self.body(&happening, &payload_opening)?,
        };
        let row = row_beside(call, &happening, &entry, sealed);
        let payload_opening = *payload_opening.as_bytes();
        let directory_version = call.caller.directory_version;
        Ok(Written { entry: NewEntry { entry, row, directory_version }, payload_opening })
    }

    /// Writes down something about the gateway itself.
    pub(super) fn administered(&self, call: &Call, what: &Administered) -> Result<NewEntry> {
        let count = u64::try_from(what.count).map_err(Error::internal)?;
        let administration =
            Administration { scope: what.scope.number(), count, digest: what.digest };
        let happening = Happening {
            detail: what.note.clone(),
            ..Happening::new(
                what.event,
                new_group(call)?,
                what.scope.object(),
                Matter::Administration(administration),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }

    fn body(&self, happening: &Happening<'_>, payload_opening: &Opening) -> Result<Body> {
        Ok(match &happening.matter {
            Matter::Consent(change) => Body::Consent(change.clone()),
            Matter::Administration(administration) => Body::Administration(administration.clone()),
            Matter::Purge(purge) => Body::Purge(purge.clone()),
            Matter::Sharing(sharing) => {
                let directory = self.directory();
                Body::Disclosure(Disclosure {
                    sender: sharing.sender.clone(),
                    recipient: sharing.recipient.clone(),
                    custodian: sharing.custodian.clone(),
                    purpose: small(sharing.purpose.number()),
                    basis: small(sharing.basis.number()),
                    categories: sharing.categories.bits(),
                    policy: directory.policy.version.clone(),
                    policy_hash: directory.policy_hash,
                    payload: commit(Field::Payload, sharing.payload, payload_opening),
                    consents: consent_uses(sharing.consents)?,
                })
            }
        })
    }

    /// What the receiver of an answer needs to check an entry that was placed.
    pub(super) async fn entry_receipt(
        tx: &mut Tx,
        placed: &mut Placed,
        offset: usize,
        opens: Option<(PersonKey, [u8; 32])>,
    ) -> store::Result<EntryReceipt> {
        let corrupt = store::Error::Corrupt { table: "leaves", column: "entry" };
        let Some(entry) = placed.entries().get(offset).cloned() else { return Err(corrupt) };
        let index = placed.first() + u64::try_from(offset).or(Err(corrupt))?;
        let tlog_proof = placed.tlog_proof(tx, index).await?;
        let (person_key, payload_opening) = opens.unzip();
        Ok(EntryReceipt { index, entry, tlog_proof, person_key, payload_opening })
    }
}

fn seal_details(
    subject: Option<&SubjectKey>,
    event_id: EventId,
    details: &[u8],
) -> Result<Vec<u8>> {
    match subject {
        Some(key) => seal_cell(details, &key.wrapping_key(), "disclosures", event_id.as_bytes()),
        // A record about nobody holds nothing personal; it is committed to all the same.
        None => Ok(details.to_vec()),
    }
}

/// Derives the openings of one entry: from the subject's key, so that they go when it goes; from
/// the gateway's own for an entry about nobody.
pub(super) struct Openings<'a> {
    pub gateway: &'a Gateway,
    pub subject: Option<&'a SubjectKey>,
    pub event_id: EventId,
}

impl Openings<'_> {
    pub(super) fn of(&self, field: Field) -> Opening {
        let label = match field {
            Field::Subject => "subject",
            Field::Actor => "actor",
            Field::Case => "case",
            Field::Details => "details",
            Field::Payload => "payload",
        };
        let bytes = match self.subject {
            Some(key) => key.opening(self.event_id, label),
            None => self.gateway.keys().keyring().opening_key().opening(self.event_id, label),
        };
        Opening::new(*bytes.as_bytes())
    }

    fn commit(&self, field: Field, value: &[u8]) -> Commitment {
        commit(field, value, &self.of(field))
    }
}

fn consent_uses(consents: &[ConsentRef]) -> Result<ConsentUses> {
    let uses = consents
        .iter()
        .map(|consent| ConsentUse { consent_id: consent.consent_id, version: consent.version })
        .collect();
    ConsentUses::new(uses).map_err(Error::internal)
}

fn row_beside(
    call: &Call,
    happening: &Happening<'_>,
    entry: &Entry,
    sealed: Vec<u8>,
) -> DisclosureRow {
    let sharing = match &happening.matter {
        Matter::Sharing(sharing) => Some(sharing),
        Matter::Consent(_) | Matter::Administration(_) | Matter::Purge(_) => None,
    };
    let (sender_oin, recipient_oin, purpose, categories) = match &happening.matter {
        Matter::Sharing(sharing) => (
            Some(sharing.sender.clone()),
            Some(sharing.recipient.clone()),
            i64::from(sharing.purpose.number()),
            i64::from(sharing.categories.bits()),
        ),
        Matter::Consent(change) => (
            Some(change.source.clone()),
            Some(change.recipient.clone()),
            i64::from(change.purpose),
            i64::from(change.categories),
        ),
        Matter::Administration(_) | Matter::Purge(_) => (None, None, 0, 0),
    };
    DisclosureRow {
        idx: 0,
        event_id: entry.event_id,
        group_id: entry.group_id,
        event_code: i64::from(entry.event),
        outcome: i64::from(entry.outcome),
        denial: i64::from(entry.reason),
        disposition: i64::from(happening.disposition().number()),
        recorded_at: entry.recorded_at,
        actor_oin: call.oin().clone(),
        actor_user_id: call.actor.user_id.clone(),
        sender_oin,
        recipient_oin,
        purpose,
        basis: sharing.map_or(0, |sharing| i64::from(sharing.basis.number())),
        categories,
        case_ref: happening.case_ref.cloned(),
        message_id: happening.message_id.map(|id| id.as_bytes().to_vec()),
        subject: happening.subject.map(|subject| subject.key.pseudonym()),
        sealed,
        unread: Vec::new(),
    }
}

/// Code lists in a leaf have one byte; no list comes near its end.
fn small(number: u16) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
