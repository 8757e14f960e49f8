//! The organisations: what they know, what they send, and what they are answered.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use ketenpoort::domain::case::InvolvementDraft;
use ketenpoort::domain::consent::ConsentDraft;
use ketenpoort::domain::id::{ClientId, LeaseToken, ReferralId, RequestId};
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::policy::BasisEvidenceDraft;
use ketenpoort::domain::referral::{ReferralDraft, SendBackReason, Settlement};
use ketenpoort::domain::summary::SummaryDraft;
use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::consents::{ConsentRecorded, WithdrawalDraft, Word};
use ketenpoort::gateway::inbox::settle::Settled;
use ketenpoort::gateway::inbox::{InboxReader, Parting};
use ketenpoort::gateway::publish_summary::Revision;
use ketenpoort::gateway::referral_status::ReferralStatus;
use ketenpoort::gateway::request_summary::{Requested, SummaryRequestDraft};
use ketenpoort::gateway::{Call, Error, Gateway, Request};

use super::house::{self, CASE, GGZ, MEE, POLICE, STEUNPUNT};
use super::step::{Asker, How};

const PEOPLE: [&str; 4] = ["mother", "father", "daughter", "son"];
const SHELTER: &str = "00000099000000008000";
const SECOND: Duration = Duration::from_secs(1);
const RETRY_DELAY: Duration = Duration::from_mins(2);
const EXTENSION: Duration = Duration::from_mins(5);
/// Sections of the summary and whom they are about, by position in [`PEOPLE`]. Only the last one is
/// of a category that nobody consented to.
pub(crate) const SECTIONS: [(&str, &[u8], bool); 5] = [
    ("assessment-all", &[0, 1, 2, 3], true),
    ("agreement-mother", &[0], true),
    ("agreement-father", &[1], true),
    ("agreement-children", &[2, 3], true),
    ("health-father", &[1], false),
];
/// Test numbers of the people of each family.
const FAMILIES: [[&str; 4]; 3] = [
    ["999990020", "999990032", "999990044", "999990056"],
    ["999990068", "999990081", "999990093", "999990111"],
    ["999990123", "999990135", "999990147", "999990159"],
];

/// A request with everything that is in it, so that it can come again.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) id: RequestId,
    pub(crate) what: What,
    /// When it was written down; signatures and incidents are of just before.
    pub(crate) written_at: Timestamp,
    /// The first bytes it was ever answered with, also when nobody heard of it.
    pub(crate) answer: Option<Vec<u8>>,
}

/// What a request is about, by position in the lists of the [`Journal`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Submit { referral: usize },
    TakeBack { referral: usize },
    Give { consent: usize, until: Option<Timestamp> },
    Withdraw { consent: usize },
    Publish { expected: u32 },
    Ask { by: Asker },
}

#[derive(Debug, Clone)]
pub(crate) struct SentReferral {
    pub(crate) id: ReferralId,
    pub(crate) family: u8,
    pub(crate) written_at: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) struct SentConsent {
    /// Known once it was answered.
    pub(crate) id: Option<String>,
    pub(crate) person: u8,
}

/// A lease that a reader heard of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) token: LeaseToken,
    pub(crate) until: Timestamp,
}

/// What the callers wrote down: the only memory that a lost answer leaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    pub(crate) sent: Vec<Sent>,
    pub(crate) referrals: Vec<SentReferral>,
    pub(crate) consents: Vec<SentConsent>,
    pub(crate) leases: Vec<Held>,
    /// How many streams and polls were opened.
    pub(crate) looks: u32,
    /// Which of them were streams.
    pub(crate) streams: Vec<u32>,
    pub(crate) consent_ends: Vec<Timestamp>,
    pub(crate) revision: u32,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    Request {
        sent: usize,
        other_body: bool,
    },
    /// `look` names it; one that reconnects is a stream, which stays until it is left or forgotten.
    Receive {
        look: u32,
        reader: u8,
        reconnects: bool,
        most: u32,
    },
    Leave {
        look: u32,
        lost: bool,
    },
    Settle {
        token: LeaseToken,
        how: How,
    },
}

/// The streams as the gateway knows them.
pub(crate) type Streams = Mutex<BTreeMap<u32, InboxReader>>;

/// A referral that a reader was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) referral: usize,
    pub(crate) attempt: u32,
    pub(crate) token: LeaseToken,
    pub(crate) until: Timestamp,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Bytes(Vec<u8>),
    Received(Vec<Got>),
    /// Until when, or since when; none: the lease was lost.
    Settled(Option<Timestamp>),
    Left,
    Denied,
    Invalid,
    Reused,
    /// What a repeated answer rests on changed.
    Changed,
    Unmet(&'static str),
    Mismatch,
    /// Anything that no healthy gateway answers.
    Trouble(String),
}

fn seen_error(error: &Error) -> Seen {
    match error {
        Error::Denied { .. } => Seen::Denied,
        Error::Invalid(_) => Seen::Invalid,
        Error::Reused(_) => Seen::Reused,
        Error::RevisionMismatch => Seen::Mismatch,
        Error::Precondition(unmet) => match unmet.first().map_or("", |unmet| unmet.code) {
            "CONSENT_CHANGED" => Seen::Changed,
            code => Seen::Unmet(code),
        },
        Error::NotInRegion
        | Error::PageToken
        | Error::Busy
        | Error::LedgerUnavailable(_)
        | Error::OutcomeUnknown
        | Error::Internal(_) => Seen::Trouble(format!("{error:?}")),
    }
}

fn call(gateway: &Gateway, oin: &str, role: UserRole) -> Call {
    let caller = gateway.admit(&oin.parse().unwrap(), None).unwrap();
    let user_id = "u-1".parse().unwrap();
    caller.act(ketenpoort::domain::organisation::Actor { user_id, role, on_behalf_of: None })
}

/// Does a call on the gateway.
pub(crate) async fn perform(
    gateway: &Gateway,
    streams: &Streams,
    journal: &Journal,
    op: &Op,
) -> Seen {
    match *op {
        Op::Request { sent, other_body } => {
            match request(gateway, journal, &journal.sent[sent], other_body).await {
                Ok(bytes) => Seen::Bytes(bytes),
                Err(error) => seen_error(&error),
            }
        }
        Op::Receive { look, reader, reconnects, most } => {
            let kept = reconnects.then_some((streams, look));
            receive(gateway, journal, reader, kept, most).await
        }
        Op::Leave { look, lost } => leave(gateway, streams, look, lost).await,
        Op::Settle { token, how } => settle(gateway, token, how).await,
    }
}

async fn request(
    gateway: &Gateway,
    journal: &Journal,
    sent: &Sent,
    other_body: bool,
) -> Result<Vec<u8>, Error> {
    let request = |method| Request::new(sent.id, method, vec![u8::from(other_body)]);
    let steunpunt = || call(gateway, STEUNPUNT, UserRole::ProcessDirector);
    let case = || CASE.parse().unwrap();
    match &sent.what {
        What::Submit { referral } => {
            let draft = referral_draft(gateway, &journal.referrals[*referral], other_body);
            let police = call(gateway, POLICE, UserRole::PoliceOfficer);
            let encode = house::encode_submitted;
            gateway.submit_referral(&police, &request("SubmitReferral"), draft, encode).await
        }
        What::TakeBack { referral } => {
            let police = call(gateway, POLICE, UserRole::PoliceOfficer);
            let id = journal.referrals[*referral].id;
            let encode = |answer: &ReferralStatus| answer.state.to_string().into_bytes();
            gateway.withdraw_referral(&police, &request("WithdrawReferral"), id, encode).await
        }
        What::Give { consent, until } => {
            let person = journal.consents[*consent].person;
            let given = (consent_draft(person, sent.written_at, *until), Word::Given);
            let request = request("RecordConsent");
            gateway.record_consent(&steunpunt(), &request, given, encode_consent).await
        }
        What::Withdraw { consent } => {
            let draft = withdrawal_draft(&journal.consents[*consent]);
            let request = request("WithdrawConsent");
            gateway.withdraw_consent(&steunpunt(), &request, draft, encode_consent).await
        }
        What::Publish { expected } => {
            let summary = (summary_draft(Some(sent.id)), *expected);
            let request = request("PublishSummary");
            let encode = |answer: &Revision| answer.revision.to_string().into_bytes();
            gateway.publish_summary(&steunpunt(), &request, &case(), summary, encode).await
        }
        What::Ask { by } => {
            let oin = match by {
                Asker::Partner => GGZ,
                Asker::Member => MEE,
                Asker::Outsider => SHELTER,
            };
            let caller = call(gateway, oin, UserRole::CaseWorker);
            let request = request("RequestSummary");
            gateway.request_summary(&caller, &request, summary_request(), encode_requested).await
        }
    }
}

async fn receive(
    gateway: &Gateway,
    journal: &Journal,
    reader: u8,
    kept: Option<(&Streams, u32)>,
    most: u32,
) -> Seen {
    let steunpunt = call(gateway, STEUNPUNT, UserRole::System);
    let client: ClientId = format!("reader-{reader}").parse().unwrap();
    let opened = gateway.open_inbox(&steunpunt, client, None, None).await;
    let mut inbox = match (opened, kept) {
        (Ok(inbox), Some((streams, look))) => {
            streams.lock().unwrap().insert(look, inbox.clone());
            inbox
        }
        (Ok(inbox), None) => inbox.polling(),
        (Err(error), _) => return seen_error(&error),
    };
    let received = match gateway.receive(&steunpunt, &mut inbox, most).await {
        Ok(received) => received,
        Err(error) => return seen_error(&error),
    };
    let position = |id| journal.referrals.iter().position(|referral| referral.id == id);
    let got = received.iter().map(|one| {
        Some(Got {
            referral: position(one.referral.referral_id)?,
            attempt: one.attempt,
            token: one.lease_token,
            until: one.lease_expires_at,
        })
    });
    match got.collect() {
        Some(got) => Seen::Received(got),
        None => Seen::Trouble("a referral that nobody sent".to_owned()),
    }
}

async fn leave(gateway: &Gateway, streams: &Streams, look: u32, lost: bool) -> Seen {
    // A call that was cut before the stream was open opened none.
    let Some(inbox) = streams.lock().unwrap().get(&look).cloned() else { return Seen::Left };
    let parting = if lost { Parting::Lost } else { Parting::InOrder };
    match gateway.leave_inbox(&inbox, parting).await {
        Ok(()) => Seen::Left,
        Err(error) => seen_error(&error),
    }
}

async fn settle(gateway: &Gateway, token: LeaseToken, how: How) -> Seen {
    let settlement = match how {
        How::Acknowledge => Settlement::Acknowledge { local_reference: None },
        How::Release => Settlement::Release { retry_delay: RETRY_DELAY },
        How::Extend => Settlement::Extend { lease: EXTENSION },
        How::SendBack => {
            Settlement::SendBack { reason: SendBackReason::WrongOrganisation, explanation: None }
        }
    };
    let steunpunt = call(gateway, STEUNPUNT, UserRole::System);
    match gateway.settle(&steunpunt, vec![(token, settlement)]).await {
        Ok(settled) => match settled.first() {
            Some((_, Settled::Done { at, .. })) => Seen::Settled(Some(*at)),
            Some((_, Settled::LeaseLost)) => Seen::Settled(None),
            None => Seen::Trouble("a settlement without an answer".to_owned()),
        },
        Err(error) => seen_error(&error),
    }
}

// What the messages carry.

fn referral_draft(gateway: &Gateway, of: &SentReferral, other_body: bool) -> ReferralDraft {
    let mut draft = house::referral(gateway, of.id);
    let before = of.written_at.minus(SECOND);
    draft.incident_at = Some(before);
    draft.reported_at = Some(before);
    for (person, bsn) in draft.persons.iter_mut().zip(FAMILIES[usize::from(of.family)]) {
        bsn.clone_into(&mut person.bsn);
    }
    if let Some(address) = &mut draft.address {
        address.house_number = (12 + of.family).to_string();
    }
    if other_body {
        draft.facts.push_str(" Otherwise.");
    }
    draft
}

fn signers(person: u8) -> Vec<(&'static str, i32)> {
    match person {
        2 => vec![("daughter", 1), ("mother", 2)],
        3 => vec![("mother", 2), ("father", 2)],
        adult => vec![(PEOPLE[usize::from(adult)], 1)],
    }
}

fn consent_draft(person: u8, written_at: Timestamp, until: Option<Timestamp>) -> ConsentDraft {
    let signed_at = written_at.minus(SECOND);
    let person_key = PEOPLE[usize::from(person)];
    let draft = house::consent_draft(CASE, person_key, &signers(person), signed_at);
    ConsentDraft { valid_until: until, ..draft }
}

fn withdrawal_draft(of: &SentConsent) -> WithdrawalDraft {
    let (by, capacity) = signers(of.person)[0];
    WithdrawalDraft {
        consent_id: of.id.clone().unwrap(),
        withdrawn_by_person_key: by.to_owned(),
        capacity,
        channel: 1,
    }
}

/// The summary of the scenario; every version says by whom it was published.
fn summary_draft(publisher: Option<RequestId>) -> SummaryDraft {
    let mut summary = house::summary();
    for section in &mut summary.sections {
        section.text = section_text(&section.section_id, publisher);
    }
    summary
}

/// The text of a section in the version that a request published.
pub(crate) fn section_text(section: &str, publisher: Option<RequestId>) -> String {
    let mut text = format!("Text {section}");
    if let Some(id) = publisher {
        write!(text, " {id}").unwrap();
    }
    text
}

fn summary_request() -> SummaryRequestDraft {
    SummaryRequestDraft {
        case_ref: CASE.to_owned(),
        author_oin: STEUNPUNT.to_owned(),
        revision: 0,
        purpose: 1,
        basis: 1,
        categories: Vec::new(),
        involvement: Some(InvolvementDraft { kind: 2, ..InvolvementDraft::default() }),
        evidence: BasisEvidenceDraft::default(),
    }
}

// Answers as bytes, and read again.

fn encode_consent(answer: &ConsentRecorded) -> Vec<u8> {
    answer.view.consent.consent_id.to_string().into_bytes()
}

/// A version, people, sections, then the entries with their proofs.
fn encode_requested(answer: &Requested) -> Vec<u8> {
    let mut text = format!("revision {}\n", answer.revision);
    for person in &answer.persons {
        writeln!(text, "person {}", person.key.as_str()).unwrap();
    }
    for part in &answer.parts {
        writeln!(text, "part {}|{}", part.section_id, part.text).unwrap();
    }
    for entry in &answer.entries {
        writeln!(text, "entry {}\n{}", entry.index, entry.tlog_proof).unwrap();
    }
    text.into_bytes()
}

/// What of a released summary the model knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) revision: u32,
    pub(crate) people: Vec<u8>,
    pub(crate) parts: Vec<(String, String)>,
}

impl View {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let after = |word: &'static str| text.lines().filter_map(move |l| l.strip_prefix(word));
        let person = |key| (0_u8..).zip(PEOPLE).find(|(_, known)| *known == key);
        Some(Self {
            revision: after("revision ").next()?.parse().ok()?,
            people: after("person ").map(|key| Some(person(key)?.0)).collect::<Option<_>>()?,
            parts: after("part ")
                .filter_map(|part| part.split_once('|'))
                .map(|(section, text)| (section.to_owned(), text.to_owned()))
                .collect(),
        })
    }
}
