//! Searches are kept, shared and deleted.

use ketenpoort::domain::organisation::UserRole;

use crate::house::{GGZ, STEUNPUNT};
use crate::site::{Site, attribute};

const PAGE: &str = "/nl/verstrekkingen?uitkomst=noodtoegang";
const KEEP: &str = "/nl/verstrekkingen/bewaard";
/// The question of the page, as its form sends it.
const QUESTION: &str =
    "vraag=van%3D2026-03-01%26tot%3D2026-03-31%26uitkomst%3Dnoodtoegang%26na%3D7";

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_kept_shared_and_deleted_by_its_owner() {
    let mut site = Site::open().await;
    let certificates = [
        site.officer(),
        site.person("fg-2", STEUNPUNT, UserRole::PrivacyOfficer),
        site.person("ggz", GGZ, UserRole::PrivacyOfficer),
    ];
    let [mut own, mut second, mut other] = certificates.map(|one| site.browser(Some(one)));
    for browser in [&mut own, &mut second, &mut other] {
        browser.state("steekproef").await;
    }
    for (fields, words) in [
        (format!("naam=&{QUESTION}"), "is verplicht"),
        (format!("naam=Zaak+van+999990044&{QUESTION}"), "noem hier geen persoon"),
        (format!("naam=Zaak+999+990+044&{QUESTION}"), "noem hier geen persoon"),
        (
            "naam=x&vraag=van%3D2026-03-01%26tot%3D2026-03-31%26betrokkene%3D7".into(),
            "noem hier geen persoon",
        ),
        (
            "naam=x&gedeeld=ja&vraag=van%3D2026-03-01%26tot%3D2026-03-31%26medewerker%3Dsp-1"
                .into(),
            "kunt u niet delen",
        ),
        ("naam=x&vraag=van%3Dgisteren".into(), "query"),
    ] {
        let refused = own.fill_in(PAGE, KEEP, &fields).await;
        assert!(refused.status == 400 && refused.body.contains(words), "{}", refused.body);
    }
    let kept = own
        .fill_in(PAGE, KEEP, &format!("naam=Noodtoegang+maart&gedeeld=ja&wekelijks=ja&{QUESTION}"))
        .await;
    assert_eq!(kept.status, 303, "{}", kept.body);
    let alone = "naam=Alleen+ik&vraag=van%3D2026-03-01%26tot%3D2026-03-31%26medewerker%3Dsp-1";
    assert_eq!(own.fill_in(PAGE, KEEP, alone).await.status, 303);

    let address = "?van=2026-03-01&#38;tot=2026-03-31&#38;uitkomst=noodtoegang\"";
    let listed = own.get(PAGE).await.body;
    assert!(listed.contains(address) && listed.contains("Alleen ik"), "{listed}");
    let seen = second.get(PAGE).await.body;
    assert!(seen.contains("Noodtoegang maart") && seen.contains("u-fg"));
    assert!(!seen.contains("Alleen ik") && !seen.contains("/verwijderen\""));
    assert!(!other.get(PAGE).await.body.contains("Noodtoegang maart"));
    assert_eq!(listed.matches("elke week geteld per mail").count(), 1);

    let (_, form) = listed.split_once("/nl/verstrekkingen/bewaard/").unwrap();
    let delete = format!("/nl/verstrekkingen/bewaard/{}", form.split_once('"').unwrap().0);
    // As a mail links to it: by its name only, and with the days of the mail.
    let link = delete.strip_suffix("/verwijderen").unwrap();
    for (browser, days, opened) in [
        (&own, "?van=2026-03-16&tot=2026-03-23", "van=2026-03-16&tot=2026-03-23"),
        (&second, "?van=gisteren&tot=2026-03-23", "van=2026-03-01&tot=2026-03-31"),
    ] {
        let answer = browser.get(&format!("{link}{days}")).await;
        let there = format!("/nl/verstrekkingen?{opened}&uitkomst=noodtoegang");
        assert_eq!((answer.status, &answer.headers["location"]), (303, &there));
    }
    assert_eq!(other.get(link).await.status, 404, "of another organisation");
    let mark = format!("{link}/wekelijks");
    assert_eq!(second.fill_in(PAGE, &mark, "").await.status, 404, "not the owner");
    for (fields, count) in [("", 0), ("wekelijks=ja", 1)] {
        assert_eq!(own.fill_in(PAGE, &mark, fields).await.status, 303);
        let listed = own.get(PAGE).await.body;
        assert_eq!(listed.matches("elke week geteld per mail").count(), count);
    }
    assert_eq!(second.fill_in(PAGE, &delete, "").await.status, 404, "not the owner");
    assert_eq!(own.fill_in(PAGE, &delete, "").await.status, 303);
    assert!(!second.get(PAGE).await.body.contains("Noodtoegang maart"));
    let notes = site.look_notes().await;
    let count = |what: &str| notes.iter().filter(|note| note.starts_with(what)).count();
    assert_eq!((count("SEARCH_SAVED"), count("SEARCH_DELETED")), (4, 1));
    let asked = own.get(PAGE).await.body;
    assert!(!attribute(&asked, "name=\"vraag\" value=\"").contains("na="));
}
