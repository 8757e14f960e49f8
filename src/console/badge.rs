//! How something ended: a word, a colour and a sign, never a colour alone.

use super::lang::{Lang, Words};
use crate::domain::event::Disposition;

/// How something ended, ready to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Badge {
    pub(super) class: &'static str,
    /// The lines of the sign.
    pub(super) sign: &'static str,
    pub(super) word: &'static str,
}

/// The class of a row of a list.
pub(super) const fn row(of: Disposition) -> &'static str {
    match of {
        Disposition::Refused => "is-deny",
        Disposition::Emergency => "is-glass",
        Disposition::Allowed | Disposition::Narrowed | Disposition::Failed => "",
    }
}

/// The colour of a part of a chart.
pub(super) const fn fill(of: Disposition) -> &'static str {
    match of {
        Disposition::Allowed => "s-allow",
        Disposition::Narrowed => "s-reduced",
        Disposition::Refused => "s-deny",
        Disposition::Emergency => "s-glass",
        Disposition::Failed => "s-failed",
    }
}

pub(super) const fn word(lang: Lang, of: Disposition) -> &'static str {
    lang.pick(match of {
        Disposition::Allowed => Words("Toegestaan", "Allowed"),
        Disposition::Narrowed => Words("Beperkt", "Narrowed"),
        Disposition::Refused => Words("Geweigerd", "Refused"),
        Disposition::Emergency => Words("Noodtoegang", "Emergency"),
        Disposition::Failed => Words("Mislukt", "Failed"),
    })
}

pub(super) const fn badge(lang: Lang, of: Disposition) -> Badge {
    let (class, sign) = match of {
        Disposition::Allowed => ("b-allow", "M3 8.5l3.2 3.2L13 4.8"),
        Disposition::Narrowed => {
            ("b-reduced", "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 2.2v11.6")
        }
        Disposition::Refused => {
            ("b-deny", "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM4 12L12 4")
        }
        Disposition::Emergency => ("b-glass", "M8 1.6l6.7 12H1.3zM8 6v3.6M8 11.2v1.3"),
        Disposition::Failed => ("b-wait", "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 5v3.6"),
    };
    Badge { class, sign, word: word(lang, of) }
}
