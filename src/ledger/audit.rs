//! The consent audit: from the ledger alone, no disclosure relied on a consent that did not allow it.
//!
//! Entries come in the order of the ledger. What a consent allowed at a disclosure is what the last
//! change before it says, so a disclosure after an acknowledged withdrawal is always found, whatever
//! the clocks said. Whose consent it is cannot be seen: subjects stand in the ledger as commitments.

use std::collections::BTreeMap;

use super::entry::{Body, ConsentChange, ConsentUse, Disclosure, Entry};
use crate::domain::id::ConsentId;
use crate::domain::time::Timestamp;

#[cfg(test)]
mod tests;

/// The most findings that are kept. All are counted; whoever sees this many needs no more to act.
pub const AUDIT_FINDINGS_MAX: usize = 1000;

/// The code numbers that the audit has to understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCodes {
    /// Outcome of an event that was permitted and happened.
    pub outcome_success: u8,
    /// Basis of a disclosure that rests on consent.
    pub basis_consent: u8,
    /// State of a consent that counts.
    pub state_active: u8,
}

/// A disclosure that relied on what it could not rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditFinding {
    /// Index of the disclosure.
    pub index: u64,
    /// The consent, if one was named.
    pub consent_id: Option<ConsentId>,
    /// What is wrong.
    pub fault: ConsentFault,
}

/// Why a disclosure could not rely on a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConsentFault {
    /// Its basis is consent, but it names none.
    #[error("the disclosure rests on consent but names none")]
    NoneNamed,
    /// No earlier entry tells of the consent.
    #[error("no earlier entry records the consent")]
    NotRecorded,
    /// The last change before the disclosure left the consent withdrawn, refused or expired.
    #[error("the consent was not active: its state was last changed by entry {changed_at}")]
    NotActive {
        /// Index of that change.
        changed_at: u64,
    },
    /// The consent had another version by then.
    #[error("the consent had another version: it was last changed by entry {changed_at}")]
    OtherVersion {
        /// Index of that change.
        changed_at: u64,
    },
    /// The period of the consent had not begun.
    #[error("the consent was not valid yet")]
    NotYetValid,
    /// The period of the consent was over.
    #[error("the consent was no longer valid")]
    Expired,
    /// It is for data of another organisation.
    #[error("the consent is for another source")]
    OtherSource,
    /// It is for another recipient.
    #[error("the consent is for another recipient")]
    OtherRecipient,
    /// It is for another purpose.
    #[error("the consent is for another purpose")]
    OtherPurpose,
    /// It does not cover all data categories disclosed.
    #[error("the consent does not cover all categories disclosed")]
    CategoryNotCovered,
}

/// What the audit saw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditReport {
    /// Disclosures that were permitted and relied, or had to rely, on consent.
    pub disclosures: u64,
    /// Changes of consents.
    pub consent_changes: u64,
    /// Entries that were purged.
    pub purged: u64,
    /// Times that a disclosure relied on a consent whose entries may have been purged.
    pub unjudged: u64,
    /// The first [`AUDIT_FINDINGS_MAX`] findings, in the order of the ledger.
    pub findings: Vec<AuditFinding>,
    /// How many findings there were in all.
    pub findings_total: u64,
}

/// Checks entries one by one. Holds one small record for each consent, and nothing else that grows.
#[derive(Debug)]
pub struct ConsentAudit {
    codes: AuditCodes,
    consents: BTreeMap<ConsentId, LastChange>,
    report: AuditReport,
}

#[derive(Debug)]
struct LastChange {
    index: u64,
    consent: ConsentChange,
}

impl ConsentAudit {
    /// An audit that has seen nothing yet.
    pub fn new(codes: AuditCodes) -> Self {
        Self { codes, consents: BTreeMap::new(), report: AuditReport::default() }
    }

    /// Takes the next entry of the ledger. Entries must come in the order of their index, none left
    /// out; [`verify`](super::verify) shows that they are all there and unchanged.
    pub fn entry(&mut self, index: u64, entry: &Entry) {
        // An attempt that did not succeed neither discloses anything nor changes a consent.
        if entry.outcome != self.codes.outcome_success {
            return;
        }
        match &entry.body {
            Body::Consent(change) => self.change(index, change),
            Body::Disclosure(disclosure) => {
                self.disclosure(index, disclosure, entry.recorded_at);
            }
            Body::Administration(_) | Body::Purge(_) => {}
        }
    }

    /// An entry of the ledger was purged. A consent that was recorded in it cannot be judged any more.
    pub const fn purged(&mut self) {
        self.report.purged += 1;
    }

    /// What was seen.
    pub fn finish(self) -> AuditReport {
        self.report
    }

    fn change(&mut self, index: u64, change: &ConsentChange) {
        self.report.consent_changes += 1;
        let last = LastChange { index, consent: change.clone() };
        self.consents.insert(change.consent_id, last);
    }

    fn disclosure(&mut self, index: u64, disclosure: &Disclosure, at: Timestamp) {
        let consents = disclosure.consents.as_slice();
        let on_consent = disclosure.basis == self.codes.basis_consent;
        if !on_consent && consents.is_empty() {
            return;
        }
        self.report.disclosures += 1;
        if consents.is_empty() {
            self.find(AuditFinding { index, consent_id: None, fault: ConsentFault::NoneNamed });
        }
        for used in consents {
            if self.report.purged > 0 && !self.consents.contains_key(&used.consent_id) {
                self.report.unjudged += 1;
            } else if let Some(fault) = self.fault(disclosure, *used, at) {
                self.find(AuditFinding { index, consent_id: Some(used.consent_id), fault });
            }
        }
    }

    /// The first thing that is wrong, in the order in which reasons are given (DOMAIN §3.2).
    fn fault(
        &self,
        disclosure: &Disclosure,
        used: ConsentUse,
        at: Timestamp,
    ) -> Option<ConsentFault> {
        let Some(LastChange { index, consent }) = self.consents.get(&used.consent_id) else {
            return Some(ConsentFault::NotRecorded);
        };
        let changed_at = *index;
        let checks = [
            (consent.state == self.codes.state_active, ConsentFault::NotActive { changed_at }),
            (consent.version == used.version, ConsentFault::OtherVersion { changed_at }),
            (at < consent.valid_until, ConsentFault::Expired),
            (at >= consent.valid_from, ConsentFault::NotYetValid),
            (consent.source == disclosure.custodian, ConsentFault::OtherSource),
            (consent.recipient == disclosure.recipient, ConsentFault::OtherRecipient),
            (consent.purpose == disclosure.purpose, ConsentFault::OtherPurpose),
            (disclosure.categories & !consent.categories == 0, ConsentFault::CategoryNotCovered),
        ];
        checks.into_iter().find_map(|(holds, fault)| (!holds).then_some(fault))
    }

    fn find(&mut self, finding: AuditFinding) {
        self.report.findings_total += 1;
        if self.report.findings.len() < AUDIT_FINDINGS_MAX {
            self.report.findings.push(finding);
        }
    }
}
