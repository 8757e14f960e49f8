//! A sample of the own disclosures, drawn with a seed that is in the ledger. The address holds the
//! drawing and its mark, so that anybody of the organisation draws the same again, and nobody another.

use askama::Template;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, refused};
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::pages::disclosures::days_before;
use crate::console::rows::{self, Row};
use crate::domain::organisation::Role;
use crate::domain::time::Date;
use crate::gateway::Error;
use crate::gateway::draw::{DRAWN_MAX, Drawing, Drawn, Wish};

/// How many are drawn when nothing else is chosen.
const COUNT: u32 = 20;
/// Days back to the first one, when nothing else is chosen.
const DAYS: u64 = 29;

/// The page.
#[derive(Template)]
#[template(path = "sample.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Page {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) first: String,
    pub(in crate::console) last: String,
    pub(in crate::console) count: u32,
    pub(in crate::console) most: u32,
    pub(in crate::console) drawn: Option<Shown>,
}

/// A sample that was drawn.
pub(in crate::console) struct Shown {
    pub(in crate::console) seed: String,
    pub(in crate::console) size: String,
    /// Whether it was drawn from the disclosures of all organisations.
    pub(in crate::console) is_of_all: bool,
    /// How many it was drawn from.
    pub(in crate::console) of: String,
    pub(in crate::console) rows: Vec<Row>,
}

/// What the form asks for.
#[derive(Debug, Deserialize)]
struct Wished {
    #[serde(default)]
    van: String,
    #[serde(default)]
    tot: String,
    #[serde(default)]
    n: String,
}

/// A drawing, as the address holds it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Address {
    zaad: String,
    /// That it was drawn here.
    merk: String,
    stand: String,
    van: String,
    tot: String,
    n: String,
}

pub(in crate::console) async fn sample(
    ask: Ask,
    query: Result<Query<Address>, QueryRejection>,
) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Ok(Query(address)) = query else {
        return page::failed(&ask, &officer, &Error::PageToken);
    };
    if address.zaad.is_empty() {
        return page(StatusCode::OK, &composed(&ask, &officer, &address, None));
    }
    let Some(drawing) = address.read() else {
        return page::failed(&ask, &officer, &Error::PageToken);
    };
    let gateway = ask.app.gateway();
    match gateway.drawn_sample(&officer.call, officer.purpose(), &drawing).await {
        Ok(drawn) => {
            page(StatusCode::OK, &composed(&ask, &officer, &address, Some((&drawing, &drawn))))
        }
        Err(error) => refused(&ask, &officer, &error),
    }
}

pub(in crate::console) async fn draw(ask: Ask, body: Bytes) -> Response {
    let sent = match ask.sent::<Wished>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let form = &sent.form;
    let officer = &sent.officer;
    // What is no day or number breaks the rule of the use case.
    let wish = wish(&form.van, &form.tot, &form.n).unwrap_or(NO_WISH);
    let request = sent.request("DrawSample");
    let asked = (officer.purpose(), wish);
    match ask.app.gateway().draw_sample(&officer.call, &request, asked, told).await {
        Ok(told) => ask.go(&format!("steekproef?{}", String::from_utf8_lossy(&told))),
        Err(error) => refused(&ask, officer, &error),
    }
}

const NO_WISH: Wish = {
    let never = crate::domain::time::Timestamp::EPOCH;
    Wish { from: never, until: never, count: 0 }
};

fn told(of: &Drawing) -> Vec<u8> {
    let last = of.wish.until.minus(std::time::Duration::from_secs(1)).date();
    let address = Address {
        zaad: hex::encode(of.seed),
        merk: hex::encode(of.mark),
        stand: of.tree_size.to_string(),
        van: of.wish.from.date().to_string(),
        tot: last.to_string(),
        n: of.wish.count.to_string(),
    };
    serde_urlencoded::to_string(address).unwrap_or_default().into_bytes()
}

/// From the first day to the end of the last.
fn wish(first: &str, last: &str, count: &str) -> Option<Wish> {
    let (first, last): (Date, Date) = (first.parse().ok()?, last.parse().ok()?);
    let until = last.end().plus(std::time::Duration::from_secs(1));
    Some(Wish { from: first.start(), until, count: count.parse().ok()? })
}

impl Address {
    fn read(&self) -> Option<Drawing> {
        let (mut seed, mut mark) = ([0; 32], [0; 32]);
        hex::decode_to_slice(&self.zaad, &mut seed).ok()?;
        // One without a mark was made up: it is refused where its mark is looked at.
        if !self.merk.is_empty() {
            hex::decode_to_slice(&self.merk, &mut mark).ok()?;
        }
        let wish = wish(&self.van, &self.tot, &self.n)?;
        Some(Drawing { seed, tree_size: self.stand.parse().ok()?, wish, mark })
    }
}

fn composed(
    ask: &Ask,
    officer: &Officer,
    address: &Address,
    drawn: Option<(&Drawing, &Drawn)>,
) -> Page {
    let (lang, gateway) = (ask.lang, ask.app.gateway());
    let today = gateway.clock().now().date();
    let or = |text: &str, other: Date| {
        if text.is_empty() { other.to_string() } else { text.to_owned() }
    };
    let number = |count: usize| lang.number(u64::try_from(count).unwrap_or_default());
    Page {
        frame: ask.frame(Menu::Overview, Some(officer)),
        fresh: ask.fresh(officer),
        first: or(&address.van, days_before(today, DAYS)),
        last: or(&address.tot, today),
        count: address.n.parse().unwrap_or(COUNT),
        most: DRAWN_MAX,
        drawn: drawn.map(|(drawing, drawn)| Shown {
            seed: hex::encode(drawing.seed),
            size: lang.number(u64::try_from(drawing.tree_size).unwrap_or_default()),
            is_of_all: officer.role == Role::Oversight,
            of: number(drawn.of),
            rows: rows::rows(lang, &gateway.directory(), &drawn.entries, ""),
        }),
    }
}
