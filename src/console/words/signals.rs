//! Words for signals: what a rule saw, what was counted, and what it is compared with.

use crate::console::lang::{Lang, Words};
use crate::domain::signal::suppression::SuppressionScope;
use crate::domain::signal::{FactorCode, Norm, SignalRule, SignalState};

/// A rule in a few words.
pub(in crate::console) const fn rule(of: SignalRule) -> Words {
    use SignalRule as R;
    match of {
        R::BreakGlassRate => Words("Vaak noodtoegang", "Many emergencies"),
        R::AfterWithdrawal => Words("Verstrekt na intrekking", "Disclosed after withdrawal"),
        R::OutsideTeam => Words("Ontvanger buiten het team", "Recipient outside the team"),
        R::ManySubjects => Words("Veel personen op een dag", "Many people in a day"),
        R::NightActivity => Words("Actief in de nacht", "Active at night"),
        R::Denials => Words("Veel weigeringen", "Many denials"),
        R::OutsideConsent => Words("Buiten de toestemming", "Outside the consent"),
        R::CertificateMismatch => Words("Ander certificaat", "Other certificate"),
        R::LedgerMismatch => Words("Logboek klopt niet", "Ledger does not match"),
        R::OwnFamily => Words("Eigen achternaam", "Own family name"),
        R::OwnConsent => Words("Eigen toestemming gebruikt", "Own consent used"),
        R::ReviewOverdue => Words("Beoordeling te laat", "Review overdue"),
        R::Volume => Words("Veel verstrekkingen", "Many disclosures"),
        R::Questions => Words("Vaak dezelfde persoon gezocht", "One person asked about often"),
        R::BasisShopping => Words("Andere grondslag na weigering", "Another basis after a refusal"),
        R::NewNetwork => Words("Certificaat op nieuw netwerk", "Certificate on a new network"),
        R::RaisedByOfficer => Words("Gegeven door een functionaris", "Raised by an officer"),
    }
}

/// What a rule saw, in one sentence. `seen` is what its first factor counted.
pub(in crate::console) fn sentence(lang: Lang, of: SignalRule, seen: u64) -> String {
    use SignalRule as R;
    let number = lang.number(seen);
    let one = seen == 1;
    let (nl, en) = match of {
        R::BreakGlassRate => (
            format!("Een medewerker gebruikte in korte tijd {number} keer noodtoegang."),
            format!(
                "One employee declared {number} {} in a short time.",
                if one { "emergency" } else { "emergencies" }
            ),
        ),
        R::AfterWithdrawal => (
            "Er zijn gegevens verstrekt nadat de toestemming was ingetrokken.".to_owned(),
            "Data was disclosed after the consent for it was withdrawn.".to_owned(),
        ),
        R::OutsideTeam => (
            "Wie de gegevens kreeg, hoorde op dat moment niet bij het team van de zaak.".to_owned(),
            "Who received the data was not in the case team at that moment.".to_owned(),
        ),
        R::ManySubjects => (
            format!(
                "Een medewerker bekeek op één dag gegevens van {number} verschillende personen."
            ),
            format!("One employee looked at data of {number} different people in one day."),
        ),
        R::NightActivity => (
            format!(
                "Iemand zonder nachtdienst deed ’s nachts {number} {}.",
                if one { "handeling" } else { "handelingen" }
            ),
            format!(
                "Somebody without night duty did {number} {} in the night.",
                if one { "act" } else { "acts" }
            ),
        ),
        R::Denials => (
            format!("In korte tijd zijn {number} verzoeken geweigerd."),
            format!("{number} requests were denied in a short time."),
        ),
        R::OutsideConsent => (
            "Er zijn gegevens verstrekt van een soort die de toestemming niet noemt.".to_owned(),
            "Data of a kind was disclosed that the consent does not name.".to_owned(),
        ),
        R::CertificateMismatch => (
            "Wie dit deed, had een certificaat van een organisatie die in de regel niet voorkomt."
                .to_owned(),
            "Who did this had a certificate of an organisation that the entry does not name."
                .to_owned(),
        ),
        R::LedgerMismatch => (
            "Een regel van het logboek ontbreekt of is veranderd.".to_owned(),
            "An entry of the ledger is missing or was changed.".to_owned(),
        ),
        R::OwnFamily => (
            "Een medewerker bekeek gegevens van iemand met dezelfde achternaam.".to_owned(),
            "An employee looked at data of somebody with the same family name.".to_owned(),
        ),
        R::OwnConsent => (
            format!(
                "Wie een toestemming vastlegde, gebruikte die zelf na {number} {}.",
                if one { "minuut" } else { "minuten" }
            ),
            format!(
                "Who recorded a consent used it after {number} {}.",
                if one { "minute" } else { "minutes" }
            ),
        ),
        R::ReviewOverdue => (
            format!(
                "De beoordeling van een noodtoegang is {number} {} te laat.",
                if one { "dag" } else { "dagen" }
            ),
            format!(
                "The review of an emergency is {number} {} late.",
                if one { "day" } else { "days" }
            ),
        ),
        R::Volume => (
            format!(
                "Er waren op één dag {number} verstrekkingen, veel meer dan op zo’n dag gewoon is."
            ),
            format!(
                "There were {number} disclosures in one day, far more than usual on such a day."
            ),
        ),
        R::Questions => (
            format!("Eén functionaris zocht op één dag {number} keer naar dezelfde persoon."),
            format!("One officer asked {number} times about the same person in one day."),
        ),
        R::BasisShopping => basis_shopping(&number, one),
        R::NewNetwork => new_network(&number, one),
        R::RaisedByOfficer => (
            "Een functionaris zag iets aan deze regel en gaf zelf een signaal.".to_owned(),
            "An officer saw something about this entry and raised a signal by hand.".to_owned(),
        ),
    };
    match lang {
        Lang::Nl => nl,
        Lang::En => en,
    }
}

fn basis_shopping(number: &str, one: bool) -> (String, String) {
    (
        format!(
            "Gegevens zijn eerst geweigerd en {number} {} later op een andere grondslag verstrekt.",
            if one { "minuut" } else { "minuten" }
        ),
        format!(
            "Data was refused first and disclosed on another basis {number} {} later.",
            if one { "minute" } else { "minutes" }
        ),
    )
}

fn new_network(number: &str, one: bool) -> (String, String) {
    (
        format!(
            "Een certificaat dat {number} {} bekend is, is gebruikt vanaf een netwerk waar het niet eerder was.",
            if one { "dag" } else { "dagen" }
        ),
        format!(
            "A certificate that has been known for {number} {} was used from a network where it was not seen before.",
            if one { "day" } else { "days" }
        ),
    )
}

pub(in crate::console) const fn state(of: SignalState) -> Words {
    match of {
        SignalState::Open => Words("Open", "Open"),
        SignalState::Explained => Words("Verklaard", "Explained"),
        SignalState::Incident => Words("Incident", "Incident"),
        SignalState::Suppressed => Words("Onderdrukt", "Suppressed"),
    }
}

/// What was counted.
pub(in crate::console) const fn factor(of: FactorCode) -> Words {
    use FactorCode as F;
    match of {
        F::Emergencies => Words("Noodtoegangen", "Emergencies"),
        F::FoundJustified => Words("Daarvan terecht bevonden", "Of these found justified"),
        F::FoundNotJustified => {
            Words("Daarvan niet terecht bevonden", "Of these found not justified")
        }
        F::Subjects => Words("Verschillende personen", "Different people"),
        F::NightActs => Words("Handelingen in de nacht", "Acts in the night"),
        F::Denials => Words("Weigeringen", "Denials"),
        F::Users => Words("Verschillende medewerkers", "Different employees"),
        F::Minutes => Words("Minuten tussen de twee handelingen", "Minutes between the two acts"),
        F::SameUser => Words("Dezelfde medewerker", "The same employee"),
        F::EmergencyDeclared => Words("Er was noodtoegang gemeld", "An emergency was declared"),
        F::DaysLate => Words("Dagen te laat", "Days late"),
        F::Disclosures => Words("Verstrekkingen", "Disclosures"),
        F::Questions => Words("Keer naar deze persoon gezocht", "Questions about this person"),
        F::Forbidden => Words("Iets wat nooit mag", "Something that must never be"),
        F::OnceInTeam => {
            Words("Hoorde eerder of later wel bij het team", "Was in the team at another time")
        }
        F::SameFamilyName => {
            Words("Dezelfde achternaam, of de helft ervan", "The same family name, or half of it")
        }
        F::DaysKnown => {
            Words("Dagen dat het certificaat bekend is", "Days that the certificate is known")
        }
        F::NetworksKnown => {
            Words("Netwerken waar het eerder van kwam", "Networks that it came from before")
        }
        F::KnownThere => Words(
            "Andere certificaten van de organisatie die op dit netwerk bekend zijn",
            "Other certificates of the organisation that are known on this network",
        ),
    }
}

/// What a number is compared with: the word before it and what stands behind it in brackets.
pub(in crate::console) const fn norm(of: Norm) -> (Words, Option<Words>) {
    const USUAL: Words = Words("gewoon", "usual");
    match of {
        Norm::Limit => (Words("grens", "limit"), None),
        Norm::OwnMedian => (
            USUAL,
            Some(Words(
                "mediaan van deze medewerker, 90 dagen",
                "median of this employee, 90 days",
            )),
        ),
        Norm::ColleaguesMedian => {
            (USUAL, Some(Words("mediaan van collega’s, 90 dagen", "median of colleagues, 90 days")))
        }
        Norm::WeekdayMean => {
            (USUAL, Some(Words("gemiddelde van dezelfde weekdag", "mean of the same weekday")))
        }
        Norm::Total => (Words("van", "of"), None),
    }
}

/// For whom or what a rule is silenced.
pub(in crate::console) const fn scope(of: SuppressionScope) -> Words {
    match of {
        SuppressionScope::User => Words("Voor deze medewerker", "For this employee"),
        SuppressionScope::Case => Words("Voor deze zaak", "For this case"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_sentence_that_counts_in_the_singular_too() {
        for of in SignalRule::ALL.iter().copied() {
            for lang in Lang::ALL {
                let (one, more) = (sentence(lang, of, 1), sentence(lang, of, 1_204));
                assert!(one.ends_with('.') && more.ends_with('.'), "{one} {more}");
                let plurals = ["1 minuten", "1 dagen", "1 minutes", "1 days", "1 acts"];
                assert!(!plurals.iter().any(|plural| one.contains(plural)), "{one}");
            }
        }
        let many = sentence(Lang::Nl, SignalRule::ManySubjects, 1_204);
        assert!(many.contains("1.204 verschillende personen"), "{many}");
    }
}
