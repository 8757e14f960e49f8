//! Summaries that were asked for lately, with what a decision about them rests on.
//!
//! Nothing is taken from here on trust: whoever asks has just read the version of the case, of its
//! facts and of the summary, and gets what was read at exactly those. The commit reads the version of
//! the facts once more (promise 3).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::id::{CaseRef, Oin};
use crate::store::{Found, RevisionRow};

use super::stored::Stored;

/// Memory that all of them may take, in bytes.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// What a case takes by itself, with the steps that were taken in it.
const BYTES_OF_A_CASE: usize = 16 * 1024;
/// What a consent, a member, a person or a fact about one takes at most.
const BYTES_OF_AN_ITEM: usize = 1024;

/// Keeps them. When there is no more room, all are forgotten.
#[derive(Default)]
pub(in crate::gateway) struct Lately(Mutex<Kept>);

#[derive(Default)]
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

/// Says nothing about anybody.
impl fmt::Debug for Lately {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lately").field("bytes", &self.kept().bytes).finish_non_exhaustive()
    }
}

fn name(revision: &RevisionRow) -> Name {
    (revision.case_ref.clone(), revision.author_oin.clone(), revision.revision)
}

fn bytes(stored: &Stored) -> usize {
    let Stored { file, parts, consents, .. } = stored;
    let items = consents.len() + file.members.len() + file.people.len() + file.facts.len();
    let parts = parts.iter().map(|part| part.content.len() + part.subjects.len());
    BYTES_OF_A_CASE + items * BYTES_OF_AN_ITEM + parts.sum::<usize>()
}
