//! Integrity of the ledger: what was signed, that nothing of what the officer saw before was changed,
//! and a hundred entries verified.

use askama::Template;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::console::bars::{Columns, Figure};
use crate::console::door::{Ask, Officer};
use crate::console::forms::Fresh;
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::{moments, rows, words};
use crate::domain::event::EventCode;
use crate::gateway::Result;
use crate::gateway::integrity::{Extension, Grown, Kept, Latest, Point, Sampled, Whole};

pub(in crate::console) mod given;
mod witnesses;

pub(in crate::console) use witnesses::Witnesses;
#[cfg(test)]
pub(in crate::console) use witnesses::{Row, State};

/// The page.
#[derive(Template)]
#[template(path = "integrity.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Integrity {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) entries: String,
    /// None: nothing was signed yet.
    pub(in crate::console) latest: Option<Signed>,
    /// What came since an older state, where one was given.
    pub(in crate::console) since: Option<Since>,
    /// Entries that are known to have been changed or taken out; none: none are known.
    pub(in crate::console) changed: Option<String>,
    /// What was found about entries taken at random, where that was asked.
    pub(in crate::console) sample: Option<Sample>,
    pub(in crate::console) chart: Columns,
    pub(in crate::console) recent: Vec<Line>,
    /// Public key of the ledger, in base64.
    pub(in crate::console) key: String,
    /// None: nobody watches.
    pub(in crate::console) witnesses: Option<Witnesses>,
}

/// The newest checkpoint.
pub(in crate::console) struct Signed {
    pub(in crate::console) note: String,
    pub(in crate::console) origin: String,
    pub(in crate::console) size: String,
    pub(in crate::console) root: String,
    pub(in crate::console) at: String,
    /// Signed by the key of the ledger, and the root is that of the stored tree.
    pub(in crate::console) holds: bool,
    /// This page with the present size in its address.
    pub(in crate::console) keep: String,
}

/// What became of an older state.
pub(in crate::console) enum Since {
    Extended(Proof),
    Changed(String),
    Beyond(String),
    NotOurs,
    Unreadable,
}

/// The proof that nothing of the tree was changed.
pub(in crate::console) struct Proof {
    pub(in crate::console) added: String,
    pub(in crate::console) from: String,
    pub(in crate::console) to: String,
    pub(in crate::console) from_root: String,
    pub(in crate::console) to_root: String,
    pub(in crate::console) hashes: Vec<String>,
}

/// Entries taken at random.
pub(in crate::console) struct Sample {
    pub(in crate::console) size: String,
    pub(in crate::console) good: usize,
    pub(in crate::console) bad: usize,
    pub(in crate::console) entries: Vec<Checked>,
}

pub(in crate::console) struct Checked {
    pub(in crate::console) index: i64,
    pub(in crate::console) at: String,
    pub(in crate::console) event: &'static str,
    pub(in crate::console) holds: bool,
}

/// A checkpoint of the list.
pub(in crate::console) struct Line {
    pub(in crate::console) size: String,
    pub(in crate::console) at: String,
    pub(in crate::console) root: String,
    pub(in crate::console) since: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    sinds: String,
}

/// A checkpoint that the officer kept.
#[derive(Debug, Deserialize)]
struct KeptNote {
    controlepunt: String,
}

/// A form without fields of its own.
#[derive(Debug, Deserialize)]
struct Nothing {}

pub(in crate::console) async fn integrity(
    ask: Ask,
    query: std::result::Result<Query<Asked>, QueryRejection>,
) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let sinds = query.map(|Query(asked)| asked.sinds).unwrap_or_default();
    let given = Some(sinds.trim()).filter(|text| !text.is_empty());
    let size = given.map(str::parse::<u64>);
    let wrong = matches!(size, Some(Err(_)));
    match gathered(&ask, &officer, size.and_then(std::result::Result::ok)).await {
        Ok(mut template) => {
            if wrong {
                template.since = Some(Since::Unreadable);
            }
            page(status(&template), &template)
        }
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

/// Holds a checkpoint that the officer kept against the ledger.
pub(in crate::console) async fn compare(ask: Ask, body: Bytes) -> Response {
    let sent = match ask.sent::<KeptNote>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let (officer, kept) = (sent.officer, as_note(&sent.form.controlepunt));
    let compared = async {
        let gateway = ask.app.gateway();
        let kept = gateway.held_against(&officer.call, officer.purpose(), &kept).await?;
        let template = gathered(&ask, &officer, None).await?;
        Ok(Integrity { since: Some(since(ask.lang, kept)), ..template })
    };
    shown(&ask, &officer, compared.await)
}

/// Verifies entries taken at random.
pub(in crate::console) async fn sample(ask: Ask, body: Bytes) -> Response {
    let sent = match ask.sent::<Nothing>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let officer = sent.officer;
    let verified = async {
        let gateway = ask.app.gateway();
        let found = gateway.verify_sample(&officer.call, officer.purpose()).await?;
        let template = gathered(&ask, &officer, None).await?;
        let entries: Vec<Checked> =
            found.entries.iter().map(|entry| checked(ask.lang, entry)).collect();
        let bad = entries.iter().filter(|entry| !entry.holds).count();
        let good = entries.len() - bad;
        let sample = Some(Sample { size: ask.lang.number(found.size), good, bad, entries });
        Ok(Integrity { sample, ..template })
    };
    shown(&ask, &officer, verified.await)
}

fn shown(ask: &Ask, officer: &Officer, template: Result<Integrity>) -> Response {
    match template {
        Ok(template) => page(status(&template), &template),
        Err(error) => page::failed(ask, officer, &error),
    }
}

const fn status(template: &Integrity) -> StatusCode {
    match template.since {
        Some(Since::Unreadable) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

async fn gathered(ask: &Ask, officer: &Officer, size: Option<u64>) -> Result<Integrity> {
    let gateway = ask.app.gateway();
    let whole = gateway.whole_ledger(&officer.call, officer.purpose(), size).await?;
    let Whole { latest, entries, recent, growth, since: extended, .. } = whole;
    let (witnesses, witnessed) = (whole.witnesses, whole.witnessed);
    let lang = ask.lang;
    let watched = (witnesses.as_slice(), gateway.quorum().needed());
    let (directory, now) = (gateway.directory(), gateway.clock().now());
    let key = gateway.ledger_verifier();
    Ok(Integrity {
        frame: ask.frame(Menu::Integrity, Some(officer)),
        fresh: ask.fresh(officer),
        entries: lang.number(entries),
        latest: latest.map(|latest| signed(lang, &key.name().to_string(), latest)),
        since: extended.map(|kept| since(lang, kept)),
        changed: (whole.changed > 0).then(|| page::changed(lang, whole.changed)),
        sample: None,
        chart: grown(lang, growth),
        recent: recent.iter().map(|point| line(lang, point)).collect(),
        key: STANDARD.encode(key.public_key()),
        witnesses: Witnesses::of(lang, &directory, watched, (witnessed, entries), now),
    })
}

fn signed(lang: Lang, origin: &str, latest: Latest) -> Signed {
    Signed {
        origin: origin.to_owned(),
        size: lang.number(latest.point.size),
        root: root(&latest.point),
        at: moments::moment(lang, latest.point.signed_at),
        holds: latest.is_signed && latest.has_root,
        keep: address(lang, latest.point.size),
        note: latest.note,
    }
}

fn since(lang: Lang, kept: Kept) -> Since {
    match kept {
        Kept::Extended(Extension { from, from_root, to, to_root, hashes }) => {
            Since::Extended(Proof {
                added: lang.number(to.saturating_sub(from)),
                from: lang.number(from),
                to: lang.number(to),
                from_root: from_root.to_string(),
                to_root: to_root.to_string(),
                hashes: hashes.iter().map(ToString::to_string).collect(),
            })
        }
        Kept::Changed { size } => Since::Changed(lang.number(size)),
        Kept::Beyond { size } => Since::Beyond(lang.number(size)),
        Kept::NotOurs => Since::NotOurs,
        Kept::Unreadable => Since::Unreadable,
    }
}

fn checked(lang: Lang, entry: &Sampled) -> Checked {
    let event = EventCode::from_number(rows::number(entry.event_code));
    Checked {
        index: entry.index,
        at: moments::brief(lang, entry.recorded_at),
        event: event.map_or("–", |event| lang.pick(words::event(event))),
        holds: entry.holds,
    }
}

fn line(lang: Lang, point: &Point) -> Line {
    Line {
        size: lang.number(point.size),
        at: moments::brief(lang, point.signed_at),
        root: root(point),
        since: address(lang, point.size),
    }
}

fn root(point: &Point) -> String {
    point.root.map_or_else(|| "–".to_owned(), |root| root.to_string())
}

fn address(lang: Lang, size: u64) -> String {
    format!("/{}/integriteit?sinds={size}", lang.tag())
}

/// A label for each seventh day: more do not fit.
const WEEK: usize = 7;

fn grown(lang: Lang, days: Vec<Grown>) -> Columns {
    let added: u64 = days.iter().map(|day| day.added).sum();
    let title = lang.pick(Words("Nieuwe regels per dag", "New entries a day")).to_owned();
    let count = lang.number(added);
    let desc = match lang {
        Lang::Nl => format!("In de laatste {} dagen kwamen er {count} regels bij.", days.len()),
        Lang::En => format!("In the last {} days {count} entries were added.", days.len()),
    };
    let heads = [
        lang.pick(Words("Dag", "Day")),
        lang.pick(Words("Nieuwe regels (totaal)", "New entries (in all)")),
    ];
    let figures = days.into_iter().enumerate().map(|(place, grown)| {
        let day = grown.day.start();
        let is_labelled = place.is_multiple_of(WEEK);
        Figure {
            label: moments::date(lang, day),
            tick: if is_labelled { moments::short_day(lang, day) } else { String::new() },
            number: grown.added,
            value: format!("{} ({})", lang.number(grown.added), lang.number(grown.size)),
        }
    });
    let figures = figures.collect();
    Columns::new(("groei", title, desc), heads, figures, |number| lang.number(number))
}

/// A note as it was signed: what a form sends has other ends of lines, and may have lost the last one.
fn as_note(text: &str) -> String {
    let lines: Vec<&str> = text.trim_start().lines().collect();
    let mut note = lines.join("\n");
    note.truncate(note.trim_end().len());
    note.push('\n');
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_browsers_send_it() {
        let note = "log\n3\nabc=\n\n\u{2014} log def=\n";
        let sent = format!("\r\n{}\r\n", note.replace('\n', "\r\n"));
        assert_eq!(as_note(&sent), note);
        assert_eq!(as_note(note.trim_end()), note);
    }
}
