//! Where a gateway of a schedule lives: a copy of a store that was prepared once, and a runtime of
//! its own, so that it can end at any moment without having a say in it.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::{Clock, Gateway};
use ketenpoort::store::{self, Db};
use ketenpoort::vault::keyring::Keyring;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::house::{House, MEE, gateway_on, new_request};
use super::postgres::fresh_database;

/// So many refusals, with an entry for each of the four people, that the ledger has a full tile.
const REFUSALS: usize = 55;

/// A store in which a family came into a case, all four consented and a summary was published.
pub(crate) struct Prepared {
    pub(crate) since: Timestamp,
    pub(crate) consents: Vec<String>,
    place: Place,
}

/// A copy for one schedule.
pub(crate) struct Place {
    keyring: String,
    at: At,
}

enum At {
    Directory(TempDir),
    /// The address of the server, up to the name of the database, and that name.
    Database(String, String),
}

pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

impl Prepared {
    pub(crate) fn sqlite() -> &'static Self {
        static PREPARED: OnceLock<Prepared> = OnceLock::new();
        PREPARED.get_or_init(|| Self::at(At::Directory(tempfile::tempdir().unwrap())))
    }

    pub(crate) fn postgres() -> &'static Self {
        static PREPARED: OnceLock<Prepared> = OnceLock::new();
        PREPARED.get_or_init(|| {
            let url = fresh_database();
            let (server, name) = url.rsplit_once('/').unwrap();
            Self::at(At::Database(server.to_owned(), name.to_owned()))
        })
    }

    fn at(at: At) -> Self {
        let place = Place { keyring: Keyring::generate().unwrap().to_file_text().to_string(), at };
        let (since, consents) = runtime().block_on(async {
            let gateway = place.open("2026-03-12T00:52:00Z".parse().unwrap()).await.unwrap();
            let nowhere = tempfile::tempdir().unwrap();
            let house = House::around(nowhere, gateway, place.keyring.clone());
            let consents = house.case_with_summary().await;
            for _ in 0..REFUSALS {
                house.ask(MEE, &new_request("RequestSummary")).await.unwrap_err();
            }
            let since = house.gateway.clock().now();
            house.gateway.close().await;
            (since, consents)
        });
        Self { since, consents, place }
    }

    /// A copy of the store.
    pub(crate) fn copy(&self) -> Place {
        let at = match &self.place.at {
            At::Directory(directory) => At::Directory(copy_of(directory.path())),
            At::Database(server, name) => {
                static COPIES: AtomicU32 = AtomicU32::new(0);
                let copy = format!("schedule_{}", COPIES.fetch_add(1, Ordering::Relaxed));
                on_server(server, &format!("CREATE DATABASE {copy} TEMPLATE {name}"));
                At::Database(server.clone(), copy)
            }
        };
        Place { keyring: self.place.keyring.clone(), at }
    }
}

fn copy_of(directory: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(directory).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

fn on_server(server: &str, sql: &str) {
    runtime().block_on(async {
        let mut connection = PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
        connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
        connection.close().await.unwrap();
    });
}

impl Place {
    /// Opens a gateway whose clock stands at this moment.
    pub(crate) async fn open(&self, moment: Timestamp) -> Result<Gateway, String> {
        let (data, keys) = match &self.at {
            At::Directory(directory) => {
                let path = |name| directory.path().join(name);
                let data = Db::open_sqlite(&path("data.sqlite"), store::ledger::SCHEMA).await;
                (data, Db::open_sqlite(&path("keys.sqlite"), store::keys::SCHEMA).await)
            }
            At::Database(server, name) => {
                let url = format!("{server}/{name}");
                let data = Db::open_postgres(&url, store::ledger::SCHEMA).await;
                (data, Db::open_postgres(&url, store::keys::SCHEMA).await)
            }
        };
        let data = data.map_err(|error| error.to_string())?;
        let keys = keys.map_err(|error| error.to_string())?;
        let clock = Clock::system();
        clock.set(moment);
        gateway_on(data, keys, &self.keyring, clock).await.map_err(|error| format!("{error:?}"))
    }

    /// Opens the store to look at it.
    pub(crate) async fn look(&self) -> Db {
        match &self.at {
            At::Directory(directory) => {
                Db::open_sqlite_read_only(&directory.path().join("data.sqlite")).await.unwrap()
            }
            At::Database(server, name) => {
                let url = format!("{server}/{name}");
                Db::open_postgres_read_only(&url, store::ledger::SCHEMA).await.unwrap()
            }
        }
    }

    /// The directory of a place on SQLite.
    pub(crate) fn directory(&self) -> Option<&Path> {
        match &self.at {
            At::Directory(directory) => Some(directory.path()),
            At::Database(..) => None,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let At::Database(server, name) = &self.at
            && name.starts_with("schedule_")
        {
            on_server(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// One gateway from its opening to its end.
pub(crate) struct Life {
    gateway: Gateway,
    runtime: Runtime,
}

impl Life {
    pub(crate) fn open(place: &Place, moment: Timestamp) -> Result<Self, String> {
        let runtime = runtime();
        let gateway = runtime.block_on(place.open(moment))?;
        Ok(Self { gateway, runtime })
    }

    pub(crate) const fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Ends as an operator ends it.
    pub(crate) fn close(self) {
        self.runtime.block_on(self.gateway.close());
        self.crash();
    }

    /// Ends where it stands: every task stops at its next `await`, also between two statements of a
    /// transaction; nobody closes anything.
    pub(crate) fn crash(self) {
        let Self { gateway, runtime } = self;
        let handle = runtime.handle().clone();
        let inside = handle.enter();
        runtime.shutdown_timeout(Duration::from_secs(10));
        drop(gateway);
        drop(inside);
    }
}

/// Polls at most so often, then drops the call.
pub(crate) async fn cut<T>(work: impl Future<Output = T>, polls: u8) -> Option<T> {
    let mut work = std::pin::pin!(work);
    let mut left = polls;
    std::future::poll_fn(|context| match work.as_mut().poll(context) {
        std::task::Poll::Ready(done) => std::task::Poll::Ready(Some(done)),
        std::task::Poll::Pending if left == 0 => std::task::Poll::Ready(None),
        std::task::Poll::Pending => {
            left -= 1;
            std::task::Poll::Pending
        }
    })
    .await
}
