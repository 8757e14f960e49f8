//! The organisations of the chain and the people who act for them (DOMAIN §1.1).
//!
//! An organisation is known by the OIN in its certificate. It takes part only while it is active
//! and its agreement is valid; [`Organisation::admit`] decides that and nothing else does.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::code::codes;
use super::id::{Oin, TeamId, Version};
use super::text::Line;
use super::time::Date;

mod actor;
mod role;
pub use actor::{Actor, ActorDraft, OnBehalfOf, UserRole};
pub use role::{LegalRegime, Role};

codes! {
    /// Whether an organisation takes part.
    pub enum Standing {
        /// Takes part.
        Active = 1, "ACTIVE";
        /// Took part and may not now.
        Suspended = 2, "SUSPENDED";
        /// Is being connected and may not yet.
        Onboarding = 3, "ONBOARDING";
    }
}

codes! {
    /// Why an organisation is not admitted.
    pub enum NotAdmitted {
        /// It is suspended.
        Suspended = 1, "SUSPENDED";
        /// It is still being connected.
        Onboarding = 2, "ONBOARDING";
        /// It signed no agreement.
        NoAgreement = 3, "NO_AGREEMENT";
        /// Its agreement starts later.
        AgreementNotYetValid = 4, "AGREEMENT_NOT_YET_VALID";
        /// Its agreement has ended.
        AgreementExpired = 5, "AGREEMENT_EXPIRED";
    }
}

impl std::error::Error for NotAdmitted {}

/// A signed data-sharing agreement. Valid from the day of signing through `valid_until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Which text was signed.
    pub version: Version,
    /// First day of validity.
    pub signed_on: Date,
    /// Last day of validity.
    pub valid_until: Date,
}

/// A Veilig Verderteam of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Its id.
    pub team_id: TeamId,
    /// Its name.
    pub name: Line<100>,
    /// Where it meets people, usually a Centrum voor Jeugd en Gezin.
    #[serde(default)]
    pub location: Option<Line<100>>,
}

/// An organisation as a directory file or a database row holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganisationRecord {
    /// Who it is.
    pub oin: Oin,
    /// Legal name.
    pub name: Line<200>,
    /// What it is in the chain.
    pub role: Role,
    /// Whether it takes part.
    pub standing: Standing,
    /// Whether it is a gecertificeerde instelling (Jeugdwet art. 7.3.11(4)).
    #[serde(default)]
    pub certified_institution: bool,
    /// What it signed.
    #[serde(default)]
    pub agreement: Option<Agreement>,
    /// Its teams.
    #[serde(default)]
    pub teams: Vec<Team>,
}

/// An organisation whose record is consistent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "OrganisationRecord", into = "OrganisationRecord")]
pub struct Organisation(OrganisationRecord);

/// A record that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrganisation {
    /// Only youth care can be a gecertificeerde instelling.
    #[error("{oin}: only an organisation with role YOUTH_CARE can be a certified institution")]
    CertifiedInstitution {
        /// The organisation.
        oin: Oin,
    },
    /// The agreement ends before it starts.
    #[error("{oin}: agreement {version} ends before it was signed")]
    AgreementReversed {
        /// The organisation.
        oin: Oin,
        /// The agreement.
        version: Version,
    },
    /// Two teams have one id.
    #[error("{oin}: team {team_id} is listed twice")]
    DuplicateTeam {
        /// The organisation.
        oin: Oin,
        /// The id.
        team_id: TeamId,
    },
}

impl TryFrom<OrganisationRecord> for Organisation {
    type Error = InvalidOrganisation;
    fn try_from(record: OrganisationRecord) -> Result<Self, InvalidOrganisation> {
        let oin = || record.oin.clone();
        if record.certified_institution && record.role != Role::YouthCare {
            return Err(InvalidOrganisation::CertifiedInstitution { oin: oin() });
        }
        if let Some(agreement) = record.agreement.as_ref().filter(|a| a.valid_until < a.signed_on) {
            let version = agreement.version.clone();
            return Err(InvalidOrganisation::AgreementReversed { oin: oin(), version });
        }
        let mut seen = BTreeSet::new();
        if let Some(team) = record.teams.iter().find(|team| !seen.insert(&team.team_id)) {
            let team_id = team.team_id.clone();
            return Err(InvalidOrganisation::DuplicateTeam { oin: oin(), team_id });
        }
        Ok(Self(record))
    }
}

impl From<Organisation> for OrganisationRecord {
    fn from(organisation: Organisation) -> Self {
        organisation.0
    }
}

impl Organisation {
    /// Whether it may use the gateway on this day: active, with a valid agreement.
    pub fn admit(&self, today: Date) -> Result<(), NotAdmitted> {
        match self.0.standing {
            Standing::Active => {}
            Standing::Suspended => return Err(NotAdmitted::Suspended),
            Standing::Onboarding => return Err(NotAdmitted::Onboarding),
        }
        match &self.0.agreement {
            None => Err(NotAdmitted::NoAgreement),
            Some(agreement) if today < agreement.signed_on => {
                Err(NotAdmitted::AgreementNotYetValid)
            }
            Some(agreement) if today > agreement.valid_until => Err(NotAdmitted::AgreementExpired),
            Some(_) => Ok(()),
        }
    }

    /// Who it is.
    pub fn oin(&self) -> &Oin {
        &self.0.oin
    }

    /// Legal name.
    pub fn name(&self) -> &str {
        self.0.name.as_str()
    }

    /// What it is in the chain.
    pub fn role(&self) -> Role {
        self.0.role
    }

    /// Whether it takes part.
    pub fn standing(&self) -> Standing {
        self.0.standing
    }

    /// Whether it is a gecertificeerde instelling (Jeugdwet art. 7.3.11(4)).
    pub fn is_certified_institution(&self) -> bool {
        self.0.certified_institution
    }

    /// What it signed.
    pub fn agreement(&self) -> Option<&Agreement> {
        self.0.agreement.as_ref()
    }

    /// Its teams.
    pub fn teams(&self) -> &[Team] {
        &self.0.teams
    }

    /// The team with this id.
    pub fn team(&self, team_id: &TeamId) -> Option<&Team> {
        self.0.teams.iter().find(|team| team.team_id == *team_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> OrganisationRecord {
        OrganisationRecord {
            oin: "00000099000000005000".parse().unwrap(),
            name: "Bureau Jeugdzorg Voorbeeld".parse().unwrap(),
            role: Role::YouthCare,
            standing: Standing::Active,
            certified_institution: true,
            agreement: Some(Agreement {
                version: "2026-1".parse().unwrap(),
                signed_on: "2026-01-05".parse().unwrap(),
                valid_until: "2027-01-04".parse().unwrap(),
            }),
            teams: Vec::new(),
        }
    }

    fn admit(record: OrganisationRecord, today: &str) -> Result<(), NotAdmitted> {
        Organisation::try_from(record).unwrap().admit(today.parse().unwrap())
    }

    fn team(team_id: &str) -> Team {
        Team { team_id: team_id.parse().unwrap(), name: "Team".parse().unwrap(), location: None }
    }

    #[test]
    fn an_agreement_admits_from_its_first_through_its_last_day() {
        assert_eq!(admit(record(), "2026-01-04"), Err(NotAdmitted::AgreementNotYetValid));
        assert_eq!(admit(record(), "2026-01-05"), Ok(()));
        assert_eq!(admit(record(), "2027-01-04"), Ok(()));
        assert_eq!(admit(record(), "2027-01-05"), Err(NotAdmitted::AgreementExpired));
        let without = OrganisationRecord { agreement: None, ..record() };
        assert_eq!(admit(without, "2026-06-01"), Err(NotAdmitted::NoAgreement));
    }

    #[test]
    fn only_an_active_organisation_is_admitted() {
        for (standing, reason) in [
            (Standing::Suspended, NotAdmitted::Suspended),
            (Standing::Onboarding, NotAdmitted::Onboarding),
        ] {
            let record = OrganisationRecord { standing, ..record() };
            assert_eq!(admit(record, "2026-06-01"), Err(reason));
        }
    }

    #[test]
    fn a_record_that_contradicts_itself_is_refused() {
        let oin = record().oin;
        let refused = |record| Organisation::try_from(record).unwrap_err();
        assert_eq!(
            refused(OrganisationRecord { role: Role::Shelter, ..record() }),
            InvalidOrganisation::CertifiedInstitution { oin: oin.clone() }
        );
        let mut reversed = record();
        reversed.agreement.as_mut().unwrap().valid_until = "2026-01-04".parse().unwrap();
        assert!(matches!(refused(reversed), InvalidOrganisation::AgreementReversed { .. }));
        let teams = vec![team("team-1"), team("team-2"), team("team-1")];
        assert_eq!(
            refused(OrganisationRecord { teams, ..record() }),
            InvalidOrganisation::DuplicateTeam { oin, team_id: "team-1".parse().unwrap() }
        );
    }

    #[test]
    fn the_directory_refuses_words_it_does_not_know() {
        let json = serde_json::to_value(record()).unwrap();
        assert!(serde_json::from_value::<Organisation>(json.clone()).is_ok());
        let mut unknown = json;
        unknown["rolle"] = "POLICE".into();
        assert!(serde_json::from_value::<Organisation>(unknown).is_err());
    }
}
