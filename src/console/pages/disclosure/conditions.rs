//! Why it was allowed or not: what the decision looked at, with the page that shows it.

use std::time::Duration;

use crate::console::findings::Findings;
use crate::console::lang::{Lang, Words};
use crate::console::rows;
use crate::domain::decision::{Condition, ConditionId};
use crate::domain::event::EventCode;
use crate::domain::id::{Oin, ReferralId, ReviewId};
use crate::gateway::Directory;
use crate::gateway::disclosures::{DisclosureRow, Looked};

/// The longest period of a search that ends with the day of the entry.
const BEFORE: Duration = Duration::from_hours(90 * 24);

const NOT_VALID: Words = Words("niet geldig op dat moment", "not valid at that moment");

/// A condition, with what was needed and what was found.
pub(in crate::console) struct Tested {
    pub(in crate::console) met: bool,
    pub(in crate::console) text: &'static str,
    pub(in crate::console) needed: String,
    pub(in crate::console) found: String,
    pub(in crate::console) evidence: Option<Evidence>,
}

/// What it was seen in.
pub(in crate::console) struct Evidence {
    pub(in crate::console) words: String,
    /// The page that shows it.
    pub(in crate::console) href: Option<String>,
}

/// What the conditions of an entry are told with.
pub(super) struct Teller<'a> {
    pub(super) lang: Lang,
    pub(super) directory: &'a Directory,
    pub(super) row: &'a DisclosureRow,
    /// The review of the emergency that the act was part of.
    pub(super) review: Option<ReviewId>,
}

pub(super) fn conditions(of: &Teller<'_>, looked: &Looked) -> Vec<Tested> {
    let name = |oin: &Oin| rows::name(of.directory, oin);
    let findings = Findings { lang: of.lang, name: &name };
    let conditions = looked.record.iter().flat_map(|record| &record.conditions);
    let told = conditions.map(|one| {
        let needed = findings.tell(one.id, &one.needed.to_string());
        let mut found = findings.tell(one.id, &one.found.to_string());
        // Who had to sign has signed, and still it does not count: the consent ended, or somebody
        // else must decide now.
        if one.id == ConditionId::ConsentSigned && !one.met && needed == found {
            found = format!("{found}, {}", of.lang.pick(NOT_VALID));
        }
        Tested {
            met: one.met,
            text: match of.lang {
                Lang::Nl => one.id.text_nl(),
                Lang::En => one.id.text_en(),
            },
            needed,
            found,
            evidence: of.evidence(one),
        }
    });
    told.collect()
}

impl Teller<'_> {
    /// What a condition was seen in: what the record names, else where such a thing is found.
    fn evidence(&self, of: &Condition) -> Option<Evidence> {
        match &of.evidence {
            Some(seen) => Some(self.named(&seen.to_string())),
            None => self.found_in(of),
        }
    }

    /// What the record names.
    fn named(&self, seen: &str) -> Evidence {
        let parts: Vec<&str> = seen.split('/').collect();
        match parts.as_slice() {
            ["consent", _, version] => {
                let words = self.lang.pick(Words("Toestemming, versie", "Consent, version"));
                Evidence { words: format!("{words} {version}"), href: self.consents() }
            }
            ["member", oin] => {
                let known = oin.parse().map(|oin| rows::name(self.directory, &oin));
                let words = known.unwrap_or_else(|_| (*oin).to_owned());
                Evidence { words, href: self.case_entries(EventCode::CaseChanged) }
            }
            _ if seen.parse::<ReferralId>().is_ok() => {
                let words = self.lang.pick(Words("De melding", "The referral")).to_owned();
                Evidence { words, href: self.case_entries(EventCode::ReferralDelivered) }
            }
            _ => {
                let words = self.lang.pick(Words("Kenmerk", "Reference"));
                Evidence { words: format!("{words}: {seen}"), href: None }
            }
        }
    }

    /// Where such a thing is found, when the record names nothing.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are seen in nothing else")]
    fn found_in(&self, of: &Condition) -> Option<Evidence> {
        use ConditionId as C;
        let (words, href) = match of.id {
            C::BasisEnabled => {
                (Words("Het beleid", "The policy"), Some(self.to("organisaties", &[])))
            }
            C::RecipientRole => (Words("De organisatie", "The organisation"), self.recipient()),
            C::ConsentRecorded => {
                (Words("Toestemmingen van de zaak", "Consents of the case"), self.consents())
            }
            C::EmergencyDeclared | C::EmergencyCategory => {
                let review = self.review.map(|id| self.to(&format!("noodtoegang/{id}"), &[]));
                (Words("De noodtoegang", "The emergency"), review)
            }
            C::CategoryFourEyes if of.met => (
                Words("De instemming", "The agreement"),
                self.case_entries(EventCode::FourEyesAgreed),
            ),
            C::SubjectUnrestricted if !of.met => (
                Words("De beperking", "The restriction"),
                self.person_entries(EventCode::RestrictionChanged),
            ),
            _ => return None,
        };
        href.map(|href| Evidence { words: self.lang.pick(words).to_owned(), href: Some(href) })
    }

    fn consents(&self) -> Option<String> {
        let case = self.row.case_ref.as_ref()?;
        Some(self.to("toestemmingen", &[("zaak", case.as_str())]))
    }

    fn recipient(&self) -> Option<String> {
        let oin = self.row.recipient_oin.as_ref()?;
        self.directory.organisation(oin)?;
        Some(self.to(&format!("organisaties/{oin}"), &[]))
    }

    /// Entries of one kind of the case, until the day of this one.
    fn case_entries(&self, event: EventCode) -> Option<String> {
        let case = self.row.case_ref.as_ref()?;
        Some(self.entries(("zaak", case.as_str()), event))
    }

    /// The same, of the person. An address names a person by an entry and never by a pseudonym.
    fn person_entries(&self, event: EventCode) -> Option<String> {
        self.row.subject?;
        Some(self.entries(("betrokkene", &self.row.idx.to_string()), event))
    }

    fn entries(&self, of: (&str, &str), event: EventCode) -> String {
        let until = self.row.recorded_at.date().to_string();
        let from = self.row.recorded_at.minus(BEFORE).date().to_string();
        let fields = [("van", from.as_str()), ("tot", &until), of, ("actie", event.as_str())];
        self.to("verstrekkingen", &fields)
    }

    fn to(&self, page: &str, fields: &[(&str, &str)]) -> String {
        let path = format!("/{}/{page}", self.lang.tag());
        match serde_urlencoded::to_string(fields) {
            Ok(query) if !query.is_empty() => format!("{path}?{query}"),
            Ok(_) | Err(_) => path,
        }
    }
}
