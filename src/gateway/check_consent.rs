//! The closed question: may this source share these data about this person with that recipient?
//!
//! The question and its answer are in the ledger before the answer is given, and only if the facts
//! that it rests on still stand then (promises 3 and 4).

use crate::domain::basis::Basis;
use crate::domain::category::Categories;
use crate::domain::consent::{Answer, ConsentRef};
use crate::domain::decision::Condition;
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::domain::id::{CaseRef, Oin};
use crate::domain::policy::{Answered, ClosedQuestion};
use crate::domain::purpose::Purpose;
use crate::domain::violation::Violations;
use crate::store::{self, Command, Flow, NewEntry, Placed, Tx};

use super::Gateway;
use super::call::Call;
use super::case_file::{CaseFile, CasePersonFile};
use super::error::{Error, Result};
use super::fields::{categories, code, person};
use super::journal::{Happening, Matter, Sharing, Subject, new_group};
use super::once::DECISIONS_MAX;

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
    /// No, and the first reason of the ordered list. After all of that list comes
    /// `PROCESSING_RESTRICTED`: there is consent, and the person had the processing restricted.
    Deny(DenialReason),
}

impl Gateway {
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
            let consents = self.words_in(&mut tx, &file).await?;
            drop(tx);
            let question = ClosedQuestion {
                at: call.now(),
                source: asked.source.clone(),
                recipient: asked.recipient.clone(),
                purpose: asked.purpose,
                categories: asked.categories,
                position: file.position(asked.person)?,
                consents,
                is_processing_restricted: file.is_restricted(asked.person.subject, call.now()),
            }
            .alone();
            let Answered { answer, conditions } = question.answer(&self.directory().policy.consent);
            let checked = match answer {
                Answer::Permit { consents } => Checked::Permit(consents.into_iter().collect()),
                Answer::Deny { reason } => Checked::Deny(reason),
            };
            let explained = (question, conditions);
            let entry = self.checked_entry(call, &file, &asked, &checked, explained)?;
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

    fn checked_entry(
        &self,
        call: &Call,
        file: &CaseFile,
        asked: &Asked<'_>,
        checked: &Checked,
        (question, conditions): (ClosedQuestion, Vec<Condition>),
    ) -> Result<NewEntry> {
        let (outcome, denial, consents) = match checked {
            Checked::Permit(consents) => (Outcome::Success, None, consents.as_slice()),
            Checked::Deny(reason) => (Outcome::SeriousFailure, Some(*reason), &[][..]),
        };
        let age_band = asked.person.record.age_band(call.now());
        let sharing = Sharing {
            sender: &asked.source,
            recipient: &asked.recipient,
            custodian: &asked.source,
            purpose: asked.purpose,
            basis: Basis::Consent,
            categories: asked.categories,
            consents,
            payload: &[],
        };
        let happening = Happening {
            subject: Some(Subject { key: &asked.person.key, age_band }),
            case_ref: Some(file.case_ref()),
            outcome,
            denial,
            detail: denial.map_or("", DenialReason::as_str).to_owned(),
            conditions,
            closed_question: Some(Box::new(question)),
            ..Happening::new(
                EventCode::ConsentChecked,
                new_group(call)?,
                ObjectType::Consent,
                Matter::Sharing(sharing),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }
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
