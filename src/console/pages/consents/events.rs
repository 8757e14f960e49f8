//! What was said about consent, by whom, and how that can be shown.

use super::{letter, purpose};
use crate::console::lang::{Lang, Words};
use crate::console::{moments, rows, words};
use crate::domain::consent::{Consent, Grantor, Signer, State, Status};
use crate::domain::time::Timestamp;
use crate::gateway::Directory;
use crate::gateway::consents::{ConsentHistory, ConsentLife, ConsentVersion};

/// One word, ready to be shown.
pub(in crate::console) struct Event {
    pub(in crate::console) at: String,
    pub(in crate::console) machine: String,
    pub(in crate::console) person: String,
    pub(in crate::console) what: &'static str,
    pub(in crate::console) about: String,
    /// Who said it; none when the person was forgotten.
    pub(in crate::console) by: Option<String>,
    /// In what form, and who took it down.
    pub(in crate::console) how: String,
    pub(in crate::console) recorded_by: String,
    /// The version of the text that was explained.
    pub(in crate::console) information: String,
}

/// Newest first.
pub(super) fn events(lang: Lang, directory: &Directory, history: &ConsentHistory) -> Vec<Event> {
    let all = history.consents.iter();
    let mut all: Vec<(Timestamp, Event)> = all
        .flat_map(|life| life.versions.iter().map(move |version| (life, version)))
        .map(|(life, version)| {
            (version.recorded_at, event(lang, directory, history, (life, version)))
        })
        .collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    all.into_iter().map(|(_, event)| event).collect()
}

fn event(
    lang: Lang,
    directory: &Directory,
    history: &ConsentHistory,
    (life, version): (&ConsentLife, &ConsentVersion),
) -> Event {
    let (source, recipient) =
        (rows::name(directory, &life.source), rows::name(directory, &life.recipient));
    let said = version.consent.as_ref().map(|consent| said(lang, history, consent));
    let (by, how, recorded_by, information) = match said {
        Some(Said { by, how, recorded_by, information }) => {
            (Some(by), how, recorded_by, information)
        }
        None => (None, String::new(), String::new(), String::new()),
    };
    Event {
        at: moments::brief(lang, version.recorded_at),
        machine: moments::machine(version.recorded_at),
        person: letter(life.person),
        what: what(lang, version.state),
        about: format!("{}: {source} → {recipient}", purpose(lang, life)),
        by,
        how,
        recorded_by,
        information,
    }
}

const fn what(lang: Lang, state: State) -> &'static str {
    lang.pick(match state {
        State::Active => Words("Toestemming gegeven", "Consent given"),
        State::Refused => Words("Toestemming geweigerd", "Consent refused"),
        State::Withdrawn => Words("Toestemming ingetrokken", "Consent withdrawn"),
        State::Proposed => Words("Toestemming gevraagd", "Consent asked"),
        State::EnteredInError => Words("Vergissing hersteld", "Mistake corrected"),
        State::Expired | State::NeedsRenewal => Words("Toestemming verlopen", "Consent expired"),
    })
}

struct Said {
    by: String,
    how: String,
    recorded_by: String,
    information: String,
}

fn said(lang: Lang, history: &ConsentHistory, consent: &Consent) -> Said {
    let evidence = &consent.terms.evidence;
    let asked = || Said {
        by: signers(lang, history, consent.terms.grantors.iter().map(Grantor::signer)),
        how: lang.pick(words::consent::evidence(evidence.kind)).to_owned(),
        recorded_by: evidence.captured_by.to_string(),
        information: evidence.policy_version_uri.as_str().to_owned(),
    };
    match &consent.status {
        Status::Withdrawn(withdrawal) => Said {
            by: signers(lang, history, [withdrawal.by].into_iter()),
            how: lang.pick(words::consent::channel(withdrawal.channel)).to_owned(),
            recorded_by: withdrawal.recorded_by.to_string(),
            information: String::new(),
        },
        Status::EnteredInError(correction) => Said {
            by: String::new(),
            how: String::new(),
            recorded_by: correction.recorded_by.to_string(),
            information: String::new(),
        },
        Status::Active | Status::Refused | Status::Proposed => asked(),
    }
}

/// `B (ouder met gezag), C (zelf)`.
fn signers(lang: Lang, history: &ConsentHistory, signers: impl Iterator<Item = Signer>) -> String {
    let named = signers.map(|signer| {
        let place = history.people.iter().position(|person| *person == signer.person);
        let who = place.map_or_else(|| "?".to_owned(), letter);
        format!("{who} ({})", lang.pick(words::consent::capacity(signer.capacity)))
    });
    named.collect::<Vec<_>>().join(", ")
}
