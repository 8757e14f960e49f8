//! Requests of data subjects: opened, prepared, approved, answered, refused.

use ketenpoort::domain::organisation::UserRole;

use crate::house::{CASE, GGZ, STEUNPUNT, new_request};
use crate::site::{Browser, SHELTER, Site, attribute};

/// The BSN of the daughter, from the test range.
const DAUGHTER: &str = "999990044";

async fn officer(site: &mut Site) -> Browser<'_> {
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("inzageverzoek").await;
    browser
}

/// The path of the request that a form opened.
async fn opened(browser: &Browser<'_>, fields: &str) -> String {
    let page = format!("/nl/inzage?zaak={CASE}");
    let fields = format!("zaak={CASE}&{fields}");
    let answer = browser.fill_in(&page, "/nl/inzage", &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.headers["location"].clone()
}

/// The key and the age of the people of the case, as the page offers them.
fn people(html: &str) -> Vec<(String, String)> {
    html.split("name=\"persoon\"")
        .skip(1)
        .map(|rest| {
            let (_, age) = rest.split_once("</span> · ").unwrap();
            let age = age.split_once('<').unwrap().0;
            (attribute(rest, "value=\"").to_owned(), age.to_owned())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_opened_prepared_by_one_approved_by_another_and_closed() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let first = site.officer();
    let colleague = site.person("fg-2", STEUNPUNT, UserRole::PrivacyOfficer);
    let (mut browser, mut second) = (site.browser(Some(first)), site.browser(Some(colleague)));
    browser.state("inzageverzoek").await;
    second.state("inzageverzoek").await;
    let received = "hoedanigheid=1&identiteit=1&ontvangen=2026-03-12T01:00&bezwaar=0";
    let path = opened(&browser, &format!("bsn={DAUGHTER}&{received}")).await;
    assert!(path.starts_with("/nl/inzage/") && !path.contains(DAUGHTER));
    let one = browser.get(&path).await.body;
    assert!(one.contains("Wie vraagt, krijgt het rapport.") && !one.contains(DAUGHTER));
    assert!(browser.get("/nl/inzage").await.body.contains(&path));

    let (report, letter) = (format!("{path}/rapport"), format!("{path}/brief"));
    let draft = browser.get(&report).await;
    assert!(draft.status == 200 && draft.body.contains("Samenvatting verstrekt"));
    assert!(draft.body.contains("Er is nog niets gegeven."));
    assert_eq!(browser.get(&letter).await.status, 400, "no letter of a draft");
    assert!(browser.get(&path).await.body.contains("Rapport voorbereiden"), "reading does nothing");

    // The first line is withheld.
    let stand = attribute(&draft.body, "name=\"stand\" value=\"");
    let index = attribute(&draft.body, "name=\"weg-");
    let fields = format!("stand={stand}&weg-{index}=1");
    let wrong = format!("stand={stand}&weg-{index}=99");
    assert_eq!(browser.fill_in(&report, &report, &wrong).await.status, 400);
    assert_eq!(browser.fill_in(&report, &report, &fields).await.status, 303);
    let waits = browser.get(&path).await.body;
    assert!(waits.contains("Wacht op een tweede functionaris.") && !waits.contains("/brief\""));
    assert_eq!(browser.get(&letter).await.status, 400, "one officer is not enough");
    assert!(second.get("/nl/inzage").await.body.contains("wacht op een tweede functionaris"));

    let read = second.get(&report).await.body;
    assert!(read.contains("weggehouden") && read.contains("Privacy van iemand anders"));
    let approve = format!("{path}/goedkeuren");
    let digest = format!("kenmerk={}", attribute(&read, "name=\"kenmerk\" value=\""));
    let alone = browser.fill_in(&path, &approve, &digest).await;
    assert!(alone.status == 400 && alone.body.contains("u hebt dit rapport zelf voorbereid"));
    let other = second.fill_in(&path, &approve, "kenmerk=00").await;
    assert!(other.status == 400 && other.body.contains("bereid het opnieuw voor"));
    let lines = draft.body.matches("name=\"weg-").count();
    assert!(lines > 1);
    let approved = second.fill_in(&path, &approve, &digest).await;
    assert_eq!((approved.status, approved.headers["location"].as_str()), (303, letter.as_str()));
    given(&browser, &path, lines - 1).await;

    let close = format!("{path}/sluiten");
    let wrong = browser.fill_in(&path, &close, "afloop=9").await;
    assert_eq!(wrong.status, 400);
    assert_eq!(browser.fill_in(&path, &close, "afloop=1").await.status, 303);
    assert!(browser.get("/nl/inzage?staat=gesloten").await.body.contains(&path));
    assert!(!browser.get("/nl/inzage").await.body.contains(&path));
    assert_eq!(browser.get(&report).await.status, 400);
}

/// The letter and the JSON tell so many lines, and nobody.
async fn given(browser: &Browser<'_>, path: &str, lines: usize) {
    let letter = browser.get(&format!("{path}/brief")).await;
    let letter = letter.main();
    assert_eq!(letter.matches("class=\"letter__line\"").count(), lines);
    assert!(letter.contains(&format!("Alle {lines} regels die u mag zien")));
    let (_, article) = letter.split_once("<article").unwrap();
    for hidden in ["u-1", "u-fg", "sp-0147", "999990", "Testema", "mother", "father", "weggehouden"]
    {
        assert!(!article.contains(hidden), "{hidden}");
    }
    let json = browser.get(attribute(letter, "class=\"btn\" href=\"")).await;
    assert_eq!(json.headers["content-type"], "application/json");
    let report: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(report["entries"].as_array().unwrap().len(), lines);
    assert_eq!(report["entry_count"], lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_is_refused_for_who_decides_alone_and_a_term_is_put_off_once() {
    let mut site = Site::open().await;
    // After the birthday of the daughter.
    site.house.gateway.clock().set("2026-06-22T10:00:00Z".parse().unwrap());
    let browser = officer(&mut site).await;
    let page = browser.get(&format!("/nl/inzage?zaak={CASE}")).await.body;
    let people = people(&page);
    let ages: Vec<&str> = people.iter().map(|(_, age)| age.as_str()).collect();
    assert_eq!(ages, ["18 of ouder", "18 of ouder", "16 of 17", "jonger dan 12"]);
    assert!(!page.contains("999990") && !page.contains("Testema"));
    let (parent, daughter, son) = (&people[1].0, &people[2].0, &people[3].0);
    let ask = |person: &str| {
        format!(
            "persoon={person}&hoedanigheid=2&aanvrager={parent}&identiteit=2&bezwaar=0&\
             ontvangen=2026-06-22T11:00"
        )
    };
    let refused = opened(&browser, &ask(daughter)).await;
    let one = browser.get(&refused).await.body;
    assert!(one.contains("De persoon is 16 jaar of ouder en beslist zelf."), "{one}");
    assert!(!one.contains("/rapport\""));
    assert_eq!(browser.get(&format!("{refused}/rapport")).await.status, 400);

    let given = opened(&browser, &ask(son)).await;
    let extend = format!("{given}/verlengen");
    let empty = browser.fill_in(&given, &extend, "reden=").await;
    assert!(empty.status == 400 && empty.body.contains("is verplicht"));
    assert_eq!(browser.fill_in(&given, &extend, "reden=Veel+regels.").await.status, 303);
    let one = browser.get(&given).await.body;
    assert!(one.contains("Veel regels.") && one.contains("22 september 2026"));
    let again = browser.fill_in(&given, &extend, "reden=Nog+meer.").await;
    assert!(again.status == 400 && again.body.contains("dit verzoek is al afgerond"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_part_in_a_case_finds_nobody_in_it() {
    let mut site = Site::open().await;
    let shelter = site.person("shelter", SHELTER, UserRole::PrivacyOfficer);
    let own = site.person("own", STEUNPUNT, UserRole::PrivacyOfficer);
    let mut stranger = site.browser(Some(shelter));
    stranger.state("inzageverzoek").await;
    let page = |case: &str| format!("/nl/inzage?zaak={case}");
    let hidden = stranger.get(&page(CASE)).await.body;
    let absent = stranger.get(&page("VVT-2026-999999")).await.body;
    let told = |html: &str| html.contains("Deze zaak bestaat niet") && !html.contains("persoon-1");
    assert!(told(&hidden) && told(&absent));
    let mut browser = site.browser(Some(own));
    browser.state("inzageverzoek").await;
    let fields = format!("zaak={CASE}&bsn=111222333&hoedanigheid=1&identiteit=1");
    let unknown = browser.fill_in(&page(CASE), "/nl/inzage", &fields).await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.body.contains("deze persoon hoort niet bij de zaak"));
    assert!(!unknown.body.contains("111222333"));
    assert_eq!(browser.get("/nl/inzage/x").await.status, 404);
    assert_eq!(browser.get("/nl/inzage?na=x").await.status, 400);
}
