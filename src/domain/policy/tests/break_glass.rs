//! When an emergency must be declared (DOMAIN §4.4), and what it carries; and the four eyes behind a
//! hidden address (§3.5, §8 row 9).

use super::*;
use crate::domain::consent::Span;
use crate::domain::policy::evidence::IncapacityKind;
use crate::domain::testema::{active, conflict_of_duties, emergency, member, social_work};

const NIGHT: &str = "2026-06-07T21:44:00Z";
const NEEDED: Categories = Categories::of(&[Category::Identification, Category::SafetyAgreements]);

/// Step 12: a crisis worker of the GGZ gives to the Steunpunt.
fn at_night(basis: Basis) -> Request {
    Request {
        sender: party(ggz(), Role::MentalHealth),
        recipient: party(steunpunt(), Role::Steunpunt),
        initiative: Initiative::Give,
        actor: actor("ggz-0311", UserRole::CrisisWorker),
        purpose: Purpose::SafetyProtection,
        basis,
        evidence: evidence(basis),
        asked: Asked::Exactly(NEEDED),
        ..summary_request()
    }
}

fn declared(request: Request) -> Request {
    Request { emergency: Some(emergency(NEEDED, NIGHT)), ..request }
}

fn decide(request: &Request, facts: &Facts) -> Decision {
    evaluate(request, facts, at(NIGHT))
}

/// A person's word about what goes from the GGZ to the Steunpunt.
fn word(person: Pseudonym, status: crate::domain::consent::Status, moment: &str) -> Consent {
    let signers = crate::domain::testema::signers(person);
    let mut terms = terms_signed_at(person, &signers, moment);
    (terms.source, terms.recipient) = (ggz(), steunpunt());
    Consent { status, ..active(77, terms) }
}

fn ruben_took_back() -> Facts {
    use crate::domain::consent::Status;
    let withdrawn = Status::Withdrawn(withdrawal(itself(RUBEN), RUBEN_WITHDRAWS));
    let consents = [word(RUBEN, withdrawn, "2026-04-02T13:10:00Z")];
    with_consents(family_facts(), RUBEN, &consents)
}

#[test]
fn vital_interest_needs_a_declared_emergency() {
    let request = at_night(Basis::VitalInterest);
    assert_denied(&decide(&request, &family_facts()), DenialReason::EmergencyRequired);
    assert_eq!(decide(&declared(request), &family_facts()).effect, Effect::Allow);
}

/// The second typical mistake of DOMAIN §4.2, row 6 of §8 and step 11 of §10.
#[test]
fn row_6_vital_interest_is_no_answer_to_a_refusal() {
    let mut request = declared(at_night(Basis::VitalInterest));
    if let Some(declared) = &mut request.emergency {
        declared.is_unable_to_consent = false;
    }
    let decision = decide(&request, &ruben_took_back());
    assert_denied(&decision, DenialReason::VitalInterestNeedsIncapacity);
}

#[test]
fn row_6_vital_interest_says_why_the_person_cannot_consent() {
    let mut request = declared(at_night(Basis::VitalInterest));
    request.evidence = BasisEvidence::default();
    let decision = decide(&request, &family_facts());
    assert_denied(&decision, DenialReason::VitalInterestNeedsIncapacity);
}

#[test]
fn only_a_child_or_somebody_found_incapable_is_incapable_by_law() {
    let mut request = declared(at_night(Basis::VitalInterest));
    request.evidence.incapacity = Some(IncapacityKind::Legal);
    let mut facts = family_facts();
    let decision = decide(&request, &facts);
    // Noor turned 16 in May.
    assert_eq!(subjects(&decision), [SEM]);
    let reason = Some(DenialReason::VitalInterestNeedsIncapacity);
    assert_eq!(denial_of(&decision, YARA), reason);
    facts.subjects[0].position.incapable.push(Span::since(at(NIGHT)));
    assert_eq!(subjects(&decide(&request, &facts)), [YARA, SEM]);
}

#[test]
fn conflict_of_duties_needs_a_declared_emergency_and_all_five_answers() {
    let request = at_night(Basis::ConflictOfDuties);
    assert_denied(&decide(&request, &family_facts()), DenialReason::EmergencyRequired);
    let request = declared(request);
    assert_eq!(decide(&request, &family_facts()).effect, Effect::Allow);
    for answer in 0..5 {
        let mut conflict = conflict_of_duties();
        let answers = [
            &mut conflict.tried_consent,
            &mut conflict.conscience,
            &mut conflict.no_other_way,
            &mut conflict.averts_harm,
            &mut conflict.as_little_as_possible,
        ];
        for (place, value) in answers.into_iter().enumerate() {
            *value = place != answer;
        }
        let mut request = request.clone();
        request.evidence.conflict_of_duties = Some(conflict);
        assert_denied(&decide(&request, &family_facts()), DenialReason::BasisNotApplicable);
    }
    let bare = Request { evidence: BasisEvidence::default(), ..request };
    assert_denied(&decide(&bare, &family_facts()), DenialReason::BasisNotApplicable);
}

/// Step 12: only for the person who said no the emergency is needed.
#[test]
fn a_statute_against_a_withdrawal_needs_a_declared_emergency() {
    let request = at_night(Basis::Wmo526Report);
    assert_eq!(decide(&request, &family_facts()).effect, Effect::Allow, "nobody said no");
    let everything = Request { asked: Asked::Everything, ..request.clone() };
    let decision = decide(&everything, &ruben_took_back());
    assert_eq!(subjects(&decision), [YARA, NOOR, SEM]);
    assert_eq!(denial_of(&decision, RUBEN), Some(DenialReason::EmergencyRequired));
    let decision = decide(&declared(request), &ruben_took_back());
    assert_eq!(decision.effect, Effect::Allow);
}

#[test]
fn a_statute_against_a_refusal_needs_one_whoever_asked() {
    use crate::domain::consent::Status;
    let mut refused = word(RUBEN, Status::Refused, "2026-04-02T13:10:00Z");
    refused.terms.source = social_work();
    let facts = with_consents(family_facts(), RUBEN, &[refused.clone()]);
    let decision = decide(&at_night(Basis::Wmo526Report), &facts);
    assert_eq!(denial_of(&decision, RUBEN), Some(DenialReason::EmergencyRequired));
    // Towards somebody else it is no matter.
    refused.terms.recipient = social_work();
    let facts = with_consents(family_facts(), RUBEN, &[refused]);
    assert_eq!(decide(&at_night(Basis::Wmo526Report), &facts).effect, Effect::Allow);
}

#[test]
fn whoever_said_yes_again_is_not_overridden() {
    use crate::domain::consent::Status;
    let mut facts = ruben_took_back();
    let mut again = word(RUBEN, Status::Active, "2026-06-01T08:00:00Z");
    again.consent_id = crate::domain::testema::consent_id(78);
    facts.subjects[1].consents.push(again);
    assert_eq!(decide(&at_night(Basis::Wmo526Report), &facts).effect, Effect::Allow);
}

#[test]
fn a_later_yes_to_less_leaves_the_rest_refused() {
    use crate::domain::consent::Status;
    let mut facts = ruben_took_back();
    let refused = facts.subjects[1].consents[0].terms.categories;
    let mut less = word(RUBEN, Status::Active, "2026-06-01T08:00:00Z");
    less.consent_id = crate::domain::testema::consent_id(78);
    less.terms.categories = Categories::of(&[Category::Identification]);
    facts.subjects[1].consents.push(less.clone());
    let decision = decide(&at_night(Basis::Wmo526Report), &facts);
    assert_eq!(denial_of(&decision, RUBEN), Some(DenialReason::EmergencyRequired));
    // Two yeses that together hold all of it do replace it; one that nobody signed does not.
    let mut rest = less;
    rest.consent_id = crate::domain::testema::consent_id(79);
    rest.terms.categories = refused.without(rest.terms.categories);
    facts.subjects[1].consents.push(rest.clone());
    assert_eq!(decide(&at_night(Basis::Wmo526Report), &facts).effect, Effect::Allow);
    rest.status = Status::Proposed;
    facts.subjects[1].consents[2] = rest;
    let decision = decide(&at_night(Basis::Wmo526Report), &facts);
    assert_eq!(denial_of(&decision, RUBEN), Some(DenialReason::EmergencyRequired));
}

#[test]
fn consent_never_overrides_a_withdrawal_whatever_is_declared() {
    let mut facts = ruben_took_back();
    facts.members.push(member(steunpunt()));
    let mut request = declared(at_night(Basis::Consent));
    request.purpose = Purpose::CareCoordination;
    let decision = decide(&request, &facts);
    assert_eq!(denial_of(&decision, RUBEN), Some(DenialReason::Withdrawn));
}

#[test]
fn an_emergency_closes_by_itself() {
    let request = declared(at_night(Basis::VitalInterest));
    let facts = family_facts();
    let day_after = at(NIGHT).plus(std::time::Duration::from_hours(24));
    let last = day_after.minus(std::time::Duration::from_micros(1));
    assert_eq!(evaluate(&request, &facts, last).effect, Effect::Allow);
    let decision = evaluate(&request, &facts, day_after);
    assert_denied(&decision, DenialReason::EmergencyRequired);
}

#[test]
fn an_emergency_carries_what_was_declared_to_be_needed_and_no_more() {
    let mut request = declared(at_night(Basis::Wmo526Report));
    request.asked = Asked::Everything;
    let mut facts = family_facts();
    facts.subjects[0].present = Categories::ALL;
    let decision = decide(&request, &facts);
    assert_eq!(decision.permits[0].categories(), NEEDED);
    request.asked = Asked::Exactly(NEEDED.with(Category::HealthMental));
    assert_denied(&decide(&request, &facts), DenialReason::NotInEmergency);
}

/// Declaring one in vain costs a review and no more: at night nobody counts refusals.
#[test]
fn an_emergency_may_be_declared_that_was_not_needed() {
    let request = declared(at_night(Basis::Wmo526Report));
    assert_eq!(decide(&request, &family_facts()).effect, Effect::Allow);
}

// Four eyes (DOMAIN §3.5, §8 row 9).

fn shelter() -> crate::domain::id::Oin {
    "00000099000000008000".parse().unwrap()
}

/// The shelter reports to the Steunpunt where Yara is.
fn hidden_address() -> Request {
    Request {
        sender: party(shelter(), Role::Shelter),
        actor: actor("vo-0001", UserRole::CaseWorker),
        asked: Asked::Exactly(Categories::of(&[Category::ShelterAddress])),
        ..at_night(Basis::Wmo526Report)
    }
}

fn released(by: &str) -> AddressRelease {
    AddressRelease {
        sender: shelter(),
        recipient: steunpunt(),
        subject: YARA,
        agreed_by: by.parse().unwrap(),
        agreed_for: None,
        agreed_at: at("2026-06-07T21:40:00Z"),
        until: at("2026-06-08T21:40:00Z"),
    }
}

fn with_release(release: AddressRelease) -> Facts {
    Facts { address_releases: vec![release], ..family_facts() }
}

#[test]
fn row_9_a_shelter_address_takes_a_second_person() {
    assert_denied(&decide(&hidden_address(), &family_facts()), DenialReason::FourEyesRequired);
    let decision = decide(&hidden_address(), &with_release(released("vo-0002")));
    assert_eq!(subjects(&decision), [YARA], "nobody else was agreed about");
}

#[test]
fn row_9_the_second_person_is_somebody_else_than_who_acts_or_answers_for_it() {
    let facts = with_release(released("vo-0001"));
    assert_denied(&decide(&hidden_address(), &facts), DenialReason::FourEyesRequired);
    let mut request = hidden_address();
    request.actor.on_behalf_of = Some(crate::domain::organisation::OnBehalfOf {
        user_id: "vo-0002".parse().unwrap(),
        role: UserRole::TeamManager,
    });
    let facts = with_release(released("vo-0002"));
    assert_denied(&decide(&request, &facts), DenialReason::FourEyesRequired);
}

#[test]
fn row_9_who_acts_did_not_answer_for_the_agreement() {
    let agreed_for =
        |user: &str| AddressRelease { agreed_for: user.parse().ok(), ..released("vo-0002") };
    let decision = decide(&hidden_address(), &with_release(agreed_for("vo-0001")));
    assert_denied(&decision, DenialReason::FourEyesRequired);
    let decision = decide(&hidden_address(), &with_release(agreed_for("vo-0009")));
    assert_eq!(subjects(&decision), [YARA], "a manager who answers for it is no second actor");
}

#[test]
fn row_9_an_agreement_is_for_one_recipient_and_has_an_end_and_comes_before() {
    let sender = AddressRelease { sender: ggz(), ..released("vo-0002") };
    let recipient = AddressRelease { recipient: social_work(), ..released("vo-0002") };
    let ended = AddressRelease { until: at(NIGHT), ..released("vo-0002") };
    let early = AddressRelease { agreed_at: at("2026-06-07T21:45:00Z"), ..released("vo-0002") };
    for release in [sender, recipient, ended, early] {
        let facts = with_release(release);
        assert_denied(&decide(&hidden_address(), &facts), DenialReason::FourEyesRequired);
    }
}

#[test]
fn row_9_no_agreement_lets_another_recipient_or_a_reader_have_a_shelter_address() {
    let recipient = party(ggz(), Role::MentalHealth);
    let release = AddressRelease { recipient: ggz(), ..released("vo-0002") };
    let request = Request { recipient, ..declared_for_address(hidden_address()) };
    let decision = decide(&request, &with_release(release));
    assert_denied(&decision, DenialReason::CategoryNotAllowedForRole);
    let asks = Request { initiative: Initiative::Ask, basis: Basis::Consent, ..hidden_address() };
    let decision = decide(&asks, &with_release(released("vo-0002")));
    assert_eq!(decision.effect, Effect::Deny);
    assert!(unmet(&decision, YARA, ConditionId::CategoryFourEyes));
}

fn declared_for_address(request: Request) -> Request {
    let categories = Categories::of(&[Category::ShelterAddress]);
    Request {
        basis: Basis::VitalInterest,
        evidence: evidence(Basis::VitalInterest),
        emergency: Some(emergency(categories, NIGHT)),
        ..request
    }
}
