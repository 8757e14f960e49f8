//! The words for what an officer looked at, as the entry of a look names it.

use crate::console::lang::Words;
use crate::domain::look::Look;
use crate::domain::occasion::Occasion;

pub(in crate::console) const fn look(what: Look) -> Words {
    match what {
        Look::Search => Words("Verstrekkingen gezocht", "Searched disclosures"),
        Look::SearchSaved => Words("Zoekvraag bewaard", "Kept a search"),
        Look::SearchDeleted => Words("Zoekvraag verwijderd", "Deleted a search"),
        Look::Entry => Words("Eén verstrekking bekeken", "Looked at one disclosure"),
        Look::Integrity => Words("Integriteit bekeken", "Looked at the integrity"),
        Look::Checkpoint => Words("Controlepunt vergeleken", "Compared a checkpoint"),
        Look::Verification => Words("Steekproef gecontroleerd", "Verified a sample"),
        Look::Drawing => Words("Steekproef getrokken", "Drew a sample"),
        Look::Sample => Words("Steekproef bekeken", "Looked at a sample"),
        Look::Consents => Words("Toestemmingen van een zaak", "Consents of a case"),
        Look::Directory => Words("Organisaties bekeken", "Looked at organisations"),
        Look::Statistics => Words("Statistiek bekeken", "Looked at statistics"),
        Look::OwnLooks => Words("Eigen logboek bekeken", "Looked at the own log"),
        Look::Overview => Words("Overzicht bekeken", "Looked at the overview"),
        Look::Requests => Words("Inzageverzoeken bekeken", "Looked at data-subject requests"),
        Look::Request => Words("Eén inzageverzoek bekeken", "Looked at one data-subject request"),
        Look::CasePeople => {
            Words("Personen van een zaak bekeken", "Looked at the people of a case")
        }
        Look::AccessReport => Words("Inzageoverzicht bekeken", "Looked at a report of access"),
        Look::Holds => Words("Bewaringen bekeken", "Looked at holds"),
        Look::Breach => Words("Datalek bekeken", "Looked at a breach"),
        Look::Incident => Words("Eén incident bekeken", "Looked at one incident"),
        Look::Incidents => Words("Incidenten bekeken", "Looked at incidents"),
        Look::ReviewQueue => Words("Noodtoegangen bekeken", "Looked at emergencies"),
        Look::ReviewQueueOpened => Words(
            "Noodtoegangen met toelichting bekeken",
            "Looked at emergencies and what was said",
        ),
        Look::Review => Words("Eén noodtoegang bekeken", "Looked at one emergency"),
        Look::ReviewWatch => Words("Noodtoegangen gevolgd", "Watched emergencies"),
        Look::Signals => Words("Signalen bekeken", "Looked at signals"),
        Look::Signal => Words("Eén signaal bekeken", "Looked at one signal"),
        Look::Detectors => Words("Opbrengst van regels bekeken", "Looked at what rules are worth"),
        Look::SignalsOperator => {
            Words("Signalen bekeken door de beheerder", "Looked at signals as the operator")
        }
        Look::Suppressions => Words("Onderdrukkingen bekeken", "Looked at suppressions"),
        Look::Export => Words("Verstrekkingen uitgevoerd", "Exported disclosures"),
        Look::Questions => Words("Vragen bekeken", "Looked at questions"),
        Look::StatisticsExport => Words("Statistiek uitgevoerd", "Exported statistics"),
    }
}

pub(in crate::console) const fn occasion(of: Occasion) -> Words {
    match of {
        Occasion::Complaint => Words("Klacht", "Complaint"),
        Occasion::Sample => Words("Steekproef", "Sample"),
        Occasion::Incident => Words("Incident", "Incident"),
        Occasion::SubjectRequest => Words("Inzageverzoek", "Data-subject request"),
        Occasion::Digest => Words("Weekoverzicht per mail", "Weekly digest by mail"),
    }
}
