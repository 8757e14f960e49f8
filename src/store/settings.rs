//! The settings that decide whether what was answered survives, as the databases themselves say them.
//!
//! Invariant: they are read from a connection that was set up as the gateway sets up its own, so they
//! are what a gateway would have, not what a file or a server has for others. Nothing is changed.

use std::path::Path;
use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use crate::domain::time::Timestamp;

use super::db::Schema;
use super::db::sqlite::{Access, Pool};
use super::error::Result;

/// A setting and its value.
pub type Setting = (&'static str, String);

/// What a database says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The settings, in the order in which they matter.
    pub values: Vec<Setting>,
    /// The clock of the machine that it runs on, when that is another one.
    pub clock: Option<Timestamp>,
}

/// Settings of SQLite, each with the statement that reads it.
const SQLITE: [(&str, &str); 5] = [
    ("journal_mode", "PRAGMA journal_mode"),
    ("synchronous", "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous"),
    ("foreign_keys", "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys"),
    ("secure_delete", "SELECT CAST(secure_delete AS TEXT) FROM pragma_secure_delete"),
    ("sqlite_version", "SELECT sqlite_version()"),
];

/// Settings of PostgreSQL.
const POSTGRES: [&str; 7] = [
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "synchronous_standby_names",
    "data_checksums",
    "max_connections",
    "server_version",
];

impl Settings {
    /// Of a SQLite file.
    pub async fn of_sqlite(path: &Path) -> Result<Self> {
        let mut lease = Pool::open(path, Access::Read, 1).await?.lease().await?;
        let mut values = Vec::new();
        for (name, sql) in SQLITE {
            values.push((name, lease.value(sql)?));
        }
        Ok(Self { values, clock: None })
    }

    /// Of a PostgreSQL server, with whether it takes writes at all.
    pub async fn of_postgres(url: &str, schema: Schema) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?
            .options([("search_path", schema.name), ("synchronous_commit", "on")])
            .application_name("ketenpoort-inspect")
            .disable_statement_logging();
        let mut connection = options.connect().await?;
        let mut values = vec![("in_recovery", recovery(&mut connection).await?)];
        for name in POSTGRES {
            let (value,): (String,) =
                sqlx::query_as("-- settings.value\nSELECT current_setting($1)")
                    .bind(name)
                    .fetch_one(&mut connection)
                    .await?;
            values.push((name, value));
        }
        let (micros,): (i64,) = sqlx::query_as(
            "-- settings.clock
             SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
        )
        .fetch_one(&mut connection)
        .await?;
        connection.close().await?;
        Ok(Self { values, clock: Timestamp::from_micros(micros) })
    }

    /// The value of a setting.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

async fn recovery(connection: &mut PgConnection) -> Result<String> {
    let (standby,): (bool,) = sqlx::query_as("-- settings.recovery\nSELECT pg_is_in_recovery()")
        .fetch_one(connection)
        .await?;
    Ok(if standby { "on" } else { "off" }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Db, ledger};

    #[tokio::test]
    async fn sqlite_has_the_settings_that_the_gateway_asks_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kp.sqlite");
        Db::open_sqlite(&path, ledger::SCHEMA).await.unwrap().close().await;
        let settings = Settings::of_sqlite(&path).await.unwrap();
        for (name, value) in [
            ("journal_mode", "wal"),
            ("synchronous", "2"),
            ("foreign_keys", "1"),
            ("secure_delete", "1"),
        ] {
            assert_eq!(settings.value(name), Some(value), "{name}");
        }
        assert_eq!(settings.clock, None);
    }

    #[tokio::test]
    async fn postgres_says_its_settings_and_its_time() {
        let url = crate::store::postgres_for_tests::fresh_database();
        let settings = Settings::of_postgres(&url, ledger::SCHEMA).await.unwrap();
        for (name, value) in [
            ("in_recovery", "off"),
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            ("synchronous_standby_names", ""),
        ] {
            assert_eq!(settings.value(name), Some(value), "{name}");
        }
        assert!(settings.clock.is_some());
    }
}
