//! People change: who decides for whom, who can decide, whose data may be processed (DOMAIN §3.1,
//! §5.6). The Steunpunt that directs the case records it, mostly on the word of two.
//!
//! The version of the case's facts rises in the same commit, so every disclosure that was decided on
//! the facts before is decided again, and no kept answer that rests on them is repeated. A change is
//! decided on exactly the facts that it changes: of two at the same time one is decided anew.

use std::collections::BTreeMap;

use crate::domain::consent::{Consent, State};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, ConsentId, Oin};
use crate::domain::notice::NoticeContent;
use crate::domain::people::{Decided, NotNow, PersonChange, PersonChangeDraft, Standing};
use crate::domain::violation::Violations;
use crate::ledger::entry::Administration;
use crate::store::NewEntry;

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, CasePersonFile};
use super::consents::kept_for;
use super::error::{Error, Result};
use super::fields::but_people;
use super::journal::{EntryReceipt, Happening, Matter, Scope, Subject, new_group};
use super::once::{DECISIONS_MAX, Done, Encode};

mod look;
mod work;
mod write;

pub use look::{PersonLook, RENEWALS_MAX, RenewalView, RenewalsView};

use work::{ChangePerson, Told};

/// What is told after a change.
#[derive(Debug, Clone)]
pub struct PersonChanged {
    /// Consents of the person that were given and did not end, judged before and after.
    pub affected: Vec<AffectedConsent>,
    /// Notices that organisations got.
    pub notice_count: usize,
    /// Its ledger entry.
    pub entry: EntryReceipt,
}

/// A consent of a person about whom something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AffectedConsent {
    /// Consent.
    pub consent_id: ConsentId,
    /// What it was worth before the change.
    pub before: State,
    /// What it is worth now.
    pub after: State,
}

impl Gateway {
    /// Records a change about a person of a case.
    pub async fn record_person_change(
        &self,
        call: &Call,
        request: &Request,
        draft: PersonChangeDraft,
        encode: Encode<PersonChanged>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let Ok(case_ref) = draft.case_ref.parse::<CaseRef>() else {
            return Err(without_people(&draft, call).into());
        };
        for _ in 0..DECISIONS_MAX {
            let file = self.case_directed_by(call, &case_ref).await?;
            let decided = draft.parse(&file.pseudonyms(), &call.actor.user_id, call.now())?;
            match self.change_person(call, request, (&file, &decided), encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// Changes what holds of a person, with its entry and its notices.
    pub(super) async fn change_person(
        &self,
        call: &Call,
        request: &Request,
        (file, decided): (&CaseFile, &Decided),
        encode: Encode<PersonChanged>,
    ) -> Result<Done> {
        let person = file.person_of(decided.person).ok_or_else(Error::hidden)?;
        let before = file.standing(person)?;
        let deciders = (&call.actor.user_id, decided.supervisor.as_ref());
        let after = before.clone().change(&decided.change, deciders, call.now()).map_err(unmet)?;
        let mut tx = self.db().read().await?;
        let mut consents = self.consents_of(&mut tx, file).await?;
        let received = tx.received_about(file.case_ref(), person.subject).await?;
        drop(tx);
        consents.retain(|consent| consent.terms.subject == person.subject);
        let affected = self.judge(call, &consents, (&before, &after));
        let told = told(call, &decided.change, person, (&consents, &affected));
        let concerned: Vec<Oin> = match &told {
            Told::Recipients(_) => received.into_iter().map(|(recipient,)| recipient).collect(),
            Told::Each(notices) => notices.iter().map(|(recipient, _)| recipient.clone()).collect(),
        };
        let work = ChangePerson {
            case_ref: file.case_ref().clone(),
            subject: person.subject,
            facts_version: file.row.facts_version,
            counts_everywhere: decided.change.is_restriction(),
            writes: write::writes(call, file, person, decided)?,
            entry: self.person_entry(call, file, person, decided)?,
            affected,
            told,
            caller: call.oin().clone(),
            now: call.now(),
        };
        let done = self.once(call, request, work, kept_for(person)?, encode).await?;
        for organisation in &concerned {
            self.wake().ring(organisation);
        }
        Ok(done)
    }

    /// Every consent of the person that was in force or may come into force by the change.
    fn judge(
        &self,
        call: &Call,
        consents: &[Consent],
        (before, after): (&Standing, &Standing),
    ) -> Vec<AffectedConsent> {
        let rules = &self.directory().policy.consent;
        let state = |consent: &Consent, standing: &Standing| {
            consent.state_at(call.now(), &standing.position, rules)
        };
        consents
            .iter()
            .map(|consent| AffectedConsent {
                consent_id: consent.consent_id,
                before: state(consent, before),
                after: state(consent, after),
            })
            .filter(|one| matches!(one.before, State::Active | State::NeedsRenewal))
            .collect()
    }

    fn person_entry(
        &self,
        call: &Call,
        file: &CaseFile,
        person: &CasePersonFile,
        decided: &Decided,
    ) -> Result<NewEntry> {
        let age_band = person.record.age_band(call.now());
        let administration =
            Administration { scope: Scope::Case.number(), count: 1, digest: [0; 32] };
        let happening = Happening {
            subject: Some(Subject { key: &person.key, age_band }),
            case_ref: Some(file.case_ref()),
            detail: detail(decided, call),
            ..Happening::new(
                event_of(&decided.change),
                new_group(call)?,
                ObjectType::Case,
                Matter::Administration(administration),
            )
        };
        Ok(self.write_down(call, happening)?.entry)
    }
}

const fn event_of(change: &PersonChange) -> EventCode {
    match change {
        PersonChange::RepresentativeExcluded { .. } => EventCode::RepresentativeExcluded,
        PersonChange::RepresentationBegun { .. }
        | PersonChange::RepresentationEnded { .. }
        | PersonChange::ExclusionLifted { .. }
        | PersonChange::IncapacityBegun { .. }
        | PersonChange::IncapacityEnded { .. } => EventCode::RepresentationChanged,
        PersonChange::ProcessingRestricted { .. } | PersonChange::RestrictionLifted { .. } => {
            EventCode::RestrictionChanged
        }
    }
}

/// What the record says: what changed, in codes, from when on, and who agreed.
fn detail(decided: &Decided, call: &Call) -> String {
    let change = &decided.change;
    let code = match change {
        PersonChange::RepresentationBegun { signer, .. }
        | PersonChange::RepresentationEnded { signer, .. } => signer.capacity.as_str(),
        PersonChange::RepresentativeExcluded { reason, .. } => reason.as_str(),
        PersonChange::ProcessingRestricted { ground }
        | PersonChange::RestrictionLifted { ground, .. } => ground.as_str(),
        PersonChange::ExclusionLifted { .. }
        | PersonChange::IncapacityBegun { .. }
        | PersonChange::IncapacityEnded { .. } => "",
    };
    let mut words = vec![change.as_str().to_owned()];
    words.extend(Some(code).filter(|code| !code.is_empty()).map(str::to_owned));
    words.push(format!("from {}", change.counts_from(call.now())));
    if let PersonChange::IncapacityBegun { decided_by, .. }
    | PersonChange::IncapacityEnded { decided_by, .. } = change
    {
        words.push(format!("decided by {decided_by}"));
    }
    words.extend(decided.supervisor.iter().map(|user| format!("agreed by {user}")));
    words.join(" ")
}

/// Who hears of it: about a restriction everybody who received data about the person, otherwise the
/// other organisations of consents that stopped to suffice.
fn told(
    call: &Call,
    change: &PersonChange,
    person: &CasePersonFile,
    (consents, affected): (&[Consent], &[AffectedConsent]),
) -> Told {
    let subject = person.subject;
    if change.is_restriction() {
        let lifted = matches!(change, PersonChange::RestrictionLifted { .. });
        return Told::Recipients(NoticeContent::ProcessingRestricted { subject, lifted });
    }
    let mut of: BTreeMap<&Oin, Vec<ConsentId>> = BTreeMap::new();
    let stopped = affected
        .iter()
        .filter(|one| (one.before, one.after) == (State::Active, State::NeedsRenewal));
    for one in stopped {
        let consent = consents.iter().find(|consent| consent.consent_id == one.consent_id);
        let sides = consent.map(|consent| [&consent.terms.source, &consent.terms.recipient]);
        for side in sides.into_iter().flatten().filter(|side| *side != call.oin()) {
            of.entry(side).or_default().push(one.consent_id);
        }
    }
    let notice = |(organisation, consent_ids): (&Oin, Vec<ConsentId>)| {
        let content = NoticeContent::ConsentNeedsRenewal { consent_ids, subject };
        (organisation.clone(), content)
    };
    Told::Each(of.into_iter().map(notice).collect())
}

fn unmet(error: NotNow) -> Error {
    Error::unmet(error.code, error.description)
}

/// What is wrong with a change in a case that is not named: people cannot be judged.
fn without_people(draft: &PersonChangeDraft, call: &Call) -> Violations {
    match draft.parse(&BTreeMap::new(), &call.actor.user_id, call.now()) {
        Ok(_) => Violations::new(),
        Err(found) => but_people(&found),
    }
}
