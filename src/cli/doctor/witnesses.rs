//! The witnesses: whether each answers, and agrees with the ledger in the database.

use super::Check;
use crate::cli::config::{Config, DatabaseUrl};
use crate::cli::log::open_read_only;
use crate::gateway::witnesses::{Position, Trouble, Watch};
use crate::ledger::note::KeyName;
use crate::store;

const NAME: &str = "witness";

pub(super) async fn check(config: &Config) -> Vec<Check> {
    let watch = match config.witnesses.watch() {
        Ok(Some(watch)) => watch,
        Ok(None) => return Vec::new(),
        Err(error) => {
            let fix = "correct [witnesses]; `ketenpoort config reference` explains every key";
            return vec![Check::fail(NAME, format!("{error:#}"), fix)];
        }
    };
    if matches!(&config.database.url, DatabaseUrl::Sqlite(path) if !path.exists()) {
        return vec![Check::ok(NAME, "there is no ledger to watch yet")];
    }
    match ask(config, &watch).await {
        Ok(checks) => checks,
        Err(error) => {
            let fix = "mend the database and the ledger first";
            vec![Check::warn(NAME, format!("not asked: {error:#}"), fix)]
        }
    }
}

async fn ask(config: &Config, watch: &Watch) -> anyhow::Result<Vec<Check>> {
    let db = open_read_only(&config.database.url, store::ledger::SCHEMA).await?;
    let positions = watch.positions(&db).await;
    let checks = positions?.into_iter().map(|(name, position)| told(name, position)).collect();
    db.close().await;
    Ok(checks)
}

fn told(name: &KeyName, position: Result<Position, Trouble>) -> Check {
    match position {
        Ok(Position::Known(0)) => Check::ok(NAME, format!("{name}: has cosigned nothing yet")),
        Ok(Position::Known(size)) => {
            Check::ok(NAME, format!("{name}: has cosigned {size} entries of this ledger"))
        }
        Ok(Position::Unknown(size)) => Check::warn(
            NAME,
            format!("{name}: has cosigned {size} entries, of which nothing is stored here"),
            "the gateway finds out at its start whether they are of this ledger; when they are not, it \
             signs nothing. See that this is the database that the witness watched",
        ),
        Err(trouble @ Trouble::Contradicts { .. }) => Check::fail(
            NAME,
            format!("{name}: {trouble}"),
            "find the database that holds what the witness cosigned, before anything is signed; when it \
             is the witness that is wrong, take it out of [witnesses]",
        ),
        Err(trouble) => Check::warn(
            NAME,
            format!("{name}: {trouble}"),
            "the gateway works without it; fewer witnesses see what it signs. Compare [witnesses] with \
             what the keeper of the witness says: its key, its address, and the key of this ledger",
        ),
    }
}
