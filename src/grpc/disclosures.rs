//! `DisclosureService`: look into the ledger, and prove.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::caller::Door;
use super::convert::{Reader, decision, disclosure};
use super::page::{self, List, Query};
use super::pb;
use super::stopping::Stopping;
use crate::gateway::disclosures::PageStart;
use crate::gateway::exports::ExportDraft;
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
        let caller = self.door.admit(request.extensions())?;
        let message = request.into_inner();
        let mut reader = Reader::default();
        let actor = reader.actor("actor", message.actor);
        let call = caller.act(reader.finish(actor)?);
        let (looked, entry) =
            self.door.gateway().disclosure(&call, message.purpose, message.index).await?;
        Ok(Response::new(pb::GetDisclosureResponse {
            disclosure: Some(disclosure::disclosure(&looked)),
            entry: Some(decision::ledger_receipt(&entry)),
        }))
    }

    async fn list_disclosures(
        &self,
        request: Request<pb::ListDisclosuresRequest>,
    ) -> Result<Response<pb::ListDisclosuresResponse>, Status> {
        let caller = self.door.admit(request.extensions())?;
        let message = request.into_inner();
        let conditions = conditions(&message);
        let mut reader = Reader::default();
        let actor = reader.actor("actor", message.actor);
        let size = page::size(message.page_size, &mut reader);
        let search = disclosure::search(message.purpose, message.filter, &mut reader);
        let actor = reader.finish(actor)?;
        let query = Query::new(List::Disclosures, caller.oin(), &conditions);
        let start = query.position(&message.page_token, page_start)?;
        let call = caller.act(actor);
        let found = self.door.gateway().search_disclosures(&call, search, start, size).await?;
        let next = found.next_after.map(|after| [after, found.tree_size]);
        Ok(Response::new(pb::ListDisclosuresResponse {
            disclosures: found.entries.iter().map(disclosure::disclosure).collect(),
            next_page_token: next.map_or_else(String::new, |next| {
                query.token(next.map(i64::to_be_bytes).as_flattened())
            }),
            tree_size: found.tree_size,
            total_count: i64::try_from(found.tally.total).unwrap_or(i64::MAX),
        }))
    }

    async fn export_disclosures(
        &self,
        request: Request<pb::ExportDisclosuresRequest>,
    ) -> Result<Response<export::Messages>, Status> {
        let caller = self.door.admit(request.extensions())?;
        let visitor = self.door.visitor(request.extensions())?;
        let deadline = request.extensions().get().copied();
        let message = request.into_inner();
        let mut reader = Reader::default();
        let actor = reader.actor("actor", message.actor);
        let search = disclosure::search(message.purpose, message.filter, &mut reader);
        let tree_size = reader.not_negative("tree_size", message.tree_size);
        let (actor, tree_size) = reader.finish(actor.zip(tree_size))?;
        let tree_size = latest_when_zero(tree_size).map(signed);
        let draft = ExportDraft { format: message.format, search, tree_size };
        let export = self.door.gateway().export_disclosures(&caller.act(actor), draft).await?;
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
    let filter = message.filter.clone();
    pb::ListDisclosuresRequest { purpose: message.purpose, filter, ..Default::default() }
        .encode_to_vec()
}

fn page_start(position: &[u8]) -> Option<PageStart> {
    let (after, tree_size) = position.split_first_chunk()?;
    let (after, tree_size) = (i64::from_be_bytes(*after), tree_size.try_into().ok()?);
    Some(PageStart { after, tree_size: i64::from_be_bytes(tree_size) })
}

fn latest_when_zero(size: u64) -> Option<u64> {
    Some(size).filter(|size| *size > 0)
}

fn hashes(of: &[Hash]) -> Vec<Vec<u8>> {
    of.iter().map(|hash| hash.as_bytes().to_vec()).collect()
}

/// A size as protobuf has it.
fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
