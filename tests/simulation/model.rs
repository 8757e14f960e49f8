//! What must be true of a gateway, told without one: plain maps of what was done.
//!
//! When a call is cut, nobody knows whether it was done, or still will be. The model then goes on
//! with every [`World`] that is possible; each answer and each look at the ledger rules some of them
//! out. When none is left, the gateway did something that no history explains.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ketenpoort::domain::event::{EventCode, Outcome};
use ketenpoort::domain::id::{LeaseToken, RequestId};
use ketenpoort::domain::time::Timestamp;

use super::callers::{Journal, Op, SECTIONS, Seen, View, What, section_text};
use super::step::{Asker, How};

#[path = "model/parcels.rs"]
mod parcels;

pub(crate) use parcels::{Found, Glance, Parcel};

const HOUR: Duration = Duration::from_hours(1);
const SECOND: Duration = Duration::from_secs(1);
/// So much later than the gateway's may the clock of the police be.
const SKEW_MAX: Duration = Duration::from_mins(5);
/// People of the family: entries of every act that concerns it as a whole.
const FAMILY: u32 = 4;

/// An event code with an outcome.
pub(crate) type Kind = (u16, u8);

/// A request that was done, with which body; for an answer that discloses, what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Done {
    other_body: bool,
    rests_on: Option<(u32, Timestamp)>,
}

/// A consent that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Consent {
    person: u8,
    signed_at: Timestamp,
    from: Timestamp,
    until: Timestamp,
    given: u32,
    withdrawn: Option<(Timestamp, u32)>,
}

/// A call that was cut and may still be done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Pending {
    Request { sent: usize, other_body: bool, at: Timestamp },
    Settle { token: LeaseToken, how: How, at: Timestamp },
    Receive { glance: Glance, found: Found },
    Leave { look: u32, lost: bool, at: Timestamp },
}

/// One history that explains everything that was seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct World {
    done: BTreeMap<usize, Done>,
    parcels: BTreeMap<usize, Parcel>,
    consents: BTreeMap<usize, Consent>,
    /// Counts what was done, so that there is a before and an after.
    order: u32,
    /// Counts changes of what decisions rest on.
    facts: u32,
    revision: u32,
    publisher: Option<RequestId>,
    entries: BTreeMap<Kind, u32>,
    pending: BTreeSet<Pending>,
}

/// What a healthy gateway answers.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Expect {
    /// The bytes of before.
    Same,
    /// Something new.
    Fresh,
    Released(View),
    Exactly(Seen),
}

pub(crate) fn kind(event: EventCode, outcome: Outcome) -> Kind {
    (event.number(), outcome.severity())
}

fn denied() -> Kind {
    kind(EventCode::AccessDenied, Outcome::SeriousFailure)
}

/// The end of the Dutch day, and of an hour: an answer is not given again after either.
fn repeat_max(at: Timestamp) -> Timestamp {
    at.plus(HOUR).min(at.date().end())
}

impl World {
    /// After a family was brought into a case at `since`: all four consented for half a year, and
    /// the first version of the summary stands.
    pub(crate) fn new(since: Timestamp, until: Timestamp, entries: BTreeMap<Kind, u32>) -> Self {
        let consent = |person: u8| Consent {
            person,
            signed_at: since,
            from: since,
            until,
            given: u32::from(person),
            withdrawn: None,
        };
        Self {
            done: BTreeMap::new(),
            parcels: BTreeMap::new(),
            consents: (0_usize..4).zip((0_u8..4).map(consent)).collect(),
            order: FAMILY,
            facts: 0,
            revision: 1,
            publisher: None,
            entries,
            pending: BTreeSet::new(),
        }
    }

    fn log(&mut self, kind: Kind, count: u32) {
        *self.entries.entry(kind).or_default() += count;
    }

    /// Whether the ledger holds what this history says.
    pub(crate) fn fits(&self, ledger: &BTreeMap<Kind, u32>) -> bool {
        self.entries == *ledger
    }

    /// After the end of a gateway nothing is under way any more.
    pub(crate) fn settled(mut self) -> Self {
        self.pending.clear();
        self
    }

    /// A call that was cut: from now on it may be done at any time. A look found what it found.
    pub(crate) fn cut(mut self, op: &Op, at: Timestamp) -> Vec<Self> {
        match *op {
            Op::Request { sent, other_body } => {
                self.pending.insert(Pending::Request { sent, other_body, at });
            }
            Op::Settle { token, how } => {
                self.pending.insert(Pending::Settle { token, how, at });
            }
            Op::Leave { look, lost } => {
                self.pending.insert(Pending::Leave { look, lost, at });
            }
            Op::Receive { look, reader, reconnects, most } => {
                return self.begin_look(Glance { at, look, reader, reconnects, most });
            }
        }
        vec![self]
    }

    fn begin_look(self, glance: Glance) -> Vec<Self> {
        let begun = |found| {
            let mut world = self.clone();
            world.pending.insert(Pending::Receive { glance, found });
            world
        };
        let mut worlds: Vec<Self> = self.glimpse(glance).into_iter().map(begun).collect();
        worlds.push(self);
        worlds
    }

    /// All histories in which some of what is under way has been done by now.
    pub(crate) fn unfold(self, journal: &Journal) -> BTreeSet<Self> {
        let mut all = BTreeSet::new();
        let mut waiting = vec![self];
        while let Some(world) = waiting.pop() {
            for pending in &world.pending {
                let mut without = world.clone();
                without.pending.remove(pending);
                waiting.extend(without.do_pending(journal, pending));
            }
            all.insert(world);
        }
        all
    }

    fn do_pending(&self, journal: &Journal, pending: &Pending) -> Vec<Self> {
        match pending {
            Pending::Request { sent, other_body, at } => {
                let after = self.request(journal, *at, *sent, *other_body);
                after.into_iter().map(|(_, world)| world).collect()
            }
            Pending::Settle { token, how, at } => vec![self.settle(*at, *token, *how, None).1],
            Pending::Leave { look, lost, at } => vec![self.leave(*at, *look, *lost)],
            Pending::Receive { glance, found } => {
                let mut world = self.clone();
                let handed = world.hand_over(*glance, found);
                // A look that gave nothing goes on looking.
                if handed.is_empty() { world.begin_look(glance.again(found)) } else { vec![world] }
            }
        }
    }

    /// What a call finds that begins now, if it is a look into the inbox.
    pub(crate) fn glimpse_of(&self, at: Timestamp, op: &Op) -> Vec<Found> {
        match *op {
            Op::Receive { look, reader, reconnects, most } => {
                self.glimpse(Glance { at, look, reader, reconnects, most })
            }
            Op::Request { .. } | Op::Leave { .. } | Op::Settle { .. } => Vec::new(),
        }
    }

    /// The histories in which a call ends as it was seen to end. `before` is what it may have found
    /// before what was done at the same time.
    pub(crate) fn after(
        &self,
        journal: &Journal,
        at: Timestamp,
        (op, seen): (&Op, &Seen),
        before: &[Found],
    ) -> Vec<Self> {
        match (op, seen) {
            (Op::Request { sent, other_body }, _) => self
                .request(journal, at, *sent, *other_body)
                .into_iter()
                .filter(|(expect, _)| explains(expect, seen, journal, *sent))
                .map(|(_, world)| world)
                .collect(),
            (Op::Settle { token, how }, Seen::Settled(until)) => {
                let (is_done, world) = self.settle(at, *token, *how, *until);
                Vec::from_iter((is_done == until.is_some()).then_some(world))
            }
            (&Op::Receive { look, reader, reconnects, most }, Seen::Received(got)) => {
                self.receive(Glance { at, look, reader, reconnects, most }, got, before)
            }
            (Op::Leave { look, lost }, Seen::Left) => vec![self.leave(at, *look, *lost)],
            _ => Vec::new(),
        }
    }

    fn request(
        &self,
        journal: &Journal,
        at: Timestamp,
        sent: usize,
        other_body: bool,
    ) -> Vec<(Expect, Self)> {
        if let Some(done) = self.done.get(&sent) {
            let changed = |(facts, until)| facts != self.facts || at >= until;
            let expect = match done.rests_on {
                _ if done.other_body != other_body => Expect::Exactly(Seen::Reused),
                Some(rests_on) if changed(rests_on) => Expect::Exactly(Seen::Changed),
                _ => Expect::Same,
            };
            return vec![(expect, self.clone())];
        }
        let mut after = self.first_time(journal, at, sent);
        for (_, world) in &mut after {
            if let Some(done) = world.done.get_mut(&sent) {
                done.other_body = other_body;
            }
        }
        after
    }

    /// What a request leads to that was not done before.
    fn first_time(&self, journal: &Journal, at: Timestamp, sent: usize) -> Vec<(Expect, Self)> {
        let request = &journal.sent[sent];
        let mut world = self.clone();
        let before = request.written_at.minus(SECOND);
        let refused = |seen| vec![(Expect::Exactly(seen), self.clone())];
        match &request.what {
            // What lies in the future was not signed, and was not reported but for a skewed clock.
            What::Submit { .. } if before > at.plus(SKEW_MAX) => return refused(Seen::Invalid),
            What::Give { .. } if before > at => return refused(Seen::Invalid),
            What::Give { until: Some(until), .. } if *until <= at => return refused(Seen::Invalid),
            What::Submit { referral } => {
                world.put(*referral, journal.referrals[*referral].family, at);
                world.log(kind(EventCode::ReferralSubmitted, Outcome::Success), FAMILY);
            }
            What::TakeBack { referral } => match world.take_back(*referral) {
                None => {
                    world.log(denied(), 1);
                    return vec![(Expect::Exactly(Seen::Denied), world)];
                }
                Some(false) => return refused(Seen::Unmet("NOT_ACKNOWLEDGED")),
                Some(true) => {
                    world.log(kind(EventCode::ReferralWithdrawn, Outcome::Success), FAMILY);
                }
            },
            What::Give { consent, until } => {
                let until = until.unwrap_or_else(|| at.plus(Duration::from_hours(24 * 150)));
                let person = journal.consents[*consent].person;
                let signed_at = request.written_at.minus(SECOND);
                let given = world.order;
                let consent_given =
                    Consent { person, signed_at, from: at, until, given, withdrawn: None };
                world.consents.insert(*consent, consent_given);
                world.facts += 1;
                world.log(kind(EventCode::ConsentRecorded, Outcome::Success), 1);
            }
            What::Withdraw { consent } => {
                if !world.withdraw(*consent, at) {
                    return refused(Seen::Unmet("CONSENT_ACTIVE"));
                }
                world.facts += 1;
                world.log(kind(EventCode::ConsentWithdrawn, Outcome::Success), 1);
            }
            What::Publish { expected } => {
                if *expected != world.revision {
                    return refused(Seen::Mismatch);
                }
                world.revision += 1;
                world.publisher = Some(request.id);
                world.log(kind(EventCode::SummarySent, Outcome::Success), FAMILY);
            }
            What::Ask { by } => return self.ask(*by, at, sent),
        }
        world.order += 1;
        world.done.insert(sent, Done { other_body: false, rests_on: None });
        vec![(Expect::Fresh, world)]
    }

    // Consents and the summary.

    /// False when it was withdrawn before. The moment counts at least as much as every word of the
    /// person before it, whatever the clock says.
    fn withdraw(&mut self, consent: usize, at: Timestamp) -> bool {
        let person = self.consents[&consent].person;
        let words = self.consents.values().filter(|consent| consent.person == person);
        let moment = words.map(|consent| consent.signed_at).fold(at, Timestamp::max);
        let order = self.order;
        let consent = self.consents.get_mut(&consent).unwrap();
        if consent.withdrawn.is_some() {
            return false;
        }
        consent.withdrawn = Some((moment, order));
        true
    }

    /// Whose data may go to the partner: who gave a consent that holds, after the last withdrawal.
    fn may(&self, person: u8, at: Timestamp) -> bool {
        let last_no = self.withdrawals(person).map(|(_, order)| order).max();
        self.holding(person, at).any(|consent| last_no.is_none_or(|no| consent.given > no))
    }

    /// Whose data has to go: also by its moments the consent is the later word, and it has begun. Only a
    /// clock that went back makes a difference between the two, and a consent given at the same moment:
    /// whoever asked a hair before it began may be answered after it was stored.
    fn must(&self, person: u8, at: Timestamp) -> bool {
        let last_no = self.withdrawals(person).map(|(moment, _)| moment).max();
        self.may(person, at)
            && self
                .holding(person, at)
                .any(|one| one.from < at && last_no.is_none_or(|no| one.signed_at > no))
    }

    fn withdrawals(&self, person: u8) -> impl Iterator<Item = (Timestamp, u32)> {
        let of = self.consents.values().filter(move |consent| consent.person == person);
        of.filter_map(|consent| consent.withdrawn)
    }

    fn holding(&self, person: u8, at: Timestamp) -> impl Iterator<Item = &Consent> {
        self.consents.values().filter(move |consent| {
            consent.person == person
                && consent.withdrawn.is_none()
                && consent.from <= at
                && at < consent.until
        })
    }

    fn ask(&self, by: Asker, at: Timestamp, sent: usize) -> Vec<(Expect, Self)> {
        let refused = |entries| {
            let mut world = self.clone();
            world.log(denied(), entries);
            (Expect::Exactly(Seen::Denied), world)
        };
        match by {
            Asker::Outsider => return vec![refused(1)],
            Asker::Member => return vec![refused(FAMILY)],
            Asker::Partner => {}
        }
        self.groups(at)
            .into_iter()
            .map(|people| {
                if people.is_empty() {
                    return refused(FAMILY);
                }
                let mut world = self.clone();
                let released = u32::try_from(people.len()).unwrap();
                world.log(kind(EventCode::SummaryDelivered, Outcome::Success), released);
                world.log(denied(), FAMILY - released);
                let rests_on = Some((self.facts, self.reusable_until(at)));
                world.done.insert(sent, Done { other_body: false, rests_on });
                (Expect::Released(self.view(people)), world)
            })
            .collect()
    }

    /// The groups of people that a summary may be about now: one, unless the clock went back.
    fn groups(&self, at: Timestamp) -> Vec<Vec<u8>> {
        let mut groups = vec![Vec::new()];
        for person in 0..4 {
            let with = |mut group: Vec<u8>| {
                group.push(person);
                group
            };
            if self.must(person, at) {
                groups = groups.into_iter().map(with).collect();
            } else if self.may(person, at) {
                groups.extend(groups.clone().into_iter().map(with));
            }
        }
        groups
    }

    fn view(&self, people: Vec<u8>) -> View {
        let parts = SECTIONS
            .iter()
            .filter(|(_, about, shared)| *shared && about.iter().all(|one| people.contains(one)))
            .map(|(section, _, _)| ((*section).to_owned(), section_text(section, self.publisher)))
            .collect();
        View { revision: self.revision, people, parts }
    }

    fn reusable_until(&self, at: Timestamp) -> Timestamp {
        let ends = self.consents.values().map(|consent| consent.until).filter(|end| *end > at);
        ends.fold(repeat_max(at), Timestamp::min)
    }

    /// Whether the partner would be given anything now.
    pub(crate) fn would_release(&self, people: &[u8], at: Timestamp) -> bool {
        people.iter().all(|person| self.must(*person, at))
    }
}

fn explains(expect: &Expect, seen: &Seen, journal: &Journal, sent: usize) -> bool {
    let before = journal.sent[sent].answer.as_ref();
    match (expect, seen) {
        (Expect::Exactly(expected), seen) => expected == seen,
        (Expect::Same, Seen::Bytes(bytes)) => before.is_none_or(|before| before == bytes),
        (Expect::Fresh, Seen::Bytes(bytes)) => before.is_none() && !bytes.is_empty(),
        (Expect::Released(view), Seen::Bytes(bytes)) => {
            before.is_none() && View::read(bytes).as_ref() == Some(view)
        }
        _ => false,
    }
}
