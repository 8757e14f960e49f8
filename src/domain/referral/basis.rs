//! Why the police may give data away: an article of the Wet politiegegevens with what it demands.
//!
//! An article without its references cannot be represented (DOMAIN §2.2, §2.3).

use serde::{Deserialize, Serialize};

use crate::domain::code::codes;
use crate::domain::draft::{Fields, Reading};
use crate::domain::text::Line;

codes! {
    /// The article of the Wet politiegegevens.
    pub enum WpgArticle {
        /// Structural, by general order.
        Wpg18 = 1, "WPG_18";
        /// Incidental, for an important public interest, with the competent authority.
        Wpg19 = 2, "WPG_19";
        /// In a structural partnership, by a written decision.
        Wpg20 = 3, "WPG_20";
    }
}

codes! {
    /// The four purposes of Wpg art. 19.
    pub enum WpgPurpose {
        /// (a) Preventing and detecting crime.
        CrimePrevention = 1, "CRIME_PREVENTION";
        /// (b) Keeping public order.
        PublicOrder = 2, "PUBLIC_ORDER";
        /// (c) Helping those who need it.
        Assistance = 3, "ASSISTANCE";
        /// (d) Supervising compliance.
        Supervision = 4, "SUPERVISION";
    }
}

/// Why the police may give these data to the Steunpunt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "article", deny_unknown_fields)]
pub enum WpgBasis {
    /// Wpg art. 18.
    #[serde(rename = "WPG_18")]
    Structural,
    /// Wpg art. 19.
    #[serde(rename = "WPG_19")]
    Incidental {
        /// Which of the four purposes.
        purpose: WpgPurpose,
        /// Where the agreement of the competent authority is written down.
        authority_agreement_ref: Line<100>,
    },
    /// Wpg art. 20.
    #[serde(rename = "WPG_20")]
    Partnership {
        /// The written decision on the partnership.
        partnership_decision_ref: Line<100>,
    },
}

impl WpgBasis {
    /// The article.
    pub fn article(&self) -> WpgArticle {
        match self {
            Self::Structural => WpgArticle::Wpg18,
            Self::Incidental { .. } => WpgArticle::Wpg19,
            Self::Partnership { .. } => WpgArticle::Wpg20,
        }
    }
}

/// The fields of a referral that say its basis.
pub(super) struct BasisDraft<'d> {
    pub(super) wpg_basis: i32,
    pub(super) wpg_purpose: i32,
    pub(super) authority_agreement_ref: &'d str,
    pub(super) partnership_decision_ref: &'d str,
}

impl BasisDraft<'_> {
    pub(super) fn read(&self, fields: &mut Fields<'_>) -> Reading<WpgBasis> {
        let article = fields.code("wpg_basis", self.wpg_basis, WpgArticle::from_number)?;
        if article != WpgArticle::Wpg19 {
            self.refuse_article_19(fields);
        }
        if article != WpgArticle::Wpg20 {
            let absent = self.partnership_decision_ref.is_empty();
            fields.absent(absent, "partnership_decision_ref", "is for WPG_20 only");
        }
        match article {
            WpgArticle::Wpg18 => Ok(WpgBasis::Structural),
            WpgArticle::Wpg19 => self.read_article_19(fields),
            WpgArticle::Wpg20 => fields
                .text("partnership_decision_ref", self.partnership_decision_ref)
                .map(|partnership_decision_ref| WpgBasis::Partnership { partnership_decision_ref }),
        }
    }

    fn read_article_19(&self, fields: &mut Fields<'_>) -> Reading<WpgBasis> {
        let purpose = fields.code("wpg_purpose", self.wpg_purpose, WpgPurpose::from_number);
        let reference = fields.text("authority_agreement_ref", self.authority_agreement_ref);
        Ok(WpgBasis::Incidental { purpose: purpose?, authority_agreement_ref: reference? })
    }

    fn refuse_article_19(&self, fields: &mut Fields<'_>) {
        fields.absent(self.wpg_purpose == 0, "wpg_purpose", "is for WPG_19 only");
        let absent = self.authority_agreement_ref.is_empty();
        fields.absent(absent, "authority_agreement_ref", "is for WPG_19 only");
    }
}
