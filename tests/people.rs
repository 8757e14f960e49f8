//! People change: authority, incapacity, exclusion, birthdays, withdrawal by one of two parents, and
//! restriction of processing (DOMAIN §3.1, §5.6). Before and after each change a partner asks for the
//! summary: what was released is left out, and the other way round.

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

#[cfg(test)]
#[path = "people/authority.rs"]
mod authority;
#[cfg(test)]
#[path = "people/birthdays.rs"]
mod birthdays;
#[cfg(test)]
#[path = "people/incapacity.rs"]
mod incapacity;
#[cfg(test)]
#[path = "people/restriction.rs"]
mod restriction;
#[cfg(test)]
#[path = "people/steps.rs"]
mod steps;
