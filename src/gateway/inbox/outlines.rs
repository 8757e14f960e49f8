//! What is written down of the referrals that are out with readers.
//!
//! Whoever hands a referral over has opened it; whoever settles it needs of that only whom it is about.
//! Kept in between, a settlement reads and decrypts nothing. What is not kept is read again: after a
//! restart, on another replica, when there was no room. Keys are not kept here, so that a person who was
//! forgotten meanwhile is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::id::DeliveryId;
use crate::gateway::referral_content::Outline;

/// Outlines kept at most: four readers with as much as they may have. At some 500 bytes each this is
/// 2 MB.
const KEPT_MAX: usize = 4000;

/// Outlines by delivery.
#[derive(Default)]
pub(in crate::gateway) struct Outlines(Mutex<BTreeMap<DeliveryId, Arc<Outline>>>);

impl Outlines {
    /// Keeps what was handed over.
    pub(super) fn keep(&self, outlines: impl IntoIterator<Item = (DeliveryId, Arc<Outline>)>) {
        let mut kept = self.kept();
        for (delivery_id, outline) in outlines {
            // Leases that end without a word leave theirs behind.
            if kept.len() >= KEPT_MAX {
                kept.clear();
            }
            kept.insert(delivery_id, outline);
        }
    }

    /// Those of some deliveries, as far as they are kept.
    pub(super) fn of(
        &self,
        deliveries: impl IntoIterator<Item = DeliveryId>,
    ) -> BTreeMap<DeliveryId, Arc<Outline>> {
        let kept = self.kept();
        let found = deliveries.into_iter().filter_map(|id| Some((id, Arc::clone(kept.get(&id)?))));
        found.collect()
    }

    /// Lets go of what was settled.
    pub(super) fn forget(&self, deliveries: impl IntoIterator<Item = DeliveryId>) {
        let mut kept = self.kept();
        for delivery_id in deliveries {
            kept.remove(&delivery_id);
        }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<DeliveryId, Arc<Outline>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says nothing about anybody.
impl fmt::Debug for Outlines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlines").field("kept", &self.kept().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline() -> Arc<Outline> {
        Arc::new(Outline::about_nobody())
    }

    fn id(number: u128) -> DeliveryId {
        DeliveryId::new(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn what_is_settled_is_let_go_of_and_the_rest_is_found() {
        let outlines = Outlines::default();
        outlines.keep([(id(1), outline()), (id(2), outline())]);
        outlines.forget([id(1), id(9)]);
        let found: Vec<_> = outlines.of([id(1), id(2), id(3)]).into_keys().collect();
        assert_eq!(found, [id(2)]);
    }

    #[test]
    fn leases_that_end_without_a_word_do_not_fill_the_memory() {
        let outlines = Outlines::default();
        for number in 0..10_000 {
            outlines.keep([(id(number), outline())]);
            assert!(outlines.kept().len() <= KEPT_MAX);
            assert_eq!(outlines.of([id(number)]).len(), 1, "the newest is always kept");
        }
    }
}
