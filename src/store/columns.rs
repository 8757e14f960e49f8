//! How domain types are stored: one line per type, the same for both databases. A stored value
//! that the domain does not allow is a decode error, never a panic.

use rusqlite::types::{FromSql, Value};

use crate::domain::id::{
    CaseRef, ClientId, ConsentId, DeliveryId, EventId, Gemeentecode, GroupId, HandoverId, HoldId,
    HolderId, IncidentId, LeaseToken, NoticeId, Oin, Pseudonym, QuestionId, ReferralId, RequestId,
    ReviewId, SavedSearchId, ShareId, SignalId, SubjectRequestId, SuppressionId, TeamId, UserId,
    Version,
};
use crate::domain::sample::SampleVerdict;
use crate::domain::signal::SignalState;
use crate::domain::time::{Date, Timestamp};

use super::db::{SqliteColumn, SqliteRecord};

macro_rules! column {
    ($domain:ty as $wire:ty, $to_wire:expr, $from_wire:expr) => {
        impl<DB: sqlx::Database> sqlx::Type<DB> for $domain
        where
            $wire: sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <$wire>::type_info()
            }
            fn compatible(ty: &DB::TypeInfo) -> bool {
                <$wire>::compatible(ty)
            }
        }
        impl<'q, DB: sqlx::Database> sqlx::Encode<'q, DB> for $domain
        where
            $wire: sqlx::Encode<'q, DB>,
        {
            fn encode_by_ref(
                &self,
                buffer: &mut DB::ArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                let to_wire: fn(&Self) -> $wire = $to_wire;
                to_wire(self).encode(buffer)
            }
        }
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $domain
        where
            $wire: sqlx::Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                let from_wire: fn($wire) -> Result<Self, sqlx::error::BoxDynError> = $from_wire;
                from_wire(<$wire>::decode(value)?)
            }
        }
        impl $crate::store::db::SqliteColumn for $domain {
            fn into_sqlite(self) -> rusqlite::types::Value {
                let to_wire: fn(&Self) -> $wire = $to_wire;
                to_wire(&self).into()
            }
        }
        impl rusqlite::types::FromSql for $domain {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                let from_wire: fn($wire) -> Result<Self, sqlx::error::BoxDynError> = $from_wire;
                let wire = <$wire as rusqlite::types::FromSql>::column_result(value)?;
                from_wire(wire).map_err(rusqlite::types::FromSqlError::Other)
            }
        }
    };
}
pub(super) use column;

/// A code list, stored as its number.
macro_rules! code_columns {
    ($($code:ty),+ $(,)?) => { $(
        $crate::store::columns::column!($code as i64, |code| i64::from(code.number()), |number| {
            u16::try_from(number)
                .ok()
                .and_then(<$code>::from_number)
                .ok_or_else(|| "not a number of the code list".into())
        });
    )+ };
}
pub(super) use code_columns;

/// A row type: a struct whose fields are the columns of the same name.
macro_rules! record {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_visibility:vis $field:ident : $ty:ty,)+
    }) => {
        $(#[$meta])*
        $visibility struct $name { $($(#[$field_meta])* $field_visibility $field: $ty,)+ }

        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            &'static str: sqlx::ColumnIndex<R>,
            $($ty: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)+
        {
            fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: row.try_get(stringify!($field))?,)+ })
            }
        }
        impl $crate::store::db::SqliteRecord for $name {
            fn from_sqlite(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
                let mut places = 0..;
                Ok(Self {
                    $($field: $crate::store::columns::named(row, &mut places, stringify!($field))?,)+
                })
            }
        }
    };
}
pub(super) use record;

/// The same for rows beside the ledger, which must be read whatever was done to them: a value that the
/// domain does not allow is told as such, and something that says nothing stands in its place.
macro_rules! lenient_record {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_visibility:vis $field:ident : $ty:ty,)+
    }) => {
        $(#[$meta])*
        $visibility struct $name {
            $($(#[$field_meta])* $field_visibility $field: $ty,)+
            /// Columns whose value is none that the gateway writes: somebody changed them.
            pub unread: Vec<&'static str>,
        }

        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            &'static str: sqlx::ColumnIndex<R>,
            $($ty: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)+
        {
            fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
                let mut unread = Vec::new();
                Ok(Self {
                    $($field: {
                        let name = stringify!($field);
                        $crate::store::columns::or_stand_in(row.try_get(name), name, &mut unread)?
                    },)+
                    unread,
                })
            }
        }
        impl $crate::store::db::SqliteRecord for $name {
            fn from_sqlite(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
                let (mut places, mut unread) = (0.., Vec::new());
                Ok(Self {
                    $($field: {
                        let name = stringify!($field);
                        let read = $crate::store::columns::named(row, &mut places, name);
                        $crate::store::columns::or_stand_in(read, name, &mut unread)?
                    },)+
                    unread,
                })
            }
        }
    };
}
pub(super) use lenient_record;

/// What stands in place of a value that cannot be read, and says nothing.
pub(super) trait StandIn: Sized {
    /// The value; none where a type has no such value, and the row cannot be read.
    fn stand_in() -> Option<Self>;
}

macro_rules! stand_ins {
    ($($ty:ty: $value:expr),+ $(,)?) => { $(
        impl StandIn for $ty {
            fn stand_in() -> Option<Self> {
                $value
            }
        }
    )+ };
}
stand_ins! {
    i64: Some(0),
    Vec<u8>: Some(Self::new()),
    Timestamp: Some(Self::EPOCH),
    EventId: Some(Self::from_bytes([0; 16])),
    GroupId: Some(Self::from_bytes([0; 16])),
    QuestionId: Some(Self::from_bytes([0; 16])),
    ReviewId: Some(Self::from_bytes([0; 16])),
    SignalId: Some(Self::from_bytes([0; 16])),
    // What decides nothing.
    SampleVerdict: Some(Self::InquiryNeeded),
    SignalState: Some(Self::Open),
    // A test number, which no organisation of a deployment has.
    Oin: "00000099000000000000".parse().ok(),
    UserId: "-".parse().ok(),
}

impl<T> StandIn for Option<T> {
    fn stand_in() -> Option<Self> {
        Some(None)
    }
}

/// Whether it was the value that could not be read, and not the database.
pub(super) trait OfValue {
    /// Whether it was.
    fn is_of_value(&self) -> bool;
}

impl OfValue for sqlx::Error {
    fn is_of_value(&self) -> bool {
        matches!(self, Self::ColumnDecode { .. })
    }
}

impl OfValue for rusqlite::Error {
    fn is_of_value(&self) -> bool {
        matches!(self, Self::FromSqlConversionFailure(..) | Self::InvalidColumnType(..))
    }
}

/// What was read, or what stands in for it; then the column is noted.
pub(super) fn or_stand_in<T: StandIn, E: OfValue>(
    read: Result<T, E>,
    name: &'static str,
    unread: &mut Vec<&'static str>,
) -> Result<T, E> {
    let error = match read {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let stand_in = T::stand_in().filter(|_| error.is_of_value());
    let value = stand_in.ok_or(error)?;
    unread.push(name);
    Ok(value)
}

/// Reads a column by its name. Statements mostly name columns in the order of the fields, so it is looked
/// for at the next place first: going through all the names for every field would cost more than reading.
pub(super) fn named<T: FromSql>(
    row: &rusqlite::Row<'_>,
    places: &mut impl Iterator<Item = usize>,
    name: &str,
) -> rusqlite::Result<T> {
    let next = places.next().filter(|next| row.as_ref().column_name(*next) == Ok(name));
    match next {
        Some(place) => row.get(place),
        None => row.get(name),
    }
}

macro_rules! plain_columns {
    ($($plain:ty),+ $(,)?) => { $(
        impl SqliteColumn for $plain {
            fn into_sqlite(self) -> Value {
                self.into()
            }
        }
    )+ };
}
plain_columns!(i64, String, Vec<u8>);

impl SqliteColumn for &str {
    fn into_sqlite(self) -> Value {
        self.to_owned().into()
    }
}

impl<T: SqliteColumn> SqliteColumn for Option<T> {
    fn into_sqlite(self) -> Value {
        self.map_or(Value::Null, T::into_sqlite)
    }
}

/// Rows that are read by position.
macro_rules! tuples {
    ($(($($column:ident . $place:tt),+))+) => { $(
        impl<$($column: rusqlite::types::FromSql),+> SqliteRecord for ($($column,)+) {
            fn from_sqlite(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
                Ok(($(row.get::<_, $column>($place)?,)+))
            }
        }
    )+ };
}
tuples! {
    (A.0)
    (A.0, B.1)
    (A.0, B.1, C.2)
    (A.0, B.1, C.2, D.3)
    (A.0, B.1, C.2, D.3, E.4)
    (A.0, B.1, C.2, D.3, E.4, F.5)
    (A.0, B.1, C.2, D.3, E.4, F.5, G.6)
}

macro_rules! text_columns {
    ($($name:ty),+ $(,)?) => { $(
        column!($name as String, |id| id.as_str().to_owned(), |text| Ok(text.parse()?));
    )+ };
}
text_columns!(CaseRef, ClientId, Gemeentecode, Oin, TeamId, UserId, Version);

macro_rules! uuid_columns {
    ($($name:ty),+ $(,)?) => { $(
        column!($name as Vec<u8>, |id| id.as_bytes().to_vec(), |bytes| Ok(
            <$name>::from_bytes(bytes.as_slice().try_into()?)
        ));
    )+ };
}
uuid_columns!(
    ConsentId,
    DeliveryId,
    EventId,
    GroupId,
    HandoverId,
    HoldId,
    HolderId,
    IncidentId,
    LeaseToken,
    NoticeId,
    QuestionId,
    ReferralId,
    RequestId,
    ReviewId,
    SavedSearchId,
    ShareId,
    SignalId,
    SubjectRequestId,
    SuppressionId,
);

column!(Pseudonym as Vec<u8>, |subject| subject.as_bytes().to_vec(), |bytes| Ok(Self::new(
    bytes.as_slice().try_into()?
)));
column!(Timestamp as i64, |at| at.as_micros(), |micros| {
    Self::from_micros(micros).ok_or_else(|| "a moment outside 1970-9999".into())
});
column!(Date as String, ToString::to_string, |text| Ok(text.parse()?));
