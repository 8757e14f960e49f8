//! Every row of the basis matrix (DOMAIN §4.2): what it carries, between whom, with what it demands, and
//! its typical mistakes.

use super::*;
use crate::domain::decision::Condition;
use crate::domain::policy::pack::shipped_pack;
use crate::domain::reporting_code::ReportingConclusion;
use crate::domain::testema::{emergency, mee, member, reporting_code, social_work};

/// Something is given on a basis, with everything that it demands.
fn gift(basis: Basis, (from, to): (Party, Party), categories: &[Category]) -> Request {
    Request {
        sender: from,
        recipient: to,
        initiative: Initiative::Give,
        purpose: shipped_pack().basis(basis).purposes[0],
        basis,
        evidence: evidence(basis),
        asked: Asked::Exactly(Categories::of(categories)),
        ..summary_request()
    }
}

fn from_ggz() -> Party {
    party(ggz(), Role::MentalHealth)
}
fn from_steunpunt() -> Party {
    party(steunpunt(), Role::Steunpunt)
}
fn from_police() -> Party {
    party(police(), Role::Police)
}
fn youth_care() -> Party {
    Party {
        is_certified_institution: true,
        ..party("00000099000000005000".parse().unwrap(), Role::YouthCare)
    }
}

/// The family without a consent.
fn unasked() -> Facts {
    let mut facts = family_facts();
    for subject in &mut facts.subjects {
        subject.consents.clear();
        subject.present = Categories::ALL;
    }
    facts
}

fn condition(decision: &Decision, id: ConditionId) -> &Condition {
    decision.conditions.iter().find(|condition| condition.id == id).unwrap()
}

/// Goes with everything, and is refused without what the basis demands.
#[track_caller]
fn assert_demands(request: &Request, id: ConditionId) {
    assert_eq!(decide(request, &unasked()).effect, Effect::Allow);
    let bare = Request { evidence: BasisEvidence::default(), ..request.clone() };
    let decision = decide(&bare, &unasked());
    assert_denied(&decision, DenialReason::BasisNotApplicable);
    let unmet = condition(&decision, id);
    assert!(!unmet.met && unmet.found == "none", "{unmet:?}");
}

#[test]
fn consent_goes_to_a_partner_in_the_case_team_and_carries_what_was_consented_to() {
    assert_eq!(decide(&summary_request(), &family_facts()).effect, Effect::Allow);
    let mee_asks =
        Request { recipient: party(mee(), Role::DisabilitySupport), ..summary_request() };
    assert_denied(&decide(&mee_asks, &family_facts()), DenialReason::NotInCaseTeam);
    assert_denied(&decide(&summary_request(), &unasked()), DenialReason::NoConsent);
}

#[test]
fn wmo_5_2_6_report_demands_a_necessity_and_a_reporting_code_or_a_request() {
    let categories = [Category::Identification, Category::HealthMental];
    let request = gift(Basis::Wmo526Report, (from_ggz(), from_steunpunt()), &categories);
    assert_demands(&request, ConditionId::BasisEvidence);
    let asked_for = BasisEvidence {
        reporting_code_decision: None,
        amhk_request_id: Some("AMHK-7".parse().unwrap()),
        ..request.evidence.clone()
    };
    let by_request = Request { evidence: asked_for, ..request.clone() };
    assert_eq!(decide(&by_request, &unasked()).effect, Effect::Allow);
    let needless = Request {
        evidence: BasisEvidence { necessity_text: None, ..request.evidence.clone() },
        ..request
    };
    assert_denied(&decide(&needless, &unasked()), DenialReason::BasisNotApplicable);
}

#[test]
fn wmo_5_2_6_report_follows_the_conclusion_of_the_reporting_code() {
    let mut request =
        gift(Basis::Wmo526Report, (from_ggz(), from_steunpunt()), &[Category::Identification]);
    request.evidence.reporting_code_decision = Some(reporting_code(ReportingConclusion::NoReport));
    let decision = decide(&request, &unasked());
    assert_denied(&decision, DenialReason::BasisNotApplicable);
    assert_eq!(condition(&decision, ConditionId::ReportConcluded).found, "NO_REPORT");
}

/// The first typical mistake of DOMAIN §4.2, and row 7 of §8.
#[test]
fn row_7_the_right_to_report_carries_nothing_between_two_partners() {
    let to = party(social_work(), Role::SocialWork);
    let request = gift(Basis::Wmo526Report, (from_ggz(), to), &[Category::Identification]);
    let decision = decide(&request, &unasked());
    assert_denied(&decision, DenialReason::BasisNotApplicable);
    assert!(!condition(&decision, ConditionId::BasisApplicable).met);
}

/// Also when the Steunpunt requests it, the professional gives: it is a right, and theirs.
#[test]
fn wmo_5_2_6_report_is_given_and_never_taken() {
    let request =
        gift(Basis::Wmo526Report, (from_ggz(), from_steunpunt()), &[Category::Identification]);
    let taken = Request { initiative: Initiative::Ask, ..request };
    let decision = decide(&taken, &unasked());
    assert_denied(&decision, DenialReason::BasisNotApplicable);
    assert!(!condition(&decision, ConditionId::BasisInitiative).met);
}

#[test]
fn wmo_4_1_1_2_d_tells_who_can_help_of_a_report_with_its_gravity() {
    let categories = [Category::Identification, Category::ContactAddress, Category::Incident];
    let request = gift(Basis::Wmo4112D, (from_steunpunt(), youth_care()), &categories);
    assert_demands(&request, ConditionId::BasisEvidence);
    let mut more = request.clone();
    more.asked = Asked::Exactly(Categories::of(&[Category::SafetyAssessment]));
    assert_denied(&decide(&more, &unasked()), DenialReason::BasisNotApplicable);
    let by_ggz = Request { sender: from_ggz(), ..request };
    assert_denied(&decide(&by_ggz, &unasked()), DenialReason::BasisNotApplicable);
}

#[test]
fn wmo_4_1_1_2_e_warns_the_police_with_its_gravity_and_without_care() {
    let categories =
        [Category::Identification, Category::ContactAddress, Category::SafetyAgreements];
    let request = gift(Basis::Wmo4112E, (from_steunpunt(), from_police()), &categories);
    assert_demands(&request, ConditionId::BasisEvidence);
    let rest = Categories::ALL.without(Categories::of(&categories));
    for category in rest.iter() {
        let asked = Asked::Exactly(Categories::of(&categories).with(category));
        let more = Request { asked, ..request.clone() };
        assert_denied(&decide(&more, &unasked()), DenialReason::BasisNotApplicable);
    }
}

#[test]
fn wmo_4_1_1_2_g_tells_the_reporter_of_that_referral_how_it_goes() {
    let to_police = (from_steunpunt(), from_police());
    let request = gift(Basis::Wmo4112G, to_police, &[Category::ProgressStatus]);
    let mut facts = unasked();
    assert_denied(&decide(&request, &facts), DenialReason::NotFoundOrNotAllowed);
    facts.reporter = Some(police());
    assert_eq!(decide(&request, &facts).effect, Effect::Allow);
    let bare = Request { evidence: BasisEvidence::default(), ..request };
    assert_denied(&decide(&bare, &facts), DenialReason::BasisNotApplicable);
}

const REPORT: [Category; 3] =
    [Category::Identification, Category::ContactAddress, Category::Incident];

#[test]
fn wpg_18_goes_to_the_steunpunt_and_holds_what_a_report_holds() {
    let request = gift(Basis::Wpg18, (from_police(), from_steunpunt()), &REPORT);
    assert_eq!(decide(&request, &unasked()).effect, Effect::Allow);
    let elsewhere = Request { recipient: youth_care(), ..request };
    assert_denied(&decide(&elsewhere, &unasked()), DenialReason::BasisNotApplicable);
}

#[test]
fn wpg_19_demands_its_purpose_and_the_agreement_of_the_authority() {
    let request = gift(Basis::Wpg19, (from_police(), from_steunpunt()), &REPORT);
    assert_demands(&request, ConditionId::BasisReference);
    assert_demands(&request, ConditionId::BasisEvidence);
}

#[test]
fn wpg_20_demands_the_decision_on_the_partnership_and_a_partner_in_the_team() {
    let request = gift(Basis::Wpg20, (from_police(), from_steunpunt()), &REPORT);
    assert_demands(&request, ConditionId::BasisReference);
    let to_youth_care = Request { recipient: youth_care(), ..request };
    let mut facts = unasked();
    assert_denied(&decide(&to_youth_care, &facts), DenialReason::NotInCaseTeam);
    facts.members.push(member(youth_care().oin));
    assert_eq!(decide(&to_youth_care, &facts).effect, Effect::Allow);
}

#[test]
fn what_police_provide_holds_what_a_report_holds_and_nothing_else() {
    for basis in [Basis::Wpg18, Basis::Wpg19, Basis::Wpg20] {
        for category in Category::ALL.iter().filter(|category| !REPORT.contains(category)) {
            let request = gift(basis, (from_police(), from_steunpunt()), &[*category]);
            assert_denied(&decide(&request, &unasked()), DenialReason::BasisNotApplicable);
        }
    }
}

#[test]
fn jeugdwet_7_3_11_4_informs_a_certified_institution_of_a_supervision_order() {
    let categories = [Category::Identification, Category::HealthMental];
    let request = gift(Basis::Jeugdwet73114, (from_ggz(), youth_care()), &categories);
    assert_demands(&request, ConditionId::BasisReference);
    let asked = Request { initiative: Initiative::Ask, ..request.clone() };
    assert_eq!(decide(&asked, &unasked()).effect, Effect::Allow, "it must be told on request");
    let recipient = Party { is_certified_institution: false, ..youth_care() };
    let decision = decide(&Request { recipient, ..request }, &unasked());
    assert_denied(&decision, DenialReason::BasisNotApplicable);
    let found = &condition(&decision, ConditionId::BasisApplicable).found;
    assert!(found.to_string().contains("not certified"), "{found}");
}

#[test]
fn direct_involvement_is_off_and_when_on_needs_both_in_the_team_and_holds_no_health() {
    let to = party(social_work(), Role::SocialWork);
    let sharing = (from_ggz(), to);
    let request = gift(Basis::DirectInvolvement, sharing, &[Category::SafetyAgreements]);
    assert_denied(&decide(&request, &unasked()), DenialReason::BasisDisabled);
    let mut facts = unasked();
    let mut rules = (*facts.rules).clone();
    rules.basis_mut(Basis::DirectInvolvement).enabled = true;
    facts.rules = std::sync::Arc::new(rules);
    assert_eq!(decide(&request, &facts).effect, Effect::Allow);
    let bare = Request { evidence: BasisEvidence::default(), ..request.clone() };
    assert_denied(&decide(&bare, &facts), DenialReason::BasisNotApplicable);
    for category in [Category::HealthMental, Category::HealthSomatic] {
        let to = from_steunpunt();
        let request = gift(Basis::DirectInvolvement, (from_ggz(), to), &[category]);
        assert_denied(&decide(&request, &facts), DenialReason::BasisNotApplicable);
    }
    for absent in [ggz(), social_work()] {
        let mut facts = facts.clone();
        facts.members.retain(|member| !member.is(&absent));
        assert_denied(&decide(&request, &facts), DenialReason::NotInCaseTeam);
    }
}

#[test]
fn oversight_shows_a_supervisor_the_file_it_ordered_but_no_hidden_address() {
    let supervisor = party("00000099000000009000".parse().unwrap(), Role::Oversight);
    let all = Categories::ALL.without(Categories::of(&[Category::ShelterAddress]));
    let categories: Vec<Category> = all.iter().collect();
    let request = gift(Basis::Oversight, (from_ggz(), supervisor.clone()), &categories);
    assert_demands(&request, ConditionId::BasisReference);
    let hidden =
        gift(Basis::Oversight, (from_ggz(), supervisor.clone()), &[Category::ShelterAddress]);
    assert_denied(&decide(&hidden, &unasked()), DenialReason::BasisNotApplicable);
    let asked = Request { initiative: Initiative::Ask, ..request };
    assert_denied(&decide(&asked, &unasked()), DenialReason::BasisNotApplicable);
    // On no other basis anything goes to a supervisor.
    let consent = Request { recipient: supervisor, ..summary_request() };
    assert_denied(&decide(&consent, &family_facts()), DenialReason::RoleNotAllowed);
}

/// A person is no organisation: their request is answered on another way (DOMAIN §5.6).
#[test]
fn data_subject_request_carries_nothing_between_two_organisations() {
    let mut facts = unasked();
    let mut rules = (*facts.rules).clone();
    rules.basis_mut(Basis::DataSubjectRequest).enabled = true;
    facts.rules = std::sync::Arc::new(rules);
    for role in Role::ALL {
        let to = party(mee(), *role);
        let request = gift(Basis::DataSubjectRequest, (from_ggz(), to), &REPORT);
        assert_eq!(decide(&request, &facts).effect, Effect::Deny, "{role}");
    }
}

#[test]
fn row_22_wams_and_wgs_carry_nothing() {
    for basis in [Basis::Wams, Basis::Wgs] {
        for role in Role::ALL {
            let recipient = party(mee(), *role);
            let request = Request { recipient, basis, ..summary_request() };
            assert_denied(&decide(&request, &family_facts()), DenialReason::BasisDisabled);
        }
    }
}

/// DOMAIN §8 row 3, on every basis and whatever is given with it.
#[test]
fn row_3_the_police_never_see_the_care_file() {
    let care = Categories::ALL.without(Categories::of(&[
        Category::Identification,
        Category::ContactAddress,
        Category::SafetyAgreements,
        Category::ProgressStatus,
    ]));
    let mut facts = family_facts();
    facts.reporter = Some(police());
    facts.members.push(member(police()));
    for basis in Basis::ALL {
        for from in [from_steunpunt(), from_ggz()] {
            for category in care.iter() {
                let request = Request {
                    sender: from.clone(),
                    recipient: from_police(),
                    initiative: Initiative::Give,
                    basis: *basis,
                    evidence: evidence(*basis),
                    emergency: Some(emergency(Categories::ALL, SUMMARY)),
                    asked: Asked::Exactly(Categories::of(&[category])),
                    purpose: Purpose::SafetyProtection,
                    ..summary_request()
                };
                let effect = decide(&request, &facts).effect;
                assert_eq!(effect, Effect::Deny, "{basis} {category}");
            }
        }
    }
}

/// DOMAIN §8 row 4: the closed system of UAVG 31–33.
#[test]
fn row_4_criminal_data_do_not_go_to_every_partner() {
    for (role, oin) in [
        (Role::SocialWork, social_work()),
        (Role::MentalHealth, ggz()),
        (Role::DisabilitySupport, mee()),
    ] {
        for basis in [Basis::Wmo4112D, Basis::Wpg19, Basis::Wpg20] {
            let from = if basis == Basis::Wmo4112D { from_steunpunt() } else { from_police() };
            let to = (from, party(oin.clone(), role));
            let mut facts = unasked();
            facts.members.push(member(oin.clone()));
            let denied = decide(&gift(basis, to.clone(), &[Category::Incident]), &facts);
            assert_denied(&denied, DenialReason::CategoryNotAllowedForRole);
            let name = gift(basis, to, &[Category::Identification]);
            assert_eq!(decide(&name, &facts).effect, Effect::Allow);
        }
    }
}

/// DOMAIN §8 row 23: who keeps files under which law may send on which basis.
#[test]
fn row_23_secrecy_is_broken_by_the_law_of_the_sender() {
    let pack = shipped_pack();
    for role in Role::ALL {
        let sends = |basis: Basis| {
            let flows = &pack.basis(basis).flows;
            flows.iter().any(|flow| flow.from.contains(role))
        };
        let is_police = *role == Role::Police;
        let is_steunpunt = *role == Role::Steunpunt;
        for basis in [Basis::Wpg18, Basis::Wpg19, Basis::Wpg20] {
            assert_eq!(sends(basis), is_police, "{basis} {role}");
        }
        for basis in [Basis::Wmo4112D, Basis::Wmo4112E, Basis::Wmo4112G] {
            assert_eq!(sends(basis), is_steunpunt, "{basis} {role}");
        }
        // A professional secret is what makes a conflict of duties; the police have none of that kind.
        let keeps_files = role.legal_regime().is_some();
        assert_eq!(sends(Basis::ConflictOfDuties), keeps_files && !is_police, "{role}");
        assert_eq!(sends(Basis::Wmo526Report), keeps_files && !is_steunpunt, "{role}");
    }
}

#[test]
fn a_program_gives_no_file() {
    let mut request =
        gift(Basis::Wmo526Report, (from_ggz(), from_steunpunt()), &[Category::Identification]);
    request.actor = actor("ggz-system", UserRole::System);
    assert_denied(&decide(&request, &unasked()), DenialReason::RoleNotAllowed);
}

#[test]
fn no_text_of_the_evidence_stands_in_a_condition() {
    for basis in Basis::ALL {
        let mut request = gift(Basis::Wmo526Report, (from_ggz(), from_steunpunt()), &REPORT);
        (request.basis, request.evidence) = (*basis, evidence(*basis));
        let told = format!("{:?}", decide(&request, &unasked()).conditions);
        for text in ["Ruben dreigt", "wapen", "andere weg", "Zelfde hulp"] {
            assert!(!told.contains(text), "{basis}: {told}");
        }
    }
}
