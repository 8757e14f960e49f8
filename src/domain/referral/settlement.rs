//! What a reader does with a referral that it holds under a lease.
//!
//! Four verbs: take over, give back, hold longer, send back to the sender. A referral that is not
//! for this recipient goes back to the police; there is no verb that drops it.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::domain::code::codes;
use crate::domain::draft::{DurationDraft, Fields, Reading};
use crate::domain::text::{Line, Prose};
use crate::domain::violation::Violations;

/// How long a reader may ask not to be offered a referral again. Bounded, so that a broken reader
/// cannot put a referral out of sight.
pub const RETRY_DELAY: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_mins(10);

/// How long a lease may last from now. Bounded, so that a lost reader blocks a referral shortly.
pub const LEASE: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_mins(10);

codes! {
    /// Why a recipient sends a referral back.
    pub enum SendBackReason {
        /// Belongs to another region.
        WrongRegion = 1, "WRONG_REGION";
        /// Belongs to another kind of organisation.
        WrongOrganisation = 2, "WRONG_ORGANISATION";
        /// Cannot be read or understood.
        Unusable = 3, "UNUSABLE";
    }
}

/// What to do with a leased referral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Stored safely at the recipient, which takes responsibility.
    Acknowledge {
        /// The recipient's own number.
        local_reference: Option<Line<128>>,
    },
    /// Not now: offer it again.
    Release {
        /// Not before this time has passed; within [`RETRY_DELAY`].
        retry_delay: Duration,
    },
    /// Still busy: move the end of the lease.
    Extend {
        /// The lease ends this long from now; within [`LEASE`].
        lease: Duration,
    },
    /// Not for us: back to the sender.
    SendBack {
        /// Why.
        reason: SendBackReason,
        /// For the sender.
        explanation: Option<Prose<2000>>,
    },
}

/// A [`Settlement`] as a message carries it.
#[derive(Clone)]
pub enum SettlementDraft {
    /// [`Settlement::Acknowledge`].
    Acknowledge {
        /// May be empty.
        local_reference: String,
    },
    /// [`Settlement::Release`].
    Release {
        /// Absent: offer it again at once.
        retry_delay: Option<DurationDraft>,
    },
    /// [`Settlement::Extend`].
    Extend {
        /// Required.
        lease: Option<DurationDraft>,
    },
    /// [`Settlement::SendBack`].
    SendBack {
        /// Number of the [`SendBackReason`].
        reason: i32,
        /// May be empty.
        explanation: String,
    },
}

impl SettlementDraft {
    /// The settlement, or `None` with what is wrong noted under `path`.
    ///
    /// Each verb is a message of its own, in the field of that name.
    pub fn parse(&self, path: &str, violations: &mut Violations) -> Option<Settlement> {
        self.read(&mut Fields::new(path, violations)).ok()
    }

    fn read(&self, fields: &mut Fields<'_>) -> Reading<Settlement> {
        match self {
            Self::Acknowledge { local_reference } => fields
                .message("acknowledge")
                .optional_text("local_reference", local_reference)
                .map(|local_reference| Settlement::Acknowledge { local_reference }),
            Self::Release { retry_delay } => fields
                .message("release")
                .duration("retry_delay", Some(retry_delay.unwrap_or_default()), RETRY_DELAY)
                .map(|retry_delay| Settlement::Release { retry_delay }),
            Self::Extend { lease } => fields
                .message("extend")
                .duration("lease_duration", *lease, LEASE)
                .map(|lease| Settlement::Extend { lease }),
            Self::SendBack { reason, explanation } => {
                let fields = &mut fields.message("send_back");
                let reason = fields.code("reason", *reason, SendBackReason::from_number);
                let explanation = fields.optional_text("explanation", explanation);
                Ok(Settlement::SendBack { reason: reason?, explanation: explanation? })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(draft: &SettlementDraft) -> Result<Settlement, (String, &'static str)> {
        let mut violations = Violations::new();
        let parsed = draft.parse("settlements[0]", &mut violations);
        let first = violations.iter().next();
        parsed.ok_or_else(|| first.map(|v| (v.field.clone(), v.rule)).unwrap())
    }

    fn seconds(seconds: i64) -> DurationDraft {
        DurationDraft { seconds, nanos: 0 }
    }

    #[test]
    fn each_verb_is_read_within_its_bounds() {
        assert_eq!(
            parse(&SettlementDraft::Acknowledge { local_reference: String::new() }),
            Ok(Settlement::Acknowledge { local_reference: None })
        );
        assert_eq!(
            parse(&SettlementDraft::Release { retry_delay: None }),
            Ok(Settlement::Release { retry_delay: Duration::ZERO })
        );
        assert_eq!(
            parse(&SettlementDraft::Extend { lease: Some(seconds(600)) }),
            Ok(Settlement::Extend { lease: Duration::from_mins(10) })
        );
        let send_back = SettlementDraft::SendBack { reason: 1, explanation: "Leiden".to_owned() };
        assert!(matches!(
            parse(&send_back),
            Ok(Settlement::SendBack { reason: SendBackReason::WrongRegion, explanation: Some(_) })
        ));
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_by_path() {
        for (draft, field, rule) in [
            (
                SettlementDraft::Acknowledge { local_reference: "x".repeat(129) },
                "settlements[0].acknowledge.local_reference",
                "TOO_LONG",
            ),
            (
                SettlementDraft::Release { retry_delay: Some(seconds(601)) },
                "settlements[0].release.retry_delay",
                "OUT_OF_RANGE",
            ),
            (
                SettlementDraft::Extend { lease: Some(seconds(9)) },
                "settlements[0].extend.lease_duration",
                "OUT_OF_RANGE",
            ),
            (
                SettlementDraft::Extend { lease: None },
                "settlements[0].extend.lease_duration",
                "REQUIRED",
            ),
            (
                SettlementDraft::SendBack { reason: 0, explanation: String::new() },
                "settlements[0].send_back.reason",
                "REQUIRED",
            ),
        ] {
            assert_eq!(parse(&draft), Err((field.to_owned(), rule)));
        }
    }
}
