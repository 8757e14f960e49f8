//! The inbox: streams and pulls.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::Channel;

use super::support::{submission_of, within};
use super::*;
use pb::referral_service_client::ReferralServiceClient;
use pb::settlement::{Acknowledge, Action, Release};
use pb::settlement_result;
use pb::stream_referrals_request::{Frame as Out, Open, Settle};
use pb::stream_referrals_response::Frame;

/// A reader with its stream.
pub(super) struct Reader {
    to: mpsc::Sender<pb::StreamReferralsRequest>,
    from: Streaming<pb::StreamReferralsResponse>,
}

impl Reader {
    pub(super) async fn open(channel: Channel, open: Open) -> Self {
        let reader = Self::connect(channel).await;
        reader.say(Out::Open(open)).await;
        reader
    }

    async fn connect(channel: Channel) -> Self {
        let (to, frames) = mpsc::channel(16);
        let mut client = ReferralServiceClient::new(channel);
        let from = client.stream_referrals(ReceiverStream::new(frames)).await.unwrap();
        Self { to, from: from.into_inner() }
    }

    async fn say(&self, frame: Out) {
        self.to.send(pb::StreamReferralsRequest { frame: Some(frame) }).await.unwrap();
    }

    pub(super) async fn settle(&self, lease_token: &str, action: Action) {
        let settlement =
            pb::Settlement { lease_token: lease_token.to_owned(), action: Some(action) };
        self.say(Out::Settle(Settle { settlements: vec![settlement] })).await;
    }

    pub(super) async fn next(&mut self) -> Result<Option<Frame>, Status> {
        Ok(within(self.from.message()).await?.map(|message| message.frame.unwrap()))
    }

    pub(super) async fn heartbeat(&mut self) -> pb::stream_referrals_response::Heartbeat {
        let Ok(Some(Frame::Heartbeat(heartbeat))) = self.next().await else { panic!() };
        heartbeat
    }

    pub(super) async fn referral(&mut self) -> pb::ReceivedReferral {
        let Ok(Some(Frame::Referral(referral))) = self.next().await else { panic!() };
        referral
    }

    pub(super) async fn settlement(&mut self) -> pb::SettlementResult {
        let Ok(Some(Frame::Settlement(settlement))) = self.next().await else { panic!() };
        settlement
    }
}

pub(super) fn opening(client_id: &str) -> Open {
    Open {
        actor: actor("sp-inbox", pb::UserRole::System),
        client_id: client_id.to_owned(),
        ..Open::default()
    }
}

pub(super) fn acknowledge() -> Action {
    Action::Acknowledge(Acknowledge { local_reference: "D-1".to_owned() })
}

pub(super) async fn submitted(house: &House) -> pb::SubmitReferralResponse {
    submitted_of(house, 12).await
}

/// A referral about the family that lives at this number.
pub(super) async fn submitted_of(house: &House, number: u32) -> pb::SubmitReferralResponse {
    let mut police = ReferralServiceClient::new(house.connect(POLICE).await);
    police.submit_referral(submission_of(number)).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_reader_gets_what_waits_and_what_comes_and_settles_it() {
    let house = House::open().await;
    submitted(&house).await;
    let mut reader = Reader::open(house.connect(STEUNPUNT).await, opening("reader-1")).await;
    assert_eq!(reader.heartbeat().await.backlog_count, 1);
    let first = reader.referral().await;
    assert_eq!(first.referral.as_ref().unwrap().persons.len(), 2);
    let late = submitted_of(&house, 13).await;
    let second = reader.referral().await;
    assert_eq!(second.referral.unwrap().referral_id, late.status.unwrap().referral_id);
    assert_eq!((second.repeat_index, second.delivery_attempt), (1, 1));

    reader.settle(&first.lease_token, acknowledge()).await;
    let settled = reader.settlement().await;
    assert_eq!(settled.lease_token, first.lease_token);
    assert_eq!(settled.status(), settlement_result::Status::Settled);
    assert_eq!(settled.delivery_id, first.delivery_id);
    reader.settle(&new_id(), acknowledge()).await;
    let lost = reader.settlement().await;
    assert_eq!(lost.status(), settlement_result::Status::LeaseLost);
}

#[tokio::test]
async fn no_more_is_out_than_the_reader_asked_for() {
    let house = House::open().await;
    submitted_of(&house, 12).await;
    submitted_of(&house, 13).await;
    let open = Open { max_outstanding: 1, ..opening("reader-1") };
    let mut reader = Reader::open(house.connect(STEUNPUNT).await, open).await;
    assert_eq!(reader.heartbeat().await.backlog_count, 2);
    let first = reader.referral().await;
    reader.settle(&first.lease_token, acknowledge()).await;
    // Had the second been out before, it would come before the answer.
    reader.settlement().await;
    assert_ne!(reader.referral().await.delivery_id, first.delivery_id);
}

#[tokio::test]
async fn a_reader_that_comes_back_takes_its_leases_back() {
    let house = House::open().await;
    submitted(&house).await;
    let mut reader = Reader::open(house.connect(STEUNPUNT).await, opening("reader-1")).await;
    reader.heartbeat().await;
    let first = reader.referral().await;
    drop(reader);
    let mut again = Reader::open(house.connect(STEUNPUNT).await, opening("reader-1")).await;
    again.heartbeat().await;
    let second = again.referral().await;
    assert_eq!((second.delivery_id, second.delivery_attempt), (first.delivery_id, 2));
}

#[tokio::test]
async fn a_stream_that_does_not_begin_with_open_is_refused() {
    let house = House::open().await;
    let mut reader = Reader::connect(house.connect(STEUNPUNT).await).await;
    reader.say(Out::Settle(Settle::default())).await;
    let refused = reader.next().await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let open = Open { max_outstanding: 1001, client_id: "a b".to_owned(), ..Open::default() };
    let mut reader = Reader::open(house.connect(STEUNPUNT).await, open).await;
    let refused = reader.next().await.unwrap_err();
    let details = refused.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
    let expected =
        ["open.actor.user_id", "open.actor.role", "open.client_id", "open.max_outstanding"];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn only_the_steunpunt_has_an_inbox() {
    let house = House::open().await;
    let mut reader = Reader::open(house.connect(GGZ).await, opening("reader-1")).await;
    let refused = reader.next().await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::PermissionDenied, "ACCESS_DENIED".to_owned())
    );
}

#[tokio::test]
async fn a_reader_whose_certificate_was_revoked_gets_nothing_more() {
    let house = House::open().await;
    let mut reader = Reader::open(house.connect(STEUNPUNT).await, opening("reader-1")).await;
    reader.heartbeat().await;
    let mut police = ReferralServiceClient::new(house.connect(POLICE).await);
    police.submit_referral(submission()).await.unwrap();
    reader.referral().await;
    house.live.store(false, Ordering::SeqCst);
    let ended = reader.next().await.unwrap_err();
    assert_eq!(reason(&ended), "CALLER_NOT_ADMITTED");
}

#[tokio::test]
async fn a_stream_is_drained_when_the_gateway_stops() {
    let house = House::open().await;
    let mut reader = Reader::open(house.connect(STEUNPUNT).await, opening("reader-1")).await;
    reader.heartbeat().await;
    house.stop();
    assert!(matches!(reader.next().await, Ok(Some(Frame::Drain(_)))));
    assert!(matches!(reader.next().await, Ok(None)));
    house.stopped().await.unwrap();
}

#[tokio::test]
async fn a_pull_waits_for_what_comes_in() {
    let house = House::open().await;
    let mut reader = ReferralServiceClient::new(house.connect(STEUNPUNT).await);
    let pull = |seconds| pb::PullReferralsRequest {
        actor: actor("sp-inbox", pb::UserRole::System),
        client_id: "reader-1".to_owned(),
        wait_duration: Some(prost_types::Duration { seconds, nanos: 0 }),
        ..pb::PullReferralsRequest::default()
    };
    let empty = reader.pull_referrals(pull(0)).await.unwrap().into_inner();
    assert!(empty.referrals.is_empty());
    let mut waiting = reader.clone();
    let waiting = tokio::spawn(async move { waiting.pull_referrals(pull(20)).await });
    submitted(&house).await;
    let pulled = within(waiting).await.unwrap().unwrap().into_inner();
    let lease_token = pulled.referrals[0].lease_token.clone();
    let release = Action::Release(Release::default());
    let settled = reader
        .settle_referrals(pb::SettleReferralsRequest {
            actor: actor("sp-inbox", pb::UserRole::System),
            settlements: vec![pb::Settlement { lease_token, action: Some(release) }],
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(settled.results[0].status(), settlement_result::Status::Settled);
    let refused = reader.pull_referrals(pull(31)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
