//! The report for a data subject: read page by page, made, printed as a letter, taken along as JSON.
//!
//! It is composed of what the gateway gives for these eyes and of nothing else, so what must not be
//! told cannot get into it.

use askama::Template;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::console::door::{Ask, Officer};
use crate::console::forms::refused;
use crate::console::lang::Lang;
use crate::console::menu::Menu;
use crate::console::moments;
use crate::console::page::{self, Frame, page};
use crate::domain::consent::Capacity;
use crate::domain::id::SubjectRequestId;
use crate::gateway::access_report::{AccessReport, ReportEntry};
use crate::gateway::disclosures::{PAGE_MAX, PageStart};
use crate::gateway::subject_requests::RequestView;
use crate::gateway::{Directory, Error};

mod line;

pub(in crate::console) use line::Line;

/// Lines in one page of the preview.
const PAGE: u32 = 50;
/// Lines of a letter: more than anybody would read.
const LINES_MAX: usize = 10_000;

/// The preview.
#[derive(Template)]
#[template(path = "report.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Preview {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) path: String,
    pub(in crate::console) lines: Vec<Line>,
    /// Size of the ledger that it is read from.
    pub(in crate::console) size: String,
    pub(in crate::console) next: Option<String>,
    pub(in crate::console) is_first: bool,
}

/// The letter. It is in Dutch whatever the language of the console is: it goes to a person in the
/// Netherlands.
#[derive(Template)]
#[template(path = "letter.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Letter {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) path: String,
    pub(in crate::console) json: String,
    pub(in crate::console) organisation: String,
    pub(in crate::console) today: String,
    pub(in crate::console) received: String,
    pub(in crate::console) is_itself: bool,
    pub(in crate::console) lines: Vec<Line>,
    pub(in crate::console) count: String,
    pub(in crate::console) size: String,
}

/// Where a page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    na: Option<i64>,
    stand: Option<i64>,
}

impl Asked {
    fn start(&self) -> Option<PageStart> {
        let after = self.na.unwrap_or(-1);
        self.stand.map(|tree_size| PageStart { after, tree_size })
    }
}

/// The whole report.
struct Whole {
    request: RequestView,
    entries: Vec<ReportEntry>,
    size: i64,
}

pub(in crate::console) async fn preview(
    ask: Ask,
    Path(id): Path<String>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let (officer, id, asked) = match entered(&ask, &id, query) {
        Ok(entered) => entered,
        Err(page) => return *page,
    };
    let start = asked.start();
    let gateway = ask.app.gateway();
    match gateway.read_access_report(&officer.call, id, start, PAGE).await {
        Ok(report) => {
            let is_first = start.is_none_or(|start| start.after < 0);
            page(StatusCode::OK, &previewed(&ask, &officer, (id, is_first), &report))
        }
        Err(error) => refused(&ask, &officer, &error),
    }
}

/// Makes the report: the request is answered with it.
pub(in crate::console) async fn make(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    #[derive(Deserialize)]
    struct Making {}
    let sent = match ask.sent::<Making>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let officer = &sent.officer;
    let Ok(id) = id.parse() else { return page::failed(&ask, officer, &Error::hidden()) };
    match ask.app.gateway().build_access_report(&officer.call, id, None, 1).await {
        Ok(report) => ask.go(&format!("inzage/{id}/brief?stand={}", report.tree_size)),
        Err(error) => refused(&ask, officer, &error),
    }
}

pub(in crate::console) async fn letter(
    ask: Ask,
    Path(id): Path<String>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let (officer, id, asked) = match entered(&ask, &id, query) {
        Ok(entered) => entered,
        Err(page) => return *page,
    };
    match whole(&ask, &officer, id, asked.stand).await {
        Ok(whole) => page(StatusCode::OK, &written(&ask, &officer, &whole)),
        Err(error) => refused(&ask, &officer, &error),
    }
}

pub(in crate::console) async fn json(
    ask: Ask,
    Path(id): Path<String>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let (officer, id, asked) = match entered(&ask, &id, query) {
        Ok(entered) => entered,
        Err(page) => return *page,
    };
    match whole(&ask, &officer, id, asked.stand).await {
        Ok(whole) => {
            let text = format!("{:#}\n", as_json(&ask.app.gateway().directory(), &whole));
            let name = "attachment; filename=\"inzagerapport.json\"";
            ([(CONTENT_TYPE, "application/json"), (CONTENT_DISPOSITION, name)], text)
                .into_response()
        }
        Err(error) => refused(&ask, &officer, &error),
    }
}

fn entered(
    ask: &Ask,
    id: &str,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<(Officer, SubjectRequestId, Asked), Box<Response>> {
    let officer = ask.enter()?;
    let failed = |error: Error| Box::new(page::failed(ask, &officer, &error));
    let id = id.parse().map_err(|_not_an_id| failed(Error::hidden()))?;
    let Query(asked) = query.map_err(|_unreadable| failed(Error::PageToken))?;
    Ok((officer, id, asked))
}

/// All pages of a report that was made, at one size of the ledger.
async fn whole(
    ask: &Ask,
    officer: &Officer,
    id: SubjectRequestId,
    size: Option<i64>,
) -> Result<Whole, Error> {
    let gateway = ask.app.gateway();
    let mut start = size.map(|tree_size| PageStart { after: -1, tree_size });
    let mut entries = Vec::new();
    loop {
        let page = gateway.read_access_report(&officer.call, id, start, PAGE_MAX).await?;
        if page.request.reported_at.is_none() {
            return Err(Error::unmet("REQUEST_REPORTED", "the report was not made yet"));
        }
        entries.extend(page.entries);
        if entries.len() > LINES_MAX {
            return Err(Error::unmet("REPORT_TOO_LONG", "the report has more than 10000 lines"));
        }
        start = page.next;
        if start.is_none() {
            return Ok(Whole { request: page.request, entries, size: page.tree_size });
        }
    }
}

fn previewed(
    ask: &Ask,
    officer: &Officer,
    (id, is_first): (SubjectRequestId, bool),
    of: &AccessReport,
) -> Preview {
    let path = format!("/{}/inzage/{id}", ask.lang.tag());
    let next =
        of.next.map(|next| format!("{path}/rapport?na={}&stand={}", next.after, next.tree_size));
    Preview {
        frame: ask.frame(Menu::Requests, Some(officer)),
        lines: lines(ask.lang, &ask.app.gateway().directory(), &of.entries),
        size: size(ask.lang, of.tree_size),
        next,
        is_first,
        path,
    }
}

fn written(ask: &Ask, officer: &Officer, of: &Whole) -> Letter {
    let gateway = ask.app.gateway();
    let path = format!("/{}/inzage/{}", ask.lang.tag(), of.request.id);
    Letter {
        frame: ask.frame(Menu::Requests, Some(officer)),
        json: format!("{path}/rapport.json?stand={}", of.size),
        path,
        organisation: gateway.organisation_name(&of.request.oin),
        today: moments::day(Lang::Nl, gateway.clock().now()),
        received: moments::day(Lang::Nl, of.request.life.term.received_at),
        is_itself: of.request.capacity == Capacity::Itself,
        lines: lines(Lang::Nl, &gateway.directory(), &of.entries),
        count: Lang::Nl.number(u64::try_from(of.entries.len()).unwrap_or_default()),
        size: size(Lang::Nl, of.size),
    }
}

fn lines(lang: Lang, directory: &Directory, entries: &[ReportEntry]) -> Vec<Line> {
    entries.iter().map(|entry| line::line(lang, directory, entry)).collect()
}

fn size(lang: Lang, size: i64) -> String {
    lang.number(u64::try_from(size).unwrap_or_default())
}

/// With everything that the letter has, in the codes of the API.
fn as_json(directory: &Directory, of: &Whole) -> Value {
    let entries: Vec<Value> =
        of.entries.iter().map(|entry| line::as_json(directory, entry)).collect();
    json!({
        "subject_request_id": of.request.id.to_string(),
        "organisation_oin": of.request.oin.to_string(),
        "received_at": of.request.life.term.received_at.to_string(),
        "tree_size": of.size,
        "entry_count": entries.len(),
        "entries": entries,
    })
}
