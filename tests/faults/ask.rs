//! A call of any kind with its answer, so that one loop can journal, repeat and compare all of them.

use std::path::Path;

use ketenpoort::domain::event::EventCode;
use ketenpoort::gateway::Clock;
use ketenpoort::grpc::pb::case_service_client::CaseServiceClient;
use ketenpoort::grpc::pb::consent_service_client::ConsentServiceClient;
use ketenpoort::grpc::pb::referral_service_client::ReferralServiceClient;
use ketenpoort::grpc::pb::settlement_result::Status as Settled;
use ketenpoort::grpc::pb::{
    AddCaseTeamMemberRequest, CreateCaseRequest, LedgerReceipt, PublishSummaryRequest,
    PullReferralsRequest, RecordConsentRequest, RecordTriageRequest, RequestSummaryRequest,
    SettleReferralsRequest, SubmitReferralRequest, WithdrawConsentRequest,
};
use ketenpoort::tls::ClientMaterial;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::messages::{GGZ, PEOPLE, POLICE, STEUNPUNT};

/// A server that works answers within milliseconds; a client that waits longer asks again.
const ANSWER_WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(10);

/// Kind of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Submit,
    Pull,
    Settle,
    Triage,
    CreateCase,
    AddMember,
    Publish,
    Consent,
    Withdraw,
    Summary,
}

impl What {
    pub(crate) const ALL: [Self; 10] = [
        Self::Submit,
        Self::Pull,
        Self::Settle,
        Self::Triage,
        Self::CreateCase,
        Self::AddMember,
        Self::Publish,
        Self::Consent,
        Self::Withdraw,
        Self::Summary,
    ];

    /// As the journal names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Pull => "pull",
            Self::Settle => "settle",
            Self::Triage => "triage",
            Self::CreateCase => "create_case",
            Self::AddMember => "add_member",
            Self::Publish => "publish",
            Self::Consent => "consent",
            Self::Withdraw => "withdraw",
            Self::Summary => "summary",
        }
    }

    /// The event that stands in the ledger for it.
    pub(crate) const fn event(self) -> EventCode {
        match self {
            Self::Submit => EventCode::ReferralSubmitted,
            Self::Pull => EventCode::ReferralDelivered,
            Self::Settle => EventCode::ReferralAcknowledged,
            Self::Triage => EventCode::ReferralTriaged,
            Self::CreateCase | Self::AddMember => EventCode::CaseChanged,
            Self::Publish => EventCode::SummarySent,
            Self::Consent => EventCode::ConsentRecorded,
            Self::Withdraw => EventCode::ConsentWithdrawn,
            Self::Summary => EventCode::SummaryDelivered,
        }
    }

    /// Entries of one act: one for each person concerned.
    pub(crate) const fn entries(self) -> usize {
        match self {
            Self::Consent | Self::Withdraw => 1,
            Self::Submit
            | Self::Pull
            | Self::Settle
            | Self::Triage
            | Self::CreateCase
            | Self::AddMember
            | Self::Publish
            | Self::Summary => PEOPLE,
        }
    }

    /// Whose certificate makes the call.
    pub(crate) const fn caller(self) -> &'static str {
        match self {
            Self::Submit => POLICE,
            Self::Summary => GGZ,
            Self::Pull
            | Self::Settle
            | Self::Triage
            | Self::CreateCase
            | Self::AddMember
            | Self::Publish
            | Self::Consent
            | Self::Withdraw => STEUNPUNT,
        }
    }

    /// Whether the same request gets the same answer again: calls of the inbox have no request id.
    pub(crate) const fn is_once(self) -> bool {
        !matches!(self, Self::Pull | Self::Settle)
    }
}

/// A call.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    Submit(SubmitReferralRequest),
    Pull(PullReferralsRequest),
    Settle(SettleReferralsRequest),
    Triage(RecordTriageRequest),
    CreateCase(CreateCaseRequest),
    AddMember(AddCaseTeamMemberRequest),
    Publish(PublishSummaryRequest),
    Consent(RecordConsentRequest),
    Withdraw(WithdrawConsentRequest),
    Summary(RequestSummaryRequest),
}

/// What is looked at in an answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// As it came.
    pub(crate) bytes: Vec<u8>,
    /// Places in the ledger.
    pub(crate) indexes: Vec<u64>,
    /// What it is about: a referral, a consent, or for each referral received
    /// `<delivery>/<referral>/<attempt>`.
    pub(crate) things: Vec<String>,
    /// Leases of the referrals received.
    pub(crate) leases: Vec<String>,
}

impl Ask {
    pub(crate) const fn what(&self) -> What {
        match self {
            Self::Submit(_) => What::Submit,
            Self::Pull(_) => What::Pull,
            Self::Settle(_) => What::Settle,
            Self::Triage(_) => What::Triage,
            Self::CreateCase(_) => What::CreateCase,
            Self::AddMember(_) => What::AddMember,
            Self::Publish(_) => What::Publish,
            Self::Consent(_) => What::Consent,
            Self::Withdraw(_) => What::Withdraw,
            Self::Summary(_) => What::Summary,
        }
    }

    /// The request id; none for calls that have none.
    pub(crate) fn request_id(&self) -> Option<&str> {
        Some(match self {
            Self::Submit(ask) => &ask.request_id,
            Self::Triage(ask) => &ask.request_id,
            Self::CreateCase(ask) => &ask.request_id,
            Self::AddMember(ask) => &ask.request_id,
            Self::Publish(ask) => &ask.request_id,
            Self::Consent(ask) => &ask.request_id,
            Self::Withdraw(ask) => &ask.request_id,
            Self::Summary(ask) => &ask.request_id,
            Self::Pull(_) | Self::Settle(_) => return None,
        })
    }
}

/// The connections of one client: one with each certificate that it needs.
#[derive(Debug, Clone)]
pub(crate) struct Desks {
    police: Channel,
    steunpunt: Channel,
    ggz: Channel,
}

impl Desks {
    /// Connects to a running gateway. When it dies, the next call after its start connects anew.
    pub(crate) async fn connect(pki: &Path, address: &str) -> Self {
        Self {
            police: channel(pki, address, "police").await,
            steunpunt: channel(pki, address, "steunpunt").await,
            ggz: channel(pki, address, "ggz").await,
        }
    }

    /// The connection of the police, for whoever wants to ask something else.
    pub(crate) fn police(&self) -> Channel {
        self.police.clone()
    }

    /// Makes the call once.
    pub(crate) async fn ask(&self, ask: &Ask) -> Result<Answer, Status> {
        let once = self.dispatch(ask);
        let timed = tokio::time::timeout(ANSWER_WAIT_MAX * 2, once).await;
        timed.unwrap_or_else(|_late| Err(Status::deadline_exceeded("no answer at all")))
    }

    async fn dispatch(&self, ask: &Ask) -> Result<Answer, Status> {
        let referrals = |channel: &Channel| ReferralServiceClient::new(channel.clone());
        let cases = |channel: &Channel| CaseServiceClient::new(channel.clone());
        let consents = || ConsentServiceClient::new(self.steunpunt.clone());
        let steunpunt = &self.steunpunt;
        match ask {
            Ask::Submit(ask) => {
                let answer =
                    referrals(&self.police).submit_referral(timed(ask)).await?.into_inner();
                let things = answer.status.iter().map(|status| status.referral_id.clone());
                Ok(Answer { things: things.collect(), ..of(&answer, &answer.entries) })
            }
            Ask::Pull(ask) => {
                let answer = referrals(steunpunt).pull_referrals(timed(ask)).await?.into_inner();
                let received = answer.referrals.iter();
                let things = received.clone().map(|one| {
                    let referral = one.referral.as_ref().map_or("none", |one| &one.referral_id);
                    format!("{}/{referral}/{}", one.delivery_id, one.delivery_attempt)
                });
                let leases = received.clone().map(|one| one.lease_token.clone());
                Ok(Answer {
                    things: things.collect(),
                    leases: leases.collect(),
                    ..of(&answer, &[])
                })
            }
            Ask::Settle(ask) => {
                let answer = referrals(steunpunt).settle_referrals(timed(ask)).await?.into_inner();
                let settled = answer.results.iter().filter(|one| one.status() == Settled::Settled);
                let things = settled.map(|one| one.referral_id.clone());
                Ok(Answer { things: things.collect(), ..of(&answer, &[]) })
            }
            Ask::Triage(ask) => {
                Ok(of(referrals(steunpunt).record_triage(timed(ask)).await?.get_ref(), &[]))
            }
            Ask::CreateCase(ask) => {
                Ok(of(cases(steunpunt).create_case(timed(ask)).await?.get_ref(), &[]))
            }
            Ask::AddMember(ask) => {
                Ok(of(cases(steunpunt).add_case_team_member(timed(ask)).await?.get_ref(), &[]))
            }
            Ask::Publish(ask) => {
                Ok(of(cases(steunpunt).publish_summary(timed(ask)).await?.get_ref(), &[]))
            }
            Ask::Consent(ask) => {
                let answer = consents().record_consent(timed(ask)).await?.into_inner();
                let things = answer.consent.iter().map(|consent| consent.consent_id.clone());
                Ok(Answer { things: things.collect(), ..of(&answer, answer.entry.as_slice()) })
            }
            Ask::Withdraw(ask) => {
                let answer = consents().withdraw_consent(timed(ask)).await?.into_inner();
                let things = answer.consent.iter().map(|consent| consent.consent_id.clone());
                Ok(Answer { things: things.collect(), ..of(&answer, answer.entry.as_slice()) })
            }
            Ask::Summary(ask) => {
                let answer = cases(&self.ggz).request_summary(timed(ask)).await?.into_inner();
                Ok(of(&answer, &answer.entries))
            }
        }
    }
}

fn timed<M: Clone>(ask: &M) -> Request<M> {
    let mut request = Request::new(ask.clone());
    request.set_timeout(ANSWER_WAIT_MAX);
    request
}

fn of(answer: &impl prost::Message, entries: &[LedgerReceipt]) -> Answer {
    let index = |entry: &LedgerReceipt| u64::try_from(entry.index).unwrap();
    Answer {
        bytes: answer.encode_to_vec(),
        indexes: entries.iter().map(index).collect(),
        ..Answer::default()
    }
}

async fn channel(pki: &Path, address: &str, slug: &str) -> Channel {
    let system = Clock::system();
    let clock = ketenpoort::tls::Clock::new(move || system.now());
    let chain = pki.join(format!("client/{slug}.pem"));
    let key = pki.join(format!("client/{slug}.key"));
    let material = ClientMaterial::load(&pki.join("ca/root.pem"), &chain, &key, &clock).unwrap();
    material.connect(address).await.unwrap()
}
