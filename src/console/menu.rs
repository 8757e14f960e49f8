//! Where a page stands in the menu.

use super::lang::Words;

/// An item of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Menu {
    Overview,
    Disclosures,
    Emergencies,
    Requests,
    Breaches,
    /// A page that is in no menu.
    Nowhere,
}

/// The items under one head.
pub(super) struct Section {
    pub(super) head: Words,
    pub(super) items: &'static [Menu],
}

/// The whole menu.
pub(super) static SECTIONS: [Section; 1] = [Section {
    head: Words("Toezicht", "Oversight"),
    items: &[Menu::Overview, Menu::Disclosures, Menu::Emergencies, Menu::Requests, Menu::Breaches],
}];

impl Menu {
    /// The path behind the language.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Overview | Self::Nowhere => "",
            Self::Disclosures => "verstrekkingen",
            Self::Emergencies => "noodtoegang",
            Self::Requests => "inzage",
            Self::Breaches => "datalek",
        }
    }

    pub(super) const fn words(self) -> Words {
        match self {
            Self::Overview | Self::Nowhere => Words("Overzicht", "Overview"),
            Self::Disclosures => Words("Verstrekkingen", "Disclosures"),
            Self::Emergencies => Words("Noodtoegang", "Break-glass"),
            Self::Requests => Words("Inzageverzoeken", "Data-subject requests"),
            Self::Breaches => Words("Datalekken", "Breaches"),
        }
    }
}
