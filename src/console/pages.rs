//! The pages, one file each: what it asks of the gateway, and what its template shows.

pub(super) mod consents;
pub(super) mod disclosure;
pub(super) mod disclosures;
pub(super) mod integrity;
pub(super) mod organisations;
pub(super) mod overview;
pub(super) mod own_log;
pub(super) mod settings;
pub(super) mod statistics;
