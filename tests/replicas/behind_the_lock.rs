//! Two gateways that decided on the same state before either could write: only behind the lock of the
//! ledger does one of them know what the other did.

use ketenpoort::domain::event::DenialReason;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::retention::LogYears;
use ketenpoort::domain::subject_request::SubjectRequestDraft;
use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::check_consent::{Checked, QuestionDraft};
use ketenpoort::gateway::confirm_recall::Recalled;
use ketenpoort::gateway::questions::{Answering, Asking, QuestionToPartyRow};
use ketenpoort::gateway::retention::Mode;
use ketenpoort::gateway::signals::Raising;
use ketenpoort::gateway::statistics::PublicationDraft;
use ketenpoort::gateway::{Error, Gateway};
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use super::house::{CASE, GGZ, House, STEUNPUNT, new_request};
use super::{PATIENCE, Replicas, call, directory};

/// The lock of the ledger, in the hands of the test: whoever applied its work waits for it.
struct Lock {
    held: PgConnection,
    look: PgConnection,
}

impl Lock {
    async fn take(replicas: &Replicas) -> Self {
        let mut held = PgConnection::connect(&replicas.url).await.unwrap();
        let look = PgConnection::connect(&replicas.url).await.unwrap();
        for sql in ["BEGIN", "SELECT size FROM log_state FOR UPDATE"] {
            sqlx::query(sql).execute(&mut held).await.unwrap();
        }
        Self { held, look }
    }

    /// Until so many wait for it.
    async fn waited_for_by(&mut self, many: i64) {
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let all = async {
            loop {
                let count: i64 =
                    sqlx::query_scalar(waiting).fetch_one(&mut self.look).await.unwrap();
                if count == many {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, all).await.unwrap();
    }

    async fn release(mut self) {
        sqlx::query("COMMIT").execute(&mut self.held).await.unwrap();
    }
}

async fn publish(gateway: Gateway, period: &str) -> Result<Vec<u8>, Error> {
    let call = call(&gateway, STEUNPUNT, UserRole::ProcessDirector);
    let draft = PublicationDraft { period: period.to_owned(), revision_reason: 0 };
    let request = new_request("PublishReport");
    gateway.publish_report(&call, &request, draft, |_| Vec::new()).await
}

/// Together they would tell what the other three quarters are (DOMAIN §7.1 rule 7).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_year_and_a_quarter_published_at_once_by_two_gateways_one_is_refused() {
    let replicas = Replicas::new();
    let gateways = [replicas.open(directory()).await, replicas.open(directory()).await];
    for gateway in &gateways {
        gateway.clock().set("2027-02-01T09:00:00Z".parse().unwrap());
    }
    let mut lock = Lock::take(&replicas).await;
    let [one, other] = gateways.clone();
    let year = tokio::spawn(publish(one, "2026"));
    lock.waited_for_by(1).await;
    let quarter = tokio::spawn(publish(other, "2026-Q1"));
    lock.waited_for_by(2).await;
    lock.release().await;
    let outcomes = [year.await.unwrap(), quarter.await.unwrap()];
    let refused: Vec<&Error> = outcomes.iter().filter_map(|one| one.as_ref().err()).collect();
    let [Error::Precondition(unmet)] = refused.as_slice() else { panic!("{outcomes:?}") };
    assert_eq!(unmet[0].code, "DIFFERENCING");
    let steunpunt = call(&gateways[0], STEUNPUNT, UserRole::ProcessDirector);
    assert_eq!(gateways[0].reports(&steunpunt, None, 5).await.unwrap().len(), 1);
}

/// Somebody asks for access while everything about her is being purged.
async fn ask_for_access(gateway: Gateway, received_at: Timestamp) -> Result<Vec<u8>, Error> {
    let officer = call(&gateway, STEUNPUNT, UserRole::PrivacyOfficer);
    let draft = SubjectRequestDraft {
        subject_person_key: "daughter".to_owned(),
        capacity: 1,
        identity_check: 1,
        received_at: Some(received_at),
        ..SubjectRequestDraft::default()
    };
    let (asked, request) = ((CASE.parse().unwrap(), draft), new_request("OpenDataSubjectRequest"));
    gateway.open_subject_request(&officer, &request, asked, |_| Vec::new()).await
}

/// Her request is acknowledged: then what it asks for is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_gateway_holds_another_does_not_purge() {
    let replicas = Replicas::new();
    let gateways = [replicas.open(directory()).await, replicas.open(directory()).await];
    for gateway in &gateways {
        gateway.clock().set("2026-03-12T00:52:00Z".parse().unwrap());
    }
    let nowhere = tempfile::tempdir().unwrap();
    let house = House::around(nowhere, gateways[0].clone(), replicas.keyring.clone());
    house.case_with_summary().await;
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let now: Timestamp = "2031-04-14T12:00:00Z".parse().unwrap();
    for gateway in &gateways {
        gateway.clock().set(now);
    }
    let past = LogYears::default().past(now);
    let all = gateways[1].purge_log(past, Mode::Count).await.unwrap().entries;

    let mut lock = Lock::take(&replicas).await;
    let [one, other] = gateways.clone();
    let asked = tokio::spawn(ask_for_access(one, now));
    lock.waited_for_by(1).await;
    let purging = tokio::spawn(async move { other.purge_log(past, Mode::Purge).await });
    lock.waited_for_by(2).await;
    lock.release().await;
    asked.await.unwrap().unwrap();
    let purged = purging.await.unwrap().unwrap().entries;
    assert!(0 < purged && purged < all, "{purged} of {all}");
    let held = gateways[1].purge_log(past, Mode::Count).await.unwrap().entries;
    assert_eq!(held, 0, "everything that nothing holds is purged");
}

/// Two gateways do the same: the second begins before the first could write.
async fn at_once<F>(
    replicas: &Replicas,
    gateways: &[Gateway; 2],
    act: impl Fn(Gateway) -> F,
) -> Vec<F::Output>
where
    F: Future<Output = Result<Vec<u8>, Error>> + Send + 'static,
{
    let mut lock = Lock::take(replicas).await;
    let mut tasks = Vec::new();
    for (gateway, waiting) in gateways.iter().zip(1..) {
        tasks.push(tokio::spawn(act(gateway.clone())));
        lock.waited_for_by(waiting).await;
    }
    lock.release().await;
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

fn one_is_refused(outcomes: &[Result<Vec<u8>, Error>], code: &str) {
    let refused: Vec<&Error> = outcomes.iter().filter_map(|one| one.as_ref().err()).collect();
    let [Error::Precondition(unmet)] = refused.as_slice() else { panic!("{outcomes:?}") };
    assert_eq!((unmet[0].code, outcomes.len()), (code, 2));
}

/// Two gateways with a case, of which the GGZ read the summary; and the entry of that.
async fn with_a_case(replicas: &Replicas) -> ([Gateway; 2], House, i64) {
    let gateways = [replicas.open(directory()).await, replicas.open(directory()).await];
    for gateway in &gateways {
        gateway.clock().set("2026-03-12T00:52:00Z".parse().unwrap());
    }
    let nowhere = tempfile::tempdir().unwrap();
    let house = House::around(nowhere, gateways[0].clone(), replicas.keyring.clone());
    house.case_with_summary().await;
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let mut database = PgConnection::connect(&replicas.url).await.unwrap();
    let newest = format!("SELECT MAX(idx) FROM disclosures WHERE recipient_oin = '{GGZ}'");
    let index = sqlx::query_scalar(sqlx::AssertSqlSafe(newest)).fetch_one(&mut database).await;
    (gateways, house, index.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_answers_to_a_question_at_once_one_is_refused() {
    let replicas = Replicas::new();
    let (gateways, house, index) = with_a_case(&replicas).await;
    let officer = house.call(STEUNPUNT, UserRole::PrivacyOfficer);
    let (asked, question) = (GGZ.parse().unwrap(), "Waarom?".parse().unwrap());
    let asking = Asking { index, asked, question };
    let encode = |of: &QuestionToPartyRow| of.question_id.to_string().into_bytes();
    let request = new_request("AskOrganisation");
    let id = house.gateway.ask_organisation(&officer, &request, asking, encode).await.unwrap();
    let question_id = String::from_utf8(id).unwrap().parse().unwrap();
    let outcomes = at_once(&replicas, &gateways, |gateway| async move {
        let call = call(&gateway, GGZ, UserRole::CaseWorker);
        let answering = Answering { question_id, answer: "Nachtdienst".parse().unwrap() };
        let request = new_request("AnswerQuestion");
        gateway.answer_question(&call, &request, answering, |_| Vec::new()).await
    });
    one_is_refused(&outcomes.await, "QUESTION_OPEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_say_at_once_that_a_summary_was_erased_one_is_refused() {
    let replicas = Replicas::new();
    let (gateways, house, _) = with_a_case(&replicas).await;
    let director = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let (case, request) = (CASE.parse().unwrap(), new_request("RetractSummary"));
    house.gateway.retract_summary(&director, &request, &case, 1, |_| Vec::new()).await.unwrap();
    let outcomes = at_once(&replicas, &gateways, |gateway| async move {
        let call = call(&gateway, GGZ, UserRole::CaseWorker);
        let (case_ref, author) = (CASE.parse().unwrap(), STEUNPUNT.parse().unwrap());
        let recalled = Recalled { case_ref, author, revision: 1 };
        let request = new_request("ConfirmRecall");
        gateway.confirm_recall(&call, &request, recalled, |_| Vec::new()).await
    });
    one_is_refused(&outcomes.await, "RECALL_OPEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_signals_raised_about_an_entry_at_once_one_is_refused() {
    let replicas = Replicas::new();
    let (gateways, _house, index) = with_a_case(&replicas).await;
    let outcomes = at_once(&replicas, &gateways, |gateway| async move {
        let call = call(&gateway, STEUNPUNT, UserRole::PrivacyOfficer);
        let raising = Raising { index, grounds: "Om drie uur".parse().unwrap() };
        gateway.raise_signal(&call, &new_request("RaiseSignal"), raising, |_| Vec::new()).await
    });
    one_is_refused(&outcomes.await, "NO_SIGNAL_OPEN");
}

/// A yes is under way in another case, on a gateway whose clock is ahead, while the person withdraws: the
/// no counts there too, after that yes (promise 3).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_withdrawal_counts_after_a_yes_that_was_under_way_elsewhere() {
    const ELSEWHERE: &str = "VVT-2026-000124";
    const HOUR: std::time::Duration = std::time::Duration::from_hours(1);
    let replicas = Replicas::new();
    let ([_, ahead], house, _) = with_a_case(&replicas).await;
    house.case_without_consents(ELSEWHERE).await;
    let consent = house.consent_now(CASE, "father", &[("father", 1)]).await.unwrap();
    let later = house.gateway.clock().now().plus(HOUR);
    ahead.clock().set(later);
    let other =
        House::around(tempfile::tempdir().unwrap(), ahead.clone(), replicas.keyring.clone());

    let mut lock = Lock::take(&replicas).await;
    let yes =
        tokio::spawn(async move { other.consent_now(ELSEWHERE, "father", &[("father", 1)]).await });
    lock.waited_for_by(1).await;
    let no = tokio::spawn(async move { house.withdraw(&consent, "father", 1).await });
    lock.waited_for_by(2).await;
    lock.release().await;
    yes.await.unwrap().unwrap();
    no.await.unwrap().unwrap();

    ahead.clock().set(later.plus(HOUR));
    let question = QuestionDraft {
        case_ref: ELSEWHERE.to_owned(),
        person_key: "father".to_owned(),
        source_oin: STEUNPUNT.to_owned(),
        recipient_oin: GGZ.to_owned(),
        purpose: 1,
        categories: vec![1],
    };
    let checked = ahead.check_consent(&call(&ahead, GGZ, UserRole::CaseWorker), question).await;
    assert_eq!(checked.unwrap(), Checked::Deny(DenialReason::Withdrawn));
}
