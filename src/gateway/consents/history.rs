//! Everything that was said about consent in a case, for the privacy officers of those who took part.
//!
//! The office of the region and the Steunpunt see all of it; others what is about data that they gave
//! or got. What a person who was forgotten said cannot be read any more; that it was said can.

use crate::domain::consent::{Consent, State};
use crate::domain::id::{CaseRef, ConsentId, Oin, Pseudonym};
use crate::domain::look::Look;
use crate::domain::organisation::Role;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::case_file::{CONSENTS_MAX, CaseFile, code};
use crate::gateway::error::{Error, Result};
use crate::store::ConsentRow;

use super::open_consent;

/// The consents of a case.
#[derive(Debug, Clone)]
pub struct ConsentHistory {
    /// Which case.
    pub case_ref: CaseRef,
    /// Its people, in the order of the case.
    pub people: Vec<Pseudonym>,
    /// In the order of the people, then of the moments.
    pub consents: Vec<ConsentLife>,
    /// Whether there are more versions than are told.
    pub is_cut: bool,
}

/// One consent, from the first word to the last.
#[derive(Debug, Clone)]
pub struct ConsentLife {
    /// Which.
    pub consent_id: ConsentId,
    /// Whose: the place in the people of the case.
    pub person: usize,
    /// Who may send.
    pub source: Oin,
    /// Who may receive.
    pub recipient: Oin,
    /// Number of the purpose.
    pub purpose: i64,
    /// Bits of the categories.
    pub categories: i64,
    /// In their order; never empty.
    pub versions: Vec<ConsentVersion>,
    /// The state at the moment that was asked for; none when it was not recorded yet.
    pub state: Option<State>,
    /// Who received data under it, with the first entry that says so.
    pub uses: Vec<(Oin, i64)>,
}

/// What was said at a moment.
#[derive(Debug, Clone)]
pub struct ConsentVersion {
    /// The state that it brought.
    pub state: State,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// First moment that it is about.
    pub valid_from: Timestamp,
    /// First moment after.
    pub valid_until: Timestamp,
    /// Who said it, how; none when the person was forgotten.
    pub consent: Option<Consent>,
}

impl Gateway {
    /// The consents of a case with their history, and their state at a moment.
    pub async fn consent_history(
        &self,
        call: &Call,
        purpose: i32,
        (case_ref, at): (&CaseRef, Timestamp),
    ) -> Result<ConsentHistory> {
        let question = format!("{case_ref} {at}");
        self.require_officer(call).await?;
        let mut violations = Violations::new();
        let words = "must not lie after the clock of the gateway";
        violations.require(at <= self.clock().now(), "as_of", "IN_FUTURE", words);
        violations.into_result(())?;
        self.officer_looks(call, purpose, (Look::Consents, question.as_bytes())).await?;
        let mut tx = self.db().read().await?;
        tx.case(case_ref).await?.ok_or_else(Error::hidden)?;
        let took_part = tx.case_members(case_ref).await?.iter().any(|row| row.oin == *call.oin());
        if !took_part && call.role() != Role::Oversight {
            return Err(Error::hidden());
        }
        let people: Vec<Pseudonym> =
            tx.case_persons(case_ref).await?.iter().map(|row| row.subject).collect();
        let rows = tx.consent_versions_of_case(case_ref, CONSENTS_MAX).await?;
        let uses = tx.consent_uses_of_case(case_ref).await?;
        drop(tx);
        let is_cut = u32::try_from(rows.len()).is_ok_and(|found| found >= CONSENTS_MAX);
        // Without its keys a case cannot be opened, and then nobody knows who decided for whom.
        let file = self.case_file(case_ref).await.ok().flatten();
        let mut consents = Vec::new();
        for versions in rows.chunk_by(|one, other| one.consent_id == other.consent_id) {
            let Some(first) = versions.first().filter(|row| may_know(call, row)) else { continue };
            let mut life = self.life(&people, versions, first).await?;
            life.state = self.state_then(file.as_ref(), &life, at)?;
            let of_this = uses.iter().filter(|(id, ..)| *id == life.consent_id);
            life.uses = of_this.map(|(_, oin, idx)| (oin.clone(), *idx)).collect();
            consents.push(life);
        }
        let begun = |life: &ConsentLife| life.versions.first().map(|version| version.recorded_at);
        consents.sort_by_key(|life| (life.person, life.purpose, begun(life)));
        Ok(ConsentHistory { case_ref: case_ref.clone(), people, consents, is_cut })
    }

    async fn life(
        &self,
        people: &[Pseudonym],
        rows: &[ConsentRow],
        first: &ConsentRow,
    ) -> Result<ConsentLife> {
        let key = self.keys().subject(first.subject).await?;
        let mut versions = Vec::with_capacity(rows.len());
        for row in rows {
            let consent = key.as_ref().map(|key| open_consent(row, key)).transpose()?;
            versions.push(ConsentVersion {
                state: code(row.state, State::from_number)?,
                recorded_at: row.recorded_at,
                valid_from: row.valid_from,
                valid_until: row.valid_until,
                consent,
            });
        }
        let person = people.iter().position(|person| *person == first.subject);
        Ok(ConsentLife {
            consent_id: first.consent_id,
            person: person.ok_or_else(Error::hidden)?,
            source: first.source_oin.clone(),
            recipient: first.recipient_oin.clone(),
            purpose: first.purpose,
            categories: first.categories,
            versions,
            state: None,
            uses: Vec::new(),
        })
    }

    /// What counted at a moment, by what was recorded until then.
    fn state_then(
        &self,
        file: Option<&CaseFile>,
        life: &ConsentLife,
        at: Timestamp,
    ) -> Result<Option<State>> {
        let known = life.versions.iter().rfind(|version| version.recorded_at <= at);
        let Some(version) = known else { return Ok(None) };
        if let (Some(file), Some(consent)) = (file, &version.consent)
            && let Some(person) = file.person_of(consent.terms.subject)
        {
            let rules = &self.directory().policy.consent;
            return Ok(Some(consent.state_at(at, &file.position(person)?, rules)));
        }
        let has_ended = version.state == State::Active && version.valid_until <= at;
        Ok(Some(if has_ended { State::Expired } else { version.state }))
    }
}

/// As for one consent: the Steunpunt, its source and its recipient; and the office of the region.
fn may_know(call: &Call, row: &ConsentRow) -> bool {
    matches!(call.role(), Role::Steunpunt | Role::Oversight)
        || [&row.source_oin, &row.recipient_oin].contains(&call.oin())
}
