//! Who calls: the organisation in the verified certificate of the connection (promise 5).
//!
//! Invariant: nobody gets past [`Door::admit`] whose certificate was revoked or has expired, or
//! whose organisation is unknown, suspended or without an agreement. All of them hear the same.

use std::fmt;
use std::sync::Arc;

use tonic::{Extensions, Status};

use super::status;
use crate::domain::occasion::Occasion;
use crate::gateway::stated_name::StatedName;
use crate::gateway::{AdmitError, Caller, Gateway, TraceId};
use crate::tls::{ConnectInfo, PeerIdentity};

/// Says whether a certificate still counts.
pub type Live = Arc<dyn Fn(&PeerIdentity) -> bool + Send + Sync>;

/// Lets callers in.
#[derive(Clone)]
pub(super) struct Door {
    gateway: Gateway,
    live: Live,
}

/// A caller that was let in once, to be looked at again while its stream lasts.
#[derive(Clone)]
pub(super) struct Visitor {
    door: Door,
    peer: Arc<PeerIdentity>,
    trace: Option<TraceId>,
    occasion: Option<Occasion>,
    stated_name: Option<Arc<StatedName>>,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

impl Door {
    pub(super) fn new(gateway: Gateway, live: Live) -> Self {
        Self { gateway, live }
    }

    pub(super) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The caller of a request.
    pub(super) fn admit(&self, extensions: &Extensions) -> Result<Caller, Status> {
        self.visitor(extensions)?.admit()
    }

    /// Who is at the door, before anybody looked at the directory.
    pub(super) fn visitor(&self, extensions: &Extensions) -> Result<Visitor, Status> {
        let info = extensions.get::<ConnectInfo>().ok_or_else(status::not_admitted)?;
        let trace = extensions.get::<TraceId>().copied();
        let occasion = extensions.get::<Occasion>().copied();
        let stated_name = extensions.get::<Arc<StatedName>>().cloned();
        let (door, peer) = (self.clone(), Arc::clone(&info.peer));
        Ok(Visitor { door, peer, trace, occasion, stated_name })
    }
}

impl Visitor {
    /// The certificate.
    pub(super) fn peer(&self) -> &PeerIdentity {
        &self.peer
    }

    /// The caller as of now.
    pub(super) fn admit(&self) -> Result<Caller, Status> {
        if !(self.door.live)(&self.peer) {
            return Err(status::not_admitted());
        }
        match self.door.gateway.admit(self.peer.oin(), self.trace) {
            Ok(caller) => Ok(caller.on_occasion(self.occasion).of_name(self.stated_name.clone())),
            Err(AdmitError::Unknown | AdmitError::NotAdmitted(_)) => Err(status::not_admitted()),
            Err(error @ AdmitError::NoRandomness) => Err(status::internal(&error)),
        }
    }
}
