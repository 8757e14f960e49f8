//! An officer judges an entry that was drawn: in order, to be asked about, or not in order. Only what was
//! drawn is judged here, so that what share was looked into stays a share of what chance chose. Who finds
//! out more judges again: nothing that was found is changed.

use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{GroupId, Pseudonym, UserId};
use crate::domain::sample::SampleVerdict;
use crate::domain::text::Prose;
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::{Call, Request};
use crate::gateway::directory::sha256;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{Happening, Matter, Scope, Subject, new_group};
use crate::gateway::keys::{combined, own_name};
use crate::gateway::once::{Encode, Keep, Refusal, Work};
use crate::gateway::written::{self, Written};
use crate::ledger::entry::Administration;
use crate::store::{self, DisclosureRow, JUDGEMENTS_MAX, NewEntry, Placed, SampleJudgementRow, Tx};
use crate::vault::envelope::WrappingKey;

use super::Drawing;

/// What an officer finds of an entry.
#[derive(Debug, Clone)]
pub struct Judging {
    /// Which entry.
    pub index: i64,
    /// What was found.
    pub verdict: SampleVerdict,
    /// Why.
    pub grounds: Prose<2000>,
}

/// What an officer is told who judged an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// Which entry.
    pub index: i64,
    /// What was found.
    pub verdict: SampleVerdict,
    /// When.
    pub at: Timestamp,
    /// Ledger entry of the judgement.
    pub idx: i64,
}

/// What an officer found of an entry.
#[derive(Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What is told of it to who judged.
    pub judged: Judged,
    /// By whom.
    pub user_id: UserId,
    /// Why.
    pub grounds: Written,
}

/// Grounds are about somebody.
impl std::fmt::Debug for Judgement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Judgement({} at {})", self.judged.verdict, self.judged.idx)
    }
}

impl Gateway {
    /// Judges an entry of a drawing of the caller's organisation. An entry that was not drawn does not
    /// exist; nobody judges an act of their own, and an emergency is judged by its review first.
    pub async fn judge_sample_entry(
        &self,
        call: &Call,
        request: &Request,
        (drawing, judging): (Drawing, Judging),
        encode: Encode<Judged>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        if !self.is_own_drawing(call, &drawing) {
            return self.refuse_hidden(call).await;
        }
        let (_, picked) = self.picked(call, &drawing).await?;
        if picked.binary_search(&judging.index).is_err() {
            return self.refuse_hidden(call).await;
        }
        let Some(row) = self.entry_seen_by(call, judging.index).await? else {
            return self.refuse_hidden(call).await;
        };
        if row.actor_oin == *call.oin() && row.actor_user_id == call.actor.user_id {
            return self.refuse(call, DenialReason::FourEyesRequired).await;
        }
        self.require_review_closed(&row).await?;
        let judge = self.sample_judgement(call, row, &judging).await?;
        self.once(call, request, judge, Keep::Plain, encode).await?.bytes()
    }

    async fn sample_judgement(
        &self,
        call: &Call,
        row: DisclosureRow,
        of: &Judging,
    ) -> Result<Judge> {
        let looked = self.look_at(row).await?;
        let (row, record) = (&looked.row, &looked.record);
        let person = self.key_of(row).await?;
        let group = new_group(call)?;
        let key = match &person {
            Some(key) => key.wrapping_key(),
            None => combined(&self.keys().subjects(&[name_of(group)], call.now()).await?)?,
        };
        let mut judged = SampleJudgementRow {
            group_id: group,
            judged_idx: of.index,
            oin: call.oin().clone(),
            user_id: call.actor.user_id.clone(),
            verdict: of.verdict,
            judged_at: call.now(),
            idx: 0,
            subject: person.as_ref().map(|key| key.pseudonym()),
            content: Vec::new(),
            unread: Vec::new(),
        };
        judged.content = written::seal(of.grounds.as_str(), &key, &judged)?;
        let age_band = record.as_ref().and_then(|record| record.data_subject.as_ref());
        let age_band = age_band.map(|person| person.age_band);
        let administration = Administration {
            scope: Scope::Ledger.number(),
            count: 1,
            digest: sha256(&judged.content),
        };
        let happening = Happening {
            subject: person
                .as_deref()
                .zip(age_band)
                .map(|(key, age_band)| Subject { key, age_band }),
            case_ref: row.case_ref.as_ref(),
            detail: format!("{} {}", of.verdict, of.index),
            message_id: Some(row.event_id.into()),
            ..Happening::new(
                EventCode::SampleJudged,
                group,
                Scope::Ledger.object(),
                Matter::Administration(administration),
            )
        };
        Ok(Judge { entry: self.write_down(call, happening)?.entry, row: judged })
    }

    /// What officers of the caller's organisation found of entries. Part of the look at the sample.
    pub(super) async fn judgements_of(
        &self,
        call: &Call,
        places: &[i64],
    ) -> Result<Vec<Judgement>> {
        let mut tx = self.db().read().await?;
        let mut rows = Vec::new();
        for place in places {
            rows.extend(tx.sample_judgements(call.oin(), *place).await?);
        }
        drop(tx);
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let key = self.grounds_of_judgement(&row).await?;
            let places = [row.judged_idx];
            let about = (row.subject, places.as_slice());
            let grounds = self.open_written(&row, key.as_ref(), about).await?;
            found.push(Judgement { judged: told(&row), user_id: row.user_id, grounds });
        }
        Ok(found)
    }

    /// The key of grounds; none when it was destroyed.
    async fn grounds_of_judgement(&self, row: &SampleJudgementRow) -> Result<Option<WrappingKey>> {
        if let Some(subject) = row.subject {
            let key = self.keys().subject(subject).await?;
            return Ok(key.map(|key| key.wrapping_key()));
        }
        let key = self.keys().subject(name_of(row.group_id)).await?;
        key.map(|key| combined(&[key])).transpose()
    }
}

/// Names the key of grounds about an entry that is about nobody, or about somebody who was forgotten.
fn name_of(group: GroupId) -> Pseudonym {
    own_name(*b"judged", group.as_bytes())
}

fn told(row: &SampleJudgementRow) -> Judged {
    Judged { index: row.judged_idx, verdict: row.verdict, at: row.judged_at, idx: row.idx }
}

struct Judge {
    row: SampleJudgementRow,
    entry: NewEntry,
}

impl Work for Judge {
    type Answer = Judged;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let before = tx.sample_judgements(&self.row.oin, self.row.judged_idx).await?;
        if before.len() >= JUDGEMENTS_MAX {
            let sentence = "the organisation judged this entry fifty times";
            return Ok(Err(Error::unmet("JUDGEMENTS_FEW", sentence).into()));
        }
        Ok(Ok(vec![self.entry.clone()]))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<Judged> {
        let corrupt = store::Error::Corrupt { table: "sample_judgements", column: "idx" };
        let Ok(idx) = i64::try_from(placed.first()) else { return Err(corrupt) };
        let row = SampleJudgementRow { idx, ..self.row.clone() };
        tx.insert_sample_judgement(&row).await?;
        Ok(told(&row))
    }
}
