//! How the values of a record stand in JSON, where that is not the way of their types.

use super::DisclosureRecord;

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

/// A moment with at least milliseconds, so that records line up and sort as text.
pub(super) mod moment {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::time::Timestamp;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(in crate::domain::disclosure) fn serialize<S: Serializer>(
        moment: &Timestamp,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let micros = moment.as_micros().rem_euclid(1_000_000);
        let second = Timestamp::from_micros(moment.as_micros() - micros)
            .expect("the second of a moment is not before 1970");
        let second = second.to_string();
        let second = second.trim_end_matches('Z');
        if micros % 1000 == 0 {
            serializer.collect_str(&format_args!("{second}.{:03}Z", micros / 1000))
        } else {
            serializer.collect_str(&format_args!("{second}.{micros:06}Z"))
        }
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
