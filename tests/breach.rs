//! A breach is sized from the ledger (AVG art. 33, DOMAIN §5.7).

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ketenpoort::domain::breach::{BreachDraft, Notification};
    use ketenpoort::domain::deadline::DeadlineKind;
    use ketenpoort::domain::event::EventCode;
    use ketenpoort::domain::id::{CaseRef, IncidentId, Oin};
    use ketenpoort::domain::organisation::UserRole;
    use ketenpoort::gateway::breaches::{BreachScope, BreachView, Notified, Numbers, Recalls};
    use ketenpoort::gateway::confirm_recall::{RecallConfirmed, Recalled};
    use ketenpoort::gateway::retention::Mode;
    use ketenpoort::gateway::retract_summary::Retracted;
    use ketenpoort::gateway::{Call, Error};
    use ketenpoort::ledger::proof::verify_consistency;
    use ketenpoort::store::DeadlineRow;

    use super::house::{CASE, GGZ, House, MEE, POLICE, STEUNPUNT, at, new_request};

    const OVERSIGHT: &str = "00000099000000009000";

    fn officer(house: &House, oin: &str) -> Call {
        house.call(oin, UserRole::PrivacyOfficer)
    }

    /// The certificate of the GGZ in the night in which it read a summary about the family.
    fn certificate() -> BreachDraft {
        BreachDraft {
            kind: 1,
            oin: GGZ.to_owned(),
            certificate_fingerprint: "ab".repeat(32),
            from: Some(at("2026-03-12T00:00:00Z")),
            until: Some(at("2026-03-12T06:00:00Z")),
            detected_at: Some(at("2026-07-01T08:00:00Z")),
            aware_at: Some(at("2026-07-01T08:00:00Z")),
            nature: "The key of a certificate was copied.".to_owned(),
            ..BreachDraft::default()
        }
    }

    async fn shared() -> House {
        let house = House::open().await;
        house.case_with_summary().await;
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
        house.gateway.clock().set(at("2026-07-01T09:00:00Z"));
        house
    }

    async fn open(house: &House, oin: &str, draft: BreachDraft) -> IncidentId {
        let call = officer(house, oin);
        let request = new_request("OpenBreach");
        let encode = |view: &BreachView| view.incident_id.to_string().into_bytes();
        let bytes = house.gateway.open_breach(&call, &request, draft, encode).await.unwrap();
        String::from_utf8(bytes).unwrap().parse().unwrap()
    }

    async fn scope(house: &House, oin: &str, id: IncidentId) -> Result<BreachScope, Error> {
        house.gateway.breach_scope(&officer(house, oin), id, None, 100).await
    }

    async fn numbers(house: &House, oin: &str, draft: BreachDraft) -> Numbers {
        let id = open(house, oin, draft).await;
        scope(house, oin, id).await.unwrap().numbers.unwrap()
    }

    /// `true` when it was late.
    async fn notify(
        house: &House,
        id: IncidentId,
        how: Notification,
        why: &str,
    ) -> Result<Vec<u8>, Error> {
        let call = officer(house, OVERSIGHT);
        let request = new_request("RecordBreachNotification");
        let encode = |told: &Notified| told.is_late.to_string().into_bytes();
        house.gateway.record_breach_notification(&call, &request, (id, how, why), encode).await
    }

    /// Terms to notify that nobody has met.
    async fn open_terms(house: &House) -> usize {
        let db = house.db().await;
        let mut tx = db.read().await.unwrap();
        let due = tx.due_deadlines(at("2030-01-01T00:00:00Z"), 100).await.unwrap();
        let open = |row: &&DeadlineRow| {
            row.kind == DeadlineKind::BreachNotification && row.met_at.is_none()
        };
        due.iter().filter(open).count()
    }

    fn unmet(outcome: Result<Vec<u8>, Error>) -> Vec<&'static str> {
        match outcome {
            Err(Error::Precondition(unmet)) => unmet.iter().map(|one| one.code).collect(),
            other => panic!("no precondition: {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_breach_tells_what_was_called_back_and_what_its_recipient_erased() {
        let house = shared().await;
        let id = open(&house, OVERSIGHT, certificate()).await;
        let ggz: Oin = GGZ.parse().unwrap();
        let recalls = async || {
            let numbers = scope(&house, OVERSIGHT, id).await.unwrap().numbers.unwrap();
            let Recalls { cases, sent, confirmed } = numbers.recalls[&ggz];
            (cases, sent, confirmed)
        };
        assert_eq!(recalls().await, (1, 0, 0));
        let director = house.call(STEUNPUNT, UserRole::ProcessDirector);
        let (case_ref, author): (CaseRef, Oin) =
            (CASE.parse().unwrap(), STEUNPUNT.parse().unwrap());
        let request = new_request("RetractSummary");
        let none = |_: &Retracted| Vec::new();
        house.gateway.retract_summary(&director, &request, &case_ref, 1, none).await.unwrap();
        assert_eq!(recalls().await, (1, 1, 0));
        let call = house.call(GGZ, UserRole::CaseWorker);
        let (request, none) = (new_request("ConfirmRecall"), |_: &RecallConfirmed| Vec::new());
        let recalled = Recalled { case_ref, author, revision: 1 };
        house.gateway.confirm_recall(&call, &request, recalled, none).await.unwrap();
        assert_eq!(recalls().await, (1, 1, 1));
    }

    #[tokio::test]
    async fn the_ledger_tells_whom_a_compromised_certificate_touches() {
        let house = shared().await;
        let id = open(&house, OVERSIGHT, certificate()).await;
        let scope = scope(&house, OVERSIGHT, id).await.unwrap();
        assert_eq!(scope.breach.notify_due_at, at("2026-07-04T08:00:00Z"));
        let numbers = scope.numbers.unwrap();
        assert_eq!((numbers.subjects, numbers.minors, numbers.records), (4, 2, 4));
        assert_eq!(numbers.forgotten, 0);
        assert_eq!(scope.people.len(), 4);
        assert!(numbers.is_special_or_criminal(), "an assessment tells about health");
        assert!(numbers.outside_agreement.is_empty());
        let orgs: Vec<&str> = numbers.orgs.iter().map(Oin::as_str).collect();
        assert_eq!(orgs, [STEUNPUNT, GGZ]);
        let (first, last) = numbers.range.unwrap();
        assert_eq!(last - first, 3);
    }

    #[tokio::test]
    async fn entries_that_were_changed_are_counted_apart_and_the_rest_goes_on() {
        let house = shared().await;
        let sound = numbers(&house, OVERSIGHT, certificate()).await;
        let (first, last) = sound.range.unwrap();
        assert_eq!(sound.changed, 0);
        for idx in first..=last {
            house.tamper_record(idx);
        }
        let now = numbers(&house, OVERSIGHT, certificate()).await;
        assert_eq!((now.changed, now.records, now.subjects), (4, 4, 4));
        assert_eq!((now.minors, now.forgotten), (0, 0), "nobody knows their ages");
        assert_eq!((now.evidence, now.categories), (sound.evidence, sound.categories));
        // Nobody can read whom one is about, and another was made to go to somebody else.
        house.tamper(&format!("UPDATE disclosures SET subject = x'00' WHERE idx = {first}"));
        let other = format!("UPDATE disclosures SET recipient_oin = '{MEE}' WHERE idx = {last}");
        house.tamper(&other);
        let id = open(&house, OVERSIGHT, certificate()).await;
        let found = scope(&house, OVERSIGHT, id).await.unwrap();
        let now = found.numbers.unwrap();
        assert_eq!((now.changed, now.records, now.subjects), (4, 4, 3));
        assert_eq!(found.people.len(), 3);
        assert_eq!(now.recipients, sound.recipients, "the entry says who received");
        assert_eq!(now.orgs, sound.orgs);
    }

    #[tokio::test]
    async fn an_entry_that_was_taken_out_of_the_window_is_missed() {
        let house = shared().await;
        let sound = numbers(&house, OVERSIGHT, certificate()).await;
        let (first, last) = sound.range.unwrap();
        let moved = format!("UPDATE disclosures SET recorded_at = 0 WHERE idx = {first}");
        house.tamper(&moved);
        house.tamper(&format!("UPDATE disclosures SET actor_oin = '{MEE}' WHERE idx = {last}"));
        // Of something else: it was not GGZ.
        house.tamper(&format!("UPDATE disclosures SET actor_oin = '{MEE}' WHERE idx = 3"));
        while house.gateway.detect_signals().await.unwrap().more {}
        let now = numbers(&house, OVERSIGHT, certificate()).await;
        assert_eq!((now.changed, now.records, now.subjects), (2, 2, 2));
        let later = BreachDraft {
            from: Some(at("2026-03-13T00:00:00Z")),
            until: Some(at("2026-03-14T00:00:00Z")),
            ..certificate()
        };
        assert_eq!(numbers(&house, OVERSIGHT, later).await.changed, 0);
    }

    #[tokio::test]
    async fn the_same_window_gives_the_same_evidence_and_another_another() {
        let house = shared().await;
        let one = numbers(&house, OVERSIGHT, certificate()).await;
        let two = numbers(&house, OVERSIGHT, certificate()).await;
        assert_eq!(one, two);
        let recipient = BreachDraft {
            kind: 3,
            oin: STEUNPUNT.to_owned(),
            certificate_fingerprint: String::new(),
            ..certificate()
        };
        let other = numbers(&house, OVERSIGHT, recipient).await;
        assert_ne!(other.evidence, one.evidence);
        assert!(other.orgs.iter().any(|oin| oin.as_str() == POLICE));
        let later = BreachDraft {
            from: Some(at("2026-03-13T00:00:00Z")),
            until: Some(at("2026-03-14T00:00:00Z")),
            ..certificate()
        };
        assert_eq!(numbers(&house, OVERSIGHT, later).await, Numbers::default());
    }

    #[tokio::test]
    async fn an_organisation_sizes_only_what_it_is_a_party_of() {
        let house = shared().await;
        assert_eq!(numbers(&house, MEE, certificate()).await.records, 0);
        assert_eq!(numbers(&house, STEUNPUNT, certificate()).await.records, 4);
        let id = open(&house, STEUNPUNT, certificate()).await;
        let refused = scope(&house, MEE, id).await.unwrap_err();
        assert!(matches!(refused, Error::Denied { reason: None }), "{refused}");
    }

    #[tokio::test]
    async fn people_come_in_pages_of_one_report() {
        let house = shared().await;
        let id = open(&house, OVERSIGHT, certificate()).await;
        let call = officer(&house, OVERSIGHT);
        let first = house.gateway.breach_scope(&call, id, None, 3).await.unwrap();
        let second = house.gateway.breach_scope(&call, id, first.next, 3).await.unwrap();
        assert_eq!((first.people.len(), second.people.len()), (3, 1));
        assert_eq!(second.numbers, None);
        assert_eq!(second.next, None);
    }

    #[tokio::test]
    async fn a_breach_is_in_the_ledger_and_ends_once_it_was_reported() {
        let house = shared().await;
        let id = open(&house, OVERSIGHT, certificate()).await;
        let call = officer(&house, OVERSIGHT);
        let close = async || {
            let request = new_request("CloseBreach");
            house.gateway.close_breach(&call, &request, id, |_| Vec::new()).await
        };
        assert_eq!(unmet(close().await), ["BREACH_REPORTED"]);
        let look = house.gateway.look_at_breach_scope(&call, id, (None, 100)).await.unwrap();
        assert_eq!(look.breach.reported_at, None);
        assert_eq!(unmet(close().await), ["BREACH_REPORTED"], "a look reports nothing");
        let first = scope(&house, OVERSIGHT, id).await.unwrap();
        assert!(first.breach.reported_at.is_some() && first.numbers == look.numbers);
        let again = scope(&house, OVERSIGHT, id).await.unwrap();
        assert_eq!(
            (again.breach.reported_at, again.numbers),
            (first.breach.reported_at, first.numbers)
        );
        assert_eq!(unmet(close().await), ["NOTIFICATION"]);
        notify(&house, id, Notification::Notified, "").await.unwrap();
        let db = house.db().await;
        let holds = async || db.read().await.unwrap().holds_in_force(None, 10).await.unwrap().len();
        assert_eq!(holds().await, 1);
        close().await.unwrap();
        assert_eq!(holds().await, 0);
        assert_eq!(unmet(close().await), ["BREACH_OPEN"]);
        let mut tx = db.read().await.unwrap();
        let size = tx.log_state().await.unwrap().unwrap().size;
        let mut events = Vec::new();
        for index in 0..size {
            let row = tx.disclosure(index).await.unwrap().unwrap();
            events.extend(EventCode::from_number(u16::try_from(row.event_code).unwrap()));
        }
        let of = |event| events.iter().filter(|one| **one == event).count();
        assert_eq!(of(EventCode::BreachOpened), 1);
        // The scope once, how the duty to notify was met, and the end; three times it was looked at.
        assert_eq!((of(EventCode::BreachReported), of(EventCode::LogQueried)), (3, 3));
    }

    /// Notifying meets the term and is kept with its reasons; the breach and its hold go on.
    #[tokio::test]
    async fn the_authority_is_notified_once_and_the_reasons_are_kept() {
        let house = shared().await;
        let id = open(&house, OVERSIGHT, certificate()).await;
        house.gateway.clock().set(at("2026-07-04T08:00:01Z"));
        let without = notify(&house, id, Notification::Notified, "").await.unwrap_err();
        assert!(matches!(without, Error::Invalid(_)), "{without}");
        assert_eq!(open_terms(&house).await, 1);
        let why = "The owner of the certificate found it in phases.";
        assert_eq!(notify(&house, id, Notification::Notified, why).await.unwrap(), b"true");
        assert_eq!(open_terms(&house).await, 0);
        let view = scope(&house, OVERSIGHT, id).await.unwrap().breach;
        assert_eq!(view.notification, Some(Notification::Notified));
        assert!(view.notified_at.is_some_and(|told| told > view.notify_due_at));
        assert_eq!(view.motivation.as_deref(), Some(why));
        assert_eq!(view.closed_at, None);
        let db = house.db().await;
        assert_eq!(db.read().await.unwrap().holds_in_force(None, 10).await.unwrap().len(), 1);
        let again = notify(&house, id, Notification::RiskUnlikely, "Second thoughts.").await;
        assert_eq!(unmet(again), ["NOTIFICATION_OPEN"]);
        let call = officer(&house, MEE);
        let told = (id, Notification::Notified, "");
        let request = new_request("RecordBreachNotification");
        let foreign =
            house.gateway.record_breach_notification(&call, &request, told, |_| Vec::new()).await;
        assert!(matches!(foreign, Err(Error::Denied { reason: None })), "{foreign:?}");
    }

    #[tokio::test]
    async fn an_open_breach_holds_its_window() {
        let house = shared().await;
        let id = open(&house, OVERSIGHT, certificate()).await;
        house.gateway.clock().set(at("2031-07-02T09:00:00Z"));
        let before = at("2026-03-13T00:00:00Z");
        let held = house.gateway.purge_log(before, Mode::Count).await.unwrap();
        assert_eq!(held.entries, 0);
        let row = house.db().await.read().await.unwrap().breach(id).await.unwrap();
        assert!(row.is_some());
    }

    /// The proof begins at the last checkpoint that was signed at or before the moment, whichever that is.
    #[tokio::test]
    async fn a_scope_is_complete_from_the_last_checkpoint_before_its_window() {
        let house = House::open().await;
        house.case_with_summary().await;
        let officer = officer(&house, STEUNPUNT);
        for minute in [5, 5, 7, 20, 21, 21, 40] {
            house.gateway.clock().set(at(&format!("2026-03-12T02:{minute:02}:00Z")));
            house.gateway.waiting_requests(&officer, None, 1).await.unwrap();
        }
        let mut tx = house.db().await.read().await.unwrap();
        let all = tx.checkpoints(0, 1_000).await.unwrap();
        drop(tx);
        assert!(all.len() > 10, "{}", all.len());
        let second = std::time::Duration::from_secs(1);
        let moments = all.iter().map(|one| one.signed_at);
        let moments: BTreeSet<_> =
            moments.flat_map(|at| [at.minus(second), at, at.plus(second)]).collect();
        for from in moments {
            let expected = all.iter().rfind(|one| one.signed_at <= from);
            let found = house.gateway.completeness(from).await.unwrap().unwrap();
            let size = found.before.as_ref().map(|one| i64::try_from(one.size).unwrap());
            assert_eq!(size, expected.map(|one| one.size), "{from}");
            assert_eq!(found.leaves().1, u64::try_from(all.last().unwrap().size).unwrap());
            if let Some(before) = &found.before {
                let (old, new) = ((before.size, before.root), (found.now.size, found.now.root));
                let held = verify_consistency(old.0, old.1, new.0, new.1, &found.hashes);
                assert!(held.is_ok(), "{from}");
            }
        }
    }

    #[tokio::test]
    async fn an_incident_is_seen_by_who_must_notify_and_by_the_region() {
        let house = shared().await;
        let id = open(&house, GGZ, certificate()).await;
        let review = 5;
        for oin in [GGZ, OVERSIGHT] {
            let seen = house.gateway.incident(&officer(&house, oin), review, id).await;
            let (incident, breach) = seen.unwrap();
            assert_eq!((incident.row.incident_id, breach.unwrap().incident_id), (id, id));
        }
        let foreign = house.gateway.incident(&officer(&house, STEUNPUNT), review, id).await;
        assert!(matches!(foreign, Err(Error::Denied { reason: None })), "{foreign:?}");
        let request = house.gateway.incident(&officer(&house, GGZ), 4, id).await;
        assert!(matches!(request, Err(Error::Invalid(_))), "{request:?}");
        let numbers = scope(&house, GGZ, id).await.unwrap().numbers.unwrap();
        let received: u64 = numbers.recipients.values().sum();
        assert!(0 < received && received <= numbers.records, "{numbers:?}");
        let (start, end) = numbers.during.unwrap();
        assert!(at("2026-03-12T00:00:00Z") <= start && start <= end);
        assert!(end < at("2026-03-12T06:00:00Z"));
    }
}
