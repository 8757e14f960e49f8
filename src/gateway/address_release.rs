//! The second pair of eyes: a colleague agrees, beforehand, that a hidden address is given to one
//! organisation (DOMAIN §3.5 `SHELTER_ADDRESS`, §8 row 9).
//!
//! Agreeing gives nothing: the decision looks for the agreement of somebody else when the address is given,
//! and again whenever it is read.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{CaseRef, Oin, PersonKey};
use crate::domain::policy::{self, AddressRelease};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::ledger::entry::Administration;
use crate::store::{self, AddressReleaseRow, NewEntry, Placed, Tx};

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, CasePersonFile};
use super::error::{Error, Result};
use super::fields::person;
use super::journal::{EntryReceipt, Happening, Matter, Scope, Subject, new_group};
use super::once::{Encode, Keep, Refusal, Work};

/// How long an agreement counts unless it says.
const VALID_DEFAULT: Duration = Duration::from_hours(24);
/// How long an agreement counts at most: over a weekend.
const VALID_MAX: Duration = Duration::from_hours(72);
/// People of one agreement, as a case has at most.
const PEOPLE_MAX: usize = 20;

/// What is agreed to, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct ReleaseDraft {
    pub case_ref: String,
    pub person_keys: Vec<String>,
    pub recipient_oin: String,
    pub valid_until: Option<Timestamp>,
}

/// What was agreed to.
#[derive(Debug)]
pub struct Agreed {
    /// First moment at which it no longer counts.
    pub valid_until: Timestamp,
    /// One per person.
    pub entries: Vec<EntryReceipt>,
}

/// What is agreed to.
struct Release {
    case_ref: CaseRef,
    keys: BTreeSet<PersonKey>,
    recipient: Oin,
    valid_until: Timestamp,
}

impl ReleaseDraft {
    /// Everything that is wrong with it by itself.
    pub fn check(&self, now: Timestamp) -> Result<(), Violations> {
        self.parse(now).map(drop)
    }

    fn parse(&self, now: Timestamp) -> Result<Release, Violations> {
        let mut v = Violations::new();
        let case_ref = v.take("case_ref", self.case_ref.parse());
        let recipient = v.take("recipient_oin", self.recipient_oin.parse());
        v.require(!self.person_keys.is_empty(), "person_keys", "REQUIRED", "must be given");
        let words = format!("must be at most {PEOPLE_MAX}");
        v.require(self.person_keys.len() <= PEOPLE_MAX, "person_keys", "TOO_MANY", words);
        let mut keys = BTreeSet::new();
        for (index, key) in self.person_keys.iter().take(PEOPLE_MAX).enumerate() {
            let field = format!("person_keys[{index}]");
            if let Some(key) = v.take(field.clone(), key.parse()) {
                v.require(keys.insert(key), field, "DUPLICATE", "must be named once");
            }
        }
        let valid_until = self.valid_until.unwrap_or_else(|| now.plus(VALID_DEFAULT));
        let fits = now < valid_until && valid_until <= now.plus(VALID_MAX);
        let words = "must lie in the future, at most 72 hours from now";
        v.require(fits, "valid_until", "OUT_OF_RANGE", words);
        match (case_ref, recipient, v.is_empty()) {
            (Some(case_ref), Some(recipient), true) => {
                Ok(Release { case_ref, keys, recipient, valid_until })
            }
            _ => Err(v),
        }
    }
}

impl Gateway {
    /// Agrees that a colleague gives hidden addresses of these people to one organisation.
    pub async fn agree_to_address_release(
        &self,
        call: &Call,
        request: &Request,
        draft: ReleaseDraft,
        encode: Encode<Agreed>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let release = draft.parse(call.now())?;
        if !policy::reads_files(&call.actor, call.role()) {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        let file = self.case_for(call, &release.case_ref).await?;
        let people = release.people_of(&file)?;
        if self.directory().organisation(&release.recipient).is_none() {
            let mut violations = Violations::new();
            let words = "must be an organisation of the directory";
            violations.add("recipient_oin", "UNKNOWN_ORGANISATION", words);
            return Err(violations.into());
        }
        let entries = self.agreed_entries(call, &release, &people)?;
        let rows = people.iter().map(|person| AddressReleaseRow {
            sender_oin: call.oin().clone(),
            recipient_oin: release.recipient.clone(),
            subject: person.subject,
            agreed_by: call.actor.user_id.clone(),
            agreed_for: call.actor.on_behalf_of.as_ref().map(|other| other.user_id.clone()),
            agreed_at: call.now(),
            valid_until: release.valid_until,
        });
        let work = Agree {
            case_ref: release.case_ref.clone(),
            valid_until: release.valid_until,
            rows: rows.collect(),
            entries,
        };
        self.once(call, request, work, Keep::Plain, encode).await?.bytes()
    }

    fn agreed_entries(
        &self,
        call: &Call,
        release: &Release,
        people: &[&CasePersonFile],
    ) -> Result<Vec<NewEntry>> {
        let group = new_group(call)?;
        let count = u64::try_from(people.len()).map_err(Error::internal)?;
        let mut entries = Vec::with_capacity(people.len());
        for person in people {
            let age_band = person.record.age_band(call.now());
            let administration =
                Administration { scope: Scope::Case.number(), count, digest: [0; 32] };
            let happening = Happening {
                subject: Some(Subject { key: &person.key, age_band }),
                case_ref: Some(&release.case_ref),
                // To whom, and until when: both are codes and numbers.
                detail: format!("{} {}", release.recipient, release.valid_until),
                ..Happening::new(
                    EventCode::FourEyesAgreed,
                    group,
                    ObjectType::Case,
                    Matter::Administration(administration),
                )
            };
            entries.push(self.write_down(call, happening)?.entry);
        }
        Ok(entries)
    }

    /// What was agreed in a case between two organisations, as far as it still counts.
    pub(super) async fn address_releases(
        &self,
        case_ref: &CaseRef,
        between: (&Oin, &Oin),
        now: Timestamp,
    ) -> Result<Vec<AddressRelease>> {
        let rows = self.db().read().await?.address_releases(case_ref, between, now).await?;
        let release = |row: AddressReleaseRow| AddressRelease {
            sender: row.sender_oin,
            recipient: row.recipient_oin,
            subject: row.subject,
            agreed_by: row.agreed_by,
            agreed_for: row.agreed_for,
            agreed_at: row.agreed_at,
            until: row.valid_until,
        };
        Ok(rows.into_iter().map(release).collect())
    }
}

impl Release {
    fn people_of<'f>(&self, file: &'f CaseFile) -> Result<Vec<&'f CasePersonFile>, Violations> {
        let (known, mut v) = (file.pseudonyms(), Violations::new());
        let mut people = Vec::new();
        for (index, key) in self.keys.iter().enumerate() {
            let name = format!("person_keys[{index}]");
            let found = person(key.as_str(), &known, "", &name, &mut v);
            people.extend(found.and_then(|subject| file.person_of(subject)));
        }
        v.into_result(people)
    }
}

struct Agree {
    case_ref: CaseRef,
    valid_until: Timestamp,
    rows: Vec<AddressReleaseRow>,
    entries: Vec<NewEntry>,
}

impl Work for Agree {
    type Answer = Agreed;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        tx.raise_facts_version(&self.case_ref).await?;
        for row in &self.rows {
            tx.keep_address_release(&self.case_ref, row).await?;
        }
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Agreed> {
        let mut entries = Vec::with_capacity(self.entries.len());
        for offset in 0..self.entries.len() {
            entries.push(Gateway::entry_receipt(tx, placed, offset, None).await?);
        }
        Ok(Agreed { valid_until: self.valid_until, entries })
    }
}
