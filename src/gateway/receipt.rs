//! Receipts: signed notes that say what the gateway did, for whoever holds one (promise 9).
//!
//! A receipt is a C2SP signed note. Its text is one fact a line, name and value, first line the
//! format; unknown lines may be added in later versions, known ones keep their meaning.

use std::fmt::Write as _;

use crate::ledger::note::{Note, Signer};

use super::error::{Error, Result};

/// First line of every receipt.
const FORMAT: &str = "ketenpoort.nl/receipt/v1";

/// The text of a receipt that is being written.
#[derive(Debug)]
pub struct Receipt(String);

impl Receipt {
    /// A receipt of a kind: `referral` or `summary`.
    pub fn new(kind: &str) -> Self {
        Self(format!("{FORMAT}\nkind {kind}\n"))
    }

    /// Adds a fact. Values are ids, codes, numbers, moments or hashes: never text of a person.
    #[must_use]
    pub fn line(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        // Writing to a string cannot fail.
        let _infallible = writeln!(self.0, "{name} {value}").is_ok();
        self
    }

    /// Signs it.
    pub fn sign(self, signer: &Signer) -> Result<String> {
        Ok(Note::sign(self.0, signer).map_err(Error::internal)?.to_string())
    }
}
