//! `backup` beside a gateway under load, and `restore`: what it proves, and what it refuses.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ketenpoort::grpc::pb;
use tokio::task::JoinHandle;

use super::caller::{actor, checkpoint, size, submission};
use super::place::{Place, Run, json};
use super::serve::{PATIENCE, Serving};

/// Callers at once.
const CALLERS: usize = 4;

/// A referral that was acknowledged: its entry, and the checkpoint that came with it.
struct Acknowledged {
    id: String,
    index: i64,
    checkpoint: String,
}

/// Somebody who submits referrals until he is told to stop, and remembers what was acknowledged.
pub(crate) struct Load {
    going: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
    callers: Vec<JoinHandle<()>>,
}

impl Load {
    pub(crate) async fn start(place: &Place, address: SocketAddr) -> Self {
        let going = Arc::new(AtomicBool::new(true));
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        let mut callers = Vec::new();
        for _ in 0..CALLERS {
            let mut police = place.referrals("police", address).await;
            let (going, acknowledged) = (Arc::clone(&going), Arc::clone(&acknowledged));
            callers.push(tokio::spawn(async move {
                while going.load(Ordering::SeqCst) {
                    let request = submission();
                    let id = request.referral.as_ref().unwrap().referral_id.clone();
                    let answer = police.submit_referral(request).await.unwrap().into_inner();
                    acknowledged.lock().unwrap().push(Acknowledged {
                        id,
                        index: answer.entries[0].index,
                        checkpoint: checkpoint(&answer),
                    });
                }
            }));
        }
        Self { going, acknowledged, callers }
    }

    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.before(u64::MAX)
    }

    /// Those whose entry is in a ledger of this size.
    pub(crate) fn before(&self, size: u64) -> BTreeSet<String> {
        let all = self.acknowledged.lock().unwrap();
        let inside = all.iter().filter(|one| u64::try_from(one.index).unwrap() < size);
        inside.map(|one| one.id.clone()).collect()
    }

    /// The largest checkpoint that anybody was given.
    pub(crate) fn newest(&self) -> String {
        let all = self.acknowledged.lock().unwrap();
        all.iter().map(|one| &one.checkpoint).max_by_key(|text| size(text)).unwrap().clone()
    }

    /// Waits until so many more were acknowledged.
    pub(crate) async fn more(&self, count: usize) {
        let wanted = self.ids().len() + count;
        let until = Instant::now() + PATIENCE;
        while self.ids().len() < wanted {
            assert!(Instant::now() < until, "the callers do not get on");
            assert!(self.callers.iter().all(|caller| !caller.is_finished()), "a caller failed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn stop(&mut self) {
        self.going.store(false, Ordering::SeqCst);
        for caller in self.callers.drain(..) {
            caller.await.unwrap();
        }
    }
}

impl Place {
    /// A place for one gateway and one that is restored from its backups.
    fn for_restoring() -> Self {
        let place = Self::for_serving();
        place.issue("00000099000000003000", "steunpunt");
        place.elsewhere("restored");
        place
    }

    /// A configuration of the same gateway with databases of another name.
    fn elsewhere(&self, name: &str) {
        let text = std::fs::read_to_string(self.path("ketenpoort.toml")).unwrap();
        let database = format!("sqlite:{name}/ketenpoort.sqlite");
        assert!(text.contains("sqlite:ketenpoort.sqlite"));
        let text = text.replacen("sqlite:ketenpoort.sqlite", &database, 1);
        // A keyring of its own, with what it keeps beside it: the same keys on another machine.
        let keyring = format!("{name}.keyring");
        std::fs::copy(self.path("keyring"), self.path(&keyring)).unwrap();
        let text = text.replacen(
            "keyring_file = \"keyring\"",
            &format!("keyring_file = \"{keyring}\""),
            1,
        );
        std::fs::write(self.path(&format!("{name}.toml")), text).unwrap();
        std::fs::create_dir(self.path(name)).unwrap();
    }

    /// Keys of people who are in no referral: copying them takes so long that referrals come in
    /// meanwhile. Were the keys copied first, those referrals would be there without theirs.
    async fn has_many_keys(&self) {
        let url = format!("sqlite:{}", self.path("ketenpoort-keys.sqlite").display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        let insert = sqlx::query(
            "INSERT INTO owner_keys (owner, kind, wrapped, created_at)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
             SELECT randomblob(32), 1, randomblob(100), i FROM n",
        );
        insert.execute(&pool).await.unwrap();
        pool.close().await;
    }

    fn backup(&self, out: &str) -> serde_json::Value {
        let run = self.run(&["backup", "--out", out, "--json"]);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        json(&run)
    }

    fn restore(&self, from: &str, more: &[&str]) -> Run {
        let arguments = ["restore", "--config", "restored.toml", "--from", from, "--json"];
        self.run(&[&arguments, more].concat())
    }

    /// Refused for this reason, said in these words, with this exit code; nothing was put in place.
    fn refused(&self, from: &str, more: &[&str], (exit, code, said): (i32, &str, &str)) {
        let run = self.restore(from, more);
        assert_eq!(run.code, exit, "{from} {more:?}: {}{}", run.stdout, run.stderr);
        assert_eq!(json(&run)["code"], code, "{from}: {}", run.stdout);
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
        assert!(run.stderr.contains("nothing was put in place"), "{}", run.stderr);
        let left: Vec<_> = std::fs::read_dir(self.path("restored")).unwrap().collect();
        assert!(left.is_empty(), "{from} {more:?} left {left:?}");
    }

    /// A copy of a backup, to be damaged.
    fn copy(&self, from: &str, to: &str) {
        for part in ["data", "keys"] {
            std::fs::create_dir_all(self.path(to).join(part)).unwrap();
            for entry in std::fs::read_dir(self.path(from).join(part)).unwrap() {
                let entry = entry.unwrap();
                let target = self.path(to).join(part).join(entry.file_name());
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }

    /// Opens everything that waits for the Steunpunt: content that has no key cannot be opened.
    pub(crate) async fn readable_referrals(&self, address: SocketAddr) -> BTreeSet<String> {
        let mut steunpunt = self.referrals("steunpunt", address).await;
        let mut found = BTreeSet::new();
        loop {
            let pull = pb::PullReferralsRequest {
                actor: Some(actor("sp-inbox", pb::UserRole::System)),
                client_id: "reader-1".to_owned(),
                wait_duration: Some(prost_types::Duration { seconds: 0, nanos: 0 }),
                ..pb::PullReferralsRequest::default()
            };
            let pulled = steunpunt.pull_referrals(pull).await.unwrap().into_inner();
            if pulled.referrals.is_empty() {
                return found;
            }
            for received in pulled.referrals {
                let referral = received.referral.unwrap();
                assert!(referral.persons[0].family_name.contains(&referral.referral_id));
                found.insert(referral.referral_id);
            }
        }
    }
}

fn ledger_size(backup: &serde_json::Value) -> u64 {
    backup["parts"][0]["ledger"]["size"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_holds_what_was_acknowledged_and_can_be_read_again() {
    let place = Place::for_restoring();
    let serving = Serving::start(&place);
    place.has_many_keys().await;
    let mut load = Load::start(&place, serving.address).await;
    load.more(20).await;
    let (before, published) = (load.ids(), load.newest());
    let backup = place.backup("backup");
    load.more(20).await;
    let later = place.backup("later");
    load.stop().await;
    let newest = load.newest();
    assert!(ledger_size(&backup) >= size(&published));
    assert!(ledger_size(&later) >= ledger_size(&backup) + 20, "nothing was written meanwhile");
    drop(serving);

    // What was published before is contained; what was published after tells what is missing.
    std::fs::write(place.path("published"), &published).unwrap();
    std::fs::write(place.path("newest"), &newest).unwrap();
    let missing = size(&newest) - ledger_size(&backup);
    let against_newest = ["--verify-against", "newest"];
    let said = format!("{missing} entries are missing");
    place.refused("backup", &against_newest, (6, "ENTRIES_MISSING", &said));
    let wrong = (missing + 1).to_string();
    let accepted = [&against_newest[..], &["--accept-missing", &wrong]].concat();
    place.refused("backup", &accepted, (6, "ENTRIES_MISSING", &said));

    // Keys that are older than the data do not go with them; keys that are younger do.
    let older = ["--keys-from", "backup"];
    place.refused("later", &older, (6, "OLDER_KEYS", "give a later copy of the keys"));
    let checked = place.restore("backup", &["--keys-from", "later", "--check"]);
    assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
    assert!(!place.path("restored/ketenpoort.sqlite").exists());

    let restored = place.restore("backup", &["--verify-against", "published"]);
    assert_eq!(restored.code, 0, "{}{}", restored.stdout, restored.stderr);
    assert_eq!(json(&restored)["size"], ledger_size(&backup));
    assert_eq!(json(&restored)["placed"].as_array().unwrap().len(), 2);
    assert_eq!(place.run(&["log", "verify", "--config", "restored.toml"]).code, 0);
    for name in ["ketenpoort.sqlite", "ketenpoort-keys.sqlite"] {
        let metadata = std::fs::metadata(place.path("restored").join(name)).unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&metadata) & 0o777, 0o600);
    }
    let again = place.restore("backup", &[]);
    assert_eq!((again.code, &json(&again)["code"]), (1, &"IN_THE_WAY".into()), "{}", again.stderr);

    // Every referral in it can be opened: it has the keys for all of its data, those included that
    // were made while it was being taken.
    let inside = load.before(ledger_size(&backup));
    assert!(inside.is_superset(&before));
    let serving = Serving::start_restored(&place);
    assert_eq!(place.readable_referrals(serving.address).await, inside);
    drop(serving);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_goes_its_own_way_is_told_from_one_that_is_old() {
    let place = Place::for_restoring();
    let serving = Serving::start(&place);
    let mut police = place.referrals("police", serving.address).await;
    police.submit_referral(submission()).await.unwrap();
    place.backup("backup");
    assert_eq!(place.restore("backup", &[]).code, 0);
    // The restored gateway and the one that it was copied from go on, each on its own.
    let other = Serving::start_restored(&place);
    let mut there = place.referrals("police", other.address).await;
    let fork = there.submit_referral(submission()).await.unwrap().into_inner();
    std::fs::write(place.path("fork"), checkpoint(&fork)).unwrap();
    drop(other);
    for _ in 0..3 {
        police.submit_referral(submission()).await.unwrap();
    }
    place.backup("longer");
    drop(serving);
    for name in ["ketenpoort.sqlite", "ketenpoort-keys.sqlite"] {
        for end in ["", "-wal", "-shm"] {
            std::fs::remove_file(place.path("restored").join(format!("{name}{end}"))).ok();
        }
    }
    let refusal = (6, "FORK", "two histories");
    place.refused("longer", &["--verify-against", "fork"], refusal);
    // The entry that says why the restored gateway may go on, and the referral.
    let refusal = (6, "ENTRIES_MISSING", "2 entries are missing");
    place.refused("backup", &["--verify-against", "fork"], refusal);
    let accepted = ["--verify-against", "fork", "--accept-missing", "2"];
    let restored = place.restore("backup", &accepted);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert_eq!(json(&restored)["missing"], 2);
    assert!(place.path("restored/ketenpoort.sqlite").exists());
}

#[test]
fn what_was_damaged_is_refused_for_its_own_reason_and_nothing_is_put_in_place() {
    let place = Place::for_restoring();
    drop(Serving::start(&place));
    place.backup("backup");
    let (data, keys) = ("data/ketenpoort.sqlite", "keys/ketenpoort-keys.sqlite");
    let mut number = 0;
    let mut damaged = |damage: &dyn Fn(&Path)| {
        number += 1;
        let name = format!("damaged-{number}");
        place.copy("backup", &name);
        damage(&place.path(&name));
        name
    };
    for file in [data, keys] {
        let length = std::fs::metadata(place.path("backup").join(file)).unwrap().len();
        for cut in [0, 1, 100, 4096, length / 2, length - 1] {
            let name = damaged(&|path| truncate(&path.join(file), cut));
            let said = format!("cut off: {cut} of {length} bytes");
            place.refused(&name, &[], (6, "TRUNCATED", &said));
        }
        for at in [0, 27, length / 3, length - 1] {
            let name = damaged(&|path| flip(&path.join(file), at));
            place.refused(&name, &[], (6, "CHANGED", "its bytes are not those"));
        }
        let name = damaged(&|path| append(&path.join(file)));
        place.refused(&name, &[], (6, "CHANGED", "its bytes are not those"));
        let name = damaged(&|path| std::fs::remove_file(path.join(file)).unwrap());
        place.refused(&name, &[], (7, "FILE_MISSING", "although the manifest names it"));
    }
    for part in ["data", "keys"] {
        let file = format!("{part}/manifest.json");
        let name = damaged(&|path| std::fs::remove_file(path.join(&file)).unwrap());
        place.refused(&name, &[], (7, "NO_MANIFEST", "holds no manifest.json"));
        for cut in [0, 1, 200] {
            let name = damaged(&|path| truncate(&path.join(&file), cut));
            place.refused(&name, &[], (6, "NO_MANIFEST", "not a manifest that this program knows"));
        }
    }
    place.refused("none", &[], (7, "NO_MANIFEST", "holds no manifest.json"));
    place.refused("backup/keys", &[], (2, "OTHER_PART", "the other part of a backup"));
    let name = damaged(&|path| {
        replace(
            &path.join("data/manifest.json"),
            "\"origin\": \"ketenpoort",
            "\"origin\": \"other",
        );
    });
    place.refused(&name, &[], (3, "OTHER_LEDGER", "is of the ledger other.example"));
}

#[tokio::test]
async fn somebody_who_rewrites_the_manifest_too_is_found_by_the_ledger() {
    let place = Place::for_restoring();
    drop(Serving::start(&place));
    place.backup("backup");
    let file = place.path("backup/data/ketenpoort.sqlite");
    let url = format!("sqlite:{}", file.display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    let changed = sqlx::query("UPDATE disclosures SET outcome = 8 WHERE idx = 0");
    changed.execute(&pool).await.unwrap();
    pool.close().await;
    let digest = |bytes: &[u8]| {
        use sha2::Digest as _;
        hex::encode(sha2::Sha256::digest(bytes))
    };
    let manifest = place.path("backup/data/manifest.json");
    let mut text: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&manifest).unwrap()).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    text["files"][0]["sha256"] = digest(&bytes).into();
    text["files"][0]["bytes"] = bytes.len().into();
    std::fs::write(&manifest, serde_json::to_string(&text).unwrap()).unwrap();
    let said = "the row beside entry 0 was changed";
    place.refused("backup", &[], (6, "LEDGER_WRONG", said));

    // A manifest that tells of another ledger than the one beside it.
    place.backup("whole");
    let manifest = place.path("whole/data/manifest.json");
    let mut text: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&manifest).unwrap()).unwrap();
    text["ledger"]["size"] = 1.into();
    std::fs::write(&manifest, serde_json::to_string(&text).unwrap()).unwrap();
    place.refused("whole", &[], (6, "NOT_ITS_MANIFEST", "not the one that the manifest describes"));
}

#[test]
fn the_checkpoint_of_another_ledger_is_refused() {
    let place = Place::for_restoring();
    drop(Serving::start(&place));
    place.backup("backup");
    // Another gateway: the same name, another key.
    let other = Place::for_serving();
    drop(Serving::start(&other));
    let theirs = other.backup("backup");
    let note = theirs["parts"][0]["ledger"]["checkpoint"].as_str().unwrap();
    std::fs::write(place.path("theirs"), note).unwrap();
    let refusal = (6, "OTHER_CHECKPOINT", "not a checkpoint of the ledger");
    place.refused("backup", &["--verify-against", "theirs"], refusal);
    std::fs::write(place.path("nonsense"), "nonsense").unwrap();
    place.refused("backup", &["--verify-against", "nonsense"], refusal);
    let none = place.restore("backup", &["--verify-against", "none"]);
    assert_eq!(none.code, 7, "{}", none.stderr);
}

#[test]
fn a_backup_is_never_written_over_anything() {
    let place = Place::for_restoring();
    let none = place.run(&["backup", "--out", "backup"]);
    assert_eq!(none.code, 7, "{}", none.stderr);
    assert!(!place.path("backup").exists(), "a backup of nothing was left behind");
    drop(Serving::start(&place));
    place.backup("backup");
    let manifest = std::fs::read(place.path("backup/data/manifest.json")).unwrap();
    let again = place.run(&["backup", "--out", "backup"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("is not empty"), "{}", again.stderr);
    assert_eq!(std::fs::read(place.path("backup/data/manifest.json")).unwrap(), manifest);
}

fn truncate(path: &Path, length: u64) {
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn flip(path: &Path, at: u64) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[usize::try_from(at).unwrap()] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn append(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes.push(0);
    std::fs::write(path, bytes).unwrap();
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}
