//! What decided how long a build took, against cmd/go's own account: the heaviest chain through its action graph.
//!
//! Prints how far apart the two are (`--nocapture`). cmd/go measures around the shim, so its chain is the longer one; C
//! compilers are in its account and not in the trace, so what is built has no cgo.

use serde_json::Value;

use crate::go::{Go, World};
use crate::graph::Graph;
use crate::recorded;

#[test]
#[expect(clippy::print_stdout, reason = "figures to quote; a test runner shows them on request")]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn the_critical_path_is_the_heaviest_chain_of_the_action_graph() {
    for go in Go::all() {
        let world = World::cold(&go).with_env("CGO_ENABLED", "0");
        let file = world.path("graph.json");
        let option = format!("-debug-actiongraph={}", file.display());
        world.command(&["build", &option, "-o", "../program", "./cmd/hello"]).traced().run().expect_success();
        let graph = Graph::read(&file);
        let (chain, packages) = graph.longest_chain();
        let summary = recorded::summary_json(&world.sample().join("trace.jsonl"));
        let path = &summary["course"]["critical_path"];
        let length = path["length_ns"].as_u64().expect("nanoseconds");
        let steps = path["steps"].as_array().expect("a list");
        let ours: Vec<&str> = steps.iter().map(|step| step["package"].as_str().expect("a name")).collect();
        let millis = |nanos: u64| nanos / 1_000_000;
        println!(
            "{}: {} ms over {} steps; cmd/go: {} ms over {} packages",
            go.version,
            millis(length),
            steps.len(),
            millis(chain),
            packages.len()
        );
        assert_eq!(summary["course"]["impossible_edges"], Value::from(0), "{}", go.version);
        assert!(length <= chain, "{}: cmd/go measures around the shims: {length} and {chain}", go.version);
        // What a shim adds to a run depends on the machine; a chain that is another one misses whole packages.
        let by_their_clock = graph.commands_of(&ours);
        assert!(by_their_clock >= chain / 100 * 95, "{}: {ours:?} is not as heavy as {packages:?}", go.version);
        assert_eq!(
            (steps.last().map(|step| &step["tool"]), ours.last()),
            (Some(&Value::from("link")), packages.last())
        );
    }
}
