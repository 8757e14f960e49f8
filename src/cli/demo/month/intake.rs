//! From the police to a case: referrals, the inbox, triage, feedback, telling people, and the team.

use anyhow::Result;
use futures_util::future::try_join_all;

use super::town::{Town, actor, director, request_id};
use crate::cli::demo::moment;
use crate::cli::demo::party::Party;
use crate::domain::time::Timestamp;
use crate::grpc::pb::settlement::{Acknowledge, Action};
use crate::grpc::pb::{
    Actor, AddCaseTeamMemberRequest, CreateCaseRequest, MemberKind, PullReferralsRequest,
    RecordFirstContactRequest, RecordSubjectInformedRequest, RecordTriageRequest,
    SendFeedbackRequest, SettleReferralsRequest, Settlement, SubmitReferralRequest, TriageOutcome,
    UserRole,
};

pub(super) async fn refer(town: &Town<'_>, number: usize) -> Result<()> {
    let household = town.household(number);
    let referral = household.referral();
    let request = SubmitReferralRequest {
        request_id: request_id(),
        actor: Some(actor(referral.officer_ref.clone(), UserRole::PoliceOfficer)),
        referral: Some(referral),
    };
    let outcome = town.desk(Party::Police).referrals().submit_referral(request).await;
    town.answered("a referral of the month", outcome)?;
    Ok(())
}

/// Takes responsibility for everything that waits.
pub(super) async fn take_in(town: &Town<'_>) -> Result<()> {
    let mut inbox = town.desk(Party::Steunpunt).referrals();
    let request = PullReferralsRequest {
        actor: Some(inbox_reader()),
        client_id: "sp-reader-1".to_owned(),
        ..PullReferralsRequest::default()
    };
    let pulled = town.answered("reading the inbox", inbox.pull_referrals(request).await)?;
    let taken = pulled.referrals.into_iter().map(|received| Settlement {
        lease_token: received.lease_token,
        action: Some(Action::Acknowledge(Acknowledge::default())),
    });
    let settlements: Vec<Settlement> = taken.collect();
    if settlements.is_empty() {
        return Ok(());
    }
    let request = SettleReferralsRequest { actor: Some(inbox_reader()), settlements };
    town.answered("taking responsibility", inbox.settle_referrals(request).await)?;
    Ok(())
}

/// The system account that reads the inbox.
fn inbox_reader() -> Actor {
    actor("sp-inbox".to_owned(), UserRole::System)
}

pub(super) async fn first_contact(town: &Town<'_>, number: usize, at: Timestamp) -> Result<()> {
    let request = RecordFirstContactRequest {
        request_id: request_id(),
        actor: Some(director(number)),
        referral_id: town.household(number).referral_id.clone(),
        contact_at: Some(moment::of(at)),
    };
    let outcome = town.desk(Party::Steunpunt).deadlines().record_first_contact(request).await;
    town.answered("the first contact", outcome)?;
    Ok(())
}

pub(super) async fn triage(town: &Town<'_>, number: usize, outcome: TriageOutcome) -> Result<()> {
    let request = RecordTriageRequest {
        request_id: request_id(),
        actor: Some(director(number)),
        referral_id: town.household(number).referral_id.clone(),
        outcome: outcome.into(),
    };
    let outcome = town.desk(Party::Steunpunt).referrals().record_triage(request).await;
    town.answered("a triage", outcome)?;
    Ok(())
}

pub(super) async fn feedback(town: &Town<'_>, number: usize) -> Result<()> {
    let request = SendFeedbackRequest {
        request_id: request_id(),
        actor: Some(director(number)),
        referral_id: town.household(number).referral_id.clone(),
    };
    let outcome = town.desk(Party::Steunpunt).referrals().send_feedback(request).await;
    town.answered("feedback to the police", outcome)?;
    Ok(())
}

/// Tells everybody that the police gave data about them.
pub(super) async fn inform(town: &Town<'_>, number: usize, at: Timestamp) -> Result<()> {
    let household = town.household(number);
    try_join_all(household.members.iter().map(|member| async {
        let request = RecordSubjectInformedRequest {
            request_id: request_id(),
            actor: Some(director(number)),
            referral_id: household.referral_id.clone(),
            person_key: member.key.to_owned(),
            informed_at: Some(moment::of(at)),
        };
        let desk = town.desk(Party::Steunpunt);
        let outcome = desk.deadlines().record_subject_informed(request).await;
        town.answered("telling somebody of the referral", outcome).map(drop)
    }))
    .await
    .map(drop)
}

pub(super) async fn open_case(town: &Town<'_>, number: usize) -> Result<()> {
    let household = town.household(number);
    let request = CreateCaseRequest {
        request_id: request_id(),
        actor: Some(director(number)),
        case_ref: household.case_ref.clone(),
        referral_id: household.referral_id.clone(),
        process_director_user_id: director(number).user_id,
        manager_user_id: "sp-0012".to_owned(),
        representations: household.representations(),
        incapacities: Vec::new(),
    };
    let outcome = town.desk(Party::Steunpunt).cases().create_case(request).await;
    town.answered("opening a case", outcome)?;
    Ok(())
}

pub(super) async fn join(town: &Town<'_>, number: usize, party: Party) -> Result<()> {
    let request = AddCaseTeamMemberRequest {
        request_id: request_id(),
        actor: Some(director(number)),
        case_ref: town.household(number).case_ref.clone(),
        member_oin: party.oin().to_owned(),
        kind: MemberKind::Core.into(),
        ..AddCaseTeamMemberRequest::default()
    };
    let outcome = town.desk(Party::Steunpunt).cases().add_case_team_member(request).await;
    town.answered("joining a team", outcome)?;
    Ok(())
}
