//! The pages, one file each: what it asks of the gateway, and what its template shows.

pub(super) mod disclosure;
pub(super) mod disclosures;
pub(super) mod overview;
pub(super) mod signal;
pub(super) mod signals;
pub(super) mod suppressions;
