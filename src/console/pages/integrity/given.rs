//! What the browser verifies itself, as lines of text: it asks for that from the page, and whatever it
//! asks for is in the ledger first.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::console::door::{Ask, Officer};
use crate::console::lang::Words;
use crate::console::{moments, page};
use crate::gateway::Error;
use crate::gateway::integrity::{Taken, Wanted};
use crate::ledger::hash::Hash;

/// Two sizes of the ledger.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Between {
    van: u64,
    tot: u64,
}

/// Some entries of a ledger of a size.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Entries {
    soort: String,
    tot: u64,
    na: i64,
}

/// That the ledger of now begins with the one of then: the day of the checkpoint, in words, then the
/// hashes of the proof.
pub(in crate::console) async fn continuation(
    ask: Ask,
    query: Result<Query<Between>, QueryRejection>,
) -> Response {
    let officer = match asked(&ask) {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Between { van, tot } = query.map(|Query(between)| between).unwrap_or_default();
    let gateway = ask.app.gateway();
    match gateway.continuation(&officer.call, officer.purpose(), (van, tot)).await {
        Ok(found) => {
            let unknown = || ask.lang.pick(Words("onbekende datum", "an unknown date")).to_owned();
            let day = |at| moments::date(ask.lang, at);
            lines(
                found.signed_at.map_or_else(unknown, day),
                found.hashes.iter().map(Hash::to_string),
            )
        }
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

/// Entries: how many there are, then a line for each with its number, its bytes and the hashes of its
/// place.
pub(in crate::console) async fn entries(
    ask: Ask,
    query: Result<Query<Entries>, QueryRejection>,
) -> Response {
    let officer = match asked(&ask) {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Entries { soort, tot, na } = query.map(|Query(entries)| entries).unwrap_or_default();
    let wanted = match soort.as_str() {
        "steekproef" => Wanted::Random,
        "maand" => Wanted::Lately { after: na },
        _ => return page::failed(&ask, &officer, &Error::hidden()),
    };
    let gateway = ask.app.gateway();
    match gateway.entries_to_verify(&officer.call, officer.purpose(), (wanted, tot)).await {
        Ok(batch) => lines(batch.total.to_string(), batch.entries.iter().map(line)),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

/// The officer, where a page of ours asks: nobody else gets entries, or makes an officer look at them.
fn asked(ask: &Ask) -> Result<Officer, Box<Response>> {
    let officer = ask.enter()?;
    if ask.is_same_origin() {
        return Ok(officer);
    }
    Err(Box::new(page::not_ours(ask, &officer)))
}

fn line(taken: &Taken) -> String {
    let entry = taken.entry.as_ref().map_or_else(|| "-".to_owned(), |entry| STANDARD.encode(entry));
    let hashes = taken.hashes.iter().map(Hash::to_string);
    [taken.index.to_string(), entry].into_iter().chain(hashes).collect::<Vec<_>>().join(" ")
}

fn lines(first: String, others: impl Iterator<Item = String>) -> Response {
    let text =
        std::iter::once(first).chain(others).fold(String::new(), |all, line| all + &line + "\n");
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
