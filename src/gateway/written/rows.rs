//! What each kind of row with words is called: by its id and every column that is known when it is written.

use crate::store::{
    InformationRow, QuestionToPartyRow, RaisedSignalRow, SampleJudgementRow, SignalEndingRow,
    VoteRow,
};

use super::{RowName, WrittenRow};

impl WrittenRow for SampleJudgementRow {
    const TABLE: &'static str = "sample_judgements";

    fn name(&self) -> RowName {
        RowName::of(self.group_id.as_bytes())
            .number(self.judged_idx)
            .part(self.oin.as_str().as_bytes())
            .part(self.user_id.as_str().as_bytes())
            .number(self.verdict.number().into())
            .number(self.judged_at.as_micros())
            .maybe(self.subject.as_ref().map(|one| one.as_bytes().as_slice()))
    }

    fn sealed(&self) -> &[u8] {
        &self.content
    }

    fn unread(&self) -> &[&'static str] {
        &self.unread
    }

    fn is_about_somebody(&self) -> bool {
        self.subject.is_some()
    }
}

/// The question.
impl WrittenRow for QuestionToPartyRow {
    const TABLE: &'static str = "questions";

    fn name(&self) -> RowName {
        RowName::of(self.question_id.as_bytes())
            .number(self.entry_idx)
            .maybe(self.case_ref.as_ref().map(|one| one.as_str().as_bytes()))
            .maybe(self.subject.as_ref().map(|one| one.as_bytes().as_slice()))
            .part(self.asker_oin.as_str().as_bytes())
            .part(self.asker_user_id.as_str().as_bytes())
            .part(self.asked_oin.as_str().as_bytes())
            .number(self.asked_at.as_micros())
            .number(self.due_at.as_micros())
    }

    fn sealed(&self) -> &[u8] {
        &self.content
    }

    fn unread(&self) -> &[&'static str] {
        &self.unread
    }

    fn is_about_somebody(&self) -> bool {
        self.subject.is_some()
    }
}

/// The answer of a question: it stands or falls with what was asked.
pub(in crate::gateway) struct AnswerOf<'a>(pub(in crate::gateway) &'a QuestionToPartyRow);

impl WrittenRow for AnswerOf<'_> {
    const TABLE: &'static str = "question_answers";

    fn name(&self) -> RowName {
        let row = self.0;
        let at = row.answered_at.map(|at| at.as_micros().to_be_bytes());
        row.name()
            .maybe(row.answer_user_id.as_ref().map(|one| one.as_str().as_bytes()))
            .maybe(at.as_ref().map(<[u8; 8]>::as_slice))
    }

    fn sealed(&self) -> &[u8] {
        self.0.answer.as_deref().unwrap_or_default()
    }

    fn unread(&self) -> &[&'static str] {
        &self.0.unread
    }

    fn is_about_somebody(&self) -> bool {
        self.0.is_about_somebody()
    }
}

impl WrittenRow for RaisedSignalRow {
    const TABLE: &'static str = "raised_signals";

    fn name(&self) -> RowName {
        RowName::of(self.signal_id.as_bytes())
            .part(self.oin.as_str().as_bytes())
            .part(self.user_id.as_str().as_bytes())
    }

    fn sealed(&self) -> &[u8] {
        &self.content
    }

    fn unread(&self) -> &[&'static str] {
        &self.unread
    }
}

impl WrittenRow for SignalEndingRow {
    const TABLE: &'static str = "signal_endings";

    fn name(&self) -> RowName {
        RowName::of(self.signal_id.as_bytes())
            .number(self.state.number().into())
            .part(self.oin.as_str().as_bytes())
            .part(self.user_id.as_str().as_bytes())
            .number(self.ended_at.as_micros())
    }

    fn sealed(&self) -> &[u8] {
        &self.content
    }

    fn unread(&self) -> &[&'static str] {
        &self.unread
    }
}

impl WrittenRow for VoteRow {
    const TABLE: &'static str = "review_votes";

    fn name(&self) -> RowName {
        RowName::of(self.review_id.as_bytes())
            .number(self.position)
            .number(self.seat)
            .part(self.oin.as_str().as_bytes())
            .part(self.user_id.as_str().as_bytes())
            .number(self.verdict)
            .number(self.voted_at.as_micros())
    }

    fn sealed(&self) -> &[u8] {
        &self.content
    }

    fn unread(&self) -> &[&'static str] {
        &self.unread
    }
}

impl WrittenRow for InformationRow {
    const TABLE: &'static str = "review_information";

    fn name(&self) -> RowName {
        RowName::of(self.review_id.as_bytes())
            .number(self.position)
            .number(self.after_votes)
            .part(self.oin.as_str().as_bytes())
            .part(self.user_id.as_str().as_bytes())
            .number(self.given_at.as_micros())
    }

    fn sealed(&self) -> &[u8] {
        &self.content
    }

    fn unread(&self) -> &[&'static str] {
        &self.unread
    }
}
