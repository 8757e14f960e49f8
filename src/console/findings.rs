//! What a decision needed and found, in the language of the page.
//!
//! The record of a decision says it in sentences of a closed list, codes, numbers of organisations and
//! moments in UTC, and is never reworded: its bytes are what the ledger holds. Here it is read back,
//! condition by condition. What cannot be read stands as the record has it.

use crate::domain::basis::Basis;
use crate::domain::case::MemberKind;
use crate::domain::category::{Categories, Category};
use crate::domain::consent::{Capacity, State};
use crate::domain::decision::{ConditionId, Phrase};
use crate::domain::id::Oin;
use crate::domain::organisation::{Role, UserRole};
use crate::domain::person::AgeBand;
use crate::domain::policy::evidence::ConflictAnswer;
use crate::domain::policy::{EvidenceNeed, IncapacityKind};
use crate::domain::purpose::Purpose;
use crate::domain::reporting_code::ReportingConclusion;
use crate::domain::time::Timestamp;

use super::lang::{Lang, Words};
use super::words::conditions as said;
use super::{moments, words};

/// Reads for one page.
pub(super) struct Findings<'n> {
    pub(super) lang: Lang,
    /// What an organisation is called.
    pub(super) name: &'n dyn Fn(&Oin) -> String,
}

impl Findings<'_> {
    /// What was needed or found, by a condition.
    pub(super) fn tell(&self, of: ConditionId, text: &str) -> String {
        self.read(of, text).unwrap_or_else(|| text.to_owned())
    }

    /// The same; none for what no decision says.
    fn read(&self, of: ConditionId, text: &str) -> Option<String> {
        use ConditionId as C;
        if let Some(phrase) = self.phrase(text) {
            return Some(phrase);
        }
        match of {
            // These say sentences and nothing else.
            C::BasisInitiative
            | C::RecipientIsReporter
            | C::DataPresent
            | C::SubjectUnrestricted => None,
            C::BasisEnabled | C::BasisSupported => self.code(text, words::basis),
            C::RecipientRole => self.code::<Role>(text, words::organisation::role),
            C::BasisApplicable => self.needed_between(text).or_else(|| self.found_between(text)),
            C::ActorRole => self.code::<UserRole>(text, words::role),
            C::BasisReference | C::BasisEvidence => self.need(text),
            C::ReportConcluded => self.code::<ReportingConclusion>(text, said::conclusion),
            C::ConflictHolds => self.conflict(text),
            C::PurposeAllowed | C::ConsentPurpose => {
                self.codes::<Purpose>(text.split_whitespace(), words::purpose)
            }
            C::RecipientInCaseTeam | C::SenderInCaseTeam => {
                self.code::<MemberKind>(text, said::membership)
            }
            C::CategoryWithinBasis | C::EmergencyCategory | C::ConsentCategory => {
                self.categories(text)
            }
            C::CategoryAllowedForRole => self.categories_for(text),
            C::CategoryFourEyes | C::EmergencyDeclared | C::ConsentNotExpired | C::ConsentBegun => {
                self.moment(text)
            }
            C::ConsentRecorded => self.version(text).or_else(|| self.route(text)),
            C::ConsentNotRefused | C::ConsentNotWithdrawn => self.state(text),
            C::ConsentNotOutgrown => self.age(text),
            C::ConsentRecipient => text.parse().ok().map(|oin| (self.name)(&oin)),
            C::ConsentSigned => self.signatures(text),
            C::SubjectIncapable => {
                self.code::<IncapacityKind>(text, said::incapacity).or_else(|| self.able(text))
            }
        }
    }

    fn pick(&self, words: Words) -> &'static str {
        self.lang.pick(words)
    }

    fn phrase(&self, text: &str) -> Option<String> {
        let phrase = text.parse::<Phrase>().ok()?;
        Some(self.pick(said::phrase(phrase)).to_owned())
    }

    fn code<T: std::str::FromStr>(&self, text: &str, words: fn(T) -> Words) -> Option<String> {
        text.parse().ok().map(|code| self.pick(words(code)).to_owned())
    }

    /// Codes with commas between them; a list of none says so.
    fn codes<'t, T: std::str::FromStr>(
        &self,
        texts: impl Iterator<Item = &'t str>,
        words: fn(T) -> Words,
    ) -> Option<String> {
        let all: Option<Vec<String>> = texts.map(|text| self.code(text, words)).collect();
        let all = all?;
        let none = || self.pick(said::phrase(Phrase::None)).to_owned();
        Some(if all.is_empty() { none() } else { all.join(", ") })
    }

    fn categories(&self, text: &str) -> Option<String> {
        let set: Option<Categories> =
            text.split_whitespace().map(|word| word.parse::<Category>().ok()).collect();
        if set? == Categories::ALL {
            return Some(self.pick(Words("alle soorten gegevens", "all kinds of data")).to_owned());
        }
        self.codes::<Category>(text.split_whitespace(), words::category)
    }

    /// `INCIDENT for SHELTER`.
    fn categories_for(&self, text: &str) -> Option<String> {
        let (categories, role) = text.rsplit_once(" for ")?;
        let role = self.code::<Role>(role, words::organisation::role)?;
        let between = self.pick(Words("voor", "for"));
        Some(format!("{} {between} {role}", self.categories(categories)?))
    }

    /// `WPG_18: another organisation, of a role it names`.
    fn needed_between(&self, text: &str) -> Option<String> {
        let (basis, whom) = text.split_once(": ")?;
        let basis = self.code::<Basis>(basis, words::basis)?;
        Some(format!("{basis}: {}", self.phrase(whom)?))
    }

    /// `POLICE to STEUNPUNT, another organisation`.
    fn found_between(&self, text: &str) -> Option<String> {
        let mut parts = text.split(", ");
        let (sender, recipient) = parts.next()?.split_once(" to ")?;
        let role = |text: &str| self.code::<Role>(text, words::organisation::role);
        let mut told = format!("{} → {}", role(sender)?, role(recipient)?);
        for part in parts {
            told = format!("{told}, {}", self.phrase(part)?);
        }
        Some(told)
    }

    /// `NECESSITY_TEXT|GRAVITY_TEXT`.
    fn need(&self, text: &str) -> Option<String> {
        let need = text.parse::<EvidenceNeed>().ok()?;
        let items: Vec<&str> =
            need.items().map(|item| self.pick(words::emergencies::evidence(item))).collect();
        Some(items.join(self.pick(Words(" of: ", " or: "))))
    }

    /// `not conscience no_other_way`.
    fn conflict(&self, text: &str) -> Option<String> {
        let answers = text.strip_prefix("not ")?.split_whitespace();
        let answers = self.codes::<ConflictAnswer>(answers, said::conflict)?;
        Some(format!("{}: {answers}", self.pick(Words("niet", "not"))))
    }

    /// A moment, after a sentence where there is one.
    fn moment(&self, text: &str) -> Option<String> {
        let (phrase, moment) = text.rsplit_once(' ').unwrap_or(("", text));
        let moment = moments::brief(self.lang, moment.parse::<Timestamp>().ok()?);
        if phrase.is_empty() {
            return Some(moment);
        }
        Some(format!("{} {moment}", self.phrase(phrase)?))
    }

    /// `WITHDRAWN 2026-05-28T07:15:00Z`.
    fn state(&self, text: &str) -> Option<String> {
        let (state, since) = text.split_once(' ').unwrap_or((text, ""));
        let state = self.code::<State>(state, words::consent::state)?;
        if since.is_empty() {
            return Some(state);
        }
        let since = moments::brief(self.lang, since.parse::<Timestamp>().ok()?);
        Some(format!("{state} {} {since}", self.pick(Words("op", "on"))))
    }

    /// `signatures for 12_15`.
    fn age(&self, text: &str) -> Option<String> {
        let (phrase, band) = text.rsplit_once(' ')?;
        let band = self.code::<AgeBand>(band, words::age_band)?;
        Some(format!("{} {band}", self.phrase(phrase)?))
    }

    /// `12_15, capable`.
    fn able(&self, text: &str) -> Option<String> {
        let (band, able) = text.split_once(", ")?;
        let band = self.code::<AgeBand>(band, words::age_band)?;
        Some(format!("{band}, {}", self.phrase(able)?))
    }

    /// `version 3`.
    fn version(&self, text: &str) -> Option<String> {
        let version = text.strip_prefix("version ")?.parse::<u32>().ok()?;
        Some(format!("{} {version}", self.pick(Words("versie", "version"))))
    }

    /// From one organisation to another.
    fn route(&self, text: &str) -> Option<String> {
        let (source, recipient) = text.split_once(" to ")?;
        let name = |text: &str| text.parse().ok().map(|oin| (self.name)(&oin));
        Some(format!("{} → {}", name(source)?, name(recipient)?))
    }

    /// `SELF + one of 2 PARENT_WITH_AUTHORITY`.
    fn signatures(&self, text: &str) -> Option<String> {
        let parts = text.split(" + ").filter(|part| !part.is_empty());
        let all: Option<Vec<String>> = parts.map(|part| self.signature(part)).collect();
        let all = all?;
        let none = || self.pick(said::phrase(Phrase::NotSigned)).to_owned();
        Some(if all.is_empty() { none() } else { all.join(self.pick(Words(" en ", " and "))) })
    }

    fn signature(&self, text: &str) -> Option<String> {
        let capacity = |text| self.code::<Capacity>(text, words::consent::capacity);
        if let Some(rest) = text.strip_prefix("one of ") {
            let (count, kind) = rest.split_once(' ')?;
            let count = count.parse::<u32>().ok()?;
            let one = self.pick(Words("een van de", "one of"));
            return Some(format!("{one} {count} ({})", capacity(kind)?));
        }
        self.phrase(text).or_else(|| capacity(text))
    }
}

#[cfg(test)]
mod tests;
