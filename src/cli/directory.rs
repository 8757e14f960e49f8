//! Reads the directory file and the policy pack that it names: who takes part, and by which rules.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::domain::organisation::{Organisation, Role};
use crate::domain::policy::PolicyPack;
use crate::domain::routing::RoutingTable;
use crate::gateway::{self, DirectoryFile};
use crate::store;

use super::config::Config;
use super::exit::{Exit, Failure};
use super::{policy, toml_file};

/// The directory file as it is written. The policy pack stands in a file of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectoryText {
    /// Relative to the directory file.
    policy_file: PathBuf,
    organisations: Vec<Organisation>,
    routing: RoutingTable,
}

impl DirectoryText {
    fn with(self, policy: PolicyPack) -> DirectoryFile {
        let Self { policy_file: _, organisations, routing } = self;
        DirectoryFile { organisations, routing, policy }
    }
}

/// A directory from the texts of both files.
pub fn from_texts(directory: &str, policy: &str) -> Result<DirectoryFile, toml::de::Error> {
    Ok(toml::from_str::<DirectoryText>(directory)?.with(toml::from_str(policy)?))
}

/// Reads the file at `path` and the policy pack beside it. What is wrong with them is a fault of the
/// configuration.
fn read(path: &Path) -> Result<DirectoryFile, Failure> {
    let directory: DirectoryText = toml_file::read(path)
        .map_err(|fault| Failure::new(Exit::Config, format!("gateway.directory_file: {fault}")))?;
    let beside = path.with_file_name(&directory.policy_file);
    let pack = policy::read(&beside)
        .map_err(|fault| Failure::new(Exit::Config, format!("policy_file: {fault}")))?;
    Ok(directory.with(pack))
}

/// Reads the directory of a configuration. The gateway must be in it: it acts for itself.
pub(super) fn of_config(config: &Config) -> Result<DirectoryFile, Failure> {
    let path = &config.gateway.directory_file;
    let file = read(path)?;
    let own = &config.gateway.oin;
    let mut organisations = file.organisations.iter();
    if organisations.any(|one| one.oin() == own && one.role() == Role::Gateway) {
        return Ok(file);
    }
    let message = format!(
        "gateway.oin: {own} is not an organisation with role GATEWAY in {}",
        path.display()
    );
    Err(Failure::new(Exit::Config, message))
}

/// Puts into words why a directory was not put in force. The one row that can exist already is a
/// version of the routing table or the policy.
pub(super) fn explain(error: gateway::Error) -> anyhow::Error {
    let error = anyhow::Error::new(error);
    let repeated = |cause: &(dyn std::error::Error + 'static)| {
        matches!(cause.downcast_ref(), Some(store::Error::Conflict))
    };
    if error.chain().any(repeated) {
        let message = "gateway.directory_file: the routing table or the policy was changed, and \
                       has a version that was in force before: give it another one";
        return Failure::new(Exit::Config, message).into();
    }
    error
}

#[cfg(test)]
mod tests {
    use crate::domain::organisation::Organisation;

    use super::*;

    fn example() -> DirectoryFile {
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("certs-example/directory.toml")).unwrap()
    }

    #[test]
    fn the_example_names_the_nine_organisations_of_the_region() {
        let example = example();
        let numbers: Vec<&str> =
            example.organisations.iter().map(|organisation| organisation.oin().as_str()).collect();
        let expected: Vec<String> =
            (1..=9).map(|number| format!("0000009900000000{number}000")).collect();
        assert_eq!(numbers, expected);
        let roles: Vec<Role> = example.organisations.iter().map(Organisation::role).collect();
        assert_eq!(
            roles,
            [
                Role::Gateway,
                Role::Police,
                Role::Steunpunt,
                Role::SocialWork,
                Role::YouthCare,
                Role::MentalHealth,
                Role::DisabilitySupport,
                Role::Shelter,
                Role::Oversight,
            ]
        );
        assert!(example.organisations.iter().all(|organisation| organisation.oin().is_test()));
    }

    #[test]
    fn every_organisation_of_the_example_is_admitted_during_the_scenario() {
        for organisation in &example().organisations {
            for day in ["2026-03-12", "2026-07-01", "2026-11-21"] {
                assert_eq!(organisation.admit(day.parse().unwrap()), Ok(()), "{day}");
            }
        }
    }

    #[test]
    fn the_example_routes_nine_municipalities_to_six_teams_of_the_steunpunt() {
        let example = example();
        let table = &example.routing;
        assert_eq!(table.municipalities().len(), 9);
        let teams: Vec<String> =
            table.teams().iter().map(|team| team.as_str().to_owned()).collect();
        assert_eq!(teams, ["team-1", "team-2", "team-3", "team-4", "team-5", "team-6"]);
        let the_hague = table.route(&"0518".parse().unwrap()).unwrap();
        assert_eq!(the_hague.team.as_str(), "team-3");
        let steunpunt = example
            .organisations
            .iter()
            .find(|organisation| organisation.oin() == table.recipient())
            .unwrap();
        assert_eq!(steunpunt.role(), Role::Steunpunt);
        for team in table.teams() {
            assert!(steunpunt.team(team).is_some(), "{team}");
            let used = |code| table.route(code).is_ok_and(|route| route.team == *team);
            assert!(table.municipalities().iter().any(used), "{team}");
        }
        assert_eq!(example.policy.version.as_str(), "haaglanden-1");
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("directory.toml");
        std::fs::write(&path, "[routing]\nversion = \"1\"\nrolle = 1\n").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("directory.toml: line "), "{error}");
        assert!(read(&directory.path().join("none")).is_err());
    }
}
