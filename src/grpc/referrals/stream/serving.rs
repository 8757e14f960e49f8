//! An open inbox stream: hands over, settles, says that it is alive, drains.
//!
//! One hand-over and one settlement run at a time, side by side, so that their commits are shared.
//! Settlements that have come in are settled together. What has begun is finished, also when the
//! stream ends meanwhile: each runs in a task of its own, because a database connection that is left
//! in the middle of a statement is of no use to whoever gets it next.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tonic::{Status, Streaming};

use crate::domain::id::LeaseToken;
use crate::domain::organisation::Actor;
use crate::domain::referral::Settlement;
use crate::gateway::inbox::settle::{SETTLEMENTS_MAX, Settled};
use crate::gateway::inbox::{InboxReader, Look};
use crate::gateway::{Call, Error, Gateway};
use crate::grpc::caller::Visitor;
use crate::grpc::layers::Deadline;
use crate::grpc::referrals::LOOK_EVERY;
use crate::grpc::stopping::Stopping;
use crate::grpc::watch::RECONNECT_DELAY;
use crate::grpc::{convert, pb, status};
use pb::stream_referrals_request::Frame as Incoming;
use pb::stream_referrals_response::{Frame, Heartbeat};

use super::outstanding::Outstanding;
use super::reading::Reading;
use super::{End, STALL_MAX};

/// After this much silence comes a heartbeat.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(30);
/// After this a stream is drained, so that its connection can end.
const AGE_MAX: Duration = Duration::from_hours(1);
/// How long a drained reader may go on settling what it holds: less than the gateway waits for its
/// streams when it stops.
const DRAIN_MAX: Duration = Duration::from_secs(8);

type Settlements = Vec<(LeaseToken, Settlement)>;
type Handing = JoinHandle<(InboxReader, Result<Look, Error>)>;
type Settling = JoinHandle<Result<Vec<(LeaseToken, Settled)>, Error>>;

/// What ends a stream from our side.
pub(super) struct Ends {
    stopping: Stopping,
    age: Instant,
    deadline: Option<Instant>,
}

impl Ends {
    pub(super) fn new(stopping: Stopping, deadline: Option<Deadline>) -> Self {
        let deadline = deadline.map(|Deadline(at)| at);
        Self { stopping, age: Instant::now() + AGE_MAX, deadline }
    }
}

/// How far a stream is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Referrals go out.
    Open,
    /// The reader was told to reconnect; nothing more goes out, until this moment.
    Draining(Instant),
}

/// An open stream.
pub(super) struct Serving {
    gateway: Gateway,
    visitor: Visitor,
    actor: Actor,
    /// Ours while no hand-over runs.
    inbox: InboxReader,
    outstanding: Outstanding,
    to: mpsc::Sender<Result<pb::StreamReferralsResponse, Status>>,
    heartbeat_at: Instant,
    /// When to look into the inbox, whether the bell rang or not.
    look_at: Instant,
    phase: Phase,
    handing: Option<Handing>,
    settling: Option<Settling>,
    /// How the reader's half broke off, while what it had sent before is being settled.
    broken: Option<Status>,
}

impl Serving {
    pub(super) fn new(
        gateway: Gateway,
        visitor: Visitor,
        reading: Reading,
        inbox: InboxReader,
        to: mpsc::Sender<Result<pb::StreamReferralsResponse, Status>>,
    ) -> Self {
        Self {
            gateway,
            visitor,
            outstanding: Outstanding::new(reading.max_outstanding, reading.max_outstanding_bytes),
            actor: reading.actor,
            inbox,
            to,
            heartbeat_at: Instant::now(),
            look_at: Instant::now(),
            phase: Phase::Open,
            handing: None,
            settling: None,
            broken: None,
        }
    }

    /// Runs until the reader leaves or the stream has to end, and until what has begun is finished:
    /// only then is it known what the stream holds.
    pub(super) async fn run(
        mut self,
        from: Streaming<pb::StreamReferralsRequest>,
        ends: Ends,
    ) -> Result<(), End> {
        let ended = self.serve(from, ends).await;
        // Nobody is left to be told what became of it.
        if let Some(handing) = self.handing.take() {
            drop(handing.await);
        }
        if let Some(settling) = self.settling.take() {
            drop(settling.await);
        }
        ended
    }

    async fn serve(
        &mut self,
        mut from: Streaming<pb::StreamReferralsRequest>,
        mut ends: Ends,
    ) -> Result<(), End> {
        let mut bell = self.gateway.inbox_bell(&self.inbox);
        let to = self.to.clone();
        self.heartbeat().await?;
        loop {
            if self.is_drained() {
                return Ok(());
            }
            if let Some(broken) = self.broken.take_if(|_| self.settling.is_none()) {
                return Err(End::Broken(broken));
            }
            let (open, idle) = (self.phase == Phase::Open, self.handing.is_none());
            // Settlements go before new referrals: they make room for them.
            tokio::select! {
                biased;
                () = to.closed() => return Err(End::Unheard),
                () = ends.stopping.stopped(), if open => self.drain().await?,
                () = sleep_until(ends.age), if open => self.drain().await?,
                () = passed(ends.deadline) => return Err(status::deadline_exceeded().into()),
                () = self.phase.over() => return Ok(()),
                settled = finished(&mut self.settling) => self.settled(settled??).await?,
                message = from.message(), if self.settling.is_none() => {
                    match message.map_err(End::Broken)? {
                        Some(message) => self.settle(message, &mut from)?,
                        None => return Ok(()),
                    }
                }
                handed = finished(&mut self.handing) => {
                    let (inbox, look) = handed?;
                    self.handed(inbox, look?).await?;
                }
                _ = bell.changed() => self.look_at = Instant::now(),
                () = sleep_until(self.look_at), if open && idle => self.look()?,
                () = sleep_until(self.heartbeat_at) => self.heartbeat().await?,
            }
        }
    }

    /// The caller as of now: suspended or revoked, it gets nothing more.
    fn call(&self) -> Result<Call, Status> {
        Ok(self.visitor.admit()?.act(self.actor.clone()))
    }

    /// Starts a hand-over when there is room for one.
    fn look(&mut self) -> Result<(), End> {
        self.look_at = Instant::now() + LOOK_EVERY;
        let call = self.call()?;
        let Some(room) = self.outstanding.room(self.gateway.clock().now()) else {
            return Ok(());
        };
        let (gateway, mut inbox) = (self.gateway.clone(), self.inbox.clone());
        self.handing = Some(tokio::spawn(async move {
            let look = gateway.look_into_inbox(&call, &mut inbox, room, convert::inbox::weight);
            let look = look.await;
            (inbox, look)
        }));
        Ok(())
    }

    async fn handed(&mut self, inbox: InboxReader, look: Look) -> Result<(), End> {
        self.inbox = inbox;
        if look.again {
            self.look_at = Instant::now();
        }
        for referral in &look.received {
            let message = convert::inbox::received(referral);
            self.outstanding.handed_over(referral, convert::inbox::weight(referral));
            self.send(Frame::Referral(message)).await?;
        }
        Ok(())
    }

    /// Starts to settle what has come in.
    fn settle(
        &mut self,
        first: pb::StreamReferralsRequest,
        from: &mut Streaming<pb::StreamReferralsRequest>,
    ) -> Result<(), End> {
        let mut settlements = read_settlements(first)?;
        // What has come in already goes into the same commit.
        while settlements.len() < SETTLEMENTS_MAX {
            match from.next().now_or_never() {
                Some(Some(Ok(message))) => settlements.extend(read_settlements(message)?),
                // What came before the break is settled all the same.
                Some(Some(Err(broken))) => {
                    self.broken = Some(broken);
                    break;
                }
                // An end is seen again by whoever reads next.
                Some(None) | None => break,
            }
        }
        self.outstanding.settling(&settlements);
        let (gateway, call) = (self.gateway.clone(), self.call()?);
        let settling = async move { gateway.settle(&call, settlements).await };
        self.settling = Some(tokio::spawn(settling));
        Ok(())
    }

    async fn settled(&mut self, settled: Vec<(LeaseToken, Settled)>) -> Result<(), End> {
        for (token, settled) in &settled {
            self.outstanding.settled(*token, settled);
        }
        // There is room again.
        self.look_at = Instant::now();
        for (token, settled) in &settled {
            self.send(Frame::Settlement(convert::inbox::settled(*token, settled))).await?;
        }
        Ok(())
    }

    async fn heartbeat(&mut self) -> Result<(), End> {
        let backlog = self.gateway.inbox_backlog(&self.inbox).await?;
        let heartbeat = Heartbeat {
            server_time: Some(convert::moment(self.gateway.clock().now())),
            backlog_count: backlog.waiting,
            oldest_submitted_at: backlog.oldest_at.map(convert::moment),
            overdue_count: backlog.overdue,
            quarantined_count: backlog.quarantined,
        };
        self.send(Frame::Heartbeat(heartbeat)).await
    }

    async fn drain(&mut self) -> Result<(), End> {
        self.phase = Phase::Draining(Instant::now() + DRAIN_MAX);
        let reconnect_delay = Some(convert::duration(RECONNECT_DELAY));
        self.send(Frame::Drain(pb::Drain { reconnect_delay })).await
    }

    /// Whether the stream was drained and nothing is out any more.
    fn is_drained(&mut self) -> bool {
        let now = self.gateway.clock().now();
        self.phase != Phase::Open
            && self.handing.is_none()
            && self.settling.is_none()
            && self.outstanding.is_empty(now)
    }

    async fn send(&mut self, frame: Frame) -> Result<(), End> {
        self.heartbeat_at = Instant::now() + HEARTBEAT_EVERY;
        let message = pb::StreamReferralsResponse { frame: Some(frame) };
        self.to.send_timeout(Ok(message), STALL_MAX).await.or(Err(End::Unheard))
    }
}

impl Phase {
    async fn over(self) {
        match self {
            Self::Open => std::future::pending().await,
            Self::Draining(until) => sleep_until(until).await,
        }
    }
}

fn read_settlements(message: pb::StreamReferralsRequest) -> Result<Settlements, End> {
    let Some(Incoming::Settle(settle)) = message.frame else {
        let description = "every message after the first must be settle";
        return Err(status::malformed("SETTLE_NEXT", description).into());
    };
    let mut reader = convert::Reader::default();
    let field = "settle.settlements";
    let settlements = convert::inbox::settlements(field, settle.settlements, &mut reader);
    Ok(reader.finish(settlements)?)
}

/// The answer of a task that runs, which then runs no more; never, when none does.
async fn finished<T>(running: &mut Option<JoinHandle<T>>) -> Result<T, End> {
    match running {
        Some(task) => {
            let answer = task.await;
            *running = None;
            answer.map_err(|_panic| End::With(status::panicked()))
        }
        None => std::future::pending().await,
    }
}

async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
