//! The occasion of a look, the own looks, and samples.

use super::*;
use crate::domain::id::Oin;
use crate::gateway::traffic::Ended;
use pb::review_service_client::ReviewServiceClient;
use pb::{Look, Occasion};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

async fn with_entry() -> (House, i64) {
    let house = House::open().await;
    let index = inbox::submitted(&house).await.entries[0].index;
    (house, index)
}

fn entry(index: i64) -> pb::GetDisclosureRequest {
    pb::GetDisclosureRequest { actor: fg(), purpose: REVIEW, index, ..Default::default() }
}

#[tokio::test]
async fn the_entry_of_a_look_tells_what_made_the_officer_look() {
    let (house, index) = with_entry().await;
    let mut police = Office::of(&house, POLICE).await;
    police.disclosures.get_disclosure(entry(index)).await.unwrap();
    police.disclosures.get_disclosure(on("COMPLAINT", entry(index))).await.unwrap();
    let requests = pb::ListDataSubjectRequestsRequest { actor: fg(), ..Default::default() };
    police.privacy.list_data_subject_requests(on("INCIDENT", requests)).await.unwrap();
    let told: Vec<_> = police
        .looks()
        .await
        .iter()
        .map(|look| (look.look(), look.purpose, look.occasion()))
        .collect();
    assert_eq!(
        told,
        [
            (Look::OwnLooks, REVIEW, Occasion::Unspecified),
            (Look::Requests, REVIEW, Occasion::Incident),
            (Look::Entry, REVIEW, Occasion::Complaint),
            (Look::Entry, REVIEW, Occasion::Unspecified),
        ]
    );
}

#[tokio::test]
async fn an_occasion_that_is_none_or_is_of_another_purpose_is_refused_before_the_look() {
    let (house, index) = with_entry().await;
    let mut police = Office::of(&house, POLICE).await;
    let mut reviews = ReviewServiceClient::new(house.connect(POLICE).await);
    let before = events(&house, 0).len();
    let refused = police.disclosures.get_disclosure(on("complaint", entry(index))).await;
    assert_eq!(wrong(&refused.unwrap_err()), one("ketenpoort-occasion", "UNKNOWN_CODE"));
    let refused = police.disclosures.get_disclosure(on("SUBJECT_REQUEST", entry(index))).await;
    assert_eq!(wrong(&refused.unwrap_err()), one("occasion", "OTHER_PURPOSE"));
    let queue = pb::ListReviewsRequest { actor: fg(), purpose: REVIEW, ..Default::default() };
    let refused = reviews.list_reviews(on("SUBJECT_REQUEST", queue)).await;
    assert_eq!(wrong(&refused.unwrap_err()), one("occasion", "OTHER_PURPOSE"));
    assert_eq!(events(&house, before).len(), 0);
    let fitting = pb::GetDisclosureRequest { purpose: SUBJECT_REQUEST, ..entry(index) };
    police.disclosures.get_disclosure(on("SUBJECT_REQUEST", fitting)).await.unwrap();
}

#[tokio::test]
async fn own_looks_come_in_pages_newest_first_and_are_nobody_elses() {
    let (house, index) = with_entry().await;
    let mut police = Office::of(&house, POLICE).await;
    for _ in 0..3 {
        police.disclosures.get_disclosure(entry(index)).await.unwrap();
    }
    let mut request = pb::ListOwnLooksRequest {
        actor: fg(),
        purpose: REVIEW,
        period: always(),
        page_size: 2,
        ..pb::ListOwnLooksRequest::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = police.officer.list_own_looks(request.clone()).await.unwrap().into_inner();
        assert!(page.looks.len() <= 2);
        seen.extend(page.looks.into_iter().map(|look| look.index));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(seen.len(), 4, "three entries, and the first look at the list");
    assert!(seen.is_sorted_by(|one, next| one > next));

    let colleague = pb::ListOwnLooksRequest {
        actor: actor("fg-2", pb::UserRole::PrivacyOfficer),
        ..request.clone()
    };
    let refused = police.officer.list_own_looks(colleague.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_MISMATCH");
    let colleague = pb::ListOwnLooksRequest { page_token: String::new(), ..colleague };
    let looks = police.officer.list_own_looks(colleague).await.unwrap().into_inner().looks;
    assert_eq!(looks.iter().map(pb::OwnLook::look).collect::<Vec<_>>(), [Look::OwnLooks]);
    let mut others = pb::ListOwnLooksRequest { actor: worker(), ..request.clone() };
    others.page_token.clear();
    let refused = police.officer.list_own_looks(others).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let without = pb::ListOwnLooksRequest { period: None, page_token: String::new(), ..request };
    let refused = police.officer.list_own_looks(without).await.unwrap_err();
    let fields = [one("period.start_time", "REQUIRED"), one("period.end_time", "REQUIRED")];
    assert_eq!(wrong(&refused), fields.concat());
}

fn draw() -> pb::DrawSampleRequest {
    pb::DrawSampleRequest {
        request_id: new_id(),
        actor: fg(),
        purpose: REVIEW,
        period: always(),
        count: 3,
    }
}

fn sample(drawing: pb::Drawing) -> pb::GetSampleRequest {
    pb::GetSampleRequest { actor: fg(), purpose: REVIEW, drawing: Some(drawing) }
}

#[tokio::test]
async fn a_sample_is_drawn_once_and_drawn_again_by_its_own_organisation_only() {
    let house = House::open().await;
    for number in 12..16 {
        inbox::submitted_of(&house, number).await;
    }
    let mut police = Office::of(&house, POLICE).await;
    let before = events(&house, 0).len();
    let request = draw();
    let first = police.officer.draw_sample(on("SAMPLE", request.clone())).await.unwrap();
    let again = police.officer.draw_sample(request.clone()).await.unwrap();
    assert_eq!(first.get_ref(), again.get_ref());
    assert_eq!(events(&house, before), [LOOK], "it is drawn once");
    let drawing = again.into_inner().drawing.unwrap();
    let other = pb::DrawSampleRequest { count: 4, ..request };
    let reused = police.officer.draw_sample(other).await.unwrap_err();
    assert_eq!(reason(&reused), "REQUEST_ID_REUSED");

    let drawn = police.officer.get_sample(sample(drawing.clone())).await.unwrap().into_inner();
    inbox::submitted_of(&house, 16).await;
    let redrawn = police.officer.get_sample(sample(drawing.clone())).await.unwrap().into_inner();
    assert_eq!((drawn.disclosures.len(), &drawn), (3, &redrawn));
    assert!(drawn.drawn_from_count > 3);
    let looks = police.looks().await;
    let drawn = looks.iter().find(|look| look.look() == Look::Drawing).unwrap();
    assert_eq!(drawn.occasion(), Occasion::Sample);
    assert!(drawn.detail.contains(&format!("seed={}", hex::encode(&drawing.seed))));

    let made_up = pb::Drawing { seed: vec![7; 32], ..drawing.clone() };
    let refused = police.officer.get_sample(sample(made_up)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    let refused = steunpunt.officer.get_sample(sample(drawing)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn what_is_wrong_with_a_drawing_is_told_by_its_field() {
    let house = House::open().await;
    let mut police = Office::of(&house, POLICE).await;
    let too_many = pb::DrawSampleRequest { count: 51, ..draw() };
    let refused = police.officer.draw_sample(too_many).await.unwrap_err();
    assert_eq!(wrong(&refused), one("count", "OUT_OF_RANGE"));
    let whole_year = pb::Period { end_time: moment("2027-02-01T00:00:00Z"), ..always().unwrap() };
    let refused = pb::DrawSampleRequest { period: Some(whole_year), ..draw() };
    let refused = police.officer.draw_sample(refused).await.unwrap_err();
    assert_eq!(wrong(&refused), one("period", "PERIOD"));
    let by_worker = pb::DrawSampleRequest { actor: worker(), ..draw() };
    let refused = police.officer.draw_sample(by_worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let short = pb::Drawing {
        seed: vec![1; 31],
        mark: vec![1; 32],
        period: always(),
        ..Default::default()
    };
    let refused = police.officer.get_sample(sample(short)).await.unwrap_err();
    assert_eq!(wrong(&refused), one("drawing.seed", "LENGTH"));
    let none = pb::GetSampleRequest { drawing: None, ..sample(pb::Drawing::default()) };
    let refused = police.officer.get_sample(none).await.unwrap_err();
    assert_eq!(wrong(&refused), one("drawing", "REQUIRED"));
}

fn judge(drawing: &pb::Drawing, index: i64) -> pb::JudgeSampleEntryRequest {
    pb::JudgeSampleEntryRequest {
        request_id: new_id(),
        actor: fg(),
        drawing: Some(drawing.clone()),
        index,
        verdict: pb::SampleVerdict::InquiryNeeded.into(),
        grounds: "Waarom zo laat?".to_owned(),
    }
}

async fn reviewed(house: &House, oin: &str) -> (i64, i64) {
    let overview = pb::GetOverviewRequest { actor: fg(), purpose: REVIEW };
    let mut office = Office::of(house, oin).await;
    let told = office.officer.get_overview(overview).await.unwrap().into_inner();
    let of_all: i64 = told.organisations.iter().map(|one| one.reviewed_count).sum();
    assert_eq!(told.reviewed_count, of_all);
    (told.reviewed_count, told.total_count)
}

#[tokio::test]
async fn an_entry_of_a_sample_is_judged_once_by_a_request_and_counts_once_as_reviewed() {
    let house = House::open().await;
    for number in 12..16 {
        inbox::submitted_of(&house, number).await;
    }
    let mut police = Office::of(&house, POLICE).await;
    let drawing = police.officer.draw_sample(draw()).await.unwrap().into_inner().drawing.unwrap();
    let drawn = police.officer.get_sample(sample(drawing.clone())).await.unwrap().into_inner();
    assert_eq!((drawn.judgements.len(), reviewed(&house, POLICE).await.0), (0, 0));
    let (index, other) = (drawn.disclosures[0].index, drawn.disclosures[1].index);
    let before = events(&house, 0).len();
    let request = judge(&drawing, index);
    let first = police.officer.judge_sample_entry(request.clone()).await.unwrap().into_inner();
    let again = police.officer.judge_sample_entry(request.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(events(&house, before), [EventCode::SampleJudged.number()]);
    assert_eq!(reviewed(&house, POLICE).await.0, 0, "nothing was found yet");
    assert_eq!((first.index, first.verdict()), (index, pb::SampleVerdict::InquiryNeeded));
    let reused = pb::JudgeSampleEntryRequest { grounds: "Anders".to_owned(), ..request };
    let reused = police.officer.judge_sample_entry(reused).await.unwrap_err();
    assert_eq!(reason(&reused), "REQUEST_ID_REUSED");
    // Who knows more judges again; one entry counts once.
    let in_order = pb::SampleVerdict::InOrder.into();
    let later = pb::JudgeSampleEntryRequest { verdict: in_order, ..judge(&drawing, index) };
    drop(police.officer.judge_sample_entry(later).await.unwrap());
    assert_eq!(reviewed(&house, POLICE).await.0, 1);
    drop(police.officer.judge_sample_entry(judge(&drawing, other)).await.unwrap());
    assert_eq!(reviewed(&house, POLICE).await.0, 1, "who has to ask first found nothing yet");
    let wrong = pb::SampleVerdict::NotInOrder.into();
    let answered = pb::JudgeSampleEntryRequest { verdict: wrong, ..judge(&drawing, other) };
    drop(police.officer.judge_sample_entry(answered).await.unwrap());
    assert_eq!(reviewed(&house, POLICE).await.0, 2);
    assert_eq!(reviewed(&house, REGION).await.0, 2);
    let elsewhere = reviewed(&house, STEUNPUNT).await;
    assert!(
        elsewhere.0 == 0 && elsewhere.1 > 0,
        "what one looked into is no other's: {elsewhere:?}"
    );

    let seen = police.officer.get_sample(sample(drawing)).await.unwrap().into_inner();
    let told: Vec<_> = seen.judgements.iter().map(|one| (one.index, one.verdict)).collect();
    let asked = pb::SampleVerdict::InquiryNeeded.into();
    assert_eq!(told, [(index, asked), (index, in_order), (other, asked), (other, wrong)]);
    assert!(seen.judgements.iter().all(|one| one.grounds == "Waarom zo laat?"));
    assert_eq!(seen.judgements[0].judgement_index, first.judgement_index);
    let database = house.database();
    let mut open = database.prepare("SELECT content FROM sample_judgements").unwrap();
    let open = open.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    for content in open.map(Result::unwrap) {
        assert!(!content.windows(4).any(|part| part == b"laat"), "grounds are sealed");
    }
}

#[tokio::test]
async fn nobody_judges_an_act_of_their_own() {
    let (house, _) = with_entry().await;
    let mut police = Office::of(&house, POLICE).await;
    let drawing = police.officer.draw_sample(draw()).await.unwrap().into_inner().drawing.unwrap();
    let drawn = police.officer.get_sample(sample(drawing.clone())).await.unwrap().into_inner();
    let index = drawn.disclosures[0].index;
    let own = pb::JudgeSampleEntryRequest {
        actor: actor("pol-77", pb::UserRole::PrivacyOfficer),
        ..judge(&drawing, index)
    };
    let before = events(&house, 0).len();
    let refused = police.officer.judge_sample_entry(own).await.unwrap_err();
    let details = refused.get_error_details();
    assert_eq!(details.error_info().unwrap().metadata["denial"], "FOUR_EYES_REQUIRED");
    assert_eq!(events(&house, before), [DENIED]);
    drop(police.officer.judge_sample_entry(judge(&drawing, index)).await.unwrap());
}

#[tokio::test]
async fn an_organisation_judges_an_entry_fifty_times_at_most() {
    let (house, _) = with_entry().await;
    let mut police = Office::of(&house, POLICE).await;
    let drawing = police.officer.draw_sample(draw()).await.unwrap().into_inner().drawing.unwrap();
    let drawn = police.officer.get_sample(sample(drawing.clone())).await.unwrap().into_inner();
    let index = drawn.disclosures[0].index;
    for _ in 0..50 {
        drop(police.officer.judge_sample_entry(judge(&drawing, index)).await.unwrap());
    }
    let refused = police.officer.judge_sample_entry(judge(&drawing, index)).await.unwrap_err();
    assert_eq!(unmet(&refused), "JUDGEMENTS_FEW");
    let other = judge(&drawing, drawn.disclosures[1].index);
    drop(police.officer.judge_sample_entry(other).await.unwrap());
    let seen = police.officer.get_sample(sample(drawing)).await.unwrap().into_inner();
    assert_eq!(seen.judgements.len(), 51);
}

#[tokio::test]
async fn what_was_not_drawn_is_not_judged_and_nor_by_whom_did_not_draw_it() {
    let (house, _) = with_entry().await;
    let mut police = Office::of(&house, POLICE).await;
    let one = pb::DrawSampleRequest { count: 1, ..draw() };
    let drawing = police.officer.draw_sample(one).await.unwrap().into_inner().drawing.unwrap();
    let drawn = police.officer.get_sample(sample(drawing.clone())).await.unwrap().into_inner();
    let index = drawn.disclosures[0].index;
    let before = events(&house, 0).len();
    let by_worker = pb::JudgeSampleEntryRequest { actor: worker(), ..judge(&drawing, index) };
    let made_up = pb::Drawing { seed: vec![7; 32], ..drawing.clone() };
    for refused in [
        by_worker,
        judge(&made_up, index),
        judge(&drawing, index + 1),
        judge(&drawing, -1),
        judge(&drawing, i64::MAX),
    ] {
        let refused = police.officer.judge_sample_entry(refused).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{refused:?}");
    }
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    let refused = steunpunt.officer.judge_sample_entry(judge(&drawing, index)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(events(&house, before), [DENIED; 6]);
    let wordy = pb::JudgeSampleEntryRequest {
        grounds: "a".repeat(2001),
        verdict: 9,
        ..judge(&drawing, index)
    };
    let refused = police.officer.judge_sample_entry(wordy).await.unwrap_err();
    let fields = [super::one("verdict", "UNKNOWN_CODE"), super::one("grounds", "TOO_LONG")];
    assert_eq!(wrong(&refused), fields.concat());
    let empty = pb::JudgeSampleEntryRequest {
        grounds: String::new(),
        drawing: None,
        ..judge(&drawing, index)
    };
    let refused = police.officer.judge_sample_entry(empty).await.unwrap_err();
    let fields = [super::one("drawing", "REQUIRED"), super::one("grounds", "REQUIRED")];
    assert_eq!(wrong(&refused), fields.concat());
    assert_eq!(reviewed(&house, POLICE).await.0, 0);
}

#[tokio::test]
async fn entries_at_random_are_held_against_the_newest_checkpoint() {
    let (house, index) = with_entry().await;
    let verify = || pb::VerifyRandomEntriesRequest { actor: fg(), purpose: REVIEW };
    let mut police = Office::of(&house, POLICE).await;
    let before = events(&house, 0).len();
    let found = police.officer.verify_random_entries(verify()).await.unwrap().into_inner();
    assert_eq!(events(&house, before), [LOOK]);
    assert!(found.tree_size > index && !found.entries.is_empty());
    assert!(found.entries.iter().all(|entry| entry.holds));
    let mut ggz = Office::of(&house, GGZ).await;
    let others = ggz.officer.verify_random_entries(verify()).await.unwrap().into_inner();
    let seen = |entry: &pb::VerifiedEntry| entry.event_code() == pb::EventCode::ReferralSubmitted;
    assert!(found.entries.iter().any(seen) && !others.entries.iter().any(seen));
    let by_worker = pb::VerifyRandomEntriesRequest { actor: worker(), purpose: REVIEW };
    let refused = police.officer.verify_random_entries(by_worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let for_care = pb::VerifyRandomEntriesRequest { actor: fg(), purpose: 1 };
    let refused = police.officer.verify_random_entries(for_care).await.unwrap_err();
    assert_eq!(wrong(&refused), one("purpose", "PURPOSE_NOT_ALLOWED"));
}

#[tokio::test]
async fn an_officer_learns_how_the_directory_changed() {
    let (house, _) = with_entry().await;
    let ask = |actor, purpose| pb::GetDirectoryHistoryRequest { actor, purpose };
    let mut ggz = Office::of(&house, GGZ).await;
    let before = events(&house, 0).len();
    let told = ggz.officer.get_directory_history(ask(fg(), REVIEW)).await.unwrap().into_inner();
    assert_eq!(events(&house, before), [LOOK]);
    assert!(told.policy_since.is_some() && told.routing_since.is_some());
    let parts: std::collections::BTreeSet<_> =
        told.changes.iter().map(pb::DirectoryChange::part).map(i32::from).collect();
    assert_eq!(parts.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
    let rules = told.changes.iter().find(|one| one.part() == pb::DirectoryPart::PolicyPack);
    assert_ne!(rules.unwrap().version, "");
    let refused = ggz.officer.get_directory_history(ask(worker(), REVIEW)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let refused = ggz.officer.get_directory_history(ask(fg(), 1)).await.unwrap_err();
    assert_eq!(wrong(&refused), one("purpose", "PURPOSE_NOT_ALLOWED"));
}

#[tokio::test]
async fn an_officer_learns_how_much_each_organisation_calls() {
    let (house, _) = with_entry().await;
    let ask = |actor| pb::GetDirectoryHistoryRequest { actor, purpose: REVIEW };
    let mut ggz = Office::of(&house, GGZ).await;
    let refused = ggz.officer.get_directory_history(ask(worker())).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let mut calls = Vec::new();
    for step in 0..3 {
        let told = ggz.officer.get_directory_history(ask(fg())).await.unwrap().into_inner();
        calls.push(told.calls.into_iter().find(|one| one.oin == GGZ).unwrap());
        // What is kept and what was counted since are one.
        if step == 1 {
            house.gateway.keep_calls().await.unwrap();
        }
    }
    let counts: Vec<_> = calls.iter().map(|one| one.counts.clone().unwrap()).collect();
    let counted: Vec<_> =
        counts.iter().map(|one| (one.call_count, one.refused_count, one.failed_count)).collect();
    assert_eq!(counted, [(1, 1, 0), (2, 1, 0), (3, 1, 0)]);
    assert!(counts[0].client.starts_with("tonic/"), "{calls:?}");
    assert!(calls[0].last_seen_at.is_some());
    let ggz_oin: Oin = GGZ.parse().unwrap();
    let stream = house.gateway.count_stream(&ggz_oin);
    let mut streams = Vec::new();
    let other = house.gateway.count_stream(&ggz_oin);
    for gone in [Some(stream), Some(other), None] {
        let told = ggz.officer.get_directory_history(ask(fg())).await.unwrap().into_inner();
        let ggz = told.calls.into_iter().find(|one| one.oin == GGZ).unwrap();
        streams.push(ggz.counts.unwrap().open_stream_count);
        drop(gone);
    }
    assert_eq!(streams, [2, 1, 0]);
    // Seven days later they are not of the last seven days; when it was seen last stays known.
    house.gateway.keep_calls().await.unwrap();
    let later = house.gateway.clock().now().plus(Duration::from_hours(7 * 24));
    house.gateway.clock().set(later);
    let mut region = Office::of(&house, REGION).await;
    let told = region.officer.get_directory_history(ask(fg())).await.unwrap().into_inner();
    let old = told.calls.iter().find(|one| one.oin == GGZ).unwrap();
    let of_old = old.counts.as_ref().unwrap();
    assert_eq!((of_old.call_count, &of_old.client), (0, &counts[0].client));
    assert!(old.last_seen_at.unwrap().seconds < seconds(later));
    let stranger: Oin = "00000099000000777000".parse().unwrap();
    house.gateway.count_call(&stranger, "x", Ended::Answered);
    let _open = house.gateway.count_stream(&stranger);
    let told = region.officer.get_directory_history(ask(fg())).await.unwrap().into_inner();
    assert!(told.calls.iter().all(|one| one.oin != stranger.as_str()), "{:?}", told.calls);
}

/// A probe asks every few seconds, and says nothing about work.
#[tokio::test]
async fn who_only_asks_after_the_health_of_the_gateway_is_not_counted() {
    let house = House::open().await;
    let mut health = HealthClient::new(house.connect(POLICE).await);
    let all = HealthCheckRequest { service: String::new() };
    drop(health.check(all.clone()).await.unwrap());
    let mut watch = health.watch(all).await.unwrap().into_inner();
    assert!(watch.message().await.unwrap().is_some());
    let ask = pb::GetDirectoryHistoryRequest { actor: fg(), purpose: REVIEW };
    let mut region = Office::of(&house, REGION).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let answer = region.officer.get_directory_history(ask.clone()).await.unwrap().into_inner();
        let one = answer.calls.into_iter().find(|one| one.oin == POLICE);
        told.push(one.map(|one| one.counts.unwrap().call_count));
        let mut police = Office::of(&house, POLICE).await;
        police.officer.get_directory_history(ask.clone()).await.unwrap();
    }
    assert_eq!(told, [None, Some(1)]);
}

#[tokio::test]
async fn who_calls_and_has_a_stream_open_is_seen_before_a_call_ends() {
    let house = House::open().await;
    let ask = pb::GetDirectoryHistoryRequest { actor: fg(), purpose: REVIEW };
    let mut region = Office::of(&house, REGION).await;
    let police: Oin = POLICE.parse().unwrap();
    let mut told = Vec::new();
    for step in 0..4 {
        let stream = (step == 2).then(|| house.gateway.count_stream(&police));
        if step == 1 {
            house.gateway.see_caller(&police, "grpc-go/1.70");
            house.gateway.keep_calls().await.unwrap();
        }
        if step > 0 {
            let answer = region.officer.get_directory_history(ask.clone()).await.unwrap();
            let calls = answer.into_inner().calls;
            let one = calls.into_iter().find(|one| one.oin == POLICE).unwrap();
            let ago = seconds(house.gateway.clock().now()) - one.last_seen_at.unwrap().seconds;
            let counts = one.counts.unwrap();
            told.push((ago / 3600, counts.call_count, counts.open_stream_count));
            assert_eq!(counts.client, "grpc-go/1.70");
        } else {
            let answer = region.officer.get_directory_history(ask.clone()).await.unwrap();
            assert!(answer.into_inner().calls.iter().all(|one| one.oin != POLICE));
        }
        drop(stream);
        let later = house.gateway.clock().now().plus(Duration::from_hours(48));
        house.gateway.clock().set(later);
    }
    assert_eq!(told, [(0, 0, 0), (0, 0, 1), (96, 0, 0)]);
    // Also one of whom nothing was ever counted.
    let _stream = house.gateway.count_stream(&GGZ.parse().unwrap());
    let answer = region.officer.get_directory_history(ask).await.unwrap().into_inner();
    let one = answer.calls.into_iter().find(|one| one.oin == GGZ).unwrap();
    assert_eq!(one.last_seen_at.unwrap().seconds, seconds(house.gateway.clock().now()));
    assert_eq!(one.counts.unwrap().open_stream_count, 1);
}

#[tokio::test]
async fn an_officer_of_another_organisation_learns_only_when_it_was_seen() {
    let house = House::open().await;
    let ask = || pb::GetDirectoryHistoryRequest { actor: fg(), purpose: REVIEW };
    house.gateway.count_call(&GGZ.parse().unwrap(), "grpc-go/1.70", Ended::Refused);
    for (oin, sees) in [(POLICE, false), (GGZ, true), (REGION, true)] {
        let mut office = Office::of(&house, oin).await;
        let told = office.officer.get_directory_history(ask()).await.unwrap().into_inner();
        let one = told.calls.iter().find(|one| one.oin == GGZ).unwrap();
        assert!(one.last_seen_at.is_some());
        assert_eq!(one.counts.is_some(), sees, "{oin}: {one:?}");
    }
}

fn seconds(at: crate::domain::time::Timestamp) -> i64 {
    convert::moment(at).seconds
}

#[tokio::test]
async fn a_judgement_that_was_changed_beside_the_ledger_is_told_and_stops_nothing() {
    let (house, _) = with_entry().await;
    let mut police = Office::of(&house, POLICE).await;
    let drawing = police.officer.draw_sample(draw()).await.unwrap().into_inner().drawing.unwrap();
    let drawn = police.officer.get_sample(sample(drawing.clone())).await.unwrap().into_inner();
    let (index, other) = (drawn.disclosures[0].index, drawn.disclosures[1].index);
    drop(police.officer.judge_sample_entry(judge(&drawing, index)).await.unwrap());
    let mut seen = async || {
        let seen = police.officer.get_sample(sample(drawing.clone())).await.unwrap();
        let [judgement] = &seen.into_inner().judgements[..] else { panic!("one judgement") };
        (judgement.changed, judgement.grounds.clone())
    };
    assert_eq!(seen().await, (false, "Waarom zo laat?".to_owned()));
    let other = other.to_string();
    for (column, value) in [
        ("verdict", "1"),
        ("verdict", "99"),
        ("user_id", "'fg-9'"),
        ("user_id", "''"),
        ("judged_at", "judged_at + 1"),
        ("judged_idx", other.as_str()),
        ("group_id", "zeroblob(16)"),
        ("content", "x'00'"),
        ("subject", "NULL"),
        ("subject", "zeroblob(32)"),
    ] {
        let change = ("sample_judgements", column, value);
        let told = house.while_changed(change, &mut seen).await;
        assert_eq!(told, (true, String::new()), "{change:?}");
    }
    assert!(!seen().await.0);
}
