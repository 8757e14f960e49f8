//! Answers of calls that change something: kept as bytes, and sent as the bytes they are.

use std::fmt;

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{DecodeContext, WireType, skip_field};
use prost::{DecodeError, Message};

/// An encoded message. The gateway sends it and never reads it.
#[derive(Clone, Default, PartialEq, Eq)]
pub(in crate::grpc) struct Kept(Bytes);

impl From<Vec<u8>> for Kept {
    fn from(encoded: Vec<u8>) -> Self {
        Self(encoded.into())
    }
}

/// Shows no answer: it may be about people.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({} bytes)", self.0.len())
    }
}

impl Message for Kept {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.0);
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        skip_field(wire_type, tag, buf, context)
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::pb;

    #[test]
    fn what_was_kept_is_read_by_the_receiver_as_the_message_it_was() {
        let receipt =
            pb::LedgerReceipt { index: 7, tlog_proof: "a proof".to_owned(), ..Default::default() };
        let message = pb::RecordConsentResponse { entry: Some(receipt), ..Default::default() };
        let kept = Kept::from(message.encode_to_vec());
        assert_eq!(kept.encoded_len(), message.encoded_len());
        assert_eq!(pb::RecordConsentResponse::decode(&*kept.encode_to_vec()).unwrap(), message);
    }
}
