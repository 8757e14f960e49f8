//! A row for an audit by NEN 7513:2018 (DOMAIN §5.4, §6.4): RFC 4180, UTF-8 without BOM, comma, CRLF. The
//! columns have the number and the Dutch name of the standard; ours begin with `x_`.

use crate::domain::disclosure::{DisclosureRecord, Moment};
use crate::domain::event::EventCode;
use crate::domain::id::{Oin, UserId};

use super::csv::Dialect;
use super::{Line, access_point, joined, letter};

const CSV: Dialect = Dialect(',');

const COLUMNS: [&str; 41] = [
    "log_id",
    "volgnummer",
    "7.2.1_gebeurteniscode",
    "7.2.2_actiecode",
    "7.2.3_datum_en_tijd",
    "7.2.4_aard_van_de_gebeurtenis",
    "7.2.5_resultaat",
    "7.2.6_controles",
    "7.3.1_gebruikers_id",
    "7.3.2_lokale_gebruikers_id",
    "7.3.3_gebruikersnaam",
    "7.3.4_gebruikersrol",
    "7.3.5_gebruiker_is_initiator",
    "7.3.6_id_verantwoordelijke_gebruiker",
    "7.3.7_naam_verantwoordelijke_gebruiker",
    "7.3.8_rol_verantwoordelijke_gebruiker",
    "7.3.9_type_toegangspunt",
    "7.3.10_identificatie_toegangspunt",
    "7.4.1_identificatortype",
    "7.4.2_klasse",
    "7.4.3_identificator",
    "7.4.4_naam",
    "7.4.5_details",
    "7.4.6_autorisatieprotocol",
    "7.4.7_behandelrelatieprotocol",
    "7.4.8_toestemmingsprofiel",
    "7.4.9_gevoeligheid",
    "7.4.10_categorie",
    "7.4.11_stadium",
    "7.4.12_zoekvraag",
    "7.5.1_identificatie_locatie",
    "7.5.2_identificatie_bron",
    "7.5.3_type_bron",
    "x_ontvanger_oin",
    "x_doel",
    "x_grondslag",
    "x_avg_6",
    "x_avg_9",
    "x_doorbrekingsgrond",
    "x_noodprocedure",
    "x_trace_id",
];

/// The header row.
pub fn header() -> Vec<u8> {
    CSV.row(COLUMNS)
}

/// One row.
pub fn row(line: Line<'_>) -> Vec<u8> {
    let record = line.record;
    let cells = event(line)
        .into_iter()
        .chain(user(record))
        .chain(object(line))
        .chain(source(record))
        .chain(own(line));
    CSV.row(cells)
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// 7.2: what happened.
fn event(line: Line<'_>) -> [String; 8] {
    let record = line.record;
    let (number, action) = line.dicom();
    [
        record.disclosure_id.to_string(),
        text(record.sequence),
        format!("DCM:{number}"),
        letter(action).to_owned(),
        Moment(record.recorded_at).to_string(),
        record.event_code.to_string(),
        record.outcome.severity().to_string(),
        checks(line),
    ]
}

/// 7.2.6: what was checked. The standard has no field for a line that was changed; here a reader of an
/// audit looks.
fn checks(line: Line<'_>) -> String {
    let changed = joined(line.changed);
    if changed.is_empty() {
        return line.record.checks.clone();
    }
    format!("GEWIJZIGD: {changed} {}", line.record.checks).trim_end().to_owned()
}

/// 7.3: by whom. Names are left out: the organisation knows them (minimisation).
fn user(record: &DisclosureRecord) -> [String; 10] {
    let party = record.acting_party();
    let at = party.network_address.as_deref().map(access_point);
    let of_own =
        |user: &Option<UserId>| text(user.as_ref().map(|user| global(&party.org_oin, user)));
    [
        of_own(&party.user_id),
        text(party.user_id.as_ref()),
        String::new(),
        text(party.user_role),
        "true".to_owned(),
        of_own(&party.responsible_user_id),
        String::new(),
        text(party.responsible_user_role),
        text(at.as_ref().map(|(kind, _)| kind)),
        text(at.map(|(_, address)| address)),
    ]
}

fn global(oin: &Oin, user: &UserId) -> String {
    format!("{oin}|{user}")
}

/// 7.4: about whom and what. The standard wants an identifier of every object, so an event about nobody
/// names what it was about.
fn object(line: Line<'_>) -> [String; 12] {
    let record = line.record;
    let (id_type, class, id, category) = if let Some(subject) = &record.data_subject {
        (subject.id_type.as_str(), "1", subject.pseudonym.to_hex(), "1")
    } else {
        let id = record.message_id.unwrap_or_else(|| record.disclosure_group_id.into());
        (record.object_type.as_str(), "2", id.to_string(), "")
    };
    let queried = matches!(record.event_code, EventCode::LogQueried | EventCode::LogExported);
    [
        id_type.to_owned(),
        class.to_owned(),
        id,
        String::new(),
        details(record),
        record.authorization_policy.to_string(),
        text(record.case_ref.as_ref().map(|case_ref| format!("case_team:{case_ref}"))),
        joined(&record.consent_ids),
        "R SDV".to_owned(),
        category.to_owned(),
        text(line.life_cycle().map(|(code, _)| code)),
        if queried { record.outcome_detail.clone() } else { String::new() },
    ]
}

/// The object with its version and id, then the categories.
fn details(record: &DisclosureRecord) -> String {
    let version = record.object_version.map(|version| format!("v{version}"));
    let id = record.message_id.map(|id| id.to_string());
    let object = [Some(record.object_type.to_string()), version, id];
    let object = joined(object.into_iter().flatten());
    if record.data_categories.is_empty() {
        return object;
    }
    format!("{object}; {}", joined(record.data_categories.iter()))
}

/// 7.5: by which system.
fn source(record: &DisclosureRecord) -> [String; 3] {
    [record.source_site.clone(), record.source_system.clone(), "4".to_owned()]
}

/// What the standard has no field for.
fn own(line: Line<'_>) -> [String; 8] {
    let record = line.record;
    [
        text(record.recipient.as_ref().map(|recipient| &recipient.org_oin)),
        text(record.purpose),
        text(record.basis),
        text(record.avg_article_6.as_ref()),
        text(record.avg_article_9.as_ref()),
        text(record.confidentiality_ground.as_ref()),
        line.in_emergency().to_string(),
        if line.is_what_is_left() { String::new() } else { hex::encode(record.trace_id.0) },
    ]
}
