//! What a trace says of a tool run, and where the trace is.
//!
//! The command lines are cmd/go's own, of 1.21 to 1.27, with fake files behind them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use crate::world::{Call, Event, Trace, World};

fn now_ns(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "std's Instant does not show its number")]
    // SAFETY: `time` lives through the call.
    unsafe {
        libc::clock_gettime(clock, &raw mut time)
    };
    let nanoseconds = i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec);
    u64::try_from(nanoseconds).expect("a time after the start of the clock")
}

#[test]
fn the_start_event_is_there_before_the_tool_runs() {
    let world = World::new();
    world.tool("compile", &format!("copy {} snapshot", world.path("trace.jsonl").display()));
    world.shim("compile").args(["-p", "example.com/m"]).run().succeeds();
    let seen_by_the_tool = Trace::read(&world.path("module/snapshot"));
    let kinds: Vec<_> = seen_by_the_tool.events.iter().map(|event| event.text("type")).collect();
    assert_eq!(kinds, ["start"]);
    let (start, end) = (&seen_by_the_tool.events[0], world.end());
    for key in ["v", "pid", "go_pid", "go_start_ticks", "time_ns", "start_ns"] {
        assert_eq!(start.number(key), end.number(key), "start and end agree on {key}");
    }
}

/// That nobody can set a duration back follows from the clock it is read from: the readings lie between two of this
/// test's own, of `CLOCK_MONOTONIC`.
#[test]
fn durations_are_monotonic_and_one_anchor_is_calendar_time() {
    let world = World::where_compile("burn-cpu 20");
    let monotonic = now_ns(libc::CLOCK_MONOTONIC);
    let realtime = now_ns(libc::CLOCK_REALTIME);
    world.shim("compile").run().succeeds();
    let end = world.end();
    assert!(monotonic <= end.number("start_ns"), "the start is after this story's");
    assert!(end.number("start_ns") + 20_000_000 <= end.number("end_ns"), "the run took what the tool burnt");
    assert!(end.number("end_ns") <= now_ns(libc::CLOCK_MONOTONIC), "the end is before this story's");
    assert!((realtime..now_ns(libc::CLOCK_REALTIME)).contains(&end.number("time_ns")), "the anchor is calendar time");
}

#[test]
fn cpu_time_and_memory_are_the_tools() {
    let world = World::where_compile("burn-cpu 80\ntouch-memory 64");
    world.shim("compile").run().succeeds();
    let end = world.end();
    assert!(end.number("user_ns") + end.number("sys_ns") >= 80_000_000, "the tool burnt 80 ms: {end:?}");
    assert!(end.number("max_rss_bytes") >= 64 << 20, "the tool touched 64 MiB: {end:?}");
    assert!(end.number("max_rss_bytes") < 96 << 20, "and not much more: {end:?}");
    assert!(end.number("minor_faults") >= 64, "which cost page faults: {end:?}");
    assert!(end.number("shim_cpu_ns") < end.number("user_ns") + end.number("sys_ns"), "the shim's own is told apart");
}

#[test]
fn a_small_tool_is_recorded_as_small() {
    let world = World::where_compile("stdout small");
    world.shim("compile").run().succeeds();
    // Linux gives a child the memory of its spawner as a floor, so this is also what the shim adds to every figure. It is that
    // of a debug build, all of which is relocated at its start; scripts/gate-shim holds the release build to a megabyte.
    assert!(world.end().number("max_rss_bytes") < 12 << 20, "{:?}", world.end());
}

#[test]
fn blocks_and_switches_are_as_the_kernel_counts_them_without_the_shim() {
    let world = World::where_compile("write-through 4194304 written");
    let bare = usage_of(world.bare("compile"));
    world.shim("compile").run().succeeds();
    let end = world.end();
    // Blocks of 512 bytes. What the file system writes for itself comes on top, now with this run and now with that.
    let file = 4_194_304 / 512;
    let with_bookkeeping = file..file + 1024;
    let expected = |count: u64| if bare.ru_oublock == 0 { count == 0 } else { with_bookkeeping.contains(&count) };
    assert!(expected(u64::try_from(bare.ru_oublock).expect("a count")), "{}", bare.ru_oublock);
    assert!(expected(end.number("block_out")), "{end:?}");
    for key in ["block_in", "major_faults", "voluntary_switches", "involuntary_switches"] {
        assert!(end.number(key) < 10_000, "a plausible count of {key}: {end:?}");
    }
}

#[expect(unsafe_code, reason = "wait4 is the only source of a child's usage")]
fn usage_of(call: Call) -> libc::rusage {
    let pid = i32::try_from(call.start().pid()).expect("a pid");
    // SAFETY: `usage` is written by the call; an all-zero rusage is a valid one.
    unsafe {
        let mut usage = std::mem::zeroed();
        assert_eq!(libc::wait4(pid, std::ptr::null_mut(), 0, &raw mut usage), pid);
        usage
    }
}

#[test]
fn a_compile_is_described_in_full() {
    let world = World::where_compile("write 4321 $2");
    let source = world.file("module/lib/lib.go", "package lib");
    world.file("module/go.mod", "module example.com/m\n");
    let work = world.work("");
    let importcfg = format!(
        "# import config\nimportmap x=y\npackagefile example.com/dep={}\npackagefile fmt=/cache/42/42c2-d\n\
         packagefile example.com/second={}\npackagefile os=/cache/43/43c2-d\n",
        world.work("b007/_pkg_.a").display(),
        world.work("b009/_pkg_.a").display(),
    );
    world.file("tmp/go-build123/b002/importcfg", importcfg);
    let generated = world.file("tmp/go-build123/b002/_cgo_gotypes.go", "package lib // made");
    let call = world.shim("compile").env("TOOLEXEC_IMPORTPATH", "example.com/m/lib [example.com/m/lib.test]");
    let at_work = |name: &str| work.join(name).display().to_string();
    let call = call.args(["-o", &at_work("b002/_pkg_.a"), "-trimpath", &format!("{}=>", at_work("b002"))]);
    let call = call.args(["-p", "example.com/m/lib", "-lang=go1.21", "-complete", "-buildid", "Act10n/Act10n"]);
    let call = call.args(["-goversion", "go1.27.3", "-c=4", "-importcfg", &at_work("b002/importcfg"), "-pack"]);
    call.arg(&generated).arg(&source).run().succeeds();

    let end = world.end();
    assert_eq!((end.text("package"), end.text("variant")), ("example.com/m/lib", "example.com/m/lib.test"));
    assert_eq!((end.text("work"), end.text("objdir")), ("go-build123", "b002"));
    assert_eq!((end.text("action_id"), end.number("granted_c")), ("Act10n", 4));
    assert_eq!((end.list("needs"), end.list("cached")), (vec!["b007", "b009"], vec!["fmt", "os"]));
    assert_eq!((end.number("source_files"), end.number("source_bytes")), (2, 11 + 19));
    assert_eq!(end.text("source_dir"), world.path("module/lib").to_str().expect("UTF-8"));
    assert_eq!(end.list("files"), ["$WORK/b002/_cgo_gotypes.go", "lib.go"]);
    assert_eq!((end.text("module"), end.has("module_version")), ("example.com/m", false));
    assert_eq!((end.number("output_bytes"), end.number("exit_code")), (4321, 0));
    assert_eq!(end.list("args")[..4], ["-o", "$WORK/b002/_pkg_.a", "-trimpath", "$WORK/b002=>"]);
    assert!(!end.has("go_args") && !end.has("probe"), "what the probes tell: {end:?}");
}

#[test]
fn a_package_without_a_variant_has_none() {
    let world = World::where_compile("");
    world.shim("compile").env("TOOLEXEC_IMPORTPATH", "net/http").run().succeeds();
    let end = world.end();
    assert_eq!((end.text("package"), end.has("variant")), ("net/http", false));
}

/// Runs one tool with these arguments, `$W` standing for the go command's work directory.
#[track_caller]
fn recorded(world: &World, tool: &str, arguments: &[&str], prepare: impl Fn(Call) -> Call) -> Event {
    let work = world.work("").display().to_string();
    let work = work.trim_end_matches('/');
    world.tool(tool, "");
    let call = world.shim(tool).args(arguments.iter().map(|argument| argument.replace("$W", work)));
    prepare(call).run().succeeds();
    world.end()
}

#[test]
fn every_tool_says_which_action_of_which_go_command_it_belongs_to() {
    let shapes: [(&str, &[&str]); 9] = [
        ("compile", &["-o", "$W/b002/_pkg_.a", "-p", "p", "/src/a.go"]),
        ("asm", &["-p", "p", "-I", "$W/b002/", "-gensymabis", "-o", "$W/b002/symabis", "/src/a.s"]),
        ("cgo", &["-objdir", "$W/b002/", "-importpath", "p", "--", "-I", "$W/b002/", "-O2", "/src/c.go"]),
        ("cgo", &["-dynpackage", "p", "-dynimport", "$W/b002/_cgo_.o", "-dynout", "$W/b002/_cgo_import.go"]),
        ("cover", &["-pkgcfg", "$W/b002/pkgcfg.txt", "-mode", "set", "-outfilelist", "$W/b002/out.txt", "/src/a.go"]),
        ("vet", &["-atomic", "-bool", "$W/b002/vet.cfg"]),
        ("link", &["-o", "a.out", "-importcfg", "$W/b002/importcfg.link", "-buildmode=plugin", "$W/b002/_pkg_.a"]),
        ("preprofile", &["-o", "$W/b002/pgo.preprofile", "-i", "default.pgo"]),
        ("covdata", &["percent", "-i", "$W/b002/"]),
    ];
    for (tool, arguments) in shapes {
        let end = recorded(&World::new(), tool, arguments, |call| call);
        assert_eq!((end.text("work"), end.text("objdir")), ("go-build123", "b002"), "{tool} {arguments:?}");
    }
}

#[test]
fn covdata_is_recorded_as_covdata_though_go_runs_it() {
    let world = World::new();
    let go = world.program("go/bin/go", "stdout 1.0% of statements");
    let directory = world.work("b004/").display().to_string();
    let call = world.gotrace().arg(go).args(["tool", "covdata", "percent", "-i", &directory]);
    call.env("TOOLEXEC_IMPORTPATH", "example.com/m").run().succeeds().says("1.0% of statements");
    let end = world.end();
    assert_eq!((end.text("tool"), end.text("objdir"), end.has("probe")), ("covdata", "b004", false));
}

#[test]
fn a_link_counts_the_packages_of_the_program_and_hides_what_is_compiled_in() {
    let world = World::new();
    let cfg = format!(
        "packagefile example.com/m={}\npackagefile fmt=/cache/42/42-d\npackagefile example.com/dep={}\nmodinfo \"x\"\n",
        world.work("b001/_pkg_.a").display(),
        world.work("b003/_pkg_.a").display()
    );
    world.file("tmp/go-build123/b001/importcfg.link", cfg);
    let secret = "-X=main.licence=sesame";
    let arguments =
        ["-o", "$W/b001/exe/a.out", "-importcfg", "$W/b001/importcfg.link", secret, "-X", "main.key=sesame"];
    let arguments = [&arguments[..], &["-buildid=L1nk/M/C/L1nk", "-extld=gcc", "$W/b001/_pkg_.a"]].concat();
    let end = recorded(&world, "link", &arguments, |call| call);
    assert_eq!((end.list("needs"), end.text("action_id")), (vec!["b001", "b003"], "L1nk"));
    assert_eq!((end.number("packages_built"), end.number("packages_cached")), (2, 1));
    let args = end.list("args").join(" ");
    assert!(args.contains("-X=main.licence=*** -X main.key=***"), "{args}");
    let trace = fs::read_to_string(world.path("trace.jsonl")).expect("the trace");
    assert!(!trace.contains("sesame"), "the value is nowhere in the trace");
}

/// The `needs` of a link of a program of which so many packages were built besides main.
fn needs_of_a_link(others: usize) -> usize {
    let world = World::new();
    let archive = |number: usize| world.work(&format!("b{number:03}/_pkg_.a")).display().to_string();
    let lines = (1..=others + 1).map(|number| format!("packagefile example.com/m{number}={}\n", archive(number)));
    world.file("tmp/go-build123/b001/importcfg.link", lines.collect::<String>());
    let arguments = ["-o", "$W/b001/exe/a.out", "-importcfg", "$W/b001/importcfg.link", "$W/b001/_pkg_.a"];
    let end = recorded(&world, "link", &arguments, |call| call);
    assert_eq!((end.number("packages_built"), end.list("needs")[0]), (others as u64 + 1, "b001"));
    end.list("needs").len()
}

#[test]
fn a_link_names_the_packages_that_were_built_where_they_are_few() {
    assert_eq!(needs_of_a_link(0), 1);
    assert_eq!(needs_of_a_link(64), 65);
    assert_eq!(needs_of_a_link(65), 1, "they are the closure of main");
}

#[test]
fn a_vet_run_names_the_packages_that_it_waited_for_and_where_its_own_is() {
    for tool in ["vet", "fix"] {
        let world = World::new();
        world.file("module/go.mod", "module example.com/m\n");
        let at_work = |name: &str| world.work(name).display().to_string();
        let settings = format!(
            "{{\n\t\"Dir\": \"{}\",\n\t\"PackageFile\": {{\n\t\t\"fmt\": \"/cache/42/42-d\",\n\t\t\"m/a\": \"{}\"\n\t}},\n\
             \t\"PackageVetx\": {{\n\t\t\"fmt\": \"{}\",\n\t\t\"m/a\": \"{}\"\n\t}},\n\t\"VetxOutput\": \"{}\",\n}}\n",
            world.path("module").display(),
            at_work("b003/_pkg_.a"),
            at_work("b007/vet.out"),
            at_work("b003/vet.out"),
            at_work("b002/vet.out"),
        );
        world.file("tmp/go-build123/b002/vet.cfg", settings);
        let end = recorded(&world, tool, &["-atomic", "$W/b002/vet.cfg"], |call| call);
        assert_eq!((end.list("needs"), end.text("module")), (vec!["b003", "b007"], "example.com/m"), "{tool}");
    }
}

#[test]
fn an_importcfg_that_is_not_there_costs_only_the_edges() {
    let world = World::new();
    let end = recorded(&world, "compile", &["-importcfg", "$W/b002/importcfg", "/no/such/a.go"], |call| call);
    assert!(!end.has("needs") && !end.has("cached"), "{end:?}");
    assert_eq!((end.number("source_files"), end.number("source_bytes")), (1, 0));
}

/// Where a package lies tells its module; the folders are links into the world, as only their names count.
#[track_caller]
fn check_module(source: &str, prepare: impl Fn(Call, &World) -> Call, module: &str, version: Option<&str>) {
    let world = World::new();
    world.file("module/go.mod", "// the module of this story\nmodule \"example.com/m\" // quoted\n\ngo 1.21\n");
    world.file("module/vendor/modules.txt", "# example.com/v v2.0.0+incompatible\n## explicit\nexample.com/v/sub\n");
    let source = world.file(source, "package x").display().to_string();
    let end = recorded(&world, "compile", &[&source], |call| prepare(call, &world));
    assert_eq!(end.text("module"), module, "{source}");
    assert_eq!(end.has("module_version").then(|| end.text("module_version")), version, "{source}");
}

#[test]
fn the_module_is_known_from_where_the_source_is() {
    let usual = |call: Call, _: &World| call;
    check_module("module/lib/lib.go", usual, "example.com/m", None);
    check_module("go/src/net/http/client.go", usual, "std", None);
    check_module("go/src/cmd/go/main.go", usual, "cmd", None);
    check_module(
        "home/go/pkg/mod/github.com/!burnt!sushi/toml@v1.2.3/a/a.go",
        usual,
        "github.com/BurntSushi/toml",
        Some("v1.2.3"),
    );
    check_module("module/vendor/example.com/v/sub/v.go", usual, "example.com/v", Some("v2.0.0+incompatible"));
    let elsewhere = |call: Call, world: &World| call.env("GOMODCACHE", world.path("modules"));
    check_module("modules/example.com/far@v0.1.0/far.go", elsewhere, "example.com/far", Some("v0.1.0"));
    let below_a_similar_name = |call: Call, world: &World| call.env("GOMODCACHE", world.path("pkg/mod/cache"));
    check_module(
        "pkg/mod/cache/example.com/far@v0.1.0/far.go",
        below_a_similar_name,
        "example.com/far",
        Some("v0.1.0"),
    );
    check_module("module/x@v1/x.go", |call, world| call.env("GOMODCACHE", world.path("mod")), "example.com/m", None);
}

#[test]
fn sources_named_from_the_current_directory_are_found() {
    let world = World::new();
    world.file("module/go.mod", "module example.com/m\n");
    world.file("module/main.go", "package main");
    let end = recorded(&world, "fix", &["-go=go1.21", "main.go"], |call| call);
    assert_eq!(end.text("source_dir"), world.path("module").to_str().expect("UTF-8"));
    assert_eq!(
        (end.text("module"), end.list("files"), end.number("source_bytes")),
        ("example.com/m", vec!["main.go"], 12)
    );
}

#[test]
fn a_package_that_is_all_generated_claims_no_directory() {
    let world = World::new();
    world.file("go.mod", "module example.com/somebody-elses\n");
    let end = recorded(&world, "compile", &["-o", "$W/b001/_pkg_.a", "$W/b001/_testmain.go"], |call| call);
    assert!(!end.has("source_dir") && !end.has("module"), "{end:?}");
    assert_eq!(end.list("files"), ["$WORK/b001/_testmain.go"]);
}

#[test]
fn a_work_directory_is_found_below_a_folder_with_a_similar_name() {
    let world = World::new();
    let output = world.path("go-build-tmp/go-build77/b003/_pkg_.a").display().to_string();
    let end = recorded(&world, "compile", &["-o", &output], |call| call);
    assert_eq!((end.text("work"), end.text("objdir")), ("go-build77", "b003"));
}

#[test]
fn a_probe_tells_about_the_go_command() {
    let world = World::where_compile("stdout compile version go1.27.3");
    let script = "run gotrace compile -V=full";
    let go = world.go(script).args(["build", "-ldflags", "-X main.key=sesame -s", "--token", "sesame", "", "./..."]);
    let go = go.env("GOVERSION", "go1.27.3").env("GOOS", "linux").env("GOARCH", "arm64");
    go.env("GOFLAGS", "-ldflags=-X=main.key=sesame").run().succeeds().says("compile version go1.27.3");
    let end = world.end();
    let masked = ["build", "-ldflags", "-X main.key=*** -s", "--token", "***", "", "./..."];
    assert_eq!(end.list("go_args")[1..], masked);
    assert_eq!(end.text("goflags"), "-ldflags=-X=main.key=***");
    assert!(!end.has("dir"), "the tool runs where go does, which is told once");
    assert_eq!(end.text("go_dir"), world.path("module").to_str().expect("UTF-8"));
    assert_eq!((end.text("go_version"), end.text("goos"), end.text("goarch")), ("go1.27.3", "linux", "arm64"));
    assert_eq!(end.number("go_parent_pid"), u64::from(std::process::id()));
    assert!(end.number("cpus") > 0 && end.has("go_age_ns") && end.number("go_start_ticks") > 0, "{end:?}");
    let trace = fs::read_to_string(world.path("trace.jsonl")).expect("the trace");
    assert!(!trace.contains("sesame"), "no secret is anywhere in the trace");
}

#[test]
fn a_go_command_with_a_thousand_packages_leaves_a_short_line() {
    let world = World::where_compile("");
    let packages = (0..5000).map(|n| format!("example.com/a/rather/long/import/path/{n}"));
    world.go("run gotrace compile -V=full").args(packages).run().succeeds();
    assert!(world.end().line_length < 64 * 1024, "a line of {} bytes", world.end().line_length);
    assert!(world.end().list("go_args").len() > 100, "what there is room for is listed");
}

#[test]
fn the_trace_is_where_go_was_started_and_not_where_the_tool_runs() {
    let world = World::where_compile("show-cwd");
    fs::create_dir(world.path("module/package")).expect("a folder");
    let outcome = world.go("run-in package gotrace compile").without_env("GOTRACE_FILE").run().succeeds();
    outcome.says(world.path("module/package").to_str().expect("UTF-8"));
    let trace = Trace::read(&world.path("module/trace.jsonl"));
    assert_eq!(trace.events.len(), 2);
    let end = trace.of_type("end").remove(0);
    assert_eq!(end.text("dir"), world.path("module/package").to_str().expect("UTF-8"), "the tool's own is told");
}

#[track_caller]
fn check_place(go_script: &str, variable: Option<&str>, expected: &str) {
    let world = World::where_compile("");
    fs::create_dir_all(world.path("module/sub folder/package")).expect("folders");
    let go = world.go(&go_script.replace("$ROOT", world.path("").to_str().expect("UTF-8")));
    let go = match variable {
        Some(value) => go.env("GOTRACE_FILE", value),
        None => go.without_env("GOTRACE_FILE"),
    };
    go.run().succeeds();
    assert_eq!(traces_in(&world.path("")), [Path::new(expected)]);
}

/// All traces below a folder, as paths from there.
fn traces_in(root: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the world") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "jsonl") {
                found.push(path.strip_prefix(root).expect("a path below").to_path_buf());
            }
        }
    }
    found
}

#[test]
fn the_place_of_the_trace_is_the_users_to_choose() {
    let in_package = "run-in \"sub folder/package\" gotrace compile";
    check_place(in_package, None, "module/trace.jsonl");
    check_place(in_package, Some(""), "module/trace.jsonl");
    check_place(in_package, Some("other.jsonl"), "module/other.jsonl");
    check_place(in_package, Some("sub folder/other.jsonl"), "module/sub folder/other.jsonl");
    check_place(in_package, Some("../above.jsonl"), "above.jsonl");
    let named = "run-in \"sub folder/package\" gotrace -o named.jsonl compile";
    check_place(named, None, "module/named.jsonl");
    check_place(named, Some("other.jsonl"), "module/named.jsonl");
    check_place("run-in \"sub folder/package\" gotrace -o \"$ROOT/a b.jsonl\" compile", Some("x.jsonl"), "a b.jsonl");
}

#[test]
fn a_trace_that_is_a_link_is_written_behind_it() {
    let world = World::where_compile("");
    symlink(world.path("real.jsonl"), world.path("trace.jsonl")).expect("a link");
    world.shim("compile").run().succeeds();
    assert_eq!(Trace::read(&world.path("real.jsonl")).events.len(), 2);
}

#[test]
fn builds_append_to_the_trace_and_are_told_apart() {
    let world = World::where_compile("");
    for _ in 0..2 {
        world.go("run gotrace compile\nrun gotrace compile").run().succeeds();
    }
    let trace = world.trace();
    let commands: std::collections::BTreeSet<_> =
        trace.events.iter().map(|event| (event.number("go_pid"), event.number("go_start_ticks"))).collect();
    assert_eq!((trace.events.len(), commands.len()), (8, 2));
}

/// Many shims at once; each argument makes the line longer than what a pipe, for one, would write in one piece.
#[track_caller]
fn check_crowd(times: usize, argument_length: usize, patience: Duration) {
    let world = World::where_compile("");
    let long = "x".repeat(argument_length);
    let go = world.go(&format!("crowd 64 {times} gotrace compile -p example.com/m {long} {long} {long}"));
    go.start().finish_within(patience).succeeds();
    let trace = world.trace();
    assert!(trace.events.iter().any(|event| event.line_length > 3 * argument_length), "the lines are long");
    let runs = trace.starts_and_ends();
    assert_eq!(runs.len(), 64 * times, "no run is lost");
    assert!(runs.values().all(|run| *run == (1, 1)), "each has its start and its end");
}

#[test]
fn no_line_is_torn_or_lost_when_64_shims_write_at_once() {
    check_crowd(8, 4000, Duration::from_mins(1));
}

#[test]
#[ignore = "takes minutes: 64,000 tool runs"]
fn no_line_is_torn_or_lost_when_64_shims_write_a_thousand_times() {
    check_crowd(1000, 300, Duration::from_hours(1));
}

/// As `xxhsum -H64` has it, in base64url: of nothing, of `abc` and of `package lib`.
const NOTHING: &str = "70bbN1HY";
const ABC: &str = "RLws9a13";

#[test]
fn what_a_compile_read_is_told_in_hashes_beside_the_names() {
    let world = World::new();
    let archive = |name: &str, id: &str| {
        let text =
            format!("!<arch>\n{:58}`\ngo object linux amd64 go1.27.3\nbuild id \"Act10n/{id}\"\n\n$$B\n", "__.PKGDEF");
        world.file(name, text).display().to_string()
    };
    let dep = archive("tmp/go-build123/b007/_pkg_.a", "built-content");
    let fmt = archive("cache/42/42c2-d", "cached-content");
    let importcfg = format!("packagefile fmt={fmt}\npackagefile os=/nowhere-d\npackagefile example.com/dep={dep}\n");
    world.file("tmp/go-build123/b002/importcfg", importcfg);
    let (empty, abc) = (world.file("module/lib/a.go", ""), world.file("module/lib/b.go", "abc"));
    let embedded = world.file("module/lib/web/a.txt", "abc");
    let embedcfg = format!("{{\n\t\"Files\": {{\n\t\t\"web/a.txt\": \"{}\"\n\t}}\n}}\n", embedded.display());
    world.file("tmp/go-build123/b002/embedcfg", embedcfg);
    let profile = world.file("module/default.pgo", "abc").display().to_string();
    let profile = format!("-pgoprofile={profile}");
    let arguments =
        ["-o", "$W/b002/_pkg_.a", "-importcfg", "$W/b002/importcfg", "-embedcfg", "$W/b002/embedcfg", &profile];
    let end = recorded(&world, "compile", &arguments, |call| call.arg(&empty).arg(&abc).arg("/nowhere/c.go"));
    assert_eq!(end.text("file_hashes"), format!("{NOTHING}{ABC}........"));
    assert_eq!((end.list("needs"), end.list("cached")), (vec!["b007"], vec!["fmt", "os"]));
    assert_eq!(end.text("import_hashes"), "built-cocached-c........");
    assert_eq!((end.list("embed_files"), end.text("embed_hashes")), (vec!["web/a.txt"], ABC));
    assert_eq!((end.text("pgo_hash"), end.number("source_bytes")), (ABC, 3));
}

#[test]
fn cgo_and_the_assembler_tell_of_the_files_that_no_tool_is_given() {
    for (tool, arguments, expected) in [
        ("cgo", &["-objdir", "$W/b002/", "--", "-O2"][..], "a.c a.h b.s"),
        ("asm", &["-o", "$W/b002/symabis", "-gensymabis"][..], "a.c a.h"),
        ("asm", &["-o", "$W/b002/b.o"][..], ""),
        ("compile", &["-o", "$W/b002/_pkg_.a"][..], ""),
    ] {
        let world = World::new();
        let source = world.file(if tool == "asm" { "module/lib/b.s" } else { "module/lib/a.go" }, "");
        for name in ["a.h", "a.c", "b.s", "a_windows.c", "README"] {
            world.file(format!("module/lib/{name}").as_str(), "abc");
        }
        let end = recorded(&world, tool, arguments, |call| call.env("GOOS", "linux").arg(&source));
        let named = if end.has("native_files") { end.list("native_files").join(" ") } else { String::new() };
        assert_eq!(named, expected, "{tool} {arguments:?}");
        if !expected.is_empty() {
            assert_eq!(end.text("native_hashes"), ABC.repeat(named.split(' ').count()));
        }
    }
}

#[test]
fn a_probe_tells_the_settings_that_enter_cache_keys() {
    let world = World::where_compile("stdout compile version go1.27.3");
    let call = world.shim("compile").arg("-V=full").env("GOAMD64", "v3").env("CC", "clang").env("CXX", "");
    call.env("CGO_CFLAGS", "-DTOKEN=sesame").env("GOPROXY", "off").run().succeeds();
    assert_eq!(world.end().list("env"), ["CC=clang", "CGO_CFLAGS=-DTOKEN=***", "GOAMD64=v3"]);
}

#[test]
fn a_link_tells_the_commit_and_a_hash_of_the_build_info() {
    let world = World::new();
    let info = r#""0w\xaf\f\x92path\tm\nbuild\tvcs.revision=e9a71c\nbuild\tvcs.time=x\n""#;
    world.file("tmp/go-build123/b001/importcfg.link", format!("packagefile m=/cache/42-d\nmodinfo {info}\n"));
    let end = recorded(&world, "link", &["-o", "a", "-importcfg", "$W/b001/importcfg.link"], |call| call);
    assert_eq!((end.text("vcs_revision"), end.text("build_info_hash").len()), ("e9a71c", 8));
}
