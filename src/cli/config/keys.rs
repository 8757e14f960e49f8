//! Every key of the configuration. The struct says what a value means; this table says what an
//! environment variable holds, what is required, and what counts when nothing is given.

/// A key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) section: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) need: Need,
}

/// What stands behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// `true` or `false`.
    Flag,
    /// Several texts; in an environment variable, with commas between.
    List,
}

/// What happens when a key is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    /// Derived from other keys, or absent.
    Derived,
    Default(&'static str),
}

impl Key {
    /// Section and name, as they are written in messages.
    pub(super) fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The environment variable that overrules the file.
    pub(super) fn variable(&self) -> String {
        format!("{}{}__{}", PREFIX, self.section, self.name).to_ascii_uppercase()
    }
}

/// What every environment variable of the configuration begins with.
pub(super) const PREFIX: &str = "KETENPOORT__";

const fn key(section: &'static str, name: &'static str, kind: Kind, need: Need) -> Key {
    Key { section, name, kind, need }
}

/// All keys, in the order of the reference file.
pub(super) const KEYS: &[Key] = &[
    key("gateway", "oin", Kind::Text, Need::Required),
    key("gateway", "origin", Kind::Text, Need::Required),
    key("gateway", "mode", Kind::Text, Need::Default("production")),
    key("gateway", "directory_file", Kind::Text, Need::Required),
    key("gateway", "keyring_file", Kind::Text, Need::Required),
    key("gateway", "anchor_file", Kind::Text, Need::Derived),
    key("database", "url", Kind::Text, Need::Required),
    key("database", "keys_url", Kind::Text, Need::Derived),
    key("grpc", "listen", Kind::Text, Need::Required),
    key("grpc", "reflection", Kind::Flag, Need::Default("false")),
    key("grpc", "drain_max", Kind::Text, Need::Default("15s")),
    key("console", "listen", Kind::Text, Need::Derived),
    key("oidc", "issuer", Kind::Text, Need::Derived),
    key("oidc", "client_id", Kind::Text, Need::Derived),
    key("oidc", "client_secret_file", Kind::Text, Need::Derived),
    key("oidc", "ca_file", Kind::Text, Need::Derived),
    key("oidc", "console_url", Kind::Text, Need::Derived),
    key("oidc", "acr", Kind::List, Need::Default("")),
    key("oidc", "user_claim", Kind::Text, Need::Derived),
    key("oidc", "organisation_claim", Kind::Text, Need::Default("oin")),
    key("digest", "command", Kind::List, Need::Default("")),
    key("digest", "sender", Kind::Text, Need::Derived),
    key("digest", "offices", Kind::List, Need::Default("")),
    key("digest", "at", Kind::Text, Need::Default("monday 07:00")),
    key("digest", "absent_days", Kind::Text, Need::Default("60")),
    key("digest", "console_url", Kind::Text, Need::Derived),
    key("witnesses", "keys", Kind::List, Need::Default("")),
    key("witnesses", "needed", Kind::Text, Need::Derived),
    key("witnesses", "ca_file", Kind::Text, Need::Derived),
    key("witnesses", "ask_every", Kind::Text, Need::Default("1m")),
    key("export", "base_uri", Kind::Text, Need::Derived),
    key("export", "register_uri", Kind::Text, Need::Derived),
    key("export", "gateway_name", Kind::Text, Need::Default("Ketenpoort")),
    key("export", "gateway_address", Kind::Text, Need::Derived),
    key("export", "applications", Kind::List, Need::Default("")),
    key("deadlines", "sweep_every", Kind::Text, Need::Default("10s")),
    key("tls", "certificate_file", Kind::Text, Need::Required),
    key("tls", "key_file", Kind::Text, Need::Required),
    key("tls", "client_ca_file", Kind::Text, Need::Required),
    key("tls", "client_intermediate_files", Kind::List, Need::Default("")),
    key("tls", "crl_files", Kind::List, Need::Required),
    key("tls", "allow_tls12", Kind::Flag, Need::Default("false")),
    key("tls", "stale_crl", Kind::Text, Need::Default("refuse")),
    key("tls", "watch_networks", Kind::Flag, Need::Default("true")),
    key("ops", "listen", Kind::Text, Need::Derived),
    key("ops", "allow_remote", Kind::Flag, Need::Default("false")),
    key("log", "level", Kind::Text, Need::Default("info")),
    key("log", "format", Kind::Text, Need::Default("json")),
    key("retention", "log_years", Kind::Text, Need::Default("5")),
    key("retention", "payload_days", Kind::Text, Need::Default("30")),
    key("retention", "network_days", Kind::Text, Need::Default("180")),
];

/// The key of a section.
pub(super) fn find(section: &str, name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.section == section && key.name == name)
}

/// The word of a list that is most like `word`, when one is close: for "did you mean".
pub(super) fn nearest<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    words
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len() / 3 + 1)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, removed or exchanged (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (above, l) in left.chars().enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        for (cell, r) in row.iter_mut().skip(1).zip(right.chars()) {
            let exchanged = diagonal + usize::from(l != r);
            diagonal = *cell;
            before = exchanged.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_a_slip_is_recognised_and_another_is_not() {
        let words = || ["listen", "reflection"].into_iter();
        assert_eq!(nearest("listn", words()), Some("listen"));
        assert_eq!(nearest("reflections", words()), Some("reflection"));
        assert_eq!(nearest("port", words()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn a_key_has_one_variable() {
        let key = find("grpc", "listen").unwrap();
        assert_eq!(key.variable(), "KETENPOORT__GRPC__LISTEN");
    }
}
