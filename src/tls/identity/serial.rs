//! The number of a certificate. One number has one value here, however it was written.

use std::fmt;
use std::str::FromStr;

/// The number of a certificate within its issuer: big-endian, without leading zeros.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(Vec<u8>);

/// A text that is not the number of a certificate in hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the serial number of a certificate in hexadecimal digits")]
pub struct InvalidSerial;

impl Serial {
    /// Reads big-endian bytes. DER puts a zero before a number whose first bit is set, and the
    /// same number must be found with and without it.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Self(bytes.iter().skip(zeros).copied().collect())
    }

    /// The big-endian bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Lower-case hex.
impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Serial {
    type Err = InvalidSerial;
    fn from_str(text: &str) -> Result<Self, InvalidSerial> {
        // 20 bytes are the most that RFC 5280 §4.1.2.2 allows.
        match hex::decode(text) {
            Ok(bytes) if (1..=20).contains(&bytes.len()) => Ok(Self::from_bytes(&bytes)),
            Ok(_) | Err(_) => Err(InvalidSerial),
        }
    }
}
