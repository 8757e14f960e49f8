//! Ketenpoort: a secure messaging gateway between organisations.

pub mod domain;
pub mod tls;
