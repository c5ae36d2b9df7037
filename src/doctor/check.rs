//! What a check is.
//!
//! Knows the words that go with a check; does not know what any of them looks at.

use super::answer::{Answer, Unknown};
use super::world::World;

/// One thing that is looked at.
#[derive(Debug)]
pub struct Check {
    /// What it is called on the command line and in documents; never changes.
    pub id: &'static str,
    /// What holds where all is well.
    pub title: &'static str,
    /// What happens where it does not.
    pub why: &'static str,
    /// What that touches.
    pub matters: Matters,
    /// Looks.
    pub(super) look: fn(&World) -> Result<Answer, Unknown>,
}

/// What something touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matters {
    /// Whether it builds at all, or what one believes to build.
    Correctness,
    /// How long it takes.
    Time,
    /// Whether the same comes out elsewhere.
    Reproducibility,
    /// What gets in.
    Security,
}

impl Matters {
    /// In one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Correctness => "correctness",
            Self::Time => "time",
            Self::Reproducibility => "reproducibility",
            Self::Security => "security",
        }
    }
}
