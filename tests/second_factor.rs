//! After the certificate, the login of the officer's organisation: with a real `OpenID` provider in a
//! process of its own (`tests/clients/browser/provider.mjs`), over real TLS.
#![cfg(test)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ketenpoort::console::{LoginRules, SecondFactor};
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::gateway::Clock;
use ketenpoort::tls;
use ketenpoort::tls::authority::Kind;
use ketenpoort::tls::development::DevelopmentPki;
use ketenpoort::tls::https::{HttpsClient, HttpsError};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[path = "support/browser.rs"]
mod browser;
#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;
#[expect(dead_code, reason = "every test file uses another part of it")]
#[path = "support/running.rs"]
mod running;
#[expect(dead_code, reason = "every test file uses another part of the site")]
#[path = "support/site.rs"]
mod site;

use house::{GGZ, STEUNPUNT};
use site::{Answer, Browser, Site, a_day, attribute, exchange, now, subject};

/// The method of login that is demanded; the provider knows another one, too.
const TWO_FACTORS: &str = "urn:example:two";
const SECRET: &str = "only-for-tests";

/// A provider that runs until the test ends.
struct Provider {
    process: Child,
    address: SocketAddr,
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.process.kill());
    }
}

impl Provider {
    /// A provider that sends people back to the console at `console`, and what the console asks of it.
    fn start(pki: &mut DevelopmentPki, console: SocketAddr) -> (Self, SecondFactor) {
        let names = ["localhost"];
        let files = pki.issue_server("login", &subject(GGZ), &names, a_day()).unwrap();
        let console_url = format!("https://localhost:{}", console.port());
        let mut command = browser::script("provider.mjs");
        command.args([&files.chain, &files.key]).args(["ketenpoort", SECRET]);
        command.arg(format!("{console_url}/inloggen/terug"));
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (issuer, _) = running::line_with("https://", process.stdout.take().unwrap());
        let port: u16 = issuer.rsplit(':').next().unwrap().parse().unwrap();
        let rules = LoginRules {
            issuer,
            client_id: "ketenpoort".to_owned(),
            console_url,
            acr: vec![TWO_FACTORS.to_owned()],
            user_claim: "preferred_username".to_owned(),
            organisation_claim: "oin".to_owned(),
        };
        let clock = tls::Clock::new(|| Clock::system().now());
        let https = HttpsClient::load(&pki.root_path(), &clock).unwrap();
        let second_factor = SecondFactor::new(rules, Some(SECRET.to_owned()), https).unwrap();
        (Self { process, address: ([127, 0, 0, 1], port).into() }, second_factor)
    }
}

/// A console, its provider and two officers of one organisation.
struct Scene {
    site: Site,
    provider: Provider,
}

impl Scene {
    async fn open() -> Self {
        let mut provider = None;
        let mut site = Site::with_login(|pki, address| {
            let (started, second_factor) = Provider::start(pki, address);
            provider = Some(started);
            second_factor
        })
        .await;
        for slug in ["fg", "other"] {
            site.person(slug, STEUNPUNT, UserRole::PrivacyOfficer);
        }
        Self { site, provider: provider.unwrap() }
    }

    fn officer(&self, slug: &str) -> Browser<'_> {
        self.site.browser(Some(self.site.pki.files(Kind::Person, slug).unwrap()))
    }

    /// What the provider is told of somebody, and where it sends the browser afterwards.
    async fn log_in(&self, question: &str, said: &str) -> String {
        let mut visitor = Visitor { scene: self, cookies: BTreeMap::new() };
        let login = visitor.ask("GET", path_of(question), "").await;
        let path = path_of(&login.headers["location"]).to_owned();
        let mut answer = visitor.ask("POST", &path, said).await;
        loop {
            let location = answer.headers["location"].clone();
            if location.contains("/inloggen/terug") {
                return path_of(&location).to_owned();
            }
            answer = visitor.ask("GET", path_of(&location), "").await;
        }
    }

    /// Where the console sends an officer to log in, and the cookie with the way on.
    async fn question(&self, officer: &mut Browser<'_>) -> String {
        let page = officer.get("/en/verstrekkingen?doel=SAFETY").await;
        assert_eq!(page.status, 401);
        let begin = attribute(&page.body, "btn--primary\" href=\"").replace("&#38;", "&");
        let answer = officer.get(&begin).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        officer.cookie = Some(value_of(&answer.cookies[0]).to_owned());
        answer.headers["location"].clone()
    }

    /// All of it: the console's answer to what the provider says.
    async fn tried(&self, officer: &mut Browser<'_>, said: &str) -> Answer {
        let question = self.question(officer).await;
        let back = self.log_in(&question, said).await;
        officer.get(&back).await
    }
}

/// Somebody at the provider's own pages, whose browser keeps cookies.
struct Visitor<'a> {
    scene: &'a Scene,
    cookies: BTreeMap<String, String>,
}

impl Visitor<'_> {
    async fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let port = self.scene.provider.address.port();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\
             Cookie: {cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let config = self.scene.site.browser(None).config();
        let answer = exchange(self.scene.provider.address, config, &request).await.unwrap();
        for cookie in &answer.cookies {
            let (name, value) = value_of(cookie).split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

fn value_of(cookie: &str) -> &str {
    cookie.split(';').next().unwrap()
}

fn path_of(url: &str) -> &str {
    let rest = url.strip_prefix("https://");
    rest.map_or(url, |rest| rest.get(rest.find('/').unwrap()..).unwrap())
}

fn is_in(user: &str, oin: &str, acr: &str) -> String {
    format!("user={user}&oin={oin}&acr={acr}&way=in")
}

#[tokio::test]
async fn an_officer_comes_in_by_certificate_and_login() {
    let scene = Scene::open().await;
    let mut officer = scene.officer("fg");
    for path in ["/nl/", "/nl/verstrekkingen", "/en/verstrekkingen/0", "/nl/mijn-logboek"] {
        let page = officer.get(path).await;
        assert_eq!(page.status, 401, "{path}");
        assert!(!page.body.contains("u-fg"), "a page before the login shows nothing");
    }
    let question = scene.question(&mut officer).await;
    let code = ["response_type=code", "code_challenge_method=S256", "scope=openid", "nonce="];
    for asked in code.into_iter().chain(["prompt=login"]) {
        assert!(question.contains(asked), "{asked}: {question}");
    }
    assert!(question.contains("acr_values=urn%3Aexample%3Atwo"), "{question}");
    assert!(!question.contains("SAFETY"), "where the officer was going is nobody's business");

    let back = scene.log_in(&question, &is_in("u-fg", STEUNPUNT, TWO_FACTORS)).await;
    let answer = officer.get(&back).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("content=\"0;url=/en/verstrekkingen?doel=SAFETY\""));
    let login = &answer.cookies[0];
    assert!(login.starts_with("__Host-ketenpoort-inlog="), "{login}");
    assert!(login.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=28800"));

    // Only the login is known now; the purpose is still asked for.
    let login = value_of(login).to_owned();
    officer.cookie = Some(login.clone());
    assert!(officer.get("/nl/").await.body.contains("Waarom kijkt u?"));
    let token = officer.token().await;
    let stated =
        officer.post("same-origin", &format!("doel=klacht&token={token}&verder=%2Fnl%2F")).await;
    let purpose = value_of(&stated.cookies[0]).to_owned();
    officer.cookie = Some(format!("{login}; {purpose}"));
    let overview = officer.get("/nl/").await;
    assert_eq!(overview.status, 200);
    assert!(overview.body.contains("u-fg"));

    // The same cookies are worth nothing with another certificate, or without the login.
    let mut other = scene.officer("other");
    other.cookie.clone_from(&officer.cookie);
    assert_eq!(other.get("/nl/").await.status, 401);
    let only_purpose = Browser { cookie: Some(purpose), ..scene.officer("fg") };
    assert_eq!(only_purpose.get("/nl/").await.status, 401);
    assert_eq!(
        only_purpose
            .post("same-origin", &format!("doel=klacht&token={token}&verder=%2Fnl%2F"))
            .await
            .status,
        401
    );

    // Whoever logs out is out, in this browser.
    let html = officer.get("/nl/").await.body;
    let token = attribute(&html, "name=\"token\" value=\"");
    let left = officer.post_to("/nl/uitloggen", "same-origin", &format!("token={token}")).await;
    assert_eq!(left.status, 200);
    assert_eq!(left.cookies.len(), 2);
    assert!(
        left.cookies.iter().all(|cookie| cookie.ends_with("; Max-Age=0")),
        "{:?}",
        left.cookies
    );
    let foreign = officer.post_to("/nl/uitloggen", "cross-site", &format!("token={token}")).await;
    assert_eq!(foreign.status, 403, "no other site logs an officer out");
}

/// What the browser makes of two sites that send it back and forth, in both languages.
#[tokio::test]
async fn a_browser_goes_to_the_provider_and_comes_back_to_the_page_it_asked_for() {
    let scene = Scene::open().await;
    let files = scene.site.pki.files(Kind::Person, "fg").unwrap();
    let console = format!("https://localhost:{}", scene.site.address.port());
    let provider = format!("https://localhost:{}", scene.provider.address.port());
    browser::forget_pictures(|name| name.contains("inloggen"));
    let mut script = browser::script("login.mjs");
    script.args([console, provider]).args([&files.chain, &files.key]);
    script.args(["u-fg", STEUNPUNT]);
    let output = tokio::task::spawn_blocking(move || script.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_login_that_does_not_fit_the_certificate_lets_nobody_in() {
    let scene = Scene::open().await;
    let mut officer = scene.officer("fg");
    for (said, words) in [
        (is_in("u-other", STEUNPUNT, TWO_FACTORS), "somebody else"),
        (is_in("u-fg", GGZ, TWO_FACTORS), "somebody else"),
        (is_in("", "", TWO_FACTORS), "somebody else"),
        (is_in("u-fg", STEUNPUNT, "urn:example:one"), "without the second step"),
        (format!("{}&ago=600", is_in("u-fg", STEUNPUNT, TWO_FACTORS)), "came too late"),
        ("way=back".to_owned(), "did not let you in"),
    ] {
        officer.cookie = None;
        let answer = scene.tried(&mut officer, &said).await;
        assert_eq!(answer.status, 403, "{said}");
        assert!(answer.body.contains(words), "{said}: {}", answer.body);
        assert!(answer.cookies.is_empty(), "{said}: {:?}", answer.cookies);
        assert!(answer.body.contains("href=\"/en/inloggen?verder="), "there is a way to try again");
    }
}

#[tokio::test]
async fn an_answer_belongs_to_one_question_of_one_officer() {
    let scene = Scene::open().await;
    let mut officer = scene.officer("fg");
    let question = scene.question(&mut officer).await;
    let back = scene.log_in(&question, &is_in("u-fg", STEUNPUNT, TWO_FACTORS)).await;

    let refused = |answer: Answer, why: &str| {
        assert_eq!(answer.status, 403, "{why}");
        assert!(answer.cookies.is_empty(), "{why}");
    };
    // Whoever lures another officer to the end of a login of their own.
    refused(scene.officer("other").get(&back).await, "another certificate");
    let (path, query) = back.split_once('?').unwrap();
    let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("state=")).collect();
    let bare = format!("{path}?{}", pairs.join("&"));
    refused(officer.get(&bare).await, "no state");
    let second = scene.question(&mut officer).await;
    let state = second.split('&').find(|pair| pair.starts_with("state=")).unwrap();
    refused(officer.get(&format!("{bare}&{state}")).await, "the state of another question");
    refused(officer.get("/inloggen/terug").await, "nothing");
    refused(officer.get("/inloggen/terug?state=a&state=b&code=c").await, "twice");

    assert_eq!(officer.get(&back).await.status, 200);
    refused(officer.get(&back).await, "the same answer again");
}

#[tokio::test]
async fn without_a_provider_nobody_comes_in_and_the_page_says_so() {
    let Scene { site, mut provider } = Scene::open().await;
    provider.process.kill().unwrap();
    provider.process.wait().unwrap();
    let officer = site.browser(Some(site.pki.files(Kind::Person, "fg").unwrap()));
    let answer = officer.get("/nl/inloggen?verder=%2Fnl%2F").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("geeft nu geen antwoord"), "{}", answer.body);
}

#[tokio::test]
async fn a_provider_whose_certificate_leads_elsewhere_is_not_asked() {
    let mut provider = None;
    let mut site = Site::with_login(|pki, address| {
        let (started, _) = Provider::start(pki, address);
        let elsewhere = pki.root_path().with_file_name("elsewhere");
        let other = DevelopmentPki::lay_out(&elsewhere, &[], now()).unwrap();
        let clock = tls::Clock::new(|| Clock::system().now());
        let https = HttpsClient::load(&other.root_path(), &clock).unwrap();
        let rules = LoginRules {
            issuer: format!("https://localhost:{}", started.address.port()),
            client_id: "ketenpoort".to_owned(),
            console_url: format!("https://localhost:{}", address.port()),
            acr: vec![TWO_FACTORS.to_owned()],
            user_claim: "preferred_username".to_owned(),
            organisation_claim: "oin".to_owned(),
        };
        provider = Some(started);
        SecondFactor::new(rules, None, https).unwrap()
    })
    .await;
    let officer = site.officer();
    let answer = site.browser(Some(officer)).get("/en/inloggen").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("gives no answer now"), "{}", answer.body);
}

/// A server with the certificate of a provider that gives one answer to whoever asks, and how often
/// somebody asked.
async fn answering(pki: &mut DevelopmentPki, answer: Vec<u8>) -> (SocketAddr, Arc<AtomicUsize>) {
    let files = pki.issue_server("fixed", &subject(GGZ), &["localhost"], a_day()).unwrap();
    let chain = CertificateDer::pem_file_iter(&files.chain).unwrap().map(Result::unwrap);
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.collect(), key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let Ok(mut tls) = acceptor.accept(tcp).await else { continue };
            counted.fetch_add(1, Ordering::SeqCst);
            drop(tls.read(&mut [0; 4096]).await);
            // Who has read enough hangs up.
            drop(tls.write_all(&answer).await);
            drop(tls.shutdown().await);
        }
    });
    (address, asked)
}

#[tokio::test]
async fn a_provider_leads_nobody_elsewhere_and_fills_no_memory() {
    let directory = tempfile::tempdir().unwrap();
    let mut pki = DevelopmentPki::lay_out(&directory.path().join("pki"), &[], now()).unwrap();
    let clock = tls::Clock::new(|| Clock::system().now());
    let https = HttpsClient::load(&pki.root_path(), &clock).unwrap();
    let ask = |address: SocketAddr| {
        let url = format!("https://localhost:{}/", address.port());
        https.ask(http::Request::get(url).body(Vec::new()).unwrap())
    };
    let moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
    let (address, asked) = answering(&mut pki, moved.to_vec()).await;
    assert_eq!(ask(address).await.unwrap().status(), 302);
    assert_eq!(asked.load(Ordering::SeqCst), 1, "the other address was not asked");

    let mut large = b"HTTP/1.1 200 OK\r\nContent-Length: 2097152\r\n\r\n".to_vec();
    large.resize(large.len() + 2_097_152, b' ');
    let (address, _) = answering(&mut pki, large).await;
    assert_eq!(ask(address).await.unwrap_err(), HttpsError::TooLarge);
    let plain = http::Request::get("http://localhost:1/").body(Vec::new()).unwrap();
    assert_eq!(https.ask(plain).await.unwrap_err(), HttpsError::Unreachable, "only over TLS");
}
