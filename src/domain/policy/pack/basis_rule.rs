//! What one basis carries, between whom, and the two grounds behind it (DOMAIN §4.1, §4.2).

use serde::{Deserialize, Serialize};

use crate::domain::category::Categories;
use crate::domain::organisation::Role;
use crate::domain::policy::{EvidenceNeed, Initiative};
use crate::domain::purpose::Purpose;
use crate::domain::time::Date;

/// Which disclosures a basis carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of the pack, a yes or a no")]
pub struct BasisRule {
    /// Whether it can be used at all.
    pub enabled: bool,
    /// From when to when the law that it stands for is in force.
    #[serde(default)]
    pub term: Term,
    /// Between organisations of which roles.
    #[serde(default)]
    pub flows: Vec<Flow>,
    /// Whether only a gecertificeerde instelling may receive (Jeugdwet art. 7.3.11 lid 4).
    #[serde(default)]
    pub certified_recipient: bool,
    /// Whose initiative it may be. Nobody can ask for a notice, for feedback or for police data.
    #[serde(default)]
    pub initiative: Vec<Initiative>,
    /// For which purposes.
    #[serde(default)]
    pub purposes: Vec<Purpose>,
    /// The most that may be shared.
    #[serde(default)]
    pub cap: Categories,
    /// What must be weighed, stated or pointed at; every one of these.
    #[serde(default)]
    pub evidence: Vec<EvidenceNeed>,
    /// Recipients that must be members of the case team.
    #[serde(default)]
    pub case_team: Vec<Role>,
    /// Whether a statute itself orders or allows the sharing. Only such a basis goes on when the
    /// person had the processing restricted (AVG art. 18; DOMAIN §5.6).
    #[serde(default)]
    pub statutory: bool,
    /// Whether it is the emergency notice that categories marked so may go in (DOMAIN §3.5, `E`).
    #[serde(default)]
    pub emergency_notice: bool,
    /// What makes it lawful, and what allows a professional to break secrecy.
    pub grounds: Grounds,
}

/// Of a basis that no pack names: nothing is shared by default.
pub(super) static NOTHING: BasisRule = BasisRule {
    enabled: false,
    term: Term { valid_from: None, valid_until: None },
    flows: Vec::new(),
    certified_recipient: false,
    initiative: Vec::new(),
    purposes: Vec::new(),
    cap: Categories::EMPTY,
    evidence: Vec::new(),
    case_team: Vec::new(),
    statutory: false,
    emergency_notice: false,
    grounds: Grounds {
        avg_article_6: String::new(),
        avg_article_9: None,
        uavg_criminal: None,
        confidentiality_ground: String::new(),
    },
};

impl BasisRule {
    pub(super) fn sort(&mut self) {
        for flow in &mut self.flows {
            flow.from.sort_unstable();
            flow.to.sort_unstable();
        }
        self.flows.sort_unstable();
        self.initiative.sort_unstable();
        self.purposes.sort_unstable();
        self.case_team.sort_unstable();
        self.evidence.sort_unstable();
    }

    /// Whether data may go from an organisation of one role to one of the other.
    pub fn applies_between(&self, sender: Role, recipient: Role) -> bool {
        self.flows.iter().any(|flow| flow.from.contains(&sender) && flow.to.contains(&recipient))
    }
}

/// From each of these roles to each of those.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Who may send.
    pub from: Vec<Role>,
    /// Who may receive.
    pub to: Vec<Role>,
}

/// The two grounds behind a basis, as they stand in every record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// AVG article 6: what makes the processing lawful.
    pub avg_article_6: String,
    /// AVG article 9, for special categories of data.
    pub avg_article_9: Option<String>,
    /// UAVG article, for criminal data.
    pub uavg_criminal: Option<String>,
    /// What allows professional secrecy to be broken: a statute, consent, or a doctrine.
    pub confidentiality_ground: String,
}

impl Grounds {
    /// The grounds of sharing these categories: those for special and for criminal data stand in a
    /// record only when such data was shared (DOMAIN §6.1).
    #[must_use]
    pub fn about(&self, shared: Categories) -> Self {
        let Self { avg_article_6, avg_article_9, uavg_criminal, confidentiality_ground } =
            self.clone();
        Self {
            avg_article_6,
            avg_article_9: avg_article_9.filter(|_| shared.intersects(Categories::SPECIAL)),
            uavg_criminal: uavg_criminal.filter(|_| shared.intersects(Categories::CRIMINAL)),
            confidentiality_ground,
        }
    }
}

/// First and last day; without one it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
}

impl Term {
    /// Whether a day is in it.
    pub fn includes(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day)
            && self.valid_until.is_none_or(|until| day <= until)
    }

    /// Whether it ends before it begins.
    pub(super) fn is_backwards(&self) -> bool {
        self.valid_from.zip(self.valid_until).is_some_and(|(from, until)| until < from)
    }
}
