//! Consents of a case over real TLS: who sees them, on which day, and that no page names a person in its
//! address.

use ketenpoort::domain::organisation::UserRole;

use crate::house::{CASE, GGZ, MEE};
use crate::site::{OFFICE, SHELTER, Site};

const PAGE: &str = "/nl/toestemmingen";

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_of_the_case_sees_who_agreed_and_who_took_it_back() {
    let mut site = Site::open().await;
    let certificate = site.officer();
    let consents = {
        // The first consent of the case is the mother's.
        let text =
            "SELECT consent_id FROM consents WHERE case_ref = ?1 ORDER BY recorded_at, rowid";
        let path = site.house.directory.path().join("data.sqlite");
        let database = rusqlite::Connection::open(path).unwrap();
        let mut rows = database.prepare(text).unwrap();
        let ids: Vec<Vec<u8>> =
            rows.query_map([CASE], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        ids
    };
    assert_eq!(consents.len(), 4);
    let mut browser = site.browser(Some(certificate));
    browser.state("klacht").await;
    assert!(browser.get(PAGE).await.body.contains("Vul het nummer in van een zaak"));
    let looks = site.looks().await;
    let asked = format!("{PAGE}?zaak={CASE}");
    let found = browser.get(&asked).await;
    assert_eq!(found.status, 200);
    assert_eq!(site.looks().await, looks + 1, "the look is in the ledger");
    assert_eq!(found.body.matches("Toestemming gegeven").count(), 4, "{}", found.body);
    assert!(found.body.contains("(zelf)") && found.body.contains("(ouder met gezag)"));
    assert!(found.body.contains("<b>A</b>") && found.body.contains("<b>D</b>"));
    // One is withdrawn, a day later; on the day before, it was still there.
    let later = site.house.gateway.clock().now().plus(std::time::Duration::from_hours(24));
    site.house.gateway.clock().set(later);
    let id = uuid::Uuid::from_slice(&consents[0]).unwrap().to_string();
    let person = ["mother", "father"];
    for by in person {
        // Whose consent comes first is not told here.
        if site.house.withdraw(&id, by, 1).await.is_ok() {
            break;
        }
    }
    let now = browser.get(&asked).await.body;
    assert_eq!(now.matches("Toestemming ingetrokken").count(), 1, "{now}");
    assert!(now.contains("class=\"badge b-deny\">ingetrokken"));
    let then = browser.get(&format!("{asked}&stand=2026-03-12")).await.body;
    assert!(!then.contains("class=\"badge b-deny\">ingetrokken"), "not withdrawn that day");
    assert_eq!(browser.get(&format!("{asked}&stand=2099-01-01")).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_took_no_part_sees_no_case_and_a_member_what_it_gave_or_got() {
    let mut site = Site::open().await;
    let officer = UserRole::PrivacyOfficer;
    let all = [SHELTER, GGZ, MEE, OFFICE];
    let slugs = ["shelter", "ggz", "mee", "office"];
    let mut seen = Vec::new();
    for (oin, slug) in all.into_iter().zip(slugs) {
        let certificate = site.person(slug, oin, officer);
        let mut browser = site.browser(Some(certificate));
        browser.state("klacht").await;
        let answer = browser.get(&format!("{PAGE}?zaak={CASE}")).await;
        let absent = browser.get(&format!("{PAGE}?zaak=VVT-2026-999999")).await;
        assert_eq!(absent.status, 404);
        let given = answer.body.matches("Toestemming gegeven").count();
        seen.push((answer.status, given));
        if answer.status == 404 {
            let text = |body: &str| body.replace("VVT-2026-999999", CASE);
            assert_eq!(
                text(answer.main()),
                text(absent.main()),
                "no right and absent are the same"
            );
        }
    }
    // All four are for the GGZ: MEE is in the team, and sees nothing that is not its own.
    assert_eq!(seen, [(404, 0), (200, 4), (200, 0), (200, 4)]);
}
