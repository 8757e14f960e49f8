//! The two calls that are measured: what is asked, and what a right answer is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::uri::PathAndQuery;
use ketenpoort::domain::event::EventCode;
use ketenpoort::grpc::pb::{
    Actor, Basis, Category, ClientInvolvement, Involvement, LedgerReceipt, Purpose,
    RequestSummaryRequest, RequestSummaryResponse, SubmitReferralRequest, SubmitReferralResponse,
    UserRole,
};
use prost::Message;

use crate::family::{Families, PEOPLE};
use crate::installation::STEUNPUNT_OIN;
use crate::load::Next;
use crate::summary;

/// What every family agrees to share.
pub(crate) const AGREED: [Category; 3] =
    [Category::Identification, Category::SafetyAssessment, Category::SafetyAgreements];

/// A call that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    SubmitReferral,
    RequestSummary,
}

impl Call {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SubmitReferral => "submit_referral",
            Self::RequestSummary => "request_summary",
        }
    }

    pub(crate) const fn method(self) -> PathAndQuery {
        PathAndQuery::from_static(match self {
            Self::SubmitReferral => "/ketenpoort.v1.ReferralService/SubmitReferral",
            Self::RequestSummary => "/ketenpoort.v1.CaseService/RequestSummary",
        })
    }

    /// What every entry that it leaves in the ledger is about.
    pub(crate) const fn event(self) -> EventCode {
        match self {
            Self::SubmitReferral => EventCode::ReferralSubmitted,
            Self::RequestSummary => EventCode::SummaryDelivered,
        }
    }

    /// Fails unless the answer is the one to this request; returns its entries.
    pub(crate) fn check(
        self,
        request: &Bytes,
        response: &Bytes,
    ) -> anyhow::Result<Vec<LedgerReceipt>> {
        let entries = match self {
            Self::SubmitReferral => check_submitted(
                SubmitReferralRequest::decode(request.as_ref())?,
                SubmitReferralResponse::decode(response.as_ref())?,
            )?,
            Self::RequestSummary => {
                check_summary(RequestSummaryResponse::decode(response.as_ref())?)?
            }
        };
        let mut keys: Vec<&str> = entries.iter().map(|entry| entry.person_key.as_str()).collect();
        keys.sort_unstable();
        let mut people = PEOPLE;
        people.sort_unstable();
        ensure!(keys == people, "there is not one entry for every person");
        ensure!(entries.iter().all(|entry| !entry.tlog_proof.is_empty()), "an entry has no proof");
        Ok(entries)
    }
}

fn check_submitted(
    request: SubmitReferralRequest,
    response: SubmitReferralResponse,
) -> anyhow::Result<Vec<LedgerReceipt>> {
    let asked = request.referral.context("no referral")?.referral_id;
    let answered = response.status.context("no status")?.referral_id;
    ensure!(asked == answered, "the answer is about another referral");
    ensure!(response.receipt.contains(&asked), "the receipt does not name the referral");
    ensure!(response.repeat_index == 1, "the family was referred before");
    Ok(response.entries)
}

fn check_summary(response: RequestSummaryResponse) -> anyhow::Result<Vec<LedgerReceipt>> {
    let view = response.view.context("no view")?;
    ensure!(view.persons.len() == PEOPLE.len(), "somebody was left out");
    ensure!(view.redacted_sections == 0, "a section was left out");
    let texts: usize = view.sections.iter().map(|section| section.text.len()).sum();
    ensure!(texts >= summary::TEXT_BYTES, "the summary is not whole");
    ensure!(!response.receipt.is_empty(), "no receipt");
    Ok(response.entries)
}

/// Referrals, each about a new family.
pub(crate) fn referrals(families: Arc<Families>) -> Next {
    Arc::new(move || submit_referral(&families).encode_to_vec().into())
}

pub(crate) fn submit_referral(families: &Families) -> SubmitReferralRequest {
    SubmitReferralRequest {
        request_id: new_id(),
        actor: Some(actor("pol-0871", UserRole::PoliceOfficer)),
        referral: Some(families.refer()),
    }
}

/// Requests for the summaries of prepared cases, in turn.
pub(crate) fn summary_requests(cases: Vec<String>) -> Next {
    let turn = AtomicUsize::new(0);
    Arc::new(move || {
        let turn = turn.fetch_add(1, Ordering::Relaxed) % cases.len();
        request_summary(cases.get(turn).map_or("", String::as_str)).encode_to_vec().into()
    })
}

fn request_summary(case_ref: &str) -> RequestSummaryRequest {
    RequestSummaryRequest {
        request_id: new_id(),
        actor: Some(actor("ggz-0222", UserRole::CaseWorker)),
        case_ref: case_ref.to_owned(),
        author_oin: STEUNPUNT_OIN.to_owned(),
        revision: 0,
        purpose: Purpose::CareCoordination.into(),
        basis: Basis::Consent.into(),
        categories: AGREED.map(i32::from).into(),
        involvement: Some(Involvement {
            kind: ClientInvolvement::Consented.into(),
            ..Involvement::default()
        }),
        evidence: None,
    }
}

/// Ids of requests and referrals, ordered in time as a good client makes them.
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

pub(crate) fn actor(user_id: &str, role: UserRole) -> Actor {
    Actor { user_id: user_id.to_owned(), role: role.into(), ..Actor::default() }
}
