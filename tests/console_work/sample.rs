//! A sample is drawn, seen again by its address, and in the ledger.

use ketenpoort::domain::organisation::UserRole;

use crate::house::{GGZ, STEUNPUNT, new_request};
use crate::site::{Browser, Site, attribute};

const PAGE: &str = "/nl/steekproef";

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_drawn_with_a_seed_that_is_in_the_ledger() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let (first, colleague) =
        (site.officer(), site.person("fg-2", STEUNPUNT, UserRole::PrivacyOfficer));
    let elsewhere = site.person("fg-3", GGZ, UserRole::PrivacyOfficer);
    let (mut browser, mut second) = (site.browser(Some(first)), site.browser(Some(colleague)));
    let mut elsewhere = site.browser(Some(elsewhere));
    elsewhere.state("steekproef").await;
    browser.state("steekproef").await;
    second.state("steekproef").await;
    assert!(browser.get("/nl/").await.body.contains("href=\"/nl/steekproef\""));
    for wrong in ["n=0", "n=51", "n=x"] {
        let fields = format!("van=2026-03-01&tot=2026-03-31&{wrong}");
        assert_eq!(browser.fill_in(PAGE, PAGE, &fields).await.status, 400, "{wrong}");
    }
    let backwards = browser.fill_in(PAGE, PAGE, "van=2026-03-31&tot=2026-03-01&n=2").await;
    assert_eq!(backwards.status, 400);
    let long = browser.fill_in(PAGE, PAGE, "van=2026-01-01&tot=2026-04-03&n=2").await;
    assert_eq!(long.status, 400, "93 days");

    let fields = "van=2026-03-01&tot=2026-03-31&n=2";
    let drawn = browser.fill_in(PAGE, PAGE, fields).await;
    assert_eq!(drawn.status, 303, "{}", drawn.body);
    let address = drawn.headers["location"].clone();
    let seed = address.split_once("zaad=").unwrap().1.split_once('&').unwrap().0;
    assert_eq!(seed.len(), 64);
    let notes = site.look_notes().await;
    let drawing = notes.iter().find(|note| note.starts_with("DRAWING")).unwrap();
    let size = address.split_once("stand=").unwrap().1.split_once('&').unwrap().0;
    for part in [format!("seed={seed}"), format!("tree_size={size}"), "n=2".to_owned()] {
        assert!(drawing.contains(&part), "{part}: {drawing}");
    }

    let own = browser.get(&address).await;
    let rows = |html: &str| -> Vec<String> {
        let links = html.split("<td class=\"t\"><a href=\"").skip(1);
        links.map(|rest| rest.split_once('"').unwrap().0.to_owned()).collect()
    };
    assert_eq!((own.status, rows(&own.body).len()), (200, 2), "{}", own.body);
    assert_eq!(browser.get(&rows(&own.body)[0]).await.status, 200);
    // What comes later is not drawn from, and a colleague sees the same.
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    assert_eq!(rows(&second.get(&address).await.body), rows(&own.body));
    refused_unless_drawn([&browser, &elsewhere], &address).await;
    let other = browser.fill_in(PAGE, PAGE, fields).await.headers["location"].clone();
    assert_ne!(other, address, "another seed");
    assert_eq!(browser.get("/nl/steekproef?zaad=xx&n=2").await.status, 400);
    let log = browser.get("/nl/mijn-logboek").await.body;
    assert!(log.contains("Steekproef getrokken") && log.contains(seed));
}

/// What nobody drew does not exist, and leaves no look behind: neither a seed that somebody tried until it
/// fell well, nor a drawing of which one thing was changed, nor one of another organisation.
async fn refused_unless_drawn([browser, elsewhere]: [&Browser<'_>; 2], address: &str) {
    let samples = async || {
        let notes = browser.site.look_notes().await;
        notes.iter().filter(|note| note.starts_with("SAMPLE ")).count()
    };
    let before = samples().await;
    let seed = address.split_once("zaad=").unwrap().1.split_once('&').unwrap().0;
    let mark = address.split_once("merk=").unwrap().1.split_once('&').unwrap().0;
    let (_, stand) = address.split_once("stand=").unwrap();
    let (stand, _) = stand.split_once('&').unwrap();
    for (was, is) in [
        (seed.to_owned(), "ab".repeat(32)),
        (format!("merk={mark}&"), String::new()),
        (mark.to_owned(), "00".repeat(32)),
        (format!("stand={stand}"), "stand=1".to_owned()),
        ("van=2026-03-01".to_owned(), "van=2026-03-02".to_owned()),
        ("tot=2026-03-31".to_owned(), "tot=2026-03-30".to_owned()),
        ("&n=2".to_owned(), "&n=1".to_owned()),
    ] {
        let forged = address.replace(&was, &is);
        assert_ne!(forged, address, "{was}");
        assert_eq!(browser.get(&forged).await.status, 404, "{was}");
    }
    assert_eq!(elsewhere.get(address).await.status, 404);
    assert_eq!(samples().await, before);
}

/// What an officer found is in the page of every officer of the organisation and counts on the overview;
/// a form that was sent twice is one judgement, and what was not drawn is not judged.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_drawn_is_judged_on_its_page_and_counts_on_the_overview() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("steekproef").await;
    let fields = "van=2026-03-01&tot=2026-03-31&n=2";
    let address = browser.fill_in(PAGE, PAGE, fields).await.headers["location"].clone();
    let html = browser.get(&address).await.body;
    let index = attribute(&html, "name=\"regel\" required><option value=\"").to_owned();
    assert!(html.contains("Beoordeeld: 0 van 2"), "{html}");
    let (_, drawing) = address.split_once('?').unwrap();
    let form = format!("{drawing}&regel={index}&oordeel=1&gronden=Klopt+met+het+dossier.");
    let judge = "/nl/steekproef/oordeel";
    let token = attribute(&html, "name=\"token\" value=\"");
    let body = format!("token={token}&verzoek={}&{form}", new_request("JudgeSampleEntry").id());
    for _ in 0..2 {
        let judged = browser.post_to(judge, "same-origin", &body).await;
        assert_eq!(judged.status, 303, "{}", judged.body);
        assert_eq!(judged.headers["location"], address);
    }
    let html = browser.get(&address).await.body;
    assert_eq!(html.matches("Klopt met het dossier.").count(), 1, "{html}");
    assert!(html.contains("Beoordeeld: 1 van 2") && html.contains("<b>In orde</b>"), "{html}");
    let overview = browser.get("/nl/").await.body;
    let (_, reviewed) = overview.split_once("bij een gesloten signaal (").unwrap();
    assert_eq!(reviewed.split_once(')').unwrap().0, "1");

    for (wrong, status) in [
        (form.replace("oordeel=1", "oordeel=4"), 400),
        (form.replace("gronden=Klopt+met+het+dossier.", "gronden="), 400),
        (form.replace(&format!("regel={index}"), "regel=0"), 404),
        (form.replace(&format!("regel={index}"), "regel=x"), 404),
        (form.replace("&n=2", "&n=1"), 404),
        (form.replace("zaad=", "zaad=zz"), 400),
    ] {
        assert_eq!(browser.fill_in(PAGE, judge, &wrong).await.status, status, "{wrong}");
    }
    assert_eq!(browser.post_to(judge, "cross-site", &body).await.status, 403);

    assert!(!html.contains("Gewijzigd in de database"));
    browser.site.house.tamper("UPDATE sample_judgements SET verdict = 3");
    let html = browser.get(&address).await.body;
    assert!(html.contains("Gewijzigd in de database") && !html.contains("dossier."), "{html}");
    assert!(html.contains("Beoordeeld: 0 van 2"), "what was changed judges nothing: {html}");
}
