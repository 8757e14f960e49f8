//! What an organisation is in the chain, and the law under which it keeps its files.

use crate::domain::code::codes;

codes! {
    /// What an organisation is in the chain.
    pub enum Role {
        /// Police: submits referrals, learns what was done in three words.
        Police = 1, "POLICE";
        /// Steunpunt Huiselijk Geweld, by law the AMHK (Veilig Thuis): directs the process.
        Steunpunt = 2, "STEUNPUNT";
        /// (Algemeen) maatschappelijk werk.
        SocialWork = 3, "SOCIAL_WORK";
        /// Bureau Jeugdzorg, now a gecertificeerde instelling.
        YouthCare = 4, "YOUTH_CARE";
        /// GGZ.
        MentalHealth = 5, "MENTAL_HEALTH";
        /// MEE: support for people with a disability.
        DisabilitySupport = 6, "DISABILITY_SUPPORT";
        /// Vrouwenopvang. Its address is never disclosed without four eyes.
        Shelter = 7, "SHELTER";
        /// Municipality: management information only, never case data.
        Municipality = 8, "MUNICIPALITY";
        /// The office of the regional privacy officer (functionaris gegevensbescherming).
        Oversight = 9, "OVERSIGHT";
        /// The gateway itself.
        Gateway = 10, "GATEWAY";
    }
}

codes! {
    /// The law under which an organisation keeps its files (DOMAIN §8 row 23).
    pub enum LegalRegime {
        /// Wet politiegegevens.
        Wpg = 1, "WPG";
        /// Wmo 2015 as advies- en meldpunt (AMHK).
        WmoAmhk = 2, "WMO_AMHK";
        /// Wmo 2015 as provider.
        Wmo = 3, "WMO";
        /// Jeugdwet.
        Jeugdwet = 4, "JEUGDWET";
        /// Wet op de geneeskundige behandelingsovereenkomst.
        Wgbo = 5, "WGBO";
    }
}

impl Role {
    /// The law under which this kind of organisation keeps files about families; `None` for those
    /// that keep none.
    pub fn legal_regime(self) -> Option<LegalRegime> {
        match self {
            Self::Police => Some(LegalRegime::Wpg),
            Self::Steunpunt => Some(LegalRegime::WmoAmhk),
            Self::SocialWork | Self::DisabilitySupport | Self::Shelter => Some(LegalRegime::Wmo),
            Self::YouthCare => Some(LegalRegime::Jeugdwet),
            Self::MentalHealth => Some(LegalRegime::Wgbo),
            Self::Municipality | Self::Oversight | Self::Gateway => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_keeps_no_files_has_no_legal_regime() {
        let without: Vec<_> = Role::ALL.iter().filter(|r| r.legal_regime().is_none()).collect();
        assert_eq!(without, [&Role::Municipality, &Role::Oversight, &Role::Gateway]);
    }

    /// DOMAIN §8 row 23: a design for one law alone would judge the others by it.
    #[test]
    fn row_23_every_role_keeps_its_files_under_its_own_law() {
        let regimes: Vec<_> = Role::ALL.iter().filter_map(|role| role.legal_regime()).collect();
        let words: Vec<&str> = regimes.iter().map(|regime| regime.as_str()).collect();
        // In the order of the roles: police, Steunpunt, social work, youth care, mental health care,
        // disability support, shelter.
        assert_eq!(words, ["WPG", "WMO_AMHK", "WMO", "JEUGDWET", "WGBO", "WMO", "WMO"]);
    }
}
