//! What PostgreSQL's own tools do better than we could: the commands, in the order that matters.

use std::path::Path;

use crate::cli::config::{Config, DatabaseUrl};
use crate::store;

/// What a person is told before the commands.
pub(in crate::cli) const TELL: &str = "\
The database is on a server: run these commands now, one after the other and in this order, the data
before the keys. The manifest says what the ledger must hold at least. $PGURL stands for the url of the
database; keep its password in ~/.pgpass. A backup of the whole server (pg_basebackup) is consistent
too, but holds data and keys together: keep it no longer than destroying a key may take.";

/// What a person is told before the commands that load the dumps again.
pub(in crate::cli) const TELL_LOAD: &str = "\
To restore: make an empty database, run these, then `ketenpoort restore --from DIR --verify-against
CHECKPOINT` with a configuration that names it, and only then start a gateway on it:";

/// Name of the file that a dump of a part goes to.
const fn dump_file(data: bool) -> &'static str {
    if data { "ketenpoort.dump" } else { "ketenpoort-keys.dump" }
}

/// The commands that dump what is on a server; none when both databases are files.
pub(in crate::cli) fn dumps(config: &Config, data: &Path, keys: &Path) -> Vec<String> {
    let dump = |url: &DatabaseUrl, schema: &str, variable: &str, to: String| {
        matches!(url, DatabaseUrl::Postgres(_)).then(|| {
            format!(
                "pg_dump --format=custom --no-owner --serializable-deferrable --schema={schema} \
                 --file={to} \"${variable}\""
            )
        })
    };
    let (url, keys_url) = (&config.database.url, config.database.keys());
    let keys_variable = variable(url, &keys_url);
    let data_file = quoted(&data.join(dump_file(true)));
    let keys_file = quoted(&keys.join(dump_file(false)));
    let both = [
        dump(url, store::ledger::SCHEMA.name, "PGURL", data_file),
        dump(&keys_url, store::keys::SCHEMA.name, keys_variable, keys_file),
    ];
    both.into_iter().flatten().collect()
}

/// The commands that load those dumps into an empty database, in the order that matters: the keys
/// first, so that no gateway ever finds data without them.
pub(in crate::cli) fn loads(config: &Config, data: &Path, keys: &Path) -> Vec<String> {
    let load = |url: &DatabaseUrl, variable: &str, from: String| {
        matches!(url, DatabaseUrl::Postgres(_)).then(|| {
            format!(
                "pg_restore --exit-on-error --single-transaction --no-owner --dbname=\"${variable}\" \
                 {from}"
            )
        })
    };
    let (url, keys_url) = (&config.database.url, config.database.keys());
    let keys_variable = variable(url, &keys_url);
    let both = [
        load(&keys_url, keys_variable, quoted(&keys.join(dump_file(false)))),
        load(url, "PGURL", quoted(&data.join(dump_file(true)))),
    ];
    both.into_iter().flatten().collect()
}

fn variable(url: &DatabaseUrl, keys: &DatabaseUrl) -> &'static str {
    if url == keys { "PGURL" } else { "PGURL_KEYS" }
}

/// A path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}
