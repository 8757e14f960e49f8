//! A request body that is watched while it is read.
//!
//! Invariants: a message over the limit is refused at its first five bytes, before anything of it
//! is kept; a second message in a unary call is refused and not ignored; a body that trickles in
//! ends with the deadline of the call.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;
use tokio::time::{Sleep, sleep_until};
use tonic::Status;
use tonic::body::Body;

use super::Deadline;
use crate::grpc::status;

/// A body of length-prefixed gRPC messages.
pub(super) struct Frames {
    body: Body,
    limit: usize,
    /// Whether the call has exactly one message.
    only_one: bool,
    /// Whether a message has begun before.
    begun: bool,
    /// The part of a message's prefix that came in: a flag and a length.
    prefix: Vec<u8>,
    /// Bytes of the message that are still to come.
    missing: usize,
    until: Option<Pin<Box<Sleep>>>,
}

impl Frames {
    pub(super) fn new(body: Body, limit: usize, only_one: bool, until: Option<Deadline>) -> Self {
        Self {
            body,
            limit,
            only_one,
            begun: false,
            prefix: Vec::with_capacity(5),
            missing: 0,
            until: until.map(|Deadline(at)| Box::pin(sleep_until(at))),
        }
    }

    fn watch(&mut self, mut data: &[u8]) -> Result<(), Status> {
        while let Some((first, rest)) = data.split_first() {
            if self.missing > 0 {
                let taken = self.missing.min(data.len());
                self.missing -= taken;
                data = data.get(taken..).unwrap_or_default();
                continue;
            }
            self.take_prefix(*first)?;
            data = rest;
        }
        Ok(())
    }

    fn take_prefix(&mut self, byte: u8) -> Result<(), Status> {
        if self.prefix.is_empty() && std::mem::replace(&mut self.begun, true) && self.only_one {
            return Err(status::malformed("ONE_MESSAGE", "the call takes exactly one message"));
        }
        self.prefix.push(byte);
        if let [_compressed, a, b, c, d] = *self.prefix.as_slice() {
            self.prefix.clear();
            self.missing = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
            if self.missing > self.limit {
                return Err(status::message_too_large(self.limit));
            }
        }
        Ok(())
    }
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Poll::Ready(next) = Pin::new(&mut self.body).poll_frame(cx) {
            let Some(Ok(frame)) = next else { return Poll::Ready(next) };
            let watched = frame.data_ref().map_or(Ok(()), |data| self.watch(data));
            return Poll::Ready(Some(watched.map(|()| frame)));
        }
        match &mut self.until {
            Some(sleep) => sleep.as_mut().poll(cx).map(|()| Some(Err(status::deadline_exceeded()))),
            None => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tonic::Code;

    use super::*;

    fn frames(only_one: bool) -> Frames {
        Frames::new(Body::empty(), 100, only_one, None)
    }

    fn message(length: usize) -> Vec<u8> {
        let prefix = u32::try_from(length).unwrap().to_be_bytes();
        [&[0], prefix.as_slice(), &vec![7; length]].concat()
    }

    #[test]
    fn a_message_over_the_limit_is_refused_by_its_prefix() {
        let refused = frames(true).watch(&message(101)[..5]).unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        frames(true).watch(&message(100)).unwrap();
    }

    #[test]
    fn a_second_message_is_refused_where_there_can_be_only_one() {
        let two = [message(0), message(3)].concat();
        assert_eq!(frames(true).watch(&two).unwrap_err().code(), Code::InvalidArgument);
        frames(false).watch(&two).unwrap();
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_come_in(
            lengths in prop::collection::vec(0_usize..=101, 0..5),
            chunk in 1_usize..20,
        ) {
            let bytes: Vec<u8> = lengths.iter().flat_map(|length| message(*length)).collect();
            let mut watched = frames(false);
            let result = bytes.chunks(chunk).try_for_each(|part| watched.watch(part));
            prop_assert_eq!(result.is_ok(), lengths.iter().all(|length| *length <= 100));
        }
    }
}
