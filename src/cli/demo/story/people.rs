//! What changes about people, besides what they say themselves: a birthday that is seen coming, who
//! signs after an exclusion, and an objection that restricts the processing.

use anyhow::Result;

use super::consent::{self, AGREED};
use super::{CASE_REF, Story, request_id, summary};
use crate::cli::demo::family::Member;
use crate::cli::demo::party::Party;
use crate::cli::demo::watch::Growth;
use crate::cli::demo::{employee, expect, moment};
use crate::grpc::pb::record_person_change_request::Change;
use crate::grpc::pb::{
    DenialReason, GetPersonStandingRequest, ListConsentRenewalsRequest, ListNoticesRequest,
    ProcessingRestricted, RecordPersonChangeRequest, RecordPersonChangeResponse, RestrictionGround,
    RestrictionLifted, notice,
};

/// Before step 9: is there a birthday that stops a consent? There is not: she signed herself.
pub(super) async fn look_ahead(story: &mut Story<'_>) -> Result<()> {
    story.step("", "2026-05-11T09:00:00+02:00", "The Steunpunt looks a month ahead.")?;
    let request = ListConsentRenewalsRequest {
        actor: Some(employee::process_director()),
        case_ref: CASE_REF.to_owned(),
        days: 30,
    };
    let outcome = story.desks.steunpunt.people().list_consent_renewals(request).await;
    let renewals = expect::answered("looking ahead", outcome)?.renewals;
    expect::equal("consents to renew within a month", renewals.len(), 0)?;
    story.happened("The daughter turns 16, and no consent stops: her own signature is there.")
}

/// Who would have to sign for somebody now.
pub(super) async fn who_signs(
    story: &mut Story<'_>,
    person: Member,
    signers: &[Member],
) -> Result<()> {
    let request = GetPersonStandingRequest {
        actor: Some(employee::process_director()),
        case_ref: CASE_REF.to_owned(),
        person_key: person.key().to_owned(),
        at: None,
    };
    let outcome = story.desks.steunpunt.people().get_person_standing(request).await;
    let standing = expect::answered("asking who signs", outcome)?;
    let required = standing.required_signatures.iter().flat_map(|one| &one.any_of);
    let required: Vec<&str> = required.map(|signer| signer.person_key.as_str()).collect();
    let expected: Vec<&str> = signers.iter().map(|member| member.key()).collect();
    expect::equal("who must sign", required.as_slice(), expected.as_slice())?;
    Ok(())
}

/// The mother objects, and her objection is weighed: in between nothing is disclosed about her.
pub(super) async fn restrict(story: &mut Story<'_>) -> Result<Growth> {
    story.step(
        "10c",
        "2026-06-01T09:30:00+02:00",
        "The mother objects. Until that is weighed, the processing of what is about her is restricted.",
    )?;
    let ground = RestrictionGround::Objection.into();
    let change = Change::ProcessingRestricted(ProcessingRestricted { ground });
    let answer = record(story, change, "").await?;
    expect::equal("notices to who received data about her", answer.notice_count, 1)?;
    let asked = consent::may_receive(&story.desks.ggz, Party::Ggz, Member::Mother, &AGREED).await?;
    expect::equal("reason about her", asked.reason(), DenialReason::ProcessingRestricted)?;
    let answer = summary::read(story, "the summary during the restriction").await?;
    let view = expect::given("the view", answer.view.as_ref())?;
    summary::check_people(view, &[Member::Daughter, Member::Son])?;
    story
        .happened("Her consent stands, and still nothing about her is given. Her children are.")?;
    story.step(
        "",
        "2026-06-04T14:00:00+02:00",
        "She agrees after a talk, and is told that the restriction ends; a supervisor agrees.",
    )?;
    let told = Some(moment::proto("2026-06-04T11:00:00+02:00"));
    let lifted = RestrictionLifted { ground, subject_informed_at: told };
    record(story, Change::RestrictionLifted(lifted), employee::SUPERVISOR).await?;
    let answer = summary::read(story, "the summary after the restriction").await?;
    let view = expect::given("the view", answer.view.as_ref())?;
    summary::check_people(view, &[Member::Mother, Member::Daughter, Member::Son])?;
    notices(story).await?;
    story.growth().await
}

async fn notices(story: &mut Story<'_>) -> Result<()> {
    let outcome = story.desks.ggz.consents().list_notices(ListNoticesRequest::default()).await;
    let notices = expect::answered("reading the notices", outcome)?.notices;
    let lifted: Vec<bool> = notices
        .iter()
        .filter_map(|notice| match &notice.content {
            Some(notice::Content::ProcessingRestricted(restricted)) => Some(restricted.lifted),
            Some(_) | None => None,
        })
        .collect();
    expect::equal(
        "restrictions and their ends that were told",
        lifted.as_slice(),
        [false, true].as_slice(),
    )?;
    story.happened("Mental health care was told of both, and sees three people again.")
}

async fn record(
    story: &mut Story<'_>,
    change: Change,
    supervisor: &str,
) -> Result<RecordPersonChangeResponse> {
    let request = RecordPersonChangeRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        case_ref: CASE_REF.to_owned(),
        person_key: Member::Mother.key().to_owned(),
        supervisor_user_id: supervisor.to_owned(),
        change: Some(change),
    };
    let outcome = story.desks.steunpunt.people().record_person_change(request).await;
    let answer = expect::answered("recording a change about a person", outcome)?;
    story.one_act(&[expect::given("the entry of the change", answer.entry.clone())?])?;
    Ok(answer)
}
