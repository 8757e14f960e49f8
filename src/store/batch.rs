//! What the commands of one batch know of each other, and what is read for all of them at once.
//!
//! A command writes its rows at the end, when their place in the ledger is known. Until then its
//! neighbours in the batch see what it took in [`Batch`]. On PostgreSQL, where a statement costs a round
//! trip, what the commands say they need is read for the whole batch before the first is applied; on
//! SQLite each command reads for itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::{CaseRef, Oin, Pseudonym, ReferralId, RequestId};
use crate::domain::time::Timestamp;

use super::columns::record;
use super::db::Tx;
use super::error::{Error, Result};
use super::referrals::{EarlierRow, LinkKind, ReferralName};
use super::repeats::AboutRow;
use super::requests::{AnswerRow, StoredAnswer};

/// What a command is going to look up in the commit.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Answers to these requests.
    pub requests: Vec<(Oin, RequestId)>,
    /// Whether these referrals are there.
    pub referrals: Vec<ReferralId>,
    /// Earlier referrals about these people, from a moment on, and the cases they are in.
    pub subjects: Vec<Pseudonym>,
    /// Earlier referrals at these addresses, from a moment on.
    pub addresses: Vec<Pseudonym>,
    /// The moment.
    pub from: Option<Timestamp>,
    /// Versions of the facts of these cases.
    pub cases: Vec<CaseRef>,
}

impl Needs {
    /// Adds what another command needs.
    pub fn add(&mut self, other: Self) {
        self.requests.extend(other.requests);
        self.referrals.extend(other.referrals);
        self.subjects.extend(other.subjects);
        self.addresses.extend(other.addresses);
        self.cases.extend(other.cases);
        self.from = match (self.from, other.from) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
    }
}

/// A referral that a command of this batch stores.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Referral.
    pub referral_id: ReferralId,
    /// People.
    pub subjects: Vec<Pseudonym>,
    /// Address.
    pub address: Pseudonym,
    /// When.
    pub submitted_at: Timestamp,
}

/// What the commands of one batch know of each other.
#[derive(Debug, Default)]
pub(super) struct Batch {
    taken: BTreeSet<(Oin, RequestId)>,
    incoming: Vec<Incoming>,
    known: Known,
}

/// What was read for all commands at once. What is not in it was not asked for.
#[derive(Debug, Default)]
struct Known {
    answers: BTreeMap<(Oin, RequestId), Option<StoredAnswer>>,
    referrals: BTreeMap<ReferralId, Option<ReferralName>>,
    about: BTreeMap<Pseudonym, Vec<EarlierRow>>,
    at: BTreeMap<Pseudonym, Vec<EarlierRow>>,
    facts: BTreeMap<CaseRef, Option<i64>>,
    cases: BTreeMap<Pseudonym, Vec<AboutRow>>,
}

/// What reading ahead gave.
#[derive(Debug)]
pub(super) enum Ahead<T> {
    /// It was not asked for.
    NotRead,
    /// It is this, or it is not there.
    Read(Option<T>),
}

impl<T: Clone> Ahead<T> {
    fn of(known: Option<&Option<T>>) -> Self {
        known.map_or(Self::NotRead, |found| Self::Read(found.clone()))
    }
}

impl Batch {
    /// The answer to a request, as far as it was read ahead. That of a command of this batch is not
    /// there yet.
    pub(super) fn answer(&self, name: &(Oin, RequestId)) -> Result<Ahead<StoredAnswer>> {
        if self.taken.contains(name) {
            return Err(Error::InFlight);
        }
        Ok(Ahead::of(self.known.answers.get(name)))
    }

    /// Who stored a referral, as far as it was read ahead.
    pub(super) fn referral(&self, id: ReferralId) -> Result<Ahead<ReferralName>> {
        if self.incoming.iter().any(|incoming| incoming.referral_id == id) {
            return Err(Error::InFlight);
        }
        Ok(Ahead::of(self.known.referrals.get(&id)))
    }

    /// Earlier referrals that share a person or an address, as far as they were read ahead.
    pub(super) fn earlier(&self, kind: LinkKind, shared: Pseudonym) -> Option<Vec<EarlierRow>> {
        match kind {
            LinkKind::Person => self.known.about.get(&shared).cloned(),
            LinkKind::Address => self.known.at.get(&shared).cloned(),
        }
    }

    /// The cases that a person is in, as far as they were read ahead.
    pub(super) fn cases(&self, person: Pseudonym) -> Option<Vec<AboutRow>> {
        self.known.cases.get(&person).cloned()
    }

    /// Those of this batch, newest first.
    pub(super) fn incoming(
        &self,
        kind: LinkKind,
        shared: Pseudonym,
    ) -> impl Iterator<Item = EarlierRow> {
        let shares = move |incoming: &&Incoming| match kind {
            LinkKind::Person => incoming.subjects.contains(&shared),
            LinkKind::Address => incoming.address == shared,
        };
        let row = move |incoming: &Incoming| EarlierRow {
            referral_id: incoming.referral_id,
            submitted_at: incoming.submitted_at,
            kind,
        };
        self.incoming.iter().rev().filter(shares).map(row)
    }

    /// The version of the facts of a case, as far as it was read ahead and has not changed since.
    pub(super) fn facts(&self, case_ref: &CaseRef) -> Ahead<i64> {
        Ahead::of(self.known.facts.get(case_ref))
    }

    /// Facts of a case change in this transaction: what was read ahead counts no more.
    pub(super) fn forget_facts(&mut self, case_ref: &CaseRef) {
        self.known.facts.remove(case_ref);
    }
}

record! {
    /// A case with the version of its facts.
    struct FactsRow {
        case_ref: CaseRef,
        facts_version: i64,
    }
}

record! {
    /// An earlier referral with what was asked for.
    struct SharedRow {
        shared: Pseudonym,
        referral_id: ReferralId,
        submitted_at: Timestamp,
        kind: LinkKind,
    }
}

record! {
    /// Who stored a referral.
    struct NameRow {
        referral_id: ReferralId,
        sender_oin: Oin,
        request_id: RequestId,
        body_digest: Vec<u8>,
    }
}

/// Earlier referrals that are looked at per person or address: far more than any family has.
pub(super) const EARLIER_MAX: u32 = 100;

impl Tx {
    /// A request is answered by a command of this batch.
    pub fn take_request(&mut self, caller: &Oin, request_id: RequestId) {
        self.batch.taken.insert((caller.clone(), request_id));
    }

    /// A referral is stored by a command of this batch.
    pub fn take_referral(&mut self, incoming: Incoming) {
        self.batch.incoming.push(incoming);
    }

    /// Waits until no other transaction stores referrals about the same people or addresses, and holds
    /// their turns until the end. All at once, in order and before anything else, so that nobody waits
    /// for each other in a circle. SQLite has one writer.
    pub(super) async fn take_turns(&mut self, needs: &Needs) -> Result<()> {
        let turns: BTreeSet<i64> =
            needs.subjects.iter().chain(&needs.addresses).map(turn_of).collect();
        if self.is_sqlite() || turns.is_empty() {
            return Ok(());
        }
        self.query(
            "-- batch.take_turns
             SELECT pg_advisory_xact_lock(turn) FROM UNNEST($1) AS asked (turn)",
        )
        .bind_set(turns.into_iter().collect::<Vec<_>>())
        .execute()
        .await?;
        Ok(())
    }

    /// Reads what the commands of a batch need, in one statement per kind.
    pub(super) async fn read_ahead(&mut self, needs: Needs) -> Result<()> {
        if self.is_sqlite() {
            return Ok(());
        }
        // Facts first: they stay locked, so that nothing read after them is older.
        let Needs { requests, referrals, subjects, addresses, from, cases } = needs;
        self.batch.known.facts = self.facts_of(cases).await?;
        self.batch.known.answers = self.answers_to(requests).await?;
        self.batch.known.referrals = self.names_of(referrals).await?;
        if let Some(from) = from {
            self.batch.known.cases = self.cases_ahead(&subjects).await?;
            self.batch.known.about = self.shared(ABOUT, subjects, from).await?;
            self.batch.known.at = self.shared(AT, addresses, from).await?;
        }
        Ok(())
    }

    async fn facts_of(&mut self, cases: Vec<CaseRef>) -> Result<BTreeMap<CaseRef, Option<i64>>> {
        if cases.is_empty() {
            return Ok(BTreeMap::new());
        }
        let asked = cases.iter().map(|case| case.as_str().to_owned()).collect::<Vec<_>>();
        let rows: Vec<FactsRow> = self
            .query(
                "-- batch.facts
                 SELECT case_ref, facts_version FROM cases
                  WHERE case_ref = ANY($1) ORDER BY case_ref FOR SHARE",
            )
            .bind_set(asked)
            .fetch_all()
            .await?;
        let mut found: BTreeMap<_, _> = cases.into_iter().map(|case| (case, None)).collect();
        found.extend(rows.into_iter().map(|row| (row.case_ref, Some(row.facts_version))));
        Ok(found)
    }

    /// The answers to requests, as far as there are any.
    pub(super) async fn answers_to(
        &mut self,
        names: Vec<(Oin, RequestId)>,
    ) -> Result<BTreeMap<(Oin, RequestId), Option<StoredAnswer>>> {
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        if self.is_sqlite() {
            let mut found = BTreeMap::new();
            for (caller, id) in names {
                let answer = self.answer(&caller, id).await?;
                found.insert((caller, id), answer);
            }
            return Ok(found);
        }
        let (callers, ids): (Vec<_>, Vec<_>) = names
            .iter()
            .map(|(caller, id)| (caller.as_str().to_owned(), id.as_bytes().to_vec()))
            .unzip();
        let rows: Vec<AnswerRow> = self
            .query(
                "-- batch.answers
                 SELECT r.caller_oin, r.request_id, r.method, r.body_digest, r.response, r.owners,
                        r.case_ref, r.facts_version, r.directory_version,
                        r.reusable_until
                   FROM UNNEST($1, $2) AS asked (caller_oin, request_id)
                   JOIN requests AS r
                     ON r.caller_oin = asked.caller_oin AND r.request_id = asked.request_id",
            )
            .bind_set(callers)
            .bind_set(ids)
            .fetch_all()
            .await?;
        let mut found: BTreeMap<_, _> = names.into_iter().map(|name| (name, None)).collect();
        found.extend(rows.into_iter().map(|row| (row.name(), Some(row.into()))));
        Ok(found)
    }

    /// Who stored referrals, as far as they are there.
    pub(super) async fn names_of(
        &mut self,
        referrals: Vec<ReferralId>,
    ) -> Result<BTreeMap<ReferralId, Option<ReferralName>>> {
        if referrals.is_empty() {
            return Ok(BTreeMap::new());
        }
        if self.is_sqlite() {
            let mut found = BTreeMap::new();
            for id in referrals {
                found.insert(id, self.referral_name(id).await?);
            }
            return Ok(found);
        }
        let asked: Vec<Vec<u8>> = referrals.iter().map(|id| id.as_bytes().to_vec()).collect();
        let rows: Vec<NameRow> = self
            .query(
                "-- batch.referrals
                 SELECT referral_id, sender_oin, request_id, body_digest FROM referrals
                  WHERE referral_id = ANY($1)",
            )
            .bind_set(asked)
            .fetch_all()
            .await?;
        let mut found: BTreeMap<_, _> = referrals.into_iter().map(|id| (id, None)).collect();
        found.extend(rows.into_iter().map(|row| {
            let NameRow { referral_id, sender_oin, request_id, body_digest } = row;
            (referral_id, Some(ReferralName { sender_oin, request_id, body_digest }))
        }));
        Ok(found)
    }

    async fn shared(
        &mut self,
        statement: &'static str,
        asked: Vec<Pseudonym>,
        from: Timestamp,
    ) -> Result<BTreeMap<Pseudonym, Vec<EarlierRow>>> {
        if asked.is_empty() {
            return Ok(BTreeMap::new());
        }
        let bytes: Vec<Vec<u8>> = asked.iter().map(|shared| shared.as_bytes().to_vec()).collect();
        let rows: Vec<SharedRow> = self
            .query(statement)
            .bind_set(bytes)
            .bind(from)
            .bind(i64::from(EARLIER_MAX))
            .fetch_all()
            .await?;
        let mut found: BTreeMap<_, Vec<_>> =
            asked.into_iter().map(|shared| (shared, Vec::new())).collect();
        for SharedRow { shared, referral_id, submitted_at, kind } in rows {
            let row = EarlierRow { referral_id, submitted_at, kind };
            found.entry(shared).or_default().push(row);
        }
        Ok(found)
    }
}

/// The key by which referrals about a person or address take turns. Others may share it.
fn turn_of(pseudonym: &Pseudonym) -> i64 {
    pseudonym.as_bytes().first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes))
}

const ABOUT: &str = "-- batch.earlier_about
    SELECT asked.shared, e.referral_id, e.submitted_at, CAST(1 AS BIGINT) AS kind
      FROM (SELECT DISTINCT * FROM UNNEST($1)) AS asked (shared)
     CROSS JOIN LATERAL
           (SELECT message_id AS referral_id, recorded_at AS submitted_at
              FROM disclosures
             WHERE subject = asked.shared AND event_code = 1 AND recorded_at >= $2
             ORDER BY idx DESC
             LIMIT $3) AS e
     ORDER BY asked.shared, e.submitted_at DESC";

const AT: &str = "-- batch.earlier_at
    SELECT asked.shared, e.referral_id, e.submitted_at, CAST(2 AS BIGINT) AS kind
      FROM (SELECT DISTINCT * FROM UNNEST($1)) AS asked (shared)
     CROSS JOIN LATERAL
           (SELECT referral_id, submitted_at FROM referrals
             WHERE address = asked.shared AND submitted_at >= $2
             ORDER BY submitted_at DESC, referral_id
             LIMIT $3) AS e
     ORDER BY asked.shared, e.submitted_at DESC";
