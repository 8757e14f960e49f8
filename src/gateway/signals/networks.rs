//! Certificate used from a new network (CONSOLE P5). The signal tells which certificate, and never where:
//! neither an address nor what is kept of it leaves its table.

use crate::domain::calendar::days_between;
use crate::domain::signal::SignalRule;
use crate::domain::signal::rules::{self, Arrival};
use crate::gateway::error::Result;
use crate::store::NetworkRow;

use super::examine::Examination;
use super::found::Found;
use super::look::SignalView;

impl Examination<'_> {
    /// Whether a certificate was somewhere else for long enough before it came from here.
    pub(super) async fn arrived(&mut self, row: &NetworkRow) -> Result<()> {
        let (networks, since) = self.tx.networks_before(&row.fingerprint, row.first_day).await?;
        let Some(since) = since else { return Ok(()) };
        let others_there = self.tx.others_on_network(row).await?;
        let number = |of: i64| u64::try_from(of).unwrap_or(0);
        let arrival = Arrival {
            known_days: number(days_between(since, row.first_day).into()),
            networks: number(networks),
            others_there: number(others_there),
        };
        let Some(finding) = rules::new_network(&self.pack, arrival) else { return Ok(()) };
        let now = self.gateway.clock().now();
        self.findings.add(Found {
            rule: SignalRule::NewNetwork,
            oin: row.oin.clone(),
            other: None,
            user: row.user_id.clone(),
            case_ref: None,
            subject: None,
            about: row.fingerprint.clone(),
            finding,
            entries: std::collections::BTreeSet::new(),
            first_at: now,
            last_at: now,
        });
        Ok(())
    }
}

impl SignalView {
    /// The certificate that it is about, where it is about one: its SHA-256 in hex.
    pub fn certificate(&self) -> Option<String> {
        (self.row.rule == SignalRule::NewNetwork).then(|| hex::encode(&self.row.about))
    }
}
