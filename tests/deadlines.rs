//! Nothing is late in silence: every clock of DOMAIN §2.4 and §2.6 through the use cases, with a clock
//! that moves by hand.
#![cfg(test)]

use std::time::Duration;

use ketenpoort::domain::deadline::{DeadlineKind, PostponementReason};
use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::id::{ClientId, ReferralId};
use ketenpoort::domain::notice::NoticeContent;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::referral::{Settlement, TriageOutcome};
use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::deadlines::informing::{InformedDraft, PostponementDraft};
use ketenpoort::gateway::deadlines::listing::DeadlineView;
use ketenpoort::gateway::deadlines::steps::ClockStep;
use ketenpoort::gateway::watching::BEFORE_ALL;
use ketenpoort::gateway::{Call, Error};
use ketenpoort::ledger::entry::Entry;
use sqlx::Connection as _;

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

use house::{CASE, GGZ, House, POLICE, STEUNPUNT, at, new_request, referral_id_of};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

/// The moments of the urgent referral of DOMAIN §10, in UTC.
const ACK_DUE: &str = "2026-03-12T04:52:00Z";
const CONTACT_DUE: &str = "2026-03-13T00:52:00Z";
const TRIAGE_DUE: &str = "2026-03-19T22:59:59Z";
const INFORM_DUE: &str = "2026-04-09T21:59:59Z";

fn steunpunt(house: &House) -> Call {
    house.call(STEUNPUNT, UserRole::ProcessDirector)
}

async fn submitted(house: &House) -> ReferralId {
    let request = new_request("SubmitReferral");
    house.submit(&request).await.unwrap();
    referral_id_of(&request)
}

async fn acknowledged(house: &House) -> ReferralId {
    let id = submitted(house).await;
    let call = steunpunt(house);
    let client: ClientId = "reader".parse().unwrap();
    let mut inbox = house.gateway.open_inbox(&call, client, None, None).await.unwrap();
    let received = house.gateway.receive(&call, &mut inbox, 10).await.unwrap();
    let acknowledge = |token| (token, Settlement::Acknowledge { local_reference: None });
    let all = received.iter().map(|one| acknowledge(one.lease_token)).collect();
    house.gateway.settle(&call, all).await.unwrap();
    id
}

async fn triaged(house: &House, id: ReferralId, outcome: TriageOutcome) {
    let (call, request) = (steunpunt(house), new_request("RecordTriage"));
    house.gateway.record_triage(&call, &request, id, outcome, |_| Vec::new()).await.unwrap();
}

async fn stop(house: &House, id: ReferralId, step: ClockStep) -> Result<bool, Error> {
    let (call, request) = (steunpunt(house), new_request("Step"));
    let what = (id, step, house.gateway.clock().now());
    let answer = house
        .gateway
        .record_clock_step(&call, &request, what, |stopped| vec![u8::from(stopped.in_time)]);
    Ok(answer.await? == [1])
}

/// Sweeps until nothing is left, and says what was missed.
async fn swept(house: &House) -> Vec<DeadlineKind> {
    let mut kinds = Vec::new();
    loop {
        let swept = house.gateway.sweep_deadlines().await.unwrap();
        kinds.extend(swept.missed.iter().map(|missed| missed.kind));
        if !swept.more {
            return kinds;
        }
    }
}

/// The next moment at which something may be missed, to the minute: the house was opened in a second.
async fn next(house: &House) -> Option<String> {
    let next = house.gateway.next_deadline().await.unwrap()?;
    let minute = next.as_micros() - next.as_micros() % 60_000_000;
    Timestamp::from_micros(minute).map(|minute| minute.to_string())
}

/// What is swept a minute after a moment.
async fn swept_after(house: &House, moment: &str) -> Vec<DeadlineKind> {
    house.gateway.clock().set(at(moment).plus(MINUTE));
    swept(house).await
}

async fn entries(house: &House, of: EventCode) -> usize {
    let mut tx = house.db().await.read().await.unwrap();
    let leaves = tx.leaves(0, 100_000).await.unwrap();
    leaves.iter().filter(|leaf| Entry::decode(&leaf.entry).unwrap().event == of.number()).count()
}

/// Kinds and moments of the notices of the Steunpunt.
async fn notices(house: &House) -> Vec<(DeadlineKind, Timestamp)> {
    let caller = house.gateway.admit(&STEUNPUNT.parse().unwrap(), None).unwrap();
    let notices = house.gateway.notices(&caller, BEFORE_ALL, 100).await.unwrap();
    let missed = notices.into_iter().filter_map(|notice| {
        let NoticeContent::DeadlineMissed { deadline, due_at, .. } = notice.content else {
            return None;
        };
        Some((deadline, due_at))
    });
    missed.collect()
}

async fn inform(house: &House, id: ReferralId, person: &str) -> Result<Vec<u8>, Error> {
    let draft = InformedDraft {
        referral_id: id,
        person: person.parse().unwrap(),
        informed_at: house.gateway.clock().now(),
    };
    let (call, request) = (steunpunt(house), new_request("RecordSubjectInformed"));
    house.gateway.record_subject_informed(&call, &request, draft, |_| Vec::new()).await
}

async fn postpone(
    house: &House,
    id: ReferralId,
    until: &str,
    supervisor: &str,
) -> Result<Vec<u8>, Error> {
    let draft = PostponementDraft {
        referral_id: id,
        person: "father".parse().unwrap(),
        reason: PostponementReason::EndViolence,
        motivation: "Knowing of it now would endanger the children.".parse().unwrap(),
        until: at(until),
        supervisor: supervisor.parse().unwrap(),
    };
    let (call, request) = (steunpunt(house), new_request("PostponeInforming"));
    house.gateway.postpone_informing(&call, &request, draft, |_| Vec::new()).await
}

async fn listed(house: &House, id: ReferralId) -> Vec<DeadlineView> {
    house.gateway.referral_deadlines(&steunpunt(house), id).await.unwrap()
}

#[tokio::test]
async fn an_acknowledgement_that_is_missed_is_told_to_recipient_and_sender_once() {
    let house = House::open().await;
    let id = submitted(&house).await;
    assert_eq!(next(&house).await.as_deref(), Some(ACK_DUE));
    house.gateway.clock().set(at(ACK_DUE).minus(MINUTE));
    assert_eq!(swept(&house).await, []);
    let police = house.gateway.admit(&POLICE.parse().unwrap(), None).unwrap();
    assert_eq!(house.gateway.referral_changes(&police, BEFORE_ALL).await.unwrap(), []);

    assert_eq!(swept_after(&house, ACK_DUE).await, [DeadlineKind::Acknowledgement]);
    assert_eq!(entries(&house, EventCode::DeadlineMissed).await, 4, "one per person");
    let told: Vec<_> = notices(&house).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(told, [DeadlineKind::Acknowledgement]);
    let police = house.gateway.admit(&POLICE.parse().unwrap(), None).unwrap();
    let changes = house.gateway.referral_changes(&police, BEFORE_ALL).await.unwrap();
    let (_, status) = changes.last().unwrap();
    assert_eq!((status.referral_id, status.overdue), (id, true));

    assert_eq!(swept(&house).await, [], "told once");
    assert_eq!(next(&house).await.as_deref(), Some(CONTACT_DUE));
}

/// Empties a referral as the purge does.
async fn emptied(house: &House, id: ReferralId) {
    let url = format!("sqlite:{}", house.directory.path().join("data.sqlite").display());
    let mut outside = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let emptied = sqlx::query("UPDATE referrals SET content = x'' WHERE referral_id = $1")
        .bind(&id.as_bytes()[..])
        .execute(&mut outside)
        .await
        .unwrap();
    assert_eq!(emptied.rows_affected(), 1);
    outside.close().await.unwrap();
}

#[tokio::test]
async fn a_referral_that_was_purged_keeps_no_other_from_being_told_of() {
    let house = House::open().await;
    let purged = submitted(&house).await;
    submitted(&house).await;
    emptied(&house, purged).await;
    assert_eq!(swept_after(&house, ACK_DUE).await, [DeadlineKind::Acknowledgement; 2]);
    assert_eq!(entries(&house, EventCode::DeadlineMissed).await, 1 + 4, "about nobody, and four");
    assert_eq!(swept(&house).await, [], "told once");
}

#[tokio::test]
async fn what_is_done_in_time_is_never_told_of() {
    let house = House::open().await;
    let id = acknowledged(&house).await;
    assert!(stop(&house, id, ClockStep::FirstContact).await.unwrap());
    triaged(&house, id, TriageOutcome::VvtTeam).await;
    let (call, request) = (steunpunt(&house), new_request("SendFeedback"));
    house.gateway.send_feedback(&call, &request, id, |_| Vec::new()).await.unwrap();
    for person in ["mother", "father", "daughter", "son"] {
        inform(&house, id, person).await.unwrap();
    }
    assert_eq!(swept_after(&house, "2027-01-01T00:00:00Z").await, []);
    assert_eq!(entries(&house, EventCode::DeadlineMissed).await, 0);
    assert_eq!(entries(&house, EventCode::InformingRecorded).await, 4);
    assert!(listed(&house, id).await.iter().all(|one| one.met_at.is_some() && !one.overdue));
    assert_eq!(house.gateway.next_deadline().await.unwrap(), None);
}

#[tokio::test]
async fn row_16_first_contact_triage_and_informing_are_told_of_when_they_are_missed() {
    let house = House::open().await;
    let id = acknowledged(&house).await;
    assert_eq!(swept_after(&house, ACK_DUE).await, []);
    assert_eq!(swept_after(&house, CONTACT_DUE).await, [DeadlineKind::FirstContact]);
    assert_eq!(swept_after(&house, TRIAGE_DUE).await, [DeadlineKind::Triage]);
    inform(&house, id, "mother").await.unwrap();
    assert_eq!(swept_after(&house, INFORM_DUE).await, [DeadlineKind::InformSubject]);
    let missed = entries(&house, EventCode::DeadlineMissed).await;
    assert_eq!(missed, 4 + 4 + 3, "the mother was informed");
    // It is late, and it still has to be done.
    inform(&house, id, "father").await.unwrap();
    assert_eq!(swept(&house).await, []);
    let late: Vec<_> = listed(&house, id).await.into_iter().filter(|one| one.overdue).collect();
    assert_eq!(late.len(), 5);
    assert_eq!(late.iter().filter(|one| one.met_at.is_some()).count(), 1);
    let again = inform(&house, id, "father").await.unwrap_err();
    assert!(matches!(again, Error::Precondition(_)), "{again:?}");
}

#[tokio::test]
async fn feedback_and_an_investigation_run_from_the_triage() {
    let house = House::open().await;
    let id = acknowledged(&house).await;
    stop(&house, id, ClockStep::FirstContact).await.unwrap();
    house.gateway.clock().set(at("2026-03-16T10:00:00Z"));
    let refused = stop(&house, id, ClockStep::InvestigationClosed).await.unwrap_err();
    assert!(matches!(refused, Error::Precondition(_)), "{refused:?}");
    triaged(&house, id, TriageOutcome::Investigate).await;
    assert_eq!(swept_after(&house, "2026-03-18T22:59:59Z").await, [DeadlineKind::Feedback]);
    assert_eq!(swept_after(&house, INFORM_DUE).await, [DeadlineKind::InformSubject]);
    house.gateway.clock().set(at("2026-05-25T21:59:59Z").minus(MINUTE));
    assert_eq!(swept(&house).await, []);
    assert_eq!(swept_after(&house, "2026-05-25T21:59:59Z").await, [DeadlineKind::Investigation]);
    assert!(!stop(&house, id, ClockStep::InvestigationClosed).await.unwrap(), "late");
}

#[tokio::test]
async fn what_was_done_late_while_nobody_looked_is_told_of_after_all() {
    let house = House::open().await;
    house.gateway.clock().set(at("2026-03-11T19:00:00Z"));
    let id = submitted(&house).await;
    house.gateway.clock().set(at("2026-03-12T00:52:00Z"));
    let call = steunpunt(&house);
    let client: ClientId = "reader".parse().unwrap();
    let mut inbox = house.gateway.open_inbox(&call, client, None, None).await.unwrap();
    let held = house.gateway.receive(&call, &mut inbox, 10).await.unwrap().remove(0);
    let acknowledge = Settlement::Acknowledge { local_reference: None };
    house.gateway.settle(&call, vec![(held.lease_token, acknowledge)]).await.unwrap();
    assert_eq!(swept(&house).await, [DeadlineKind::Acknowledgement]);
    let late = listed(&house, id).await.remove(0);
    assert!(late.overdue && late.met_at.is_some());
}

#[tokio::test]
async fn a_referral_that_was_withdrawn_is_not_late() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let police = house.call(POLICE, UserRole::PoliceOfficer);
    let request = new_request("WithdrawReferral");
    house.gateway.withdraw_referral(&police, &request, id, |_| Vec::new()).await.unwrap();
    assert_eq!(swept_after(&house, INFORM_DUE).await, []);
    assert_eq!(house.gateway.next_deadline().await.unwrap(), None);
}

#[tokio::test]
async fn row_15_informing_is_put_off_by_two_weeks_at_most_with_a_supervisor_and_is_due_again() {
    let house = House::open().await;
    let id = acknowledged(&house).await;
    house.gateway.clock().set(at("2026-04-08T10:00:00Z"));
    let two_weeks = "2026-04-23T10:00:00Z";
    for (until, supervisor, rule) in [
        (two_weeks, "u-1", "FOUR_EYES"),
        ("2026-04-24T10:00:00Z", "u-2", "TOO_LATE"),
        ("2026-04-09T10:00:00Z", "u-2", "TOO_EARLY"),
    ] {
        let refused = postpone(&house, id, until, supervisor).await.unwrap_err();
        let Error::Invalid(found) = refused else { panic!("{refused:?}") };
        assert_eq!(found.iter().map(|one| one.rule).collect::<Vec<_>>(), [rule]);
    }
    postpone(&house, id, two_weeks, "u-2").await.unwrap();
    for person in ["mother", "daughter", "son"] {
        inform(&house, id, person).await.unwrap();
    }
    let before = swept(&house).await;
    assert_eq!(before, [DeadlineKind::FirstContact, DeadlineKind::Triage]);
    assert_eq!(swept_after(&house, INFORM_DUE).await, []);
    let father = listed(&house, id).await.into_iter().find(|one| !one.postponements.is_empty());
    let father = father.unwrap();
    assert_eq!(father.due_at, at("2026-04-23T21:59:59Z"));
    assert!(father.postponements[0].motivation.as_str().starts_with("Knowing of it"));
    // Put off once more, from the new end; then it is due for good.
    postpone(&house, id, "2026-05-07T10:00:00Z", "u-2").await.unwrap();
    assert_eq!(swept_after(&house, "2026-04-23T21:59:59Z").await, []);
    let before = entries(&house, EventCode::DeadlineMissed).await;
    let end = "2026-05-07T21:59:59Z";
    assert_eq!(swept_after(&house, end).await, [DeadlineKind::InformSubject]);
    assert_eq!(entries(&house, EventCode::DeadlineMissed).await - before, 1, "only the father");
    assert_eq!(notices(&house).await.last(), Some(&(DeadlineKind::InformSubject, at(end))));
    assert_eq!(swept(&house).await, []);
}

#[tokio::test]
async fn only_the_recipient_informs_and_only_people_of_the_referral() {
    let house = House::open().await;
    let id = submitted(&house).await;
    let early = inform(&house, id, "mother").await.unwrap_err();
    assert!(matches!(early, Error::Precondition(_)), "not acknowledged: {early:?}");
    let house = House::open().await;
    let id = acknowledged(&house).await;
    let stranger = inform(&house, id, "neighbour").await.unwrap_err();
    assert!(matches!(stranger, Error::Invalid(_)), "{stranger:?}");
    let ggz = house.call(GGZ, UserRole::CaseWorker);
    let refused = house.gateway.referral_deadlines(&ggz, id).await.unwrap_err();
    assert!(matches!(refused, Error::Denied { .. }), "{refused:?}");
}

#[tokio::test]
async fn members_of_a_case_see_its_clocks_and_nobody_else() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let case = CASE.parse().unwrap();
    let ggz = house.call(GGZ, UserRole::CaseWorker);
    let seen = house.gateway.case_deadlines(&ggz, &case).await.unwrap();
    let kinds: Vec<_> = seen.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [DeadlineKind::FirstContact, DeadlineKind::InformSubject]);
    assert!(seen.iter().all(|one| one.person.is_none()));
    // Informing is met when everybody was informed, and not told of anybody by name.
    let id = seen[1].about_id.unwrap().to_string().parse().unwrap();
    let informing = async || {
        let seen = house.gateway.case_deadlines(&ggz, &case).await.unwrap();
        let one = seen.into_iter().find(|one| one.kind == DeadlineKind::InformSubject).unwrap();
        (one.person, one.due_at, one.met_at.is_some(), one.overdue)
    };
    for person in ["mother", "daughter", "son"] {
        inform(&house, id, person).await.unwrap();
    }
    assert_eq!(informing().await, (None, at(INFORM_DUE), false, false));
    postpone(&house, id, "2026-04-23T10:00:00Z", "u-2").await.unwrap();
    let later = at("2026-04-23T21:59:59Z");
    assert_eq!(informing().await, (None, later, false, false));
    inform(&house, id, "father").await.unwrap();
    assert_eq!(informing().await, (None, later, true, false));
    let police = house.call(POLICE, UserRole::PoliceOfficer);
    let refused = house.gateway.case_deadlines(&police, &case).await.unwrap_err();
    assert!(matches!(refused, Error::Denied { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_case_shows_its_director_what_is_still_to_be_done() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let case = CASE.parse().unwrap();
    let call = steunpunt(&house);
    let shown = house.gateway.case_view(&call, &case).await.unwrap().deadlines;
    assert_eq!(shown, house.gateway.case_deadlines(&call, &case).await.unwrap());
    let kinds: Vec<_> = shown.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [DeadlineKind::FirstContact, DeadlineKind::InformSubject]);
    // A partner asks for what it must do itself.
    let ggz = house.call(GGZ, UserRole::CaseWorker);
    assert_eq!(house.gateway.case_view(&ggz, &case).await.unwrap().deadlines, []);
    let db = house.db().await;
    let id = db.read().await.unwrap().case(&case).await.unwrap().unwrap().referral_id;
    let contact = (id, ClockStep::FirstContact, house.gateway.clock().now());
    let request = new_request("RecordFirstContact");
    house.gateway.record_clock_step(&call, &request, contact, |_| Vec::new()).await.unwrap();
    house.gateway.clock().set(at("2026-04-10T00:00:00Z"));
    let call = steunpunt(&house);
    let left = house.gateway.case_view(&call, &case).await.unwrap().deadlines;
    let left: Vec<_> = left.iter().map(|one| (one.kind, one.overdue)).collect();
    assert_eq!(left, [(DeadlineKind::InformSubject, true)], "what was done is not shown");
    for person in ["mother", "father", "daughter", "son"] {
        let informed_at = house.gateway.clock().now();
        let draft = InformedDraft { referral_id: id, person: person.parse().unwrap(), informed_at };
        let request = new_request("RecordSubjectInformed");
        let gateway = &house.gateway;
        gateway.record_subject_informed(&call, &request, draft, |_| Vec::new()).await.unwrap();
    }
    assert_eq!(house.gateway.case_view(&call, &case).await.unwrap().deadlines, []);
}

#[tokio::test]
async fn a_sweep_that_was_cut_between_batches_goes_on_after_a_restart_and_tells_once() {
    const REFERRALS: usize = 70;
    let house = House::open().await;
    for _ in 0..REFERRALS {
        submitted(&house).await;
    }
    house.gateway.clock().set(at(ACK_DUE).plus(Duration::from_hours(1)));
    let first = house.gateway.sweep_deadlines().await.unwrap();
    assert!(first.more && first.missed.len() < REFERRALS, "{}", first.missed.len());
    let house = house.restart().await;
    let rest = swept(&house).await;
    assert_eq!(first.missed.len() + rest.len(), REFERRALS);
    assert_eq!(notices(&house).await.len(), REFERRALS);
    assert_eq!(swept(&house).await, []);
}

#[tokio::test]
async fn two_sweeps_at_the_same_instant_tell_once() {
    let house = House::open().await;
    for _ in 0..10 {
        submitted(&house).await;
    }
    house.gateway.clock().set(at(ACK_DUE).plus(Duration::from_hours(1)));
    let (one, other) =
        tokio::join!(house.gateway.sweep_deadlines(), house.gateway.sweep_deadlines());
    assert_eq!(one.unwrap().missed.len() + other.unwrap().missed.len(), 10);
    assert_eq!(entries(&house, EventCode::DeadlineMissed).await, 40);
}

#[tokio::test]
async fn the_sweeper_runs_by_itself_and_stops_when_it_is_told() {
    let house = House::open().await;
    submitted(&house).await;
    house.gateway.clock().set(at(ACK_DUE).plus(MINUTE));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let sweeping = house.gateway.clone().watch_deadlines(SECOND, async {
        drop(stopped.await);
    });
    let sweeping = tokio::spawn(sweeping);
    let caller = house.gateway.admit(&STEUNPUNT.parse().unwrap(), None).unwrap();
    let mut bell = house.gateway.watch_bell(&caller);
    while notices(&house).await.is_empty() {
        bell.changed().await.unwrap();
    }
    drop(stop);
    sweeping.await.unwrap();
}

#[tokio::test]
async fn the_end_of_the_term_of_a_consent_is_written_down_once() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    house.withdraw(&consents[1], "father", 1).await.unwrap();
    let id = consents[0].parse().unwrap();
    let db = house.db().await;
    let until = db.read().await.unwrap().consent(id).await.unwrap().unwrap().valid_until;
    house.gateway.clock().set(until.plus(4 * MINUTE));
    assert_eq!(house.gateway.end_consents().await.unwrap(), 0, "a slow call may still come");
    let refused = house.ask(GGZ, &new_request("RequestSummary")).await.unwrap_err();
    assert!(matches!(refused, Error::Denied { .. }), "and nothing waits for it: {refused:?}");
    house.gateway.clock().set(until.plus(6 * MINUTE));
    let (one, other) = tokio::join!(house.gateway.end_consents(), house.gateway.end_consents());
    assert_eq!(one.unwrap() + other.unwrap(), 3, "what was withdrawn ended before");
    assert_eq!(entries(&house, EventCode::ConsentExpired).await, 3);
    let house = house.restart().await;
    assert_eq!(house.gateway.end_consents().await.unwrap(), 0);
    let mut tx = house.db().await.read().await.unwrap();
    let size = tx.log_state().await.unwrap().unwrap().size;
    for idx in 0..size {
        let row = tx.disclosure(idx).await.unwrap().unwrap();
        if row.event_code == i64::from(EventCode::ConsentExpired.number()) {
            assert!(row.subject.is_some() && row.message_id.is_some());
            assert_eq!(row.recipient_oin.map(|oin| oin.to_string()).as_deref(), Some(GGZ));
        }
    }
}

#[tokio::test]
async fn a_day_within_the_term_on_which_somebody_is_informed_is_kept_to() {
    let house = House::open().await;
    let id = acknowledged(&house).await;
    house.gateway.clock().set(at("2026-04-01T10:00:00Z"));
    let refused = postpone(&house, id, "2026-03-31T10:00:00Z", "u-2").await.unwrap_err();
    assert!(matches!(refused, Error::Invalid(_)), "a day that is over: {refused:?}");
    postpone(&house, id, "2026-04-03T10:00:00Z", "u-2").await.unwrap();
    let due = at("2026-04-03T21:59:59Z");
    let father = listed(&house, id).await;
    assert!(father.iter().any(|one| one.due_at == due && one.postponements.len() == 1));
    // The two weeks run from the day that was named.
    let refused = postpone(&house, id, "2026-04-18T10:00:00Z", "u-2").await.unwrap_err();
    assert!(matches!(refused, Error::Invalid(_)), "{refused:?}");
    house.gateway.clock().set(due.plus(SECOND));
    assert!(swept(&house).await.contains(&DeadlineKind::InformSubject), "it is due then");
}
