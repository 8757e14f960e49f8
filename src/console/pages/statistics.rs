//! The management report of a period: what was published about how the chain works. What could tell of a
//! family was left out before, and cannot be asked for here. Beside it stands what the officer's own
//! organisation gave and got, of which nothing is left out.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::console::bars::Bars;
use crate::console::door::{Ask, Officer};
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::{moments, words};
use crate::domain::statistics::{Area, Cell, Period, Table, Unit};
use crate::domain::time::Timestamp;
use crate::gateway::Error;
use crate::gateway::statistics::{OfficerReports, Report, Shown};

mod csv;
mod own;

#[cfg(test)]
pub(in crate::console) use own::Counts;
pub(in crate::console) use own::Own;

/// The page.
#[derive(Template)]
#[template(path = "statistics.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Statistics {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) periods: Vec<Choice>,
    pub(in crate::console) found: Found,
    /// None: the text is no period.
    pub(in crate::console) own: Option<Own>,
}

pub(in crate::console) struct Choice {
    pub(in crate::console) value: String,
    pub(in crate::console) word: String,
    pub(in crate::console) chosen: bool,
}

/// What there is of the period.
pub(in crate::console) enum Found {
    Report(Box<Published>),
    /// Nothing was published, with what stands in the way of it.
    Nothing(Vec<String>),
    /// The text is no period.
    Wrong,
    /// These figures are not for this organisation.
    NotYours,
}

pub(in crate::console) struct Published {
    pub(in crate::console) period: String,
    pub(in crate::console) version: i64,
    /// When it was published; none: it was not yet, and this is how it would be.
    pub(in crate::console) since: Option<String>,
    pub(in crate::console) policy: String,
    pub(in crate::console) digest: String,
    pub(in crate::console) csv: String,
    pub(in crate::console) sheets: Vec<Sheet>,
}

/// A table, with a chart of its last column.
pub(in crate::console) struct Sheet {
    pub(in crate::console) id: String,
    pub(in crate::console) title: &'static str,
    pub(in crate::console) unit: &'static str,
    pub(in crate::console) target: Option<u8>,
    pub(in crate::console) columns: Vec<String>,
    pub(in crate::console) rows: Vec<(String, Vec<String>)>,
    /// None: there is nothing to draw.
    pub(in crate::console) chart: Option<Bars>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    periode: String,
}

pub(in crate::console) async fn statistics(
    ask: Ask,
    query: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let wanted = query.map(|Query(asked)| asked.periode).unwrap_or_default();
    let gateway = ask.app.gateway();
    let reports =
        gateway.statistics_for_officer(&officer.call, officer.purpose(), wanted.trim()).await;
    match reports {
        Ok(reports) => show(&ask, &officer, wanted.trim(), reports),
        Err(error) => refuse(&ask, &officer, &error),
    }
}

/// The report as a file.
pub(in crate::console) async fn download(
    ask: Ask,
    query: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let wanted = query.map(|Query(asked)| asked.periode).unwrap_or_default();
    let gateway = ask.app.gateway();
    let reports = gateway.export_statistics(&officer.call, officer.purpose(), wanted.trim()).await;
    match reports {
        Ok(OfficerReports { shown: Shown::Published(report) | Shown::Preview(report), .. }) => {
            file(ask.lang, &report)
        }
        Ok(reports) => show(&ask, &officer, wanted.trim(), reports),
        Err(error) => refuse(&ask, &officer, &error),
    }
}

fn file(lang: Lang, report: &Report) -> Response {
    let name = format!("attachment; filename=\"statistiek-{}.csv\"", report.content.period);
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    match HeaderValue::from_str(&name) {
        Ok(name) => {
            let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)];
            (headers, csv::written(lang, report)).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refuse(ask: &Ask, officer: &Officer, error: &Error) -> Response {
    if !matches!(error, Error::Invalid(_) | Error::Precondition(_)) {
        return page::failed(ask, officer, error);
    }
    let frame = ask.frame(Menu::Statistics, Some(officer));
    let (periods, found, own) = (Vec::new(), Found::Wrong, None);
    page(StatusCode::BAD_REQUEST, &Statistics { frame, periods, found, own })
}

fn show(ask: &Ask, officer: &Officer, wanted: &str, reports: OfficerReports) -> Response {
    let lang = ask.lang;
    let published: Vec<Period> = reports.published.iter().map(|(period, ..)| *period).collect();
    let (chosen, found) = match reports.shown {
        Shown::Published(report) | Shown::Preview(report) => {
            let chosen = report.content.period.to_string();
            (chosen, Found::Report(Box::new(told(lang, &report))))
        }
        Shown::Nothing(unmet) => {
            let reasons = unmet.iter().map(|one| reason(lang, one.code, &one.description));
            (wanted.to_owned(), Found::Nothing(reasons.collect()))
        }
        Shown::NotYours => (reports.own.period.to_string(), Found::NotYours),
    };
    let template = Statistics {
        frame: ask.frame(Menu::Statistics, Some(officer)),
        periods: choices(lang, &published, &chosen, ask.app.gateway().clock().now()),
        found,
        own: Some(own::told(ask, officer, &reports.own)),
    };
    page(StatusCode::OK, &template)
}

fn reason(lang: Lang, code: &str, description: &str) -> String {
    let dutch = match code {
        "PERIOD_NOT_ENDED" | "NOT_ENDED" => "de periode is nog niet voorbij",
        "PERIOD_NOT_BEGUN" => "de periode is nog niet begonnen",
        "DIFFERENCING" => "een ander rapport is al uitgebracht; samen zouden zij te veel vertellen",
        _ => "",
    };
    if lang == Lang::Nl && !dutch.is_empty() { dutch.to_owned() } else { description.to_owned() }
}

/// Those that were published, and the quarters of this year and the last as far as they have begun.
fn choices(lang: Lang, published: &[Period], chosen: &str, now: Timestamp) -> Vec<Choice> {
    let mut periods = published.to_vec();
    let running = Period::running(now);
    for year in [running.year(), running.year().year_before()] {
        periods.extend(year.quarters().into_iter().filter(|quarter| quarter.has_begun(now)));
    }
    periods.sort_unstable_by(|one, other| other.cmp(one));
    periods.dedup();
    let word = |period: &Period| {
        let is_published = published.contains(period);
        let note = lang.pick(Words(" (nog niet uitgebracht)", " (not published yet)"));
        format!("{period}{}", if is_published { "" } else { note })
    };
    let choice = |period: &Period| Choice {
        value: period.to_string(),
        word: word(period),
        chosen: period.to_string() == chosen,
    };
    periods.iter().map(choice).collect()
}

fn told(lang: Lang, report: &Report) -> Published {
    let content = &report.content;
    let period = content.period.to_string();
    Published {
        csv: format!("/{}/statistiek/csv?periode={period}", lang.tag()),
        period,
        version: content.version,
        since: report.published_at.map(|at| moments::moment(lang, at)),
        policy: content.policy_version.to_string(),
        digest: hex::encode(report.digest),
        sheets: content.tables.iter().map(|table| sheet(lang, table)).collect(),
    }
}

fn sheet(lang: Lang, table: &Table) -> Sheet {
    let title = lang.pick(words::statistics::indicator(table.indicator));
    let unit = lang.pick(words::statistics::unit(table.unit));
    let id = format!("{}-{}", table.indicator.as_str(), table.unit.as_str()).to_ascii_lowercase();
    let rows = table.rows.iter().map(|row| {
        let cells = row.cells.iter().map(|cell| cell_words(lang, table.unit, *cell));
        (area(lang, &row.area), cells.collect())
    });
    Sheet {
        title,
        unit,
        target: table.target_percent,
        columns: table.columns.iter().map(|code| column(lang, code)).collect(),
        rows: rows.collect(),
        chart: chart(lang, table, (&id, title, unit)),
        id,
    }
}

/// The last column by municipality: the total, or the only figure there is.
fn chart(lang: Lang, table: &Table, (id, title, unit): (&str, &str, &str)) -> Option<Bars> {
    // Where it became less safe the points are below nothing.
    if table.unit == Unit::Points {
        return None;
    }
    let municipalities = table.rows.iter().filter(|row| row.area != Area::Region);
    let figures: Vec<(String, u64, String)> = municipalities
        .filter_map(|row| {
            let cell = *row.cells.last()?;
            let number = match cell {
                Cell::Shown(number) => u64::try_from(number).ok()?,
                Cell::Suppressed => return None,
            };
            Some((area(lang, &row.area), number, cell_words(lang, table.unit, cell)))
        })
        .collect();
    // Bars without length show nothing that the table does not.
    if figures.iter().all(|(_, number, _)| *number == 0) {
        return None;
    }
    let shown = figures.len();
    let desc = match lang {
        Lang::Nl => format!("{title}, {unit}, voor {shown} gemeenten."),
        Lang::En => format!("{title}, {unit}, of {shown} municipalities."),
    };
    Some(Bars::new((format!("b-{id}"), title.to_owned(), desc), figures))
}

fn cell_words(lang: Lang, unit: Unit, cell: Cell) -> String {
    match (cell, unit) {
        (Cell::Suppressed, _) => ".".to_owned(),
        (Cell::Shown(number), Unit::Percent) => format!("{number}%"),
        (Cell::Shown(number), Unit::Count) => {
            u64::try_from(number).map_or_else(|_| number.to_string(), |count| lang.number(count))
        }
        (Cell::Shown(number), Unit::Days | Unit::Points) => number.to_string(),
    }
}

fn area(lang: Lang, of: &Area) -> String {
    match lang.pick(words::statistics::area(of)) {
        "" => of.as_str().to_owned(),
        name => name.to_owned(),
    }
}

fn column(lang: Lang, code: &str) -> String {
    let words = words::statistics::column(code);
    words.map_or_else(|| code.to_owned(), |words| lang.pick(words).to_owned())
}
