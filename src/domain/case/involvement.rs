//! With them, not about them: how the people concerned were involved (DOMAIN §1.2).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::code::codes;
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::id::UserId;
use crate::domain::text::Line;
use crate::domain::time::{Date, Timestamp};
use crate::domain::violation::Violations;

codes! {
    /// How the people concerned were involved in a step or disclosure.
    pub enum ClientInvolvement {
        /// They are present.
        Present = 1, "PRESENT";
        /// They consented.
        Consented = 2, "CONSENTED";
        /// They were told before.
        InformedBefore = 3, "INFORMED_BEFORE";
        /// They will be told on a planned day.
        InformedAfterPlanned = 4, "INFORMED_AFTER_PLANNED";
        /// They are not told, for their or another's safety.
        NotInformedSafety = 5, "NOT_INFORMED_SAFETY";
    }
}

/// How the people concerned were involved, with what goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Involvement {
    /// They are present.
    Present,
    /// They consented.
    Consented,
    /// They were told before.
    InformedBefore,
    /// They will be told.
    InformedAfterPlanned {
        /// On this day: today or later.
        planned_date: Date,
    },
    /// They are not told, for their or another's safety.
    NotInformedSafety {
        /// Why not.
        reason: Line<500>,
    },
}

impl Involvement {
    /// The code without what goes with it.
    pub fn kind(&self) -> ClientInvolvement {
        match self {
            Self::Present => ClientInvolvement::Present,
            Self::Consented => ClientInvolvement::Consented,
            Self::InformedBefore => ClientInvolvement::InformedBefore,
            Self::InformedAfterPlanned { .. } => ClientInvolvement::InformedAfterPlanned,
            Self::NotInformedSafety { .. } => ClientInvolvement::NotInformedSafety,
        }
    }
}

codes! {
    /// What the people concerned were involved in.
    pub enum CaseAct {
        /// A step with the family.
        Step = 1, "STEP";
        /// A change of phase.
        PhaseChange = 2, "PHASE_CHANGE";
        /// A meeting that was convened.
        Meeting = 3, "MEETING";
        /// The end of the case.
        Closing = 4, "CLOSING";
        /// Taking the case up again.
        Reopening = 5, "REOPENING";
    }
}

/// How the people concerned were involved in one act: why they were not told, or the day on which they
/// will be, is part of the case.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Involved {
    /// When.
    pub at: Timestamp,
    /// Who recorded it.
    pub by: UserId,
    /// In what.
    pub act: CaseAct,
    /// How.
    pub how: Involvement,
}

impl fmt::Debug for Involved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Involved(…)")
    }
}

/// How a child was involved. A separate conversation counts as the first of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum ChildInvolvement {
    /// Spoken with apart.
    SpokenSeparately {
        /// On this day.
        date: Date,
    },
    /// Observed: very young.
    Observed {
        /// On this day.
        date: Date,
    },
    /// Not involved.
    Exception {
        /// Why not.
        reason: Line<500>,
        /// Who approved that.
        approver: UserId,
        /// The day on which that was recorded.
        date: Date,
    },
}

/// An [`Involvement`] as a message carries it.
#[derive(Clone, Default)]
pub struct InvolvementDraft {
    /// Number of the [`ClientInvolvement`].
    pub kind: i32,
    /// With `INFORMED_AFTER_PLANNED` only.
    pub planned_date: String,
    /// With `NOT_INFORMED_SAFETY` only.
    pub reason: String,
}

impl fmt::Debug for InvolvementDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvolvementDraft(…)")
    }
}

impl InvolvementDraft {
    /// The involvement, or everything that is wrong with it.
    pub fn parse(self, now: Timestamp) -> Result<Involvement, Violations> {
        let mut violations = Violations::new();
        match self.read(&mut Fields::new("involvement", &mut violations), now) {
            Ok(involvement) => violations.into_result(involvement),
            Err(Noted) => Err(violations),
        }
    }

    fn read(&self, fields: &mut Fields<'_>, now: Timestamp) -> Reading<Involvement> {
        let kind = fields.code("kind", self.kind, ClientInvolvement::from_number)?;
        fields.absent(
            kind == ClientInvolvement::InformedAfterPlanned || self.planned_date.is_empty(),
            "planned_date",
            "is given with INFORMED_AFTER_PLANNED only",
        );
        fields.absent(
            kind == ClientInvolvement::NotInformedSafety || self.reason.is_empty(),
            "reason",
            "is given with NOT_INFORMED_SAFETY only",
        );
        Ok(match kind {
            ClientInvolvement::Present => Involvement::Present,
            ClientInvolvement::Consented => Involvement::Consented,
            ClientInvolvement::InformedBefore => Involvement::InformedBefore,
            ClientInvolvement::InformedAfterPlanned => {
                let planned_date: Date = fields.text("planned_date", &self.planned_date)?;
                let ahead = planned_date >= now.date();
                fields.require(ahead, "planned_date", "IN_PAST", "must be today or later");
                Involvement::InformedAfterPlanned { planned_date }
            }
            ClientInvolvement::NotInformedSafety => {
                Involvement::NotInformedSafety { reason: fields.text("reason", &self.reason)? }
            }
        })
    }
}
