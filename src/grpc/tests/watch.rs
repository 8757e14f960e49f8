//! Watches: nothing is missed by who was away, and nobody reads another's place.

use tonic::Streaming;

use super::inbox::{Reader, acknowledge, opening, submitted_of};
use super::support::within;
use super::*;
use pb::consent_service_client::ConsentServiceClient;
use pb::referral_service_client::ReferralServiceClient;
use pb::watch_referrals_response::Frame;

struct Watch(Streaming<pb::WatchReferralsResponse>);

impl Watch {
    async fn open(house: &House, resume_token: &str, from_now: bool) -> Self {
        let mut police = ReferralServiceClient::new(house.connect(POLICE).await);
        let request = pb::WatchReferralsRequest { resume_token: resume_token.to_owned(), from_now };
        Self(police.watch_referrals(request).await.unwrap().into_inner())
    }

    async fn next(&mut self) -> (Frame, String) {
        let message = within(self.0.message()).await.unwrap().unwrap();
        (message.frame.unwrap(), message.resume_token)
    }

    async fn heartbeat(&mut self) -> String {
        let (Frame::Heartbeat(_), token) = self.next().await else { panic!() };
        token
    }

    async fn status(&mut self) -> (pb::ReferralStatus, String) {
        match self.next().await {
            (Frame::Status(status), token) => (status, token),
            other => panic!("{other:?}"),
        }
    }
}

async fn withdraw(house: &House, referral_id: &str) {
    let mut police = ReferralServiceClient::new(house.connect(POLICE).await);
    let request = pb::WithdrawReferralRequest {
        request_id: new_id(),
        actor: actor("pol-77", pb::UserRole::PoliceOfficer),
        referral_id: referral_id.to_owned(),
    };
    police.withdraw_referral(request).await.unwrap();
}

fn id(of: &pb::SubmitReferralResponse) -> String {
    of.status.as_ref().unwrap().referral_id.clone()
}

#[tokio::test]
async fn a_sender_that_was_away_misses_nothing() {
    let house = House::open().await;
    let (one, other) = (submitted_of(&house, 12).await, submitted_of(&house, 13).await);
    let mut watch = Watch::open(&house, "", true).await;
    let begin = watch.heartbeat().await;

    let mut reader = Reader::open(house.connect(STEUNPUNT).await, opening("reader-1")).await;
    reader.heartbeat().await;
    let (first, second) = (reader.referral().await, reader.referral().await);
    let mut seen = Vec::new();
    for _ in 0..2 {
        let (status, token) = watch.status().await;
        assert_eq!(status.state(), pb::ReferralState::Delivered);
        assert_eq!(status.delivery_attempts, 1);
        seen.push((status.referral_id, token));
    }
    assert_eq!(seen[0].0, id(&one), "in the order of the ledger");
    assert_eq!(seen[1].0, id(&other));
    drop(watch);

    // Away: one is acknowledged, one is taken back.
    reader.settle(&first.lease_token, acknowledge()).await;
    reader.settlement().await;
    withdraw(&house, &id(&other)).await;
    let mut watch = Watch::open(&house, &seen[1].1, false).await;
    watch.heartbeat().await;
    let (acknowledged, token) = watch.status().await;
    assert_eq!(acknowledged.referral_id, first.referral.unwrap().referral_id);
    assert_eq!(acknowledged.state(), pb::ReferralState::Acknowledged);
    assert!(acknowledged.responsibility_transferred_at.is_some());
    let (withdrawn, _) = watch.status().await;
    assert_eq!(withdrawn.referral_id, second.referral.unwrap().referral_id);
    assert_eq!(withdrawn.state(), pb::ReferralState::Withdrawn);

    // Between the two, and from before: a referral that changed twice comes once, as it is.
    let mut watch = Watch::open(&house, &token, false).await;
    watch.heartbeat().await;
    assert_eq!(watch.status().await.0, withdrawn);
    for token in [begin.as_str(), ""] {
        let mut watch = Watch::open(&house, token, false).await;
        watch.heartbeat().await;
        assert_eq!(watch.status().await.0, acknowledged);
        assert_eq!(watch.status().await.0, withdrawn);
    }
}

#[tokio::test]
async fn a_token_of_another_list_or_caller_is_refused() {
    let house = House::open().await;
    let mut watch = Watch::open(&house, "", true).await;
    let token = watch.heartbeat().await;
    let request = pb::WatchReferralsRequest { resume_token: token.clone(), from_now: false };
    let mut steunpunt = ReferralServiceClient::new(house.connect(STEUNPUNT).await);
    let refused = steunpunt.watch_referrals(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let mut consents = ConsentServiceClient::new(house.connect(POLICE).await);
    let request = pb::WatchNoticesRequest { resume_token: token, from_now: false };
    let refused = consents.watch_notices(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_watch_ends_with_a_drain_when_the_gateway_stops_and_at_once_when_revoked() {
    let house = House::open().await;
    let mut watch = Watch::open(&house, "", false).await;
    watch.heartbeat().await;
    let mut consents = ConsentServiceClient::new(house.connect(GGZ).await);
    let request = pb::WatchNoticesRequest::default();
    let mut notices = consents.watch_notices(request).await.unwrap().into_inner();
    let first = within(notices.message()).await.unwrap().unwrap();
    assert!(matches!(first.frame, Some(pb::watch_notices_response::Frame::Heartbeat(_))));
    house.stop();
    assert!(matches!(watch.next().await, (Frame::Drain(_), _)));
    assert!(within(watch.0.message()).await.unwrap().is_none());
    let last = within(notices.message()).await.unwrap().unwrap();
    assert!(matches!(last.frame, Some(pb::watch_notices_response::Frame::Drain(_))));

    let house = House::open().await;
    let mut watch = Watch::open(&house, "", false).await;
    watch.heartbeat().await;
    house.live.store(false, Ordering::SeqCst);
    let ended = within(watch.0.message()).await.unwrap_err();
    assert_eq!(reason(&ended), "CALLER_NOT_ADMITTED");
}
