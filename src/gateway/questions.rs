//! An officer asks a party of a disclosure about it, and that party answers once, in five working days.
//!
//! Only the sender or the recipient is asked: nobody learns of a disclosure by being asked about it. The
//! words of both are about somebody, so they are sealed under the key of the person of the entry, and each
//! is an entry of the ledger. Who is asked gets a notice, which holds none of the words.

use std::sync::Arc;

use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{Oin, Pseudonym, QuestionId};
use crate::domain::notice::NoticeContent;
use crate::domain::person::AgeBand;
use crate::domain::question::answer_due_at;
use crate::domain::text::Prose;
use crate::ledger::entry::Administration;
use crate::store::{self, DisclosureRow, NewEntry, Placed, Tx};
use crate::vault::envelope::WrappingKey;
use crate::vault::random;
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::{Call, Request};
use super::directory::sha256;
use super::error::{Error, Result};
use super::journal::{Happening, Matter, Scope, Subject, new_group};
use super::keys::{combined, own_name};
use super::notify::leave_notices;
use super::once::{Encode, Keep, Refusal, Work};
use super::written::{self, AnswerOf};

pub mod look;
mod page;

pub use crate::store::QuestionToPartyRow;
pub use look::{QuestionFilter, QuestionView};
pub use page::QuestionPage;

/// Questions about one entry that one organisation can leave unanswered.
const OPEN_MAX: i64 = 20;

/// What an officer asks.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Entry of the disclosure.
    pub index: i64,
    /// Its sender or its recipient.
    pub asked: Oin,
    /// The words.
    pub question: Prose<2000>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Answering {
    /// Question.
    pub question_id: QuestionId,
    /// The words.
    pub answer: Prose<2000>,
}

impl Gateway {
    /// Asks a party of a disclosure that the officer may see.
    pub async fn ask_organisation(
        &self,
        call: &Call,
        request: &Request,
        asking: Asking,
        encode: Encode<QuestionToPartyRow>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let entry = self.entry_seen_by(call, asking.index).await?;
        let asked = Some(&asking.asked);
        let is_party = |row: &DisclosureRow| {
            row.sender_oin.as_ref() == asked || row.recipient_oin.as_ref() == asked
        };
        let Some(entry) = entry.filter(is_party) else { return self.refuse_hidden(call).await };
        let ask = self.asking(call, entry, &asking).await?;
        let answer = self.once(call, request, ask, Keep::Plain, encode).await?.bytes()?;
        self.wake().ring(&asking.asked);
        Ok(answer)
    }

    /// Answers a question that the caller's organisation was asked. Who asked does not answer.
    pub async fn answer_question(
        &self,
        call: &Call,
        request: &Request,
        answering: Answering,
        encode: Encode<QuestionToPartyRow>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let row = self.db().read().await?.question(answering.question_id).await?;
        let Some(row) = row.filter(|row| row.asked_oin == *call.oin()) else {
            return self.refuse_hidden(call).await;
        };
        if row.asker_oin == *call.oin() && row.asker_user_id == call.actor.user_id {
            return self.refuse(call, DenialReason::FourEyesRequired).await;
        }
        let answer = self.answering(call, row, &answering.answer).await?;
        self.once(call, request, answer, Keep::Plain, encode).await?.bytes()
    }

    async fn asking(&self, call: &Call, of: DisclosureRow, asking: &Asking) -> Result<Ask> {
        let id = QuestionId::new(random::uuid_v7(call.now()).map_err(Error::internal)?);
        let person = self.person_of(of).await?;
        let key = match &person.key {
            Some(key) => key.wrapping_key(),
            None => combined(&self.keys().subjects(&[name_of(id)], call.now()).await?)?,
        };
        let mut row = QuestionToPartyRow {
            question_id: id,
            entry_idx: person.row.idx,
            case_ref: person.row.case_ref.clone(),
            subject: person.key.as_ref().map(|key| key.pseudonym()),
            asker_oin: call.oin().clone(),
            asker_user_id: call.actor.user_id.clone(),
            asked_oin: asking.asked.clone(),
            asked_at: call.now(),
            due_at: answer_due_at(call.now()),
            idx: 0,
            content: Vec::new(),
            answer_user_id: None,
            answered_at: None,
            answer_idx: None,
            answer: None,
            unread: Vec::new(),
        };
        row.content = written::seal(asking.question.as_str(), &key, &row)?;
        let event = (EventCode::QuestionAsked, id);
        Ok(Ask { entry: self.question_entry(call, event, &person, &row.content)?, row })
    }

    async fn answering(
        &self,
        call: &Call,
        row: QuestionToPartyRow,
        answer: &Prose<2000>,
    ) -> Result<Answer> {
        let id = row.question_id;
        let about = self.db().read().await?.disclosure(row.entry_idx).await?;
        let person = self.person_of(about.ok_or_else(Error::hidden)?).await?;
        // Of whom was forgotten nothing is written any more.
        let key = self.words_key(&row).await?.ok_or_else(Error::hidden)?;
        if written::open(&row, Some(&key)).is_changed() {
            let sentence = "the question was changed in the database; tell the operator";
            return Err(Error::unmet("QUESTION_UNCHANGED", sentence));
        }
        let mut row = QuestionToPartyRow {
            answer_user_id: Some(call.actor.user_id.clone()),
            answered_at: Some(call.now()),
            ..row
        };
        let sealed = written::seal(answer.as_str(), &key, &AnswerOf(&row))?;
        let event = (EventCode::QuestionAnswered, id);
        let entry = self.question_entry(call, event, &person, &sealed)?;
        row.answer = Some(sealed);
        Ok(Answer { entry, row })
    }

    /// Whom an entry is about, as far as that can be told.
    async fn person_of(&self, row: DisclosureRow) -> Result<Person> {
        let looked = self.look_at(row).await?;
        let key = self.key_of(&looked.row).await?;
        let record = looked.record.and_then(|record| record.data_subject);
        Ok(Person { key, age_band: record.map(|person| person.age_band), row: looked.row })
    }

    /// The entry of a question or an answer: about the person of the disclosure.
    fn question_entry(
        &self,
        call: &Call,
        (event, id): (EventCode, QuestionId),
        person: &Person,
        content: &[u8],
    ) -> Result<NewEntry> {
        let administration =
            Administration { scope: Scope::Ledger.number(), count: 1, digest: sha256(content) };
        let subject = person.key.as_deref().zip(person.age_band);
        let happening = Happening {
            subject: subject.map(|(key, age_band)| Subject { key, age_band }),
            case_ref: person.row.case_ref.as_ref(),
            detail: person.row.idx.to_string(),
            message_id: Some(id.into()),
            ..Happening::new(
                event,
                new_group(call)?,
                Scope::Ledger.object(),
                Matter::Administration(administration),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }

    /// The key of the words of a question; none when it was destroyed.
    async fn words_key(&self, row: &QuestionToPartyRow) -> Result<Option<WrappingKey>> {
        if let Some(subject) = row.subject {
            let key = self.keys().subject(subject).await?;
            return Ok(key.map(|key| key.wrapping_key()));
        }
        let key = self.keys().subject(name_of(row.question_id)).await?;
        key.map(|key| combined(&[key])).transpose()
    }
}

/// Names the key of words about an entry that is about nobody, or about somebody who was forgotten.
fn name_of(id: QuestionId) -> Pseudonym {
    own_name(*b"asking", id.as_bytes())
}

/// An entry with whom it is about.
struct Person {
    row: DisclosureRow,
    key: Option<Arc<SubjectKey>>,
    age_band: Option<AgeBand>,
}

struct Ask {
    row: QuestionToPartyRow,
    entry: NewEntry,
}

impl Work for Ask {
    type Answer = QuestionToPartyRow;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        if tx.open_questions(self.row.entry_idx, &self.row.asker_oin).await? >= OPEN_MAX {
            let sentence = "twenty questions about this entry wait for their answer";
            return Ok(Err(Error::unmet("QUESTIONS_FEW", sentence).into()));
        }
        Ok(Ok(vec![self.entry.clone()]))
    }

    async fn complete(
        &self,
        tx: &mut Tx,
        placed: &mut Placed,
    ) -> store::Result<QuestionToPartyRow> {
        let row = QuestionToPartyRow { idx: place(placed)?, ..self.row.clone() };
        tx.insert_question(&row).await?;
        let notice = NoticeContent::QuestionAsked {
            question_id: row.question_id,
            index: row.entry_idx,
            due_at: row.due_at,
        };
        let asked = std::slice::from_ref(&row.asked_oin);
        leave_notices(tx, asked, (row.idx, row.case_ref.as_ref()), &notice, row.asked_at).await?;
        Ok(row)
    }
}

struct Answer {
    entry: NewEntry,
    row: QuestionToPartyRow,
}

impl Work for Answer {
    type Answer = QuestionToPartyRow;

    /// Takes the answer's place before the lock of the ledger: another gateway that answers finds it taken.
    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        match tx.answer_question(&self.row).await {
            Ok(()) => Ok(Ok(vec![self.entry.clone()])),
            Err(store::Error::Conflict) => {
                let sentence = "the question was answered before";
                Ok(Err(Error::unmet("QUESTION_OPEN", sentence).into()))
            }
            Err(error) => Err(error),
        }
    }

    async fn complete(
        &self,
        tx: &mut Tx,
        placed: &mut Placed,
    ) -> store::Result<QuestionToPartyRow> {
        let idx = place(placed)?;
        tx.place_answer(self.row.question_id, idx).await?;
        Ok(QuestionToPartyRow { answer_idx: Some(idx), ..self.row.clone() })
    }
}

fn place(placed: &Placed) -> store::Result<i64> {
    let corrupt = |_too_large| store::Error::Corrupt { table: "questions", column: "idx" };
    i64::try_from(placed.first()).map_err(corrupt)
}
