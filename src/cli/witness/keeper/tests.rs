//! What a witness answers, and that it does not forget.

use tempfile::TempDir;

use super::*;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::{Note, Signer};
use crate::ledger::proof::{consistency_nodes, frontier_nodes};
use crate::ledger::tree::{Frontier, root_of};

const AT: &str = "2026-03-10T11:00:00Z";

fn log() -> Signer {
    Signer::from_seed("log.example/haaglanden".parse().unwrap(), &[3; 32])
}

fn open(directory: &TempDir) -> anyhow::Result<Keeper> {
    let cosigner = Cosigner::from_seed("witness.example".parse().unwrap(), &[4; 32]);
    let clock = Clock::system();
    clock.set(AT.parse().unwrap());
    Keeper::open(cosigner, vec![log().verifier().clone()], directory.path(), clock)
}

fn leaves(size: u64, history: &str) -> Vec<Hash> {
    (0..size).map(|index| Hash::leaf(format!("{history} {index}").as_bytes())).collect()
}

fn node(leaves: &[Hash], level: u8, index: u64) -> Hash {
    let width = 1 << level;
    let first = usize::try_from(index << level).unwrap();
    root_of(&leaves[first..first + width])
}

fn request(history: &str, old_size: u64, size: u64) -> Vec<u8> {
    let leaves = leaves(size, history);
    let hash = |node: crate::ledger::proof::Node| self::node(&leaves, node.level(), node.index());
    let roots = frontier_nodes(size).unwrap().into_iter().map(hash).collect();
    let root = Frontier::from_roots(size, roots).unwrap().root();
    let proof = if old_size == 0 {
        Vec::new()
    } else {
        let plan = consistency_nodes(old_size, size).unwrap();
        let hashes: Vec<_> = plan.nodes().iter().map(|node| hash(*node)).collect();
        plan.assemble(&hashes).unwrap()
    };
    let origin = "log.example/haaglanden".parse().unwrap();
    let checkpoint = Checkpoint { origin, size, root }.sign(&log()).unwrap();
    AddCheckpoint { old_size, proof, checkpoint }.to_string().into_bytes()
}

async fn status(keeper: &Keeper, body: &[u8]) -> (u16, String) {
    let answer = keeper.add_checkpoint(Bytes::copy_from_slice(body)).await;
    (answer.status.as_u16(), answer.body)
}

#[tokio::test]
async fn a_checkpoint_is_cosigned_when_it_continues_the_one_before() {
    let directory = tempfile::tempdir().unwrap();
    let keeper = open(&directory).unwrap();
    let first = request("true", 0, 5);
    let (code, line) = status(&keeper, &first).await;
    assert_eq!(code, 200);
    let sent: AddCheckpoint = std::str::from_utf8(&first).unwrap().parse().unwrap();
    let cosigned: Note = format!("{}{line}", sent.checkpoint).parse().unwrap();
    let at = keeper.witness().cosigned_at(&cosigned).unwrap();
    assert_eq!(at, Some(AT.parse().unwrap()));
    assert_eq!(status(&keeper, &request("true", 5, 9)).await.0, 200);
    // Asked once more about the same one, it says the same.
    assert_eq!(status(&keeper, &request("true", 9, 9)).await.0, 200);

    let answer = keeper.add_checkpoint(request("true", 5, 12).into()).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (409, "9\n"));
    assert_eq!(answer.content_type, "text/x.tlog.size");
    assert_eq!(status(&keeper, &request("false", 9, 12)).await.0, 422);
    assert_eq!(status(&keeper, &request("false", 9, 9)).await, (409, "9\n".to_owned()));
    assert_eq!(status(&keeper, b"old 9\n").await.0, 400);
    assert_eq!(status(&keeper, &[0xff, 0xfe]).await.0, 400);
}

#[tokio::test]
async fn a_log_that_is_not_watched_or_not_signed_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let keeper = open(&directory).unwrap();
    let text = String::from_utf8(request("true", 0, 5)).unwrap();
    let elsewhere = text.replace("log.example/haaglanden", "log.example/elsewhere");
    assert_eq!(status(&keeper, elsewhere.as_bytes()).await.0, 404);
    let larger = text.replacen("\n5\n", "\n6\n", 1);
    assert_eq!(status(&keeper, larger.as_bytes()).await.0, 403);
}

#[tokio::test]
async fn a_witness_remembers_after_a_restart_and_shares_its_directory_with_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let keeper = open(&directory).unwrap();
    assert_eq!(status(&keeper, &request("true", 0, 5)).await.0, 200);
    let beside = open(&directory).unwrap_err().to_string();
    assert!(beside.contains("another witness"), "{beside}");
    drop(keeper);
    let again = open(&directory).unwrap();
    assert_eq!(status(&again, &request("false", 0, 7)).await, (409, "5\n".to_owned()));
    assert_eq!(status(&again, &request("false", 5, 7)).await.0, 422);
    assert_eq!(status(&again, &request("true", 5, 7)).await.0, 200);
}

/// Of two that come at once with two histories, one is cosigned.
#[tokio::test]
async fn two_histories_at_once_are_never_both_cosigned() {
    for _ in 0..8 {
        let directory = tempfile::tempdir().unwrap();
        let keeper = open(&directory).unwrap();
        let (one, other) = (request("true", 0, 5), request("false", 0, 6));
        let (one, other) =
            tokio::join!(keeper.add_checkpoint(one.into()), keeper.add_checkpoint(other.into()));
        let codes = [one.status.as_u16(), other.status.as_u16()];
        assert!(codes == [200, 409] || codes == [409, 200], "{codes:?}");
    }
}

/// Whoever asks and hangs up leaves nothing half done: what is kept is what may have been cosigned.
#[tokio::test]
async fn who_hangs_up_cannot_have_two_histories_cosigned() {
    for _ in 0..16 {
        let directory = tempfile::tempdir().unwrap();
        let keeper = open(&directory).unwrap();
        let larger = keeper.clone();
        let larger =
            tokio::spawn(async move { larger.add_checkpoint(request("one", 0, 9).into()).await });
        tokio::task::yield_now().await;
        larger.abort();
        let (code, body) = status(&keeper, &request("other", 0, 6)).await;
        let kept = keeper.0.logs["log.example/haaglanden"].kept.lock().await.kept().unwrap();
        // Either the first was kept, and the second refused, or the second is what is kept.
        let size = kept.checkpoint.size;
        assert!(
            (code == 409 && body == "9\n" && size == 9) || (code == 200 && size == 6),
            "{code} {size}"
        );
    }
}

/// Anybody can add lines to a checkpoint that is public.
#[tokio::test]
async fn lines_of_others_do_not_stop_a_witness() {
    let directory = tempfile::tempdir().unwrap();
    let keeper = open(&directory).unwrap();
    let mut body = String::from_utf8(request("true", 0, 5)).unwrap();
    let other = Cosigner::from_seed("other.example".parse().unwrap(), &[9; 32]);
    for n in 0..60 {
        let name = format!("{}{n}", "x".repeat(200));
        let line = other.witness().to_string();
        let junk = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, line);
        body.extend(["\u{2014} ", name.as_str(), " ", junk.as_str(), "\n"]);
    }
    assert_eq!(status(&keeper, body.as_bytes()).await.0, 200);
    assert_eq!(status(&keeper, &request("true", 5, 7)).await.0, 200);
}
