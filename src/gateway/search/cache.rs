//! Blocks that were read lately stay in memory: they never change, but for a purge.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::lines::Block;
use crate::gateway::error::{Error, Result};
use crate::store::{BlockRow, Tx};

use super::{BLOCK, block_of};

/// Blocks in memory: a million entries in about 25 MB.
const BLOCKS_MAX: usize = 256;

/// The blocks in memory.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Blocks(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By number: the block, of how many lines, and when it was last used.
    blocks: BTreeMap<i64, (Arc<Block>, i64, u64)>,
    /// Counts uses.
    clock: u64,
}

impl Blocks {
    /// A block, read when it is not in memory as it is kept now.
    pub(super) async fn get(&self, tx: &mut Tx, row: BlockRow) -> Result<Arc<Block>> {
        if let Some(block) = self.known(row) {
            return Ok(block);
        }
        let content = if row.lines < 0 { None } else { tx.block_content(row.block).await? };
        let Some(content) = content else {
            return Ok(Arc::new(block_of(tx, row.block * BLOCK).await?));
        };
        let block = Arc::new(Block::from_bytes(&content).map_err(Error::internal)?);
        self.keep(row, &block);
        Ok(block)
    }

    fn known(&self, row: BlockRow) -> Option<Arc<Block>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let now = kept.clock;
        let (block, lines, used) = kept.blocks.get_mut(&row.block)?;
        *used = now;
        (*lines == row.lines).then(|| Arc::clone(block))
    }

    fn keep(&self, row: BlockRow, block: &Arc<Block>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = kept.clock;
        kept.blocks.insert(row.block, (Arc::clone(block), row.lines, now));
        if kept.blocks.len() > BLOCKS_MAX {
            let oldest = kept.blocks.iter().min_by_key(|(_, (_, _, used))| *used);
            if let Some(number) = oldest.map(|(number, _)| *number) {
                kept.blocks.remove(&number);
            }
        }
    }
}
