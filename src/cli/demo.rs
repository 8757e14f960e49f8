//! `ketenpoort demo`: a family, nine organisations and a real gateway, on this machine.
//!
//! Everything that is shown really happens: over TLS, with the certificate of each organisation,
//! against the server that `ketenpoort serve` starts. What turns out otherwise than the domain model
//! says (DOMAIN §10) ends the demo with a sentence and exit code 1. Nothing that is printed names a
//! person.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use super::exit::Exit;
use super::terminal::{Terminal, Tone};

mod employee;
mod expect;
mod family;
mod home;
mod ledger_check;
mod moment;
mod month;
mod narrator;
mod outsiders;
mod party;
mod payload;
mod plan;
mod story;
mod tamper;
mod watch;
mod world;

use home::Home;
use ledger_check::LedgerCheck;
use narrator::Narrator;
use party::Party;
use world::{WayIn, World};

/// The configuration in the directory of a demo.
const CONFIG_FILE: &str = "ketenpoort.toml";

/// The evening before the story begins.
const EVE: &str = "2026-03-11T20:00:00+01:00";

/// What to do with a demo.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct DemoCommand {
    /// Directory to make and keep; without it, one that is removed at the end
    #[arg(long = "dir", value_name = "DIR")]
    directory: Option<PathBuf>,
    /// End after the story instead of serving on
    #[arg(long)]
    exit: bool,
    #[command(subcommand)]
    more: Option<More>,
}

/// What else to do with a demo.
#[derive(Debug, Subcommand)]
enum More {
    /// Change one stored bit of the ledger, show that verification finds it, and change it back
    ///
    /// Works beside a demo that is serving, and after one that has ended. Exit code 1 when
    /// verification finds nothing.
    Tamper {
        /// Directory of the demo
        #[arg(long = "dir", value_name = "DIR")]
        directory: PathBuf,
    },
}

pub(super) async fn run(command: DemoCommand, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    match (command.more, &command.directory) {
        (Some(More::Tamper { directory }), _) => tamper::run(&directory, terminal).await,
        (None, Some(directory)) => {
            Box::pin(play(&Home::kept(directory)?, command.exit, terminal)).await
        }
        (None, None) => Box::pin(play(&Home::temporary()?, command.exit, terminal)).await,
    }
}

/// Starts the gateway, tells the story, and stops the gateway however the story ended.
async fn play(home: &Home, exit: bool, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    terminal.note(format_args!("certificates, directory and database: {}", home.path().display()));
    let world = World::start(home.path(), moment::parse(EVE)).await?;
    let ended = Box::pin(perform(&world, home, exit, terminal)).await;
    let stopped = world.shutdown().await;
    let ended = ended?;
    stopped.map(|()| ended)
}

async fn perform(
    world: &World,
    home: &Home,
    exit: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let (told, size) = tokio::select! {
        told = tell(world, home, terminal) => told?,
        interrupted = interruption() => return Ok(interrupted.map(|()| Exit::Error)?),
    };
    if told == Exit::Ok && !exit {
        what_next(world, home, size / 2, terminal)?;
        interruption().await?;
    }
    Ok(told)
}

/// Ready when somebody wants the demo to end.
async fn interruption() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Tells the story and checks its ledger; says how that ended and how many entries there are.
async fn tell(world: &World, home: &Home, terminal: &mut Terminal) -> anyhow::Result<(Exit, u64)> {
    let narrator = Narrator::new(terminal);
    let size = Box::pin(story::play(world, home.path(), narrator)).await?.size;
    live_a_month(world, terminal).await?;
    let check = LedgerCheck::of(&world.config)?;
    terminal.line(terminal.paint(Tone::Strong, "\nThe ledger, checked as anybody can check it"))?;
    let verified = check.verify(terminal).await?;
    if verified != Exit::Ok {
        return Ok((verified, size));
    }
    Ok((check.audit(terminal).await?, size))
}

/// The thirty days after the story, up to today: what the console looks back on.
async fn live_a_month(world: &World, terminal: &mut Terminal) -> anyhow::Result<()> {
    let begun = Instant::now();
    let tally = month::live(world, terminal).await?;
    terminal.note(format_args!(
        "\nThirty days of a region, up to today: {} calls answered, {} refused, in {:.1} s",
        tally.answered,
        tally.refused,
        begun.elapsed().as_secs_f32()
    ));
    Ok(())
}

/// Commands to try while the gateway serves on.
fn what_next(world: &World, home: &Home, index: u64, terminal: &mut Terminal) -> io::Result<()> {
    let program = std::env::args().next().unwrap_or_else(|| "ketenpoort".to_owned());
    let path = |name: &str| quoted(&home.path().join(name));
    let config = path(CONFIG_FILE);
    let slug = Party::Fg.slug();
    let address = world.address();
    let heading = format!("\nThe gateway serves on at {address}. In another terminal:\n");
    terminal.line(terminal.paint(Tone::Strong, &heading))?;
    for command in [
        format!("{program} log verify --config {config}"),
        format!("{program} log audit --config {config}"),
        format!("{program} log proof --config {config} --index {index}"),
        format!("{program} demo tamper --dir {}", quoted(home.path())),
        format!(
            "{program} report list-reviews --gateway {address} --ca {} --certificate {} --key {} \
             --officer fg-0001",
            path("pki/ca/root.pem"),
            path(&format!("pki/client/{slug}.pem")),
            path(&format!("pki/client/{slug}.key")),
        ),
        format!(
            "grpcurl -cacert {} -cert {} -key {} {address} ketenpoort.v1.DirectoryService/GetCaller",
            path("pki/ca/root.pem"),
            path(&format!("pki/client/{slug}.pem")),
            path(&format!("pki/client/{slug}.key")),
        ),
    ] {
        terminal.line(format_args!("  {command}"))?;
    }
    if let Some(operators) = world.operators() {
        terminal.line(format_args!("  curl http://{operators}/metrics"))?;
    }
    if let Some(way_in) = &world.way_in {
        open_the_console(way_in, &path, terminal)?;
    }
    terminal.note("\nCtrl-C ends it.");
    Ok(())
}

/// The one step into the console, and the way that an officer goes in every day.
fn open_the_console(
    way_in: &WayIn,
    path: &dyn Fn(&str) -> String,
    terminal: &mut Terminal,
) -> io::Result<()> {
    let heading = "\nThe privacy officer's console. Open in a browser (the link works once):\n";
    terminal.line(terminal.paint(Tone::Strong, heading))?;
    terminal.line(format_args!("  {}\n", way_in.link))?;
    terminal.line(format_args!(
        "The browser warns, as this demo signed its own certificate. SHA-256 {}",
        way_in.fingerprint
    ))?;
    terminal.line("With a certificate in the browser, as in earnest, no link is needed:")?;
    terminal.line(format_args!(
        "  openssl pkcs12 -export -passout pass:demo -in {} -inkey {} -out {}",
        path("pki/person/steunpunt.pem"),
        path("pki/person/steunpunt.key"),
        path("officer.p12"),
    ))
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        command: DemoCommand,
    }

    #[test]
    fn a_demo_is_played_or_tampered_with_and_not_both() {
        let parse = |words: &[&str]| Line::try_parse_from([&["demo"], words].concat());
        assert!(parse(&["--dir", "d", "--exit"]).is_ok());
        assert!(parse(&["tamper", "--dir", "d"]).is_ok());
        assert!(parse(&["tamper"]).is_err());
        assert!(parse(&["--exit", "tamper", "--dir", "d"]).is_err());
    }

    #[test]
    fn a_path_survives_the_shell() {
        assert_eq!(quoted(Path::new("/tmp/demo-1")), "/tmp/demo-1");
        assert_eq!(quoted(Path::new("/tmp/it's")), r"'/tmp/it'\''s'");
    }
}
