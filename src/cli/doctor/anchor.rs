//! The anchor against the ledger: whether the database went back in time.

use std::path::Path;

use crate::ledger::hash::Hash;
use crate::ledger::note::Signer;
use crate::store::anchor::Kept;
use crate::store::{self, Anchor, Fork};
use crate::vault::keyring::Keyring;

use super::Check;
use crate::cli::config::{Config, DatabaseUrl};
use crate::cli::keys;
use crate::cli::log::Ledger;

const NAME: &str = "anchor";

/// Without the keyring nothing can be said; that it is missing is said already.
pub(super) async fn check(config: &Config, keyring: Option<&Keyring>) -> Option<Check> {
    let signer = keys::log_signer(keyring?, &config.gateway.origin);
    Some(examine(config, &signer).await)
}

async fn examine(config: &Config, signer: &Signer) -> Check {
    let path = config.gateway.anchor();
    let kept = match Anchor::look(&path, signer.verifier()) {
        Ok(kept) => kept,
        Err(error) => {
            return Check::fail(
                NAME,
                format!("{:#}", anyhow::Error::new(error)),
                "copy the anchor of another gateway of this ledger; when there is none, move the file \
                 away and see `ketenpoort log anchor accept --help`",
            );
        }
    };
    if matches!(&config.database.url, DatabaseUrl::Sqlite(database) if !database.exists()) {
        return of(&path, kept.as_ref(), Ok(Found::None));
    }
    let found = compare(&config.database.url, kept.as_ref()).await;
    of(&path, kept.as_ref(), found)
}

/// What the database holds.
enum Found {
    /// No ledger.
    None,
    /// A ledger that may be continued.
    Fit,
}

fn of(path: &Path, kept: Option<&Kept>, found: anyhow::Result<Found>) -> Check {
    let path = path.display();
    match (kept, found) {
        (None, Ok(_)) => Check::ok(NAME, format!("{path}: nothing was signed yet")),
        (Some(kept), Ok(Found::Fit)) => {
            let size = kept.checkpoint.size;
            Check::ok(NAME, format!("{path}: the ledger holds the {size} entries it has signed"))
        }
        (Some(kept), Ok(Found::None)) => {
            failed(Fork::Behind { signed: kept.checkpoint.size, found: 0 })
        }
        (_, Err(error)) => match error.downcast_ref() {
            Some(store::Error::Fork(fork)) => failed(*fork),
            Some(_) | None => Check::warn(
                NAME,
                format!("{path}: not compared with the ledger: {error:#}"),
                "mend the database and the ledger first",
            ),
        },
    }
}

fn failed(fork: Fork) -> Check {
    Check::fail(NAME, fork.to_string(), fork.remedy())
}

async fn compare(url: &DatabaseUrl, kept: Option<&Kept>) -> anyhow::Result<Found> {
    let mut ledger = Ledger::open(url).await?;
    let found = find(&mut ledger, kept).await;
    ledger.close().await;
    found
}

async fn find(ledger: &mut Ledger, kept: Option<&Kept>) -> anyhow::Result<Found> {
    let Some(state) = ledger.state.clone() else { return Ok(Found::None) };
    let size = u64::try_from(state.size)?;
    if let Some(kept) = kept {
        let signed = (kept.checkpoint.size, kept.checkpoint.root);
        let root = Hash::from_slice(&state.root)
            .ok_or(store::Error::Corrupt { table: "log_state", column: "root" })?;
        ledger.tx.check_continues(signed, (size, root)).await?;
    } else if size > 0 {
        return Err(store::Error::Fork(Fork::Unanchored { found: size }).into());
    }
    if let Some(note) = &state.disputed {
        return Err(store::Error::Fork(Fork::disputed(note)).into());
    }
    Ok(Found::Fit)
}
