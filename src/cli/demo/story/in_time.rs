//! What has a term of its own: the call within a day where danger was expected within a day, and telling
//! everybody that the police gave data about them. Nothing in this story is late.

use anyhow::Result;

use super::referral::REFERRAL_ID;
use super::{Story, request_id};
use crate::cli::demo::family::Member;
use crate::cli::demo::{employee, expect, moment};
use crate::grpc::pb::{
    DeadlineKind, ListDeadlinesRequest, RecordFirstContactRequest, RecordSubjectInformedRequest,
};

/// Step 2b: the crisis service calls the family within 24 hours.
pub(super) async fn first_call(story: &mut Story<'_>) -> Result<()> {
    let at = "2026-03-12T09:30:00+01:00";
    story.step("", at, "The crisis service of the Steunpunt calls the mother.")?;
    let request = RecordFirstContactRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        referral_id: REFERRAL_ID.to_owned(),
        contact_at: Some(moment::proto(at)),
    };
    let outcome = story.desks.steunpunt.deadlines().record_first_contact(request).await;
    let answer = expect::answered("recording the first contact", outcome)?;
    expect::so("the first contact is in time", answer.in_time)?;
    story.happened("In time: an urgent referral asks for it within 24 hours.")?;
    story.growth().await?;
    Ok(())
}

/// Everybody is told that the police gave data about them (Wmo 2015 art. 5.3.1 lid 1).
pub(super) async fn inform(story: &mut Story<'_>) -> Result<()> {
    let at = "2026-03-25T16:40:00+01:00";
    story.step("", at, "Everybody has heard by now that the police reported, and what.")?;
    for member in [Member::Father, Member::Mother, Member::Daughter, Member::Son] {
        let request = RecordSubjectInformedRequest {
            request_id: request_id(),
            actor: Some(employee::process_director()),
            referral_id: REFERRAL_ID.to_owned(),
            person_key: member.key().to_owned(),
            informed_at: Some(moment::proto(at)),
        };
        let outcome = story.desks.steunpunt.deadlines().record_subject_informed(request).await;
        let answer = expect::answered("recording that a person was informed", outcome)?;
        expect::so("the person was informed in time", answer.in_time)?;
    }
    let request = ListDeadlinesRequest {
        actor: Some(employee::process_director()),
        referral_id: REFERRAL_ID.to_owned(),
        ..ListDeadlinesRequest::default()
    };
    let outcome = story.desks.steunpunt.deadlines().list_deadlines(request).await;
    let deadlines = expect::answered("listing the terms of the referral", outcome)?.deadlines;
    let informing = |kind| kind == DeadlineKind::InformSubject;
    let people = deadlines.iter().filter(|one| informing(one.kind())).count();
    expect::equal("terms to inform somebody", people, 4)?;
    let none_open = deadlines.iter().all(|one| one.met_at.is_some() && !one.overdue);
    expect::so("every term of the referral was met in time", none_open)?;
    story.happened("Within the four weeks of the law. No term of the referral was missed.")?;
    story.growth().await?;
    Ok(())
}
