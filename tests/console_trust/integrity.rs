//! The pages about the ledger over real TLS: what an officer kept is held against it, and a database
//! that somebody changed turns red.
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::gateway::integrity::LedgerState;

use crate::house;
use crate::site::{Browser, Site};

const PAGE: &str = "/nl/integriteit";

async fn officer(site: &mut Site) -> Browser<'_> {
    let certificate = site.officer();
    let mut browser = site.browser(Some(certificate));
    browser.state("steekproef").await;
    browser
}

/// The text of the newest checkpoint, as the page shows it.
fn note(html: &str) -> String {
    let (_, rest) = html.split_once("aria-label=\"Tekst van het controlepunt\">").unwrap();
    let (note, _) = rest.split_once("</pre>").unwrap();
    note.replace("&#43;", "+").replace("&#61;", "=")
}

async fn compare(browser: &Browser<'_>, note: &str) -> (u16, String) {
    // As a browser sends the field of a form.
    let field = serde_urlencoded::to_string([("controlepunt", note.replace('\n', "\r\n"))]);
    let path = "/nl/integriteit/vergelijken";
    let answer = browser.fill_in(PAGE, path, &field.unwrap()).await;
    (answer.status, answer.body)
}

pub(crate) fn database(site: &Site) -> rusqlite::Connection {
    let path = site.house.directory.path().join("data.sqlite");
    rusqlite::Connection::open(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_officer_kept_is_held_against_the_ledger() {
    let mut site = Site::open().await;
    let browser = officer(&mut site).await;
    let looks = browser.site.looks().await;
    let first = browser.get(PAGE).await;
    assert_eq!(first.status, 200);
    assert_eq!(browser.site.looks().await, looks + 1, "the look is in the ledger");
    assert!(first.body.contains("de top is opnieuw berekend en klopt"), "{}", first.body);
    let kept = note(&first.body);
    let (status, html) = compare(&browser, &kept).await;
    assert_eq!(status, 200);
    assert!(html.contains("regels erbij, niets gewijzigd."), "{html}");
    let (status, html) = compare(&browser, "geen controlepunt").await;
    assert_eq!(status, 400);
    assert!(html.contains("geen controlepunt en geen stand"));
    // The same text with another root: nobody signed that.
    let root = kept.lines().nth(2).unwrap();
    let forged = kept.replace(root, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    let (_, html) = compare(&browser, &forged).await;
    assert!(html.contains("niet van dit logboek"));
    for (since, words) in [
        ("1", "niets gewijzigd"),
        ("99999", "meer regels dan het logboek"),
        ("x", "geen controlepunt en geen stand"),
        ("0", "geen controlepunt en geen stand"),
    ] {
        let html = browser.get(&format!("{PAGE}?sinds={since}")).await.body;
        assert!(html.contains(words), "{since}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_entry_turns_the_sample_and_the_old_checkpoint_red() {
    let mut site = Site::open().await;
    let browser = officer(&mut site).await;
    let kept = note(&browser.get(PAGE).await.body);
    let path = "/nl/integriteit/steekproef";
    let html = browser.fill_in(PAGE, path, "").await.body;
    assert!(html.contains("regels gecontroleerd, alle kloppen."), "{html}");
    assert!(html.contains("href=\"/nl/verstrekkingen/"), "each entry can be opened");
    // One byte of an entry of the officer's own organisation.
    let changed = database(browser.site).execute(
        "UPDATE leaves SET entry = CAST(substr(entry, 1, length(entry) - 1) || x'00' AS BLOB)
          WHERE idx IN (SELECT idx FROM disclosures WHERE actor_oin = ?1)",
        [house::STEUNPUNT],
    );
    assert!(changed.unwrap() > 0);
    let html = browser.fill_in(PAGE, path, "").await.body;
    assert!(html.contains("regels kloppen niet. Bel de beheerder"), "{html}");
    let (_, html) = compare(&browser, &kept).await;
    assert!(html.contains("Het logboek is gewijzigd."), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_wait_too_long_are_told_of_on_every_page() {
    let mut site = Site::open().await;
    let browser = officer(&mut site).await;
    assert!(!browser.get("/nl/").await.body.contains("Het laatste controlepunt is oud."));
    drop(browser);
    let mut site = Site::open().await;
    // Somebody removed what was signed last, and a quarter of an hour went by.
    let state = || site.house.gateway.ledger_state();
    let database = database(&site);
    let newest = "DELETE FROM checkpoints WHERE size = (SELECT MAX(size) FROM checkpoints)";
    database.execute(newest, []).unwrap();
    assert_eq!(state().await.unwrap(), LedgerState::Signed, "not yet");
    let later = site.house.gateway.clock().now().plus(std::time::Duration::from_mins(16));
    site.house.gateway.clock().set(later);
    assert!(matches!(state().await.unwrap(), LedgerState::Stale { waiting: 1.., .. }));
    let stranger = site.person("worker", house::STEUNPUNT, UserRole::CaseWorker);
    let closed = site.browser(Some(stranger)).get("/nl/").await.body;
    assert!(!closed.contains("Het laatste controlepunt is oud."), "nobody else reads it");
    let certificate = site.officer();
    let asked = site.browser(Some(certificate)).get("/nl/").await.body;
    assert!(asked.contains("Het laatste controlepunt is oud."), "{asked}");
}
