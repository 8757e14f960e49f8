//! Turning 12 and 16: nobody acts, and the consent is judged by the new age all the same.

use std::time::Duration;

use ketenpoort::domain::consent::RenewalCause;
use ketenpoort::domain::organisation::UserRole;

use crate::house::{CASE, GGZ, House, STEUNPUNT, new_request};
use crate::steps::{ITSELF, PARENT, change, ended, key, missing, now, seen, set, state};

/// Noon of the day before the son turns 12.
const BEFORE_12: &str = "2029-11-02T11:00:00Z";
const AT_12: &str = "2029-11-02T23:00:00Z";

#[tokio::test]
async fn turning_12_a_child_signs_too() {
    let house = House::open().await;
    house.case_with_summary().await;
    set(&house, BEFORE_12);
    for (person, signers) in [
        ("mother", &[("mother", ITSELF)][..]),
        ("father", &[("father", ITSELF)]),
        ("daughter", &[("daughter", ITSELF)]),
    ] {
        house.consent_now(CASE, person, signers).await.unwrap();
    }
    let parents = [("mother", PARENT), ("father", PARENT)];
    let consent = house.consent_now(CASE, "son", &parents).await.unwrap();
    let request = new_request("RequestSummary");
    house.ask(GGZ, &request).await.unwrap();
    assert_eq!(seen(&house).await, (4, 0));
    set(&house, AT_12);
    assert_eq!(seen(&house).await, (3, 1));
    assert_eq!(state(&house, &consent).await, "NEEDS_RENEWAL");
    let error = house.ask(GGZ, &request).await.unwrap_err();
    assert_eq!(missing(&error), "CONSENT_CHANGED");
    house.consent_now(CASE, "son", &[("son", ITSELF), ("mother", PARENT)]).await.unwrap();
    assert_eq!(seen(&house).await, (4, 0));
}

#[tokio::test]
async fn turning_16_a_person_decides_alone() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    set(&house, "2026-05-20T10:00:00Z");
    assert_eq!(seen(&house).await, (4, 0));
    assert_eq!(state(&house, &consents[2]).await, "ACTIVE");
    set(&house, "2026-05-21T10:00:00Z");
    let error = house.withdraw(&consents[2], "mother", PARENT).await.unwrap_err();
    assert_eq!(missing(&error), "WITHDRAWAL_WITHOUT_EFFECT");
    assert_eq!(seen(&house).await, (4, 0));
    // Nor does it matter any more who has authority.
    let lost = ended("mother", PARENT, now(&house));
    let answer = change(&house, "daughter", lost).await.unwrap();
    assert_eq!(answer, "ACTIVE ACTIVE\nnotices 0");
    assert_eq!(seen(&house).await, (4, 0));
    house.withdraw(&consents[2], "daughter", ITSELF).await.unwrap();
    assert_eq!(seen(&house).await, (3, 1));
}

#[tokio::test]
async fn a_birthday_is_told_to_the_steunpunt_before_it_comes() {
    let house = House::open().await;
    house.case_with_summary().await;
    set(&house, BEFORE_12);
    let parents = [("mother", PARENT), ("father", PARENT)];
    let consent = house.consent_now(CASE, "son", &parents).await.unwrap();
    let call = |house: &House| house.call(STEUNPUNT, UserRole::ProcessDirector);
    let case = CASE.parse().unwrap();
    let list = async |days: u32| {
        let ahead = Duration::from_hours(24) * days;
        let view = house.gateway.consent_renewals(&call(&house), &case, ahead).await.unwrap();
        assert!(!view.has_more);
        view.renewals
    };
    // The consents of 2026 ended long ago, and nobody has to hear of that today.
    let [renewal] = <[_; 1]>::try_from(list(1).await).unwrap();
    assert_eq!(renewal.consent.consent_id.to_string(), consent);
    assert_eq!(renewal.person_key, key("son"));
    assert_eq!(renewal.renewal.cause, RenewalCause::Birthday);
    assert_eq!(renewal.renewal.at.to_string(), AT_12);
    assert_eq!(renewal.state.as_str(), "ACTIVE");
    set(&house, AT_12);
    let [renewal] = <[_; 1]>::try_from(list(1).await).unwrap();
    assert_eq!(renewal.renewal.cause, RenewalCause::Signatures);
    assert_eq!(renewal.state.as_str(), "NEEDS_RENEWAL");
    // Signed anew there is nothing left to do.
    set(&house, "2029-11-03T12:00:00Z");
    house.consent_now(CASE, "son", &[("son", ITSELF), ("mother", PARENT)]).await.unwrap();
    assert!(list(1).await.is_empty());
    let all = list(366).await;
    assert!(all.iter().all(|one| one.renewal.cause == RenewalCause::End), "{all:?}");
}
