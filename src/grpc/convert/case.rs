//! Cases and their steps.

use prost::Message as _;

use crate::domain::case::{
    AgreementCheckDraft, ChildInvolvementDraft, InvolvementDraft, JoinReason, MeetingScales,
    Member, MemberKind, NetworkMemberDraft, PlanDraft, StepDraft,
};
use crate::domain::consent::ExclusionReason;
use crate::domain::id::{CaseRef, ReferralId, UserId};
use crate::gateway::cases::{
    CaseDraft, CaseView, HandoverView, IncapacityDraft, Joining, MeetingView, Moved, PlanView,
    RepeatView, RepresentationDraft,
};
use crate::gateway::exclude_representative::Excluding;
use crate::grpc::convert::{Reader, count, deadline, moment, number, summary};
use crate::grpc::pb;
use pb::case_step::Step;

/// The raw case. What is wrong about its people is found when the referral is opened.
pub(in crate::grpc) fn draft(from: pb::CreateCaseRequest, reader: &mut Reader) -> CaseDraft {
    reader.text::<CaseRef>("case_ref", &from.case_ref);
    reader.text::<ReferralId>("referral_id", &from.referral_id);
    reader.text::<UserId>("process_director_user_id", &from.process_director_user_id);
    reader.text::<UserId>("manager_user_id", &from.manager_user_id);
    CaseDraft {
        case_ref: from.case_ref,
        referral_id: from.referral_id,
        process_director_user_id: from.process_director_user_id,
        manager_user_id: from.manager_user_id,
        representations: from.representations.into_iter().map(representation).collect(),
        incapacities: from.incapacities.into_iter().map(incapacity).collect(),
    }
}

fn representation(from: pb::Representation) -> RepresentationDraft {
    RepresentationDraft {
        person_key: from.person_key,
        representative_key: from.representative_key,
        capacity: from.capacity,
    }
}

fn incapacity(from: pb::Incapacity) -> IncapacityDraft {
    IncapacityDraft { person_key: from.person_key, decided_by: from.decided_by }
}

/// An organisation that is to join.
pub(in crate::grpc) fn joining(
    from: &pb::AddCaseTeamMemberRequest,
    reader: &mut Reader,
) -> Option<Joining> {
    let case_ref = reader.text("case_ref", &from.case_ref);
    let oin = reader.text("member_oin", &from.member_oin);
    let kind = reader.code("kind", from.kind, MemberKind::from_number);
    let reason = match from.reason {
        0 => Some(None),
        reason => reader.code("reason", reason, JoinReason::from_number).map(Some),
    };
    Some(Joining { case_ref: case_ref?, oin: oin?, kind: kind?, reason: reason? })
}

/// Somebody who is to be excluded as representative.
pub(in crate::grpc) fn excluding(
    from: &pb::ExcludeRepresentativeRequest,
    reader: &mut Reader,
) -> Option<Excluding> {
    let case_ref = reader.text("case_ref", &from.case_ref);
    let person = reader.text("person_key", &from.person_key);
    let representative = reader.text("representative_key", &from.representative_key);
    let reason = reader.code("reason", from.reason, ExclusionReason::from_number);
    let supervisor = reader.text("supervisor_user_id", &from.supervisor_user_id);
    Some(Excluding {
        case_ref: case_ref?,
        person: person?,
        representative: representative?,
        reason: reason?,
        supervisor: supervisor?,
    })
}

/// A step with the family; moments that are none are noted.
pub(in crate::grpc) fn step(from: Option<pb::CaseStep>, reader: &mut Reader) -> StepDraft {
    let Some(step) = from.and_then(|step| step.step) else { return StepDraft::NotGiven };
    match step {
        Step::Invitation(step) => StepDraft::Invitation {
            invited_at: reader.moment("step.invitation.invited_at", step.invited_at),
        },
        Step::FirstContact(step) => StepDraft::FirstContact {
            contact_at: reader.moment("step.first_contact.contact_at", step.contact_at),
        },
        Step::SeparateConversation(step) => StepDraft::SeparateConversation {
            person_key: step.person_key,
            held_at: reader.moment("step.separate_conversation.held_at", step.held_at),
        },
        Step::ChildInvolvement(step) => StepDraft::ChildInvolvement(ChildInvolvementDraft {
            person_key: step.person_key,
            kind: step.kind,
            date: step.date,
            reason: step.reason,
            approver_user_id: step.approver_user_id,
        }),
        Step::NetworkMeeting(step) => StepDraft::NetworkMeeting {
            held_at: reader.moment("step.network_meeting.held_at", step.held_at),
        },
        Step::SafetyAssessment(step) => StepDraft::SafetyAssessment(summary::assessment(step)),
        Step::SafetyScales(step) => {
            StepDraft::SafetyScales(step.scales.into_iter().map(summary::scale).collect())
        }
        Step::BasicPlan(step) => StepDraft::BasicPlan(PlanDraft {
            agreements: step.agreements.into_iter().map(summary::agreement).collect(),
            coordinator_oin: step.coordinator_oin,
            provider_oins: step.provider_oins,
            ..PlanDraft::default()
        }),
        Step::SafetyPlan(step) => StepDraft::SafetyPlan(safety_plan(step)),
        Step::Monitoring(step) => StepDraft::Monitoring {
            started_at: reader.moment("step.monitoring.started_at", step.started_at),
        },
        Step::AgreementCheck(step) => StepDraft::AgreementCheck(AgreementCheckDraft {
            checked_at: reader.moment("step.agreement_check.checked_at", step.checked_at),
            results: step.results.into_iter().map(|one| (one.agreement_id, one.status)).collect(),
            new_violence: step.new_violence,
        }),
        Step::ViolenceStopped(step) => StepDraft::ViolenceStopped {
            confirmed_at: reader.moment("step.violence_stopped.confirmed_at", step.confirmed_at),
            confirmed_by_user_id: step.confirmed_by_user_id,
        },
    }
}

fn safety_plan(from: pb::case_step::SafetyPlan) -> PlanDraft {
    let member =
        |one: pb::case_step::NetworkMember| NetworkMemberDraft { name: one.name, role: one.role };
    PlanDraft {
        agreements: from.agreements.into_iter().map(summary::agreement).collect(),
        coordinator_oin: from.coordinator_oin,
        provider_oins: from.provider_oins,
        conditions: from.conditions,
        network: from.network.into_iter().map(member).collect(),
        evaluation_dates: from.evaluation_dates,
    }
}

/// How the people concerned were involved.
pub(in crate::grpc) fn involvement(from: Option<pb::Involvement>) -> InvolvementDraft {
    let from = from.unwrap_or_default();
    InvolvementDraft { kind: from.kind, planned_date: from.planned_date, reason: from.reason }
}

/// A case.
pub(in crate::grpc) fn case(of: &CaseView) -> pb::Case {
    pb::Case {
        case_ref: of.case_ref.to_string(),
        team_id: of.team_id.to_string(),
        state: of.state.number().into(),
        phase: of.phase.number().into(),
        process_director_user_id: of.process_director_user_id.to_string(),
        members: of.members.iter().map(member).collect(),
        opened_at: Some(moment(of.opened_at)),
        first_contact_at: of.first_contact_at.map(moment),
        working_days_to_first_contact: of.working_days_to_first_contact.map_or(0, count),
        person_count: number(of.person_count),
        manager_user_id: of.manager_user_id.to_string(),
        plans: of.plans.iter().zip(1..).map(plan).collect(),
        monitoring_since: of.monitoring_since.map(moment),
        violence_stopped_at: of.violence_stopped_at.map(moment),
        scales: of.scales.iter().map(scales).collect(),
        next_meeting: of.next_meeting.as_ref().map(meeting),
        open_handovers: of.open_handovers.iter().map(handover).collect(),
        repeat_referrals: of.repeat_referrals.iter().map(repeat_referral).collect(),
        deadlines: of.deadlines.iter().map(deadline::deadline).collect(),
    }
}

fn plan((of, version): (&PlanView, i32)) -> pb::CasePlan {
    pb::CasePlan {
        version,
        kind: of.kind.number().into(),
        recorded_at: Some(moment(of.recorded_at)),
        open_count: number(of.agreements.open),
        kept_count: number(of.agreements.kept),
        broken_count: number(of.agreements.broken),
        secured_count: number(of.agreements.secured),
        family_owned_count: number(of.agreements.family_owned),
    }
}

fn scales(of: &MeetingScales) -> pb::CaseScales {
    pb::CaseScales {
        meeting: number(of.meeting),
        professional: of.professional.map(i32::from),
        network: of.network.map(i32::from),
        client_count: number(of.client_count),
        child_count: number(of.child_count),
    }
}

fn meeting(of: &MeetingView) -> pb::CaseMeeting {
    pb::CaseMeeting {
        meeting_id: of.meeting_id.to_string(),
        planned_at: Some(moment(of.planned_at)),
        location_code: of.location.as_str().to_owned(),
    }
}

/// A handover.
pub(in crate::grpc) fn handover(of: &HandoverView) -> pb::CaseHandover {
    pb::CaseHandover {
        handover_id: of.handover_id.to_string(),
        from_oin: of.from_oin.to_string(),
        to_oin: of.to_oin.to_string(),
        state: of.state.number().into(),
        offered_at: Some(moment(of.offered_at)),
        answered_at: of.answered_at.map(moment),
        answered_by_user_id: of.answered_by.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn repeat_referral(of: &RepeatView) -> pb::CaseRepeatReferral {
    pb::CaseRepeatReferral {
        referral_id: of.referral_id.to_string(),
        submitted_at: Some(moment(of.submitted_at)),
        repeat_index: i32::try_from(of.repeat_index).unwrap_or(i32::MAX),
        triaged: of.triage_outcome.is_some(),
    }
}

fn member(of: &Member) -> pb::CaseTeamMember {
    pb::CaseTeamMember {
        oin: of.oin.to_string(),
        kind: of.membership.kind().number().into(),
        reason: of.membership.reason().map_or(0, |reason| reason.number().into()),
        member_from: Some(moment(of.member_from)),
        member_until: of.member_until.map(moment),
    }
}

/// The answer to `CreateCase`.
pub(in crate::grpc) fn created(of: &CaseView) -> Vec<u8> {
    pb::CreateCaseResponse { case: Some(case(of)) }.encode_to_vec()
}

/// The answer to `AddCaseTeamMember`.
pub(in crate::grpc) fn joined(of: &CaseView) -> Vec<u8> {
    pb::AddCaseTeamMemberResponse { case: Some(case(of)) }.encode_to_vec()
}

/// The answer to `RecordCaseStep`.
pub(in crate::grpc) fn moved_on(of: &Moved) -> Vec<u8> {
    pb::RecordCaseStepResponse { case: Some(case(&of.case)) }.encode_to_vec()
}
