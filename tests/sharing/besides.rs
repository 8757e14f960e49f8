//! What officers do beside a review, a question or a recall: of an emergency nothing before its review is
//! closed, of who was forgotten nothing that waits, of whom nobody received nothing at all.

use super::*;
use ketenpoort::domain::id::Pseudonym;
use ketenpoort::domain::question::QuestionState;
use ketenpoort::domain::review::JudgementDraft;
use ketenpoort::domain::sample::SampleVerdict;
use ketenpoort::gateway::confirm_recall::{RecallConfirmed, Recalled};
use ketenpoort::gateway::draw::{Drawing, Judging, Wish};
use ketenpoort::gateway::month::Month;
use ketenpoort::gateway::questions::{Asking, QuestionFilter};
use ketenpoort::gateway::retract_summary::Retracted;
use ketenpoort::gateway::signals::{Closing, Raising, SignalView};
use ketenpoort::store::{self, Db, KeyDb};

const REVIEWING: i32 = 5;

fn officer(house: &House, oin: &str) -> Call {
    acting(house, oin, "fg-1", UserRole::PrivacyOfficer)
}

async fn month(house: &House) -> Month {
    house.gateway.month(&officer(house, STEUNPUNT), REVIEWING).await.unwrap()
}

/// An emergency that waits for its review.
async fn declared() -> House {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let draft = ShareDraft { emergency: Some(emergency(&house)), ..notice_of_report() };
    share(&house, &director(&house), draft).await.unwrap();
    house
}

/// Place of the first entry of an event.
async fn place(house: &House, event: EventCode) -> i64 {
    let found = events(house).await.iter().position(|found| *found == event.number());
    i64::try_from(found.unwrap()).unwrap()
}

async fn drawing(house: &House) -> Drawing {
    let now = house.gateway.clock().now();
    let day = std::time::Duration::from_hours(24);
    let wish = Wish { from: now.minus(day * 20), until: now.plus(day), count: 50 };
    let told =
        |of: &Drawing| [&of.seed[..], &of.mark[..], &of.tree_size.to_be_bytes()[..]].concat();
    let (call, request) = (officer(house, STEUNPUNT), new_request("DrawSample"));
    let told = house.gateway.draw_sample(&call, &request, (REVIEWING, wish), told).await.unwrap();
    Drawing {
        seed: told[..32].try_into().unwrap(),
        mark: told[32..64].try_into().unwrap(),
        tree_size: i64::from_be_bytes(told[64..].try_into().unwrap()),
        wish,
    }
}

async fn judge(house: &House, of: Drawing, index: i64) -> Result<Vec<u8>, Error> {
    let grounds = "Gelezen.".parse().unwrap();
    let judging = Judging { index, verdict: SampleVerdict::InOrder, grounds };
    let (call, request) = (officer(house, STEUNPUNT), new_request("JudgeSampleEntry"));
    house.gateway.judge_sample_entry(&call, &request, (of, judging), |_| Vec::new()).await
}

async fn raise(house: &House, index: i64) -> Result<Vec<u8>, Error> {
    let raising = Raising { index, grounds: "Waarom zo laat?".parse().unwrap() };
    let (call, request) = (officer(house, STEUNPUNT), new_request("RaiseSignal"));
    let encode = |of: &SignalView| of.row.signal_id.to_string().into_bytes();
    house.gateway.raise_signal(&call, &request, raising, encode).await
}

async fn close(house: &House, oin: &str, signal_id: &[u8]) {
    let signal_id = std::str::from_utf8(signal_id).unwrap().parse().unwrap();
    let closing = Closing { signal_id, is_incident: false, grounds: "Nagebeld.".parse().unwrap() };
    let (call, request) = (officer(house, oin), new_request("CloseSignal"));
    house.gateway.close_signal(&call, &request, closing, |_| Vec::new()).await.unwrap();
}

async fn review(house: &House) {
    let query = ReviewQuery { party: None, open_only: true, after: None };
    let reviews = house.db().await.read().await.unwrap().reviews(&query, 2).await.unwrap();
    let motivation = "Er kon niet worden gewacht.".to_owned();
    let judgement = JudgementDraft { verdict: 1, motivation }.parse().unwrap();
    let (call, request) = (officer(house, STEUNPUNT), new_request("DecideReview"));
    let judged = (reviews[0].review_id, judgement);
    house.gateway.decide_review(&call, &request, judged, |_| Vec::new()).await.unwrap();
}

fn is_unmet(outcome: Result<Vec<u8>, Error>, code: &str) -> bool {
    let Err(Error::Precondition(unmet)) = outcome else { return false };
    unmet.iter().any(|one| one.code == code)
}

#[tokio::test]
async fn of_an_emergency_nothing_is_written_beside_its_review_before_that_is_closed() {
    let house = declared().await;
    let (drawing, index) =
        (drawing(&house).await, place(&house, EventCode::BreakGlassDeclared).await);
    let before = events(&house).await.len();
    assert!(is_unmet(judge(&house, drawing, index).await, "REVIEW_CLOSED"));
    assert!(is_unmet(raise(&house, index).await, "REVIEW_CLOSED"));
    assert_eq!(events(&house).await.len(), before);
    review(&house).await;
    judge(&house, drawing, index).await.unwrap();
    raise(&house, index).await.unwrap();
}

#[tokio::test]
async fn an_emergency_that_waits_is_not_reviewed_whatever_else_was_found_of_it() {
    let house = declared().await;
    let waiting = month(&house).await.coverage.waiting();
    let index = place(&house, EventCode::BreakGlassDeclared).await;
    assert!(waiting > 1);
    // Through a signal that a detector found.
    let signal = raise(&house, place(&house, EventCode::ReferralSubmitted).await).await.unwrap();
    house.tamper(&format!(
        "INSERT INTO signal_entries (signal_id, idx) SELECT signal_id, {index} FROM signals"
    ));
    close(&house, POLICE, &signal).await;
    let found = month(&house).await.coverage;
    assert_eq!((found.reviewed(), found.waiting()), (1, waiting), "the report alone");
    // Through a sample, of before such a thing was refused.
    let other = index + 1;
    let hex = "00".repeat(16);
    house.tamper(&format!(
        "INSERT INTO sample_judgements VALUES (x'{hex}', {other}, '{STEUNPUNT}', 'fg-2', 1, 0, 9999,
                NULL, x'00')"
    ));
    let found = month(&house).await.coverage;
    assert_eq!((found.reviewed(), found.waiting()), (1, waiting), "the report alone");
    review(&house).await;
    let found = month(&house).await.coverage;
    assert_eq!((found.reviewed(), found.waiting()), (1 + waiting, 0));
}

#[tokio::test]
async fn who_confirms_a_recall_learns_of_nobody_whom_it_never_received() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let emergency = Some(emergency(&house));
    let about_him =
        ShareDraft { person_keys: vec!["father".to_owned()], emergency, ..notice_of_report() };
    share(&house, &director(&house), about_him).await.unwrap();
    let (case_ref, none): (CaseRef, _) = (CASE.parse().unwrap(), |_: &Retracted| Vec::new());
    let request = new_request("RetractSummary");
    let gateway = &house.gateway;
    gateway.retract_summary(&director(&house), &request, &case_ref, 1, none).await.unwrap();
    let recalled = Recalled { case_ref, author: STEUNPUNT.parse().unwrap(), revision: 1 };
    let (request, none) = (new_request("ConfirmRecall"), |_: &RecallConfirmed| Vec::new());
    let call = house.call(GGZ, UserRole::CaseWorker);
    gateway.confirm_recall(&call, &request, recalled, none).await.unwrap();
    assert_eq!(count(&house, EventCode::RecallConfirmed).await, 1, "the others have none");
    let subject = async |event| {
        let idx = place(&house, event).await;
        let row = house.db().await.read().await.unwrap().disclosure(idx).await.unwrap();
        row.unwrap().subject.unwrap()
    };
    let received: Pseudonym = subject(EventCode::SummaryShared).await;
    assert_eq!(subject(EventCode::RecallConfirmed).await, received);
}

#[tokio::test]
async fn who_was_forgotten_leaves_no_question_that_waits_and_acts_that_can_be_looked_into() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let index = place(&house, EventCode::ReferralSubmitted).await;
    let ask = async |house: &House| {
        let question = "Waarom om drie uur?".parse().unwrap();
        let asking = Asking { index, asked: POLICE.parse().unwrap(), question };
        let (call, request) = (officer(house, STEUNPUNT), new_request("AskOrganisation"));
        house.gateway.ask_organisation(&call, &request, asking, |_| Vec::new()).await.unwrap();
    };
    ask(&house).await;
    assert_eq!(month(&house).await.questions, (1, 0));
    let row = house.db().await.read().await.unwrap().disclosure(index).await.unwrap().unwrap();
    let path = house.directory.path().join("keys.sqlite");
    let keys = KeyDb::new(Db::open_sqlite(&path, store::keys::SCHEMA).await.unwrap());
    assert!(keys.destroy(row.subject.unwrap().as_bytes()).await.unwrap());
    let house = house.restart().await;
    assert_eq!(month(&house).await.questions, (0, 0), "nobody can answer it any more");
    let all = QuestionFilter::default();
    let listed = house.gateway.questions(&officer(&house, STEUNPUNT), all, 9).await.unwrap();
    let [lapsed] = &listed.questions[..] else { panic!("{listed:?}") };
    assert_eq!(lapsed.state, QuestionState::Forgotten);
    ask(&house).await;
    assert_eq!(month(&house).await.questions, (1, 0), "a new one has a key of its own");
    let signal = raise(&house, index).await.unwrap();
    let sql = "SELECT COUNT(*) FROM signals WHERE subject IS NULL AND rule = 100";
    let path = house.directory.path().join("data.sqlite");
    let database = rusqlite::Connection::open(path).unwrap();
    let without: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(without, 1);
    close(&house, POLICE, &signal).await;
}
