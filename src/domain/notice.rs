//! What an organisation is told in its list of notices. Holds pseudonyms, references and moments,
//! never content of a case.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::case::{CaseState, HandoverState, LocationCode, SafetyPhase};
use super::deadline::DeadlineKind;
use super::id::{
    ConsentId, HandoverId, MeetingId, Oin, Pseudonym, QuestionId, ReferralId, ShareId,
};
use super::time::Timestamp;

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum NoticeContent {
    /// A consent was withdrawn under which the reader received data.
    ConsentWithdrawn {
        /// Consent.
        consent_id: ConsentId,
        /// Person.
        #[serde(with = "super::hex_text")]
        subject: Pseudonym,
    },
    /// A summary was retracted that the reader received.
    SummaryRetracted {
        /// Who wrote it.
        author_oin: Oin,
        /// This revision and all before it.
        revision: u32,
    },
    /// A summary was shared with the reader on the initiative of its author.
    SummaryShared {
        /// By this the reader reads it.
        share_id: ShareId,
        /// Who gave it.
        sender_oin: Oin,
        /// Whether an emergency was declared.
        is_emergency: bool,
        /// First moment at which it cannot be read any more.
        expires_at: Timestamp,
    },
    /// The reader did not do in time what it had to do.
    DeadlineMissed {
        /// What.
        deadline: DeadlineKind,
        /// Referral, review, request or breach that it is about.
        about_id: Option<Uuid>,
        /// When it must have been done.
        due_at: Timestamp,
    },
    /// Consents that the reader sends or receives under do not suffice any more: something changed
    /// in who decides for the person. They are treated as none until they are signed anew.
    ConsentNeedsRenewal {
        /// Consents of the person, with the reader as source or recipient.
        consent_ids: Vec<ConsentId>,
        /// Person.
        #[serde(with = "super::hex_text")]
        subject: Pseudonym,
    },
    /// The processing of data about a person that the reader received was restricted, or is not
    /// restricted any more (AVG art. 19).
    ProcessingRestricted {
        /// Person.
        #[serde(with = "super::hex_text")]
        subject: Pseudonym,
        /// Whether the restriction ended.
        lifted: bool,
    },
    /// The phase of a case that the reader works on changed.
    PhaseChanged {
        /// The phase before.
        from: SafetyPhase,
        /// The phase after.
        to: SafetyPhase,
        /// How many agreements were looked at.
        evaluated: usize,
    },
    /// A case that the reader worked on ended or was taken up again.
    CaseStateChanged {
        /// Where it is.
        state: CaseState,
        /// Its phase.
        phase: SafetyPhase,
    },
    /// The reader is no member of the case team any more.
    MembershipEnded,
    /// A joint meeting that the reader is asked to come to.
    MeetingAnnounced {
        /// Its id.
        meeting_id: MeetingId,
        /// When.
        planned_at: Timestamp,
        /// Where.
        location_code: LocationCode,
        /// Who else is asked.
        invited_oins: Vec<Oin>,
        /// How many of the family take part.
        family_participants: usize,
        /// The meeting that was moved to this one.
        replaces: Option<MeetingId>,
    },
    /// Somebody offers to hand over a part in a case.
    HandoverOffered {
        /// Its id.
        handover_id: HandoverId,
        /// Who is to be released.
        from_oin: Oin,
        /// Who is to take over.
        to_oin: Oin,
    },
    /// A handover was answered.
    HandoverAnswered {
        /// Its id.
        handover_id: HandoverId,
        /// What became of it.
        state: HandoverState,
    },
    /// Somebody of a case that the reader directs was reported again.
    CaseRepeatReferral {
        /// Referral.
        referral_id: ReferralId,
        /// 1 + number of earlier referrals.
        repeat_index: u32,
        /// Referrals about these people since the case was opened.
        referral_count: u32,
    },
    /// A privacy officer asks the reader about a disclosure of which it is a party.
    QuestionAsked {
        /// By this the reader answers.
        question_id: QuestionId,
        /// Ledger entry of the disclosure.
        index: i64,
        /// The last moment at which the answer is in time.
        due_at: Timestamp,
    },
}

impl NoticeContent {
    /// The text that is stored.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the stored text.
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_back_as_it_was_written() {
        let content = NoticeContent::SummaryRetracted {
            author_oin: "00000099000000003000".parse().unwrap(),
            revision: 2,
        };
        let text = content.to_text();
        assert_eq!(
            text,
            r#"{"kind":"SUMMARY_RETRACTED","author_oin":"00000099000000003000","revision":2}"#
        );
        assert_eq!(NoticeContent::from_text(&text), Some(content));
        assert_eq!(NoticeContent::from_text("{}"), None);
    }

    #[test]
    fn a_meeting_is_told_with_a_number_of_people_and_no_name() {
        let content = NoticeContent::MeetingAnnounced {
            meeting_id: MeetingId::from_bytes([1; 16]),
            planned_at: "2026-05-12T08:00:00Z".parse().unwrap(),
            location_code: "CJG-DE-BRUG".parse().unwrap(),
            invited_oins: vec!["00000099000000006000".parse().unwrap()],
            family_participants: 4,
            replaces: None,
        };
        let text = content.to_text();
        assert_eq!(
            text,
            r#"{"kind":"MEETING_ANNOUNCED","meeting_id":"01010101-0101-0101-0101-010101010101","#
                .to_owned()
                + r#""planned_at":"2026-05-12T08:00:00Z","location_code":"CJG-DE-BRUG","#
                + r#""invited_oins":["00000099000000006000"],"family_participants":4,"#
                + r#""replaces":null}"#
        );
        assert_eq!(NoticeContent::from_text(&text), Some(content));
    }
}
