//! A line of the Logboek Dataverwerkingen (DOMAIN §6.3): who was processed, in which activity, and when.
//! Never who did it: that belongs in an audit log, tied to this one by the trace (DOMAIN §8 row 12).

use crate::domain::event::Outcome;
use crate::domain::time::Timestamp;

use super::{Json, Line, Names, Object, wording};

/// How a processing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// It was refused, as it should be.
    Unset,
    /// It was done.
    Ok,
    /// It failed by a fault.
    Error,
}

impl Status {
    pub(super) fn of(line: Line<'_>) -> Self {
        match line.record.outcome {
            Outcome::Success if !line.is_denial() => Self::Ok,
            Outcome::MajorFailure => Self::Error,
            Outcome::Success | Outcome::MinorFailure | Outcome::SeriousFailure => Self::Unset,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Unset => "Unset",
            Self::Ok => "Ok",
            Self::Error => "Error",
        }
    }
}

/// One line.
pub fn log_line(line: Line<'_>, names: &Names) -> Json {
    let record = line.record;
    let mut attributes = Object::new();
    for (name, value) in self::attributes(line, names) {
        attributes = attributes.with(name, value);
    }
    let mut resource = Object::new();
    for (name, value) in self::resource(line, names) {
        resource = resource.with(name, value);
    }
    Object::new()
        .with("trace_id", hex::encode(record.trace_id.0))
        .with("span_id", hex::encode(record.span_id.0))
        .with("status", Status::of(line).word())
        .with("name", wording::act(line))
        .with("start_time", millis(record.started_at))
        .with("end_time", millis(record.recorded_at))
        .with_some("parent_span_id", record.parent_span_id.map(|span| hex::encode(span.0)))
        .with("resource", Object::new().with("attributes", resource))
        .with("attributes", attributes)
        .into()
}

/// What logged it.
pub(super) fn resource(line: Line<'_>, names: &Names) -> Vec<(&'static str, String)> {
    vec![
        ("service.name", line.record.source_system.clone()),
        ("service.version", names.software_version.clone()),
    ]
}

/// What the standard defines, and nothing of our own.
pub(super) fn attributes(line: Line<'_>, names: &Names) -> Vec<(&'static str, String)> {
    let record = line.record;
    let mut attributes = vec![("dpl.core.processing_activity_id", names.activity(record))];
    if let Some(subject) = &record.data_subject {
        attributes.push(("dpl.core.data_subject_id", subject.pseudonym.to_hex()));
        attributes.push(("dpl.core.data_subject_id_type", names.pseudonyms()));
    }
    if let Some(application) = names.application(record) {
        attributes.push(("dpl.core.foreign_operation.processor", application.to_owned()));
    }
    attributes
}

/// Milliseconds since 1970.
pub(super) const fn millis(moment: Timestamp) -> i64 {
    moment.as_micros() / 1000
}
