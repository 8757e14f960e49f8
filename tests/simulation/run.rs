//! Plays a schedule on a gateway and on the model side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use ketenpoort::domain::id::RequestId;
use ketenpoort::domain::time::Timestamp;
use ketenpoort::ledger::note::Verifier;
use ketenpoort::vault::random;
use tokio::runtime::Runtime;

use super::broken::{Broken, Port};
use super::callers::{Held, Journal, Op, Seen, Sent, SentConsent, SentReferral, What};
use super::house::POLICE;
use super::ledger::Watch;
use super::model::World;
use super::place::{Life, Place, Prepared, cut, runtime};
use super::step::{Act, Fate, How, Jump, Step, Term};

#[path = "run/finish.rs"]
mod finish;
#[path = "run/tamper.rs"]
mod tamper;

/// Between two steps; longer than any step takes, so that moments keep their order.
const TICK: Duration = Duration::from_secs(2);
/// The family is in its case for so long when a schedule begins. The clock never goes back to before
/// that: then there is no team yet, and everything is refused.
const DAYS_BEFORE: Duration = Duration::from_hours(72);
/// Just before and just after.
const MARGIN: Duration = Duration::from_secs(10);
const HALF_HOUR: Duration = Duration::from_mins(30);
const HALF_YEAR: Duration = Duration::from_hours(24 * 150);
/// Histories that are followed at the same time.
const WORLDS_MAX: usize = 5_000;

/// How often what happened.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// The gateway did what no history explains.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) step: usize,
    pub(crate) why: String,
}

/// Plays a schedule to its end.
pub(crate) fn run(prepared: &Prepared, steps: &[Step], broken: Broken) -> Result<Counts, Failure> {
    let mut run = Run::new(prepared, broken);
    for (step, what) in steps.iter().enumerate() {
        let fails = |why| Failure { step, why };
        if let Step::Tamper(tamper, which) = what {
            run.tamper(*tamper, *which).map_err(fails)?;
            return Ok(run.counts);
        }
        run.step(what).map_err(fails)?;
    }
    run.finish().map_err(|why| Failure { step: steps.len(), why })?;
    Ok(run.counts)
}

/// The histories by which a call makes sense at the first moment at which there are any.
fn first_that_explains(
    at: Timestamp,
    until: Timestamp,
    after: impl Fn(Timestamp) -> BTreeSet<World>,
) -> BTreeSet<World> {
    [at, until].into_iter().map(after).find(|worlds| !worlds.is_empty()).unwrap_or_default()
}

pub(crate) struct Run {
    // Before the place, which removes the files.
    life: Option<Life>,
    watch: Watch,
    observer: Runtime,
    place: Place,
    port: Port,
    broken: Broken,
    journal: Journal,
    worlds: BTreeSet<World>,
    now: Timestamp,
    /// The latest moment at which anything happened: the clock may have gone back since.
    latest: Timestamp,
    began: Timestamp,
    verifier: Verifier,
    counts: Counts,
    /// What a gateway that forgets comes back with.
    forgotten: Option<Vec<u8>>,
}

impl Run {
    fn new(prepared: &Prepared, broken: Broken) -> Self {
        let place = prepared.copy();
        let now = prepared.since.plus(DAYS_BEFORE);
        let life = Life::open(&place, now).unwrap();
        let observer = runtime();
        let mut watch = Watch::new(observer.block_on(place.look()));
        let before = observer.block_on(watch.look()).unwrap().clone();
        let consents = (0_u8..).zip(&prepared.consents);
        let journal = Journal {
            consents: consents
                .map(|(person, id)| SentConsent { id: Some(id.clone()), person })
                .collect(),
            revision: 1,
            ..Journal::default()
        };
        Self {
            verifier: life.gateway().ledger_verifier().clone(),
            life: Some(life),
            watch,
            observer,
            forgotten: place
                .directory()
                .map(|path| std::fs::read(path.join("data.sqlite")).unwrap()),
            place,
            port: Port::new(broken),
            broken,
            journal,
            worlds: BTreeSet::from([World::new(
                prepared.since,
                prepared.since.plus(HALF_YEAR),
                before,
            )]),
            now,
            latest: now,
            began: prepared.since,
            counts: Counts::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn life(&self) -> &Life {
        self.life.as_ref().unwrap()
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::One(act, fate) => match self.op(*act) {
                Some(op) => self.one(&op, *fate),
                None => Ok(()),
            },
            Step::Both(one, other) => match (self.op(*one), self.op(*other)) {
                (Some(one), Some(other)) => self.both(&one, &other),
                (Some(op), None) | (None, Some(op)) => self.one(&op, Fate::Answered),
                (None, None) => Ok(()),
            },
            Step::Clock(jump) => {
                self.jump(*jump);
                Ok(())
            }
            Step::Restart => self.end_life(Life::close, "restart"),
            Step::Crash => self.end_life(Life::crash, "crash"),
            Step::Tamper(..) => unreachable!("a schedule ends with it"),
        }
    }

    // From acts to calls.

    fn op(&mut self, act: Act) -> Option<Op> {
        let journal = &self.journal;
        let what = match act {
            Act::Submit { family } => self.new_referral(family),
            Act::TakeBack { referral } => {
                let referral = modulo(referral, journal.referrals.len())?;
                What::TakeBack { referral }
            }
            Act::Give { person, term } => self.new_consent(person, term),
            Act::Withdraw { consent } => {
                let known: Vec<usize> = (0..journal.consents.len())
                    .filter(|consent| journal.consents[*consent].id.is_some())
                    .collect();
                What::Withdraw { consent: known[modulo(consent, known.len())?] }
            }
            Act::Publish => What::Publish { expected: journal.revision },
            Act::Ask { by } => What::Ask { by },
            Act::Repeat { request, other_body } => {
                let back = modulo(request, journal.sent.len())?;
                return Some(Op::Request { sent: journal.sent.len() - 1 - back, other_body });
            }
            Act::Receive { reader, reconnects, most } => {
                return Some(self.look(reader, reconnects, u32::from(most)));
            }
            Act::Leave { stream, lost } => {
                let back = modulo(stream, journal.streams.len())?;
                let look = journal.streams[journal.streams.len() - 1 - back];
                self.count(if lost { "stream lost" } else { "stream left in order" });
                return Some(Op::Leave { look, lost });
            }
            Act::Settle { lease, how } => {
                let back = modulo(lease, journal.leases.len())?;
                let token = journal.leases[journal.leases.len() - 1 - back].token;
                return Some(Op::Settle { token, how });
            }
        };
        Some(self.new_request(what))
    }

    fn look(&mut self, reader: u8, reconnects: bool, most: u32) -> Op {
        let look = self.journal.looks;
        self.journal.looks += 1;
        if reconnects {
            self.journal.streams.push(look);
        }
        Op::Receive { look, reader, reconnects, most }
    }

    fn new_request(&mut self, what: What) -> Op {
        let id = RequestId::new(random::uuid_v4().unwrap());
        self.journal.sent.push(Sent { id, what, written_at: self.now, answer: None });
        Op::Request { sent: self.journal.sent.len() - 1, other_body: false }
    }

    fn new_referral(&mut self, family: u8) -> What {
        let id = random::uuid_v4().unwrap();
        let id = ketenpoort::domain::id::ReferralId::new(id);
        self.journal.referrals.push(SentReferral { id, family, written_at: self.now });
        What::Submit { referral: self.journal.referrals.len() - 1 }
    }

    fn new_consent(&mut self, person: u8, term: Term) -> What {
        let until = match term {
            Term::HalfYear => None,
            Term::HalfHour => Some(self.now.plus(HALF_HOUR)),
            Term::UntilTomorrow => Some(self.now.plus(Duration::from_hours(30))),
        };
        self.journal.consent_ends.extend(until);
        self.journal.consents.push(SentConsent { id: None, person });
        What::Give { consent: self.journal.consents.len() - 1, until }
    }

    // Calls.

    fn one(&mut self, op: &Op, fate: Fate) -> Result<(), String> {
        let (at, port, journal) = (self.now, &self.port, &self.journal);
        let life = self.life();
        life.gateway().clock().set(at);
        let call = port.perform(life.gateway(), journal, op);
        let seen = match fate {
            Fate::LostRequest => {
                drop(call);
                self.count("lost request");
                return Ok(());
            }
            Fate::Answered | Fate::LostReply => Some(life.run(call)),
            Fate::Cut(polls) => life.run(cut(call, polls)),
        };
        let until = life.gateway().clock().now();
        self.count(match (fate, &seen) {
            (Fate::Cut(_), None) => "cut call",
            (Fate::Cut(_) | Fate::LostReply, Some(_)) => "lost reply",
            _ => "answered call",
        });
        self.count_repeat(op, fate);
        let worlds = self.unfolded();
        let next = match &seen {
            None => worlds.into_iter().flat_map(|world| world.cut(op, at)).collect(),
            Some(seen) => {
                let after = |at| -> BTreeSet<World> {
                    let after = |world: &World| world.after(&self.journal, at, (op, seen), &[]);
                    worlds.iter().flat_map(after).collect()
                };
                first_that_explains(at, until, after)
            }
        };
        if next.is_empty() {
            return Err(self.unexplained(&[(op, seen.as_ref())]));
        }
        if let Some(seen) = &seen {
            self.write_down(op, seen, fate == Fate::Answered);
        }
        self.worlds = next;
        self.compare(&[(op, seen.as_ref())], until)
    }

    fn both(&mut self, one: &Op, other: &Op) -> Result<(), String> {
        let at = self.now;
        let life = self.life();
        let gateway = life.gateway();
        gateway.clock().set(at);
        let (first, second) = life.run(async {
            tokio::join!(
                self.port.perform(gateway, &self.journal, one),
                self.port.perform(gateway, &self.journal, other),
            )
        });
        let until = gateway.clock().now();
        self.count("calls at the same time");
        let calls = [(one, Some(&first)), (other, Some(&second))];
        // A consent may end between the two; whether it did, the histories tell.
        let is_given_twice = first == second || second == Seen::Changed;
        if one == other && matches!(first, Seen::Bytes(_)) && !is_given_twice {
            return Err(self.unexplained(&calls));
        }
        let worlds = self.unfolded();
        let after = |at: Timestamp| -> BTreeSet<World> {
            let in_order = |a: (&Op, &Seen), b: (&Op, &Seen)| -> Vec<World> {
                let both = |world: &World| -> Vec<World> {
                    let before = world.glimpse_of(at, b.0);
                    let one = world.after(&self.journal, at, a, &[]).into_iter();
                    // What was cut before may come between the two.
                    one.flat_map(|world| world.unfold(&self.journal))
                        .flat_map(|world| world.after(&self.journal, at, b, &before))
                        .collect()
                };
                worlds.iter().flat_map(both).collect()
            };
            let mut all: BTreeSet<World> =
                in_order((one, &first), (other, &second)).into_iter().collect();
            all.extend(in_order((other, &second), (one, &first)));
            all
        };
        let next = first_that_explains(at, until, after);
        if next.is_empty() {
            return Err(self.unexplained(&calls));
        }
        self.write_down(one, &first, true);
        self.write_down(other, &second, true);
        self.worlds = next;
        self.compare(&[(one, Some(&first)), (other, Some(&second))], until)
    }

    fn count_repeat(&mut self, op: &Op, fate: Fate) {
        let Op::Request { sent, other_body } = *op else { return };
        if other_body {
            self.count("other body under an id");
        } else if sent + 1 < self.journal.sent.len() && fate == Fate::Answered {
            self.count("repeated request");
        }
    }

    fn unfolded(&self) -> BTreeSet<World> {
        let worlds = self.worlds.iter().cloned();
        worlds.flat_map(|world| world.unfold(&self.journal)).collect()
    }

    /// The ledger must be that of one of the histories.
    fn compare(&mut self, calls: &[(&Op, Option<&Seen>)], until: Timestamp) -> Result<(), String> {
        let worlds = self.unfolded();
        let ledger = self.observer.block_on(self.watch.look())?.clone();
        let fitting: BTreeSet<World> =
            worlds.into_iter().filter(|world| world.fits(&ledger)).collect();
        if fitting.is_empty() {
            return Err(format!("{} but the ledger holds {ledger:?}", self.unexplained(calls)));
        }
        if fitting.len() > WORLDS_MAX {
            return Err(format!("{} histories: the model is too vague", fitting.len()));
        }
        self.worlds = fitting;
        if self.worlds.iter().all(World::lends_alone) {
            self.count("referral that goes alone");
        }
        self.now = self.now.max(until).plus(TICK);
        self.latest = self.latest.max(self.now);
        Ok(())
    }

    fn unexplained(&self, calls: &[(&Op, Option<&Seen>)]) -> String {
        let mut why = String::new();
        for (op, seen) in calls {
            let what = match op {
                Op::Request { sent, .. } => format!("{:?} ", self.journal.sent[*sent].what),
                Op::Receive { .. } | Op::Leave { .. } | Op::Settle { .. } => String::new(),
            };
            let seen = match seen {
                Some(Seen::Bytes(bytes)) => {
                    let text = String::from_utf8_lossy(bytes);
                    text.lines().take(8).collect::<Vec<_>>().join(" / ")
                }
                other => format!("{other:?}"),
            };
            write!(why, "{what}{op:?} ended with {seen}; ").unwrap();
        }
        let world = self.worlds.first();
        format!("{why}no history explains it, of {} like {world:?}", self.worlds.len())
    }

    /// What the organisations, and what only the observer of a lost answer, keep of it.
    fn write_down(&mut self, op: &Op, seen: &Seen, is_known: bool) {
        if let (Op::Request { sent, .. }, Seen::Bytes(bytes)) = (op, seen) {
            let first = self.journal.sent[*sent].answer.is_none();
            if first {
                self.journal.sent[*sent].answer = Some(bytes.clone());
            }
            if is_known {
                self.learn(*sent, bytes);
            }
        }
        if let Seen::Received(got) = seen
            && is_known
        {
            let held = got.iter().map(|one| Held { token: one.token, until: one.until });
            self.journal.leases.extend(held);
        }
    }

    fn learn(&mut self, sent: usize, bytes: &[u8]) {
        let text = || String::from_utf8(bytes.to_vec()).unwrap();
        match self.journal.sent[sent].what {
            What::Give { consent, .. } => self.journal.consents[consent].id = Some(text()),
            What::Publish { .. } => {
                self.journal.revision = self.journal.revision.max(text().parse().unwrap_or(0));
            }
            What::Submit { .. }
            | What::TakeBack { .. }
            | What::Withdraw { .. }
            | What::Ask { .. } => {}
        }
    }

    // The gateway and its clock.

    fn end_life(&mut self, end: fn(Life), how: &'static str) -> Result<(), String> {
        end(self.life.take().unwrap());
        self.count(how);
        if self.broken == Broken::ForgetsAtCrash
            && let (Some(path), Some(old)) = (self.place.directory(), &self.forgotten)
        {
            std::fs::write(path.join("data.sqlite"), old).unwrap();
            for journal in ["data.sqlite-wal", "data.sqlite-shm"] {
                drop(std::fs::remove_file(path.join(journal)));
            }
        }
        self.life = Some(Life::open(&self.place, self.now)?);
        let ledger = self.observer.block_on(self.watch.look())?.clone();
        let worlds = self.unfolded().into_iter().filter(|world| world.fits(&ledger));
        let worlds: BTreeSet<World> = worlds.map(World::settled).collect();
        if worlds.is_empty() {
            return Err(format!("after a {how} {}: {ledger:?}", self.unexplained(&[])));
        }
        self.worlds = worlds;
        self.now = self.now.plus(TICK);
        Ok(())
    }

    fn jump(&mut self, jump: Jump) {
        let next = |moments: &mut dyn Iterator<Item = Timestamp>| {
            moments.filter(|moment| *moment > self.now.plus(MARGIN)).min()
        };
        let lease_end = next(&mut self.journal.leases.iter().map(|held| held.until));
        let consent_end = next(&mut self.journal.consent_ends.iter().copied());
        let midnight = Some(self.now.date().end());
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let before = |moment: Option<Timestamp>| moment.map(|moment| moment.minus(MARGIN));
        let (to, kind) = match jump {
            Jump::Forward(time) => (Some(self.now.plus(seconds(time))), "clock forward"),
            Jump::Back(time) => (Some(self.now.minus(seconds(time))), "clock back"),
            Jump::BeforeMidnight => (before(midnight), "clock to just before midnight"),
            Jump::Midnight => (midnight, "clock to midnight"),
            Jump::BeforeLeaseEnd => (before(lease_end), "clock to just before a lease ends"),
            Jump::LeaseEnd => (lease_end, "clock to the end of a lease"),
            Jump::BeforeConsentEnd => (before(consent_end), "clock to just before a consent ends"),
            Jump::ConsentEnd => (consent_end, "clock to the end of a consent"),
        };
        if let Some(to) = to.filter(|to| *to > self.began) {
            self.now = to;
            self.count(kind);
        }
    }
}

fn modulo(number: u8, length: usize) -> Option<usize> {
    usize::from(number).checked_rem(length)
}
