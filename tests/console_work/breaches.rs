//! Breaches: opened, sized, proven complete, notified and closed.

use ketenpoort::domain::organisation::UserRole;
use ketenpoort::ledger::hash::Hash;
use ketenpoort::ledger::note::Note;
use ketenpoort::ledger::proof::verify_consistency;

use crate::house::{GGZ, new_request};
use crate::site::{Browser, OFFICE, Site, attribute};

/// The certificate of the GGZ, in the night in which it read a summary about the family.
fn form(from: &str) -> String {
    format!(
        "soort=1&organisatie={GGZ}&certificaat={}&van={from}&tot=2026-03-12T07:00&\
         ontdekt=2026-07-01T10:00&bekend=2026-07-01T10:00&wat=De+sleutel+is+gekopieerd.",
        "ab".repeat(32)
    )
}

async fn opened(browser: &Browser<'_>, fields: &str) -> String {
    let answer = browser.fill_in("/nl/datalek", "/nl/datalek", fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.headers["location"].clone()
}

async fn site() -> Site {
    let site = Site::open().await;
    site.house.gateway.clock().set("2026-03-12T02:00:00Z".parse().unwrap());
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    site.house.gateway.clock().set("2026-07-01T09:00:00Z".parse().unwrap());
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_is_opened_sized_notified_and_closed() {
    let mut site = site().await;
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("incident").await;
    let wrong = browser.fill_in("/nl/datalek", "/nl/datalek", "soort=1").await;
    assert!(wrong.status == 400 && wrong.body.contains("breach.oin"), "{}", wrong.body);
    let path = opened(&browser, &form("2026-03-12T02:30")).await;
    let one = browser.get(&path).await;
    assert_eq!(one.status, 200);
    for words in [
        "70</span> uur om te melden",
        "<span class=\"big\">4</span> mensen",
        "van wie jonger dan 18: <b>2</b>",
        "De sleutel is gekopieerd.",
        "donderdag 12 maart 2026 om 02:30",
        "Klopt: het logboek",
        "1. Organisatie",
        "9. Internationaal",
    ] {
        assert!(one.body.contains(words), "{words}: {}", one.body);
    }
    let draft = browser.get(&format!("{path}/melding.txt")).await;
    assert!(draft.body.starts_with("1. Organisatie") && draft.body.contains("Aantal mensen: 4."));
    assert!(browser.get("/nl/datalek").await.body.contains(&path));

    let close = format!("{path}/sluiten");
    let early = browser.fill_in(&path, &close, "").await;
    assert!(early.status == 400 && early.body.contains("de omvang is nog niet vastgesteld"));
    let report = format!("{path}/omvang");
    assert_eq!(site.reported().await, 0, "looking reports nothing");
    for _ in 0..2 {
        assert_eq!(browser.fill_in(&path, &report, "").await.status, 303);
    }
    assert_eq!(site.reported().await, 1);
    assert!(browser.get(&path).await.body.contains("De omvang is vastgesteld op"));
    let notify = format!("{path}/melding");
    let silent = browser.fill_in(&path, &notify, "melding=2&reden=").await;
    assert!(silent.status == 400 && silent.body.contains("is verplicht"));
    assert_eq!(browser.fill_in(&path, &notify, "melding=1&reden=").await.status, 303);
    let told = browser.get(&path).await.body;
    assert!(told.contains("Gemeld bij de Autoriteit Persoonsgegevens"));
    assert_eq!(browser.fill_in(&path, &close, "").await.status, 303);
    assert!(browser.get(&path).await.body.contains("Gesloten op"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proof_of_completeness_can_be_checked_elsewhere() {
    let mut site = site().await;
    let officer = site.officer();
    let office = site.person("office", OFFICE, UserRole::PrivacyOfficer);
    let mut browser = site.browser(Some(officer));
    browser.state("incident").await;
    let path = opened(&browser, &form("2026-03-12T02:30")).await;
    let text = browser.get(&format!("{path}/bewijs.txt")).await.body;
    let notes: Vec<&str> = text.split("\n-----\n").collect();
    let (before, now) = (checked(&site, notes[1]), checked(&site, notes[3]));
    assert!(0 < before.0 && before.0 < now.0, "{text}");
    assert!(text.contains(&format!("leaves: {} <= index < {}", before.0, now.0)));
    let (_, hashes) = text.split_once("in order): ").unwrap();
    let hashes: Vec<_> =
        hashes.lines().skip(1).map(|line| Hash::from_base64(line).unwrap()).collect();
    let root = |of: &(u64, String)| Hash::from_base64(&of.1).unwrap();
    let holds = |hashes: &[Hash]| {
        verify_consistency(before.0, root(&before), now.0, root(&now), hashes).is_ok()
    };
    assert!(holds(&hashes) && !holds(&hashes[1..]));
    // What the GGZ did in the window is behind the first checkpoint.
    let first = attribute(&browser.get(&path).await.body, "eerste: <a href=\"/nl/verstrekkingen/")
        .parse::<u64>()
        .unwrap();
    assert!(before.0 <= first && first < now.0);

    let early = opened(&browser, &form("2026-03-01T00:00")).await;
    let text = browser.get(&format!("{early}/bewijs.txt")).await.body;
    assert!(text.contains("leaves: 0 <= index <") && text.contains("checkpoint-before: none"));

    let mut region = site.browser(Some(office));
    region.state("incident").await;
    let seen = region.get(&path).await;
    assert!(seen.status == 200 && seen.body.contains("De organisatie zelf telt"), "{}", seen.body);
    assert!(!seen.body.contains("Concept voor de melding"), "who notifies, answers");
    assert_eq!(region.get(&format!("{path}/melding.txt")).await.status, 404);
    assert_eq!(region.get("/nl/datalek/x").await.status, 404);
}

/// Size and root of a checkpoint whose signature is that of the ledger.
fn checked(site: &Site, note: &str) -> (u64, String) {
    let note: Note = format!("{note}\n").parse().unwrap();
    let verifier = site.house.gateway.ledger_verifier();
    assert!(note.verify(std::slice::from_ref(verifier)).is_ok());
    let mut lines = note.text().lines().skip(1);
    (lines.next().unwrap().parse().unwrap(), lines.next().unwrap().to_owned())
}
