//! What a basis demands is given whole and right, or every fault is told.

use super::*;
use crate::domain::basis::Basis;
use crate::domain::policy::shipped_pack;
use crate::domain::reporting_code::ReportingCodeDraft;
use crate::domain::testema::{SUMMARY, at, evidence};

fn wrong(basis: Basis, draft: &BasisEvidenceDraft) -> Vec<(String, &'static str)> {
    let pack = shipped_pack();
    let found = draft.parse("evidence", (basis, pack.basis(basis)), at(SUMMARY));
    let found = found.err().unwrap_or_default();
    found.iter().map(|violation| (violation.field.clone(), violation.rule)).collect()
}

fn required(names: &[&str]) -> Vec<(String, &'static str)> {
    names.iter().map(|name| (format!("evidence.{name}"), "REQUIRED")).collect()
}

/// The column "required extra fields" of DOMAIN §4.2. What vital interest demands is for the decision:
/// who does not say it is told which basis fits.
#[test]
fn every_basis_demands_its_fields() {
    for basis in Basis::ALL {
        let demanded: &[&str] = match basis {
            Basis::Consent | Basis::Wpg18 | Basis::VitalInterest | Basis::Wams | Basis::Wgs => &[],
            Basis::Wmo526Report => &["necessity_text", "reporting_code_decision"],
            Basis::Wmo4112D | Basis::Wmo4112E => &["gravity_text"],
            Basis::Wmo4112G => &["referral_id"],
            Basis::Wpg19 => &["wpg_purpose", "authority_agreement_ref"],
            Basis::Wpg20 => &["partnership_decision_ref"],
            Basis::Jeugdwet73114 => &["supervision_order_ref"],
            Basis::DirectInvolvement => &["necessity_text"],
            Basis::ConflictOfDuties => &["conflict_of_duties"],
            Basis::DataSubjectRequest => &["subject_request_id"],
            Basis::Oversight => &["supervisor_ref"],
        };
        assert_eq!(wrong(*basis, &BasisEvidenceDraft::default()), required(demanded), "{basis}");
    }
}

#[test]
fn a_field_that_a_basis_has_no_use_for_is_refused() {
    let draft =
        BasisEvidenceDraft { gravity_text: "ernst".to_owned(), ..BasisEvidenceDraft::default() };
    for basis in Basis::ALL.iter().filter(|b| !matches!(b, Basis::Wmo4112D | Basis::Wmo4112E)) {
        let found = wrong(*basis, &draft);
        let expected = ("evidence.gravity_text".to_owned(), "NOT_APPLICABLE");
        assert!(found.contains(&expected), "{basis}: {found:?}");
    }
    let request = BasisEvidenceDraft {
        information_request_id: "GI-1".to_owned(),
        ..BasisEvidenceDraft::default()
    };
    let missing = required(&["supervision_order_ref"]);
    assert_eq!(wrong(Basis::Jeugdwet73114, &request), missing, "a request may be told");
}

#[test]
fn either_of_two_will_do_for_a_report() {
    let draft = BasisEvidenceDraft {
        necessity_text: "Ruben dreigt.".to_owned(),
        amhk_request_id: "AMHK-2026-1".to_owned(),
        ..BasisEvidenceDraft::default()
    };
    assert_eq!(wrong(Basis::Wmo526Report, &draft), []);
}

#[test]
fn what_is_wrong_inside_is_told_with_its_whole_path() {
    let draft = BasisEvidenceDraft {
        necessity_text: "n".repeat(2001),
        reporting_code_decision: Some(ReportingCodeDraft::default()),
        ..BasisEvidenceDraft::default()
    };
    let found = wrong(Basis::Wmo526Report, &draft);
    let has = |field: &str, rule| found.contains(&(format!("evidence.{field}"), rule));
    assert!(has("necessity_text", "TOO_LONG"), "{found:?}");
    assert!(has("reporting_code_decision.steps_done", "STEP_MISSING"), "{found:?}");
    assert!(has("reporting_code_decision.considerations.suspicion", "REQUIRED"), "{found:?}");
    let conflict = BasisEvidenceDraft {
        conflict_of_duties: Some(ConflictDraft::default()),
        incapacity: 9,
        ..BasisEvidenceDraft::default()
    };
    let found = wrong(Basis::ConflictOfDuties, &conflict);
    let text = ("evidence.conflict_of_duties.text".to_owned(), "REQUIRED");
    assert!(found.contains(&text), "{found:?}");
    assert!(found.contains(&("evidence.incapacity".to_owned(), "UNKNOWN_CODE")), "{found:?}");
}

#[test]
fn evidence_is_read_back_as_it_was_kept_and_shows_no_text() {
    for basis in Basis::ALL {
        let evidence = evidence(*basis);
        let kept = serde_json::to_string(&evidence).unwrap();
        assert_eq!(serde_json::from_str::<BasisEvidence>(&kept).unwrap(), evidence);
        assert!(!format!("{evidence:?}").contains("Ruben"), "{basis}");
    }
}

#[test]
fn a_need_is_one_of_its_words() {
    let need: EvidenceNeed = "AMHK_REQUEST_ID|REPORTING_CODE_DECISION".parse().unwrap();
    assert_eq!(need.to_string(), "REPORTING_CODE_DECISION|AMHK_REQUEST_ID");
    let narrower = EvidenceNeed::any_of(&[EvidenceItem::AmhkRequestId]);
    assert!(narrower.implies(&need) && !need.implies(&narrower));
    assert!("AMHK_REQUEST_ID|".parse::<EvidenceNeed>().is_err());
}
