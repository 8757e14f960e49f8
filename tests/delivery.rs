//! Delivery through the use cases, with a clock that moves by hand: failures and quarantine, batches
//! with many fates, and notices to readers when a summary is taken back.
#![cfg(test)]

use std::fmt::Debug;
use std::time::Duration;

use ketenpoort::domain::delivery::{DeliveryRules, QuarantineCause};
use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::id::{CaseRef, LeaseToken, ReferralId};
use ketenpoort::domain::notice::NoticeContent;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::referral::{Settlement, State};
use ketenpoort::gateway::confirm_recall::{RecallConfirmed, Recalled};
use ketenpoort::gateway::inbox::settle::Settled;
use ketenpoort::gateway::inbox::{InboxReader, Parting, Received};
use ketenpoort::gateway::referral_status::ReferralStatus;
use ketenpoort::gateway::retract_summary::Retracted;
use ketenpoort::gateway::watching::BEFORE_ALL;
use ketenpoort::gateway::{Call, Error, Request};
use ketenpoort::ledger::entry::Entry;
use ketenpoort::store::{self, Db, KeyDb, Search};

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

use house::{CASE, GGZ, House, MEE, POLICE, STEUNPUNT, new_request, referral_id_of};

const SECOND: Duration = Duration::from_secs(1);
const ACKNOWLEDGE: Settlement = Settlement::Acknowledge { local_reference: None };

async fn submitted(house: &House) -> ReferralId {
    let request = new_request("SubmitReferral");
    house.submit(&request).await.unwrap();
    referral_id_of(&request)
}

fn steunpunt(house: &House) -> Call {
    house.call(STEUNPUNT, UserRole::System)
}

async fn connect(house: &House, client: &str) -> InboxReader {
    let client = client.parse().unwrap();
    house.gateway.open_inbox(&steunpunt(house), client, None, None).await.unwrap()
}

async fn receive(house: &House, inbox: &mut InboxReader) -> Vec<Received> {
    house.gateway.receive(&steunpunt(house), inbox, 10).await.unwrap()
}

async fn status(house: &House, id: ReferralId) -> ReferralStatus {
    let police = house.gateway.admit(&POLICE.parse().unwrap(), None).unwrap();
    house.gateway.referral_status(&police, id).await.unwrap()
}

async fn events(house: &House) -> Vec<u16> {
    let mut tx = house.db().await.read().await.unwrap();
    let leaves = tx.leaves(0, 100_000).await.unwrap();
    leaves.iter().map(|leaf| Entry::decode(&leaf.entry).unwrap().event).collect()
}

fn count(events: &[u16], of: EventCode) -> usize {
    events.iter().filter(|event| **event == of.number()).count()
}

#[tokio::test]
async fn a_referral_that_failed_too_often_is_quarantined_and_its_sender_reads_why() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let rules = DeliveryRules::default();
    let max = u32::from(rules.failures_max.get());
    for failures in 0..max {
        let mut inbox = connect(&house, "reader").await.polling();
        let held = receive(&house, &mut inbox).await.remove(0);
        assert_eq!(held.attempt, failures + 1);
        assert_eq!(held.goes_alone, rules.goes_alone(failures));
        // Others wait longer after each failure, and not a moment too long.
        let free_at = held.lease_expires_at.plus(rules.wait_after(failures + 1));
        house.gateway.clock().set(free_at.minus(SECOND));
        assert!(receive(&house, &mut inbox).await.is_empty(), "{failures}");
        assert_eq!(status(&house, id).await.state, State::Delivered);
        house.gateway.clock().set(free_at);
    }
    let mut inbox = connect(&house, "reader").await.polling();
    assert!(receive(&house, &mut inbox).await.is_empty());
    let told = status(&house, id).await;
    assert_eq!(told.state, State::Undeliverable);
    assert_eq!(told.quarantine_cause, Some(QuarantineCause::AttemptsExhausted));
    assert_eq!(told.delivery_attempts, max);
    let late = house.gateway.clock().now().plus(Duration::from_hours(4));
    house.gateway.clock().set(late);
    assert!(status(&house, id).await.overdue, "being quarantined is no excuse");
    let backlog = house.gateway.inbox_backlog(&inbox).await.unwrap();
    assert_eq!((backlog.waiting, backlog.quarantined), (0, 1));
    let logged = events(&house).await;
    assert_eq!(count(&logged, EventCode::ReferralQuarantined), 4, "an entry per person");
    assert_eq!(count(&logged, EventCode::ReferralDelivered), 4 * usize::try_from(max).unwrap());

    // Looking again quarantines nothing twice; the operator puts it back, once.
    assert!(receive(&house, &mut inbox).await.is_empty());
    assert_eq!(events(&house).await, logged);
    let quarantined = house.gateway.quarantined(None, 10).await.unwrap();
    assert_eq!(quarantined.len(), 1);
    assert_eq!((quarantined[0].referral_id, quarantined[0].failures), (id, i64::from(max)));
    let delivery = quarantined[0].delivery_id;
    assert!(house.gateway.requeue(delivery, id).await.unwrap());
    assert!(!house.gateway.requeue(delivery, id).await.unwrap());
    assert_eq!(count(&events(&house).await, EventCode::ReferralRequeued), 4);
    assert_eq!(status(&house, id).await.state, State::Routed);
    let back = receive(&house, &mut inbox).await.remove(0);
    assert_eq!((back.delivery_id, back.attempt), (delivery, max + 1));
    assert!(!back.goes_alone, "its failures are forgotten");
}

#[tokio::test]
async fn what_a_reader_could_not_help_is_no_failure() {
    let house = House::open().await;
    let id = submitted(&house).await;
    // Drained far more often than a referral may fail.
    for attempt in 1..=30 {
        let mut inbox = connect(&house, "reader").await;
        let held = receive(&house, &mut inbox).await.remove(0);
        assert_eq!((held.attempt, held.goes_alone), (attempt, false));
        house.gateway.leave_inbox(&inbox, Parting::InOrder).await.unwrap();
    }
    // Lost as often, with its reader coming back each time: that is something else.
    for _ in 0..DeliveryRules::default().failures_max.get() {
        let mut inbox = connect(&house, "reader").await;
        assert_eq!(receive(&house, &mut inbox).await.len(), 1);
        house.gateway.leave_inbox(&inbox, Parting::Lost).await.unwrap();
    }
    let mut inbox = connect(&house, "reader").await;
    assert!(receive(&house, &mut inbox).await.is_empty());
    assert_eq!(status(&house, id).await.state, State::Undeliverable);
}

#[tokio::test]
async fn a_late_settlement_of_a_lost_reader_counts_until_somebody_else_has_it() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let mut inbox = connect(&house, "reader").await;
    let held = receive(&house, &mut inbox).await.remove(0);
    house.gateway.leave_inbox(&inbox, Parting::Lost).await.unwrap();
    assert!(receive(&house, &mut connect(&house, "other").await).await.is_empty(), "not yet");
    let settlements = vec![(held.lease_token, ACKNOWLEDGE)];
    let settled = house.gateway.settle(&steunpunt(&house), settlements).await.unwrap();
    assert!(matches!(settled[0].1, Settled::Done { referral_id, .. } if referral_id == id));
    assert_eq!(status(&house, id).await.state, State::Acknowledged);
}

#[tokio::test]
async fn settlements_of_a_batch_have_their_own_fates_and_places() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let mut inbox = connect(&house, "reader").await;
    let held = receive(&house, &mut inbox).await.remove(0);
    let unknown = LeaseToken::from_bytes([9; 16]);
    let lease = Duration::from_mins(5);
    let extended_from = house.gateway.clock().now();
    let settlements = vec![
        (unknown, ACKNOWLEDGE),
        (held.lease_token, Settlement::Extend { lease }),
        (held.lease_token, ACKNOWLEDGE),
        (held.lease_token, ACKNOWLEDGE),
        (held.lease_token, Settlement::Release { retry_delay: Duration::ZERO }),
    ];
    let settled = house.gateway.settle(&steunpunt(&house), settlements).await.unwrap();
    let answers: Vec<_> = settled.iter().map(|(_, settled)| settled.clone()).collect();
    assert_eq!(answers[0], Settled::LeaseLost);
    let Settled::Done { at: until, .. } = answers[1] else { panic!("{answers:?}") };
    assert!(until >= extended_from.plus(lease));
    assert!(matches!(answers[2], Settled::Done { referral_id, .. } if referral_id == id));
    assert_eq!(answers[3], answers[2], "the same again is answered the same");
    assert_eq!(answers[4], Settled::LeaseLost, "in the order given");
    assert_eq!(count(&events(&house).await, EventCode::ReferralAcknowledged), 4);
}

/// Whom the entries of an event of a referral are about, and what went from whom to whom.
async fn told(house: &House, id: ReferralId, event: EventCode) -> Vec<impl PartialEq + Debug> {
    let mut tx = house.db().await.read().await.unwrap();
    let all = Search { size: i64::MAX, ..Search::default() };
    let rows = tx.search(&all, 100_000).await.unwrap();
    rows.into_iter()
        .filter(|row| row.event_code == i64::from(event.number()))
        .filter(|row| row.message_id.as_deref() == Some(id.as_bytes().as_slice()))
        .map(|row| (row.subject, row.sender_oin, row.recipient_oin, row.purpose, row.basis))
        .collect()
}

#[tokio::test]
async fn a_settlement_is_about_the_same_people_whether_the_gateway_remembers_them_or_not() {
    let mut house = House::open().await;
    let ids = [submitted(&house).await, submitted(&house).await];
    for (id, restarted) in ids.into_iter().zip([false, true]) {
        let mut inbox = connect(&house, "reader").await;
        let held = receive(&house, &mut inbox).await.remove(0);
        assert_eq!(held.referral.referral_id, id);
        if restarted {
            house = house.restart().await;
        }
        let settlements = vec![(held.lease_token, ACKNOWLEDGE)];
        house.gateway.settle(&steunpunt(&house), settlements).await.unwrap();
        let delivered = told(&house, id, EventCode::ReferralDelivered).await;
        assert_eq!(delivered.len(), held.referral.persons.len());
        assert_eq!(told(&house, id, EventCode::ReferralAcknowledged).await, delivered);
    }
}

#[tokio::test]
async fn a_settlement_reads_no_content_that_its_reader_was_given() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let mut inbox = connect(&house, "reader").await;
    let held = receive(&house, &mut inbox).await.remove(0);
    let database = rusqlite::Connection::open(house.directory.path().join("data.sqlite")).unwrap();
    assert_eq!(database.execute("UPDATE referrals SET content = x'00'", []).unwrap(), 1);
    let settlements = vec![(held.lease_token, ACKNOWLEDGE)];
    house.gateway.settle(&steunpunt(&house), settlements).await.unwrap();
    let acknowledged = told(&house, id, EventCode::ReferralAcknowledged).await;
    assert_eq!(acknowledged, told(&house, id, EventCode::ReferralDelivered).await);
}

#[tokio::test]
async fn a_retracted_summary_is_gone_and_who_got_it_is_told() {
    let house = House::open().await;
    house.case_with_summary().await;
    let asked = new_request("RequestSummary");
    house.ask(GGZ, &asked).await.unwrap();
    let case: CaseRef = CASE.parse().unwrap();
    let director = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let retract = async |call: &Call, revision| {
        let request = new_request("RetractSummary");
        house.gateway.retract_summary(call, &request, &case, revision, encode).await
    };
    // Only the author has one to take back, and only its newest.
    let ggz = house.call(GGZ, UserRole::CaseWorker);
    for refused in
        [retract(&ggz, 1).await, retract(&director, 2).await, retract(&director, 0).await]
    {
        assert!(matches!(refused, Err(Error::RevisionMismatch)), "{refused:?}");
    }
    assert_eq!(retract(&director, 1).await.unwrap(), b"1 1");
    let refused = retract(&director, 1).await.unwrap_err();
    assert!(matches!(refused, Error::Precondition(_)), "{refused:?}");

    let again = house.ask(GGZ, &new_request("RequestSummary")).await.unwrap_err();
    assert!(matches!(again, Error::Denied { reason: None }), "{again:?}");
    let repeated = house.ask(GGZ, &asked).await.unwrap_err();
    assert!(matches!(repeated, Error::Precondition(_)), "what was answered is not given again");
    let caller = house.gateway.admit(&GGZ.parse().unwrap(), None).unwrap();
    let notices = house.gateway.notices(&caller, BEFORE_ALL, 10).await.unwrap();
    assert_eq!(notices.len(), 1);
    let content =
        NoticeContent::SummaryRetracted { author_oin: STEUNPUNT.parse().unwrap(), revision: 1 };
    assert_eq!((notices[0].case_ref.as_ref(), &notices[0].content), (Some(&case), &content));
    assert_eq!(house.gateway.last_notice(&caller).await.unwrap(), notices[0].place);
    assert_eq!(house.gateway.notices(&caller, notices[0].place, 10).await.unwrap(), []);
    let retracted = count(&events(&house).await, EventCode::SummaryRetracted);
    assert_eq!(retracted, 4, "an entry per person");
    let revisions = house.gateway.summary_revisions(&director, &case, 0, 10).await.unwrap();
    assert!(revisions[0].retracted_at.is_some());
}

#[tokio::test]
async fn who_was_forgotten_stops_nobody_from_saying_that_it_erased_the_rest() {
    let house = House::open().await;
    house.case_with_summary().await;
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let director = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let (case, request) = (CASE.parse().unwrap(), new_request("RetractSummary"));
    house.gateway.retract_summary(&director, &request, &case, 1, encode).await.unwrap();
    let people = house.db().await.read().await.unwrap().case_persons(&case).await.unwrap();
    let path = house.directory.path().join("keys.sqlite");
    let keys = KeyDb::new(Db::open_sqlite(&path, store::keys::SCHEMA).await.unwrap());
    assert!(keys.destroy(people[0].subject.as_bytes()).await.unwrap());
    let house = house.restart().await;
    let recalled = Recalled { case_ref: case, author: STEUNPUNT.parse().unwrap(), revision: 1 };
    let call = house.call(GGZ, UserRole::CaseWorker);
    let (request, none) = (new_request("ConfirmRecall"), |_: &RecallConfirmed| Vec::new());
    house.gateway.confirm_recall(&call, &request, recalled, none).await.unwrap();
    let confirmed = count(&events(&house).await, EventCode::RecallConfirmed);
    assert_eq!(confirmed, 3, "an entry for everybody else");
}

#[tokio::test]
async fn a_recipient_says_once_that_it_erased_what_was_taken_back() {
    let house = House::open().await;
    house.case_with_summary().await;
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let confirm = async |oin: &str, request: &Request, (case, revision): (&str, u32)| {
        let recalled = Recalled {
            case_ref: case.parse().unwrap(),
            author: STEUNPUNT.parse().unwrap(),
            revision,
        };
        let encode = |of: &RecallConfirmed| of.idx.to_string().into_bytes();
        let call = house.call(oin, UserRole::CaseWorker);
        house.gateway.confirm_recall(&call, request, recalled, encode).await
    };
    let early = confirm(GGZ, &new_request("ConfirmRecall"), (CASE, 1)).await;
    assert!(matches!(early, Err(Error::RevisionMismatch)), "nothing was taken back: {early:?}");
    let director = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let (case, request) = (CASE.parse().unwrap(), new_request("RetractSummary"));
    house.gateway.retract_summary(&director, &request, &case, 1, encode).await.unwrap();
    let hidden = [(MEE, CASE), (STEUNPUNT, CASE), (GGZ, "VVT-2026-999999")];
    for (oin, case) in hidden {
        let refused = confirm(oin, &new_request("ConfirmRecall"), (case, 1)).await;
        assert!(matches!(refused, Err(Error::Denied { reason: None })), "{oin}: {refused:?}");
    }
    for revision in [0, 2] {
        let other = confirm(GGZ, &new_request("ConfirmRecall"), (CASE, revision)).await;
        assert!(matches!(other, Err(Error::RevisionMismatch)), "{other:?}");
    }
    let request = new_request("ConfirmRecall");
    let first = confirm(GGZ, &request, (CASE, 1)).await.unwrap();
    assert_eq!(confirm(GGZ, &request, (CASE, 1)).await.unwrap(), first);
    let twice = confirm(GGZ, &new_request("ConfirmRecall"), (CASE, 1)).await;
    assert!(matches!(twice, Err(Error::Precondition(_))), "{twice:?}");
    let confirmed = count(&events(&house).await, EventCode::RecallConfirmed);
    assert_eq!(confirmed, 4, "an entry per person");
}

fn encode(of: &Retracted) -> Vec<u8> {
    format!("{} {}", of.revision.revision, of.notice_count).into_bytes()
}
