//! One disclosure as the data subject, or who represents them, may see it.
//!
//! Invariant: an entry is made of codes, organisations, moments and the names of laws. It has no
//! field for a person, an employee or an address, so none can get into it.

use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::code::codes;
use crate::domain::disclosure::{DisclosureRecord, Party};
use crate::domain::event::{EventCode, Outcome};
use crate::domain::id::Oin;
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::domain::review::ReviewState;
use crate::domain::time::Timestamp;

/// What the reader of a report may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// Somebody else than the person reads it, also by a mandate: nothing that leads to a shelter is
    /// shown.
    pub is_somebody_else: bool,
    /// The reporter stays unnamed (Wmo 2015 art. 5.3.1 lid 4).
    pub withhold_reporter: bool,
    /// Informing the person, or who asks, is put off for now (Wmo 2015 art. 5.3.1 lid 2): what was
    /// shared without their consent does not show, nor how much of it there is.
    pub is_informing_postponed: bool,
}

/// An organisation in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Organisation {
    /// Its number and part in the chain.
    Named(Oin, Role),
    /// The reporter, who stays unnamed.
    Withheld,
}

codes! {
    /// What became of the review of an emergency, as its data subject is told. Who judged, why, and
    /// whether the judges agreed is not.
    pub enum ReviewOutcome {
        /// Nobody has decided yet.
        Pending = 1, "PENDING";
        /// It was right.
        Justified = 2, "JUSTIFIED";
        /// It was right, with a remark.
        JustifiedWithRemark = 3, "JUSTIFIED_WITH_REMARK";
        /// It was not right.
        NotJustified = 4, "NOT_JUSTIFIED";
    }
}

impl From<ReviewState> for ReviewOutcome {
    fn from(state: ReviewState) -> Self {
        match state {
            ReviewState::Open | ReviewState::Questioned | ReviewState::Disputed => Self::Pending,
            ReviewState::Justified => Self::Justified,
            ReviewState::JustifiedWithRemark => Self::JustifiedWithRemark,
            ReviewState::NotJustified => Self::NotJustified,
        }
    }
}

/// One disclosure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub event: EventCode,
    /// Who gave the data.
    pub from: Organisation,
    /// Who got them.
    pub to: Organisation,
    /// Which data.
    pub categories: Categories,
    /// What for; none where the reporter stays unnamed.
    pub purpose: Option<Purpose>,
    /// On what ground; none where the reporter stays unnamed, because it tells who that was.
    pub basis: Option<Basis>,
    /// In an emergency.
    pub is_emergency: bool,
}

/// What is said instead of the ground where the reporter stays unnamed: the same for every reporter,
/// whether it reported or heard what became of it.
const REPORTER_WITHHELD_NL: &str =
    "Dit gaat over een melding bij Veilig Thuis. Wie die deed, wordt niet genoemd.";

impl AccessEntry {
    /// What happened, unless it tells who reported: some events only the police cause.
    pub fn told_event(&self) -> Option<EventCode> {
        (!self.hides_reporter()).then_some(self.event)
    }

    /// The ground in plain Dutch.
    pub fn ground_nl(&self) -> Option<&'static str> {
        if self.hides_reporter() { Some(REPORTER_WITHHELD_NL) } else { self.basis.map(basis_nl) }
    }

    /// Whether a party of it is the reporter, who stays unnamed.
    pub(crate) fn hides_reporter(&self) -> bool {
        [&self.from, &self.to].contains(&&Organisation::Withheld)
    }
}

/// The events that a report tells of: data about the person came to another organisation.
pub const fn shown_events() -> &'static [EventCode] {
    &[
        EventCode::ReferralSubmitted,
        EventCode::ReferralFeedbackSent,
        EventCode::SummaryDelivered,
        EventCode::SummaryShared,
    ]
}

/// The disclosure that a record tells of; none when it is not for these eyes. `own_consent` says that
/// it rests on a consent which the person signed: then the person knows of its parties, and of a
/// shelter among them. To everybody else it does not tell that an address of a shelter was given.
pub fn access_entry(
    record: &DisclosureRecord,
    sight: Sight,
    own_consent: bool,
) -> Option<AccessEntry> {
    let recipient = record.recipient.as_ref()?;
    let shown = shown_events().contains(&record.event_code) && record.outcome == Outcome::Success;
    let knows_parties = own_consent && !sight.is_somebody_else;
    let leads_to_shelter = !knows_parties
        && [&record.sender, recipient].iter().any(|party| party.org_role == Role::Shelter);
    let shelter = Categories::of(&[Category::ShelterAddress]);
    let categories = record.data_categories.without(shelter);
    // A line about nothing would tell of what was left out of it.
    let tells_of_shelter =
        !knows_parties && categories.is_empty() && categories != record.data_categories;
    let would_inform = sight.is_informing_postponed && record.basis != Some(Basis::Consent);
    if !shown || leads_to_shelter || tells_of_shelter || would_inform {
        return None;
    }
    let reporter = reporter(record).filter(|_| sight.withhold_reporter);
    let organisation = |party: &Party| match reporter {
        Some(reporter) if *reporter == party.org_oin => Organisation::Withheld,
        Some(_) | None => Organisation::Named(party.org_oin.clone(), party.org_role),
    };
    Some(AccessEntry {
        at: record.recorded_at,
        event: record.event_code,
        from: organisation(&record.sender),
        to: organisation(recipient),
        categories,
        purpose: record.purpose.filter(|_| reporter.is_none()),
        basis: record.basis.filter(|_| reporter.is_none()),
        is_emergency: record.break_glass.is_some()
            || record.purpose == Some(Purpose::EmergencyOverride),
    })
}

/// Who reported, where the record is of a report or of what its reporter was told.
fn reporter(record: &DisclosureRecord) -> Option<&Oin> {
    let recipient = record.recipient.as_ref().map(|party| &party.org_oin);
    match (record.event_code, record.basis) {
        (EventCode::ReferralSubmitted, _) | (_, Some(Basis::Wmo526Report)) => {
            Some(&record.sender.org_oin)
        }
        (EventCode::ReferralFeedbackSent, _) | (_, Some(Basis::Wmo4112G)) => recipient,
        _ => None,
    }
}

/// The ground in plain Dutch, for a reader who knows no law.
pub const fn basis_nl(basis: Basis) -> &'static str {
    match basis {
        Basis::Consent => "Met toestemming.",
        Basis::Wmo526Report => {
            "Een beroepskracht mocht dit aan Veilig Thuis melden om geweld te stoppen of een vermoeden \
             te laten onderzoeken."
        }
        Basis::Wmo4112D => "Veilig Thuis schakelde passende hulp in na een melding.",
        Basis::Wmo4112E => {
            "Veilig Thuis stelde politie of Raad in kennis omdat het belang van betrokkene of de ernst \
             van de situatie dat vroeg."
        }
        Basis::Wmo4112G => "Veilig Thuis vertelde de melder welke stappen zijn gezet.",
        Basis::Wpg18 => "De politie gaf dit door omdat de wet dat voorschrijft of toelaat.",
        Basis::Wpg19 => {
            "De politie gaf dit in een bijzonder geval door, voor een belang dat de wet noemt."
        }
        Basis::Wpg20 => "De politie gaf dit door aan een vast samenwerkingsverband.",
        Basis::Jeugdwet73114 => {
            "Dit was nodig om een ondertoezichtstelling uit te voeren; dan moet of mag het zonder \
             toestemming."
        }
        Basis::DirectInvolvement => "De ontvanger was rechtstreeks bij de hulp betrokken.",
        Basis::VitalInterest => {
            "Er was levensgevaar en toestemming vragen kon niet, lichamelijk of juridisch."
        }
        Basis::ConflictOfDuties => {
            "Een beroepskracht brak het beroepsgeheim omdat alleen zo ernstig gevaar was af te wenden."
        }
        Basis::DataSubjectRequest => "De betrokkene vroeg er zelf om.",
        Basis::Oversight => "Een toezichthouder vroeg inzage.",
        Basis::Wams => "Wet aanpak meervoudige problematiek sociaal domein.",
        Basis::Wgs => "Wet gegevensverwerking door samenwerkingsverbanden.",
    }
}

/// The article of the ground; none for consent, which has a date instead.
pub const fn statute(basis: Basis) -> Option<&'static str> {
    Some(match basis {
        Basis::Consent => return None,
        Basis::Wmo526Report => "Wmo 2015 art. 5.2.6",
        Basis::Wmo4112D => "Wmo 2015 art. 4.1.1 lid 2 onder d",
        Basis::Wmo4112E => "Wmo 2015 art. 4.1.1 lid 2 onder e",
        Basis::Wmo4112G => "Wmo 2015 art. 4.1.1 lid 2 onder g",
        Basis::Wpg18 => "Wpg art. 18",
        Basis::Wpg19 => "Wpg art. 19",
        Basis::Wpg20 => "Wpg art. 20",
        Basis::Jeugdwet73114 => "Jeugdwet art. 7.3.11 lid 4",
        Basis::DirectInvolvement => {
            "Jeugdwet art. 7.3.11 lid 2, WGBO art. 457 lid 2, Wmo 2015 art. 5.3.3 lid 3"
        }
        Basis::VitalInterest => "AVG art. 6 lid 1 onder d, art. 9 lid 2 onder c",
        Basis::ConflictOfDuties => "conflict van plichten (rechtspraak)",
        Basis::DataSubjectRequest => "AVG art. 15",
        Basis::Oversight => "Wmo 2015 art. 4.3.1",
        Basis::Wams => "Wams",
        Basis::Wgs => "Wgs",
    })
}
