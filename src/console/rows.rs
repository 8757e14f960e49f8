//! Entries of the ledger as rows of a list.

use super::badge::{self, Badge};
use super::lang::Lang;
use super::{moments, words};
use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::event::{DenialReason, Disposition, EventCode};
use crate::domain::id::Oin;
use crate::domain::purpose::Purpose;
use crate::gateway::Directory;
use crate::gateway::disclosures::Looked;

/// One entry, ready to be shown.
pub(super) struct Row {
    /// The day, where another one begins with this row.
    pub(super) day: Option<String>,
    pub(super) class: &'static str,
    pub(super) index: i64,
    pub(super) href: String,
    pub(super) time: String,
    pub(super) machine: String,
    pub(super) event: &'static str,
    pub(super) sender: String,
    pub(super) recipient: Option<String>,
    pub(super) user: String,
    pub(super) role: Option<&'static str>,
    pub(super) case_ref: Option<String>,
    /// How old the person is whom it is about.
    pub(super) age: Option<&'static str>,
    pub(super) purpose: Option<&'static str>,
    pub(super) basis: Option<&'static str>,
    pub(super) tags: Vec<Tag>,
    pub(super) badge: Badge,
    pub(super) why: Option<&'static str>,
    /// Whether the record cannot be opened although nobody was forgotten, or a column holds what it cannot
    /// hold: it was changed.
    pub(super) is_unreadable: bool,
}

/// A kind of data.
pub(super) struct Tag {
    pub(super) word: &'static str,
    /// Special or criminal data.
    pub(super) sensitive: bool,
}

/// The rows of a list in the order in which they come; each day is headed once.
pub(super) fn rows(lang: Lang, directory: &Directory, entries: &[Looked], query: &str) -> Vec<Row> {
    let mut before = None;
    let rows = entries.iter().map(|looked| {
        let mut row = row(lang, directory, looked);
        if !query.is_empty() {
            row.href = format!("{}?{query}", row.href);
        }
        let day = moments::day(lang, looked.row.recorded_at);
        if before.as_ref() != Some(&day) {
            row.day = Some(day.clone());
            before = Some(day);
        }
        row
    });
    rows.collect()
}

pub(super) fn row(lang: Lang, directory: &Directory, looked: &Looked) -> Row {
    let of = &looked.row;
    let disposition =
        Disposition::from_number(number(of.disposition)).unwrap_or(Disposition::Failed);
    let role = looked.record.as_ref().and_then(|record| record.acting_party().user_role);
    let person = looked.record.as_ref().and_then(|record| record.data_subject.as_ref());
    let sender = of.sender_oin.as_ref().unwrap_or(&of.actor_oin);
    let event = EventCode::from_number(number(of.event_code));
    Row {
        day: None,
        class: badge::row(disposition),
        index: of.idx,
        href: format!("/{}/verstrekkingen/{}", lang.tag(), of.idx),
        time: moments::time(of.recorded_at),
        machine: moments::machine(of.recorded_at),
        event: event.map_or("–", |event| lang.pick(words::event(event))),
        sender: name(directory, sender),
        recipient: of.recipient_oin.as_ref().map(|oin| name(directory, oin)),
        user: of.actor_user_id.to_string(),
        role: role.map(|role| lang.pick(words::role(role))),
        case_ref: of.case_ref.as_ref().map(ToString::to_string),
        age: person.map(|person| lang.pick(words::age_band(person.age_band))),
        purpose: Purpose::from_number(number(of.purpose)).map(|one| lang.pick(words::purpose(one))),
        basis: Basis::from_number(number(of.basis)).map(|one| lang.pick(words::basis(one))),
        tags: tags(lang, of.categories),
        badge: badge::badge(lang, disposition),
        why: DenialReason::from_number(number(of.denial)).map(|one| lang.pick(words::denial(one))),
        is_unreadable: looked.is_unreadable() || !of.unread.is_empty(),
    }
}

pub(super) fn tags(lang: Lang, bits: i64) -> Vec<Tag> {
    let set = u32::try_from(bits).ok().and_then(Categories::from_bits).unwrap_or_default();
    let held = Category::ALL.iter().filter(|category| set.contains(**category));
    held.map(|category| Tag {
        word: lang.pick(words::category(*category)),
        sensitive: Categories::SPECIAL.contains(*category)
            || Categories::CRIMINAL.contains(*category)
            || *category == Category::ShelterAddress,
    })
    .collect()
}

/// The name of an organisation; its number when it is no longer in the directory.
pub(super) fn name(directory: &Directory, oin: &Oin) -> String {
    directory.organisation(oin).map_or_else(|| oin.to_string(), |one| one.name().to_owned())
}

/// A code as the database holds it; no code is 0.
pub(super) fn number(stored: i64) -> u16 {
    u16::try_from(stored).unwrap_or(0)
}
