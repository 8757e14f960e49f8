//! The page about the ledger in every state.

use super::*;
use crate::console::bars::{Columns, Figure};
use crate::console::forms::Fresh;
use crate::console::pages::integrity::{
    Checked, Integrity, Line, Proof as Extended, Row, Sample, Signed, Since, State, Witnesses,
};

fn fresh() -> Fresh {
    Fresh { token: evil(), request_id: evil() }
}

fn signed(holds: bool) -> Signed {
    Signed {
        note: evil(),
        origin: evil(),
        size: "1.204".to_owned(),
        root: evil(),
        at: evil(),
        holds,
        keep: "/nl/integriteit?sinds=1204".to_owned(),
    }
}

fn empty(lang: Lang) -> Integrity {
    let figure = Figure { label: evil(), tick: evil(), number: 3, value: evil() };
    Integrity {
        frame: frame(lang, Menu::Integrity),
        fresh: fresh(),
        entries: "0".to_owned(),
        latest: None,
        since: None,
        changed: None,
        sample: None,
        chart: Columns::new(("groei", evil(), evil()), ["Dag", "Regels"], vec![figure], |n| {
            n.to_string()
        }),
        recent: Vec::new(),
        key: evil(),
        witnesses: None,
    }
}

#[test]
fn a_ledger_is_right_wrong_or_not_signed_yet() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let html = check(lang, &empty(lang));
        assert!(html.contains(say("Er is nog niets ondertekend.", "Nothing was signed yet.")));
        assert!(html.contains(say("geen getuigen ingesteld", "No witnesses are set up")));
        assert!(html.contains("ketenpoort log verify"));
        let line = Line { size: evil(), at: evil(), root: evil(), since: "/nl/".to_owned() };
        let whole = Integrity { latest: Some(signed(true)), recent: vec![line], ..empty(lang) };
        let html = check(lang, &whole);
        let right = say("de opgeslagen boom heeft deze top", "the stored tree has this root");
        assert!(html.contains(right) && html.contains("<span class=\"big\">0</span>"));
        let broken = Integrity { latest: Some(signed(false)), ..empty(lang) };
        let html = check(lang, &broken);
        let wrong =
            say("De handtekening of de top klopt niet.", "The signature or the root is wrong.");
        assert!(html.contains(wrong) && html.contains("role=\"alert\""));
        assert!(!html.contains("<span class=\"big\">0</span>"), "no gaps is not said");
    }
}

#[test]
fn what_the_browser_verifies_itself_is_in_the_page_once_something_is_signed() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let nothing = check(lang, &empty(lang));
        assert!(!nothing.contains("id=\"since\"") && !nothing.contains("data-kind="));
        let html = check(lang, &Integrity { latest: Some(signed(true)), ..empty(lang) });
        let script = &assets::SCRIPT.content;
        assert_eq!(html.matches("id=\"unable\"").count(), 1, "style hides it beside a button");
        for id in ["since", "since-state", "many-state", "note", "wrong"] {
            assert!(script.contains(&format!("find(\"#{id}\")")), "{id}");
            assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        }
        for word in [
            "lang", "proofs", "entries", "entry", "first", "since", "bad", "right", "wrong",
            "older", "other", "none",
        ] {
            assert!(html.contains(&format!(" data-{word}=\"")), "{word}");
            assert!(script.contains(&format!("words.{word}")), "{word}");
        }
        for word in ["key", "origin", "unable"] {
            assert!(html.contains(&format!(" data-{word}=\"")), "{word}");
        }
        assert!(!html.contains("data-changed="));
        assert!(html.contains(say(
            "bezoek met deze browser (controlepunt van {when}): {added} regels erbij, in de boom niets gewijzigd.",
            "visit with this browser (checkpoint of {when}): {added} entries added, nothing changed in the tree."
        )));
        for kind in ["steekproef", "maand"] {
            assert!(
                html.contains(&format!("data-kind=\"{kind}\" hidden")),
                "{kind}: without it, none"
            );
        }
        let again = say("demonstratie opnieuw", "demonstration was started anew");
        assert!(html.contains(again), "the frame of these tests is that of a demo");
        let real = Frame { invented: false, ..frame(lang, Menu::Integrity) };
        let real = Integrity { frame: real, latest: Some(signed(true)), ..empty(lang) };
        assert!(!check(lang, &real).contains(again));
    }
}

fn proof() -> Extended {
    Extended {
        added: "8.412".to_owned(),
        from: "1".to_owned(),
        to: "2".to_owned(),
        from_root: evil(),
        to_root: evil(),
        hashes: vec![evil()],
    }
}

#[test]
fn where_entries_are_known_to_be_changed_nothing_is_green() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let html = check(
            lang,
            &Integrity {
                latest: Some(signed(true)),
                since: Some(Since::Extended(proof())),
                changed: Some("3".to_owned()),
                ..empty(lang)
            },
        );
        let found = say("3 regels zijn in de database gewijzigd", "3 entries were changed in the");
        assert_eq!(html.matches(found).count(), 3, "the browser, the comparison and the gaps");
        assert!(html.contains(" data-changed=\"3 ") && html.contains("role=\"alert\"><b>3</b>"));
        assert!(html.contains(&format!("href=\"/{}/signalen\"", lang.tag())));
        assert!(!html.contains("is-ok"), "{html}");
        assert!(!html.contains('✓') && !html.contains("<span class=\"big\">0</span>"));
    }
}

#[test]
fn an_older_state_was_extended_changed_or_is_none() {
    for lang in Lang::ALL {
        for (since, nl, en) in [
            (
                Since::Extended(proof()),
                "8.412 regels erbij, in de boom niets gewijzigd.",
                "8.412 entries added, nothing changed in the tree.",
            ),
            (Since::Changed(evil()), "Het logboek is gewijzigd.", "The ledger was changed."),
            (Since::Beyond(evil()), "meer regels dan het logboek", "more entries than the ledger"),
            (Since::NotOurs, "niet van dit logboek", "not of this ledger"),
            (Since::Unreadable, "geen controlepunt en geen stand", "no checkpoint and no state"),
        ] {
            let page = Integrity { since: Some(since), ..empty(lang) };
            assert!(check(lang, &page).contains(lang.pick(Words(nl, en))), "{nl}");
        }
    }
}

#[test]
fn a_sample_counts_what_is_right_and_what_is_wrong() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let entry = |holds| Checked { index: 7, at: evil(), event: "Zaak gewijzigd", holds };
        let sample = |entries: Vec<Checked>| {
            let bad = entries.iter().filter(|entry| !entry.holds).count();
            let good = entries.len() - bad;
            let sample = Some(Sample { size: evil(), good, bad, entries });
            check(lang, &Integrity { sample, ..empty(lang) })
        };
        let html = sample(vec![entry(true), entry(true)]);
        assert!(html.contains(say("2 regels gecontroleerd", "2 entries verified")));
        assert!(html.contains(&format!("/{}/verstrekkingen/7", lang.tag())));
        let html = sample(vec![entry(true), entry(false)]);
        assert!(html.contains(say("1 regels kloppen niet", "1 entries are wrong")));
        assert!(html.contains("is-deny") && html.contains("<details open>"));
        let html = sample(Vec::new());
        assert!(html.contains(say("nog geen regels van uw organisatie", "no entries of your")));
    }
}

#[test]
fn witnesses_are_enough_too_few_or_contradict() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let row = |agrees: bool, contradicts| Row {
            name: evil(),
            organisation: agrees.then(evil),
            cosigned: agrees.then(|| ("1.200".to_owned(), evil())),
            behind: "4".to_owned(),
            state: State { contradicts, agrees, words: evil() },
        };
        let shown = |rows, witnessed: Option<&str>, is_stale| {
            let witnessed = witnessed.map(str::to_owned);
            let behind = "4".to_owned();
            let watched = Witnesses { needed: 2, witnessed, is_stale, behind, rows };
            check(lang, &Integrity { witnesses: Some(watched), ..empty(lang) })
        };
        let html = shown(vec![row(true, false), row(true, false)], Some("1.200"), false);
        let enough = say("regels zijn door genoeg getuigen gezien", "were seen by enough");
        assert!(html.contains(enough) && !html.contains("role=\"alert\""));
        let html = shown(vec![row(true, false), row(false, false)], None, false);
        assert!(html.contains(say("door te weinig getuigen", "Not seen by enough witnesses")));
        let html = shown(vec![row(true, false), row(true, false)], Some("1.200"), true);
        assert!(html.contains(say("getuigen zwijgen", "have been silent")));
        assert!(!html.contains(enough));
        // However many agree: one that saw another ledger is enough to trust nothing.
        let html =
            shown(vec![row(true, false), row(true, false), row(false, true)], Some("1"), true);
        assert!(html.contains(say("zag een ander logboek", "saw another ledger")));
        assert!(html.contains("role=\"alert\"") && !html.contains(enough));
    }
}

#[test]
fn every_page_warns_when_the_ledger_is_stale_or_disputed() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let message = |banner: Banner| {
            let frame = Frame { banner, ..frame(lang, Menu::Nowhere) };
            check(lang, &Message { frame, title: "Titel", text: "Tekst" })
        };
        let quiet = message(Banner::Quiet);
        assert!(!quiet.contains("note--amber") && !quiet.contains("role=\"alert\""));
        let stale = message(Banner::Stale { waiting: "12".to_owned(), signed_at: evil() });
        assert!(stale.contains(say("12 regels wachten", "12 entries wait")));
        let disputed = message(Banner::Disputed);
        assert!(disputed.contains(say("Het logboek klopt niet.", "The ledger is not right.")));
        assert!(disputed.contains("role=\"alert\""));
        let changed = message(Banner::Changed("3".to_owned()));
        assert!(changed.contains(say("3 regels zijn in de database", "3 entries were changed")));
        assert!(changed.contains("role=\"alert\""));
        let contradicted = message(Banner::Contradicted);
        assert!(contradicted.contains(say("Een getuige zag een ander", "A witness saw another")));
        assert!(
            contradicted.contains("role=\"alert\"")
                && !contradicted
                    .contains(say("Er wordt niets meer verstrekt", "Nothing is disclosed"))
        );
    }
}
