//! Which modules go into builds, and whether they are what they are taken for.
//!
//! Knows the checks; what each looks at stands in its room.

mod below;
mod compare;
mod files;
mod flags;
mod loading;
mod pattern;
mod plan;
mod private;
mod replaced;
mod sums;
mod vendor_list;
mod vendored;
mod workspace;

use super::check::{Check, Matters};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "goflags",
        title: "GOFLAGS holds nothing that surprises",
        why: "what stands in GOFLAGS is part of every go command, and nobody sees it there: everything compiled anew, \
              go.mod changed by builds, or programs other than those that were asked for",
        matters: Matters::Reproducibility,
        look: flags::goflags,
    },
    Check {
        id: "go-module",
        title: "There is a module here",
        why: "outside of modules go builds files and programs of other modules only, and hardly anything here can be looked at",
        matters: Matters::Correctness,
        look: workspace::module,
    },
    Check {
        id: "go-mod",
        title: "go.mod and go.work can be read",
        why: "no go command works in a module whose go.mod it cannot read, nor below a go.work that it cannot",
        matters: Matters::Correctness,
        look: files::readable,
    },
    Check {
        id: "packages-load",
        title: "Packages and what they import are found",
        why: "go builds no package that it cannot read, or that imports what no module has: a package that is missing, a \
              pattern of go:embed that no file fits, two packages in one folder",
        matters: Matters::Correctness,
        look: loading::packages,
    },
    Check {
        id: "build-plan",
        title: "Builds begin",
        why: "before anything is compiled go asks the tools for their versions, git for the commit, and what -toolexec names: \
              where one of them fails, so does every build",
        matters: Matters::Correctness,
        look: plan::plan,
    },
    Check {
        id: "vendor-consistent",
        title: "vendor/modules.txt fits go.mod",
        why: "go builds nothing from a vendor folder whose list contradicts go.mod, or that lacks a package",
        matters: Matters::Correctness,
        look: vendored::consistent,
    },
    Check {
        id: "vendor-unchanged",
        title: "Vendored files are those of their modules",
        why: "go does not look at what is in the files of vendor: a change by hand, by a merge or by somebody else is \
              built in, and lost with the next go mod vendor",
        matters: Matters::Security,
        look: vendored::unchanged,
    },
    Check {
        id: "modules-verified",
        title: "Cached modules are as they were downloaded",
        why: "builds take what is in the module cache without looking: a file that was changed there is in every \
              program of this machine, and in no other's",
        matters: Matters::Security,
        look: sums::verified,
    },
    Check {
        id: "go-sum",
        title: "go.sum has what builds need",
        why: "go builds nothing from a module whose checksum is missing, or is another",
        matters: Matters::Correctness,
        look: sums::go_sum,
    },
    Check {
        id: "sumdb",
        title: "Downloads are checked",
        why: "what is downloaded for the first time is compared with the checksum database, or with nothing at all",
        matters: Matters::Security,
        look: sums::database,
    },
    Check {
        id: "goprivate",
        title: "Private modules are asked for at home alone",
        why: "go asks a public proxy and the checksum database for private modules that GOPRIVATE does not name: their \
              names get out, and the answer is a failure that takes time",
        matters: Matters::Security,
        look: private::goprivate,
    },
    Check {
        id: "replace-local",
        title: "replace leads to folders that everybody has",
        why: "a folder that is not there breaks the build; one outside the repository is on this machine alone",
        matters: Matters::Reproducibility,
        look: replaced::local,
    },
    Check {
        id: "go-work",
        title: "A go.work in effect is that of the repository",
        why: "a go.work in a folder above takes part in every build below it: other versions than go.mod says, or none \
              of this module's packages at all",
        matters: Matters::Reproducibility,
        look: workspace::scope,
    },
    Check {
        id: "go-work-use",
        title: "go.work uses folders that are there",
        why: "where one folder of go.work has no module, no go command works in any of them",
        matters: Matters::Correctness,
        look: workspace::used,
    },
];
