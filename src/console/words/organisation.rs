//! The words for what an organisation is, and whether it takes part.

use crate::console::lang::Words;
use crate::domain::organisation::{NotAdmitted, Role};

pub(in crate::console) const fn role(of: Role) -> Words {
    match of {
        Role::Police => Words("Politie", "Police"),
        Role::Steunpunt => Words("Steunpunt (Veilig Thuis)", "Reporting centre (Veilig Thuis)"),
        Role::SocialWork => Words("Maatschappelijk werk", "Social work"),
        Role::YouthCare => Words("Jeugdhulp", "Youth care"),
        Role::MentalHealth => Words("Geestelijke gezondheidszorg", "Mental health care"),
        Role::DisabilitySupport => Words("Ondersteuning bij een beperking", "Disability support"),
        Role::Shelter => Words("Opvang", "Shelter"),
        Role::Municipality => Words("Gemeente", "Municipality"),
        Role::Oversight => Words("Toezicht van de regio", "Oversight of the region"),
        Role::Gateway => Words("Deze poort", "This gateway"),
    }
}

/// Why an organisation may not use the gateway today.
pub(in crate::console) const fn not_admitted(of: NotAdmitted) -> Words {
    match of {
        NotAdmitted::Suspended => Words("Geschorst", "Suspended"),
        NotAdmitted::Onboarding => Words("Wordt aangesloten", "Being connected"),
        NotAdmitted::NoAgreement => Words("Geen overeenkomst", "No agreement"),
        NotAdmitted::AgreementNotYetValid => {
            Words("Overeenkomst geldt nog niet", "Agreement not valid yet")
        }
        NotAdmitted::AgreementExpired => Words("Overeenkomst verlopen", "Agreement expired"),
    }
}
