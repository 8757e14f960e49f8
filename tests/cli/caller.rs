//! Organisations that call a gateway in a process of its own, over TLS.

use std::net::SocketAddr;

use ketenpoort::gateway;
use ketenpoort::grpc::pb;
use ketenpoort::grpc::pb::referral_service_client::ReferralServiceClient;
use ketenpoort::tls::client::ClientError;
use ketenpoort::tls::{ClientMaterial, Clock};
use tonic::transport::Channel;

use super::place::Place;

pub(crate) type Referrals = ReferralServiceClient<Channel>;

impl Place {
    /// Issues a certificate to an organisation of the directory.
    pub(crate) fn issue(&self, oin: &str, slug: &str) {
        let issued = self.run(&[
            "pki", "issue", "client", "--dir", "pki", "--oin", oin, "--name", slug, "--slug", slug,
        ]);
        assert_eq!(issued.code, 0, "{}", issued.stderr);
    }

    /// A connection of an organisation that has a certificate.
    pub(crate) async fn connect(
        &self,
        slug: &str,
        address: SocketAddr,
    ) -> Result<Channel, ClientError> {
        let system = gateway::Clock::system();
        let material = ClientMaterial::load(
            &self.path("pki/ca/root.pem"),
            &self.path(&format!("pki/client/{slug}.pem")),
            &self.path(&format!("pki/client/{slug}.key")),
            &Clock::new(move || system.now()),
        )?;
        material.connect(&address.to_string()).await
    }

    /// The same, for referrals.
    pub(crate) async fn referrals(&self, slug: &str, address: SocketAddr) -> Referrals {
        let channel = self.connect(slug, address).await.unwrap();
        ReferralServiceClient::new(channel).max_decoding_message_size(64 * 1024 * 1024)
    }
}

pub(crate) fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub(crate) fn actor(user_id: &str, role: pb::UserRole) -> pb::Actor {
    pb::Actor { user_id: user_id.to_owned(), role: role.into(), ..pb::Actor::default() }
}

/// A referral about somebody who is in no other one, so that it needs keys of its own.
pub(crate) fn submission() -> pb::SubmitReferralRequest {
    let id = new_id();
    let micros = gateway::Clock::system().now().as_micros() - 1_000_000;
    let now = prost_types::Timestamp { seconds: micros / 1_000_000, nanos: 0 };
    let person = pb::ReferralPerson {
        person_key: "mother".to_owned(),
        role: pb::PersonRole::Victim.into(),
        family_name: format!("Testema {id}"),
        given_names: "Yara".to_owned(),
        birth_date: "1987-02-14".to_owned(),
        lives_at_address: Some(true),
        informed_of_referral: Some(true),
        ..pb::ReferralPerson::default()
    };
    let address = pb::Address {
        street: "Voorbeeldstraat".to_owned(),
        house_number: (uuid::Uuid::new_v4().as_u128() % 90_000 + 1).to_string(),
        postcode: "2500AA".to_owned(),
        place: "Den Haag".to_owned(),
        ..pb::Address::default()
    };
    let referral = pb::Referral {
        referral_id: id,
        sender_oin: "00000099000000002000".to_owned(),
        police_unit: "Eenheid Den Haag".to_owned(),
        police_registration_no: "PL1500-2026000001".to_owned(),
        officer_ref: "pol-77".to_owned(),
        incident_at: Some(now),
        reported_at: Some(now),
        incident_gemeentecode: "0518".to_owned(),
        residence_gemeentecode: "0518".to_owned(),
        address: Some(address),
        persons: vec![person],
        violence_kinds: vec![1],
        children_present: Some(false),
        weapon_involved: 2,
        injury: 2,
        arrest_made: 2,
        alcohol_or_drugs: 2,
        urgency: 3,
        facts: "Neighbours called; door was damaged.".to_owned(),
        wpg_basis: 2,
        wpg_purpose: 3,
        authority_agreement_ref: "OM-12".to_owned(),
        callback_phone: "+31701234567".to_owned(),
        ..pb::Referral::default()
    };
    pb::SubmitReferralRequest {
        request_id: new_id(),
        actor: Some(actor("pol-77", pb::UserRole::PoliceOfficer)),
        referral: Some(referral),
    }
}

/// The checkpoint that an answer carries: what stands behind the empty line of a C2SP tlog-proof.
pub(crate) fn checkpoint(answer: &pb::SubmitReferralResponse) -> String {
    let proof = &answer.entries.last().unwrap().tlog_proof;
    proof.split_once("\n\n").unwrap().1.to_owned()
}

/// How many entries a checkpoint covers.
pub(crate) fn size(checkpoint: &str) -> u64 {
    checkpoint.lines().nth(1).unwrap().parse().unwrap()
}
