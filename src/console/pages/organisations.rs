//! Who takes part, by which rules, and with which certificates.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::console::door::{Ask, Officer};
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::page::{self, Frame, page};
use crate::console::pages::overview::month::share;
use crate::console::{moments, words};
use crate::domain::id::{Gemeentecode, Oin};
use crate::domain::organisation::{self, Agreement, Organisation, Role};
use crate::domain::statistics::Area;
use crate::domain::time::{Date, Timestamp};
use crate::gateway::traffic::{CallCounts, OrganisationCalls};
use crate::gateway::{Directory, DirectoryChange, DirectoryLook, Error, Part};
use crate::tls::SeenCertificate;

mod certificates;

pub(in crate::console) use certificates::{Certificate, Until};

/// The list.
#[derive(Template)]
#[template(path = "organisations.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Organisations {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) listed: Vec<Listed>,
    pub(in crate::console) policy: Rules,
    pub(in crate::console) routing: Rules,
    pub(in crate::console) changes: Vec<Changed>,
}

/// An organisation of the list.
pub(in crate::console) struct Listed {
    pub(in crate::console) href: String,
    pub(in crate::console) name: String,
    pub(in crate::console) oin: String,
    pub(in crate::console) role: &'static str,
    pub(in crate::console) standing: Standing,
    pub(in crate::console) open: usize,
    /// The certificate that ends first.
    pub(in crate::console) ends: Option<Until>,
    pub(in crate::console) is_own: bool,
}

/// Whether it takes part today.
pub(in crate::console) struct Standing {
    pub(in crate::console) word: &'static str,
    pub(in crate::console) class: &'static str,
}

/// A set of rules that is in force.
pub(in crate::console) struct Rules {
    pub(in crate::console) version: String,
    pub(in crate::console) since: String,
    /// SHA-256 in hex; empty where there is none to show.
    pub(in crate::console) hash: String,
}

/// A change of the directory.
pub(in crate::console) struct Changed {
    pub(in crate::console) at: String,
    pub(in crate::console) what: String,
    pub(in crate::console) index: i64,
    /// Where the officer may open the entry.
    pub(in crate::console) href: Option<String>,
}

/// One organisation.
#[derive(Template)]
#[template(path = "organisation.html", config = "src/console/askama.toml")]
pub(in crate::console) struct One {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) name: String,
    pub(in crate::console) oin: String,
    pub(in crate::console) role: &'static str,
    pub(in crate::console) standing: Standing,
    pub(in crate::console) is_certified: bool,
    /// Version, first day, and until when; none: it signed none.
    pub(in crate::console) agreement: Option<(String, String, Until)>,
    pub(in crate::console) teams: Vec<Team>,
    pub(in crate::console) open: usize,
    pub(in crate::console) certificates: Vec<Certificate>,
    pub(in crate::console) policy: Rules,
    /// What it sent and received lately.
    pub(in crate::console) search: String,
    /// None: it did not call in the last 92 days.
    pub(in crate::console) calls: Option<Calls>,
}

/// That it called.
pub(in crate::console) struct Calls {
    pub(in crate::console) last_seen: String,
    /// None: for officers of other organisations.
    pub(in crate::console) counts: Option<Counts>,
}

/// What it called in the last seven days.
pub(in crate::console) struct Counts {
    pub(in crate::console) count: String,
    pub(in crate::console) refused: String,
    pub(in crate::console) failed: String,
    /// Shares in words, as `1,0 %`; none when it did not call.
    pub(in crate::console) shares: Option<(String, String)>,
    /// What its client calls itself; empty when it said nothing.
    pub(in crate::console) client: String,
    pub(in crate::console) streams: usize,
}

/// A team, with the municipalities that it serves.
pub(in crate::console) struct Team {
    pub(in crate::console) name: String,
    pub(in crate::console) id: String,
    pub(in crate::console) location: String,
    pub(in crate::console) municipalities: Vec<String>,
}

pub(in crate::console) async fn organisations(ask: Ask) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let gateway = ask.app.gateway();
    match gateway.directory_history(&officer.call, officer.purpose(), "").await {
        Ok(look) => page(StatusCode::OK, &listed(&ask, &officer, &look)),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

pub(in crate::console) async fn organisation(ask: Ask, Path(oin): Path<String>) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let gateway = ask.app.gateway();
    let look = gateway.directory_history(&officer.call, officer.purpose(), &oin).await;
    let directory = gateway.directory();
    let known = oin.parse::<Oin>().ok().and_then(|oin| directory.organisation(&oin).cloned());
    match (look, known) {
        (Ok(look), Some(known)) => {
            page(StatusCode::OK, &one(&ask, &officer, (&directory, &look), &known))
        }
        (Ok(_), None) => page::failed(&ask, &officer, &Error::hidden()),
        (Err(error), _) => page::failed(&ask, &officer, &error),
    }
}

fn listed(ask: &Ask, officer: &Officer, look: &DirectoryLook) -> Organisations {
    let (lang, gateway) = (ask.lang, ask.app.gateway());
    let (directory, now) = (gateway.directory(), gateway.clock().now());
    let seen = ask.app.certificates();
    let mut organisations: Vec<Listed> = directory
        .organisations()
        .filter(|one| one.role() != Role::Gateway)
        .map(|one| listed_one(lang, officer, one, (&seen, now)))
        .collect();
    organisations.sort_by(|one, other| one.name.cmp(&other.name));
    Organisations {
        frame: ask.frame(Menu::Organisations, Some(officer)),
        listed: organisations,
        policy: policy(lang, &directory, look),
        routing: Rules {
            version: directory.routing.version().to_string(),
            since: since(lang, look.routing_since),
            hash: String::new(),
        },
        changes: look.changes.iter().map(|change| changed(lang, officer, change)).collect(),
    }
}

fn listed_one(
    lang: Lang,
    officer: &Officer,
    of: &Organisation,
    (seen, now): (&[SeenCertificate], Timestamp),
) -> Listed {
    let mine = || seen.iter().filter(|one| one.oin == *of.oin());
    let oin = of.oin().to_string();
    Listed {
        href: format!("/{}/organisaties/{oin}", lang.tag()),
        name: of.name().to_owned(),
        role: lang.pick(words::organisation::role(of.role())),
        standing: standing(lang, of, now.date()),
        open: mine().map(|one| one.open).sum(),
        ends: mine().map(|one| one.not_after).min().map(|end| Until::of(lang, end, now)),
        is_own: oin == officer.oin,
        oin,
    }
}

fn standing(lang: Lang, of: &Organisation, today: Date) -> Standing {
    match of.admit(today) {
        Ok(()) => Standing { word: lang.pick(Words("Neemt deel", "Takes part")), class: "b-ok" },
        Err(why) => {
            Standing { word: lang.pick(words::organisation::not_admitted(why)), class: "b-deny" }
        }
    }
}

fn policy(lang: Lang, directory: &Directory, look: &DirectoryLook) -> Rules {
    Rules {
        version: directory.policy.version.to_string(),
        since: since(lang, look.policy_since),
        hash: hex::encode(directory.policy_hash),
    }
}

fn since(lang: Lang, at: Option<Timestamp>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| moments::brief(lang, at))
}

fn changed(lang: Lang, officer: &Officer, change: &DirectoryChange) -> Changed {
    let count = lang.number(change.count);
    let version = &change.version;
    let what = match (change.part, lang) {
        (Part::Organisations, Lang::Nl) => format!("Organisaties gewijzigd: {count}"),
        (Part::Organisations, Lang::En) => format!("Organisations changed: {count}"),
        (Part::RoutingTable, Lang::Nl) => format!("Indeling van gemeenten: versie {version}"),
        (Part::RoutingTable, Lang::En) => format!("Routing of municipalities: version {version}"),
        (Part::PolicyPack, Lang::Nl) => format!("Beleid: versie {version}"),
        (Part::PolicyPack, Lang::En) => format!("Policy: version {version}"),
    };
    // These are entries of the gateway; only the office of the region sees those.
    let may_open = officer.role == Role::Oversight;
    let href = || format!("/{}/verstrekkingen/{}", lang.tag(), change.index);
    Changed {
        at: moments::brief(lang, change.at),
        what,
        index: change.index,
        href: may_open.then(href),
    }
}

fn one(
    ask: &Ask,
    officer: &Officer,
    (directory, look): (&Directory, &DirectoryLook),
    of: &Organisation,
) -> One {
    let (lang, now) = (ask.lang, ask.app.gateway().clock().now());
    let seen = ask.app.certificates();
    let mine: Vec<&SeenCertificate> = seen.iter().filter(|one| one.oin == *of.oin()).collect();
    let agreement = |signed: &Agreement| {
        let until = Until::of(lang, signed.valid_until.end(), now);
        (signed.version.to_string(), moments::date(lang, signed.signed_on.start()), until)
    };
    One {
        frame: ask.frame(Menu::Organisations, Some(officer)),
        name: of.name().to_owned(),
        oin: of.oin().to_string(),
        role: lang.pick(words::organisation::role(of.role())),
        standing: standing(lang, of, now.date()),
        is_certified: of.is_certified_institution(),
        agreement: of.agreement().map(agreement),
        teams: of.teams().iter().map(|team| served(lang, directory, of, team)).collect(),
        open: mine.iter().map(|one| one.open).sum(),
        certificates: certificates::shown(lang, &mine, now),
        policy: policy(lang, directory, look),
        search: format!("/{}/verstrekkingen?bron={}", lang.tag(), of.oin()),
        calls: look.calls.iter().find(|one| one.oin == *of.oin()).map(|one| calls(lang, one)),
    }
}

fn calls(lang: Lang, of: &OrganisationCalls) -> Calls {
    Calls {
        last_seen: moments::brief(lang, of.last_seen_at),
        counts: of.counts.as_ref().map(|of| counts(lang, of)),
    }
}

fn counts(lang: Lang, of: &CallCounts) -> Counts {
    let share = |part| share(lang, part, of.calls);
    Counts {
        count: lang.number(of.calls),
        refused: lang.number(of.refused),
        failed: lang.number(of.failed),
        shares: (of.calls > 0).then(|| (share(of.refused), share(of.failed))),
        client: of.client.clone(),
        streams: of.streams,
    }
}

fn served(lang: Lang, directory: &Directory, of: &Organisation, team: &organisation::Team) -> Team {
    let routing = &directory.routing;
    let is_its = |code: &&Gemeentecode| {
        routing.recipient() == of.oin()
            && routing.route(code).is_ok_and(|route| route.team == team.team_id)
    };
    let municipalities = routing.municipalities().iter().filter(is_its);
    Team {
        name: team.name.as_str().to_owned(),
        id: team.team_id.to_string(),
        location: team.location.as_ref().map_or_else(String::new, |at| at.as_str().to_owned()),
        municipalities: municipalities.map(|code| municipality(lang, code)).collect(),
    }
}

/// Its name, where it has one here, with its code.
fn municipality(lang: Lang, code: &Gemeentecode) -> String {
    match lang.pick(words::statistics::area(&Area::Municipality(code.clone()))) {
        "" => code.to_string(),
        name => format!("{name} ({code})"),
    }
}
