//! Where the time comes from. The only place of the product that reads the system's clock for a
//! decision; everything below takes `now` as an argument.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use crate::domain::time::Timestamp;

/// The time of a gateway: the system's, moved by an offset that is zero except in a demo or a test,
/// where a story is told at dates of its own.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_micros: Arc<AtomicI64>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// Now. A system clock before 1970 counts as 1970.
    pub fn now(&self) -> Timestamp {
        let micros = system_micros().saturating_add(self.offset_micros.load(Ordering::Acquire));
        Timestamp::from_micros(micros.max(0)).unwrap_or_else(epoch)
    }

    /// Moves the clock to `moment`; it runs on from there.
    pub fn set(&self, moment: Timestamp) {
        self.offset_micros.store(moment.as_micros() - system_micros(), Ordering::Release);
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that the rule sends everybody to")]
fn system_micros() -> i64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .unwrap_or(0)
}

fn epoch() -> Timestamp {
    Timestamp::from_micros(0).expect("the epoch is in range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_runs_on_from_there() {
        let clock = Clock::system();
        let story: Timestamp = "2026-03-12T00:52:00Z".parse().unwrap();
        clock.set(story);
        let now = clock.now();
        assert!(now >= story);
        assert!(now < story.plus(std::time::Duration::from_mins(1)));
    }
}
