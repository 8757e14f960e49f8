//! A party of a disclosure is asked about it on its page, answers there, and both see it in their list.

use std::collections::BTreeSet;

use ketenpoort::domain::organisation::UserRole;

use crate::house::{GGZ, new_request};
use crate::site::{Browser, SHELTER, Site, attribute};

/// How many entries the list links to: all of them are shown to who follows the link.
async fn entries_linked(browser: &mut Browser<'_>) -> usize {
    let list = browser.get("/nl/vragen").await.body;
    let parts = list.split("href=\"/nl/verstrekkingen/").skip(1);
    let linked = |rest: &str| rest.split_once('"').unwrap().0.parse().unwrap();
    let linked: BTreeSet<u64> = parts.map(linked).collect();
    for index in &linked {
        let page = browser.get(&format!("/nl/verstrekkingen/{index}")).await;
        assert_eq!(page.status, 200, "{index}");
    }
    linked.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_asks_the_other_organisation_and_reads_its_answer() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let own = site.officer();
    let other = site.person("ggz", GGZ, UserRole::PrivacyOfficer);
    let stranger = site.person("shelter", SHELTER, UserRole::PrivacyOfficer);
    let mut browser = site.browser(Some(own));
    let mut ggz = site.browser(Some(other));
    let mut shelter = site.browser(Some(stranger));
    for each in [&mut browser, &mut ggz, &mut shelter] {
        each.state("steekproef").await;
    }
    let search = format!("/nl/verstrekkingen?ontvanger={GGZ}&van=2026-03-01&tot=2026-03-31");
    let found = browser.get(&search).await.body;
    let index = attribute(&found, "<td class=\"t\"><a href=\"/nl/verstrekkingen/");
    let index: String = index.chars().take_while(char::is_ascii_digit).collect();
    let page = format!("/nl/verstrekkingen/{index}");
    let ask = format!("{page}/vraag");
    let fields = format!("aan={GGZ}&vraag=Wie+las+dit%3F");
    for wrong in [format!("aan={GGZ}&vraag="), "aan=&vraag=Wie".to_owned()] {
        assert_eq!(browser.fill_in(&page, &ask, &wrong).await.status, 400, "{wrong}");
    }
    let third = browser.fill_in(&page, &ask, &format!("aan={SHELTER}&vraag=Wie")).await;
    assert_eq!(third.status, 404, "a third is never asked");
    assert_eq!(shelter.fill_in("/nl/steekproef", &ask, &fields).await.status, 404);
    let asked = browser.fill_in(&page, &ask, &fields).await;
    assert_eq!((asked.status, asked.headers["location"].as_str()), (303, page.as_str()));
    assert!(browser.get(&page).await.body.contains("Wie las dit?"));
    assert!(!browser.get(&page).await.body.contains("Uw antwoord"), "that is for the other");
    let overview = ggz.get("/nl/").await.body;
    let (_, waiting) = overview.split_once("href=\"/nl/vragen?staat=open\">").unwrap();
    assert_eq!(waiting.split_once('<').unwrap().0, "1");
    let list = ggz.get("/nl/vragen?staat=open").await.body;
    assert!(list.contains("Wie las dit?") && list.contains(&format!("href=\"{page}\"")), "{list}");
    assert!(shelter.get("/nl/vragen").await.body.contains("Er zijn geen vragen"));

    let html = ggz.get(&page).await.body;
    let answer = format!("/nl/vragen/{}/antwoord", {
        let (_, rest) = html.split_once("action=\"/nl/vragen/").unwrap();
        rest.split_once('/').unwrap().0
    });
    assert_eq!(ggz.fill_in(&page, &answer, "antwoord=").await.status, 400);
    let fields = "antwoord=De+crisisdienst.";
    ggz.site.house.tamper("UPDATE questions SET due_at = due_at + 1");
    let changed = ggz.get(&page).await.body;
    assert!(changed.contains("Gewijzigd in de database") && !changed.contains("Wie las dit?"));
    assert!(!changed.contains(&answer), "what was changed is not answered: {changed}");
    let refused = ggz.fill_in("/nl/steekproef", &answer, fields).await;
    assert!(
        refused.status == 400 && refused.body.contains("vraag is gewijzigd"),
        "{}",
        refused.body
    );
    ggz.site.house.tamper("UPDATE questions SET due_at = due_at - 1");
    assert_eq!(browser.fill_in(&page, &answer, fields).await.status, 404, "who asked");
    let answered = ggz.fill_in(&page, &answer, fields).await;
    assert_eq!((answered.status, answered.headers["location"].as_str()), (303, page.as_str()));
    let twice = ggz.fill_in(&page, &answer, fields).await;
    assert!(twice.status == 400 && twice.body.contains("al beantwoord"), "{}", twice.body);
    assert!(browser.get(&page).await.body.contains("De crisisdienst."));
    assert!(browser.get("/en/vragen?staat=beantwoord").await.body.contains("De crisisdienst."));
    assert!(browser.get("/en/vragen?staat=open").await.body.contains("No questions match"));
    // The disclosure, and of question and answer the entry of the own organisation.
    assert_eq!(entries_linked(&mut browser).await, 2);
    assert_eq!(entries_linked(&mut ggz).await, 2);
    for wrong in ["staat=weg", "na=1", "na=x.1"] {
        assert_eq!(browser.get(&format!("/nl/vragen?{wrong}")).await.status, 400, "{wrong}");
    }
    assert!(browser.get("/nl/mijn-logboek").await.body.contains("Vragen bekeken"));
    browser.site.house.tamper("UPDATE questions SET answer_user_id = 'u-9'");
    for (path, words) in
        [(page.as_str(), "Gewijzigd in de database"), ("/en/vragen", "Changed in the database")]
    {
        let html = browser.get(path).await.body;
        assert!(html.contains("Wie las dit?") && !html.contains("De crisisdienst."), "{html}");
        assert_eq!(html.matches(words).count(), 1, "{html}");
    }

    // Another one, under a key that is not there any more.
    let again = browser.fill_in(&page, &ask, &format!("aan={GGZ}&vraag=En+waarom%3F")).await;
    assert_eq!(again.status, 303);
    assert!(ggz.get(&page).await.body.contains("action=\"/nl/vragen/"));
    site.house.tamper("UPDATE questions SET subject = randomblob(32) WHERE answered_at IS NULL");
    let html = ggz.get(&page).await.body;
    assert!(html.contains("Vervallen") && !html.contains("action=\"/nl/vragen/"), "{html}");
    for (state, is_there) in [("vergeten", true), ("open", false), ("te-laat", false)] {
        let list = ggz.get(&format!("/nl/vragen?staat={state}")).await.body;
        assert_eq!(list.contains("Er zijn geen vragen"), !is_there, "{state}");
    }
}
