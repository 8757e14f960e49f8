//! A breach of personal data (AVG art. 33, 34; DOMAIN §5.7): what was compromised and when, so that
//! the ledger can tell whom it is about.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::code::codes;
use super::draft::{Fields, Reading};
use super::id::{Oin, UserId};
use super::text::{Line, Prose};
use super::time::Timestamp;
use super::violation::{Rule, Violations};

/// Longest window of a breach. A longer one is more than one breach.
const WINDOW_MAX: Duration = Duration::from_hours(400 * 24);
/// Most characters in what happened.
pub const NATURE_CHARS_MAX: usize = 2_000;

codes! {
    /// What was compromised.
    pub enum BreachKind {
        /// The certificate of an organisation: whoever had its key was that organisation.
        Certificate = 1, "CERTIFICATE";
        /// An employee: an account that somebody else used, or misuse.
        User = 2, "USER";
        /// What an organisation received.
        Recipient = 3, "RECIPIENT";
        /// One message.
        Message = 4, "MESSAGE";
    }
}

codes! {
    /// What was done about the duty to notify (AVG art. 33 lid 1).
    pub enum Notification {
        /// The supervisory authority was notified.
        Notified = 1, "NOTIFIED";
        /// It was not, because a risk to people is unlikely.
        RiskUnlikely = 2, "RISK_UNLIKELY";
    }
}

/// A breach, as a message carries it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct BreachDraft {
    pub kind: i32,
    pub oin: String,
    pub user_id: String,
    pub certificate_fingerprint: String,
    pub message_id: String,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub detected_at: Option<Timestamp>,
    pub aware_at: Option<Timestamp>,
    pub encrypted: bool,
    pub nature: String,
}

/// What was compromised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Compromised {
    /// A certificate: its SHA-256 fingerprint.
    Certificate {
        /// Of whom.
        oin: Oin,
        /// Which.
        fingerprint: Line<64>,
    },
    /// An employee.
    User {
        /// Of whom.
        oin: Oin,
        /// Who.
        user_id: UserId,
    },
    /// What an organisation received.
    Recipient {
        /// Which.
        oin: Oin,
    },
    /// One message.
    Message {
        /// Id of a referral or consent.
        message_id: MessageId,
    },
}

/// The id of a message: of a referral or a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(uuid::Uuid);

/// A breach that can be looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breach {
    /// What was compromised.
    pub compromised: Compromised,
    /// From this moment on,
    pub from: Timestamp,
    /// and before this one.
    pub until: Timestamp,
    /// When it was found.
    pub detected_at: Timestamp,
    /// When the organisation knew that it is a breach: the 72 hours start.
    pub aware_at: Timestamp,
    /// Whether the data were unreadable for whoever got them (AVG art. 34 lid 3 onder a).
    pub is_encrypted: bool,
    /// What happened, in words; nothing about a person.
    pub nature: Prose<NATURE_CHARS_MAX>,
}

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID in its canonical 36-character form")]
pub struct InvalidMessageId;

impl Rule for InvalidMessageId {
    fn rule(&self) -> &'static str {
        "UUID"
    }
}

impl MessageId {
    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for MessageId {
    type Err = InvalidMessageId;

    fn from_str(text: &str) -> Result<Self, InvalidMessageId> {
        match uuid::Uuid::try_parse(text) {
            Ok(id) if text.len() == 36 => Ok(Self(id)),
            Ok(_) | Err(_) => Err(InvalidMessageId),
        }
    }
}

impl Compromised {
    /// What kind of thing it is.
    pub const fn kind(&self) -> BreachKind {
        match self {
            Self::Certificate { .. } => BreachKind::Certificate,
            Self::User { .. } => BreachKind::User,
            Self::Recipient { .. } => BreachKind::Recipient,
            Self::Message { .. } => BreachKind::Message,
        }
    }
}

impl BreachDraft {
    /// Reads the breach, or tells everything that is wrong.
    pub fn parse(&self, now: Timestamp) -> Result<Breach, Violations> {
        let mut violations = Violations::new();
        let mut fields = Fields::new("breach", &mut violations);
        let compromised = self.compromised(&mut fields);
        let window = self.window(&mut fields);
        let known = self.known(&mut fields, now);
        let nature = fields.text("nature", &self.nature);
        match (compromised, window, known, nature) {
            (Ok(compromised), Some((from, until)), Some((detected_at, aware_at)), Ok(nature))
                if violations.is_empty() =>
            {
                let is_encrypted = self.encrypted;
                Ok(Breach { compromised, from, until, detected_at, aware_at, is_encrypted, nature })
            }
            _ => Err(violations),
        }
    }

    fn compromised(&self, fields: &mut Fields<'_>) -> Reading<Compromised> {
        let kind = fields.code("kind", self.kind, BreachKind::from_number)?;
        let words = "has no meaning for this kind of breach";
        let unused = |fields: &mut Fields<'_>, name: &str, text: &str, used: bool| {
            fields.absent(used || text.is_empty(), name, words);
        };
        unused(fields, "oin", &self.oin, kind != BreachKind::Message);
        unused(fields, "user_id", &self.user_id, kind == BreachKind::User);
        let fingerprint = &self.certificate_fingerprint;
        let of_certificate = kind == BreachKind::Certificate;
        unused(fields, "certificate_fingerprint", fingerprint, of_certificate);
        unused(fields, "message_id", &self.message_id, kind == BreachKind::Message);
        if kind == BreachKind::Message {
            return Ok(Compromised::Message {
                message_id: fields.text("message_id", &self.message_id)?,
            });
        }
        let oin = fields.text("oin", &self.oin);
        Ok(match kind {
            BreachKind::User => {
                let user_id = fields.text("user_id", &self.user_id);
                Compromised::User { oin: oin?, user_id: user_id? }
            }
            BreachKind::Certificate => {
                let fingerprint = fields.text("certificate_fingerprint", fingerprint);
                Compromised::Certificate { oin: oin?, fingerprint: fingerprint? }
            }
            BreachKind::Recipient | BreachKind::Message => Compromised::Recipient { oin: oin? },
        })
    }

    fn window(&self, fields: &mut Fields<'_>) -> Option<(Timestamp, Timestamp)> {
        let from = fields.given("window.start_time", self.from);
        let until = fields.given("window.end_time", self.until);
        let (from, until) = (from.ok()?, until.ok()?);
        let fits = from < until && until <= from.plus(WINDOW_MAX);
        let words = "must end after it starts, at most 400 days later";
        fields.require(fits, "window", "PERIOD", words);
        Some((from, until))
    }

    fn known(&self, fields: &mut Fields<'_>, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let detected = fields.given("detected_at", self.detected_at);
        let aware = fields.given("aware_at", self.aware_at);
        let (detected, aware) = (detected.ok()?, aware.ok()?);
        fields.require(aware <= now, "aware_at", "IN_FUTURE", "must not be in the future");
        let words = "must not be before it was detected";
        fields.require(detected <= aware, "aware_at", "BEFORE_DETECTION", words);
        Some((detected, aware))
    }
}

/// What is wrong with saying how the duty to notify was met.
pub fn check_notification(
    notification: Notification,
    motivation: &str,
    (now, due_at): (Timestamp, Timestamp),
) -> Result<Option<Prose<NATURE_CHARS_MAX>>, Violations> {
    let mut violations = Violations::new();
    // Later than 72 hours it must say why (AVG art. 33 lid 1); not notifying is documented (lid 5).
    let needed = notification == Notification::RiskUnlikely || now > due_at;
    let motivation = if motivation.is_empty() && !needed {
        None
    } else {
        violations.take("motivation", motivation.parse())
    };
    violations.into_result(motivation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testema::at;

    const NOW: &str = "2026-07-01T10:00:00Z";

    fn draft() -> BreachDraft {
        BreachDraft {
            kind: 1,
            oin: "00000099000000006000".to_owned(),
            certificate_fingerprint: "ab".repeat(32),
            from: Some(at("2026-06-07T21:00:00Z")),
            until: Some(at("2026-06-08T06:00:00Z")),
            detected_at: Some(at("2026-07-01T08:00:00Z")),
            aware_at: Some(at("2026-07-01T09:00:00Z")),
            nature: "The key of a certificate was copied.".to_owned(),
            ..BreachDraft::default()
        }
    }

    fn wrong(draft: &BreachDraft) -> Vec<(String, &'static str)> {
        let violations = draft.parse(at(NOW)).unwrap_err();
        let of = |field: &str| field.trim_start_matches("breach.").to_owned();
        violations.iter().map(|one| (of(&one.field), one.rule)).collect()
    }

    #[test]
    fn a_good_message_becomes_a_breach() {
        let breach = draft().parse(at(NOW)).unwrap();
        assert_eq!(breach.compromised.kind(), BreachKind::Certificate);
        let text = serde_json::to_string(&breach).unwrap();
        assert_eq!(serde_json::from_str::<Breach>(&text).unwrap(), breach);
    }

    #[test]
    fn every_wrong_field_of_a_breach_is_told_at_once() {
        let fields: Vec<_> = wrong(&BreachDraft::default()).into_iter().map(|(f, _)| f).collect();
        let expected =
            ["kind", "window.start_time", "window.end_time", "detected_at", "aware_at", "nature"];
        assert_eq!(fields, expected);
        let both = BreachDraft { user_id: "x".to_owned(), ..draft() };
        assert_eq!(wrong(&both), [("user_id".to_owned(), "NOT_APPLICABLE")]);
        let user = BreachDraft { kind: 2, certificate_fingerprint: String::new(), ..draft() };
        assert_eq!(wrong(&user), [("user_id".to_owned(), "REQUIRED")]);
        let backwards = BreachDraft { until: draft().from, ..draft() };
        assert_eq!(wrong(&backwards), [("window".to_owned(), "PERIOD")]);
        let early = BreachDraft { aware_at: Some(at("2026-07-01T07:00:00Z")), ..draft() };
        assert_eq!(wrong(&early), [("aware_at".to_owned(), "BEFORE_DETECTION")]);
        let future = BreachDraft { aware_at: Some(at("2026-07-01T10:00:01Z")), ..draft() };
        assert_eq!(wrong(&future), [("aware_at".to_owned(), "IN_FUTURE")]);
    }

    #[test]
    fn a_late_notification_and_none_at_all_need_a_reason() {
        let due = at("2026-07-04T09:00:00Z");
        let (early, late) = (at("2026-07-04T09:00:00Z"), at("2026-07-04T09:00:01Z"));
        let check = |notification, text, now| check_notification(notification, text, (now, due));
        assert_eq!(check(Notification::Notified, "", early), Ok(None));
        assert!(check(Notification::Notified, "", late).is_err());
        assert!(check(Notification::Notified, "Found in phases.", late).is_ok());
        assert!(check(Notification::RiskUnlikely, "", early).is_err());
        assert!(check(Notification::RiskUnlikely, "Encrypted.", early).is_ok());
    }
}
