//! The overview: what is to be done, whether the ledger is whole, and what happened lately.

use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::console::door::{Ask, Officer};
use crate::console::lang::Lang;
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::rows::{self, Row};
use crate::console::{moments, words};
use crate::domain::event::EventCode;
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::gateway::disclosures::SearchDraft;
use crate::gateway::reviews::Overview as Review;
use crate::gateway::reviews::look::Queue;
use crate::gateway::signals::SignalFilter;
use crate::gateway::signals::look::PAGE_MAX;
use crate::gateway::subject_requests::RequestView;
use crate::gateway::{Error, Gateway, Result};

pub(in crate::console) mod month;
mod news;

pub(in crate::console) use month::{Ends, MonthShown, Undelivered};
pub(in crate::console) use news::{News, OwnCheck};

/// Disclosures that are shown.
const RECENT: u32 = 10;
/// Of what waits, how many are named with their page.
const FIRST: usize = 5;
/// How far back they go.
const LATELY: Duration = Duration::from_hours(30 * 24);
/// Open reviews that are counted; where there are more, the page says so.
const REVIEWS: u32 = 200;
/// Waiting requests that are counted; the same.
const REQUESTS: u32 = 200;

/// The page.
#[derive(Template)]
#[template(path = "overview.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Overview {
    pub(in crate::console) frame: Frame,
    /// None: the stated purpose is not that of reviewing.
    pub(in crate::console) reviews: Option<Waiting>,
    /// None: the stated purpose is not that of reviewing.
    pub(in crate::console) signals: Option<SignalsShown>,
    /// Requests of data subjects that wait for an answer.
    pub(in crate::console) requests: Waiting,
    /// The last thirty days.
    pub(in crate::console) month: MonthShown,
    /// Referrals that nobody took over in time.
    pub(in crate::console) undelivered: Undelivered,
    /// Certificates of the own organisation that end soon.
    pub(in crate::console) ends: Vec<Ends>,
    /// Where they all are.
    pub(in crate::console) own: String,
    /// None: nothing was signed yet.
    pub(in crate::console) checkpoint: Option<Checkpoint>,
    /// None: not among the officer's newest looks.
    pub(in crate::console) own_check: Option<OwnCheck>,
    /// What changed in the policy.
    pub(in crate::console) policy_news: News,
    /// Who came, was suspended or returned.
    pub(in crate::console) news: News,
    /// None: the office of the region chooses an organisation first.
    pub(in crate::console) recent: Option<Vec<Row>>,
    /// To choose from: number and name.
    pub(in crate::console) organisations: Vec<(String, String)>,
}

/// Work that waits.
pub(in crate::console) struct Waiting {
    pub(in crate::console) open: String,
    pub(in crate::console) overdue: usize,
    /// Those that are due first: when, what it is, and its page.
    pub(in crate::console) first: Vec<(String, String, String)>,
}

/// Signals that nobody judged.
pub(in crate::console) struct SignalsShown {
    pub(in crate::console) open: String,
    /// The heaviest of the newest: score, rule, and its page.
    pub(in crate::console) heaviest: Option<(i64, &'static str, String)>,
}

pub(in crate::console) struct Checkpoint {
    pub(in crate::console) size: String,
    pub(in crate::console) at: String,
    pub(in crate::console) root: String,
    pub(in crate::console) origin: String,
    /// Entries that are known to have been changed in the database; none when none is.
    pub(in crate::console) changed: Option<String>,
    /// None: nobody watches.
    pub(in crate::console) witnesses: Option<Witnesses>,
}

/// How many of the witnesses said lately that they agree.
pub(in crate::console) struct Witnesses {
    pub(in crate::console) heard: usize,
    pub(in crate::console) known: usize,
    pub(in crate::console) is_enough: bool,
}

pub(in crate::console) async fn overview(ask: Ask) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    match gathered(&ask, &officer).await {
        Ok(template) => page(StatusCode::OK, &template),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

async fn gathered(ask: &Ask, officer: &Officer) -> Result<Overview> {
    let gateway = ask.app.gateway();
    let is_office = officer.role == Role::Oversight;
    let month = gateway.month(&officer.call, officer.purpose()).await?;
    Ok(Overview {
        frame: ask.frame(Menu::Overview, Some(officer)),
        reviews: reviews(ask, officer).await?,
        signals: signals(ask, officer).await?,
        requests: requests(ask, officer).await?,
        undelivered: month::undelivered(ask, &month),
        ends: month::ends(ask, officer),
        own: format!("/{}/organisaties/{}", ask.lang.tag(), officer.oin),
        checkpoint: checkpoint(ask, gateway, month.changed).await?,
        own_check: news::own_check(ask, &month),
        policy_news: news::policy(ask.lang, &month),
        news: news::organisations(ask.lang, &month),
        month: month::shown(ask, &month),
        recent: if is_office { None } else { Some(recent(ask, officer).await?) },
        organisations: if is_office { organisations(gateway) } else { Vec::new() },
    })
}

async fn reviews(ask: &Ask, officer: &Officer) -> Result<Option<Waiting>> {
    if officer.purpose() != i32::from(Purpose::PrivacyReview.number()) {
        return Ok(None);
    }
    let queue = Queue { purpose: officer.purpose(), ..Queue::default() };
    let open = ask.app.gateway().reviews(&officer.call, &queue, REVIEWS).await?;
    let first = |review: &Review| {
        let cause = ask.lang.pick(words::cause(review.cause)).to_owned();
        let href = format!("/{}/noodtoegang/{}", ask.lang.tag(), review.row.review_id);
        (moments::short_moment(ask.lang, review.row.due_at), cause, href)
    };
    Ok(Some(Waiting {
        open: counted(ask.lang, open.len(), REVIEWS),
        overdue: open.iter().filter(|review| review.is_overdue).count(),
        first: open.iter().take(FIRST).map(first).collect(),
    }))
}

async fn signals(ask: &Ask, officer: &Officer) -> Result<Option<SignalsShown>> {
    if !officer.reviews() {
        return Ok(None);
    }
    let (lang, gateway) = (ask.lang, ask.app.gateway());
    let filter = SignalFilter { purpose: officer.purpose(), ..SignalFilter::default() };
    let found = gateway.signals(&officer.call, &filter, PAGE_MAX).await?;
    // What an officer raised has no score.
    let scored = found.iter().filter(|one| one.row.rule.is_detector());
    let heaviest = scored.max_by_key(|one| one.row.score).map(|one| {
        let href = format!("/{}/signalen/{}", lang.tag(), one.row.signal_id);
        (one.row.score, lang.pick(words::signals::rule(one.row.rule)), href)
    });
    Ok(Some(SignalsShown { open: counted(lang, found.len(), PAGE_MAX), heaviest }))
}

async fn requests(ask: &Ask, officer: &Officer) -> Result<Waiting> {
    let gateway = ask.app.gateway();
    let open = gateway.waiting_requests(&officer.call, None, REQUESTS).await?;
    let first = |one: &RequestView| {
        let href = format!("/{}/inzage/{}", ask.lang.tag(), one.id);
        (moments::short_moment(ask.lang, one.life.term.due_at), one.case_ref.to_string(), href)
    };
    let now = gateway.clock().now();
    Ok(Waiting {
        open: counted(ask.lang, open.len(), REQUESTS),
        overdue: open.iter().filter(|one| one.life.term.due_at < now).count(),
        first: open.iter().take(FIRST).map(first).collect(),
    })
}

/// How many there are; or at least, where no more were asked for.
fn counted(lang: Lang, found: usize, most: u32) -> String {
    let number = lang.number(u64::try_from(found).unwrap_or_default());
    if u32::try_from(found).is_ok_and(|found| found < most) { number } else { format!("{number}+") }
}

async fn recent(ask: &Ask, officer: &Officer) -> Result<Vec<Row>> {
    let gateway = ask.app.gateway();
    let now = gateway.clock().now();
    let draft = SearchDraft {
        purpose: officer.purpose(),
        oin: officer.oin.clone(),
        from: Some(now.minus(LATELY)),
        until: Some(now),
        event_codes: EventCode::ALL
            .iter()
            .filter(|event| event.discloses())
            .map(|event| event.number().into())
            .collect(),
        newest_first: true,
        ..SearchDraft::default()
    };
    let page = gateway.search_disclosures(&officer.call, draft, None, RECENT).await?;
    Ok(rows::rows(ask.lang, &gateway.directory(), &page.entries, ""))
}

async fn checkpoint(ask: &Ask, gateway: &Gateway, changed: u64) -> Result<Option<Checkpoint>> {
    let signed = match gateway.latest_checkpoint().await {
        Ok(signed) => signed,
        Err(Error::Denied { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(Checkpoint {
        size: ask.lang.number(signed.size),
        at: moments::moment(ask.lang, signed.signed_at),
        root: signed.root.to_string(),
        origin: gateway.ledger_verifier().name().to_string(),
        changed: (changed > 0).then(|| page::changed(ask.lang, changed)),
        witnesses: gateway.heard_witnesses().await?.map(|seen| Witnesses {
            heard: seen.heard,
            known: seen.known,
            is_enough: seen.heard >= seen.needed,
        }),
    }))
}

/// Those that take part in the chain: number and name.
pub(in crate::console) fn organisations(gateway: &Gateway) -> Vec<(String, String)> {
    let directory = gateway.directory();
    let partners = directory
        .organisations()
        .filter(|one| !matches!(one.role(), Role::Gateway | Role::Oversight));
    let mut named: Vec<_> =
        partners.map(|one| (one.oin().to_string(), one.name().to_owned())).collect();
    named.sort_by(|one, other| one.1.cmp(&other.1));
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_full_says_so() {
        assert_eq!(counted(Lang::Nl, 0, 200), "0");
        assert_eq!(counted(Lang::Nl, 199, 200), "199");
        assert_eq!(counted(Lang::Nl, 200, 200), "200+");
        assert_eq!(counted(Lang::Nl, 1_204, 1_000), "1.204+");
    }
}
