//! The pages of the console that show whether the gateway can be trusted, over real TLS.
#![cfg(test)]

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;
#[expect(dead_code, reason = "every test file uses another part of the site")]
#[path = "support/site.rs"]
mod site;

#[path = "console_trust/consents.rs"]
mod consents;
#[path = "console_trust/disclosure.rs"]
mod disclosure;
#[path = "console_trust/integrity.rs"]
mod integrity;
#[path = "console_trust/organisations.rs"]
mod organisations;
#[path = "console_trust/own_pages.rs"]
mod own_pages;
