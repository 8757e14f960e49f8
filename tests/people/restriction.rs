//! Restriction of processing (AVG art. 18, 19 and 21; DOMAIN §5.6).

use ketenpoort::domain::event::{DenialReason, EventCode};
use ketenpoort::domain::notice::NoticeContent;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::people::{ChangeDraft, PersonChangeDraft};
use ketenpoort::gateway::Error;
use ketenpoort::gateway::check_consent::{Checked, QuestionDraft};
use ketenpoort::gateway::consents::Word;

use crate::house::{CASE, GGZ, House, MEE, STEUNPUNT, consent_draft, new_request, referral_id_of};
use crate::steps::{SUPERVISOR, change, change_as, entries, missing, notices, now, seen};

const OBJECTION: i32 = 4;

fn lifted(house: &House) -> ChangeDraft {
    ChangeDraft::RestrictionLifted { ground: OBJECTION, subject_informed_at: Some(now(house)) }
}

fn restricted() -> ChangeDraft {
    ChangeDraft::ProcessingRestricted { ground: OBJECTION }
}

async fn check(house: &House, person: &str) -> Checked {
    let call = house.call(GGZ, UserRole::CaseWorker);
    let question = QuestionDraft {
        case_ref: CASE.to_owned(),
        person_key: person.to_owned(),
        source_oin: STEUNPUNT.to_owned(),
        recipient_oin: GGZ.to_owned(),
        purpose: 1,
        categories: vec![1],
    };
    house.gateway.check_consent(&call, question).await.unwrap()
}

#[tokio::test]
async fn a_restriction_stops_new_disclosures_until_it_is_lifted() {
    let house = House::open().await;
    house.case_with_summary().await;
    let request = new_request("RequestSummary");
    house.ask(GGZ, &request).await.unwrap();
    assert_eq!(seen(&house).await, (4, 0));
    change(&house, "father", restricted()).await.unwrap();
    assert_eq!(seen(&house).await, (3, 1));
    let error = house.ask(GGZ, &request).await.unwrap_err();
    assert_eq!(missing(&error), "CONSENT_CHANGED");
    change(&house, "father", lifted(&house)).await.unwrap();
    assert_eq!(seen(&house).await, (4, 0));
    let event = EventCode::RestrictionChanged;
    assert_eq!(entries(&house, event).await, (2, 1));
}

#[tokio::test]
async fn the_closed_question_says_that_processing_is_restricted_after_everything_about_consent() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    assert!(matches!(check(&house, "father").await, Checked::Permit(_)));
    change(&house, "father", restricted()).await.unwrap();
    let denied = Checked::Deny(DenialReason::ProcessingRestricted);
    assert_eq!(check(&house, "father").await, denied);
    assert!(matches!(check(&house, "mother").await, Checked::Permit(_)));
    house.withdraw(&consents[1], "father", 1).await.unwrap();
    assert_eq!(check(&house, "father").await, Checked::Deny(DenialReason::Withdrawn));
}

#[tokio::test]
async fn whoever_received_data_about_the_person_hears_of_the_restriction_and_of_its_end() {
    let house = House::open().await;
    house.case_with_summary().await;
    // Nobody received anything yet.
    let answer = change(&house, "father", restricted()).await.unwrap();
    assert_eq!(answer, "ACTIVE ACTIVE\nnotices 0");
    change(&house, "father", lifted(&house)).await.unwrap();
    assert_eq!(seen(&house).await, (4, 0));
    let answer = change(&house, "father", restricted()).await.unwrap();
    assert_eq!(answer, "ACTIVE ACTIVE\nnotices 1");
    let refused = change(&house, "father", restricted()).await.unwrap_err();
    assert_eq!(missing(&refused), "NOT_RESTRICTED");
    change(&house, "father", lifted(&house)).await.unwrap();
    let told: Vec<bool> = notices(&house, GGZ)
        .await
        .into_iter()
        .map(|content| {
            let NoticeContent::ProcessingRestricted { lifted, .. } = content else {
                panic!("another notice: {content:?}")
            };
            lifted
        })
        .collect();
    assert_eq!(told, [false, true]);
    assert_eq!(notices(&house, MEE).await, []);
}

#[tokio::test]
async fn a_statute_goes_on_after_a_restriction() {
    let house = House::open().await;
    house.case_with_summary().await;
    change(&house, "father", restricted()).await.unwrap();
    // The police report about the family again, and hear what came of it.
    let request = new_request("SubmitReferral");
    house.submit(&request).await.unwrap();
    house.triage(&request).await;
    let steunpunt = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let feedback = new_request("SendFeedback");
    let referral = referral_id_of(&request);
    house.gateway.send_feedback(&steunpunt, &feedback, referral, |_| Vec::new()).await.unwrap();
}

#[tokio::test]
async fn a_restriction_is_set_by_one_and_lifted_by_two() {
    let house = House::open().await;
    house.case_with_summary().await;
    let request = || new_request("RecordPersonChange");
    change_as(&house, &request(), (STEUNPUNT, ""), "father", restricted()).await.unwrap();
    let lift = lifted(&house);
    let error =
        change_as(&house, &request(), (STEUNPUNT, ""), "father", lift.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    let by = (STEUNPUNT, SUPERVISOR);
    change_as(&house, &request(), by, "father", lift.clone()).await.unwrap();
    let error = change_as(&house, &request(), by, "father", lift).await.unwrap_err();
    assert_eq!(missing(&error), "RESTRICTED");
}

/// Another case about the same family, where nobody has consented.
const ELSEWHERE: &str = "VVT-2026-000124";

async fn two_cases() -> House {
    let house = House::open().await;
    house.case_with_summary().await;
    house.case_without_consents(ELSEWHERE).await;
    house
}

async fn change_elsewhere(house: &House, change: ChangeDraft) {
    let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let draft = PersonChangeDraft {
        case_ref: ELSEWHERE.to_owned(),
        person_key: "father".to_owned(),
        supervisor_user_id: SUPERVISOR.to_owned(),
        change,
    };
    let request = new_request("RecordPersonChange");
    house.gateway.record_person_change(&call, &request, draft, |_| Vec::new()).await.unwrap();
}

/// He speaks in the other case, a day later than before.
async fn speaks_elsewhere(house: &House, word: Word) {
    let tomorrow = now(house).plus(std::time::Duration::from_hours(24));
    house.gateway.clock().set(tomorrow);
    let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let draft = consent_draft(ELSEWHERE, "father", &[("father", 1)], tomorrow);
    let request = new_request("RecordConsent");
    house.gateway.record_consent(&call, &request, (draft, word), |_| Vec::new()).await.unwrap();
}

#[tokio::test]
async fn a_restriction_counts_in_every_case_of_the_person() {
    let house = two_cases().await;
    let request = new_request("RequestSummary");
    house.ask(GGZ, &request).await.unwrap();
    assert_eq!(seen(&house).await, (4, 0));
    change_elsewhere(&house, restricted()).await;
    let error = house.ask(GGZ, &request).await.unwrap_err();
    assert_eq!(missing(&error), "CONSENT_CHANGED", "a kept answer is told again no more");
    assert_eq!(seen(&house).await, (3, 1));
    assert_eq!(check(&house, "father").await, Checked::Deny(DenialReason::ProcessingRestricted));
    change_elsewhere(&house, lifted(&house)).await;
    assert_eq!(seen(&house).await, (4, 0));
    assert!(matches!(check(&house, "father").await, Checked::Permit(_)));
}

#[tokio::test]
async fn a_refusal_counts_in_every_case_of_the_person_and_a_consent_in_its_own() {
    let house = two_cases().await;
    let request = new_request("RequestSummary");
    house.ask(GGZ, &request).await.unwrap();
    speaks_elsewhere(&house, Word::Refused).await;
    let error = house.ask(GGZ, &request).await.unwrap_err();
    assert_eq!(missing(&error), "CONSENT_CHANGED", "a kept answer is told again no more");
    assert_eq!(seen(&house).await, (3, 1));
    assert_eq!(check(&house, "father").await, Checked::Deny(DenialReason::Refused));
    // There he says yes after all, so the no stands no more. Here his yes of before counts.
    speaks_elsewhere(&house, Word::Given).await;
    assert_eq!(seen(&house).await, (4, 0));
    assert!(matches!(check(&house, "father").await, Checked::Permit(_)));
}

#[tokio::test]
async fn what_a_person_agreed_to_in_another_case_permits_nothing_in_this_one() {
    let house = two_cases().await;
    let consented_here = house.ask_about(ELSEWHERE, GGZ, &new_request("RequestSummary")).await;
    let refused = consented_here.unwrap_err();
    let no_consent = Some(DenialReason::NoConsent);
    assert!(matches!(&refused, Error::Denied { reason } if *reason == no_consent), "{refused:?}");
}

#[tokio::test]
async fn a_withdrawal_counts_in_every_case_of_the_person() {
    let house = two_cases().await;
    let consent = house.consent_now(ELSEWHERE, "father", &[("father", 1)]).await.unwrap();
    assert_eq!(seen(&house).await, (4, 0));
    house.gateway.clock().set(now(&house).plus(std::time::Duration::from_hours(24)));
    house.withdraw(&consent, "father", 1).await.unwrap();
    assert_eq!(seen(&house).await, (3, 1));
    assert_eq!(check(&house, "father").await, Checked::Deny(DenialReason::Withdrawn));
}

/// Whoever withdraws means everything that was said before, whatever a clock says.
#[tokio::test]
async fn a_withdrawal_counts_in_every_case_after_the_clock_was_set_back() {
    let house = two_cases().await;
    let today = now(&house);
    house.gateway.clock().set(today.plus(std::time::Duration::from_hours(1)));
    house.consent_now(CASE, "father", &[("father", 1)]).await.unwrap();
    house.gateway.clock().set(today);
    let consent = house.consent_now(ELSEWHERE, "father", &[("father", 1)]).await.unwrap();
    house.withdraw(&consent, "father", 1).await.unwrap();
    assert_eq!(check(&house, "father").await, Checked::Deny(DenialReason::Withdrawn));
    assert_eq!(seen(&house).await, (3, 1));
}

/// Who damages consents in the database keeps none in force, whosever they are.
#[tokio::test]
async fn a_withdrawal_needs_no_other_consent_that_can_be_read() {
    let house = two_cases().await;
    let consent = house.consent_now(ELSEWHERE, "father", &[("father", 1)]).await.unwrap();
    house.gateway.clock().set(now(&house).plus(std::time::Duration::from_hours(24)));
    for person in ["MIN(position)", "MIN(position) + 1"] {
        house.tamper(&format!(
            "UPDATE consents SET content = x'00' WHERE case_ref = '{CASE}' AND subject =
                (SELECT subject FROM case_persons WHERE case_ref = '{CASE}' AND position =
                    (SELECT {person} FROM case_persons WHERE case_ref = '{CASE}'))"
        ));
    }
    house.withdraw(&consent, "father", 1).await.unwrap();
}
