//! `ketenpoort deliveries`: what could not be delivered, and putting it back.
//!
//! Invariants: nothing personal is shown; putting back is an entry of the ledger like everything
//! else, made by a gateway that is opened for it and closed after it. A running gateway beside it
//! sees what was put back within seconds.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::domain::id::DeliveryId;
use crate::gateway::inbox::Quarantined;
use crate::gateway::{Clock, Gateway};

use super::config_command::ConfigFile;
use super::exit::{Exit, Failure};
use super::terminal::{Terminal, Tone};
use super::{directory, keys, serve};

/// Deliveries read at once.
const PAGE: u32 = 500;

/// What to do with deliveries.
#[derive(Debug, Subcommand)]
pub(super) enum DeliveriesCommand {
    /// List what is quarantined, with the cause
    List {
        #[command(flatten)]
        file: ConfigFile,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put quarantined deliveries back into their inboxes
    ///
    /// Mend the cause first: what still cannot be delivered is quarantined again. Exit code 7 when a
    /// delivery is not quarantined.
    Requeue {
        #[command(flatten)]
        file: ConfigFile,
        #[command(flatten)]
        which: Which,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Which deliveries.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// Ids of deliveries, as `deliveries list` prints them
    #[arg(value_name = "DELIVERY")]
    deliveries: Vec<DeliveryId>,
    /// Everything that is quarantined
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(
    command: DeliveriesCommand,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let (DeliveriesCommand::List { file, .. } | DeliveriesCommand::Requeue { file, .. }) = &command;
    let config = file.load()?.config;
    let keyring = keys::of_config(&config)?;
    let directory = directory::of_config(&config)?;
    let gateway = serve::open_gateway(&config, keyring, directory, Clock::system()).await?;
    let done = match command {
        DeliveriesCommand::List { json, .. } => list(&gateway, json, terminal).await,
        DeliveriesCommand::Requeue { which, json, .. } => {
            requeue(&gateway, &which, json, terminal).await
        }
    };
    gateway.close().await;
    done
}

async fn quarantined(gateway: &Gateway) -> anyhow::Result<Vec<Quarantined>> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = gateway.quarantined(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.delivery_id);
        all.extend(page);
    }
}

async fn list(gateway: &Gateway, json: bool, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let all = quarantined(gateway).await?;
    if json {
        let all: Vec<Value> = all.iter().map(shown).collect();
        terminal.json(&json!({ "quarantined": all }))?;
        return Ok(Exit::Ok);
    }
    for one in &all {
        let cause = terminal.paint(Tone::Bad, one.cause.as_str());
        terminal.line(format_args!(
            "{}  {cause}  since {}  for {} {}  attempts {}  to be acknowledged by {}",
            one.delivery_id,
            one.since,
            one.recipient_oin,
            one.team_id,
            one.attempts,
            one.ack_due_at
        ))?;
    }
    terminal.note(format_args!("{} quarantined", all.len()));
    Ok(Exit::Ok)
}

async fn requeue(
    gateway: &Gateway,
    which: &Which,
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let all = quarantined(gateway).await?;
    let mut chosen = Vec::new();
    let mut missing = Vec::new();
    for id in &which.deliveries {
        match all.iter().find(|one| one.delivery_id == *id) {
            Some(found) => chosen.push(found),
            None => missing.push(*id),
        }
    }
    if which.all {
        chosen.extend(&all);
    }
    let mut requeued = Vec::new();
    for one in chosen {
        if gateway.requeue(one.delivery_id, one.referral_id).await? {
            requeued.push(one.delivery_id);
        } else {
            missing.push(one.delivery_id);
        }
    }
    if json {
        let texts =
            |ids: &[DeliveryId]| -> Vec<String> { ids.iter().map(ToString::to_string).collect() };
        let requeued = texts(&requeued);
        terminal.json(&json!({ "requeued": requeued, "not_quarantined": texts(&missing) }))?;
    } else {
        for id in &requeued {
            terminal.line(format_args!("{id}  requeued"))?;
        }
    }
    match missing.first() {
        None => Ok(Exit::Ok),
        Some(id) => Err(Failure::new(Exit::NotFound, format!("{id} is not quarantined")).into()),
    }
}

/// A delivery, as `--json` shows it.
fn shown(one: &Quarantined) -> Value {
    json!({
        "delivery_id": one.delivery_id.to_string(),
        "referral_id": one.referral_id.to_string(),
        "recipient_oin": one.recipient_oin.as_str(),
        "team_id": one.team_id.as_str(),
        "cause": one.cause.as_str(),
        "since": one.since.to_string(),
        "attempts": one.attempts,
        "failures": one.failures,
        "ack_due_at": one.ack_due_at.to_string(),
        "submitted_at": one.submitted_at.to_string(),
    })
}
