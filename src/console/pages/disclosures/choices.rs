//! What the form of a search offers, and what was chosen.

use super::filters::{Filters, days_before};
use crate::console::door::Ask;
use crate::console::lang::{Lang, Words};
use crate::console::pages::overview::organisations;
use crate::console::{badge, moments, words};
use crate::domain::basis::Basis;
use crate::domain::category::Category;
use crate::domain::event::{Disposition, EventCode};
use crate::domain::purpose::Purpose;
use crate::domain::time::Date;
use crate::gateway::saved_searches::question::{EVERY_EVENT, disposition_word};

/// A choice in a list: value, word, whether it was chosen.
pub(in crate::console) struct Choice {
    pub(in crate::console) value: String,
    pub(in crate::console) word: String,
    pub(in crate::console) chosen: bool,
}

/// A condition that was chosen, and the search without it.
pub(in crate::console) struct Chip {
    pub(in crate::console) word: String,
    pub(in crate::console) without: String,
}

/// A period that is one press away.
pub(in crate::console) struct Quick {
    pub(in crate::console) word: &'static str,
    pub(in crate::console) href: String,
    pub(in crate::console) is_chosen: bool,
}

/// A list of the form.
pub(in crate::console) struct Select {
    pub(in crate::console) name: &'static str,
    pub(in crate::console) label: &'static str,
    pub(in crate::console) choices: Vec<Choice>,
}

/// Everything that the form offers.
#[derive(Default)]
pub(in crate::console) struct Choices {
    pub(in crate::console) main: Vec<Select>,
    pub(in crate::console) more: Vec<Select>,
    pub(in crate::console) quick: Vec<Quick>,
    pub(in crate::console) chips: Vec<Chip>,
}

impl Choices {
    pub(super) fn new(ask: &Ask, filters: &Filters) -> Self {
        let lang = ask.lang;
        let t = lang.texts();
        let parties = organisations(ask.app.gateway());
        let party = |name, label, chosen: &str| Select {
            name,
            label,
            choices: parties.iter().map(|(oin, word)| choice(oin, word, chosen)).collect(),
        };
        Self {
            main: vec![
                party("bron", t.sender, &filters.bron),
                party("ontvanger", t.recipient, &filters.ontvanger),
                list("doel", t.purpose, &filters.doel, Purpose::ALL, |one| {
                    (one.as_str(), lang.pick(words::purpose(one)))
                }),
                list("grondslag", t.basis, &filters.grondslag, Basis::ALL, |one| {
                    (one.as_str(), lang.pick(words::basis(one)))
                }),
                list("uitkomst", t.outcome, &filters.uitkomst, Disposition::ALL, |one| {
                    (disposition_word(one), badge::word(lang, one))
                }),
            ],
            more: vec![
                list("soort", t.data, &filters.soort, Category::ALL, |one| {
                    (one.as_str(), lang.pick(words::category(one)))
                }),
                events(lang, &filters.actie),
            ],
            quick: quick(ask, filters),
            chips: chips(ask, filters),
        }
    }

    /// Whether something is chosen that the first row of the form does not show.
    pub(in crate::console) fn has_more_chosen(&self) -> bool {
        self.more.iter().flat_map(|select| &select.choices).any(|choice| choice.chosen)
    }
}

/// The organisations that take part, each with the search of what it gave or got.
pub(super) fn sources(ask: &Ask, filters: &Filters) -> Vec<(String, String)> {
    let search = |oin: String| Filters { bron: oin, ..filters.anew() }.address(ask);
    organisations(ask.app.gateway()).into_iter().map(|(oin, name)| (search(oin), name)).collect()
}

/// The period in words.
pub(super) fn period(lang: Lang, filters: &Filters) -> String {
    let Some((first, last)) = filters.period() else { return String::new() };
    if first == last {
        return moments::day(lang, first.start());
    }
    let between = lang.pick(Words("t/m", "to"));
    format!("{} {between} {}", moments::long_date(lang, first), moments::long_date(lang, last))
}

fn choice(value: &str, word: &str, chosen: &str) -> Choice {
    Choice { value: value.to_owned(), word: word.to_owned(), chosen: value == chosen }
}

fn list<T: Copy>(
    name: &'static str,
    label: &'static str,
    chosen: &str,
    all: &[T],
    of: impl Fn(T) -> (&'static str, &'static str),
) -> Select {
    let choices = all.iter().map(|one| {
        let (value, word) = of(*one);
        choice(value, word, chosen)
    });
    Select { name, label, choices: choices.collect() }
}

const ALL_EVENTS: Words = Words("Alle gebeurtenissen", "All events");

/// Events in which data went or was denied come first; the list without a choice means these.
fn events(lang: Lang, chosen: &str) -> Select {
    let mut choices = vec![choice(EVERY_EVENT, lang.pick(ALL_EVENTS), chosen)];
    let (first, rest): (Vec<EventCode>, Vec<EventCode>) =
        EventCode::ALL.iter().partition(|event| event.discloses());
    choices.extend(
        first
            .into_iter()
            .chain(rest)
            .map(|event| choice(event.as_str(), lang.pick(words::event(event)), chosen)),
    );
    Select { name: "actie", label: lang.pick(Words("Gebeurtenis", "Event")), choices }
}

fn quick(ask: &Ask, filters: &Filters) -> Vec<Quick> {
    let today = ask.app.gateway().clock().now().date();
    let (year, month, _) = today.ymd();
    let quarter = format!("{year:04}-{:02}-01", (month - 1) / 3 * 3 + 1);
    let quarter = quarter.parse::<Date>().unwrap_or(today);
    let choices = [
        (Words("Vandaag", "Today"), today),
        (Words("7 dagen", "7 days"), days_before(today, 6)),
        (Words("30 dagen", "30 days"), days_before(today, 29)),
        (Words("Dit kwartaal", "This quarter"), quarter),
    ];
    let quick = choices.map(|(words, first)| {
        let chosen = Filters { van: first.to_string(), tot: today.to_string(), ..filters.anew() };
        Quick {
            word: ask.lang.pick(words),
            is_chosen: chosen.van == filters.van && chosen.tot == filters.tot,
            href: chosen.address(ask),
        }
    });
    quick.into()
}

/// The word for an outcome, as the address has it.
fn outcome(lang: Lang, chosen: &str) -> String {
    let of = Disposition::ALL.iter().find(|one| disposition_word(**one) == chosen);
    of.map_or(chosen, |one| badge::word(lang, *one)).to_owned()
}

/// A field of the question.
type Field = fn(&mut Filters) -> &mut String;

fn chips(ask: &Ask, filters: &Filters) -> Vec<Chip> {
    let lang = ask.lang;
    let t = lang.texts();
    let directory = ask.app.gateway().directory();
    let name = |oin: &String| {
        oin.parse().map_or_else(|_| oin.clone(), |oin| crate::console::rows::name(&directory, &oin))
    };
    let word = |word: &String, of: &dyn Fn(&str) -> Option<Words>| {
        of(word).map_or_else(|| word.clone(), |words| lang.pick(words).to_owned())
    };
    let is_of = |index: &String| {
        format!("{} {index}", lang.pick(Words("persoon van regel", "person of entry")))
    };
    let cleared = |clear: fn(&mut Filters) -> &mut String| {
        let mut without = filters.anew();
        clear(&mut without).clear();
        without.address(ask)
    };
    let chosen: [(&str, &String, String, Field); 10] = [
        (t.sender, &filters.bron, name(&filters.bron), |f| &mut f.bron),
        (t.recipient, &filters.ontvanger, name(&filters.ontvanger), |f| &mut f.ontvanger),
        (
            t.purpose,
            &filters.doel,
            word(&filters.doel, &|word| Some(words::purpose(word.parse().ok()?))),
            |f| &mut f.doel,
        ),
        (
            t.basis,
            &filters.grondslag,
            word(&filters.grondslag, &|word| Some(words::basis(word.parse().ok()?))),
            |f| &mut f.grondslag,
        ),
        (t.outcome, &filters.uitkomst, outcome(lang, &filters.uitkomst), |f| &mut f.uitkomst),
        (
            t.data,
            &filters.soort,
            word(&filters.soort, &|word| Some(words::category(word.parse().ok()?))),
            |f| &mut f.soort,
        ),
        (
            t.what,
            &filters.actie,
            word(&filters.actie, &|word| match word {
                EVERY_EVENT => Some(ALL_EVENTS),
                one => Some(words::event(one.parse().ok()?)),
            }),
            |f| &mut f.actie,
        ),
        (t.case, &filters.zaak, filters.zaak.clone(), |f| &mut f.zaak),
        (t.subject, &filters.betrokkene, is_of(&filters.betrokkene), |f| &mut f.betrokkene),
        (t.employee, &filters.medewerker, filters.medewerker.clone(), |f| &mut f.medewerker),
    ];
    let chips = chosen.into_iter().filter(|(_, value, ..)| !value.is_empty());
    chips
        .map(|(label, _, word, field)| Chip {
            word: format!("{label}: {word}"),
            without: cleared(field),
        })
        .collect()
}
