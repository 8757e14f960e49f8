//! A full inbox, drained by one reader through one stream: what it takes until the last of so many
//! referrals is durably acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use futures_util::FutureExt as _;
use ketenpoort::domain::event::EventCode;
use ketenpoort::grpc::pb::referral_service_client::ReferralServiceClient;
use ketenpoort::grpc::pb::settlement::{Acknowledge, Action};
use ketenpoort::grpc::pb::settlement_result::Status;
use ketenpoort::grpc::pb::stream_referrals_request::{Frame as Ask, Open, Settle};
use ketenpoort::grpc::pb::stream_referrals_response::Frame as Answer;
use ketenpoort::grpc::pb::{
    ListReferralStatusesRequest, ReferralState, Settlement, StreamReferralsRequest,
    StreamReferralsResponse, UserRole,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::Channel;

use crate::client::CONNECTIONS;
use crate::family::Families;
use crate::figures::latency_ms;
use crate::installation::{Installation, POLICE, STEUNPUNT};
use crate::load::{Caller, Until};
use crate::numbers::{as_micros, mean, megabytes, micros_each, per_second};
use crate::options::{Options, Store};
use crate::requests::{self, Call, actor};
use crate::throughput::ENTRIES;

/// Referrals out at the same time: as many as a reader may have.
const OUTSTANDING: i32 = 500;

/// Calls in flight while the inbox is filled.
const FILLING: usize = 256;

/// A stream that is silent for so long will not end.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Fills the inbox, drains it, kills the gateway and looks what is left.
pub(crate) async fn measure(store: Store, options: &Options) -> anyhow::Result<()> {
    let installation = Installation::new(store)?;
    let gateways = installation.start()?;
    let connections = installation.connect(POLICE, &gateways.addresses(), CONNECTIONS).await?;
    let police = Caller { connections, method: Call::SubmitReferral.method() };
    let families = requests::referrals(Arc::new(Families::default()));
    police.run(&families, FILLING, Until::Begun(options.queued)).await?;

    let ledger = installation.ledger().await?;
    let size = ledger.size().await?;
    let steunpunt = installation.desk(STEUNPUNT, &gateways).await?;
    gateways.reset_peaks()?;
    let cpu = gateways.cpu()?;
    let drained = Reader::open(&steunpunt).await?.drain(options.queued).await?;
    let cpu = gateways.cpu()?.saturating_sub(cpu);
    println!(
        "path=inbox store={} queued={} messages_per_s={:.0} settle_p50_ms={:.2} settle_p99_ms={:.2} \
         batch_mean={:.0} server_cpu_us={:.0} peak_mb={:.0}",
        store.name(),
        options.queued,
        per_second(options.queued, drained.elapsed),
        latency_ms(&drained.waits, 0.5),
        latency_ms(&drained.waits, 0.99),
        mean(options.queued, drained.batches),
        micros_each(cpu, options.queued),
        megabytes(gateways.memory()?.peak),
    );

    drop(gateways);
    let events = ledger.events_since(size).await?;
    let acknowledged = events.get(&EventCode::ReferralAcknowledged.number()).copied();
    ensure!(
        acknowledged == Some(options.queued * ENTRIES),
        "{} referrals were acknowledged, but the ledger has {acknowledged:?} entries of that",
        options.queued
    );
    drop(ledger);
    require_acknowledged(&installation, options.queued).await?;
    installation.verify_ledger()
}

/// The Steunpunt's reader at its stream.
struct Reader {
    asks: mpsc::Sender<StreamReferralsRequest>,
    answers: Streaming<StreamReferralsResponse>,
}

/// What draining took.
struct Drained {
    elapsed: Duration,
    /// Sorted microseconds from asking for a settlement to having it.
    waits: Vec<u32>,
    /// Frames with settlements that were sent.
    batches: u64,
}

impl Reader {
    async fn open(steunpunt: &Channel) -> anyhow::Result<Self> {
        let (asks, asked) = mpsc::channel(16);
        let open = Open {
            actor: Some(actor("sp-inbox", UserRole::System)),
            client_id: "sp-reader-1".to_owned(),
            max_outstanding: OUTSTANDING,
            lease_duration: Some(prost_types::Duration { seconds: 600, nanos: 0 }),
            ..Open::default()
        };
        asks.send(StreamReferralsRequest { frame: Some(Ask::Open(open)) }).await?;
        let mut client = ReferralServiceClient::new(steunpunt.clone());
        let answers = client.stream_referrals(ReceiverStream::new(asked)).await?.into_inner();
        Ok(Self { asks, answers })
    }

    /// Acknowledges whatever has come whenever nothing more has, until `count` are settled.
    async fn drain(mut self, count: u64) -> anyhow::Result<Drained> {
        let started = Instant::now();
        let mut drained = Drained { elapsed: Duration::ZERO, waits: Vec::new(), batches: 0 };
        let mut referrals = BTreeSet::new();
        let mut received: Vec<String> = Vec::new();
        let mut asked: BTreeMap<String, Instant> = BTreeMap::new();
        while u64::try_from(drained.waits.len())? < count {
            let frame = if let Some(frame) = self.answers.message().now_or_never() {
                frame?
            } else {
                if !received.is_empty() {
                    let now = Instant::now();
                    asked.extend(received.iter().map(|lease| (lease.clone(), now)));
                    self.acknowledge(std::mem::take(&mut received)).await?;
                    drained.batches += 1;
                }
                tokio::time::timeout(SILENCE_MAX, self.answers.message())
                    .await
                    .context("silence")??
            };
            match frame.and_then(|answer| answer.frame).context("the stream ended")? {
                Answer::Referral(one) => {
                    let id = one.referral.context("no referral")?.referral_id;
                    ensure!(one.delivery_attempt == 1, "a referral was offered twice");
                    ensure!(referrals.insert(id), "a referral came twice");
                    received.push(one.lease_token);
                }
                Answer::Settlement(result) => {
                    ensure!(result.status() == Status::Settled, "a lease was lost");
                    let sent = asked.remove(&result.lease_token).context("never asked for")?;
                    drained.waits.push(as_micros(sent.elapsed()));
                }
                Answer::Heartbeat(_) => {}
                Answer::Drain(_) => bail!("the gateway wants to close the stream"),
            }
        }
        drained.elapsed = started.elapsed();
        drained.waits.sort_unstable();
        Ok(drained)
    }

    async fn acknowledge(&self, leases: Vec<String>) -> anyhow::Result<()> {
        let settlements = leases.into_iter().map(|lease_token| Settlement {
            lease_token,
            action: Some(Action::Acknowledge(Acknowledge::default())),
        });
        let settle = Settle { settlements: settlements.collect() };
        let ask = StreamReferralsRequest { frame: Some(Ask::Settle(settle)) };
        self.asks.send(ask).await.context("the stream takes no more")
    }
}

/// Starts the gateway again and asks as the police: every referral must be acknowledged.
async fn require_acknowledged(installation: &Installation, count: u64) -> anyhow::Result<()> {
    let gateways = installation.start()?;
    let mut police = ReferralServiceClient::new(installation.desk(POLICE, &gateways).await?);
    let (mut found, mut page_token) = (0, String::new());
    loop {
        let request = ListReferralStatusesRequest { page_size: 500, page_token };
        let page = police.list_referral_statuses(request).await?.into_inner();
        for status in &page.statuses {
            let state = status.state();
            ensure!(state == ReferralState::Acknowledged, "a settled referral is {state:?}");
            found += 1;
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            ensure!(found == count, "{found} of {count} referrals are left after a restart");
            return Ok(());
        }
    }
}
