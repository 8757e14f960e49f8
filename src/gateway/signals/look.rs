//! Looking at signals, and at what rules are worth. That somebody looked is in the ledger first.

use super::by_hand::RaisedByHand;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{Oin, Pseudonym, SignalId, UserId};
use crate::domain::look::Look;
use crate::domain::organisation::Role;
use crate::domain::purpose::Purpose;
use crate::domain::signal::{ENTRIES_MAX, Factor, SignalRule, SignalState};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::disclosures::{check_purpose, sees};
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{Administered, Scope};
use crate::gateway::written::Written;
use crate::gateway::{Call, Gateway};
use crate::store::{DisclosureRow, SignalEndingRow, SignalQuery, SignalRow};

/// Signals in one page.
pub const PAGE_MAX: u32 = 500;

/// Which signals an officer wants to see, newest first.
#[derive(Debug, Clone, Default)]
pub struct SignalFilter {
    /// Number of the purpose.
    pub purpose: i32,
    /// Number of the state; 0: open.
    pub state: i32,
    /// Number of the rule; 0: all.
    pub rule: i32,
    /// Only with at least this score.
    pub score_min: u8,
    /// Before this place in the list.
    pub before: Option<(Timestamp, SignalId)>,
}

/// A signal, as it stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalView {
    /// As stored.
    pub row: SignalRow,
    /// What speaks for it and what against.
    pub factors: Vec<Factor>,
}

impl SignalView {
    /// Reads what is stored.
    pub(super) fn of(row: SignalRow) -> Result<Self> {
        Ok(Self { factors: serde_json::from_str(&row.factors).map_err(Error::internal)?, row })
    }
}

/// A signal, opened for an officer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalSeen {
    /// What stands in the list.
    pub view: SignalView,
    /// Its ledger entries, the first 500.
    pub entries: Vec<i64>,
    /// Who raised it by hand; none when a rule found it.
    pub raised: Option<RaisedByHand>,
    /// How it ended.
    pub ending: Option<SignalEnding>,
    /// Why the caller may not judge it; it may be closed for all that.
    pub no_judge: Option<DenialReason>,
}

/// How a signal ended.
#[derive(Clone, PartialEq, Eq)]
pub struct SignalEnding {
    /// What was decided.
    pub state: SignalState,
    /// By which organisation.
    pub oin: Oin,
    /// By whom.
    pub user_id: UserId,
    /// When.
    pub at: Timestamp,
    /// Ledger entry.
    pub idx: i64,
    /// Why.
    pub grounds: Written,
}

/// Grounds are about somebody.
impl std::fmt::Debug for SignalEnding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignalEnding({} at {})", self.state, self.idx)
    }
}

/// What a rule is worth so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detector {
    /// Rule.
    pub rule: SignalRule,
    /// Signals that nobody judged.
    pub open: u64,
    /// Those that were explained: the noise.
    pub explained: u64,
    /// Those that were incidents: what it is for.
    pub incidents: u64,
    /// Those that were silenced.
    pub suppressed: u64,
}

impl Gateway {
    /// Signals about the officer's organisation, newest first; the office of the region sees all.
    pub async fn signals(
        &self,
        call: &Call,
        filter: &SignalFilter,
        limit: u32,
    ) -> Result<Vec<SignalView>> {
        self.require_officer(call).await?;
        check_purpose(call, filter.purpose)?;
        let wanted = query(call, filter)?;
        self.log_signal_look(call, &format!("{filter:?}"), Look::Signals).await?;
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = self.db().read().await?.signals(&wanted, limit).await?;
        rows.into_iter().map(SignalView::of).collect()
    }

    /// One signal with its entries.
    pub async fn signal(&self, call: &Call, purpose: i32, id: SignalId) -> Result<SignalSeen> {
        self.require_officer(call).await?;
        check_purpose(call, purpose)?;
        self.log_signal_look(call, &id.to_string(), Look::Signal).await?;
        let row = self.signal_for(call, id).await?;
        let mut tx = self.db().read().await?;
        let entries = tx.signal_entries(id, ENTRIES_MAX).await?;
        let ending = tx.signal_ending(id).await?;
        drop(tx);
        let ending = match ending {
            Some(ending) => Some(self.open_ending((&row, &entries), ending).await?),
            None => None,
        };
        let raised = self.raised_by(&row, &entries).await?;
        let no_judge = no_judge(call, &row);
        Ok(SignalSeen { view: SignalView::of(row)?, entries, raised, ending, no_judge })
    }

    /// The first entries of a signal that the caller was shown, in their order, as far as the caller sees
    /// them. Part of the look at the signal, which is in the ledger before.
    pub async fn entries_of_signal(
        &self,
        call: &Call,
        seen: &SignalSeen,
        limit: usize,
    ) -> Result<Vec<DisclosureRow>> {
        let places = seen.entries.get(..limit).unwrap_or(&seen.entries);
        let rows = self.db().read().await?.disclosures(places).await?;
        Ok(rows.into_iter().filter(|row| sees(call, row)).collect())
    }

    /// What each rule is worth so far, in the officer's organisation; in the region, for its office.
    pub async fn detectors(&self, call: &Call) -> Result<Vec<Detector>> {
        self.require_officer(call).await?;
        self.log_signal_look(call, "", Look::Detectors).await?;
        self.worth((call.role() != Role::Oversight).then(|| call.oin())).await
    }

    /// Open signals, heaviest first, and what each rule is worth, for whoever runs the gateway. That
    /// somebody looked is in the ledger first.
    pub async fn signals_for_operator(&self) -> Result<(Vec<SignalView>, Vec<Detector>)> {
        self.log_signal_look(&self.acting_itself()?, "", Look::SignalsOperator).await?;
        let wanted = SignalQuery {
            party: None,
            state: SignalState::Open,
            rule: None,
            score_min: 0,
            before: None,
        };
        let rows = self.db().read().await?.signals(&wanted, PAGE_MAX).await?;
        let mut views: Vec<SignalView> =
            rows.into_iter().map(SignalView::of).collect::<Result<_>>()?;
        views.sort_by_key(|view| std::cmp::Reverse(view.row.score));
        Ok((views, self.worth(None).await?))
    }

    async fn worth(&self, of: Option<&Oin>) -> Result<Vec<Detector>> {
        let tallies = self.db().read().await?.signal_tallies(of).await?;
        let detector = |rule: SignalRule| {
            let number = |state: SignalState| {
                let of = tallies.iter().find(|of| (of.rule, of.state) == (rule, state));
                of.map_or(0, |of| u64::try_from(of.number).unwrap_or(0))
            };
            Detector {
                rule,
                open: number(SignalState::Open),
                explained: number(SignalState::Explained),
                incidents: number(SignalState::Incident),
                suppressed: number(SignalState::Suppressed),
            }
        };
        let detectors = SignalRule::ALL.iter().copied().filter(|rule| rule.is_detector());
        Ok(detectors.map(detector).collect())
    }

    /// A signal that the caller's organisation may look at. For everybody else it does not exist, and
    /// the attempt is in the ledger.
    pub(super) async fn signal_for(&self, call: &Call, id: SignalId) -> Result<SignalRow> {
        let row = self.db().read().await?.signal(id).await?;
        let own = Some(call.oin());
        let sees = |row: &SignalRow| {
            call.role() == Role::Oversight || Some(&row.oin) == own || row.other_oin.as_ref() == own
        };
        match row.filter(sees) {
            Some(row) => Ok(row),
            None => self.refuse_hidden(call).await,
        }
    }

    /// Only who may judge a signal closes it, and once.
    pub(super) async fn check_judge(&self, call: &Call, row: &SignalRow) -> Result<()> {
        if let Some(reason) = no_judge(call, row) {
            return self.refuse(call, reason).await;
        }
        if row.state == SignalState::Open {
            return Ok(());
        }
        Err(Error::unmet("SIGNAL_OPEN", "the signal was closed before"))
    }

    async fn open_ending(
        &self,
        (row, entries): (&SignalRow, &[i64]),
        ending: SignalEndingRow,
    ) -> Result<SignalEnding> {
        let key = self.grounds_key(row.signal_id, row.subject).await?;
        let grounds = if (row.state, row.closed_at) == (ending.state, Some(ending.ended_at)) {
            self.open_written(&ending, key.as_ref(), (row.subject, entries)).await?
        } else {
            // The signal itself says something else.
            Written::Changed
        };
        Ok(SignalEnding {
            state: ending.state,
            oin: ending.oin,
            user_id: ending.user_id,
            at: ending.ended_at,
            idx: ending.idx,
            grounds,
        })
    }

    pub(super) async fn log_signal_look(
        &self,
        call: &Call,
        question: &str,
        what: Look,
    ) -> Result<()> {
        let key = self.keys().keyring().idempotency_key();
        let what = (what, call.purpose_or(Purpose::PrivacyReview));
        let looked = Administered {
            event: EventCode::LogQueried,
            scope: Scope::Signal,
            count: 1,
            digest: key.body_digest("signals", question.as_bytes()),
            note: call.look_note(what, "")?,
        };
        let entry = self.administered(call, &looked)?;
        self.append(vec![entry]).await
    }
}

/// Whom an officer's questions are about is for nobody else to see, so a list names people as the
/// entries do: by pseudonym.
impl SignalView {
    /// The person that all of its entries are about, where there is one.
    pub const fn subject(&self) -> Option<Pseudonym> {
        self.row.subject
    }
}

/// Nobody judges a signal about the own acts, and only the office of the region one about another
/// organisation.
fn no_judge(call: &Call, row: &SignalRow) -> Option<DenialReason> {
    let own = row.oin == *call.oin();
    if own && row.user_id.as_ref() == Some(&call.actor.user_id) {
        return Some(DenialReason::FourEyesRequired);
    }
    (!own && call.role() != Role::Oversight).then_some(DenialReason::RoleNotAllowed)
}

fn query(call: &Call, filter: &SignalFilter) -> Result<SignalQuery> {
    let mut violations = Violations::new();
    let words = "must be one of the codes of this field";
    let number = |number: i32| u16::try_from(number).ok();
    let state = match filter.state {
        0 => Some(SignalState::Open),
        state => number(state).and_then(SignalState::from_number),
    };
    violations.require(state.is_some(), "state", "UNKNOWN_CODE", words);
    let rule = number(filter.rule).and_then(SignalRule::from_number);
    violations.require(filter.rule == 0 || rule.is_some(), "rule", "UNKNOWN_CODE", words);
    violations.into_result(())?;
    Ok(SignalQuery {
        party: (call.role() != Role::Oversight).then(|| call.oin().clone()),
        state: state.unwrap_or(SignalState::Open),
        rule,
        score_min: i64::from(filter.score_min),
        before: filter.before,
    })
}
