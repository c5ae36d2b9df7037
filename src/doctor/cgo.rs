//! Whether C in Go packages is built, by the right compiler, with the flags that were meant.
//!
//! Knows the checks; what each looks at stands in its room.

mod compiler;
mod flags;
mod left_out;
mod libraries;
mod packages;
mod pkg_config;
mod portable;
mod target;

use super::check::{Check, Matters};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "cgo-compiler",
        title: "cgo has the C compiler that it needs",
        why: "without a C compiler, and for another system or processor, go switches cgo off without a word and leaves out \
              what imports C; where cgo is switched on, it does not build the standard library",
        matters: Matters::Correctness,
        look: compiler::compiler,
    },
    Check {
        id: "cgo-target",
        title: "The C compiler is one for GOOS and GOARCH",
        why: "go passes the C compiler no target: one for another processor fails on assembly and objects, one for \
              another system on headers",
        matters: Matters::Correctness,
        look: target::target,
    },
    Check {
        id: "cgo-flags-ignored",
        title: "Flags for C are where cgo reads them",
        why: "cgo reads CGO_CFLAGS and its like, and never CFLAGS: what is set there for other builds does not reach C in \
              Go packages",
        matters: Matters::Correctness,
        look: flags::ignored,
    },
    Check {
        id: "cgo-flags-refused",
        title: "go takes the flags of #cgo lines",
        why: "go refuses flags in sources that it does not know to be harmless, and does not build the package",
        matters: Matters::Correctness,
        look: flags::refused,
    },
    Check {
        id: "cgo-pkg-config",
        title: "pkg-config knows the libraries of #cgo lines",
        why: "go asks pkg-config for their flags before it compiles, and does not build a package of which it knows nothing",
        matters: Matters::Correctness,
        look: pkg_config::found,
    },
    Check {
        id: "cgo-portable",
        title: "C is compiled for more than this processor",
        why: "C that is compiled for the processor of the build ends with an illegal instruction on an older one, and is in \
              the cache under keys that no other machine asks for",
        matters: Matters::Reproducibility,
        look: portable::portable,
    },
    Check {
        id: "cgo-static",
        title: "Static programs take no names from glibc",
        why: "glibc looks up hosts and users through libraries that it loads while the program runs, of just its own \
              version: a static program fails there, or crashes",
        matters: Matters::Correctness,
        look: libraries::statically,
    },
];
