//! Runs a go command twice from the same beginning, plain and with gotrace, and holds the two against each other.
//!
//! Knows what a user can see of a build: what it prints, its exit code, the files that it leaves. Knows of the trace only
//! what is true of every command.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::files::{self, Contents};
use crate::go::{GoCommand, Outcome, World};
use crate::trace::{Event, Trace, is_of_go_itself};

/// Runs `go ARGUMENTS` in the sample's folder; fails if anything but the trace tells that gotrace was there.
#[track_caller]
pub(crate) fn same_with_and_without(world: &World, arguments: &[&str]) -> Trace {
    let (outcome, trace) = same_outcome(world, &world.command(arguments));
    outcome.expect_success();
    trace
}

/// The same for a command that may fail.
#[track_caller]
pub(crate) fn same_outcome(world: &World, command: &GoCommand) -> (Outcome, Trace) {
    remove_traces(world);
    files::remove(&world.path("out"));
    let beginning = world.path("beginning");
    files::remove(&beginning);
    files::copy(world.sample(), &beginning);
    let plain_cache = world.path("plain-cache");
    files::remove(&plain_cache);
    files::copy_cache(world.cache(), &plain_cache);

    let plain = command.clone().with_cache(&plain_cache).run();
    let plain_products = products(world);
    for folder in [world.sample(), &world.path("out")] {
        files::remove(folder);
    }
    files::copy(&beginning, world.sample());
    let traced = command.clone().traced().run();

    let context = format!("{}: go {}", world.go.version, traced.words.get(1..).unwrap_or_default().join(" "));
    assert_eq!(plain.seen(), traced.seen(), "{context}: what it prints");
    files::check_same(&format!("{context}: products"), &plain_products, &products(world));
    assert_eq!(leftovers(world), Vec::<PathBuf>::new(), "{context}: what stays in the temporary folder");
    let trace = Trace::read(&traced.directory.join("trace.jsonl"));
    check_command(&context, world, &traced, &trace);
    (traced, trace)
}

/// Of commands before this one.
fn remove_traces(world: &World) {
    for name in files::contents(world.sample()).into_keys().filter(|name| name.ends_with("trace.jsonl")) {
        fs::remove_file(world.sample().join(name)).expect("an old trace goes");
    }
}

/// What a command leaves outside of the build cache.
fn products(world: &World) -> Contents {
    let mut products = files::contents(world.sample());
    products.retain(|name, _| !name.ends_with("trace.jsonl"));
    products.extend(
        files::contents(&world.path("out")).into_iter().map(|(name, bytes)| (Path::new("out").join(name), bytes)),
    );
    products
}

/// What cmd/go and gotrace left in the temporary folder. When cgo fails, from Go 1.26 on, its C compilers may outlive
/// the build and still have files there, with gotrace or without.
fn leftovers(world: &World) -> Vec<PathBuf> {
    let mut names = files::names(world.tmp());
    names.retain(|name| name.to_string_lossy().starts_with("go"));
    names
}

/// What every trace says of the one go command that wrote it.
#[track_caller]
fn check_command(context: &str, world: &World, outcome: &Outcome, trace: &Trace) {
    let told: Vec<&Event> =
        trace.probes.iter().chain(&trace.actions).filter(|event| !event.go_args.is_empty()).collect();
    assert!(!told.is_empty() || trace.actions.is_empty(), "{context}: the go command is told");
    for event in told {
        assert_eq!(event.go_args, outcome.words, "{context}: the command line");
        assert_eq!(Path::new(&event.go_dir), outcome.directory, "{context}: the directory");
        assert_eq!(event.go_version, world.go.version, "{context}: the version");
        assert_eq!(event.go_parent_pid, u64::from(std::process::id()), "{context}: who started go");
    }
    for event in trace.probes.iter().chain(&trace.actions) {
        assert_eq!(event.go_pid, outcome.pid, "{context}: the go command of {event:?}");
    }
    for probe in trace.probes.iter().filter(|probe| probe.tool != "gcc") {
        assert_eq!(probe.tool_version, format!("{} version {}", probe.tool, world.go.version), "{context}: a probe");
    }
    check_modules(context, trace);
}

/// Each package with sources, and each that vet looked at, is known to be of its module, but for the generated main program of a test. Where cover
/// has rewritten all sources into the work folder, the compile does not show where they came from; cover itself does.
#[track_caller]
fn check_modules(context: &str, trace: &Trace) {
    let mut modules = BTreeMap::<&str, BTreeSet<&str>>::new();
    for action in trace.actions.iter().filter(|action| action.source_files > 0 || action.tool == "vet") {
        modules.entry(&action.package).or_default().extend(Some(&*action.module).filter(|module| !module.is_empty()));
    }
    for (package, modules) in modules.into_iter().filter(|(package, _)| package.strip_suffix(".test").is_none()) {
        let expected = match package {
            "" | "command-line-arguments" => "example.com/hello",
            package if is_of_go_itself(package) => "std",
            package if package.starts_with("example.com/ansi") => "example.com/ansi",
            _ => "example.com/hello",
        };
        assert_eq!(modules, BTreeSet::from([expected]), "{context}: the module of {package}");
    }
}
