//! Laws that hold for every request, whatever the family signed.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::consent::{Consent, Status};
use crate::domain::id::{Oin, Pseudonym};
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::domain::testema::{
    FAMILY, active, at, emergency, evidence, family_facts, ggz, itself, parent, party, police,
    signers, social_work, steunpunt, summary_request, terms_signed_at, withdrawal,
};

const MOMENTS: [&str; 4] = [
    "2026-04-02T13:10:00Z",
    "2026-04-20T09:00:00Z",
    "2026-05-28T07:15:00Z",
    "2026-09-30T12:00:00Z",
];

fn any_categories() -> impl Strategy<Value = Categories> {
    (1..=Categories::ALL.bits()).prop_map(|bits| Categories::from_bits(bits).unwrap())
}

/// A record of somebody in the family: mostly well signed and about this request, sometimes not.
fn any_consent() -> impl Strategy<Value = Consent> {
    let purposes = [
        Purpose::CareCoordination,
        Purpose::CareCoordination,
        Purpose::CareCoordination,
        Purpose::SafetyProtection,
    ];
    let who = (0..4_usize, any::<bool>(), 0..4_usize);
    let what = (select(purposes.to_vec()), any_categories(), 0..4_u8);
    let whom = select(vec![ggz(), ggz(), ggz(), social_work()]);
    (who, what, whom).prop_map(|((subject, well_signed, moment), what, recipient)| {
        let (purpose, categories, status) = what;
        let subject = FAMILY[subject];
        let by = if well_signed { signers(subject) } else { vec![itself(subject)] };
        let mut terms = terms_signed_at(subject, &by, MOMENTS[moment]);
        (terms.purpose, terms.categories, terms.recipient) = (purpose, categories, recipient);
        let mut consent = active(0, terms);
        consent.status = match status {
            0 => Status::Refused,
            1 => Status::Withdrawn(withdrawal(parent(subject), MOMENTS[moment])),
            _ => Status::Active,
        };
        consent
    })
}

/// The family's records, each with its own id.
fn any_consents() -> impl Strategy<Value = Vec<Consent>> {
    vec(any_consent(), 0..24).prop_map(|mut consents| {
        for (number, consent) in (1_u8..).zip(&mut consents) {
            consent.consent_id = crate::domain::testema::consent_id(number);
        }
        consents
    })
}

fn any_asked() -> impl Strategy<Value = Asked> {
    prop_oneof![Just(Asked::Everything), any_categories().prop_map(Asked::Exactly)]
}

fn any_request() -> impl Strategy<Value = Request> {
    let bases = [Basis::Consent; 12].into_iter().chain(Basis::ALL.iter().copied());
    let parties = [
        party(ggz(), Role::MentalHealth),
        party(ggz(), Role::YouthCare),
        party(steunpunt(), Role::Steunpunt),
        party(police(), Role::Police),
    ];
    let sides = (select(parties.to_vec()), select(parties.to_vec()));
    (sides, select(bases.collect::<Vec<Basis>>()), select(Purpose::ALL.to_vec()), any_asked())
        .prop_map(|((sender, recipient), basis, purpose, asked)| Request {
            sender,
            recipient,
            purpose,
            basis,
            asked,
            evidence: evidence(basis),
            ..summary_request()
        })
}

/// A request by which much is allowed: it is given, with everything that its basis demands and an
/// emergency that was declared.
fn any_gift() -> impl Strategy<Value = Request> {
    let from = [
        party(ggz(), Role::MentalHealth),
        party(steunpunt(), Role::Steunpunt),
        party(police(), Role::Police),
    ];
    let to = [
        party(itself_certified(), Role::YouthCare),
        party(steunpunt(), Role::Steunpunt),
        party(police(), Role::Police),
        party(social_work(), Role::SocialWork),
    ];
    let who = (select(from.to_vec()), select(to.to_vec()), any::<bool>());
    let what = (select(Basis::ALL.to_vec()), select(Purpose::ALL.to_vec()), any_asked());
    (who, what).prop_map(|((sender, recipient, declared), (basis, purpose, asked))| Request {
        sender,
        recipient: Party { is_certified_institution: true, ..recipient },
        initiative: Initiative::Give,
        purpose,
        basis,
        asked,
        evidence: evidence(basis),
        emergency: declared.then(|| emergency(Categories::ALL, NOW)),
        ..summary_request()
    })
}

fn itself_certified() -> Oin {
    "00000099000000005000".parse().unwrap()
}

fn facts(consents: &[Consent]) -> Facts {
    let mut facts = family_facts();
    for subject in &mut facts.subjects {
        subject.present = Categories::ALL;
        subject.consents = consents
            .iter()
            .filter(|consent| consent.terms.subject == subject.position.subject)
            .cloned()
            .collect();
    }
    facts
}

fn permitted(decision: &Decision) -> BTreeMap<Pseudonym, Categories> {
    decision.permits.iter().map(|permit| (permit.subject(), permit.categories())).collect()
}

fn is_no_more(less: &Decision, more: &Decision) -> bool {
    let more = permitted(more);
    permitted(less).iter().all(|(subject, categories)| {
        more.get(subject).is_some_and(|allowed| categories.is_subset_of(*allowed))
    })
}

fn asking(asked: Asked) -> Request {
    Request { asked, ..summary_request() }
}

const NOW: &str = "2026-06-01T10:00:00Z";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn removing_a_consent_never_permits_more(
        consents in any_consents(), asked in any_asked(), index in any::<prop::sample::Index>(),
    ) {
        let given: Vec<usize> = (0..consents.len())
            .filter(|position| !consents[*position].is_denial())
            .collect();
        prop_assume!(!given.is_empty());
        let mut fewer = consents.clone();
        fewer.remove(*index.get(&given));
        let before = evaluate(&asking(asked), &facts(&consents), at(NOW));
        let after = evaluate(&asking(asked), &facts(&fewer), at(NOW));
        prop_assert!(is_no_more(&after, &before));
    }

    #[test]
    fn withdrawing_never_permits_more_and_ends_what_rested_on_it(
        consents in any_consents(), asked in any_asked(), index in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!consents.is_empty());
        let mut fewer = consents.clone();
        let withdrawn = index.get_mut(&mut fewer);
        let id = withdrawn.consent_id;
        withdrawn.status =
            Status::Withdrawn(withdrawal(itself(withdrawn.terms.subject), MOMENTS[2]));
        withdrawn.version += 1;
        let before = evaluate(&asking(asked), &facts(&consents), at(NOW));
        let after = evaluate(&asking(asked), &facts(&fewer), at(NOW));
        prop_assert!(is_no_more(&after, &before));
        let relied_on = after.permits.iter().flat_map(Permit::consents);
        prop_assert!(relied_on.into_iter().all(|consent| consent.consent_id != id));
    }

    #[test]
    fn a_refusal_more_never_permits_more(consents in any_consents(), refusal in any_consent()) {
        let refusal = Consent {
            status: Status::Refused,
            consent_id: crate::domain::testema::consent_id(99),
            ..refusal
        };
        let mut more = consents.clone();
        more.push(refusal);
        let asked = Asked::Everything;
        let before = evaluate(&asking(asked), &facts(&consents), at(NOW));
        let after = evaluate(&asking(asked), &facts(&more), at(NOW));
        prop_assert!(is_no_more(&after, &before));
    }

    #[test]
    fn asking_by_name_never_gives_more_than_asking_for_everything(
        consents in any_consents(), categories in any_categories(),
    ) {
        let facts = facts(&consents);
        let named = evaluate(&asking(Asked::Exactly(categories)), &facts, at(NOW));
        let everything = evaluate(&asking(Asked::Everything), &facts, at(NOW));
        prop_assert!(is_no_more(&named, &everything));
    }

    #[test]
    fn a_category_is_judged_by_itself(
        consents in any_consents(), wide in any_categories(), narrow in any_categories(),
    ) {
        let narrow = wide.intersection(narrow);
        let facts = facts(&consents);
        let wide = evaluate(&asking(Asked::Exactly(wide)), &facts, at(NOW));
        let narrowed = evaluate(&asking(Asked::Exactly(narrow)), &facts, at(NOW));
        for (wide, narrowed) in wide.persons.iter().zip(&narrowed.persons) {
            for category in narrow.iter() {
                prop_assert_eq!(judged(narrowed, category), judged(wide, category));
            }
        }
    }

    #[test]
    fn everything_asked_is_answered_once_and_a_no_has_its_reason(
        consents in any_consents(), request in any_request(),
    ) {
        let facts = facts(&consents);
        let decision = evaluate(&request, &facts, at(NOW));
        prop_assert_eq!(decision.persons.len(), facts.subjects.len());
        let refused = first_unmet(&decision.conditions);
        for person in &decision.persons {
            let answered: u32 = person.findings.iter().map(|finding| finding.categories.len()).sum();
            prop_assert_eq!(answered, person.asked().len());
            match request.asked {
                Asked::Everything => prop_assert_eq!(person.asked(), Categories::ALL),
                Asked::Exactly(categories) => prop_assert_eq!(person.asked(), categories),
            }
            for finding in &person.findings {
                let unmet = refused.or_else(|| first_unmet(&finding.conditions));
                prop_assert_eq!(finding.denial, unmet);
                prop_assert!(finding.denial.is_none() || finding.consents.is_empty());
            }
        }
        prop_assert_eq!(decision.denial().is_some(), decision.effect == Effect::Deny);
        prop_assert_eq!(decision.permits.is_empty(), decision.effect == Effect::Deny);
    }

    #[test]
    fn whoever_has_a_permit_by_consent_signed_for_it(
        consents in any_consents(), request in any_request(),
    ) {
        let facts = facts(&consents);
        let decision = evaluate(&request, &facts, at(NOW));
        for permit in decision.permits.iter().filter(|permit| permit.basis() == Basis::Consent) {
            let covered: Categories = permit
                .consents()
                .iter()
                .filter_map(|reference| {
                    consents.iter().find(|consent| consent.reference() == *reference)
                })
                .filter(|consent| {
                    consent.terms.subject == permit.subject()
                        && consent.terms.source == *permit.sender()
                        && consent.terms.recipient == *permit.recipient()
                        && consent.terms.purpose == permit.purpose()
                        && consent.status == Status::Active
                })
                .flat_map(|consent| consent.terms.categories.iter())
                .collect();
            prop_assert!(permit.categories().is_subset_of(covered));
        }
    }

    #[test]
    fn removing_a_consent_never_permits_more_on_any_basis(
        consents in any_consents(), gift in any_gift(), index in any::<prop::sample::Index>(),
    ) {
        let given: Vec<usize> = (0..consents.len())
            .filter(|position| !consents[*position].is_denial())
            .collect();
        prop_assume!(!given.is_empty());
        let mut fewer = consents.clone();
        fewer.remove(*index.get(&given));
        let before = evaluate(&gift, &facts(&consents), at(NOW));
        let after = evaluate(&gift, &facts(&fewer), at(NOW));
        prop_assert!(is_no_more(&after, &before));
    }

    #[test]
    fn taking_away_evidence_or_the_emergency_never_permits_more(
        consents in any_consents(), gift in any_gift(),
    ) {
        let facts = facts(&consents);
        let whole = evaluate(&gift, &facts, at(NOW));
        let bare = Request { evidence: BasisEvidence::default(), ..gift.clone() };
        prop_assert!(is_no_more(&evaluate(&bare, &facts, at(NOW)), &whole));
        // An emergency may be declared in vain, for fewer categories; then it gives no more.
        let calm = Request { emergency: None, ..gift };
        prop_assert!(is_no_more(&evaluate(&calm, &facts, at(NOW)), &whole));
    }

    #[test]
    fn narrowing_a_basis_never_permits_more(
        consents in any_consents(), gift in any_gift(), cap in any_categories(), how in 0..6_usize,
    ) {
        let wide = facts(&consents);
        let mut rules = (*wide.rules).clone();
        narrow(rules.basis_mut(gift.basis), cap, how);
        let narrow = Facts { rules: Arc::new(rules), ..wide.clone() };
        let before = evaluate(&gift, &wide, at(NOW));
        let after = evaluate(&gift, &narrow, at(NOW));
        prop_assert!(is_no_more(&after, &before));
    }

    #[test]
    fn the_same_question_has_the_same_answer(consents in any_consents(), request in any_request()) {
        let facts = facts(&consents);
        let decision = evaluate(&request, &facts, at(NOW));
        prop_assert_eq!(&evaluate(&request, &facts, at(NOW)), &decision);
    }

    #[test]
    fn the_order_of_the_records_does_not_matter(
        consents in any_consents(), asked in any_asked(),
    ) {
        let mut reversed = consents.clone();
        reversed.reverse();
        let one = evaluate(&asking(asked), &facts(&consents), at(NOW));
        let other = evaluate(&asking(asked), &facts(&reversed), at(NOW));
        prop_assert_eq!(permitted(&one), permitted(&other));
    }
}

/// One way to narrow a basis.
fn narrow(rule: &mut BasisRule, cap: Categories, how: usize) {
    match how {
        0 => rule.cap = rule.cap.intersection(cap),
        1 => rule.flows.clear(),
        2 => rule.purposes.clear(),
        3 => rule.enabled = false,
        4 => rule.certified_recipient = true,
        _ => rule.evidence.push("SUBJECT_REQUEST_ID".parse().unwrap()),
    }
}

fn judged(
    person: &PersonDecision,
    category: Category,
) -> Option<crate::domain::event::DenialReason> {
    let finding = person.findings.iter().find(|finding| finding.categories.contains(category));
    finding.unwrap().denial
}
