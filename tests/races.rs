//! Withdrawals of consents against requests for the summary that rests on them, at the same time on
//! one gateway, again and again (promise 3). In every second lane the same person withdraws in another
//! case than the one that is asked about: a no counts in both.
//!
//! The oracle stands outside: every call is written into a journal with a number from one counter
//! before it is sent and after it was answered. No question sent after an acknowledged withdrawal may
//! be answered with data; and from the ledger alone, no disclosure after the entry of a withdrawal may
//! rely on that consent. `KETENPOORT_LONG=1` runs 100,000 races.
#![cfg(test)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ketenpoort::domain::basis::Basis;
use ketenpoort::domain::consent::State as ConsentState;
use ketenpoort::domain::event::{EventCode, Outcome};
use ketenpoort::gateway::{Error, Request};
use ketenpoort::ledger::audit::{AuditCodes, AuditReport, ConsentAudit};
use ketenpoort::ledger::entry::{Body, Entry};

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;
#[path = "races/oracle.rs"]
mod oracle;

use house::{GGZ, House, new_request};
use oracle::{Event, Kind, Verdict, judge};

/// Cases that race at the same time: their commands share commits.
const LANES: usize = 12;
/// Partners that ask at the same time in one case.
const ASKERS: u64 = 3;
/// Questions of one partner in one round; the round also ends when it hears no.
const QUESTIONS_MAX: u64 = 8;
const RACES_SHORT: u64 = 5_000;
const RACES_LONG: u64 = 100_000;
/// A busy machine ends the short run before all its races.
const TIME_SHORT: Duration = Duration::from_secs(40);
/// Fewer than this show nothing.
const RACES_LEAST: u64 = 100;

struct Field {
    house: House,
    /// The one counter of the journal.
    ticks: AtomicU64,
    races: AtomicU64,
    ends: Ends,
}

struct Ends {
    races: u64,
    at: Option<Instant>,
}

impl Field {
    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    fn is_over(&self) -> bool {
        self.races.load(Ordering::Relaxed) >= self.ends.races
            || self.ends.at.is_some_and(|end| Instant::now() >= end)
    }

    /// Gives a consent, then lets it be withdrawn while partners ask.
    async fn round(self: &Arc<Self>, case_ref: &str, lane: usize, round: u64) -> Vec<Event> {
        let sent = self.tick();
        let give = |case_ref| self.house.consent_now(case_ref, "mother", &[("mother", 1)]);
        let asked_about = give(case_ref).await.unwrap();
        let consent = match other_case_of(lane) {
            Some(other) => give(&other).await.unwrap(),
            None => asked_about,
        };
        let mut events = vec![Event { lane, kind: Kind::Given, sent, answered: self.tick() }];
        let askers: Vec<_> = (0..ASKERS)
            .map(|asker| {
                let (field, case_ref) = (Arc::clone(self), case_ref.to_owned());
                tokio::spawn(async move { field.ask(&case_ref, lane, round + asker).await })
            })
            .collect();
        // Now before the first answer, now after some.
        for _ in 0..(round * 7 % 23) {
            tokio::task::yield_now().await;
        }
        let sent = self.tick();
        self.house.withdraw(&consent, "mother", 1).await.unwrap();
        let withdrawn = Event { lane, kind: Kind::Withdrawn, sent, answered: self.tick() };
        events.push(withdrawn);
        for asker in askers {
            events.extend(asker.await.unwrap());
        }
        let raced = events.iter().filter(|event| event.is_race_with(&withdrawn)).count();
        self.races.fetch_add(u64::try_from(raced).unwrap(), Ordering::Relaxed);
        events
    }

    /// Asks until the answer is no. Some questions come a second time under their id.
    async fn ask(&self, case_ref: &str, lane: usize, salt: u64) -> Vec<Event> {
        let mut events = Vec::new();
        let mut last: Option<Request> = None;
        for question in 0..QUESTIONS_MAX {
            let repeated = last.take().filter(|_| (question + salt).is_multiple_of(3));
            let is_repeated = repeated.is_some();
            let request = repeated.unwrap_or_else(|| new_request("RequestSummary"));
            let sent = self.tick();
            let answer = self.house.ask_about(case_ref, GGZ, &request).await;
            let answered = self.tick();
            // Shown only where the test fails: a refusal that is wrong has a reason.
            if let Err(why) = &answer {
                println!("case {lane}, {sent} to {answered}, repeated {is_repeated}: {why:?}");
            }
            let kind = match answer {
                Ok(bytes) if is_repeated => Kind::GivenAgain(is_about_mother(&bytes)),
                Ok(bytes) => Kind::Released(is_about_mother(&bytes)),
                Err(Error::Denied { .. } | Error::Precondition(_)) => Kind::Refused,
                Err(Error::Busy) => Kind::Busy,
                Err(other) => panic!("{other:?}"),
            };
            events.push(Event { lane, kind, sent, answered });
            if kind == Kind::Refused && !is_repeated {
                break;
            }
            last = matches!(kind, Kind::Released(_)).then_some(request);
        }
        events
    }
}

fn is_about_mother(bytes: &[u8]) -> bool {
    String::from_utf8_lossy(bytes).contains("part agreement-mother")
}

async fn lane(field: Arc<Field>, lane: usize) -> Vec<Event> {
    let case_ref = case_of(lane);
    let mut events = Vec::new();
    let mut round = u64::try_from(lane).unwrap();
    while !field.is_over() {
        events.extend(field.round(&case_ref, lane, round).await);
        round += 1;
    }
    events
}

fn case_of(lane: usize) -> String {
    format!("VVT-2026-{:06}", 200_000 + lane)
}

/// Where the person withdraws, when that is another case.
fn other_case_of(lane: usize) -> Option<String> {
    (!lane.is_multiple_of(2)).then(|| format!("VVT-2026-{:06}", 300_000 + lane))
}

/// The whole ledger, in order.
async fn ledger(house: &House) -> Vec<Entry> {
    const PAGE: u32 = 10_000;
    let db = house.db().await;
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let mut tx = db.read().await.unwrap();
        let from = i64::try_from(entries.len()).unwrap();
        let leaves = tx.leaves(from, PAGE).await.unwrap();
        if leaves.is_empty() {
            return entries;
        }
        entries.extend(leaves.iter().map(|leaf| Entry::decode(&leaf.entry).unwrap()));
    }
}

fn audit(entries: &[Entry]) -> AuditReport {
    let mut audit = ConsentAudit::new(AuditCodes {
        outcome_success: Outcome::Success.severity(),
        basis_consent: u8::try_from(Basis::Consent.number()).unwrap(),
        state_active: u8::try_from(ConsentState::Active.number()).unwrap(),
    });
    for (index, entry) in (0..).zip(entries) {
        audit.entry(index, entry);
    }
    audit.finish()
}

fn is_disclosure(entry: &Entry) -> bool {
    entry.event == EventCode::SummaryDelivered.number() && entry.outcome == 0
}

/// Runs races until there were enough of them.
async fn run(ends: Ends) -> (Arc<Field>, Vec<Event>) {
    let house = House::open().await;
    for lane in 0..LANES {
        // No person of one lane is in another: what one withdraws counts in all of its cases.
        let family = format!("Testema {lane}");
        house.case_about(&case_of(lane), &family).await;
        if let Some(other) = other_case_of(lane) {
            house.case_about(&other, &family).await;
        }
    }
    let (ticks, races) = (AtomicU64::new(0), AtomicU64::new(0));
    let field = Arc::new(Field { house, ticks, races, ends });
    let lanes: Vec<_> = (0..LANES).map(|n| tokio::spawn(lane(Arc::clone(&field), n))).collect();
    let mut events = Vec::new();
    for lane in lanes {
        events.extend(lane.await.unwrap());
    }
    (field, events)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_withdrawal_wins_every_race() {
    let is_long = std::env::var_os("KETENPOORT_LONG").is_some();
    let started = Instant::now();
    let ends = Ends {
        races: if is_long { RACES_LONG } else { RACES_SHORT },
        at: (!is_long).then(|| started + TIME_SHORT),
    };
    let (field, events) = run(ends).await;
    let verdict = judge(&events);
    let entries = ledger(&field.house).await;
    let report = audit(&entries);
    println!("in {:?}: {verdict}", started.elapsed());
    println!(
        "ledger: {} entries, {} disclosures on consent, {} changes of consents",
        entries.len(),
        report.disclosures,
        report.consent_changes
    );
    assert_eq!(verdict.violations, []);
    assert_eq!(report.findings, []);
    // Every release is in the ledger, and nothing else is.
    assert_eq!(entries.iter().filter(|entry| is_disclosure(entry)).count(), verdict.released);
    assert_eq!(report.disclosures, u64::try_from(verdict.released).unwrap());
    assert!(verdict.races >= usize::try_from(RACES_LEAST).unwrap(), "too few races");
    assert!(verdict.requests_won > 0, "no request was ever first");
    assert!(verdict.withdrawals_won > 0, "no withdrawal was ever first");
    assert!(verdict.asked_afterwards > 0, "nobody ever asked after a withdrawal");
    a_forged_journal_or_ledger_is_found(&events, entries);
}

/// The control: the same journal, and the same ledger, with one thing moved to where it must not be.
fn a_forged_journal_or_ledger_is_found(events: &[Event], mut entries: Vec<Entry>) {
    for wrong in [Kind::Released(true), Kind::GivenAgain(true)] {
        let mut forged = events.to_vec();
        let withdrawn = *forged.iter().find(|event| event.kind == Kind::Withdrawn).unwrap();
        let between = withdrawn.answered;
        forged.push(Event { lane: withdrawn.lane, kind: wrong, sent: between, answered: between });
        assert_eq!(judge(&forged).violations.len(), 1, "{wrong:?} was not found");
    }
    let relied = |entry: &Entry| match &entry.body {
        Body::Disclosure(disclosure) if is_disclosure(entry) => {
            Some(disclosure.consents.as_slice()[0].consent_id)
        }
        Body::Disclosure(_) | Body::Consent(_) | Body::Administration(_) | Body::Purge(_) => None,
    };
    let withdrawal_of = |consent| {
        entries.iter().position(|entry| match &entry.body {
            Body::Consent(change) => {
                change.consent_id == consent && entry.event == EventCode::ConsentWithdrawn.number()
            }
            Body::Disclosure(_) | Body::Administration(_) | Body::Purge(_) => false,
        })
    };
    let withdrawn_after = |entry| relied(entry).and_then(withdrawal_of);
    let mut disclosed = (0..).zip(&entries);
    let (disclosed, withdrawn) = disclosed
        .find_map(|(index, entry)| withdrawn_after(entry).map(|withdrawn| (index, withdrawn)))
        .unwrap();
    let withdrawal = entries.remove(withdrawn);
    entries.insert(disclosed, withdrawal);
    assert!(audit(&entries).findings_total > 0, "a disclosure after a withdrawal was not found");
}

#[test]
fn the_oracle_knows_right_from_wrong() {
    let event = |kind, sent, answered| Event { lane: 0, kind, sent, answered };
    let before = [event(Kind::Given, 1, 2), event(Kind::Withdrawn, 5, 8)];
    let with = |kind, sent, answered| {
        let mut events = before.to_vec();
        events.push(event(kind, sent, answered));
        judge(&events)
    };
    // Sent before the withdrawal was acknowledged: either is right.
    for (sent, answered) in [(3, 4), (3, 6), (3, 9), (6, 7), (6, 9)] {
        assert_eq!(with(Kind::Released(true), sent, answered).violations, []);
    }
    assert_eq!(with(Kind::Refused, 6, 7).violations, []);
    // Sent afterwards: only a no is right, also to a repeated question.
    assert_eq!(with(Kind::Refused, 9, 10).violations, []);
    assert_eq!(with(Kind::Released(true), 9, 10).violations.len(), 1);
    assert_eq!(with(Kind::GivenAgain(true), 9, 10).violations.len(), 1);
    // While the consent holds, a no is wrong; and a yes without the data is none.
    assert_eq!(with(Kind::Refused, 3, 4).violations.len(), 1);
    assert_eq!(with(Kind::Released(false), 3, 4).violations.len(), 1);
    // Another case is another matter, and a new consent is a new yes.
    let mut elsewhere = before.to_vec();
    elsewhere.push(Event { lane: 1, kind: Kind::Given, sent: 0, answered: 1 });
    elsewhere.push(Event { lane: 1, kind: Kind::Released(true), sent: 9, answered: 10 });
    elsewhere.push(event(Kind::Given, 9, 10));
    elsewhere.push(event(Kind::Released(true), 11, 12));
    let Verdict { violations, races, .. } = judge(&elsewhere);
    assert_eq!((violations, races), (Vec::new(), 0));
}
