//! Who sees which review, when, and that looking is logged.

use super::*;
use crate::gateway::reviews::SITUATION;
use crate::gateway::reviews::queue::{Pile, Waiting};

#[tokio::test]
async fn a_declared_emergency_is_on_both_queues_and_that_of_the_region_at_once() {
    let house = house().await;
    let mut watches = Vec::new();
    for oin in [GGZ, STEUNPUNT, REGION, MEE] {
        let mut watch = Officer::of(&house, oin, "fg-1").await.watch("").await;
        watch.heartbeat().await;
        watches.push((oin, watch));
    }
    let begin = std::time::Instant::now();
    let id = house.gateway.stage(&STATUTORY, 1).await;
    for (oin, watch) in &mut watches[..3] {
        let review = watch.review().await;
        assert_eq!(review.review_id, id.to_string(), "{oin}");
        assert_eq!(review.state(), pb::ReviewState::Open);
    }
    // A watch looks by itself every five seconds; within one it was woken.
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    for oin in [GGZ, STEUNPUNT, REGION] {
        let queue = Officer::of(&house, oin, "fg-1").await.queue(false).await;
        assert_eq!(queue.len(), 1, "{oin}");
    }
    let queue = Officer::of(&house, MEE, "fg-1").await.queue(true).await;
    assert_eq!(queue, [], "an organisation that is no party sees nothing");
    let silent = watches[3].1.0.message();
    assert!(tokio::time::timeout(Duration::from_millis(50), silent).await.is_err());
}

#[tokio::test]
async fn a_watcher_that_was_away_misses_no_review_and_no_verdict() {
    let house = house().await;
    let mut steunpunt = Officer::of(&house, STEUNPUNT, "fg-sp-01").await;
    let token = steunpunt.watch("").await.heartbeat().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    ggz.decide(id, pb::ReviewVerdict::Justified).await.unwrap();
    let mut watch = steunpunt.watch(&token).await;
    watch.heartbeat().await;
    assert_eq!(watch.review().await.state(), pb::ReviewState::Justified);
}

#[tokio::test]
async fn a_queue_shows_when_reviews_are_due_and_which_are_overdue() {
    let house = house().await;
    house.gateway.stage(&STATUTORY, 1).await;
    house.gateway.stage(&CONFLICT, 2).await;
    house.gateway.stage(&VITAL, 3).await;
    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let due: Vec<_> =
        ggz.queue(false).await.into_iter().map(|one| (one.cause, second(one.due_at))).collect();
    let (tuesday, friday) = ("2026-06-09T21:59:59Z", "2026-06-12T21:59:59Z");
    assert_eq!(due[2], (pb::EmergencyCause::StatutoryOverride.into(), friday.to_owned()));
    assert_eq!((due[0].1.as_str(), due[1].1.as_str()), (tuesday, tuesday));
    let overdue = |queue: Vec<pb::Review>| queue.iter().filter(|one| one.overdue).count();
    set(&house, "2026-06-09T21:59:00Z");
    assert_eq!(overdue(ggz.queue(false).await), 0);
    set(&house, "2026-06-09T22:00:00Z");
    assert_eq!(overdue(ggz.queue(false).await), 2);
}

#[tokio::test]
async fn a_queue_comes_in_pages() {
    let house = house().await;
    for case in 1..=5 {
        house.gateway.stage(&STATUTORY, case).await;
    }
    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let whole: Vec<_> = ggz.queue(false).await.into_iter().map(|one| one.review_id).collect();
    let mut request = pb::ListReviewsRequest {
        actor: ggz.actor(),
        purpose: pb::Purpose::PrivacyReview.into(),
        page_size: 2,
        ..pb::ListReviewsRequest::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = ggz.client.list_reviews(request.clone()).await.unwrap().into_inner();
        assert!(page.reviews.len() <= 2);
        seen.extend(page.reviews.into_iter().map(|one| one.review_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!((seen.len(), &seen), (5, &whole));
}

#[tokio::test]
async fn every_look_at_a_review_is_logged_before_it_is_answered() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let before = events(&house, 0).len();
    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    ggz.queue(false).await;
    ggz.get(id).await.unwrap();
    ggz.incidents().await;
    ggz.watch("").await.heartbeat().await;
    assert_eq!(events(&house, before), [EventCode::LogQueried.number(); 4]);
}

#[tokio::test]
async fn only_privacy_officers_look_and_only_to_review() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let mut ggz = Officer::of(&house, GGZ, "ggz-0310").await;
    for role in [pb::UserRole::CaseWorker, pb::UserRole::Supervisor, pb::UserRole::System] {
        let by = actor("ggz-0310", role);
        let purpose = pb::Purpose::PrivacyReview.into();
        let list = pb::ListReviewsRequest { actor: by.clone(), purpose, ..Default::default() };
        let refused = ggz.client.list_reviews(list).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{role:?}");
        let get = pb::GetReviewRequest { actor: by.clone(), purpose, review_id: id.to_string() };
        let refused = ggz.client.get_review(get).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        let watch = pb::WatchReviewsRequest { actor: by.clone(), ..Default::default() };
        let refused = ggz.client.watch_reviews(watch).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        let incidents = pb::ListIncidentsRequest { actor: by, purpose, ..Default::default() };
        let refused = ggz.client.list_incidents(incidents).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
    for purpose in [pb::Purpose::Unspecified, pb::Purpose::CareCoordination] {
        let purpose = purpose.into();
        let actor = ggz.actor();
        let request = pb::GetReviewRequest { actor, purpose, review_id: id.to_string() };
        let refused = ggz.client.get_review(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_review_of_others_does_not_exist() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let nothing = ReviewId::from_bytes([7; 16]);
    let mut mee = Officer::of(&house, MEE, "fg-mee-01").await;
    let (others, none) = (mee.get(id).await.unwrap_err(), mee.get(nothing).await.unwrap_err());
    assert_eq!(others.code(), Code::PermissionDenied);
    assert_eq!((others.message(), others.details()), (none.message(), none.details()));
    let verdict = pb::ReviewVerdict::Justified;
    let (others, none) = (
        mee.decide(id, verdict).await.unwrap_err(),
        mee.decide(nothing, verdict).await.unwrap_err(),
    );
    assert_eq!((others.message(), others.details()), (none.message(), none.details()));
}

#[tokio::test]
async fn a_reviewer_reads_what_was_declared_and_the_database_does_not_tell_it() {
    let house = house().await;
    let id = house.gateway.stage(&STATUTORY, 1).await;
    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    let opened = ggz.get(id).await.unwrap();
    let emergency = opened.emergency.unwrap();
    assert_eq!(emergency.situation, SITUATION);
    assert_eq!(emergency.consulted_colleague_user_id, "ggz-0310");
    assert_eq!(emergency.reason_code(), pb::EmergencyReason::ImminentViolence);
    assert_eq!(second(emergency.expires_at), "2026-06-08T21:44:00Z");
    assert_eq!((opened.declared_by.as_str(), opened.subject_pseudonyms.len()), ("ggz-0207", 2));
    ggz.decide(id, pb::ReviewVerdict::MoreInformation).await.unwrap();
    let mut declarer = Officer::of(&house, GGZ, "ggz-0207").await;
    declarer.inform(id, pb::UserRole::CrisisWorker).await.unwrap();
    ggz.decide(id, pb::ReviewVerdict::NotJustified).await.unwrap();
    let mut found = 0;
    for table in [
        "reviews",
        "review_votes",
        "review_information",
        "review_changes",
        "incidents",
        "disclosures",
        "requests",
    ] {
        let database = house.database();
        let mut rows = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            found += 1;
            for column in 0..columns {
                let bytes = match row.get(column).unwrap() {
                    Value::Text(text) => text.into_bytes(),
                    Value::Blob(bytes) => bytes,
                    Value::Null | Value::Integer(_) | Value::Real(_) => continue,
                };
                for secret in [SITUATION, MOTIVATION, INFORMATION] {
                    let at = bytes.windows(secret.len()).position(|part| part == secret.as_bytes());
                    assert_eq!(at, None, "{table}");
                }
            }
        }
    }
    assert!(found > 9, "{found}");
}

/// The queue of the console: opened with the words that were declared, each pile in its own order.
#[tokio::test]
async fn a_pile_is_opened_for_officers_who_review() {
    let house = house().await;
    let late = house.gateway.stage(&STATUTORY, 1).await;
    let soon = house.gateway.stage(&CONFLICT, 2).await;
    let call = |oin: &str, role| {
        let user_id = "fg-1".parse().unwrap();
        let actor = crate::domain::organisation::Actor { user_id, role, on_behalf_of: None };
        house.gateway.admit(&oin.parse().unwrap(), None).unwrap().act(actor)
    };
    let officer = |oin| call(oin, crate::domain::organisation::UserRole::PrivacyOfficer);
    let (review, request) = (5, 4);
    let ids =
        |pile: &[Waiting]| pile.iter().map(|one| one.overview.row.review_id).collect::<Vec<_>>();
    let open = Pile::Open(None);
    let pile = house.gateway.review_pile(&officer(GGZ), review, open, 10).await.unwrap();
    assert_eq!(ids(&pile), [soon, late], "the first deadline on top");
    let words = &pile[0].declared.as_ref().unwrap().emergency.situation;
    assert_eq!((words.as_str(), pile[0].progress), (SITUATION, (0, 2)));
    let after = Some((pile[0].overview.row.due_at, soon));
    let rest = house.gateway.review_pile(&officer(GGZ), review, Pile::Open(after), 10).await;
    assert_eq!(ids(&rest.unwrap()), [late]);

    let mut ggz = Officer::of(&house, GGZ, "fg-ggz-01").await;
    ggz.decide(late, pb::ReviewVerdict::Justified).await.unwrap();
    let done = house.gateway.review_pile(&officer(REGION), review, Pile::Closed(None), 10).await;
    assert_eq!(ids(&done.unwrap()), [late]);
    let none = house.gateway.review_pile(&officer(MEE), review, open, 10).await.unwrap();
    assert!(none.is_empty(), "no party of it");
    let wrong = house.gateway.review_pile(&officer(GGZ), request, open, 10).await;
    assert!(matches!(wrong, Err(crate::gateway::Error::Invalid(_))), "{wrong:?}");
    let worker = call(GGZ, crate::domain::organisation::UserRole::CaseWorker);
    assert!(house.gateway.review_pile(&worker, review, open, 10).await.is_err());
}
