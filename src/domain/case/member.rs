//! Organisations in a case team. Membership alone gives no data: it is one condition of many.

use serde::{Deserialize, Serialize};

use super::{JoinReason, MemberKind};
use crate::domain::id::Oin;
use crate::domain::time::Timestamp;

/// How an organisation belongs, with the reason that joining on call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "reason", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Membership {
    /// Fixed member.
    Core,
    /// Joined when needed.
    OnCall(JoinReason),
    /// Looks on.
    Observer,
}

/// An organisation in a case team, for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Organisation.
    pub oin: Oin,
    /// How it belongs.
    pub membership: Membership,
    /// First moment.
    pub member_from: Timestamp,
    /// First moment after it; none while it is a member.
    pub member_until: Option<Timestamp>,
}

impl Membership {
    /// The membership of a kind; `None` when the reason is missing, or given where it has no place.
    pub fn of(kind: MemberKind, reason: Option<JoinReason>) -> Option<Self> {
        match (kind, reason) {
            (MemberKind::Core, None) => Some(Self::Core),
            (MemberKind::OnCall, Some(reason)) => Some(Self::OnCall(reason)),
            (MemberKind::Observer, None) => Some(Self::Observer),
            (MemberKind::Core | MemberKind::Observer, Some(_)) | (MemberKind::OnCall, None) => None,
        }
    }

    /// The kind without the reason.
    pub fn kind(self) -> MemberKind {
        match self {
            Self::Core => MemberKind::Core,
            Self::OnCall(_) => MemberKind::OnCall,
            Self::Observer => MemberKind::Observer,
        }
    }

    /// The reason of joining on call.
    pub fn reason(self) -> Option<JoinReason> {
        match self {
            Self::OnCall(reason) => Some(reason),
            Self::Core | Self::Observer => None,
        }
    }
}

impl Member {
    /// Whether this is the membership of `oin`.
    pub fn is(&self, oin: &Oin) -> bool {
        self.oin == *oin
    }

    /// Whether the membership holds at this moment.
    pub fn is_current(&self, at: Timestamp) -> bool {
        self.member_from <= at && self.member_until.is_none_or(|until| at < until)
    }
}
