//! The port for operators: probes and figures of a gateway in a process of its own.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tonic_health::ServingStatus;

use super::caller::submission;
use super::drain::Lock;
use super::http::{figure, get, send, status};
use super::place::{Place, check_of};
use super::serve::{PATIENCE, Serving};

/// Labels that a figure may have. A new one needs a look: is it bounded, and about nobody?
const LABELS: [&str; 8] = [
    "attempt",
    "le",
    "outcome",
    "quantile",
    "reason",
    "recipient",
    "rpc_method",
    "rpc_response_status_code",
];

#[test]
fn probes_and_figures_are_read_and_nothing_else_is_answered() {
    let place = Place::for_serving();
    let serving = Serving::start(&place);
    assert_eq!(get(serving.ops, "/livez"), (200, "live\n".to_owned()));
    assert_eq!(get(serving.ops, "/readyz"), (200, "ready\n".to_owned()));
    assert_eq!(get(serving.ops, "/").0, 404);
    assert_eq!(get(serving.ops, "/metrics/x").0, 404);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"] {
        let request = format!("{method} /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
        let answer = send(serving.ops, &request);
        assert_eq!(status(&answer), 405, "{method}: {answer}");
    }
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(64 * 1024));
    let answer = send(serving.ops, &long);
    assert!(answer.is_empty() || (400..500).contains(&status(&answer)), "{answer}");
    // Whoever says nothing is sent away, and keeps nobody out for long.
    let silent: Vec<TcpStream> =
        (0..16).map(|_| TcpStream::connect(serving.ops).unwrap()).collect();
    let begun = Instant::now();
    assert_eq!(get(serving.ops, "/livez").0, 200);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    for mut connection in silent {
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut rest = Vec::new();
        connection.read_to_end(&mut rest).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_tell_what_happened_and_have_no_other_labels() {
    let place = Place::for_serving();
    let serving = Serving::start(&place);
    let mut police = place.referrals("police", serving.address).await;
    for _ in 0..3 {
        police.submit_referral(submission()).await.unwrap();
    }
    let mut wrong = submission();
    wrong.referral.as_mut().unwrap().facts = String::new();
    police.submit_referral(wrong).await.unwrap_err();

    let (code, page) = get(serving.ops, "/metrics");
    assert_eq!(code, 200);
    let value = |start: &str| figure(&page, start).unwrap_or_else(|| panic!("no {start}\n{page}"));
    let submitted = "rpc_server_duration_seconds_count{rpc_method=\
                     \"/ketenpoort.v1.ReferralService/SubmitReferral\",rpc_response_status_code=";
    assert!((value(&format!("{submitted}\"OK\"}}")) - 3.0).abs() < 0.1, "{page}");
    assert!((value(&format!("{submitted}\"INVALID_ARGUMENT\"}}")) - 1.0).abs() < 0.1);
    assert!(value("ketenpoort_commit_batch_commands_count") >= 3.0);
    assert!(value("ketenpoort_commit_seconds_sum") > 0.0);
    let recipient = "{recipient=\"00000099000000003000\"}";
    assert!((value(&format!("ketenpoort_inbox_waiting{recipient}")) - 3.0).abs() < 0.1);
    assert!(value(&format!("ketenpoort_inbox_oldest_seconds{recipient}")) < 60.0);
    assert!(value("ketenpoort_ledger_entries") >= 6.0);
    assert!(value("ketenpoort_checkpoint_age_seconds") < 60.0);
    assert!((value("ketenpoort_connections ") - 1.0).abs() < 0.1);
    assert!((value("ketenpoort_ready ") - 1.0).abs() < 0.1);
    assert!(value("ketenpoort_clock_moved_seconds").abs() < 5.0);
    assert!(value("process_resident_memory_bytes") > 1_000_000.0);
    assert!(value("ketenpoort_queue_commands_max") > 100.0);

    assert_eq!(labels(&page).difference(&LABELS.into()).next(), None, "{page}");
    for personal in ["Testema", "Yara", "1987-02-14", "2500AA", "Voorbeeldstraat", "pol-77"] {
        assert!(!page.contains(personal), "{personal}");
    }
}

/// The names of all labels of a page.
fn labels(page: &str) -> BTreeSet<&str> {
    let sets = page.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (_, labels) = line.split_once('{')?;
        Some(labels.split_once('}')?.0)
    });
    sets.flat_map(|labels| labels.split(','))
        .filter_map(|one| Some(one.split_once('=')?.0))
        .collect()
}

#[test]
fn a_label_is_found() {
    assert_eq!(labels("# HELP a {x=\"1\"}\na{b=\"1\",c=\"2\"} 3"), BTreeSet::from(["b", "c"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_cannot_be_written_is_told_by_every_probe_until_it_can() {
    let place = Place::for_serving();
    let serving = Serving::start(&place);
    let mut police = place.referrals("police", serving.address).await;
    let lock = Lock::of(&place).await;
    let refused = police.submit_referral(submission()).await.unwrap_err();
    assert_ne!(refused.code(), tonic::Code::Ok);
    let (code, said) = get(serving.ops, "/readyz");
    assert_eq!(code, 503);
    assert!(said.contains("the ledger cannot be written"), "{said}");
    assert_eq!(place.serving_status(serving.address).await.unwrap(), ServingStatus::NotServing);
    assert_eq!(get(serving.ops, "/livez").0, 200);
    let (_, page) = get(serving.ops, "/metrics");
    assert!(figure(&page, "ketenpoort_ready ").unwrap() < 0.5, "{page}");
    assert!(figure(&page, "ketenpoort_commit_failures_total").unwrap() > 0.5, "{page}");

    // Doctor asks at that port.
    let configured = format!("listen = \"{}\"\n# Whether `listen`", serving.ops);
    place.replace("ketenpoort.toml", "listen = \"127.0.0.1:0\"\n# Whether `listen`", &configured);
    let doctor = place.run(&["doctor", "--json"]);
    assert_eq!(doctor.code, 1, "{}", doctor.stdout);
    let told = check_of(&doctor, "gateway");
    assert_eq!(told["state"], "fail");
    assert!(told["detail"].as_str().unwrap().contains("the ledger cannot be written"), "{told}");

    lock.release().await;
    let until = Instant::now() + PATIENCE;
    while get(serving.ops, "/readyz").0 != 200 {
        assert!(Instant::now() < until, "it did not recover");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(place.serving_status(serving.address).await.unwrap(), ServingStatus::Serving);
    let doctor = place.run(&["doctor", "--json"]);
    assert_eq!((doctor.code, &check_of(&doctor, "gateway")["state"]), (0, &"ok".into()));
    police.submit_referral(submission()).await.unwrap();
}

#[test]
fn a_port_that_others_reach_must_be_permitted_by_name() {
    let place = Place::for_serving();
    place.replace(
        "ketenpoort.toml",
        "listen = \"127.0.0.1:0\"\n# Whether `listen`",
        "listen = \"0.0.0.0:0\"\n#",
    );
    let run = place.run(&["serve", "--check"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(
        run.stderr.contains("ops.listen: must be an address of this machine"),
        "{}",
        run.stderr
    );
    place.replace("ketenpoort.toml", "allow_remote = false", "allow_remote = true");
    assert_eq!(place.run(&["serve", "--check"]).code, 0);
}
