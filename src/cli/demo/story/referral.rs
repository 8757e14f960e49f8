//! Steps 1 and 2: the police hand over what they saw in the night, and the Steunpunt takes
//! responsibility for it.

use std::time::Duration;

use anyhow::Result;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};

use super::{Story, request_id};
use crate::cli::demo::expect::{self, Deviation};
use crate::cli::demo::party::Party;
use crate::cli::demo::world::{Desk, Desks};
use crate::cli::demo::{employee, family, moment};
use crate::grpc::pb::settlement::{Acknowledge, Action};
use crate::grpc::pb::settlement_result::Status as Settled;
use crate::grpc::pb::stream_referrals_request::{Frame as Ask, Open, Settle};
use crate::grpc::pb::stream_referrals_response::Frame as Answer;
use crate::grpc::pb::{
    ErrorReason, GetReferralStatusRequest, ReceivedReferral, Referral, ReferralState,
    ReferralStatus, Settlement, SettlementResult, StreamReferralsRequest, StreamReferralsResponse,
    SubmitReferralRequest, SubmitReferralResponse, Urgency,
};

/// The referral of the story.
pub(super) const REFERRAL_ID: &str = "6f3c1d9a-7b42-4e0e-9d55-000000000001";
const OTHER_REGION_ID: &str = "6f3c1d9a-7b42-4e0e-9d55-000000000002";
const NOT_POLICE_ID: &str = "6f3c1d9a-7b42-4e0e-9d55-000000000003";

/// The team that Den Haag is routed to.
const TEAM: &str = "team-3";

/// A stream answers within moments; longer means that nothing will come.
const STREAM_WAIT_MAX: Duration = Duration::from_secs(20);

/// Steps 1 and 2.
pub(super) async fn tell(story: &mut Story<'_>) -> Result<()> {
    story.chapter("A night in March")?;
    let submitted = submit(story).await?;
    change_the_facts(story).await?;
    send_to_another_region(story).await?;
    submit_as_somebody_else(story).await?;
    acknowledge(story, &submitted).await
}

async fn submit(story: &mut Story<'_>) -> Result<SubmitReferralResponse> {
    story.step(
        "1",
        "2026-03-12T01:52:00+01:00",
        "The police submit an urgent referral: violence between the mother and the father, heard by \
         the daughter (15) and the son (8).",
    )?;
    let request = request(Party::Police, referral());
    let mut police = story.desks.police.referrals();
    let outcome = police.submit_referral(request.clone()).await;
    let answer = expect::answered("submitting the referral", outcome)?;
    check_route(&answer)?;
    check_deadlines(&answer)?;
    check_evidence(story, &answer)?;
    story.happened(
        "Stored, logged and routed to team 3 of the Steunpunt. A signed receipt says so, and one \
         entry per person stands for what was sent.",
    )?;
    story.happened(
        "Due: acknowledgement 05:52 the same night, safety assessment by the end of 19 March, \
         informing the people by 9 April.",
    )?;
    story.grew_by(4, "new entries of the referral").await?;

    story.also("", "The answer got lost on the way, so the police send the same request again.")?;
    let again = expect::answered("repeating the request", police.submit_referral(request).await)?;
    let same = again.encode_to_vec() == answer.encode_to_vec();
    expect::so("the repeated request has the same answer, byte for byte", same)?;
    story.happened("The same answer, byte for byte; nothing was stored twice.")?;
    story.grew_by(0, "new entries of the repeated request").await?;
    Ok(answer)
}

fn check_route(answer: &SubmitReferralResponse) -> Result<(), Deviation> {
    let status = expect::given("the status of the referral", answer.status.as_ref())?;
    expect::equal("state of the referral", status.state(), ReferralState::Routed)?;
    expect::equal("recipient", status.recipient_oin.as_str(), Party::Steunpunt.oin())?;
    expect::equal("team", answer.team_id.as_str(), TEAM)?;
    expect::equal("number of the referral in a row", answer.repeat_index, 1)?;
    expect::equal("urgency in force", answer.effective_urgency(), Urgency::Urgent)
}

/// A signed receipt, and one entry per person that stands for what the receipt names.
fn check_evidence(story: &Story<'_>, answer: &SubmitReferralResponse) -> Result<()> {
    let digest = story.receipt(&answer.receipt, "content-sha256")?;
    let digest = expect::given("a digest in the receipt", hex::decode(digest).ok())?;
    let entries = story.one_act(&answer.entries)?;
    expect::equal("entries of the referral, one per person", entries.len(), 4)?;
    answer.entries.iter().try_for_each(|entry| story.commits(entry, &digest))
}

/// DOMAIN §2.6: four hours, five working days, four weeks.
fn check_deadlines(answer: &SubmitReferralResponse) -> Result<(), Deviation> {
    let ack_due = answer.status.as_ref().and_then(|status| status.ack_due_at.as_ref());
    let assessment_due = answer.safety_assessment_due_at.as_ref();
    let inform_due = answer.inform_subject_due_at.as_ref();
    for (what, observed, expected) in [
        ("acknowledgement due", moment::minute(ack_due), "2026-03-12 05:52"),
        ("safety assessment due", moment::second(assessment_due), "2026-03-19 23:59:59"),
        ("informing the people due", moment::day(inform_due), "2026-04-09"),
    ] {
        expect::equal(what, observed.as_str(), expected)?;
    }
    Ok(())
}

async fn change_the_facts(story: &mut Story<'_>) -> Result<()> {
    story.also("1n", "The police send the referral again under its number, with other facts.")?;
    let changed =
        Referral { facts: "Bij nader inzien niets aan de hand.".to_owned(), ..referral() };
    let outcome =
        story.desks.police.referrals().submit_referral(request(Party::Police, changed)).await;
    let refusal = expect::refused(
        "a referral with changed facts",
        outcome,
        Code::AlreadyExists,
        ErrorReason::ReferralIdReused,
        None,
    )?;
    story.refused(&refusal, "What was handed over is not changed afterwards.")?;
    story.growth().await?;
    Ok(())
}

async fn send_to_another_region(story: &mut Story<'_>) -> Result<()> {
    story.also("1m", "The police submit a referral about a household in Leiden.")?;
    let elsewhere = Referral {
        referral_id: OTHER_REGION_ID.to_owned(),
        residence_gemeentecode: "0546".to_owned(),
        ..referral()
    };
    let outcome =
        story.desks.police.referrals().submit_referral(request(Party::Police, elsewhere)).await;
    let refusal = expect::refused(
        "a referral from another region",
        outcome,
        Code::OutOfRange,
        ErrorReason::NotInRegion,
        None,
    )?;
    story
        .refused(&refusal, "Another region. Its content is not stored; that it was refused is.")?;
    story.grew_by(1, "new entries of the refused referral").await
}

async fn submit_as_somebody_else(story: &mut Story<'_>) -> Result<()> {
    story.also(
        "1o",
        "The mental health care organisation submits a referral with its own certificate.",
    )?;
    let theirs = family::referral(NOT_POLICE_ID, Party::Ggz.oin());
    let outcome = story.desks.ggz.referrals().submit_referral(request(Party::Ggz, theirs)).await;
    let refusal = expect::refused(
        "a referral of an organisation that is not the police",
        outcome,
        Code::PermissionDenied,
        ErrorReason::AccessDenied,
        None,
    )?;
    story.refused(
        &refusal,
        "Only the police refer. Who calls is in the certificate, not in the message.",
    )?;
    story.growth().await?;
    Ok(())
}

async fn acknowledge(story: &mut Story<'_>, submitted: &SubmitReferralResponse) -> Result<()> {
    story.step(
        "2",
        "2026-03-12T04:40:00+01:00",
        "The Steunpunt opens its inbox, reads the referral and takes responsibility.",
    )?;
    let mut inbox = Inbox::open(&story.desks.steunpunt).await?;
    let received = inbox.receive().await?;
    check_received(&received, submitted)?;
    story.happened("It receives the referral as it was sent, with the sender's receipt.")?;
    let settled = inbox.acknowledge(&received.lease_token).await?;
    expect::equal("settlement of the acknowledgement", settled.status(), Settled::Settled)?;
    drop(inbox);
    let status = status(story.desks).await?;
    expect::equal("state after the acknowledgement", status.state(), ReferralState::Acknowledged)?;
    let transferred = moment::minute(status.responsibility_transferred_at.as_ref());
    expect::equal("responsibility passed", transferred.as_str(), "2026-03-12 04:40")?;
    expect::so("the acknowledgement is in time", !status.overdue)?;
    story.happened("Responsibility passed at 04:40, in time. The police see that, and no more.")?;
    story.growth().await?;
    Ok(())
}

fn check_received(
    received: &ReceivedReferral,
    submitted: &SubmitReferralResponse,
) -> Result<(), Deviation> {
    expect::so("the referral arrives as it was sent", received.referral == Some(referral()))?;
    expect::so("the receipt travels along", received.receipt == submitted.receipt)?;
    expect::equal("team of the delivery", received.team_id.as_str(), TEAM)?;
    expect::equal("attempt of the delivery", received.delivery_attempt, 1)
}

async fn status(desks: &Desks) -> Result<ReferralStatus, Deviation> {
    let request = GetReferralStatusRequest { referral_id: REFERRAL_ID.to_owned() };
    let outcome = desks.police.referrals().get_referral_status(request).await;
    let answer = expect::answered("asking for the status", outcome)?;
    expect::given("the status of the referral", answer.status)
}

fn referral() -> Referral {
    family::referral(REFERRAL_ID, Party::Police.oin())
}

fn request(sender: Party, referral: Referral) -> SubmitReferralRequest {
    SubmitReferralRequest {
        request_id: request_id(),
        actor: Some(employee::worker_of(sender)),
        referral: Some(referral),
    }
}

/// The reader of the Steunpunt at its stream.
pub(super) struct Inbox {
    asks: mpsc::Sender<StreamReferralsRequest>,
    answers: Streaming<StreamReferralsResponse>,
}

impl Inbox {
    pub(super) async fn open(steunpunt: &Desk) -> Result<Self, Deviation> {
        let (asks, asked) = mpsc::channel(4);
        let open = Open {
            actor: Some(employee::inbox_reader()),
            client_id: "sp-reader-1".to_owned(),
            ..Open::default()
        };
        send(&asks, Ask::Open(open)).await?;
        let mut client = steunpunt.referrals();
        let outcome = client.stream_referrals(ReceiverStream::new(asked)).await;
        Ok(Self { asks, answers: expect::answered("opening the inbox", outcome)? })
    }

    pub(super) async fn receive(&mut self) -> Result<ReceivedReferral, Deviation> {
        self.wait("a referral in the inbox", |frame| match frame {
            Answer::Referral(referral) => Some(referral),
            Answer::Settlement(_) | Answer::Heartbeat(_) | Answer::Drain(_) => None,
        })
        .await
    }

    pub(super) async fn acknowledge(&mut self, lease: &str) -> Result<SettlementResult, Deviation> {
        let acknowledge = Acknowledge { local_reference: "SP-2026-0417".to_owned() };
        let settlement = Settlement {
            lease_token: lease.to_owned(),
            action: Some(Action::Acknowledge(acknowledge)),
        };
        send(&self.asks, Ask::Settle(Settle { settlements: vec![settlement] })).await?;
        self.wait("the result of the acknowledgement", |frame| match frame {
            Answer::Settlement(result) => Some(result),
            Answer::Referral(_) | Answer::Heartbeat(_) | Answer::Drain(_) => None,
        })
        .await
    }

    /// The first frame that `pick` wants. Others are signs of life.
    async fn wait<T>(&mut self, what: &str, pick: fn(Answer) -> Option<T>) -> Result<T, Deviation> {
        let next = async {
            while let Ok(Some(answer)) = self.answers.message().await {
                if let Some(wanted) = answer.frame.and_then(pick) {
                    return Some(wanted);
                }
            }
            None
        };
        let found = tokio::time::timeout(STREAM_WAIT_MAX, next).await.ok().flatten();
        expect::given(what, found)
    }
}

async fn send(asks: &mpsc::Sender<StreamReferralsRequest>, ask: Ask) -> Result<(), Deviation> {
    let sent = asks.send(StreamReferralsRequest { frame: Some(ask) }).await;
    expect::so("the inbox takes what the reader sends", sent.is_ok())
}
