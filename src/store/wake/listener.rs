//! Carries hints between the gateways of one PostgreSQL, by LISTEN and NOTIFY on one connection.
//!
//! Sent beside the commits, not in them: a NOTIFY in a transaction makes all commits of the database
//! wait for each other. Should the process die in between, the others look by themselves.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};

use super::{Hint, Wake};

const CHANNEL: &str = "ketenpoort";
const DIRECTORY: &str = "directory";
const INBOX: &str = "inbox ";

/// Pauses before listening again grow between these.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Listens until the pool is closed.
pub(super) async fn run(pool: PgPool, wake: Wake) {
    let mut closed = pool.close_event();
    let mut pause = PAUSE_MIN;
    let listening = async {
        // Ends with the pool only.
        loop {
            let mut heard = false;
            let lost = listen(&pool, &wake, &mut heard).await;
            pause = if heard { PAUSE_MIN } else { (pause * 2).min(PAUSE_MAX) };
            if let Err(error) = lost {
                tracing::warn!(event = "wake.lost", %error);
            }
            tokio::time::sleep(pause).await;
        }
    };
    drop(closed.do_until(listening).await);
}

/// Ends when the connection does. `heard` becomes true when it listened.
async fn listen(pool: &PgPool, wake: &Wake, heard: &mut bool) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    let (own,): (i32,) = sqlx::query_as("SELECT pg_backend_pid()").fetch_one(&mut listener).await?;
    *heard = true;
    wake.hear_all();
    loop {
        tokio::select! {
            notification = listener.try_recv() => match notification? {
                // Our own were heard before they were sent.
                Some(notification) if u32::try_from(own) == Ok(notification.process_id()) => {}
                Some(notification) => {
                    if let Some(hint) = Hint::parse(notification.payload()) {
                        wake.hear(&hint);
                    }
                }
                None => return Ok(()),
            },
            hints = wake.outgoing() => send(&mut listener, hints).await?,
        }
    }
}

async fn send(listener: &mut PgListener, hints: BTreeSet<Hint>) -> sqlx::Result<()> {
    let payloads: Vec<String> = hints.iter().map(Hint::payload).collect();
    sqlx::query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload")
        .bind(CHANNEL)
        .bind(payloads)
        .execute(listener)
        .await?;
    Ok(())
}

impl Hint {
    fn payload(&self) -> String {
        match self {
            Self::Inbox(oin) => format!("{INBOX}{oin}"),
            Self::Directory => DIRECTORY.to_owned(),
        }
    }

    /// What a newer or older gateway may say besides is left alone.
    fn parse(payload: &str) -> Option<Self> {
        if payload == DIRECTORY {
            return Some(Self::Directory);
        }
        payload.strip_prefix(INBOX)?.parse().ok().map(Self::Inbox)
    }
}
