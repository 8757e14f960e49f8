//! `StreamReferrals`: referrals out, settlements in, on one stream.
//!
//! Invariants: no more referrals are out than the reader asked for; what waits to be sent is
//! bounded, so a reader that does not read stops us and not our memory; before every hand-over the
//! caller is looked at again. A stream that is lost loses nothing: its leases end, or are taken
//! back by the same client.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::gateway::{Error, Gateway};
use crate::grpc::caller::Visitor;
use crate::grpc::convert;
use crate::grpc::layers::Deadline;
use crate::grpc::stopping::Stopping;
use crate::grpc::{pb, status};
use outstanding::Outstanding;
use pb::stream_referrals_request::Frame as Incoming;
use pb::stream_referrals_response::{Drain, Frame, Heartbeat};
use reading::Reading;

mod outstanding;
mod reading;

use super::LOOK_EVERY;

/// How long a reader may take to say who it is.
const OPEN_MAX: Duration = Duration::from_secs(10);
/// After this much silence comes a heartbeat.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(30);
/// Frames that wait to be sent: a few, so that a lease does not run out in our hands.
const FRAMES_MAX: usize = 16;
/// A reader that takes nothing for this long has lost its first lease and is let go.
const STALL_MAX: Duration = Duration::from_mins(1);
/// After this a stream is drained, so that its connection can end.
const AGE_MAX: Duration = Duration::from_hours(1);
/// How long a drained reader waits before it comes back, so that not all come at once.
const RECONNECT_DELAY: Duration = Duration::from_secs(1);

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
        let serving = AssertUnwindSafe(serve(surroundings, from, to.clone()));
        let last = match serving.catch_unwind().await {
            Ok(Ok(()) | Err(End::Unheard)) => return,
            Ok(Err(End::With(status))) => status,
            Err(_panic) => status::panicked(),
        };
        // When this is not heard, the reader has left.
        let _heard = to.send_timeout(Err(last), STALL_MAX).await.is_ok();
    });
    ReceiverStream::new(frames)
}

async fn serve(
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
    let age = Instant::now() + AGE_MAX;
    let stream = Stream {
        outstanding: Outstanding::new(reading.max_outstanding),
        actor: reading.actor,
        gateway,
        visitor,
        inbox,
        to,
        heartbeat_at: age,
        look_at: Instant::now(),
    };
    stream.run(from, Ends { stopping, age, deadline: deadline.map(|Deadline(at)| at) }).await
}

/// What ends a stream from our side.
struct Ends {
    stopping: Stopping,
    age: Instant,
    deadline: Option<Instant>,
}

struct Stream {
    gateway: Gateway,
    visitor: Visitor,
    actor: crate::domain::organisation::Actor,
    inbox: crate::gateway::inbox::InboxReader,
    outstanding: Outstanding,
    to: mpsc::Sender<Result<pb::StreamReferralsResponse, Status>>,
    heartbeat_at: Instant,
    /// When to look into the inbox, whether the bell rang or not.
    look_at: Instant,
}

impl Stream {
    async fn run(
        mut self,
        mut from: Streaming<pb::StreamReferralsRequest>,
        mut ends: Ends,
    ) -> Result<(), End> {
        let mut bell = self.gateway.inbox_bell(&self.inbox);
        let to = self.to.clone();
        self.heartbeat().await?;
        loop {
            // Settlements go before new referrals: they make room for them.
            tokio::select! {
                biased;
                () = to.closed() => return Ok(()),
                () = ends.stopping.stopped() => return self.drain().await,
                () = sleep_until(ends.age) => return self.drain().await,
                () = passed(ends.deadline) => return Err(status::deadline_exceeded().into()),
                message = from.message() => match message? {
                    Some(message) => self.settle(message).await?,
                    None => return Ok(()),
                },
                _ = bell.changed() => self.look_at = Instant::now(),
                () = sleep_until(self.look_at) => self.hand_over().await?,
                () = sleep_until(self.heartbeat_at) => self.heartbeat().await?,
            }
        }
    }

    /// The caller as of now: suspended or revoked, it gets nothing more.
    fn call(&self) -> Result<crate::gateway::Call, Status> {
        Ok(self.visitor.admit()?.act(self.actor.clone()))
    }

    async fn hand_over(&mut self) -> Result<(), End> {
        self.look_at = Instant::now() + LOOK_EVERY;
        let call = self.call()?;
        let room = self.outstanding.room(self.gateway.clock().now());
        if room == 0 {
            return Ok(());
        }
        let received = self.gateway.receive(&call, &mut self.inbox, room).await?;
        if !received.is_empty() {
            // There may be more than fits into one commit.
            self.look_at = Instant::now();
        }
        for referral in &received {
            self.outstanding.handed_over(referral);
            self.send(Frame::Referral(convert::inbox::received(referral))).await?;
        }
        Ok(())
    }

    async fn settle(&mut self, message: pb::StreamReferralsRequest) -> Result<(), End> {
        let Some(Incoming::Settle(settle)) = message.frame else {
            let description = "every message after the first must be settle";
            return Err(status::malformed("SETTLE_NEXT", description).into());
        };
        let mut reader = convert::Reader::default();
        let field = "settle.settlements";
        let settlements = convert::inbox::settlements(field, settle.settlements, &mut reader);
        let settlements = reader.finish(settlements)?;
        self.outstanding.settling(&settlements);
        let settled = self.gateway.settle(&self.call()?, settlements).await?;
        for (token, settled) in &settled {
            self.outstanding.settled(*token, settled);
            self.send(Frame::Settlement(convert::inbox::settled(*token, settled))).await?;
        }
        // There is room again.
        self.look_at = Instant::now();
        Ok(())
    }

    async fn heartbeat(&mut self) -> Result<(), End> {
        let backlog = self.gateway.inbox_backlog(&self.inbox).await?;
        let heartbeat = Heartbeat {
            server_time: Some(convert::moment(self.gateway.clock().now())),
            backlog_count: backlog.waiting,
            oldest_submitted_at: backlog.oldest_at.map(convert::moment),
        };
        self.send(Frame::Heartbeat(heartbeat)).await
    }

    async fn drain(&mut self) -> Result<(), End> {
        let reconnect_delay = Some(convert::duration(RECONNECT_DELAY));
        self.send(Frame::Drain(Drain { reconnect_delay })).await
    }

    async fn send(&mut self, frame: Frame) -> Result<(), End> {
        self.heartbeat_at = Instant::now() + HEARTBEAT_EVERY;
        let message = pb::StreamReferralsResponse { frame: Some(frame) };
        self.to.send_timeout(Ok(message), STALL_MAX).await.or(Err(End::Unheard))
    }
}

async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
