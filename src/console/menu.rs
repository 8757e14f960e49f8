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
    Consents,
    Statistics,
    Integrity,
    Organisations,
    Settings,
    OwnLog,
    /// A page that is in no menu.
    Nowhere,
}

/// The items under one head.
pub(super) struct Section {
    pub(super) head: Words,
    pub(super) items: &'static [Menu],
}

/// The whole menu.
pub(super) static SECTIONS: [Section; 3] = [
    Section {
        head: Words("Toezicht", "Oversight"),
        items: &[Menu::Overview, Menu::Disclosures, Menu::Emergencies],
    },
    Section {
        head: Words("Verzoeken en rapporten", "Requests and reports"),
        items: &[Menu::Requests, Menu::Breaches, Menu::Consents, Menu::Statistics],
    },
    Section {
        head: Words("Betrouwbaarheid", "Reliability"),
        items: &[Menu::Integrity, Menu::Organisations, Menu::Settings, Menu::OwnLog],
    },
];

impl Menu {
    /// The path behind the language.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Overview | Self::Nowhere => "",
            Self::Disclosures => "verstrekkingen",
            Self::Emergencies => "noodtoegang",
            Self::Requests => "inzage",
            Self::Breaches => "datalek",
            Self::Consents => "toestemmingen",
            Self::Integrity => "integriteit",
            Self::Organisations => "organisaties",
            Self::Statistics => "statistiek",
            Self::Settings => "instellingen",
            Self::OwnLog => "mijn-logboek",
        }
    }

    pub(super) const fn words(self) -> Words {
        match self {
            Self::Overview | Self::Nowhere => Words("Overzicht", "Overview"),
            Self::Disclosures => Words("Verstrekkingen", "Disclosures"),
            Self::Emergencies => Words("Noodtoegang", "Break-glass"),
            Self::Requests => Words("Inzageverzoeken", "Data-subject requests"),
            Self::Breaches => Words("Datalekken", "Breaches"),
            Self::Consents => Words("Toestemmingen", "Consents"),
            Self::Integrity => Words("Integriteit", "Integrity"),
            Self::Organisations => Words("Organisaties", "Organisations"),
            Self::Statistics => Words("Statistiek", "Statistics"),
            Self::Settings => Words("Instellingen", "Settings"),
            Self::OwnLog => Words("Mijn logboek", "My own log"),
        }
    }
}
