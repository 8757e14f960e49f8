//! Fail closed: while the ledger cannot write that somebody looks, nothing is shown.

use crate::console_work::emergencies::emergency;
use crate::house::{CASE, GGZ, new_request};
use crate::site::{Browser, Site, attribute};

const REFUSES: &str =
    "CREATE TRIGGER full BEFORE INSERT ON leaves BEGIN SELECT RAISE(ABORT, 'full'); END";

fn outside(browser: &Browser<'_>, statement: &str) {
    let path = browser.site.house.directory.path().join("data.sqlite");
    rusqlite::Connection::open(path).unwrap().execute_batch(statement).unwrap();
}

/// Every page and file about what happened.
async fn pages(browser: &Browser<'_>) -> Vec<String> {
    let searched = browser.get("/nl/verstrekkingen").await.body;
    let entry = attribute(&searched, "<td class=\"t\"><a href=\"");
    let entry = entry.split_once('?').map_or(entry, |(path, _)| path);
    let queue = browser.get("/nl/noodtoegang").await.body;
    let review = attribute(&queue, "<a href=\"/nl/noodtoegang/");
    let mut pages =
        vec![entry.to_owned(), format!("{entry}/bewijs.txt"), format!("/nl/noodtoegang/{review}")];
    let fixed = [
        "/nl/",
        "/nl/verstrekkingen",
        "/nl/verstrekkingen?actie=alles",
        "/nl/verstrekkingen/uitvoer?vorm=csv&actie=alles",
        "/nl/noodtoegang",
        "/nl/signalen",
        "/nl/inzage",
        "/nl/datalek",
        "/nl/integriteit",
        "/nl/organisaties",
        "/nl/statistiek",
        "/nl/statistiek/csv?periode=2025-Q4",
        "/nl/mijn-logboek",
    ];
    pages.extend(fixed.map(str::to_owned));
    let english = pages.iter().map(|page| page.replacen("/nl/", "/en/", 1)).collect::<Vec<_>>();
    pages.extend(english);
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_ledger_cannot_be_written_no_page_shows_anything() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    emergency(&site).await;
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("klacht").await;
    let pages = pages(&browser).await;
    let mut told = 0;
    for page in &pages {
        let answer = browser.get(page).await;
        assert_eq!(answer.status, 200, "{page}: {}", answer.body);
        told += usize::from(answer.body.contains(CASE));
    }
    assert!(told >= 10, "{told} pages tell of the case");
    let html = browser.get("/nl/verstrekkingen").await.body;
    let token = attribute(&html, "name=\"token\" value=\"");
    let entries = browser.site.looks().await;
    outside(&browser, REFUSES);
    for page in &pages {
        let answer = browser.get(page).await;
        assert_eq!(answer.status, 503, "{page}: {}", answer.body);
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8", "{page}");
        let words = if page.starts_with("/nl/") {
            "Er wordt niets verstrekt en niets getoond."
        } else {
            "Nothing is disclosed and nothing is shown."
        };
        assert!(answer.body.contains(words), "{page}: {}", answer.body);
        for content in [CASE, "Er wordt gedreigd.", "data-leaf", "<table", "<svg viewBox=\"0 0 720"]
        {
            assert!(!answer.body.contains(content), "{page} shows {content}: {}", answer.body);
        }
        let mut words = answer.main().split(|c: char| !c.is_ascii_hexdigit());
        assert!(words.all(|word| word.len() != 64), "a pseudonym or a hash on {page}");
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
