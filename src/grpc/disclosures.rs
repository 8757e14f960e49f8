//! `DisclosureService`: look into the ledger, and prove.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::{
    Reader, deadline, decision, disclosure, moment, question, surroundings, tally,
};
use super::kept::Kept;
use super::page::{self, List, Query};
use super::pb;
use super::stopping::Stopping;
use crate::domain::id::QuestionId;
use crate::domain::organisation::Actor;
use crate::gateway::Error;
use crate::gateway::disclosures::{PageStart, SearchDraft};
use crate::gateway::exports::ExportDraft;
use crate::gateway::proofs::Signed;
use crate::gateway::questions::{Answering, Asking, QuestionFilter};
use crate::ledger::hash::Hash;

mod export;

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Service {
    door: Door,
    stopping: Stopping,
}

impl Service {
    pub(super) fn new(door: Door, stopping: Stopping) -> Self {
        Self { door, stopping }
    }
}

#[tonic::async_trait]
impl pb::services::disclosure_service_server::DisclosureService for Service {
    type ExportDisclosuresStream = export::Messages;

    async fn get_disclosure(
        &self,
        request: Request<pb::GetDisclosureRequest>,
    ) -> Result<Response<pb::GetDisclosureResponse>, Status> {
        let (message, reader, heard) = self.door.hear(request)?;
        let (call, ()) = heard.finish(reader, Some(()))?;
        let gateway = self.door.gateway();
        let (looked, entry) = gateway.disclosure(&call, message.purpose, message.index).await?;
        let (around, other) = if message.with_surroundings {
            // A list tells its own neighbours; there is no search to go on in here.
            let around = gateway.surroundings(&call, &looked, SearchDraft::default()).await?;
            (Some(around), gateway.other_side(&call, &looked).await?)
        } else {
            (None, None)
        };
        Ok(Response::new(pb::GetDisclosureResponse {
            disclosure: Some(disclosure::disclosure(&looked)),
            entry: Some(decision::ledger_receipt(&entry)),
            surroundings: around.as_ref().map(surroundings::surroundings),
            other_side: other.as_ref().map(surroundings::other_side),
        }))
    }

    async fn ask_organisation(
        &self,
        request: Request<pb::AskOrganisationRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let asked = reader.text("asked_oin", &message.asked_oin);
        let words = reader.text("question", &message.question);
        let (call, request, (asked, question)) = act.finish(reader, asked.zip(words))?;
        let asking = Asking { index: message.index, asked, question };
        let gateway = self.door.gateway();
        let answer = gateway.ask_organisation(&call, &request, asking, question::asked).await?;
        Ok(Response::new(answer.into()))
    }

    async fn list_questions(
        &self,
        request: Request<pb::ListQuestionsRequest>,
    ) -> Result<Response<pb::ListQuestionsResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let size = page::size(message.page_size, &mut reader);
        let (call, ()) = heard.finish(reader, Some(()))?;
        // A system and an officer are not told the same.
        let conditions = [message.state.to_be_bytes(), actor_role(call.actor())].concat();
        let query = Query::new(List::Questions, call.oin(), &conditions);
        let before = query.position(&message.page_token, page::placed)?;
        let before = before.map(|(at, id)| (at, QuestionId::from_bytes(id)));
        let filter = QuestionFilter { state: message.state, before };
        let found = self.door.gateway().questions(&call, filter, size).await?;
        let next_page_token = found
            .next
            .map_or_else(String::new, |(at, id)| query.token(&page::place(at, id.as_bytes())));
        let questions = found.questions.into_iter().map(question::question).collect();
        Ok(Response::new(pb::ListQuestionsResponse { questions, next_page_token }))
    }

    async fn answer_question(
        &self,
        request: Request<pb::AnswerQuestionRequest>,
    ) -> Result<Response<Kept>, Status> {
        let (message, mut reader, act) = self.door.act(request)?;
        let id = reader.text("question_id", &message.question_id);
        let words = reader.text("answer", &message.answer);
        let (call, request, (question_id, answer)) = act.finish(reader, id.zip(words))?;
        let answering = Answering { question_id, answer };
        let gateway = self.door.gateway();
        let answer =
            gateway.answer_question(&call, &request, answering, question::answered).await?;
        Ok(Response::new(answer.into()))
    }

    async fn list_disclosures(
        &self,
        request: Request<pb::ListDisclosuresRequest>,
    ) -> Result<Response<pb::ListDisclosuresResponse>, Status> {
        let (message, mut reader, heard) = self.door.hear(request)?;
        let conditions = conditions(&message);
        let size = page::size(message.page_size, &mut reader);
        let newest_first = message.newest_first;
        let search = disclosure::search(message.purpose, message.filter, &mut reader);
        let search = SearchDraft { newest_first, ..search };
        let tree_size = reader.not_negative("tree_size", message.tree_size);
        let (call, tree_size) = heard.finish(reader, tree_size)?;
        let query = Query::new(List::Disclosures, call.oin(), &conditions);
        let start = query.position(&message.page_token, page::start)?;
        let first =
            latest_when_zero(tree_size).map(|size| PageStart::first(signed(size), newest_first));
        let found =
            self.door.gateway().search_disclosures(&call, search, start.or(first), size).await?;
        Ok(Response::new(pb::ListDisclosuresResponse {
            disclosures: found.entries.iter().map(disclosure::disclosure).collect(),
            next_page_token: page::next(query, found.next_after, found.tree_size),
            tree_size: found.tree_size,
            total_count: i64::try_from(found.tally.total).unwrap_or(i64::MAX),
            tally: message.with_tally.then(|| tally::tally(&found.tally)),
            cut: !found.is_whole,
        }))
    }

    async fn export_disclosures(
        &self,
        request: Request<pb::ExportDisclosuresRequest>,
    ) -> Result<Response<export::Messages>, Status> {
        let visitor = self.door.visitor(request.extensions())?;
        let deadline = request.extensions().get().copied();
        let (message, mut reader, heard) = self.door.hear(request)?;
        let search = disclosure::search(message.purpose, message.filter, &mut reader);
        let tree_size = reader.not_negative("tree_size", message.tree_size);
        let (call, tree_size) = heard.finish(reader, tree_size)?;
        let tree_size = latest_when_zero(tree_size).map(signed);
        let draft = ExportDraft { format: message.format, search, tree_size };
        let export = self.door.gateway().export_disclosures(&call, draft).await?;
        let surroundings =
            export::Surroundings { visitor, deadline, stopping: self.stopping.clone() };
        Ok(Response::new(export::open(export, surroundings)))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<pb::GetInclusionProofRequest>,
    ) -> Result<Response<pb::GetInclusionProofResponse>, Status> {
        self.door.admit(request.extensions())?;
        let message = request.into_inner();
        let mut reader = Reader::default();
        let index = reader.not_negative("index", message.index);
        let size = reader.not_negative("tree_size", message.tree_size);
        let (index, size) = reader.finish(index.zip(size))?;
        let proven = self.door.gateway().proven(index, latest_when_zero(size)).await?;
        Ok(Response::new(pb::GetInclusionProofResponse {
            leaf_hash: proven.leaf.as_bytes().to_vec(),
            hashes: hashes(&proven.hashes),
            tree_size: signed(proven.tree_size),
            root_hash: proven.root.as_bytes().to_vec(),
            tlog_proof: proven.tlog_proof.unwrap_or_default(),
        }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<pb::GetConsistencyProofRequest>,
    ) -> Result<Response<pb::GetConsistencyProofResponse>, Status> {
        self.door.admit(request.extensions())?;
        let message = request.into_inner();
        let mut reader = Reader::default();
        let first = reader.not_negative("first_tree_size", message.first_tree_size);
        let second = reader.not_negative("second_tree_size", message.second_tree_size);
        let (first, second) = reader.finish(first.zip(second))?;
        let extended = self.door.gateway().extended(first, latest_when_zero(second)).await?;
        Ok(Response::new(pb::GetConsistencyProofResponse {
            hashes: hashes(&extended.hashes),
            second_tree_size: signed(extended.size),
            second_root_hash: extended.root.as_bytes().to_vec(),
        }))
    }

    async fn get_completeness_proof(
        &self,
        request: Request<pb::GetCompletenessProofRequest>,
    ) -> Result<Response<pb::GetCompletenessProofResponse>, Status> {
        self.door.admit(request.extensions())?;
        let mut reader = Reader::default();
        let from = deadline::moment_given("from_time", request.into_inner().from_time, &mut reader);
        let from = reader.finish(from)?;
        // Nothing is signed yet: as for the checkpoint.
        let proven = self.door.gateway().completeness(from).await?.ok_or_else(Error::hidden)?;
        Ok(Response::new(pb::GetCompletenessProofResponse {
            before: proven.before.as_ref().map(state),
            now: Some(state(&proven.now)),
            hashes: hashes(&proven.hashes),
        }))
    }

    async fn get_checkpoint(
        &self,
        request: Request<pb::GetCheckpointRequest>,
    ) -> Result<Response<pb::GetCheckpointResponse>, Status> {
        self.door.admit(request.extensions())?;
        let gateway = self.door.gateway();
        let latest = if request.get_ref().witnessed {
            gateway.witnessed_checkpoint().await?
        } else {
            gateway.latest_checkpoint().await?
        };
        Ok(Response::new(pb::GetCheckpointResponse {
            checkpoint: latest.note,
            tree_size: signed(latest.size),
            root_hash: latest.root.as_bytes().to_vec(),
        }))
    }
}

/// What a search looks for: everything but who looks and which page.
fn conditions(message: &pb::ListDisclosuresRequest) -> Vec<u8> {
    pb::ListDisclosuresRequest {
        purpose: message.purpose,
        filter: message.filter.clone(),
        tree_size: message.tree_size,
        newest_first: message.newest_first,
        ..Default::default()
    }
    .encode_to_vec()
}

fn latest_when_zero(size: u64) -> Option<u64> {
    Some(size).filter(|size| *size > 0)
}

fn state(of: &Signed) -> pb::SignedState {
    pb::SignedState {
        checkpoint: of.note.clone(),
        tree_size: signed(of.size),
        root_hash: of.root.as_bytes().to_vec(),
        signed_at: Some(moment(of.signed_at)),
    }
}

fn hashes(of: &[Hash]) -> Vec<Vec<u8>> {
    of.iter().map(|hash| hash.as_bytes().to_vec()).collect()
}

/// A size as protobuf has it.
fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn actor_role(of: &Actor) -> [u8; 4] {
    u32::from(of.role.number()).to_be_bytes()
}
