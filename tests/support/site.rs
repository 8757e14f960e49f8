//! The console of a gateway over real TLS, and people with browsers who visit it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ketenpoort::console;
use ketenpoort::domain::disclosure::DisclosureRecord;
use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::ledger::entry::Entry;
use ketenpoort::tls::authority::Subject;
use ketenpoort::tls::development::{CredentialFiles, DevelopmentPki};
use ketenpoort::tls::identity::Validity;
use ketenpoort::tls::trust::{Clients, Protocol};
use ketenpoort::tls::{self, IdentityPolicy, LiveTrust, Person, TestOins, TrustOptions};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::house::{House, STEUNPUNT};

pub(crate) const SHELTER: &str = "00000099000000008000";
pub(crate) const OFFICE: &str = "00000099000000009000";

/// A gateway with a case and a summary, and its console.
pub(crate) struct Site {
    pub(crate) house: House,
    pub(crate) pki: DevelopmentPki,
    pub(crate) trust: LiveTrust,
    pub(crate) address: SocketAddr,
    /// The link of the entrance, where there is one.
    pub(crate) link: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    /// What the browser is told to keep, each as `name=value; rules`.
    pub(crate) cookies: Vec<String>,
}

/// Somebody with a browser.
pub(crate) struct Browser<'a> {
    pub(crate) site: &'a Site,
    pub(crate) certificate: Option<CredentialFiles>,
    pub(crate) cookie: Option<String>,
}

pub(crate) fn now() -> ketenpoort::domain::time::Timestamp {
    ketenpoort::gateway::Clock::system().now()
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::with(|_| None, |_, _| None).await
    }

    /// A console with an entrance to the places of two officers and of one of another organisation.
    pub(crate) async fn of_a_demo() -> Self {
        Self::with(
            |pki| {
                for (slug, oin) in [("one", STEUNPUNT), ("two", STEUNPUNT), ("office", OFFICE)] {
                    let user_id = format!("u-{slug}").parse().unwrap();
                    let officer = Person { user_id, role: UserRole::PrivacyOfficer };
                    pki.issue_person(slug, &subject(oin), &officer, a_day()).unwrap();
                }
                let officers =
                    ["one", "two", "office"].map(|slug| pki.person(slug, now()).unwrap());
                Some(console::Entrance::new(officers.into()).unwrap())
            },
            |_, _| None,
        )
        .await
    }

    /// A console where officers log in after they have shown their certificate. `login` gets the
    /// address of the console.
    pub(crate) async fn with_login(
        login: impl FnOnce(&mut DevelopmentPki, SocketAddr) -> console::SecondFactor,
    ) -> Self {
        Self::with(|_| None, |pki, address| Some(login(pki, address))).await
    }

    async fn with(
        entrance: impl FnOnce(&mut DevelopmentPki) -> Option<(console::Entrance, String)>,
        login: impl FnOnce(&mut DevelopmentPki, SocketAddr) -> Option<console::SecondFactor>,
    ) -> Self {
        let house = House::open().await;
        house.case_with_summary().await;
        let directory = house.directory.path().join("pki");
        let mut pki = DevelopmentPki::lay_out(&directory, &[], now()).unwrap();
        let (entrance, secret) = entrance(&mut pki).unzip();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let second_factor = login(&mut pki, address);
        let options = TrustOptions {
            protocol: Protocol::Web,
            clients: Clients::Anybody,
            ..TrustOptions::default()
        };
        let clock = tls::Clock::new(now);
        let trust = LiveTrust::load(pki.trust_files().unwrap(), options, clock).unwrap();
        let policy = IdentityPolicy { test_oins: TestOins::Accept };
        let visitors = tls::visitors(
            listener,
            trust.clone(),
            tls::Limits::default(),
            policy,
            std::future::pending(),
        );
        let judge = trust.clone();
        let live: console::Live = Arc::new(move |peer| judge.check_live(peer, judge.now()).is_ok());
        let seen = trust.clone();
        let certificates: console::Certificates = Arc::new(move || seen.seen());
        let options =
            console::Options { live, invented: true, entrance, certificates, second_factor };
        tokio::spawn(console::serve(house.gateway.clone(), visitors, options));
        let link = secret.map_or_else(String::new, |secret| format!("/demo/{secret}"));
        Self { house, pki, trust, address, link }
    }

    pub(crate) fn person(&mut self, slug: &str, oin: &str, role: UserRole) -> CredentialFiles {
        let person = Person { user_id: format!("u-{slug}").parse().unwrap(), role };
        self.pki.issue_person(slug, &subject(oin), &person, a_day()).unwrap()
    }

    pub(crate) fn officer(&mut self) -> CredentialFiles {
        self.person("fg", STEUNPUNT, UserRole::PrivacyOfficer)
    }

    pub(crate) fn browser(&self, certificate: Option<CredentialFiles>) -> Browser<'_> {
        Browser { site: self, certificate, cookie: None }
    }

    /// What the entries of looks and exports say of themselves.
    pub(crate) async fn look_notes(&self) -> Vec<String> {
        let mut tx = self.house.db().await.read().await.unwrap();
        let mut notes = Vec::new();
        for idx in 0..tx.log_state().await.unwrap().unwrap().size {
            let Some(row) = tx.disclosure(idx).await.unwrap() else { continue };
            let events = [EventCode::LogQueried, EventCode::LogExported];
            if events.iter().any(|event| row.event_code == i64::from(event.number())) {
                let record = DisclosureRecord::from_bytes(&row.sealed).unwrap();
                notes.push(record.outcome_detail);
            }
        }
        notes
    }

    /// How many looks at the ledger are in the ledger.
    pub(crate) async fn looks(&self) -> usize {
        self.count(EventCode::LogQueried).await
    }

    /// How many entries of breaches that were reported, notified or closed are in the ledger.
    pub(crate) async fn reported(&self) -> usize {
        self.count(EventCode::BreachReported).await
    }

    async fn count(&self, event: EventCode) -> usize {
        let mut tx = self.house.db().await.read().await.unwrap();
        let leaves = tx.leaves(0, 1_000).await.unwrap();
        let of = |entry: &[u8]| Entry::decode(entry).unwrap().event == event.number();
        leaves.iter().filter(|leaf| of(&leaf.entry)).count()
    }
}

/// One request and its answer on a connection of its own; none when the connection was refused.
pub(crate) async fn exchange(
    address: SocketAddr,
    config: ClientConfig,
    request: &str,
) -> Option<Answer> {
    let tcp = TcpStream::connect(address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("localhost").unwrap();
    let mut tls = connector.connect(name, tcp).await.ok()?;
    tls.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    tls.read_to_end(&mut answer).await.ok()?;
    // A download is no text; what is looked at of it is its head.
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let headers: Vec<_> =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let cookies = headers.iter().filter(|(name, _)| name == "set-cookie");
    let cookies = cookies.map(|(_, value)| value.clone()).collect();
    Some(Answer { status, headers: headers.into_iter().collect(), body: body.to_owned(), cookies })
}

pub(crate) fn subject(oin: &str) -> Subject {
    Subject { oin: oin.parse().unwrap(), organisation: "Voorbeeld".to_owned(), unit: None }
}

pub(crate) fn a_day() -> Validity {
    let hour = Duration::from_hours(1);
    Validity { not_before: now().minus(hour), not_after: now().plus(hour * 24) }
}

fn certificates(path: &Path) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(path).unwrap().map(Result::unwrap).collect()
}

impl Answer {
    /// What the page itself says, without what stands around every page.
    pub(crate) fn main(&self) -> &str {
        let (_, main) = self.body.split_once("<main").unwrap_or_else(|| panic!("{}", self.body));
        main.split_once("</main>").unwrap().0
    }
}

impl Browser<'_> {
    pub(crate) fn config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        for root in certificates(&self.site.pki.root_path()) {
            roots.add(root).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match &self.certificate {
            None => builder.with_no_client_auth(),
            Some(files) => {
                let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
                builder.with_client_auth_cert(certificates(&files.chain), key).unwrap()
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }

    /// One request on a connection of its own; none when the connection was refused.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        more: &str,
        body: &str,
    ) -> Option<Answer> {
        let cookie =
            self.cookie.as_ref().map_or_else(String::new, |one| format!("Cookie: {one}\r\n"));
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{cookie}{more}\
             Content-Length: {length}\r\n\r\n{body}"
        );
        exchange(self.site.address, self.config(), &request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "").await.unwrap()
    }

    pub(crate) async fn post(&self, site: &str, body: &str) -> Answer {
        self.post_to("/nl/doel", site, body).await
    }

    pub(crate) async fn post_to(&self, path: &str, site: &str, body: &str) -> Answer {
        let more = format!(
            "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: {site}\r\n"
        );
        self.send("POST", path, &more, body).await.unwrap()
    }

    /// Sends a form of a page: the fields of the form, with what the page put into it.
    pub(crate) async fn fill_in(&self, page: &str, path: &str, fields: &str) -> Answer {
        let html = self.get(page).await.body;
        let token = attribute(&html, "name=\"token\" value=\"");
        let request_id = attribute(&html, "name=\"verzoek\" value=\"");
        let body = format!("token={token}&verzoek={request_id}&{fields}");
        let more = "Content-Type: application/x-www-form-urlencoded\r\n\
                    Sec-Fetch-Site: same-origin\r\n";
        self.send("POST", path, more, &body).await.unwrap()
    }

    /// The token of the form that asks for the purpose.
    pub(crate) async fn token(&self) -> String {
        attribute(&self.get("/nl/").await.body, "name=\"token\" value=\"").to_owned()
    }

    pub(crate) async fn state(&mut self, purpose: &str) -> Answer {
        let token = self.token().await;
        let body = format!("doel={purpose}&token={token}&verder=%2Fnl%2Fverstrekkingen");
        let answer = self.post("same-origin", &body).await;
        let cookie = &answer.headers["set-cookie"];
        self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        answer
    }
}

/// What stands behind `before`, up to the next quote.
pub(crate) fn attribute<'a>(html: &'a str, before: &str) -> &'a str {
    let (_, rest) = html.split_once(before).unwrap_or_else(|| panic!("{before}: {html}"));
    rest.split_once('"').unwrap().0
}
