//! A stored referral, opened; and what is written down about its people as it moves on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::basis::Basis;
use crate::domain::category::Categories;
use crate::domain::delivery::QuarantineCause;
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{EventCode, Outcome};
use crate::domain::id::{Oin, Pseudonym, ReferralId};
use crate::domain::person::AgeBand;
use crate::domain::purpose::Purpose;
use crate::domain::referral::Referral;
use crate::domain::time::Date;
use crate::ledger::entry::Administration;
use crate::store::{NewEntry, ReferralRow, Tx};
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::Call;
use super::directory::sha256;
use super::error::{Error, Result, Unreadable};
use super::journal::{Happening, Matter, Scope, Sharing, Subject, new_group};
use super::keys::{combined, open_cell};
use super::retention::content_purged;
use super::submit_referral::{REFERRAL_CATEGORIES, basis_of};

/// A referral with the keys of its people, in the order of the message.
pub(super) struct OpenReferral {
    pub(super) referral: Referral,
    pub(super) keys: Vec<Arc<SubjectKey>>,
    pub(super) digest: [u8; 32],
}

/// A stored referral with the pseudonyms of its people, in the order of the message.
pub(super) struct StoredReferral {
    pub(super) row: ReferralRow,
    pub(super) people: Vec<Pseudonym>,
}

/// What is written down of a referral each time that something happens to it, without its content.
pub(super) struct Outline {
    pub(super) referral_id: ReferralId,
    pub(super) sender: Oin,
    pub(super) recipient: Oin,
    basis: Basis,
    /// Its people and when they were born, in the order of the message.
    people: Vec<(Pseudonym, Date)>,
    digest: [u8; 32],
}

/// What is written down of a referral, besides who and when.
#[derive(Clone, Copy)]
pub(super) struct Told {
    pub(super) event: EventCode,
    pub(super) outcome: Outcome,
    /// A code; never anything about a person.
    pub(super) detail: &'static str,
}

impl From<EventCode> for Told {
    fn from(event: EventCode) -> Self {
        Self { event, outcome: Outcome::Success, detail: "" }
    }
}

impl OpenReferral {
    /// What is written down of it.
    pub(super) fn outline(&self, row: &ReferralRow) -> Outline {
        let people = self.keys.iter().zip(&self.referral.persons);
        Outline {
            referral_id: row.referral_id,
            sender: row.sender_oin.clone(),
            recipient: row.recipient_oin.clone(),
            basis: basis_of(&self.referral),
            people: people.map(|(key, person)| (key.pseudonym(), person.birth_date)).collect(),
            digest: self.digest,
        }
    }
}

impl Outline {
    #[cfg(test)]
    pub(super) fn about_nobody() -> Self {
        let oin: Oin = "00000099000000002000".parse().unwrap();
        Self {
            referral_id: ReferralId::from_bytes([1; 16]),
            sender: oin.clone(),
            recipient: oin,
            basis: Basis::Wpg20,
            people: Vec::new(),
            digest: [0; 32],
        }
    }

    /// The pseudonyms of its people.
    pub(super) fn people(&self) -> impl Iterator<Item = Pseudonym> {
        self.people.iter().map(|(person, _)| *person)
    }
}

/// Reads referrals with their people in one statement.
pub(super) async fn stored_referrals(
    tx: &mut Tx,
    ids: &[ReferralId],
) -> Result<BTreeMap<ReferralId, StoredReferral>> {
    let with_people = |row: ReferralRow| {
        // Without its people it cannot be opened, and that says why.
        let people = row.people().unwrap_or_default();
        (row.referral_id, StoredReferral { row, people })
    };
    Ok(tx.referrals(ids).await?.into_iter().map(with_people).collect())
}

impl Gateway {
    /// Opens the sealed content of a referral.
    pub(super) async fn open_referral(&self, row: &ReferralRow) -> Result<OpenReferral> {
        let keys = self.keys().existing(&row.people()?).await?;
        open_with(row, keys)
    }

    /// Opens the sealed content of a referral, or says why nobody can.
    pub(super) async fn try_open_referral(
        &self,
        stored: &StoredReferral,
    ) -> Result<Result<OpenReferral, QuarantineCause>> {
        // Purged: that is no news, and it must keep nobody from what is due of other referrals.
        if stored.row.content.is_empty() {
            return Ok(Err(QuarantineCause::ContentUnreadable));
        }
        let keys = match self.keys_of(stored.people.iter().copied()).await? {
            Ok(keys) => keys,
            Err(cause) => return Ok(Err(cause)),
        };
        match open_with(&stored.row, keys) {
            Ok(opened) => Ok(Ok(opened)),
            Err(error) => unreadable(error).map(Err),
        }
    }

    /// The keys of the people of a referral, or why nobody can have them.
    async fn keys_of(
        &self,
        people: impl Iterator<Item = Pseudonym> + Send,
    ) -> Result<Result<Vec<Arc<SubjectKey>>, QuarantineCause>> {
        let mut keys = Vec::with_capacity(people.size_hint().0);
        for person in people {
            match self.keys().subject(person).await {
                Ok(Some(key)) => keys.push(key),
                Ok(None) => return Ok(Err(QuarantineCause::KeyDestroyed)),
                Err(error) => return unreadable(error).map(Err),
            }
        }
        Ok(Ok(keys))
    }

    /// What is written down about the people of a referral; about nobody, when its content is gone or
    /// was purged, and with it who they are.
    pub(super) async fn told_of_referral(
        &self,
        call: &Call,
        stored: &StoredReferral,
        told: Told,
    ) -> Result<Vec<NewEntry>> {
        match self.try_open_referral(stored).await? {
            Ok(opened) => self.referral_entries(call, &stored.row, &opened, told),
            Err(_cause) => Ok(vec![self.entry_about_nobody(call, stored.row.referral_id, told)?]),
        }
    }

    /// What is written down about the people of a referral that was opened before; about nobody, when
    /// somebody's key is gone since.
    pub(super) async fn told_of_outline(
        &self,
        call: &Call,
        outline: &Outline,
        told: Told,
    ) -> Result<Vec<NewEntry>> {
        match self.keys_of(outline.people()).await? {
            Ok(keys) => self.entries_about(call, outline, &keys, told),
            Err(_cause) => Ok(vec![self.entry_about_nobody(call, outline.referral_id, told)?]),
        }
    }

    /// An entry that names a referral and nobody in it.
    pub(super) fn entry_about_nobody(
        &self,
        call: &Call,
        referral_id: ReferralId,
        told: Told,
    ) -> Result<NewEntry> {
        let administration =
            Administration { scope: Scope::Delivery.number(), count: 1, digest: [0; 32] };
        let happening = Happening {
            outcome: told.outcome,
            detail: told.detail.to_owned(),
            message_id: Some(referral_id.into()),
            ..Happening::new(
                told.event,
                new_group(call)?,
                ObjectType::Referral,
                Matter::Administration(administration),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }

    /// One entry per person of a referral, for an event in its life.
    pub(super) async fn written_about_referral(
        &self,
        call: &Call,
        row: &ReferralRow,
        event: EventCode,
    ) -> Result<Vec<NewEntry>> {
        let opened = self.open_referral(row).await?;
        self.referral_entries(call, row, &opened, event)
    }

    /// One entry per person of an opened referral.
    pub(super) fn referral_entries(
        &self,
        call: &Call,
        row: &ReferralRow,
        opened: &OpenReferral,
        told: impl Into<Told>,
    ) -> Result<Vec<NewEntry>> {
        self.entries_about(call, &opened.outline(row), &opened.keys, told.into())
    }

    /// One entry per person of a referral, each with its key.
    pub(super) fn entries_about(
        &self,
        call: &Call,
        of: &Outline,
        keys: &[Arc<SubjectKey>],
        told: Told,
    ) -> Result<Vec<NewEntry>> {
        let Told { event, outcome, detail } = told;
        let group = new_group(call)?;
        let mut entries = Vec::with_capacity(keys.len());
        for (key, (_, birth_date)) in keys.iter().zip(&of.people) {
            let age_band = AgeBand::on(*birth_date, call.now());
            let sharing = Sharing {
                sender: &of.sender,
                recipient: &of.recipient,
                custodian: &of.sender,
                purpose: Purpose::ReferralHandling,
                basis: of.basis,
                categories: shared_by(event),
                consents: &[],
                payload: &of.digest,
            };
            let happening = Happening {
                subject: Some(Subject { key, age_band }),
                outcome,
                detail: detail.to_owned(),
                object_version: Some(1),
                message_id: Some(of.referral_id.into()),
                ..Happening::new(event, group, ObjectType::Referral, Matter::Sharing(sharing))
            };
            entries.push(self.write_down(call, happening)?.entry);
        }
        Ok(entries)
    }
}

/// What goes from the sender to the recipient when something happens to a referral. Acknowledged,
/// triaged, withdrawn, sent back: something is done with what was shared before, and nothing new is
/// shared.
fn shared_by(event: EventCode) -> Categories {
    if event == EventCode::ReferralDelivered { REFERRAL_CATEGORIES } else { Categories::EMPTY }
}

/// Opens content with the keys of everybody in it.
fn open_with(row: &ReferralRow, keys: Vec<Arc<SubjectKey>>) -> Result<OpenReferral> {
    if row.content.is_empty() {
        return Err(content_purged());
    }
    let content =
        open_cell(&row.content, &combined(&keys)?, "referrals", row.referral_id.as_bytes())?;
    let referral: Referral = serde_json::from_slice(&content).map_err(Error::internal)?;
    // With fewer keys than people, somebody would be without an entry (promise 4).
    if referral.persons.len() != keys.len() {
        return Err(Error::internal(Unreadable { table: "referrals" }));
    }
    Ok(OpenReferral { referral, keys, digest: sha256(&content) })
}

/// What cannot be read will not be readable later; everything else may pass.
fn unreadable(error: Error) -> Result<QuarantineCause> {
    let Error::Internal(cause) = error else { return Err(error) };
    tracing::error!(event = "referral.unreadable", %cause);
    Ok(QuarantineCause::ContentUnreadable)
}
