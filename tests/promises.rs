//! The promises of the architecture, each with a test that fails when the promise is broken.
//! Promise 5 (identity) and 7 (secrets) have tests of their own over real sockets and files.
#![cfg(test)]

use std::collections::BTreeMap;

use ketenpoort::domain::consent::State as ConsentState;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::gateway::Error;
use ketenpoort::ledger::entry::{Body, Entry};
use ketenpoort::ledger::hash::Hash;
use ketenpoort::ledger::note::Note;
use ketenpoort::ledger::tree::Frontier;
use ketenpoort::store::{self, Db, KeyDb};
use sqlx::Connection as _;

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

use house::{GGZ, House, MEE, POLICE, STEUNPUNT, new_request, referral_id_of};

/// Every entry of the ledger, in order.
async fn ledger(db: &Db) -> Vec<Entry> {
    let mut tx = db.read().await.unwrap();
    let leaves = tx.leaves(0, 100_000).await.unwrap();
    leaves.iter().map(|leaf| Entry::decode(&leaf.entry).unwrap()).collect()
}

/// Recomputes the ledger from its stored bytes and compares every signed state.
async fn assert_ledger_verifies(house: &House) {
    let db = house.db().await;
    let mut tx = db.read().await.unwrap();
    let mut frontier = Frontier::new();
    let mut roots = BTreeMap::new();
    for leaf in tx.leaves(0, 100_000).await.unwrap() {
        frontier.append(Hash::leaf(&leaf.entry));
        roots.insert(i64::try_from(frontier.size()).unwrap(), frontier.root());
    }
    let state = tx.log_state().await.unwrap().unwrap();
    assert_eq!(state.root, frontier.root().as_bytes());
    for checkpoint in tx.checkpoints(0, 100_000).await.unwrap() {
        let note: Note = checkpoint.note.parse().unwrap();
        note.verify(&[house.gateway.ledger_verifier().clone()]).unwrap();
        assert!(note.text().contains(&roots[&checkpoint.size].to_string()));
    }
}

/// Runs a statement on the database file of a house, as somebody with a shell could.
async fn outside(house: &House, sql: &'static str) {
    let path = house.directory.path().join("data.sqlite");
    let url = format!("sqlite:{}", path.display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn promise_1_and_row_14_nothing_is_stored_or_disclosed_while_the_ledger_cannot_be_written() {
    let house = House::open().await;
    house.case_with_summary().await;
    let before = ledger(&house.db().await).await.len();
    outside(
        &house,
        "CREATE TRIGGER full BEFORE INSERT ON leaves BEGIN SELECT RAISE(ABORT, 'full'); END",
    )
    .await;

    let submit = new_request("SubmitReferral");
    let refused = house.submit(&submit).await.unwrap_err();
    assert!(matches!(refused, Error::LedgerUnavailable(_)), "{refused:?}");
    let refused = house.ask(GGZ, &new_request("RequestSummary")).await.unwrap_err();
    assert!(matches!(refused, Error::LedgerUnavailable(_)), "{refused:?}");
    assert!(!*house.gateway.writable().borrow());
    let mut tx = house.db().await.read().await.unwrap();
    assert_eq!(tx.referral(referral_id_of(&submit)).await.unwrap(), None);
    assert_eq!(ledger(&house.db().await).await.len(), before);

    outside(&house, "DROP TRIGGER full").await;
    house.submit(&submit).await.unwrap();
    assert!(*house.gateway.writable().borrow());
    assert_ledger_verifies(&house).await;
}

#[tokio::test]
async fn promise_2_a_repeated_request_gets_the_same_bytes_also_after_a_restart() {
    let house = House::open().await;
    let request = new_request("SubmitReferral");
    let first = house.submit(&request).await.unwrap();
    let entries = ledger(&house.db().await).await.len();
    assert_eq!(house.submit(&request).await.unwrap(), first);
    let house = house.restart().await;
    assert_eq!(house.submit(&request).await.unwrap(), first);
    assert_eq!(ledger(&house.db().await).await.len(), entries);
}

#[tokio::test]
async fn promise_2_a_repeated_consent_and_withdrawal_get_the_same_bytes_also_after_a_restart() {
    let house = House::open().await;
    house.case_with_summary().await;
    let steunpunt = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let (record, withdraw) = (new_request("RecordConsent"), new_request("WithdrawConsent"));
    let signers = [("father", 1)];
    let consent = house.consent_as(&record, &steunpunt, "father", &signers).await.unwrap();
    let withdrawn = house.withdraw_as(&withdraw, &consent, "father", 1).await.unwrap();
    let entries = ledger(&house.db().await).await.len();
    let house = house.restart().await;
    let again = house.consent_as(&record, &steunpunt, "father", &signers).await.unwrap();
    assert_eq!(again, consent);
    let again = house.withdraw_as(&withdraw, &consent, "father", 1).await.unwrap();
    assert_eq!(again, withdrawn);
    assert_eq!(ledger(&house.db().await).await.len(), entries);
}

#[tokio::test]
async fn promise_2_the_same_request_id_with_another_body_is_refused() {
    let house = House::open().await;
    let request = new_request("SubmitReferral");
    house.submit(&request).await.unwrap();
    let other = ketenpoort::gateway::Request::new(request.id(), "SubmitReferral", vec![1]);
    let refused = house.submit(&other).await.unwrap_err();
    assert!(matches!(refused, Error::Reused(ketenpoort::gateway::Reused::RequestId)));
}

#[tokio::test]
async fn promise_2_a_referral_comes_in_once_also_under_another_request_id() {
    let house = House::open().await;
    let call = house.call(POLICE, UserRole::PoliceOfficer);
    let id = referral_id_of(&new_request("SubmitReferral"));
    let draft = house::referral(&house.gateway, id);
    let submit = |request, draft| {
        let (gateway, call) = (&house.gateway, &call);
        async move { gateway.submit_referral(call, &request, draft, house::encode_submitted).await }
    };
    let first = submit(new_request("SubmitReferral"), draft.clone()).await.unwrap();
    assert_eq!(submit(new_request("SubmitReferral"), draft.clone()).await.unwrap(), first);
    let mut changed = draft;
    changed.facts.push_str(" Changed.");
    let refused = submit(new_request("SubmitReferral"), changed).await.unwrap_err();
    assert!(matches!(refused, Error::Reused(ketenpoort::gateway::Reused::ReferralId)));
}

#[tokio::test]
async fn promise_3_after_a_withdrawal_nothing_relies_on_the_consent() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    let before = house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    assert!(String::from_utf8(before).unwrap().contains("people 4 0"));

    house.withdraw(&consents[1], "father", 1).await.unwrap();
    house.withdraw(&consents[3], "father", 2).await.unwrap();
    let after = house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let after = String::from_utf8(after).unwrap();
    assert!(after.contains("people 2 2"), "{after}");
    // What is about a denied person too is withheld, even though others agreed.
    assert!(after.contains("part agreement-mother"));
    assert!(!after.contains("assessment-all") && !after.contains("agreement-children"));
    assert_promise_3(&house).await;
}

#[tokio::test]
async fn promise_3_a_repeated_request_does_not_outlive_a_withdrawal() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    let request = new_request("RequestSummary");
    let first = house.ask(GGZ, &request).await.unwrap();
    assert_eq!(house.ask(GGZ, &request).await.unwrap(), first);
    house.withdraw(&consents[0], "mother", 1).await.unwrap();
    let refused = house.ask(GGZ, &request).await.unwrap_err();
    let Error::Precondition(unmet) = refused else { panic!("{refused:?}") };
    assert_eq!(unmet[0].code, "CONSENT_CHANGED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn promise_3_a_withdrawal_wins_every_race() {
    let house = std::sync::Arc::new(House::open().await);
    house.case_with_summary().await;
    for _ in 0..25 {
        let consent = house.consent_now(house::CASE, "mother", &[("mother", 1)]).await.unwrap();
        let mut racers = Vec::new();
        for _ in 0..4 {
            let house = house.clone();
            racers.push(tokio::spawn(async move {
                let asked = house.ask(GGZ, &new_request("RequestSummary")).await;
                assert!(matches!(asked, Ok(_) | Err(Error::Busy)), "{asked:?}");
            }));
        }
        let withdrawing = house.clone();
        racers.push(tokio::spawn(async move {
            withdrawing.withdraw(&consent, "mother", 1).await.unwrap();
        }));
        for racer in racers {
            racer.await.unwrap();
        }
    }
    assert_promise_3(&house).await;
}

#[tokio::test]
async fn promise_3_an_answer_is_not_repeated_when_time_alone_may_have_changed_it() {
    let house = House::open().await;
    house.case_with_summary().await;
    let request = new_request("RequestSummary");
    house.ask(GGZ, &request).await.unwrap();
    house.ask(GGZ, &request).await.expect("a lost answer is given again");
    let entries = ledger(&house.db().await).await.len();
    house.gateway.clock().set("2026-03-12T01:53:00Z".parse().unwrap());
    let again = house.ask(GGZ, &request).await.unwrap_err();
    assert!(
        matches!(&again, Error::Precondition(unmet) if unmet[0].code == "CONSENT_CHANGED"),
        "{again:?}"
    );
    assert_eq!(ledger(&house.db().await).await.len(), entries);
}

/// From the ledger alone: every disclosure on consent relies on versions that were active then.
async fn assert_promise_3(house: &House) {
    let active = u8::try_from(ConsentState::Active.number()).unwrap();
    let mut latest = BTreeMap::new();
    let mut relied = 0;
    for entry in ledger(&house.db().await).await {
        match entry.body {
            Body::Consent(change) => {
                latest.insert(change.consent_id, (change.version, change.state));
            }
            Body::Disclosure(disclosure) if entry.outcome == 0 => {
                for used in disclosure.consents.as_slice() {
                    assert_eq!(latest[&used.consent_id], (used.version, active));
                    relied += 1;
                }
            }
            Body::Disclosure(_) | Body::Administration(_) | Body::Purge(_) => {}
        }
    }
    assert!(relied > 0, "nothing was disclosed, so nothing was tested");
}

#[tokio::test]
async fn promise_4_one_entry_per_person_for_a_yes_and_for_a_no() {
    let house = House::open().await;
    house.case_with_summary().await;
    let db = house.db().await;
    let before = ledger(&db).await.len();
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let denied = house.ask(MEE, &new_request("RequestSummary")).await.unwrap_err();
    assert!(matches!(denied, Error::Denied { reason: Some(_) }), "{denied:?}");
    let entries = &ledger(&db).await[before..];
    assert_eq!(entries.len(), 8);
    assert!(entries[..4].iter().all(|entry| entry.outcome == 0));
    assert!(entries[4..].iter().all(|entry| entry.outcome == 8 && entry.reason == 1));
    for act in [&entries[..4], &entries[4..]] {
        assert!(act.iter().all(|entry| entry.group_id == act[0].group_id));
        let mut events: Vec<_> = act.iter().map(|entry| entry.event_id).collect();
        events.sort_unstable();
        events.dedup();
        assert_eq!(events.len(), 4);
    }
}

#[tokio::test]
async fn promise_4_who_is_left_out_of_an_answer_has_an_entry_too() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    house.withdraw(&consents[1], "father", 1).await.unwrap();
    house.withdraw(&consents[3], "father", 2).await.unwrap();
    let db = house.db().await;
    let before = ledger(&db).await.len();
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let mut outcomes: Vec<_> =
        ledger(&db).await[before..].iter().map(|entry| entry.outcome).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [0, 0, 8, 8]);
}

#[tokio::test]
async fn promise_5_not_allowed_and_not_existing_are_the_same_answer() {
    let house = House::open().await;
    house.case_with_summary().await;
    let existing = house::CASE.parse().unwrap();
    let missing = "VVT-2026-999999".parse().unwrap();
    for oin in [POLICE, "00000099000000008000"] {
        let call = house.call(oin, UserRole::CaseWorker);
        let one = house.gateway.case_view(&call, &existing).await.unwrap_err();
        let other = house.gateway.case_view(&call, &missing).await.unwrap_err();
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        assert!(matches!(one, Error::Denied { .. }));
        let request = || new_request("RequestSummary");
        let one = house.ask(oin, &request()).await.unwrap_err();
        let other = house.ask_about("VVT-2026-999999", oin, &request()).await.unwrap_err();
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        assert!(matches!(one, Error::Denied { .. }));
    }
}

#[tokio::test]
async fn promise_6_a_person_is_forgotten_and_the_proof_stays() {
    let house = House::open().await;
    house.case_with_summary().await;
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let mut tx = house.db().await.read().await.unwrap();
    let search = store::Search { size: i64::MAX, ..store::Search::default() };
    let rows = tx.search(&search, 500).await.unwrap();
    let subject = rows.iter().find_map(|row| row.subject).unwrap();

    let keys = house.directory.path().join("keys.sqlite");
    let keys = KeyDb::new(Db::open_sqlite(&keys, store::keys::SCHEMA).await.unwrap());
    assert!(keys.destroy(subject.as_bytes()).await.unwrap());
    let house = house.restart().await;

    // Nothing about the person can be read any more, and the gateway says no instead of failing.
    let refused = house.ask(GGZ, &new_request("RequestSummary")).await.unwrap_err();
    assert!(matches!(refused, Error::Denied { .. }), "{refused:?}");
    assert_ledger_verifies(&house).await;
}

#[tokio::test]
async fn promise_9_a_referral_receipt_is_signed_evidence() {
    let house = House::open().await;
    let request = new_request("SubmitReferral");
    let answer = String::from_utf8(house.submit(&request).await.unwrap()).unwrap();
    let (receipt, _proofs) = answer.split_once("proofs\n").unwrap();
    let note: Note = receipt.parse().unwrap();
    note.verify(&[house.gateway.receipt_verifier().clone()]).unwrap();
    for line in [
        format!("referral {}", referral_id_of(&request)),
        format!("recipient {STEUNPUNT}"),
        "team team-3".to_owned(),
        "routing haaglanden-1".to_owned(),
    ] {
        assert!(note.text().contains(&line), "{line} is missing");
    }
    // A receipt signed by the key of the ledger is no receipt.
    assert!(note.verify(&[house.gateway.ledger_verifier().clone()]).is_err());
}
