//! Conditions that are the same for everybody in a request: the basis, the organisations, the user
//! and the purpose.

use super::facts::Facts;
use super::grounded;
use super::pack::BasisRule;
use super::request::{Initiative, Request};
use crate::domain::basis::Basis;
use crate::domain::case::{Member, Membership};
use crate::domain::decision::{Condition, ConditionId, Phrase, Wording};
use crate::domain::id::Oin;
use crate::domain::organisation::{Actor, Role, UserRole};
use crate::domain::time::Timestamp;

/// Whether data can go between two organisations on this basis. The others are refused by name: the
/// Wams and the Wgs are no law for this partnership (DOMAIN §8 row 22), and a person who asks for
/// their own data is no organisation (DOMAIN §5.6).
pub const fn judges(basis: Basis) -> bool {
    !matches!(basis, Basis::DataSubjectRequest | Basis::Wams | Basis::Wgs)
}

pub(super) fn conditions(request: &Request, facts: &Facts, now: Timestamp) -> Vec<Condition> {
    let rule = facts.rules.basis(request.basis);
    let always = [
        basis_enabled(request, facts, now),
        basis_supported(request),
        recipient_role(request),
        basis_applicable(request, rule),
        basis_initiative(request, rule),
        actor_role(request),
    ];
    let mut conditions = Vec::from(always);
    conditions.extend(grounded::conditions(request, rule, now));
    conditions.push(purpose_allowed(request, rule));
    conditions.extend(sender_in_case_team(request, facts, now));
    conditions.extend(recipient_in_case_team(request, rule, facts, now));
    conditions.extend(recipient_is_reporter(request, facts));
    conditions
}

fn basis_enabled(request: &Request, facts: &Facts, now: Timestamp) -> Condition {
    let basis = request.basis;
    Condition::new(
        ConditionId::BasisEnabled,
        Phrase::BasisInForce,
        basis,
        facts.rules.is_in_force(basis, now.date()),
    )
}

fn basis_supported(request: &Request) -> Condition {
    let basis = request.basis;
    Condition::new(
        ConditionId::BasisSupported,
        Phrase::BasisBetweenOrganisations,
        basis,
        judges(basis),
    )
}

fn recipient_role(request: &Request) -> Condition {
    let role = request.recipient.role;
    Condition::new(
        ConditionId::RecipientRole,
        Phrase::WorksWithFamilies,
        role,
        receives_files(role) || is_inspection(request),
    )
}

/// Whether a supervisor looks into a file (Wmo 2015 art. 4.2.5, 4.3.1). Nothing else goes to one.
pub(super) fn is_inspection(request: &Request) -> bool {
    request.basis == Basis::Oversight && request.recipient.role == Role::Oversight
}

/// Whether organisations of a role work with families. The others receive figures, or nothing,
/// whatever a pack says.
pub(super) const fn receives_files(role: Role) -> bool {
    match role {
        Role::Police
        | Role::Steunpunt
        | Role::SocialWork
        | Role::YouthCare
        | Role::MentalHealth
        | Role::DisabilitySupport
        | Role::Shelter => true,
        Role::Municipality | Role::Oversight | Role::Gateway => false,
    }
}

fn basis_applicable(request: &Request, rule: &BasisRule) -> Condition {
    let (sender, recipient) = (&request.sender, &request.recipient);
    let is_other = sender.oin != recipient.oin;
    let relation = if is_other { Phrase::Another } else { Phrase::Same };
    let is_certified = recipient.is_certified_institution || !rule.certified_recipient;
    let mut found = format!("{} to {}, {relation}", sender.role, recipient.role);
    if !is_certified {
        found = format!("{found}, {}", Phrase::NotCertified);
    }
    let whom =
        if rule.certified_recipient { Phrase::AnotherCertified } else { Phrase::AnotherOfItsRoles };
    Condition::new(
        ConditionId::BasisApplicable,
        format!("{}: {whom}", request.basis),
        found,
        is_other && rule.applies_between(sender.role, recipient.role) && is_certified,
    )
}

fn basis_initiative(request: &Request, rule: &BasisRule) -> Condition {
    let allows = |initiative| rule.initiative.contains(&initiative);
    let needed = match (allows(Initiative::Give), allows(Initiative::Ask)) {
        (true, true) => Phrase::EitherBegins,
        (true, false) => Phrase::SenderGives,
        (false, true) => Phrase::RecipientAsks,
        (false, false) => Phrase::NobodyBegins,
    };
    let found = match request.initiative {
        Initiative::Give => Phrase::SenderGives,
        Initiative::Ask => Phrase::RecipientAsks,
    };
    Condition::new(ConditionId::BasisInitiative, needed, found, allows(request.initiative))
}

/// Whether somebody of an organisation of this role may read or release what is in a file: a person who
/// works with families, and who does not judge disclosures.
pub fn reads_files(actor: &Actor, organisation: Role) -> bool {
    match actor.role {
        UserRole::ProcessDirector
        | UserRole::TeamManager
        | UserRole::CaseWorker
        | UserRole::CrisisWorker
        | UserRole::Supervisor => true,
        UserRole::PoliceOfficer => organisation == Role::Police,
        UserRole::System | UserRole::PrivacyOfficer => false,
    }
}

fn actor_role(request: &Request) -> Condition {
    let role = request.actor.role;
    // Referrals and feedback may flow from system to system; a file takes a person.
    let is_message =
        matches!(request.basis, Basis::Wmo4112G | Basis::Wpg18 | Basis::Wpg19 | Basis::Wpg20);
    let may_act = reads_files(&request.actor, request.initiator().role)
        || (role == UserRole::System && is_message);
    Condition::new(ConditionId::ActorRole, Phrase::WorkerWithFamilies, role, may_act)
}

fn purpose_allowed(request: &Request, rule: &BasisRule) -> Condition {
    let purposes = &rule.purposes;
    let needed: Vec<&str> = purposes.iter().map(|purpose| purpose.as_str()).collect();
    Condition::new(
        ConditionId::PurposeAllowed,
        needed.join(" "),
        request.purpose,
        purposes.contains(&request.purpose),
    )
}

/// Both sides are directly involved, or neither is (WGBO art. 457 lid 2).
fn sender_in_case_team(request: &Request, facts: &Facts, now: Timestamp) -> Option<Condition> {
    let needed = request.basis == Basis::DirectInvolvement;
    needed.then(|| in_case_team(ConditionId::SenderInCaseTeam, &request.sender.oin, facts, now))
}

fn recipient_in_case_team(
    request: &Request,
    rule: &BasisRule,
    facts: &Facts,
    now: Timestamp,
) -> Option<Condition> {
    if !rule.case_team.contains(&request.recipient.role) {
        return None;
    }
    Some(in_case_team(ConditionId::RecipientInCaseTeam, &request.recipient.oin, facts, now))
}

fn in_case_team(id: ConditionId, who: &Oin, facts: &Facts, now: Timestamp) -> Condition {
    let membership = facts.members.iter().find(|one| one.is(who) && one.is_current(now));
    let kind = |member: &Member| Wording::from(member.membership.kind());
    let found = membership.map_or_else(|| Phrase::NoMember.into(), kind);
    // An observer looks on: who needs data joins on call, for a reason.
    let takes_part = membership.is_some_and(|one| one.membership != Membership::Observer);
    let condition = Condition::new(id, Phrase::Member, found, takes_part);
    condition.seen_in(format!("member/{who}"))
}

fn recipient_is_reporter(request: &Request, facts: &Facts) -> Option<Condition> {
    if request.basis != Basis::Wmo4112G {
        return None;
    }
    let is_reporter = facts.reporter.as_ref() == Some(&request.recipient.oin);
    let found = if is_reporter { Phrase::Reporter } else { Phrase::SomebodyElse };
    Some(Condition::new(ConditionId::RecipientIsReporter, Phrase::Reporter, found, is_reporter))
}
