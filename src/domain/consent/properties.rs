//! What holds of signatures whatever the family looks like: less never becomes enough, except where
//! the law says that somebody need not be asked any more.

use proptest::prelude::*;

use super::*;
use crate::domain::testema::{FAMILY, SUMMARY, at, terms};

const BIRTHS: [&str; 4] = ["1987-02-14", "2009-06-01", "2012-03-15", "2019-11-03"];

/// Somebody in a capacity in which one decides for another.
fn any_signer() -> impl Strategy<Value = Signer> {
    let capacities = Capacity::ALL.iter().copied().filter(|one| *one != Capacity::Itself);
    let capacities: Vec<Capacity> = capacities.collect();
    (prop::sample::select(FAMILY[1..].to_vec()), prop::sample::select(capacities))
        .prop_map(|(person, capacity)| Signer { person, capacity })
}

fn any_representative() -> impl Strategy<Value = Representative> {
    (any_signer(), any::<bool>()).prop_map(|(signer, is_excluded)| {
        let during = Span::since(at(SUMMARY));
        let exclusion = Exclusion {
            reason: ExclusionReason::IncompatibleWithGoodCare,
            decided_by: "a".parse().unwrap(),
            supervisor: "b".parse().unwrap(),
            during,
        };
        Representative {
            signer,
            has_authority: matches!(
                signer.capacity,
                Capacity::ParentWithAuthority | Capacity::Guardian
            ),
            during,
            exclusions: is_excluded.then_some(exclusion).into_iter().collect(),
        }
    })
}

fn any_position() -> impl Strategy<Value = LegalPosition> {
    let birth = prop::sample::select(BIRTHS.to_vec());
    let representatives = prop::collection::vec(any_representative(), 0..5);
    (birth, any::<bool>(), representatives).prop_map(|(birth, is_capable, representatives)| {
        let incapable = if is_capable { vec![] } else { vec![Span::since(at(SUMMARY))] };
        LegalPosition {
            subject: FAMILY[0],
            birth_date: birth.parse().unwrap(),
            incapable,
            representatives,
        }
    })
}

fn any_rules() -> impl Strategy<Value = ConsentRules> {
    (any::<bool>(), any::<bool>()).prop_map(|(dual_consent_12_15, any)| ConsentRules {
        dual_consent_12_15,
        guardian_rule: if any { GuardianRule::Any } else { GuardianRule::AllWithAuthority },
        ..ConsentRules::default()
    })
}

/// Signatures of people of the position, so that they often suffice.
fn any_signatures(position: &LegalPosition) -> BoxedStrategy<Vec<Signer>> {
    let own = Signer { person: position.subject, capacity: Capacity::Itself };
    let mut signers = vec![own];
    signers.extend(position.representatives.iter().map(|one| one.signer));
    let most = signers.len();
    prop::sample::subsequence(signers, 0..=most).boxed()
}

fn any_case() -> impl Strategy<Value = (LegalPosition, Vec<Signer>, ConsentRules)> {
    (any_position(), any_rules()).prop_flat_map(|(position, rules)| {
        let signatures = any_signatures(&position);
        (Just(position), signatures, Just(rules))
    })
}

fn suffice(position: &LegalPosition, signers: &[Signer], rules: &ConsentRules) -> bool {
    let terms = terms(position.subject, signers);
    position.check_signatures(&terms, at(SUMMARY), rules).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, max_global_rejects: 8_192, ..ProptestConfig::default() })]

    #[test]
    fn a_signature_less_never_suffices_where_more_did_not(
        (position, signers, rules) in any_case(), index in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!signers.is_empty());
        let mut fewer = signers.clone();
        fewer.remove(index.index(signers.len()));
        prop_assert!(!suffice(&position, &fewer, &rules) || suffice(&position, &signers, &rules));
    }

    #[test]
    fn nobody_signs_for_nobody((position, _, rules) in any_case()) {
        prop_assert!(!suffice(&position, &[], &rules));
    }

    #[test]
    fn who_signed_and_loses_authority_never_makes_it_suffice(
        (position, signers, rules) in any_case(), index in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!signers.is_empty());
        let signer = *index.get(&signers);
        let mut less = position.clone();
        less.representatives.retain(|one| one.signer != signer);
        prop_assert!(!suffice(&less, &signers, &rules) || suffice(&position, &signers, &rules));
    }

    #[test]
    fn who_did_not_sign_and_gains_authority_never_makes_it_suffice(
        (position, signers, rules) in any_case(), gained in any_representative(),
    ) {
        prop_assume!(!signers.contains(&gained.signer));
        // An exclusion is another thing: it is the decision not to ask somebody.
        prop_assume!(gained.exclusions.is_empty());
        let mut more = position.clone();
        more.representatives.push(gained);
        prop_assert!(!suffice(&more, &signers, &rules) || suffice(&position, &signers, &rules));
    }

    /// Who did not sign is not missed any more when the authority is gone: only where all must agree,
    /// or where the next in line takes the place (DOMAIN §3.1).
    #[test]
    fn authority_lost_by_somebody_silent_makes_it_suffice_only_where_that_word_was_needed(
        (position, signers, rules) in any_case(), index in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!position.representatives.is_empty());
        let silent = index.get(&position.representatives).signer;
        prop_assume!(!signers.contains(&silent));
        let mut less = position.clone();
        less.representatives.retain(|one| one.signer != silent);
        if suffice(&less, &signers, &rules) && !suffice(&position, &signers, &rules) {
            let needed = position.required_signatures(at(SUMMARY), None, &rules);
            prop_assert!(needed.iter().any(|required| required.any_of.contains(&silent)));
        }
    }

    #[test]
    fn from_16_on_a_capable_person_does_not_notice_who_has_authority(
        (position, signers, rules) in any_case(), gained in any_representative(),
    ) {
        prop_assume!(position.is_capable(at(SUMMARY)));
        prop_assume!(position.age_band(at(SUMMARY)) >= crate::domain::person::AgeBand::Age16To17);
        let own = Signer { person: position.subject, capacity: Capacity::Itself };
        prop_assert_eq!(suffice(&position, &signers, &rules), signers.contains(&own));
        let mut other = position.clone();
        other.representatives.push(gained);
        prop_assert_eq!(suffice(&other, &signers, &rules), suffice(&position, &signers, &rules));
        let terms = terms(position.subject, &[own]);
        for one in &other.representatives {
            let word = other.may_withdraw(one.signer, &terms, at(SUMMARY), &rules);
            prop_assert_eq!(word.is_ok(), one.signer == own);
        }
    }

    #[test]
    fn who_could_sign_could_withdraw_and_nobody_else((position, _, rules) in any_case(), by in any_signer()) {
        let terms = terms(position.subject, &[]);
        let required = position.required_signatures(at(SUMMARY), None, &rules);
        let could_sign = required.iter().any(|required| required.any_of.contains(&by));
        let may = position.may_withdraw(by, &terms, at(SUMMARY), &rules).is_ok();
        prop_assert_eq!(may, could_sign);
    }
}
