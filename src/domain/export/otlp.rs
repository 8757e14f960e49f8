//! The line of the Logboek Dataverwerkingen for OpenTelemetry: an `ExportTraceServiceRequest` in
//! OTLP/JSON with one span (DOMAIN §6.3).

use super::ldv::{self, Status};
use super::{Json, Line, Names, Object, wording};

/// One request with one span.
pub fn request(line: Line<'_>, names: &Names) -> Json {
    let resource = Object::new().with("attributes", key_values(ldv::resource(line, names)));
    let scope_spans = Object::new()
        .with("scope", Object::new().with("name", "logboek-dataverwerkingen"))
        .with("spans", vec![span(line, names)]);
    let resource_spans =
        Object::new().with("resource", resource).with("scopeSpans", vec![scope_spans]);
    Object::new().with("resourceSpans", vec![resource_spans]).into()
}

fn span(line: Line<'_>, names: &Names) -> Object {
    let record = line.record;
    let code = match Status::of(line) {
        Status::Unset => 0_i64,
        Status::Ok => 1,
        Status::Error => 2,
    };
    Object::new()
        .with("traceId", hex::encode(record.trace_id.0))
        .with("spanId", hex::encode(record.span_id.0))
        .with_some("parentSpanId", record.parent_span_id.map(|span| hex::encode(span.0)))
        .with("name", wording::act(line))
        .with("kind", 1_i64)
        .with("startTimeUnixNano", nanos(ldv::millis(record.started_at)))
        .with("endTimeUnixNano", nanos(ldv::millis(record.recorded_at)))
        .with("attributes", key_values(ldv::attributes(line, names)))
        .with("status", Object::new().with("code", code))
}

/// A number that JSON has as text (the mapping of protobuf for 64 bits).
fn nanos(millis: i64) -> String {
    format!("{millis}000000")
}

fn key_values(attributes: Vec<(&'static str, String)>) -> Vec<Object> {
    let pair = |(key, value): (&'static str, String)| {
        Object::new().with("key", key).with("value", Object::new().with("stringValue", value))
    };
    attributes.into_iter().map(pair).collect()
}
