//! The basis matrix of DOMAIN §4.2, with the two typical mistakes it names.

use super::*;

/// `sender → recipient` pairs for which `basis` may be used.
fn pairs(basis: Basis) -> Vec<(Role, Role)> {
    let all = Role::ALL.iter().flat_map(|from| Role::ALL.iter().map(move |to| (*from, *to)));
    all.filter(|(from, to)| basis.applies_between(*from, *to)).collect()
}

const HELPERS: [Role; 5] =
    [Role::SocialWork, Role::YouthCare, Role::MentalHealth, Role::DisabilitySupport, Role::Shelter];

#[test]
fn consent_works_between_partners_only() {
    let pairs = pairs(Basis::Consent);
    assert_eq!(pairs.len(), 6 * 6);
    let outside = [Role::Police, Role::Municipality, Role::Oversight, Role::Gateway];
    assert!(!pairs.iter().any(|(from, to)| outside.contains(from) || outside.contains(to)));
}

#[test]
fn the_right_to_report_reaches_the_steunpunt_only() {
    let pairs = pairs(Basis::Wmo526Report);
    assert!(pairs.iter().all(|(_, to)| *to == Role::Steunpunt));
    assert!(!Basis::Wmo526Report.applies_between(Role::MentalHealth, Role::SocialWork));
    assert_eq!(pairs.len(), 6);
}

#[test]
fn the_notices_start_at_the_steunpunt() {
    assert_eq!(pairs(Basis::Wmo4112D), HELPERS.map(|to| (Role::Steunpunt, to)));
    assert_eq!(pairs(Basis::Wmo4112E), [(Role::Steunpunt, Role::Police)]);
    assert!(pairs(Basis::Wmo4112G).iter().all(|(from, _)| *from == Role::Steunpunt));
}

#[test]
fn police_provide_to_the_steunpunt_and_in_two_cases_to_partners() {
    assert_eq!(pairs(Basis::Wpg18), [(Role::Police, Role::Steunpunt)]);
    for basis in [Basis::Wpg19, Basis::Wpg20] {
        let pairs = pairs(basis);
        assert_eq!(pairs.len(), 6);
        assert!(pairs.iter().all(|(from, _)| *from == Role::Police));
    }
}

#[test]
fn a_supervision_order_informs_youth_care() {
    assert!(pairs(Basis::Jeugdwet73114).iter().all(|(_, to)| *to == Role::YouthCare));
}

#[test]
fn a_disabled_basis_carries_nothing() {
    for basis in [Basis::Wams, Basis::Wgs] {
        assert!(!basis.is_enabled());
        assert_eq!(pairs(basis), []);
        assert!(basis.cap().is_empty());
    }
    assert!(!Basis::DirectInvolvement.is_enabled());
}

#[test]
fn feedback_holds_progress_and_nothing_else() {
    assert_eq!(Basis::Wmo4112G.cap(), Categories::of(&[Category::ProgressStatus]));
}

#[test]
fn a_notice_to_the_police_stays_within_what_the_matrix_gives_them_in_an_emergency() {
    use crate::domain::category::{Access, access};
    for category in Basis::Wmo4112E.cap().iter() {
        let found = access(category, Role::Police);
        assert!(matches!(found, Access::Allowed | Access::EmergencyOnly), "{category}");
    }
}

#[test]
fn direct_involvement_never_carries_health_data() {
    let cap = Basis::DirectInvolvement.cap();
    assert!(!cap.contains(Category::HealthMental) && !cap.contains(Category::HealthSomatic));
}

#[test]
fn a_consent_can_only_be_asked_for_the_purposes_that_consent_carries() {
    for purpose in Purpose::ALL {
        assert_eq!(
            purpose.can_be_consented_to(),
            Basis::Consent.purposes().contains(purpose),
            "{purpose}"
        );
    }
}

#[test]
fn consent_is_mostly_a_ground_to_break_secrecy() {
    let grounds = Basis::Consent.grounds();
    assert_eq!(grounds.avg_article_6, "6(1)(e)");
    assert_eq!(grounds.avg_article_9, Some("9(2)(a)"));
    assert_eq!(grounds.confidentiality_ground, "CONSENT");
}

#[test]
fn a_ground_is_named_for_what_was_shared_and_not_for_what_was_not() {
    let grounds = |categories: &[Category]| {
        let grounds = Basis::Consent.grounds_for(Categories::of(categories));
        (grounds.avg_article_9, grounds.uavg_criminal)
    };
    let (special, criminal) = (Some("9(2)(a)"), Some("UAVG 32(a)"));
    assert_eq!(grounds(&[Category::Identification, Category::ContactAddress]), (None, None));
    assert_eq!(grounds(&[Category::Identification, Category::HealthMental]), (special, None));
    assert_eq!(grounds(&[Category::Incident]), (None, criminal));
    // The record of DOMAIN §6.1.
    let summary =
        [Category::Identification, Category::SafetyAssessment, Category::SafetyAgreements];
    assert_eq!(grounds(&summary), (special, None));
    assert_eq!(Basis::Wpg18.grounds_for(Categories::EMPTY).confidentiality_ground, "Wpg art. 18");
}
