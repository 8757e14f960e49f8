//! Step 15: the daughter, who is 16, asks who saw what about her. What the father asks is refused.

use std::collections::BTreeSet;

use anyhow::Result;
use prost::Message as _;
use tonic::{Code, Response, Status};

use super::{CASE_REF, Story, oversight, request_id, review};
use crate::cli::demo::expect;
use crate::cli::demo::family::{FAMILY_NAME, Member};
use crate::cli::demo::party::Party;
use crate::cli::demo::world::Desks;
use crate::cli::demo::{employee, moment};
use crate::grpc::pb::{
    AccessVerdict, ApproveAccessReportRequest, BuildAccessReportRequest, BuildAccessReportResponse,
    Capacity, CloseDataSubjectRequestRequest, DataSubjectRequest, DisclosureFilter, ErrorReason,
    EventCode, IdentityCheck, OpenDataSubjectRequestRequest, OpenDataSubjectRequestResponse,
    PrepareAccessReportRequest, ReportedOrganisation, ReviewOutcome, SubjectRequestEnding,
    SubjectRequestState,
};

/// When the requests come in.
const RECEIVED: &str = "2026-06-22T09:30:00+02:00";
/// The months in which the case was shared, for searches.
const SPRING: (&str, &str) = ("2026-03-10T00:00:00+01:00", "2026-05-31T00:00:00+02:00");
/// The month of the request.
const SUMMER: (&str, &str) = ("2026-06-15T00:00:00+02:00", "2026-07-15T00:00:00+02:00");

/// Step 15.
pub(super) async fn tell(story: &mut Story<'_>) -> Result<()> {
    story.chapter("Who saw what about me")?;
    review::inform_the_father(story).await?;
    story.step("15", RECEIVED, "The daughter, who is 16, asks the Steunpunt who saw what.")?;
    let asked = open(story.desks, Member::Daughter, None).await;
    let request = opened("the request of the daughter", asked)?;
    let verdict = request.verdict();
    expect::equal("verdict on the daughter's request", verdict, AccessVerdict::Give)?;
    let due = moment::second(request.due_at.as_ref());
    expect::equal("day on which it is due", due.as_str(), "2026-07-22 23:59:59")?;
    story.happened("She gets it, at the latest on 2026-07-22: a month from the receipt.")?;
    report(story, &request).await?;
    refusals(story).await?;
    logged(story).await
}

async fn report(story: &mut Story<'_>, request: &DataSubjectRequest) -> Result<()> {
    approved(story, request).await?;
    let outcome = build(story.desks, &request.subject_request_id).await;
    let report = expect::answered("the report for the daughter", outcome)?;
    expect::so("the report is no draft", !report.draft)?;
    let told: BTreeSet<(&str, &str)> = report
        .disclosures
        .iter()
        .map(|one| (oin(one.from.as_ref()), oin(one.to.as_ref())))
        .collect();
    for (what, from, to) in [
        ("the referral", Party::Police, Party::Steunpunt),
        ("the feedback", Party::Steunpunt, Party::Police),
        ("the summary", Party::Steunpunt, Party::Ggz),
    ] {
        expect::so(&format!("{what} is in the report"), told.contains(&(from.oin(), to.oin())))?;
    }
    let summary =
        report.disclosures.iter().find(|one| one.event_code() == EventCode::SummaryDelivered);
    let summary = expect::given("a summary in the report", summary)?;
    let day = summary.consented_on.as_str();
    expect::equal("day of the consent in the report", day, "2026-04-02")?;
    emergency(&report)?;
    let grounded = report.disclosures.iter().all(|one| {
        !one.basis_text_nl.is_empty() && (!one.statute.is_empty() || !one.consented_on.is_empty())
    });
    expect::so(
        "every disclosure has its ground in plain Dutch, and an article or a day",
        grounded,
    )?;
    names_nobody(story, &report).await?;
    let state = expect::given("the request", report.data_subject_request)?.state();
    expect::equal("state of the request", state, SubjectRequestState::Reported)?;
    story.happened(&format!(
        "{} disclosures: who gave what to whom, when, why and on what ground, and that the emergency \
         was judged JUSTIFIED_WITH_REMARK. No employee, and nothing of anybody else.",
        report.disclosures.len()
    ))?;
    let close = CloseDataSubjectRequestRequest {
        request_id: request_id(),
        actor: Some(employee::privacy_officer_of_steunpunt()),
        subject_request_id: request.subject_request_id.clone(),
        ending: SubjectRequestEnding::Answered.into(),
    };
    let outcome = story.desks.steunpunt.privacy().close_data_subject_request(close).await;
    expect::answered("closing the request", outcome)?;
    Ok(())
}

/// One officer prepares it, another approves it.
async fn approved(story: &mut Story<'_>, request: &DataSubjectRequest) -> Result<()> {
    let id = &request.subject_request_id;
    let draft = expect::answered("the draft for the daughter", build(story.desks, id).await)?;
    expect::so("what was not approved is a draft", draft.draft)?;
    let prepare = PrepareAccessReportRequest {
        request_id: request_id(),
        actor: Some(employee::privacy_officer_of_steunpunt()),
        subject_request_id: id.clone(),
        tree_size: draft.tree_size,
        withheld: Vec::new(),
    };
    let outcome = story.desks.steunpunt.privacy().prepare_access_report(prepare).await;
    let prepared = expect::answered("preparing the report", outcome)?;
    let prepared = expect::given("the request", prepared.data_subject_request)?;
    let prepared = expect::given("the prepared report", prepared.report)?;
    let approve = |by| ApproveAccessReportRequest {
        request_id: request_id(),
        actor: Some(by),
        subject_request_id: id.clone(),
        digest: prepared.digest.clone(),
    };
    let alone = approve(employee::privacy_officer_of_steunpunt());
    let refusal = expect::refused(
        "an approval by who prepared it",
        story.desks.steunpunt.privacy().approve_access_report(alone).await,
        Code::FailedPrecondition,
        ErrorReason::PreconditionMissing,
        Some("SECOND_OFFICER"),
    )?;
    story.refused(&refusal, "Who prepared the report does not approve it.")?;
    let second = approve(employee::second_officer_of_steunpunt());
    let outcome = story.desks.steunpunt.privacy().approve_access_report(second).await;
    expect::answered("approving the report", outcome)?;
    story.happened("Another officer of the Steunpunt read it and approved exactly that.")
}

/// The night in June is in it, and so is what the privacy officers thought of it.
fn emergency(report: &BuildAccessReportResponse) -> Result<()> {
    let between = |from: Party, to: Party| {
        report.disclosures.iter().find(|one| {
            one.event_code() == EventCode::SummaryShared
                && (oin(one.from.as_ref()), oin(one.to.as_ref())) == (from.oin(), to.oin())
        })
    };
    let reported = between(Party::Ggz, Party::Steunpunt);
    let reported = expect::given("the report of that night", reported)?;
    expect::so("it was an emergency", reported.emergency)?;
    let outcome = ReviewOutcome::JustifiedWithRemark;
    expect::equal("outcome of its review", reported.review_outcome(), outcome)?;
    let warned = between(Party::Steunpunt, Party::Police);
    let warned = expect::given("the warning of that night", warned)?;
    expect::so("the warning was no emergency", !warned.emergency)?;
    let none = ReviewOutcome::Unspecified;
    Ok(expect::equal("outcome where nothing was reviewed", warned.review_outcome(), none)?)
}

/// Searches the bytes of the report, as they were sent, for everything that is not in it.
async fn names_nobody(story: &mut Story<'_>, report: &BuildAccessReportResponse) -> Result<()> {
    let bytes = report.encode_to_vec();
    let key = DisclosureFilter { case_ref: CASE_REF.to_owned(), ..DisclosureFilter::default() };
    let event = EventCode::SummaryDelivered;
    let known = oversight::search(story.desks, event, SPRING, key).await?;
    let pseudonyms: BTreeSet<String> =
        known.iter().map(|one| one.subject_pseudonym.clone()).collect();
    expect::equal("people about whom summaries were shared", pseudonyms.len(), 4)?;
    let mut absent: Vec<String> = pseudonyms.into_iter().collect();
    absent.extend(known.into_iter().filter_map(|one| one.actor).map(|actor| actor.user_id));
    absent.extend(Member::ALL.into_iter().flat_map(Member::secrets).map(str::to_owned));
    absent.extend(
        [FAMILY_NAME, employee::PROCESS_DIRECTOR, employee::TEAM_MANAGER, employee::SUPERVISOR]
            .map(str::to_owned),
    );
    absent.extend(Party::ALL.map(|party| employee::worker_of(party).user_id));
    let stands = |secret: &String| {
        secret.len() > 3 && bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    let what = "the report names no person, no employee and no address";
    Ok(expect::so(what, !absent.iter().any(stands))?)
}

async fn refusals(story: &mut Story<'_>) -> Result<()> {
    for (child, verdict, sentence) in [
        (
            Member::Son,
            AccessVerdict::RefusedChildInterest,
            "The father asks for the son. He was excluded: the child's interest opposes it.",
        ),
        (
            Member::Daughter,
            AccessVerdict::Refused16Plus,
            "The father asks for the daughter, as her parent. At 16 only she can ask, or let him.",
        ),
    ] {
        story.also("15n", sentence)?;
        let asked = open(story.desks, child, Some(Member::Father)).await;
        let request = opened("a request of the father", asked)?;
        expect::equal("verdict on the father's request", request.verdict(), verdict)?;
        let word = expect::short(verdict.as_str_name(), "ACCESS_VERDICT_");
        let refusal = expect::refused(
            "the report for the father",
            build(story.desks, &request.subject_request_id).await,
            Code::FailedPrecondition,
            ErrorReason::PreconditionMissing,
            Some(&word),
        )?;
        story.refused(&refusal, "He is told that it is refused, why, and where to complain.")?;
    }
    Ok(())
}

/// What was asked and what was told is in the ledger, for the office of the region too.
async fn logged(story: &mut Story<'_>) -> Result<()> {
    for (event, count, what) in [
        (EventCode::DsarOpened, 3, "requests in the ledger"),
        (EventCode::DsarReported, 2, "a report prepared and approved in the ledger"),
        (EventCode::DsarClosed, 1, "ended requests in the ledger"),
    ] {
        let key = DisclosureFilter { case_ref: CASE_REF.to_owned(), ..DisclosureFilter::default() };
        let found = oversight::search(story.desks, event, SUMMER, key).await?;
        expect::equal(what, found.len(), count)?;
    }
    let key = DisclosureFilter {
        actor_user_id: employee::privacy_officer().user_id,
        oin: Party::Fg.oin().to_owned(),
        ..DisclosureFilter::default()
    };
    let looks = oversight::search(story.desks, EventCode::LogQueried, SUMMER, key).await?;
    expect::so("every look at the ledger is in the ledger", !looks.is_empty())?;
    story.happened("All of it is in the ledger: three requests, one report, and who looked.")?;
    story.growth().await?;
    Ok(())
}

fn opened(
    what: &str,
    outcome: Result<Response<OpenDataSubjectRequestResponse>, Status>,
) -> Result<DataSubjectRequest> {
    let answer = expect::answered(what, outcome)?;
    Ok(expect::given("the request", answer.data_subject_request)?)
}

async fn open(
    desks: &Desks,
    subject: Member,
    parent: Option<Member>,
) -> Result<Response<OpenDataSubjectRequestResponse>, Status> {
    let capacity = if parent.is_some() { Capacity::ParentWithAuthority } else { Capacity::Self_ };
    let request = OpenDataSubjectRequestRequest {
        request_id: request_id(),
        actor: Some(employee::privacy_officer_of_steunpunt()),
        case_ref: CASE_REF.to_owned(),
        subject_person_key: subject.key().to_owned(),
        requester_person_key: parent.map_or("", Member::key).to_owned(),
        capacity: capacity.into(),
        identity_check: IdentityCheck::IdDocument.into(),
        received_at: Some(moment::proto(RECEIVED)),
        ..OpenDataSubjectRequestRequest::default()
    };
    desks.steunpunt.privacy().open_data_subject_request(request).await
}

async fn build(
    desks: &Desks,
    subject_request_id: &str,
) -> Result<Response<BuildAccessReportResponse>, Status> {
    let request = BuildAccessReportRequest {
        actor: Some(employee::privacy_officer_of_steunpunt()),
        subject_request_id: subject_request_id.to_owned(),
        ..BuildAccessReportRequest::default()
    };
    desks.steunpunt.privacy().build_access_report(request).await
}

fn oin(of: Option<&ReportedOrganisation>) -> &str {
    of.map_or("", |of| of.oin.as_str())
}
