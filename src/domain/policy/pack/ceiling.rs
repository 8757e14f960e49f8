//! The most that the law lets a basis carry (DOMAIN §4.2). A pack may give less, never more: without this
//! a slip of the pen could turn police data, or a notice, into sharing between partners.

use crate::domain::basis::Basis;
use crate::domain::category::{Access, Categories, Category};
use crate::domain::organisation::Role;
use crate::domain::policy::EvidenceItem;

/// What no pack lifts about one basis.
#[expect(clippy::struct_excessive_bools, reason = "each is a yes or a no of the article")]
pub(super) struct Ceiling {
    /// Who may send at most.
    pub(super) from: Side,
    /// Who may receive at most.
    pub(super) to: Side,
    /// Recipients that must be in the case team.
    pub(super) case_team: Side,
    /// What may be shared at most.
    pub(super) cap: Categories,
    /// Whether the recipient may ask.
    pub(super) can_be_asked_for: bool,
    /// What must at least be weighed, stated or pointed at: one of each of these.
    pub(super) evidence: &'static [&'static [EvidenceItem]],
    /// What may be told besides.
    pub(super) may_tell: &'static [EvidenceItem],
    /// Whether a statute orders or allows it.
    pub(super) is_statutory: bool,
    /// Whether only a gecertificeerde instelling may receive.
    pub(super) needs_certificate: bool,
    /// Whether it is the emergency notice of the Steunpunt.
    pub(super) is_emergency_notice: bool,
}

/// Organisations on one side of a disclosure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Nobody,
    Police,
    Steunpunt,
    YouthCare,
    Oversight,
    /// Those that help families.
    Helpers,
    /// Those that can sit in a case team.
    Partners,
    /// Those that report to the Steunpunt.
    Reporters,
    /// Everybody who holds data about families.
    Chain,
}

impl Side {
    pub(super) const fn includes(self, role: Role) -> bool {
        match role {
            Role::Police => matches!(self, Self::Police | Self::Reporters | Self::Chain),
            Role::Steunpunt => matches!(self, Self::Steunpunt | Self::Partners | Self::Chain),
            Role::YouthCare => matches!(self, Self::YouthCare) || self.includes_helpers(),
            Role::SocialWork | Role::MentalHealth | Role::DisabilitySupport | Role::Shelter => {
                self.includes_helpers()
            }
            Role::Oversight => matches!(self, Self::Oversight),
            Role::Municipality | Role::Gateway => false,
        }
    }

    const fn includes_helpers(self) -> bool {
        matches!(self, Self::Helpers | Self::Partners | Self::Reporters | Self::Chain)
    }
}

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
    from: Side::Nobody,
    to: Side::Nobody,
    case_team: Side::Nobody,
    cap: Categories::EMPTY,
    can_be_asked_for: false,
    evidence: &[],
    may_tell: &[],
    is_statutory: false,
    needs_certificate: false,
    is_emergency_notice: false,
};

/// By statute, on the sender's own initiative.
const fn statute(from: Side, to: Side, cap: Categories) -> Ceiling {
    Ceiling { from, to, cap, is_statutory: true, ..NOTHING }
}

/// What has a meaning in evidence for a basis, whatever a pack asks.
pub(in crate::domain::policy) fn lawful_evidence(
    basis: Basis,
) -> impl Iterator<Item = EvidenceItem> {
    let Ceiling { evidence, may_tell, .. } = ceiling(basis);
    evidence.iter().copied().flatten().chain(may_tell).copied()
}

/// What no pack lifts about a basis.
pub(super) const fn ceiling(basis: Basis) -> Ceiling {
    use EvidenceItem as Item;
    const ALL: Categories = Categories::ALL;
    match basis {
        Basis::Consent => Ceiling {
            from: Side::Partners,
            to: Side::Partners,
            case_team: Side::Partners,
            cap: ALL,
            can_be_asked_for: true,
            ..NOTHING
        },
        // A right of who knows something, also when the Steunpunt requests it: they give, and point
        // at the request. Nobody takes it from them.
        Basis::Wmo526Report => Ceiling {
            evidence: &[
                &[Item::NecessityText],
                &[Item::ReportingCodeDecision, Item::AmhkRequestId],
            ],
            ..statute(Side::Reporters, Side::Steunpunt, ALL)
        },
        Basis::Wmo4112D => Ceiling {
            evidence: &[&[Item::GravityText]],
            ..statute(Side::Steunpunt, Side::Helpers, REPORT)
        },
        Basis::Wmo4112E => Ceiling {
            is_emergency_notice: true,
            evidence: &[&[Item::GravityText]],
            ..statute(Side::Steunpunt, Side::Police, NOTICE)
        },
        Basis::Wmo4112G => Ceiling {
            evidence: &[&[Item::ReferralId]],
            ..statute(Side::Steunpunt, Side::Reporters, Categories::of(&[Category::ProgressStatus]))
        },
        Basis::Wpg18 => statute(Side::Police, Side::Steunpunt, REPORT),
        Basis::Wpg19 => Ceiling {
            case_team: Side::Helpers,
            evidence: &[&[Item::WpgPurpose], &[Item::AuthorityAgreementRef]],
            ..statute(Side::Police, Side::Partners, REPORT)
        },
        Basis::Wpg20 => Ceiling {
            case_team: Side::Helpers,
            evidence: &[&[Item::PartnershipDecisionRef]],
            ..statute(Side::Police, Side::Partners, REPORT)
        },
        Basis::Jeugdwet73114 => Ceiling {
            can_be_asked_for: true,
            evidence: &[&[Item::SupervisionOrderRef]],
            may_tell: &[Item::InformationRequestId],
            needs_certificate: true,
            ..statute(Side::Chain, Side::YouthCare, ALL)
        },
        Basis::DirectInvolvement => Ceiling {
            from: Side::Partners,
            to: Side::Partners,
            case_team: Side::Partners,
            cap: ALL.without(Categories::of(&[Category::HealthMental, Category::HealthSomatic])),
            can_be_asked_for: true,
            evidence: &[&[Item::NecessityText]],
            ..NOTHING
        },
        // Both are declared emergencies, and only who holds the data can weigh one.
        Basis::VitalInterest => {
            Ceiling { evidence: &[&[Item::Incapacity]], ..statute(Side::Chain, Side::Chain, ALL) }
        }
        Basis::ConflictOfDuties => Ceiling {
            from: Side::Partners,
            to: Side::Chain,
            cap: ALL,
            evidence: &[&[Item::ConflictOfDuties]],
            ..NOTHING
        },
        // A person is no organisation: nothing goes between two.
        Basis::DataSubjectRequest => Ceiling {
            can_be_asked_for: true,
            evidence: &[&[Item::SubjectRequestId]],
            ..statute(Side::Nobody, Side::Nobody, ALL)
        },
        // A supervisor sees how a file is kept; a hidden address is no part of that.
        Basis::Oversight => Ceiling {
            evidence: &[&[Item::SupervisorRef]],
            ..statute(
                Side::Chain,
                Side::Oversight,
                ALL.without(Categories::of(&[Category::ShelterAddress])),
            )
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
