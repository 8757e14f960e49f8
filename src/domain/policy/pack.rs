//! The policy pack: what lawyers and the region decide, as data with a version, a term and a hash.
//!
//! A pack holds no program text. It says for every [`Basis`] between whom it carries what, for every
//! category who may ever receive it, and the choices marked `[D]` in the domain model. The function
//! that judges by it is [`evaluate`](super::evaluate). What no pack can lift is checked when it is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::anomaly::AnomalyRules;
use crate::domain::basis::Basis;
use crate::domain::category::{Access, Category};
use crate::domain::consent::ConsentRules;
use crate::domain::deadline::Clocks;
use crate::domain::delivery::DeliveryRules;
use crate::domain::emergency::BreakGlassRules;
use crate::domain::id::Version;
use crate::domain::organisation::Role;
use crate::domain::repeat::RepeatRule;
use crate::domain::statistics::{SuppressionPolicy, Targets};
use crate::domain::subject_request::SubjectRequestRules;
use crate::domain::time::Date;
use crate::domain::violation::Violations;

mod basis_rule;
mod ceiling;
mod check;
mod receivers;
mod reports;

pub use basis_rule::{BasisRule, Flow, Grounds, Term};
pub(super) use ceiling::lawful_evidence;
pub use receivers::Receivers;

/// The rules by which a gateway decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PackDraft")]
pub struct PolicyPack {
    /// Stands in every decision; changed rules have another version.
    pub version: Version,
    /// From when to when it may be used.
    #[serde(flatten)]
    pub term: Term,
    /// Consent: signatures, terms.
    pub consent: ConsentRules,
    /// Terms per urgency.
    pub clocks: Clocks,
    /// When a referral is a repeat, and what follows.
    pub repeat: RepeatRule,
    /// How soon a referral is offered again after a lost lease, and when it is quarantined.
    pub delivery: DeliveryRules,
    /// How long emergency access lasts, and when its review is due (DOMAIN §4.4).
    pub break_glass: BreakGlassRules,
    /// When something in the log deserves a look (DOMAIN §5.5).
    pub anomalies: AnomalyRules,
    /// How a request of a data subject is answered (DOMAIN §5.6).
    pub subject_request: SubjectRequestRules,
    /// From when on a figure of a management report may be shown (DOMAIN §7.1).
    pub suppression: SuppressionPolicy,
    /// What the indicators of a management report are aimed at (DOMAIN §7).
    pub targets: Targets,
    /// What each basis carries, between whom (DOMAIN §4.2). Every basis is there.
    bases: BTreeMap<Basis, BasisRule>,
    /// Which organisations may ever receive which category (DOMAIN §3.5). Every category is there.
    categories: BTreeMap<Category, Receivers>,
}

impl PolicyPack {
    /// What a basis carries.
    pub fn basis(&self, basis: Basis) -> &BasisRule {
        self.bases.get(&basis).unwrap_or(&basis_rule::NOTHING)
    }

    /// The rule of a basis, to be changed by a test.
    #[cfg(test)]
    pub(in crate::domain) fn basis_mut(&mut self, basis: Basis) -> &mut BasisRule {
        self.bases.get_mut(&basis).unwrap()
    }

    /// What organisations of `role` may ever receive of `category`.
    pub fn access(&self, category: Category, role: Role) -> Access {
        self.categories.get(&category).map_or(Access::Never, |receivers| receivers.access(role))
    }

    /// Whether something may be shared on a basis on this day.
    pub fn is_in_force(&self, basis: Basis, on: Date) -> bool {
        let rule = self.basis(basis);
        rule.enabled && self.term.includes(on) && rule.term.includes(on)
    }
}

/// A pack as it was written, before it was looked at as a whole.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackDraft {
    version: Version,
    valid_from: Date,
    valid_until: Option<Date>,
    consent: ConsentRules,
    clocks: Clocks,
    repeat: RepeatRule,
    delivery: DeliveryRules,
    break_glass: BreakGlassRules,
    anomalies: AnomalyRules,
    #[serde(default)]
    subject_request: SubjectRequestRules,
    suppression: SuppressionPolicy,
    targets: Targets,
    bases: BTreeMap<Basis, BasisRule>,
    categories: BTreeMap<Category, Receivers>,
}

impl PackDraft {
    /// The pack, or every gap and contradiction in it.
    pub fn parse(self) -> Result<PolicyPack, Violations> {
        check::gaps_and_contradictions(&self)?;
        let Self {
            version,
            valid_from,
            valid_until,
            consent,
            clocks,
            repeat,
            delivery,
            break_glass,
            anomalies,
            subject_request,
            suppression,
            targets,
            mut bases,
            mut categories,
        } = self;
        // The order in which roles and words are listed means nothing, so it does not change the hash.
        bases.values_mut().for_each(BasisRule::sort);
        categories.values_mut().for_each(Receivers::sort);
        let term = Term { valid_from: Some(valid_from), valid_until };
        Ok(PolicyPack {
            version,
            term,
            consent,
            clocks,
            repeat,
            delivery,
            break_glass,
            anomalies,
            subject_request,
            suppression,
            targets,
            bases,
            categories,
        })
    }
}

/// A pack with gaps or contradictions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(|one| format!("{}: {}", one.field, one.description)).collect::<Vec<_>>().join("; "))]
pub struct InvalidPack(Violations);

impl TryFrom<PackDraft> for PolicyPack {
    type Error = InvalidPack;
    fn try_from(draft: PackDraft) -> Result<Self, InvalidPack> {
        draft.parse().map_err(InvalidPack)
    }
}

#[cfg(test)]
pub(in crate::domain) use tests::shipped_pack;

#[cfg(test)]
mod tests;
