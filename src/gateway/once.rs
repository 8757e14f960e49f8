//! Every mutating use case happens at most once for a request id, and answers the same bytes every
//! time (promise 2).
//!
//! The request id is taken, the work is done and the answer is kept in one commit. Errors are not
//! kept: after one nothing was done, and the same request may be tried again.

use crate::domain::id::{Pseudonym, ReferralId, RequestId};
use crate::store::{
    self, Command, Flow, Found, Needs, NewEntry, Placed, RequestRow, RestsOn, SealedAnswer,
    StoredAnswer, SummaryName, Tx,
};
use crate::vault::envelope::WrappingKey;

use super::Gateway;
use super::call::{Call, Request};
use super::error::{Error, Result, Reused, Unreadable};
use super::keys::{combined, open_cell, seal_cell};
use super::retention::content_purged;

/// Turns an answer into the bytes that are kept and sent. Given by the edge, which knows the format.
pub type Encode<A> = fn(&A) -> Vec<u8>;

/// What a use case does inside the commit.
pub trait Work: Send + Sync + 'static {
    /// Its answer.
    type Answer: Send + 'static;

    /// What it is going to look up (see [`Command::needs`]).
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Looks once more at what may have changed and names entries, or refuses: then nothing of it is
    /// kept.
    fn apply(
        &self,
        tx: &mut Tx,
    ) -> impl Future<Output = store::Result<Result<Vec<NewEntry>, Refusal>>> + Send;

    /// Writes rows and makes the answer, once the place in the ledger is known.
    fn complete(
        &self,
        tx: &mut Tx,
        placed: &mut Placed,
    ) -> impl Future<Output = store::Result<Self::Answer>> + Send;
}

/// Why work was refused inside the commit.
#[derive(Debug)]
pub enum Refusal {
    /// Facts changed since they were read: decide again.
    Stale,
    /// Any other reason.
    Because(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Because(error)
    }
}

/// How often a use case decides again because facts changed under it.
pub const DECISIONS_MAX: u32 = 5;

/// How an answer is kept.
pub enum Keep {
    /// It holds nothing about a person.
    Plain,
    /// It is about these people: sealed under the keys of all of them.
    Sealed {
        /// Whom it is about.
        people: Vec<Pseudonym>,
        /// Their combined key.
        key: WrappingKey,
    },
    /// As `Sealed`, and it discloses: it is given again only while the facts of the case are the
    /// same, so that a repeated request never outlives a withdrawal (promise 3).
    Disclosed {
        /// Whom it is about.
        people: Vec<Pseudonym>,
        /// Their combined key.
        key: WrappingKey,
        /// The facts, and for how long time alone does not change them.
        rests_on: RestsOn,
    },
}

/// What became of work handed to the writer.
pub enum Done {
    /// Done now, or before by the same request: the bytes to send.
    Answered(Vec<u8>),
    /// Facts changed since they were read: decide again.
    Stale,
}

/// What a request is about, as far as it is looked at before anything is decided.
#[derive(Default)]
pub(super) struct About {
    /// A referral that may have been stored.
    pub(super) referral: Option<ReferralId>,
    /// A summary that is asked for.
    pub(super) summary: Option<SummaryName>,
}

/// What became of a request before.
pub(super) enum Before {
    /// It was answered: the bytes to send.
    Answered(Vec<u8>),
    /// It is new. This is what it is about.
    New(Box<Found>),
}

/// The work of one request, as a command of the writer.
struct Once<W: Work> {
    name: RequestRow,
    work: W,
    encode: Encode<W::Answer>,
    keep: Keep,
    now: crate::domain::time::Timestamp,
}

enum Outcome {
    Answered(Vec<u8>),
    Before(StoredAnswer),
    Refused(Refusal),
}

impl<W: Work> Command for Once<W> {
    type Outcome = Outcome;

    fn needs(&self) -> Needs {
        let mut needs = self.work.needs();
        needs.requests.push((self.name.caller.clone(), self.name.request_id));
        needs
    }

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<Outcome>> {
        if let Some(stored) = tx.answer(&self.name.caller, self.name.request_id).await? {
            return Ok(Flow::Stop(Outcome::Before(stored)));
        }
        Ok(match self.work.apply(tx).await? {
            Ok(entries) => {
                tx.take_request(&self.name.caller, self.name.request_id);
                Flow::Append(entries)
            }
            Err(refusal) => Flow::Stop(Outcome::Refused(refusal)),
        })
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Outcome> {
        let answer = self.work.complete(tx, placed).await?;
        let bytes = (self.encode)(&answer);
        tx.insert_answer(&self.name, self.seal(&bytes)?, self.now).await?;
        Ok(Outcome::Answered(bytes))
    }
}

impl<W: Work> Once<W> {
    fn seal(&self, bytes: &[u8]) -> store::Result<SealedAnswer> {
        let (people, key, rests_on) = match &self.keep {
            Keep::Plain => {
                let response = bytes.to_vec();
                return Ok(SealedAnswer { response, owners: Vec::new(), rests_on: None });
            }
            Keep::Sealed { people, key } => (people, key, None),
            Keep::Disclosed { people, key, rests_on } => (people, key, Some(rests_on.clone())),
        };
        let response = seal_cell(bytes, key, "requests", self.name.request_id.as_bytes())
            .or(Err(store::Error::Corrupt { table: "requests", column: "response" }))?;
        let owners = people.iter().flat_map(|person| *person.as_bytes()).collect();
        Ok(SealedAnswer { response, owners, rests_on })
    }
}

impl Gateway {
    /// The bytes that a request was answered with before; `None` for a new one.
    pub(super) async fn answered_before(
        &self,
        call: &Call,
        request: &Request,
    ) -> Result<Option<Vec<u8>>> {
        match self.look_before(call, request, About::default()).await? {
            Before::Answered(answer) => Ok(Some(answer)),
            Before::New(_) => Ok(None),
        }
    }

    /// Looks whether a request was answered before, and at what it is about, in one read.
    pub(super) async fn look_before(
        &self,
        call: &Call,
        request: &Request,
        about: About,
    ) -> Result<Before> {
        let name = self.request_row(call, request);
        let About { referral, summary } = about;
        let (caller, request_id) = (name.caller.clone(), name.request_id);
        let before = store::Before { caller, request_id, referral, summary };
        let mut found = self.lookups().look(before).await?;
        Ok(match found.answer.take() {
            Some(stored) => Before::Answered(self.replay(&name, stored).await?),
            None => Before::New(Box::new(found)),
        })
    }

    /// Does the work of a request once and returns the bytes to send.
    pub(super) async fn once<W: Work>(
        &self,
        call: &Call,
        request: &Request,
        work: W,
        keep: Keep,
        encode: Encode<W::Answer>,
    ) -> Result<Done> {
        let name = self.request_row(call, request);
        let command = Once { name: name.clone(), work, encode, keep, now: call.now() };
        match self.writer().commit(command).await? {
            Outcome::Answered(bytes) => Ok(Done::Answered(bytes)),
            Outcome::Before(stored) => Ok(Done::Answered(self.replay(&name, stored).await?)),
            Outcome::Refused(Refusal::Stale) => Ok(Done::Stale),
            Outcome::Refused(Refusal::Because(error)) => Err(error),
        }
    }

    /// An answer that discloses is given again only while nothing about its decision can have
    /// changed: neither the facts of the case, nor the rules, nor, by the passing of time, an age or a term.
    async fn check_still_rests(&self, on: &RestsOn) -> Result<()> {
        let case = self.db().read().await?.case(&on.case_ref).await?;
        let same = case.is_some_and(|case| case.facts_version == on.facts_version);
        let same = same && self.directory().version == on.directory_version;
        if same && self.clock().now() < on.until {
            return Ok(());
        }
        let sentence = "what this answer rests on may have changed; ask with a new request id";
        Err(Error::unmet("CONSENT_CHANGED", sentence))
    }

    async fn replay(&self, row: &RequestRow, stored: StoredAnswer) -> Result<Vec<u8>> {
        if stored.method != row.method || stored.body_digest != row.body_digest {
            return Err(Error::Reused(Reused::RequestId));
        }
        self.open_answer(row.request_id, stored).await
    }

    /// Opens a kept answer, for a caller who has shown that it is theirs.
    pub(super) async fn open_answer(
        &self,
        request_id: RequestId,
        stored: StoredAnswer,
    ) -> Result<Vec<u8>> {
        if stored.rests_on.is_some() && stored.response.is_empty() {
            return Err(content_purged());
        }
        if let Some(rests_on) = &stored.rests_on {
            self.check_still_rests(rests_on).await?;
        }
        if stored.owners.is_empty() {
            return Ok(stored.response);
        }
        let mut keys = Vec::new();
        for owner in stored.owners.chunks(32) {
            let unreadable = || Error::internal(Unreadable { table: "requests" });
            let person = Pseudonym::new(owner.try_into().map_err(|_short| unreadable())?);
            // A person who was forgotten takes the answer with them.
            keys.push(self.keys().subject(person).await?.ok_or_else(Error::hidden)?);
        }
        let bytes =
            open_cell(&stored.response, &combined(&keys)?, "requests", request_id.as_bytes())?;
        Ok(bytes.to_vec())
    }
}

impl Done {
    /// The bytes of work that cannot be stale.
    pub fn bytes(self) -> Result<Vec<u8>> {
        match self {
            Self::Answered(bytes) => Ok(bytes),
            Self::Stale => Err(Error::Busy),
        }
    }
}
