//! `ketenpoort log show`: one entry, as it was hashed.
//!
//! Invariant: nothing but the entry itself is shown. What is personal stands in it as commitments,
//! which say nothing to whoever does not hold their openings.

use std::fmt::Display;

use serde::Serialize;

use crate::domain::basis::Basis;
use crate::domain::category::Category;
use crate::domain::consent;
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::domain::purpose::Purpose;
use crate::ledger::commitment::Commitment;
use crate::ledger::entry::{Administration, Body, ConsentChange, Disclosure, Entry};
use crate::ledger::hash::Hash;
use crate::ledger::purge::Purge;
use crate::store::db::page::Page;

use super::{Ledger, Source};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;

pub(super) async fn run(
    source: &Source,
    index: u64,
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let mut ledger = source.open().await?;
    let bytes = entry_bytes(&mut ledger, index).await?;
    ledger.close().await;
    let entry = Entry::decode(&bytes).map_err(|error| {
        Failure::new(Exit::ProofInvalid, format!("entry {index} cannot be read: {error}"))
    })?;
    let shown = Shown::of(index, &bytes, &entry);
    if json {
        terminal.json(&shown)?;
    } else {
        terminal.text(&toml::to_string(&shown)?)?;
    }
    Ok(Exit::Ok)
}

/// The stored bytes of an entry.
async fn entry_bytes(ledger: &mut Ledger, index: u64) -> anyhow::Result<Vec<u8>> {
    let missing = || missing(index);
    let idx = i64::try_from(index).map_err(|_too_large| missing())?;
    let mut page = Page::default();
    ledger.tx.raw_leaves(idx, 1, &mut page).await?;
    if let Some(leaf) = page.row(0).filter(|leaf| leaf.idx == idx) {
        return Ok(leaf.entry.to_vec());
    }
    let mut left = Page::default();
    ledger.tx.raw_purged(idx, 1, &mut left).await?;
    let by = left.row(0).filter(|purged| purged.idx == idx).map(|purged| purged.purged_by);
    Err(by.map_or_else(missing, |by| purged(index, by)).into())
}

pub(super) fn missing(index: u64) -> Failure {
    Failure::new(Exit::NotFound, format!("the ledger has no entry {index}"))
}

fn purged(index: u64, by: i64) -> Failure {
    let message = format!("entry {index} was purged; entry {by} of the ledger accounts for it");
    Failure::new(Exit::NotFound, message)
}

/// An entry, as `--json` shows it.
#[derive(Debug, Serialize)]
struct Shown {
    index: u64,
    leaf_hash: String,
    event_id: String,
    group_id: String,
    recorded_at: String,
    event: String,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    actor_organisation: String,
    commitments: Commitments,
    #[serde(flatten)]
    body: ShownBody,
}

#[derive(Debug, Serialize)]
struct Commitments {
    subject: Option<String>,
    actor: Option<String>,
    case: Option<String>,
    details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum ShownBody {
    Disclosure {
        sender: String,
        recipient: String,
        custodian: String,
        purpose: String,
        basis: String,
        categories: Vec<String>,
        policy: String,
        policy_hash: String,
        consents: Vec<ShownConsent>,
    },
    Consent {
        consent_id: String,
        version: u32,
        state: String,
        source: String,
        recipient: String,
        purpose: String,
        categories: Vec<String>,
        valid_from: String,
        valid_until: String,
    },
    Administration {
        scope: u16,
        count: u64,
        digest: String,
    },
    Purge {
        first: u64,
        last: u64,
        count: u64,
        root: String,
    },
}

#[derive(Debug, Serialize)]
struct ShownConsent {
    consent_id: String,
    version: u32,
}

impl Shown {
    fn of(index: u64, bytes: &[u8], entry: &Entry) -> Self {
        Self {
            index,
            leaf_hash: Hash::leaf(bytes).to_string(),
            event_id: entry.event_id.to_string(),
            group_id: entry.group_id.to_string(),
            recorded_at: entry.recorded_at.to_string(),
            event: word(EventCode::from_number(entry.event), entry.event),
            outcome: outcome(entry.outcome),
            reason: (entry.reason != 0)
                .then(|| word(DenialReason::from_number(entry.reason), entry.reason)),
            actor_organisation: entry.actor_organisation.to_string(),
            commitments: Commitments::of(entry),
            body: ShownBody::of(&entry.body),
        }
    }
}

impl Commitments {
    fn of(entry: &Entry) -> Self {
        let payload = match &entry.body {
            Body::Disclosure(disclosure) => hex_of(disclosure.payload),
            Body::Consent(_) | Body::Administration(_) | Body::Purge(_) => None,
        };
        Self {
            subject: hex_of(entry.subject),
            actor: hex_of(entry.actor),
            case: hex_of(entry.case),
            details: hex_of(entry.details),
            payload,
        }
    }
}

impl ShownBody {
    fn of(body: &Body) -> Self {
        match body {
            Body::Disclosure(disclosure) => Self::of_disclosure(disclosure),
            Body::Consent(change) => Self::of_consent(change),
            Body::Administration(Administration { scope, count, digest }) => {
                Self::Administration { scope: *scope, count: *count, digest: hex::encode(digest) }
            }
            Body::Purge(Purge { first, last, count, root }) => {
                Self::Purge { first: *first, last: *last, count: *count, root: root.to_string() }
            }
        }
    }

    fn of_disclosure(disclosure: &Disclosure) -> Self {
        let consents = disclosure.consents.as_slice().iter().map(|used| ShownConsent {
            consent_id: used.consent_id.to_string(),
            version: used.version,
        });
        Self::Disclosure {
            sender: disclosure.sender.to_string(),
            recipient: disclosure.recipient.to_string(),
            custodian: disclosure.custodian.to_string(),
            purpose: purpose(disclosure.purpose),
            basis: word(Basis::from_number(disclosure.basis.into()), disclosure.basis),
            categories: categories(disclosure.categories),
            policy: disclosure.policy.to_string(),
            policy_hash: hex::encode(disclosure.policy_hash),
            consents: consents.collect(),
        }
    }

    fn of_consent(change: &ConsentChange) -> Self {
        Self::Consent {
            consent_id: change.consent_id.to_string(),
            version: change.version,
            state: word(consent::State::from_number(change.state.into()), change.state),
            source: change.source.to_string(),
            recipient: change.recipient.to_string(),
            purpose: purpose(change.purpose),
            categories: categories(change.categories),
            valid_from: change.valid_from.to_string(),
            valid_until: change.valid_until.to_string(),
        }
    }
}

/// The word of a code. An entry must stay readable when this program does not know the code.
fn word(code: Option<impl Display>, number: impl Into<u16>) -> String {
    code.map_or_else(|| unknown(number), |code| code.to_string())
}

fn unknown(number: impl Into<u16>) -> String {
    format!("UNKNOWN_{}", number.into())
}

fn outcome(severity: u8) -> String {
    let word = match Outcome::from_severity(severity) {
        Some(Outcome::Success) => "SUCCESS",
        Some(Outcome::MinorFailure) => "MINOR_FAILURE",
        Some(Outcome::SeriousFailure) => "SERIOUS_FAILURE",
        Some(Outcome::MajorFailure) => "MAJOR_FAILURE",
        None => return unknown(severity),
    };
    word.to_owned()
}

fn purpose(number: u8) -> String {
    word(Purpose::from_number(number.into()), number)
}

/// The words of a set of categories: category n is bit n − 1.
fn categories(bits: u32) -> Vec<String> {
    let set = (0_u16..32).filter(|bit| bits & (1 << bit) != 0);
    set.map(|bit| word(Category::from_number(bit + 1), bit + 1)).collect()
}

fn hex_of(commitment: Commitment) -> Option<String> {
    (commitment != Commitment::NOTHING).then(|| hex::encode(commitment.as_bytes()))
}
