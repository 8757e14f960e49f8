//! Questions to organisations.

use prost::Message as _;

use crate::gateway::questions::{QuestionToPartyRow, QuestionView};
use crate::gateway::written::Written;
use crate::grpc::convert::moment;
use crate::grpc::pb;

/// The answer to `AskOrganisation`.
pub(in crate::grpc) fn asked(of: &QuestionToPartyRow) -> Vec<u8> {
    pb::AskOrganisationResponse {
        question_id: of.question_id.to_string(),
        ask_time: Some(moment(of.asked_at)),
        due_time: Some(moment(of.due_at)),
        question_index: of.idx,
    }
    .encode_to_vec()
}

/// The answer to `AnswerQuestion`.
pub(in crate::grpc) fn answered(of: &QuestionToPartyRow) -> Vec<u8> {
    pb::AnswerQuestionResponse {
        question_id: of.question_id.to_string(),
        answer_time: of.answered_at.map(moment),
        answer_index: of.answer_idx.unwrap_or_default(),
    }
    .encode_to_vec()
}

/// A question.
pub(in crate::grpc) fn question(of: QuestionView) -> pb::DisclosureQuestion {
    let (row, answer) = (of.row, of.answer.as_ref());
    pb::DisclosureQuestion {
        question_id: row.question_id.to_string(),
        index: row.entry_idx,
        case_ref: row.case_ref.map(|case_ref| case_ref.to_string()).unwrap_or_default(),
        asker_oin: row.asker_oin.to_string(),
        asker_user_id: row.asker_user_id.to_string(),
        asked_oin: row.asked_oin.to_string(),
        question: of.question.words().unwrap_or_default().to_owned(),
        ask_time: Some(moment(row.asked_at)),
        due_time: Some(moment(row.due_at)),
        question_index: row.idx,
        state: of.state.number().into(),
        answer: answer.and_then(Written::words).unwrap_or_default().to_owned(),
        answer_user_id: row.answer_user_id.map(|user| user.to_string()).unwrap_or_default(),
        answer_time: row.answered_at.map(moment),
        answer_index: row.answer_idx.unwrap_or_default(),
        changed: of.question.is_changed(),
        answer_changed: answer.is_some_and(Written::is_changed),
    }
}
