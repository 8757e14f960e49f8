//! The reporting code (meldcode): the five steps and the five considerations behind a report without
//! consent (DOMAIN §4.3).
//!
//! Invariant: a decision whose conclusion does not follow from its answers cannot be represented.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::code::codes;
use super::draft::{Fields, Noted, Reading};
use super::id::UserId;
use super::text::Line;
use super::time::Timestamp;
use super::violation::Violations;

codes! {
    /// The five steps of the reporting code.
    pub enum ReportingStep {
        /// Map the signals.
        MapSignals = 1, "MAP_SIGNALS";
        /// Consult a colleague, and if needed the Steunpunt or a forensic doctor.
        ConsultColleague = 2, "CONSULT_COLLEAGUE";
        /// Talk with those involved. Skipped for safety only.
        TalkWithInvolved = 3, "TALK_WITH_INVOLVED";
        /// Weigh nature and gravity of the violence.
        WeighGravity = 4, "WEIGH_GRAVITY";
        /// Decide: is reporting necessary, is help possible?
        Decide = 5, "DECIDE";
    }
}

codes! {
    /// What the considerations lead to.
    pub enum ReportingConclusion {
        /// Report to the Steunpunt.
        Report = 1, "REPORT";
        /// Close and record, or organise help without a report.
        NoReport = 2, "NO_REPORT";
    }
}

/// The answers to the five considerations, as far as the framework asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Considerations {
    /// (1) Is there a suspicion of domestic violence or child abuse?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspicion: Option<bool>,
    /// (2) Is there acute or structural unsafety?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsafety: Option<bool>,
    /// (3) Can I give or organise effective help?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_help: Option<bool>,
    /// (4) Do those involved accept help?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help_accepted: Option<bool>,
    /// (5) Does the help give the needed result in time?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help_works: Option<bool>,
}

/// The name of a consideration that must be answered first.
type Unanswered = &'static str;

impl Considerations {
    /// What the answers lead to, or the first consideration that is not answered.
    ///
    /// No suspicion closes it; unsafety is reported at once, and the rest is considered together with
    /// the Steunpunt; without effective, accepted and timely help it is reported as well.
    pub fn conclusion(&self) -> Result<ReportingConclusion, Unanswered> {
        use ReportingConclusion::{NoReport, Report};
        if !self.suspicion.ok_or("suspicion")? {
            return Ok(NoReport);
        }
        if self.unsafety.ok_or("unsafety")? {
            return Ok(Report);
        }
        for (answer, name) in [
            (self.can_help, "can_help"),
            (self.help_accepted, "help_accepted"),
            (self.help_works, "help_works"),
        ] {
            if !answer.ok_or(name)? {
                return Ok(Report);
            }
        }
        Ok(NoReport)
    }
}

/// How a professional came to report, or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportingCodeDecision {
    /// The steps that were taken.
    pub steps_done: BTreeSet<ReportingStep>,
    /// Why step 3 was not taken; given exactly when it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step3_skipped_reason: Option<Line<500>>,
    /// The answers.
    pub considerations: Considerations,
    /// What follows from them.
    pub conclusion: ReportingConclusion,
    /// Who decided.
    pub decided_by: UserId,
    /// When.
    pub at: Timestamp,
}

impl ReportingCodeDecision {
    /// The same, with the reason in words replaced by a word that says it was given.
    #[must_use]
    pub fn without_texts(self) -> Self {
        let given = |_reason| "given".parse().ok();
        Self { step3_skipped_reason: self.step3_skipped_reason.and_then(given), ..self }
    }
}

/// A [`ReportingCodeDecision`] as a message carries it.
#[derive(Clone, Default)]
pub struct ReportingCodeDraft {
    /// [`ReportingCodeDecision::steps_done`] as numbers.
    pub steps_done: Vec<i32>,
    /// [`ReportingCodeDecision::step3_skipped_reason`].
    pub step3_skipped_reason: String,
    /// [`ReportingCodeDecision::considerations`].
    pub considerations: Considerations,
    /// [`ReportingCodeDecision::conclusion`] as a number.
    pub conclusion: i32,
    /// [`ReportingCodeDecision::decided_by`].
    pub decided_by_user_id: String,
    /// [`ReportingCodeDecision::at`].
    pub decided_at: Option<Timestamp>,
}

impl fmt::Debug for ReportingCodeDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReportingCodeDraft(…)")
    }
}

impl ReportingCodeDraft {
    /// The decision, or everything that is wrong with it.
    pub fn parse(&self, path: &str, now: Timestamp) -> Result<ReportingCodeDecision, Violations> {
        let mut violations = Violations::new();
        match self.read(&mut Fields::new(path, &mut violations), now) {
            Ok(decision) => violations.into_result(decision),
            Err(Noted) => Err(violations),
        }
    }

    pub(super) fn read(
        &self,
        fields: &mut Fields<'_>,
        now: Timestamp,
    ) -> Reading<ReportingCodeDecision> {
        let steps = self.read_steps(fields);
        let conclusion = self.read_conclusion(fields);
        let decided_by = fields.text("decided_by_user_id", &self.decided_by_user_id);
        let at = fields.given("decided_at", self.decided_at);
        if let Ok(at) = at {
            fields.require(at <= now, "decided_at", "IN_FUTURE", "must not lie in the future");
        }
        let (steps_done, step3_skipped_reason) = steps?;
        Ok(ReportingCodeDecision {
            steps_done,
            step3_skipped_reason,
            considerations: self.considerations,
            conclusion: conclusion?,
            decided_by: decided_by?,
            at: at?,
        })
    }

    /// Only step 3 may be skipped, with a reason.
    fn read_steps(
        &self,
        fields: &mut Fields<'_>,
    ) -> Reading<(BTreeSet<ReportingStep>, Option<Line<500>>)> {
        let steps = fields.set(
            "steps_done",
            &self.steps_done,
            ReportingStep::ALL.len(),
            |fields, name, number| fields.code(name, *number, ReportingStep::from_number),
        );
        let reason = fields.optional_text("step3_skipped_reason", &self.step3_skipped_reason);
        let (steps, reason) = (steps?, reason?);
        for step in ReportingStep::ALL {
            if *step != ReportingStep::TalkWithInvolved && !steps.contains(step) {
                let words = format!("must name {step}, which is never skipped");
                fields.wrong("steps_done", "STEP_MISSING", words);
            }
        }
        let talked = steps.contains(&ReportingStep::TalkWithInvolved);
        fields.require(
            talked || reason.is_some(),
            "step3_skipped_reason",
            "REQUIRED",
            "must be given when nobody talked with those involved",
        );
        let words = "is given when step 3 was skipped only";
        fields.absent(!talked || reason.is_none(), "step3_skipped_reason", words);
        Ok((steps, reason))
    }

    /// The conclusion, which must follow from the answers.
    fn read_conclusion(&self, fields: &mut Fields<'_>) -> Reading<ReportingConclusion> {
        let said = fields.code("conclusion", self.conclusion, ReportingConclusion::from_number);
        let mut answers = fields.message("considerations");
        let Considerations { suspicion, unsafety, can_help, help_accepted, help_works } =
            self.considerations;
        if suspicion == Some(false) {
            for (answer, name) in [
                (unsafety, "unsafety"),
                (can_help, "can_help"),
                (help_accepted, "help_accepted"),
                (help_works, "help_works"),
            ] {
                answers.absent(answer.is_none(), name, "is asked when there is a suspicion only");
            }
        }
        let follows = self
            .considerations
            .conclusion()
            .map_err(|name| answers.wrong(name, "REQUIRED", "must be answered"));
        let (said, follows) = (said?, follows?);
        let words = format!("must be {follows}, which is what the answers lead to");
        fields.require(said == follows, "conclusion", "DOES_NOT_FOLLOW", words);
        Ok(said)
    }
}

#[cfg(test)]
mod tests;
