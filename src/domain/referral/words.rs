//! The code lists of a referral. Closed: a partner that needs another word needs another version.

use crate::domain::code::codes;

codes! {
    /// How fast a referral has to be picked up (DOMAIN §2.4).
    ///
    /// In rising order: a greater code, and a greater number, is more urgent. A person sets it;
    /// the gateway may raise it and never lowers it (DOMAIN §8 row 17).
    pub enum Urgency {
        /// Supplement to an open case (aanvullende informatie).
        Information = 1, "INFORMATION";
        /// All other reports (regulier).
        Standard = 2, "STANDARD";
        /// Danger expected within a day (spoed).
        Urgent = 3, "URGENT";
        /// Immediate danger (acute onveiligheid). Also phoned: the gateway is never the only alarm.
        Acute = 4, "ACUTE";
    }
}

codes! {
    /// The part a person plays. Nothing has been proven.
    pub enum PersonRole {
        /// Suspected of the violence.
        SuspectedPerpetrator = 1, "SUSPECTED_PERPETRATOR";
        /// Victim.
        Victim = 2, "VICTIM";
        /// Child that saw or heard it.
        ChildWitness = 3, "CHILD_WITNESS";
        /// Child that it was done to.
        ChildVictim = 4, "CHILD_VICTIM";
        /// Somebody else of the household.
        OtherHousehold = 5, "OTHER_HOUSEHOLD";
    }
}

impl PersonRole {
    /// Whether only a child can play this part.
    pub fn is_child(self) -> bool {
        matches!(self, Self::ChildWitness | Self::ChildVictim)
    }
}

codes! {
    /// Kinds of violence.
    pub enum ViolenceKind {
        /// Physical violence.
        Physical = 1, "PHYSICAL";
        /// Psychological violence.
        Psychological = 2, "PSYCHOLOGICAL";
        /// Sexual violence.
        Sexual = 3, "SEXUAL";
        /// Stalking.
        Stalking = 4, "STALKING";
        /// Neglect.
        Neglect = 5, "NEGLECT";
        /// Financial abuse.
        Financial = 6, "FINANCIAL";
        /// In the name of honour. Says nothing about origin or belief (DOMAIN §8 row 18).
        HonourRelated = 7, "HONOUR_RELATED";
        /// Abuse of the elderly.
        ElderAbuse = 8, "ELDER_ABUSE";
        /// Abuse of a child.
        ChildAbuse = 9, "CHILD_ABUSE";
    }
}

impl ViolenceKind {
    /// Its bit in a set of kinds.
    pub fn bit(self) -> i64 {
        1 << (self.number() - 1)
    }
}

codes! {
    /// An answer that may be unknown, but not left out.
    pub enum YesNoUnknown {
        /// Yes.
        Yes = 1, "YES";
        /// No.
        No = 2, "NO";
        /// Not known.
        Unknown = 3, "UNKNOWN";
    }
}

codes! {
    /// Why a person was not told of the referral.
    pub enum NotInformedReason {
        /// Telling would have brought danger.
        Safety = 1, "SAFETY";
        /// Could not be reached.
        NotReached = 2, "NOT_REACHED";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgency_rises_with_its_number() {
        assert!(
            Urgency::ALL
                .windows(2)
                .all(|pair| { pair[0] < pair[1] && pair[0].number() < pair[1].number() })
        );
        assert_eq!(Urgency::ALL.last(), Some(&Urgency::Acute));
    }
}
