//! What Dutch law forbids a naive design to do, as far as it can be read from the contract and the
//! program as a whole (DOMAIN §8 rows 1, 18, 20). The other rows have tests beside their rules, named
//! after them, `row_2` to `row_23`.
#![cfg(test)]

use std::collections::BTreeSet;

use ketenpoort::grpc::pb;
use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet};

/// Every field of the contract, as `Message.field`.
fn fields() -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for file in &FileDescriptorSet::decode(pb::DESCRIPTORS).unwrap().file {
        for message in &file.message_type {
            learn(message, &mut fields);
        }
    }
    fields
}

fn learn(message: &DescriptorProto, fields: &mut BTreeSet<String>) {
    let own = message.field.iter();
    fields.extend(own.map(|field| format!("{}.{}", message.name(), field.name())));
    message.nested_type.iter().for_each(|nested| learn(nested, fields));
}

/// The parts of the name of a field.
fn words(field: &str) -> impl Iterator<Item = &str> {
    field.split(['.', '_'])
}

/// UAVG art. 46: a citizen service number goes where a law says so, with that law named. Nothing is
/// asked for, routed or found by it.
#[test]
fn row_1_a_bsn_is_in_a_referred_person_with_its_ground_and_nowhere_else() {
    let with_bsn = fields().into_iter().filter(|field| words(field).any(|word| word == "bsn"));
    let expected = ["ReferralPerson.bsn", "ReferralPerson.bsn_ground"];
    assert_eq!(with_bsn.collect::<Vec<_>>(), expected);
}

/// AVG art. 9, UAVG art. 22 and 25: what is not asked for cannot be shared.
#[test]
fn row_18_there_is_no_field_for_origin_belief_or_orientation() {
    const NEVER: [&str; 12] = [
        "ethnicity",
        "ethnic",
        "race",
        "religion",
        "religious",
        "belief",
        "nationality",
        "origin",
        "descent",
        "orientation",
        "political",
        "union",
    ];
    let fields = fields();
    assert!(fields.len() > 300, "the contract was read: {}", fields.len());
    let found = fields.iter().filter(|field| words(field).any(|word| NEVER.contains(&word)));
    assert_eq!(found.collect::<Vec<_>>(), Vec::<&String>::new());
}

/// AVG art. 44, Wpg art. 17a: nothing in the program sends to anybody who did not connect to it.
#[test]
fn row_20_no_client_of_telemetry_mail_or_the_web_is_built_in() {
    const SENDERS: [&str; 10] = [
        "opentelemetry",
        "opentelemetry-otlp",
        "tracing-opentelemetry",
        "reqwest",
        "ureq",
        "isahc",
        "sentry",
        "lettre",
        "aws-sdk-s3",
        "rdkafka",
    ];
    let manifest = include_str!("../Cargo.toml");
    let (_, normal) = manifest.split_once("[dependencies]").unwrap();
    let (normal, _) = normal.split_once("[dev-dependencies]").unwrap();
    let names: BTreeSet<&str> =
        normal.lines().filter_map(|line| Some(line.split_once([' ', '.', '='])?.0)).collect();
    assert!(names.contains("tonic"), "the dependencies were read: {names:?}");
    let found: Vec<&&str> = SENDERS.iter().filter(|sender| names.contains(*sender)).collect();
    assert_eq!(found, Vec::<&&str>::new());
}
