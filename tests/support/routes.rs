//! Every route of the console that answers to GET, as the tests go through them. That none is left out,
//! the source of the console tells.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ketenpoort::domain::look::Look;

use Kind::{Elsewhere, File, Page};

/// What somebody gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something to read in a window.
    Page,
    /// Something to keep, or what a script of a page asks for.
    File,
    /// The way to another page.
    Elsewhere,
}

/// A route that shows what the ledger is about, below the language: what else its address says, what the
/// entry of the look names, and what stands in the answer and in no refusal.
pub(crate) struct Shown(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) Look,
    pub(crate) Kind,
    pub(crate) &'static str,
);

pub(crate) const SHOWN: &[Shown] = &[
    Shown("/", "", Look::Overview, Page, "{case}"),
    Shown("/toestemmingen", "?zaak={case}", Look::Consents, Page, "{oin}"),
    Shown("/statistiek", "", Look::Statistics, Page, "2025-Q4"),
    Shown("/statistiek/csv", "?periode=2025-Q4", Look::StatisticsExport, File, "2025-Q4"),
    Shown("/steekproef", "?{drawing}", Look::Sample, Page, "name=\"regel\""),
    Shown("/mijn-logboek", "", Look::OwnLooks, Page, "<table"),
    Shown("/organisaties", "", Look::Directory, Page, "/organisaties/{oin}"),
    Shown("/organisaties/{oin}", "", Look::Directory, Page, "{oin}"),
    Shown("/integriteit", "", Look::Integrity, Page, "id=\"note\""),
    Shown("/integriteit/samenhang", "?van=1&tot={size}", Look::Integrity, File, "=\n"),
    Shown(
        "/integriteit/regels",
        "?soort=maand&tot={size}&na=-1",
        Look::Verification,
        File,
        "\n{index} ",
    ),
    Shown("/verstrekkingen", "", Look::Search, Page, "{case}"),
    Shown("/verstrekkingen", "?actie=alles", Look::Search, Page, "{case}"),
    Shown(
        "/verstrekkingen/uitvoer",
        "?vorm=csv&actie=alles",
        Look::Export,
        File,
        ".csv.manifest.json",
    ),
    Shown("/verstrekkingen/{index}", "", Look::Entry, Page, "data-leaf"),
    Shown("/verstrekkingen/{index}/bewijs.txt", "", Look::Entry, File, "tlog-proof"),
    Shown("/vragen", "", Look::Questions, Page, "Wie las dit?"),
    Shown("/noodtoegang", "", Look::ReviewQueueOpened, Page, "Er wordt gedreigd."),
    Shown("/noodtoegang/{review_id}", "", Look::Review, Page, "Er wordt gedreigd."),
    Shown("/inzage", "", Look::Requests, Page, "/inzage/{id}\""),
    Shown("/inzage", "?staat=gesloten", Look::Requests, Page, "/inzage/{closed}\""),
    Shown("/inzage", "?zaak={case}", Look::CasePeople, Page, "name=\"persoon\""),
    Shown("/inzage/{id}", "", Look::Request, Page, "{case}"),
    Shown("/inzage/{id}/rapport", "", Look::AccessReport, Page, "<table"),
    Shown("/inzage/{id}/rapport.json", "", Look::AccessReport, File, "entry_count"),
    Shown("/inzage/{id}/brief", "", Look::AccessReport, Page, "class=\"letter__line\""),
    Shown("/datalek", "", Look::Incidents, Page, "/datalek/{incident_id}\""),
    Shown("/datalek/{incident_id}", "", Look::Breach, Page, "De sleutel is gekopieerd."),
    Shown("/datalek/{incident_id}/bewijs.txt", "", Look::Breach, File, "leaves: "),
    Shown("/datalek/{incident_id}/melding.txt", "", Look::Breach, File, "\n9. "),
    Shown("/signalen", "", Look::Signals, Page, "/signalen/{signal_id}\""),
    Shown("/signalen/stil", "", Look::Suppressions, Page, "/signalen/{silenced}\""),
    Shown("/signalen/{signal_id}", "", Look::Signal, Page, "Waarom om drie uur?"),
];

/// Routes that show nothing that the ledger is about, and why.
pub(crate) const SILENT: &[(&str, Kind, &str)] = &[
    ("/", Elsewhere, "leads to the overview"),
    ("/{lang}", Elsewhere, "leads to the overview"),
    ("/s/{name}", File, "style sheets, scripts and letters are the same for everybody"),
    ("/{lang}/doel", Page, "asks why the officer looks"),
    ("/{lang}/instellingen", Page, "what the officer chose"),
    (
        "/{lang}/verstrekkingen/bewaard/{saved_search_id}",
        Elsewhere,
        "leads to the search, and that is the look",
    ),
    ("/demo/{secret}", Elsewhere, "leads into a demo"),
    ("/{lang}/demo", Page, "whose place somebody takes in a demo"),
    ("/{lang}/inloggen", Elsewhere, "leads to the provider of logins"),
    ("/inloggen/terug", Elsewhere, "leads back from there"),
];

/// Every route of a kind, in either table.
pub(crate) fn of(kind: Kind) -> BTreeSet<String> {
    let shown = SHOWN.iter().map(|Shown(route, _, _, of, _)| (format!("/{{lang}}{route}"), *of));
    let silent = SILENT.iter().map(|(route, of, _)| ((*route).to_owned(), *of));
    shown.chain(silent).filter(|(_, of)| *of == kind).map(|(route, _)| route).collect()
}

/// Every route that answers to GET, as the source of the console has it.
pub(crate) fn in_the_source() -> BTreeSet<String> {
    let mut files = Vec::new();
    files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console"), &mut files);
    let code = |path: &PathBuf| fs::read_to_string(path).unwrap().split_whitespace().collect();
    let files: Vec<String> = files.iter().map(code).collect();
    let constants = files.iter().flat_map(|code| code.split("const").skip(1)).filter_map(|rest| {
        let (name, text) = rest.split_once(":&str=\"")?;
        Some((name, text.split_once('"')?.0))
    });
    let constants: BTreeMap<&str, &str> = constants.collect();
    let mut found = BTreeSet::new();
    for code in &files {
        for other in [".nest(", ".merge(", "_service(", "MethodFilter", "any("] {
            let is_there = code.contains("axum::routing::") && code.contains(other);
            assert!(!is_there, "a route that is made in another way: {other}");
        }
        let mut named = constants.clone();
        for (nth, part) in code.split(".route(").enumerate() {
            if nth > 0 {
                found.extend(route_of(part, &named));
            }
            named.extend(part.split("let").skip(1).filter_map(|rest| {
                let (name, text) = rest.split_once("=format!(\"")?;
                Some((name, text.split_once('"')?.0))
            }));
        }
    }
    found
}

/// The route that is added by a call of which these are the arguments and all that follows; none when it
/// does not answer to GET.
fn route_of(call: &str, named: &BTreeMap<&str, &str>) -> Option<String> {
    let arguments = up_to_its_end(call);
    // Of other things with routes there is one argument.
    let (path, handlers) = arguments.split_once(',')?;
    if !handlers.contains("get(") {
        return None;
    }
    let literal = path.strip_prefix("&format!(\"").and_then(|rest| rest.strip_suffix("\")"));
    let literal = literal.or_else(|| path.strip_prefix('"')?.strip_suffix('"'));
    let known = || named.get(path.trim_start_matches('&')).copied();
    let text = literal.or_else(known).unwrap_or_else(|| panic!("a path that is unknown: {path}"));
    let text = named.iter().fold(text.to_owned(), |text, (name, value)| {
        // What a double brace holds is a name in the address.
        let (alone, held) = (format!("{{{name}}}"), format!("{{{{{name}}}}}"));
        if text.contains(&held) { text } else { text.replace(&alone, value) }
    });
    Some(text.replace("{{", "{").replace("}}", "}"))
}

/// The text up to the bracket that closes what was open before it.
fn up_to_its_end(text: &str) -> &str {
    let mut depth = 1;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.split_at(at).0;
        }
    }
    panic!("no end of: {text}")
}

fn files_below(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
