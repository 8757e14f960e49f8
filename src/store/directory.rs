//! Organisations and rule sets: the routing table and the policy pack, as activated.

use crate::domain::id::{Oin, Version};
use crate::domain::organisation::{Role, Standing};
use crate::domain::time::{Date, Timestamp};

use super::columns::{code_columns, record};
use super::db::Tx;
use super::error::Result;

code_columns!(Role, Standing, RuleSetKind);

crate::domain::code::codes! {
    /// What a rule set decides about.
    pub enum RuleSetKind {
        /// Municipality to team.
        RoutingTable = 1, "ROUTING_TABLE";
        /// Bases, categories, consent rules, clocks.
        PolicyPack = 2, "POLICY_PACK";
    }
}

record! {
    /// An organisation of the chain.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OrganisationRow {
        /// Its number.
        pub oin: Oin,
        /// Its name.
        pub name: String,
        /// Its part in the chain.
        pub role: Role,
        /// Whether it takes part.
        pub standing: Standing,
        /// 1 for a gecertificeerde instelling.
        pub certified_institution: bool,
        /// Version of its agreement.
        pub agreement_version: Option<Version>,
        /// When the agreement was signed.
        pub agreement_signed_on: Option<Date>,
        /// Last day of the agreement.
        pub agreement_valid_until: Option<Date>,
        /// When this row was last changed.
        pub updated_at: Timestamp,
    }
}

record! {
    /// A rule set as it was activated.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RuleSetRow {
        /// Its version.
        pub version: Version,
        /// SHA-256 of its content.
        pub digest: Vec<u8>,
        /// Its canonical text.
        pub content: String,
        /// Since when.
        pub activated_at: Timestamp,
    }
}

record! {
    /// A directory as it was activated, whole.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DirectoryRow {
        /// Counts activations.
        pub version: i64,
        /// SHA-256 of its content.
        pub digest: Vec<u8>,
        /// Its canonical text.
        pub content: String,
        /// Since when.
        pub activated_at: Timestamp,
    }
}

impl Tx {
    /// The directory that was activated last.
    pub async fn newest_directory(&mut self) -> Result<Option<DirectoryRow>> {
        self.query(
            "-- directory.newest
             SELECT version, digest, content, activated_at
               FROM directories
              ORDER BY version DESC
              LIMIT 1",
        )
        .fetch_optional()
        .await
    }

    /// The directories that were activated since, newest first, and the one before them.
    pub async fn directories_since(
        &mut self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<DirectoryRow>> {
        self.query(
            "-- directory.since
             SELECT version, digest, content, activated_at
               FROM directories
              WHERE version >= (SELECT COALESCE(MAX(version), 0) FROM directories
                                 WHERE activated_at < $1)
              ORDER BY version DESC
              LIMIT $2",
        )
        .bind(since)
        .bind(i64::from(limit))
        .fetch_all()
        .await
    }

    /// Version under which a directory was activated last; `None` when it never was.
    pub async fn version_of_directory(&mut self, digest: &[u8]) -> Result<Option<i64>> {
        let newest: Option<(i64,)> = self
            .query(
                "-- directory.version_of
                 SELECT version FROM directories WHERE digest = $1 ORDER BY version DESC LIMIT 1",
            )
            .bind(digest.to_vec())
            .fetch_optional()
            .await?;
        Ok(newest.map(|(version,)| version))
    }

    /// Version of the directory in force; 0 before the first.
    pub async fn directory_version(&mut self) -> Result<i64> {
        let (version,): (i64,) = self
            .query(
                "-- directory.version
                 SELECT COALESCE(MAX(directory_version), 0) FROM log_state",
            )
            .fetch_one()
            .await?;
        Ok(version)
    }

    /// Puts a directory in force. Done when the state of the log is locked, so that no other commit
    /// falls in between.
    pub async fn insert_directory(&mut self, row: &DirectoryRow) -> Result<()> {
        self.query(
            "-- directory.insert
             INSERT INTO directories (version, digest, content, activated_at)
             VALUES ($1, $2, $3, $4)",
        )
        .bind(row.version)
        .bind(row.digest.clone())
        .bind(row.content.clone())
        .bind(row.activated_at)
        .execute_one()
        .await?;
        self.query(
            "-- directory.put_in_force
             UPDATE log_state SET directory_version = $1 WHERE log_id = 1",
        )
        .bind(row.version)
        .execute_one()
        .await
    }

    /// Every organisation, in the order of the OIN.
    pub async fn organisations(&mut self) -> Result<Vec<OrganisationRow>> {
        self.query(
            "-- directory.organisations
             SELECT oin, name, role, standing, certified_institution <> 0 AS certified_institution,
                    agreement_version, agreement_signed_on, agreement_valid_until, updated_at
               FROM organisations
              ORDER BY oin",
        )
        .fetch_all()
        .await
    }

    /// Adds an organisation or replaces what is known of it.
    pub async fn record_organisation(&mut self, row: &OrganisationRow) -> Result<()> {
        self.query(
            "-- directory.record_organisation
             INSERT INTO organisations (oin, name, role, standing, certified_institution,
                    agreement_version, agreement_signed_on, agreement_valid_until, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (oin) DO UPDATE
                SET name = excluded.name, role = excluded.role, standing = excluded.standing,
                    certified_institution = excluded.certified_institution,
                    agreement_version = excluded.agreement_version,
                    agreement_signed_on = excluded.agreement_signed_on,
                    agreement_valid_until = excluded.agreement_valid_until,
                    updated_at = excluded.updated_at",
        )
        .bind(row.oin.clone())
        .bind(row.name.clone())
        .bind(row.role)
        .bind(row.standing)
        .bind(i64::from(row.certified_institution))
        .bind(row.agreement_version.clone())
        .bind(row.agreement_signed_on)
        .bind(row.agreement_valid_until)
        .bind(row.updated_at)
        .execute_one()
        .await
    }

    /// The rule set of a kind that was activated last.
    pub async fn active_rule_set(&mut self, kind: RuleSetKind) -> Result<Option<RuleSetRow>> {
        self.query(
            "-- directory.active_rule_set
             SELECT version, digest, content, activated_at
               FROM rule_sets
              WHERE kind = $1
              ORDER BY activated_at DESC, version DESC
              LIMIT 1",
        )
        .bind(kind)
        .fetch_optional()
        .await
    }

    /// One version of a rule set, for replaying an old decision.
    pub async fn rule_set(
        &mut self,
        kind: RuleSetKind,
        version: &Version,
    ) -> Result<Option<RuleSetRow>> {
        self.query(
            "-- directory.rule_set
             SELECT version, digest, content, activated_at
               FROM rule_sets
              WHERE kind = $1 AND version = $2",
        )
        .bind(kind)
        .bind(version.clone())
        .fetch_optional()
        .await
    }

    /// Keeps a rule set; a version that exists is a conflict.
    pub async fn insert_rule_set(&mut self, kind: RuleSetKind, row: &RuleSetRow) -> Result<()> {
        self.query(
            "-- directory.insert_rule_set
             INSERT INTO rule_sets (kind, version, digest, content, activated_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (kind, version) DO UPDATE
                SET activated_at = excluded.activated_at
              WHERE rule_sets.content = excluded.content",
        )
        .bind(kind)
        .bind(row.version.clone())
        .bind(row.digest.clone())
        .bind(row.content.clone())
        .bind(row.activated_at)
        .execute_one()
        .await
    }
}
