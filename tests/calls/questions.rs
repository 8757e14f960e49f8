//! An officer asks a party of a disclosure: who is told, and by when it is due.

use ketenpoort::domain::notice::NoticeContent;
use ketenpoort::domain::question::QuestionState;
use ketenpoort::gateway::questions::{Answering, Asking, QuestionFilter, QuestionView};
use ketenpoort::gateway::written::Written;

use super::*;

#[tokio::test]
async fn a_question_wakes_who_is_asked_and_may_be_answered_late() {
    let house = House::open().await;
    house.case_with_summary().await;
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let delivered = i64::from(EventCode::SummaryDelivered.number());
    let mut tx = house.db().await.read().await.unwrap();
    let size = tx.log_state().await.unwrap().unwrap().size;
    let rows = tx.disclosures_between((0, size), u32::MAX).await.unwrap();
    let row = rows.iter().find(|row| row.event_code == delivered).unwrap().clone();
    drop(tx);
    let officer = house.call(STEUNPUNT, UserRole::PrivacyOfficer);
    let reader = house.gateway.admit(&GGZ.parse().unwrap(), None).unwrap();
    let mut bell = house.gateway.watch_bell(&reader);
    bell.mark_unchanged();
    let asking = |index, asked: &str| Asking {
        index,
        asked: asked.parse().unwrap(),
        question: "Waarom ook de dochter?".parse().unwrap(),
    };
    let encode = |of: &ketenpoort::gateway::questions::QuestionToPartyRow| {
        of.question_id.to_string().into_bytes()
    };
    for (index, asked) in [(row.idx, MEE), (1_000_000, GGZ)] {
        let request = new_request("AskOrganisation");
        let refused =
            house.gateway.ask_organisation(&officer, &request, asking(index, asked), encode).await;
        assert_hidden(&refused.unwrap_err());
    }
    assert!(!bell.has_changed().unwrap());
    let request = new_request("AskOrganisation");
    let ask = asking(row.idx, GGZ);
    let id = house.gateway.ask_organisation(&officer, &request, ask, encode).await.unwrap();
    let question_id = String::from_utf8(id).unwrap().parse().unwrap();
    assert!(bell.has_changed().unwrap());
    let notices = house.gateway.notices(&reader, -1, 50).await.unwrap();
    let told = notices.last().unwrap();
    let NoticeContent::QuestionAsked { question_id: named, index, due_at } = told.content else {
        panic!("{told:?}")
    };
    assert_eq!((named, index), (question_id, row.idx));
    assert_eq!(due_at.date().to_string(), "2026-03-19");

    let late = due_at.plus(SECOND);
    house.gateway.clock().set(late);
    let ggz = house.call(GGZ, UserRole::CaseWorker);
    let officer = house.call(STEUNPUNT, UserRole::PrivacyOfficer);
    let stands = async |call: &Call| {
        let found = house.gateway.questions(call, QuestionFilter::default(), 10).await.unwrap();
        let words = |of: &Written| of.words().map(str::to_owned);
        let told = |one: QuestionView| {
            (one.state, words(&one.question), one.answer.as_ref().and_then(words))
        };
        found.questions.into_iter().map(told).collect::<Vec<_>>()
    };
    let words = || Some("Waarom ook de dochter?".to_owned());
    assert_eq!(stands(&officer).await, [(QuestionState::Late, words(), None)]);
    let answer = Answering { question_id, answer: "Op verzoek van de moeder".parse().unwrap() };
    let request = new_request("AnswerQuestion");
    house.gateway.answer_question(&ggz, &request, answer, encode).await.unwrap();
    let given = Some("Op verzoek van de moeder".to_owned());
    assert_eq!(stands(&officer).await, [(QuestionState::Answered, words(), given)]);
}
