//! What a reviewer asked is answered by the organisation that disclosed.

use super::*;
use pb::ReviewVerdict::{Justified, MoreInformation};

const WORKER: pb::UserRole = pb::UserRole::CrisisWorker;
const OFFICER: pb::UserRole = pb::UserRole::PrivacyOfficer;

fn denial(refused: &Status) -> String {
    assert_eq!(refused.code(), Code::PermissionDenied);
    refused.get_error_details().error_info().unwrap().metadata["denial"].clone()
}

/// A review that was asked about, with who asked.
async fn questioned(house: &House) -> (ReviewId, Officer) {
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let mut asking = Officer::of(house, GGZ, "fg-ggz-01").await;
    asking.decide(id, MoreInformation).await.unwrap();
    (id, asking)
}

#[tokio::test]
async fn who_declared_answers_and_the_review_goes_on_with_its_term() {
    let house = house().await;
    let (id, mut asking) = questioned(&house).await;
    let logged = events(&house, 0).len();
    let mut declarer = Officer::of(&house, GGZ, "ggz-0207").await;
    let informed = declarer.inform(id, WORKER).await.unwrap();
    assert_eq!(informed.state(), pb::ReviewState::Open);
    assert_eq!(second(informed.due_at), "2026-06-12T21:59:59Z");
    assert_eq!(events(&house, logged), [EventCode::ReviewInformed.number(); 2]);
    let term: (i64, Option<i64>) = house
        .database()
        .query_row("SELECT due_at, met_at FROM deadlines", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let due = informed.due_at.unwrap().seconds;
    assert_eq!((term.0 / 1_000_000, term.1), (due, None), "its term is what it was");
    let opened = asking.get(id).await.unwrap();
    let [answer] = &opened.information[..] else { panic!() };
    assert_eq!((answer.information.as_str(), answer.user_id.as_str()), (INFORMATION, "ggz-0207"));
    assert_eq!((answer.oin.as_str(), answer.index), (GGZ, informed.entries[0].index));
    let mut recipient = Officer::of(&house, STEUNPUNT, "fg-sp-01").await;
    assert_eq!(recipient.get(id).await.unwrap().information, opened.information);
    assert_eq!(asking.decide(id, Justified).await.unwrap().state(), pb::ReviewState::Justified);
}

#[tokio::test]
async fn an_answer_that_comes_twice_is_the_same_and_counts_once() {
    let house = house().await;
    let (id, _asking) = questioned(&house).await;
    let mut declarer = Officer::of(&house, GGZ, "ggz-0207").await;
    let request = declarer.information(id, WORKER);
    let first = declarer.client.provide_review_information(request.clone()).await.unwrap();
    let logged = events(&house, 0).len();
    let again = declarer.client.provide_review_information(request.clone()).await.unwrap();
    assert_eq!(first.into_inner(), again.into_inner());
    assert_eq!(events(&house, logged), [0_u16; 0]);
    let other = pb::ProvideReviewInformationRequest { information: "Anders".to_owned(), ..request };
    let reused = declarer.client.provide_review_information(other).await.unwrap_err();
    assert_eq!(reused.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn only_the_disclosing_organisation_answers_and_never_for_itself_as_a_reviewer() {
    let house = house().await;
    let (id, mut asking) = questioned(&house).await;
    assert_eq!(denial(&asking.inform(id, OFFICER).await.unwrap_err()), "FOUR_EYES_REQUIRED");
    for (oin, user, role) in
        [(STEUNPUNT, "fg-sp-01", OFFICER), (REGION, "fg-1", OFFICER), (GGZ, "ggz-0500", WORKER)]
    {
        let mut other = Officer::of(&house, oin, user).await;
        let logged = events(&house, 0).len();
        assert_eq!(
            denial(&other.inform(id, role).await.unwrap_err()),
            "ROLE_NOT_ALLOWED",
            "{user}"
        );
        assert_eq!(events(&house, logged), [EventCode::AccessDenied.number()]);
    }
    let mut stranger = Officer::of(&house, MEE, "fg-mee-01").await;
    let hidden = stranger.inform(id, OFFICER).await.unwrap_err();
    let missing = stranger.inform(ReviewId::from_bytes([7; 16]), OFFICER).await.unwrap_err();
    assert_eq!((hidden.code(), hidden.message()), (missing.code(), missing.message()));
    // A colleague of the officer speaks for the organisation, and judges no more.
    let mut colleague = Officer::of(&house, GGZ, "fg-ggz-02").await;
    colleague.inform(id, OFFICER).await.unwrap();
    let refused = colleague.decide(id, Justified).await.unwrap_err();
    assert_eq!(denial(&refused), "FOUR_EYES_REQUIRED");
}

#[tokio::test]
async fn nothing_is_answered_that_was_not_asked() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let mut declarer = Officer::of(&house, GGZ, "ggz-0207").await;
    let mut asking = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let refused = async |declarer: &mut Officer| {
        let refused = declarer.inform(id, WORKER).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        let details = refused.get_error_details();
        assert_eq!(
            details.precondition_failure().unwrap().violations[0].r#type,
            "REVIEW_QUESTIONED"
        );
    };
    refused(&mut declarer).await;
    asking.decide(id, MoreInformation).await.unwrap();
    declarer.inform(id, WORKER).await.unwrap();
    refused(&mut declarer).await;
    asking.decide(id, Justified).await.unwrap();
    refused(&mut declarer).await;
}

#[tokio::test]
async fn an_answer_is_short_and_is_told_to_who_watches() {
    let house = house().await;
    let (id, mut asking) = questioned(&house).await;
    let mut declarer = Officer::of(&house, GGZ, "ggz-0207").await;
    for (text, rule) in [(" ".to_owned(), "REQUIRED"), ("x".repeat(501), "TOO_LONG")] {
        let request = pb::ProvideReviewInformationRequest {
            information: text,
            ..declarer.information(id, WORKER)
        };
        let refused = declarer.client.provide_review_information(request).await.unwrap_err();
        let details = refused.get_error_details();
        let wrong = &details.bad_request().unwrap().field_violations[0];
        assert_eq!((wrong.field.as_str(), wrong.reason.as_str()), ("information", rule));
    }
    let mut watch = asking.watch("").await;
    watch.heartbeat().await;
    declarer.inform(id, WORKER).await.unwrap();
    let told = watch.review().await;
    assert_eq!((told.review_id, told.state), (id.to_string(), pb::ReviewState::Open.into()));
}

#[tokio::test]
async fn nothing_is_decided_on_an_answer_that_was_changed_beside_the_ledger_and_it_is_told() {
    let house = house().await;
    let (id, mut asking) = questioned(&house).await;
    let mut declarer = Officer::of(&house, GGZ, "ggz-0207").await;
    declarer.inform(id, WORKER).await.unwrap();
    for (column, value) in
        [("user_id", "'ggz-9'"), ("given_at", "given_at - 1"), ("after_votes", "-1")]
    {
        let change = ("review_information", column, value);
        let tried = async || (asking.get(id).await.unwrap(), asking.decide(id, Justified).await);
        let (seen, decided) = house.while_changed(change, tried).await;
        let [answer] = &seen.information[..] else { panic!("one answer") };
        assert_eq!((answer.changed, answer.information.as_str()), (true, ""), "{change:?}");
        assert_eq!(decided.unwrap_err().code(), Code::FailedPrecondition, "{change:?}");
    }
    assert_eq!(asking.decide(id, Justified).await.unwrap().state(), pb::ReviewState::Justified);
}
