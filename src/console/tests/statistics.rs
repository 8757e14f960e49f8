//! The page about figures in every state.

use super::*;
use crate::console::bars::Bars;
use crate::console::pages::statistics::{
    Choice as Period, Counts, Found as Figures, Own, Published, Sheet, Statistics,
};

fn page(lang: Lang, found: Figures) -> String {
    let period = Period { value: evil(), word: evil(), chosen: true };
    let frame = frame(lang, Menu::Statistics);
    let own = Own {
        period: "2026-Q1".to_owned(),
        whose: evil(),
        total: 7,
        outcomes: vec![("Toegestaan", 7)],
        emergencies: (lang == Lang::Nl).then(|| "1,4".to_owned()),
        tables: vec![
            Counts { head: "Bron", rows: vec![(evil(), 7)] },
            Counts { head: "Ontvanger", rows: Vec::new() },
        ],
    };
    let own = (!matches!(found, Figures::Wrong)).then_some(own);
    check(lang, &Statistics { frame, periods: vec![period], found, own })
}

fn report(since: Option<String>) -> Figures {
    let sheet = |id: &str, chart| Sheet {
        id: id.to_owned(),
        title: "Meldingen",
        unit: "aantal",
        target: Some(80),
        columns: vec![evil()],
        rows: vec![(evil(), vec![".".to_owned()])],
        chart,
    };
    let bars = Bars::new(("b-a".to_owned(), evil(), evil()), vec![(evil(), 3, evil())]);
    Figures::Report(Box::new(Published {
        period: evil(),
        version: 1,
        since,
        policy: evil(),
        digest: "00ff".to_owned(),
        csv: "/nl/statistiek/csv?periode=2026-Q2".to_owned(),
        sheets: vec![sheet("a", Some(bars)), sheet("b", None)],
    }))
}

#[test]
fn a_report_was_published_or_would_be_so_or_is_not_there() {
    for lang in Lang::ALL {
        let say = |nl, en| lang.pick(Words(nl, en));
        let html = page(lang, report(Some(evil())));
        assert_eq!(html.matches("<svg viewBox=\"0 0 720").count(), 1);
        assert!(html.contains("80%") && html.contains(say("Uitgebracht", "Published")));
        assert!(!html.contains(say("Nog niet uitgebracht", "Not published yet")));
        let html = page(lang, report(None));
        assert!(html.contains(say("Nog niet uitgebracht", "Not published yet")));
        let html = page(lang, Figures::Nothing(vec![evil()]));
        assert!(html.contains(say("nog niets uitgebracht", "Nothing was published")));
        assert!(html.contains("&#60;script"));
        let html = page(lang, Figures::Wrong);
        assert!(html.contains(say("geen kwartaal", "no quarter")));
        let html = page(lang, Figures::NotYours);
        assert!(html.contains(say("voor het Steunpunt", "for the reporting centre")));
    }
}
