//! Watch streams: what is new for a caller, with a token to resume from on every message.
//!
//! Invariants: a token stands for a place in the order of the ledger and for nothing that its holder
//! does not know; what waits to be sent is bounded; the caller is looked at again before every
//! read, so that a revoked one gets nothing more.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::caller::Visitor;
use super::layers::Deadline;
use super::page::{List, Query};
use super::status;
use super::stopping::Stopping;
use crate::domain::time::Timestamp;
use crate::gateway::watching::BEFORE_ALL;
use crate::gateway::{Caller, Error, Gateway};

/// A watch looks this often without being told to: for what happened at another replica.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// After this much silence comes a heartbeat.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(30);
/// Messages that wait to be sent.
const MESSAGES_MAX: usize = 64;
/// A watcher that takes nothing for this long is let go; it resumes where it was.
const STALL_MAX: Duration = Duration::from_mins(1);
/// After this a watch is drained, so that its connection can end.
const AGE_MAX: Duration = Duration::from_hours(1);
/// How long a drained watcher waits before it comes back, so that not all come at once.
pub(super) const RECONNECT_DELAY: Duration = Duration::from_secs(1);

/// What is sent on a watch.
pub(super) enum Frame<T> {
    /// Something new.
    News(T),
    /// A sign of life.
    Heartbeat(Timestamp),
    /// About to close.
    Drain,
}

/// What stands in a list after a place, with places, in their order.
pub(super) type Page<T> = Result<Vec<(i64, T)>, Error>;

/// A list that can be watched.
pub(super) trait Feed: Send + Sync + 'static {
    /// What is in the list.
    type News: Send;
    /// A message of the stream.
    type Message: Send + 'static;
    /// Which list it is, for its tokens.
    const LIST: List;

    /// A page of the list.
    fn after(
        gateway: &Gateway,
        caller: &Caller,
        place: i64,
    ) -> impl Future<Output = Page<Self::News>> + Send;

    /// The place of what is last in the list.
    fn last(gateway: &Gateway, caller: &Caller) -> impl Future<Output = Result<i64, Error>> + Send;

    /// A message with the token to resume after it.
    fn message(frame: Frame<Self::News>, resume_token: String) -> Self::Message;
}

/// Where a watcher begins.
pub(super) struct Begin {
    pub(super) resume_token: String,
    pub(super) from_now: bool,
}

/// What a watch goes by.
pub(super) struct Surroundings {
    pub(super) gateway: Gateway,
    pub(super) visitor: Visitor,
    pub(super) deadline: Option<Deadline>,
    pub(super) stopping: Stopping,
}

/// What the watcher gets.
pub(super) type Messages<M> = ReceiverStream<Result<M, Status>>;

/// Serves a watch in a task of its own.
pub(super) async fn open<F: Feed>(
    surroundings: Surroundings,
    begin: Begin,
) -> Result<Messages<F::Message>, Status> {
    let Surroundings { gateway, visitor, deadline, stopping } = surroundings;
    let caller = visitor.admit()?;
    let query = Query::new(F::LIST, caller.oin(), b"watch");
    let resumed = query.position(&begin.resume_token, place)?;
    let place = match resumed {
        Some(place) => place,
        None if begin.from_now => F::last(&gateway, &caller).await?,
        None => BEFORE_ALL,
    };
    let (to, messages) = mpsc::channel(MESSAGES_MAX);
    let watch = Watch::<F> { gateway, visitor, query, place, to };
    tokio::spawn(async move {
        let to = watch.to.clone();
        if let Err(End::With(last)) = watch.run(stopping, deadline).await {
            // When this is not heard, the watcher has left.
            let _heard = to.send_timeout(Err(last), STALL_MAX).await.is_ok();
        }
    });
    Ok(ReceiverStream::new(messages))
}

fn place(position: &[u8]) -> Option<i64> {
    Some(i64::from_be_bytes(position.try_into().ok()?)).filter(|place| *place >= BEFORE_ALL)
}

/// Why a watch ends before its watcher ends it.
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

struct Watch<F: Feed> {
    gateway: Gateway,
    visitor: Visitor,
    query: Query,
    /// Everything up to here was sent.
    place: i64,
    to: mpsc::Sender<Result<F::Message, Status>>,
}

impl<F: Feed> Watch<F> {
    async fn run(mut self, mut stopping: Stopping, deadline: Option<Deadline>) -> Result<(), End> {
        let mut bell = self.gateway.watch_bell(&self.visitor.admit()?);
        let age = Instant::now() + AGE_MAX;
        let ends = deadline.map(|Deadline(at)| at);
        let to = self.to.clone();
        let mut heartbeat_at = Instant::now();
        let mut look_at = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = to.closed() => return Ok(()),
                () = stopping.stopped() => return self.send(Frame::Drain).await,
                () = sleep_until(age) => return self.send(Frame::Drain).await,
                () = sleep_until(ends.unwrap_or(age)) => {
                    return Err(status::deadline_exceeded().into());
                }
                () = sleep_until(heartbeat_at) => {
                    self.send(Frame::Heartbeat(self.gateway.clock().now())).await?;
                    heartbeat_at = Instant::now() + HEARTBEAT_EVERY;
                }
                _ = bell.changed() => look_at = Instant::now(),
                () = sleep_until(look_at) => {
                    look_at = if self.look().await? {
                        heartbeat_at = Instant::now() + HEARTBEAT_EVERY;
                        Instant::now()
                    } else {
                        Instant::now() + LOOK_EVERY
                    };
                }
            }
        }
    }

    /// Sends what is new; says whether there was anything.
    async fn look(&mut self) -> Result<bool, End> {
        let caller = self.visitor.admit()?;
        let news = F::after(&self.gateway, &caller, self.place).await?;
        let found = !news.is_empty();
        for (place, one) in news {
            self.place = place;
            self.send(Frame::News(one)).await?;
        }
        Ok(found)
    }

    async fn send(&self, frame: Frame<F::News>) -> Result<(), End> {
        let message = F::message(frame, self.query.token(&self.place.to_be_bytes()));
        self.to.send_timeout(Ok(message), STALL_MAX).await.or(Err(End::Unheard))
    }
}
