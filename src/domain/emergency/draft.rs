//! The way in for an emergency: every wrong field of the message at once.

use std::time::Duration;

use super::{
    BreakGlassRules, ClientInformed, DangerTo, Emergency, ReasonCode, SecondOpinion, WhyNoConsent,
};
use crate::domain::basis::Basis;
use crate::domain::category::Categories;
use crate::domain::deadline::inform_subject_due_at;
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::id::UserId;
use crate::domain::organisation::{Actor, UserRole};
use crate::domain::text::Prose;
use crate::domain::time::{Date, Timestamp};
use crate::domain::violation::Violations;

/// Rule that a person who can consent, or who refused, breaks when vital interest is claimed. Who gets
/// it is told of the right to report (`WMO_5_2_6_REPORT`).
pub const VITAL_INTEREST_NEEDS_INCAPACITY: &str = "VITAL_INTEREST_NEEDS_INCAPACITY";

/// Clocks of partners differ a little, and an emergency does not wait for that.
const CLOCK_SKEW_MAX: Duration = Duration::from_mins(1);

/// An emergency as a message carries it.
#[derive(Debug, Clone, Default)]
pub struct EmergencyDraft {
    /// [`Emergency::reason_code`] as a number.
    pub reason_code: i32,
    /// [`Emergency::danger_to`] as a number.
    pub danger_to: i32,
    /// [`Emergency::situation`].
    pub situation: String,
    /// [`Emergency::why_no_consent`] as a number.
    pub why_no_consent: i32,
    /// [`Emergency::alternatives_tried`].
    pub alternatives_tried: String,
    /// [`SecondOpinion::Colleague`], empty when nobody was consulted.
    pub consulted_colleague_user_id: String,
    /// [`SecondOpinion::SingleHanded`], empty when a colleague was consulted.
    pub single_handed_reason: String,
    /// [`Emergency::minimality`].
    pub minimality_text: String,
    /// [`Emergency::client_informed`].
    pub client_informed: Option<ClientInformedDraft>,
    /// [`Emergency::authenticated_at`].
    pub authenticated_at: Option<Timestamp>,
    /// [`Emergency::started_at`]; now when absent.
    pub started_at: Option<Timestamp>,
    /// [`Emergency::expires_at`]; as late as the region allows when absent.
    pub expires_at: Option<Timestamp>,
}

/// [`ClientInformed`] as a message carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientInformedDraft {
    /// [`ClientInformed::Before`].
    Before,
    /// [`ClientInformed::After`].
    After,
    /// [`ClientInformed::Planned`]: a date.
    Planned(String),
    /// [`ClientInformed::Not`]: the reason.
    Not(String),
}

/// What an emergency is declared for, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Declaring<'a> {
    /// Ground in law.
    pub basis: Basis,
    /// What is shared.
    pub categories: Categories,
    /// Who declares.
    pub actor: &'a Actor,
}

impl EmergencyDraft {
    /// The emergency, or everything that is wrong with it; its fields are named under `path`.
    ///
    /// A person who can consent, or who said no, while vital interest is claimed breaks
    /// [`VITAL_INTEREST_NEEDS_INCAPACITY`].
    pub fn parse(
        &self,
        path: &str,
        declaring: Declaring<'_>,
        now: Timestamp,
        rules: &BreakGlassRules,
    ) -> Result<Emergency, Violations> {
        let mut violations = Violations::new();
        violations.require(
            declaring.actor.role != UserRole::System,
            "actor.role",
            "NAMED_USER",
            "must be a person: a program cannot declare an emergency",
        );
        let emergency = self.read(&mut Fields::new(path, &mut violations), declaring, now, rules);
        match emergency {
            Ok(emergency) if violations.is_empty() => Ok(emergency),
            Ok(_) | Err(Noted) => Err(violations),
        }
    }

    fn read(
        &self,
        fields: &mut Fields<'_>,
        declaring: Declaring<'_>,
        now: Timestamp,
        rules: &BreakGlassRules,
    ) -> Reading<Emergency> {
        let reason_code = fields.code("reason_code", self.reason_code, ReasonCode::from_number);
        let danger_to = fields.code("danger_to", self.danger_to, DangerTo::from_number);
        let situation: Reading<Prose<500>> = fields.text("situation", &self.situation);
        let why_no_consent = self.read_why(fields, declaring.basis);
        let alternatives_tried: Reading<Prose<1000>> =
            fields.text("alternatives_tried", &self.alternatives_tried);
        let second_opinion = self.read_second_opinion(fields, declaring.actor);
        let minimality: Reading<Prose<1000>> =
            fields.text("minimality_text", &self.minimality_text);
        let client_informed = self.read_client_informed(fields, now);
        let authenticated_at = self.read_authenticated_at(fields, now, rules);
        let period = self.read_period(fields, now, rules);
        let (started_at, expires_at) = period?;
        Ok(Emergency {
            reason_code: reason_code?,
            danger_to: danger_to?,
            situation: situation?,
            why_no_consent: why_no_consent?,
            alternatives_tried: alternatives_tried?,
            second_opinion: second_opinion?,
            categories: declaring.categories,
            minimality: minimality?,
            client_informed: client_informed?,
            declared_by: declaring.actor.user_id.clone(),
            declared_for: declaring.actor.on_behalf_of.as_ref().map(|other| other.user_id.clone()),
            authenticated_at: authenticated_at?,
            started_at,
            expires_at,
        })
    }

    fn read_why(&self, fields: &mut Fields<'_>, basis: Basis) -> Reading<WhyNoConsent> {
        let why = fields.code("why_no_consent", self.why_no_consent, WhyNoConsent::from_number)?;
        if basis == Basis::VitalInterest && !why.is_incapacity() {
            let words = "must be PHYSICALLY_UNABLE or LEGALLY_UNABLE: vital interest is for people who cannot \
                         consent; where somebody refused, a report (WMO_5_2_6_REPORT) may be possible";
            return Err(fields.wrong("why_no_consent", VITAL_INTEREST_NEEDS_INCAPACITY, words));
        }
        Ok(why)
    }

    /// Exactly one of the two.
    fn read_second_opinion(
        &self,
        fields: &mut Fields<'_>,
        actor: &Actor,
    ) -> Reading<SecondOpinion> {
        let name = "consulted_colleague_user_id";
        let colleague: Reading<Option<UserId>> =
            fields.optional_text(name, &self.consulted_colleague_user_id);
        let alone: Reading<Option<Prose<1000>>> =
            fields.optional_text("single_handed_reason", &self.single_handed_reason);
        match (colleague?, alone?) {
            (Some(colleague), None) if actor.is_answered_for_by(&colleague) => {
                let words = "must be somebody else than the actor and who answers for the actor";
                Err(fields.wrong(name, "FOUR_EYES", words))
            }
            (Some(colleague), None) => Ok(SecondOpinion::Colleague(colleague)),
            (None, Some(reason)) => Ok(SecondOpinion::SingleHanded(reason)),
            (None, None) => {
                let words = "must be given, or single_handed_reason";
                Err(fields.wrong(name, "REQUIRED", words))
            }
            (Some(_), Some(_)) => {
                let words = "must not be given together with consulted_colleague_user_id";
                Err(fields.wrong("single_handed_reason", "ONE_OF", words))
            }
        }
    }

    fn read_client_informed(
        &self,
        fields: &mut Fields<'_>,
        now: Timestamp,
    ) -> Reading<ClientInformed> {
        let informed = fields.given("client_informed", self.client_informed.as_ref())?;
        let mut fields = fields.message("client_informed");
        Ok(match informed {
            ClientInformedDraft::Before => ClientInformed::Before,
            ClientInformedDraft::After => ClientInformed::After,
            ClientInformedDraft::Planned(on) => {
                let on: Date = fields.text("planned_on", on)?;
                // Later than the duty to inform allows is a postponement, which is asked for by itself.
                let fits = (now.date()..=inform_subject_due_at(now).date()).contains(&on);
                let words = "must be a day from today up to four weeks from now";
                fields.require(fits, "planned_on", "OUT_OF_RANGE", words);
                ClientInformed::Planned(on)
            }
            ClientInformedDraft::Not(reason) => {
                ClientInformed::Not(fields.text("not_reason", reason)?)
            }
        })
    }

    fn read_authenticated_at(
        &self,
        fields: &mut Fields<'_>,
        now: Timestamp,
        rules: &BreakGlassRules,
    ) -> Reading<Timestamp> {
        let name = "authenticated_at";
        let at = read_past(fields, name, self.authenticated_at, now)?;
        let minutes = u64::from(rules.authentication_minutes_max);
        if at < now.minus(Duration::from_secs(minutes * 60)) {
            let words = format!("must be at most {minutes} minutes ago: prove who you are again");
            return Err(fields.wrong(name, "STALE_AUTHENTICATION", words));
        }
        Ok(at)
    }

    fn read_period(
        &self,
        fields: &mut Fields<'_>,
        now: Timestamp,
        rules: &BreakGlassRules,
    ) -> Reading<(Timestamp, Timestamp)> {
        let started_at = match self.started_at {
            None => now,
            given @ Some(_) => read_past(fields, "started_at", given, now)?,
        };
        let latest = started_at.plus(Duration::from_hours(u64::from(rules.hours_max)));
        let expires_at = self.expires_at.unwrap_or(latest);
        let hours = rules.hours_max;
        let words = format!("must be at most {hours} hours after started_at");
        fields.require(expires_at <= latest, "expires_at", "OUT_OF_RANGE", words);
        let words = "must lie in the future, and after started_at";
        fields.require(expires_at > now, "expires_at", "OUT_OF_RANGE", words);
        Ok((started_at, expires_at))
    }
}

/// A moment that has passed. One that a clock running a little ahead gave is now.
fn read_past(
    fields: &mut Fields<'_>,
    name: &str,
    at: Option<Timestamp>,
    now: Timestamp,
) -> Reading<Timestamp> {
    let at = fields.given(name, at)?;
    if at <= now.plus(CLOCK_SKEW_MAX) {
        Ok(at.min(now))
    } else {
        Err(fields.wrong(name, "IN_FUTURE", "must not lie in the future"))
    }
}
