//! The second table of DOMAIN §3.1: one test per row, and the sentence under it. A consent is judged
//! at the moment of use: by the age, the authority, the capacity and the exclusions of that moment.

use super::*;
use crate::domain::event::DenialReason;
use crate::domain::testema::{
    AGREED, NOOR, RUBEN, SEM, SIGNING, SUMMARY, YARA, active, at, exclude, family_consent, ggz,
    itself, parent, position, steunpunt, terms, terms_signed_at, withdrawal,
};

const NOOR_TURNS_16: &str = "2026-05-19T22:00:00Z";
const NOOR_TURNS_18: &str = "2028-05-19T22:00:00Z";
const SEM_TURNS_12: &str = "2029-11-02T23:00:00Z";
const SEM_TURNS_16: &str = "2033-11-02T23:00:00Z";

fn signed(subject: Pseudonym, signers: &[Signer]) -> Consent {
    active(1, terms(subject, signers))
}

fn signed_at(subject: Pseudonym, signers: &[Signer], moment: &str) -> Consent {
    active(1, terms_signed_at(subject, signers, moment))
}

fn as_one(person: Pseudonym, capacity: Capacity) -> Signer {
    Signer { person, capacity }
}

/// What the closed question answers about a consent at a moment; none for yes.
fn denial(position: &LegalPosition, consent: &Consent, moment: &str) -> Option<DenialReason> {
    denial_under(&ConsentRules::default(), position, consent, moment)
}

fn denial_under(
    rules: &ConsentRules,
    position: &LegalPosition,
    consent: &Consent,
    moment: &str,
) -> Option<DenialReason> {
    let question = Question {
        position,
        source: &steunpunt(),
        recipient: &ggz(),
        purpose: Purpose::CareCoordination,
        at: at(moment),
        relied_on: &[],
        rules,
    };
    let answer = check(&question, AGREED, std::slice::from_ref(consent));
    let state = consent.state_at(at(moment), position, rules);
    match answer {
        Answer::Permit { .. } => {
            assert_eq!(state, State::Active);
            None
        }
        Answer::Deny { reason } => {
            assert_ne!(state, State::Active);
            Some(reason)
        }
    }
}

fn incapable(mut position: LegalPosition, from: &str, line: &[Signer]) -> LegalPosition {
    position.incapable.push(Span::since(at(from)));
    position.representatives.extend(line.iter().map(|signer| Representative {
        signer: *signer,
        has_authority: false,
        during: Span::since(at(from)),
        exclusions: Vec::new(),
    }));
    position
}

/// Somebody no longer represents from a moment on.
fn lose(position: &mut LegalPosition, signer: Signer, until: &str) {
    let one = position.representatives.iter_mut().find(|one| one.signer == signer).unwrap();
    one.during.until = Some(at(until));
}

#[test]
fn row_under_12_every_representative_with_authority_signs() {
    let both = signed(SEM, &[parent(YARA), parent(RUBEN)]);
    assert_eq!(denial(&position(SEM), &both, SUMMARY), None);
    let insufficient = Some(DenialReason::SignaturesInsufficient);
    assert_eq!(denial(&position(SEM), &signed(SEM, &[parent(YARA)]), SUMMARY), insufficient);
    assert_eq!(denial(&position(SEM), &signed(SEM, &[itself(SEM)]), SUMMARY), insufficient);
}

#[test]
fn row_under_12_one_representative_signs_where_the_region_chose_any() {
    let any = ConsentRules { guardian_rule: GuardianRule::Any, ..ConsentRules::default() };
    let one = signed(SEM, &[parent(RUBEN)]);
    assert_eq!(denial_under(&any, &position(SEM), &one, SUMMARY), None);
    let none = signed(SEM, &[itself(SEM)]);
    let insufficient = Some(DenialReason::SignaturesInsufficient);
    assert_eq!(denial_under(&any, &position(SEM), &none, SUMMARY), insufficient);
}

#[test]
fn row_under_12_one_of_two_parents_withdraws_under_either_rule() {
    let moment = "2026-05-28T07:15:00Z";
    for guardian_rule in [GuardianRule::AllWithAuthority, GuardianRule::Any] {
        let rules = ConsentRules { guardian_rule, ..ConsentRules::default() };
        let consent = family_consent(SEM);
        let word = withdrawal(parent(RUBEN), moment);
        let consent = consent.withdraw(word, &position(SEM), &rules).unwrap();
        let denial = denial_under(&rules, &position(SEM), &consent, moment);
        assert_eq!(denial, Some(DenialReason::Withdrawn), "{guardian_rule:?}");
        // What the region chose decides who must sign anew.
        let anew = signed_at(SEM, &[parent(YARA)], "2026-05-29T07:15:00Z");
        let suffices =
            position(SEM).check_signatures(&anew.terms, at("2026-05-30T00:00:00Z"), &rules);
        assert_eq!(suffices.is_ok(), guardian_rule == GuardianRule::Any);
    }
}

#[test]
fn row_under_12_authority_lost_or_gained_is_felt_at_once() {
    let moment = "2026-05-01T00:00:00Z";
    let by_both = signed(SEM, &[parent(YARA), parent(RUBEN)]);
    let by_yara = signed(SEM, &[parent(YARA)]);
    let mut sem = position(SEM);
    lose(&mut sem, parent(RUBEN), moment);
    assert_eq!(denial(&sem, &by_both, moment), None);
    // She alone decides from then on, and had not enough before.
    assert_eq!(denial(&sem, &by_yara, moment), None);
    assert_eq!(
        denial(&sem, &by_yara, "2026-04-30T23:59:59Z"),
        Some(DenialReason::SignaturesInsufficient)
    );
    // A guardian is appointed beside her: the guardian has not signed.
    let guardian = as_one(NOOR, Capacity::Guardian);
    sem.representatives.push(Representative {
        signer: guardian,
        has_authority: true,
        during: Span::since(at("2026-05-10T00:00:00Z")),
        exclusions: Vec::new(),
    });
    let later = "2026-05-10T00:00:00Z";
    assert_eq!(denial(&sem, &by_yara, "2026-05-09T23:59:59Z"), None);
    assert_eq!(denial(&sem, &by_yara, later), Some(DenialReason::NeedsRenewal));
    let by_two = signed_at(SEM, &[parent(YARA), guardian], later);
    assert_eq!(denial(&sem, &by_two, later), None);
}

#[test]
fn row_12_15_capable_the_child_and_one_representative_sign() {
    let insufficient = Some(DenialReason::SignaturesInsufficient);
    for one in [YARA, RUBEN] {
        let consent = signed(NOOR, &[itself(NOOR), parent(one)]);
        assert_eq!(denial(&position(NOOR), &consent, SUMMARY), None);
    }
    let alone = signed(NOOR, &[itself(NOOR)]);
    assert_eq!(denial(&position(NOOR), &alone, SUMMARY), insufficient);
    let parents = signed(NOOR, &[parent(YARA), parent(RUBEN)]);
    assert_eq!(denial(&position(NOOR), &parents, SUMMARY), insufficient);
}

#[test]
fn row_12_15_capable_the_child_alone_where_the_region_asks_no_dual_consent() {
    let rules = ConsentRules { dual_consent_12_15: false, ..ConsentRules::default() };
    let alone = signed(NOOR, &[itself(NOOR)]);
    assert_eq!(denial_under(&rules, &position(NOOR), &alone, SUMMARY), None);
    let parents = signed(NOOR, &[parent(YARA), parent(RUBEN)]);
    let insufficient = Some(DenialReason::SignaturesInsufficient);
    assert_eq!(denial_under(&rules, &position(NOOR), &parents, SUMMARY), insufficient);
    let word = withdrawal(parent(YARA), SUMMARY);
    let consent = family_consent(NOOR);
    assert!(consent.withdraw(word, &position(NOOR), &rules).is_err());
}

#[test]
fn row_12_15_capable_a_representatives_refusal_is_overridden_for_harm_or_a_lasting_wish() {
    for reason in OverrideReason::ALL {
        let mut terms = terms(NOOR, &[itself(NOOR)]);
        terms.dual_override = Some(DualOverride {
            reason: *reason,
            decided_by: "sp-0147".parse().unwrap(),
            supervisor: "sp-0012".parse().unwrap(),
        });
        let consent = active(1, terms.clone());
        assert_eq!(denial(&position(NOOR), &consent, SUMMARY), None, "{reason}");
        // The representative who was overridden does not end it; the child does.
        let rules = ConsentRules::default();
        let by =
            |signer| consent.clone().withdraw(withdrawal(signer, SUMMARY), &position(NOOR), &rules);
        assert!(by(parent(RUBEN)).is_err() && by(itself(NOOR)).is_ok());
        // Nothing overrides the child.
        terms.grantors = vec![];
        let silent = active(1, terms);
        let insufficient = denial(&position(NOOR), &silent, SUMMARY);
        assert_eq!(insufficient, Some(DenialReason::SignaturesInsufficient));
    }
}

#[test]
fn row_12_15_capable_a_later_refusal_of_a_parent_stands_until_it_is_overridden() {
    let rules = ConsentRules::default();
    let given = family_consent(NOOR);
    let terms = terms_signed_at(NOOR, &[parent(RUBEN)], "2026-04-10T10:00:00Z");
    let now = at("2026-04-10T10:00:00Z");
    let refused =
        Consent::refuse(crate::domain::testema::consent_id(7), terms, &position(NOOR), now, &rules)
            .unwrap();
    let mut terms = terms_signed_at(NOOR, &[itself(NOOR)], "2026-04-11T10:00:00Z");
    terms.dual_override = Some(DualOverride {
        reason: OverrideReason::SeriousHarm,
        decided_by: "sp-0147".parse().unwrap(),
        supervisor: "sp-0012".parse().unwrap(),
    });
    let overriding = active(8, terms);
    let noor = position(NOOR);
    let ask = |records: &[Consent]| {
        let question = Question {
            position: &noor,
            source: &steunpunt(),
            recipient: &ggz(),
            purpose: Purpose::CareCoordination,
            at: at(SUMMARY),
            relied_on: &[],
            rules: &rules,
        };
        check(&question, AGREED, records)
    };
    let refusal = Answer::Deny { reason: DenialReason::Refused };
    assert_eq!(ask(&[given.clone(), refused.clone()]), refusal);
    assert!(matches!(ask(&[given, refused, overriding]), Answer::Permit { .. }));
}

#[test]
fn row_12_15_incapable_the_representatives_sign() {
    let noor = incapable(position(NOOR), SIGNING, &[]);
    let parents = signed(NOOR, &[parent(YARA), parent(RUBEN)]);
    assert_eq!(denial(&noor, &parents, SUMMARY), None);
    let insufficient = Some(DenialReason::SignaturesInsufficient);
    let with_one = signed(NOOR, &[itself(NOOR), parent(YARA)]);
    assert_eq!(denial(&noor, &with_one, SUMMARY), insufficient);
    // Found later than she signed: hers needs renewal from that moment on and not before.
    let later = incapable(position(NOOR), "2026-04-20T00:00:00Z", &[]);
    assert_eq!(denial(&later, &with_one, "2026-04-19T23:59:59Z"), None);
    let outgrown = denial(&later, &with_one, "2026-04-20T00:00:00Z");
    assert_eq!(outgrown, Some(DenialReason::NeedsRenewal));
}

#[test]
fn row_16_capable_the_person_alone_signs_and_a_representative_has_no_effect() {
    let rules = ConsentRules::default();
    let own = signed_at(NOOR, &[itself(NOOR)], NOOR_TURNS_16);
    assert_eq!(denial(&position(NOOR), &own, NOOR_TURNS_16), None);
    let parents = signed_at(NOOR, &[parent(YARA), parent(RUBEN)], NOOR_TURNS_16);
    let insufficient = Some(DenialReason::SignaturesInsufficient);
    assert_eq!(denial(&position(NOOR), &parents, NOOR_TURNS_16), insufficient);
    for parents in [YARA, RUBEN] {
        let word = withdrawal(parent(parents), NOOR_TURNS_16);
        assert!(own.clone().withdraw(word, &position(NOOR), &rules).is_err());
        let terms = terms_signed_at(NOOR, &[parent(parents)], NOOR_TURNS_16);
        let id = crate::domain::testema::consent_id(7);
        let now = at(NOOR_TURNS_16);
        assert!(Consent::refuse(id, terms, &position(NOOR), now, &rules).is_err());
    }
    // Neither does what happens to their authority.
    let mut noor = position(NOOR);
    lose(&mut noor, parent(YARA), NOOR_TURNS_16);
    exclude(&mut noor, RUBEN, NOOR_TURNS_16);
    assert_eq!(denial(&noor, &own, NOOR_TURNS_16), None);
}

#[test]
fn row_16_incapable_the_order_is_curator_or_mentor_then_proxy_then_partner_then_family() {
    let order = [
        &[Capacity::Curator, Capacity::Mentor][..],
        &[Capacity::Proxy],
        &[Capacity::Partner],
        &[Capacity::Relative, Capacity::ParentWithAuthority],
    ];
    for (place, capacities) in order.iter().enumerate() {
        for capacity in *capacities {
            let before = as_one(RUBEN, *capacity);
            for (later, others) in order.iter().enumerate() {
                for other in *others {
                    let line = [as_one(SEM, *other), before];
                    let yara = incapable(position(YARA), SIGNING, &line);
                    let own = denial(&yara, &signed(YARA, &[itself(YARA)]), SUMMARY);
                    assert_eq!(own, Some(DenialReason::SignaturesInsufficient));
                    let first = denial(&yara, &signed(YARA, &[before]), SUMMARY);
                    assert_eq!(first.is_none(), place <= later, "{capacity} beside {other}");
                }
            }
        }
    }
}

#[test]
fn row_16_incapable_the_next_in_line_signs_when_the_first_is_no_more() {
    let (mentor, partner) = (as_one(SEM, Capacity::Mentor), as_one(RUBEN, Capacity::Partner));
    let mut yara = incapable(position(YARA), SIGNING, &[mentor, partner]);
    let by_mentor = signed(YARA, &[mentor]);
    let by_partner = signed(YARA, &[partner]);
    assert_eq!(denial(&yara, &by_mentor, SUMMARY), None);
    assert_eq!(denial(&yara, &by_partner, SUMMARY), Some(DenialReason::SignaturesInsufficient));
    lose(&mut yara, mentor, SUMMARY);
    assert_eq!(denial(&yara, &by_mentor, SUMMARY), Some(DenialReason::NeedsRenewal));
    assert_eq!(denial(&yara, &by_partner, SUMMARY), None);
    // She recovers: she alone decides again.
    yara.incapable[0].until = Some(at("2026-04-20T00:00:00Z"));
    let then = "2026-04-20T00:00:00Z";
    assert_eq!(denial(&yara, &by_partner, then), Some(DenialReason::NeedsRenewal));
    assert_eq!(denial(&yara, &signed_at(YARA, &[itself(YARA)], then), then), None);
}

#[test]
fn row_any_an_excluded_representative_neither_signs_nor_is_missed_nor_withdraws() {
    let moment = "2026-05-29T09:00:00Z";
    let rules = ConsentRules::default();
    let mut sem = position(SEM);
    let by_yara = signed(SEM, &[parent(YARA)]);
    let insufficient = Some(DenialReason::SignaturesInsufficient);
    // Without the exclusion his silence blocks the sharing.
    assert_eq!(denial(&sem, &by_yara, moment), insufficient);
    exclude(&mut sem, RUBEN, moment);
    assert_eq!(denial(&sem, &by_yara, moment), None);
    assert!(denial(&sem, &signed(SEM, &[parent(RUBEN)]), moment).is_some());
    let word = withdrawal(parent(RUBEN), moment);
    assert!(by_yara.clone().withdraw(word, &sem, &rules).is_err());
    // Lifted, he is missed again.
    let lifted = "2026-06-10T09:00:00Z";
    for representative in &mut sem.representatives {
        for exclusion in &mut representative.exclusions {
            exclusion.during.until = Some(at(lifted));
        }
    }
    assert_eq!(denial(&sem, &by_yara, "2026-06-10T08:59:59Z"), None);
    assert!(denial(&sem, &by_yara, lifted).is_some());
}

#[test]
fn row_any_an_excluded_mentor_makes_place_for_the_next_in_line() {
    let (mentor, partner) = (as_one(RUBEN, Capacity::Mentor), as_one(SEM, Capacity::Partner));
    let mut yara = incapable(position(YARA), SIGNING, &[mentor, partner]);
    exclude(&mut yara, RUBEN, SUMMARY);
    assert!(denial(&yara, &signed(YARA, &[mentor]), SUMMARY).is_some());
    assert_eq!(denial(&yara, &signed(YARA, &[partner]), SUMMARY), None);
}

#[test]
fn turning_12_a_consent_of_the_parents_alone_needs_renewal() {
    let eve = "2029-11-02T22:59:59Z";
    let by_parents = signed_at(SEM, &[parent(YARA), parent(RUBEN)], "2029-10-01T10:00:00Z");
    assert_eq!(denial(&position(SEM), &by_parents, eve), None);
    let outgrown = denial(&position(SEM), &by_parents, SEM_TURNS_12);
    assert_eq!(outgrown, Some(DenialReason::NeedsRenewal));
    let both = signed_at(SEM, &[itself(SEM), parent(YARA)], SEM_TURNS_12);
    assert_eq!(denial(&position(SEM), &both, SEM_TURNS_12), None);
}

#[test]
fn turning_16_a_consent_stays_when_the_persons_own_signature_is_under_it() {
    let with_yara = signed_at(SEM, &[itself(SEM), parent(YARA)], "2033-10-01T10:00:00Z");
    assert_eq!(denial(&position(SEM), &with_yara, SEM_TURNS_16), None);
    let mut incapable_till_then = incapable(position(SEM), "2033-09-01T10:00:00Z", &[]);
    incapable_till_then.incapable[0].until = Some(at(SEM_TURNS_16));
    let by_parents = signed_at(SEM, &[parent(YARA), parent(RUBEN)], "2033-10-01T10:00:00Z");
    let eve = "2033-11-02T22:59:59Z";
    assert_eq!(denial(&incapable_till_then, &by_parents, eve), None);
    let outgrown = denial(&incapable_till_then, &by_parents, SEM_TURNS_16);
    assert_eq!(outgrown, Some(DenialReason::NeedsRenewal));
}

#[test]
fn turning_18_the_word_of_a_guardian_ends_and_that_of_a_parent_goes_on_as_family() {
    let signing = "2028-05-01T10:00:00Z";
    let guardian = as_one(YARA, Capacity::Guardian);
    let mut noor = incapable(position(NOOR), SIGNING, &[]);
    noor.representatives[0].signer = guardian;
    lose(&mut noor, parent(RUBEN), SIGNING);
    let by_guardian = signed_at(NOOR, &[guardian], signing);
    assert_eq!(denial(&noor, &by_guardian, "2028-05-19T21:59:59Z"), None);
    let outgrown = denial(&noor, &by_guardian, NOOR_TURNS_18);
    assert_eq!(outgrown, Some(DenialReason::NeedsRenewal));
    let noor = incapable(position(NOOR), SIGNING, &[]);
    let by_parent = signed_at(NOOR, &[parent(YARA)], signing);
    assert_eq!(denial(&noor, &by_parent, NOOR_TURNS_18), None);
    // And whoever is capable notices nothing of that birthday.
    let own = signed_at(NOOR, &[itself(NOOR)], signing);
    assert_eq!(denial(&position(NOOR), &own, NOOR_TURNS_18), None);
}

#[test]
fn a_withdrawal_or_refusal_stands_after_a_birthday_until_somebody_signs_anew() {
    let rules = ConsentRules::default();
    let word = withdrawal(parent(RUBEN), "2026-05-10T10:00:00Z");
    let withdrawn = family_consent(NOOR).withdraw(word, &position(NOOR), &rules).unwrap();
    let at_16 = denial(&position(NOOR), &withdrawn, NOOR_TURNS_16);
    assert_eq!(at_16, Some(DenialReason::Withdrawn));
}
