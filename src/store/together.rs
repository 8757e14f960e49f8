//! Questions that come at the same time share one read, or one commit.
//!
//! Under load a round trip to the database, or a sync, is paid once for all who wait for one. There is
//! no timer: whoever comes first asks for all that wait by then, and while that is under way the next
//! ones gather.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as Turn;
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::error::{Error, Result};

/// Longest wait for the answer to a question: as long as for a commit.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Turns of the scheduler that those get who are about to ask.
const TURNS: u32 = 8;

/// Gathers questions of one kind.
#[derive(Debug)]
pub(super) struct Together<Q, A>(Arc<Inner<Q, A>>);

#[derive(Debug)]
struct Inner<Q, A> {
    waiting: Mutex<Vec<Waiting<Q, A>>>,
    turn: Arc<Turn<()>>,
    patience: Duration,
}

/// A question that waits, and where its answer goes.
#[derive(Debug)]
struct Waiting<Q, A> {
    question: Q,
    answer: oneshot::Sender<Result<A>>,
}

impl<Q, A> Clone for Together<Q, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Q, A> Default for Together<Q, A> {
    fn default() -> Self {
        Self::with(ANSWER_MAX)
    }
}

impl<Q, A> Together<Q, A> {
    fn with(patience: Duration) -> Self {
        Self(Arc::new(Inner { waiting: Mutex::default(), turn: Arc::default(), patience }))
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting<Q, A>>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q: Send + 'static, A: Send + 'static> Together<Q, A> {
    /// Asks a question. `ask_all` is called for all that wait, at a moment after this call began, and
    /// answers them in their order. It goes on when whoever began it has gone away.
    pub(super) async fn ask<F>(
        &self,
        question: Q,
        ask_all: impl FnOnce(Vec<Q>) -> F + Send,
    ) -> Result<A>
    where
        F: Future<Output = Result<Vec<A>>> + Send + 'static,
    {
        let (answer, mut answered) = oneshot::channel();
        self.waiting().push(Waiting { question, answer });
        // Held until everybody has been told, so that whoever is next knows whether he was asked for.
        let turn = Arc::clone(&self.0.turn).lock_owned().await;
        match answered.try_recv() {
            Ok(found) => return found,
            Err(TryRecvError::Closed) => return Err(Error::OutcomeUnknown),
            Err(TryRecvError::Empty) => {}
        }
        // Whoever is about to ask too still gets in.
        for _ in 0..TURNS {
            yield_now().await;
        }
        let waiting = std::mem::take(&mut *self.waiting());
        let (questions, answers): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|one| (one.question, one.answer)).unzip();
        let (asking, patience) = (ask_all(questions), self.0.patience);
        tokio::spawn(async move {
            // A server that is gone without a word never answers. Its connection goes, and those who wait
            // behind are asked for on another.
            let found = timeout(patience, asking).await.unwrap_or_else(|_elapsed| Err(silent()));
            tell(answers, found);
            drop(turn);
        });
        answered.await.unwrap_or(Err(Error::OutcomeUnknown))
    }
}

fn silent() -> Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into()
}

/// Whoever does not wait any more needs no answer.
fn tell<A>(answers: Vec<oneshot::Sender<Result<A>>>, found: Result<Vec<A>>) {
    match found {
        Ok(found) => {
            for (answer, found) in answers.into_iter().zip(found) {
                drop(answer.send(Ok(found)));
            }
        }
        Err(error) => {
            for answer in answers {
                drop(answer.send(Err(error.clone())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    type Reads = Arc<AtomicUsize>;

    async fn doubled(reads: Reads, all: Vec<usize>) -> Result<Vec<usize>> {
        reads.fetch_add(1, Ordering::SeqCst);
        yield_now().await;
        Ok(all.into_iter().map(|one| one * 2).collect())
    }

    #[tokio::test]
    async fn those_who_come_together_are_asked_for_once_and_get_their_own_answers() {
        let together = Together::<usize, usize>::default();
        let reads = Reads::default();
        let asking = (0..50).map(|number| {
            let (together, reads) = (together.clone(), Arc::clone(&reads));
            tokio::spawn(
                async move { together.ask(number, |all| doubled(reads, all)).await.unwrap() },
            )
        });
        for (number, answer) in asking.collect::<Vec<_>>().into_iter().enumerate() {
            assert_eq!(answer.await.unwrap(), number * 2);
        }
        assert!(reads.load(Ordering::SeqCst) < 10, "{reads:?}");
    }

    #[tokio::test]
    async fn a_failure_is_told_to_all_and_the_next_are_asked_for_again() {
        let together = Together::<usize, usize>::default();
        let failing = |_all| std::future::ready(Err(Error::Stopped));
        let (one, two) = tokio::join!(together.ask(1, failing), together.ask(2, failing));
        assert!(matches!((one, two), (Err(Error::Stopped), Err(Error::Stopped))));
        assert_eq!(together.ask(3, |all| doubled(Reads::default(), all)).await.unwrap(), 6);
    }

    /// Asks once another question is under way, which ends when the sender is used or dropped.
    async fn behind_another(
        together: &Together<usize, usize>,
    ) -> (tokio::task::JoinHandle<Result<usize>>, oneshot::Sender<()>) {
        let (release, released) = oneshot::channel::<()>();
        let (first, begun) = (together.clone(), Reads::default());
        let seen = Arc::clone(&begun);
        let asking = tokio::spawn(async move {
            let slow = |all| async move {
                let doubled = doubled(begun, all).await;
                drop(released.await);
                doubled
            };
            first.ask(1, slow).await
        });
        while seen.load(Ordering::SeqCst) == 0 {
            yield_now().await;
        }
        (asking, release)
    }

    #[tokio::test]
    async fn a_question_goes_on_when_whoever_began_it_has_gone_away() {
        let together = Together::<usize, usize>::default();
        let (asking, release) = behind_another(&together).await;
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        let other = together.clone();
        let later =
            tokio::spawn(async move { other.ask(4, |all| doubled(Reads::default(), all)).await });
        release.send(()).unwrap();
        assert_eq!(later.await.unwrap().unwrap(), 8);
    }

    #[tokio::test]
    async fn a_question_is_not_answered_by_a_read_that_began_before_it() {
        let together = Together::<usize, usize>::default();
        let (asking, release) = behind_another(&together).await;
        let (other, reads) = (together.clone(), Reads::default());
        let counted = Arc::clone(&reads);
        let later = tokio::spawn(async move { other.ask(4, |all| doubled(counted, all)).await });
        while together.waiting().is_empty() {
            yield_now().await;
        }
        release.send(()).unwrap();
        assert_eq!(asking.await.unwrap().unwrap(), 2);
        assert_eq!(later.await.unwrap().unwrap(), 8);
        assert_eq!(reads.load(Ordering::SeqCst), 1);
    }

    /// The primary is gone without a word while a question is out.
    #[tokio::test]
    async fn a_question_that_is_never_answered_does_not_hold_up_the_next() {
        let together = Together::<usize, usize>::with(Duration::from_millis(20));
        let lost = together.ask(1, |_all| std::future::pending()).await;
        assert!(lost.is_err_and(|error| error.is_outage()));
        assert_eq!(together.ask(3, |all| doubled(Reads::default(), all)).await.unwrap(), 6);
    }

    #[tokio::test]
    async fn a_panic_leaves_nobody_waiting() {
        let together = Together::<usize, usize>::default();
        let failing = |_all| async { panic!("a read that breaks") };
        assert!(matches!(together.ask(1, failing).await, Err(Error::OutcomeUnknown)));
        assert_eq!(together.ask(2, |all| doubled(Reads::default(), all)).await.unwrap(), 4);
    }
}
