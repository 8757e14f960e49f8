//! Who may ever receive one category (DOMAIN §3.5). No basis and no consent lifts anything above it.

use serde::{Deserialize, Serialize};

use crate::domain::category::Access;
use crate::domain::organisation::Role;

/// The roles of organisations that may receive a category, and how. A role that is not named never
/// does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Receivers {
    /// With a valid basis.
    pub allowed: Vec<Role>,
    /// With a valid basis and a second person who agrees.
    pub four_eyes: Vec<Role>,
    /// Only in an emergency notice of the Steunpunt (Wmo 2015 art. 4.1.1 lid 2 onder e).
    pub emergency_only: Vec<Role>,
    /// Only what is its own; never from another organisation.
    pub own: Vec<Role>,
}

impl Receivers {
    /// What organisations of `role` may receive. The strictest counts.
    pub fn access(&self, role: Role) -> Access {
        let strictest_first = [
            (&self.own, Access::Own),
            (&self.emergency_only, Access::EmergencyOnly),
            (&self.four_eyes, Access::FourEyes),
            (&self.allowed, Access::Allowed),
        ];
        let mut named = strictest_first.into_iter().filter(|(roles, _)| roles.contains(&role));
        named.next().map_or(Access::Never, |(_, access)| access)
    }

    pub(super) fn sort(&mut self) {
        for roles in
            [&mut self.allowed, &mut self.four_eyes, &mut self.emergency_only, &mut self.own]
        {
            roles.sort_unstable();
        }
    }

    /// How often a role is named.
    pub(super) fn mentions(&self, role: Role) -> usize {
        let lists = [&self.allowed, &self.four_eyes, &self.emergency_only, &self.own];
        lists.into_iter().flatten().filter(|named| **named == role).count()
    }
}
