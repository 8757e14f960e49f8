//! A row for privacy officers and the spreadsheets they use: UTF-8 with BOM, semicolons, one value a
//! cell, Dutch time. The last row tells how many there should be, and of which ledger.

use crate::domain::disclosure::DisclosureRecord;

use super::csv::Dialect;
use super::{Line, Names, joined};

const CSV: Dialect = Dialect(';');

const COLUMNS: [&str; 31] = [
    "volgnummer",
    "kenmerk",
    "handeling",
    "tijd",
    "gebeurtenis",
    "uitkomst",
    "weigeringsgrond",
    "bron_oin",
    "bron_naam",
    "ontvanger_oin",
    "ontvanger_naam",
    "beheerder_oin",
    "medewerker",
    "medewerker_oin",
    "medewerker_rol",
    "verantwoordelijke",
    "verantwoordelijke_rol",
    "zaak",
    "betrokkene",
    "leeftijdsgroep",
    "soort_gegevens",
    "doel",
    "grondslag",
    "avg_6",
    "avg_9",
    "doorbrekingsgrond",
    "toestemmingen",
    "noodprocedure",
    "controles",
    "vergeten",
    "gewijzigd",
];

/// What the last row says about the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End<'e> {
    /// How many rows there are between the header and this one.
    pub rows: u64,
    /// Of how many entries of the ledger they were taken.
    pub tree_size: i64,
    /// The name of the ledger.
    pub origin: &'e str,
    /// The size of a checkpoint that holds all of them.
    pub checkpoint_size: u64,
    /// Its root, in base64.
    pub checkpoint_root: String,
}

/// The byte-order mark, by which a spreadsheet knows UTF-8, and the header row.
pub fn header() -> Vec<u8> {
    ["\u{feff}".as_bytes(), &CSV.row(COLUMNS)].concat()
}

/// One row.
pub fn row(line: Line<'_>, names: &Names) -> Vec<u8> {
    let record = line.record;
    CSV.row(event(record, names).into_iter().chain(people(line)).chain(grounds(line)))
}

/// The last row.
pub fn end(end: &End<'_>) -> Vec<u8> {
    CSV.row([
        "einde",
        "regels",
        &end.rows.to_string(),
        "stand",
        &end.tree_size.to_string(),
        "controlepunt",
        end.origin,
        &end.checkpoint_size.to_string(),
        &end.checkpoint_root,
    ])
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn event(record: &DisclosureRecord, names: &Names) -> [String; 12] {
    let recipient = record.recipient.as_ref().map(|recipient| &recipient.org_oin);
    [
        text(record.sequence),
        record.disclosure_id.to_string(),
        record.disclosure_group_id.to_string(),
        record.recorded_at.zoned().strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string(),
        record.event_code.to_string(),
        record.outcome.severity().to_string(),
        text(record.denial),
        record.sender.org_oin.to_string(),
        text(names.called(&record.sender.org_oin)),
        text(recipient),
        text(recipient.and_then(|oin| names.called(oin))),
        record.custodian_oin.to_string(),
    ]
}

fn people(line: Line<'_>) -> [String; 8] {
    let record = line.record;
    let party = record.acting_party();
    let subject = record.data_subject.as_ref();
    [
        text(party.user_id.as_ref()),
        party.org_oin.to_string(),
        text(party.user_role),
        text(party.responsible_user_id.as_ref()),
        text(party.responsible_user_role),
        text(record.case_ref.as_ref()),
        text(subject.map(|subject| subject.pseudonym.to_hex())),
        text(subject.filter(|_| !line.is_what_is_left()).map(|subject| subject.age_band)),
    ]
}

fn grounds(line: Line<'_>) -> [String; 11] {
    let record = line.record;
    [
        joined(record.data_categories.iter()),
        text(record.purpose),
        text(record.basis),
        text(record.avg_article_6.as_ref()),
        text(record.avg_article_9.as_ref()),
        text(record.confidentiality_ground.as_ref()),
        joined(&record.consent_ids),
        dutch(line.in_emergency()),
        record.checks.clone(),
        dutch(line.is_forgotten),
        if line.changed.is_empty() { dutch(false) } else { joined(line.changed) },
    ]
}

fn dutch(yes: bool) -> String {
    if yes { "ja" } else { "nee" }.to_owned()
}
