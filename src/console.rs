//! The console: pages on which privacy officers see, understand and prove what was disclosed.
//!
//! Invariants:
//! - Who has no certificate of a person in the role of privacy officer sees a page that says so, and
//!   nothing else. The certificate is judged at every request, not only at the handshake.
//!   Only the demo has another way in (`entrance`): to invented officers, from its own machine.
//! - Pages show what the use cases of the gateway give to that officer. Every look is in the ledger
//!   before it is answered; when the ledger cannot be written, nothing is shown.
//! - Nothing comes from elsewhere and nothing is written into a page but by the templates, which
//!   escape: no script or style stands in a page, and the browser is told to accept none.
//! - A page needs no script. The one module checks a proof in the browser, and the page says what the
//!   gateway found without it.

mod app;
mod assets;
mod badge;
mod bars;
mod charts;
mod door;
mod entrance;
mod findings;
mod forms;
mod headers;
mod lang;
mod login;
mod menu;
mod moments;
mod page;
mod pages;
mod rows;
mod second_factor;
mod sentence;
mod serve;
mod session;
mod settings;
mod texts;
mod timeline;
mod words;

#[cfg(test)]
mod tests;

pub use door::Live;
pub use entrance::{Entrance, EntranceError};
pub use second_factor::{LoginRules, SecondFactor, SecondFactorError};
pub use serve::{Certificates, Options, serve};
