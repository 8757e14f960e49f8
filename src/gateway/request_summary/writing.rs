//! Collects what a release is made of, person by person: who gets a place in the view, and who is
//! left out but has an entry all the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::category::{Categories, Category};
use crate::domain::consent::ConsentRef;
use crate::domain::id::{PersonKey, Pseudonym};
use crate::domain::policy::Permit;
use crate::domain::summary::{View, payload_value};
use crate::gateway::case_file::CasePersonFile;
use crate::gateway::journal::Written;
use crate::store::NewEntry;

use super::ViewPerson;

/// What goes about one person: never what is merely allowed.
#[derive(Default)]
pub(in crate::gateway) struct Content {
    pub(in crate::gateway) categories: Categories,
    /// The bytes that the payload commitment of the entry stands for.
    pub(in crate::gateway) payload: Vec<u8>,
}

impl Content {
    pub(in crate::gateway) fn about(person: &CasePersonFile, released: &View) -> Self {
        let key = &person.record.key;
        Self {
            categories: released.released_about(key),
            payload: payload_value(&released.parts, key),
        }
    }
}

/// Collects what a release is made of, person by person.
#[derive(Default)]
pub(in crate::gateway) struct Writing {
    pub(in crate::gateway) permitted: Vec<Pseudonym>,
    pub(in crate::gateway) keys: Vec<Arc<crate::vault::subject::SubjectKey>>,
    pub(in crate::gateway) persons: Vec<ViewPerson>,
    pub(in crate::gateway) entries: Vec<NewEntry>,
    /// About those who are left out. They stand behind the others in the ledger, so that no gap
    /// between the entries that a recipient gets tells who of the case they are about.
    pub(in crate::gateway) left_out: Vec<NewEntry>,
    /// One per entry.
    pub(in crate::gateway) opens: Vec<Option<(PersonKey, [u8; 32])>>,
    pub(in crate::gateway) uses: BTreeMap<ConsentRef, usize>,
    pub(in crate::gateway) payloads: Vec<u8>,
}

impl Writing {
    /// Adds what was written down about the next person.
    pub(in crate::gateway) fn add(
        &mut self,
        person: &CasePersonFile,
        permit: Option<&Permit>,
        written: Written,
        payload: &[u8],
    ) {
        let Some(permit) = permit else {
            self.left_out.push(written.entry);
            return;
        };
        let offset = self.entries.len();
        self.entries.push(written.entry);
        let record = &person.record;
        let identified = permit.categories().contains(Category::Identification);
        self.permitted.push(person.subject);
        self.keys.push(Arc::clone(&person.key));
        self.persons.push(ViewPerson {
            key: record.key.clone(),
            subject: person.subject,
            identity: identified.then(|| (record.name.clone(), record.birth_date)),
        });
        self.opens.push(Some((record.key.clone(), written.payload_opening)));
        self.payloads.extend(payload);
        for consent in permit.consents() {
            self.uses.entry(*consent).or_insert(offset);
        }
    }
}
