//! Words for emergencies and what officers say of them.

use crate::console::lang::Words;
use crate::domain::emergency::{DangerTo, ReasonCode, WhyNoConsent};
use crate::domain::policy::EvidenceItem;
use crate::domain::review::{NotReviewer, ReviewState, Seat, Verdict};

pub(in crate::console) const fn verdict(of: Verdict) -> Words {
    match of {
        Verdict::Justified => Words("Terecht", "Justified"),
        Verdict::JustifiedWithRemark => Words("Terecht met opmerking", "Justified, with a remark"),
        Verdict::NotJustified => Words("Niet terecht", "Not justified"),
        Verdict::MoreInformation => Words("Navraag nodig", "More information needed"),
    }
}

/// What follows from a verdict, for who is about to give it.
pub(in crate::console) const fn consequence(of: Verdict) -> Words {
    match of {
        Verdict::Justified => Words(
            "Delen was nodig en niet meer dan nodig.",
            "Sharing was needed, and no more than needed was shared.",
        ),
        Verdict::JustifiedWithRemark => Words(
            "Delen was nodig. De organisatie kan hier iets van leren.",
            "Sharing was needed. The organisation can learn from this.",
        ),
        Verdict::MoreInformation => Words(
            "U stelt een vraag aan de organisatie. De termijn loopt door.",
            "You ask the organisation a question. The deadline stays.",
        ),
        Verdict::NotJustified => Words(
            "Als alle beoordelaars dit vinden, wordt het een incident: de 72 uur beginnen.",
            "If all reviewers find so, it becomes an incident: the 72 hours begin.",
        ),
    }
}

pub(in crate::console) const fn state(of: ReviewState) -> Words {
    match of {
        ReviewState::Open => Words("Te beoordelen", "To be judged"),
        ReviewState::Questioned => Words("Navraag", "Question asked"),
        ReviewState::Disputed => Words("Verschil", "Disagreement"),
        ReviewState::Justified => Words("Terecht", "Justified"),
        ReviewState::JustifiedWithRemark => {
            Words("Terecht met opmerking", "Justified, with a remark")
        }
        ReviewState::NotJustified => Words("Niet terecht", "Not justified"),
    }
}

pub(in crate::console) const fn seat(of: Seat) -> Words {
    match of {
        Seat::First => Words("Eerste beoordelaar", "First reviewer"),
        Seat::Second => Words("Tweede beoordelaar", "Second reviewer"),
        Seat::Police => Words("Beoordelaar van de politie", "Reviewer of the police"),
        Seat::Arbiter => Words("Derde beoordelaar (beslist)", "Third reviewer (decides)"),
    }
}

/// Why the officer who looks may not judge.
pub(in crate::console) const fn not_reviewer(of: NotReviewer) -> Words {
    match of {
        NotReviewer::NotAnOfficer => Words(
            "Alleen een functionaris gegevensbescherming beoordeelt noodtoegang.",
            "Only a privacy officer reviews break-glass.",
        ),
        NotReviewer::NotTheirs => Words(
            "Deze noodtoegang wordt door andere organisaties beoordeeld.",
            "This break-glass is reviewed by other organisations.",
        ),
        NotReviewer::Declared => Words(
            "U hebt deze noodtoegang zelf gebruikt en mag haar niet beoordelen.",
            "You used this break-glass yourself and cannot review it.",
        ),
        NotReviewer::Consulted => Words(
            "U bent over deze noodtoegang geraadpleegd en mag haar niet beoordelen.",
            "You were consulted about this break-glass and cannot review it.",
        ),
        NotReviewer::Informed => Words(
            "U hebt namens de organisatie een vraag beantwoord en mag niet meer oordelen.",
            "You answered a question for the organisation and cannot judge any more.",
        ),
        NotReviewer::Judged => Words("U hebt uw oordeel gegeven.", "You gave your verdict."),
        NotReviewer::NothingLeft => {
            Words("Hier valt voor u niets meer te beoordelen.", "There is nothing left for you.")
        }
    }
}

pub(in crate::console) const fn reason(of: ReasonCode) -> Words {
    match of {
        ReasonCode::ImminentViolence => Words("Dreigend geweld", "Imminent violence"),
        ReasonCode::ChildInDanger => Words("Kind in gevaar", "Child in danger"),
        ReasonCode::SuicideRisk => Words("Gevaar voor zelfdoding", "Risk of suicide"),
        ReasonCode::MissingPerson => Words("Vermiste persoon", "Missing person"),
        ReasonCode::MedicalEmergency => Words("Medische nood", "Medical emergency"),
    }
}

pub(in crate::console) const fn danger_to(of: DangerTo) -> Words {
    match of {
        DangerTo::Subject => Words("de persoon zelf", "the person"),
        DangerTo::Child => Words("een kind", "a child"),
        DangerTo::Other => Words("iemand anders", "somebody else"),
    }
}

pub(in crate::console) const fn why_no_consent(of: WhyNoConsent) -> Words {
    match of {
        WhyNoConsent::PhysicallyUnable => Words(
            "De persoon kon niets zeggen (buiten bewustzijn, vermist).",
            "The person could not speak (unconscious, missing).",
        ),
        WhyNoConsent::LegallyUnable => Words(
            "De persoon mag volgens de wet niet zelf beslissen.",
            "The person cannot decide by law.",
        ),
        WhyNoConsent::UnreachableInTime => Words(
            "De persoon was niet op tijd te bereiken.",
            "The person could not be reached in time.",
        ),
        WhyNoConsent::AskingEndangers => {
            Words("Vragen zou iemand in gevaar brengen.", "Asking would put somebody in danger.")
        }
        WhyNoConsent::Refused => Words("De persoon zei nee.", "The person said no."),
    }
}

pub(in crate::console) const fn evidence(of: EvidenceItem) -> Words {
    match of {
        EvidenceItem::NecessityText => Words("Waarom het nodig was", "Why it was needed"),
        EvidenceItem::GravityText => Words(
            "Waarom het belang of de ernst dit vroeg",
            "Why the interest or gravity required it",
        ),
        EvidenceItem::ReportingCodeDecision => Words("Meldcode", "Reporting code"),
        EvidenceItem::AmhkRequestId => {
            Words("Verzoek van Veilig Thuis", "Request of the reporting centre")
        }
        EvidenceItem::ReferralId => Words("Melding", "Referral"),
        EvidenceItem::SupervisionOrderRef => Words("Ondertoezichtstelling", "Supervision order"),
        EvidenceItem::InformationRequestId => Words("Informatieverzoek", "Information request"),
        EvidenceItem::Incapacity => {
            Words("Waarom de persoon niet kon beslissen", "Why the person could not decide")
        }
        EvidenceItem::ConflictOfDuties => Words("Conflict van plichten", "Conflict of duties"),
        EvidenceItem::SupervisorRef => {
            Words("Verzoek van de toezichthouder", "Request of the supervisor")
        }
        EvidenceItem::SubjectRequestId => {
            Words("Verzoek van de betrokkene", "Request of the person")
        }
        EvidenceItem::WpgPurpose => Words("Doel volgens Wpg art. 19", "Purpose by Wpg art. 19"),
        EvidenceItem::AuthorityAgreementRef => {
            Words("Instemming bevoegd gezag", "Agreement of the authority")
        }
        EvidenceItem::PartnershipDecisionRef => {
            Words("Besluit samenwerkingsverband", "Decision on the partnership")
        }
    }
}
