//! A connection to PostgreSQL that breaks while it commits: the state tells what became of the commit,
//! and nothing is repeated or forgotten.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::store::error::Error;
use crate::store::{Db, ledger};

use super::Fixture;
use super::commands::Log;
use super::ledger_rows::verify;
use crate::store::postgres_for_tests::fresh_database;

/// What the network between gateway and server does to the next commit.
const NOTHING: u8 = 0;
const LOSE_REQUEST: u8 = 1;
const LOSE_REPLY: u8 = 2;

/// A network that breaks one connection when told to.
struct Network {
    url: String,
    mischief: Arc<AtomicU8>,
}

impl Network {
    /// In front of the server of a URL `postgres://user@127.0.0.1:port/name`.
    async fn to(url: &str) -> Self {
        let (user, server) = url.split_once('@').unwrap();
        let (address, name) = server.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap();
        let mischief = Arc::new(AtomicU8::new(NOTHING));
        let (server, told) = (address.to_owned(), Arc::clone(&mischief));
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&told)));
            }
        });
        Self { url: format!("{user}@{own}/{name}"), mischief }
    }

    fn do_to_next_commit(&self, mischief: u8) {
        self.mischief.store(mischief, Ordering::SeqCst);
    }

    /// Whether it did what it was told.
    fn did(&self) -> bool {
        self.mischief.load(Ordering::SeqCst) == NOTHING
    }
}

/// Carries bytes both ways until one side ends or the mischief is done.
async fn carry(mut client: TcpStream, mut server: TcpStream, mischief: Arc<AtomicU8>) {
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let bytes = &up[..read.unwrap_or(0)];
                let is_commit = bytes.starts_with(b"Q") && bytes.windows(7).any(|it| it == b"COMMIT\0");
                let now = if is_commit { mischief.swap(NOTHING, Ordering::SeqCst) } else { NOTHING };
                if bytes.is_empty() || now == LOSE_REQUEST {
                    return;
                }
                server.write_all(bytes).await.unwrap();
                if now == LOSE_REPLY {
                    // The server has answered; nobody hears it.
                    assert!(server.read(&mut down).await.unwrap() > 0);
                    return;
                }
            }
            read = server.read(&mut down) => {
                let bytes = &down[..read.unwrap_or(0)];
                if bytes.is_empty() || client.write_all(bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_commit_whose_reply_was_lost_is_answered_by_what_is_stored() {
    let network = Network::to(&fresh_database()).await;
    let fixture = Fixture {
        db: Db::open_postgres(&network.url, ledger::SCHEMA).await.unwrap(),
        place: super::Place::Postgres { url: network.url.clone(), suffix: String::new() },
    };
    let writer = fixture.writer().await;
    assert_eq!(writer.commit(Log::row(1)).await.unwrap().first, 0);

    network.do_to_next_commit(LOSE_REPLY);
    let answered = writer.commit(Log::row(2)).await.unwrap();
    assert!(network.did());
    assert_eq!(answered.first, 1);
    assert!(*writer.writable().borrow());

    network.do_to_next_commit(LOSE_REQUEST);
    let refused = writer.commit(Log::row(3)).await.map(|_| ());
    assert!(network.did());
    assert!(matches!(refused, Err(Error::Driver(_))), "{refused:?}");

    // What was not stored may be sent again, and what was stored is there once.
    assert_eq!(writer.commit(Log::row(3)).await.unwrap().first, 2);
    let report = verify(&fixture.db).await;
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.entries, 3);
}
