//! Every call and every field has its place on the command line, and what is typed wrongly is told precisely.

use std::collections::BTreeSet;

use clap::{ArgMatches, CommandFactory as _};
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, MethodDescriptor};
use prost_types::FileDescriptorSet;

use super::contract::{self, EXPORT, Part};
use super::flags::{self, Flag, Form, REQUEST_ID};
use super::{command, personal, words};
use crate::cli::Cli;
use crate::cli::exit::Exit;
use crate::grpc::pb;
use crate::grpc::pb::client_informed::Informed;

/// What every command needs.
const CONNECTION: [&str; 8] =
    ["--gateway", "localhost:1", "--ca", "ca.pem", "--certificate", "c.pem", "--key", "c.key"];

/// Services that are not for officers, but for the systems of those who work with families.
const OF_OTHERS: [&str; 9] = [
    "CaseDirectionService",
    "CaseService",
    "ConsentService",
    "DeadlineService",
    "DirectoryService",
    "PeopleService",
    "ReferralService",
    "ReportService",
    "SharingService",
];

/// Calls that have no purpose but that of reviewing.
const ONLY_REVIEWING: [&str; 7] = [
    "GetIncident",
    "GetReview",
    "GetSignal",
    "ListIncidents",
    "ListReviews",
    "ListSignals",
    "ListSuppressions",
];

/// Texts in the calls of officers that are about no person, or are a reference that only partners can follow.
const ABOUT_NOBODY: [&str; 27] = [
    "actor_user_id",
    "asked_oin",
    "case_ref",
    "certificate_fingerprint",
    "group_id",
    "hold_id",
    "incident_id",
    "mandate_ref",
    "message_id",
    "name",
    "oin",
    "on_behalf_of_user_id",
    "owner_user_id",
    "page_token",
    "question_id",
    "recipient_oin",
    "request_id",
    "requester_person_key",
    "resume_token",
    "review_id",
    "saved_search_id",
    "sender_oin",
    "signal_id",
    "subject_person_key",
    "subject_request_id",
    "suppression_id",
    "user_id",
];

fn every_method() -> Vec<(Part, MethodDescriptor)> {
    let of = |part| contract::methods(part).into_iter().map(move |method| (part, method));
    Part::ALL.into_iter().flat_map(of).collect()
}

fn method(name: &str) -> MethodDescriptor {
    let found = Part::ALL.into_iter().find_map(|part| contract::method(part, name));
    found.unwrap_or_else(|| panic!("no command {name}"))
}

fn has(method: &MethodDescriptor, flag: &str) -> bool {
    flags::of(&method.input()).iter().any(|one| one.long() == flag)
}

/// The words that a command cannot do without, and more.
fn line(method: &MethodDescriptor, more: &[&str]) -> Vec<String> {
    let mut words = vec![words::kebab(method.name())];
    words.extend(CONNECTION.map(str::to_owned));
    let needed = [("officer", "fg-1"), ("out", "log.csv"), ("purpose", "privacy-review")];
    for (flag, value) in needed {
        let is_needed = match flag {
            "out" => method.name() == EXPORT,
            "purpose" => has(method, flag) && !ONLY_REVIEWING.contains(&method.name()),
            _ => has(method, flag),
        };
        let begins = [format!("--{flag}="), "--occasion=".to_owned()];
        let says = |word: &&str| word.starts_with(&begins[0]) || **word == format!("--{flag}");
        let follows = |word: &&str| flag == "purpose" && word.starts_with(&begins[1]);
        let is_given = more.iter().any(|word| says(word) || follows(word));
        if is_needed && !is_given {
            words.push(format!("--{flag}={value}"));
        }
    }
    words.extend(more.iter().map(|word| (*word).to_owned()));
    words
}

fn parsed(method: &MethodDescriptor, more: &[&str]) -> Result<ArgMatches, clap::Error> {
    command::of(method).try_get_matches_from(line(method, more))
}

fn request(name: &str, more: &[&str]) -> anyhow::Result<DynamicMessage> {
    let method = method(name);
    let flags = flags::of(&method.input());
    flags::request(method.input(), &flags, &parsed(&method, more)?)
}

fn refused(name: &str, more: &[&str]) -> (Exit, String) {
    let error = request(name, more).unwrap_err();
    (Exit::of(&error), format!("{error:#}"))
}

/// Something that the flag takes.
fn sample(flag: &Flag) -> String {
    match &flag.form {
        Form::Text if flag.is_personal() => format!("@{}", file!()),
        Form::Text => "text".to_owned(),
        Form::Bytes => "AQID".to_owned(),
        Form::Number => "7".to_owned(),
        Form::YesNo | Form::Mark => "true".to_owned(),
        Form::Word(words) => {
            let value = words.values().find(|value| value.number() != 0).unwrap();
            words::word(words.name(), value.name())
        }
        Form::Moment => "2026-06-22T09:00:00+02:00".to_owned(),
        Form::Json => "{}".to_owned(),
    }
}

#[test]
fn every_call_of_officers_is_a_command() {
    let cli = Cli::command();
    let set = FileDescriptorSet::decode(pb::DESCRIPTORS).unwrap();
    let mut found = 0;
    for service in set.file.iter().flat_map(|file| &file.service) {
        for method in service.method.iter().filter(|method| !method.client_streaming()) {
            let place = match (service.name(), method.name()) {
                ("DisclosureService" | "OfficerService", _) => "log",
                ("ConsentService", name) if name.contains("History") => "log",
                ("ReviewService" | "SignalService" | "PrivacyService", _) => "report",
                // Somebody has to say of every service whose it is.
                (other, _) => {
                    assert!(OF_OTHERS.contains(&other), "is {other} for officers?");
                    continue;
                }
            };
            let name = words::kebab(method.name());
            let above = cli.find_subcommand(place).unwrap();
            let command = above.find_subcommand(&name);
            assert!(command.is_some(), "{} has no command {place} {name}", method.name());
            found += 1;
        }
    }
    assert!(found >= 30, "{found}");
}

#[test]
fn every_field_of_every_call_can_be_given() {
    for (_, method) in every_method() {
        let flags = flags::of(&method.input());
        for path in every_path(&method.input(), "", 0) {
            let covers = |flag: &Flag| {
                let name = flag.name();
                name == path
                    || name.starts_with(&format!("{path}."))
                    || path.starts_with(&format!("{name}."))
            };
            assert!(flags.iter().any(covers), "{}: no flag gives {path}", method.name());
        }
        for flag in &flags {
            let given = format!("--{}={}", flag.long(), sample(flag));
            let matches = parsed(&method, &[&given]);
            let matches =
                matches.unwrap_or_else(|error| panic!("{} {given}: {error}", method.name()));
            let message = flags::request(method.input(), &flags, &matches).unwrap();
            assert!(is_set(&message, flag), "{} {given}", method.name());
        }
    }
}

/// Every field down to the fourth level, however it is given.
fn every_path(message: &MessageDescriptor, above: &str, depth: usize) -> Vec<String> {
    let mut paths = Vec::new();
    for field in message.fields() {
        let path = format!("{above}{}", field.name());
        if let Kind::Message(inner) = field.kind()
            && depth < 4
            && !inner.full_name().starts_with("google.")
        {
            paths.extend(every_path(&inner, &format!("{path}."), depth + 1));
        }
        paths.push(path);
    }
    paths
}

fn is_set(message: &DynamicMessage, flag: &Flag) -> bool {
    let mut at = message.clone();
    for field in &flag.path {
        if !at.has_field(field) {
            return false;
        }
        let inner = at.get_field(field).as_message().cloned();
        at = inner.unwrap_or(at);
    }
    true
}

#[test]
fn every_command_and_flag_is_consistent_and_says_what_it_is() {
    let mut names = BTreeSet::new();
    for (part, method) in every_method() {
        let mut command = command::of(&method);
        command.build();
        let name = command.get_name().to_owned();
        assert!(names.insert(name.clone()), "{name} is a command twice");
        assert!(command.get_about().is_some_and(|about| about.to_string().len() > 3), "{name}");
        let about = contract::about_method(&method);
        assert_eq!(command.get_long_about().map(ToString::to_string), Some(about));
        command.clone().debug_assert();
        for arg in command.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{} {name} --{}", part.as_str(), arg.get_id());
        }
    }
}

#[test]
fn the_examples_are_commands_that_work() {
    for (name, text) in command::EXAMPLES {
        let text = text
            .replace("\\\n", " ")
            .replace("@motivation.txt", &format!("@{}", file!()))
            .replace("@withheld.json", "{}");
        let words: Vec<&str> = text.split_whitespace().skip(2).collect();
        assert_eq!(words[0], name);
        let flags: Vec<&str> = words[1..].to_vec();
        let asks = has(&method(name), "purpose") && !text.contains("reviews");
        let says = text.contains("--purpose ") || text.contains("--occasion ");
        assert_eq!(asks, says, "{text}");
        let given: Vec<&str> = flags.iter().copied().filter(|word| *word != "--out").collect();
        let given: Vec<&str> = given.into_iter().filter(|word| *word != "q1.csv").collect();
        request(name, &given).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn what_officers_always_say_need_not_be_typed() {
    let message = request("list-reviews", &["--with-closed", "--page-size", "20"]).unwrap();
    let message = pb::ListReviewsRequest::decode(&*message.encode_to_vec()).unwrap();
    let actor = message.actor.unwrap();
    assert_eq!((actor.user_id.as_str(), actor.role()), ("fg-1", pb::UserRole::PrivacyOfficer));
    assert_eq!(message.purpose, i32::from(pb::Purpose::PrivacyReview));
    assert_eq!((message.with_closed, message.page_size), (true, 20));
    let message =
        request("list-reviews", &["--with-closed=false", "--purpose=DATA_SUBJECT_REQUEST"]);
    let message = pb::ListReviewsRequest::decode(&*message.unwrap().encode_to_vec()).unwrap();
    assert_eq!(message.purpose, i32::from(pb::Purpose::DataSubjectRequest));
    assert!(!message.with_closed);
}

#[test]
fn a_search_is_what_was_typed() {
    let message = request(
        "list-disclosures",
        &[
            "--filter.period.start-time=2026-06-22",
            "--filter.period.end-time=2026-06-22T12:00:00+02:00",
            "--filter.event-codes=summary-read,ACCESS_DENIED",
            "--filter.event-codes=EVENT_CODE_CONSENT_CHECKED",
            "--filter.categories=health-mental",
            "--filter.denied-only",
        ],
    );
    let message = pb::ListDisclosuresRequest::decode(&*message.unwrap().encode_to_vec()).unwrap();
    let filter = message.filter.unwrap();
    let period = filter.period.unwrap();
    // Summer time: the day began at ten in the evening by UTC.
    assert_eq!(period.start_time.unwrap().to_string(), "2026-06-21T22:00:00Z");
    assert_eq!(period.end_time.unwrap().to_string(), "2026-06-22T10:00:00Z");
    assert_eq!(filter.event_codes, [9, 15, 14]);
    assert_eq!((filter.categories, filter.denied_only), (vec![9], true));
}

#[test]
fn a_message_that_may_come_more_than_once_is_json_and_may_stand_in_a_file() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("withheld.json");
    let ground = "\"ground\":\"WITHHOLDING_GROUND_PERSON_INTEREST\"";
    let first = contract::methods(Part::Report)
        .iter()
        .flat_map(|method| flags::of(&method.input()))
        .find(|flag| flag.name() == "withheld")
        .unwrap();
    let Kind::Message(inner) = first.path[0].kind() else { panic!() };
    let Kind::Enum(grounds) = inner.get_field_by_name("ground").unwrap().kind() else { panic!() };
    let known = grounds.get_value(1).unwrap().name().to_owned();
    let ground = ground.replace("WITHHOLDING_GROUND_PERSON_INTEREST", &known);
    std::fs::write(
        &file,
        format!("[{{\"entryIndex\":\"7\",{ground}}},{{\"entryIndex\":8,{ground}}}]\n"),
    )
    .unwrap();
    let from_file = format!("--withheld=@{}", file.display());
    let typed = format!("--withheld={{\"entryIndex\":9,{ground}}}");
    let message =
        request("prepare-access-report", &[&from_file, &typed, "--tree-size=-1"]).unwrap();
    let message = pb::PrepareAccessReportRequest::decode(&*message.encode_to_vec()).unwrap();
    let places: Vec<i64> = message.withheld.iter().map(|one| one.entry_index).collect();
    assert_eq!((places, message.tree_size), (vec![7, 8, 9], -1));
    std::fs::write(&file, "Bellen\nwas genoeg.\r\n").unwrap();
    let lines = request("decide-review", &[&format!("--motivation=@{}", file.display())]).unwrap();
    let lines = pb::DecideReviewRequest::decode(&*lines.encode_to_vec()).unwrap();
    assert_eq!(lines.motivation, "Bellen\nwas genoeg.");
    let literal = request("list-disclosures", &["--filter.case-ref=@@home"]).unwrap();
    let literal = pb::ListDisclosuresRequest::decode(&*literal.encode_to_vec()).unwrap();
    assert_eq!(literal.filter.unwrap().case_ref, "@home");
}

/// No call of officers has such a field yet.
#[test]
fn of_things_that_exclude_each_other_one_is_given() {
    let pool = DescriptorPool::decode(pb::DESCRIPTORS).unwrap();
    let emergency = pool.get_message_by_name("ketenpoort.v1.Emergency").unwrap();
    let flags = flags::of(&emergency);
    let made = |words: &[&str]| {
        let command = clap::Command::new("declare").args(flags.iter().map(Flag::arg));
        let matches = command.try_get_matches_from([&["declare"], words].concat()).unwrap();
        let made = flags::request(emergency.clone(), &flags, &matches)?;
        anyhow::Ok(pb::Emergency::decode(&*made.encode_to_vec()).unwrap().client_informed)
    };
    let informed = made(&["--client-informed.after"]).unwrap().unwrap();
    assert!(matches!(informed.informed, Some(Informed::After(_))), "{informed:?}");
    assert_eq!(made(&["--client-informed.after=false"]).unwrap(), None);
    let both = made(&["--client-informed.after", "--client-informed.planned-on=2026-06-22"]);
    let both = both.unwrap_err();
    assert_eq!(Exit::of(&both), Exit::Usage);
    assert!(both.to_string().contains("'informed'"), "{both}");
}

#[test]
fn a_wrong_value_is_told_by_its_flag_and_its_rule_and_never_repeated() {
    for (name, flag, value, rule) in [
        ("list-signals", "score-min", "99990020x", "must be a number"),
        ("list-signals", "score-min", "99999999999", "must be a number"),
        ("list-disclosures", "filter.period.end-time", "gisteren", "must be a moment by RFC 3339"),
        ("approve-access-report", "digest", "g!", "must be base64"),
        ("prepare-access-report", "withheld", "{\"wie\":1}", "must be JSON like {\"entryIndex\""),
        ("prepare-access-report", "withheld", "{,}", "line 1 column 2"),
    ] {
        let (exit, text) = refused(name, &[&format!("--{flag}={value}")]);
        assert_eq!(exit, Exit::Usage, "{flag}: {text}");
        assert!(text.starts_with(&format!("--{flag}: ")) && text.contains(rule), "{text}");
        assert!(!text.contains(value), "{text}");
    }
    // A sign too many before the value itself.
    for (name, flag) in [("decide-review", "motivation"), ("list-disclosures", "filter.case-ref")] {
        let (exit, text) = refused(name, &[&format!("--{flag}=@999990044")]);
        assert_eq!(exit, Exit::NotFound, "{text}");
        assert!(text.starts_with(&format!("--{flag}: cannot read the file: ")), "{text}");
        assert!(!text.contains("99999"), "{text}");
    }
}

#[test]
fn what_is_about_a_person_is_never_typed() {
    for (name, flag) in [
        ("list-disclosures", "filter.subject-pseudonym"),
        ("export-disclosures", "filter.subject-pseudonym"),
        ("save-search", "filter.subject-pseudonym"),
        ("get-consent-history", "subject-pseudonym"),
        ("decide-review", "motivation"),
        ("provide-review-information", "information"),
        ("close-signal", "grounds"),
        ("judge-sample-entry", "grounds"),
        ("raise-signal", "grounds"),
        ("ask-organisation", "question"),
        ("answer-question", "answer"),
        ("suppress-signals", "grounds"),
        ("open-breach", "nature"),
        ("record-breach-notification", "motivation"),
        ("extend-data-subject-request", "motivation"),
        ("open-data-subject-request", "objection-motivation"),
        ("open-data-subject-request", "withhold-reporter-motivation"),
    ] {
        for value in ["999990044", "@@999990044", ""] {
            let (exit, text) = refused(name, &[&format!("--{flag}={value}")]);
            assert_eq!(exit, Exit::Usage, "{name} {flag}: {text}");
            assert!(text.starts_with(&format!("--{flag}: is about a person")), "{text}");
            assert!(text.contains("(@FILE)") && text.contains("(@-)"), "{text}");
            assert!(!text.contains("99999"), "{text}");
        }
        let help = command::of(&method(name)).render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains(&format!("--{flag} <@FILE>")), "{help}");
        assert!(help.contains("is about a person, so it is taken from a file"), "{help}");
    }
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("why");
    std::fs::write(&file, "Het ging om haar.\n").unwrap();
    let read = request("decide-review", &[&format!("--motivation=@{}", file.display())]).unwrap();
    let read = pb::DecideReviewRequest::decode(&*read.encode_to_vec()).unwrap();
    assert_eq!(read.motivation, "Het ging om haar.");
}

/// Somebody has to say of every text of every call whether it is about a person.
#[test]
fn of_every_text_it_is_known_whether_it_is_about_a_person() {
    let mut unknown = BTreeSet::new();
    for (_, method) in every_method() {
        for flag in flags::of(&method.input()) {
            let last = flag.path.last().unwrap();
            if let (Form::Json, Kind::Message(inner)) = (&flag.form, last.kind()) {
                for path in every_path(&inner, "", 0) {
                    let name = path.rsplit('.').next().unwrap();
                    assert!(!personal::is_personal(name), "{} may be typed", flag.name());
                }
            }
            let is_text = matches!(flag.form, Form::Text);
            if is_text && !flag.is_personal() && !ABOUT_NOBODY.contains(&last.name()) {
                unknown.insert(last.name().to_owned());
            }
        }
    }
    assert_eq!(unknown, BTreeSet::new());
}

#[test]
fn a_purpose_follows_from_the_occasion_or_is_typed_where_there_is_a_choice() {
    let purpose = |name: &str, more: &[&str]| -> i32 {
        let made = request(name, more).unwrap();
        made.get_field_by_name("purpose").unwrap().as_enum_number().unwrap()
    };
    let (review, subject) = (pb::Purpose::PrivacyReview, pb::Purpose::DataSubjectRequest);
    for (word, follows) in [
        ("complaint", review),
        ("sample", review),
        ("incident", review),
        ("subject-request", subject),
        ("SUBJECT_REQUEST", subject),
    ] {
        let occasion = format!("--occasion={word}");
        assert_eq!(purpose("list-disclosures", &[&occasion]), i32::from(follows), "{word}");
        // The gateway refuses what a review is not looked at for; nothing is made of it here.
        assert_eq!(purpose("list-reviews", &[&occasion]), i32::from(follows), "{word}");
    }
    let both = ["--occasion=complaint", "--purpose=data-subject-request"];
    assert_eq!(purpose("list-disclosures", &both), i32::from(subject), "what was typed is sent");
    let unknown = parsed(&method("list-holds"), &["--occasion=curiosity"]).unwrap_err().to_string();
    for word in ["complaint", "sample", "incident", "subject-request"] {
        assert!(unknown.contains(word), "{word}: {unknown}");
    }
    for (_, method) in every_method().iter().filter(|(_, method)| has(method, "purpose")) {
        let words = line(method, &[]).into_iter().filter(|word| !word.starts_with("--purpose"));
        let made = command::of(method).try_get_matches_from(words);
        let is_free = ONLY_REVIEWING.contains(&method.name());
        assert_eq!(made.is_ok(), is_free, "{}", method.name());
        if let Err(missing) = made {
            assert!(missing.to_string().contains("--purpose <WORD>"), "{missing}");
        }
    }
}

#[test]
fn an_unknown_word_is_told_with_those_that_are_known() {
    let unknown = parsed(&method("decide-review"), &["--verdict=perhaps"]).unwrap_err().to_string();
    for word in
        ["--verdict", "justified", "justified-with-remark", "not-justified", "more-information"]
    {
        assert!(unknown.contains(word), "{word}: {unknown}");
    }
    assert!(!unknown.contains("unspecified"), "{unknown}");
    let near = parsed(&method("decide-review"), &["--verdict=justifed"]).unwrap_err().to_string();
    assert!(near.contains("a similar value exists: 'justified'"), "{near}");
}

#[test]
fn a_request_has_an_id_of_its_own_or_the_one_that_was_given() {
    let mut drawn = request("decide-review", &[]).unwrap();
    let first = command::identified(&mut drawn).unwrap().unwrap();
    assert_eq!(uuid::Uuid::parse_str(&first).unwrap().get_version_num(), 4);
    assert_eq!(drawn.get_field_by_name(REQUEST_ID).unwrap().as_str(), Some(first.as_str()));
    let mut other = request("decide-review", &[]).unwrap();
    assert_ne!(command::identified(&mut other).unwrap().unwrap(), first);
    let mut given = request("decide-review", &[&format!("--request-id={first}")]).unwrap();
    assert_eq!(command::identified(&mut given).unwrap(), Some(first));
    assert_eq!(command::identified(&mut request("list-holds", &[]).unwrap()).unwrap(), None);
}

#[test]
fn nobody_calls_without_saying_who_and_where() {
    let method = method("list-holds");
    let all = line(&method, &[]);
    for (at, flag) in [(1, "--gateway"), (3, "--ca"), (5, "--certificate"), (7, "--key")] {
        let mut less = all.clone();
        less.drain(at..at + 2);
        let missing = command::of(&method).try_get_matches_from(less).unwrap_err().to_string();
        assert!(missing.contains(flag), "{flag}: {missing}");
    }
    let nobody: Vec<&String> = all.iter().filter(|word| !word.contains("officer")).collect();
    let missing = command::of(&method).try_get_matches_from(nobody).unwrap_err().to_string();
    assert!(missing.contains("--officer <USER>"), "{missing}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is typed, it is taken or refused with a sentence.
    #[test]
    fn nothing_that_is_typed_breaks_it(text in "[^@].{0,30}", pick in any::<prop::sample::Index>()) {
        let methods = every_method();
        let (_, method) = pick.get(&methods);
        let flags = flags::of(&method.input());
        for flag in &flags {
            let given = format!("--{}={text}", flag.long());
            if let Ok(matches) = parsed(method, &[&given]) {
                let made = flags::request(method.input(), &flags, &matches);
                let told = made.map_or_else(|error| error.to_string(), |_| given.clone());
                prop_assert!(!told.is_empty(), "{}", method.name());
            }
        }
    }
}
