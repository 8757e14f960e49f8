//! Privacy officers who check by hand: a drawn sample, a question to a party of a disclosure, and a signal
//! that no detector raised.

use std::time::Duration;

use anyhow::Result;

use super::deed::Officer;
use super::town::{Town, officer, request_id};
use crate::cli::demo::moment;
use crate::cli::demo::party::Party;
use crate::domain::time::Timestamp;
use crate::grpc::pb::{
    Actor, AnswerQuestionRequest, AskOrganisationRequest, Disclosure, DisclosureFilter,
    Disposition, DrawSampleRequest, GetSampleRequest, JudgeSampleEntryRequest,
    ListDisclosuresRequest, ListQuestionsRequest, Period, Purpose, QuestionState,
    RaiseSignalRequest, SampleVerdict,
};

/// How far back an officer looks.
const WEEKS: Duration = Duration::from_hours(3 * 7 * 24);

/// What an officer finds of the entries of a sample, one after the other.
const FOUND: [(SampleVerdict, &str); 4] = [
    (SampleVerdict::InOrder, "Past bij de afspraken en bij wat is toegestemd."),
    (SampleVerdict::InOrder, "Niet meer verstrekt dan is gevraagd."),
    (SampleVerdict::InquiryNeeded, "Waarom zo kort na de vorige verstrekking?"),
    (SampleVerdict::InOrder, "Het doel staat erbij en klopt."),
];

/// An officer draws a sample of the week and says of some entries what was found.
pub(super) async fn sample(town: &Town<'_>, at: Timestamp) -> Result<()> {
    let (party, actor) = officer(Officer::Steunpunt);
    let mut desk = town.desk(party).officer();
    let purpose = Purpose::PrivacyReview.into();
    let request = DrawSampleRequest {
        request_id: request_id(),
        actor: Some(actor.clone()),
        purpose,
        period: Some(until(at)),
        count: 12,
    };
    let drawing = town.answered("drawing a sample", desk.draw_sample(request).await)?.drawing;
    let request =
        GetSampleRequest { actor: Some(actor.clone()), purpose, drawing: drawing.clone() };
    let drawn = town.answered("reading a sample", desk.get_sample(request).await)?.disclosures;
    let ordinary = drawn.iter().filter(|one| one.disposition() == Disposition::Allowed);
    for (entry, (verdict, grounds)) in ordinary.zip(FOUND) {
        let request = JudgeSampleEntryRequest {
            request_id: request_id(),
            actor: Some(actor.clone()),
            drawing: drawing.clone(),
            index: entry.index,
            verdict: verdict.into(),
            grounds: grounds.to_owned(),
        };
        town.answered("judging an entry", desk.judge_sample_entry(request).await)?;
    }
    Ok(())
}

/// An officer of the Steunpunt asks mental health care about what it received.
pub(super) async fn inquire(town: &Town<'_>, at: Timestamp) -> Result<()> {
    let (party, actor) = officer(Officer::Steunpunt);
    let Some(entry) = received(town, actor.clone(), Party::Ggz, at).await? else { return Ok(()) };
    let request = AskOrganisationRequest {
        request_id: request_id(),
        actor: Some(actor),
        index: entry.index,
        asked_oin: Party::Ggz.oin().to_owned(),
        question: "Voor welk gesprek was dit nodig, en wie was daarbij?".to_owned(),
    };
    let outcome = town.desk(party).disclosures().ask_organisation(request).await;
    town.answered("a question to an organisation", outcome)?;
    Ok(())
}

/// Mental health care answers what waits.
pub(super) async fn explain(town: &Town<'_>) -> Result<()> {
    let (party, actor) = officer(Officer::Ggz);
    let mut desk = town.desk(party).disclosures();
    let request = ListQuestionsRequest {
        actor: Some(actor.clone()),
        state: QuestionState::Open.into(),
        ..ListQuestionsRequest::default()
    };
    let waiting = town.answered("questions that wait", desk.list_questions(request).await)?;
    for question in waiting.questions {
        let request = AnswerQuestionRequest {
            request_id: request_id(),
            actor: Some(actor.clone()),
            question_id: question.question_id,
            answer: "Voor de intake van dinsdag; de behandelaar en de regisseur.".to_owned(),
        };
        town.answered("answering a question", desk.answer_question(request).await)?;
    }
    Ok(())
}

/// An officer saw something that no detector did.
pub(super) async fn raise(town: &Town<'_>, at: Timestamp) -> Result<()> {
    let (party, actor) = officer(Officer::Steunpunt);
    let Some(entry) = received(town, actor.clone(), Party::Ggz, at).await? else { return Ok(()) };
    let request = RaiseSignalRequest {
        request_id: request_id(),
        actor: Some(actor),
        index: entry.index,
        grounds: "Gevraagd op de dag na het laatste overleg, waar dit niet is besproken."
            .to_owned(),
    };
    let outcome = town.desk(party).signals().raise_signal(request).await;
    town.answered("raising a signal by hand", outcome)?;
    Ok(())
}

/// The newest that a party received from the Steunpunt in an ordinary way.
async fn received(
    town: &Town<'_>,
    actor: Actor,
    by: Party,
    at: Timestamp,
) -> Result<Option<Disclosure>> {
    let filter = DisclosureFilter {
        period: Some(until(at)),
        oin: Party::Steunpunt.oin().to_owned(),
        recipient_oin: by.oin().to_owned(),
        dispositions: vec![Disposition::Allowed.into()],
        ..DisclosureFilter::default()
    };
    let request = ListDisclosuresRequest {
        actor: Some(actor),
        purpose: Purpose::PrivacyReview.into(),
        filter: Some(filter),
        page_size: 1,
        ..ListDisclosuresRequest::default()
    };
    let outcome = town.desk(Party::Steunpunt).disclosures().list_disclosures(request).await;
    Ok(town.answered("what a party received", outcome)?.disclosures.into_iter().next())
}

fn until(at: Timestamp) -> Period {
    Period { start_time: Some(moment::of(at.minus(WEEKS))), end_time: Some(moment::of(at)) }
}
