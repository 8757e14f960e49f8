//! Steps 9, 10 and 10b: a birthday, a change of mind, and a parent who may no longer decide. A
//! withdrawal always wins, and nothing that was logged ever changes.

use anyhow::Result;
use tonic::{Code, Response, Status};

use super::consent::{self, AGREED, Consents, FROM_GGZ, TO_GGZ};
use super::{CASE_REF, Story, oversight, people, request_id, summary};
use crate::cli::demo::expect;
use crate::cli::demo::family::Member;
use crate::cli::demo::party::Party;
use crate::cli::demo::watch::Growth;
use crate::cli::demo::world::{Desk, Desks};
use crate::cli::demo::{employee, plan};
use crate::grpc::pb::exclude_representative_request::Reason;
use crate::grpc::pb::{
    Capacity, ConsentState, DenialReason, DisclosureFilter, ErrorReason, EventCode,
    ExcludeRepresentativeRequest, LedgerReceipt, ListNoticesRequest, Notice,
    WithdrawConsentRequest, WithdrawConsentResponse, WithdrawalChannel, notice,
};

/// Steps 9, 10 and 10b. Returns how far the ledger is at the end.
pub(super) async fn tell(
    story: &mut Story<'_>,
    consents: &Consents,
    shared: &[LedgerReceipt],
) -> Result<Growth> {
    story.chapter("Sixteen")?;
    people::look_ahead(story).await?;
    birthday(story, consents).await?;
    somebody_elses_consent(story, consents).await?;
    story.chapter("A change of mind")?;
    withdraw(story, consents).await?;
    notices(story).await?;
    share_less(story, shared).await?;
    story.chapter("A parent who may not decide")?;
    exclude(story).await?;
    story.chapter("An objection")?;
    people::restrict(story).await
}

async fn birthday(story: &mut Story<'_>, consents: &Consents) -> Result<()> {
    story.step(
        "9",
        "2026-05-20T10:00:00+02:00",
        "The daughter turns 16. Mental health care asks again.",
    )?;
    for way in [TO_GGZ, FROM_GGZ] {
        let consent_id =
            expect::given("the daughter's consent", consents.get(&(Member::Daughter, way)))?;
        let state = consent::state(story.desks, consent_id).await?;
        expect::equal("state of the daughter's consent at 16", state, ConsentState::Active)?;
    }
    let answer = summary::read(story, "the summary after the birthday").await?;
    let view = expect::given("the view", answer.view.as_ref())?;
    summary::check_people(view, &Member::ALL)?;
    summary::check_entries(story, &answer, &Member::ALL)?;
    story.happened("From now on her own signature counts, and it is there: still four people.")?;
    story.grew_by(4, "new entries of the disclosure after the birthday").await
}

async fn somebody_elses_consent(story: &mut Story<'_>, consents: &Consents) -> Result<()> {
    story.step("", "2026-05-21T11:00:00+02:00", "The mother withdraws for the daughter.")?;
    let consent_id =
        expect::given("the daughter's consent", consents.get(&(Member::Daughter, TO_GGZ)))?;
    let outcome =
        send(story.desks, consent_id, Member::Mother, Capacity::ParentWithAuthority).await;
    let refusal = expect::refused(
        "a parent withdrawing for somebody of 16",
        outcome,
        Code::FailedPrecondition,
        ErrorReason::WithdrawalWithoutEffect,
        None,
    )?;
    let state = consent::state(story.desks, consent_id).await?;
    expect::equal("state of the daughter's consent", state, ConsentState::Active)?;
    story.refused(&refusal, "At 16 she decides herself. Her consent stays as it is.")?;
    story.growth().await?;
    Ok(())
}

async fn withdraw(story: &mut Story<'_>, consents: &Consents) -> Result<()> {
    story.step(
        "10",
        "2026-05-28T09:15:00+02:00",
        "The father withdraws, for himself and for the son: four consents.",
    )?;
    for (member, capacity) in
        [(Member::Father, Capacity::Self_), (Member::Son, Capacity::ParentWithAuthority)]
    {
        for way in [TO_GGZ, FROM_GGZ] {
            let consent_id = expect::given("a consent", consents.get(&(member, way)))?;
            let outcome = send(story.desks, consent_id, Member::Father, capacity).await;
            let answer = expect::answered("withdrawing a consent", outcome)?;
            let state = expect::given("the consent", answer.consent)?.state();
            expect::equal("state of the consent", state, ConsentState::Withdrawn)?;
            expect::equal("notices to who received data under it", answer.notice_count, 1)?;
            story.one_act(&[expect::given("the entry of the withdrawal", answer.entry)?])?;
        }
    }
    story.happened(
        "WITHDRAWN, all four. For the son both parents had to agree, so one no is enough.",
    )?;
    story.grew_by(4, "new entries of the withdrawals").await
}

async fn send(
    desks: &Desks,
    consent_id: &str,
    by: Member,
    capacity: Capacity,
) -> Result<Response<WithdrawConsentResponse>, Status> {
    let request = WithdrawConsentRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        consent_id: consent_id.to_owned(),
        withdrawn_by_person_key: by.key().to_owned(),
        capacity: capacity.into(),
        channel: WithdrawalChannel::Phone.into(),
    };
    desks.steunpunt.consents().withdraw_consent(request).await
}

async fn notices(story: &mut Story<'_>) -> Result<()> {
    story.also("", "Both organisations look at their notices.")?;
    for party in [Party::Ggz, Party::Steunpunt] {
        let notices = notices_of(story.desks.of(party)).await?;
        let cases: Vec<&str> = notices
            .iter()
            .filter_map(|notice| match &notice.content {
                Some(notice::Content::ConsentWithdrawn(one)) => Some(one.case_ref.as_str()),
                _ => None,
            })
            .collect();
        expect::equal("notices of a withdrawal, one per record", cases.len(), 2)?;
        let about_the_case = cases.iter().all(|case_ref| *case_ref == CASE_REF);
        expect::so("the notices are about this case", about_the_case)?;
    }
    story.happened("Two each: whoever received data under a withdrawn consent is told.")
}

async fn notices_of(desk: &Desk) -> Result<Vec<Notice>> {
    let outcome = desk.consents().list_notices(ListNoticesRequest::default()).await;
    Ok(expect::answered("reading the notices", outcome)?.notices)
}

async fn share_less(story: &mut Story<'_>, shared: &[LedgerReceipt]) -> Result<()> {
    story.also("", "Mental health care asks once more.")?;
    let answer = summary::read(story, "the summary after the withdrawal").await?;
    let view = expect::given("the view", answer.view.as_ref())?;
    let members = [Member::Mother, Member::Daughter];
    summary::check_people(view, &members)?;
    summary::check_parts(view, &[plan::SAFE_PLACE], 6)?;
    expect::equal("people left out", view.redacted_subjects, 2)?;
    summary::check_entries(story, &answer, &members)?;
    story.happened(
        "The mother and the daughter, and the one part about nobody else. Two people left out.",
    )?;
    let asked = consent::may_receive(&story.desks.ggz, Party::Ggz, Member::Father, &AGREED).await?;
    expect::equal("reason about the father", asked.reason(), DenialReason::Withdrawn)?;
    story.one_act(shared)?;
    story.happened(
        "What was logged in April still stands where it stood, and its proofs still hold.",
    )?;
    story.grew_by(5, "new entries of the disclosure and the question").await
}

async fn exclude(story: &mut Story<'_>) -> Result<()> {
    story.step(
        "10b",
        "2026-05-29T10:00:00+02:00",
        "A supervisor agrees that the father may not decide for the son; the mother signs again.",
    )?;
    let request = ExcludeRepresentativeRequest {
        request_id: request_id(),
        actor: Some(employee::process_director()),
        case_ref: CASE_REF.to_owned(),
        person_key: Member::Son.key().to_owned(),
        representative_key: Member::Father.key().to_owned(),
        reason: Reason::IncompatibleWithGoodCare.into(),
        supervisor_user_id: employee::SUPERVISOR.to_owned(),
    };
    let outcome = story.desks.steunpunt.cases().exclude_representative(request).await;
    expect::answered("excluding a representative", outcome)?;
    story.happened("The exclusion is in the ledger, with who decided and who agreed.")?;
    people::who_signs(story, Member::Son, &[Member::Mother]).await?;
    let signers = [(Member::Mother, Capacity::ParentWithAuthority)];
    for way in [TO_GGZ, FROM_GGZ] {
        let proposal = consent::proposal(Member::Son, way, &signers, "2026-05-29T09:50:00+02:00");
        consent::record(story, &proposal).await?;
    }
    let answer = summary::read(story, "the summary after the exclusion").await?;
    let view = expect::given("the view", answer.view.as_ref())?;
    let members = [Member::Mother, Member::Daughter, Member::Son];
    summary::check_people(view, &members)?;
    summary::check_parts(view, &[plan::SAFE_PLACE, plan::SCHOOL], 5)?;
    expect::equal("people left out", view.redacted_subjects, 1)?;
    summary::check_entries(story, &answer, &members)?;
    story.happened("The son's consents are in force again: three people.")?;
    privacy_officer_sees_it(story).await?;
    story.growth().await?;
    Ok(())
}

async fn privacy_officer_sees_it(story: &mut Story<'_>) -> Result<()> {
    let key = DisclosureFilter { case_ref: CASE_REF.to_owned(), ..DisclosureFilter::default() };
    let days = ("2026-05-01T00:00:00+02:00", "2026-06-01T00:00:00+02:00");
    let event = EventCode::RepresentativeExcluded;
    let found = oversight::search(story.desks, event, days, key).await?;
    expect::equal("exclusions that the privacy officer finds", found.len(), 1)?;
    story.happened("The privacy officer finds it. That she looked is in the ledger too.")
}
