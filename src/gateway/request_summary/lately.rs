//! Summaries that were asked for lately, with what a decision about them rests on.
//!
//! Nothing is taken from here on trust: whoever asks has just read the version of the case, of its
//! facts and of the summary, and gets what was read at exactly those. The commit reads the version of
//! the facts once more (promise 3).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::id::{CaseRef, Oin};
use crate::store::{Found, RevisionRow};

use super::stored::Stored;

/// Bytes of sealed parts that are kept in memory.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// What a case takes beside the parts: people, members and consents of a large family.
const BYTES_OF_A_CASE: usize = 32 * 1024;

/// Keeps them. When there is no more room, all are forgotten.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Lately(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    summaries: BTreeMap<Name, Arc<Stored>>,
    bytes: usize,
}

type Name = (CaseRef, Oin, i64);

impl Lately {
    /// The summary that was found, when it is kept as it is now.
    pub(super) fn get(&self, found: &Found) -> Option<Arc<Stored>> {
        let (case, revision) = (found.case?, found.revision.as_ref()?);
        let kept = self.kept();
        let stored = kept.summaries.get(&name(revision))?;
        let row = &stored.file.row;
        let same = stored.revision == *revision
            && (row.version, row.facts_version) == (case.version, case.facts_version);
        same.then(|| Arc::clone(stored))
    }

    /// Keeps a summary that was read.
    pub(super) fn keep(&self, stored: &Arc<Stored>) {
        let bytes = bytes(stored);
        if bytes > BYTES_MAX {
            return;
        }
        let mut kept = self.kept();
        if kept.bytes + bytes > BYTES_MAX {
            *kept = Kept::default();
        }
        let before = kept.summaries.insert(name(&stored.revision), Arc::clone(stored));
        kept.bytes += bytes;
        kept.bytes -= before.map_or(0, |before| self::bytes(&before));
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(revision: &RevisionRow) -> Name {
    (revision.case_ref.clone(), revision.author_oin.clone(), revision.revision)
}

fn bytes(stored: &Stored) -> usize {
    let parts = stored.parts.iter().map(|part| part.content.len() + part.subjects.len());
    BYTES_OF_A_CASE + parts.sum::<usize>()
}
