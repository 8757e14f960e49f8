//! The ten reasons, who wins when records disagree, and the scenario of DOMAIN §10.

use super::*;
use crate::domain::consent::{Correction, Terms};
use crate::domain::id::Pseudonym;
use crate::domain::testema::{
    AGREED, NOOR, RUBEN, SEM, SIGNING, SUMMARY, YARA, active, at, consent_id, exclude,
    family_consent, ggz, itself, mee, parent, position, social_work, steunpunt, terms,
    terms_signed_at, withdrawal,
};

const RUBEN_WITHDRAWS: &str = "2026-05-28T07:15:00Z";

/// Steunpunt → GGZ, care coordination, at `moment`.
fn ask(position: &LegalPosition, moment: &str, records: &[Consent]) -> Answer {
    ask_for(AGREED, position, moment, records)
}

fn ask_for(
    categories: Categories,
    position: &LegalPosition,
    moment: &str,
    records: &[Consent],
) -> Answer {
    let question = Question {
        position,
        source: &steunpunt(),
        recipient: &ggz(),
        purpose: Purpose::CareCoordination,
        at: at(moment),
        relied_on: &[],
        rules: &ConsentRules::default(),
    };
    check(&question, categories, records)
}

fn permit(consents: &[&Consent]) -> Answer {
    Answer::Permit { consents: consents.iter().map(|consent| consent.reference()).collect() }
}

fn deny(reason: DenialReason) -> Answer {
    Answer::Deny { reason }
}

fn withdrawn(consent: Consent, by: crate::domain::consent::Signer, moment: &str) -> Consent {
    let position = position(consent.terms.subject);
    consent.withdraw(withdrawal(by, moment), &position, &ConsentRules::default()).unwrap()
}

fn refused(number: u8, subject: Pseudonym, moment: &str) -> Consent {
    let terms = terms_signed_at(subject, &[itself(subject)], moment);
    let rules = ConsentRules::default();
    Consent::refuse(consent_id(number), terms, &position(subject), at(moment), &rules).unwrap()
}

fn correction() -> Correction {
    Correction { at: at(SUMMARY), recorded_by: "sp-0147".parse().unwrap() }
}

/// Yara's consent with something changed.
fn yaras(change: impl FnOnce(&mut Terms)) -> Consent {
    let mut terms = terms(YARA, &[itself(YARA)]);
    change(&mut terms);
    active(1, terms)
}

#[test]
fn step_6_and_8_the_whole_family_may_be_shared_with_the_ggz() {
    for subject in [YARA, RUBEN, NOOR, SEM] {
        let consent = family_consent(subject);
        let answer = ask(&position(subject), SUMMARY, std::slice::from_ref(&consent));
        assert_eq!(answer, permit(&[&consent]));
    }
}

#[test]
fn step_6_sem_signed_by_yara_only_is_not_enough() {
    let proposed = Consent::propose(consent_id(1), terms(SEM, &[parent(YARA)]));
    let answer = ask(&position(SEM), SUMMARY, &[proposed]);
    assert_eq!(answer, deny(DenialReason::SignaturesInsufficient));
}

#[test]
fn step_8_another_category_is_not_covered() {
    let categories = AGREED.with(Category::HealthMental);
    let answer = ask_for(categories, &position(NOOR), SUMMARY, &[family_consent(NOOR)]);
    assert_eq!(answer, deny(DenialReason::CategoryNotCovered));
}

#[test]
fn step_8_mee_has_no_consent_and_does_not_learn_that_the_ggz_has() {
    let position = position(YARA);
    let question = Question {
        position: &position,
        source: &steunpunt(),
        recipient: &mee(),
        purpose: Purpose::CareCoordination,
        at: at(SUMMARY),
        relied_on: &[],
        rules: &ConsentRules::default(),
    };
    let records = [family_consent(YARA)];
    assert_eq!(check(&question, AGREED, &records), deny(DenialReason::NoConsent));
    let named = Question { relied_on: &[records[0].consent_id], ..question };
    assert_eq!(check(&named, AGREED, &records), deny(DenialReason::WrongRecipient));
}

#[test]
fn step_9_noor_turns_16_and_her_own_signature_suffices() {
    let consent = family_consent(NOOR);
    let answer = ask(&position(NOOR), "2026-05-21T10:00:00Z", std::slice::from_ref(&consent));
    assert_eq!(answer, permit(&[&consent]));
}

#[test]
fn step_10_what_ruben_withdraws_is_no_longer_shared() {
    let own = withdrawn(family_consent(RUBEN), itself(RUBEN), RUBEN_WITHDRAWS);
    let sem = withdrawn(family_consent(SEM), parent(RUBEN), RUBEN_WITHDRAWS);
    let moment = "2026-05-28T08:00:00Z";
    assert_eq!(ask(&position(RUBEN), moment, &[own]), deny(DenialReason::Withdrawn));
    assert_eq!(ask(&position(SEM), moment, &[sem]), deny(DenialReason::Withdrawn));
    let yara = family_consent(YARA);
    assert_eq!(ask(&position(YARA), moment, std::slice::from_ref(&yara)), permit(&[&yara]));
}

#[test]
fn step_10b_after_the_exclusion_yara_signs_anew_and_sem_may_be_shared_again() {
    let mut sem = position(SEM);
    exclude(&mut sem, RUBEN, "2026-05-29T09:00:00Z");
    let old = withdrawn(family_consent(SEM), parent(RUBEN), RUBEN_WITHDRAWS);
    let new = active(9, terms_signed_at(SEM, &[parent(YARA)], "2026-05-29T10:00:00Z"));
    let moment = "2026-05-29T11:00:00Z";
    assert_eq!(ask(&sem, moment, &[old.clone(), new.clone()]), permit(&[&new]));
    // Without the exclusion Ruben's silence stands in the way.
    let answer = ask(&position(SEM), moment, &[old, new]);
    assert_eq!(answer, deny(DenialReason::SignaturesInsufficient));
}

#[test]
fn each_reason_is_given() {
    let outgrown = active(2, terms(NOOR, &[parent(YARA), parent(RUBEN)]));
    let cases = [
        (DenialReason::NoConsent, YARA, SUMMARY, vec![]),
        (DenialReason::Refused, YARA, SUMMARY, vec![refused(1, YARA, SIGNING)]),
        (
            DenialReason::Withdrawn,
            YARA,
            SUMMARY,
            vec![withdrawn(family_consent(YARA), itself(YARA), SIGNING)],
        ),
        (DenialReason::Expired, YARA, "2026-10-02T13:10:00Z", vec![family_consent(YARA)]),
        (DenialReason::NotYetValid, YARA, "2026-04-02T13:09:59Z", vec![family_consent(YARA)]),
        (DenialReason::NeedsRenewal, NOOR, "2026-05-20T10:00:00Z", vec![outgrown]),
        (
            DenialReason::WrongPurpose,
            YARA,
            SUMMARY,
            vec![yaras(|terms| terms.purpose = Purpose::SafetyProtection)],
        ),
        (
            DenialReason::CategoryNotCovered,
            YARA,
            SUMMARY,
            vec![yaras(|terms| terms.categories = Categories::of(&[Category::Identification]))],
        ),
        (
            DenialReason::SignaturesInsufficient,
            NOOR,
            SUMMARY,
            vec![active(2, terms(NOOR, &[itself(NOOR)]))],
        ),
    ];
    for (reason, subject, moment, records) in cases {
        assert_eq!(ask(&position(subject), moment, &records), deny(reason), "{reason}");
    }
}

#[test]
fn the_order_of_the_reasons_is_the_order_of_the_list() {
    let reasons: Vec<u16> = TESTS.iter().map(|(reason, _)| reason.number()).collect();
    assert_eq!(reasons, (2..=10).collect::<Vec<u16>>());
}

#[test]
fn of_several_reasons_the_first_is_given() {
    // Wrong in five ways; each repair uncovers the next reason of the list.
    let mut consent = active(2, terms(NOOR, &[parent(YARA)]));
    consent.terms.purpose = Purpose::SafetyProtection;
    consent.terms.categories = Categories::of(&[Category::ProgressStatus]);
    let late = "2027-05-20T10:00:00Z";
    let ask =
        |moment, consent: &Consent| ask(&position(NOOR), moment, std::slice::from_ref(consent));
    assert_eq!(ask(late, &consent), deny(DenialReason::Expired));
    assert_eq!(ask("2026-06-01T10:00:00Z", &consent), deny(DenialReason::NeedsRenewal));
    assert_eq!(ask(SUMMARY, &consent), deny(DenialReason::WrongPurpose));
    consent.terms.purpose = Purpose::CareCoordination;
    assert_eq!(ask(SUMMARY, &consent), deny(DenialReason::CategoryNotCovered));
    consent.terms.categories = AGREED;
    assert_eq!(ask(SUMMARY, &consent), deny(DenialReason::SignaturesInsufficient));
}

#[test]
fn a_no_wins_over_a_yes_of_the_same_moment_or_before() {
    let yes = family_consent(YARA);
    for (moment, reason) in [
        ("2026-04-02T13:09:59Z", None),
        (SIGNING, Some(DenialReason::Refused)),
        ("2026-04-03T10:00:00Z", Some(DenialReason::Refused)),
    ] {
        let records = [yes.clone(), refused(8, YARA, moment)];
        let expected = reason.map_or_else(|| permit(&[&yes]), deny);
        assert_eq!(ask(&position(YARA), SUMMARY, &records), expected, "{moment}");
    }
}

#[test]
fn withdrawing_one_of_two_consents_ends_both() {
    let withdrawn = withdrawn(family_consent(YARA), itself(YARA), "2026-04-03T10:00:00Z");
    let twin = active(8, terms(YARA, &[itself(YARA)]));
    let answer = ask(&position(YARA), SUMMARY, &[twin, withdrawn]);
    assert_eq!(answer, deny(DenialReason::Withdrawn));
}

#[test]
fn a_no_to_one_category_leaves_the_others() {
    let mut no = refused(8, YARA, "2026-04-03T10:00:00Z");
    no.terms.categories = Categories::of(&[Category::SafetyAssessment]);
    let records = [family_consent(YARA), no];
    let ask_one =
        |category| ask_for(Categories::of(&[category]), &position(YARA), SUMMARY, &records);
    assert_eq!(ask_one(Category::SafetyAssessment), deny(DenialReason::Refused));
    assert_eq!(ask_one(Category::SafetyAgreements), permit(&[&records[0]]));
}

#[test]
fn a_no_to_another_organisation_says_nothing_here() {
    let mut no = refused(8, YARA, "2026-04-03T10:00:00Z");
    no.terms.recipient = social_work();
    let yes = family_consent(YARA);
    assert_eq!(ask(&position(YARA), SUMMARY, &[yes.clone(), no]), permit(&[&yes]));
}

#[test]
fn naming_a_good_consent_does_not_hide_a_withdrawal() {
    let yes = active(8, terms(YARA, &[itself(YARA)]));
    let no = withdrawn(family_consent(YARA), itself(YARA), "2026-04-03T10:00:00Z");
    let position = position(YARA);
    let question = Question {
        position: &position,
        source: &steunpunt(),
        recipient: &ggz(),
        purpose: Purpose::CareCoordination,
        at: at(SUMMARY),
        relied_on: &[yes.consent_id],
        rules: &ConsentRules::default(),
    };
    assert_eq!(check(&question, AGREED, &[yes, no]), deny(DenialReason::Withdrawn));
}

#[test]
fn only_the_newest_version_speaks() {
    let first = family_consent(YARA);
    let second = withdrawn(first.clone(), itself(YARA), "2026-04-03T10:00:00Z");
    for records in [[first.clone(), second.clone()], [second, first]] {
        assert_eq!(ask(&position(YARA), SUMMARY, &records), deny(DenialReason::Withdrawn));
    }
    let first = family_consent(YARA);
    let struck = first.clone().enter_in_error(correction()).unwrap();
    for records in [[first.clone(), struck.clone()], [struck, first]] {
        assert_eq!(ask(&position(YARA), SUMMARY, &records), deny(DenialReason::NoConsent));
    }
}

#[test]
fn a_withdrawal_counts_even_when_a_clock_lags_behind_it() {
    let no = withdrawn(family_consent(YARA), itself(YARA), "2026-04-20T10:00:00Z");
    assert_eq!(ask(&position(YARA), SUMMARY, &[no]), deny(DenialReason::Withdrawn));
}

#[test]
fn a_record_made_by_mistake_was_never_there() {
    let struck = family_consent(YARA).enter_in_error(correction()).unwrap();
    assert_eq!(ask(&position(YARA), SUMMARY, &[struck]), deny(DenialReason::NoConsent));
}

#[test]
fn row_5_a_consent_works_in_one_direction_and_for_one_person() {
    let mut back = family_consent(YARA);
    (back.terms.source, back.terms.recipient) = (ggz(), steunpunt());
    assert_eq!(ask(&position(YARA), SUMMARY, &[back]), deny(DenialReason::NoConsent));
    let answer = ask(&position(YARA), SUMMARY, &[family_consent(RUBEN)]);
    assert_eq!(answer, deny(DenialReason::NoConsent));
}

#[test]
fn two_consents_together_may_cover_what_is_asked() {
    let one = yaras(|terms| terms.categories = Categories::of(&[Category::Identification]));
    let rest = AGREED.without(one.terms.categories);
    let two = Consent { consent_id: consent_id(2), ..yaras(|terms| terms.categories = rest) };
    let answer = ask(&position(YARA), SUMMARY, &[one.clone(), two.clone()]);
    assert_eq!(answer, permit(&[&one, &two]));
}

#[test]
fn asking_for_nothing_is_not_permission() {
    let answer = ask_for(Categories::EMPTY, &position(YARA), SUMMARY, &[family_consent(YARA)]);
    assert_eq!(answer, deny(DenialReason::NoConsent));
}
