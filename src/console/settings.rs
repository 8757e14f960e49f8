//! What an officer chose to see: nothing about anybody, kept by the browser.

/// The choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settings {
    /// Whether single keys do something (WCAG 2.1.4: they can be switched off).
    pub(super) shortcuts: bool,
    /// Whether lists stand close together.
    pub(super) is_compact: bool,
    /// The period of a search when none was chosen.
    pub(super) days: u16,
}

/// The periods to choose from; a search spans 92 days at most.
pub(super) const DAYS: [u16; 3] = [7, 30, 92];

impl Default for Settings {
    fn default() -> Self {
        Self { shortcuts: true, is_compact: false, days: 30 }
    }
}

impl Settings {
    /// As the cookie and the form have it: `aan-ruim-30`.
    pub(super) fn words(self) -> String {
        format!("{}-{}-{}", self.shortcuts_word(), self.density_word(), self.days)
    }

    pub(super) fn read(words: &str) -> Option<Self> {
        let mut parts = words.split('-');
        let (shortcuts, density, days) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Self::of(shortcuts, density, days)
    }

    /// Of three words; none for a word that is no choice.
    pub(super) fn of(shortcuts: &str, density: &str, days: &str) -> Option<Self> {
        let either = |word: &str, yes: &str, no: &str| match word {
            word if word == yes => Some(true),
            word if word == no => Some(false),
            _ => None,
        };
        Some(Self {
            shortcuts: either(shortcuts, "aan", "uit")?,
            is_compact: either(density, "compact", "ruim")?,
            days: DAYS.into_iter().find(|one| one.to_string() == days)?,
        })
    }

    pub(super) const fn shortcuts_word(self) -> &'static str {
        if self.shortcuts { "aan" } else { "uit" }
    }

    pub(super) const fn density_word(self) -> &'static str {
        if self.is_compact { "compact" } else { "ruim" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_chosen_is_read() {
        for shortcuts in [true, false] {
            for is_compact in [true, false] {
                for days in DAYS {
                    let settings = Settings { shortcuts, is_compact, days };
                    assert_eq!(Settings::read(&settings.words()), Some(settings));
                }
            }
        }
        for bad in
            ["", "aan", "aan-ruim", "aan-ruim-31", "on-ruim-30", "aan-ruim-30-", "aan-wijd-7"]
        {
            assert_eq!(Settings::read(bad), None, "{bad}");
        }
    }
}
