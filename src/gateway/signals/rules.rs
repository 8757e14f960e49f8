//! The rules about single entries: what each looks at, read in the snapshot of the examination.

use std::time::Duration;

use crate::domain::basis::Basis;
use crate::domain::deadline::DeadlineKind;
use crate::domain::event::EventCode;
use crate::domain::id::ReviewId;
use crate::domain::review::ReviewState;
use crate::domain::signal::rules::{self, Emergencies, OtherBasis};
use crate::domain::signal::{Finding, SignalRule};
use crate::domain::time::Timestamp;
use crate::gateway::error::Result;
use crate::ledger::entry::{Disclosure, Entry};
use crate::store::{ConsentWordRow, DenialRow, DisclosureRow};

use super::examine::Examination;
use super::found::{Found, user_on};

/// Days of the pack.
const DAY: Duration = Duration::from_hours(24);

impl Examination<'_> {
    /// A1.
    pub(super) async fn emergency_declared(&mut self, row: &DisclosureRow) -> Result<()> {
        let window = DAY * u32::from(self.pack.break_glass_days);
        let after = row.recorded_at.minus(window);
        let user = (&row.actor_oin, &row.actor_user_id);
        let reviews = self.tx.emergencies_of(user, (after, row.recorded_at)).await?;
        let count = |wanted: &[ReviewState]| {
            let judged = |state: &i64| wanted.iter().any(|one| i64::from(one.number()) == *state);
            let number = reviews.iter().filter(|(state, _)| judged(state)).count();
            u64::try_from(number).unwrap_or(u64::MAX)
        };
        let of = Emergencies {
            declared: u64::try_from(reviews.len()).unwrap_or(u64::MAX),
            justified: count(&[ReviewState::Justified, ReviewState::JustifiedWithRemark]),
            not_justified: count(&[ReviewState::NotJustified]),
        };
        if let Some(finding) = rules::break_glass_rate(&self.pack, of) {
            let mut found = Found::of_user(SignalRule::BreakGlassRate, row, finding);
            found.entries.extend(reviews.iter().map(|(_, idx)| *idx));
            // Over days: while it is open, the next emergency joins it.
            found.about = row.actor_user_id.as_str().as_bytes().to_vec();
            found.other = None;
            self.findings.add(found);
        }
        Ok(())
    }

    /// A2, A7 and A11: what was last said of each consent before it was relied on.
    pub(super) async fn consents_used(
        &mut self,
        row: &DisclosureRow,
        disclosure: &Disclosure,
    ) -> Result<()> {
        let mut named = 0;
        let mut words = Vec::new();
        for used in disclosure.consents.as_slice() {
            if let Some(word) = self.tx.consent_word_before(used.consent_id, row.idx).await? {
                named |= word.categories;
                words.push(word);
            }
        }
        if words.is_empty() {
            return Ok(());
        }
        let said =
            |word: &&ConsentWordRow, event: EventCode| word.event_code == i64::from(event.number());
        let ended = words.iter().find(|word| {
            said(word, EventCode::ConsentWithdrawn) || said(word, EventCode::ConsentRefused)
        });
        if let Some(word) = ended {
            let mut found = Found::of_case(SignalRule::AfterWithdrawal, row, rules::forbidden(1));
            found.entries.insert(word.idx);
            self.findings.add(found);
        }
        if row.categories & !named != 0 {
            let finding = rules::forbidden(u64::from((row.categories & !named).count_ones()));
            self.findings.add(Found::of_case(SignalRule::OutsideConsent, row, finding));
        }
        let own =
            words.iter().filter(|word| said(word, EventCode::ConsentRecorded)).filter(|word| {
                word.actor_oin == row.actor_oin && word.actor_user_id == row.actor_user_id
            });
        for word in own {
            let after = between(word.recorded_at, row.recorded_at);
            if let Some(finding) = rules::own_consent(&self.pack, after) {
                let mut found = Found::of_user(SignalRule::OwnConsent, row, finding);
                found.entries.insert(word.idx);
                found.case_ref.clone_from(&row.case_ref);
                self.findings.add(found);
            }
        }
        Ok(())
    }

    /// A3: only where the policy pack asks for a member of the team.
    pub(super) async fn team(&mut self, row: &DisclosureRow) -> Result<()> {
        let (Some(case_ref), Some(recipient)) = (&row.case_ref, &row.recipient_oin) else {
            return Ok(());
        };
        let basis = u16::try_from(row.basis).ok().and_then(Basis::from_number);
        let role = self.directory.organisation(recipient).map(|known| known.role());
        let (Some(basis), Some(role)) = (basis, role) else { return Ok(()) };
        if !self.directory.policy.basis(basis).case_team.contains(&role) {
            return Ok(());
        }
        let members = self.tx.case_members(case_ref).await?;
        let mut own = members.iter().filter(|member| member.oin == *recipient).peekable();
        let was_member = own.peek().is_some();
        let is_member = own.any(|member| {
            let ended = member.member_until.is_some_and(|until| until <= row.recorded_at);
            member.member_from <= row.recorded_at && !ended
        });
        if !is_member {
            let finding = rules::outside_team(was_member);
            self.findings.add(Found::of_case(SignalRule::OutsideTeam, row, finding));
        }
        Ok(())
    }

    /// A6: of one user, and of an organisation as a whole where no user alone reaches it.
    pub(super) fn denied(&mut self, row: &DisclosureRow) {
        let minutes = u64::from(self.pack.denial_minutes);
        let recent = self.denials_before(row, minutes);
        let own: Vec<&DenialRow> =
            recent.iter().filter(|one| one.actor_user_id == row.actor_user_id).copied().collect();
        let day = row.recorded_at.date();
        let mut found = None;
        if let Some(finding) = rules::denials(&self.pack, acts(&own), 1) {
            let of_user = Found::of_user(SignalRule::Denials, row, finding);
            found = Some((of_user, own));
        } else if let Some(finding) = rules::denials(&self.pack, acts(&recent), users(&recent)) {
            let of_all = Found::of(SignalRule::Denials, row, finding);
            let about = day.to_string().into_bytes();
            found = Some((Found { about, ..of_all }, recent));
        }
        if let Some((mut found, denials)) = found {
            found.entries.extend(denials.iter().map(|one| one.idx));
            found.other = None;
            self.findings.add(found);
        }
    }

    /// Basis shopping: what went was refused just before on another basis.
    pub(super) fn other_basis(&mut self, row: &DisclosureRow, emergency: bool) {
        if row.subject.is_none() || row.basis == 0 {
            return;
        }
        let minutes = u64::from(self.pack.basis_minutes);
        let refused: Vec<&DenialRow> = self
            .denials_before(row, minutes)
            .into_iter()
            .filter(|one| one.subject == row.subject && one.idx < row.idx)
            .filter(|one| one.basis != 0 && one.basis != row.basis && one.group_id != row.group_id)
            .collect();
        let Some(last) = refused.iter().max_by_key(|one| one.idx) else { return };
        let of = OtherBasis {
            after: between(last.recorded_at, row.recorded_at),
            same_user: refused.iter().any(|one| one.actor_user_id == row.actor_user_id),
            emergency,
        };
        if let Some(finding) = rules::basis_shopping(&self.pack, of) {
            let mut found = Found::of_case(SignalRule::BasisShopping, row, finding);
            found.about.extend(user_on(&row.actor_user_id, row.recorded_at.date()));
            found.entries.extend(refused.iter().map(|one| one.idx));
            self.findings.add(found);
        }
    }

    /// A8: nobody acts in a disclosure that names others only.
    pub(super) fn certificate(
        &mut self,
        row: &DisclosureRow,
        entry: &Entry,
        disclosure: &Disclosure,
    ) {
        let named = [&disclosure.sender, &disclosure.recipient, &disclosure.custodian];
        if !named.contains(&&entry.actor_organisation) {
            let found = Found::of_case(SignalRule::CertificateMismatch, row, rules::forbidden(1));
            self.findings.add(found);
        }
    }

    /// A10: that the names are the same stands only in the sealed record. It says what an employee is
    /// called, so it is for the employer and the region, and for no other party.
    pub(super) async fn own_family(&mut self, row: &DisclosureRow) -> Result<()> {
        let Some(record) = self.record_of(row).await? else { return Ok(()) };
        if record.same_family_name {
            let finding = rules::own_family(record.break_glass.is_some());
            let found = Found::of_case(SignalRule::OwnFamily, row, finding);
            self.findings.add(Found { other: None, ..found });
        }
        Ok(())
    }

    /// A12.
    pub(super) async fn missed(&mut self, row: &DisclosureRow) -> Result<()> {
        let Some(missed) = self.tx.missed_deadline(row.idx).await? else { return Ok(()) };
        if missed.kind != DeadlineKind::Review {
            return Ok(());
        }
        let id = row.message_id.as_deref().and_then(|id| id.try_into().ok());
        let Some(id) = id.map(ReviewId::from_bytes) else { return Ok(()) };
        let Some(review) = self.tx.review(id).await? else { return Ok(()) };
        let finding: Finding = rules::review_overdue(between(missed.due_at, row.recorded_at));
        let found = Found::of(SignalRule::ReviewOverdue, row, finding);
        self.findings.add(Found {
            oin: review.discloser_oin,
            other: Some(review.recipient_oin),
            case_ref: Some(review.case_ref),
            about: id.as_bytes().to_vec(),
            ..found
        });
        Ok(())
    }

    /// A14.
    pub(super) async fn asked(&mut self, row: &DisclosureRow) -> Result<()> {
        let Some(question) = self.tx.log_question(row.idx).await? else { return Ok(()) };
        let day = question.asked_at.date();
        let like = self.tx.log_questions_like(&question, day.start()).await?;
        let seen = u64::try_from(like.len()).unwrap_or(u64::MAX);
        if let Some(finding) = rules::questions(&self.pack, seen) {
            let mut found = Found::of_user(SignalRule::Questions, row, finding);
            found.subject = Some(question.subject);
            found.about.extend(question.subject.as_bytes());
            found.entries.extend(like);
            self.findings.add(found);
        }
        Ok(())
    }

    /// Denials of the same organisation in the minutes before an entry, itself included.
    fn denials_before(&self, row: &DisclosureRow, minutes: u64) -> Vec<&DenialRow> {
        let from = row.recorded_at.minus(Duration::from_secs(minutes * 60));
        let of = self.denials.get(&row.actor_oin).map_or(&[][..], Vec::as_slice);
        let recent = of.iter().filter(|one| from <= one.recorded_at);
        recent.filter(|one| one.recorded_at <= row.recorded_at && one.idx <= row.idx).collect()
    }
}

/// An act about four people is one denial.
fn acts(denials: &[&DenialRow]) -> u64 {
    distinct(denials.iter().map(|one| one.group_id))
}

fn users(denials: &[&DenialRow]) -> u64 {
    distinct(denials.iter().map(|one| &one.actor_user_id))
}

fn distinct<T: Ord>(of: impl Iterator<Item = T>) -> u64 {
    let all: std::collections::BTreeSet<T> = of.collect();
    u64::try_from(all.len()).unwrap_or(u64::MAX)
}

fn between(from: Timestamp, until: Timestamp) -> Duration {
    let micros = until.as_micros().saturating_sub(from.as_micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
