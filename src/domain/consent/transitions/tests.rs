//! The life of a consent, with the steps of the scenario.

use super::*;
use crate::domain::consent::Signer;
use crate::domain::id::Pseudonym;
use crate::domain::testema::{
    NOOR, RUBEN, SEM, SIGNING, YARA, active, at, consent_id, exclude, family_consent, itself,
    parent, position, signers, terms, withdrawal,
};

fn give(subject: Pseudonym, signers: &[Signer]) -> Result<Consent, SignaturesInsufficient> {
    let terms = terms(subject, signers);
    Consent::give(consent_id(1), terms, &position(subject), at(SIGNING), &ConsentRules::default())
}

fn refuse(subject: Pseudonym, signer: Signer) -> Result<Consent, SignaturesInsufficient> {
    let terms = terms(subject, &[signer]);
    Consent::refuse(consent_id(1), terms, &position(subject), at(SIGNING), &ConsentRules::default())
}

fn withdraw(consent: Consent, by: Signer, moment: &str) -> Result<Consent, NotWithdrawn> {
    let position = position(consent.terms.subject);
    consent.withdraw(withdrawal(by, moment), &position, &ConsentRules::default())
}

#[test]
fn the_whole_family_gives_consent() {
    for subject in [YARA, RUBEN, NOOR, SEM] {
        let consent = give(subject, &signers(subject)).unwrap();
        assert_eq!((consent.state(), consent.version), (State::Active, 1));
    }
    assert_eq!(give(SEM, &[parent(YARA)]).unwrap_err().missing.len(), 1);
}

#[test]
fn a_proposed_consent_comes_into_force_once_the_signatures_suffice() {
    let proposed = Consent::propose(consent_id(1), terms(SEM, &[parent(YARA)]));
    let rules = ConsentRules::default();
    let mut sem = position(SEM);
    let refused = proposed.clone().activate(&sem, at(SIGNING), &rules);
    assert!(matches!(refused, Err(NotActivated::Signatures(_))));
    exclude(&mut sem, RUBEN, SIGNING);
    let given = proposed.activate(&sem, at(SIGNING), &rules).unwrap();
    assert_eq!((given.state(), given.version), (State::Active, 2));
    let again = given.activate(&sem, at(SIGNING), &rules);
    let (from, to) = (State::Active, State::Active);
    assert_eq!(again, Err(NotActivated::State(InvalidTransition { from, to })));
}

#[test]
fn one_who_must_sign_is_enough_to_refuse() {
    assert_eq!(refuse(SEM, parent(RUBEN)).unwrap().state(), State::Refused);
    assert_eq!(refuse(YARA, itself(YARA)).unwrap().state(), State::Refused);
    assert_eq!(refuse(YARA, itself(RUBEN)).unwrap_err().missing.len(), 1);
}

#[test]
fn noor_turns_16_and_keeps_her_consent() {
    let noor = family_consent(NOOR);
    let birthday = at("2026-05-20T10:00:00Z");
    let rules = ConsentRules::default();
    assert_eq!(noor.state_at(birthday, &position(NOOR), &rules), State::Active);
}

#[test]
fn yara_withdrawing_for_noor_of_16_has_no_effect() {
    let refused = withdraw(family_consent(NOOR), parent(YARA), "2026-05-21T10:00:00Z");
    assert_eq!(refused, Err(NotWithdrawn::NoEffect(WithdrawalHasNoEffect)));
    let own = withdraw(family_consent(NOOR), itself(NOOR), "2026-05-21T10:00:00Z").unwrap();
    assert_eq!(own.state(), State::Withdrawn);
}

#[test]
fn ruben_withdraws_for_himself_and_for_sem() {
    let moment = "2026-05-28T07:15:00Z";
    let own = withdraw(family_consent(RUBEN), itself(RUBEN), moment).unwrap();
    assert_eq!((own.state(), own.version), (State::Withdrawn, 2));
    assert_eq!(own.spoken_at(), Some(at(moment)));
    let sem = withdraw(family_consent(SEM), parent(RUBEN), moment).unwrap();
    assert_eq!(sem.state(), State::Withdrawn);
    let again = withdraw(sem, parent(YARA), moment);
    let (from, to) = (State::Withdrawn, State::Withdrawn);
    assert_eq!(again, Err(NotWithdrawn::State(InvalidTransition { from, to })));
}

#[test]
fn an_excluded_parent_can_no_longer_withdraw() {
    let mut sem = position(SEM);
    exclude(&mut sem, RUBEN, "2026-05-29T09:00:00Z");
    let consent = active(1, terms(SEM, &[parent(YARA)]));
    let word = withdrawal(parent(RUBEN), "2026-05-29T10:00:00Z");
    let refused = consent.withdraw(word, &sem, &ConsentRules::default());
    assert_eq!(refused, Err(NotWithdrawn::NoEffect(WithdrawalHasNoEffect)));
}

#[test]
fn time_and_birthdays_change_the_state_by_themselves() {
    let rules = ConsentRules::default();
    let yara = family_consent(YARA);
    let state = |moment| yara.state_at(at(moment), &position(YARA), &rules);
    assert_eq!(state("2026-10-02T13:09:59Z"), State::Active);
    assert_eq!(state("2026-10-02T13:10:00Z"), State::Expired);
    let by_parents = active(1, terms(NOOR, &[parent(YARA), parent(RUBEN)]));
    let state = by_parents.state_at(at("2026-05-20T10:00:00Z"), &position(NOOR), &rules);
    assert_eq!(state, State::NeedsRenewal);
}

#[test]
fn a_mistake_is_struck_out_once() {
    let correction = Correction { at: at(SIGNING), recorded_by: "sp-0147".parse().unwrap() };
    let struck = family_consent(YARA).enter_in_error(correction.clone()).unwrap();
    assert_eq!((struck.state(), struck.version), (State::EnteredInError, 2));
    assert!(struck.enter_in_error(correction).is_err());
}

#[test]
fn a_record_is_read_back_as_it_was_written() {
    let moment = "2026-05-28T07:15:00Z";
    for consent in [
        family_consent(SEM),
        refuse(SEM, parent(RUBEN)).unwrap(),
        withdraw(family_consent(SEM), parent(RUBEN), moment).unwrap(),
    ] {
        let json = serde_json::to_string(&consent).unwrap();
        assert_eq!(serde_json::from_str::<Consent>(&json).unwrap(), consent);
    }
}
