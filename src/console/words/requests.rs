//! Words for requests of data subjects.

use crate::console::lang::Words;
use crate::domain::consent::Capacity;
use crate::domain::organisation::Role;
use crate::domain::person::AgeBand;
use crate::domain::subject_request::{
    Ending, IdentityCheck, Objection, RequestState, ReviewOutcome, Verdict, WithholdingGround,
};

pub(in crate::console) const fn state(of: RequestState) -> Words {
    match of {
        RequestState::Open => Words("Te beantwoorden", "To be answered"),
        RequestState::Extended => Words("Verlengd", "Extended"),
        RequestState::Reported => Words("Rapport goedgekeurd", "Report approved"),
        RequestState::Refused => Words("Geweigerd, nog te vertellen", "Refused, still to be told"),
        RequestState::Closed => Words("Gesloten", "Closed"),
    }
}

pub(in crate::console) const fn ending(of: Ending) -> Words {
    match of {
        Ending::Answered => {
            Words("Beantwoord: het rapport is gegeven", "Answered: the report was given")
        }
        Ending::RefusalTold => Words("De weigering is verteld", "The refusal was told"),
        Ending::TakenBack => Words("De aanvrager trok het in", "The one who asked took it back"),
    }
}

/// Whether the one who asks gets the report, and why not.
pub(in crate::console) const fn verdict(of: Verdict) -> Words {
    match of {
        Verdict::Give => {
            Words("Wie vraagt, krijgt het rapport.", "The one who asks gets the report.")
        }
        Verdict::RefusedUnder12 => Words(
            "De persoon is jonger dan 12 jaar. De wettelijk vertegenwoordiger kan het rapport vragen.",
            "The person is younger than 12. The legal representative can ask for the report.",
        ),
        Verdict::RefusedIncapable => Words(
            "De persoon kan dit nu niet zelf beoordelen. Wie de persoon vertegenwoordigt, kan het rapport vragen.",
            "The person cannot weigh this now. Whoever represents the person can ask for the report.",
        ),
        Verdict::Refused16Plus => Words(
            "De persoon is 16 jaar of ouder en beslist zelf. Een ouder heeft een machtiging van de persoon nodig.",
            "The person is 16 or older and decides alone. A parent needs a mandate of the person.",
        ),
        Verdict::RefusedChildInterest => Words(
            "Het belang van het kind verzet zich tegen inzage (Wmo 2015 art. 5.3.2 lid 3).",
            "The interest of the child opposes access (Wmo 2015 art. 5.3.2(3)).",
        ),
        Verdict::RefusedSubjectInterest => Words(
            "Het belang van de persoon verzet zich tegen inzage (Wmo 2015 art. 5.3.2 lid 3).",
            "The interest of the person opposes access (Wmo 2015 art. 5.3.2(3)).",
        ),
        Verdict::RefusedNotRepresentative => Words(
            "Wie vraagt, vertegenwoordigt de persoon niet.",
            "The one who asks does not represent the person.",
        ),
        Verdict::RefusedProtectionTask => Words(
            "Weigeren is nodig om het geweld te stoppen of te onderzoeken (Wmo 2015 art. 5.3.2 lid 4).",
            "Refusing is needed to end or investigate the violence (Wmo 2015 art. 5.3.2(4)).",
        ),
    }
}

pub(in crate::console) const fn capacity(of: Capacity) -> Words {
    match of {
        Capacity::Itself => Words("De persoon zelf", "The person"),
        Capacity::ParentWithAuthority => Words("Ouder met gezag", "Parent with authority"),
        Capacity::Guardian => Words("Voogd", "Guardian"),
        Capacity::Curator => Words("Curator", "Curator"),
        Capacity::Mentor => Words("Mentor", "Mentor"),
        Capacity::Proxy => Words("Gemachtigde", "Holder of a mandate"),
        Capacity::Partner => Words("Partner", "Partner"),
        Capacity::Relative => Words("Familielid", "Relative"),
    }
}

pub(in crate::console) const fn identity_check(of: IdentityCheck) -> Words {
    match of {
        IdentityCheck::IdDocument => Words("Identiteitsbewijs gezien", "Identity document seen"),
        IdentityCheck::Electronic => Words("DigiD of gelijkwaardig", "DigiD or equivalent"),
        IdentityCheck::KnownInPerson => Words("Persoonlijk bekend", "Known in person"),
    }
}

pub(in crate::console) const fn objection(of: Objection) -> Words {
    match of {
        Objection::PersonInterest => Words(
            "Het belang van de persoon om wie het gaat",
            "The interest of the person whom it is about",
        ),
        Objection::ProtectionTask => {
            Words("Het stoppen of onderzoeken van geweld", "Ending or investigating the violence")
        }
    }
}

pub(in crate::console) const fn withholding(of: WithholdingGround) -> Words {
    match of {
        WithholdingGround::AnothersPrivacy => Words(
            "Privacy van iemand anders (Wmo 2015 art. 5.3.2 lid 4)",
            "Privacy of somebody else (Wmo 2015 art. 5.3.2(4))",
        ),
        WithholdingGround::ProtectionTask => Words(
            "Geweld stoppen of onderzoeken (UAVG art. 41 lid 1 onder i)",
            "Ending or investigating violence (UAVG art. 41(1)(i))",
        ),
        WithholdingGround::PersonInterest => Words(
            "Belang van wie wordt vertegenwoordigd (Wmo 2015 art. 5.3.2 lid 3)",
            "Interest of the one represented (Wmo 2015 art. 5.3.2(3))",
        ),
        WithholdingGround::CriminalInvestigation => Words(
            "Onderzoek naar strafbare feiten (UAVG art. 41 lid 1 onder d)",
            "Investigation of criminal offences (UAVG art. 41(1)(d))",
        ),
    }
}

pub(in crate::console) const fn age_band(of: AgeBand) -> Words {
    match of {
        AgeBand::Under12 => Words("jonger dan 12", "younger than 12"),
        AgeBand::Age12To15 => Words("12 tot en met 15", "12 to 15"),
        AgeBand::Age16To17 => Words("16 of 17", "16 or 17"),
        AgeBand::Adult => Words("18 of ouder", "18 or older"),
    }
}

pub(in crate::console) const fn review(of: ReviewOutcome) -> Words {
    match of {
        ReviewOutcome::Pending => Words("wordt nog beoordeeld", "is still being judged"),
        ReviewOutcome::Justified => Words("was terecht", "was justified"),
        ReviewOutcome::JustifiedWithRemark => {
            Words("was terecht, met een opmerking", "was justified, with a remark")
        }
        ReviewOutcome::NotJustified => Words("was niet terecht", "was not justified"),
    }
}

pub(in crate::console) const fn part(of: Role) -> Words {
    match of {
        Role::Police => Words("politie", "police"),
        Role::Steunpunt => Words("steunpunt huiselijk geweld", "domestic-violence centre"),
        Role::SocialWork => Words("maatschappelijk werk", "social work"),
        Role::YouthCare => Words("jeugdzorg", "youth care"),
        Role::MentalHealth => Words("geestelijke gezondheidszorg", "mental health care"),
        Role::DisabilitySupport => Words("cliëntondersteuning", "disability support"),
        Role::Shelter => Words("opvang", "shelter"),
        Role::Municipality => Words("gemeente", "municipality"),
        Role::Oversight => Words("toezicht van de regio", "oversight of the region"),
        Role::Gateway => Words("poort", "gateway"),
    }
}
