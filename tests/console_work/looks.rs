//! The entry of every look tells what was looked at and the purpose that the officer gave.

use ketenpoort::domain::look::Look;
use ketenpoort::domain::purpose::Purpose;

use sqlx::{Connection as _, Executor as _, SqliteConnection};

use crate::house::{CASE, GGZ, new_request};
use crate::site::{Site, attribute};

/// One note: what, for which purpose, and on which occasion.
fn read(note: &str) -> (Look, Purpose, &str) {
    let mut words = note.split(' ');
    let what = words.next().unwrap().parse().unwrap_or_else(|_| panic!("what: {note}"));
    let purpose = words.next().and_then(|word| word.parse().ok());
    (what, purpose.unwrap_or_else(|| panic!("purpose: {note}")), words.next_back().unwrap_or(""))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_is_in_the_ledger_for_the_purpose_that_was_given() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("inzageverzoek").await;
    let fields = "bsn=999990044&hoedanigheid=1&identiteit=1&ontvangen=2026-03-12T01:00&bezwaar=0";
    let page = format!("/nl/inzage?zaak={CASE}");
    let opened = browser.fill_in(&page, "/nl/inzage", &format!("zaak={CASE}&{fields}")).await;
    assert_eq!(opened.status, 303, "{}", opened.body);
    let request = opened.headers["location"].clone();
    let keep = "naam=x&vraag=van%3D2026-03-01%26tot%3D2026-03-31";
    let (search, kept) = ("/nl/verstrekkingen", "/nl/verstrekkingen/bewaard");

    for (stated, purpose, occasion) in [
        ("klacht", Purpose::PrivacyReview, "COMPLAINT"),
        ("inzageverzoek", Purpose::DataSubjectRequest, "SUBJECT_REQUEST"),
    ] {
        browser.state(stated).await;
        let before = site_notes(&browser).await.len();
        let report = format!("{request}/rapport");
        for path in [
            "/nl/",
            "/nl/inzage",
            "/nl/inzage?stand=gesloten",
            &page,
            &request,
            &report,
            search,
            "/nl/integriteit",
            "/nl/organisaties",
            "/nl/statistiek",
            "/nl/statistiek/csv?periode=2025-Q4",
            "/nl/mijn-logboek",
        ] {
            let answer = browser.get(path).await;
            assert!(answer.status < 500, "{path}: {}", answer.body);
        }
        assert_eq!(browser.fill_in(search, kept, keep).await.status, 303);
        let html = browser.get(search).await.body;
        let delete = format!("{kept}/{}", attribute(&html, &format!("action=\"{kept}/")));
        assert_eq!(browser.fill_in(search, &delete, "").await.status, 303);
        let notes = site_notes(&browser).await.split_off(before);
        let read: Vec<_> = notes.iter().map(|note| read(note)).collect();
        for (what, given, on) in &read {
            assert_eq!((*given, *on), (purpose, occasion), "{what}");
        }
        for what in [
            Look::Overview,
            Look::Requests,
            Look::CasePeople,
            Look::Request,
            Look::AccessReport,
            Look::Search,
            Look::SearchSaved,
            Look::SearchDeleted,
            Look::Integrity,
            Look::Directory,
            Look::Statistics,
            Look::OwnLooks,
        ] {
            assert!(read.iter().any(|(seen, ..)| *seen == what), "{what}: {notes:?}");
        }
        let log = browser.get("/nl/mijn-logboek").await.body;
        assert!(log.contains("Overzicht bekeken") && !log.contains("OVERVIEW"), "{log}");
    }
}

/// Two forms of one page carry one id: what the second asks is not answered with what the first did.
#[tokio::test(flavor = "multi_thread")]
async fn the_forms_of_one_page_are_not_taken_for_each_other() {
    let mut site = Site::open().await;
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("steekproef").await;
    let (search, kept) = ("/nl/verstrekkingen", "/nl/verstrekkingen/bewaard");
    for name in ["eerste", "tweede"] {
        let fields = format!("naam={name}&vraag=van%3D2026-03-01%26tot%3D2026-03-31");
        assert_eq!(browser.fill_in(search, kept, &fields).await.status, 303);
    }
    let html = browser.get(search).await.body;
    let token = attribute(&html, "name=\"token\" value=\"");
    let request_id = attribute(&html, "name=\"verzoek\" value=\"");
    let body = format!("token={token}&verzoek={request_id}");
    let action = format!("action=\"{kept}/");
    let forms = html.split(&action).skip(1);
    let paths: Vec<String> =
        forms.map(|rest| format!("{kept}/{}", rest.split_once('"').unwrap().0)).collect();
    let paths: Vec<_> = paths.into_iter().filter(|path| path.ends_with("/verwijderen")).collect();
    let [first, second] = &paths[..] else { panic!("{paths:?}") };
    assert_eq!(browser.post_to(first, "same-origin", &body).await.status, 303);
    assert_eq!(browser.post_to(first, "same-origin", &body).await.status, 303, "sent twice");
    let other = browser.post_to(second, "same-origin", &body).await;
    assert_eq!(other.status, 400, "it is not said to be done: {}", other.body);
    let html = browser.get(search).await.body;
    assert!(!html.contains(first) && html.contains(second));
}

/// As many requests that ended as the overview counts, all from before the one that waits.
const ENDED_BEFORE: &str = "
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 200)
    INSERT INTO subject_requests
    SELECT unhex(printf('%032x', n)), oin, case_ref, subject, requester, capacity, is_mandated, 5,
           verdict, 3, version, received_at, due_at, reported_at, received_at, content
      FROM subject_requests, numbers";

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_is_on_the_overview_however_many_ended() {
    let mut site = Site::open().await;
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("inzageverzoek").await;
    let fields = "bsn=999990044&hoedanigheid=1&identiteit=1&ontvangen=2026-03-12T01:00&bezwaar=0";
    let page = format!("/nl/inzage?zaak={CASE}");
    let opened = browser.fill_in(&page, "/nl/inzage", &format!("zaak={CASE}&{fields}")).await;
    assert_eq!(opened.status, 303, "{}", opened.body);
    let request = &opened.headers["location"];
    let path = browser.site.house.directory.path().join("data.sqlite");
    let url = format!("sqlite:{}", path.to_str().unwrap());
    let mut outside = SqliteConnection::connect(&url).await.unwrap();
    let done = outside.execute(ENDED_BEFORE).await.unwrap();
    assert_eq!(done.rows_affected(), 200);
    let overview = browser.get("/nl/").await;
    assert!(overview.status == 200 && overview.body.contains(request), "{}", overview.body);
}

async fn site_notes(browser: &crate::site::Browser<'_>) -> Vec<String> {
    browser.site.look_notes().await
}
