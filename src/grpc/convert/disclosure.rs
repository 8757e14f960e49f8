//! Entries of the ledger, for those who may read them.

use crate::domain::case::Involvement;
use crate::domain::category::Categories;
use crate::domain::disclosure::DisclosureRecord;
use crate::gateway::disclosures::{Looked, SearchDraft};
use crate::grpc::convert::{Reader, decision, moment};
use crate::grpc::pb;

/// The raw search; moments that are none are noted.
pub(in crate::grpc) fn search(
    purpose: i32,
    from: Option<pb::DisclosureFilter>,
    reader: &mut Reader,
) -> SearchDraft {
    let from = from.unwrap_or_default();
    let period = from.period.unwrap_or_default();
    SearchDraft {
        purpose,
        subject_pseudonym: from.subject_pseudonym,
        case_ref: from.case_ref,
        actor_user_id: from.actor_user_id,
        oin: from.oin,
        group_id: from.group_id,
        from: reader.moment("filter.period.start_time", period.start_time),
        until: reader.moment("filter.period.end_time", period.end_time),
        event_codes: from.event_codes,
        denied_only: from.denied_only,
        sender_oin: from.sender_oin,
        recipient_oin: from.recipient_oin,
        for_purpose: from.purpose,
        basis: from.basis,
        categories: from.categories,
        dispositions: from.dispositions,
        ..SearchDraft::default()
    }
}

/// A search that names no person, as a message asks it.
pub(in crate::grpc) fn filter(of: SearchDraft) -> pb::DisclosureFilter {
    pb::DisclosureFilter {
        subject_pseudonym: of.subject_pseudonym,
        case_ref: of.case_ref,
        actor_user_id: of.actor_user_id,
        oin: of.oin,
        group_id: of.group_id,
        period: Some(pb::Period {
            start_time: of.from.map(moment),
            end_time: of.until.map(moment),
        }),
        event_codes: of.event_codes,
        denied_only: of.denied_only,
        sender_oin: of.sender_oin,
        recipient_oin: of.recipient_oin,
        purpose: of.for_purpose,
        basis: of.basis,
        categories: of.categories,
        dispositions: of.dispositions,
    }
}

/// One entry. Of a person who was forgotten only what stands beside the leaf is left.
pub(in crate::grpc) fn disclosure(of: &Looked) -> pb::Disclosure {
    let row = &of.row;
    let record = of.record.as_ref();
    let text = |text: Option<String>| text.unwrap_or_default();
    let categories = u32::try_from(row.categories).ok().and_then(Categories::from_bits);
    pb::Disclosure {
        index: row.idx,
        event_id: row.event_id.to_string(),
        group_id: row.group_id.to_string(),
        event_code: small(row.event_code),
        recorded_at: Some(moment(row.recorded_at)),
        outcome: small(row.outcome),
        denial: small(row.denial),
        actor_oin: row.actor_oin.to_string(),
        sender_oin: text(row.sender_oin.as_ref().map(ToString::to_string)),
        recipient_oin: text(row.recipient_oin.as_ref().map(ToString::to_string)),
        actor: Some(actor(of)),
        purpose: small(row.purpose),
        basis: small(row.basis),
        categories: categories.map_or_else(Vec::new, decision::categories),
        case_ref: text(row.case_ref.as_ref().map(ToString::to_string)),
        subject_pseudonym: text(row.subject.map(crate::domain::id::Pseudonym::to_hex)),
        consent_ids: record.map_or_else(Vec::new, consent_ids),
        conditions: record.map_or_else(Vec::new, |record| {
            record.conditions.iter().map(decision::condition).collect()
        }),
        policy_version: text(record.map(|record| record.authorization_policy.to_string())),
        trace_id: text(record.map(|record| hex::encode(record.trace_id.0))),
        permitted_categories: record
            .and_then(|record| record.permitted_categories)
            .map_or_else(Vec::new, decision::categories),
        involvement: record.and_then(|record| record.involvement.as_ref()).map(involvement),
        disposition: small(row.disposition),
        changed: of.changed.iter().map(ToString::to_string).collect(),
    }
}

fn involvement(of: &Involvement) -> pb::Involvement {
    let (planned_date, reason) = match of {
        Involvement::Present | Involvement::Consented | Involvement::InformedBefore => {
            (String::new(), String::new())
        }
        Involvement::InformedAfterPlanned { planned_date } => {
            (planned_date.to_string(), String::new())
        }
        Involvement::NotInformedSafety { reason } => (String::new(), reason.as_str().to_owned()),
    };
    pb::Involvement { kind: of.kind().number().into(), planned_date, reason }
}

fn actor(of: &Looked) -> pb::Actor {
    let acting = of.record.as_ref().map(DisclosureRecord::acting_party);
    let responsible = acting.and_then(|party| party.responsible_user_id.as_ref());
    let number = |role: Option<crate::domain::organisation::UserRole>| {
        role.map_or(0, |role| role.number().into())
    };
    pb::Actor {
        user_id: of.row.actor_user_id.to_string(),
        role: number(acting.and_then(|party| party.user_role)),
        on_behalf_of_user_id: responsible.map_or_else(String::new, ToString::to_string),
        on_behalf_of_role: number(acting.and_then(|party| party.responsible_user_role)),
    }
}

fn consent_ids(of: &DisclosureRecord) -> Vec<String> {
    of.consent_ids.iter().map(ToString::to_string).collect()
}

/// A code as the database holds it.
pub(in crate::grpc) fn small(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(0)
}
