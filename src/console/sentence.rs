//! One plain sentence that says who did what about whom, for what and on which ground.

use crate::domain::event::EventCode;

use super::lang::{Lang, Words};

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Whether it is one of the things that the sentence is about.
    pub(super) strong: bool,
}

/// What a sentence is made of.
pub(super) struct Told<'a> {
    /// `zaterdag 14 november 2026 om 23:41`.
    pub(super) moment: &'a str,
    pub(super) event: EventCode,
    /// The words for an event that has no sentence of its own.
    pub(super) event_words: &'a str,
    /// Role of who acted, where it is known.
    pub(super) role: Option<&'a str>,
    /// Organisation of who acted.
    pub(super) actor: &'a str,
    /// Organisation whose data it was.
    pub(super) sender: &'a str,
    /// Organisation that received.
    pub(super) recipient: Option<&'a str>,
    /// Whether it is about somebody.
    pub(super) about_a_person: bool,
    /// How many other people the act was about.
    pub(super) others: usize,
    pub(super) purpose: Option<&'a str>,
    pub(super) basis: Option<&'a str>,
    /// Why it was denied.
    pub(super) why: Option<&'a str>,
    pub(super) emergency: bool,
}

/// The sentence, and those that follow it.
pub(super) fn sentence(lang: Lang, of: &Told<'_>) -> Vec<Piece> {
    let mut pieces = Pieces { lang, pieces: Vec::new() };
    pieces.plain(Words("Op", "On"));
    pieces.strong(of.moment);
    match lang {
        Lang::Nl => {
            pieces.plain(Words(verb(of.event).0, ""));
            pieces.actor(of);
            pieces.object(of);
        }
        Lang::En => {
            pieces.actor(of);
            pieces.plain(Words("", verb(of.event).1));
            pieces.object(of);
        }
    }
    pieces.about(of);
    if let Some(purpose) = of.purpose {
        pieces.plain(Words(", voor", ", for"));
        pieces.strong(&purpose.to_lowercase());
    }
    if let Some(basis) = of.basis {
        pieces.plain(Words(", op grond van", ", on the ground of"));
        pieces.strong(basis);
    }
    pieces.end();
    if let Some(why) = of.why {
        pieces.plain(Words("Dit is", "This was"));
        pieces.strong(lang.pick(Words("geweigerd", "refused")));
        pieces.text(&format!(": {why}."), false);
    }
    if of.emergency && of.event != EventCode::BreakGlassDeclared {
        pieces.plain(Words("De medewerker gebruikte", "The employee used"));
        pieces.strong(lang.pick(Words("noodtoegang", "the emergency procedure")));
        pieces.plain(Words("en gaf een reden.", "and gave a reason."));
    }
    pieces.pieces
}

/// What somebody did. In Dutch it stands before who did it.
#[expect(clippy::wildcard_enum_match_arm, reason = "an event without a sentence is named as it is")]
const fn verb(event: EventCode) -> Words {
    use EventCode as E;
    match event {
        E::ReferralSubmitted => Words("stuurde", "sent"),
        E::ReferralDelivered | E::SummaryDelivered => Words("kreeg", "received"),
        E::ReferralFeedbackSent => Words("gaf", "gave"),
        E::SummaryRead => Words("las", "read"),
        E::SummaryShared => Words("deelde", "shared"),
        E::AccessDenied => Words("vroeg", "asked for"),
        E::BreakGlassDeclared => Words("meldde", "declared"),
        _ => Words("legde", "recorded"),
    }
}

struct Pieces {
    lang: Lang,
    pieces: Vec<Piece>,
}

impl Pieces {
    fn plain(&mut self, words: Words) {
        let text = self.lang.pick(words);
        self.text(text, false);
    }

    fn strong(&mut self, text: &str) {
        self.text(text, true);
    }

    /// A piece stands behind a space, unless it begins with a mark.
    fn text(&mut self, text: &str, strong: bool) {
        let close = self.pieces.is_empty() || text.starts_with([',', '.', ':', ';']);
        if !close {
            self.pieces.push(Piece { text: " ".to_owned(), strong: false });
        }
        self.pieces.push(Piece { text: text.to_owned(), strong });
    }

    fn end(&mut self) {
        self.text(".", false);
    }

    fn actor(&mut self, of: &Told<'_>) {
        self.plain(Words("een medewerker van", "an employee of"));
        self.strong(of.actor);
        if let Some(role) = of.role {
            self.text(&format!("({role})"), false);
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an event without a sentence is named as it is"
    )]
    fn object(&mut self, of: &Told<'_>) {
        use EventCode as E;
        let recipient = of.recipient.unwrap_or(of.sender);
        let (before, party) = match of.event {
            E::ReferralSubmitted => (Words("een melding aan", "a referral to"), recipient),
            E::ReferralDelivered => (Words("de melding van", "the referral of"), of.sender),
            E::ReferralFeedbackSent => (Words("een terugkoppeling aan", "feedback to"), recipient),
            E::SummaryDelivered => {
                (Words("de zaaksamenvatting van", "the case summary of"), of.sender)
            }
            E::SummaryRead => {
                (Words("de gedeelde samenvatting van", "the shared summary of"), of.sender)
            }
            E::SummaryShared => (Words("een samenvatting met", "a summary with"), recipient),
            E::AccessDenied => (Words("gegevens van", "data of"), of.sender),
            E::BreakGlassDeclared => (
                Words("een noodsituatie om gegevens te krijgen van", "an emergency to get data of"),
                of.sender,
            ),
            _ => return self.other(of),
        };
        self.plain(before);
        self.strong(party);
    }

    /// An event without a sentence of its own.
    fn other(&mut self, of: &Told<'_>) {
        let (before, after) = match self.lang {
            Lang::Nl => ("", "vast"),
            Lang::En => ("", ""),
        };
        let words = format!("{before}“{}”", of.event_words);
        self.text(&words, true);
        if !after.is_empty() {
            self.text(after, false);
        }
    }

    fn about(&mut self, of: &Told<'_>) {
        if !of.about_a_person {
            return;
        }
        self.plain(Words("over", "about"));
        self.strong(self.lang.pick(Words("één persoon", "one person")));
        if of.others > 0 {
            let words = match (self.lang, of.others) {
                (Lang::Nl, 1) => "(in dezelfde handeling ook over een ander)".to_owned(),
                (Lang::Nl, n) => format!("(in dezelfde handeling ook over {n} anderen)"),
                (Lang::En, 1) => "(in the same act about another as well)".to_owned(),
                (Lang::En, n) => format!("(in the same act about {n} others as well)"),
            };
            self.text(&words, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(event: EventCode) -> Told<'static> {
        Told {
            moment: "zaterdag 14 november 2026 om 23:41",
            event,
            event_words: "Zaak gewijzigd",
            role: Some("crisisdienst"),
            actor: "Steunpunt",
            sender: "De Haven",
            recipient: Some("Steunpunt"),
            about_a_person: true,
            others: 2,
            purpose: Some("Acute veiligheid"),
            basis: Some("Vitaal belang"),
            why: None,
            emergency: true,
        }
    }

    fn said(lang: Lang, of: &Told<'_>) -> String {
        sentence(lang, of).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn a_look_under_the_emergency_procedure_is_told_whole() {
        assert_eq!(
            said(Lang::Nl, &told(EventCode::SummaryDelivered)),
            "Op zaterdag 14 november 2026 om 23:41 kreeg een medewerker van Steunpunt (crisisdienst) \
             de zaaksamenvatting van De Haven over één persoon (in dezelfde handeling ook over 2 \
             anderen), voor acute veiligheid, op grond van Vitaal belang. De medewerker gebruikte \
             noodtoegang en gaf een reden."
        );
    }

    #[test]
    fn a_denial_says_what_was_asked_and_why_not() {
        let denied = Told {
            why: Some("there is no consent"),
            emergency: false,
            others: 0,
            role: None,
            moment: "Saturday 14 November 2026 at 23:41",
            ..told(EventCode::AccessDenied)
        };
        assert_eq!(
            said(Lang::En, &denied),
            "On Saturday 14 November 2026 at 23:41 an employee of Steunpunt asked for data of De \
             Haven about one person, for acute veiligheid, on the ground of Vitaal belang. This was \
             refused: there is no consent."
        );
    }

    #[test]
    fn every_event_has_a_sentence_in_both_languages() {
        for event in EventCode::ALL {
            for lang in Lang::ALL {
                let said = said(lang, &told(*event));
                assert!(
                    !said.contains("  ") && !said.contains(" ,") && said.ends_with('.'),
                    "{said}"
                );
            }
        }
    }
}
