//! What is asked, by whom, and on what ground. The organisations come from certificates and the
//! directory, never from a message.

use serde::{Deserialize, Serialize};

use crate::domain::basis::Basis;
use crate::domain::case::Involvement;
use crate::domain::category::Categories;
use crate::domain::id::{CaseRef, ConsentId, GroupId, Oin};
use crate::domain::organisation::{Actor, Role};
use crate::domain::purpose::Purpose;

use super::emergency::DeclaredEmergency;
use super::evidence::BasisEvidence;

/// A request to share data of one organisation with another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The act: every entry of this request is in this group.
    pub decision_id: GroupId,
    /// The case; none before there is one.
    pub case_ref: Option<CaseRef>,
    /// Who would send: the custodian of the data.
    pub sender: Party,
    /// Who would receive.
    pub recipient: Party,
    /// Which of the two took the initiative.
    pub initiative: Initiative,
    /// The person behind the system of that side.
    pub actor: Actor,
    /// For what.
    pub purpose: Purpose,
    /// On which ground.
    pub basis: Basis,
    /// What the basis demands: texts, references, answers.
    pub evidence: BasisEvidence,
    /// The emergency that was declared (break-glass).
    pub emergency: Option<DeclaredEmergency>,
    /// The consents the asker names. Empty: whatever there is.
    pub relied_on: Vec<ConsentId>,
    /// Which data.
    pub asked: Asked,
    /// How the people concerned were involved; none where that is recorded person by person. Nothing is
    /// decided on it, so it is not kept with the decision but stands in the record beside it.
    #[serde(skip)]
    pub involvement: Option<Involvement>,
}

/// An organisation on one side of a disclosure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Organisation.
    pub oin: Oin,
    /// What it is in the chain.
    pub role: Role,
    /// Whether it is a gecertificeerde instelling (Jeugdwet art. 7.3.11 lid 4).
    pub is_certified_institution: bool,
}

/// Who took the initiative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Initiative {
    /// The sender gives.
    Give,
    /// The recipient asks.
    Ask,
}

/// Which data is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Asked {
    /// Whatever there is, as far as it is allowed.
    Everything,
    /// These and no less: a person for whom one of them is not allowed is left out altogether.
    Exactly(Categories),
}

impl Request {
    /// The organisation whose user acts.
    pub fn initiator(&self) -> &Party {
        match self.initiative {
            Initiative::Give => &self.sender,
            Initiative::Ask => &self.recipient,
        }
    }
}
