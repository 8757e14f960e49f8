//! What officers write beside the ledger: words about somebody, sealed, and beside them in the clear who wrote
//! them, when, and what follows. The words are sealed under all of that, so whoever changes a column in the
//! database takes them away: such a row is told as changed, stops nothing, and never passes in silence.
//! What is set when the row has its place in the ledger is not among it.

use zeroize::Zeroizing;

use crate::domain::id::Pseudonym;
use crate::store::DisclosureRow;
use crate::vault::envelope::WrappingKey;

use super::Gateway;
use super::error::Result;
use super::keys::{open_cell, seal_cell};

mod rows;
#[cfg(test)]
mod tests;

pub(super) use rows::AnswerOf;

/// Words that somebody wrote, as far as they can be told.
#[derive(Clone, PartialEq, Eq)]
pub enum Written {
    /// They stand in the row in which they were written.
    Words(Zeroizing<String>),
    /// Somebody whom they are about was forgotten: there is no key.
    Forgotten,
    /// They do not open in this row as it stands: they, or what stands beside them, were changed.
    Changed,
}

impl Written {
    /// The words; none when the person was forgotten or the row was changed.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Words(words) => Some(words),
            Self::Forgotten | Self::Changed => None,
        }
    }

    /// Whether the row is not what was written.
    pub const fn is_changed(&self) -> bool {
        matches!(self, Self::Changed)
    }
}

/// The words are about somebody.
impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Words(_) => "Words",
            Self::Forgotten => "Forgotten",
            Self::Changed => "Changed",
        })
    }
}

/// A row with sealed words.
pub(super) trait WrittenRow {
    /// Where it is kept.
    const TABLE: &'static str;

    /// Its id with all that stands beside the words from the start.
    fn name(&self) -> RowName;

    /// The words, sealed.
    fn sealed(&self) -> &[u8];

    /// Columns that hold what the gateway never writes.
    fn unread(&self) -> &[&'static str];

    /// Whether the words are about somebody who can be forgotten, and their key be gone.
    fn is_about_somebody(&self) -> bool {
        true
    }
}

/// Seals words for a row.
pub(super) fn seal<R: WrittenRow>(words: &str, key: &WrappingKey, row: &R) -> Result<Vec<u8>> {
    seal_cell(words.as_bytes(), key, R::TABLE, &row.name().0)
}

/// Opens the words of a row; without a key the person was forgotten.
pub(super) fn open<R: WrittenRow>(row: &R, key: Option<&WrappingKey>) -> Written {
    let Some(key) = key else {
        return if row.is_about_somebody() { Written::Forgotten } else { Written::Changed };
    };
    let opened = open_cell(row.sealed(), key, R::TABLE, &row.name().0);
    let opened = opened.ok().filter(|_| row.unread().is_empty());
    let words = opened.as_ref().and_then(|bytes| std::str::from_utf8(bytes).ok());
    words.map_or(Written::Changed, |words| Written::Words(Zeroizing::new(words.to_owned())))
}

impl Gateway {
    /// Opens the words of a row about a person of these entries. Where there is no key, and the entries are
    /// about others, nobody was forgotten: somebody put another person in place of theirs.
    pub(super) async fn open_written<R: WrittenRow + Sync>(
        &self,
        row: &R,
        key: Option<&WrappingKey>,
        (subject, places): (Option<Pseudonym>, &[i64]),
    ) -> Result<Written> {
        let written = open(row, key);
        let Some(subject) = subject.filter(|_| written == Written::Forgotten) else {
            return Ok(written);
        };
        let entries = self.db().read().await?.disclosures(places).await?;
        let is_theirs = |entry: &DisclosureRow| entry.subject == Some(subject);
        let is_told = entries.is_empty() || entries.iter().any(is_theirs);
        Ok(if is_told { written } else { Written::Changed })
    }
}

/// Names a row by its parts, each behind its length: other parts never make the same name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RowName(Vec<u8>);

impl RowName {
    fn of(id: &[u8; 16]) -> Self {
        Self::default().part(id)
    }

    fn part(self, part: &[u8]) -> Self {
        self.maybe(Some(part))
    }

    fn number(self, number: i64) -> Self {
        self.part(&number.to_be_bytes())
    }

    fn maybe(mut self, part: Option<&[u8]>) -> Self {
        self.0.push(part.is_some().into());
        if let Some(part) = part {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            self.0.extend(length.to_be_bytes());
            self.0.extend(part);
        }
        self
    }
}
