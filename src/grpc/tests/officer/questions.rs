//! Questions to the parties of a disclosure: who asks whom, who is told, and that it is answered once.

use super::*;
use crate::domain::id::QuestionId;
use pb::consent_service_client::ConsentServiceClient;

async fn house() -> (House, i64) {
    let house = House::open().await;
    let index = inbox::submitted(&house).await.entries[0].index;
    (house, index)
}

/// Of the Steunpunt to the police.
fn ask(index: i64) -> pb::AskOrganisationRequest {
    pb::AskOrganisationRequest {
        request_id: new_id(),
        actor: fg(),
        index,
        asked_oin: POLICE.to_owned(),
        question: "Waarom om drie uur?".to_owned(),
    }
}

fn answer(question_id: &str, user: &str) -> pb::AnswerQuestionRequest {
    pb::AnswerQuestionRequest {
        request_id: new_id(),
        actor: actor(user, pb::UserRole::PoliceOfficer),
        question_id: question_id.to_owned(),
        answer: "Nachtdienst van team 3".to_owned(),
    }
}

async fn listed(office: &mut Office, of: Option<pb::Actor>) -> Vec<pb::DisclosureQuestion> {
    let request = pb::ListQuestionsRequest { actor: of, ..Default::default() };
    office.disclosures.list_questions(request).await.unwrap().into_inner().questions
}

fn system() -> Option<pb::Actor> {
    actor("p-system", pb::UserRole::System)
}

#[tokio::test]
async fn a_party_of_a_disclosure_is_asked_finds_the_question_and_answers_it_once() {
    let (house, index) = house().await;
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    let mut police = Office::of(&house, POLICE).await;
    let before = events(&house, 0).len();
    let request = ask(index);
    let asked = steunpunt.disclosures.ask_organisation(request.clone()).await.unwrap().into_inner();
    let again = steunpunt.disclosures.ask_organisation(request.clone()).await.unwrap().into_inner();
    assert_eq!((&asked, events(&house, before)), (&again, vec![EventCode::QuestionAsked.number()]));
    let reused = pb::AskOrganisationRequest { question: "Anders".to_owned(), ..request };
    let reused = steunpunt.disclosures.ask_organisation(reused).await.unwrap_err();
    assert_eq!(reason(&reused), "REQUEST_ID_REUSED");

    // Its system is told that there is one, and finds what is asked.
    let mut notices = ConsentServiceClient::new(house.connect(POLICE).await);
    let told = notices.list_notices(pb::ListNoticesRequest::default()).await.unwrap();
    let told = told.into_inner().notices;
    let Some(pb::notice::Content::DisclosureQuestion(notice)) =
        told.last().and_then(|notice| notice.content.clone())
    else {
        panic!("{told:?}")
    };
    assert_eq!((&notice.question_id, notice.index), (&asked.question_id, index));
    assert_eq!(notice.due_at, asked.due_time);
    let [waiting] = &listed(&mut police, system()).await[..] else { panic!("one question") };
    assert_eq!(
        (waiting.state(), waiting.question.as_str()),
        (pb::QuestionState::Open, "Waarom om drie uur?")
    );
    assert_eq!((&*waiting.asker_oin, &*waiting.asked_oin), (STEUNPUNT, POLICE));
    assert!(waiting.due_time.unwrap().seconds > waiting.ask_time.unwrap().seconds + 4 * 86_400);

    let before = events(&house, 0).len();
    let given = answer(&asked.question_id, "p-1");
    let first = police.disclosures.answer_question(given.clone()).await.unwrap().into_inner();
    let again = police.disclosures.answer_question(given).await.unwrap().into_inner();
    assert_eq!(
        (&first, events(&house, before)),
        (&again, vec![EventCode::QuestionAnswered.number()])
    );
    let twice = police.disclosures.answer_question(answer(&asked.question_id, "p-1")).await;
    assert_eq!(twice.unwrap_err().code(), Code::FailedPrecondition);

    let [done] = &listed(&mut steunpunt, fg()).await[..] else { panic!("one question") };
    assert_eq!(done.state(), pb::QuestionState::Answered);
    assert_eq!(
        (done.answer.as_str(), done.answer_user_id.as_str()),
        ("Nachtdienst van team 3", "p-1")
    );
    assert_eq!(
        (done.question_index, done.answer_index),
        (asked.question_index, first.answer_index)
    );
    let database = house.database();
    let sql = "SELECT content, answer FROM questions";
    let column = |at| database.query_row(sql, [], |row| row.get::<_, Vec<u8>>(at)).unwrap();
    let sealed = [column(0), column(1)].concat();
    for word in ["drie", "team"] {
        assert!(!sealed.windows(4).any(|part| part == word.as_bytes()), "{word} is sealed");
    }
    let whom = "SELECT COUNT(DISTINCT subject) FROM disclosures
                 WHERE event_code IN (54, 55) OR idx = ?1";
    let people: i64 = database.query_row(whom, [index], |row| row.get(0)).unwrap();
    assert_eq!(people, 1, "question and answer are about the person of the entry");
}

#[tokio::test]
async fn who_is_no_party_or_no_officer_learns_nothing() {
    let (house, index) = house().await;
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    let mut police = Office::of(&house, POLICE).await;
    let mut ggz = Office::of(&house, GGZ).await;
    let mut texts = Vec::new();
    let third = pb::AskOrganisationRequest { asked_oin: GGZ.to_owned(), ..ask(index) };
    for wrong in [third, ask(1_000_000), ask(-1), ask(i64::MAX)] {
        let refused = steunpunt.disclosures.ask_organisation(wrong).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        texts.push(refused.message().to_owned());
    }
    let stranger = ggz.disclosures.ask_organisation(ask(index)).await.unwrap_err();
    texts.push(stranger.message().to_owned());
    let by_worker = pb::AskOrganisationRequest { actor: worker(), ..ask(index) };
    let refused = steunpunt.disclosures.ask_organisation(by_worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    for question in [String::new(), "a".repeat(2001)] {
        let wrong = pb::AskOrganisationRequest { question, ..ask(index) };
        let refused = steunpunt.disclosures.ask_organisation(wrong).await.unwrap_err();
        assert_eq!(wrong_fields(&refused), ["question"]);
    }
    let asked = steunpunt.disclosures.ask_organisation(ask(index)).await.unwrap().into_inner();
    let id = asked.question_id.as_str();
    // Neither who asked nor a stranger answers, and what is not there is refused in the same words.
    for office in [&mut steunpunt, &mut ggz] {
        let refused = office.disclosures.answer_question(answer(id, "u-1")).await.unwrap_err();
        texts.push(refused.message().to_owned());
    }
    let absent = police.disclosures.answer_question(answer(&new_id(), "p-1")).await.unwrap_err();
    texts.push(absent.message().to_owned());
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
    for words in [String::new(), "a".repeat(2001)] {
        let wrong = pb::AnswerQuestionRequest { answer: words, ..answer(id, "p-1") };
        let refused = police.disclosures.answer_question(wrong).await.unwrap_err();
        assert_eq!(wrong_fields(&refused), ["answer"]);
    }
    assert_eq!(listed(&mut ggz, fg()).await, []);
    assert_eq!(listed(&mut steunpunt, actor("s-1", pb::UserRole::System)).await, []);
    let mut region = Office::of(&house, REGION).await;
    assert_eq!(listed(&mut region, fg()).await.len(), 1);
    assert_eq!(listed(&mut region, actor("r-1", pb::UserRole::System)).await, []);
    let by_worker = pb::ListQuestionsRequest { actor: worker(), ..Default::default() };
    let refused = police.disclosures.list_questions(by_worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let unknown = pb::ListQuestionsRequest { actor: fg(), state: 9, ..Default::default() };
    let refused = police.disclosures.list_questions(unknown).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["state"]);
}

fn wrong_fields(refused: &Status) -> Vec<String> {
    wrong(refused).into_iter().map(|(field, _)| field).collect()
}

#[tokio::test]
async fn a_question_to_the_own_organisation_is_answered_by_somebody_else() {
    let (house, index) = house().await;
    let mut police = Office::of(&house, POLICE).await;
    let asked = police.disclosures.ask_organisation(ask(index)).await.unwrap().into_inner();
    let own = pb::AnswerQuestionRequest { actor: fg(), ..answer(&asked.question_id, "fg-1") };
    let refused = police.disclosures.answer_question(own).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    drop(police.disclosures.answer_question(answer(&asked.question_id, "p-1")).await.unwrap());
}

#[tokio::test]
async fn questions_come_in_pages_and_the_overview_counts_what_waits_and_what_is_late() {
    let (house, index) = house().await;
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    let mut asked = Vec::new();
    for _ in 0..3 {
        let one = steunpunt.disclosures.ask_organisation(ask(index)).await.unwrap().into_inner();
        asked.push(one.question_id);
    }
    asked.reverse();
    let mut request = pb::ListQuestionsRequest { actor: fg(), page_size: 2, ..Default::default() };
    let mut seen = Vec::new();
    loop {
        let page =
            steunpunt.disclosures.list_questions(request.clone()).await.unwrap().into_inner();
        seen.extend(page.questions.into_iter().map(|one| one.question_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(seen, asked);
    let overview = pb::GetOverviewRequest { actor: fg(), purpose: REVIEW };
    let counts = async |oin| {
        let mut office = Office::of(&house, oin).await;
        let told = office.officer.get_overview(overview.clone()).await.unwrap().into_inner();
        (told.open_question_count, told.late_question_count)
    };
    for (oin, expected) in [(STEUNPUNT, (3, 0)), (POLICE, (3, 0)), (REGION, (3, 0)), (GGZ, (0, 0))]
    {
        assert_eq!(counts(oin).await, expected, "{oin}");
    }
    house.gateway.clock().set("2026-03-31T11:00:00Z".parse().unwrap());
    assert_eq!(counts(STEUNPUNT).await, (0, 3));
    let late = pb::ListQuestionsRequest { actor: fg(), state: 2, ..Default::default() };
    let late = steunpunt.disclosures.list_questions(late).await.unwrap().into_inner().questions;
    assert!(late.len() == 3 && late.iter().all(|one| one.state() == pb::QuestionState::Late));
}

/// Also where those that anybody can still answer are on another page.
#[tokio::test]
async fn a_question_about_somebody_who_was_forgotten_is_neither_open_nor_late() {
    let (house, index) = house().await;
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    let mut asked = Vec::new();
    for _ in 0..4 {
        let one = steunpunt.disclosures.ask_organisation(ask(index)).await.unwrap().into_inner();
        asked.push(one.question_id);
    }
    let mut police = Office::of(&house, POLICE).await;
    drop(police.disclosures.answer_question(answer(&asked[1], "p-1")).await.unwrap());
    // Words under a key that is not there any more, of three of them.
    let sql = "UPDATE questions SET subject = randomblob(32) WHERE question_id <> ?1";
    let first: QuestionId = asked[0].parse().unwrap();
    assert_eq!(house.database().execute(sql, [first.as_bytes().to_vec()]).unwrap(), 3);
    let listed = async |state: pb::QuestionState, page_size| {
        let mut office = Office::of(&house, STEUNPUNT).await;
        let request = pb::ListQuestionsRequest {
            actor: fg(),
            state: state.into(),
            page_size,
            ..Default::default()
        };
        let page = office.disclosures.list_questions(request).await.unwrap().into_inner();
        assert!(page.questions.iter().all(|one| one.state() == state));
        let ids = page.questions.into_iter().map(|one| one.question_id);
        (ids.collect::<Vec<_>>(), page.next_page_token.is_empty())
    };
    let [first, second, third, fourth] = &asked[..] else { panic!("four questions") };
    let forgotten = vec![fourth.clone(), third.clone()];
    let states = async |waits, others| {
        assert_eq!(listed(waits, 1).await, (vec![first.clone()], false), "{waits:?}");
        assert_eq!(listed(others, 1).await, (vec![], true), "{others:?}");
        let answered = pb::QuestionState::Answered;
        assert_eq!(listed(answered, 9).await, (vec![second.clone()], true));
        assert_eq!(listed(pb::QuestionState::Forgotten, 9).await, (forgotten.clone(), true));
        assert_eq!(listed(pb::QuestionState::Forgotten, 2).await, (forgotten.clone(), false));
    };
    states(pb::QuestionState::Open, pb::QuestionState::Late).await;
    house.gateway.clock().set("2026-03-31T11:00:00Z".parse().unwrap());
    states(pb::QuestionState::Late, pb::QuestionState::Open).await;
    let refused = police.disclosures.answer_question(answer(third, "p-1")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn twenty_questions_about_an_entry_wait_at_most() {
    let (house, index) = house().await;
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    let mut asked = Vec::new();
    for _ in 0..20 {
        let one = steunpunt.disclosures.ask_organisation(ask(index)).await.unwrap().into_inner();
        asked.push(one.question_id);
    }
    let refused = steunpunt.disclosures.ask_organisation(ask(index)).await.unwrap_err();
    assert_eq!(unmet(&refused), "QUESTIONS_FEW");
    // Another who asks has twenty of its own, and what was answered waits no more.
    let mut police = Office::of(&house, POLICE).await;
    drop(police.disclosures.ask_organisation(ask(index)).await.unwrap());
    drop(police.disclosures.answer_question(answer(&asked[0], "p-1")).await.unwrap());
    drop(steunpunt.disclosures.ask_organisation(ask(index)).await.unwrap());
}

#[tokio::test]
async fn a_question_and_an_answer_that_were_changed_beside_the_ledger_are_told() {
    let (house, index) = house().await;
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    let mut police = Office::of(&house, POLICE).await;
    let asked = steunpunt.disclosures.ask_organisation(ask(index)).await.unwrap().into_inner();
    let given = answer(&asked.question_id, "p-1");
    let mut seen = async || {
        let [one] = &listed(&mut steunpunt, fg()).await[..] else { panic!("one question") };
        let (question, answer) = (one.question.clone(), one.answer.clone());
        (one.changed, question.is_empty(), one.answer_changed, answer.is_empty())
    };
    assert_eq!(seen().await, (false, false, false, true));
    let late = ("questions", "due_at", "due_at + 1");
    let refused = house
        .while_changed(late, async || police.disclosures.answer_question(given.clone()).await)
        .await;
    assert_eq!(unmet(&refused.unwrap_err()), "QUESTION_UNCHANGED");
    drop(police.disclosures.answer_question(given).await.unwrap());
    assert_eq!(seen().await, (false, false, false, false));
    for (column, value) in [
        ("due_at", "due_at + 1"),
        ("due_at", "-1"),
        ("asked_at", "asked_at - 1"),
        ("asked_oin", "'00000099000000007000'"),
        ("asker_user_id", "'fg-9'"),
        ("entry_idx", "entry_idx + 1"),
        ("case_ref", "'VVT-2026-000999'"),
        ("subject", "NULL"),
        ("subject", "zeroblob(32)"),
    ] {
        let told = house.while_changed(("questions", column, value), &mut seen).await;
        assert_eq!(told, (true, true, true, true), "{column} {value}");
    }
    for (column, value) in [
        ("answer_user_id", "'p-9'"),
        ("answer_user_id", "NULL"),
        ("answered_at", "answered_at + 1"),
        ("answer", "x'00'"),
        ("answer", "NULL"),
    ] {
        let told = house.while_changed(("questions", column, value), &mut seen).await;
        assert_eq!(told, (false, false, true, true), "{column} {value}");
    }
    assert_eq!(seen().await, (false, false, false, false));
}
