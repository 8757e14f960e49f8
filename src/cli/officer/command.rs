//! The command of a call: what it looks like, and how it goes.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args as _, Command, FromArgMatches as _};
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};

use super::answer::{self, Canonical};
use super::call::{Connection, Wire};
use super::contract::{self, Part};
use super::flags::{self, REQUEST_ID};
use super::{export, refusal, watch, words};
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::vault::random;

const PAGE_SIZE: &str = "page_size";
/// As many as a gateway gives at once: every page is a look that stands in the ledger.
const PAGE_SIZE_MAX: i32 = 500;

const JSON: &str = "json";
const ALL: &str = "all";
const OUT: &str = "out";

const VALUES: &str = "Values:\n  \
    @FILE   a text, BASE64 or JSON from a file: others see command lines,\n          \
    so what is about a person is taken in no other way\n  \
    @-      the same from standard input\n  \
    @@…     a text that begins with @\n  \
    MOMENT  RFC 3339, like 2026-06-22T09:00:00+02:00, or a day: its first\n          \
    moment in the Netherlands";

/// What begins best with an example.
pub(super) const EXAMPLES: [(&str, &str); 5] = [
    (
        "list-disclosures",
        "ketenpoort log list-disclosures --filter.case-ref VVT-2026-000123 --occasion complaint \\\n    \
         --filter.period.start-time 2026-01-01 --filter.period.end-time 2026-04-01 --all --json",
    ),
    (
        "export-disclosures",
        "ketenpoort log export-disclosures --format nen-7513-csv --out q1.csv --purpose privacy-review \\\n    \
         --filter.period.start-time 2026-01-01 --filter.period.end-time 2026-04-01",
    ),
    ("list-reviews", "ketenpoort report list-reviews --with-closed --all --json"),
    (
        "decide-review",
        "ketenpoort report decide-review --review-id 0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11 \\\n    \
         --verdict justified-with-remark --motivation @motivation.txt",
    ),
    (
        "prepare-access-report",
        "ketenpoort report prepare-access-report --tree-size 4210 --withheld @withheld.json \\\n    \
         --subject-request-id 0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11",
    ),
];

/// The command of a call. Its flags are made when it is looked at.
pub(super) fn of(method: &MethodDescriptor) -> Command {
    described(Command::new(words::kebab(method.name())), method).defer(with_flags)
}

fn described(command: Command, method: &MethodDescriptor) -> Command {
    let about = contract::about_method(method);
    command.about(contract::first_sentence(&about)).long_about(about)
}

fn with_flags(command: Command) -> Command {
    let found = Part::ALL.into_iter().find_map(|part| contract::method(part, command.get_name()));
    let Some(method) = found else { return command };
    // Flags that are added together bring what they say of themselves.
    let mut command = described(Connection::augment_args(command), &method);
    let flags = flags::of(&method.input());
    let is_paged = flags.iter().any(|flag| flag.name() == answer::PAGE_TOKEN);
    for flag in &flags {
        command = command.arg(flag.arg());
    }
    if is_paged {
        let about = "Follow all pages, and print them as one answer";
        let all = Arg::new(ALL).long(ALL).action(ArgAction::SetTrue).help(about);
        command = command.arg(all.conflicts_with(format!("request.{}", answer::PAGE_TOKEN)));
    }
    if method.name() == contract::EXPORT {
        let out = Arg::new(OUT).long(OUT).value_name("FILE").required(true);
        let out = out.value_parser(clap::value_parser!(PathBuf));
        command = command
            .arg(out.help("Where to write it; must not exist. FILE.manifest.json is beside it"));
    }
    let json = Arg::new(JSON).long(JSON).action(ArgAction::SetTrue);
    command = command.arg(json.help("Print the canonical JSON of protobuf"));
    let name = command.get_name().to_owned();
    let example = EXAMPLES.iter().find(|(of, _)| *of == name);
    let example = example.map_or_else(String::new, |(_, text)| format!("Example:\n  {text}\n\n"));
    command.after_help(example + VALUES)
}

/// Makes the call and shows the answer.
pub(super) async fn run(
    part: Part,
    name: &str,
    matches: &ArgMatches,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let unknown = || Failure::new(Exit::Usage, format!("{}: no call {name}", part.as_str()));
    let method = contract::method(part, name).ok_or_else(unknown)?;
    let connection = Connection::from_arg_matches(matches)?;
    let flags = flags::of(&method.input());
    let mut request = flags::request(method.input(), &flags, matches)?;
    let request_id = identified(&mut request)?;
    let json = matches.get_flag(JSON);
    let mut wire = Wire::open(&connection).await?;
    if let Some(out) = matches.try_get_one::<PathBuf>(OUT).ok().flatten() {
        return export::run(&mut wire, (&method, &request), out, json, terminal).await;
    }
    if method.is_server_streaming() {
        return watch::run(&mut wire, (&method, &request), json, terminal).await;
    }
    let all = matches.try_get_one::<bool>(ALL).ok().flatten().is_some_and(|all| *all);
    let answered = if all {
        follow(&mut wire, &method, request).await
    } else {
        wire.call(&method, &request).await
    };
    let answer = answered.map_err(|status| {
        if let Some(id) = &request_id {
            terminal
                .note(format_args!("request id: {id} (repeat the call with --request-id {id})"));
        }
        refusal::failure(&status)
    })?;
    show(&answer, json, terminal)?;
    Ok(Exit::Ok)
}

/// The id of the request: the one that was given, or one that is drawn now.
pub(super) fn identified(request: &mut DynamicMessage) -> anyhow::Result<Option<String>> {
    let Some(given) = request.get_field_by_name(REQUEST_ID) else { return Ok(None) };
    let given = given.as_str().unwrap_or_default().to_owned();
    if !given.is_empty() {
        return Ok(Some(given));
    }
    let drawn = random::uuid_v4()?.to_string();
    request.try_set_field_by_name(REQUEST_ID, Value::String(drawn.clone()))?;
    Ok(Some(drawn))
}

/// All pages as one.
async fn follow(
    wire: &mut Wire,
    method: &MethodDescriptor,
    mut request: DynamicMessage,
) -> Result<DynamicMessage, tonic::Status> {
    if request.get_field_by_name(PAGE_SIZE).is_some_and(|size| size.as_i32() == Some(0)) {
        request.set_field_by_name(PAGE_SIZE, Value::I32(PAGE_SIZE_MAX));
    }
    let mut pages = wire.call(method, &request).await?;
    while let Some(token) = answer::next_page(&pages) {
        request.set_field_by_name(answer::PAGE_TOKEN, Value::String(token));
        answer::join(&mut pages, &wire.call(method, &request).await?);
    }
    Ok(pages)
}

fn show(answer: &DynamicMessage, json: bool, terminal: &mut Terminal) -> anyhow::Result<()> {
    if json {
        terminal.json(&Canonical(answer))?;
        return Ok(());
    }
    terminal.text(&answer::text(answer))?;
    if answer::next_page(answer).is_some() {
        terminal.note("there is more: --all, or --page-token with the next-page-token above");
    }
    Ok(())
}
