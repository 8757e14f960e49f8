//! `ketenpoort restore`: puts a backup in place, once it is proven to be what it says.
//!
//! Invariants: what is checked is what is put in place: the bytes are copied beside the target first,
//! digested on the way, and everything else looks at that copy. Nothing is put in place before all of
//! it was checked, and never over anything. The keys come first: a gateway that finds data finds their
//! keys too.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::{Note, Verifier};
use crate::store;

use super::backup::manifest::{Engine, Manifest, ManifestError, Part};
use super::backup::readable;
use super::config::{Config, DatabaseUrl};
use super::config_command::ConfigFile;
use super::exit::{Exit, Failure};
use super::keys;
use super::log::{Ledger, check, read_kept};
use super::terminal::{Terminal, Tone};

mod refusal;
mod staged;

pub(super) use refusal::Refusal;
use staged::Staged;

/// What to put in place.
#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// The directory of a backup, or of its data
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Keys of a later backup: those destroyed since then stay destroyed
    #[arg(long, value_name = "DIR")]
    keys_from: Option<PathBuf>,
    /// A checkpoint that was published: what is restored must agree with it
    #[arg(long, value_name = "FILE")]
    verify_against: Option<PathBuf>,
    /// Accept that so many entries are missing which the published checkpoint covers
    #[arg(long, value_name = "N", requires = "verify_against")]
    accept_missing: Option<u64>,
    /// Check everything and put nothing in place
    #[arg(long)]
    check: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Restored {
    ok: bool,
    backup_id: uuid::Uuid,
    origin: String,
    size: u64,
    root: String,
    /// Entries that the published checkpoint covers and the backup does not hold.
    missing: u64,
    /// The files that were put in place.
    placed: Vec<String>,
    /// Whether a gateway with this configuration knows nothing of the ledger yet.
    unanchored: bool,
}

pub(super) async fn run(args: RestoreArgs, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    match restore(&args, terminal).await {
        Ok(restored) => {
            if args.json {
                terminal.json(&restored)?;
            } else {
                restored.print(args.verify_against.is_some(), terminal)?;
            }
            Ok(Exit::Ok)
        }
        Err(error) => {
            if args.json
                && let Some(refusal) = error.downcast_ref::<Refusal>()
            {
                terminal.json(&serde_json::json!({
                    "ok": false, "code": refusal.code(), "text": refusal.to_string(),
                }))?;
            }
            Err(error.context("nothing was put in place"))
        }
    }
}

async fn restore(args: &RestoreArgs, terminal: &mut Terminal) -> anyhow::Result<Restored> {
    let config = args.file.load()?.config;
    let keyring = keys::of_config(&config)?;
    let verifier = keys::log_signer(&keyring, &config.gateway.origin).verifier().clone();
    let published = args.verify_against.as_deref();
    let published = published.map(|path| read_published(path, &verifier)).transpose()?;
    let backup = Found::read(args)?;
    backup.fits(&config)?;

    let data = backup.data.stage(&config.database.url, terminal)?;
    let key_store = backup.keys.stage(&config.database.keys(), terminal)?;
    readable(&key_store.url, store::keys::SCHEMA)
        .await
        .map_err(|error| Refusal::Unreadable { part: Part::Keys, reason: format!("{error:#}") })?;
    let judge = Judge { verifier, manifest: &backup.data.manifest, published };
    let (size, root, missing) = judge.ledger(&data.url, args.accept_missing, terminal).await?;

    let mut placed = Vec::new();
    if !args.check {
        placed.extend(key_store.put_in_place()?);
        match data.put_in_place() {
            Ok(path) => placed.extend(path),
            Err(error) => {
                // Keys without data are of no use, and would be in the way of the next attempt.
                for path in &placed {
                    drop(std::fs::remove_file(path));
                }
                return Err(error);
            }
        }
    }
    Ok(Restored {
        ok: true,
        backup_id: backup.data.manifest.backup_id,
        origin: backup.data.manifest.origin.to_string(),
        size,
        root,
        missing,
        placed: placed.iter().map(|path| path.display().to_string()).collect(),
        unanchored: !config.gateway.anchor().exists(),
    })
}

/// Both parts of a backup, as their manifests tell.
struct Found {
    data: PartFound,
    keys: PartFound,
}

/// One part.
struct PartFound {
    directory: PathBuf,
    manifest: Manifest,
}

impl Found {
    fn read(args: &RestoreArgs) -> Result<Self, Refusal> {
        let data = PartFound::read(&args.from, Part::Data)?;
        let keys = match &args.keys_from {
            Some(directory) => PartFound::read(directory, Part::Keys)?,
            None => PartFound::read(&args.from, Part::Keys)?,
        };
        if keys.manifest.backup_id != data.manifest.backup_id
            && keys.manifest.taken_at < data.manifest.taken_at
        {
            return Err(Refusal::OlderKeys {
                keys: keys.manifest.taken_at,
                data: data.manifest.taken_at,
            });
        }
        Ok(Self { data, keys })
    }

    /// Whether this is the place for it.
    fn fits(&self, config: &Config) -> anyhow::Result<()> {
        for (part, url) in
            [(&self.data, &config.database.url), (&self.keys, &config.database.keys())]
        {
            let (found, wanted) = (&part.manifest.origin, &config.gateway.origin);
            if found != wanted {
                let (found, wanted) = (found.to_string(), wanted.to_string());
                return Err(Refusal::OtherLedger { found, wanted }.into());
            }
            let is_file = matches!(url, DatabaseUrl::Sqlite(_));
            if is_file != (part.manifest.engine == Engine::Sqlite) {
                let message = format!(
                    "the {} are of another kind of database than {url}",
                    part.manifest.part.name()
                );
                return Err(Failure::new(Exit::Config, message).into());
            }
        }
        Ok(())
    }
}

impl PartFound {
    /// Reads a part from its own directory, or from the one of a whole backup.
    fn read(directory: &Path, part: Part) -> Result<Self, Refusal> {
        let inner = directory.join(part.name());
        let directory = if inner.is_dir() { inner } else { directory.to_owned() };
        let refuse = |fault: ManifestError| Refusal::Manifest {
            directory: directory.clone(),
            fault: fault.into(),
        };
        let manifest = Manifest::read(&directory).map_err(refuse)?;
        if manifest.part != part {
            return Err(Refusal::OtherPart { directory, wanted: part });
        }
        Ok(Self { directory, manifest })
    }

    /// Copies what this part holds beside its target, checking every byte of it. What is on a server
    /// is there already.
    fn stage(&self, target: &DatabaseUrl, terminal: &Terminal) -> anyhow::Result<Staged> {
        let DatabaseUrl::Sqlite(path) = target else {
            return Ok(Staged::on_server(target));
        };
        let [file] = self.manifest.files.as_slice() else {
            let fault = ManifestError::Malformed.into();
            return Err(Refusal::Manifest { directory: self.directory.clone(), fault }.into());
        };
        Staged::copy(&self.directory, file, path, terminal)
    }
}

/// Holds a ledger against what was said about it.
struct Judge<'a> {
    verifier: Verifier,
    manifest: &'a Manifest,
    published: Option<Checkpoint>,
}

impl Judge<'_> {
    /// Computes the whole ledger again from its stored bytes. Returns its size, its root, and how
    /// many entries the published checkpoint covers that it does not hold.
    async fn ledger(
        &self,
        url: &DatabaseUrl,
        accepted: Option<u64>,
        terminal: &mut Terminal,
    ) -> anyhow::Result<(u64, String, u64)> {
        let unreadable = |error: anyhow::Error| Refusal::Unreadable {
            part: Part::Data,
            reason: format!("{error:#}"),
        };
        let mut ledger = Ledger::open(url).await.map_err(unreadable)?;
        let bar = terminal.progress(ledger.size(), "verifying the ledger");
        let verified = check(&mut ledger, &self.verifier, None, &bar).await;
        bar.finish_and_clear();
        let verified = verified.map_err(unreadable)?;
        if let Some(fault) = verified.fault() {
            return Err(Refusal::LedgerWrong { fault }.into());
        }
        let (size, root) = (verified.size, verified.root);
        if let Some(own) = self.own()? {
            self.contains(&mut ledger, &own, size, Refusal::NotItsManifest).await?;
        }
        let mut missing = 0;
        if let Some(published) = &self.published {
            if published.size <= size {
                let fork = Refusal::Fork { size: published.size };
                self.contains(&mut ledger, published, size, fork).await?;
            } else {
                missing = published.size - size;
                if accepted != Some(missing) {
                    return Err(
                        Refusal::Missing { missing, size, published: published.size }.into()
                    );
                }
            }
        }
        ledger.close().await;
        Ok((size, root, missing))
    }

    /// The checkpoint that the manifest names.
    fn own(&self) -> Result<Option<Checkpoint>, Refusal> {
        let Some(state) = &self.manifest.ledger else { return Err(Refusal::NotItsManifest) };
        let Some(note) = &state.checkpoint else { return Ok(None) };
        let note: Note = note.parse().or(Err(Refusal::NotItsManifest))?;
        let keys = std::slice::from_ref(&self.verifier);
        let own = Checkpoint::open(&note, keys, self.verifier.name());
        let own = own.or(Err(Refusal::NotItsManifest))?;
        let says = own.size == state.size && own.root.to_string() == state.root;
        if says { Ok(Some(own)) } else { Err(Refusal::NotItsManifest) }
    }

    /// Fails unless the ledger had this root at this size. The tree comes out of the tiles, which
    /// were compared with the entries.
    async fn contains(
        &self,
        ledger: &mut Ledger,
        checkpoint: &Checkpoint,
        size: u64,
        otherwise: Refusal,
    ) -> Result<(), Refusal> {
        if checkpoint.size > size {
            return Err(otherwise);
        }
        let edge = ledger.tx.edge(checkpoint.size).await;
        if edge.is_ok_and(|edge| edge.root() == checkpoint.root) { Ok(()) } else { Err(otherwise) }
    }
}

/// A published checkpoint: it must be signed by the key of this ledger.
fn read_published(path: &Path, verifier: &Verifier) -> anyhow::Result<Checkpoint> {
    read_kept(path, verifier).map_err(|error| match Exit::of(&error) {
        Exit::ProofInvalid => {
            let path = path.to_owned();
            let origin = verifier.name().to_string();
            Refusal::OtherCheckpoint { path, origin, reason: format!("{error:#}") }.into()
        }
        Exit::Ok
        | Exit::Error
        | Exit::Usage
        | Exit::Config
        | Exit::Connection
        | Exit::Denied
        | Exit::NotFound
        | Exit::Temporary => error,
    })
}

impl Restored {
    fn print(&self, compared: bool, terminal: &mut Terminal) -> std::io::Result<()> {
        let ok = terminal.paint(Tone::Good, "ok");
        let (origin, size, root) = (&self.origin, self.size, &self.root);
        terminal.line(format_args!("{ok}  the ledger {origin} of {size} entries, root {root}"))?;
        for path in &self.placed {
            terminal.line(format_args!("    put in place: {path}"))?;
        }
        if self.missing > 0 {
            let doubt = terminal.paint_note(Tone::Doubtful, "warning:");
            terminal.note(format_args!(
                "{doubt} {} entries are missing that were published. A gateway that goes on from \
                 here signs another history than the one that partners saw; their copies of the \
                 checkpoint show it. Tell them before you start it, and keep what is left of the \
                 old database.",
                self.missing
            ));
        } else if !compared {
            terminal.note(
                "Nothing showed that this is the newest state: compare it with a checkpoint that \
                 was published (--verify-against) before the gateway starts.",
            );
        }
        if self.unanchored {
            terminal.note(
                "This gateway has not signed this ledger before: it starts once you have said why it \
                 may go on (`ketenpoort log anchor accept --reason ...`), which the ledger records.",
            );
        }
        Ok(())
    }
}
