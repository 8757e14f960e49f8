//! The ledger's rows: leaves, full tiles, checkpoints and the state of the log.
//!
//! Appending happens inside the writer's transaction ([`super::commit`]); reading proofs and whole
//! logs happens in any read transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::id::EventId;
use crate::domain::time::Timestamp;
use crate::ledger::hash::Hash;
use crate::ledger::proof::{self, Node, Plan};
use crate::ledger::tile::{Edge, Subtrees, TILE_WIDTH, Tile, TileId};
use crate::ledger::tree::Frontier;

use super::columns::record;
use super::db::table::{Kind, Table};
use super::db::{Schema, Sql, Tx};
use super::error::{Error, Result};
use super::sets;

/// Migrations of the data.
pub const SCHEMA: Schema = Schema {
    name: "ketenpoort",
    migrations: &[(
        1,
        "initial",
        include_str!("../../migrations/sqlite/0001_initial.sql"),
        include_str!("../../migrations/postgres/0001_initial.sql"),
    )],
};

record! {
    /// The state of the log.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LogState {
        /// Origin of its checkpoints.
        pub origin: String,
        /// Number of leaves.
        pub size: i64,
        /// Root over them.
        pub root: Vec<u8>,
        /// Roots of the perfect subtrees.
        pub frontier: Vec<u8>,
        /// Starts of signing processes.
        pub epoch: i64,
        /// The directory in force; 0 before the first.
        pub directory_version: i64,
        /// A signed checkpoint that this ledger does not hold. While there is one, nobody appends.
        pub disputed: Option<String>,
    }
}

record! {
    /// A stored entry.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LeafRow {
        /// Position.
        pub idx: i64,
        /// Event.
        pub event_id: EventId,
        /// Bytes as hashed.
        pub entry: Vec<u8>,
    }
}

record! {
    /// A full tile.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct TileRow {
        /// Level.
        pub level: i64,
        /// Position within the level.
        pub idx: i64,
        /// 256 hashes.
        pub hashes: Vec<u8>,
        /// Root over them.
        pub root: Vec<u8>,
    }
}

record! {
    /// A signed state.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CheckpointRow {
        /// Number of leaves.
        pub size: i64,
        /// Signed note.
        pub note: String,
        /// When.
        pub signed_at: Timestamp,
    }
}

/// On PostgreSQL the row is locked until the commit: replicas append one after the other. It is
/// the last lock that a transaction takes. SQLite has one writer.
const LOCK_STATE: Sql = Sql {
    sqlite: "-- ledger.lock_state
             SELECT origin, size, root, frontier, epoch, directory_version, disputed
               FROM log_state WHERE log_id = 1",
    postgres: "-- ledger.lock_state
               SELECT origin, size, root, frontier, epoch, directory_version, disputed
                 FROM log_state WHERE log_id = 1 FOR UPDATE",
};

static LEAVES: Table = Table::new(
    "leaves",
    &[("idx", Kind::Integer), ("event_id", Kind::Blob), ("entry", Kind::Blob)],
);

static TILES: Table = Table::new(
    "tiles",
    &[
        ("level", Kind::Integer),
        ("idx", Kind::Integer),
        ("hashes", Kind::Blob),
        ("root", Kind::Blob),
    ],
);

static CHECKPOINTS: Table = Table::new(
    "checkpoints",
    &[("size", Kind::Integer), ("note", Kind::Text), ("signed_at", Kind::Integer)],
);

impl Tx {
    /// The state of the log; `None` before the first start.
    pub async fn log_state(&mut self) -> Result<Option<LogState>> {
        self.query(
            "-- ledger.state
             SELECT origin, size, root, frontier, epoch, directory_version, disputed
               FROM log_state WHERE log_id = 1",
        )
        .fetch_optional()
        .await
    }

    pub(super) async fn lock_log_state(&mut self) -> Result<LogState> {
        self.query(LOCK_STATE).fetch_one().await
    }

    /// Makes the log; nothing happens when it exists.
    pub(super) async fn record_log(&mut self, origin: &str) -> Result<()> {
        let empty = Edge::new();
        self.query(
            "-- ledger.record_log
             INSERT INTO log_state (log_id, origin, size, root, frontier, epoch, directory_version)
             VALUES (1, $1, 0, $2, $3, 0, 0)
             ON CONFLICT (log_id) DO NOTHING",
        )
        .bind(origin.to_owned())
        .bind(empty.root().as_bytes().to_vec())
        .bind(empty.frontier().encode())
        .execute()
        .await?;
        Ok(())
    }

    pub(super) async fn raise_epoch(&mut self) -> Result<()> {
        self.query("-- ledger.raise_epoch\nUPDATE log_state SET epoch = epoch + 1 WHERE log_id = 1")
            .execute_one()
            .await
    }

    /// Stops the ledger for every gateway: it does not hold this signed checkpoint. The first one
    /// that was found stays.
    pub(super) async fn dispute_log(&mut self, note: &str) -> Result<()> {
        self.query(
            "-- ledger.dispute
             UPDATE log_state SET disputed = $1 WHERE log_id = 1 AND disputed IS NULL",
        )
        .bind(note.to_owned())
        .execute()
        .await?;
        Ok(())
    }

    /// Lets the ledger go on: the operator decided so.
    pub async fn settle_dispute(&mut self) -> Result<()> {
        self.query(
            "-- ledger.settle_dispute\nUPDATE log_state SET disputed = NULL WHERE log_id = 1",
        )
        .execute_one()
        .await
    }

    /// Writes the state as it is, to see that it can be written.
    pub(super) async fn touch_log_state(&mut self) -> Result<()> {
        self.query("-- ledger.touch_state\nUPDATE log_state SET size = size WHERE log_id = 1")
            .execute_one()
            .await
    }

    /// Moves the state from the size that was locked to the new one.
    pub(super) async fn update_log_state(&mut self, from: i64, to: &Frontier) -> Result<()> {
        self.query(
            "-- ledger.update_state
             UPDATE log_state SET size = $2, root = $3, frontier = $4
              WHERE log_id = 1 AND size = $1",
        )
        .bind(from)
        .bind(to_i64(to.size())?)
        .bind(to.root().as_bytes().to_vec())
        .bind(to.encode())
        .execute_one()
        .await
    }

    pub(super) async fn insert_leaf(&mut self, row: LeafRow) -> Result<()> {
        self.insert(&LEAVES).set(row.idx).set(row.event_id).set(row.entry).keep().await
    }

    pub(super) async fn insert_tile(&mut self, id: TileId, tile: &Tile) -> Result<()> {
        self.insert(&TILES)
            .set(i64::from(id.level()))
            .set(to_i64(id.index())?)
            .set(tile.to_bytes())
            .set(tile.root().as_bytes().to_vec())
            .keep()
            .await
    }

    pub(super) async fn insert_checkpoint(&mut self, row: CheckpointRow) -> Result<()> {
        self.insert(&CHECKPOINTS).set(row.size).set(row.note).set(row.signed_at).keep().await
    }

    /// One stored entry.
    pub async fn leaf(&mut self, idx: i64) -> Result<Option<LeafRow>> {
        self.query("-- ledger.leaf\nSELECT idx, event_id, entry FROM leaves WHERE idx = $1")
            .bind(idx)
            .fetch_optional()
            .await
    }

    /// Stored entries from a position on, in order, at most `limit`.
    pub async fn leaves(&mut self, from: i64, limit: u32) -> Result<Vec<LeafRow>> {
        self.query(
            "-- ledger.leaves
             SELECT idx, event_id, entry FROM leaves WHERE idx >= $1 ORDER BY idx LIMIT $2",
        )
        .bind(from)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// The bytes of some entries, with their positions, in order.
    pub async fn leaves_at(&mut self, places: &[i64]) -> Result<Vec<(i64, Vec<u8>)>> {
        let places = sets::rows(places.iter().map(|idx| (*idx).into()));
        self.query(Sql {
            sqlite: "-- ledger.leaves_at
             SELECT idx, entry FROM leaves
              WHERE idx IN (SELECT value FROM json_each($1)) ORDER BY idx",
            postgres: "-- ledger.leaves_at
             SELECT idx, entry FROM leaves
              WHERE idx = ANY(ARRAY(SELECT CAST(value AS BIGINT)
                                      FROM json_array_elements_text(CAST($1 AS JSON)) AS value))
              ORDER BY idx",
        })
        .bind(places)
        .fetch_all()
        .await
    }

    /// Stored tiles of a level from a position on, in order, at most `limit`.
    pub async fn tiles(&mut self, level: i64, from: i64, limit: u32) -> Result<Vec<TileRow>> {
        self.query(
            "-- ledger.tiles
             SELECT level, idx, hashes, root FROM tiles
              WHERE level = $1 AND idx >= $2 ORDER BY idx LIMIT $3",
        )
        .bind(level)
        .bind(from)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// The checkpoint of exactly this size.
    pub async fn checkpoint(&mut self, size: i64) -> Result<Option<CheckpointRow>> {
        self.query(
            "-- ledger.checkpoint\nSELECT size, note, signed_at FROM checkpoints WHERE size = $1",
        )
        .bind(size)
        .fetch_optional()
        .await
    }

    /// The newest checkpoint.
    pub async fn latest_checkpoint(&mut self) -> Result<Option<CheckpointRow>> {
        self.query(
            "-- ledger.latest_checkpoint
             SELECT size, note, signed_at FROM checkpoints ORDER BY size DESC LIMIT 1",
        )
        .fetch_optional()
        .await
    }

    /// The newest checkpoints, newest first, at most `limit`.
    pub async fn newest_checkpoints(&mut self, limit: u32) -> Result<Vec<CheckpointRow>> {
        self.query(
            "-- ledger.newest_checkpoints
             SELECT size, note, signed_at FROM checkpoints ORDER BY size DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Checkpoints above a size, in order, at most `limit`.
    pub async fn checkpoints(&mut self, above: i64, limit: u32) -> Result<Vec<CheckpointRow>> {
        self.query(
            "-- ledger.checkpoints
             SELECT size, note, signed_at FROM checkpoints WHERE size > $1 ORDER BY size LIMIT $2",
        )
        .bind(above)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Reads the right edge of the tree of `size` leaves: at most 255 hashes a level.
    pub async fn edge(&mut self, size: u64) -> Result<Edge> {
        let mut levels = Vec::new();
        let mut hashes_at_level = size;
        for level in 0_u8..7 {
            let full = hashes_at_level >> 8;
            let partial = hashes_at_level - (full << 8);
            levels.push(self.stored_hashes(level, full << 8, partial).await?);
            hashes_at_level = full;
        }
        Edge::from_levels(size, levels).ok_or(Error::Corrupt { table: "leaves", column: "idx" })
    }

    /// Hashes of a tile that is not full: leaf hashes, or roots of the tiles below.
    async fn stored_hashes(&mut self, level: u8, first: u64, len: u64) -> Result<Vec<Hash>> {
        let Some(below) = level.checked_sub(1) else {
            return self.leaf_hashes(to_i64(first)?, limit(len)?).await;
        };
        let roots: Vec<(Vec<u8>,)> = self
            .query(
                "-- ledger.tile_roots
                 SELECT root FROM tiles WHERE level = $1 AND idx >= $2 ORDER BY idx LIMIT $3",
            )
            .bind(i64::from(below))
            .bind(to_i64(first)?)
            .bind(i64::from(limit(len)?))
            .fetch_all()
            .await?;
        roots.iter().map(|(root,)| hash(root)).collect()
    }

    /// Hashes of entries from a position on, in order, at most `len`; also of those that were purged.
    async fn leaf_hashes(&mut self, first: i64, len: u32) -> Result<Vec<Hash>> {
        let mut found = self.purged_hashes(first, len).await?;
        for leaf in self.leaves(first, len).await? {
            found.push((leaf.idx, Hash::leaf(&leaf.entry)));
        }
        found.sort_unstable();
        let most = usize::try_from(len).unwrap_or(usize::MAX);
        Ok(found.into_iter().take(most).map(|(_, hash)| hash).collect())
    }

    /// The hash of an entry; also of one that was purged.
    pub async fn leaf_hash(&mut self, idx: i64) -> Result<Option<Hash>> {
        if let Some(leaf) = self.leaf(idx).await? {
            return Ok(Some(Hash::leaf(&leaf.entry)));
        }
        let purged = self.purged_hashes(idx, 1).await?;
        Ok(purged.first().filter(|(at, _)| *at == idx).map(|(_, hash)| *hash))
    }

    async fn tile(&mut self, id: TileId) -> Result<Option<Tile>> {
        let row: Option<(Vec<u8>,)> = self
            .query("-- ledger.tile\nSELECT hashes FROM tiles WHERE level = $1 AND idx = $2")
            .bind(i64::from(id.level()))
            .bind(to_i64(id.index())?)
            .fetch_optional()
            .await?;
        row.map(|(bytes,)| {
            Tile::from_bytes(&bytes).or(Err(Error::Corrupt { table: "tiles", column: "hashes" }))
        })
        .transpose()
    }

    /// The hashes of an inclusion proof (RFC 6962 §2.1.1); the leaf must be in the tree.
    pub async fn inclusion_proof(
        &mut self,
        nodes: &mut Nodes,
        index: u64,
        size: u64,
    ) -> Result<Vec<Hash>> {
        let plan = proof::inclusion_nodes(index, size)
            .or(Err(Error::Corrupt { table: "log_state", column: "size" }))?;
        self.assemble(nodes, &plan).await
    }

    /// The hashes of a consistency proof (RFC 6962 §2.1.2); the old tree must not be the larger.
    pub async fn consistency_proof(&mut self, old: u64, new: u64) -> Result<Vec<Hash>> {
        let plan = proof::consistency_nodes(old, new)
            .or(Err(Error::Corrupt { table: "log_state", column: "size" }))?;
        self.assemble(&mut Nodes::default(), &plan).await
    }

    /// The root of the tree of the first `size` leaves.
    pub async fn root(&mut self, size: u64) -> Result<Hash> {
        let nodes = proof::frontier_nodes(size)
            .or(Err(Error::Corrupt { table: "log_state", column: "size" }))?;
        let mut hashes = Vec::with_capacity(nodes.len());
        for node in nodes {
            hashes.push(self.node(&mut Nodes::default(), node).await?);
        }
        Frontier::from_roots(size, hashes)
            .map(|frontier| frontier.root())
            .ok_or(Error::Corrupt { table: "log_state", column: "size" })
    }

    async fn assemble(&mut self, nodes: &mut Nodes, plan: &Plan) -> Result<Vec<Hash>> {
        let mut hashes = Vec::with_capacity(plan.nodes().len());
        for node in plan.nodes() {
            hashes.push(self.node(nodes, *node).await?);
        }
        plan.assemble(&hashes).or(Err(Error::Corrupt { table: "tiles", column: "hashes" }))
    }

    async fn node(&mut self, nodes: &mut Nodes, node: Node) -> Result<Hash> {
        let slice = node.slice();
        let key = (slice.tile_level(), slice.first() >> 8);
        if nodes.tile(key).is_none() {
            let tile = self.tile_or_part(slice.tile_level(), key.1, slice.tile()).await?;
            nodes.keep(key, tile);
        }
        nodes
            .tile(key)
            .and_then(|tile| tile.root(slice))
            .ok_or(Error::Corrupt { table: "tiles", column: "hashes" })
    }

    async fn tile_or_part(
        &mut self,
        level: u8,
        index: u64,
        id: Option<TileId>,
    ) -> Result<Vec<Hash>> {
        if let Some(id) = id
            && let Some(tile) = self.tile(id).await?
        {
            return Ok(tile.hashes().to_vec());
        }
        let width = u64::try_from(TILE_WIDTH).unwrap_or(u64::MAX);
        self.stored_hashes(level, index << 8, width).await
    }
}

/// Hashes for proofs in one transaction, so that neighbouring proofs read and hash a tile once.
#[derive(Debug, Clone, Default)]
pub struct Nodes {
    /// The newest tiles, which all proofs of a batch go through.
    newest: Arc<BTreeMap<(u8, u64), Subtrees>>,
    read: BTreeMap<(u8, u64), Subtrees>,
}

/// Tiles kept for one transaction: a batch touches the newest tile of each level and little else.
const NODES_TILES_MAX: usize = 64;

impl Nodes {
    /// Starts with the tiles of an edge and those that were completed on the way to it: the newest
    /// part of the tree needs no reading.
    pub fn newest(edge: &Edge, completed: Vec<(TileId, Tile)>) -> Self {
        let mut newest = BTreeMap::new();
        for (id, tile) in completed {
            newest.insert((id.level(), id.index()), Subtrees::of(tile.hashes().to_vec()));
        }
        let mut hashes_at_level = edge.size();
        for (level, hashes) in (0_u8..).zip(edge.levels()) {
            if !hashes.is_empty() {
                newest.insert((level, hashes_at_level >> 8), Subtrees::of(hashes.to_vec()));
            }
            hashes_at_level >>= 8;
        }
        Self { newest: Arc::new(newest), read: BTreeMap::new() }
    }

    fn tile(&self, key: (u8, u64)) -> Option<&Subtrees> {
        self.newest.get(&key).or_else(|| self.read.get(&key))
    }

    fn keep(&mut self, key: (u8, u64), hashes: Vec<Hash>) {
        if self.read.len() >= NODES_TILES_MAX {
            self.read.clear();
        }
        self.read.insert(key, Subtrees::of(hashes));
    }
}

/// Reads a stored hash.
pub fn hash(bytes: &[u8]) -> Result<Hash> {
    Hash::from_slice(bytes).ok_or(Error::Corrupt { table: "log_state", column: "root" })
}

pub(super) fn to_i64(number: u64) -> Result<i64> {
    i64::try_from(number).or(Err(Error::Corrupt { table: "log_state", column: "size" }))
}

fn limit(number: u64) -> Result<u32> {
    u32::try_from(number).or(Err(Error::Corrupt { table: "log_state", column: "size" }))
}
