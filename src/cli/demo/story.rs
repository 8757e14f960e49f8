//! The story of DOMAIN §10, steps 1 to 17, told while it happens.
//!
//! Every call goes through the gRPC API with the certificate of the organisation that makes it.
//! The gateway's clock stands at the moment of the step; nothing else is arranged from inside.
//! A chapter stops at the first thing that turns out otherwise than the domain says.

use std::path::Path;

use anyhow::Result;
use tonic::transport::Channel;

use super::expect::{self, Refused};
use super::moment;
use super::narrator::Narrator;
use super::watch::{Growth, Watch};
use super::world::{Desks, World};
use crate::gateway::Clock;
use crate::grpc::pb::disclosure_service_client::DisclosureServiceClient;
use crate::grpc::pb::{ClientInvolvement, GetCallerRequest, Involvement, LedgerReceipt};
use crate::ledger::entry::Entry;

mod access;
mod after;
mod breach;
mod consent;
mod emergency;
mod growing;
mod in_time;
mod oversight;
mod people;
mod referral;
mod report;
mod retention;
mod review;
mod summary;
mod team;
mod triage;
mod withdrawal;

/// The file number that the Steunpunt gives the case.
pub(super) const CASE_REF: &str = "VVT-2026-000123";

/// What the chapters share: who calls, what time it is, who tells, and who watches the ledger.
pub(super) struct Story<'a> {
    /// The organisations at their connections.
    pub(super) desks: &'a Desks,
    clock: Clock,
    narrator: Narrator<'a>,
    watch: Watch,
    watching: DisclosureServiceClient<Channel>,
}

/// Plays the whole story.
///
/// Its last step is five years later, so it is played on a copy in `home`: the gateway's own clock stays.
pub(super) async fn play(world: &World, home: &Path, narrator: Narrator<'_>) -> Result<Growth> {
    let mut story = Story::begin(&world.desks, world.clock.clone(), narrator).await?;
    referral::tell(&mut story).await?;
    in_time::first_call(&mut story).await?;
    triage::tell(&mut story).await?;
    team::meet(&mut story).await?;
    in_time::inform(&mut story).await?;
    let consents = consent::tell(&mut story).await?;
    team::plan(&mut story).await?;
    let shared = summary::tell(&mut story, &consents).await?;
    growing::tell(&mut story).await?;
    withdrawal::tell(&mut story, &consents, &shared).await?;
    emergency::tell(&mut story).await?;
    review::tell(&mut story).await?;
    access::tell(&mut story).await?;
    report::tell(&mut story).await?;
    let growth = breach::tell(&mut story).await?;
    let later = world.copied(home).await?;
    let told = retention::tell(&mut story.at(&later), &later).await;
    later.remove().await?;
    told.map(|()| growth)
}

impl<'a> Story<'a> {
    /// The region's privacy officer watches the ledger from outside, from the first step on.
    async fn begin(desks: &'a Desks, clock: Clock, narrator: Narrator<'a>) -> Result<Self> {
        let outcome = desks.fg.directory().get_caller(GetCallerRequest {}).await;
        let caller = expect::answered("the first call of the privacy officer", outcome)?;
        let mut watch = Watch::new(&caller)?;
        let mut watching = desks.fg.disclosures();
        watch.look(&mut watching).await?;
        Ok(Self { desks, clock, narrator, watch, watching })
    }

    /// The story goes on at another gateway, which must continue the same ledger.
    fn at<'b>(self, world: &'b World) -> Story<'b>
    where
        'a: 'b,
    {
        let watching = world.desks.fg.disclosures();
        Story { desks: &world.desks, clock: world.clock.clone(), watching, ..self }
    }

    /// A new part of the story.
    fn chapter(&mut self, title: &str) -> Result<()> {
        Ok(self.narrator.chapter(title)?)
    }

    /// A step: the clock of the gateway moves to it, and we say who does what.
    fn step(&mut self, number: &str, at: &str, sentence: &str) -> Result<()> {
        self.clock.set(moment::parse(at));
        Ok(self.narrator.step(number, &moment::heading(at), sentence)?)
    }

    /// Something more that is tried at the same moment.
    fn also(&mut self, number: &str, sentence: &str) -> Result<()> {
        Ok(self.narrator.step(number, "", sentence)?)
    }

    /// What happened, as it should.
    fn happened(&mut self, sentence: &str) -> Result<()> {
        Ok(self.narrator.happened(sentence)?)
    }

    /// What was refused, as it should, and why.
    fn refused(&mut self, refusal: &Refused, sentence: &str) -> Result<()> {
        Ok(self.narrator.refused(&refusal.to_string(), sentence)?)
    }

    /// How far the ledger is, and that it still continues the same ledger.
    async fn growth(&mut self) -> Result<Growth> {
        let growth = self.watch.look(&mut self.watching).await?;
        self.narrator.ledger(growth.size, growth.grown)?;
        Ok(growth)
    }

    /// The same, where the number of new entries matters.
    async fn grew_by(&mut self, entries: u64, what: &str) -> Result<()> {
        let growth = self.growth().await?;
        Ok(expect::equal(what, growth.grown, entries)?)
    }

    /// Checks the proof of every entry of an answer and that they belong to one act.
    fn one_act(&self, receipts: &[LedgerReceipt]) -> Result<Vec<Entry>> {
        let entries: Vec<Entry> =
            receipts.iter().map(|receipt| self.watch.entry(receipt)).collect::<Result<_, _>>()?;
        let one = entries
            .iter()
            .all(|entry| entries.first().is_some_and(|first| first.group_id == entry.group_id));
        expect::so("all entries of an answer belong to one act", one)?;
        Ok(entries)
    }

    /// Checks the signature of a receipt, and returns a fact out of it.
    fn receipt(&self, receipt: &str, fact: &str) -> Result<String> {
        let note = self.watch.receipt(receipt)?;
        let line = note.text().lines().find_map(|line| line.strip_prefix(fact));
        let value = expect::given("the fact in the receipt", line)?;
        Ok(value.trim().to_owned())
    }

    /// Checks that an entry stands for exactly this content.
    fn commits(&self, entry: &LedgerReceipt, value: &[u8]) -> Result<()> {
        Ok(self.watch.commits(entry, value)?)
    }
}

/// A new id for a request.
fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// How the people concerned were involved.
fn involvement(kind: ClientInvolvement) -> Involvement {
    Involvement { kind: kind.into(), ..Involvement::default() }
}
