//! `ketenpoort doctor`: whether a gateway with this configuration would work, and what to do if not.
//!
//! Invariants: nothing is changed and nothing is locked, so it may run beside the gateway; every
//! check that is not in order says what to do about it.

use std::path::Path;

use clap::Args;
use serde::Serialize;

use crate::gateway::Clock;
use crate::store;

use super::config::Loaded;
use super::config_command::ConfigFile;
use super::exit::Exit;
use super::terminal::{Terminal, Tone};

mod anchor;
mod certificate;
mod digest;
mod disk;
mod files;
mod login;
mod running;
mod settings;
mod stores;
mod witnesses;

/// What to look at.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// In order.
    Ok,
    /// It works now and may not for long, or not as well as it should.
    Warn,
    /// It does not work.
    Fail,
}

/// One check and its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, state: State::Ok, detail: detail.into(), fix: None }
    }

    fn warn(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Warn, detail: detail.into(), fix: Some(fix.into()) }
    }

    fn fail(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Fail, detail: detail.into(), fix: Some(fix.into()) }
    }
}

pub(super) async fn run(args: DoctorArgs, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let checks = examine(&args.file.path, &Clock::system()).await;
    let works = checks.iter().all(|check| check.state != State::Fail);
    if args.json {
        terminal.json(&serde_json::json!({ "ok": works, "checks": checks }))?;
    } else {
        print(&checks, terminal)?;
    }
    Ok(if works { Exit::Ok } else { Exit::Error })
}

async fn examine(path: &Path, clock: &Clock) -> Vec<Check> {
    let config = match Loaded::read(path) {
        Ok(loaded) => loaded.config,
        Err(error) => {
            let fix = "`ketenpoort config reference` explains every key";
            return vec![Check::fail("configuration", error.to_string(), fix)];
        }
    };
    let now = clock.now();
    let mut checks = vec![Check::ok("configuration", path.display().to_string())];
    let (keyring, check) = files::keyring(&config);
    checks.push(check);
    checks.extend(certificate::check(&config, now));
    checks.extend(files::trust(&config, clock));
    checks.push(files::directory(&config, now));
    checks.extend(login::check(&config).await);
    checks.extend(digest::check(&config));
    checks.push(stores::database(&config).await);
    checks.push(stores::keys(&config).await);
    for (name, url, schema) in [
        ("database settings", &config.database.url, store::ledger::SCHEMA),
        ("key store settings", &config.database.keys(), store::keys::SCHEMA),
    ] {
        checks.extend(settings::check(name, url, schema, now).await);
    }
    checks.extend(stores::ledger(&config, keyring.as_ref(), now).await);
    checks.extend(anchor::check(&config, keyring.as_ref()).await);
    checks.extend(witnesses::check(&config).await);
    checks.extend(running::backlog(&config, now).await);
    checks.extend(disk::check(&config));
    checks.push(running::time_service());
    checks.push(running::gateway(&config));
    checks
}

fn print(checks: &[Check], terminal: &mut Terminal) -> std::io::Result<()> {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in checks {
        let (tone, word) = match check.state {
            State::Ok => (Tone::Good, "ok  "),
            State::Warn => (Tone::Doubtful, "warn"),
            State::Fail => (Tone::Bad, "fail"),
        };
        let word = terminal.paint(tone, word);
        let indent = " ".repeat(width + 8);
        let detail = check.detail.replace('\n', &format!("\n{indent}"));
        terminal.line(format_args!("{word}  {:<width$}  {detail}", check.name))?;
        if let Some(fix) = &check.fix {
            terminal.line(format_args!("{indent}fix: {fix}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
