//! `ketenpoort backup`: a copy of both databases, taken while the gateway runs.
//!
//! Invariants: the data is copied first and the keys after it. A key is durable before anything is
//! sealed under it, so keys that are copied later are all that the data need; keys that were destroyed
//! in between are missing, which is what destroying them means. The other way round, what was stored
//! between the two copies could never be read again. A backup counts from the moment its manifests
//! stand in it, and they are written last, after the copy was verified and is on disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::gateway::Clock;
use crate::ledger::note::Verifier;
use crate::store;
use crate::store::backup::SqliteSource;
use crate::store::db::Schema;

use super::config::{Config, DatabaseUrl};
use super::config_command::ConfigFile;
use super::exit::{Exit, Failure};
use super::keys;
use super::log::{Ledger, check, open_read_only, require_schema};
use super::terminal::Terminal;

pub(super) mod files;
pub(super) mod manifest;
pub(super) mod postgres;

use manifest::{Engine, Head, LedgerState, MANIFEST, Manifest, Part};

/// How often the bar looks how far the copy is.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// What to copy and where to.
#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// A directory that does not exist yet, or is empty: gets `data/` and `keys/`
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Taken {
    backup_id: uuid::Uuid,
    parts: Vec<Manifest>,
    /// What is left to do, by hand or by a script: the dumps of databases on a server.
    commands: Vec<String>,
    /// What loads those dumps into an empty database; `restore` checks it afterwards.
    load_commands: Vec<String>,
}

pub(super) async fn run(args: BackupArgs, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let config = args.file.load()?.config;
    let keyring = keys::of_config(&config)?;
    let verifier = keys::log_signer(&keyring, &config.gateway.origin).verifier().clone();
    let (data, key_store) = directories(&args.out)?;
    let taking = Taking { config: &config, verifier, clock: Clock::system() };
    let backup = match taking.all(&data, &key_store, terminal).await {
        Ok(backup) => backup,
        Err(error) => {
            discard(&args.out, &[&data, &key_store]);
            return Err(error.context(format!("no backup in {}", args.out.display())));
        }
    };
    if args.json {
        terminal.json(&backup)?;
    } else {
        backup.print(&args.out, terminal)?;
    }
    Ok(Exit::Ok)
}

/// The two directories of a backup, made.
fn directories(out: &Path) -> anyhow::Result<(PathBuf, PathBuf)> {
    let refuse =
        |error: std::io::Error| Failure::new(Exit::Error, format!("{}: {error}", out.display()));
    files::make_directory(out).map_err(refuse)?;
    let (data, keys) = (out.join(Part::Data.name()), out.join(Part::Keys.name()));
    files::make_directory(&data).map_err(refuse)?;
    files::make_directory(&keys).map_err(refuse)?;
    Ok((data, keys))
}

/// Removes what a backup that failed has left, so that nobody takes it for one. What cannot be
/// removed has no manifest and is refused by `restore`.
fn discard(out: &Path, parts: &[&Path]) {
    for part in parts {
        drop(std::fs::remove_dir_all(part));
    }
    drop(std::fs::remove_dir(out));
}

struct Taking<'a> {
    config: &'a Config,
    verifier: Verifier,
    clock: Clock,
}

impl Taking<'_> {
    async fn all(
        &self,
        data: &Path,
        key_store: &Path,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Taken> {
        let head = Head::new(self.config.gateway.origin.clone());
        let data_manifest = self.data(&head, data, terminal).await?;
        let keys_manifest = self.keys(&head, key_store, terminal).await?;
        // The data last: a part with data and a manifest is a whole backup.
        keys_manifest.write(key_store)?;
        data_manifest.write(data)?;
        for directory in [data, key_store] {
            files::sync_parent(directory)?;
        }
        Ok(Taken {
            backup_id: head.backup_id,
            parts: vec![data_manifest, keys_manifest],
            commands: postgres::dumps(self.config, data, key_store),
            load_commands: postgres::loads(self.config, data, key_store),
        })
    }

    async fn data(
        &self,
        head: &Head,
        directory: &Path,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Manifest> {
        let (url, schema) = (&self.config.database.url, store::ledger::SCHEMA);
        match url {
            DatabaseUrl::Sqlite(from) => {
                let copy = copy(from, directory, "copying data", terminal).await?;
                let taken_at = self.clock.now();
                let ledger = self.verified(&DatabaseUrl::Sqlite(copy.clone()), terminal).await?;
                let mut manifest =
                    head.manifest(Part::Data, Engine::Sqlite, schema.version(), taken_at);
                manifest.files.push(digest(&copy, terminal)?);
                manifest.ledger = Some(ledger);
                Ok(manifest)
            }
            DatabaseUrl::Postgres(_) => {
                let ledger = self.verified(url, terminal).await?;
                let now = self.clock.now();
                let mut manifest =
                    head.manifest(Part::Data, Engine::Postgresql, schema.version(), now);
                manifest.ledger = Some(ledger);
                Ok(manifest)
            }
        }
    }

    async fn keys(
        &self,
        head: &Head,
        directory: &Path,
        terminal: &mut Terminal,
    ) -> anyhow::Result<Manifest> {
        let (url, schema) = (self.config.database.keys(), store::keys::SCHEMA);
        let taken_at = self.clock.now();
        match &url {
            DatabaseUrl::Sqlite(from) => {
                let copy = copy(from, directory, "copying keys", terminal).await?;
                readable(&DatabaseUrl::Sqlite(copy.clone()), schema).await?;
                let mut manifest =
                    head.manifest(Part::Keys, Engine::Sqlite, schema.version(), taken_at);
                manifest.files.push(digest(&copy, terminal)?);
                Ok(manifest)
            }
            DatabaseUrl::Postgres(_) => {
                readable(&url, schema).await?;
                Ok(head.manifest(Part::Keys, Engine::Postgresql, schema.version(), taken_at))
            }
        }
    }

    /// The ledger in a copy, computed again from its entries: what does not verify is no backup.
    async fn verified(
        &self,
        url: &DatabaseUrl,
        terminal: &mut Terminal,
    ) -> anyhow::Result<LedgerState> {
        let mut ledger = Ledger::open(url).await?;
        let bar = terminal.progress(ledger.size(), "verifying the ledger");
        let verified = check(&mut ledger, &self.verifier, None, &bar).await;
        bar.finish_and_clear();
        let verified = verified?;
        let newest = ledger.tx.latest_checkpoint().await?;
        ledger.close().await;
        if let Some(fault) = verified.fault() {
            let message = format!("the ledger is not what it signed: {fault}");
            return Err(Failure::new(Exit::ProofInvalid, message).into());
        }
        Ok(LedgerState {
            size: verified.size,
            root: verified.root,
            checkpoint: newest.map(|row| row.note),
        })
    }
}

/// Copies a SQLite database into a directory under its own name; on disk when this returns.
async fn copy(
    from: &Path,
    directory: &Path,
    label: &'static str,
    terminal: &mut Terminal,
) -> anyhow::Result<PathBuf> {
    if !from.exists() {
        let message = format!("{}: there is no such file", from.display());
        return Err(Failure::new(Exit::NotFound, message).into());
    }
    let to = directory.join(from.file_name().unwrap_or_default());
    // Made by us rather than by SQLite, which would let everybody read it.
    drop(files::new_file(&to)?);
    let source = SqliteSource::open(from).await?;
    let bytes = source.size_bytes().await?;
    let bar = terminal.progress_bytes(bytes, label);
    if to.to_str().is_none() {
        return Err(Failure::new(Exit::Usage, format!("{}: must be UTF-8", to.display())).into());
    }
    let copied = watched(source.copy_to(to.clone()), &to, &bar).await;
    bar.finish_and_clear();
    copied?;
    files::sync(&to)?;
    Ok(to)
}

/// Moves a bar with the size of a file while something writes it.
async fn watched<T>(work: impl Future<Output = T>, file: &Path, bar: &ProgressBar) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(PROGRESS_EVERY) => {
                if let Ok(metadata) = std::fs::metadata(file) {
                    bar.set_position(metadata.len());
                }
            }
        }
    }
}

fn digest(file: &Path, terminal: &Terminal) -> std::io::Result<manifest::FileDigest> {
    let bar = terminal.progress_bytes(std::fs::metadata(file)?.len(), "digesting");
    let digest = files::digest_into(file, std::io::sink(), &bar);
    bar.finish_and_clear();
    digest
}

/// Fails unless a database is one of ours.
pub(super) async fn readable(url: &DatabaseUrl, schema: Schema) -> anyhow::Result<()> {
    let db = open_read_only(url, schema).await?;
    let version = db.read().await?.schema_version().await?;
    db.close().await;
    Ok(require_schema(version, schema, url)?)
}

impl Taken {
    fn print(&self, out: &Path, terminal: &mut Terminal) -> std::io::Result<()> {
        terminal.line(format_args!("backup {} in {}", self.backup_id, out.display()))?;
        for part in &self.parts {
            let name = part.part.name();
            for file in &part.files {
                let (file, bytes) = (&file.name, file.bytes);
                terminal.line(format_args!("    {name}/{file}: {bytes} bytes"))?;
            }
            if let Some(ledger) = &part.ledger {
                let (size, root) = (ledger.size, &ledger.root);
                terminal.line(format_args!("    {name}: ledger of {size} entries, root {root}"))?;
            }
            terminal.line(format_args!("    {name}/{MANIFEST}"))?;
        }
        if !self.commands.is_empty() {
            terminal.note(postgres::TELL);
            for command in &self.commands {
                terminal.line(command)?;
            }
            terminal.note(postgres::TELL_LOAD);
            for command in &self.load_commands {
                terminal.line(command)?;
            }
        }
        terminal.note(
            "Keep keys/ apart from data/, no longer than you promise that destroying a key takes, \
             and the keyring apart from both.",
        );
        Ok(())
    }
}
