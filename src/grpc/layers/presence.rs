//! Whether the caller of a unary call is still there.
//!
//! The call itself goes on without its caller; one that only waits for something can stop.

use tokio::sync::watch;

/// Held by the call.
#[derive(Debug, Clone)]
pub(in crate::grpc) struct Presence(watch::Receiver<()>);

impl Presence {
    /// The caller is there as long as the first half is.
    pub(super) fn new() -> (watch::Sender<()>, Self) {
        let (here, seen) = watch::channel(());
        (here, Self(seen))
    }

    /// Ready when the caller has left. A call without this knowledge never learns it.
    pub(in crate::grpc) async fn left(this: Option<&mut Self>) {
        match this {
            // Nothing is ever sent, so this ends with the sender.
            Some(Self(seen)) => while seen.changed().await.is_ok() {},
            None => std::future::pending().await,
        }
    }
}
