//! Organisations over real TLS: the directory, the changes, and the certificate that the officer shows.

use ketenpoort::domain::organisation::UserRole;
use ketenpoort::gateway::traffic::Ended;

use crate::house::STEUNPUNT;
use crate::site::{OFFICE, SHELTER, Site, now};

const PAGE: &str = "/nl/organisaties";

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_sees_who_takes_part_and_the_certificate_in_use() {
    let mut site = Site::open().await;
    // Certificates are of today, so that is what the gateway's clock must say.
    site.house.gateway.clock().set(now());
    let certificate = site.officer();
    let mut browser = site.browser(Some(certificate));
    browser.state("incident").await;
    let looks = site.looks().await;
    let list = browser.get(PAGE).await;
    assert_eq!(list.status, 200);
    assert_eq!(site.looks().await, looks + 1, "the look is in the ledger");
    assert!(list.body.contains("uw organisatie") && list.body.contains(STEUNPUNT));
    assert!(list.body.contains("Beleid: versie") && list.body.contains("Organisaties gewijzigd:"));
    // These entries are the gateway's; an officer of an organisation cannot open them.
    assert!(!list.body.contains("href=\"/nl/verstrekkingen/"), "{}", list.body);
    let one = browser.get(&format!("{PAGE}/{STEUNPUNT}")).await;
    assert_eq!(one.status, 200);
    // The certificate of the officer ends within a day: that is red, and said in words.
    assert!(one.body.contains("van een persoon") && one.body.contains("nog 0 dagen"));
    let police = browser.get(&format!("{PAGE}/00000099000000002000")).await.body;
    assert!(police.contains("nog geen certificaat getoond"));
    for unknown in ["00000099000000123000", "x"] {
        assert_eq!(browser.get(&format!("{PAGE}/{unknown}")).await.status, 404);
    }
}

/// Small counts say what somebody did, and a version says where a program is weak.
#[tokio::test(flavor = "multi_thread")]
async fn how_much_an_organisation_calls_is_for_itself_and_the_office_of_the_region() {
    let mut site = Site::open().await;
    let own = site.officer();
    let other = site.person("other", SHELTER, UserRole::PrivacyOfficer);
    let office = site.person("office", OFFICE, UserRole::PrivacyOfficer);
    let oin = STEUNPUNT.parse().unwrap();
    site.house.gateway.count_call(&oin, "grpc-go/1.70", Ended::Refused);
    for (certificate, sees) in [(own, true), (other, false), (office, true)] {
        let mut browser = site.browser(Some(certificate));
        browser.state("incident").await;
        let one = browser.get(&format!("{PAGE}/{STEUNPUNT}")).await.body;
        assert!(!one.contains("92 dagen niet aangeroepen"), "when is for everybody: {one}");
        assert_eq!(one.contains("grpc-go/1.70"), sees, "{one}");
        assert_eq!(one.contains("Open stromen nu"), sees, "{one}");
        assert_eq!(one.contains("alleen voor functionarissen van deze organisatie"), !sees);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_opens_the_entries_of_a_change() {
    let mut site = Site::open().await;
    let certificate = site.person("office", OFFICE, UserRole::PrivacyOfficer);
    let mut browser = site.browser(Some(certificate));
    browser.state("incident").await;
    let list = browser.get(PAGE).await.body;
    let (_, rest) = list.split_once("href=\"/nl/verstrekkingen/").unwrap();
    let (index, _) = rest.split_once('"').unwrap();
    assert_eq!(browser.get(&format!("/nl/verstrekkingen/{index}")).await.status, 200);
}
