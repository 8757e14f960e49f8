//! A permit: the proof, as a value, that the policy allowed one disclosure.

use std::collections::BTreeSet;

use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::consent::ConsentRef;
use crate::domain::id::{Oin, Pseudonym};
use crate::domain::purpose::Purpose;

/// What may be shared about one person, with whom and for what. Only
/// [`evaluate`](super::evaluate) makes one, and nothing is released without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    pub(super) subject: Pseudonym,
    pub(super) recipient: Oin,
    pub(super) purpose: Purpose,
    pub(super) basis: Basis,
    pub(super) categories: Categories,
    pub(super) consents: BTreeSet<ConsentRef>,
}

impl Permit {
    /// About whom.
    pub const fn subject(&self) -> Pseudonym {
        self.subject
    }

    /// Who may receive.
    pub const fn recipient(&self) -> &Oin {
        &self.recipient
    }

    /// For what.
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// On which ground.
    pub const fn basis(&self) -> Basis {
        self.basis
    }

    /// Which data.
    pub const fn categories(&self) -> Categories {
        self.categories
    }

    /// Whether a piece of data may be released.
    pub const fn covers(&self, category: Category) -> bool {
        self.categories.contains(category)
    }

    /// The consents relied on, in the versions that were looked at.
    pub fn consents(&self) -> Vec<ConsentRef> {
        self.consents.iter().copied().collect()
    }
}
