//! A sample of the own disclosures, drawn with a seed that is in the ledger. The address holds the
//! drawing and its mark, so that anybody of the organisation draws the same again, and nobody another.

use std::collections::BTreeSet;

use askama::Template;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, refused};
use crate::console::lang::Lang;
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::pages::disclosures::days_before;
use crate::console::rows::{self, Row};
use crate::console::{moments, words};
use crate::domain::organisation::Role;
use crate::domain::sample::SampleVerdict;
use crate::domain::text::Prose;
use crate::domain::time::Date;
use crate::domain::violation::Violations;
use crate::gateway::Error;
use crate::gateway::draw::{DRAWN_MAX, Drawing, Drawn, Judgement, Judging, Wish};
use crate::gateway::written::Written;

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
    /// The drawing, as the fields of a form have it.
    pub(in crate::console) address: [(&'static str, String); 6],
    /// What may be judged: number and words.
    pub(in crate::console) choices: Vec<(i64, String)>,
    /// Number and word of what may be found.
    pub(in crate::console) verdicts: Vec<(u16, &'static str)>,
    /// How many of the rows were judged.
    pub(in crate::console) judged: usize,
    pub(in crate::console) judgements: Vec<JudgementShown>,
}

/// What an officer found of an entry.
pub(in crate::console) struct JudgementShown {
    pub(in crate::console) index: i64,
    pub(in crate::console) word: &'static str,
    pub(in crate::console) user: String,
    pub(in crate::console) at: String,
    /// The entry of the judgement.
    pub(in crate::console) href: String,
    pub(in crate::console) grounds: Written,
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

/// What was found of an entry of a drawing.
#[derive(Debug, Deserialize)]
struct Found {
    #[serde(flatten)]
    address: Address,
    #[serde(default)]
    regel: String,
    #[serde(default)]
    oordeel: String,
    #[serde(default)]
    gronden: String,
}

/// A drawing, as the address holds it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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

pub(in crate::console) async fn judge(ask: Ask, body: Bytes) -> Response {
    let sent = match ask.sent::<Found>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let (form, officer) = (&sent.form, &sent.officer);
    let Some(drawing) = form.address.read() else {
        return page::failed(&ask, officer, &Error::PageToken);
    };
    let judging = match form.read() {
        Ok(judging) => judging,
        Err(error) => return refused(&ask, officer, &error),
    };
    let request = sent.request("JudgeSampleEntry");
    let (gateway, judged) = (ask.app.gateway(), (drawing, judging));
    match gateway.judge_sample_entry(&officer.call, &request, judged, |_| Vec::new()).await {
        Ok(_) => {
            let address = serde_urlencoded::to_string(&form.address).unwrap_or_default();
            ask.go(&format!("steekproef?{address}"))
        }
        Err(error) => refused(&ask, officer, &error),
    }
}

impl Found {
    fn read(&self) -> Result<Judging, Error> {
        let mut violations = Violations::new();
        // What is no number was not drawn.
        let index = self.regel.parse().unwrap_or(-1);
        let number = self.oordeel.parse().ok();
        let verdict = number.and_then(SampleVerdict::from_number);
        let words = "must be one of the choices";
        violations.require(verdict.is_some(), "oordeel", "UNKNOWN_CODE", words);
        let grounds: Option<Prose<2000>> = violations.take("gronden", self.gronden.parse());
        let parts = violations.into_result(verdict.zip(grounds))?;
        let (verdict, grounds) = parts.ok_or_else(Error::hidden)?;
        Ok(Judging { index, verdict, grounds })
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
        drawn: drawn.map(|(drawing, drawn)| {
            let rows = rows::rows(lang, &gateway.directory(), &drawn.entries, "");
            Shown {
                seed: hex::encode(drawing.seed),
                size: lang.number(u64::try_from(drawing.tree_size).unwrap_or_default()),
                is_of_all: officer.role == Role::Oversight,
                of: number(drawn.of),
                address: address.fields(),
                choices: rows.iter().map(choice).collect(),
                verdicts: SampleVerdict::ALL.iter().map(|one| verdict(lang, *one)).collect(),
                judged: judged(drawn),
                judgements: drawn.judgements.iter().map(|one| judgement(lang, one)).collect(),
                rows,
            }
        }),
    }
}

impl Address {
    fn fields(&self) -> [(&'static str, String); 6] {
        let Self { zaad, merk, stand, van, tot, n } = self.clone();
        [("zaad", zaad), ("merk", merk), ("stand", stand), ("van", van), ("tot", tot), ("n", n)]
    }
}

fn choice(of: &Row) -> (i64, String) {
    (of.index, format!("{} · {} · {}", of.index, of.event, of.sender))
}

fn verdict(lang: Lang, of: SampleVerdict) -> (u16, &'static str) {
    (of.number(), lang.pick(words::sample_verdict(of)))
}

/// How many of the entries were judged, however often. What was changed judges nothing.
fn judged(of: &Drawn) -> usize {
    let judgements = of.judgements.iter().filter(|one| !one.grounds.is_changed());
    let places: BTreeSet<i64> = judgements.map(|one| one.judged.index).collect();
    places.len()
}

fn judgement(lang: Lang, of: &Judgement) -> JudgementShown {
    JudgementShown {
        index: of.judged.index,
        word: lang.pick(words::sample_verdict(of.judged.verdict)),
        user: of.user_id.to_string(),
        at: moments::short_moment(lang, of.judged.at),
        href: format!("/{}/verstrekkingen/{}", lang.tag(), of.judged.idx),
        grounds: of.grounds.clone(),
    }
}
