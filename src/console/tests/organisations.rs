//! The pages about organisations in every state.

use super::*;
use crate::console::pages::organisations::{
    Calls, Certificate, Changed, Counts, Listed, One, Organisations, Rules, Standing, Team, Until,
};

fn until(warning: &str) -> Until {
    Until { day: evil(), warning: warning.to_owned(), class: "b-glass" }
}

fn rules() -> Rules {
    Rules { version: evil(), since: evil(), hash: "00ff".to_owned() }
}

fn standing() -> Standing {
    Standing { word: "Geschorst", class: "b-deny" }
}

#[test]
fn organisations_are_listed_with_what_is_known_of_their_certificates() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let listed = |ends, is_own| Listed {
            href: "/nl/organisaties/1".to_owned(),
            name: evil(),
            oin: evil(),
            role: "Politie",
            standing: standing(),
            open: 3,
            ends,
            is_own,
        };
        let changed = |href| Changed { at: evil(), what: evil(), index: 7, href };
        let page = |changes| Organisations {
            frame: frame(lang, Menu::Organisations),
            listed: vec![listed(Some(until("nog 3 dagen")), true), listed(None, false)],
            policy: rules(),
            routing: rules(),
            changes,
        };
        let html = check(lang, &page(Vec::new()));
        assert!(html.contains("nog 3 dagen") && html.contains("Geschorst"));
        assert!(html.contains(say("nog niet gezien", "not seen yet")));
        assert_eq!(html.matches(say("uw organisatie", "your organisation")).count(), 1);
        assert!(html.contains(say("Er is nog niets gewijzigd.", "Nothing was changed yet.")));
        let linked = changed(Some("/nl/verstrekkingen/7".to_owned()));
        let html = check(lang, &page(vec![linked, changed(None)]));
        assert_eq!(html.matches("href=\"/nl/verstrekkingen/7\"").count(), 1);
    }
}

#[test]
fn one_organisation_shows_what_it_signed_and_showed() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let one = |agreement, certificates, teams| One {
            frame: frame(lang, Menu::Organisations),
            name: evil(),
            oin: evil(),
            role: "Jeugdhulp",
            standing: standing(),
            is_certified: true,
            agreement,
            teams,
            open: 0,
            certificates,
            policy: rules(),
            search: "/nl/verstrekkingen?bron=1".to_owned(),
            calls: None,
        };
        let html = check(lang, &one(None, Vec::new(), Vec::new()));
        assert!(html.contains(say("nog geen certificaat getoond", "has shown no certificate")));
        assert!(html.contains(say("gecertificeerde instelling", "certified institution")));
        let certificate = Certificate {
            fingerprint: "00ff".to_owned(),
            kind: "van een systeem",
            until: until("nog 6 dagen"),
            open: 2,
            last_seen: evil(),
        };
        let team =
            |municipalities| Team { name: evil(), id: evil(), location: evil(), municipalities };
        let agreement = Some((evil(), evil(), until("")));
        let teams = vec![team(vec!["0518".to_owned()]), team(Vec::new())];
        let html = check(lang, &one(agreement, vec![certificate], teams));
        assert!(html.contains("nog 6 dagen") && html.contains("00ff") && html.contains("0518"));
    }
}

#[test]
fn one_organisation_shows_how_much_it_calls_and_with_what() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let one = |calls| One {
            frame: frame(lang, Menu::Organisations),
            name: evil(),
            oin: evil(),
            role: "Jeugdhulp",
            standing: standing(),
            is_certified: false,
            agreement: None,
            teams: Vec::new(),
            open: 0,
            certificates: Vec::new(),
            policy: rules(),
            search: "/nl/verstrekkingen?bron=1".to_owned(),
            calls,
        };
        let html = check(lang, &one(None));
        assert!(
            html.contains(say("de laatste 92 dagen niet aangeroepen", "no call in the last 92"))
        );
        let calls = |client, shares| {
            let (count, refused, failed) = ("1.204".to_owned(), "12".to_owned(), "3".to_owned());
            let counts = Some(Counts { count, refused, failed, shares, client, streams: 2 });
            Some(Calls { last_seen: evil(), counts })
        };
        let shares = Some(("1,0 %".to_owned(), "0,2 %".to_owned()));
        let html = check(lang, &one(calls(evil(), shares)));
        for part in ["1.204", "12 (1,0 %)", "3 (0,2 %)", "&#60;script"] {
            assert!(html.contains(part), "{part}");
        }
        assert!(html.contains(say("alleen bij deze poort geteld", "counted at this gateway only")));
        let html = check(lang, &one(calls(String::new(), None)));
        assert!(html.contains(say("niet genoemd", "not told")) && !html.contains("(1,0"));
        let html = check(lang, &one(Some(Calls { last_seen: evil(), counts: None })));
        assert!(html.contains(say("Laatst gezien", "Last seen")) && html.contains("&#60;script"));
        assert!(html.contains(say("alleen voor functionarissen van", "only for officers of")));
        for hidden in [say("Geweigerd", "Refused"), say("Programma en versie", "and version")] {
            assert!(!html.contains(hidden), "{hidden}");
        }
    }
}
