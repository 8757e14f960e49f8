//! The first table of DOMAIN §3.1: one test per article, as far as the gateway decides by it. Where
//! articles of different laws say the same, each has its test, so that a region that departs from one
//! sees which.

use super::*;
use crate::domain::basis::Basis;
use crate::domain::case::{Member, Membership};
use crate::domain::decision::Effect;
use crate::domain::event::DenialReason;
use crate::domain::policy::{self, Asked, Facts};
use crate::domain::testema::{
    AGREED, FAMILY, NOOR, RUBEN, SEM, SIGNING, SUMMARY, YARA, at, exclude, family_consent,
    family_facts, itself, parent, position, steunpunt, summary_request, terms,
};

/// Whether these signatures suffice for a person at a moment, by the default rules.
fn suffice(position: &LegalPosition, signers: &[Signer], moment: &str) -> bool {
    let terms = terms(position.subject, signers);
    position.check_signatures(&terms, at(moment), &ConsentRules::default()).is_ok()
}

fn incapable(subject: Pseudonym) -> LegalPosition {
    LegalPosition { incapable: vec![Span::since(at(SIGNING))], ..position(subject) }
}

/// What a partner in the team gets to know about whom when it asks.
fn shared(facts: &Facts) -> Vec<Pseudonym> {
    let decision = policy::evaluate(&summary_request(), facts, at(SUMMARY));
    decision.permits.iter().map(policy::Permit::subject).collect()
}

fn overridden(reason: OverrideReason) -> DualOverride {
    let (decided_by, supervisor) = ("sp-0147".parse().unwrap(), "sp-0012".parse().unwrap());
    DualOverride { reason, decided_by, supervisor }
}

#[test]
fn wgbo_447_from_16_on_a_person_is_competent_alone() {
    assert!(!suffice(&position(NOOR), &[itself(NOOR)], "2026-05-19T21:59:59Z"));
    assert!(suffice(&position(NOOR), &[itself(NOOR)], "2026-05-19T22:00:00Z"));
}

#[test]
fn wgbo_450_from_12_to_15_both_consent_save_for_serious_harm_or_a_well_considered_wish() {
    assert!(suffice(&position(NOOR), &[itself(NOOR), parent(YARA)], SUMMARY));
    assert!(!suffice(&position(NOOR), &[itself(NOOR)], SUMMARY));
    for reason in [OverrideReason::SeriousHarm, OverrideReason::PersistentWish] {
        let mut terms = terms(NOOR, &[itself(NOOR)]);
        terms.dual_override = Some(overridden(reason));
        let rules = ConsentRules::default();
        assert!(position(NOOR).check_signatures(&terms, at(SUMMARY), &rules).is_ok());
    }
}

#[test]
fn wgbo_457_lid_1_others_get_information_only_with_the_consent_of_the_person() {
    let mut facts = family_facts();
    assert_eq!(shared(&facts), FAMILY);
    facts.subjects[0].consents.clear();
    assert_eq!(shared(&facts), [RUBEN, NOOR, SEM]);
}

#[test]
fn wgbo_457_lid_1_the_consent_of_one_never_opens_what_is_about_another() {
    let mut facts = family_facts();
    // Yara's consent among the papers of Ruben says nothing about him.
    facts.subjects[1].consents = vec![family_consent(YARA)];
    assert_eq!(shared(&facts), [YARA, NOOR, SEM]);
}

#[test]
fn wgbo_457_lid_2_who_is_directly_involved_is_no_other_only_where_the_region_says_so() {
    let request = policy::Request { basis: Basis::DirectInvolvement, ..summary_request() };
    let decision = policy::evaluate(&request, &family_facts(), at(SUMMARY));
    assert_eq!(decision.effect, Effect::Deny);
    assert_eq!(decision.denial(), Some(DenialReason::BasisDisabled));
}

#[test]
fn wgbo_465_under_12_or_incapable_the_parents_or_guardian_decide_instead() {
    let both = [parent(YARA), parent(RUBEN)];
    assert!(suffice(&position(SEM), &both, SUMMARY));
    assert!(!suffice(&position(SEM), &[itself(SEM)], SUMMARY));
    assert!(suffice(&incapable(NOOR), &both, SUMMARY));
    assert!(!suffice(&incapable(NOOR), &[itself(NOOR), parent(YARA)], SUMMARY));
}

#[test]
fn jeugdwet_7_3_4_youth_help_has_the_same_scheme_for_12_to_15() {
    assert!(suffice(&position(NOOR), &[itself(NOOR), parent(RUBEN)], SUMMARY));
    assert!(!suffice(&position(NOOR), &[parent(YARA), parent(RUBEN)], SUMMARY));
    // An exception is for that age alone: under 12 it changes nothing.
    let mut terms = terms(SEM, &[parent(YARA)]);
    terms.dual_override = Some(overridden(OverrideReason::SeriousHarm));
    let rules = ConsentRules::default();
    assert!(position(SEM).check_signatures(&terms, at(SUMMARY), &rules).is_err());
}

#[test]
fn jeugdwet_7_3_5_from_16_on_a_representative_has_nothing_to_say() {
    let rules = ConsentRules::default();
    let terms = terms(NOOR, &[itself(NOOR)]);
    let may = |signer, moment| position(NOOR).may_withdraw(signer, &terms, at(moment), &rules);
    assert!(may(parent(YARA), SUMMARY).is_ok());
    assert!(may(parent(YARA), "2026-05-20T10:00:00Z").is_err());
    assert!(may(itself(NOOR), "2026-05-20T10:00:00Z").is_ok());
}

#[test]
fn jeugdwet_7_3_11_a_refusal_of_the_person_concerned_closes_what_is_about_that_person() {
    let mut facts = family_facts();
    let rules = ConsentRules::default();
    let id = crate::domain::testema::consent_id(9);
    let no =
        Consent::refuse(id, terms(RUBEN, &[itself(RUBEN)]), &position(RUBEN), at(SIGNING), &rules);
    facts.subjects[1].consents.push(no.unwrap());
    assert_eq!(shared(&facts), [YARA, NOOR, SEM]);
}

#[test]
fn jeugdwet_7_3_15_lid_1_the_word_of_who_represents_stands_for_the_child() {
    assert!(suffice(&position(SEM), &[parent(YARA), parent(RUBEN)], SUMMARY));
    let mut sem = position(SEM);
    for one in &mut sem.representatives {
        one.signer.capacity = Capacity::Guardian;
    }
    let guardians = [YARA, RUBEN].map(|person| Signer { person, capacity: Capacity::Guardian });
    assert!(suffice(&sem, &guardians, SUMMARY));
    for one in &mut sem.representatives {
        one.has_authority = false;
    }
    assert!(!suffice(&sem, &guardians, SUMMARY));
}

#[test]
fn jeugdwet_7_3_15_lid_2_an_incapable_adult_is_represented_in_the_order_of_the_law() {
    let order = [Capacity::Relative, Capacity::Partner, Capacity::Proxy, Capacity::Curator];
    let mut yara = incapable(YARA);
    for capacity in order {
        let signer = Signer { person: RUBEN, capacity };
        let during = Span::since(at(SIGNING));
        let one = Representative { signer, has_authority: false, during, exclusions: vec![] };
        yara.representatives.push(one);
        for known in yara.representatives.clone() {
            assert_eq!(suffice(&yara, &[known.signer], SUMMARY), known.signer == signer);
        }
    }
}

#[test]
fn jeugdwet_7_3_15_lid_4_not_when_incompatible_with_the_care_of_a_good_worker() {
    let mut sem = position(SEM);
    assert!(!suffice(&sem, &[parent(YARA)], SUMMARY));
    exclude(&mut sem, RUBEN, SUMMARY);
    assert!(suffice(&sem, &[parent(YARA)], SUMMARY));
    assert!(!suffice(&sem, &[parent(RUBEN)], SUMMARY));
}

#[test]
fn wmo_5_3_3_for_a_minor_under_12_or_incapable_the_representative_consents_instead() {
    let mut facts = family_facts();
    let by_sem = crate::domain::testema::active(9, terms(SEM, &[itself(SEM)]));
    facts.subjects[3].consents = vec![by_sem];
    assert_eq!(shared(&facts), [YARA, RUBEN, NOOR]);
    facts.subjects[3].consents = vec![family_consent(SEM)];
    assert_eq!(shared(&facts), FAMILY);
    facts.subjects[2].position = incapable(NOOR);
    assert_eq!(shared(&facts), [YARA, RUBEN, SEM]);
}

#[test]
fn wmo_5_3_3_lid_3_being_in_the_team_is_needed_and_opens_nothing_by_itself() {
    let mut facts = family_facts();
    for subject in &mut facts.subjects {
        subject.consents.clear();
    }
    assert_eq!(shared(&facts), []);
    let mut facts = family_facts();
    facts.members = vec![Member {
        oin: steunpunt(),
        membership: Membership::Core,
        member_from: at(SIGNING),
        member_until: None,
    }];
    let decision = policy::evaluate(&summary_request(), &facts, at(SUMMARY));
    assert_eq!(decision.denial(), Some(DenialReason::NotInCaseTeam));
}

#[test]
fn uavg_5_under_16_the_legal_representative_consents_too() {
    let request = policy::Request { asked: Asked::Exactly(AGREED), ..summary_request() };
    let mut facts = family_facts();
    facts.subjects[2].consents =
        vec![crate::domain::testema::active(9, terms(NOOR, &[itself(NOOR)]))];
    let alone = policy::evaluate(&request, &facts, at(SUMMARY));
    assert!(alone.permit(NOOR).is_none());
    let at_16 = policy::evaluate(&request, &facts, at("2026-05-20T10:00:00Z"));
    assert!(at_16.permit(NOOR).is_some());
}
