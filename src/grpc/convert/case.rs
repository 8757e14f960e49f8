//! Cases and their steps.

use prost::Message as _;

use crate::domain::case::{
    BasicPlanDraft, ChildInvolvementDraft, InvolvementDraft, JoinReason, Member, MemberKind,
    StepDraft,
};
use crate::domain::consent::ExclusionReason;
use crate::domain::id::{CaseRef, ReferralId, UserId};
use crate::gateway::cases::{CaseDraft, CaseView, IncapacityDraft, Joining, RepresentationDraft};
use crate::gateway::exclude_representative::Excluding;
use crate::grpc::convert::{Reader, count, moment, summary};
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
        Step::BasicPlan(step) => StepDraft::BasicPlan(BasicPlanDraft {
            agreements: step.agreements.into_iter().map(summary::agreement).collect(),
            coordinator_oin: step.coordinator_oin,
        }),
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
        person_count: i32::try_from(of.person_count).unwrap_or(i32::MAX),
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
pub(in crate::grpc) fn moved_on(of: &CaseView) -> Vec<u8> {
    pb::RecordCaseStepResponse { case: Some(case(of)) }.encode_to_vec()
}
