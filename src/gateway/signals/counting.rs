//! What is counted per day: who looked at how many people, who acted at night, how much went.
//!
//! Numbers are read in the snapshot of the examination and written in its commit, which fails when somebody
//! else examined meanwhile: so nothing is counted twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::anomaly::AnomalyRules;
use crate::domain::calendar::days_before;
use crate::domain::organisation::UserRole;
use crate::domain::signal::rules::{self, Night, Usual};
use crate::domain::signal::{ENTRIES_MAX, SignalRule, USUAL_DAYS};
use crate::store::{self, Counted, DisclosureRow, Measure, Tx};

use super::found::{Findings, Found, user_on};

/// What is counted of one user on one day.
#[derive(Debug)]
pub(super) struct Count {
    number: i64,
    /// What was seen now, and where first.
    pub(super) new: BTreeMap<Vec<u8>, i64>,
    /// Entries of what is only added up.
    added: BTreeSet<i64>,
    last: DisclosureRow,
    role: Option<UserRole>,
    emergency: bool,
}

impl Count {
    pub(super) const fn number(&self) -> i64 {
        self.number
    }

    /// As what the user acted, where that was looked at.
    pub(super) const fn role(&self) -> Option<UserRole> {
        self.role
    }

    fn seen(&self) -> u64 {
        u64::try_from(self.number).unwrap_or(0)
    }
}

/// Everything that is counted in one batch.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<Counted, Count>);

impl Counts {
    /// Counts a thing once on its day.
    pub(super) async fn once(
        &mut self,
        tx: &mut Tx,
        of: Counted,
        (what, row): (&[u8], &DisclosureRow),
    ) -> store::Result<()> {
        let known = self.0.get(&of).is_some_and(|count| count.new.contains_key(what));
        if known || tx.was_counted(&of, what).await? {
            return Ok(());
        }
        let count = self.count(tx, of, row).await?;
        count.number += 1;
        count.new.insert(what.to_vec(), row.idx);
        Ok(())
    }

    /// Adds one.
    pub(super) async fn add(
        &mut self,
        tx: &mut Tx,
        of: Counted,
        row: &DisclosureRow,
    ) -> store::Result<()> {
        let count = self.count(tx, of, row).await?;
        count.number += 1;
        count.added.insert(row.idx);
        Ok(())
    }

    /// Whether it is not known yet as what somebody acted whose acts are counted.
    pub(super) fn wants_role(&self, of: &Counted) -> bool {
        self.0.get(of).is_some_and(|count| count.role.is_none())
    }

    /// Notes as what somebody acted.
    pub(super) fn note_role(&mut self, of: &Counted, role: UserRole, emergency: bool) {
        if let Some(count) = self.0.get_mut(of) {
            count.role = Some(role);
            count.emergency |= emergency;
        }
    }

    async fn count(
        &mut self,
        tx: &mut Tx,
        of: Counted,
        row: &DisclosureRow,
    ) -> store::Result<&mut Count> {
        if !self.0.contains_key(&of) {
            let number = tx.activity(&of).await?;
            let (new, added) = (BTreeMap::new(), BTreeSet::new());
            let last = row.clone();
            let count = Count { number, new, added, last, role: None, emergency: false };
            self.0.insert(of.clone(), count);
        }
        let corrupt = store::Error::Corrupt { table: "activity_days", column: "number" };
        let count = self.0.get_mut(&of).ok_or(corrupt)?;
        count.last = row.clone();
        Ok(count)
    }

    /// What the numbers say now.
    pub(super) async fn judge(
        &self,
        tx: &mut Tx,
        pack: &AnomalyRules,
        findings: &mut Findings,
    ) -> store::Result<()> {
        for (of, count) in &self.0 {
            let found = match of.measure {
                Measure::Subjects => subjects(tx, pack, (of, count)).await?,
                Measure::NightActs => night(tx, pack, (of, count)).await?,
                Measure::Disclosures => volume(tx, pack, (of, count)).await?,
                // Kept for who looks at one entry: no signal comes of it.
                Measure::UserDisclosures => None,
            };
            if let Some(found) = found {
                findings.add(found);
            }
        }
        Ok(())
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (Counted, Count)> {
        self.0.into_iter()
    }
}

async fn subjects(
    tx: &mut Tx,
    pack: &AnomalyRules,
    (of, count): (&Counted, &Count),
) -> store::Result<Option<Found>> {
    if rules::many_subjects(pack, count.seen(), Usual::default()).is_none() {
        return Ok(None);
    }
    let usual = usual(tx, of).await?;
    let Some(finding) = rules::many_subjects(pack, count.seen(), usual) else { return Ok(None) };
    let mut found = Found::of_user(SignalRule::ManySubjects, &count.last, finding);
    // Of many cases and many senders it names none: its entries do.
    found.other = None;
    with_entries(tx, (of, count), found).await.map(Some)
}

async fn night(
    tx: &mut Tx,
    pack: &AnomalyRules,
    (of, count): (&Counted, &Count),
) -> store::Result<Option<Found>> {
    let Some(role) = count.role else { return Ok(None) };
    let night = Night {
        at: count.last.recorded_at,
        role,
        acts: count.seen(),
        emergency: count.emergency,
        usual: usual(tx, of).await?,
    };
    let Some(finding) = rules::night_activity(pack, &night) else { return Ok(None) };
    let mut found = Found::of_user(SignalRule::NightActivity, &count.last, finding);
    found.about = user_on(&count.last.actor_user_id, of.day);
    found.other = None;
    with_entries(tx, (of, count), found).await.map(Some)
}

async fn volume(
    tx: &mut Tx,
    pack: &AnomalyRules,
    (of, count): (&Counted, &Count),
) -> store::Result<Option<Found>> {
    if count.seen() < u64::from(pack.volume_min) {
        return Ok(None);
    }
    let weeks = u16::from(pack.volume_weeks);
    let from = days_before(of.day, weeks.saturating_mul(7));
    if tx.first_activity(of).await?.is_none_or(|first| first > from) {
        return Ok(None);
    }
    let days = tx.activity_since(of, from).await?;
    let number = |week: u16| {
        let day = days_before(of.day, week.saturating_mul(7));
        let row = days.iter().find(|row| row.day == day);
        row.map_or(0, |row| u64::try_from(row.number).unwrap_or(0))
    };
    let weeks: Vec<u64> = (1..=weeks).map(number).collect();
    let Some(finding) = rules::volume(pack, count.seen(), &weeks) else { return Ok(None) };
    let found = Found::of(SignalRule::Volume, &count.last, finding);
    let about = of.day.to_string().into_bytes();
    Ok(Some(Found { about, other: None, entries: count.added.clone(), ..found }))
}

/// A signal has the entries of its day, also those that were examined before.
async fn with_entries(
    tx: &mut Tx,
    (of, count): (&Counted, &Count),
    mut found: Found,
) -> store::Result<Found> {
    found.entries.extend(tx.counted_entries(of, ENTRIES_MAX).await?);
    found.entries.extend(count.new.values());
    Ok(found)
}

async fn usual(tx: &mut Tx, of: &Counted) -> store::Result<Usual> {
    let from = days_before(of.day, USUAL_DAYS);
    let own = tx.activity_since(of, from).await?.into_iter().map(|row| row.number).collect();
    let colleagues = tx.activity_of_colleagues(of, from).await?;
    Ok(Usual { own: median(own), colleagues: median(colleagues) })
}

fn median(numbers: Vec<i64>) -> Option<u64> {
    rules::median(numbers.into_iter().map(|number| u64::try_from(number).unwrap_or(0)).collect())
}
