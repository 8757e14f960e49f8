//! What holds of a person, and which consents of a case must be renewed: for the Steunpunt that
//! directs the case. Nothing here holds a name or a pseudonym.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::basis::Basis;
use crate::domain::case::Incapacity;
use crate::domain::consent::{Consent, Renewal, RequiredSignature, State};
use crate::domain::id::{CaseRef, PersonKey, Pseudonym};
use crate::domain::people::Standing;
use crate::domain::person::AgeBand;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::case_file::CaseFile;
use crate::gateway::error::{Error, Result};

/// Renewals told at once; the soonest.
pub const RENEWALS_MAX: usize = 500;

/// What holds of a person at a moment, with the history.
#[derive(Debug, Clone)]
pub struct PersonLook {
    /// The moment.
    pub at: Timestamp,
    /// Age at that moment, as far as consent depends on it.
    pub age_band: AgeBand,
    /// Who decides, when the person cannot, and restrictions, now and before.
    pub standing: Standing,
    /// When the person could not decide, and who found so.
    pub incapacities: Vec<Incapacity>,
    /// The signatures that a new consent needs at that moment.
    pub required: Vec<RequiredSignature>,
    /// People of the case by pseudonym: how the others are told.
    pub keys: Vec<(Pseudonym, PersonKey)>,
}

/// A consent that must be renewed.
#[derive(Debug, Clone)]
pub struct RenewalView {
    /// The consent.
    pub consent: Consent,
    /// Its state now.
    pub state: State,
    /// The person.
    pub person_key: PersonKey,
    /// Why, and from when on.
    pub renewal: Renewal,
}

/// Consents that must be renewed.
#[derive(Debug, Clone)]
pub struct RenewalsView {
    /// The soonest first.
    pub renewals: Vec<RenewalView>,
    /// Whether there are more.
    pub has_more: bool,
}

impl Gateway {
    /// What holds, or held at an earlier moment, of a person of a case.
    pub async fn person_standing(
        &self,
        call: &Call,
        (case_ref, person_key): (&CaseRef, &PersonKey),
        at: Option<Timestamp>,
    ) -> Result<PersonLook> {
        let file = self.case_directed_by(call, case_ref).await?;
        let mut violations = Violations::new();
        let at = at.unwrap_or_else(|| call.now());
        violations.require(at <= call.now(), "at", "IN_FUTURE", "must not be later than now");
        let found = file.person(person_key);
        let words = "must be a person of the case";
        violations.require(found.is_some(), "person_key", "UNKNOWN_PERSON", words);
        let (Some(person), true) = (found, violations.is_empty()) else {
            return Err(violations.into());
        };
        let standing = file.standing(person)?;
        let rules = &self.directory().policy.consent;
        Ok(PersonLook {
            at,
            age_band: person.record.age_band(at),
            required: standing.position.required_signatures(at, None, rules),
            incapacities: person.record.incapacities.clone(),
            keys: keys(&file),
            standing,
        })
    }

    /// Who of these people has the processing restricted, in whatever case, as far as a disclosure on
    /// this basis must know: a statute goes on after a restriction, and then nothing is read.
    pub(in crate::gateway) async fn restricted_among(
        &self,
        basis: Basis,
        people: &[Pseudonym],
    ) -> Result<BTreeSet<Pseudonym>> {
        if self.directory().policy.basis(basis).statutory {
            return Ok(BTreeSet::new());
        }
        let restricted = self.db().read().await?.restricted_among(people).await?;
        Ok(restricted.into_iter().map(|(person,)| person).collect())
    }

    /// Consents of a case that stopped to suffice, or will within `ahead`: by a birthday, by what was
    /// recorded, or by their own end. One that a later consent takes the place of is left out.
    pub async fn consent_renewals(
        &self,
        call: &Call,
        case_ref: &CaseRef,
        ahead: Duration,
    ) -> Result<RenewalsView> {
        let file = self.case_directed_by(call, case_ref).await?;
        let mut tx = self.db().read().await?;
        let consents = self.consents_of(&mut tx, &file).await?;
        drop(tx);
        let rules = self.directory().policy.consent.clone();
        let mut renewals = Vec::new();
        for person in &file.people {
            let position = file.position(person)?;
            let state = |consent: &Consent| consent.state_at(call.now(), &position, &rules);
            let of_person =
                || consents.iter().filter(|consent| consent.terms.subject == person.subject);
            for consent in of_person() {
                let renewal = consent.renewal(&position, (call.now(), ahead), &rules);
                let is_replaced = || {
                    of_person()
                        .any(|other| other.replaces(consent) && state(other) == State::Active)
                };
                if let Some(renewal) = renewal.filter(|_| !is_replaced()) {
                    renewals.push(RenewalView {
                        state: state(consent),
                        person_key: person.record.key.clone(),
                        consent: consent.clone(),
                        renewal,
                    });
                }
            }
        }
        renewals.sort_by_key(|one| (one.renewal.at, one.consent.consent_id));
        let has_more = renewals.len() > RENEWALS_MAX;
        renewals.truncate(RENEWALS_MAX);
        Ok(RenewalsView { renewals, has_more })
    }
}

impl PersonLook {
    /// How somebody is named in the case.
    pub fn key_of(&self, subject: Pseudonym) -> Result<&PersonKey> {
        let found = self.keys.iter().find(|(pseudonym, _)| *pseudonym == subject);
        found.map(|(_, key)| key).ok_or_else(Error::hidden)
    }
}

fn keys(file: &CaseFile) -> Vec<(Pseudonym, PersonKey)> {
    file.people.iter().map(|person| (person.subject, person.record.key.clone())).collect()
}
