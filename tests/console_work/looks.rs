//! The entry of every look tells what was looked at and the purpose that the officer gave.

use std::collections::BTreeSet;

use ketenpoort::domain::look::Look;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::purpose::Purpose;
use sqlx::{Connection as _, Executor as _, SqliteConnection};

use crate::console_work::scene::{Scene, shown, told};
use crate::house::{CASE, STEUNPUNT};
use crate::routes::{self, Kind, SHOWN, Shown};
use crate::site::{Browser, Site, attribute};

/// One note: what, for which purpose, and on which occasion.
fn read(note: &str) -> (Look, Purpose, &str) {
    let mut words = note.split(' ');
    let what = words.next().unwrap().parse().unwrap_or_else(|_| panic!("what: {note}"));
    let purpose = words.next().and_then(|word| word.parse().ok());
    (what, purpose.unwrap_or_else(|| panic!("purpose: {note}")), words.next_back().unwrap_or(""))
}

/// What is looked at for the purpose of reviewing only.
const REVIEWED: [Look; 8] = [
    Look::Questions,
    Look::ReviewQueueOpened,
    Look::Review,
    Look::Incidents,
    Look::Breach,
    Look::Signals,
    Look::Signal,
    Look::Suppressions,
];

/// A route that is added to the console is looked at in the ledger, or it is said here why not.
#[test]
fn no_route_of_the_console_is_left_out() {
    let known = [Kind::Page, Kind::File, Kind::Elsewhere].into_iter().flat_map(routes::of);
    assert_eq!(routes::in_the_source(), known.collect::<BTreeSet<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_is_in_the_ledger_for_the_purpose_that_was_given() {
    let mut site = Site::open().await;
    let scene = Scene::of(&mut site).await;
    let officer = site.person("looks", STEUNPUNT, UserRole::PrivacyOfficer);
    let mut browser = site.browser(Some(officer));
    for (stated, purpose, occasion) in [
        ("klacht", Purpose::PrivacyReview, "COMPLAINT"),
        ("inzageverzoek", Purpose::DataSubjectRequest, "SUBJECT_REQUEST"),
    ] {
        browser.state(stated).await;
        for Shown(route, asked, look, _, tells) in SHOWN {
            let path = scene.filled(&format!("/nl{route}{asked}"));
            let before = site_notes(&browser).await.len();
            let answer = shown(&browser, &path).await;
            let notes = site_notes(&browser).await.split_off(before);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            if purpose == Purpose::DataSubjectRequest && REVIEWED.contains(look) {
                assert!(answer.body.contains("past niet bij deze pagina"), "{path}");
                assert_eq!(notes, [""; 0], "{path}: nothing was shown");
                continue;
            }
            let tells = scene.filled(tells);
            assert!(told(&answer).contains(&tells), "{path}: {tells}: {}", answer.body);
            let read: Vec<_> = notes.iter().map(|note| read(note)).collect();
            let of_this = |(_, given, on): &_| (*given, *on) == (purpose, occasion);
            assert!(read.iter().all(of_this), "{path}: {notes:?}");
            assert!(read.iter().any(|(seen, ..)| seen == look), "{path}: {notes:?}");
        }
        keeps_and_deletes(&browser, (purpose, occasion)).await;
        // The newest ones stand there first.
        browser.get("/nl/").await;
        let log = browser.get("/nl/mijn-logboek").await.body;
        assert!(log.contains("Overzicht bekeken") && !log.contains("OVERVIEW"), "{log}");
    }
}

/// A search is kept and deleted: each is an entry too.
async fn keeps_and_deletes(browser: &Browser<'_>, stated: (Purpose, &str)) {
    let (search, kept) = ("/nl/verstrekkingen", "/nl/verstrekkingen/bewaard");
    let before = site_notes(browser).await.len();
    let keep = "naam=x&vraag=van%3D2026-03-01%26tot%3D2026-03-31";
    assert_eq!(browser.fill_in(search, kept, keep).await.status, 303);
    let html = browser.get(search).await.body;
    let delete = format!("{kept}/{}", attribute(&html, &format!("action=\"{kept}/")));
    assert_eq!(browser.fill_in(search, &delete, "").await.status, 303);
    let notes = site_notes(browser).await.split_off(before);
    for what in [Look::SearchSaved, Look::SearchDeleted] {
        let (purpose, occasion) = stated;
        let of_this = |note: &String| read(note) == (what, purpose, occasion);
        assert!(notes.iter().any(of_this), "{what}: {notes:?}");
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

async fn site_notes(browser: &Browser<'_>) -> Vec<String> {
    browser.site.look_notes().await
}
