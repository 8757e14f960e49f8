//! From which networks certificates come. A connection waits for nothing here: what is new of it is kept
//! in memory, bounded, and stored by the task that raises signals.
//!
//! Invariant: an address is turned into a keyed pseudonym of its network before anything is kept of it,
//! and that stands nowhere but in its table.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::id::{Oin, Pseudonym, UserId};
use crate::domain::network::Network;
use crate::domain::time::Date;
use crate::store::{self, Command, Flow, NetworkRow, Placed, Tx};

use super::Gateway;
use super::error::Result;

/// What may wait to be stored, and what is remembered as stored. A region has hundreds of certificates.
const KEPT_MAX: usize = 4_096;
/// Networks that one commit forgets.
const FORGET_MAX: u32 = 1_000;

/// A certificate and the network it was on.
type Place = ([u8; 32], Pseudonym);

/// What came in today.
#[derive(Default)]
pub(super) struct Arrivals(Mutex<Today>);

#[derive(Default)]
struct Today {
    day: Option<Date>,
    stored: BTreeSet<Place>,
    waiting: BTreeMap<Place, NetworkRow>,
}

impl std::fmt::Debug for Arrivals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Arrivals")
    }
}

impl Arrivals {
    fn lock(&self) -> MutexGuard<'_, Today> {
        // Whole between any two statements, so a panic elsewhere cannot break it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Today {
    /// What waits stays when the day ends: it was of its day.
    fn begin(&mut self, day: Date) {
        if self.day != Some(day) {
            self.day = Some(day);
            self.stored.clear();
        }
    }

    fn note(&mut self, place: Place, row: impl FnOnce() -> NetworkRow) {
        if self.stored.contains(&place) || self.waiting.contains_key(&place) {
            return;
        }
        if self.waiting.len() < KEPT_MAX {
            self.waiting.insert(place, row());
        }
    }

    fn stored(&mut self, rows: Vec<(Place, NetworkRow)>) {
        for (place, row) in rows {
            self.waiting.remove(&place);
            if self.day == Some(row.last_day) && self.stored.len() < KEPT_MAX {
                self.stored.insert(place);
            }
        }
    }
}

impl Gateway {
    /// A connection came in with a certificate that counts: whose it is, its SHA-256, and from where.
    pub fn note_arrival(
        &self,
        (oin, user): (&Oin, Option<&UserId>),
        fingerprint: &[u8; 32],
        address: IpAddr,
    ) {
        if self.directory().organisation(oin).is_none() {
            return;
        }
        let day = self.clock().now().date();
        let network = self.keys().keyring().pseudonym_key().network(&network_of(address));
        let mut today = self.arrivals().lock();
        today.begin(day);
        today.note((*fingerprint, network), || NetworkRow {
            fingerprint: fingerprint.to_vec(),
            network,
            oin: oin.clone(),
            user_id: user.cloned(),
            first_day: day,
            last_day: day,
        });
    }

    /// Stores what came in. What cannot be stored now waits for the next time.
    pub async fn keep_arrivals(&self) -> Result<()> {
        let waiting: Vec<(Place, NetworkRow)> = {
            let today = self.arrivals().lock();
            today.waiting.iter().map(|(place, row)| (*place, row.clone())).collect()
        };
        if waiting.is_empty() {
            return Ok(());
        }
        let rows = waiting.iter().map(|(_, row)| row.clone()).collect();
        self.writer().commit(Keeping { rows }).await?;
        self.arrivals().lock().stored(waiting);
        Ok(())
    }

    /// Forgets networks that no certificate came from since a day; tells how many.
    pub async fn purge_networks(&self, before: Date) -> Result<u64> {
        let mut purged = 0;
        loop {
            let some = self.writer().commit(Forgetting { before }).await?;
            purged += some;
            if some == 0 {
                return Ok(purged);
            }
        }
    }
}

/// An IPv4 address that is written as one of IPv6 is one of IPv4.
fn network_of(address: IpAddr) -> Network {
    match address.to_canonical() {
        IpAddr::V4(address) => Network::v4(address.octets()),
        IpAddr::V6(address) => Network::v6(address.segments()),
    }
}

/// Rows in the order of their key, so that no two gateways wait for each other.
struct Keeping {
    rows: Vec<NetworkRow>,
}

impl Command for Keeping {
    type Outcome = ();

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<()>> {
        for row in &self.rows {
            tx.note_network(row).await?;
        }
        Ok(Flow::Append(Vec::new()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<()> {
        Ok(())
    }
}

struct Forgetting {
    before: Date,
}

impl Command for Forgetting {
    /// How many went.
    type Outcome = u64;

    async fn apply(&self, _tx: &mut Tx) -> store::Result<Flow<u64>> {
        Ok(Flow::Append(Vec::new()))
    }

    async fn complete(&self, tx: &mut Tx, _placed: &mut Placed) -> store::Result<u64> {
        tx.purge_networks(self.before, FORGET_MAX).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> String {
        network_of(address.parse().unwrap()).as_str().to_owned()
    }

    #[test]
    fn addresses_next_to_each_other_are_one_network_and_others_are_not() {
        assert_eq!(network("127.0.1.4"), network("127.0.1.250"));
        assert_ne!(network("127.0.1.4"), network("127.0.2.4"));
        assert_eq!(network("127.0.1.4"), network("::ffff:127.0.1.9"));
        assert_eq!(network("2001:db8:1::1"), network("2001:db8:1:ffff::9"));
        assert_ne!(network("2001:db8:1::1"), network("2001:db8:2::1"));
        // Where one part ends and the next begins matters.
        assert_ne!(network("2001:db8:11::"), network("2001:db81:1::"));
    }
}
