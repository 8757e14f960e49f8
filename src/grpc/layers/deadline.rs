//! How long a caller waits, and under which trace.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;

use super::super::methods::Talk;
use super::{Error, Limits, TraceId};

/// When the caller stops waiting.
#[derive(Debug, Clone, Copy)]
pub(in crate::grpc) struct Deadline(pub(in crate::grpc) Instant);

/// The server under us has a timer on the same header and answers CANCELLED, which is wrong. Ours
/// fires this much earlier.
const AHEAD_OF_TRANSPORT: Duration = Duration::from_millis(5);

/// This call waits for something to happen.
const LONG_POLL: &str = "/ketenpoort.v1.ReferralService/PullReferrals";

/// The deadline of a call: the caller's, at most ours for a call with one answer. A stream without
/// a deadline has none.
pub(super) fn of(headers: &HeaderMap, path: &str, talk: Talk, limits: &Limits) -> Option<Deadline> {
    let asked = headers.get("grpc-timeout").and_then(|value| parse(value.to_str().ok()?));
    let waits = if path == LONG_POLL { limits.long_poll_max } else { Duration::ZERO };
    let timeout = if talk.one_response {
        let asked = asked.unwrap_or_else(|| limits.unary_timeout_default + waits);
        Some(asked.min(limits.unary_timeout_max + waits))
    } else {
        asked
    };
    let timeout = timeout?.saturating_sub(AHEAD_OF_TRANSPORT);
    Instant::now().checked_add(timeout).map(Deadline)
}

/// `TimeoutValue TimeoutUnit` of gRPC over HTTP/2: at most 8 digits and one of `H M S m u n`.
/// Anything else counts as none, as it does everywhere.
fn parse(text: &str) -> Option<Duration> {
    let (at, unit) = text.char_indices().next_back()?;
    let digits = text.get(..at)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    match unit {
        'H' => Some(Duration::from_secs(value * 60 * 60)),
        'M' => Some(Duration::from_secs(value * 60)),
        'S' => Some(Duration::from_secs(value)),
        'm' => Some(Duration::from_millis(value)),
        'u' => Some(Duration::from_micros(value)),
        'n' => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

/// The trace of the caller (W3C), or a new one.
pub(super) fn trace(headers: &HeaderMap) -> Result<TraceId, Error> {
    let given = headers.get("traceparent").and_then(|value| value.to_str().ok()?.parse().ok());
    given.map_or_else(TraceId::generate, Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_has_up_to_eight_digits_and_a_unit() {
        for (text, duration) in [
            ("1H", Duration::from_hours(1)),
            ("2M", Duration::from_mins(2)),
            ("3S", Duration::from_secs(3)),
            ("40m", Duration::from_millis(40)),
            ("5u", Duration::from_micros(5)),
            ("99999999n", Duration::from_nanos(99_999_999)),
        ] {
            assert_eq!(parse(text), Some(duration), "{text}");
        }
        for bad in ["", "S", "123456789S", "-1S", "1s", "1", "1.5S", "１S", "1é"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_call_with_one_answer_always_has_a_deadline() {
        let limits = Limits::default();
        let unary = Talk { one_request: true, one_response: true };
        let stream = Talk { one_request: false, one_response: false };
        let within = |headers: &HeaderMap, path, talk| {
            let deadline = of(headers, path, talk, &limits)?;
            Some(deadline.0.duration_since(Instant::now()).as_secs_f64().round())
        };
        let none = HeaderMap::new();
        assert_eq!(within(&none, "/x", unary), Some(10.0));
        assert_eq!(within(&none, LONG_POLL, unary), Some(40.0));
        assert_eq!(within(&none, "/x", stream), None);
        let day = HeaderMap::from_iter([("grpc-timeout".parse().unwrap(), "24H".parse().unwrap())]);
        assert_eq!(within(&day, "/x", unary), Some(60.0));
        let named: http::HeaderName = "grpc-timeout".parse().unwrap();
        let day = HeaderMap::from_iter([(named, "24H".parse().unwrap())]);
        assert_eq!(within(&day, "/x", stream), Some(24.0 * 3600.0));
    }
}
