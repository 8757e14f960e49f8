//! `[digest]`: the weekly mail of saved searches.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::sources::Sources;
use super::{Config, ConfigError, as_text};
use crate::cli::mail;
use crate::domain::digest::{AbsentDays, MailAddress, Schedule};
use crate::domain::id::Oin;
use crate::gateway::digests::Plan;

/// The program that sends, to whom, and when. Without a command nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestConfig {
    /// The program with its arguments; it gets one message on its standard input.
    pub command: Vec<String>,
    /// Whom the mail is from.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "address")]
    pub sender: Option<MailAddress>,
    /// The privacy office of each organisation.
    pub offices: Vec<Office>,
    /// When.
    #[serde(with = "as_text")]
    pub at: Schedule,
    /// After how many days an officer who did nothing gets none.
    #[serde(with = "as_text")]
    pub absent_days: AbsentDays,
    /// The address of the console, as browsers reach it; that of `[oidc]` when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_url: Option<String>,
}

/// Where the privacy office of an organisation gets its mail, as it is written: `OIN=address`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Whose.
    pub oin: Oin,
    /// Where.
    pub address: MailAddress,
}

/// A text that names no [`Office`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an OIN, =, and one e-mail address, for example 00000099000000003000=fg@example.nl"
)]
pub struct InvalidOffice;

impl Config {
    /// What is sent when, to whom; none: nothing is.
    pub(in crate::cli) fn digests(&self) -> Option<Plan> {
        let of = &self.digest;
        let sender = of.sender.clone().filter(|_| !of.command.is_empty())?;
        let offices = of.offices.iter().map(|one| (one.oin.clone(), one.address.clone()));
        let console_url = of.console_url.as_ref().or(self.oidc.console_url.as_ref());
        Some(Plan {
            schedule: of.at,
            sender,
            offices: offices.collect(),
            console_url: console_url.map(|url| url.trim_end_matches('/').to_owned()),
            absent_days: of.absent_days,
            mail: mail::by(of.command.clone()),
        })
    }

    /// All of `[digest]` or nothing.
    pub(super) fn require_digest(&self, sources: &Sources) -> Result<(), ConfigError> {
        let of = &self.digest;
        let refuse = |name, rule| Err(sources.refuse("digest", name, rule));
        let Some(program) = of.command.first() else {
            let is_begun = of.sender.is_some() || !of.offices.is_empty();
            let rule = "is missing: the other keys of [digest] need it";
            return if is_begun { refuse("command", rule) } else { Ok(()) };
        };
        if !Path::new(program).is_absolute() {
            return refuse("command", "must begin with the absolute path of a program");
        }
        if of.sender.is_none() {
            return refuse("sender", "is missing: digest.command needs it");
        }
        if of.offices.is_empty() {
            return refuse("offices", "is missing: digest.command needs it");
        }
        match &of.console_url {
            Some(url) if !url.starts_with("https://") => {
                refuse("console_url", "must be an address that begins with https://")
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl FromStr for Office {
    type Err = InvalidOffice;

    fn from_str(text: &str) -> Result<Self, InvalidOffice> {
        let (oin, address) = text.split_once('=').ok_or(InvalidOffice)?;
        Ok(Self {
            oin: oin.trim().parse().or(Err(InvalidOffice))?,
            address: address.trim().parse().or(Err(InvalidOffice))?,
        })
    }
}

impl fmt::Display for Office {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.oin, self.address)
    }
}

impl Serialize for Office {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Office {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<MailAddress>, D::Error> {
    String::deserialize(from)?.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::{Environment, Loaded, REFERENCE};

    fn loaded(section: &str) -> Result<Config, ConfigError> {
        let text = REFERENCE.replace("at = \"monday 07:00\"\n", section);
        let path = Path::new("/etc/kp/ketenpoort.toml");
        Loaded::of(path, &text, &Environment::default()).map(|loaded| loaded.config)
    }

    const WHOLE: &str = "command = [\"/usr/sbin/sendmail\", \"-t\", \"-i\"]\n\
                         sender = \"poort@a.example\"\n\
                         offices = [\"00000099000000003000=fg@b.example\"]\n";

    #[test]
    fn nothing_is_sent_until_all_of_it_is_there() {
        assert!(loaded("").unwrap().digests().is_none());
        let plan = loaded(WHOLE).unwrap().digests().unwrap();
        assert_eq!(plan.schedule.to_string(), "monday 07:00");
        assert_eq!(plan.offices.len(), 1);
        assert_eq!(plan.absent_days, AbsentDays::default());
        let friday = loaded(&format!("{WHOLE}at = \"friday 16:30\"\n")).unwrap().digests().unwrap();
        assert_eq!(friday.schedule.to_string(), "friday 16:30");
        for line in WHOLE.lines() {
            let refused = loaded(&WHOLE.replace(&format!("{line}\n"), "")).unwrap_err();
            let key = line.split_once(' ').unwrap().0;
            assert!(refused.to_string().contains(&format!("digest.{key}")), "{refused}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused_by_its_key() {
        for (key, right, wrong) in [
            ("command", "/usr/sbin/sendmail", "sendmail"),
            ("sender", "poort@a.example", "poort"),
            ("offices", "=fg@b.example", "=fg@b.example, x@y"),
        ] {
            let refused = loaded(&WHOLE.replace(right, wrong)).unwrap_err().to_string();
            assert!(refused.contains(key), "{refused}");
        }
        for line in ["at = \"monday 03:00\"", "console_url = \"http://a.example\""] {
            assert!(loaded(&format!("{WHOLE}{line}\n")).is_err(), "{line}");
        }
        let text = REFERENCE.replace("absent_days = \"60\"", "absent_days = \"3\"");
        let path = Path::new("/etc/kp/ketenpoort.toml");
        let refused = Loaded::of(path, &text, &Environment::default()).unwrap_err().to_string();
        assert!(refused.contains("absent_days"), "{refused}");
    }
}
