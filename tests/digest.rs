//! The weekly digest of saved searches: by the operator's mail program, of one of several gateways, tried
//! again when the program fails, and in the ledger as a look.
#![cfg(test)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ketenpoort::cli::config::Loaded;
use ketenpoort::cli::serve::{self, Running};
use ketenpoort::domain::digest::AbsentDays;
use ketenpoort::domain::occasion::Occasion;
use ketenpoort::domain::organisation::{Actor, UserRole};
use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::digests::{Mail, Plan};
use ketenpoort::gateway::disclosures::{Looked, SearchDraft};
use ketenpoort::gateway::own_looks::LookNote;
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

const NO_OCCASION: pb::Occasion = pb::Occasion::Unspecified;

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

    /// Stops the gateway and starts it again at a moment.
    async fn restarted_at(self, moment: &str) -> Self {
        let Self { installation, clock, running } = self;
        running.shutdown().await.unwrap();
        clock.set(at(moment));
        let config = Loaded::read(&installation.config()).unwrap().config;
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

    /// On what occasion the officer searched since Monday.
    async fn looks(&self) -> Vec<pb::Occasion> {
        let request = pb::ListOwnLooksRequest {
            actor: Some(officer("fg-1")),
            purpose: pb::Purpose::PrivacyReview.into(),
            period: Some(pb::Period {
                start_time: Some(moment(at(MONDAY))),
                end_time: Some(moment(at("2026-03-31T22:00:00Z"))),
            }),
            ..pb::ListOwnLooksRequest::default()
        };
        let answer = self.officer("steunpunt").await.list_own_looks(request).await.unwrap();
        let looks = answer.into_inner().looks;
        looks.iter().map(pb::OwnLook::occasion).filter(|one| *one != NO_OCCASION).collect()
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

/// Looks of the officer with the digest as occasion, as the ledger has them.
async fn looks(gateway: &Gateway, user: &str) -> usize {
    let call = officer_of(gateway, STEUNPUNT, user);
    let period = (at(TUESDAY), at("2026-07-01T00:00:00Z"));
    let found = gateway.own_looks(&call, 5, period, (None, 500)).await.unwrap();
    let is_digest = |one: &&Looked| LookNote::of(one).occasion == Some(Occasion::Digest);
    found.entries.iter().filter(is_digest).count()
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
    assert_eq!(place.looks().await, [pb::Occasion::Digest]);

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

/// A restart while the program runs: it is sent once.
#[tokio::test]
async fn a_gateway_that_is_told_to_stop_waits_for_the_program_and_keeps_that_it_was_sent() {
    let script = "touch \"$1/begun\"\nwhile [ ! -e \"$1/go\" ]; do sleep 0.02; done\n";
    let place = Place::open(&format!("{script}{KEEP}")).await;
    place.save("steunpunt", ("fg-1", "Alles"), true).await;
    let Place { installation, clock, running } = place.restarted_at(MONDAY).await;
    let begun = installation.path().join("begun");
    while !begun.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let stopping = running.shutdown();
    tokio::pin!(stopping);
    // Everything else of it ends at once.
    let early = tokio::time::timeout(Duration::from_millis(500), &mut stopping).await;
    assert!(early.is_err(), "it waits for the program");
    std::fs::write(installation.path().join("go"), "").unwrap();
    stopping.await.unwrap();
    let config = Loaded::read(&installation.config()).unwrap().config;
    let running = serve::start(&config, clock.clone()).await.unwrap();
    let place = Place { installation, clock, running };
    assert_eq!(place.monday("2026-03-16T07:00:00Z").await.len(), 1);
    place.running.shutdown().await.unwrap();
}

fn plan(mail: Mail) -> Plan {
    Plan {
        schedule: "monday 07:00".parse().unwrap(),
        sender: "poort@a.example".parse().unwrap(),
        offices: [(STEUNPUNT.parse().unwrap(), OFFICE.parse().unwrap())].into(),
        console_url: None,
        absent_days: AbsentDays::default(),
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

/// Keeps a weekly search about everything that came from the GGZ.
async fn save_weekly(house: &House, user: &str, name: &str) {
    let call = officer_of(&house.gateway, STEUNPUNT, user);
    let search = SearchDraft {
        purpose: 5,
        from: Some(at("2026-02-28T23:00:00Z")),
        until: Some(at("2026-03-31T22:00:00Z")),
        sender_oin: GGZ.to_owned(),
        ..SearchDraft::default()
    };
    let (kept, request) = ((name.to_owned(), search), new_request("SaveSearch"));
    let save = house.gateway.keep_search(&call, &request, kept, (false, true), |_| Vec::new());
    save.await.unwrap();
}

/// The look stands before anybody is told, with what made the gateway look.
#[tokio::test]
async fn before_a_digest_is_mailed_the_look_is_in_the_ledger_with_its_occasion() {
    let house = House::open().await;
    let clock = house.gateway.clock().clone();
    clock.set(at(TUESDAY));
    save_weekly(&house, "fg-1", "Alles").await;
    clock.set(at(MONDAY));
    assert_eq!(looks(&house.gateway, "fg-1").await, 0);
    let stood = Arc::new(AtomicUsize::new(0));
    let (gateway, sees) = (house.gateway.clone(), Arc::clone(&stood));
    let mail: Mail = Arc::new(move |_mail| {
        let (gateway, sees) = (gateway.clone(), Arc::clone(&sees));
        Box::pin(async move {
            sees.store(looks(&gateway, "fg-1").await, Ordering::SeqCst);
            true
        })
    });
    assert_eq!(house.gateway.send_digests(&plan(mail)).await.unwrap(), 1);
    assert_eq!(stood.load(Ordering::SeqCst), 1);
}

/// Who left does not end the search; what the gateway itself did in their name keeps nobody there.
#[tokio::test]
async fn who_did_nothing_for_sixty_days_gets_no_digest_until_they_are_back() {
    let house = House::open().await;
    let clock = house.gateway.clock().clone();
    clock.set(at(TUESDAY));
    for user in ["fg-1", "fg-2"] {
        save_weekly(&house, user, "Alles").await;
    }
    let works = Arc::new(AtomicBool::new(true));
    let takes = Arc::clone(&works);
    let plan =
        plan(Arc::new(move |_mail| Box::pin(std::future::ready(takes.load(Ordering::SeqCst)))));
    let mut sent = Vec::new();
    for week in 0..14 {
        clock.set(at(MONDAY).plus(Duration::from_hours(week * 7 * 24 + 6)));
        // The other one goes on, and fails to be mailed once.
        let call = officer_of(&house.gateway, STEUNPUNT, "fg-2");
        house.gateway.own_looks(&call, 5, (at(TUESDAY), at(MONDAY)), (None, 1)).await.unwrap();
        if week == 11 {
            let call = officer_of(&house.gateway, STEUNPUNT, "fg-1");
            house.gateway.own_looks(&call, 5, (at(TUESDAY), at(MONDAY)), (None, 1)).await.unwrap();
        }
        works.store(week != 2, Ordering::SeqCst);
        sent.push(house.gateway.send_digests(&plan).await.unwrap());
    }
    assert_eq!(sent, [2, 2, 0, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2]);
    let all = looks(&house.gateway, "fg-1").await;
    assert_eq!(all, 11, "that of the failed mail too");
}

/// A look at night is held against the officer in whose name it is.
#[tokio::test]
async fn at_night_nothing_is_counted_in_the_name_of_an_officer() {
    let house = House::open().await;
    let clock = house.gateway.clock().clone();
    clock.set(at(TUESDAY));
    save_weekly(&house, "fg-1", "Alles").await;
    let plan = plan(Arc::new(|_mail| Box::pin(std::future::ready(false))));
    for (moment, looked) in [
        ("2026-03-16T20:58:00Z", 1),
        ("2026-03-16T21:04:00Z", 1),
        ("2026-03-17T04:59:00Z", 1),
        ("2026-03-17T05:00:00Z", 2),
    ] {
        clock.set(at(moment));
        assert_eq!(house.gateway.send_digests(&plan).await.unwrap(), 0);
        assert_eq!(looks(&house.gateway, "fg-1").await, looked, "{moment}");
    }
}

#[tokio::test]
async fn a_search_that_cannot_be_read_is_left_out_and_keeps_no_other_from_being_told() {
    let house = House::open().await;
    let clock = house.gateway.clock().clone();
    clock.set(at(TUESDAY));
    for (user, name) in [("fg-1", "heel"), ("fg-1", "stuk"), ("fg-0", "weg"), ("fg-2", "ook")] {
        save_weekly(&house, user, name).await;
    }
    for name in ["stuk", "weg"] {
        house.tamper(&format!("UPDATE saved_searches SET query = 'van=x' WHERE name = '{name}'"));
    }
    clock.set(at(MONDAY));
    let sent = Arc::new(Mutex::new(Vec::new()));
    let keeps = Arc::clone(&sent);
    let plan = plan(Arc::new(move |mail| {
        keeps.lock().unwrap().push(mail);
        Box::pin(std::future::ready(true))
    }));
    assert_eq!(house.gateway.send_digests(&plan).await.unwrap(), 2);
    for mail in sent.lock().unwrap().iter() {
        assert!(mail.contains("\n1. 0 nieuwe regels") && !mail.contains("\n2. "), "{mail}");
    }
    clock.set(at("2026-03-16T08:00:00Z"));
    assert_eq!(house.gateway.send_digests(&plan).await.unwrap(), 0);
    for (user, looked) in [("fg-0", 0), ("fg-1", 1), ("fg-2", 1)] {
        assert_eq!(looks(&house.gateway, user).await, looked, "{user}");
    }
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
