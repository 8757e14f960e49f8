//! The word of the other side: whether it took in what was sent, and whether its entry is about the
//! same.

use crate::console::lang::{Lang, Words};
use crate::console::{moments, rows};
use crate::gateway::Directory;
use crate::gateway::disclosures::DisclosureRow;
use crate::gateway::other_side::{Agreement, OtherSide, Word};

/// The panel.
pub(in crate::console) struct Receipt {
    /// Class of the state, which also stands in its words.
    pub(in crate::console) class: &'static str,
    pub(in crate::console) state: String,
    /// The organisation that received, or is to receive, with its team.
    pub(in crate::console) recipient: String,
    pub(in crate::console) team: Option<String>,
    /// The entry of the other side.
    pub(in crate::console) entry: Option<TheirEntry>,
    /// What follows from it, in a sentence.
    pub(in crate::console) remark: &'static str,
}

/// The entry of the other side.
pub(in crate::console) struct TheirEntry {
    pub(in crate::console) label: &'static str,
    pub(in crate::console) index: i64,
    pub(in crate::console) href: String,
    pub(in crate::console) moment: String,
    pub(in crate::console) user: String,
    /// Whether it is about the same; none when that cannot be told any more.
    pub(in crate::console) agrees: Option<bool>,
}

const PLAIN: &str = "";
const GOOD: &str = " is-ok";
const BAD: &str = " is-bad";

pub(super) fn receipt(lang: Lang, directory: &Directory, of: &OtherSide) -> Receipt {
    let team = of.team.as_ref().map(|team| {
        let known = directory.organisation(&of.recipient);
        let named = known.and_then(|one| one.team(team));
        named.map_or_else(|| team.to_string(), |team| team.name.as_str().to_owned())
    });
    let (class, state, remark) = told(lang, &of.word);
    Receipt {
        class,
        state,
        recipient: rows::name(directory, &of.recipient),
        team,
        entry: entry(lang, &of.word),
        remark: lang.pick(remark),
    }
}

fn told(lang: Lang, word: &Word) -> (&'static str, String, Words) {
    let on = |words: Words, at| format!("{} {}", lang.pick(words), moments::brief(lang, at));
    let plain = |words: Words| lang.pick(words).to_owned();
    match word {
        Word::Received(row, agreement) => {
            let words = if *agreement == Agreement::Differs {
                Words("✗ Bevestigd, maar niet hetzelfde:", "✗ Confirmed, but not the same:")
            } else {
                Words("✓ Bevestigd op", "✓ Confirmed on")
            };
            (class_of(*agreement), on(words, row.recorded_at), agreed(*agreement))
        }
        Word::About(_, agreement) => {
            let words = if *agreement == Agreement::Differs {
                Words(
                    "✗ Deze regel bevestigt iets anders dan is verstuurd",
                    "✗ This entry confirms something else than was sent",
                )
            } else {
                Words(
                    "✓ Deze regel is zelf de bevestiging",
                    "✓ This entry is the confirmation itself",
                )
            };
            (class_of(*agreement), plain(words), agreed(*agreement))
        }
        Word::Awaited { until, is_late: false } => (
            PLAIN,
            on(
                Words("Nog niet bevestigd; verwacht voor", "Not confirmed yet; expected before"),
                *until,
            ),
            Words(
                "Zolang de ontvanger niet bevestigt, blijft de verzender verantwoordelijk.",
                "As long as the recipient does not confirm, the sender stays responsible.",
            ),
        ),
        Word::Awaited { until, is_late: true } => (
            BAD,
            on(
                Words("Niet bevestigd; dat moest voor", "Not confirmed; that was due before"),
                *until,
            ),
            Words(
                "De ontvanger is te laat. De verzender blijft verantwoordelijk.",
                "The recipient is late. The sender stays responsible.",
            ),
        ),
        Word::Unread { until, is_over } => {
            let words = if *is_over {
                Words("Niet gelezen; kon tot", "Not read; was possible until")
            } else {
                Words("Nog niet gelezen; kan tot", "Not read yet; possible until")
            };
            let remark = Words(
                "De ontvanger bevestigt een samenvatting door haar te lezen.",
                "The recipient confirms a summary by reading it.",
            );
            (PLAIN, on(words, *until), remark)
        }
        Word::TakenBack => (
            PLAIN,
            plain(Words("Teruggenomen door de verzender", "Taken back by the sender")),
            Words("Er komt geen bevestiging.", "No confirmation will follow."),
        ),
        Word::SentBack => (
            PLAIN,
            plain(Words("Niet aangenomen", "Not accepted")),
            Words(
                "De ontvanger stuurde de melding terug. De verzender blijft verantwoordelijk.",
                "The recipient sent the referral back. The sender stays responsible.",
            ),
        ),
        Word::Stuck => (
            BAD,
            plain(Words("Niet af te leveren", "Could not be delivered")),
            Words(
                "De poort bood de melding vaak genoeg aan zonder antwoord. De ontvanger moet ernaar kijken.",
                "The gateway offered the referral often enough without an answer. The recipient has to look.",
            ),
        ),
        Word::Fetched => (
            GOOD,
            plain(Words("✓ Door de ontvanger zelf opgehaald", "✓ Fetched by the recipient itself")),
            Words(
                "De ontvanger vroeg de gegevens op en kreeg ze in deze handeling, met een ondertekend bewijs dat deze regel noemt. Een aparte bevestiging is er niet.",
                "The recipient asked for the data and got it in this act, with a signed receipt that names this entry. There is no confirmation apart.",
            ),
        ),
        Word::NotAsked => (
            PLAIN,
            plain(Words("Zonder bevestiging", "Without confirmation")),
            Words(
                "Op een terugkoppeling vraagt de poort de ontvanger niet om een bevestiging.",
                "The gateway does not ask the recipient of feedback to confirm it.",
            ),
        ),
    }
}

const fn class_of(agreement: Agreement) -> &'static str {
    match agreement {
        Agreement::Differs => BAD,
        Agreement::SameContent | Agreement::SameVersion | Agreement::Unknown => GOOD,
    }
}

const fn agreed(agreement: Agreement) -> Words {
    match agreement {
        Agreement::SameContent => Words(
            "Beide regels staan voor dezelfde inhoud van dezelfde melding, over dezelfde persoon, met dezelfde verzender en ontvanger.",
            "Both entries stand for the same content of the same referral, about the same person, with the same sender and recipient.",
        ),
        Agreement::SameVersion => Words(
            "Beide regels gaan over dezelfde versie van de samenvatting en dezelfde persoon, met dezelfde verzender en ontvanger.",
            "Both entries are about the same version of the summary and the same person, with the same sender and recipient.",
        ),
        Agreement::Differs => Words(
            "De twee regels staan niet voor dezelfde inhoud, of noemen een andere verzender of ontvanger. Bel de beheerder van de poort.",
            "The two entries do not stand for the same content, or name another sender or recipient. Call the operator of the gateway.",
        ),
        Agreement::Unknown => Words(
            "Of beide regels over hetzelfde gaan, is niet meer na te rekenen: de persoon is vergeten of het bericht is weg.",
            "Whether both entries are about the same cannot be checked any more: the person was forgotten or the message is gone.",
        ),
    }
}

fn entry(lang: Lang, word: &Word) -> Option<TheirEntry> {
    let (row, agreement, label): (&DisclosureRow, _, _) = match word {
        Word::Received(row, agreement) => {
            (row, agreement, Words("Bevestigd in regel", "Confirmed by entry"))
        }
        Word::About(row, agreement) => {
            (row, agreement, Words("Verstuurd in regel", "Sent by entry"))
        }
        Word::Awaited { .. }
        | Word::Unread { .. }
        | Word::TakenBack
        | Word::SentBack
        | Word::Stuck
        | Word::Fetched
        | Word::NotAsked => return None,
    };
    Some(TheirEntry {
        label: lang.pick(label),
        index: row.idx,
        href: format!("/{}/verstrekkingen/{}", lang.tag(), row.idx),
        moment: moments::brief(lang, row.recorded_at),
        user: row.actor_user_id.to_string(),
        agrees: match agreement {
            Agreement::SameContent | Agreement::SameVersion => Some(true),
            Agreement::Differs => Some(false),
            Agreement::Unknown => None,
        },
    })
}
