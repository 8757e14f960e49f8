//! From the municipality where a household lives to the team that takes the referral (DOMAIN §2.5).
//!
//! A [`RoutingTable`] that exists is complete: every municipality of its region, and no other, has
//! a team that exists. What lies outside the region is refused before its content is stored.
//! Never route on the police unit: it covers a second region.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::{Gemeentecode, Oin, TeamId, Version};

/// The nine municipalities of region Haaglanden (VR15), by CBS code.
pub const HAAGLANDEN: [&str; 9] =
    ["0503", "0518", "0603", "0629", "0637", "1783", "1842", "1916", "1926"];

/// A routing table as a file or a database row holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingRecord {
    /// Stands in every receipt; a changed table has another version.
    pub version: Version,
    /// The Steunpunt of the region, the only one that may receive referrals.
    pub recipient: Oin,
    /// The municipalities of the region; Haaglanden when not given.
    #[serde(default = "haaglanden")]
    pub municipalities: BTreeSet<Gemeentecode>,
    /// The teams of the recipient.
    pub teams: BTreeSet<TeamId>,
    /// The team of each municipality.
    pub routes: BTreeMap<Gemeentecode, TeamId>,
}

fn haaglanden() -> BTreeSet<Gemeentecode> {
    HAAGLANDEN.iter().map(|code| code.parse().expect("the codes above are well formed")).collect()
}

/// Which team of which organisation takes a referral.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RoutingRecord", into = "RoutingRecord")]
pub struct RoutingTable(RoutingRecord);

/// Where a referral goes, and by which table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The organisation that receives it.
    pub recipient: Oin,
    /// The team that takes it.
    pub team: TeamId,
    /// The table that says so.
    pub version: Version,
}

/// The municipality is not one of this region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the residence municipality is not in this region")]
pub struct NotInRegion;

/// All that is wrong with a routing table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InvalidRoutingTable(Vec<RoutingFault>);

impl InvalidRoutingTable {
    /// The faults.
    pub fn faults(&self) -> &[RoutingFault] {
        &self.0
    }
}

impl fmt::Display for InvalidRoutingTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("routing table: ")?;
        for (index, fault) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a routing table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoutingFault {
    /// There is no region.
    #[error("the region has no municipalities")]
    EmptyRegion,
    /// A referral from there would have nowhere to go.
    #[error("municipality {0} has no team")]
    MissingRoute(Gemeentecode),
    /// A referral from there belongs to another region.
    #[error("municipality {0} is not in the region")]
    OutsideRegion(Gemeentecode),
    /// Nobody would read it.
    #[error("municipality {0} goes to team {1}, which does not exist")]
    UnknownTeam(Gemeentecode, TeamId),
}

impl TryFrom<RoutingRecord> for RoutingTable {
    type Error = InvalidRoutingTable;
    fn try_from(record: RoutingRecord) -> Result<Self, InvalidRoutingTable> {
        let RoutingRecord { municipalities, teams, routes, .. } = &record;
        let mut faults = Vec::new();
        if municipalities.is_empty() {
            faults.push(RoutingFault::EmptyRegion);
        }
        let missing = municipalities.iter().filter(|code| !routes.contains_key(code));
        faults.extend(missing.cloned().map(RoutingFault::MissingRoute));
        let outside = routes.keys().filter(|code| !municipalities.contains(code));
        faults.extend(outside.cloned().map(RoutingFault::OutsideRegion));
        let unknown = routes.iter().filter(|(_, team)| !teams.contains(team));
        faults.extend(
            unknown.map(|(code, team)| RoutingFault::UnknownTeam(code.clone(), team.clone())),
        );
        if faults.is_empty() { Ok(Self(record)) } else { Err(InvalidRoutingTable(faults)) }
    }
}

impl From<RoutingTable> for RoutingRecord {
    fn from(table: RoutingTable) -> Self {
        table.0
    }
}

impl RoutingTable {
    /// Where a referral about a household in this municipality goes.
    pub fn route(&self, residence: &Gemeentecode) -> Result<Route, NotInRegion> {
        let RoutingRecord { version, recipient, routes, .. } = &self.0;
        let team = routes.get(residence).ok_or(NotInRegion)?;
        Ok(Route { recipient: recipient.clone(), team: team.clone(), version: version.clone() })
    }

    /// The version that stands in receipts.
    pub fn version(&self) -> &Version {
        &self.0.version
    }

    /// The Steunpunt of the region.
    pub fn recipient(&self) -> &Oin {
        &self.0.recipient
    }

    /// The municipalities of the region.
    pub fn municipalities(&self) -> &BTreeSet<Gemeentecode> {
        &self.0.municipalities
    }

    /// The teams that can receive a referral.
    pub fn teams(&self) -> &BTreeSet<TeamId> {
        &self.0.teams
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> Gemeentecode {
        text.parse().unwrap()
    }

    fn team(number: usize) -> TeamId {
        format!("team-{number}").parse().unwrap()
    }

    fn record() -> RoutingRecord {
        RoutingRecord {
            version: "routes-2026-1".parse().unwrap(),
            recipient: "00000099000000003000".parse().unwrap(),
            municipalities: haaglanden(),
            teams: (1..=6).map(team).collect(),
            routes: haaglanden()
                .into_iter()
                .enumerate()
                .map(|(n, c)| (c, team(n % 6 + 1)))
                .collect(),
        }
    }

    fn faults(record: RoutingRecord) -> Vec<RoutingFault> {
        RoutingTable::try_from(record).unwrap_err().faults().to_vec()
    }

    #[test]
    fn every_municipality_of_the_region_has_a_team() {
        let table = RoutingTable::try_from(record()).unwrap();
        for code in table.municipalities() {
            let route = table.route(code).unwrap();
            assert!(table.teams().contains(&route.team));
            assert_eq!(route.recipient, *table.recipient());
            assert_eq!(route.version, *table.version());
        }
        assert_eq!(table.route(&code("0518")).unwrap().team, team(2));
    }

    #[test]
    fn leiden_and_voorschoten_are_another_region() {
        let table = RoutingTable::try_from(record()).unwrap();
        for outside in ["0546", "0626"] {
            assert_eq!(table.route(&code(outside)), Err(NotInRegion));
        }
    }

    #[test]
    fn every_fault_of_a_table_is_named() {
        let mut record = record();
        record.routes.remove(&code("0503"));
        record.routes.insert(code("0546"), team(1));
        record.routes.insert(code("0518"), team(7));
        assert_eq!(
            faults(record.clone()),
            [
                RoutingFault::MissingRoute(code("0503")),
                RoutingFault::OutsideRegion(code("0546")),
                RoutingFault::UnknownTeam(code("0518"), team(7)),
            ]
        );
        assert_eq!(
            RoutingTable::try_from(record).unwrap_err().to_string(),
            "routing table: municipality 0503 has no team; municipality 0546 is not in the region; \
             municipality 0518 goes to team team-7, which does not exist"
        );
    }

    #[test]
    fn a_table_without_a_region_is_refused() {
        let empty =
            RoutingRecord { municipalities: BTreeSet::new(), routes: BTreeMap::new(), ..record() };
        assert_eq!(faults(empty), [RoutingFault::EmptyRegion]);
    }

    #[test]
    fn the_region_is_haaglanden_unless_the_file_says_otherwise() {
        let mut json = serde_json::to_value(record()).unwrap();
        json.as_object_mut().unwrap().remove("municipalities");
        let table: RoutingTable = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(table.municipalities().len(), 9);
        json["municipality"] = "0518".into();
        assert!(serde_json::from_value::<RoutingTable>(json).is_err());
    }

    proptest! {
        #[test]
        fn a_table_loads_exactly_when_it_routes_its_region_to_its_teams(
            region in proptest::collection::btree_set("[01]{4}", 0..4),
            routes in proptest::collection::btree_map("[01]{4}", 1..4_usize, 0..4),
        ) {
            let region: BTreeSet<_> = region.iter().map(|c| code(c)).collect();
            let routes: BTreeMap<_, _> = routes.iter().map(|(c, n)| (code(c), team(*n))).collect();
            let teams: BTreeSet<_> = [team(1), team(2)].into();
            let complete = !region.is_empty()
                && region.iter().eq(routes.keys())
                && routes.values().all(|team| teams.contains(team));
            let record = RoutingRecord { municipalities: region, routes, teams, ..record() };
            prop_assert_eq!(RoutingTable::try_from(record).is_ok(), complete);
        }
    }
}
