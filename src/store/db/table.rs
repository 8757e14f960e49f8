//! Rows that are inserted one by one on SQLite and as sets on PostgreSQL.
//!
//! A statement costs a few microseconds on SQLite. On PostgreSQL it costs a round trip, so the rows of
//! a whole batch go as one statement per table: columns as arrays, taken apart by `UNNEST`.

use std::sync::OnceLock;

use rusqlite::types::Value;
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;

use crate::store::error::{DriverError, Error, Result};

use super::{Column, Tx};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    /// A number, a code, a moment.
    Integer,
    /// Text.
    Text,
    /// Bytes.
    Blob,
}

impl Kind {
    const fn array(self) -> &'static str {
        match self {
            Self::Integer => "BIGINT[]",
            Self::Text => "TEXT[]",
            Self::Blob => "BYTEA[]",
        }
    }
}

/// A table that rows are inserted into.
#[derive(Debug)]
pub(in crate::store) struct Table {
    name: &'static str,
    columns: &'static [(&'static str, Kind)],
    /// Stands behind the values.
    suffix: &'static str,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl Table {
    /// Rows with a key that exists are a conflict.
    pub(in crate::store) const fn new(
        name: &'static str,
        columns: &'static [(&'static str, Kind)],
    ) -> Self {
        Self::with(name, columns, "")
    }

    /// Rows with a key that exists change nothing.
    pub(in crate::store) const fn keeping_the_first(
        name: &'static str,
        columns: &'static [(&'static str, Kind)],
    ) -> Self {
        Self::with(name, columns, " ON CONFLICT DO NOTHING")
    }

    const fn with(
        name: &'static str,
        columns: &'static [(&'static str, Kind)],
        suffix: &'static str,
    ) -> Self {
        Self { name, columns, suffix, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    fn insert_into(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        format!("INSERT INTO {} ({}) ", self.name, names.join(", "))
    }

    fn sqlite(&self) -> &str {
        self.sqlite.get_or_init(|| {
            let places = vec!["?"; self.columns.len()].join(", ");
            format!("{}VALUES ({places}){}", self.insert_into(), self.suffix)
        })
    }

    fn postgres(&self) -> &str {
        self.postgres.get_or_init(|| {
            let array = |(number, (_, kind)): (usize, &(&str, Kind))| {
                format!("CAST(${number} AS {})", kind.array())
            };
            let arrays: Vec<_> = (1..).zip(self.columns).map(array).collect();
            let arrays = arrays.join(", ");
            format!("{}SELECT * FROM UNNEST({arrays}){}", self.insert_into(), self.suffix)
        })
    }
}

/// Rows of some tables that wait to go to PostgreSQL, in the order in which the tables came up.
#[derive(Debug, Default)]
pub(in crate::store) struct Sets(Vec<(&'static Table, Vec<Vec<Value>>)>);

impl Sets {
    fn push(&mut self, table: &'static Table, row: Vec<Value>) {
        match self.0.iter_mut().find(|(known, _)| std::ptr::eq(*known, table)) {
            Some((_, rows)) => rows.push(row),
            None => self.0.push((table, vec![row])),
        }
    }
}

/// A row on its way into a table.
#[must_use = "nothing is inserted until `keep`"]
pub(in crate::store) struct Row<'t> {
    tx: &'t mut Tx,
    table: &'static Table,
    values: Vec<Value>,
}

impl Row<'_> {
    /// Sets the next column of the table.
    pub(in crate::store) fn set(mut self, value: impl Column) -> Self {
        self.values.push(value.into_sqlite());
        self
    }

    /// Inserts the row; a row with the same key is a conflict, which PostgreSQL may tell only when
    /// the rows of the batch are sent.
    pub(in crate::store) async fn keep(self) -> Result<()> {
        if self.values.len() != self.table.columns.len() {
            return Err(DriverError::NotAValue.into());
        }
        if self.tx.is_sqlite() {
            return self.tx.insert_now(self.table.sqlite(), &self.values).await;
        }
        self.tx.sets.push(self.table, self.values);
        if self.tx.gathers { Ok(()) } else { self.tx.prepare(true).await }
    }
}

impl Tx {
    /// Starts a row; set its columns in order, then keep it.
    pub(in crate::store) fn insert(&mut self, table: &'static Table) -> Row<'_> {
        Row { tx: self, table, values: Vec::with_capacity(table.columns.len()) }
    }

    /// From here on rows are kept back until another statement needs them, or [`Tx::send_sets`].
    pub(in crate::store) const fn gather(&mut self) {
        self.gathers = true;
    }

    /// Sends the rows that wait, one statement per table.
    pub(in crate::store) async fn send_sets(&mut self) -> Result<()> {
        for (table, rows) in std::mem::take(&mut self.sets).0 {
            self.insert_set(table.postgres(), columns(table, rows)?).await?;
        }
        Ok(())
    }
}

/// Turns rows into one array per column.
fn columns(table: &Table, rows: Vec<Vec<Value>>) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    let mut rows: Vec<_> = rows.into_iter().map(Vec::into_iter).collect();
    for (_, kind) in table.columns {
        let column = rows.iter_mut().map(|row| row.next().unwrap_or(Value::Null));
        let added = match kind {
            Kind::Integer => {
                arguments.add(column.map(|value| integer(&value)).collect::<Result<Vec<_>>>()?)
            }
            Kind::Text => arguments.add(column.map(text).collect::<Result<Vec<_>>>()?),
            Kind::Blob => arguments.add(column.map(blob).collect::<Result<Vec<_>>>()?),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn integer(value: &Value) -> Result<Option<i64>> {
    match value {
        Value::Null => Ok(None),
        Value::Integer(number) => Ok(Some(*number)),
        Value::Real(_) | Value::Text(_) | Value::Blob(_) => Err(not_a_value()),
    }
}

fn text(value: Value) -> Result<Option<String>> {
    match value {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(Some(text)),
        Value::Real(_) | Value::Integer(_) | Value::Blob(_) => Err(not_a_value()),
    }
}

fn blob(value: Value) -> Result<Option<Vec<u8>>> {
    match value {
        Value::Null => Ok(None),
        Value::Blob(bytes) => Ok(Some(bytes)),
        Value::Real(_) | Value::Integer(_) | Value::Text(_) => Err(not_a_value()),
    }
}

fn not_a_value() -> Error {
    DriverError::NotAValue.into()
}
