//! Rules about the repository itself: arrows between modules point down, and files keep their shape.

use std::collections::BTreeSet;
use std::fs;

#[path = "architecture/source.rs"]
mod source;

use source::{Source, files, product, root, text};

/// Each module and the modules it may name. An edge never names another edge, but for the identity
/// that `tls` found; only `cli`, which puts everything together, may name everything.
const ARROWS: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("ledger", &["domain"]),
    ("vault", &["domain"]),
    ("store", &["domain", "ledger", "vault"]),
    ("gateway", &["domain", "ledger", "vault", "store"]),
    ("tls", &["domain"]),
    ("grpc", &["domain", "ledger", "gateway", "tls"]),
    ("console", &["domain", "ledger", "gateway", "tls"]),
    ("cli", &MODULES),
];

const MODULES: [&str; 9] =
    ["domain", "ledger", "vault", "store", "gateway", "grpc", "console", "tls", "cli"];

/// Crates that show which module does what, and the modules that may name them.
const GUARDED: [(&str, &[&str]); 28] = [
    ("sqlx", &["store"]),
    ("axum", &["console"]),
    ("askama", &["console"]),
    ("zip", &["console"]),
    ("openidconnect", &["console"]),
    ("hyper_rustls", &["tls"]),
    // A TLS stream tells tonic who is connected, and opens a client's channel.
    ("tonic", &["grpc", "tls", "cli"]),
    ("tonic_health", &["grpc", "cli"]),
    ("tonic_prost", &["grpc"]),
    ("tonic_reflection", &["grpc", "cli"]),
    ("tonic_types", &["grpc", "cli"]),
    ("prost", &["grpc", "cli"]),
    ("prost_types", &["grpc", "cli"]),
    ("prost_reflect", &["cli"]),
    ("rustls", &["tls"]),
    ("tokio_rustls", &["tls"]),
    ("rcgen", &["tls"]),
    ("x509_parser", &["tls"]),
    ("tokio", &["store", "gateway", "grpc", "console", "tls", "cli"]),
    ("tokio_stream", &["store", "gateway", "grpc", "console", "tls", "cli"]),
    ("anyhow", &["cli"]),
    ("clap", &["cli"]),
    ("figment", &["cli"]),
    ("indicatif", &["cli"]),
    ("hyper", &["cli"]),
    // Counted where it happens; shown by the port for operators.
    ("metrics", &["store", "gateway", "grpc", "console", "tls", "cli"]),
    ("metrics_exporter_prometheus", &["cli"]),
    ("tracing_subscriber", &["cli"]),
];

/// The pure modules and the crates they may name, beside those of the standard library.
const PURE: [(&str, &[&str]); 3] = [
    ("domain", &["hex", "jiff", "serde", "serde_json", "thiserror", "uuid"]),
    ("ledger", &["aws_lc_rs", "base64", "hex", "jiff", "serde", "thiserror", "uuid"]),
    (
        "vault",
        &[
            "aws_lc_rs",
            "base64",
            "hex",
            "jiff",
            "lz4_flex",
            "serde",
            "thiserror",
            "uuid",
            "zeroize",
        ],
    ),
];

/// What a pure module may not do: read a clock, draw a random id, wait, or touch the outside.
const IMPURE: [&str; 13] = [
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "env::",
    "fs::",
    "net::",
    "process::",
    "thread::",
    "async",
    "await",
];

const RUST_LINES_MAX: usize = 600;

#[test]
fn every_module_in_src_is_one_that_the_architecture_names() {
    let mut wrong = Vec::new();
    for source in product() {
        if source.module != "lib" && !MODULES.contains(&module(&source)) {
            wrong.push(format!("{} belongs to no known module", source.path));
        }
    }
    none(&wrong);
}

#[test]
fn modules_name_only_the_modules_below_them() {
    let mut wrong = Vec::new();
    for source in product() {
        let Some((name, below)) = ARROWS.iter().find(|(name, _)| *name == source.module) else {
            continue;
        };
        for used in source.modules(&MODULES) {
            if used != *name && !below.contains(&used.as_str()) {
                wrong.push(format!("{}: {name} may not name crate::{used}", source.path));
            }
        }
    }
    none(&wrong);
}

#[test]
fn guarded_crates_are_named_only_where_they_belong() {
    let mut wrong = Vec::new();
    for source in product() {
        let heads = source.heads();
        for (guarded, modules) in GUARDED {
            if heads.contains(guarded) && !modules.contains(&module(&source)) {
                wrong.push(format!("{}: only {modules:?} may name {guarded}", source.path));
            }
        }
    }
    none(&wrong);
}

#[test]
fn pure_modules_name_no_other_crates_than_their_own_few() {
    let dependencies = dependencies();
    assert!(dependencies.contains("sqlx"), "Cargo.toml was not understood: {dependencies:?}");
    let mut wrong = Vec::new();
    for (source, crates) in pure() {
        for named in source.heads().intersection(&dependencies) {
            if !crates.contains(&named.as_str()) {
                wrong.push(format!("{}: a pure module may not name {named}", source.path));
            }
        }
    }
    none(&wrong);
}

#[test]
fn pure_modules_read_no_clock_and_touch_nothing_outside() {
    let mut wrong = Vec::new();
    for (source, _) in pure() {
        for word in IMPURE.iter().filter(|word| has_word(&source.code, word)) {
            wrong.push(format!("{}: a pure module may not use `{word}`", source.path));
        }
    }
    none(&wrong);
}

#[test]
fn rust_files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for path in rust_files() {
        let text = text(&path);
        let lines = text.lines().count();
        if lines > RUST_LINES_MAX {
            wrong.push(format!("{path} has {lines} lines, more than {RUST_LINES_MAX}"));
        }
        if !text.starts_with("//! ") {
            wrong.push(format!("{path} does not open with //!"));
        }
        if path.ends_with("/mod.rs") {
            wrong.push(format!("{path} should be foo.rs beside foo/"));
        }
    }
    none(&wrong);
}

#[test]
fn nothing_is_left_unfinished() {
    // In pieces, so that this file passes too.
    let words = [["TO", "DO"], ["FIX", "ME"], ["to", "do!"], ["unimpl", "emented!"]];
    let words = words.map(|pieces| pieces.concat());
    let others = [("migrations", "sql"), ("proto", "proto"), ("tests", "py"), (".ci", "")];
    let others = others.into_iter().flat_map(|(directory, extension)| files(directory, extension));
    let mut wrong = Vec::new();
    for path in rust_files().into_iter().chain(others) {
        for (line, number) in text(&path).lines().zip(1..) {
            if words.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{path}:{number} is unfinished: {}", line.trim()));
            }
        }
    }
    none(&wrong);
}

#[test]
fn the_top_level_holds_nothing_else() {
    const KNOWN: [&str; 10] = [
        "Cargo.lock",
        "Cargo.toml",
        "README.md",
        "benches",
        "certs-example",
        "migrations",
        "proto",
        "src",
        "target",
        "tests",
    ];
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root()).expect("the repository can be read") {
        let name = entry.expect("the repository can be read").file_name();
        let name = name.to_str().expect("names here are ASCII");
        if !name.starts_with('.') && !KNOWN.contains(&name) {
            wrong.push(format!("{name} does not belong at the top level of the repository"));
        }
    }
    none(&wrong);
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |database: &str| -> BTreeSet<String> {
        let folder = format!("migrations/{database}/");
        files(&folder, "sql").iter().map(|path| path.replacen(&folder, "", 1)).collect()
    };
    let mut wrong = Vec::new();
    for name in names("sqlite").symmetric_difference(&names("postgres")) {
        wrong.push(format!("{name} is a migration of only one of the databases"));
    }
    none(&wrong);
}

#[test]
fn every_error_reason_says_its_status_and_when_it_comes() {
    let proto = text("proto/ketenpoort/v1/errors.proto");
    let mut comment = String::new();
    let mut reasons = 0;
    let mut wrong = Vec::new();
    for line in proto.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("// ") {
            comment.push_str(words);
            continue;
        }
        let above = std::mem::take(&mut comment);
        let Some((reason, _)) =
            line.strip_prefix("ERROR_REASON_").and_then(|l| l.split_once(" = "))
        else {
            continue;
        };
        reasons += 1;
        let status = above.split([':', ',']).next().unwrap_or_default();
        if reason != "UNSPECIFIED" && !STATUSES.contains(&status) {
            wrong.push(format!("{reason} has no comment that opens with a gRPC status"));
        }
    }
    assert!(reasons > 10, "errors.proto was not understood");
    none(&wrong);
}

/// The statuses with which the gateway can refuse (grpc.io, "Status codes and their use in gRPC").
const STATUSES: [&str; 12] = [
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "UNAUTHENTICATED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "INTERNAL",
    "UNAVAILABLE",
];

/// Fails with one line for each violation.
fn none(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

/// The module whose rules hold for a file: `main.rs` belongs to the command line.
fn module(source: &Source) -> &str {
    if source.module == "main" { "cli" } else { &source.module }
}

/// The files of the pure modules, with the crates that each may name.
fn pure() -> impl Iterator<Item = (Source, &'static [&'static str])> {
    product().into_iter().filter_map(|source| {
        let (_, crates) = PURE.iter().find(|(name, _)| *name == source.module)?;
        Some((source, *crates))
    })
}

fn rust_files() -> Vec<String> {
    ["src", "tests", "benches", "proto"].into_iter().flat_map(|dir| files(dir, "rs")).collect()
}

/// The crates that the product depends on, as code names them.
fn dependencies() -> BTreeSet<String> {
    let manifest = text("Cargo.toml");
    let section = manifest.split("\n[").find(|section| section.starts_with("dependencies]"));
    let lines = section.unwrap_or_default().lines().skip(1).filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| Some(line.split_once([' ', '=', '.'])?.0.replace('-', "_")))
        .filter(|name| !name.is_empty())
        .collect()
}

/// Whether `code` has `word`, not as a part of a longer word.
fn has_word(code: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).unwrap_or_default();
        let after = code.get(at + word.len()..).unwrap_or_default();
        !before.ends_with(is_word) && (word.ends_with(':') || !after.starts_with(is_word))
    })
}
