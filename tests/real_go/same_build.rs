//! A build from nothing, std included, is the same with gotrace and without it, and every tool run of it is in the trace.

use std::collections::BTreeSet;

use crate::cache::Cache;
use crate::files::{self, Contents};
use crate::go::{GOTRACE, Outcome, World, each_go};
use crate::shown::{self, ToolRun};
use crate::trace::Trace;

/// The sample (cgo, assembly, a profile, an embedded file) and some of std that it does not need.
const BUILD: [&str; 7] = ["build", "-x", "-o", "../out/", "./...", "net", "os/user"];

#[test]
#[expect(clippy::print_stdout, reason = "figures to quote; a test runner shows them on request")]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn nothing_but_the_trace_tells_a_traced_build_from_a_plain_one() {
    each_go(|go| {
        let world = World::cold(go);
        let first = build(&world, "first", Shim::None);
        let second = build(&world, "second", Shim::None);
        let traced = build(&world, "traced", Shim::Gotrace);
        let context = &go.version;

        let trace = Trace::read(&world.sample().join("trace.jsonl"));
        let shown = shown::with_shim(&traced.outcome.stderr, GOTRACE);
        shown::check_each_line_is_one_action(context, &shown, &trace);
        let plainly_shown = shown::without_shim(&first.outcome.stderr, &go.root().display().to_string());
        assert_eq!(comparable(&plainly_shown), comparable(&shown), "{context}: cmd/go runs the same tools");

        files::check_same(&format!("{context}: two plain builds"), &first.products, &second.products);
        files::check_same(&format!("{context}: programs"), &first.products, &traced.products);
        // What two plain builds do not agree upon could not be asked of a traced one; there is no such thing.
        first.cache.check_same(&format!("{context}: two plain builds"), &second.cache);
        first.cache.check_same(&format!("{context}: a plain and a traced build"), &traced.cache);
        println!("{context}: {} tool runs, {}: the same with gotrace and without", shown.len(), traced.cache);
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_plain_build_finds_all_in_the_cache_that_a_traced_one_filled_and_the_other_way_round() {
    each_go(|go| {
        let world = World::warm(go);
        build(&world, "by-traced", Shim::Gotrace);
        let plain = build(&world, "by-traced", Shim::None);
        let runs = shown::without_shim(&plain.outcome.stderr, &go.root().display().to_string());
        check_only_links(&go.version, runs.iter().map(|run| run.tool.as_str()));

        build(&world, "by-plain", Shim::None);
        std::fs::remove_file(world.sample().join("trace.jsonl")).expect("the first trace");
        build(&world, "by-plain", Shim::Gotrace);
        let trace = Trace::read(&world.sample().join("trace.jsonl"));
        check_only_links(&go.version, trace.actions.iter().map(|action| action.tool.as_str()));
    });
}

/// The tools that a build does not need: vet, cover, covdata.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn every_tool_run_of_a_test_with_coverage_is_in_the_trace() {
    each_go(|go| {
        let world = World::cold(go).warmed_by(&[&["test", "-cover", "./..."]]);
        let outcome = world.command(&["test", "-x", "-cover", "./..."]).traced().run().expect_success();
        let trace = Trace::read(&world.sample().join("trace.jsonl"));
        let shown = shown::with_shim(&format!("{}{}", outcome.stderr, outcome.stdout), GOTRACE);
        shown::check_each_line_is_one_action(&go.version, &shown, &trace);
        let tools: BTreeSet<_> = shown.iter().map(|run| run.tool.as_str()).collect();
        assert!(
            ["vet", "cover", "compile", "link"].iter().all(|tool| tools.contains(tool)),
            "{}: {tools:?}",
            go.version
        );
        assert_eq!(tools.contains("covdata"), go.minor > 21, "{}: {tools:?}", go.version);
    });
}

#[derive(Clone, Copy)]
enum Shim {
    None,
    Gotrace,
}

struct Build {
    outcome: Outcome,
    products: Contents,
    cache: Cache,
}

/// Builds the programs anew with a cache of that name, which is empty, or warm, at first.
fn build(world: &World, cache: &str, shim: Shim) -> Build {
    let (out, cache) = (world.path("out"), world.path(cache));
    files::remove(&out);
    if !cache.exists() {
        files::copy_cache(world.cache(), &cache);
    }
    let command = world.command(&BUILD).with_cache(&cache);
    let outcome = match shim {
        Shim::None => command.run(),
        Shim::Gotrace => command.traced().run(),
    };
    Build { outcome: outcome.expect_success(), products: files::contents(&out), cache: Cache::read(&cache) }
}

/// Go 1.26 grants a compile as many workers as are free just then, and numbers actions as it meets them.
fn comparable(runs: &[ToolRun]) -> Vec<ToolRun> {
    let mut runs = runs.to_vec();
    for run in &mut runs {
        run.options.retain(|option| !option.starts_with("-c="));
    }
    runs.sort();
    runs
}

/// go build stores no programs in the cache.
#[track_caller]
fn check_only_links<'a>(context: &str, tools: impl Iterator<Item = &'a str>) {
    assert_eq!(tools.collect::<Vec<_>>(), ["link", "link"], "{context}: nothing but the two programs is made again");
}
