//! The words for codes, in both languages. A code without words does not compile.

use crate::domain::basis::Basis;
use crate::domain::category::Category;
use crate::domain::disclosure::ObjectType;
use crate::domain::emergency::Cause;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::organisation::UserRole;
use crate::domain::person::AgeBand;
use crate::domain::purpose::Purpose;
use crate::domain::question::QuestionState;
use crate::domain::sample::SampleVerdict;

use super::lang::{Lang, Words};

pub(super) mod breaches;
pub(super) mod conditions;
pub(super) mod consent;
pub(super) mod emergencies;
mod look;
pub(super) mod organisation;
pub(super) mod requests;
pub(super) mod signals;
pub(super) mod statistics;

pub(super) use look::{look, occasion};

pub(super) const fn event(of: EventCode) -> Words {
    use EventCode as E;
    match of {
        E::ReferralSubmitted => Words("Melding gedaan", "Referral submitted"),
        E::ReferralRouted => Words("Melding toegewezen aan een team", "Referral routed to a team"),
        E::ReferralDelivered => Words("Melding afgeleverd", "Referral delivered"),
        E::ReferralAcknowledged => Words("Melding aangenomen", "Referral acknowledged"),
        E::ReferralTriaged => Words("Melding beoordeeld", "Referral triaged"),
        E::ReferralFeedbackSent => Words("Terugkoppeling gegeven", "Feedback sent"),
        E::SummarySent => Words("Samenvatting gepubliceerd", "Summary published"),
        E::SummaryDelivered => Words("Samenvatting verstrekt", "Summary disclosed"),
        E::SummaryRead => Words("Samenvatting gelezen", "Summary read"),
        E::ConsentRecorded => Words("Toestemming vastgelegd", "Consent recorded"),
        E::ConsentRefused => Words("Toestemming geweigerd", "Consent refused"),
        E::ConsentWithdrawn => Words("Toestemming ingetrokken", "Consent withdrawn"),
        E::ConsentExpired => Words("Toestemming verlopen", "Consent expired"),
        E::ConsentChecked => Words("Toestemming nagevraagd", "Consent asked about"),
        E::AccessDenied => Words("Toegang geweigerd", "Access denied"),
        E::BreakGlassDeclared => Words("Noodtoegang gemeld", "Emergency declared"),
        E::BreakGlassEnded => Words("Noodtoegang beëindigd", "Emergency ended"),
        E::ReviewAssigned => Words("Beoordeling toegewezen", "Review assigned"),
        E::ReviewDecided => Words("Beoordeling gegeven", "Review decided"),
        E::LogQueried => Words("Logboek geraadpleegd", "Ledger looked at"),
        E::LogExported => Words("Logboek uitgevoerd", "Ledger exported"),
        E::DsarOpened => Words("Inzageverzoek geopend", "Data-subject request opened"),
        E::DsarReported => Words("Inzagerapport gemaakt", "Data-subject report made"),
        E::DsarClosed => Words("Inzageverzoek gesloten", "Data-subject request closed"),
        E::BreachOpened => Words("Datalek geopend", "Breach opened"),
        E::BreachReported => Words("Datalek gemeld", "Breach reported"),
        E::ReportGenerated => Words("Rapport gemaakt", "Report made"),
        E::PartnerChanged => Words("Organisatie gewijzigd", "Organisation changed"),
        E::PolicyChanged => Words("Beleid gewijzigd", "Policy changed"),
        E::LogPurged => Words("Oude regels gewist", "Old entries purged"),
        E::ReferralWithdrawn => Words("Melding teruggenomen", "Referral taken back"),
        E::ReferralReturned => Words("Melding teruggestuurd", "Referral sent back"),
        E::CaseChanged => Words("Zaak gewijzigd", "Case changed"),
        E::RepresentativeExcluded => {
            Words("Vertegenwoordiger uitgesloten", "Representative excluded")
        }
        E::ReferralQuarantined => Words("Melding apart gezet", "Referral quarantined"),
        E::ReferralRequeued => Words("Melding teruggezet", "Referral put back"),
        E::SummaryRetracted => Words("Samenvatting ingetrokken", "Summary taken back"),
        E::LedgerAccepted => Words("Logboek aanvaard", "Ledger accepted"),
        E::SummaryShared => Words("Samenvatting gedeeld", "Summary shared"),
        E::FourEyesAgreed => Words("Tweede persoon stemde in", "Second person agreed"),
        E::DeadlineMissed => Words("Termijn verstreken", "Deadline missed"),
        E::InformingRecorded => Words("Betrokkene geïnformeerd", "Person informed"),
        E::RepresentationChanged => Words("Gezag gewijzigd", "Representation changed"),
        E::RestrictionChanged => Words("Beperking gewijzigd", "Restriction changed"),
        E::ReviewInformed => Words("Vraag van beoordelaar beantwoord", "Reviewer answered"),
        E::HoldPlaced => Words("Bewaring ingesteld", "Hold placed"),
        E::HoldLifted => Words("Bewaring opgeheven", "Hold lifted"),
        E::ContentPurged => Words("Inhoud gewist", "Content purged"),
        E::SignalRaised => Words("Signaal gegeven", "Signal raised"),
        E::SignalClosed => Words("Signaal afgehandeld", "Signal closed"),
        E::SignalSuppressed => Words("Signaal onderdrukt", "Signal suppressed"),
        E::SignalSuppressionEnded => Words("Onderdrukking beëindigd", "Suppression ended"),
        E::RecallConfirmed => Words("Ingetrokken samenvatting gewist", "Recalled summary erased"),
        E::QuestionAsked => Words("Vraag gesteld aan organisatie", "Organisation asked"),
        E::QuestionAnswered => Words("Vraag van functionaris beantwoord", "Organisation answered"),
        E::SampleJudged => Words("Regel van een steekproef beoordeeld", "Sampled entry judged"),
    }
}

pub(super) const fn question_state(of: QuestionState) -> Words {
    match of {
        QuestionState::Open => Words("Wacht op antwoord", "Waits for an answer"),
        QuestionState::Late => Words("Te laat", "Late"),
        QuestionState::Answered => Words("Beantwoord", "Answered"),
        QuestionState::Forgotten => Words("Vervallen", "Lapsed"),
    }
}

pub(super) const fn sample_verdict(of: SampleVerdict) -> Words {
    match of {
        SampleVerdict::InOrder => Words("In orde", "In order"),
        SampleVerdict::InquiryNeeded => Words("Navraag nodig", "Inquiry needed"),
        SampleVerdict::NotInOrder => Words("Niet in orde", "Not in order"),
    }
}

pub(super) const fn denial(of: DenialReason) -> Words {
    use DenialReason as D;
    match of {
        D::NoConsent => Words("er is geen toestemming", "there is no consent"),
        D::Refused => Words("de toestemming is geweigerd", "consent was refused"),
        D::Withdrawn => Words("de toestemming is ingetrokken", "consent was withdrawn"),
        D::Expired => Words("de toestemming is verlopen", "the consent has expired"),
        D::NotYetValid => Words("de toestemming is nog niet ingegaan", "the consent has not begun"),
        D::NeedsRenewal => {
            Words("de toestemming moet worden vernieuwd", "the consent must be renewed")
        }
        D::WrongRecipient => Words(
            "de toestemming noemt een andere ontvanger",
            "the consent names another recipient",
        ),
        D::WrongPurpose => {
            Words("de toestemming noemt een ander doel", "the consent names another purpose")
        }
        D::CategoryNotCovered => Words(
            "de toestemming noemt dit soort gegevens niet",
            "the consent does not name this kind of data",
        ),
        D::SignaturesInsufficient => Words("een handtekening ontbreekt", "a signature is missing"),
        D::NotInRegion => Words("de woonplaats ligt buiten de regio", "not a place in the region"),
        D::BasisNotApplicable => {
            Words("de grondslag geldt hier niet", "the basis does not apply here")
        }
        D::BasisDisabled => Words("de grondslag is uitgeschakeld", "the basis is switched off"),
        D::CategoryNotAllowedForRole => Words(
            "deze soort organisatie mag deze gegevens niet ontvangen",
            "organisations like this may not receive this data",
        ),
        D::RoleNotAllowed => Words("deze rol mag dit niet", "this role may not do this"),
        D::NotInCaseTeam => Words(
            "de organisatie hoort niet bij de zaak",
            "the organisation is not in the case team",
        ),
        D::FourEyesRequired => {
            Words("een tweede persoon moet instemmen", "a second person must agree")
        }
        D::NotFoundOrNotAllowed => {
            Words("het bestaat niet of mag niet", "it does not exist or is not allowed")
        }
        D::PurposeNotAllowed => {
            Words("het doel past niet bij de grondslag", "the purpose does not go with the basis")
        }
        D::VitalInterestNeedsIncapacity => Words(
            "de betrokkene kan zelf beslissen",
            "the person can decide and vital interest does not apply",
        ),
        D::ProcessingRestricted => Words(
            "de betrokkene liet de verwerking beperken",
            "the person had the processing restricted",
        ),
        D::EmergencyRequired => {
            Words("er is geen noodsituatie gemeld", "no emergency was declared")
        }
        D::NotInEmergency => Words(
            "de noodsituatie vraagt dit soort gegevens niet",
            "the emergency does not need this kind of data",
        ),
    }
}

pub(super) const fn purpose(of: Purpose) -> Words {
    match of {
        Purpose::CareCoordination => Words("Hulp afstemmen", "Care coordination"),
        Purpose::SafetyProtection => Words("Veiligheid", "Safety"),
        Purpose::EmergencyOverride => Words("Acute veiligheid", "Emergency"),
        Purpose::DataSubjectRequest => Words("Inzageverzoek", "Data-subject request"),
        Purpose::PrivacyReview => Words("Toezicht", "Privacy review"),
        Purpose::ReferralHandling => Words("Melding behandelen", "Referral handling"),
        Purpose::ManagementInformation => Words("Managementinformatie", "Management information"),
    }
}

pub(super) const fn basis(of: Basis) -> Words {
    match of {
        Basis::Consent => Words("Toestemming", "Consent"),
        Basis::Wmo526Report => {
            Words("Meldrecht, Wmo 2015 art. 5.2.6", "Report, Wmo 2015 art. 5.2.6")
        }
        Basis::Wmo4112D => {
            Words("Hulp inschakelen, Wmo 2015 art. 4.1.1-2d", "Agency, Wmo 2015 art. 4.1.1-2d")
        }
        Basis::Wmo4112E => Words(
            "Politie of Raad, Wmo 2015 art. 4.1.1-2e",
            "Police or Raad, Wmo 2015 art. 4.1.1-2e",
        ),
        Basis::Wmo4112G => {
            Words("Terugkoppeling, Wmo 2015 art. 4.1.1-2g", "Feedback, Wmo 2015 art. 4.1.1-2g")
        }
        Basis::Wpg18 => Words("Wpg art. 18", "Wpg art. 18"),
        Basis::Wpg19 => Words("Wpg art. 19", "Wpg art. 19"),
        Basis::Wpg20 => Words("Wpg art. 20", "Wpg art. 20"),
        Basis::Jeugdwet73114 => Words("Jeugdwet art. 7.3.11-4", "Jeugdwet art. 7.3.11-4"),
        Basis::DirectInvolvement => {
            Words("Rechtstreeks betrokken bij de hulp", "Direct involvement")
        }
        Basis::VitalInterest => {
            Words("Vitaal belang, AVG art. 6-1d", "Vital interest, GDPR art. 6(1)(d)")
        }
        Basis::ConflictOfDuties => Words("Conflict van plichten", "Conflict of duties"),
        Basis::DataSubjectRequest => {
            Words("Verzoek van de betrokkene, AVG art. 15", "Data subject, GDPR art. 15")
        }
        Basis::Oversight => {
            Words("Toezichthouder, Wmo 2015 art. 4.3.1", "Supervisor, Wmo 2015 art. 4.3.1")
        }
        Basis::Wams => Words("Wams", "Wams"),
        Basis::Wgs => Words("WGS", "WGS"),
    }
}

/// A basis in a few characters, for a chart.
pub(super) const fn short_basis(of: Basis) -> Words {
    match of {
        Basis::Wmo526Report => Words("Wmo 5.2.6", "Wmo 5.2.6"),
        Basis::Wmo4112D => Words("Wmo 4.1.1-2d", "Wmo 4.1.1-2d"),
        Basis::Wmo4112E => Words("Wmo 4.1.1-2e", "Wmo 4.1.1-2e"),
        Basis::Wmo4112G => Words("Wmo 4.1.1-2g", "Wmo 4.1.1-2g"),
        Basis::Jeugdwet73114 => Words("Jeugdwet 7.3.11", "Jeugdwet 7.3.11"),
        Basis::DirectInvolvement => Words("Betrokken hulp", "Direct involvement"),
        Basis::VitalInterest => Words("Vitaal belang", "Vital interest"),
        Basis::DataSubjectRequest => Words("AVG art. 15", "GDPR art. 15"),
        Basis::Oversight => Words("Wmo 4.3.1", "Wmo 4.3.1"),
        Basis::Consent
        | Basis::Wpg18
        | Basis::Wpg19
        | Basis::Wpg20
        | Basis::ConflictOfDuties
        | Basis::Wams
        | Basis::Wgs => basis(of),
    }
}

pub(super) const fn category(of: Category) -> Words {
    match of {
        Category::Identification => Words("Identiteit", "Identity"),
        Category::ContactAddress => Words("Adres", "Address"),
        Category::ShelterAddress => Words("Geheim adres", "Shelter address"),
        Category::Incident => Words("Incident", "Incident"),
        Category::SafetyAssessment => Words("Veiligheidsinschatting", "Safety assessment"),
        Category::SafetyAgreements => Words("Veiligheidsafspraken", "Safety agreements"),
        Category::ActionPlan => Words("Plan van aanpak", "Action plan"),
        Category::ChildWellbeing => Words("Welzijn van een kind", "Child wellbeing"),
        Category::HealthMental => Words("Psychische gezondheid", "Mental health"),
        Category::HealthSomatic => Words("Lichamelijke gezondheid", "Physical health"),
        Category::SubstanceUse => Words("Middelengebruik", "Substance use"),
        Category::Disability => Words("Beperking", "Disability"),
        Category::SocialFinancial => Words("Wonen, werk en geld", "Housing, work and money"),
        Category::ProgressStatus => Words("Voortgang", "Progress"),
    }
}

pub(super) const fn cause(of: Cause) -> Words {
    match of {
        Cause::VitalInterest => Words("Vitaal belang", "Vital interest"),
        Cause::ConflictOfDuties => Words("Conflict van plichten", "Conflict of duties"),
        Cause::StatutoryOverride => Words("Wet gaat voor weigering", "Statute over refusal"),
    }
}

pub(super) const fn role(of: UserRole) -> Words {
    match of {
        UserRole::ProcessDirector => Words("procesregisseur", "process director"),
        UserRole::TeamManager => Words("teamleider", "team manager"),
        UserRole::CaseWorker => Words("hulpverlener", "case worker"),
        UserRole::CrisisWorker => Words("crisisdienst", "crisis worker"),
        UserRole::PoliceOfficer => Words("politiemedewerker", "police officer"),
        UserRole::PrivacyOfficer => Words("functionaris gegevensbescherming", "privacy officer"),
        UserRole::Supervisor => Words("leidinggevende", "supervisor"),
        UserRole::System => Words("systeem", "system"),
    }
}

/// Why an act was not done. The gateway names the rule and describes it in English.
pub(super) fn rule(lang: Lang, code: &str, description: &str) -> String {
    let dutch = match code {
        "REQUIRED" => "is verplicht",
        "TOO_LONG" => "is te lang",
        "TOO_SHORT" => "is te kort",
        "CONTROL_CHARACTER" => "bevat een teken dat niet mag",
        "UNKNOWN_CODE" => "kies een van de mogelijkheden",
        "UUID" => "is geen geldig kenmerk",
        "PERIOD" => "heeft een begin en een eind nodig, in die volgorde",
        "IN_FUTURE" => "ligt in de toekomst",
        "BEFORE_DETECTION" => "ligt voor de ontdekking",
        "WINDOW_NARROW" => "de periode is te kort",
        "SAME_PERSON" => "dit moet iemand anders zijn",
        "UNKNOWN_PERSON" => "deze persoon hoort niet bij de zaak",
        "NOT_JUDGED_BEFORE" => "u hebt dit al beoordeeld",
        "REVIEW_CLOSED" => "beoordeel dit eerst als noodverstrekking",
        "JUDGEMENTS_FEW" => "uw organisatie heeft deze regel al vijftig keer beoordeeld",
        "QUESTIONS_FEW" => "over deze regel wachten al twintig vragen van u op antwoord",
        "REVIEW_OPEN" => "deze beoordeling is al afgerond",
        "REQUEST_STATE" => "dit verzoek is al afgerond",
        "EXTENSION_IN_TIME" => "verlengen kan alleen binnen de termijn, en eenmaal",
        "NOTIFICATION_OPEN" => "over het melden is al beslist",
        "QUESTION_OPEN" => "deze vraag is al beantwoord",
        "QUESTION_UNCHANGED" => {
            "deze vraag is gewijzigd in de database; bel de beheerder van de poort"
        }
        "REVIEW_UNCHANGED" => {
            "wat hierover is gezegd, is gewijzigd in de database; bel de beheerder van de poort"
        }
        "NO_SIGNAL_OPEN" => "over deze regel is al een signaal gegeven, en dat is nog open",
        "SIGNAL_OPEN" => "dit signaal is al afgehandeld",
        "SIGNAL_ENDING" => "kies verklaard of incident",
        "RULE_SUPPRESSIBLE" => "dit soort signaal mag niemand onderdrukken",
        "NOTHING_NAMED" => "het signaal noemt geen medewerker of zaak om het voor te onderdrukken",
        "SUPPRESSION_TERM" => "kies een einddatum na vandaag en binnen een jaar",
        "SUPPRESSION_IN_FORCE" => "deze onderdrukking is al voorbij",
        "DATE" => "is geen geldige datum",
        "NOT_APPLICABLE" => "hoort niet bij wat u koos",
        "REVIEW_QUESTIONED" => "er wacht geen vraag op een antwoord",
        "REPORT_PREPARED" => "er is nog geen rapport voorbereid",
        "REPORT_APPROVED" => "het rapport is nog niet goedgekeurd door een tweede functionaris",
        "REPORT_NOT_APPROVED_BEFORE" => "dit rapport is al goedgekeurd",
        "REPORT_UNCHANGED" => "het rapport is veranderd; bereid het opnieuw voor",
        "SECOND_OFFICER" => {
            "u hebt dit rapport zelf voorbereid; een andere functionaris keurt het goed"
        }
        "NAMES_PERSON" => "noem hier geen persoon",
        "EMPLOYEE_NOT_SHARED" => "een zoekvraag naar een medewerker kunt u niet delen",
        "SEARCHES_KEPT" => "u bewaart al 50 zoekvragen; verwijder er eerst een",
        "UNKNOWN_ENTRY" => "deze regel staat niet in het rapport",
        "STALE_DRAFT" => "het concept is ouder dan een uur; lees het opnieuw",
        "REPORT_TOO_LONG" => "het rapport is te lang voor een brief; vraag de beheerder",
        "BREACH_OPEN" => "dit datalek is al gesloten",
        "BREACH_REPORTED" => "de omvang is nog niet vastgesteld",
        "NOTIFICATION" => "leg eerst vast wat er met het melden is gedaan",
        "OIN" => "kies een organisatie",
        "BSN_ELEVEN_TEST" => "is geen geldig BSN",
        "CASE_REF" => "is geen geldig zaaknummer",
        _ if code.starts_with("REFUSED_") => "wie vraagt, krijgt het rapport niet",
        _ => "",
    };
    if lang == Lang::Nl && !dutch.is_empty() { dutch.to_owned() } else { description.to_owned() }
}

pub(super) const fn object(of: ObjectType) -> Words {
    match of {
        ObjectType::Referral => Words("Melding", "Referral"),
        ObjectType::Case => Words("Zaak", "Case"),
        ObjectType::CaseSummary => Words("Zaaksamenvatting", "Case summary"),
        ObjectType::Consent => Words("Toestemming", "Consent"),
        ObjectType::EmergencyDisclosure => Words("Noodtoegang", "Emergency"),
        ObjectType::Review => Words("Beoordeling", "Review"),
        ObjectType::DisclosureLog => Words("Logboek", "Ledger"),
        ObjectType::SubjectRequest => Words("Inzageverzoek", "Data-subject request"),
        ObjectType::Breach => Words("Datalek", "Breach"),
        ObjectType::Report => Words("Rapport", "Report"),
        ObjectType::Directory => Words("Lijst van organisaties", "Directory"),
        ObjectType::Policy => Words("Beleid", "Policy"),
    }
}

pub(super) const fn age_band(of: AgeBand) -> Words {
    match of {
        AgeBand::Under12 => Words("jonger dan 12 jaar", "younger than 12"),
        AgeBand::Age12To15 => Words("12 tot en met 15 jaar", "12 to 15 years"),
        AgeBand::Age16To17 => Words("16 of 17 jaar", "16 or 17 years"),
        AgeBand::Adult => Words("18 jaar of ouder", "18 or older"),
    }
}
