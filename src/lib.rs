//! Ketenpoort: a secure messaging gateway between organisations.

pub mod cli;
pub mod domain;
pub mod gateway;
pub mod grpc;
pub mod ledger;
pub mod store;
pub mod tls;
pub mod vault;
