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
use crate::ledger::entry::Administration;
use crate::store::{NewEntry, ReferralRow, Tx};
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::Call;
use super::directory::sha256;
use super::error::{Error, Result, Unreadable};
use super::journal::{Happening, Matter, Scope, Sharing, Subject, new_group};
use super::keys::{combined, open_cell};
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
        let mut keys = Vec::with_capacity(stored.people.len());
        for person in &stored.people {
            match self.keys().subject(*person).await {
                Ok(Some(key)) => keys.push(key),
                Ok(None) => return Ok(Err(QuarantineCause::KeyDestroyed)),
                Err(error) => return unreadable(error).map(Err),
            }
        }
        match open_with(&stored.row, keys) {
            Ok(opened) => Ok(Ok(opened)),
            Err(error) => unreadable(error).map(Err),
        }
    }

    /// What is written down about the people of a referral; about nobody, when its content is gone
    /// and with it who they are.
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
        let Told { event, outcome, detail } = told.into();
        let group = new_group(call)?;
        let flow = Flow::of(event, row, &opened.referral);
        let mut entries = Vec::with_capacity(opened.keys.len());
        for (key, person) in opened.keys.iter().zip(&opened.referral.persons) {
            let age_band = AgeBand::on(person.birth_date, call.now());
            let sharing = Sharing {
                sender: flow.sender,
                recipient: flow.recipient,
                custodian: flow.sender,
                purpose: Purpose::ReferralHandling,
                basis: flow.basis,
                categories: flow.categories,
                consents: &[],
                payload: &opened.digest,
            };
            let happening = Happening {
                subject: Some(Subject { key, age_band }),
                outcome,
                detail: detail.to_owned(),
                object_version: Some(1),
                message_id: Some(row.referral_id.into()),
                ..Happening::new(event, group, ObjectType::Referral, Matter::Sharing(sharing))
            };
            entries.push(self.write_down(call, happening)?.entry);
        }
        Ok(entries)
    }
}

/// Opens content with the keys of everybody in it.
fn open_with(row: &ReferralRow, keys: Vec<Arc<SubjectKey>>) -> Result<OpenReferral> {
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

/// What goes from whom to whom when something happens to a referral.
struct Flow<'a> {
    sender: &'a Oin,
    recipient: &'a Oin,
    basis: Basis,
    categories: Categories,
}

impl<'a> Flow<'a> {
    fn of(event: EventCode, row: &'a ReferralRow, referral: &Referral) -> Self {
        let (police, steunpunt) = (&row.sender_oin, &row.recipient_oin);
        let basis = basis_of(referral);
        if event == EventCode::ReferralDelivered {
            let categories = REFERRAL_CATEGORIES;
            return Self { sender: police, recipient: steunpunt, basis, categories };
        }
        // Acknowledged, triaged, withdrawn, sent back: something is done with what was shared
        // before, and nothing new is shared.
        Self { sender: police, recipient: steunpunt, basis, categories: Categories::EMPTY }
    }
}
