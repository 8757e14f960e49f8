//! Looking at who takes part and by which rules, and at how that changed. Nothing of it is about a
//! person, so every officer sees it, except how much others call and with what; that somebody looked is in
//! the ledger all the same.

use crate::domain::event::EventCode;
use crate::domain::id::UserId;
use crate::domain::look::Look as LookedAt;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::Scope;
use crate::gateway::traffic::OrganisationCalls;
use crate::ledger::entry::{Body, Entry};
use crate::store::{RuleSetKind, Search, Tx};

/// Changes that are told.
const CHANGES: u32 = 20;

/// The directory, with its history.
#[derive(Debug, Clone)]
pub struct Look {
    /// Since when the policy pack in force is in force.
    pub policy_since: Option<Timestamp>,
    /// Since when the routing table is.
    pub routing_since: Option<Timestamp>,
    /// Newest first.
    pub changes: Vec<Change>,
    /// When each organisation called last, and how much as far as the officer may know; in the order of
    /// the OIN.
    pub calls: Vec<OrganisationCalls>,
}

/// A change of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its entry.
    pub index: i64,
    /// When.
    pub at: Timestamp,
    /// Of what.
    pub part: Part,
    /// Organisations that changed; 1 for rules.
    pub count: u64,
    /// Version of the rules; empty for organisations.
    pub version: String,
}

/// A part of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Who takes part.
    Organisations,
    /// Municipality to team.
    RoutingTable,
    /// The rules.
    PolicyPack,
}

impl Gateway {
    /// The directory, with its history. `about` names what is looked at in it.
    pub async fn directory_history(&self, call: &Call, purpose: i32, about: &str) -> Result<Look> {
        self.officer_looks(call, purpose, (LookedAt::Directory, about.as_bytes())).await?;
        let here = self.counted_here();
        let mut tx = self.db().read().await?;
        let policy = tx.active_rule_set(RuleSetKind::PolicyPack).await?;
        let routing = tx.active_rule_set(RuleSetKind::RoutingTable).await?;
        let changes = self.directory_changes(&mut tx).await?;
        let calls = self.organisation_calls((call, &mut tx), here).await?;
        Ok(Look {
            policy_since: policy.map(|row| row.activated_at),
            routing_since: routing.map(|row| row.activated_at),
            changes,
            calls,
        })
    }

    /// The gateway itself puts a directory in force, so its own entries are looked through.
    async fn directory_changes(&self, tx: &mut Tx) -> Result<Vec<Change>> {
        let user: UserId = super::OWN_USER.parse().map_err(Error::internal)?;
        let codes = [EventCode::PartnerChanged, EventCode::PolicyChanged];
        let search = Search {
            party: Some(self.own_oin().clone()),
            actor_user_id: Some(user),
            event_codes: codes.iter().fold(0, |bits, code| bits | 1 << code.number()),
            newest_first: true,
            size: tx.log_state().await?.map_or(0, |state| state.size),
            ..Search::default()
        };
        let mut changes = Vec::new();
        for row in tx.search(&search, CHANGES).await? {
            let (index, at) = (row.idx, row.recorded_at);
            let leaf = tx.leaf(index).await?;
            let entry = leaf.and_then(|leaf| Entry::decode(&leaf.entry).ok());
            let Some(Body::Administration(what)) = entry.map(|entry| entry.body) else { continue };
            let record = self.look_at(row).await?.record;
            changes.push(Change {
                index,
                at,
                part: part(what.scope),
                count: what.count,
                version: record.map(|record| record.outcome_detail).unwrap_or_default(),
            });
        }
        Ok(changes)
    }
}

fn part(scope: u16) -> Part {
    match Scope::from_number(scope) {
        Some(Scope::RoutingTable) => Part::RoutingTable,
        Some(Scope::PolicyPack) => Part::PolicyPack,
        _ => Part::Organisations,
    }
}
