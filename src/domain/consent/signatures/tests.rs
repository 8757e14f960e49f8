//! The table of DOMAIN §3.1, row by row.

use super::*;
use crate::domain::consent::OverrideReason;
use crate::domain::testema::{
    AUTHORITY, NOOR, RUBEN, SEM, SIGNING, SUMMARY, YARA, at, exclude, itself, parent, position,
    terms,
};

/// Somebody of another generation.
const OMA: Pseudonym = Pseudonym::new([0xe5; 32]);

fn suffices(position: &LegalPosition, signers: &[Signer], moment: &str) -> bool {
    suffices_under(&ConsentRules::default(), position, signers, moment)
}

fn suffices_under(
    rules: &ConsentRules,
    position: &LegalPosition,
    signers: &[Signer],
    moment: &str,
) -> bool {
    let terms = terms(position.subject, signers);
    position.check_signatures(&terms, at(moment), rules).is_ok()
}

fn incapable(subject: Pseudonym, line: &[(Pseudonym, Capacity)]) -> LegalPosition {
    let representatives = line
        .iter()
        .map(|(person, capacity)| Representative {
            signer: Signer { person: *person, capacity: *capacity },
            has_authority: false,
            during: Span::since(at(AUTHORITY)),
            exclusions: Vec::new(),
        })
        .collect();
    LegalPosition {
        incapable: vec![Span::since(at(AUTHORITY))],
        representatives,
        ..position(subject)
    }
}

fn child_override() -> DualOverride {
    DualOverride {
        reason: OverrideReason::PersistentWish,
        decided_by: "sp-0147".parse().unwrap(),
        supervisor: "sp-0012".parse().unwrap(),
    }
}

#[test]
fn under_12_every_parent_with_authority_signs() {
    let sem = position(SEM);
    assert!(suffices(&sem, &[parent(YARA), parent(RUBEN)], SUMMARY));
    assert!(!suffices(&sem, &[parent(YARA)], SUMMARY));
    assert!(!suffices(&sem, &[itself(SEM)], SUMMARY));
    assert!(!suffices(&sem, &[], SUMMARY));
}

#[test]
fn under_12_one_parent_is_enough_where_the_region_says_so() {
    let rules = ConsentRules { guardian_rule: GuardianRule::Any, ..ConsentRules::default() };
    assert!(suffices_under(&rules, &position(SEM), &[parent(RUBEN)], SUMMARY));
    assert!(!suffices_under(&rules, &position(SEM), &[itself(SEM)], SUMMARY));
}

#[test]
fn a_child_without_anybody_to_sign_has_no_consent() {
    for guardian_rule in [GuardianRule::AllWithAuthority, GuardianRule::Any] {
        let rules = ConsentRules { guardian_rule, ..ConsentRules::default() };
        let mut sem = position(SEM);
        exclude(&mut sem, YARA, SUMMARY);
        exclude(&mut sem, RUBEN, SUMMARY);
        assert!(!suffices_under(&rules, &sem, &[parent(YARA), parent(RUBEN)], SUMMARY));
        sem.representatives.clear();
        assert!(!suffices_under(&rules, &sem, &[parent(YARA), parent(RUBEN)], SUMMARY));
    }
}

#[test]
fn a_parent_without_authority_does_not_sign() {
    let mut sem = position(SEM);
    for representative in &mut sem.representatives {
        representative.has_authority = representative.signer.person == YARA;
    }
    assert!(suffices(&sem, &[parent(YARA)], SUMMARY));
    assert!(!suffices(&sem, &[parent(RUBEN)], SUMMARY));
}

#[test]
fn from_12_to_15_the_child_signs_and_one_parent() {
    let noor = position(NOOR);
    assert!(suffices(&noor, &[itself(NOOR), parent(YARA)], SUMMARY));
    assert!(suffices(&noor, &[itself(NOOR), parent(RUBEN)], SUMMARY));
    assert!(!suffices(&noor, &[itself(NOOR)], SUMMARY));
    assert!(!suffices(&noor, &[parent(YARA), parent(RUBEN)], SUMMARY));
}

#[test]
fn from_12_to_15_the_child_alone_where_the_region_follows_the_letter_of_the_law() {
    let rules = ConsentRules { dual_consent_12_15: false, ..ConsentRules::default() };
    assert!(suffices_under(&rules, &position(NOOR), &[itself(NOOR)], SUMMARY));
    assert!(!suffices_under(&rules, &position(NOOR), &[parent(YARA)], SUMMARY));
}

#[test]
fn an_override_takes_the_place_of_the_parent_but_not_of_the_child() {
    let rules = ConsentRules::default();
    let mut terms = terms(NOOR, &[itself(NOOR)]);
    terms.dual_override = Some(child_override());
    assert!(position(NOOR).check_signatures(&terms, at(SUMMARY), &rules).is_ok());
    terms.grantors.clear();
    assert!(position(NOOR).check_signatures(&terms, at(SUMMARY), &rules).is_err());
}

#[test]
fn an_override_means_nothing_under_12() {
    let mut terms = terms(SEM, &[parent(YARA)]);
    terms.dual_override = Some(child_override());
    let checked = position(SEM).check_signatures(&terms, at(SUMMARY), &ConsentRules::default());
    assert!(checked.is_err());
}

#[test]
fn from_12_to_15_the_child_alone_when_every_parent_is_excluded_but_not_when_none_is_known() {
    let mut noor = position(NOOR);
    exclude(&mut noor, YARA, SUMMARY);
    exclude(&mut noor, RUBEN, SUMMARY);
    assert!(suffices(&noor, &[itself(NOOR)], SUMMARY));
    noor.representatives.clear();
    assert!(!suffices(&noor, &[itself(NOOR)], SUMMARY));
}

#[test]
fn from_12_to_15_incapable_the_representatives_sign() {
    let noor = LegalPosition { incapable: vec![Span::since(at(SIGNING))], ..position(NOOR) };
    assert!(suffices(&noor, &[parent(YARA), parent(RUBEN)], SUMMARY));
    assert!(!suffices(&noor, &[itself(NOOR), parent(YARA)], SUMMARY));
}

#[test]
fn from_16_the_person_alone_signs() {
    let noor = position(NOOR);
    assert!(!suffices(&noor, &[itself(NOOR)], "2026-05-19T21:59:59Z"));
    // The birthday begins at midnight in the Netherlands, two hours before it does in UTC.
    assert!(suffices(&noor, &[itself(NOOR)], "2026-05-19T22:00:00Z"));
    assert!(!suffices(&noor, &[parent(YARA), parent(RUBEN)], "2026-05-19T22:00:00Z"));
    assert!(suffices(&position(YARA), &[itself(YARA)], SUMMARY));
}

#[test]
fn from_16_incapable_the_first_in_line_signs() {
    let line = [
        (YARA, Capacity::Relative),
        (RUBEN, Capacity::Partner),
        (NOOR, Capacity::Proxy),
        (SEM, Capacity::Mentor),
    ];
    let mut known: Vec<(Pseudonym, Capacity)> = Vec::new();
    for next in line {
        known.push(next);
        let oma = LegalPosition { subject: OMA, ..incapable(YARA, &known) };
        for (person, capacity) in &known {
            let signer = Signer { person: *person, capacity: *capacity };
            assert_eq!(suffices(&oma, &[signer], SUMMARY), *person == next.0);
        }
        assert!(!suffices(&oma, &[itself(OMA)], SUMMARY));
    }
}

#[test]
fn from_16_incapable_without_anybody_nobody_signs() {
    assert!(!suffices(&incapable(YARA, &[]), &[itself(YARA)], SUMMARY));
    let mut position = incapable(YARA, &[(OMA, Capacity::Relative)]);
    exclude(&mut position, OMA, SUMMARY);
    let oma = Signer { person: OMA, capacity: Capacity::Relative };
    assert!(!suffices(&position, &[oma], SUMMARY));
}

#[test]
fn a_signature_in_another_capacity_does_not_count() {
    let as_guardian = Signer { person: RUBEN, capacity: Capacity::Guardian };
    assert!(!suffices(&position(SEM), &[parent(YARA), as_guardian], SUMMARY));
}

#[test]
fn an_exclusion_counts_from_its_moment() {
    let mut sem = position(SEM);
    exclude(&mut sem, RUBEN, "2026-05-29T09:00:00Z");
    assert!(!suffices(&sem, &[parent(YARA)], "2026-05-29T08:59:59Z"));
    assert!(suffices(&sem, &[parent(YARA)], "2026-05-29T09:00:00Z"));
    assert!(!suffices(&sem, &[parent(RUBEN)], "2026-05-29T09:00:00Z"));
}

#[test]
fn what_is_missing_is_named() {
    let terms = terms(NOOR, &[]);
    let error =
        position(NOOR).check_signatures(&terms, at(SUMMARY), &ConsentRules::default()).unwrap_err();
    assert_eq!(error.missing.len(), 2);
    assert!(error.missing[0].is_own());
    assert_eq!(error.missing[1].any_of, [parent(YARA), parent(RUBEN)]);
    assert_eq!(error.to_string(), "2 of the required signatures are missing");
}

#[test]
fn the_position_of_somebody_else_proves_nothing() {
    let rules = ConsentRules::default();
    let terms = terms(RUBEN, &[itself(YARA)]);
    assert!(position(YARA).check_signatures(&terms, at(SUMMARY), &rules).is_err());
    assert!(position(YARA).may_withdraw(itself(YARA), &terms, at(SUMMARY), &rules).is_err());
}

#[test]
fn whoever_may_sign_may_withdraw() {
    let rules = ConsentRules::default();
    let may = |subject: Pseudonym, signer, moment| {
        let terms = terms(subject, &[]);
        position(subject).may_withdraw(signer, &terms, at(moment), &rules).is_ok()
    };
    assert!(may(SEM, parent(RUBEN), SUMMARY) && may(SEM, parent(YARA), SUMMARY));
    assert!(!may(SEM, itself(SEM), SUMMARY));
    assert!(may(NOOR, itself(NOOR), SUMMARY) && may(NOOR, parent(RUBEN), SUMMARY));
    assert!(may(NOOR, itself(NOOR), "2026-05-21T10:00:00Z"));
    assert!(!may(NOOR, parent(YARA), "2026-05-21T10:00:00Z"));
    assert!(!may(YARA, itself(RUBEN), SUMMARY));
}
