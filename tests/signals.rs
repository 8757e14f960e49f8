//! The gateway watches over its own ledger: signals that the use cases themselves give rise to, and what
//! officers do with them. What no use case lets happen is in the tests beside the detectors.
#![cfg(test)]

use std::time::Duration;

use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::id::{IncidentId, SignalId, SuppressionId};
use ketenpoort::domain::incident::IncidentCause;
use ketenpoort::domain::organisation::{Actor, UserRole};
use ketenpoort::domain::signal::suppression::SuppressionScope;
use ketenpoort::domain::signal::{SignalRule, SignalState};
use ketenpoort::gateway::disclosures::SearchDraft;
use ketenpoort::gateway::reviews::incidents::IncidentQueue;
use ketenpoort::gateway::signals::{
    Closing, Ended, SignalFilter, SignalView, Suppressing, Suppression,
};
use ketenpoort::gateway::{Call, Error, Gateway, Request};
use ketenpoort::store::{self, Db};
use ketenpoort::vault::keyring::Keyring;

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;
#[path = "support/postgres.rs"]
mod postgres;

use house::{CASE, GGZ, House, MEE, STEUNPUNT, at, new_request};

const OVERSIGHT: &str = "00000099000000009000";
const DAY: Duration = Duration::from_hours(24);
const NOON: &str = "2026-03-12T11:00:00Z";

async fn examine(gateway: &Gateway) {
    while gateway.detect_signals().await.unwrap().more {}
}

fn officer(house: &House, oin: &str) -> Call {
    let caller = house.gateway.admit(&oin.parse().unwrap(), None).unwrap();
    let user_id = "fg-1".parse().unwrap();
    caller.act(Actor { user_id, role: UserRole::PrivacyOfficer, on_behalf_of: None })
}

fn open() -> SignalFilter {
    SignalFilter { purpose: 5, ..SignalFilter::default() }
}

async fn signals(house: &House, oin: &str) -> Vec<SignalView> {
    examine(&house.gateway).await;
    house.gateway.signals(&officer(house, oin), &open(), 50).await.unwrap()
}

async fn rules(house: &House, oin: &str) -> Vec<SignalRule> {
    let mut rules: Vec<_> = signals(house, oin).await.iter().map(|one| one.row.rule).collect();
    rules.sort_unstable();
    rules
}

/// By day, without a signal yet.
async fn house() -> House {
    let house = House::open().await;
    house.gateway.clock().set(at(NOON));
    house
}

/// Five denials of one user of the GGZ.
async fn with_denials() -> (House, SignalId) {
    let house = house().await;
    house.case_without_consents(CASE).await;
    for _ in 0..4 {
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap_err();
    }
    assert_eq!(rules(&house, GGZ).await, []);
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap_err();
    let found = signals(&house, GGZ).await;
    assert_eq!(found.iter().map(|one| one.row.rule).collect::<Vec<_>>(), [SignalRule::Denials]);
    let id = found[0].row.signal_id;
    (house, id)
}

fn encode(ended: &Ended) -> Vec<u8> {
    let incident = ended.incident.map(|(id, _)| id.to_string()).unwrap_or_default();
    let suppression = ended.suppression.map(|id| id.to_string()).unwrap_or_default();
    format!("{} {incident}{suppression}", ended.view.row.state).into_bytes()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

async fn close(
    house: &House,
    (oin, request): (&str, &Request),
    (signal_id, is_incident): (SignalId, bool),
) -> Result<String, Error> {
    let grounds = "Dubbele melding, nagebeld".parse().unwrap();
    let closing = Closing { signal_id, is_incident, grounds };
    let call = officer(house, oin);
    house.gateway.close_signal(&call, request, closing, encode).await.map(text)
}

async fn suppress(house: &House, signal_id: SignalId, days: u32) -> Result<String, Error> {
    let suppressing = Suppressing {
        signal_id,
        scope: SuppressionScope::User,
        until: house.gateway.clock().now().plus(DAY * days),
        owner: "fg-1".parse().unwrap(),
        grounds: "Nieuwe collega, leert het werk".parse().unwrap(),
    };
    let (call, request) = (officer(house, GGZ), new_request("SuppressSignals"));
    house.gateway.suppress_signal(&call, &request, suppressing, encode).await.map(text)
}

async fn entries(house: &House, event: EventCode) -> usize {
    let mut tx = house.db().await.read().await.unwrap();
    let size = tx.log_state().await.unwrap().unwrap().size;
    let rows = tx.disclosures_between((0, size), u32::MAX).await.unwrap();
    rows.iter().filter(|row| row.event_code == i64::from(event.number())).count()
}

#[tokio::test]
async fn a_case_by_the_book_gives_no_signal_by_day() {
    let house = house().await;
    house.case_with_summary().await;
    house.gateway.clock().set(at("2026-03-12T12:00:00Z"));
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    assert_eq!(rules(&house, OVERSIGHT).await, []);
}

#[tokio::test]
async fn the_same_case_by_night_is_seen_and_only_by_those_it_concerns() {
    let house = House::open().await;
    house.case_with_summary().await;
    assert_eq!(rules(&house, STEUNPUNT).await, [SignalRule::NightActivity]);
    assert_eq!(rules(&house, MEE).await, []);
    // The officers who just looked did so in the night too, each in the own organisation.
    assert_eq!(rules(&house, OVERSIGHT).await, [SignalRule::NightActivity; 3]);
}

#[tokio::test]
async fn an_explained_signal_is_closed_once_with_grounds_that_stand_nowhere_in_the_open() {
    let (house, id) = with_denials().await;
    let stranger = close(&house, (MEE, &new_request("CloseSignal")), (id, false)).await;
    assert!(matches!(stranger, Err(Error::Denied { .. })), "{stranger:?}");
    let request = new_request("CloseSignal");
    let first = close(&house, (GGZ, &request), (id, false)).await.unwrap();
    assert_eq!(close(&house, (GGZ, &request), (id, false)).await.unwrap(), first);
    assert_eq!(entries(&house, EventCode::SignalClosed).await, 1);
    let late = close(&house, (GGZ, &new_request("CloseSignal")), (id, true)).await;
    assert!(matches!(late, Err(Error::Precondition(_))), "{late:?}");
    let seen = house.gateway.signal(&officer(&house, GGZ), 5, id).await.unwrap();
    assert_eq!(seen.entries.len(), usize::try_from(seen.view.row.entry_count).unwrap());
    let ending = seen.ending.unwrap();
    assert_eq!(ending.state, SignalState::Explained);
    assert_eq!(ending.grounds.words(), Some("Dubbele melding, nagebeld"));
    assert_eq!(rules(&house, GGZ).await, []);
    let mut tx = house.db().await.read().await.unwrap();
    let stored = tx.signal_ending(id).await.unwrap().unwrap().content;
    assert!(!stored.windows(8).any(|part| part == b"nagebeld"));
    let detectors = house.gateway.detectors(&officer(&house, GGZ)).await.unwrap();
    let denials = detectors.iter().find(|one| one.rule == SignalRule::Denials).unwrap();
    assert_eq!((denials.open, denials.explained, denials.incidents), (0, 1, 0));
}

#[tokio::test]
async fn the_entries_of_a_closed_signal_count_as_reviewed_by_hand_and_those_of_a_silenced_one_not()
{
    let reviewed = async |house: &House, oin| {
        let month = house.gateway.month(&officer(house, oin), 5).await.unwrap();
        month.coverage.reviewed()
    };
    let (house, id) = with_denials().await;
    assert_eq!(reviewed(&house, GGZ).await, 0);
    close(&house, (GGZ, &new_request("CloseSignal")), (id, false)).await.unwrap();
    let seen = house.gateway.signal(&officer(&house, GGZ), 5, id).await.unwrap();
    let entries = u64::try_from(seen.entries.len()).unwrap();
    assert!(entries > 0);
    assert_eq!(reviewed(&house, GGZ).await, entries);
    assert_eq!(reviewed(&house, OVERSIGHT).await, entries);
    assert_eq!(reviewed(&house, MEE).await, 0);
    let after = house.gateway.clock().now().plus(DAY * 40);
    house.gateway.clock().set(after);
    assert_eq!(reviewed(&house, GGZ).await, 0, "not of the last thirty days");
    let (house, id) = with_denials().await;
    suppress(&house, id, 30).await.unwrap();
    assert_eq!(reviewed(&house, GGZ).await, 0);
}

#[tokio::test]
async fn an_incident_starts_its_clock() {
    let (house, id) = with_denials().await;
    let answer = close(&house, (GGZ, &new_request("CloseSignal")), (id, true)).await.unwrap();
    let (_, incident) = answer.split_once(' ').unwrap();
    let incident: IncidentId = incident.parse().unwrap();
    let queue = IncidentQueue { purpose: 5, after: None };
    let found = house.gateway.incidents(&officer(&house, GGZ), &queue, 10).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].row.incident_id, found[0].cause), (incident, IncidentCause::Signal));
    assert_eq!(found[0].subjects.len(), 4, "everybody whom the denials were about");
    assert_eq!(entries(&house, EventCode::BreachOpened).await, 4);
    house.gateway.clock().set(found[0].row.notify_due_at.plus(DAY));
    assert!(!house.gateway.sweep_deadlines().await.unwrap().missed.is_empty());
}

#[tokio::test]
async fn a_suppressed_rule_is_silent_until_its_end_and_says_how_often() {
    let (house, id) = with_denials().await;
    let long = suppress(&house, id, 367).await;
    assert!(matches!(long, Err(Error::Invalid(_))), "{long:?}");
    let answer = suppress(&house, id, 30).await.unwrap();
    let suppression: SuppressionId = answer.split_once(' ').unwrap().1.parse().unwrap();
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap_err();
    assert_eq!(rules(&house, GGZ).await, []);
    let call = officer(&house, GGZ);
    let listed = house.gateway.suppressions(&call, 5, None, 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].hits), (1, 1));
    let end = |request: Request| {
        let encode = |of: &Suppression| vec![u8::from(of.ended_at.is_some())];
        let (gateway, call) = (house.gateway.clone(), officer(&house, GGZ));
        async move { gateway.end_suppression(&call, &request, suppression, encode).await }
    };
    assert_eq!(end(new_request("EndSuppression")).await.unwrap(), [1]);
    let again = end(new_request("EndSuppression")).await;
    assert!(matches!(again, Err(Error::Precondition(_))), "{again:?}");
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap_err();
    assert_eq!(rules(&house, GGZ).await, [SignalRule::Denials]);
    assert_eq!(entries(&house, EventCode::SignalSuppressed).await, 1);
    assert_eq!(entries(&house, EventCode::SignalSuppressionEnded).await, 1);
}

#[tokio::test]
async fn an_officer_who_asks_often_about_one_person_is_seen_and_judged_by_somebody_else() {
    let house = house().await;
    house.case_without_consents(CASE).await;
    let mut tx = house.db().await.read().await.unwrap();
    let person = tx.case_persons(&CASE.parse().unwrap()).await.unwrap()[0].subject;
    drop(tx);
    let ask = async || {
        let now = house.gateway.clock().now();
        let draft = SearchDraft {
            purpose: 5,
            subject_pseudonym: person.to_hex(),
            from: Some(now.minus(DAY)),
            until: Some(now.plus(DAY)),
            ..SearchDraft::default()
        };
        let call = officer(&house, GGZ);
        house.gateway.search_disclosures(&call, draft, None, 10).await.unwrap();
    };
    for _ in 0..10 {
        ask().await;
    }
    assert_eq!(rules(&house, GGZ).await, []);
    ask().await;
    let found = signals(&house, GGZ).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].row.rule, SignalRule::Questions);
    assert_eq!(found[0].subject(), Some(person));
    let id = found[0].row.signal_id;
    let own = close(&house, (GGZ, &new_request("CloseSignal")), (id, false)).await;
    assert!(matches!(own, Err(Error::Denied { .. })), "{own:?}");
    close(&house, (OVERSIGHT, &new_request("CloseSignal")), (id, false)).await.unwrap();
}

#[tokio::test]
async fn nobody_but_an_officer_sees_signals_and_every_look_is_in_the_ledger() {
    let (house, id) = with_denials().await;
    let worker = house.call(GGZ, UserRole::CaseWorker);
    let refused = house.gateway.signals(&worker, &open(), 10).await;
    assert!(matches!(refused, Err(Error::Denied { .. })), "{refused:?}");
    let before = entries(&house, EventCode::LogQueried).await;
    let call = officer(&house, GGZ);
    house.gateway.signals(&call, &open(), 10).await.unwrap();
    house.gateway.signal(&call, 5, id).await.unwrap();
    house.gateway.detectors(&call).await.unwrap();
    house.gateway.suppressions(&call, 5, None, 10).await.unwrap();
    assert_eq!(entries(&house, EventCode::LogQueried).await, before + 4);
    assert_eq!(entries(&house, EventCode::SignalRaised).await, 1);
}

#[tokio::test]
async fn two_gateways_on_one_database_raise_one_signal() {
    let url = postgres::fresh_database();
    let keyring = Keyring::generate().unwrap().to_file_text().to_string();
    let open = async || {
        let db = Db::open_postgres(&url, store::ledger::SCHEMA).await.unwrap();
        let keys = Db::open_postgres(&url, store::keys::SCHEMA).await.unwrap();
        let clock = ketenpoort::gateway::Clock::system();
        let gateway = house::gateway_on(db, keys, &keyring, clock).await.unwrap();
        gateway.clock().set(at(NOON));
        gateway
    };
    let (one, other) = (open().await, open().await);
    let house = House::around(tempfile::tempdir().unwrap(), one, keyring.clone());
    house.case_without_consents(CASE).await;
    for _ in 0..6 {
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap_err();
        let (left, right) = tokio::join!(house.gateway.detect_signals(), other.detect_signals());
        left.unwrap();
        right.unwrap();
    }
    let found = signals(&house, OVERSIGHT).await;
    assert_eq!(found.iter().map(|one| one.row.rule).collect::<Vec<_>>(), [SignalRule::Denials]);
    assert_eq!(found[0].row.entry_count, 24, "six denials about four people, each once");
}
