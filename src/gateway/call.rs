//! One call: who asks, with what certificate, on whose behalf, when.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::domain::id::{Oin, RequestId};
use crate::domain::look::Look;
use crate::domain::occasion::Occasion;
use crate::domain::organisation::{Actor, Organisation, Role};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::store::RequestRow;
use crate::vault::random;

use super::Gateway;
use super::error::{Error, Result};
use super::stated_name::StatedName;

/// An organisation that proved who it is and may use the gateway today (promise 5).
///
/// Only [`Gateway::admit`] makes one.
#[derive(Debug, Clone)]
pub struct Caller {
    pub(super) organisation: Arc<Organisation>,
    pub(super) trace: TraceId,
    pub(super) now: Timestamp,
    /// The directory in force when the call came in; none for what the gateway does itself.
    pub(super) directory_version: Option<i64>,
    /// What makes an officer look, where the call says so.
    pub(super) occasion: Option<Occasion>,
    /// Family name of the user, where the call says it.
    pub(super) stated_name: Option<Arc<StatedName>>,
}

impl Caller {
    /// Its number, from the certificate.
    pub fn oin(&self) -> &Oin {
        self.organisation.oin()
    }

    /// Its part in the chain.
    pub fn role(&self) -> Role {
        self.organisation.role()
    }

    /// The organisation.
    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// Says what makes an officer of it look, which the entry of every look then tells.
    #[must_use]
    pub fn on_occasion(self, occasion: Option<Occasion>) -> Self {
        Self { occasion, ..self }
    }

    /// Says what the family name of the user is, which is compared and not kept.
    #[must_use]
    pub fn of_name(self, stated_name: Option<Arc<StatedName>>) -> Self {
        Self { stated_name, ..self }
    }

    /// Joins the person behind the system.
    pub fn act(self, actor: Actor) -> Call {
        Call { caller: self, actor }
    }
}

/// A caller with the person behind the system, as the organisation asserts.
#[derive(Debug, Clone)]
pub struct Call {
    pub(super) caller: Caller,
    pub(super) actor: Actor,
}

impl Call {
    /// The organisation that calls.
    pub fn oin(&self) -> &Oin {
        self.caller.oin()
    }

    /// Who acts.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    pub(super) fn role(&self) -> Role {
        self.caller.role()
    }

    /// Whether the user, as far as the call says, has the family name of somebody.
    pub(super) fn is_of_the_name(&self, family: &str) -> bool {
        self.caller.stated_name.as_ref().is_some_and(|name| name.is_that_of(family))
    }

    /// The purpose that the officer gave; where none was given, what such a look is for.
    pub(super) fn purpose_or(&self, usual: Purpose) -> Purpose {
        self.caller.occasion.map_or(usual, Occasion::purpose)
    }

    /// An occasion comes under one purpose: with another, the entry of the look would contradict itself.
    pub(super) fn check_occasion(&self, purpose: Purpose) -> Result<()> {
        let mut violations = Violations::new();
        let fits = self.caller.occasion.is_none_or(|occasion| occasion.purpose() == purpose);
        let words = "must be an occasion of the purpose that is given";
        violations.require(fits, "occasion", "OTHER_PURPOSE", words);
        Ok(violations.into_result(())?)
    }

    /// What the entry of a look says: what was looked at, for which purpose, what more there is to say,
    /// and on which occasion.
    pub(super) fn look_note(&self, (what, purpose): (Look, Purpose), more: &str) -> Result<String> {
        self.check_occasion(purpose)?;
        let mut note = format!("{what} {purpose}");
        let occasion = self.caller.occasion.map_or("", Occasion::as_str);
        for word in [more, occasion].into_iter().filter(|word| !word.is_empty()) {
            note.push(' ');
            note.push_str(word);
        }
        Ok(note)
    }

    pub(super) const fn now(&self) -> Timestamp {
        self.caller.now
    }
}

/// W3C trace id: ties the entries of one call to the logs of the caller.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceId([u8; 16]);

impl TraceId {
    /// A new one, for a caller that sent none.
    pub fn generate() -> Result<Self> {
        Ok(Self(random::random_bytes().map_err(Error::internal)?))
    }

    pub(super) const fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent of version 00")]
pub struct InvalidTraceparent;

impl FromStr for TraceId {
    type Err = InvalidTraceparent;

    /// Reads the trace id out of a `traceparent` header: `00-<32 hex>-<16 hex>-<2 hex>`.
    fn from_str(header: &str) -> Result<Self, InvalidTraceparent> {
        let mut parts = header.split('-');
        let (Some("00"), Some(trace), Some(span), Some(flags), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidTraceparent);
        };
        let mut id = [0; 16];
        let well_formed = hex::decode_to_slice(trace, &mut id).is_ok()
            && span.len() == 16
            && flags.len() == 2
            && span.bytes().chain(flags.bytes()).all(|byte| byte.is_ascii_hexdigit());
        if well_formed && id != [0; 16] { Ok(Self(id)) } else { Err(InvalidTraceparent) }
    }
}

/// A mutating request: its id and its body, so that repeating it is safe (promise 2).
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) id: RequestId,
    pub(super) method: &'static str,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// A request with its canonical bytes. Two requests are the same when method and bytes are.
    pub const fn new(id: RequestId, method: &'static str, body: Vec<u8>) -> Self {
        Self { id, method, body }
    }

    /// Its id.
    pub const fn id(&self) -> RequestId {
        self.id
    }
}

impl Gateway {
    /// An id for a request that comes from a page and not from a system.
    pub fn new_request_id(&self) -> Result<RequestId> {
        Ok(RequestId::new(random::uuid_v4().map_err(Error::internal)?))
    }

    /// The row that stands for a request: the body only as a keyed digest, which tells nothing.
    pub(super) fn request_row(&self, call: &Call, request: &Request) -> RequestRow {
        let key = self.keys().keyring().idempotency_key();
        RequestRow {
            caller: call.oin().clone(),
            request_id: request.id,
            method: request.method,
            body_digest: key.body_digest(request.method, &request.body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_gives_its_trace_id() {
        let header = "00-7c1e4f0b9d2a4c6e8f10a1b2c3d4e5f6-a1b2c3d4e5f60718-01";
        let trace: TraceId = header.parse().unwrap();
        assert_eq!(trace.to_string(), "7c1e4f0b9d2a4c6e8f10a1b2c3d4e5f6");
    }

    #[test]
    fn what_is_not_a_traceparent_is_refused() {
        for bad in [
            "",
            "00-7c1e-a1b2c3d4e5f60718-01",
            "01-7c1e4f0b9d2a4c6e8f10a1b2c3d4e5f6-a1b2c3d4e5f60718-01",
            "00-00000000000000000000000000000000-a1b2c3d4e5f60718-01",
            "00-7c1e4f0b9d2a4c6e8f10a1b2c3d4e5f6-a1b2c3d4e5f60718-01-x",
        ] {
            assert!(bad.parse::<TraceId>().is_err(), "{bad}");
        }
    }
}
