//! Sharing on the sender's initiative, over a real store: what is given, what a look still finds, what an
//! emergency leaves behind, and the second pair of eyes.
#![cfg(test)]

use ketenpoort::domain::case::{InvolvementDraft, MemberKind};
use ketenpoort::domain::deadline::DeadlineKind;
use ketenpoort::domain::emergency::{ClientInformedDraft, EmergencyDraft};
use ketenpoort::domain::event::{DenialReason, EventCode};
use ketenpoort::domain::id::{CaseRef, Oin, ShareId};
use ketenpoort::domain::notice::NoticeContent;
use ketenpoort::domain::organisation::{Actor, UserRole};
use ketenpoort::domain::policy::BasisEvidenceDraft;
use ketenpoort::domain::summary::{SectionDraft, SummaryDraft};
use ketenpoort::domain::time::Timestamp;
use ketenpoort::domain::violation::Violations;
use ketenpoort::gateway::address_release::{Agreed, ReleaseDraft};
use ketenpoort::gateway::cases::Joining;
use ketenpoort::gateway::deadlines::client::ClientTold;
use ketenpoort::gateway::other_side::{Agreement, Word};
use ketenpoort::gateway::request_summary::Requested;
use ketenpoort::gateway::sharing::{Given, ShareDraft};
use ketenpoort::gateway::watching::BEFORE_ALL;
use ketenpoort::gateway::{Call, Error, Request};
use ketenpoort::ledger::entry::Entry;
use ketenpoort::store::ReviewQuery;

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

#[path = "sharing/besides.rs"]
mod besides;
#[path = "sharing/emergencies.rs"]
mod emergencies;
#[path = "sharing/shelter.rs"]
mod shelter;

use house::{CASE, GGZ, House, MEE, POLICE, STEUNPUNT, at, new_request};

const SHELTER: &str = "00000099000000008000";
const HIDDEN: &str = "Geheimlaan 7, Verborgen";

// Codes of the messages.
const CARE: i32 = 1;
const SAFETY: i32 = 2;
const CONSENT: i32 = 1;
const REPORT: i32 = 2;
const HELP: i32 = 3;
const WARN: i32 = 4;
const VITAL: i32 = 11;
const IDENTIFICATION: i32 = 1;
const SHELTER_ADDRESS: i32 = 3;

fn acting(house: &House, oin: &str, user: &str, role: UserRole) -> Call {
    let oin: Oin = oin.parse().unwrap();
    let caller = house.gateway.admit(&oin, None).unwrap();
    caller.act(Actor { user_id: user.parse().unwrap(), role, on_behalf_of: None })
}

fn director(house: &House) -> Call {
    house.call(STEUNPUNT, UserRole::ProcessDirector)
}

/// The Steunpunt tells mental health care of a report.
fn notice_of_report() -> ShareDraft {
    ShareDraft {
        case_ref: CASE.to_owned(),
        recipient_oin: GGZ.to_owned(),
        purpose: SAFETY,
        basis: HELP,
        categories: vec![IDENTIFICATION],
        involvement: InvolvementDraft { kind: 3, ..InvolvementDraft::default() },
        evidence: BasisEvidenceDraft {
            gravity_text: "Er zijn kinderen in huis.".to_owned(),
            ..BasisEvidenceDraft::default()
        },
        ..ShareDraft::default()
    }
}

fn by_consent() -> ShareDraft {
    ShareDraft {
        purpose: CARE,
        basis: CONSENT,
        categories: Vec::new(),
        evidence: BasisEvidenceDraft::default(),
        ..notice_of_report()
    }
}

fn emergency(house: &House) -> EmergencyDraft {
    EmergencyDraft {
        reason_code: 1,
        danger_to: 2,
        situation: "Er wordt gedreigd.".to_owned(),
        why_no_consent: 5,
        alternatives_tried: "Bellen.".to_owned(),
        consulted_colleague_user_id: "u-2".to_owned(),
        minimality_text: "Alleen wie het is.".to_owned(),
        client_informed: Some(ClientInformedDraft::After),
        authenticated_at: Some(house.gateway.clock().now()),
        ..EmergencyDraft::default()
    }
}

fn encode_given(given: &Given) -> Vec<u8> {
    let reviewed = if given.review.is_some() { "reviewed" } else { "plain" };
    format!("{} {reviewed} {} {}", given.share_id, given.entries.len(), given.expires_at)
        .into_bytes()
}

fn encode_read(read: &Requested) -> Vec<u8> {
    let parts: Vec<&str> = read.parts.iter().map(|part| part.text.as_str()).collect();
    format!("{} people: {}", read.persons.len(), parts.join(", ")).into_bytes()
}

fn encode_agreed(agreed: &Agreed) -> Vec<u8> {
    agreed.entries.len().to_string().into_bytes()
}

async fn share(house: &House, call: &Call, draft: ShareDraft) -> Result<String, Error> {
    let request = new_request("ShareSummary");
    let answer = house.gateway.share_summary(call, &request, draft, encode_given).await?;
    Ok(String::from_utf8(answer).unwrap())
}

fn share_id(answer: &str) -> ShareId {
    answer.split(' ').next().unwrap().parse().unwrap()
}

async fn read_as(
    house: &House,
    call: &Call,
    request: &Request,
    shared: &str,
) -> Result<String, Error> {
    let id = share_id(shared);
    let answer = house.gateway.read_shared_summary(call, request, id, encode_read).await?;
    Ok(String::from_utf8(answer).unwrap())
}

async fn read(house: &House, oin: &str, shared: &str) -> Result<String, Error> {
    let call = house.call(oin, UserRole::CaseWorker);
    read_as(house, &call, &new_request("ReadSharedSummary"), shared).await
}

async fn events(house: &House) -> Vec<u16> {
    let mut tx = house.db().await.read().await.unwrap();
    let leaves = tx.leaves(0, 10_000).await.unwrap();
    leaves.iter().map(|leaf| Entry::decode(&leaf.entry).unwrap().event).collect()
}

async fn count(house: &House, event: EventCode) -> usize {
    events(house).await.iter().filter(|found| **found == event.number()).count()
}

/// What the other side of the first entry of an event said, as the officer of the sender sees it.
async fn other_side(house: &House, event: EventCode) -> (i64, Word) {
    const PRIVACY_REVIEW: i32 = 5;
    let place = events(house).await.iter().position(|found| *found == event.number());
    let idx = i64::try_from(place.unwrap()).unwrap();
    let officer = house.call(STEUNPUNT, UserRole::PrivacyOfficer);
    let (looked, _) = house.gateway.disclosure(&officer, PRIVACY_REVIEW, idx).await.unwrap();
    let found = house.gateway.other_side(&officer, &looked).await.unwrap().unwrap();
    assert_eq!(Some(found.recipient), looked.row.recipient_oin);
    (idx, found.word)
}

fn reason<T: std::fmt::Debug>(outcome: Result<T, Error>) -> DenialReason {
    let refused = outcome.unwrap_err();
    let Error::Denied { reason: Some(reason) } = refused else { panic!("{refused:?}") };
    reason
}

fn wrong<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Violations {
    let refused = outcome.unwrap_err();
    let Error::Invalid(violations) = refused else { panic!("{refused:?}") };
    violations
}

#[tokio::test]
async fn the_recipient_need_not_be_in_the_team_and_reads_what_it_was_given() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let warning =
        ShareDraft { recipient_oin: POLICE.to_owned(), basis: WARN, ..notice_of_report() };
    let shared = share(&house, &director(&house), warning).await.unwrap();
    assert!(shared.contains("plain 4"), "{shared}");
    let police = house.gateway.admit(&POLICE.parse().unwrap(), None).unwrap();
    let notices = house.gateway.notices(&police, BEFORE_ALL, 10).await.unwrap();
    let NoticeContent::SummaryShared { share_id: told, is_emergency, .. } = &notices[0].content
    else {
        panic!("{notices:?}")
    };
    assert_eq!((*told, *is_emergency), (share_id(&shared), false));
    let officer = house.call(POLICE, UserRole::PoliceOfficer);
    let request = new_request("ReadSharedSummary");
    let answer = read_as(&house, &officer, &request, &shared).await.unwrap();
    assert_eq!(answer, "4 people: ", "who they are, and nothing of care");
    assert_eq!(count(&house, EventCode::SummaryShared).await, 4);
    assert_eq!(count(&house, EventCode::SummaryRead).await, 4);
    // A repeated look is the same look.
    assert_eq!(read_as(&house, &officer, &request, &shared).await.unwrap(), answer);
    assert_eq!(count(&house, EventCode::SummaryRead).await, 4);
}

#[tokio::test]
async fn what_was_given_and_its_reading_point_at_each_other() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let shared = share(&house, &director(&house), notice_of_report()).await.unwrap();
    let (given, word) = other_side(&house, EventCode::SummaryShared).await;
    let Word::Unread { until, is_over: false } = word else { panic!("{word:?}") };
    assert!(shared.ends_with(&until.to_string()), "{shared}");
    read(&house, GGZ, &shared).await.unwrap();
    let (reading, word) = other_side(&house, EventCode::SummaryRead).await;
    let Word::About(row, agreement) = word else { panic!("{word:?}") };
    assert_eq!((row.idx, agreement), (given, Agreement::SameVersion));
    let (_, word) = other_side(&house, EventCode::SummaryShared).await;
    let Word::Received(row, agreement) = word else { panic!("{word:?}") };
    assert_eq!((row.idx, agreement), (reading, Agreement::SameVersion));
}

#[tokio::test]
async fn a_repeated_giving_gives_once() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let (call, request) = (director(&house), new_request("ShareSummary"));
    let give = || house.gateway.share_summary(&call, &request, notice_of_report(), encode_given);
    let first = give().await.unwrap();
    let logged = events(&house).await;
    assert_eq!(give().await.unwrap(), first);
    assert_eq!(events(&house).await, logged);
}

#[tokio::test]
async fn a_share_is_there_for_its_recipient_and_for_people_who_work_with_families() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let shared = share(&house, &director(&house), notice_of_report()).await.unwrap();
    for oin in [MEE, STEUNPUNT, SHELTER] {
        let refused = read(&house, oin, &shared).await.unwrap_err();
        assert!(matches!(refused, Error::Denied { reason: None }), "{oin}: {refused:?}");
    }
    for role in [UserRole::PrivacyOfficer, UserRole::System, UserRole::PoliceOfficer] {
        let call = house.call(GGZ, role);
        let request = new_request("ReadSharedSummary");
        let refused = read_as(&house, &call, &request, &shared).await;
        assert_eq!(reason(refused), DenialReason::RoleNotAllowed);
    }
    assert!(read(&house, GGZ, &shared).await.is_ok());
}

#[tokio::test]
async fn a_share_that_rests_on_a_consent_stops_with_it() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    let shared = share(&house, &director(&house), by_consent()).await.unwrap();
    let ggz = house.call(GGZ, UserRole::CaseWorker);
    let looked = new_request("ReadSharedSummary");
    let everybody = read_as(&house, &ggz, &looked, &shared).await.unwrap();
    assert!(everybody.starts_with("4 people: Text assessment-all"), "{everybody}");
    house.withdraw(&consents[1], "father", 1).await.unwrap();
    let repeated = read_as(&house, &ggz, &looked, &shared).await.unwrap_err();
    assert!(matches!(repeated, Error::Precondition(_)), "what was answered is not given again");
    let without_him = read(&house, GGZ, &shared).await.unwrap();
    assert_eq!(without_him, "3 people: Text agreement-mother, Text agreement-children");
    for (consent, by, capacity) in [(0, "mother", 1), (2, "daughter", 1), (3, "mother", 2)] {
        house.withdraw(&consents[consent], by, capacity).await.unwrap();
    }
    assert_eq!(reason(read(&house, GGZ, &shared).await), DenialReason::Withdrawn);
}

#[tokio::test]
async fn a_share_never_grows_with_a_later_consent() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    house.withdraw(&consents[1], "father", 1).await.unwrap();
    let shared = share(&house, &director(&house), by_consent()).await.unwrap();
    house.gateway.clock().set(at("2026-03-12T03:00:00Z"));
    house.consent_now(CASE, "father", &[("father", 1)]).await.unwrap();
    let answer = read(&house, GGZ, &shared).await.unwrap();
    assert!(answer.starts_with("3 people"), "he was not given, so he is not read: {answer}");
}

#[tokio::test]
async fn a_share_is_gone_with_its_summary() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let shared = share(&house, &director(&house), notice_of_report()).await.unwrap();
    let case: CaseRef = CASE.parse().unwrap();
    let retract = new_request("RetractSummary");
    house
        .gateway
        .retract_summary(&director(&house), &retract, &case, 1, |_| Vec::new())
        .await
        .unwrap();
    let refused = read(&house, GGZ, &shared).await.unwrap_err();
    assert!(matches!(refused, Error::Denied { reason: None }), "{refused:?}");
    let ggz = house.gateway.admit(&GGZ.parse().unwrap(), None).unwrap();
    let notices = house.gateway.notices(&ggz, BEFORE_ALL, 10).await.unwrap();
    let is_told = |one: &NoticeContent| matches!(one, NoticeContent::SummaryRetracted { .. });
    assert!(notices.iter().any(|notice| is_told(&notice.content)), "whoever was given it is told");
}

#[tokio::test]
async fn payload_is_not_there_for_ever() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let shared = share(&house, &director(&house), notice_of_report()).await.unwrap();
    house.gateway.clock().set(at("2026-04-11T00:51:00Z"));
    assert!(read(&house, GGZ, &shared).await.is_ok());
    house.gateway.clock().set(at("2026-04-11T00:53:00Z"));
    let refused = read(&house, GGZ, &shared).await.unwrap_err();
    assert!(matches!(refused, Error::Denied { reason: None }), "{refused:?}");
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_nothing_is_given() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let draft = ShareDraft {
        categories: Vec::new(),
        recipient_oin: "nobody".to_owned(),
        evidence: BasisEvidenceDraft::default(),
        emergency: Some(EmergencyDraft::default()),
        ..notice_of_report()
    };
    let logged = events(&house).await;
    let found = wrong(share(&house, &director(&house), draft).await);
    let fields: Vec<&str> = found.iter().map(|one| one.field.as_str()).collect();
    for field in [
        "recipient_oin",
        "categories",
        "evidence.gravity_text",
        "emergency.reason_code",
        "emergency.situation",
        "emergency.consulted_colleague_user_id",
        "emergency.minimality_text",
        "emergency.client_informed",
        "emergency.authenticated_at",
    ] {
        assert!(fields.contains(&field), "{field}: {fields:?}");
    }
    assert_eq!(events(&house).await, logged);
    let in_vain = ShareDraft {
        emergency: Some(emergency(&house)),
        categories: vec![IDENTIFICATION],
        ..by_consent()
    };
    let found = wrong(share(&house, &director(&house), in_vain).await);
    assert!(found.iter().any(|one| one.field == "emergency" && one.rule == "NOT_APPLICABLE"));
    let stranger = ShareDraft { person_keys: vec!["uncle".to_owned()], ..notice_of_report() };
    let found = wrong(share(&house, &director(&house), stranger).await);
    assert!(found.iter().any(|one| one.rule == "UNKNOWN_PERSON"));
}

#[tokio::test]
async fn nobody_gives_what_it_did_not_write_or_from_outside_the_team() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let ggz = house.call(GGZ, UserRole::CaseWorker);
    let report = ShareDraft { recipient_oin: STEUNPUNT.to_owned(), ..notice_of_report() };
    let evidence = BasisEvidenceDraft {
        necessity_text: "Nodig.".to_owned(),
        amhk_request_id: "AMHK-1".to_owned(),
        ..BasisEvidenceDraft::default()
    };
    let report = ShareDraft { basis: REPORT, evidence, ..report };
    let refused = share(&house, &ggz, report.clone()).await.unwrap_err();
    assert!(matches!(refused, Error::Precondition(_)), "it has no summary: {refused:?}");
    let shelter = house.call(SHELTER, UserRole::CaseWorker);
    let refused = share(&house, &shelter, report).await.unwrap_err();
    assert!(matches!(refused, Error::Denied { reason: None }), "{refused:?}");
}

// The second pair of eyes (DOMAIN §3.5, §8 row 9).
