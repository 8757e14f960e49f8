//! What happens in the month: acts as data, each at its moment.

use crate::cli::demo::party::Party;
use crate::domain::time::Timestamp;
use crate::grpc::pb::{ReviewVerdict, TriageOutcome, UserRole};

/// Something that somebody does.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) at: Timestamp,
    /// About which household, by its number. Acts of officers about the ledger name the first.
    pub(super) household: usize,
    pub(super) deed: Deed,
}

/// Who does it, by the number that the own organisation gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Employee {
    pub(super) party: Party,
    pub(super) number: u64,
    pub(super) role: UserRole,
}

/// What is done.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// The police refer.
    Refer,
    /// The Steunpunt takes in what waits.
    TakeIn,
    /// The Steunpunt calls the household.
    FirstContact,
    Triage(TriageOutcome),
    /// The police hear how it went on.
    Feedback,
    /// Everybody is told that the police gave data.
    Inform,
    OpenCase,
    /// An organisation joins the case team.
    Join(Party),
    /// Everybody is asked whether one organisation may have what another knows; some may say no.
    AskConsent {
        way: Way,
        refusing: Option<&'static str>,
    },
    Withdraw {
        way: Way,
        person: &'static str,
    },
    /// An organisation publishes its summary.
    Publish(Party),
    /// Somebody asks for a summary.
    Ask(Question),
    /// Somebody asks whether a question about one person would be answered.
    MayI {
        by: Employee,
        about: &'static str,
    },
    /// An organisation gives of its own accord, and the recipient reads it where it may.
    Give(Gift),
    Review {
        of: Emergency,
        by: Officer,
        verdict: ReviewVerdict,
    },
    /// A person asks who saw what.
    OpenRequest {
        person: &'static str,
    },
    ExtendRequest,
    /// Its report waits for a second officer.
    PrepareReport,
    AnswerRequest,
    /// A lost certificate: opened, sized, told and closed.
    Breach,
    /// A stolen telephone: opened, and the 72 hours run.
    Theft,
    /// An officer searches the ledger.
    Look(Officer),
    /// An officer draws a sample and judges some of it.
    Sample,
    /// An officer asks mental health care about a disclosure.
    Inquire,
    /// Mental health care answers.
    Explain,
    /// An officer raises a signal by hand.
    Raise,
}

impl Deed {
    /// Whether it leaves nothing behind that a later act of the calendar needs.
    pub(super) const fn is_a_look(&self) -> bool {
        matches!(self, Self::Ask(_) | Self::Look(_))
    }
}

/// From one organisation to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    pub(super) from: Party,
    pub(super) to: Party,
}

/// A question for a summary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub(super) by: Employee,
    pub(super) author: Party,
    pub(super) scope: Scope,
}

/// How much somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// What the household agreed to.
    Agreed,
    /// The agreements only.
    Agreements,
    /// Whatever there is, as far as it may be given.
    Everything,
    /// Also how somebody is treated, which nobody agreed to.
    TooMuch,
}

/// What is given on the giver's own initiative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gift {
    /// The Steunpunt tells an organisation that can help (Wmo 2015 art. 4.1.1 lid 2 onder d).
    Notice(Party),
    /// The Steunpunt warns the police (onder e).
    Warning,
    /// Break-glass.
    Emergency(Emergency),
}

/// The emergencies of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Emergency {
    /// A conflict of duties that two officers found right.
    Agreed,
    /// A conflict of duties about which two officers differ.
    Disputed,
    /// Somebody who could not consent; judged, with a remark.
    Unconscious,
    /// Last Sunday night: a report against a refusal.
    SundayNight,
    /// A conflict of duties of last night, which waits for two officers.
    LastNight,
}

/// A privacy officer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Officer {
    Steunpunt,
    /// The second of the Steunpunt.
    Colleague,
    Ggz,
    /// The office of the region.
    Region,
}
