//! Between steps 8 and 9: the plan grows with the family, is watched, and the phase goes forward.

use anyhow::Result;
use tonic::{Code, Response, Status};

use super::team::{record, step};
use super::{CASE_REF, Story, involvement, request_id};
use crate::cli::demo::expect;
use crate::cli::demo::family::Member;
use crate::cli::demo::party::Party;
use crate::cli::demo::world::Desks;
use crate::cli::demo::{employee, moment, plan};
use crate::grpc::pb::case_step::{
    AgreementCheck, Monitoring, NetworkMeeting, SafetyPlan, SafetyScales, Step, agreement_check,
};
use crate::grpc::pb::close_case_request::{Closing, Release};
use crate::grpc::pb::plan_agreement::Status as Agreed;
use crate::grpc::pb::{
    AnnounceMeetingRequest, CaseState, ChangeSafetyPhaseRequest, ChangeSafetyPhaseResponse,
    ClientInvolvement, CloseCaseRequest, ErrorReason, GetCaseRequest, ListNoticesRequest,
    RaterKind, SafetyPhase, SafetyScale, notice,
};

/// The safety plan, phase 2, and a release that comes too early.
pub(super) async fn tell(story: &mut Story<'_>) -> Result<()> {
    story.chapter("From agreements to safety")?;
    announce(story).await?;
    grow(story).await?;
    let at = "2026-05-18T09:00:00+02:00";
    story.step("7b", at, "The agreements are kept, so the Steunpunt goes on to phase 2.")?;
    check_agreements(story).await?;
    let outcome = change_phase(story.desks, SafetyPhase::SafetyPhase2RiskDrivenCare).await;
    let case = expect::answered("the change of phase", outcome)?.case;
    let phase = expect::given("the case", case)?.phase();
    expect::equal("phase", phase, SafetyPhase::SafetyPhase2RiskDrivenCare)?;
    story.happened("Phase 2: risk-driven care. Every member of the team is told; not why.")?;
    too_early(story).await?;
    story.growth().await?;
    Ok(())
}

async fn announce(story: &mut Story<'_>) -> Result<()> {
    let at = "2026-04-28T09:00:00+02:00";
    story.step("7a", at, "The Steunpunt convenes a second meeting.")?;
    let request = AnnounceMeetingRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        case_ref: CASE_REF.to_owned(),
        planned_at: Some(moment::proto("2026-05-12T10:00:00+02:00")),
        location_code: "CJG-DE-BRUG".to_owned(),
        invited_oins: vec![Party::Ggz.oin().to_owned()],
        family_participant_keys: Member::ALL.iter().map(|one| one.key().to_owned()).collect(),
        involvement: Some(involvement(ClientInvolvement::InformedBefore)),
        ..AnnounceMeetingRequest::default()
    };
    let outcome = story.desks.steunpunt.case_direction().announce_meeting(request).await;
    expect::answered("announcing the meeting", outcome)?;
    let outcome = story.desks.ggz.consents().list_notices(ListNoticesRequest::default()).await;
    let notices = expect::answered("reading the notices", outcome)?.notices;
    let meeting = notices.into_iter().find_map(|one| match one.content {
        Some(notice::Content::Meeting(meeting)) => Some(meeting),
        _ => None,
    });
    let meeting = expect::given("the notice of the meeting", meeting)?;
    expect::equal("people of the family", meeting.family_participant_count, 4)?;
    story.happened("Mental health care hears when and where, and how many come. No more.")
}

async fn grow(story: &mut Story<'_>) -> Result<()> {
    let at = "2026-05-12T10:00:00+02:00";
    story.step("", at, "They meet again, and the basic plan grows into a safety plan.")?;
    let meeting = NetworkMeeting { held_at: Some(moment::proto(at)) };
    step(story.desks, "the second meeting", Step::NetworkMeeting(meeting)).await?;
    let scale = |rater: RaterKind, member: Option<Member>, value| SafetyScale {
        rater_kind: rater.into(),
        person_key: member.map_or_else(String::new, |one| one.key().to_owned()),
        value,
    };
    let scales = SafetyScales {
        scales: vec![
            scale(RaterKind::Client, Some(Member::Mother), 6),
            scale(RaterKind::Professional, None, 6),
        ],
    };
    step(story.desks, "the ratings", Step::SafetyScales(scales)).await?;
    let safety = SafetyPlan {
        agreements: plan::agreements(),
        coordinator_oin: Party::Steunpunt.oin().to_owned(),
        provider_oins: vec![Party::Ggz.oin().to_owned()],
        evaluation_dates: vec!["2026-07-14".to_owned()],
        ..SafetyPlan::default()
    };
    let case = step(story.desks, "the safety plan", Step::SafetyPlan(safety)).await?;
    expect::equal("state after the safety plan", case.state(), CaseState::SafetyPlan)?;
    expect::equal("versions of the plan", case.plans.len(), 2)?;
    let monitoring = Monitoring { started_at: Some(moment::proto(at)) };
    let case = step(story.desks, "watching the plan", Step::Monitoring(monitoring)).await?;
    expect::equal("state of a plan that is watched", case.state(), CaseState::Monitoring)?;
    let professional: Vec<_> = case.scales.iter().filter_map(|one| one.professional).collect();
    expect::so("the professionals rated 4 and then 6", professional == [4, 6])?;
    story.happened("MONITORING: every agreement has an owner and a day. Safety went from 4 to 6.")
}

async fn check_agreements(story: &mut Story<'_>) -> Result<()> {
    let result = |one: crate::grpc::pb::PlanAgreement| agreement_check::Result {
        agreement_id: one.agreement_id,
        status: Agreed::Kept.into(),
    };
    let check = AgreementCheck {
        checked_at: Some(moment::proto("2026-05-18T09:00:00+02:00")),
        results: plan::agreements().into_iter().map(result).collect(),
        new_violence: false,
    };
    let case = step(story.desks, "checking the agreements", Step::AgreementCheck(check)).await?;
    let kept = case.plans.last().map(|plan| plan.kept_count);
    Ok(expect::equal("agreements that are kept", kept, Some(4))?)
}

async fn too_early(story: &mut Story<'_>) -> Result<()> {
    story.also("7n", "Somebody at the Steunpunt wants to let go already.")?;
    let request = CloseCaseRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        case_ref: CASE_REF.to_owned(),
        involvement: Some(involvement(ClientInvolvement::InformedBefore)),
        closing: Some(Closing::Release(Release::default())),
    };
    let outcome = story.desks.steunpunt.case_direction().close_case(request).await;
    let (code, reason) = (Code::FailedPrecondition, ErrorReason::PreconditionMissing);
    let what = "letting go too early";
    let refusal = expect::refused(what, outcome, code, reason, Some("AGREEMENT_SECURED"))?;
    story
        .refused(&refusal, "Not before the agreements are secured and the violence has stopped.")?;
    let unwatched = Step::Monitoring(Monitoring {
        started_at: Some(moment::proto("2026-05-18T09:00:00+02:00")),
    });
    let again = record(story.desks, unwatched).await;
    expect::refused("watching it twice", again, code, reason, Some("CASE_STATE"))?;
    let request = GetCaseRequest {
        actor: Some(employee::worker_of(Party::Ggz)),
        case_ref: CASE_REF.to_owned(),
    };
    let case = expect::answered("the case", story.desks.ggz.cases().get_case(request).await)?.case;
    let state = expect::given("the case", case)?.state();
    Ok(expect::equal("state after the refusals", state, CaseState::Monitoring)?)
}

/// Changes the phase, after looking at all agreements.
pub(super) async fn change_phase(
    desks: &Desks,
    to: SafetyPhase,
) -> Result<Response<ChangeSafetyPhaseResponse>, Status> {
    let request = ChangeSafetyPhaseRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        case_ref: CASE_REF.to_owned(),
        to: to.into(),
        reason: "Besproken met het team.".to_owned(),
        evaluated_agreement_ids: plan::agreements()
            .into_iter()
            .map(|one| one.agreement_id)
            .collect(),
        involvement: Some(involvement(ClientInvolvement::Consented)),
    };
    desks.steunpunt.case_direction().change_safety_phase(request).await
}
