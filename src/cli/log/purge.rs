//! `ketenpoort log purge`: what the gateway purges by itself, seen before or done at once.

use clap::Args;

use crate::domain::time::{Date, Timestamp};
use crate::gateway::Clock;
use crate::gateway::retention::{Mode, Purged};

use super::Form;
use crate::cli::config_command::ConfigFile;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cli::{directory, keys, serve};

/// What to purge.
#[derive(Debug, Args)]
pub(in crate::cli) struct PurgeArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Only what was recorded before this day; without it, all that is past its term
    #[arg(long, value_name = "DATE")]
    before: Option<Date>,
    /// Only tell what would be purged
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    form: Form,
}

pub(super) async fn run(args: &PurgeArgs, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let config = args.file.load()?.config;
    let clock = Clock::system();
    let years = config.retention.log_years;
    let past = years.past(clock.now());
    let before = match args.before {
        Some(day) if day.start() > past => {
            let message = format!(
                "entries are kept for {years} years: --before must not be after {}",
                past.date()
            );
            return Err(Failure::new(Exit::Usage, message).into());
        }
        Some(day) => day.start(),
        None => past,
    };
    let keyring = keys::of_config(&config)?;
    let directory = directory::of_config(&config)?;
    let gateway = serve::open_gateway(&config, keyring, directory, clock).await?;
    let mode = if args.dry_run { Mode::Count } else { Mode::Purge };
    let purged = gateway.purge_log(before, mode).await;
    let emptied = match (mode, &purged) {
        (Mode::Purge, Ok(_)) => Some(serve::purge_beside_the_log(&gateway, config.retention).await),
        (Mode::Count, _) | (_, Err(_)) => None,
    };
    gateway.close().await;
    let done = (purged?, emptied.transpose()?.map(|(emptied, _)| emptied.total()));
    tell(done, (before, args.dry_run), args.form.json, terminal)?;
    Ok(Exit::Ok)
}

fn tell(
    (purged, emptied): (Purged, Option<u64>),
    (before, dry_run): (Timestamp, bool),
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    let (first, last) = purged.range.unzip();
    if json {
        terminal.json(&serde_json::json!({
            "before": before.to_string(),
            "dry_run": dry_run,
            "entries": purged.entries,
            "first": first,
            "last": last,
            "content": emptied,
        }))?;
        return Ok(());
    }
    if let Some(emptied) = emptied.filter(|emptied| *emptied > 0) {
        terminal.line(format_args!(
            "{emptied} referrals, summaries, answers and shares that nobody needs were emptied"
        ))?;
    }
    let words = if dry_run { "would be purged" } else { "were purged" };
    let Some((first, last)) = purged.range else {
        terminal.line(format_args!("nothing before {before} is to be purged"))?;
        return Ok(());
    };
    terminal.line(format_args!(
        "{} entries from {first} to {last}, recorded before {before}, {words}",
        purged.entries
    ))?;
    Ok(())
}
