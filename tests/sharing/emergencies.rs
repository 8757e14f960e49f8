//! What overrides a no: declared, reviewed, and closed by itself (DOMAIN §4.4).

use ketenpoort::domain::review::JudgementDraft;

use super::*;

const PRIVACY_REVIEW: i32 = 5;

#[tokio::test]
async fn what_overrides_a_no_is_declared_reviewed_and_closes_by_itself() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    house.withdraw(&consents[1], "father", 1).await.unwrap();
    let call = director(&house);
    let about_him = ShareDraft { person_keys: vec!["father".to_owned()], ..notice_of_report() };
    let silent = share(&house, &call, about_him.clone()).await;
    assert_eq!(reason(silent), DenialReason::EmergencyRequired);
    let declared = ShareDraft { emergency: Some(emergency(&house)), ..about_him };
    let shared = share(&house, &call, declared).await.unwrap();
    assert!(shared.contains("reviewed 2"), "{shared}");
    assert_eq!(count(&house, EventCode::BreakGlassDeclared).await, 1);

    let mut tx = house.db().await.read().await.unwrap();
    let queue = ReviewQuery { party: None, open_only: true, after: None };
    let reviews = tx.reviews(&queue, 10).await.unwrap();
    assert_eq!(reviews.len(), 1);
    let kind = DeadlineKind::Review;
    let term = tx.deadline(kind, reviews[0].review_id.as_bytes()).await.unwrap().unwrap();
    assert_eq!((term.due_at, term.met_at), (reviews[0].due_at, None), "its term is watched");
    drop(tx);
    assert_eq!(reviews[0].discloser_oin.as_str(), STEUNPUNT);
    assert_eq!(reviews[0].recipient_oin.as_str(), GGZ);

    let officer = house.call(STEUNPUNT, UserRole::PrivacyOfficer);
    let opened =
        house.gateway.review(&officer, PRIVACY_REVIEW, reviews[0].review_id).await.unwrap();
    let gravity = opened.declared.unwrap().evidence.gravity_text.unwrap();
    assert_eq!(
        gravity.as_str(),
        "Er zijn kinderen in huis.",
        "reviewers judge on what was weighed"
    );

    assert_eq!(read(&house, GGZ, &shared).await.unwrap(), "1 people: ");
    assert_eq!(house.gateway.end_emergencies().await.unwrap(), 0, "it lasts");
    house.gateway.clock().set(at("2026-03-13T00:53:00Z"));
    let refused = read(&house, GGZ, &shared).await;
    assert_eq!(reason(refused), DenialReason::EmergencyRequired);
    assert_eq!(count(&house, EventCode::BreakGlassEnded).await, 1);
    assert!(read(&house, GGZ, &shared).await.is_err());
    assert_eq!(house.gateway.end_emergencies().await.unwrap(), 0, "its end is written once");
    assert_eq!(count(&house, EventCode::BreakGlassEnded).await, 1);
}

/// DOMAIN §4.4: whoever plans to tell those concerned does, or is told that the day has passed.
#[tokio::test]
async fn the_day_on_which_those_concerned_are_told_is_watched() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let informed = Some(ClientInformedDraft::Planned("2026-03-20".to_owned()));
    let declared = EmergencyDraft { client_informed: informed, ..emergency(&house) };
    let draft = ShareDraft { emergency: Some(declared), ..notice_of_report() };
    let given = share(&house, &director(&house), draft).await.unwrap();
    let tell = async |oin: &str| {
        let call = acting(&house, oin, "sp-0147", UserRole::ProcessDirector);
        let told = (share_id(&given), house.gateway.clock().now());
        let request = new_request("RecordClientInformed");
        let encode = |told: &ClientTold| (told.informed_at <= told.due_at).to_string().into_bytes();
        house.gateway.record_client_informed(&call, &request, told, encode).await
    };
    let foreign = tell(GGZ).await;
    assert!(matches!(foreign, Err(Error::Denied { reason: None })), "{foreign:?}");
    house.gateway.clock().set(at("2026-03-20T23:00:00Z"));
    let missed = house.gateway.sweep_deadlines().await.unwrap().missed;
    let of = |kind| missed.iter().filter(|one| one.kind == kind).count();
    assert_eq!((of(DeadlineKind::InformClient), of(DeadlineKind::Review)), (1, 1));
    let before = count(&house, EventCode::InformingRecorded).await;
    assert_eq!(tell(STEUNPUNT).await.unwrap(), b"false", "late, and told all the same");
    assert!(count(&house, EventCode::InformingRecorded).await > before);
    let again = tell(STEUNPUNT).await;
    assert!(matches!(again, Err(Error::Precondition(_))), "{again:?}");
}

/// Wmo 2015 art. 5.3.1: who does not tell those concerned now is reminded of it within four weeks.
#[tokio::test]
async fn not_telling_those_concerned_has_an_end_that_is_watched() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let informed = Some(ClientInformedDraft::Not("Brengt de kinderen in gevaar.".to_owned()));
    let declared = EmergencyDraft { client_informed: informed, ..emergency(&house) };
    let draft = ShareDraft { emergency: Some(declared), ..notice_of_report() };
    share(&house, &director(&house), draft).await.unwrap();
    let missed = async || house.gateway.sweep_deadlines().await.unwrap().missed;
    let is_it = |kind: DeadlineKind| kind == DeadlineKind::InformClient;
    house.gateway.clock().set(at("2026-04-09T21:59:58Z"));
    let early = missed().await;
    assert!(!early.iter().any(|one| is_it(one.kind)), "{early:?}");
    house.gateway.clock().set(at("2026-04-09T22:00:01Z"));
    assert!(missed().await.iter().any(|one| is_it(one.kind)));
}

/// DOMAIN §4.4: an overdue review escalates, through the stream of the discloser and in the ledger.
#[tokio::test]
async fn an_overdue_review_is_told_to_the_discloser_once() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let draft = ShareDraft { emergency: Some(emergency(&house)), ..notice_of_report() };
    share(&house, &director(&house), draft).await.unwrap();
    house.gateway.clock().set(at("2026-03-19T23:00:01Z"));
    let before = count(&house, EventCode::DeadlineMissed).await;
    let told = house.gateway.sweep_deadlines().await.unwrap().missed;
    let review = told.iter().filter(|one| one.kind == DeadlineKind::Review).count();
    assert_eq!(review, 1);
    assert!(count(&house, EventCode::DeadlineMissed).await > before);
    let desk = house.gateway.admit(&STEUNPUNT.parse().unwrap(), None).unwrap();
    let notices = house.gateway.notices(&desk, BEFORE_ALL, 100).await.unwrap();
    let of_review = |content: &NoticeContent| {
        matches!(content, NoticeContent::DeadlineMissed { deadline: DeadlineKind::Review, .. })
    };
    assert_eq!(notices.iter().filter(|notice| of_review(&notice.content)).count(), 1);
    let again = house.gateway.sweep_deadlines().await.unwrap().missed;
    assert!(!again.iter().any(|one| one.kind == DeadlineKind::Review), "told once");
}

#[tokio::test]
async fn an_end_that_nobody_looks_at_is_written_down_all_the_same() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let declared = ShareDraft { emergency: Some(emergency(&house)), ..notice_of_report() };
    let shared = share(&house, &director(&house), declared).await.unwrap();
    assert!(shared.contains("reviewed 8"), "declared in vain, and reviewed: {shared}");
    house.gateway.clock().set(at("2026-03-13T00:53:00Z"));
    assert_eq!(house.gateway.end_emergencies().await.unwrap(), 1);
    assert_eq!(count(&house, EventCode::BreakGlassEnded).await, 4);
    assert!(read(&house, GGZ, &shared).await.is_err());
    assert_eq!(count(&house, EventCode::BreakGlassEnded).await, 4);
}

#[tokio::test]
async fn vital_interest_because_somebody_refused_is_told_which_basis_fits() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let draft = ShareDraft {
        basis: VITAL,
        evidence: BasisEvidenceDraft::default(),
        emergency: Some(emergency(&house)),
        ..notice_of_report()
    };
    // One line for everybody it is about, as for every other denial.
    let about = |keys: &[&str]| ShareDraft {
        person_keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        ..draft.clone()
    };
    for (call, keys, people) in [
        (director(&house), &[][..], 4),
        (director(&house), &["father", "son"], 2),
        // Nobody learns whether there is such a case, nor is anybody of it told.
        (director(&house), &["aunt"], 1),
        (house.call(SHELTER, UserRole::CaseWorker), &[], 1),
    ] {
        let before = count(&house, EventCode::AccessDenied).await;
        let refused = share(&house, &call, about(keys)).await;
        assert_eq!(reason(refused), DenialReason::VitalInterestNeedsIncapacity);
        assert_eq!(count(&house, EventCode::AccessDenied).await, before + people, "{keys:?}");
    }
}

/// DOMAIN §4.4 has two officers for a conflict of duties; a region may have them for every emergency. What its
/// rules were at the declaration stays with the review.
#[tokio::test]
async fn two_officers_judge_where_the_region_said_so_at_the_declaration() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    let rules = include_str!("../../certs-example/haaglanden-1.toml");
    let organisations = include_str!("../../certs-example/directory.toml");
    let activate = async |version: &str, always: &str| {
        let pack = rules
            .replacen("version = \"haaglanden-1\"", &format!("version = \"{version}\""), 1)
            .replacen("two_reviewers_always = false", always, 1);
        let file = ketenpoort::cli::directory::from_texts(organisations, &pack).unwrap();
        house.gateway.activate_directory(file).await.unwrap();
    };
    let waiting = async || {
        let query = ReviewQuery { party: None, open_only: true, after: None };
        house.db().await.read().await.unwrap().reviews(&query, 9).await.unwrap()
    };
    activate("haaglanden-2", "two_reviewers_always = true").await;
    let draft = ShareDraft { emergency: Some(emergency(&house)), ..notice_of_report() };
    share(&house, &director(&house), draft).await.unwrap();
    activate("haaglanden-3", "two_reviewers_always = false").await;
    for (user, left) in [("u-8", 1), ("u-9", 0)] {
        let motivation = "Er kon niet worden gewacht.".to_owned();
        let judgement = JudgementDraft { verdict: 1, motivation }.parse().unwrap();
        let (call, request) =
            (house.call_of(STEUNPUNT, user, UserRole::PrivacyOfficer), new_request("DecideReview"));
        let judged = (waiting().await[0].review_id, judgement);
        house.gateway.decide_review(&call, &request, judged, |_| Vec::new()).await.unwrap();
        assert_eq!(waiting().await.len(), left, "after {user}");
    }
}
