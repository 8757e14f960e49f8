//! Where values come from: what counts when nothing is given, then the file, then the environment.
//! The later one wins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use figment::error::Kind as Fault;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::Config;
use super::error::{ConfigError, Origin, Problem};
use super::keys::{self, KEYS, Key, Kind, Need, PREFIX};
use super::lines::Lines;

/// The environment variables that overrule the file.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process that belong to the configuration.
    pub fn of_process() -> Self {
        // What is not UTF-8 cannot name a key or be a value.
        Self::of(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))
    }

    /// Those among `variables` that belong to the configuration.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect())
    }
}

/// Whether the environment asks for no colour (<https://no-color.org>).
pub fn colour_unwanted() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|value| value == "dumb")
}

/// How wide the terminal is, where the environment says so.
pub fn columns() -> Option<usize> {
    std::env::var_os("COLUMNS")?.to_str()?.parse().ok().filter(|columns| *columns >= 40)
}

/// One of the three layers.
struct Layer {
    name: &'static str,
    values: BTreeMap<&'static str, Dict>,
}

/// Names of the layers, by which a value is traced back.
const DEFAULTS: &str = "default";
const FILE: &str = "file";
const ENVIRONMENT: &str = "environment";

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let sections = self.values.iter();
        let dict = sections.map(|(name, dict)| ((*name).to_owned(), dict.clone().into())).collect();
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

/// The three layers, and what is needed to trace a value back.
pub(super) struct Sources {
    path: PathBuf,
    lines: Lines,
    figment: Figment,
    problems: Vec<Problem>,
}

impl Sources {
    /// Reads the layers. Fails only where the file is not TOML at all.
    pub(super) fn read(
        path: &Path,
        text: &str,
        environment: &Environment,
    ) -> Result<Self, ConfigError> {
        let malformed = |line, rule: String| {
            let origin = Origin::File { path: path.to_owned(), line };
            ConfigError::of(vec![Problem { key: None, origin, rule }])
        };
        let lines = Lines::of(text).map_err(|fault| malformed(fault.line, fault.fault))?;
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| malformed(None, error.message().to_owned()))?;
        let mut sources =
            Self { path: path.to_owned(), lines, figment: Figment::new(), problems: Vec::new() };
        let file = sources.file(&table);
        let environment = sources.environment(environment);
        sources.figment = Figment::from(defaults()).merge(file).merge(environment);
        sources.find_missing();
        Ok(sources)
    }

    /// The configuration, or everything that is wrong with it.
    pub(super) fn extract(&self) -> Result<Config, ConfigError> {
        let mut problems = self.problems.clone();
        match self.figment.extract() {
            Ok(config) if problems.is_empty() => return Ok(config),
            // What is missing or unknown has been found already, all of it.
            Err(error) => problems.extend(error.into_iter().filter_map(|e| self.problem(&e))),
            Ok(_) => {}
        }
        Err(ConfigError::of(problems))
    }

    /// What to say of a value that does not go with the others.
    pub(super) fn refuse(&self, section: &str, name: &str, rule: &str) -> ConfigError {
        let key = keys::find(section, name);
        let origin = key.map_or(Origin::Default, |key| self.origin(key));
        let rule = rule.to_owned();
        ConfigError::of(vec![Problem { key: key.map(Key::path), origin, rule }])
    }

    /// Where the value of each key comes from.
    pub(super) fn origins(&self) -> Vec<(&'static Key, Origin)> {
        KEYS.iter().map(|key| (key, self.origin(key))).collect()
    }

    fn origin(&self, key: &Key) -> Origin {
        match self.figment.find_metadata(&key.path()).map(|metadata| metadata.name.as_ref()) {
            Some(FILE) => self.place(key.section, key.name),
            Some(ENVIRONMENT) => Origin::Environment { variable: key.variable() },
            Some(_) => Origin::Default,
            None => Origin::Derived,
        }
    }

    fn place(&self, section: &str, name: &str) -> Origin {
        Origin::File { path: self.path.clone(), line: self.lines.find(section, name) }
    }

    fn file(&mut self, table: &toml::Table) -> Layer {
        let mut values: BTreeMap<_, Dict> = BTreeMap::new();
        for (section, content) in table {
            let Some(content) = content.as_table().filter(|_| is_section(section)) else {
                let sections = KEYS.iter().map(|key| key.section);
                self.unknown(section, self.place(section, ""), section, sections);
                continue;
            };
            for (name, value) in content {
                match (keys::find(section, name), Value::serialize(value)) {
                    (Some(key), Ok(value)) => {
                        values.entry(key.section).or_default().insert(name.clone(), value);
                    }
                    (None, _) | (_, Err(_)) => {
                        let path = format!("{section}.{name}");
                        let origin = self.place(section, name);
                        self.unknown(&path, origin, name, names_in(section));
                    }
                }
            }
        }
        Layer { name: FILE, values }
    }

    fn environment(&mut self, environment: &Environment) -> Layer {
        let mut values: BTreeMap<_, Dict> = BTreeMap::new();
        for (variable, text) in &environment.0 {
            if let Some(key) = KEYS.iter().find(|key| key.variable() == *variable) {
                let dict = values.entry(key.section).or_default();
                dict.insert(key.name.to_owned(), value_of(key.kind, text));
                continue;
            }
            let known: Vec<String> = KEYS.iter().map(Key::variable).collect();
            self.problems.push(Problem {
                key: None,
                origin: Origin::Environment { variable: variable.clone() },
                rule: unknown_rule(variable, known.iter().map(String::as_str)),
            });
        }
        Layer { name: ENVIRONMENT, values }
    }

    fn unknown<'a>(
        &mut self,
        key: &str,
        origin: Origin,
        word: &str,
        known: impl Iterator<Item = &'a str>,
    ) {
        let rule = unknown_rule(word, known);
        self.problems.push(Problem { key: Some(key.to_owned()), origin, rule });
    }

    fn find_missing(&mut self) {
        for key in KEYS.iter().filter(|key| key.need == Need::Required) {
            if self.figment.contains(&key.path()) {
                continue;
            }
            self.problems.push(Problem {
                key: Some(key.path()),
                origin: self.place(key.section, ""),
                rule: format!("is missing; set it here or in {}", key.variable()),
            });
        }
    }

    /// Puts a fault of a value into words. The value itself stays out: it may be a secret.
    fn problem(&self, error: &figment::Error) -> Option<Problem> {
        let rule = match &error.kind {
            // Found before, with more to say about them.
            Fault::MissingField(_) | Fault::UnknownField(..) => return None,
            Fault::Message(rule) => rule.clone(),
            Fault::UnknownVariant(_, known) => format!("must be one of {}", known.join(", ")),
            Fault::InvalidType(_, expected)
            | Fault::InvalidValue(_, expected)
            | Fault::InvalidLength(_, expected) => format!("must be {expected}"),
            Fault::DuplicateField(_)
            | Fault::ISizeOutOfRange(_)
            | Fault::USizeOutOfRange(_)
            | Fault::Unsupported(_)
            | Fault::UnsupportedKey(..) => "cannot be read".to_owned(),
        };
        let key = match error.path.as_slice() {
            [section, name, ..] => keys::find(section, name),
            [_] | [] => None,
        };
        let whole_file = || Origin::File { path: self.path.clone(), line: None };
        Some(Problem {
            key: key.map(Key::path),
            origin: key.map_or_else(whole_file, |key| self.origin(key)),
            rule,
        })
    }
}

fn defaults() -> Layer {
    let mut values: BTreeMap<_, Dict> = BTreeMap::new();
    for key in KEYS {
        if let Need::Default(text) = key.need {
            let dict = values.entry(key.section).or_default();
            dict.insert(key.name.to_owned(), value_of(key.kind, text));
        }
    }
    Layer { name: DEFAULTS, values }
}

fn value_of(kind: Kind, text: &str) -> Value {
    match (kind, text.parse::<bool>()) {
        (Kind::Flag, Ok(flag)) => flag.into(),
        (Kind::List, _) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(Value::from).collect::<Vec<_>>().into()
        }
        (Kind::Flag | Kind::Text, _) => text.into(),
    }
}

fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| key.section == name)
}

fn names_in(section: &str) -> impl Iterator<Item = &'static str> {
    let keys = KEYS.iter().filter(move |key| key.section == section);
    keys.map(|key| key.name)
}

fn unknown_rule<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    match keys::nearest(word, known) {
        Some(near) => format!("is not known; did you mean {near}?"),
        None => "is not known".to_owned(),
    }
}
