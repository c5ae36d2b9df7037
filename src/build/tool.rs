//! The kinds of tools that a go command runs.
//!
//! Knows their names; does not know how a kind is drawn.

/// What kind of work a tool does. Every picture gives each kind the same colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ToolKind {
    /// The Go compiler.
    Compile,
    /// The Go linker.
    Link,
    /// The assembler.
    Asm,
    /// cgo's own work: C types to Go.
    Cgo,
    /// Coverage: rewriting sources, reading profiles.
    Cover,
    /// Checks and rewrites of sources: vet, fix.
    Vet,
    /// A C, C++ or Fortran compiler.
    C,
    /// Anything else.
    Other,
}

impl ToolKind {
    /// All kinds, in the order of legends.
    pub const ALL: [Self; 8] =
        [Self::Compile, Self::Link, Self::Asm, Self::Cgo, Self::Cover, Self::Vet, Self::C, Self::Other];

    /// What legends call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compile => "compile",
            Self::Link => "link",
            Self::Asm => "asm",
            Self::Cgo => "cgo",
            Self::Cover => "cover",
            Self::Vet => "vet, fix",
            Self::C => "C compiler",
            Self::Other => "other",
        }
    }

    /// The kind of the tool with this name.
    #[must_use]
    pub fn of(tool: &str) -> Self {
        match tool {
            "compile" => Self::Compile,
            "link" => Self::Link,
            "asm" => Self::Asm,
            "cgo" => Self::Cgo,
            "cover" | "covdata" => Self::Cover,
            "vet" | "fix" => Self::Vet,
            "gcc" | "g++" | "clang" | "clang++" | "cc" | "c++" | "gfortran" => Self::C,
            _ => Self::Other,
        }
    }
}
