//! Questions to organisations: the list, and one in every state.

use super::{CHANGED, check, evil, frame, written};
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::pages::questions::{AnswerShown, Questions, Shown, badge};
use crate::domain::question::QuestionState;
use crate::gateway::written::Written;

pub(super) fn question(lang: Lang, state: QuestionState, is_known: bool) -> Shown {
    let text = |text| if is_known { written(text) } else { Written::Forgotten };
    let answer = || AnswerShown {
        user: evil(),
        at: evil(),
        entry: is_known.then(|| "/nl/verstrekkingen/12".to_owned()),
        text: text("Nachtdienst"),
    };
    Shown {
        href: "/nl/verstrekkingen/7".to_owned(),
        index: 7,
        badge: badge(lang, state),
        asker: evil(),
        user: evil(),
        asked: evil(),
        at: evil(),
        due: (state != QuestionState::Forgotten).then(|| "19 mrt 23:59".to_owned()),
        entry: is_known.then(|| "/nl/verstrekkingen/9".to_owned()),
        text: text("Waarom om drie uur?"),
        answer: (state == QuestionState::Answered).then(answer),
        answer_path: (state == QuestionState::Open).then(|| "/nl/vragen/1/antwoord".to_owned()),
    }
}

#[test]
fn the_list_tells_where_every_question_stands() {
    for lang in Lang::ALL {
        let page = |rows, next: Option<&str>| Questions {
            frame: frame(lang, Menu::Overview),
            states: vec![("open", "Open", false), ("te-laat", "Te laat", true)],
            rows,
            next: next.map(str::to_owned),
        };
        let all = QuestionState::ALL.iter().map(|state| question(lang, *state, true)).collect();
        let html = check(lang, &page(all, Some("/nl/vragen?na=1")));
        for words in [
            Words("Wacht op antwoord", "Waits for an answer"),
            Words("Te laat", "Late"),
            Words("Beantwoord", "Answered"),
            Words("Vervallen", "Lapsed"),
            Words("om te antwoorden", "to answer"),
            Words("antwoord uiterlijk 19 mrt 23:59", "answer by 19 mrt 23:59"),
        ] {
            assert!(html.contains(lang.pick(words)), "{words:?}");
        }
        for part in [
            "Waarom om drie uur?",
            "Nachtdienst",
            "/verstrekkingen/9\"",
            "rel=\"next\"",
            "&#60;script",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(html.contains("value=\"te-laat\" selected"));
        let forgotten = lang.pick(Words("de persoon is vergeten", "the person was forgotten"));
        assert!(!html.contains(forgotten));
        let html = check(lang, &page(vec![question(lang, QuestionState::Answered, false)], None));
        assert_eq!(html.matches(forgotten).count(), 2);
        assert!(!html.contains("/verstrekkingen/9\"") && !html.contains("/verstrekkingen/12\""));
        let html = check(lang, &page(vec![question(lang, QuestionState::Forgotten, false)], None));
        assert!(html.contains(forgotten) && !html.contains("b-glass"), "not late");
        for asks in
            [Words("antwoord uiterlijk", "answer by"), Words("om te antwoorden", "to answer")]
        {
            assert!(!html.contains(lang.pick(asks)), "{asks:?}");
        }
        let changed = lang.pick(CHANGED);
        assert!(!html.contains(changed));
        let mut both = question(lang, QuestionState::Answered, true);
        both.text = Written::Changed;
        both.answer.as_mut().unwrap().text = Written::Changed;
        let html = check(lang, &page(vec![both], None));
        assert_eq!(html.matches(changed).count(), 2);
        let html = check(lang, &page(Vec::new(), None));
        assert!(html.contains(lang.pick(Words("Er zijn geen vragen", "No questions match"))));
    }
}
