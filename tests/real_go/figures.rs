//! The trace against cmd/go's own account of the same build: who waited for whom, and how long things took.
//!
//! Prints how far apart the two accounts are (`--nocapture`); fails only where they disagree on what there is.

use std::collections::{BTreeMap, BTreeSet};

use crate::go::{GOTRACE, World, each_go};
use crate::graph::{Graph, Measured};
use crate::trace::{Event, Trace};

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn the_trace_agrees_with_the_action_graph() {
    each_go(|go| {
        let world = World::cold(go);
        let file = world.path("graph.json");
        let option = format!("-debug-actiongraph={}", file.display());
        world.command(&["build", &option, "./...", "net", "os/user"]).traced().run().expect_success();
        let (graph, trace) = (Graph::read(&file), Trace::read(&world.sample().join("trace.jsonl")));

        let needs: BTreeMap<_, BTreeSet<_>> = trace
            .of_tool("compile")
            .map(|action| (action.objdir.as_str(), action.needs.iter().map(String::as_str).collect()))
            .collect();
        assert!(needs.len() > 50, "{}: a build from nothing compiles std", go.version);
        assert_eq!(needs, graph.builds(), "{}: which packages waited for which", go.version);

        let measured = graph.measured(GOTRACE);
        assert!(measured.len() > 50, "{}: cmd/go measured", go.version);
        print_distance(&go.version, &measured, &trace);
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn what_vet_waited_for_agrees_with_the_action_graph() {
    each_go(|go| {
        let world = World::cold(go);
        let file = world.path("graph.json");
        let option = format!("-debug-actiongraph={}", file.display());
        world.command(&["vet", &option, "./internal/story", "./internal/chart"]).traced().run().expect_success();
        let (graph, trace) = (Graph::read(&file), Trace::read(&world.sample().join("trace.jsonl")));
        let needs: BTreeMap<_, BTreeSet<_>> = trace
            .of_tool("vet")
            .map(|action| (action.objdir.as_str(), action.needs.iter().map(String::as_str).collect()))
            .collect();
        assert!(needs.len() > 10, "{}: vet looks at what is imported first", go.version);
        assert_eq!(needs, graph.checks(), "{}: which packages vet waited for", go.version);
    });
}

/// cmd/go measures around the shim, so what it has more is the shim's own start, work and end.
#[expect(clippy::print_stdout, reason = "figures to quote; a test runner shows them on request")]
fn print_distance(version: &str, measured: &BTreeMap<&str, Measured>, trace: &Trace) {
    let (mut real, mut cpu) = (Vec::new(), Vec::new());
    for (folder, measured) in measured {
        let runs: Vec<_> = trace.actions.iter().filter(|action| action.objdir == *folder).collect();
        assert!(!runs.is_empty(), "{version}: nothing is known of {folder}");
        let per_run = |graph: u64, trace: u64| graph.saturating_sub(trace) / runs.len() as u64;
        let sum = |of: fn(&Event) -> u64| runs.iter().map(|run| of(run)).sum::<u64>();
        real.push(per_run(measured.real_ns, sum(|run| run.end_ns - run.start_ns)));
        cpu.push(per_run(measured.cpu_ns, sum(|run| run.user_ns + run.sys_ns)));
    }
    for (what, mut distances) in [("wall", real), ("CPU", cpu)] {
        distances.sort_unstable();
        let (median, max) = (distances[distances.len() / 2] / 1000, distances[distances.len() - 1] / 1000);
        println!(
            "{version}: {} packages, {what} per tool run: cmd/go has median {median} µs, max {max} µs more",
            distances.len()
        );
    }
}
