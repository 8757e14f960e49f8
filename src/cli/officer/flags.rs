//! The flags of a call: one for every field of its request, however deep.
//!
//! A flag is named by the path of its field, as the gateway names it when it refuses: `filter.case_ref` is
//! `--filter.case-ref`. Who calls is the exception: `--officer`.

use std::path::Path;

use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};
use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value as Json, json};

use super::call::OCCASION;
use super::contract::{about_field, about_value, first_sentence};
use super::{personal, words};
use crate::cli::exit::{Exit, Failure};
use crate::domain::occasion::Occasion;
use crate::domain::time::{Date, Timestamp};

/// A field that every call of an officer fills in the same way, when nobody says otherwise.
const ROLE: (&str, &str) = ("actor.role", "privacy-officer");

/// Why the officer looks: it follows from the occasion. Without one it is typed, unless the contract knows a single
/// purpose for the call.
const PURPOSE: &str = "purpose";

/// How the contract says that a call has no purpose but that of reviewing, and the word for that.
const REVIEWING: (&str, &str) = ("PRIVACY_REVIEW.", "privacy-review");

/// Who calls: the flag is shorter than the path, and it has a variable.
const OFFICER: (&str, &str, &str) = ("actor.user_id", "officer", "KETENPOORT_OFFICER");

/// The id of a request that changes something.
pub(super) const REQUEST_ID: &str = "request_id";

/// One flag.
#[derive(Debug, Clone)]
pub(super) struct Flag {
    /// The fields from the request down to this one. Never empty.
    pub(super) path: Vec<FieldDescriptor>,
    /// How it is typed.
    pub(super) form: Form,
}

/// How a value is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Bytes,
    Number,
    YesNo,
    Word(EnumDescriptor),
    Moment,
    /// A message without fields: that it is there says it all.
    Mark,
    /// A message that may come more than once, or within itself.
    Json,
}

/// The flags of a request.
pub(super) fn of(request: &MessageDescriptor) -> Vec<Flag> {
    let mut flags = Vec::new();
    collect(request, &mut Vec::new(), &mut flags);
    flags
}

fn collect(message: &MessageDescriptor, path: &mut Vec<FieldDescriptor>, flags: &mut Vec<Flag>) {
    for field in message.fields() {
        let kind = field.kind();
        path.push(field);
        match (form(path), kind) {
            (Some(form), _) => flags.push(Flag { path: path.clone(), form }),
            (None, Kind::Message(inner)) => collect(&inner, path, flags),
            (None, _) => {}
        }
        path.pop();
    }
}

/// The form of the last field of a path; none when its own fields have flags instead.
fn form(path: &[FieldDescriptor]) -> Option<Form> {
    let field = path.last()?;
    Some(match field.kind() {
        Kind::String => Form::Text,
        Kind::Bytes => Form::Bytes,
        Kind::Bool => Form::YesNo,
        Kind::Enum(words) => Form::Word(words),
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.Timestamp" => Form::Moment,
            "google.protobuf.Duration" => Form::Text,
            known if known.starts_with("google.protobuf.") => Form::Json,
            _ if field.is_list() || field.is_map() => Form::Json,
            _ if path.iter().any(|above| *above.parent_message() == message) => Form::Json,
            _ if message.fields().len() == 0 => Form::Mark,
            _ => return None,
        },
        Kind::Double
        | Kind::Float
        | Kind::Int32
        | Kind::Int64
        | Kind::Uint32
        | Kind::Uint64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Fixed32
        | Kind::Fixed64
        | Kind::Sfixed32
        | Kind::Sfixed64 => Form::Number,
    })
}

impl Flag {
    /// The path of the field, as the gateway writes it.
    pub(super) fn name(&self) -> String {
        let names: Vec<&str> = self.path.iter().map(FieldDescriptor::name).collect();
        names.join(".")
    }

    /// What is typed after the two dashes.
    pub(super) fn long(&self) -> String {
        let name = self.name();
        if name == OFFICER.0 { OFFICER.1.to_owned() } else { words::dashed(&name) }
    }

    /// Whether it may be given more than once.
    pub(super) fn is_list(&self) -> bool {
        self.path.last().is_some_and(FieldDescriptor::is_list)
    }

    /// Two flags of other origin have the same name as a field.
    fn id(&self) -> String {
        format!("request.{}", self.name())
    }

    /// As the command line knows it.
    pub(super) fn arg(&self) -> Arg {
        let mut about = self.path.last().map(about_field).unwrap_or_default();
        let brief = first_sentence(&about);
        if self.is_personal() {
            about = format!("{about}\n\nIt {}", personal::RULE);
        }
        let action = if self.is_list() { ArgAction::Append } else { ArgAction::Set };
        let arg = Arg::new(self.id()).long(self.long()).action(action);
        let arg = arg.help(brief).long_help(about);
        let arg = match &self.form {
            Form::Text if self.is_personal() => arg.value_name("@FILE"),
            Form::Text => arg.value_name("TEXT"),
            Form::Bytes => arg.value_name("BASE64"),
            Form::Number => arg.value_name("N").allow_negative_numbers(true),
            Form::Moment => arg.value_name("MOMENT"),
            Form::Json => arg.value_name("JSON"),
            Form::Word(words) => arg.value_name("WORD").value_parser(typed(words)),
            Form::YesNo | Form::Mark => arg
                .value_name("true|false")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .value_parser(PossibleValuesParser::new(["true", "false"]))
                .hide_possible_values(true),
        };
        let is_listed = self.is_list() && matches!(self.form, Form::Word(_) | Form::Number);
        self.usual(if is_listed { arg.value_delimiter(',') } else { arg })
    }

    /// What officers need not type.
    fn usual(&self, arg: Arg) -> Arg {
        let name = self.name();
        if name == ROLE.0 {
            return arg.default_value(ROLE.1);
        }
        if name == PURPOSE {
            let has_one = self.path.last().map(about_field).unwrap_or_default();
            let has_one = has_one.trim_end().ends_with(REVIEWING.0) && !has_one.contains(" or ");
            let about = "Why; it follows from --occasion where that is given";
            let arg = arg.help(about).long_help(about);
            return if has_one {
                arg.default_value(REVIEWING.1)
            } else {
                arg.required_unless_present(OCCASION)
            };
        }
        if name == OFFICER.0 {
            let arg = arg.value_name("USER").env(OFFICER.2).hide_env_values(true).required(true);
            let about = "Who calls: the privacy officer, by the name that stands in the ledger";
            let arg = arg.help(about).long_help(about);
            return arg.alias(words::dashed(OFFICER.0));
        }
        if name == REQUEST_ID {
            let about =
                "Makes repeating safe; drawn when it is left out, and told when the call fails";
            return arg.help(about).long_help(about).value_name("UUID");
        }
        arg
    }

    /// What was typed, in the JSON of protobuf; none when nothing was.
    fn given(&self, matches: &ArgMatches) -> Result<Option<Json>> {
        let Some(texts) = matches.try_get_many::<String>(&self.id())? else { return Ok(None) };
        let mut values = Vec::new();
        for text in texts {
            match self.value(text)? {
                // A file may hold all of them.
                Some(Json::Array(several)) if self.is_list() => values.extend(several),
                Some(one) => values.push(one),
                None => {}
            }
        }
        let value = if self.is_list() { Some(Json::Array(values)) } else { values.pop() };
        value.map(|value| self.checked(value)).transpose()
    }

    /// One value; none for what is said not to be there.
    fn value(&self, text: &str) -> Result<Option<Json>> {
        Ok(Some(match &self.form {
            Form::Text => Json::String(self.read(text)?),
            Form::Bytes => Json::String(self.read(text)?.trim().to_owned()),
            Form::Number => {
                let number: Option<serde_json::Number> = serde_json::from_str(text).ok();
                Json::Number(number.ok_or_else(|| self.wrong())?)
            }
            Form::YesNo => Json::Bool(text == "true"),
            Form::Mark if text == "true" => json!({}),
            Form::Mark => return Ok(None),
            Form::Word(words) => Json::String(self.canonical(words, text)?),
            Form::Moment => Json::String(moment(text).ok_or_else(|| self.wrong())?.to_string()),
            Form::Json => {
                let text = self.read(text)?;
                serde_json::from_str(&text).map_err(|error| {
                    let (line, column) = (error.line(), error.column());
                    let why = format!("is no JSON, line {line} column {column}; {}", self.rule());
                    self.refused(Exit::Usage, &why)
                })?
            }
        }))
    }

    /// Whether it is about a person: then nobody types it.
    pub(super) fn is_personal(&self) -> bool {
        self.path.last().is_some_and(|field| personal::is_personal(field.name()))
    }

    /// The text itself, or what stands in the file that it names. Others on a machine see command lines.
    fn read(&self, text: &str) -> Result<String> {
        let named = text.strip_prefix('@').filter(|name| !name.starts_with('@'));
        let Some(name) = named else {
            if self.is_personal() {
                return Err(self.refused(Exit::Usage, personal::RULE));
            }
            return Ok(text.strip_prefix('@').unwrap_or(text).to_owned());
        };
        let content = if name == "-" {
            std::io::read_to_string(std::io::stdin())
        } else {
            std::fs::read_to_string(Path::new(name))
        };
        // What was typed may be the value itself, with a sign too many before it.
        let content = content.map_err(|error| {
            self.refused(Exit::NotFound, &format!("cannot read the file: {error}"))
        })?;
        Ok(content.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn canonical(&self, words: &EnumDescriptor, text: &str) -> Result<String> {
        let found = words.values().find(|value| {
            let name = value.name();
            let forms = [words::word(words.name(), name), name.to_owned()];
            forms.iter().any(|form| form == text) || words::bare(words.name(), name) == text
        });
        Ok(found.ok_or_else(|| self.wrong())?.name().to_owned())
    }

    /// Whether the field takes it.
    fn checked(&self, value: Json) -> Result<Json> {
        let Some(field) = self.path.last() else { return Ok(value) };
        let mut alone = Map::new();
        alone.insert(field.json_name().to_owned(), value.clone());
        let message = field.parent_message().clone();
        DynamicMessage::deserialize(message, Json::Object(alone)).map_err(|_value| self.wrong())?;
        Ok(value)
    }

    fn wrong(&self) -> anyhow::Error {
        self.refused(Exit::Usage, &self.rule())
    }

    fn refused(&self, exit: Exit, why: &str) -> anyhow::Error {
        Failure::new(exit, format!("--{}: {why}", self.long())).into()
    }

    /// What a value must be.
    fn rule(&self) -> String {
        match &self.form {
            Form::Text => "must be text that the field can hold".to_owned(),
            Form::Bytes => "must be base64, as `--json` prints it".to_owned(),
            Form::Number => "must be a number that the field can hold".to_owned(),
            Form::YesNo | Form::Mark => "must be true or false".to_owned(),
            Form::Moment => {
                "must be a moment by RFC 3339, like 2026-06-22T09:00:00+02:00, or a day".into()
            }
            Form::Word(words) => {
                let words: Vec<String> = known(words).map(|(word, _)| word).collect();
                format!("must be one of {}", words.join(", "))
            }
            Form::Json => format!("must be JSON like {}", self.example()),
        }
    }

    /// The fields of a message that is typed as JSON.
    fn example(&self) -> Json {
        let kind = self.path.last().map(FieldDescriptor::kind);
        let Some(Kind::Message(message)) = kind else { return json!({}) };
        let field = |field: FieldDescriptor| (field.json_name().to_owned(), json!("…"));
        Json::Object(message.fields().map(field).collect())
    }
}

/// A moment, or the first one of a day in the Netherlands.
fn moment(text: &str) -> Option<Timestamp> {
    let day = || text.parse::<Date>().ok().map(Date::start);
    text.parse().ok().or_else(day)
}

/// The words of an enumeration with what they mean; the one that says nothing is left out.
fn known(
    words: &EnumDescriptor,
) -> impl Iterator<Item = (String, prost_reflect::EnumValueDescriptor)> {
    let name = words.name().to_owned();
    let said = words.values().filter(|value| value.number() != 0);
    said.map(move |value| (words::word(&name, value.name()), value))
}

/// The same for the command line. What `--json` prints is taken too.
fn typed(words: &EnumDescriptor) -> PossibleValuesParser {
    let value = |(word, value): (String, prost_reflect::EnumValueDescriptor)| {
        let bare = words::bare(words.name(), value.name()).to_owned();
        let typed = PossibleValue::new(word).help(first_sentence(&about_value(&value)));
        typed.aliases([bare, value.name().to_owned()])
    };
    PossibleValuesParser::new(known(words).map(value))
}

/// The request that the flags make.
pub(super) fn request(
    of: MessageDescriptor,
    flags: &[Flag],
    matches: &ArgMatches,
) -> Result<DynamicMessage> {
    let mut tree = Map::new();
    for flag in flags {
        let value = match follows(flag, matches) {
            None => flag.given(matches)?,
            purpose => purpose,
        };
        if let Some(value) = value {
            put(&mut tree, &flag.path, value);
        }
    }
    DynamicMessage::deserialize(of, Json::Object(tree)).map_err(|error| {
        Failure::new(Exit::Usage, format!("the flags do not go together: {error}")).into()
    })
}

/// The purpose that follows from the occasion, where no other was typed. One that was is left to the gateway, which
/// refuses what does not go together.
fn follows(flag: &Flag, matches: &ArgMatches) -> Option<Json> {
    let is_typed = || matches.value_source(&flag.id()) == Some(ValueSource::CommandLine);
    if flag.name() != PURPOSE || is_typed() {
        return None;
    }
    let occasion = matches.try_get_one::<Occasion>(OCCASION).ok().flatten()?;
    Some(json!(occasion.purpose().number()))
}

fn put(tree: &mut Map<String, Json>, path: &[FieldDescriptor], value: Json) {
    match path {
        [] => {}
        [last] => {
            tree.insert(last.json_name().to_owned(), value);
        }
        [first, rest @ ..] => {
            let below = tree.entry(first.json_name()).or_insert_with(|| json!({}));
            if let Json::Object(below) = below {
                put(below, rest, value);
            }
        }
    }
}
