//! Requests of data subjects, and the report that answers them (AVG art. 15, DOMAIN §5.6).

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

#[cfg(test)]
#[path = "privacy/approval.rs"]
mod approval;

#[cfg(test)]
mod tests {
    use ketenpoort::domain::case::{InvolvementDraft, MemberKind};
    use ketenpoort::domain::consent::ConsentDraft;
    use ketenpoort::domain::deadline::PostponementReason;
    use ketenpoort::domain::emergency::{ClientInformedDraft, EmergencyDraft};
    use ketenpoort::domain::event::EventCode;
    use ketenpoort::domain::id::{Pseudonym, SubjectRequestId};
    use ketenpoort::domain::organisation::{Actor, Role, UserRole};
    use ketenpoort::domain::policy::BasisEvidenceDraft;
    use ketenpoort::domain::purpose::Purpose;
    use ketenpoort::domain::review::JudgementDraft;
    use ketenpoort::domain::subject_request::{
        Ending, Organisation, RequestState, ReviewOutcome, SubjectRequestDraft, Verdict,
    };
    use ketenpoort::gateway::access_report::AccessReport;
    use ketenpoort::gateway::cases::Joining;
    use ketenpoort::gateway::consents::Word;
    use ketenpoort::gateway::deadlines::informing::{InformedDraft, PostponementDraft};
    use ketenpoort::gateway::disclosures::SearchDraft;
    use ketenpoort::gateway::sharing::ShareDraft;
    use ketenpoort::gateway::subject_requests::RequestView;
    use ketenpoort::gateway::subject_requests::preparing::Preparing;
    use ketenpoort::gateway::{Call, Error};
    use ketenpoort::store::{DisclosureRow, ReviewQuery};

    use super::house::{CASE, GGZ, House, MEE, POLICE, STEUNPUNT, at, consent_draft, new_request};

    const SHELTER: &str = "00000099000000008000";
    const OVERSIGHT: &str = "00000099000000009000";
    const PARENT: i32 = 2;

    fn officer(house: &House, oin: &str) -> Call {
        house.call(oin, UserRole::PrivacyOfficer)
    }

    /// An officer of the Steunpunt who neither declared an emergency nor was consulted.
    fn reviewer(house: &House) -> Call {
        let caller = house.gateway.admit(&STEUNPUNT.parse().unwrap(), None).unwrap();
        let user_id = "fg-sp-01".parse().unwrap();
        caller.act(Actor { user_id, role: UserRole::PrivacyOfficer, on_behalf_of: None })
    }

    /// The father takes his consent back, and the Steunpunt tells the GGZ of the report all the same.
    async fn emergency_about_the_father(house: &House, consent: &str) {
        house.withdraw(consent, "father", 1).await.unwrap();
        let emergency = EmergencyDraft {
            reason_code: 1,
            danger_to: 2,
            situation: "Er wordt gedreigd.".to_owned(),
            why_no_consent: 5,
            alternatives_tried: "Bellen.".to_owned(),
            consulted_colleague_user_id: "u-2".to_owned(),
            minimality_text: "Alleen wie het is.".to_owned(),
            client_informed: Some(ClientInformedDraft::After),
            authenticated_at: Some(house.gateway.clock().now()),
            ..EmergencyDraft::default()
        };
        let draft = ShareDraft {
            case_ref: CASE.to_owned(),
            recipient_oin: GGZ.to_owned(),
            purpose: 2,
            basis: 3,
            categories: vec![1],
            person_keys: vec!["father".to_owned()],
            involvement: InvolvementDraft { kind: 3, ..InvolvementDraft::default() },
            evidence: BasisEvidenceDraft {
                gravity_text: "Er zijn kinderen in huis.".to_owned(),
                ..BasisEvidenceDraft::default()
            },
            emergency: Some(emergency),
            ..ShareDraft::default()
        };
        let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
        let request = new_request("ShareSummary");
        house.gateway.share_summary(&call, &request, draft, |_| Vec::new()).await.unwrap();
    }

    async fn judge(house: &House, verdict: i32) {
        let query = ReviewQuery { party: None, open_only: true, after: None };
        let reviews = house.db().await.read().await.unwrap().reviews(&query, 2).await.unwrap();
        let [review] = &reviews[..] else { panic!("{} reviews", reviews.len()) };
        let motivation = "Niet afgewogen wat minder kon.".to_owned();
        let judgement = JudgementDraft { verdict, motivation }.parse().unwrap();
        let request = new_request("DecideReview");
        let judged = (review.review_id, judgement);
        let call = reviewer(house);
        house.gateway.decide_review(&call, &request, judged, |_| Vec::new()).await.unwrap();
    }

    fn encode(of: &RequestView) -> Vec<u8> {
        format!("{} {} {}", of.id, of.life.verdict, of.life.state).into_bytes()
    }

    fn own(person: &str) -> SubjectRequestDraft {
        SubjectRequestDraft {
            subject_person_key: person.to_owned(),
            capacity: 1,
            identity_check: 1,
            received_at: Some(at("2026-06-22T09:00:00Z")),
            ..SubjectRequestDraft::default()
        }
    }

    fn parent_of(child: &str, parent: &str) -> SubjectRequestDraft {
        SubjectRequestDraft {
            requester_person_key: parent.to_owned(),
            capacity: PARENT,
            ..own(child)
        }
    }

    async fn ask(
        house: &House,
        oin: &str,
        draft: SubjectRequestDraft,
    ) -> Result<(SubjectRequestId, String), Error> {
        let call = officer(house, oin);
        let request = new_request("OpenDataSubjectRequest");
        let asked = (CASE.parse().unwrap(), draft);
        let bytes = house.gateway.open_subject_request(&call, &request, asked, encode).await?;
        let text = String::from_utf8(bytes).unwrap();
        let (id, rest) = text.split_once(' ').unwrap();
        Ok((id.parse().unwrap(), rest.to_owned()))
    }

    async fn report(house: &House, oin: &str, id: SubjectRequestId) -> Result<AccessReport, Error> {
        house.gateway.build_access_report(&officer(house, oin), id, None, 100).await
    }

    async fn close(house: &House, id: SubjectRequestId, ending: Ending) -> Result<Vec<u8>, Error> {
        let call = officer(house, STEUNPUNT);
        let request = new_request("CloseDataSubjectRequest");
        house.gateway.close_subject_request(&call, &request, (id, ending), encode).await
    }

    /// A family whose summary went to the GGZ, in the summer.
    async fn shared() -> House {
        let house = House::open().await;
        house.case_with_summary().await;
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
        house.gateway.clock().set(at("2026-06-22T09:00:00Z"));
        house
    }

    fn events(report: &AccessReport) -> Vec<EventCode> {
        report.entries.iter().map(|entry| entry.entry.event).collect()
    }

    fn missing(error: &Error) -> &'static str {
        let Error::Precondition(unmet) = error else { panic!("another refusal: {error}") };
        unmet.first().map_or("", |unmet| unmet.code)
    }

    async fn rows(house: &House) -> Vec<DisclosureRow> {
        let db = house.db().await;
        let mut tx = db.read().await.unwrap();
        let mut rows = Vec::new();
        for index in 0.. {
            let Some(row) = tx.disclosure(index).await.unwrap() else { break };
            rows.push(row);
        }
        rows
    }

    async fn count(house: &House, event: EventCode) -> usize {
        let number = i64::from(event.number());
        rows(house).await.iter().filter(|row| row.event_code == number).count()
    }

    #[tokio::test]
    async fn a_person_of_sixteen_sees_who_got_what_about_her_and_why() {
        let house = shared().await;
        let (id, told) = ask(&house, STEUNPUNT, own("daughter")).await.unwrap();
        assert_eq!(told, "GIVE OPEN");
        let report = report(&house, STEUNPUNT, id).await.unwrap();
        let due = report.request.life.term.due_at;
        assert_eq!(due.to_string(), "2026-07-22T21:59:59Z");
        assert_eq!((report.request.life.state, report.is_draft), (RequestState::Open, true));
        assert_eq!(events(&report), [EventCode::ReferralSubmitted, EventCode::SummaryDelivered]);
        let [referral, summary] = &report.entries[..] else { panic!() };
        let named = |oin: &str, role| Organisation::Named(oin.parse().unwrap(), role);
        assert_eq!(referral.entry.from, named(POLICE, Role::Police));
        assert_eq!(referral.consented_on, None);
        assert_eq!(summary.entry.to, named(GGZ, Role::MentalHealth));
        assert_eq!(summary.consented_on.map(|day| day.to_string()).as_deref(), Some("2026-03-12"));
    }

    #[tokio::test]
    async fn a_request_its_report_and_its_end_are_in_the_ledger() {
        let house = shared().await;
        let before = count(&house, EventCode::LogQueried).await;
        let (id, _) = ask(&house, STEUNPUNT, own("daughter")).await.unwrap();
        house.give_report(STEUNPUNT, id).await.unwrap();
        close(&house, id, Ending::Answered).await.unwrap();
        for (event, expected) in
            [(EventCode::DsarOpened, 1), (EventCode::DsarReported, 2), (EventCode::DsarClosed, 1)]
        {
            assert_eq!(count(&house, event).await, expected, "{event}");
        }
        assert_eq!(count(&house, EventCode::LogQueried).await, before + 1);
        let entries = rows(&house).await;
        let about = |event: EventCode| {
            entries.iter().find(|row| row.event_code == i64::from(event.number())).unwrap().subject
        };
        assert!(about(EventCode::DsarReported).is_some(), "it is about the person");
    }

    #[tokio::test]
    async fn an_organisation_reports_only_what_it_is_a_party_of_and_the_region_all() {
        let house = shared().await;
        for (oin, expected) in [
            (GGZ, vec![EventCode::SummaryDelivered]),
            (POLICE, vec![EventCode::ReferralSubmitted]),
            (MEE, vec![]),
            (OVERSIGHT, vec![EventCode::ReferralSubmitted, EventCode::SummaryDelivered]),
        ] {
            let (id, _) = ask(&house, oin, own("mother")).await.unwrap();
            let found = report(&house, oin, id).await.unwrap();
            assert_eq!(events(&found), expected, "{oin}");
        }
    }

    #[tokio::test]
    async fn nobody_answers_for_another_organisation_or_without_being_its_privacy_officer() {
        let house = shared().await;
        let (id, _) = ask(&house, STEUNPUNT, own("mother")).await.unwrap();
        let refused = report(&house, GGZ, id).await.unwrap_err();
        assert!(matches!(refused, Error::Denied { reason: None }), "{refused}");
        let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
        let refused = house.gateway.build_access_report(&call, id, None, 100).await.unwrap_err();
        assert!(matches!(refused, Error::Denied { reason: Some(_) }), "{refused}");
        // An organisation that never had to do with the family.
        let stranger = ask(&house, "00000099000000008000", own("mother")).await.unwrap_err();
        assert!(matches!(stranger, Error::Denied { reason: None }), "{stranger}");
    }

    #[tokio::test]
    async fn a_parent_of_somebody_of_sixteen_is_refused_and_told() {
        let house = shared().await;
        let (id, told) = ask(&house, STEUNPUNT, parent_of("daughter", "father")).await.unwrap();
        assert_eq!(told, "REFUSED_16_PLUS REFUSED");
        let error = report(&house, STEUNPUNT, id).await.unwrap_err();
        assert_eq!(missing(&error), Verdict::Refused16Plus.as_str());
        assert_eq!(count(&house, EventCode::DsarReported).await, 0);
        close(&house, id, Ending::RefusalTold).await.unwrap();
    }

    #[tokio::test]
    async fn a_parent_whose_request_the_child_s_interest_opposes_is_refused() {
        let house = shared().await;
        let opposed = SubjectRequestDraft {
            objection: 1,
            objection_motivation: "Threatens to look the child up.".to_owned(),
            ..parent_of("son", "father")
        };
        let (_, told) = ask(&house, STEUNPUNT, opposed).await.unwrap();
        assert_eq!(told, "REFUSED_CHILD_INTEREST REFUSED");
        let (_, told) = ask(&house, STEUNPUNT, parent_of("son", "father")).await.unwrap();
        assert_eq!(told, "GIVE OPEN");
    }

    #[tokio::test]
    async fn who_gets_the_report_is_decided_again_when_it_is_made() {
        let house = shared().await;
        house.gateway.clock().set(at("2026-05-19T09:00:00Z"));
        let received_at = Some(at("2026-05-18T09:00:00Z"));
        let asked = SubjectRequestDraft { received_at, ..parent_of("daughter", "father") };
        let (id, told) = ask(&house, STEUNPUNT, asked).await.unwrap();
        assert_eq!(told, "GIVE OPEN");
        // She turns sixteen before the report is made.
        house.gateway.clock().set(at("2026-05-20T09:00:00Z"));
        let error = report(&house, STEUNPUNT, id).await.unwrap_err();
        assert_eq!(missing(&error), "REFUSED_16_PLUS");
        let closed = close(&house, id, Ending::RefusalTold).await.unwrap();
        assert_eq!(String::from_utf8(closed).unwrap(), format!("{id} REFUSED_16_PLUS CLOSED"));
        let search = SearchDraft {
            purpose: i32::from(Purpose::PrivacyReview.number()),
            actor_user_id: "u-1".to_owned(),
            from: Some(at("2026-05-20T00:00:00Z")),
            until: Some(at("2026-05-21T00:00:00Z")),
            event_codes: vec![i32::from(EventCode::DsarClosed.number())],
            ..SearchDraft::default()
        };
        let call = officer(&house, STEUNPUNT);
        let found = house.gateway.search_disclosures(&call, search, None, 10).await.unwrap();
        let [looked] = &found.entries[..] else { panic!("{}", found.entries.len()) };
        let detail = &looked.record.as_ref().unwrap().outcome_detail;
        assert_eq!(detail, "REFUSAL_TOLD REFUSED_16_PLUS");
    }

    /// What was prepared for the father after a report was approved is never given to him.
    #[tokio::test]
    async fn a_request_ends_as_refused_when_that_is_decided_after_a_report() {
        let house = shared().await;
        house.gateway.clock().set(at("2026-05-19T09:00:00Z"));
        let received_at = Some(at("2026-05-18T09:00:00Z"));
        let asked = SubjectRequestDraft { received_at, ..parent_of("daughter", "father") };
        let (id, _) = ask(&house, STEUNPUNT, asked).await.unwrap();
        house.give_report(STEUNPUNT, id).await.unwrap();
        let call = officer(&house, STEUNPUNT);
        let tree_size = report(&house, STEUNPUNT, id).await.unwrap().tree_size;
        let anew = Preparing { id, tree_size, withheld: Vec::new() };
        let request = new_request("PrepareAccessReport");
        house.gateway.prepare_access_report(&call, &request, anew, encode).await.unwrap();
        let early = close(&house, id, Ending::RefusalTold).await.unwrap_err();
        assert_eq!(missing(&early), "REQUEST_STATE", "he gets it still");
        house.gateway.clock().set(at("2026-05-20T09:00:00Z"));
        let unknown = close(&house, id, Ending::Answered).await.unwrap_err();
        assert_eq!(missing(&unknown), "REPORT_APPROVED");
        let closed = close(&house, id, Ending::RefusalTold).await.unwrap();
        assert_eq!(String::from_utf8(closed).unwrap(), format!("{id} REFUSED_16_PLUS CLOSED"));
        let db = house.db().await;
        assert!(db.read().await.unwrap().holds_in_force(None, 10).await.unwrap().is_empty());
    }

    /// Informing the mother is put off, until she is informed after all.
    #[tokio::test]
    async fn a_postponement_ends_with_informing() {
        let house = House::open().await;
        house.case_with_summary().await;
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
        let referral_id = house.db().await.read().await.unwrap().case(&CASE.parse().unwrap()).await;
        let referral_id = referral_id.unwrap().unwrap().referral_id;
        let put_off = PostponementDraft {
            referral_id,
            person: "mother".parse().unwrap(),
            reason: PostponementReason::EndViolence,
            motivation: "Wie het leest, leest mee met de vader.".parse().unwrap(),
            until: at("2026-04-20T10:00:00Z"),
            supervisor: "u-2".parse().unwrap(),
        };
        let (call, request) =
            (house.call(STEUNPUNT, UserRole::CaseWorker), new_request("PostponeInforming"));
        house.gateway.postpone_informing(&call, &request, put_off, |_| vec![]).await.unwrap();
        let received_at = Some(house.gateway.clock().now());
        let draft = SubjectRequestDraft { received_at, ..own("mother") };
        let (id, _) = ask(&house, STEUNPUNT, draft).await.unwrap();
        let shown = async || events(&report(&house, STEUNPUNT, id).await.unwrap());
        assert_eq!(shown().await, [EventCode::SummaryDelivered], "what she agreed to she knows");
        let informed = InformedDraft {
            referral_id,
            person: "mother".parse().unwrap(),
            informed_at: house.gateway.clock().now(),
        };
        let request = new_request("RecordSubjectInformed");
        house.gateway.record_subject_informed(&call, &request, informed, |_| vec![]).await.unwrap();
        assert_eq!(shown().await, [EventCode::ReferralSubmitted, EventCode::SummaryDelivered]);
    }

    #[tokio::test]
    async fn pages_of_a_report_agree_with_each_other() {
        let house = shared().await;
        let (id, _) = ask(&house, STEUNPUNT, own("mother")).await.unwrap();
        let call = officer(&house, STEUNPUNT);
        let first = house.gateway.build_access_report(&call, id, None, 1).await.unwrap();
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
        let next = first.next.unwrap();
        let second = house.gateway.build_access_report(&call, id, Some(next), 100).await.unwrap();
        assert_eq!((first.entries.len(), second.entries.len()), (1, 1));
        assert_eq!(first.tree_size, second.tree_size);
        assert_eq!(count(&house, EventCode::DsarReported).await, 0, "reading answers nothing");
    }

    #[tokio::test]
    async fn no_report_names_another_person_an_employee_or_an_address() {
        let house = shared().await;
        let people: Vec<Pseudonym> = {
            let mut people: Vec<_> =
                rows(&house).await.iter().filter_map(|row| row.subject).collect();
            people.sort_unstable();
            people.dedup();
            people
        };
        assert_eq!(people.len(), 4);
        for draft in [own("mother"), own("daughter"), parent_of("son", "mother")] {
            let (id, _) = ask(&house, STEUNPUNT, draft).await.unwrap();
            let found = report(&house, STEUNPUNT, id).await.unwrap();
            assert!(!found.entries.is_empty());
            let text = format!("{:?}", found.entries);
            let mut secrets: Vec<String> = people.iter().map(|person| person.to_hex()).collect();
            secrets.extend(
                ["Testema", "Given", "Voorbeeldstraat", "2500AA", "u-1", "pol-77", "999990"]
                    .map(str::to_owned),
            );
            for secret in secrets {
                assert!(!text.contains(&secret), "{secret} is in a report");
            }
        }
    }

    #[tokio::test]
    async fn the_outcome_of_the_review_of_an_emergency_is_told_and_nothing_of_who_judged() {
        let house = House::open().await;
        let consents = house.case_with_summary().await;
        emergency_about_the_father(&house, &consents[1]).await;
        house.gateway.clock().set(at("2026-06-22T09:00:00Z"));
        let (id, _) = ask(&house, STEUNPUNT, own("father")).await.unwrap();
        let outcomes = async || {
            let found = report(&house, STEUNPUNT, id).await.unwrap();
            let told: Vec<_> = found
                .entries
                .iter()
                .map(|one| (one.entry.event, one.entry.is_emergency, one.review))
                .collect();
            (told, format!("{:?}", found.entries))
        };
        let told = |review| {
            vec![
                (EventCode::ReferralSubmitted, false, None),
                (EventCode::SummaryShared, true, Some(review)),
            ]
        };
        assert_eq!(outcomes().await.0, told(ReviewOutcome::Pending));
        judge(&house, 4).await;
        assert_eq!(outcomes().await.0, told(ReviewOutcome::Pending), "a question is no outcome");
        judge(&house, 3).await;
        let (found, text) = outcomes().await;
        assert_eq!(found, told(ReviewOutcome::NotJustified));
        for secret in ["fg-sp-01", "afgewogen", "u-2", "gedreigd"] {
            assert!(!text.contains(secret), "{secret} is in a report");
        }
    }

    /// What the Steunpunt gives to the shelter on its own initiative, and what the mother agreed to.
    async fn share_with_shelter(house: &House, basis: i32) {
        let draft = ShareDraft {
            case_ref: CASE.to_owned(),
            recipient_oin: SHELTER.to_owned(),
            purpose: if basis == 1 { 1 } else { 2 },
            basis,
            categories: if basis == 1 { Vec::new() } else { vec![1] },
            person_keys: vec!["mother".to_owned()],
            involvement: InvolvementDraft { kind: 3, ..InvolvementDraft::default() },
            evidence: BasisEvidenceDraft {
                gravity_text: if basis == 1 { "" } else { "Zij kan niet naar huis." }.to_owned(),
                ..BasisEvidenceDraft::default()
            },
            ..ShareDraft::default()
        };
        let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
        let request = new_request("ShareSummary");
        house.gateway.share_summary(&call, &request, draft, |_| Vec::new()).await.unwrap();
    }

    /// DOMAIN §5.6 and §8 row 9: nobody who may look over her shoulder learns of the shelter.
    #[tokio::test]
    async fn a_shelter_is_named_only_to_the_person_who_agreed_to_it() {
        let house = House::open().await;
        house.case_with_summary().await;
        let joining = Joining {
            case_ref: CASE.parse().unwrap(),
            oin: SHELTER.parse().unwrap(),
            kind: MemberKind::Core,
            reason: None,
        };
        let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
        let join = new_request("AddCaseTeamMember");
        house.gateway.add_case_team_member(&call, &join, joining, |_| Vec::new()).await.unwrap();
        let signed_at = house.gateway.clock().now();
        let agreed = ConsentDraft {
            recipient_oin: SHELTER.to_owned(),
            ..consent_draft(CASE, "mother", &[("mother", 1)], signed_at)
        };
        let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
        let (request, given) = (new_request("RecordConsent"), (agreed, Word::Given));
        house.gateway.record_consent(&call, &request, given, |_| Vec::new()).await.unwrap();
        share_with_shelter(&house, 1).await;
        share_with_shelter(&house, 3).await;
        house.gateway.clock().set(at("2026-06-22T09:00:00Z"));
        let by = |requester: &str| SubjectRequestDraft {
            capacity: 6,
            mandate_ref: "brief-7".to_owned(),
            requester_person_key: requester.to_owned(),
            ..own("mother")
        };
        for (draft, expected) in [(own("mother"), 1), (by(""), 0), (by("father"), 0)] {
            let (id, _) = ask(&house, STEUNPUNT, draft).await.unwrap();
            let found = report(&house, STEUNPUNT, id).await.unwrap();
            let named = format!("{:?}", found.entries).matches(SHELTER).count();
            assert_eq!(named, expected, "{:?}", found.entries);
        }
    }

    #[tokio::test]
    async fn a_request_is_extended_in_time_and_once() {
        let house = shared().await;
        let (id, _) = ask(&house, STEUNPUNT, own("mother")).await.unwrap();
        let call = officer(&house, STEUNPUNT);
        let extend = async |motivation: &str| {
            let request = new_request("ExtendDataSubjectRequest");
            let asked = (id, motivation);
            house.gateway.extend_subject_request(&call, &request, asked, encode).await
        };
        let error = extend("").await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        extend("Many organisations.").await.unwrap();
        let listed = house.gateway.subject_requests(&call, None, None, 10).await.unwrap();
        assert_eq!(listed[0].life.term.due_at.to_string(), "2026-09-22T21:59:59Z");
        assert_eq!(missing(&extend("Again.").await.unwrap_err()), "REQUEST_STATE");
    }

    #[tokio::test]
    async fn requests_are_listed_for_those_who_answer_them() {
        let house = shared().await;
        ask(&house, STEUNPUNT, own("mother")).await.unwrap();
        ask(&house, GGZ, own("mother")).await.unwrap();
        let list = async |oin: &str| {
            let call = officer(&house, oin);
            house.gateway.subject_requests(&call, None, None, 10).await.unwrap().len()
        };
        assert_eq!([list(STEUNPUNT).await, list(GGZ).await, list(POLICE).await], [1, 1, 0]);
        assert_eq!(list(OVERSIGHT).await, 2);
    }

    #[tokio::test]
    async fn an_open_request_holds_and_a_closed_one_does_not() {
        let house = shared().await;
        let holds = async || {
            let db = house.db().await;
            db.read().await.unwrap().holds_in_force(None, 10).await.unwrap().len()
        };
        let (id, _) = ask(&house, STEUNPUNT, own("mother")).await.unwrap();
        assert_eq!(holds().await, 1);
        house.give_report(STEUNPUNT, id).await.unwrap();
        assert_eq!(holds().await, 1);
        close(&house, id, Ending::Answered).await.unwrap();
        assert_eq!(holds().await, 0);
    }
}
