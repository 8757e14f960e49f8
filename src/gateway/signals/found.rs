//! What a rule found, and about what: entries about one thing are one signal.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::{CaseRef, Oin, Pseudonym, UserId};
use crate::domain::signal::{Finding, SignalRule};
use crate::domain::time::{Date, Timestamp};
use crate::store::{DisclosureRow, OpenSignal};

/// A finding with what it is about.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) rule: SignalRule,
    /// Organisation whose acts it is about.
    pub(super) oin: Oin,
    /// The other party of those acts.
    pub(super) other: Option<Oin>,
    pub(super) user: Option<UserId>,
    pub(super) case_ref: Option<CaseRef>,
    pub(super) subject: Option<Pseudonym>,
    /// What it is grouped by, within rule and organisation.
    pub(super) about: Vec<u8>,
    pub(super) finding: Finding,
    pub(super) entries: BTreeSet<i64>,
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
}

impl Found {
    /// Something about the organisation of an entry, grouped by nothing. What else is to be said is set
    /// by name.
    pub(super) fn of(rule: SignalRule, row: &DisclosureRow, finding: Finding) -> Self {
        Self {
            rule,
            oin: row.actor_oin.clone(),
            other: other_party(row),
            user: None,
            case_ref: None,
            subject: None,
            about: Vec::new(),
            finding,
            entries: BTreeSet::from([row.idx]),
            first_at: row.recorded_at,
            last_at: row.recorded_at,
        }
    }

    /// Something that a user did, grouped by user and day.
    pub(super) fn of_user(rule: SignalRule, row: &DisclosureRow, finding: Finding) -> Self {
        Self {
            user: Some(row.actor_user_id.clone()),
            about: user_on(&row.actor_user_id, row.recorded_at.date()),
            ..Self::of(rule, row, finding)
        }
    }

    /// Something that a user did with one person in one case, grouped by both.
    pub(super) fn of_case(rule: SignalRule, row: &DisclosureRow, finding: Finding) -> Self {
        let user = row.actor_user_id.as_str().as_bytes();
        let case_ref = row.case_ref.as_ref().map_or("", CaseRef::as_str).as_bytes();
        let subject = row.subject.filter(|_| row.case_ref.is_none());
        let subject = subject.as_ref().map_or(&[][..], |subject| subject.as_bytes());
        Self {
            user: Some(row.actor_user_id.clone()),
            case_ref: row.case_ref.clone(),
            subject: row.subject,
            about: [user, &[0], case_ref, &[0], subject].concat(),
            ..Self::of(rule, row, finding)
        }
    }

    pub(super) fn about(&self) -> OpenSignal {
        OpenSignal { rule: self.rule, oin: self.oin.clone(), about: self.about.clone() }
    }

    /// The heavier of the two findings stands.
    fn join(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
        // Of several people the signal names nobody: its entries do.
        if self.subject != other.subject {
            self.subject = None;
        }
        if self.other != other.other {
            self.other = None;
        }
        if other.finding.score >= self.finding.score {
            self.finding = other.finding;
        }
    }
}

/// What was found in a batch, each thing once.
#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<(SignalRule, Oin, Vec<u8>), Found>);

impl Findings {
    pub(super) fn add(&mut self, found: Found) {
        let key = (found.rule, found.oin.clone(), found.about.clone());
        match self.0.get_mut(&key) {
            Some(known) => known.join(found),
            None => drop(self.0.insert(key, found)),
        }
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = Found> {
        self.0.into_values()
    }
}

/// Groups by user and day.
pub(super) fn user_on(user: &UserId, day: Date) -> Vec<u8> {
    format!("{}\0{day}", user.as_str()).into_bytes()
}

pub(super) fn other_party(row: &DisclosureRow) -> Option<Oin> {
    let parties = [&row.sender_oin, &row.recipient_oin];
    parties.into_iter().flatten().find(|oin| **oin != row.actor_oin).cloned()
}
