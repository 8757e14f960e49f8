//! The words for the tables of a report.

use crate::console::lang::Words;
use crate::console::words;
use crate::domain::basis::Basis;
use crate::domain::statistics::{Area, Indicator, Unit};

pub(in crate::console) const fn indicator(of: Indicator) -> Words {
    use Indicator as I;
    match of {
        I::ReferralsTotal => Words("Meldingen", "Referrals"),
        I::ReferralsByUrgency => Words("Meldingen naar spoed", "Referrals by urgency"),
        I::ReferralsByViolenceKind => {
            Words("Meldingen naar soort geweld", "Referrals by kind of violence")
        }
        I::WithChildren => Words("Meldingen met kinderen", "Referrals with children"),
        I::RepeatRate => Words("Herhaalde meldingen", "Repeated referrals"),
        I::TriageInTime => Words("Op tijd beoordeeld", "Triaged in time"),
        I::AckInTime => Words("Op tijd aangenomen", "Acknowledged in time"),
        I::TimeToFirstContact => {
            Words("Werkdagen tot het eerste contact", "Working days to the first contact")
        }
        I::TriageOutcomes => Words("Uitkomst van de beoordeling", "Outcome of triage"),
        I::PhaseReached => Words("Zaken naar bereikte fase", "Cases by phase reached"),
        I::PhaseDuration => Words("Dagen per fase", "Days in each phase"),
        I::ReleaseRate => Words("Losgelaten zaken", "Cases released"),
        I::ReleasedSafely => Words("Losgelaten terwijl het veilig was", "Released safely"),
        I::ReopenedWithin12m => {
            Words("Binnen een jaar weer opgepakt", "Reopened within twelve months")
        }
        I::SafetyScaleChange => Words("Verandering van de veiligheid", "Change of safety"),
        I::ConsentRate => Words("Gaf toestemming", "Gave consent"),
        I::Withdrawals => Words("Trok toestemming in", "Withdrew consent"),
        I::DisclosuresByBasis => Words("Verstrekkingen naar grondslag", "Disclosures by basis"),
        I::BreakGlassTotal => Words("Noodtoegang", "Emergency disclosures"),
        I::BreakGlassNotJustified => {
            Words("Noodtoegang die niet terecht was", "Emergency disclosures not justified")
        }
        I::ReviewsInTime => Words("Op tijd beoordeelde noodtoegang", "Reviews in time"),
        I::ChildrenSpoken => Words("Kinderen gesproken of gezien", "Children spoken with"),
        I::DsarTotal => Words("Inzageverzoeken", "Data-subject requests"),
        I::DsarInTime => {
            Words("Inzageverzoeken op tijd beantwoord", "Data-subject requests in time")
        }
        I::FeedbackInTime => Words("Op tijd teruggekoppeld", "Feedback in time"),
        I::OverriddenConsents => {
            Words("Verstrekt ondanks een weigering", "Disclosed in spite of a refusal")
        }
        I::LateDeadlines => Words("Verstreken termijnen", "Terms missed"),
    }
}

pub(in crate::console) const fn unit(of: Unit) -> Words {
    match of {
        Unit::Count => Words("aantal", "number"),
        Unit::Percent => Words("procent", "percent"),
        Unit::Days => Words("dagen", "days"),
        Unit::Points => Words("punten, 0 tot 10", "points, 0 to 10"),
    }
}

/// The head of a column. A code without words stands there itself.
pub(in crate::console) fn column(code: &str) -> Option<Words> {
    if let Ok(basis) = code.parse::<Basis>() {
        return Some(words::basis(basis));
    }
    Some(match code {
        "TOTAL" => Words("Totaal", "Total"),
        "PERCENT" => Words("Procent", "Percent"),
        "MEDIAN" => Words("Mediaan", "Median"),
        "P90" => Words("Negen van de tien binnen", "Nine of ten within"),
        "MEDIAN_PHASE_1" => Words("Mediaan fase 1", "Median phase 1"),
        "MEDIAN_PHASE_2" => Words("Mediaan fase 2", "Median phase 2"),
        "MEDIAN_PHASE_3" => Words("Mediaan fase 3", "Median phase 3"),
        "YES" => Words("Ja", "Yes"),
        "NO" => Words("Nee", "No"),
        "INFORMATION" => Words("Informatie", "Information"),
        "STANDARD" => Words("Gewoon", "Standard"),
        "URGENT" => Words("Spoed", "Urgent"),
        "ACUTE" => Words("Acuut", "Acute"),
        "PHYSICAL" => Words("Lichamelijk", "Physical"),
        "PSYCHOLOGICAL" => Words("Psychisch", "Psychological"),
        "SEXUAL" => Words("Seksueel", "Sexual"),
        "STALKING" => Words("Stalking", "Stalking"),
        "NEGLECT" => Words("Verwaarlozing", "Neglect"),
        "FINANCIAL" => Words("Financieel", "Financial"),
        "HONOUR_RELATED" => Words("Eergerelateerd", "Honour related"),
        "ELDER_ABUSE" => Words("Ouderenmishandeling", "Elder abuse"),
        "CHILD_ABUSE" => Words("Kindermishandeling", "Child abuse"),
        "INVESTIGATE" => Words("Onderzoek", "Investigate"),
        "CHILD_PROTECTION_REQUEST" => Words("Verzoek aan de Raad", "Child protection request"),
        "CONDITIONS_AND_FOLLOW_UP" => Words("Voorwaarden en vervolg", "Conditions and follow-up"),
        "VVT_TEAM" => Words("Veilig Verderteam", "Veilig Verder team"),
        "LOCAL_TEAM" => Words("Lokaal team", "Local team"),
        "RUNNING_CARE" => Words("Lopende hulp", "Running care"),
        "NO_FURTHER_ACTION" => Words("Geen vervolg", "No further action"),
        "PHASE_1_DIRECT_SAFETY" => Words("Directe veiligheid", "Direct safety"),
        "PHASE_2_RISK_DRIVEN_CARE" => Words("Risicogestuurde zorg", "Risk-driven care"),
        "PHASE_3_RECOVERY_CARE" => Words("Herstelgerichte zorg", "Recovery-oriented care"),
        "ACKNOWLEDGEMENT" => Words("Aannemen", "Acknowledge"),
        "FIRST_CONTACT" => Words("Eerste contact", "First contact"),
        "TRIAGE" => Words("Beoordelen", "Triage"),
        "FEEDBACK" => Words("Terugkoppelen", "Feedback"),
        "INFORM_SUBJECT" => Words("Betrokkene informeren", "Inform the person"),
        "INVESTIGATION" => Words("Onderzoek", "Investigation"),
        "REVIEW" => Words("Noodtoegang beoordelen", "Review"),
        "ACCESS_REQUEST" => Words("Inzageverzoek", "Access request"),
        "BREACH_NOTIFICATION" => Words("Datalek melden", "Breach notification"),
        "INFORM_CLIENT" => Words("Cliënt informeren", "Inform the client"),
        _ => return None,
    })
}

/// The name of a municipality (CBS), as far as this region has it; otherwise its code.
pub(in crate::console) fn area(of: &Area) -> Words {
    match of.as_str() {
        Area::REGION => Words("Regio", "Region"),
        "0503" => Words("Delft", "Delft"),
        "0518" => Words("’s-Gravenhage", "The Hague"),
        "0603" => Words("Rijswijk", "Rijswijk"),
        "0629" => Words("Wassenaar", "Wassenaar"),
        "0637" => Words("Zoetermeer", "Zoetermeer"),
        "1783" => Words("Westland", "Westland"),
        "1842" => Words("Midden-Delfland", "Midden-Delfland"),
        "1916" => Words("Leidschendam-Voorburg", "Leidschendam-Voorburg"),
        "1926" => Words("Pijnacker-Nootdorp", "Pijnacker-Nootdorp"),
        _ => Words("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_every_table_has_words() {
        for indicator in Indicator::ALL {
            for unit in indicator.units() {
                for code in indicator.columns(*unit) {
                    assert!(column(code).is_some(), "{code}");
                }
            }
        }
        assert_eq!(column("SOMETHING_ELSE"), None);
    }
}
