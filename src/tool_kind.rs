//! The kinds of tools that a build runs, and their names.
//!
//! The model, the analyses and the renderers all speak of them, so they stand beside the units and know nothing of a
//! trace, a colour or a build.

/// What a tool does for a build. The order is the order of legends and tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ToolKind {
    /// Go sources to an archive.
    Compile,
    /// Archives to a program.
    Link,
    /// Assembly to objects, and its first pass that only lists symbols.
    Asm,
    /// Go sources with `import "C"` to Go and C.
    Cgo,
    /// Counters for coverage put into sources, and the work on what they counted.
    Cover,
    /// Checks on sources: `vet`, and `fix` which is built the same way.
    Vet,
    /// The compiler of C, C++, Objective-C or Fortran that cgo needs.
    CCompiler,
    /// Any other tool.
    Other,
    /// A tool asked for its version: cmd/go's way to learn whether the cache still holds.
    Probe,
}

impl ToolKind {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Compile,
        Self::Link,
        Self::Asm,
        Self::Cgo,
        Self::Cover,
        Self::Vet,
        Self::CCompiler,
        Self::Other,
        Self::Probe,
    ];

    /// The kind of a tool by its name, which is the last part of its path.
    #[must_use]
    pub fn of(tool: &str) -> Self {
        match tool.strip_suffix(".exe").unwrap_or(tool) {
            "compile" => Self::Compile,
            "link" => Self::Link,
            "asm" => Self::Asm,
            "cgo" => Self::Cgo,
            "cover" | "covdata" => Self::Cover,
            "vet" | "fix" => Self::Vet,
            name if is_c_compiler(name) => Self::CCompiler,
            _ => Self::Other,
        }
    }

    /// The name in texts and legends.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compile => "compile",
            Self::Link => "link",
            Self::Asm => "asm",
            Self::Cgo => "cgo",
            Self::Cover => "cover",
            Self::Vet => "vet",
            Self::CCompiler => "C compiler",
            Self::Other => "other",
            Self::Probe => "probe",
        }
    }

    /// One or two characters that stand for the kind where a name has no room, so that colour never stands alone.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Compile => "C",
            Self::Link => "L",
            Self::Asm => "A",
            Self::Cgo => "G",
            Self::Cover => "%",
            Self::Vet => "V",
            Self::CCompiler => "cc",
            Self::Other => "*",
            Self::Probe => "P",
        }
    }
}

/// `gcc`, and also `gcc-12`, `clang++`, `aarch64-linux-gnu-g++`, `musl-gcc`: prefixes name a target, suffixes a version.
fn is_c_compiler(name: &str) -> bool {
    const NAMES: [&str; 9] = ["gcc", "g++", "clang", "clang++", "cc", "c++", "gfortran", "gccgo", "zig"];
    let unversioned = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').trim_end_matches('-');
    let last = match unversioned.rsplit_once('-') {
        Some((_, last)) => last,
        None => unversioned,
    };
    NAMES.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::ToolKind;
    use std::collections::BTreeSet;

    #[track_caller]
    fn kind(tool: &str, expected: ToolKind) {
        assert_eq!(ToolKind::of(tool), expected, "{tool}");
    }

    #[test]
    fn the_kind_follows_from_the_name() {
        kind("compile", ToolKind::Compile);
        kind("link.exe", ToolKind::Link);
        kind("covdata", ToolKind::Cover);
        kind("fix", ToolKind::Vet);
        kind("pack", ToolKind::Other);
        kind("", ToolKind::Other);
    }

    #[test]
    fn a_c_compiler_may_name_its_target_and_its_version() {
        for tool in
            ["gcc", "gcc-12", "clang++", "clang-15.0", "x86_64-linux-gnu-gcc", "aarch64-linux-musl-g++-13", "cc"]
        {
            kind(tool, ToolKind::CCompiler);
        }
        for tool in ["pack", "buildid", "scc", "gcc-wrapper"] {
            kind(tool, ToolKind::Other);
        }
    }

    #[test]
    fn no_two_kinds_share_a_name_or_a_sign() {
        let names: BTreeSet<_> = ToolKind::ALL.iter().map(|kind| kind.name()).collect();
        let signs: BTreeSet<_> = ToolKind::ALL.iter().map(|kind| kind.sign()).collect();
        assert_eq!((names.len(), signs.len()), (ToolKind::ALL.len(), ToolKind::ALL.len()));
        assert!(ToolKind::ALL.is_sorted(), "the list is in the order of the enum");
    }
}
