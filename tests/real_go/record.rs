//! Jobs under `gotrace record`: the C compilers of cgo, tests, nested go commands, programs, a Ctrl-C in the middle.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::go::{Go, World, each_go};
use crate::recorded::{chart, ends_of, events, job, jobs, share};

const COMPILERS: [&str; 2] = ["gcc", "g++"];

fn trace_of(world: &World) -> PathBuf {
    world.sample().join("trace.jsonl")
}

/// Every compiler that `go build -x` shows is in the trace, and the cache knows what it would know without gotrace.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn the_c_compilers_of_cgo_are_seen_and_the_cache_stays_the_same() {
    let world = World::cold(&Go::newest());
    world.write("cmd/hello/net.go", "package main\n\nimport _ \"net\"\n");
    world.write("internal/terminal/more.cpp", "extern \"C\" int more() { return 1; }\n");
    let (recorded_cache, plain_cache) = (world.path("recorded"), world.path("plain"));
    let build = |cache: &Path, out: &str| world.command(&["build", "-x", "-o", out, "./cmd/hello"]).with_cache(cache);
    let shown = build(&recorded_cache, "recorded-hello").recorded().run().expect_success().stderr;
    let first = events(&trace_of(&world));
    let runs = ends_of(&first, &COMPILERS).into_iter().filter(|run| !asks_for_version(run));
    let (inside, by_go): (Vec<_>, Vec<_>) = runs.partition(|run| !run["inside"].is_null());
    let shown = compilers(&shown);
    assert_eq!(by_go.len(), shown.len(), "one run for each line of -x: {}", shown.join("\n"));
    assert!(shown.iter().any(|line| line.contains("g++ ") && line.contains("more.cpp")), "C++ is among them");
    let of: BTreeSet<&str> = inside.iter().filter_map(|run| run["inside"].as_str()).collect();
    assert_eq!(of, ["cgo", "link"].into(), "and those of the tools");

    let again = build(&recorded_cache, "plain-hello").run().expect_success().stderr;
    let compiled = again.lines().filter(|line| line.contains("/pkg/tool/") && !line.contains("/link ")).count();
    assert_eq!((compiled, compilers(&again).len()), (0, 0), "a plain build after a recorded one: {again}");
    check_same_file(&world, "recorded-hello", "plain-hello");

    build(&plain_cache, "plain-hello").run().expect_success();
    fs::remove_file(trace_of(&world)).expect("the trace");
    let shown = build(&plain_cache, "recorded-hello").recorded().run().expect_success().stderr;
    let second = events(&trace_of(&world));
    assert_eq!(ends_of(&second, &["compile", "asm", "cgo"]).iter().filter(|run| run["probe"].is_null()).count(), 0);
    let runs = ends_of(&second, &COMPILERS).into_iter().filter(|run| run["inside"].is_null() && !asks_for_version(run));
    let (probes, others): (Vec<_>, Vec<_>) = runs.partition(|run| run["probe"] == true);
    let flags = shown.lines().filter(|line| line.ends_with("|| true")).count();
    assert_eq!(
        (probes.len(), others.len()),
        (flags, 0),
        "only which flags it takes, which cmd/go asks of each compiler file"
    );
    assert!(flags <= 14, "seven of gcc, seven of g++: {flags}");
    check_same_file(&world, "recorded-hello", "plain-hello");
}

/// cmd/go asks that of each compiler before anything else, and does not show it.
fn asks_for_version(run: &Value) -> bool {
    run["args"].as_array().is_some_and(|args| args.iter().any(|arg| arg == "-###"))
}

/// The lines of `-x` that run a C compiler. One is shown a second time with a comment on how it went.
fn compilers(x: &str) -> Vec<&str> {
    let is_one = |line: &&str| {
        let mut words = line.split(' ').skip_while(|word| word.contains("='") || word.contains("=/"));
        words.next().is_some_and(|word| COMPILERS.contains(&word))
    };
    x.lines().filter(is_one).filter(|line| !line.contains(" # ")).collect()
}

#[track_caller]
fn check_same_file(world: &World, left: &str, right: &str) {
    let read = |name: &str| fs::read(world.sample().join(name)).expect(name);
    assert!(read(left) == read(right), "{left} and {right} differ");
}

const SLOW: &str = "package slow\n\nimport (\n\t\"testing\"\n\t\"time\"\n)\n\nfunc TestSlow(t *testing.T) { time.Sleep(1500 * time.Millisecond) }\n";

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn tests_are_told_with_their_times_and_from_the_cache_the_next_time() {
    each_go(|go| {
        let world = World::warm(go);
        world.write("slow/a/slow_test.go", SLOW);
        world.write("slow/b/slow_test.go", SLOW);
        world.write("slow/c/none.go", "package none\n");
        let test = || world.command(&["test", "./slow/..."]).recorded().run().expect_success();
        test();
        let first = job(&trace_of(&world));
        let known = 100 - share(&first, "unexplained") - share(&first, "outside");
        assert!(known >= 95, "{}: {known} % are known: {}", go.version, first["account"]);
        assert!(share(&first, "unexplained") < 5, "{}: {}", go.version, first["account"]);
        let tests = first["tests"].as_array().expect("tests");
        let packages: BTreeSet<_> = tests.iter().map(|test| test["package"].as_str().expect("a package")).collect();
        assert_eq!(packages, ["example.com/hello/slow/a", "example.com/hello/slow/b"].into(), "{}", go.version);
        for test in tests {
            let wall = test["wall_ns"].as_u64().expect("nanoseconds");
            assert!(wall >= 1_500_000_000 && test["cached"] == false, "{}: {test}", go.version);
        }
        let drawn = chart(&trace_of(&world));
        for bar in ["example.com/hello/slow/a\ntest ", "example.com/hello/slow/b\ntest ", "loading packages\nload "] {
            assert!(drawn.contains(&format!("<title>{bar}")), "{}: the chart has no {bar}", go.version);
        }
        for curve in ["time measured busy", "time measured resident"] {
            assert!(drawn.contains(curve), "{}: the chart has no {curve}", go.version);
        }
        // cmd/go does not keep results of tests whose files were changed within the last two seconds; those of 1.5 s are.
        fs::remove_file(trace_of(&world)).expect("the trace");
        let second = test();
        let cached = second.stdout.matches("(cached)").count();
        let told = job(&trace_of(&world));
        let tests = told["tests"].as_array().expect("tests").clone();
        assert_eq!(tests.iter().filter(|test| test["cached"] == true).count(), cached, "{}: {tests:?}", go.version);
        assert_eq!((tests.len(), cached), (2, 2), "{}: {}", go.version, second.stdout);
    });
}

const MAKEFILE: &str = "all:\n\tgo build -o out ./cmd/sum\n\tgo vet ./cmd/sum\n\tgo generate ./internal/words\n";

/// `go generate` puts its own GOROOT in front of PATH: what it starts is not seen from outside, but its tools are.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_makefile_is_one_session_with_all_its_go_commands() {
    each_go(|go| {
        let world = World::warm(go);
        world.write("Makefile", MAKEFILE);
        world.program("make", &[]).recorded().run().expect_success();
        let job = job(&trace_of(&world));
        assert_eq!(job["line"], "make");
        let told = |command: &Value| {
            let line = command["line"].as_str().expect("a line");
            let verb = line.split(' ').nth(1).expect("a verb").to_owned();
            (verb, command["depth"].as_u64().expect("a depth"), command["exit_code"].as_u64())
        };
        let commands: Vec<_> = job["commands"].as_array().expect("commands").iter().map(told).collect();
        let expected = [("build", 0, Some(0)), ("vet", 0, Some(0)), ("generate", 0, Some(0)), ("run", 1, None)];
        assert_eq!(commands, expected.map(|(verb, depth, code)| (verb.to_owned(), depth, code)), "{}", go.version);
    });
}

const SLEEPER: &str = "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"time\"\n)\n\nfunc main() { time.Sleep(2 * time.Second); fmt.Println(os.Args[1:]); os.Exit(3) }\n";

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn the_program_of_go_run_has_its_share() {
    each_go(|go| {
        let world = World::warm(go);
        world.write("cmd/sleeper/main.go", SLEEPER);
        let plain = world.command(&["run", "./cmd/sleeper", "-debug-trace=x", "-toolexec=y"]);
        let recorded = plain.clone().recorded().run();
        assert_eq!(recorded.seen(), plain.run().seen(), "{}", go.version);
        assert!(recorded.stdout.contains("[-debug-trace=x -toolexec=y]"), "{}: {}", go.version, recorded.stdout);
        let job = job(&trace_of(&world));
        let program = job["account"]["program_ns"].as_u64().expect("nanoseconds");
        assert!(program >= 2_000_000_000, "{}: {}", go.version, job["account"]);
    });
}

/// Twice the same command, from the same state; what it prints and how it ends is the same.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn other_go_commands_end_and_print_as_without() {
    each_go(|go| {
        let (plain, recorded) = (World::warm(go), World::warm(go));
        for words in [
            &["vet", "./..."][..],
            &["install", "./cmd/sum"],
            &["list", "-f", "{{.ImportPath}}", "./..."],
            &["list", "-deps", "-export", "-f", "{{.ImportPath}}", "./cmd/sum"],
            &["mod", "download"],
            &["mod", "tidy"],
            &["get", "example.com/nowhere@latest"],
            &["get", "./..."],
            &["env", "GOOS"],
            &["version"],
            &["build", "./nowhere"],
            &["build", "-nonsense"],
            &["tool", "compile", "-V=full"],
            &["nonsense"],
            &[],
        ] {
            let [bare, below] = [plain.command(words).run(), recorded.command(words).recorded().run()];
            let there = |text: String, world: &World| text.replace(&world.path("").display().to_string(), "/world/");
            assert_eq!(there(below.seen(), &recorded), there(bare.seen(), &plain), "{}: go {words:?}", go.version);
        }
        let lines = jobs(&trace_of(&recorded)).len();
        assert_eq!(lines, 15, "{}: each is a job", go.version);
    });
}

/// The largest package of a small program: whoever sees its start has time to type.
const COMPILES_RUNTIME: &str = r#""type":"start","v":1,"tool":"compile","package":"runtime","#;

/// Ctrl-C in the middle of a build: what was in flight is in the trace, and all end as they would.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn ctrl_c_leaves_a_partial_trace() {
    let go = Go::newest();
    let interrupted = |recorded: bool| {
        let world = World::cold(&go);
        let trace = trace_of(&world);
        let build = world.command(&["build", "./cmd/sum"]);
        let build = if recorded { build.recorded() } else { build.traced() };
        let running = build.start();
        let says = |words: &str| fs::read_to_string(&trace).is_ok_and(|text| text.contains(words));
        until("the compile of runtime begins", || says(COMPILES_RUNTIME));
        interrupt_group(running.pid());
        let outcome = running.wait();
        // go dies at once, and the shim of the compile may still be writing.
        until("the record of the compile", || !in_flight(&events(&trace)));
        (outcome, events(&trace), world)
    };
    let (plain, ..) = interrupted(false);
    let (below, events, world) = interrupted(true);
    assert_eq!((below.code, below.signal), (plain.code, plain.signal), "{}", below.stderr);
    let starts = events.iter().filter(|event| event["type"] == "start").count();
    assert!(starts > 0 && ends_of(&events, &["compile"]).iter().any(|end| end["signal"] == 2), "what was in flight");
    let job = job(&trace_of(&world));
    assert_eq!(
        (job["exit_code"].as_i64(), job["signal"].as_i64()),
        (below.code.map(i64::from), below.signal.map(i64::from))
    );
    assert!(job["account"]["tools_ns"].as_u64() > Some(0), "{}", job["account"]);
}

/// Whether a tool run has no end yet.
fn in_flight(events: &[Value]) -> bool {
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    count("start") != count("end")
}

#[track_caller]
fn until(what: &str, happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_mins(1), "in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[expect(unsafe_code, reason = "kill")]
fn interrupt_group(leader: u32) {
    // SAFETY: no memory is involved.
    let sent = unsafe { libc::kill(-i32::try_from(leader).expect("a pid"), libc::SIGINT) };
    assert_eq!(sent, 0, "SIGINT to the group of {leader}");
}
