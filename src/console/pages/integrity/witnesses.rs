//! Who outside watches the ledger, as the page tells it.

use crate::console::lang::{Lang, Words};
use crate::console::{moments, rows};
use crate::domain::time::Timestamp;
use crate::gateway::Directory;
use crate::gateway::witnesses::{Trouble, WitnessState};

/// The witnesses of a ledger.
pub(in crate::console) struct Witnesses {
    /// How many must have cosigned.
    pub(in crate::console) needed: usize,
    /// The newest size that so many cosigned.
    pub(in crate::console) witnessed: Option<String>,
    /// Whether fewer than needed have said anything in the last quarter of an hour.
    pub(in crate::console) is_stale: bool,
    /// Entries that came since.
    pub(in crate::console) behind: String,
    pub(in crate::console) rows: Vec<Row>,
}

/// One witness.
pub(in crate::console) struct Row {
    pub(in crate::console) name: String,
    /// Who keeps it.
    pub(in crate::console) organisation: Option<String>,
    /// The newest size that it cosigned, and when.
    pub(in crate::console) cosigned: Option<(String, String)>,
    /// Entries that came since.
    pub(in crate::console) behind: String,
    pub(in crate::console) state: State,
}

/// How it is with a witness.
pub(in crate::console) struct State {
    /// Whether it holds another history: then nothing here is to be trusted.
    pub(in crate::console) contradicts: bool,
    /// Whether it answers as it should.
    pub(in crate::console) agrees: bool,
    pub(in crate::console) words: String,
}

impl Witnesses {
    /// None: nobody watches.
    pub(super) fn of(
        lang: Lang,
        directory: &Directory,
        (states, needed): (&[WitnessState], usize),
        (witnessed, entries): (Option<u64>, u64),
        now: Timestamp,
    ) -> Option<Self> {
        (!states.is_empty()).then(|| Self {
            is_stale: is_stale(states, needed, now),
            needed,
            witnessed: witnessed.map(|size| lang.number(size)),
            behind: lang.number(entries.saturating_sub(witnessed.unwrap_or(0))),
            rows: states.iter().map(|state| row(lang, directory, state)).collect(),
        })
    }

    /// Whether one of them holds another history.
    pub(in crate::console) fn contradict(&self) -> bool {
        self.rows.iter().any(|row| row.state.contradicts)
    }
}

fn is_stale(states: &[WitnessState], needed: usize, now: Timestamp) -> bool {
    states.iter().filter(|state| state.is_heard(now)).count() < needed
}

fn row(lang: Lang, directory: &Directory, state: &WitnessState) -> Row {
    Row {
        name: state.name.to_string(),
        organisation: state.oin.as_ref().map(|oin| rows::name(directory, oin)),
        behind: lang.number(state.behind),
        cosigned: state.cosigned.map(|(size, at)| (lang.number(size), moments::brief(lang, at))),
        state: told(lang, state.trouble.as_ref(), state.cosigned.is_some()),
    }
}

fn told(lang: Lang, trouble: Option<&Trouble>, has_cosigned: bool) -> State {
    let say = |nl, en| lang.pick(Words(nl, en)).to_owned();
    let words = match trouble {
        None if has_cosigned => say("stemt in", "agrees"),
        None => say("nog niet gevraagd", "not asked yet"),
        Some(Trouble::Unreached(_)) => say("antwoordt niet", "does not answer"),
        Some(Trouble::Refused(404)) => say("kent dit logboek niet", "does not know this ledger"),
        Some(Trouble::Refused(403)) => say("kent de sleutel niet", "does not know the key"),
        Some(Trouble::Refused(status)) => {
            format!("{} ({status})", say("antwoordt met een fout", "answers with an error"))
        }
        Some(Trouble::Busy) => say("wordt ook door anderen gevraagd", "is asked by others too"),
        Some(Trouble::NotCosigned) => {
            say("ondertekent met een andere sleutel", "signs with another key")
        }
        Some(Trouble::Contradicts { seen, .. }) => match lang {
            Lang::Nl => format!(
                "zag een ander logboek: zijn {} regels zijn niet de eerste van dit logboek",
                lang.number(*seen)
            ),
            Lang::En => format!(
                "saw another ledger: its {} entries are not the first of this ledger",
                lang.number(*seen)
            ),
        },
    };
    let contradicts = matches!(trouble, Some(Trouble::Contradicts { .. }));
    State { contradicts, agrees: trouble.is_none() && has_cosigned, words }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn witnesses_that_were_cut_off_do_not_stay_green() {
        let now: Timestamp = "2026-03-10T11:00:00Z".parse().unwrap();
        let heard = |minutes| WitnessState {
            name: "w".parse().unwrap(),
            oin: None,
            cosigned: Some((5, now.minus(Duration::from_mins(minutes)))),
            behind: 0,
            trouble: None,
        };
        assert!(!is_stale(&[heard(1), heard(14)], 2, now));
        assert!(is_stale(&[heard(1), heard(16)], 2, now));
        assert!(!is_stale(&[heard(1), heard(16)], 1, now));
        let never = WitnessState { cosigned: None, ..heard(1) };
        assert!(is_stale(&[never], 1, now));
        let silent = WitnessState { trouble: Some(Trouble::Refused(404)), ..heard(1) };
        assert!(is_stale(&[silent], 1, now));
    }

    #[test]
    fn a_witness_agrees_is_silent_or_contradicts() {
        for lang in Lang::ALL {
            let agrees = told(lang, None, true);
            assert!(agrees.agrees && !agrees.contradicts);
            assert!(!told(lang, None, false).agrees);
            let mut seen = std::collections::BTreeSet::from([agrees.words]);
            for trouble in [
                Trouble::Unreached("why".to_owned()),
                Trouble::Refused(404),
                Trouble::Refused(403),
                Trouble::Refused(500),
                Trouble::NotCosigned,
                Trouble::Busy,
                Trouble::Contradicts { seen: 1204, found: 900 },
            ] {
                let state = told(lang, Some(&trouble), true);
                assert!(!state.agrees);
                assert_eq!(state.contradicts, matches!(trouble, Trouble::Contradicts { .. }));
                assert!(seen.insert(state.words), "each has words of its own");
            }
        }
    }
}
