//! The words for the codes of consents.

use crate::console::lang::Words;
use crate::domain::consent::{Capacity, EvidenceKind, State, WithdrawalChannel};

pub(in crate::console) const fn state(of: State) -> Words {
    match of {
        State::Proposed => Words("gevraagd", "asked"),
        State::Active => Words("gegeven", "given"),
        State::Refused => Words("geweigerd", "refused"),
        State::Withdrawn => Words("ingetrokken", "withdrawn"),
        State::Expired => Words("verlopen", "expired"),
        State::NeedsRenewal => Words("moet worden vernieuwd", "needs renewal"),
        State::EnteredInError => Words("per abuis vastgelegd", "recorded by mistake"),
    }
}

pub(in crate::console) const fn capacity(of: Capacity) -> Words {
    match of {
        Capacity::Itself => Words("zelf", "in person"),
        Capacity::ParentWithAuthority => Words("ouder met gezag", "parent with authority"),
        Capacity::Guardian => Words("voogd", "guardian"),
        Capacity::Curator => Words("curator", "curator"),
        Capacity::Mentor => Words("mentor", "mentor"),
        Capacity::Proxy => Words("gemachtigde", "proxy"),
        Capacity::Partner => Words("partner", "partner"),
        Capacity::Relative => Words("familielid", "relative"),
    }
}

pub(in crate::console) const fn evidence(of: EvidenceKind) -> Words {
    match of {
        EvidenceKind::SignedPaper => Words("getekend op papier", "signed on paper"),
        EvidenceKind::ESignature => Words("digitaal getekend", "signed electronically"),
        EvidenceKind::VerbalWitnessed => {
            Words("mondeling, met een getuige", "spoken, with a witness")
        }
        EvidenceKind::Recording => Words("opname", "recording"),
    }
}

pub(in crate::console) const fn channel(of: WithdrawalChannel) -> Words {
    match of {
        WithdrawalChannel::InPerson => Words("in een gesprek", "face to face"),
        WithdrawalChannel::Phone => Words("per telefoon", "by telephone"),
        WithdrawalChannel::Written => Words("schriftelijk", "in writing"),
        WithdrawalChannel::Portal => Words("in een portaal", "in a portal"),
    }
}
