//! Referrals on their way: who may have them, and who must get them.

use std::time::Duration;

use ketenpoort::domain::event::{EventCode, Outcome};
use ketenpoort::domain::id::LeaseToken;
use ketenpoort::domain::time::Timestamp;

use super::{FAMILY, World, kind};
use crate::callers::Got;
use crate::step::How;

const LEASE: Duration = Duration::from_mins(1);
const RETRY_DELAY: Duration = Duration::from_mins(2);
const EXTENSION: Duration = Duration::from_mins(5);
/// A look at the inbox that asks for so many asks for all there are.
const ALL: u32 = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Where {
    Waiting { from: Timestamp },
    Leased { reader: u8, until: Timestamp },
    Acknowledged,
    SentBack,
    TakenBack,
}

/// A referral that was submitted, on its way to the Steunpunt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Parcel {
    family: u8,
    submitted: u32,
    place: Where,
    /// Of the last lease that the model knows of.
    token: Option<LeaseToken>,
    attempts: u32,
    /// A look that was cut: perhaps this reader holds it, under a token that nobody knows.
    perhaps: Option<(u8, Timestamp)>,
}

impl Parcel {
    const fn is_settled(&self) -> bool {
        matches!(self.place, Where::Acknowledged | Where::SentBack | Where::TakenBack)
    }

    fn is_free(&self, at: Timestamp, reader: u8, reconnects: bool) -> bool {
        match self.place {
            Where::Waiting { from } => from <= at,
            Where::Leased { reader: holder, until } => {
                until <= at || (holder == reader && reconnects)
            }
            Where::Acknowledged | Where::SentBack | Where::TakenBack => false,
        }
    }

    fn is_perhaps_held(&self, at: Timestamp) -> bool {
        self.perhaps.is_some_and(|(_, until)| at < until)
    }
}

impl World {
    pub(super) fn put(&mut self, referral: usize, family: u8, at: Timestamp) {
        let parcel = Parcel {
            family,
            submitted: self.order,
            place: Where::Waiting { from: at },
            token: None,
            attempts: 0,
            perhaps: None,
        };
        self.parcels.insert(referral, parcel);
    }

    /// None when there is no such referral, false when it is settled.
    pub(super) fn take_back(&mut self, referral: usize) -> Option<bool> {
        let parcel = self.parcels.get_mut(&referral)?;
        let open = !parcel.is_settled();
        if open {
            parcel.place = Where::TakenBack;
        }
        Some(open)
    }

    /// A look at the inbox that was cut: everything that was free may now be held.
    pub(super) fn perhaps_receive(&mut self, at: Timestamp, reader: u8, reconnects: bool) {
        let free =
            self.parcels.values_mut().filter(|parcel| parcel.is_free(at, reader, reconnects));
        let mut count = 0;
        for parcel in free {
            parcel.perhaps = Some((reader, at.plus(LEASE)));
            count += FAMILY;
        }
        self.perhaps_log(kind(EventCode::ReferralDelivered, Outcome::Success), count);
    }

    /// None when somebody got what they must not get, or did not get what waits for them.
    pub(super) fn receive(
        &self,
        at: Timestamp,
        (reader, reconnects, most): (u8, bool, u32),
        got: &[Got],
    ) -> Option<Self> {
        let mut world = self.clone();
        for one in got {
            world.hand_over(at, (reader, reconnects), one)?;
        }
        let missed = |(referral, parcel): (&usize, &Parcel)| {
            parcel.attempts == 0
                && parcel.is_free(at, reader, reconnects)
                && !parcel.is_perhaps_held(at)
                && !self.waits_for_an_earlier_one(parcel)
                && !got.iter().any(|one| one.referral == *referral)
        };
        let complete = most < ALL || !self.parcels.iter().any(missed);
        (complete && got.len() <= usize::try_from(most).unwrap()).then_some(world)
    }

    fn hand_over(&mut self, at: Timestamp, reader: (u8, bool), got: &Got) -> Option<()> {
        let parcel = self.parcels.get_mut(&got.referral)?;
        let known = parcel.attempts + 1;
        let attempt_fits = match parcel.perhaps {
            Some(_) => got.attempt >= known,
            None => got.attempt == known,
        };
        let held = Where::Leased { reader: reader.0, until: got.until };
        let perhaps_taken_back = parcel.perhaps.is_some_and(|(holder, _)| holder == reader.0);
        let free = parcel.is_free(at, reader.0, reader.1)
            || (perhaps_taken_back && reader.1 && !parcel.is_settled());
        if !free || !attempt_fits || got.until <= at {
            return None;
        }
        let (family, submitted) = (parcel.family, parcel.submitted);
        if parcel.attempts == 0 && self.overtakes(at, reader, family, submitted) {
            return None;
        }
        let parcel = self.parcels.get_mut(&got.referral)?;
        parcel.place = held;
        parcel.token = Some(got.token);
        parcel.attempts = got.attempt;
        parcel.perhaps = None;
        self.log(kind(EventCode::ReferralDelivered, Outcome::Success), FAMILY);
        Some(())
    }

    /// Whether another referral about the same people came in before, by every clock, and still waits
    /// for its first reader.
    fn overtakes(&self, at: Timestamp, reader: (u8, bool), family: u8, submitted: u32) -> bool {
        let put_at = |parcel: &Parcel| match parcel.place {
            Where::Waiting { from } => Some(from),
            Where::Leased { .. } | Where::Acknowledged | Where::SentBack | Where::TakenBack => None,
        };
        let own = self.parcels.values().find(|parcel| parcel.submitted == submitted);
        let own = own.and_then(put_at);
        self.parcels.values().any(|other| {
            other.family == family
                && other.submitted < submitted
                && other.attempts == 0
                && !other.is_perhaps_held(at)
                && put_at(other).is_some_and(|put| own.is_some_and(|own| put < own))
                && other.is_free(at, reader.0, reader.1)
        })
    }

    /// Within a family nothing overtakes: a later referral may be kept back until the one before it
    /// is settled.
    fn waits_for_an_earlier_one(&self, parcel: &Parcel) -> bool {
        self.parcels.values().any(|other| {
            other.family == parcel.family
                && other.submitted < parcel.submitted
                && !other.is_settled()
        })
    }

    /// The ways in which a settlement can end: whether it was done, and what follows. `until` is
    /// what was answered, where an answer was seen.
    pub(super) fn settle(
        &self,
        at: Timestamp,
        token: LeaseToken,
        how: How,
        until: Option<Timestamp>,
    ) -> Vec<(bool, Self)> {
        let lost = (false, self.clone());
        let Some((referral, parcel)) =
            self.parcels.iter().find(|(_, parcel)| parcel.token == Some(token))
        else {
            return vec![lost];
        };
        let repeated = matches!(
            (parcel.place, how),
            (Where::Acknowledged, How::Acknowledge)
                | (Where::SentBack, How::SendBack)
                | (Where::Waiting { .. }, How::Release)
        );
        let holds = matches!(parcel.place, Where::Leased { until, .. } if at < until);
        let mut ways = Vec::new();
        if repeated {
            ways.push((true, self.clone()));
        } else if holds {
            ways.push((true, self.settle_held(*referral, at, how, until)));
        }
        // A reader that took everything back without hearing of it holds it under another token.
        if ways.is_empty() || parcel.perhaps.is_some() {
            ways.push(lost);
        }
        ways
    }

    fn settle_held(
        &self,
        referral: usize,
        at: Timestamp,
        how: How,
        until: Option<Timestamp>,
    ) -> Self {
        let mut world = self.clone();
        let Some(parcel) = world.parcels.get_mut(&referral) else { return world };
        let Where::Leased { reader, .. } = parcel.place else { return world };
        parcel.perhaps = None;
        parcel.place = match how {
            How::Acknowledge => Where::Acknowledged,
            How::SendBack => Where::SentBack,
            How::Release => Where::Waiting { from: until.unwrap_or_else(|| at.plus(RETRY_DELAY)) },
            How::Extend => {
                Where::Leased { reader, until: until.unwrap_or_else(|| at.plus(EXTENSION)) }
            }
        };
        match how {
            How::Acknowledge => {
                world.log(kind(EventCode::ReferralAcknowledged, Outcome::Success), FAMILY);
            }
            How::SendBack => {
                world.log(kind(EventCode::ReferralReturned, Outcome::Success), FAMILY);
            }
            How::Release | How::Extend => {}
        }
        world
    }

    /// Referrals that nobody settled: each must still come.
    pub(crate) fn open_parcels(&self) -> impl Iterator<Item = usize> {
        let open = self.parcels.iter().filter(|(_, parcel)| !parcel.is_settled());
        open.map(|(referral, _)| *referral)
    }

    /// Where the sender must find each referral, by the words of its status.
    pub(crate) fn ends(&self) -> Vec<(usize, &'static str)> {
        let state = |place| match place {
            Where::Waiting { .. } => "ROUTED",
            Where::Leased { .. } => "DELIVERED",
            Where::Acknowledged => "ACKNOWLEDGED",
            Where::SentBack => "RETURNED",
            Where::TakenBack => "WITHDRAWN",
        };
        self.parcels.iter().map(|(referral, parcel)| (*referral, state(parcel.place))).collect()
    }
}
