//! A request for a summary as a message carries it, and how it is parsed.

use std::collections::BTreeMap;

use crate::domain::basis::Basis;
use crate::domain::case::{Involvement, InvolvementDraft};
use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, EventId, Oin, PersonKey};
use crate::domain::policy::{Asked, BasisEvidence, BasisEvidenceDraft, Initiative, PolicyPack};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::fields::{both, categories, code};
use crate::store::SummaryName;

/// A request for a summary, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct SummaryRequestDraft {
    pub case_ref: String,
    pub author_oin: String,
    pub revision: i32,
    pub purpose: i32,
    pub basis: i32,
    pub categories: Vec<i32>,
    pub involvement: Option<InvolvementDraft>,
    pub evidence: BasisEvidenceDraft,
}

/// A request for a summary.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct Wanted {
    pub(in crate::gateway) case_ref: CaseRef,
    pub(in crate::gateway) author: Oin,
    /// Who gets it; none: the caller.
    pub(in crate::gateway) recipient: Option<Oin>,
    /// None: the latest.
    pub(in crate::gateway) revision: Option<i64>,
    pub(in crate::gateway) purpose: Purpose,
    pub(in crate::gateway) basis: Basis,
    pub(in crate::gateway) asked: Asked,
    pub(in crate::gateway) involvement: Involvement,
    pub(in crate::gateway) evidence: BasisEvidence,
    /// What happens when it is allowed.
    pub(in crate::gateway) event: EventCode,
    /// The entries that declared an emergency.
    pub(in crate::gateway) break_glass: BTreeMap<PersonKey, EventId>,
}

impl Wanted {
    /// The name of the summary.
    pub(in crate::gateway) fn summary(&self) -> SummaryName {
        let Self { case_ref, author, revision, .. } = self;
        SummaryName { case_ref: case_ref.clone(), author: author.clone(), revision: *revision }
    }
}

impl SummaryRequestDraft {
    /// Everything that is wrong with the request by itself.
    pub fn check(&self, gateway: &Gateway) -> Result<(), Violations> {
        let directory = gateway.directory();
        self.clone().parse(&directory.policy, gateway.clock().now()).map(|_wanted| ())
    }

    /// What is wanted, or everything that is wrong with the request.
    pub(in crate::gateway) fn parse(
        self,
        pack: &PolicyPack,
        now: Timestamp,
    ) -> Result<Wanted, Violations> {
        let involvement = self.involvement.clone().unwrap_or_default().parse(now);
        let evidence = self.evidence_by(pack, now);
        let (wanted, (involvement, evidence)) = both(self.read(), both(involvement, evidence))?;
        Ok(wanted(involvement, evidence))
    }

    /// What was given with the basis. A basis that nobody can ask for is refused whatever was given.
    fn evidence_by(&self, pack: &PolicyPack, now: Timestamp) -> Result<BasisEvidence, Violations> {
        let basis = u16::try_from(self.basis).ok().and_then(Basis::from_number);
        let Some(basis) = basis else { return Ok(BasisEvidence::default()) };
        let rule = pack.basis(basis);
        if !rule.initiative.contains(&Initiative::Ask) {
            return Ok(BasisEvidence::default());
        }
        self.evidence.parse("evidence", (basis, rule), now)
    }

    fn read(self) -> Result<impl FnOnce(Involvement, BasisEvidence) -> Wanted, Violations> {
        let mut violations = Violations::new();
        let case_ref = violations.take("case_ref", self.case_ref.parse());
        let author = violations.take("author_oin", self.author_oin.parse());
        let words = "must be 0 for the latest, or a revision";
        violations.require(self.revision >= 0, "revision", "NEGATIVE", words);
        let purpose = code("purpose", self.purpose, Purpose::from_number, &mut violations);
        let basis = code("basis", self.basis, Basis::from_number, &mut violations);
        let categories = categories("categories", &self.categories, &mut violations);
        let asked =
            if categories.is_empty() { Asked::Everything } else { Asked::Exactly(categories) };
        let revision = (self.revision > 0).then_some(i64::from(self.revision));
        match (case_ref, author, purpose, basis, violations.is_empty()) {
            (Some(case_ref), Some(author), Some(purpose), Some(basis), true) => {
                Ok(move |involvement, evidence| Wanted {
                    case_ref,
                    author,
                    recipient: None,
                    revision,
                    purpose,
                    basis,
                    asked,
                    involvement,
                    evidence,
                    event: EventCode::SummaryDelivered,
                    break_glass: BTreeMap::new(),
                })
            }
            _ => Err(violations),
        }
    }
}
