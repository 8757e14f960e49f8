//! What changed lately in who takes part and by which rules, as an officer has to know it: read from the
//! directories that were put in force, each held against the one before.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::id::Oin;
use crate::domain::organisation::Standing;
use crate::domain::time::Timestamp;
use crate::store::{DirectoryRow, Tx};

use crate::gateway::error::{Error, Result};

/// Most directories that are held against each other: the newest.
const DIRECTORIES: u32 = 50;
/// The name of a version in a policy pack: it is told by itself.
const VERSION: &str = "version";

/// What changed lately.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// Organisations, newest first.
    pub organisations: Vec<OrganisationNews>,
    /// Policy packs, newest first.
    pub policy: Vec<PolicyNews>,
}

/// Something about an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationNews {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub oin: Oin,
    /// Its name.
    pub name: String,
    /// What.
    pub what: Event,
}

/// What became of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It came into the directory.
    New,
    /// It does not take part any more: it was suspended, or the directory no longer names it.
    Suspended,
    /// It takes part again, or for the first time after it was prepared.
    Active,
}

/// Another policy pack came into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyNews {
    /// When.
    pub at: Timestamp,
    /// Its version.
    pub version: String,
    /// The one before; none: it is the first.
    pub before: Option<String>,
    /// The parts of the pack that differ, as the pack names them.
    pub parts: Vec<String>,
}

/// A directory, as far as it is told. One that an older gateway wrote reads the same.
#[derive(Default, Deserialize)]
struct Stored {
    organisations: Vec<StoredOrganisation>,
    policy: Map<String, Value>,
}

#[derive(Deserialize)]
struct StoredOrganisation {
    oin: Oin,
    name: String,
    standing: Standing,
}

impl Stored {
    fn read(row: &DirectoryRow) -> Result<Self> {
        serde_json::from_str(&row.content).map_err(Error::internal)
    }

    fn by_oin(&self) -> BTreeMap<&Oin, &StoredOrganisation> {
        self.organisations.iter().map(|one| (&one.oin, one)).collect()
    }

    fn version(&self) -> Option<String> {
        self.policy.get(VERSION)?.as_str().map(str::to_owned)
    }
}

/// What changed since.
pub(in crate::gateway) async fn news(tx: &mut Tx, since: Timestamp) -> Result<News> {
    let rows = tx.directories_since(since, DIRECTORIES).await?;
    let mut told = News::default();
    // Before the first directory was nothing. Of a longer history the oldest is there to compare with.
    let first = rows.last().is_some_and(|oldest| oldest.version == 1);
    for (row, before) in rows.iter().zip(rows.iter().skip(1).map(Some).chain([None])) {
        if row.activated_at < since || (before.is_none() && !first) {
            break;
        }
        let (now, was) = (Stored::read(row)?, before.map(Stored::read).transpose()?);
        let was = was.unwrap_or_default();
        told.organisations.extend(organisations(row.activated_at, &was, &now));
        told.policy.extend(policy(row.activated_at, &was, &now));
    }
    Ok(told)
}

fn organisations(at: Timestamp, was: &Stored, now: &Stored) -> Vec<OrganisationNews> {
    let (old, new) = (was.by_oin(), now.by_oin());
    let told = |one: &StoredOrganisation, what| OrganisationNews {
        at,
        oin: one.oin.clone(),
        name: one.name.clone(),
        what,
    };
    let gone = old.values().filter(|one| !new.contains_key(&one.oin));
    let gone = gone.filter(|one| one.standing != Standing::Suspended);
    let gone = gone.map(|one| told(one, Event::Suspended));
    let changed = new.values().filter_map(|one| {
        let before = old.get(&one.oin).map(|before| before.standing);
        Some(told(one, event(before, one.standing)?))
    });
    gone.chain(changed).collect()
}

fn event(before: Option<Standing>, now: Standing) -> Option<Event> {
    match (before, now) {
        (None, _) => Some(Event::New),
        (Some(Standing::Active | Standing::Onboarding), Standing::Suspended) => {
            Some(Event::Suspended)
        }
        (Some(Standing::Suspended | Standing::Onboarding), Standing::Active) => Some(Event::Active),
        (Some(_), _) => None,
    }
}

fn policy(at: Timestamp, was: &Stored, now: &Stored) -> Option<PolicyNews> {
    if was.policy == now.policy {
        return None;
    }
    let before = was.version();
    let names = was.policy.keys().chain(now.policy.keys());
    let differs = |name: &&String| was.policy.get(*name) != now.policy.get(*name);
    let mut parts: Vec<String> =
        names.filter(|name| *name != VERSION).filter(differs).cloned().collect();
    parts.sort_unstable();
    parts.dedup();
    if before.is_none() {
        parts.clear();
    }
    Some(PolicyNews { at, version: now.version().unwrap_or_default(), before, parts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stored(organisations: &[(&str, &str)], policy: &Value) -> Stored {
        let organisations: Vec<_> = organisations
            .iter()
            .map(|(oin, standing)| json!({ "oin": oin, "name": "x", "standing": standing, "role": "?" }))
            .collect();
        serde_json::from_value(json!({ "organisations": organisations, "policy": policy })).unwrap()
    }

    const ONE: &str = "00000099000000001000";
    const TWO: &str = "00000099000000002000";

    #[test]
    fn organisations_come_are_suspended_leave_and_return() {
        let events = |was: &[(&str, &str)], now: &[(&str, &str)]| -> Vec<(String, Event)> {
            let (was, now) = (stored(was, &json!({})), stored(now, &json!({})));
            let told = organisations(Timestamp::EPOCH, &was, &now).into_iter();
            told.map(|one| (one.oin.to_string(), one.what)).collect()
        };
        let new = (TWO.to_owned(), Event::New);
        assert_eq!(events(&[(ONE, "ACTIVE")], &[(ONE, "ACTIVE"), (TWO, "ACTIVE")]), [new]);
        let one = |what| [(ONE.to_owned(), what)];
        assert_eq!(events(&[(ONE, "ACTIVE")], &[(ONE, "SUSPENDED")]), one(Event::Suspended));
        assert_eq!(events(&[(ONE, "ACTIVE")], &[]), one(Event::Suspended));
        assert_eq!(events(&[(ONE, "SUSPENDED")], &[(ONE, "ACTIVE")]), one(Event::Active));
        assert_eq!(events(&[(ONE, "ONBOARDING")], &[(ONE, "ACTIVE")]), one(Event::Active));
        assert_eq!(events(&[(ONE, "SUSPENDED")], &[]), [], "it did not take part");
        assert_eq!(events(&[(ONE, "ACTIVE")], &[(ONE, "ACTIVE")]), []);
    }

    #[test]
    fn a_policy_names_its_parts_that_differ() {
        let pack = |version, days, more: &str| {
            stored(&[], &json!({ "version": version, "clocks": { "days": days }, more: 1 }))
        };
        let told = |was, now| policy(Timestamp::EPOCH, &was, &now);
        assert_eq!(told(pack("a", 1, "bases"), pack("a", 1, "bases")), None);
        let found = told(pack("a", 1, "bases"), pack("b", 2, "targets")).unwrap();
        assert_eq!((found.version.as_str(), found.before.as_deref()), ("b", Some("a")));
        assert_eq!(found.parts, ["bases", "clocks", "targets"]);
        let first = told(Stored::default(), pack("a", 1, "bases")).unwrap();
        assert_eq!((first.before, first.parts.len()), (None, 0), "all of the first is new");
    }
}
