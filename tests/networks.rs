//! A certificate that is used from a new network is a signal: over real TLS, from two networks of the
//! loopback interface, and at several gateways on one database.
#![cfg(test)]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ketenpoort::cli::config::Loaded;
use ketenpoort::cli::serve;
use ketenpoort::domain::network::Network;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::signal::{SignalRule, SignalState};
use ketenpoort::gateway::{Clock, Gateway};
use ketenpoort::grpc::pb::GetCallerRequest;
use ketenpoort::grpc::pb::directory_service_client::DirectoryServiceClient;
use ketenpoort::store::{self, Db, SignalQuery, SignalRow};
use ketenpoort::tls::authority::Subject;
use ketenpoort::tls::identity::{Person, Validity};
use ketenpoort::tls::{ClientMaterial, DevelopmentPki};
use ketenpoort::vault::keyring::Keyring;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket};

#[path = "support/house.rs"]
#[expect(dead_code, reason = "these tests need its gateway only")]
mod house;
#[path = "support/postgres.rs"]
mod postgres;
#[expect(dead_code, reason = "nothing here starts a gateway without a say in how")]
#[path = "support/server.rs"]
mod server;

use house::{GGZ, at};
use server::Installation;

const DAY: Duration = Duration::from_hours(24);
const HOME: &str = "127.0.1.5";
const AWAY: &str = "127.0.2.5";

fn network_of(address: &str) -> Network {
    Network::v4(address.parse::<Ipv4Addr>().unwrap().octets())
}

/// A way to the gateway that comes out at an address of another network.
async fn relay(from: &str, to: SocketAddr) -> u16 {
    let from = SocketAddr::new(from.parse().unwrap(), 0);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut inward, _)) = listener.accept().await {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(from).unwrap();
            let mut outward = socket.connect(to).await.unwrap();
            tokio::spawn(async move { drop(copy_bidirectional(&mut inward, &mut outward).await) });
        }
    });
    port
}

/// Asks something over a connection of its own; the answer tells that the connection was accepted.
async fn connect(pki: &Path, slug: &str, (from, to): (&str, SocketAddr)) {
    let file = |name: String| -> PathBuf { pki.join(name) };
    let system = Clock::system();
    let clock = ketenpoort::tls::Clock::new(move || system.now());
    let (chain, key) = (file(format!("{slug}.pem")), file(format!("{slug}.key")));
    let root = pki.join("ca/root.pem");
    let material = ClientMaterial::load(&root, &chain, &key, &clock).unwrap();
    let channel = material.connect(&format!("localhost:{}", relay(from, to).await)).await.unwrap();
    // The console does not know the call, and answers all the same.
    drop(DirectoryServiceClient::new(channel).get_caller(GetCallerRequest {}).await);
}

async fn signals(db: &Db) -> Vec<SignalRow> {
    let all = SignalQuery {
        party: None,
        state: SignalState::Open,
        rule: Some(SignalRule::NewNetwork),
        score_min: 0,
        before: None,
    };
    db.read().await.unwrap().signals(&all, 100).await.unwrap()
}

#[tokio::test]
async fn a_system_and_a_person_from_a_new_network_are_seen_over_real_tls() {
    let installation = Installation::new(None);
    let pki = installation.pki();
    let officer = Person { user_id: "fg-1".parse().unwrap(), role: UserRole::PrivacyOfficer };
    let subject =
        Subject { oin: GGZ.parse().unwrap(), organisation: "GGZ Voorbeeld".to_owned(), unit: None };
    let now = Clock::system().now();
    let validity = Validity { not_before: now.minus(DAY), not_after: now.plus(DAY) };
    let files = DevelopmentPki::open(&pki)
        .unwrap()
        .issue_person("officer", &subject, &officer, validity)
        .unwrap();
    let person = files.chain.strip_prefix(&pki).unwrap().with_extension("");
    let person = person.to_str().unwrap();
    let mut config = Loaded::read(&installation.config()).unwrap().config;
    config.grpc.listen = "127.0.0.1:0".parse().unwrap();
    config.console.listen = Some("127.0.0.1:0".parse().unwrap());
    let clock = Clock::system();
    clock.set(at("2026-03-10T11:00:00Z"));
    let running = serve::start(&config, clock.clone()).await.unwrap();
    let (grpc, console) = (running.grpc, running.console.unwrap());
    let url = installation.path().join("ketenpoort.sqlite");
    let db = Db::open_sqlite(&url, store::ledger::SCHEMA).await.unwrap();

    connect(&pki, "client/ggz", (HOME, grpc)).await;
    connect(&pki, person, (HOME, console)).await;
    running.catch_up().await.unwrap();
    clock.set(at("2026-03-17T11:00:00Z"));
    connect(&pki, "client/ggz", (HOME, grpc)).await;
    connect(&pki, person, ("127.0.1.77", console)).await;
    running.catch_up().await.unwrap();
    assert_eq!(signals(&db).await, []);
    connect(&pki, "client/ggz", (AWAY, grpc)).await;
    connect(&pki, person, (AWAY, console)).await;
    running.catch_up().await.unwrap();
    let found = signals(&db).await;
    let users: Vec<bool> = found.iter().map(|signal| signal.user_id.is_some()).collect();
    assert_eq!(users.len(), 2, "{found:?}");
    assert_eq!(users.iter().filter(|is_person| **is_person).count(), 1);
    assert!(found.iter().all(|signal| signal.oin.as_str() == GGZ));

    // Neither an address nor its pseudonym is anywhere but in the table of pseudonyms.
    let keyring = std::fs::read_to_string(installation.path().join("keyring")).unwrap();
    let key = Keyring::parse(&keyring).unwrap();
    for address in [HOME, AWAY] {
        let network = key.pseudonym_key().network(&network_of(address));
        for signal in &found {
            let told = format!("{signal:?}");
            let hidden =
                [address.to_owned(), network.to_hex(), format!("{:?}", network.as_bytes())];
            assert!(!hidden.iter().any(|secret| told.contains(secret)), "{told}");
            assert_ne!(signal.about, network.as_bytes());
        }
        let mut tx = db.read().await.unwrap();
        let size = tx.log_state().await.unwrap().unwrap().size;
        let places: Vec<i64> = (0..size).collect();
        for (_, leaf) in tx.leaves_at(&places).await.unwrap() {
            assert!(!leaf.windows(32).any(|bytes| bytes == network.as_bytes()));
        }
    }
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_came_in_last_is_kept_and_nothing_where_it_is_switched_off() {
    for (is_watched, kept) in [(true, 1), (false, 0)] {
        let installation = Installation::new(None);
        let mut config = Loaded::read(&installation.config()).unwrap().config;
        config.grpc.listen = "127.0.0.1:0".parse().unwrap();
        config.tls.watch_networks = is_watched;
        let running = serve::start(&config, Clock::system()).await.unwrap();
        connect(&installation.pki(), "client/ggz", (HOME, running.grpc)).await;
        running.shutdown().await.unwrap();
        let url = installation.path().join("ketenpoort.sqlite");
        let db = Db::open_sqlite(&url, store::ledger::SCHEMA).await.unwrap();
        let rows = db.read().await.unwrap().new_networks(100).await.unwrap();
        assert_eq!(rows.len(), kept);
    }
}

/// Networks are forgotten half a year after a certificate was there last, with everything that is past its
/// term.
#[tokio::test]
async fn where_a_certificate_was_long_ago_is_forgotten() {
    let installation = Installation::new(None);
    let mut config = Loaded::read(&installation.config()).unwrap().config;
    config.grpc.listen = "127.0.0.1:0".parse().unwrap();
    let url = installation.path().join("ketenpoort.sqlite");
    for (days, kept) in [(181, 0), (179, 1)] {
        let clock = Clock::system();
        clock.set(clock.now().minus(DAY * days));
        let running = serve::start(&config, clock).await.unwrap();
        connect(&installation.pki(), "client/ggz", (HOME, running.grpc)).await;
        running.shutdown().await.unwrap();
        let purged = installation.run(&["log", "purge"]);
        assert!(purged.status.success(), "{}", String::from_utf8_lossy(&purged.stderr));
        let db = Db::open_sqlite(&url, store::ledger::SCHEMA).await.unwrap();
        assert_eq!(db.read().await.unwrap().new_networks(9).await.unwrap().len(), kept);
    }
}

#[tokio::test]
async fn no_address_is_in_the_log_however_much_it_tells() {
    let installation = Installation::new(None);
    let level = ("KETENPOORT__LOG__LEVEL".to_owned(), "trace".into());
    let server = installation.try_start(&[level]).map_err(|ended| ended.output).unwrap();
    connect(&installation.pki(), "client/ggz", (HOME, installation.address())).await;
    let told = server.kill();
    assert!(told.contains("gateway.ready"), "{told}");
    let network = {
        let keyring = std::fs::read_to_string(installation.path().join("keyring")).unwrap();
        let key = Keyring::parse(&keyring).unwrap();
        key.pseudonym_key().network(&network_of(HOME)).to_hex()
    };
    for secret in ["127.0.1", &network] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

async fn gateway(url: &str, keyring: &str, clock: &Clock) -> Gateway {
    let db = Db::open_postgres(url, store::ledger::SCHEMA).await.unwrap();
    let keys = Db::open_postgres(url, store::keys::SCHEMA).await.unwrap();
    house::gateway_on(db, keys, keyring, clock.clone()).await.unwrap()
}

#[tokio::test]
async fn of_several_gateways_one_raises_the_signal() {
    let (url, clock) = (postgres::fresh_database(), Clock::system());
    clock.set(at("2026-03-10T11:00:00Z"));
    let keyring = Keyring::generate().unwrap().to_file_text().to_string();
    let one = gateway(&url, &keyring, &clock).await;
    let other = gateway(&url, &keyring, &clock).await;
    let oin = GGZ.parse().unwrap();
    let arrive = |gateway: &Gateway, address: &str| {
        gateway.note_arrival((&oin, None), &[7; 32], address.parse().unwrap());
    };
    let examine = async |gateway: &Gateway| {
        while gateway.detect_signals().await.unwrap().more {}
    };
    // At one gateway on the first day, at the other a week later: it was known at both.
    arrive(&one, HOME);
    examine(&one).await;
    clock.set(at("2026-03-17T11:00:00Z"));
    for gateway in [&one, &other] {
        arrive(gateway, HOME);
        arrive(gateway, AWAY);
    }
    tokio::join!(examine(&one), examine(&other));
    tokio::join!(examine(&one), examine(&other));
    let db = Db::open_postgres(&url, store::ledger::SCHEMA).await.unwrap();
    let found = signals(&db).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].version, 1);
    one.close().await;
    other.close().await;
}
