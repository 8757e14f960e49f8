//! The plan of a family, which grows from a basic plan into a safety plan, and the checks of what
//! was agreed (DOMAIN §1.2). Every version and every check is kept as it was recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::step::Context;
use crate::domain::code::codes;
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::id::Oin;
use crate::domain::summary::{
    AGREEMENTS_MAX, AgreementDraft, AgreementStatus, PartId, PlanAgreement, read_agreements,
};
use crate::domain::text::{Line, Prose};
use crate::domain::time::{Date, Timestamp};

/// Organisations, conditions, people of the network or dates in one plan: more than any family can
/// keep an eye on.
const PLAN_ITEMS_MAX: usize = 50;

codes! {
    /// Which plan it is.
    pub enum PlanKind {
        /// Basic plan of action, made at the first network meeting.
        Basic = 1, "BASIC";
        /// Safety plan, grown out of it in further meetings.
        Safety = 2, "SAFETY";
    }
}

/// One version of the plan, with how its agreements were kept since.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Which plan.
    pub kind: PlanKind,
    /// What stands in it.
    pub content: PlanContent,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// How many joint meetings there had been by then.
    pub meeting_count: usize,
    /// Looks at the agreements, oldest first.
    pub checks: Vec<AgreementCheck>,
}

/// One plan for the whole family.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanContent {
    /// What was agreed, at least one.
    pub agreements: Vec<PlanAgreement>,
    /// The organisation that coordinates.
    pub coordinator_oin: Oin,
    /// Organisations that give further help.
    pub provider_oins: BTreeSet<Oin>,
    /// Conditions for safety that the Steunpunt sets; in a safety plan only.
    pub conditions: Vec<Prose<2000>>,
    /// Who of the family's own network does what; in a safety plan only.
    pub network: Vec<NetworkMember>,
    /// Days on which those involved look back together; in a safety plan only.
    pub evaluation_dates: BTreeSet<Date>,
}

/// Somebody of the family's own network: a name and a role, never an identifier (DOMAIN §1.1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkMember {
    /// Name.
    pub name: Line<100>,
    /// What they do for the family.
    pub role: Line<100>,
}

/// A look at how agreements are kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementCheck {
    /// When it was looked at.
    pub checked_at: Timestamp,
    /// How they stand, by the name of the agreement; at least one.
    pub statuses: BTreeMap<PartId, AgreementStatus>,
    /// Whether one was broken with new violence: the case goes back to phase 1.
    pub new_violence: bool,
}

/// How many agreements stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AgreementCounts {
    /// Made.
    pub open: usize,
    /// Kept so far.
    pub kept: usize,
    /// Broken.
    pub broken: usize,
    /// Secured for the long term.
    pub secured: usize,
    /// Owned by the family or its network, however they stand.
    pub family_owned: usize,
}

impl AgreementCounts {
    /// All agreements.
    pub fn total(&self) -> usize {
        self.open + self.kept + self.broken + self.secured
    }
}

impl Plan {
    /// How an agreement stands now: as last checked, or as it was made.
    pub fn status(&self, agreement: &PlanAgreement) -> AgreementStatus {
        let checked = |check: &AgreementCheck| check.statuses.get(&agreement.agreement_id).copied();
        self.checks.iter().rev().find_map(checked).unwrap_or(agreement.status)
    }

    /// Whether the plan has an agreement of this name.
    pub fn has(&self, agreement_id: &PartId) -> bool {
        self.content.agreements.iter().any(|one| one.agreement_id == *agreement_id)
    }

    /// How its agreements stand.
    pub fn counts(&self) -> AgreementCounts {
        let mut counts = AgreementCounts::default();
        for agreement in &self.content.agreements {
            *match self.status(agreement) {
                AgreementStatus::Open => &mut counts.open,
                AgreementStatus::Kept => &mut counts.kept,
                AgreementStatus::Broken => &mut counts.broken,
                AgreementStatus::Secured => &mut counts.secured,
            } += 1;
            counts.family_owned += usize::from(agreement.family_owned);
        }
        counts
    }
}

impl PlanContent {
    /// Agreements without a day on which they are due. That each has an owner, reading it saw to.
    pub fn without_due_date(&self) -> usize {
        self.agreements.iter().filter(|agreement| agreement.due.is_none()).count()
    }
}

macro_rules! hidden {
    ($($name:ident),+) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+ };
}

hidden!(Plan, PlanContent, NetworkMember, AgreementCheck);
hidden!(PlanDraft, NetworkMemberDraft, AgreementCheckDraft);

/// A [`PlanContent`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct PlanDraft {
    pub agreements: Vec<AgreementDraft>,
    pub coordinator_oin: String,
    pub provider_oins: Vec<String>,
    pub conditions: Vec<String>,
    pub network: Vec<NetworkMemberDraft>,
    pub evaluation_dates: Vec<String>,
}

/// A [`NetworkMember`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct NetworkMemberDraft {
    pub name: String,
    pub role: String,
}

/// An [`AgreementCheck`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct AgreementCheckDraft {
    pub checked_at: Option<Timestamp>,
    pub results: Vec<(String, i32)>,
    pub new_violence: bool,
}

impl PlanDraft {
    pub(super) fn read(
        &self,
        fields: &mut Fields<'_>,
        context: &Context<'_>,
    ) -> Reading<PlanContent> {
        let given = fields.given("agreements", self.agreements.first()).map(|_| ());
        let agreements = read_agreements(fields, &self.agreements, &context.keys);
        if let Ok(agreements) = &agreements {
            let mut ids = BTreeSet::new();
            for (index, agreement) in agreements.iter().enumerate() {
                let mut fields = fields.item("agreements", index);
                let is_new = ids.insert(&agreement.agreement_id);
                fields.require(is_new, "agreement_id", "DUPLICATE", "is given twice");
            }
        }
        let coordinator_oin = fields.text("coordinator_oin", &self.coordinator_oin);
        let text = |fields: &mut Fields<'_>, name: &str, text: &String| fields.text(name, text);
        let provider_oins = fields.set("provider_oins", &self.provider_oins, PLAN_ITEMS_MAX, text);
        let conditions = self.read_conditions(fields);
        let network = self.read_network(fields);
        let dates = &self.evaluation_dates;
        let evaluation_dates =
            fields.set("evaluation_dates", dates, PLAN_ITEMS_MAX, |fields, name, date: &String| {
                fields.text(name, date)
            });
        given?;
        Ok(PlanContent {
            agreements: agreements?,
            coordinator_oin: coordinator_oin?,
            provider_oins: provider_oins?,
            conditions: conditions?,
            network: network?,
            evaluation_dates: evaluation_dates?,
        })
    }

    fn read_conditions(&self, fields: &mut Fields<'_>) -> Reading<Vec<Prose<2000>>> {
        fields.at_most("conditions", self.conditions.len(), PLAN_ITEMS_MAX);
        let mut read = Vec::new();
        for (index, text) in self.conditions.iter().take(PLAN_ITEMS_MAX).enumerate() {
            read.extend(fields.text(&format!("conditions[{index}]"), text));
        }
        if read.len() == self.conditions.len() { Ok(read) } else { Err(Noted) }
    }

    fn read_network(&self, fields: &mut Fields<'_>) -> Reading<Vec<NetworkMember>> {
        fields.at_most("network", self.network.len(), PLAN_ITEMS_MAX);
        let mut read = Vec::new();
        for (index, draft) in self.network.iter().take(PLAN_ITEMS_MAX).enumerate() {
            let mut fields = fields.item("network", index);
            let name = fields.text("name", &draft.name);
            let role = fields.text("role", &draft.role);
            if let (Ok(name), Ok(role)) = (name, role) {
                read.push(NetworkMember { name, role });
            }
        }
        if read.len() == self.network.len() { Ok(read) } else { Err(Noted) }
    }
}

impl AgreementCheckDraft {
    pub(super) fn read(
        &self,
        fields: &mut Fields<'_>,
        context: &Context<'_>,
    ) -> Reading<AgreementCheck> {
        let checked_at = context.past(fields, "checked_at", self.checked_at);
        let given = fields.given("results", self.results.first()).map(|_| ());
        let statuses = self.read_results(fields);
        let statuses = statuses?;
        let broken = statuses.values().any(|status| *status == AgreementStatus::Broken);
        fields.require(
            broken || !self.new_violence,
            "new_violence",
            "NOT_APPLICABLE",
            "is given with a broken agreement only",
        );
        given?;
        Ok(AgreementCheck { checked_at: checked_at?, statuses, new_violence: self.new_violence })
    }

    fn read_results(&self, fields: &mut Fields<'_>) -> Reading<BTreeMap<PartId, AgreementStatus>> {
        fields.at_most("results", self.results.len(), AGREEMENTS_MAX);
        let mut read = BTreeMap::new();
        for (index, (agreement_id, status)) in self.results.iter().take(AGREEMENTS_MAX).enumerate()
        {
            let mut fields = fields.item("results", index);
            let id = fields.text("agreement_id", agreement_id);
            let status = fields.code("status", *status, AgreementStatus::from_number);
            if let (Ok(id), Ok(status)) = (id, status) {
                let is_new = read.insert(id, status).is_none();
                fields.require(is_new, "agreement_id", "DUPLICATE", "is given twice");
            }
        }
        if read.len() == self.results.len() { Ok(read) } else { Err(Noted) }
    }
}
