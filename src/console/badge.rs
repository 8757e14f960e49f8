//! How something ended: a word, a colour and a sign, never a colour alone.

use super::lang::{Lang, Words};
use super::rows::number;
use crate::domain::event::EventCode;
use crate::gateway::disclosures::Looked;

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Allowed,
    Denied,
    Emergency,
    Failed,
}

/// The same, ready to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Badge {
    pub(super) class: &'static str,
    /// The lines of the sign.
    pub(super) sign: &'static str,
    pub(super) word: &'static str,
}

impl Outcome {
    pub(super) fn of(looked: &Looked) -> Self {
        let glass = looked.record.as_ref().is_some_and(|record| record.break_glass.is_some());
        if looked.row.denial != 0 {
            Self::Denied
        } else if glass || number(looked.row.event_code) == EventCode::BreakGlassDeclared.number() {
            Self::Emergency
        } else if looked.row.outcome == 0 {
            Self::Allowed
        } else {
            Self::Failed
        }
    }

    /// The class of a row of a list.
    pub(super) const fn row(self) -> &'static str {
        match self {
            Self::Denied => "is-deny",
            Self::Emergency => "is-glass",
            Self::Allowed | Self::Failed => "",
        }
    }

    pub(super) const fn badge(self, lang: Lang) -> Badge {
        let (class, sign, words) = match self {
            Self::Allowed => ("b-allow", "M3 8.5l3.2 3.2L13 4.8", Words("Gedaan", "Done")),
            Self::Denied => (
                "b-deny",
                "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM4 12L12 4",
                Words("Geweigerd", "Refused"),
            ),
            Self::Emergency => (
                "b-glass",
                "M8 1.6l6.7 12H1.3zM8 6v3.6M8 11.2v1.3",
                Words("Noodtoegang", "Emergency"),
            ),
            Self::Failed => (
                "b-wait",
                "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 5v3.6",
                Words("Mislukt", "Failed"),
            ),
        };
        Badge { class, sign, word: lang.pick(words) }
    }
}
