//! Steps 5 and 7: the team meets the family, first one by one, then together, and makes a plan with
//! it. Nothing may be skipped on the way.

use anyhow::Result;
use tonic::{Code, Response, Status};

use super::{CASE_REF, Story, involvement, request_id};
use crate::cli::demo::expect::{self, Refused};
use crate::cli::demo::family::Member;
use crate::cli::demo::party::Party;
use crate::cli::demo::world::Desks;
use crate::cli::demo::{employee, moment, plan};
use crate::grpc::pb::case_step::{
    BasicPlan, FirstContact, Invitation, NetworkMeeting, SeparateConversation, Step,
};
use crate::grpc::pb::{
    Case, CaseState, CaseStep, ClientInvolvement, ErrorReason, RecordCaseStepRequest,
    RecordCaseStepResponse, SafetyAssessment, SafetyPhase,
};

/// Step 5: invitation, first contact, talks.
pub(super) async fn meet(story: &mut Story<'_>) -> Result<()> {
    story.chapter("With them, not about them")?;
    first_contact(story).await?;
    talks(story).await?;
    too_early(story).await?;
    let at = "2026-03-25T16:20:00+01:00";
    story.step("", at, "The team talks with the son, in a way that fits his eight years.")?;
    talk(story.desks, Member::Son, at).await?;
    story.happened("Everybody was heard.")?;
    story.growth().await?;
    Ok(())
}

/// Step 7: network meeting, assessment, basic plan.
pub(super) async fn plan(story: &mut Story<'_>) -> Result<()> {
    story.chapter("One plan for the whole family")?;
    let at = "2026-04-07T10:00:00+02:00";
    story.step("7", at, "The family, its network and the professionals meet.")?;
    let meeting = NetworkMeeting { held_at: Some(moment::proto(at)) };
    let case = step(story.desks, "the network meeting", Step::NetworkMeeting(meeting)).await?;
    expect::equal("state after the meeting", case.state(), CaseState::NetworkMeeting)?;
    story.happened("NETWORK_MEETING.")?;
    assessment_without_wishes(story).await?;
    story.also("", "The team records what everybody said, and a plan of four agreements.")?;
    let case =
        step(story.desks, "the assessment", Step::SafetyAssessment(plan::assessment())).await?;
    expect::equal("state after the assessment", case.state(), CaseState::NetworkMeeting)?;
    story.happened(
        "Concerns, strengths, wishes: the mother rates safety 4, the father 6, the \
                    daughter 3, the professional 4.",
    )?;
    let basic = BasicPlan {
        agreements: plan::agreements(),
        coordinator_oin: Party::Steunpunt.oin().to_owned(),
        provider_oins: vec![Party::Ggz.oin().to_owned()],
    };
    let case = step(story.desks, "the basic plan", Step::BasicPlan(basic)).await?;
    expect::equal("state after the plan", case.state(), CaseState::BasicPlan)?;
    expect::equal("phase", case.phase(), SafetyPhase::SafetyPhase1DirectSafety)?;
    story.happened("BASIC_PLAN, phase 1: direct safety.")?;
    story.growth().await?;
    Ok(())
}

async fn first_contact(story: &mut Story<'_>) -> Result<()> {
    let at = "2026-03-17T11:30:00+01:00";
    story.step("5", at, "The team invites the family.")?;
    let invitation = Invitation { invited_at: Some(moment::proto(at)) };
    let case = step(story.desks, "the invitation", Step::Invitation(invitation)).await?;
    expect::equal("state after the invitation", case.state(), CaseState::Invited)?;
    let at = "2026-03-19T14:15:00+01:00";
    story.step("", at, "First contact.")?;
    let contact = FirstContact { contact_at: Some(moment::proto(at)) };
    let case = step(story.desks, "the first contact", Step::FirstContact(contact)).await?;
    expect::equal("state after the first contact", case.state(), CaseState::Intake)?;
    let days = case.working_days_to_first_contact;
    expect::equal("working days to the first contact", days, 5)?;
    story.happened("INTAKE, five working days after the referral.")
}

async fn talks(story: &mut Story<'_>) -> Result<()> {
    for (at, member) in [
        ("2026-03-24T10:00:00+01:00", Member::Father),
        ("2026-03-24T15:30:00+01:00", Member::Mother),
        ("2026-03-25T13:00:00+01:00", Member::Daughter),
    ] {
        story.step("", at, &format!("The team talks with {member}, apart from the others."))?;
        talk(story.desks, member, at).await?;
    }
    Ok(())
}

async fn talk(desks: &Desks, member: Member, at: &str) -> Result<()> {
    let talk = SeparateConversation {
        person_key: member.key().to_owned(),
        held_at: Some(moment::proto(at)),
    };
    step(desks, "a talk apart", Step::SeparateConversation(talk)).await?;
    Ok(())
}

async fn too_early(story: &mut Story<'_>) -> Result<()> {
    let at = "2026-03-25T15:00:00+01:00";
    story.step(
        "5n",
        at,
        "The team wants the joint meeting, before anybody talked with the son.",
    )?;
    let meeting = NetworkMeeting { held_at: Some(moment::proto(at)) };
    let outcome = record(story.desks, Step::NetworkMeeting(meeting)).await;
    let refusal = missing("a meeting before the son was heard", outcome, "CHILD_INVOLVEMENT")?;
    story.refused(&refusal, "Children are always involved: first the son.")?;
    story.growth().await?;
    Ok(())
}

async fn assessment_without_wishes(story: &mut Story<'_>) -> Result<()> {
    story.also("", "The team records an assessment that knows no wishes of the family.")?;
    let assessment = SafetyAssessment { wishes: Vec::new(), ..plan::assessment() };
    let outcome = record(story.desks, Step::SafetyAssessment(assessment)).await;
    let refusal = missing("an assessment without wishes", outcome, "WISHES")?;
    story.refused(&refusal, "Without concerns, strengths and wishes it is no assessment.")
}

/// A refusal that names what is missing.
fn missing(
    what: &str,
    outcome: Result<Response<RecordCaseStepResponse>, Status>,
    condition: &str,
) -> Result<Refused> {
    let (code, reason) = (Code::FailedPrecondition, ErrorReason::PreconditionMissing);
    Ok(expect::refused(what, outcome, code, reason, Some(condition))?)
}

/// Records a step, and returns the case after it.
pub(super) async fn step(desks: &Desks, what: &str, step: Step) -> Result<Case> {
    let answer = expect::answered(what, record(desks, step).await)?;
    Ok(expect::given("the case after the step", answer.case)?)
}

/// Records a step.
pub(super) async fn record(
    desks: &Desks,
    step: Step,
) -> Result<Response<RecordCaseStepResponse>, Status> {
    let request = RecordCaseStepRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        case_ref: CASE_REF.to_owned(),
        step: Some(CaseStep { step: Some(step) }),
        involvement: Some(involvement(ClientInvolvement::Present)),
    };
    desks.steunpunt.cases().record_case_step(request).await
}
