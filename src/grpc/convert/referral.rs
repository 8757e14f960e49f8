//! A referral on its way in, and on its way out to the reader of an inbox.

use crate::domain::person::{Address, AddressDraft};
use crate::domain::referral::{
    Informed, PersonDraft, Referral, ReferralDraft, ReferralPerson, RestrainingOrder,
    RestrainingOrderDraft, WpgBasis,
};
use crate::grpc::convert::{Reader, moment};
use crate::grpc::pb;

/// The raw referral; moments that are none are noted.
pub(in crate::grpc) fn draft(from: pb::Referral, reader: &mut Reader) -> ReferralDraft {
    ReferralDraft {
        referral_id: from.referral_id,
        sender_oin: from.sender_oin,
        police_unit: from.police_unit,
        police_registration_no: from.police_registration_no,
        officer_ref: from.officer_ref,
        incident_at: reader.moment("referral.incident_at", from.incident_at),
        reported_at: reader.moment("referral.reported_at", from.reported_at),
        incident_gemeentecode: from.incident_gemeentecode,
        residence_gemeentecode: from.residence_gemeentecode,
        address: from.address.map(address_draft),
        persons: from.persons.into_iter().map(person_draft).collect(),
        violence_kinds: from.violence_kinds,
        children_present: from.children_present,
        weapon_involved: from.weapon_involved,
        injury: from.injury,
        arrest_made: from.arrest_made,
        alcohol_or_drugs: from.alcohol_or_drugs,
        restraining_order: from.restraining_order.map(|order| RestrainingOrderDraft {
            from_date: order.from_date,
            until_date: order.until_date,
        }),
        urgency: from.urgency,
        facts: from.facts,
        earlier_referral_ids: from.earlier_referral_ids,
        wpg_basis: from.wpg_basis,
        wpg_purpose: from.wpg_purpose,
        authority_agreement_ref: from.authority_agreement_ref,
        partnership_decision_ref: from.partnership_decision_ref,
        callback_phone: from.callback_phone,
    }
}

fn address_draft(from: pb::Address) -> AddressDraft {
    AddressDraft {
        street: from.street,
        house_number: from.house_number,
        suffix: from.suffix,
        postcode: from.postcode,
        place: from.place,
    }
}

fn person_draft(from: pb::ReferralPerson) -> PersonDraft {
    PersonDraft {
        person_key: from.person_key,
        role: from.role,
        family_name: from.family_name,
        given_names: from.given_names,
        birth_date: from.birth_date,
        bsn: from.bsn,
        bsn_ground: from.bsn_ground,
        lives_at_address: from.lives_at_address,
        informed_of_referral: from.informed_of_referral,
        not_informed_reason: from.not_informed_reason,
    }
}

/// A stored referral.
pub(in crate::grpc) fn referral(of: &Referral) -> pb::Referral {
    let basis = Basis::of(&of.wpg_basis);
    pb::Referral {
        referral_id: of.referral_id.to_string(),
        sender_oin: of.sender_oin.to_string(),
        police_unit: of.police_unit.as_str().to_owned(),
        police_registration_no: of.police_registration_no.as_str().to_owned(),
        officer_ref: of.officer_ref.to_string(),
        incident_at: Some(moment(of.incident_at)),
        reported_at: Some(moment(of.reported_at)),
        incident_gemeentecode: of.incident_gemeentecode.to_string(),
        residence_gemeentecode: of.residence_gemeentecode.to_string(),
        address: Some(address(&of.address)),
        persons: of.persons.iter().map(person).collect(),
        violence_kinds: of.violence_kinds.iter().map(|kind| kind.number().into()).collect(),
        children_present: Some(of.children_present),
        weapon_involved: of.weapon_involved.number().into(),
        injury: of.injury.number().into(),
        arrest_made: of.arrest_made.number().into(),
        alcohol_or_drugs: of.alcohol_or_drugs.number().into(),
        restraining_order: of.restraining_order.map(restraining_order),
        urgency: of.urgency.number().into(),
        facts: of.facts.as_str().to_owned(),
        earlier_referral_ids: of.earlier_referral_ids.iter().map(ToString::to_string).collect(),
        wpg_basis: of.wpg_basis.article().number().into(),
        wpg_purpose: basis.purpose,
        authority_agreement_ref: basis.agreement,
        partnership_decision_ref: basis.partnership,
        callback_phone: of
            .callback_phone
            .as_ref()
            .map_or_else(String::new, |phone| phone.as_str().to_owned()),
    }
}

/// What goes with the article.
#[derive(Default)]
struct Basis {
    purpose: i32,
    agreement: String,
    partnership: String,
}

impl Basis {
    fn of(basis: &WpgBasis) -> Self {
        match basis {
            WpgBasis::Structural => Self::default(),
            WpgBasis::Incidental { purpose, authority_agreement_ref } => Self {
                purpose: purpose.number().into(),
                agreement: authority_agreement_ref.as_str().to_owned(),
                ..Self::default()
            },
            WpgBasis::Partnership { partnership_decision_ref } => Self {
                partnership: partnership_decision_ref.as_str().to_owned(),
                ..Self::default()
            },
        }
    }
}

fn address(of: &Address) -> pb::Address {
    pb::Address {
        street: of.street.as_str().to_owned(),
        house_number: of.house_number.to_string(),
        suffix: of.suffix.as_ref().map_or_else(String::new, ToString::to_string),
        postcode: of.postcode.as_str().to_owned(),
        place: of.place.as_str().to_owned(),
    }
}

fn person(of: &ReferralPerson) -> pb::ReferralPerson {
    let (informed, reason) = match of.informed {
        Informed::Yes => (true, 0),
        Informed::No(reason) => (false, reason.number().into()),
    };
    pb::ReferralPerson {
        person_key: of.person_key.as_str().to_owned(),
        role: of.role.number().into(),
        family_name: of.name.family.as_str().to_owned(),
        given_names: of.name.given.as_str().to_owned(),
        birth_date: of.birth_date.to_string(),
        bsn: of.bsn.as_ref().map_or_else(String::new, |bsn| bsn.bsn.as_str().to_owned()),
        bsn_ground: of.bsn.as_ref().map_or(0, |bsn| bsn.ground.number().into()),
        lives_at_address: Some(of.lives_at_address),
        informed_of_referral: Some(informed),
        not_informed_reason: reason,
    }
}

fn restraining_order(of: RestrainingOrder) -> pb::RestrainingOrder {
    pb::RestrainingOrder {
        from_date: of.from_date.to_string(),
        until_date: of.until_date.to_string(),
    }
}
