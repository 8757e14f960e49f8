//! A site where everything happened that a page can be about.

use std::collections::BTreeMap;

use ketenpoort::domain::organisation::UserRole;

use crate::console_work::emergencies::emergency;
use crate::house::{CASE, GGZ, STEUNPUNT, at, new_request};
use crate::site::{Answer, Browser, Site, attribute};

/// What stands in the addresses of the pages, by its name in the routes.
pub(crate) struct Scene(BTreeMap<&'static str, String>);

impl Scene {
    /// A case whose summary was read at night and shared in an emergency; a question, a sample, two
    /// requests, a breach, a signal and something that silences such signals.
    pub(crate) async fn of(site: &mut Site) -> Self {
        site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
        emergency(site).await;
        site.house.gateway.clock().set(at("2026-03-12T11:00:00Z"));
        while site.house.gateway.detect_signals().await.unwrap().more {}
        let officer = site.officer();
        let colleague = site.person("fg-2", STEUNPUNT, UserRole::PrivacyOfficer);
        let (mut browser, mut second) =
            (site.browser(Some(officer)), site.browser(Some(colleague)));
        browser.state("klacht").await;
        second.state("klacht").await;
        let index = asked_about(&browser).await;
        let queue = browser.get("/nl/noodtoegang").await.body;
        let signals = browser.get("/nl/signalen").await.body;
        let (_, seen) = signals.split_once("class=\"seen\"").unwrap();
        let night = attribute(seen, "href=\"/nl/signalen/");
        let silence = "voor=medewerker&tot=2026-04-01&gronden=Nieuw+rooster";
        let page = format!("/nl/signalen/{night}");
        post(&browser, &page, &format!("{page}/onderdrukken"), silence).await;
        let entry = format!("/nl/verstrekkingen/{index}");
        let why = "gronden=Waarom+om+drie+uur%3F";
        let raised = post(&browser, &entry, &format!("{entry}/signaal"), why).await;
        let drawing = "van=2026-03-01&tot=2026-03-31&n=50";
        let drawn = post(&browser, "/nl/steekproef", "/nl/steekproef", drawing).await;
        let breach = format!(
            "soort=1&organisatie={GGZ}&certificaat={}&van=2026-03-12T01:00&tot=2026-03-12T07:00&\
             ontdekt=2026-03-12T10:00&bekend=2026-03-12T10:00&wat=De+sleutel+is+gekopieerd.",
            "ab".repeat(32)
        );
        let breach = post(&browser, "/nl/datalek", "/nl/datalek", &breach).await;
        let closed = request(&browser, "999990044").await;
        let closing = format!("{closed}/sluiten");
        post(&browser, &closed, &closing, "afloop=3").await;
        let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
        Self(BTreeMap::from([
            ("case", CASE.to_owned()),
            ("oin", GGZ.to_owned()),
            ("size", (index.parse::<u64>().unwrap() + 1).to_string()),
            ("index", index),
            ("review_id", attribute(&queue, "<a href=\"/nl/noodtoegang/").to_owned()),
            ("signal_id", last(&raised)),
            ("silenced", night.to_owned()),
            ("drawing", drawn.split_once('?').unwrap().1.to_owned()),
            ("incident_id", last(&breach)),
            ("id", last(&given(&browser, &second).await)),
            ("closed", last(&closed)),
        ]))
    }

    /// The text with everything in its place.
    pub(crate) fn filled(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
    }
}

/// What comes when a page of ours asks for a path.
pub(crate) async fn shown(browser: &Browser<'_>, path: &str) -> Answer {
    browser.send("GET", path, "Sec-Fetch-Site: same-origin\r\n", "").await.unwrap()
}

/// What an answer says itself, without what stands around every page.
pub(crate) fn told(answer: &Answer) -> &str {
    if answer.headers["content-type"].starts_with("text/html") {
        answer.main()
    } else {
        &answer.body
    }
}

/// Sends a form that is taken; where it leads.
async fn post(browser: &Browser<'_>, page: &str, path: &str, fields: &str) -> String {
    let answer = browser.fill_in(page, path, fields).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    answer.headers["location"].clone()
}

/// The number of an entry of which the recipient was asked something: no emergency, which is judged first.
async fn asked_about(browser: &Browser<'_>) -> String {
    let days = "van=2026-03-01&tot=2026-03-31";
    let search = format!("/nl/verstrekkingen?ontvanger={GGZ}&grondslag=CONSENT&{days}");
    let found = browser.get(&search).await.body;
    let index = attribute(&found, "<td class=\"t\"><a href=\"/nl/verstrekkingen/");
    let index: String = index.chars().take_while(char::is_ascii_digit).collect();
    let page = format!("/nl/verstrekkingen/{index}");
    let question = format!("aan={GGZ}&vraag=Wie+las+dit%3F");
    post(browser, &page, &format!("{page}/vraag"), &question).await;
    index
}

/// The path of a new request of who has this BSN.
async fn request(browser: &Browser<'_>, bsn: &str) -> String {
    let fields = "hoedanigheid=1&identiteit=1&ontvangen=2026-03-12T01:00&bezwaar=0";
    let page = format!("/nl/inzage?zaak={CASE}");
    post(browser, &page, "/nl/inzage", &format!("zaak={CASE}&bsn={bsn}&{fields}")).await
}

/// The path of a request whose report one officer prepared and another one approved.
async fn given(browser: &Browser<'_>, second: &Browser<'_>) -> String {
    let path = request(browser, "999990020").await;
    let report = format!("{path}/rapport");
    let draft = browser.get(&report).await.body;
    let read = format!("stand={}", attribute(&draft, "name=\"stand\" value=\""));
    post(browser, &report, &report, &read).await;
    let prepared = second.get(&report).await.body;
    let digest = format!("kenmerk={}", attribute(&prepared, "name=\"kenmerk\" value=\""));
    post(second, &report, &format!("{path}/goedkeuren"), &digest).await;
    path
}
