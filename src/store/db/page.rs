//! Rows by the page, for those who read whole tables.
//!
//! A value of its own for every column of every row would cost more than reading it: here the bytes of
//! a page lie one after the other in one piece of memory, and columns are found by their place.

use std::ops::Range;

use rusqlite::types::ValueRef;
use sqlx::Row as _;
use sqlx::postgres::{PgArguments, PgRow};

use crate::store::error::Result;

use super::Query;

/// A kind of rows that is read by the page.
pub trait PageRow: Sized + Send + 'static {
    /// A row, lent by its page.
    type View<'p>;
    /// Takes the columns in the order in which the statement names them.
    fn read(columns: &mut Columns<'_>) -> Result<Self>;
    /// The row with its bytes.
    fn view<'p>(&self, bytes: &'p [u8]) -> Self::View<'p>;
}

/// Rows, and the bytes that belong to them.
#[derive(Debug)]
pub struct Page<R> {
    rows: Vec<R>,
    bytes: Vec<u8>,
}

impl<R> Default for Page<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), bytes: Vec::new() }
    }
}

impl<R: PageRow> Page<R> {
    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row at a place, from 0.
    pub fn row(&self, place: usize) -> Option<R::View<'_>> {
        self.rows.get(place).map(|row| row.view(&self.bytes))
    }

    fn add(&mut self, row: RowOf<'_>) -> Result<()> {
        let mut columns = Columns { row, place: 0, bytes: &mut self.bytes };
        self.rows.push(R::read(&mut columns)?);
        Ok(())
    }
}

/// Where in the bytes of its page a value stands.
#[derive(Debug, Clone)]
pub struct Span(Range<usize>);

impl Span {
    /// The value.
    pub fn of<'p>(&self, bytes: &'p [u8]) -> &'p [u8] {
        bytes.get(self.0.clone()).unwrap_or_default()
    }
}

/// The columns of a row that are not read yet.
pub struct Columns<'r> {
    row: RowOf<'r>,
    place: usize,
    bytes: &'r mut Vec<u8>,
}

enum RowOf<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r PgRow),
}

impl Columns<'_> {
    /// A number.
    pub fn integer(&mut self) -> Result<i64> {
        let place = self.next();
        Ok(match self.row {
            RowOf::Sqlite(row) => row.get(place)?,
            RowOf::Postgres(row) => row.try_get(place)?,
        })
    }

    /// Bytes.
    pub fn blob(&mut self) -> Result<Span> {
        let place = self.next();
        let blob = match self.row {
            RowOf::Sqlite(row) => row.get_ref(place)?.as_blob().map_err(rusqlite::Error::from)?,
            RowOf::Postgres(row) => row.try_get(place)?,
        };
        Ok(keep(self.bytes, blob))
    }

    /// Text, of which nothing is asked.
    pub fn text(&mut self) -> Result<Span> {
        let place = self.next();
        let text = match self.row {
            RowOf::Sqlite(row) => row.get_ref(place)?.as_bytes().map_err(rusqlite::Error::from)?,
            RowOf::Postgres(row) => row.try_get::<&str, _>(place)?.as_bytes(),
        };
        Ok(keep(self.bytes, text))
    }

    /// Text, if there is one.
    pub fn text_if_any(&mut self) -> Result<Option<Span>> {
        let is_null = match self.row {
            RowOf::Sqlite(row) => matches!(row.get_ref(self.place)?, ValueRef::Null),
            RowOf::Postgres(row) => row.try_get::<Option<&str>, _>(self.place)?.is_none(),
        };
        if is_null {
            self.next();
            return Ok(None);
        }
        self.text().map(Some)
    }

    const fn next(&mut self) -> usize {
        let place = self.place;
        self.place += 1;
        place
    }
}

fn keep(bytes: &mut Vec<u8>, value: &[u8]) -> Span {
    let start = bytes.len();
    bytes.extend_from_slice(value);
    Span(start..bytes.len())
}

impl Query<'_> {
    /// Reads every row into a page, in place of what it held. The statement bounds their number.
    pub(in crate::store) async fn fetch_page<R: PageRow>(self, page: &mut Page<R>) -> Result<()> {
        page.rows.clear();
        page.bytes.clear();
        match self.ready(false).await? {
            (sql, super::Bound::Sqlite(tx, values)) => {
                tx.visit(sql, &values, |row| page.add(RowOf::Sqlite(row)))
            }
            (sql, super::Bound::Postgres(tx, arguments)) => {
                let arguments: PgArguments = arguments;
                let rows = sqlx::query_with(sql, arguments).fetch_all(&mut **tx).await?;
                rows.iter().try_for_each(|row| page.add(RowOf::Postgres(row)))
            }
        }
    }
}
