//! Step 14: privacy officers judge the emergency of Sunday night. Who was consulted may not, and everybody
//! who may look sees the outcome.

use anyhow::Result;
use tonic::Code;

use super::emergency::REPEAT_ID;
use super::{Story, request_id};
use crate::cli::demo::family::Member;
use crate::cli::demo::party::Party;
use crate::cli::demo::watch::Growth;
use crate::cli::demo::world::Desk;
use crate::cli::demo::{employee, expect, moment};
use crate::grpc::pb::{
    Actor, DecideReviewRequest, EmergencyCause, ErrorReason, GetReviewRequest, GetReviewResponse,
    ListDeadlinesRequest, ListIncidentsRequest, ListReviewsRequest, PostponeInformingRequest,
    PostponementReason, Purpose, RecordSubjectInformedRequest, Review, ReviewSeat, ReviewState,
    ReviewVerdict,
};

/// Why it was right, and what can be learned.
const MOTIVATION: &str = "Stap 3 is overgeslagen; de reden is vastgelegd.";

/// When the father is told.
const TOLD_ON: &str = "2026-06-22T09:00:00+02:00";
/// Why not before.
const PUT_OFF: &str = "Eerst moeten moeder en kinderen veilig zijn.";

/// Step 14. Returns how far the ledger is at the end.
pub(super) async fn tell(story: &mut Story<'_>) -> Result<Growth> {
    story.chapter("Was that right?")?;
    let review = queues(story).await?;
    consulted_colleague(story, &review).await?;
    decide(story, &review).await?;
    outcome(story, &review).await?;
    put_off_informing(story).await
}

/// The father is not to hear yet what was reported about him: the Steunpunt says until when, and why.
async fn put_off_informing(story: &mut Story<'_>) -> Result<Growth> {
    story.also(
        "14b",
        "The Steunpunt puts off telling the father of the second referral. A colleague agrees.",
    )?;
    let request = PostponeInformingRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        referral_id: REPEAT_ID.to_owned(),
        person_key: Member::Father.key().to_owned(),
        reason: PostponementReason::EndViolence.into(),
        motivation: PUT_OFF.to_owned(),
        until: Some(moment::proto(TOLD_ON)),
        supervisor_user_id: employee::SUPERVISOR.to_owned(),
    };
    let mut desk = story.desks.steunpunt.deadlines();
    let outcome = desk.postpone_informing(request).await;
    let answer = expect::answered("putting off telling the father", outcome)?;
    let due = moment::second(answer.inform_subject_due_at.as_ref());
    expect::equal("when the father must know", due.as_str(), "2026-06-22 23:59:59")?;
    let request = ListDeadlinesRequest {
        actor: Some(employee::process_director()),
        referral_id: REPEAT_ID.to_owned(),
        ..ListDeadlinesRequest::default()
    };
    let terms = expect::answered("the terms", desk.list_deadlines(request).await)?.deadlines;
    let his = terms.iter().find(|one| one.person_key == Member::Father.key());
    let put_off = his.and_then(|one| one.postponements.first());
    let put_off = expect::given("what was put off", put_off)?;
    expect::equal("why", put_off.reason(), PostponementReason::EndViolence)?;
    expect::so("the reason can be read", put_off.motivation == PUT_OFF)?;
    story.happened(&format!(
        "Until {due}, to end the violence. It has an end and a reason, and both are in the ledger."
    ))?;
    let growth = story.growth().await?;
    expect::equal("new entries since the verdict was read", growth.grown > 0, true)?;
    Ok(growth)
}

/// On the day that was named he is told.
pub(super) async fn inform_the_father(story: &mut Story<'_>) -> Result<()> {
    story.step(
        "",
        TOLD_ON,
        "The father is told of the second referral, on the day that was named.",
    )?;
    let request = RecordSubjectInformedRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        referral_id: REPEAT_ID.to_owned(),
        person_key: Member::Father.key().to_owned(),
        informed_at: Some(moment::proto(TOLD_ON)),
    };
    let outcome = story.desks.steunpunt.deadlines().record_subject_informed(request).await;
    let answer = expect::answered("recording that the father was informed", outcome)?;
    Ok(expect::so("he was informed in time", answer.in_time)?)
}

async fn queues(story: &mut Story<'_>) -> Result<Review> {
    story.step(
        "14",
        "2026-06-09T10:00:00+02:00",
        "The privacy officers of mental health care and of the Steunpunt look at their queues.",
    )?;
    let officer = employee::officer_of(Party::Ggz);
    let queue = queue(&story.desks.ggz, officer).await?;
    expect::equal("reviews on the queue of mental health care", queue.len(), 1)?;
    let review = expect::given("the review", queue.into_iter().next())?;
    expect::equal("cause of the review", review.cause(), EmergencyCause::StatutoryOverride)?;
    let due = moment::second(review.due_at.as_ref());
    expect::equal("when the review is due", due.as_str(), "2026-06-12 23:59:59")?;
    expect::so("the review is not overdue", !review.overdue)?;
    let theirs =
        self::queue(&story.desks.steunpunt, employee::officer_of(Party::Steunpunt)).await?;
    let same = theirs.iter().any(|one| one.review_id == review.review_id);
    expect::so("the Steunpunt has the same review on its queue", same)?;
    let others = self::queue(&story.desks.mee, employee::officer_of(Party::Mee)).await?;
    expect::equal("reviews on the queue of who took no part", others.len(), 0)?;
    story.happened(&format!(
        "Both have it since the moment of the declaration. It is due by {due}: five working days."
    ))?;
    Ok(review)
}

async fn consulted_colleague(story: &mut Story<'_>, review: &Review) -> Result<()> {
    story.also("14n", "The colleague who was consulted that night wants to judge it.")?;
    let request = verdict(employee::consulted_as_officer(), &review.review_id);
    let outcome = story.desks.ggz.reviews().decide_review(request).await;
    let refusal = expect::refused(
        "a verdict by the consulted colleague",
        outcome,
        Code::PermissionDenied,
        ErrorReason::AccessDenied,
        Some("FOUR_EYES_REQUIRED"),
    )?;
    story
        .refused(&refusal, "Nobody judges what they were consulted about; that he tried is logged.")
}

async fn decide(story: &mut Story<'_>, review: &Review) -> Result<()> {
    story.also(
        "",
        "The privacy officer of mental health care reads what was declared, and judges.",
    )?;
    let officer = employee::officer_of(Party::Ggz);
    let opened = open(&story.desks.ggz, officer.clone(), &review.review_id).await?;
    expect::so("the declared emergency can be read", opened.emergency.is_some())?;
    let weighed = opened.evidence.as_ref().and_then(|given| given.reporting_code_decision.as_ref());
    let skipped = weighed.is_some_and(|code| !code.step3_skipped_reason.is_empty());
    expect::so("why nobody talked with the family first can be read", skipped)?;
    expect::equal("as what she judges", opened.own_seat(), ReviewSeat::First)?;
    let request = verdict(officer, &review.review_id);
    let outcome = story.desks.ggz.reviews().decide_review(request).await;
    let decided = expect::answered("the verdict", outcome)?;
    let state = ReviewState::JustifiedWithRemark;
    expect::equal("state of the review", decided.state(), state)?;
    expect::so("no incident was opened", decided.incident_id.is_empty())?;
    let people = opened.subject_pseudonyms.len();
    expect::equal("entries of the verdict, one per person", decided.entries.len(), people)?;
    story.one_act(&decided.entries)?;
    story.happened("JUSTIFIED_WITH_REMARK, in time. Verdict and reasons are in the ledger.")
}

async fn outcome(story: &mut Story<'_>, review: &Review) -> Result<()> {
    story.also("", "The Steunpunt looks at the outcome.")?;
    let officer = employee::officer_of(Party::Steunpunt);
    let opened = open(&story.desks.steunpunt, officer, &review.review_id).await?;
    let vote = expect::given("the verdict", opened.votes.first())?;
    expect::so("the reasons can be read", vote.motivation == MOTIVATION)?;
    let left = queue(&story.desks.ggz, employee::officer_of(Party::Ggz)).await?;
    expect::equal("reviews left on the queue", left.len(), 0)?;
    let request = ListIncidentsRequest {
        actor: Some(employee::privacy_officer()),
        purpose: Purpose::PrivacyReview.into(),
        ..ListIncidentsRequest::default()
    };
    let found = story.desks.fg.reviews().list_incidents(request).await;
    let incidents = expect::answered("the incidents of the region", found)?.incidents;
    expect::equal("incidents in the region", incidents.len(), 0)?;
    story.happened("The review is closed, and there is no incident.")
}

fn verdict(actor: Actor, review_id: &str) -> DecideReviewRequest {
    DecideReviewRequest {
        request_id: request_id(),
        actor: Some(actor),
        review_id: review_id.to_owned(),
        verdict: ReviewVerdict::JustifiedWithRemark.into(),
        motivation: MOTIVATION.to_owned(),
    }
}

async fn queue(desk: &Desk, officer: Actor) -> Result<Vec<Review>> {
    let request = ListReviewsRequest {
        actor: Some(officer),
        purpose: Purpose::PrivacyReview.into(),
        ..ListReviewsRequest::default()
    };
    let outcome = desk.reviews().list_reviews(request).await;
    Ok(expect::answered("the queue of a privacy officer", outcome)?.reviews)
}

async fn open(desk: &Desk, officer: Actor, review_id: &str) -> Result<GetReviewResponse> {
    let request = GetReviewRequest {
        actor: Some(officer),
        purpose: Purpose::PrivacyReview.into(),
        review_id: review_id.to_owned(),
    };
    Ok(expect::answered("opening the review", desk.reviews().get_review(request).await)?)
}
