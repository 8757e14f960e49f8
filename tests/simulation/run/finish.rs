//! The end of a schedule: every lost call comes again, every referral is fetched, and everything
//! that was ever acknowledged is looked at once more.

use super::*;

/// Looks at the inbox until it must be empty.
const LOOKS_MAX: usize = 40;

impl Run {
    pub(super) fn finish(&mut self) -> Result<(), String> {
        self.end_life(Life::close, "restart")?;
        for sent in 0..self.journal.sent.len() {
            self.one(&Op::Request { sent, other_body: false }, Fate::Answered)?;
        }
        self.drain()?;
        self.check_states()?;
        if self.requeue()? {
            self.drain()?;
            self.check_states()?;
        }
        for sent in 0..self.journal.sent.len() {
            self.one(&Op::Request { sent, other_body: false }, Fate::Answered)?;
        }
        self.observer.block_on(self.watch.check(&self.verifier))
    }

    /// After every term has passed, one reader gets everything that nobody settled; what failed too
    /// often is quarantined.
    pub(super) fn drain(&mut self) -> Result<(), String> {
        let moments = self.journal.sent.iter().map(|sent| sent.written_at);
        let moments = moments.chain(self.worlds.iter().filter_map(World::last_wait));
        self.now = moments.fold(self.now, Timestamp::max);
        for _ in 0..LOOKS_MAX {
            self.now = self.now.plus(Duration::from_mins(15));
            let before = self.journal.leases.len();
            let look = self.look(0, true, 32);
            self.one(&look, Fate::Answered)?;
            for held in self.journal.leases.split_off(before) {
                self.one(&Op::Settle { token: held.token, how: How::Acknowledge }, Fate::Answered)?;
            }
            if self.worlds.iter().any(|world| world.open_parcels().next().is_none()) {
                return Ok(());
            }
        }
        let open: Vec<usize> = self.worlds.iter().flat_map(World::open_parcels).collect();
        Err(format!("referrals {open:?} never came"))
    }

    /// The operator finds what is quarantined, and that alone, and puts it back.
    fn requeue(&mut self) -> Result<bool, String> {
        let life = self.life.as_ref().unwrap();
        life.gateway().clock().set(self.now);
        let found =
            life.run(life.gateway().quarantined(None, 100)).map_err(|e| format!("{e:?}"))?;
        let mut ids: Vec<_> = found.iter().map(|one| one.referral_id).collect();
        ids.sort();
        let referrals = &self.journal.referrals;
        let is_told = |world: &World| {
            let mut told: Vec<_> =
                world.quarantined().into_iter().map(|one| referrals[one].id).collect();
            told.sort();
            told == ids
        };
        self.worlds.retain(is_told);
        if self.worlds.is_empty() {
            return Err(format!("the operator finds {found:?} in quarantine"));
        }
        for one in &found {
            let put_back = life.run(life.gateway().requeue(one.delivery_id, one.referral_id));
            if !matches!(put_back, Ok(true)) {
                return Err(format!("{one:?} was not put back: {put_back:?}"));
            }
        }
        let at = life.gateway().clock().now();
        let back = |mut world: World| {
            world.requeue(at);
            world
        };
        self.worlds = std::mem::take(&mut self.worlds).into_iter().map(back).collect();
        if !found.is_empty() {
            self.count("quarantined referral");
        }
        self.compare(&[], at)?;
        Ok(!found.is_empty())
    }

    /// The sender finds each referral where some history says that it is.
    fn check_states(&mut self) -> Result<(), String> {
        let mut found = Vec::new();
        for (position, referral) in self.journal.referrals.iter().enumerate() {
            let life = self.life();
            let police = life.gateway().admit(&POLICE.parse().unwrap(), None).unwrap();
            let status = life.run(life.gateway().referral_status(&police, referral.id));
            found.extend(status.ok().map(|status| (position, status.state.to_string())));
        }
        let is_told = |world: &World| {
            let ends = world.ends();
            ends.len() == found.len()
                && ends.iter().zip(&found).all(|(end, found)| end.0 == found.0 && end.1 == found.1)
        };
        self.worlds.retain(is_told);
        if self.worlds.is_empty() { Err(format!("the sender finds {found:?}")) } else { Ok(()) }
    }
}
