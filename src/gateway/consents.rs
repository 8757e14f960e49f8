//! Consents: recorded, refused, withdrawn, asked about.
//!
//! Every change raises the version of the case's facts inside the same commit. A disclosure that
//! was decided on the facts before it is decided again, so once a withdrawal is answered no later
//! entry relies on that consent (promise 3).

use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::consent::{
    Answer, Capacity, Consent, ConsentDraft, ConsentRef, NotWithdrawn, Question, Signer,
    Withdrawal, WithdrawalChannel, check,
};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::domain::id::{CaseRef, ConsentId, NoticeId, Oin, PersonKey};
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::ledger::entry::ConsentChange;
use crate::store::{self, Command, ConsentRow, Flow, NewEntry, NoticeRow, Placed, Tx};
use crate::vault::random;
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, CasePersonFile};
use super::cases::person;
use super::error::{Error, Result};
use super::journal::{EntryReceipt, Happening, Matter, Sharing, Subject, new_group};
use super::keys::{open_cell, seal_cell};
use super::once::{DECISIONS_MAX, Done, Encode, Keep, Refusal, Work};

/// A consent, as told to those who may know it.
#[derive(Debug, Clone)]
pub struct ConsentView {
    /// The consent.
    pub consent: Consent,
    /// Its state at the moment of the call.
    pub state: crate::domain::consent::State,
    /// The person, by key within the case.
    pub person_key: PersonKey,
    /// Who signed, by key within the case, in the order of the consent.
    pub grantor_keys: Vec<PersonKey>,
}

/// What is told after a consent was recorded or withdrawn.
#[derive(Debug)]
pub struct ConsentRecorded {
    /// The consent.
    pub view: ConsentView,
    /// Its ledger entry.
    pub entry: EntryReceipt,
    /// Organisations that got a notice.
    pub notice_count: usize,
}

/// A withdrawal, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct WithdrawalDraft {
    pub consent_id: String,
    pub withdrawn_by_person_key: String,
    pub capacity: i32,
    pub channel: i32,
}

/// A closed question, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct QuestionDraft {
    pub case_ref: String,
    pub person_key: String,
    pub source_oin: String,
    pub recipient_oin: String,
    pub purpose: i32,
    pub categories: Vec<i32>,
}

/// The answer to a closed question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Yes, relying on these.
    Permit(Vec<ConsentRef>),
    /// No, and the first reason of the ordered list.
    Deny(DenialReason),
}

impl Gateway {
    /// Records what a person, or who decides for the person, agreed to or refused.
    pub async fn record_consent(
        &self,
        call: &Call,
        request: &Request,
        (draft, word): (ConsentDraft, Word),
        encode: Encode<ConsentRecorded>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let Ok(case_ref) = draft.case_ref.parse::<CaseRef>() else {
            return Err(without_people(&draft, call, self).into());
        };
        let file = self.case_for(call, &case_ref).await?;
        let rules = self.directory().policy.consent.clone();
        let terms = draft.parse(&file.pseudonyms(), call.now(), &rules)?;
        self.require_known(&[("source_oin", &terms.source), ("recipient_oin", &terms.recipient)])?;
        let concerned = call.role() == Role::Steunpunt
            || [&terms.source, &terms.recipient].contains(&call.oin());
        if !concerned {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        let of = file.person_of(terms.subject).ok_or_else(Error::hidden)?;
        let position = file.position(of)?;
        let id = ConsentId::new(random::uuid_v4().map_err(Error::internal)?);
        let consent = match word {
            Word::Given => Consent::give(id, terms, &position, call.now(), &rules),
            Word::Refused => Consent::refuse(id, terms, &position, call.now(), &rules),
        }
        .map_err(|insufficient| {
            Error::unmet("SIGNATURES_INSUFFICIENT", insufficient.to_string())
        })?;
        let event = match word {
            Word::Given => EventCode::ConsentRecorded,
            Word::Refused => EventCode::ConsentRefused,
        };
        let work = self.change(call, &file, of, consent, event)?;
        let keep = Keep::Sealed { people: vec![of.subject], key: of.key.wrapping_key() };
        self.once(call, request, work, keep, encode).await?.bytes()
    }

    /// Withdraws a consent. When this is answered, nothing relies on it any more.
    pub async fn withdraw_consent(
        &self,
        call: &Call,
        request: &Request,
        draft: WithdrawalDraft,
        encode: Encode<ConsentRecorded>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        for _ in 0..DECISIONS_MAX {
            let (file, consent) = self.consent_for(call, &draft.consent_id).await?;
            let (by, channel) = draft.parse(&file)?;
            let of = file.person_of(consent.terms.subject).ok_or_else(Error::hidden)?;
            let withdrawal =
                Withdrawal { at: call.now(), by, channel, recorded_by: call.actor.user_id.clone() };
            let rules = self.directory().policy.consent.clone();
            let consent =
                consent.withdraw(withdrawal, &file.position(of)?, &rules).map_err(not_withdrawn)?;
            let work = self.change(call, &file, of, consent, EventCode::ConsentWithdrawn)?;
            let keep = Keep::Sealed { people: vec![of.subject], key: of.key.wrapping_key() };
            match self.once(call, request, work, keep, encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// One consent, for its source, its recipient or the Steunpunt of its case.
    pub async fn consent_view(&self, call: &Call, consent_id: &str) -> Result<ConsentView> {
        let (file, consent) = self.consent_for(call, consent_id).await?;
        let rules = self.directory().policy.consent.clone();
        let of = file.person_of(consent.terms.subject).ok_or_else(Error::hidden)?;
        let state = consent.state_at(call.now(), &file.position(of)?, &rules);
        Ok(ConsentView { state, ..consent_view(&file, consent)? })
    }

    /// Answers the closed question. The question is in the ledger before the answer is given.
    pub async fn check_consent(&self, call: &Call, draft: QuestionDraft) -> Result<Checked> {
        for _ in 0..DECISIONS_MAX {
            let Ok(case_ref) = draft.case_ref.parse::<CaseRef>() else {
                let mut violations = Violations::new();
                violations.take("case_ref", draft.case_ref.parse::<CaseRef>());
                return Err(violations.into());
            };
            let file = self.case_for(call, &case_ref).await?;
            let asked = draft.parse(&file)?;
            if ![&asked.source, &asked.recipient].contains(&call.oin()) {
                return self.refuse(call, DenialReason::RoleNotAllowed).await;
            }
            let mut tx = self.db().read().await?;
            let consents = self.consents_of(&mut tx, &file).await?;
            drop(tx);
            let position = file.position(asked.person)?;
            let rules = self.directory().policy.consent.clone();
            let question = Question {
                position: &position,
                source: &asked.source,
                recipient: &asked.recipient,
                purpose: asked.purpose,
                at: call.now(),
                relied_on: &[],
                rules: &rules,
            };
            let checked = match check(&question, asked.categories, &consents) {
                Answer::Permit { consents } => Checked::Permit(consents.into_iter().collect()),
                Answer::Deny { reason } => Checked::Deny(reason),
            };
            let entry = self.checked_entry(call, &file, &asked, &checked)?;
            let log = LogOnFacts {
                case_ref,
                facts_version: file.row.facts_version,
                entries: vec![entry],
            };
            if self.writer().commit(log).await? {
                return Ok(checked);
            }
        }
        Err(Error::Busy)
    }

    /// Notices for the caller after a place in its list, and where to go on.
    pub async fn notices(
        &self,
        caller: &super::call::Caller,
        after: i64,
        limit: u32,
    ) -> Result<Vec<NoticeRow>> {
        let mut tx = self.db().read().await?;
        Ok(tx.notices(caller.oin(), after, limit).await?)
    }

    fn require_known(&self, oins: &[(&str, &Oin)]) -> Result<()> {
        let directory = self.directory();
        let mut violations = Violations::new();
        for (name, oin) in oins {
            violations.require(
                directory.organisation(oin).is_some(),
                format!("consent.{name}"),
                "UNKNOWN_ORGANISATION",
                "must be an organisation of the directory",
            );
        }
        Ok(violations.into_result(())?)
    }

    /// A consent for those who may know it; for everybody else it does not exist.
    async fn consent_for(&self, call: &Call, consent_id: &str) -> Result<(CaseFile, Consent)> {
        let mut violations = Violations::new();
        let id: Option<ConsentId> = violations.take("consent_id", consent_id.parse());
        let Some(id) = id else { return Err(violations.into()) };
        let row = self.db().read().await?.consent(id).await?;
        let Some(row) = row else { return self.refuse_hidden(call).await };
        let concerned = call.role() == Role::Steunpunt
            || [&row.source_oin, &row.recipient_oin].contains(&call.oin());
        if !concerned {
            return self.refuse_hidden(call).await;
        }
        let file = self.case_for(call, &row.case_ref).await?;
        let key = &file.person_of(row.subject).ok_or_else(Error::hidden)?.key;
        let consent = open_consent(&row, key)?;
        Ok((file, consent))
    }

    /// The row, the entry and the answer of a consent in its new state.
    fn change(
        &self,
        call: &Call,
        file: &CaseFile,
        of: &CasePersonFile,
        consent: Consent,
        event: EventCode,
    ) -> Result<ChangeConsent> {
        let terms = &consent.terms;
        let change = ConsentChange {
            consent_id: consent.consent_id,
            version: consent.version,
            state: u8::try_from(consent.state().number()).unwrap_or(u8::MAX),
            source: terms.source.clone(),
            recipient: terms.recipient.clone(),
            purpose: u8::try_from(terms.purpose.number()).unwrap_or(u8::MAX),
            categories: terms.categories.bits(),
            valid_from: terms.period.valid_from(),
            valid_until: terms.period.valid_until(),
        };
        let written = self.write_down(
            call,
            &Happening {
                event,
                group: new_group()?,
                subject: Some(Subject { key: &of.key, age_band: of.record.age_band(call.now()) }),
                case_ref: Some(file.case_ref()),
                outcome: Outcome::Success,
                denial: None,
                detail: String::new(),
                object: ObjectType::Consent,
                object_version: Some(consent.version),
                message_id: Some(consent.consent_id.into()),
                conditions: &[],
                matter: Matter::Consent(change),
            },
        )?;
        let row = consent_row(&consent, &of.key, call.now())?;
        Ok(ChangeConsent {
            row,
            entry: written.entry,
            view: consent_view(file, consent)?,
            withdrawn: event == EventCode::ConsentWithdrawn,
            now: call.now(),
        })
    }

    fn checked_entry(
        &self,
        call: &Call,
        file: &CaseFile,
        asked: &Asked<'_>,
        checked: &Checked,
    ) -> Result<NewEntry> {
        let (outcome, denial, consents) = match checked {
            Checked::Permit(consents) => (Outcome::Success, None, consents.as_slice()),
            Checked::Deny(reason) => (Outcome::SeriousFailure, Some(*reason), &[][..]),
        };
        let age_band = asked.person.record.age_band(call.now());
        let written = self.write_down(
            call,
            &Happening {
                event: EventCode::ConsentChecked,
                group: new_group()?,
                subject: Some(Subject { key: &asked.person.key, age_band }),
                case_ref: Some(file.case_ref()),
                outcome,
                denial,
                detail: denial.map_or("", DenialReason::as_str).to_owned(),
                object: ObjectType::Consent,
                object_version: None,
                message_id: None,
                conditions: &[],
                matter: Matter::Sharing(Sharing {
                    sender: &asked.source,
                    recipient: &asked.recipient,
                    custodian: &asked.source,
                    purpose: asked.purpose,
                    basis: Basis::Consent,
                    categories: asked.categories,
                    consents,
                    payload: &[],
                }),
            },
        )?;
        Ok(written.entry)
    }
}

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Yes.
    Given,
    /// No. Kept, because it decides whether a later disclosure is an override.
    Refused,
}

/// The violations of a consent whose case is not named: people cannot be judged.
fn without_people(draft: &ConsentDraft, call: &Call, gateway: &Gateway) -> Violations {
    let rules = gateway.directory().policy.consent.clone();
    let mut judged = Violations::new();
    if let Err(found) = draft.parse(&std::collections::BTreeMap::new(), call.now(), &rules) {
        for violation in &found {
            if violation.rule != "UNKNOWN_PERSON" {
                judged.add(violation.field.clone(), violation.rule, violation.description.clone());
            }
        }
    }
    judged
}

fn not_withdrawn(error: NotWithdrawn) -> Error {
    match error {
        NotWithdrawn::State(_) => Error::unmet("CONSENT_ACTIVE", "the consent is not in force"),
        NotWithdrawn::NoEffect(_) => Error::unmet(
            "WITHDRAWAL_WITHOUT_EFFECT",
            "this person does not decide about this consent",
        ),
    }
}

impl WithdrawalDraft {
    fn parse(&self, file: &CaseFile) -> Result<(Signer, WithdrawalChannel)> {
        let mut violations = Violations::new();
        let people = file.pseudonyms();
        let name = "withdrawn_by_person_key";
        let by = person(&self.withdrawn_by_person_key, &people, "", name, &mut violations);
        let capacity = code("capacity", self.capacity, Capacity::from_number, &mut violations);
        let channel =
            code("channel", self.channel, WithdrawalChannel::from_number, &mut violations);
        match (by, capacity, channel) {
            (Some(person), Some(capacity), Some(channel)) => {
                Ok((Signer { person, capacity }, channel))
            }
            _ => Err(violations.into()),
        }
    }
}

fn code<T>(
    field: &str,
    number: i32,
    from_number: fn(u16) -> Option<T>,
    violations: &mut Violations,
) -> Option<T> {
    let code = u16::try_from(number).ok().and_then(from_number);
    let (rule, words) = match number {
        0 => ("REQUIRED", "must be given"),
        _ => ("UNKNOWN_CODE", "is not one of the codes of this field"),
    };
    violations.require(code.is_some(), field, rule, words);
    code
}

/// A closed question, parsed.
struct Asked<'f> {
    person: &'f CasePersonFile,
    source: Oin,
    recipient: Oin,
    purpose: Purpose,
    categories: Categories,
}

impl QuestionDraft {
    fn parse<'f>(&self, file: &'f CaseFile) -> Result<Asked<'f>> {
        let mut violations = Violations::new();
        let people = file.pseudonyms();
        let subject = person(&self.person_key, &people, "", "person_key", &mut violations);
        let source: Option<Oin> = violations.take("source_oin", self.source_oin.parse());
        let recipient: Option<Oin> = violations.take("recipient_oin", self.recipient_oin.parse());
        let purpose = code("purpose", self.purpose, Purpose::from_number, &mut violations);
        let categories = categories("categories", &self.categories, &mut violations);
        violations.require(!self.categories.is_empty(), "categories", "REQUIRED", "must be given");
        let found =
            (subject.and_then(|subject| file.person_of(subject)), source, recipient, purpose);
        match (found, violations.is_empty()) {
            ((Some(person), Some(source), Some(recipient), Some(purpose)), true) => {
                Ok(Asked { person, source, recipient, purpose, categories })
            }
            _ => Err(violations.into()),
        }
    }
}

/// A list of categories, each named once.
pub(super) fn categories(field: &str, numbers: &[i32], violations: &mut Violations) -> Categories {
    let mut set = Categories::EMPTY;
    let most = Category::ALL.len();
    violations.require(numbers.len() <= most, field, "TOO_MANY", format!("must be at most {most}"));
    for (index, number) in numbers.iter().take(most).enumerate() {
        let item = format!("{field}[{index}]");
        if let Some(category) = code(&item, *number, Category::from_number, violations) {
            violations.require(!set.contains(category), item, "DUPLICATE", "must be named once");
            set = set.with(category);
        }
    }
    set
}

fn consent_view(file: &CaseFile, consent: Consent) -> Result<ConsentView> {
    let key_of = |subject| {
        file.person_of(subject).map(|person| person.record.key.clone()).ok_or_else(Error::hidden)
    };
    Ok(ConsentView {
        state: consent.state(),
        person_key: key_of(consent.terms.subject)?,
        grantor_keys: consent
            .terms
            .grantors
            .iter()
            .map(|grantor| key_of(grantor.person))
            .collect::<Result<_>>()?,
        consent,
    })
}

/// Names the sealed cell of one version of a consent.
fn cell(consent_id: ConsentId, version: i64) -> Vec<u8> {
    [&consent_id.as_bytes()[..], &version.to_be_bytes()[..]].concat()
}

/// Opens one version of a consent.
pub(super) fn open_consent(row: &ConsentRow, key: &SubjectKey) -> Result<Consent> {
    let name = cell(row.consent_id, row.version);
    let content = open_cell(&row.content, &key.wrapping_key(), "consents", &name)?;
    serde_json::from_slice(&content).map_err(Error::internal)
}

fn consent_row(consent: &Consent, key: &SubjectKey, now: Timestamp) -> Result<ConsentRow> {
    let content = serde_json::to_vec(consent).map_err(Error::internal)?;
    let version = i64::from(consent.version);
    let terms = &consent.terms;
    Ok(ConsentRow {
        consent_id: consent.consent_id,
        version,
        case_ref: terms.case_ref.clone(),
        subject: terms.subject,
        source_oin: terms.source.clone(),
        recipient_oin: terms.recipient.clone(),
        purpose: i64::from(terms.purpose.number()),
        categories: i64::from(terms.categories.bits()),
        valid_from: terms.period.valid_from(),
        valid_until: terms.period.valid_until(),
        state: i64::from(consent.state().number()),
        recorded_at: now,
        content: seal_cell(
            &content,
            &key.wrapping_key(),
            "consents",
            &cell(consent.consent_id, version),
        )?,
    })
}

/// A consent comes into another state; who received data under it is told.
struct ChangeConsent {
    row: ConsentRow,
    entry: NewEntry,
    view: ConsentView,
    withdrawn: bool,
    now: Timestamp,
}

impl ChangeConsent {
    async fn notify(&self, tx: &mut Tx, idx: i64) -> store::Result<usize> {
        if !self.withdrawn {
            return Ok(0);
        }
        let recipients = tx.consent_recipients(self.row.consent_id).await?;
        for (recipient,) in &recipients {
            let id = random::uuid_v4()
                .or(Err(store::Error::UnsafeSetting("no randomness".to_owned())))?;
            tx.insert_notice(NoticeRow {
                recipient_oin: recipient.clone(),
                idx,
                notice_id: NoticeId::new(id),
                kind: 1,
                consent_id: self.row.consent_id,
                case_ref: self.row.case_ref.clone(),
                subject: self.row.subject,
                effective_at: self.now,
            })
            .await?;
        }
        Ok(recipients.len())
    }
}

impl Work for ChangeConsent {
    type Answer = ConsentRecorded;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        tx.raise_facts_version(&self.row.case_ref).await?;
        match tx.insert_consent(&self.row).await {
            Ok(()) => Ok(Ok(vec![self.entry.clone()])),
            // Another version came first: look at the consent again.
            Err(store::Error::Conflict) => Ok(Err(Refusal::Stale)),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<ConsentRecorded> {
        let idx = i64::try_from(placed.first())
            .or(Err(store::Error::Corrupt { table: "log_state", column: "size" }))?;
        let notice_count = self.notify(tx, idx).await?;
        let entry = Gateway::entry_receipt(tx, placed, 0, None).await?;
        Ok(ConsentRecorded { view: self.view.clone(), entry, notice_count })
    }
}

/// Appends entries of a decision, if the facts it rests on still stand. The answer says whether.
struct LogOnFacts {
    case_ref: CaseRef,
    facts_version: i64,
    entries: Vec<NewEntry>,
}

impl Command for LogOnFacts {
    type Outcome = bool;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<bool>> {
        if tx.facts_version(&self.case_ref).await? != Some(self.facts_version) {
            return Ok(Flow::Stop(false));
        }
        Ok(Flow::Append(self.entries.clone()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<bool> {
        Ok(true)
    }
}
