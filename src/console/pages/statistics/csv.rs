//! A report as a file for a spreadsheet: one line for each figure.

use super::{area, column};
use crate::console::lang::{Lang, Words};
use crate::console::words;
use crate::domain::statistics::Cell;
use crate::gateway::statistics::Report;

/// Tells spreadsheets that it is UTF-8.
const BOM: char = '\u{feff}';

pub(super) fn written(lang: Lang, report: &Report) -> String {
    let content = &report.content;
    let heads = [
        Words("periode", "period"),
        Words("versie", "version"),
        Words("indicator", "indicator"),
        Words("omschrijving", "description"),
        Words("eenheid", "unit"),
        Words("gebied", "area"),
        Words("naam", "name"),
        Words("kolom", "column"),
        Words("waarde", "value"),
    ];
    let mut text = String::from(BOM);
    line(&mut text, &heads.map(|head| lang.pick(head).to_owned()));
    for table in &content.tables {
        for row in &table.rows {
            for (code, cell) in table.columns.iter().zip(&row.cells) {
                let value = match cell {
                    Cell::Shown(number) => number.to_string(),
                    Cell::Suppressed => ".".to_owned(),
                };
                let words = [
                    content.period.to_string(),
                    content.version.to_string(),
                    table.indicator.as_str().to_owned(),
                    lang.pick(words::statistics::indicator(table.indicator)).to_owned(),
                    lang.pick(words::statistics::unit(table.unit)).to_owned(),
                    row.area.as_str().to_owned(),
                    area(lang, &row.area),
                    column(lang, code),
                ];
                let fields = words.map(|word| guarded(&word));
                line(&mut text, &[fields.as_slice(), &[value]].concat());
            }
        }
    }
    text
}

fn line(text: &mut String, fields: &[String]) {
    let quoted = fields.iter().map(|field| quoted(field)).collect::<Vec<_>>();
    text.push_str(&quoted.join(";"));
    text.push_str("\r\n");
}

/// A spreadsheet takes a cell that begins so for a formula. Figures are ours, and may be negative.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn quoted(field: &str) -> String {
    if field.contains([';', '"', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::statistics::{Area, Indicator, Row, Table, Unit, View};
    use crate::gateway::statistics::Content;

    #[test]
    fn every_figure_has_a_line_and_what_is_left_out_a_dot() {
        let table = Table {
            indicator: Indicator::SafetyScaleChange,
            unit: Unit::Points,
            target_percent: None,
            columns: vec!["MEDIAN".to_owned(), "=1+1".to_owned()],
            rows: vec![Row {
                area: Area::Municipality("0518".parse().unwrap()),
                cells: vec![Cell::Shown(-2), Cell::Suppressed],
            }],
        };
        let report = Report {
            view: View::Publication,
            content: Content {
                period: "2026-Q2".parse().unwrap(),
                version: 1,
                revision_reason: None,
                policy_version: "p-1".parse().unwrap(),
                tables: vec![table],
            },
            digest: [0; 32],
            published_at: None,
        };
        let text = written(Lang::Nl, &report);
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert!(lines[0].starts_with("\u{feff}periode;versie;indicator;"), "{}", lines[0]);
        assert!(lines[1].ends_with(";0518;’s-Gravenhage;Mediaan;-2"), "{}", lines[1]);
        assert!(lines[2].ends_with(";'=1+1;."), "{}", lines[2]);
        assert!(lines.iter().take(3).all(|line| line.matches(';').count() == 8));
        assert_eq!(lines[3], "");
    }

    #[test]
    fn a_cell_is_never_a_formula_and_never_two() {
        for (word, safe) in [("=A1", "'=A1"), ("@x", "'@x"), ("a", "a"), ("-1", "'-1")] {
            assert_eq!(guarded(word), safe);
        }
        assert_eq!(quoted("a;\"b\""), "\"a;\"\"b\"\"\"");
    }
}
