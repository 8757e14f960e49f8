//! The use cases: the only place where a story is told from start to end.
//!
//! Every use case reads its facts, lets the domain decide, seals what is kept, and hands one
//! command to the writer, which makes rows and ledger entries durable together. What is answered
//! was committed before (promise 1). No type of gRPC, HTTP or SQL appears here.

pub mod accept_ledger;
pub mod access_report;
pub mod address_release;
pub mod around;
pub mod arrivals;
pub mod beside;
pub mod breaches;
pub mod call;
pub mod case_direction;
pub mod cases;
pub mod check_consent;
pub mod clock;
pub mod confirm_recall;
pub mod consents;
pub mod deadlines;
pub mod digests;
pub mod directory;
pub mod disclosures;
pub mod draw;
pub mod error;
pub mod exclude_representative;
pub mod exports;
pub mod figures;
pub mod handovers;
pub mod holds;
pub mod inbox;
pub mod integrity;
pub mod once;
pub mod other_side;
pub mod own_looks;
pub mod people;
pub mod proofs;
pub mod publish_summary;
pub mod questions;
pub mod receipt;
pub mod referral_status;
pub mod replay;
pub mod request_summary;
pub mod retention;
pub mod retract_summary;
pub mod reviews;
pub mod saved_searches;
mod search;
pub mod send_feedback;
pub mod sharing;
pub mod signals;
pub mod stated_name;
pub mod statistics;
pub mod subject_requests;
pub mod submit_referral;
pub mod traffic;
pub mod triage;
pub mod watching;
pub mod witnesses;
pub mod written;

mod case_file;
mod fields;
mod journal;
mod keys;
pub mod month;
mod notify;
mod referral_content;

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use crate::domain::export::Names;
use crate::domain::id::Oin;
use crate::ledger::note::{KeyName, Signer, Verifier};
use crate::store::{Anchor, Db, KeyDb, Lookups, Wake, Writer};
use crate::vault::keyring::Keyring;

pub use call::{Call, Caller, Request, TraceId};
pub use clock::Clock;
pub use directory::{
    AdmitError, Directory, DirectoryChange, DirectoryFile, DirectoryLook, DirectoryNews,
    OrganisationEvent, OrganisationNews, Part, PolicyNews, policy_hash,
};
pub use error::{Error, Result, Reused, Unmet};
pub use journal::{EntryReceipt, Scope};
pub use once::Encode;

use arrivals::Arrivals;
use inbox::Outlines;
use keys::Keys;
use request_summary::Lately;
use search::Blocks;
use traffic::Traffic;
use witnesses::{Watch, Witnesses};

/// Everything a gateway is made of.
#[derive(Debug)]
pub struct Opening {
    /// Rows and ledger.
    pub db: Db,
    /// Keys of persons and cases.
    pub keys: KeyDb,
    /// Keys of the gateway.
    pub keyring: Keyring,
    /// Origin of the ledger: the name of its key.
    pub origin: KeyName,
    /// The gateway's own number.
    pub own_oin: Oin,
    /// Who takes part, and by which rules.
    pub directory: DirectoryFile,
    /// The names that it exports under.
    pub names: Names,
    /// The time.
    pub clock: Clock,
    /// What was signed, outside the database. Without it, a database that went back in time while no
    /// gateway ran is not recognised.
    pub anchor: Option<Anchor>,
    /// Who outside watches the ledger; none: nobody does.
    pub witnesses: Option<Watch>,
}

/// The gateway. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    lookups: Lookups,
    lately: Lately,
    arrivals: Arrivals,
    blocks: Blocks,
    keys: Keys,
    outlines: Outlines,
    writer: Writer,
    wake: Wake,
    clock: Clock,
    names: Names,
    own_oin: Oin,
    origin: KeyName,
    ledger_key: Verifier,
    receipts: Signer,
    witnesses: Witnesses,
    traffic: Traffic,
    directory: RwLock<Arc<Directory>>,
}

impl Gateway {
    /// Opens the gateway and puts its directory in force.
    pub async fn open(opening: Opening) -> Result<Self> {
        let directory = opening.directory.clone();
        let gateway = Self::assemble(opening).await?;
        // The anchor has been compared, and nothing is signed yet.
        if let Err(error) = gateway.witnesses().compare(gateway.db()).await {
            gateway.close().await;
            return Err(error);
        }
        gateway.adopt_directory(directory).await?;
        if gateway.db().is_shared() {
            gateway.follow_directory();
        }
        Ok(gateway)
    }

    /// Opens the gateway; what its directory changes is not in the ledger yet.
    async fn assemble(opening: Opening) -> Result<Self> {
        let Opening { db, keys, keyring, origin, own_oin, directory, names, clock, .. } = opening;
        let signer = Signer::from_seed(origin.clone(), keyring.log_seed().as_bytes());
        let receipt_name: KeyName =
            format!("{origin}/receipts").parse().map_err(Error::internal)?;
        let receipts = Signer::from_seed(receipt_name, keyring.receipt_seed().as_bytes());
        let ledger_key = signer.verifier().clone();
        let ticking = clock.clone();
        let now = Arc::new(move || ticking.now());
        let writer = Writer::start(db.clone(), signer, now, opening.anchor).await?;
        let wake = Wake::over(&db);
        Ok(Self(Arc::new(Inner {
            lookups: Lookups::new(db.clone()),
            lately: Lately::default(),
            arrivals: Arrivals::default(),
            blocks: Blocks::default(),
            db,
            keys: Keys::new(keys, Arc::new(keyring)),
            outlines: Outlines::default(),
            writer,
            wake,
            clock,
            names,
            own_oin,
            origin,
            ledger_key,
            receipts,
            witnesses: Witnesses::new(opening.witnesses)?,
            traffic: Traffic::default(),
            directory: RwLock::new(Arc::new(Directory::of(directory)?)),
        })))
    }

    /// The directory in force.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.0.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A directory that another gateway has replaced meanwhile is never put back.
    fn set_directory(&self, directory: Directory) {
        let mut present = self.0.directory.write().unwrap_or_else(PoisonError::into_inner);
        if directory.version >= present.version {
            *present = Arc::new(directory);
        }
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The gateway's own number.
    pub fn own_oin(&self) -> &Oin {
        &self.0.own_oin
    }

    /// The ledger's public key.
    pub fn ledger_verifier(&self) -> &Verifier {
        &self.0.ledger_key
    }

    /// The public key of receipts.
    pub fn receipt_verifier(&self) -> &Verifier {
        self.0.receipts.verifier()
    }

    /// The key that signs what the console gives to browsers: the same at every gateway on these
    /// databases.
    pub fn session_key(&self) -> &[u8; 32] {
        self.keys().keyring().session_key().as_bytes()
    }

    /// False while nothing can be committed: then nothing is stored or disclosed (promise 1).
    pub fn writable(&self) -> watch::Receiver<bool> {
        self.0.writer.writable()
    }

    /// Closes the databases after their work is done.
    pub async fn close(&self) {
        self.0.db.close().await;
        self.0.keys.close().await;
    }

    fn names(&self) -> &Names {
        &self.0.names
    }

    fn db(&self) -> &Db {
        &self.0.db
    }

    fn lookups(&self) -> &Lookups {
        &self.0.lookups
    }

    fn lately(&self) -> &Lately {
        &self.0.lately
    }

    fn arrivals(&self) -> &Arrivals {
        &self.0.arrivals
    }

    fn keys(&self) -> &Keys {
        &self.0.keys
    }

    fn outlines(&self) -> &Outlines {
        &self.0.outlines
    }

    fn writer(&self) -> &Writer {
        &self.0.writer
    }

    fn wake(&self) -> &Wake {
        &self.0.wake
    }

    fn traffic(&self) -> &Traffic {
        &self.0.traffic
    }

    fn witnesses(&self) -> &Witnesses {
        &self.0.witnesses
    }

    fn origin(&self) -> &KeyName {
        &self.0.origin
    }

    fn receipt_signer(&self) -> &Signer {
        &self.0.receipts
    }
}
