//! Kinds of data (DOMAIN §3.5). Which organisation may ever receive which kind is for the
//! [policy pack](super::policy::PolicyPack) to say.
//!
//! The BSN is not a category; it follows rules of its own (DOMAIN §8 row 1).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::code::codes;

codes! {
    /// What a piece of data is. Every piece has exactly one.
    pub enum Category {
        /// Names and date of birth.
        Identification = 1, "IDENTIFICATION";
        /// Address and telephone.
        ContactAddress = 2, "CONTACT_ADDRESS";
        /// Address of a shelter or other protected place.
        ShelterAddress = 3, "SHELTER_ADDRESS";
        /// The reported incident: criminal data (UAVG art. 31).
        Incident = 4, "INCIDENT";
        /// Signs of Safety: concerns, strengths, wishes and the safety scale.
        SafetyAssessment = 5, "SAFETY_ASSESSMENT";
        /// Agreements of the safety plan.
        SafetyAgreements = 6, "SAFETY_AGREEMENTS";
        /// Plan of action.
        ActionPlan = 7, "ACTION_PLAN";
        /// How a child fares.
        ChildWellbeing = 8, "CHILD_WELLBEING";
        /// Mental health.
        HealthMental = 9, "HEALTH_MENTAL";
        /// Physical health.
        HealthSomatic = 10, "HEALTH_SOMATIC";
        /// Use of alcohol or drugs.
        SubstanceUse = 11, "SUBSTANCE_USE";
        /// Disability.
        Disability = 12, "DISABILITY";
        /// Housing, work and money.
        SocialFinancial = 13, "SOCIAL_FINANCIAL";
        /// Where a case stands, in general terms.
        ProgressStatus = 14, "PROGRESS_STATUS";
    }
}

/// Whether organisations of one role may ever receive one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// With a valid basis.
    Allowed,
    /// With a valid basis and a second person who agrees.
    FourEyes,
    /// Only in an emergency notice of the Steunpunt (Wmo 2015 art. 4.1.1 lid 2 onder e).
    EmergencyOnly,
    /// Only what is its own; never from another organisation.
    Own,
    /// Never.
    Never,
}

/// A set of categories. Written as the list of its words, in the order of the code list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Categories(u32);

impl Categories {
    /// No category.
    pub const EMPTY: Self = Self(0);
    /// Every category.
    pub const ALL: Self = Self::of(Category::ALL);
    /// What is, or nearly always holds, a special category of data: health (AVG art. 9). An
    /// assessment, a plan and how a child fares tell about health in all but name.
    pub const SPECIAL: Self = Self::of(&[
        Category::SafetyAssessment,
        Category::ActionPlan,
        Category::ChildWellbeing,
        Category::HealthMental,
        Category::HealthSomatic,
        Category::SubstanceUse,
        Category::Disability,
    ]);
    /// Criminal data (UAVG art. 31).
    pub const CRIMINAL: Self = Self::of(&[Category::Incident]);

    /// The set of these categories.
    pub const fn of(mut categories: &[Category]) -> Self {
        let mut bits = 0;
        while let [first, rest @ ..] = categories {
            bits |= bit(*first);
            categories = rest;
        }
        Self(bits)
    }

    /// Reads the bits; `None` when one of them is no category.
    pub const fn from_bits(bits: u32) -> Option<Self> {
        if bits & !Self::ALL.0 == 0 { Some(Self(bits)) } else { None }
    }

    /// The set as bits: category number n is bit n − 1.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether `category` is in the set.
    pub const fn contains(self, category: Category) -> bool {
        self.0 & bit(category) != 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many categories are in the set.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether every category of this set is in `other`.
    pub const fn is_subset_of(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two have a category in common.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// This set with `category` in it.
    #[must_use]
    pub const fn with(self, category: Category) -> Self {
        Self(self.0 | bit(category))
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The categories, in the order of the code list.
    pub fn iter(self) -> impl Iterator<Item = Category> {
        Category::ALL.iter().copied().filter(move |category| self.contains(*category))
    }
}

const fn bit(category: Category) -> u32 {
    1 << (category.number() - 1)
}

impl FromIterator<Category> for Categories {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        categories.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// The words with spaces between them, for explanations.
impl fmt::Display for Categories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, category) in self.iter().enumerate() {
            let separator = if position == 0 { "" } else { " " };
            write!(f, "{separator}{category}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Categories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Categories {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Categories {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Category>::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests;
