//! Figures, settings and the own log over real TLS.

use ketenpoort::domain::organisation::UserRole;

use crate::house::GGZ;
use crate::site::{Browser, Site};

async fn officer(site: &mut Site) -> Browser<'_> {
    let certificate = site.officer();
    let mut browser = site.browser(Some(certificate));
    browser.state("klacht").await;
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_officer_chose_is_kept_by_the_browser_and_holds_everywhere() {
    let mut site = Site::open().await;
    let mut browser = officer(&mut site).await;
    let page = "/nl/instellingen";
    let plain = browser.get("/nl/").await.body;
    assert!(plain.contains("<body data-shortcuts=\"aan\" data-density=\"ruim\""));
    let fields = "toetsen=uit&dichtheid=compact&dagen=7";
    let kept = browser.fill_in(page, page, fields).await;
    assert_eq!(
        (kept.status, kept.headers["location"].as_str()),
        (303, "/nl/instellingen?bewaard=1")
    );
    let cookie = kept.headers["set-cookie"].split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-ketenpoort-instellingen=uit-compact-7."), "{cookie}");
    let stated = browser.cookie.take().unwrap();
    browser.cookie = Some(format!("{stated}; {cookie}"));
    let chosen = browser.get("/nl/verstrekkingen").await.body;
    assert!(chosen.contains("<body data-shortcuts=\"uit\" data-density=\"compact\""));
    // The clock of this house stands at 12 March 2026.
    assert!(chosen.contains("value=\"2026-03-06\""), "{chosen}");
    let made_up = browser.fill_in(page, page, "toetsen=uit&dichtheid=compact&dagen=3650").await;
    assert_eq!(made_up.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn officers_read_what_they_looked_at_and_nothing_of_others() {
    let mut site = Site::open().await;
    let other = site.person("ggz", GGZ, UserRole::PrivacyOfficer);
    let mut stranger = site.browser(Some(other));
    stranger.state("klacht").await;
    stranger.get("/nl/integriteit").await;
    drop(stranger);
    let browser = officer(&mut site).await;
    browser.get("/nl/verstrekkingen").await;
    let page = browser.get("/nl/mijn-logboek").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Verstrekkingen gezocht"), "{}", page.body);
    assert!(page.body.contains("Eigen logboek bekeken") && page.body.contains("Toezicht"));
    assert!(page.body.contains("<td>Klacht</td>"));
    assert!(!page.body.contains("Integriteit bekeken"), "that was somebody else");
    let empty = browser.get("/nl/mijn-logboek?van=2020-01-01&tot=2020-01-02").await;
    assert!(empty.body.contains("hebt u niets bekeken"));
    assert_eq!(browser.get("/nl/mijn-logboek?van=x").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_for_those_who_may_read_reports_and_can_be_taken_away() {
    let mut site = Site::open().await;
    let ggz = site.person("ggz", GGZ, UserRole::PrivacyOfficer);
    let mut stranger = site.browser(Some(ggz));
    stranger.state("klacht").await;
    let closed = stranger.get("/nl/statistiek").await;
    assert_eq!(closed.status, 200);
    assert!(closed.body.contains("De managementrapportage is voor het Steunpunt"));
    // What the own officers can open one by one is counted for them.
    let own = closed.main();
    assert!(own.contains(">GGZ Voorbeeld, 2026-Q1<"), "{own}");
    assert!(own.contains("<dt>Verstrekkingen en weigeringen</dt><dd>0</dd>"), "{own}");
    let file = stranger.get("/nl/statistiek/csv?periode=2025-Q4").await;
    assert!(file.body.contains("De managementrapportage is voor het Steunpunt"));
    drop(stranger);
    let browser = officer(&mut site).await;
    let page = "/nl/statistiek";
    assert!(browser.get(page).await.body.contains("nog niets uitgebracht"));
    let looks = browser.site.looks().await;
    let preview = browser.get(&format!("{page}?periode=2025-Q4")).await;
    assert_eq!(preview.status, 200);
    assert_eq!(browser.site.looks().await, looks + 1, "the look is in the ledger");
    assert!(preview.body.contains("Nog niet uitgebracht: zo zou"), "{}", preview.body);
    assert!(preview.body.contains("Meldingen naar spoed"));
    let running = browser.get(&format!("{page}?periode=2026-Q1")).await;
    assert!(running.body.contains("de periode is nog niet voorbij"));
    for wrong in ["2026-05", "x"] {
        assert_eq!(browser.get(&format!("{page}?periode={wrong}")).await.status, 400);
    }
    let file = browser.get(&format!("{page}/csv?periode=2025-Q4")).await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    let name = "attachment; filename=\"statistiek-2025-Q4.csv\"";
    assert_eq!(file.headers["content-disposition"], name);
    assert!(file.body.starts_with("\u{feff}periode;versie;"), "{}", file.body);
    let log = browser.get("/nl/mijn-logboek").await.body;
    assert!(log.contains("Logboek uitgevoerd"), "the export is in the own log");
}
