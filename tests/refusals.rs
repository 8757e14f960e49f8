//! What the gateway refuses or survives so that nothing opens by accident.
#![cfg(test)]

use ketenpoort::cli::directory::from_texts;
use ketenpoort::domain::case::InvolvementDraft;
use ketenpoort::domain::event::{DenialReason, EventCode};
use ketenpoort::domain::id::{CaseRef, ClientId};
use ketenpoort::domain::look::Look;
use ketenpoort::domain::organisation::{Standing, UserRole};
use ketenpoort::domain::policy::BasisEvidenceDraft;
use ketenpoort::domain::purpose::Purpose;
use ketenpoort::domain::referral::{SendBackReason, Settlement, TriageOutcome};
use ketenpoort::domain::summary::{SectionDraft, SummaryDraft};
use ketenpoort::gateway::directory::DirectoryFile;
use ketenpoort::gateway::inbox::Received;
use ketenpoort::gateway::inbox::settle::Settled;
use ketenpoort::gateway::integrity::Wanted;
use ketenpoort::gateway::request_summary::{Requested, SummaryRequestDraft};
use ketenpoort::gateway::{DirectoryNews, Error, OrganisationEvent, OrganisationNews};
use ketenpoort::ledger::entry::Entry;
use sqlx::Connection as _;

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

use house::{CASE, GGZ, House, MEE, STEUNPUNT, new_request, referral_id_of};

async fn events(house: &House) -> Vec<u16> {
    let mut tx = house.db().await.read().await.unwrap();
    let leaves = tx.leaves(0, 10_000).await.unwrap();
    leaves.iter().map(|leaf| Entry::decode(&leaf.entry).unwrap().event).collect()
}

async fn received(house: &House) -> Vec<Received> {
    let call = house.call(STEUNPUNT, UserRole::System);
    let client: ClientId = "reader".parse().unwrap();
    let mut inbox = house.gateway.open_inbox(&call, client, None, None).await.unwrap();
    house.gateway.receive(&call, &mut inbox, 10).await.unwrap()
}

#[tokio::test]
async fn whoever_judges_disclosures_receives_and_decides_on_no_referral() {
    let house = House::open().await;
    let request = new_request("SubmitReferral");
    house.submit(&request).await.unwrap();
    for role in [UserRole::PrivacyOfficer, UserRole::PoliceOfficer] {
        let call = house.call(STEUNPUNT, role);
        let before = events(&house).await.len();
        let client: ClientId = "officer".parse().unwrap();
        let opened = house.gateway.open_inbox(&call, client, None, None).await;
        assert!(matches!(opened, Err(Error::Denied { .. })));
        let settled = house.gateway.settle(&call, Vec::new()).await;
        assert!(matches!(settled, Err(Error::Denied { .. })));
        let (id, triage) = (referral_id_of(&request), new_request("RecordTriage"));
        let outcome = TriageOutcome::VvtTeam;
        let triaged =
            house.gateway.record_triage(&call, &triage, id, outcome, |_| Vec::new()).await;
        assert!(matches!(triaged, Err(Error::Denied { .. })));
        let logged = events(&house).await.split_off(before);
        assert_eq!(logged, [EventCode::AccessDenied.number(); 3]);
    }
}

#[tokio::test]
async fn a_referral_that_cannot_be_opened_keeps_no_other_from_its_reader() {
    let house = House::open().await;
    let (broken, whole) = (new_request("SubmitReferral"), new_request("SubmitReferral"));
    house.submit(&broken).await.unwrap();
    house.submit(&whole).await.unwrap();
    let path = house.directory.path().join("data.sqlite");
    let url = format!("sqlite:{}", path.display());
    let mut outside = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let changed = sqlx::query(
        "UPDATE referrals SET content = zeroblob(length(content))
          WHERE rowid = (SELECT MIN(rowid) FROM referrals)",
    )
    .execute(&mut outside)
    .await
    .unwrap();
    assert_eq!(changed.rows_affected(), 1);
    outside.close().await.unwrap();
    let ids: Vec<_> =
        received(&house).await.iter().map(|received| received.referral.referral_id).collect();
    assert_eq!(ids, [referral_id_of(&whole)]);
}

#[tokio::test]
async fn a_settlement_that_comes_twice_is_answered_the_same_and_logged_once() {
    let house = House::open().await;
    let reason = SendBackReason::WrongOrganisation;
    for settlement in [
        Settlement::SendBack { reason, explanation: None },
        Settlement::Release { retry_delay: std::time::Duration::from_mins(1) },
    ] {
        house.submit(&new_request("SubmitReferral")).await.unwrap();
        let token = received(&house).await[0].lease_token;
        let call = house.call(STEUNPUNT, UserRole::System);
        let settle = || house.gateway.settle(&call, vec![(token, settlement.clone())]);
        let first = settle().await.unwrap();
        assert!(matches!(first[0].1, Settled::Done { .. }), "{first:?}");
        let logged = events(&house).await;
        assert_eq!(settle().await.unwrap(), first);
        assert_eq!(events(&house).await, logged);
    }
}

#[tokio::test]
async fn an_organisation_that_leaves_the_directory_is_suspended_and_that_is_logged() {
    let house = House::open().await;
    let mut file = directory_with(include_str!("../certs-example/haaglanden-1.toml"));
    file.organisations.retain(|organisation| organisation.oin().as_str() != MEE);
    let before = events(&house).await.len();
    house.gateway.activate_directory(file.clone()).await.unwrap();
    house.gateway.activate_directory(file).await.unwrap();
    assert!(house.gateway.admit(&MEE.parse().unwrap(), None).is_err());
    let logged = events(&house).await.split_off(before);
    assert_eq!(logged, [EventCode::PartnerChanged.number()]);
    let mut tx = house.db().await.read().await.unwrap();
    let known = tx.organisations().await.unwrap();
    let gone = known.iter().find(|row| row.oin.as_str() == MEE).unwrap();
    assert_eq!(gone.standing, Standing::Suspended);
}

#[tokio::test]
async fn an_officer_is_told_who_left_and_what_changed_in_the_policy_lately() {
    let house = House::open().await;
    let officer = |oin| house.call(oin, UserRole::PrivacyOfficer);
    let purpose = i32::from(Purpose::PrivacyReview.number());
    let month = async |oin| house.gateway.month(&officer(oin), purpose).await.unwrap();
    let before = month(STEUNPUNT).await;
    let is_new = |one: &OrganisationNews| one.what == OrganisationEvent::New;
    assert!(before.news.organisations.len() > 3 && before.news.organisations.iter().all(is_new));
    let [first] = &before.news.policy[..] else { panic!("{:?}", before.news) };
    assert_eq!((first.version.as_str(), &first.before), ("haaglanden-1", &None));
    assert_eq!(before.own_check, None);
    let next = include_str!("../certs-example/haaglanden-1.toml")
        .replacen("[bases.CONSENT]\nenabled = true", "[bases.CONSENT]\nenabled = false", 1)
        .replacen("version = \"haaglanden-1\"", "version = \"haaglanden-2\"", 1);
    let mut file = directory_with(&next);
    file.organisations.retain(|organisation| organisation.oin().as_str() != MEE);
    house.gateway.activate_directory(file).await.unwrap();
    house.gateway.whole_ledger(&officer(STEUNPUNT), purpose, None).await.unwrap();
    let told = month(STEUNPUNT).await;
    let gone = &told.news.organisations[0];
    assert_eq!((gone.oin.as_str(), gone.what), (MEE, OrganisationEvent::Suspended));
    assert_eq!(told.news.organisations[1..], before.news.organisations);
    let [newest, _] = &told.news.policy[..] else { panic!("{:?}", told.news) };
    assert_eq!(newest.before.as_deref(), Some("haaglanden-1"));
    assert_eq!(
        (newest.version.as_str(), &newest.parts[..]),
        ("haaglanden-2", &["bases".to_owned()][..])
    );
    // To open the page about integrity is no check, nor is what its script asks by itself.
    assert_eq!(told.own_check, None);
    house.gateway.continuation(&officer(STEUNPUNT), purpose, (1, 2)).await.unwrap();
    assert_eq!(month(STEUNPUNT).await.own_check, None);
    let checked = async || month(STEUNPUNT).await.own_check.unwrap().what;
    house.gateway.held_against(&officer(STEUNPUNT), purpose, "kept").await.unwrap();
    assert_eq!(checked().await, Look::Checkpoint);
    let random = (Wanted::Random, 2);
    house.gateway.entries_to_verify(&officer(STEUNPUNT), purpose, random).await.unwrap();
    assert_eq!(checked().await, Look::Verification);
    assert_eq!(month(GGZ).await.own_check, None, "what another looked at is not the own check");
    let size = house.db().await.read().await.unwrap().log_state().await.unwrap().unwrap().size;
    let lately = (Wanted::Lately { after: -1 }, u64::try_from(size).unwrap());
    let of_late = async || {
        house.gateway.entries_to_verify(&officer(STEUNPUNT), purpose, lately).await.unwrap().total
    };
    let total = of_late().await;
    let later = house.gateway.clock().now().plus(std::time::Duration::from_hours(32 * 24));
    house.gateway.clock().set(later);
    assert_eq!(month(STEUNPUNT).await.news, DirectoryNews::default());
    assert!(total > 0);
    assert_eq!(of_late().await, total, "a tree has the same last thirty days whenever it is asked");
}

/// The example with another policy pack.
fn directory_with(policy: &str) -> DirectoryFile {
    from_texts(include_str!("../certs-example/directory.toml"), policy).unwrap()
}

#[tokio::test]
async fn a_changed_policy_pack_decides_from_its_entry_in_the_ledger_on() {
    let shipped = include_str!("../certs-example/haaglanden-1.toml");
    let house = House::open().await;
    house.case_with_summary().await;
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let (rule, other) = (
        "[categories.SAFETY_ASSESSMENT]\nallowed = [",
        "[categories.SAFETY_ASSESSMENT]\nown = [\"MENTAL_HEALTH\"]\nallowed = [",
    );
    let contradiction = shipped.replacen(rule, other, 1);
    let before = events(&house).await.len();
    // A rule that contradicts itself is no pack.
    assert!(from_texts(include_str!("../certs-example/directory.toml"), &contradiction).is_err());
    // A changed rule needs another version.
    let consent_off =
        shipped.replacen("[bases.CONSENT]\nenabled = true", "[bases.CONSENT]\nenabled = false", 1);
    let same_version = house.gateway.activate_directory(directory_with(&consent_off)).await;
    let told = format!("{:?}", same_version.unwrap_err());
    assert!(told.contains("Conflict"), "{told}");
    let before_the_change = new_request("RequestSummary");
    house.ask(GGZ, &before_the_change).await.unwrap();
    house.ask(GGZ, &before_the_change).await.unwrap();
    let reader = house.call(STEUNPUNT, UserRole::System);
    let client: ClientId = "reader".parse().unwrap();
    let mut inbox = house.gateway.open_inbox(&reader, client, None, None).await.unwrap();
    let next = consent_off.replacen("version = \"haaglanden-1\"", "version = \"haaglanden-2\"", 1);
    house.gateway.activate_directory(directory_with(&next)).await.unwrap();
    // Whoever read before goes on reading; a stream asks at every turn who the caller is now.
    house.submit(&new_request("SubmitReferral")).await.unwrap();
    let reader = house.call(STEUNPUNT, UserRole::System);
    assert_eq!(house.gateway.receive(&reader, &mut inbox, 10).await.unwrap().len(), 1);
    // What the old pack let be given is not given again by the new one.
    let repeated = house.ask(GGZ, &before_the_change).await;
    assert!(matches!(repeated, Err(Error::Precondition(_))), "{repeated:?}");
    let denied = house.ask(GGZ, &new_request("RequestSummary")).await;
    let reason = DenialReason::BasisDisabled;
    assert!(
        matches!(denied, Err(Error::Denied { reason: Some(found) }) if found == reason),
        "{denied:?}"
    );
    let logged = events(&house).await.split_off(before);
    let changed = EventCode::PolicyChanged.number();
    let at = logged.iter().position(|event| *event == changed).unwrap();
    let released = EventCode::SummaryDelivered.number();
    assert!(logged[..at].contains(&released) && !logged[at..].contains(&released), "{logged:?}");
}

/// An answer is kept, sealed, for whoever repeats the request: also when it is large.
#[tokio::test]
async fn a_summary_of_more_than_a_mebibyte_is_given_and_given_again() {
    let house = House::open().await;
    house.case_with_summary().await;
    let section = |number: u32| SectionDraft {
        section_id: format!("assessment-{number}"),
        category: 5,
        title: "Assessment".to_owned(),
        text: "x".repeat(20_000),
        about_person_keys: vec!["mother".to_owned()],
    };
    let summary =
        SummaryDraft { sections: (0..60).map(section).collect(), ..SummaryDraft::default() };
    let steunpunt = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let case: CaseRef = CASE.parse().unwrap();
    let publish = new_request("PublishSummary");
    let published =
        house.gateway.publish_summary(&steunpunt, &publish, &case, (summary, 1), |_| Vec::new());
    published.await.unwrap();

    let call = house.call(GGZ, UserRole::CaseWorker);
    let request = new_request("RequestSummary");
    let mut answers = Vec::new();
    for _ in 0..2 {
        let draft = SummaryRequestDraft {
            case_ref: CASE.to_owned(),
            author_oin: STEUNPUNT.to_owned(),
            purpose: 1,
            basis: 1,
            involvement: Some(InvolvementDraft { kind: 2, ..InvolvementDraft::default() }),
            evidence: BasisEvidenceDraft::default(),
            ..SummaryRequestDraft::default()
        };
        let text = |answer: &Requested| {
            answer.parts.iter().flat_map(|part| part.text.clone().into_bytes()).collect()
        };
        answers.push(house.gateway.request_summary(&call, &request, draft, text).await.unwrap());
    }
    assert_eq!(answers[0].len(), 60 * 20_000);
    assert_eq!(answers[0], answers[1]);
}

/// What was read of a summary is kept in memory; it counts only while it is the same in the database,
/// also for a no.
#[tokio::test]
async fn a_change_counts_for_the_next_request_for_a_summary() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let ask = async || {
        let answer = house.ask(GGZ, &new_request("RequestSummary")).await?;
        Ok::<_, Error>(String::from_utf8(answer).unwrap())
    };
    let reason = |answer: Result<String, Error>| match answer {
        Err(Error::Denied { reason }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(ask().await), Some(DenialReason::NoConsent));
    let consent = house.consent_now(CASE, "mother", &[("mother", 1)]).await.unwrap();
    assert!(ask().await.unwrap().contains("people 1 3"));
    house.consent_now(CASE, "father", &[("father", 1)]).await.unwrap();
    assert!(ask().await.unwrap().contains("people 2 2"));
    house.withdraw(&consent, "mother", 1).await.unwrap();
    assert!(ask().await.unwrap().contains("people 1 3"));
}
