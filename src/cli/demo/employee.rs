//! The people behind the systems. Employee numbers, no names: the gateway never learns those.

use super::party::Party;
use crate::grpc::pb::{Actor, UserRole};

/// Guards the progress of the case, at the Steunpunt.
pub(super) const PROCESS_DIRECTOR: &str = "sp-0147";
/// Is warned of overdue work, at the Steunpunt.
pub(super) const TEAM_MANAGER: &str = "sp-0012";
/// Agrees to exclusions, at the Steunpunt.
pub(super) const SUPERVISOR: &str = "sp-0031";

/// Works in the crisis service of mental health care, at night.
pub(super) const CRISIS_WORKER: &str = "ggz-0311";
/// Is asked for a second opinion that night.
pub(super) const CONSULTED: &str = "ggz-0310";

/// The crisis worker of mental health care.
pub(super) fn crisis_worker() -> Actor {
    actor(CRISIS_WORKER, UserRole::CrisisWorker)
}

/// The officer who refers.
pub(super) fn police_officer() -> Actor {
    actor("pol-0871", UserRole::PoliceOfficer)
}

/// The system account that reads the inbox of the Steunpunt.
pub(super) fn inbox_reader() -> Actor {
    actor("sp-inbox", UserRole::System)
}

/// The process director of the case.
pub(super) fn process_director() -> Actor {
    actor(PROCESS_DIRECTOR, UserRole::ProcessDirector)
}

/// The privacy officer of the region.
pub(super) fn privacy_officer() -> Actor {
    actor("fg-0001", UserRole::PrivacyOfficer)
}

/// The privacy officer of the Steunpunt.
pub(super) fn privacy_officer_of_steunpunt() -> Actor {
    actor("fg-sp-01", UserRole::PrivacyOfficer)
}

/// The second privacy officer of the Steunpunt.
pub(super) fn second_officer_of_steunpunt() -> Actor {
    actor("fg-sp-02", UserRole::PrivacyOfficer)
}

/// The privacy officer of an organisation.
pub(super) fn officer_of(party: Party) -> Actor {
    let user_id = match party {
        Party::Police => "fg-pol-01",
        Party::Steunpunt => "fg-sp-01",
        Party::SocialWork => "fg-amw-01",
        Party::YouthCare => "fg-bjz-01",
        Party::Ggz => "fg-ggz-01",
        Party::Mee => "fg-mee-01",
        Party::Shelter => "fg-vo-01",
        Party::Fg => return privacy_officer(),
    };
    actor(user_id, UserRole::PrivacyOfficer)
}

/// The colleague who was consulted, as a privacy officer.
pub(super) fn consulted_as_officer() -> Actor {
    actor(CONSULTED, UserRole::PrivacyOfficer)
}

/// Whoever works on the case at an organisation.
pub(super) fn worker_of(party: Party) -> Actor {
    match party {
        Party::Police => police_officer(),
        Party::Steunpunt => process_director(),
        Party::SocialWork => actor("amw-0108", UserRole::CaseWorker),
        Party::YouthCare => actor("bjz-0077", UserRole::CaseWorker),
        Party::Ggz => actor("ggz-0222", UserRole::CaseWorker),
        Party::Mee => actor("mee-0042", UserRole::CaseWorker),
        Party::Shelter => actor("vo-0005", UserRole::CaseWorker),
        Party::Fg => privacy_officer(),
    }
}

fn actor(user_id: &str, role: UserRole) -> Actor {
    Actor { user_id: user_id.to_owned(), role: role.into(), ..Actor::default() }
}
