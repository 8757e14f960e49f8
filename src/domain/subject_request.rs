//! Requests of a data subject to see who shared what about them (AVG art. 15, DOMAIN §5.6).
//!
//! - [`SubjectRequestDraft`] is what a message carries; its `parse` makes an [`Asking`] of it.
//! - [`decide()`] says whether the one who asks gets the report, by the age and the representatives of
//!   the person at that moment. It is decided when the request comes in, and again for every report.
//! - [`Term`] is the month in which it must be answered.
//! - [`SubjectRequest`] is its life: it is extended, reported and closed.
//! - [`AccessEntry`] is one disclosure as the person may see it.
//! - [`PreparedReport`] is what one officer prepared and another approves.

use super::code::codes;

mod decide;
mod draft;
mod entry;
mod life;
mod prepared;

pub use decide::{Asking, Requester, decide};
pub use draft::{
    MANDATE_CHARS_MAX, MOTIVATION_CHARS_MAX, ParsedRequest, Particulars, SubjectRequestDraft,
    Weighed,
};
pub use entry::{
    AccessEntry, Organisation, ReviewOutcome, Sight, access_entry, basis_nl, shown_events, statute,
};
pub use life::{StepRefused, SubjectRequest, Term};
pub use prepared::{
    Approval, NotApproved, PreparedReport, SubjectRequestRules, Withheld, WithheldDraft,
    WithholdingGround,
};

codes! {
    /// Where a request is in its life.
    pub enum RequestState {
        /// To be answered within a month.
        Open = 1, "OPEN";
        /// To be answered within three months; the person was told why.
        Extended = 2, "EXTENDED";
        /// The report was approved, and may be given.
        Reported = 3, "REPORTED";
        /// The one who asks does not get it; that must be told within the month too.
        Refused = 4, "REFUSED";
        /// Ended.
        Closed = 5, "CLOSED";
    }
}

codes! {
    /// Whether the one who asks gets the report (Wmo 2015 art. 5.3.2; DOMAIN §5.6).
    pub enum Verdict {
        /// The report is given.
        Give = 1, "GIVE";
        /// Somebody younger than 12 asks for themselves: the representative is answered.
        RefusedUnder12 = 2, "REFUSED_UNDER_12";
        /// Somebody who cannot weigh this asks for themselves: the representative is answered.
        RefusedIncapable = 3, "REFUSED_INCAPABLE";
        /// A representative asks for somebody of 16 or older, who decides alone.
        Refused16Plus = 4, "REFUSED_16_PLUS";
        /// The interest of the minor opposes it (Wmo 2015 art. 5.3.2 lid 3).
        RefusedChildInterest = 5, "REFUSED_CHILD_INTEREST";
        /// The interest of the adult who is represented opposes it (Wmo 2015 art. 5.3.2 lid 3).
        RefusedSubjectInterest = 6, "REFUSED_SUBJECT_INTEREST";
        /// The one who asks does not represent the person.
        RefusedNotRepresentative = 7, "REFUSED_NOT_REPRESENTATIVE";
        /// Needed to end the violence or to investigate it (Wmo 2015 art. 5.3.2 lid 4, UAVG art. 41
        /// lid 1 onder i).
        RefusedProtectionTask = 8, "REFUSED_PROTECTION_TASK";
    }
}

codes! {
    /// What an officer weighed against giving the report.
    pub enum Objection {
        /// The interest of the person who is represented (Wmo 2015 art. 5.3.2 lid 3).
        PersonInterest = 1, "PERSON_INTEREST";
        /// Ending or investigating the violence (Wmo 2015 art. 5.3.2 lid 4).
        ProtectionTask = 2, "PROTECTION_TASK";
    }
}

codes! {
    /// How it was made sure who asks (AVG art. 12 lid 6).
    pub enum IdentityCheck {
        /// An identity document was shown.
        IdDocument = 1, "ID_DOCUMENT";
        /// By `DigiD` or another means of that level.
        Electronic = 2, "ELECTRONIC";
        /// Somebody of the organisation knows the one who asks.
        KnownInPerson = 3, "KNOWN_IN_PERSON";
    }
}

codes! {
    /// How a request ended.
    pub enum Ending {
        /// The report was given.
        Answered = 1, "ANSWERED";
        /// The one who asked was told that it is refused, why, and where to complain (AVG art. 12
        /// lid 4).
        RefusalTold = 2, "REFUSAL_TOLD";
        /// The one who asked took it back.
        TakenBack = 3, "TAKEN_BACK";
    }
}

impl Verdict {
    /// Whether the report is given.
    pub fn is_given(self) -> bool {
        self == Self::Give
    }
}

#[cfg(test)]
mod tests;
