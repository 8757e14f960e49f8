//! What an inbox stream promises: order, flow control, leases that come back, quarantine, drain.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::inbox::{Reader, acknowledge, opening, submitted, submitted_of};
use super::support::{submission_of, within};
use super::*;
use pb::referral_service_client::ReferralServiceClient;
use pb::settlement::{Action, Extend};
use pb::settlement_result;
use pb::stream_referrals_request::Open;
use pb::stream_referrals_response::Frame;

async fn reader(house: &House, open: Open) -> Reader {
    let mut reader = Reader::open(house.connect(STEUNPUNT).await, open).await;
    reader.heartbeat().await;
    reader
}

fn referral_id(of: &pb::SubmitReferralResponse) -> &str {
    &of.status.as_ref().unwrap().referral_id
}

async fn status(house: &House, of: &pb::SubmitReferralResponse) -> pb::ReferralStatus {
    let mut police = ReferralServiceClient::new(house.connect(POLICE).await);
    let referral_id = referral_id(of).to_owned();
    let request = pb::GetReferralStatusRequest { referral_id };
    police.get_referral_status(request).await.unwrap().into_inner().status.unwrap()
}

fn is_about(received: &pb::ReceivedReferral, sent: &pb::SubmitReferralResponse) -> bool {
    received.referral.as_ref().unwrap().referral_id == referral_id(sent)
}

fn leaves(house: &House) -> i64 {
    house.database().query_row("SELECT COUNT(*) FROM leaves", [], |row| row.get(0)).unwrap()
}

fn pass(house: &House, time: Duration) {
    let clock = house.gateway.clock();
    clock.set(clock.now().plus(time));
}

#[tokio::test]
async fn a_family_comes_in_its_order_whoever_reads() {
    let house = House::open().await;
    let first = submitted_of(&house, 12).await;
    let second = submitted_of(&house, 12).await;
    let other = submitted_of(&house, 13).await;
    assert_eq!(second.repeat_index, 2);
    let one = Open { max_outstanding: 1, ..opening("reader-1") };
    let mut one = reader(&house, one).await;
    let held = one.referral().await;
    assert!(is_about(&held, &first));
    // What came later about other people goes to whoever is free.
    let two = Open { max_outstanding: 1, ..opening("reader-2") };
    let mut two = reader(&house, two).await;
    assert!(is_about(&two.referral().await, &other));

    one.settle(&held.lease_token, acknowledge()).await;
    one.settlement().await;
    let next = one.referral().await;
    assert!(is_about(&next, &second));
    assert_eq!(next.repeat_referral_ids, [referral_id(&first)]);
}

#[tokio::test]
async fn no_more_bytes_are_out_than_the_reader_asked_for() {
    let house = House::open().await;
    let first = submitted_of(&house, 12).await;
    let second = submitted_of(&house, 13).await;
    // Less than one: then one at a time, for else nothing would ever come.
    let open = Open { max_outstanding_bytes: 1, ..opening("reader-1") };
    let mut small = reader(&house, open).await;
    let held = small.referral().await;
    assert!(is_about(&held, &first));
    small.settle(&held.lease_token, acknowledge()).await;
    // Had the second been out before, it would come before the answer.
    small.settlement().await;
    assert!(is_about(&small.referral().await, &second));

    let open = Open { max_outstanding_bytes: 64 * 1024 * 1024 + 1, ..opening("reader-2") };
    let mut greedy = Reader::open(house.connect(STEUNPUNT).await, open).await;
    let refused = greedy.next().await.unwrap_err();
    let details = refused.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    assert_eq!(violations[0].field, "open.max_outstanding_bytes");
}

#[tokio::test]
async fn a_reader_that_comes_back_takes_all_its_leases_back() {
    // More than are handed over in one commit.
    const REFERRALS: u32 = 140;
    let house = House::open().await;
    let police = ReferralServiceClient::new(house.connect(POLICE).await);
    let submit = |number| {
        let mut police = police.clone();
        async move { police.submit_referral(submission_of(number)).await.unwrap() }
    };
    join_all((1..=REFERRALS).map(submit)).await;
    let open = || Open { max_outstanding: 200, ..opening("reader-1") };
    let mut held = reader(&house, open()).await;
    let mut deliveries = BTreeSet::new();
    for _ in 0..REFERRALS {
        deliveries.insert(held.referral().await.delivery_id);
    }
    drop(held);
    let mut again = reader(&house, open()).await;
    let mut tokens = Vec::new();
    for _ in 0..REFERRALS {
        let taken_back = again.referral().await;
        assert!(deliveries.remove(&taken_back.delivery_id));
        assert_eq!(taken_back.delivery_attempt, 2);
        tokens.push(taken_back.lease_token);
    }
    // Settled one by one by the reader, they share commits.
    let before = leaves(&house);
    for token in &tokens {
        again.settle(token, acknowledge()).await;
    }
    for _ in 0..REFERRALS {
        assert_eq!(again.settlement().await.status(), settlement_result::Status::Settled);
    }
    assert_eq!(leaves(&house) - before, i64::from(REFERRALS) * 2, "an entry per person");
}

#[tokio::test]
async fn another_reader_gets_what_a_lost_one_held_long_before_the_lease_ends() {
    let house = House::open().await;
    submitted(&house).await;
    let open = Open {
        lease_duration: Some(prost_types::Duration { seconds: 600, nanos: 0 }),
        ..opening("reader-1")
    };
    let mut lost = reader(&house, open).await;
    let held = lost.referral().await;
    drop(lost);
    let mut other = reader(&house, opening("reader-2")).await;
    let again = other.referral().await;
    assert_eq!((again.delivery_id, again.delivery_attempt), (held.delivery_id, 2));
}

#[tokio::test]
async fn what_cannot_be_opened_is_quarantined_and_comes_back_when_it_can() {
    let house = House::open().await;
    let broken = submitted_of(&house, 12).await;
    let behind_it = submitted_of(&house, 12).await;
    let sound = submitted_of(&house, 13).await;
    let id = referral_id(&broken).parse::<uuid::Uuid>().unwrap();
    let content = |content: &[u8]| {
        let database = house.database();
        let before: Vec<u8> = database
            .query_row(
                "SELECT content FROM referrals WHERE referral_id = ?1",
                [id.as_bytes()],
                |row| row.get(0),
            )
            .unwrap();
        let sql = "UPDATE referrals SET content = ?2 WHERE referral_id = ?1";
        database.execute(sql, rusqlite::params![id.as_bytes(), content]).unwrap();
        before
    };
    let before = content(b"changed");

    let mut one = reader(&house, opening("reader-1")).await;
    let (first, second) = (one.referral().await, one.referral().await);
    for sent in [&behind_it, &sound] {
        assert!(is_about(&first, sent) || is_about(&second, sent), "nobody waits for it");
    }
    let told = status(&house, &broken).await;
    assert_eq!(told.state(), pb::ReferralState::Undeliverable);
    assert_eq!(told.quarantine_cause(), pb::QuarantineCause::ContentUnreadable);
    let mut two = Reader::open(house.connect(STEUNPUNT).await, opening("reader-2")).await;
    assert_eq!(two.heartbeat().await.quarantined_count, 1);

    content(&before);
    for received in [first, second] {
        one.settle(&received.lease_token, acknowledge()).await;
        one.settlement().await;
    }
    let quarantined = house.gateway.quarantined(None, 10).await.unwrap().remove(0);
    assert_eq!(quarantined.referral_id.to_string(), referral_id(&broken));
    drop(two);
    assert!(house.gateway.requeue(quarantined.delivery_id, quarantined.referral_id).await.unwrap());
    let back = one.referral().await;
    assert!(is_about(&back, &broken));
    assert_eq!(back.delivery_id, quarantined.delivery_id.to_string());
    let told = status(&house, &broken).await;
    assert_eq!(told.state(), pb::ReferralState::Delivered);
    assert_eq!(told.quarantine_cause(), pb::QuarantineCause::Unspecified);
    assert_eq!(told.delivery_id, back.delivery_id);
}

#[tokio::test]
async fn a_heartbeat_tells_how_much_is_overdue() {
    let house = House::open().await;
    // Acute: within the hour.
    let sent = submitted(&house).await;
    let mut early = Reader::open(house.connect(STEUNPUNT).await, opening("reader-1")).await;
    let heartbeat = early.heartbeat().await;
    assert_eq!((heartbeat.backlog_count, heartbeat.overdue_count), (1, 0));
    assert!(!status(&house, &sent).await.overdue);
    drop(early);
    pass(&house, Duration::from_hours(2));
    let mut late = Reader::open(house.connect(STEUNPUNT).await, opening("reader-1")).await;
    let heartbeat = late.heartbeat().await;
    assert_eq!((heartbeat.backlog_count, heartbeat.overdue_count), (1, 1));
    let age =
        heartbeat.server_time.unwrap().seconds - heartbeat.oldest_submitted_at.unwrap().seconds;
    assert!((7200..7300).contains(&age), "{age}");
    assert!(status(&house, &sent).await.overdue);
}

#[tokio::test]
async fn a_drained_reader_may_settle_what_it_holds() {
    let house = House::open().await;
    submitted(&house).await;
    let mut holder = reader(&house, opening("reader-1")).await;
    let held = holder.referral().await;
    house.stop();
    assert!(matches!(holder.next().await, Ok(Some(Frame::Drain(_)))));
    let lease_duration = Some(prost_types::Duration { seconds: 60, nanos: 0 });
    holder.settle(&held.lease_token, Action::Extend(Extend { lease_duration })).await;
    assert_eq!(holder.settlement().await.status(), settlement_result::Status::Settled);
    holder.settle(&held.lease_token, acknowledge()).await;
    assert_eq!(holder.settlement().await.status(), settlement_result::Status::Settled);
    // Nothing is out any more.
    assert!(matches!(holder.next().await, Ok(None)));
    within(house.stopped()).await.unwrap();
}
