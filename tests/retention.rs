//! What is past its term is purged, what is held is not, and the proof stays (DOMAIN §5.1, §8 row 10).

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use ketenpoort::domain::case::InvolvementDraft;
    use ketenpoort::domain::event::EventCode;
    use ketenpoort::domain::id::{ClientId, HoldId};
    use ketenpoort::domain::organisation::UserRole;
    use ketenpoort::domain::referral::{SendBackReason, Settlement, State};
    use ketenpoort::domain::retention::{HoldReason, LogYears, PayloadDays};
    use ketenpoort::domain::subject_request::{Ending, SubjectRequestDraft};
    use ketenpoort::gateway::Error;
    use ketenpoort::gateway::deadlines::informing::InformedDraft;
    use ketenpoort::gateway::deadlines::steps::ClockStep;
    use ketenpoort::gateway::holds::{HoldView, Holding};
    use ketenpoort::gateway::request_summary::SummaryRequestDraft;
    use ketenpoort::gateway::retention::{Mode, Purged};
    use ketenpoort::gateway::sharing::ShareDraft;
    use ketenpoort::gateway::subject_requests::RequestView;
    use ketenpoort::store::{DisclosureRow, EmptiedContent};

    use super::house::{
        CASE, GGZ, House, POLICE, STEUNPUNT, at, new_request, referral_id_of, summary,
    };

    const OVERSIGHT: &str = "00000099000000009000";
    const PRIVACY_REVIEW: i32 = 5;

    async fn purge(house: &House, mode: Mode) -> Purged {
        let past = LogYears::default().past(house.gateway.clock().now());
        house.gateway.purge_log(past, mode).await.unwrap()
    }

    async fn rows(house: &House) -> Vec<DisclosureRow> {
        let db = house.db().await;
        let mut tx = db.read().await.unwrap();
        let size = tx.log_state().await.unwrap().unwrap().size;
        let mut rows = Vec::new();
        for index in 0..size {
            rows.extend(tx.disclosure(index).await.unwrap());
        }
        rows
    }

    fn events(rows: &[DisclosureRow]) -> Vec<EventCode> {
        let code = |row: &DisclosureRow| {
            EventCode::from_number(u16::try_from(row.event_code).unwrap()).unwrap()
        };
        let mut events: Vec<_> = rows.iter().map(code).collect();
        // The house was opened before its clock was set: these entries are of today.
        events
            .retain(|event| !matches!(event, EventCode::PartnerChanged | EventCode::PolicyChanged));
        events.sort_unstable();
        events.dedup();
        events
    }

    /// A summary went to the GGZ on 12 March 2026; it is now 2031.
    async fn five_years_later(moment: &str) -> (House, i64) {
        let house = House::open().await;
        house.case_with_summary().await;
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
        let delivered = i64::from(EventCode::SummaryDelivered.number());
        let of = rows(&house).await.into_iter().find(|row| row.event_code == delivered).unwrap();
        house.gateway.clock().set(at(moment));
        (house, of.idx)
    }

    #[tokio::test]
    async fn an_entry_is_purged_after_five_years_and_not_a_moment_before() {
        let (house, _) = five_years_later("2031-03-12T00:51:59Z").await;
        assert_eq!(purge(&house, Mode::Purge).await, Purged::default());
        house.gateway.clock().set(at("2031-03-12T00:52:01Z"));
        let before = rows(&house).await.len();
        let counted = purge(&house, Mode::Count).await;
        assert_eq!(rows(&house).await.len(), before, "counting changes nothing");
        let purged = purge(&house, Mode::Purge).await;
        assert_eq!(purged, counted);
        let left = rows(&house).await;
        // The changes of consents stay for as long as a disclosure that relied on them can.
        assert_eq!(events(&left), [EventCode::ConsentRecorded, EventCode::LogPurged]);
        assert_eq!(purge(&house, Mode::Purge).await, Purged::default(), "nothing is left to purge");
        house.gateway.clock().set(at("2032-03-14T00:00:00Z"));
        purge(&house, Mode::Purge).await;
        assert_eq!(events(&rows(&house).await), [EventCode::LogPurged]);
    }

    #[tokio::test]
    async fn a_purged_entry_does_not_exist_any_more_and_its_proof_does() {
        let (house, index) = five_years_later("2031-04-14T12:00:00Z").await;
        let position = u64::try_from(index).unwrap();
        let proven = house.gateway.proven(position, None).await.unwrap();
        purge(&house, Mode::Purge).await;
        let call = house.call(STEUNPUNT, UserRole::PrivacyOfficer);
        let refused = house.gateway.disclosure(&call, PRIVACY_REVIEW, index).await.unwrap_err();
        assert!(matches!(refused, Error::Denied { reason: None }), "{refused}");
        let size = Some(proven.tree_size);
        let again = house.gateway.proven(position, size).await.unwrap();
        assert_eq!((again.leaf, &again.hashes), (proven.leaf, &proven.hashes));
        assert_eq!(again.entry, None);
        let extended = house.gateway.extended(proven.tree_size, None).await.unwrap();
        assert!(extended.size > proven.tree_size);
    }

    #[tokio::test]
    async fn the_gateway_goes_on_after_a_purge_and_a_restart() {
        let (house, _) = five_years_later("2031-04-14T12:00:00Z").await;
        purge(&house, Mode::Purge).await;
        let house = house.restart().await;
        house.gateway.clock().set(at("2030-04-14T12:00:00Z"));
        house.submit(&new_request("SubmitReferral")).await.unwrap();
    }

    #[tokio::test]
    async fn a_request_of_the_data_subject_keeps_what_is_about_her() {
        let (house, _) = five_years_later("2030-06-22T12:00:00Z").await;
        let officer = house.call(STEUNPUNT, UserRole::PrivacyOfficer);
        let draft = SubjectRequestDraft {
            subject_person_key: "daughter".to_owned(),
            capacity: 1,
            identity_check: 1,
            received_at: Some(at("2030-06-22T09:00:00Z")),
            ..SubjectRequestDraft::default()
        };
        let encode = |view: &RequestView| view.id.to_string().into_bytes();
        let asked = (CASE.parse().unwrap(), draft);
        let request = new_request("OpenDataSubjectRequest");
        let id = house.gateway.open_subject_request(&officer, &request, asked, encode).await;
        let id = String::from_utf8(id.unwrap()).unwrap().parse().unwrap();
        let subject = rows(&house).await.last().unwrap().subject;

        house.gateway.clock().set(at("2031-04-14T12:00:00Z"));
        let about =
            |rows: Vec<DisclosureRow>| rows.iter().filter(|row| row.subject == subject).count();
        let before = about(rows(&house).await);
        assert!(purge(&house, Mode::Purge).await.entries > 0, "others are purged");
        assert_eq!(about(rows(&house).await), before);
        // The report can still be given.
        house.give_report(STEUNPUNT, id).await.unwrap();
        let report = house.gateway.build_access_report(&officer, id, None, 100).await.unwrap();
        assert_eq!(report.entries.len(), 2);
        let request = new_request("CloseDataSubjectRequest");
        let ending = (id, Ending::Answered);
        house.gateway.close_subject_request(&officer, &request, ending, encode).await.unwrap();
        purge(&house, Mode::Purge).await;
        assert!(about(rows(&house).await) < before);
    }

    fn encode_hold(view: &HoldView) -> Vec<u8> {
        view.id.to_string().into_bytes()
    }

    fn holding(person: Option<&str>) -> Holding {
        Holding {
            case_ref: CASE.parse().unwrap(),
            person: person.map(|key| key.parse().unwrap()),
            reason: HoldReason::ComplaintAtAuthority,
        }
    }

    async fn place(house: &House, oin: &str, holding: Holding) -> Result<HoldId, Error> {
        let officer = house.call(oin, UserRole::PrivacyOfficer);
        let request = new_request("PlaceHold");
        let id = house.gateway.place_hold(&officer, &request, holding, encode_hold).await?;
        Ok(String::from_utf8(id).unwrap().parse().unwrap())
    }

    async fn lift(house: &House, oin: &str, id: HoldId) -> Result<Vec<u8>, Error> {
        let officer = house.call(oin, UserRole::PrivacyOfficer);
        house.gateway.lift_hold(&officer, &new_request("LiftHold"), id, encode_hold).await
    }

    async fn count(house: &House, event: EventCode) -> usize {
        let number = i64::from(event.number());
        rows(house).await.iter().filter(|row| row.event_code == number).count()
    }

    #[tokio::test]
    async fn a_complaint_keeps_what_is_about_a_person_or_a_case_until_it_is_lifted() {
        for person in [Some("mother"), None] {
            let (house, delivered) = five_years_later("2030-06-22T12:00:00Z").await;
            // Changes of consents stay longer anyway, and the house itself was opened today.
            let longer =
                [EventCode::ConsentRecorded, EventCode::PartnerChanged, EventCode::PolicyChanged];
            let longer = longer.map(|event| i64::from(event.number()));
            let mut everything = rows(&house).await;
            everything.retain(|row| !longer.contains(&row.event_code));
            let of_case: BTreeSet<i64> = everything
                .iter()
                .filter(|row| row.case_ref.as_ref().is_some_and(|case| case.as_str() == CASE))
                .map(|row| row.idx)
                .collect();
            assert!(of_case.contains(&delivered));
            let id = place(&house, GGZ, holding(person)).await.unwrap();
            let about = rows(&house).await.last().unwrap().subject;
            let people = if person.is_some() { 1 } else { 4 };
            assert_eq!(count(&house, EventCode::HoldPlaced).await, people);
            house.gateway.clock().set(at("2031-04-14T12:00:00Z"));
            assert!(purge(&house, Mode::Purge).await.entries > 0, "others are purged");
            let left: BTreeSet<i64> = rows(&house).await.iter().map(|row| row.idx).collect();
            let held: BTreeSet<i64> = match person {
                None => of_case,
                Some(_) => everything
                    .iter()
                    .filter(|row| row.subject == about)
                    .map(|row| row.idx)
                    .collect(),
            };
            let found: BTreeSet<i64> =
                everything.iter().map(|row| row.idx).filter(|idx| left.contains(idx)).collect();
            assert_eq!(found, held, "{person:?}");
            lift(&house, GGZ, id).await.unwrap();
            assert_eq!(count(&house, EventCode::HoldLifted).await, people);
            purge(&house, Mode::Purge).await;
            let left = rows(&house).await;
            assert!(!left.iter().any(|row| held.contains(&row.idx)), "{person:?}");
        }
    }

    #[tokio::test]
    async fn a_hold_is_placed_and_lifted_once_for_each_request() {
        let (house, _) = five_years_later("2030-06-22T12:00:00Z").await;
        let officer = house.call(GGZ, UserRole::PrivacyOfficer);
        let request = new_request("PlaceHold");
        let place =
            || house.gateway.place_hold(&officer, &request, holding(Some("son")), encode_hold);
        let first = place().await.unwrap();
        assert_eq!(place().await.unwrap(), first);
        let found = house.gateway.holds(&officer, None, 10).await.unwrap();
        let [hold] = &found[..] else { panic!("{found:?}") };
        assert_eq!(hold.reason, HoldReason::ComplaintAtAuthority);
        assert_eq!((hold.lifted_at, hold.subject.is_some()), (None, true));
        let request = new_request("LiftHold");
        let lift_it = || house.gateway.lift_hold(&officer, &request, hold.id, encode_hold);
        assert_eq!(lift_it().await.unwrap(), lift_it().await.unwrap());
        let again = lift(&house, GGZ, hold.id).await.unwrap_err();
        assert!(matches!(&again, Error::Precondition(unmet) if unmet[0].code == "HOLD_IN_FORCE"));
        assert_eq!(house.gateway.holds(&officer, None, 10).await.unwrap(), []);
        assert_eq!(count(&house, EventCode::HoldLifted).await, 1);
    }

    #[tokio::test]
    async fn privacy_officers_hold_what_their_organisation_answers_for_and_lift_their_own() {
        let (house, _) = five_years_later("2030-06-22T12:00:00Z").await;
        let worker = house.call(GGZ, UserRole::CaseWorker);
        let request = new_request("PlaceHold");
        let refused = house.gateway.place_hold(&worker, &request, holding(None), encode_hold).await;
        assert!(matches!(refused, Err(Error::Denied { reason: Some(_) })), "{refused:?}");
        // The shelter never had to do with the family.
        let refused = place(&house, "00000099000000008000", holding(None)).await;
        assert!(matches!(refused, Err(Error::Denied { reason: None })), "{refused:?}");
        let refused = place(&house, GGZ, holding(Some("aunt"))).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        let id = place(&house, GGZ, holding(None)).await.unwrap();
        for other in [STEUNPUNT, OVERSIGHT] {
            let refused = lift(&house, other, id).await;
            assert!(matches!(refused, Err(Error::Denied { reason: None })), "{other} {refused:?}");
        }
        let list = async |oin: &str| {
            let officer = house.call(oin, UserRole::PrivacyOfficer);
            house.gateway.holds(&officer, None, 10).await.unwrap().len()
        };
        assert_eq!([list(GGZ).await, list(STEUNPUNT).await, list(OVERSIGHT).await], [1, 0, 1]);
        // What a request of a data subject holds is lifted by its end, and by nothing else.
        let officer = house.call(STEUNPUNT, UserRole::PrivacyOfficer);
        let draft = SubjectRequestDraft {
            subject_person_key: "daughter".to_owned(),
            capacity: 1,
            identity_check: 1,
            received_at: Some(at("2030-06-22T09:00:00Z")),
            ..SubjectRequestDraft::default()
        };
        let encode = |view: &RequestView| view.id.to_string().into_bytes();
        let request = new_request("OpenDataSubjectRequest");
        let asked = (CASE.parse().unwrap(), draft);
        let held = house.gateway.open_subject_request(&officer, &request, asked, encode).await;
        let held = String::from_utf8(held.unwrap()).unwrap().parse().unwrap();
        let refused = lift(&house, STEUNPUNT, held).await;
        assert!(matches!(refused, Err(Error::Denied { reason: None })), "{refused:?}");
    }

    fn missing<T: std::fmt::Debug>(outcome: Result<T, Error>) -> &'static str {
        let refused = outcome.unwrap_err();
        let Error::Precondition(unmet) = &refused else { panic!("{refused:?}") };
        unmet[0].code
    }

    async fn purge_content(house: &House) -> EmptiedContent {
        let past = PayloadDays::default().past(house.gateway.clock().now());
        house.gateway.purge_content(past).await.unwrap()
    }

    async fn publish_again(house: &House) {
        let steunpunt = house.call(STEUNPUNT, UserRole::ProcessDirector);
        let request = new_request("PublishSummary");
        let (case, next) = (CASE.parse().unwrap(), (summary(), 1));
        let gateway = &house.gateway;
        gateway.publish_summary(&steunpunt, &request, &case, next, |_| Vec::new()).await.unwrap();
    }

    fn first_version() -> SummaryRequestDraft {
        SummaryRequestDraft {
            case_ref: CASE.to_owned(),
            author_oin: STEUNPUNT.to_owned(),
            revision: 1,
            purpose: 1,
            basis: 1,
            involvement: Some(InvolvementDraft { kind: 2, ..InvolvementDraft::default() }),
            ..SummaryRequestDraft::default()
        }
    }

    #[tokio::test]
    async fn row_10_a_version_that_does_not_count_and_its_answers_go_after_thirty_days() {
        let house = House::open().await;
        house.case_with_summary().await;
        let asked = new_request("RequestSummary");
        house.ask(GGZ, &asked).await.unwrap();
        publish_again(&house).await;
        house.gateway.clock().set(at("2026-04-11T00:51:00Z"));
        assert_eq!(purge_content(&house).await, EmptiedContent::default(), "not a moment before");
        // The first version is in memory now, as whoever asks finds it.
        let ggz = house.call(GGZ, UserRole::CaseWorker);
        let ask = async || {
            let request = new_request("RequestSummary");
            house.gateway.request_summary(&ggz, &request, first_version(), |_| vec![1]).await
        };
        assert_eq!(ask().await.unwrap(), [1]);
        let ledger = rows(&house).await.len();
        house.gateway.clock().set(at("2026-04-11T02:00:00Z"));
        let expected = EmptiedContent { summaries: 1, answers: 1, ..EmptiedContent::default() };
        assert_eq!(purge_content(&house).await, expected);
        let left = rows(&house).await;
        assert_eq!(left.len(), ledger + 1, "one entry, and nothing of the ledger is gone");
        let last = i64::from(EventCode::ContentPurged.number());
        assert_eq!(left.last().map(|row| (row.event_code, row.subject)), Some((last, None)));
        assert!(
            String::from_utf8_lossy(&left.last().unwrap().sealed)
                .contains("0 referrals, 1 summaries, 1 answers, 0 shares")
        );
        assert_eq!(missing(ask().await), "CONTENT_PURGED");
        assert_eq!(missing(house.ask(GGZ, &asked).await), "CONTENT_PURGED");
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
        let versions =
            house.gateway.summary_revisions(&ggz, &CASE.parse().unwrap(), 0, 10).await.unwrap();
        let purged: Vec<bool> =
            versions.iter().map(|version| version.content_purged_at.is_some()).collect();
        assert_eq!(purged, [false, true], "newest first");
        assert_eq!(purge_content(&house).await, EmptiedContent::default());
        // Nobody can give what is not there either.
        let steunpunt = house.call(STEUNPUNT, UserRole::ProcessDirector);
        let draft = ShareDraft {
            case_ref: CASE.to_owned(),
            recipient_oin: GGZ.to_owned(),
            revision: 1,
            purpose: 1,
            basis: 1,
            involvement: InvolvementDraft { kind: 2, ..InvolvementDraft::default() },
            ..ShareDraft::default()
        };
        let request = new_request("ShareSummary");
        let given = house.gateway.share_summary(&steunpunt, &request, draft, |_| Vec::new()).await;
        assert_eq!(missing(given), "CONTENT_PURGED");
    }

    #[tokio::test]
    async fn a_referral_goes_when_nothing_is_owed_of_it_and_says_so() {
        let house = House::open().await;
        house.case_with_summary().await;
        let steunpunt = house.call(STEUNPUNT, UserRole::ProcessDirector);
        let db = house.db().await;
        let case = db.read().await.unwrap().case(&CASE.parse().unwrap()).await.unwrap().unwrap();
        let id = case.referral_id;
        let feedback = new_request("SendFeedback");
        house.gateway.send_feedback(&steunpunt, &feedback, id, |_| Vec::new()).await.unwrap();
        let inform = async |person: &str| {
            let informed_at = house.gateway.clock().now();
            let person = person.parse().unwrap();
            let draft = InformedDraft { referral_id: id, person, informed_at };
            let request = new_request("RecordSubjectInformed");
            let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
            house.gateway.record_subject_informed(&call, &request, draft, |_| Vec::new()).await
        };
        for person in ["mother", "daughter", "son"] {
            inform(person).await.unwrap();
        }
        let contact = (id, ClockStep::FirstContact, house.gateway.clock().now());
        let request = new_request("RecordFirstContact");
        let gateway = &house.gateway;
        gateway.record_clock_step(&steunpunt, &request, contact, |_| Vec::new()).await.unwrap();
        house.gateway.clock().set(at("2026-05-12T00:52:00Z"));
        house.gateway.sweep_deadlines().await.unwrap();
        assert_eq!(purge_content(&house).await.referrals, 0, "the father was not informed");
        inform("father").await.unwrap();
        assert_eq!(purge_content(&house).await.referrals, 1);
        assert_eq!(missing(inform("father").await), "CONTENT_PURGED");
        let listed = house.gateway.referral_deadlines(&steunpunt, id).await;
        assert_eq!(missing(listed), "CONTENT_PURGED");
        // What is counted of it stays.
        assert!(db.read().await.unwrap().referral(id).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_referral_that_ended_before_anybody_took_it_over_goes_after_thirty_days() {
        let house = House::open().await;
        let police = house.call(POLICE, UserRole::PoliceOfficer);
        let steunpunt = house.call(STEUNPUNT, UserRole::System);
        let [withdrawn, returned, undeliverable] = [(); 3].map(|()| new_request("SubmitReferral"));
        house.submit(&withdrawn).await.unwrap();
        let request = new_request("WithdrawReferral");
        let id = referral_id_of(&withdrawn);
        let gateway = &house.gateway;
        gateway.withdraw_referral(&police, &request, id, |_| Vec::new()).await.unwrap();
        house.submit(&returned).await.unwrap();
        let client: ClientId = "reader".parse().unwrap();
        let mut inbox = gateway.open_inbox(&steunpunt, client, None, None).await.unwrap();
        let received = gateway.receive(&steunpunt, &mut inbox, 10).await.unwrap();
        let [received] = &received[..] else { panic!("{} received", received.len()) };
        let reason = SendBackReason::WrongOrganisation;
        let send_back = Settlement::SendBack { reason, explanation: None };
        gateway.settle(&steunpunt, vec![(received.lease_token, send_back)]).await.unwrap();
        house.submit(&undeliverable).await.unwrap();

        let db = house.db().await;
        let is_left = async |request| {
            let mut tx = db.read().await.unwrap();
            let row = tx.referral(referral_id_of(request)).await.unwrap().unwrap();
            (row.state, !row.content.is_empty())
        };
        house.gateway.clock().set(at("2026-04-11T00:51:00Z"));
        assert_eq!(purge_content(&house).await, EmptiedContent::default(), "not a moment before");
        house.gateway.clock().set(at("2026-04-11T00:53:00Z"));
        give_up(&house).await;
        assert_eq!(purge_content(&house).await.referrals, 2);
        assert_eq!(is_left(&withdrawn).await, (State::Withdrawn, false));
        assert_eq!(is_left(&returned).await, (State::Returned, false));
        assert_eq!(is_left(&undeliverable).await, (State::Undeliverable, true));
        house.gateway.clock().set(at("2026-09-30T00:00:00Z"));
        house.gateway.sweep_deadlines().await.unwrap();
        assert_eq!(purge_content(&house).await, EmptiedContent::default());
        assert_eq!(is_left(&undeliverable).await, (State::Undeliverable, true));
    }

    /// Hands out what is in the inbox until it is offered no more.
    async fn give_up(house: &House) {
        let steunpunt = house.call(STEUNPUNT, UserRole::System);
        for _ in 0..50 {
            let client: ClientId = "crashes".parse().unwrap();
            let mut inbox = house.gateway.open_inbox(&steunpunt, client, None, None).await.unwrap();
            house.gateway.receive(&steunpunt, &mut inbox, 10).await.unwrap();
            let later = house.gateway.clock().now().plus(Duration::from_hours(1));
            house.gateway.clock().set(later);
        }
    }

    #[tokio::test]
    async fn nothing_that_waits_or_is_in_force_goes() {
        let house = House::open().await;
        house.case_with_summary().await;
        house.submit(&new_request("SubmitReferral")).await.unwrap();
        house.gateway.clock().set(at("2026-09-30T00:00:00Z"));
        assert_eq!(purge_content(&house).await, EmptiedContent::default());
    }
}
