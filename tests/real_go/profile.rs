//! The CPU profile of compilers and linkers: one for the whole job, that `go tool pprof` reads; and the build stays the same.

use std::fs;

use crate::cache::Cache;
use crate::go::{GOTRACE, World, each_go};

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn the_compilers_profile_is_one_and_the_build_is_the_same() {
    each_go(|go| {
        let world = World::warm(go);
        let build = ["build", "-a", "-o", "../program", "./internal/words"];
        let line = [&["record", "--quiet", "--compiler-profile=../all.pb.gz", "--", "go"][..], &build].concat();
        let cache = world.path("cache-of-both");
        world.command(&build).with_cache(&cache).run().expect_success();
        let plain = Cache::read(&cache);
        world.program(GOTRACE, &line).with_cache(&cache).run().expect_success();
        plain.check_kept(&go.version, &Cache::read(&cache));

        let profile = world.path("all.pb.gz").display().to_string();
        let top = world.command(&["tool", "pprof", "-top", "-cum", &profile]).run().expect_success().stdout;
        assert!(top.contains("cmd/compile/internal/gc.Main"), "{}: {top}", go.version);
        let tags = world.command(&["tool", "pprof", "-tags", &profile]).run().expect_success().stdout;
        assert!(
            tags.contains("package:") && tags.contains(": runtime") && tags.contains(": compile"),
            "{}: {tags}",
            go.version
        );
        let areas = world.program(GOTRACE, &["summary", &profile]).run().expect_success().stdout;
        assert!(areas.contains("type check") && areas.contains("SSA passes"), "{}: {areas}", go.version);
        let drawn = world.program(GOTRACE, &["flame", &profile]).run().expect_success().stdout;
        for part in ["compile", "types", "unified IR", "SSA build", "SSA passes", "machine code"] {
            assert!(drawn.contains(&format!("■</tspan> {part}  ")), "{}: the legend lacks {part}", go.version);
        }
        let left: Vec<_> =
            fs::read_dir(world.tmp()).expect("TMPDIR").flatten().map(|entry| entry.file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("gotrace-")), "{}: {left:?}", go.version);
    });
}
