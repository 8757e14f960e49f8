//! Use cases from the outside, each told to its end: a referral that is taken back, an inbox and its
//! leases, looks at the ledger, the closed question, and the proofs. Time moves by the clock of the
//! gateway only, so no test waits.
#![cfg(test)]

use std::time::Duration;

use ketenpoort::domain::consent::State as ConsentState;
use ketenpoort::domain::event::{DenialReason, EventCode};
use ketenpoort::domain::id::{ClientId, LeaseToken, PersonKey, ReferralId};
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::referral::{SendBackReason, Settlement, State};
use ketenpoort::gateway::check_consent::{Checked, QuestionDraft};
use ketenpoort::gateway::inbox::settle::Settled;
use ketenpoort::gateway::inbox::{InboxReader, LEASE_DEFAULT, Received};
use ketenpoort::gateway::referral_status::ReferralStatus;
use ketenpoort::gateway::{Call, Error, Request};
use ketenpoort::ledger::checkpoint::Checkpoint;
use ketenpoort::ledger::entry::Entry;
use ketenpoort::ledger::hash::Hash;
use ketenpoort::ledger::note::Note;
use ketenpoort::ledger::proof::{verify_consistency, verify_inclusion};

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;
#[path = "calls/looks.rs"]
mod looks;
#[path = "calls/questions.rs"]
mod questions;

use house::{CASE, GGZ, House, MEE, POLICE, STEUNPUNT, at, new_request, referral_id_of};

/// The office of the region, which sees the whole ledger.
const REGION: &str = "00000099000000009000";
const SECOND: Duration = Duration::from_secs(1);

/// The entries of the ledger from a place on.
async fn entries(house: &House, from: usize) -> Vec<Entry> {
    let mut tx = house.db().await.read().await.unwrap();
    let leaves = tx.leaves(0, 100_000).await.unwrap();
    leaves.iter().skip(from).map(|leaf| Entry::decode(&leaf.entry).unwrap()).collect()
}

async fn events_since(house: &House, from: usize) -> Vec<u16> {
    entries(house, from).await.iter().map(|entry| entry.event).collect()
}

async fn ledger_len(house: &House) -> usize {
    entries(house, 0).await.len()
}

fn pass(house: &House, time: Duration) {
    let clock = house.gateway.clock();
    clock.set(clock.now().plus(time));
}

#[track_caller]
fn assert_hidden(error: &Error) {
    assert!(matches!(error, Error::Denied { reason: None }), "{error:?}");
}

#[track_caller]
fn assert_role_refused(error: &Error) {
    let refused = Some(DenialReason::RoleNotAllowed);
    assert!(matches!(error, Error::Denied { reason } if *reason == refused), "{error:?}");
}

/// One field is wrong, by this rule.
#[track_caller]
fn assert_violates(error: Error, field: &str, rule: &str) {
    let Error::Invalid(violations) = error else { panic!("{error:?}") };
    let found: Vec<_> = violations.iter().map(|one| (one.field.as_str(), one.rule)).collect();
    assert_eq!(found, [(field, rule)]);
}

// A referral on its way.

async fn submitted(house: &House) -> ReferralId {
    let request = new_request("SubmitReferral");
    house.submit(&request).await.unwrap();
    referral_id_of(&request)
}

async fn status(house: &House, id: ReferralId) -> ReferralStatus {
    let caller = house.gateway.admit(&POLICE.parse().unwrap(), None).unwrap();
    house.gateway.referral_status(&caller, id).await.unwrap()
}

async fn withdraw(
    house: &House,
    oin: &str,
    request: &Request,
    id: ReferralId,
) -> Result<String, Error> {
    let call = house.call(oin, UserRole::PoliceOfficer);
    let encode = |answer: &ReferralStatus| answer.state.to_string().into_bytes();
    let bytes = house.gateway.withdraw_referral(&call, request, id, encode).await?;
    Ok(String::from_utf8(bytes).unwrap())
}

fn steunpunt(house: &House) -> Call {
    house.call(STEUNPUNT, UserRole::System)
}

/// A reader that just connected.
async fn connect(house: &House, client: &str) -> InboxReader {
    let client: ClientId = client.parse().unwrap();
    house.gateway.open_inbox(&steunpunt(house), client, None, None).await.unwrap()
}

async fn receive(house: &House, inbox: &mut InboxReader) -> Vec<Received> {
    house.gateway.receive(&steunpunt(house), inbox, 10).await.unwrap()
}

/// The one referral in the inbox, by a reader that just connected.
async fn receive_one(house: &House, client: &str) -> Received {
    let mut received = receive(house, &mut connect(house, client).await).await;
    assert_eq!(received.len(), 1);
    received.remove(0)
}

async fn is_free_to(house: &House, client: &str) -> bool {
    !receive(house, &mut connect(house, client).await).await.is_empty()
}

async fn settle(house: &House, token: LeaseToken, settlement: Settlement) -> Settled {
    let settlements = vec![(token, settlement)];
    let mut settled = house.gateway.settle(&steunpunt(house), settlements).await.unwrap();
    assert_eq!(settled.len(), 1);
    let (named, settled) = settled.remove(0);
    assert_eq!(named, token);
    settled
}

const ACKNOWLEDGE: Settlement = Settlement::Acknowledge { local_reference: None };

#[tokio::test]
async fn a_referral_that_nobody_acknowledged_can_be_taken_back() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let held = receive_one(&house, "reader").await;
    let before = ledger_len(&house).await;
    let request = new_request("WithdrawReferral");
    assert_eq!(withdraw(&house, POLICE, &request, id).await.unwrap(), "WITHDRAWN");
    let code = EventCode::ReferralWithdrawn.number();
    assert_eq!(events_since(&house, before).await, [code; 4]);

    // Whoever held it holds it no more, and nobody gets it again.
    assert_eq!(settle(&house, held.lease_token, ACKNOWLEDGE).await, Settled::LeaseLost);
    assert_eq!(status(&house, id).await.state, State::Withdrawn);
    let inbox = connect(&house, "reader").await;
    assert_eq!(house.gateway.inbox_backlog(&inbox).await.unwrap().waiting, 0);
    assert!(!is_free_to(&house, "reader").await);
    // The same request again is answered the same; another one finds it withdrawn.
    assert_eq!(withdraw(&house, POLICE, &request, id).await.unwrap(), "WITHDRAWN");
    let again = new_request("WithdrawReferral");
    let refused = withdraw(&house, POLICE, &again, id).await.unwrap_err();
    assert!(matches!(refused, Error::Precondition(_)), "{refused:?}");
}

#[tokio::test]
async fn an_acknowledged_referral_cannot_be_taken_back() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let held = receive_one(&house, "reader").await;
    settle(&house, held.lease_token, ACKNOWLEDGE).await;
    let request = new_request("WithdrawReferral");
    let refused = withdraw(&house, POLICE, &request, id).await.unwrap_err();
    let Error::Precondition(unmet) = refused else { panic!("{refused:?}") };
    assert_eq!(unmet[0].code, "NOT_ACKNOWLEDGED");
    assert_eq!(status(&house, id).await.state, State::Acknowledged);
}

#[tokio::test]
async fn somebody_elses_referral_cannot_be_taken_back_nor_seen_to_exist() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let missing = referral_id_of(&new_request("SubmitReferral"));
    for oin in [STEUNPUNT, GGZ] {
        for unseen in [id, missing] {
            let request = new_request("WithdrawReferral");
            assert_hidden(&withdraw(&house, oin, &request, unseen).await.unwrap_err());
        }
    }
    assert_eq!(status(&house, id).await.state, State::Routed);
    assert!(is_free_to(&house, "reader").await);
}

#[tokio::test]
async fn a_referral_is_handed_over_once_and_acknowledged_once() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let before = ledger_len(&house).await;
    let held = receive_one(&house, "reader").await;
    assert_eq!((held.referral.referral_id, held.attempt), (id, 1));
    let code = EventCode::ReferralDelivered.number();
    assert_eq!(events_since(&house, before).await, [code; 4]);
    assert!(!is_free_to(&house, "other").await);
    assert_eq!(status(&house, id).await.state, State::Delivered);

    let first = settle(&house, held.lease_token, ACKNOWLEDGE).await;
    let Settled::Done { at: acknowledged_at, .. } = first else { panic!("{first:?}") };
    pass(&house, LEASE_DEFAULT * 2);
    // The answer was lost, so the reader asks again.
    assert_eq!(settle(&house, held.lease_token, ACKNOWLEDGE).await, first);
    let told = status(&house, id).await;
    assert_eq!(told.state, State::Acknowledged);
    assert_eq!(told.responsibility_transferred_at, Some(acknowledged_at));
    assert!(!is_free_to(&house, "reader").await);
}

#[tokio::test]
async fn a_lease_can_be_extended() {
    let house = House::open().await;
    submitted(&house).await;
    let held = receive_one(&house, "reader").await;
    let lease = Duration::from_mins(5);
    let earliest = house.gateway.clock().now().plus(lease);
    let extended = settle(&house, held.lease_token, Settlement::Extend { lease }).await;
    let Settled::Done { at: until, .. } = extended else { panic!("{extended:?}") };
    assert!(until >= earliest && until < earliest.plus(LEASE_DEFAULT));

    house.gateway.clock().set(held.lease_expires_at.plus(SECOND));
    assert!(!is_free_to(&house, "other").await);
    house.gateway.clock().set(until.plus(SECOND));
    let again = receive_one(&house, "other").await;
    assert_eq!((again.delivery_id, again.attempt), (held.delivery_id, 2));
}

#[tokio::test]
async fn a_released_referral_is_free_again_after_its_delay() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let held = receive_one(&house, "reader").await;
    let retry_delay = Duration::from_mins(2);
    let released = settle(&house, held.lease_token, Settlement::Release { retry_delay }).await;
    assert!(matches!(released, Settled::Done { referral_id, .. } if referral_id == id));
    assert_eq!(status(&house, id).await.state, State::Routed);
    assert_eq!(settle(&house, held.lease_token, ACKNOWLEDGE).await, Settled::LeaseLost);
    pass(&house, Duration::from_secs(100));
    assert!(!is_free_to(&house, "reader").await);

    pass(&house, Duration::from_secs(21));
    let again = receive_one(&house, "reader").await;
    assert_eq!((again.delivery_id, again.attempt), (held.delivery_id, 2));
    assert_ne!(again.lease_token, held.lease_token);
    assert_eq!(status(&house, id).await.delivery_attempts, 2);
}

#[tokio::test]
async fn a_referral_that_is_sent_back_tells_its_sender_why() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let held = receive_one(&house, "reader").await;
    let before = ledger_len(&house).await;
    let reason = SendBackReason::WrongOrganisation;
    let send_back = Settlement::SendBack { reason, explanation: None };
    let settled = settle(&house, held.lease_token, send_back).await;
    assert!(matches!(settled, Settled::Done { referral_id, .. } if referral_id == id));
    let code = EventCode::ReferralReturned.number();
    assert_eq!(events_since(&house, before).await, [code; 4]);

    let told = status(&house, id).await;
    assert_eq!((told.state, told.send_back_reason), (State::Returned, Some(reason)));
    assert_eq!(told.responsibility_transferred_at, None);
    pass(&house, LEASE_DEFAULT * 2);
    assert!(!is_free_to(&house, "reader").await);
    assert_eq!(settle(&house, held.lease_token, ACKNOWLEDGE).await, Settled::LeaseLost);
}

#[tokio::test]
async fn an_expired_lease_settles_nothing_and_the_referral_is_handed_over_again() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let held = receive_one(&house, "reader").await;
    house.gateway.clock().set(held.lease_expires_at.plus(SECOND));
    let before = ledger_len(&house).await;
    assert_eq!(settle(&house, held.lease_token, ACKNOWLEDGE).await, Settled::LeaseLost);
    assert_eq!(ledger_len(&house).await, before);

    let again = receive_one(&house, "other").await;
    assert_eq!((again.delivery_id, again.attempt), (held.delivery_id, 2));
    assert_eq!(settle(&house, held.lease_token, ACKNOWLEDGE).await, Settled::LeaseLost);
    assert_eq!(status(&house, id).await.state, State::Delivered);
}

#[tokio::test]
async fn a_polling_reader_keeps_what_it_holds() {
    let house = House::open().await;
    submitted(&house).await;
    let mut first = connect(&house, "reader").await.polling();
    let held = receive(&house, &mut first).await;
    assert_eq!(held.len(), 1);
    let mut second = connect(&house, "reader").await.polling();
    assert!(receive(&house, &mut second).await.is_empty());
    let settled = settle(&house, held[0].lease_token, ACKNOWLEDGE).await;
    assert!(matches!(settled, Settled::Done { .. }));
}

#[tokio::test]
async fn a_reconnecting_reader_takes_back_its_own_and_nobody_elses() {
    let house = House::open().await;
    submitted(&house).await;
    let mut stream = connect(&house, "reader").await;
    let held = receive(&house, &mut stream).await.remove(0);
    assert!(receive(&house, &mut stream).await.is_empty());
    assert!(!is_free_to(&house, "other").await);

    let again = receive_one(&house, "reader").await;
    assert_eq!((again.delivery_id, again.attempt), (held.delivery_id, 2));
    assert_eq!(settle(&house, held.lease_token, ACKNOWLEDGE).await, Settled::LeaseLost);
}

#[tokio::test]
async fn an_inbox_is_for_the_steunpunt_only() {
    let house = House::open().await;
    submitted(&house).await;
    let held = receive_one(&house, "reader").await;
    let ggz = house.call(GGZ, UserRole::System);
    let client: ClientId = "reader".parse().unwrap();
    let refused = house.gateway.open_inbox(&ggz, client, None, None).await.unwrap_err();
    assert_role_refused(&refused);
    let settlements = vec![(held.lease_token, ACKNOWLEDGE)];
    assert_role_refused(&house.gateway.settle(&ggz, settlements).await.unwrap_err());
}

// The closed question.

fn question(person: &str, recipient: &str, categories: &[i32]) -> QuestionDraft {
    QuestionDraft {
        case_ref: CASE.to_owned(),
        person_key: person.to_owned(),
        source_oin: STEUNPUNT.to_owned(),
        recipient_oin: recipient.to_owned(),
        purpose: 1,
        categories: categories.to_vec(),
    }
}

/// Asks, and sees that the question and its answer are one entry.
async fn check(house: &House, oin: &str, draft: QuestionDraft) -> Checked {
    let before = ledger_len(house).await;
    let call = house.call(oin, UserRole::CaseWorker);
    let checked = house.gateway.check_consent(&call, draft).await.unwrap();
    let added = entries(house, before).await;
    assert_eq!(added.len(), 1);
    assert_eq!(added[0].event, EventCode::ConsentChecked.number());
    let reason = match &checked {
        Checked::Permit(_) => 0,
        Checked::Deny(reason) => reason.number(),
    };
    assert_eq!((added[0].reason, added[0].outcome == 0), (reason, reason == 0));
    checked
}

#[tokio::test]
async fn the_closed_question_is_answered_with_the_consents_that_it_rests_on() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    for oin in [STEUNPUNT, GGZ] {
        for (person, consent) in ["mother", "father", "daughter", "son"].iter().zip(&consents) {
            let checked = check(&house, oin, question(person, GGZ, &[5, 6])).await;
            let Checked::Permit(relied_on) = checked else { panic!("{checked:?}") };
            let relied_on: Vec<_> =
                relied_on.iter().map(|one| one.consent_id.to_string()).collect();
            assert_eq!(relied_on, [consent.as_str()]);
        }
    }
}

#[tokio::test]
async fn the_closed_question_is_answered_no_with_the_reason() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    let to_mee = question("mother", MEE, &[5]);
    assert_eq!(check(&house, MEE, to_mee).await, Checked::Deny(DenialReason::NoConsent));
    let too_much = question("mother", GGZ, &[5, 9]);
    assert_eq!(check(&house, GGZ, too_much).await, Checked::Deny(DenialReason::CategoryNotCovered));
    house.withdraw(&consents[0], "mother", 1).await.unwrap();
    let withdrawn = question("mother", GGZ, &[5]);
    assert_eq!(check(&house, GGZ, withdrawn).await, Checked::Deny(DenialReason::Withdrawn));
    let call = house.call(GGZ, UserRole::CaseWorker);
    let view = house.gateway.consent_view(&call, &consents[0]).await.unwrap();
    assert_eq!(view.state, ConsentState::Withdrawn);
}

#[tokio::test]
async fn the_closed_question_is_for_its_source_and_its_recipient() {
    let house = House::open().await;
    house.case_with_summary().await;
    let ask = async |oin, draft| {
        let call = house.call(oin, UserRole::CaseWorker);
        house.gateway.check_consent(&call, draft).await.unwrap_err()
    };
    assert_role_refused(&ask(MEE, question("mother", GGZ, &[5])).await);
    assert_role_refused(&ask(POLICE, question("mother", GGZ, &[5])).await);
    let elsewhere = "00000099000000008000";
    assert_hidden(&ask(elsewhere, question("mother", elsewhere, &[5])).await);
    assert_violates(ask(GGZ, question("mother", GGZ, &[])).await, "categories", "REQUIRED");
}

#[tokio::test]
async fn a_consent_is_shown_to_its_source_and_its_recipient_only() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    let daughter = &consents[2];
    for oin in [STEUNPUNT, GGZ] {
        let call = house.call(oin, UserRole::CaseWorker);
        let view = house.gateway.consent_view(&call, daughter).await.unwrap();
        assert_eq!(view.consent.consent_id.to_string(), *daughter);
        assert_eq!(view.state, ConsentState::Active);
        assert_eq!(view.person_key.as_str(), "daughter");
        let mut signed: Vec<_> = view.grantor_keys.iter().map(PersonKey::as_str).collect();
        signed.sort_unstable();
        assert_eq!(signed, ["daughter", "mother"]);
    }
    let missing = referral_id_of(&new_request("SubmitReferral")).to_string();
    for oin in [MEE, POLICE, REGION] {
        let call = house.call(oin, UserRole::CaseWorker);
        for unseen in [daughter, &missing] {
            assert_hidden(&house.gateway.consent_view(&call, unseen).await.unwrap_err());
        }
    }
}

// Proofs.

#[tokio::test]
async fn every_entry_is_proven_against_the_signed_state() {
    let house = House::open().await;
    house.case_with_summary().await;
    let signed = house.gateway.latest_checkpoint().await.unwrap();
    let note: Note = signed.note.parse().unwrap();
    let known = [house.gateway.ledger_verifier().clone()];
    let checkpoint = Checkpoint::open(&note, &known, known[0].name()).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (signed.size, signed.root));

    for index in 0..signed.size {
        let proven = house.gateway.proven(index, None).await.unwrap();
        assert_eq!((proven.tree_size, proven.root), (signed.size, signed.root));
        assert_eq!(proven.leaf, Hash::leaf(proven.entry.as_ref().unwrap()));
        assert!(proven.tlog_proof.is_some());
        let verify = |leaf| verify_inclusion(leaf, index, signed.size, &proven.hashes, signed.root);
        verify(proven.leaf).unwrap();
        verify(Hash::leaf(b"another entry")).unwrap_err();
    }
}

#[tokio::test]
async fn the_ledger_is_proven_to_have_only_grown() {
    let house = House::open().await;
    submitted(&house).await;
    let older = house.gateway.latest_checkpoint().await.unwrap();
    submitted(&house).await;
    let newer = house.gateway.latest_checkpoint().await.unwrap();
    assert!(newer.size > older.size);
    let extended = house.gateway.extended(older.size, None).await.unwrap();
    assert_eq!((extended.size, extended.root), (newer.size, newer.root));
    let verify = |old_root| {
        verify_consistency(older.size, old_root, newer.size, newer.root, &extended.hashes)
    };
    verify(older.root).unwrap();
    verify(Hash::leaf(b"another tree")).unwrap_err();

    let proven = house.gateway.proven(0, Some(older.size)).await.unwrap();
    verify_inclusion(proven.leaf, 0, older.size, &proven.hashes, older.root).unwrap();
    let same = house.gateway.extended(1, Some(older.size)).await.unwrap();
    let first = Hash::leaf(proven.entry.as_ref().unwrap());
    verify_consistency(1, first, older.size, older.root, &same.hashes).unwrap();
}

#[tokio::test]
async fn a_proof_of_what_the_ledger_does_not_have_is_a_violation() {
    let house = House::open().await;
    let size = house.gateway.latest_checkpoint().await.unwrap().size;
    let gateway = &house.gateway;
    let range = "OUT_OF_RANGE";
    assert_violates(gateway.proven(size, None).await.unwrap_err(), "index", range);
    assert_violates(gateway.proven(1, Some(1)).await.unwrap_err(), "index", range);
    assert_violates(gateway.proven(0, Some(size + 1)).await.unwrap_err(), "tree_size", range);
    assert_violates(gateway.extended(0, None).await.unwrap_err(), "first_tree_size", range);
    assert_violates(gateway.extended(size + 1, None).await.unwrap_err(), "first_tree_size", range);
    let beyond = gateway.extended(1, Some(size + 1)).await.unwrap_err();
    assert_violates(beyond, "second_tree_size", range);
}
