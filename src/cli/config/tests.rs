//! What a configuration may say, who wins, and how a mistake is reported.

use super::keys::KEYS;
use super::*;

const PATH: &str = "/etc/kp/ketenpoort.toml";

fn no_environment() -> Environment {
    Environment::default()
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::of(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
}

fn load(text: &str, environment: &Environment) -> Result<Loaded, ConfigError> {
    Loaded::of(Path::new(PATH), text, environment)
}

fn problems(text: &str, environment: &Environment) -> Vec<String> {
    let error = load(text, environment).unwrap_err();
    error.problems().iter().map(ToString::to_string).collect()
}

/// The reference file with one piece of text exchanged.
fn reference_with(from: &str, to: &str) -> String {
    assert!(REFERENCE.contains(from), "{from}");
    REFERENCE.replacen(from, to, 1)
}

#[test]
fn the_reference_file_is_a_configuration() {
    let config = load(REFERENCE, &no_environment()).unwrap().config;
    assert_eq!(config.gateway.oin.as_str(), "00000099000000001000");
    assert_eq!(config.gateway.keyring_file, Path::new("/etc/kp/keyring"));
    assert_eq!(config.database.url.to_string(), "sqlite:/etc/kp/ketenpoort.sqlite");
    assert_eq!(config.database.keys().to_string(), "sqlite:/etc/kp/ketenpoort-keys.sqlite");
}

#[test]
fn the_reference_file_names_every_key_once_and_states_what_counts_without_it() {
    let mut section = "";
    let mut stated = Vec::new();
    for line in REFERENCE.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        } else if let Some((name, value)) = line.trim_start_matches('#').split_once(" = ") {
            stated.push((format!("{section}.{name}"), value.to_owned()));
        }
    }
    let names: Vec<String> = stated.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, KEYS.iter().map(Key::path).collect::<Vec<_>>());
    for key in KEYS {
        let keys::Need::Default(default) = key.need else { continue };
        let (_, value) = stated.iter().find(|(name, _)| *name == key.path()).unwrap();
        let shown = match key.kind {
            keys::Kind::Text => format!("\"{default}\""),
            keys::Kind::Flag => default.to_owned(),
            keys::Kind::List => continue,
        };
        let above = format!("Default: {shown}");
        assert!(REFERENCE.contains(&above) && !value.is_empty(), "{}", key.path());
    }
}

#[test]
fn a_file_without_what_may_be_left_out_is_a_configuration() {
    let section = |name: &str| {
        let start = REFERENCE.find(&format!("\n[{name}]")).unwrap();
        let rest = REFERENCE.get(start + 1..).unwrap();
        rest.get(..rest.find("\n[").unwrap_or(rest.len())).unwrap()
    };
    let mut text = REFERENCE.to_owned();
    for name in ["console", "oidc", "export", "deadlines", "ops", "log", "retention"] {
        text = text.replace(section(name), "");
    }
    let config = load(&text, &no_environment()).unwrap().config;
    assert_eq!((config.console.listen, config.ops.listen), (None, None));
    assert_eq!(config.export.gateway_name, "Ketenpoort");
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let overruled = environment(&[
        ("KETENPOORT__GRPC__LISTEN", "127.0.0.1:1"),
        // A number with leading zeros stays the text that it is.
        ("KETENPOORT__GATEWAY__OIN", "00000099000000003000"),
        ("KETENPOORT__GRPC__REFLECTION", "true"),
        ("KETENPOORT__TLS__CRL_FILES", "a.crl, b.crl"),
        ("HOME", "/root"),
    ]);
    let loaded = load(REFERENCE, &overruled).unwrap();
    let config = &loaded.config;
    assert_eq!(config.grpc.listen.to_string(), "127.0.0.1:1");
    assert_eq!(config.gateway.oin.as_str(), "00000099000000003000");
    assert!(config.grpc.reflection);
    assert_eq!(config.tls.crl_files, [Path::new("/etc/kp/a.crl"), Path::new("/etc/kp/b.crl")]);
    let origin = |key: &str| {
        let settings = loaded.settings();
        settings.iter().find(|setting| setting.key == key).unwrap().origin.to_string()
    };
    assert_eq!(origin("grpc.listen"), "environment variable KETENPOORT__GRPC__LISTEN");
    assert!(origin("gateway.origin").starts_with("/etc/kp/ketenpoort.toml line "));
    assert_eq!(origin("database.keys_url"), "derived");
    let silent = reference_with("stale_crl = \"refuse\"", "");
    let loaded = load(&silent, &no_environment()).unwrap();
    assert_eq!(loaded.config.tls.stale_crl, StaleCrl::Refuse);
    let shown = loaded.settings();
    let stale = shown.iter().find(|setting| setting.key == "tls.stale_crl").unwrap();
    assert_eq!(stale.origin, Origin::Default);
}

#[test]
fn every_setting_is_shown_in_the_order_of_the_reference() {
    let shown = load(REFERENCE, &no_environment()).unwrap().settings();
    let keys: Vec<String> = shown.into_iter().map(|setting| setting.key).collect();
    // Of a login, a digest and witnesses that are not there, nothing is shown but what all would have.
    let is_there = |key: &&Key| {
        !["oidc", "digest", "witnesses"].contains(&key.section) || key.need != keys::Need::Derived
    };
    let expected: Vec<String> = KEYS.iter().filter(is_there).map(Key::path).collect();
    assert_eq!(keys, expected);
}

#[test]
fn a_slip_in_a_key_is_found_with_its_line() {
    let text = reference_with("\nlisten = ", "\nlistn = ");
    let line = text.lines().position(|line| line.starts_with("listn")).unwrap() + 1;
    let grpc = text.lines().position(|line| line == "[grpc]").unwrap() + 1;
    assert_eq!(
        problems(&text, &no_environment()),
        [
            format!("{PATH} line {line}: grpc.listn: is not known; did you mean listen?"),
            format!(
                "{PATH} line {grpc}: grpc.listen: is missing; set it here or in \
                 KETENPOORT__GRPC__LISTEN"
            ),
        ]
    );
}

#[test]
fn a_wrong_value_is_told_by_key_place_and_rule() {
    for (from, to, key, rule) in [
        (
            "listen = \"0.0.0.0:8443\"",
            "listen = \"everywhere\"",
            "grpc.listen",
            "must be an IP address and a port, for example 0.0.0.0:8443",
        ),
        (
            "mode = \"test\"",
            "mode = \"staging\"",
            "gateway.mode",
            "must be one of production, test",
        ),
        ("reflection = false", "reflection = \"no\"", "grpc.reflection", "must be a boolean"),
        (
            "url = \"sqlite:ketenpoort.sqlite\"",
            "url = \"mysql://kp:geheim@db\"",
            "database.url",
            "must be sqlite:PATH or postgres://USER@HOST/DATABASE",
        ),
    ] {
        let text = reference_with(from, to);
        let line = text.lines().position(|line| line.contains(to)).unwrap() + 1;
        let expected = format!("{PATH} line {line}: {key}: {rule}");
        assert_eq!(problems(&text, &no_environment()), [expected]);
    }
}

#[test]
fn a_wrong_variable_is_told_by_its_name() {
    let wrong = environment(&[
        ("KETENPOORT__GRPC__LISTEM", "127.0.0.1:1"),
        ("KETENPOORT__TLS__ALLOW_TLS12", "ja"),
    ]);
    assert_eq!(
        problems(REFERENCE, &wrong),
        [
            "environment variable KETENPOORT__GRPC__LISTEM: is not known; did you mean \
             KETENPOORT__GRPC__LISTEN?",
            "environment variable KETENPOORT__TLS__ALLOW_TLS12: tls.allow_tls12: must be a boolean",
        ]
    );
}

#[test]
fn a_section_that_is_not_known_is_refused() {
    let text = format!("{REFERENCE}\n[metrics]\nlisten = \"127.0.0.1:9000\"\n");
    let problems = problems(&text, &no_environment());
    assert_eq!(problems.len(), 1);
    assert!(problems[0].ends_with("metrics: is not known"), "{problems:?}");
}

#[test]
fn a_password_is_in_no_message_and_no_setting() {
    let text = reference_with(
        "url = \"sqlite:ketenpoort.sqlite\"",
        "url = \"postgres://kp:geheim@db/kp?sslpassword=geheim\"",
    );
    let loaded = load(&text, &no_environment()).unwrap();
    assert!(!format!("{loaded:?}").contains("geheim"));
    assert!(!serde_json::to_string(&loaded.settings()).unwrap().contains("geheim"));
    let broken = text.replace("kp?sslpassword=geheim\"", "kp?sslpassword=geheim");
    assert!(!problems(&broken, &no_environment()).concat().contains("geheim"));
}
