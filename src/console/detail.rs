//! One disclosure: what happened, why it was allowed or not, and the proof that nothing was changed.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::door::{Ask, Officer};
use super::lang::Lang;
use super::moments;
use super::page::{self, Frame, Menu, page};
use super::rows::{self, Row};
use crate::domain::decision::Condition;
use crate::gateway::disclosures::Looked;
use crate::gateway::{EntryReceipt, Error, Gateway};
use crate::ledger::hash::Hash;
use crate::ledger::tlog_proof::TlogProof;

/// The page.
#[derive(Template)]
#[template(path = "detail.html", config = "src/console/askama.toml")]
pub(super) struct Detail {
    pub(super) frame: Frame,
    pub(super) row: Row,
    /// `zaterdag 14 november 2026 om 23:41`.
    pub(super) moment: String,
    /// None when the person was forgotten: the record cannot be opened any more.
    pub(super) facts: Option<Facts>,
    pub(super) subject: Option<String>,
    pub(super) group: String,
    pub(super) proof: Proof,
    /// The search that finds everything else of the same act, case and person.
    pub(super) links: Links,
}

/// What the record says beside the row.
pub(super) struct Facts {
    pub(super) conditions: Vec<Tested>,
    pub(super) policy: String,
    pub(super) avg_article_6: Option<String>,
    pub(super) avg_article_9: Option<String>,
    pub(super) on_behalf_of: Option<String>,
    pub(super) consents: Vec<String>,
}

/// A condition, with what was needed and what was found.
pub(super) struct Tested {
    pub(super) met: bool,
    pub(super) text: &'static str,
    pub(super) needed: String,
    pub(super) found: String,
    pub(super) evidence: Option<String>,
}

/// The proof, with what the gateway itself found.
pub(super) struct Proof {
    /// Bytes of the entry, in base64.
    pub(super) entry: String,
    /// Hash of the leaf.
    pub(super) leaf: String,
    /// C2SP tlog-proof; empty while no checkpoint is over the entry.
    pub(super) text: String,
    /// Public key of the ledger, in base64.
    pub(super) key: String,
    pub(super) origin: String,
    pub(super) state: ProofState,
    pub(super) size: String,
    pub(super) index: String,
}

/// What the gateway found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProofState {
    Holds,
    Fails,
    NotYet,
}

pub(super) struct Links {
    pub(super) group: String,
    pub(super) case: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) user: String,
}

pub(super) async fn detail(ask: Ask, Path(index): Path<String>) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    // What is no number is no entry.
    let Ok(index) = index.parse::<i64>() else {
        return page::failed(&ask, &officer, &Error::hidden());
    };
    let gateway = ask.app.gateway();
    match gateway.disclosure(&officer.call, officer.purpose(), index).await {
        Ok((looked, receipt)) => page(StatusCode::OK, &composed(&ask, &officer, &looked, &receipt)),
        Err(Error::Invalid(_)) => page::failed(&ask, &officer, &Error::hidden()),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

fn composed(ask: &Ask, officer: &Officer, looked: &Looked, receipt: &EntryReceipt) -> Detail {
    let lang = ask.lang;
    let gateway = ask.app.gateway();
    Detail {
        frame: ask.frame(Menu::Disclosures, Some(officer)),
        row: rows::row(lang, &gateway.directory(), looked),
        moment: moments::moment(lang, looked.row.recorded_at),
        facts: facts(lang, looked),
        subject: looked.row.subject.map(crate::domain::id::Pseudonym::to_hex),
        group: looked.row.group_id.to_string(),
        proof: proof(lang, gateway, receipt),
        links: links(lang, looked),
    }
}

fn facts(lang: Lang, looked: &Looked) -> Option<Facts> {
    let record = looked.record.as_ref()?;
    let behind = record.acting_party();
    Some(Facts {
        conditions: record.conditions.iter().map(|one| tested(lang, one)).collect(),
        policy: record.authorization_policy.to_string(),
        avg_article_6: record.avg_article_6.clone(),
        avg_article_9: record.avg_article_9.clone(),
        on_behalf_of: behind.responsible_user_id.as_ref().map(ToString::to_string),
        consents: record.consent_ids.iter().map(ToString::to_string).collect(),
    })
}

fn tested(lang: Lang, of: &Condition) -> Tested {
    Tested {
        met: of.met,
        text: match lang {
            Lang::Nl => of.id.text_nl(),
            Lang::En => of.id.text_en(),
        },
        needed: of.needed.to_string(),
        found: of.found.to_string(),
        evidence: of.evidence.as_ref().map(ToString::to_string),
    }
}

fn proof(lang: Lang, gateway: &Gateway, receipt: &EntryReceipt) -> Proof {
    let verifier = gateway.ledger_verifier();
    let leaf = Hash::leaf(&receipt.entry);
    let (state, size) = if receipt.tlog_proof.is_empty() {
        (ProofState::NotYet, 0)
    } else {
        let parsed = receipt.tlog_proof.parse::<TlogProof>().ok();
        let keys = std::slice::from_ref(verifier);
        let held = parsed.and_then(|proof| proof.verify(leaf, keys, verifier.name()).ok());
        held.map_or((ProofState::Fails, 0), |checkpoint| (ProofState::Holds, checkpoint.size))
    };
    Proof {
        entry: STANDARD.encode(&receipt.entry),
        leaf: hex::encode(leaf.as_bytes()),
        text: receipt.tlog_proof.clone(),
        key: STANDARD.encode(verifier.public_key()),
        origin: verifier.name().to_string(),
        state,
        size: lang.number(size),
        index: lang.number(receipt.index),
    }
}

/// The searches keep to the period around the entry, which a search must have.
fn links(lang: Lang, looked: &Looked) -> Links {
    let row = &looked.row;
    let month = std::time::Duration::from_hours(30 * 24);
    let (from, until) = (row.recorded_at.minus(month).date(), row.recorded_at.plus(month).date());
    let to = |field: &str, value: &str| {
        let fields = [("van", from.to_string()), ("tot", until.to_string())];
        let query = fields.iter().map(|(name, value)| (*name, value.as_str()));
        let query: Vec<_> = query.chain([(field, value)]).collect();
        let query = serde_urlencoded::to_string(query).unwrap_or_default();
        format!("/{}/verstrekkingen?{query}", lang.tag())
    };
    Links {
        group: to("handeling", &row.group_id.to_string()),
        case: row.case_ref.as_ref().map(|case| to("zaak", case.as_str())),
        subject: row.subject.map(|subject| to("betrokkene", &subject.to_hex())),
        user: to("medewerker", row.actor_user_id.as_str()),
    }
}

impl Proof {
    fn holds(&self) -> bool {
        self.state == ProofState::Holds
    }

    fn fails(&self) -> bool {
        self.state == ProofState::Fails
    }

    fn can_be_checked(&self) -> bool {
        self.state != ProofState::NotYet
    }
}

/// The words of the sentence that do not hang on the language alone.
impl Detail {
    fn is_refused(&self) -> bool {
        self.row.why.is_some()
    }
}
