//! The whole edge over connections in memory: real HTTP/2, real certificates, a real gateway.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::*;
use support::{GGZ, House, POLICE, STEUNPUNT, STRANGER, actor, new_id, submission};

mod calls;
mod delivery;
mod exports;
mod inbox;
mod officer;
mod reviews;
mod signals;
mod support;
mod watch;

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().unwrap().reason.clone()
}
