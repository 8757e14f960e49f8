//! One witness is asked for one cosignature.

use crate::domain::time::Timestamp;
use crate::ledger::note::{Note, SIGNATURES_MAX, Witness};
use crate::ledger::witness::AddCheckpoint;
use crate::store::{CosignatureRow, Db, Tx};

use super::{Reach, Reply, Trouble};
use crate::gateway::error::{Error, Result};

/// Requests of one question. The first may begin at a size that the witness has gone beyond; others may
/// ask it meanwhile.
const REQUESTS_MAX: usize = 4;

/// Stored lines of a witness that are tried: more than one only where lines were changed in the database.
const LINES_MAX: u32 = 8;

/// A question to one witness.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) db: &'a Db,
    pub(super) witness: &'a Witness,
    pub(super) reach: &'a dyn Reach,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// There is no ledger yet, so nobody was asked.
    NotAsked,
    /// It cosigned the newest checkpoint, which is kept.
    Cosigned,
    /// Something is wrong.
    Trouble(Trouble),
}

impl Answer {
    /// It took too long.
    pub(super) fn late() -> Self {
        Self::Trouble(Trouble::Unreached("it gave no answer in time".to_owned()))
    }
}

/// How far a witness has come, for who asks nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// It cosigned the newest checkpoint, or one that stands here with its cosignature.
    Known(u64),
    /// It cosigned so many entries, at a size of which nothing is stored here: only a gateway that asks
    /// for a cosignature finds out whether it was this ledger.
    Unknown(u64),
}

/// The ledger, as it is now.
#[derive(Debug, Clone)]
struct Newest {
    note: Note,
    size: u64,
}

/// The newest checkpoint that a witness cosigned, as far as its line is really by its key.
pub(super) async fn cosigned(tx: &mut Tx, witness: &Witness) -> Result<Option<(u64, Timestamp)>> {
    for row in tx.newest_cosignatures(&witness.label(), LINES_MAX).await? {
        if let Some(at) = verified(tx, witness, &row).await? {
            return Ok(Some((u64::try_from(row.size).map_err(Error::internal)?, at)));
        }
    }
    Ok(None)
}

/// When the line of a row was given, if it is by the key of the witness over the checkpoint of its size.
async fn verified(
    tx: &mut Tx,
    witness: &Witness,
    row: &CosignatureRow,
) -> Result<Option<Timestamp>> {
    let Some(checkpoint) = tx.checkpoint(row.size).await? else { return Ok(None) };
    let Ok(note) = checkpoint.note.parse() else { return Ok(None) };
    Ok(witness.accept(&note, &row.line).map(|(_cosigned, at)| at))
}

impl Asking<'_> {
    /// Has the newest checkpoint cosigned, also where it was before: so it is known that the witness is
    /// there and agrees.
    pub(super) async fn cosignature(self) -> Result<Answer> {
        let Some(mut newest) = self.newest().await? else { return Ok(Answer::NotAsked) };
        let known = self.cosigned_size().await?;
        let mut old = known.min(newest.size);
        for _ in 0..REQUESTS_MAX {
            let request = self.request(&newest, old).await?;
            let reply = self.reach.add_checkpoint(self.witness.name(), request).await;
            let trouble = match reply {
                Err(unreached) => Trouble::Unreached(unreached.0),
                Ok(Reply { status: 200, body }) => match self.cosigned(&newest.note, &body) {
                    Some((line, at)) => return self.keep(newest.size, line, at).await,
                    None => Trouble::NotCosigned,
                },
                Ok(Reply { status: 409, body }) => match body.trim_end().parse::<u64>() {
                    Ok(seen) if seen != old => {
                        // Entries may have come while it was asked, and another gateway may have asked.
                        newest = self.newest().await?.unwrap_or(newest);
                        if seen > newest.size {
                            return Ok(Answer::Trouble(newest.contradicts(seen)));
                        }
                        if seen < known {
                            tracing::warn!(event = "witness.forgot", witness = %self.witness.name(), known, seen);
                        }
                        old = seen;
                        continue;
                    }
                    // It has this size, so the root is another.
                    Ok(_) | Err(_) if old == newest.size => newest.contradicts(old),
                    Ok(_) | Err(_) => Trouble::Refused(409),
                },
                Ok(Reply { status: 422, .. }) => newest.contradicts(old),
                Ok(Reply { status, .. }) => Trouble::Refused(status),
            };
            return Ok(Answer::Trouble(trouble));
        }
        Ok(Answer::Trouble(Trouble::Busy))
    }

    /// How far the witness has come, without asking it to cosign anything: the request says that it has
    /// this very checkpoint. Where it has not, it answers what it has and changes nothing.
    pub(super) async fn position(self) -> Result<std::result::Result<Position, Trouble>> {
        let Some(mut newest) = self.newest().await? else { return Ok(Ok(Position::Known(0))) };
        for _ in 0..REQUESTS_MAX {
            let (old_size, proof) = (newest.size, Vec::new());
            let request = AddCheckpoint { old_size, proof, checkpoint: newest.note.clone() };
            let reply = self.reach.add_checkpoint(self.witness.name(), request.to_string()).await;
            return Ok(Err(match reply {
                Err(unreached) => Trouble::Unreached(unreached.0),
                Ok(Reply { status: 200, body }) => match self.cosigned(&newest.note, &body) {
                    Some(_) => return Ok(Ok(Position::Known(newest.size))),
                    None => Trouble::NotCosigned,
                },
                Ok(Reply { status: 409, body }) => match body.trim_end().parse::<u64>() {
                    Ok(seen) if seen < newest.size => return self.known(seen).await.map(Ok),
                    Ok(seen) if seen > newest.size => {
                        // A gateway that runs beside this may have been there.
                        let present = self.newest().await?.unwrap_or_else(|| newest.clone());
                        if seen <= present.size {
                            newest = present;
                            continue;
                        }
                        newest.contradicts(seen)
                    }
                    Ok(_) | Err(_) => newest.contradicts(newest.size),
                },
                Ok(Reply { status, .. }) => Trouble::Refused(status),
            }));
        }
        Ok(Err(Trouble::Busy))
    }

    /// Whether the database has what the witness says that it cosigned.
    async fn known(self, seen: u64) -> Result<Position> {
        let mut tx = self.db.read().await?;
        let size = i64::try_from(seen).map_err(Error::internal)?;
        for row in tx.cosignatures(size).await? {
            let is_its_own = row.witness == self.witness.label();
            if is_its_own && verified(&mut tx, self.witness, &row).await?.is_some() {
                return Ok(Position::Known(seen));
            }
        }
        Ok(if seen == 0 { Position::Known(0) } else { Position::Unknown(seen) })
    }

    async fn newest(self) -> Result<Option<Newest>> {
        let row = self.db.read().await?.latest_checkpoint().await?;
        let Some(row) = row else { return Ok(None) };
        let note = row.note.parse().map_err(Error::internal)?;
        Ok(Some(Newest { note, size: u64::try_from(row.size).map_err(Error::internal)? }))
    }

    async fn cosigned_size(self) -> Result<u64> {
        let found = cosigned(&mut self.db.read().await?, self.witness).await?;
        Ok(found.map_or(0, |(size, _)| size))
    }

    async fn request(self, newest: &Newest, old_size: u64) -> Result<String> {
        let proof = match old_size {
            0 => Vec::new(),
            _ => self.db.read().await?.consistency_proof(old_size, newest.size).await?,
        };
        let checkpoint = newest.note.clone();
        Ok(AddCheckpoint { old_size, proof, checkpoint }.to_string())
    }

    /// The line of the answer that is by the key of the witness; others are none of our business.
    fn cosigned<'b>(self, checkpoint: &Note, body: &'b str) -> Option<(&'b str, Timestamp)> {
        body.lines().take(SIGNATURES_MAX).find_map(|line| {
            let (_cosigned, at) = self.witness.accept(checkpoint, line)?;
            Some((line, at))
        })
    }

    async fn keep(self, size: u64, line: &str, cosigned_at: Timestamp) -> Result<Answer> {
        let row = CosignatureRow {
            witness: self.witness.label(),
            size: i64::try_from(size).map_err(Error::internal)?,
            line: line.to_owned(),
            cosigned_at,
        };
        self.db.keep_cosignature(&row).await?;
        Ok(Answer::Cosigned)
    }
}

impl Newest {
    const fn contradicts(&self, seen: u64) -> Trouble {
        Trouble::Contradicts { seen, found: self.size }
    }
}
