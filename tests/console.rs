//! The console over real TLS: who comes in, what is seen, and that every look is in the ledger.
#![cfg(test)]

use ketenpoort::console;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::ledger::hash::Hash;
use ketenpoort::ledger::tlog_proof::TlogProof;
use ketenpoort::tls::authority::RevocationReason;
use ketenpoort::tls::development::DevelopmentPki;
use ketenpoort::tls::{self, Person};

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;
#[expect(dead_code, reason = "every test file uses another part of the site")]
#[path = "support/site.rs"]
mod site;

use house::{CASE, GGZ, STEUNPUNT, new_request};
use site::{Answer, Browser, OFFICE, SHELTER, Site, a_day, attribute, now, subject};

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_a_privacy_officer_reads_why_and_nothing_else() {
    let mut site = Site::open().await;
    let worker = site.person("worker", STEUNPUNT, UserRole::CaseWorker);
    let system = site.pki.issue_client("steunpunt", &subject(STEUNPUNT), a_day()).unwrap();
    let unknown = site.person("nobody", "00000099000000123000", UserRole::PrivacyOfficer);
    for (certificate, status, words) in [
        (None, 401, "Kies een certificaat"),
        (Some(system), 403, "van een systeem"),
        (Some(worker), 403, "geen toegang"),
        (Some(unknown), 403, "geen toegang"),
    ] {
        let browser = site.browser(certificate);
        for path in ["/nl/", "/nl/verstrekkingen", "/nl/verstrekkingen/0"] {
            let answer = browser.get(path).await;
            assert_eq!(answer.status, status, "{path}");
            assert!(answer.body.contains(words), "{path}: {}", answer.body);
            assert!(!answer.body.contains(CASE));
        }
        let posted = browser.post("same-origin", "doel=klacht&token=x&verder=%2Fnl%2F").await;
        assert_eq!(posted.status, status);
        assert!(!posted.headers.contains_key("set-cookie"));
    }
    assert_eq!(site.looks().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_states_a_purpose_then_sees_the_overview_a_search_and_one_entry() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    let asked = browser.get("/nl/").await;
    assert!(asked.status == 200 && asked.body.contains("Waarom kijkt u?"));
    assert_eq!(site.looks().await, 0, "nothing was shown yet");
    let stated = browser.state("klacht").await;
    assert_eq!((stated.status, stated.headers["location"].as_str()), (303, "/nl/verstrekkingen"));
    let cookie = &stated.headers["set-cookie"];
    assert!(cookie.starts_with("__Host-ketenpoort=klacht."), "{cookie}");
    assert!(cookie.contains("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{cookie}");

    let overview = browser.get("/nl/").await;
    assert_eq!(overview.status, 200);
    assert!(overview.body.contains("Er wacht geen beoordeling."), "{}", overview.body);
    assert!(overview.body.contains("Controlepunt") && overview.body.contains(CASE));
    let looks = site.looks().await;
    assert_eq!(looks, 5, "the month, the reviews, the signals, the requests and the disclosures");
    let english = browser.get("/en/").await.body;
    assert!(english.contains("<html lang=\"en\">") && english.contains("Recent disclosures"));

    let search = format!("/nl/verstrekkingen?van=2026-03-01&tot=2026-03-31&zaak={CASE}");
    let found = browser.get(&search).await;
    assert_eq!(found.status, 200);
    assert!(found.body.contains("donderdag 12 maart 2026"), "{}", found.body);
    let looks = site.looks().await;
    let path = attribute(&found.body, "<td class=\"t\"><a href=\"");
    let one = browser.get(path).await;
    assert_eq!(one.status, 200);
    assert_eq!(site.looks().await, looks + 2, "the entry and the consents of the case");
    assert!(one.body.contains("Bewijs dat er niet is geknoeid") && one.body.contains(CASE));
    proves(&site, &one.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_look_and_export_says_what_made_the_officer_look_and_no_address_names_a_person() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("klacht").await;
    let chosen = browser.get("/en/verstrekkingen?actie=alles&uitkomst=geweigerd").await.body;
    assert!(chosen.contains("Outcome: Refused") && chosen.contains("All events <"), "{chosen}");
    let found = browser.get("/nl/verstrekkingen?actie=alles").await.body;
    let one = attribute(&found, "<td class=\"t\"><a href=\"").replace("&#38;", "&");
    for path in ["/nl/", "/nl/signalen", "/nl/noodtoegang", "/nl/inzage", "/nl/datalek", &one] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        for href in page.body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let mut words = href.split(|c: char| !c.is_ascii_hexdigit());
            assert!(words.all(|word| word.len() < 64), "a pseudonym in {href}");
        }
    }
    let before = site.look_notes().await.len();
    let file = browser.get("/nl/verstrekkingen/uitvoer?vorm=csv&actie=alles").await;
    assert_eq!((file.status, file.headers["content-type"].as_str()), (200, "application/zip"));
    assert!(file.body.contains("ketenpoort-csv.csv.manifest.json"), "it is whole");
    let notes = site.look_notes().await;
    assert_eq!(notes.len(), before + 1, "the export is an entry");
    assert!(notes.iter().all(|note| note.ends_with(" COMPLAINT")), "{notes:?}");
    let refused = browser.get("/nl/verstrekkingen/uitvoer?vorm=tape").await;
    assert_eq!((refused.status, site.look_notes().await.len()), (400, notes.len()));
}

/// What the page hands to the script proves the entry, by the code of the ledger.
fn proves(site: &Site, html: &str) {
    use base64::Engine as _;
    let entry = attribute(html, "data-leaf=\"");
    let entry = base64::engine::general_purpose::STANDARD.decode(entry).unwrap();
    let proof: TlogProof = attribute(html, "data-proof=\"").parse().unwrap();
    let verifier = site.house.gateway.ledger_verifier();
    let keys = std::slice::from_ref(verifier);
    assert!(proof.verify(Hash::leaf(&entry), keys, verifier.name()).is_ok());
    assert!(proof.verify(Hash::leaf(b"another"), keys, verifier.name()).is_err());
    assert_eq!(attribute(html, "data-leaf-hash=\""), hex::encode(Hash::leaf(&entry).as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_elsewhere_states_nothing() {
    let mut site = Site::open().await;
    let (mine, theirs) = (site.officer(), site.person("other", SHELTER, UserRole::PrivacyOfficer));
    let browser = site.browser(Some(mine));
    let other = site.browser(Some(theirs));
    let token = browser.token().await;
    let body = |token: &str| format!("doel=klacht&token={token}&verder=%2Fnl%2F");
    let foreign = other.token().await;
    for (answer, why) in [
        (browser.post("cross-site", &body(&token)).await, "another site"),
        (browser.post("same-site", &body(&token)).await, "another host"),
        (browser.post("same-origin", &body(&foreign)).await, "somebody else's token"),
        (browser.post("same-origin", &body("")).await, "no token"),
        (browser.post("same-origin", "doel=klacht").await, "half a form"),
    ] {
        assert_eq!(answer.status, 403, "{why}");
        assert!(!answer.headers.contains_key("set-cookie"), "{why}");
    }
    let away = format!("doel=klacht&token={token}&verder=%2F%2Felsewhere.example%2F");
    let answer = browser.post("same-origin", &away).await;
    assert_eq!((answer.status, answer.headers["location"].as_str()), (303, "/nl/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_sees_what_concerns_the_own_organisation_and_the_office_sees_all() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let shelter = site.person("shelter", SHELTER, UserRole::PrivacyOfficer);
    let office = site.person("office", OFFICE, UserRole::PrivacyOfficer);
    let search = format!("/nl/verstrekkingen?van=2026-03-01&tot=2026-03-31&zaak={CASE}");
    let mut stranger = site.browser(Some(shelter));
    stranger.state("steekproef").await;
    assert!(stranger.get(&search).await.body.contains("Geen verstrekkingen gevonden"));
    let hidden = stranger.get("/nl/verstrekkingen/12").await;
    let absent = stranger.get("/nl/verstrekkingen/999999").await;
    assert_eq!((hidden.status, absent.status), (404, 404));
    let text = |answer: &Answer| answer.main().replace("999999", "12");
    assert_eq!(text(&hidden), text(&absent), "not allowed and absent are the same answer");
    let mut office = site.browser(Some(office));
    office.state("steekproef").await;
    assert!(office.get(&search).await.body.contains("donderdag 12 maart 2026"));
    assert!(office.get("/nl/").await.body.contains("Kies een organisatie"));
    assert!(
        office
            .get("/nl/verstrekkingen")
            .await
            .body
            .contains("Een zoekopdracht noemt een organisatie")
    );
    let wide = format!("/nl/verstrekkingen?van=2025-01-01&tot=2026-03-31&zaak={CASE}");
    assert_eq!(office.get(&wide).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_the_browser_to_trust_nothing_else() {
    let mut site = Site::open().await;
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("incident").await;
    let overview = browser.get("/nl/").await;
    let css = attribute(&overview.body, "rel=\"stylesheet\" href=\"").to_owned();
    let script = attribute(&overview.body, "type=\"module\" src=\"").to_owned();
    for path in
        ["/", "/nl/", "/nl/verstrekkingen", "/nl/verstrekkingen/x", "/nowhere", &css, &script]
    {
        let answer = browser.get(path).await;
        let header = |name: &str| answer.headers.get(name).map_or("", String::as_str);
        let policy = header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {rule}");
        }
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert!(header("permissions-policy").contains("camera=()"), "{path}");
        let kept = path.starts_with("/s/");
        let cache = if kept { "max-age=31536000, immutable" } else { "no-store" };
        assert_eq!(header("cache-control"), cache, "{path}");
    }
    assert_eq!(browser.get("/s/app.css").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_opens_nothing() {
    let mut site = Site::open().await;
    let officer = site.officer();
    let serial = site.pki.serial(tls::authority::Kind::Person, "fg").unwrap();
    assert_eq!(site.browser(Some(officer.clone())).get("/nl/").await.status, 200);
    site.pki.revoke(&serial, RevocationReason::KeyCompromise, now()).unwrap();
    site.trust.reload().unwrap();
    assert!(site.browser(Some(officer)).send("GET", "/nl/", "", "").await.is_none());
}

/// The cookie of an answer, as the browser sends it back.
fn cookie(answer: &Answer) -> String {
    answer.headers["set-cookie"].split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_demo_lets_one_visitor_in_once() {
    let site = Site::of_a_demo().await;
    let mut visitor = site.browser(None);
    assert_eq!(visitor.get("/nl/").await.status, 401, "not before the link was opened");
    let wrong = format!("/demo/{}", "0".repeat(32));
    assert_eq!(visitor.get(&wrong).await.status, 404);
    let came_in = visitor.get(&site.link).await;
    assert_eq!((came_in.status, came_in.headers["location"].as_str()), (303, "/nl/"));
    let rules = &came_in.headers["set-cookie"];
    assert!(rules.starts_with("__Host-ketenpoort-demo=0."), "{rules}");
    assert!(rules.contains("; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age="), "{rules}");
    visitor.cookie = Some(cookie(&came_in));
    let asked = visitor.get("/nl/").await;
    assert!(asked.status == 200 && asked.body.contains("Waarom kijkt u?"), "{}", asked.body);
    assert!(asked.body.contains("u-one") && asked.body.contains("Demonstratie."));
    assert_eq!(visitor.get(&site.link).await.status, 303, "who is in comes back");
    let second = site.browser(None).get(&site.link).await;
    assert_eq!(second.status, 410);
    assert!(!second.headers.contains_key("set-cookie"));
    let mut forger = site.browser(None);
    forger.cookie = visitor.cookie.as_ref().map(|cookie| cookie.replace("demo=0", "demo=2"));
    assert_eq!(forger.get("/nl/").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_in_by_the_link_can_take_another_place() {
    let site = Site::of_a_demo().await;
    let mut visitor = site.browser(None);
    visitor.cookie = Some(cookie(&visitor.get(&site.link).await));
    let page = visitor.get("/nl/demo").await.body;
    assert!(page.contains("u-two") && page.contains("u-office"), "{page}");
    let token = attribute(&page, "name=\"token\" value=\"");
    let body = format!("functionaris=2&token={token}");
    for (from, body) in [("cross-site", body.as_str()), ("same-origin", "functionaris=2&token=x")] {
        let refused = visitor.post_to("/nl/demo", from, body).await;
        assert_eq!(refused.status, 403);
        assert!(!refused.headers.contains_key("set-cookie"));
    }
    let nobody = format!("functionaris=9&token={token}");
    let nobody = visitor.post_to("/nl/demo", "same-origin", &nobody).await;
    assert!(!nobody.headers.contains_key("set-cookie"));
    let taken = visitor.post_to("/nl/demo", "same-origin", &body).await;
    assert_eq!(taken.status, 303);
    visitor.cookie = Some(cookie(&taken));
    assert!(visitor.get("/nl/").await.body.contains("u-office"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_ends_with_the_certificate_behind_it() {
    let mut site = Site::of_a_demo().await;
    let mut visitor = site.browser(None);
    visitor.cookie = Some(cookie(&visitor.get(&site.link).await));
    let place = visitor.cookie.clone();
    let serial = site.pki.serial(tls::authority::Kind::Person, "one").unwrap();
    site.pki.revoke(&serial, RevocationReason::KeyCompromise, now()).unwrap();
    site.trust.reload().unwrap();
    let visitor = Browser { site: &site, certificate: None, cookie: place };
    assert_eq!(visitor.get("/nl/").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_entrance_its_pages_do_not_exist_and_its_cookie_says_nothing() {
    let demo = Site::of_a_demo().await;
    let theirs = cookie(&demo.browser(None).get(&demo.link).await);
    let mut site = Site::open().await;
    let officer = site.officer();
    let mut visitor = site.browser(None);
    visitor.cookie = Some(theirs);
    assert_eq!(visitor.get(&demo.link).await.status, 404);
    assert_eq!(visitor.get("/nl/").await.status, 401);
    let with_certificate = site.browser(Some(officer));
    assert_eq!(with_certificate.get("/nl/demo").await.status, 404);
    assert!(!with_certificate.get("/nl/").await.body.contains("/nl/demo"));
}

#[test]
fn an_entrance_leads_to_invented_organisations_only() {
    let directory = tempfile::tempdir().unwrap();
    let mut pki = DevelopmentPki::lay_out(&directory.path().join("pki"), &[], now()).unwrap();
    let role = UserRole::PrivacyOfficer;
    let officer = Person { user_id: "u-1".parse().unwrap(), role };
    pki.issue_person("real", &subject("00000001002220647000"), &officer, a_day()).unwrap();
    let real = pki.person("real", now()).unwrap();
    let error = console::Entrance::new(vec![real]).unwrap_err();
    assert_eq!(error, console::EntranceError::NotInvented);
    assert_eq!(console::Entrance::new(Vec::new()).unwrap_err(), console::EntranceError::Nobody);
}
