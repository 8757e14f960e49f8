//! On which ground in law data is shared, between whom, and how much at most (DOMAIN §4).
//!
//! Each basis stands for two grounds that are always both recorded: what makes the processing
//! lawful (AVG, UAVG) and what allows a professional to break secrecy. DOMAIN §0 marks which of
//! these texts were checked against the law; a lawyer checks the current text before production.

use super::category::{Categories, Category};
use super::code::codes;
use super::organisation::Role;
use super::purpose::Purpose;

codes! {
    /// Ground in law on which data is shared.
    pub enum Basis {
        /// Consent of the person, or of those who decide for the person (DOMAIN §3).
        Consent = 1, "CONSENT";
        /// Right of professionals to report to the Steunpunt without consent (Wmo 2015 art. 5.2.6).
        Wmo526Report = 2, "WMO_5_2_6_REPORT";
        /// The Steunpunt notifies an agency that can help (Wmo 2015 art. 4.1.1 lid 2 onder d).
        Wmo4112D = 3, "WMO_4_1_1_2_D";
        /// The Steunpunt notifies the police or the Raad (Wmo 2015 art. 4.1.1 lid 2 onder e).
        Wmo4112E = 4, "WMO_4_1_1_2_E";
        /// The Steunpunt tells the reporter which steps it took (Wmo 2015 art. 4.1.1 lid 2 onder g).
        Wmo4112G = 5, "WMO_4_1_1_2_G";
        /// Structural provision by the police (Wpg art. 18).
        Wpg18 = 6, "WPG_18";
        /// Incidental provision by the police (Wpg art. 19).
        Wpg19 = 7, "WPG_19";
        /// Provision by the police to a structural partnership (Wpg art. 20).
        Wpg20 = 8, "WPG_20";
        /// Information for a supervision order (Jeugdwet art. 7.3.11 lid 4).
        Jeugdwet73114 = 9, "JEUGDWET_7_3_11_4";
        /// Direct involvement in the same help: those people are not "others".
        DirectInvolvement = 10, "DIRECT_INVOLVEMENT";
        /// Vital interest of somebody who cannot consent (AVG art. 6 lid 1 onder d).
        VitalInterest = 11, "VITAL_INTEREST";
        /// Conflict of duties: the exception of case law.
        ConflictOfDuties = 12, "CONFLICT_OF_DUTIES";
        /// Request of the data subject (AVG art. 15).
        DataSubjectRequest = 13, "DATA_SUBJECT_REQUEST";
        /// Request of a supervisor (Wmo 2015 art. 4.3.1).
        Oversight = 14, "OVERSIGHT";
        /// Wet aanpak meervoudige problematiek sociaal domein: not in force as far as known.
        Wams = 15, "WAMS";
        /// Wet gegevensverwerking door samenwerkingsverbanden: does not name this partnership.
        Wgs = 16, "WGS";
    }
}

/// The two grounds behind a basis (DOMAIN §4.1), as they stand in every record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grounds {
    /// AVG article 6: what makes the processing lawful.
    pub avg_article_6: &'static str,
    /// AVG article 9, for special categories of data.
    pub avg_article_9: Option<&'static str>,
    /// UAVG article, for criminal data.
    pub uavg_criminal: Option<&'static str>,
    /// What allows professional secrecy to be broken.
    pub confidentiality_ground: &'static str,
}

impl Basis {
    /// Whether the basis can be used at all. Direct involvement is off unless a region decides
    /// otherwise; WAMS and WGS do not (yet) carry this cooperation (DOMAIN §8 row 22).
    pub const fn is_enabled(self) -> bool {
        !matches!(self, Self::DirectInvolvement | Self::Wams | Self::Wgs)
    }

    /// Whether data may go from an organisation of one role to one of the other (DOMAIN §4.2).
    pub const fn applies_between(self, sender: Role, recipient: Role) -> bool {
        match self {
            Self::Consent | Self::DirectInvolvement => is_partner(sender) && is_partner(recipient),
            // Towards the AMHK only: between partners it is the mistake of DOMAIN §8 row 7.
            Self::Wmo526Report => {
                (is_helper(sender) || is_police(sender)) && is_steunpunt(recipient)
            }
            Self::Wmo4112D => is_steunpunt(sender) && is_helper(recipient),
            Self::Wmo4112E => is_steunpunt(sender) && is_police(recipient),
            Self::Wmo4112G => {
                is_steunpunt(sender) && (is_police(recipient) || is_helper(recipient))
            }
            Self::Wpg18 => is_police(sender) && is_steunpunt(recipient),
            Self::Wpg19 | Self::Wpg20 => is_police(sender) && is_partner(recipient),
            Self::Jeugdwet73114 => is_in_chain(sender) && matches!(recipient, Role::YouthCare),
            Self::VitalInterest => is_in_chain(sender) && is_in_chain(recipient),
            Self::ConflictOfDuties => is_partner(sender) && is_in_chain(recipient),
            Self::Oversight => is_in_chain(sender) && matches!(recipient, Role::Oversight),
            // A person is not an organisation; the two acts carry nothing here.
            Self::DataSubjectRequest | Self::Wams | Self::Wgs => false,
        }
    }

    /// The most that may be shared on this basis.
    pub const fn cap(self) -> Categories {
        match self {
            Self::Consent
            | Self::Wmo526Report
            | Self::Jeugdwet73114
            | Self::VitalInterest
            | Self::ConflictOfDuties
            | Self::DataSubjectRequest
            | Self::Oversight => Categories::ALL,
            Self::Wmo4112D | Self::Wpg18 | Self::Wpg19 | Self::Wpg20 => Categories::of(&[
                Category::Identification,
                Category::ContactAddress,
                Category::Incident,
            ]),
            Self::Wmo4112E => Categories::of(&[
                Category::Identification,
                Category::ContactAddress,
                Category::SafetyAgreements,
            ]),
            Self::Wmo4112G => Categories::of(&[Category::ProgressStatus]),
            Self::DirectInvolvement => Categories::ALL
                .without(Categories::of(&[Category::HealthMental, Category::HealthSomatic])),
            Self::Wams | Self::Wgs => Categories::EMPTY,
        }
    }

    /// The purposes that go with this basis.
    pub const fn purposes(self) -> &'static [Purpose] {
        match self {
            Self::Consent | Self::Wmo4112D | Self::Jeugdwet73114 => {
                &[Purpose::CareCoordination, Purpose::SafetyProtection]
            }
            Self::Wmo526Report | Self::Wmo4112E | Self::VitalInterest | Self::ConflictOfDuties => {
                &[Purpose::SafetyProtection, Purpose::EmergencyOverride]
            }
            Self::Wmo4112G => &[Purpose::ReferralHandling],
            Self::Wpg18 | Self::Wpg19 | Self::Wpg20 => {
                &[Purpose::ReferralHandling, Purpose::SafetyProtection]
            }
            Self::DirectInvolvement => &[Purpose::CareCoordination],
            Self::DataSubjectRequest => &[Purpose::DataSubjectRequest],
            Self::Oversight => &[Purpose::PrivacyReview],
            Self::Wams | Self::Wgs => &[],
        }
    }

    /// Whether the recipient may ask on this basis. The others are decided by the sender: nobody
    /// can ask for a notice, for feedback, or for police data.
    pub const fn can_be_asked_for(self) -> bool {
        match self {
            Self::Consent
            | Self::Wmo526Report
            | Self::Jeugdwet73114
            | Self::DirectInvolvement
            | Self::VitalInterest
            | Self::ConflictOfDuties
            | Self::DataSubjectRequest
            | Self::Oversight => true,
            Self::Wmo4112D
            | Self::Wmo4112E
            | Self::Wmo4112G
            | Self::Wpg18
            | Self::Wpg19
            | Self::Wpg20
            | Self::Wams
            | Self::Wgs => false,
        }
    }

    /// Name of the document or record that must be pointed at to use this basis.
    pub const fn required_reference(self) -> Option<&'static str> {
        match self {
            Self::Wmo4112G => Some("referral_id"),
            Self::Wpg19 => Some("authority_agreement_ref"),
            Self::Wpg20 => Some("partnership_decision_ref"),
            Self::Jeugdwet73114 => Some("supervision_order_ref"),
            Self::DataSubjectRequest => Some("request_id"),
            Self::Oversight => Some("supervisor_ref"),
            Self::Consent
            | Self::Wmo526Report
            | Self::Wmo4112D
            | Self::Wmo4112E
            | Self::Wpg18
            | Self::DirectInvolvement
            | Self::VitalInterest
            | Self::ConflictOfDuties
            | Self::Wams
            | Self::Wgs => None,
        }
    }

    /// Whether the recipient must be a member of the case team. A referral comes before there is a
    /// team, feedback goes to the reporter, and the notices go to whoever can help or protect.
    pub const fn needs_case_team(self, recipient: Role) -> bool {
        match self {
            Self::Consent | Self::DirectInvolvement => true,
            Self::Wpg19 | Self::Wpg20 => !is_steunpunt(recipient),
            Self::Wmo526Report
            | Self::Wmo4112D
            | Self::Wmo4112E
            | Self::Wmo4112G
            | Self::Wpg18
            | Self::Jeugdwet73114
            | Self::VitalInterest
            | Self::ConflictOfDuties
            | Self::DataSubjectRequest
            | Self::Oversight
            | Self::Wams
            | Self::Wgs => false,
        }
    }

    /// Whether a statute itself orders or allows the sharing. Only such a basis goes on when the
    /// person had the processing restricted (AVG art. 18; DOMAIN §5.6).
    pub const fn is_statutory(self) -> bool {
        !matches!(
            self,
            Self::Consent
                | Self::DirectInvolvement
                | Self::ConflictOfDuties
                | Self::Wams
                | Self::Wgs
        )
    }

    /// The two grounds behind sharing these categories: the grounds for special and for criminal
    /// data stand in a record only when such data was shared (DOMAIN §6.1).
    pub fn grounds_for(self, shared: Categories) -> Grounds {
        let Grounds { avg_article_6, avg_article_9, uavg_criminal, confidentiality_ground } =
            self.grounds();
        Grounds {
            avg_article_6,
            avg_article_9: avg_article_9.filter(|_| shared.intersects(Categories::SPECIAL)),
            uavg_criminal: uavg_criminal.filter(|_| shared.intersects(Categories::CRIMINAL)),
            confidentiality_ground,
        }
    }

    /// The two grounds that this basis can stand for, whatever is shared.
    pub const fn grounds(self) -> Grounds {
        let (avg_article_6, avg_article_9, uavg_criminal, confidentiality_ground) = match self {
            Self::Consent => ("6(1)(e)", Some("9(2)(a)"), Some("UAVG 32(a)"), "CONSENT"),
            Self::Wmo526Report => ("6(1)(e)", Some("9(2)(g)"), None, "Wmo 2015 art. 5.2.6"),
            Self::Wmo4112D => ("6(1)(e)", None, Some("UAVG 33(1)(a)"), "Wmo 2015 art. 4.1.1(2)(d)"),
            Self::Wmo4112E => ("6(1)(e)", None, Some("UAVG 33(1)(a)"), "Wmo 2015 art. 4.1.1(2)(e)"),
            Self::Wmo4112G => ("6(1)(c)", None, None, "Wmo 2015 art. 4.1.1(2)(g)"),
            // The police provide under the Wpg; these are the grounds of the receiver.
            Self::Wpg18 => ("6(1)(e)", None, Some("UAVG 33(1)(a)"), "Wpg art. 18"),
            Self::Wpg19 => ("6(1)(e)", None, Some("UAVG 33(1)(a)"), "Wpg art. 19"),
            Self::Wpg20 => ("6(1)(e)", None, Some("UAVG 33(1)(a)"), "Wpg art. 20"),
            Self::Jeugdwet73114 => ("6(1)(c)", Some("9(2)(g)"), None, "Jeugdwet art. 7.3.11(4)"),
            Self::DirectInvolvement => (
                "6(1)(e)",
                Some("9(2)(h)"),
                None,
                "Jeugdwet art. 7.3.11(2), WGBO art. 457(2), Wmo 2015 art. 5.3.3(3)",
            ),
            Self::VitalInterest => {
                ("6(1)(d)", Some("9(2)(c)"), Some("UAVG 32(b)"), "UAVG art. 22(2)(b)")
            }
            Self::ConflictOfDuties => ("6(1)(d)", Some("9(2)(g)"), None, "CONFLICT_OF_DUTIES"),
            Self::DataSubjectRequest => ("6(1)(c)", Some("9(2)(a)"), None, "AVG art. 15"),
            Self::Oversight => ("6(1)(c)", Some("9(2)(g)"), None, "Wmo 2015 art. 4.3.1"),
            Self::Wams => ("6(1)(e)", None, None, "WAMS"),
            Self::Wgs => ("6(1)(e)", None, None, "WGS"),
        };
        Grounds { avg_article_6, avg_article_9, uavg_criminal, confidentiality_ground }
    }
}

const fn is_police(role: Role) -> bool {
    matches!(role, Role::Police)
}

const fn is_steunpunt(role: Role) -> bool {
    matches!(role, Role::Steunpunt)
}

/// The organisations that help families.
const fn is_helper(role: Role) -> bool {
    match role {
        Role::SocialWork
        | Role::YouthCare
        | Role::MentalHealth
        | Role::DisabilitySupport
        | Role::Shelter => true,
        Role::Police | Role::Steunpunt | Role::Municipality | Role::Oversight | Role::Gateway => {
            false
        }
    }
}

/// The organisations that can sit in a case team.
const fn is_partner(role: Role) -> bool {
    is_steunpunt(role) || is_helper(role)
}

/// Every organisation that holds data about families.
const fn is_in_chain(role: Role) -> bool {
    is_partner(role) || is_police(role)
}

#[cfg(test)]
mod tests;
