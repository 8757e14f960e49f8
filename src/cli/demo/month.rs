//! A month of the region: what officers find in the console when they look back thirty days.
//!
//! Everything happens at the real gateway, by calls of organisations with their certificates, at the
//! moments of a calendar; the gateway's clock is moved from act to act, always forward, and ends at the
//! demo's present. The calendar is data and the same at every run of a day. All households are invented.

use std::time::Duration;

use anyhow::Context as _;

use super::world::World;
use crate::cli::terminal::Terminal;
use crate::domain::time::Timestamp;
use crate::gateway::Clock;

mod calendar;
mod care;
mod chance;
mod checking;
mod days;
mod deed;
mod emergency;
mod household;
mod intake;
mod names;
mod oversight;
mod sharing;
mod texts;
mod town;
mod watching;

use calendar::Month;
use days::DAYS;
use deed::Act;
use town::{Tally, Town};

/// Looks within it are asked at once, so that the month takes seconds.
const HALF_HOUR_MICROS: i64 = 30 * 60 * 1_000_000;

/// How long nothing is written down of what is late or over, while time passes.
const CATCH_UP: Duration = Duration::from_hours(4);

/// Lets the gateway live through the thirty days before its present, which is today, or later where the
/// clock of the gateway is later already.
pub(super) async fn live(world: &World, terminal: &mut Terminal) -> anyhow::Result<Tally> {
    let present = present(&world.clock);
    let month = Month::before(present);
    let length = u64::try_from(month.acts.len()).unwrap_or(0);
    let bar = terminal.progress(length, "thirty days of a region");
    let mut town = Town::new(&world.desks, &month);
    // Between the story and the month nobody does anything.
    let begin = days::before(present, DAYS).start();
    world.clock.set(begin.max(world.clock.now()));
    world.catch_up().await?;
    for acts in month.acts.chunk_by(are_together) {
        let Some(first) = acts.first() else { continue };
        pass(world, first.at).await?;
        let done = match acts {
            [act] => town.act(act).await,
            several => town.together(several).await,
        };
        done.with_context(|| format!("the month went wrong on {}", first.at.date()))?;
        bar.inc(u64::try_from(acts.len()).unwrap_or(0));
    }
    bar.finish_and_clear();
    pass(world, present).await?;
    world.clock.set(present.max(Clock::system().now()));
    Ok(town.tally())
}

/// Whether the calendar's next act happens while this one does: looks of the same half hour.
fn are_together(this: &Act, next: &Act) -> bool {
    let half_hour = |act: &Act| act.at.as_micros() / HALF_HOUR_MICROS;
    this.deed.is_a_look() && next.deed.is_a_look() && half_hour(this) == half_hour(next)
}

/// Lets time pass until `moment`. What becomes late or ends on the way is written down in its hour.
async fn pass(world: &World, moment: Timestamp) -> anyhow::Result<()> {
    while world.clock.now().plus(CATCH_UP) < moment {
        world.clock.set(world.clock.now().plus(CATCH_UP));
        world.catch_up().await?;
    }
    // It ran on during the last act, and is never set back.
    world.clock.set(moment.max(world.clock.now()));
    Ok(())
}

/// Today, unless the gateway's clock is within the month before it or later.
fn present(clock: &Clock) -> Timestamp {
    let earliest = clock.now().plus(Duration::from_hours((DAYS + 1) * 24));
    Clock::system().now().max(earliest)
}
