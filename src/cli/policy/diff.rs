//! What differs between two packs, one line for each field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::cli::exit::Exit;
use crate::cli::terminal::{Terminal, Tone};
use crate::domain::policy::PolicyPack;

/// A field that differs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) field: String,
    /// What is only in the old pack.
    pub(super) old: Vec<String>,
    /// What is only in the new one.
    pub(super) new: Vec<String>,
}

pub(super) fn run(
    old: &PolicyPack,
    new: &PolicyPack,
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let differences = between(old, new)?;
    if json {
        let of = |one: &Difference| json!({"field": one.field, "old": one.old, "new": one.new});
        terminal.json(&differences.iter().map(of).collect::<Vec<_>>())?;
    } else {
        for Difference { field, old, new } in &differences {
            terminal.line(field)?;
            for gone in old {
                terminal.line(terminal.paint(Tone::Bad, &format!("  - {gone}")))?;
            }
            for came in new {
                terminal.line(terminal.paint(Tone::Good, &format!("  + {came}")))?;
            }
        }
        if differences.is_empty() {
            terminal.note("nothing differs");
        }
    }
    Ok(if differences.is_empty() { Exit::Ok } else { Exit::Error })
}

pub(super) fn between(old: &PolicyPack, new: &PolicyPack) -> serde_json::Result<Vec<Difference>> {
    let (old, new) = (fields(old)?, fields(new)?);
    let nothing = BTreeSet::new();
    let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differences = all.into_iter().filter_map(|field| {
        let (old, new) = (old.get(field).unwrap_or(&nothing), new.get(field).unwrap_or(&nothing));
        let only = |one: &BTreeSet<String>, other| one.difference(other).cloned().collect();
        let (gone, came): (Vec<_>, Vec<_>) = (only(old, new), only(new, old));
        let differs = !gone.is_empty() || !came.is_empty();
        differs.then(|| Difference { field: field.clone(), old: gone, new: came })
    });
    Ok(differences.collect())
}

/// The values of every field by its path. The order of a list means nothing in a pack.
fn fields(pack: &PolicyPack) -> serde_json::Result<BTreeMap<String, BTreeSet<String>>> {
    let mut fields = BTreeMap::new();
    collect("", &serde_json::to_value(pack)?, &mut fields);
    Ok(fields)
}

fn collect(path: &str, value: &Value, fields: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                collect(&path, value, fields);
            }
        }
        Value::Array(items) => {
            let items = items.iter().map(text);
            fields.entry(path.to_owned()).or_default().extend(items);
        }
        Value::Null => {}
        one @ (Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            fields.entry(path.to_owned()).or_default().insert(text(one));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
