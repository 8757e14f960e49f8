//! `ketenpoort report`: management information on the command line, beside the work of [officers](super::officer).
//!
//! The figures come from the store, through a gateway that is opened for it and closed after it: beside a
//! gateway that serves, and written down in the ledger like every making of a report, before anybody sees
//! it. What is made here is what `GenerateReport` gives; publishing is an act of the Steunpunt and has no
//! command.
//!
//! Invariant: what the operator sees is what could be published. Figures that are not suppressed are for
//! whoever directs the process at the Steunpunt (DOMAIN §7.1 rule 8), so that person is named and stands in the
//! ledger.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::domain::id::UserId;
use crate::domain::statistics::{Cell, Period, Table, View};
use crate::gateway::statistics::Report;
use crate::gateway::{Clock, Error, Gateway};

use super::config_command::ConfigFile;
use super::exit::{Exit, Failure};
use super::officer::{self, OfReport, OfficerCall};
use super::terminal::{Terminal, Tone};
use super::{directory, keys, serve};

mod signals;

/// What to report.
#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// Print the management report of a quarter or a year
    ///
    /// Every indicator by municipality and region, as it would be published: small numbers are left out
    /// (`.`), others rounded. With `--view work` every figure as it is, for the person at the Steunpunt who
    /// asked for it. Nothing is published. Exit code 1 when the report would tell by difference what
    /// another one left out, or the period has not ended.
    #[command(after_help = "Examples:\n  ketenpoort report management --period 2026-Q2\n  \
                            ketenpoort report management --period 2026 --view work --for sp-0147 --json")]
    Management {
        #[command(flatten)]
        file: ConfigFile,
        /// A quarter or a year that ended; for work also one that runs
        #[arg(long, value_name = "2026-Q2|2026")]
        period: Period,
        /// For whom it is
        #[arg(long, value_enum, default_value_t = ViewChoice::Publication)]
        view: ViewChoice,
        /// Who asked for it: a process director of the Steunpunt, by the name that stands in the ledger
        #[arg(long = "for", value_name = "USER", required_if_eq("view", "work"))]
        asked_by: Option<UserId>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the open signals, and what each rule is worth so far
    ///
    /// For whoever runs the gateway: which rule saw how much where, heaviest first, and how many of its
    /// signals were explained, were incidents or were suppressed. Nobody is named: users, cases and people
    /// are for the privacy officers. That it was printed stands in the ledger.
    #[command(after_help = "Examples:\n  ketenpoort report signals\n  \
                            ketenpoort report signals --json | jq '.detectors[]'")]
    Signals {
        #[command(flatten)]
        file: ConfigFile,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// What a privacy officer calls a gateway for.
    #[command(flatten)]
    Officer(OfficerCall<OfReport>),
}

/// A [`View`], as it is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ViewChoice {
    /// As it would be published.
    Publication,
    /// Every figure as it is. Must not leave the Steunpunt.
    Work,
}

impl From<ViewChoice> for View {
    fn from(choice: ViewChoice) -> Self {
        match choice {
            ViewChoice::Publication => Self::Publication,
            ViewChoice::Work => Self::Work,
        }
    }
}

pub(super) async fn run(command: ReportCommand, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let (file, period, view, asked_by, json) = match command {
        ReportCommand::Management { file, period, view, asked_by, json } => {
            (file, period, view, asked_by, json)
        }
        ReportCommand::Signals { file, json } => {
            let gateway = open(file).await?;
            return signals::run(&gateway, json, terminal).await;
        }
        ReportCommand::Officer(call) => return officer::run(call, terminal).await,
    };
    let gateway = open(file).await?;
    let made = make(&gateway, period, view.into(), asked_by).await;
    gateway.close().await;
    let made = made?;
    if json {
        terminal.json(&document(&made)?)?;
    } else {
        terminal.text(&text(&made, terminal))?;
    }
    Ok(Exit::Ok)
}

async fn open(file: ConfigFile) -> anyhow::Result<Gateway> {
    let config = file.load()?.config;
    let keyring = keys::of_config(&config)?;
    let directory = directory::of_config(&config)?;
    serve::open_gateway(&config, keyring, directory, Clock::system()).await
}

async fn make(
    gateway: &Gateway,
    period: Period,
    view: View,
    asked_by: Option<UserId>,
) -> anyhow::Result<Report> {
    match gateway.generate_report_for_operator(period, view, asked_by).await {
        Err(Error::Precondition(unmet)) => {
            let words: Vec<&str> = unmet.iter().map(|one| one.description.as_str()).collect();
            Err(Failure::new(Exit::Error, words.join("; ")).into())
        }
        made => Ok(made?),
    }
}

/// A report, as `--json` shows it: what is left out is `null`.
fn document(report: &Report) -> anyhow::Result<Value> {
    let mut document = serde_json::to_value(&report.content)?;
    if let Value::Object(fields) = &mut document {
        fields.insert("view".to_owned(), json!(report.view.as_str()));
        fields.insert("digest".to_owned(), json!(hex::encode(report.digest)));
    }
    Ok(document)
}

fn text(report: &Report, terminal: &Terminal) -> String {
    let content = &report.content;
    let head = format!("{}  {}  rules {}", content.period, report.view, content.policy_version);
    let mut text = terminal.paint(Tone::Strong, &head) + "\n";
    for table in &content.tables {
        add_table(&mut text, table, terminal);
    }
    text
}

/// A table with its columns under each other, numbers to the right.
fn add_table(text: &mut String, table: &Table, terminal: &Terminal) {
    let mut head = format!("{} {}", table.indicator, table.unit);
    if let Some(target) = table.target_percent {
        add(&mut head, format_args!(", target {target}"));
    }
    add(text, format_args!("\n{}\n{:6}", terminal.paint(Tone::Strong, &head), ""));
    for column in &table.columns {
        add(text, format_args!("  {column:>WIDTH$}"));
    }
    text.push('\n');
    for row in &table.rows {
        add(text, format_args!("{:6}", row.area.as_str()));
        for (cell, column) in row.cells.iter().zip(&table.columns) {
            let shown = match cell {
                Cell::Shown(number) => number.to_string(),
                Cell::Suppressed => ".".to_owned(),
            };
            let width = column.len().max(WIDTH);
            add(text, format_args!("  {shown:>width$}"));
        }
        text.push('\n');
    }
}

/// The least width of a column.
const WIDTH: usize = 6;

fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.push_str(&more.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::tests::kept;
    use crate::domain::statistics::{Area, Indicator, Row, Unit};
    use crate::gateway::statistics::Content;

    fn report() -> Report {
        let row = |area: &str, cells: &[Cell]| Row {
            area: Area::try_from(area.to_owned()).unwrap(),
            cells: cells.to_vec(),
        };
        let table = Table {
            indicator: Indicator::TriageInTime,
            unit: Unit::Percent,
            target_percent: Some(90),
            columns: vec!["PERCENT".to_owned()],
            rows: vec![row("0518", &[Cell::Suppressed]), row("REGION", &[Cell::Shown(85)])],
        };
        let content = Content {
            period: "2026-Q2".parse().unwrap(),
            version: 1,
            revision_reason: None,
            policy_version: "haaglanden-1".parse().unwrap(),
            tables: vec![table],
        };
        Report { view: View::Publication, content, digest: [7; 32], published_at: None }
    }

    #[test]
    fn what_is_left_out_is_a_point_in_the_text_and_null_in_json() {
        let (terminal, ..) = kept();
        let expected = "2026-Q2  PUBLICATION  rules haaglanden-1\n\n\
                        TRIAGE_IN_TIME PERCENT, target 90\n        \
                        PERCENT\n\
                        0518          .\n\
                        REGION       85\n";
        assert_eq!(text(&report(), &terminal), expected);
        let document = document(&report()).unwrap();
        assert_eq!(document["tables"][0]["rows"][0]["cells"], json!([null]));
        assert_eq!(document["tables"][0]["rows"][1]["cells"], json!([85]));
        assert_eq!(
            (&document["view"], &document["period"]),
            (&json!("PUBLICATION"), &json!("2026-Q2"))
        );
        assert_eq!(document["digest"], json!("07".repeat(32)));
    }
}
