//! Exports over the wire: data, then the manifest, then nothing.

use aws_lc_rs::digest::{SHA256, digest};
use futures_util::future::join_all;
use tonic::Streaming;

use super::inbox::submitted_of;
use super::support::within;
use super::*;
use crate::domain::organisation::{Actor, UserRole};
use crate::domain::time::Timestamp;
use crate::gateway::disclosures::SearchDraft;
use pb::disclosure_service_client::DisclosureServiceClient;
use pb::export_disclosures_response::Part;

fn request(format: pb::ExportFormat) -> pb::ExportDisclosuresRequest {
    let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let period = pb::Period { start_time: at(0), end_time: at(4_000_000_000) };
    pb::ExportDisclosuresRequest {
        actor: actor("fg-1", pb::UserRole::PrivacyOfficer),
        purpose: pb::Purpose::PrivacyReview.into(),
        filter: Some(pb::DisclosureFilter { period: Some(period), ..Default::default() }),
        format: format.into(),
        tree_size: 0,
    }
}

async fn begin(
    house: &House,
    oin: &str,
    request: pb::ExportDisclosuresRequest,
) -> Result<Streaming<pb::ExportDisclosuresResponse>, Status> {
    let mut client = DisclosureServiceClient::new(house.connect(oin).await);
    Ok(client.export_disclosures(request).await?.into_inner())
}

#[tokio::test]
async fn an_export_is_data_then_its_manifest_then_nothing() {
    let house = House::open().await;
    submitted_of(&house, 12).await;
    let mut stream = begin(&house, STEUNPUNT, request(pb::ExportFormat::Nen7513Csv)).await.unwrap();
    let mut data = Vec::new();
    let manifest = loop {
        match within(stream.message()).await.unwrap().unwrap().part.unwrap() {
            Part::Data(more) => data.extend(more),
            Part::Manifest(manifest) => break manifest,
        }
    };
    assert!(within(stream.message()).await.unwrap().is_none());
    let rows = String::from_utf8(data.clone()).unwrap().matches("\r\n").count() - 1;
    assert!(rows > 1);
    assert_eq!(manifest.count, i64::try_from(rows).unwrap());
    assert_eq!(manifest.size_bytes, i64::try_from(data.len()).unwrap());
    assert_eq!(manifest.sha256, digest(&SHA256, &data).as_ref());
    assert_eq!(manifest.format(), pb::ExportFormat::Nen7513Csv);
    assert_eq!((&*manifest.requester_oin, &*manifest.requester_user_id), (STEUNPUNT, "fg-1"));
    assert!(manifest.first_index.unwrap() < manifest.last_index.unwrap());
    assert!(manifest.checkpoint.starts_with("ketenpoort.example/test\n"));
    assert_eq!(manifest.period.unwrap().end_time.unwrap().seconds, 4_000_000_000);
}

#[tokio::test]
async fn whoever_is_no_officer_or_asks_for_nothing_gets_no_stream() {
    let house = House::open().await;
    let mut worker = request(pb::ExportFormat::Csv);
    worker.actor = actor("sp-1", pb::UserRole::CaseWorker);
    let refused = begin(&house, STEUNPUNT, worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let unknown = request(pb::ExportFormat::Unspecified);
    let refused = begin(&house, STEUNPUNT, unknown).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let negative = pb::ExportDisclosuresRequest { tree_size: -1, ..request(pb::ExportFormat::Csv) };
    let refused = begin(&house, STEUNPUNT, negative).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

/// Every look is an entry; those that come together share a commit.
async fn many_entries(house: &House, count: usize) {
    let caller = house.gateway.admit(&STEUNPUNT.parse().unwrap(), None).unwrap();
    let officer = caller.act(Actor {
        user_id: "fg-1".parse().unwrap(),
        role: UserRole::PrivacyOfficer,
        on_behalf_of: None,
    });
    let draft = SearchDraft {
        purpose: pb::Purpose::PrivacyReview.into(),
        case_ref: "VVT-2026-000123".to_owned(),
        from: Some(Timestamp::EPOCH),
        until: Timestamp::from_micros(1_000_000),
        ..SearchDraft::default()
    };
    // As many at once as wait for the ledger without being turned away.
    for _ in 0..count / 500 {
        let looks =
            (0..500).map(|_| house.gateway.search_disclosures(&officer, draft.clone(), None, 1));
        for look in join_all(looks).await {
            look.unwrap();
        }
    }
}

#[tokio::test]
async fn a_revoked_certificate_gets_no_further_part_and_no_manifest() {
    let house = House::open().await;
    // More than the connection takes before somebody reads.
    many_entries(&house, 3_000).await;
    let mut stream = begin(&house, STEUNPUNT, request(pb::ExportFormat::JsonLines)).await.unwrap();
    let first = within(stream.message()).await.unwrap().unwrap().part.unwrap();
    assert!(matches!(first, Part::Data(_)));
    house.live.store(false, Ordering::SeqCst);
    let ended = loop {
        match within(stream.message()).await {
            Ok(message) => {
                let part = message.expect("it ends with an error").part.unwrap();
                assert!(matches!(part, Part::Data(_)), "no manifest comes");
            }
            Err(status) => break status,
        }
    };
    assert_eq!(ended.code(), Code::Unauthenticated);
}
