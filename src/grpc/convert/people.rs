//! Changes of people, and what holds of them.

use prost::Message as _;

use crate::domain::case::Incapacity;
use crate::domain::consent::{
    Capacity, Exclusion, Representative, RequiredSignature, Signer, Span,
};
use crate::domain::id::{CaseRef, PersonKey};
use crate::domain::people::{ChangeDraft, PersonChangeDraft, Restriction, RestrictionGround};
use crate::gateway::Result;
use crate::gateway::people::{
    AffectedConsent, PersonChanged, PersonLook, RenewalView, RenewalsView,
};
use crate::grpc::convert::{Reader, decision, moment};
use crate::grpc::pb;
use pb::record_person_change_request::Change;

/// The raw change; moments that are none are noted.
pub(in crate::grpc) fn draft(
    from: pb::RecordPersonChangeRequest,
    reader: &mut Reader,
) -> PersonChangeDraft {
    reader.text::<CaseRef>("case_ref", &from.case_ref);
    reader.text::<PersonKey>("person_key", &from.person_key);
    PersonChangeDraft {
        case_ref: from.case_ref,
        person_key: from.person_key,
        supervisor_user_id: from.supervisor_user_id,
        change: from.change.map_or(ChangeDraft::NotGiven, |change| read(change, reader)),
    }
}

fn read(change: Change, reader: &mut Reader) -> ChangeDraft {
    match change {
        Change::RepresentationBegun(of) => {
            reader.code("representation_begun.capacity", of.capacity, Capacity::from_number);
            ChangeDraft::RepresentationBegun {
                representative_key: of.representative_key,
                capacity: of.capacity,
                from: reader.moment("representation_begun.from", of.from),
            }
        }
        Change::RepresentationEnded(of) => {
            reader.code("representation_ended.capacity", of.capacity, Capacity::from_number);
            ChangeDraft::RepresentationEnded {
                representative_key: of.representative_key,
                capacity: of.capacity,
                until: reader.moment("representation_ended.until", of.until),
            }
        }
        Change::ExclusionLifted(of) => {
            ChangeDraft::ExclusionLifted { representative_key: of.representative_key }
        }
        Change::IncapacityBegun(of) => ChangeDraft::IncapacityBegun {
            decided_by_user_id: of.decided_by_user_id,
            from: reader.moment("incapacity_begun.from", of.from),
        },
        Change::IncapacityEnded(of) => ChangeDraft::IncapacityEnded {
            decided_by_user_id: of.decided_by_user_id,
            until: reader.moment("incapacity_ended.until", of.until),
        },
        Change::ProcessingRestricted(of) => {
            let field = "processing_restricted.ground";
            reader.code(field, of.ground, RestrictionGround::from_number);
            ChangeDraft::ProcessingRestricted { ground: of.ground }
        }
        Change::RestrictionLifted(of) => {
            reader.code("restriction_lifted.ground", of.ground, RestrictionGround::from_number);
            let field = "restriction_lifted.subject_informed_at";
            ChangeDraft::RestrictionLifted {
                ground: of.ground,
                subject_informed_at: reader.moment(field, of.subject_informed_at),
            }
        }
    }
}

/// The answer to `RecordPersonChange`.
pub(in crate::grpc) fn changed(of: &PersonChanged) -> Vec<u8> {
    pb::RecordPersonChangeResponse {
        affected: of.affected.iter().map(affected).collect(),
        notice_count: i32::try_from(of.notice_count).unwrap_or(i32::MAX),
        entry: Some(decision::ledger_receipt(&of.entry)),
    }
    .encode_to_vec()
}

fn affected(of: &AffectedConsent) -> pb::AffectedConsent {
    pb::AffectedConsent {
        consent_id: of.consent_id.to_string(),
        before: of.before.number().into(),
        after: of.after.number().into(),
    }
}

/// The answer to `ExcludeRepresentative`.
pub(in crate::grpc) fn excluded(of: &PersonChanged) -> Vec<u8> {
    pb::ExcludeRepresentativeResponse {
        affected_consent_ids: of.affected.iter().map(|one| one.consent_id.to_string()).collect(),
        notice_count: i32::try_from(of.notice_count).unwrap_or(i32::MAX),
    }
    .encode_to_vec()
}

/// What holds of a person.
pub(in crate::grpc) fn standing(of: &PersonLook) -> Result<pb::GetPersonStandingResponse> {
    let position = &of.standing.position;
    let required = of.required.iter().map(|required| signature(of, required));
    let representatives = position.representatives.iter().map(|one| representative(of, one));
    Ok(pb::GetPersonStandingResponse {
        at: Some(moment(of.at)),
        age_band: of.age_band.number().into(),
        is_capable: position.is_capable(of.at),
        is_processing_restricted: of.standing.is_restricted(of.at),
        required_signatures: required.collect::<Result<_>>()?,
        representatives: representatives.collect::<Result<_>>()?,
        incapacities: of.incapacities.iter().map(incapacity).collect(),
        restrictions: of.standing.restrictions.iter().map(restriction).collect(),
    })
}

fn signature(look: &PersonLook, of: &RequiredSignature) -> Result<pb::RequiredSignature> {
    let signer = |of: &Signer| {
        Ok(pb::PossibleSigner {
            person_key: look.key_of(of.person)?.as_str().to_owned(),
            capacity: of.capacity.number().into(),
        })
    };
    Ok(pb::RequiredSignature { any_of: of.any_of.iter().map(signer).collect::<Result<_>>()? })
}

fn representative(look: &PersonLook, of: &Representative) -> Result<pb::RepresentativeRecord> {
    Ok(pb::RepresentativeRecord {
        representative_key: look.key_of(of.signer.person)?.as_str().to_owned(),
        capacity: of.signer.capacity.number().into(),
        during: Some(span(of.during)),
        exclusions: of.exclusions.iter().map(exclusion).collect(),
        counts: of.counts(look.at),
    })
}

fn exclusion(of: &Exclusion) -> pb::ExclusionRecord {
    pb::ExclusionRecord {
        reason: of.reason.number().into(),
        decided_by: of.decided_by.to_string(),
        supervisor: of.supervisor.to_string(),
        during: Some(span(of.during)),
    }
}

fn incapacity(of: &Incapacity) -> pb::IncapacityRecord {
    pb::IncapacityRecord { decided_by: of.decided_by.to_string(), during: Some(span(of.during)) }
}

fn restriction(of: &Restriction) -> pb::RestrictionRecord {
    pb::RestrictionRecord { ground: of.ground.number().into(), during: Some(span(of.during)) }
}

fn span(of: Span) -> pb::Span {
    pb::Span { from: Some(moment(of.from)), until: of.until.map(moment) }
}

/// Consents that must be renewed.
pub(in crate::grpc) fn renewals(of: &RenewalsView) -> pb::ListConsentRenewalsResponse {
    pb::ListConsentRenewalsResponse {
        renewals: of.renewals.iter().map(renewal).collect(),
        has_more: of.has_more,
    }
}

fn renewal(of: &RenewalView) -> pb::ConsentRenewal {
    let terms = &of.consent.terms;
    pb::ConsentRenewal {
        consent_id: of.consent.consent_id.to_string(),
        person_key: of.person_key.as_str().to_owned(),
        source_oin: terms.source.to_string(),
        recipient_oin: terms.recipient.to_string(),
        purpose: terms.purpose.number().into(),
        state: of.state.number().into(),
        cause: of.renewal.cause.number().into(),
        at: Some(moment(of.renewal.at)),
    }
}
