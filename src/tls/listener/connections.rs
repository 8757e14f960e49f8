//! How many connections there are, in all and of each organisation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Limits, Refusal};
use crate::domain::id::Oin;

/// For operators: how many there are.
const OPEN: &str = "ketenpoort_connections";

/// The count. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    /// Those who showed no certificate.
    strangers: usize,
    /// Organisations without a connection are not in here, so it is never larger than `all`.
    of: BTreeMap<Oin, usize>,
}

/// One counted connection; dropping it gives the place back.
#[derive(Debug)]
pub(super) struct Place {
    connections: Connections,
    /// Whose; none: a stranger's.
    oin: Option<Oin>,
}

impl Connections {
    /// Counts one more connection of `oin`, if it fits.
    pub(super) fn take(&self, oin: &Oin, limits: &Limits) -> Result<Place, Refusal> {
        let mut counts = self.lock();
        if counts.all >= limits.connections_max {
            return Err(Refusal::TooManyConnections);
        }
        let of_organisation = counts.of.get(oin).copied().unwrap_or_default();
        if of_organisation >= limits.connections_per_organisation_max {
            return Err(Refusal::TooManyConnectionsOfOrganisation(oin.clone()));
        }
        counts.of.insert(oin.clone(), of_organisation + 1);
        counts.all += 1;
        metrics::gauge!(OPEN).increment(1);
        Ok(Place { connections: self.clone(), oin: Some(oin.clone()) })
    }

    /// Counts one more connection of somebody without a certificate. All strangers together have the
    /// places of one organisation, so that they keep nobody else out.
    pub(super) fn take_stranger(&self, limits: &Limits) -> Result<Place, Refusal> {
        let mut counts = self.lock();
        if counts.all >= limits.connections_max
            || counts.strangers >= limits.connections_per_organisation_max
        {
            return Err(Refusal::TooManyConnections);
        }
        counts.strangers += 1;
        counts.all += 1;
        metrics::gauge!(OPEN).increment(1);
        Ok(Place { connections: self.clone(), oin: None })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // The counts are whole between any two statements, so a panic elsewhere cannot break them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.connections.lock();
        counts.all = counts.all.saturating_sub(1);
        metrics::gauge!(OPEN).decrement(1);
        let Some(oin) = &self.oin else {
            counts.strangers = counts.strangers.saturating_sub(1);
            return;
        };
        if let Some(of_organisation) = counts.of.get_mut(oin) {
            *of_organisation = of_organisation.saturating_sub(1);
            if *of_organisation == 0 {
                counts.of.remove(oin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oin(main: u32) -> Oin {
        format!("00000099{main:09}000").parse().unwrap()
    }

    #[test]
    fn one_organisation_cannot_take_the_places_of_the_others() {
        let limits =
            Limits { connections_max: 3, connections_per_organisation_max: 2, ..Limits::default() };
        let connections = Connections::default();
        let first = connections.take(&oin(1), &limits).unwrap();
        let _second = connections.take(&oin(1), &limits).unwrap();
        let third = connections.take(&oin(1), &limits).unwrap_err();
        assert_eq!(third.code(), "TOO_MANY_CONNECTIONS_OF_ORGANISATION");
        let _other = connections.take(&oin(2), &limits).unwrap();
        let full = connections.take(&oin(3), &limits).unwrap_err();
        assert_eq!(full.code(), "TOO_MANY_CONNECTIONS");
        drop(first);
        assert!(connections.take(&oin(3), &limits).is_ok());
    }

    #[test]
    fn strangers_cannot_take_the_places_of_organisations() {
        let limits =
            Limits { connections_max: 9, connections_per_organisation_max: 2, ..Limits::default() };
        let connections = Connections::default();
        let first = connections.take_stranger(&limits).unwrap();
        let _second = connections.take_stranger(&limits).unwrap();
        let third = connections.take_stranger(&limits).unwrap_err();
        assert_eq!(third.code(), "TOO_MANY_CONNECTIONS");
        let _known = connections.take(&oin(1), &limits).unwrap();
        drop(first);
        assert!(connections.take_stranger(&limits).is_ok());
    }

    #[test]
    fn an_organisation_that_left_costs_nothing() {
        let limits = Limits { connections_per_organisation_max: 0, ..Limits::default() };
        let connections = Connections::default();
        drop(connections.take(&oin(1), &Limits::default()).unwrap());
        assert!(connections.lock().of.is_empty());
        connections.take(&oin(2), &limits).unwrap_err();
        assert!(connections.lock().of.is_empty());
        assert_eq!(connections.lock().all, 0);
    }
}
