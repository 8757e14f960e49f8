//! What the privacy officer of the region finds. Every look is itself in the ledger.

use anyhow::Result;

use crate::cli::demo::world::Desks;
use crate::cli::demo::{employee, expect, moment};
use crate::grpc::pb::{
    Disclosure, DisclosureFilter, EventCode, ListDisclosuresRequest, Period, Purpose,
};

/// Entries about one kind of event in a period, found by case or by employee.
pub(super) async fn search(
    desks: &Desks,
    event: EventCode,
    (from, until): (&str, &str),
    key: DisclosureFilter,
) -> Result<Vec<Disclosure>> {
    let period =
        Period { start_time: Some(moment::proto(from)), end_time: Some(moment::proto(until)) };
    let filter = DisclosureFilter { period: Some(period), event_codes: vec![event.into()], ..key };
    let request = ListDisclosuresRequest {
        actor: Some(employee::privacy_officer()),
        purpose: Purpose::PrivacyReview.into(),
        filter: Some(filter),
        ..ListDisclosuresRequest::default()
    };
    let outcome = desks.fg.disclosures().list_disclosures(request).await;
    Ok(expect::answered("the search of the privacy officer", outcome)?.disclosures)
}
