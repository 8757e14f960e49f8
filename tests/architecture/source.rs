//! Reads Rust source well enough to see what a module names: no comments, no text, no test code.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A source file below `src/`.
pub(crate) struct Source {
    /// Path from the root of the repository.
    pub(crate) path: String,
    /// Module that holds it: the first part of its path, `lib` and `main` for the two roots.
    pub(crate) module: String,
    /// Steps from here up to the root of the crate.
    depth: usize,
    /// Product code: comments, text and test code are blanked out.
    pub(crate) code: String,
}

/// All source files of the product, those with tests only left out.
pub(crate) fn product() -> Vec<Source> {
    files("src", "rs").into_iter().filter_map(Source::read).collect()
}

impl Source {
    fn read(path: String) -> Option<Self> {
        let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').skip(1).collect();
        if parts.contains(&"tests") {
            return None;
        }
        let module = (*parts.first()?).to_owned();
        let depth = if ["lib", "main"].contains(&module.as_str()) { 0 } else { parts.len() };
        let code = without_tests(without_text(&text(&path)));
        Some(Self { path, module, depth, code })
    }

    /// Which of the `known` modules of this crate it names, through `crate::` or enough `super::`.
    pub(crate) fn modules(&self, known: &[&str]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for to_root in ["crate::".to_owned(), "super::".repeat(self.depth.max(1))] {
            for rest in self.code.split(&to_root).skip(1) {
                found.extend(match rest.strip_prefix('{') {
                    Some(group) => first_names(group),
                    None => vec![name(rest)],
                });
            }
        }
        found.retain(|name| known.contains(&name.as_str()));
        found
    }

    /// The names with which paths begin: `sqlx` in `sqlx::query` and in `use sqlx;`.
    pub(crate) fn heads(&self) -> BTreeSet<String> {
        let code = &self.code;
        let paths = code.match_indices("::").filter_map(|(end, _)| {
            let before = code.get(..end)?;
            let start = before.rfind(|c| !is_word(c)).map_or(0, |at| at + 1);
            let before_name = code.get(..start)?;
            // `a::b::` continues a path, ` ::b::` starts one.
            let continues = before_name
                .strip_suffix("::")
                .is_some_and(|more| more.ends_with(|c| is_word(c) || c == '>'));
            (!continues).then(|| code.get(start..end).unwrap_or_default().to_owned())
        });
        paths.chain(code.split("use ").skip(1).map(name)).filter(|name| !name.is_empty()).collect()
    }
}

/// The files below `directory` with this extension, as paths from the root of the repository. None
/// when there is no such directory.
pub(crate) fn files(directory: &str, extension: &str) -> Vec<String> {
    let directory = directory.trim_end_matches('/');
    let Ok(entries) = fs::read_dir(root().join(directory)) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.expect("a directory of the repository can be read");
        let name = entry.file_name();
        let path = format!("{directory}/{}", name.to_str().expect("names here are ASCII"));
        if entry.path().is_dir() {
            found.extend(files(&path, extension));
        } else if entry.path().extension().unwrap_or_default() == extension {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text of a file of the repository.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| format!("{path}: {error}"))
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn name(rest: &str) -> String {
    rest.chars().take_while(|c| is_word(*c)).collect()
}

/// The first names of the members of a group: `a` and `c` of `a::b, c::{d, e}}`.
fn first_names(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut members = vec![String::new()];
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(String::new()),
            _ if depth == 0 => members.last_mut().expect("there is always one").push(c),
            _ => {}
        }
    }
    members.iter().map(|member| name(member.trim())).collect()
}

/// Blanks out comments, strings and characters.
fn without_text(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after_word = code.ends_with(is_word);
        let blank = blank_length(rest, after_word);
        let (taken, remains) = rest.split_at(blank.unwrap_or_else(|| c.len_utf8()));
        code.push_str(if blank.is_some() { " " } else { taken });
        rest = remains;
    }
    code
}

/// How many bytes at the start of `rest` are no code.
fn blank_length(rest: &str, after_word: bool) -> Option<usize> {
    let upto = |end: &str, from: usize| {
        let found = rest.get(from..).and_then(|rest| rest.find(end));
        found.map_or(rest.len(), |at| from + at + end.len())
    };
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(upto("*/", 2));
    }
    if rest.starts_with('"') {
        return Some(string_length(rest));
    }
    if let Some(quoted) = rest.strip_prefix('\'') {
        // A lifetime has no closing quote right after its first character.
        let first = quoted.chars().next()?;
        let escaped = first == '\\';
        let closing = if escaped { 3 } else { 1 + first.len_utf8() };
        return (escaped || rest.get(closing..)?.starts_with('\'')).then(|| upto("'", closing));
    }
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes: String = raw.chars().take_while(|c| *c == '#').collect();
    let quoted = !after_word && raw.get(hashes.len()..)?.starts_with('"');
    let start = rest.len() - raw.len() + hashes.len() + 1;
    quoted.then(|| upto(&format!("\"{hashes}"), start))
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// Blanks out every item behind `#[cfg(test)]`, up to its closing brace or semicolon.
fn without_tests(mut code: String) -> String {
    while let Some(start) = code.find("#[cfg(test)]") {
        let item = code.get(start..).unwrap_or_default();
        let mut depth = 0;
        let end = item.char_indices().find_map(|(at, c)| {
            match c {
                '{' | '(' | '[' => depth += 1,
                '}' | ')' | ']' => depth -= 1,
                _ => {}
            }
            (depth == 0 && matches!(c, '}' | ';')).then_some(start + at + 1)
        });
        code.replace_range(start..end.unwrap_or(code.len()), " ");
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(depth: usize, text: &str) -> Source {
        let code = without_tests(without_text(text));
        Source { path: String::new(), module: String::new(), depth, code }
    }

    #[test]
    fn comments_text_and_tests_name_nothing() {
        let source = source(
            1,
            r##"
            //! sqlx::"#a
            /* sqlx::b */ fn f<'a>(x: &'a str) -> char { let _ = ("\"sqlx::c", r#"sqlx::"d""#, '"'); '\'' }
            fn g() { tonic::e() }
            #[cfg(test)]
            fn k() -> [u8; 3] { sqlx::k() }
            #[cfg(test)]
            mod tests { fn h() { sqlx::f(); { sqlx::g() } } }
            fn i() { clap::j() }
            "##,
        );
        assert_eq!(source.heads(), BTreeSet::from(["tonic".to_owned(), "clap".to_owned()]));
    }

    #[test]
    fn a_path_is_known_by_its_first_name() {
        let heads =
            source(1, "use hex; use ::sqlx::pool; a::tokio::b; <x::Y as z::W>::v()").heads();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        assert_eq!(heads, ["a", "hex", "sqlx", "x", "z"]);
    }

    #[test]
    fn modules_are_seen_in_groups_and_behind_super() {
        let known = ["domain", "ledger", "vault", "store", "grpc"];
        let text = "use crate::{domain::{id, store}, vault}; use super::super::ledger::x; use super::grpc;";
        let modules = source(2, text).modules(&known);
        let modules: Vec<&str> = modules.iter().map(String::as_str).collect();
        assert_eq!(modules, ["domain", "ledger", "vault"]);
    }
}
