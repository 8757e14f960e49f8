//! What is left of a record whose person was forgotten, or that was changed: what stands beside the leaf.
//! Without it an export would have fewer lines than the ledger has entries, and nobody could tell why.

use uuid::Uuid;

use crate::domain::basis::Basis;
use crate::domain::category::Categories;
use crate::domain::disclosure::{
    DataSubject, DisclosureRecord, IdType, ObjectType, Party, SCHEMA_VERSION, SpanId, TraceId,
};
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::domain::id::Oin;
use crate::domain::organisation::Role;
use crate::domain::person::AgeBand;
use crate::domain::purpose::Purpose;
use crate::gateway::Gateway;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{SOURCE_SYSTEM, activity};
use crate::store::DisclosureRow;

/// In place of the policy that decided, which was sealed.
const POLICY_UNKNOWN: &str = "unknown";

impl Gateway {
    /// The record as far as it is known. Trace and span went with the sealed record; in their place stand
    /// the ids of act and entry, because the forms of others want some. The age is not known either, and
    /// is left out where a record of a forgotten person is written.
    pub(super) fn what_is_left(&self, row: &DisclosureRow) -> Result<DisclosureRecord> {
        // Neither the row nor the leaf tells any more: the line says that it was changed.
        let event = code(row.event_code, EventCode::from_number).unwrap_or(EventCode::AccessDenied);
        let outcome = u8::try_from(row.outcome).ok().and_then(Outcome::from_severity);
        let categories = u32::try_from(row.categories).ok().and_then(Categories::from_bits);
        let span = row.event_id.as_bytes().last_chunk().copied().unwrap_or_default();
        let (sender, recipient) = self.parties_of(row);
        Ok(DisclosureRecord {
            schema_version: SCHEMA_VERSION,
            disclosure_id: row.event_id,
            disclosure_group_id: row.group_id,
            sequence: None,
            trace_id: TraceId(*row.group_id.as_bytes()),
            span_id: SpanId(span),
            parent_span_id: None,
            event_code: event,
            action: event.dicom().1,
            started_at: row.recorded_at,
            recorded_at: row.recorded_at,
            outcome: outcome.unwrap_or(Outcome::MajorFailure),
            outcome_detail: String::new(),
            custodian_oin: sender.org_oin.clone(),
            sender,
            recipient,
            data_subject: row.subject.map(|pseudonym| DataSubject {
                pseudonym,
                id_type: IdType::VvtPseudonym,
                age_band: AgeBand::Under12,
            }),
            case_ref: row.case_ref.clone(),
            message_id: row.message_id.as_deref().and_then(|id| Uuid::from_slice(id).ok()),
            object_type: object(event),
            object_version: None,
            data_categories: categories.unwrap_or_default(),
            permitted_categories: None,
            purpose: code(row.purpose, Purpose::from_number),
            basis: code(row.basis, Basis::from_number),
            avg_article_6: None,
            avg_article_9: None,
            uavg_criminal: None,
            confidentiality_ground: None,
            consent_ids: Vec::new(),
            authorization_policy: POLICY_UNKNOWN.parse().map_err(Error::internal)?,
            policy_hash: [0; 32],
            checks: String::new(),
            conditions: Vec::new(),
            decided_on: None,
            closed_question: None,
            denial: code(row.denial, DenialReason::from_number),
            break_glass: None,
            involvement: None,
            same_family_name: false,
            processing_activity_id: activity(event).to_owned(),
            source_system: SOURCE_SYSTEM.to_owned(),
            source_site: self.origin().to_string(),
        })
    }

    fn parties_of(&self, row: &DisclosureRow) -> (Party, Option<Party>) {
        let party = |oin: &Oin| {
            let known = self.directory();
            let role = known.organisation(oin).map_or(Role::Gateway, |known| known.role());
            let user_id = (*oin == row.actor_oin).then(|| row.actor_user_id.clone());
            Party { user_id, ..Party::new(oin.clone(), role) }
        };
        let sender = party(row.sender_oin.as_ref().unwrap_or(&row.actor_oin));
        (sender, row.recipient_oin.as_ref().map(party))
    }
}

fn code<T>(number: i64, read: impl Fn(u16) -> Option<T>) -> Option<T> {
    u16::try_from(number).ok().and_then(read)
}

/// What the event was about; the record said it more closely.
fn object(event: EventCode) -> ObjectType {
    let word = event.as_str();
    let kinds = [
        ("CONSENT_", ObjectType::Consent),
        ("SUMMARY_", ObjectType::CaseSummary),
        ("REFERRAL_", ObjectType::Referral),
        ("BREAK_GLASS_", ObjectType::EmergencyDisclosure),
        ("REVIEW_", ObjectType::Review),
        ("DSAR_", ObjectType::SubjectRequest),
    ];
    let kind = kinds.into_iter().find(|(start, _)| word.starts_with(start));
    kind.map_or(ObjectType::Case, |(_, object)| object)
}
