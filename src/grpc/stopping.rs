//! The word that the gateway is to stop, for everything that waits.

use tokio::sync::watch;

/// Says the word.
#[derive(Debug)]
pub(super) struct Stop(watch::Sender<bool>);

/// Hears it.
#[derive(Debug, Clone)]
pub(super) struct Stopping(watch::Receiver<bool>);

/// Both halves.
pub(super) fn channel() -> (Stop, Stopping) {
    let (said, heard) = watch::channel(false);
    (Stop(said), Stopping(heard))
}

impl Stop {
    pub(super) fn say(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Ready once the word was said. When nobody is left to say it, the server ended by itself.
    pub(super) async fn stopped(&mut self) {
        if self.0.wait_for(|said| *said).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
