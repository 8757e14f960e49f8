//! Management reports as messages.

use prost::Message as _;

use super::moment;
use crate::domain::statistics::{Cell, Row, Table};
use crate::gateway::statistics::Report;
use crate::grpc::pb;

/// A report with its tables.
pub(in crate::grpc) fn report(of: &Report) -> pb::ManagementReport {
    let content = &of.content;
    pb::ManagementReport { tables: content.tables.iter().map(table).collect(), ..outline(of) }
}

/// A report without its tables.
pub(in crate::grpc) fn outline(of: &Report) -> pb::ManagementReport {
    let content = &of.content;
    pb::ManagementReport {
        period: content.period.to_string(),
        version: content.version,
        view: i32::from(of.view.number()),
        revision_reason: content.revision_reason.map_or(0, |reason| i32::from(reason.number())),
        policy_version: content.policy_version.to_string(),
        published_at: of.published_at.map(moment),
        digest: of.digest.to_vec(),
        tables: Vec::new(),
    }
}

/// The answer of a publication, as it is kept.
pub(in crate::grpc) fn published(of: &Report) -> Vec<u8> {
    pb::PublishReportResponse { report: Some(report(of)) }.encode_to_vec()
}

fn table(of: &Table) -> pb::ReportTable {
    pb::ReportTable {
        indicator: i32::from(of.indicator.number()),
        unit: i32::from(of.unit.number()),
        target_percent: of.target_percent.map_or(0, i32::from),
        columns: of.columns.clone(),
        rows: of.rows.iter().map(row).collect(),
    }
}

fn row(of: &Row) -> pb::ReportRow {
    let figure = |cell: &Cell| pb::ReportFigure { value: Option::from(*cell) };
    pb::ReportRow {
        area: of.area.as_str().to_owned(),
        figures: of.cells.iter().map(figure).collect(),
    }
}
