//! One disclosure: what happened, why it was allowed or not, and the proof that nothing was changed.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::console::door::{Ask, Officer};
use crate::console::lang::Lang;
use crate::console::menu::Menu;
use crate::console::moments;
use crate::console::page::{self, Frame, page};
use crate::console::rows::{self, Row};
use crate::domain::decision::Condition;
use crate::gateway::disclosures::Looked;
use crate::gateway::{EntryReceipt, Error, Gateway};
use crate::ledger::hash::Hash;
use crate::ledger::tlog_proof::TlogProof;

/// The page.
#[derive(Template)]
#[template(path = "disclosure.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Detail {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) row: Row,
    /// `zaterdag 14 november 2026 om 23:41`.
    pub(in crate::console) moment: String,
    /// None when the person was forgotten: the record cannot be opened any more.
    pub(in crate::console) facts: Option<Facts>,
    pub(in crate::console) subject: Option<String>,
    pub(in crate::console) group: String,
    pub(in crate::console) proof: Proof,
    /// The search that finds everything else of the same act, case and person.
    pub(in crate::console) links: Links,
}

/// What the record says beside the row.
pub(in crate::console) struct Facts {
    pub(in crate::console) conditions: Vec<Tested>,
    pub(in crate::console) policy: String,
    pub(in crate::console) avg_article_6: Option<String>,
    pub(in crate::console) avg_article_9: Option<String>,
    pub(in crate::console) on_behalf_of: Option<String>,
    pub(in crate::console) consents: Vec<String>,
}

/// A condition, with what was needed and what was found.
pub(in crate::console) struct Tested {
    pub(in crate::console) met: bool,
    pub(in crate::console) text: &'static str,
    pub(in crate::console) needed: String,
    pub(in crate::console) found: String,
    pub(in crate::console) evidence: Option<String>,
}

/// The proof, with what the gateway itself found.
pub(in crate::console) struct Proof {
    /// Bytes of the entry, in base64.
    pub(in crate::console) entry: String,
    /// Hash of the leaf.
    pub(in crate::console) leaf: String,
    /// C2SP tlog-proof; empty while no checkpoint is over the entry.
    pub(in crate::console) text: String,
    /// Public key of the ledger, in base64.
    pub(in crate::console) key: String,
    pub(in crate::console) origin: String,
    pub(in crate::console) state: ProofState,
    pub(in crate::console) size: String,
    pub(in crate::console) index: String,
}

/// What the gateway found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum ProofState {
    Holds,
    Fails,
    NotYet,
}

pub(in crate::console) struct Links {
    pub(in crate::console) group: String,
    pub(in crate::console) case: Option<String>,
    pub(in crate::console) subject: Option<String>,
    pub(in crate::console) user: String,
}

pub(in crate::console) async fn disclosure(ask: Ask, Path(index): Path<String>) -> Response {
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
        subject: row.subject.map(|_| to("betrokkene", &row.idx.to_string())),
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
