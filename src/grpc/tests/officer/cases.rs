//! Consents of a case with their history, its people, and one request of a data subject.

use super::*;
use pb::case_service_client::CaseServiceClient;
use pb::consent_service_client::ConsentServiceClient;

const CASE: &str = "VVT-2026-000777";
/// Shortly after everything that was signed, and before the clock.
const SIGNED: &str = "2026-03-12T00:50:00Z";

fn director() -> Option<pb::Actor> {
    actor("sp-0147", pb::UserRole::ProcessDirector)
}

/// A case of a mother and her son with the GGZ in its team; the mother agrees, and the GGZ was told.
async fn with_case() -> (House, pb::Consent) {
    let house = House::open().await;
    let submitted = submission();
    let referral_id = submitted.referral.as_ref().unwrap().referral_id.clone();
    let mut police = ReferralServiceClient::new(house.connect(POLICE).await);
    police.submit_referral(submitted).await.unwrap();
    take_in(&house).await;
    let channel = house.connect(STEUNPUNT).await;
    let triage = pb::RecordTriageRequest {
        request_id: new_id(),
        actor: director(),
        referral_id: referral_id.clone(),
        outcome: pb::TriageOutcome::VvtTeam.into(),
    };
    ReferralServiceClient::new(channel.clone()).record_triage(triage).await.unwrap();
    let mut cases = CaseServiceClient::new(channel.clone());
    let representation = pb::Representation {
        person_key: "son".to_owned(),
        representative_key: "mother".to_owned(),
        capacity: pb::Capacity::ParentWithAuthority.into(),
    };
    let create = pb::CreateCaseRequest {
        request_id: new_id(),
        actor: director(),
        case_ref: CASE.to_owned(),
        referral_id,
        process_director_user_id: "sp-0147".to_owned(),
        manager_user_id: "sp-0012".to_owned(),
        representations: vec![representation],
        incapacities: Vec::new(),
    };
    cases.create_case(create).await.unwrap();
    let join = pb::AddCaseTeamMemberRequest {
        request_id: new_id(),
        actor: director(),
        case_ref: CASE.to_owned(),
        member_oin: GGZ.to_owned(),
        kind: pb::MemberKind::Core.into(),
        ..pb::AddCaseTeamMemberRequest::default()
    };
    cases.add_case_team_member(join).await.unwrap();
    let record = pb::RecordConsentRequest {
        request_id: new_id(),
        actor: director(),
        consent: Some(agreed()),
        refused: false,
    };
    let recorded = ConsentServiceClient::new(channel).record_consent(record).await.unwrap();
    (house, recorded.into_inner().consent.unwrap())
}

fn agreed() -> pb::Consent {
    pb::Consent {
        case_ref: CASE.to_owned(),
        person_key: "mother".to_owned(),
        source_oin: STEUNPUNT.to_owned(),
        recipient_oin: GGZ.to_owned(),
        purpose: pb::Purpose::CareCoordination.into(),
        categories: vec![pb::Category::Identification.into()],
        grantors: vec![pb::Grantor {
            person_key: "mother".to_owned(),
            capacity: pb::Capacity::Self_.into(),
            signed_at: moment(SIGNED),
        }],
        evidence: Some(pb::Evidence {
            kind: pb::EvidenceKind::SignedPaper.into(),
            document_ref: "scan-000123".to_owned(),
            document_sha256: vec![7; 32],
            captured_by_user_id: "sp-0147".to_owned(),
            captured_at: moment(SIGNED),
            language: "nl".to_owned(),
            policy_version_uri: "https://vvt.example/toestemming/2026-1".to_owned(),
            witness_user_id: String::new(),
        }),
        information_given: vec![1, 2, 3, 4],
        ..pb::Consent::default()
    }
}

fn history() -> pb::GetConsentHistoryRequest {
    pb::GetConsentHistoryRequest {
        actor: fg(),
        purpose: REVIEW,
        case_ref: CASE.to_owned(),
        ..pb::GetConsentHistoryRequest::default()
    }
}

#[tokio::test]
async fn the_history_of_a_consent_tells_what_was_said_by_whom_and_what_counted_then() {
    let (house, consent) = with_case().await;
    let mut steunpunt = ConsentServiceClient::new(house.connect(STEUNPUNT).await);
    house.gateway.clock().set("2026-03-13T10:00:00Z".parse().unwrap());
    let withdraw = pb::WithdrawConsentRequest {
        request_id: new_id(),
        actor: director(),
        consent_id: consent.consent_id.clone(),
        withdrawn_by_person_key: "mother".to_owned(),
        capacity: pb::Capacity::Self_.into(),
        channel: pb::WithdrawalChannel::Phone.into(),
    };
    steunpunt.withdraw_consent(withdraw).await.unwrap();
    let before = events(&house, 0).len();
    let told = steunpunt.get_consent_history(history()).await.unwrap().into_inner();
    assert_eq!(events(&house, before), [LOOK]);
    assert_eq!((told.subject_pseudonyms.len(), told.consents.len(), told.cut), (2, 1, false));
    let life = &told.consents[0];
    let mother = &told.subject_pseudonyms[0];
    assert_eq!((&life.consent_id, &life.subject_pseudonym), (&consent.consent_id, mother));
    assert_eq!((life.source_oin.as_str(), life.recipient_oin.as_str()), (STEUNPUNT, GGZ));
    assert_eq!(life.categories, [i32::from(pb::Category::Identification)]);
    assert_eq!(life.state(), pb::ConsentState::Withdrawn);
    let [given, taken_back] = &life.versions[..] else { panic!("{:?}", life.versions) };
    assert_eq!(given.state(), pb::ConsentState::Active);
    assert_eq!(given.evidence_kind(), pb::EvidenceKind::SignedPaper);
    assert_eq!(given.policy_version_uri, "https://vvt.example/toestemming/2026-1");
    assert_eq!(given.signers[0].capacity(), pb::Capacity::Self_);
    assert_eq!(taken_back.state(), pb::ConsentState::Withdrawn);
    assert_eq!(taken_back.channel(), pb::WithdrawalChannel::Phone);
    assert_eq!(taken_back.signers[0].subject_pseudonym, *mother);
    assert_eq!(taken_back.recorded_by_user_id, "sp-0147");

    let then = pb::GetConsentHistoryRequest { as_of: moment("2026-03-13T09:00:00Z"), ..history() };
    let then = steunpunt.get_consent_history(then).await.unwrap().into_inner();
    assert_eq!(then.consents[0].state(), pb::ConsentState::Active);
    let not_yet =
        pb::GetConsentHistoryRequest { as_of: moment("2026-03-01T00:00:00Z"), ..history() };
    let not_yet = steunpunt.get_consent_history(not_yet).await.unwrap().into_inner();
    assert_eq!(not_yet.consents[0].state(), pb::ConsentState::Unspecified);
    let about =
        |who: &String| pb::GetConsentHistoryRequest { subject_pseudonym: who.clone(), ..history() };
    let son = steunpunt.get_consent_history(about(&told.subject_pseudonyms[1])).await.unwrap();
    assert_eq!(son.into_inner().consents, []);
    let hers = steunpunt.get_consent_history(about(mother)).await.unwrap();
    assert_eq!(hers.into_inner().consents, told.consents);
}

#[tokio::test]
async fn consents_are_told_to_officers_of_those_who_took_part_and_precisely_refused() {
    let (house, _) = with_case().await;
    for oin in [GGZ, REGION] {
        let mut known = ConsentServiceClient::new(house.connect(oin).await);
        let told = known.get_consent_history(history()).await.unwrap().into_inner();
        assert_eq!(told.consents.len(), 1, "{oin}");
    }
    let before = events(&house, 0).len();
    let mut police = ConsentServiceClient::new(house.connect(POLICE).await);
    let other = police.get_consent_history(history()).await.unwrap_err();
    let elsewhere =
        pb::GetConsentHistoryRequest { case_ref: "VVT-2026-000778".to_owned(), ..history() };
    let missing = police.get_consent_history(elsewhere).await.unwrap_err();
    assert_eq!((other.code(), other.details()), (Code::PermissionDenied, missing.details()));
    let mut ggz = ConsentServiceClient::new(house.connect(GGZ).await);
    let by_worker = pb::GetConsentHistoryRequest { actor: worker(), ..history() };
    let refused = ggz.get_consent_history(by_worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(events(&house, before), [LOOK, LOOK, DENIED]);
    for (request, found) in [
        (
            pb::GetConsentHistoryRequest { as_of: moment("2026-03-20T00:00:00Z"), ..history() },
            one("as_of", "IN_FUTURE"),
        ),
        (
            pb::GetConsentHistoryRequest { purpose: 1, ..history() },
            one("purpose", "PURPOSE_NOT_ALLOWED"),
        ),
        (
            pb::GetConsentHistoryRequest { case_ref: String::new(), ..history() },
            one("case_ref", "REQUIRED"),
        ),
    ] {
        let refused = ggz.get_consent_history(request).await.unwrap_err();
        assert_eq!(wrong(&refused), found);
    }
}

#[tokio::test]
async fn the_people_of_a_case_are_told_by_key_and_without_a_name() {
    let (house, _) = with_case().await;
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    let list = || pb::ListCasePeopleRequest { actor: fg(), case_ref: CASE.to_owned() };
    let before = events(&house, 0).len();
    let people = steunpunt.privacy.list_case_people(list()).await.unwrap().into_inner().people;
    let told: Vec<_> = people.iter().map(|one| (one.person_key.as_str(), one.age_band())).collect();
    assert_eq!(told, [("mother", pb::AgeBand::Adult), ("son", pb::AgeBand::Under12)]);
    assert_eq!(events(&house, before), [LOOK]);
    let mut mee = Office::of(&house, "00000099000000007000").await;
    let refused = mee.privacy.list_case_people(list()).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let by_worker = pb::ListCasePeopleRequest { actor: worker(), ..list() };
    let refused = steunpunt.privacy.list_case_people(by_worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn one_request_is_told_with_what_was_weighed_to_who_answers_it() {
    let (house, _) = with_case().await;
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    let open = pb::OpenDataSubjectRequestRequest {
        request_id: new_id(),
        actor: fg(),
        case_ref: CASE.to_owned(),
        subject_person_key: "mother".to_owned(),
        capacity: pb::Capacity::Self_.into(),
        identity_check: pb::IdentityCheck::Electronic.into(),
        received_at: moment(SIGNED),
        withhold_reporter_motivation: "It is a neighbour.".to_owned(),
        ..pb::OpenDataSubjectRequestRequest::default()
    };
    let opened = steunpunt.privacy.open_data_subject_request(open).await.unwrap().into_inner();
    let opened = opened.data_subject_request.unwrap();
    let get = || pb::GetDataSubjectRequestRequest {
        actor: fg(),
        subject_request_id: opened.subject_request_id.clone(),
    };
    let before = events(&house, 0).len();
    let told = steunpunt.privacy.get_data_subject_request(get()).await.unwrap().into_inner();
    assert_eq!(events(&house, before), [LOOK]);
    assert_eq!(told.verdict_now(), pb::AccessVerdict::Give);
    assert_eq!(told.data_subject_request.as_ref(), Some(&opened));
    let particulars = told.particulars.unwrap();
    assert_eq!(particulars.identity_check(), pb::IdentityCheck::Electronic);
    assert_eq!(particulars.withhold_reporter_motivation, "It is a neighbour.");
    assert_eq!((particulars.objection, particulars.mandate_ref.as_str()), (0, ""));
    let people = pb::ListCasePeopleRequest { actor: fg(), case_ref: CASE.to_owned() };
    let people = steunpunt.privacy.list_case_people(people).await.unwrap().into_inner().people;
    assert_eq!(told.subject_pseudonym, people[0].subject_pseudonym);

    let mut ggz = Office::of(&house, GGZ).await;
    let refused = ggz.privacy.get_data_subject_request(get()).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let by_worker = pb::GetDataSubjectRequestRequest { actor: worker(), ..get() };
    let refused = steunpunt.privacy.get_data_subject_request(by_worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}
