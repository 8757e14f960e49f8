//! Ketenpoort: a secure messaging gateway between organisations.

pub mod domain;
pub mod grpc;
pub mod vault;
