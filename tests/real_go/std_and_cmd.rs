//! The largest build that every Go developer has at hand: Go itself, by the newest toolchain.

use crate::cache::Cache;
use crate::files;
use crate::go::{GOTRACE, Go, World};
use crate::phases;
use crate::shown;
use crate::trace::Trace;

#[test]
#[expect(clippy::print_stdout, reason = "figures to quote; a test runner shows them on request")]
#[ignore = "needs real Go toolchains, and minutes: scripts/test fetches them and runs this ring"]
fn go_itself_is_built_alike_and_told_in_full() {
    let world = World::cold(&Go::newest());
    let context = &world.go.version;
    let (plain, traced) = (world.path("plain-cache"), world.path("traced-cache"));
    let build = world.command(&["build", "-x", "std", "cmd"]);
    build.clone().with_cache(&plain).run().expect_success();
    let outcome = build.clone().with_cache(&traced).traced().run().expect_success();

    let trace = Trace::read(&world.sample().join("trace.jsonl"));
    shown::check_each_line_is_one_action(context, &shown::with_shim(&outcome.stderr, GOTRACE), &trace);
    let told = phases::check(context, &trace);
    assert!(told >= 99, "{context}: {told} of 100 compiles told their phases");
    phases::check_nearly_all_is_told(context, &trace);
    let cache = Cache::read(&traced);
    Cache::read(&plain).check_same(context, &cache);
    println!("{context}: {} tool runs, {cache}: the same with gotrace and without", trace.actions.len());

    let goroot = world.go.root().display().to_string();
    let again = build.with_cache(&traced).run().expect_success();
    for run in shown::without_shim(&again.stderr, &goroot) {
        assert_eq!(run.tool, "link", "{context}: a plain build finds every package in the cache");
    }

    let programs = |cache| {
        files::remove(&world.path("out"));
        world.command(&["build", "-o", "../out/", "cmd"]).with_cache(cache).run().expect_success();
        files::contents(&world.path("out"))
    };
    files::check_same(context, &programs(&plain), &programs(&traced));
}
