//! The rules and the words of the chain: pure, total, without IO, without a clock.
//!
//! Sources of the rules are named where they stand: a law article, or `DOMAIN §n` of the
//! project's domain model where the rule is the region's own.

pub mod anomaly;
pub mod basis;
pub mod breach;
pub mod calendar;
pub mod case;
pub mod category;
pub mod code;
pub mod consent;
pub mod deadline;
pub mod decision;
pub mod delivery;
pub mod digest;
pub mod disclosure;
pub mod draft;
pub mod emergency;
pub mod event;
pub mod export;
pub mod family_name;
mod hex_text;
pub mod id;
pub mod incident;
pub mod lines;
pub mod look;
pub mod network;
pub mod notice;
pub mod occasion;
pub mod organisation;
pub mod people;
pub mod person;
pub mod policy;
pub mod purpose;
pub mod question;
pub mod referral;
pub mod repeat;
pub mod reporting_code;
pub mod retention;
pub mod review;
pub mod routing;
pub mod sample;
pub mod signal;
pub mod statistics;
pub mod subject_request;
pub mod summary;
#[cfg(test)]
pub(crate) mod testema;
pub mod text;
pub mod time;
pub mod violation;
