//! What the CI of the repository keeps from run to run, and what it does again.
//!
//! Knows the checks; what is right stands in the rooms behind, and what jobs are in `pipeline`.

mod builds;
mod caches;
mod files;

use super::answer::{Answer, Verdict};
use super::check::{Check, Matters};
use super::pipeline::Pipelines;
use super::world::World;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "ci-readable",
        title: "The files of CI can be read",
        why: "what is no YAML is not run by anybody: a branch without CI looks like one whose CI is green",
        matters: Matters::Correctness,
        look: |world| Ok(files::readable(world.pipelines())),
    },
    Check {
        id: "ci-key-file",
        title: "setup-go finds the file of its key",
        why: "without it setup-go prints a warning that nobody reads, and every run downloads and compiles all modules and \
              the standard library",
        matters: Matters::Time,
        look: |world| Ok(look(world, caches::key_file, "every setup-go that caches finds what its key is made of")),
    },
    Check {
        id: "ci-shared-key",
        title: "Jobs that compile differently have caches of their own",
        why: "the key of setup-go has neither job nor flags in it, and a saved cache is never replaced: what -race, GOOS \
              or CGO_ENABLED make of the standard library and of modules is kept for one of them only",
        matters: Matters::Time,
        look: |world| Ok(look(world, caches::shared_key, "no jobs that compile differently share a key")),
    },
    Check {
        id: "ci-two-caches",
        title: "Go's caches are kept once",
        why: "two archives of the same gigabyte are fetched and unpacked in every run; tar fails on modules, which are read-only",
        matters: Matters::Time,
        look: |world| Ok(look(world, caches::two_caches, "no job keeps Go's caches twice")),
    },
    Check {
        id: "ci-fixed-key",
        title: "Keys of caches change",
        why: "a cache is written once under its key: with a key that never changes it is that of the first run for ever, and \
              less of it fits every day",
        matters: Matters::Time,
        look: |world| Ok(look(world, caches::fixed_key, "no key of Go's caches stays the same for ever")),
    },
    Check {
        id: "ci-build-cache",
        title: "What was built is kept, not only modules",
        why: "to compile the standard library and the modules takes longer than to download them",
        matters: Matters::Time,
        look: |world| {
            Ok(look(
                world,
                caches::build_cache,
                "every job that builds keeps GOCACHE, or it cannot be seen whether it does",
            ))
        },
    },
    Check {
        id: "ci-gitlab-paths",
        title: "GitLab's caches are below the project's folder",
        why: "GitLab packs only what is below $CI_PROJECT_DIR, and Go's own places are not",
        matters: Matters::Time,
        look: |world| Ok(look(world, caches::gitlab_paths, "no cache of GitLab's has paths that it cannot keep")),
    },
    Check {
        id: "ci-go-version",
        title: "CI has the Go that go.mod needs",
        why: "an older Go fails, or fetches a toolchain in every run; a version that is not named changes under one's feet",
        matters: Matters::Reproducibility,
        look: |world| {
            Ok(look(world, builds::go_version, "every setup-go and every image of golang has a Go that go.mod takes"))
        },
    },
    Check {
        id: "ci-rebuilds",
        title: "CI lets go use its caches",
        why: "-a, -count=1 and go clean throw away what the cache was restored for",
        matters: Matters::Time,
        look: |world| Ok(look(world, builds::rebuilds, "no go command of CI goes around its caches")),
    },
    Check {
        id: "ci-same-work",
        title: "Jobs do not compile the same",
        why: "each of them compiles everything from nothing",
        matters: Matters::Time,
        look: |world| Ok(look(world, builds::same_work, "no jobs without a cache run the same go commands")),
    },
    Check {
        id: "ci-file-times",
        title: "Results of tests can come from the cache",
        why: "go takes the time and the size of files that a test opened for their content, and a checkout changes the time",
        matters: Matters::Time,
        look: |world| {
            Ok(look(world, builds::file_times, "no job tests with a kept cache and files whose times change"))
        },
    },
];

/// What one of them finds in all the files that can be read. That others cannot is told by a check of its own, but not passed
/// over where all is well.
fn look(world: &World, find: fn(&Pipelines) -> Vec<Answer>, fine: &str) -> Answer {
    let pipelines = world.pipelines();
    if let Some(why) = files::nothing_to_see(pipelines) {
        return Answer::not_applicable(why);
    }
    let answer = Answer::worst(find(pipelines), fine);
    let unread = files::unread(pipelines).filter(|_| answer.verdict == Verdict::Ok);
    match unread {
        Some(unread) => answer.seen(unread),
        None => answer,
    }
}
