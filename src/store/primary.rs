//! Several PostgreSQL servers behind one URL, of which one is the primary.
//!
//! Invariants: all connections of a pool are made to the same server, which takes writes; of two that
//! both say so, the one on the newer timeline counts, because it was promoted later; a server on an
//! older timeline than one that was seen is never used again.

use std::fmt::Write as _;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::{sleep, timeout};

use super::error::{Error, Result};

/// Longest wait for one server to answer: a machine that is gone does not even refuse.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// How often the primary is asked whether it still is the primary.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// How often, in looks, the others are asked too: a standby may be promoted while the old primary runs.
const LOOKS_PER_ROUND: u32 = 10;
/// Pause between rounds while no server takes writes.
const ROUND_PAUSE: Duration = Duration::from_millis(200);
/// Servers of one URL: a primary and its standbys.
const SERVERS_MAX: usize = 8;

/// Counts promotions: PostgreSQL raises it each time a standby becomes the primary.
type Timeline = u32;

/// The servers that a URL names, in its order.
#[derive(Debug, Clone)]
pub(super) struct Servers(Vec<PgConnectOptions>);

/// The server that takes writes.
#[derive(Debug, Clone)]
pub(super) struct Primary {
    pub(super) options: PgConnectOptions,
    timeline: Timeline,
}

impl Servers {
    /// Reads `postgres://user@host:port,host:port/database`, as libpq does.
    pub(super) fn of(url: &str) -> Result<Self> {
        let urls = split(url).ok_or_else(|| configuration("the url names no servers"))?;
        if urls.len() > SERVERS_MAX {
            return Err(configuration("the url names too many servers"));
        }
        let options = urls.iter().map(|url| PgConnectOptions::from_str(url));
        Ok(Self(options.collect::<Result<_, _>>()?))
    }

    /// The same servers, reached otherwise.
    pub(super) fn with(self, f: impl Fn(PgConnectOptions) -> PgConnectOptions) -> Self {
        Self(self.0.into_iter().map(f).collect())
    }

    /// The primary. All servers are asked at once.
    pub(super) async fn primary(&self) -> Result<Primary> {
        self.primary_since(0).await
    }

    /// The primary, or a standby where there is none: for reading.
    pub(super) async fn readable(&self) -> Result<PgConnectOptions> {
        match self.primary().await {
            Ok(primary) => Ok(primary.options),
            Err(error) => {
                for options in &self.0 {
                    if let Ok(Ok(connection)) = timeout(ANSWER_MAX, options.connect()).await {
                        connection.close().await?;
                        return Ok(options.clone());
                    }
                }
                Err(error)
            }
        }
    }

    async fn primary_since(&self, oldest: Timeline) -> Result<Primary> {
        let answers = futures_util::future::join_all(self.0.iter().map(ask)).await;
        let mut primaries = Vec::new();
        let mut reasons = String::new();
        let mut failed = None;
        for (options, answer) in self.0.iter().zip(answers) {
            let reason = match answer {
                Ok(Some(timeline)) if timeline >= oldest => {
                    primaries.push(Primary { options: options.clone(), timeline });
                    continue;
                }
                Ok(Some(timeline)) => {
                    format!("is an old primary (timeline {timeline}, {oldest} was seen)")
                }
                Ok(None) => "is a standby".to_owned(),
                Err(error) => {
                    let reason = error.to_string();
                    failed = Some(error);
                    reason
                }
            };
            // Writing to a text cannot fail.
            write!(reasons, "; {} {reason}", place(options)).unwrap_or_default();
        }
        if primaries.len() > 1 {
            tracing::error!(
                event = "database.several_primaries",
                fix = "stop the old primary; it must be rewound before it may return as a standby"
            );
        }
        if let Some(primary) = primaries.into_iter().max_by_key(|primary| primary.timeline) {
            return Ok(primary);
        }
        // One server's own error says most, and what kind it is decides the exit code.
        if let ([_], Some(error)) = (self.0.as_slice(), failed) {
            return Err(error.into());
        }
        let message = format!("no server takes writes{reasons}");
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::NotConnected, message)).into())
    }
}

/// Keeps a pool on the primary until the pool is closed.
pub(super) fn follow(pool: PgPool, servers: Servers, primary: Primary) {
    if servers.0.len() > 1 {
        let follower = Follower { pool, servers, primary, connection: None };
        tokio::spawn(follower.run());
    }
}

struct Follower {
    pool: PgPool,
    servers: Servers,
    primary: Primary,
    connection: Option<PgConnection>,
}

impl Follower {
    async fn run(mut self) {
        let mut closed = self.pool.close_event();
        drop(closed.do_until(self.follow()).await);
    }

    async fn follow(&mut self) {
        let mut look = 0_u32;
        loop {
            sleep(LOOK_INTERVAL).await;
            look = (look + 1) % LOOKS_PER_ROUND;
            if look == 0 || !self.is_still_primary().await {
                self.choose().await;
            }
        }
    }

    async fn is_still_primary(&mut self) -> bool {
        let looked = timeout(ANSWER_MAX, async {
            if self.connection.is_none() {
                self.connection = Some(self.primary.options.connect().await?);
            }
            match &mut self.connection {
                Some(connection) => timeline_of(connection).await,
                None => Ok(None),
            }
        });
        let is_primary = matches!(looked.await, Ok(Ok(Some(_))));
        if !is_primary {
            self.connection = None;
        }
        is_primary
    }

    /// Asks all servers until one takes writes.
    async fn choose(&mut self) {
        let mut told = false;
        loop {
            match self.servers.primary_since(self.primary.timeline).await {
                Ok(found) => return self.turn_to(found),
                Err(error) if !told => {
                    told = true;
                    let cause: String = causes(&error);
                    tracing::error!(event = "database.no_primary", error = cause);
                }
                Err(_) => {}
            }
            sleep(ROUND_PAUSE).await;
        }
    }

    fn turn_to(&mut self, found: Primary) {
        if place(&found.options) != place(&self.primary.options) {
            tracing::warn!(
                event = "database.primary_changed",
                primary = place(&found.options),
                timeline = found.timeline
            );
            self.pool.set_connect_options(found.options.clone());
            self.connection = None;
        }
        self.primary = found;
    }
}

/// The timeline of a server that takes writes; `None` for a standby.
async fn ask(options: &PgConnectOptions) -> sqlx::Result<Option<Timeline>> {
    let asked = timeout(ANSWER_MAX, async {
        let mut connection = options.connect().await?;
        let timeline = timeline_of(&mut connection).await?;
        connection.close().await?;
        Ok(timeline)
    });
    asked.await.unwrap_or_else(|_elapsed| {
        let silent = std::io::Error::new(std::io::ErrorKind::TimedOut, "does not answer");
        Err(sqlx::Error::Io(silent))
    })
}

async fn timeline_of(connection: &mut PgConnection) -> sqlx::Result<Option<Timeline>> {
    let (timeline,): (Option<String>,) = sqlx::query_as(
        "SELECT CASE WHEN pg_is_in_recovery() THEN NULL
                ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END",
    )
    .fetch_one(connection)
    .await?;
    Ok(timeline.map(|hex| Timeline::from_str_radix(&hex, 16).unwrap_or(0)))
}

fn place(options: &PgConnectOptions) -> String {
    format!("{}:{}", options.get_host(), options.get_port())
}

fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        // Writing to a text cannot fail.
        write!(text, ": {error}").unwrap_or_default();
        cause = error.source();
    }
    text
}

fn configuration(message: &'static str) -> Error {
    sqlx::Error::Configuration(message.into()).into()
}

/// One URL per server. What tells libpq to look for the primary is left out: we always do.
fn split(url: &str) -> Option<Vec<String>> {
    let (scheme, rest) = url.split_once("://")?;
    let (place, parameters) = match rest.split_once('?') {
        Some((place, parameters)) => (place, parameters),
        None => (rest, ""),
    };
    let (authority, path) = match place.find('/') {
        Some(at) => place.split_at(at),
        None => (place, ""),
    };
    let (login, hosts) = match authority.rsplit_once('@') {
        Some((login, hosts)) => (format!("{login}@"), hosts),
        None => (String::new(), authority),
    };
    let kept: Vec<&str> = parameters
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("target_session_attrs="))
        .collect();
    let parameters = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    let of = |host| format!("{scheme}://{login}{host}{path}{parameters}");
    Some(hosts.split(',').map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_one_server_or_several() {
        for (url, servers) in [
            ("postgres://db/kp", vec!["postgres://db/kp"]),
            (
                "postgres://kp:a%2Cb@one:5432,two:5433/kp?sslmode=require",
                vec![
                    "postgres://kp:a%2Cb@one:5432/kp?sslmode=require",
                    "postgres://kp:a%2Cb@two:5433/kp?sslmode=require",
                ],
            ),
            (
                "postgresql://[::1]:1,[::2]:2?target_session_attrs=read-write&dbname=kp",
                vec!["postgresql://[::1]:1?dbname=kp", "postgresql://[::2]:2?dbname=kp"],
            ),
            (
                "postgres://a,b/kp?target_session_attrs=read-write",
                vec!["postgres://a/kp", "postgres://b/kp"],
            ),
            ("postgres:///kp?host=/run/postgresql", vec!["postgres:///kp?host=/run/postgresql"]),
        ] {
            assert_eq!(split(url).unwrap(), servers);
            assert_eq!(Servers::of(url).unwrap().0.len(), servers.len());
        }
        assert!(Servers::of(&format!("postgres://{}/kp", ["db"; 9].join(","))).is_err());
    }
}
