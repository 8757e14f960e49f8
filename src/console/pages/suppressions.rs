//! What keeps signals back for a time: who answers for it, until when, and how often it did.

use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, refused};
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::words::signals as words;
use crate::console::{moments, rows};
use crate::domain::organisation::Role;
use crate::domain::time::Timestamp;
use crate::gateway::signals::Suppression;
use crate::gateway::{Directory, Error};

/// Suppressions in one page.
const PAGE: u32 = 50;

/// The page.
#[derive(Template)]
#[template(path = "suppressions.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Suppressions {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) rows: Vec<Row>,
    /// Address of the page that follows, where there is one.
    pub(in crate::console) next: Option<String>,
}

/// One suppression.
pub(in crate::console) struct Row {
    pub(in crate::console) rule: &'static str,
    /// The signal that it was made from.
    pub(in crate::console) href: String,
    pub(in crate::console) organisation: String,
    /// The employee or the case.
    pub(in crate::console) of: String,
    pub(in crate::console) owner: String,
    pub(in crate::console) owner_organisation: String,
    pub(in crate::console) from: String,
    pub(in crate::console) until: String,
    pub(in crate::console) hits: String,
    pub(in crate::console) state: String,
    /// Where a form leads that ends it; none when it is over, or for somebody else to end.
    pub(in crate::console) end: Option<String>,
}

/// Where the list begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Start {
    /// The last suppression of the page before.
    na: String,
}

/// Nothing to fill in.
#[derive(Deserialize)]
struct Speaking {}

pub(in crate::console) async fn suppressions(
    ask: Ask,
    query: Result<Query<Start>, QueryRejection>,
) -> Response {
    let officer = match ask.enter_to_review() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let start = query.map(|Query(start)| start.na).unwrap_or_default();
    let after = match start.as_str() {
        "" => None,
        id => match id.parse() {
            Ok(id) => Some(id),
            Err(_) => return page::failed(&ask, &officer, &Error::PageToken),
        },
    };
    let gateway = ask.app.gateway();
    let found = gateway.suppressions(&officer.call, officer.purpose(), after, PAGE).await;
    match found {
        Ok(found) => page(StatusCode::OK, &composed(&ask, &officer, &found)),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

pub(in crate::console) async fn end(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Speaking>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let officer = &sent.officer;
    let Ok(id) = id.parse() else { return page::failed(&ask, officer, &Error::hidden()) };
    let request = sent.request("EndSuppression");
    let gateway = ask.app.gateway();
    match gateway.end_suppression(&officer.call, &request, id, |_| Vec::new()).await {
        Ok(_) => ask.go("signalen/stil"),
        Err(error) => refused(&ask, officer, &error),
    }
}

fn composed(ask: &Ask, officer: &Officer, found: &[Suppression]) -> Suppressions {
    let directory = ask.app.gateway().directory();
    let now = ask.app.gateway().clock().now();
    let last = found.last().filter(|_| u32::try_from(found.len()) == Ok(PAGE));
    Suppressions {
        frame: ask.frame(Menu::Signals, Some(officer)),
        fresh: ask.fresh(officer),
        rows: found.iter().map(|one| row(ask.lang, officer, (&directory, now), one)).collect(),
        next: last
            .map(|last| format!("/{}/signalen/stil?na={}", ask.lang.tag(), last.suppression_id)),
    }
}

fn row(
    lang: Lang,
    officer: &Officer,
    (directory, now): (&Directory, Timestamp),
    of: &Suppression,
) -> Row {
    let is_own = officer.role == Role::Oversight || officer.oin == of.oin.as_str();
    let may_end = is_own && of.ended_at.is_none() && now < of.until_at;
    let about = of.user_id.as_ref().map(ToString::to_string);
    let case_ref = || of.case_ref.as_ref().map(ToString::to_string);
    Row {
        rule: lang.pick(words::rule(of.rule)),
        href: format!("/{}/signalen/{}", lang.tag(), of.signal_id),
        organisation: rows::name(directory, &of.oin),
        of: about.or_else(case_ref).unwrap_or_default(),
        owner: of.owner_user_id.to_string(),
        owner_organisation: rows::name(directory, &of.owner_oin),
        from: moments::long_date(lang, of.from_at.date()),
        until: moments::long_date(lang, last_day(of.until_at)),
        hits: lang.number(u64::try_from(of.hits).unwrap_or_default()),
        state: state(lang, now, of),
        end: may_end.then(|| format!("/{}/signalen/stil/{}/einde", lang.tag(), of.suppression_id)),
    }
}

/// The last day of which a moment is in force.
fn last_day(until: Timestamp) -> crate::domain::time::Date {
    until.minus(std::time::Duration::from_micros(1)).date()
}

fn state(lang: Lang, now: Timestamp, of: &Suppression) -> String {
    match (of.ended_at, &of.ended_by) {
        (Some(at), Some(by)) => format!(
            "{} {} {by}",
            moments::short_moment(lang, at),
            lang.pick(Words("beëindigd door", "ended by"))
        ),
        _ if of.until_at <= now => lang.pick(Words("Voorbij", "Over")).to_owned(),
        _ => lang.pick(Words("Van kracht", "In force")).to_owned(),
    }
}
