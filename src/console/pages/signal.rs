//! One signal: what speaks for it and against, what it is about, and the three ways to end it.

use std::time::Duration;

use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::console::badge::{self, Badge};
use crate::console::door::{Ask, Officer};
use crate::console::forms::{Fresh, refused};
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::pages::disclosures::Filters;
use crate::console::rows;
use crate::console::words::signals as words;
use crate::console::{moments, words as codes};
use crate::domain::event::{DenialReason, Disposition, EventCode};
use crate::domain::id::SignalId;
use crate::domain::signal::suppression::SuppressionScope;
use crate::domain::signal::{Factor, Norm, SignalState};
use crate::domain::text::Prose;
use crate::domain::time::{Date, Timestamp};
use crate::domain::violation::Violations;
use crate::gateway::disclosures::DisclosureRow;
use crate::gateway::signals::{Closing, SignalSeen, Suppressing};
use crate::gateway::written::Written;
use crate::gateway::{Directory, Error};

use super::signals;

/// Entries that are shown with what they say; of the others the number is.
const SHOWN: usize = 50;
const DAY: Duration = Duration::from_hours(24);
/// The last day on which a suppression may end: within a year, and it ends after that day.
const SUPPRESSED_DAYS_MAX: u32 = 365;

/// The page.
#[derive(Template)]
#[template(path = "signal.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Signal {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) fresh: Fresh,
    pub(in crate::console) path: String,
    pub(in crate::console) head: Head,
    /// What speaks for it, against it, and neither way.
    pub(in crate::console) weighed: Vec<(&'static str, Vec<FactorRow>)>,
    pub(in crate::console) entries: Vec<EntryRow>,
    /// Numbers and addresses of the entries that do not fit.
    pub(in crate::console) further: Vec<(i64, String)>,
    /// How many entries there are that are not shown at all.
    pub(in crate::console) unlisted: Option<String>,
    /// Who raised it by hand, for which organisation, and why; none when a rule found it.
    pub(in crate::console) raised: Option<(String, String, Written)>,
    pub(in crate::console) ending: Option<EndingShown>,
    pub(in crate::console) work: Work,
}

/// What it is about.
pub(in crate::console) struct Head {
    pub(in crate::console) rule: &'static str,
    pub(in crate::console) sentence: String,
    /// None: no rule gave one.
    pub(in crate::console) score: Option<i64>,
    pub(in crate::console) badge: Badge,
    pub(in crate::console) organisation: String,
    pub(in crate::console) other: Option<String>,
    /// Who, with the search for everything of that employee; the same of the case.
    pub(in crate::console) user: Option<(String, String)>,
    pub(in crate::console) case: Option<(String, String)>,
    /// The search for everything about the one person.
    pub(in crate::console) subject: Option<String>,
    /// The certificate that it is about: its SHA-256 in hex.
    pub(in crate::console) certificate: Option<String>,
    pub(in crate::console) first: String,
    pub(in crate::console) last: String,
    pub(in crate::console) found: String,
    pub(in crate::console) entries: String,
    pub(in crate::console) pack: String,
    /// The entry that tells that it was found.
    pub(in crate::console) raised_by: String,
    /// Path of the incident that it was.
    pub(in crate::console) incident: Option<String>,
}

/// Something that was weighed.
pub(in crate::console) struct FactorRow {
    pub(in crate::console) mark: &'static str,
    pub(in crate::console) class: &'static str,
    pub(in crate::console) word: &'static str,
    /// `gezien 61 · gewoon 18 (mediaan van deze medewerker, 90 dagen) · telt 20 %`.
    pub(in crate::console) told: String,
}

/// An entry that it is about.
pub(in crate::console) struct EntryRow {
    pub(in crate::console) index: i64,
    pub(in crate::console) href: String,
    pub(in crate::console) moment: String,
    pub(in crate::console) what: String,
    pub(in crate::console) badge: Badge,
}

/// What was decided.
pub(in crate::console) struct EndingShown {
    pub(in crate::console) word: &'static str,
    pub(in crate::console) at: String,
    pub(in crate::console) user: String,
    pub(in crate::console) organisation: String,
    pub(in crate::console) href: String,
    pub(in crate::console) grounds: Written,
}

/// What the officer can do here.
pub(in crate::console) struct Work {
    /// Why not.
    pub(in crate::console) why_not: Option<&'static str>,
    pub(in crate::console) may_close: bool,
    /// For whom or what it may be suppressed: value and word.
    pub(in crate::console) scopes: Vec<(&'static str, &'static str)>,
    pub(in crate::console) owner: String,
    /// The first and the last day on which a suppression may end.
    pub(in crate::console) earliest: String,
    pub(in crate::console) latest: String,
}

#[derive(Deserialize)]
struct Ending {
    #[serde(default)]
    einde: String,
    #[serde(default)]
    gronden: String,
}

#[derive(Deserialize)]
struct Silencing {
    #[serde(default)]
    voor: String,
    #[serde(default)]
    tot: String,
    #[serde(default)]
    gronden: String,
}

pub(in crate::console) async fn signal(ask: Ask, Path(id): Path<String>) -> Response {
    let officer = match ask.enter_to_review() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Ok(id) = id.parse() else { return page::failed(&ask, &officer, &Error::hidden()) };
    shown(&ask, &officer, id, StatusCode::OK).await
}

pub(in crate::console) async fn close(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Ending>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let officer = &sent.officer;
    let Ok(id) = id.parse() else { return page::failed(&ask, officer, &Error::hidden()) };
    let closing = match sent.form.read(id) {
        Ok(closing) => closing,
        Err(error) => return refused(&ask, officer, &error),
    };
    let request = sent.request("CloseSignal");
    let gateway = ask.app.gateway();
    let done = gateway.close_signal(&officer.call, &request, closing, |_| Vec::new()).await;
    after(&ask, officer, id, done).await
}

pub(in crate::console) async fn suppress(
    ask: Ask,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let sent = match ask.sent::<Silencing>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let officer = &sent.officer;
    let Ok(id) = id.parse() else { return page::failed(&ask, officer, &Error::hidden()) };
    let suppressing = match sent.form.read(id, officer) {
        Ok(suppressing) => suppressing,
        Err(error) => return refused(&ask, officer, &error),
    };
    let request = sent.request("SuppressSignals");
    let gateway = ask.app.gateway();
    let done = gateway.suppress_signal(&officer.call, &request, suppressing, |_| Vec::new()).await;
    after(&ask, officer, id, done).await
}

impl Ending {
    fn read(&self, signal_id: SignalId) -> Result<Closing, Error> {
        let mut violations = Violations::new();
        let is_incident = match self.einde.as_str() {
            "incident" => Some(true),
            "verklaard" => Some(false),
            _ => None,
        };
        let ends = "must be incident or verklaard";
        violations.require(is_incident.is_some(), "einde", "SIGNAL_ENDING", ends);
        let grounds: Option<Prose<2000>> = violations.take("gronden", self.gronden.parse());
        let parts = violations.into_result(is_incident.zip(grounds))?;
        let (is_incident, grounds) = parts.ok_or_else(Error::hidden)?;
        Ok(Closing { signal_id, is_incident, grounds })
    }
}

impl Silencing {
    fn read(&self, signal_id: SignalId, officer: &Officer) -> Result<Suppressing, Error> {
        let mut violations = Violations::new();
        let scope = scope_of(&self.voor);
        violations.require(scope.is_some(), "voor", "UNKNOWN_CODE", "must be one of the choices");
        let last: Option<Date> = violations.take("tot", self.tot.parse());
        let grounds: Option<Prose<2000>> = violations.take("gronden", self.gronden.parse());
        let owner = violations.take("eigenaar", officer.user().parse());
        let parts = violations.into_result(scope.zip(last).zip(owner.zip(grounds)))?;
        let ((scope, last), (owner, grounds)) = parts.ok_or_else(Error::hidden)?;
        let until = day_after(last).start();
        Ok(Suppressing { signal_id, scope, until, owner, grounds })
    }
}

/// Back to the signal. Who may not do this reads on it why.
async fn after(
    ask: &Ask,
    officer: &Officer,
    id: SignalId,
    done: Result<Vec<u8>, Error>,
) -> Response {
    match done {
        Ok(_) => ask.go(&format!("signalen/{id}")),
        Err(Error::Denied { reason: Some(_) }) => {
            shown(ask, officer, id, StatusCode::FORBIDDEN).await
        }
        Err(error) => refused(ask, officer, &error),
    }
}

async fn shown(ask: &Ask, officer: &Officer, id: SignalId, status: StatusCode) -> Response {
    match gathered(ask, officer, id).await {
        Ok(template) => page(status, &template),
        Err(error) => page::failed(ask, officer, &error),
    }
}

async fn gathered(ask: &Ask, officer: &Officer, id: SignalId) -> Result<Signal, Error> {
    let (lang, gateway) = (ask.lang, ask.app.gateway());
    let seen = gateway.signal(&officer.call, officer.purpose(), id).await?;
    let entries = gateway.entries_of_signal(&officer.call, &seen, SHOWN).await?;
    let directory = gateway.directory();
    let to = |index: i64| format!("/{}/verstrekkingen/{index}", lang.tag());
    let further = seen.entries.get(SHOWN..).unwrap_or_default();
    let listed = i64::try_from(seen.entries.len()).unwrap_or(i64::MAX);
    let unlisted = u64::try_from(seen.view.row.entry_count - listed).ok().filter(|more| *more > 0);
    Ok(Signal {
        frame: ask.frame(Menu::Signals, Some(officer)),
        fresh: ask.fresh(officer),
        path: format!("/{}/signalen/{id}", lang.tag()),
        head: head(ask, &directory, &seen, &entries),
        weighed: weighed(lang, &seen.view.factors),
        entries: entries.iter().map(|one| entry(lang, &directory, one)).collect(),
        further: further.iter().map(|index| (*index, to(*index))).collect(),
        unlisted: unlisted.map(|more| lang.number(more)),
        raised: seen.raised.as_ref().map(|by| {
            (by.user_id.to_string(), rows::name(&directory, &by.oin), by.grounds.clone())
        }),
        ending: ending(lang, &directory, &seen),
        work: work(lang, officer, &seen, gateway.clock().now()),
    })
}

fn head(ask: &Ask, directory: &Directory, seen: &SignalSeen, entries: &[DisclosureRow]) -> Head {
    let (lang, row) = (ask.lang, &seen.view.row);
    let search = |filters: Filters| {
        let mut filters = filters;
        filters.fill_period_around(row.last_at);
        filters.address(ask)
    };
    let about = entries.iter().find(|one| row.subject.is_some() && one.subject == row.subject);
    Head {
        rule: lang.pick(words::rule(row.rule)),
        sentence: signals::sentence(lang, &seen.view),
        score: row.rule.is_detector().then_some(row.score),
        badge: signals::badge(lang, row.state),
        organisation: rows::name(directory, &row.oin),
        other: row.other_oin.as_ref().map(|oin| rows::name(directory, oin)),
        user: row.user_id.as_ref().map(|user| {
            let medewerker = user.to_string();
            (medewerker.clone(), search(Filters { medewerker, ..Filters::default() }))
        }),
        case: row.case_ref.as_ref().map(|case_ref| {
            let zaak = case_ref.to_string();
            (zaak.clone(), search(Filters { zaak, ..Filters::default() }))
        }),
        subject: about
            .map(|one| search(Filters { betrokkene: one.idx.to_string(), ..Filters::default() })),
        certificate: seen.view.certificate(),
        first: moments::moment(lang, row.first_at),
        last: moments::moment(lang, row.last_at),
        found: moments::moment(lang, row.found_at),
        entries: lang.number(u64::try_from(row.entry_count).unwrap_or_default()),
        pack: row.pack.to_string(),
        raised_by: format!("/{}/verstrekkingen/{}", lang.tag(), row.idx),
        incident: row.incident_id.map(|id| format!("/{}/datalek/{id}", lang.tag())),
    }
}

fn weighed(lang: Lang, factors: &[Factor]) -> Vec<(&'static str, Vec<FactorRow>)> {
    let groups = [
        (Words("Spreekt ervoor", "Speaks for it"), 1),
        (Words("Spreekt ertegen", "Speaks against it"), -1),
        (Words("Maakt geen verschil", "Makes no difference"), 0),
    ];
    let of = |sign: i16| {
        let those = factors.iter().filter(move |factor| factor.weight.signum() == sign);
        those.map(|one| factor(lang, one)).collect::<Vec<_>>()
    };
    let groups = groups.into_iter().map(|(head, sign)| (lang.pick(head), of(sign)));
    groups.filter(|(_, those)| !those.is_empty()).collect()
}

fn factor(lang: Lang, of: &Factor) -> FactorRow {
    let seen = format!("{} {}", lang.pick(Words("gezien", "seen")), lang.number(of.seen));
    let counts = lang.pick(Words("telt", "counts"));
    let weight = of.weight.unsigned_abs();
    let sign = if of.weight < 0 { "−" } else { "" };
    let weight = match lang {
        Lang::Nl => format!("{counts} {sign}{weight} %"),
        Lang::En => format!("{counts} {sign}{weight}%"),
    };
    let usual = of.norm.map(|norm| usual(lang, norm, of.usual));
    let (mark, class) = if of.weight < 0 { ("−", "mark--y") } else { ("+", "mark--n") };
    FactorRow {
        mark: if of.weight == 0 { "=" } else { mark },
        class: if of.weight == 0 { "" } else { class },
        word: lang.pick(words::factor(of.code)),
        told: [Some(seen), usual, Some(weight)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · "),
    }
}

fn usual(lang: Lang, norm: Norm, number: u64) -> String {
    let (word, more) = words::norm(norm);
    let more = more.map_or_else(String::new, |more| format!(" ({})", lang.pick(more)));
    format!("{} {}{more}", lang.pick(word), lang.number(number))
}

fn entry(lang: Lang, directory: &Directory, row: &DisclosureRow) -> EntryRow {
    let event = EventCode::from_number(rows::number(row.event_code));
    let event = event.map_or("–", |event| lang.pick(codes::event(event)));
    let disposition = Disposition::from_number(rows::number(row.disposition));
    EntryRow {
        index: row.idx,
        href: format!("/{}/verstrekkingen/{}", lang.tag(), row.idx),
        moment: moments::short_moment(lang, row.recorded_at),
        what: format!("{}: {event}", rows::name(directory, &row.actor_oin)),
        badge: badge::badge(lang, disposition.unwrap_or(Disposition::Failed)),
    }
}

fn ending(lang: Lang, directory: &Directory, seen: &SignalSeen) -> Option<EndingShown> {
    let of = seen.ending.as_ref()?;
    Some(EndingShown {
        word: lang.pick(words::state(of.state)),
        at: moments::moment(lang, of.at),
        user: of.user_id.to_string(),
        organisation: rows::name(directory, &of.oin),
        href: format!("/{}/verstrekkingen/{}", lang.tag(), of.idx),
        grounds: of.grounds.clone(),
    })
}

fn work(lang: Lang, officer: &Officer, seen: &SignalSeen, now: Timestamp) -> Work {
    let row = &seen.view.row;
    let is_open = row.state == SignalState::Open;
    let may_close = is_open && seen.no_judge.is_none();
    let named = |scope: &SuppressionScope| match scope {
        SuppressionScope::User => row.user_id.is_some(),
        SuppressionScope::Case => row.case_ref.is_some(),
    };
    let scopes = SuppressionScope::ALL.iter().copied();
    let scopes = scopes.filter(|scope| may_close && row.rule.is_suppressible() && named(scope));
    Work {
        why_not: seen.no_judge.filter(|_| is_open).map(|reason| lang.pick(why_not(reason))),
        may_close,
        scopes: scopes.map(|one| (scope_word(one), lang.pick(words::scope(one)))).collect(),
        owner: officer.user().to_owned(),
        earliest: now.date().to_string(),
        latest: now.plus(DAY * SUPPRESSED_DAYS_MAX).date().to_string(),
    }
}

fn why_not(reason: DenialReason) -> Words {
    if reason == DenialReason::FourEyesRequired {
        return Words(
            "Dit signaal gaat over wat u zelf hebt gedaan. Over uw eigen handelen oordeelt u niet: een andere functionaris van uw organisatie of het regiobureau handelt het af.",
            "This signal is about what you did yourself. You do not judge your own acts: another officer of your organisation or the office of the region closes it.",
        );
    }
    Words(
        "Dit signaal gaat over een andere organisatie. U mag het zien; die organisatie of het regiobureau handelt het af.",
        "This signal is about another organisation. You may see it; that organisation or the office of the region closes it.",
    )
}

const fn scope_word(of: SuppressionScope) -> &'static str {
    match of {
        SuppressionScope::User => "medewerker",
        SuppressionScope::Case => "zaak",
    }
}

fn scope_of(word: &str) -> Option<SuppressionScope> {
    SuppressionScope::ALL.iter().copied().find(|one| scope_word(*one) == word)
}

/// From noon, so that an hour more or less stays in the day.
fn day_after(day: Date) -> Date {
    day.start().plus(DAY / 2 * 3).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::signal::FactorCode;

    #[test]
    fn a_factor_is_told_with_what_it_is_compared_with_and_what_it_counts() {
        let of =
            |norm, weight| Factor { code: FactorCode::Subjects, seen: 61, norm, usual: 18, weight };
        let told = |of: &Factor| (factor(Lang::Nl, of).told, factor(Lang::En, of).told);
        assert_eq!(
            told(&of(Some(Norm::OwnMedian), 40)).0,
            "gezien 61 · gewoon 18 (mediaan van deze medewerker, 90 dagen) · telt 40 %"
        );
        assert_eq!(told(&of(Some(Norm::Limit), -20)).0, "gezien 61 · grens 18 · telt −20 %");
        assert_eq!(told(&of(None, 0)).1, "seen 61 · counts 0%");
        let factors = [of(None, 0), of(None, -1), of(None, 1), of(None, 2)];
        let groups = weighed(Lang::Nl, &factors);
        let sizes: Vec<_> = groups.iter().map(|(head, those)| (*head, those.len())).collect();
        assert_eq!(
            sizes,
            [("Spreekt ervoor", 2), ("Spreekt ertegen", 1), ("Maakt geen verschil", 1)]
        );
    }

    #[test]
    fn a_suppression_ends_after_its_last_day_also_when_the_clock_changes() {
        for (last, next) in [("2026-03-29", "2026-03-30"), ("2026-10-25", "2026-10-26")] {
            assert_eq!(day_after(last.parse().unwrap()).to_string(), next);
        }
    }

    #[test]
    fn a_form_says_every_field_that_it_lacks() {
        let id = SignalId::new(uuid::Uuid::nil());
        let wrong =
            Ending { einde: "weg".to_owned(), gronden: " ".to_owned() }.read(id).unwrap_err();
        let Error::Invalid(violations) = wrong else { panic!("{wrong:?}") };
        let fields: Vec<_> = violations.iter().map(|one| (one.field.as_str(), one.rule)).collect();
        assert_eq!(fields, [("einde", "SIGNAL_ENDING"), ("gronden", "REQUIRED")]);
        let right = Ending { einde: "incident".to_owned(), gronden: "Nee.".to_owned() };
        assert!(right.read(id).unwrap().is_incident);
    }
}
