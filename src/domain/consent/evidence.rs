//! How a consent can be shown afterwards (AVG art. 7 lid 1). The document itself stays in the file
//! of whoever took it down; here is its digest.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::code::codes;
use crate::domain::draft::{Fields, Reading};
use crate::domain::id::UserId;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::domain::violation::Rule;

codes! {
    /// What kind of proof there is.
    pub enum EvidenceKind {
        /// Signed on paper.
        SignedPaper = 1, "SIGNED_PAPER";
        /// Signed electronically.
        ESignature = 2, "E_SIGNATURE";
        /// Spoken, with a witness.
        VerbalWitnessed = 3, "VERBAL_WITNESSED";
        /// Recorded.
        Recording = 4, "RECORDING";
    }
}

/// Proof of a consent or a refusal. Spoken words have a witness, and the witness is somebody else
/// than the person who took them down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What kind.
    pub kind: EvidenceKind,
    /// The document in the file of the recorder.
    pub document_ref: Line<100>,
    /// SHA-256 of that document.
    #[serde(with = "crate::domain::hex_text")]
    pub document_sha256: [u8; 32],
    /// Who took it down.
    pub captured_by: UserId,
    /// When.
    pub captured_at: Timestamp,
    /// In which language it was asked.
    pub language: LanguageTag,
    /// Which version of the explaining text was used.
    pub policy_version_uri: Line<200>,
    /// Who was present.
    pub witness: Option<UserId>,
}

/// [`Evidence`] as a message carries it.
#[derive(Debug, Clone, Default)]
pub struct EvidenceDraft {
    /// [`Evidence::kind`] as a number.
    pub kind: i32,
    /// [`Evidence::document_ref`].
    pub document_ref: String,
    /// [`Evidence::document_sha256`].
    pub document_sha256: Vec<u8>,
    /// [`Evidence::captured_by`].
    pub captured_by_user_id: String,
    /// [`Evidence::captured_at`].
    pub captured_at: Option<Timestamp>,
    /// [`Evidence::language`].
    pub language: String,
    /// [`Evidence::policy_version_uri`].
    pub policy_version_uri: String,
    /// [`Evidence::witness`], empty when nobody was present.
    pub witness_user_id: String,
}

impl EvidenceDraft {
    pub(super) fn read(&self, fields: &mut Fields<'_>, now: Timestamp) -> Reading<Evidence> {
        let kind = fields.code("kind", self.kind, EvidenceKind::from_number);
        let document_ref = fields.text("document_ref", &self.document_ref);
        let document_sha256 = self.document_sha256.as_slice().try_into().ok().ok_or_else(|| {
            let description = "must be the 32 bytes of a SHA-256 digest";
            fields.wrong("document_sha256", "SHA256", description)
        });
        let captured_by: Reading<UserId> =
            fields.text("captured_by_user_id", &self.captured_by_user_id);
        let captured_at = fields.past("captured_at", self.captured_at, now);
        let language = fields.text("language", &self.language);
        let policy_version_uri = fields.text("policy_version_uri", &self.policy_version_uri);
        let witness: Reading<Option<UserId>> =
            fields.optional_text("witness_user_id", &self.witness_user_id);
        fields.require(
            kind != Ok(EvidenceKind::VerbalWitnessed) || witness != Ok(None),
            "witness_user_id",
            "REQUIRED",
            "must be given for spoken consent",
        );
        fields.require(
            !matches!((&witness, &captured_by), (Ok(Some(witness)), Ok(by)) if witness == by),
            "witness_user_id",
            "FOUR_EYES",
            "must be somebody else than captured_by_user_id",
        );
        Ok(Evidence {
            kind: kind?,
            document_ref: document_ref?,
            document_sha256: document_sha256?,
            captured_by: captured_by?,
            captured_at: captured_at?,
            language: language?,
            policy_version_uri: policy_version_uri?,
            witness: witness?,
        })
    }
}

/// A language as BCP 47 writes it, for example `nl` or `ar-MA`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct LanguageTag(String);

impl LanguageTag {
    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that is not a language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a BCP 47 language tag like nl")]
pub struct InvalidLanguageTag;

impl Rule for InvalidLanguageTag {
    fn rule(&self) -> &'static str {
        "LANGUAGE_TAG"
    }
}

impl FromStr for LanguageTag {
    type Err = InvalidLanguageTag;
    fn from_str(text: &str) -> Result<Self, InvalidLanguageTag> {
        let mut parts = text.split('-');
        let language = parts.next().unwrap_or_default();
        let well_formed = (2..=3).contains(&language.len())
            && language.bytes().all(|b| b.is_ascii_lowercase())
            && text.len() <= 35
            && parts.all(|part| {
                (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
            });
        if well_formed { Ok(Self(text.to_owned())) } else { Err(InvalidLanguageTag) }
    }
}

impl TryFrom<String> for LanguageTag {
    type Error = InvalidLanguageTag;
    fn try_from(text: String) -> Result<Self, InvalidLanguageTag> {
        text.parse()
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::violation::Violations;

    fn spoken() -> EvidenceDraft {
        EvidenceDraft {
            kind: 3,
            document_ref: "dossier-12/4".to_owned(),
            document_sha256: vec![7; 32],
            captured_by_user_id: "sp-0147".to_owned(),
            captured_at: Some("2026-04-02T13:00:00Z".parse().unwrap()),
            language: "ar-MA".to_owned(),
            policy_version_uri: "https://vvt.example/uitleg/3".to_owned(),
            witness_user_id: "amw-0002".to_owned(),
        }
    }

    fn wrong(draft: &EvidenceDraft) -> Vec<(String, &'static str)> {
        let mut violations = Violations::new();
        let now = "2026-04-02T13:10:00Z".parse().unwrap();
        let evidence = draft.read(&mut Fields::new("e", &mut violations), now);
        assert!(evidence.is_ok() || !violations.is_empty());
        violations.iter().map(|v| (v.field.clone(), v.rule)).collect()
    }

    #[test]
    fn spoken_consent_needs_a_witness_who_is_somebody_else() {
        assert_eq!(wrong(&spoken()), []);
        let alone = EvidenceDraft { witness_user_id: String::new(), ..spoken() };
        assert_eq!(wrong(&alone), [("e.witness_user_id".to_owned(), "REQUIRED")]);
        assert_eq!(wrong(&EvidenceDraft { kind: 1, ..alone }), []);
        let itself = EvidenceDraft { witness_user_id: "sp-0147".to_owned(), ..spoken() };
        assert_eq!(wrong(&itself), [("e.witness_user_id".to_owned(), "FOUR_EYES")]);
    }

    #[test]
    fn every_wrong_field_is_named() {
        let draft = EvidenceDraft {
            document_sha256: vec![7; 31],
            captured_at: Some("2026-04-02T13:10:00.000001Z".parse().unwrap()),
            language: "Dutch".to_owned(),
            ..EvidenceDraft::default()
        };
        let fields: Vec<(String, &str)> = wrong(&draft);
        let expected = [
            ("e.kind", "REQUIRED"),
            ("e.document_ref", "REQUIRED"),
            ("e.document_sha256", "SHA256"),
            ("e.captured_by_user_id", "REQUIRED"),
            ("e.captured_at", "IN_FUTURE"),
            ("e.language", "LANGUAGE_TAG"),
            ("e.policy_version_uri", "REQUIRED"),
        ];
        assert_eq!(fields, expected.map(|(field, rule)| (field.to_owned(), rule)));
    }

    #[test]
    fn a_language_tag_is_bcp_47() {
        for good in ["nl", "ar-MA", "zgh-Tfng", "en-x-plain"] {
            assert!(good.parse::<LanguageTag>().is_ok(), "{good}");
        }
        for bad in ["", "n", "NL", "nl-", "nl_NL", "nederlands"] {
            assert!(bad.parse::<LanguageTag>().is_err(), "{bad}");
        }
    }
}
