//! Permission in the form of a value: it cannot be made, copied or widened outside the policy.

use std::collections::BTreeSet;

use super::facts::SubjectFacts;
use super::request::{Asked, Request};
use crate::domain::basis::Basis;
use crate::domain::category::Categories;
use crate::domain::consent::ConsentRef;
use crate::domain::decision::Finding;
use crate::domain::id::{CaseRef, GroupId, Oin, Pseudonym};
use crate::domain::purpose::Purpose;

/// Permission to share categories of one person with one recipient, for one act.
///
/// Not `Clone` and not `Deserialize`: whoever holds one got it from
/// [`evaluate`](super::evaluate), and the functions that seal and send demand one.
#[derive(Debug, PartialEq, Eq)]
pub struct Permit {
    decision_id: GroupId,
    case_ref: Option<CaseRef>,
    subject: Pseudonym,
    categories: Categories,
    sender: Oin,
    recipient: Oin,
    purpose: Purpose,
    basis: Basis,
    consents: BTreeSet<ConsentRef>,
}

impl Permit {
    /// What the findings allow about one person, if anything.
    pub(super) fn grant(
        request: &Request,
        subject: &SubjectFacts,
        findings: &[Finding],
    ) -> Option<Self> {
        let is_denied = |finding: &&Finding| finding.denial.is_some();
        let (denied, allowed): (Vec<&Finding>, Vec<&Finding>) =
            findings.iter().partition(is_denied);
        let is_left_out = match request.asked {
            Asked::Everything => false,
            Asked::Exactly(_) => !denied.is_empty(),
        };
        let categories = allowed
            .iter()
            .fold(Categories::EMPTY, |categories, finding| categories.union(finding.categories));
        if is_left_out || categories.is_empty() {
            return None;
        }
        Some(Self {
            decision_id: request.decision_id,
            case_ref: request.case_ref.clone(),
            subject: subject.position.subject,
            categories,
            sender: request.sender.oin.clone(),
            recipient: request.recipient.oin.clone(),
            purpose: request.purpose,
            basis: request.basis,
            consents: allowed.iter().flat_map(|finding| &finding.consents).copied().collect(),
        })
    }

    /// The decision it comes from.
    pub fn decision_id(&self) -> GroupId {
        self.decision_id
    }

    /// The case it is for; none before there is one.
    pub fn case_ref(&self) -> Option<&CaseRef> {
        self.case_ref.as_ref()
    }

    /// The person.
    pub fn subject(&self) -> Pseudonym {
        self.subject
    }

    /// Which data.
    pub fn categories(&self) -> Categories {
        self.categories
    }

    /// Who may send.
    pub fn sender(&self) -> &Oin {
        &self.sender
    }

    /// Who may receive.
    pub fn recipient(&self) -> &Oin {
        &self.recipient
    }

    /// For what.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// On which ground.
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// The versions of consents it rests on, to be read again when it is used.
    pub fn consents(&self) -> &BTreeSet<ConsentRef> {
        &self.consents
    }
}
