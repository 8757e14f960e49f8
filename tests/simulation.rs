//! Schedules of calls, losses, crashes, clock steps and tampering, drawn from a seed and played on a
//! gateway and on a model of it side by side.
//!
//! The model (`simulation/model.rs`) stands outside: it knows what was sent, what was answered, and
//! what can be read in the ledger. `KETENPOORT_LONG=1` plays many more schedules, `KETENPOORT_SEED=n`
//! begins at another seed. A schedule that fails is made as short as possible and printed as a list
//! that can be kept as a test of its own.
#![cfg(test)]

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;
#[path = "support/postgres.rs"]
mod postgres;

#[path = "simulation/broken.rs"]
mod broken;
#[path = "simulation/callers.rs"]
mod callers;
#[path = "simulation/kept.rs"]
mod kept;
#[path = "simulation/ledger.rs"]
mod ledger;
#[path = "simulation/many.rs"]
mod many;
#[path = "simulation/model.rs"]
mod model;
#[path = "simulation/place.rs"]
mod place;
#[path = "simulation/run.rs"]
mod run;
#[path = "simulation/step.rs"]
mod step;

use broken::Broken;
use many::{detected_after, play};
use place::Prepared;
use step::{FAULTS, Tamper};

const CONTROLS_WITHIN: u64 = 500;

#[test]
fn every_schedule_ends_as_the_model_says_on_sqlite() {
    let tampers = Tamper::ALL.map(Tamper::name);
    play(Prepared::sqlite(), many::schedules(500, 10_000), &[&FAULTS[..], &tampers].concat());
}

#[test]
fn every_schedule_ends_as_the_model_says_on_postgresql() {
    play(Prepared::postgres(), many::schedules(30, 500), &["cut call", "lost reply", "crash"]);
}

#[test]
fn the_model_notices_every_broken_gateway() {
    for broken in Broken::ALL {
        let schedules = detected_after(Prepared::sqlite(), broken, CONTROLS_WITHIN);
        let Some((seed, why)) = schedules else {
            panic!("{CONTROLS_WITHIN} schedules did not show that a gateway is broken: {broken:?}");
        };
        println!("{broken:?}: found by schedule {seed}: {why}");
    }
}
