//! Eight clients that work through faults: each sends a request, and sends the same one again until
//! it is answered, writing a journal all the while.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ketenpoort::grpc::pb::PullReferralsRequest;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::ask::{Answer, Ask, Desks, What};
use super::journal::{Journal, digest};
use super::messages;
use super::random::Random;

/// Clients of every run.
pub(crate) const CLIENTS: usize = 8;

/// Referrals that one look into the inbox takes at most.
pub(crate) const PULL_MAX: i32 = 5;

/// What the clients and the test tell each other.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Whether the server is there. Without one, clients wait.
    up: watch::Sender<bool>,
    /// Whether clients go on with a next request.
    working: watch::Sender<bool>,
    /// Whether they wait with it.
    resting: watch::Sender<bool>,
    /// Requests answered, but for those that found nothing to do.
    acked: watch::Sender<u64>,
    /// Attempts of each client that failed.
    failed: watch::Sender<[u64; CLIENTS]>,
    /// Referrals whose submission was answered.
    submitted: Mutex<BTreeSet<String>>,
    /// Referrals that a reader acknowledged; that may be known before their submission is answered.
    settled: Mutex<BTreeSet<String>>,
}

impl Shared {
    /// Referrals that are still on their way.
    fn unsettled(&self) -> Vec<String> {
        let settled = self.settled.lock().unwrap();
        self.submitted.lock().unwrap().difference(&settled).cloned().collect()
    }
}

/// The clients at work.
pub(crate) struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<Client>>,
    channel: Channel,
}

impl Load {
    /// Prepares a case for every client and sets all of them to work.
    pub(crate) async fn start(seed: u64, pki: &Path, address: &str, journals: &Path) -> Self {
        let shared = Arc::new(Shared {
            up: watch::Sender::new(true),
            working: watch::Sender::new(true),
            resting: watch::Sender::new(false),
            acked: watch::Sender::new(0),
            failed: watch::Sender::new([0; CLIENTS]),
            submitted: Mutex::default(),
            settled: Mutex::default(),
        });
        std::fs::create_dir_all(journals).unwrap();
        let channel = Desks::connect(pki, address).await.police();
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            let desks = Desks::connect(pki, address).await;
            let path = journals.join(format!("client-{number}"));
            clients.push(Client::new(seed, number, desks, &path, Arc::clone(&shared)));
        }
        // One after the other: whoever looks into the inbox finds the referral that it waits for.
        for client in &mut clients {
            client.open_case().await;
        }
        let clients = clients.into_iter().map(|client| tokio::spawn(client.work())).collect();
        Self { shared, clients, channel }
    }

    /// The server is about to go: whoever fails from now on waits for the next one.
    pub(crate) fn server_is_down(&self) {
        self.shared.up.send_replace(false);
    }

    /// There is a server again.
    pub(crate) fn server_is_up(&self) {
        self.shared.up.send_replace(true);
    }

    /// Clients finish what they are at and then wait, so that what takes long beside them does not take
    /// longer with everything that they add meanwhile.
    pub(crate) fn rests(&self, resting: bool) {
        self.shared.resting.send_replace(resting);
    }

    /// Requests answered so far.
    pub(crate) fn acked(&self) -> u64 {
        *self.shared.acked.borrow()
    }

    /// The clients' tasks.
    pub(crate) fn clients(&self) -> &[JoinHandle<Client>] {
        &self.clients
    }

    /// A connection of the police, for whoever wants to ask something else.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Waits until so many requests were answered.
    pub(crate) async fn until_acked(&self, count: u64) {
        self.until("answers", &self.shared.acked, |acked| *acked >= count).await;
    }

    /// Waits until an attempt of every client failed that was made after this call.
    pub(crate) async fn until_all_failed(&self) {
        // The attempt under way may be older.
        let before = *self.shared.failed.borrow();
        let more = |now: &[u64; CLIENTS]| now.iter().zip(before).all(|(now, then)| *now > then + 1);
        self.until("failures", &self.shared.failed, more).await;
    }

    async fn until<T: Send + Sync>(
        &self,
        what: &str,
        told: &watch::Sender<T>,
        is_so: impl FnMut(&T) -> bool + Send,
    ) {
        const STUCK: Duration = Duration::from_mins(2);
        let mut told = told.subscribe();
        let reached = tokio::time::timeout(STUCK, told.wait_for(is_so)).await.is_ok();
        let ended = self.clients.iter().any(JoinHandle::is_finished);
        assert!(!ended, "a client gave up");
        assert!(reached, "no more {what}: {self:?}");
    }

    /// Lets every client finish its request, settles what is left in the inbox, and returns the
    /// clients with what they were answered.
    pub(crate) async fn finish(self) -> Vec<Client> {
        self.shared.working.send_replace(false);
        let mut clients = Vec::new();
        for client in self.clients {
            clients.push(client.await.expect("a client gave up"));
        }
        if let Some(client) = clients.first_mut() {
            client.drain_inbox().await;
        }
        clients
    }
}

impl std::fmt::Debug for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (up, failed) = (*self.shared.up.borrow(), *self.shared.failed.borrow());
        write!(f, "server up {up}, {} answers, failed attempts {failed:?}", self.acked())
    }
}

/// One client with a case of its own.
pub(crate) struct Client {
    desks: Desks,
    journal: Journal,
    shared: Arc<Shared>,
    random: Random,
    number: usize,
    name: String,
    case_ref: String,
    /// The father's consent; none while it is withdrawn.
    fathers_consent: Option<String>,
    /// Raised with every change of a fact that disclosures of the case rest on.
    facts: u64,
    /// Everything that has to be answered the same again, with the facts of then.
    done: Vec<(Ask, [u8; 32], u64)>,
}

impl Client {
    fn new(seed: u64, number: usize, desks: Desks, journal: &Path, shared: Arc<Shared>) -> Self {
        Self {
            desks,
            journal: Journal::create(journal),
            shared,
            random: Random::new(seed, u64::try_from(number).unwrap()),
            number,
            name: format!("reader-{number}"),
            case_ref: format!("VVT-2026-{number:06}"),
            fathers_consent: None,
            facts: 0,
            done: Vec::new(),
        }
    }

    /// From a referral to a case with consents and a summary.
    async fn open_case(&mut self) {
        let submit = messages::submit(&mut self.random);
        let submitted = self.answered(Ask::Submit(submit)).await;
        let referral = submitted.things[0].clone();
        self.take_referrals(messages::pull(&self.name, PULL_MAX, 10)).await;
        let (case_ref, random) = (self.case_ref.clone(), &mut self.random);
        let steps = [
            Ask::Triage(messages::triage(&referral, random)),
            Ask::CreateCase(messages::create_case(&case_ref, &referral, random)),
            Ask::AddMember(messages::add_member(&case_ref, random)),
            Ask::Publish(messages::publish(&case_ref, random)),
        ];
        for step in steps {
            self.answered(step).await;
        }
        for (person, _) in messages::SIGNERS {
            let consent = messages::consent(&case_ref, person, &mut self.random);
            let recorded = self.answered(Ask::Consent(consent)).await;
            if person == "father" {
                self.fathers_consent = Some(recorded.things[0].clone());
            }
        }
        self.facts = 1;
    }

    async fn work(mut self) -> Self {
        while *self.shared.working.borrow() {
            let mut resting = self.shared.resting.subscribe();
            resting.wait_for(|resting| !*resting).await.expect("the test is there");
            match self.random.between(0, 10) {
                0..=3 => {
                    let submit = messages::submit(&mut self.random);
                    self.answered(Ask::Submit(submit)).await;
                }
                4..=6 => {
                    let ask = messages::request_summary(&self.case_ref, &mut self.random);
                    self.answered(Ask::Summary(ask)).await;
                }
                7 | 8 => {
                    self.take_referrals(messages::pull(&self.name, PULL_MAX, 0)).await;
                }
                _ => self.change_consent().await,
            }
        }
        self
    }

    /// Receives referrals and takes responsibility for them.
    async fn take_referrals(&mut self, pull: PullReferralsRequest) {
        let received = self.answered(Ask::Pull(pull)).await;
        if !received.leases.is_empty() {
            self.answered(Ask::Settle(messages::acknowledge(&received.leases))).await;
        }
    }

    /// The father withdraws, or agrees again.
    async fn change_consent(&mut self) {
        if let Some(consent_id) = self.fathers_consent.take() {
            let withdraw = messages::withdraw(&consent_id, &mut self.random);
            self.answered(Ask::Withdraw(withdraw)).await;
        } else {
            let consent = messages::consent(&self.case_ref, "father", &mut self.random);
            let recorded = self.answered(Ask::Consent(consent)).await;
            self.fathers_consent = recorded.things.first().cloned();
        }
        self.facts += 1;
    }

    /// Takes what is left in the inbox, waiting for leases whose referrals never reached a reader.
    async fn drain_inbox(&mut self) {
        const LOOKS_MAX: u32 = 1_000;
        for _ in 0..LOOKS_MAX {
            if self.shared.unsettled().is_empty() {
                return;
            }
            // Shorter than a lease: a look that finds nothing is repeated.
            self.take_referrals(messages::pull(&self.name, 32, 2)).await;
        }
        panic!("referrals never come: {:?}", self.shared.unsettled());
    }

    /// The answer to this very request, however many attempts it takes.
    async fn answered(&mut self, ask: Ask) -> Answer {
        let what = ask.what();
        let call = ask.request_id().map_or_else(|| self.random.uuid(), str::to_owned);
        tokio::task::block_in_place(|| self.journal.sending(&call, what));
        let answer = loop {
            match self.desks.ask(&ask).await {
                Ok(answer) => break answer,
                Err(status) => self.failed(&call, what, &status).await,
            }
        };
        tokio::task::block_in_place(|| self.journal.acked(&call, what, &answer));
        if what.is_once() {
            self.done.push((ask, digest(&answer.bytes), self.facts));
        }
        if what == What::Submit {
            self.shared.submitted.lock().unwrap().extend(answer.things.clone());
        }
        if what == What::Settle {
            self.shared.settled.lock().unwrap().extend(answer.things.clone());
        }
        // An empty inbox is answered without storing anything.
        if what.is_once() || !answer.things.is_empty() {
            self.shared.acked.send_modify(|acked| *acked += 1);
        }
        answer
    }

    /// Waits until another attempt makes sense. Only an outage is a reason for one.
    async fn failed(&mut self, call: &str, what: What, status: &Status) {
        /// Between attempts at a server that is there and cannot serve.
        const AGAIN: Duration = Duration::from_millis(20);
        assert!(is_outage(status), "{what:?} was refused: {status:?}");
        tokio::task::block_in_place(|| self.journal.failed(call, what));
        let mut up = self.shared.up.subscribe();
        let is_up = *up.borrow_and_update();
        self.shared.failed.send_modify(|failed| failed[self.number] += 1);
        if is_up {
            // Until then, unless the server goes.
            tokio::time::timeout(AGAIN, up.changed()).await.ok();
        }
        up.wait_for(|up| *up).await.expect("the test is there as long as its clients");
    }

    /// Sends everything again that was ever answered, and counts the answers that are the same,
    /// byte for byte. Of what was disclosed under other facts than today's, nothing is given again.
    pub(crate) async fn repeat_all(&mut self) -> u64 {
        let done = std::mem::take(&mut self.done);
        for (ask, digest_then, facts) in &done {
            let is_stale = ask.what() == What::Summary && *facts != self.facts;
            match self.desks.ask(ask).await {
                Ok(answer) if !is_stale => {
                    assert_eq!(digest(&answer.bytes), *digest_then, "another answer to {ask:?}");
                }
                Ok(_) => panic!("disclosed again although the facts changed: {ask:?}"),
                Err(status) => {
                    let refusal = status.get_details_error_info().map(|info| info.reason);
                    let changed = refusal.as_deref() == Some("CONSENT_CHANGED");
                    // The Dutch day may have ended since.
                    let may_be = is_stale || ask.what() == What::Summary && is_midnight();
                    assert!(changed && may_be, "not answered again: {ask:?}: {status:?}");
                }
            }
        }
        u64::try_from(done.len()).unwrap()
    }
}

/// Whether a call may have failed because the server died or cannot store, and for nothing else.
fn is_outage(status: &Status) -> bool {
    let said_by_server = status.get_details_error_info().is_some();
    !said_by_server
        || matches!(
            status.code(),
            Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded
        )
}

/// Whether a Dutch day began within the last hour.
fn is_midnight() -> bool {
    let now = ketenpoort::gateway::Clock::system().now();
    now.date() != now.minus(Duration::from_hours(1)).date()
}
