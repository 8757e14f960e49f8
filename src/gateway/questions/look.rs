//! Questions to organisations, for who asked and who was asked. That somebody looked is in the ledger first.

use crate::domain::event::DenialReason;
use crate::domain::id::{Oin, QuestionId};
use crate::domain::look::Look;
use crate::domain::organisation::UserRole;
use crate::domain::purpose::Purpose;
use crate::domain::question::QuestionState;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::disclosures::visible_to;
use crate::gateway::error::Result;
use crate::gateway::questions::QuestionPage;
use crate::gateway::written::{self, AnswerOf, Written};
use crate::store::{QuestionQuery, QuestionToPartyRow};

/// Questions in one page.
pub const PAGE_MAX: u32 = 500;

/// Which questions are wanted, the newest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct QuestionFilter {
    /// Number of the state; 0: all.
    pub state: i32,
    /// Before this place in the list.
    pub before: Option<(Timestamp, QuestionId)>,
}

/// A question, opened.
#[derive(Clone, PartialEq, Eq)]
pub struct QuestionView {
    /// As stored.
    pub row: QuestionToPartyRow,
    /// Where it stands.
    pub state: QuestionState,
    /// What was asked.
    pub question: Written,
    /// What was answered; none when nothing was.
    pub answer: Option<Written>,
}

/// The words are about somebody.
impl std::fmt::Debug for QuestionView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "QuestionView({} {})", self.row.question_id, self.state)
    }
}

impl Gateway {
    /// Questions that the caller's organisation asked, for its officers, and that it was asked, for its
    /// systems too; the office of the region sees all.
    pub async fn questions(
        &self,
        call: &Call,
        filter: QuestionFilter,
        limit: u32,
    ) -> Result<QuestionPage> {
        if !matches!(call.actor.role, UserRole::PrivacyOfficer | UserRole::System) {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        let state = u16::try_from(filter.state).ok().and_then(QuestionState::from_number);
        let mut violations = Violations::new();
        let words = "must be one of the codes of this field";
        let is_code = filter.state == 0 || state.is_some();
        violations.require(is_code, "state", "UNKNOWN_CODE", words);
        violations.into_result(())?;
        let purpose = call.purpose_or(Purpose::PrivacyReview);
        self.log_look(call, format!("{filter:?}").as_bytes(), (Look::Questions, purpose)).await?;
        // What officers ask others is for officers.
        let is_system = call.actor.role == UserRole::System;
        let query = QuestionQuery {
            party: if is_system { Some(call.oin().clone()) } else { visible_to(call) },
            asked_only: is_system,
            state,
            now: call.now(),
            before: filter.before,
        };
        self.page_of_questions(call, query, limit.clamp(1, PAGE_MAX)).await
    }

    /// Questions about an entry that the officer was shown, the oldest first. Part of that look.
    pub async fn questions_about(&self, call: &Call, index: i64) -> Result<Vec<QuestionView>> {
        let party = visible_to(call);
        let rows = self.db().read().await?.questions_of_entry(index, party.as_ref()).await?;
        self.opened_questions(call, rows).await
    }

    pub(super) async fn opened_questions(
        &self,
        call: &Call,
        rows: Vec<QuestionToPartyRow>,
    ) -> Result<Vec<QuestionView>> {
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let key = self.words_key(&row).await?;
            let places = [row.entry_idx];
            let about = (row.subject, places.as_slice());
            let question = self.open_written(&row, key.as_ref(), about).await?;
            let is_answered = row.answer.is_some() || row.answered_at.is_some();
            let answer = is_answered.then(|| match &question {
                Written::Changed => Written::Changed,
                Written::Words(_) | Written::Forgotten => {
                    written::open(&AnswerOf(&row), key.as_ref())
                }
            });
            let state = QuestionState::at(call.now(), row.due_at, row.answered_at);
            let state = state.readable(key.is_some());
            found.push(QuestionView { row, state, question, answer });
        }
        Ok(found)
    }

    /// How many questions of or to an organisation wait in time, and how many are late. A question about
    /// somebody who was forgotten waits for nothing: nobody can read or answer it.
    pub(in crate::gateway) async fn waiting_questions(
        &self,
        party: Option<&Oin>,
        now: Timestamp,
    ) -> Result<(u64, u64)> {
        let waiting = self.db().read().await?.waiting_questions(party, now).await?;
        self.keys().expect(waiting.iter().filter_map(|(person, ..)| *person)).await?;
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        let mut counts = (0_u64, 0_u64);
        for (person, open, late) in waiting {
            let is_readable = match person {
                Some(person) => self.keys().subject(person).await?.is_some(),
                None => true,
            };
            if is_readable {
                counts = (counts.0 + number(open), counts.1 + number(late));
            }
        }
        Ok(counts)
    }
}
