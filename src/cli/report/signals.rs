//! `ketenpoort report signals`: what the detectors saw and what they are worth, without anybody's name.

use serde_json::{Value, json};

use crate::cli::exit::Exit;
use crate::cli::terminal::{Terminal, Tone};
use crate::gateway::Gateway;
use crate::gateway::signals::{Detector, SignalView};

pub(super) async fn run(
    gateway: &Gateway,
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let found = gateway.signals_for_operator().await;
    gateway.close().await;
    let (signals, detectors) = found?;
    if json {
        terminal.json(&document(&signals, &detectors))?;
    } else {
        terminal.text(&text(&signals, &detectors, terminal))?;
    }
    Ok(Exit::Ok)
}

fn document(signals: &[SignalView], detectors: &[Detector]) -> Value {
    let signal = |of: &SignalView| {
        json!({
            "signal_id": of.row.signal_id.to_string(),
            "rule": of.row.rule.as_str(),
            "policy_version": of.row.pack.to_string(),
            "score": of.row.score,
            "oin": of.row.oin.to_string(),
            "entries": of.row.entry_count,
            "first_time": of.row.first_at.to_string(),
            "last_time": of.row.last_at.to_string(),
            "found_time": of.row.found_at.to_string(),
            "factors": of.factors,
        })
    };
    let detector = |of: &Detector| {
        json!({
            "rule": of.rule.as_str(),
            "open": of.open,
            "explained": of.explained,
            "incidents": of.incidents,
            "suppressed": of.suppressed,
        })
    };
    json!({
        "signals": signals.iter().map(signal).collect::<Vec<_>>(),
        "detectors": detectors.iter().map(detector).collect::<Vec<_>>(),
    })
}

fn text(signals: &[SignalView], detectors: &[Detector], terminal: &Terminal) -> String {
    let mut lines = vec![terminal.paint(Tone::Strong, "open signals")];
    for of in signals {
        let row = &of.row;
        let (rule, oin, at) = (row.rule.as_str(), &row.oin, row.found_at);
        lines.push(format!("{:>3}  {rule:<20}  {oin}  {:>5}  {at}", row.score, row.entry_count));
    }
    if signals.is_empty() {
        lines.push("none".to_owned());
    }
    lines.push(String::new());
    let head = format!("{:<20}  open  explained  incidents  suppressed", "rule");
    lines.push(terminal.paint(Tone::Strong, &head));
    for of in detectors {
        let Detector { rule, open, explained, incidents, suppressed } = of;
        let rule = rule.as_str();
        lines.push(format!(
            "{rule:<20}  {open:>4}  {explained:>9}  {incidents:>9}  {suppressed:>10}"
        ));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::tests::kept;
    use crate::domain::signal::{SignalRule, SignalState};
    use crate::domain::time::Timestamp;
    use crate::store::SignalRow;

    fn view() -> SignalView {
        let at: Timestamp = "2026-03-12T11:00:00Z".parse().unwrap();
        let row = SignalRow {
            signal_id: crate::domain::id::SignalId::from_bytes([1; 16]),
            rule: SignalRule::Denials,
            pack: "haaglanden-1".parse().unwrap(),
            version: 1,
            state: SignalState::Open,
            oin: "00000099000000006000".parse().unwrap(),
            other_oin: None,
            about: b"somebody".to_vec(),
            user_id: Some("ggz-0207".parse().unwrap()),
            case_ref: Some("VVT-2026-000123".parse().unwrap()),
            subject: Some(crate::domain::id::Pseudonym::new([9; 32])),
            score: 44,
            factors: "[]".to_owned(),
            entry_count: 24,
            first_at: at,
            last_at: at,
            found_at: at,
            idx: 7,
            closed_at: None,
            incident_id: None,
        };
        SignalView { row, factors: Vec::new() }
    }

    #[test]
    fn what_an_operator_sees_names_nobody() {
        let (terminal, ..) = kept();
        let rule = SignalRule::Denials;
        let detector = Detector { rule, open: 1, explained: 2, incidents: 3, suppressed: 4 };
        let (text, document) =
            (text(&[view()], &[detector], &terminal), document(&[view()], &[detector]).to_string());
        assert!(text.contains("\n 44  DENIALS               00000099000000006000     24  2026"));
        assert!(text.contains("\nDENIALS                  1          2          3           4\n"));
        assert!(document.contains(r#""entries":24"#), "{document}");
        for secret in ["ggz-0207", "VVT-2026-000123", "0909", "somebody"] {
            assert!(!text.contains(secret) && !document.contains(secret), "{secret}");
        }
    }
}
