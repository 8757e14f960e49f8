//! One witness is asked for one cosignature.

use crate::domain::time::Timestamp;
use crate::ledger::note::{Note, Signature, Witness};
use crate::ledger::witness::AddCheckpoint;
use crate::store::{CosignatureRow, Db};

use super::{Reach, Reply, Trouble};
use crate::gateway::error::{Error, Result};

/// Requests of one question. The first may begin at a size that the witness has gone beyond; others may
/// ask it meanwhile.
const REQUESTS_MAX: usize = 4;

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
    /// There is nothing to cosign.
    Agrees,
    /// It cosigned, which is kept.
    Cosigned,
    /// Something is wrong.
    Trouble {
        /// What.
        trouble: Trouble,
        /// Entries in the database.
        found: u64,
    },
}

/// The ledger, as it is now.
#[derive(Debug, Clone)]
struct Newest {
    note: Note,
    size: u64,
}

impl Asking<'_> {
    /// Whether the witness agrees with the newest checkpoint, also where it cosigned that one before.
    pub(super) async fn agreement(self) -> Result<Answer> {
        let Some(newest) = self.newest().await? else { return Ok(Answer::Agrees) };
        let old = self.cosigned_size().await?.min(newest.size);
        self.ask(newest, old).await
    }

    /// Has the newest checkpoint cosigned, if it was not.
    pub(super) async fn cosignature(self) -> Result<Answer> {
        let Some(newest) = self.newest().await? else { return Ok(Answer::Agrees) };
        let old = self.cosigned_size().await?;
        // The witness is ahead only when the database went back: it is asked, and says so.
        if old == newest.size {
            return Ok(Answer::Agrees);
        }
        let old = old.min(newest.size);
        self.ask(newest, old).await
    }

    /// Which size the witness has, without asking it to cosign anything: the request says that it has this
    /// very checkpoint. Where it has not, it answers what it has and changes nothing.
    pub(super) async fn size(self) -> Result<std::result::Result<u64, Trouble>> {
        let Some(newest) = self.newest().await? else { return Ok(Ok(0)) };
        let request = AddCheckpoint {
            old_size: newest.size,
            proof: Vec::new(),
            checkpoint: newest.note.clone(),
        };
        let reply = self.reach.add_checkpoint(self.witness.name(), request.to_string()).await;
        Ok(match reply {
            Err(unreached) => Err(Trouble::Unreached(unreached.0)),
            Ok(Reply { status: 200, body }) => {
                self.cosigned(&newest.note, &body).map(|_| newest.size).ok_or(Trouble::NotCosigned)
            }
            Ok(Reply { status: 409, body }) => match body.trim_end().parse() {
                // The same size was refused, so its root is another.
                Ok(seen) if seen >= newest.size => Err(Trouble::Contradicts { seen }),
                Ok(seen) => Ok(seen),
                Err(_) => Err(Trouble::Refused(409)),
            },
            Ok(Reply { status, .. }) => Err(Trouble::Refused(status)),
        })
    }

    async fn ask(self, mut newest: Newest, mut old: u64) -> Result<Answer> {
        for _ in 0..REQUESTS_MAX {
            let request = self.request(&newest, old).await?;
            let reply = self.reach.add_checkpoint(self.witness.name(), request).await;
            let trouble = match reply {
                Err(unreached) => Trouble::Unreached(unreached.0),
                Ok(Reply { status: 200, body }) => match self.cosigned(&newest.note, &body) {
                    Some((line, at)) => return self.keep(newest.size, &line, at).await,
                    None => Trouble::NotCosigned,
                },
                Ok(Reply { status: 409, body }) => {
                    let Ok(seen) = body.trim_end().parse::<u64>() else {
                        return Ok(newest.trouble(Trouble::Refused(409)));
                    };
                    // Entries may have come while it was asked, and another gateway may have asked.
                    newest = self.newest().await?.unwrap_or(newest);
                    if seen > newest.size || seen == old {
                        return Ok(newest.trouble(Trouble::Contradicts { seen }));
                    }
                    old = seen;
                    continue;
                }
                Ok(Reply { status: 422, .. }) => Trouble::Contradicts { seen: old },
                Ok(Reply { status, .. }) => Trouble::Refused(status),
            };
            return Ok(newest.trouble(trouble));
        }
        Ok(newest.trouble(Trouble::Refused(409)))
    }

    async fn newest(self) -> Result<Option<Newest>> {
        let row = self.db.read().await?.latest_checkpoint().await?;
        let Some(row) = row else { return Ok(None) };
        let note = row.note.parse().map_err(Error::internal)?;
        Ok(Some(Newest { note, size: u64::try_from(row.size).map_err(Error::internal)? }))
    }

    async fn cosigned_size(self) -> Result<u64> {
        let row = self.db.read().await?.newest_cosignature(self.witness.name().as_str()).await?;
        row.map_or(Ok(0), |row| u64::try_from(row.size).map_err(Error::internal))
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
    fn cosigned(self, checkpoint: &Note, body: &str) -> Option<(Signature, Timestamp)> {
        body.lines().filter_map(|line| line.parse::<Signature>().ok()).find_map(|line| {
            let cosigned = checkpoint.clone().with_signature(line.clone()).ok()?;
            let at = self.witness.cosigned_at(&cosigned).ok()??;
            Some((line, at))
        })
    }

    async fn keep(self, size: u64, line: &Signature, cosigned_at: Timestamp) -> Result<Answer> {
        let row = CosignatureRow {
            witness: self.witness.name().to_string(),
            size: i64::try_from(size).map_err(Error::internal)?,
            line: line.to_string(),
            cosigned_at,
        };
        self.db.keep_cosignature(&row).await?;
        Ok(Answer::Cosigned)
    }
}

impl Newest {
    const fn trouble(&self, trouble: Trouble) -> Answer {
        Answer::Trouble { trouble, found: self.size }
    }
}
