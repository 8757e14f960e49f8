//! The proof that nothing was changed: what the gateway itself finds, and the same to take away.

use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::console::door::Ask;
use crate::console::lang::{Lang, Words};
use crate::console::{moments, page};
use crate::domain::time::Timestamp;
use crate::gateway::disclosures::{Looked, SEALED};
use crate::gateway::{EntryReceipt, Error, Gateway};
use crate::ledger::hash::Hash;
use crate::ledger::note::{KeyName, Quorum};
use crate::ledger::tlog_proof::TlogProof;

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
    /// What of this page is not what the ledger recorded, in words; the leaf itself may be right.
    pub(in crate::console) changed: Option<String>,
    /// The proof as a text to take away.
    pub(in crate::console) download: String,
    /// What witnesses said of the checkpoint; none where nobody watches.
    pub(in crate::console) witnessed: Option<Witnessed>,
}

/// What witnesses said of a checkpoint.
pub(in crate::console) struct Witnessed {
    /// Their public keys (C2SP `signed-note`), for the browser, with spaces between.
    pub(in crate::console) keys: String,
    /// How many must have cosigned.
    pub(in crate::console) needed: usize,
    /// How many there are.
    pub(in crate::console) known: usize,
    /// Those who did, with the moment.
    pub(in crate::console) by: Vec<String>,
}

impl Witnessed {
    pub(in crate::console) fn is_enough(&self) -> bool {
        self.by.len() >= self.needed
    }
}

/// What the gateway found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum ProofState {
    Holds,
    Fails,
    NotYet,
}

impl Proof {
    pub(super) fn holds(&self) -> bool {
        self.state == ProofState::Holds
    }

    pub(super) fn fails(&self) -> bool {
        self.state == ProofState::Fails
    }

    /// Whether a checkpoint is over the entry, so that there is a proof.
    pub(super) fn can_be_checked(&self) -> bool {
        !self.text.is_empty()
    }
}

/// A proof holds for the bytes of the leaf. The page shows the row beside it, so a row that was changed
/// makes the page wrong, however right the proof is.
pub(super) fn proof(
    lang: Lang,
    gateway: &Gateway,
    looked: &Looked,
    receipt: &EntryReceipt,
) -> Proof {
    let verifier = gateway.ledger_verifier();
    let leaf = Hash::leaf(&receipt.entry);
    let (found, size) = if receipt.tlog_proof.is_empty() {
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
        state: if looked.changed.is_empty() { found } else { ProofState::Fails },
        size: lang.number(size),
        index: lang.number(receipt.index),
        changed: changed(lang, &looked.changed),
        witnessed: witnessed(lang, gateway.quorum(), &receipt.tlog_proof),
        download: format!("/{}/verstrekkingen/{}/bewijs.txt", lang.tag(), receipt.index),
    }
}

fn witnessed(lang: Lang, quorum: &Quorum, proof: &str) -> Option<Witnessed> {
    if quorum.witnesses().is_empty() {
        return None;
    }
    let keys: Vec<String> = quorum.witnesses().iter().map(ToString::to_string).collect();
    let proof = proof.parse::<TlogProof>().ok();
    let cosigners = proof.as_ref().map(|proof| quorum.cosigners(proof.checkpoint()));
    let told = |(name, at): (&KeyName, Timestamp)| format!("{name} ({})", moments::brief(lang, at));
    Some(Witnessed {
        keys: keys.join(" "),
        needed: quorum.needed(),
        known: keys.len(),
        by: cosigners.unwrap_or_default().into_iter().map(told).collect(),
    })
}

fn changed(lang: Lang, columns: &[&'static str]) -> Option<String> {
    if columns.is_empty() {
        return None;
    }
    let words: Vec<&str> = columns.iter().map(|column| lang.pick(word(column))).collect();
    let head = lang.pick(Words("Gewijzigd buiten het logboek om:", "Changed behind the ledger:"));
    Some(format!("{head} {}.", words.join(", ")))
}

/// What a column holds, as the page calls it.
fn word(column: &str) -> Words {
    match column {
        "event_id" | "group_id" | "message_id" => Words("kenmerk", "identifier"),
        "event_code" => Words("gebeurtenis", "event"),
        "outcome" | "disposition" => Words("uitkomst", "outcome"),
        "denial" => Words("reden van weigering", "reason of the refusal"),
        "recorded_at" => Words("tijdstip", "moment"),
        "actor_oin" => Words("organisatie die handelde", "organisation that acted"),
        "sender_oin" => Words("bron", "source"),
        "recipient_oin" => Words("ontvanger", "recipient"),
        "purpose" => Words("doel", "purpose"),
        "basis" => Words("grondslag", "basis"),
        "categories" => Words("gegevens", "data"),
        "actor_user_id" => Words("medewerker", "employee"),
        "case_ref" => Words("zaak", "case"),
        "subject" => Words("betrokkene", "person"),
        SEALED => Words("verzegelde vastlegging", "sealed record"),
        _ => Words("regel van het logboek", "entry of the ledger"),
    }
}

/// The proof as a text. It is a look at the entry like another.
pub(in crate::console) async fn download(ask: Ask, Path(index): Path<String>) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Ok(index) = index.parse::<i64>() else {
        return page::failed(&ask, &officer, &Error::hidden());
    };
    let gateway = ask.app.gateway();
    match gateway.disclosure(&officer.call, officer.purpose(), index).await {
        // No checkpoint is over it yet, so there is no proof to take away.
        Ok((_, receipt)) if receipt.tlog_proof.is_empty() => {
            page::failed(&ask, &officer, &Error::hidden())
        }
        Ok((looked, receipt)) => file(as_text(gateway, &looked, &receipt), receipt.index),
        Err(Error::Invalid(_)) => page::failed(&ask, &officer, &Error::hidden()),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

fn file(text: String, index: u64) -> Response {
    let disposition = format!("attachment; filename=\"bewijs-{index}.txt\"");
    let plain = "text/plain; charset=utf-8".to_owned();
    ([(CONTENT_TYPE, plain), (CONTENT_DISPOSITION, disposition)], text).into_response()
}

/// In both languages: it goes to whoever wants to check it.
fn as_text(gateway: &Gateway, looked: &Looked, receipt: &EntryReceipt) -> String {
    let verifier = gateway.ledger_verifier();
    let row = if looked.changed.is_empty() {
        "as the leaf says".to_owned()
    } else {
        format!("CHANGED ({})", looked.changed.join(", "))
    };
    format!(
        "{HEAD}log-origin: {}\nlog-public-key-ed25519: {}\nrow-beside-the-leaf: {row}\n\
         leaf-sha256: {}\nleaf-base64: {}\nwitnesses-needed: {}\n{}\n{}",
        verifier.name(),
        hex::encode(verifier.public_key()),
        hex::encode(Hash::leaf(&receipt.entry).as_bytes()),
        STANDARD.encode(&receipt.entry),
        gateway.quorum().needed(),
        witness_lines(gateway.quorum()),
        receipt.tlog_proof,
    )
}

fn witness_lines(quorum: &Quorum) -> String {
    let lines: Vec<String> = quorum.witnesses().iter().map(ToString::to_string).collect();
    lines.iter().flat_map(|line| ["witness: ", line, "\n"]).collect()
}

const HEAD: &str = "\
# Bewijs van een regel van het logboek / Proof of an entry of the ledger
#
# NL: Zo controleert u dat de regel ongewijzigd in het logboek staat: (1) lees de regel uit `leaf-base64`;
# SHA-256 over een byte 0 en de regel is de hash (RFC 6962 par. 2.1); (2) alles vanaf de regel
# c2sp.org/tlog-proof@v1 is het bewijs: reken met de hashes daarin de top uit; (3) controleer dat het
# controlepunt die top noemt, en zijn handtekening (C2SP signed note, Ed25519) met de sleutel van het
# logboek; (4) tel de getuigen die het controlepunt mede ondertekenden (C2SP tlog-cosignature) met de
# sleutels uit de regels `witness`: het zijn er genoeg als het er `witnesses-needed` of meer zijn. Vraag
# de sleutels aan de getuigen zelf. Is `witnesses-needed` 0, dan ondertekent alleen het logboek zelf.
#
# EN: To check that the entry stands unchanged in the ledger: (1) read the entry from `leaf-base64`;
# SHA-256 over a byte 0 and the entry is the hash (RFC 6962 section 2.1); (2) everything from the line
# c2sp.org/tlog-proof@v1 on is the proof: compute the root with the hashes in it; (3) see that the
# checkpoint names that root, and verify its signature (C2SP signed note, Ed25519) with the key of the
# ledger; (4) count the witnesses that cosigned the checkpoint (C2SP tlog-cosignature) with the keys of
# the lines `witness`: they are enough when they are `witnesses-needed` or more. Ask the witnesses
# themselves for their keys. With `witnesses-needed` 0 only the ledger itself signs.

";
