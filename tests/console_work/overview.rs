//! The overview: what is late, how much is explained and reviewed, what was changed, and which
//! certificate ends.

use std::time::Duration;

use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::organisation::UserRole;

use crate::console_work::emergencies::emergency;
use crate::house::{GGZ, STEUNPUNT, new_request};
use crate::site::{Browser, OFFICE, SHELTER, Site, attribute, now};

/// A panel of the overview, by the id of its heading.
async fn panel(browser: &Browser<'_>, lang: &str, id: &str) -> String {
    let answer = browser.get(&format!("/{lang}/")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (_, panel) = answer.body.split_once(&format!("aria-labelledby=\"{id}\"")).unwrap();
    panel.split_once("</section>").unwrap().0.to_owned()
}

fn big(panel: &str) -> &str {
    let (_, rest) = panel.split_once("<span class=\"big\">").unwrap();
    rest.split_once('<').unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_that_nobody_took_over_is_told_to_both_sides_and_leads_to_its_entry() {
    let mut site = Site::open().await;
    let (own, other) = (site.officer(), site.person("other", SHELTER, UserRole::PrivacyOfficer));
    let office = site.person("office", OFFICE, UserRole::PrivacyOfficer);
    let mut browser = site.browser(Some(own));
    let mut shelter = site.browser(Some(other));
    let mut region = site.browser(Some(office));
    for each in [&mut browser, &mut shelter, &mut region] {
        each.state("steekproef").await;
    }
    let house = &browser.site.house;
    let steunpunt = house.call(STEUNPUNT, UserRole::ProcessDirector);
    house.acknowledge_all(&steunpunt).await;
    house.submit(&new_request("SubmitReferral")).await.unwrap();
    let in_time = panel(&browser, "nl", "h-late").await;
    assert!(big(&in_time) == "0" && in_time.contains("melding die te laat is"), "{in_time}");
    let submitted = house.gateway.clock().now();
    house.gateway.clock().set(submitted.plus(Duration::from_hours(24 * 10)));
    for (each, count) in [(&browser, "1"), (&region, "1"), (&shelter, "0")] {
        assert_eq!(big(&panel(each, "nl", "h-late").await), count);
    }
    let late = panel(&browser, "en", "h-late").await;
    let search = attribute(&late, "<li><a href=\"").replace("&#38;", "&");
    let found = browser.get(&search).await;
    let rows = found.body.matches("<td class=\"t\"><a href=\"").count();
    assert!(found.status == 200 && rows > 0, "{search}: {}", found.body);
    house.acknowledge_all(&steunpunt).await;
    assert_eq!(big(&panel(&browser, "nl", "h-late").await), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_officers_reviewed_is_told_beside_what_the_policy_explains() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("steekproef").await;
    let cover = panel(&browser, "nl", "h-cover").await;
    assert_eq!(big(&cover), "100,0 %");
    assert!(cover.contains("<b>0,0 %</b>") && !cover.contains("wachten nog"), "{cover}");
    emergency(browser.site).await;
    let cover = panel(&browser, "nl", "h-cover").await;
    let waiting = attribute(&cover, "(0); ").split_once(' ').unwrap().0.to_owned();
    assert!(cover.contains("wachten nog") && big(&cover) != "100,0 %", "{cover}");
    let covered = panel(&browser, "nl", "h-covered").await;
    assert!(covered.contains(&format!("<td><b>{waiting}</b></td>")), "{covered}");
    let href = attribute(&covered, "<td><a href=\"").replace("&#38;", "&");
    assert_eq!(browser.get(&href).await.status, 200);

    let queue = browser.get("/nl/noodtoegang").await.body;
    let path = format!("/nl/noodtoegang/{}", attribute(&queue, "<a href=\"/nl/noodtoegang/"));
    assert_eq!(browser.fill_in(&path, &format!("{path}/plaats"), "").await.status, 303);
    let fields = "oordeel=1&motivering=Het+kon+niet+anders.";
    let judged = browser.fill_in(&path, &format!("{path}/oordeel"), fields).await;
    assert_eq!(judged.status, 303, "{}", judged.body);
    let cover = panel(&browser, "nl", "h-cover").await;
    assert!(cover.contains(&format!("({waiting})")) && !cover.contains("wachten nog"), "{cover}");
    assert!(!cover.contains("<b>0,0 %</b>"), "{cover}");

    // One that is judged in a sample as well counts once.
    let days = "van=2026-03-01&tot=2026-03-31";
    let search = format!("/nl/verstrekkingen?uitkomst=noodtoegang&bron={STEUNPUNT}&{days}");
    let found = browser.get(&search).await.body;
    let rest = attribute(&found, "<td class=\"t\"><a href=\"/nl/verstrekkingen/");
    let index: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let page = "/nl/steekproef";
    let drawn = browser.fill_in(page, page, &format!("{days}&n=50")).await;
    let (_, drawing) = drawn.headers["location"].split_once('?').unwrap();
    let fields = format!("{drawing}&regel={index}&oordeel=1&gronden=Klopt");
    let judged = browser.fill_in(page, "/nl/steekproef/oordeel", &fields).await;
    assert_eq!(judged.status, 303, "{}", judged.body);
    assert_eq!(panel(&browser, "nl", "h-cover").await, cover);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_in_the_database_is_an_alarm_for_every_officer() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let other = site.person("other", SHELTER, UserRole::PrivacyOfficer);
    let mut browser = site.browser(Some(other));
    browser.state("steekproef").await;
    let gateway = &browser.site.house.gateway;
    let place = {
        let mut tx = gateway_rows(&browser).await;
        let size = tx.log_state().await.unwrap().unwrap().size;
        let rows = tx.disclosures_between((0, size), 1_000).await.unwrap();
        let delivered = i64::from(EventCode::SummaryDelivered.number());
        rows.iter().find(|row| row.event_code == delivered).unwrap().idx
    };
    assert!(!panel(&browser, "nl", "h-whole").await.contains("gewijzigd"));
    browser.site.house.tamper(&format!("UPDATE disclosures SET basis = 99 WHERE idx = {place}"));
    while gateway.detect_signals().await.unwrap().more {}
    let whole = panel(&browser, "nl", "h-whole").await;
    assert!(whole.contains("role=\"alert\">✗ 1 regels zijn in de database gewijzigd"), "{whole}");
}

async fn gateway_rows(browser: &Browser<'_>) -> ketenpoort::store::Tx {
    browser.site.house.db().await.read().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_the_own_organisation_that_ends_soon_is_named() {
    let mut site = Site::open().await;
    let (own, other) = (site.officer(), site.person("other", SHELTER, UserRole::PrivacyOfficer));
    // Certificates are of today, so that is what the gateway's clock must say.
    site.house.gateway.clock().set(now());
    let (mut browser, mut shelter) = (site.browser(Some(own)), site.browser(Some(other)));
    shelter.state("incident").await;
    browser.state("incident").await;
    let ends = panel(&browser, "nl", "h-ends").await;
    assert_eq!(ends.matches("nog 0 dagen").count(), 1, "{ends}");
    assert!(ends.contains(&format!("href=\"/nl/organisaties/{STEUNPUNT}\"")), "{ends}");
    // That day it says so; a month before it does not.
    let before = now().minus(Duration::from_hours(24 * 40));
    browser.site.house.gateway.clock().set(before);
    let ends = panel(&browser, "en", "h-ends").await;
    assert!(ends.contains("ends within thirty days") && !ends.contains("days left"), "{ends}");
}
