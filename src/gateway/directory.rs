//! Who takes part and by which rules: the organisations, the routing table and the policy.
//!
//! They come from a file that the operator keeps, stand in the database for every replica, and are
//! held in memory. Every change is an entry of the ledger before it takes effect.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::domain::decision::PackId;
use crate::domain::event::EventCode;
use crate::domain::id::{Oin, UserId, Version};
use crate::domain::organisation::{
    Actor, NotAdmitted, Organisation, OrganisationRecord, Standing, UserRole,
};
use crate::domain::policy::{Party, PolicyPack};
use crate::domain::routing::RoutingTable;
use crate::domain::time::Date;
use crate::store::{
    self, Command, DirectoryRow, Flow, NewEntry, OrganisationRow, Placed, RuleSetKind, RuleSetRow,
    Tx,
};

use super::Gateway;
use super::call::{Call, Caller, TraceId};
use super::error::{Error, Result};
use super::journal::{Administered, Scope};

mod in_force;
mod look;
mod news;

pub use look::{Change as DirectoryChange, Look as DirectoryLook, Part};
pub(super) use news::news;
pub use news::{Event as OrganisationEvent, News as DirectoryNews, OrganisationNews, PolicyNews};

/// Who acts when the gateway does something by itself.
const OWN_USER: &str = "gateway";

/// Everything that the operator's files say: the directory, and the policy pack that it names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryFile {
    /// Organisations of the chain.
    pub organisations: Vec<Organisation>,
    /// Municipality to team.
    pub routing: RoutingTable,
    /// The rules that lawyers and the region choose.
    pub policy: PolicyPack,
}

/// The directory as it is in force.
#[derive(Debug, Clone)]
pub struct Directory {
    organisations: BTreeMap<Oin, Arc<Organisation>>,
    /// Municipality to team.
    pub routing: RoutingTable,
    /// The policy pack in force.
    pub policy: Arc<PolicyPack>,
    /// SHA-256 of its canonical text.
    pub policy_hash: [u8; 32],
    /// Counts activations on the database; 0 for one that was not activated.
    pub(super) version: i64,
}

impl Directory {
    fn in_version(self, version: i64) -> Self {
        Self { version, ..self }
    }

    pub(super) fn of(file: DirectoryFile) -> Result<Self> {
        let policy_hash = policy_hash(&file.policy)?;
        let organisations =
            file.organisations.into_iter().map(|o| (o.oin().clone(), Arc::new(o))).collect();
        Ok(Self {
            organisations,
            routing: file.routing,
            policy: Arc::new(file.policy),
            policy_hash,
            version: 0,
        })
    }

    /// Which policy pack is in force.
    pub(super) fn pack(&self) -> PackId {
        PackId { version: self.policy.version.clone(), hash: self.policy_hash }
    }

    /// An organisation as a party of a decision.
    pub(super) fn party(&self, oin: &Oin) -> Option<Party> {
        self.organisation(oin).map(|known| party(known))
    }

    /// An organisation.
    pub fn organisation(&self, oin: &Oin) -> Option<&Arc<Organisation>> {
        self.organisations.get(oin)
    }

    /// Every organisation, in the order of the OIN.
    pub fn organisations(&self) -> impl Iterator<Item = &Arc<Organisation>> {
        self.organisations.values()
    }
}

pub(super) fn party(organisation: &Organisation) -> Party {
    Party {
        oin: organisation.oin().clone(),
        role: organisation.role(),
        is_certified_institution: organisation.is_certified_institution(),
    }
}

/// Why a certificate's organisation may not use the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdmitError {
    /// It is not in the directory.
    #[error("the organisation is not in the directory")]
    Unknown,
    /// It is suspended, or has no valid agreement.
    #[error("the organisation is not admitted")]
    NotAdmitted(#[source] NotAdmitted),
    /// The random source of the system failed.
    #[error("no randomness")]
    NoRandomness,
}

impl Gateway {
    /// Makes a caller of an OIN that a verified certificate proves (promise 5). Checked for every
    /// call, so that a suspension works on live connections too.
    pub fn admit(&self, oin: &Oin, trace: Option<TraceId>) -> Result<Caller, AdmitError> {
        let now = self.clock().now();
        let directory = self.directory();
        let organisation = directory.organisation(oin).ok_or(AdmitError::Unknown)?;
        organisation.admit(now.date()).map_err(AdmitError::NotAdmitted)?;
        let trace = match trace {
            Some(trace) => trace,
            None => TraceId::generate().or(Err(AdmitError::NoRandomness))?,
        };
        let directory_version = Some(directory.version);
        let organisation = Arc::clone(organisation);
        let (occasion, stated_name) = (None, None);
        Ok(Caller { organisation, trace, now, directory_version, occasion, stated_name })
    }

    /// Puts a directory file in force: what differs from the present directory is stored with an
    /// entry of the ledger, then used. Nothing happens when nothing differs.
    pub async fn activate_directory(&self, file: DirectoryFile) -> Result<()> {
        let call = self.own_call(file.organisations.iter())?;
        warn_outside_term(&file.policy, call.now().date());
        let content = canonical(&file)?;
        let digest = sha256(&content);
        let mut tx = self.db().read().await?;
        let newest = tx.newest_directory().await?;
        let known = tx.organisations().await?;
        let routing = tx.active_rule_set(RuleSetKind::RoutingTable).await?;
        let policy = tx.active_rule_set(RuleSetKind::PolicyPack).await?;
        drop(tx);

        let organisations = changed_organisations(&file, &known, &call);
        let rule_sets = [
            (
                RuleSetKind::RoutingTable,
                &file.routing.version().clone(),
                canonical(&file.routing)?,
                routing,
            ),
            (RuleSetKind::PolicyPack, &file.policy.version, canonical(&file.policy)?, policy),
        ]
        .into_iter()
        .filter_map(|(kind, version, content, old)| changed(kind, version, content, old, &call))
        .collect();
        let change = Change { organisations, rule_sets };
        let version = match newest {
            Some(newest) if newest.digest == digest && change.is_empty() => newest.version,
            Some(_) | None => {
                let content = String::from_utf8(content).map_err(Error::internal)?;
                let entries = self.entries_of(&call, &change, digest)?;
                let row = DirectoryRow {
                    version: 0,
                    digest: digest.to_vec(),
                    content,
                    activated_at: call.now(),
                };
                self.writer().commit(Activate { row, change, entries }).await?
            }
        };
        self.set_directory(Directory::of(file)?.in_version(version));
        self.wake().ring_directory();
        Ok(())
    }

    /// The gateway acts for itself, as the directory in force knows it.
    pub(super) fn acting_itself(&self) -> Result<Call> {
        self.own_call(self.directory().organisations().map(AsRef::as_ref))
    }

    /// The gateway acts for itself.
    pub(super) fn own_call<'o>(
        &self,
        mut known: impl Iterator<Item = &'o Organisation>,
    ) -> Result<Call> {
        let own = known
            .find(|organisation| organisation.oin() == self.own_oin())
            .ok_or_else(|| Error::internal(NotInDirectory))?;
        let user_id: UserId = OWN_USER.parse().map_err(Error::internal)?;
        let caller = Caller {
            organisation: Arc::new(own.clone()),
            trace: TraceId::generate()?,
            now: self.clock().now(),
            directory_version: None,
            occasion: None,
            stated_name: None,
        };
        Ok(caller.act(Actor { user_id, role: UserRole::System, on_behalf_of: None }))
    }

    fn entries_of(&self, call: &Call, change: &Change, digest: [u8; 32]) -> Result<Vec<NewEntry>> {
        let mut entries = Vec::new();
        // Also when what changed stands in no row of its own, the teams for example.
        if !change.organisations.is_empty() || change.rule_sets.is_empty() {
            entries.push(self.administered(
                call,
                &Administered {
                    event: EventCode::PartnerChanged,
                    scope: Scope::Directory,
                    count: change.organisations.len(),
                    digest,
                    note: String::new(),
                },
            )?);
        }
        for (kind, row) in &change.rule_sets {
            entries.push(self.administered(
                call,
                &Administered {
                    event: EventCode::PolicyChanged,
                    scope: match kind {
                        RuleSetKind::RoutingTable => Scope::RoutingTable,
                        RuleSetKind::PolicyPack => Scope::PolicyPack,
                    },
                    count: 1,
                    digest: sha256(row.content.as_bytes()),
                    note: row.version.to_string(),
                },
            )?);
        }
        Ok(entries)
    }
}

/// The gateway itself is missing in its directory.
#[derive(Debug, thiserror::Error)]
#[error("the directory does not hold the gateway's own OIN")]
struct NotInDirectory;

/// What an activation changes.
#[derive(Debug)]
struct Change {
    organisations: Vec<OrganisationRow>,
    rule_sets: Vec<(RuleSetKind, RuleSetRow)>,
}

impl Change {
    fn is_empty(&self) -> bool {
        self.organisations.is_empty() && self.rule_sets.is_empty()
    }
}

struct Activate {
    /// Gets its version in the commit.
    row: DirectoryRow,
    change: Change,
    entries: Vec<NewEntry>,
}

impl Command for Activate {
    type Outcome = i64;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<i64>> {
        for organisation in &self.change.organisations {
            tx.record_organisation(organisation).await?;
        }
        for (kind, rule_set) in &self.change.rule_sets {
            tx.insert_rule_set(*kind, rule_set).await?;
        }
        Ok(Flow::Append(self.entries.clone()))
    }

    /// Only here, where the state of the log is locked: no commit can read the old version after it.
    async fn complete(&self, tx: &mut Tx, _placed: &mut Placed) -> store::Result<i64> {
        let version = tx.directory_version().await? + 1;
        tx.insert_directory(&DirectoryRow { version, ..self.row.clone() }).await?;
        Ok(version)
    }
}

/// A gateway without rules still takes acknowledgements and answers what was asked before, so it runs;
/// but everything else is denied, and somebody must know why.
fn warn_outside_term(pack: &PolicyPack, today: Date) {
    if !pack.term.includes(today) {
        tracing::warn!(
            event = "policy.not_in_force",
            version = %pack.version,
            fix = "put a policy pack in force whose valid_from and valid_until include today"
        );
    }
}

fn row(organisation: &Organisation, call: &Call) -> OrganisationRow {
    let record = OrganisationRecord::from(organisation.clone());
    let agreement = record.agreement;
    OrganisationRow {
        oin: record.oin,
        name: organisation.name().to_owned(),
        role: record.role,
        standing: record.standing,
        certified_institution: record.certified_institution,
        agreement_version: agreement.as_ref().map(|agreement| agreement.version.clone()),
        agreement_signed_on: agreement.as_ref().map(|agreement| agreement.signed_on),
        agreement_valid_until: agreement.as_ref().map(|agreement| agreement.valid_until),
        updated_at: call.now(),
    }
}

/// Organisations that are new or different, and those that the file no longer names: suspended, so
/// that the ledger shows when somebody lost admission.
fn changed_organisations(
    file: &DirectoryFile,
    known: &[OrganisationRow],
    call: &Call,
) -> Vec<OrganisationRow> {
    let named: Vec<_> =
        file.organisations.iter().map(|organisation| row(organisation, call)).collect();
    let gone = known.iter().filter(|old| !named.iter().any(|new| new.oin == old.oin));
    let suspended = gone.map(|old| OrganisationRow {
        standing: Standing::Suspended,
        updated_at: call.now(),
        ..old.clone()
    });
    let rows = suspended.chain(named.iter().cloned());
    rows.filter(|new| !known.iter().any(|old| same(old, new))).collect()
}

fn same(old: &OrganisationRow, new: &OrganisationRow) -> bool {
    OrganisationRow { updated_at: new.updated_at, ..old.clone() } == *new
}

fn changed(
    kind: RuleSetKind,
    version: &Version,
    content: Vec<u8>,
    old: Option<RuleSetRow>,
    call: &Call,
) -> Option<(RuleSetKind, RuleSetRow)> {
    let digest = sha256(&content).to_vec();
    if old.is_some_and(|old| old.version == *version && old.digest == digest) {
        return None;
    }
    let content = String::from_utf8(content).ok()?;
    let row = RuleSetRow { version: version.clone(), digest, content, activated_at: call.now() };
    Some((kind, row))
}

/// SHA-256 of the canonical text of a policy pack, as it stands in every decision.
pub fn policy_hash(pack: &PolicyPack) -> Result<[u8; 32]> {
    Ok(sha256(&canonical(pack)?))
}

/// The canonical text of a rule set: JSON with the fields in the order of the type.
fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(Error::internal)
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
