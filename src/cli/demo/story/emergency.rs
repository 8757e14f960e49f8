//! Steps 11 to 13: a night in June. Who holds the data gives it, on the ground that fits; what overrides a
//! no is declared, closes by itself and is reviewed; and the police hear what a warning may hold.

use anyhow::Result;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

use super::{CASE_REF, Story, after, involvement, oversight, request_id, summary};
use crate::cli::demo::expect::{self, Refused, short};
use crate::cli::demo::family::{self, Member};
use crate::cli::demo::moment;
use crate::cli::demo::party::Party;
use crate::cli::demo::watch::Growth;
use crate::cli::demo::world::Desk;
use crate::cli::demo::{employee, plan};
use crate::grpc::pb::client_informed::Informed;
use crate::grpc::pb::reporting_code_decision::{Conclusion, Considerations, Step};
use crate::grpc::pb::{
    Basis, BasisEvidence, Category, ClientInformed, ClientInvolvement, DangerTo, DenialReason,
    DisclosureFilter, Emergency, EmergencyReason, ErrorReason, EventCode, ListNoticesRequest,
    Purpose, ReadSharedSummaryRequest, ReadSharedSummaryResponse, ReportingCodeDecision,
    ShareSummaryRequest, ShareSummaryResponse, SubmitReferralRequest, SummarySharedNotice,
    WhyNoConsent, notice,
};

/// What the Steunpunt needs to know that night.
const NEEDED: [Category; 3] =
    [Category::Identification, Category::SafetyAgreements, Category::HealthMental];
/// What the police need to know that night.
const WARNING: [Category; 3] =
    [Category::Identification, Category::ContactAddress, Category::SafetyAgreements];
/// When the crisis worker proved who they are.
const AUTHENTICATED: &str = "2026-06-07T23:38:00+02:00";
/// The second referral of the story.
pub(super) const REPEAT_ID: &str = "6f3c1d9a-7b42-4e0e-9d55-000000000011";

/// Steps 11 to 13. Returns how far the ledger is at the end.
pub(super) async fn tell(story: &mut Story<'_>) -> Result<Growth> {
    story.chapter("A night in June")?;
    mistake_a_refusal(story).await?;
    report_without_declaring(story).await?;
    let shared = report(story).await?;
    report_to_a_partner(story).await?;
    warn_the_police(story).await?;
    after::back_to_phase_1(story).await?;
    refer_again(story).await?;
    after::told(story).await?;
    close_by_itself(story, &shared).await
}

async fn mistake_a_refusal(story: &mut Story<'_>) -> Result<()> {
    story.step(
        "11",
        "2026-06-07T23:41:00+02:00",
        "A crisis worker of mental health care hears a threat of the father, and takes vital interest \
         because he refused.",
    )?;
    let request = ShareSummaryRequest {
        basis: Basis::VitalInterest.into(),
        evidence: None,
        ..report_request()
    };
    let outcome = share(&story.desks.ggz, request).await;
    let hint = outcome.as_ref().err().and_then(|status| {
        let details = status.get_error_details();
        details.error_info().and_then(|info| info.metadata.get("hint").cloned())
    });
    let refusal = expect::refused(
        "vital interest of somebody who refused",
        outcome,
        Code::InvalidArgument,
        ErrorReason::BasisNotApplicable,
        None,
    )?;
    let names_it = hint.as_deref() == Some("WMO_5_2_6_REPORT");
    expect::so("the refusal names the basis that fits", names_it)?;
    story.refused(
        &refusal,
        "Vital interest is for people who cannot consent. The answer names what fits: a report.",
    )?;
    story.grew_by(4, "new entries of the mistake, one per person").await
}

async fn report_without_declaring(story: &mut Story<'_>) -> Result<()> {
    story.step(
        "12",
        "2026-06-07T23:43:00+02:00",
        "The worker reports to the Steunpunt about the father, who withdrew his consent to that.",
    )?;
    let request = ShareSummaryRequest {
        person_keys: vec![Member::Father.key().to_owned()],
        emergency: None,
        ..report_request()
    };
    let outcome = share(&story.desks.ggz, request).await;
    let refusal =
        denied("a report against a withdrawal", outcome, DenialReason::EmergencyRequired)?;
    story.refused(&refusal, "The law allows a report against his will, but not in silence.")?;
    story.grew_by(1, "new entries of the denial").await
}

async fn report(story: &mut Story<'_>) -> Result<ShareSummaryResponse> {
    story.step(
        "",
        "2026-06-07T23:44:00+02:00",
        "She declares the emergency: imminent violence, danger to a child, a colleague consulted, the \
         reporting code weighed.",
    )?;
    let outcome = share(&story.desks.ggz, report_request()).await;
    let shared = expect::answered("the report in an emergency", outcome)?;
    expect::equal("entries: four declarations, four reports", shared.entries.len(), 8)?;
    story.one_act(&shared.entries)?;
    let closes = moment::minute(shared.expires_at.as_ref());
    expect::equal("end of access", closes.as_str(), "2026-06-08 23:44")?;
    let due = moment::day(shared.review_due_at.as_ref());
    expect::equal("day on which the review is due", due.as_str(), "2026-06-12")?;
    expect::so("the emergency has a review", !shared.review_id.is_empty())?;
    story.grew_by(8, "new entries of the report").await?;

    let told = shared_with(&story.desks.steunpunt).await?;
    let same = told.share_id == shared.share_id && told.is_emergency;
    expect::so("the Steunpunt has a notice of it", same)?;
    let read = read(&story.desks.steunpunt, Party::Steunpunt, &shared.share_id).await;
    let answer = expect::answered("the Steunpunt reading the report", read)?;
    let view = expect::given("the view", answer.view.as_ref())?;
    summary::check_people(view, &Member::ALL)?;
    let parts = ["intake", "time-out", plan::SAFE_PLACE, plan::SCHOOL, "weekly"];
    summary::check_parts(view, &parts, 0)?;
    expect::equal("purpose of the report", view.purpose_binding(), Purpose::SafetyProtection)?;
    story.one_act(&answer.entries)?;
    story.happened(
        "Delivered within seconds; access closes in 24 hours. The privacy officers of both sides have \
         it on their queue, and nobody waited for them.",
    )?;
    story.grew_by(4, "new entries of the Steunpunt reading it").await?;
    Ok(shared)
}

async fn report_to_a_partner(story: &mut Story<'_>) -> Result<()> {
    story.also("12n", "The same call to social work.")?;
    let request = ShareSummaryRequest {
        recipient_oin: Party::SocialWork.oin().to_owned(),
        ..report_request()
    };
    let outcome = share(&story.desks.ggz, request).await;
    let refusal = denied("a report to a partner", outcome, DenialReason::BasisNotApplicable)?;
    story.refused(&refusal, "The right to report is a right towards the Steunpunt only.")?;
    story.grew_by(4, "new entries of the denial, one per person").await
}

async fn warn_the_police(story: &mut Story<'_>) -> Result<()> {
    story.step(
        "13",
        "2026-06-07T23:52:00+02:00",
        "The Steunpunt warns the police: who they are, where they are, what was agreed.",
    )?;
    let mut too_much = WARNING.to_vec();
    too_much.push(Category::HealthMental);
    let outcome = share(&story.desks.steunpunt, warning(&too_much)).await;
    let refusal = denied("a warning with care in it", outcome, DenialReason::BasisNotApplicable)?;
    story.refused(&refusal, "With his therapy in it the warning does not go at all.")?;
    story.grew_by(4, "new entries of the denial, one per person").await?;

    let outcome = share(&story.desks.steunpunt, warning(&WARNING)).await;
    let shared = expect::answered("the warning to the police", outcome)?;
    expect::equal("entries of the warning, one per person", shared.entries.len(), 4)?;
    expect::so("a warning against nobody's will is no emergency", shared.review_id.is_empty())?;
    let told = shared_with(&story.desks.police).await?;
    expect::so("the police have a notice of it", told.share_id == shared.share_id)?;
    let read = read(&story.desks.police, Party::Police, &told.share_id).await;
    let answer = expect::answered("the police reading the warning", read)?;
    let view = expect::given("the view", answer.view.as_ref())?;
    summary::check_people(view, &Member::ALL)?;
    let agreements = ["time-out", plan::SAFE_PLACE, plan::SCHOOL, "weekly"];
    summary::check_parts(view, &agreements, 3)?;
    story.happened(
        "The agreements and who they are about. No assessment, no therapy, and no break-glass: nobody \
         ever refused the police.",
    )?;
    story.grew_by(8, "new entries of the warning and of the police reading it").await
}

async fn refer_again(story: &mut Story<'_>) -> Result<()> {
    story.step(
        "",
        "2026-06-08T02:10:00+02:00",
        "The police were called, and refer the family again.",
    )?;
    let mut referral = family::referral(REPEAT_ID, Party::Police.oin());
    "PL1500-2026-11822".clone_into(&mut referral.police_registration_no);
    referral.incident_at = Some(moment::proto("2026-06-08T01:20:00+02:00"));
    referral.reported_at = Some(moment::proto("2026-06-08T01:25:00+02:00"));
    let request = SubmitReferralRequest {
        request_id: request_id(),
        actor: Some(employee::police_officer()),
        referral: Some(referral),
    };
    let outcome = story.desks.police.referrals().submit_referral(request).await;
    let answer = expect::answered("submitting the second referral", outcome)?;
    expect::equal("which referral about this family it is", answer.repeat_index, 2)?;
    story.happened("The second about these people within a year, and the referral says so.")?;
    story.grew_by(4, "new entries of the second referral").await
}

async fn close_by_itself(story: &mut Story<'_>, shared: &ShareSummaryResponse) -> Result<Growth> {
    story.step(
        "",
        "2026-06-08T23:45:00+02:00",
        "A day after the emergency the Steunpunt opens the report again.",
    )?;
    let outcome = read(&story.desks.steunpunt, Party::Steunpunt, &shared.share_id).await;
    let refusal = denied("reading after the end", outcome, DenialReason::EmergencyRequired)?;
    story.refused(&refusal, "It closed by itself, to the minute.")?;
    let key = DisclosureFilter { case_ref: CASE_REF.to_owned(), ..DisclosureFilter::default() };
    let days = ("2026-06-07T00:00:00+02:00", "2026-06-10T00:00:00+02:00");
    let ended = oversight::search(story.desks, EventCode::BreakGlassEnded, days, key).await?;
    expect::equal("entries that tell the end, one per person", ended.len(), 4)?;
    story.growth().await
}

/// GGZ to Steunpunt, as the emergency it is.
fn report_request() -> ShareSummaryRequest {
    ShareSummaryRequest {
        request_id: request_id(),
        actor: Some(employee::crisis_worker()),
        case_ref: CASE_REF.to_owned(),
        revision: 0,
        recipient_oin: Party::Steunpunt.oin().to_owned(),
        purpose: Purpose::SafetyProtection.into(),
        basis: Basis::Wmo526Report.into(),
        evidence: Some(BasisEvidence {
            necessity_text: "Zonder deze gegevens kan niemand vannacht ingrijpen.".to_owned(),
            reporting_code_decision: Some(reporting_code()),
            ..BasisEvidence::default()
        }),
        categories: NEEDED.map(i32::from).into(),
        person_keys: Vec::new(),
        involvement: Some(crate::grpc::pb::Involvement {
            reason: "Vooraf vertellen brengt de kinderen in gevaar.".to_owned(),
            ..involvement(ClientInvolvement::NotInformedSafety)
        }),
        emergency: Some(emergency()),
    }
}

/// Considerations 1 yes and 2 yes: report.
fn reporting_code() -> ReportingCodeDecision {
    let done = [Step::MapSignals, Step::ConsultColleague, Step::WeighGravity, Step::Decide];
    ReportingCodeDecision {
        steps_done: done.map(i32::from).into(),
        step3_skipped_reason: "Een gesprek vannacht lokt geweld uit.".to_owned(),
        considerations: Some(Considerations {
            suspicion: Some(true),
            unsafety: Some(true),
            ..Considerations::default()
        }),
        conclusion: Conclusion::Report.into(),
        decided_by_user_id: employee::CRISIS_WORKER.to_owned(),
        decided_at: Some(moment::proto("2026-06-07T23:40:00+02:00")),
    }
}

fn emergency() -> Emergency {
    Emergency {
        reason_code: EmergencyReason::ImminentViolence.into(),
        danger_to: DangerTo::Child.into(),
        situation: "Vader zegt dat hij vannacht naar het huis gaat.".to_owned(),
        why_no_consent: WhyNoConsent::Refused.into(),
        alternatives_tried: "Vader hing op; het mobiel crisisteam is onderweg.".to_owned(),
        consulted_colleague_user_id: employee::CONSULTED.to_owned(),
        minimality_text: "Alleen wie, wat is afgesproken en wat hem bezielt.".to_owned(),
        client_informed: Some(ClientInformed {
            informed: Some(Informed::PlannedOn("2026-06-22".to_owned())),
        }),
        authenticated_at: Some(moment::proto(AUTHENTICATED)),
        ..Emergency::default()
    }
}

/// Steunpunt to police.
fn warning(categories: &[Category]) -> ShareSummaryRequest {
    ShareSummaryRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        recipient_oin: Party::Police.oin().to_owned(),
        basis: Basis::Wmo4112E.into(),
        evidence: Some(BasisEvidence {
            gravity_text: "Vader is onderweg en er zijn kinderen in huis.".to_owned(),
            ..BasisEvidence::default()
        }),
        categories: categories.iter().copied().map(i32::from).collect(),
        emergency: None,
        ..report_request()
    }
}

async fn share(
    desk: &Desk,
    request: ShareSummaryRequest,
) -> Result<Response<ShareSummaryResponse>, Status> {
    desk.sharing().share_summary(request).await
}

async fn read(
    desk: &Desk,
    party: Party,
    share_id: &str,
) -> Result<Response<ReadSharedSummaryResponse>, Status> {
    let request = ReadSharedSummaryRequest {
        request_id: request_id(),
        actor: Some(employee::worker_of(party)),
        share_id: share_id.to_owned(),
    };
    desk.sharing().read_shared_summary(request).await
}

/// The last thing that was shared with an organisation, as its notices tell.
async fn shared_with(desk: &Desk) -> Result<SummarySharedNotice> {
    let outcome = desk.consents().list_notices(ListNoticesRequest::default()).await;
    let notices = expect::answered("reading the notices", outcome)?.notices;
    let shared = notices.into_iter().rev().find_map(|notice| match notice.content {
        Some(notice::Content::SummaryShared(shared)) => Some(shared),
        Some(_) | None => None,
    });
    Ok(expect::given("a notice of what was shared", shared)?)
}

fn denied<T>(
    what: &str,
    outcome: Result<Response<T>, Status>,
    reason: DenialReason,
) -> Result<Refused> {
    let reason = short(reason.as_str_name(), "DENIAL_REASON_");
    let (code, because) = (Code::PermissionDenied, ErrorReason::AccessDenied);
    Ok(expect::refused(what, outcome, code, because, Some(&reason))?)
}
