//! Somebody becomes incapable, and recovers.

use ketenpoort::domain::people::ChangeDraft;

use crate::house::{CASE, House};
use crate::steps::{ITSELF, MENTOR, begun, change, ended, missing, now, seen, set, state};

fn incapable(house: &House) -> ChangeDraft {
    let decided_by_user_id = "ggz-0310".to_owned();
    ChangeDraft::IncapacityBegun { decided_by_user_id, from: Some(now(house)) }
}

fn capable(house: &House) -> ChangeDraft {
    let decided_by_user_id = "ggz-0310".to_owned();
    ChangeDraft::IncapacityEnded { decided_by_user_id, until: Some(now(house)) }
}

#[tokio::test]
async fn an_adult_who_becomes_incapable_is_spoken_for_by_the_first_in_line() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    assert_eq!(seen(&house).await, (4, 0));
    let answer = change(&house, "mother", incapable(&house)).await.unwrap();
    assert_eq!(answer, "ACTIVE NEEDS_RENEWAL\nnotices 1");
    assert_eq!(seen(&house).await, (3, 1));
    assert_eq!(state(&house, &consents[0]).await, "NEEDS_RENEWAL");
    // Neither she nor somebody without a capacity can sign.
    for signer in [("mother", ITSELF), ("father", MENTOR)] {
        let refused = house.consent_now(CASE, "mother", &[signer]).await.unwrap_err();
        assert_eq!(missing(&refused), "SIGNATURES_INSUFFICIENT");
    }
    change(&house, "mother", begun("father", MENTOR, now(&house))).await.unwrap();
    set(&house, "2026-03-13T00:52:00Z");
    house.consent_now(CASE, "mother", &[("father", MENTOR)]).await.unwrap();
    assert_eq!(seen(&house).await, (4, 0));
}

#[tokio::test]
async fn who_recovers_speaks_alone_again() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    change(&house, "mother", incapable(&house)).await.unwrap();
    change(&house, "mother", begun("father", MENTOR, now(&house))).await.unwrap();
    assert_eq!(missing(&change(&house, "mother", incapable(&house)).await.unwrap_err()), "CAPABLE");
    set(&house, "2026-03-13T00:52:00Z");
    let by_mentor = house.consent_now(CASE, "mother", &[("father", MENTOR)]).await.unwrap();
    house.withdraw(&consents[0], "mother", ITSELF).await.unwrap_err();
    set(&house, "2026-03-14T00:52:00Z");
    let answer = change(&house, "mother", capable(&house)).await.unwrap();
    assert_eq!(answer, "NEEDS_RENEWAL ACTIVE\nACTIVE NEEDS_RENEWAL\nnotices 1");
    assert_eq!(state(&house, &by_mentor).await, "NEEDS_RENEWAL");
    assert_eq!(seen(&house).await, (4, 0));
    house.withdraw(&consents[0], "mother", ITSELF).await.unwrap();
    assert_eq!(seen(&house).await, (3, 1));
}

#[tokio::test]
async fn the_end_of_mentorship_leaves_nobody_to_sign() {
    let house = House::open().await;
    house.case_with_summary().await;
    change(&house, "mother", incapable(&house)).await.unwrap();
    change(&house, "mother", begun("father", MENTOR, now(&house))).await.unwrap();
    set(&house, "2026-03-13T00:52:00Z");
    house.consent_now(CASE, "mother", &[("father", MENTOR)]).await.unwrap();
    assert_eq!(seen(&house).await, (4, 0));
    change(&house, "mother", ended("father", MENTOR, now(&house))).await.unwrap();
    assert_eq!(seen(&house).await, (3, 1));
}
