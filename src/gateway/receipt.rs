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

/// A fact of a receipt that was signed.
pub(super) fn fact<'r>(receipt: &'r str, name: &str) -> Option<&'r str> {
    let mut lines = receipt.lines().take_while(|line| !line.is_empty());
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_found_by_its_name_and_only_above_the_signature() {
        let receipt = Receipt::new("referral").line("content-sha256", "00ff").line("team", "a b");
        let text = format!("{}\n\u{2014} example.nl AAAA\nsigned no\n", receipt.0);
        assert_eq!(fact(&text, "content-sha256"), Some("00ff"));
        assert_eq!(fact(&text, "team"), Some("a b"));
        assert_eq!((fact(&text, "content"), fact(&text, "signed")), (None, None));
    }
}
