//! Referrals about people who are in a case.

use crate::domain::referral::{State, TriageOutcome};
use crate::store::{AboutRow, Needs, PersonRow, RepeatRow, Transition};

use super::samples::{case, case_ref, oin, referral, subject};
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    the_cases_of_people_are_found_newest_first_and_once,
    cases_that_were_read_ahead_are_the_same,
    referrals_are_linked_to_a_case_once,
);

fn person(number: u8) -> PersonRow {
    PersonRow { position: i64::from(number), subject: subject(number), content: vec![1] }
}

fn about(number: u64) -> AboutRow {
    AboutRow { opened_at: at(number), case_ref: case_ref(number), steunpunt_oin: oin(2) }
}

/// Persons 1 and 2 are in case 1, person 2 is in case 2 as well.
async fn two_cases(fixture: &Fixture) {
    let mut tx = fixture.write().await;
    for number in [1, 2] {
        tx.record_case(&case(number)).await.unwrap();
    }
    for (number, people) in [(1, vec![1, 2]), (2, vec![2])] {
        for one in people {
            tx.insert_case_person(&case_ref(number), &person(one)).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}

async fn the_cases_of_people_are_found_newest_first_and_once(fixture: Fixture) {
    two_cases(&fixture).await;
    let mut tx = fixture.read().await;
    let both = [subject(1), subject(2)];
    assert_eq!(tx.cases_about(&both).await.unwrap(), [about(2), about(1)]);
    assert_eq!(tx.cases_about(&[subject(1)]).await.unwrap(), [about(1)]);
    assert_eq!(tx.cases_about(&[subject(3)]).await.unwrap(), []);
}

async fn cases_that_were_read_ahead_are_the_same(fixture: Fixture) {
    two_cases(&fixture).await;
    let mut tx = fixture.write().await;
    let people = vec![subject(1), subject(2), subject(3)];
    let needs = Needs { subjects: people.clone(), from: Some(at(0)), ..Needs::default() };
    tx.read_ahead(needs).await.unwrap();
    assert_eq!(tx.cases_about(&people).await.unwrap(), [about(2), about(1)]);
    assert_eq!(tx.cases_about(&[subject(3)]).await.unwrap(), []);
}

async fn referrals_are_linked_to_a_case_once(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in [5, 6, 7] {
        tx.insert_referral(&referral(number)).await.unwrap();
    }
    let triage_outcome = Some(TriageOutcome::VvtTeam);
    let triaged = Transition { triage_outcome, ..Transition::default() };
    let id = referral(6).referral_id;
    tx.update_referral(id, State::Routed, State::Routed, &triaged).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fixture.write().await;
    for number in [5, 6, 6] {
        let id = referral(number).referral_id;
        tx.link_case_referral(&case_ref(1), id, at(number)).await.unwrap();
    }
    tx.link_case_referral(&case_ref(2), referral(7).referral_id, at(7)).await.unwrap();
    let row = |number, triage_outcome| RepeatRow {
        referral_id: referral(number).referral_id,
        submitted_at: at(number),
        state: State::Routed,
        triage_outcome,
        repeat_index: 1,
    };
    let found = tx.case_referrals(&case_ref(1), 9).await.unwrap();
    assert_eq!(found, [row(6, Some(TriageOutcome::VvtTeam)), row(5, None)]);
    assert_eq!(tx.case_referral_count(&case_ref(1)).await.unwrap(), 2);
    assert_eq!(tx.case_referral_count(&case_ref(3)).await.unwrap(), 0);
}
