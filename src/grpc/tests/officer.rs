//! What a privacy officer can see and do in the console, by gRPC: who may, what is told, and the entry
//! that every look leaves.

use tonic::transport::Channel;

use super::*;
use crate::domain::event::EventCode;
use pb::disclosure_service_client::DisclosureServiceClient;
use pb::officer_service_client::OfficerServiceClient;
use pb::privacy_service_client::PrivacyServiceClient;
use pb::referral_service_client::ReferralServiceClient;

mod cases;
mod entries;
mod incidents;
mod overview;
mod own;
mod questions;
mod searches;

const REGION: &str = "00000099000000009000";
const REVIEW: i32 = 5;
const SUBJECT_REQUEST: i32 = 4;

fn fg() -> Option<pb::Actor> {
    actor("fg-1", pb::UserRole::PrivacyOfficer)
}

fn worker() -> Option<pb::Actor> {
    actor("sp-1", pb::UserRole::CaseWorker)
}

#[expect(clippy::unnecessary_wraps, reason = "a field of a message")]
fn moment(text: &str) -> Option<prost_types::Timestamp> {
    Some(convert::moment(text.parse().unwrap()))
}

/// Everything that the tests do.
#[expect(clippy::unnecessary_wraps, reason = "a field of a message")]
fn always() -> Option<pb::Period> {
    Some(pb::Period {
        start_time: moment("2026-02-01T00:00:00Z"),
        end_time: moment("2026-04-01T00:00:00Z"),
    })
}

/// A message that says why the officer looks.
fn on<M>(occasion: &'static str, message: M) -> tonic::Request<M> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("ketenpoort-occasion", occasion.parse().unwrap());
    request
}

/// Field and rule of everything that is wrong.
fn wrong(refused: &Status) -> Vec<(String, String)> {
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    let details = refused.get_error_details();
    let fields = &details.bad_request().unwrap().field_violations;
    fields.iter().map(|one| (one.field.clone(), one.reason.clone())).collect()
}

/// What was missing.
fn unmet(refused: &Status) -> String {
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
    let details = refused.get_error_details();
    details.precondition_failure().unwrap().violations[0].r#type.clone()
}

fn one(field: &str, rule: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), rule.to_owned())]
}

/// Events of the ledger from a place on.
fn events(house: &House, from: usize) -> Vec<u16> {
    let database = house.database();
    let mut rows = database.prepare("SELECT event_code FROM disclosures ORDER BY idx").unwrap();
    let codes = rows.query_map([], |row| row.get::<_, u16>(0)).unwrap();
    codes.map(Result::unwrap).skip(from).collect()
}

const LOOK: u16 = EventCode::LogQueried.number();
const DENIED: u16 = EventCode::AccessDenied.number();

/// The clients of an organisation.
struct Office {
    disclosures: DisclosureServiceClient<Channel>,
    officer: OfficerServiceClient<Channel>,
    privacy: PrivacyServiceClient<Channel>,
}

impl Office {
    async fn of(house: &House, oin: &str) -> Self {
        let channel = house.connect(oin).await;
        Self {
            disclosures: DisclosureServiceClient::new(channel.clone()),
            officer: OfficerServiceClient::new(channel.clone()),
            privacy: PrivacyServiceClient::new(channel),
        }
    }

    async fn looks(&mut self) -> Vec<pb::OwnLook> {
        let request = pb::ListOwnLooksRequest {
            actor: fg(),
            purpose: REVIEW,
            period: always(),
            ..pb::ListOwnLooksRequest::default()
        };
        self.officer.list_own_looks(request).await.unwrap().into_inner().looks
    }
}

/// The Steunpunt takes everything in that waits for it.
async fn take_in(house: &House) {
    let mut steunpunt = ReferralServiceClient::new(house.connect(STEUNPUNT).await);
    let pull = pb::PullReferralsRequest {
        actor: actor("sp-inbox", pb::UserRole::System),
        client_id: "reader-1".to_owned(),
        ..pb::PullReferralsRequest::default()
    };
    let pulled = steunpunt.pull_referrals(pull).await.unwrap().into_inner().referrals;
    let settlements = pulled.into_iter().map(|received| pb::Settlement {
        lease_token: received.lease_token,
        action: Some(inbox::acknowledge()),
    });
    let settle = pb::SettleReferralsRequest {
        actor: actor("sp-inbox", pb::UserRole::System),
        settlements: settlements.collect(),
    };
    drop(steunpunt.settle_referrals(settle).await.unwrap());
}
