//! The organisations of the story: the chain's partners, each with a certificate of its own.

/// An organisation that calls the gateway. The gateway itself is the ninth of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Party {
    /// Refers.
    Police,
    /// Directs the process.
    Steunpunt,
    /// Social work.
    SocialWork,
    /// Youth protection.
    YouthCare,
    /// Mental health care.
    Ggz,
    /// Support for people with a disability.
    Mee,
    /// Women's shelter.
    Shelter,
    /// The region's privacy officer.
    Fg,
}

impl Party {
    /// All of them, in the order of their numbers.
    pub(super) const ALL: [Self; 8] = [
        Self::Police,
        Self::Steunpunt,
        Self::SocialWork,
        Self::YouthCare,
        Self::Ggz,
        Self::Mee,
        Self::Shelter,
        Self::Fg,
    ];

    /// Its number, with the prefix of test numbers.
    pub(super) const fn oin(self) -> &'static str {
        match self {
            Self::Police => "00000099000000002000",
            Self::Steunpunt => "00000099000000003000",
            Self::SocialWork => "00000099000000004000",
            Self::YouthCare => "00000099000000005000",
            Self::Ggz => "00000099000000006000",
            Self::Mee => "00000099000000007000",
            Self::Shelter => "00000099000000008000",
            Self::Fg => "00000099000000009000",
        }
    }

    /// The name of its certificate's files.
    pub(super) const fn slug(self) -> &'static str {
        match self {
            Self::Police => "police",
            Self::Steunpunt => "steunpunt",
            Self::SocialWork => "social-work",
            Self::YouthCare => "youth-care",
            Self::Ggz => "ggz",
            Self::Mee => "mee",
            Self::Shelter => "shelter",
            Self::Fg => "fg",
        }
    }
}
