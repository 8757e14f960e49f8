//! The weekly digest: how many entries are new for each search that an officer marked weekly, to the
//! privacy office of the organisation. Counts only.
//!
//! - Counting is a look: before it, an entry in the name of the officer, with the digest as its occasion.
//!   In the night of the policy pack nothing is counted: a look at night is held against the officer (A5).
//! - Nothing is counted in the name of an officer who did nothing for a long time: they may have left.
//! - Of several gateways one sends a digest: it takes the row of the officer on. A mail program that fails is
//!   tried again, later each time. A gateway that was not heard of again after it took a digest on may have
//!   sent it, and it is taken on once more: so a mail comes once, or in that case twice, with one
//!   Message-ID.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::domain::digest::{AbsentDays, Digest, DigestLanguage, Fresh, MailAddress, Schedule};
use crate::domain::id::{Oin, SavedSearchId};
use crate::domain::look::Look;
use crate::domain::occasion::Occasion;
use crate::domain::organisation::{Actor, UserRole};
use crate::domain::purpose::Purpose;
use crate::domain::signal::rules::night_of;
use crate::domain::time::Timestamp;
use crate::store::{self, Command, DigestOf, Flow, Placed, SavedSearchRow, Tx};

use super::Gateway;
use super::call::Call;
use super::disclosures::visible_to;
use super::error::Result;
use super::saved_searches::question::Question;
use super::search::Sought;

mod presence;

/// For how long whoever took a digest on is not asked after it: much longer than a mail program may take.
const CLAIMED: Duration = Duration::from_mins(10);
/// The first pause after a mail program failed, doubled each time up to the second.
const PAUSE_MIN: Duration = Duration::from_mins(5);
const PAUSE_MAX: Duration = Duration::from_hours(12);
/// An entry is dated when its call came in, so it may be a little older than the one before it.
const LATE: Duration = Duration::from_hours(1);

/// Gives a mail to the operator's program; tells whether the program took it.
pub type Mail = Arc<dyn Fn(String) -> BoxFuture<'static, bool> + Send + Sync>;

/// When digests are sent, to whom, and how.
#[derive(Clone)]
pub struct Plan {
    /// When.
    pub schedule: Schedule,
    /// Whose program sends them.
    pub sender: MailAddress,
    /// The privacy office of each organisation.
    pub offices: BTreeMap<Oin, MailAddress>,
    /// The console, as browsers reach it.
    pub console_url: Option<String>,
    /// After how many days an officer who did nothing gets none, until they come back.
    pub absent_days: AbsentDays,
    /// What sends.
    pub mail: Mail,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("schedule", &self.schedule).finish_non_exhaustive()
    }
}

/// What was counted, to be told and then remembered.
#[derive(Default)]
struct Counted {
    fresh: Vec<Fresh>,
    /// None: there is nothing to tell.
    language: Option<DigestLanguage>,
    searches: Vec<SavedSearchId>,
    size: i64,
}

impl Gateway {
    /// Sends what is due, and tells how many that were.
    pub async fn send_digests(&self, plan: &Plan) -> Result<usize> {
        self.send_until(plan, &AtomicBool::new(false)).await
    }

    /// The same, until it is to stop: after the digest that is under way.
    async fn send_until(&self, plan: &Plan, is_stopping: &AtomicBool) -> Result<usize> {
        if self.is_night() {
            return Ok(0);
        }
        let due = plan.schedule.last(self.clock().now());
        let officers = self.db().read().await?.weekly_officers(due).await?;
        let mut sent = 0;
        for (oin, user_id) in officers {
            // A round with slow mail programs may last into the night.
            if is_stopping.load(Ordering::SeqCst) || self.is_night() {
                break;
            }
            let Some(office) = plan.offices.get(&oin) else { continue };
            // Who does not take part any more is told nothing.
            let Ok(caller) = self.admit(&oin, None) else { continue };
            let actor = Actor {
                user_id: user_id.clone(),
                role: UserRole::PrivacyOfficer,
                on_behalf_of: None,
            };
            let call = caller.on_occasion(Some(Occasion::Digest)).act(actor);
            let of = DigestOf { oin, user_id, week: due.date() };
            match self.send_digest(&call, (plan, office), (&of, due)).await {
                Ok(is_sent) => sent += usize::from(is_sent),
                // The others get theirs.
                Err(error) => tracing::warn!(event = "digest.not_made", %error),
            }
        }
        Ok(sent)
    }

    fn is_night(&self) -> bool {
        night_of(&self.directory().policy.anomalies, self.clock().now()).is_some()
    }

    async fn send_digest(
        &self,
        call: &Call,
        (plan, office): (&Plan, &MailAddress),
        (of, due): (&DigestOf, Timestamp),
    ) -> Result<bool> {
        let now = call.now();
        let claim = Claim { of: of.clone(), now, until: now.plus(CLAIMED) };
        let Some(attempt) = self.writer().commit(claim).await? else { return Ok(false) };
        let counted = self.count_due(call, plan, due).await;
        let (told, is_sent) = match counted {
            // Nothing can be told, this week and whenever it would be tried again.
            Ok(counted) if counted.fresh.is_empty() => (Ok(counted), true),
            Ok(counted) => {
                let mail = self.written(of, &counted, (plan, office), now);
                let is_sent = (plan.mail)(mail).await;
                (Ok(counted), is_sent)
            }
            Err(error) => (Err(error), false),
        };
        let ended = Ended {
            of: of.clone(),
            attempt,
            sent_at: is_sent.then_some(now),
            retry_at: now.plus(pause(attempt)),
            searches: match (&told, is_sent) {
                (Ok(counted), true) => counted.searches.clone(),
                (Ok(_), false) | (Err(_), _) => Vec::new(),
            },
            counted: (now, told.as_ref().map_or(0, |counted| counted.size)),
        };
        self.writer().commit(ended).await?;
        if !is_sent {
            tracing::warn!(event = "digest.not_sent", attempt);
        }
        told.map(|counted| is_sent && !counted.fresh.is_empty())
    }

    /// Counts what is new of each search that can be read. That it looks is in the ledger first. Nothing
    /// for an officer who is gone: who comes back is told what came since, from the week after on.
    async fn count_due(&self, call: &Call, plan: &Plan, due: Timestamp) -> Result<Counted> {
        if !self.acted_since(call, plan.absent_days.past(call.now())).await? {
            tracing::info!(event = "digest.officer_absent");
            return Ok(Counted::default());
        }
        let whose = (call.oin(), &call.actor.user_id);
        let mut tx = self.db().read().await?;
        let size = tx.log_state().await?.map_or(0, |state| state.size);
        let rows = tx.weekly_searches(whose, due).await?;
        drop(tx);
        let all = rows.len();
        let rows: Vec<(SavedSearchRow, Sought)> = rows
            .into_iter()
            .filter_map(|row| sought(call, &row).map(|sought| (row, sought)))
            .collect();
        if rows.len() < all {
            tracing::warn!(event = "digest.search_unreadable", searches = all - rows.len());
        }
        let mut looks = Vec::new();
        for (row, _) in &rows {
            looks.push(self.looked(
                call,
                (Look::Search, Purpose::PrivacyReview),
                row.query.as_bytes(),
            )?);
        }
        if !looks.is_empty() {
            self.append(looks).await?;
        }
        let mut fresh = Vec::new();
        for (row, sought) in &rows {
            fresh.push(self.count_fresh(call, plan, (row, sought, size)).await?);
        }
        let newest = rows.iter().map(|(row, _)| row).max_by_key(|row| row.saved_search_id);
        let language = newest.and_then(|row| row.weekly);
        let searches = rows.iter().map(|(row, _)| row.saved_search_id).collect();
        Ok(Counted { fresh, language, searches, size })
    }

    /// The entries of a search between the size of the ledger at which it was counted last and this one.
    async fn count_fresh(
        &self,
        call: &Call,
        plan: &Plan,
        (row, sought, size): (&SavedSearchRow, &Sought, i64),
    ) -> Result<Fresh> {
        let (before, _) = self.number_of(sought, row.counted_size).await?;
        let (all, is_whole) = self.number_of(sought, size).await?;
        let language = row.weekly.unwrap_or(DigestLanguage::Dutch);
        let link = plan.console_url.as_ref().map(|console| {
            let tag = match language {
                DigestLanguage::Dutch => "nl",
                DigestLanguage::English => "en",
            };
            let (id, from, to) = (row.saved_search_id, row.counted_at.date(), call.now().date());
            format!("{console}/{tag}/verstrekkingen/bewaard/{id}?van={from}&tot={to}")
        });
        Ok(Fresh { count: all.saturating_sub(before), is_whole, link })
    }

    async fn number_of(&self, sought: &Sought, size: i64) -> Result<(u64, bool)> {
        let found = self.find_entries(sought, size, (None, 1)).await?;
        Ok((found.tally.total, found.is_whole))
    }

    fn written(
        &self,
        of: &DigestOf,
        counted: &Counted,
        (plan, office): (&Plan, &MailAddress),
        at: Timestamp,
    ) -> String {
        // The same for every attempt, and nobody can tell from it whose it is.
        let name = format!("{}\0{}\0{}", of.oin, of.user_id, of.week);
        let key = self.keys().keyring().idempotency_key();
        let digest = key.body_digest("digest", name.as_bytes());
        let id = hex::encode(digest.get(..16).unwrap_or(&digest));
        let language = counted.language.unwrap_or(DigestLanguage::Dutch);
        let (sender, searches) = (&plan.sender, &counted.fresh);
        Digest { sender, recipient: office, at, id: &id, language, searches }.message()
    }

    /// Sends digests for as long as `stopped` is not ready. A mail program that was given a mail is let
    /// finish, and nothing is begun after it; what was taken on and not ended is taken on once more.
    pub async fn watch_digests(
        self,
        plan: Plan,
        every: Duration,
        stopped: impl Future<Output = ()> + Send,
    ) {
        tokio::pin!(stopped);
        let is_stopping = AtomicBool::new(false);
        loop {
            let round = self.send_until(&plan, &is_stopping);
            tokio::pin!(round);
            let ended = tokio::select! {
                ended = &mut round => ended,
                () = &mut stopped => {
                    is_stopping.store(true, Ordering::SeqCst);
                    round.await
                }
            };
            match ended {
                Ok(0) => {}
                Ok(sent) => tracing::info!(event = "digest.sent", sent),
                Err(error) => tracing::warn!(event = "digest.not_made", %error),
            }
            if is_stopping.load(Ordering::SeqCst) {
                return;
            }
            tokio::select! {
                () = &mut stopped => return,
                () = tokio::time::sleep(every) => {}
            }
        }
    }
}

/// What a search looks for; none when it cannot be read. The period that it was kept with is that of another
/// day, and counts for nothing here.
fn sought(call: &Call, row: &SavedSearchRow) -> Option<Sought> {
    let own = visible_to(call);
    let mut draft = Question::read(&row.query)?.draft(own.as_ref().map(Oin::as_str))?;
    draft.purpose = Purpose::PrivacyReview.number().into();
    draft.from = Some(row.counted_at.minus(LATE));
    draft.until = Some(call.now().plus(LATE));
    draft.parse_for_export(own, None).ok().map(|(sought, _)| sought)
}

fn pause(attempt: i64) -> Duration {
    let doubled = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    PAUSE_MIN.saturating_mul(1 << doubled).min(PAUSE_MAX)
}

struct Claim {
    of: DigestOf,
    now: Timestamp,
    until: Timestamp,
}

impl Command for Claim {
    /// How often it was tried, this time included; none: it is not this gateway's.
    type Outcome = Option<i64>;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<Option<i64>>> {
        match tx.claim_digest(&self.of, (self.now, self.until)).await? {
            None => Ok(Flow::Stop(None)),
            Some(_) => Ok(Flow::Append(Vec::new())),
        }
    }

    async fn complete(&self, tx: &mut Tx, _placed: &mut Placed) -> store::Result<Option<i64>> {
        tx.digest_attempts(&self.of).await.map(Some)
    }
}

struct Ended {
    of: DigestOf,
    attempt: i64,
    sent_at: Option<Timestamp>,
    retry_at: Timestamp,
    searches: Vec<SavedSearchId>,
    counted: (Timestamp, i64),
}

impl Command for Ended {
    type Outcome = ();

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<()>> {
        let ended = (self.sent_at, self.retry_at);
        if !tx.end_digest((&self.of, self.attempt), ended).await? {
            return Ok(Flow::Stop(()));
        }
        for id in &self.searches {
            tx.count_saved_search(*id, self.counted).await?;
        }
        Ok(Flow::Append(Vec::new()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_up_to_half_a_day() {
        assert_eq!(pause(1), Duration::from_mins(5));
        assert_eq!(pause(3), Duration::from_mins(20));
        assert_eq!(pause(9), PAUSE_MAX);
        assert_eq!(pause(i64::MAX), PAUSE_MAX);
    }
}
