//! Consents of a person or a case, for officers: those between the own organisation and another, as a
//! partner's officer sees disclosures; the office of the region sees all.

use crate::domain::category::Categories;
use crate::domain::consent::{Consent, State};
use crate::domain::export::consent::Given;
use crate::domain::id::{CaseRef, ConsentId, Oin, Pseudonym};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::consents::open_consent;
use crate::gateway::disclosures::{SearchDraft, may_look, optional};
use crate::gateway::error::{Error, Result};
use crate::store::{ConsentRow, ConsentsOf};

use super::PAGE;

/// Whose consents are wanted, and which of them may be seen.
#[derive(Debug)]
pub(super) struct Wanted {
    of: Of,
    party: Option<Oin>,
}

#[derive(Debug)]
enum Of {
    Person(Pseudonym),
    Case(CaseRef),
}

/// A consent that was found.
#[derive(Debug)]
pub(super) struct FoundConsent {
    pub(super) row: ConsentRow,
    /// None when the person was forgotten.
    pub(super) consent: Option<Consent>,
}

impl Wanted {
    /// A person or a case, and nothing else: what a search also asks for says nothing about consents.
    pub(super) fn parse(
        draft: &SearchDraft,
        party: Option<Oin>,
        subject: Option<Pseudonym>,
    ) -> Result<(Self, Purpose)> {
        let mut violations = Violations::new();
        let v = &mut violations;
        let purpose = may_look(draft.purpose, v);
        let person = optional("filter.subject_pseudonym", &draft.subject_pseudonym, v);
        let case = optional::<CaseRef>("filter.case_ref", &draft.case_ref, v);
        let named =
            [subject.is_some(), !draft.subject_pseudonym.is_empty(), !draft.case_ref.is_empty()];
        let one = named.iter().filter(|is_named| **is_named).count() == 1;
        let words = "must name a subject or a case";
        v.require(one, "filter", "KEY_REQUIRED", words);
        let named = SearchDraft {
            purpose: draft.purpose,
            subject_pseudonym: draft.subject_pseudonym.clone(),
            case_ref: draft.case_ref.clone(),
            newest_first: draft.newest_first,
            subject_of: draft.subject_of,
            ..SearchDraft::default()
        };
        let words = "consents are exported of a subject or a case, without other conditions";
        v.require(*draft == named, "filter", "NOT_FOR_CONSENTS", words);
        violations.into_result(())?;
        let person = subject.or(person);
        let of = person.map(Of::Person).or_else(|| case.map(Of::Case)).ok_or_else(Error::hidden)?;
        Ok((Self { of, party }, purpose.ok_or_else(Error::hidden)?))
    }
}

impl Gateway {
    /// The next page.
    pub(super) async fn found_consents(
        &self,
        wanted: &Wanted,
        after: ConsentId,
    ) -> Result<Vec<FoundConsent>> {
        let of = match &wanted.of {
            Of::Person(person) => ConsentsOf::Person(*person),
            Of::Case(case_ref) => ConsentsOf::Case(case_ref),
        };
        let mut tx = self.db().read().await?;
        let rows = tx.newest_consents_of(of, wanted.party.as_ref(), after, PAGE).await?;
        drop(tx);
        self.keys().expect(rows.iter().map(|row| row.subject)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let key = self.keys().subject(row.subject).await?;
            let consent = key.map(|key| open_consent(&row, &key)).transpose()?;
            found.push(FoundConsent { row, consent });
        }
        Ok(found)
    }
}

impl FoundConsent {
    /// As it is written at `now`.
    pub(super) fn given(&self, now: Timestamp) -> Given<'_> {
        if let Some(consent) = &self.consent {
            return Given::of(consent, now);
        }
        let row = &self.row;
        let state = u16::try_from(row.state).ok().and_then(State::from_number);
        let over = row.valid_until <= now && state == Some(State::Active);
        Given {
            consent_id: row.consent_id,
            // A state that nobody knows permits nothing.
            state: state.filter(|_| !over).unwrap_or(State::Expired),
            subject: row.subject,
            source: &row.source_oin,
            recipient: &row.recipient_oin,
            purpose: u16::try_from(row.purpose).ok().and_then(Purpose::from_number),
            categories: u32::try_from(row.categories)
                .ok()
                .and_then(Categories::from_bits)
                .unwrap_or_default(),
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            signed: None,
        }
    }
}
