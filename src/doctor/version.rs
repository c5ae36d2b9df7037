//! Versions of Go: read from what go prints, and compared as go compares them.
//!
//! Knows the notation; does not know who has which version.

use std::fmt;

/// `1.21` is before `1.21rc1`, and that before `1.21.0`: the language is older than its first release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    major: u32,
    minor: u32,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Language,
    Beta(u32),
    Candidate(u32),
    Release(u32),
    /// Built between releases.
    Development,
}

impl Version {
    /// The version in `go1.27.3`, `1.21`, `go1.22rc1`, `devel go1.28-4f2a7b1 Tue …`, `go1.27.3 X:synctest`; none where there
    /// is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let word = text.split_whitespace().find(|word| {
            let number = word.strip_prefix("go").unwrap_or(word);
            number.starts_with(|first: char| first.is_ascii_digit())
        })?;
        let number = word.strip_prefix("go").unwrap_or(word);
        // Distributions and builders add to it: `go1.22.2-fips`, `go1.28-4f2a7b1`.
        let (number, development) = match number.split_once(['-', '+']) {
            Some((number, _)) => (number, text.trim_start().starts_with("devel")),
            None => (number, false),
        };
        let (major, rest) = number.split_once('.')?;
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (minor, rest) = rest.split_at(end);
        let stage = if development { Stage::Development } else { Stage::read(rest)? };
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()?, stage })
    }

    /// Whether it is of this release of the language, or a later one.
    pub(super) fn has(self, major: u32, minor: u32) -> bool {
        (self.major, self.minor) >= (major, minor)
    }

    /// The language that it speaks: `1.27`.
    pub(super) const fn language(self) -> (u32, u32) {
        (self.major, self.minor)
    }
}

impl Stage {
    fn read(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse().ok();
        if text.is_empty() {
            return Some(Self::Language);
        }
        text.strip_prefix('.').and_then(number).map(Self::Release).or_else(|| {
            let candidate = text.strip_prefix("rc").and_then(number).map(Self::Candidate);
            candidate.or_else(|| text.strip_prefix("beta").and_then(number).map(Self::Beta))
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "go{}.{}", self.major, self.minor)?;
        match self.stage {
            Stage::Language => Ok(()),
            Stage::Beta(number) => write!(f, "beta{number}"),
            Stage::Candidate(number) => write!(f, "rc{number}"),
            Stage::Release(number) => write!(f, ".{number}"),
            Stage::Development => f.write_str("-devel"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_in_the_order_of_gos_own() {
        let order =
            ["1.20.9", "1.21", "go1.21beta1", "1.21rc1", "1.21rc2", "go1.21.0", "go1.21.13", "go1.27.3 X:synctest"];
        let versions: Vec<Version> = order.iter().filter_map(|text| Version::read(text)).collect();
        assert_eq!(versions.len(), order.len());
        assert!(versions.is_sorted(), "{versions:?}");
        assert!(Version::read("devel go1.28-4f2a7b1 Tue Nov 3") > Version::read("go1.28.1"));
        assert_eq!(Version::read("go1.22.2 (Red Hat 1.22.2-1.el9)"), Version::read("1.22.2"));
        assert!(["", "local", "default", "go", "1", "go1.x"].iter().all(|text| Version::read(text).is_none()));
    }
}
