//! A ledger and those who watch it: witnesses that decide by the rules of a witness, over no network.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tempfile::TempDir;

use super::*;
use crate::domain::event::EventCode;
use crate::domain::export::Names;
use crate::domain::organisation::{Actor, UserRole};
use crate::gateway::directory::sha256;
use crate::gateway::exports::ExportDraft;
use crate::gateway::integrity::LedgerState;
use crate::gateway::journal::{Administered, Scope};
use crate::gateway::{Clock, Opening};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::Hash;
use crate::ledger::note::{Cosigner, Note, Verifier};
use crate::ledger::tlog_proof::TlogProof;
use crate::ledger::witness::{AddCheckpoint, Refusal};
use crate::store::KeyDb;
use crate::vault::keyring::Keyring;

const ORIGIN: &str = "ketenpoort.example/test";

/// Two witnesses, as they would answer.
#[derive(Debug)]
struct Outside {
    log: Verifier,
    both: [Cosigner; 2],
    kept: Mutex<BTreeMap<String, Checkpoint>>,
    /// The second one is not there.
    is_alone: AtomicBool,
    /// The first one is not there either.
    is_dark: AtomicBool,
    /// The second one takes the request and never answers.
    is_stuck: AtomicBool,
    /// Requests that came.
    asked: AtomicUsize,
}

impl Outside {
    fn new(keyring: &str) -> Arc<Self> {
        let keyring = Keyring::parse(keyring).unwrap();
        let log = crate::ledger::note::Signer::from_seed(
            ORIGIN.parse().unwrap(),
            keyring.log_seed().as_bytes(),
        );
        let cosigner = |n: u8| Cosigner::from_seed(format!("w{n}").parse().unwrap(), &[n; 32]);
        Arc::new(Self {
            log: log.verifier().clone(),
            both: [cosigner(1), cosigner(2)],
            kept: Mutex::default(),
            is_alone: AtomicBool::new(false),
            is_dark: AtomicBool::new(false),
            is_stuck: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
        })
    }

    fn watch(self: &Arc<Self>) -> Watch {
        let witnesses = self.both.iter();
        let watcher = |one: &Cosigner| Watcher { key: one.witness().clone(), oin: None };
        let witnesses = witnesses.map(watcher).collect();
        let reach: Arc<dyn Reach> = Arc::<Self>::clone(self);
        Watch { witnesses, needed: 2, reach }
    }

    fn answer(&self, witness: &KeyName, request: &str) -> std::result::Result<Reply, Unreached> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let is_gone = if witness.as_str() == "w2" { &self.is_alone } else { &self.is_dark };
        if is_gone.load(Ordering::SeqCst) {
            return Err(Unreached("nobody is there".to_owned()));
        }
        let request: AddCheckpoint = request.parse().unwrap();
        let mut kept = self.kept.lock().unwrap();
        let judged = request.examine(std::slice::from_ref(&self.log), kept.get(witness.as_str()));
        let (status, body) = match judged {
            Ok(new) => {
                let cosigner = self.both.iter().find(|one| one.witness().name() == witness);
                let at = "2026-03-10T11:00:00Z".parse().unwrap();
                kept.insert(witness.to_string(), new);
                (200, format!("{}\n", cosigner.unwrap().cosign(&request.checkpoint, at)))
            }
            Err(Refusal::OtherSize { size } | Refusal::Forked { size }) => {
                (409, format!("{size}\n"))
            }
            Err(Refusal::NotContinued) => (422, String::new()),
            Err(_) => (400, String::new()),
        };
        Ok(Reply { status, body })
    }
}

impl Reach for Outside {
    fn add_checkpoint<'a>(
        &'a self,
        witness: &'a KeyName,
        request: String,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<Reply, Unreached>> + Send + 'a>> {
        if witness.as_str() == "w2" && self.is_stuck.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        let answer = self.answer(witness, &request);
        Box::pin(async move { answer })
    }
}

struct House {
    directory: TempDir,
    keyring: String,
    outside: Arc<Outside>,
}

impl House {
    fn new() -> Self {
        let keyring = Keyring::generate().unwrap().to_file_text().to_string();
        let directory = tempfile::tempdir().unwrap();
        Self { directory, outside: Outside::new(&keyring), keyring }
    }

    /// A gateway on the database of this name.
    async fn open(&self, name: &str) -> Result<Gateway> {
        Gateway::open(self.opening(name).await).await
    }

    async fn opening(&self, name: &str) -> Opening {
        let path = |kind: &str| self.directory.path().join(format!("{name}-{kind}.sqlite"));
        let organisations = include_str!("../../../certs-example/directory.toml");
        let policy = include_str!("../../../certs-example/haaglanden-1.toml");
        Opening {
            db: Db::open_sqlite(&path("data"), store::ledger::SCHEMA).await.unwrap(),
            keys: KeyDb::new(Db::open_sqlite(&path("keys"), store::keys::SCHEMA).await.unwrap()),
            keyring: Keyring::parse(&self.keyring).unwrap(),
            origin: ORIGIN.parse().unwrap(),
            own_oin: "00000099000000001000".parse().unwrap(),
            directory: crate::cli::directory::from_texts(organisations, policy).unwrap(),
            names: Names::of(ORIGIN, "00000099000000001000".parse().unwrap()).unwrap(),
            clock: Clock::system(),
            anchor: None,
            witnesses: Some(self.outside.watch()),
        }
    }

    fn sql(&self, name: &str) -> rusqlite::Connection {
        let path = self.directory.path().join(format!("{name}-data.sqlite"));
        rusqlite::Connection::open(path).unwrap()
    }

    /// As somebody does who copies the files of a database that nobody uses.
    fn copy(&self, from: &str, to: &str) {
        for kind in ["data", "keys"] {
            let path = |name| self.directory.path().join(format!("{name}-{kind}.sqlite"));
            let to = path(to).display().to_string();
            let from = rusqlite::Connection::open(path(from)).unwrap();
            from.execute("VACUUM INTO ?1", [to]).unwrap();
        }
    }
}

/// One more entry.
async fn grow(gateway: &Gateway, note: &str) {
    let call = gateway.own_call(gateway.directory().organisations().map(AsRef::as_ref)).unwrap();
    let entry = gateway
        .administered(
            &call,
            &Administered {
                event: EventCode::LedgerAccepted,
                scope: Scope::Ledger,
                count: 0,
                digest: sha256(note.as_bytes()),
                note: note.to_owned(),
            },
        )
        .unwrap();
    gateway.append(vec![entry]).await.unwrap();
}

async fn size(gateway: &Gateway) -> u64 {
    gateway.latest_checkpoint().await.unwrap().size
}

fn note(text: &str) -> Note {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_checkpoint_that_enough_witnesses_saw_is_the_one_that_is_shown_to_others() {
    let house = House::new();
    let gateway = house.open("one").await.unwrap();
    assert!(
        gateway.witnessed_checkpoint().await.is_err(),
        "there was no ledger when they were asked"
    );
    house.outside.is_alone.store(true, Ordering::SeqCst);
    gateway.collect_cosignatures().await.unwrap();
    assert!(gateway.witnessed_checkpoint().await.is_err(), "one of two is not enough");
    house.outside.is_alone.store(false, Ordering::SeqCst);
    gateway.collect_cosignatures().await.unwrap();
    let seen = gateway.witnessed_checkpoint().await.unwrap();
    assert!(gateway.quorum().is_met_by(&note(&seen.note)));
    assert_eq!(seen.size, size(&gateway).await);

    // What came since is signed, and seen by nobody yet.
    grow(&gateway, "more").await;
    let latest = gateway.latest_checkpoint().await.unwrap();
    assert!(latest.size > seen.size && !gateway.quorum().is_met_by(&note(&latest.note)));
    let checkpoint_of = |proof: Option<String>| {
        let proof: TlogProof = proof.unwrap().parse().unwrap();
        proof.checkpoint().clone()
    };
    let old = gateway.proven_to_others(0).await.unwrap();
    assert_eq!(old.tree_size, seen.size);
    assert!(gateway.quorum().is_met_by(&checkpoint_of(old.tlog_proof)));
    let new = gateway.proven_to_others(latest.size - 1).await.unwrap();
    assert_eq!(new.tree_size, latest.size);
    assert!(!gateway.quorum().is_met_by(&checkpoint_of(new.tlog_proof)));

    gateway.collect_cosignatures().await.unwrap();
    assert_eq!(gateway.witnessed_checkpoint().await.unwrap().size, latest.size);
}

#[tokio::test]
async fn what_was_written_into_the_database_is_no_cosignature() {
    let house = House::new();
    let gateway = house.open("one").await.unwrap();
    gateway.collect_cosignatures().await.unwrap();
    let first = gateway.witnessed_checkpoint().await.unwrap();
    grow(&gateway, "more").await;
    gateway.collect_cosignatures().await.unwrap();
    // Somebody takes the line of the older checkpoint for the newer one.
    let sql = house.sql("one");
    let lines = "UPDATE cosignatures SET line =
                   (SELECT line FROM cosignatures AS old WHERE old.witness = cosignatures.witness
                     ORDER BY old.size LIMIT 1) WHERE witness LIKE 'w2+%'";
    assert_eq!(sql.execute(lines, []).unwrap(), 2);
    assert_eq!(gateway.witnessed_checkpoint().await.unwrap().size, first.size);
    let latest = gateway.latest_checkpoint().await.unwrap();
    assert_eq!(gateway.quorum().cosigners(&note(&latest.note)).len(), 1);
    assert_eq!(note(&latest.note).signatures().len(), 2, "the log and one witness");
}

#[tokio::test]
async fn a_witness_that_is_asked_again_after_its_lines_were_lost_tells_where_it_is() {
    let house = House::new();
    let gateway = house.open("one").await.unwrap();
    gateway.collect_cosignatures().await.unwrap();
    house.sql("one").execute("DELETE FROM cosignatures", []).unwrap();
    grow(&gateway, "more").await;
    gateway.collect_cosignatures().await.unwrap();
    let seen = gateway.witnessed_checkpoint().await.unwrap();
    assert_eq!(seen.size, size(&gateway).await);
    assert_eq!(gateway.ledger_state().await.unwrap(), LedgerState::Signed);
}

/// An older copy, and one that went on otherwise: nothing is signed on either.
#[tokio::test]
async fn a_ledger_that_is_not_the_one_that_was_witnessed_does_not_start() {
    let house = House::new();
    let gateway = house.open("one").await.unwrap();
    gateway.collect_cosignatures().await.unwrap();
    gateway.close().await;
    house.copy("one", "older");
    house.copy("one", "other");

    let gateway = house.open("one").await.unwrap();
    for more in ["a", "b", "c"] {
        grow(&gateway, more).await;
    }
    gateway.collect_cosignatures().await.unwrap();
    let seen = size(&gateway).await;

    // What the other copy became while no witness could be heard.
    let alone = Opening { witnesses: None, ..house.opening("other").await };
    let other = Gateway::open(alone).await.unwrap();
    for more in ["x", "y", "z", "zz"] {
        grow(&other, more).await;
    }
    let (forked, found) = (size(&other).await, size(&other).await);
    assert!(forked > seen);
    other.close().await;

    for (name, found) in [("older", seen - 3), ("other", found)] {
        let before = state(&house, name);
        let refused = house.open(name).await.unwrap_err();
        let Error::LedgerUnavailable(store::Error::Fork(fork)) = refused else {
            panic!("{name}: {refused}")
        };
        assert_eq!(fork, Fork::Witnessed { seen, found }, "{name}");
        assert_eq!(state(&house, name), before, "{name}: nothing was signed");
    }
    // The one that was witnessed goes on.
    gateway.close().await;
    house.open("one").await.unwrap().close().await;

    // A witness that never answers does not hide what another one holds.
    house.outside.is_stuck.store(true, Ordering::SeqCst);
    let refused = house.open("older").await.unwrap_err();
    assert!(matches!(
        refused,
        Error::LedgerUnavailable(store::Error::Fork(Fork::Witnessed { .. }))
    ));
    house.open("one").await.unwrap();
}

/// Size and root, and how many checkpoints there are.
fn state(house: &House, name: &str) -> (i64, Vec<u8>, i64) {
    let row = "SELECT size, root, (SELECT COUNT(*) FROM checkpoints) FROM log_state";
    let sql = house.sql(name);
    sql.query_row(row, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

#[tokio::test]
async fn a_ledger_that_is_rewritten_while_it_runs_is_told_on_every_page() {
    let house = House::new();
    let gateway = house.open("one").await.unwrap();
    gateway.collect_cosignatures().await.unwrap();
    assert_eq!(gateway.ledger_state().await.unwrap(), LedgerState::Signed);
    // The witness was shown another history under the same key: a copy of this gateway runs somewhere.
    let ahead = Checkpoint {
        origin: ORIGIN.parse().unwrap(),
        size: size(&gateway).await + 50,
        root: Hash::leaf(b"another history"),
    };
    house.outside.kept.lock().unwrap().insert("w1".to_owned(), ahead.clone());
    grow(&gateway, "more").await;
    gateway.collect_cosignatures().await.unwrap();
    assert_eq!(gateway.ledger_state().await.unwrap(), LedgerState::Contradicted);
    let officer = gateway.admit(&"00000099000000003000".parse().unwrap(), None).unwrap();
    let officer = officer.act(Actor {
        user_id: "fg-sp-01".parse().unwrap(),
        role: UserRole::PrivacyOfficer,
        on_behalf_of: None,
    });
    let draft = ExportDraft { format: 1, ..ExportDraft::default() };
    let refused = gateway.export_disclosures(&officer, draft).await;
    let is_refused = matches!(refused, Err(Error::LedgerUnavailable(store::Error::Fork(_))));
    assert!(is_refused, "what is proven by this ledger is given to nobody");
    let present = size(&gateway).await;
    let mut tx = gateway.db().read().await.unwrap();
    let states = gateway.witness_states(&mut tx, present).await.unwrap();
    drop(tx);
    assert_eq!(states[0].trouble, Some(Trouble::Contradicts { seen: ahead.size, found: present }));
    assert_eq!((states[1].trouble.as_ref(), states[1].behind), (None, 0));

    // That it is silenced does not end the alarm.
    house.outside.is_dark.store(true, Ordering::SeqCst);
    gateway.collect_cosignatures().await.unwrap();
    assert_eq!(gateway.ledger_state().await.unwrap(), LedgerState::Contradicted);
    house.outside.is_dark.store(false, Ordering::SeqCst);

    // A witness that is put right agrees again.
    house.outside.kept.lock().unwrap().remove("w1");
    gateway.collect_cosignatures().await.unwrap();
    assert_eq!(gateway.ledger_state().await.unwrap(), LedgerState::Signed);
}

#[tokio::test]
async fn a_witness_that_is_gone_or_lies_stops_nothing() {
    let house = House::new();
    house.outside.is_alone.store(true, Ordering::SeqCst);
    let gateway = house.open("one").await.unwrap();
    gateway.collect_cosignatures().await.unwrap();
    let states = |gateway: Gateway| async move {
        let mut tx = gateway.db().read().await.unwrap();
        gateway.witness_states(&mut tx, 9).await.unwrap()
    };
    let gone = &states(gateway.clone()).await[1];
    assert!(matches!(&gone.trouble, Some(Trouble::Unreached(why)) if why.contains("nobody")));
    assert_eq!((gone.cosigned, gone.behind), (None, 9));
    assert_eq!(gateway.ledger_state().await.unwrap(), LedgerState::Signed);
    grow(&gateway, "more").await;
}

/// Whoever can write into the database cannot make a witness seem to agree.
#[tokio::test]
async fn a_made_up_row_speaks_for_nobody() {
    let house = House::new();
    house.outside.is_alone.store(true, Ordering::SeqCst);
    let gateway = house.open("one").await.unwrap();
    gateway.collect_cosignatures().await.unwrap();
    let present = size(&gateway).await;
    let label = house.outside.both[1].witness().label();
    let made_up = "INSERT INTO cosignatures (witness, size, line, cosigned_at)
                   SELECT ?1, value, 'no line', 1 FROM (SELECT ?2 AS value UNION SELECT 9000000)";
    house.sql("one").execute(made_up, (&label, i64::try_from(present).unwrap())).unwrap();
    gateway.collect_cosignatures().await.unwrap();
    let mut tx = gateway.db().read().await.unwrap();
    let states = gateway.witness_states(&mut tx, present).await.unwrap();
    drop(tx);
    assert_eq!((states[1].cosigned, states[1].behind), (None, present));
    assert!(states[1].trouble.is_some());
    // When it answers, its own line takes the place of the made-up one.
    house.outside.is_alone.store(false, Ordering::SeqCst);
    gateway.collect_cosignatures().await.unwrap();
    assert_eq!(gateway.witnessed_checkpoint().await.unwrap().size, present);
}

/// On a ledger in which nothing happens a witness is asked too: else one that died would seem to agree.
#[tokio::test]
async fn a_witness_is_asked_also_when_nothing_came() {
    let house = House::new();
    let gateway = house.open("one").await.unwrap();
    gateway.collect_cosignatures().await.unwrap();
    let before = house.outside.asked.load(Ordering::SeqCst);
    house.outside.is_alone.store(true, Ordering::SeqCst);
    gateway.collect_cosignatures().await.unwrap();
    assert_eq!(house.outside.asked.load(Ordering::SeqCst), before + 2);
    let mut tx = gateway.db().read().await.unwrap();
    let states = gateway.witness_states(&mut tx, 1).await.unwrap();
    assert!(states[0].trouble.is_none() && states[1].trouble.is_some());
}

/// What `doctor` tells, beside a gateway that goes on and on a database that went back.
#[tokio::test]
async fn the_position_of_a_witness_is_told_without_asking_it_to_cosign() {
    let house = House::new();
    let watch = house.outside.watch();
    let gateway = house.open("one").await.unwrap();
    gateway.collect_cosignatures().await.unwrap();
    gateway.close().await;
    house.copy("one", "older");
    house.copy("one", "other");
    let gateway = house.open("one").await.unwrap();
    let seen = size(&gateway).await;
    grow(&gateway, "more").await;
    let told = |positions: Vec<(&KeyName, std::result::Result<Position, Trouble>)>| {
        positions.into_iter().map(|(_, position)| position).collect::<Vec<_>>()
    };
    let positions = told(watch.positions(gateway.db()).await.unwrap());
    assert_eq!(positions, [Ok(Position::Known(seen)), Ok(Position::Known(seen))]);
    let kept = house.outside.kept.lock().unwrap().clone();
    assert!(kept.values().all(|kept| kept.size == seen), "they were not asked to cosign");

    gateway.collect_cosignatures().await.unwrap();
    let newer = size(&gateway).await;
    let older = house.opening("older").await;
    let positions = told(watch.positions(&older.db).await.unwrap());
    assert_eq!(positions[0], Err(Trouble::Contradicts { seen: newer, found: seen }));

    // A longer ledger that went on otherwise: what the witness has is not stored in it.
    let alone = Opening { witnesses: None, ..house.opening("other").await };
    let other = Gateway::open(alone).await.unwrap();
    for more in ["x", "y", "z"] {
        grow(&other, more).await;
    }
    assert!(size(&other).await > newer);
    let positions = told(watch.positions(other.db()).await.unwrap());
    assert_eq!(positions[0], Ok(Position::Unknown(newer)));
}
