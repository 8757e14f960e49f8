//! Commands of different types in one queue.

use std::pin::Pin;

use tokio::sync::oneshot;

use super::{Command, Flow, NewEntry, Placed};
use crate::store::batch::Needs;
use crate::store::db::Tx;
use crate::store::error::{Error, Result};

type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A command whose type is forgotten, with the place where its answer goes.
pub(super) trait Job: Send {
    /// What the command is going to look up.
    fn needs(&self) -> Needs;
    /// Applies the command. `None` when nothing of it is to be kept: its answer is ready, or it
    /// waits.
    fn apply<'a>(&'a mut self, tx: &'a mut Tx) -> Work<'a, Option<Vec<NewEntry>>>;
    /// Whether it waits for the answer of another command of the same batch.
    fn waits(&self) -> bool;
    /// Makes the answer of an applied command.
    fn complete<'a>(&'a mut self, tx: &'a mut Tx, placed: &'a mut Placed) -> Work<'a, ()>;
    /// Sends the answer, after the commit.
    fn answer(self: Box<Self>);
    /// Sends a failure instead of an answer.
    fn fail(self: Box<Self>, error: Error);
}

pub(super) struct Typed<C: Command> {
    command: C,
    outcome: Option<Result<C::Outcome>>,
    reply: oneshot::Sender<Result<C::Outcome>>,
}

impl<C: Command> Typed<C> {
    pub(super) const fn new(command: C, reply: oneshot::Sender<Result<C::Outcome>>) -> Self {
        Self { command, outcome: None, reply }
    }
}

impl<C: Command> Job for Typed<C> {
    fn needs(&self) -> Needs {
        self.command.needs()
    }

    fn apply<'a>(&'a mut self, tx: &'a mut Tx) -> Work<'a, Option<Vec<NewEntry>>> {
        Box::pin(async move {
            match self.command.apply(tx).await {
                Ok(Flow::Append(entries)) => Ok(Some(entries)),
                Ok(Flow::Stop(outcome)) => {
                    self.outcome = Some(Ok(outcome));
                    Ok(None)
                }
                // What another replica or an outage caused is a reason to try the batch again.
                Err(error) if error.is_lost_race() || error.is_outage() => Err(error),
                Err(error) => {
                    self.outcome = Some(Err(error));
                    Ok(None)
                }
            }
        })
    }

    fn complete<'a>(&'a mut self, tx: &'a mut Tx, placed: &'a mut Placed) -> Work<'a, ()> {
        Box::pin(async move {
            self.outcome = Some(Ok(self.command.complete(tx, placed).await?));
            Ok(())
        })
    }

    fn waits(&self) -> bool {
        matches!(self.outcome, Some(Err(Error::InFlight)))
    }

    fn answer(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or(Err(Error::OutcomeUnknown));
        // The caller may have gone away; what was stored stays stored.
        drop(self.reply.send(outcome));
    }

    fn fail(self: Box<Self>, error: Error) {
        drop(self.reply.send(Err(error)));
    }
}
