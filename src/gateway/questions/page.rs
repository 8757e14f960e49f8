//! A page of questions. Whether somebody was forgotten only the keys tell, so of a state that depends on it
//! questions are read on until there are enough.

use super::look::QuestionView;
use crate::domain::id::{Pseudonym, QuestionId};
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::error::Result;
use crate::store::{QuestionQuery, QuestionToPartyRow};

/// How often it is read on for one page.
const READS_MAX: u32 = 20;
/// How many questions are read at least at a time, for a page of few.
const READ_MIN: u32 = 50;

/// Questions, the newest first.
#[derive(Debug, Default)]
pub struct QuestionPage {
    /// Those that stand where they are wanted.
    pub questions: Vec<QuestionView>,
    /// Where the next page begins, when there may be more; also of a page that is empty.
    pub next: Option<(Timestamp, QuestionId)>,
}

impl Gateway {
    /// The first of these questions, at most `limit`.
    pub(super) async fn page_of_questions(
        &self,
        call: &Call,
        mut query: QuestionQuery,
        limit: u32,
    ) -> Result<QuestionPage> {
        let wanted = query.state;
        let batch = limit.max(READ_MIN);
        let mut page = QuestionPage::default();
        for _ in 0..READS_MAX {
            let rows = self.db().read().await?.questions(&query, batch).await?;
            let is_last = u32::try_from(rows.len()).is_ok_and(|read| read < batch);
            self.keys().expect(rows.iter().filter_map(person)).await?;
            for row in rows {
                query.before = Some((row.asked_at, row.question_id));
                let opened = self.opened_questions(call, vec![row]).await?;
                let stands = |one: &QuestionView| wanted.is_none_or(|wanted| wanted == one.state);
                page.questions.extend(opened.into_iter().filter(stands));
                if u32::try_from(page.questions.len()).is_ok_and(|found| found >= limit) {
                    return Ok(QuestionPage { next: query.before, ..page });
                }
            }
            if is_last {
                return Ok(page);
            }
        }
        Ok(QuestionPage { next: query.before, ..page })
    }
}

fn person(of: &QuestionToPartyRow) -> Option<Pseudonym> {
    of.subject
}
