//! A warm handover (DOMAIN §1.2, *routekaart naar veiligheid*): whoever gives the baton holds it
//! until somebody else has said that they have it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Involvement;
use crate::domain::code::codes;
use crate::domain::draft::Fields;
use crate::domain::id::{CaseRef, Oin};
use crate::domain::text::Prose;
use crate::domain::violation::Violations;

codes! {
    /// Where a handover is.
    pub enum HandoverState {
        /// Offered: the sender stays responsible.
        Offered = 1, "OFFERED";
        /// The receiver took it over: the sender is released.
        Accepted = 2, "ACCEPTED";
        /// The receiver does not take it over: the sender stays responsible.
        Declined = 3, "DECLINED";
        /// The sender took the offer back, and stays responsible.
        Withdrawn = 4, "WITHDRAWN";
    }
}

codes! {
    /// What is answered to an offer.
    pub enum HandoverAnswer {
        /// The receiver takes it over.
        Accept = 1, "ACCEPT";
        /// The receiver does not.
        Decline = 2, "DECLINE";
        /// The sender, or the Steunpunt that directs the case, takes the offer back.
        Withdraw = 3, "WITHDRAW";
    }
}

impl HandoverState {
    /// The state after an answer; `None` when it was answered before.
    pub fn after(self, answer: HandoverAnswer) -> Option<Self> {
        match (self, answer) {
            (Self::Offered, HandoverAnswer::Accept) => Some(Self::Accepted),
            (Self::Offered, HandoverAnswer::Decline) => Some(Self::Declined),
            (Self::Offered, HandoverAnswer::Withdraw) => Some(Self::Withdrawn),
            (Self::Accepted | Self::Declined | Self::Withdrawn, _) => None,
        }
    }
}

/// An offer to hand over.
#[derive(Clone, PartialEq, Eq)]
pub struct HandoverOffer {
    /// Case.
    pub case_ref: CaseRef,
    /// Who is to be released.
    pub from: Oin,
    /// Who is to take over.
    pub to: Oin,
    /// What is handed over, and why.
    pub reason: Prose<2000>,
}

/// What is kept of an offer, and sealed: what is handed over and why, and how the people concerned were
/// involved.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoverContent {
    /// What is handed over, and why.
    pub reason: Prose<2000>,
    /// How the people concerned were involved.
    pub involvement: Involvement,
}

impl fmt::Debug for HandoverContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandoverContent(…)")
    }
}

impl fmt::Debug for HandoverOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandoverOffer(…)")
    }
}

/// A [`HandoverOffer`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct HandoverOfferDraft {
    pub case_ref: String,
    pub from_oin: String,
    pub to_oin: String,
    pub reason: String,
}

impl fmt::Debug for HandoverOfferDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandoverOfferDraft(…)")
    }
}

impl HandoverOfferDraft {
    /// The offer, or everything that is wrong with it.
    pub fn parse(self) -> Result<HandoverOffer, Violations> {
        let mut violations = Violations::new();
        let mut fields = Fields::new("", &mut violations);
        let case_ref = fields.text("case_ref", &self.case_ref);
        let from = fields.text::<Oin>("from_oin", &self.from_oin);
        let to = fields.text("to_oin", &self.to_oin);
        let reason = fields.text("reason", &self.reason);
        if let (Ok(from), Ok(to)) = (&from, &to) {
            fields.require(from != to, "to_oin", "SAME_ORGANISATION", "must be another one");
        }
        match (case_ref, from, to, reason) {
            (Ok(case_ref), Ok(from), Ok(to), Ok(reason)) => {
                violations.into_result(HandoverOffer { case_ref, from, to, reason })
            }
            _ => Err(violations),
        }
    }
}
