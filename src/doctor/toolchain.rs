//! Which go, and whether its parts belong together.
//!
//! Knows which checks there are; what they look at is known by the files of the folder.

mod installed;
mod meant;
mod origin;
mod parts;
mod runs;
mod settings;
mod switch;
mod trial;

use super::check::{Check, Matters};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "go-runs",
        title: "go runs",
        why: "a go that does not run, or hangs, builds nothing, and hardly anything else here can be told",
        matters: Matters::Correctness,
        look: runs::go_runs,
    },
    Check {
        id: "go-in-path",
        title: "One go in PATH",
        why: "which go builds depends on the order of PATH, which an IDE, conda or a snap may have changed: another Go \
              compiles everything anew, and may not compile it at all",
        matters: Matters::Correctness,
        look: runs::go_in_path,
    },
    Check {
        id: "go-settings",
        title: "Go takes its settings",
        why: "one value that go cannot read, in a variable or in the file of go env -w, stops every go command, and the \
              complaint does not say where it is set",
        matters: Matters::Correctness,
        look: settings::go_settings,
    },
    Check {
        id: "goroot",
        title: "GOROOT is that of the go that runs",
        why: "GOROOT in the environment makes go use the tools and the standard library of another installation, which \
              are of another version or are gone",
        matters: Matters::Correctness,
        look: parts::goroot,
    },
    Check {
        id: "tool-versions",
        title: "Compiler, assembler and linker are of the version of go",
        why: "tools of another version, as after an installation over an older one, refuse to compile, or fill the build \
              cache with what no other go can use",
        matters: Matters::Correctness,
        look: parts::tool_versions,
    },
    Check {
        id: "toolchain-switch",
        title: "The go in PATH is the one that builds",
        why: "go.mod, go.work or GOTOOLCHAIN can ask for another toolchain, which the first go command of a fresh machine \
              downloads, and which has a build cache of its own",
        matters: Matters::Time,
        look: switch::toolchain_switch,
    },
    Check {
        id: "installed-tools",
        title: "Programs of go install are built with this Go",
        why: "an analyser understands no newer Go than it was built with: it fails on the module, or says nothing of it",
        matters: Matters::Correctness,
        look: installed::installed_tools,
    },
];
