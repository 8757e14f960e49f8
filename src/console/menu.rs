//! Where a page stands in the menu.

use super::lang::Words;

/// An item of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Menu {
    Overview,
    Disclosures,
    Signals,
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
    items: &[Menu::Overview, Menu::Disclosures, Menu::Signals],
}];

impl Menu {
    /// The path behind the language.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Overview | Self::Nowhere => "",
            Self::Disclosures => "verstrekkingen",
            Self::Signals => "signalen",
        }
    }

    pub(super) const fn words(self) -> Words {
        match self {
            Self::Overview | Self::Nowhere => Words("Overzicht", "Overview"),
            Self::Disclosures => Words("Verstrekkingen", "Disclosures"),
            Self::Signals => Words("Signalen", "Signals"),
        }
    }
}
