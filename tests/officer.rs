//! Privacy officers who script: every step of their work by a command, over real mutual TLS.
#![cfg(test)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use ketenpoort::grpc::pb;
use ketenpoort::grpc::pb::disclosure_service_client::DisclosureServiceClient;
use ketenpoort::grpc::pb::review_service_client::ReviewServiceClient;
use ketenpoort::grpc::pb::signal_service_client::SignalServiceClient;
use serde_json::Value;

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;
#[path = "officer/office.rs"]
mod office;
#[path = "officer/work.rs"]
mod work;

use house::{CASE, GGZ};
use office::{OFFICER, Office, Run, message};

const SEARCH: &str = "log list-disclosures --purpose privacy-review --filter.case-ref VVT-2026-000123 \
                      --filter.period.start-time 2026-03-01 --filter.period.end-time 2026-04-01";
const ABSENT: &str = "0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11";

fn actor() -> pb::Actor {
    let role = pb::UserRole::PrivacyOfficer.into();
    pb::Actor { user_id: OFFICER.to_owned(), role, ..pb::Actor::default() }
}

fn texts(of: &Value, field: &str) -> Vec<String> {
    let one = |value: &Value| value[field].as_str().unwrap().to_owned();
    of.as_array().unwrap().iter().map(one).collect()
}

/// The one review that waits.
fn review(office: &Office) -> String {
    let ids = texts(&office.json("report list-reviews")["reviews"], "reviewId");
    let [id] = &ids[..] else { panic!("{ids:?}") };
    id.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_searches_page_by_page_or_all_at_once() {
    let office = Office::open().await;
    let page = office.json(&format!("{SEARCH} --page-size 3"));
    assert_eq!(page["disclosures"].as_array().unwrap().len(), 3);
    let token = page["nextPageToken"].as_str().unwrap();
    let second = office.json(&format!("{SEARCH} --page-size 3 --page-token {token}"));
    let all = office.json(&format!("{SEARCH} --page-size 3 --all"));
    assert_eq!(all["nextPageToken"], "");
    let places = texts(&all["disclosures"], "index");
    assert!(places.len() > 9, "{places:?}");
    let pages = [texts(&page["disclosures"], "index"), texts(&second["disclosures"], "index")];
    assert_eq!(pages.concat(), places[..6]);
    assert_eq!(all["totalCount"], places.len().to_string());

    let answer: pb::ListDisclosuresResponse = message("ListDisclosuresResponse", all);
    let request = pb::ListDisclosuresRequest {
        actor: Some(actor()),
        purpose: pb::Purpose::PrivacyReview.into(),
        filter: Some(pb::DisclosureFilter {
            case_ref: CASE.to_owned(),
            period: Some(pb::Period {
                start_time: Some(moment("2026-02-28T23:00:00Z")),
                end_time: Some(moment("2026-03-31T22:00:00Z")),
            }),
            ..pb::DisclosureFilter::default()
        }),
        page_size: 500,
        ..pb::ListDisclosuresRequest::default()
    };
    let mut client = DisclosureServiceClient::new(office.channel().await);
    let asked = client.list_disclosures(request).await.unwrap().into_inner();
    assert_eq!(answer.disclosures, asked.disclosures[..answer.disclosures.len()]);

    let told = office.run(&format!("{SEARCH} --page-size 1"));
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stdout.starts_with("disclosures:\n  index: "), "{}", told.stdout);
    assert!(told.stdout.contains(&format!("\n  case-ref: {CASE}\n")), "{}", told.stdout);
    assert!(told.stderr.starts_with("there is more: --all"), "{}", told.stderr);
}

fn moment(text: &str) -> prost_types::Timestamp {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_disclosure_and_its_proofs_are_what_the_gateway_answers() {
    let office = Office::open().await;
    let found = office.json(&format!("{SEARCH} --filter.event-codes summary-delivered"));
    let index = texts(&found["disclosures"], "index")[0].clone();
    let answer =
        office.json(&format!("log get-disclosure --purpose privacy-review --index {index}"));
    let answer: pb::GetDisclosureResponse = message("GetDisclosureResponse", answer);
    let mut client = DisclosureServiceClient::new(office.channel().await);
    let request = pb::GetDisclosureRequest {
        actor: Some(actor()),
        purpose: pb::Purpose::PrivacyReview.into(),
        index: index.parse().unwrap(),
        ..pb::GetDisclosureRequest::default()
    };
    let asked = client.get_disclosure(request).await.unwrap().into_inner();
    assert_eq!(answer.disclosure, asked.disclosure);
    assert_eq!(answer.disclosure.unwrap().recipient_oin, GGZ);
    assert_eq!(answer.entry.unwrap().entry, asked.entry.unwrap().entry);
    // A proof of one size is the same whenever it is asked for, and needs no officer.
    let index: i64 = index.parse().unwrap();
    let tree_size = index + 1;
    let line = format!("log get-inclusion-proof --index {index} --tree-size {tree_size}");
    let proof = office.json(&line);
    let request = pb::GetInclusionProofRequest { index, tree_size };
    let asked = client.get_inclusion_proof(request).await.unwrap().into_inner();
    assert_eq!(message::<pb::GetInclusionProofResponse>("GetInclusionProofResponse", proof), asked);
    let checkpoint = office.ask("log get-checkpoint");
    assert!(checkpoint.starts_with("checkpoint:\n  ketenpoort.example/test\n"), "{checkpoint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_is_read_taken_and_decided_once() {
    let office = Office::open().await;
    let id = review(&office);
    let text = office.ask(&format!("report get-review --review-id {id}"));
    assert!(text.contains("\n  situation: Er wordt gedreigd.\n"), "{text}");
    assert!(text.contains("\nown-seat: first\n"), "{text}");
    let taken = office.json(&format!("report take-review --review-id {id}"));
    assert_eq!(taken["seat"], "REVIEW_SEAT_FIRST");

    std::fs::write(office.home().join("why.txt"), "Bellen was genoeg.\n").unwrap();
    let decide = format!("report decide-review --review-id {id} --motivation @why.txt");
    // Who declared it is refused, by the same command.
    let own = office.run(&format!("{decide} --verdict justified --officer u-1"));
    assert_eq!((own.code, own.stdout.as_str()), (5, ""), "{own:?}");
    assert!(own.stderr.contains("PERMISSION_DENIED"), "{}", own.stderr);
    let drawn = own.stderr.split("--request-id ").nth(1).unwrap();
    uuid::Uuid::parse_str(drawn.split(')').next().unwrap()).unwrap();

    let request = format!("{decide} --verdict not-justified --request-id {ABSENT}");
    let decided = office.json(&request);
    assert_eq!(decided["state"], "REVIEW_STATE_NOT_JUSTIFIED");
    assert_eq!(office.json(&request), decided, "the same request gives the same answer");
    let other = office.run(&request.replace("not-justified", "justified"));
    assert_eq!(other.code, 1, "{other:?}");
    assert!(other.stderr.contains("ALREADY_EXISTS, REQUEST_ID_REUSED"), "{}", other.stderr);
    assert!(other.stderr.contains(ABSENT), "{}", other.stderr);

    assert_eq!(office.ask("report list-reviews"), "nothing\n");
    let incidents = office.json("report list-incidents");
    assert_eq!(texts(&incidents["incidents"], "incidentId"), [decided["incidentId"].clone()]);
    let mut client = ReviewServiceClient::new(office.channel().await);
    let purpose = pb::Purpose::PrivacyReview.into();
    let request = pb::GetReviewRequest { actor: Some(actor()), purpose, review_id: id.clone() };
    let asked = client.get_review(request).await.unwrap().into_inner();
    let read = office.json(&format!("report get-review --review-id {id}"));
    assert_eq!(message::<pb::GetReviewResponse>("GetReviewResponse", read), asked);
    assert_eq!(asked.votes[0].motivation, "Bellen was genoeg.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_a_data_subject_is_opened_drafted_and_taken_back() {
    let office = Office::open().await;
    let opened = office.json(&format!(
        "report open-data-subject-request --case-ref {CASE} --subject-person-key mother \
         --capacity self --identity-check id-document --received-at 2026-03-12T11:00:00+01:00"
    ));
    let request = &opened["dataSubjectRequest"];
    assert_eq!(request["verdict"], "ACCESS_VERDICT_GIVE");
    let id = request["subjectRequestId"].as_str().unwrap();
    let listed = office.json("report list-data-subject-requests --state open");
    assert_eq!(texts(&listed["dataSubjectRequests"], "subjectRequestId"), [id]);
    let build = format!("report build-access-report --subject-request-id {id}");
    let draft = office.json(&format!("{build} --page-size 1 --all"));
    assert_eq!(draft["draft"], true);
    assert!(draft["disclosures"].as_array().unwrap().len() > 1, "{draft}");
    let early = format!("report close-data-subject-request --subject-request-id {id}");
    let refused = office.run(&format!("{early} --ending answered"));
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("\n  REQUEST_STATE: "), "{}", refused.stderr);
    let closed = office.json(&format!("{early} --ending taken-back"));
    assert_eq!(closed["dataSubjectRequest"]["state"], "SUBJECT_REQUEST_STATE_CLOSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_is_opened_counted_notified_and_closed() {
    let office = Office::open().await;
    std::fs::write(office.home().join("nature.txt"), "Gekopieerd.\n").unwrap();
    let opened = office.json(&format!(
        "report open-breach --kind recipient --oin {GGZ} --window.start-time 2026-03-12 \
         --window.end-time 2026-03-12T07:00:00Z --detected-at 2026-03-12T10:00:00Z \
         --aware-at 2026-03-12T10:00:00Z --nature @nature.txt"
    ));
    let id = opened["breach"]["incidentId"].as_str().unwrap();
    let scope = format!("report build-breach-scope-report --incident-id {id}");
    let counted = office.json(&format!("{scope} --page-size 1 --all"));
    assert_eq!(
        (&counted["numbers"]["nSubjects"], &counted["numbers"]["nMinors"]),
        (&"4".into(), &"2".into())
    );
    assert_eq!(counted["subjectPseudonyms"].as_array().unwrap().len(), 4);
    assert!(office.ask(&scope).contains("  n-subjects: 4\n"));
    let notify =
        format!("report record-breach-notification --incident-id {id} --notification notified");
    assert_eq!(office.json(&notify)["late"], false);
    let closed = office.json(&format!("report close-breach --incident-id {id}"));
    assert!(closed["breach"]["closedAt"].is_string(), "{closed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_is_seen_and_closed() {
    let office = Office::open().await;
    let list = "report list-signals --rule night-activity";
    let id = texts(&office.json(list)["signals"], "signalId")[0].clone();
    std::fs::write(office.home().join("grounds.txt"), "Nachtdienst.\n").unwrap();
    let close =
        format!("report close-signal --signal-id {id} --state explained --grounds @grounds.txt");
    let own = office.run(&format!("{close} --actor.user-id u-1"));
    assert_eq!(own.code, 5, "nobody judges the own acts: {own:?}");
    assert_eq!(office.json(&close)["signal"]["state"], "SIGNAL_STATE_EXPLAINED");
    assert!(!texts(&office.json(list)["signals"], "signalId").contains(&id));
    let read = office.json(&format!("report get-signal --signal-id {id}"));
    assert_eq!(read["ending"]["grounds"], "Nachtdienst.");
    let mut client = SignalServiceClient::new(office.channel().await);
    let request = pb::ListDetectorsRequest { actor: Some(actor()) };
    let asked = client.list_detectors(request).await.unwrap().into_inner();
    let worth = office.json("report list-detectors");
    assert_eq!(message::<pb::ListDetectorsResponse>("ListDetectorsResponse", worth), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_is_wrong_and_ends_with_its_code() {
    let office = Office::open().await;
    for (line, code, word) in [
        (
            format!("log list-disclosures --occasion sample --filter.case-ref {CASE}"),
            2,
            "\n  filter.period: PERIOD: must have a start",
        ),
        ("log get-disclosure --purpose privacy-review --index -1".to_owned(), 2, "\n  index: "),
        (format!("report get-review --review-id {ABSENT}"), 5, "PERMISSION_DENIED, ACCESS_DENIED"),
        ("report take-review --review-id 7".to_owned(), 2, "\n  review_id: "),
        ("report list-reviews --actor.role case-worker".to_owned(), 5, "denial ROLE_NOT_ALLOWED"),
        ("report list-reviews --state open".to_owned(), 2, "unexpected argument '--state'"),
        (format!("log list-disclosures --filter.case-ref {CASE}"), 2, "--purpose <WORD>"),
        (
            "log get-overview --purpose privacy-review --occasion subject-request".to_owned(),
            2,
            "\n  occasion: OTHER_PURPOSE",
        ),
        ("report list-reviews --all --page-token x".to_owned(), 2, "cannot be used with"),
    ] {
        let run = office.run(&line);
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{line}: {run:?}");
        assert!(run.stderr.contains(word), "{line}: {}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_made_the_officer_look_stands_in_the_ledger_with_the_purpose_that_follows() {
    let office = Office::open().await;
    let requests = ["report", "list-data-subject-requests"];
    let mut command = office.command("steunpunt");
    let run = Run::of(command.env("KETENPOORT_OCCASION", "sample").args(requests));
    assert_eq!(run.code, 0, "{run:?}");
    office.ask("log get-overview --occasion complaint");
    let search = SEARCH.replace("--purpose privacy-review", "--occasion subject-request");
    office.ask(&format!("{search} --all"));
    let export = "log export-disclosures --occasion incident --format csv --out log.csv \
                  --filter.period.start-time 2026-03-01 --filter.period.end-time 2026-04-01";
    office.ask(export);
    let looks = office.json(
        "log list-own-looks --purpose privacy-review --period.start-time 2026-03-01 \
         --period.end-time 2026-04-01",
    );
    let told = |field| texts(&looks["looks"], field);
    let occasions = ["UNSPECIFIED", "INCIDENT", "SUBJECT_REQUEST", "COMPLAINT", "SAMPLE"];
    assert_eq!(told("occasion"), occasions.map(|word| format!("OCCASION_{word}")));
    let (review, subject) = ("PURPOSE_PRIVACY_REVIEW", "PURPOSE_DATA_SUBJECT_REQUEST");
    assert_eq!(told("purpose"), [review, review, subject, review, review]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pseudonym_comes_from_standard_input_and_is_never_typed() {
    let office = Office::open().await;
    let typed =
        office.run("log get-consent-history --occasion complaint --subject-pseudonym 999990044");
    assert_eq!((typed.code, typed.stdout.as_str()), (2, ""), "{typed:?}");
    assert!(typed.stderr.contains("--subject-pseudonym: is about a person"), "{}", typed.stderr);
    assert!(!typed.stderr.contains("99999"), "{}", typed.stderr);
    let mut command = office.command("steunpunt");
    let command = command.args([
        "log",
        "get-consent-history",
        "--occasion",
        "complaint",
        "--subject-pseudonym",
        "@-",
    ]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(b"123\n").unwrap();
    let output = process.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    // The gateway judged what was read.
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("\n  subject_pseudonym: "), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_connection_it_ends_with_4_and_shows_no_key() {
    let office = Office::open().await;
    let call = ["report", "take-review", "--review-id", ABSENT];
    let with = |name: &str, value: &str| {
        let run = Run::of(office.command("steunpunt").env(name, value).args(call));
        assert!(!run.stderr.contains("PRIVATE KEY"), "{}", run.stderr);
        assert_eq!((run.code, run.stdout.as_str()), (4, ""), "{name}: {run:?}");
        run.stderr
    };
    // A port at which nobody listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(with("KETENPOORT_GATEWAY", &free.to_string()).contains("cannot connect"));
    assert!(with("KETENPOORT_GATEWAY", "localhost").contains("must be host:port"));
    assert!(with("KETENPOORT_KEY", "nowhere.key").contains("nowhere.key"));
    let other = Office::open().await;
    let root = other.home().join("pki/ca/root.pem");
    assert!(with("KETENPOORT_CA", root.to_str().unwrap()).contains("cannot connect"));
    let stranger = Run::of(office.command("stranger").args(call));
    assert_eq!(stranger.code, 4, "{stranger:?}");
    assert!(stranger.stderr.contains("UNAUTHENTICATED, CALLER_NOT_ADMITTED"), "{stranger:?}");
    assert!(stranger.stderr.contains("--request-id "), "{stranger:?}");
    // A certificate of an authority that the gateway does not know.
    let foreign = other.home().join("pki/client/steunpunt");
    let refused = Run::of(
        office
            .command("steunpunt")
            .env("KETENPOORT_CERTIFICATE", foreign.with_extension("pem"))
            .env("KETENPOORT_KEY", foreign.with_extension("key"))
            .args(call),
    );
    assert_eq!(refused.code, 4, "{refused:?}");
    // What comes first is chance: the word of the gateway, or the end of the connection.
    let words = ["does not accept the certificate", "as when a certificate is not accepted"];
    assert!(words.iter().any(|words| refused.stderr.contains(words)), "{}", refused.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_a_whole_file_with_its_manifest() {
    let office = Office::open().await;
    let export = "log export-disclosures --purpose privacy-review --format json-lines --filter.period.start-time 2026-03-01 \
                  --filter.period.end-time 2026-04-01 --out log.jsonl";
    let manifest = office.json(export);
    assert_eq!(manifest["requester_user_id"], OFFICER);
    let lines = std::fs::read_to_string(office.home().join("log.jsonl")).unwrap().lines().count();
    assert!(lines > 20, "{lines}");
    let verified = office.ask("log export --verify log.jsonl");
    assert!(verified.starts_with("ok  whole: "), "{verified}");
    let again = office.run(export);
    assert!(again.code == 1 && again.stderr.contains("exists already"), "{again:?}");
    let wrong =
        office.run("log export-disclosures --purpose privacy-review --format csv --out wrong.csv");
    assert!(wrong.code == 2 && wrong.stderr.contains("filter.period"), "{wrong:?}");
    for left in ["wrong.csv", "wrong.csv.part", "wrong.csv.manifest.json.part"] {
        assert!(!office.home().join(left).exists(), "{left}");
    }
}

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The messages of a watch, as they come, until it is dropped.
struct Watching {
    process: Child,
    messages: Receiver<Value>,
}

impl Watching {
    fn start(office: &Office, more: &[&str]) -> Self {
        let mut command = office.command("steunpunt");
        let command = command.args(["report", "watch-reviews", "--json"]).args(more);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (to, messages) = channel();
        std::thread::spawn(move || {
            let mut read = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap());
            while read.next().is_some_and(|message| to.send(message).is_ok()) {}
        });
        Self { process, messages }
    }

    /// The next message about a review.
    fn review(&self) -> Value {
        loop {
            let message = self.messages.recv_timeout(PATIENCE).expect("the watch goes on");
            if message["review"].is_object() {
                return message;
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_watched_and_the_watch_resumed() {
    let office = Office::open().await;
    let watching = Watching::start(&office, &[]);
    let opened = watching.review();
    assert_eq!(opened["review"]["state"], "REVIEW_STATE_OPEN");
    let id = opened["review"]["reviewId"].as_str().unwrap();
    std::fs::write(office.home().join("why.txt"), "Terecht.").unwrap();
    let line =
        format!("report decide-review --review-id {id} --verdict justified --motivation @why.txt");
    office.json(&line);
    let decided = watching.review();
    assert_eq!(decided["review"]["state"], "REVIEW_STATE_JUSTIFIED");
    let resumed =
        Watching::start(&office, &["--resume-token", opened["resumeToken"].as_str().unwrap()]);
    assert_eq!(resumed.review()["review"], decided["review"]);
    let wrong = office.run("report watch-reviews --resume-token wrong");
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_in_the_readme_does_what_it_says() {
    let office = Office::open().await;
    let readme = include_str!("../README.md");
    let blocks = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let script = blocks.into_iter().find(|block| block.contains("KETENPOORT_GATEWAY=")).unwrap();
    let script = script.replace("localhost:8443", &format!("localhost:{}", office.address.port()));
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_ketenpoort")).parent().unwrap();
    let script = format!("PATH='{}':$PATH\n{script}", program.display());
    let mut shell = std::process::Command::new("sh");
    let shell = shell.current_dir(office.home()).args(["-euc", &script]);
    let run = Run::of(shell);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    let read = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(office.home().join(name)).unwrap()).unwrap()
    };
    let id = review(&office);
    assert_eq!(read(&format!("review-{id}.json"))["emergency"]["situation"], "Er wordt gedreigd.");
    assert!(read("case.json")["disclosures"].as_array().unwrap().len() > 9);
}
