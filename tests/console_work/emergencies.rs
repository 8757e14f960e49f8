//! Emergencies: the queue, one of them, and the verdict.

use ketenpoort::domain::case::InvolvementDraft;
use ketenpoort::domain::emergency::{ClientInformedDraft, EmergencyDraft};
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::policy::BasisEvidenceDraft;
use ketenpoort::domain::policy::evidence::ConflictDraft;
use ketenpoort::gateway::sharing::ShareDraft;

use crate::house::{CASE, GGZ, STEUNPUNT, new_request};
use crate::site::{Browser, OFFICE, SHELTER, Site, attribute};

const OWN: &str = "U hebt deze noodtoegang zelf gebruikt en mag haar niet beoordelen.";

/// Employee `u-1` of the Steunpunt declares an emergency and shares with mental health care.
pub(crate) async fn emergency(site: &Site) {
    let gravity_text = "Er zijn kinderen in huis.".to_owned();
    declared(site, 3, BasisEvidenceDraft { gravity_text, ..BasisEvidenceDraft::default() }).await;
}

/// The same on a basis, with what it asks for.
async fn declared(site: &Site, basis: i32, evidence: BasisEvidenceDraft) {
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
        basis,
        categories: vec![1],
        involvement: InvolvementDraft { kind: 3, ..InvolvementDraft::default() },
        evidence,
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

/// Sends a verdict from the page of a review; the status of what comes.
async fn judged(browser: &Browser<'_>, path: &str, verdict: u16, why: &str) -> u16 {
    let fields = format!("oordeel={verdict}&motivering={}", why.replace(' ', "+"));
    // Who may not judge has no form there, but may send one.
    browser.fill_in("/nl/datalek", &format!("{path}/oordeel"), &fields).await.status
}

/// In a conflict of duties two officers judge without knowing each other's verdict. When they differ, the
/// office of the region reads both and decides; nothing is an incident before that.
#[tokio::test(flavor = "multi_thread")]
async fn what_two_officers_do_not_agree_on_the_office_of_the_region_decides() {
    let mut site = Site::open().await;
    let conflict_of_duties = Some(ConflictDraft {
        tried_consent: true,
        conscience: true,
        no_other_way: true,
        averts_harm: true,
        as_little_as_possible: true,
        text: "Zwijgen brengt haar in gevaar.".to_owned(),
    });
    declared(&site, 12, BasisEvidenceDraft { conflict_of_duties, ..Default::default() }).await;
    let certificates = [
        site.officer(),
        site.person("fg-2", STEUNPUNT, UserRole::PrivacyOfficer),
        site.person("fg-3", STEUNPUNT, UserRole::PrivacyOfficer),
        site.person("office", OFFICE, UserRole::PrivacyOfficer),
    ];
    let mut browsers = certificates.map(|one| site.browser(Some(one)));
    for browser in &mut browsers {
        browser.state("incident").await;
    }
    let [first, second, third, office] = &browsers;
    let queue = first.get("/nl/noodtoegang").await.body;
    assert!(queue.contains("0 van 2"), "{queue}");
    let path = format!("/nl/noodtoegang/{}", attribute(&queue, "<a href=\"/nl/noodtoegang/"));
    let (for_it, against) = ("Zwijgen kon niet.", "Bellen kon nog.");

    assert_eq!(judged(first, &path, 1, for_it).await, 303);
    let unseen = second.get(&path).await;
    assert!(!unseen.main().contains(for_it), "judged without it: {}", unseen.body);
    assert!(!office.get(&path).await.main().contains(for_it), "nor does the region see it yet");
    let tab = "/nl/noodtoegang?staat=verschil";
    assert!(!second.get(tab).await.main().contains(&path), "one verdict differs from none");
    assert_eq!(judged(second, &path, 3, against).await, 303);

    for browser in [first, second, third, office] {
        let shown = browser.get(tab).await;
        let row = shown.main().contains(&path) && shown.main().contains("2 van 3");
        assert!(row && shown.main().contains("Verschil</"), "{}", shown.body);
        assert!(!browser.get("/nl/noodtoegang?staat=open").await.main().contains(&path));
        assert!(!browser.get("/nl/noodtoegang?staat=gereed").await.main().contains(&path));
        let one = browser.get(&path).await;
        assert!(one.main().contains("De beoordelaars zijn het niet eens."), "{}", one.body);
    }
    assert!(office.get("/en/noodtoegang?staat=verschil").await.main().contains("Disagreement"));
    assert!(first.get("/nl/datalek").await.main().contains("Er is geen"), "no incident yet");
    // Who judged reads the other one's reasons, and judges no more; nor does a colleague of them.
    for (browser, words) in [(first, "U hebt uw oordeel gegeven."), (second, "U hebt uw oordeel")] {
        let one = browser.get(&path).await;
        assert!(one.main().contains(for_it) && one.main().contains(against), "{}", one.body);
        assert!(one.main().contains(words) && !one.main().contains("name=\"oordeel\""));
    }
    let colleague = third.get(&path).await;
    assert!(colleague.main().contains("Hier valt voor u niets meer"), "{}", colleague.body);
    assert!(!colleague.main().contains(against), "who decides nothing waits for the end");
    for browser in [first, second, third] {
        assert_eq!(judged(browser, &path, 1, "Toch wel.").await, 400);
    }

    let one = office.get(&path).await;
    assert!(one.main().contains("Derde beoordelaar (beslist)"), "{}", one.body);
    assert!(one.main().contains(for_it) && one.main().contains(against), "{}", one.body);
    assert_eq!(judged(office, &path, 3, "De wijkagent was er al.").await, 303);
    for browser in [first, third, office] {
        assert!(!browser.get(tab).await.main().contains(&path));
        assert!(browser.get("/nl/noodtoegang?staat=gereed").await.main().contains(&path));
        let one = browser.get(&path).await;
        for why in [for_it, against, "De wijkagent was er al."] {
            assert!(one.main().contains(why), "{why}: {}", one.body);
        }
        assert!(one.main().contains("Niet terecht"), "{}", one.body);
    }
    let decided = first.get(&path).await.body;
    let incident = attribute(&decided, "<a href=\"/nl/datalek/");
    assert_eq!(first.get(&format!("/nl/datalek/{incident}")).await.status, 200);
}
