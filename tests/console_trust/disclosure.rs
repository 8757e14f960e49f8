//! One disclosure: why it was allowed in the words of the page, and the word of the other side.

use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::organisation::UserRole;

use crate::house::{CASE, GGZ, POLICE, STEUNPUNT, new_request};
use crate::integrity::database;
use crate::site::{Browser, Site};

async fn officer(site: &mut Site) -> Browser<'_> {
    let certificate = site.officer();
    let mut browser = site.browser(Some(certificate));
    browser.state("klacht").await;
    browser
}

/// The newest entry of an event.
async fn newest(site: &Site, event: EventCode) -> i64 {
    let mut tx = site.house.db().await.read().await.unwrap();
    let size = tx.log_state().await.unwrap().unwrap().size;
    for idx in (0..size).rev() {
        let row = tx.disclosure(idx).await.unwrap();
        if row.is_some_and(|row| row.event_code == i64::from(event.number())) {
            return idx;
        }
    }
    panic!("no {event}")
}

async fn page(browser: &Browser<'_>, lang: &str, index: i64) -> String {
    let answer = browser.get(&format!("/{lang}/verstrekkingen/{index}")).await;
    assert_eq!(answer.status, 200, "{index}");
    answer.body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_told_in_words_and_leads_to_what_it_was_seen_in() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let index = newest(&site, EventCode::SummaryDelivered).await;
    let browser = officer(&mut site).await;
    for (lang, needed, role) in [
        ("nl", "een grondslag die aanstaat en geldt", "Geestelijke gezondheidszorg"),
        ("en", "a basis that is switched on and in force", "Mental health care"),
    ] {
        let html = page(&browser, lang, index).await;
        let (_, why) = html.split_once("<table class=\"cond\">").unwrap();
        let (why, _) = why.split_once("</table>").unwrap();
        assert!(why.contains(needed) && why.contains(role), "{why}");
        for raw in ["MENTAL_HEALTH", "CONSENT", "SELF", "T13:10", "CARE_COORDINATION", "_BY"] {
            assert!(!why.contains(raw), "{raw}: {why}");
        }
        // Numbers of organisations stand in addresses only.
        let told: String = why.split('>').map(|part| part.split('<').next().unwrap()).collect();
        assert!(!told.contains(GGZ) && !told.contains(STEUNPUNT), "{told}");
        assert!(why.contains(&format!("href=\"/{lang}/toestemmingen?zaak={CASE}\"")), "{why}");
        assert!(why.contains(&format!("href=\"/{lang}/organisaties/{GGZ}\"")), "{why}");
    }
    let fetched = page(&browser, "nl", index).await;
    let listed = |id: &str| -> Vec<String> {
        let Some((_, list)) = fetched.split_once(&format!("id=\"{id}\"")) else {
            return Vec::new();
        };
        let list = list.split("</section>").next().unwrap();
        let rows = list.split("<td><a href=\"").skip(1);
        rows.map(|row| row.split('"').next().unwrap().to_owned()).collect()
    };
    let (act, around) = (listed("h-act"), listed("h-around"));
    assert_eq!(act.len(), 3, "the others of the family");
    assert!(!around.is_empty() && around.iter().all(|row| !act.contains(row)), "{around:?}");
    assert!(fetched.contains("Door de ontvanger zelf opgehaald"), "{fetched}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_of_a_referral_lead_to_each_other_and_agree_until_one_was_changed() {
    let mut site = Site::open().await;
    site.house.submit(&new_request("SubmitReferral")).await.unwrap();
    let sent = newest(&site, EventCode::ReferralSubmitted).await;
    let browser = officer(&mut site).await;
    let waiting = page(&browser, "nl", sent).await;
    assert!(waiting.contains("Nog niet bevestigd; verwacht voor"), "{waiting}");
    let steunpunt = browser.site.house.call(STEUNPUNT, UserRole::ProcessDirector);
    browser.site.house.acknowledge_all(&steunpunt).await;
    let word = newest(browser.site, EventCode::ReferralAcknowledged).await;

    let html = page(&browser, "nl", sent).await;
    assert!(html.contains("✓ Bevestigd op") && html.contains("dezelfde melding"), "{html}");
    assert!(html.contains(&format!("href=\"/nl/verstrekkingen/{word}\"")), "{html}");
    assert!(html.contains("<dd>ja</dd>"), "{html}");
    let html = page(&browser, "en", word).await;
    assert!(html.contains("This entry is the confirmation itself"), "{html}");
    assert!(html.contains(&format!("href=\"/en/verstrekkingen/{sent}\"")), "{html}");
    assert!(html.contains("<dd>yes</dd>"), "{html}");

    // One byte of the entry of the other side.
    let changed = database(browser.site).execute(
        "UPDATE leaves SET entry = CAST(substr(entry, 1, length(entry) - 1) || x'01' AS BLOB)
          WHERE idx = ?1",
        [word],
    );
    assert_eq!(changed.unwrap(), 1);
    let html = page(&browser, "nl", sent).await;
    assert!(html.contains("✗ Bevestigd, maar niet hetzelfde"), "{html}");
    assert!(html.contains("<b>nee</b>"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_that_was_taken_back_or_is_late_says_so() {
    let mut site = Site::open().await;
    let request = new_request("SubmitReferral");
    site.house.submit(&request).await.unwrap();
    let sent = newest(&site, EventCode::ReferralSubmitted).await;
    let browser = officer(&mut site).await;
    let house = &browser.site.house;
    let now = house.gateway.clock().now();
    house.gateway.clock().set(now.plus(std::time::Duration::from_hours(24 * 10)));
    let late = page(&browser, "en", sent).await;
    assert!(late.contains("Not confirmed; that was due before"), "{late}");
    house.gateway.clock().set(now);
    let police = house.call(POLICE, UserRole::PoliceOfficer);
    let (id, withdraw) = (crate::house::referral_id_of(&request), new_request("WithdrawReferral"));
    let taken = house.gateway.withdraw_referral(&police, &withdraw, id, |_| Vec::new()).await;
    assert!(taken.is_ok());
    let html = page(&browser, "nl", sent).await;
    assert!(html.contains("Teruggenomen door de verzender"), "{html}");
}
