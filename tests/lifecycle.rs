//! The life of a case through the use cases (DOMAIN §1.1 to §1.3, §2.7): who may do what, what is
//! kept of it, and who is told.

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

#[cfg(test)]
#[path = "lifecycle/journey.rs"]
mod journey;

#[cfg(test)]
mod tests {
    use ketenpoort::domain::case::{
        CaseState, ClosingDraft, HandoverAnswer, HandoverState, InvolvementDraft, MemberKind,
        StepDraft, TransferDraft,
    };
    use ketenpoort::domain::event::DenialReason;
    use ketenpoort::domain::notice::NoticeContent;
    use ketenpoort::domain::referral::TriageOutcome;
    use ketenpoort::gateway::Error;

    use super::house::{GGZ, House, MEE, POLICE, STEUNPUNT, new_request, summary};
    use super::journey::{AMW, BJZ, GATEWAY, Journey, OVERSIGHT, case_ref, denied, unmet};

    #[tokio::test]
    async fn a_case_is_followed_to_its_release_and_kept_in_plain_numbers() {
        use CaseState::{
            BasicPlan, Intake, Monitoring, NetworkMeeting, Released, SafetyPlan, Triaged,
        };
        let journey = Journey::begin().await;
        journey.secured().await;
        assert_eq!(journey.phase(STEUNPUNT, 2).await.unwrap(), "MONITORING phase 2");
        journey.rate(8).await;
        assert_eq!(journey.phase(STEUNPUNT, 3).await.unwrap(), "MONITORING phase 3");
        let closing = ClosingDraft::Release { phase_reason: String::new() };
        assert_eq!(journey.close(closing).await.unwrap(), "RELEASED phase 3");

        let rows = journey.history().await;
        let moved: Vec<(CaseState, u16)> = rows
            .iter()
            .filter(|row| row.moved == 1)
            .map(|row| (row.state, row.phase.number()))
            .collect();
        let expected = [
            (Triaged, 1),
            (Intake, 1),
            (NetworkMeeting, 1),
            (BasicPlan, 1),
            (SafetyPlan, 1),
            (Monitoring, 1),
            (Monitoring, 2),
            (Monitoring, 3),
            (Released, 3),
        ];
        assert_eq!(moved, expected);
        let last = rows.last().unwrap();
        assert_eq!((last.first_scale, last.last_scale), (Some(4), Some(8)));
        assert_eq!((last.child_count, last.children_spoken), (2, 2));
        assert_eq!((last.agreement_count, last.secured_count, last.family_owned_count), (2, 2, 2));
        assert_eq!(last.violence_stopped, 1);
        assert!(last.first_contact_at.is_some());
    }

    #[tokio::test]
    async fn release_is_refused_with_everything_that_is_missing() {
        let journey = Journey::begin().await;
        let closing = ClosingDraft::Release { phase_reason: String::new() };
        let expected =
            ["CASE_STATE", "AGREEMENT_SECURED", "VIOLENCE_STOPPED", "CHILD_INVOLVEMENT", "PHASE_3"];
        assert_eq!(unmet(journey.close(closing).await), expected);
        assert_eq!(journey.view(STEUNPUNT).await.unwrap().state, CaseState::Triaged);
    }

    #[tokio::test]
    async fn membership_on_call_ends_with_the_release_and_core_members_stay() {
        let journey = Journey::begin().await;
        journey.join(BJZ, MemberKind::Observer, None).await;
        journey.secured().await;
        journey.view(MEE).await.unwrap();
        journey.release().await.unwrap();
        assert!(matches!(journey.view(MEE).await, Err(Error::Denied { .. })));
        assert!(matches!(journey.view(BJZ).await, Err(Error::Denied { .. })));
        assert_eq!(journey.view(GGZ).await.unwrap().state, CaseState::Released);
        for oin in [GGZ, MEE, BJZ] {
            let notices = journey.notices(oin).await;
            let ended = |one: &&NoticeContent| {
                matches!(one, NoticeContent::CaseStateChanged { state: CaseState::Released, .. })
            };
            assert_eq!(notices.iter().filter(ended).count(), 1, "{oin}");
        }
    }

    #[tokio::test]
    async fn a_closed_case_has_no_team_that_asks_by_consent() {
        let house = House::open().await;
        house.case_with_summary().await;
        let asked = new_request("RequestSummary");
        house.ask(GGZ, &asked).await.unwrap();
        let journey = Journey { house };
        let closing = ClosingDraft::NoFurtherAction { reason: "Rust".to_owned() };
        journey.close(closing).await.unwrap();
        let house = &journey.house;
        let refused = house.ask(GGZ, &new_request("RequestSummary")).await.unwrap_err();
        let reason = Some(DenialReason::NotInCaseTeam);
        assert!(
            matches!(&refused, Error::Denied { reason: found } if *found == reason),
            "{refused:?}"
        );
        // Nor is what was answered before given again.
        let repeated = house.ask(GGZ, &asked).await.unwrap_err();
        assert!(matches!(repeated, Error::Precondition(_)), "{repeated:?}");
        journey.reopen(STEUNPUNT, "").await.unwrap();
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    }

    #[tokio::test]
    async fn the_same_request_ends_a_case_once() {
        let journey = Journey::begin().await;
        let request = new_request("CloseCase");
        let closing = || ClosingDraft::NoFurtherAction { reason: "Verhuisd".to_owned() };
        let first = journey.close_as(STEUNPUNT, &request, closing()).await.unwrap();
        let again = journey.close_as(STEUNPUNT, &request, closing()).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(unmet(journey.close(closing()).await), ["CASE_STATE"]);
        assert_eq!(journey.history().await.len(), 2);
    }

    #[tokio::test]
    async fn only_the_steunpunt_that_directs_the_case_directs_it() {
        let journey = Journey::begin().await;
        for oin in [GGZ, BJZ, POLICE] {
            assert!(denied(&journey.phase(oin, 1).await), "{oin}");
            assert!(denied(&journey.announce(oin, &[GGZ]).await), "{oin}");
            assert!(denied(&journey.direct(oin).await), "{oin}");
            assert!(denied(&journey.remove(oin, MEE).await), "{oin}");
            let request = new_request("CloseCase");
            let closing = ClosingDraft::NoFurtherAction { reason: "x".to_owned() };
            assert!(denied(&journey.close_as(oin, &request, closing).await), "{oin}");
            assert!(denied(&journey.reopen(oin, "").await), "{oin}");
        }
        assert_eq!(journey.history().await.len(), 1);
    }

    #[tokio::test]
    async fn the_direction_of_a_case_changes_hands_and_is_never_empty() {
        let journey = Journey::begin().await;
        journey.direct(STEUNPUNT).await.unwrap();
        let view = journey.view(STEUNPUNT).await.unwrap();
        assert_eq!(view.process_director_user_id.as_str(), "sp-0200");
        assert_eq!(view.manager_user_id.as_str(), "sp-0201");
    }

    #[tokio::test]
    async fn a_member_that_is_removed_sees_the_case_no_more() {
        let journey = Journey::begin().await;
        journey.remove(STEUNPUNT, MEE).await.unwrap();
        assert!(matches!(journey.view(MEE).await, Err(Error::Denied { .. })));
        assert_eq!(journey.notices(MEE).await, [NoticeContent::MembershipEnded]);
        assert_eq!(unmet(journey.remove(STEUNPUNT, MEE).await), ["CASE_TEAM_MEMBER"]);
        let itself = journey.remove(STEUNPUNT, STEUNPUNT).await;
        assert!(matches!(itself, Err(Error::Invalid(_))), "{itself:?}");
    }

    #[tokio::test]
    async fn an_observer_looks_on_and_does_nothing() {
        let journey = Journey::begin().await;
        journey.join(BJZ, MemberKind::Observer, None).await;
        assert_eq!(journey.view(BJZ).await.unwrap().person_count, 4);
        let contact_at = Some(journey.house.gateway.clock().now());
        let step = StepDraft::FirstContact { contact_at };
        let request = new_request("RecordCaseStep");
        assert!(denied(&journey.step_as(BJZ, &request, step.clone()).await));
        assert!(journey.step_as(MEE, &new_request("RecordCaseStep"), step).await.is_ok());
        let publish = new_request("PublishSummary");
        let published = journey
            .house
            .gateway
            .publish_summary(&journey.by(BJZ), &publish, &case_ref(), (summary(), 0), |_| vec![])
            .await;
        assert!(matches!(published, Err(Error::Denied { .. })));
        let asked = journey.house.ask(BJZ, &new_request("RequestSummary")).await;
        assert!(!String::from_utf8_lossy(&asked.unwrap_or_default()).contains("part "));
    }

    #[tokio::test]
    async fn who_does_not_work_with_families_joins_no_team() {
        let journey = Journey::begin().await;
        for oin in [POLICE, OVERSIGHT, GATEWAY] {
            let refused = journey.try_join(oin, MemberKind::Core, None).await;
            let Err(Error::Invalid(violations)) = refused else { panic!("{oin}: {refused:?}") };
            let rules: Vec<_> = violations.iter().map(|one| one.rule).collect();
            assert_eq!(rules, ["UNKNOWN_ORGANISATION"], "{oin}");
        }
        journey.try_join(BJZ, MemberKind::Core, None).await.unwrap();
    }

    /// Of two memberships of one organisation only one could be ended.
    #[tokio::test]
    async fn an_organisation_that_two_let_join_at_once_is_a_member_once() {
        let journey = Journey::begin().await;
        let (one, other) = tokio::join!(
            journey.try_join(BJZ, MemberKind::Core, None),
            journey.try_join(BJZ, MemberKind::Observer, None)
        );
        let refused = match (one, other) {
            (Ok(_), refused @ Err(_)) | (refused @ Err(_), Ok(_)) => refused,
            both => panic!("not one of them: {both:?}"),
        };
        assert_eq!(unmet(refused.map(|_| String::new())), ["NOT_A_MEMBER"]);
        let members = journey.view(STEUNPUNT).await.unwrap().members;
        assert_eq!(members.iter().filter(|one| one.oin.as_str() == BJZ).count(), 1);
        journey.remove(STEUNPUNT, BJZ).await.unwrap();
        assert!(matches!(journey.view(BJZ).await, Err(Error::Denied { .. })));
    }

    #[tokio::test]
    async fn nobody_joins_a_case_that_has_ended() {
        let journey = Journey::begin().await;
        let closing = ClosingDraft::NoFurtherAction { reason: "Rust".to_owned() };
        journey.close(closing).await.unwrap();
        let refused = journey.try_join(BJZ, MemberKind::Core, None).await;
        assert_eq!(unmet(refused.map(|_| String::new())), ["CASE_STATE"]);
        journey.reopen(STEUNPUNT, "").await.unwrap();
        journey.try_join(BJZ, MemberKind::Core, None).await.unwrap();
    }

    /// Why the people concerned were not told, or when they will be, is kept with the case and sealed.
    #[tokio::test]
    async fn why_the_people_concerned_were_not_told_is_kept_with_what_was_done() {
        let journey = Journey::begin().await;
        journey.watched().await;
        // Letters in no order and never the same, because what is sealed is made small first.
        let mut last = 7_u64;
        let mut letter = || {
            last = last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + u8::try_from((last >> 33) % 26).unwrap())
        };
        let mut silent = || {
            let reason: String = (0..400).map(|_| letter()).collect();
            InvolvementDraft { kind: 5, reason, ..InvolvementDraft::default() }
        };
        let mut size = journey.sealed().await.len();
        for act in ["step", "meeting", "phase", "close", "reopen"] {
            let held_at = Some(journey.house.gateway.clock().now());
            let how = silent();
            let open = how.reason.as_bytes()[..9].to_vec();
            match act {
                "step" => journey.step_with(StepDraft::NetworkMeeting { held_at }, how).await,
                "meeting" => journey.announce_with(how).await,
                "phase" => journey.phase_with(2, how).await,
                "close" => journey.close_with(how).await,
                _ => journey.reopen_with(how).await,
            }
            .unwrap();
            let content = journey.sealed().await;
            assert!(content.len() >= size + 300, "{act}: {size} and then {}", content.len());
            assert!(!content.windows(9).any(|part| part == open), "{act} is in the open");
            size = content.len();
        }
        let id = journey.offer_with(GGZ, STEUNPUNT, silent()).await.unwrap().parse().unwrap();
        let db = journey.house.db().await;
        let row = db.read().await.unwrap().handover(id).await.unwrap().unwrap();
        assert!(row.content.len() > 300);
    }

    #[tokio::test]
    async fn a_change_of_phase_is_told_to_the_team_without_why() {
        let journey = Journey::begin().await;
        journey.watched().await;
        journey.phase(STEUNPUNT, 2).await.unwrap();
        for oin in [GGZ, MEE] {
            let notices = journey.notices(oin).await;
            let [NoticeContent::PhaseChanged { from, to, evaluated }] = notices.as_slice() else {
                panic!("{oin}: {notices:?}")
            };
            assert_eq!((from.number(), to.number(), *evaluated), (1, 2, 1));
            assert!(!notices[0].to_text().contains("Afspraken"));
        }
        assert_eq!(journey.notices(STEUNPUNT).await, []);
        assert_eq!(unmet(journey.phase(STEUNPUNT, 2).await), ["PHASE_ORDER"]);
    }

    #[tokio::test]
    async fn an_agreement_that_is_broken_with_new_violence_tells_the_team_of_phase_1() {
        let journey = Journey::begin().await;
        journey.watched().await;
        journey.phase(STEUNPUNT, 2).await.unwrap();
        assert_eq!(journey.check(3, true).await.unwrap(), "MONITORING phase 1");
        let last = journey.notices(GGZ).await.pop().unwrap();
        let NoticeContent::PhaseChanged { from, to, .. } = last else { panic!("{last:?}") };
        assert_eq!((from.number(), to.number()), (2, 1));
        assert_eq!(journey.view(GGZ).await.unwrap().plans[1].agreements.broken, 2);
    }

    #[tokio::test]
    async fn a_meeting_is_announced_to_members_only_and_without_the_case() {
        let journey = Journey::begin().await;
        assert_eq!(unmet(journey.announce(STEUNPUNT, &[GGZ, AMW]).await), ["CASE_TEAM_MEMBER"]);
        journey.announce(STEUNPUNT, &[GGZ, STEUNPUNT]).await.unwrap();
        let notices = journey.notices(GGZ).await;
        let [NoticeContent::MeetingAnnounced { family_participants, invited_oins, .. }] =
            notices.as_slice()
        else {
            panic!("{notices:?}")
        };
        assert_eq!((*family_participants, invited_oins.len()), (2, 2));
        let text = notices[0].to_text();
        assert!(!text.contains("mother") && !text.contains("daughter"), "{text}");
        assert_eq!(journey.notices(MEE).await, []);
        let next = journey.view(MEE).await.unwrap().next_meeting.unwrap();
        assert_eq!(next.location.as_str(), "CJG-DE-BRUG");
    }

    #[tokio::test]
    async fn the_sender_of_a_handover_is_released_when_the_receiver_has_accepted() {
        let journey = Journey::begin().await;
        let id = journey.offer(GGZ, GGZ, MEE).await.unwrap();
        assert_eq!(journey.view(GGZ).await.unwrap().open_handovers.len(), 1);
        assert_eq!(unmet(journey.remove(STEUNPUNT, GGZ).await), ["OPEN_HANDOVER"]);
        let closing = ClosingDraft::NoFurtherAction { reason: "Klaar".to_owned() };
        assert_eq!(unmet(journey.close(closing).await), ["OPEN_HANDOVER"]);
        // Nobody else answers for the receiver.
        for oin in [GGZ, STEUNPUNT, AMW] {
            assert!(denied(&journey.answer(oin, &id, HandoverAnswer::Accept).await), "{oin}");
        }
        let accepted = journey.answer(MEE, &id, HandoverAnswer::Accept).await.unwrap();
        assert_eq!(accepted, "ACCEPTED");
        assert!(matches!(journey.view(GGZ).await, Err(Error::Denied { .. })));
        assert_eq!(journey.view(MEE).await.unwrap().open_handovers, []);
        let handover_id = id.parse().unwrap();
        let state = HandoverState::Accepted;
        let answered = NoticeContent::HandoverAnswered { handover_id, state };
        assert_eq!(journey.notices(GGZ).await.last(), Some(&answered));
        assert_eq!(journey.notices(STEUNPUNT).await.last(), Some(&answered));
        let again = journey.answer(MEE, &id, HandoverAnswer::Decline).await;
        assert_eq!(unmet(again), ["HANDOVER_OFFERED"]);
    }

    #[tokio::test]
    async fn a_handover_that_is_declined_or_taken_back_releases_nobody() {
        let journey = Journey::begin().await;
        for (by, answer) in [(MEE, HandoverAnswer::Decline), (GGZ, HandoverAnswer::Withdraw)] {
            let id = journey.offer(GGZ, GGZ, MEE).await.unwrap();
            assert_eq!(unmet(journey.offer(GGZ, GGZ, MEE).await), ["OPEN_HANDOVER"]);
            journey.answer(by, &id, answer).await.unwrap();
            assert_eq!(journey.view(GGZ).await.unwrap().open_handovers, []);
        }
    }

    #[tokio::test]
    async fn a_member_hands_over_within_the_team_and_the_steunpunt_beyond_it() {
        let journey = Journey::begin().await;
        assert_eq!(unmet(journey.offer(GGZ, GGZ, AMW).await), ["CASE_TEAM_MEMBER"]);
        let for_another = journey.offer(GGZ, MEE, GGZ).await;
        assert!(matches!(for_another, Err(Error::Invalid(_))), "{for_another:?}");
        let to_the_police = journey.offer(STEUNPUNT, GGZ, POLICE).await;
        assert!(matches!(to_the_police, Err(Error::Invalid(_))), "{to_the_police:?}");
        let id = journey.offer(STEUNPUNT, GGZ, AMW).await.unwrap();
        assert!(matches!(journey.view(AMW).await, Err(Error::Denied { .. })));
        journey.answer(AMW, &id, HandoverAnswer::Accept).await.unwrap();
        assert!(matches!(journey.view(GGZ).await, Err(Error::Denied { .. })));
        let view = journey.view(AMW).await.unwrap();
        let joined = view.members.iter().find(|one| one.oin.as_str() == AMW).unwrap();
        assert_eq!(joined.membership.kind(), MemberKind::Core);
    }

    #[tokio::test]
    async fn a_case_is_transferred_to_a_partner_that_accepted_it() {
        let journey = Journey::begin().await;
        let id = journey.offer(STEUNPUNT, STEUNPUNT, AMW).await.unwrap();
        let transfer = || {
            ClosingDraft::Transfer(TransferDraft {
                handover_id: id.clone(),
                reason: "Lokaal team".to_owned(),
                ..TransferDraft::default()
            })
        };
        assert_eq!(unmet(journey.close(transfer()).await), ["OPEN_HANDOVER", "HANDOVER_ACCEPTED"]);
        journey.answer(AMW, &id, HandoverAnswer::Accept).await.unwrap();
        assert_eq!(journey.close(transfer()).await.unwrap(), "TRANSFERRED phase 1");
        // The yes was to the case as it was then, not to what happened since.
        journey.on("2026-11-09T09:00:00Z");
        journey.reopen(STEUNPUNT, "").await.unwrap();
        assert_eq!(unmet(journey.close(transfer()).await), ["HANDOVER_ACCEPTED"]);
        journey.on("2026-11-10T09:00:00Z");
        let new = journey.offer(STEUNPUNT, STEUNPUNT, AMW).await.unwrap();
        journey.answer(AMW, &new, HandoverAnswer::Accept).await.unwrap();
        assert_eq!(unmet(journey.close(transfer()).await), ["HANDOVER_ACCEPTED"]);
        let again = ClosingDraft::Transfer(TransferDraft {
            handover_id: new,
            reason: "Lokaal team".to_owned(),
            ..TransferDraft::default()
        });
        assert_eq!(journey.close(again).await.unwrap(), "TRANSFERRED phase 1");
    }

    #[tokio::test]
    async fn a_repeat_referral_is_linked_told_and_judged_before_anything_ends() {
        let journey = Journey::begin().await;
        journey.secured().await;
        journey.on("2026-09-08T00:10:00Z");
        let referral_id = journey.report_again().await;
        let expected =
            NoticeContent::CaseRepeatReferral { referral_id, repeat_index: 2, referral_count: 1 };
        assert_eq!(journey.notices(STEUNPUNT).await, [expected]);
        assert_eq!(journey.notices(GGZ).await, []);
        let linked = journey.view(STEUNPUNT).await.unwrap().repeat_referrals;
        assert_eq!((linked.len(), linked[0].referral_id), (1, referral_id));
        assert_eq!(journey.view(GGZ).await.unwrap().repeat_referrals, []);
        // Nothing was decided for anybody; and nothing is let go over it.
        assert_eq!(journey.view(GGZ).await.unwrap().state, CaseState::Monitoring);
        let expected = ["VIOLENCE_STOPPED", "REPEAT_REFERRAL_TRIAGED"];
        assert_eq!(unmet(journey.release().await), expected);
    }

    #[tokio::test]
    async fn a_released_case_is_reopened_by_a_person_after_triage_of_the_repeat_referral() {
        let journey = Journey::begin().await;
        journey.secured().await;
        journey.release().await.unwrap();
        journey.on("2026-11-08T00:10:00Z");
        let referral_id = journey.report_again().await;
        assert_eq!(journey.view(STEUNPUNT).await.unwrap().state, CaseState::Released);
        let id = referral_id.to_string();
        assert_eq!(unmet(journey.reopen(STEUNPUNT, &id).await), ["TRIAGED_TO_VVT_TEAM"]);
        journey.on("2026-11-09T09:00:00Z");
        journey.triage(referral_id, TriageOutcome::VvtTeam).await;
        let stranger = "a3a6f0f2-93a2-4a1b-8d5e-111111111111";
        assert_eq!(unmet(journey.reopen(STEUNPUNT, stranger).await), ["REPEAT_REFERRAL"]);
        assert_eq!(journey.reopen(STEUNPUNT, &id).await.unwrap(), "TRIAGED phase 1");
        assert_eq!(unmet(journey.reopen(STEUNPUNT, &id).await), ["CASE_STATE"]);
        let last = journey.history().await.pop().unwrap();
        assert_eq!((last.state, last.first_contact_at), (CaseState::Reopened, None));
        // The time to first contact runs from the new referral.
        journey.on("2026-11-11T09:00:00Z");
        journey.intake().await;
        let view = journey.view(STEUNPUNT).await.unwrap();
        assert_eq!(view.working_days_to_first_contact, Some(3));
        assert_eq!(view.plans, []);
    }

    #[tokio::test]
    async fn new_violence_that_the_team_hears_of_reopens_a_case_without_a_referral() {
        let journey = Journey::begin().await;
        assert_eq!(unmet(journey.reopen(STEUNPUNT, "").await), ["CASE_STATE"]);
        let closing = ClosingDraft::NoFurtherAction { reason: "Rust".to_owned() };
        journey.close(closing).await.unwrap();
        assert_eq!(journey.reopen(STEUNPUNT, "").await.unwrap(), "TRIAGED phase 1");
    }

    #[tokio::test]
    async fn a_referral_between_the_first_and_the_opening_of_a_case_is_linked_to_it() {
        let journey = Journey { house: House::open().await };
        let first = journey.report_again().await;
        journey.on("2026-03-14T23:10:00Z");
        let second = journey.report_again().await;
        journey.on("2026-03-16T09:00:00Z");
        journey.triage(first, TriageOutcome::VvtTeam).await;
        journey.open_case(first).await;
        let linked = journey.view(STEUNPUNT).await.unwrap().repeat_referrals;
        let ids: Vec<_> = linked.iter().map(|one| (one.referral_id, one.repeat_index)).collect();
        assert_eq!(ids, [(second, 2)]);
    }
}
