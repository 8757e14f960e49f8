//! Authority gained and lost, representatives excluded and admitted again.

use ketenpoort::domain::consent::{DualOverrideDraft, State};
use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::notice::NoticeContent;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::people::ChangeDraft;
use ketenpoort::gateway::Error;
use ketenpoort::gateway::consents::Word;

use crate::house::{CASE, GGZ, House, POLICE, STEUNPUNT, consent_draft, new_request};
use crate::steps::{
    ITSELF, PARENT, SUPERVISOR, begun, change, change_as, ended, entries, exclude, key, missing,
    notices, now, seen, set, state,
};

#[tokio::test]
async fn a_consent_needs_renewal_when_the_parent_who_signed_loses_authority() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    assert_eq!(seen(&house).await, (4, 0));
    let lost = ended("mother", PARENT, now(&house));
    let answer = change(&house, "daughter", lost).await.unwrap();
    assert_eq!(answer, "ACTIVE NEEDS_RENEWAL\nnotices 1");
    assert_eq!(seen(&house).await, (3, 1));
    assert_eq!(state(&house, &consents[2]).await, "NEEDS_RENEWAL");
    // The other parent signs with her: it may be shared again.
    house.consent_now(CASE, "daughter", &[("daughter", ITSELF), ("father", PARENT)]).await.unwrap();
    assert_eq!(seen(&house).await, (4, 0));
}

#[tokio::test]
async fn a_consent_is_worth_something_again_when_authority_comes_back() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    change(&house, "daughter", ended("mother", PARENT, now(&house))).await.unwrap();
    assert_eq!(seen(&house).await, (3, 1));
    let answer = change(&house, "daughter", begun("mother", PARENT, now(&house))).await.unwrap();
    assert_eq!(answer, "NEEDS_RENEWAL ACTIVE\nnotices 0");
    assert_eq!(state(&house, &consents[2]).await, "ACTIVE");
    assert_eq!(seen(&house).await, (4, 0));
}

#[tokio::test]
async fn a_parent_who_gains_authority_must_sign_too() {
    let house = House::open().await;
    house.case_with_summary().await;
    change(&house, "son", ended("father", PARENT, now(&house))).await.unwrap();
    // Both signed, and of the two only the mother decides.
    assert_eq!(seen(&house).await, (4, 0));
    set(&house, "2026-03-13T00:52:00Z");
    house.consent_now(CASE, "son", &[("mother", PARENT)]).await.unwrap();
    assert_eq!(seen(&house).await, (4, 0));
    let answer = change(&house, "son", begun("father", PARENT, now(&house))).await.unwrap();
    // The one of both parents suffices again, the one of the mother alone does not.
    assert_eq!(answer, "ACTIVE ACTIVE\nACTIVE NEEDS_RENEWAL\nnotices 1");
    assert_eq!(seen(&house).await, (4, 0));
}

#[tokio::test]
async fn a_kept_answer_is_not_repeated_after_authority_changed() {
    let house = House::open().await;
    house.case_with_summary().await;
    let request = new_request("RequestSummary");
    let answer = house.ask(GGZ, &request).await.unwrap();
    assert_eq!(house.ask(GGZ, &request).await.unwrap(), answer);
    change(&house, "daughter", ended("mother", PARENT, now(&house))).await.unwrap();
    let error = house.ask(GGZ, &request).await.unwrap_err();
    assert_eq!(missing(&error), "CONSENT_CHANGED");
}

#[tokio::test]
async fn organisations_of_a_consent_that_stopped_to_suffice_get_a_notice() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    change(&house, "daughter", ended("mother", PARENT, now(&house))).await.unwrap();
    let found = notices(&house, GGZ).await;
    let [NoticeContent::ConsentNeedsRenewal { consent_ids, .. }] = found.as_slice() else {
        panic!("other notices: {found:?}")
    };
    assert_eq!(consent_ids.iter().map(ToString::to_string).collect::<Vec<_>>(), consents[2..3]);
    // Who recorded it has its answer.
    assert_eq!(notices(&house, STEUNPUNT).await, []);
}

#[tokio::test]
async fn an_excluded_signature_does_not_count_until_the_exclusion_is_lifted() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    let answer = exclude(&house, "mother", "daughter").await.unwrap();
    assert_eq!(answer, "ACTIVE NEEDS_RENEWAL\nnotices 1");
    assert_eq!(seen(&house).await, (3, 1));
    let lift = ChangeDraft::ExclusionLifted { representative_key: "mother".to_owned() };
    let answer = change(&house, "daughter", lift.clone()).await.unwrap();
    assert_eq!(answer, "NEEDS_RENEWAL ACTIVE\nnotices 0");
    assert_eq!(seen(&house).await, (4, 0));
    assert_eq!(state(&house, &consents[2]).await, "ACTIVE");
    let error = change(&house, "daughter", lift).await.unwrap_err();
    assert_eq!(missing(&error), "EXCLUDED");
    exclude(&house, "mother", "daughter").await.unwrap();
    assert_eq!(seen(&house).await, (3, 1));
}

#[tokio::test]
async fn one_of_two_parents_withdraws_for_a_child_under_12() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    assert_eq!(seen(&house).await, (4, 0));
    house.withdraw(&consents[3], "father", PARENT).await.unwrap();
    assert_eq!(seen(&house).await, (3, 1));
    assert_eq!(state(&house, &consents[3]).await, "WITHDRAWN");
    let found = notices(&house, GGZ).await;
    assert!(matches!(found.as_slice(), [NoticeContent::ConsentWithdrawn { .. }]), "{found:?}");
}

#[tokio::test]
async fn a_parent_does_not_withdraw_what_was_given_over_the_parents_refusal() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    house.withdraw(&consents[2], "father", PARENT).await.unwrap();
    assert_eq!(seen(&house).await, (3, 1));
    set(&house, "2026-03-13T00:52:00Z");
    let mut draft = consent_draft(CASE, "daughter", &[("daughter", ITSELF)], now(&house));
    draft.dual_override = Some(DualOverrideDraft {
        reason: 2,
        decided_by: "sp-0147".to_owned(),
        supervisor: SUPERVISOR.to_owned(),
    });
    let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let request = new_request("RecordConsent");
    let id = house
        .gateway
        .record_consent(&call, &request, (draft, Word::Given), |of| {
            assert_eq!(of.view.state, State::Active);
            of.view.consent.consent_id.to_string().into_bytes()
        })
        .await
        .unwrap();
    let id = String::from_utf8(id).unwrap();
    assert_eq!(seen(&house).await, (4, 0));
    let error = house.withdraw(&id, "father", PARENT).await.unwrap_err();
    assert_eq!(missing(&error), "WITHDRAWAL_WITHOUT_EFFECT");
    house.withdraw(&id, "daughter", ITSELF).await.unwrap();
    assert_eq!(seen(&house).await, (3, 1));
}

#[tokio::test]
async fn what_held_at_an_earlier_moment_can_be_told() {
    let house = House::open().await;
    house.case_with_summary().await;
    let before = now(&house);
    set(&house, "2026-05-29T10:00:00Z");
    let backdated = "2026-05-01T00:00:00Z".parse().unwrap();
    change(&house, "son", ended("father", PARENT, backdated)).await.unwrap();
    let case = CASE.parse().unwrap();
    let who_signs = async |moment| {
        let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
        let son = key("son");
        let look = house.gateway.person_standing(&call, (&case, &son), Some(moment)).await.unwrap();
        look.required.len()
    };
    assert_eq!(who_signs(before).await, 2);
    assert_eq!(who_signs("2026-04-30T23:59:59Z".parse().unwrap()).await, 2);
    assert_eq!(who_signs(backdated).await, 1);
    assert_eq!(who_signs(now(&house)).await, 1);
    let ahead = now(&house).plus(std::time::Duration::from_mins(1));
    let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let asked = house.gateway.person_standing(&call, (&case, &key("son")), Some(ahead)).await;
    assert!(matches!(asked, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn a_change_is_in_the_ledger_about_its_person_once() {
    let house = House::open().await;
    house.case_with_summary().await;
    let event = EventCode::RepresentationChanged;
    let request = new_request("RecordPersonChange");
    let by = (STEUNPUNT, SUPERVISOR);
    let lost = ended("mother", PARENT, now(&house));
    let answer = change_as(&house, &request, by, "daughter", lost.clone()).await.unwrap();
    assert_eq!(entries(&house, event).await, (1, 1));
    let again = change_as(&house, &request, by, "daughter", lost.clone()).await.unwrap();
    assert_eq!(again, answer);
    assert_eq!(entries(&house, event).await, (1, 1));
    change(&house, "son", lost).await.unwrap();
    assert_eq!(entries(&house, event).await, (2, 2));
}

#[tokio::test]
async fn of_two_equal_changes_at_the_same_time_one_is_refused() {
    let house = House::open().await;
    house.case_with_summary().await;
    let lost = ended("mother", PARENT, now(&house));
    let (one, other) =
        tokio::join!(change(&house, "son", lost.clone()), change(&house, "son", lost));
    let refused = match (one, other) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("not one of them: {both:?}"),
    };
    assert_eq!(missing(&refused), "REPRESENTATIVE");
    let event = EventCode::RepresentationChanged;
    assert_eq!(entries(&house, event).await, (1, 1));
}

#[tokio::test]
async fn only_the_steunpunt_that_directs_the_case_changes_and_sees_it() {
    let house = House::open().await;
    house.case_with_summary().await;
    for oin in [GGZ, POLICE] {
        let lost = ended("mother", PARENT, now(&house));
        let request = new_request("RecordPersonChange");
        let error = change_as(&house, &request, (oin, SUPERVISOR), "son", lost).await.unwrap_err();
        assert!(matches!(error, Error::Denied { .. }), "{error}");
        let call = house.call(oin, UserRole::CaseWorker);
        let case = CASE.parse().unwrap();
        let look = house.gateway.person_standing(&call, (&case, &key("son")), None).await;
        assert!(matches!(look, Err(Error::Denied { .. })));
        let ahead = std::time::Duration::from_hours(24);
        let list = house.gateway.consent_renewals(&call, &case, ahead).await;
        assert!(matches!(list, Err(Error::Denied { .. })));
    }
    assert_eq!(seen(&house).await, (4, 0));
}

#[tokio::test]
async fn everything_wrong_with_a_change_is_named_and_nothing_is_changed() {
    let house = House::open().await;
    house.case_with_summary().await;
    let ahead = now(&house).plus(std::time::Duration::from_secs(1));
    let request = new_request("RecordPersonChange");
    let lost = ended("uncle", PARENT, ahead);
    let error = change_as(&house, &request, (STEUNPUNT, "u-1"), "son", lost).await.unwrap_err();
    let Error::Invalid(violations) = error else { panic!("another refusal: {error}") };
    let rules: Vec<&str> = violations.iter().map(|violation| violation.rule).collect();
    assert_eq!(rules, ["IN_FUTURE", "UNKNOWN_PERSON", "FOUR_EYES"]);
    for (changed, code) in [
        (begun("father", PARENT, now(&house)), "NOT_A_REPRESENTATIVE"),
        (ended("daughter", PARENT, now(&house)), "REPRESENTATIVE"),
    ] {
        let error = change(&house, "son", changed).await.unwrap_err();
        assert_eq!(missing(&error), code);
    }
    let event = EventCode::RepresentationChanged;
    assert_eq!(entries(&house, event).await, (0, 0));
}
