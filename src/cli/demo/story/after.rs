//! What comes with step 13: the phase goes back to 1, and the second referral is known at the case.

use anyhow::Result;

use super::growing::change_phase;
use super::referral::Inbox;
use super::{CASE_REF, Story};
use crate::cli::demo::{employee, expect};
use crate::grpc::pb::{CaseState, GetCaseRequest, ListNoticesRequest, SafetyPhase, notice};

/// The phase goes back to 1 in the night of the threat.
pub(super) async fn back_to_phase_1(story: &mut Story<'_>) -> Result<()> {
    let at = "2026-06-07T23:58:00+02:00";
    story.step("13b", at, "The Steunpunt goes back to phase 1: direct safety.")?;
    let outcome = change_phase(story.desks, SafetyPhase::SafetyPhase1DirectSafety).await;
    let case = expect::answered("the change of phase", outcome)?.case;
    let case = expect::given("the case", case)?;
    expect::equal("phase", case.phase(), SafetyPhase::SafetyPhase1DirectSafety)?;
    expect::equal("state", case.state(), CaseState::Monitoring)?;
    let outcome = story.desks.ggz.consents().list_notices(ListNoticesRequest::default()).await;
    let notices = expect::answered("reading the notices", outcome)?.notices;
    let phases: Vec<_> = notices
        .iter()
        .filter_map(|one| match &one.content {
            Some(notice::Content::PhaseChanged(change)) => Some((change.from(), change.to())),
            _ => None,
        })
        .collect();
    let (first, second) =
        (SafetyPhase::SafetyPhase1DirectSafety, SafetyPhase::SafetyPhase2RiskDrivenCare);
    expect::so("the team is told of both changes", phases == [(first, second), (second, first)])?;
    story.happened("Phase 1. The plan stays as it is, and every member of the team is told.")?;
    story.growth().await?;
    Ok(())
}

/// The Steunpunt is told which case the second referral is about, and takes it from the inbox as ever.
pub(super) async fn told(story: &mut Story<'_>) -> Result<()> {
    let at = "2026-06-08T05:30:00+02:00";
    story.step("", at, "The Steunpunt looks at its notices, the case and its inbox.")?;
    let steunpunt = &story.desks.steunpunt;
    let outcome = steunpunt.consents().list_notices(ListNoticesRequest::default()).await;
    let notices = expect::answered("reading the notices", outcome)?.notices;
    let repeat = notices.into_iter().find_map(|one| match one.content {
        Some(notice::Content::CaseRepeatReferral(repeat)) => Some(repeat),
        _ => None,
    });
    let repeat = expect::given("the notice of the repeat referral", repeat)?;
    expect::so("it is about the case", repeat.case_ref == CASE_REF)?;
    expect::equal("referrals since the case was opened", repeat.referral_count, 1)?;
    let request =
        GetCaseRequest { actor: Some(employee::process_director()), case_ref: CASE_REF.to_owned() };
    let case = expect::answered("the case", steunpunt.cases().get_case(request).await)?.case;
    let case = expect::given("the case", case)?;
    expect::equal("referrals at the case", case.repeat_referrals.len(), 1)?;
    expect::equal("state: nobody decided anything yet", case.state(), CaseState::Monitoring)?;
    let mut inbox = Inbox::open(steunpunt).await?;
    let received = inbox.receive().await?;
    inbox.acknowledge(&received.lease_token).await?;
    story.happened(
        "It knows which case the referral is about. What that means for the family, a person \
         decides.",
    )?;
    story.growth().await?;
    Ok(())
}
