//! Who acts: a person of the calling organisation, or its system.
//!
//! The organisation comes from the certificate and is not here; it vouches for these words, and
//! the gateway cannot resolve them to a person.

use serde::{Deserialize, Serialize};

use crate::domain::code::codes;
use crate::domain::draft::{Fields, Reading};
use crate::domain::id::UserId;
use crate::domain::violation::Violations;

codes! {
    /// In what role somebody acts.
    pub enum UserRole {
        /// Guards the progress of cases at the Steunpunt (procesregisseur).
        ProcessDirector = 1, "PROCESS_DIRECTOR";
        /// Leads a team.
        TeamManager = 2, "TEAM_MANAGER";
        /// Works with families.
        CaseWorker = 3, "CASE_WORKER";
        /// Works with families in a crisis, day and night.
        CrisisWorker = 4, "CRISIS_WORKER";
        /// Police officer.
        PoliceOfficer = 5, "POLICE_OFFICER";
        /// Functionaris gegevensbescherming: reviews the ledger.
        PrivacyOfficer = 6, "PRIVACY_OFFICER";
        /// Decides what takes a second person.
        Supervisor = 7, "SUPERVISOR";
        /// A program that acts for nobody in particular, for example one that empties an inbox.
        System = 8, "SYSTEM";
    }
}

/// Who acts, in what role, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Named by the own organisation.
    pub user_id: UserId,
    /// In what role.
    pub role: UserRole,
    /// For whom, when somebody else is responsible.
    pub on_behalf_of: Option<OnBehalfOf>,
}

/// The person who is responsible for what another does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnBehalfOf {
    /// Named by the own organisation.
    pub user_id: UserId,
    /// In what role.
    pub role: UserRole,
}

/// An [`Actor`] as a message carries it.
#[derive(Debug, Clone, Default)]
pub struct ActorDraft {
    /// [`Actor::user_id`].
    pub user_id: String,
    /// [`Actor::role`] as a number.
    pub role: i32,
    /// [`OnBehalfOf::user_id`], empty when the user acts for nobody else.
    pub on_behalf_of_user_id: String,
    /// [`OnBehalfOf::role`] as a number, 0 when the user acts for nobody else.
    pub on_behalf_of_role: i32,
}

impl Actor {
    /// Whether somebody acts here or answers for it: a second opinion is not theirs to give.
    pub fn is_answered_for_by(&self, user: &UserId) -> bool {
        self.user_id == *user
            || self.on_behalf_of.as_ref().is_some_and(|other| other.user_id == *user)
    }
}

impl ActorDraft {
    /// The actor, or `None` with what is wrong noted under `path`.
    pub fn parse(&self, path: &str, violations: &mut Violations) -> Option<Actor> {
        self.read(&mut Fields::new(path, violations)).ok()
    }

    fn read(&self, fields: &mut Fields<'_>) -> Reading<Actor> {
        let user_id: Reading<UserId> = fields.text("user_id", &self.user_id);
        let role = fields.code("role", self.role, UserRole::from_number);
        let on_behalf_of = self.read_on_behalf_of(fields);
        let actor = Actor { user_id: user_id?, role: role?, on_behalf_of: on_behalf_of? };
        match &actor.on_behalf_of {
            Some(other) if other.user_id == actor.user_id => Err(fields.wrong(
                "on_behalf_of_user_id",
                "ON_BEHALF_OF_SELF",
                "must be somebody else than user_id",
            )),
            _ => Ok(actor),
        }
    }

    fn read_on_behalf_of(&self, fields: &mut Fields<'_>) -> Reading<Option<OnBehalfOf>> {
        if self.on_behalf_of_user_id.is_empty() && self.on_behalf_of_role == 0 {
            return Ok(None);
        }
        let user_id = fields.text("on_behalf_of_user_id", &self.on_behalf_of_user_id);
        let role = fields.code("on_behalf_of_role", self.on_behalf_of_role, UserRole::from_number);
        Ok(Some(OnBehalfOf { user_id: user_id?, role: role? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> ActorDraft {
        ActorDraft {
            user_id: "pol-7731".to_owned(),
            role: 5,
            on_behalf_of_user_id: "pol-0001".to_owned(),
            on_behalf_of_role: 7,
        }
    }

    fn wrong(draft: &ActorDraft) -> Vec<(String, &'static str)> {
        let mut violations = Violations::new();
        let actor = draft.parse("actor", &mut violations);
        assert_eq!(actor.is_none(), !violations.is_empty());
        violations.iter().map(|v| (v.field.clone(), v.rule)).collect()
    }

    #[test]
    fn an_actor_may_act_for_another() {
        let actor = draft().parse("actor", &mut Violations::new()).unwrap();
        assert_eq!(actor.role, UserRole::PoliceOfficer);
        assert_eq!(actor.on_behalf_of.unwrap().role, UserRole::Supervisor);
        let alone =
            ActorDraft { on_behalf_of_user_id: String::new(), on_behalf_of_role: 0, ..draft() };
        assert_eq!(wrong(&alone), []);
    }

    #[test]
    fn every_wrong_field_is_named() {
        let empty = ActorDraft { on_behalf_of_role: 99, ..ActorDraft::default() };
        let paths = [
            ("actor.user_id", "REQUIRED"),
            ("actor.role", "REQUIRED"),
            ("actor.on_behalf_of_user_id", "REQUIRED"),
            ("actor.on_behalf_of_role", "UNKNOWN_CODE"),
        ];
        assert_eq!(wrong(&empty), paths.map(|(field, rule)| (field.to_owned(), rule)));
    }

    #[test]
    fn nobody_acts_on_behalf_of_himself() {
        let itself = ActorDraft { on_behalf_of_user_id: "pol-7731".to_owned(), ..draft() };
        assert_eq!(
            wrong(&itself),
            [("actor.on_behalf_of_user_id".to_owned(), "ON_BEHALF_OF_SELF")]
        );
    }
}
