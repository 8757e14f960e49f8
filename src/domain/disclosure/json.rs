//! How the values of a record stand in JSON, where that is not the way of their types.

use std::fmt;

use super::DisclosureRecord;
use crate::domain::time::Timestamp;

pub(super) fn encode(record: &DisclosureRecord) -> Vec<u8> {
    serde_json::to_vec(record).expect("a record has text keys and no value that JSON lacks")
}

/// The schema version: exactly the one this code knows.
pub(super) mod schema_version {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::disclosure::SCHEMA_VERSION;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(in crate::domain::disclosure) fn serialize<S: Serializer>(
        version: &u16,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(*version)
    }

    pub(in crate::domain::disclosure) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<u16, D::Error> {
        match u16::deserialize(deserializer)? {
            SCHEMA_VERSION => Ok(SCHEMA_VERSION),
            _ => Err(serde::de::Error::custom("unknown schema version")),
        }
    }
}

/// A moment as it stands in records and in what is made from them: with at least milliseconds, so that
/// they line up and sort as text.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct Moment(pub(in crate::domain) Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros().rem_euclid(1_000_000);
        let second = Timestamp::from_micros(self.0.as_micros() - micros)
            .expect("the second of a moment is not before 1970");
        let second = second.to_string();
        let second = second.trim_end_matches('Z');
        if micros % 1000 == 0 {
            write!(f, "{second}.{:03}Z", micros / 1000)
        } else {
            write!(f, "{second}.{micros:06}Z")
        }
    }
}

/// [`Moment`] for serde.
pub(super) mod moment {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::time::Timestamp;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(in crate::domain::disclosure) fn serialize<S: Serializer>(
        moment: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&super::Moment(*moment))
    }

    pub(in crate::domain::disclosure) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(deserializer)
    }
}

/// A word, or the empty text for none.
pub(super) mod word_or_empty {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::event::DenialReason;

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde calls"
    )]
    pub(in crate::domain::disclosure) fn serialize<S: Serializer>(
        reason: &Option<DenialReason>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(reason.map_or("", DenialReason::as_str))
    }

    pub(in crate::domain::disclosure) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<DenialReason>, D::Error> {
        let word = String::deserialize(deserializer)?;
        if word.is_empty() {
            return Ok(None);
        }
        word.parse().map(Some).map_err(serde::de::Error::custom)
    }
}

/// What a decision was made on, which other records of the act share in memory.
pub(super) mod decided_on {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::policy::DecidedOn;

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(in crate::domain::disclosure) fn serialize<S: Serializer>(
        decided_on: &Option<Arc<DecidedOn>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        decided_on.as_deref().serialize(serializer)
    }

    pub(in crate::domain::disclosure) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Arc<DecidedOn>>, D::Error> {
        Ok(Option::deserialize(deserializer)?.map(Arc::new))
    }
}
