//! An export on its way to the caller, in a task of its own.
//!
//! Invariants: at most a few parts wait to be sent; the caller is looked at again before every part, so
//! that a revoked one gets nothing more; a stream that does not end with its manifest ends with an error.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::domain::export::Manifest;
use crate::gateway::Error;
use crate::gateway::exports::{Export, Part};
use crate::grpc::caller::Visitor;
use crate::grpc::convert::moment;
use crate::grpc::layers::Deadline;
use crate::grpc::pb;
use crate::grpc::status;
use crate::grpc::stopping::Stopping;
use pb::export_disclosures_response as response;

/// Parts that wait to be sent.
const PARTS_MAX: usize = 2;
/// A caller that takes nothing for this long is let go.
const STALL_MAX: Duration = Duration::from_mins(1);
/// The longest that an export takes when its caller names no deadline.
const AGE_MAX: Duration = Duration::from_hours(12);

/// What the caller gets.
pub(super) type Messages = ReceiverStream<Result<pb::ExportDisclosuresResponse, Status>>;

/// What an export goes by.
pub(super) struct Surroundings {
    pub(super) visitor: Visitor,
    pub(super) deadline: Option<Deadline>,
    pub(super) stopping: Stopping,
}

/// Sends an export that has begun.
pub(super) fn open(export: Export, surroundings: Surroundings) -> Messages {
    let (to, messages) = mpsc::channel(PARTS_MAX);
    tokio::spawn(async move {
        if let Some(last) = run(export, surroundings, &to).await {
            // When this is not heard, the caller has left.
            let _heard = to.send_timeout(Err(last), STALL_MAX).await.is_ok();
        }
    });
    ReceiverStream::new(messages)
}

/// Why it ended before its end; none when it did not, or nobody listens.
async fn run(
    mut export: Export,
    Surroundings { visitor, deadline, mut stopping }: Surroundings,
    to: &mpsc::Sender<Result<pb::ExportDisclosuresResponse, Status>>,
) -> Option<Status> {
    let until = deadline.map_or_else(|| Instant::now() + AGE_MAX, |Deadline(at)| at);
    loop {
        if let Err(refused) = visitor.admit() {
            return Some(refused);
        }
        let part = tokio::select! {
            biased;
            () = to.closed() => return None,
            () = stopping.stopped() => return Some(Error::Busy.into()),
            () = sleep_until(until) => return Some(status::deadline_exceeded()),
            part = export.next() => part,
        };
        let message = match part {
            Ok(Some(part)) => message(part),
            Ok(None) => return None,
            Err(error) => return Some(error.into()),
        };
        if to.send_timeout(Ok(message), STALL_MAX).await.is_err() {
            return None;
        }
    }
}

fn message(part: Part) -> pb::ExportDisclosuresResponse {
    let part = match part {
        Part::Bytes(bytes) => response::Part::Data(bytes),
        Part::End(manifest) => response::Part::Manifest(self::manifest(&manifest)),
    };
    pb::ExportDisclosuresResponse { part: Some(part) }
}

fn manifest(of: &Manifest) -> pb::ExportManifest {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let period = of.period_from.zip(of.period_until);
    pb::ExportManifest {
        export_id: of.export_id.to_string(),
        format: of.format.number().into(),
        count: number(of.count),
        forgotten_count: number(of.forgotten),
        changed_count: number(of.changed),
        changed_indexes: of.changed_indexes.clone(),
        known_changed_count: number(of.known_changed),
        first_index: of.first_index,
        last_index: of.last_index,
        size_bytes: number(of.bytes),
        sha256: of.sha256.to_vec(),
        tree_size: of.tree_size,
        checkpoint: of.checkpoint.clone(),
        requester_oin: of.requester_oin.to_string(),
        requester_user_id: of.requester_user_id.to_string(),
        purpose: of.purpose.number().into(),
        period: period.map(|(from, until)| pb::Period {
            start_time: Some(moment(from)),
            end_time: Some(moment(until)),
        }),
        made_at: Some(moment(of.made_at)),
    }
}
