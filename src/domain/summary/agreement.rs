//! An agreement of a plan: what, who keeps it, until when, and how it stands (DOMAIN §1.2).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::draft::{read_about, read_list};
use super::{AGREEMENTS_MAX, Part, PartId};
use crate::domain::category::Category;
use crate::domain::code::codes;
use crate::domain::draft::{Fields, Reading};
use crate::domain::id::PersonKey;
use crate::domain::text::{Line, Prose};
use crate::domain::time::Date;

codes! {
    /// How an agreement stands.
    pub enum AgreementStatus {
        /// Made.
        Open = 1, "OPEN";
        /// Kept so far.
        Kept = 2, "KEPT";
        /// Broken.
        Broken = 3, "BROKEN";
        /// Secured for the long term; the case can be let go when all are.
        Secured = 4, "SECURED";
    }
}

/// An agreement of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanAgreement {
    /// Unique within the plan.
    pub agreement_id: PartId,
    /// What was agreed.
    pub text: Prose<2000>,
    /// Who keeps it.
    pub responsible: Line<100>,
    /// Until when.
    pub due: Option<Date>,
    /// How it stands.
    pub status: AgreementStatus,
    /// Whether the family or its network owns it (*eigen kracht*).
    pub family_owned: bool,
    /// Whom it is about; at least one person.
    pub about: BTreeSet<PersonKey>,
}

impl PlanAgreement {
    /// The part it becomes, in the language of the region.
    pub(super) fn part(&self) -> Part {
        let status = match self.status {
            AgreementStatus::Open => "open",
            AgreementStatus::Kept => "nagekomen",
            AgreementStatus::Broken => "niet nagekomen",
            AgreementStatus::Secured => "geborgd",
        };
        let mut lines = vec![
            self.text.as_str().to_owned(),
            format!("Verantwoordelijk: {}", self.responsible.as_str()),
        ];
        lines.extend(self.due.map(|due| format!("Uiterlijk: {due}")));
        lines.push(format!("Stand: {status}"));
        lines.extend(self.family_owned.then(|| "Van het gezin of het eigen netwerk".to_owned()));
        Part {
            section_id: self.agreement_id.as_str().to_owned(),
            category: Category::SafetyAgreements,
            title: "Veiligheidsafspraak".to_owned(),
            text: lines.join("\n"),
            about: self.about.iter().cloned().collect(),
        }
    }
}

/// A [`PlanAgreement`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct AgreementDraft {
    pub agreement_id: String,
    pub text: String,
    pub responsible: String,
    pub due_date: String,
    pub status: i32,
    pub family_owned: bool,
    pub about_person_keys: Vec<String>,
}

impl fmt::Debug for AgreementDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AgreementDraft(…)")
    }
}

impl AgreementDraft {
    fn read(
        &self,
        fields: &mut Fields<'_>,
        persons: &BTreeSet<PersonKey>,
    ) -> Reading<PlanAgreement> {
        let agreement_id = fields.text("agreement_id", &self.agreement_id);
        let text = fields.text("text", &self.text);
        let responsible = fields.text("responsible", &self.responsible);
        let due = fields.optional_text("due_date", &self.due_date);
        let status = fields.code("status", self.status, AgreementStatus::from_number);
        let about = read_about(fields, &self.about_person_keys, persons);
        Ok(PlanAgreement {
            agreement_id: agreement_id?,
            text: text?,
            responsible: responsible?,
            due: due?,
            status: status?,
            family_owned: self.family_owned,
            about: about?,
        })
    }
}

/// The agreements in the field of that name. That their names differ is for the caller to check.
pub(in crate::domain) fn read_agreements(
    fields: &mut Fields<'_>,
    drafts: &[AgreementDraft],
    persons: &BTreeSet<PersonKey>,
) -> Reading<Vec<PlanAgreement>> {
    read_list(fields, "agreements", drafts, AGREEMENTS_MAX, |draft, fields| {
        draft.read(fields, persons)
    })
}
