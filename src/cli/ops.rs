//! The port for operators: `/livez`, `/readyz` and `/metrics`, over HTTP, on this machine.
//!
//! Invariants: it changes nothing and shows nothing about a person or a case; whoever talks to it can
//! hold a few connections for a few seconds and no more; it answers until the gateway has stopped, so
//! that draining can be seen.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::gateway::Gateway;

use super::exit::{Exit, Failure};

mod exposition;
mod http;
mod process;

use exposition::Exposition;

/// A port that is bound and not served yet.
#[derive(Debug)]
pub(super) struct Bound(TcpListener);

/// A port that is served until this is dropped.
#[derive(Debug)]
pub(super) struct Ops {
    /// Where it listens.
    pub(super) address: SocketAddr,
    served: JoinHandle<()>,
    upkeep: JoinHandle<()>,
}

/// What the port knows of the gateway.
struct Known {
    gateway: Gateway,
    writable: watch::Receiver<bool>,
    stopping: watch::Receiver<bool>,
    exposition: Exposition,
}

/// Binds the port.
pub(super) async fn bind(address: SocketAddr) -> Result<Bound, Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let message = format!("cannot listen on {address} (ops.listen): {error}");
        Failure::new(Exit::Connection, message)
    })?;
    Ok(Bound(listener))
}

impl Bound {
    /// Makes the figures count from now on. Before the gateway is opened, so that none is missed.
    pub(super) fn record(self) -> anyhow::Result<Recording> {
        Ok(Recording { listener: self.0, exposition: Exposition::install()? })
    }
}

/// A port that is bound, and figures that count.
pub(super) struct Recording {
    listener: TcpListener,
    exposition: Exposition,
}

impl Recording {
    /// Serves the port.
    pub(super) fn serve(
        self,
        gateway: &Gateway,
        stopping: watch::Receiver<bool>,
    ) -> std::io::Result<Ops> {
        let address = self.listener.local_addr()?;
        let upkeep = tokio::spawn(self.exposition.clone().keep_small());
        let known = Arc::new(Known {
            gateway: gateway.clone(),
            writable: gateway.writable(),
            stopping,
            exposition: self.exposition,
        });
        let served = tokio::spawn(http::serve(self.listener, known));
        Ok(Ops { address, served, upkeep })
    }
}

impl Known {
    /// Why nobody should send anything here now; `None` when all is well.
    fn unready(&self) -> Option<&'static str> {
        if *self.stopping.borrow() {
            Some("stopping: calls under way are finished, no new ones are taken")
        } else if !*self.writable.borrow() || self.writable.has_changed().is_err() {
            Some("the ledger cannot be written: nothing is stored or disclosed")
        } else {
            None
        }
    }
}

impl Drop for Ops {
    fn drop(&mut self) {
        self.served.abort();
        self.upkeep.abort();
    }
}
