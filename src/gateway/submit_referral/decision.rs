//! Whether a referral may go to the Steunpunt of its region (Wpg art. 18, 19 and 20).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::consent::LegalPosition;
use crate::domain::decision::Decision;
use crate::domain::id::Pseudonym;
use crate::domain::policy::{self, Asked, BasisEvidence, Facts, Initiative, SubjectFacts};
use crate::domain::purpose::Purpose;
use crate::domain::referral::{Referral, ReferralPerson, WpgArticle, WpgBasis};
use crate::domain::routing::Route;
use crate::gateway::call::Call;
use crate::gateway::directory::{Directory, party};
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::new_group;

/// What a referral of the police holds (DOMAIN §4.2).
pub(in crate::gateway) const REFERRAL_CATEGORIES: Categories =
    Categories::of(&[Category::Identification, Category::ContactAddress, Category::Incident]);

/// Decides about everybody in the referral.
pub(super) fn decide(
    call: &Call,
    directory: &Directory,
    (referral, route): (&Referral, &Route),
    (people, restricted): (&[Pseudonym], &BTreeSet<Pseudonym>),
) -> Result<Decision> {
    let request = policy::Request {
        decision_id: new_group(call)?,
        case_ref: None,
        sender: party(call.caller.organisation()),
        recipient: directory.party(&route.recipient).ok_or_else(Error::hidden)?,
        initiative: Initiative::Give,
        actor: call.actor.clone(),
        purpose: Purpose::ReferralHandling,
        basis: basis_of(referral),
        evidence: evidence_of(&referral.wpg_basis),
        emergency: None,
        relied_on: Vec::new(),
        asked: Asked::Exactly(REFERRAL_CATEGORIES),
        // Recorded person by person in the referral itself.
        involvement: None,
    };
    let facts = Facts {
        pack: directory.pack(),
        rules: Arc::clone(&directory.policy),
        members: Vec::new(),
        reporter: None,
        address_releases: Vec::new(),
        subjects: people
            .iter()
            .zip(&referral.persons)
            .map(|(subject, person)| facts_about(*subject, person, restricted))
            .collect(),
    };
    Ok(policy::decide(request, facts, call.now()))
}

fn facts_about(
    subject: Pseudonym,
    person: &ReferralPerson,
    restricted: &BTreeSet<Pseudonym>,
) -> SubjectFacts {
    SubjectFacts {
        person: person.person_key.clone(),
        position: LegalPosition {
            subject,
            birth_date: person.birth_date,
            incapable: Vec::new(),
            representatives: Vec::new(),
        },
        consents: Vec::new(),
        present: REFERRAL_CATEGORIES,
        is_processing_restricted: restricted.contains(&subject),
    }
}

/// The basis that stands in the message.
pub(in crate::gateway) fn basis_of(referral: &Referral) -> Basis {
    match referral.wpg_basis.article() {
        WpgArticle::Wpg18 => Basis::Wpg18,
        WpgArticle::Wpg19 => Basis::Wpg19,
        WpgArticle::Wpg20 => Basis::Wpg20,
    }
}

/// What articles 19 and 20 demand.
fn evidence_of(basis: &WpgBasis) -> BasisEvidence {
    match basis.clone() {
        WpgBasis::Structural => BasisEvidence::default(),
        WpgBasis::Incidental { purpose, authority_agreement_ref } => BasisEvidence {
            wpg_purpose: Some(purpose),
            authority_agreement_ref: Some(authority_agreement_ref),
            ..BasisEvidence::default()
        },
        WpgBasis::Partnership { partnership_decision_ref } => BasisEvidence {
            partnership_decision_ref: Some(partnership_decision_ref),
            ..BasisEvidence::default()
        },
    }
}
