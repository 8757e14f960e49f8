//! The pages, one file each: what it asks of the gateway, and what its template shows.

pub(super) mod breach;
pub(super) mod breaches;
pub(super) mod consents;
pub(super) mod disclosure;
pub(super) mod disclosures;
pub(super) mod download;
pub(super) mod integrity;
pub(super) mod organisations;
pub(super) mod overview;
pub(super) mod own_log;
pub(super) mod questions;
pub(super) mod request;
pub(super) mod requests;
pub(super) mod review;
pub(super) mod reviews;
pub(super) mod sample;
pub(super) mod settings;
pub(super) mod signal;
pub(super) mod signals;
pub(super) mod statistics;
pub(super) mod suppressions;
