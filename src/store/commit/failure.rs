//! Why a batch was not written, and with it what becomes of the commands in it.

use crate::store::error::Error;

/// Why a batch was not written. Nothing of it was stored.
#[derive(Debug)]
pub(super) enum Failure {
    /// By what a command did: its neighbours may be written without it.
    Command(Error),
    /// By the database or the ledger: nothing can be written.
    Ledger(Error),
}

impl Failure {
    /// Whether the batch may be written when it is tried again at once.
    pub(super) fn may_pass(&self) -> bool {
        let (Self::Command(error) | Self::Ledger(error)) = self;
        error.is_lost_race() || error.is_outage()
    }
}

/// Of an error that came up while a command was applied or completed.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if error.is_outage() { Self::Ledger(error) } else { Self::Command(error) }
    }
}
