//! Conditions that are the same for everybody in a request: the basis, the organisations, the user
//! and the purpose.

use super::facts::Facts;
use super::request::{Initiative, Request};
use crate::domain::basis::Basis;
use crate::domain::decision::{Condition, ConditionId};
use crate::domain::organisation::{Role, UserRole};
use crate::domain::time::Timestamp;

/// The bases this function knows how to judge. Any other is denied, never passed in silence.
pub(super) const SUPPORTED: [Basis; 5] =
    [Basis::Consent, Basis::Wmo4112G, Basis::Wpg18, Basis::Wpg19, Basis::Wpg20];

pub(super) fn conditions(request: &Request, facts: &Facts, now: Timestamp) -> Vec<Condition> {
    let always = [
        basis_enabled(request),
        basis_supported(request),
        recipient_role(request),
        basis_applicable(request),
        basis_initiative(request),
        actor_role(request),
    ];
    let mut conditions = Vec::from(always);
    conditions.extend(basis_reference(request));
    conditions.push(purpose_allowed(request));
    conditions.extend(recipient_in_case_team(request, facts, now));
    conditions.extend(recipient_is_reporter(request, facts));
    conditions
}

fn basis_enabled(request: &Request) -> Condition {
    let basis = request.basis;
    Condition::new(
        ConditionId::BasisEnabled,
        "a basis that is switched on",
        basis.as_str(),
        basis.is_enabled(),
    )
}

fn basis_supported(request: &Request) -> Condition {
    let basis = request.basis;
    Condition::new(
        ConditionId::BasisSupported,
        "CONSENT WMO_4_1_1_2_G WPG_18 WPG_19 WPG_20",
        basis.as_str(),
        SUPPORTED.contains(&basis),
    )
}

fn recipient_role(request: &Request) -> Condition {
    let role = request.recipient.role;
    let receives = match role {
        Role::Police
        | Role::Steunpunt
        | Role::SocialWork
        | Role::YouthCare
        | Role::MentalHealth
        | Role::DisabilitySupport
        | Role::Shelter => true,
        Role::Municipality | Role::Oversight | Role::Gateway => false,
    };
    Condition::new(
        ConditionId::RecipientRole,
        "an organisation that works with families",
        role.as_str(),
        receives,
    )
}

fn basis_applicable(request: &Request) -> Condition {
    let (sender, recipient) = (&request.sender, &request.recipient);
    let is_other = sender.oin != recipient.oin;
    let relation = if is_other { "another organisation" } else { "the same organisation" };
    Condition::new(
        ConditionId::BasisApplicable,
        format!("{}: another organisation, of a role it names", request.basis),
        format!("{} to {}, {relation}", sender.role, recipient.role),
        is_other && request.basis.applies_between(sender.role, recipient.role),
    )
}

fn basis_initiative(request: &Request) -> Condition {
    let (found, is_allowed) = match request.initiative {
        Initiative::Give => ("the sender gives", true),
        Initiative::Ask => ("the recipient asks", request.basis.can_be_asked_for()),
    };
    let needed = if request.basis.can_be_asked_for() {
        "the sender gives or the recipient asks"
    } else {
        "the sender gives"
    };
    Condition::new(ConditionId::BasisInitiative, needed, found, is_allowed)
}

fn actor_role(request: &Request) -> Condition {
    let role = request.actor.role;
    let may_act = match role {
        UserRole::ProcessDirector
        | UserRole::TeamManager
        | UserRole::CaseWorker
        | UserRole::CrisisWorker
        | UserRole::Supervisor => true,
        UserRole::PoliceOfficer => request.initiator().role == Role::Police,
        // Referrals and feedback may flow from system to system; asking for a file takes a person.
        UserRole::System => request.basis != Basis::Consent,
        // Whoever judges disclosures does not make them.
        UserRole::PrivacyOfficer => false,
    };
    let needed = "somebody who works with families and does not judge disclosures";
    Condition::new(ConditionId::ActorRole, needed, role.as_str(), may_act)
}

fn basis_reference(request: &Request) -> Option<Condition> {
    let needed = request.basis.required_reference()?;
    let is_given = request.basis_reference.as_ref().is_some_and(|reference| !reference.is_empty());
    let found = if is_given { "given" } else { "none" };
    let condition = Condition::new(ConditionId::BasisReference, needed, found, is_given);
    Some(match &request.basis_reference {
        Some(reference) => condition.seen_in(reference.as_str()),
        None => condition,
    })
}

fn purpose_allowed(request: &Request) -> Condition {
    let purposes = request.basis.purposes();
    let needed: Vec<&str> = purposes.iter().map(|purpose| purpose.as_str()).collect();
    Condition::new(
        ConditionId::PurposeAllowed,
        needed.join(" "),
        request.purpose.as_str(),
        purposes.contains(&request.purpose),
    )
}

fn recipient_in_case_team(request: &Request, facts: &Facts, now: Timestamp) -> Option<Condition> {
    if !request.basis.needs_case_team(request.recipient.role) {
        return None;
    }
    let recipient = &request.recipient.oin;
    let membership = facts.members.iter().find(|one| one.is(recipient) && one.is_current(now));
    let found = membership.map_or("no member", |member| member.membership.kind().as_str());
    let condition = Condition::new(
        ConditionId::RecipientInCaseTeam,
        "a member at this moment",
        found,
        membership.is_some(),
    );
    Some(condition.seen_in(format!("member/{recipient}")))
}

fn recipient_is_reporter(request: &Request, facts: &Facts) -> Option<Condition> {
    if request.basis != Basis::Wmo4112G {
        return None;
    }
    let is_reporter = facts.reporter.as_ref() == Some(&request.recipient.oin);
    let found = if is_reporter { "the reporter" } else { "somebody else" };
    Some(Condition::new(ConditionId::RecipientIsReporter, "the reporter", found, is_reporter))
}
