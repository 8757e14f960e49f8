//! Which terms run, and which are overdue: of a referral for its recipient, person by person where it is
//! about informing; of a case for its members, about nobody.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::domain::deadline::{DeadlineKind, PostponementReason};
use crate::domain::id::{CaseRef, PersonKey, Pseudonym, ReferralId, UserId};
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::case_file::CaseFile;
use crate::gateway::error::{Error, Result, Unreadable};
use crate::gateway::keys::open_cell;
use crate::gateway::referral_content::OpenReferral;
use crate::store::{DeadlineRow, PostponementRow, ReferralRow};

use super::informing::Motivation;
use super::telling::PEOPLE_MAX;
use super::{informed_of, informing_of};

/// Terms of a case that are shown.
const CASE_TERMS_MAX: u32 = 500;
/// Postponements of a referral that are shown: twenty people, each for more than a year.
const POSTPONEMENTS_MAX: u32 = 600;

/// A term, as its reader may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineView {
    /// What must be done.
    pub kind: DeadlineKind,
    /// Referral, review, request, breach or share that it is about.
    pub about_id: Option<Uuid>,
    /// The person who must be informed; none where it is about everybody, or not told.
    pub person: Option<PersonKey>,
    /// Before when.
    pub due_at: Timestamp,
    /// When it was done.
    pub met_at: Option<Timestamp>,
    /// Whether it is, or was, late.
    pub overdue: bool,
    /// Each time that it was put off, the earliest first.
    pub postponements: Vec<Postponement>,
}

/// Informing was put off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postponement {
    /// The end of the term that it led to.
    pub until: Timestamp,
    /// Why.
    pub reason: PostponementReason,
    /// Why in words.
    pub motivation: Motivation,
    /// When.
    pub decided_at: Timestamp,
    /// Who decided.
    pub decided_by: UserId,
    /// Who agreed.
    pub supervisor: UserId,
}

impl Gateway {
    /// The terms of a referral, for its recipient.
    pub async fn referral_deadlines(
        &self,
        call: &Call,
        referral_id: ReferralId,
    ) -> Result<Vec<DeadlineView>> {
        let row = self.received_referral(call, referral_id).await?;
        let opened = self.open_referral(&row).await?;
        let kind = DeadlineKind::InformSubject;
        let mut tx = self.db().read().await?;
        let terms = tx.deadlines_about(kind, referral_id.as_bytes(), PEOPLE_MAX).await?;
        let postponements = tx.postponements(referral_id, POSTPONEMENTS_MAX).await?;
        drop(tx);
        let mut views = clocks(&row, call.now());
        if views.iter().any(|view| view.kind == kind) {
            views.retain(|view| view.kind != kind);
            views.extend(by_person(&row, &opened, (terms, postponements), call.now())?);
        }
        Ok(views)
    }

    /// The terms of a case, for its members: the clocks of its referral that are about the family, and
    /// what the caller itself must do. Informing stands there once, as it stands for all of them.
    pub async fn case_deadlines(
        &self,
        call: &Call,
        case_ref: &CaseRef,
    ) -> Result<Vec<DeadlineView>> {
        let file = self.case_for(call, case_ref).await?;
        self.deadlines_of(call, &file).await
    }

    /// The terms of a case that the caller was let into.
    pub(in crate::gateway) async fn deadlines_of(
        &self,
        call: &Call,
        file: &CaseFile,
    ) -> Result<Vec<DeadlineView>> {
        let mut tx = self.db().read().await?;
        let referral = tx.referral(file.row.referral_id).await?;
        let terms = tx.deadlines_of_case(file.case_ref(), CASE_TERMS_MAX).await?;
        let (kind, about) = (DeadlineKind::InformSubject, file.row.referral_id);
        let informing = tx.deadlines_about(kind, about.as_bytes(), PEOPLE_MAX).await?;
        drop(tx);
        let mut views = referral.as_ref().map(|row| clocks(row, call.now())).unwrap_or_default();
        views.retain(|view| {
            use DeadlineKind::{FirstContact, InformSubject, Investigation};
            matches!(view.kind, FirstContact | InformSubject | Investigation)
        });
        if let Some(row) = &referral {
            let people = file.people.iter().map(|person| person.subject);
            let of_each = terms_of_people(row, people, informing);
            for view in views.iter_mut().filter(|view| view.kind == kind) {
                of_everybody(view, &of_each, call.now());
            }
        }
        let own = terms.iter().filter(|row| row.responsible_oin == *call.oin());
        views.extend(own.map(|row| of_term(row, call.now())));
        Ok(views)
    }
}

/// The clocks in the row of a referral.
fn clocks(row: &ReferralRow, now: Timestamp) -> Vec<DeadlineView> {
    let view = |clock: crate::domain::deadline::Standing| DeadlineView {
        kind: clock.kind,
        about_id: Some(row.referral_id.into()),
        person: None,
        due_at: clock.due_at,
        met_at: clock.met_at,
        overdue: clock.is_late(now),
        postponements: Vec::new(),
    };
    row.moments().standings().into_iter().map(view).collect()
}

fn of_term(row: &DeadlineRow, now: Timestamp) -> DeadlineView {
    DeadlineView {
        kind: row.kind,
        about_id: row.about.first_chunk::<16>().map(|bytes| Uuid::from_bytes(*bytes)),
        person: None,
        due_at: row.due_at,
        met_at: row.met_at,
        overdue: row.is_late(now),
        postponements: Vec::new(),
    }
}

/// The terms to inform people of a referral: as recorded, and as they started for whom nothing was.
fn terms_of_people(
    row: &ReferralRow,
    people: impl Iterator<Item = Pseudonym>,
    recorded: Vec<DeadlineRow>,
) -> Vec<DeadlineRow> {
    let mut recorded: BTreeMap<Pseudonym, DeadlineRow> =
        recorded.into_iter().filter_map(|row| Some((informed_of(&row.about)?.1, row))).collect();
    let started = |subject| {
        DeadlineRow::starting(
            DeadlineKind::InformSubject,
            &informing_of(row.referral_id, subject),
            &row.recipient_oin,
            (row.submitted_at, row.inform_subject_due_at),
        )
    };
    people.map(|person| recorded.remove(&person).unwrap_or_else(|| started(person))).collect()
}

/// One view of the terms of all, which does not tell who was informed: the first that somebody still
/// has to be informed in, and met when everybody was.
fn of_everybody(view: &mut DeadlineView, terms: &[DeadlineRow], now: Timestamp) {
    let open = terms.iter().filter(|term| term.met_at.is_none()).map(|term| term.due_at).min();
    let last = terms.iter().map(|term| term.due_at).max();
    view.due_at = open.or(last).unwrap_or(view.due_at);
    view.met_at = match open {
        Some(_) => None,
        None => terms.iter().filter_map(|term| term.met_at).max(),
    };
    view.overdue = terms.iter().any(|term| term.is_late(now));
}

/// Informing, for everybody in the referral.
fn by_person(
    row: &ReferralRow,
    opened: &OpenReferral,
    (terms, postponements): (Vec<DeadlineRow>, Vec<PostponementRow>),
    now: Timestamp,
) -> Result<Vec<DeadlineView>> {
    let subjects = opened.keys.iter().map(|key| key.pseudonym());
    let terms = terms_of_people(row, subjects, terms);
    let mut views = Vec::with_capacity(opened.keys.len());
    let people = opened.keys.iter().zip(&opened.referral.persons);
    for ((key, person), term) in people.zip(&terms) {
        let subject = key.pseudonym();
        let put_off = postponements.iter().filter(|one| one.subject == subject);
        let postponements = put_off.map(|one| opened_postponement(one, &key.wrapping_key()));
        views.push(DeadlineView {
            person: Some(person.person_key.clone()),
            postponements: postponements.collect::<Result<_>>()?,
            ..of_term(term, now)
        });
    }
    Ok(views)
}

fn opened_postponement(
    row: &PostponementRow,
    key: &crate::vault::envelope::WrappingKey,
) -> Result<Postponement> {
    let table = "informing_postponements";
    let text = open_cell(&row.content, key, table, &informing_of(row.referral_id, row.subject))?;
    let unreadable = || Error::internal(Unreadable { table });
    let text = std::str::from_utf8(&text).or(Err(unreadable()))?;
    Ok(Postponement {
        until: row.until_at,
        reason: row.reason,
        motivation: text.parse().or(Err(unreadable()))?,
        decided_at: row.decided_at,
        decided_by: row.decided_by.clone(),
        supervisor: row.supervisor_user_id.clone(),
    })
}
