//! A ledger in a database that is only read.

use crate::ledger::hash::Hash;
use crate::ledger::note::{Quorum, Verifier};
use crate::ledger::tree::Frontier;
use crate::ledger::verify::State;
use crate::store::db::Schema;
use crate::store::{self, Db, LogState, Tx};

use super::{Source, Witnesses};
use crate::cli::config::{DatabaseUrl, Loaded};
use crate::cli::exit::{Exit, Failure};
use crate::cli::keys;

/// The ledger as it was when it was opened: later commits do not show.
pub(in crate::cli) struct Ledger {
    db: Db,
    pub(in crate::cli) tx: Tx,
    /// The row that says what the ledger is; none before the gateway's first start.
    pub(in crate::cli) state: Option<LogState>,
}

impl Source {
    /// Opens the ledger.
    pub(super) async fn open(&self) -> anyhow::Result<Ledger> {
        let url = match &self.database {
            Some(url) => url.clone(),
            None => Loaded::read(&self.config)?.config.database.url,
        };
        Ledger::open(&url).await
    }

    /// Whose cosignatures count, and how many are enough.
    pub(super) fn quorum(&self, given: &Witnesses) -> anyhow::Result<Quorum> {
        if !given.keys.is_empty() {
            let needed = given.needed.unwrap_or(given.keys.len() / 2 + 1);
            return Quorum::new(given.keys.clone(), needed)
                .map_err(|error| Failure::new(Exit::Usage, error.to_string()).into());
        }
        if self.database.is_some() {
            return Ok(Quorum::default());
        }
        Ok(Loaded::read(&self.config)?.config.witnesses.quorum()?)
    }

    /// The key that checkpoints must be signed with.
    pub(super) fn verifier(&self) -> anyhow::Result<Verifier> {
        if let Some(verifier) = &self.vkey {
            return Ok(verifier.clone());
        }
        if self.database.is_some() {
            let message = "--database tells nothing about the key: give --vkey too, which \
                           `ketenpoort log vkey` prints at the gateway";
            return Err(Failure::new(Exit::Usage, message).into());
        }
        let config = Loaded::read(&self.config)?.config;
        let keyring = keys::of_config(&config)?;
        Ok(keys::log_signer(&keyring, &config.gateway.origin).verifier().clone())
    }
}

impl Ledger {
    /// Opens the ledger in a database.
    pub(in crate::cli) async fn open(url: &DatabaseUrl) -> anyhow::Result<Self> {
        let schema = store::ledger::SCHEMA;
        let db = open_read_only(url, schema).await?;
        let mut tx = db.read().await?;
        require_schema(tx.schema_version().await?, schema, url)?;
        let state = tx.log_state().await?;
        Ok(Self { db, tx, state })
    }

    /// Gives the connections back.
    pub(in crate::cli) async fn close(self) {
        drop(self.tx);
        self.db.close().await;
    }

    /// What the database says the ledger is.
    pub(super) fn stated(&self) -> anyhow::Result<State> {
        let Some(state) = &self.state else {
            let empty = Frontier::new();
            return Ok(State { size: 0, root: empty.root(), frontier: empty.encode() });
        };
        let size = u64::try_from(state.size).map_err(|_negative| {
            Failure::new(Exit::ProofInvalid, "the stored size of the ledger is negative")
        })?;
        // No tree has this root, so a root that is none is found as one that does not fit.
        let root = Hash::from_slice(&state.root).unwrap_or(Hash::new([0; Hash::BYTES]));
        Ok(State { size, root, frontier: state.frontier.clone() })
    }

    /// The number of entries, for progress.
    pub(in crate::cli) fn size(&self) -> u64 {
        self.state.as_ref().and_then(|state| u64::try_from(state.size).ok()).unwrap_or(0)
    }
}

/// Opens a database that must exist, to read it.
pub(in crate::cli) async fn open_read_only(
    url: &DatabaseUrl,
    schema: Schema,
) -> anyhow::Result<Db> {
    match url {
        DatabaseUrl::Sqlite(path) if !path.exists() => {
            Err(Failure::new(Exit::NotFound, format!("{url}: there is no such file")).into())
        }
        DatabaseUrl::Sqlite(path) => Ok(Db::open_sqlite_read_only(path).await?),
        DatabaseUrl::Postgres(url) => Ok(Db::open_postgres_read_only(url, schema).await?),
    }
}

/// Fails unless a database has the schema that this program knows.
pub(in crate::cli) fn require_schema(
    found: Option<i64>,
    schema: Schema,
    url: &DatabaseUrl,
) -> Result<(), Failure> {
    let known = schema.version();
    match found {
        Some(version) if version == known => Ok(()),
        Some(version) => Err(Failure::new(
            Exit::Error,
            format!(
                "{url}: has schema {version}, this program knows {known}; use the version of the \
                 program that the gateway runs"
            ),
        )),
        None => Err(Failure::new(Exit::NotFound, format!("{url}: holds no ledger"))),
    }
}
