//! Fail closed: while the ledger cannot write that somebody looks, nothing is shown.

use ketenpoort::domain::organisation::UserRole;

use crate::console_work::scene::{Scene, shown, told};
use crate::house::{CASE, STEUNPUNT};
use crate::routes::{SHOWN, SILENT, Shown};
use crate::site::{Browser, Site, attribute};

const REFUSES: &str =
    "CREATE TRIGGER full BEFORE INSERT ON leaves BEGIN SELECT RAISE(ABORT, 'full'); END";

fn outside(browser: &Browser<'_>, statement: &str) {
    let path = browser.site.house.directory.path().join("data.sqlite");
    rusqlite::Connection::open(path).unwrap().execute_batch(statement).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_ledger_cannot_be_written_no_page_shows_anything() {
    let mut site = Site::open().await;
    let scene = Scene::of(&mut site).await;
    let officer = site.person("looks", STEUNPUNT, UserRole::PrivacyOfficer);
    let mut browser = site.browser(Some(officer));
    browser.state("klacht").await;
    for Shown(route, asked, ..) in SHOWN {
        let path = scene.filled(&format!("/nl{route}{asked}"));
        let answer = shown(&browser, &path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    let html = browser.get("/nl/verstrekkingen").await.body;
    let token = attribute(&html, "name=\"token\" value=\"");
    let entries = browser.site.looks().await;
    outside(&browser, REFUSES);
    for Shown(route, asked, _, _, tells) in SHOWN {
        for (lang, words) in [
            ("nl", "Er wordt niets verstrekt en niets getoond."),
            ("en", "Nothing is disclosed and nothing is shown."),
        ] {
            let path = scene.filled(&format!("/{lang}{route}{asked}"));
            let answer = shown(&browser, &path).await;
            assert_eq!(answer.status, 503, "{path}: {}", answer.body);
            assert!(told(&answer).contains(words), "{path}: {}", answer.body);
            shows_nothing(told(&answer), &path, &scene.filled(tells));
        }
    }
    // What is no look shows nothing either, to whoever may come there.
    for (route, ..) in SILENT {
        let path = route.replace("{lang}", "nl").replace(['{', '}'], "x");
        let answer = shown(&browser, &path).await;
        let text = answer.headers.get("content-type").map_or("", |_| told(&answer));
        shows_nothing(text, &path, CASE);
    }
    // Nor is anything done.
    let keep = "naam=x&vraag=van%3D2026-03-01%26tot%3D2026-03-31";
    let body = format!("token={token}&verzoek=0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11&{keep}");
    let kept = browser.post_to("/nl/verstrekkingen/bewaard", "same-origin", &body).await;
    assert_eq!(kept.status, 503, "{}", kept.body);
    assert_eq!(browser.site.looks().await, entries);
    outside(&browser, "DROP TRIGGER full");
    let back = browser.get("/nl/").await;
    assert!(back.status == 200 && back.body.contains(CASE), "{}", back.body);
}

/// Neither what stands there otherwise, nor anything else about anybody.
fn shows_nothing(text: &str, path: &str, tells: &str) {
    let everywhere = ["Er wordt gedreigd.", "data-leaf", "<table", "<svg viewBox=\"0 0 720"];
    for content in everywhere.into_iter().chain([CASE, tells]) {
        assert!(!text.contains(content), "{path} shows {content}: {text}");
    }
    // What makes a form ours is no hash of anybody's.
    let hidden = text.split_once("name=\"token\" value=\"").map(|(_, rest)| rest);
    let token = hidden.and_then(|rest| rest.split_once('"')).map_or("?", |(token, _)| token);
    let text = text.replace(token, "");
    let mut words = text.split(|c: char| !c.is_ascii_hexdigit());
    assert!(words.all(|word| word.len() != 64), "a pseudonym or a hash on {path}: {text}");
}
