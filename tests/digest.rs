//! The weekly digest of saved searches: by the operator's mail program, of one of several gateways, tried
//! again when the program fails, and in the ledger as a look.
#![cfg(test)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ketenpoort::cli::config::Loaded;
use ketenpoort::cli::serve::{self, Running};
use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::organisation::{Actor, UserRole};
use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::digests::{Mail, Plan};
use ketenpoort::gateway::disclosures::SearchDraft;
use ketenpoort::gateway::{Call, Clock, Gateway};
use ketenpoort::grpc::pb;
use ketenpoort::grpc::pb::officer_service_client::OfficerServiceClient;
use ketenpoort::store::{self, Db};
use ketenpoort::tls::ClientMaterial;
use ketenpoort::vault::keyring::Keyring;
use tokio::sync::Notify;

#[path = "support/house.rs"]
#[expect(dead_code, reason = "every test file uses another part of the house")]
mod house;
#[path = "support/postgres.rs"]
mod postgres;
#[expect(dead_code, reason = "nothing here starts a process of its own")]
#[path = "support/server.rs"]
mod server;

use house::{GGZ, House, STEUNPUNT, at, new_request};
use server::Installation;

const OFFICE: &str = "privacy@steunpunt-voorbeeld.example";
/// A Tuesday, and Mondays at seven after it.
const TUESDAY: &str = "2026-03-10T11:00:00Z";
const MONDAY: &str = "2026-03-16T06:00:00Z";
const NEXT_MONDAY: &str = "2026-03-23T06:00:00Z";

/// A gateway that serves, with a script as mail program.
struct Place {
    installation: Installation,
    clock: Clock,
    running: Running,
}

impl Place {
    /// The script gets the place of its mails as its argument.
    async fn open(script: &str) -> Self {
        let installation = Installation::new(None);
        let program = installation.path().join("mail.sh");
        std::fs::write(&program, format!("#!/bin/sh\nset -e\n{script}")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let text = std::fs::read_to_string(installation.config()).unwrap();
        let digest = format!(
            "[digest]\ncommand = [{program:?}, {:?}]\nsender = \"poort@a.example\"\n\
             offices = [\"{STEUNPUNT}={OFFICE}\"]\nconsole_url = \"https://console.example\"\n",
            installation.path(),
        );
        std::fs::write(installation.config(), format!("{text}{digest}")).unwrap();
        let config = Loaded::read(&installation.config()).unwrap().config;
        let clock = Clock::system();
        clock.set(at(TUESDAY));
        let running = serve::start(&config, clock.clone()).await.unwrap();
        Self { installation, clock, running }
    }

    /// A connection of an organisation.
    async fn officer(&self, slug: &str) -> OfficerServiceClient<tonic::transport::Channel> {
        let pki = self.installation.pki();
        let file = |name: String| -> PathBuf { pki.join("client").join(name) };
        let system = Clock::system();
        let clock = ketenpoort::tls::Clock::new(move || system.now());
        let (chain, key) = (file(format!("{slug}.pem")), file(format!("{slug}.key")));
        let root = pki.join("ca/root.pem");
        let material = ClientMaterial::load(&root, &chain, &key, &clock).unwrap();
        let address = format!("localhost:{}", self.running.grpc.port());
        OfficerServiceClient::new(material.connect(&address).await.unwrap())
    }

    /// An officer keeps a search.
    async fn save(&self, slug: &str, (user, name): (&str, &str), weekly: bool) {
        let request = pb::SaveSearchRequest {
            request_id: ketenpoort::vault::random::uuid_v4().unwrap().to_string(),
            actor: Some(officer(user)),
            purpose: pb::Purpose::PrivacyReview.into(),
            name: name.to_owned(),
            filter: Some(pb::DisclosureFilter {
                period: Some(pb::Period {
                    start_time: Some(moment(at("2026-02-28T23:00:00Z"))),
                    end_time: Some(moment(at("2026-03-31T22:00:00Z"))),
                }),
                actor_user_id: user.to_owned(),
                ..pb::DisclosureFilter::default()
            }),
            shared: false,
            weekly,
        };
        self.officer(slug).await.save_search(request).await.unwrap();
    }

    async fn listed(&self, slug: &str, user: &str) -> Vec<pb::SavedSearch> {
        let request = pb::ListSavedSearchesRequest { actor: Some(officer(user)) };
        let answer = self.officer(slug).await.list_saved_searches(request).await.unwrap();
        answer.into_inner().saved_searches
    }

    async fn monday(&self, moment: &str) -> Vec<String> {
        self.clock.set(at(moment));
        self.running.catch_up().await.unwrap();
        self.mails()
    }

    fn mails(&self) -> Vec<String> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(self.installation.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "mail"))
            .collect();
        found.sort();
        found.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }
}

fn officer(user: &str) -> pb::Actor {
    let role = pb::UserRole::PrivacyOfficer.into();
    pb::Actor { user_id: user.to_owned(), role, ..pb::Actor::default() }
}

fn moment(of: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: of.as_micros() / 1_000_000, nanos: 0 }
}

/// Keeps each mail under a number of its own.
const KEEP: &str = "n=$(ls \"$1\" | grep -c 'mail$' || true)\ncat > \"$1/$n.mail\"\n";

/// Looks of the officer with the digest as occasion.
async fn looks(path: &Path) -> usize {
    let db = Db::open_sqlite(&path.join("ketenpoort.sqlite"), store::ledger::SCHEMA).await.unwrap();
    let mut tx = db.read().await.unwrap();
    let size = tx.log_state().await.unwrap().unwrap().size;
    let rows = tx.disclosures_between((0, size), u32::MAX).await.unwrap();
    let looked = |row: &&store::DisclosureRow| {
        row.event_code == i64::from(EventCode::LogQueried.number())
            && row.actor_user_id.as_str() == "fg-1"
            && row.recorded_at >= at(MONDAY)
    };
    rows.iter().filter(looked).count()
}

#[tokio::test]
async fn a_weekly_search_is_mailed_once_a_week_in_counts_and_is_a_look() {
    let place = Place::open(KEEP).await;
    place.save("steunpunt", ("fg-1", "Naam die niemand leest"), true).await;
    place.save("steunpunt", ("fg-1", "Stil"), false).await;
    place.save("ggz", ("fg-9", "Zonder adres"), true).await;
    let kept = place.listed("steunpunt", "fg-1").await;
    assert_eq!(kept.iter().filter(|one| one.weekly).count(), 1);
    let id = &kept.iter().find(|one| one.weekly).unwrap().saved_search_id;
    assert_eq!(place.monday("2026-03-16T05:59:00Z").await, [""; 0], "not before it is due");

    let mails = place.monday(MONDAY).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = &mails[0];
    let (head, body) = mail.split_once("\n\n").unwrap();
    assert!(head.contains(&format!("To: {OFFICE}\n")) && head.contains("From: poort@a.example\n"));
    assert!(head.contains("Date: Mon, 16 Mar 2026 07:0"), "{head}");
    assert!(body.contains("\n1. 0 nieuwe regels\n") && !body.contains("\n2. "), "{body}");
    let link = format!("https://console.example/nl/verstrekkingen/bewaard/{id}?van=2026-03-10");
    assert!(body.contains(&link), "{body}");
    for secret in ["Naam die", "fg-1", "medewerker", STEUNPUNT, "u-1"] {
        assert!(!mail.contains(secret), "{secret} in {mail}");
    }
    assert_eq!(looks(place.installation.path()).await, 1);

    assert_eq!(place.monday("2026-03-18T06:00:00Z").await.len(), 1, "once a week");
    let mails = place.monday(NEXT_MONDAY).await;
    assert_eq!(mails.len(), 2);
    assert!(mails[1].contains("?van=2026-03-16&tot=2026-03-23\n"));
    place.running.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_program_that_fails_is_tried_again_after_a_pause_that_doubles() {
    let script = "if [ ! -e \"$1/mended\" ]; then echo x >> \"$1/tried\"; exit 75; fi\n";
    let place = Place::open(&format!("{script}{KEEP}")).await;
    place.save("steunpunt", ("fg-1", "Alles"), true).await;
    let tried = || std::fs::read_to_string(place.installation.path().join("tried")).unwrap().len();
    assert_eq!(place.monday(MONDAY).await, [""; 0]);
    assert_eq!(tried(), 2);
    place.monday("2026-03-16T06:03:00Z").await;
    assert_eq!(tried(), 2, "it waits");
    place.monday("2026-03-16T06:06:00Z").await;
    assert_eq!(tried(), 4);
    std::fs::write(place.installation.path().join("mended"), "").unwrap();
    assert_eq!(place.monday("2026-03-16T06:14:00Z").await, [""; 0], "twice as long");
    let mails = place.monday("2026-03-16T06:18:00Z").await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("Date: Mon, 16 Mar 2026 07:18:"), "{}", mails[0]);
    place.running.shutdown().await.unwrap();
}

fn plan(mail: Mail) -> Plan {
    Plan {
        schedule: "monday 07:00".parse().unwrap(),
        sender: "poort@a.example".parse().unwrap(),
        offices: [(STEUNPUNT.parse().unwrap(), OFFICE.parse().unwrap())].into(),
        console_url: None,
        mail,
    }
}

#[tokio::test]
async fn what_is_new_since_the_digest_before_is_counted_also_where_that_was_not_sent() {
    let house = House::open().await;
    house.case_with_summary().await;
    let clock = house.gateway.clock().clone();
    // Just before it is kept, and so not new.
    clock.set(at("2026-03-12T10:30:00Z"));
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    clock.set(at("2026-03-12T11:00:00Z"));
    let call = officer_of(&house.gateway, STEUNPUNT, "fg-1");
    let search = SearchDraft {
        purpose: 5,
        // Over, when it is counted.
        from: Some(at("2026-03-11T23:00:00Z")),
        until: Some(at("2026-03-12T23:00:00Z")),
        sender_oin: STEUNPUNT.to_owned(),
        recipient_oin: GGZ.to_owned(),
        ..SearchDraft::default()
    };
    let kept = ("Wat naar de GGZ gaat".to_owned(), search);
    let request = new_request("SaveSearch");
    let save = house.gateway.keep_search(&call, &request, kept, (true, true), |_| Vec::new());
    save.await.unwrap();
    let (sent, works) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(true)));
    let (keeps, takes) = (Arc::clone(&sent), Arc::clone(&works));
    let mail: Mail = Arc::new(move |mail: String| {
        keeps.lock().unwrap().push(mail);
        Box::pin(std::future::ready(takes.load(Ordering::SeqCst)))
    });
    let plan = plan(mail);
    // Everybody of the family of four, in each of these looks.
    for (monday, looks, is_sent, told) in [
        (MONDAY, 1, true, "1. 4 nieuwe regels"),
        ("2026-03-23T06:00:00Z", 2, false, "1. 8 nieuwe regels"),
        ("2026-03-30T05:00:00Z", 1, true, "1. 12 nieuwe regels"),
        ("2026-04-06T05:00:00Z", 0, true, "1. 0 nieuwe regels"),
    ] {
        for _ in 0..looks {
            house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
        }
        clock.set(at(monday));
        works.store(is_sent, Ordering::SeqCst);
        let count = house.gateway.send_digests(&plan).await.unwrap();
        assert_eq!(count, usize::from(is_sent));
        let mail = sent.lock().unwrap().pop().unwrap();
        assert!(mail.contains(told), "{told}: {mail}");
        assert!(!mail.contains("https://") && !mail.contains("GGZ"), "{mail}");
    }
    assert_eq!(sent.lock().unwrap().len(), 0);
}

/// Several gateways on one database, and a mail program in memory.
struct Several {
    url: String,
    keyring: String,
    clock: Clock,
    sent: Arc<Mutex<Vec<String>>>,
}

impl Several {
    async fn open() -> (Self, Gateway, Gateway) {
        let (url, clock) = (postgres::fresh_database(), Clock::system());
        clock.set(at(TUESDAY));
        let keyring = Keyring::generate().unwrap().to_file_text().to_string();
        let several = Self { url, keyring, clock, sent: Arc::default() };
        let (one, other) = (several.gateway().await, several.gateway().await);
        for user in ["fg-1", "fg-2", "fg-3"] {
            let call = officer_of(&one, STEUNPUNT, user);
            let search = SearchDraft {
                purpose: 5,
                from: Some(at("2026-02-28T23:00:00Z")),
                until: Some(at("2026-03-31T22:00:00Z")),
                sender_oin: GGZ.to_owned(),
                ..SearchDraft::default()
            };
            let request = new_request("SaveSearch");
            let kept = ("Alles".to_owned(), search);
            one.keep_search(&call, &request, kept, (false, true), |_| Vec::new()).await.unwrap();
        }
        (several, one, other)
    }

    async fn gateway(&self) -> Gateway {
        let db = Db::open_postgres(&self.url, store::ledger::SCHEMA).await.unwrap();
        let keys = Db::open_postgres(&self.url, store::keys::SCHEMA).await.unwrap();
        house::gateway_on(db, keys, &self.keyring, self.clock.clone()).await.unwrap()
    }

    fn keeps(&self) -> Mail {
        let sent = Arc::clone(&self.sent);
        Arc::new(move |mail| {
            sent.lock().unwrap().push(mail);
            Box::pin(std::future::ready(true))
        })
    }

    /// Message ids of what was sent, each with how often.
    fn ids(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        let id = |mail: &String| {
            let line = mail.lines().find(|line| line.starts_with("Message-ID: ")).unwrap();
            line.to_owned()
        };
        let mut ids: Vec<String> = sent.iter().map(id).collect();
        ids.sort();
        ids
    }
}

fn officer_of(gateway: &Gateway, oin: &str, user: &str) -> Call {
    let caller = gateway.admit(&oin.parse().unwrap(), None).unwrap();
    let (user_id, role) = (user.parse().unwrap(), UserRole::PrivacyOfficer);
    caller.act(Actor { user_id, role, on_behalf_of: None })
}

#[tokio::test]
async fn of_several_gateways_one_sends_each_digest() {
    let (several, one, other) = Several::open().await;
    several.clock.set(at(MONDAY));
    let plan = plan(several.keeps());
    let (first, second) = tokio::join!(one.send_digests(&plan), other.send_digests(&plan));
    assert_eq!(first.unwrap() + second.unwrap(), 3);
    let mut ids = several.ids();
    assert_eq!(ids.len(), 3);
    ids.dedup();
    assert_eq!(ids.len(), 3, "one of each officer");
    assert_eq!(other.send_digests(&plan).await.unwrap(), 0);
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn a_gateway_that_dies_while_the_program_runs_is_replaced_once() {
    let (several, one, other) = Several::open().await;
    several.clock.set(at(MONDAY));
    let (running, count) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let (begun, counted) = (Arc::clone(&running), Arc::clone(&count));
    let hangs: Mail = Arc::new(move |_mail| {
        counted.fetch_add(1, Ordering::SeqCst);
        begun.notify_one();
        Box::pin(std::future::pending())
    });
    let dies = async |gateway: &Gateway| {
        let plan = plan(Arc::clone(&hangs));
        tokio::select! {
            _ = gateway.send_digests(&plan) => panic!("it hangs"),
            () = running.notified() => {}
        }
    };
    dies(&one).await;
    // The others are sent at once; that of the first is left alone until its time is over.
    let plan = plan(several.keeps());
    assert_eq!(other.send_digests(&plan).await.unwrap(), 2);
    let later = |minutes| at(MONDAY).plus(Duration::from_mins(minutes));
    several.clock.set(later(9));
    assert_eq!(other.send_digests(&plan).await.unwrap(), 0);
    several.clock.set(later(11));
    dies(&one).await;
    several.clock.set(later(30));
    assert_eq!(other.send_digests(&plan).await.unwrap(), 0, "it may have been sent twice by now");
    assert_eq!(count.load(Ordering::SeqCst), 2);
    several.clock.set(at(NEXT_MONDAY));
    assert_eq!(other.send_digests(&plan).await.unwrap(), 3, "and the next week begins anew");
    one.close().await;
    other.close().await;
}
