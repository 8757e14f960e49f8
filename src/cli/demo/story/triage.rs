//! Steps 3 and 4: the Steunpunt decides, opens a case, gathers the team, and tells the police what
//! they may know.

use anyhow::Result;
use tonic::Code;

use super::referral::REFERRAL_ID;
use super::{CASE_REF, Story, oversight, request_id};
use crate::cli::demo::expect::{self, Deviation, Refused};
use crate::cli::demo::family::Member;
use crate::cli::demo::party::Party;
use crate::cli::demo::world::Desk;
use crate::cli::demo::{employee, moment};
use crate::grpc::pb::{
    AddCaseTeamMemberRequest, Capacity, CaseState, CreateCaseRequest, DisclosureFilter,
    ErrorReason, EventCode, FeedbackGroup, GetCaseRequest, GetReferralStatusRequest, MemberKind,
    RecordTriageRequest, Representation, SafetyPhase, SendFeedbackRequest, TriageOutcome,
};

/// Outcome 8 of NEN 7513.
const SERIOUS_FAILURE: i32 = 8;

/// A case that was never opened.
const NO_CASE_REF: &str = "VVT-2026-999999";

/// Steps 3 and 4.
pub(super) async fn tell(story: &mut Story<'_>) -> Result<()> {
    story.chapter("A team for the family")?;
    decide(story).await?;
    open_the_case(story).await?;
    gather_the_team(story).await?;
    tell_the_police(story).await?;
    keep_the_case_from_the_police(story).await
}

async fn decide(story: &mut Story<'_>) -> Result<()> {
    story.step(
        "3",
        "2026-03-16T10:05:00+01:00",
        "The Steunpunt decides that a Veilig Verderteam takes it up.",
    )?;
    let request = RecordTriageRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        referral_id: REFERRAL_ID.to_owned(),
        outcome: TriageOutcome::VvtTeam.into(),
    };
    let outcome = story.desks.steunpunt.referrals().record_triage(request).await;
    let triaged = expect::answered("recording the triage", outcome)?;
    expect::so("the triage is in time", triaged.in_time)?;
    let feedback_due = moment::day(triaged.feedback_due_at.as_ref());
    expect::equal("feedback to the police due", feedback_due.as_str(), "2026-03-18")?;
    story.happened("In time: two working days of the five. The police hear by 18 March.")?;
    Ok(())
}

async fn open_the_case(story: &mut Story<'_>) -> Result<()> {
    story.also("", "It opens a case; both parents have authority over both children.")?;
    let request = CreateCaseRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        case_ref: CASE_REF.to_owned(),
        referral_id: REFERRAL_ID.to_owned(),
        process_director_user_id: employee::PROCESS_DIRECTOR.to_owned(),
        manager_user_id: employee::TEAM_MANAGER.to_owned(),
        representations: representations(),
        incapacities: Vec::new(),
    };
    let outcome = story.desks.steunpunt.cases().create_case(request).await;
    let case = expect::given("the case", expect::answered("opening the case", outcome)?.case)?;
    expect::equal("state of the new case", case.state(), CaseState::Triaged)?;
    expect::equal("phase of the new case", case.phase(), SafetyPhase::SafetyPhase1DirectSafety)?;
    expect::equal("people in the case", case.person_count, 4)?;
    let director = case.process_director_user_id.as_str();
    expect::equal("process director", director, employee::PROCESS_DIRECTOR)?;
    story.happened(&format!("Case {CASE_REF}, four people, process director {director}."))
}

fn representations() -> Vec<Representation> {
    let of = |child: Member| {
        [Member::Mother, Member::Father].map(|parent| Representation {
            person_key: child.key().to_owned(),
            representative_key: parent.key().to_owned(),
            capacity: Capacity::ParentWithAuthority.into(),
        })
    };
    [Member::Daughter, Member::Son].into_iter().flat_map(of).collect()
}

async fn gather_the_team(story: &mut Story<'_>) -> Result<()> {
    story.also("", "Mental health care, social work and youth protection join the team.")?;
    let core = [Party::Ggz, Party::SocialWork, Party::YouthCare];
    for party in core {
        let request = AddCaseTeamMemberRequest {
            request_id: request_id(),
            actor: Some(employee::process_director()),
            case_ref: CASE_REF.to_owned(),
            member_oin: party.oin().to_owned(),
            kind: MemberKind::Core.into(),
            ..AddCaseTeamMemberRequest::default()
        };
        let outcome = story.desks.steunpunt.cases().add_case_team_member(request).await;
        let answer = expect::answered("adding a member to the team", outcome)?;
        let case = expect::given("the case", answer.case)?;
        let joined = case.members.iter().any(|member| member.oin == party.oin());
        expect::so("the organisation is a member of the team", joined)?;
    }
    story.happened("They are members. Membership alone gives them no data.")?;
    story.growth().await?;
    Ok(())
}

async fn tell_the_police(story: &mut Story<'_>) -> Result<()> {
    story.step(
        "4",
        "2026-03-17T09:10:00+01:00",
        "The Steunpunt tells the police how it went on.",
    )?;
    let request = SendFeedbackRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        referral_id: REFERRAL_ID.to_owned(),
    };
    let outcome = story.desks.steunpunt.referrals().send_feedback(request).await;
    let sent = expect::answered("sending the feedback", outcome)?.feedback;
    let sent = expect::given("the feedback", sent)?;
    expect::equal("feedback", sent.triage_outcome_group(), FeedbackGroup::TakenUp)?;
    let request = GetReferralStatusRequest { referral_id: REFERRAL_ID.to_owned() };
    let outcome = story.desks.police.referrals().get_referral_status(request).await;
    let status = expect::answered("asking for the status", outcome)?.status;
    let read = expect::given("the status of the referral", status)?.feedback;
    expect::so("the police read exactly the feedback that was sent", read == Some(sent))?;
    story.happened("TAKEN_UP: one of three words, no plan, no diagnosis, no names of helpers.")?;
    story.growth().await?;
    Ok(())
}

async fn keep_the_case_from_the_police(story: &mut Story<'_>) -> Result<()> {
    story.also("4n", "A police officer tries to read the case, and one that does not exist.")?;
    let real = read_as_police(&story.desks.police, CASE_REF).await?;
    let unreal = read_as_police(&story.desks.police, NO_CASE_REF).await?;
    expect::so("both answers are the same, byte for byte", real == unreal)?;
    story
        .refused(&real, "The same answer twice: it does not even tell whether there is a case.")?;
    privacy_officer_sees_it(story).await?;
    story.grew_by(3, "new entries of two refused looks and one search").await
}

async fn privacy_officer_sees_it(story: &mut Story<'_>) -> Result<()> {
    let user_id = employee::police_officer().user_id;
    let key = DisclosureFilter {
        actor_user_id: user_id,
        oin: Party::Police.oin().to_owned(),
        denied_only: true,
        ..DisclosureFilter::default()
    };
    let days = ("2026-03-17T00:00:00+01:00", "2026-03-18T00:00:00+01:00");
    let found = oversight::search(story.desks, EventCode::AccessDenied, days, key).await?;
    expect::equal("refused looks that the privacy officer finds", found.len(), 2)?;
    let serious = found.iter().all(|entry| entry.outcome == SERIOUS_FAILURE);
    expect::so("both are serious failures", serious)?;
    story.happened("The privacy officer finds both tries, as serious failures.")
}

async fn read_as_police(police: &Desk, case_ref: &str) -> Result<Refused, Deviation> {
    let request =
        GetCaseRequest { actor: Some(employee::police_officer()), case_ref: case_ref.to_owned() };
    let outcome = police.cases().get_case(request).await;
    let (code, reason) = (Code::PermissionDenied, ErrorReason::AccessDenied);
    expect::refused("the police reading a case", outcome, code, reason, None)
}
