//! Signals in the console, over real TLS: they are seen, judged by somebody else, and silenced for a time.
#![cfg(test)]

use ketenpoort::domain::organisation::UserRole;

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;
#[expect(dead_code, reason = "every test file uses another part of the site")]
#[path = "support/site.rs"]
mod site;

use house::{STEUNPUNT, at, new_request};
use site::{Browser, OFFICE, SHELTER, Site, attribute};

const ABSENT: &str = "0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11";

/// The case was made at night by employee `u-1` of the Steunpunt; officers look by day.
async fn site() -> Site {
    let site = Site::open().await;
    site.house.gateway.clock().set(at("2026-03-12T11:00:00Z"));
    while site.house.gateway.detect_signals().await.unwrap().more {}
    site
}

/// Path of the one open signal of the Steunpunt.
async fn path_of_the_signal(browser: &Browser<'_>) -> String {
    let list = browser.get("/nl/signalen?soort=NIGHT_ACTIVITY").await.body;
    let (_, rows) = list.split_once("class=\"seen\"").unwrap_or_else(|| panic!("{list}"));
    format!("/nl/signalen/{}", attribute(rows, "href=\"/nl/signalen/"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_sees_a_signal_and_makes_it_an_incident() {
    let mut site = site().await;
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("steekproef").await;
    let overview = browser.get("/nl/").await.body;
    assert!(overview.contains("Hoogste score") && overview.contains("Actief in de nacht"));
    let looks = site.looks().await;
    let list = browser.get("/nl/signalen").await;
    assert_eq!(list.status, 200, "{}", list.body);
    for words in ["Actief in de nacht", "Iemand zonder nachtdienst", "u-1", "nog niets beoordeeld"]
    {
        assert!(list.body.contains(words), "{words}");
    }
    assert_eq!(site.looks().await, looks + 2, "the signals and what rules are worth");
    let path = path_of_the_signal(&browser).await;
    let looks = site.looks().await;
    let one = browser.get(&path).await;
    assert_eq!(site.looks().await, looks + 1);
    for words in
        ["gezien ", "telt ", "Regelset", "href=\"/nl/verstrekkingen/", "Nog niets besloten"]
    {
        assert!(one.body.contains(words), "{words}: {}", one.body);
    }
    let close = format!("{path}/sluiten");
    let empty = browser.fill_in(&path, &close, "einde=incident&gronden=").await;
    assert!(empty.status == 400 && empty.body.contains("is verplicht"), "{}", empty.body);
    let fields = "einde=incident&gronden=Niemand+wist+hiervan.";
    let done = browser.fill_in(&path, &close, fields).await;
    assert_eq!((done.status, done.headers["location"].as_str()), (303, path.as_str()));
    let one = browser.get(&path).await.body;
    assert!(one.contains("Niemand wist hiervan.") && one.contains("href=\"/nl/datalek/"), "{one}");
    assert!(one.contains("is afgehandeld") && !one.contains("name=\"einde\""));
    let turned = "UPDATE signal_endings SET state = 2";
    browser.site.house.tamper(turned);
    let one = browser.get(&path).await.body;
    assert!(one.contains("Gewijzigd in de database") && !one.contains("wist hiervan"), "{one}");
    assert!(browser.get("/nl/signalen").await.body.contains("Er zijn geen signalen"));
    assert!(browser.get("/nl/").await.body.contains("Er is geen open signaal."));
    let incidents = browser.get("/en/signalen?staat=incident&min=1").await.body;
    assert!(incidents.contains("Active at night") && incidents.contains("100%"), "{incidents}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_judges_the_own_acts_and_strangers_see_nothing() {
    let mut site = site().await;
    let own = site.person("1", STEUNPUNT, UserRole::PrivacyOfficer);
    let shelter = site.person("shelter", SHELTER, UserRole::PrivacyOfficer);
    let office = site.person("office", OFFICE, UserRole::PrivacyOfficer);
    let mut involved = site.browser(Some(own));
    let token = involved.token().await;
    involved.state("klacht").await;
    let path = path_of_the_signal(&involved).await;
    let seen = involved.get(&path).await;
    let why = "Over uw eigen handelen oordeelt u niet";
    assert!(seen.main().contains(why) && !seen.main().contains("<form"), "{}", seen.body);
    let close = format!("{path}/sluiten");
    let request_id = new_request("CloseSignal").id();
    let body = format!("token={token}&verzoek={request_id}&einde=verklaard&gronden=Mag");
    let refused = involved.post_to(&close, "same-origin", &body).await;
    assert!(refused.status == 403 && refused.body.contains(why), "{}", refused.body);

    let mut stranger = site.browser(Some(shelter));
    stranger.state("klacht").await;
    assert!(stranger.get("/nl/signalen").await.body.contains("Er zijn geen signalen"));
    let hidden = stranger.get(&path).await;
    let absent = stranger.get(&format!("/nl/signalen/{ABSENT}")).await;
    assert_eq!((hidden.status, absent.status), (404, 404));
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(hidden.main().replace(id, ABSENT), absent.main());
    for wrong in ["min=101", "min=x", "soort=X", "staat=weg", "na=1"] {
        let answer = stranger.get(&format!("/nl/signalen?{wrong}")).await;
        assert!(answer.status == 400 && answer.body.contains("niet te lezen"), "{wrong}");
    }

    let mut region = site.browser(Some(office));
    region.state("klacht").await;
    let fields = "einde=verklaard&gronden=Crisisdienst+viel+uit.";
    assert_eq!(region.fill_in(&path, &close, fields).await.status, 303);
    assert!(involved.get(&path).await.body.contains("Crisisdienst viel uit."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_is_silenced_until_its_last_day_or_until_somebody_ends_that() {
    let mut site = site().await;
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("inzageverzoek").await;
    for page in ["/nl/signalen", "/nl/signalen/stil"] {
        assert!(browser.get(page).await.body.contains("past niet bij deze pagina"), "{page}");
    }
    browser.cookie = None;
    browser.state("klacht").await;
    assert!(browser.get("/nl/signalen/stil").await.body.contains("Er is niets onderdrukt."));
    let path = path_of_the_signal(&browser).await;
    let suppress = format!("{path}/onderdrukken");
    let fields = |until: &str| format!("voor=medewerker&tot={until}&gronden=Nieuw+rooster");
    for (until, why) in [("2027-03-14", "binnen een jaar"), ("morgen", "geen geldige datum")] {
        let refused = browser.fill_in(&path, &suppress, &fields(until)).await;
        assert!(refused.status == 400 && refused.body.contains(why), "{}", refused.body);
    }
    // A night names no case.
    let other = fields("2026-04-01").replace("medewerker", "zaak");
    let refused = browser.fill_in(&path, &suppress, &other).await;
    assert!(refused.status == 400 && refused.body.contains("noemt geen medewerker of zaak"));
    assert!(!browser.get(&path).await.body.contains("id=\"voor-zaak\""));
    assert_eq!(browser.fill_in(&path, &suppress, &fields("2027-03-12")).await.status, 303);
    let silent = browser.get("/nl/signalen/stil").await.body;
    for words in ["u-1", "u-fg", "Van kracht", "12 maart 2027"] {
        assert!(silent.contains(words), "{words}: {silent}");
    }
    let end = format!("/nl/signalen/stil/{}", attribute(&silent, "action=\"/nl/signalen/stil/"));
    let done = browser.fill_in("/nl/signalen/stil", &end, "").await;
    assert_eq!((done.status, done.headers["location"].as_str()), (303, "/nl/signalen/stil"));
    let silent = browser.get("/en/signalen/stil").await;
    let silent = silent.main();
    assert!(silent.contains("ended by u-fg") && !silent.contains("<form"), "{silent}");
    assert_eq!(browser.get("/nl/signalen/stil?na=x").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_raises_a_signal_on_the_page_of_a_disclosure() {
    let mut site = site().await;
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("klacht").await;
    let overview = browser.get("/nl/").await.body;
    let page = format!("/nl/verstrekkingen/{}", attribute(&overview, "href=\"/nl/verstrekkingen/"));
    let raise = format!("{page}/signaal");
    let empty = browser.fill_in(&page, &raise, "gronden=").await;
    assert!(empty.status == 400 && empty.body.contains("is verplicht"), "{}", empty.body);
    let html = browser.get(&page).await.body;
    let (_, form) = html.split_once(&format!("action=\"{raise}\"")).unwrap();
    let token = attribute(form, "name=\"token\" value=\"");
    let request_id = new_request("RaiseSignal").id();
    let body = format!("token={token}&verzoek={request_id}&gronden=Waarom+om+drie+uur%3F");
    let raised = browser.post_to(&raise, "same-origin", &body).await;
    assert_eq!(raised.status, 303, "{}", raised.body);
    let again = browser.post_to(&raise, "same-origin", &body).await;
    assert_eq!(raised.headers["location"], again.headers["location"]);
    let signal = browser.get(&raised.headers["location"]).await;
    let words = ["Waarom om drie uur?", "Gegeven door een functionaris", "is niet te onderdrukken"];
    for words in words {
        assert!(signal.body.contains(words), "{words}: {}", signal.body);
    }
    browser.site.house.tamper("UPDATE raised_signals SET user_id = 'u-9'");
    let changed = browser.get(&raised.headers["location"]).await.body;
    assert!(changed.contains("Gewijzigd in de database") && !changed.contains(words[0]));
    let listed = browser.get("/nl/signalen?soort=RAISED_BY_OFFICER").await.body;
    assert!(listed.contains(&raised.headers["location"]) && listed.contains("geen score"));
    let second = browser.fill_in(&page, &raise, "gronden=Nog+eens").await;
    assert!(second.status == 400 && second.body.contains("dat is nog open"), "{}", second.body);
    let absent = "/nl/verstrekkingen/999999/signaal";
    let absent = browser.fill_in(&page, absent, "gronden=Waarom").await;
    assert_eq!(absent.status, 404);
    assert_eq!(browser.post_to(&raise, "cross-site", &body).await.status, 403);
    browser.cookie = None;
    browser.state("inzageverzoek").await;
    assert!(!browser.get(&page).await.body.contains("Signaal maken"));
}
