//! The words for what an officer looked at, as the record of a look names it.

use crate::console::lang::Words;
use crate::domain::occasion::Occasion;

/// None for a code without words, which then stands there itself.
pub(in crate::console) fn look(what: &str) -> Option<Words> {
    Some(match what {
        "SEARCH" => Words("Verstrekkingen gezocht", "Searched disclosures"),
        "SEARCH_SAVED" => Words("Zoekvraag bewaard", "Kept a search"),
        "SEARCH_DELETED" => Words("Zoekvraag verwijderd", "Deleted a search"),
        "ENTRY" => Words("Eén verstrekking bekeken", "Looked at one disclosure"),
        "INTEGRITY" => Words("Integriteit bekeken", "Looked at the integrity"),
        "CHECKPOINT" => Words("Controlepunt vergeleken", "Compared a checkpoint"),
        "VERIFICATION" => Words("Steekproef gecontroleerd", "Verified a sample"),
        "DRAWING" => Words("Steekproef getrokken", "Drew a sample"),
        "SAMPLE" => Words("Steekproef bekeken", "Looked at a sample"),
        "CONSENTS" => Words("Toestemmingen van een zaak", "Consents of a case"),
        "DIRECTORY" => Words("Organisaties bekeken", "Looked at organisations"),
        "STATISTICS" => Words("Statistiek bekeken", "Looked at statistics"),
        "OWN_LOOKS" => Words("Eigen logboek bekeken", "Looked at the own log"),
        "REQUESTS" => Words("Inzageverzoeken bekeken", "Looked at data-subject requests"),
        "HOLDS" => Words("Bewaringen bekeken", "Looked at holds"),
        "BREACH" => Words("Datalek bekeken", "Looked at a breach"),
        "REVIEWS" => Words("Noodtoegangen bekeken", "Looked at emergencies"),
        "REVIEW" => Words("Eén noodtoegang bekeken", "Looked at one emergency"),
        _ => return None,
    })
}

pub(in crate::console) const fn occasion(of: Occasion) -> Words {
    match of {
        Occasion::Complaint => Words("Klacht", "Complaint"),
        Occasion::Sample => Words("Steekproef", "Sample"),
        Occasion::Incident => Words("Incident", "Incident"),
        Occasion::SubjectRequest => Words("Inzageverzoek", "Data-subject request"),
    }
}
