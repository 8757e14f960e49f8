//! Draft answers for the notification, in the order in which the authority asks: the officer reads
//! them, fills in what the gateway cannot know, and sends them.

use crate::console::lang::{Lang, Words};
use crate::console::words::breaches as words;
use crate::console::{moments, rows, words as codes};
use crate::domain::breach::Compromised;
use crate::domain::category::{Categories, Category};
use crate::gateway::Directory;
use crate::gateway::breaches::{BreachView, Numbers};
use crate::gateway::reviews::incidents::Incident;

/// One question with its draft answer.
pub(in crate::console) struct Answer {
    pub(in crate::console) question: &'static str,
    /// Paragraphs.
    pub(in crate::console) text: Vec<String>,
    /// What the officer must fill in.
    pub(in crate::console) to_fill_in: Option<&'static str>,
}

/// What is known of the incident.
pub(super) struct Of<'a> {
    pub(super) officer: &'a str,
    pub(super) incident: &'a Incident,
    pub(super) breach: Option<&'a BreachView>,
    pub(super) numbers: Option<&'a Numbers>,
}

pub(super) fn answers(lang: Lang, directory: &Directory, of: &Of<'_>) -> Vec<Answer> {
    vec![
        organisation(lang, directory, of),
        timeline(lang, of),
        facts(lang, directory, of),
        data(lang, of),
        people(lang, of),
        before(lang, of),
        consequences(lang, of),
        follow_up(lang, of),
        international(lang, directory, of),
    ]
}

/// For a file.
pub(super) fn as_text(answers: &[Answer]) -> String {
    let answer = |(number, answer): (i32, &Answer)| {
        let head = format!("{number}. {}\n\n", answer.question);
        let paragraphs = answer.text.iter().map(|paragraph| format!("{paragraph}\n\n"));
        let missing = answer.to_fill_in.iter().map(|missing| format!("[ {missing} ]\n\n"));
        std::iter::once(head).chain(paragraphs).chain(missing).collect::<String>()
    };
    (1..).zip(answers).map(answer).collect()
}

/// What was compromised, in words.
pub(super) fn compromised(directory: &Directory, of: &Compromised) -> String {
    match of {
        Compromised::Certificate { oin, fingerprint } => {
            format!("{}: {}", rows::name(directory, oin), fingerprint.as_str())
        }
        Compromised::User { oin, user_id } => {
            format!("{user_id}, {}", rows::name(directory, oin))
        }
        Compromised::Recipient { oin } => rows::name(directory, oin),
        Compromised::Message { message_id } => message_id.to_string(),
    }
}

fn organisation(lang: Lang, directory: &Directory, of: &Of<'_>) -> Answer {
    let row = &of.incident.row;
    let officer = lang.pick(Words("Functionaris gegevensbescherming", "Privacy officer"));
    Answer {
        question: lang.pick(Words("Organisatie", "Organisation")),
        text: vec![
            format!("{} (OIN {})", rows::name(directory, &row.oin), row.oin),
            format!("{officer}: {}", of.officer),
        ],
        to_fill_in: Some(lang.pick(Words(
            "Vul aan: naam, telefoon en e-mail van de contactpersoon.",
            "Fill in: name, telephone and mail of the contact.",
        ))),
    }
}

fn timeline(lang: Lang, of: &Of<'_>) -> Answer {
    let row = &of.incident.row;
    let line = |words: Words, at| format!("{}: {}", lang.pick(words), moments::moment(lang, at));
    let mut text = Vec::new();
    if let Some(breach) = of.breach {
        text.push(line(Words("Begin van de inbreuk", "Start of the breach"), breach.breach.from));
        text.push(line(Words("Eind van de inbreuk", "End of the breach"), breach.breach.until));
        text.push(line(Words("Ontdekt", "Detected"), breach.breach.detected_at));
    }
    text.push(line(Words("Bekend als datalek", "Known to be a breach"), row.aware_at));
    text.push(line(
        Words("Uiterste moment van melden", "Last moment to notify"),
        row.notify_due_at,
    ));
    Answer {
        question: lang.pick(Words("Tijdlijn", "Timeline")),
        text,
        to_fill_in: of.incident.is_past_due.then_some(lang.pick(Words(
            "De 72 uur zijn voorbij: schrijf waarom u later meldt.",
            "The 72 hours have passed: say why you notify later.",
        ))),
    }
}

fn facts(lang: Lang, directory: &Directory, of: &Of<'_>) -> Answer {
    let text = match of.breach {
        Some(breach) => {
            let kind = lang.pick(words::kind(breach.breach.compromised.kind()));
            let what = compromised(directory, &breach.breach.compromised);
            vec![breach.breach.nature.as_str().to_owned(), format!("{kind}: {what}.")]
        }
        None => vec![
            lang.pick(Words(
                "Bij een noodtoegang zijn gegevens gedeeld zonder toestemming. Een of meer functionarissen gegevensbescherming oordeelden achteraf dat dit niet terecht was.",
                "In an emergency data was shared without consent. One or more privacy officers judged afterwards that this was not justified.",
            ))
            .to_owned(),
        ],
    };
    Answer { question: lang.pick(Words("Feiten", "Facts")), text, to_fill_in: None }
}

fn data(lang: Lang, of: &Of<'_>) -> Answer {
    let question = lang.pick(Words("Gegevens", "Data"));
    let Some(numbers) = of.numbers else {
        let missing = Words(
            "Vul aan: welke gegevens zijn gedeeld? Zie de beoordeling.",
            "Fill in: which data was shared? See the review.",
        );
        return Answer { question, text: Vec::new(), to_fill_in: Some(lang.pick(missing)) };
    };
    let among = |set: Categories| {
        let held = Category::ALL.iter().filter(|one| numbers.categories.contains(**one));
        let held = held.filter(|one| set.contains(**one));
        held.map(|one| lang.pick(codes::category(*one))).collect::<Vec<_>>().join(", ")
    };
    let or_none = |text: String| {
        if text.is_empty() { lang.pick(Words("geen", "none")).to_owned() } else { text }
    };
    let line = |words: Words, set| format!("{}: {}.", lang.pick(words), or_none(among(set)));
    Answer {
        question,
        text: vec![
            line(Words("Soorten gegevens", "Kinds of data"), Categories::ALL),
            line(
                Words("Bijzondere gegevens (AVG art. 9)", "Special data (GDPR art. 9)"),
                Categories::SPECIAL,
            ),
            line(Words("Strafrechtelijke gegevens", "Criminal data"), Categories::CRIMINAL),
            format!(
                "{}: {}.",
                lang.pick(Words("Aantal regels", "Number of records")),
                lang.number(numbers.records)
            ),
        ],
        to_fill_in: None,
    }
}

fn people(lang: Lang, of: &Of<'_>) -> Answer {
    let line = |words: Words, count: u64| format!("{}: {}.", lang.pick(words), lang.number(count));
    let people = Words("Aantal mensen", "Number of people");
    let text = match of.numbers {
        Some(numbers) => vec![
            line(people, numbers.subjects),
            line(Words("Van wie jonger dan 18", "Of whom younger than 18"), numbers.minors),
        ],
        None if of.breach.is_none() => {
            vec![line(people, u64::try_from(of.incident.subjects.len()).unwrap_or_default())]
        }
        None => Vec::new(),
    };
    let changed = of.numbers.map_or(0, |numbers| numbers.changed);
    let missing = (changed > 0).then(|| {
        let words = Words(
            "regels zijn gewijzigd of niet te lezen: er kunnen mensen ontbreken.",
            "entries were changed or cannot be read: people may be missing.",
        );
        format!("{} {}", lang.number(changed), lang.pick(words))
    });
    let text = text.into_iter().chain(missing).chain([lang
        .pick(Words(
            "Het zijn mensen in zaken van huiselijk geweld en kindermishandeling: een kwetsbare groep.",
            "They are people in cases of domestic violence and child abuse: a vulnerable group.",
        ))
        .to_owned()]);
    Answer {
        question: lang.pick(Words("Betrokkenen", "People")),
        text: text.collect(),
        to_fill_in: None,
    }
}

fn before(lang: Lang, of: &Of<'_>) -> Answer {
    let mut text = vec![
        lang.pick(Words(
            "Toegang alleen met een certificaat van de organisatie; per verstrekking getoetst aan grondslag, doel en toestemming; elke verstrekking vastgelegd in een logboek dat niet ongemerkt is te wijzigen; inhoud versleuteld bewaard.",
            "Access by certificate of the organisation only; every disclosure tested for basis, purpose and consent; every disclosure in a ledger that cannot be changed unnoticed; content stored encrypted.",
        ))
        .to_owned(),
    ];
    if let Some(breach) = of.breach {
        let words = if breach.breach.is_encrypted {
            Words(
                "De gegevens waren onleesbaar voor wie ze kreeg.",
                "The data were unreadable for whoever got them.",
            )
        } else {
            Words(
                "De gegevens waren leesbaar voor wie ze kreeg.",
                "The data were readable for whoever got them.",
            )
        };
        text.push(lang.pick(words).to_owned());
    }
    Answer {
        question: lang.pick(Words("Maatregelen vooraf", "Measures before")),
        text,
        to_fill_in: Some(lang.pick(Words(
            "Vul aan: maatregelen van uw eigen organisatie.",
            "Fill in: measures of your own organisation.",
        ))),
    }
}

fn consequences(lang: Lang, of: &Of<'_>) -> Answer {
    let is_special = of.numbers.is_some_and(Numbers::is_special_or_criminal);
    let special = Words(
        "Er zijn bijzondere of strafrechtelijke gegevens bij: een hoog risico voor mensen is waarschijnlijk.",
        "Special or criminal data are among them: a high risk to people is likely.",
    );
    Answer {
        question: lang.pick(Words("Gevolgen", "Consequences")),
        text: is_special.then(|| lang.pick(special).to_owned()).into_iter().collect(),
        to_fill_in: Some(lang.pick(Words(
            "Vul aan: wat kan dit voor mensen betekenen? Denk aan onveiligheid als iemand een adres of afspraak te weten komt.",
            "Fill in: what can this mean for people? Think of danger when somebody learns an address or agreement.",
        ))),
    }
}

fn follow_up(lang: Lang, of: &Of<'_>) -> Answer {
    let kept = Words(
        "De regels van deze periode worden niet gewist zolang het datalek open is.",
        "The entries of this period are not purged while the breach is open.",
    );
    Answer {
        question: lang.pick(Words("Vervolg", "Follow-up")),
        text: of.breach.map(|_| lang.pick(kept).to_owned()).into_iter().collect(),
        to_fill_in: Some(lang.pick(Words(
            "Vul aan: wat is gedaan om de inbreuk te stoppen, en zijn de betrokkenen ingelicht (AVG art. 34)?",
            "Fill in: what was done to stop the breach, and were the people told (GDPR art. 34)?",
        ))),
    }
}

fn international(lang: Lang, directory: &Directory, of: &Of<'_>) -> Answer {
    let all_dutch = Words(
        "Alle ontvangers hebben een Nederlands organisatienummer (OIN).",
        "All recipients have a Dutch organisation number (OIN).",
    );
    let mut text = vec![lang.pick(all_dutch).to_owned()];
    if let Some(numbers) = of.numbers.filter(|numbers| !numbers.outside_agreement.is_empty()) {
        let names: Vec<_> =
            numbers.outside_agreement.iter().map(|oin| rows::name(directory, oin)).collect();
        let outside = Words("Zonder geldige afspraak", "Without an agreement in force");
        text.push(format!("{}: {}.", lang.pick(outside), names.join(", ")));
    }
    Answer {
        question: lang.pick(Words("Internationaal", "International")),
        text,
        to_fill_in: Some(lang.pick(Words(
            "Ga na: wonen er betrokkenen in een ander land van de EU?",
            "Check: do people live in another country of the EU?",
        ))),
    }
}
