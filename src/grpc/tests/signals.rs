//! Signals over the wire: who lists them, in pages, and who closes one, once.

use super::*;
use crate::domain::emergency::Cause;
use crate::gateway::reviews::Staged;
use pb::signal_service_client::SignalServiceClient;

/// Two emergencies whose reviews are late: two signals about the GGZ.
const LATE: Staged =
    Staged { cause: Cause::VitalInterest, discloser: GGZ, recipient: STEUNPUNT, consulted: None };

async fn house() -> House {
    let house = House::open().await;
    house.gateway.clock().set("2026-03-02T11:00:00Z".parse().unwrap());
    for case in [1, 2] {
        house.gateway.stage(&LATE, case).await;
    }
    house.gateway.clock().set("2026-03-12T11:00:00Z".parse().unwrap());
    house.gateway.sweep_deadlines().await.unwrap();
    while house.gateway.detect_signals().await.unwrap().more {}
    house
}

fn list(user: &str) -> pb::ListSignalsRequest {
    pb::ListSignalsRequest {
        actor: actor(user, pb::UserRole::PrivacyOfficer),
        purpose: pb::Purpose::PrivacyReview.into(),
        rule: pb::SignalRule::ReviewOverdue.into(),
        ..pb::ListSignalsRequest::default()
    }
}

fn close(signal_id: &str, state: pb::SignalState) -> pb::CloseSignalRequest {
    pb::CloseSignalRequest {
        request_id: new_id(),
        actor: actor("fg-1", pb::UserRole::PrivacyOfficer),
        signal_id: signal_id.to_owned(),
        state: state.into(),
        grounds: "The reviewers were ill.".to_owned(),
    }
}

#[tokio::test]
async fn signals_come_in_pages_to_officers_of_those_they_concern() {
    let house = house().await;
    let mut ggz = SignalServiceClient::new(house.connect(GGZ).await);
    let whole = ggz.list_signals(list("fg-1")).await.unwrap().into_inner();
    assert_eq!((whole.signals.len(), whole.next_page_token.as_str()), (2, ""));
    let mut request = pb::ListSignalsRequest { page_size: 1, ..list("fg-1") };
    let mut seen = Vec::new();
    loop {
        let page = ggz.list_signals(request.clone()).await.unwrap().into_inner();
        assert!(page.signals.len() <= 1);
        seen.extend(page.signals);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(seen, whole.signals);
    assert_eq!((seen[0].oin.as_str(), seen[0].state()), (GGZ, pb::SignalState::Open));
    assert!(seen[0].score > 50 && !seen[0].factors.is_empty());

    let mut police = SignalServiceClient::new(house.connect(POLICE).await);
    let others = police.list_signals(list("fg-1")).await.unwrap().into_inner();
    assert_eq!(others.signals, []);
    let worker =
        pb::ListSignalsRequest { actor: actor("ggz-1", pb::UserRole::CaseWorker), ..list("ggz-1") };
    assert_eq!(ggz.list_signals(worker).await.unwrap_err().code(), Code::PermissionDenied);
    let score = pb::ListSignalsRequest { score_min: 101, ..list("fg-1") };
    assert_eq!(ggz.list_signals(score).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_signal_is_closed_once_by_the_organisation_that_it_is_about() {
    let house = house().await;
    let mut ggz = SignalServiceClient::new(house.connect(GGZ).await);
    let signals = ggz.list_signals(list("fg-1")).await.unwrap().into_inner().signals;
    let id = signals[0].signal_id.as_str();
    for state in [pb::SignalState::Open, pb::SignalState::Suppressed, pb::SignalState::Unspecified]
    {
        let refused = ggz.close_signal(close(id, state)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{state:?}");
    }
    let mut steunpunt = SignalServiceClient::new(house.connect(STEUNPUNT).await);
    let explained = close(id, pb::SignalState::Explained);
    let other = steunpunt.close_signal(explained.clone()).await.unwrap_err();
    assert_eq!(other.code(), Code::PermissionDenied, "the other party looks only");
    let first = ggz.close_signal(explained.clone()).await.unwrap().into_inner();
    let again = ggz.close_signal(explained).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(first.signal.unwrap().state(), pb::SignalState::Explained);
    assert_eq!(first.notify_due_time, None);
    let late = ggz.close_signal(close(id, pb::SignalState::Incident)).await.unwrap_err();
    assert_eq!(late.code(), Code::FailedPrecondition);

    let incident = close(&signals[1].signal_id, pb::SignalState::Incident);
    let incident = ggz.close_signal(incident).await.unwrap().into_inner();
    assert!(incident.notify_due_time.is_some());
    assert_eq!(ggz.list_signals(list("fg-1")).await.unwrap().into_inner().signals, []);
}

fn raise(index: i64) -> pb::RaiseSignalRequest {
    pb::RaiseSignalRequest {
        request_id: new_id(),
        actor: actor("fg-1", pb::UserRole::PrivacyOfficer),
        index,
        grounds: "Waarom om drie uur?".to_owned(),
    }
}

fn raised(signal_id: &str) -> pb::GetSignalRequest {
    pb::GetSignalRequest {
        actor: actor("fg-1", pb::UserRole::PrivacyOfficer),
        purpose: pb::Purpose::PrivacyReview.into(),
        signal_id: signal_id.to_owned(),
    }
}

#[tokio::test]
async fn an_officer_raises_a_signal_by_hand_once_and_it_speaks_for_no_rule() {
    let house = House::open().await;
    let index = inbox::submitted(&house).await.entries[0].index;
    let mut steunpunt = SignalServiceClient::new(house.connect(STEUNPUNT).await);
    let mut police = SignalServiceClient::new(house.connect(POLICE).await);
    let events = |code: u16| -> i64 {
        let sql = "SELECT COUNT(*) FROM disclosures WHERE event_code = ?1";
        house.database().query_row(sql, [code], |row| row.get(0)).unwrap()
    };
    let raised_event = crate::domain::event::EventCode::SignalRaised.number();
    let request = raise(index);
    let first = steunpunt.raise_signal(request.clone()).await.unwrap().into_inner();
    let again = steunpunt.raise_signal(request.clone()).await.unwrap().into_inner();
    assert_eq!((&first, events(raised_event)), (&again, 1));
    let signal = first.signal.unwrap();
    assert_eq!((signal.rule(), signal.score), (pb::SignalRule::RaisedByOfficer, 0));
    assert_eq!((signal.oin.as_str(), signal.other_oin.as_str()), (POLICE, STEUNPUNT));
    assert_eq!((signal.entry_count, signal.factors.len()), (1, 0));
    let reused = pb::RaiseSignalRequest { grounds: "Anders".to_owned(), ..request };
    let reused = steunpunt.raise_signal(reused).await.unwrap_err();
    assert_eq!(reason(&reused), "REQUEST_ID_REUSED");
    let double = police.raise_signal(raise(index)).await.unwrap_err();
    assert_eq!(double.code(), Code::FailedPrecondition, "one is open about an entry");

    let by_hand = pb::ListSignalsRequest { rule: 100, ..list("fg-1") };
    for client in [&mut police, &mut steunpunt] {
        let listed = client.list_signals(by_hand.clone()).await.unwrap().into_inner().signals;
        assert_eq!(listed, std::slice::from_ref(&signal));
        let seen = client.get_signal(raised(&signal.signal_id)).await.unwrap().into_inner();
        let raising = seen.raising.unwrap();
        assert_eq!(seen.entries, [index]);
        assert_eq!((&*raising.officer_oin, &*raising.officer_user_id), (STEUNPUNT, "fg-1"));
        assert_eq!(raising.grounds, "Waarom om drie uur?");
    }
    let sql = "SELECT content FROM raised_signals";
    let sealed: Vec<u8> = house.database().query_row(sql, [], |row| row.get(0)).unwrap();
    assert!(!sealed.windows(4).any(|part| part == b"drie"), "grounds are sealed");

    let silence = pb::SuppressSignalsRequest {
        request_id: new_id(),
        actor: actor("fg-1", pb::UserRole::PrivacyOfficer),
        signal_id: signal.signal_id.clone(),
        scope: pb::SuppressionScope::User.into(),
        until_time: Some(convert::moment("2026-03-20T00:00:00Z".parse().unwrap())),
        owner_user_id: "fg-1".to_owned(),
        grounds: "Stil".to_owned(),
    };
    let refused = police.suppress_signals(silence).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
    let explained = close(&signal.signal_id, pb::SignalState::Explained);
    let other = steunpunt.close_signal(explained.clone()).await.unwrap_err();
    assert_eq!(other.code(), Code::PermissionDenied, "it is about an act of the police");
    drop(police.close_signal(explained).await.unwrap());
    let worth = pb::ListDetectorsRequest { actor: actor("fg-1", pb::UserRole::PrivacyOfficer) };
    let worth = police.list_detectors(worth).await.unwrap().into_inner().detectors;
    assert!(worth.iter().all(|one| one.rule() != pb::SignalRule::RaisedByOfficer), "{worth:?}");
    assert!(worth.iter().all(|one| one.explained == 0), "{worth:?}");
    // What was closed can be raised anew.
    drop(police.raise_signal(raise(index)).await.unwrap());
}

#[tokio::test]
async fn nobody_raises_a_signal_about_what_the_caller_may_not_see() {
    let house = House::open().await;
    let index = inbox::submitted(&house).await.entries[0].index;
    let mut ggz = SignalServiceClient::new(house.connect(GGZ).await);
    let mut police = SignalServiceClient::new(house.connect(POLICE).await);
    let hidden = ggz.raise_signal(raise(index)).await.unwrap_err();
    let absent = ggz.raise_signal(raise(1_000_000)).await.unwrap_err();
    assert_eq!(hidden.code(), Code::PermissionDenied);
    assert_eq!(hidden.message(), absent.message(), "what is hidden and what is not there");
    let worker =
        pb::RaiseSignalRequest { actor: actor("p-1", pb::UserRole::PoliceOfficer), ..raise(index) };
    let refused = police.raise_signal(worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    for grounds in [String::new(), "a".repeat(2001)] {
        let wrong = pb::RaiseSignalRequest { grounds, ..raise(index) };
        let refused = police.raise_signal(wrong).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    let mut region = SignalServiceClient::new(house.connect("00000099000000009000").await);
    drop(region.raise_signal(raise(index)).await.unwrap());
}

#[tokio::test]
async fn what_officers_wrote_of_a_signal_is_told_when_it_was_changed_beside_the_ledger() {
    let house = House::open().await;
    let index = inbox::submitted(&house).await.entries[0].index;
    let mut police = SignalServiceClient::new(house.connect(POLICE).await);
    let signal = police.raise_signal(raise(index)).await.unwrap().into_inner().signal.unwrap();
    drop(police.close_signal(close(&signal.signal_id, pb::SignalState::Explained)).await.unwrap());
    let mut seen = async || {
        let seen = police.get_signal(raised(&signal.signal_id)).await.unwrap().into_inner();
        let (raising, ending) = (seen.raising.unwrap(), seen.ending.unwrap());
        assert_eq!(raising.changed, raising.grounds.is_empty());
        assert_eq!(ending.changed, ending.grounds.is_empty());
        (raising.changed, ending.changed)
    };
    assert_eq!(seen().await, (false, false));
    for (table, column, value, raising) in [
        ("raised_signals", "user_id", "'fg-9'", true),
        ("raised_signals", "oin", "'00000099000000007000'", true),
        ("signal_endings", "user_id", "'fg-9'", false),
        ("signal_endings", "oin", "'nobody'", false),
        ("signal_endings", "state", "3", false),
        ("signal_endings", "state", "99", false),
        ("signal_endings", "ended_at", "ended_at + 1", false),
        ("signals", "state", "3", false),
        ("signals", "closed_at", "closed_at + 1", false),
    ] {
        let told = house.while_changed((table, column, value), &mut seen).await;
        assert_eq!(told, (raising, !raising), "{table} {column} {value}");
    }
    // Nobody was forgotten: another person stands in place of theirs.
    let told = house.while_changed(("signals", "subject", "zeroblob(32)"), &mut seen).await;
    assert_eq!(told, (true, true));
    assert_eq!(seen().await, (false, false));
}
