//! Where go keeps things, and whether that is a good place.
//!
//! Knows which checks there are; what they look at is known by the files of the folder.

mod folders;
mod room;
mod settings;

use super::check::{Check, Matters};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "home",
        title: "Go knows where its folders are",
        why: "without HOME, as in some containers and services, go has no place for its cache, and builds nothing",
        matters: Matters::Correctness,
        look: settings::home,
    },
    Check {
        id: "gocache",
        title: "The build cache is on",
        why: "go builds nothing without a build cache, nor with one whose path is relative",
        matters: Matters::Correctness,
        look: settings::gocache,
    },
    Check {
        id: "go111module",
        title: "GO111MODULE is not set",
        why: "left over from the time before modules, it makes go look for sources in GOPATH and ignore go.mod",
        matters: Matters::Correctness,
        look: settings::go111module,
    },
    Check {
        id: "gopath",
        title: "GOPATH is one folder with an absolute path, and not GOROOT",
        why: "go refuses to work with a relative path, and with several folders or GOROOT in it things are not where one \
              looks for them",
        matters: Matters::Correctness,
        look: settings::gopath,
    },
    Check {
        id: "module-in-gopath",
        title: "The module is outside of GOPATH",
        why: "where GO111MODULE is off or auto, sources below GOPATH/src are built without go.mod, and old tools do so too",
        matters: Matters::Correctness,
        look: settings::module_in_gopath,
    },
    Check {
        id: "gobin",
        title: "Programs of go install arrive where they are found",
        why: "go install fails where it cannot write, and what it put into a folder outside of PATH is not what runs",
        matters: Matters::Correctness,
        look: settings::gobin,
    },
    Check {
        id: "folders-writable",
        title: "Go can write to its folders",
        why: "without a temporary folder nothing is built; with a build cache that cannot be written everything is built \
              anew each time, and go does not say so",
        matters: Matters::Time,
        look: folders::writable,
    },
    Check {
        id: "folders-owner",
        title: "The caches belong to who builds",
        why: "parts of a cache that belong to somebody else, as after sudo go, cannot be used or renewed",
        matters: Matters::Time,
        look: folders::owner,
    },
    Check {
        id: "folders-file-system",
        title: "Sources and caches are on a local disk",
        why: "a build opens thousands of small files: over a network or from the host each of them waits, and what is in \
              memory is gone after a restart",
        matters: Matters::Time,
        look: room::file_system,
    },
    Check {
        id: "folders-space",
        title: "There is room in the caches and the temporary folder",
        why: "a full temporary folder ends builds with errors, and a full cache keeps nothing, without a word",
        matters: Matters::Correctness,
        look: room::space,
    },
    Check {
        id: "folders-exec",
        title: "Programs can be run from where go puts them",
        why: "go run and go test build a program and run it where it is: on a file system without programs they fail with \
              permission denied",
        matters: Matters::Correctness,
        look: room::programs,
    },
];
