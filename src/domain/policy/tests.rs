//! The scenario of DOMAIN §10 and every way to be denied.

use super::*;
use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::consent::{Consent, ConsentRules};
use crate::domain::decision::ConditionId;
use crate::domain::event::DenialReason;
use crate::domain::id::Pseudonym;
use crate::domain::organisation::{Role, UserRole};
use crate::domain::purpose::Purpose;
use crate::domain::testema::{
    AGREED, NOOR, RUBEN, SEM, SUMMARY, YARA, actor, at, evidence, exclude, family_consent,
    family_facts, ggz, itself, key_of, mee, member, parent, party, police, position, steunpunt,
    summary_request, terms_signed_at, withdrawal,
};

mod bases;
mod break_glass;

const RUBEN_WITHDRAWS: &str = "2026-05-28T07:15:00Z";

fn decide(request: &Request, facts: &Facts) -> Decision {
    evaluate(request, facts, at(SUMMARY))
}

fn subjects(decision: &Decision) -> Vec<Pseudonym> {
    decision.permits.iter().map(Permit::subject).collect()
}

fn denial_of(decision: &Decision, person: Pseudonym) -> Option<DenialReason> {
    decision.person(&key_of(person)).unwrap().denial()
}

/// Asserts that nobody gets anything, for this reason.
#[track_caller]
fn assert_denied(decision: &Decision, reason: DenialReason) {
    assert_eq!(decision.effect, Effect::Deny);
    assert_eq!(decision.permits, []);
    assert_eq!(decision.denial(), Some(reason));
}

/// Facts in which the person said something else than in step 6.
fn with_consents(mut facts: Facts, person: Pseudonym, consents: &[Consent]) -> Facts {
    for subject in &mut facts.subjects {
        if subject.position.subject == person {
            subject.consents = consents.to_vec();
        }
    }
    facts
}

fn after_ruben_withdrew() -> Facts {
    let rules = ConsentRules::default();
    let own = family_consent(RUBEN)
        .withdraw(withdrawal(itself(RUBEN), RUBEN_WITHDRAWS), &position(RUBEN), &rules)
        .unwrap();
    let sem = family_consent(SEM)
        .withdraw(withdrawal(parent(RUBEN), RUBEN_WITHDRAWS), &position(SEM), &rules)
        .unwrap();
    with_consents(with_consents(family_facts(), RUBEN, &[own]), SEM, &[sem])
}

#[test]
fn step_8_the_summary_goes_to_the_ggz_for_the_whole_family() {
    let decision = decide(&summary_request(), &family_facts());
    assert_eq!(decision.effect, Effect::Allow);
    assert_eq!(decision.denial(), None);
    assert_eq!(subjects(&decision), [YARA, RUBEN, NOOR, SEM]);
    let permit = &decision.permits[2];
    assert_eq!(permit.categories(), AGREED);
    assert_eq!(permit.recipient(), &ggz());
    assert_eq!(permit.sender(), &steunpunt());
    assert_eq!(permit.decision_id(), decision.id);
    assert_eq!(permit.consents(), &[family_consent(NOOR).reference()].into());
    let conditions = decision.persons.iter().flat_map(|person| &person.findings);
    assert!(conditions.flat_map(|finding| &finding.conditions).all(|condition| condition.met));
}

#[test]
fn step_8_asking_for_health_data_as_well_leaves_everybody_out() {
    let request =
        Request { asked: Asked::Exactly(AGREED.with(Category::HealthMental)), ..summary_request() };
    let decision = decide(&request, &family_facts());
    assert_denied(&decision, DenialReason::CategoryNotCovered);
    // The explanation tells the part that would have been allowed from the part that was not.
    let noor = decision.person(&key_of(NOOR)).unwrap();
    let allowed: Vec<Categories> = noor
        .findings
        .iter()
        .filter(|finding| finding.denial.is_none())
        .map(|finding| finding.categories)
        .collect();
    assert_eq!(allowed, [AGREED]);
    assert_eq!(noor.asked(), AGREED.with(Category::HealthMental));
}

#[test]
fn asking_for_everything_gives_what_is_allowed_of_what_there_is() {
    let request = Request { asked: Asked::Everything, ..summary_request() };
    let mut facts = family_facts();
    facts.subjects[0].present = AGREED.with(Category::HealthMental);
    facts.subjects[1].present = Categories::EMPTY;
    let decision = decide(&request, &facts);
    assert_eq!(decision.effect, Effect::AllowReduced);
    assert_eq!(decision.permits[0].categories(), AGREED);
    assert_eq!(denial_of(&decision, RUBEN), Some(DenialReason::NotFoundOrNotAllowed));
}

#[test]
fn step_8_mee_is_outside_the_team_and_inside_it_has_no_consent() {
    let recipient = party(mee(), Role::DisabilitySupport);
    let request = Request { recipient, ..summary_request() };
    let mut facts = family_facts();
    assert_denied(&decide(&request, &facts), DenialReason::NotInCaseTeam);
    facts.members.push(member(mee()));
    assert_denied(&decide(&request, &facts), DenialReason::NoConsent);
}

#[test]
fn a_membership_counts_while_it_lasts() {
    let mut facts = family_facts();
    for member in &mut facts.members {
        member.member_until = Some(at(SUMMARY));
    }
    assert_denied(&decide(&summary_request(), &facts), DenialReason::NotInCaseTeam);
}

#[test]
fn an_observer_of_the_team_gets_no_data_under_any_consent() {
    let mut facts = family_facts();
    for member in &mut facts.members {
        member.membership = crate::domain::case::Membership::Observer;
    }
    assert_denied(&decide(&summary_request(), &facts), DenialReason::NotInCaseTeam);
}

#[test]
fn step_10_after_the_withdrawal_yara_and_noor_are_left() {
    let moment = at("2026-05-28T08:00:00Z");
    let decision = evaluate(&summary_request(), &after_ruben_withdrew(), moment);
    assert_eq!(decision.effect, Effect::AllowReduced);
    assert_eq!(subjects(&decision), [YARA, NOOR]);
    assert_eq!(denial_of(&decision, SEM), Some(DenialReason::Withdrawn));
    let sem = decision.person(&key_of(SEM)).unwrap();
    let conditions = &sem.findings[0].conditions;
    let unmet: Vec<_> = conditions.iter().filter(|condition| !condition.met).collect();
    assert_eq!(unmet[0].id, ConditionId::ConsentNotWithdrawn);
    assert_eq!(unmet[0].needed, "not withdrawn");
    assert_eq!(unmet[0].found, "WITHDRAWN 2026-05-28T07:15:00Z");
    assert!(unmet[0].evidence.as_ref().unwrap().to_string().starts_with("consent/"));
    // Also what was in order is told.
    assert!(conditions.iter().any(|c| c.id == ConditionId::ConsentCategory && c.met));
}

#[test]
fn step_10b_sem_is_back_after_the_exclusion_and_a_new_consent() {
    let mut facts = after_ruben_withdrew();
    let moment = "2026-05-29T10:00:00Z";
    let sem = &mut facts.subjects[3];
    exclude(&mut sem.position, RUBEN, moment);
    let terms = terms_signed_at(SEM, &[parent(YARA)], moment);
    sem.consents.push(crate::domain::testema::active(9, terms));
    let decision = evaluate(&summary_request(), &facts, at("2026-05-29T11:00:00Z"));
    assert_eq!(subjects(&decision), [YARA, NOOR, SEM]);
}

#[test]
fn a_no_without_any_consent_tells_who_would_have_to_sign() {
    let facts = with_consents(family_facts(), NOOR, &[]);
    let decision = decide(&summary_request(), &facts);
    let findings = &decision.person(&key_of(NOOR)).unwrap().findings;
    let signed = findings[0].conditions.last().unwrap();
    assert_eq!(signed.id, ConditionId::ConsentSigned);
    assert_eq!(signed.needed, "SELF + one of 2 PARENT_WITH_AUTHORITY");
    assert_eq!(signed.found, "none");
}

#[test]
fn step_1_a_referral_goes_from_police_to_steunpunt() {
    let categories =
        Categories::of(&[Category::Identification, Category::ContactAddress, Category::Incident]);
    let referral = Request {
        case_ref: None,
        sender: party(police(), Role::Police),
        recipient: party(steunpunt(), Role::Steunpunt),
        initiative: Initiative::Give,
        actor: actor("pol-7731", UserRole::PoliceOfficer),
        purpose: Purpose::ReferralHandling,
        basis: Basis::Wpg18,
        asked: Asked::Exactly(categories),
        involvement: None,
        ..summary_request()
    };
    let mut facts = family_facts();
    facts.members.clear();
    for subject in &mut facts.subjects {
        subject.consents.clear();
    }
    let decision = decide(&referral, &facts);
    assert_eq!(decision.effect, Effect::Allow);
    assert_eq!(decision.permits.len(), 4);
    assert!(decision.permits.iter().all(|permit| permit.consents().is_empty()));

    let health = Asked::Exactly(categories.with(Category::HealthMental));
    let more = Request { asked: health, ..referral.clone() };
    assert_denied(&decide(&more, &facts), DenialReason::BasisNotApplicable);
    let from_ggz = Request { sender: party(ggz(), Role::MentalHealth), ..referral.clone() };
    assert_denied(&decide(&from_ggz, &facts), DenialReason::BasisNotApplicable);
    let asked_for = Request { initiative: Initiative::Ask, ..referral };
    assert_denied(&decide(&asked_for, &facts), DenialReason::BasisNotApplicable);
}

#[test]
fn step_4_police_hear_of_progress_when_they_reported_it_and_of_nothing_else() {
    let progress = Categories::of(&[Category::ProgressStatus]);
    let feedback = Request {
        recipient: party(police(), Role::Police),
        initiative: Initiative::Give,
        actor: actor("sp-0147", UserRole::ProcessDirector),
        purpose: Purpose::ReferralHandling,
        basis: Basis::Wmo4112G,
        evidence: evidence(Basis::Wmo4112G),
        asked: Asked::Exactly(progress),
        ..summary_request()
    };
    let mut facts = family_facts();
    assert_denied(&decide(&feedback, &facts), DenialReason::NotFoundOrNotAllowed);
    facts.reporter = Some(police());
    assert_eq!(decide(&feedback, &facts).effect, Effect::Allow);
    for category in Category::ALL.iter().copied().filter(|c| *c != Category::ProgressStatus) {
        let asked = Asked::Exactly(progress.with(category));
        let more = Request { asked, ..feedback.clone() };
        let decision = decide(&more, &facts);
        assert_denied(&decision, DenialReason::BasisNotApplicable);
        // The ceiling of the role holds beside the cap of the basis, emergency columns included.
        let role = unmet(&decision, YARA, ConditionId::CategoryAllowedForRole);
        assert_eq!(role, category != Category::Identification, "{category}");
    }
}

/// Whether a condition was looked at and not met.
fn unmet(decision: &Decision, person: Pseudonym, id: ConditionId) -> bool {
    let findings = &decision.person(&key_of(person)).unwrap().findings;
    let mut conditions = findings.iter().flat_map(|finding| &finding.conditions);
    conditions.any(|condition| condition.id == id && !condition.met)
}

#[test]
fn step_4_police_cannot_read_the_case() {
    let request = Request {
        recipient: party(police(), Role::Police),
        actor: actor("pol-7731", UserRole::PoliceOfficer),
        ..summary_request()
    };
    assert_denied(&decide(&request, &family_facts()), DenialReason::BasisNotApplicable);
}

#[test]
fn who_gets_no_case_data_gets_none() {
    for role in [Role::Municipality, Role::Oversight, Role::Gateway] {
        let request = Request { recipient: party(ggz(), role), ..summary_request() };
        assert_denied(&decide(&request, &family_facts()), DenialReason::RoleNotAllowed);
    }
}

#[test]
fn who_judges_disclosures_makes_none_and_a_program_asks_for_no_file() {
    for role in [UserRole::PrivacyOfficer, UserRole::System, UserRole::PoliceOfficer] {
        let request = Request { actor: actor("ggz-0001", role), ..summary_request() };
        assert_denied(&decide(&request, &family_facts()), DenialReason::RoleNotAllowed);
    }
}

#[test]
fn an_organisation_discloses_nothing_to_itself() {
    let recipient = party(steunpunt(), Role::Steunpunt);
    let request = Request { recipient, ..summary_request() };
    assert_denied(&decide(&request, &family_facts()), DenialReason::BasisNotApplicable);
}

#[test]
fn a_purpose_goes_with_the_basis() {
    let request = Request { purpose: Purpose::PrivacyReview, ..summary_request() };
    assert_denied(&decide(&request, &family_facts()), DenialReason::PurposeNotAllowed);
    let request = Request { purpose: Purpose::SafetyProtection, ..summary_request() };
    assert_denied(&decide(&request, &family_facts()), DenialReason::WrongPurpose);
}

#[test]
fn no_consent_lifts_the_ceiling_of_the_role() {
    let mut facts = family_facts();
    for subject in &mut facts.subjects {
        subject.consents[0].terms.categories = Categories::ALL;
    }
    let decide_one = |category, recipient| {
        let asked = Asked::Exactly(Categories::of(&[category]));
        decide(&Request { recipient, asked, ..summary_request() }, &facts)
    };
    let to_ggz = || party(ggz(), Role::MentalHealth);
    let denied = decide_one(Category::ShelterAddress, to_ggz());
    assert_denied(&denied, DenialReason::CategoryNotAllowedForRole);
    let denied = decide_one(Category::Incident, to_ggz());
    assert_denied(&denied, DenialReason::CategoryNotAllowedForRole);
    assert_eq!(decide_one(Category::HealthMental, to_ggz()).effect, Effect::Allow);
}

#[test]
fn a_restriction_stops_sharing_by_consent_and_not_by_statute() {
    let mut facts = family_facts();
    facts.subjects[0].is_processing_restricted = true;
    let decision = decide(&summary_request(), &facts);
    assert_eq!(denial_of(&decision, YARA), Some(DenialReason::ProcessingRestricted));
    assert_eq!(subjects(&decision), [RUBEN, NOOR, SEM]);
    facts.reporter = Some(police());
    let feedback = Request {
        recipient: party(police(), Role::Police),
        initiative: Initiative::Give,
        purpose: Purpose::ReferralHandling,
        basis: Basis::Wmo4112G,
        evidence: evidence(Basis::Wmo4112G),
        asked: Asked::Exactly(Categories::of(&[Category::ProgressStatus])),
        ..summary_request()
    };
    assert_eq!(decide(&feedback, &facts).effect, Effect::Allow);
}

#[test]
fn a_request_about_nobody_is_denied() {
    let mut facts = family_facts();
    facts.subjects.clear();
    let decision = decide(&summary_request(), &facts);
    assert_denied(&decision, DenialReason::NotFoundOrNotAllowed);
}
