//! The most that the law lets a basis carry (DOMAIN §4.2). A pack may give less, never more: without this
//! a slip of the pen could turn police data, or a notice, into sharing between partners.

use crate::domain::basis::Basis;
use crate::domain::category::{Access, Categories, Category};
use crate::domain::organisation::Role;

/// What no pack lifts about one basis.
pub(super) struct Ceiling {
    /// Who may send at most.
    pub(super) from: &'static [Role],
    /// Who may receive at most.
    pub(super) to: &'static [Role],
    /// Recipients that must be in the case team.
    pub(super) case_team: &'static [Role],
    /// What may be shared at most.
    pub(super) cap: Categories,
    /// Whether the recipient may ask.
    pub(super) can_be_asked_for: bool,
    /// Whether a document or record must be pointed at.
    pub(super) needs_reference: bool,
    /// Whether a statute orders or allows it.
    pub(super) is_statutory: bool,
}

const POLICE: &[Role] = &[Role::Police];
const STEUNPUNT: &[Role] = &[Role::Steunpunt];
const HELPERS: &[Role] = &[
    Role::SocialWork,
    Role::YouthCare,
    Role::MentalHealth,
    Role::DisabilitySupport,
    Role::Shelter,
];
const PARTNERS: &[Role] = &[
    Role::Steunpunt,
    Role::SocialWork,
    Role::YouthCare,
    Role::MentalHealth,
    Role::DisabilitySupport,
    Role::Shelter,
];
const CHAIN: &[Role] = &[
    Role::Police,
    Role::Steunpunt,
    Role::SocialWork,
    Role::YouthCare,
    Role::MentalHealth,
    Role::DisabilitySupport,
    Role::Shelter,
];
const REPORTERS: &[Role] = &[
    Role::Police,
    Role::SocialWork,
    Role::YouthCare,
    Role::MentalHealth,
    Role::DisabilitySupport,
    Role::Shelter,
];

/// What a police report holds.
const REPORT: Categories =
    Categories::of(&[Category::Identification, Category::ContactAddress, Category::Incident]);
/// What an emergency notice holds.
const NOTICE: Categories = Categories::of(&[
    Category::Identification,
    Category::ContactAddress,
    Category::SafetyAgreements,
]);

/// Whatever is shared by nobody with nobody.
const NOTHING: Ceiling = Ceiling {
    from: &[],
    to: &[],
    case_team: &[],
    cap: Categories::EMPTY,
    can_be_asked_for: false,
    needs_reference: false,
    is_statutory: false,
};

/// By statute, on the sender's own initiative.
const fn statute(from: &'static [Role], to: &'static [Role], cap: Categories) -> Ceiling {
    Ceiling { from, to, cap, is_statutory: true, ..NOTHING }
}

/// What no pack lifts about a basis.
pub(super) const fn ceiling(basis: Basis) -> Ceiling {
    const ALL: Categories = Categories::ALL;
    match basis {
        Basis::Consent => Ceiling {
            from: PARTNERS,
            to: PARTNERS,
            case_team: PARTNERS,
            cap: ALL,
            can_be_asked_for: true,
            ..NOTHING
        },
        Basis::Wmo526Report => {
            Ceiling { can_be_asked_for: true, ..statute(REPORTERS, STEUNPUNT, ALL) }
        }
        Basis::Wmo4112D => statute(STEUNPUNT, HELPERS, REPORT),
        Basis::Wmo4112E => statute(STEUNPUNT, POLICE, NOTICE),
        Basis::Wmo4112G => Ceiling {
            needs_reference: true,
            ..statute(STEUNPUNT, REPORTERS, Categories::of(&[Category::ProgressStatus]))
        },
        Basis::Wpg18 => statute(POLICE, STEUNPUNT, REPORT),
        Basis::Wpg19 | Basis::Wpg20 => Ceiling {
            case_team: HELPERS,
            needs_reference: true,
            ..statute(POLICE, PARTNERS, REPORT)
        },
        Basis::Jeugdwet73114 => Ceiling {
            can_be_asked_for: true,
            needs_reference: true,
            ..statute(CHAIN, &[Role::YouthCare], ALL)
        },
        Basis::DirectInvolvement => Ceiling {
            from: PARTNERS,
            to: PARTNERS,
            case_team: PARTNERS,
            cap: ALL.without(Categories::of(&[Category::HealthMental, Category::HealthSomatic])),
            can_be_asked_for: true,
            ..NOTHING
        },
        Basis::VitalInterest => Ceiling { can_be_asked_for: true, ..statute(CHAIN, CHAIN, ALL) },
        Basis::ConflictOfDuties => {
            Ceiling { from: PARTNERS, to: CHAIN, cap: ALL, can_be_asked_for: true, ..NOTHING }
        }
        // A person is no organisation: nothing goes between two.
        Basis::DataSubjectRequest => {
            Ceiling { can_be_asked_for: true, needs_reference: true, ..statute(&[], &[], ALL) }
        }
        Basis::Oversight => Ceiling {
            can_be_asked_for: true,
            needs_reference: true,
            ..statute(CHAIN, &[Role::Oversight], ALL)
        },
        // Not in force, or not for this partnership (DOMAIN §8 row 22).
        Basis::Wams | Basis::Wgs => NOTHING,
    }
}

/// Whether a pack may give this access: the police never receive what care holds (row 3), criminal data
/// follows the matrix (row 4), a protected address never goes on the word of one person (row 9).
pub(super) fn may_have(category: Category, role: Role, access: Access) -> bool {
    match (role, access) {
        (Role::Police, Access::Allowed) => {
            matches!(category, Category::Identification | Category::ProgressStatus)
        }
        (Role::Police, Access::EmergencyOnly) => NOTICE.contains(category),
        (Role::Police, Access::Own) => category == Category::Incident,
        (Role::Police, Access::FourEyes) => false,
        (_, Access::Allowed) if category == Category::Incident => {
            matches!(role, Role::Steunpunt | Role::YouthCare | Role::Shelter)
        }
        (_, Access::Allowed | Access::EmergencyOnly) => category != Category::ShelterAddress,
        (_, Access::FourEyes | Access::Own | Access::Never) => true,
    }
}
