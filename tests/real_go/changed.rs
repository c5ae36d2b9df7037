//! What `gotrace diff` says of real builds: which packages did the same work, which were changed, which the cache had.
//!
//! Knows no times: whether a figure changed is the business of `scripts/check-gate`, which takes many builds.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::go::{GOTRACE, World, each_go};

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn only_what_was_changed_did_other_work() {
    each_go(|go| {
        let world = World::cold(go).with_env("CGO_ENABLED", "0");
        let [old, new, cached] = ["old.jsonl", "new.jsonl", "cached.jsonl"].map(|name| world.path(name));
        let build = |trace: &std::path::Path| {
            let file = trace.display().to_string();
            world
                .command(&["build", "-o", "../program", "./cmd/hello"])
                .with_env("GOTRACE_FILE", &file)
                .traced()
                .run()
                .expect_success();
        };
        build(&old);
        crate::files::remove(world.cache());
        world.write(
            "internal/chart/more.go",
            "package chart\n\n// More is new.\nfunc More(n int) int { return n * 7 }\n",
        );
        build(&new);

        let fates = fates(&diff(&[&old, &new]));
        let of =
            |fate: &str| fates.iter().filter(|(_, it)| *it == fate).map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        assert!(of("same_work").len() > 30, "{}: the standard library: {fates:?}", go.version);
        assert!(of("changed").contains(&"example.com/hello/internal/chart"), "{}: {fates:?}", go.version);
        assert!(of("changed").iter().all(|name| name.starts_with("example.com/")), "{}: {fates:?}", go.version);
        assert_eq!(of("added").len() + of("gone").len() + of("built_now").len(), 0, "{}: {fates:?}", go.version);

        // Once more with what the cache has: the changed package and who imports it are built.
        world.write(
            "internal/chart/more.go",
            "package chart\n\n// More is newer.\nfunc More(n int) int { return n * 9 }\n",
        );
        build(&cached);
        let fates = self::fates(&diff(&[&new, &cached]));
        assert_eq!(fates["example.com/hello/internal/chart"], "changed", "{}", go.version);
        assert!(fates.values().any(|fate| fate == "cached_now"), "{}: {fates:?}", go.version);
        let back = self::fates(&diff(&[&cached, &new]));
        assert!(back.values().any(|fate| fate == "built_now"), "{}: {back:?}", go.version);
    });
}

fn diff(traces: &[&std::path::Path]) -> Value {
    let output =
        Command::new(GOTRACE).arg("diff").args(traces).args(["--format", "json"]).output().expect("gotrace runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn fates(diff: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let packages = diff["packages"].as_array().expect("a list");
    packages.iter().map(|package| (text(&package["package"]), text(&package["fate"]))).collect()
}
