//! Breaches and their scope.

use prost::Message as _;

use crate::domain::breach::{BreachDraft, Notification};
use crate::domain::id::{Oin, Pseudonym};
use crate::gateway::breaches::{BreachScope, BreachView, Notified, Numbers, Recalls};
use crate::grpc::convert::{Reader, decision, moment};
use crate::grpc::pb;

/// The raw breach; moments that are none are noted.
pub(in crate::grpc) fn draft(of: pb::OpenBreachRequest, reader: &mut Reader) -> BreachDraft {
    let window = of.window.unwrap_or_default();
    BreachDraft {
        kind: of.kind,
        oin: of.oin,
        user_id: of.user_id,
        certificate_fingerprint: of.certificate_fingerprint,
        message_id: of.message_id,
        from: reader.moment("window.start_time", window.start_time),
        until: reader.moment("window.end_time", window.end_time),
        detected_at: reader.moment("detected_at", of.detected_at),
        aware_at: reader.moment("aware_at", of.aware_at),
        encrypted: of.encrypted,
        nature: of.nature,
    }
}

/// The answer to `OpenBreach`.
pub(in crate::grpc) fn opened(of: &BreachView) -> Vec<u8> {
    pb::OpenBreachResponse { breach: Some(breach(of)) }.encode_to_vec()
}

/// The answer to `RecordBreachNotification`.
pub(in crate::grpc) fn notified(of: &Notified) -> Vec<u8> {
    pb::RecordBreachNotificationResponse {
        incident_id: of.incident_id.to_string(),
        notified_at: Some(moment(of.at)),
        late: of.is_late,
    }
    .encode_to_vec()
}

/// The answer to `CloseBreach`.
pub(in crate::grpc) fn closed(of: &BreachView) -> Vec<u8> {
    pb::CloseBreachResponse { breach: Some(breach(of)) }.encode_to_vec()
}

/// The answer to `BuildBreachScopeReport`.
pub(in crate::grpc) fn scope(
    of: &BreachScope,
    next_page_token: String,
) -> pb::BuildBreachScopeReportResponse {
    pb::BuildBreachScopeReportResponse {
        breach: Some(breach(&of.breach)),
        numbers: of.numbers.as_ref().map(numbers),
        subject_pseudonyms: of.people.iter().copied().map(Pseudonym::to_hex).collect(),
        next_page_token,
        tree_size: of.tree_size,
    }
}

/// A breach.
pub(in crate::grpc) fn breach(of: &BreachView) -> pb::Breach {
    let period = pb::Period {
        start_time: Some(moment(of.breach.from)),
        end_time: Some(moment(of.breach.until)),
    };
    pb::Breach {
        incident_id: of.incident_id.to_string(),
        oin: of.oin.to_string(),
        kind: of.breach.compromised.kind().number().into(),
        window: Some(period),
        detected_at: Some(moment(of.breach.detected_at)),
        aware_at: Some(moment(of.breach.aware_at)),
        notify_due_at: Some(moment(of.notify_due_at)),
        encrypted: of.breach.is_encrypted,
        reported_at: of.reported_at.map(moment),
        notification: of.notification.map_or(0, Notification::number).into(),
        closed_at: of.closed_at.map(moment),
        notified_at: of.notified_at.map(moment),
        motivation: of.motivation.clone().unwrap_or_default(),
    }
}

fn numbers(of: &Numbers) -> pb::BreachNumbers {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (first_index, last_index) = of.range.unwrap_or((-1, -1));
    pb::BreachNumbers {
        n_subjects: count(of.subjects),
        n_minors: count(of.minors),
        n_forgotten: count(of.forgotten),
        n_records: count(of.records),
        n_changed: count(of.changed),
        oins: of.orgs.iter().map(Oin::to_string).collect(),
        users: of
            .users
            .iter()
            .map(|(oin, user)| pb::BreachUser { oin: oin.to_string(), user_id: user.to_string() })
            .collect(),
        categories: decision::categories(of.categories),
        special_or_criminal: of.is_special_or_criminal(),
        recipients_outside_agreement: of.outside_agreement.iter().map(Oin::to_string).collect(),
        first_index,
        last_index,
        recalls: of.recalls.iter().map(recall).collect(),
        evidence_hash: of.evidence.map_or_else(Vec::new, |hash| hash.to_vec()),
    }
}

fn recall((recipient, of): (&Oin, &Recalls)) -> pb::BreachRecall {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    pb::BreachRecall {
        recipient_oin: recipient.to_string(),
        n_cases: count(of.cases),
        n_sent: count(of.sent),
        n_confirmed: count(of.confirmed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recall_tells_what_was_sent_and_what_was_confirmed() {
        let recipient: Oin = "00000099000000006000".parse().unwrap();
        let told = recall((&recipient, &Recalls { cases: 7, sent: 5, confirmed: 3 }));
        assert_eq!(told.recipient_oin, recipient.to_string());
        assert_eq!((told.n_cases, told.n_sent, told.n_confirmed), (7, 5, 3));
    }
}
