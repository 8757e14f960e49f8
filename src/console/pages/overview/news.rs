//! What an officer has to know of lately: who came and who was suspended, and what changed in the policy;
//! and when this officer last asked to verify the ledger.

use crate::console::door::Ask;
use crate::console::lang::{Lang, Words};
use crate::console::{moments, words};
use crate::gateway::month::Month;
use crate::gateway::{OrganisationEvent, OrganisationNews, PolicyNews};

use super::FIRST;

/// Some news of one kind: the newest, and how many there are in all.
pub(in crate::console) struct News {
    /// When, and what.
    pub(in crate::console) first: Vec<(String, String)>,
    /// How many are not shown.
    pub(in crate::console) more: usize,
    /// Of the policy, or of organisations.
    pub(in crate::console) is_policy: bool,
}

/// The last time that this officer asked to verify the ledger.
pub(in crate::console) struct OwnCheck {
    pub(in crate::console) at: String,
    pub(in crate::console) what: &'static str,
}

pub(super) fn organisations(lang: Lang, month: &Month) -> News {
    shown(&month.news.organisations, |one| (moments::brief(lang, one.at), organisation(lang, one)))
}

pub(super) fn policy(lang: Lang, month: &Month) -> News {
    let news = shown(&month.news.policy, |one| (moments::brief(lang, one.at), pack(lang, one)));
    News { is_policy: true, ..news }
}

pub(super) fn own_check(ask: &Ask, month: &Month) -> Option<OwnCheck> {
    month.own_check.map(|check| OwnCheck {
        at: moments::brief(ask.lang, check.at),
        what: ask.lang.pick(words::look(check.what)),
    })
}

fn shown<T>(all: &[T], told: impl Fn(&T) -> (String, String)) -> News {
    let first = all.iter().take(FIRST).map(told).collect();
    News { first, more: all.len().saturating_sub(FIRST), is_policy: false }
}

fn organisation(lang: Lang, one: &OrganisationNews) -> String {
    let what = lang.pick(match one.what {
        OrganisationEvent::New => Words("nieuw", "new"),
        OrganisationEvent::Suspended => Words("geschorst", "suspended"),
        OrganisationEvent::Active => Words("neemt deel", "takes part"),
    });
    format!("{}: {what}", one.name)
}

fn pack(lang: Lang, one: &PolicyNews) -> String {
    let version = &one.version;
    let Some(before) = &one.before else {
        return match lang {
            Lang::Nl => format!("Versie {version}, het eerste beleid"),
            Lang::En => format!("Version {version}, the first policy"),
        };
    };
    let parts: Vec<_> = one.parts.iter().map(|part| named(lang, part)).collect();
    let parts = parts.join(", ");
    match (lang, parts.as_str()) {
        (Lang::Nl, "") => format!("Versie {version} na {before}, zonder andere regels"),
        (Lang::En, "") => format!("Version {version} after {before}, with the same rules"),
        (Lang::Nl, parts) => format!("Versie {version} na {before}. Gewijzigd: {parts}"),
        (Lang::En, parts) => format!("Version {version} after {before}. Changed: {parts}"),
    }
}

/// A part of a policy pack. One that has no words here is named as the pack names it.
fn named(lang: Lang, part: &str) -> String {
    let words = match part {
        "valid_from" | "valid_until" => Words("geldigheid", "term"),
        "consent" => Words("toestemming", "consent"),
        "clocks" => Words("termijnen", "deadlines"),
        "repeat" => Words("herhaalde meldingen", "repeated referrals"),
        "delivery" => Words("bezorging", "delivery"),
        "break_glass" => Words("noodtoegang", "emergency access"),
        "anomalies" => Words("signalen", "signals"),
        "subject_request" => Words("inzageverzoeken", "data-subject requests"),
        "suppression" => Words("kleine aantallen in cijfers", "small numbers in figures"),
        "targets" => Words("streefwaarden", "targets"),
        "bases" => Words("grondslagen", "legal bases"),
        "categories" => Words("soorten gegevens", "kinds of data"),
        other => return other.to_owned(),
    };
    lang.pick(words).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_policy_is_told_in_words_and_an_unknown_part_by_its_name() {
        let parts = ["break_glass", "clocks", "x"].map(str::to_owned).to_vec();
        let news = PolicyNews {
            at: Timestamp::EPOCH,
            version: "b".to_owned(),
            before: Some("a".to_owned()),
            parts,
        };
        let told = "Versie b na a. Gewijzigd: noodtoegang, termijnen, x";
        assert_eq!(pack(Lang::Nl, &news), told);
        let told = "Version b after a. Changed: emergency access, deadlines, x";
        assert_eq!(pack(Lang::En, &news), told);
        let same = PolicyNews { parts: Vec::new(), ..news.clone() };
        assert_eq!(pack(Lang::En, &same), "Version b after a, with the same rules");
        let first = PolicyNews { before: None, ..news };
        assert_eq!(pack(Lang::Nl, &first), "Versie b, het eerste beleid");
    }

    #[test]
    fn five_are_shown_and_the_others_counted() {
        let told = |number: &u32| (number.to_string(), String::new());
        let news = shown(&[1, 2, 3, 4, 5, 6, 7], told);
        assert_eq!((news.first.len(), news.more), (5, 2));
        assert_eq!(news.first.first().map(|(at, _)| at.as_str()), Some("1"));
        assert_eq!(shown(&[], told).more, 0);
    }
}
