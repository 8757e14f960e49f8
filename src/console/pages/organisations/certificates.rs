//! Certificates that were shown since the gateway began, and how long they still count.

use crate::console::lang::{Lang, Words};
use crate::console::moments;
use crate::domain::time::Timestamp;
use crate::tls::SeenCertificate;

/// Days before the end that are told in amber, and in red.
const SOON: i64 = 30;
const VERY_SOON: i64 = 7;

/// Until when something counts, with a warning that is not only a colour.
pub(in crate::console) struct Until {
    pub(in crate::console) day: String,
    /// Empty while there is time enough.
    pub(in crate::console) warning: String,
    pub(in crate::console) class: &'static str,
}

/// A certificate.
pub(in crate::console) struct Certificate {
    pub(in crate::console) fingerprint: String,
    pub(in crate::console) kind: &'static str,
    pub(in crate::console) until: Until,
    pub(in crate::console) open: usize,
    pub(in crate::console) last_seen: String,
}

impl Until {
    pub(in crate::console) fn of(lang: Lang, end: Timestamp, now: Timestamp) -> Self {
        let day = moments::date(lang, end);
        let days = end.as_micros().saturating_sub(now.as_micros()) / DAY;
        if end < now {
            let warning = lang.pick(Words("verlopen", "expired")).to_owned();
            return Self { day, warning, class: "b-deny" };
        }
        let warning = match lang {
            Lang::Nl => format!("nog {days} dagen"),
            Lang::En => format!("{days} days left"),
        };
        if days < VERY_SOON {
            Self { day, warning, class: "b-deny" }
        } else if days < SOON {
            Self { day, warning, class: "b-glass" }
        } else {
            Self { day, warning: String::new(), class: "" }
        }
    }
}

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Those that end first come first.
pub(super) fn shown(lang: Lang, seen: &[&SeenCertificate], now: Timestamp) -> Vec<Certificate> {
    let mut seen = seen.to_vec();
    seen.sort_by_key(|one| (one.not_after, one.fingerprint));
    let shown = seen.into_iter().map(|one| Certificate {
        fingerprint: one.fingerprint.to_string(),
        kind: lang.pick(if one.is_person {
            Words("van een persoon", "a person's")
        } else {
            Words("van een systeem", "a system's")
        }),
        until: Until::of(lang, one.not_after, now),
        open: one.open,
        last_seen: moments::brief(lang, one.last_seen),
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_in_amber_for_a_month_and_in_red_for_a_week() {
        let now: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
        for (end, warning, class) in [
            ("2026-12-01T12:00:00Z", "", ""),
            ("2026-12-01T11:00:00Z", "nog 29 dagen", "b-glass"),
            ("2026-11-08T12:00:00Z", "nog 7 dagen", "b-glass"),
            ("2026-11-08T11:00:00Z", "nog 6 dagen", "b-deny"),
            ("2026-11-01T11:00:00Z", "verlopen", "b-deny"),
        ] {
            let until = Until::of(Lang::Nl, end.parse().unwrap(), now);
            assert_eq!((until.warning.as_str(), until.class), (warning, class), "{end}");
        }
    }
}
