//! Promise 5 over real sockets: the caller is who its certificate says, and nobody else gets in.
//! What the handshake itself refuses (wrong authority, expired, revoked, no certificate, wrong
//! usage) is tested beside the code in `src/tls/tests`; here the whole server decides.
#![cfg(test)]

use std::path::PathBuf;
use std::time::Duration;

use ketenpoort::gateway::Clock;
use ketenpoort::grpc::pb::directory_service_client::DirectoryServiceClient;
use ketenpoort::grpc::pb::{GetCallerRequest, GetCallerResponse};
use ketenpoort::tls::authority::{Kind, RevocationReason, Subject};
use ketenpoort::tls::client::ClientMaterial;
use ketenpoort::tls::development::DevelopmentPki;
use ketenpoort::tls::identity::Validity;
use tonic::{Code, Status};

#[path = "support/server.rs"]
mod server;

use server::Installation;

/// Asks who the caller is, with the credentials of a slug.
async fn get_caller(installation: &Installation, slug: &str) -> Result<GetCallerResponse, Status> {
    let pki = installation.pki();
    let file = |name: String| -> PathBuf { pki.join("client").join(name) };
    let now = Clock::system();
    let clock = ketenpoort::tls::Clock::new(move || now.now());
    let material = ClientMaterial::load(
        &pki.join("ca/root.pem"),
        &file(format!("{slug}.pem")),
        &file(format!("{slug}.key")),
        &clock,
    )
    .unwrap();
    let address = format!("localhost:{}", installation.address().port());
    let channel =
        material.connect(&address).await.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut client = DirectoryServiceClient::new(channel);
    client.get_caller(GetCallerRequest {}).await.map(tonic::Response::into_inner)
}

fn issue(installation: &Installation, slug: &str, oin: &str) {
    let now = Clock::system().now();
    let subject =
        Subject { oin: oin.parse().unwrap(), organisation: "Somebody".to_owned(), unit: None };
    let day = Duration::from_hours(24);
    let validity = Validity { not_before: now.minus(day), not_after: now.plus(day) };
    let mut pki = DevelopmentPki::open(&installation.pki()).unwrap();
    pki.issue_client(slug, &subject, validity).unwrap();
}

#[tokio::test]
async fn the_organisation_is_the_one_in_the_certificate() {
    let installation = Installation::new(None);
    let _server = installation.start();
    for (slug, oin) in [("police", "00000099000000002000"), ("ggz", "00000099000000006000")] {
        let caller = get_caller(&installation, slug).await.unwrap();
        assert_eq!(caller.organisation.unwrap().oin, oin);
    }
    // Looking around changes nothing in the ledger, which can be checked beside the server.
    let verified = installation.run(&["log", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

#[tokio::test]
async fn an_organisation_that_is_not_in_the_directory_is_refused() {
    let installation = Installation::new(None);
    issue(&installation, "stranger", "00000099000000077000");
    let _server = installation.start();
    let refused = get_caller(&installation, "stranger").await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_suspended_organisation_and_one_without_agreement_get_the_same_answer_as_a_stranger() {
    let installation = Installation::new(None);
    issue(&installation, "stranger", "00000099000000077000");
    let file = installation.path().join("directory.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, ggz) = text.split_once("oin = \"00000099000000006000\"").unwrap();
    let ggz = ggz.replacen("standing = \"ACTIVE\"", "standing = \"SUSPENDED\"", 1);
    let (ggz, mee) = ggz.split_once("oin = \"00000099000000007000\"").unwrap();
    let mee = mee.replacen("valid_until = \"2031-12-31\"", "valid_until = \"2026-01-31\"", 1);
    let changed =
        format!("{before}oin = \"00000099000000006000\"{ggz}oin = \"00000099000000007000\"{mee}");
    std::fs::write(&file, changed).unwrap();
    let _server = installation.start();
    let stranger = get_caller(&installation, "stranger").await.unwrap_err();
    for slug in ["ggz", "mee"] {
        let refused = get_caller(&installation, slug).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{slug}");
        assert_eq!(refused.message(), stranger.message());
        assert_eq!(refused.details(), stranger.details());
    }
    get_caller(&installation, "police").await.unwrap();
}

#[tokio::test]
async fn a_revoked_certificate_is_refused() {
    let installation = Installation::new(None);
    {
        let mut pki = DevelopmentPki::open(&installation.pki()).unwrap();
        let serial = pki.serial(Kind::Client, "police").unwrap();
        let now = Clock::system().now();
        pki.revoke(&serial, RevocationReason::KeyCompromise, now).unwrap();
    }
    let _server = installation.start();
    get_caller(&installation, "police").await.unwrap_err();
    get_caller(&installation, "ggz").await.unwrap();
}

#[tokio::test]
async fn a_test_number_is_refused_in_production() {
    let installation = Installation::new(None);
    let file = installation.config();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("mode = \"test\"", "mode = \"production\"")).unwrap();
    let _server = installation.start();
    get_caller(&installation, "police").await.unwrap_err();
}
