//! Consents: recorded, refused, withdrawn, looked at.
//!
//! Every change raises the version of the case's facts inside the same commit. A disclosure that
//! was decided on the facts before it is decided again, so once a withdrawal is answered no later
//! entry relies on that consent (promise 3).

use std::sync::Arc;

use crate::domain::consent::{Consent, ConsentDraft, NotWithdrawn, Withdrawal};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{CaseRef, ConsentId, Oin, PersonKey};
use crate::domain::organisation::Role;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::ledger::entry::ConsentChange;
use crate::store::ConsentsOf;
use crate::vault::random;

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, CasePersonFile};
use super::error::{Error, Result};
use super::journal::{EntryReceipt, Happening, Matter, Subject, new_group};
use super::keys::combined;
use super::once::{DECISIONS_MAX, Done, Encode, Keep};

mod draft;
mod expire;
mod history;
mod stored;
mod work;

pub use super::check_consent::{Checked, QuestionDraft};
pub use draft::WithdrawalDraft;
pub use history::{ConsentHistory, ConsentLife, ConsentVersion};

pub(super) use stored::open_consent;

use draft::without_people;
use stored::consent_row;
use work::ChangeConsent;

/// Consents of a person that are read at once.
const WORDS_PAGE: u32 = 200;

/// A consent, as told to those who may know it.
#[derive(Debug, Clone)]
pub struct ConsentView {
    /// The consent.
    pub consent: Consent,
    /// Its state at the moment of the call.
    pub state: crate::domain::consent::State,
    /// The person, by key within the case.
    pub person_key: PersonKey,
    /// Who signed, by key within the case, in the order of the consent.
    pub grantor_keys: Vec<PersonKey>,
}

/// What is told after a consent was recorded or withdrawn.
#[derive(Debug)]
pub struct ConsentRecorded {
    /// The consent.
    pub view: ConsentView,
    /// Its ledger entry.
    pub entry: EntryReceipt,
    /// Organisations that got a notice.
    pub notice_count: usize,
}

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Yes.
    Given,
    /// No. Kept, because it decides whether a later disclosure is an override.
    Refused,
}

impl Gateway {
    /// Records what a person, or who decides for the person, agreed to or refused.
    pub async fn record_consent(
        &self,
        call: &Call,
        request: &Request,
        (draft, word): (ConsentDraft, Word),
        encode: Encode<ConsentRecorded>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let Ok(case_ref) = draft.case_ref.parse::<CaseRef>() else {
            return Err(without_people(&draft, call, self).into());
        };
        let file = self.case_for(call, &case_ref).await?;
        let rules = self.directory().policy.consent.clone();
        let terms = draft.parse(&file.pseudonyms(), call.now(), &rules)?;
        self.require_known(&[("source_oin", &terms.source), ("recipient_oin", &terms.recipient)])?;
        let concerned = call.role() == Role::Steunpunt
            || [&terms.source, &terms.recipient].contains(&call.oin());
        if !concerned {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        let of = file.person_of(terms.subject).ok_or_else(Error::hidden)?;
        let position = file.position(of)?;
        let id = ConsentId::new(random::uuid_v4().map_err(Error::internal)?);
        let consent = match word {
            Word::Given => Consent::give(id, terms, &position, call.now(), &rules),
            Word::Refused => Consent::refuse(id, terms, &position, call.now(), &rules),
        }
        .map_err(|insufficient| {
            Error::unmet("SIGNATURES_INSUFFICIENT", insufficient.to_string())
        })?;
        let event = match word {
            Word::Given => EventCode::ConsentRecorded,
            Word::Refused => EventCode::ConsentRefused,
        };
        let work = self.change(call, &file, of, consent, event)?;
        let keep = kept_for(of)?;
        self.once(call, request, work, keep, encode).await?.bytes()
    }

    /// Withdraws a consent. When this is answered, nothing relies on it any more.
    pub async fn withdraw_consent(
        &self,
        call: &Call,
        request: &Request,
        draft: WithdrawalDraft,
        encode: Encode<ConsentRecorded>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        draft.check()?;
        for _ in 0..DECISIONS_MAX {
            let (file, consent) = self.consent_for(call, &draft.consent_id).await?;
            let (by, channel) = draft.parse(&file.pseudonyms())?;
            let of = file.person_of(consent.terms.subject).ok_or_else(Error::hidden)?;
            let at = self.after_every_word(call, of).await?;
            let withdrawal =
                Withdrawal { at, by, channel, recorded_by: call.actor.user_id.clone() };
            let rules = self.directory().policy.consent.clone();
            let recipient = consent.terms.recipient.clone();
            let consent =
                consent.withdraw(withdrawal, &file.position(of)?, &rules).map_err(not_withdrawn)?;
            let mut work = self.change(call, &file, of, consent, EventCode::ConsentWithdrawn)?;
            work.decided_on = Some(file.row.facts_version);
            let keep = kept_for(of)?;
            match self.once(call, request, work, keep, encode).await? {
                Done::Answered(bytes) => {
                    self.wake().ring(&recipient);
                    return Ok(bytes);
                }
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// Now, or the moment of the last word of a person when a clock says that it lies ahead: the
    /// latest word decides, and whoever withdraws means everything that was said before, in any case,
    /// also when the clock was set back in between.
    async fn after_every_word(&self, call: &Call, of: &CasePersonFile) -> Result<Timestamp> {
        let mut tx = self.db().read().await?;
        let (mut last, mut after) = (call.now(), ConsentId::from_bytes([0; 16]));
        loop {
            let person = ConsentsOf::Person(of.subject);
            let page = tx.newest_consents_of(person, None, after, WORDS_PAGE).await?;
            // What cannot be opened permits nothing, so it need not come before the withdrawal.
            let words = page.iter().filter_map(|row| open_consent(row, &of.key).ok());
            last = words.filter_map(|consent| consent.spoken_at()).fold(last, Timestamp::max);
            match page.last() {
                Some(row) if u32::try_from(page.len()) == Ok(WORDS_PAGE) => after = row.consent_id,
                Some(_) | None => return Ok(last),
            }
        }
    }

    /// One consent, for its source, its recipient or the Steunpunt of its case.
    pub async fn consent_view(&self, call: &Call, consent_id: &str) -> Result<ConsentView> {
        let (file, consent) = self.consent_for(call, consent_id).await?;
        let rules = self.directory().policy.consent.clone();
        let of = file.person_of(consent.terms.subject).ok_or_else(Error::hidden)?;
        let state = consent.state_at(call.now(), &file.position(of)?, &rules);
        Ok(ConsentView { state, ..consent_view(&file, consent)? })
    }

    fn require_known(&self, oins: &[(&str, &Oin)]) -> Result<()> {
        let directory = self.directory();
        let mut violations = Violations::new();
        for (name, oin) in oins {
            violations.require(
                directory.organisation(oin).is_some(),
                format!("consent.{name}"),
                "UNKNOWN_ORGANISATION",
                "must be an organisation of the directory",
            );
        }
        Ok(violations.into_result(())?)
    }

    /// A consent for those who may know it; for everybody else it does not exist.
    async fn consent_for(&self, call: &Call, consent_id: &str) -> Result<(CaseFile, Consent)> {
        let mut violations = Violations::new();
        let id: Option<ConsentId> = violations.take("consent_id", consent_id.parse());
        let Some(id) = id else { return Err(violations.into()) };
        let row = self.db().read().await?.consent(id).await?;
        let Some(row) = row else { return self.refuse_hidden(call).await };
        let concerned = call.role() == Role::Steunpunt
            || [&row.source_oin, &row.recipient_oin].contains(&call.oin());
        if !concerned {
            return self.refuse_hidden(call).await;
        }
        let file = self.case_for(call, &row.case_ref).await?;
        let key = &file.person_of(row.subject).ok_or_else(Error::hidden)?.key;
        let consent = open_consent(&row, key)?;
        Ok((file, consent))
    }

    /// The row, the entry and the answer of a consent in its new state.
    fn change(
        &self,
        call: &Call,
        file: &CaseFile,
        of: &CasePersonFile,
        consent: Consent,
        event: EventCode,
    ) -> Result<ChangeConsent> {
        let terms = &consent.terms;
        let change = ConsentChange {
            consent_id: consent.consent_id,
            version: consent.version,
            state: u8::try_from(consent.state().number()).unwrap_or(u8::MAX),
            source: terms.source.clone(),
            recipient: terms.recipient.clone(),
            purpose: u8::try_from(terms.purpose.number()).unwrap_or(u8::MAX),
            categories: terms.categories.bits(),
            valid_from: terms.period.valid_from(),
            valid_until: terms.period.valid_until(),
        };
        let happening = Happening {
            subject: Some(Subject { key: &of.key, age_band: of.record.age_band(call.now()) }),
            case_ref: Some(file.case_ref()),
            object_version: Some(consent.version),
            message_id: Some(consent.consent_id.into()),
            ..Happening::new(event, new_group(call)?, ObjectType::Consent, Matter::Consent(change))
        };
        let written = self.write_down(call, happening)?;
        let row = consent_row(&consent, &of.key, call.now())?;
        Ok(ChangeConsent {
            row,
            entry: written.entry,
            view: consent_view(file, consent)?,
            withdrawn: event == EventCode::ConsentWithdrawn,
            decided_on: None,
            now: call.now(),
        })
    }
}

/// An answer about a consent is sealed as every kept answer is: under the keys of its people combined,
/// also when there is one.
pub(super) fn kept_for(of: &CasePersonFile) -> Result<Keep> {
    Ok(Keep::Sealed { people: vec![of.subject], key: combined(&[Arc::clone(&of.key)])? })
}

fn not_withdrawn(error: NotWithdrawn) -> Error {
    match error {
        NotWithdrawn::State(_) => Error::unmet("CONSENT_ACTIVE", "the consent is not in force"),
        NotWithdrawn::NoEffect(_) => Error::unmet(
            "WITHDRAWAL_WITHOUT_EFFECT",
            "this person does not decide about this consent",
        ),
    }
}

fn consent_view(file: &CaseFile, consent: Consent) -> Result<ConsentView> {
    let key_of = |subject| {
        file.person_of(subject).map(|person| person.record.key.clone()).ok_or_else(Error::hidden)
    };
    Ok(ConsentView {
        state: consent.state(),
        person_key: key_of(consent.terms.subject)?,
        grantor_keys: consent
            .terms
            .grantors
            .iter()
            .map(|grantor| key_of(grantor.person))
            .collect::<Result<_>>()?,
        consent,
    })
}
