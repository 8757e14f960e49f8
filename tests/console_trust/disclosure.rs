//! One disclosure: why it was allowed in the words of the page, and the word of the other side.

use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::ledger::hash::Hash;
use ketenpoort::ledger::tlog_proof::TlogProof;

use crate::house::{CASE, GGZ, POLICE, STEUNPUNT, new_request};
use crate::integrity::database;
use crate::site::{Browser, SHELTER, Site};

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

/// Rows on the search page about the month of the house.
async fn listed(browser: &Browser<'_>) -> String {
    let search = format!("/nl/verstrekkingen?van=2026-03-01&tot=2026-03-31&zaak={CASE}");
    let answer = browser.get(&search).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_changed_beside_a_sound_entry_turns_its_page_red() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let index = newest(&site, EventCode::SummaryDelivered).await;
    let browser = officer(&mut site).await;
    let sound = page(&browser, "nl", index).await;
    assert!(sound.contains("De poort zelf vond: klopt. ") && !sound.contains("data-changed"));
    let database = database(browser.site);
    for (column, other, word) in [
        ("recipient_oin", "sender_oin", "ontvanger"),
        ("basis", "basis % 3 + 1", "grondslag"),
        ("recorded_at", "recorded_at - 3600000000", "tijdstip"),
        ("disposition", "CASE disposition WHEN 4 THEN 1 ELSE 4 END", "uitkomst"),
        ("actor_user_id", "'u-another'", "medewerker"),
        ("case_ref", "'VVT-2026-999999'", "zaak"),
        ("message_id", "x'00'", "kenmerk"),
    ] {
        let before = format!(
            "CREATE TEMP TABLE kept AS SELECT {column} AS was FROM disclosures WHERE idx = {index}"
        );
        let change = format!("UPDATE disclosures SET {column} = {other} WHERE idx = {index}");
        database.execute_batch(&format!("{before}; {change}")).unwrap();
        let html = page(&browser, "nl", index).await;
        let told = format!("Gewijzigd buiten het logboek om: {word}.");
        assert!(html.contains("Het bewijs van deze regel klopt niet."), "{column}: {html}");
        assert!(html.contains(&told) && html.contains("data-changed=\""), "{column}: {html}");
        assert!(!html.contains("De poort zelf vond: klopt. "), "{column}");
        let file = browser.get(&format!("/nl/verstrekkingen/{index}/bewijs.txt")).await.body;
        assert!(file.contains(&format!("row-beside-the-leaf: CHANGED ({column})")), "{file}");
        let back = format!(
            "UPDATE disclosures SET {column} = (SELECT was FROM kept) WHERE idx = {index};
             DROP TABLE kept"
        );
        database.execute_batch(&back).unwrap();
    }
    assert!(!page(&browser, "nl", index).await.contains("data-changed"), "all is as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_was_made_nonsense_marks_its_row_and_stops_nothing() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let index = newest(&site, EventCode::SummaryDelivered).await;
    let browser = officer(&mut site).await;
    let rows = |html: &str| html.matches("<td class=\"t\"><a href=\"").count();
    let before = rows(&listed(&browser).await);
    let database = database(browser.site);
    for (column, nonsense, word, marks) in [
        ("recipient_oin", "'nobody'", "ontvanger", true),
        ("event_id", "x'00'", "kenmerk", true),
        ("group_id", "x'00'", "kenmerk", true),
        ("actor_user_id", "'no employee'", "medewerker", true),
        ("subject", "x'00'", "betrokkene", true),
        // What stands there is a number, if none that means something: one entry is held against its
        // leaf, a list is not.
        ("event_code", "999", "gebeurtenis", false),
        ("disposition", "-1", "uitkomst", false),
        ("basis", "77777", "grondslag", false),
        ("categories", "-1", "gegevens", false),
    ] {
        let keep = format!(
            "CREATE TEMP TABLE kept AS SELECT {column} AS was FROM disclosures WHERE idx = {index};
             UPDATE disclosures SET {column} = {nonsense} WHERE idx = {index}"
        );
        database.execute_batch(&keep).unwrap();
        let html = listed(&browser).await;
        // The list is of disclosures, and of what it is nobody knows.
        let hidden = usize::from(column == "event_code");
        assert_eq!(rows(&html), before - hidden, "{column}: {html}");
        let marked = html.matches("Niet leesbaar: gewijzigd").count();
        assert_eq!(marked, usize::from(marks), "{column}: {html}");
        let html = page(&browser, "nl", index).await;
        assert!(html.contains("Het bewijs van deze regel klopt niet."), "{column}: {html}");
        assert!(html.contains("Gewijzigd buiten het logboek om:"), "{column}: {html}");
        assert!(html.contains(word) && html.contains("data-changed=\""), "{column}: {html}");
        let back = format!(
            "UPDATE disclosures SET {column} = (SELECT was FROM kept) WHERE idx = {index};
             DROP TABLE kept"
        );
        database.execute_batch(&back).unwrap();
    }
    // Who acted is no organisation any more: the entry is still that of its parties.
    let hide = "UPDATE disclosures SET actor_oin = 'x', sender_oin = 'x', recipient_oin = 'x'
                 WHERE idx = ?1";
    assert_eq!(database.execute(hide, [index]).unwrap(), 1);
    assert!(page(&browser, "nl", index).await.contains("data-changed=\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opens_an_entry_is_decided_by_the_entry_and_not_by_its_row() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let index = newest(&site, EventCode::SummaryDelivered).await;
    let (ggz, shelter) = (
        site.person("ggz", GGZ, UserRole::PrivacyOfficer),
        site.person("other", SHELTER, UserRole::PrivacyOfficer),
    );
    let (mut receiver, mut other) = (site.browser(Some(ggz)), site.browser(Some(shelter)));
    receiver.state("klacht").await;
    other.state("klacht").await;
    let path = format!("/nl/verstrekkingen/{index}");
    assert!(!page(&receiver, "nl", index).await.contains("data-changed"));
    let (hidden, none) = (other.get(&path).await, other.get("/nl/verstrekkingen/999999").await);
    assert_eq!(hidden.status, none.status);
    // An organisation that there is.
    let given = "UPDATE disclosures SET recipient_oin = ?2 WHERE idx = ?1";
    assert_eq!(database(&site).execute(given, rusqlite::params![index, SHELTER]).unwrap(), 1);
    let hidden = other.get(&path).await;
    assert_eq!(hidden.status, none.status, "it is not theirs: {}", hidden.body);
    let html = page(&receiver, "nl", index).await;
    assert!(html.contains("Gewijzigd buiten het logboek om: ontvanger."), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_called_changed_that_the_gateway_wrote_itself() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    site.house.submit(&new_request("SubmitReferral")).await.unwrap();
    let browser = officer(&mut site).await;
    let size = {
        let mut tx = browser.site.house.db().await.read().await.unwrap();
        tx.log_state().await.unwrap().unwrap().size
    };
    let mut seen = 0;
    for index in 0..size {
        let answer = browser.get(&format!("/nl/verstrekkingen/{index}")).await;
        if answer.status == 200 {
            assert!(!answer.body.contains("data-changed"), "{index}: {}", answer.body);
            seen += 1;
        }
    }
    assert!(seen > 5, "{seen} of {size}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_record_is_told_and_takes_nothing_else_with_it() {
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let index = newest(&site, EventCode::SummaryDelivered).await;
    let browser = officer(&mut site).await;
    let rows = |html: &str| html.matches("<td class=\"t\"><a href=\"").count();
    let before = rows(&listed(&browser).await);
    let changed = database(browser.site).execute(
        "UPDATE disclosures
            SET sealed = CAST(sealed || x'01' AS BLOB)
          WHERE idx = ?1",
        [index],
    );
    assert_eq!(changed.unwrap(), 1);
    let html = listed(&browser).await;
    assert_eq!(rows(&html), before, "the rest of the list stays");
    assert_eq!(html.matches("Niet leesbaar: gewijzigd").count(), 1, "{html}");
    let html = page(&browser, "nl", index).await;
    assert!(html.contains("Het bewijs van deze regel klopt niet."), "{html}");
    assert!(html.contains("verzegelde vastlegging") && html.contains("data-changed=\""), "{html}");
    assert!(html.contains("Niet leesbaar: gewijzigd.") && !html.contains("is vergeten"), "{html}");
    let english = page(&browser, "en", index).await;
    assert!(english.contains("Not readable: changed."), "{english}");
    // A record about nobody is not sealed; what was looked at stands in it.
    let look = newest(browser.site, EventCode::LogQueried).await;
    let changed = database(browser.site).execute(
        "UPDATE disclosures SET sealed = CAST(replace(CAST(sealed AS TEXT), 'COMPLAINT', 'INCIDENT')
                AS BLOB) WHERE idx = ?1",
        [look],
    );
    assert_eq!(changed.unwrap(), 1);
    let html = page(&browser, "nl", look).await;
    assert!(html.contains("Gewijzigd buiten het logboek om: verzegelde vastlegging."), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proof_can_be_taken_away_and_is_a_look() {
    use base64::Engine as _;
    let mut site = Site::open().await;
    site.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let index = newest(&site, EventCode::SummaryDelivered).await;
    let shelter = site.person("other", SHELTER, UserRole::PrivacyOfficer);
    let browser = officer(&mut site).await;
    let html = page(&browser, "nl", index).await;
    let path = format!("/nl/verstrekkingen/{index}/bewijs.txt");
    assert!(html.contains(&format!("href=\"{path}\" download")), "{html}");
    assert!(html.contains("Er zijn geen getuigen ingesteld:"), "{html}");
    let looks = browser.site.looks().await;
    let file = browser.get(&path).await;
    assert_eq!((file.status, browser.site.looks().await), (200, looks + 1));
    assert_eq!(file.headers["content-type"], "text/plain; charset=utf-8");
    assert!(file.headers["content-disposition"].starts_with("attachment; filename="));
    let (_, leaf) = file.body.split_once("leaf-base64: ").unwrap();
    let leaf = leaf.lines().next().unwrap();
    let leaf = base64::engine::general_purpose::STANDARD.decode(leaf).unwrap();
    let at = file.body.rfind("c2sp.org/tlog-proof@v1\n").unwrap();
    let proof: TlogProof = file.body.get(at..).unwrap().parse().unwrap();
    let verifier = browser.site.house.gateway.ledger_verifier();
    let keys = std::slice::from_ref(verifier);
    assert!(proof.verify(Hash::leaf(&leaf), keys, verifier.name()).is_ok());
    assert!(file.body.contains("row-beside-the-leaf: as the leaf says"), "{}", file.body);
    // Who may not see the entry gets no proof of it either, and what is no entry has none.
    let mut other = browser.site.browser(Some(shelter));
    other.state("klacht").await;
    assert_ne!(other.get(&path).await.status, 200);
    for none in ["999999", "-1", "x"] {
        let answer = browser.get(&format!("/nl/verstrekkingen/{none}/bewijs.txt")).await;
        assert_eq!(answer.status, other.get(&path).await.status, "{none}");
    }
}
