//! What two officers do together, and one organisation with another, by commands.

use serde_json::Value;

use crate::house::{CASE, GGZ};
use crate::office::{OFFICER, Office};
use crate::{ABSENT, SEARCH, review, texts};

/// Another officer of the Steunpunt.
const COLLEAGUE: &str = "fg-sp-02";

/// A text that is about a person stands in a file; the flag that names it.
fn told(office: &Office, name: &str, text: &str) -> String {
    std::fs::write(office.home().join(name), text).unwrap();
    format!("@{name}")
}

fn field<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_else(|| panic!("{name}: {of}"))
}

/// A report is prepared by one officer, of which a line is withheld; another one approves what the digest
/// says, and only then the request is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_prepared_by_one_officer_approved_by_another_and_given() {
    let office = Office::open().await;
    let opened = office.json(&format!(
        "report open-data-subject-request --case-ref {CASE} --subject-person-key mother \
         --capacity self --identity-check id-document --received-at 2026-03-12T11:00:00+01:00"
    ));
    let id = field(&opened["dataSubjectRequest"], "subjectRequestId").to_owned();
    let of = format!("--subject-request-id {id}");
    let draft = office.json(&format!("report build-access-report {of} --all"));
    let indexes = texts(&draft["disclosures"], "entryIndex");
    let (first, size) = (&indexes[0], field(&draft, "treeSize"));
    let ground = "WITHHOLDING_GROUND_ANOTHERS_PRIVACY";
    let withheld = format!("{{\"entryIndex\":{first},\"ground\":\"{ground}\"}}");
    let prepare = format!(
        "report prepare-access-report {of} --tree-size {size} --request-id {ABSENT} \
         --withheld {withheld}"
    );
    let prepared = office.json(&prepare);
    assert_eq!(office.json(&prepare), prepared, "the same request gives the same answer");
    let report = &prepared["dataSubjectRequest"]["report"];
    assert_eq!((field(report, "preparedBy"), field(report, "approvedBy")), (OFFICER, ""));
    let (given, kept) = (field(report, "toldCount"), field(report, "withheldCount"));
    assert_eq!((given, kept), (&*(indexes.len() - 1).to_string(), "1"));

    let close = format!("report close-data-subject-request {of} --ending answered");
    let early = office.run(&close);
    assert_eq!(early.code, 1, "one officer is not enough: {early:?}");
    let digest = field(report, "digest");
    let approve = format!("report approve-access-report {of} --digest");
    let alone = office.run(&format!("{approve} {digest}"));
    assert_eq!((alone.code, alone.stdout.as_str()), (1, ""), "{alone:?}");
    assert!(alone.stderr.contains("SECOND_OFFICER"), "{}", alone.stderr);
    let other = format!("AAAA{}", digest.split_at(4).1);
    let another = office.run(&format!("{approve} {other} --officer {COLLEAGUE}"));
    assert_eq!(another.code, 1, "not what was read: {another:?}");
    let approved = office.json(&format!("{approve} {digest} --officer {COLLEAGUE}"));
    let report = &approved["dataSubjectRequest"]["report"];
    assert_eq!((field(report, "preparedBy"), field(report, "approvedBy")), (OFFICER, COLLEAGUE));

    let whole = office.json(&format!("report build-access-report {of} --all"));
    assert_eq!(whole["draft"], false, "{whole}");
    assert_eq!(texts(&whole["disclosures"], "entryIndex"), indexes[1..]);
    let closed = &office.json(&close)["dataSubjectRequest"];
    assert_eq!(closed["state"], "SUBJECT_REQUEST_STATE_CLOSED");
    assert_eq!(closed["ending"], "SUBJECT_REQUEST_ENDING_ANSWERED");
    let listed = office.json("report list-data-subject-requests --state closed");
    assert_eq!(texts(&listed["dataSubjectRequests"], "subjectRequestId"), [id]);
}

/// A rule found a night; it keeps still about its employee until somebody ends that. What an officer raises
/// no rule keeps back.
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_is_raised_and_a_rule_is_silenced_until_that_ends() {
    let office = Office::open().await;
    let found = office.json(&format!("{SEARCH} --filter.event-codes summary-delivered"));
    let index = texts(&found["disclosures"], "index")[0].clone();
    let why = told(&office, "why.txt", "Waarom om drie uur?\n");
    let raise = format!("report raise-signal --index {index} --grounds {why}");
    let raised = office.json(&raise)["signal"].clone();
    assert_eq!(raised["rule"], "SIGNAL_RULE_RAISED_BY_OFFICER");
    let id = field(&raised, "signalId");
    let listed = office.json("report list-signals --rule raised-by-officer");
    assert_eq!(texts(&listed["signals"], "signalId"), [id]);
    let twice = office.run(&raise);
    assert_eq!((twice.code, twice.stdout.as_str()), (1, ""), "it is still open: {twice:?}");

    let nights = "report list-signals --rule night-activity";
    let night = texts(&office.json(nights)["signals"], "signalId")[0].clone();
    let grounds = told(&office, "grounds.txt", "Nieuw rooster.");
    let silence = |id: &str, until: &str| {
        format!(
            "report suppress-signals --signal-id {id} --scope user --until-time {until} \
             --owner-user-id {OFFICER} --grounds {grounds}"
        )
    };
    for (id, until, code) in
        [(night.as_str(), "2027-03-14", 2), (id, "2026-04-01", 5), (&night, "2026-03-01", 2)]
    {
        let refused = office.run(&silence(id, until));
        assert_eq!((refused.code, refused.stdout.as_str()), (code, ""), "{until}: {refused:?}");
    }
    let silenced = office.json(&silence(&night, "2026-04-01"));
    let suppression = field(&silenced, "suppressionId");
    assert!(!texts(&office.json(nights)["signals"], "signalId").contains(&night));
    let list = "report list-suppressions";
    let one = office.json(list)["suppressions"][0].clone();
    assert_eq!((field(&one, "suppressionId"), field(&one, "signalId")), (suppression, &*night));
    assert_eq!((field(&one, "ownerUserId"), field(&one, "endedByUserId")), (OFFICER, ""));

    let end = format!("report end-suppression --suppression-id {suppression}");
    let ended = office.json(&format!("{end} --officer {COLLEAGUE}"))["suppression"].clone();
    assert_eq!(field(&ended, "endedByUserId"), COLLEAGUE);
    assert_eq!(office.json(list)["suppressions"][0], ended);
    let again = office.run(&end);
    assert_eq!((again.code, again.stdout.as_str()), (1, ""), "it has ended: {again:?}");
}

/// The organisation that received is asked, and answers by its own certificate.
#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_is_asked_and_answers() {
    let office = Office::open().await;
    let found = office.json(&format!("{SEARCH} --filter.event-codes summary-delivered"));
    let index = texts(&found["disclosures"], "index")[0].clone();
    let question = told(&office, "question.txt", "Wie las dit?");
    let ask = format!("log ask-organisation --index {index} --question {question} --asked-oin");
    let stranger = office.run(&format!("{ask} 00000099000000008000"));
    assert_eq!((stranger.code, stranger.stdout.as_str()), (5, ""), "a third: {stranger:?}");
    let asked = office.json(&format!("{ask} {GGZ}"));
    let id = field(&asked, "questionId");
    let one = |line: &str| office.json(line)["questions"][0].clone();
    let open = one("log list-questions --state open");
    assert_eq!((field(&open, "questionId"), field(&open, "index")), (id, &*index));
    assert_eq!((field(&open, "question"), field(&open, "answer")), ("Wie las dit?", ""));

    let text = told(&office, "answer.txt", "De crisisdienst.");
    let answer = format!("log answer-question --question-id {id} --answer {text}");
    let own = office.run(&answer);
    assert_eq!((own.code, own.stdout.as_str()), (5, ""), "who asked: {own:?}");
    let answered = office.json_of("ggz", &format!("{answer} --officer fg-ggz-01"));
    assert_eq!(field(&answered, "questionId"), id);
    let done = one("log list-questions --state answered");
    assert_eq!(
        (field(&done, "answer"), field(&done, "answerUserId")),
        ("De crisisdienst.", "fg-ggz-01",)
    );
    assert_eq!(office.ask("log list-questions --state open"), "nothing\n");
}

/// A sample is drawn with a seed that nobody chose, read again as it was drawn, and judged.
#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_drawn_and_judged() {
    let office = Office::open().await;
    let drawn = office.json(
        "log draw-sample --purpose privacy-review --period.start-time 2026-03-01 \
         --period.end-time 2026-03-13 --count 50",
    );
    let drawing = &drawn["drawing"];
    let flags = format!(
        "--drawing.seed {} --drawing.tree-size {} --drawing.mark {} --drawing.count 50 \
         --drawing.period.start-time {} --drawing.period.end-time {}",
        field(drawing, "seed"),
        field(drawing, "treeSize"),
        field(drawing, "mark"),
        field(&drawing["period"], "startTime"),
        field(&drawing["period"], "endTime"),
    );
    let get = format!("log get-sample --purpose privacy-review {flags}");
    let sample = office.json(&get);
    let indexes = texts(&sample["disclosures"], "index");
    assert!(indexes.len() > 1, "{sample}");
    assert_eq!(office.json(&get)["disclosures"], sample["disclosures"]);
    let smaller = office.run(&get.replace("--drawing.count 50", "--drawing.count 49"));
    assert_eq!((smaller.code, smaller.stdout.as_str()), (5, ""), "nobody drew it: {smaller:?}");

    let grounds = told(&office, "grounds.txt", "Klopt met het dossier.");
    let judge = |index: &str| {
        format!(
            "log judge-sample-entry {flags} --index {index} --verdict in-order --grounds {grounds}"
        )
    };
    let outside = office.run(&judge("0"));
    assert_eq!((outside.code, outside.stdout.as_str()), (5, ""), "not drawn: {outside:?}");
    let drawn = sample["disclosures"].as_array().unwrap();
    let of = |is_emergency: bool| {
        let is = |one: &&Value| (one["disposition"] == "DISPOSITION_EMERGENCY") == is_emergency;
        field(drawn.iter().find(is).unwrap(), "index")
    };
    let reviewed = office.run(&judge(of(true)));
    assert_eq!((reviewed.code, reviewed.stdout.as_str()), (1, ""), "first: {reviewed:?}");
    let judged = office.json(&judge(of(false)));
    assert_eq!(judged["verdict"], "SAMPLE_VERDICT_IN_ORDER");
    let read = office.json(&get)["judgements"][0].clone();
    assert_eq!((field(&read, "index"), field(&read, "userId")), (of(false), OFFICER));
    assert_eq!(field(&read, "grounds"), "Klopt met het dossier.");
    assert_eq!(field(&read, "judgementIndex"), field(&judged, "judgementIndex"));
}

/// A reviewer asks, the organisation answers, and who answered judges no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_of_a_reviewer_is_answered() {
    let office = Office::open().await;
    let id = review(&office);
    let question = told(&office, "question.txt", "Wie is er gebeld?");
    let decide = format!("report decide-review --review-id {id} --motivation {question}");
    let asked = office.json(&format!("{decide} --verdict more-information"));
    assert_eq!(asked["state"], "REVIEW_STATE_QUESTIONED");
    let text = told(&office, "answer.txt", "De buren.");
    let inform = format!("report provide-review-information --review-id {id} --information {text}");
    let own = office.run(&inform);
    assert_eq!((own.code, own.stdout.as_str()), (5, ""), "who asked: {own:?}");
    let informed = office.json(&format!("{inform} --officer {COLLEAGUE}"));
    assert_eq!(informed["state"], "REVIEW_STATE_OPEN");
    let read = office.json(&format!("report get-review --review-id {id}"));
    assert_eq!(texts(&read["information"], "information"), ["De buren."]);
    let late = office.run(&format!("{decide} --verdict justified --officer {COLLEAGUE}"));
    assert_eq!((late.code, late.stdout.as_str()), (5, ""), "they spoke for it: {late:?}");
}
