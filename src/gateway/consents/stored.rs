//! A consent as it is stored: one row per version, its content sealed under the person's key.

use crate::domain::consent::Consent;
use crate::domain::id::ConsentId;
use crate::domain::time::Timestamp;
use crate::gateway::error::{Error, Result};
use crate::gateway::keys::{open_cell, seal_cell};
use crate::store::ConsentRow;
use crate::vault::subject::SubjectKey;

/// Opens one version of a consent.
pub(in crate::gateway) fn open_consent(row: &ConsentRow, key: &SubjectKey) -> Result<Consent> {
    let name = cell(row.consent_id, row.version);
    let content = open_cell(&row.content, &key.wrapping_key(), "consents", &name)?;
    serde_json::from_slice(&content).map_err(Error::internal)
}

/// Seals a version of a consent.
pub(super) fn consent_row(
    consent: &Consent,
    key: &SubjectKey,
    now: Timestamp,
) -> Result<ConsentRow> {
    let content = serde_json::to_vec(consent).map_err(Error::internal)?;
    let version = i64::from(consent.version);
    let terms = &consent.terms;
    Ok(ConsentRow {
        consent_id: consent.consent_id,
        version,
        case_ref: terms.case_ref.clone(),
        subject: terms.subject,
        source_oin: terms.source.clone(),
        recipient_oin: terms.recipient.clone(),
        purpose: i64::from(terms.purpose.number()),
        categories: i64::from(terms.categories.bits()),
        valid_from: terms.period.valid_from(),
        valid_until: terms.period.valid_until(),
        state: i64::from(consent.state().number()),
        recorded_at: now,
        content: seal_cell(
            &content,
            &key.wrapping_key(),
            "consents",
            &cell(consent.consent_id, version),
        )?,
    })
}

/// Names the sealed cell of one version of a consent.
fn cell(consent_id: ConsentId, version: i64) -> Vec<u8> {
    [&consent_id.as_bytes()[..], &version.to_be_bytes()[..]].concat()
}
