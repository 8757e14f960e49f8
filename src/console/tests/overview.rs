//! The overview: with nothing, for the office of the region, and with everything.

use super::*;
use crate::console::pages::organisations::Until;
use crate::console::pages::overview::month::{Coverage, CoveredShown};
use crate::console::pages::overview::{
    Checkpoint, Ends, MonthShown, News, Overview, OwnCheck, SignalsShown, Undelivered, Waiting,
    Witnesses,
};

fn news(shown: usize, more: usize, is_policy: bool) -> News {
    let first = std::iter::repeat_with(|| (evil(), evil())).take(shown).collect();
    News { first, more, is_policy }
}

fn waiting(open: &str, overdue: usize) -> Waiting {
    let first = || (evil(), evil(), "/nl/noodtoegang/1".to_owned());
    let first = std::iter::repeat_with(first).take(overdue).collect();
    Waiting { open: open.to_owned(), overdue, first }
}

fn overview(lang: Lang) -> Overview {
    Overview {
        frame: frame(lang, Menu::Overview),
        reviews: None,
        signals: None,
        requests: waiting("0", 0),
        month: MonthShown {
            total: "0".to_owned(),
            coverage: None,
            refused: "0".to_owned(),
            emergencies: "0".to_owned(),
            days: DayChart::new(lang, Vec::new(), Vec::new()),
            questions: ("0".to_owned(), "0".to_owned()),
        },
        undelivered: Undelivered { count: "0".to_owned(), first: Vec::new() },
        ends: Vec::new(),
        own: "/nl/organisaties/1".to_owned(),
        checkpoint: None,
        own_check: None,
        policy_news: news(0, 0, true),
        news: news(0, 0, false),
        recent: Some(Vec::new()),
        organisations: Vec::new(),
    }
}

fn coverage() -> Coverage {
    let covered = |waits| CoveredShown {
        name: evil(),
        href: "/nl/verstrekkingen?bron=1".to_owned(),
        total: "11.558".to_owned(),
        explained: "99,1 %".to_owned(),
        reviewed: "0,1 %".to_owned(),
        reviews: "9".to_owned(),
        waiting: if waits { "4" } else { "0" }.to_owned(),
        waits,
    };
    let organisations = vec![covered(true), covered(false)];
    Coverage { whole: covered(true), organisations, is_cut_off: true }
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        size: "9".to_owned(),
        at: evil(),
        root: "abc=".to_owned(),
        origin: "ledger.example".to_owned(),
        changed: Some("5".to_owned()),
        witnesses: Some(Witnesses { heard: 1, known: 3, is_enough: false }),
    }
}

#[test]
fn the_overview_shows_what_there_is_and_says_what_there_is_not() {
    for lang in Lang::ALL {
        let html = check(lang, &overview(lang));
        for words in [
            Words("beoordelingen niet getoond", "Reviews are not shown"),
            Words("signalen niet getoond", "Signals are not shown"),
            Words("nog niets ondertekend", "Nothing was signed yet"),
            Words("dertig dagen niets verstrekt", "Nothing was disclosed"),
            Words("Er wacht geen verzoek", "No request is waiting"),
            Words("geen melding die te laat is", "No referral is waiting that is late"),
            Words("loopt binnen dertig dagen af", "ends within thirty days"),
        ] {
            assert!(html.contains(lang.pick(words)), "{words:?}");
        }
        let office = Overview {
            reviews: Some(waiting("0", 0)),
            signals: Some(SignalsShown { open: "0".to_owned(), heaviest: None }),
            recent: None,
            organisations: vec![("00000099000000002000".to_owned(), evil())],
            ..overview(lang)
        };
        let html = check(lang, &office);
        for words in [
            Words("Er wacht geen beoordeling.", "No review is waiting."),
            Words("Er is geen open signaal.", "There is no open signal."),
            Words("Kies een organisatie", "Choose an organisation"),
        ] {
            assert!(html.contains(lang.pick(words)), "{words:?}");
        }
        assert!(html.contains("&#60;script"));
        let by_hand = SignalsShown { open: "1".to_owned(), heaviest: None };
        let html = check(lang, &Overview { signals: Some(by_hand), ..overview(lang) });
        // One that an officer raised has no score and is open.
        assert!(!html.contains(lang.pick(Words("Er is geen open signaal", "There is no open"))));
        let full = Overview {
            reviews: Some(waiting("1.204", 2)),
            signals: Some(SignalsShown {
                open: "17".to_owned(),
                heaviest: Some((97, "Veel weigeringen", "/nl/signalen/1".to_owned())),
            }),
            requests: waiting("3", 1),
            month: MonthShown {
                total: "11.558".to_owned(),
                coverage: Some(coverage()),
                refused: "7".to_owned(),
                emergencies: "9".to_owned(),
                days: charts(lang).days,
                questions: ("14".to_owned(), "7".to_owned()),
            },
            checkpoint: Some(checkpoint()),
            undelivered: Undelivered {
                count: "2".to_owned(),
                first: vec![(evil(), evil(), "/nl/verstrekkingen?bron=1".to_owned())],
            },
            ends: vec![Ends {
                until: Until { day: evil(), warning: "nog 6 dagen".to_owned(), class: "b-deny" },
                fingerprint: evil(),
            }],
            recent: Some(rows(lang)),
            ..overview(lang)
        };
        let html = check(lang, &full);
        for part in [
            "1.204",
            "<b>97</b> · <a href=\"/nl/signalen/1\"",
            "99,1 %",
            "11.558",
            "&#60;script",
            "<figure",
            "0,1 %",
            "nog 6 dagen",
            "href=\"/nl/verstrekkingen?bron=1\"",
            "href=\"/nl/organisaties/1\"",
        ] {
            assert!(html.contains(part), "{part}");
        }
        for words in [
            Words("2 te laat", "2 overdue"),
            Words("7 te laat</a>", "7 late</a>"),
            Words("niet op tijd overgenomen", "not taken over in time"),
            Words("4 wachten nog als noodtoegang", "4 still wait as emergencies"),
            Words("met de hand beoordeeld: als", "reviewed by hand: as"),
            Words("Met de hand beoordeeld</th>", "Reviewed by hand</th>"),
            Words("alleen de nieuwste 2.000", "the newest 2,000 entries only"),
            Words("5 regels zijn in de database", "5 entries were changed in the database"),
            Words("1 van de 3", "1 of 3"),
            Words("te weinig", "too few"),
        ] {
            assert!(html.contains(lang.pick(words)), "{words:?}");
        }
        for outcome in Disposition::ALL.iter().copied() {
            assert!(html.contains(badge::badge(lang, outcome).word), "colour never stands alone");
        }
    }
}

#[test]
fn news_and_the_own_check_are_told_or_said_not_to_be_there() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let never = say("niet bij uw laatste 500 inzagen", "not among your last 500 looks");
        let quiet = Overview { checkpoint: Some(checkpoint()), ..overview(lang) };
        let html = check(lang, &quiet);
        for nothing in [
            say("Het beleid is de laatste dertig dagen niet gewijzigd", "policy was not changed"),
            say("geen organisatie bij", "No organisation came or was suspended"),
            say("Laatst zelf nagekeken", "Last checked yourself"),
            never,
        ] {
            assert!(html.contains(nothing), "{nothing}");
        }
        let full = Overview {
            own_check: Some(OwnCheck { at: evil(), what: "Steekproef gecontroleerd" }),
            policy_news: news(1, 0, true),
            news: news(5, 7, false),
            ..quiet
        };
        let html = check(lang, &full);
        assert!(html.contains("Steekproef gecontroleerd") && !html.contains(never));
        assert!(html.contains(say("de uitslag staat niet in het logboek", "result is not in the")));
        assert_eq!(html.matches("/organisaties#h-changes\"").count(), 2);
        assert_eq!(html.matches(say("en nog 7 meer", "and 7 more")).count(), 1);
        assert!(html.contains("&#60;script"));
    }
}
