//! How a case ends, and how it is taken up again (DOMAIN §1.3).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::CaseState;
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::id::{HandoverId, ReferralId};
use crate::domain::text::{Line, Prose};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;

/// How a case ends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Closing {
    /// The team lets go: the agreements are secured and the violence has stopped.
    Released {
        /// Why already before phase 3; none in phase 3.
        phase_reason: Option<Prose<2000>>,
    },
    /// Another party goes on, and has said so.
    Transferred {
        /// Who.
        receiver: Receiver,
        /// Why.
        reason: Prose<2000>,
    },
    /// Nothing more is done.
    NoFurtherAction {
        /// Why.
        reason: Prose<2000>,
    },
}

/// Who goes on with a case.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Receiver {
    /// An organisation of this gateway, which accepted this handover.
    Partner {
        /// Handover.
        handover_id: HandoverId,
    },
    /// A party that is not connected, such as a local team.
    Outside {
        /// Its name.
        name: Line<200>,
        /// Who there accepted it: warm, from person to person.
        accepted_by: Line<100>,
        /// When.
        accepted_at: Timestamp,
    },
}

/// What is known outside the steps when a case ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loose {
    /// Handovers that nobody has answered.
    pub open_handovers: usize,
    /// Referrals about these people that wait for triage.
    pub untriaged_referrals: usize,
    /// The last referral about these people since the case was opened.
    pub last_referral_at: Option<Timestamp>,
}

/// Why a case was taken up again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reopening {
    /// When.
    pub at: Timestamp,
    /// The repeat referral; none when the team itself heard of new violence.
    pub referral_id: Option<ReferralId>,
    /// Why.
    pub reason: Prose<2000>,
}

macro_rules! hidden {
    ($($name:ident),+) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+ };
}

hidden!(Closing, Receiver, Reopening, ClosingDraft, TransferDraft, ReopeningDraft);

impl Closing {
    /// The state that the case ends in.
    pub fn state(&self) -> CaseState {
        match self {
            Self::Released { .. } => CaseState::Released,
            Self::Transferred { .. } => CaseState::Transferred,
            Self::NoFurtherAction { .. } => CaseState::NoFurtherAction,
        }
    }
}

/// A [`Closing`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the variants and fields are those of the parsed type")]
pub enum ClosingDraft {
    #[default]
    NotGiven,
    Release {
        phase_reason: String,
    },
    Transfer(TransferDraft),
    NoFurtherAction {
        reason: String,
    },
}

/// A transfer, as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct TransferDraft {
    pub handover_id: String,
    pub receiver_name: String,
    pub accepted_by: String,
    pub accepted_at: Option<Timestamp>,
    pub reason: String,
}

impl ClosingDraft {
    /// The end of the case, or everything that is wrong with it.
    pub fn parse(self, now: Timestamp) -> Result<Closing, Violations> {
        let mut violations = Violations::new();
        match self.read(&mut Fields::new("", &mut violations), now) {
            Ok(closing) => violations.into_result(closing),
            Err(Noted) => Err(violations),
        }
    }

    fn read(&self, fields: &mut Fields<'_>, now: Timestamp) -> Reading<Closing> {
        match self {
            Self::NotGiven => Err(fields.wrong("closing", "REQUIRED", "must be given")),
            Self::Release { phase_reason } => {
                let fields = &mut fields.message("release");
                let phase_reason = fields.optional_text("phase_reason", phase_reason)?;
                Ok(Closing::Released { phase_reason })
            }
            Self::Transfer(draft) => draft.read(&mut fields.message("transfer"), now),
            Self::NoFurtherAction { reason } => {
                let fields = &mut fields.message("no_further_action");
                Ok(Closing::NoFurtherAction { reason: fields.text("reason", reason)? })
            }
        }
    }
}

impl TransferDraft {
    fn read(&self, fields: &mut Fields<'_>, now: Timestamp) -> Reading<Closing> {
        let receiver = if self.handover_id.is_empty() {
            self.read_outside(fields, now)
        } else {
            let words = "is not given with a handover";
            fields.absent(self.receiver_name.is_empty(), "receiver_name", words);
            fields.absent(self.accepted_by.is_empty(), "accepted_by", words);
            fields.absent(self.accepted_at.is_none(), "accepted_at", words);
            let handover_id = fields.text("handover_id", &self.handover_id);
            handover_id.map(|handover_id| Receiver::Partner { handover_id })
        };
        let reason = fields.text("reason", &self.reason);
        Ok(Closing::Transferred { receiver: receiver?, reason: reason? })
    }

    fn read_outside(&self, fields: &mut Fields<'_>, now: Timestamp) -> Reading<Receiver> {
        let name = fields.text("receiver_name", &self.receiver_name);
        let accepted_by = fields.text("accepted_by", &self.accepted_by);
        let accepted_at = fields.given("accepted_at", self.accepted_at);
        if let Ok(at) = accepted_at {
            fields.require(at <= now, "accepted_at", "IN_FUTURE", "must not be in the future");
        }
        Ok(Receiver::Outside { name: name?, accepted_by: accepted_by?, accepted_at: accepted_at? })
    }
}

/// A [`Reopening`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct ReopeningDraft {
    pub referral_id: String,
    pub reason: String,
}

impl ReopeningDraft {
    /// The reopening, or everything that is wrong with it.
    pub fn parse(self, now: Timestamp) -> Result<Reopening, Violations> {
        let mut violations = Violations::new();
        let mut fields = Fields::new("", &mut violations);
        let referral_id = fields.optional_text("referral_id", &self.referral_id);
        let reason = fields.text("reason", &self.reason);
        match (referral_id, reason) {
            (Ok(referral_id), Ok(reason)) => {
                violations.into_result(Reopening { at: now, referral_id, reason })
            }
            _ => Err(violations),
        }
    }
}
