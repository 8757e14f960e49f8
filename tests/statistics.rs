//! Management reports over a real store: figures that a second computation finds too, what is published
//! and what is not, and what is refused (DOMAIN §7, §7.1).

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

#[cfg(test)]
#[expect(dead_code, reason = "every test file follows the family another part of the way")]
#[path = "lifecycle/journey.rs"]
mod journey;

#[cfg(test)]
#[path = "statistics/course.rs"]
mod course;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ketenpoort::domain::id::ClientId;
    use ketenpoort::domain::organisation::UserRole;
    use ketenpoort::domain::purpose::Purpose;
    use ketenpoort::domain::referral::{ReferralDraft, Settlement, TriageOutcome};
    use ketenpoort::domain::routing::HAAGLANDEN;
    use ketenpoort::domain::statistics::{Cell, Indicator, Table, Unit};
    use ketenpoort::gateway::disclosures::SearchDraft;
    use ketenpoort::gateway::statistics::{PublicationDraft, Report, ReportDraft};
    use ketenpoort::gateway::{Call, Error, Request};

    use super::house::{
        CASE, GGZ, House, POLICE, STEUNPUNT, at, new_request, referral, referral_id_of,
    };

    const OVERSIGHT: &str = "00000099000000009000";
    const MUNICIPALITY: &str = "00000099000000010000";
    pub(super) const WORK: i32 = 1;
    pub(super) const PUBLICATION: i32 = 2;
    const AFTER_Q2: &str = "2026-07-01T07:00:00Z";

    /// What is known of one referral of the quarter, for the second computation.
    #[derive(Clone, Copy)]
    #[expect(clippy::struct_excessive_bools, reason = "each is a yes or a no of the referral")]
    struct Known {
        municipality: usize,
        kinds: [bool; 9],
        urgency: i32,
        with_child: bool,
        outcome: Option<TriageOutcome>,
        acknowledged_in_time: bool,
        triaged_in_time: bool,
        feedback_in_time: bool,
    }

    /// How many referrals come from each municipality: small ones, an empty one, a large one.
    const PER_MUNICIPALITY: [usize; 9] = [12, 25, 3, 0, 14, 6, 4, 9, 2];

    /// Referrals of one quarter, each about another family, in no pattern that their properties share.
    fn quarter() -> Vec<Known> {
        let all =
            PER_MUNICIPALITY.iter().enumerate().flat_map(|(place, count)| vec![place; *count]);
        let known = |(number, municipality): (usize, usize)| {
            let pick = |of: usize, salt: usize| (number * 7919 + salt * 104_729) / 13 % of;
            let mut kinds = [false; 9];
            kinds[pick(3, 1)] = true;
            kinds[pick(9, 2)] = true;
            Known {
                municipality,
                kinds,
                urgency: [2, 3][pick(2, 3)],
                with_child: pick(3, 4) > 0,
                outcome: (pick(10, 5) > 0).then_some(TriageOutcome::ALL[pick(7, 6)]),
                acknowledged_in_time: pick(4, 7) > 0,
                triaged_in_time: pick(5, 8) > 0,
                feedback_in_time: pick(6, 9) > 0,
            }
        };
        all.enumerate().map(known).collect()
    }

    fn draft(house: &House, number: usize, known: &Known, request: &Request) -> ReferralDraft {
        let mut draft = referral(&house.gateway, referral_id_of(request));
        draft.residence_gemeentecode = HAAGLANDEN[known.municipality].to_owned();
        draft.violence_kinds =
            (1..).zip(known.kinds).filter(|(_, there)| *there).map(|(kind, _)| kind).collect();
        draft.urgency = known.urgency;
        draft.police_registration_no = format!("PL1500-2026{:06}", number + 100);
        draft.children_present = Some(known.with_child);
        draft.persons.truncate(if known.with_child { 3 } else { 2 });
        for (place, person) in draft.persons.iter_mut().enumerate() {
            person.bsn = String::new();
            person.bsn_ground = 0;
            person.family_name = format!("Familie {}", spelled(number));
            person.given_names = format!("Persoon {}", spelled(place));
        }
        let address = draft.address.as_mut().unwrap();
        address.house_number = (number + 1).to_string();
        draft
    }

    /// A number in letters, because names hold no digits.
    fn spelled(number: usize) -> String {
        number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
    }

    fn director(house: &House) -> Call {
        house.call(STEUNPUNT, UserRole::ProcessDirector)
    }

    /// Plays the quarter through the use cases, one referral after the other.
    async fn play(house: &House, quarter: &[Known]) {
        let start = at("2026-04-07T08:00:00Z");
        for (number, known) in (0..).zip(quarter) {
            // A Tuesday each time: nothing is late for lack of working days.
            let week = Duration::from_hours(7 * 24) * (number % 9);
            let submitted = start.plus(week).plus(Duration::from_mins(u64::from(number)));
            house.gateway.clock().set(submitted);
            let request = new_request("SubmitReferral");
            let draft = draft(house, usize::try_from(number).unwrap(), known, &request);
            let police = house.call(POLICE, UserRole::PoliceOfficer);
            house.gateway.submit_referral(&police, &request, draft, |_| Vec::new()).await.unwrap();
            // Urgent: four hours; standard: the end of the next working day.
            let late = Duration::from_hours(if known.acknowledged_in_time { 1 } else { 60 });
            house.gateway.clock().set(submitted.plus(late));
            acknowledge(house).await;
            let Some(outcome) = known.outcome else { continue };
            let days = if known.triaged_in_time { 3 } else { 9 };
            let triaged = submitted.plus(Duration::from_hours(days * 24));
            house.gateway.clock().set(triaged);
            let id = referral_id_of(&request);
            let triage = new_request("RecordTriage");
            house
                .gateway
                .record_triage(&director(house), &triage, id, outcome, |_| Vec::new())
                .await
                .unwrap();
            if known.feedback_in_time {
                let send = new_request("SendFeedback");
                let call = director(house);
                house.gateway.send_feedback(&call, &send, id, |_| Vec::new()).await.unwrap();
            }
        }
        house.gateway.clock().set(at(AFTER_Q2));
    }

    async fn acknowledge(house: &House) {
        let client: ClientId = "reader".parse().unwrap();
        let call = director(house);
        let mut inbox = house.gateway.open_inbox(&call, client, None, None).await.unwrap();
        let received = house.gateway.receive(&call, &mut inbox, 10).await.unwrap();
        assert!(!received.is_empty(), "nothing waits");
        let all = received.iter();
        let all =
            all.map(|one| (one.lease_token, Settlement::Acknowledge { local_reference: None }));
        house.gateway.settle(&call, all.collect()).await.unwrap();
    }

    pub(super) async fn make(
        house: &House,
        call: &Call,
        period: &str,
        view: i32,
    ) -> Result<Report, Error> {
        let draft = ReportDraft { period: period.to_owned(), view };
        house.gateway.generate_report(call, draft).await
    }

    async fn publish(house: &House, period: &str, reason: i32) -> Result<String, Error> {
        let request = new_request("PublishReport");
        publish_as(house, &request, period, reason).await
    }

    async fn publish_as(
        house: &House,
        request: &Request,
        period: &str,
        reason: i32,
    ) -> Result<String, Error> {
        let draft = PublicationDraft { period: period.to_owned(), revision_reason: reason };
        let encode = |report: &Report| format!("{report:?}").into_bytes();
        let answer = house.gateway.publish_report(&director(house), request, draft, encode).await?;
        Ok(String::from_utf8(answer).unwrap())
    }

    fn table(tables: &[Table], indicator: Indicator, unit: Unit) -> &Table {
        tables.iter().find(|table| (table.indicator, table.unit) == (indicator, unit)).unwrap()
    }

    /// The figures of a column, the region last.
    pub(super) fn column(
        tables: &[Table],
        indicator: Indicator,
        unit: Unit,
        name: &str,
    ) -> Vec<Option<i64>> {
        let table = table(tables, indicator, unit);
        let place = table.columns.iter().position(|column| column == name).unwrap();
        table.rows.iter().map(|row| Option::from(row.cells[place])).collect()
    }

    /// The second computation: how many there are per municipality, the region last.
    fn counted(quarter: &[Known], is: impl Fn(&Known) -> bool) -> Vec<i64> {
        let mut counts = vec![0; 10];
        for known in quarter.iter().filter(|known| is(known)) {
            counts[known.municipality] += 1;
            counts[9] += 1;
        }
        counts
    }

    fn shares(part: &[i64], of: &[i64]) -> Vec<Option<i64>> {
        let share = |(part, of): (&i64, &i64)| (*of > 0).then(|| (100 * part * 2 + of) / (2 * of));
        part.iter().zip(of).map(share).collect()
    }

    fn code(error: &Error) -> &'static str {
        let Error::Precondition(unmet) = error else { panic!("another refusal: {error}") };
        unmet[0].code
    }

    #[tokio::test]
    async fn for_work_every_figure_is_what_a_second_computation_finds() {
        let house = House::open().await;
        let quarter = quarter();
        play(&house, &quarter).await;
        let report = make(&house, &director(&house), "2026-Q2", WORK).await.unwrap();
        let tables = &report.content.tables;
        let count = |is: &dyn Fn(&Known) -> bool| counted(&quarter, is);
        let some = |numbers: Vec<i64>| numbers.into_iter().map(Some).collect::<Vec<_>>();
        let all = count(&|_| true);
        let of = |indicator, name: &str| column(tables, indicator, Unit::Count, name);
        let percent = |indicator| column(tables, indicator, Unit::Percent, "PERCENT");

        assert_eq!(of(Indicator::ReferralsTotal, "TOTAL"), some(all.clone()));
        for (number, word) in [(2, "STANDARD"), (3, "URGENT"), (4, "ACUTE")] {
            let expected = some(count(&|known| known.urgency == number));
            assert_eq!(of(Indicator::ReferralsByUrgency, word), expected, "{word}");
        }
        for (place, word) in ["PHYSICAL", "PSYCHOLOGICAL", "SEXUAL"].iter().enumerate() {
            let expected = some(count(&|known| known.kinds[place]));
            assert_eq!(of(Indicator::ReferralsByViolenceKind, word), expected, "{word}");
        }
        let children = count(&|known| known.with_child);
        assert_eq!(of(Indicator::WithChildren, "YES"), some(children.clone()));
        assert_eq!(percent(Indicator::WithChildren), shares(&children, &all));
        assert_eq!(percent(Indicator::RepeatRate), shares(&[0; 10], &all));
        let in_time = count(&|known| known.acknowledged_in_time);
        assert_eq!(percent(Indicator::AckInTime), shares(&in_time, &all));

        let triaged = count(&|known| known.outcome.is_some());
        assert_eq!(of(Indicator::TriageOutcomes, "TOTAL"), some(triaged.clone()));
        for outcome in TriageOutcome::ALL {
            let expected = some(count(&|known| known.outcome == Some(*outcome)));
            assert_eq!(of(Indicator::TriageOutcomes, outcome.as_str()), expected, "{outcome}");
        }
        let in_time = count(&|known| known.outcome.is_some() && known.triaged_in_time);
        assert_eq!(percent(Indicator::TriageInTime), shares(&in_time, &triaged));
        let told = count(&|known| known.outcome.is_some() && known.feedback_in_time);
        assert_eq!(percent(Indicator::FeedbackInTime), shares(&told, &triaged));
        let target = table(tables, Indicator::TriageInTime, Unit::Percent).target_percent;
        assert_eq!(target, Some(90));
        // Every person of every referral was given to the Steunpunt on the police's own ground.
        let people = quarter.iter().map(|known| if known.with_child { 3 } else { 2 });
        let disclosed = of(Indicator::DisclosuresByBasis, "WPG_18");
        assert_eq!(disclosed[9], Some(people.sum::<i64>()));
        // Of the quarter before there is nothing.
        let before = make(&house, &director(&house), "2026-Q1", WORK).await.unwrap();
        let none = column(&before.content.tables, Indicator::ReferralsTotal, Unit::Count, "TOTAL");
        assert_eq!(none, vec![Some(0); 10]);
    }

    #[tokio::test]
    async fn what_is_published_shows_no_small_number() {
        let house = House::open().await;
        let quarter = quarter();
        play(&house, &quarter).await;
        publish(&house, "2026-Q2", 0).await.unwrap();
        let municipality = with_municipality(&house).await;
        let report = house.gateway.report(&municipality, "2026-Q2", 0).await.unwrap();
        let raw = make(&house, &director(&house), "2026-Q2", WORK).await.unwrap();
        let raw = raw.content.tables;
        for (shown, raw) in report.content.tables.iter().zip(&raw) {
            assert_eq!((shown.indicator, shown.unit), (raw.indicator, raw.unit));
            if shown.unit != Unit::Count {
                continue;
            }
            for (shown, raw) in shown.rows.iter().zip(&raw.rows) {
                for (shown, raw) in shown.cells.iter().zip(&raw.cells) {
                    let Cell::Shown(raw) = raw else { panic!("nothing is left out for work") };
                    assert!(!(1..5).contains(raw) || *shown == Cell::Suppressed);
                    if let Cell::Shown(shown) = shown {
                        assert_eq!(*shown, 5 * ((raw + 2) / 5));
                    }
                }
            }
        }
        let totals =
            column(&report.content.tables, Indicator::ReferralsTotal, Unit::Count, "TOTAL");
        // 3, 4 and 2 are few; 75 referrals in all.
        let expected =
            [Some(10), Some(25), None, Some(0), Some(15), Some(5), None, Some(10), None, Some(75)];
        assert_eq!(totals, expected);
    }

    /// The case of the family in The Hague: consents, a withdrawal, a summary that was read.
    #[tokio::test]
    async fn consents_withdrawals_and_disclosures_are_those_of_the_case() {
        let house = House::open().await;
        let consents = house.case_with_summary().await;
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
        house.withdraw(&consents[1], "father", 1).await.unwrap();
        let report = make(&house, &director(&house), "2026-Q1", WORK).await.unwrap();
        let tables = &report.content.tables;
        let region = |indicator, unit, name: &str| {
            let figures = column(tables, indicator, unit, name);
            assert_eq!(figures[1], figures[9], "all of it is in The Hague");
            figures[9]
        };
        assert_eq!(region(Indicator::ConsentRate, Unit::Percent, "PERCENT"), Some(75));
        assert_eq!(region(Indicator::Withdrawals, Unit::Count, "TOTAL"), Some(1));
        assert_eq!(region(Indicator::DisclosuresByBasis, Unit::Count, "CONSENT"), Some(4));
        assert_eq!(region(Indicator::DisclosuresByBasis, Unit::Count, "WPG_18"), Some(4));
        assert_eq!(region(Indicator::BreakGlassTotal, Unit::Count, "TOTAL"), Some(0));
        // One family: of all this nothing is published.
        house.gateway.clock().set(at("2026-04-01T07:00:00Z"));
        let report = make(&house, &director(&house), "2026-Q1", PUBLICATION).await.unwrap();
        for table in &report.content.tables {
            for cell in table.rows.iter().flat_map(|row| &row.cells) {
                assert!(matches!(cell, Cell::Suppressed | Cell::Shown(0)), "{table:?}");
            }
        }
        assert!(!format!("{report:?}").contains(CASE));
    }

    #[tokio::test]
    async fn a_published_report_is_frozen_and_the_same_for_everybody() {
        let house = House::open().await;
        play(&house, &quarter()).await;
        let request = new_request("PublishReport");
        let first = publish_as(&house, &request, "2026-Q2", 0).await.unwrap();
        let house = house.restart().await;
        assert_eq!(publish_as(&house, &request, "2026-Q2", 0).await.unwrap(), first);
        let oversight = house.call(OVERSIGHT, UserRole::PrivacyOfficer);
        let read = house.gateway.report(&oversight, "2026-Q2", 1).await.unwrap();
        assert_eq!(format!("{read:?}"), first);
        assert_eq!(house.gateway.report(&director(&house), "2026-Q2", 0).await.unwrap(), read);
        let listed = house.gateway.reports(&oversight, None, 10).await.unwrap();
        assert_eq!(listed, [read]);
    }

    #[tokio::test]
    async fn the_same_figures_give_the_same_report() {
        let house = House::open().await;
        play(&house, &quarter()).await;
        let one = make(&house, &director(&house), "2026-Q2", PUBLICATION).await.unwrap();
        house.gateway.clock().set(at("2026-07-09T07:00:00Z"));
        let other = make(&house, &director(&house), "2026-Q2", PUBLICATION).await.unwrap();
        assert_eq!((one.digest, one), (other.digest, other));
    }

    #[tokio::test]
    async fn another_version_needs_a_reason_and_something_new() {
        let house = House::open().await;
        play(&house, &quarter()).await;
        assert_eq!(code(&publish(&house, "2026-Q2", 1).await.unwrap_err()), "NOT_PUBLISHED");
        publish(&house, "2026-Q2", 0).await.unwrap();
        assert_eq!(code(&publish(&house, "2026-Q2", 0).await.unwrap_err()), "REVISION_REASON");
        assert_eq!(code(&publish(&house, "2026-Q2", 2).await.unwrap_err()), "NOTHING_CHANGED");
        // Five more of Delft, found to be of the quarter after all.
        let late = Known { municipality: 0, ..quarter()[0] };
        for number in 100..105 {
            house.gateway.clock().set(at("2026-06-29T08:00:00Z"));
            let request = new_request("SubmitReferral");
            let draft = draft(&house, number, &late, &request);
            let police = house.call(POLICE, UserRole::PoliceOfficer);
            let submitted = house.gateway.submit_referral(&police, &request, draft, |_| Vec::new());
            submitted.await.unwrap();
            acknowledge(&house).await;
        }
        house.gateway.clock().set(at("2026-07-20T08:00:00Z"));
        publish(&house, "2026-Q2", 2).await.unwrap();
        let call = director(&house);
        let delft = async |version| {
            let report = house.gateway.report(&call, "2026-Q2", version).await.unwrap();
            let tables = &report.content.tables;
            column(tables, Indicator::ReferralsTotal, Unit::Count, "TOTAL")[0]
        };
        assert_eq!(
            (delft(1).await, delft(2).await, delft(0).await),
            (Some(10), Some(15), Some(15))
        );
    }

    #[tokio::test]
    async fn a_report_that_would_tell_by_difference_is_refused() {
        let house = House::open().await;
        play(&house, &quarter()).await;
        let refusal = async |period: &str| {
            let made = make(&house, &director(&house), period, PUBLICATION).await.unwrap_err();
            let published = publish(&house, period, 0).await.unwrap_err();
            assert_eq!(code(&made), code(&published));
            code(&made)
        };
        // A month lies in a quarter, published or not; and for work nobody needs one either.
        assert_eq!(refusal("2026-05").await, "DIFFERENCING");
        let month = make(&house, &director(&house), "2026-05", WORK).await.unwrap_err();
        assert_eq!(code(&month), "DIFFERENCING");
        assert_eq!(refusal("2026-Q3").await, "PERIOD_NOT_ENDED");
        publish(&house, "2026-Q2", 0).await.unwrap();
        house.gateway.clock().set(at("2027-01-04T08:00:00Z"));
        assert_eq!(refusal("2026").await, "DIFFERENCING");
        for quarter in ["2026-Q1", "2026-Q3"] {
            publish(&house, quarter, 0).await.unwrap();
        }
        assert_eq!(refusal("2026").await, "DIFFERENCING");
        publish(&house, "2026-Q4", 0).await.unwrap();
        publish(&house, "2026", 0).await.unwrap();
        // What one quarter kept, its year keeps.
        let call = director(&house);
        let year = house.gateway.report(&call, "2026", 0).await.unwrap();
        let totals = column(&year.content.tables, Indicator::ReferralsTotal, Unit::Count, "TOTAL");
        assert_eq!((totals[2], totals[6], totals[8]), (None, None, None));
        // A year without its quarters, and then none of them.
        publish(&house, "2025", 0).await.unwrap();
        assert_eq!(refusal("2025-Q3").await, "DIFFERENCING");
    }

    #[tokio::test]
    async fn only_the_director_of_the_steunpunt_makes_reports() {
        let house = House::open().await;
        let municipality = with_municipality(&house).await;
        for call in [
            house.call(POLICE, UserRole::ProcessDirector),
            house.call(GGZ, UserRole::TeamManager),
            house.call(OVERSIGHT, UserRole::PrivacyOfficer),
            house.call(STEUNPUNT, UserRole::CaseWorker),
            house.call(STEUNPUNT, UserRole::PrivacyOfficer),
            municipality.clone(),
        ] {
            for view in [WORK, PUBLICATION] {
                let refused = make(&house, &call, "2026-Q1", view).await.unwrap_err();
                assert!(matches!(refused, Error::Denied { .. }), "{refused}");
            }
        }
        let manager = house.call(STEUNPUNT, UserRole::TeamManager);
        make(&house, &manager, "2026-Q1", WORK).await.unwrap();
    }

    #[tokio::test]
    async fn only_steunpunt_municipality_and_oversight_read_reports() {
        let house = House::open().await;
        let municipality = with_municipality(&house).await;
        house.gateway.clock().set(at("2026-04-01T07:00:00Z"));
        let missing = house.gateway.report(&municipality, "2026-Q1", 0).await.unwrap_err();
        assert_eq!(code(&missing), "NOT_PUBLISHED");
        publish(&house, "2026-Q1", 0).await.unwrap();
        for call in
            [municipality, house.call(OVERSIGHT, UserRole::PrivacyOfficer), director(&house)]
        {
            house.gateway.report(&call, "2026-Q1", 0).await.unwrap();
            assert_eq!(house.gateway.reports(&call, None, 5).await.unwrap().len(), 1);
        }
        for call in
            [house.call(POLICE, UserRole::PoliceOfficer), house.call(GGZ, UserRole::TeamManager)]
        {
            let refused = house.gateway.report(&call, "2026-Q1", 0).await.unwrap_err();
            assert!(matches!(refused, Error::Denied { .. }), "{refused}");
            let refused = house.gateway.reports(&call, None, 5).await.unwrap_err();
            assert!(matches!(refused, Error::Denied { .. }), "{refused}");
        }
    }

    #[tokio::test]
    async fn every_making_of_a_report_is_in_the_ledger() {
        let house = House::open().await;
        house.gateway.clock().set(at(AFTER_Q2));
        let made = make(&house, &director(&house), "2026-Q2", WORK).await.unwrap();
        publish(&house, "2026-Q2", 0).await.unwrap();
        let search = SearchDraft {
            purpose: i32::from(Purpose::PrivacyReview.number()),
            actor_user_id: "u-1".to_owned(),
            oin: STEUNPUNT.to_owned(),
            from: Some(at("2026-06-30T00:00:00Z")),
            until: Some(at("2026-07-02T00:00:00Z")),
            event_codes: vec![27],
            ..SearchDraft::default()
        };
        let officer = house.call(OVERSIGHT, UserRole::PrivacyOfficer);
        let found = house.gateway.search_disclosures(&officer, search, None, 10).await.unwrap();
        let texts: Vec<String> = found
            .entries
            .iter()
            .map(|looked| serde_json::to_string(looked.record.as_ref().unwrap()).unwrap())
            .collect();
        assert_eq!(texts.len(), 2);
        assert!(texts[0].contains("2026-Q2 version 0 WORK"), "{texts:?}");
        assert!(texts[1].contains("2026-Q2 version 1 PUBLICATION"), "{texts:?}");
        assert_eq!(made.published_at, None);
    }

    /// Puts a municipality into the directory; the call is one of its employees.
    async fn with_municipality(house: &House) -> Call {
        let text = include_str!("../certs-example/directory.toml");
        let policy = include_str!("../certs-example/haaglanden-1.toml");
        let (before, routing) = text.split_once("[routing]").unwrap();
        let text = format!(
            "{before}[[organisations]]\noin = \"{MUNICIPALITY}\"\nname = \"Gemeente Voorbeeld\"\n\
             role = \"MUNICIPALITY\"\nstanding = \"ACTIVE\"\nagreement = {{ version = \
             \"haaglanden-1\", signed_on = \"2026-01-05\", valid_until = \"2030-12-31\" }}\n\n\
             [routing]{routing}"
        );
        let file = ketenpoort::cli::directory::from_texts(&text, policy).unwrap();
        house.gateway.activate_directory(file).await.unwrap();
        house.call(MUNICIPALITY, UserRole::System)
    }
}
