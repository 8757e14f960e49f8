//! The review of emergencies (DOMAIN §4.4): queues, who may judge, blindness, verdicts and incidents.

use rusqlite::types::Value;
use tonic::Streaming;
use tonic::transport::Channel;

use super::support::within;
use super::*;
use crate::domain::emergency::Cause;
use crate::domain::event::EventCode;
use crate::domain::id::ReviewId;
use crate::gateway::reviews::Staged;
use pb::privacy_service_client::PrivacyServiceClient;
use pb::review_service_client::ReviewServiceClient;
use pb::watch_reviews_response::Frame;

mod information;
mod queues;
mod verdicts;

const REGION: &str = "00000099000000009000";
const MEE: &str = "00000099000000007000";
/// Sunday 2026-06-07 23:44 in the Netherlands: step 12 of the scenario.
const DECLARED: &str = "2026-06-07T21:44:00Z";

/// Step 12: a report by the GGZ to the Steunpunt against the will of the father.
const STATUTORY: Staged = Staged {
    cause: Cause::StatutoryOverride,
    discloser: GGZ,
    recipient: STEUNPUNT,
    consulted: Some("ggz-0310"),
};
const CONFLICT: Staged = Staged { cause: Cause::ConflictOfDuties, ..STATUTORY };
const VITAL: Staged = Staged { cause: Cause::VitalInterest, consulted: None, ..STATUTORY };

async fn house() -> House {
    let house = House::open().await;
    set(&house, DECLARED);
    house
}

fn set(house: &House, moment: &str) {
    house.gateway.clock().set(moment.parse().unwrap());
}

/// A privacy officer with a connection of the organisation.
struct Officer {
    client: ReviewServiceClient<Channel>,
    privacy: PrivacyServiceClient<Channel>,
    user: &'static str,
}

impl Officer {
    async fn of(house: &House, oin: &str, user: &'static str) -> Self {
        let channel = house.connect(oin).await;
        let privacy = PrivacyServiceClient::new(channel.clone());
        Self { client: ReviewServiceClient::new(channel), privacy, user }
    }

    fn actor(&self) -> Option<pb::Actor> {
        actor(self.user, pb::UserRole::PrivacyOfficer)
    }

    async fn queue(&mut self, with_closed: bool) -> Vec<pb::Review> {
        let request = pb::ListReviewsRequest {
            actor: self.actor(),
            purpose: pb::Purpose::PrivacyReview.into(),
            with_closed,
            ..pb::ListReviewsRequest::default()
        };
        self.client.list_reviews(request).await.unwrap().into_inner().reviews
    }

    async fn get(&mut self, id: ReviewId) -> Result<pb::GetReviewResponse, Status> {
        let request = pb::GetReviewRequest {
            actor: self.actor(),
            purpose: pb::Purpose::PrivacyReview.into(),
            review_id: id.to_string(),
        };
        Ok(self.client.get_review(request).await?.into_inner())
    }

    fn verdict(&self, id: ReviewId, verdict: pb::ReviewVerdict) -> pb::DecideReviewRequest {
        pb::DecideReviewRequest {
            request_id: new_id(),
            actor: self.actor(),
            review_id: id.to_string(),
            verdict: verdict.into(),
            motivation: format!("{MOTIVATION} {}", self.user),
        }
    }

    async fn decide(
        &mut self,
        id: ReviewId,
        verdict: pb::ReviewVerdict,
    ) -> Result<pb::DecideReviewResponse, Status> {
        let request = self.verdict(id, verdict);
        Ok(self.client.decide_review(request).await?.into_inner())
    }

    async fn take(&mut self, id: ReviewId) -> Result<pb::TakeReviewResponse, Status> {
        let request = pb::TakeReviewRequest {
            request_id: new_id(),
            actor: self.actor(),
            review_id: id.to_string(),
        };
        Ok(self.client.take_review(request).await?.into_inner())
    }

    /// An answer by somebody of this organisation, in whatever role.
    fn information(&self, id: ReviewId, role: pb::UserRole) -> pb::ProvideReviewInformationRequest {
        pb::ProvideReviewInformationRequest {
            request_id: new_id(),
            actor: actor(self.user, role),
            review_id: id.to_string(),
            information: INFORMATION.to_owned(),
        }
    }

    async fn inform(
        &mut self,
        id: ReviewId,
        role: pb::UserRole,
    ) -> Result<pb::ProvideReviewInformationResponse, Status> {
        let request = self.information(id, role);
        Ok(self.client.provide_review_information(request).await?.into_inner())
    }

    async fn incidents(&mut self) -> Vec<pb::Incident> {
        let request = pb::ListIncidentsRequest {
            actor: self.actor(),
            purpose: pb::Purpose::PrivacyReview.into(),
            ..pb::ListIncidentsRequest::default()
        };
        self.client.list_incidents(request).await.unwrap().into_inner().incidents
    }

    /// The authority was notified of an incident, late.
    async fn notified(
        &mut self,
        of: &pb::Incident,
    ) -> Result<pb::RecordBreachNotificationResponse, Status> {
        let request = pb::RecordBreachNotificationRequest {
            request_id: new_id(),
            actor: self.actor(),
            incident_id: of.incident_id.clone(),
            notification: pb::BreachNotification::Notified.into(),
            motivation: REASONS.to_owned(),
        };
        Ok(self.privacy.record_breach_notification(request).await?.into_inner())
    }

    async fn watch(&mut self, resume_token: &str) -> Watch {
        let request = pb::WatchReviewsRequest {
            actor: self.actor(),
            resume_token: resume_token.to_owned(),
            from_now: true,
        };
        Watch(self.client.watch_reviews(request).await.unwrap().into_inner())
    }
}

/// What a reviewer writes; found nowhere in the open.
const MOTIVATION: &str = "Stap 3 overgeslagen, reden vastgelegd door";

/// What is answered; found nowhere in the open.
const INFORMATION: &str = "Om half twaalf gebeld, niemand nam op";

/// Why the authority heard of it late.
const REASONS: &str = "Weekend: de functionaris was niet bereikbaar.";

struct Watch(Streaming<pb::WatchReviewsResponse>);

impl Watch {
    async fn next(&mut self) -> (Frame, String) {
        let message = within(self.0.message()).await.unwrap().unwrap();
        (message.frame.unwrap(), message.resume_token)
    }

    async fn heartbeat(&mut self) -> String {
        let (Frame::Heartbeat(_), token) = self.next().await else { panic!() };
        token
    }

    async fn review(&mut self) -> pb::Review {
        match self.next().await {
            (Frame::Review(review), _) => review,
            other => panic!("{other:?}"),
        }
    }
}

/// Events of the ledger from a place on.
fn events(house: &House, from: usize) -> Vec<u16> {
    let database = house.database();
    let mut rows = database.prepare("SELECT event_code FROM disclosures ORDER BY idx").unwrap();
    let codes = rows.query_map([], |row| row.get::<_, u16>(0)).unwrap();
    codes.map(Result::unwrap).skip(from).collect()
}

/// The second of a moment: the clock goes on while a test runs.
fn second(of: Option<prost_types::Timestamp>) -> String {
    let moment = of.unwrap();
    jiff::Timestamp::from_second(moment.seconds).unwrap().to_string()
}
