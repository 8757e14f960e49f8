//! SIGTERM: what is under way is finished, nothing new is taken, and the process ends in time.

use std::time::{Duration, Instant};

use ketenpoort::grpc::pb;
use ketenpoort::grpc::pb::stream_referrals_request::{Frame as Ask, Open};
use ketenpoort::grpc::pb::stream_referrals_response::Frame;
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::caller::{Referrals, actor, submission};
use super::http::get;
use super::place::{Place, json};
use super::serve::{PATIENCE, Serving};

/// Keeps a gateway from writing, as another process or a slow disk would.
pub(crate) struct Lock(SqliteConnection);

impl Lock {
    pub(crate) async fn of(place: &Place) -> Self {
        let path = place.path("ketenpoort.sqlite");
        let mut connection =
            SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        connection.execute("BEGIN IMMEDIATE").await.unwrap();
        Self(connection)
    }

    pub(crate) async fn release(mut self) {
        self.0.execute("ROLLBACK").await.unwrap();
        self.0.close().await.unwrap();
    }
}

impl Place {
    /// How many keys there are: a submission has made its own before it waits for the writer.
    async fn keys(&self) -> i64 {
        let path = self.path("ketenpoort-keys.sqlite");
        let mut connection =
            SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM owner_keys");
        let count = count.fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        count
    }

    async fn wait_for_keys(&self, more_than: i64) {
        let until = Instant::now() + PATIENCE;
        while self.keys().await <= more_than {
            assert!(Instant::now() < until, "the call did not get on");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn drains_in(&self, drain_max: &str) {
        let wanted = format!("drain_max = \"{drain_max}\"");
        self.replace("ketenpoort.toml", "drain_max = \"15s\"", &wanted);
    }
}

/// An inbox, open.
async fn inbox(
    mut steunpunt: Referrals,
) -> (mpsc::Sender<pb::StreamReferralsRequest>, Streaming<pb::StreamReferralsResponse>) {
    let (to, frames) = mpsc::channel(4);
    let open = Open {
        actor: Some(actor("sp-inbox", pb::UserRole::System)),
        client_id: "reader-1".to_owned(),
        ..Open::default()
    };
    let open = pb::StreamReferralsRequest { frame: Some(Ask::Open(open)) };
    to.send(open).await.unwrap();
    let mut from =
        steunpunt.stream_referrals(ReceiverStream::new(frames)).await.unwrap().into_inner();
    let first = from.message().await.unwrap().unwrap().frame;
    assert!(matches!(first, Some(Frame::Heartbeat(_))), "{first:?}");
    (to, from)
}

/// The gateway said that it goes, or the connection was closed before the call was taken: the client
/// calls that cancelled, or an error of its own, when it had the call in hand already.
fn has_no_connection(refused: &tonic::Status) -> bool {
    let transport = std::error::Error::source(refused).is_some();
    refused.code() == tonic::Code::Unavailable
        || (matches!(refused.code(), tonic::Code::Cancelled | tonic::Code::Internal) && transport)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_under_way_is_finished_and_a_new_one_is_refused() {
    let place = Place::for_serving();
    place.issue("00000099000000003000", "steunpunt");
    place.drains_in("30s");
    let mut serving = Serving::start(&place);
    let mut police = place.referrals("police", serving.address).await;
    let mut late = place.referrals("police", serving.address).await;
    let (to, mut from) = inbox(place.referrals("steunpunt", serving.address).await).await;
    police.submit_referral(submission()).await.unwrap();
    // The reader has it, and waits for the next one.
    while !matches!(from.message().await.unwrap().unwrap().frame, Some(Frame::Referral(_))) {}
    let keys = place.keys().await;

    let lock = Lock::of(&place).await;
    let under_way = tokio::spawn(async move { police.submit_referral(submission()).await });
    place.wait_for_keys(keys).await;
    serving.signal("-TERM");
    let told = Instant::now();
    serving.wait_for("gateway.stopping");
    loop {
        match from.message().await.unwrap().unwrap().frame {
            Some(Frame::Drain(_)) => break,
            Some(Frame::Referral(_) | Frame::Heartbeat(_) | Frame::Settlement(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    let refused = late.submit_referral(submission()).await.unwrap_err();
    assert!(has_no_connection(&refused), "{refused}");
    assert!(place.connect("police", serving.address).await.is_err(), "a new connection was taken");
    let (code, said) = get(serving.ops, "/readyz");
    assert_eq!(code, 503);
    assert!(said.contains("stopping"), "{said}");
    assert_eq!(get(serving.ops, "/livez").0, 200);
    assert!(!under_way.is_finished(), "the call was not under way");

    lock.release().await;
    // A reader that has nothing to settle any more says so by closing its side.
    drop(to);
    assert!(from.message().await.unwrap().is_none(), "the stream goes on after its drain");
    let answer = under_way.await.unwrap().unwrap().into_inner();
    assert_eq!(serving.ended(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());
    let verified = json(&place.run(&["log", "verify", "--json"]));
    assert_eq!(verified["findings_total"], 0);
    assert!(verified["size"].as_i64().unwrap() > answer.entries[0].index);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_in_time_is_cut_and_a_second_signal_does_not_wait() {
    for (drain_max, signals, exit) in [("1s", 1, 0), ("10m", 2, 1)] {
        let place = Place::for_serving();
        place.drains_in(drain_max);
        let mut serving = Serving::start(&place);
        let mut police = place.referrals("police", serving.address).await;
        police.submit_referral(submission()).await.unwrap();
        let keys = place.keys().await;
        let lock = Lock::of(&place).await;
        let under_way = tokio::spawn(async move { police.submit_referral(submission()).await });
        place.wait_for_keys(keys).await;
        serving.signal("-TERM");
        serving.wait_for("gateway.stopping");
        let told = Instant::now();
        if signals == 2 {
            serving.signal("-TERM");
        }
        assert_eq!(serving.ended(), Some(exit));
        // The drain, and what the databases may take to close.
        assert!(told.elapsed() < Duration::from_secs(12), "{:?}", told.elapsed());
        under_way.await.unwrap().unwrap_err();
        lock.release().await;
        assert_eq!(place.run(&["log", "verify"]).code, 0);
    }
}
