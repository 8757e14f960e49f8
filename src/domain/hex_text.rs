//! Serde of fixed-size bytes as lower-case hexadecimal text, for `#[serde(with = "hex_text")]`.

use serde::{Deserialize, Deserializer, Serializer};

use super::id::Pseudonym;

/// Bytes of a fixed size that are written as hexadecimal digits.
pub(super) trait HexText: Sized {
    fn to_text(&self) -> String;
    fn from_text(text: &str) -> Option<Self>;
}

impl<const N: usize> HexText for [u8; N] {
    fn to_text(&self) -> String {
        hex::encode(self)
    }
    fn from_text(text: &str) -> Option<Self> {
        let mut bytes = [0; N];
        hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
    }
}

impl HexText for Pseudonym {
    fn to_text(&self) -> String {
        self.to_hex()
    }
    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

pub(super) fn serialize<T: HexText, S: Serializer>(
    bytes: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&bytes.to_text())
}

pub(super) fn deserialize<'de, T: HexText, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    // The error names the shape only: a pseudonym is personal data.
    T::from_text(&text).ok_or_else(|| {
        serde::de::Error::custom("not a text of hexadecimal digits of the right length")
    })
}
