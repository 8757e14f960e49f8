//! `StreamReferrals`: referrals out, settlements in, on one stream.
//!
//! Invariants: no more referrals and bytes are out than the reader asked for; what waits to be sent
//! is bounded, so a reader that does not read stops us and not our memory; before every hand-over
//! the caller is looked at again. A stream that is lost loses nothing: what it held is let go at
//! once, and the same client takes it back.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::gateway::inbox::{InboxReader, Parting};
use crate::gateway::{Error, Gateway};
use crate::grpc::caller::Visitor;
use crate::grpc::layers::Deadline;
use crate::grpc::stopping::Stopping;
use crate::grpc::{pb, status};
use pb::stream_referrals_request::Frame as Incoming;
use reading::Reading;
use serving::{Ends, Serving};

mod outstanding;
mod reading;
mod serving;

/// How long a reader may take to say who it is.
const OPEN_MAX: Duration = Duration::from_secs(10);
/// Frames that wait to be sent: a few, so that a lease does not run out in our hands.
const FRAMES_MAX: usize = 16;
/// A reader that takes nothing for this long has lost its first lease and is let go.
const STALL_MAX: Duration = Duration::from_mins(1);

/// What the reader gets.
pub(super) type Frames = ReceiverStream<Result<pb::StreamReferralsResponse, Status>>;

/// What the stream goes by, besides the reader's frames.
pub(super) struct Surroundings {
    pub(super) gateway: Gateway,
    pub(super) visitor: Visitor,
    pub(super) deadline: Option<Deadline>,
    pub(super) stopping: Stopping,
}

/// Why a stream ends before its reader ends it.
enum End {
    /// Nobody listens any more.
    Unheard,
    /// The reader's half broke off.
    Broken(Status),
    /// With this status.
    With(Status),
}

impl From<Status> for End {
    fn from(status: Status) -> Self {
        Self::With(status)
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::With(error.into())
    }
}

/// Serves a stream in a task of its own.
pub(super) fn open(
    surroundings: Surroundings,
    from: Streaming<pb::StreamReferralsRequest>,
) -> Frames {
    let (to, frames) = mpsc::channel(FRAMES_MAX);
    tokio::spawn(async move {
        let last = match begin(surroundings, from, to.clone()).await {
            Ok(()) | Err(End::Unheard) => return,
            Err(End::With(status) | End::Broken(status)) => status,
        };
        // When this is not heard, the reader has left.
        let _heard = to.send_timeout(Err(last), STALL_MAX).await.is_ok();
    });
    ReceiverStream::new(frames)
}

async fn begin(
    surroundings: Surroundings,
    mut from: Streaming<pb::StreamReferralsRequest>,
    to: mpsc::Sender<Result<pb::StreamReferralsResponse, Status>>,
) -> Result<(), End> {
    let Surroundings { gateway, visitor, deadline, stopping } = surroundings;
    let first = timeout(OPEN_MAX, from.message()).await.or(Err(status::deadline_exceeded()))??;
    let Some(Incoming::Open(open)) = first.and_then(|message| message.frame) else {
        return Err(status::malformed("OPEN_FIRST", "the first message must be open").into());
    };
    let reading = Reading::read(open)?;
    let call = visitor.admit()?.act(reading.actor.clone());
    let inbox = reading.open(&gateway, &call).await?;
    let serving = Serving::new(gateway.clone(), visitor, reading, inbox.clone(), to);
    let serving = serving.run(from, Ends::new(stopping, deadline));
    let ended = AssertUnwindSafe(serving).catch_unwind().await;
    let ended = ended.unwrap_or_else(|_panic| Err(End::With(status::panicked())));
    let_go(&gateway, &inbox, &ended).await;
    ended
}

/// Lets go of what the stream held, however it ended.
async fn let_go(gateway: &Gateway, inbox: &InboxReader, ended: &Result<(), End>) {
    let parting = match ended {
        Err(End::Unheard | End::Broken(_)) => Parting::Lost,
        // The reader closed it, or it was us: revoked, drained, out of time.
        Ok(()) | Err(End::With(_)) => Parting::InOrder,
    };
    if let Err(error) = gateway.leave_inbox(inbox, parting).await {
        // Then the leases end by themselves.
        tracing::warn!(event = "inbox.not_left", %error);
    }
}
