//! The ledger commands on an empty ledger, on a small one, and on one that somebody tampered with.

use std::path::Path;
use std::sync::Arc;

use ketenpoort::domain::event::{Disposition, EventCode};
use ketenpoort::domain::id::{ConsentId, EventId, GroupId, Oin};
use ketenpoort::domain::time::Timestamp;
use ketenpoort::ledger::checkpoint::Checkpoint;
use ketenpoort::ledger::commitment::Commitment;
use ketenpoort::ledger::entry::{
    Administration, Body, ConsentChange, ConsentUse, ConsentUses, Disclosure, Entry,
};
use ketenpoort::ledger::hash::Hash;
use ketenpoort::ledger::note::{Signer, Verifier};
use ketenpoort::ledger::tlog_proof::TlogProof;
use ketenpoort::store::ledger::SCHEMA;
use ketenpoort::store::{Command, Db, DisclosureRow, Flow, NewEntry, Placed, Result, Tx, Writer};
use sqlx::SqlitePool;
use tempfile::TempDir;
use uuid::Uuid;

use super::place::{Run, json, ketenpoort_in};
use super::postgres;

#[path = "purge.rs"]
mod purge;

const SEED: [u8; 32] = [7; 32];

/// More than two full tiles.
const ENTRIES: u64 = 600;

fn signer() -> Signer {
    Signer::from_seed("log.example/test".parse().unwrap(), &SEED)
}

fn moment() -> Timestamp {
    "2026-04-14T10:22:31.412Z".parse().unwrap()
}

fn oin(number: u32) -> Oin {
    format!("00000099{number:09}000").parse().unwrap()
}

fn entry(number: u64, body: Body) -> NewEntry {
    let id = Uuid::from_u64_pair(1, number + 1);
    let entry = Entry {
        event_id: EventId::new(id),
        group_id: GroupId::new(id),
        recorded_at: moment(),
        event: 8,
        outcome: 0,
        reason: 0,
        actor_organisation: oin(6),
        subject: Commitment::new([1; 32]),
        actor: Commitment::new([2; 32]),
        case: Commitment::NOTHING,
        details: Commitment::new([3; 32]),
        body,
    };
    NewEntry { row: row(&entry), entry, directory_version: None }
}

/// The row that a gateway writes beside an entry.
fn row(entry: &Entry) -> DisclosureRow {
    let (sender_oin, recipient_oin, purpose, basis, categories) = match &entry.body {
        Body::Disclosure(d) => {
            let (sender, recipient) = (Some(d.sender.clone()), Some(d.recipient.clone()));
            (sender, recipient, d.purpose.into(), d.basis.into(), d.categories.into())
        }
        Body::Consent(c) => {
            let (source, recipient) = (Some(c.source.clone()), Some(c.recipient.clone()));
            (source, recipient, c.purpose.into(), 0, c.categories.into())
        }
        Body::Administration(_) | Body::Purge(_) => (None, None, 0, 0, 0),
    };
    DisclosureRow {
        idx: 0,
        event_id: entry.event_id,
        group_id: entry.group_id,
        event_code: entry.event.into(),
        outcome: entry.outcome.into(),
        denial: entry.reason.into(),
        disposition: disposition(entry).number().into(),
        recorded_at: entry.recorded_at,
        actor_oin: entry.actor_organisation.clone(),
        actor_user_id: "ggz-0310".parse().unwrap(),
        sender_oin,
        recipient_oin,
        purpose,
        basis,
        categories,
        case_ref: None,
        message_id: None,
        subject: None,
        sealed: vec![0; 16],
        unread: Vec::new(),
    }
}

fn administration() -> Body {
    Body::Administration(Administration { scope: 1, count: 2, digest: [4; 32] })
}

/// Consent 9 of version 1, or what it became.
fn consent(state: u8) -> Body {
    Body::Consent(ConsentChange {
        consent_id: ConsentId::new(Uuid::from_u64_pair(9, 9)),
        version: 1,
        state,
        source: oin(3),
        recipient: oin(6),
        purpose: 1,
        categories: 0b11,
        valid_from: "2026-01-01T00:00:00Z".parse().unwrap(),
        valid_until: "2026-10-02T00:00:00Z".parse().unwrap(),
    })
}

fn disclosure() -> Body {
    Body::Disclosure(Disclosure {
        sender: oin(3),
        recipient: oin(6),
        custodian: oin(3),
        purpose: 1,
        basis: 1,
        categories: 0b1,
        policy: "haaglanden-1".parse().unwrap(),
        policy_hash: [5; 32],
        payload: Commitment::new([6; 32]),
        consents: ConsentUses::new(vec![ConsentUse {
            consent_id: ConsentId::new(Uuid::from_u64_pair(9, 9)),
            version: 1,
        }])
        .unwrap(),
    })
}

/// A consent, a disclosure on it, then many entries about the gateway.
fn bodies() -> Vec<Body> {
    let mut bodies = vec![consent(2), disclosure()];
    bodies.resize(usize::try_from(ENTRIES).unwrap(), administration());
    bodies
}

struct Append(Vec<NewEntry>);

impl Command for Append {
    type Outcome = ();

    async fn apply(&self, _: &mut Tx) -> Result<Flow<()>> {
        Ok(Flow::Append(self.0.clone()))
    }

    async fn complete(&self, _: &mut Tx, _: &mut Placed) -> Result<()> {
        Ok(())
    }
}

/// Appends a hundred entries to a commit.
async fn fill(db: &Db, bodies: Vec<Body>) -> Writer {
    let writer = Writer::start(db.clone(), signer(), Arc::new(moment), None).await.unwrap();
    let entries: Vec<_> = (0..).zip(bodies).map(|(n, body)| entry(n, body)).collect();
    for some in entries.chunks(100) {
        writer.commit(Append(some.to_vec())).await.unwrap();
    }
    writer
}

/// A database with a ledger, and the gateway's connections to it while it runs.
struct Log {
    directory: TempDir,
    running: Option<(Db, Writer)>,
}

impl Log {
    async fn of(bodies: Vec<Body>) -> Self {
        let directory = TempDir::new().unwrap();
        let db = Db::open_sqlite(&directory.path().join("kp.sqlite"), SCHEMA).await.unwrap();
        let writer = fill(&db, bodies).await;
        Self { directory, running: Some((db, writer)) }
    }

    async fn stop(&mut self) {
        if let Some((db, writer)) = self.running.take() {
            drop(writer);
            db.close().await;
        }
    }

    /// Runs a command on the database, with the key.
    fn run(&self, command: &str) -> Run {
        let vkey = signer().verifier().to_string();
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.extend(["--database", "sqlite:kp.sqlite", "--vkey", &vkey]);
        ketenpoort_in(self.directory.path(), &arguments)
    }

    /// Codes of the findings of `log verify`, each once.
    fn findings(&self, command: &str) -> Vec<String> {
        let run = self.run(command);
        let report = json(&run);
        assert_eq!(run.code, if report["findings_total"] == 0 { 0 } else { 6 });
        let findings = report["findings"].as_array().unwrap();
        let mut codes: Vec<String> =
            findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
        codes.dedup();
        codes
    }

    /// Changes the database behind the gateway's back.
    async fn tamper(&self, statement: &'static str) {
        let path = self.directory.path().join("kp.sqlite");
        let pool = SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        let changed = sqlx::query(statement).execute(&pool).await.unwrap();
        assert!(changed.rows_affected() > 0, "{statement}");
        pool.close().await;
    }
}

#[tokio::test]
async fn an_empty_ledger_is_complete() {
    let mut log = Log::of(Vec::new()).await;
    assert_eq!(log.findings("log verify --json"), [""; 0]);
    log.stop().await;
    assert_eq!(log.run("log verify").code, 0);
    assert_eq!(log.run("log audit").code, 0);
    assert_eq!(log.run("log show --index 0").code, 7);
    assert_eq!(log.run("log proof --index 0").code, 7);
}

#[tokio::test]
async fn a_ledger_verifies_beside_the_gateway_and_nothing_is_written() {
    let mut log = Log::of(bodies()).await;
    let files = |directory: &Path| {
        ["kp.sqlite", "kp.sqlite-wal"].map(|name| std::fs::read(directory.join(name)).unwrap())
    };
    let before = files(log.directory.path());
    let run = log.run("log verify --json");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report = json(&run);
    assert_eq!(report["origin"], "log.example/test");
    for (what, count) in [("size", 600), ("entries", 600), ("rows", 600), ("tiles", 2)] {
        assert_eq!(report[what], count, "{what}");
    }
    assert_eq!(report["checkpoints"], 6);
    assert_eq!(run.stderr, "");
    assert!(files(log.directory.path()) == before);
    // The gateway goes on.
    let (_, writer) = log.running.as_ref().unwrap();
    writer.commit(Append(vec![entry(ENTRIES, administration())])).await.unwrap();
    log.stop().await;
    let after = log.run("log verify");
    assert_eq!(after.code, 0);
    assert!(after.stdout.starts_with("ok  the ledger log.example/test"), "{}", after.stdout);
    assert!(after.stdout.contains("601 entries"), "{}", after.stdout);
}

#[tokio::test]
async fn every_kind_of_tampering_is_found_and_named() {
    for (statement, code) in [
        ("UPDATE leaves SET entry = zeroblob(300) WHERE idx = 5", "CHANGED_ENTRY"),
        ("UPDATE leaves SET event_id = zeroblob(16) WHERE idx = 5", "EVENT_ID_CHANGED"),
        ("DELETE FROM leaves WHERE idx = 5", "MISSING_ENTRIES"),
        ("DELETE FROM leaves WHERE idx = 599", "MISSING_ENTRIES"),
        ("INSERT INTO leaves VALUES (600, zeroblob(16), x'00')", "UNEXPECTED_ENTRY"),
        ("INSERT INTO leaves VALUES (-1, zeroblob(16), x'00')", "NEGATIVE_NUMBER"),
        ("UPDATE tiles SET root = zeroblob(32) WHERE idx = 1", "TILE_MISMATCH"),
        ("DELETE FROM tiles WHERE idx = 1", "TILE_MISSING"),
        ("INSERT INTO tiles VALUES (9, 0, x'00', x'00')", "UNEXPECTED_TILE"),
        ("INSERT INTO tiles VALUES (0, -1, x'00', x'00')", "NEGATIVE_NUMBER"),
        ("DELETE FROM checkpoints WHERE size = 600", "CHECKPOINT_MISSING"),
        ("UPDATE checkpoints SET size = 700 WHERE size = 600", "CHECKPOINT_BEYOND_LOG"),
        ("UPDATE checkpoints SET note = 'x' WHERE size = 300", "CHECKPOINT_MALFORMED"),
        ("UPDATE checkpoints SET size = -1 WHERE size = 300", "NEGATIVE_NUMBER"),
        ("UPDATE log_state SET root = x'00'", "STATE_MISMATCH"),
        ("UPDATE log_state SET size = 599", "UNEXPECTED_ENTRY"),
        ("UPDATE log_state SET origin = 'other'", "OTHER_LEDGER"),
        ("DELETE FROM disclosures WHERE idx = 1", "ROW_MISSING"),
        ("UPDATE disclosures SET idx = 900 WHERE idx = 1", "ROW_UNEXPECTED"),
        ("UPDATE disclosures SET idx = -9 WHERE idx = 1", "NEGATIVE_NUMBER"),
        ("UPDATE disclosures SET recipient_oin = 'nobody' WHERE idx = 1", "ROW_CHANGED"),
        ("UPDATE disclosures SET outcome = 8 WHERE idx = 1", "ROW_CHANGED"),
        ("UPDATE disclosures SET event_id = x'00' WHERE idx = 1", "ROW_CHANGED"),
    ] {
        let mut log = Log::of(bodies()).await;
        log.stop().await;
        log.tamper(statement).await;
        let found = log.findings("log verify --json");
        assert!(found.iter().any(|found| found == code), "{statement}: {found:?}");
    }
}

/// Rows are read in pages of 1,024, and signatures of a page are checked on several threads.
#[tokio::test]
async fn tampering_is_found_in_every_page_and_at_its_edges() {
    let mut many = bodies();
    many.resize(3_000, administration());
    let mut log = Log::of(many).await;
    log.stop().await;
    let report = json(&log.run("log verify --json"));
    for (what, count) in [("entries", 3_000), ("rows", 3_000), ("tiles", 11), ("checkpoints", 30)] {
        assert_eq!(report[what], count, "{what}");
    }
    assert_eq!(report["findings_total"], 0, "{report}");
    let file = log.directory.path().join("kp.sqlite");
    let honest = std::fs::read(&file).unwrap();
    for (statement, code, index) in [
        ("UPDATE leaves SET entry = zeroblob(300) WHERE idx = 1023", "CHANGED_ENTRY", 1_023),
        ("UPDATE leaves SET entry = zeroblob(300) WHERE idx = 1024", "CHANGED_ENTRY", 1_024),
        ("UPDATE leaves SET event_id = x'00' WHERE idx = 2999", "EVENT_ID_CHANGED", 2_999),
        ("DELETE FROM leaves WHERE idx = 2047", "MISSING_ENTRIES", 2_047),
        ("DELETE FROM leaves WHERE idx > 1023", "MISSING_ENTRIES", 1_024),
        ("UPDATE disclosures SET outcome = 8 WHERE idx = 2048", "ROW_CHANGED", 2_048),
        ("DELETE FROM disclosures WHERE idx = 1024", "ROW_MISSING", 1_024),
        ("DELETE FROM disclosures WHERE idx > 1023", "ROW_MISSING", 1_024),
        ("UPDATE disclosures SET idx = 3000 WHERE idx = 2999", "ROW_UNEXPECTED", 3_000),
    ] {
        std::fs::write(&file, &honest).unwrap();
        log.tamper(statement).await;
        let report = json(&log.run("log verify --json"));
        let findings = report["findings"].as_array().unwrap();
        let named = |found: &&serde_json::Value| found["code"] == code && found["index"] == index;
        assert!(findings.iter().any(|found| named(&found)), "{statement}: {findings:?}");
    }
    for size in ["100", "1700", "2900"] {
        std::fs::write(&file, &honest).unwrap();
        let forge = "UPDATE checkpoints SET note = replace(note, substr(note, -20, 4), 'AAAA')";
        let forge = format!("{forge} WHERE size = {size}");
        log.tamper(Box::leak(forge.into_boxed_str())).await;
        assert_eq!(log.findings("log verify --json"), ["CHECKPOINT_SIGNATURE"], "{size}");
    }
}

#[tokio::test]
async fn a_changed_entry_and_a_changed_row_are_told_in_sentences() {
    let mut log = Log::of(bodies()).await;
    log.stop().await;
    log.tamper("UPDATE leaves SET entry = zeroblob(300) WHERE idx = 5").await;
    log.tamper("UPDATE disclosures SET purpose = 2, basis = 2 WHERE idx = 1").await;
    let run = log.run("log verify");
    assert_eq!(run.code, 6);
    assert!(run.stdout.contains("bad  entry 5 was changed"), "{}", run.stdout);
    let changed = "bad  the row beside entry 1 was changed: purpose, basis say something else";
    assert!(run.stdout.contains(changed), "{}", run.stdout);
}

#[tokio::test]
async fn a_ledger_that_was_replaced_as_a_whole_is_found_with_a_kept_checkpoint() {
    let mut honest = Log::of(bodies()).await;
    honest.stop().await;
    let note = json(&honest.run("log proof --index 1 --json"))["tlog_proof"].clone();
    let proof: TlogProof = note.as_str().unwrap().parse().unwrap();
    let kept = proof.checkpoint().to_string();
    let mut rest = bodies();
    rest.truncate(400);
    let mut shorter = Log::of(rest.clone()).await;
    shorter.stop().await;
    rest.resize(700, consent(4));
    let mut other = Log::of(rest).await;
    other.stop().await;
    for (log, found) in [
        (&honest, &[][..]),
        (&shorter, &["KEPT_CHECKPOINT_BEYOND_END"]),
        (&other, &["KEPT_CHECKPOINT_MISMATCH"]),
    ] {
        std::fs::write(log.directory.path().join("kept"), &kept).unwrap();
        assert_eq!(log.findings("log verify --json"), [""; 0], "signed by the right key");
        assert_eq!(log.findings("log verify --json --checkpoint kept"), found);
    }
    std::fs::write(honest.directory.path().join("kept"), kept.replace("600", "599")).unwrap();
    assert_eq!(honest.run("log verify --checkpoint kept").code, 6);
}

#[tokio::test]
async fn a_proof_convinces_whoever_has_the_entry_and_the_key() {
    let mut log = Log::of(bodies()).await;
    log.stop().await;
    let run = log.run("log proof --index 1 --out proof");
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    let text = std::fs::read_to_string(log.directory.path().join("proof")).unwrap();
    assert_eq!(log.run("log proof --index 1").stdout, text);
    let proof: TlogProof = text.parse().unwrap();
    let leaf = Hash::leaf(&entry(1, disclosure()).entry.encode());
    let verifier: Verifier = signer().verifier().clone();
    let proved: Checkpoint =
        proof.verify(leaf, std::slice::from_ref(&verifier), verifier.name()).unwrap();
    assert_eq!(proved.size, ENTRIES);
    assert_eq!(log.run("log proof --index 600").code, 7);
    log.tamper("UPDATE leaves SET entry = zeroblob(300) WHERE idx = 1").await;
    assert_eq!(log.run("log proof --index 1").code, 6);
}

#[tokio::test]
async fn an_entry_is_shown_with_words_and_without_people() {
    let mut log = Log::of(bodies()).await;
    log.stop().await;
    let run = log.run("log show --index 1 --json");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let shown = json(&run);
    assert_eq!(shown["event"], "SUMMARY_DELIVERED");
    assert_eq!(shown["outcome"], "SUCCESS");
    assert_eq!(shown["disclosure"]["purpose"], "CARE_COORDINATION");
    assert_eq!(shown["disclosure"]["basis"], "CONSENT");
    assert_eq!(shown["disclosure"]["categories"][0], "IDENTIFICATION");
    assert_eq!(shown["disclosure"]["consents"][0]["version"], 1);
    assert_eq!(shown["commitments"]["case"], serde_json::Value::Null);
    let text = log.run("log show --index 1").stdout;
    assert!(text.contains("event = \"SUMMARY_DELIVERED\""), "{text}");
    for output in [run.stdout, text] {
        assert!(!output.contains("ggz-0310"), "{output}");
    }
}

#[tokio::test]
async fn the_audit_finds_a_disclosure_after_a_withdrawal() {
    let mut right = Log::of(vec![consent(2), disclosure(), consent(4)]).await;
    right.stop().await;
    let run = right.run("log audit --json");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(json(&run)["disclosures"], 1);

    let mut wrong = Log::of(vec![consent(2), consent(4), disclosure()]).await;
    wrong.stop().await;
    let run = wrong.run("log audit");
    assert_eq!(run.code, 6);
    assert!(run.stdout.contains("disclosure 2 relied on consent"), "{}", run.stdout);
    assert_eq!(json(&wrong.run("log audit --json"))["findings"][0]["index"], 2);

    wrong.tamper("DELETE FROM leaves WHERE idx = 1").await;
    let run = wrong.run("log audit");
    assert_eq!(run.code, 6, "what was not seen is not right");
    assert!(run.stderr.contains("entry 1 is missing"), "{}", run.stderr);
}

#[tokio::test]
async fn what_cannot_be_checked_is_told_apart_from_what_is_wrong() {
    let mut log = Log::of(Vec::new()).await;
    log.stop().await;
    let directory = log.directory.path();
    let verify = |database: &str, more: &[&str]| {
        let mut arguments = vec!["log", "verify", "--database", database];
        arguments.extend(more);
        ketenpoort_in(directory, &arguments).code
    };
    let vkey = signer().verifier().to_string();
    let key = ["--vkey", vkey.as_str()];
    assert_eq!(verify("sqlite:kp.sqlite", &[]), 2, "a key is needed");
    assert_eq!(verify("sqlite:kp.sqlite", &["--vkey", "nonsense"]), 2);
    assert_eq!(verify("kp.sqlite", &key), 2);
    assert_eq!(verify("sqlite:none.sqlite", &key), 7);
    assert!(!directory.join("none.sqlite").exists());
    std::fs::write(directory.join("empty.sqlite"), "").unwrap();
    assert_eq!(verify("sqlite:empty.sqlite", &key), 7);
    assert_eq!(verify("postgres://nobody@127.0.0.1:9/none", &key), 4);
    let other = Signer::from_seed("log.example/other".parse().unwrap(), &SEED);
    let other = other.verifier().to_string();
    assert_eq!(verify("sqlite:kp.sqlite", &["--vkey", &other]), 6);
}

#[tokio::test]
async fn a_ledger_on_postgresql_is_looked_at_with_the_same_commands() {
    let url = postgres::fresh_database();
    let vkey = signer().verifier().to_string();
    let run = |command: &str| {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.extend(["--database", &url, "--vkey", &vkey, "--json"]);
        ketenpoort_in(Path::new("."), &arguments)
    };
    assert_eq!(run("log verify").code, 7, "nothing is there, and nothing was made");
    assert_eq!(run("log verify").code, 7);
    let db = Db::open_postgres(&url, SCHEMA).await.unwrap();
    let writer = fill(&db, bodies()).await;
    let verified = run("log verify");
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    assert_eq!(json(&verified)["rows"], ENTRIES);
    assert_eq!(run("log audit").code, 0);
    assert_eq!(json(&run("log show --index 1"))["event"], "SUMMARY_DELIVERED");
    assert_eq!(run("log proof --index 1").code, 0);

    purge::purge(&db, &writer, (&[2, 255, 256, 599], ENTRIES)).await;
    let verified = run("log verify");
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    assert_eq!(json(&verified)["purged"], 4);

    let inspected = Db::open_postgres_read_only(&url, SCHEMA).await.unwrap();
    assert!(inspected.read().await.unwrap().durability().await.unwrap().is_safe);
    assert!(
        Writer::start(inspected.clone(), signer(), Arc::new(moment), None).await.is_err(),
        "who looks cannot write"
    );
    inspected.close().await;
    drop(writer);
    db.close().await;
}

/// The word that goes with an entry.
fn disposition(entry: &Entry) -> Disposition {
    if entry.reason != 0 {
        Disposition::Refused
    } else if entry.event == EventCode::BreakGlassDeclared.number() {
        Disposition::Emergency
    } else if entry.outcome != 0 {
        Disposition::Failed
    } else {
        Disposition::Allowed
    }
}
