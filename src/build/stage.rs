//! What the phases of compile and link mean, by the names that the tools gave them from Go 1.21 to 1.27.
//!
//! A stage is one or more phases that answer one question. Knows names; does no sums. A name that is not known here stays
//! what it is, so that a newer Go has rows of its own until somebody has looked at them.

use super::names::Id;
use crate::tool_kind::ToolKind;

/// A name that a tool gave a phase and that is not known here.
#[derive(Debug)]
pub struct PhaseName(pub String);

/// What some time of a tool run was spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Something that is known.
    Known(Stage),
    /// What the tool says itself.
    Unknown(Id<PhaseName>),
}

/// The stages, in the order in which a compile and then a link go through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Options, the universe of types, what the runtime offers to compiled code.
    Start,
    /// Sources to typed syntax trees: syntax, types2, and the unified IR written and read back. One timer of the compiler.
    ParseTypes,
    /// Inlining, devirtualization, and the profile that guides them.
    Inline,
    /// Escape analysis.
    Escape,
    /// Functions to machine code: walk, SSA, code generation. On as many threads as `-c` grants.
    Backend,
    /// The object file and the export data.
    WriteObject,
    /// Archives and objects read.
    Load,
    /// What is reachable, and so stays in the program.
    Deadcode,
    /// Debug information, and its compression.
    Dwarf,
    /// Symbol and pc tables, sections, addresses.
    Layout,
    /// Sections put into the file, with relocations.
    WriteProgram,
    /// The C linker, and `ar`: programs that link waits for.
    HostLink,
    /// The rest of the run: the process starting and ending, and whatever the tool has no timer for.
    Other,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 13] = [
        Self::Start,
        Self::ParseTypes,
        Self::Inline,
        Self::Escape,
        Self::Backend,
        Self::WriteObject,
        Self::Load,
        Self::Deadcode,
        Self::Dwarf,
        Self::Layout,
        Self::WriteProgram,
        Self::HostLink,
        Self::Other,
    ];

    /// The stage of a phase, by the name that a tool of this kind gave it.
    #[must_use]
    pub fn of(tool: ToolKind, phase: &str) -> Option<Self> {
        match tool {
            ToolKind::Compile => of_compile(phase),
            ToolKind::Link => of_link(phase),
            _ => None,
        }
    }

    /// The name in texts and frames.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::ParseTypes => "parse+types",
            Self::Inline => "inline",
            Self::Escape => "escape",
            Self::Backend => "backend",
            Self::WriteObject => "write object",
            Self::Load => "load",
            Self::Deadcode => "deadcode",
            Self::Dwarf => "dwarf",
            Self::Layout => "layout",
            Self::WriteProgram => "write program",
            Self::HostLink => "host link",
            Self::Other => "other",
        }
    }
}

fn of_compile(phase: &str) -> Option<Stage> {
    Some(match phase {
        "fe:init" | "fe:loadsys" => Stage::Start,
        "fe:parse" => Stage::ParseTypes,
        // Two phases until 1.21, one since 1.22.
        "fe:pgo-load-profile" | "fe:pgo-devirtualization" | "fe:inlining" | "fe:devirtualize-and-inline" => {
            Stage::Inline
        }
        "fe:escapes" => Stage::Escape,
        "be:compilefuncs" => Stage::Backend,
        "be:dumpobj" => Stage::WriteObject,
        "unaccounted" => Stage::Other,
        _ => return None,
    })
}

fn of_link(phase: &str) -> Option<Stage> {
    Some(match phase {
        "Libinit" | "ComputeTLSOffset" | "Archinit" => Stage::Start,
        "Loadlib" | "Inittasks" => Stage::Load,
        "Deadcode" => Stage::Deadcode,
        "DwarfGenerateDebugInfo" | "DwarfGenerateDebugSyms" | "Dwarfcompress" => Stage::Dwarf,
        "Linksetup" | "Dostrdata" | "Fieldtrack" | "Callgraph" | "DoStackCheck" | "MangleTypeSym" | "Doelf"
        | "Domacho" | "Dope" | "Windynrelocsyms" | "Doxcoff" | "Textbuildid" | "Addexport" | "Gentext"
        | "Textaddress" | "Buildinfo" | "Pclntab" | "Findfunctab" | "Symtab" | "Dodata" | "Address" | "Layout" => {
            Stage::Layout
        }
        // Until 1.26.
        "Typelink" => Stage::Layout,
        "Asmb" | "GenSymsLate" | "Asmb2" | "Munmap" | "Flush" => Stage::WriteProgram,
        "Hostlink" | "Archive" => Stage::HostLink,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Stage;
    use crate::tool_kind::ToolKind;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_stages_share_a_name_and_the_list_is_in_order() {
        let names: BTreeSet<_> = Stage::ALL.iter().map(|stage| stage.name()).collect();
        assert_eq!(names.len(), Stage::ALL.len());
        assert!(Stage::ALL.is_sorted(), "the list is in the order of the enum");
    }

    /// The names of docs/format.md, which are those of the tools.
    #[test]
    fn every_name_that_the_format_lists_has_a_stage() {
        let format = include_str!("../../docs/format.md");
        let section = format.split("## Phases").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
        let mut named = 0;
        for (tool, line) in section.lines().filter(|line| line.starts_with("| ")).scan(ToolKind::Other, |tool, line| {
            match line.split('|').nth(1).map(str::trim) {
                Some("compile") => *tool = ToolKind::Compile,
                Some("link") => *tool = ToolKind::Link,
                _ => {}
            }
            Some((*tool, line))
        }) {
            for name in line.split('`').skip(1).step_by(2) {
                assert!(Stage::of(tool, name).is_some(), "{tool:?} {name}");
                named += 1;
            }
        }
        assert!(named > 40, "the section lists them: {named}");
    }

    #[test]
    fn a_name_belongs_to_one_tool() {
        assert_eq!(Stage::of(ToolKind::Link, "fe:parse"), None);
        assert_eq!(Stage::of(ToolKind::Compile, "Loadlib"), None);
        assert_eq!(Stage::of(ToolKind::Compile, "fe:invented"), None);
        assert_eq!(Stage::of(ToolKind::Asm, "fe:parse"), None);
    }
}
