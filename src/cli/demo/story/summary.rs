//! Steps 8 and 9: partners read each other's summary, person by person, as far as everybody agreed.

use anyhow::Result;
use tonic::{Code, Response, Status};

use super::consent::{self, AGREED, Consents, TO_GGZ};
use super::{CASE_REF, Story, involvement, request_id};
use crate::cli::demo::expect::{self, Deviation, Refused, short};
use crate::cli::demo::family::{FAMILY_NAME, Member};
use crate::cli::demo::party::Party;
use crate::cli::demo::payload::disclosed_value;
use crate::cli::demo::world::Desks;
use crate::cli::demo::{employee, plan};
use crate::grpc::pb::{
    AddCaseTeamMemberRequest, Basis, Category, ClientInvolvement, DenialReason, ErrorReason,
    JoinReason, LedgerReceipt, MemberKind, PublishSummaryRequest, Purpose, RequestSummaryRequest,
    RequestSummaryResponse, Summary, SummaryView,
};

/// Step 8. Returns the entries of the disclosure to mental health care.
pub(super) async fn tell(story: &mut Story<'_>, consents: &Consents) -> Result<Vec<LedgerReceipt>> {
    story.chapter("Telling it once")?;
    publish(story).await?;
    let shared = disclose(story).await?;
    the_other_way(story).await?;
    ask_for_too_much(story).await?;
    ask_without_consent(story).await?;
    closed_questions(story, consents).await?;
    Ok(shared)
}

async fn publish(story: &mut Story<'_>) -> Result<()> {
    story.step(
        "8",
        "2026-04-14T11:50:00+02:00",
        "The Steunpunt publishes its summary: assessment, agreements, the father's therapy and the \
         incident.",
    )?;
    store(story.desks, Party::Steunpunt, plan::summary_of_steunpunt()).await?;
    story.happened("Revision 1 is stored, sealed. Nobody has received anything yet.")?;
    story.growth().await?;
    Ok(())
}

async fn store(desks: &Desks, author: Party, summary: Summary) -> Result<()> {
    let request = PublishSummaryRequest {
        request_id: request_id(),
        actor: Some(employee::worker_of(author)),
        case_ref: CASE_REF.to_owned(),
        expected_revision: 0,
        summary: Some(summary),
    };
    let outcome = desks.of(author).cases().publish_summary(request).await;
    let stored = expect::answered("publishing a summary", outcome)?.revision;
    let revision = expect::given("the stored revision", stored)?.revision;
    Ok(expect::equal("revision of the summary", revision, 1)?)
}

async fn disclose(story: &mut Story<'_>) -> Result<Vec<LedgerReceipt>> {
    story.step(
        "",
        "2026-04-14T12:22:31.412+02:00",
        "Mental health care asks for it: who they are, the assessment, the agreements.",
    )?;
    let answer = read(story, "the summary for mental health care").await?;
    let view = expect::given("the view", answer.view.as_ref())?;
    check_people(view, &Member::ALL)?;
    check_parts(view, &["assessment", "time-out", plan::SAFE_PLACE, plan::SCHOOL, "weekly"], 2)?;
    expect::equal("people left out", view.redacted_subjects, 0)?;
    expect::equal(
        "purpose the data is bound to",
        view.purpose_binding(),
        Purpose::CareCoordination,
    )?;
    check_entries(story, &answer, &Member::ALL)?;
    story.happened("Four people, five parts. The therapy and the incident stay where they are.")?;
    story.happened(
        "Four entries, one per person. Each proves what mental health care received, no more and no less.",
    )?;
    story.grew_by(4, "new entries of the disclosure").await?;
    Ok(answer.entries)
}

async fn the_other_way(story: &mut Story<'_>) -> Result<()> {
    story.also("", "The other way round: mental health care publishes, the Steunpunt asks.")?;
    store(story.desks, Party::Ggz, plan::summary_of_ggz()).await?;
    let request = RequestSummaryRequest {
        author_oin: Party::Ggz.oin().to_owned(),
        categories: Vec::new(),
        ..request(Party::Steunpunt)
    };
    let outcome = story.desks.steunpunt.cases().request_summary(request).await;
    let answer = expect::answered("the summary for the Steunpunt", outcome)?;
    let view = expect::given("the view", answer.view.as_ref())?;
    check_people(view, &Member::ALL)?;
    check_parts(view, &["time-out", plan::SAFE_PLACE, plan::SCHOOL, "weekly"], 1)?;
    story.happened(
        "The agreements, as everybody agreed. The father's intake stays with his therapist.",
    )?;
    story.growth().await?;
    Ok(())
}

async fn ask_for_too_much(story: &mut Story<'_>) -> Result<()> {
    story.also("8n", "Mental health care asks again, and for the therapy too.")?;
    let mut categories = AGREED.map(i32::from).to_vec();
    categories.push(Category::HealthMental.into());
    let request = RequestSummaryRequest { categories, ..request(Party::Ggz) };
    let outcome = story.desks.ggz.cases().request_summary(request).await;
    let refusal =
        denied("asking for what nobody agreed to", outcome, DenialReason::CategoryNotCovered)?;
    story.refused(&refusal, "Nobody agreed to that, so the answer is no to all of it.")?;
    story.grew_by(4, "new entries of the denial, one per person").await
}

async fn ask_without_consent(story: &mut Story<'_>) -> Result<()> {
    story.also("8m", "MEE joins the team on call and asks for the summary.")?;
    let request = AddCaseTeamMemberRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        case_ref: CASE_REF.to_owned(),
        member_oin: Party::Mee.oin().to_owned(),
        kind: MemberKind::OnCall.into(),
        reason: JoinReason::ExpertiseNeeded.into(),
    };
    let outcome = story.desks.steunpunt.cases().add_case_team_member(request).await;
    expect::answered("adding MEE to the team", outcome)?;
    let outcome = story.desks.mee.cases().request_summary(self::request(Party::Mee)).await;
    let refusal = denied("asking without any consent", outcome, DenialReason::NoConsent)?;
    story.refused(&refusal, "A member of the team, but nobody agreed that MEE reads it.")?;
    story.growth().await?;
    Ok(())
}

async fn closed_questions(story: &mut Story<'_>, consents: &Consents) -> Result<()> {
    story.also("", "Partners ask before they ask: is there consent for this, yes or no?")?;
    let ggz = &story.desks.ggz;
    let covered = consent::may_receive(ggz, Party::Ggz, Member::Daughter, &AGREED).await?;
    expect::so("the daughter's consent covers what she agreed to", covered.permitted)?;
    let own = consents.get(&(Member::Daughter, TO_GGZ)).cloned();
    let named = own.into_iter().collect::<Vec<_>>();
    expect::so("the answer names the consent that it relies on", covered.consent_ids == named)?;
    let more = [Category::HealthMental];
    let uncovered = consent::may_receive(ggz, Party::Ggz, Member::Father, &more).await?;
    expect::equal(
        "reason about the therapy",
        uncovered.reason(),
        DenialReason::CategoryNotCovered,
    )?;
    let mee = consent::may_receive(&story.desks.mee, Party::Mee, Member::Mother, &AGREED).await?;
    expect::equal("reason for MEE", mee.reason(), DenialReason::NoConsent)?;
    story.happened(
        "Yes for the daughter; CATEGORY_NOT_COVERED for the father's therapy; NO_CONSENT for MEE.",
    )?;
    story.grew_by(3, "new entries of the questions").await
}

/// Asks for the summary of the Steunpunt as mental health care does.
pub(super) async fn read(story: &mut Story<'_>, what: &str) -> Result<RequestSummaryResponse> {
    let outcome = story.desks.ggz.cases().request_summary(request(Party::Ggz)).await;
    let answer = expect::answered(what, outcome)?;
    story.receipt(&answer.receipt, "recipient")?;
    Ok(answer)
}

fn request(asker: Party) -> RequestSummaryRequest {
    RequestSummaryRequest {
        request_id: request_id(),
        actor: Some(employee::worker_of(asker)),
        case_ref: CASE_REF.to_owned(),
        author_oin: Party::Steunpunt.oin().to_owned(),
        revision: 0,
        purpose: Purpose::CareCoordination.into(),
        basis: Basis::Consent.into(),
        categories: AGREED.map(i32::from).into(),
        involvement: Some(involvement(ClientInvolvement::Consented)),
        evidence: None,
    }
}

/// The view holds these people with the data of each, and nobody else.
pub(super) fn check_people(view: &SummaryView, members: &[Member]) -> Result<(), Deviation> {
    expect::equal("people in the view", view.persons.len(), members.len())?;
    for member in members {
        let found = view.persons.iter().find(|person| person.person_key == member.key());
        let person = expect::given(&format!("{member} in the view"), found)?;
        let shown = (person.given_names.as_str(), person.birth_date.as_str());
        let same = shown == member.identification() && person.family_name == FAMILY_NAME;
        expect::so(&format!("{member} is shown as in the referral"), same)?;
    }
    Ok(())
}

/// The view holds these parts, in any order, and says how many it leaves out.
pub(super) fn check_parts(
    view: &SummaryView,
    expected: &[&str],
    left_out: i32,
) -> Result<(), Deviation> {
    let released = view.sections.iter().filter(|s| s.category() != Category::Identification);
    let mut parts: Vec<&str> = released.map(|section| section.section_id.as_str()).collect();
    let mut expected = expected.to_vec();
    parts.sort_unstable();
    expected.sort_unstable();
    expect::equal("parts in the view", parts.as_slice(), expected.as_slice())?;
    expect::equal("parts left out", view.redacted_sections, left_out)
}

/// One entry per person in the view, and none about anybody else.
pub(super) fn check_entries(
    story: &Story<'_>,
    answer: &RequestSummaryResponse,
    members: &[Member],
) -> Result<()> {
    story.one_act(&answer.entries)?;
    expect::equal("entries, one per person in the view", answer.entries.len(), members.len())?;
    let view = expect::given("the view", answer.view.as_ref())?;
    for person in &view.persons {
        let about = answer.entries.iter().find(|entry| entry.person_key == person.person_key);
        let entry = expect::given("an entry for everybody in the view", about)?;
        story.commits(entry, &disclosed_value(view, person))?;
    }
    let mut named: Vec<&str> =
        answer.entries.iter().map(|entry| entry.person_key.as_str()).collect();
    let mut expected: Vec<&str> = members.iter().map(|member| member.key()).collect();
    named.sort_unstable();
    expected.sort_unstable();
    Ok(expect::equal("people whom the entries name", named.as_slice(), expected.as_slice())?)
}

fn denied(
    what: &str,
    outcome: Result<Response<RequestSummaryResponse>, Status>,
    reason: DenialReason,
) -> Result<Refused> {
    let reason = short(reason.as_str_name(), "DENIAL_REASON_");
    let (code, because) = (Code::PermissionDenied, ErrorReason::AccessDenied);
    Ok(expect::refused(what, outcome, code, because, Some(&reason))?)
}
