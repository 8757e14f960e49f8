//! The work of a privacy officer in the console, over real TLS: emergencies are judged, requests
//! answered and breaches sized.
#![cfg(test)]

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;
#[path = "support/routes.rs"]
mod routes;
#[expect(dead_code, reason = "every test file uses another part of the site")]
#[path = "support/site.rs"]
mod site;

mod console_work {
    mod breaches;
    pub(crate) mod emergencies;
    mod looks;
    mod overview;
    mod questions;
    mod requests;
    mod sample;
    mod saved;
    mod scene;
    mod unwritable;
}
