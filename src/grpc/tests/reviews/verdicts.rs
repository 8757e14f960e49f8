//! Who may judge, what others see of it, and what follows.

use super::*;
use pb::ReviewVerdict::{Justified, JustifiedWithRemark, MoreInformation, NotJustified};

const POLICE_RECEIVED: Staged = Staged { recipient: POLICE, ..VITAL };

fn entries(house: &House, event: EventCode) -> usize {
    events(house, 0).into_iter().filter(|code| *code == event.number()).count()
}

#[tokio::test]
async fn a_verdict_closes_the_review_and_is_one_entry_per_person() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    set(&house, "2026-06-09T08:00:00Z");
    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let decided = ggz.decide(id, JustifiedWithRemark).await.unwrap();
    assert_eq!(decided.state(), pb::ReviewState::JustifiedWithRemark);
    assert_eq!((decided.entries.len(), decided.incident_id.as_str()), (2, ""));
    assert_eq!(entries(&house, EventCode::ReviewDecided), 2);
    assert_eq!(entries(&house, EventCode::BreachOpened), 0);
    assert_eq!(ggz.queue(false).await, []);
    let closed = ggz.queue(true).await;
    assert_eq!(second(closed[0].closed_at), "2026-06-09T08:00:00Z");
    let opened = ggz.get(id).await.unwrap();
    assert_eq!(opened.votes[0].motivation, format!("{MOTIVATION} fg-ggz-01"));
    assert_eq!(opened.votes[0].index, decided.entries[0].index);
    let open: i64 = house
        .database()
        .query_row("SELECT COUNT(*) FROM deadlines WHERE met_at IS NULL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(open, 0, "the term of the review ended");
}

#[tokio::test]
async fn a_verdict_that_comes_twice_is_answered_the_same_and_counts_once() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let request = ggz.verdict(id, NotJustified);
    let first = ggz.client.decide_review(request.clone()).await.unwrap().into_inner();
    let again = ggz.client.decide_review(request).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(entries(&house, EventCode::BreachOpened), 2);
}

#[tokio::test]
async fn motivation_is_mandatory_for_every_verdict() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    for verdict in [Justified, JustifiedWithRemark, NotJustified, MoreInformation] {
        let request =
            pb::DecideReviewRequest { motivation: " ".to_owned(), ..ggz.verdict(id, verdict) };
        let refused = ggz.client.decide_review(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{verdict:?}");
        let details = refused.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, "motivation");
    }
}

#[tokio::test]
async fn the_discloser_and_the_consulted_colleague_are_refused_and_that_is_logged() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    for user in ["ggz-0207", "ggz-0310"] {
        let mut own = Officer::of(&house, GGZ, user).await;
        let before = events(&house, 0).len();
        let refused = own.decide(id, Justified).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{user}");
        let info = refused.get_error_details().error_info().unwrap().metadata.clone();
        assert_eq!(info["denial"], "FOUR_EYES_REQUIRED");
        assert_eq!(events(&house, before), [EventCode::AccessDenied.number()]);
        let opened = own.get(id).await.unwrap();
        assert_eq!(opened.own_seat, 0);
        assert!(!opened.may_not_judge.is_empty());
    }
    assert_eq!(Officer::of(&house, GGZ, "fg-ggz-01").await.queue(false).await.len(), 1);
}

#[tokio::test]
async fn the_recipient_and_the_region_look_on_and_do_not_judge_what_one_officer_judges() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let mut steunpunt = Officer::of(&house, STEUNPUNT, "fg-sp-01").await;
    assert_eq!(steunpunt.decide(id, Justified).await.unwrap_err().code(), Code::PermissionDenied);
    let mut region = Officer::of(&house, REGION, "fg-1").await;
    assert_eq!(region.decide(id, Justified).await.unwrap_err().code(), Code::FailedPrecondition);
    for mut other in [steunpunt, region] {
        assert!(other.get(id).await.unwrap().emergency.is_some());
    }
}

#[tokio::test]
async fn the_second_reviewer_of_a_conflict_of_duties_is_blind_until_the_own_verdict_is_given() {
    let house = house().await;
    let id = house.gateway.stage(&CONFLICT, 1).await;
    let mut first = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let half = first.decide(id, JustifiedWithRemark).await.unwrap();
    assert_eq!(half.state(), pb::ReviewState::Open);
    assert_eq!(first.get(id).await.unwrap().votes.len(), 1, "the own verdict");
    let mut second = Officer::of(&house, GGZ, "fg-ggz-02").await;
    let mut region = Officer::of(&house, REGION, "fg-1").await;
    let mut recipient = Officer::of(&house, STEUNPUNT, "fg-sp-01").await;
    for blind in [&mut second, &mut region, &mut recipient] {
        let opened = blind.get(id).await.unwrap();
        assert_eq!(
            (opened.votes.as_slice(), opened.hidden_verdicts),
            (&[][..], 1),
            "{}",
            blind.user
        );
        assert_eq!(opened.review.unwrap().state(), pb::ReviewState::Open);
    }
    assert_eq!(first.decide(id, Justified).await.unwrap_err().code(), Code::FailedPrecondition);
    let whole = second.decide(id, Justified).await.unwrap();
    assert_eq!(whole.state(), pb::ReviewState::JustifiedWithRemark);
    for seeing in [&mut first, &mut second, &mut region, &mut recipient] {
        let opened = seeing.get(id).await.unwrap();
        assert_eq!((opened.votes.len(), opened.hidden_verdicts), (2, 0), "{}", seeing.user);
    }
}

#[tokio::test]
async fn a_first_verdict_against_opens_no_incident_that_would_tell_the_second_reviewer() {
    let house = house().await;
    let id = house.gateway.stage(&CONFLICT, 1).await;
    let mut first = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let half = first.decide(id, NotJustified).await.unwrap();
    assert_eq!((half.state(), half.incident_id.as_str()), (pb::ReviewState::Open, ""));
    let mut second = Officer::of(&house, GGZ, "fg-ggz-02").await;
    assert_eq!(second.incidents().await, []);
    assert_eq!(entries(&house, EventCode::BreachOpened), 0);
    let whole = second.decide(id, NotJustified).await.unwrap();
    assert_eq!(whole.state(), pb::ReviewState::NotJustified);
    assert_eq!(second.incidents().await.len(), 1);
}

#[tokio::test]
async fn reviewers_who_disagree_leave_it_to_the_office_of_the_region() {
    let house = house().await;
    let id = house.gateway.stage(&CONFLICT, 1).await;
    let mut first = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let mut second = Officer::of(&house, GGZ, "fg-ggz-02").await;
    first.decide(id, Justified).await.unwrap();
    let disputed = second.decide(id, NotJustified).await.unwrap();
    assert_eq!((disputed.state(), disputed.incident_id.as_str()), (pb::ReviewState::Disputed, ""));
    let mut region = Officer::of(&house, REGION, "fg-1").await;
    let opened = region.get(id).await.unwrap();
    assert_eq!((opened.votes.len(), opened.own_seat()), (2, pb::ReviewSeat::Arbiter));
    let decided = region.decide(id, NotJustified).await.unwrap();
    assert_eq!(decided.state(), pb::ReviewState::NotJustified);
    // The organisation that disclosed must notify, not the office.
    assert_eq!(region.incidents().await[0].oin, GGZ);
}

#[tokio::test]
async fn the_officer_of_police_that_received_reviews_as_well() {
    let house = house().await;
    let id = house.gateway.stage(&POLICE_RECEIVED, 1).await;
    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let half = ggz.decide(id, Justified).await.unwrap();
    assert_eq!(half.state(), pb::ReviewState::Open);
    let mut police = Officer::of(&house, POLICE, "fg-pol-01").await;
    let opened = police.get(id).await.unwrap();
    assert_eq!((opened.own_seat(), opened.hidden_verdicts), (pb::ReviewSeat::Police, 1));
    assert_eq!(police.decide(id, Justified).await.unwrap().state(), pb::ReviewState::Justified);
}

#[tokio::test]
async fn not_justified_opens_an_incident_whose_72_hours_start_with_the_verdict() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    // A Friday afternoon: the clock does not wait for Monday.
    set(&house, "2026-06-12T14:00:00Z");
    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let decided = ggz.decide(id, NotJustified).await.unwrap();
    assert_eq!(second(decided.aware_at), "2026-06-12T14:00:00Z");
    assert_eq!(second(decided.notify_due_at), "2026-06-15T14:00:00Z");
    assert_eq!(decided.entries.len(), 4, "two verdicts and two openings");
    let [incident] = &ggz.incidents().await[..] else { panic!() };
    assert_eq!(incident.incident_id, decided.incident_id);
    assert_eq!(incident.index, decided.entries[2].index);
    assert_eq!((incident.subject_pseudonyms.len(), incident.past_due), (2, false));
    assert_eq!(ggz.get(id).await.unwrap().incident.unwrap().incident_id, decided.incident_id);
    let term: (i64, Vec<u8>) = house
        .database()
        .query_row("SELECT kind, about FROM deadlines WHERE met_at IS NULL", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let uuid: uuid::Uuid = decided.incident_id.parse().unwrap();
    assert_eq!(term, (9, uuid.as_bytes().to_vec()), "the notification is watched");
    set(&house, "2026-06-15T14:00:01Z");
    assert!(ggz.incidents().await[0].past_due);
    // Whoever has to notify can, and then nothing is owed any more.
    assert!(ggz.notified(incident).await.unwrap().late);
    let answered = ggz.incidents().await[0].clone();
    assert_eq!(answered.notification(), pb::BreachNotification::Notified);
    assert_eq!(second(answered.notified_at), "2026-06-15T14:00:01Z");
    assert_eq!((answered.motivation.as_str(), answered.past_due), (REASONS, true));
    let owed: i64 = house
        .database()
        .query_row("SELECT COUNT(*) FROM deadlines WHERE met_at IS NULL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(owed, 0);
    assert_eq!(ggz.notified(incident).await.unwrap_err().code(), Code::FailedPrecondition);
    let mut steunpunt = Officer::of(&house, STEUNPUNT, "fg-sp-01").await;
    assert_eq!(steunpunt.incidents().await, [], "who received need not notify");
}

#[tokio::test]
async fn a_question_leaves_the_review_on_the_queue_with_its_term() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let asked = ggz.decide(id, MoreInformation).await.unwrap();
    assert_eq!(asked.state(), pb::ReviewState::Questioned);
    assert_eq!(second(asked.due_at), "2026-06-12T21:59:59Z");
    let mut colleague = Officer::of(&house, GGZ, "fg-ggz-02").await;
    assert_eq!(colleague.queue(false).await.len(), 1);
    assert_eq!(colleague.get(id).await.unwrap().votes[0].verdict(), MoreInformation);
    assert_eq!(colleague.decide(id, Justified).await.unwrap().state(), pb::ReviewState::Justified);
}

#[tokio::test]
async fn two_officers_who_judge_at_once_do_not_take_the_same_seat() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let mut one = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let mut other = Officer::of(&house, GGZ, "fg-ggz-02").await;
    let (one, other) = tokio::join!(one.decide(id, Justified), other.decide(id, NotJustified));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
    let late = one.err().or_else(|| other.err()).unwrap();
    assert_eq!(late.code(), Code::FailedPrecondition);
    assert_eq!(entries(&house, EventCode::ReviewDecided), 2);
}

#[tokio::test]
async fn who_takes_a_review_is_told_to_the_others_and_nobody_has_to_wait_for_them() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let mut one = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let taken = one.take(id).await.unwrap();
    assert_eq!((taken.seat(), taken.entries.len()), (pb::ReviewSeat::First, 2));
    assert_eq!(entries(&house, EventCode::ReviewAssigned), 2);
    let mut other = Officer::of(&house, GGZ, "fg-ggz-02").await;
    let [assignment] = &other.get(id).await.unwrap().assignments[..] else { panic!() };
    assert_eq!(assignment.officer_user_id, "fg-ggz-01");
    // She is ill: a colleague takes it over, and judges.
    other.take(id).await.unwrap();
    let [assignment] = &one.get(id).await.unwrap().assignments[..] else { panic!() };
    assert_eq!(assignment.officer_user_id, "fg-ggz-02");
    other.decide(id, Justified).await.unwrap();
    assert_eq!(one.take(id).await.unwrap_err().code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn nobody_takes_a_review_that_they_may_not_judge() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    for (oin, user) in [(GGZ, "ggz-0310"), (GGZ, "ggz-0207"), (STEUNPUNT, "fg-sp-01")] {
        let refused = Officer::of(&house, oin, user).await.take(id).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{user}");
    }
    assert_eq!(entries(&house, EventCode::ReviewAssigned), 0);
}

#[tokio::test]
async fn nothing_is_decided_on_a_vote_that_was_changed_beside_the_ledger_and_it_is_told() {
    let house = house().await;
    let id = house.gateway.stage(&CONFLICT, 1).await;
    let mut first = Officer::of(&house, GGZ, "fg-ggz-01").await;
    first.decide(id, JustifiedWithRemark).await.unwrap();
    let mut second = Officer::of(&house, GGZ, "fg-ggz-02").await;
    let mut region = Officer::of(&house, REGION, "fg-1").await;
    for (column, value) in [
        ("verdict", "1"),
        ("user_id", "'fg-ggz-09'"),
        ("oin", "'00000099000000007000'"),
        ("voted_at", "voted_at + 1"),
        ("position", "2"),
    ] {
        let decided = async || second.decide(id, Justified).await;
        let refused = house.while_changed(("review_votes", column, value), decided).await;
        let refused = refused.unwrap_err();
        let details = refused.get_error_details();
        let unmet = &details.precondition_failure().unwrap().violations[0].r#type;
        assert_eq!(unmet, "REVIEW_UNCHANGED", "{column} {value}");
    }
    // What is no verdict any more hides nothing from who looks, and says nothing.
    let look = async || region.get(id).await.unwrap();
    let seen = house.while_changed(("review_votes", "verdict", "99"), look).await;
    assert_eq!((seen.votes.len(), seen.votes[0].changed), (1, true));
    assert_eq!((seen.votes[0].motivation.as_str(), seen.votes[0].seat), ("", 0));
    second.decide(id, JustifiedWithRemark).await.unwrap();
    let seen = first.get(id).await.unwrap();
    assert!(seen.votes.iter().all(|vote| !vote.changed && !vote.motivation.is_empty()));
}
