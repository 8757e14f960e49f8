//! A sample of disclosures for an officer to judge. It is drawn with a seed that is in the ledger, by a
//! method that anybody can repeat: nobody chooses what is looked at, and it shows.
//!
//! Method: every disclosure of the period of which the organisation is a party, up to one size of the
//! ledger, is ranked by SHA-256 over the 32 bytes of the seed and its index as 8 bytes, big-endian; those
//! with the lowest hashes are drawn.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

use crate::domain::event::EventCode;
use crate::domain::look::Look;
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::store::{self, NewEntry, Placed, Tx};
use crate::vault::random;

use super::Gateway;
use super::call::{Call, Request};
use super::disclosures::{Looked, PERIOD_MAX, SearchDraft, may_look, visible_to};
use super::error::{Error, Result};
use super::once::{Encode, Keep, Refusal, Work};

mod judge;

pub use judge::{Judged, Judgement, Judging};

/// Most disclosures in a sample.
pub const DRAWN_MAX: u32 = 50;

/// What is drawn from, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// First moment.
    pub from: Timestamp,
    /// First moment after.
    pub until: Timestamp,
    /// How many.
    pub count: u32,
}

/// A drawing: with it the organisation that drew the sample can draw it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawing {
    /// Random.
    pub seed: [u8; 32],
    /// Size of the ledger that it is drawn from.
    pub tree_size: i64,
    /// What from, and how many.
    pub wish: Wish,
    /// Keyed, over all of this and the organisation that drew it: nobody makes up a drawing.
    pub mark: [u8; 32],
}

/// What a drawing came to.
#[derive(Debug)]
pub struct Drawn {
    /// How many disclosures it was drawn from.
    pub of: usize,
    /// In the order of the ledger.
    pub entries: Vec<Looked>,
    /// What officers of the organisation found of them, in this sample or another: by entry, the oldest
    /// first.
    pub judgements: Vec<Judgement>,
}

impl Gateway {
    /// Draws a seed. Seed, size of the ledger, number and period are in its entry.
    pub async fn draw_sample(
        &self,
        call: &Call,
        request: &Request,
        (purpose, wish): (i32, Wish),
        encode: Encode<Drawing>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let purpose = checked(purpose, &wish)?;
        let seed = random::random_bytes().map_err(Error::internal)?;
        let tree_size = self.present_size().await?;
        let drawing = Drawing { seed, tree_size, wish, mark: [0; 32] };
        let drawing = Drawing { mark: self.mark_of(call, &drawing), ..drawing };
        let told = drawing.told();
        let note = call.look_note((Look::Drawing, purpose), &told)?;
        let entry = self.noted(call, note, told.as_bytes())?;
        self.once(call, request, Draw { drawing, entry }, Keep::Plain, encode).await?.bytes()
    }

    /// What a drawing came to, for the organisation that drew it; for everybody else, and where nobody
    /// drew it, it does not exist. That somebody looked is in the ledger first.
    pub async fn drawn_sample(&self, call: &Call, purpose: i32, of: &Drawing) -> Result<Drawn> {
        self.require_officer(call).await?;
        if !self.is_own_drawing(call, of) {
            return self.refuse_hidden(call).await;
        }
        let purpose = checked(purpose, &of.wish)?;
        self.log_look(call, of.told().as_bytes(), (Look::Sample, purpose)).await?;
        let (candidates, picked) = self.picked(call, of).await?;
        let mut entries = Vec::with_capacity(picked.len());
        for row in self.db().read().await?.disclosures(&picked).await? {
            entries.push(self.look_at(row).await?);
        }
        let judgements = self.judgements_of(call, &picked).await?;
        Ok(Drawn { of: candidates, entries, judgements })
    }

    /// Whether a drawing was drawn here, by the organisation of the caller.
    fn is_own_drawing(&self, call: &Call, of: &Drawing) -> bool {
        verify_slices_are_equal(&of.mark, &self.mark_of(call, of)).is_ok()
    }

    /// How many a drawing was drawn from, and the places of those that were drawn, in their order.
    async fn picked(&self, call: &Call, of: &Drawing) -> Result<(usize, Vec<i64>)> {
        let draft = SearchDraft {
            purpose: Purpose::PrivacyReview.number().into(),
            from: Some(of.wish.from),
            until: Some(of.wish.until),
            event_codes: EventCode::ALL
                .iter()
                .filter(|event| event.discloses())
                .map(|event| event.number().into())
                .collect(),
            ..SearchDraft::default()
        };
        let (sought, _) = draft.parse_for_export(visible_to(call), None)?;
        let size = of.tree_size.clamp(0, self.present_size().await?);
        let candidates = self.find_entries(&sought, size, (None, usize::MAX)).await?.page;
        Ok((candidates.len(), lowest(&of.seed, &candidates, of.wish.count)))
    }

    fn mark_of(&self, call: &Call, drawing: &Drawing) -> [u8; 32] {
        let whole = format!("{} {}", call.oin(), drawing.told());
        self.keys().keyring().idempotency_key().body_digest("drawing", whole.as_bytes())
    }
}

impl Drawing {
    /// What the entry says: enough to draw again.
    fn told(&self) -> String {
        let Wish { from, until, count } = self.wish;
        let (seed, size) = (hex::encode(self.seed), self.tree_size);
        format!("seed={seed} tree_size={size} n={count} from={from} until={until}")
    }
}

/// Those of the lowest hashes, in the order of the ledger.
fn lowest(seed: &[u8; 32], candidates: &[i64], count: u32) -> Vec<i64> {
    let mut ranked: Vec<_> = candidates.iter().map(|index| (rank(seed, *index), *index)).collect();
    ranked.sort_unstable();
    ranked.truncate(usize::try_from(count).unwrap_or_default());
    let mut picked: Vec<i64> = ranked.into_iter().map(|(_, index)| index).collect();
    picked.sort_unstable();
    picked
}

fn rank(seed: &[u8; 32], index: i64) -> Vec<u8> {
    digest(&SHA256, &[&seed[..], &index.to_be_bytes()].concat()).as_ref().to_vec()
}

fn checked(purpose: i32, wish: &Wish) -> Result<Purpose> {
    let mut violations = Violations::new();
    let purpose = may_look(purpose, &mut violations);
    let words = "must have a start and an end, at most 92 days apart";
    let fits = wish.from < wish.until && wish.until <= wish.from.plus(PERIOD_MAX);
    violations.require(fits, "period", "PERIOD", words);
    let words = "must be 1 to 50";
    violations.require((1..=DRAWN_MAX).contains(&wish.count), "count", "OUT_OF_RANGE", words);
    violations.into_result(())?;
    purpose.ok_or_else(Error::hidden)
}

struct Draw {
    drawing: Drawing,
    entry: NewEntry,
}

impl Work for Draw {
    type Answer = Drawing;

    async fn apply(&self, _tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        Ok(Ok(vec![self.entry.clone()]))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<Drawing> {
        Ok(self.drawing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_again_and_every_entry_is_drawn_as_often() {
        let candidates: Vec<i64> = (0..40).map(|number| number * 3).collect();
        let mut drawn = std::collections::BTreeMap::<i64, u32>::new();
        for number in 0..400_i32 {
            let seed = rank(&[0; 32], number.into()).try_into().unwrap();
            let picked = lowest(&seed, &candidates, 10);
            assert_eq!(picked, lowest(&seed, &candidates, 10));
            assert!(picked.len() == 10 && picked.is_sorted());
            for index in picked {
                *drawn.entry(index).or_default() += 1;
            }
        }
        // A hundred times each; seven deviations are 61.
        assert_eq!(drawn.len(), candidates.len());
        assert!(drawn.values().all(|times| (39..=161).contains(times)), "{drawn:?}");
        assert_eq!(lowest(&[0; 32], &candidates, 50), candidates, "there are no more");
    }

    /// As `(head -c 32 /dev/zero; printf '\0\0\0\0\0\0\0\1') | sha256sum` has it.
    #[test]
    fn the_rank_is_what_sha256sum_says() {
        let known = "08e00266fff0aacc64974f22a53622a7dc458ac1b5fd446ae7c99a4a99a564e6";
        assert_eq!(hex::encode(rank(&[0; 32], 1)), known);
    }
}
