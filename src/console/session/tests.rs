//! What a cookie says, of whom, and for how long.

use super::*;

fn asking(cookie: &str) -> HeaderMap {
    let value = cookie.split(';').next().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, format!("other=1; {value}").parse().unwrap());
    headers
}

#[test]
fn a_cookie_counts_for_its_officer_only() {
    let sessions = Sessions::new(&[7; 32]);
    let (mine, theirs) = (Fingerprint::of(b"mine"), Fingerprint::of(b"theirs"));
    for stated in Stated::ALL {
        let cookie = sessions.cookie(stated, mine);
        assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=28800"));
        assert_eq!(sessions.stated(&asking(&cookie), mine), Some(stated));
        assert_eq!(sessions.stated(&asking(&cookie), theirs), None);
    }
}

#[test]
fn a_login_counts_for_its_officer_today_at_every_gateway_with_the_key() {
    let (here, there) = (Sessions::new(&[7; 32]), Sessions::new(&[7; 32]));
    let (mine, theirs) = (Fingerprint::of(b"mine"), Fingerprint::of(b"theirs"));
    let cookie = here.login_cookie(mine, now());
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=28800"));
    assert!(there.is_logged_in(&asking(&cookie), mine));
    assert!(!there.is_logged_in(&asking(&cookie), theirs));
    assert!(!Sessions::new(&[8; 32]).is_logged_in(&asking(&cookie), mine), "another key");
    let purpose = here.cookie(Stated::Sample, mine);
    let forged = purpose.replace("ketenpoort=steekproef.", "ketenpoort-inlog=");
    assert!(!here.is_logged_in(&asking(&forged), mine), "a purpose is no login");

    let at = |at| format!("{LOGIN_COOKIE_NAME}={}", here.sign(LOGIN, mine, at));
    let day = SESSION_MAX.as_secs();
    assert!(here.is_logged_in(&asking(&at(now() - day + 60)), mine));
    assert!(!here.is_logged_in(&asking(&at(now() - day)), mine), "yesterday's");
    assert!(!here.is_logged_in(&asking(&at(now() + 120)), mine), "tomorrow's");
}

#[test]
fn a_session_ends_with_the_first_of_purpose_and_login() {
    let sessions = Sessions::new(&[7; 32]);
    let mine = Fingerprint::of(b"mine");
    let value = |cookie: String| cookie.split(';').next().unwrap().to_owned();
    let purpose = value(sessions.cookie(Stated::Sample, mine));
    let left = |cookies: &str| sessions.seconds_left(&asking(cookies), mine);
    let day = SESSION_MAX.as_secs();
    assert!(left(&purpose).is_some_and(|left| left > day - 60 && left <= day));
    let login = format!("{LOGIN_COOKIE_NAME}={}", sessions.sign(LOGIN, mine, now() - 3600));
    let mut both = HeaderMap::new();
    both.insert(COOKIE, format!("{purpose}; {login}").parse().unwrap());
    assert!(sessions.seconds_left(&both, mine).is_some_and(|left| left <= day - 3600));
    assert_eq!(left(&login), None, "no purpose was stated");
}

#[test]
fn a_login_that_begins_is_one_officers_and_its_secrets_are_nobodys() {
    let sessions = Sessions::new(&[7; 32]);
    let (mine, theirs) = (Fingerprint::of(b"mine"), Fingerprint::of(b"theirs"));
    let state = sessions.begin_login(mine).unwrap();
    assert_ne!(Some(&state), sessions.begin_login(mine).as_ref(), "each has its own");
    assert!(sessions.begun_at(&state, mine).is_some_and(|at| now() - at < 60));
    assert_eq!(sessions.begun_at(&state, theirs), None);
    assert_eq!(sessions.begun_at("", mine), None);
    assert_eq!(sessions.begun_at(&format!("0{state}"), mine), None);
    let long_ago = now() - LOGIN_MAX.as_secs();
    let late = format!("ab.{}", sessions.sign(&format!("{BEGUN}ab"), mine, long_ago));
    assert_eq!(sessions.begun_at(&late, mine), None, "somebody went home in between");

    let secrets = sessions.secrets(&state, mine);
    assert_ne!(secrets.nonce, secrets.verifier);
    assert!((43..=128).contains(&secrets.verifier.len()), "RFC 7636 section 4.1");
    assert_ne!(secrets.verifier, sessions.secrets(&state, theirs).verifier);
    assert_ne!(secrets.verifier, Sessions::new(&[8; 32]).secrets(&state, mine).verifier);
}

#[test]
fn the_way_on_survives_the_way_to_the_provider() {
    let path = "/en/verstrekkingen?zaak=VVT-2026-000123&van=2026-06-01";
    let cookie = next_cookie(path);
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"));
    assert_eq!(next_of(&asking(&cookie)).as_deref(), Some(path));
    assert_eq!(next_of(&asking("__Host-ketenpoort-verder=zz")), None);
}

#[test]
fn a_place_is_one_officers_and_no_purpose() {
    let sessions = Sessions::new(&[7; 32]);
    let officers = [Fingerprint::of(b"first"), Fingerprint::of(b"second")];
    let of = |number: usize| officers.get(number).map(|whose| (number, *whose));
    let cookie = sessions.place_cookie(1, officers[1]);
    assert_eq!(sessions.place(&asking(&cookie), of), Some(1));
    assert_eq!(sessions.place(&asking(&cookie.replace("demo=1", "demo=0")), of), None);
    assert_eq!(sessions.place(&asking(&cookie.replace("demo=1", "demo=2")), of), None);
    assert_eq!(sessions.place(&HeaderMap::new(), of), None);
    let purpose = sessions.cookie(Stated::Sample, officers[1]);
    let forged = purpose.replace("ketenpoort=steekproef", "ketenpoort-demo=1");
    assert_eq!(sessions.place(&asking(&forged), of), None);
    assert_eq!(Sessions::new(&[8; 32]).place(&asking(&cookie), of), None, "another key");
}

#[test]
fn another_purpose_cannot_be_written_into_a_cookie() {
    let sessions = Sessions::new(&[7; 32]);
    let mine = Fingerprint::of(b"mine");
    let cookie = sessions.cookie(Stated::Sample, mine).replace("steekproef", "klacht");
    assert_eq!(sessions.stated(&asking(&cookie), mine), None);
    assert_eq!(sessions.stated(&HeaderMap::new(), mine), None);
}

#[test]
fn a_token_is_of_one_officer_and_no_cookie() {
    let sessions = Sessions::new(&[7; 32]);
    let (mine, theirs) = (Fingerprint::of(b"mine"), Fingerprint::of(b"theirs"));
    let token = sessions.token(mine);
    assert!(sessions.accepts(&token, mine));
    assert!(!sessions.accepts(&token, theirs));
    assert!(!sessions.accepts("", mine) && !sessions.accepts("0.", mine));
    let forged = format!("klacht.{token}");
    assert_eq!(sessions.stated(&asking(&format!("{COOKIE_NAME}={forged}")), mine), None);
}

#[test]
fn settings_are_kept_for_their_officer_only_and_cannot_be_made_up() {
    let sessions = Sessions::new(&[7; 32]);
    let (mine, theirs) = (Fingerprint::of(b"mine"), Fingerprint::of(b"theirs"));
    let chosen = Settings { shortcuts: false, is_compact: true, days: 7 };
    let cookie = sessions.settings_cookie(chosen, mine);
    assert!(cookie.starts_with("__Host-ketenpoort-instellingen=uit-compact-7."), "{cookie}");
    assert!(cookie.contains("; Path=/; Secure; HttpOnly; SameSite=Strict; "), "{cookie}");
    assert_eq!(sessions.settings(&asking(&cookie), mine), chosen);
    assert_eq!(sessions.settings(&asking(&cookie), theirs), Settings::default());
    assert_eq!(sessions.stated(&asking(&cookie), mine), None);
    let forged = cookie.replace("compact-7", "compact-30");
    assert_eq!(sessions.settings(&asking(&forged), mine), Settings::default());
}

#[test]
fn what_is_too_old_or_of_the_future_does_not_count() {
    let sessions = Sessions::new(&[7; 32]);
    let mine = Fingerprint::of(b"mine");
    let tomorrow = sessions.sign(FORM, mine, now() + 120);
    assert!(!sessions.accepts(&tomorrow, mine));
    let yesterday = sessions.sign(FORM, mine, now() - FORM_MAX.as_secs());
    assert!(!sessions.accepts(&yesterday, mine));
    let a_minute_ago = sessions.sign(FORM, mine, now() - 60);
    assert!(sessions.accepts(&a_minute_ago, mine));
    assert!(!sessions.is_signed(FORM, &a_minute_ago, mine, Duration::from_secs(30)));
}
