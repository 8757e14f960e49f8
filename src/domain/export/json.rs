//! JSON whose members stand in the order in which they were written: examples, schemas and people who
//! compare two lines rely on it.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

/// A value that is about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// True or false.
    Truth(bool),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(Object),
}

/// An object that is being put together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object(Vec<(&'static str, Json)>);

impl Object {
    /// Without members.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// With one more member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// With one more member, if there is a value for it.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl Json {
    /// One line, without its end.
    ///
    /// # Panics
    ///
    /// Never: all that can be put together here is JSON.
    pub fn line(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts, numbers, lists and objects with text keys are JSON")
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Truth(truth) => serializer.serialize_bool(*truth),
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Json {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Json {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Json {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}
