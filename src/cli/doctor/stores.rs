//! Databases and the ledger in them.

use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::Hash;
use crate::ledger::note::Note;
use crate::store::db::Schema;
use crate::store::{self, LogState};
use crate::vault::keyring::Keyring;

use super::Check;
use crate::cli::config::{Config, DatabaseUrl};
use crate::cli::keys;
use crate::cli::log::{Ledger, open_read_only};

/// Clocks of machines that share a database differ; by more than this, moments in the ledger are
/// wrong.
const SKEW_MAX: Duration = Duration::from_mins(1);

pub(super) async fn database(config: &Config) -> Check {
    store("database", &config.database.url, store::ledger::SCHEMA).await
}

pub(super) async fn keys(config: &Config) -> Check {
    store("key store", &config.database.keys(), store::keys::SCHEMA).await
}

async fn store(name: &'static str, url: &DatabaseUrl, schema: Schema) -> Check {
    if not_made_yet(url) {
        return Check::warn(
            name,
            format!("{url}: does not exist yet"),
            "nothing for a new gateway: it makes it at its first start; otherwise restore the backup",
        );
    }
    match look(name, url, schema).await {
        Ok(check) => check,
        Err(error) => Check::fail(
            name,
            format!("{url}: {error:#}"),
            "see that the database runs, that the url is right and that its user may connect",
        ),
    }
}

fn not_made_yet(url: &DatabaseUrl) -> bool {
    matches!(url, DatabaseUrl::Sqlite(path) if !path.exists())
}

async fn look(name: &'static str, url: &DatabaseUrl, schema: Schema) -> anyhow::Result<Check> {
    let db = open_read_only(url, schema).await?;
    let mut tx = db.read().await?;
    let version = tx.schema_version().await?;
    let durability = tx.durability().await?;
    drop(tx);
    db.close().await;
    let known = schema.version();
    let settings = durability.settings;
    Ok(match version {
        Some(version) if version > known => Check::fail(
            name,
            format!("{url}: has schema {version}, this program knows {known}"),
            "start the newer program that made it",
        ),
        Some(version) if version < known => Check::warn(
            name,
            format!("{url}: has schema {version}, this program needs {known}"),
            "nothing: the gateway brings it up to date when it starts",
        ),
        None => Check::warn(
            name,
            format!("{url}: is empty"),
            "nothing for a new gateway: it makes the tables at its first start",
        ),
        Some(_) if !durability.is_safe => Check::fail(
            name,
            format!("{url}: {settings}: what was answered can be lost at a power cut"),
            "SQLite: open it with the gateway once; PostgreSQL: set fsync and full_page_writes to on",
        ),
        Some(version) => Check::ok(name, format!("{url}: schema {version}, {settings}")),
    })
}

/// Whether the next entry can be appended, and the clock against the last one.
pub(super) async fn ledger(
    config: &Config,
    keyring: Option<&Keyring>,
    now: Timestamp,
) -> Vec<Check> {
    const NAME: &str = "ledger";
    let url = &config.database.url;
    if not_made_yet(url) {
        return vec![];
    }
    match inspect(config, keyring, now).await {
        Ok(checks) => checks,
        Err(Fault::Unreachable(error)) => {
            vec![Check::warn(NAME, format!("not looked at: {error:#}"), "mend the database first")]
        }
        Err(Fault::Wrong(reason)) => vec![Check::fail(
            NAME,
            reason,
            "do not start the gateway; keep a copy of the database; `ketenpoort log verify` tells more",
        )],
    }
}

enum Fault {
    /// The ledger could not be read.
    Unreachable(anyhow::Error),
    /// The ledger is not what it should be.
    Wrong(String),
}

impl<E: Into<anyhow::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Unreachable(error.into())
    }
}

async fn inspect(
    config: &Config,
    keyring: Option<&Keyring>,
    now: Timestamp,
) -> Result<Vec<Check>, Fault> {
    let mut ledger = Ledger::open(&config.database.url).await?;
    let checks = compare(&mut ledger, config, keyring, now).await;
    ledger.close().await;
    checks
}

async fn compare(
    ledger: &mut Ledger,
    config: &Config,
    keyring: Option<&Keyring>,
    now: Timestamp,
) -> Result<Vec<Check>, Fault> {
    const NAME: &str = "ledger";
    let wrong = |reason: &str| Fault::Wrong(reason.to_owned());
    let origin = &config.gateway.origin;
    let Some(state) = ledger.state.clone() else {
        return Ok(vec![Check::ok(NAME, format!("{origin}: not begun yet"))]);
    };
    if state.origin != origin.as_str() {
        let stored = &state.origin;
        return Err(Fault::Wrong(format!("the database holds the ledger {stored}, not {origin}")));
    }
    let size = u64::try_from(state.size).map_err(|_negative| wrong("its size is negative"))?;
    let edge = ledger.tx.edge(size).await.map_err(|_gone| wrong("its last entries are missing"))?;
    if edge.root().as_bytes().as_slice() != state.root {
        return Err(wrong("its last entries do not give the root that was stored"));
    }
    let Some(newest) = ledger.tx.latest_checkpoint().await? else {
        return match size {
            0 => Ok(vec![Check::ok(NAME, format!("{origin}: no entries yet"))]),
            _ => Err(wrong("nothing in it was ever signed")),
        };
    };
    let detail = signature(&newest.note, &state, config, keyring)?;
    Ok(vec![
        Check::ok(NAME, format!("{origin}: {size} entries, {detail}")),
        clock(newest.signed_at, now),
    ])
}

fn signature(
    note: &str,
    state: &LogState,
    config: &Config,
    keyring: Option<&Keyring>,
) -> Result<&'static str, Fault> {
    const UNREADABLE: &str = "its newest checkpoint cannot be read";
    let wrong = |reason: &str| Fault::Wrong(reason.to_owned());
    let origin = &config.gateway.origin;
    let note: Note = note.parse().map_err(|_malformed| wrong(UNREADABLE))?;
    let checkpoint: Checkpoint = note.text().parse().map_err(|_malformed| wrong(UNREADABLE))?;
    let covers = u64::try_from(state.size) == Ok(checkpoint.size)
        && Hash::from_slice(&state.root) == Some(checkpoint.root);
    if !covers {
        return Err(wrong("its newest checkpoint does not cover its end"));
    }
    let Some(keyring) = keyring else {
        return Ok("signature not checked without the keyring");
    };
    let verifier = keys::log_signer(keyring, origin).verifier().clone();
    Checkpoint::open(&note, &[verifier], origin).map_err(|_unsigned| {
        wrong("its newest checkpoint is not signed by the key of the keyring")
    })?;
    Ok("the newest checkpoint is signed by the keyring's key")
}

fn clock(signed_at: Timestamp, now: Timestamp) -> Check {
    const NAME: &str = "clock";
    if signed_at > now.plus(SKEW_MAX) {
        return Check::fail(
            NAME,
            format!("the clock says {now}, and the newest checkpoint was signed at {signed_at}"),
            "set the clock (NTP) before the gateway starts: terms and consents depend on it",
        );
    }
    Check::ok(NAME, format!("{now}; the newest checkpoint is of {signed_at}"))
}
