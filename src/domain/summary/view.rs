//! What of a summary may be released.

use super::Part;
use crate::domain::category::{Categories, Category};
use crate::domain::id::PersonKey;

/// The released parts of a summary, and how many were left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Released parts, in the order of the summary.
    pub parts: Vec<Part>,
    /// How many parts were left out.
    pub redacted_parts: u32,
}

impl View {
    /// The categories of what is released about a person. May be less than is allowed: there may be
    /// nothing of a category, and a part about several people is held back by any one of them.
    pub fn released_about(&self, person: &PersonKey) -> Categories {
        let parts = self.parts.iter().filter(|part| part.about.contains(person));
        parts.fold(Categories::EMPTY, |released, part| released.with(part.category))
    }
}

/// The parts that may be released.
///
/// A part about several people tells about all of them, so one person who may not be released for
/// its category holds it back (WGBO art. 457, DOMAIN §8 row 9). A part about nobody has nobody who
/// allowed it.
pub fn view(parts: &[Part], may_release: impl Fn(&PersonKey, Category) -> bool) -> View {
    let mut released = Vec::new();
    let mut redacted_parts = 0;
    for part in parts {
        let everybody = part.about.iter().all(|person| may_release(person, part.category));
        if everybody && !part.about.is_empty() {
            released.push(part.clone());
        } else {
            redacted_parts += 1;
        }
    }
    View { parts: released, redacted_parts }
}
