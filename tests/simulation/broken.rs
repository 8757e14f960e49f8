//! Gateways that break a promise, to show that the model notices. Each is a healthy gateway behind
//! something that spoils what it does.

use std::collections::BTreeMap;
use std::sync::Mutex;

use ketenpoort::domain::id::RequestId;
use ketenpoort::gateway::Gateway;
use ketenpoort::vault::random;

use super::callers::{Got, Journal, Op, Seen, Streams, View, What, perform};
use super::step::Asker;

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Broken {
    Nothing,
    /// Answers that a referral was stored, and stores nothing.
    LosesSubmits,
    /// Answers that a consent was withdrawn, and withdraws nothing.
    LosesWithdrawals,
    /// Gives a summary from memory after a withdrawal.
    ServesAfterWithdrawal,
    /// Hands a referral to a second reader while the first one holds it.
    HandsOutTwice,
    /// Tells a reader that its lease was settled, and settles nothing.
    LosesAcknowledgements,
    /// Answers a repeated request with other bytes.
    AnswersOtherBytes,
    /// Takes another body under an id for the first one.
    TakesAnyBody,
    /// Discloses twice for one question.
    LogsTwice,
    /// Comes back from a crash with the store of some time before.
    ForgetsAtCrash,
    /// Not the gateway, but what tampers with its store: does nothing.
    NeverTampers,
}

impl Broken {
    pub(crate) const ALL: [Self; 10] = [
        Self::LosesSubmits,
        Self::LosesWithdrawals,
        Self::ServesAfterWithdrawal,
        Self::HandsOutTwice,
        Self::LosesAcknowledgements,
        Self::AnswersOtherBytes,
        Self::TakesAnyBody,
        Self::LogsTwice,
        Self::ForgetsAtCrash,
        Self::NeverTampers,
    ];
}

/// The way to the gateway.
pub(crate) struct Port {
    broken: Broken,
    streams: Streams,
    /// The last summary that was released.
    released: Mutex<Option<Vec<u8>>>,
    /// The last referral that was handed over.
    handed: Mutex<Option<Got>>,
}

impl Port {
    pub(crate) const fn new(broken: Broken) -> Self {
        Self {
            broken,
            streams: Mutex::new(BTreeMap::new()),
            released: Mutex::new(None),
            handed: Mutex::new(None),
        }
    }

    pub(crate) async fn perform(&self, gateway: &Gateway, journal: &Journal, op: &Op) -> Seen {
        if let Some(pretended) = self.pretended(journal, op) {
            return pretended;
        }
        let seen = perform(gateway, &self.streams, journal, op).await;
        if self.broken == Broken::LogsTwice && is_released(journal, op, &seen) {
            perform(gateway, &self.streams, &with_new_id(journal, op), op).await;
        }
        self.spoiled(journal, op, seen)
    }

    /// An answer without the gateway.
    fn pretended(&self, journal: &Journal, op: &Op) -> Option<Seen> {
        let what = request_of(op).map(|sent| &journal.sent[sent].what);
        match (self.broken, what, op) {
            (Broken::LosesSubmits, Some(What::Submit { .. }), _)
            | (Broken::LosesWithdrawals, Some(What::Withdraw { .. }), _) => {
                Some(Seen::Bytes(b"done".to_vec()))
            }
            (Broken::LosesAcknowledgements, _, Op::Settle { token, .. }) => {
                let held = journal.leases.iter().find(|held| held.token == *token);
                held.map(|held| Seen::Settled(Some(held.until)))
            }
            _ => None,
        }
    }

    fn spoiled(&self, journal: &Journal, op: &Op, seen: Seen) -> Seen {
        let before = request_of(op).and_then(|sent| journal.sent[sent].answer.clone());
        match (self.broken, seen) {
            (Broken::AnswersOtherBytes, Seen::Bytes(mut bytes)) if before.is_some() => {
                bytes.push(b'!');
                Seen::Bytes(bytes)
            }
            (Broken::TakesAnyBody, Seen::Reused) if before.is_some() => {
                before.map_or(Seen::Reused, Seen::Bytes)
            }
            (Broken::ServesAfterWithdrawal, seen) if is_question(journal, op) => {
                let mut released = self.released.lock().unwrap();
                let served = released.clone();
                if let Seen::Bytes(bytes) = &seen {
                    *released = Some(bytes.clone());
                }
                served.filter(|_| before.is_none()).map_or(seen, Seen::Bytes)
            }
            (Broken::HandsOutTwice, Seen::Received(mut got)) => {
                let mut handed = self.handed.lock().unwrap();
                let handed = std::mem::replace(&mut *handed, got.first().cloned());
                got.extend(handed);
                Seen::Received(got)
            }
            (_, seen) => seen,
        }
    }
}

fn request_of(op: &Op) -> Option<usize> {
    match op {
        Op::Request { sent, .. } => Some(*sent),
        Op::Receive { .. } | Op::Leave { .. } | Op::Settle { .. } => None,
    }
}

fn is_question(journal: &Journal, op: &Op) -> bool {
    let what = request_of(op).map(|sent| &journal.sent[sent].what);
    what == Some(&What::Ask { by: Asker::Partner })
}

fn is_released(journal: &Journal, op: &Op, seen: &Seen) -> bool {
    is_question(journal, op) && matches!(seen, Seen::Bytes(bytes) if View::read(bytes).is_some())
}

fn with_new_id(journal: &Journal, op: &Op) -> Journal {
    let mut copy = journal.clone();
    if let Some(sent) = request_of(op) {
        copy.sent[sent].id = RequestId::new(random::uuid_v4().unwrap());
    }
    copy
}
