//! Ketenpoort: a secure messaging gateway between organisations.

pub mod domain;
pub mod grpc;
pub mod ledger;
pub mod store;
pub mod vault;
