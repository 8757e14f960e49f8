//! Evidence as a message carries it, read for the basis that it goes with.

use std::collections::BTreeSet;
use std::fmt;

use super::{BasisEvidence, ConflictOfDuties, EvidenceItem, EvidenceNeed, IncapacityKind};
use crate::domain::basis::Basis;
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::policy::pack::{BasisRule, lawful_evidence};
use crate::domain::referral::WpgPurpose;
use crate::domain::reporting_code::ReportingCodeDraft;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;

/// A [`BasisEvidence`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the evidence")]
pub struct BasisEvidenceDraft {
    pub necessity_text: String,
    pub gravity_text: String,
    pub reporting_code_decision: Option<ReportingCodeDraft>,
    pub amhk_request_id: String,
    pub referral_id: String,
    pub supervision_order_ref: String,
    pub information_request_id: String,
    pub incapacity: i32,
    pub conflict_of_duties: Option<ConflictDraft>,
    pub supervisor_ref: String,
    pub subject_request_id: String,
    pub wpg_purpose: i32,
    pub authority_agreement_ref: String,
    pub partnership_decision_ref: String,
}

/// A [`ConflictOfDuties`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the conflict of duties")]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of the doctrine, yes or no")]
pub struct ConflictDraft {
    pub tried_consent: bool,
    pub conscience: bool,
    pub no_other_way: bool,
    pub averts_harm: bool,
    pub as_little_as_possible: bool,
    pub text: String,
}

impl fmt::Debug for BasisEvidenceDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BasisEvidenceDraft(…)")
    }
}

impl fmt::Debug for ConflictDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConflictDraft(…)")
    }
}

impl BasisEvidenceDraft {
    /// The evidence, or everything that is wrong with it: something that `basis` demands by `rule`
    /// and that is missing, something that has no meaning for it, or a field that breaks its rule.
    ///
    /// Why somebody cannot consent is not missed here: whoever does not say it has taken the wrong
    /// basis, and the decision says which fits.
    pub fn parse(
        &self,
        path: &str,
        (basis, rule): (Basis, &BasisRule),
        now: Timestamp,
    ) -> Result<BasisEvidence, Violations> {
        let mut violations = Violations::new();
        let mut fields = Fields::new(path, &mut violations);
        let read = self.read(&mut fields, now);
        let given = self.given();
        for item in given.difference(&applicable(basis, rule)) {
            fields.wrong(
                item.field(),
                "NOT_APPLICABLE",
                format!("is not for {basis}, which asks for something else"),
            );
        }
        for need in rule.evidence.iter().filter(|need| !is_for_the_decision(need)) {
            require(need, &given, &mut fields);
        }
        match read {
            Ok(evidence) => violations.into_result(evidence),
            Err(Noted) => Err(violations),
        }
    }

    /// What the message holds something for.
    fn given(&self) -> BTreeSet<EvidenceItem> {
        let text = |text: &String| !text.is_empty();
        let all = [
            (EvidenceItem::NecessityText, text(&self.necessity_text)),
            (EvidenceItem::GravityText, text(&self.gravity_text)),
            (EvidenceItem::ReportingCodeDecision, self.reporting_code_decision.is_some()),
            (EvidenceItem::AmhkRequestId, text(&self.amhk_request_id)),
            (EvidenceItem::ReferralId, text(&self.referral_id)),
            (EvidenceItem::SupervisionOrderRef, text(&self.supervision_order_ref)),
            (EvidenceItem::InformationRequestId, text(&self.information_request_id)),
            (EvidenceItem::Incapacity, self.incapacity != 0),
            (EvidenceItem::ConflictOfDuties, self.conflict_of_duties.is_some()),
            (EvidenceItem::SupervisorRef, text(&self.supervisor_ref)),
            (EvidenceItem::SubjectRequestId, text(&self.subject_request_id)),
            (EvidenceItem::WpgPurpose, self.wpg_purpose != 0),
            (EvidenceItem::AuthorityAgreementRef, text(&self.authority_agreement_ref)),
            (EvidenceItem::PartnershipDecisionRef, text(&self.partnership_decision_ref)),
        ];
        all.into_iter().filter(|(_, is_given)| *is_given).map(|(item, _)| item).collect()
    }

    fn read(&self, fields: &mut Fields<'_>, now: Timestamp) -> Reading<BasisEvidence> {
        let necessity_text = fields.optional_text("necessity_text", &self.necessity_text);
        let gravity_text = fields.optional_text("gravity_text", &self.gravity_text);
        let decision = self.reporting_code_decision.as_ref();
        let reporting_code_decision = decision
            .map(|draft| draft.read(&mut fields.message("reporting_code_decision"), now))
            .transpose();
        let amhk_request_id = fields.optional_text("amhk_request_id", &self.amhk_request_id);
        let referral_id = fields.optional_text("referral_id", &self.referral_id);
        let supervision_order_ref =
            fields.optional_text("supervision_order_ref", &self.supervision_order_ref);
        let information_request_id =
            fields.optional_text("information_request_id", &self.information_request_id);
        let incapacity = code(fields, "incapacity", self.incapacity, IncapacityKind::from_number);
        let conflict = self.conflict_of_duties.as_ref();
        let conflict_of_duties =
            conflict.map(|draft| draft.read(&mut fields.message("conflict_of_duties"))).transpose();
        let supervisor_ref = fields.optional_text("supervisor_ref", &self.supervisor_ref);
        let subject_request_id =
            fields.optional_text("subject_request_id", &self.subject_request_id);
        let wpg_purpose = code(fields, "wpg_purpose", self.wpg_purpose, WpgPurpose::from_number);
        let authority_agreement_ref =
            fields.optional_text("authority_agreement_ref", &self.authority_agreement_ref);
        let partnership_decision_ref =
            fields.optional_text("partnership_decision_ref", &self.partnership_decision_ref);
        Ok(BasisEvidence {
            necessity_text: necessity_text?,
            gravity_text: gravity_text?,
            reporting_code_decision: reporting_code_decision?,
            amhk_request_id: amhk_request_id?,
            referral_id: referral_id?,
            supervision_order_ref: supervision_order_ref?,
            information_request_id: information_request_id?,
            incapacity: incapacity?,
            conflict_of_duties: conflict_of_duties?,
            supervisor_ref: supervisor_ref?,
            subject_request_id: subject_request_id?,
            wpg_purpose: wpg_purpose?,
            authority_agreement_ref: authority_agreement_ref?,
            partnership_decision_ref: partnership_decision_ref?,
        })
    }
}

impl ConflictDraft {
    fn read(&self, fields: &mut Fields<'_>) -> Reading<ConflictOfDuties> {
        Ok(ConflictOfDuties {
            tried_consent: self.tried_consent,
            conscience: self.conscience,
            no_other_way: self.no_other_way,
            averts_harm: self.averts_harm,
            as_little_as_possible: self.as_little_as_possible,
            text: fields.text("text", &self.text)?,
        })
    }
}

/// Notes when nothing was given that meets a need.
fn require(need: &EvidenceNeed, given: &BTreeSet<EvidenceItem>, fields: &mut Fields<'_>) {
    if need.items().any(|item| given.contains(&item)) {
        return;
    }
    let names: Vec<&str> = need.items().map(EvidenceItem::field).collect();
    if let Some(name) = names.first() {
        fields.wrong(name, "REQUIRED", format!("must be given: {}", names.join(" or ")));
    }
}

/// A code that may be left out.
fn code<T>(
    fields: &mut Fields<'_>,
    name: &str,
    number: i32,
    from_number: fn(u16) -> Option<T>,
) -> Reading<Option<T>> {
    if number == 0 { Ok(None) } else { fields.code(name, number, from_number).map(Some) }
}

/// What has a meaning for a basis: what the pack asks, and what the law lets one tell with it.
fn applicable(basis: Basis, rule: &BasisRule) -> BTreeSet<EvidenceItem> {
    let asked = rule.evidence.iter().flat_map(EvidenceNeed::items);
    asked.chain(lawful_evidence(basis)).collect()
}

/// Whether its absence is for the decision to tell.
fn is_for_the_decision(need: &EvidenceNeed) -> bool {
    need.items().any(|item| item == EvidenceItem::Incapacity)
}
