//! Health of every service, as `grpc.health.v1` tells it.
//!
//! Invariant: SERVING means that the ledger can be written, because nothing is stored or disclosed
//! without it (promise 1).

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::{HealthReporter, health_reporter};

use super::methods::service_names;
use super::stopping::Stopping;
use crate::gateway::Gateway;

/// The health service, and the task that keeps it true until the gateway stops.
pub(super) fn of(
    gateway: &Gateway,
    stopping: Stopping,
) -> (JoinHandle<()>, HealthServer<impl Health>) {
    let (reporter, service) = health_reporter();
    (tokio::spawn(keep_true(reporter, gateway.writable(), stopping)), service)
}

async fn keep_true(
    mut reporter: HealthReporter,
    mut writable: watch::Receiver<bool>,
    mut stopping: Stopping,
) {
    loop {
        let status = if *writable.borrow_and_update() {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        report(&reporter, status).await;
        tokio::select! {
            changed = writable.changed() => {
                if changed.is_err() {
                    // The writer is gone, and with it the ledger.
                    report(&reporter, ServingStatus::NotServing).await;
                    break;
                }
            }
            () = stopping.stopped() => break,
        }
    }
    // A watcher that went on would keep its connection open.
    stopping.stopped().await;
    report(&reporter, ServingStatus::NotServing).await;
    for name in names() {
        reporter.clear_service_status(name).await;
    }
}

async fn report(reporter: &HealthReporter, status: ServingStatus) {
    for name in names() {
        reporter.set_service_status(name, status).await;
    }
}

/// Every service, and the server as a whole.
fn names() -> impl Iterator<Item = &'static str> {
    service_names().into_iter().chain([""])
}
