//! The canonical record: what one ledger entry says to those who may read it (DOMAIN §6.1).
//!
//! One record is one event about one data subject. It is sealed under the subject's key, committed
//! to by the entry, and every export is made from it. It tells what was done, never the content.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::basis::Basis;
use super::case::Involvement;
use super::category::Categories;
use super::code::codes;
use super::decision::Condition;
use super::event::{Action, DenialReason, EventCode, Outcome};
use super::id::{CaseRef, ConsentId, EventId, GroupId, Oin, Pseudonym, UserId, Version};
use super::organisation::{Actor, Role, UserRole};
use super::person::AgeBand;
use super::policy::{ClosedQuestion, DecidedOn};
use super::purpose::Purpose;
use super::time::Timestamp;

mod json;

pub(in crate::domain) use json::Moment;

/// Version of the record that this code writes and reads.
pub const SCHEMA_VERSION: u16 = 1;

codes! {
    /// What kind of name a data subject has in the record.
    pub enum IdType {
        /// Keyed pseudonym (DOMAIN §8 row 2).
        VvtPseudonym = 1, "VVT_PSEUDONYM";
    }
}

codes! {
    /// What an event was about, besides the person.
    pub enum ObjectType {
        /// Referral of the police.
        Referral = 1, "REFERRAL";
        /// Case of a team.
        Case = 2, "CASE";
        /// Summary of a case.
        CaseSummary = 3, "CASE_SUMMARY";
        /// Consent.
        Consent = 4, "CONSENT";
        /// Emergency disclosure.
        EmergencyDisclosure = 5, "EMERGENCY_DISCLOSURE";
        /// Review of a disclosure.
        Review = 6, "REVIEW";
        /// The ledger itself.
        DisclosureLog = 7, "DISCLOSURE_LOG";
        /// Request of a data subject.
        SubjectRequest = 8, "SUBJECT_REQUEST";
        /// Breach.
        Breach = 9, "BREACH";
        /// Management report.
        Report = 10, "REPORT";
        /// Directory of organisations.
        Directory = 11, "DIRECTORY";
        /// Policy pack or routing table.
        Policy = 12, "POLICY";
    }
}

/// A W3C trace id, as 32 hexadecimal digits in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TraceId(#[serde(with = "super::hex_text")] pub [u8; 16]);

/// A W3C span id, as 16 hexadecimal digits in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpanId(#[serde(with = "super::hex_text")] pub [u8; 8]);

/// One event about one data subject.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureRecord {
    /// [`SCHEMA_VERSION`].
    #[serde(with = "json::schema_version")]
    pub schema_version: u16,
    /// Names the entry.
    pub disclosure_id: EventId,
    /// Shared by all entries of one act.
    pub disclosure_group_id: GroupId,
    /// Position in the ledger. Not known when the record is sealed, because the entry commits to
    /// these bytes before it has a position; set when the record is read.
    pub sequence: Option<u64>,
    /// Trace of the call.
    pub trace_id: TraceId,
    /// Span of this entry: one data subject is one span (LDV).
    pub span_id: SpanId,
    /// Span of the act.
    pub parent_span_id: Option<SpanId>,
    /// What happened.
    pub event_code: EventCode,
    /// What was done to the data (NEN 7513 field 7.2.2).
    pub action: Action,
    /// When the call began.
    #[serde(with = "json::moment")]
    pub started_at: Timestamp,
    /// When it was recorded.
    #[serde(with = "json::moment")]
    pub recorded_at: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// What is to be said about that; never anything about a person.
    pub outcome_detail: String,
    /// The organisation whose data it is; the one that acted when no data was shared.
    pub sender: Party,
    /// The organisation that received, or would have.
    pub recipient: Option<Party>,
    /// The organisation responsible for the data.
    pub custodian_oin: Oin,
    /// Whom it is about; none for an event about nobody.
    pub data_subject: Option<DataSubject>,
    /// Case.
    pub case_ref: Option<CaseRef>,
    /// The message or call that did it.
    pub message_id: Option<Uuid>,
    /// What it was about, besides the person.
    pub object_type: ObjectType,
    /// Which version of that.
    pub object_version: Option<u32>,
    /// Which data went; which was asked for, when none did.
    pub data_categories: Categories,
    /// What the decision allowed, where that may be more than went: there may be nothing of a category,
    /// and a part about several people is held back by any one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permitted_categories: Option<Categories>,
    /// Why.
    pub purpose: Option<Purpose>,
    /// On which ground.
    pub basis: Option<Basis>,
    /// AVG article 6 ground.
    pub avg_article_6: Option<String>,
    /// AVG article 9 ground, for special categories of data.
    pub avg_article_9: Option<String>,
    /// UAVG article, for criminal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uavg_criminal: Option<String>,
    /// What allowed professional secrecy to be broken.
    pub confidentiality_ground: Option<String>,
    /// Consents relied on.
    pub consent_ids: Vec<ConsentId>,
    /// Policy pack that decided.
    pub authorization_policy: Version,
    /// SHA-256 of that policy pack.
    #[serde(with = "super::hex_text")]
    pub policy_hash: [u8; 32],
    /// The conditions in short (NEN 7513 field 7.2.6), for example `consent=valid`.
    pub checks: String,
    /// Everything that was looked at, in order.
    pub conditions: Vec<Condition>,
    /// What the decision about the person was made on, so that it can be made again.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "json::decided_on")]
    pub decided_on: Option<Arc<DecidedOn>>,
    /// The closed question that was answered, with what the answer rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_question: Option<Box<ClosedQuestion>>,
    /// Why it was denied; the empty word when it was not.
    #[serde(with = "json::word_or_empty")]
    pub denial: Option<DenialReason>,
    /// The entry that declared the emergency, when the emergency procedure was used.
    pub break_glass: Option<EventId>,
    /// How the people concerned were involved in a sharing, with the day or the reason that goes with it:
    /// what it rests on that somebody is told later, or not at all, is looked at by officers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub involvement: Option<Involvement>,
    /// Whether the user has the family name of the person, or half of it: known only where the system of the
    /// caller stated the name, which is not kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_family_name: bool,
    /// Activity in the register of processing activities (AVG art. 30).
    pub processing_activity_id: String,
    /// System that logged it (NEN 7513 field 7.5.2).
    pub source_system: String,
    /// Where that system runs (NEN 7513 field 7.5.1).
    pub source_site: String,
}

/// An organisation that took part, and who acted for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Who.
    pub org_oin: Oin,
    /// What it is in the chain.
    pub org_role: Role,
    /// Employee who acted; at the organisation that acted only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// In what role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_role: Option<UserRole>,
    /// For whom, when somebody else is responsible (NEN 7513 field 7.3.6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible_user_id: Option<UserId>,
    /// In what role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible_user_role: Option<UserRole>,
    /// From or to where (NEN 7513 field 7.3.10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_address: Option<String>,
}

/// Whom a record is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSubject {
    /// Who.
    #[serde(with = "super::hex_text")]
    pub pseudonym: Pseudonym,
    /// What kind of name that is.
    pub id_type: IdType,
    /// Age at the event, as far as consent depends on it.
    pub age_band: AgeBand,
}

/// Bytes that are not a record of [`SCHEMA_VERSION`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a disclosure record of schema version {SCHEMA_VERSION}")]
pub struct InvalidRecord;

impl DisclosureRecord {
    /// The bytes that are sealed, and that the entry commits to.
    pub fn to_bytes(&self) -> Vec<u8> {
        json::encode(self)
    }

    /// Reads the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidRecord> {
        // The cause is dropped: a JSON error may quote a value.
        serde_json::from_slice(bytes).or(Err(InvalidRecord))
    }

    /// The organisation that acted: the one with an employee.
    pub fn acting_party(&self) -> &Party {
        self.recipient.as_ref().filter(|party| party.user_id.is_some()).unwrap_or(&self.sender)
    }

    /// As it is told to an organisation; to none: to the office of the region. What an employee is called
    /// is the employer's to know, not that of who sent the data.
    #[must_use]
    pub fn told_to(mut self, reader: Option<&Oin>) -> Self {
        let is_employer = reader.is_none_or(|reader| *reader == self.acting_party().org_oin);
        self.same_family_name &= is_employer;
        self
    }
}

impl Party {
    /// An organisation for which nobody acted.
    pub fn new(org_oin: Oin, org_role: Role) -> Self {
        Self {
            org_oin,
            org_role,
            user_id: None,
            user_role: None,
            responsible_user_id: None,
            responsible_user_role: None,
            network_address: None,
        }
    }

    /// The organisation with the employee who acted.
    #[must_use]
    pub fn acting(self, actor: &Actor) -> Self {
        let responsible = actor.on_behalf_of.as_ref();
        Self {
            user_id: Some(actor.user_id.clone()),
            user_role: Some(actor.role),
            responsible_user_id: responsible.map(|user| user.user_id.clone()),
            responsible_user_role: responsible.map(|user| user.role),
            ..self
        }
    }
}

impl fmt::Debug for DisclosureRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DisclosureRecord({})", self.disclosure_id)
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Party({})", self.org_oin)
    }
}

#[cfg(test)]
mod tests;
