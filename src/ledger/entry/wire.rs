//! Reads and writes the parts of an encoding: never past its end, never with a guess.

use crate::domain::id::Oin;
use crate::domain::time::Timestamp;
use crate::ledger::commitment::Commitment;

/// Bytes that are not an entry of format v1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The label is of no kind and version known here.
    #[error("the label names no known kind of entry")]
    UnknownLabel,
    /// The bytes end within a field.
    #[error("the entry ends too early")]
    Truncated,
    /// There are bytes after the last field.
    #[error("there are bytes after the end of the entry")]
    TrailingBytes,
    /// A field holds what no entry can hold.
    #[error("the field {0} holds an impossible value")]
    InvalidField(&'static str),
}

/// What is left to read.
pub(super) struct Reader<'bytes>(&'bytes [u8]);

impl<'bytes> Reader<'bytes> {
    pub(super) fn new(bytes: &'bytes [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (array, rest) = self.0.split_first_chunk::<N>().ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(super) fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    /// Bytes behind one byte of length.
    pub(super) fn opaque(&mut self) -> Result<&'bytes [u8], DecodeError> {
        let len = usize::from(self.u8()?);
        let (opaque, rest) = self.0.split_at_checked(len).ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(opaque)
    }

    pub(super) fn commitment(&mut self) -> Result<Commitment, DecodeError> {
        self.array().map(Commitment::new)
    }

    pub(super) fn oin(&mut self, field: &'static str) -> Result<Oin, DecodeError> {
        let bytes = self.array::<20>()?;
        parsed(&bytes, field)
    }

    pub(super) fn timestamp(&mut self, field: &'static str) -> Result<Timestamp, DecodeError> {
        i64::try_from(self.u64()?)
            .ok()
            .and_then(Timestamp::from_micros)
            .ok_or(DecodeError::InvalidField(field))
    }

    pub(super) fn finish(self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::TrailingBytes) }
    }
}

/// Parses the text of an identifier.
pub(super) fn parsed<T: std::str::FromStr>(
    bytes: &[u8],
    field: &'static str,
) -> Result<T, DecodeError> {
    std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(DecodeError::InvalidField(field))
}

/// What has been written.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Bytes behind one byte of length.
    pub(super) fn opaque(&mut self, bytes: &[u8]) {
        self.len(bytes.len());
        self.bytes(bytes);
    }

    /// One byte of length. Labels, version names and lists of consents are all shorter than 256.
    pub(super) fn len(&mut self, len: usize) {
        let len = u8::try_from(len).expect("every length-prefixed part is shorter than 256");
        self.bytes(&[len]);
    }

    pub(super) fn timestamp(&mut self, moment: Timestamp) {
        // Never negative, so the magnitude is the value.
        self.bytes(&moment.as_micros().unsigned_abs().to_be_bytes());
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}
