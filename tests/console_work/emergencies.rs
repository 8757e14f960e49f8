//! Emergencies: the queue, one of them, and the verdict.

use ketenpoort::domain::case::InvolvementDraft;
use ketenpoort::domain::emergency::{ClientInformedDraft, EmergencyDraft};
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::policy::BasisEvidenceDraft;
use ketenpoort::gateway::sharing::ShareDraft;

use crate::house::{CASE, GGZ, STEUNPUNT, new_request};
use crate::site::{SHELTER, Site, attribute};

const OWN: &str = "U hebt deze noodtoegang zelf gebruikt en mag haar niet beoordelen.";

/// Employee `u-1` of the Steunpunt declares an emergency and shares with mental health care.
pub(crate) async fn emergency(site: &Site) {
    let call = site.house.call(STEUNPUNT, UserRole::ProcessDirector);
    let declared = EmergencyDraft {
        reason_code: 1,
        danger_to: 2,
        situation: "Er wordt gedreigd.".to_owned(),
        why_no_consent: 5,
        alternatives_tried: "Bellen.".to_owned(),
        consulted_colleague_user_id: "u-2".to_owned(),
        minimality_text: "Alleen wie het is.".to_owned(),
        client_informed: Some(ClientInformedDraft::After),
        authenticated_at: Some(site.house.gateway.clock().now()),
        ..EmergencyDraft::default()
    };
    let draft = ShareDraft {
        case_ref: CASE.to_owned(),
        recipient_oin: GGZ.to_owned(),
        purpose: 2,
        basis: 3,
        categories: vec![1],
        involvement: InvolvementDraft { kind: 3, ..InvolvementDraft::default() },
        evidence: BasisEvidenceDraft {
            gravity_text: "Er zijn kinderen in huis.".to_owned(),
            ..BasisEvidenceDraft::default()
        },
        emergency: Some(declared),
        ..ShareDraft::default()
    };
    let request = new_request("ShareSummary");
    site.house.gateway.share_summary(&call, &request, draft, |_| Vec::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_judges_an_emergency_and_who_declared_it_does_not() {
    let mut site = Site::open().await;
    emergency(&site).await;
    let (officer, own) = (site.officer(), site.person("1", STEUNPUNT, UserRole::PrivacyOfficer));
    let mut browser = site.browser(Some(officer));
    browser.state("klacht").await;
    let looks = site.looks().await;
    let queue = browser.get("/nl/noodtoegang").await;
    assert_eq!(queue.status, 200);
    assert!(queue.body.contains("Er wordt gedreigd.") && queue.body.contains("0 van 1"));
    assert_eq!(site.looks().await, looks + 1, "what was opened is a look");
    let path = attribute(&queue.body, "<a href=\"/nl/noodtoegang/");
    let path = format!("/nl/noodtoegang/{path}");
    let one = browser.get(&path).await;
    for words in ["Bellen.", "Er zijn kinderen in huis.", "Alleen wie het is.", "u-2", CASE] {
        assert!(one.body.contains(words), "{words}");
    }
    assert!(one.body.contains("<a class=\"mono\" href=\"/nl/verstrekkingen/"));
    assert_eq!(site.looks().await, looks + 3, "the review and its entries");

    let mut involved = site.browser(Some(own));
    involved.state("klacht").await;
    let seen = involved.get(&path).await;
    assert!(seen.body.contains(OWN) && !seen.body.contains("name=\"oordeel\""));
    let judge = format!("{path}/oordeel");
    let refused = involved.fill_in("/nl/datalek", &judge, "oordeel=1&motivering=Prima").await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains(OWN), "{}", refused.body);

    let taken = browser.fill_in(&path, &format!("{path}/plaats"), "").await;
    assert_eq!((taken.status, taken.headers["location"].as_str()), (303, path.as_str()));
    let one = browser.get(&path).await.body;
    assert!(one.contains("u-fg") && !one.contains("/plaats\""));
    let empty = browser.fill_in(&path, &judge, "oordeel=3&motivering=").await;
    assert!(empty.status == 400 && empty.body.contains("is verplicht"), "{}", empty.body);
    let fields = "oordeel=3&motivering=Bellen+was+genoeg.";
    assert_eq!(browser.fill_in(&path, &judge, fields).await.status, 303);
    let done = browser.get(&path).await.body;
    assert!(done.contains("Bellen was genoeg.") && done.contains("Niet terecht"));
    let incident = attribute(&done, "<a href=\"/nl/datalek/").to_owned();
    let breach = browser.get(&format!("/nl/datalek/{incident}")).await;
    assert_eq!(breach.status, 200, "{}", breach.body);
    assert!(browser.get("/nl/noodtoegang").await.body.contains("Hier wacht niets"));
    assert!(browser.get("/nl/noodtoegang?staat=gereed").await.body.contains("Er wordt gedreigd."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_by_the_organisation_and_looking_needs_a_fitting_purpose() {
    let mut site = Site::open().await;
    emergency(&site).await;
    let (asks, answers) =
        (site.officer(), site.person("answers", STEUNPUNT, UserRole::PrivacyOfficer));
    let shelter = site.person("shelter", SHELTER, UserRole::PrivacyOfficer);
    let mut browser = site.browser(Some(asks));
    browser.state("inzageverzoek").await;
    let asked = browser.get("/nl/noodtoegang").await;
    assert!(asked.body.contains("past niet bij deze pagina"), "{}", asked.body);
    browser.cookie = None;
    browser.state("steekproef").await;
    let queue = browser.get("/nl/noodtoegang?staat=open").await.body;
    let id = attribute(&queue, "<a href=\"/nl/noodtoegang/").to_owned();
    let path = format!("/nl/noodtoegang/{id}");
    let fields = "oordeel=4&motivering=Wie+is+gebeld%3F";
    assert_eq!(browser.fill_in(&path, &format!("{path}/oordeel"), fields).await.status, 303);
    assert!(browser.get("/nl/noodtoegang?staat=navraag").await.body.contains(&id));
    assert!(!browser.get("/nl/noodtoegang?staat=open").await.body.contains(&id));

    let mut other = site.browser(Some(answers));
    other.state("steekproef").await;
    assert!(other.get(&path).await.body.contains("Wie is gebeld?"), "a question is no verdict");
    let answer = format!("{path}/antwoord");
    assert_eq!(other.fill_in(&path, &answer, "antwoord=De+buren.").await.status, 303);
    assert!(browser.get(&path).await.body.contains("De buren."));
    assert!(other.get(&path).await.body.contains("mag niet meer oordelen"));

    assert!(!browser.get(&path).await.body.contains("Gewijzigd in de database"));
    let site = browser.site;
    site.house.tamper("UPDATE review_votes SET user_id = 'u-9'");
    let html = browser.get(&path).await.body;
    assert!(
        html.contains("Gewijzigd in de database") && !html.contains("Wie is gebeld?"),
        "{html}"
    );
    let fields = "oordeel=1&motivering=Prima";
    let refused = browser.fill_in(&path, &format!("{path}/oordeel"), fields).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("is gewijzigd in de database"), "{}", refused.body);

    let mut stranger = site.browser(Some(shelter));
    stranger.state("steekproef").await;
    let hidden = stranger.get(&path).await;
    let absent = stranger.get("/nl/noodtoegang/0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11").await;
    assert_eq!((hidden.status, absent.status), (404, 404));
    let text = |body: &str| body.replace("0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11", &id);
    assert_eq!(text(hidden.main()), text(absent.main()));
    assert_eq!(stranger.get("/nl/noodtoegang?na=x").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_that_was_renamed_beside_the_ledger_turns_its_page_red() {
    let mut site = Site::open().await;
    let sound = {
        let mut tx = site.house.db().await.read().await.unwrap();
        tx.log_state().await.unwrap().unwrap().size
    };
    emergency(&site).await;
    let size = {
        let mut tx = site.house.db().await.read().await.unwrap();
        tx.log_state().await.unwrap().unwrap().size
    };
    let officer = site.officer();
    let mut browser = site.browser(Some(officer));
    browser.state("klacht").await;
    for index in sound..size {
        let html = browser.get(&format!("/nl/verstrekkingen/{index}")).await.body;
        assert!(html.contains("De poort zelf vond: klopt. "), "{index}: {html}");
        assert!(!html.contains("data-changed"), "{index}: {html}");
    }
    let database = site.house.directory.path().join("data.sqlite");
    let database = rusqlite::Connection::open(database).unwrap();
    let renamed = "UPDATE disclosures SET disposition = 1 WHERE disposition = 4";
    assert!(database.execute(renamed, []).unwrap() > 1);
    for index in sound..size {
        let html = browser.get(&format!("/nl/verstrekkingen/{index}")).await.body;
        assert!(html.contains("Gewijzigd buiten het logboek om: uitkomst."), "{index}: {html}");
    }
}
