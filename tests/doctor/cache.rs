//! The build cache: what lies in it, and what a trace tells of it.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use crate::house::{GOTRACE, House, printed};

/// Packages of the standard library that import nothing large.
const SMALL: [&str; 2] = ["internal/cpu", "internal/abi"];

/// With a cache that a real build has filled.
fn built() -> House {
    let house = House::new();
    house.run_go(&[&["build"][..], &SMALL].concat());
    house
}

/// Builds them, traced.
fn trace(house: &House, flags: &[&str]) {
    let traced = format!("-toolexec={GOTRACE}");
    house.run_go(&[&["build", &traced], flags, &SMALL].concat());
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn where_the_cache_is_how_large_and_of_which_toolchain_is_told() {
    let house = built();
    let findings = house.ask("cache");
    let (verdict, said) = findings.of("cache-size");
    assert_eq!(verdict, "ok");
    let folder = house.path("home/.cache/go-build");
    assert!(said.contains(&folder.display().to_string()) && !said.contains("about"), "{said}");
    let (verdict, said) = findings.of("cache-toolchains");
    let version = house.run_go(&["env", "GOVERSION"]);
    assert!(verdict == "ok" && said.starts_with(&format!("{} linux/", version.trim())), "{said}");
    assert_eq!(findings.of("cache-hits").0, "not_applicable", "without a trace nobody knows");
    assert_eq!(findings.with(&["warn", "error", "note"]), Vec::<&str>::new());
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn old_entries_and_those_of_other_toolchains_are_noted() {
    let house = built();
    let other = House::another_go().expect("two versions of Go");
    printed(house.program(other).arg("build").args(SMALL).output().expect("go starts"));
    // An entry of the other toolchain, made large and old; sparse, so that it takes no room.
    let cache = house.path("home/.cache/go-build");
    let archives = fs::read_dir(&cache).expect("the cache").flatten().filter(|entry| entry.path().is_dir());
    let mut entries = archives.flat_map(|folder| fs::read_dir(folder.path()).expect("a folder").flatten());
    let current = house.run_go(&["env", "GOVERSION"]);
    let foreign = entries.find(|entry| {
        let start = fs::read(entry.path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&start[..start.len().min(200)]).into_owned();
        text.contains("go object ") && !text.contains(current.trim())
    });
    let file = File::options().write(true).open(foreign.expect("an archive of the other one").path()).expect("a file");
    file.set_len(2 << 30).expect("a sparse file");
    file.set_modified(SystemTime::now() - Duration::from_hours(9 * 24)).expect("an old file");
    let findings = house.ask("cache-size,cache-toolchains");
    let (verdict, said) = findings.of("cache-size");
    assert!(verdict == "note" && said.contains("9 days ago") && said.contains("go clean -cache"), "{said}");
    let (verdict, said) = findings.of("cache-toolchains");
    assert!(verdict == "note" && said.contains(" 2.0"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_trace_tells_what_a_cold_and_a_lost_cache_cost() {
    let house = House::new();
    trace(&house, &[]);
    let findings = house.ask_with(&["--trace", "trace.jsonl", "--only", "cache"]);
    let (verdict, said) = findings.of("cache-hits");
    assert!(verdict == "note" && said.contains("packages were compiled"), "{said}");
    assert!(findings.0["findings"][0]["cost_ns"].as_u64() > Some(0), "{}", findings.0);
    assert_eq!(findings.of("cache-lost").0, "ok");
    trace(&house, &["-a"]);
    let findings = house.with("CI", "true").ask_with(&["--trace", "trace.jsonl", "--only", "cache"]);
    assert_eq!((findings.of("cache-lost").0, findings.of("cache-hits").0), ("warn", "warn"));
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn settings_that_differ_are_told_with_their_cost() {
    let house = House::new();
    trace(&house, &[]);
    trace(&house, &["-race"]);
    let findings = house.ask_with(&["--trace", "trace.jsonl", "--only", "cache-keys"]);
    let (verdict, said) = findings.of("cache-keys");
    assert!(
        verdict == "note" && said.contains(" packages compiled once more, where only this differs: -race"),
        "{said}"
    );
    assert!(said.contains("builds with the same flags, where they need not differ"), "{said}");
    assert!(findings.0["findings"][0]["cost_ns"].as_u64() > Some(0), "{}", findings.0);
    let in_ci = house.with("CI", "true").ask("cache-keys");
    assert!(in_ci.of("cache-keys").1.contains("-trimpath"));
    let trimmed = House::new().with("CI", "true").with("GOFLAGS", "-trimpath").ask("cache-keys");
    assert_eq!(trimmed.of("cache-keys").0, "ok");
}

/// A trace each: two checkouts, a flag for C, an instruction set, what a release stamps.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn what_splits_the_keys_of_several_runs_is_told() {
    let house = House::new();
    // The C compiler has an assembler and a linker beside it.
    let path = format!("{}:/usr/bin:/bin", house.path("bin").display());
    let mut house = house.with("PATH", &path);
    let sources = |place: &str, house: &House| {
        house.file(&format!("{place}/go.mod"), "module example.com/app\n\ngo 1.21\n");
        house.file(
            &format!("{place}/main.go"),
            "package main\n\nimport \"example.com/app/c\"\n\nfunc main() { c.F() }\n",
        );
        house.file(&format!("{place}/c/c.go"), "package c\n\n// void f(void) {}\nimport \"C\"\n\nfunc F() { C.f() }\n");
    };
    sources("module", &house);
    sources("elsewhere", &house);
    let runs = [
        ("first", "module", "", "", ""),
        ("moved", "elsewhere", "", "", ""),
        ("flags", "module", "CGO_CFLAGS", "-O1", ""),
        ("level", "module", "GOAMD64", "v2", ""),
        ("stamped", "module", "", "", "-ldflags=-X=main.version=1"),
        ("again", "module", "", "", "-ldflags=-X=main.version=2"),
    ];
    let mut words = vec![String::from("--only"), String::from("cache-keys")];
    for (trace, place, name, value, flag) in runs {
        let file = house.path(trace).display().to_string();
        house = house.with("GOTRACE_FILE", &file);
        let traced = format!("-toolexec={GOTRACE}");
        let mut command = house.program(house.path("bin/go"));
        command.current_dir(house.path(place)).args(["build", &traced, "-o", "/dev/null"]);
        command.args(Some(flag).filter(|flag| !flag.is_empty())).arg(".");
        command.envs((!name.is_empty()).then_some((name, value)));
        printed(command.output().expect("go starts"));
        words.extend([String::from("--trace"), file]);
    }
    let findings = house.ask_with(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let (verdict, said) = findings.of("cache-keys");
    assert_eq!(verdict, "note", "{said}");
    for what in ["place of the sources", "CGO_CFLAGS", "GOAMD64", "what a link is told to stamp", "-trimpath"] {
        assert!(said.contains(what), "{what}: {said}");
    }
    assert!(findings.0["findings"][0]["cost_of"].as_str().is_some_and(|what| what.contains("linked once more")));
}

#[test]
fn debugging_left_over_is_told() {
    let house = House::without_go().with("GODEBUG", "http2client=0,gocacheverify=1");
    let findings = house.ask("cache-debug");
    assert_eq!(
        findings.of("cache-debug"),
        ("warn", String::from("GODEBUG has gocacheverify=1\ntake it out of GODEBUG"))
    );
    let house = house.with("GODEBUG", "gocachehash=0");
    assert_eq!(house.ask("cache-debug").of("cache-debug").0, "ok");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_cache_program_that_is_not_there_is_an_error_where_it_is_one_to_go() {
    let house = built().with("GOCACHEPROG", "/nowhere/cacher --fast");
    let findings = house.ask("cache-program");
    let output = house.program(house.path("bin/go")).arg("build").args(SMALL).output().expect("go starts");
    // Before 1.24 go does not ask it.
    let expected = if output.status.success() { "note" } else { "error" };
    assert_eq!(findings.of("cache-program").0, expected);
    let house = house.with("GOCACHEPROG", "sh -c exit");
    assert_eq!(house.ask("cache-program").of("cache-program").0, "note");
    assert_eq!(house.without("GOCACHEPROG").ask("cache-program").of("cache-program").0, "not_applicable");
}
