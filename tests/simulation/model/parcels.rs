//! Referrals on their way: who may have them, and who must get them.
//!
//! Every look at the inbox has one outcome, told here by the rules of the README: a reader that
//! reconnects first takes back what it held, and only that; then comes what is free, the oldest
//! first; one of a family is out at a time, in order; what failed waits longer each time, goes alone
//! after some failures, and is quarantined after too many.

use std::collections::BTreeSet;
use std::time::Duration;

use ketenpoort::domain::event::{EventCode, Outcome};
use ketenpoort::domain::id::LeaseToken;
use ketenpoort::domain::time::Timestamp;

use super::{FAMILY, SECOND, World, kind};
use crate::callers::Got;
use crate::step::How;

const LEASE: Duration = Duration::from_mins(1);
const RETRY_DELAY: Duration = Duration::from_mins(2);
const EXTENSION: Duration = Duration::from_mins(5);
/// Another reader waits so long after the first failure, twice as long after each further one, and
/// never longer than the second.
const WAIT_FIRST: Duration = SECOND;
const WAIT_MAX: Duration = Duration::from_mins(5);
/// From so many failures on a referral goes alone; after so many it is quarantined.
const ALONE_FROM: u32 = 3;
const FAILURES_MAX: u32 = 12;
/// A gateway reads its clock several times in a call: what it wrote down may be so much later than the
/// moment at which the call began. After the clock was set back, a look may begin in between.
const HAIR: Duration = Duration::from_millis(1);
/// No call takes longer.
const CALL_MAX: Duration = Duration::from_mins(1);

/// How long others wait after the end of a lease that may become the next failure.
fn wait_after(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    (WAIT_FIRST * (1 << doublings)).min(WAIT_MAX)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Where {
    Waiting,
    Leased,
    Acknowledged,
    SentBack,
    TakenBack,
    Quarantined,
}

/// A lease; its token is known when anybody saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Lease {
    reader: u8,
    /// The stream or poll that got it.
    look: u32,
    /// None when it was given back: then it is over by every clock.
    until: Option<Timestamp>,
    token: Option<LeaseToken>,
}

/// A referral that was submitted, on its way to the Steunpunt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Parcel {
    family: u8,
    /// Its turn among all, whatever the clock said.
    submitted: u32,
    /// When it came in, by the clock.
    came: Timestamp,
    place: Where,
    /// Not before this for a reader that does not hold it.
    from: Timestamp,
    /// The last one.
    lease: Option<Lease>,
    attempts: u32,
    /// Leases before the last one that ended without a word.
    failures: u32,
}

/// A look into the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Glance {
    pub(crate) at: Timestamp,
    pub(crate) look: u32,
    pub(crate) reader: u8,
    pub(crate) reconnects: bool,
    pub(crate) most: u32,
}

/// What a look found, with the failures so far, and with the attempts that were made before: what has one more when it is handed
/// over was handed over to somebody else.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// Whether that is what the reader held. When it held nothing, the next look of the same call
    /// takes nothing back either.
    takes_back: bool,
    offers: Vec<(usize, u32, u32)>,
    exhausted: Vec<(usize, u32)>,
}

impl Parcel {
    const fn is_open(&self) -> bool {
        matches!(self.place, Where::Waiting | Where::Leased)
    }

    /// Failures once it is handed over again.
    fn failures_then(&self) -> u32 {
        self.failures + u32::from(self.place == Where::Leased)
    }

    /// Whether a reader has a lease that did not end, or not yet by a clock that was set back.
    fn is_held_by(&self, reader: u8, at: Timestamp) -> bool {
        let holds =
            |lease: Lease| lease.reader == reader && lease.until.is_some_and(|until| at < until);
        self.is_open() && self.lease.is_some_and(holds)
    }

    /// `failures` are those it was found with.
    fn lend(&mut self, (look, reader): (u32, u8), until: Timestamp, failures: u32) {
        self.failures = self.failures_then();
        self.place = Where::Leased;
        self.from = until.plus(wait_after(failures + 1));
        self.lease = Some(Lease { reader, look, until: Some(until), token: None });
        self.attempts += 1;
    }
}

impl World {
    pub(super) fn put(&mut self, referral: usize, family: u8, at: Timestamp) {
        let parcel = Parcel {
            family,
            submitted: self.order,
            came: at,
            place: Where::Waiting,
            from: at,
            lease: None,
            attempts: 0,
            failures: 0,
        };
        self.parcels.insert(referral, parcel);
    }

    /// None when there is no such referral, false when it is settled.
    pub(super) fn take_back(&mut self, referral: usize) -> Option<bool> {
        let parcel = self.parcels.get_mut(&referral)?;
        let open = parcel.is_open() || parcel.place == Where::Quarantined;
        if open {
            parcel.place = Where::TakenBack;
        }
        Some(open)
    }

    // Looking.

    /// Whether anybody may have it now: it waited long enough, and nothing before it in its family
    /// is out or waits.
    fn is_free(&self, parcel: &Parcel, at: Timestamp) -> bool {
        let is_before = |other: &Parcel| {
            other.family == parcel.family && other.submitted < parcel.submitted && other.is_open()
        };
        parcel.is_open() && parcel.from <= at && !self.parcels.values().any(is_before)
    }

    /// What a look finds; several answers where the clock does not tell which of two came first, or
    /// whether one had come.
    fn find(&self, glance: Glance) -> Vec<Found> {
        let Glance { at, reader, reconnects, .. } = glance;
        let of = |may_have: &dyn Fn(&Parcel) -> bool| -> Vec<usize> {
            let having = self.parcels.iter().filter(|(_, parcel)| may_have(parcel));
            having.map(|(referral, _)| *referral).collect()
        };
        let held =
            if reconnects { of(&|parcel| parcel.is_held_by(reader, at)) } else { Vec::new() };
        let takes_back = !held.is_empty();
        let free = |at| of(&|parcel| self.is_free(parcel, at));
        let sets = if takes_back { vec![held] } else { vec![free(at), free(at.minus(HAIR))] };
        let mut ways = Vec::new();
        for (found, last_first) in sets.iter().flat_map(|set| [(set, false), (set, true)]) {
            let found = self.sort_out(self.in_order(found.clone(), last_first), glance.most);
            let way = Found { takes_back, ..found };
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        ways
    }

    /// The oldest first. Of what came at the same time, the first or the last submitted first.
    fn in_order(&self, mut found: Vec<usize>, last_first: bool) -> Vec<usize> {
        let key = |referral: &usize| {
            let parcel = &self.parcels[referral];
            let submitted = i64::from(parcel.submitted);
            (parcel.came, if last_first { -submitted } else { submitted })
        };
        found.sort_by_key(key);
        found
    }

    /// Of what goes alone only the first.
    fn sort_out(&self, found: Vec<usize>, most: u32) -> Found {
        let most = usize::try_from(most).unwrap();
        let mut sorted = Found::default();
        let mut one_alone = false;
        for referral in found.into_iter().take(most) {
            let parcel = &self.parcels[&referral];
            match parcel.failures_then() {
                FAILURES_MAX.. => sorted.exhausted.push((referral, parcel.attempts)),
                ALONE_FROM.. if one_alone => {}
                failures => {
                    one_alone |= failures >= ALONE_FROM;
                    sorted.offers.push((referral, parcel.attempts, failures));
                }
            }
        }
        sorted
    }

    /// What a look finds that begins now and is not done yet.
    pub(super) fn glimpse(&self, glance: Glance) -> Vec<Found> {
        let mut found = self.find(glance);
        found.retain(|found| !found.is_nothing());
        found
    }

    /// Hands over what a look found, and says what: without what somebody else got or settled
    /// meanwhile.
    pub(super) fn hand_over(&mut self, glance: Glance, found: &Found) -> Vec<usize> {
        let Glance { at, look, reader, .. } = glance;
        let mut handed = Vec::new();
        for (referral, attempts, failures) in &found.offers {
            let parcel = &self.parcels[referral];
            let may = self.is_free(parcel, at) || parcel.is_held_by(reader, at);
            if parcel.attempts == *attempts && may {
                handed.push((*referral, *failures));
            }
        }
        for (referral, failures) in &handed {
            let parcel = self.parcels.get_mut(referral).unwrap();
            parcel.lend((look, reader), at.plus(LEASE), *failures);
            self.log(kind(EventCode::ReferralDelivered, Outcome::Success), FAMILY);
        }
        for (referral, attempts) in &found.exhausted {
            let parcel = self.parcels.get_mut(referral).unwrap();
            if parcel.attempts == *attempts
                && parcel.is_open()
                && parcel.failures_then() >= FAILURES_MAX
            {
                parcel.place = Where::Quarantined;
                self.log(kind(EventCode::ReferralQuarantined, Outcome::MinorFailure), FAMILY);
            }
        }
        handed.into_iter().map(|(referral, _)| referral).collect()
    }

    /// The histories in which a look gave exactly this. It may have looked before something else
    /// was done that came at the same time; then what it found is given.
    pub(super) fn receive(&self, glance: Glance, got: &[Got], before: &[Found]) -> Vec<Self> {
        let called_at = glance.at;
        let at = got.first().map_or(called_at, |one| one.until.minus(LEASE));
        if at < called_at || at > called_at.plus(CALL_MAX) {
            return Vec::new();
        }
        let glance = Glance { at, ..glance };
        let mut after = Vec::new();
        let first = self.find(glance).into_iter().chain(before.iter().cloned());
        let mut looks: Vec<(Self, Found)> = first.map(|found| (self.clone(), found)).collect();
        while let Some((mut world, found)) = looks.pop() {
            if found.is_nothing() {
                after.extend(got.is_empty().then_some(world));
                continue;
            }
            let handed = world.hand_over(glance, &found);
            if handed.is_empty() {
                // Everything it found was somebody else's, or went into quarantine: it looks again.
                let again = world.find(glance.again(&found));
                looks.extend(again.into_iter().map(|found| (world.clone(), found)));
            } else if world.give(&handed, got) {
                after.push(world);
            }
        }
        after
    }

    /// Whether what was handed over is what the reader got, and under which leases.
    fn give(&mut self, handed: &[usize], got: &[Got]) -> bool {
        let referrals: BTreeSet<usize> = got.iter().map(|one| one.referral).collect();
        let is_given = |one: &Got| {
            let Some(parcel) = self.parcels.get_mut(&one.referral) else { return false };
            let Some(lease) = &mut parcel.lease else { return false };
            lease.token = Some(one.token);
            (lease.until, parcel.attempts) == (Some(one.until), one.attempt)
        };
        referrals.len() == got.len()
            && referrals == handed.iter().copied().collect()
            && got.iter().all(is_given)
    }

    /// A stream ends. When it was lost, others get what it held after a wait that grows with each
    /// failure; when it was left in order, that is no failure, and the wait is the shortest one. Its
    /// leases go on for its own reader: it may settle, and take back.
    pub(super) fn leave(&self, at: Timestamp, look: u32, lost: bool) -> Self {
        let mut world = self.clone();
        for parcel in world.parcels.values_mut() {
            let is_of = parcel.lease.is_some_and(|lease| lease.look == look);
            if parcel.place == Where::Leased && is_of {
                let failures = if lost { parcel.failures + 1 } else { 1 };
                parcel.from = parcel.from.min(at.plus(wait_after(failures)));
                if !lost {
                    parcel.place = Where::Waiting;
                }
            }
        }
        world
    }

    // Settling.

    /// The ways in which a settlement can end: whether it was done, and what follows. `until` is
    /// what was answered, where an answer was seen.
    pub(super) fn settle(
        &self,
        at: Timestamp,
        token: LeaseToken,
        how: How,
        until: Option<Timestamp>,
    ) -> (bool, Self) {
        let is_of = |parcel: &Parcel| parcel.lease.is_some_and(|lease| lease.token == Some(token));
        let named = self.parcels.iter().find(|(_, parcel)| is_of(parcel));
        let Some((referral, parcel)) = named else { return (false, self.clone()) };
        let holds = parcel.lease.is_some_and(|lease| parcel.is_held_by(lease.reader, at));
        if holds {
            return (true, self.settle_held(*referral, at, how, until));
        }
        let repeated = matches!(
            (parcel.place, how),
            (Where::Acknowledged, How::Acknowledge)
                | (Where::SentBack, How::SendBack)
                | (Where::Waiting, How::Release)
        );
        (repeated, self.clone())
    }

    fn settle_held(
        &self,
        referral: usize,
        at: Timestamp,
        how: How,
        until: Option<Timestamp>,
    ) -> Self {
        let mut world = self.clone();
        let parcel = world.parcels.get_mut(&referral).unwrap();
        let lease = parcel.lease.as_mut().unwrap();
        match how {
            How::Acknowledge => {
                parcel.place = Where::Acknowledged;
                world.log(kind(EventCode::ReferralAcknowledged, Outcome::Success), FAMILY);
            }
            How::SendBack => {
                parcel.place = Where::SentBack;
                world.log(kind(EventCode::ReferralReturned, Outcome::Success), FAMILY);
            }
            How::Release => {
                parcel.place = Where::Waiting;
                parcel.from = until.unwrap_or_else(|| at.plus(RETRY_DELAY));
                lease.until = None;
            }
            How::Extend => {
                parcel.place = Where::Leased;
                let until = until.unwrap_or_else(|| at.plus(EXTENSION));
                parcel.from = until.plus(wait_after(parcel.failures + 1));
                lease.until = Some(until);
            }
        }
        world
    }

    // The end.

    /// The operator puts back what is quarantined; its failures are forgotten.
    pub(crate) fn requeue(&mut self, at: Timestamp) {
        let mut put_back = 0;
        for parcel in self.parcels.values_mut() {
            if parcel.place == Where::Quarantined {
                parcel.place = Where::Waiting;
                parcel.from = at;
                parcel.failures = 0;
                if let Some(lease) = &mut parcel.lease {
                    lease.until = None;
                }
                put_back += FAMILY;
            }
        }
        if put_back > 0 {
            self.log(kind(EventCode::ReferralRequeued, Outcome::Success), put_back);
        }
    }

    pub(crate) fn quarantined(&self) -> Vec<usize> {
        let waiting = self.parcels.iter().filter(|(_, one)| one.place == Where::Quarantined);
        waiting.map(|(referral, _)| *referral).collect()
    }

    /// Whether something is out that goes alone.
    pub(crate) fn lends_alone(&self) -> bool {
        let is_alone = |one: &Parcel| one.place == Where::Leased && one.failures >= ALONE_FROM;
        self.parcels.values().any(is_alone)
    }

    /// After this, everything that is open is free but for its family.
    pub(crate) fn last_wait(&self) -> Option<Timestamp> {
        self.parcels.values().filter(|parcel| parcel.is_open()).map(|parcel| parcel.from).max()
    }

    /// Referrals that nobody settled: each must still come.
    pub(crate) fn open_parcels(&self) -> impl Iterator<Item = usize> {
        let open = self.parcels.iter().filter(|(_, parcel)| parcel.is_open());
        open.map(|(referral, _)| *referral)
    }

    /// Where the sender must find each referral, by the words of its status.
    pub(crate) fn ends(&self) -> Vec<(usize, &'static str)> {
        let state = |place| match place {
            Where::Waiting => "ROUTED",
            Where::Leased => "DELIVERED",
            Where::Acknowledged => "ACKNOWLEDGED",
            Where::SentBack => "RETURNED",
            Where::TakenBack => "WITHDRAWN",
            Where::Quarantined => "UNDELIVERABLE",
        };
        self.parcels.iter().map(|(referral, parcel)| (*referral, state(parcel.place))).collect()
    }
}

impl Glance {
    /// The next look of the same call.
    pub(super) fn again(self, found: &Found) -> Self {
        Self { reconnects: found.takes_back, ..self }
    }
}

impl Found {
    fn is_nothing(&self) -> bool {
        self.offers.is_empty() && self.exhausted.is_empty()
    }
}
