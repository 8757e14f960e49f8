//! The synthetic family of the story (DOMAIN §10). All fictitious.
//!
//! The only place that holds its values. Everything else, and everything that is printed, speaks of
//! the mother, the father, the daughter and the son.

use std::fmt;

use crate::grpc::pb::{
    Address, BsnGround, NotInformedReason, PersonRole, Referral, ReferralPerson, Urgency,
    ViolenceKind, WpgBasis, YesNoUnknown,
};

use super::moment;

/// Somebody of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Member {
    /// 39 years old.
    Mother,
    /// 41 years old.
    Father,
    /// 15 when the story begins, 16 from 20 May on.
    Daughter,
    /// 8 years old.
    Son,
}

/// How the story names them.
impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mother => "the mother",
            Self::Father => "the father",
            Self::Daughter => "the daughter",
            Self::Son => "the son",
        })
    }
}

impl Member {
    /// Everybody, in the order of the referral.
    pub(super) const ALL: [Self; 4] = [Self::Mother, Self::Father, Self::Daughter, Self::Son];

    /// The key in messages: it says what somebody is, not who.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Mother => "mother",
            Self::Father => "father",
            Self::Daughter => "daughter",
            Self::Son => "son",
        }
    }

    /// Given names and date of birth, as a view with a permit for identification shows them.
    pub(super) const fn identification(self) -> (&'static str, &'static str) {
        match self {
            Self::Mother => ("Yara", "1987-02-14"),
            Self::Father => ("Ruben", "1984-09-30"),
            Self::Daughter => ("Noor", "2010-05-20"),
            Self::Son => ("Sem", "2017-11-03"),
        }
    }

    /// What nobody but those who may must ever see.
    pub(super) const fn secrets(self) -> [&'static str; 4] {
        let (given_names, birth_date) = self.identification();
        [given_names, birth_date, self.bsn(), STREET]
    }

    /// A test BSN.
    const fn bsn(self) -> &'static str {
        match self {
            Self::Mother => "999990020",
            Self::Father => "999990032",
            Self::Daughter => "999990044",
            Self::Son => "999990056",
        }
    }

    fn in_referral(self) -> ReferralPerson {
        let (role, informed) = match self {
            Self::Mother => (PersonRole::Victim, true),
            Self::Father => (PersonRole::SuspectedPerpetrator, true),
            Self::Daughter => (PersonRole::ChildWitness, true),
            Self::Son => (PersonRole::ChildWitness, false),
        };
        let not_informed =
            if informed { NotInformedReason::Unspecified } else { NotInformedReason::NotReached };
        let (given_names, birth_date) = self.identification();
        ReferralPerson {
            person_key: self.key().to_owned(),
            role: role.into(),
            family_name: FAMILY_NAME.to_owned(),
            given_names: given_names.to_owned(),
            birth_date: birth_date.to_owned(),
            bsn: self.bsn().to_owned(),
            bsn_ground: BsnGround::Wmo529.into(),
            lives_at_address: Some(true),
            informed_of_referral: Some(informed),
            not_informed_reason: not_informed.into(),
        }
    }
}

/// Where they live.
const STREET: &str = "Voorbeeldstraat";

/// The family name.
pub(super) const FAMILY_NAME: &str = "Testema";

/// 's-Gravenhage, in the region.
const THE_HAGUE: &str = "0518";

/// The referral of the night of 12 March.
pub(super) fn referral(referral_id: &str, sender_oin: &str) -> Referral {
    Referral {
        referral_id: referral_id.to_owned(),
        sender_oin: sender_oin.to_owned(),
        police_unit: "Eenheid Den Haag".to_owned(),
        police_registration_no: "PL1500-2026-04711".to_owned(),
        officer_ref: "pol-0871".to_owned(),
        incident_at: Some(moment::proto("2026-03-12T00:35:00+01:00")),
        reported_at: Some(moment::proto("2026-03-12T00:41:00+01:00")),
        incident_gemeentecode: THE_HAGUE.to_owned(),
        residence_gemeentecode: THE_HAGUE.to_owned(),
        address: Some(Address {
            street: STREET.to_owned(),
            house_number: "12".to_owned(),
            suffix: String::new(),
            postcode: "2500AA".to_owned(),
            place: "'s-Gravenhage".to_owned(),
        }),
        persons: Member::ALL.map(Member::in_referral).into(),
        violence_kinds: vec![ViolenceKind::Physical.into()],
        children_present: Some(true),
        weapon_involved: YesNoUnknown::No.into(),
        injury: YesNoUnknown::Yes.into(),
        arrest_made: YesNoUnknown::No.into(),
        alcohol_or_drugs: YesNoUnknown::Unknown.into(),
        urgency: Urgency::Urgent.into(),
        facts: "Buren melden geschreeuw en gestommel. Ter plaatse een vrouw met een gezwollen lip \
                en een man. Twee kinderen waren in de woning en hebben het gehoord."
            .to_owned(),
        wpg_basis: WpgBasis::Wpg18.into(),
        ..Referral::default()
    }
}
