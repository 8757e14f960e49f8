//! The pages about the ledger over real TLS: what an officer kept is held against it, and a database
//! that somebody changed turns red.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::gateway::integrity::{BATCH, LedgerState};
use ketenpoort::ledger::checkpoint::Checkpoint;
use ketenpoort::ledger::entry::Entry;
use ketenpoort::ledger::hash::Hash;
use ketenpoort::ledger::note::Note;
use ketenpoort::ledger::proof::{verify_consistency, verify_inclusion};

use crate::house;
use crate::site::{Answer, Browser, SHELTER, Site};

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
    assert!(first.body.contains("de opgeslagen boom heeft deze top"), "{}", first.body);
    let kept = note(&first.body);
    let (status, html) = compare(&browser, &kept).await;
    assert_eq!(status, 200);
    assert!(html.contains("regels erbij, in de boom niets gewijzigd.</p>"), "{html}");
    let (status, html) = compare(&browser, "geen controlepunt").await;
    assert_eq!(status, 400);
    assert!(html.contains("geen controlepunt en geen stand"));
    // The same text with another root: nobody signed that.
    let root = kept.lines().nth(2).unwrap();
    let forged = kept.replace(root, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    let (_, html) = compare(&browser, &forged).await;
    assert!(html.contains("niet van dit logboek"));
    for (since, words) in [
        ("1", "in de boom niets gewijzigd.</p>"),
        ("99999", "meer regels dan het logboek"),
        ("x", "geen controlepunt en geen stand"),
        ("0", "geen controlepunt en geen stand"),
    ] {
        let html = browser.get(&format!("{PAGE}?sinds={since}")).await.body;
        assert!(html.contains(words), "{since}: {html}");
    }
}

/// What the script of the page asks for.
async fn asked(browser: &Browser<'_>, query: &str) -> Answer {
    let more = "Sec-Fetch-Site: same-origin\r\n";
    browser.send("GET", &format!("{PAGE}/{query}"), more, "").await.unwrap()
}

fn checkpoint(note: &str) -> Checkpoint {
    note.parse::<Note>().unwrap().text().parse().unwrap()
}

fn hashes<'a>(words: impl Iterator<Item = &'a str>) -> Vec<Hash> {
    words.map(|word| Hash::from_base64(word).unwrap()).collect()
}

/// An entry as the browser is given it: number, bytes and place.
type Given = (i64, Option<Vec<u8>>, Vec<Hash>);

/// The lines of an answer: how many there are, and of each its number, bytes and place.
fn entries(answer: &Answer) -> (u64, Vec<Given>) {
    assert_eq!(
        (answer.status, answer.headers["content-type"].as_str()),
        (200, "text/plain; charset=utf-8")
    );
    let mut lines = answer.body.lines();
    let total = lines.next().unwrap().parse().unwrap();
    let entries = lines.map(|line| {
        let mut words = line.split(' ');
        let index = words.next().unwrap().parse().unwrap();
        (index, STANDARD.decode(words.next().unwrap()).ok(), hashes(words))
    });
    (total, entries.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_is_given_the_proof_that_nothing_was_changed_since() {
    let mut site = Site::open().await;
    let browser = officer(&mut site).await;
    let page = browser.get(PAGE).await;
    assert!(page.headers["content-security-policy"].ends_with("; connect-src 'self'"));
    let elsewhere = browser.get("/nl/organisaties").await;
    assert!(!elsewhere.headers["content-security-policy"].contains("connect-src"));
    let then = checkpoint(&note(&page.body));
    browser.get("/nl/mijn-logboek").await;
    let now = checkpoint(&note(&browser.get(PAGE).await.body));
    assert!(then.size < now.size);
    let looks = browser.site.look_notes().await.len();
    let answer = asked(&browser, &format!("samenhang?van={}&tot={}", then.size, now.size)).await;
    let mut lines = answer.body.lines();
    assert!(!lines.next().unwrap().is_empty(), "the day of the checkpoint");
    let proof = hashes(lines);
    assert!(verify_consistency(then.size, then.root, now.size, now.root, &proof).is_ok());
    let notes = browser.site.look_notes().await;
    assert_eq!(notes.len(), looks + 1, "the look is in the ledger");
    assert_eq!(notes.last().unwrap(), "INTEGRITY PRIVACY_REVIEW SAMPLE");
    for wrong in ["van=0&tot=1", "van=2&tot=1", "van=1&tot=99999", "van=x"] {
        assert_eq!(asked(&browser, &format!("samenhang?{wrong}")).await.status, 400, "{wrong}");
    }
    let looks = browser.site.look_notes().await.len();
    for path in ["samenhang?van=1&tot=2", "regels?soort=steekproef&tot=1"] {
        let foreign = browser.get(&format!("{PAGE}/{path}")).await;
        assert_eq!(foreign.status, 403, "not asked for by a page of ours");
    }
    assert_eq!(browser.site.look_notes().await.len(), looks);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_is_given_entries_of_its_officer_and_each_is_in_the_ledger() {
    let mut site = Site::open().await;
    let shelter = site.person("other", SHELTER, UserRole::PrivacyOfficer);
    let mut other = site.browser(Some(shelter));
    other.state("steekproef").await;
    for _ in 0..6 {
        other.get("/nl/").await;
    }
    drop(other);
    let browser = officer(&mut site).await;
    while browser.site.looks().await < BATCH + 20 {
        browser.get("/nl/mijn-logboek").await;
    }
    let now = checkpoint(&note(&browser.get(PAGE).await.body));
    for kind in ["steekproef", "maand"] {
        let looks = browser.site.look_notes().await.len();
        let mut seen = Vec::new();
        let mut after = -1;
        loop {
            let query = format!("regels?soort={kind}&tot={}&na={after}", now.size);
            let (total, page) = entries(&asked(&browser, &query).await);
            assert!(!page.is_empty() && page.len() <= BATCH, "{kind}");
            for (index, bytes, path) in page {
                let bytes = bytes.unwrap();
                let place = u64::try_from(index).unwrap();
                let held = verify_inclusion(Hash::leaf(&bytes), place, now.size, &path, now.root);
                assert!(held.is_ok(), "{kind}: {index}");
                let entry = Entry::decode(&bytes).unwrap();
                assert_ne!(entry.actor_organisation.as_str(), SHELTER, "{kind}: {index}");
                seen.push(index);
                after = index;
            }
            if kind == "steekproef" || u64::try_from(seen.len()).unwrap() == total {
                break;
            }
        }
        assert!(seen.is_sorted() && (kind == "steekproef" || seen.len() > BATCH), "{kind}");
        let notes = browser.site.look_notes().await;
        let pages = notes.len() - looks;
        assert_eq!(pages, seen.len().div_ceil(BATCH), "{kind}: every hundred are a look");
        assert_eq!(notes.last().unwrap(), "VERIFICATION PRIVACY_REVIEW SAMPLE");
    }
    for (wrong, status) in [("soort=alles&tot=1", 404), ("soort=maand&tot=99999", 400)] {
        assert_eq!(asked(&browser, &format!("regels?{wrong}")).await.status, status, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_somebody_gave_to_the_officer_gives_no_bytes_of_another() {
    let mut site = Site::open().await;
    let shelter = site.person("other", SHELTER, UserRole::PrivacyOfficer);
    let mut other = site.browser(Some(shelter));
    other.state("steekproef").await;
    other.get("/nl/").await;
    drop(other);
    let browser = officer(&mut site).await;
    let given = database(browser.site).execute(
        "UPDATE disclosures SET actor_oin = ?1 WHERE actor_oin = ?2",
        [house::STEUNPUNT, SHELTER],
    );
    let given = given.unwrap();
    assert!(given > 0, "there is something of the shelter");
    let now = checkpoint(&note(&browser.get(PAGE).await.body));
    let (_, page) =
        entries(&asked(&browser, &format!("regels?soort=maand&tot={}&na=-1", now.size)).await);
    let held_back = page.iter().filter(|(_, bytes, _)| bytes.is_none()).count();
    assert_eq!(held_back, given, "the browser finds that these are wrong");
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
async fn an_old_entry_that_was_found_changed_or_gone_leaves_nothing_green() {
    for tampering in [
        "UPDATE leaves SET entry = CAST(entry || x'00' AS BLOB) WHERE idx = 5",
        "DELETE FROM leaves WHERE idx = 5",
    ] {
        let mut site = Site::open().await;
        let browser = officer(&mut site).await;
        // Its tile is full: its entries are not read to compute the root.
        while browser.site.looks().await < 260 {
            browser.get("/nl/mijn-logboek").await;
        }
        let kept = note(&browser.get(PAGE).await.body);
        assert!(checkpoint(&kept).size > 256);
        let (_, html) = compare(&browser, &kept).await;
        assert!(html.contains("in de boom niets gewijzigd.</p>"), "{html}");
        assert_eq!(database(browser.site).execute(tampering, []).unwrap(), 1);
        while browser.site.house.gateway.detect_signals().await.unwrap().more {}
        let (_, html) = compare(&browser, &kept).await;
        assert!(html.contains("<b>1</b> regels zijn in de database gewijzigd"), "{html}");
        assert!(html.contains(" data-changed=\"1 "), "{html}");
        for green in ["proof__state is-ok", "niets gewijzigd.</p>", "<span class=\"big\">0"] {
            assert!(!html.contains(green), "{tampering}: {green}");
        }
    }
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
