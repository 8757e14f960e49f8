//! Messages and services generated from `proto/ketenpoort/v1`.
#![expect(
    unused_qualifications,
    clippy::pedantic,
    clippy::large_enum_variant,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::as_conversions,
    reason = "tonic writes this module"
)]

tonic::include_proto!("ketenpoort.v1");

/// The compiled descriptors, for server reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ketenpoort.descriptors"));
