//! The parts of a compiler's or linker's work, and which function belongs to which.
//!
//! Knows how the packages of cmd/compile and cmd/link divide the work; does not know stacks.

/// A part of the compiler's or the linker's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Source text to syntax trees.
    Parse,
    /// Checking types.
    TypeCheck,
    /// Export data: writing it, and reading that of imports and function bodies.
    UnifiedIr,
    /// Inlining and devirtualization.
    Inline,
    /// Escape analysis.
    Escape,
    /// Lowering statements and expressions before SSA.
    Walk,
    /// Building SSA form.
    SsaBuild,
    /// The passes over SSA form.
    SsaPasses,
    /// SSA form to machine code.
    Codegen,
    /// Object files.
    Objects,
    /// The linker.
    Link,
    /// The garbage collector, and what allocation does for it.
    Gc,
    /// Everything else.
    Other,
}

impl Area {
    /// All of them, in order.
    pub const ALL: [Self; 13] = [
        Self::Parse,
        Self::TypeCheck,
        Self::UnifiedIr,
        Self::Inline,
        Self::Escape,
        Self::Walk,
        Self::SsaBuild,
        Self::SsaPasses,
        Self::Codegen,
        Self::Objects,
        Self::Link,
        Self::Gc,
        Self::Other,
    ];

    /// The area of a function, where its name tells.
    #[must_use]
    pub fn of(function: &str) -> Option<Self> {
        const GC: [&str; 8] = [
            "runtime.gcBgMarkWorker",
            "runtime.gcAssistAlloc",
            "runtime.bgsweep",
            "runtime.bgscavenge",
            "runtime.gcStart",
            "runtime.gcDrain",
            "runtime.gcMarkDone",
            "runtime.gcMarkTermination",
        ];
        const PACKAGES: [(&str, Area); 22] = [
            ("cmd/compile/internal/syntax.", Area::Parse),
            ("cmd/compile/internal/types2.", Area::TypeCheck),
            ("cmd/compile/internal/noder.", Area::UnifiedIr),
            ("cmd/compile/internal/importer.", Area::UnifiedIr),
            ("internal/pkgbits.", Area::UnifiedIr),
            ("cmd/compile/internal/inline.", Area::Inline),
            ("cmd/compile/internal/inline/", Area::Inline),
            ("cmd/compile/internal/devirtualize.", Area::Inline),
            ("cmd/compile/internal/pgo", Area::Inline),
            ("cmd/compile/internal/escape.", Area::Escape),
            ("cmd/compile/internal/walk.", Area::Walk),
            ("cmd/compile/internal/ssa.", Area::SsaPasses),
            ("cmd/compile/internal/ssagen.", Area::SsaBuild),
            ("cmd/compile/internal/liveness.", Area::Codegen),
            ("cmd/internal/obj.", Area::Codegen),
            ("cmd/internal/obj/", Area::Codegen),
            ("cmd/compile/internal/objw.", Area::Objects),
            ("cmd/compile/internal/reflectdata.", Area::Objects),
            ("cmd/compile/internal/dwarfgen.", Area::Objects),
            ("cmd/internal/goobj.", Area::Objects),
            ("cmd/internal/dwarf.", Area::Objects),
            ("cmd/link/internal/", Area::Link),
        ];
        if GC.iter().any(|name| function.starts_with(name)) {
            return Some(Self::Gc);
        }
        // Code generation has functions among those that build SSA form, and in a package for each architecture.
        if function.starts_with("cmd/compile/internal/ssagen.genssa")
            || function.contains(".ssaGenValue")
            || function.contains(".ssaGenBlock")
        {
            return Some(Self::Codegen);
        }
        if function.starts_with("cmd/internal/obj.WriteObjFile")
            || function.starts_with("cmd/compile/internal/gc.dumpdata")
        {
            return Some(Self::Objects);
        }
        PACKAGES.iter().find(|(prefix, _)| function.starts_with(prefix)).map(|(_, area)| *area)
    }
}

#[cfg(test)]
mod tests {
    use super::Area;

    #[test]
    fn a_function_belongs_where_its_name_says() {
        for (function, area) in [
            ("cmd/compile/internal/types2.(*Checker).stmt", Some(Area::TypeCheck)),
            ("cmd/compile/internal/inline/inlheur.(*T).x", Some(Area::Inline)),
            ("cmd/compile/internal/ssagen.(*state).expr", Some(Area::SsaBuild)),
            ("cmd/compile/internal/ssagen.genssa", Some(Area::Codegen)),
            ("cmd/compile/internal/amd64.ssaGenValue", Some(Area::Codegen)),
            ("cmd/internal/obj/x86.span6", Some(Area::Codegen)),
            ("cmd/internal/obj.WriteObjFile", Some(Area::Objects)),
            ("cmd/link/internal/ld.deadcode", Some(Area::Link)),
            ("runtime.gcDrainN", Some(Area::Gc)),
            ("runtime.mallocgc", None),
            ("cmd/compile/internal/types2", None),
            ("", None),
        ] {
            assert_eq!(Area::of(function), area, "{function}");
        }
    }

    #[test]
    fn the_list_of_areas_is_in_their_order() {
        assert!(Area::ALL.is_sorted());
    }
}
