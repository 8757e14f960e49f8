//! Compares what the clients were told with what is stored.
//!
//! The journals lie outside the server. From them follows what must be in the store (everything that
//! was acknowledged), and what may be in it beside that (what was sent and not answered).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::id::{GroupId, Oin, ReferralId, RequestId};
use ketenpoort::ledger::entry::Entry;
use ketenpoort::store::{Db, DeliveryState, Tx, ledger};

use super::ask::What;
use super::journal::{Acked, Journals};
use super::load::PULL_MAX;

/// What a gateway logs by itself: at its first start its directory, its routing and its policy; and a
/// few signals, because the load of this test is not what people do.
const OWN_ACTS: [(EventCode, usize); 3] =
    [(EventCode::PartnerChanged, 1), (EventCode::PolicyChanged, 2), (EventCode::SignalRaised, 16)];

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Acknowledged, and not there.
    Lost(String),
    /// There twice.
    Doubled(String),
    /// In the ledger, and nobody asked for it.
    Unasked(String),
}

use Finding::{Doubled, Lost, Unasked};

/// What the oracle looked at and found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) acknowledged: usize,
    pub(crate) entries: usize,
    /// Requests that were answered the same again, byte for byte.
    pub(crate) repeated: u64,
    pub(crate) findings: Vec<Finding>,
}

impl Verdict {
    pub(crate) fn assert_clean(&self, when: &str) {
        assert!(self.findings.is_empty(), "{when}: {:#?}", self.findings);
    }

    /// How many findings are of a kind.
    pub(crate) fn count(&self, kind: fn(&Finding) -> bool) -> usize {
        self.findings.iter().filter(|finding| kind(finding)).count()
    }
}

pub(crate) fn is_lost(finding: &Finding) -> bool {
    matches!(finding, Lost(_))
}

pub(crate) fn is_unasked(finding: &Finding) -> bool {
    matches!(finding, Unasked(_))
}

/// Opens a store to look at it.
pub(crate) async fn look(database: &str, directory: &Path) -> Db {
    match database.strip_prefix("sqlite:") {
        Some(file) => Db::open_sqlite_read_only(&directory.join(file)).await.unwrap(),
        None => Db::open_postgres_read_only(database, ledger::SCHEMA).await.unwrap(),
    }
}

/// Looks for what these answers promised. The answers must be older than the look.
pub(crate) async fn still_there(db: &Db, acked: &[Acked]) -> Vec<Finding> {
    let mut tx = db.read().await.unwrap();
    let mut oracle = Oracle::default();
    for acked in acked {
        oracle.check_entries(&mut tx, acked).await;
        oracle.check_rows(&mut tx, acked).await;
    }
    oracle.findings
}

/// Compares all journals with all of the store. Nobody is at work, so everything must fit exactly.
pub(crate) async fn compare(db: &Db, journals: &Journals) -> Verdict {
    let mut tx = db.read().await.unwrap();
    let mut oracle = Oracle::default();
    for acked in journals.acked.iter().chain(&journals.unsent) {
        oracle.check_entries(&mut tx, acked).await;
        oracle.check_rows(&mut tx, acked).await;
    }
    oracle.check_deliveries(journals);
    let entries = read_entries(&mut tx).await;
    oracle.check_acts(&mut tx, &entries, journals).await;
    Verdict {
        acknowledged: journals.acked.len(),
        entries: entries.len(),
        repeated: 0,
        findings: oracle.findings,
    }
}

async fn read_entries(tx: &mut Tx) -> Vec<Entry> {
    const PAGE: u32 = 10_000;
    let mut entries = Vec::new();
    loop {
        let from = i64::try_from(entries.len()).unwrap();
        let leaves = tx.leaves(from, PAGE).await.unwrap();
        if leaves.is_empty() {
            return entries;
        }
        entries.extend(leaves.iter().map(|leaf| Entry::decode(&leaf.entry).unwrap()));
    }
}

#[derive(Default)]
struct Oracle {
    /// Places in the ledger that an answer named, with its call.
    claimed: BTreeMap<u64, String>,
    findings: Vec<Finding>,
}

impl Oracle {
    /// The entries that an answer names are there, are one act of the right kind, and belong to no
    /// other answer.
    async fn check_entries(&mut self, tx: &mut Tx, acked: &Acked) {
        let mut groups = BTreeSet::new();
        for index in &acked.indexes {
            let leaf = tx.leaf(i64::try_from(*index).unwrap()).await.unwrap();
            match leaf.map(|leaf| Entry::decode(&leaf.entry).unwrap()) {
                Some(entry) if kind(entry.event) == acked.what.event() => {
                    groups.insert(entry.group_id);
                }
                _ => self.findings.push(Lost(format!("entry {index} of {acked:?}"))),
            }
            if let Some(other) = self.claimed.insert(*index, acked.call.clone()) {
                self.findings.push(Doubled(format!("entry {index} is of {other} and {acked:?}")));
            }
        }
        if groups.len() > 1 {
            self.findings.push(Doubled(format!("several acts for {acked:?}")));
        }
    }

    /// The rows that an answer promises are there.
    async fn check_rows(&mut self, tx: &mut Tx, acked: &Acked) {
        if acked.what.is_once() {
            let caller: Oin = acked.what.caller().parse().unwrap();
            let request: RequestId = acked.call.parse().unwrap();
            if tx.answer(&caller, request).await.unwrap().is_none() {
                self.findings.push(Lost(format!("answer to {acked:?}")));
            }
        }
        for thing in &acked.things {
            if !is_there(tx, acked.what, thing).await {
                self.findings.push(Lost(format!("{thing} of {acked:?}")));
            }
        }
    }

    /// A referral has one delivery, and none after it was acknowledged. Journals tell it for each
    /// client; leases that a client lost are not among the acknowledged.
    fn check_deliveries(&mut self, journals: &Journals) {
        let mut deliveries: BTreeMap<&str, &str> = BTreeMap::new();
        let mut attempts = BTreeSet::new();
        for received in journals.acked.iter().filter(|acked| acked.what == What::Pull) {
            for thing in &received.things {
                let mut words = thing.split('/');
                let (delivery, referral) = (words.next().unwrap(), words.next().unwrap());
                if *deliveries.entry(referral).or_insert(delivery) != delivery {
                    self.findings.push(Doubled(format!("a second delivery of {referral}")));
                }
                if !attempts.insert(thing) {
                    self.findings.push(Doubled(format!("the same attempt again: {thing}")));
                }
            }
        }
        let mut settled = BTreeSet::new();
        for acked in journals.acked.iter().filter(|acked| acked.what == What::Settle) {
            for referral in &acked.things {
                if !settled.insert(referral) {
                    self.findings.push(Doubled(format!("{referral} acknowledged twice")));
                }
            }
        }
    }

    /// Every act in the ledger is one that a client sent: as many acts of each kind as answers, and
    /// at most as many more as there are calls without one.
    async fn check_acts(&mut self, tx: &mut Tx, entries: &[Entry], journals: &Journals) {
        let mut acts: BTreeMap<EventCode, BTreeMap<GroupId, usize>> = BTreeMap::new();
        for entry in entries {
            let groups = acts.entry(kind(entry.event)).or_default();
            *groups.entry(entry.group_id).or_default() += 1;
        }
        for what in What::ALL {
            let groups = acts.get(&what.event()).cloned().unwrap_or_default();
            let (least, most) = expected_acts(tx, what, journals).await;
            let found = groups.len();
            let text = format!("{found} acts of {what:?}, expected {least} to {most}");
            if found < least {
                self.findings.push(Lost(text));
            } else if found > most {
                self.findings.push(Unasked(text));
            }
            if groups.values().any(|entries| *entries != what.entries()) {
                self.findings.push(Lost(format!("an act of {what:?} has not all its entries")));
            }
        }
        for (event, groups) in &acts {
            let is_asked = What::ALL.iter().any(|what| what.event() == *event);
            let own = OWN_ACTS.iter().find(|(own, _)| own == event).map_or(0, |(_, most)| *most);
            if !is_asked && groups.len() > own {
                self.findings.push(Unasked(format!("{} acts of {event:?}", groups.len())));
            }
        }
        self.check_claims(entries, journals);
    }

    /// Where answers name their entries, every entry is of an act that an answer names, or of an open
    /// call. An answer does not name the entries of people who were left out of it; that none is too
    /// many of an act was counted before.
    fn check_claims(&mut self, entries: &[Entry], journals: &Journals) {
        let claimed = (0_u64..).zip(entries).filter(|(index, _)| self.claimed.contains_key(index));
        let answered: BTreeSet<GroupId> = claimed.map(|(_, entry)| entry.group_id).collect();
        for what in [What::Submit, What::Summary, What::Consent, What::Withdraw] {
            let is_loose = |entry: &&Entry| {
                kind(entry.event) == what.event() && !answered.contains(&entry.group_id)
            };
            let loose = entries.iter().filter(is_loose).count();
            let open = journals.open.values().filter(|open| **open == what).count();
            if loose > open * what.entries() {
                let text = format!("{loose} entries of {what:?} are of no answer, {open} open");
                self.findings.push(Unasked(text));
            }
        }
    }
}

/// How many acts of this kind there must be, and how many there may be.
async fn expected_acts(tx: &mut Tx, what: What, journals: &Journals) -> (usize, usize) {
    let alike = |other: What| other.event() == what.event();
    let open = journals.open.values().filter(|open| alike(**open)).count();
    let acked = journals.acked.iter().filter(|acked| alike(acked.what));
    if what == What::Pull {
        // A lost answer has left a lease and its entries behind; the rows of the deliveries count both.
        let handed_over = handed_over(tx, journals).await;
        return (handed_over, handed_over);
    }
    if what == What::Settle {
        let settled: usize = acked.map(|acked| acked.things.len()).sum();
        return (settled, settled + open * usize::try_from(PULL_MAX).unwrap());
    }
    let acked = acked.count();
    (acked, acked + open)
}

/// The kind of act that an entry belongs to: a disclosure of which a part was denied is one act.
fn kind(event: u16) -> EventCode {
    match EventCode::from_number(event) {
        Some(EventCode::AccessDenied) => EventCode::SummaryDelivered,
        Some(other) => other,
        None => panic!("an entry has the unknown event {event}"),
    }
}

/// How often referrals were handed to a reader, as the rows of the deliveries say.
async fn handed_over(tx: &mut Tx, journals: &Journals) -> usize {
    let mut attempts = 0;
    for submitted in journals.acked.iter().filter(|acked| acked.what == What::Submit) {
        let referral: ReferralId = submitted.things[0].parse().unwrap();
        if let Some(delivery) = tx.delivery_of(referral).await.unwrap() {
            attempts += usize::try_from(delivery.attempts).unwrap();
        }
    }
    attempts
}

/// Whether what an answer was about is stored as the answer said, or has gone on from there.
async fn is_there(tx: &mut Tx, what: What, thing: &str) -> bool {
    match what {
        What::Submit => {
            let referral: ReferralId = thing.parse().unwrap();
            tx.referral(referral).await.unwrap().is_some()
                && tx.delivery_of(referral).await.unwrap().is_some()
        }
        What::Pull => {
            let mut words = thing.split('/');
            let (delivery_id, referral) = (words.next().unwrap(), words.next().unwrap());
            let attempt: i64 = words.next().unwrap().parse().unwrap();
            let delivery = tx.delivery_of(referral.parse().unwrap()).await.unwrap();
            delivery.is_some_and(|delivery| {
                delivery.delivery_id.to_string() == delivery_id && delivery.attempts >= attempt
            })
        }
        What::Settle => {
            let referral: ReferralId = thing.parse().unwrap();
            let delivery = tx.delivery_of(referral).await.unwrap();
            let row = tx.referral(referral).await.unwrap();
            delivery.is_some_and(|delivery| delivery.state == DeliveryState::Acknowledged)
                && row.is_some_and(|row| row.acknowledged_at.is_some())
        }
        What::Consent | What::Withdraw => {
            let consent = tx.consent(thing.parse().unwrap()).await.unwrap();
            consent.is_some_and(|consent| what == What::Consent || consent.version > 1)
        }
        What::Triage | What::CreateCase | What::AddMember | What::Publish | What::Summary => true,
    }
}
