//! The one place where randomness and random identifiers are made.
//!
//! A random source that fails is an error for the caller, never a panic and never a weaker source.

use aws_lc_rs::rand;
use uuid::Uuid;

use crate::domain::time::Timestamp;

/// The random source gave nothing, so no key, nonce or identifier may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the random source failed")]
pub struct RandomError;

/// Gives `N` unpredictable bytes.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

/// Makes a random (version 4) UUID.
pub fn uuid_v4() -> Result<Uuid, RandomError> {
    Ok(uuid::Builder::from_random_bytes(random_bytes()?).into_uuid())
}

/// Makes a UUID (version 7) that is random but for the moment it begins with. Rows under such keys
/// stand side by side, so that an index grows at its end instead of everywhere.
pub fn uuid_v7(now: Timestamp) -> Result<Uuid, RandomError> {
    let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
    Ok(uuid::Builder::from_unix_timestamp_millis(millis, &random_bytes()?).into_uuid())
}

/// Overwrites `bytes` in place, so that a secret need not pass over the stack.
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), RandomError> {
    rand::fill(bytes).or(Err(RandomError))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_random_uuid_says_version_four_and_does_not_repeat() {
        let ids: BTreeSet<Uuid> = (0..1000).map(|_| uuid_v4().unwrap()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            assert_eq!(id.get_version_num(), 4);
            assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        }
    }

    #[test]
    fn a_uuid_with_a_moment_sorts_by_it_and_does_not_repeat() {
        let early = Timestamp::from_micros(1_700_000_000_000_000).unwrap();
        let late = Timestamp::from_micros(1_700_000_000_002_000).unwrap();
        let ids: BTreeSet<Uuid> = (0..1000).map(|_| uuid_v7(early).unwrap()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| *id < uuid_v7(late).unwrap()));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn every_byte_of_a_buffer_is_overwritten() {
        // Each position stays zero in all 64 draws with probability 2^-512.
        let mut seen = [0_u8; 48];
        for _ in 0..64 {
            for (seen, byte) in seen.iter_mut().zip(random_bytes::<48>().unwrap()) {
                *seen |= byte;
            }
        }
        assert!(seen.iter().all(|byte| *byte != 0));
    }
}
