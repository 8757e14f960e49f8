//! A partner asks for a summary: facts, a decision per person and category, one commit with an
//! entry per person (denied people too), then the view that the permits allow, with its proofs.
//!
//! The commit reads the version of the case's facts again under the lock. When it has changed, a
//! consent may be gone: nothing is released and the question is decided anew (promise 3).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::basis::Basis;
use crate::domain::case::{Involvement, InvolvementDraft};
use crate::domain::category::{Categories, Category};
use crate::domain::consent::ConsentRef;
use crate::domain::decision::{Decision, PersonDecision};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::domain::id::{CaseRef, Oin, PersonKey, Pseudonym, RequestId};
use crate::domain::person::PersonName;
use crate::domain::policy::{self, Asked, Facts, Initiative, Permit, SubjectFacts};
use crate::domain::purpose::Purpose;
use crate::domain::summary::{Part, payload_value, view};
use crate::domain::time::{Date, Timestamp};
use crate::domain::violation::Violations;
use crate::store::{self, NewEntry, PartRow, Placed, RevisionRow, Tx};

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, CasePersonFile};
use super::cases::both;
use super::consents::categories;
use super::directory::{party, sha256};
use super::error::{Error, Result};
use super::journal::{EntryReceipt, Happening, Matter, Sharing, Subject, Written, new_group};
use super::keys::combined;
use super::once::{DECISIONS_MAX, Done, Encode, Keep, Refusal, Work};
use super::publish_summary::{category_of, open_part, subjects_of};
use super::receipt::Receipt;

/// A request for a summary, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct SummaryRequestDraft {
    pub case_ref: String,
    pub author_oin: String,
    pub revision: i32,
    pub purpose: i32,
    pub basis: i32,
    pub categories: Vec<i32>,
    pub involvement: Option<InvolvementDraft>,
}

/// A request for a summary.
#[derive(Debug, Clone)]
struct Wanted {
    case_ref: CaseRef,
    author: Oin,
    /// None: the latest.
    revision: Option<i64>,
    purpose: Purpose,
    basis: Basis,
    asked: Asked,
    involvement: Involvement,
}

/// A person in a view.
#[derive(Debug, Clone)]
pub struct ViewPerson {
    /// Key within the case.
    pub key: PersonKey,
    /// Pseudonym.
    pub subject: Pseudonym,
    /// Names and date of birth; only with a permit for `IDENTIFICATION`.
    pub identity: Option<(PersonName, Date)>,
}

/// What a partner gets.
#[derive(Debug)]
pub struct Requested {
    /// Case.
    pub case_ref: CaseRef,
    /// Organisation that wrote the summary.
    pub author_oin: Oin,
    /// Version.
    pub revision: u32,
    /// People with a permit.
    pub persons: Vec<ViewPerson>,
    /// Released parts, identification left out: it stands in `persons`.
    pub parts: Vec<Part>,
    /// People who were left out.
    pub redacted_subjects: usize,
    /// Parts that were left out.
    pub redacted_parts: u32,
    /// For what the data may be used.
    pub purpose: Purpose,
    /// Why.
    pub decision: Arc<Decision>,
    /// One per person of the summary.
    pub entries: Vec<EntryReceipt>,
    /// Signed receipt.
    pub receipt: String,
}

impl SummaryRequestDraft {
    fn parse(self, now: Timestamp) -> Result<Wanted> {
        let involvement = match &self.involvement {
            Some(draft) => draft.clone().parse(now),
            None => InvolvementDraft::default().parse(now),
        };
        let (wanted, involvement) = both(self.read(), involvement)?;
        Ok(wanted(involvement))
    }

    fn read(self) -> Result<impl FnOnce(Involvement) -> Wanted, Violations> {
        let mut violations = Violations::new();
        let case_ref = violations.take("case_ref", self.case_ref.parse());
        let author = violations.take("author_oin", self.author_oin.parse());
        let words = "must be 0 for the latest, or a revision";
        violations.require(self.revision >= 0, "revision", "NEGATIVE", words);
        let purpose = number("purpose", self.purpose, Purpose::from_number, &mut violations);
        let basis = number("basis", self.basis, Basis::from_number, &mut violations);
        let categories = categories("categories", &self.categories, &mut violations);
        let asked =
            if categories.is_empty() { Asked::Everything } else { Asked::Exactly(categories) };
        let revision = (self.revision > 0).then_some(i64::from(self.revision));
        match (case_ref, author, purpose, basis, violations.is_empty()) {
            (Some(case_ref), Some(author), Some(purpose), Some(basis), true) => {
                Ok(move |involvement| Wanted {
                    case_ref,
                    author,
                    revision,
                    purpose,
                    basis,
                    asked,
                    involvement,
                })
            }
            _ => Err(violations),
        }
    }
}

fn number<T>(
    field: &str,
    number: i32,
    from_number: fn(u16) -> Option<T>,
    violations: &mut Violations,
) -> Option<T> {
    let code = u16::try_from(number).ok().and_then(from_number);
    let rule = if number == 0 { "REQUIRED" } else { "UNKNOWN_CODE" };
    violations.require(code.is_some(), field, rule, "must be one of the codes of this field");
    code
}

/// A summary as it is stored, with the case it belongs to. Nothing of it is opened yet.
struct Stored {
    file: CaseFile,
    revision: RevisionRow,
    parts: Vec<PartRow>,
}

impl Stored {
    /// Everybody the summary is about, in the order of the case.
    fn people(&self) -> impl Iterator<Item = &CasePersonFile> {
        let subjects: BTreeSet<Pseudonym> = self.parts.iter().flat_map(subjects_of).collect();
        self.file.people.iter().filter(move |person| subjects.contains(&person.subject))
    }

    /// The categories of what there is about a person.
    fn present(&self, person: &CasePersonFile) -> Result<Categories> {
        let mut present = Categories::of(&[Category::Identification]);
        for part in &self.parts {
            if subjects_of(part).contains(&person.subject) {
                present = present.with(category_of(part)?);
            }
        }
        Ok(present)
    }
}

impl Gateway {
    /// Gives a partner what its permits allow of a summary.
    pub async fn request_summary(
        &self,
        call: &Call,
        request: &Request,
        draft: SummaryRequestDraft,
        encode: Encode<Requested>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let wanted = draft.parse(call.now())?;
        for _ in 0..DECISIONS_MAX {
            let stored = self.stored_summary(call, &wanted).await?;
            let decision = self.decide_summary(call, &wanted, &stored).await?;
            if let Some(reason) = decision.denial() {
                return self.deny_summary(call, &wanted, &stored, &decision, reason).await;
            }
            let work = self.release(call, request, &wanted, stored, decision)?;
            let keep = Keep::Disclosed {
                people: work.permitted.clone(),
                key: combined(&work.keys)?,
                facts: (wanted.case_ref.clone(), work.facts_version),
            };
            match self.once(call, request, work, keep, encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// Finds the summary. For an organisation that cannot sit in a team nothing exists; whether a
    /// partner is a member is a condition of the decision.
    async fn stored_summary(&self, call: &Call, wanted: &Wanted) -> Result<Stored> {
        let Some(file) = self.case_file(&wanted.case_ref).await? else {
            return self.refuse_hidden(call).await;
        };
        let mut tx = self.db().read().await?;
        let revision = match wanted.revision {
            Some(revision) => tx.revision(&wanted.case_ref, &wanted.author, revision).await?,
            None => tx.latest_revision(&wanted.case_ref, &wanted.author).await?,
        };
        let Some(revision) = revision else {
            drop(tx);
            return self.refuse_hidden(call).await;
        };
        let parts = tx.parts(&revision).await?;
        Ok(Stored { file, revision, parts })
    }

    async fn decide_summary(
        &self,
        call: &Call,
        wanted: &Wanted,
        stored: &Stored,
    ) -> Result<Decision> {
        let directory = self.directory();
        let request = policy::Request {
            decision_id: new_group()?,
            case_ref: Some(wanted.case_ref.clone()),
            sender: directory.party(&wanted.author).ok_or_else(Error::hidden)?,
            recipient: party(call.caller.organisation()),
            initiative: Initiative::Ask,
            actor: call.actor.clone(),
            purpose: wanted.purpose,
            basis: wanted.basis,
            basis_reference: None,
            relied_on: Vec::new(),
            asked: wanted.asked,
            involvement: Some(wanted.involvement.clone()),
        };
        let mut tx = self.db().read().await?;
        let consents = self.consents_of(&mut tx, &stored.file).await?;
        drop(tx);
        let mut subjects = Vec::new();
        for person in stored.people() {
            subjects.push(SubjectFacts {
                person: person.record.key.clone(),
                position: stored.file.position(person)?,
                consents: consents
                    .iter()
                    .filter(|consent| consent.terms.subject == person.subject)
                    .cloned()
                    .collect(),
                present: stored.present(person)?,
                is_processing_restricted: false,
            });
        }
        let facts = Facts {
            pack: directory.pack(),
            rules: directory.policy.consent.clone(),
            members: stored.file.members.clone(),
            reporter: None,
            subjects,
        };
        Ok(policy::evaluate(&request, &facts, call.now()))
    }

    /// Logs the denial for every person and says no. Who is not in the team is not told that there
    /// is a case.
    async fn deny_summary<T>(
        &self,
        call: &Call,
        wanted: &Wanted,
        stored: &Stored,
        decision: &Decision,
        reason: DenialReason,
    ) -> Result<T> {
        let mut entries = Vec::new();
        for person in stored.people() {
            entries.push(self.summary_entry(call, (wanted, stored), decision, person, &[])?.entry);
        }
        self.append(entries).await?;
        let may_know = stored.file.is_member(call.oin(), call.now());
        Err(if may_know { Error::denied(reason) } else { Error::hidden() })
    }

    /// Opens what the permits allow, writes everything down, and prepares the commit.
    fn release(
        &self,
        call: &Call,
        request: &Request,
        wanted: &Wanted,
        stored: Stored,
        decision: Decision,
    ) -> Result<Release> {
        let parts = permitted_parts(&stored, &decision)?;
        let permit_of = |key: &PersonKey| {
            stored.file.person(key).and_then(|person| decision.permit(person.subject))
        };
        let mut released = view(&parts, |key, category| {
            permit_of(key).is_some_and(|permit| permit.categories().contains(category))
        });
        let withheld = stored.parts.len() - (parts.len() - identified(&parts));
        released.redacted_parts =
            released.redacted_parts.saturating_add(u32::try_from(withheld).unwrap_or(u32::MAX));
        let mut writing = Writing::default();
        for person in stored.people() {
            let payload = payload_value(&released.parts, &person.record.key);
            let written =
                self.summary_entry(call, (wanted, &stored), &decision, person, &payload)?;
            writing.add(person, decision.permit(person.subject), written, &payload);
        }
        Ok(Release {
            gateway: self.clone(),
            request_id: request.id,
            caller: call.oin().clone(),
            now: call.now(),
            facts_version: stored.file.row.facts_version,
            revision: stored.revision,
            purpose: wanted.purpose,
            parts: released
                .parts
                .into_iter()
                .filter(|part| part.category != Category::Identification)
                .collect(),
            redacted_parts: released.redacted_parts,
            permitted: writing.permitted,
            keys: writing.keys,
            persons: writing.persons,
            redacted_subjects: writing.redacted,
            entries: writing.entries,
            opens: writing.opens,
            uses: writing.uses,
            digest: sha256(&writing.payloads),
            decision: Arc::new(decision),
        })
    }

    /// The entry about one person: what was given, or why nothing was.
    fn summary_entry(
        &self,
        call: &Call,
        (wanted, stored): (&Wanted, &Stored),
        decision: &Decision,
        person: &CasePersonFile,
        payload: &[u8],
    ) -> Result<Written> {
        let permit = decision.permit(person.subject);
        let answer = decision.person(&person.record.key);
        let denial = answer.and_then(PersonDecision::denial);
        let (event, outcome) = match permit {
            Some(_) => (EventCode::SummaryDelivered, Outcome::Success),
            None => (EventCode::AccessDenied, Outcome::SeriousFailure),
        };
        let asked = answer.map_or(Categories::EMPTY, PersonDecision::asked);
        let consents: Vec<ConsentRef> =
            permit.map_or_else(Vec::new, |permit| permit.consents().iter().copied().collect());
        let conditions = decision.conditions_about(person.subject);
        self.write_down(
            call,
            &Happening {
                event,
                group: decision.id,
                subject: Some(Subject {
                    key: &person.key,
                    age_band: person.record.age_band(call.now()),
                }),
                case_ref: Some(&wanted.case_ref),
                outcome,
                denial: if permit.is_some() { None } else { denial },
                detail: wanted.involvement.kind().as_str().to_owned(),
                object: ObjectType::CaseSummary,
                object_version: u32::try_from(stored.revision.revision).ok(),
                message_id: None,
                conditions: &conditions,
                matter: Matter::Sharing(Sharing {
                    sender: &wanted.author,
                    recipient: call.oin(),
                    custodian: &wanted.author,
                    purpose: wanted.purpose,
                    basis: wanted.basis,
                    categories: permit.map_or(asked, Permit::categories),
                    consents: &consents,
                    payload,
                }),
            },
        )
    }
}

/// Opens the parts that everybody they are about has a permit for; nothing else is ever opened.
fn permitted_parts(stored: &Stored, decision: &Decision) -> Result<Vec<Part>> {
    let covers = |subject: Pseudonym, category| {
        decision.permit(subject).is_some_and(|permit| permit.categories().contains(category))
    };
    let mut parts: Vec<Part> = stored
        .people()
        .filter(|person| covers(person.subject, Category::Identification))
        .map(|person| person.record.identification())
        .collect();
    for row in &stored.parts {
        let category = category_of(row)?;
        let subjects = subjects_of(row);
        if !subjects.is_empty() && subjects.iter().all(|subject| covers(*subject, category)) {
            parts.push(open_part(&stored.file, &stored.revision, row)?);
        }
    }
    Ok(parts)
}

fn identified(parts: &[Part]) -> usize {
    parts.iter().filter(|part| part.category == Category::Identification).count()
}

/// Collects what a release is made of, person by person.
#[derive(Default)]
struct Writing {
    permitted: Vec<Pseudonym>,
    keys: Vec<Arc<crate::vault::subject::SubjectKey>>,
    persons: Vec<ViewPerson>,
    redacted: usize,
    entries: Vec<NewEntry>,
    opens: Vec<Option<(PersonKey, [u8; 32])>>,
    uses: BTreeMap<ConsentRef, usize>,
    payloads: Vec<u8>,
}

impl Writing {
    fn add(
        &mut self,
        person: &CasePersonFile,
        permit: Option<&Permit>,
        written: Written,
        payload: &[u8],
    ) {
        let offset = self.entries.len();
        self.entries.push(written.entry);
        let Some(permit) = permit else {
            self.redacted += 1;
            self.opens.push(None);
            return;
        };
        let record = &person.record;
        let identified = permit.categories().contains(Category::Identification);
        self.permitted.push(person.subject);
        self.keys.push(Arc::clone(&person.key));
        self.persons.push(ViewPerson {
            key: record.key.clone(),
            subject: person.subject,
            identity: identified.then(|| (record.name.clone(), record.birth_date)),
        });
        self.opens.push(Some((record.key.clone(), written.payload_opening)));
        self.payloads.extend(payload);
        for consent in permit.consents() {
            self.uses.entry(*consent).or_insert(offset);
        }
    }
}

struct Release {
    gateway: Gateway,
    request_id: RequestId,
    caller: Oin,
    now: Timestamp,
    facts_version: i64,
    revision: RevisionRow,
    purpose: Purpose,
    parts: Vec<Part>,
    redacted_parts: u32,
    permitted: Vec<Pseudonym>,
    keys: Vec<Arc<crate::vault::subject::SubjectKey>>,
    persons: Vec<ViewPerson>,
    redacted_subjects: usize,
    entries: Vec<NewEntry>,
    opens: Vec<Option<(PersonKey, [u8; 32])>>,
    uses: BTreeMap<ConsentRef, usize>,
    digest: [u8; 32],
    decision: Arc<Decision>,
}

impl Release {
    fn receipt(&self, placed: &Placed) -> Result<String> {
        let indexes: Vec<String> =
            (placed.first()..).take(self.entries.len()).map(|index| index.to_string()).collect();
        Receipt::new("summary")
            .line("request", self.request_id)
            .line("case", &self.revision.case_ref)
            .line("author", &self.revision.author_oin)
            .line("revision", self.revision.revision)
            .line("recipient", &self.caller)
            .line("purpose", self.purpose)
            .line("disclosed", self.now)
            .line("content-sha256", hex::encode(self.digest))
            .line("ledger", self.gateway.origin())
            .line("entries", indexes.join(" "))
            .sign(self.gateway.receipt_signer())
    }
}

impl Work for Release {
    type Answer = Requested;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let facts = tx.facts_version(&self.revision.case_ref).await?;
        if facts != Some(self.facts_version) {
            return Ok(Err(Refusal::Stale));
        }
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Requested> {
        let corrupt = || store::Error::Corrupt { table: "log_state", column: "size" };
        for (consent, offset) in &self.uses {
            let index = usize::try_from(placed.first()).or(Err(corrupt()))? + offset;
            let index = i64::try_from(index).or(Err(corrupt()))?;
            tx.record_consent_use(consent.consent_id, &self.caller, index).await?;
        }
        let mut entries = Vec::with_capacity(self.entries.len());
        for (offset, opens) in self.opens.iter().enumerate() {
            entries.push(Gateway::entry_receipt(tx, placed, offset, opens.clone()).await?);
        }
        let receipt = self
            .receipt(placed)
            .or(Err(store::Error::Corrupt { table: "requests", column: "response" }))?;
        Ok(Requested {
            case_ref: self.revision.case_ref.clone(),
            author_oin: self.revision.author_oin.clone(),
            revision: u32::try_from(self.revision.revision).or(Err(corrupt()))?,
            persons: self.persons.clone(),
            parts: self.parts.clone(),
            redacted_subjects: self.redacted_subjects,
            redacted_parts: self.redacted_parts,
            purpose: self.purpose,
            decision: Arc::clone(&self.decision),
            entries,
            receipt,
        })
    }
}
