//! What is past its term is purged, what is held is not, and the proof stays (DOMAIN §5.1, §8 row 10).

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

#[cfg(test)]
mod tests {
    use ketenpoort::domain::event::EventCode;
    use ketenpoort::domain::organisation::UserRole;
    use ketenpoort::domain::retention::LogYears;
    use ketenpoort::domain::subject_request::{Ending, SubjectRequestDraft};
    use ketenpoort::gateway::Error;
    use ketenpoort::gateway::retention::{Mode, Purged};
    use ketenpoort::gateway::subject_requests::RequestView;
    use ketenpoort::store::DisclosureRow;

    use super::house::{CASE, GGZ, House, STEUNPUNT, at, new_request};

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
        // The report can still be made.
        let report = house.gateway.build_access_report(&officer, id, None, 100).await.unwrap();
        assert_eq!(report.entries.len(), 2);
        let request = new_request("CloseDataSubjectRequest");
        let ending = (id, Ending::Answered);
        house.gateway.close_subject_request(&officer, &request, ending, encode).await.unwrap();
        purge(&house, Mode::Purge).await;
        assert!(about(rows(&house).await) < before);
    }
}
