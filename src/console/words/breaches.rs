//! Words for breaches and incidents.

use crate::console::lang::Words;
use crate::domain::breach::{BreachKind, Notification};
use crate::domain::incident::IncidentCause;

pub(in crate::console) const fn kind(of: BreachKind) -> Words {
    match of {
        BreachKind::Certificate => {
            Words("Certificaat van een organisatie", "Certificate of an organisation")
        }
        BreachKind::User => Words("Account van een medewerker", "Account of an employee"),
        BreachKind::Recipient => {
            Words("Wat een organisatie ontving", "What an organisation received")
        }
        BreachKind::Message => Words("Eén bericht", "One message"),
    }
}

pub(in crate::console) const fn notification(of: Notification) -> Words {
    match of {
        Notification::Notified => Words(
            "Gemeld bij de Autoriteit Persoonsgegevens",
            "The Data Protection Authority was notified",
        ),
        Notification::RiskUnlikely => Words(
            "Niet gemeld: een risico voor mensen is onwaarschijnlijk",
            "Not notified: a risk to people is unlikely",
        ),
    }
}

pub(in crate::console) const fn cause(of: IncidentCause) -> Words {
    match of {
        IncidentCause::ReviewNotJustified => {
            Words("Noodtoegang die niet terecht was", "Break-glass that was not justified")
        }
        IncidentCause::Breach => Words("Datalek", "Breach"),
        IncidentCause::Signal => Words("Signaal", "Signal"),
    }
}
