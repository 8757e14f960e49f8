//! One disclosure of a report, in words and in codes.

use serde_json::{Value, json};

use crate::console::lang::{Lang, Words};
use crate::console::words::requests as words;
use crate::console::{moments, rows, words as codes};
use crate::domain::basis::Basis;
use crate::domain::category::Category;
use crate::domain::event::EventCode;
use crate::domain::purpose::Purpose;
use crate::domain::subject_request::{Organisation, ReviewOutcome, statute};
use crate::domain::time::Date;
use crate::gateway::Directory;
use crate::gateway::access_report::ReportEntry;

/// One disclosure, in words.
pub(in crate::console) struct Line {
    pub(in crate::console) day: String,
    pub(in crate::console) what: &'static str,
    pub(in crate::console) from: String,
    pub(in crate::console) to: String,
    pub(in crate::console) data: String,
    pub(in crate::console) purpose: Option<&'static str>,
    pub(in crate::console) ground: Option<&'static str>,
    /// Day of the consent, or the article of a law.
    pub(in crate::console) rests_on: Option<String>,
    pub(in crate::console) is_emergency: bool,
    /// What became of the review of the emergency.
    pub(in crate::console) review: Option<&'static str>,
    /// Its place in the ledger, by which it can be withheld.
    pub(in crate::console) choice: Option<i64>,
    /// On what ground it is withheld.
    pub(in crate::console) withheld: Option<&'static str>,
}

pub(super) fn line(lang: Lang, directory: &Directory, of: &ReportEntry) -> Line {
    let entry = &of.entry;
    let ground = match lang {
        Lang::Nl => entry.ground_nl(),
        Lang::En => entry.basis.map(|basis| lang.pick(codes::basis(basis))),
    };
    Line {
        day: moments::day(lang, entry.at),
        what: entry
            .told_event()
            .map_or_else(|| lang.pick(REPORT), |event| lang.pick(codes::event(event))),
        from: organisation(lang, directory, &entry.from),
        to: organisation(lang, directory, &entry.to),
        data: data(lang, of),
        purpose: entry.purpose.map(|purpose| lang.pick(codes::purpose(purpose))),
        ground,
        rests_on: rests_on(lang, of),
        is_emergency: entry.is_emergency,
        review: of.review.map(|outcome| lang.pick(words::review(outcome))),
        choice: Some(of.idx),
        withheld: of.withheld.map(|ground| lang.pick(words::withholding(ground))),
    }
}

/// What happened, where its name would tell who reported.
const REPORT: Words = Words("Melding of antwoord daarop", "Report, or answer to one");
const WITHHELD: Words = Words("niet genoemd", "not named");

fn organisation(lang: Lang, directory: &Directory, of: &Organisation) -> String {
    match of {
        Organisation::Withheld => lang.pick(WITHHELD).to_owned(),
        Organisation::Named(oin, role) => {
            let part = lang.pick(words::part(*role));
            format!("{} ({part})", rows::name(directory, oin))
        }
    }
}

fn data(lang: Lang, of: &ReportEntry) -> String {
    let held = Category::ALL.iter().filter(|one| of.entry.categories.contains(**one));
    let words: Vec<&str> = held.map(|one| lang.pick(codes::category(*one))).collect();
    words.join(", ")
}

fn rests_on(lang: Lang, of: &ReportEntry) -> Option<String> {
    let given = lang.pick(Words("gegeven op", "given on"));
    let consent = of.consented_on.map(|day| format!("{given} {}", moments::day(lang, day.start())));
    consent.or_else(|| of.entry.basis.and_then(statute).map(str::to_owned))
}

pub(super) fn as_json(directory: &Directory, of: &ReportEntry) -> Value {
    let entry = &of.entry;
    let party = |of: &Organisation| match of {
        Organisation::Withheld => json!({ "withheld": true }),
        Organisation::Named(oin, role) => json!({
            "oin": oin.to_string(),
            "name": rows::name(directory, oin),
            "role": role.as_str(),
        }),
    };
    let categories = Category::ALL.iter().filter(|one| entry.categories.contains(**one));
    json!({
        "at": entry.at.to_string(),
        "event": entry.told_event().map(EventCode::as_str),
        "from": party(&entry.from),
        "to": party(&entry.to),
        "categories": categories.map(|one| one.as_str()).collect::<Vec<_>>(),
        "purpose": entry.purpose.map(Purpose::as_str),
        "basis": entry.basis.map(Basis::as_str),
        "ground_nl": entry.ground_nl(),
        "statute": entry.basis.and_then(statute),
        "consented_on": of.consented_on.as_ref().map(Date::to_string),
        "is_emergency": entry.is_emergency,
        "review": of.review.map(ReviewOutcome::as_str),
    })
}
