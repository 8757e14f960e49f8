//! Searches that officers keep, on the page of the search.

use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;

use super::filters::Filters;
use crate::console::door::{Ask, Officer};
use crate::console::forms::refused;
use crate::console::lang::Lang;
use crate::console::page;
use crate::domain::digest::DigestLanguage;
use crate::domain::time::Date;
use crate::domain::violation::Violations;
use crate::gateway::Error;
use crate::gateway::saved_searches::{SavedDraft, SavedSearch};

/// A search that was kept.
pub(in crate::console) struct Saved {
    pub(in crate::console) name: String,
    pub(in crate::console) href: String,
    /// Whose it is, where another shares it.
    pub(in crate::console) owner: Option<String>,
    /// Whether the own one is shared.
    pub(in crate::console) is_shared: bool,
    /// Whether a weekly mail counts what is new of it.
    pub(in crate::console) is_weekly: bool,
    /// Where it is deleted; none for that of another.
    pub(in crate::console) delete: Option<String>,
    /// Where the weekly mail is switched on or off; none for that of another.
    pub(in crate::console) weekly: Option<String>,
}

#[derive(Deserialize)]
struct Keeping {
    #[serde(default)]
    naam: String,
    #[serde(default)]
    vraag: String,
    #[serde(default)]
    gedeeld: String,
    #[serde(default)]
    wekelijks: String,
}

/// Which days of a search are opened: those of a digest.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::console) struct Days {
    van: String,
    tot: String,
}

#[derive(Deserialize)]
struct Deleting {}

#[derive(Deserialize)]
struct Counting {
    #[serde(default)]
    wekelijks: String,
}

/// Those of the officer, and those that others share.
pub(super) async fn saved(ask: &Ask, officer: &Officer) -> Result<Vec<Saved>, Error> {
    let found = ask.app.gateway().saved_searches(&officer.call).await?;
    let lang = ask.lang.tag();
    let one = |of: SavedSearch| Saved {
        href: format!("/{lang}/verstrekkingen?{}", of.query),
        delete: of.is_own.then(|| format!("/{lang}/verstrekkingen/bewaard/{}/verwijderen", of.id)),
        weekly: of.is_own.then(|| format!("/{lang}/verstrekkingen/bewaard/{}/wekelijks", of.id)),
        owner: (!of.is_own).then(|| of.owner.to_string()),
        is_shared: of.is_shared,
        is_weekly: of.is_weekly,
        name: of.name,
    };
    Ok(found.into_iter().map(one).collect())
}

pub(in crate::console) async fn keep(ask: Ask, body: Bytes) -> Response {
    let sent = match ask.sent::<Keeping>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let (officer, form) = (&sent.officer, &sent.form);
    let draft = serde_urlencoded::from_str::<Filters>(&form.vraag).ok().and_then(|filters| {
        // What is none of the fields falls away, and so does the page that was looked at.
        let filters = filters.anew();
        let (search, _) = filters.read(officer)?;
        let (name, is_shared) = (form.naam.clone(), !form.gedeeld.is_empty());
        let weekly = Some(language(ask.lang)).filter(|_| !form.wekelijks.is_empty());
        let query = filters.query();
        Some((query.clone(), SavedDraft { name, query, search, is_shared, weekly }))
    });
    let Some((query, draft)) = draft else {
        let mut violations = Violations::new();
        violations.add("query", "UNKNOWN_CODE", "cannot be read");
        return refused(&ask, officer, &violations.into());
    };
    let request = sent.request("SaveSearch");
    match ask.app.gateway().save_search(&officer.call, &request, draft, |_| Vec::new()).await {
        Ok(_) => ask.go(&format!("verstrekkingen?{query}")),
        Err(error) => refused(&ask, officer, &error),
    }
}

const fn language(lang: Lang) -> DigestLanguage {
    match lang {
        Lang::Nl => DigestLanguage::Dutch,
        Lang::En => DigestLanguage::English,
    }
}

/// A search by its name in a mail: neither case nor employee stands in that address.
pub(in crate::console) async fn open(
    ask: Ask,
    Path(id): Path<String>,
    Query(days): Query<Days>,
) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let kept = match ask.app.gateway().saved_searches(&officer.call).await {
        Ok(found) => found.into_iter().find(|one| one.id.to_string() == id),
        Err(error) => return page::failed(&ask, &officer, &error),
    };
    let filters = kept.and_then(|one| serde_urlencoded::from_str::<Filters>(&one.query).ok());
    let Some(mut filters) = filters else {
        return page::failed(&ask, &officer, &Error::hidden());
    };
    if days.van.parse::<Date>().is_ok() && days.tot.parse::<Date>().is_ok() {
        (filters.van, filters.tot) = (days.van, days.tot);
    }
    ask.go(&format!("verstrekkingen?{}", filters.query()))
}

pub(in crate::console) async fn delete(ask: Ask, Path(id): Path<String>, body: Bytes) -> Response {
    let sent = match ask.sent::<Deleting>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let officer = &sent.officer;
    let Ok(id) = id.parse() else { return page::failed(&ask, officer, &Error::hidden()) };
    let request = sent.request("DeleteSearch");
    match ask.app.gateway().delete_search(&officer.call, &request, id, |_| Vec::new()).await {
        Ok(_) => ask.go("verstrekkingen"),
        Err(error) => refused(&ask, officer, &error),
    }
}

/// Switches the weekly mail of a search on or off.
pub(in crate::console) async fn count_weekly(
    ask: Ask,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let sent = match ask.sent::<Counting>(&body) {
        Ok(sent) => sent,
        Err(page) => return *page,
    };
    let officer = &sent.officer;
    let Ok(id) = id.parse() else { return page::failed(&ask, officer, &Error::hidden()) };
    let request = sent.request("SetSavedSearchWeekly");
    let weekly = Some(language(ask.lang)).filter(|_| !sent.form.wekelijks.is_empty());
    let gateway = ask.app.gateway();
    match gateway.count_weekly(&officer.call, &request, (id, weekly), |_| Vec::new()).await {
        Ok(_) => ask.go("verstrekkingen"),
        Err(error) => refused(&ask, officer, &error),
    }
}
