//! The canonical record of a happening (DOMAIN §6.1).

use crate::domain::decision::Condition;
use crate::domain::disclosure::{
    DataSubject, DisclosureRecord, IdType, Party, SCHEMA_VERSION, SpanId, TraceId,
};
use crate::domain::event::EventCode;
use crate::domain::id::{EventId, Oin};
use crate::domain::organisation::Role;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::error::{Error, Result};
use crate::vault::random;

use super::{Happening, Matter, Sharing};

/// Name of this system in the records (NEN 7513 field 7.5.2).
pub(in crate::gateway) const SOURCE_SYSTEM: &str = "ketenpoort";

impl Gateway {
    /// What is sealed beside the leaf, and committed to in it.
    pub(super) fn record_of(
        &self,
        call: &Call,
        happening: &Happening<'_>,
        conditions: Vec<Condition>,
        event_id: EventId,
    ) -> Result<DisclosureRecord> {
        let directory = self.directory();
        let sharing = match &happening.matter {
            Matter::Sharing(sharing) => Some(sharing),
            Matter::Consent(_) | Matter::Administration(_) | Matter::Purge(_) => None,
        };
        let (_, dicom_action) = happening.event.dicom();
        let grounds = sharing
            .map(|sharing| directory.policy.basis(sharing.basis).grounds.about(sharing.categories));
        let (avg_article_6, avg_article_9, uavg_criminal, confidentiality_ground) = match grounds {
            Some(grounds) => (
                Some(grounds.avg_article_6),
                grounds.avg_article_9,
                grounds.uavg_criminal,
                Some(grounds.confidentiality_ground),
            ),
            None => (None, None, None, None),
        };
        let (sender, recipient) = self.parties(call, sharing);
        Ok(DisclosureRecord {
            schema_version: SCHEMA_VERSION,
            disclosure_id: event_id,
            disclosure_group_id: happening.group,
            sequence: None,
            trace_id: TraceId(call.caller.trace.bytes()),
            span_id: SpanId(random::random_bytes().map_err(Error::internal)?),
            parent_span_id: None,
            event_code: happening.event,
            action: dicom_action,
            started_at: call.now(),
            recorded_at: call.now(),
            outcome: happening.outcome,
            outcome_detail: happening.detail.clone(),
            sender,
            recipient,
            custodian_oin: sharing.map_or_else(|| call.oin(), |sharing| sharing.custodian).clone(),
            data_subject: happening.subject.as_ref().map(|subject| DataSubject {
                pseudonym: subject.key.pseudonym(),
                id_type: IdType::VvtPseudonym,
                age_band: subject.age_band,
            }),
            case_ref: happening.case_ref.cloned(),
            message_id: happening.message_id,
            object_type: happening.object,
            object_version: happening.object_version,
            data_categories: sharing.map_or_else(Default::default, |sharing| sharing.categories),
            permitted_categories: happening.permitted,
            purpose: sharing.map(|sharing| sharing.purpose),
            basis: sharing.map(|sharing| sharing.basis),
            avg_article_6,
            avg_article_9,
            uavg_criminal,
            confidentiality_ground,
            consent_ids: sharing.map_or_else(Vec::new, |sharing| {
                sharing.consents.iter().map(|consent| consent.consent_id).collect()
            }),
            authorization_policy: directory.policy.version.clone(),
            policy_hash: directory.policy_hash,
            checks: checks(&conditions),
            conditions,
            decided_on: happening.decided_on.clone(),
            closed_question: happening.closed_question.clone(),
            denial: happening.denial,
            break_glass: happening.break_glass,
            involvement: happening.involvement.clone(),
            same_family_name: happening.same_family_name,
            processing_activity_id: activity(happening.event).to_owned(),
            source_system: SOURCE_SYSTEM.to_owned(),
            source_site: self.origin().to_string(),
        })
    }

    /// Sender and recipient, with the employee at the organisation that acted.
    fn parties(&self, call: &Call, sharing: Option<&Sharing<'_>>) -> (Party, Option<Party>) {
        let acting = |oin: &Oin| {
            let party = Party::new(oin.clone(), self.role_of(oin, call));
            if oin == call.oin() { party.acting(&call.actor) } else { party }
        };
        match sharing {
            Some(sharing) => (acting(sharing.sender), Some(acting(sharing.recipient))),
            None => (acting(call.oin()), None),
        }
    }

    fn role_of(&self, oin: &Oin, call: &Call) -> Role {
        if oin == call.oin() {
            return call.role();
        }
        self.directory().organisation(oin).map_or(Role::Gateway, |known| known.role())
    }
}

/// The conditions in short (NEN 7513 field 7.2.6), each once where it stands several times in a row.
fn checks(conditions: &[Condition]) -> String {
    let mut short = String::with_capacity(conditions.len() * 24);
    let mut before = None;
    for Condition { id, met, .. } in conditions {
        if before.replace((id, met)) == Some((id, met)) {
            continue;
        }
        if !short.is_empty() {
            short.push(';');
        }
        short.push_str(id.as_str());
        short.push_str(if *met { "=met" } else { "=unmet" });
    }
    short
}

/// Activity in the register of processing activities (AVG art. 30).
pub(in crate::gateway) const fn activity(event: EventCode) -> &'static str {
    match event {
        EventCode::ReferralSubmitted
        | EventCode::ReferralRouted
        | EventCode::ReferralDelivered
        | EventCode::ReferralAcknowledged
        | EventCode::ReferralTriaged
        | EventCode::ReferralFeedbackSent
        | EventCode::ReferralWithdrawn
        | EventCode::ReferralReturned
        | EventCode::ReferralQuarantined
        | EventCode::ReferralRequeued
        | EventCode::InformingRecorded => "urn:ketenpoort:activity:referral-handling",
        EventCode::ConsentRecorded
        | EventCode::ConsentRefused
        | EventCode::ConsentWithdrawn
        | EventCode::ConsentExpired
        | EventCode::ConsentChecked
        | EventCode::RepresentativeExcluded
        | EventCode::RepresentationChanged
        | EventCode::RestrictionChanged => "urn:ketenpoort:activity:consent",
        EventCode::SummarySent
        | EventCode::SummaryDelivered
        | EventCode::SummaryRead
        | EventCode::SummaryRetracted
        | EventCode::SummaryShared
        | EventCode::RecallConfirmed
        | EventCode::FourEyesAgreed
        | EventCode::AccessDenied
        | EventCode::CaseChanged => "urn:ketenpoort:activity:case-summary-sharing",
        EventCode::BreakGlassDeclared
        | EventCode::BreakGlassEnded
        | EventCode::ReviewAssigned
        | EventCode::ReviewDecided
        | EventCode::ReviewInformed
        | EventCode::HoldPlaced
        | EventCode::HoldLifted
        | EventCode::ContentPurged
        | EventCode::LogQueried
        | EventCode::LogExported
        | EventCode::DsarOpened
        | EventCode::DsarReported
        | EventCode::DsarClosed
        | EventCode::BreachOpened
        | EventCode::BreachReported
        | EventCode::ReportGenerated
        | EventCode::PartnerChanged
        | EventCode::PolicyChanged
        | EventCode::LogPurged
        | EventCode::LedgerAccepted
        | EventCode::DeadlineMissed
        | EventCode::SignalRaised
        | EventCode::SignalClosed
        | EventCode::SignalSuppressed
        | EventCode::SignalSuppressionEnded
        | EventCode::SampleJudged
        | EventCode::QuestionAsked
        | EventCode::QuestionAnswered => "urn:ketenpoort:activity:accountability",
    }
}
