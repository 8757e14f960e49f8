//! The emergencies of the month, as whoever declared them wrote them down.

use std::time::Duration;

use super::deed::{Emergency as Which, Employee};
use super::sharing::involvement;
use super::town::{employee, request_id};
use crate::cli::demo::moment;
use crate::cli::demo::party::Party;
use crate::domain::time::Timestamp;
use crate::grpc::pb::basis_evidence::Incapacity;
use crate::grpc::pb::client_informed::Informed;
use crate::grpc::pb::reporting_code_decision::{Conclusion, Considerations, Step};
use crate::grpc::pb::{
    Basis, BasisEvidence, Category, ClientInformed, ClientInvolvement, ConflictOfDuties, DangerTo,
    Emergency, EmergencyReason, Involvement, Purpose, ReportingCodeDecision, ShareSummaryRequest,
    UserRole, WhyNoConsent,
};

/// Who gives, and what.
pub(super) fn request(which: Which, number: usize, at: Timestamp) -> (Party, ShareSummaryRequest) {
    let (giver, to, user) = match which {
        Which::Agreed | Which::LastNight => {
            (Party::Steunpunt, Party::Shelter, 310 + u64::try_from(number % 4).unwrap_or(0))
        }
        Which::Disputed => (Party::Steunpunt, Party::Ggz, 312),
        Which::Unconscious | Which::SundayNight => (Party::Ggz, Party::Steunpunt, 311),
    };
    let by = Employee { party: giver, number: user, role: UserRole::CrisisWorker };
    let (basis, evidence) = ground(which, by, at);
    let mut categories = vec![Category::Identification.into(), Category::SafetyAgreements.into()];
    if giver == Party::Ggz {
        categories.push(Category::HealthMental.into());
    }
    let request = ShareSummaryRequest {
        request_id: request_id(),
        actor: Some(employee(by)),
        recipient_oin: to.oin().to_owned(),
        purpose: Purpose::SafetyProtection.into(),
        basis: basis.into(),
        evidence: Some(evidence),
        categories,
        person_keys: people(which),
        involvement: Some(Involvement {
            reason: "Vooraf vertellen was niet mogelijk of gevaarlijk.".to_owned(),
            ..involvement(ClientInvolvement::NotInformedSafety)
        }),
        emergency: Some(declaration(which, at)),
        ..ShareSummaryRequest::default()
    };
    (giver, request)
}

/// Vital interest is one person's; the others are about everybody.
fn people(which: Which) -> Vec<String> {
    if which == Which::Unconscious { vec!["mother".to_owned()] } else { Vec::new() }
}

fn ground(which: Which, by: Employee, at: Timestamp) -> (Basis, BasisEvidence) {
    match which {
        Which::Agreed | Which::Disputed | Which::LastNight => {
            let conflict = ConflictOfDuties {
                tried_consent: true,
                conscience: true,
                no_other_way: true,
                averts_harm: true,
                as_little_as_possible: true,
                text: "Zwijgen brengt haar vannacht in gevaar; alleen het nodige is gedeeld."
                    .to_owned(),
            };
            let evidence =
                BasisEvidence { conflict_of_duties: Some(conflict), ..BasisEvidence::default() };
            (Basis::ConflictOfDuties, evidence)
        }
        Which::Unconscious => {
            let incapacity = Incapacity::Physical.into();
            (Basis::VitalInterest, BasisEvidence { incapacity, ..BasisEvidence::default() })
        }
        Which::SundayNight => {
            let evidence = BasisEvidence {
                necessity_text: "Zonder deze gegevens kan niemand vannacht ingrijpen.".to_owned(),
                reporting_code_decision: Some(reporting_code(by, at)),
                ..BasisEvidence::default()
            };
            (Basis::Wmo526Report, evidence)
        }
    }
}

fn reporting_code(by: Employee, at: Timestamp) -> ReportingCodeDecision {
    let done = [Step::MapSignals, Step::ConsultColleague, Step::WeighGravity, Step::Decide];
    ReportingCodeDecision {
        steps_done: done.map(i32::from).into(),
        step3_skipped_reason: "Een gesprek vannacht lokt geweld uit.".to_owned(),
        considerations: Some(Considerations {
            suspicion: Some(true),
            unsafety: Some(true),
            ..Considerations::default()
        }),
        conclusion: Conclusion::Report.into(),
        decided_by_user_id: employee(by).user_id,
        decided_at: Some(moment::of(at.minus(Duration::from_mins(2)))),
    }
}

fn declaration(which: Which, at: Timestamp) -> Emergency {
    let (reason, danger, situation, why) = match which {
        Which::Agreed => (
            EmergencyReason::ImminentViolence,
            DangerTo::Subject,
            "Zij staat met de kinderen op straat en wordt gezocht.",
            WhyNoConsent::AskingEndangers,
        ),
        Which::Disputed => (
            EmergencyReason::ChildInDanger,
            DangerTo::Child,
            "Een kind is vanavond niet thuisgekomen.",
            WhyNoConsent::UnreachableInTime,
        ),
        Which::Unconscious => (
            EmergencyReason::MedicalEmergency,
            DangerTo::Subject,
            "Zij is buiten kennis opgenomen.",
            WhyNoConsent::PhysicallyUnable,
        ),
        Which::SundayNight => (
            EmergencyReason::ImminentViolence,
            DangerTo::Child,
            "Hij kondigt aan vannacht naar de woning te gaan.",
            WhyNoConsent::Refused,
        ),
        Which::LastNight => (
            EmergencyReason::ImminentViolence,
            DangerTo::Subject,
            "Zij is gevlucht en heeft vannacht een bed nodig.",
            WhyNoConsent::UnreachableInTime,
        ),
    };
    let single_handed = which == Which::Disputed;
    Emergency {
        reason_code: reason.into(),
        danger_to: danger.into(),
        situation: situation.to_owned(),
        why_no_consent: why.into(),
        alternatives_tried: "Gebeld, geen gehoor; de politie is onderweg.".to_owned(),
        consulted_colleague_user_id: if single_handed { "" } else { "crisis-0310" }.to_owned(),
        single_handed_reason: if single_handed { "Er was niemand anders in dienst." } else { "" }
            .to_owned(),
        minimality_text: "Alleen wie het zijn en wat is afgesproken.".to_owned(),
        client_informed: Some(ClientInformed {
            informed: Some(Informed::NotReason("Nog niet veilig.".to_owned())),
        }),
        authenticated_at: Some(moment::of(at.minus(Duration::from_mins(3)))),
        ..Emergency::default()
    }
}
