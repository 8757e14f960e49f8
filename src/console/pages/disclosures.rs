//! Searching disclosures. The address of the page is the question: it can be kept and sent on.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;

use crate::console::door::{Ask, Officer};
use crate::console::forms::Fresh;
use crate::console::lang::Words;
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::pages::download;
use crate::console::rows::{self, Row};
use crate::domain::export::Format;
use crate::gateway::Error;
use crate::gateway::disclosures::Page;

mod charts;
mod choices;
mod filters;
pub(in crate::console) mod saved;

pub(in crate::console) use charts::{Charts, days};
pub(in crate::console) use choices::Choices;
#[cfg(test)]
pub(in crate::console) use choices::{Chip, Quick};
pub(in crate::console) use filters::{Filters, days_before};
pub(in crate::console) use saved::Saved;

/// Entries in one page.
const PAGE: u32 = 50;

/// The page.
#[derive(Template)]
#[template(path = "disclosures.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Disclosures {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) filters: Filters,
    pub(in crate::console) choices: Choices,
    pub(in crate::console) found: Found,
    /// Where the form leads, which is the page without a question.
    pub(in crate::console) action: String,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) saved: Vec<Saved>,
}

/// What a search came to.
pub(in crate::console) enum Found {
    Rows(Box<Rows>),
    /// The office of the region must name somebody or something first: number and name of the
    /// organisations, with the search that names each.
    TooWide(Vec<(String, String)>),
    /// A field that cannot be read, or a period that is too long.
    Wrong,
}

/// Rows, and what stands around them.
pub(in crate::console) struct Rows {
    pub(in crate::console) shown: Vec<Row>,
    /// Place of the first and the last row of the page among all that match.
    pub(in crate::console) first: String,
    pub(in crate::console) last: String,
    /// How many match.
    pub(in crate::console) total: String,
    /// `23 oktober t/m 21 november 2026`.
    pub(in crate::console) period: String,
    /// Size of the ledger.
    pub(in crate::console) size: String,
    /// Whether all were counted.
    pub(in crate::console) is_whole: bool,
    /// Whether nobody was ever given or denied anything: then no other question finds more.
    pub(in crate::console) is_first_use: bool,
    pub(in crate::console) charts: Charts,
    /// What it can be had as: word and address.
    pub(in crate::console) downloads: Vec<(&'static str, String)>,
    /// Address of the first page, where this is another.
    pub(in crate::console) newest: Option<String>,
    /// Address of the page that follows, where there is one.
    pub(in crate::console) next: Option<String>,
}

pub(in crate::console) async fn disclosures(
    ask: Ask,
    query: Result<Query<Filters>, QueryRejection>,
) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let readable = query.is_ok();
    let mut filters = query.map(|Query(filters)| filters).unwrap_or_default();
    let days = ask.settings(&officer).days;
    filters.fill_period(ask.app.gateway().clock().now(), days);
    let found = async {
        let found = if readable { find(&ask, &officer, &filters).await? } else { Found::Wrong };
        Ok::<_, Error>((found, saved::saved(&ask, &officer).await?))
    };
    match found.await {
        Ok((found, saved)) => {
            let status = match found {
                Found::Wrong => StatusCode::BAD_REQUEST,
                Found::Rows(_) | Found::TooWide(_) => StatusCode::OK,
            };
            page(status, &composed(&ask, &officer, filters, (found, saved)))
        }
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

async fn find(ask: &Ask, officer: &Officer, filters: &Filters) -> Result<Found, Error> {
    let Some((draft, start)) = filters.read(officer) else { return Ok(Found::Wrong) };
    if !draft.has_key() {
        return Ok(Found::TooWide(choices::sources(ask, filters)));
    }
    let gateway = ask.app.gateway();
    match gateway.search_disclosures(&officer.call, draft, start, PAGE).await {
        Ok(page) => {
            let is_first_use = page.tally.total == 0 && gateway.is_nothing_disclosed().await?;
            let rows = Rows { is_first_use, ..shown(ask, filters, &page) };
            Ok(Found::Rows(Box::new(rows)))
        }
        Err(Error::Invalid(_)) => Ok(Found::Wrong),
        Err(error) => Err(error),
    }
}

fn shown(ask: &Ask, filters: &Filters, page: &Page) -> Rows {
    let lang = ask.lang;
    let stand = page.tree_size.to_string();
    let next = page.next_after.map(|after| Filters {
        na: after.to_string(),
        stand: stand.clone(),
        ..filters.clone()
    });
    let newest = (!filters.na.is_empty())
        .then(|| Filters { na: String::new(), stand, ..filters.clone() }.address(ask));
    let count = u64::try_from(page.entries.len()).unwrap_or_default();
    Rows {
        shown: rows::rows(
            lang,
            &ask.app.gateway().directory(),
            &page.entries,
            &filters.anew().query(),
        ),
        first: lang.number(page.before + count.min(1)),
        last: lang.number(page.before + count),
        total: lang.number(page.tally.total),
        period: choices::period(lang, filters),
        size: lang.number(u64::try_from(page.tree_size).unwrap_or_default()),
        is_whole: page.is_whole,
        is_first_use: false,
        charts: Charts::new(ask, filters, &page.tally),
        downloads: downloads(ask, filters, page.tree_size),
        newest,
        next: next.map(|next| next.address(ask)),
    }
}

/// Downloads of the same search in the same state of the ledger.
fn downloads(ask: &Ask, filters: &Filters, size: i64) -> Vec<(&'static str, String)> {
    let query = Filters { stand: size.to_string(), na: String::new(), ..filters.clone() }.query();
    let address =
        |word: &str| format!("/{}/verstrekkingen/uitvoer?vorm={word}&{query}", ask.lang.tag());
    let named = download::FORMS.iter().map(|(word, format)| {
        let words = match format {
            Format::Csv => Words("CSV", "CSV"),
            Format::JsonLines => Words("JSON met bewijs", "JSON with proof"),
            Format::FhirAuditEvent | Format::FhirConsent => Words("FHIR", "FHIR"),
            Format::Ldv => Words("Logboek Dataverwerkingen", "Logboek Dataverwerkingen"),
            Format::Otlp => Words("OpenTelemetry", "OpenTelemetry"),
            Format::Nen7513Csv => Words("NEN 7513", "NEN 7513"),
        };
        (ask.lang.pick(words), address(word))
    });
    named.collect()
}

fn composed(
    ask: &Ask,
    officer: &Officer,
    filters: Filters,
    (found, saved): (Found, Vec<Saved>),
) -> Disclosures {
    Disclosures {
        fresh: ask.fresh(officer),
        saved,
        frame: ask.frame(Menu::Disclosures, Some(officer)),
        choices: Choices::new(ask, &filters),
        action: format!("/{}/verstrekkingen", ask.lang.tag()),
        filters,
        found,
    }
}

impl Disclosures {
    /// The search in words, for the foot of a print.
    fn question(&self) -> String {
        self.filters.query()
    }

    /// The search, as it is kept.
    fn kept(&self) -> String {
        self.filters.anew().query()
    }
}
