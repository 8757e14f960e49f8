//! Where a database is. A PostgreSQL url may hold a password, which shows itself only to the driver.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `sqlite:PATH` or `postgres://…`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server. The whole url, as the driver reads it.
    Postgres(String),
}

/// A text that names no database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be sqlite:PATH or postgres://USER@HOST/DATABASE")]
pub struct InvalidDatabaseUrl;

impl DatabaseUrl {
    /// A second database beside this one: a file with a longer name, or the same server, where it
    /// has a schema of its own.
    #[must_use]
    pub fn beside(&self, suffix: &str) -> Self {
        match self {
            Self::Sqlite(path) => {
                let mut name = path.file_stem().unwrap_or_default().to_owned();
                name.push(suffix);
                Self::Sqlite(path.with_file_name(name).with_extension("sqlite"))
            }
            Self::Postgres(url) => Self::Postgres(url.clone()),
        }
    }

    /// Makes the path of a file count from `base`.
    pub fn resolve(&mut self, base: &Path) {
        if let Self::Sqlite(path) = self {
            *path = base.join(&*path);
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            // What comes after a question mark would silently become part of the name.
            if path.is_empty() || path.contains('?') || path == ":memory:" {
                return Err(InvalidDatabaseUrl);
            }
            return Ok(Self::Sqlite(path.into()));
        }
        let is_server =
            ["postgres://", "postgresql://"].iter().any(|start| text.starts_with(start));
        if is_server { Ok(Self::Postgres(text.to_owned())) } else { Err(InvalidDatabaseUrl) }
    }
}

/// The url without its password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&without_secrets(url)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Scheme, user, host and database. Whatever stands between user and host, and all parameters, are
/// left out, because either may hold a password.
fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", ""));
    let (place, parameters) = match rest.split_once('?') {
        Some((place, _)) => (place, "?…"),
        None => (rest, ""),
    };
    // The password may hold an @ of its own: the last one is the separator.
    let shown = match place.rsplit_once('@') {
        Some((login, server)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:…@{server}"),
            None => format!("{login}@{server}"),
        },
        None => place.to_owned(),
    };
    format!("{scheme}://{shown}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> DatabaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn a_password_shows_itself_nowhere() {
        for (text, shown) in [
            ("postgres://kp:geheim@db/kp", "postgres://kp:…@db/kp"),
            ("postgres://kp:ge@he:im@db:5432/kp", "postgres://kp:…@db:5432/kp"),
            ("postgresql://db/kp?user=kp&password=geheim", "postgresql://db/kp?…"),
            ("postgres://kp@db/kp", "postgres://kp@db/kp"),
            ("postgres:///kp", "postgres:///kp"),
        ] {
            assert_eq!(url(text).to_string(), shown);
            assert_eq!(format!("{:?}", url(text)), shown);
            assert_eq!(serde_json::to_value(url(text)).unwrap(), shown);
        }
    }

    #[test]
    fn the_keys_lie_beside_the_data() {
        assert_eq!(url("sqlite:data/kp.sqlite").beside("-keys"), url("sqlite:data/kp-keys.sqlite"));
        assert_eq!(url("sqlite:kp").beside("-keys"), url("sqlite:kp-keys.sqlite"));
        assert_eq!(url("postgres://db/kp").beside("-keys"), url("postgres://db/kp"));
    }

    #[test]
    fn a_file_counts_from_the_configuration() {
        let resolved = |text: &str| {
            let mut url = url(text);
            url.resolve(Path::new("/etc/kp"));
            url.to_string()
        };
        assert_eq!(resolved("sqlite:kp.sqlite"), "sqlite:/etc/kp/kp.sqlite");
        assert_eq!(resolved("sqlite:///var/kp.sqlite"), "sqlite:/var/kp.sqlite");
        assert_eq!(resolved("postgres://db/kp"), "postgres://db/kp");
    }

    #[test]
    fn what_names_no_database_is_refused_without_being_quoted() {
        for bad in ["", "kp.sqlite", "sqlite:", "sqlite:a?mode=ro", "mysql://u:geheim@h/d"] {
            assert_eq!(bad.parse::<DatabaseUrl>(), Err(InvalidDatabaseUrl), "{bad}");
        }
    }
}
