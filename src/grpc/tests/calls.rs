//! Calls with one answer.

use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::support::within;
use super::*;
use pb::case_service_client::CaseServiceClient;
use pb::consent_service_client::ConsentServiceClient;
use pb::directory_service_client::DirectoryServiceClient;
use pb::disclosure_service_client::DisclosureServiceClient;
use pb::referral_service_client::ReferralServiceClient;

#[tokio::test]
async fn a_caller_learns_who_it_is() {
    let house = House::open().await;
    let mut directory = DirectoryServiceClient::new(house.connect(POLICE).await);
    let answer = directory.get_caller(pb::GetCallerRequest {}).await.unwrap().into_inner();
    let organisation = answer.organisation.unwrap();
    assert_eq!((organisation.oin.as_str(), organisation.role), (POLICE, 1));
    assert_eq!(answer.certificate_fingerprint.len(), 64);
    assert!(answer.ledger_vkey.starts_with("ketenpoort.example/test+"));
}

#[tokio::test]
async fn whoever_is_not_admitted_hears_the_same() {
    let house = House::open().await;
    let mut stranger = DirectoryServiceClient::new(house.connect(STRANGER).await);
    let unknown = stranger.get_caller(pb::GetCallerRequest {}).await.unwrap_err();
    let mut police = DirectoryServiceClient::new(house.connect(POLICE).await);
    house.live.store(false, Ordering::SeqCst);
    let revoked = police.get_caller(pb::GetCallerRequest {}).await.unwrap_err();
    assert_eq!(
        (unknown.code(), reason(&unknown)),
        (Code::Unauthenticated, "CALLER_NOT_ADMITTED".to_owned())
    );
    assert_eq!((unknown.message(), unknown.details()), (revoked.message(), revoked.details()));
}

#[tokio::test]
async fn organisations_come_in_pages() {
    let house = House::open().await;
    let mut directory = DirectoryServiceClient::new(house.connect(GGZ).await);
    let mut request = pb::ListOrganisationsRequest { page_size: 3, page_token: String::new() };
    let mut seen = Vec::new();
    loop {
        let page = directory.list_organisations(request.clone()).await.unwrap().into_inner();
        assert!(page.organisations.len() <= 3);
        seen.extend(page.organisations.into_iter().map(|organisation| organisation.oin));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let known: Vec<_> =
        house.gateway.directory().organisations().map(|known| known.oin().to_string()).collect();
    assert_eq!(seen, known);
    let mut other = DirectoryServiceClient::new(house.connect(POLICE).await);
    let refused = other.list_organisations(request).await.unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_MISMATCH");
}

#[tokio::test]
async fn a_referral_is_submitted_once_and_answered_the_same_again() {
    let house = House::open().await;
    let mut police = ReferralServiceClient::new(house.connect(POLICE).await);
    let request = submission();
    let first = police.submit_referral(request.clone()).await.unwrap().into_inner();
    let again = police.submit_referral(request.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(first.entries.len(), 2);
    assert_eq!(first.status.as_ref().unwrap().recipient_oin, STEUNPUNT);
    assert_eq!(first.decision.unwrap().subjects.len(), 2);

    let mut other = request;
    other.referral.as_mut().unwrap().facts = "Something else.".to_owned();
    let reused = police.submit_referral(other).await.unwrap_err();
    assert_eq!(
        (reused.code(), reason(&reused)),
        (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned())
    );

    let referral_id = first.status.unwrap().referral_id;
    let status = pb::GetReferralStatusRequest { referral_id };
    police.get_referral_status(status.clone()).await.unwrap();
    let mut steunpunt = ReferralServiceClient::new(house.connect(STEUNPUNT).await);
    let hidden = steunpunt.get_referral_status(status).await.unwrap_err();
    let missing = pb::GetReferralStatusRequest { referral_id: new_id() };
    let missing = steunpunt.get_referral_status(missing).await.unwrap_err();
    assert_eq!((hidden.code(), hidden.details()), (missing.code(), missing.details()));
}

#[tokio::test]
async fn everything_wrong_is_told_at_once() {
    let house = House::open().await;
    let mut police = ReferralServiceClient::new(house.connect(POLICE).await);
    let mut request = submission();
    request.request_id = "x".to_owned();
    request.actor = None;
    let referral = request.referral.as_mut().unwrap();
    referral.reported_at = Some(prost_types::Timestamp { seconds: -1, nanos: 0 });
    referral.persons[1].bsn = "123456789".to_owned();
    let refused = police.submit_referral(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(!String::from_utf8_lossy(refused.details()).contains("123456789"));
    let details = refused.get_error_details();
    let found: Vec<_> = details
        .bad_request()
        .unwrap()
        .field_violations
        .iter()
        .map(|v| (v.field.as_str(), v.reason.as_str()))
        .collect();
    let expected = [
        ("request_id", "UUID"),
        ("actor.user_id", "REQUIRED"),
        ("actor.role", "REQUIRED"),
        ("referral.reported_at", "TIMESTAMP"),
        ("referral.persons[1].bsn", "BSN_ELEVEN_TEST"),
        ("referral.persons[1].bsn_ground", "REQUIRED"),
    ];
    assert_eq!(found, expected);
}

/// Names of the fields that a refusal complains about.
fn wrong_fields(refused: &Status) -> Vec<String> {
    assert_eq!(refused.code(), Code::InvalidArgument);
    let details = refused.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    violations.iter().map(|violation| violation.field.clone()).collect()
}

const ACT: [&str; 3] = ["request_id", "actor.user_id", "actor.role"];

#[tokio::test]
async fn an_empty_message_is_told_every_field_it_lacks() {
    let house = House::open().await;
    let channel = house.connect(STEUNPUNT).await;
    let mut cases = CaseServiceClient::new(channel.clone());
    let mut consents = ConsentServiceClient::new(channel);
    let refused = cases.create_case(pb::CreateCaseRequest::default()).await.unwrap_err();
    let header = ["case_ref", "referral_id", "process_director_user_id", "manager_user_id"];
    assert_eq!(wrong_fields(&refused), [&ACT[..], &header].concat());
    let refused = cases.request_summary(pb::RequestSummaryRequest::default()).await.unwrap_err();
    let fields = wrong_fields(&refused);
    for field in [&ACT[..], &["case_ref", "author_oin", "purpose", "basis"]].concat() {
        assert!(fields.iter().any(|found| found == field), "{field} is not in {fields:?}");
    }
    let refused =
        consents.withdraw_consent(pb::WithdrawConsentRequest::default()).await.unwrap_err();
    let own = ["consent_id", "withdrawn_by_person_key", "capacity", "channel"];
    assert_eq!(wrong_fields(&refused), [&ACT[..], &own].concat());
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused() {
    let house = House::open().await;
    let mut police = ReferralServiceClient::new(house.connect(POLICE).await);
    let mut request = submission();
    request.referral.as_mut().unwrap().facts = "x".repeat(2 * 1024 * 1024);
    let refused = police.submit_referral(request).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::ResourceExhausted, "LIMIT_EXCEEDED".to_owned())
    );
}

#[tokio::test]
async fn a_receipt_is_proven_to_any_organisation() {
    let house = House::open().await;
    let mut police = ReferralServiceClient::new(house.connect(POLICE).await);
    let submitted = police.submit_referral(submission()).await.unwrap().into_inner();
    let mut proofs = DisclosureServiceClient::new(house.connect(GGZ).await);
    let latest =
        proofs.get_checkpoint(pb::GetCheckpointRequest::default()).await.unwrap().into_inner();
    let index = submitted.entries[0].index;
    let request = pb::GetInclusionProofRequest { index, tree_size: latest.tree_size };
    let proof = proofs.get_inclusion_proof(request).await.unwrap().into_inner();
    assert_eq!(proof.root_hash, latest.root_hash);
    let request = pb::GetInclusionProofRequest { index: -1, tree_size: 0 };
    let refused = proofs.get_inclusion_proof(request).await.unwrap_err();
    assert_eq!(
        refused.get_error_details().bad_request().unwrap().field_violations[0].field,
        "index"
    );
    let request =
        pb::GetConsistencyProofRequest { first_tree_size: 1, second_tree_size: latest.tree_size };
    let extended = proofs.get_consistency_proof(request).await.unwrap().into_inner();
    assert_eq!(extended.second_root_hash, latest.root_hash);
}

#[tokio::test]
async fn health_serves_every_service_and_ends_its_watches_when_stopping() {
    let house = House::open().await;
    let mut health = HealthClient::new(house.connect(POLICE).await);
    for service in methods::service_names().into_iter().chain([""]) {
        let request = HealthCheckRequest { service: service.to_owned() };
        // The first report is made by a task of its own.
        let answer = within(async {
            loop {
                match health.check(request.clone()).await {
                    Ok(answer) => return answer.into_inner(),
                    Err(_not_yet) => tokio::task::yield_now().await,
                }
            }
        })
        .await;
        assert_eq!(answer.status(), ServingStatus::Serving);
    }
    let all = HealthCheckRequest { service: String::new() };
    let mut watch = health.watch(all).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    house.stop();
    let last = within(watch.message()).await.unwrap().unwrap();
    assert_eq!(last.status(), ServingStatus::NotServing);
    assert!(within(watch.message()).await.unwrap().is_none());
    house.stopped().await.unwrap();
}
