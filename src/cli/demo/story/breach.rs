//! Step 16b: a drill. The certificate of mental health care was compromised for a night; the ledger
//! tells whom that touches.

use anyhow::Result;

use super::{Story, request_id};
use crate::cli::demo::party::Party;
use crate::cli::demo::watch::Growth;
use crate::cli::demo::{employee, expect, moment};
use crate::grpc::pb::{
    BreachKind, BreachNotification, BuildBreachScopeReportRequest, CloseBreachRequest,
    OpenBreachRequest, Period, RecordBreachNotificationRequest,
};

/// The night of the emergency.
const NIGHT: (&str, &str) = ("2026-06-07T23:00:00+02:00", "2026-06-08T08:00:00+02:00");
/// When it was found, and known to be a breach.
const AWARE: &str = "2026-07-01T14:00:00+02:00";

/// The breach drill of step 16.
/// Returns how far the ledger is.
pub(super) async fn tell(story: &mut Story<'_>) -> Result<Growth> {
    story.chapter("A drill")?;
    story.step(
        "16b",
        AWARE,
        "The key of mental health care's certificate was copied, the night of 7 June. Whom does \
         that touch?",
    )?;
    let mut privacy = story.desks.fg.privacy();
    let period =
        Period { start_time: Some(moment::proto(NIGHT.0)), end_time: Some(moment::proto(NIGHT.1)) };
    let request = OpenBreachRequest {
        request_id: request_id(),
        actor: Some(employee::privacy_officer()),
        kind: BreachKind::Certificate.into(),
        oin: Party::Ggz.oin().to_owned(),
        certificate_fingerprint: "c0".repeat(32),
        window: Some(period),
        detected_at: Some(moment::proto(AWARE)),
        aware_at: Some(moment::proto(AWARE)),
        nature: "Oefening: de sleutel van een certificaat is gekopieerd.".to_owned(),
        ..OpenBreachRequest::default()
    };
    let opened = expect::answered("opening a breach", privacy.open_breach(request).await)?;
    let breach = expect::given("the breach", opened.breach)?;
    let due = moment::minute(breach.notify_due_at.as_ref());
    expect::equal("when the authority must know", due.as_str(), "2026-07-04 14:00")?;
    story.happened("The authority must know before 2026-07-04 14:00: 72 hours, night and day.")?;
    let request = BuildBreachScopeReportRequest {
        actor: Some(employee::privacy_officer()),
        incident_id: breach.incident_id.clone(),
        ..BuildBreachScopeReportRequest::default()
    };
    let outcome = privacy.build_breach_scope_report(request).await;
    let report = expect::answered("sizing the breach", outcome)?;
    let numbers = expect::given("the numbers of the breach", report.numbers)?;
    expect::so("at least one minor is touched", numbers.n_minors >= 1)?;
    let people = i64::try_from(report.subject_pseudonyms.len())?;
    expect::equal("people in the report", people, numbers.n_subjects)?;
    expect::so("the report is bound to the entries", numbers.evidence_hash.len() == 32)?;
    let of_ggz = numbers.users.iter().all(|user| user.oin == Party::Ggz.oin());
    expect::so("only what the certificate did is counted", of_ggz)?;
    story.happened(&format!(
        "Counted from the ledger: {} people, of whom {} minors, in {} entries.",
        numbers.n_subjects, numbers.n_minors, numbers.n_records
    ))?;
    let request = RecordBreachNotificationRequest {
        request_id: request_id(),
        actor: Some(employee::privacy_officer()),
        incident_id: breach.incident_id.clone(),
        notification: BreachNotification::RiskUnlikely.into(),
        motivation: "Oefening; er is niets gebeurd.".to_owned(),
    };
    let told = privacy.record_breach_notification(request).await;
    let told = expect::answered("telling that nobody is at risk", told)?;
    expect::so("it was told in time", !told.late)?;
    let request = CloseBreachRequest {
        request_id: request_id(),
        actor: Some(employee::privacy_officer()),
        incident_id: breach.incident_id,
    };
    expect::answered("ending the drill", privacy.close_breach(request).await)?;
    story.growth().await
}
