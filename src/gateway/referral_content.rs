//! A stored referral, opened; and what is written down about its people as it moves on.

use std::sync::Arc;

use crate::domain::basis::Basis;
use crate::domain::category::Categories;
use crate::domain::disclosure::ObjectType;
use crate::domain::event::EventCode;
use crate::domain::id::Oin;
use crate::domain::person::AgeBand;
use crate::domain::purpose::Purpose;
use crate::domain::referral::Referral;
use crate::store::{NewEntry, ReferralRow};
use crate::vault::subject::SubjectKey;

use super::Gateway;
use super::call::Call;
use super::directory::sha256;
use super::error::{Error, Result};
use super::journal::{Happening, Matter, Sharing, Subject, new_group};
use super::keys::{combined, open_cell};
use super::submit_referral::{REFERRAL_CATEGORIES, basis_of};

/// A referral with the keys of its people, in the order of the message.
pub(super) struct OpenReferral {
    pub(super) referral: Referral,
    pub(super) keys: Vec<Arc<SubjectKey>>,
    pub(super) digest: [u8; 32],
}

impl Gateway {
    /// Opens the sealed content of a referral.
    pub(super) async fn open_referral(&self, row: &ReferralRow) -> Result<OpenReferral> {
        let keys = self.keys().existing(&row.people()?).await?;
        let content =
            open_cell(&row.content, &combined(&keys)?, "referrals", row.referral_id.as_bytes())?;
        let referral = serde_json::from_slice(&content).map_err(Error::internal)?;
        Ok(OpenReferral { referral, keys, digest: sha256(&content) })
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
        event: EventCode,
    ) -> Result<Vec<NewEntry>> {
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
                object_version: Some(1),
                message_id: Some(row.referral_id.into()),
                ..Happening::new(event, group, ObjectType::Referral, Matter::Sharing(sharing))
            };
            entries.push(self.write_down(call, &happening)?.entry);
        }
        Ok(entries)
    }
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
