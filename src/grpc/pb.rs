//! Messages and services generated from `proto/ketenpoort/v1`.
#![expect(
    unreachable_pub,
    unused_qualifications,
    clippy::pedantic,
    clippy::large_enum_variant,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::as_conversions,
    reason = "tonic writes this module"
)]

tonic::include_proto!("ketenpoort.v1");

/// What the gateway serves.
pub(in crate::grpc) mod services {
    include!(concat!(env!("OUT_DIR"), "/services/ketenpoort.v1.rs"));
}

/// The compiled descriptors, for server reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ketenpoort.descriptors"));
