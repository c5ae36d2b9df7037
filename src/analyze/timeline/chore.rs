//! What a go command does itself: the kinds of it, and their names.
//!
//! Knows words; does not know where a chore comes from, nor its colour.

/// What a go command does besides running tools. The order is the order of legends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chore {
    /// Finding out which packages there are and what they import.
    Load,
    /// Getting modules: versions, files, checksums, unpacking.
    Download,
    /// Finding a package in the build cache.
    Cache,
    /// Running a test binary, or finding its result in the build cache.
    Test,
    /// Running the program of `go run`.
    Program,
}

impl Chore {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Load, Self::Download, Self::Cache, Self::Test, Self::Program];

    /// The name in texts and legends.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Download => "download",
            Self::Cache => "cache look-up",
            Self::Test => "test",
            Self::Program => "program",
        }
    }

    /// One character that stands for it where a name has no room, so that colour never stands alone.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Load => "≡",
            Self::Download => "↓",
            Self::Cache => "=",
            Self::Test => "T",
            Self::Program => "▸",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chore;
    use crate::tool_kind::ToolKind;
    use std::collections::BTreeSet;

    #[test]
    fn no_chore_shares_a_name_or_a_sign_with_another_or_with_a_tool() {
        let names = Chore::ALL.iter().map(|chore| chore.name()).chain(ToolKind::ALL.iter().map(|kind| kind.name()));
        let signs = Chore::ALL.iter().map(|chore| chore.sign()).chain(ToolKind::ALL.iter().map(|kind| kind.sign()));
        let count = Chore::ALL.len() + ToolKind::ALL.len();
        assert_eq!((names.collect::<BTreeSet<_>>().len(), signs.collect::<BTreeSet<_>>().len()), (count, count));
        assert!(Chore::ALL.is_sorted(), "the list is in the order of the enum");
    }
}
