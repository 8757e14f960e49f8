//! The words for what a decision needed and found.

use crate::console::lang::Words;
use crate::domain::case::MemberKind;
use crate::domain::decision::Phrase;
use crate::domain::policy::IncapacityKind;
use crate::domain::policy::evidence::ConflictAnswer;
use crate::domain::reporting_code::ReportingConclusion;

pub(in crate::console) const fn phrase(of: Phrase) -> Words {
    match of {
        Phrase::None => Words("geen", "none"),
        Phrase::Given => Words("gegeven", "given"),
        Phrase::Something => Words("iets", "something"),
        Phrase::Nothing => Words("niets", "nothing"),
        Phrase::BasisInForce => {
            Words("een grondslag die aanstaat en geldt", "a basis that is switched on and in force")
        }
        Phrase::BasisBetweenOrganisations => Words(
            "een grondslag waarop organisaties met elkaar delen",
            "a basis on which organisations share",
        ),
        Phrase::WorksWithFamilies => Words(
            "een organisatie die met gezinnen werkt",
            "an organisation that works with families",
        ),
        Phrase::WorkerWithFamilies => Words(
            "iemand die met gezinnen werkt en geen verstrekkingen beoordeelt",
            "somebody who works with families and does not judge disclosures",
        ),
        Phrase::EitherBegins => Words(
            "de verzender geeft of de ontvanger vraagt",
            "the sender gives or the recipient asks",
        ),
        Phrase::SenderGives => Words("de verzender geeft", "the sender gives"),
        Phrase::RecipientAsks => Words("de ontvanger vraagt", "the recipient asks"),
        Phrase::NobodyBegins => Words("niemand begint", "nobody takes the initiative"),
        Phrase::Member => Words("lid op dat moment", "a member at that moment"),
        Phrase::NoMember => Words("geen lid", "no member"),
        Phrase::Reporter => Words("wie de melding deed", "who made the report"),
        Phrase::SomebodyElse => Words("een ander", "somebody else"),
        Phrase::NotRestricted => Words("niet beperkt", "not restricted"),
        Phrase::Restricted => Words("beperkt", "restricted"),
        Phrase::SecondPerson => Words(
            "instemming van een tweede persoon van de verzender",
            "the agreement of a second person of the sender",
        ),
        Phrase::Agreed => Words("ingestemd op", "agreed on"),
        Phrase::WithBasis => Words("met een geldige grondslag", "with a valid basis"),
        Phrase::WithBasisAndSecondPerson => Words(
            "met een geldige grondslag en een tweede persoon",
            "with a valid basis and a second person",
        ),
        Phrase::InEmergencyNotice => Words("in een noodbericht", "in an emergency notice"),
        Phrase::OnlyOwn => Words("alleen wat van haarzelf is", "only its own"),
        Phrase::Never => Words("nooit", "never"),
        Phrase::AllFive => Words("alle vijf", "all five"),
        Phrase::AllFiveOfConflict => Words(
            "alle vijf eisen van het conflict van plichten",
            "all five of the conflict of duties",
        ),
        Phrase::AnotherReason => {
            Words("een andere reden om niet te vragen", "another reason not to ask")
        }
        Phrase::Incapable => Words(
            "lichamelijk of volgens de wet niet in staat om toe te stemmen",
            "physically or legally incapable of consenting",
        ),
        Phrase::IncapableByLaw => {
            Words("jonger dan 16, of wilsonbekwaam bevonden", "under 16, or found incapable")
        }
        Phrase::Emergency => Words("een gemelde noodsituatie", "an emergency that was declared"),
        Phrase::EmergencyAfterNo => Words(
            "een gemelde noodsituatie, omdat toestemming was geweigerd of ingetrokken",
            "an emergency that was declared, because consent was refused or withdrawn",
        ),
        Phrase::DeclaredUntil => Words("gemeld, duurt tot", "declared, lasts until"),
        Phrase::NotRefused => Words("niet geweigerd", "not refused"),
        Phrase::NotWithdrawn => Words("niet ingetrokken", "not withdrawn"),
        Phrase::EndsAfter => Words("eindigt na", "ends after"),
        Phrase::BeginsBy => Words("begint uiterlijk", "begins by"),
        Phrase::SignaturesFor => Words("handtekeningen die horen bij", "signatures for"),
        Phrase::SignedAs => Words("getekend bij", "signed for"),
        Phrase::NotSigned => Words("niet getekend", "not signed"),
        Phrase::NoRepresentative => Words(
            "een vertegenwoordiger, en er is niemand bekend die mag tekenen",
            "a representative, and none is known who may sign",
        ),
        Phrase::AnotherOfItsRoles => Words(
            "een andere organisatie, van een soort die hierbij hoort",
            "another organisation, of a role it names",
        ),
        Phrase::AnotherCertified => Words(
            "een andere organisatie, gecertificeerd, van een soort die hierbij hoort",
            "another organisation, certified, of a role it names",
        ),
        Phrase::Another => Words("een andere organisatie", "another organisation"),
        Phrase::Same => Words("dezelfde organisatie", "the same organisation"),
        Phrase::NotCertified => Words("niet gecertificeerd", "not certified"),
        Phrase::Capable => Words("wilsbekwaam", "capable of deciding"),
        Phrase::NotCapable => Words("wilsonbekwaam", "incapable of deciding"),
    }
}

pub(in crate::console) const fn membership(of: MemberKind) -> Words {
    match of {
        MemberKind::Core => Words("vast lid", "fixed member"),
        MemberKind::OnCall => Words("lid op afroep", "member on call"),
        MemberKind::Observer => Words("toehoorder", "observer"),
    }
}

pub(in crate::console) const fn conclusion(of: ReportingConclusion) -> Words {
    match of {
        ReportingConclusion::Report => Words("melden", "report"),
        ReportingConclusion::NoReport => Words("niet melden", "no report"),
    }
}

pub(in crate::console) const fn incapacity(of: IncapacityKind) -> Words {
    match of {
        IncapacityKind::Physical => Words("lichamelijk niet in staat", "physically incapable"),
        IncapacityKind::Legal => Words("volgens de wet niet bevoegd", "legally incapable"),
    }
}

/// What was not so, in a conflict of duties.
pub(in crate::console) const fn conflict(of: ConflictAnswer) -> Words {
    match of {
        ConflictAnswer::TriedConsent => {
            Words("alles gedaan om toestemming te krijgen", "everything done to get consent")
        }
        ConflictAnswer::Conscience => Words("gewetensnood", "a matter of conscience"),
        ConflictAnswer::NoOtherWay => Words("geen andere weg", "no other way"),
        ConflictAnswer::AvertsHarm => {
            Words("voorkomt vrijwel zeker ernstige schade", "almost certainly averts serious harm")
        }
        ConflictAnswer::AsLittleAsPossible => {
            Words("zo weinig mogelijk verteld", "as little as possible told")
        }
    }
}
