//! Whether the databases keep what was answered, by their own word.

use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::store::db::Schema;
use crate::store::settings::Settings;

use super::Check;
use crate::cli::config::DatabaseUrl;

/// Clocks of two machines that are kept by NTP differ by milliseconds.
const CLOCK_WARNING: Duration = Duration::from_secs(2);
/// Beyond this, deadlines and consents are judged wrong.
const CLOCK_FAILURE: Duration = Duration::from_mins(1);

/// What to do about a setting that is not as it must be.
struct Rule {
    setting: &'static str,
    accept: fn(&str) -> bool,
    severe: bool,
    means: &'static str,
    fix: &'static str,
}

const SQLITE: [Rule; 4] = [
    Rule {
        setting: "journal_mode",
        accept: |value| value == "wal",
        severe: true,
        means: "a reader can keep the gateway from writing",
        fix: "open it with the gateway once, which sets it",
    },
    Rule {
        setting: "synchronous",
        accept: |value| matches!(value, "2" | "3"),
        severe: true,
        means: "what was answered can be lost at a power cut",
        fix: "use a build with the bundled SQLite: this one does not take the setting over",
    },
    Rule {
        setting: "secure_delete",
        accept: |value| value == "1",
        severe: true,
        means: "a destroyed key stays in the file",
        fix: "use a build with the bundled SQLite: this one does not take the setting over",
    },
    Rule {
        setting: "foreign_keys",
        accept: |value| value == "1",
        severe: false,
        means: "references are not checked",
        fix: "use a build with the bundled SQLite: this one does not take the setting over",
    },
];

const POSTGRES: [Rule; 6] = [
    Rule {
        setting: "in_recovery",
        accept: |value| value == "off",
        severe: true,
        means: "it is a standby, which takes no writes",
        fix: "name the primary in database.url, or promote this server first",
    },
    Rule {
        setting: "fsync",
        accept: |value| value == "on",
        severe: true,
        means: "what was answered can be lost at a power cut",
        fix: "set fsync = on and restart the server",
    },
    Rule {
        setting: "full_page_writes",
        accept: |value| value == "on",
        severe: true,
        means: "a page that was half written at a power cut cannot be repaired",
        fix: "set full_page_writes = on and reload the server",
    },
    Rule {
        setting: "synchronous_commit",
        accept: |value| matches!(value, "on" | "remote_apply"),
        severe: true,
        means: "a commit is answered before it is durable",
        fix: "do not overrule synchronous_commit for this user or this database",
    },
    Rule {
        setting: "synchronous_standby_names",
        accept: |value| !value.is_empty(),
        severe: false,
        means: "what was answered is on this one machine only: a failover loses the last of it",
        fix: "set up a synchronous standby and name it in synchronous_standby_names",
    },
    Rule {
        setting: "data_checksums",
        accept: |value| value == "on",
        severe: false,
        means: "a page that the disk changed is not noticed when it is read",
        fix: "run pg_checksums --enable while the server is stopped",
    },
];

/// The settings of one database, and its clock when it has one of its own.
pub(super) async fn check(
    name: &'static str,
    url: &DatabaseUrl,
    schema: Schema,
    now: Timestamp,
) -> Vec<Check> {
    let settings = match url {
        DatabaseUrl::Sqlite(path) if !path.exists() => return Vec::new(),
        DatabaseUrl::Sqlite(path) => Settings::of_sqlite(path).await,
        DatabaseUrl::Postgres(url) => Settings::of_postgres(url, schema).await,
    };
    // That it cannot be reached is told by another check.
    let Ok(settings) = settings else { return Vec::new() };
    let rules: &[Rule] = match url {
        DatabaseUrl::Sqlite(_) => &SQLITE,
        DatabaseUrl::Postgres(_) => &POSTGRES,
    };
    let mut checks = vec![judge(name, &settings, rules)];
    checks.extend(settings.clock.map(|theirs| clock(theirs, now)));
    checks
}

fn judge(name: &'static str, settings: &Settings, rules: &[Rule]) -> Check {
    let broken: Vec<&Rule> = rules
        .iter()
        .filter(|rule| !settings.value(rule.setting).is_some_and(|value| (rule.accept)(value)))
        .collect();
    let value = |setting: &str| match settings.value(setting) {
        Some("") => "(none)".to_owned(),
        Some(value) => value.to_owned(),
        None => "(unknown)".to_owned(),
    };
    if broken.is_empty() {
        let all =
            settings.values.iter().map(|(setting, _)| format!("{setting} = {}", value(setting)));
        return Check::ok(name, all.collect::<Vec<_>>().join(", "));
    }
    let told = broken
        .iter()
        .map(|rule| format!("{} = {}: {}", rule.setting, value(rule.setting), rule.means));
    let detail = told.collect::<Vec<_>>().join("\n");
    let fix = broken.iter().map(|rule| rule.fix).collect::<Vec<_>>().join("; ");
    if broken.iter().any(|rule| rule.severe) {
        Check::fail(name, detail, fix)
    } else {
        Check::warn(name, detail, fix)
    }
}

fn clock(theirs: Timestamp, ours: Timestamp) -> Check {
    const NAME: &str = "clock of the database";
    const FIX: &str = "let both machines keep their clocks by NTP";
    let apart = theirs.as_micros().abs_diff(ours.as_micros());
    let apart = Duration::from_micros(apart);
    let detail = format!("{} ms from this machine's", apart.as_millis());
    if apart > CLOCK_FAILURE {
        Check::fail(NAME, detail, FIX)
    } else if apart > CLOCK_WARNING {
        Check::warn(NAME, detail, FIX)
    } else {
        Check::ok(NAME, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    fn postgres(changed: &[(&'static str, &str)]) -> Check {
        let sound = [
            ("in_recovery", "off"),
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            ("synchronous_standby_names", "ANY 1 (b, c)"),
            ("data_checksums", "on"),
        ];
        let values = sound.iter().map(|(name, value)| {
            let changed = changed.iter().find(|(other, _)| other == name);
            (*name, changed.map_or(*value, |(_, value)| value).to_owned())
        });
        let settings = Settings { values: values.collect(), clock: None };
        judge("database settings", &settings, &POSTGRES)
    }

    #[test]
    fn each_setting_that_loses_something_is_told_with_what_it_loses() {
        assert_eq!(postgres(&[]).state, State::Ok);
        for (setting, value, state, said) in [
            ("in_recovery", "on", State::Fail, "standby"),
            ("fsync", "off", State::Fail, "power cut"),
            ("full_page_writes", "off", State::Fail, "half written"),
            ("synchronous_commit", "local", State::Fail, "before it is durable"),
            ("synchronous_commit", "remote_write", State::Fail, "before it is durable"),
            ("synchronous_standby_names", "", State::Warn, "this one machine only"),
            ("data_checksums", "off", State::Warn, "not noticed"),
        ] {
            let check = postgres(&[(setting, value)]);
            assert_eq!(check.state, state, "{setting}");
            assert!(check.detail.contains(said) && check.fix.is_some(), "{check:?}");
        }
        let both = postgres(&[("fsync", "off"), ("data_checksums", "off")]);
        assert_eq!(both.state, State::Fail);
        assert_eq!(both.detail.lines().count(), 2);
        assert_eq!(
            judge("s", &Settings { values: vec![], clock: None }, &SQLITE).state,
            State::Fail
        );
    }

    #[test]
    fn a_clock_that_is_apart_is_told_whichever_way() {
        let ours: Timestamp = "2026-03-12T00:52:00Z".parse().unwrap();
        for (apart, state) in [(0, State::Ok), (2, State::Ok), (3, State::Warn), (61, State::Fail)]
        {
            let apart = Duration::from_secs(apart);
            assert_eq!(clock(ours.plus(apart), ours).state, state);
            assert_eq!(clock(ours.minus(apart), ours).state, state);
        }
    }
}
