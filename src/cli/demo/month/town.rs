//! The people of the month at their desks: every act is a call of an organisation, with its own
//! certificate, to the gateway that serves.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use futures_util::future::try_join_all;
use tonic::{Code, Response, Status};

use super::calendar::Month;
use super::days;
use super::deed::{Act, Deed, Emergency, Employee, Officer, Way};
use super::household::Household;
use super::{checking, intake, sharing, watching};
use crate::cli::demo::expect;
use crate::cli::demo::party::Party;
use crate::cli::demo::world::{Desk, Desks};
use crate::domain::time::Timestamp;
use crate::grpc::pb::{Actor, UserRole};

/// How it went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::cli::demo) struct Tally {
    /// Calls that the gateway answered.
    pub(in crate::cli::demo) answered: u64,
    /// Calls that it refused by its policy.
    pub(in crate::cli::demo) refused: u64,
}

/// The desks, and what they remember from one act to another.
pub(super) struct Town<'a> {
    pub(super) desks: &'a Desks,
    pub(super) month: &'a Month,
    /// Consents in force, by household, way and person.
    pub(super) consents: BTreeMap<(usize, Way, &'static str), String>,
    /// Reviews that were opened.
    pub(super) reviews: BTreeMap<Emergency, String>,
    /// Requests of data subjects, by household.
    pub(super) requests: BTreeMap<usize, String>,
    answered: AtomicU64,
    refused: AtomicU64,
}

impl<'a> Town<'a> {
    pub(super) fn new(desks: &'a Desks, month: &'a Month) -> Self {
        Self {
            desks,
            month,
            consents: BTreeMap::new(),
            reviews: BTreeMap::new(),
            requests: BTreeMap::new(),
            answered: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    pub(super) fn tally(&self) -> Tally {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Tally { answered: read(&self.answered), refused: read(&self.refused) }
    }

    /// Does what several people do within the same minutes, without a need of each other.
    pub(super) async fn together(&self, acts: &[Act]) -> Result<()> {
        try_join_all(acts.iter().map(|act| async move {
            if let Deed::Ask(question) = &act.deed {
                sharing::ask(self, act.household, question).await?;
            }
            if let Deed::Look(by) = &act.deed {
                watching::look(self, *by, act.at).await?;
            }
            Ok(())
        }))
        .await
        .map(drop)
    }

    /// Does what the calendar says. The gateway's clock stands at the moment of the act.
    pub(super) async fn act(&mut self, act: &Act) -> Result<()> {
        let (at, number) = (act.at, act.household);
        match &act.deed {
            Deed::Refer => intake::refer(self, number).await,
            Deed::TakeIn => intake::take_in(self).await,
            Deed::FirstContact => intake::first_contact(self, number, at).await,
            Deed::Triage(outcome) => intake::triage(self, number, *outcome).await,
            Deed::Feedback => intake::feedback(self, number).await,
            Deed::Inform => intake::inform(self, number, at).await,
            Deed::OpenCase => intake::open_case(self, number).await,
            Deed::Join(party) => intake::join(self, number, *party).await,
            Deed::AskConsent { way, refusing } => {
                sharing::ask_consent(self, number, *way, *refusing, at).await
            }
            Deed::Withdraw { way, person } => sharing::withdraw(self, number, *way, person).await,
            Deed::Publish(party) => sharing::publish(self, number, *party, at).await,
            Deed::Ask(question) => sharing::ask(self, number, question).await,
            Deed::MayI { by, about } => sharing::may_i(self, number, *by, about).await,
            Deed::Give(gift) => sharing::give(self, number, *gift, at).await,
            Deed::Review { of, by, verdict } => watching::review(self, *of, *by, *verdict).await,
            Deed::OpenRequest { person } => watching::open(self, number, person, at).await,
            Deed::ExtendRequest => watching::extend(self, number).await,
            Deed::PrepareReport => watching::prepare(self, number).await.map(|_waits| ()),
            Deed::AnswerRequest => watching::answer(self, number).await,
            Deed::Breach => watching::breach(self, at).await,
            Deed::Theft => watching::theft(self, at).await,
            Deed::Look(by) => watching::look(self, *by, at).await,
            Deed::Sample => checking::sample(self, at).await,
            Deed::Inquire => checking::inquire(self, at).await,
            Deed::Explain => checking::explain(self).await,
            Deed::Raise => checking::raise(self, at).await,
        }
    }

    pub(super) fn household(&self, number: usize) -> &'a Household {
        self.month.households.get(number).expect("the calendar names its own households")
    }

    pub(super) fn desk(&self, party: Party) -> &'a Desk {
        self.desks.of(party)
    }

    /// An answer that must come.
    pub(super) fn answered<T>(
        &self,
        what: &str,
        outcome: Result<Response<T>, Status>,
    ) -> Result<T> {
        let answer = expect::answered(what, outcome)?;
        self.answered.fetch_add(1, Ordering::Relaxed);
        Ok(answer)
    }

    /// An answer, or none where the policy says no. Anything else is a fault.
    pub(super) fn allowed<T>(
        &self,
        what: &str,
        outcome: Result<Response<T>, Status>,
    ) -> Result<Option<T>> {
        if outcome.as_ref().is_err_and(|status| status.code() == Code::PermissionDenied) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Ok(None);
        }
        self.answered(what, outcome).map(Some)
    }
}

/// A new id for a request.
pub(super) fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The process director of a household.
pub(super) fn director(number: usize) -> Actor {
    actor(format!("sp-{:04}", 140 + number % 6), UserRole::ProcessDirector)
}

pub(super) fn employee(by: Employee) -> Actor {
    let prefix = match by.party {
        Party::Police => "pol",
        Party::Steunpunt => "sp",
        Party::SocialWork => "amw",
        Party::YouthCare => "bjz",
        Party::Ggz => "ggz",
        Party::Mee => "mee",
        Party::Shelter => "vo",
        Party::Fg => "fg",
    };
    actor(format!("{prefix}-{:04}", by.number), by.role)
}

/// An officer's organisation and name.
pub(super) fn officer(by: Officer) -> (Party, Actor) {
    let (party, user_id) = match by {
        Officer::Steunpunt => (Party::Steunpunt, "fg-sp-01"),
        Officer::Colleague => (Party::Steunpunt, "fg-sp-02"),
        Officer::Ggz => (Party::Ggz, "fg-ggz-01"),
        Officer::Region => (Party::Fg, "fg-0001"),
    };
    (party, actor(user_id.to_owned(), UserRole::PrivacyOfficer))
}

pub(super) fn actor(user_id: String, role: UserRole) -> Actor {
    Actor { user_id, role: role.into(), ..Actor::default() }
}

/// A day for a plan: two months after a moment.
pub(super) fn two_months_after(moment: Timestamp) -> String {
    days::after(moment.date(), 60).to_string()
}
