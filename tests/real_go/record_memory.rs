//! Builds that have too little memory under `gotrace record`: in a cgroup with a limit, and with `ulimit -v`.

use crate::cgroup::Cgroup;
use crate::go::{Go, World};
use crate::recorded::{job, summary};

/// One package of std, compiled anew with another flag while the cache has all that it imports.
const ONE_LARGE_COMPILE: &str = "-gcflags=go/types=-N -l";

/// Several times what go and gotrace need, and much less than the compile does.
const LIMIT: u64 = 160 << 20;

/// Builds in a shell that `prefix` has given too little memory. Without a collector the compile, and it alone, needs far
/// more than go does: whatever the kernel or the runtime refuses, they refuse it to the compile.
fn build(world: &World, prefix: &str) -> crate::go::Outcome {
    let gotrace = crate::go::GOTRACE;
    let flags = format!("-p 2 -toolexec 'env GOGC=off' '{ONE_LARGE_COMPILE}'");
    let script = format!("{prefix} exec {gotrace} record --quiet -- go build {flags} go/types");
    world.program("/bin/sh", &["-c", &script]).run()
}

fn world() -> World {
    World::cold(&Go::newest()).warmed_by(&[&["build", "go/types"]])
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn an_oom_kill_is_told_with_the_limit_and_what_would_have_fitted() {
    let Some(group) = Cgroup::with_memory(LIMIT) else { return };
    let world = world();
    let outcome = build(&world, &group.join_in_shell());
    assert_eq!(outcome.code, Some(1), "the build fails: {}", outcome.stderr);
    let trace = world.sample().join("trace.jsonl");
    let told = job(&trace)["out_of_memory"].clone();
    assert!(told["counted_kills"].as_u64() >= Some(1), "by the kernel's own count: {told}");
    assert_eq!(told["limit_bytes"], LIMIT, "{told}");
    let victims = told["victims"].as_array().expect("victims");
    assert!(!victims.is_empty() && victims.iter().all(|victim| victim["tool"] == "compile"), "{told}");
    assert!(victims.iter().any(|victim| victim["package"] == "go/types"), "{told}");
    let text = summary(&trace);
    let (_, section) = text.split_once("Out of memory\n").expect("a section");
    for words in ["killed by the OOM killer: ", "compile go/types, which had ", "the cgroup's limit is 160 MiB", "-p "]
    {
        assert!(section.contains(words), "{words} in {section}");
    }
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_compile_that_may_not_map_more_fails_and_the_limit_is_told() {
    let world = world();
    // The runtime of each process maps most of it for nothing.
    let outcome = build(&world, "ulimit -v 850000 &&");
    assert_eq!(outcome.code, Some(1), "the build fails: {}", outcome.stderr);
    assert!(outcome.stderr.contains("out of memory"), "{}", outcome.stderr);
    let trace = world.sample().join("trace.jsonl");
    let text = summary(&trace);
    assert!(text.contains("ulimit -v is 830 MiB"), "{text}");
    assert!(text.contains("compile") && text.contains("go/types"), "{text}");
}
