//! The proof that a scope is complete: on the page, and as a text that can be checked elsewhere.

use crate::console::lang::Lang;
use crate::console::moments;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::breaches::completeness::Completeness;
use crate::gateway::proofs::Signed;
use crate::ledger::proof::verify_consistency;

/// What the page says of it.
pub(in crate::console) struct Proof {
    /// Size, moment and root of the first checkpoint; none: the ledger began later.
    pub(in crate::console) before: Option<(String, String, String)>,
    pub(in crate::console) now: (String, String, String),
    /// The entries in between: the first, and the one behind the last.
    pub(in crate::console) leaves: (String, String),
    pub(in crate::console) hashes: Vec<String>,
    /// Whether the gateway itself finds it right.
    pub(in crate::console) holds: bool,
}

pub(super) fn proof(lang: Lang, of: &Completeness) -> Proof {
    let (first, end) = of.leaves();
    Proof {
        before: of.before.as_ref().map(|one| checkpoint(lang, one)),
        now: checkpoint(lang, &of.now),
        leaves: (lang.number(first), lang.number(end)),
        hashes: of.hashes.iter().map(ToString::to_string).collect(),
        holds: holds(of),
    }
}

fn checkpoint(lang: Lang, of: &Signed) -> (String, String, String) {
    (lang.number(of.size), moments::moment(lang, of.signed_at), of.root.to_string())
}

fn holds(of: &Completeness) -> bool {
    let Some(before) = &of.before else { return of.hashes.is_empty() };
    let (old, new) = ((before.size, before.root), (of.now.size, of.now.root));
    verify_consistency(old.0, old.1, new.0, new.1, &of.hashes).is_ok()
}

/// In both languages: it goes to whoever wants to check it.
pub(super) fn as_text(
    gateway: &Gateway,
    (from, changed): (Timestamp, Option<u64>),
    of: &Completeness,
) -> String {
    let (first, end) = of.leaves();
    let verifier = gateway.ledger_verifier();
    let before = of.before.as_ref().map_or_else(
        || "checkpoint-before: none (the ledger began after window-start)\n".to_owned(),
        |before| section("checkpoint-before", before),
    );
    let hashes = of.hashes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let changed = changed.map_or_else(String::new, |changed| {
        format!("entries-of-the-scope-changed-in-the-database: {changed}\n")
    });
    format!(
        "{HEAD}window-start: {from}\nlog-origin: {}\nlog-public-key-ed25519: {}\n\
         leaves: {first} <= index < {end}\n{changed}\n{before}\n{}\n\
         consistency-proof (RFC 6962, 2.1.2; base64, in order): {}\n{hashes}\n",
        verifier.name(),
        hex::encode(verifier.public_key()),
        section("checkpoint-now", &of.now),
        of.hashes.len(),
    )
}

fn section(name: &str, of: &Signed) -> String {
    let head = format!("{name}: size {}, root {}, signed {}", of.size, of.root, of.signed_at);
    format!("{head}\n-----\n{}\n-----\n", of.note.trim_end())
}

const HEAD: &str = "\
# Bewijs dat de omvang volledig is / Proof that the scope is complete
#
# NL: Tussen de twee controlepunten hieronder staan precies de regels van het bereik `leaves`. Het
# consistentiebewijs laat zien dat het tweede controlepunt het eerste alleen aanvult: geen regel van de
# periode is weggehaald, gewijzigd of ertussen gezet.
# Staat hieronder dat regels van de omvang in de database zijn gewijzigd, dan is de omvang niet volledig:
# er kunnen personen ontbreken.
# Zo controleert u dat: (1) controleer de handtekening van beide controlepunten (C2SP signed note,
# Ed25519) met de sleutel van het logboek; (2) reken het consistentiebewijs na volgens RFC 6962 par.
# 2.1.2, van de eerste grootte en top naar de tweede; (3) vergelijk het eerste controlepunt met een
# controlepunt of ontvangstbewijs dat u of een partner al had. Een beheerder controleert het hele
# logboek met: ketenpoort log verify --config ketenpoort.toml
#
# EN: Between the two checkpoints below stand exactly the entries of the range `leaves`. The consistency
# proof shows that the second checkpoint only extends the first: no entry of the period was taken out,
# changed or put in between.
# Where it says below that entries of the scope were changed in the database, the scope is not complete:
# people may be missing.
# To check: (1) verify the signature of both checkpoints (C2SP signed note, Ed25519) with the key of the
# ledger; (2) compute the consistency proof by RFC 6962 section 2.1.2, from the first size and root to
# the second; (3) compare the first checkpoint with one, or a receipt, that you or a partner held
# before. An operator checks the whole ledger with: ketenpoort log verify --config ketenpoort.toml

";
