//! Exports: one record of the disclosure log in the forms that others read (DOMAIN §6).
//!
//! - [`fhir`]: `AuditEvent`, after IHE BALP *PrivacyDisclosure.Source* where it was a disclosure.
//! - [`consent`]: FHIR Consent.
//! - [`ldv`]: a line of the Logboek Dataverwerkingen; [`otlp`]: the same for OpenTelemetry.
//! - [`nen7513`]: a row for an audit by NEN 7513.
//! - [`officer`]: a row for officers and their spreadsheets.
//!
//! Each is a pure function of the record and the [`Names`] of the deployment. Nothing here decides who
//! may have it.

use super::code::codes;
use super::disclosure::DisclosureRecord;
use super::event::{Action, EventCode, Outcome};
use super::purpose::Purpose;

pub mod consent;
mod csv;
pub mod fhir;
mod json;
pub mod ldv;
mod manifest;
mod names;
pub mod nen7513;
pub mod officer;
pub mod otlp;
mod wording;

pub use json::{Json, Object};
pub use manifest::{CHANGED_MAX, Manifest};
pub use names::{InvalidUri, Names, Uri};

codes! {
    /// The form of an export.
    pub enum Format {
        /// FHIR R4 `AuditEvent`, one a line.
        FhirAuditEvent = 1, "FHIR_AUDIT_EVENT";
        /// Logboek Dataverwerkingen, one JSON object a line.
        Ldv = 2, "LDV";
        /// OpenTelemetry, one `ExportTraceServiceRequest` in JSON a line.
        Otlp = 3, "OTLP";
        /// CSV for an audit by NEN 7513.
        Nen7513Csv = 4, "NEN_7513_CSV";
        /// CSV for officers.
        Csv = 5, "CSV";
        /// JSON lines with leaf, inclusion proof and record.
        JsonLines = 6, "JSON_LINES";
        /// FHIR R4 Consent, one a line.
        FhirConsent = 7, "FHIR_CONSENT";
    }
}

impl Format {
    /// How the name of a file in this form ends.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::FhirAuditEvent | Self::FhirConsent => "ndjson",
            Self::Ldv | Self::Otlp | Self::JsonLines => "jsonl",
            Self::Nen7513Csv | Self::Csv => "csv",
        }
    }

    /// What kind of content it is (RFC 6838).
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::FhirAuditEvent | Self::FhirConsent => "application/fhir+ndjson",
            Self::Ldv | Self::Otlp | Self::JsonLines => "application/jsonl",
            Self::Nen7513Csv | Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// A record that is exported.
#[derive(Debug, Clone, Copy)]
pub struct Line<'r> {
    /// What it says.
    pub record: &'r DisclosureRecord,
    /// Whether the key of the person was destroyed. Then the record holds what stands outside the sealed
    /// one, and what nobody can read any more is left empty.
    pub is_forgotten: bool,
    /// What was changed in the database after it was written: names of columns. Where the sealed record
    /// is among them, the record holds what the entry of the ledger itself says, and no more.
    pub changed: &'r [&'static str],
}

/// What a record is about in the terms of an audit trail.
impl Line<'_> {
    /// Whether what was sealed is not there, so that what is left stands in the record.
    fn is_what_is_left(&self) -> bool {
        self.is_forgotten || self.is_unreadable()
    }

    /// Whether what was sealed was changed.
    fn is_unreadable(&self) -> bool {
        self.changed.contains(&"sealed")
    }

    /// Something was asked and not allowed.
    fn is_denial(&self) -> bool {
        self.record.denial.is_some() || self.record.outcome == Outcome::SeriousFailure
    }

    /// Data about somebody went from one organisation to another.
    fn is_disclosure(&self) -> bool {
        let between = self.record.recipient.is_some() && self.record.data_subject.is_some();
        between && self.dicom().0 == "110106"
    }

    /// Type of event and action. A denial is a security alert, whatever was asked for (DOMAIN §6.2).
    fn dicom(&self) -> (&'static str, Action) {
        if self.is_denial() {
            return EventCode::AccessDenied.dicom();
        }
        (self.record.event_code.dicom().0, self.record.action)
    }

    /// The step in the life of the data (DICOM object life cycle).
    fn life_cycle(&self) -> Option<(&'static str, &'static str)> {
        if self.is_disclosure() {
            return Some(("11", "Disclosure"));
        }
        match self.dicom().1 {
            Action::C => Some(("1", "Origination / Creation")),
            Action::R => Some(("6", "Access / Use")),
            Action::E => None,
        }
    }

    /// Whether the emergency procedure was used.
    fn in_emergency(&self) -> bool {
        let record = self.record;
        record.break_glass.is_some()
            || record.purpose == Some(Purpose::EmergencyOverride)
            || record.event_code == EventCode::BreakGlassDeclared
    }
}

/// The letter of an action.
const fn letter(action: Action) -> &'static str {
    match action {
        Action::C => "C",
        Action::R => "R",
        Action::E => "E",
    }
}

/// Words with spaces between.
fn joined<T: ToString>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().map(|word| word.to_string()).collect::<Vec<_>>().join(" ")
}

/// How a point of access is named: its type by NEN 7513 and FHIR (1 a name, 2 an address), and itself,
/// without a port.
fn access_point(address: &str) -> (&'static str, &str) {
    if let Some((ip, _port)) = address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return ("2", ip);
    }
    if address.matches(':').nth(1).is_some() {
        return ("2", address);
    }
    let host = address.split_once(':').map_or(address, |(host, _port)| host);
    let is_ip = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (if is_ip { "2" } else { "1" }, host)
}

#[cfg(test)]
mod tests;
